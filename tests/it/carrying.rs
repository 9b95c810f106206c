//! Whole databases: backed up while others write, restored as a log of their own, copied to the other kind.

mod again;
mod archives;
pub mod copies;

use crate::support::ledger::{Ledger, migrate, tamper};
use crate::support::postgres::PostgresDatabase;
use crate::support::{TestDatabase, on_both_databases};
use crate::verify::{assert_named, sign, verify};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::core::id::SiteId;
use relief_ledger::db::connect;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use uuid::Uuid;

/// Exit code, JSON and complaint of a command.
pub fn relief(arguments: &[&str]) -> (Option<i32>, Value, String) {
    told(Command::new(env!("CARGO_BIN_EXE_relief")).args(arguments))
}

/// The same of a command that was made ready.
pub fn told(command: &mut Command) -> (Option<i32>, Value, String) {
    let folder = tempfile::tempdir().expect("a folder without settings");
    let output = command.current_dir(folder.path()).output().expect("the command runs");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (output.status.code(), value, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Backs a database up into a new file of this folder.
pub fn backup(url: &str, keys: &Path, name: &str) -> (PathBuf, Value) {
    let file = keys.join(name);
    let path = file.to_str().expect("a path");
    let (code, told, error) =
        relief(&["backup", path, "--json", "--database-url", url, "--keys", keys.to_str().expect("a path")]);
    assert_eq!(code, Some(0), "{error}");
    (file, told)
}

/// A place for a restored database, of the same kind as this one, with nothing in it.
pub fn empty_like(database: &TestDatabase) -> TestDatabase {
    match database {
        TestDatabase::Sqlite { .. } => TestDatabase::sqlite(|_| {}),
        TestDatabase::Postgres(_) => TestDatabase::Postgres(PostgresDatabase::empty()),
    }
}

pub fn restore(file: &Path, url: &str, keys: &Path) -> (Option<i32>, Value, String) {
    let (file, keys) = (file.to_str().expect("a path"), keys.to_str().expect("a path"));
    relief(&["restore", file, "--json", "--database-url", url, "--keys", keys])
}

/// One text out of a database.
pub fn text(url: &str, sql: &str) -> String {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Text)]
        value: String,
    }
    let row: Row = sql_query(sql).get_result(&mut connect(url).expect("it opens")).expect("a row");
    row.value
}

pub fn count(url: &str, table: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::BigInt)]
        value: i64,
    }
    let sql = format!("SELECT COUNT(*) AS value FROM {table}");
    let row: Row = sql_query(sql).get_result(&mut connect(url).expect("it opens")).expect("a row");
    row.value
}

fn gift(url: &str, keys: &Path) -> Ledger {
    let ledger = Ledger::with_gift(url);
    ledger.writer.stop();
    assert!(sign(url, keys));
    ledger
}

/// A session that somebody could continue.
const SESSION: &str = "INSERT INTO session_secrets (id, session_id, present_hash, used_at) \
    SELECT id, id, id, 1 FROM sessions";

