//! The connection to PostgreSQL is cut around a COMMIT: what became of the update is found by its id, and sending it again
//! has no second effect.

use relief_ledger::db::COMMIT_UNKNOWN;

use super::field::{Field, id as new_id, recorded};
use crate::support::TestDatabase;
use crate::support::books::{assert_sound, log_root, log_root_of_entries};
use crate::support::proxy::{Mode, Proxy};
use crate::support::server::migrate;
use crate::verify::verify;

/// More commits than a writer tries in the time it has.
const ALL: usize = 1_000;

/// How often a move stands in the ledger.
fn times(url: &str, id: &str) -> usize {
    recorded(url).iter().filter(|one| *one == id).count()
}

#[test]
fn an_update_whose_commit_was_not_answered_is_recorded_once() {
    let database = TestDatabase::postgres(migrate);
    let url = database.url();
    let field = Field::lay(url, 1_000);
    let proxy = Proxy::before(url);
    let program = field.start_at(proxy.url(), &[]);
    let officer = field.officer(&program);
    officer.post("/api/v1/events", &field.moved(&new_id())).expect(201);
    for mode in [Mode::CutAfterCommit(1), Mode::CutBeforeCommit(1), Mode::CutAfterCommit(3)] {
        let (id, cuts) = (new_id(), proxy.cuts());
        proxy.set(mode);
        // The server itself asks again: after a commit that was made it finds the id, else it records it.
        let reply = officer.post("/api/v1/events", &field.moved(&id));
        assert!(matches!(reply.status, 200 | 201), "{mode:?}: {}", reply.text);
        assert!(proxy.cuts() > cuts, "{mode:?} cut nothing");
        proxy.set(Mode::Pass);
        assert_eq!(times(url, &id), 1, "{mode:?}");
        officer.post("/api/v1/events", &field.moved(&id)).expect(200);
        assert_eq!(times(url, &id), 1, "{mode:?}");
    }
    drop(program);
    assert_sound(url);
    assert_eq!(log_root_of_entries(url).1, log_root(url));
    let (code, report) = verify(url, &field.keys());
    assert_eq!(code, Some(0), "{report:#}");
}

#[test]
fn who_is_told_that_nobody_knows_sends_the_same_id_again_and_it_counts_once() {
    let database = TestDatabase::postgres(migrate);
    let url = database.url();
    let field = Field::lay(url, 1_000);
    let proxy = Proxy::before(url);
    let program = field.start_at(proxy.url(), &[]);
    let officer = field.officer(&program);
    for (mode, made, again) in [(Mode::CutAfterCommit(ALL), 1, 200), (Mode::CutBeforeCommit(ALL), 0, 201)] {
        let (id, before) = (new_id(), recorded(url).len());
        proxy.set(mode);
        let reply = officer.post("/api/v1/events", &field.moved(&id));
        let (status, code, _) = reply.problem();
        assert_eq!((status, code.as_str()), (503, "unavailable"), "{mode:?}: {}", reply.text);
        assert_eq!(reply.json()["detail"], COMMIT_UNKNOWN, "{mode:?}");
        assert!(reply.header("retry-after").is_some());
        assert_eq!(times(url, &id), made, "{mode:?}");
        proxy.set(Mode::Pass);
        // Who makes a new id instead has it moved beside what was made: the id is what resolves it.
        officer.post("/api/v1/events", &field.moved(&new_id())).expect(201);
        assert_eq!(recorded(url).len(), before + made + 1, "{mode:?}");
        officer.post("/api/v1/events", &field.moved(&id)).expect(again);
        assert_eq!((times(url, &id), recorded(url).len()), (1, before + 2), "{mode:?}");
    }
    drop(program);
    assert_sound(url);
}

#[test]
fn something_without_an_id_of_the_caller_is_there_once_too() {
    let database = TestDatabase::postgres(migrate);
    let url = database.url();
    let proxy = Proxy::before(url);
    let server = crate::support::server::Server::start_with(&database, |settings| {
        settings.database_url = proxy.url().to_owned();
    });
    let admin = server.login_as(relief_ledger::auth::Role::Admin);
    for (number, mode) in [Mode::CutAfterCommit(1), Mode::CutBeforeCommit(1)].into_iter().enumerate() {
        let name = format!("Depot {number}");
        let cuts = proxy.cuts();
        proxy.set(mode);
        let body = serde_json::json!({"name": name, "country": "CN", "donor": true});
        let reply = admin.post("/api/v1/organizations", &body);
        assert!(proxy.cuts() > cuts, "{mode:?} cut nothing");
        proxy.set(Mode::Pass);
        let list = admin.get("/api/v1/organizations?limit=100").expect(200);
        let found = list["items"].as_array().expect("items");
        assert_eq!(found.iter().filter(|one| one["name"] == name).count(), 1, "{mode:?}: {}", reply.text);
        // What the server itself found when it asked again was there before, and is not told as new.
        assert!(matches!(reply.status, 200 | 201), "{mode:?}: {}", reply.text);
    }
}
