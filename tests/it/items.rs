//! Items, their packs and lots over HTTP: what is given.

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::support::house::{TestServer, migrate};
use crate::support::on_both_databases;
use relief_ledger::core::id::{ItemId, LotId};
use relief_ledger::core::time::Timestamp;
use relief_ledger::db;
use relief_ledger::items::{lot_id, lot_row};
use relief_ledger::writer::Record;
use uuid::Uuid;

const PATH: &str = "/api/v1/items";

fn masks() -> Value {
    json!({"code": "MASK-IIR", "name": "Surgical mask, type IIR", "base_unit": "piece",
           "category": "personal protective equipment", "sector": "health", "hs_code": "630790",
           "shelf_life_days": 1825,
           "standard": {"kind": "consumable", "quantity": 3, "persons": 1, "days": 1},
           "packs": [{"name": "carton", "numerator": 2000, "gross_weight_g": 8200,
                      "length_mm": 520, "width_mm": 380, "height_mm": 400},
                     {"name": "box", "numerator": 50}]})
}

fn with(pointer: &str, value: Value) -> Value {
    let mut body = masks();
    *body.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value;
    body
}

fn path(item: &Value) -> String {
    format!("{PATH}/{}", item["id"].as_str().expect("id"))
}

fn pack_names(item: &Value) -> Vec<&str> {
    item["packs"].as_array().expect("packs").iter().filter_map(|pack| pack["name"].as_str()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn masks_come_in_boxes_and_cartons(database: &TestDatabase) {
        let server = TestServer::start(database);
        let created = server.admin().post(PATH, &masks()).expect(201);
        let read = server.user("officer").get(&path(&created)).expect(200);
        assert_eq!(pack_names(&read), ["box", "carton"]);
        assert_eq!((&read["packs"][0]["denominator"], &read["packs"][1]["gross_weight_g"]), (&json!(1), &json!(8200)));
        assert_eq!((&read["storage_class"], &read["standard"]["days"]), (&json!("ambient"), &json!(1)));
        server.user("manager").post(PATH, &masks()).refused("forbidden", &[]);
    }

    fn a_pack_that_cannot_be_counted_is_refused(database: &TestDatabase) {
        let server = TestServer::start(database);
        let admin = server.admin();
        let over = (1_i64 << 53) + 1;
        for (pointer, value) in [
            ("/packs/0/numerator", json!(0)),
            ("/packs/0/numerator", json!(-5)),
            ("/packs/0/numerator", json!(12.5)),
            ("/packs/0/numerator", json!("12")),
            ("/packs/0/numerator", json!(over)),
            ("/packs/0/numerator", json!(1e300)),
            ("/packs/0/gross_weight_g", json!(-1)),
            ("/packs/0/gross_weight_g", json!(over)),
            ("/packs/0/height_mm", json!(0)),
            ("/packs/1/name", json!("carton")),
            ("/standard/quantity", json!(0)),
            ("/standard/persons", json!(over)),
            ("/standard/days", json!(null)),
            ("/hs_code", json!("6307.90")),
            ("/hs_code", json!("63079٣")),
            ("/shelf_life_days", json!(-1)),
            ("/code", json!("")),
            ("/name", json!("two\nlines")),
        ] {
            let words = admin.post(PATH, &with(pointer, value.clone())).refused("invalid", &[pointer]);
            assert!(words.len() > 20, "{pointer} {value}: {words}");
        }
        let mut body = masks();
        body["packs"][0]["denominator"] = json!(0);
        admin.post(PATH, &body).refused("invalid", &["/packs/0/denominator"]);
        let mut body = masks();
        body["standard"]["kind"] = json!("durable");
        admin.post(PATH, &body).refused("invalid", &["/standard/days"]);
        let mut body = masks();
        body["colour"] = json!("blue");
        admin.post(PATH, &body).refused("invalid", &["/colour"]);
        let deep = format!("{{\"name\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        admin.send("POST", PATH, &[], &deep).refused("invalid", &[]);
        assert_eq!(admin.get(PATH).expect(200)["items"], json!([]), "nothing was recorded");
    }

    fn the_same_packs_in_another_order_are_the_same_item(database: &TestDatabase) {
        let server = TestServer::start(database);
        let admin = server.admin();
        let mut body = masks();
        body["id"] = json!("0190f3c1-7c00-7000-8000-000000000001");
        admin.post(PATH, &body).expect(201);
        body["packs"].as_array_mut().expect("packs").reverse();
        assert_eq!(admin.post(PATH, &body).expect(200)["receipt"], Value::Null);
        body["packs"][0]["numerator"] = json!(51);
        admin.post(PATH, &body).refused("id_reused", &["/id"]);
        admin.post(PATH, &with("/name", json!("Another mask"))).refused("duplicate", &["/code"]);
    }

    fn packs_are_added_and_described_anew_but_never_lost(database: &TestDatabase) {
        let server = TestServer::start(database);
        let admin = server.admin();
        let created = admin.post(PATH, &masks()).expect(201);
        let edit = json!({"packs": [{"name": "third of a pallet", "numerator": 100_000, "denominator": 3},
                                    {"name": "box", "numerator": 60}],
                          "hs_code": null, "standard": null});
        let changed = admin.patch(&path(&created), 1, &edit).expect(200);
        assert_eq!(pack_names(&changed), ["box", "carton", "third of a pallet"]);
        let read = admin.get(&path(&created)).expect(200);
        assert_eq!((&read["packs"][0]["numerator"], &read["packs"][2]["denominator"]), (&json!(60), &json!(3)));
        assert_eq!((&read["hs_code"], &read["standard"], &read["sector"]), (&Value::Null, &Value::Null, &json!("health")));
        let words = admin.patch(&path(&created), 2, &json!({"base_unit": "box"})).refused("invalid", &["/base_unit"]);
        assert!(words.contains("never changes"), "{words}");
        admin.patch(&path(&created), 1, &json!({"name": "x"})).refused("precondition_failed", &[]);
        let same = admin.patch(&path(&created), 2, &json!({"packs": [], "base_unit": " piece "})).expect(200);
        assert_eq!(same["revision"], 2);
    }

    fn the_catalogue_is_read_page_by_page(database: &TestDatabase) {
        let server = TestServer::start(database);
        let admin = server.admin();
        for number in 0..5 {
            let class = if number == 3 { "refrigerated" } else { "ambient" };
            let body = json!({"code": format!("I-{number}"), "name": format!("Item {number}"), "base_unit": "piece",
                              "category": "test", "storage_class": class,
                              "packs": [{"name": "box", "numerator": number + 1}]});
            admin.post(PATH, &body).expect(201);
        }
        let mut seen = Vec::new();
        let mut query = "limit=2".to_owned();
        loop {
            let page = admin.get(&format!("{PATH}?{query}")).expect(200);
            for item in page["items"].as_array().expect("items") {
                assert_eq!(item["packs"].as_array().map(Vec::len), Some(1));
                seen.push(item["code"].as_str().expect("code").to_owned());
            }
            let Some(next) = page["next"].as_str() else { break };
            query = format!("limit=2&after={next}");
        }
        assert_eq!(seen, ["I-0", "I-1", "I-2", "I-3", "I-4"]);
        let cold = admin.get(&format!("{PATH}?storage_class=refrigerated&category=test&q=i")).expect(200);
        assert_eq!((cold["items"].as_array().map(Vec::len), &cold["items"][0]["code"]), (Some(1), &json!("I-3")));
    }

    fn the_lots_of_an_item_are_listed_without_the_unknown_one(database: &TestDatabase) {
        let server = TestServer::start(database);
        let admin = server.admin();
        let created = admin.post(PATH, &masks()).expect(201);
        let id: ItemId = created["id"].as_str().and_then(|id| id.parse().ok()).expect("id");
        let lots = format!("{}/lots", path(&created));
        assert_eq!(admin.get(&lots).expect(200), json!({"items": [], "next": null}));
        let mut conn = db::connect(database.url()).expect("the database opens");
        let lot = lot_row(id, "L-2020/07", Some("2025-07-31".to_owned()), Timestamp(0));
        conn.batch_execute("BEGIN").expect("begins");
        Record::insert(&mut conn, &[lot]).expect("the lot is written");
        conn.batch_execute("COMMIT").expect("commits");
        let page = admin.get(&lots).expect(200);
        assert_eq!(page["items"][0]["id"], json!(lot_id(id, "L-2020/07")));
        assert_eq!(page["items"][0]["expires_on"], "2025-07-31");
        admin.get(&format!("{PATH}/0190f3c1-7c00-7000-8000-000000000009/lots")).refused("not_found", &[]);
    }
}

#[test]
fn a_lot_is_the_same_whoever_names_it_first() {
    let item = ItemId(Uuid::from_u128(1));
    assert_eq!(lot_id(item, "A1"), lot_id(item, "A1"));
    assert_ne!(lot_id(item, "A1"), lot_id(item, "A2"));
    assert_ne!(lot_id(item, "A1"), lot_id(ItemId(Uuid::from_u128(2)), "A1"));
    assert!(LotId::unknown(item).is_unknown_of(item));
}
