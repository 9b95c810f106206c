//! Databases carried under load: backed up again and again while eight write, each restored and verified; copied there
//! and back.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::field::{Field, broken_promises, id, recorded};
use super::try_post;
use crate::carrying::copies::{copy, empty_other};
use crate::carrying::{backup, count, empty_like, restore};
use crate::support::books::{assert_sound, log_root};
use crate::support::on_both_databases;
use crate::support::server::migrate;
use crate::verify::verify;

/// Backups of an ordinary run, and of `RELIEF_LONG=1`.
const BACKUPS: usize = 2;
const BACKUPS_LONG: usize = 20;
/// Who posts meanwhile.
const WRITERS: usize = 8;

on_both_databases! {
    migrate: migrate;

    fn backups_while_eight_write_are_whole_and_a_copy_has_the_same_root_there_and_back(database: &TestDatabase) {
        let url = database.url();
        let field = Field::lay(url, 1_000_000);
        let program = field.start();
        let address = program.address().trim_start_matches("http://").to_owned();
        let backups = if std::env::var_os("RELIEF_LONG").is_some() { BACKUPS_LONG } else { BACKUPS };
        let acknowledged = Mutex::new(BTreeSet::new());
        let over = AtomicBool::new(false);
        let taken: Vec<_> = std::thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        let id = id();
                        if try_post(&address, &field.token, &field.moved(&id)) == Some(201) {
                            acknowledged.lock().expect("no writer failed").insert(id);
                        }
                    }
                });
            }
            let taken = (0..backups).map(|number| {
                std::thread::sleep(Duration::from_millis(1_200));
                // What was acknowledged before it began must be in it.
                let before = acknowledged.lock().expect("no writer failed").clone();
                let (file, told) = backup(url, &field.keys(), &format!("{number}.backup"));
                let meanwhile = acknowledged.lock().expect("no writer failed").len() - before.len();
                eprintln!("backup {number}: {} entries, {meanwhile} posted meanwhile", told["sequence"]);
                (before, file, told, meanwhile)
            });
            let taken = taken.collect();
            over.store(true, Ordering::Relaxed);
            taken
        });
        drop(program);
        assert!(taken.iter().any(|(.., meanwhile)| *meanwhile > 0), "nobody could post while a backup was made");
        let mut sequences = Vec::new();
        for (before, file, told, _) in &taken {
            let place = empty_like(database);
            let (code, restored, error) = restore(file, place.url(), &field.keys());
            assert_eq!(code, Some(0), "{error}");
            assert_eq!(broken_promises(place.url(), before), [""; 0]);
            let (code, report) = verify(place.url(), &field.keys());
            assert_eq!(code, Some(0), "{report:#}");
            assert_eq!(restored["sequence"].as_u64(), told["sequence"].as_u64().map(|sequence| sequence + 1));
            sequences.push(told["sequence"].as_u64());
        }
        assert!(sequences.is_sorted());
        // The same check misses what was posted after a backup.
        let all = acknowledged.into_inner().expect("no writer failed");
        let (_, first, ..) = &taken[0];
        let place = empty_like(database);
        assert_eq!(restore(first, place.url(), &field.keys()).0, Some(0));
        assert!(!broken_promises(place.url(), &all).is_empty(), "the first backup has what came after it");

        let (other, back) = (empty_other(database), empty_like(database));
        assert_eq!(copy(url, other.url()).0, Some(0));
        assert_eq!(copy(other.url(), back.url()).0, Some(0));
        for copied in [other.url(), back.url()] {
            assert_eq!(log_root(copied), log_root(url));
            assert_eq!(recorded(copied).len(), recorded(url).len());
            assert_eq!(count(copied, "postings"), count(url, "postings"));
            assert_sound(copied);
            let (code, report) = verify(copied, &field.keys());
            assert_eq!(code, Some(0), "{report:#}");
        }
    }
}
