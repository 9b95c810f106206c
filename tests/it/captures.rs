//! Events of other systems, in EPCIS: what they move here, what waits for a person, and that nothing is dropped or told twice.

mod between;
mod faults;
mod machines;
mod parsing;
mod restated;
mod shapes;
mod steps;
mod units;

use std::time::{Duration, Instant};

use relief_ledger::auth::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::carrying::count;
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

/// How long a story waits until a document is looked at.
const PATIENCE: Duration = Duration::from_secs(60);

/// A document with these events.
pub fn document(events: &[Value]) -> Value {
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2020-08-20T10:00:00Z",
        "epcisBody": {"eventList": events},
    })
}

/// What another system saw.
pub fn seen(step: &str, at: &str, members: Value) -> Value {
    let mut event = json!({
        "type": "ObjectEvent",
        "eventID": format!("urn:uuid:{}", Uuid::now_v7()),
        "eventTime": at,
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": step,
    });
    let event_members = event.as_object_mut().expect("an object");
    event_members.extend(members.as_object().expect("members").clone());
    if !event_members.contains_key("quantityList") && !event_members.contains_key("epcList") {
        event_members.insert("epcList".to_owned(), json!([]));
    }
    event
}

/// So many masks, by their code.
pub fn masks(quantity: i64) -> Value {
    json!([{"epcClass": "urn:relief-ledger:item-code:MASK", "quantity": quantity}])
}

/// That an event is about a paper.
pub fn under(uri: &str) -> Value {
    json!([{"bizTransaction": uri}])
}

/// The document was accepted and is looked at; what became of it.
#[track_caller]
pub fn captured(caller: &Caller, events: &[Value]) -> Value {
    finished(caller, &caller.post("/api/v1/epcis/capture", &document(events)))
}

/// What became of an accepted document, once all of it is looked at.
#[track_caller]
pub fn finished(caller: &Caller, reply: &Reply) -> Value {
    let job = reply.expect(202);
    let path = reply.header("location").expect("it says where to ask").to_owned();
    assert_eq!(path, format!("/api/v1/epcis/capture/{}", job["captureID"].as_str().expect("an id")));
    ended(caller, &path)
}

