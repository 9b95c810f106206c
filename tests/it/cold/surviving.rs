//! A hold that was made on the way stays until somebody releases it: no receipt ends it, nor does customs or the end of a recall.

use serde_json::{Value, json};

use super::{Fridge, too_warm};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Vaccines under way over these stops, of which a logger told that they were too warm.
fn warm_on_the_way(fridge: &Fridge, stops: &[&str], quantity: i64) -> (String, Vec<String>) {
    let opened = fridge.scene.consignment(&fridge.city, stops);
    let consignment = opened["id"].as_str().expect("an id").to_owned();
    let legs: Vec<String> = opened["leg_ids"]
        .as_array()
        .expect("legs")
        .iter()
        .map(|leg| leg.as_str().expect("a leg").to_owned())
        .collect();
    let body = json!({"consignment": consignment, "leg": legs[0], "lines": fridge.vials("V-1", quantity)});
    fridge.scene.does("departed", "2020-08-01", body).expect(201);
    let body = json!({"device": "D-1", "consignment": consignment, "leg": legs[0], "item": fridge.vaccine, "readings": too_warm()});
    let told = fridge.scene.officer.post("/api/v1/readings", &body).expect(201);
    assert_eq!(told["file"]["excursion"]["held"], quantity);
    (consignment, legs)
}

impl Fridge {
    fn receives(&self, consignment: &str, leg: &str, day: &str, mut line: Value) {
        line["item"] = json!(self.vaccine);
        let body = json!({"consignment": consignment, "leg": leg, "final": true, "lines": [line]});
        self.scene.does("received", day, body).expect(201);
    }

