//! Two processes of the real program on one PostgreSQL database: they take turns, and nothing is had twice. The twins
//! are two servers whose writers lack a guard.

use std::collections::BTreeMap;
use std::sync::Barrier;

use relief_ledger::app::RunningServer;
use relief_ledger::writer::Comparison;
use serde_json::json;

use super::field::{Field, id, recorded};
use crate::support::TestDatabase;
use crate::support::books::{assert_sound, log_root, log_root_of_entries};
use crate::support::server::{Caller, migrate};
use crate::verify::verify;

/// The last units there are.
const LAST: usize = 151;
/// Clients that want them, and how often each asks.
const CLIENTS: usize = 16;
const ASKED: usize = 24;

/// What lies free at a site.
fn free(officer: &Caller, site: impl std::fmt::Display) -> i64 {
    let stock = officer.get(&format!("/api/v1/sites/{site}/stock")).expect(200);
    stock["items"].as_array().expect("items").iter().filter_map(|item| item["free"].as_i64()).sum()
}

/// How often clients heard each answer who wanted the last units of two servers at the same time.
fn wanted(field: &Field, officers: &[Caller; 2]) -> BTreeMap<String, usize> {
    let begin = Barrier::new(CLIENTS);
    let answers: Vec<String> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (begin, officer) = (&begin, &officers[number % 2]);
                scope.spawn(move || {
                    begin.wait();
                    let ask = |_| {
                        let reply = officer.post("/api/v1/events", &field.moved(&id()));
                        if reply.status == 201 { "had".to_owned() } else { reply.problem().1 }
                    };
                    (0..ASKED).map(ask).collect::<Vec<_>>()
                })
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().expect("answers")).collect()
    });
    counted(answers)
}

/// Each of the last units was had once, and whoever came too late was told so.
fn each_once() -> BTreeMap<String, usize> {
    BTreeMap::from([("had".to_owned(), LAST), ("insufficient".to_owned(), CLIENTS * ASKED - LAST)])
}

fn counted<T: Ord>(answers: Vec<T>) -> BTreeMap<T, usize> {
    let mut times = BTreeMap::new();
    for answer in answers {
        *times.entry(answer).or_default() += 1;
    }
    times
}

/// How often each status was heard of one event that was posted to two servers 64 times at the same time.
fn at_once(field: &Field, officers: &[Caller; 2]) -> BTreeMap<u16, usize> {
    let (id, begin) = (id(), Barrier::new(64));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..64)
            .map(|number| {
                let (begin, officer, id) = (&begin, &officers[number % 2], &id);
                scope.spawn(move || {
                    begin.wait();
                    officer.post("/api/v1/events", &field.moved(id)).status
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("an answer")).collect()
    });
    counted(statuses)
}

/// Two servers in this process whose writers lack a guard, and an officer at each.
fn without(field: &Field, comparison: Comparison) -> ([RunningServer; 2], [Caller; 2]) {
    let servers = [field.start_without(comparison), field.start_without(comparison)];
    let officers = [field.officer_at(servers[0].address), field.officer_at(servers[1].address)];
    (servers, officers)
}

#[test]
fn two_processes_on_one_postgres_database_never_oversell_the_last_unit() {
    let database = TestDatabase::postgres(migrate);
    let url = database.url();
    let field = Field::lay(url, LAST as i64);
    let programs = [field.start(), field.start()];
    let officers = [field.officer(&programs[0]), field.officer(&programs[1])];
    assert_eq!(wanted(&field, &officers), each_once());
    assert_eq!(recorded(url).len(), LAST);
    for officer in &officers {
        assert_eq!(free(officer, field.ledger.beijing), 0);
        assert_eq!(free(officer, field.ledger.banjul), LAST as i64);
        let totals = officer.get("/api/v1/totals?group_by=site").expect(200);
        assert_eq!((&totals["total"]["in_storage"], &totals["total"]["residual"]), (&json!(LAST), &json!(0)));
    }
    drop(programs);
    assert_sound(url);
    assert_eq!(log_root_of_entries(url).1, log_root(url));
    let (code, report) = verify(url, &field.keys());
    assert_eq!((code, &report["verdict"]), (Some(0), &json!("sound")), "{report:#}");
}

#[test]
fn two_servers_that_do_not_take_turns_are_caught_by_the_same_clients() {
    let database = TestDatabase::postgres(migrate);
    let field = Field::lay(database.url(), LAST as i64);
    let comparison = Comparison { is_out_of_turn: true, ..Comparison::default() };
    let (_servers, officers) = without(&field, comparison);
    assert_ne!(wanted(&field, &officers), each_once());
}

#[test]
fn the_same_id_posted_to_two_processes_at_once_has_one_effect() {
    let database = TestDatabase::postgres(migrate);
    let url = database.url();
    let field = Field::lay(url, 100);
    let programs = [field.start(), field.start()];
    let officers = [field.officer(&programs[0]), field.officer(&programs[1])];
    for _ in 0..4 {
        let before = recorded(url).len();
        assert_eq!(at_once(&field, &officers), BTreeMap::from([(200, 63), (201, 1)]));
        assert_eq!(recorded(url).len(), before + 1);
    }
    assert_eq!(free(&officers[0], field.ledger.banjul), 4);
    drop(programs);
    assert_sound(url);
    let (code, report) = verify(url, &field.keys());
    assert_eq!(code, Some(0), "{report:#}");
}

#[test]
fn two_servers_that_do_not_look_for_ids_are_caught_by_the_same_posts() {
    let database = TestDatabase::postgres(migrate);
    let field = Field::lay(database.url(), 100);
    let comparison = Comparison { is_forgetful: true, ..Comparison::default() };
    let (_servers, officers) = without(&field, comparison);
    assert_ne!(at_once(&field, &officers), BTreeMap::from([(200, 63), (201, 1)]));
}
