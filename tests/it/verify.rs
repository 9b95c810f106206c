//! `relief verify`: sound where nothing was touched, and naming whatever was.

use crate::support::ledger::{Ledger, migrate, tamper};
use crate::support::on_both_databases;
use relief_ledger::audit::beside::Beside;
use relief_ledger::audit::checkpoint::Checkpoint;
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::audit::signer::CheckpointSigner;
use relief_ledger::audit::store::newest_checkpoint;
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::connect;
use relief_ledger::writer::log_state;
use serde_json::{Value, json};
use std::path::Path;

/// Exit code and JSON of `relief verify`.
pub fn verify(url: &str, keys: &Path) -> (Option<i32>, Value) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_relief"))
        .args(["verify", "--json", "--database-url", url, "--keys"])
        .arg(keys)
        .output()
        .expect("the command runs");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let value = serde_json::from_str(&text)
        .unwrap_or_else(|_| json!(String::from_utf8_lossy(&output.stderr).into_owned()));
    (output.status.code(), value)
}

/// Signs the log's head as the server does once a second.
pub fn sign(url: &str, keys: &Path) -> bool {
    let mut conn = connect(url).expect("the database opens");
    let ring = KeyRing::open_or_create(keys).expect("there are keys");
    let name = log_state(&mut conn).expect("the log has a name").origin;
    let signer = ring.log_signer(&name).expect("the origin is a name");
    let mut checkpoints = CheckpointSigner::resume(&mut conn, signer, Some(Beside::of(keys, &name)))
        .expect("the last checkpoint fits");
    checkpoints.sign(&mut conn, Timestamp(7)).expect("the log continues").is_some()
}

/// Table and column of every finding, sorted, each once.
fn found(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("no report: {report:#}"));
    let mut names: Vec<_> =
        findings.iter().map(|finding| (text(&finding["table"]), text(&finding["column"]))).collect();
    names.sort();
    names.dedup();
    names
}

fn gift(url: &str, keys: &Path) -> Ledger {
    let ledger = Ledger::open(url);
    assert!(sign(url, keys));
    ledger.writer.stop();
    let ledger = Ledger { writer: Ledger::start(url), ..ledger };
    ledger.tell_gift();
    ledger.writer.stop();
    assert!(sign(url, keys));
    ledger
}

/// What one change behind the ledger's back is found as.
pub fn assert_named(url: &str, keys: &Path, sql: &str, expected: &[(&str, &str)]) -> Value {
    tamper(url, sql);
    let (code, report) = verify(url, keys);
    assert_eq!(code, Some(1), "{sql}: {report:#}");
    let names = found(&report);
    for (table, column) in expected {
        let name = ((*table).to_owned(), (*column).to_owned());
        assert!(names.contains(&name), "{sql}: {table}.{column} is not named in {report:#}");
    }
    report
}

