//! Updates that come before what they speak of: acknowledged, in no total, and posted by themselves.

use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use relief_ledger::auth::Role;
use relief_ledger::consignments::{ConsignmentNew, ConsignmentOpen};
use relief_ledger::core::id::ConsignmentId;
use relief_ledger::core::problem::{Outcome, Problem};
use relief_ledger::db::{Conn, connect};
use relief_ledger::events::wake;
use relief_ledger::sites::SiteCreate;
use relief_ledger::writer::{
    Actor, Desk, Job, Leaf, Refusal, Update, WakeKey, Woken, Writer, WriterSettings,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::scene::{Scene, event, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate, operator};

/// What an event waits for is looked up right after a commit; a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until there is an answer.
fn until<T>(ask: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "it does not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the event counts.
fn posts_by_itself(caller: &Caller, event: &str) -> Value {
    let begun = Instant::now();
    loop {
        let reply = caller.get(&format!("/api/v1/events/{event}"));
        if reply.status == 200 {
            return reply.json();
        }
        assert!(begun.elapsed() < PATIENCE, "{event} still waits: {}", reply.text);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn waiting(caller: &Caller, filter: &str) -> Vec<String> {
    let list = caller.get(&format!("/api/v1/events/waiting{filter}")).expect(200);
    list["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|one| one["id"].as_str())
        .map(str::to_owned)
        .collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_receipt_for_a_consignment_not_known_yet_waits_for_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let (consignment, leg, receipt) = (id(), id(), id());
        let body = |good: i64| event(&receipt, "received", "2020-08-06",
            json!({"consignment": consignment, "leg": leg, "final": true, "lines": [{"item": scene.masks, "good": good}]}));
        let first = scene.officer.post("/api/v1/events", &body(100)).expect(202);
        assert_eq!(first["status"], "waiting");
        assert!(first["receipt"]["signature"].is_string(), "an acknowledgement is signed");
        let size = scene.log_size();
        let again = scene.officer.post("/api/v1/events", &body(100)).expect(202);
        assert_eq!((&again["recorded_at"], scene.log_size()), (&first["recorded_at"], size));
        scene.officer.post("/api/v1/events", &body(99)).refused("id_reused", &["/id"]);
        assert_eq!(waiting(&scene.officer, ""), std::slice::from_ref(&receipt));
        assert_eq!(waiting(&scene.manager, &format!("?consignment={consignment}")), std::slice::from_ref(&receipt));
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 100}));
        scene.event(&receipt).expect(404);
        scene.closes();

        let opened = json!({"id": consignment, "programme": scene.programme, "consignee": city, "origin": beijing,
            "destination": banjul, "legs": [{"id": leg, "mode": "air", "from": beijing, "to": banjul}]});
        scene.officer.post("/api/v1/consignments", &opened).expect(201);
        posts_by_itself(&scene.officer, &receipt);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 100}));
        assert!(waiting(&scene.officer, "").is_empty());
        assert_eq!(scene.officer.post("/api/v1/events", &body(100)).expect(200)["status"], "posted");
        scene.closes();
    }

    fn a_second_leg_departs_before_the_receipt_of_the_first_is_known(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let (airport, banjul) = (scene.site("Airport", "airport", "GM"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let consignment = scene.consignment(&city, &[&beijing, &airport, &banjul]);
        let (id, legs) = (&consignment["id"], &consignment["leg_ids"]);
        let depart = |leg: &Value, lines: Value| json!({"consignment": id, "leg": leg, "lines": lines});
        let receive = |leg: &Value| json!({"consignment": id, "leg": leg, "final": true, "lines": [{"item": scene.masks, "good": 100}]});
        scene.does("departed", "2020-08-01", depart(&legs[0], json!([scene.line(100)]))).expect(201);
        let second = scene.does("departed", "2020-08-03", depart(&legs[1], json!([scene.line(100)]))).expect(202);
        let last = scene.does("received", "2020-08-04", receive(&legs[1])).expect(202);
        // What its goods still upstream do not cover is refused, not acknowledged.
        scene.does("departed", "2020-08-03", depart(&legs[1], json!([scene.line(101)]))).refused("insufficient", &["/lines/0/quantity"]);
        let filter = format!("?consignment={}", id.as_str().expect("an id"));
        assert_eq!(waiting(&scene.officer, &filter).len(), 2);
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 100}));
        scene.does("received", "2020-08-02", receive(&legs[0])).expect(201);
        for event in [&second, &last] {
            posts_by_itself(&scene.officer, event["id"].as_str().expect("an id"));
        }
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 100}));
        scene.closes();
    }

    fn an_event_that_waits_for_two_things_waits_for_the_second_once_it_has_the_first(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let (consignment, load) = (id(), id());
        let body = json!({"consignment": consignment, "load": load, "lines": [scene.line(100)]});
        let departed = scene.does("departed", "2020-08-06", body).expect(202);
        let opened = json!({"id": consignment, "programme": scene.programme, "consignee": city, "origin": beijing,
            "destination": banjul, "legs": [{"mode": "air", "from": beijing, "to": banjul}]});
        scene.officer.post("/api/v1/consignments", &opened).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 100}));
        let loaded = json!({"id": load, "mode": "air", "from": beijing, "to": banjul});
        scene.officer.post("/api/v1/loads", &loaded).expect(201);
        posts_by_itself(&scene.officer, departed["id"].as_str().expect("an id"));
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 100}));
        scene.closes();
    }

    fn what_a_stopped_server_did_not_wake_posts_at_the_next_start(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let consignment = id();
        let body = json!({"consignment": consignment, "lines": [scene.line(100)]});
        let departed = scene.does("departed", "2020-08-06", body).expect(202);
        let opened = json!({"programme": scene.programme, "consignee": city, "origin": beijing, "destination": banjul,
            "legs": [{"mode": "air", "from": beijing, "to": banjul}]});
        let new: ConsignmentNew = serde_json::from_value(opened).expect("a consignment");
        // Recorded by a process that ended before it woke anybody.
        let id: ConsignmentId = consignment.parse().expect("an id");
        scene.house.record(ConsignmentOpen::new(id, new, operator()));
        scene.event(departed["id"].as_str().expect("an id")).expect(404);
        scene.house.stop();
        let house = Server::start(database);
        let officer = house.login_as(Role::Officer);
        posts_by_itself(&officer, departed["id"].as_str().expect("an id"));
        let status = officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
        assert_eq!(status["lines"][0]["places"][0]["account"], "in_transit");
    }

    fn what_is_refused_once_it_could_post_says_so_and_is_not_tried_again(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let (consignment, leg, departure) = (id(), id(), id());
        let body = event(&departure, "departed", "2020-08-06", json!({"consignment": consignment, "lines": [scene.line(150)]}));
        scene.officer.post("/api/v1/events", &body).expect(202);
        let listed = |filter: &str| scene.manager.get(&format!("/api/v1/events/waiting{filter}")).expect(200)["items"].clone();
        let before = listed("");
        assert_eq!((&before[0]["state"], &before[0]["site"]), (&json!("waiting"), &Value::Null), "its leg is not known yet");
        assert!(before[0]["age_seconds"].as_i64().is_some_and(|age| (0..60).contains(&age)), "{before:#}");
        assert!(before[0]["problem"].is_null(), "{before:#}");

        let opened = json!({"id": consignment, "programme": scene.programme, "consignee": city, "origin": beijing,
            "destination": banjul, "legs": [{"id": leg, "mode": "air", "from": beijing, "to": banjul}]});
        scene.officer.post("/api/v1/consignments", &opened).expect(201);
        let refused = until(|| {
            let found = listed("?state=refused");
            found[0].is_object().then_some(found)
        });
        let row = &refused[0];
        assert_eq!((&row["id"], &row["state"], &row["site"]), (&json!(departure), &json!("refused"), &json!(beijing)));
        assert_eq!((&row["problem"]["code"], &row["problem"]["available"]), (&json!("insufficient"), &json!(100)));
        assert!(row["problem"]["detail"].as_str().is_some_and(|words| words.contains("Only 100")), "{row:#}");
        assert!(row["refused_at"].is_string() && listed("?state=waiting") == json!([]), "{row:#}");
        assert_eq!(listed(&format!("?site={beijing}")), refused);
        let told = scene.officer.post("/api/v1/events", &body).refused("insufficient", &["/lines/0/quantity"]);
        assert!(told.contains("Only 100"), "{told}");

        // Whatever touches the consignment later, or a new start, does not try it again.
        let size = scene.log_size();
        let corrected = json!({"consignment": consignment, "lines": [scene.line(90)]});
        scene.does("departed", "2020-08-06", corrected).expect(201);
        scene.receives(&consignment, &leg, "2020-08-08", json!({"good": 90})).expect(201);
        scene.in_store(&donor, &beijing, 500);
        assert_eq!(scene.log_size(), size + 5);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 10, "delivered": 90}));
        scene.closes();
        scene.verifies();
        scene.house.stop();
        let house = Server::start(database);
        let officer = house.login_as(Role::Officer);
        officer.get(&format!("/api/v1/events/{departure}")).expect(404);
        let kept = officer.get("/api/v1/events/waiting").expect(200);
        assert_eq!(kept["items"][0]["state"], "refused");
    }

    fn however_many_wait_for_one_thing_the_last_of_them_posts_too(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let (airport, banjul) = (scene.site("Airport", "airport", "GM"), scene.site("Banjul", "city", "GM"));
        scene.in_store(&donor, &beijing, 100);
        let consignment = scene.consignment(&city, &[&beijing, &airport, &banjul]);
        let (name, legs) = (&consignment["id"], &consignment["leg_ids"]);
        scene.does("allocated", "2020-07-20", json!({"consignment": name, "site": beijing, "lines": [scene.line(10)]})).expect(201);
        // More than a batch depart from the airport too early, and only the last of them asks for no more than will
        // have come that far.
        let quantities: Vec<i64> = std::iter::repeat_n(10, 299).chain([4]).collect();
        let events: Vec<Value> = quantities.iter().map(|quantity| event(&id(), "departed", "2020-08-03",
            json!({"consignment": name, "leg": legs[1], "lines": [scene.line(*quantity)]}))).collect();
        let sent = scene.officer.post("/api/v1/events/batch", &json!({"events": events})).expect(200);
        assert_eq!(sent["accepted"], 300);
        assert_eq!(sent["results"][299]["status"], 202);
        let part = json!({"consignment": name, "leg": legs[0], "lines": [scene.line(4)]});
        scene.does("departed", "2020-08-01", part).expect(201);
        let receipt = json!({"consignment": name, "leg": legs[0], "final": true, "lines": [{"item": scene.masks, "good": 4}]});
        scene.does("received", "2020-08-02", receipt).expect(201);
        posts_by_itself(&scene.officer, events[299]["id"].as_str().expect("an id"));
        scene.closes();
    }

    fn what_becomes_of_goods_at_a_stop_may_be_told_before_they_are_received_there(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul", "GM"));
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let (airport, banjul) = (scene.site("Airport", "airport", "GM"), scene.site("Banjul", "city", "GM"));
        scene.in_store(&donor, &beijing, 1_000);
        for kind in ["customs_held", "damaged", "held", "reported_missing", "returned", "released", "packed", "split"] {
            let (name, leg) = scene.sent(&city, &[&beijing, &airport, &banjul], 10, "2020-08-01");
            let told = |quantity: i64, site: &str| {
                let mut line = scene.line(quantity);
                if kind == "packed" {
                    line["lot"] = json!("SZ-0708");
                }
                let mut body = json!({"site": site, "consignment": name, "lines": [line]});
                match kind {
                    "reported_missing" => body["reason"] = json!("a carton is not there"),
                    "split" => body["child"] = json!({"id": id(), "consignee": city, "destination": banjul,
                        "legs": [{"mode": "road", "from": site, "to": banjul}]}),
                    _ => {}
                }
                body
            };
            // What its goods still upstream do not cover, or that never comes there, is refused and not acknowledged.
            scene.does(kind, "2020-08-02", told(11, &airport)).refused("insufficient", &["/lines/0/quantity"]);
            scene.does(kind, "2020-08-02", told(4, &beijing)).refused("insufficient", &["/lines/0/quantity"]);
            let early = scene.does(kind, "2020-08-02", told(4, &airport)).expect(202);
            assert_eq!(early["status"], "waiting", "{kind}: {early:#}");
            scene.receives(&name, &leg, "2020-08-03", json!({"good": 10})).expect(201);
            posts_by_itself(&scene.officer, early["id"].as_str().expect("an id"));
        }
        let (name, leg) = scene.planned(&city, &[&beijing, &banjul]);
        scene.does("allocated", "2020-07-20", json!({"consignment": name, "site": beijing, "lines": [scene.line(10)]})).expect(201);
        let on_board = |quantity: i64| json!({"consignment": name, "leg": leg, "lines": [scene.line(quantity)]});
        scene.does("damaged", "2020-08-02", on_board(11)).refused("insufficient", &["/lines/0/quantity"]);
        let early = scene.does("damaged", "2020-08-02", on_board(4)).expect(202);
        scene.does("departed", "2020-08-01", on_board(10)).expect(201);
        posts_by_itself(&scene.officer, early["id"].as_str().expect("an id"));
        scene.closes();
    }

    fn goods_are_handed_on_before_their_receipt_is_known(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul", "GM"));
        let (beijing, store) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul store", "warehouse", "GM"));
        let (banjul, serekunda) = (scene.site("Banjul", "city", "GM"), scene.site("Serekunda", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let (name, leg) = scene.sent(&city, &[&beijing, &banjul], 60, "2020-08-01");
        let handed = |site: &str, quantity: i64| json!({"site": site, "consignment": name, "lines": [scene.line(quantity)]});
        scene.does("distributed", "2020-08-04", handed(&banjul, 61)).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("distributed", "2020-08-04", handed(&serekunda, 25)).refused("insufficient", &["/lines/0/quantity"]);
        let unnamed = json!({"site": banjul, "lines": [scene.line(25)]});
        scene.does("distributed", "2020-08-04", unnamed).refused("insufficient", &["/lines/0/quantity"]);
        let early = scene.does("distributed", "2020-08-04", handed(&banjul, 25)).expect(202);
        assert_eq!(waiting(&scene.officer, &format!("?site={banjul}")), [early["id"].as_str().expect("an id")]);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 40, "in_transit": 60}));
        scene.receives(&name, &leg, "2020-08-03", json!({"good": 60})).expect(201);
        let posted = posts_by_itself(&scene.officer, early["id"].as_str().expect("an id"));
        assert_eq!((&posted["kind"], &posted["id"]), (&json!("distributed"), &early["id"]));
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 40, "delivered": 35, "distributed": 25}));

        // Into a warehouse goods come to be stored: they can be delivered from there, and nobody has them before.
        let (name, leg) = scene.sent(&city, &[&beijing, &store], 40, "2020-08-01");
        let handed = |quantity: i64| json!({"site": store, "consignment": name, "lines": [scene.line(quantity)]});
        scene.does("distributed", "2020-08-04", handed(10)).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("delivered", "2020-08-04", handed(41)).refused("insufficient", &["/lines/0/quantity"]);
        let early = scene.does("delivered", "2020-08-04", handed(40)).expect(202);
        scene.receives(&name, &leg, "2020-08-03", json!({"good": 40})).expect(201);
        posts_by_itself(&scene.officer, early["id"].as_str().expect("an id"));
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 75, "distributed": 25}));
        scene.closes();
    }

    fn what_was_refused_is_dismissed_by_who_posted_it_or_a_manager(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        scene.in_store(&donor, &beijing, 100);
        let consignment = id();
        let early = |quantity: i64| {
            let body = json!({"consignment": consignment, "lines": [scene.line(quantity)]});
            let event = scene.does("departed", "2020-08-06", body).expect(202);
            event["id"].as_str().expect("an id").to_owned()
        };
        let (first, second) = (early(150), early(160));
        let dismiss = |caller: &Caller, id: &str, reason: &str| {
            caller.post(&format!("/api/v1/events/waiting/{id}/dismiss"), &json!({"reason": reason}))
        };
        dismiss(&scene.officer, &first, "gone").refused("wrong_state", &[]);
        let opened = json!({"id": consignment, "programme": scene.programme, "consignee": city, "origin": beijing,
            "destination": banjul, "legs": [{"mode": "air", "from": beijing, "to": banjul}]});
        scene.officer.post("/api/v1/consignments", &opened).expect(201);
        until(|| (waiting(&scene.officer, "?state=refused").len() == 2).then_some(()));

        let elsewhere = scene.house.login_bound(Role::Manager, None, Some("KE"));
        let size = scene.log_size();
        dismiss(&scene.receiver, &first, "not mine").refused("forbidden", &[]);
        dismiss(&scene.auditor, &first, "not mine").refused("forbidden", &[]);
        dismiss(&scene.officer, &first, " ").refused("invalid", &["/reason"]);
        assert_eq!(dismiss(&elsewhere, &first, "not here").text, dismiss(&elsewhere, &id(), "not here").text);
        assert_eq!(scene.log_size(), size, "a refusal leaves nothing behind");
        let done = dismiss(&scene.officer, &first, "sent again with 100").expect(200);
        assert_eq!((&done["state"], &done["dismissed_reason"]), (&json!("dismissed"), &json!("sent again with 100")));
        assert_eq!(done["dismissed_by"], json!(scene.officer.user.expect("a user").to_string()));
        assert_eq!(scene.log_size(), size + 1);
        dismiss(&scene.officer, &first, "sent again with 100").expect(200);
        assert_eq!(scene.log_size(), size + 1, "the same again changes nothing");
        dismiss(&scene.manager, &first, "otherwise").refused("wrong_state", &[]);
        dismiss(&scene.manager, &second, "the truck was never there").expect(200);
        assert_eq!(waiting(&scene.officer, ""), [""; 0], "nothing is open any more");
        assert_eq!(waiting(&scene.auditor, "?state=dismissed").len(), 2);
        assert_eq!(waiting(&scene.auditor, "?state=refused"), [""; 0]);
        // What was refused stays refused, however it is dealt with.
        let body = event(&first, "departed", "2020-08-06", json!({"consignment": consignment, "lines": [scene.line(150)]}));
        scene.officer.post("/api/v1/events", &body).refused("insufficient", &["/lines/0/quantity"]);
        scene.closes();
        scene.verifies();
    }

    fn what_only_the_database_refuses_is_refused_in_view(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (here, there) = (id(), id());
        let early = |site: &str| {
            let event = scene.does("stored", "2020-08-06", json!({"site": site})).expect(202);
            event["id"].as_str().expect("an id").to_owned()
        };
        let (first, second) = (early(&here), early(&there));
        let refuses = if scene.url.starts_with("sqlite:") {
            "CREATE TRIGGER none_of_these BEFORE INSERT ON events WHEN NEW.kind = 'stored' \
             BEGIN SELECT RAISE(ABORT, 'none of these'); END"
        } else {
            "CREATE FUNCTION none_of_these() RETURNS trigger AS $$ BEGIN IF NEW.kind = 'stored' THEN \
             RAISE EXCEPTION 'none of these'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql; \
             CREATE TRIGGER none_of_these BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION none_of_these()"
        };
        connect(&scene.url).expect("the database opens").batch_execute(refuses).expect("the trigger is made");
        let site = |id: &str| json!({"id": id, "name": "Banjul", "kind": "warehouse", "country": "GM"});
        scene.admin.post("/api/v1/sites", &site(&here)).expect(201);
        let refused = until(|| {
            let list = scene.officer.get("/api/v1/events/waiting?state=refused").expect(200);
            list["items"][0].is_object().then(|| list["items"][0].clone())
        });
        assert_eq!((&refused["id"], &refused["problem"]["code"]), (&json!(first), &json!("internal")));
        assert!(!refused.to_string().contains("none of these"), "no words of the database: {refused:#}");
        let dismissal = json!({"reason": "told the operator"});
        scene.officer.post(&format!("/api/v1/events/waiting/{first}/dismiss"), &dismissal).expect(200);
        scene.verifies();

        // A twin whose updates do not say what is recorded instead leaves the other waiting in silence.
        let draft = serde_json::from_value(site(&there)).expect("a site");
        let new = SiteCreate::new(operator(), &draft, there.parse().expect("an id")).expect("it is sound");
        scene.house.record(new);
        let url = scene.url.clone();
        scene.house.stop();
        let settings = WriterSettings { wake: Some(silent), ..WriterSettings::of(&url) };
        let writer = Writer::start(settings).expect("a writer starts");
        writer.record_blocking(Nothing(operator())).expect("it goes on");
        writer.stop();
        assert_eq!(refusals(&url), 1, "the twin refused nothing");
        let house = Server::start(database);
        let officer = house.login_as(Role::Officer);
        until(|| (waiting(&officer, "?state=refused") == [second.clone()]).then_some(()));
        assert_eq!(refusals(&url), 2);
    }
}

