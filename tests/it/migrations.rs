//! A database of an earlier release is brought to the present schema with everything in it, and verifies.
//!
//! `migrations/0001.json` holds every row of a small ledger that the first release wrote: users, a gift received
//! short and damaged, goods returned and disposed of after their delivery and some of that taken back, a
//! correction whose units had moved on, and a departure that waits.

use crate::support::TestDatabase;
use crate::support::ledger::{Ledger, migrate};
use crate::support::on_both_databases;
use crate::support::postgres::{PostgresCluster, with_database};
use crate::verify::verify;
use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use relief_ledger::db::{self, Conn, connect};
use relief_ledger::writer::{LEDGER_ORIGIN, log_state};
use serde_json::Value;
use std::path::Path;

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The schema of the first release and nothing else.
fn first_release(url: &str) {
    let mut conn = connect(url).expect("the database opens");
    let folder = |name: &str| FileBasedMigrations::from_path(path(name)).expect("there are migrations");
    match &mut conn {
        Conn::Sqlite(sqlite) => {
            drop(sqlite.run_next_migration(folder("migrations/sqlite")).expect("it runs"))
        }
        Conn::Postgres(postgres) => {
            drop(postgres.run_next_migration(folder("migrations/postgres")).expect("it runs"))
        }
    }
}

/// A value as SQL of this database.
fn literal(value: &Value, is_sqlite: bool) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Object(bytes) => {
            let hex = bytes["hex"].as_str().expect("bytes");
            if is_sqlite { format!("X'{hex}'") } else { format!("'\\x{hex}'::bytea") }
        }
        Value::Array(_) => panic!("a column holds no list"),
    }
}

/// Fills a database of the first release.
fn fill(url: &str) {
    let text = std::fs::read_to_string(path("tests/it/migrations/0001.json")).expect("the rows are there");
    let tables: Value = serde_json::from_str(&text).expect("the rows are JSON");
    let is_sqlite = url.starts_with("sqlite:");
    // Foreign keys are deferred, so that the tables may come in any order.
    let mut sql = "BEGIN;".to_owned();
    for (table, rows) in tables.as_object().expect("tables") {
        let columns: Vec<&str> =
            rows["columns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for row in rows["rows"].as_array().into_iter().flatten() {
            let values: Vec<String> =
                row.as_array().into_iter().flatten().map(|one| literal(one, is_sqlite)).collect();
            sql.push_str(&format!(
                "INSERT INTO {table} ({}) VALUES ({});",
                columns.join(", "),
                values.join(", ")
            ));
        }
    }
    sql.push_str("COMMIT;");
    connect(url).expect("the database opens").batch_execute(&sql).expect("the rows are written");
}

#[derive(QueryableByName)]
struct Figure {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    value: i64,
}

fn figure(url: &str, sql: &str) -> i64 {
    let mut conn = connect(url).expect("the database opens");
    let found: Figure = diesel::sql_query(sql).get_result(&mut conn).expect("the figure is there");
    found.value
}

/// Units ever delivered, by each cuboid the same.
fn deployed(url: &str, cuboid: i32) -> i64 {
    figure(
        url,
        &format!("SELECT CAST(SUM(ever_delivered) AS BIGINT) AS value FROM rollups WHERE cuboid = {cuboid}"),
    )
}

/// Which of what was in clear stands in the files of a database. PostgreSQL's write-ahead log is the cluster's: it
/// keeps what was written until it is written over, which the guide says.
fn found(url: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Place {
        #[diesel(sql_type = diesel::sql_types::Text)]
        value: String,
    }
    let folder = match url.strip_prefix("sqlite://") {
        Some(file) => Path::new(file).parent().expect("a folder").to_owned(),
        None => {
            let mut conn = connect(url).expect("the database opens");
            conn.batch_execute("CHECKPOINT").expect("all is written");
            let sql = "SELECT current_setting('data_directory') || '/base/' || oid AS value FROM pg_database \
                       WHERE datname = current_database()";
            let place: Place = diesel::sql_query(sql).get_result(&mut conn).expect("it lies somewhere");
            place.value.into()
        }
    };
    let sought = ["The officer", "The manager", "Nfd2TLoGsQ63D5dX", "HBsEQ/85zaDovX5jA9FA9g"];
    let forms: Vec<Vec<u8>> = sought.iter().map(|text| text.as_bytes().to_vec()).collect();
    let mut files = Vec::new();
    crate::people::byte_search::search(&folder, &forms, &mut files);
    files
}

fn run(url: &str, keys: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_relief"));
    command.args(arguments).args(["--database-url", url, "--keys"]).arg(keys);
    command.output().expect("the command runs")
}

/// While somebody holds on to what was, by `hold` on a connection to `other`, the sealing leaves the clearing due and
/// says so; afterwards it is cleared.
fn is_cleared_after(url: &str, other: &str, hold: &str) {
    fill(url);
    let mut holder = connect(other).expect("the database opens");
    db::migrate(&mut connect(url).expect("the database opens")).expect("it migrates");
    holder.batch_execute(hold).expect("it is held");
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys");
    let output = run(url, &keys, &["migrate"]);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    assert_ne!(figure(url, "SELECT COUNT(*) AS value FROM purges_due"), 0);
    assert_eq!(figure(url, "SELECT COUNT(*) AS value FROM users WHERE name = ''"), 3, "they are sealed");
    holder.batch_execute("COMMIT").expect("it ends");
    drop(holder);
    relief(url, &keys, &["migrate"]);
    assert_eq!(figure(url, "SELECT COUNT(*) AS value FROM purges_due"), 0);
    assert_eq!(found(url), Vec::<String>::new());
}

