//! What is agreed and asked for around consignments: what departures are warned of, and what stays readable.

use relief_ledger::auth::Role;
use relief_ledger::consignments::terms::rules::{Measures, Warning, days_within};
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::{Reply, migrate};

struct Way {
    scene: Scene,
    city: String,
    beijing: String,
    banjul: String,
}

fn way(database: &TestDatabase) -> Way {
    let scene = Scene::new(database);
    let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("City of Banjul", "GM"));
    let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
    scene.in_store(&donor, &beijing, 10_000);
    Way { scene, city, beijing, banjul }
}

impl Way {
    fn planned(&self) -> (String, String) {
        self.scene.planned(&self.city, &[&self.beijing, &self.banjul])
    }

    fn says(&self, consignment: &str, what: &str, body: &Value) -> Reply {
        self.scene.officer.post(&format!("/api/v1/consignments/{consignment}/{what}"), body)
    }

    fn terms(&self, consignment: &str, query: &str) -> Value {
        self.scene.auditor.get(&format!("/api/v1/consignments/{consignment}/terms{query}")).expect(200)
    }

    fn departs(&self, (consignment, leg): &(String, String), load: Option<&str>) -> Reply {
        let body =
            json!({"consignment": consignment, "leg": leg, "load": load, "lines": [self.scene.line(100)]});
        self.scene.does("departed", "2020-08-01", body)
    }

