//! Trouble with putting back: commands that were killed, and what has been taken back since.

use super::{backup, count, empty_like, gift, relief, restore, text};
use crate::support::TestDatabase;
use crate::support::ledger::{Ledger, migrate};
use crate::support::on_both_databases;
use crate::support::server::Server;
use crate::verify::verify;
use relief_ledger::auth::now;
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::carry::Draft;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The file of a SQLite database, and one beside it.
fn beside(database: &TestDatabase, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", database.url().trim_start_matches("sqlite://")))
}

#[test]
fn what_a_killed_restore_left_beside_its_draft_is_not_played_into_the_next_one() {
    let (database, other) = (TestDatabase::sqlite(migrate), TestDatabase::sqlite(migrate));
    let keys = tempfile::tempdir().expect("a folder for keys");
    let keys = keys.path();
    let _ledger = gift(database.url(), keys);
    let (file, told) = backup(database.url(), keys, "gift.backup");
    // Another ledger that is written still: its log of writes is as a killed process leaves it.
    let killed = Ledger::with_gift(other.url());
    let place = empty_like(&database);
    for ending in ["", "-wal", "-shm"] {
        std::fs::copy(beside(&other, ending), beside(&place, &format!(".restoring{ending}")))
            .expect("it is left");
    }
    killed.writer.stop();
    let wal = beside(&place, ".restoring-wal");
    assert!(wal.metadata().expect("it is there").len() > 32, "it has pages");

    let (code, _, error) = restore(&file, place.url(), keys);
    assert_eq!(code, Some(2), "{error}");
    for ending in ["", "-wal", "-shm"] {
        let left = beside(&place, &format!(".restoring{ending}"));
        assert!(error.contains(left.to_str().expect("a path")) && left.exists(), "{error}");
    }
    // Whoever removes the draft alone gets the same.
    std::fs::remove_file(beside(&place, ".restoring")).expect("it is removed");
    let (code, restored, error) = restore(&file, place.url(), keys);
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(restored["former_log"], told["log"]);
    let (code, report) = verify(place.url(), keys);
    assert_eq!(code, Some(0), "{report:#}");
    assert!(!wal.exists() && !beside(&place, ".restoring").exists(), "nothing is left");
}

#[test]
fn a_draft_takes_no_name_that_somebody_took_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("relief.backup");
    let draft = Draft::make(&file, ".partial").expect("there is none");
    std::fs::write(&file, "mine").expect("somebody writes");
    draft.place().expect_err("the name is taken");
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "mine");
    std::fs::remove_file(&file).expect("it goes");
    let draft = Draft::make(&file, ".partial").expect("the first is gone");
    std::fs::write(draft.path(), "whole").expect("it is written");
    draft.place().expect("it is placed");
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "whole");
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is listed").count(), 1, "under one name");
}

/// A key of a machine, and a link, made on the command line.
fn let_in(url: &str, keys: &Path) -> (String, String) {
    let day = 24 * 60 * 60 * 1_000_000;
    let until = Timestamp(now().0 + 30 * day).to_string();
    let run = |arguments: &[&str]| {
        let keys = keys.to_str().expect("a path");
        let (code, said, error) = relief(&[arguments, &["--database-url", url, "--keys", keys]].concat());
        assert_eq!(code, Some(0), "{error}");
        said.as_str().expect("text").to_owned()
    };
    let key = run(&["api-key", "make", "--name", "Scale", "--role", "auditor", "--until", &until]);
    let said = run(&["user", "invite", "--login", "fatou", "--name", "Fatou Sowe", "--role", "manager"]);
    let token = said.lines().find(|line| line.starts_with("relief_invitation_")).expect("a token");
    (key.trim().to_owned(), token.to_owned())
}

on_both_databases! {
    migrate: migrate;

    fn nobody_comes_into_a_restored_database_with_what_was_taken_back_since(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let (url, keys) = (database.url(), keys.path());
        let _ledger = gift(url, keys);
        let (key, token) = let_in(url, keys);
        let (file, told) = backup(url, keys, "keys.backup");
        let prefix = key.split('_').nth(2).expect("a prefix");
        let folder = keys.to_str().expect("a path");
        let revoke = ["api-key", "revoke", "--prefix", prefix, "--database-url", url, "--keys", folder];
        assert_eq!(relief(&revoke).0, Some(0));

        let place = empty_like(database);
        let (code, restored, error) = restore(&file, place.url(), keys);
        assert_eq!(code, Some(0), "{error}");
        assert_eq!(restored["revoked"], json!({"api_keys": 1, "links": 1}));
        assert_eq!(count(place.url(), "api_keys WHERE revoked_at IS NULL"), 0);
        assert_eq!(count(place.url(), "invitations WHERE ended_at IS NULL"), 0);
        // The log says so after it has its new name, and of whom: whoever holds the database.
        let first = told["sequence"].as_i64().expect("a sequence");
        let entry = |position: i64| -> (Value, Value) {
            let sql = format!("SELECT body AS value FROM log_entries WHERE position = {position}");
            let entry: Value = serde_json::from_str(&text(place.url(), &sql)).expect("an entry");
            (entry["action"].clone(), entry["role"].clone())
        };
        for (position, action) in (first..).zip(["log.restored", "api_key.revoked", "invitation.revoked"]) {
            assert_eq!(entry(position), (json!(action), json!("operator")), "{position}");
        }
        let (code, report) = verify(place.url(), keys);
        assert_eq!(code, Some(0), "{report:#}");

        let folder = keys.to_owned();
        let server = Server::start_with(&place, |settings| settings.keys = folder);
        assert_eq!(server.with_token(&key).get("/api/v1/auth/me").status, 401);
        let accept = json!({"token": token, "password": "umbrella tin violin march"});
        assert_eq!(server.stranger().post("/api/v1/auth/invitations/accept", &accept).status, 401);
        server.stop();

        // What came in with neither is not counted again.
        let (file, _) = backup(place.url(), keys, "again.backup");
        let (code, again, error) = restore(&file, empty_like(database).url(), keys);
        assert_eq!(code, Some(0), "{error}");
        assert_eq!(again["revoked"], json!({"api_keys": 0, "links": 0}));
    }
}
