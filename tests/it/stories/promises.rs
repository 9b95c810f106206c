//! Pledges: accepted in part, declined, withdrawn, and followed by a private link.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::migrate;

fn link_of(scene: &Scene, pledge: &str) -> String {
    let made = scene.officer.post(&format!("/api/v1/pledges/{pledge}/link"), &Value::Null).expect(201);
    made["path"].as_str().expect("a path").to_owned()
}

on_both_databases! {
    migrate: migrate;

    fn who_is_not_marked_as_a_donor_gives_and_a_carrier_receives(database: &TestDatabase) {
        let scene = Scene::new(database);
        let add = |body: Value| {
            let added = scene.admin.post("/api/v1/organizations", &body).expect(201);
            added["id"].as_str().expect("an id").to_owned()
        };
        let passer_by = add(json!({"name": "Harbour traders", "country": "CN"}));
        let carrier = add(json!({"name": "River line", "country": "GM", "carrier": true}));
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let banjul = scene.site("Banjul", "city", "GM");
        scene.in_store(&passer_by, &beijing, 500);
        let (consignment, leg) = scene.sent(&carrier, &[&beijing, &banjul], 500, "2020-08-01");
        scene.receives(&consignment, &leg, "2020-08-06", json!({"good": 500})).expect(201);
        // The marks narrow the list, and totals know who gave all the same.
        let listed = scene.officer.get("/api/v1/organizations?donor=true").expect(200);
        assert_eq!(listed["items"], json!([]));
        let totals = scene.officer.get("/api/v1/totals?group_by=donor").expect(200);
        assert_eq!((&totals["rows"][0]["donor"]["name"], &totals["rows"][0]["delivered"]), (&json!("Harbour traders"), &json!(500)));
    }

    fn a_pledge_is_accepted_in_part_and_withdrawn_as_far_as_it_is_with_the_donor(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let (pledge, line) = scene.pledge(&donor, 1_000);
        let part = |quantity: i64| json!({"pledge": pledge, "lines": [{"line": line, "quantity": quantity}]});
        scene.decides("pledge_accepted", "2020-07-02", part(1_001)).refused("invalid", &["/lines/0/quantity"]);
        scene.decides("pledge_accepted", "2020-07-02", part(600)).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"unallocated": 600}), "only what is accepted counts as promised");
        scene.decides("pledge_accepted", "2020-07-03", json!({"pledge": pledge})).expect(201);
        scene.decides("pledge_accepted", "2020-07-03", json!({"pledge": pledge})).refused("wrong_state", &[]);

        let body = json!({"pledge": pledge, "site": beijing, "lines": [scene.line(300)]});
        scene.does("collected", "2020-07-10", body).expect(201);
        let size = scene.log_size();
        let refusal = scene.does("pledge_withdrawn", "2020-07-11", json!({"pledge": pledge, "reason": "flood at home"}));
        refusal.refused("insufficient", &["/lines/0/quantity"]);
        let body = refusal.json();
        assert_eq!((&body["available"], &body["asked"]), (&json!(700), &json!(1_000)));
        assert_eq!((&body["held"][0]["account"], &body["held"][0]["site"], &body["held"][0]["quantity"]),
            (&json!("in_storage"), &json!(beijing), &json!(300)), "{body:#}");
        // The same line twice is asked for twice.
        let twice = json!({"pledge": pledge, "lines": [{"line": line, "quantity": 400}, {"line": line, "quantity": 400}]});
        scene.does("pledge_withdrawn", "2020-07-11", twice).refused("insufficient", &["/lines/0/quantity"]);
        assert_eq!(scene.log_size(), size);
        scene.does("pledge_withdrawn", "2020-07-11", part(700)).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 300, "withdrawn": 700}));
        scene.closes();
    }

    fn what_was_withdrawn_before_does_not_stand_in_the_way_of_the_rest(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let (pledge, line) = scene.accepted(&donor, 1_000);
        let part = json!({"pledge": pledge, "lines": [{"line": line, "quantity": 400}]});
        scene.does("pledge_withdrawn", "2020-07-11", part).expect(201);
        scene.does("pledge_withdrawn", "2020-07-12", json!({"pledge": pledge, "reason": "flood"})).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"withdrawn": 1_000}));
        let seen = scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200);
        assert_eq!((&seen["state"], &seen["reason"]), (&json!("withdrawn"), &json!("flood")));
        scene.closes();
    }

    fn a_refusal_taken_back_takes_its_reason_with_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let (offered, _) = scene.pledge(&donor, 100);
        let (accepted, _) = scene.accepted(&donor, 100);
        for (pledge, kind, state) in [(&offered, "pledge_declined", "offered"), (&accepted, "pledge_withdrawn", "accepted")] {
            let shown = || {
                let seen = scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200);
                (seen["state"].clone(), seen["reason"].clone())
            };
            let caller = if kind == "pledge_declined" { &scene.manager } else { &scene.officer };
            let event = scene.post(caller, kind, "2020-07-06", json!({"pledge": pledge, "reason": "too heavy"})).expect(201);
            assert_eq!(shown().1, "too heavy");
            scene.post(caller, "reversed", "2020-07-07", json!({"event": event["id"], "reason": "a mistake"})).expect(201);
            assert_eq!(shown(), (json!(state), Value::Null));
        }
        scene.closes();
    }

    fn what_changes_behind_the_ledgers_back_shows_in_the_status_of_its_pledge(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let other = scene.in_store(&donor, &beijing, 300);
        let line = |pledge: &str| {
            let status = scene.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
            let line = &status["lines"][0];
            ["promised", "surplus", "residual"].map(|figure| line[figure].as_i64().expect("a figure"))
        };
        assert_eq!([line(&pledge), line(&other)], [[1_000, 0, 0], [300, 0, 0]]);
        tamper(database.url(), "UPDATE statements SET promised = promised + 7 WHERE promised = 1000");
        assert_eq!([line(&pledge), line(&other)], [[1_007, 0, 7], [300, 0, 0]], "one side alone");
        tamper(database.url(), "UPDATE balances SET quantity = quantity - 4 WHERE account = 3 AND quantity = 300");
        assert_eq!(line(&other), [300, 0, 4], "the other side alone");
        // Balances that agree with each other hide nothing.
        tamper(database.url(), "UPDATE balances SET quantity = quantity + 4 WHERE account = 0 AND quantity = -300");
        assert_eq!(line(&other), [300, 0, 4]);
    }

    fn a_pledge_is_declined_with_a_reason(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let (pledge, _) = scene.pledge(&donor, 1_000);
        let decline = |reason: &str| scene.decides("pledge_declined", "2020-07-02", json!({"pledge": pledge, "reason": reason}));
        decline(" ").refused("invalid", &["/reason"]);
        decline("We have enough of these.").expect(201);
        decline("Again.").refused("wrong_state", &[]);
        scene.decides("pledge_accepted", "2020-07-02", json!({"pledge": pledge})).refused("wrong_state", &[]);
        let seen = scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200);
        assert_eq!((&seen["state"], &seen["reason"]), (&json!("declined"), &json!("We have enough of these.")));
        assert_eq!(scene.accounts(&pledge), json!({}));
        scene.closes();
    }

    fn a_private_link_shows_each_unit_until_it_is_revoked(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        scene.sent(&city, &[&beijing, &banjul], 400, "2020-08-01");
        let link = link_of(&scene, &pledge);
        let stranger = scene.house.stranger();
        let seen = stranger.get(&link).expect(200);
        let places = seen["lines"][0]["places"].as_array().expect("places");
        let places: Vec<_> = places.iter()
            .map(|one| (one["account"].as_str(), one["quantity"].as_i64(), one["site_name"].as_str(), one["country"].as_str())).collect();
        assert_eq!(places, [
            (Some("in_storage"), Some(600), Some("Beijing"), Some("CN")),
            (Some("in_transit"), Some(400), Some("Banjul"), Some("GM")),
        ]);
        assert!(seen["lines"][0]["places"][1]["tracking_code"].is_string());
        let newer = link_of(&scene, &pledge);
        stranger.get(&link).expect(404);
        stranger.get(&newer).expect(200);
        scene.officer.send("DELETE", &format!("/api/v1/pledges/{pledge}/link"), &[], None).expect(200);
        stranger.get(&newer).expect(404);
    }

    fn whoever_follows_a_pledge_is_told_whether_it_is_made_up(database: &TestDatabase) {
        let mut scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let real = scene.in_store(&donor, &beijing, 10);
        let shown = json!({"code": "SHOWN", "name": "Shown (synthetic)", "focus_areas": [], "sensitive": false, "synthetic": true});
        let shown = scene.manager.post("/api/v1/programmes", &shown).expect(201);
        scene.programme = shown["id"].as_str().expect("an id").to_owned();
        let made_up = scene.in_store(&donor, &beijing, 10);
        for (pledge, synthetic) in [(real, false), (made_up, true)] {
            let status = scene.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
            let linked = scene.house.stranger().get(&link_of(&scene, &pledge)).expect(200);
            assert_eq!((&status["synthetic"], &linked["synthetic"]), (&json!(synthetic), &json!(synthetic)));
        }
    }

    fn a_private_link_of_a_sensitive_programme_names_no_site(database: &TestDatabase) {
        let mut scene = Scene::new(database);
        let quiet = json!({"code": "QUIET", "name": "Quiet", "focus_areas": [], "sensitive": true, "synthetic": false});
        let quiet = scene.manager.post("/api/v1/programmes", &quiet).expect(201);
        scene.programme = quiet["id"].as_str().expect("an id").to_owned();
        let donor = scene.organization("Shenzhen federation", "CN");
        let clinic = scene.site("Clinic of the border camp", "warehouse", "ML");
        let pledge = scene.in_store(&donor, &clinic, 10);
        let seen = scene.house.stranger().get(&link_of(&scene, &pledge)).expect(200);
        let place = &seen["lines"][0]["places"][0];
        assert_eq!((&place["quantity"], &place["country"]), (&json!(10), &json!("ML")));
        assert!(place.get("site").is_none() && place.get("site_name").is_none(), "{place:#}");
        assert!(!seen.to_string().contains("Clinic") && !seen.to_string().contains(&clinic));
    }
}
