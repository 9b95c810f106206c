//! What is wrong with one update is nobody else's: what the database refuses, or what names somebody unknown,
//! fails or waits alone, and what was acknowledged wakes whatever fails meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use relief_ledger::consignments::Leg;
use relief_ledger::core::id::{ConsignmentId, LegId, OrganizationId};
use relief_ledger::core::problem::{Code, Outcome, Problem};
use relief_ledger::db::{Conn, commit_failure, read_failure};
use relief_ledger::events::wake;
use relief_ledger::ledger::event::EventStatus;
use relief_ledger::writer::{Actor, Desk, Drawer, Refusal, Update, WakeKey, Woken, Writer, WriterSettings};
use serde_json::{Value, json};
use uuid::Uuid;

use super::scene::{Scene, event, id};
use crate::support::books::{assert_sound, log_root, log_root_of_entries};
use crate::support::ledger::Ledger;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate, operator};

/// What waits is tried again after a pause; a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(30);

/// A thousand masks in Beijing of which 600 are on their way to Banjul.
struct Way {
    scene: Scene,
    city: String,
    beijing: String,
    hub: String,
    banjul: String,
    consignment: String,
    leg: String,
}

fn way(database: &crate::support::TestDatabase) -> Way {
    let scene = Scene::new(database);
    let donor = scene.organization("Hainan", "CN");
    let city = scene.organization("Banjul", "GM");
    let beijing = scene.site("Beijing", "warehouse", "CN");
    let (hub, banjul) = (scene.site("Dakar", "warehouse", "SN"), scene.site("Banjul", "city", "GM"));
    scene.in_store(&donor, &beijing, 1_000);
    let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 600, "2020-08-01");
    Way { scene, city, beijing, hub, banjul, consignment, leg }
}

impl Way {
    fn moved(&self) -> Value {
        let details = json!({"site": self.beijing, "to_site": self.hub, "lines": [self.scene.line(1)]});
        event(&id(), "moved", "2020-08-02", details)
    }

    /// The parts of a diversion over the hub, or of a child's way from it.
    fn legs(&self, from: &str, carrier: &str) -> Value {
        json!([{"mode": "road", "from": from, "to": self.hub, "carrier": carrier},
            {"mode": "road", "from": self.hub, "to": self.banjul}])
    }

    /// Posts this event between good ones, and returns what became of each.
    fn between(&self, bad: &Value) -> Vec<Value> {
        let events = json!([self.moved(), self.moved(), bad, self.moved(), self.moved()]);
        statuses(&self.scene.officer, &events)
    }

    /// What nobody has decided yet.
    fn proposed(&self) -> Vec<String> {
        let page = self.scene.manager.get("/api/v1/approvals?state=proposed").expect(200);
        let items = page["items"].as_array().expect("items");
        items.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// A decision that a mask is lost.
    fn lost(&self, liable: Option<&str>) -> Value {
        let details = json!({"site": self.beijing, "lines": [self.scene.line(1)], "reason": "stolen",
            "evidence": {"cause": "theft", "report_number": "LR-7", "filed": "cabinet 2", "liable": liable}});
        event(&id(), "lost", "2020-08-03", details)
    }
}

fn statuses(caller: &Caller, events: &Value) -> Vec<Value> {
    let sent = caller.post("/api/v1/events/batch", &json!({"events": events})).expect(200);
    sent["results"].as_array().expect("results").iter().map(|one| one["status"].clone()).collect()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Is refused for now, whenever it is tried.
struct NotNow(Actor);

impl Update for NotNow {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.0
    }

    fn decide(&self, _desk: &mut Desk) -> Result<(), Refusal> {
        Err(Problem::new(Code::Unavailable, "Not now.").into())
    }
}

/// How often looking up what waits fails from now on, on each of the two databases.
static FAILURES: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

fn failures(is_sqlite: bool) -> &'static AtomicUsize {
    &FAILURES[usize::from(is_sqlite)]
}

