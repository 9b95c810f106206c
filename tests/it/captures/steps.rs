//! The steps besides shipping and receiving that another system tells of: what is put away, handed over, and held by customs.

use serde_json::{Value, json};

use super::{captured, counts, masks, seen, standing, under, waiting};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// An event is taken; the kind of event it became.
#[track_caller]
fn taken(scene: &Scene, caller: &Caller, event: Value) -> String {
    let step = event["bizStep"].to_string();
    let job = captured(caller, &[event]);
    assert_eq!(counts(&job), [1, 0, 0, 0], "{step}: {:#?}", standing(caller, &job, "waiting"));
    let event = standing(caller, &job, "taken")[0]["event"].clone();
    let event = scene.event(event.as_str().expect("an event")).expect(200);
    event["kind"].as_str().expect("a kind").to_owned()
}

on_both_databases! {
    migrate: migrate;

    fn what_others_put_away_hand_over_and_hold_at_customs_is_taken(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, clinic) = (scene.organization("Hainan", "CN"), scene.organization("Ghana Health Service", "GH"));
        let (beijing, tema) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Tema", "warehouse", "GH"));
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let opened = scene.consignment(&clinic, &[&beijing, &tema]);
        let code = opened["tracking_code"].as_str().expect("a code");
        let own = under(&format!("urn:relief-ledger:tracking-code:{code}"));
        let about = |step: &str, at: &str, more: Value| {
            let mut members = json!({"bizTransactionList": own});
            members.as_object_mut().expect("members").extend(more.as_object().expect("members").clone());
            seen(step, at, members)
        };
        let there = json!({"id": format!("urn:relief-ledger:site:{tema}")});
        // A ledger like this one says by members of its own what GS1 has no word for.
        let customs = |kind: &str, step: &str, at: &str| {
            about(step, at, json!({"@context": [{"relief": "urn:relief-ledger:epcis:"}], "relief:kind": kind}))
        };
        let left = about("shipping", "2020-08-01T08:00:00Z", json!({"type": "TransactionEvent", "quantityList": masks(600)}));
        assert_eq!(taken(&scene, &scene.officer, left), "departed");
        // Whoever else says that goods are held does not say by whom: a person looks at it.
        let held = about("holding", "2020-08-02T08:00:00Z", json!({}));
        let job = captured(&scene.officer, &[held]);
        assert!(waiting(&scene.officer, &job).1.contains("holding"));
        let held = customs("customs_held", "holding", "2020-08-02T09:00:00Z");
        assert_eq!(taken(&scene, &scene.officer, held), "customs_held");
        let freed = customs("customs_released", "urn:relief-ledger:step:customs_released", "2020-08-03T09:00:00Z");
        assert_eq!(taken(&scene, &scene.officer, freed.clone()), "customs_released");
        // The twin: it was held, or it could not be let go, which a second time it cannot.
        let mut again = freed;
        again["eventID"] = json!(format!("urn:uuid:{}", crate::stories::scene::id()));
        assert_eq!(counts(&captured(&scene.officer, &[again])), [0, 0, 1, 0]);

        let came = about("receiving", "2020-08-05T08:00:00Z", json!({"quantityList": masks(600)}));
        assert_eq!(taken(&scene, &scene.receiver, came), "received");
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 1_000}));
        let nowhere = about("storing", "2020-08-05T09:00:00Z", json!({}));
        let job = captured(&scene.receiver, &[nowhere]);
        assert!(waiting(&scene.receiver, &job).1.contains("which site"));
        let stored = about("storing", "2020-08-05T09:00:00Z", json!({"readPoint": there}));
        assert_eq!(taken(&scene, &scene.receiver, stored), "stored");
        let handed = about("accepting", "2020-08-06T09:00:00Z", json!({"bizLocation": there, "quantityList": masks(200)}));
        assert_eq!(taken(&scene, &scene.receiver, handed), "delivered");
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 200, "in_storage": 800}));
        scene.closes();
        scene.verifies();
    }

    fn goods_are_known_by_their_numbers_of_gs1_in_both_spellings(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul", "GM"));
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let id_of = |value: &Value| value["id"].as_str().expect("an id").to_owned();
        let gowns = json!({"code": "4012345123456", "name": "Gowns", "base_unit": "piece", "category": "protective equipment"});
        let gowns = id_of(&scene.admin.post("/api/v1/items", &gowns).expect(201));
        let offer = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01",
            "lines": [{"item": gowns, "quantity": 100}]});
        let pledge = id_of(&scene.officer.post("/api/v1/pledges", &offer).expect(201));
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let lot = json!({"item": gowns, "quantity": 100, "lot": "998877"});
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": beijing, "lines": [lot]})).expect(201);
        let opened = scene.consignment(&city, &[&beijing, &banjul]);
        let own = under(&format!("urn:relief-ledger:tracking-code:{}", opened["tracking_code"].as_str().expect("a code")));
        let about = |step: &str, at: &str, class: &str, quantity: i64| {
            let goods = json!([{"epcClass": class, "quantity": quantity}]);
            seen(step, at, json!({"bizTransactionList": own, "quantityList": goods}))
        };
        let left = about("shipping", "2020-08-01T08:00:00Z", "urn:epc:class:lgtin:4012345.012345.998877", 40);
        assert_eq!(taken(&scene, &scene.officer, left), "departed");
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 60, "in_transit": 40}));
        let came = about("receiving", "2020-08-05T08:00:00Z", "https://id.gs1.org/01/04012345123456/10/998877", 40);
        assert_eq!(taken(&scene, &scene.receiver, came), "received");
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 40, "in_storage": 60}));
        // The twin: a number that is none of ours.
        let strange = about("shipping", "2020-08-06T08:00:00Z", "urn:epc:class:lgtin:4012345.012346.998877", 10);
        let job = captured(&scene.officer, &[strange]);
        let why = waiting(&scene.officer, &job).1;
        assert!(why.contains("is no item of ours"), "{why}");
        scene.closes();
        scene.verifies();
    }
}