on_both_databases! {
    migrate: migrate;

    fn a_backup_is_restored_as_a_log_of_its_own_whose_first_entry_names_the_old_checkpoint(database: &TestDatabase) {
        let (url, keys) = (database.url(), tempfile::tempdir().expect("a folder for keys"));
        let keys = keys.path();
        let ledger = gift(url, keys);
        let (file, told) = backup(url, keys, "gift.backup");
        let size = told["sequence"].as_u64().expect("a sequence");
        assert_eq!((&told["checkpoint"]["size"], &told["checkpoint"]["signature_checked"]), (&json!(size), &json!(true)));
        assert_eq!(told["bytes"].as_u64(), file.metadata().ok().map(|file| file.len()));
        assert_eq!(file.metadata().expect("it is there").permissions().mode() & 0o777, 0o600);
        assert!(!keys.join("gift.backup.partial").exists());

        let again = ["backup", file.to_str().expect("a path"), "--database-url", url];
        let (code, _, error) = relief(&again);
        assert_eq!(code, Some(2));
        assert!(error.contains("is there already. Name another file"), "{error}");

        // What is recorded after the backup is not in it.
        let later = Ledger { writer: Ledger::start(url), ..ledger };
        later.put(later.site(SiteId(Uuid::now_v7()), "Beijing South", "warehouse", "CN", None));
        later.writer.stop();
        assert!(sign(url, keys));
        let (code, _, error) = restore(&file, url, keys);
        assert_eq!(code, Some(2), "over a database that is in use: {error}");

        let place = empty_like(database);
        let (code, restored, error) = restore(&file, place.url(), keys);
        assert_eq!((code, &restored["signed"]), (Some(0), &json!(size + 1)), "{error}");
        assert!(error.contains("those after it are lost"), "{error}");
        assert_eq!(restored["former_log"], told["log"]);
        assert_ne!(restored["log"], told["log"]);
        assert_eq!(restored["sequence"], size + 1);
        assert_eq!(text(place.url(), "SELECT name AS value FROM sites WHERE code = 'BEIJING'"), "Beijing");
        let entry = text(place.url(), &format!("SELECT body AS value FROM log_entries WHERE position = {size}"));
        let entry: Value = serde_json::from_str(&entry).expect("an entry");
        assert_eq!(entry["action"], "log.restored");
        let reason = format!(
            "{} continues {} from its checkpoint of {size} leaves with root {} in base64, though {} leaves were signed",
            restored["log"].as_str().expect("a name"),
            told["log"].as_str().expect("a name"),
            told["checkpoint"]["root"].as_str().expect("a root"),
            size + 1,
        );
        assert_eq!(entry["reason"], reason);
        assert_eq!(text(place.url(), "SELECT origin AS value FROM ledger_state"), restored["log"].as_str().expect("a name"));

        // It goes on: it is sound before anything is signed under the new name, and after.
        let (code, report) = verify(place.url(), keys);
        assert_eq!(code, Some(0), "{report:#}");
        assert!(sign(place.url(), keys));
        let went_on = Ledger { writer: Ledger::start(place.url()), ..later };
        went_on.posted("distributed", "2020-08-10", json!({"site": went_on.banjul,
            "lines": [{"item": went_on.item, "quantity": 20}]}));
        went_on.writer.stop();
        assert!(sign(place.url(), keys));
        let (code, report) = verify(place.url(), keys);
        assert_eq!(code, Some(0), "{report:#}");

        // Whoever kept checkpoints of the old log checks them with the old key: what is gone is told.
        let ring = KeyRing::open_or_create(keys).expect("there are keys");
        let old = ring.log_signer(told["log"].as_str().expect("a name")).expect("a name").verifier().to_string();
        let held = |note: &str| {
            let file = keys.join("held.checkpoint");
            std::fs::write(&file, note).expect("it is written");
            let file = file.to_str().expect("a path");
            relief(&["verify", "--json", "--database-url", place.url(), "--key", &old, "--checkpoint", file])
        };
        assert_eq!(held(told["checkpoint"]["note"].as_str().expect("a note")).0, Some(0));
        let (code, report, _) = held(&text(url, "SELECT note AS value FROM checkpoints ORDER BY size DESC LIMIT 1"));
        assert_eq!((code, &report["findings"][0]["table"]), (Some(1), &json!("log_entries")), "{report:#}");

        // A backup of what was restored is restored as well.
        let (file, told) = backup(place.url(), keys, "again.backup");
        let second = empty_like(database);
        let (code, restored, error) = restore(&file, second.url(), keys);
        assert_eq!(code, Some(0), "{error}");
        assert_eq!((&restored["former_log"], &restored["signed"]), (&told["log"], &Value::Null));
        assert_eq!(error, "");
        assert!(sign(second.url(), keys));
        let (code, report) = verify(second.url(), keys);
        assert_eq!(code, Some(0), "{report:#}");

        // A log that takes another name without saying so is found, and so is one that says it and does not.
        let back = format!("UPDATE ledger_state SET origin = '{}'", told["log"].as_str().expect("a name"));
        assert_named(second.url(), keys, &back, &[("ledger_state", "origin")]);
        let denied = "UPDATE log_entries SET body = replace(body, 'log.restored', 'log.repaired') WHERE position = ";
        assert_named(place.url(), keys, &format!("{denied}{size}"), &[("log_entries", "body"), ("checkpoints", "note")]);
    }

    fn nobodys_session_goes_on_in_a_restored_database(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _field = crate::drills::field::Field::lay(database.url(), 10);
        tamper(database.url(), SESSION);
        assert!(count(database.url(), "session_secrets") > 0);
        let (file, told) = backup(database.url(), keys.path(), "session.backup");
        assert_eq!(told["checkpoint"], Value::Null, "nothing was signed yet");
        let place = empty_like(database);
        let (code, _, error) = restore(&file, place.url(), keys.path());
        assert_eq!(code, Some(0), "{error}");
        assert_eq!((count(place.url(), "sessions"), count(place.url(), "session_secrets")), (1, 0));
        assert!(text(place.url(), "SELECT body AS value FROM log_entries ORDER BY position DESC LIMIT 1")
            .contains("of which no checkpoint was signed"));
        assert_eq!(verify(place.url(), keys.path()).0, Some(0));
    }

    fn a_log_that_is_not_what_was_signed_is_neither_backed_up_nor_restored(database: &TestDatabase) {
        let (url, keys) = (database.url(), tempfile::tempdir().expect("a folder for keys"));
        let keys = keys.path();
        let _ledger = gift(url, keys);
        let (whole, _) = backup(url, keys, "whole.backup");
        let refused = |words: &str| {
            let file = keys.join("edited.backup");
            let arguments =
                ["backup", file.to_str().expect("a path"), "--database-url", url, "--keys", keys.to_str().expect("a path")];
            let (code, _, error) = relief(&arguments);
            assert_eq!(code, Some(1), "{error}");
            assert!(error.contains(words) && error.contains("run relief verify"), "{error}");
            assert!(!file.exists() && !keys.join("edited.backup.partial").exists(), "nothing is left");
        };
        tamper(url, "UPDATE log_entries SET body = replace(body, 'officer', 'manager') WHERE position = 3");
        refused("are not those that were signed");
        tamper(url, "DELETE FROM log_entries WHERE position = 5");
        refused("entry 5 is missing, and 6 is there");

        // A file that was cut short, or is something else, leaves nothing behind either.
        let bytes = std::fs::read(&whole).expect("it is readable");
        for (name, part, code) in [("half", &bytes[..bytes.len() / 2], 1), ("other", b"an archive of nothing".as_slice(), 2)] {
            let file = keys.join(name);
            std::fs::write(&file, part).expect("it is written");
            let place = empty_like(database);
            let told = restore(&file, place.url(), keys);
            assert_eq!(told.0, Some(code), "{name}: {}", told.2);
            if let Some(path) = place.url().strip_prefix("sqlite://") {
                assert!(!Path::new(path).exists() && !Path::new(&format!("{path}.restoring")).exists());
            }
        }
    }
}