    fn load(&self, limit: Value) -> String {
        let body = json!({"mode": "road", "from": self.beijing, "to": self.banjul});
        let load = self.scene.officer.post("/api/v1/loads", &body).expect(201)["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        self.scene.officer.post(&format!("/api/v1/loads/{load}/limit"), &limit).expect(201);
        load
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_departure_without_a_green_light_is_warned_and_keeps_the_warning(database: &TestDatabase) {
        let way = way(database);
        let scene = &way.scene;
        let first = way.planned();
        let told = way.departs(&first, None).expect(201);
        assert_eq!(told["warnings"], json!(["no_green_light"]));
        let event = scene.event(told["id"].as_str().expect("an id")).expect(200);
        assert_eq!(event["warnings"], json!(["no_green_light"]));
        assert_eq!(way.terms(&first.0, "")["green_light"], Value::Null);

        let second = way.planned();
        let given = json!({"state": "given", "on": "2020-07-30", "note": "letter 12"});
        way.says(&second.0, "green-light", &given).expect(201);
        let known = scene.log_size();
        way.says(&second.0, "green-light", &given).expect(200);
        way.says(&second.0, "green-light", &json!({"state": "withdrawn", "on": "2020-07-31"})).expect(201);
        assert_eq!(way.departs(&second, None).expect(201)["warnings"], json!(["no_green_light"]));
        assert_eq!(way.terms(&second.0, "")["green_light"]["state"], "withdrawn");
        assert_eq!(way.terms(&second.0, &format!("?known_at={known}"))["green_light"]["state"], "given");

        // With all that is asked for there is nothing to warn of; what is said afterwards takes no warning back.
        let third = way.planned();
        way.says(&third.0, "green-light", &given).expect(201);
        assert_eq!(way.departs(&third, None).expect(201).get("warnings"), None);
        way.says(&first.0, "green-light", &given).expect(201);
        assert_eq!(scene.event(told["id"].as_str().expect("an id")).expect(200)["warnings"], json!(["no_green_light"]));
        way.says(&first.0, "green-light", &json!({"state": "perhaps", "on": "2020-07-30"})).refused("invalid", &["/state"]);
        way.says(&first.0, "green-light", &json!({"state": "given", "on": "soon"})).refused("invalid", &["/on"]);
        way.says(&id(), "green-light", &given).refused("not_found", &[]);
        scene.closes();
        scene.verifies();
    }

    fn papers_that_a_country_asks_for_are_open_until_they_are_accepted_or_exempt(database: &TestDatabase) {
        let way = way(database);
        let scene = &way.scene;
        let require = |documents: Value| scene.manager.post("/api/v1/countries/GM/customs", &json!({"documents": documents}));
        require(json!([{"document": "import permit"}, {"document": "gift certificate", "note": "in duplicate"}])).expect(201);
        require(json!([{"document": "gift certificate", "note": "in duplicate"}, {"document": "import permit"}])).expect(200);
        require(json!([{"document": "a"}, {"document": " a "}])).refused("invalid", &["/documents/1/document"]);
        let shown = scene.officer.get("/api/v1/countries/GM/customs").expect(200);
        assert_eq!(shown["documents"], json!([{"document": "gift certificate", "note": "in duplicate"}, {"document": "import permit"}]));
        scene.officer.post("/api/v1/countries/GM/customs", &json!({"documents": []})).refused("forbidden", &[]);

        let says = |consignment: &str, document: &str, state: &str, more: Value| {
            let mut body = json!({"country": "GM", "document": document, "state": state, "on": "2020-07-30"});
            body.as_object_mut().expect("a body").extend(more.as_object().expect("members").clone());
            way.says(consignment, "customs", &body)
        };
        let (open, given) = (way.planned(), json!({"state": "given", "on": "2020-07-30"}));
        way.says(&open.0, "green-light", &given).expect(201);
        says(&open.0, "import permit", "asked", json!({})).expect(201);
        says(&open.0, "phytosanitary certificate", "issued", json!({"reference": "P-1"})).expect(201);
        let papers = way.terms(&open.0, "")["customs"].clone();
        let told: Vec<Value> = papers.as_array().expect("papers").iter()
            .map(|one| json!([one["document"], one["required"], one["state"], one["done"]]))
            .collect();
        assert_eq!(json!(told), json!([["gift certificate", true, null, false], ["import permit", true, "asked", false],
            ["phytosanitary certificate", false, "issued", false]]));
        assert_eq!(way.departs(&open, None).expect(201)["warnings"], json!(["customs_open"]));

        let done = way.planned();
        way.says(&done.0, "green-light", &given).expect(201);
        says(&done.0, "import permit", "accepted", json!({})).expect(201);
        says(&done.0, "gift certificate", "exempt", json!({})).refused("invalid", &["/note"]);
        says(&done.0, "gift certificate", "exempt", json!({"note": "humanitarian decree 7"})).expect(201);
        assert_eq!(way.departs(&done, None).expect(201).get("warnings"), None);
        says(&done.0, "import permit", "lost", json!({})).refused("invalid", &["/state"]);
        scene.verifies();
    }

    fn packages_are_numbered_and_a_load_is_warned_of_or_refused(database: &TestDatabase) {
        let way = way(database);
        let scene = &way.scene;
        let given = json!({"state": "given", "on": "2020-07-30"});
        let heavy = json!({"packages": [{"mark": "pallet A", "gross_weight_g": 600_000, "volume_cm3": 1_000_000}, {"gross_weight_g": 500_000}]});
        let consignment = || {
            let planned = way.planned();
            way.says(&planned.0, "green-light", &given).expect(201);
            way.says(&planned.0, "packages", &heavy).expect(201);
            planned
        };
        let first = consignment();
        way.says(&first.0, "packages", &heavy).expect(200);
        let shown = way.terms(&first.0, "");
        assert_eq!((&shown["packages"][0]["label"], &shown["packages"][1]["label"]), (&json!("1/2"), &json!("2/2")));
        assert_eq!((&shown["gross_weight_g"], &shown["volume_cm3"]), (&json!(1_100_000), &json!(1_000_000)));
        let known = scene.log_size();
        way.says(&first.0, "packages", &json!({"packages": [{"gross_weight_g": 900_000}]})).expect(201);
        assert_eq!(way.terms(&first.0, "")["packages"].as_array().map(Vec::len), Some(1), "a list takes the place of the one before");
        assert_eq!(way.terms(&first.0, &format!("?known_at={known}"))["packages"].as_array().map(Vec::len), Some(2));
        way.says(&first.0, "packages", &heavy).expect(201);

        let roomy = way.load(json!({"gross_weight_g": 5_000_000, "hard": true}));
        let soft = way.load(json!({"gross_weight_g": 1_000_000, "volume_cm3": 1_000_000}));
        let hard = way.load(json!({"gross_weight_g": 1_000_000, "volume_cm3": 900_000, "hard": true}));
        assert_eq!(way.departs(&consignment(), Some(&roomy)).expect(201).get("warnings"), None);
        assert_eq!(way.departs(&consignment(), Some(&soft)).expect(201)["warnings"], json!(["over_weight"]));
        let text = way.departs(&first, Some(&hard)).refused("wrong_state", &["/load"]);
        assert!(text.contains("over_weight") && text.contains("over_volume"), "{text}");
        assert_eq!(way.terms(&first.0, "")["sequence"], scene.log_size(), "a refusal leaves the log as it was");

        // Two consignments on one load are added up in its fill.
        way.departs(&consignment(), Some(&roomy)).expect(201);
        let fill = scene.auditor.get(&format!("/api/v1/loads/{roomy}/fill")).expect(200);
        assert_eq!((&fill["consignments"], &fill["packages_weight_g"], &fill["warnings"]), (&json!(2), &json!(2_200_000), &json!([])));
        assert_eq!(fill["limit"], json!({"gross_weight_g": 5_000_000, "volume_cm3": null, "hard": true}));
        let limit = json!({"gross_weight_g": 2_000_000, "hard": false});
        scene.officer.post(&format!("/api/v1/loads/{roomy}/limit"), &limit).expect(201);
        scene.officer.post(&format!("/api/v1/loads/{roomy}/limit"), &limit).expect(200);
        let fill = scene.auditor.get(&format!("/api/v1/loads/{roomy}/fill")).expect(200);
        assert_eq!(fill["warnings"], json!(["over_weight"]));
        way.says(&first.0, "packages", &json!({"packages": []})).refused("invalid", &["/packages"]);
        way.says(&first.0, "packages", &json!({"packages": [{"gross_weight_g": 0}]})).refused("invalid", &["/packages/0/gross_weight_g"]);
        way.says(&first.0, "packages", &json!({"packages": [{"unit": id()}]})).refused("invalid", &["/packages/0/unit"]);
        scene.closes();
        scene.verifies();
    }

    fn freight_and_days_on_hold_are_told_to_who_reaches_the_consignment(database: &TestDatabase) {
        let way = way(database);
        let scene = &way.scene;
        let payer = scene.organization("Airline", "FR");
        let planned = way.planned();
        let (consignment, leg) = &planned;
        let costs = |body: Value| way.says(consignment, "freight", &body);
        costs(json!({"how": "paid", "cost": {"minor": 120_000, "currency": "USD"}, "payer": way.city})).expect(201);
        costs(json!({"leg": leg, "how": "donated", "cost": {"minor": 80_000, "currency": "USD"}, "payer": payer})).expect(201);
        costs(json!({"leg": leg, "how": "donated", "cost": {"minor": 90_000, "currency": "USD"}, "payer": payer})).expect(201);
        let shown = way.terms(consignment, "");
        assert_eq!(shown["freight"].as_array().map(Vec::len), Some(2), "the newest of each leg counts");
        assert_eq!(shown["freight_totals"], json!([{"currency": "USD", "paid": 120_000, "donated": 90_000}]));
        costs(json!({"how": "paid", "cost": {"minor": 1, "currency": "ZZZ"}})).refused("invalid", &["/cost/currency"]);
        costs(json!({"how": "paid", "cost": {"minor": 1, "currency": "USD"}, "payer": id()})).refused("invalid", &["/payer"]);
        costs(json!({"leg": id(), "how": "paid", "cost": {"minor": 1, "currency": "USD"}})).refused("invalid", &["/leg"]);

        way.departs(&planned, None).expect(201);
        let held = json!({"consignment": consignment, "leg": leg, "reason": "permit"});
        scene.does("customs_held", "2020-08-03", held.clone()).expect(201);
        let at = |day: &str| {
            let shown = way.terms(consignment, &format!("?as_of={day}T00:00:00Z"));
            (shown["on_hold_days"].clone(), shown["on_hold_since"].clone())
        };
        assert_eq!(at("2020-08-03").0, 0);
        assert_eq!(at("2020-08-10"), (json!(7), json!("2020-08-03T00:00:00Z")));
        scene.does("customs_released", "2020-08-08", held).expect(201);
        assert_eq!(at("2020-08-31"), (json!(5), Value::Null));

        let at_home = scene.house.login_bound(Role::Officer, None, Some("GM"));
        at_home.get(&format!("/api/v1/consignments/{consignment}/terms")).expect(200);
        let elsewhere = scene.house.login_bound(Role::Officer, None, Some("NP"));
        elsewhere.get(&format!("/api/v1/consignments/{consignment}/terms")).refused("not_found", &[]);
        let light = json!({"state": "given", "on": "2020-07-30"});
        elsewhere.post(&format!("/api/v1/consignments/{consignment}/green-light"), &light).refused("not_found", &[]);
        scene.auditor.post(&format!("/api/v1/consignments/{consignment}/green-light"), &light).refused("forbidden", &[]);
        scene.closes();
        scene.verifies();
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_hard_limit_is_about_all_that_departs_on_a_load(database: &TestDatabase) {
        let way = way(database);
        let scene = &way.scene;
        let with = |grams: i64| {
            let planned = way.planned();
            way.says(&planned.0, "green-light", &json!({"state": "given", "on": "2020-07-30"})).expect(201);
            way.says(&planned.0, "packages", &json!({"packages": [{"gross_weight_g": grams}]})).expect(201);
            planned
        };
        let hard = way.load(json!({"gross_weight_g": 1_000_000, "hard": true}));
        let first = way.departs(&with(600_000), Some(&hard)).expect(201);
        let second = with(500_000);
        let text = way.departs(&second, Some(&hard)).refused("wrong_state", &["/load"]);
        assert!(text.contains("over_weight"), "{text}");
        // The twins: what is light enough beside it goes, and so does the other once the first never left.
        way.departs(&with(400_000), Some(&hard)).expect(201);
        way.departs(&with(1), Some(&hard)).refused("wrong_state", &["/load"]);
        let known = scene.log_size();
        scene.does("reversed", "2020-08-02", json!({"event": first["id"], "reason": "it stayed"})).expect(201);
        way.departs(&second, Some(&hard)).expect(201);
        let soft = way.load(json!({"gross_weight_g": 1_000_000}));
        assert_eq!(way.departs(&with(600_000), Some(&soft)).expect(201).get("warnings"), None);
        assert_eq!(way.departs(&with(500_000), Some(&soft)).expect(201)["warnings"], json!(["over_weight"]));

        // What the load carried, as it was known before the first was taken back and as it is known now.
        let fill = |query: &str| {
            let fill = scene.auditor.get(&format!("/api/v1/loads/{hard}/fill{query}")).expect(200);
            (fill["consignments"].clone(), fill["packages_weight_g"].clone())
        };
        assert_eq!(fill(""), (json!(2), json!(900_000)));
        assert_eq!(fill(&format!("?known_at={known}")), (json!(2), json!(1_000_000)));
        assert_eq!(fill("?as_of=2020-07-31"), (json!(0), Value::Null));
        scene.closes();
        scene.verifies();
    }

    fn what_was_known_of_days_on_hold_stays_the_same(database: &TestDatabase) {
        let way = way(database);
        let scene = &way.scene;
        let planned = way.planned();
        way.departs(&planned, None).expect(201);
        let held = json!({"consignment": planned.0, "reason": "papers"});
        scene.does("customs_held", "2020-08-03", held.clone()).expect(201);
        let known = scene.log_size();
        let then = way.terms(&planned.0, &format!("?known_at={known}"));
        let now = way.terms(&planned.0, "");
        scene.does("customs_released", "2020-08-08", held).expect(201);
        way.says(&planned.0, "green-light", &json!({"state": "given", "on": "2020-07-30"})).expect(201);
        assert_eq!(way.terms(&planned.0, &format!("?known_at={known}")), then, "a clock that goes on changes nothing of it");
        assert!(then["on_hold_days"].as_i64().expect("days") > 5);
        // What is asked for now names the time until which days are counted, by which it can be asked for again.
        let again = format!("?known_at={}&as_of={}", now["sequence"], now["as_of"].as_str().expect("a time"));
        assert_eq!(way.terms(&planned.0, &again), now);
    }

    fn nothing_stands_since_a_day_that_is_not_yet(database: &TestDatabase) {
        let way = way(database);
        let (consignment, _) = way.planned();
        let light = |on: &str| way.says(&consignment, "green-light", &json!({"state": "given", "on": on}));
        let paper = |on: &str| {
            let body = json!({"country": "GM", "document": "import permit", "state": "accepted", "on": on});
            way.says(&consignment, "customs", &body)
        };
        let text = light("2099-01-01").refused("invalid", &["/on"]);
        assert!(text.contains("not yet"), "{text}");
        paper("2099-01-01").refused("invalid", &["/on"]);
        let today = relief_ledger::auth::now().day();
        light(&today).expect(201);
        paper(&today).expect(201);
    }
}

#[test]
fn days_are_those_on_which_something_was_on_hold() {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    assert_eq!(days_within(&[], DAY), (0, None));
    assert_eq!(days_within(&[(0, 5), (DAY, -3), (3 * DAY, -2)], 9 * DAY), (3, None));
    assert_eq!(days_within(&[(0, 5), (DAY, -5), (3 * DAY, 1)], 5 * DAY + 1), (3, Some(3 * DAY)));
    let of = |weight, volume| Measures { gross_weight_g: weight, volume_cm3: volume };
    assert_eq!(of(Some(5), None).beyond(of(Some(4), Some(1))), [Warning::OverWeight]);
    assert_eq!(of(Some(5), Some(2)).beyond(of(None, Some(1))), [Warning::OverVolume]);
    assert_eq!(of(Some(5), None).and(of(Some(1), Some(2))), of(Some(6), Some(2)));
}
