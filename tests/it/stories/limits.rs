//! Figures too large to be counted are refused, before any sum of the ledger could be wrong.

use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// The largest quantity there can be.
const MOST: i64 = 1 << 53;

on_both_databases! {
    migrate: migrate;

    fn all_that_was_ever_promised_stays_countable(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let pledges: Vec<(String, String)> = (0..4).map(|_| scene.pledge(&donor, MOST)).collect();
        let whole = |pledge: &str| scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge}));
        let part = |(pledge, line): &(String, String), quantity: i64| {
            let lines = json!([{"line": line, "quantity": quantity}]);
            event(&id(), "pledge_accepted", "2020-07-05", json!({"pledge": pledge, "lines": lines}))
        };
        let size = scene.log_size();
        // What one batch accepts counts at once; a refused one leaves what was counted as it was.
        let events = [part(&pledges[0], MOST - 10), part(&pledges[1], 11), part(&pledges[2], 4), part(&pledges[3], 7)];
        let sent = scene.manager.post("/api/v1/events/batch", &json!({"events": events})).expect(200);
        let statuses: Vec<&Value> = sent["results"].as_array().expect("results").iter().map(|one| &one["status"]).collect();
        assert_eq!(statuses, [201, 422, 201, 422]);
        let problem = &sent["results"][1]["problem"];
        assert_eq!((&problem["errors"][0]["pointer"], &problem["limit"], &problem["available"]), (&json!("/lines"), &json!(MOST), &json!(10)));
        assert_eq!(scene.log_size(), size + 2);
        let told = whole(&pledges[3].0).refused("invalid", &["/pledge"]);
        assert!(told.contains(&MOST.to_string()) && told.contains("6 are left"), "{told}");
        scene.manager.post("/api/v1/events", &part(&pledges[3], 6)).expect(201);
        assert_eq!(scene.log_size(), size + 3);

        // Surplus counts too.
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let city = scene.organization("Banjul", "GM");
        let banjul = scene.site("Banjul", "city", "GM");
        let body = json!({"pledge": pledges[3].0, "site": beijing, "lines": [scene.line(6)]});
        scene.does("collected", "2020-07-10", body).expect(201);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 6, "2020-08-01");
        let figures = json!({"good": 6, "surplus": 1, "reason": "one more"});
        scene.receives(&consignment, &leg, "2020-08-05", figures).refused("invalid", &["/lines"]);
        scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 6})).expect(201);
        let totals = scene.auditor.get("/api/v1/totals?group_by=item").expect(200);
        assert_eq!(totals["rows"][0]["promised"], MOST);
        scene.closes();
        scene.verifies();
    }

    fn what_was_moved_in_and_out_stays_countable(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (beijing, wuhan) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Wuhan", "warehouse", "CN"));
        let (pledge, _) = scene.accepted(&donor, MOST);
        let body = json!({"pledge": pledge, "site": beijing, "lines": [scene.line(MOST)]});
        scene.does("collected", "2020-07-10", body).expect(201);
        let there = [(&beijing, &wuhan), (&wuhan, &beijing)];
        let moves = || (0..1_000).map(|index| {
            let (from, to) = there[index % 2];
            event(&id(), "moved", "2020-08-01", json!({"site": from, "to_site": to, "lines": [scene.line(MOST)]}))
        });
        let send = || scene.officer.post("/api/v1/events/batch", &json!({"events": moves().collect::<Vec<Value>>()})).expect(200);
        // Each of both places gets half of them, and may have got 512 times the most there can be. What one batch
        // moves counts as if it were all in one place, so that the last few go in smaller ones.
        let accepted = |sent: &Value| sent["accepted"].as_i64().unwrap_or(0);
        let before = accepted(&send());
        let sent = send();
        let all = before + accepted(&sent);
        assert!(before > 500 && (900..=1_022).contains(&all), "{before} and then {all} were accepted");
        let refused = sent["results"].as_array().into_iter().flatten().find(|one| one["status"] == 422);
        let problem = refused.map(|one| one["problem"].clone()).unwrap_or_default();
        assert_eq!((&problem["code"], &problem["limit"]), (&json!("invalid"), &json!(i64::MAX / 2)));
        scene.closes();
        scene.verifies();
    }
}