fn relief(url: &str, keys: &Path, arguments: &[&str]) -> String {
    let output = run(url, keys, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints text")
}

on_both_databases! {
    migrate: first_release;

    fn users_from_before_are_sealed_once_and_nothing_of_them_is_left_in_clear(database: &TestDatabase) {
        let url = database.url();
        fill(url);
        let mut conn = connect(url).expect("the database opens");
        // As a database in use has it: PostgreSQL notes common values of columns.
        let analyzed = if url.starts_with("sqlite") { "ANALYZE" } else { "ANALYZE users" };
        conn.batch_execute(analyzed).expect("statistics are made");
        db::migrate(&mut conn).expect("it migrates");
        assert_eq!(verify(url, Path::new("/nonexistent/keys")).1["count"], 0, "not sealed yet, as recorded");
        drop(conn);
        assert_ne!(found(url), Vec::<String>::new(), "they were in clear");
        let folder = tempfile::tempdir().expect("a folder");
        let keys = folder.path().join("keys");
        relief(url, &keys, &["migrate"]);
        assert_eq!(found(url), Vec::<String>::new());
        let listed = relief(url, &keys, &["user", "list"]);
        for words in ["The officer", "The manager", "The admin"] {
            assert!(listed.contains(words), "{listed}");
        }
        assert_eq!(figure(url, "SELECT COUNT(*) AS value FROM users WHERE name = '' AND password_hash = ''"), 3);
        let (_, report) = verify(url, Path::new("/nonexistent/keys"));
        assert_eq!((&report["count"], &report["checked"]["users"]), (&Value::from(0), &Value::from(3)), "{report:#}");
        let before = figure(url, "SELECT sequence AS value FROM ledger_state");
        relief(url, &keys, &["migrate"]);
        assert_eq!(figure(url, "SELECT sequence AS value FROM ledger_state"), before, "once is enough");
    }

    fn while_somebody_reads_what_was_in_clear_it_stays_due_and_is_cleared_later(database: &TestDatabase) {
        let isolation = if database.url().starts_with("sqlite") { "" } else { " ISOLATION LEVEL REPEATABLE READ" };
        let hold = format!("BEGIN{isolation}; SELECT name FROM users");
        is_cleared_after(database.url(), database.url(), &hold);
    }

    fn sealing_that_does_not_clear_the_files_is_found_out(database: &TestDatabase) {
        let url = database.url();
        fill(url);
        let mut conn = connect(url).expect("the database opens");
        db::migrate(&mut conn).expect("it migrates");
        conn.batch_execute("DELETE FROM purges_due").expect("nothing is to be cleared");
        drop(conn);
        let folder = tempfile::tempdir().expect("a folder");
        relief(url, &folder.path().join("keys"), &["migrate"]);
        assert_eq!(figure(url, "SELECT COUNT(*) AS value FROM users WHERE name = ''"), 3, "they are sealed");
        assert_ne!(found(url), Vec::<String>::new(), "and stand in the files all the same");
    }

    fn a_database_of_the_first_release_migrates_with_its_rows_and_verifies(database: &TestDatabase) {
        let url = database.url();
        fill(url);
        assert_eq!(deployed(url, 5), 790, "goods that were returned or disposed of no longer counted as delivered");
        db::migrate(&mut connect(url).expect("the database opens")).expect("it migrates");
        for cuboid in 0..8 {
            assert_eq!(deployed(url, cuboid), 1_060, "cuboid {cuboid}");
        }
        let (_, report) = verify(url, Path::new("/nonexistent/keys"));
        assert_eq!(report["count"], 0, "{report:#}");
        for what in ["users", "rollups", "waiting", "balances", "postings"] {
            assert!(report["checked"][what].as_u64().unwrap_or(0) > 0, "{what} were not checked: {report:#}");
        }
    }

    fn a_log_that_began_before_logs_had_names_keeps_the_name_its_receipts_say(database: &TestDatabase) {
        let url = database.url();
        fill(url);
        let mut conn = connect(url).expect("the database opens");
        let before = log_state(&mut conn).expect("the log stands somewhere");
        db::migrate(&mut conn).expect("it migrates");
        Ledger::start(url).stop();
        let after = log_state(&mut conn).expect("the log stands somewhere");
        assert_eq!((after.origin.as_str(), after.last.sequence), (LEDGER_ORIGIN, before.last.sequence));
        assert_eq!(after.edge.to_bytes(), before.edge.to_bytes());
        assert!(after.last.sequence > 0);
        // Another one, of which nothing was recorded, is named so that nobody takes it for this one.
        let empty = TestDatabase::sqlite(migrate);
        Ledger::start(empty.url()).stop();
        let named = log_state(&mut connect(empty.url()).expect("the database opens")).expect("it has a name").origin;
        assert!(named.starts_with(&format!("{LEDGER_ORIGIN}/")), "{named}");
    }
}

#[test]
fn a_writer_in_another_database_of_the_cluster_keeps_old_rows_too() {
    // In a cluster of their own: whoever clears a database elsewhere would wait for this writer as well.
    let cluster = PostgresCluster::start(&[]);
    let mut other = connect(cluster.url()).expect("the server answers");
    other.batch_execute("CREATE DATABASE ledger").expect("it is made");
    drop(other);
    let ledger = with_database(cluster.url(), "ledger");
    first_release(&ledger);
    is_cleared_after(&ledger, cluster.url(), "BEGIN; SELECT pg_current_xact_id()");
}
