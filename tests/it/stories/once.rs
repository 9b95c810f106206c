//! Each event counts once, and what is refused changes nothing.

use std::collections::BTreeMap;
use std::sync::Barrier;

use relief_ledger::app::Settings;
use relief_ledger::auth::Role;
use relief_ledger::core::check::WORDS_CHARS_MAX;
use relief_ledger::events::{Command, PostEvent};
use relief_ledger::writer::Actor;
use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::TestDatabase;
use crate::support::books::{log_root, log_root_of_entries};
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};

/// A time so many minutes from now, as a client writes it.
fn in_minutes(minutes: i64) -> String {
    (chrono::Utc::now() + chrono::Duration::minutes(minutes)).to_rfc3339()
}

struct Shelf {
    scene: Scene,
    pledge: String,
    beijing: String,
    hub: String,
}

impl Shelf {
    /// So many masks that go from Beijing to the hub.
    fn moved(&self, id: &str, quantity: i64) -> Value {
        let details =
            json!({"site": self.beijing, "to_site": self.hub, "lines": [self.scene.line(quantity)]});
        event(id, "moved", "2020-08-01", details)
    }

    /// What lies free at the hub.
    fn there(&self) -> i64 {
        self.scene.stock(&self.hub)[0]["free"].as_i64().unwrap_or(0)
    }
}

fn shelf(database: &TestDatabase, quantity: i64) -> Shelf {
    shelf_on(Server::start(database), database, quantity)
}

fn shelf_on(house: Server, database: &TestDatabase, quantity: i64) -> Shelf {
    let scene = Scene::on(house, database);
    let donor = scene.organization("Hainan", "CN");
    let (beijing, hub) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Dakar", "warehouse", "SN"));
    let pledge = scene.in_store(&donor, &beijing, quantity);
    Shelf { scene, pledge, beijing, hub }
}