    /// How many units of a pledge are in each condition.
    fn conditions(&self, pledge: &str) -> [i64; 3] {
        let status = self.scene.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
        let places = status["lines"][0]["places"].as_array().expect("places").clone();
        ["good", "on_hold", "damaged"].map(|condition| {
            let these = places.iter().filter(|place| place["condition"] == condition);
            these.map(|place| place["quantity"].as_i64().expect("a quantity")).sum()
        })
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_hold_made_on_a_leg_outlives_every_receipt(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        let (hub, banjul) = (scene.site("Ziguinchor", "warehouse", "SN"), scene.site("Banjul", "city", "GM"));
        let pledge = fridge.has(json!("V-1"), 100);
        let (consignment, legs) = warm_on_the_way(&fridge, &[&fridge.store, &hub, &banjul], 40);

        // Who counts at a stop and at the end sees nothing wrong with them: they stay on hold, reserved and handed over.
        fridge.receives(&consignment, &legs[0], "2020-08-03", json!({"good": 40}));
        assert_eq!(fridge.conditions(&pledge), [60, 40, 0]);
        scene.does("departed", "2020-08-04", json!({"consignment": consignment, "leg": legs[1]})).expect(201);
        fridge.receives(&consignment, &legs[1], "2020-08-06", json!({"good": 40}));
        assert_eq!(fridge.conditions(&pledge), [60, 40, 0]);
        let hand_out = json!({"site": banjul, "lines": fridge.vials("V-1", 1)});
        scene.does("distributed", "2020-08-07", hand_out.clone()).refused("insufficient", &["/lines/0/quantity"]);
        let release = json!({"site": banjul, "lines": fridge.vials("V-1", 40), "reason": "the maker says they keep"});
        scene.does("released_from_hold", "2020-08-08", release).expect(201);
        scene.does("distributed", "2020-08-09", hand_out).expect(201);

        // The twin: what nobody held is good where a receipt says so, and in storage too what was held stays so.
        let opened = scene.consignment(&fridge.city, &[&fridge.store, &hub]);
        let (second, leg) = (opened["id"].as_str().expect("an id"), opened["leg_ids"][0].as_str().expect("a leg"));
        scene.does("departed", "2020-08-10", json!({"consignment": second, "leg": leg, "lines": fridge.vials("V-1", 30)})).expect(201);
        let some = json!({"consignment": second, "leg": leg, "lines": fridge.vials("V-1", 10), "reason": "seals"});
        scene.does("held", "2020-08-11", some).expect(201);
        fridge.receives(second, leg, "2020-08-12", json!({"good": 24, "on_hold": 6, "reason": "boxes are wet"}));
        assert_eq!(fridge.at(&hub, json!("V-1")), (20, 10), "of those counted as on hold six were so before");
        scene.closes();
        scene.verifies();
    }

    fn part_of_a_leg_is_received_out_of_what_is_fit_first(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        let hub = scene.site("Ziguinchor", "warehouse", "SN");
        fridge.has(json!("V-1"), 100);
        let (consignment, leg) = scene.planned(&fridge.city, &[&fridge.store, &hub]);
        scene.does("departed", "2020-08-01", json!({"consignment": consignment, "leg": leg, "lines": fridge.vials("V-1", 50)})).expect(201);
        let some = json!({"consignment": consignment, "leg": leg, "lines": fridge.vials("V-1", 20), "reason": "seals"});
        scene.does("held", "2020-08-02", some).expect(201);
        let comes = |line: Value| {
            let mut line = line;
            line["item"] = json!(fridge.vaccine);
            let body = json!({"consignment": consignment, "leg": leg, "lines": [line]});
            scene.does("received", "2020-08-03", body).expect(201);
        };
        comes(json!({"good": 25}));
        assert_eq!(fridge.at(&hub, json!("V-1")), (25, 0));
        comes(json!({"on_hold": 5, "reason": "seals"}));
        assert_eq!(fridge.at(&hub, json!("V-1")), (25, 5));
        comes(json!({"good": 20}));
        assert_eq!(fridge.at(&hub, json!("V-1")), (30, 20), "five were fit, and the rest was held on the way");
        scene.closes();
        scene.verifies();
    }

    fn what_was_held_before_it_went_missing_is_held_where_it_turns_up(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        let banjul = scene.site("Banjul", "city", "GM");
        let pledge = fridge.has(json!("V-1"), 100);
        let (consignment, legs) = warm_on_the_way(&fridge, &[&fridge.store, &banjul], 10);
        let gone = json!({"consignment": consignment, "leg": legs[0], "lines": fridge.vials("V-1", 10), "reason": "not on the truck"});
        scene.does("reported_missing", "2020-08-03", gone.clone()).expect(201);
        scene.decides("found", "2020-08-04", gone).expect(201);
        assert_eq!(fridge.conditions(&pledge), [90, 10, 0]);
        scene.closes();
        scene.verifies();
    }

    fn customs_let_go_what_they_held_and_nothing_else(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        let banjul = scene.site("Banjul", "city", "GM");
        let pledge = fridge.has(json!("V-1"), 100);
        let (consignment, legs) = warm_on_the_way(&fridge, &[&fridge.store, &banjul], 40);
        let all = json!({"consignment": consignment, "reason": "papers"});
        scene.does("customs_released", "2020-08-02", all.clone()).refused("insufficient", &[]);
        let more = json!({"consignment": consignment, "leg": legs[0], "lines": fridge.vials("V-1", 20)});
        scene.does("departed", "2020-08-02", more).expect(201);
        let some = json!({"consignment": consignment, "leg": legs[0], "lines": fridge.vials("V-1", 15), "reason": "papers"});
        scene.does("customs_held", "2020-08-02", some).expect(201);
        assert_eq!(fridge.conditions(&pledge), [45, 55, 0]);

        // Handed over meanwhile, they are let go there.
        fridge.receives(&consignment, &legs[0], "2020-08-03", json!({"good": 60}));
        assert_eq!(fridge.conditions(&pledge), [45, 55, 0]);
        let too_many = json!({"consignment": consignment, "lines": fridge.vials("V-1", 16)});
        scene.does("customs_released", "2020-08-04", too_many).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("customs_released", "2020-08-04", all).expect(201);
        assert_eq!(fridge.conditions(&pledge), [60, 40, 0], "what the logger told of is still on hold");
        scene.closes();
        scene.verifies();
    }

    fn customs_let_go_nothing_that_was_held_before_it_was_split(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        let banjul = scene.site("Banjul", "city", "GM");
        let pledge = fridge.has(json!("V-1"), 100);
        let splits = |consignment: &str, leg: &str, quantity: i64| {
            let child = id();
            let body = json!({"consignment": consignment, "leg": leg, "lines": fridge.vials("V-1", quantity), "child":
                {"id": child, "consignee": fridge.city, "destination": banjul, "legs": []}});
            scene.does("split", "2020-08-02", body).expect(201);
            json!({"consignment": child, "reason": "papers"})
        };
        let (consignment, legs) = warm_on_the_way(&fridge, &[&fridge.store, &banjul], 20);
        let all = splits(&consignment, &legs[0], 20);
        scene.does("customs_released", "2020-08-03", all).refused("insufficient", &[]);
        assert_eq!(fridge.conditions(&pledge), [80, 20, 0]);

        // The twin: what customs held before is theirs to let go.
        let (second, leg) = scene.planned(&fridge.city, &[&fridge.store, &banjul]);
        let body = json!({"consignment": second, "leg": leg, "lines": fridge.vials("V-1", 30)});
        scene.does("departed", "2020-08-01", body).expect(201);
        scene.does("customs_held", "2020-08-02", json!({"consignment": second, "reason": "papers"})).expect(201);
        let all = splits(&second, &leg, 30);
        assert_eq!(fridge.conditions(&pledge), [50, 50, 0]);
        scene.does("customs_released", "2020-08-03", all).expect(201);
        assert_eq!(fridge.conditions(&pledge), [80, 20, 0]);
        scene.closes();
        scene.verifies();
    }

    fn the_end_of_a_recall_leaves_on_hold_what_was_held_for_another_reason(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        let pledge = fridge.has(json!("V-1"), 100);
        let some = json!({"site": fridge.store, "lines": fridge.vials("V-1", 30), "reason": "inspection"});
        scene.does("held", "2020-08-01", some).expect(201);
        let lot = json!({"item": fridge.vaccine, "lot": "V-1", "reason": "the maker calls it back"});
        scene.does("held", "2020-08-02", lot.clone()).expect(201);
        assert_eq!(fridge.conditions(&pledge), [0, 100, 0]);
        scene.does("released_from_hold", "2020-08-03", lot.clone()).expect(201);
        assert_eq!(fridge.conditions(&pledge), [70, 30, 0]);
        let some = json!({"site": fridge.store, "lines": fridge.vials("V-1", 30), "reason": "looked at"});
        scene.does("released_from_hold", "2020-08-04", some).expect(201);
        assert_eq!(fridge.conditions(&pledge), [100, 0, 0]);

        // What nobody held otherwise is free again: a recall alone ends whole.
        scene.does("held", "2020-08-05", lot.clone()).expect(201);
        scene.does("released_from_hold", "2020-08-06", lot).expect(201);
        assert_eq!(fridge.conditions(&pledge), [100, 0, 0]);
        scene.closes();
        scene.verifies();
    }

    fn the_end_of_a_recall_leaves_on_hold_what_a_receipt_before_it_counted_so(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        let banjul = scene.site("Banjul", "city", "GM");
        let pledge = fridge.has(json!("V-1"), 150);
        let (consignment, leg) = scene.planned(&fridge.city, &[&fridge.store, &banjul]);
        let body = json!({"consignment": consignment, "leg": leg, "lines": fridge.vials("V-1", 100)});
        scene.does("departed", "2020-08-01", body).expect(201);
        fridge.receives(&consignment, &leg, "2020-08-02", json!({"good": 90, "on_hold": 10, "reason": "seals"}));
        assert_eq!(fridge.conditions(&pledge), [140, 10, 0]);
        let lot = json!({"item": fridge.vaccine, "lot": "V-1", "reason": "the maker calls it back"});
        let recalls = |began: &str, ended: &str| {
            scene.does("held", began, lot.clone()).expect(201);
            assert_eq!(fridge.conditions(&pledge), [0, 150, 0]);
            scene.does("released_from_hold", ended, lot.clone()).expect(201);
            fridge.conditions(&pledge)
        };
        assert_eq!(recalls("2020-08-03", "2020-08-04"), [140, 10, 0]);
        assert_eq!(recalls("2020-08-05", "2020-08-06"), [140, 10, 0]);
        let some = json!({"site": banjul, "lines": fridge.vials("V-1", 10), "reason": "looked at"});
        scene.does("released_from_hold", "2020-08-07", some).expect(201);
        assert_eq!(recalls("2020-08-08", "2020-08-09"), [150, 0, 0], "the twin: nobody else holds any");
        scene.closes();
        scene.verifies();
    }
}
