//! Packages as they were stated, handling units with their numbers, codes that lead to a page, and what is not on a paper.

use relief_ledger::papers::code::svg;
use serde_json::{Value, json};

use super::stage::{Stage, assert_says, assert_silent, file, page, read};
use crate::kits::sscc;
use crate::stories::scene::id;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// A consignment from a store where two kits of a box of gloves and ten masks stand packed; and the units.
struct Packed {
    stage: Stage,
    store: String,
    consignment: String,
    units: [String; 2],
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

impl Packed {
    fn new(stage: Stage) -> Self {
        let scene = &stage.scene;
        let store = scene.site("Brikama store", "warehouse", "GM");
        let (city, end) =
            (scene.organization("Kanifing Council", "GM"), scene.site("Serekunda", "city", "GM"));
        let (consignment, _) = scene.planned(&city, &[&store, &end]);
        let gloves = json!([{"item": stage.gloves, "quantity": 500, "lot": "NG-0621"}]);
        let collected = json!({"pledge": stage.pledge, "site": store, "lines": gloves});
        scene.does("collected", "2020-09-01", collected).expect(201);
        scene.in_store(&stage.donor, &store, 4_020);
        let recipe = json!({"code": "PPE", "name": "Protection kit", "components": [
            {"item": stage.gloves, "quantity": 100}, {"item": scene.masks, "quantity": 10}]});
        let kit = id_of(&scene.admin.post("/api/v1/kits", &recipe).expect(201));
        let units = [id(), id()];
        let named = json!([{"id": units[0], "sscc": sscc(41)}, {"id": units[1]}]);
        scene
            .does("kit_packed", "2020-09-02", json!({"site": store, "kit": kit, "units": named}))
            .expect(201);
        let reserved = json!({"consignment": consignment, "site": store, "units": units,
            "lines": [{"item": stage.gloves, "quantity": 300}]});
        scene.does("allocated", "2020-09-03", reserved).expect(201);
        Self { stage, store, consignment, units }
    }

    fn paper(&self, kind: &str) -> String {
        format!("/api/v1/consignments/{}/papers/{kind}", self.consignment)
    }

