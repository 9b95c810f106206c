//! What another system takes back, and what its units hold.

use serde_json::{Value, json};

use super::{Gift, captured, counts, ended, masks, resolve, seen, standing, under, waiting};
use crate::kits::{Workshop, id_of, sscc};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// An event once more, declared an error.
fn error(event: &Value, reason: &str, corrective: &[&Value]) -> Value {
    let ids: Vec<&Value> = corrective.iter().map(|event| &event["eventID"]).collect();
    let mut declared = event.clone();
    declared["errorDeclaration"] =
        json!({"declarationTime": "2020-08-10T00:00:00Z", "reason": reason, "correctiveEventIDs": ids});
    declared
}

on_both_databases! {
    migrate: migrate;

    fn what_did_not_occur_is_reversed_and_what_was_wrong_is_corrected_once(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let own = under(&format!("urn:relief-ledger:tracking-code:{}", gift.code));
        let left = |quantity: i64| {
            seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(quantity)}))
        };
        let (first, right) = (left(60), left(50));
        let undone = left(7);
        captured(&scene.officer, &[first.clone(), undone.clone()]);
        assert_eq!(gift.account("in_transit"), 67);
        let never = error(&undone, "did_not_occur", &[]);
        let job = captured(&scene.officer, std::slice::from_ref(&never));
        approve(scene);
        assert_eq!((counts(&job), gift.account("in_transit")), ([1, 0, 0, 0], 60));
        assert_eq!(captured(&scene.officer, &[never])["events"]["repeated"], 1);

        // The declaration waits for the event that states it right, and both are settled in one.
        let declared = error(&first, "incorrect_data", &[&right]);
        let job = captured(&scene.officer, &[declared]);
        assert!(waiting(&scene.officer, &job).1.contains("has not come yet"));
        assert_eq!(gift.account("in_transit"), 60);
        let second = captured(&scene.officer, &[right]);
        approve(scene);
        assert_eq!((counts(&second), gift.account("in_transit")), ([1, 0, 0, 0], 50));
        assert!(standing(&scene.officer, &job, "waiting").is_empty());
        let event = standing(&scene.officer, &second, "taken")[0]["event"].clone();
        let event = scene.event(event.as_str().expect("an event")).expect(200);
        assert_eq!(event["kind"], "corrected");

        // An error of what was never sent here, and another text under an identifier that was used.
        let strange = error(&left(1), "did_not_occur", &[]);
        let mut other = left(8);
        other["eventID"] = first["eventID"].clone();
        let job = captured(&scene.officer, &[strange, other]);
        assert_eq!(counts(&job), [0, 0, 2, 0]);
        let why: Vec<String> = standing(&scene.officer, &job, "waiting").iter().map(|one| one["reason"].to_string()).collect();
        assert!(why.iter().any(|words| words.contains("none of the ledger's")), "{why:?}");
        assert!(why.iter().any(|words| words.contains("said something else")), "{why:?}");
        assert_eq!(gift.account("in_transit"), 50);
        scene.closes();
        scene.verifies();
    }

    fn what_later_events_depend_on_is_not_taken_back_and_waits(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let own = under(&format!("urn:relief-ledger:tracking-code:{}", gift.code));
        let left = seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(60)}));
        captured(&scene.officer, std::slice::from_ref(&left));
        let received = seen("receiving", "2020-08-02T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(60)}));
        captured(&scene.receiver, &[received]);
        let job = captured(&scene.officer, &[error(&left, "did_not_occur", &[])]);
        let (event, why) = waiting(&scene.officer, &job);
        assert!(!why.is_empty());
        resolve(&scene.officer, &event, json!({})).refused("depended_on", &["/event"]);
        assert_eq!(gift.account("delivered"), 60);
        scene.verifies();
    }

    fn what_takes_the_place_of_an_error_and_corrects_nothing_does_not_settle_it(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let own = under(&format!("urn:relief-ledger:tracking-code:{}", gift.code));
        let left = seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(60)}));
        captured(&scene.officer, std::slice::from_ref(&left));
        let arrived = seen("arriving", "2020-08-02T00:00:00Z", json!({"bizTransactionList": own}));
        let job = captured(&scene.officer, &[error(&left, "incorrect_data", &[&arrived])]);
        assert!(waiting(&scene.officer, &job).1.contains("has not come yet"));
        let second = captured(&scene.officer, &[arrived]);
        assert_eq!(counts(&second), [1, 0, 0, 0], "{:#?}", standing(&scene.officer, &second, "waiting"));
        let path = format!("/api/v1/epcis/capture/{}", job["captureID"].as_str().expect("an id"));
        let job = ended(&scene.officer, &path);
        approve(scene);
        // It is taken back, or waits with the ledger's own words; the arrival takes nothing back.
        for one in standing(&scene.officer, &job, "taken") {
            let event = scene.event(one["event"].as_str().expect("an event")).expect(200);
            assert_eq!(event["kind"], "reversed", "{one:#}");
            assert_eq!(gift.account("in_transit"), 0);
        }
        for one in standing(&scene.officer, &job, "waiting") {
            assert!(!one["reason"].to_string().contains("has not come yet"), "{one:#}");
        }
        scene.closes();
        scene.verifies();
    }

    fn units_say_which_consignment_and_what_is_in_them(database: &TestDatabase) {
        let workshop = Workshop::new(Scene::new(database));
        let scene = &workshop.scene;
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul", "GM"));
        workshop.given(&donor, &workshop.soap, 40, Value::Null);
        workshop.given(&donor, &workshop.towel, 20, Value::Null);
        workshop.packs(json!([{"sscc": sscc(1)}, {"sscc": sscc(2)}, {"sscc": sscc(3)}])).expect(201);
        let banjul = scene.site("Banjul", "city", "GM");
        let (consignment, leg) = scene.planned(&city, &[&workshop.store, &banjul]);
        let units: Vec<String> = workshop.units(&scene.officer, "packed=true").iter().map(id_of).collect();
        let reserved = json!({"consignment": consignment, "site": workshop.store, "units": units[..2], "lines": []});
        scene.decides("allocated", "2020-07-25", reserved).expect(201);
        let mine = workshop.units(&scene.officer, &format!("consignment={consignment}"));
        let codes: Vec<String> =
            mine.iter().map(|unit| format!("https://id.gs1.org/00/{}", unit["sscc"].as_str().expect("an SSCC"))).collect();
        let left = seen("shipping", "2020-08-01T00:00:00Z", json!({"epcList": codes}));
        let job = captured(&scene.officer, &[left]);
        assert_eq!(counts(&job), [1, 0, 0, 0], "{:#?}", standing(&scene.officer, &job, "waiting"));
        let event = standing(&scene.officer, &job, "taken")[0]["event"].clone();
        let event = scene.event(event.as_str().expect("an event")).expect(200);
        assert_eq!((&event["consignment"], &event["leg"]), (&json!(consignment), &json!(leg)));
        let lines = event["body"]["lines"].as_array().expect("lines");
        let of = |item: &str| -> i64 {
            lines.iter().filter(|line| line["item"] == item).map(|line| line["quantity"].as_i64().expect("a figure")).sum()
        };
        assert_eq!((of(&workshop.soap), of(&workshop.towel)), (4, 2));

        // One unit comes on a pallet of somebody's, and one that is nobody's.
        let on_pallet = json!({"type": "AggregationEvent", "action": "OBSERVE", "parentID": "urn:epc:id:sscc:0614141.1234567890",
            "childEPCs": [codes[0]]});
        let strange = seen("receiving", "2020-08-05T00:00:00Z", on_pallet);
        let job = captured(&scene.receiver, &[strange]);
        assert!(waiting(&scene.receiver, &job).1.contains("none of ours"));
        let whole = json!({"type": "AggregationEvent", "parentID": codes[0],
            "childQuantityList": [{"epcClass": "urn:relief-ledger:item-code:SOAP", "quantity": 2.0}]});
        let whole = seen("receiving", "2020-08-05T00:00:00Z", whole);
        let job = captured(&scene.receiver, &[whole]);
        assert_eq!(counts(&job), [1, 0, 0, 0], "{:#?}", standing(&scene.receiver, &job, "waiting"));
        scene.closes();
    }
}

/// A manager approves what was proposed above the limits.
fn approve(scene: &Scene) {
    let open = scene.second.get("/api/v1/approvals?state=proposed").json();
    for approval in open["items"].as_array().into_iter().flatten() {
        scene.rules(&scene.second, &id_of(approval), "approve").expect(200);
    }
}
