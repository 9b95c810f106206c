//! What people are counted against: stated, restated, withdrawn, and asked as it was known before and after.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::stories::scene::Scene;
use crate::support::ledger::Ledger;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};
use crate::verify::verify;
use relief_ledger::core::id::ItemId;
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::connect;
use relief_ledger::items::{Item, standards_known};

/// The ledger sequence an answer prints.
fn sequence(answer: &Value) -> i64 {
    answer["sequence"].as_i64().unwrap_or_else(|| panic!("a sequence: {answer:#}"))
}

/// A member of the rows of a list, in its order.
fn told(caller: &Caller, path: &str, member: &str) -> Vec<Value> {
    let page = caller.get(path).expect(200);
    page["items"].as_array().expect("items").iter().map(|row| row[member].clone()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_standard_counts_from_the_entry_that_changes_its_item(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (admin, auditor) = (&scene.admin, &scene.auditor);
        let standard = |quantity: i64| json!({"kind": "consumable", "quantity": quantity, "persons": 1, "days": 30});
        let body = json!({"code": "SOAP", "name": "Soap", "base_unit": "piece", "category": "hygiene", "standard": standard(2)});
        let soap = admin.post("/api/v1/items", &body).expect(201)["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/v1/items/{soap}");
        let known_at = |item: &str, moment: String| {
            let rows = told(auditor, &format!("/api/v1/standards?item={item}{moment}"), "standard");
            rows.iter().map(|row| row["quantity"].as_i64().expect("a quantity")).collect::<Vec<_>>()
        };
        let now = || sequence(&auditor.get("/api/v1/standards").expect(200));
        let created = now();
        admin.patch(&path, 1, &json!({"name": "Bar of soap"})).expect(200);
        admin.patch(&path, 2, &json!({"standard": standard(3)})).expect(200);
        let changed = now();
        admin.patch(&path, 3, &json!({"standard": null})).expect(200);
        let at = |sequence: i64| known_at(&soap, format!("&known_at={sequence}"));
        assert_eq!((at(created - 1), at(created), at(changed - 1)), (vec![], vec![2], vec![2]));
        assert_eq!((at(changed), known_at(&soap, String::new())), (vec![3], vec![]));

        // An item that was recorded before statements were kept: what its row says counts until it is changed.
        let ledger = Ledger::beside(database.url());
        let old = ItemId(Uuid::now_v7());
        ledger.put(Item {
            id: old,
            code: "BLANKET".into(),
            name: "Blanket".into(),
            base_unit: "piece".into(),
            category: "shelter".into(),
            sector: None,
            hs_code: None,
            shelf_life_days: None,
            storage_class: "ambient".into(),
            standard_kind: Some("durable".into()),
            standard_quantity: Some(5),
            standard_persons: Some(1),
            standard_days: None,
            revision: 1,
            created_at: Timestamp(1),
            updated_at: Timestamp(1),
        });
        ledger.writer.stop();
        let (old_id, before) = (old.to_string(), now());
        assert_eq!(known_at(&old_id, String::new()), [5]);
        let wider = json!({"standard": {"kind": "durable", "quantity": 6, "persons": 1}});
        admin.patch(&format!("/api/v1/items/{old}"), 1, &wider).expect(200);
        assert_eq!(known_at(&old_id, format!("&known_at={before}")), [5]);
        assert_eq!(known_at(&old_id, String::new()), [6]);
        let mut conn = connect(database.url()).expect("the database opens");
        let items = [old, soap.parse().expect("an id")];
        let found = standards_known(&mut conn, &items, changed).expect("they are read");
        assert_eq!(items.map(|item| found.get(&item).map(|known| known.standard.quantity)), [Some(5), Some(3)]);
        let keys = scene.house.key_folder();
        assert_eq!(verify(database.url(), &keys).1["count"], 0);
    }
}