fn refusals(url: &str) -> i64 {
    let mut conn = connect(url).expect("the database opens");
    let sql = "SELECT COUNT(*) AS count FROM refusals";
    diesel::sql_query(sql).get_result::<Count>(&mut conn).expect("refusals are readable").count
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// Finds what waits, and makes jobs of it that say nothing where the database refuses them.
fn silent(conn: &mut Conn, touched: Option<&[Uuid]>, after: Option<WakeKey>) -> Outcome<Woken> {
    let Woken { jobs, next } = wake(conn, touched, after)?;
    let silenced = jobs.into_iter().map(|job| -> Box<dyn Job> { Box::new(Silent(job)) });
    Ok(Woken { jobs: silenced.collect(), next })
}

struct Silent(Box<dyn Job>);

impl Job for Silent {
    fn keys(&self, desk: &mut Desk) {
        self.0.keys(desk);
    }

    fn decide(&mut self, desk: &mut Desk) -> Result<(), Refusal> {
        self.0.decide(desk)
    }

    fn instead(&self, _: &Problem) -> Option<Box<dyn Job>> {
        None
    }

    fn answer(self: Box<Self>, result: Outcome<Option<Leaf>>) {
        self.0.answer(result);
    }
}

/// An update that asks for nothing: the writer takes it up after all that waited.
struct Nothing(Actor);

impl Update for Nothing {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.0
    }

    fn decide(&self, _: &mut Desk) -> Result<(), Refusal> {
        Ok(())
    }
}
