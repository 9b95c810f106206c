//! Each event counts once, and what is refused changes nothing.

use std::sync::Barrier;

use relief_ledger::core::check::WORDS_CHARS_MAX;
use relief_ledger::events::{Command, PostEvent};
use relief_ledger::writer::Actor;
use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::migrate;

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

fn shelf(database: &TestDatabase, quantity: i64) -> Shelf {
    let scene = Scene::new(database);
    let donor = scene.organization("Hainan", "CN");
    let (beijing, hub) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Dakar", "warehouse", "SN"));
    let pledge = scene.in_store(&donor, &beijing, quantity);
    Shelf { scene, pledge, beijing, hub }
}

on_both_databases! {
    migrate: migrate;

    fn the_same_id_posted_64_times_at_once_has_one_effect(database: &TestDatabase) {
        let Shelf { scene, pledge, beijing, hub } = shelf(database, 1_000);
        let id = id();
        let body = |quantity: i64| event(&id, "moved", "2020-08-01",
            json!({"site": beijing, "to_site": hub, "lines": [scene.line(quantity)]}));
        let size = scene.log_size();
        let start = Barrier::new(64);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..64).map(|_| scope.spawn(|| {
                start.wait();
                scene.officer.post("/api/v1/events", &body(10)).status
            })).collect();
            threads.into_iter().map(|thread| thread.join().expect("a reply")).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 63, "{statuses:?}");
        assert_eq!(scene.log_size(), size + 1);
        assert_eq!(scene.stock(&hub)[0]["free"], 10);
        scene.officer.post("/api/v1/events", &body(11)).refused("id_reused", &["/id"]);
        let again = scene.officer.post("/api/v1/events", &body(10)).expect(200);
        assert_eq!(again["receipt"], Value::Null);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 1_000}));
        // A refusal is not remembered: the same id may come again once it fits.
        let id = id_of_refused(&scene, &beijing, &hub);
        let donor = scene.organization("Jiangsu", "CN");
        scene.in_store(&donor, &beijing, 1_000);
        let moved = json!({"site": beijing, "to_site": hub, "lines": [scene.line(1_500)]});
        scene.officer.post("/api/v1/events", &event(&id, "moved", "2020-08-01", moved)).expect(201);
        scene.closes();
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
        let Shelf { scene, pledge, beijing, hub } = shelf(database, 37);
        let posted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| {
                let moved = || json!({"site": beijing, "to_site": hub, "lines": [scene.line(1)]});
                (0..8).filter(|_| scene.does("moved", "2020-08-01", moved()).status == 201).count()
            })).collect();
            threads.into_iter().map(|thread| thread.join().expect("a count")).sum()
        });
        assert_eq!(posted, 37);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 37}));
        assert_eq!(scene.stock(&beijing), json!([]));
        scene.closes();
    }
}

/// An event that was refused for want of goods; its id.
fn id_of_refused(scene: &Scene, from: &str, to: &str) -> String {
    let id = id();
    let moved = json!({"site": from, "to_site": to, "lines": [scene.line(1_500)]});
    let reply = scene.officer.post("/api/v1/events", &event(&id, "moved", "2020-08-01", moved));
    reply.refused("insufficient", &["/lines/0/quantity"]);
    id
}

#[test]
fn two_servers_on_one_postgres_database_never_oversell_the_last_unit() {
    let database = TestDatabase::postgres(migrate);
    let Shelf { scene, pledge, beijing, hub } = shelf(&database, 37);
    let second = crate::support::server::Server::start(&database);
    let other = second.login_as(relief_ledger::auth::Role::Officer);
    let posted: usize = std::thread::scope(|scope| {
        let callers = [&scene.officer, &other, &scene.officer, &other];
        let threads: Vec<_> = callers
            .into_iter()
            .map(|caller| {
                let (scene, beijing, hub) = (&scene, &beijing, &hub);
                scope.spawn(move || {
                    let moved = || json!({"site": beijing, "to_site": hub, "lines": [scene.line(1)]});
                    (0..16)
                        .filter(|_| scene.post(caller, "moved", "2020-08-01", moved()).status == 201)
                        .count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a count")).sum()
    });
    assert_eq!(posted, 37);
    assert_eq!(scene.accounts(&pledge), json!({"in_storage": 37}));
    scene.closes();
    let (size, head) = (scene.log_size(), crate::support::books::log_root(database.url()));
    assert_eq!(crate::support::books::log_root_of_entries(database.url()), (size, head));
}
