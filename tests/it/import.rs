//! Stories of imports: a file into the ledger, row by row, and again, and changed.

use std::path::PathBuf;

use diesel::prelude::*;
use relief_ledger::db::{Conn, CountRow, connect};
use relief_ledger::exchange::apply::Recorder;
use relief_ledger::exchange::import::{Imported, import};
use relief_ledger::exchange::plan::Plan;
use relief_ledger::exchange::verdict::{OutcomeCounts, RowOutcome};
use relief_ledger::exchange::{import as files, report};
use relief_ledger::writer::Rehearsal;

use self::masks::{mapping, planned, recorded};
use crate::support::server::migrate;
use crate::support::{TestDatabase, on_both_databases};

mod again;
mod figures;
mod masks;
mod plans;
mod reading;
mod words;

/// Rows of the SCMS file that PostgreSQL gets where the run is not a long one.
const SLICE_ROWS: usize = 1_500;

const MAPPING: &str = mapping!(
    r#"
[row]
key = "{ID}"
[columns."Boxes"]
type = "integer"
[columns."Torn"]
type = "integer"
[columns."Delivered"]
type = "date"
"#,
    r#"
[item]
reference = "{Item}"
name = "{Item}"
base_unit = "{Unit}"
[line]
quantity = "Boxes"
"#,
    r#"leg = [{ from = "start", to = "end", mode = "road" }]"#,
    "damaged = \"Torn\"\n"
);

const HEADER: &str = "ID,Gift,Waybill,Donor,City,Country,Item,Unit,Boxes,Torn,Delivered\n";

fn plan_of(rows: &str) -> Plan {
    planned(MAPPING, format!("{HEADER}{rows}"))
}

fn record(url: &str, rows: &str) -> Imported {
    recorded(url, &plan_of(rows))
}

fn counts(created: u64, updated: u64, unchanged: u64, rejected: u64) -> OutcomeCounts {
    OutcomeCounts { created, updated, unchanged, rejected, skipped: 0 }
}

fn count(conn: &mut Conn, query: &str) -> i64 {
    let text = format!("SELECT CAST(COALESCE(({query}), 0) AS BIGINT) AS value");
    diesel::sql_query(text).get_result::<CountRow>(conn).unwrap().value
}

fn log_size(url: &str) -> i64 {
    count(&mut connect(url).unwrap(), "SELECT MAX(sequence) FROM ledger_state")
}

fn delivered(url: &str) -> i64 {
    count(&mut connect(url).unwrap(), "SELECT SUM(quantity) FROM balances WHERE account = 7")
}

const TWO_ROWS: &str = "1,G1,W1,Shenzhen,Banjul,Gambia,mask,piece,10000,,2020-08-06\n\
                        2,G1,W2,Shenzhen,Koidu,Sierra Leone,mask,piece,2000,50,2020-08-07\n";

on_both_databases! {
    migrate: migrate;

    fn the_same_file_twice_changes_nothing(database: &TestDatabase) {
        assert_eq!(record(database.url(), TWO_ROWS).counts, counts(2, 0, 0, 0));
        assert_eq!(delivered(database.url()), 12_000);
        let size = log_size(database.url());
        assert_eq!(record(database.url(), TWO_ROWS).counts, counts(0, 0, 2, 0));
        assert_eq!(log_size(database.url()), size);
    }

    fn a_dry_run_decides_the_same_and_records_nothing(database: &TestDatabase) {
        let mut rehearsal = Recorder::Rehearsal(Box::new(Rehearsal::open(database.url()).unwrap()));
        let imported = import(&plan_of(TWO_ROWS).into(), &mut rehearsal, &mut |_, _| {}).unwrap();
        assert_eq!(imported.counts, counts(2, 0, 0, 0));
        assert_eq!(log_size(database.url()), 0);
    }

    fn a_rejected_row_takes_nothing_else_with_it(database: &TestDatabase) {
        record(database.url(), TWO_ROWS);
        // An item never changes its base unit; the second row is of another item.
        let rows = "3,G3,W3,Shenzhen,Banjul,Gambia,mask,box,10,,2020-09-01\n\
                    4,G3,W3,Shenzhen,Banjul,Gambia,gown,piece,20,,2020-09-01\n";
        let imported = record(database.url(), rows);
        assert_eq!(imported.counts, counts(1, 0, 0, 1));
        let RowOutcome::Rejected { problems } = &imported.verdicts[0].outcome else {
            panic!("the row should be rejected")
        };
        assert_eq!((problems[0].row, problems[0].column.as_str(), problems[0].value.as_str()), (2, "Unit", "box"));
        assert_eq!(delivered(database.url()), 12_020);
    }

    fn a_receipt_that_says_something_else_now_is_corrected(database: &TestDatabase) {
        record(database.url(), TWO_ROWS);
        let torn = TWO_ROWS.replace("2000,50", "2000,80");
        assert_eq!(record(database.url(), &torn).counts, counts(0, 1, 1, 0));
        let mut conn = connect(database.url()).unwrap();
        let damaged = "SELECT SUM(quantity) FROM balances WHERE account = 7 AND condition = 2";
        assert_eq!(count(&mut conn, damaged), 80);
        assert_eq!(record(database.url(), &torn).counts, counts(0, 0, 2, 0));
    }
}

