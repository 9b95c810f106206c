//! Stories of separated duties: nobody receives what they dispatched, and what was entered from paper says so.

use diesel::RunQueryDsl;
use relief_ledger::auth::Role;
use relief_ledger::db::connect;
use relief_ledger::events::{Command, PostEvent};
use relief_ledger::writer::{Actor, Writer, WriterSettings};
use serde_json::{Value, json};

use crate::stories::scene::{Scene, event, id};
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

/// A scene with a consignment on its way over a hub, sent off by the officer.
struct Way {
    scene: Scene,
    city: String,
    stops: [String; 3],
    consignment: String,
    leg: String,
    departure: String,
}

impl Way {
    fn new(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let stops = [
            scene.site("Beijing", "warehouse", "CN"),
            scene.site("Accra", "warehouse", "GH"),
            scene.site("Banjul", "city", "GM"),
        ];
        scene.in_store(&donor, &stops[0], 1_000);
        let (consignment, leg) = scene.planned(&city, &[&stops[0], &stops[1], &stops[2]]);
        let departs = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(100)]});
        let sent = scene.post(&scene.officer, "departed", "2020-08-01", departs).expect(201);
        let departure = sent["id"].as_str().expect("an id").to_owned();
        Self { scene, city, stops, consignment, leg, departure }
    }

    fn receipt(&self, leg: &str, good: i64) -> Value {
        json!({"consignment": self.consignment, "leg": leg, "lines": [{"item": self.scene.masks, "good": good}]})
    }

    fn receives(&self, caller: &Caller, leg: &str, good: i64) -> Reply {
        self.scene.post(caller, "received", "2020-08-05", self.receipt(leg, good))
    }
}

