//! A fault of ours while an event of another system is looked at: it waits for a person, and those behind it are settled.

use relief_ledger::auth::Role;
use relief_ledger::captures::Settling;
use relief_ledger::db::{Database, Settings};
use serde_json::json;

use super::{Gift, captured, counts, ended, masks, resolve, seen, standing, under, waiting};
use crate::stories::scene::{Scene, id};
use crate::support::ledger::{Ledger, tamper};
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn an_event_whose_reader_ends_badly_waits_and_keeps_none_behind_it(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = gift.scene;
        let consignment = id();
        let own = under(&format!("urn:relief-ledger:consignment:{consignment}"));
        let left = |quantity: i64| {
            seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(quantity)}))
        };
        let job = captured(&scene.officer, &[left(10), left(20)]);
        assert_eq!(counts(&job), [0, 0, 2, 0], "nobody has opened that consignment");
        let body = json!({"id": consignment, "programme": scene.programme, "consignee": gift.city, "origin": gift.beijing,
            "destination": gift.banjul, "legs": [{"mode": "air", "from": gift.beijing, "to": gift.banjul}]});
        scene.officer.post("/api/v1/consignments", &body).expect(201);
        // Both are looked at again, by this process and no server, and the first ends it.
        let url = scene.url.clone();
        let house = scene.house.restart(|| {
            tamper(&url, "UPDATE captured_events SET state = 'pending', reason = NULL, settled_at = NULL");
            let writer = Ledger::start(&url);
            let database = Database::open(Settings { url: url.clone() }).expect("the database opens");
            let mut settling = Settling::heard_by(database, writer.clone(), |event| {
                assert!(event.ordinal > 0, "a fault of ours, in a story");
            });
            while settling.step(0, true).expect("it goes on") {}
            writer.stop();
        });
        let officer = house.login_as(Role::Officer);
        let path = format!("/api/v1/epcis/capture/{}", job["captureID"].as_str().expect("an id"));
        let job = ended(&officer, &path);
        assert_eq!(counts(&job), [1, 0, 1, 0], "{job:#}");
        assert_eq!(standing(&officer, &job, "taken").len(), 1);
        // Whoever reads it is told that it was a fault, and nothing of it; it is not dropped.
        let (event, why) = waiting(&officer, &job);
        assert!(!why.is_empty() && !why.contains("ended badly"), "{why}");
        let done = resolve(&officer, &event, json!({})).expect(200);
        assert_eq!(done["state"], "taken", "{done:#}");
        assert_eq!(counts(&ended(&officer, &path)), [2, 0, 0, 0]);
        crate::support::books::assert_sound(&url);
    }
}
