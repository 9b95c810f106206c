//! Machines that send what they saw with keys of their own, and what is dealt with afterwards.

use relief_ledger::auth::now;
use relief_ledger::core::time::Timestamp;
use serde_json::json;

use super::{Gift, captured, counts, ended, masks, seen, standing, under, waiting};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

const MONTH: i64 = 30 * 24 * 60 * 60 * 1_000_000;

on_both_databases! {
    migrate: migrate;

    fn the_receivers_machine_tells_of_its_receipt_and_that_verifies_it(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let wanted = json!({"name": "Gate of the store", "role": "officer", "organization_id": gift.city,
            "good_until": Timestamp(now().0 + MONTH).to_string()});
        let made = scene.admin.post("/api/v1/api-keys", &wanted).expect(201);
        let machine = scene.house.with_token(made["key"].as_str().expect("a key"));
        let own = under(&format!("https://orders.example.org/{}", gift.code));
        let left = seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(50)}));
        assert_eq!(counts(&captured(&scene.officer, &[left])), [1, 0, 0, 0]);
        let received = seen("receiving", "2020-08-05T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(50)}));
        let job = captured(&machine, &[received]);
        assert_eq!(counts(&job), [1, 0, 0, 0], "{:#?}", standing(&machine, &job, "waiting"));
        let event = standing(&machine, &job, "taken")[0]["event"].clone();
        let event = scene.event(event.as_str().expect("an event")).expect(200);
        assert_eq!(event["actor"], made["id"], "the machine is who received");
        assert_eq!((&event["evidence"]["verified"], &event["evidence"]["how"]), (&json!(true), &json!("receiver")));
        assert_eq!(gift.account("delivered"), 50);

        // Another organization's machine reads none of it, and moves none.
        let other = json!({"name": "Another gate", "role": "officer", "organization_id": scene.organization("Other Relief", "KE"),
            "good_until": Timestamp(now().0 + MONTH).to_string()});
        let other = scene.admin.post("/api/v1/api-keys", &other).expect(201);
        let other = scene.house.with_token(other["key"].as_str().expect("a key"));
        assert_eq!(other.get("/api/v1/epcis/captured").expect(200)["items"], json!([]));
        let more = seen("shipping", "2020-08-06T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(50)}));
        assert!(waiting(&other, &captured(&other, &[more])).1.contains("within reach"));
        assert_eq!(gift.account("in_transit"), 0);
        scene.verifies();
    }

    fn what_waits_of_a_document_is_dismissed_at_once_and_only_as_far_as_one_reaches(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let about = |step: &str, paper: &str| seen(step, "2020-08-01T00:00:00Z", json!({"bizTransactionList": under(paper)}));
        let own = format!("urn:relief-ledger:tracking-code:{}", gift.code);
        let job = captured(&scene.officer, &[about("loading", &own), about("picking", "urn:x:1"), about("arriving", &own)]);
        assert_eq!(counts(&job), [1, 0, 2, 0]);
        let path = format!("/api/v1/epcis/capture/{}", job["captureID"].as_str().expect("an id"));
        let dismiss = format!("{path}/dismiss");
        let city = scene.house.login_bound(relief_ledger::auth::Role::Officer, Some(gift.city.parse().expect("an id")), None);
        scene.manager.post(&dismiss, &json!({"reason": ""})).refused("invalid", &["/reason"]);
        let done = city.post(&dismiss, &json!({"reason": "it was only loaded"})).expect(200);
        assert_eq!(counts(&done), [1, 0, 1, 1], "what names no consignment of the city's is not its to dismiss");
        let done = scene.manager.post(&dismiss, &json!({"reason": "of another ledger"})).expect(200);
        assert_eq!((counts(&done), done["receipt"].is_object()), ([1, 0, 0, 2], true));
        let again = scene.manager.post(&dismiss, &json!({"reason": "of another ledger"})).expect(200);
        assert_eq!((counts(&again), &again["receipt"]), ([1, 0, 0, 2], &json!(null)), "nothing is left to dismiss");
        assert_eq!(counts(&ended(&scene.officer, &path)), [1, 0, 0, 2]);
        let other = scene.house.login_bound(relief_ledger::auth::Role::Officer, Some(scene.organization("Other", "KE").parse().expect("an id")), None);
        assert_eq!(other.post(&dismiss, &json!({"reason": "mine"})).status, 404);
        scene.verifies();
    }
}