/// Looks up what waits, after it failed in each way it can.
fn wake_at_last(conn: &mut Conn, touched: Option<&[Uuid]>, after: Option<WakeKey>) -> Outcome<Woken> {
    let left = failures(matches!(conn, Conn::Sqlite(_)));
    let before = left.load(Ordering::SeqCst);
    left.store(before.saturating_sub(1), Ordering::SeqCst);
    match before {
        3 => Err(Problem::new(Code::Unavailable, "The look-up fails.")),
        2 => Err(Problem::internal("the look-up is refused")),
        1 => Ok(Woken { jobs: vec![Writer::detached(NotNow(operator()))], next: None }),
        _ => wake(conn, touched, after),
    }
}

on_both_databases! {
    migrate: migrate;

    fn an_update_that_names_an_unknown_organization_waits_alone(database: &TestDatabase) {
        let way = way(database);
        let scene = &way.scene;
        let (carrier, liable) = (id(), id());
        let split = json!({"consignment": way.consignment, "leg": way.leg, "lines": [scene.line(100)], "child": {"id": id(),
            "consignee": way.city, "destination": way.hub,
            "legs": [{"mode": "road", "from": way.banjul, "to": way.hub, "carrier": carrier}]}});
        let diverted = json!({"consignment": way.consignment, "leg": way.leg, "reason": "the airport closed",
            "legs": way.legs(&way.beijing, &carrier)});
        let mut bad: Vec<Value> = [("split", split), ("diverted", diverted)]
            .into_iter()
            .map(|(kind, details)| event(&id(), kind, "2020-08-03", details))
            .collect();
        for one in &bad {
            assert_eq!(way.between(one), [201, 201, 202, 201, 201], "{one:#}");
        }
        let missing = json!({"site": way.beijing, "lines": [scene.line(3)], "reason": "not found"});
        scene.does("reported_missing", "2020-08-02", missing).expect(201);
        bad.push(way.lost(Some(&liable)));
        let events = json!([way.lost(None), bad[2], way.lost(Some(&way.city))]);
        assert_eq!(statuses(&scene.manager, &events), [202, 202, 202]);
        let approve = |of: usize| {
            until("a loss is not proposed", || way.proposed().len() == of);
            for approval in way.proposed() {
                scene.rules(&scene.second, &approval, "approve").expect(200);
            }
        };
        approve(2);
        for unknown in [&carrier, &liable] {
            let body = json!({"id": unknown, "name": format!("Newcomer {unknown}"), "country": "GM", "donor": false,
                "consignor": false, "consignee": false, "carrier": true});
            scene.admin.post("/api/v1/organizations", &body).expect(201);
        }
        // What waited for the liable party is proposed like any other loss once it is known.
        approve(1);
        for one in &bad {
            let event = one["id"].as_str().expect("an id");
            until(&format!("{one:#} still waits"), || scene.event(event).status == 200);
        }
        scene.closes();
        scene.verifies();
    }

    fn a_reference_that_is_taken_fails_alone(database: &TestDatabase) {
        let way = way(database);
        let split = |reference: &str| event(&id(), "split", "2020-08-03", json!({"consignment": way.consignment,
            "leg": way.leg, "lines": [way.scene.line(1)], "child": {"id": id(), "reference": reference,
            "consignee": way.city, "destination": way.banjul, "legs": []}}));
        way.scene.officer.post("/api/v1/events", &split("A-1")).expect(201);
        assert_eq!(way.between(&split("A-1")), [201, 201, 409, 201, 201]);
        way.scene.officer.post("/api/v1/events", &split("A\u{7}1")).refused("invalid", &["/child/reference"]);
        way.scene.officer.post("/api/v1/events", &split(&"A".repeat(201))).refused("invalid", &["/child/reference"]);
        way.scene.closes();
        way.scene.verifies();
    }

    fn what_only_the_database_refuses_at_the_commit_fails_alone(database: &TestDatabase) {
        let ledger = Ledger::open(database.url());
        let consignment = ledger.consignment;
        let leg = |ordinal: i64, carrier_id: Option<OrganizationId>| Leg {
            id: LegId(Uuid::now_v7()),
            consignment_id: consignment,
            ordinal,
            mode: "air".into(),
            from_id: ledger.beijing,
            to_id: ledger.banjul,
            carrier_id,
            planned_departure: None,
            planned_arrival: None,
            received_final: false,
            superseded: true,
        };
        let before = log_root(database.url());
        // While the writer is busy with this, the others come together and share a batch.
        let first = ledger.submit(|_| std::thread::sleep(Duration::from_millis(500)));
        let nobody = Some(OrganizationId(Uuid::now_v7()));
        let receivers: Vec<_> = (0..9)
            .map(|index| leg(10 + index, if index == 4 { nobody } else { None }))
            .map(|leg| ledger.submit(move |desk| desk.shelf::<Drawer<Leg>>().put(leg.clone())))
            .collect();
        first.blocking_recv().expect("an answer").expect("it is recorded");
        let codes: Vec<Option<Code>> = receivers
            .into_iter()
            .map(|one| one.blocking_recv().expect("an answer").err().map(|problem| problem.code))
            .collect();
        let expected: Vec<Option<Code>> = (0..9).map(|index| (index == 4).then_some(Code::Internal)).collect();
        assert_eq!(codes, expected);
        ledger.put_consignment(ConsignmentId(Uuid::now_v7()), LegId(Uuid::now_v7()));
        ledger.writer.stop();
        assert_ne!(log_root(database.url()), before);
        assert_eq!(log_root_of_entries(database.url()).1, log_root(database.url()));
        assert_sound(database.url());
    }

    fn what_waits_wakes_although_waking_failed_at_first(database: &TestDatabase) {
        let url = database.url();
        let mut ledger = Ledger::open(url);
        ledger.writer.stop();
        let settings = WriterSettings { wake: Some(wake_at_last), ..WriterSettings::of(url) };
        ledger.writer = Writer::start(settings).expect("the writer starts");
        ledger.posted("pledge_accepted", "2020-06-01", json!({"pledge": ledger.pledge}));
        let lines = json!([{"item": ledger.item, "quantity": 800}]);
        ledger.posted("collected", "2020-06-10", json!({"pledge": ledger.pledge, "site": ledger.beijing, "lines": lines}));
        let (consignment, leg) = (ConsignmentId(Uuid::now_v7()), LegId(Uuid::now_v7()));
        let departed = json!({"id": id(), "consignment": consignment, "lines": lines});
        let status = || ledger.posted("departed", "2020-07-01", departed.clone()).status;
        assert_eq!(status(), EventStatus::Waiting);
        let failures = failures(url.starts_with("sqlite"));
        failures.store(3, Ordering::SeqCst);
        ledger.put_consignment(consignment, leg);
        until("it still waits", || status() == EventStatus::Posted);
        assert_eq!(failures.load(Ordering::SeqCst), 0);

        // One that still fails keeps nobody from stopping.
        failures.store(3, Ordering::SeqCst);
        ledger.put_consignment(ConsignmentId(Uuid::now_v7()), LegId(Uuid::now_v7()));
        let begun = Instant::now();
        ledger.writer.stop();
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    fn a_way_is_not_replaced_under_goods_that_are_on_its_later_part(database: &TestDatabase) {
        let Way { scene, city, beijing, hub, banjul, .. } = way(database);
        let consignment = scene.consignment(&city, &[&beijing, &hub, &banjul]);
        let (id, legs) = (&consignment["id"], &consignment["leg_ids"]);
        let depart = |leg: &Value| json!({"consignment": id, "leg": leg, "lines": [scene.line(100)]});
        scene.does("departed", "2020-08-01", depart(&legs[0])).expect(201);
        let receive = |leg: &Value, good: i64, last: bool| json!({"consignment": id, "leg": leg, "final": last,
            "lines": [{"item": scene.masks, "good": good}]});
        scene.does("received", "2020-08-02", receive(&legs[0], 100, false)).expect(201);
        scene.does("departed", "2020-08-03", depart(&legs[1])).expect(201);
        scene.does("departed", "2020-08-03", depart(&legs[0])).expect(201);
        let divert = json!({"consignment": id, "leg": legs[0], "reason": "strike",
            "legs": [{"mode": "sea", "from": beijing, "to": banjul}]});
        let reply = scene.does("diverted", "2020-08-04", divert.clone());
        let told = reply.refused("wrong_state", &["/leg"]);
        assert!(told.contains(legs[1].as_str().expect("a leg")), "{told}");
        scene.does("received", "2020-08-05", receive(&legs[1], 100, false)).expect(201);
        let mut long = divert.clone();
        long["legs"] = (0..51).map(|index| if index % 2 == 0 {
            json!({"mode": "sea", "from": beijing, "to": banjul})
        } else {
            json!({"mode": "sea", "from": banjul, "to": beijing})
        }).collect();
        scene.does("diverted", "2020-08-06", long.clone()).refused("invalid", &["/legs"]);
        let split = json!({"consignment": id, "leg": legs[0], "lines": [scene.line(1)], "child": {"id": super::scene::id(),
            "consignee": city, "destination": banjul, "legs": long["legs"]}});
        scene.does("split", "2020-08-06", split).refused("invalid", &["/child/legs"]);
        scene.does("diverted", "2020-08-06", divert).expect(201);
        scene.closes();
        scene.verifies();
    }

    fn an_arrival_waits_for_its_load_and_nothing_is_delivered_under_what_was_cancelled(database: &TestDatabase) {
        let Way { scene, city, beijing, banjul, consignment, leg, .. } = way(database);
        let load = id();
        let arrived = json!({"consignment": consignment, "leg": leg, "load": load});
        let waits = scene.does("arrived", "2020-08-04", arrived).expect(202);
        let body = json!({"id": load, "mode": "air", "from": beijing, "to": banjul});
        scene.officer.post("/api/v1/loads", &body).expect(201);
        let event = waits["id"].as_str().expect("an id");
        until("the arrival still waits", || scene.event(event).status == 200);

        let (cancelled, _) = scene.planned(&city, &[&beijing, &banjul]);
        scene.does("cancelled", "2020-08-02", json!({"consignment": cancelled, "reason": "no flight"})).expect(201);
        let delivered = json!({"site": beijing, "consignment": cancelled, "lines": [scene.line(1)]});
        scene.does("delivered", "2020-08-03", delivered).refused("wrong_state", &["/consignment"]);
        scene.closes();
    }
}

#[test]
fn a_commit_that_may_have_been_made_is_not_said_to_have_failed() {
    let failed = |kind, words: &str| DieselError::DatabaseError(kind, Box::new(words.to_owned()));
    let io = commit_failure(failed(DatabaseErrorKind::Unknown, "disk I/O error"));
    assert_eq!(io.code, Code::StorageFull);
    let gone =
        commit_failure(failed(DatabaseErrorKind::ClosedConnection, "the server closed the connection"));
    assert_eq!(gone.code, Code::Unavailable);
    for problem in [io, gone] {
        assert!(problem.detail.contains("not known") && problem.detail.contains("same id"), "{problem}");
        assert!(problem.internal.is_some(), "{problem}");
    }
    let full = commit_failure(failed(DatabaseErrorKind::Unknown, "database or disk is full"));
    assert!(full.detail.contains("nothing was recorded"), "{full}");
    let dangling =
        read_failure(failed(DatabaseErrorKind::ForeignKeyViolation, "FOREIGN KEY constraint failed"));
    assert_eq!(dangling.code, Code::Internal);
    let cause = dangling.internal.expect("words for the log");
    assert!(cause.contains("a check of ours is missing") && cause.contains("FOREIGN KEY"), "{cause}");
}