on_both_databases! {
    migrate: migrate;

    fn the_same_id_posted_64_times_at_once_has_one_effect(database: &TestDatabase) {
        let shelf = shelf(database, 1_000);
        let id = id();
        assert_eq!(at_once(&shelf, &id), once());
        let body = |quantity: i64| shelf.moved(&id, quantity);
        let Shelf { scene, pledge, beijing, hub } = &shelf;
        scene.officer.post("/api/v1/events", &body(11)).refused("id_reused", &["/id"]);
        let again = scene.officer.post("/api/v1/events", &body(10)).expect(200);
        assert_eq!(again["receipt"], Value::Null);
        assert_eq!(scene.accounts(pledge), json!({"in_storage": 1_000}));
        // A refusal is not remembered: the same id may come again once it fits.
        let id = id_of_refused(scene, beijing, hub);
        let donor = scene.organization("Jiangsu", "CN");
        scene.in_store(&donor, beijing, 1_000);
        let moved = json!({"site": beijing, "to_site": hub, "lines": [scene.line(1_500)]});
        scene.officer.post("/api/v1/events", &event(&id, "moved", "2020-08-01", moved)).expect(201);
        scene.closes();
    }

    fn a_writer_that_does_not_look_for_ids_is_caught_by_the_same_64_posts(database: &TestDatabase) {
        let forgetful = |settings: &mut Settings| settings.handicap.comparison.is_forgetful = true;
        let shelf = shelf_on(Server::start_with(database, forgetful), database, 1_000);
        assert_ne!(at_once(&shelf, &id()), once());
    }

    fn what_an_earlier_release_took_is_answered_with_its_first_result_when_it_comes_again(database: &TestDatabase) {
        let Shelf { scene, beijing, .. } = shelf(database, 1_000);
        let (recorded, waiting) = (id(), id());
        let long = "x".repeat(WORDS_CHARS_MAX + 1);
        let damaged = |id: &str, quantity: i64| event(id, "damaged", "2020-08-01",
            json!({"site": beijing, "lines": [scene.line(quantity)], "reason": long}));
        // As a release posted it whose rules knew no such limit.
        let actor = Actor { user: scene.officer.user.expect("a user"), role: "officer".to_owned(), scope: "all".to_owned() };
        let by_older_rules = |body: Value| scene.house.record(PostEvent::new(Command::read_recorded(body).expect("a command"), actor.clone()));
        let first = by_older_rules(damaged(&recorded, 10));
        let early = event(&waiting, "reversed", "2020-08-01", json!({"event": id(), "reason": long}));
        by_older_rules(early.clone());
        let size = scene.log_size();
        let again = scene.officer.post("/api/v1/events", &damaged(&recorded, 10)).expect(200);
        assert_eq!((&again["recorded_at"], &again["receipt"]), (&json!(first.recorded_at), &Value::Null));
        assert_eq!(scene.officer.post("/api/v1/events", &early).expect(202)["status"], "waiting");
        let fresh = damaged(&id(), 10);
        let batch = json!({"events": [damaged(&recorded, 10), early, fresh]});
        let results = scene.officer.post("/api/v1/events/batch", &batch).expect(200)["results"].clone();
        assert_eq!([0, 1, 2].map(|place: usize| results[place]["status"].as_i64()), [Some(200), Some(202), Some(422)], "{results:#}");
        // Nothing else gets past today's rules by it.
        scene.officer.post("/api/v1/events", &fresh).refused("invalid", &["/reason"]);
        scene.officer.post("/api/v1/events", &damaged(&recorded, 11)).refused("id_reused", &["/id"]);
        assert_eq!(scene.log_size(), size);
        scene.closes();
    }

    fn a_clock_that_is_ahead_is_clamped_for_ten_minutes_and_refused_beyond(database: &TestDatabase) {
        let Shelf { scene, beijing, hub, .. } = shelf(database, 1_000);
        let moved = || json!({"site": beijing, "to_site": hub, "lines": [scene.line(1)]});
        let ahead = in_minutes(9);
        let body = event(&id(), "moved", &ahead, moved());
        let posted = scene.officer.post("/api/v1/events", &body).expect(201);
        assert!(posted["occurred_at"].as_str().expect("a time") <= posted["recorded_at"].as_str().expect("a time"), "{posted:#}");
        assert_eq!(scene.officer.post("/api/v1/events", &body).expect(200)["occurred_at"], posted["occurred_at"]);
        let size = scene.log_size();
        scene.does("moved", &in_minutes(11), moved()).refused("invalid", &["/occurred_at"]);
        scene.does("moved", "1969-12-31", moved()).refused("invalid", &["/occurred_at"]);
        scene.does("moved", "the other day", moved()).refused("invalid", &["/occurred_at"]);
        assert_eq!(scene.log_size(), size);
        scene.closes();
    }

    fn what_was_not_there_yet_counts_from_when_it_was(database: &TestDatabase) {
        let Shelf { scene, beijing, hub, .. } = shelf(database, 1_000);
        let back = |from: &str, to: &str, quantity: i64| json!({"site": from, "to_site": to, "lines": [scene.line(quantity)]});
        scene.does("moved", "2020-08-01", back(&beijing, &hub, 600)).expect(201);
        scene.does("moved", "2020-08-05", back(&hub, &beijing, 600)).expect(201);
        // 700 leave on 3 August, when only 400 were there: they count from 5 August.
        let posted = scene.does("moved", "2020-08-03", back(&beijing, &hub, 700)).expect(201);
        assert_eq!((&posted["moved"], &posted["effective_at"]), (&json!(true), &json!("2020-08-05T00:00:00Z")));
        // Nothing may be drawn from before it either: 400 were there in July, but 300 are left since.
        let posted = scene.does("moved", "2020-07-20", back(&beijing, &hub, 300)).expect(201);
        assert_eq!(posted["moved"], false);
        scene.does("moved", "2020-07-20", back(&beijing, &hub, 1)).refused("insufficient", &["/lines/0/quantity"]);
        scene.closes();
    }

    fn what_cannot_be_is_refused_and_changes_nothing(database: &TestDatabase) {
        let Shelf { scene, pledge, beijing, hub } = shelf(database, 1_000);
        let (size, before) = (scene.log_size(), scene.accounts(&pledge));
        let line = |members: Value| {
            let mut line = members;
            line["item"] = json!(scene.masks);
            json!({"site": beijing, "to_site": hub, "lines": [line]})
        };
        let cases: [(&str, Value, &str, &str); 10] = [
            ("a negative quantity", line(json!({"quantity": -1})), "invalid", "/lines/0/quantity"),
            ("no quantity", line(json!({"quantity": 0})), "invalid", "/lines/0/quantity"),
            ("more than 2^53", line(json!({"quantity": (1_i64 << 53) + 1})), "invalid", "/lines/0/quantity"),
            ("a fraction", line(json!({"quantity": 1.5})), "invalid", "/lines/0/quantity"),
            ("a text", line(json!({"quantity": "10"})), "invalid", "/lines/0/quantity"),
            ("more than there is", line(json!({"quantity": 1_001})), "insufficient", "/lines/0/quantity"),
            ("a pack nobody knows", line(json!({"pack": "pallet", "packs": 1})), "invalid", "/lines/0/packs"),
            ("a quantity beside packs", line(json!({"pack": "carton", "packs": 1, "quantity": 1})), "invalid", "/lines/0/quantity"),
            ("an unknown member", line(json!({"quantity": 1, "colour": "blue"})), "invalid", "/lines/0/colour"),
            ("no lines", json!({"site": beijing, "to_site": hub, "lines": []}), "invalid", "/lines"),
        ];
        for (what, body, code, pointer) in cases {
            let reply = scene.does("moved", "2020-08-01", body);
            assert!((400..500).contains(&reply.status), "{what}: {}", reply.text);
            let (_, found, at) = reply.problem();
            assert_eq!((found.as_str(), at.as_str()), (code, pointer), "{what}: {}", reply.text);
        }
        let not_seven = event("0b8e2c55-65b4-4c6b-9f0c-8f3f4a0a1b2c", "moved", "2020-08-01", line(json!({"quantity": 1})));
        scene.officer.post("/api/v1/events", &not_seven).refused("invalid", &["/id"]);
        scene.does("teleported", "2020-08-01", json!({})).refused("invalid", &["/kind"]);
        assert_eq!((scene.log_size(), scene.accounts(&pledge)), (size, before));

        // Three tablets to a strip of which two make a box: what does not come out whole is refused.
        let tablets = json!({"code": "TAB", "name": "Tablets", "base_unit": "tablet", "category": "medicine",
            "storage_class": "ambient", "packs": [{"name": "half", "numerator": 5, "denominator": 2}]});
        let tablets = scene.admin.post("/api/v1/items", &tablets).expect(201)["id"].clone();
        let half = json!({"site": beijing, "to_site": hub, "lines": [{"item": tablets, "pack": "half", "packs": 3}]});
        scene.does("moved", "2020-08-01", half).refused("invalid", &["/lines/0/packs"]);
        scene.closes();
    }

    fn a_batch_keeps_its_order_and_each_event_its_own_result(database: &TestDatabase) {
        let Shelf { scene, pledge, beijing, hub } = shelf(database, 1_000);
        let moved = |id: &str, quantity: i64| event(id, "moved", "2020-08-01",
            json!({"site": beijing, "to_site": hub, "lines": [scene.line(quantity)]}));
        let (first, missing) = (id(), id());
        let back = event(&id(), "moved", "2020-08-02", json!({"site": hub, "to_site": beijing, "lines": [scene.line(900)]}));
        let events = json!([
            moved(&first, 900),
            moved(&id(), 101),
            {"kind": "moved"},
            moved(&first, 900),
            moved(&first, 901),
            back,
            event(&missing, "departed", "2020-08-03", json!({"consignment": id()})),
            event(&id(), "found", "2020-08-03", json!({"site": beijing, "lines": [scene.line(1)], "reason": "x"})),
            17,
        ]);
        let reply = scene.officer.post("/api/v1/events/batch", &json!({"events": events})).expect(200);
        let results = reply["results"].as_array().expect("results");
        let statuses: Vec<u64> = results.iter().filter_map(|one| one["status"].as_u64()).collect();
        assert_eq!(statuses, [201, 409, 422, 200, 409, 201, 202, 403, 400], "{reply:#}");
        assert_eq!((&reply["accepted"], &reply["refused"]), (&json!(4), &json!(5)));
        assert_eq!(results[0]["result"]["id"], json!(first));
        assert_eq!(results[1]["problem"]["code"], "insufficient");
        assert!(results[1].get("result").is_none() && results[0].get("problem").is_none());
        assert_eq!(results[6]["result"]["status"], "waiting");
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 1_000}));
        assert_eq!(scene.stock(&beijing)[0]["free"], 1_000);
        scene.officer.post("/api/v1/events/batch", &json!({"events": []})).refused("invalid", &["/events"]);
        let many: Vec<Value> = (0..1_001).map(|_| json!(0)).collect();
        scene.officer.post("/api/v1/events/batch", &json!({"events": many})).refused("invalid", &["/events"]);
        scene.closes();
    }

    fn eight_clients_never_oversell_the_last_unit(database: &TestDatabase) {
        let shelf = shelf(database, LAST);
        let clients = [&shelf.scene.officer; 8];
        assert_eq!(wanted(&shelf, &clients), each_once(&clients));
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"in_storage": LAST}));
        assert_eq!(shelf.scene.stock(&shelf.beijing), json!([]));
        shelf.scene.closes();
    }

    fn two_servers_on_one_database_never_oversell_the_last_unit(database: &TestDatabase) {
        let shelf = shelf(database, LAST);
        let second = Server::start(database);
        let other = second.login_as(Role::Officer);
        let clients = [&shelf.scene.officer, &other, &shelf.scene.officer, &other];
        assert_eq!(wanted(&shelf, &clients), each_once(&clients));
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"in_storage": LAST}));
        shelf.scene.closes();
        let (size, head) = (shelf.scene.log_size(), log_root(database.url()));
        assert_eq!(log_root_of_entries(database.url()), (size, head));
    }

    fn two_writers_that_do_not_take_turns_are_caught_by_the_same_clients(database: &TestDatabase) {
        let out_of_turn = |settings: &mut Settings| settings.handicap.comparison.is_out_of_turn = true;
        let shelf = shelf_on(Server::start_with(database, out_of_turn), database, LAST);
        let second = Server::start_with(database, out_of_turn);
        let other = second.login_as(Role::Officer);
        let clients = [&shelf.scene.officer, &other, &shelf.scene.officer, &other];
        // Whether two of them meet is a matter of moments: each round has as many last units again.
        let is_caught = |round: usize| {
            if round > 0 {
                let donor = shelf.scene.organization(&format!("Giver {round}"), "CN");
                shelf.scene.in_store(&donor, &shelf.beijing, LAST);
            }
            wanted(&shelf, &clients).0 != each_once(&clients).0
        };
        assert!((0..8).any(is_caught), "what stands behind the lock lets nothing be had twice, but clients hear of it");
    }
}