on_both_databases! {
    migrate: migrate;

    fn what_cannot_be_compared_is_listed_table_by_table(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        // As whoever edits the file of a database can, past its keys between tables.
        let unbound = match database.url().split_once(':') {
            Some(("sqlite", _)) => "PRAGMA foreign_keys = OFF",
            _ => "SET session_replication_role = replica",
        };
        tamper(database.url(), &format!("{unbound}; DELETE FROM pledge_lines"));
        let (code, report) = verify(database.url(), keys.path());
        assert_eq!(code, Some(1), "{report:#}");
        let unchecked = report["unchecked"].as_array().expect("a list");
        for table in ["rollups", "dated_blocks", "dated_rollups"] {
            let words = format!("{table}: a pledge line they count is not there");
            assert!(unchecked.contains(&json!(words)), "{report:#}");
        }
    }

    fn an_untouched_ledger_is_sound(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let ledger = gift(database.url(), keys.path());
        let (code, report) = verify(database.url(), keys.path());
        assert_eq!((code, &report["verdict"]), (Some(0), &json!("sound")), "{report:#}");
        let checked = &report["checked"];
        for what in ["log entries", "balances", "rollups", "postings", "statements", "events", "lots", "checkpoints"] {
            assert!(checked[what].as_u64().unwrap_or(0) > 0, "{what} were not checked: {report:#}");
        }
        assert!(!sign(database.url(), keys.path()), "a log that has not grown is not signed again");
        drop(ledger);
    }

    fn without_the_key_it_cannot_tell(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        let nowhere = keys.path().join("nowhere");
        let (code, report) = verify(database.url(), &nowhere);
        assert_eq!((code, &report["verdict"]), (Some(2), &json!("cannot tell")), "{report:#}");
        assert!(!nowhere.exists(), "verifying makes no keys");
    }

    fn a_changed_balance_is_named(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        let sql = "UPDATE balances SET quantity = quantity + 1 WHERE account = 3";
        let report = assert_named(database.url(), keys.path(), sql, &[("balances", "quantity")]);
        assert_eq!(found(&report).len(), 1, "{report:#}");
        assert_eq!(report["findings"][0]["problem"], "says 301 where its postings make 300");
    }

    fn a_changed_posting_is_named_with_its_entry_and_last_change(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let ledger = gift(database.url(), keys.path());
        let sql = "UPDATE postings SET quantity = 301 WHERE account = 8";
        let expected = [("postings", "quantity"), ("balances", "quantity"), ("rollups", "distributed")];
        let report = assert_named(database.url(), keys.path(), sql, &expected);
        let findings = report["findings"].as_array().expect("there are findings");
        let row = findings.iter().find(|finding| finding["table"] == "postings").expect("the posting is named");
        assert_eq!(row["last_change"]["action"], "event.distributed");
        assert_eq!(row["last_change"]["actor"], ledger.actor.user.to_string());
        let sequence = row["last_change"]["sequence"].as_i64().expect("it has a sequence");
        assert_eq!(row["entry"], sequence - 1);
    }

    fn balances_folded_a_part_at_a_time_are_found_wrong_like_all_at_once(database: &TestDatabase) {
        use relief_ledger::audit::finding::Report;
        use relief_ledger::ledger::verify::verify_in_parts;
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        let folded = |cells_at_once: i64| {
            let mut report = Report::default();
            let mut conn = relief_ledger::db::connect(database.url()).expect("it opens");
            verify_in_parts(
                &mut conn,
                cells_at_once,
                relief_ledger::events::Kind::is_deploying,
                &mut report,
                &mut |_, _| {},
            )
            .expect("it is folded");
            let mut named: Vec<_> = report.findings.iter().map(|found| (found.key.clone(), found.problem.clone())).collect();
            named.sort();
            (named, report.count, report.checked["balances"])
        };
        assert_eq!(folded(1), folded(i64::MAX), "nothing is wrong");
        assert_eq!(folded(1).1, 0);
        tamper(database.url(), "UPDATE balances SET quantity = quantity + 1");
        let (all, count, checked) = folded(i64::MAX);
        assert!(count > 1 && checked > 1 && checked as usize <= count, "{count} of {checked}: {all:?}");
        for cells_at_once in [1, 2, 3] {
            assert_eq!(folded(cells_at_once), (all.clone(), count, checked));
        }
    }

    fn rows_at_no_sequence_of_the_log_are_named(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        let rest = "ordinal, cell, account, condition, pledge_line_id, lot_id, item_id, consignment_id, leg_id, site_id, \
                    holder_id, quantity, chosen, effective_at";
        for sequence in [0, -7, 1_000_000_000_000_000_000_i64] {
            let insert = format!(
                "INSERT INTO postings (sequence, {rest}) SELECT {sequence}, {rest} FROM postings WHERE account = 3 LIMIT 1"
            );
            let report = assert_named(database.url(), keys.path(), &insert, &[("postings", "-")]);
            assert_eq!(report["findings"][0]["key"], sequence.to_string(), "{report:#}");
            tamper(database.url(), &format!("DELETE FROM postings WHERE sequence = {sequence}"));
        }
        assert_eq!(verify(database.url(), keys.path()).0, Some(0));
    }

    fn a_changed_rollup_is_named(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        let sql = "UPDATE rollups SET ever_delivered = 999 WHERE cuboid = 0 AND ever_delivered > 0";
        let report = assert_named(database.url(), keys.path(), sql, &[("rollups", "ever_delivered")]);
        assert_eq!(found(&report).len(), 1, "{report:#}");
    }

    fn a_consignment_whose_flows_do_not_add_up_is_named_with_its_residual(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let ledger = gift(database.url(), keys.path());
        let (_, report) = verify(database.url(), keys.path());
        assert_eq!(report["checked"]["consignments' flows"], 1, "{report:#}");
        let residual = |sql: &str, more: i64| {
            let report = assert_named(database.url(), keys.path(), sql, &[("consignments", "-")]);
            let findings = report["findings"].as_array().expect("there are findings");
            let named = findings.iter().find(|finding| finding["table"] == "consignments").expect("it is named");
            assert_eq!(named["key"], ledger.consignment.to_string());
            let problem = named["problem"].as_str().expect("in words");
            assert!(problem.ends_with(&format!("the residual is {more}")), "{problem}");
        };
        residual("UPDATE balances SET quantity = quantity - 7 WHERE account = 6", 7);
        residual("UPDATE balances SET quantity = quantity + 7 WHERE account = 6; \
            UPDATE postings SET quantity = quantity + 5 WHERE account = 7 AND quantity > 100 AND condition = 0", -5);
    }

    fn a_changed_body_of_the_log_breaks_leaf_tree_and_checkpoint(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        let sql = "UPDATE log_entries SET body = replace(body, 'officer', 'manager') WHERE position = 3";
        let expected = [("log_entries", "body"), ("ledger_state", "edge"), ("checkpoints", "note")];
        assert_named(database.url(), keys.path(), sql, &expected);
    }

    fn a_row_changed_added_or_removed_is_named(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        let url = database.url();
        let changed = "UPDATE lots SET expires_on = '2031-01-31'";
        let report = assert_named(url, keys.path(), changed, &[("lots", "expires_on")]);
        let finding = &report["findings"][0];
        assert_eq!(finding["last_change"]["action"], "event.collected", "{report:#}");
        let removed = "UPDATE lots SET expires_on = '2025-01-31'; DELETE FROM legs";
        let report = assert_named(url, keys.path(), removed, &[("legs", "-")]);
        assert_eq!(report["findings"][0]["last_change"]["action"], "event.received", "{report:#}");
        let added = "INSERT INTO lots SELECT item_id, item_id, 'X', NULL, recalled, 0 FROM lots";
        assert_named(url, keys.path(), added, &[("lots", "-")]);
    }

    fn a_log_cut_short_is_named_by_what_was_signed(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        let sql = "DELETE FROM log_entries WHERE position >= 12";
        assert_named(database.url(), keys.path(), sql, &[("checkpoints", "-"), ("ledger_state", "sequence")]);
    }

    fn a_checkpoint_states_the_log_and_is_never_signed_over_another(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        let mut conn = connect(database.url()).expect("the database opens");
        let ring = KeyRing::open_or_create(keys.path()).expect("there are keys");
        let name = log_state(&mut conn).expect("the log has a name").origin;
        let signer = ring.log_signer(&name).expect("the origin is a name");
        let stored = newest_checkpoint(&mut conn).expect("it is read").expect("there is one");
        let checkpoint = Checkpoint::open(&stored.note, signer.verifier()).expect("it is signed");
        assert_eq!(i64::try_from(checkpoint.head.size), Ok(stored.size));
        tamper(database.url(), "UPDATE log_entries SET leaf_hash = (SELECT leaf_hash FROM log_entries WHERE position = 0)");
        assert!(CheckpointSigner::resume(&mut conn, signer, None).is_err());
    }
}

#[test]
fn a_database_that_is_not_there_tells_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("none.db").display());
    assert_eq!(verify(&url, folder.path()).0, Some(2));
    assert!(!folder.path().join("none.db").exists());
}
