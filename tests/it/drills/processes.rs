//! Two processes of the real program on one PostgreSQL database: they take turns, and nothing is had twice.

use std::sync::Barrier;

use serde_json::json;

use super::field::{Field, id, recorded};
use crate::support::TestDatabase;
use crate::support::books::{assert_sound, log_root, log_root_of_entries};
use crate::support::server::{Caller, migrate};
use crate::verify::verify;

/// The last units there are.
const LAST: usize = 151;

/// What lies free at a site.
fn free(officer: &Caller, site: impl std::fmt::Display) -> i64 {
    let stock = officer.get(&format!("/api/v1/sites/{site}/stock")).expect(200);
    stock["items"].as_array().expect("items").iter().filter_map(|item| item["free"].as_i64()).sum()
}

#[test]
fn two_processes_on_one_postgres_database_never_oversell_the_last_unit() {
    let database = TestDatabase::postgres(migrate);
    let url = database.url();
    let field = Field::lay(url, LAST as i64);
    let programs = [field.start(), field.start()];
    let officers = [field.officer(&programs[0]), field.officer(&programs[1])];
    let begin = Barrier::new(16);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..16)
            .map(|number| {
                let (begin, field, officer) = (&begin, &field, &officers[number % 2]);
                scope.spawn(move || {
                    begin.wait();
                    (0..24).map(|_| officer.post("/api/v1/events", &field.moved(&id())).status).collect()
                })
            })
            .collect();
        clients.into_iter().flat_map(|client| -> Vec<u16> { client.join().expect("answers") }).collect()
    });
    let times = |status: u16| statuses.iter().filter(|one| **one == status).count();
    assert_eq!((times(201), times(409)), (LAST, statuses.len() - LAST), "{statuses:?}");
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
fn the_same_id_posted_to_two_processes_at_once_has_one_effect() {
    let database = TestDatabase::postgres(migrate);
    let url = database.url();
    let field = Field::lay(url, 100);
    let programs = [field.start(), field.start()];
    let officers = [field.officer(&programs[0]), field.officer(&programs[1])];
    for _ in 0..4 {
        let (id, before, begin) = (id(), recorded(url).len(), Barrier::new(64));
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..64)
                .map(|number| {
                    let (begin, field, officer, id) = (&begin, &field, &officers[number % 2], &id);
                    scope.spawn(move || {
                        begin.wait();
                        officer.post("/api/v1/events", &field.moved(id)).status
                    })
                })
                .collect();
            clients.into_iter().map(|client| client.join().expect("an answer")).collect()
        });
        let times = |status: u16| statuses.iter().filter(|one| **one == status).count();
        assert_eq!((times(201), times(200)), (1, 63), "{statuses:?}");
        assert_eq!(recorded(url).len(), before + 1);
    }
    assert_eq!(free(&officers[0], field.ledger.banjul), 4);
    drop(programs);
    assert_sound(url);
    let (code, report) = verify(url, &field.keys());
    assert_eq!(code, Some(0), "{report:#}");
}
