//! Copies between the two kinds of database.

use super::{SESSION, count, empty_like, gift, relief, text};
use crate::drills::field::Field;
use crate::support::TestDatabase;
use crate::support::books::{assert_sound, log_root};
use crate::support::ledger::{Ledger, migrate, tamper};
use crate::support::on_both_databases;
use crate::support::postgres::PostgresDatabase;
use crate::verify::{sign, verify};
use relief_ledger::db::carry::{LEFT, Sums, TABLES};
use relief_ledger::db::connect;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// An empty database of the other kind.
pub fn empty_other(database: &TestDatabase) -> TestDatabase {
    match database {
        TestDatabase::Sqlite { .. } => TestDatabase::Postgres(PostgresDatabase::empty()),
        TestDatabase::Postgres(_) => TestDatabase::sqlite(|_| {}),
    }
}

pub fn copy(from: &str, to: &str) -> (Option<i32>, Value, String) {
    relief(&["copy", "--json", "--from", from, "--to", to])
}

/// The tables of a database, as it lists them itself.
fn tables(url: &str) -> BTreeSet<String> {
    let sql = if url.starts_with("sqlite:") {
        "SELECT group_concat(name) AS value FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    } else {
        "SELECT string_agg(tablename, ',') AS value FROM pg_tables WHERE schemaname = 'public'"
    };
    text(url, sql).split(',').map(str::to_owned).collect()
}

#[test]
fn a_copy_of_which_no_statistics_can_be_gathered_is_a_copy() {
    let (database, other) = (TestDatabase::sqlite(migrate), TestDatabase::postgres(migrate));
    let keys = tempfile::tempdir().expect("a folder for keys");
    let _ledger = gift(database.url(), keys.path());
    // What an index is made of is computed anew for its statistics.
    tamper(
        other.url(),
        "CREATE FUNCTION counted(BIGINT) RETURNS BIGINT LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN \
         IF current_query() LIKE 'ANALYZE%' THEN RAISE 'not now'; END IF; RETURN $1; END $$; \
         CREATE INDEX counted ON postings (counted(quantity))",
    );
    let (code, told, error) = copy(database.url(), other.url());
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("Run ANALYZE on it") && error.contains("not now"), "{error}");
    assert!(told["rows"]["postings"].as_u64() > Some(10), "{told:#}");
    assert_eq!(log_root(other.url()), log_root(database.url()));
}

