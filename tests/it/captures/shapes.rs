//! What a document may be: judged by the standard's own schema beside us, and refused by the place that is wrong.

use serde_json::{Value, json};

use super::{Gift, captured, counts, document, finished, masks, seen, standing, under, waiting};
use crate::exports::standards::json_faults;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

fn proceeding(caller: &Caller, events: &[Value]) -> Reply {
    let headers = [("Content-Type", "application/ld+json"), ("GS1-Capture-Error-Behaviour", "proceed")];
    caller.send("POST", "/api/v1/epcis/capture", &headers, Some(&document(events).to_string()))
}

/// An event that is right, with one member made something else; none takes it away.
fn with(member: &str, value: Option<Value>) -> Value {
    let mut event = seen("loading", "2020-08-01T00:00:00Z", json!({}));
    let members = event.as_object_mut().expect("an object");
    match value {
        Some(value) => members.insert(member.to_owned(), value),
        None => members.remove(member),
    };
    event
}

/// Events, each with the place that is wrong in it.
fn variants() -> Vec<(&'static str, Value)> {
    let goods = |value: Value| with("quantityList", Some(json!([value])));
    vec![
        ("", with("eventID", Some(json!("urn:uuid:01900000-0000-7000-8000-0000000000aa")))),
        ("", with("eventID", None)),
        ("", with("disposition", Some(json!("https://example.org/disposition/odd")))),
        ("", with("bizStep", Some(json!("https://example.org/step/odd")))),
        ("", with("bizStep", None)),
        ("", with("eventTimeZoneOffset", Some(json!("-14:00")))),
        ("", goods(json!({"epcClass": "urn:x:y", "quantity": 1.5, "uom": "KGM"}))),
        ("", with("errorDeclaration", Some(json!({"declarationTime": "2020-08-02T00:00:00Z"})))),
        (
            "",
            json!({"type": "AggregationEvent", "eventTime": "2020-08-01T00:00:00Z", "eventTimeZoneOffset": "+00:00",
                "action": "ADD", "parentID": "urn:epc:id:sscc:0614141.1234567890",
                "childEPCs": ["urn:epc:id:sgtin:0614141.107346.2017"]}),
        ),
        ("type", with("type", None)),
        ("action", with("action", None)),
        ("action", with("action", Some(json!("LOOK")))),
        ("eventTime", with("eventTime", None)),
        ("eventTimeZoneOffset", with("eventTimeZoneOffset", None)),
        ("eventTimeZoneOffset", with("eventTimeZoneOffset", Some(json!("+14:30")))),
        ("eventTimeZoneOffset", with("eventTimeZoneOffset", Some(json!("UTC")))),
        ("bizStep", with("bizStep", Some(json!("urn:epcglobal:cbv:bizstep:shipping")))),
        ("bizStep", with("bizStep", Some(json!(7)))),
        ("epcList", with("epcList", Some(json!("urn:x:y")))),
        ("epcList", with("epcList", None)),
        ("bizTransactionList/0/bizTransaction", with("bizTransactionList", Some(json!([{"type": "po"}])))),
        ("quantityList/0/epcClass", goods(json!({"quantity": 5}))),
        ("quantityList/0/quantity", goods(json!({"epcClass": "urn:x:y", "quantity": "5"}))),
        ("quantityList/0/uom", goods(json!({"epcClass": "urn:x:y", "uom": "kilo"}))),
        ("readPoint/id", with("readPoint", Some(json!({})))),
        (
            "errorDeclaration/declarationTime",
            with("errorDeclaration", Some(json!({"reason": "did_not_occur"}))),
        ),
    ]
}

