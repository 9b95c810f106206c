//! What each kind of event is in the words of GS1, and which words are ours; and an error that was none.

use std::collections::BTreeMap;

use relief_ledger::events::Kind;
use serde_json::{Value, json};

use super::standards::{json_faults, skipped};
use super::take;
use crate::kits::Workshop;
use crate::reconciliation::rich::Rich;
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Steps of the Core Business Vocabulary, with what goods are after them; of all other kinds the step is a URI of ours.
const STEPS: [(&str, &str, Option<&str>); 18] = [
    ("collected", "collecting", Some("in_progress")),
    ("allocated", "reserving", Some("reserved")),
    ("packed", "packing", Some("container_closed")),
    ("kit_packed", "packing", Some("container_closed")),
    ("kit_unpacked", "unpacking", Some("container_open")),
    ("departed", "shipping", Some("in_transit")),
    ("arrived", "arriving", Some("in_progress")),
    ("received", "receiving", Some("in_progress")),
    ("customs_held", "holding", Some("unavailable")),
    ("held", "holding", Some("unavailable")),
    ("stored", "storing", Some("available")),
    ("counted", "stock_taking", None),
    ("delivered", "accepting", Some("in_progress")),
    ("distributed", "dispensing", Some("dispensed")),
    ("damaged", "inspecting", Some("damaged")),
    ("relotted", "repackaging", None),
    ("returned", "receiving", Some("returned")),
    ("disposed", "urn:relief-ledger:step:disposed", Some("disposed")),
];
/// States of goods that GS1 has a word for, though it has none for the step.
const STATES: [(&str, &str); 5] = [
    ("released", "available"),
    ("customs_released", "available"),
    ("released_from_hold", "available"),
    ("reported_missing", "unknown"),
    ("lost", "unknown"),
];