    fn number(&self, unit: usize) -> String {
        let shown =
            self.stage.scene.officer.get(&format!("/api/v1/handling-units/{}", self.units[unit])).expect(200);
        shown["number"].as_str().expect("a number").to_owned()
    }
}

on_both_databases! {
    migrate: migrate;

    fn handling_units_are_packages_and_what_is_in_none_follows_them(database: &TestDatabase) {
        let packed = Packed::new(Stage::new(database));
        let officer = &packed.stage.scene.officer;
        let (first, second) = (packed.number(0), packed.number(1));
        let list = packed.paper("packing_list");
        for text in [read(&file(officer, &list, "en").bytes), page(officer, &list, "fr")] {
            assert_says(&text, &["1 / 5", "2 / 5", "3–5 / 5", &first, &second, &sscc(41), "PPE · Protection kit", "(NG-0621)", "3 × box"]);
        }
        let text = read(&file(officer, &packed.paper("labels"), "en").bytes);
        assert_says(&text, &["1 / 5", "5 / 5", &first, &second, &format!("(00) {}", sscc(41)), "Protection kit", "GLOVE · Nitrile gloves"]);
        let some = officer.get(&format!("{}?first=2&last=2", packed.paper("labels")));
        let text = read(&some.bytes);
        assert_says(&text, &["2 / 5", &second]);
        assert_silent(&text, &[&first, "1 / 5", "3 / 5"]);
        officer.get(&format!("{}?first=6", packed.paper("labels"))).refused("invalid", &["/first"]);

        // A unit that is opened before it leaves is no package; what it held is among the rest.
        let opened = json!({"consignment": packed.consignment, "units": [packed.units[1]]});
        packed.stage.scene.does("kit_unpacked", "2020-09-04", opened).expect(201);
        let text = page(officer, &list, "en");
        assert_says(&text, &[&first, "4 × box", "10 piece"]);
        assert_silent(&text, &[&second]);
    }

    fn packages_that_were_stated_are_what_papers_say(database: &TestDatabase) {
        let packed = Packed::new(Stage::new(database));
        let officer = &packed.stage.scene.officer;
        let stated = json!({"packages": [
            {"mark": "PALLET A", "gross_weight_g": 12_500, "volume_cm3": 750_000},
            {"mark": "PALLET B", "gross_weight_g": 8_000, "unit": packed.units[0]}]});
        let path = format!("/api/v1/consignments/{}/packages", packed.consignment);
        officer.post(&path, &json!({"packages": [{"mark": "CRATE"}]})).expect(201);
        officer.post(&path, &stated).expect(201);
        let text = read(&file(officer, &packed.paper("packing_list"), "en").bytes);
        assert_says(&text, &["1 / 2", "2 / 2", "PALLET A", "PALLET B", "12.5", "0.75", &packed.number(0), &packed.number(1), &sscc(41),
            "Packages in all 2", "Gross weight in all, kg 20.5", "NG-0621"]);
        assert_silent(&text, &["CRATE", "1 / 5"]);
        let text = page(officer, &packed.paper("labels"), "en");
        assert_says(&text, &["1 / 2", "2 / 2", "PALLET A", "PALLET B", &format!("(00) {}", sscc(41))]);
        assert_silent(&text, &["CRATE", "1 / 5"]);
        assert_says(&read(&file(officer, &packed.paper("waybill"), "en").bytes), &["Packages in all 2", "20.5"]);
    }

    fn what_is_opened_on_arrival_stays_on_the_packing_list(database: &TestDatabase) {
        let packed = Packed::new(Stage::new(database));
        let scene = &packed.stage.scene;
        let before = page(&scene.officer, &packed.paper("packing_list"), "en");
        let departed = json!({"consignment": packed.consignment});
        scene.does("departed", "2020-09-05", departed).expect(201);
        let lines = json!([{"item": packed.stage.gloves, "good": 500}, {"item": scene.masks, "good": 20}]);
        let received = json!({"consignment": packed.consignment, "final": true, "lines": lines});
        scene.does("received", "2020-09-06", received).expect(201);
        let opened = json!({"consignment": packed.consignment, "units": packed.units});
        scene.does("kit_unpacked", "2020-09-07", opened).expect(201);
        let after = page(&scene.officer, &packed.paper("packing_list"), "en");
        let goods = |text: &str| text.split("<footer>").next().unwrap_or_default().to_owned();
        assert_eq!(goods(&before), goods(&after));
        assert!(after.contains(&packed.number(1)) && !packed.store.is_empty());
    }

    fn a_code_leads_to_its_page_where_it_is_known_how_browsers_call_this_server(database: &TestDatabase) {
        let stage = Stage::new(database);
        let (labels, waybill) = (stage.of_consignment("labels"), stage.of_consignment("waybill"));
        let drawn = |address: &str| svg(address, &format!("Tracking code {}", stage.code)).expect("a code");
        let bare = page(&stage.scene.officer, &waybill, "en");
        assert!(bare.contains(&drawn(&stage.code)), "the bare code where no address is known");
        let Stage { scene, code, .. } = stage;
        let crate::stories::scene::Scene { house, .. } = scene;
        let house = house.restart_with(|settings| settings.public_origin = Some("https://relief.example.org/".to_owned()));
        let officer = house.login_as(relief_ledger::auth::Role::Officer);
        let address = format!("https://relief.example.org/track/{code}");
        let scanned = svg(&address, &format!("Tracking code {code}")).expect("a code");
        for path in [&waybill, &labels] {
            let text = page(&officer, path, "en");
            assert!(text.contains(&scanned), "{path}: a camera reads {address}");
            assert!(text.contains(&code), "and people read the code");
        }
        assert_ne!(scanned, svg(&code, &format!("Tracking code {code}")).expect("a code"), "the twin reads the bare code");
    }

    fn a_cause_that_was_taken_back_is_on_no_loss_report(database: &TestDatabase) {
        let stage = Stage::new(database);
        let lost = |report: &str, cause: &str| {
            let body = json!({"consignment": stage.consignment, "leg": stage.leg, "lines": [{"item": stage.gloves, "quantity": 3}],
                "evidence": {"cause": cause, "report_number": report, "filed": "cabinet 3"}, "reason": "seen on the market"});
            stage.scene.decides("lost", "2020-08-10", body).expect(201)
        };
        let wrong = lost("P-9", "theft");
        let never = json!({"event": wrong["id"], "reason": "it was the other crate"});
        stage.scene.decides("reversed", "2020-08-11", never).expect(201);
        let right = lost("P-10", "transport");
        let body = json!({"kind": "loss_report", "site": stage.banjul, "issued_on": "2020-08-12", "consignment": stage.consignment,
            "events": [wrong["id"], right["id"]]});
        let document = id_of(&stage.scene.receiver.post("/api/v1/documents", &body).expect(201));
        let text = page(&stage.scene.manager, &format!("/api/v1/documents/{document}/paper"), "es");
        assert_says(&text, &["P-10", "transporte"]);
        assert_silent(&text, &["P-9", "robo"]);
    }

    fn a_donor_prints_no_paper_of_a_consignment_that_has_goods_of_others_too(database: &TestDatabase) {
        let stage = Stage::new(database);
        let scene = &stage.scene;
        let donor = stage.donor();
        // The twin: of a consignment of its own goods alone it prints one.
        let (alone, _) = stage.document("waybill");
        let of = |document: &str| format!("/api/v1/documents/{document}/paper");
        assert_says(&page(&donor, &of(&alone), "en"), &[&stage.code]);

        let store = scene.site("Brikama store", "warehouse", "GM");
        let (city, end) = (scene.organization("Kanifing Council", "GM"), scene.site("Serekunda", "city", "GM"));
        let (consignment, leg) = scene.planned(&city, &[&store, &end]);
        let other = scene.organization("Hainan Youth Federation", "CN");
        let own = scene.in_store(&stage.donor, &store, 1_000);
        scene.in_store(&other, &store, 1_000);
        let departed = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(2_000)]});
        scene.does("departed", "2020-09-02", departed).expect(201);
        for kind in ["waybill", "gift_certificate"] {
            let document = |pledge: Value| {
                let mut body = json!({"kind": kind, "site": store, "issued_on": "2020-09-02", "consignment": consignment,
                    "pledge": pledge, "shareable": true});
                if kind == "waybill" {
                    body["mode"] = json!("cmr");
                }
                let document = id_of(&scene.officer.post("/api/v1/documents", &body).expect(201));
                assert_says(&page(&scene.officer, &of(&document), "en"), &["2,000"]);
                document
            };
            // One about the consignment alone is not there, for a donor; one about its own pledge too says why it is not printed.
            donor.get(&of(&document(Value::Null))).refused("not_found", &[]);
            let words = donor.get(&of(&document(json!(own)))).refused("wrong_state", &[]);
            assert!(words.contains("goods of others") && !words.contains("Hainan"), "{words}");
        }
    }
}
