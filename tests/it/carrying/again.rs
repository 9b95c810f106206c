//! Trouble with putting back: commands that were killed, and what has been taken back since.

use super::{backup, empty_like, gift, restore};
use crate::support::TestDatabase;
use crate::support::ledger::{Ledger, migrate};
use crate::verify::verify;
use relief_ledger::db::carry::Draft;
use std::path::PathBuf;

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