fn expected(kind: &str) -> (Value, Value) {
    match STEPS.into_iter().find(|(known, ..)| *known == kind) {
        Some((_, step, state)) => (json!(step), json!(state)),
        None => {
            let state = STATES.into_iter().find(|(known, _)| *known == kind).map(|(_, state)| state);
            (json!(format!("urn:relief-ledger:step:{kind}")), json!(state))
        }
    }
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

/// What happens in a store, to goods and to kits.
fn told_in_store(shop: &Workshop, donor: &str) {
    let scene = &shop.scene;
    let at = |quantity: i64| json!({"site": shop.store, "lines": [scene.line(quantity)], "reason": "straps"});
    shop.given(donor, &shop.soap, 10, Value::Null);
    shop.given(donor, &shop.towel, 6, Value::Null);
    let unit = id();
    shop.packs(json!([{"id": unit}])).expect(201);
    scene.does("kit_unpacked", "2020-07-21", json!({"site": shop.store, "units": [unit]})).expect(201);
    scene.in_store(donor, &shop.store, 1_000);
    scene.does("held", "2020-07-22", at(10)).expect(201);
    let released = json!({"site": shop.store, "lines": [scene.line(10)]});
    scene.does("released_from_hold", "2020-07-23", released).expect(201);
    scene.does("stored", "2020-07-25", json!({"site": shop.store})).expect(201);
    let hub = scene.site("Kaolack", "warehouse", "SN");
    let moved = json!({"site": shop.store, "to_site": hub, "lines": [scene.line(40)]});
    scene.does("moved", "2020-07-26", moved).expect(201);
    let counted = json!({"site": hub, "lines": [{"item": scene.masks, "counted": 39}]});
    scene.does("counted", "2020-07-27", counted).expect(201);
    // In the store all masks are of no known lot, or which are reserved there would be a throw of a coin.
    let relotted = json!({"site": hub, "lines": [scene.line(20)], "to_lot": "M-2"});
    scene.does("relotted", "2020-07-28", relotted).expect(201);
}

/// What happens to consignments of what lies there.
fn told_on_the_way(shop: &Workshop, city: &str, banjul: &str) {
    let (scene, store) = (&shop.scene, &shop.store);
    let some = |consignment: &str, quantity: i64| json!({"consignment": consignment, "site": store, "lines": [scene.line(quantity)]});
    let (whole, leg) = scene.planned(city, &[store, banjul]);
    scene.does("allocated", "2020-07-28", some(&whole, 300)).expect(201);
    scene.does("released", "2020-07-29", some(&whole, 50)).expect(201);
    let mut part = some(&whole, 10);
    part["child"] = json!({"id": id(), "consignee": city, "destination": banjul,
        "legs": [{"mode": "air", "from": store, "to": banjul}]});
    scene.does("split", "2020-07-30", part).expect(201);
    let all = json!({"consignment": whole, "leg": leg});
    scene.does("departed", "2020-08-01", all.clone()).expect(201);
    let customs = json!({"consignment": whole, "reason": "papers"});
    scene.does("customs_held", "2020-08-02", customs.clone()).expect(201);
    scene.does("customs_released", "2020-08-03", customs).expect(201);
    scene.does("arrived", "2020-08-04", all).expect(201);

    let (never, _) = scene.planned(city, &[store, banjul]);
    scene.does("allocated", "2020-07-28", some(&never, 20)).expect(201);
    let packed = json!([{"item": scene.masks, "lot": "M-1", "quantity": 10}]);
    scene.does("packed", "2020-07-29", json!({"consignment": never, "lines": packed})).expect(201);
    scene.does("cancelled", "2020-07-30", json!({"consignment": never, "reason": "no flight"})).expect(201);

    let (round, old) = scene.sent(city, &[store, banjul], 30, "2020-08-01");
    let diverted = json!({"consignment": round, "leg": old, "reason": "the airport closed",
        "legs": [{"id": id(), "mode": "sea", "from": store, "to": banjul}]});
    scene.does("diverted", "2020-08-03", diverted).expect(201);
}

/// What happens to promises, besides their being accepted.
fn told_of_pledges(shop: &Workshop, donor: &str) {
    let scene = &shop.scene;
    let (refused, _) = scene.pledge(donor, 5);
    let declined = json!({"pledge": refused, "reason": "nobody asked for it"});
    scene.decides("pledge_declined", "2020-07-05", declined).expect(201);
    let (pledge, line) = scene.accepted(donor, 500);
    let collected = json!({"pledge": pledge, "site": shop.store, "lines": [scene.line(500)]});
    scene.does("collected", "2020-07-10", collected).expect(201);
    let changed = json!({"pledge": pledge, "line": line, "quantity": 300, "country": "SN", "reason": "asked for there",
        "consent": {"organization": donor, "given_on": "2020-07-12", "filed": "file 3"}});
    scene.does("earmark_changed", "2020-07-12", changed).expect(201);
}

on_both_databases! {
    migrate: migrate;

    fn each_kind_of_event_is_a_step_of_the_standard_or_one_of_ours(database: &TestDatabase) {
        let Rich { scene, hainan, health, banjul, .. } = Rich::told(database);
        let shop = Workshop::new(scene);
        told_in_store(&shop, &hainan);
        told_on_the_way(&shop, &health, &banjul);
        told_of_pledges(&shop, &hainan);
        let text = take(&shop.scene.auditor, "epcis").text;
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let mut told: BTreeMap<String, (Value, Value)> = BTreeMap::new();
        for event in document["epcisBody"]["eventList"].as_array().expect("events") {
            let kind = event["relief:kind"].as_str().expect("a kind");
            // What restates another event is told as that one.
            if !["corrected", "reversed"].contains(&kind) {
                let step = (event["bizStep"].clone(), event["disposition"].clone());
                assert_eq!(step, expected(kind), "{kind}");
                told.insert(kind.to_owned(), step);
            }
        }
        let untold: Vec<&&str> = Kind::WORDS.iter().filter(|word| !told.contains_key(**word)).collect();
        assert_eq!(untold, [&"corrected", &"reversed"]);
        match json_faults(&text) {
            Some(said) => assert_eq!(said, ""),
            None => skipped("there is no Python with jsonschema; ./test makes one, or name one in RELIEF_SHAPELY"),
        }
        // The twin: a word that is neither is found.
        if let Some(said) = json_faults(&text.replacen("\"unpacking\"", "\"opening\"", 1)) {
            assert!(said.contains("eventList"), "{said}");
        }
        shop.scene.closes();
    }

    fn what_was_stolen_is_told_so_and_what_is_lost_otherwise_is_not(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, store) = (scene.organization("Hainan", "CN"), scene.site("Dakar", "warehouse", "SN"));
        scene.in_store(&donor, &store, 100);
        let gone = |quantity: i64| json!({"site": store, "lines": [scene.line(quantity)], "reason": "not on the shelf"});
        scene.does("reported_missing", "2020-08-01", gone(10)).expect(201);
        for (cause, quantity) in [("theft", 4), ("storage", 3)] {
            let mut lost = gone(quantity);
            lost["evidence"] = json!({"cause": cause, "report_number": format!("P-{quantity}"), "filed": "cabinet 3"});
            scene.decides("lost", "2020-08-02", lost).expect(201);
        }
        let document: Value = serde_json::from_str(&take(&scene.auditor, "epcis").text).expect("JSON");
        let events = document["epcisBody"]["eventList"].as_array().expect("events");
        let mut told: Vec<Value> = events.iter()
            .filter(|event| event["relief:kind"] == "lost")
            .map(|event| json!([event["quantityList"][0]["quantity"], event["disposition"], event["bizStep"]]))
            .collect();
        told.sort_by_key(Value::to_string);
        let step = "urn:relief-ledger:step:lost";
        assert_eq!(json!(told), json!([[3, "unknown", step], [4, "stolen", step]]));
    }

    fn a_correction_that_is_taken_back_is_an_error_and_the_first_figure_stands_again(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        let told = || -> Vec<Value> {
            let document: Value = serde_json::from_str(&take(&scene.auditor, "epcis").text).expect("JSON");
            document["epcisBody"]["eventList"].as_array().expect("events").clone()
        };
        let uri = json!(format!("urn:uuid:{}", rich.distributed));
        let error = told().into_iter().find(|event| event["eventID"] == uri && event["errorDeclaration"].is_object());
        let corrected = error.expect("it was corrected")["errorDeclaration"]["correctiveEventIDs"][0].clone();
        let correction = corrected.as_str().expect("a URI").trim_start_matches("urn:uuid:");
        let body = json!({"event": correction, "reason": "none were spoilt"});
        let reversal = id_of(&scene.does("reversed", "2020-09-20", body).expect(201));

        let events = told();
        let of = |uri: &Value| -> Vec<&Value> { events.iter().filter(|event| event["eventID"] == *uri).collect() };
        let figure = |event: &Value| event["quantityList"][0]["quantity"].clone();
        let own = json!(format!("urn:uuid:{reversal}"));
        let wrong = of(&corrected);
        assert_eq!(wrong.len(), 2, "as it was, and as an error: {wrong:#?}");
        assert_eq!((figure(wrong[0]), &wrong[0]["errorDeclaration"]), (json!(110), &Value::Null));
        assert_eq!(wrong[1]["errorDeclaration"]["correctiveEventIDs"], json!([own]));
        assert_eq!(wrong[1]["errorDeclaration"]["reason"], "incorrect_data");
        let right = of(&own);
        assert_eq!(right.len(), 1);
        assert_eq!((&right[0]["bizStep"], figure(right[0])), (&json!("dispensing"), json!(120)), "it stands again");
        assert_eq!(right[0]["errorDeclaration"], Value::Null);
        scene.closes();
        scene.verifies();
    }
}