/// The last units there are.
const LAST: i64 = 37;
/// How often each client asks for one of them.
const ASKED: usize = 16;

/// What clients came to who wanted the last units at the same time: how often each answer was heard, and what lies where
/// they were sent to.
type Had = (BTreeMap<String, usize>, i64);

/// Clients ask for one unit each, again and again.
fn wanted(shelf: &Shelf, clients: &[&Caller]) -> Had {
    let answers: Vec<String> = std::thread::scope(|scope| {
        let ask = |caller: &Caller| {
            let reply = caller.post("/api/v1/events", &shelf.moved(&id(), 1));
            if reply.status == 201 { "had".to_owned() } else { reply.problem().1 }
        };
        let threads: Vec<_> = clients
            .iter()
            .map(|caller| scope.spawn(move || (0..ASKED).map(|_| ask(caller)).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("answers")).collect()
    });
    (counted(answers), shelf.there())
}

/// Each of the last units was had once, and whoever came too late was told so.
fn each_once(clients: &[&Caller]) -> Had {
    let had = usize::try_from(LAST).expect("a count");
    let late = clients.len() * ASKED - had;
    (BTreeMap::from([("had".to_owned(), had), ("insufficient".to_owned(), late)]), LAST)
}

fn counted<T: Ord>(answers: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    let mut times = BTreeMap::new();
    for answer in answers {
        *times.entry(answer).or_default() += 1;
    }
    times
}

/// What 64 posts of one event at the same time came to: how often each status was heard, how far the log grew, and what
/// lies where ten units were sent to.
type Effect = (BTreeMap<u16, usize>, i64, i64);

/// Posts one event 64 times at the same time.
fn at_once(shelf: &Shelf, id: &str) -> Effect {
    let (size, start) = (shelf.scene.log_size(), Barrier::new(64));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let post = || {
            start.wait();
            shelf.scene.officer.post("/api/v1/events", &shelf.moved(id, 10)).status
        };
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(post)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a reply")).collect()
    });
    (counted(statuses), shelf.scene.log_size() - size, shelf.there())
}

/// One was recorded, and the others were told what became of it.
fn once() -> Effect {
    (BTreeMap::from([(200, 63), (201, 1)]), 1, 10)
}

/// An event that was refused for want of goods; its id.
fn id_of_refused(scene: &Scene, from: &str, to: &str) -> String {
    let id = id();
    let moved = json!({"site": from, "to_site": to, "lines": [scene.line(1_500)]});
    let reply = scene.officer.post("/api/v1/events", &event(&id, "moved", "2020-08-01", moved));
    reply.refused("insufficient", &["/lines/0/quantity"]);
    id
}