on_both_databases! {
    migrate: migrate;

    fn every_table_is_copied_or_left_with_a_reason_and_an_unknown_one_stops_it(database: &TestDatabase) {
        let known = TABLES.into_iter().chain(LEFT.map(|(table, _)| table)).map(str::to_owned);
        assert_eq!(known.collect::<BTreeSet<_>>(), tables(database.url()));
        assert_eq!(TABLES.len() + LEFT.len(), tables(database.url()).len(), "each once");
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        tamper(database.url(), "CREATE TABLE harvests (id BIGINT PRIMARY KEY)");
        let other = empty_other(database);
        let (code, _, error) = copy(database.url(), other.url());
        assert_eq!(code, Some(1));
        assert!(error.contains("\"harvests\""), "{error}");
        assert_eq!(count(other.url(), "log_entries"), 0);
    }

    fn a_copy_has_the_same_log_and_totals_there_and_back_and_goes_on(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let (url, keys) = (database.url(), keys.path());
        let ledger = gift(url, keys);
        tamper(url, "INSERT INTO refusals (event_id, code, problem, refused_at) \
            SELECT id, 'insufficient', '{\"tab\": \"\t\", \"line\": \"\\\"}', -7 FROM events WHERE kind = 'departed'");
        let root = log_root(url);
        let other = empty_other(database);
        let (code, told, error) = copy(url, other.url());
        assert_eq!(code, Some(0), "{error}");
        assert!(error.is_empty(), "{error}");
        assert_eq!((&told["missed"], &told["rows"]["refusals"]), (&json!(0), &json!(1)));
        assert!(told["rows"]["postings"].as_u64() > Some(10) && told["sums"].as_u64() > Some(10), "{told:#}");
        let back = empty_like(database);
        let (code, again, error) = copy(other.url(), back.url());
        assert_eq!((code, &again), (Some(0), &told), "{error}");
        let sums = |url: &str| Sums::of(&mut connect(url).expect("it opens")).expect("sums");
        for copied in [other.url(), back.url()] {
            assert_eq!(log_root(copied), root);
            assert_eq!(sums(copied), sums(url));
            assert_sound(copied);
            let (_, report) = verify(copied, keys);
            // The one row that no entry tells of came along, as did everything else.
            let found = report["findings"].as_array().expect("findings");
            assert_eq!((found.len(), &found[0]["table"]), (1, &json!("refusals")), "{report:#}");
            let problem = "SELECT problem AS value FROM refusals";
            assert_eq!(text(copied, problem), text(url, problem));
            assert!(!sign(copied, keys), "what was signed is signed");
        }
        let went_on = Ledger { writer: Ledger::start(other.url()), ..ledger };
        let lines = json!([{"item": went_on.item, "quantity": 20}]);
        went_on.posted("distributed", "2020-08-10", json!({"site": went_on.banjul, "lines": lines}));
        went_on.writer.stop();
        assert!(sign(other.url(), keys), "the log goes on under its name");
        assert_eq!(went_on.writer.sequence().borrow().to_owned(), told["sequence"].as_i64().expect("it has one") + 1);

        let (code, _, error) = copy(url, other.url());
        assert_eq!(code, Some(2));
        assert!(error.contains("is not empty"), "{error}");
    }

    fn users_and_photos_are_copied_and_sessions_do_not_go_on(database: &TestDatabase) {
        let field = Field::lay(database.url(), 10);
        tamper(database.url(), SESSION);
        tamper(database.url(), "INSERT INTO attachments (id, media_type, size_bytes, width, height, sha256_sent, \
            sha256_kept, removed, has_location, shareable, uploaded_by, revision, created_at) \
            SELECT id, 'image/png', 3, NULL, 7, id, id, '[]', id = id, id <> id, id, 1, 2 FROM users; \
            INSERT INTO attachment_bytes SELECT id, id FROM users");
        let other = empty_other(database);
        let (code, told, error) = copy(database.url(), other.url());
        assert_eq!(code, Some(0), "{error}");
        for table in ["users", "access_changes", "sessions", "attachments", "attachment_bytes"] {
            assert!(told["rows"][table].as_u64() > Some(0), "{table}: {told:#}");
            assert_eq!(count(database.url(), table), count(other.url(), table), "{table}");
        }
        assert_eq!(count(other.url(), "session_secrets"), 0);
        assert_eq!(count(other.url(), "attachments WHERE has_location AND NOT shareable AND width IS NULL"), 1);
        assert_eq!(count(other.url(), "attachment_bytes JOIN users ON users.id = attachment_bytes.sealed"), 1);
        let (_, report) = verify(other.url(), &field.keys());
        let found = report["findings"].as_array().expect("findings");
        assert_eq!((found.len(), &found[0]["table"]), (1, &json!("attachments")), "{report:#}");
    }

    fn a_copy_that_would_differ_is_not_kept(database: &TestDatabase) {
        let keys = tempfile::tempdir().expect("a folder for keys");
        let _ledger = gift(database.url(), keys.path());
        // A database that drops rows, or changes them, as they come.
        let (lost, changed) = match empty_other(database) {
            TestDatabase::Sqlite { .. } => (
                "CREATE TRIGGER lose BEFORE INSERT ON TABLE WHEN NEW.ordinal = 1 BEGIN SELECT RAISE(IGNORE); END",
                None,
            ),
            TestDatabase::Postgres(_) => (
                "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.ordinal = 1 THEN RETURN NULL; \
                 END IF; RETURN NEW; END $$; CREATE TRIGGER lose BEFORE INSERT ON TABLE FOR EACH ROW \
                 EXECUTE FUNCTION lose()",
                Some("CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.COLUMN := CHANGED; \
                 RETURN NEW; END $$; CREATE TRIGGER change BEFORE INSERT ON TABLE FOR EACH ROW \
                 EXECUTE FUNCTION change()"),
            ),
        };
        let refused = |sql: &str, words: &str| {
            let other = empty_other(database);
            migrate(other.url());
            tamper(other.url(), sql);
            let (code, _, error) = copy(database.url(), other.url());
            assert_eq!(code, Some(1), "{error}");
            assert!(error.contains("so it was not kept") && error.contains(words), "{error}");
            for table in ["organizations", "postings", "log_entries"] {
                assert_eq!(count(other.url(), table), 0, "{table}");
            }
        };
        refused(&lost.replace("TABLE", "postings"), "postings has");
        if let Some(changed) = changed {
            let of = |table: &str, column: &str, value: &str| {
                changed.replace("TABLE", table).replace("COLUMN", column).replace("CHANGED", value)
            };
            refused(&of("postings", "quantity", "NEW.quantity + 1"), "sums of quantities are others");
            let (code, _, error) = {
                let other = empty_other(database);
                migrate(other.url());
                tamper(other.url(), &of("log_entries", "body", "NEW.body || ' '"));
                copy(database.url(), other.url())
            };
            assert_eq!(code, Some(1), "{error}");
            assert!(error.contains("The log is not whole"), "{error}");
        }
    }
}