/// What became of a document, once nothing of it is left to be looked at.
#[track_caller]
pub fn ended(caller: &Caller, path: &str) -> Value {
    let begun = Instant::now();
    loop {
        let job = caller.get(path).expect(200);
        if job["running"] == false {
            assert!(job["finishedAt"].is_string(), "{job:#}");
            return job;
        }
        assert!(begun.elapsed() < PATIENCE, "{job:#}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How many were taken, known, waiting and dismissed.
pub fn counts(job: &Value) -> [i64; 4] {
    ["taken", "known", "waiting", "dismissed"].map(|name| job["events"][name].as_i64().expect("a count"))
}

/// Events of a document that stand so.
pub fn standing(caller: &Caller, job: &Value, state: &str) -> Vec<Value> {
    let query = format!("capture={}&state={state}&limit=500", job["captureID"].as_str().expect("an id"));
    let page = caller.get(&format!("/api/v1/epcis/captured?{query}")).expect(200);
    page["items"].as_array().expect("events").clone()
}

/// The only one that waits, with why.
#[track_caller]
pub fn waiting(caller: &Caller, job: &Value) -> (String, String) {
    let found = standing(caller, job, "waiting");
    assert_eq!(found.len(), 1, "{found:#?}");
    let word = |name: &str| found[0][name].as_str().expect("words").to_owned();
    (word("id"), word("reason"))
}

/// Somebody says what an event is about.
pub fn resolve(caller: &Caller, event: &str, said: Value) -> Reply {
    caller.post(&format!("/api/v1/epcis/captured/{event}/resolve"), &said)
}

/// A gift in Beijing, and a consignment of it that is planned to Banjul.
pub struct Gift {
    pub scene: Scene,
    pub pledge: String,
    pub city: String,
    pub beijing: String,
    pub banjul: String,
    pub consignment: String,
    pub leg: String,
    pub code: String,
}

impl Gift {
    pub fn new(scene: Scene) -> Self {
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul", "GM"));
        let (beijing, banjul) =
            (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let opened = scene.consignment(&city, &[&beijing, &banjul]);
        let word = |value: &Value| value.as_str().expect("a text").to_owned();
        let (consignment, leg) = (word(&opened["id"]), word(&opened["leg_ids"][0]));
        let code = word(&opened["tracking_code"]);
        Self { scene, pledge, city, beijing, banjul, consignment, leg, code }
    }

    pub fn account(&self, name: &str) -> i64 {
        self.scene.accounts(&self.pledge)[name].as_i64().unwrap_or(0)
    }
}

on_both_databases! {
    migrate: migrate;

    fn what_another_system_ships_and_receives_moves_our_consignment_once(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let order = format!("urn:epcglobal:cbv:bt:0614141000005:{}", gift.code);
        let left = seen("shipping", "2020-08-01T08:00:00+08:00", json!({"bizTransactionList": under(&order), "quantityList": masks(600)}));
        let job = captured(&scene.officer, std::slice::from_ref(&left));
        assert_eq!((counts(&job), &job["success"], &job["errors"]), ([1, 0, 0, 0], &json!(true), &json!([])));
        assert_eq!(job["captureErrorBehaviour"], "rollback");
        assert_eq!((gift.account("in_transit"), gift.account("in_storage")), (600, 400));
        let taken = standing(&scene.officer, &job, "taken").remove(0);
        let event = scene.event(taken["event"].as_str().expect("an event")).expect(200);
        assert_eq!((&event["kind"], &event["occurred_at"]), (&json!("departed"), &json!("2020-08-01T00:00:00Z")));
        assert_eq!(event["actor"], scene.officer.user.expect("a user").to_string(), "in the sender's name");

        let own = format!("urn:relief-ledger:consignment:{}", gift.consignment);
        let arrived = seen("arriving", "2020-08-04T09:00:00Z", json!({"bizTransactionList": under(&own)}));
        let received = seen("receiving", "2020-08-05T09:00:00Z", json!({"bizTransactionList": under(&own), "quantityList": masks(600)}));
        let job = captured(&scene.receiver, &[arrived.clone(), received.clone()]);
        assert_eq!(counts(&job), [2, 0, 0, 0]);
        assert_eq!((gift.account("delivered"), gift.account("in_transit")), (600, 0));

        // All of it once more, in one document, and one of them twice in it.
        let before = scene.auditor.get("/api/v1/totals?group_by=item,site").expect(200)["rows"].clone();
        let events = count(&scene.url, "events");
        let job = captured(&scene.officer, &[left.clone(), arrived, received, left]);
        assert_eq!((counts(&job), &job["events"]["repeated"]), ([0, 0, 0, 0], &json!(4)));
        assert_eq!(count(&scene.url, "events"), events);
        assert_eq!(scene.auditor.get("/api/v1/totals?group_by=item,site").expect(200)["rows"], before);
        scene.closes();
        scene.verifies();
    }

    fn what_fits_nothing_or_is_refused_waits_for_a_person_and_is_not_dropped(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let foreign = under("urn:epcglobal:cbv:bt:0614141000005:PO-77");
        let left = seen("departing", "2020-08-01T00:00:00Z", json!({"bizTransactionList": foreign, "quantityList": masks(100)}));
        let job = captured(&scene.officer, &[left]);
        let (event, why) = waiting(&scene.officer, &job);
        assert!(why.contains("No consignment"), "{why}");
        let behind = captured(&scene.officer, &[seen("arriving", "2020-08-02T00:00:00Z", json!({"bizTransactionList": foreign}))]);
        assert_eq!(counts(&behind), [0, 0, 1, 0]);
        assert_eq!(gift.account("in_transit"), 0);
        assert_eq!(scene.officer.get(&format!("/api/v1/epcis/captured/{event}")).expect(200)["content"]["bizStep"], "departing");
        resolve(&scene.officer, &event, json!({"consignment": id()})).refused("not_found", &[]);
        resolve(&scene.officer, &event, json!({"consignment": gift.consignment, "leg": id()})).refused("invalid", &["/leg"]);
        let done = resolve(&scene.officer, &event, json!({"consignment": gift.consignment})).expect(200);
        assert_eq!((&done["state"], &done["consignment"]), (&json!("taken"), &json!(gift.consignment)));
        assert!(done["receipt"].is_object() && done["decided_by"].is_string(), "{done:#}");
        assert_eq!(gift.account("in_transit"), 100);
        resolve(&scene.officer, &event, json!({})).refused("wrong_state", &[]);
        let path = format!("/api/v1/epcis/capture/{}", behind["captureID"].as_str().expect("an id"));
        assert_eq!(counts(&ended(&scene.officer, &path)), [1, 0, 0, 0], "what waited with the same paper follows");

        // The same paper again is known by what somebody said; there is not as much as it says.
        let more = seen("shipping", "2020-08-02T00:00:00Z", json!({"bizTransactionList": foreign, "quantityList": masks(901)}));
        let job = captured(&scene.officer, &[more]);
        let (event, why) = waiting(&scene.officer, &job);
        assert!(why.contains("901") || why.contains("900"), "the ledger's own words: {why}");
        assert_eq!(standing(&scene.officer, &job, "waiting")[0]["consignment"], gift.consignment.as_str());
        resolve(&scene.officer, &event, json!({})).refused("insufficient", &["/lines/0/quantity"]);
        let path = format!("/api/v1/epcis/captured/{event}/dismiss");
        scene.officer.post(&path, &json!({"reason": " "})).refused("invalid", &["/reason"]);
        let done = scene.manager.post(&path, &json!({"reason": "900 were counted; posted by hand"})).expect(200);
        assert_eq!(done["state"], "dismissed");
        resolve(&scene.officer, &event, json!({})).refused("wrong_state", &[]);

        // Nobody receives what they dispatched, whatever their system says: somebody else does.
        let own = format!("urn:relief-ledger:tracking-code:{}", gift.code);
        let received = seen("receiving", "2020-08-05T00:00:00Z", json!({"bizTransactionList": under(&own), "quantityList": masks(100)}));
        let job = captured(&scene.officer, &[received]);
        let (event, why) = waiting(&scene.officer, &job);
        assert!(why.contains("somebody else receives"), "{why}");
        resolve(&scene.officer, &event, json!({})).refused("own_dispatch", &[]);
        resolve(&scene.receiver, &event, json!({})).expect(200);
        assert_eq!(gift.account("delivered"), 100);

        // What the ledger has no word for, and goods of nobody's.
        let codes = json!([{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 5}]);
        let events = [
            seen("loading", "2020-08-03T00:00:00Z", json!({"bizTransactionList": under(&own)})),
            seen("shipping", "2020-08-03T00:00:00Z", json!({"bizTransactionList": under(&own), "quantityList": codes})),
            seen("receiving", "2020-08-03T00:00:00Z", json!({"bizTransactionList": under(&own)})),
        ];
        let job = captured(&scene.receiver, &events);
        let found = standing(&scene.receiver, &job, "waiting");
        for words in ["loading", "is no item of ours", "how much"] {
            assert!(found.iter().any(|one| one["reason"].as_str().expect("words").contains(words)), "{words}: {found:#?}");
        }
        assert_eq!(found.len(), 3);
        scene.closes();
        scene.verifies();
    }

    fn one_who_reaches_no_such_consignment_moves_none_and_spends_no_identifier(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let other = scene.organization("Other Relief", "KE").parse().expect("an id");
        let outside = scene.house.login_bound(Role::Officer, Some(other), None);
        let inside = scene.house.login_bound(Role::Officer, Some(gift.city.parse().expect("an id")), None);
        let own = format!("urn:relief-ledger:tracking-code:{}", gift.code);
        let left = seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": under(&own), "quantityList": masks(10)}));
        let job = captured(&outside, std::slice::from_ref(&left));
        let (event, why) = waiting(&outside, &job);
        assert!(why.contains("No consignment within reach"), "{why}");
        resolve(&outside, &event, json!({"consignment": gift.consignment})).refused("not_found", &[]);
        assert_eq!(inside.get(&format!("/api/v1/epcis/captured/{event}")).status, 404);
        assert_eq!(inside.get(&format!("/api/v1/epcis/capture/{}", job["captureID"].as_str().expect("an id"))).status, 404);
        assert_eq!(gift.account("in_transit"), 0);

        let job = captured(&scene.officer, std::slice::from_ref(&left));
        assert_eq!(counts(&job), [1, 0, 0, 0], "the same event of somebody who reaches it");
        assert_eq!(gift.account("in_transit"), 10);
        assert_eq!(counts(&captured(&inside, &[left])), [0, 1, 0, 0], "and of another party to it: it is known");
        assert_eq!(gift.account("in_transit"), 10);
        // Whoever reaches the consignment reads what was said of it.
        let taken = standing(&inside, &json!({"captureID": job["captureID"]}), "taken");
        assert_eq!(taken.len(), 1);
        assert!(standing(&outside, &json!({"captureID": job["captureID"]}), "taken").is_empty());
    }

    fn what_was_accepted_is_finished_after_a_restart(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = gift.scene;
        let consignment = id();
        let own = under(&format!("urn:relief-ledger:consignment:{consignment}"));
        let left = seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(300)}));
        let job = captured(&scene.officer, &[left]);
        assert_eq!(counts(&job), [0, 0, 1, 0], "nobody has opened that consignment");
        let body = json!({"id": consignment, "programme": scene.programme, "consignee": gift.city, "origin": gift.beijing,
            "destination": gift.banjul, "legs": [{"mode": "air", "from": gift.beijing, "to": gift.banjul}]});
        scene.officer.post("/api/v1/consignments", &body).expect(201);
        // As if the process had ended after it had accepted the document: nothing else is left undone.
        let url = scene.url.clone();
        let pending = "UPDATE captured_events SET state = 'pending', reason = NULL, settled_at = NULL";
        let house = scene.house.restart(|| crate::support::ledger::tamper(&url, pending));
        let officer = house.login_as(Role::Officer);
        let path = format!("/api/v1/epcis/capture/{}", job["captureID"].as_str().expect("an id"));
        assert_eq!(counts(&ended(&officer, &path)), [1, 0, 0, 0]);
        let status = officer.get(&format!("/api/v1/pledges/{}/status", gift.pledge)).expect(200);
        let places = status["lines"][0]["places"].as_array().expect("places");
        let under_way = places.iter().filter(|place| place["account"] == "in_transit");
        assert_eq!(under_way.filter_map(|place| place["quantity"].as_i64()).sum::<i64>(), 300);
    }

    fn what_was_accepted_of_one_who_may_not_any_more_waits(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = gift.scene;
        let consignment = id();
        let own = under(&format!("urn:relief-ledger:consignment:{consignment}"));
        let left = seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": own, "quantityList": masks(300)}));
        let job = captured(&scene.officer, &[left]);
        let body = json!({"id": consignment, "programme": scene.programme, "consignee": gift.city, "origin": gift.beijing,
            "destination": gift.banjul, "legs": [{"mode": "air", "from": gift.beijing, "to": gift.banjul}]});
        scene.officer.post("/api/v1/consignments", &body).expect(201);
        let sender = format!("/api/v1/users/{}", scene.officer.user.expect("a user"));
        let revision = scene.admin.get(&sender).expect(200)["revision"].as_i64().expect("a revision");
        scene.admin.patch(&sender, revision, &json!({"disabled": true})).expect(200);
        let url = scene.url.clone();
        let pending = "UPDATE captured_events SET state = 'pending', reason = NULL, settled_at = NULL";
        let house = scene.house.restart(|| crate::support::ledger::tamper(&url, pending));
        let officer = house.login_as(Role::Officer);
        let path = format!("/api/v1/epcis/capture/{}", job["captureID"].as_str().expect("an id"));
        let job = ended(&officer, &path);
        assert_eq!(counts(&job), [0, 0, 1, 0]);
        let (event, why) = waiting(&officer, &job);
        assert!(why.contains("may not post this any more"), "{why}");
        resolve(&officer, &event, json!({"consignment": consignment})).expect(200);
    }
}