on_both_databases! {
    migrate: migrate;

    fn what_cannot_be_read_is_told_by_its_place_and_takes_others_with_it_only_where_that_is_asked(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let own = under(&format!("urn:relief-ledger:tracking-code:{}", gift.code));
        let left = seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(5)}));
        let broken = with("eventTime", Some(json!("yesterday")));
        let job = captured(&scene.officer, &[left.clone(), broken.clone()]);
        assert_eq!((&job["success"], counts(&job), &job["events"]["sent"]), (&json!(false), [0, 0, 0, 0], &json!(2)));
        let problem = &job["errors"][0];
        assert_eq!((&problem["code"], &problem["errors"][0]["pointer"]), (&json!("invalid"), &json!("/epcisBody/eventList/1/eventTime")));
        assert_eq!(gift.account("in_transit"), 0);
        let job = finished(&scene.officer, &proceeding(&scene.officer, &[left, broken]));
        assert_eq!((&job["success"], counts(&job)), (&json!(false), [1, 0, 0, 0]));
        assert_eq!(job["captureErrorBehaviour"], "proceed");
        assert_eq!(gift.account("in_transit"), 5);
        assert_eq!(counts(&captured(&scene.officer, &[])), [0, 0, 0, 0], "nothing is nothing");
        scene.verifies();
    }

    fn what_is_no_document_is_refused_at_once(database: &TestDatabase) {
        let scene = Scene::new(database);
        let before = scene.log_size();
        let path = "/api/v1/epcis/capture";
        let post = |body: &Value| scene.officer.post(path, body);
        let mut other = document(&[]);
        other["type"] = json!("EPCISQueryDocument");
        other["schemaVersion"] = json!("1.2");
        other.as_object_mut().expect("an object").remove("@context");
        post(&other).refused("invalid", &["/type", "/schemaVersion", "/@context"]);
        let mut other = document(&[]);
        other["epcisBody"] = json!({"eventList": {}});
        post(&other).refused("invalid", &["/epcisBody/eventList"]);
        post(&document(&vec![json!({}); 1_001])).refused("invalid", &["/epcisBody/eventList"]);
        post(&json!([])).refused("invalid", &[""]);
        scene.officer.post_text(path, "{\"type\": ").refused("malformed", &[]);
        scene.officer.post_text(path, &"[".repeat(200)).refused("malformed", &[]);
        let twice = document(&[]).to_string().replacen('{', "{\"type\": \"EPCISDocument\", ", 1);
        assert_eq!(scene.officer.post_text(path, &twice).problem().1, "invalid");
        let wide = format!("\"{}\"", "x".repeat(2 * 1_024 * 1_024));
        assert_eq!(scene.officer.post_text(path, &wide).status, 413);
        assert_eq!(scene.officer.upload(path, "application/xml", b"<epcis/>").status, 415);
        let odd = [("Content-Type", "application/json"), ("GS1-Capture-Error-Behaviour", "perhaps")];
        scene.officer.send("POST", path, &odd, Some(&document(&[]).to_string())).refused("malformed", &[]);
        assert_eq!(scene.log_size(), before, "nothing of it is recorded");
    }

    fn what_is_taken_is_what_the_schema_allows_in_the_parts_that_are_read(database: &TestDatabase) {
        let scene = Scene::new(database);
        for (wrong, event) in variants() {
            let sent = document(std::slice::from_ref(&event));
            if let Some(said) = json_faults(&sent.to_string()) {
                assert_eq!(said.is_empty(), wrong.is_empty(), "{wrong}: {said}: {event:#}");
            }
            let job = captured(&scene.officer, &[event]);
            let pointer = job["errors"][0]["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned();
            let expected = if wrong.is_empty() { String::new() } else { format!("/epcisBody/eventList/0/{wrong}") };
            assert_eq!(pointer, expected, "{job:#}");
            assert_eq!(job["success"], wrong.is_empty());
        }
    }

    fn an_event_says_which_leg_and_site_by_where_it_happened(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul", "GM"));
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let hub = json!({"name": "Dakar", "kind": "warehouse", "country": "SN", "code": "4012345000009"});
        let hub = scene.admin.post("/api/v1/sites", &hub).expect(201)["id"].as_str().expect("an id").to_owned();
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let opened = scene.consignment(&city, &[&beijing, &hub, &banjul]);
        let own = under(&format!("urn:relief-ledger:tracking-code:{}", opened["tracking_code"].as_str().expect("a code")));
        let at = |step: &str, day: &str, place: &str| {
            let place = json!({"id": place});
            seen(step, day, json!({"bizTransactionList": own, "quantityList": masks(200), "readPoint": place}))
        };
        let nowhere = seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(200)}));
        let job = captured(&scene.officer, &[nowhere]);
        assert!(waiting(&scene.officer, &job).1.contains("2 legs"));
        let from = at("shipping", "2020-08-01T00:00:00Z", &format!("urn:relief-ledger:site:{beijing}"));
        assert_eq!(counts(&captured(&scene.officer, &[from])), [1, 0, 0, 0]);
        let to = at("receiving", "2020-08-03T00:00:00Z", "urn:epc:id:sgln:4012345.00000.0");
        assert_eq!(counts(&captured(&scene.receiver, &[to])), [1, 0, 0, 0]);
        let on = at("departing", "2020-08-04T00:00:00Z", "https://id.gs1.org/414/4012345000009");
        let job = captured(&scene.receiver, &[on]);
        assert_eq!(counts(&job), [1, 0, 0, 0], "{:#?}", standing(&scene.receiver, &job, "waiting"));
        assert_eq!(scene.accounts(&pledge)["in_transit"], 200);
        let event = standing(&scene.receiver, &job, "taken")[0]["event"].clone();
        let event = scene.event(event.as_str().expect("an event")).expect(200);
        assert_eq!(event["leg"], opened["leg_ids"][1]);
        scene.closes();
    }

    fn the_only_leg_is_not_meant_by_what_happened_elsewhere(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let own = under(&format!("urn:relief-ledger:tracking-code:{}", gift.code));
        let at = |step: &str, day: &str, place: &str| {
            let place = json!({"id": format!("urn:relief-ledger:site:{place}")});
            seen(step, day, json!({"bizTransactionList": own, "quantityList": masks(10), "readPoint": place}))
        };
        let job = captured(&scene.officer, &[at("shipping", "2020-08-01T00:00:00Z", &gift.banjul)]);
        assert!(waiting(&scene.officer, &job).1.contains("does not start or end"));
        let job = captured(&scene.officer, &[at("shipping", "2020-08-01T00:00:00Z", &gift.beijing)]);
        assert_eq!(counts(&job), [1, 0, 0, 0], "{:#?}", standing(&scene.officer, &job, "waiting"));
        assert_eq!(gift.account("in_transit"), 10);
        // A site that is none of ours says nothing.
        let nowhere = "01900000-0000-7000-8000-000000000999";
        let job = captured(&scene.receiver, &[at("arriving", "2020-08-02T00:00:00Z", nowhere)]);
        assert_eq!(counts(&job), [1, 0, 0, 0], "{:#?}", standing(&scene.receiver, &job, "waiting"));
        scene.closes();
    }
}
