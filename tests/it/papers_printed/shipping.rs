//! What goes with goods, and what customs are told.

use std::collections::BTreeMap;
use std::sync::Arc;

use relief_ledger::facts::{FactsNote, SubjectKind};
use serde_json::json;

use super::stage::{Stage, assert_says, assert_silent, file, page, pages, read};
use crate::support::on_both_databases;
use crate::support::server::{migrate, operator};

const BLANK: &str = "____________";

on_both_databases! {
    migrate: migrate;

    fn a_waybill_says_what_goes_with_it_and_bears_the_number_that_documents_gave(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let bare = read(&file(officer, &stage.of_consignment("waybill"), "en").bytes);
        assert_says(&bare, &["Waybill", &format!("Number {BLANK}"), &stage.code, "Banjul City Council, Gambia", "Harbour Forwarders, China",
            "Beijing warehouse, China", "GLOVE · Nitrile gloves", "NG-0620", "3 June 2032", "1,200", "7.8", "4,000", "1 August 2020",
            "Handed over by", "Page 1 / ", "Ledger sequence", "Checkpoint"]);
        let body = json!({"kind": "waybill", "mode": "awb", "site": stage.banjul, "issued_on": "2020-07-31", "consignment": stage.consignment});
        let number = stage.scene.officer.post("/api/v1/documents", &body).expect(201)["number"].as_str().expect("a number").to_owned();
        for form in [read(&file(officer, &stage.of_consignment("waybill"), "en").bytes), page(officer, &stage.of_consignment("waybill"), "en")] {
            assert_says(&form, &[&number, "31 July 2020", "Carried by"]);
        }
    }

    fn a_packing_list_counts_packages_through_and_guesses_none(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let path = stage.of_consignment("packing_list");
        let list = read(&file(officer, &path, "en").bytes);
        assert_says(&list, &["1–12 / 14", "13–14 / 14", "12 × box", "2 × carton", "Packages in all 14", &format!("Gross weight in all, kg {BLANK}")]);
        let french = read(&file(officer, &path, "fr").bytes);
        assert_says(&french, &["Liste de colisage", "Nombre total de colis 14", "3 juin 2032", "1 200", "7,8", "Gambie"]);
        // What does not fill packs is in nobody knows how many packages.
        let (store, consignment, _) = onward(&stage);
        stage.scene.in_store(&stage.donor, &store, 3_000);
        let allocated = json!({"consignment": consignment, "site": store, "lines": [stage.scene.line(3_000)]});
        stage.scene.does("allocated", "2020-09-01", allocated).expect(201);
        let path = format!("/api/v1/consignments/{consignment}/papers/packing_list");
        let list = read(&file(officer, &path, "en").bytes);
        assert_says(&page(officer, &path, "en"), &["1 × carton + 1,000 piece"]);
        assert_says(&list, &["1 × carton", "3,000", &format!("Packages in all {BLANK}")]);
    }

    fn what_happens_on_the_way_changes_no_packing_list(database: &TestDatabase) {
        let stage = Stage::new(database);
        // Three pairs were missing on arrival, seven came damaged: twelve boxes were packed.
        let list = read(&file(&stage.scene.officer, &stage.of_consignment("packing_list"), "en").bytes);
        assert_says(&list, &["1,200 pair"]);
        assert_silent(&list, &["1,190", "1,197"]);
    }

    fn customs_are_told_that_it_is_a_gift_and_what_it_is_worth(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let certificate = read(&file(officer, &stage.of_consignment("gift_certificate"), "en").bytes);
        assert_says(&certificate, &["Gift certificate", "No money is exchanged", "not for sale", "for customs only", "401512",
            "Shenzhen Youth Federation, China", "NG-0620", "3 June 2032", "12", "7.8", "Country of"]);
        let invoice = read(&file(officer, &stage.of_consignment("pro_forma_invoice"), "es").bytes);
        // Half of what was pledged for 2,400.00 went; of the masks nobody said a value, so there is no sum.
        assert_says(&invoice, &["Factura proforma", "No se debe ningún pago", "1,00 USD", "1200,00 USD", &format!("Total {BLANK}")]);
        // A donor who is not to be named is not, on what passes through so many hands.
        let named = json!({"named": "never"});
        stage.scene.manager.post(&format!("/api/v1/pledges/{}/named", stage.pledge), &named).expect(200);
        let certificate = read(&file(officer, &stage.of_consignment("gift_certificate"), "en").bytes);
        assert_says(&certificate, &["a donor who is not named"]);
        assert_silent(&certificate, &["Shenzhen Youth"]);
    }

    fn customs_are_told_where_goods_were_made_as_far_as_what_is_known_agrees(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let papers = ["gift_certificate", "pro_forma_invoice"].map(|kind| stage.of_consignment(kind));
        for path in &papers {
            assert_silent(&page(officer, path, "en"), &["Vietnam"]);
        }
        let described = format!("/api/v1/items/{}/facts", stage.gloves);
        let stated = json!({"facts": {"Country of Origin": " Vietnam "}});
        let told = stage.scene.admin.post(&described, &stated).expect(201);
        assert_eq!((&told["facts"], told["receipt"].is_object()), (&json!({"Country of Origin": "Vietnam"}), true));
        let known = stage.scene.log_size();
        stage.scene.admin.post(&described, &stated).expect(200);
        assert_eq!(stage.scene.log_size(), known, "the same again changes nothing");
        assert_eq!(officer.get(&format!("/api/v1/facts/{}", stage.gloves)).expect(200)["facts"], told["facts"]);
        for path in &papers {
            assert_says(&read(&file(officer, path, "en").bytes), &["Vietnam"]);
            assert_says(&page(officer, path, "fr"), &["Vietnam"]);
        }
        // Of these very goods a file says another thing: which is right nobody knows, so that it is left open.
        let shown = officer.get(&format!("/api/v1/pledges/{}", stage.pledge)).expect(200);
        let lines = shown["lines"].as_array().expect("lines");
        let line = lines.iter().find(|line| line["item"] == stage.gloves.as_str()).expect("the gloves");
        let other = BTreeMap::from([("origin".to_owned(), "Thailand".to_owned())]);
        let facts = vec![(line["id"].as_str().expect("an id").parse().expect("an id"), other)];
        let kind = SubjectKind::PledgeLine;
        stage.scene.house.record(FactsNote { actor: Arc::new(operator()), kind, facts });
        for path in &papers {
            assert_silent(&page(officer, path, "en"), &["Vietnam", "Thailand"]);
        }
        let says = |facts: serde_json::Value| stage.scene.admin.post(&described, &json!({"facts": facts}));
        says(json!({})).refused("invalid", &["/facts"]);
        says(json!({"a/b": " ", "brand": "x".repeat(201)})).refused("invalid", &["/facts/a~1b", "/facts/brand"]);
        says(json!({"brand": "Own", " brand": "Other"})).refused("invalid", &["/facts/brand"]);
        officer.post(&described, &stated).refused("forbidden", &[]);
        let missing = format!("/api/v1/items/{}/facts", crate::stories::scene::id());
        stage.scene.admin.post(&missing, &stated).refused("not_found", &[]);
    }

    fn a_label_for_each_package_and_parts_of_them(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let path = stage.of_consignment("labels");
        let all = file(officer, &path, "en");
        let text = read(&all.bytes);
        assert_says(&text, &["1 / 14", "12 / 14", "13 / 14", "14 / 14", &stage.code, "Banjul City Council"]);
        assert_eq!(pages(&all.bytes), 3, "six labels on a page");
        let some = officer.get(&format!("{path}?first=13&last=14"));
        let text = read(&some.bytes);
        assert_says(&text, &["13 / 14", "14 / 14", "Surgical masks"]);
        assert_silent(&text, &["12 / 14"]);
        officer.get(&format!("{path}?first=15")).refused("invalid", &["/first"]);
        officer.get(&format!("{path}?first=3&last=2")).refused("invalid", &["/last"]);
        officer.get(&format!("{}?first=1", stage.of_consignment("waybill"))).refused("invalid", &["/first"]);
    }

    fn a_long_packing_list_goes_over_pages_and_says_how_many(database: &TestDatabase) {
        let stage = Stage::new(database);
        let officer = &stage.scene.officer;
        let (store, consignment, leg) = onward(&stage);
        let path = format!("/api/v1/consignments/{consignment}/papers/packing_list");
        let offer = json!({"programme": stage.scene.programme, "donor": stage.donor, "offered_at": "2020-07-01",
            "lines": [{"item": stage.gloves, "quantity": 30_000}]});
        let pledge = officer.post("/api/v1/pledges", &offer).expect(201)["id"].as_str().expect("an id").to_owned();
        stage.scene.post(&stage.scene.manager, "pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let lot = |number: usize| json!({"item": stage.gloves, "quantity": 100, "lot": format!("LOT-{number:03}")});
        let lines: Vec<_> = (1..=300).map(lot).collect();
        let collected = json!({"pledge": pledge, "site": store, "lines": lines});
        stage.scene.post(officer, "collected", "2020-09-01", collected).expect(201);
        let departed = json!({"consignment": consignment, "leg": leg, "lines": lines});
        stage.scene.does("departed", "2020-09-02", departed).expect(201);
        let list = file(officer, &path, "ru");
        let text = read(&list.bytes);
        let count = pages(&list.bytes);
        assert!((6..=20).contains(&count), "{count} pages");
        assert_says(&text, &[&format!("Страница 1 / {count}"), &format!("Страница {count} / {count}"), "LOT-001", "LOT-300",
            "1 / 300", "300 / 300"]);
        // The head of the table stands on each of them again.
        let heads = text.matches("Наименование").count();
        assert!(heads + 1 >= count, "{heads} heads on {count} pages");
        for number in 1..=300 {
            assert!(text.contains(&format!("LOT-{number:03}")), "lot {number} is lost between two pages");
        }
    }
}

/// A store, and a consignment from there with nothing in it yet, with its leg.
fn onward(stage: &Stage) -> (String, String, String) {
    let store = stage.scene.site("Brikama store", "warehouse", "GM");
    let serekunda = stage.scene.site("Serekunda", "warehouse", "GM");
    let consignee = stage.scene.organization("Kanifing Council", "GM");
    let (consignment, leg) = stage.scene.planned(&consignee, &[&store, &serekunda]);
    (store, consignment, leg)
}