fn scms() -> Option<PathBuf> {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/real/scms_delivery_history.csv");
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// Totals of the ledger after an import, straight from balances and rollups.
fn check_whole_scms(url: &str, imported: &Imported) {
    assert_eq!(imported.counts, counts(10_324, 0, 0, 0));
    check_scms_totals(url);
    assert_eq!(told_by_country(url), (43, 9_981_274_623, Vec::new()));
}

/// What `relief totals` says by country: how many there are, what was delivered in all of them, and where the two sides
/// differ.
fn told_by_country(url: &str) -> (usize, i64, Vec<String>) {
    let told = std::process::Command::new(env!("CARGO_BIN_EXE_relief"))
        .args(["totals", "--group-by", "country", "--json", "--database-url", url])
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let rows = told["rows"].as_array().unwrap();
    let delivered = rows.iter().map(|row| row["delivered"].as_i64().unwrap()).sum();
    let summed = [&told["not_placed"], &told["total"]];
    let open = rows.iter().chain(summed).filter(|row| row["residual"] != 0).map(ToString::to_string);
    (rows.len(), delivered, open.collect())
}

fn check_scms_totals(url: &str) {
    let mut conn = connect(url).unwrap();
    assert_eq!(count(&mut conn, "SELECT COUNT(*) FROM consignments"), 7_030);
    assert_eq!(count(&mut conn, "SELECT SUM(value_minor) FROM consignments"), 162_758_445_729);
    assert_eq!(count(&mut conn, "SELECT SUM(quantity) FROM balances WHERE account = 7"), 9_981_274_623);
    let countries = "SELECT COUNT(DISTINCT country_at) FROM rollups WHERE cuboid = 0 AND ever_delivered <> 0";
    assert_eq!(count(&mut conn, countries), 43);
    assert_eq!(count(&mut conn, "SELECT SUM(ever_delivered) FROM rollups WHERE cuboid = 0"), 9_981_274_623);
    let open = "SELECT SUM(quantity) FROM balances WHERE account BETWEEN 2 AND 6";
    assert_eq!(count(&mut conn, open), 0);
    assert_eq!(count(&mut conn, "SELECT COUNT(*) FROM waiting"), 0);
}

fn import_scms(url: &str, file: &std::path::Path) -> Imported {
    let reading = files::read(file, "scms").unwrap();
    recorded(url, &reading.plan)
}

#[test]
fn the_scms_history_is_all_in_and_a_second_time_changes_nothing() {
    let Some(file) = scms() else { return };
    let database = TestDatabase::sqlite(migrate);
    let imported = import_scms(database.url(), &file);
    check_whole_scms(database.url(), &imported);
    let size = log_size(database.url());
    assert_eq!(import_scms(database.url(), &file).counts, counts(0, 0, 10_324, 0));
    assert_eq!(log_size(database.url()), size);
}

#[test]
fn the_scms_history_comes_into_postgres_just_so() {
    let Some(file) = scms() else { return };
    let database = TestDatabase::postgres(migrate);
    if std::env::var_os("RELIEF_LONG").is_some() {
        let imported = import_scms(database.url(), &file);
        check_whole_scms(database.url(), &imported);
        return;
    }
    println!("a slice of {SLICE_ROWS} rows; RELIEF_LONG=1 imports all");
    let bytes = std::fs::read(&file).unwrap();
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place);
    let end = ends.take(SLICE_ROWS + 1).last().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let slice = folder.path().join("slice.csv");
    std::fs::write(&slice, &bytes[..=end]).unwrap();
    // A row may point to one beyond the slice for its weight; that rejects the row and no other.
    let first = import_scms(database.url(), &slice);
    assert!(first.counts.created > 1_000, "{:?}", first.counts);
    let (countries, delivered, open) = told_by_country(database.url());
    assert!(countries > 10 && delivered > 1_000_000 && open.is_empty(), "{countries}, {delivered}, {open:?}");
    let again = import_scms(database.url(), &slice);
    assert_eq!(again.counts, counts(0, 0, first.counts.created, first.counts.rejected));
}

#[test]
fn a_report_is_no_formula() {
    assert_eq!(report::guarded("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
    assert_eq!(report::guarded("@SUM(A1)"), "'@SUM(A1)");
    assert_eq!(report::guarded("-12.5"), "-12.5");
    assert_eq!(report::guarded("Banjul"), "Banjul");
}
