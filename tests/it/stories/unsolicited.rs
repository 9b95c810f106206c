//! Goods that nobody had promised, and goods that were there before the records began.

use serde_json::json;

use super::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// A pledge of some kind without a donor; returns it and its line.
fn pledge_of(scene: &Scene, kind: &str, quantity: i64) -> (String, String) {
    let body = json!({"programme": scene.programme, "kind": kind, "offered_at": "2020-07-01",
        "lines": [{"item": scene.masks, "quantity": quantity}]});
    let pledge = scene.officer.post("/api/v1/pledges", &body).expect(201);
    (
        pledge["id"].as_str().expect("an id").to_owned(),
        pledge["lines"][0]["id"].as_str().expect("a line").to_owned(),
    )
}

on_both_databases! {
    migrate: migrate;

    fn unsolicited_goods_are_on_hold_until_they_are_accepted(database: &TestDatabase) {
        let scene = Scene::new(database);
        let partner = scene.organization("Hospital board", "GM");
        let (hub, banjul) = (scene.site("Dakar", "warehouse", "SN"), scene.site("Banjul", "city", "GM"));
        let (pledge, line) = pledge_of(&scene, "unsolicited", 400);
        let came = |quantity: i64| json!({"pledge": pledge, "site": hub, "lines": [scene.line(quantity)]});
        scene.does("collected", "2020-07-10", came(401)).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("collected", "2020-07-10", came(400)).expect(201);
        assert_eq!((&scene.stock(&hub)[0]["held"], &scene.stock(&hub)[0]["free"]), (&json!(400), &json!(0)));
        let (consignment, _) = scene.planned(&partner, &[&hub, &banjul]);
        let allocate = json!({"consignment": consignment, "site": hub, "lines": [scene.line(1)]});
        scene.does("allocated", "2020-07-11", allocate).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("pledge_withdrawn", "2020-07-11", json!({"pledge": pledge})).refused("insufficient", &["/lines/0/quantity"]);

        let accept = |quantity: i64| json!({"pledge": pledge, "lines": [{"line": line, "quantity": quantity}]});
        scene.decides("pledge_accepted", "2020-07-12", accept(401)).refused("invalid", &["/lines/0/quantity"]);
        scene.decides("pledge_accepted", "2020-07-12", accept(250)).expect(201);
        let status = scene.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
        assert_eq!((&status["lines"][0]["promised"], &status["lines"][0]["surplus"]), (&json!(250), &json!(150)));
        assert_eq!(status["state"], "partly_accepted");
        assert_eq!((&scene.stock(&hub)[0]["held"], &scene.stock(&hub)[0]["free"]), (&json!(150), &json!(250)));
        let back = json!({"site": hub, "condition": "on_hold", "lines": [scene.line(150)], "reason": "not needed"});
        scene.does("returned", "2020-07-20", back).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 250, "returned": 150}));
        let gone = scene.decides("pledge_accepted", "2020-07-21", accept(150));
        gone.refused("insufficient", &[]);
        let told = gone.json();
        assert_eq!((&told["account"], &told["condition"], &told["available"]), (&json!("in_storage"), &json!("on_hold"), &json!(0)));
        scene.closes();
    }

    fn unsolicited_goods_that_are_declined_stay_held_until_they_leave(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hub = scene.site("Dakar", "warehouse", "SN");
        let (pledge, _) = pledge_of(&scene, "unsolicited", 40);
        let came = json!({"pledge": pledge, "site": hub, "lines": [scene.line(40)]});
        let collected = scene.does("collected", "2020-07-10", came).expect(201);
        scene.decides("pledge_declined", "2020-07-12", json!({"pledge": pledge, "reason": "expired in Europe"})).expect(201);
        // It never came after all: that says nothing about the decision.
        scene.does("reversed", "2020-07-13", json!({"event": collected["id"], "reason": "wrong warehouse"})).expect(201);
        assert_eq!(scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200)["state"], "declined");
        scene.closes();
    }

    fn opening_stock_is_accepted_by_being_there(database: &TestDatabase) {
        let scene = Scene::new(database);
        let hub = scene.site("Dakar", "warehouse", "SN");
        let (pledge, _) = pledge_of(&scene, "opening", 300);
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).refused("wrong_state", &["/pledge"]);
        let there = |quantity: i64| json!({"pledge": pledge, "site": hub, "lines": [scene.line(quantity)]});
        scene.does("collected", "2020-07-10", there(200)).expect(201);
        let last = scene.does("collected", "2020-07-11", there(100)).expect(201);
        scene.does("collected", "2020-07-12", there(1)).refused("insufficient", &["/lines/0/quantity"]);
        let state = || scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200)["state"].clone();
        assert_eq!((scene.accounts(&pledge), state()), (json!({"in_storage": 300}), json!("accepted")));
        scene.does("reversed", "2020-07-13", json!({"event": last["id"], "reason": "counted twice"})).expect(201);
        assert_eq!((scene.accounts(&pledge), state()), (json!({"in_storage": 200}), json!("partly_accepted")));
        scene.closes();
    }
    fn opening_stock_stays_accepted_as_a_corrected_collection_says(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (hub, kumasi) = (scene.site("Dakar", "warehouse", "SN"), scene.site("Kumasi", "warehouse", "GH"));
        let (pledge, _) = pledge_of(&scene, "opening", 300);
        let there = |quantity: i64| json!({"pledge": pledge, "site": hub, "lines": [scene.line(quantity)]});
        let stands = |accepted: i64, state: &str| {
            let shown = scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200);
            assert_eq!((&shown["lines"][0]["accepted"], &shown["state"]), (&json!(accepted), &json!(state)));
        };
        let collected = scene.does("collected", "2020-07-10", there(200)).expect(201);
        stands(200, "partly_accepted");
        let corrects = |quantity: i64| {
            let body = json!({"event": collected["id"], "right": there(quantity), "reason": "the register says so"});
            scene.does("corrected", "2020-07-11", body)
        };
        corrects(301).refused("insufficient", &["/lines/0/quantity"]);
        stands(200, "partly_accepted");
        let all = corrects(300).expect(201);
        stands(300, "accepted");
        scene.does("collected", "2020-07-12", there(1)).refused("insufficient", &["/lines/0/quantity"]);
        corrects(250).expect(201);
        stands(250, "partly_accepted");
        scene.does("collected", "2020-07-12", there(50)).expect(201);
        stands(300, "accepted");
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 300}));

        // What has moved on stays where it went, though it was never there to be accepted.
        let moved = json!({"site": hub, "to_site": kumasi, "lines": [scene.line(280)]});
        scene.does("moved", "2020-07-13", moved).expect(201);
        let short = corrects(100).expect(201);
        assert_eq!(short["moved_on"], 130);
        stands(150, "partly_accepted");
        let status = scene.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
        assert_eq!((&status["lines"][0]["promised"], &status["lines"][0]["surplus"]), (&json!(150), &json!(130)));
        scene.does("reversed", "2020-07-14", json!({"event": short["id"], "reason": "it was right"})).expect(201);
        stands(300, "accepted");
        scene.does("reversed", "2020-07-14", json!({"event": all["id"], "reason": "no"})).refused("depended_on", &["/event"]);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 300}));
        scene.closes();
        scene.verifies();
    }
}