/// Receipts by whoever sent their leg off, as nobody but an importer may have.
fn own_receipts(url: &str) -> i64 {
    let sql = "SELECT COUNT(*) AS count FROM events AS receipts JOIN events AS departures \
               ON departures.leg_id = receipts.leg_id AND departures.actor_id = receipts.actor_id \
               WHERE receipts.kind = 'received' AND departures.kind = 'departed' AND NOT departures.inferred";
    let mut conn = connect(url).expect("the database opens");
    diesel::sql_query(sql).get_result::<Count>(&mut conn).expect("events are readable").count
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

#[track_caller]
fn names(reply: &Reply, departure: &str) {
    assert_eq!(reply.problem(), (403, "own_dispatch".into(), String::new()), "{}", reply.text);
    assert_eq!(reply.json()["departure"], departure, "{}", reply.text);
}

on_both_databases! {
    migrate: migrate;

    fn nobody_receives_what_they_dispatched_alone_in_a_batch_or_by_correcting(database: &TestDatabase) {
        let way = Way::new(database);
        let scene = &way.scene;
        let size = scene.log_size();
        names(&way.receives(&scene.officer, &way.leg, 100), &way.departure);
        let batch = json!({"events": [event(&id(), "received", "2020-08-05", way.receipt(&way.leg, 100))]});
        let result = scene.officer.post("/api/v1/events/batch", &batch).expect(200)["results"][0].clone();
        assert_eq!((&result["status"], &result["problem"]["code"]), (&json!(403), &json!("own_dispatch")));
        assert_eq!(scene.log_size(), size, "a refusal leaves nothing behind");
        let received = way.receives(&scene.receiver, &way.leg, 90).expect(201);
        let corrects = |caller: &Caller| {
            let body = json!({"event": received["id"], "right": way.receipt(&way.leg, 80), "reason": "recounted"});
            scene.post(caller, "corrected", "2020-08-06", body)
        };
        names(&corrects(&scene.officer), &way.departure);
        corrects(&scene.receiver).expect(201);
        assert_eq!(own_receipts(&scene.url), 0);
        scene.closes();
        scene.verifies();

        // A twin that is not asked whose departure it was: the same look at the ledger finds what it did.
        let twin = Actor { user: scene.officer.user.unwrap(), role: "operator".into(), scope: "all".into() };
        let command = Command::read(event(&id(), "received", "2020-08-05", way.receipt(&way.leg, 10))).unwrap();
        let writer = Writer::start(WriterSettings::of(&scene.url)).unwrap();
        writer.record_blocking(PostEvent::new(command, twin)).unwrap();
        writer.stop();
        assert_eq!(own_receipts(&scene.url), 1);
    }

    fn goods_that_were_sent_on_under_way_keep_whoever_sent_them_off(database: &TestDatabase) {
        let way = Way::new(database);
        let scene = &way.scene;
        let third = scene.house.login_as(Role::Officer);
        let child = id();
        let split = json!({"consignment": way.consignment, "leg": way.leg, "lines": [scene.line(40)],
            "child": {"id": child, "consignee": way.city, "destination": way.stops[1]}});
        scene.post(&third, "split", "2020-08-02", split).expect(201);
        let received = |caller: &Caller| {
            let body = json!({"consignment": child, "lines": [{"item": scene.masks, "good": 40}]});
            scene.post(caller, "received", "2020-08-05", body)
        };
        names(&received(&scene.officer), &way.departure);
        assert_eq!(received(&third).problem().1, "own_dispatch", "whoever sent it on did too");
        received(&scene.receiver).expect(201);

        let onward = id();
        let diverted = json!({"consignment": way.consignment, "leg": way.leg, "reason": "storm",
            "legs": [{"id": onward, "mode": "air", "from": way.stops[0], "to": way.stops[2]}]});
        scene.post(&third, "diverted", "2020-08-03", diverted).expect(201);
        names(&way.receives(&scene.officer, &onward, 60), &way.departure);
        assert_eq!(way.receives(&third, &onward, 60).problem().1, "own_dispatch");
        way.receives(&scene.receiver, &onward, 60).expect(201);
        scene.closes();
        scene.verifies();
    }

    fn who_received_first_does_not_say_afterwards_what_was_sent(database: &TestDatabase) {
        let way = Way::new(database);
        let scene = &way.scene;
        way.receives(&scene.receiver, &way.leg, 100).expect(201);
        let legs = scene.officer.get(&format!("/api/v1/consignments/{}/legs", way.consignment)).expect(200);
        let onward = legs["items"].as_array().or(legs.as_array()).expect("legs")[1]["id"].as_str().expect("a leg").to_owned();
        // The next leg's receipt comes before its departure: an inferred departure is nobody's dispatch.
        let came = way.receives(&scene.officer, &onward, 70).expect(201);
        let inferred = came["inferred"].as_str().expect("a departure").to_owned();
        let departs = json!({"consignment": way.consignment, "leg": onward, "lines": [scene.line(70)]});
        names(&scene.post(&scene.officer, "departed", "2020-08-04", departs.clone()), &inferred);
        scene.post(&scene.receiver, "departed", "2020-08-04", departs).expect(201);
        scene.closes();
        scene.verifies();
    }

    fn a_receipt_from_paper_may_be_typed_in_by_the_dispatcher_and_is_flagged_everywhere(database: &TestDatabase) {
        let way = Way::new(database);
        let scene = &way.scene;
        let mut receipt = way.receipt(&way.leg, 100);
        receipt["from_paper"] = json!({"organization": way.city, "number": " "});
        let post = |receipt: &Value| scene.post(&scene.officer, "received", "2020-08-05", receipt.clone());
        post(&receipt).refused("invalid", &["/from_paper/number"]);
        receipt["from_paper"] = json!({"organization": way.city, "number": "GRN-17", "signed_by": "somebody"});
        assert_eq!(post(&receipt).problem().1, "invalid", "no names");
        receipt["from_paper"] = json!({"organization": way.city, "number": "GRN-17"});
        let posted = post(&receipt).expect(201);
        let shown = scene.event(posted["id"].as_str().unwrap()).expect(200);
        assert_eq!((&shown["from_paper"], &shown["imported"]), (&json!(true), &json!(false)));
        assert_eq!(shown["body"]["from_paper"]["number"], "GRN-17");
        let path = format!("/api/v1/consignments/{}", way.consignment);
        let consignment = scene.officer.get(&path).expect(200);
        let flags = |history: &Value| -> Vec<(String, bool)> {
            let rows = history.as_array().expect("rows").iter();
            rows.map(|row| (row["kind"].as_str().unwrap().to_owned(), row["from_paper"].as_bool().unwrap())).collect()
        };
        let expected = [("departed".to_owned(), false), ("received".to_owned(), true)];
        assert_eq!(flags(&consignment["history"]), expected);
        assert_eq!(flags(&scene.officer.get(&format!("{path}/events")).expect(200)["items"]), expected);
        let listed = scene.officer.get(&format!("/api/v1/events?consignment={}", way.consignment)).expect(200);
        assert_eq!(flags(&listed["items"]), expected);
        let code = consignment["tracking_code"].as_str().unwrap();
        let tracked = scene.house.stranger().get(&format!("/api/v1/tracking/{code}")).expect(200);
        assert_eq!(tracked["timeline"][0]["from_paper"], true);

        // Words that look like the flag are none, and an unknown organization is waited for.
        let note = json!({"site": way.stops[1], "note": "\"from_paper\":{\"number\":\"1\"}"});
        let stored = scene.does("stored", "2020-08-06", note).expect(201);
        assert_eq!(scene.event(stored["id"].as_str().unwrap()).expect(200)["from_paper"], false);
        let mut unknown = json!({"site": way.stops[1]});
        unknown["from_paper"] = json!({"organization": id(), "number": "1"});
        assert_eq!(scene.does("stored", "2020-08-06", unknown).expect(202)["status"], "waiting");
        let waiting = scene.officer.get("/api/v1/events/waiting").expect(200);
        assert_eq!(waiting["items"][0]["from_paper"], true);
        scene.closes();
        scene.verifies();
    }

    fn the_paper_of_nobody_who_sent_the_goods_lets_their_dispatcher_receive_nothing(database: &TestDatabase) {
        let way = Way::new(database);
        let scene = &way.scene;
        let carrier = json!({"name": "Only carries", "country": "KE", "carrier": true});
        let other = scene.admin.post("/api/v1/organizations", &carrier).expect(201)["id"].clone();
        let sent = |organization: &Value| {
            let (consignment, leg) = scene.planned(&way.city, &[&way.stops[0], &way.stops[2]]);
            let paper = json!({"organization": organization, "number": "WB-2"});
            let body = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(10)], "from_paper": paper});
            let departure = scene.post(&scene.officer, "departed", "2020-08-01", body).expect(201);
            (consignment, leg, departure["id"].as_str().expect("an id").to_owned())
        };
        let receives = |caller: &Caller, (consignment, leg, _): &(String, String, String), paper: Value| {
            let mut body = json!({"consignment": consignment, "leg": leg, "lines": [{"item": scene.masks, "good": 5}]});
            if !paper.is_null() {
                body["from_paper"] = paper;
            }
            scene.post(caller, "received", "2020-08-05", body)
        };
        let claimed = sent(&other);
        names(&receives(&scene.officer, &claimed, Value::Null), &claimed.2);
        let theirs = json!({"organization": other, "number": "GRN-3"});
        receives(&scene.officer, &claimed, theirs).refused("invalid", &["/from_paper/organization"]);
        receives(&scene.officer, &claimed, json!({"organization": way.city, "number": "GRN-3"})).expect(201);
        receives(&scene.receiver, &claimed, Value::Null).expect(201);
        // What a sender's own paper says was sent by that sender.
        let donor = json!(scene.organization("Hubei", "CN"));
        receives(&scene.officer, &sent(&donor), Value::Null).expect(201);
        scene.closes();
        scene.verifies();
    }

    fn a_paper_is_of_somebody_else_who_can_have_done_it(database: &TestDatabase) {
        let way = Way::new(database);
        let scene = &way.scene;
        let stranger = scene.organization("Somebody Else", "KE");
        let city = relief_ledger::core::id::OrganizationId(way.city.parse().expect("an id"));
        let post = |caller: &Caller, kind: &str, day: &str, body: &Value, paper: Value| {
            let mut body = body.clone();
            body["from_paper"] = paper;
            scene.post(caller, kind, day, body)
        };
        let receipt = way.receipt(&way.leg, 30);
        let receives = |caller: &Caller, paper: Value| post(caller, "received", "2020-08-05", &receipt, paper);
        let pointer = ["/from_paper/organization"];
        // Without this look any organization's name would let a dispatcher receive.
        let told = receives(&scene.officer, json!({"organization": stranger, "number": "GRN-1"})).refused("invalid", &pointer);
        assert!(told.contains("did not receive"), "{told}");
        // Whoever did not send may type in what a carrier's or a surveyor's paper says.
        receives(&scene.receiver, json!({"organization": stranger, "number": "GRN-1"})).expect(201);
        let own = scene.house.login_bound(Role::Officer, Some(city), None);
        let told = receives(&own, json!({"organization": way.city, "number": "GRN-1"})).refused("invalid", &pointer);
        assert!(told.contains("your own"), "{told}");

        let (ours, theirs) = (scene.person_of(&way.city, "Fatou Ceesay"), scene.person_of(&stranger, "Ann Otieno"));
        let by = |person: &str| json!({"organization": way.city, "number": "GRN-2", "person": person});
        let pointer = ["/from_paper/person"];
        receives(&scene.officer, by(&id())).refused("invalid", &pointer);
        receives(&scene.officer, by(&theirs)).refused("invalid", &pointer);
        let posted = receives(&scene.officer, by(&ours)).expect(201);
        assert_eq!(scene.event(posted["id"].as_str().unwrap()).expect(200)["body"]["from_paper"]["person"], ours);
        scene.manager.post(&format!("/api/v1/people/{ours}/erase"), &json!({"reason": "requested"})).expect(200);
        receives(&scene.officer, by(&ours)).refused("invalid", &pointer);

        // A receiver says what was sent from a sender's paper, and from nobody else's.
        let legs = scene.officer.get(&format!("/api/v1/consignments/{}/legs", way.consignment)).expect(200);
        let onward = legs["items"].as_array().or(legs.as_array()).expect("legs")[1]["id"].as_str().expect("a leg").to_owned();
        way.receives(&scene.officer, &onward, 50).expect(201);
        let departs = json!({"consignment": way.consignment, "leg": onward, "lines": [scene.line(50)]});
        let sent = |organization: &str| {
            let paper = json!({"organization": organization, "number": "WB-1"});
            post(&scene.officer, "departed", "2020-08-04", &departs, paper)
        };
        let carrier = json!({"name": "Only carries", "country": "KE", "carrier": true});
        let other = scene.admin.post("/api/v1/organizations", &carrier).expect(201)["id"].as_str().unwrap().to_owned();
        let told = sent(&other).refused("invalid", &["/from_paper/organization"]);
        assert!(told.contains("did not send"), "{told}");
        sent(&stranger).expect(201);
        scene.closes();
        scene.verifies();
    }
}
