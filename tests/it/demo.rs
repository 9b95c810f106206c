//! Stories of the demonstration: the published facts as published, the invented programme exactly as big.

use diesel::prelude::*;
use relief_ledger::db::{Conn, CountRow, connect};
use relief_ledger::exchange::apply::Recorder;
use relief_ledger::exchange::demo::{DEPLOYED_MASKS, fill, gap};
use relief_ledger::writer::{Writer, WriterSettings};

use crate::support::on_both_databases;
use crate::support::server::migrate;

fn play(url: &str) {
    let wake = Some(relief_ledger::events::wake as relief_ledger::writer::Wake);
    let settings = WriterSettings { wake, ..WriterSettings::of(url) };
    let writer = Writer::start(settings).unwrap();
    let told = fill(&mut Recorder::Writer(writer.clone()), &mut |_| {});
    writer.stop();
    told.unwrap_or_else(|problem| panic!("{problem}: {:?}", problem.internal));
}

fn count(conn: &mut Conn, query: &str) -> i64 {
    let text = format!("SELECT CAST(COALESCE(({query}), 0) AS BIGINT) AS value");
    diesel::sql_query(text).get_result::<CountRow>(conn).unwrap().value
}

/// A sum over the smallest rollup of one programme.
fn total(conn: &mut Conn, code: &str, what: &str) -> i64 {
    let query = format!(
        "SELECT {what} FROM rollups JOIN programmes ON programmes.id = rollups.programme_id \
         WHERE cuboid = 0 AND programmes.code = '{code}'"
    );
    count(conn, &query)
}

on_both_databases! {
    migrate: migrate;

    fn a_demonstration_told_twice_is_the_same_one(database: &TestDatabase) {
        play(database.url());
        let mut conn = connect(database.url()).unwrap();
        assert_eq!(total(&mut conn, "SYNTHETIC-MASKS", "SUM(ever_delivered)"), DEPLOYED_MASKS);
        let countries = "COUNT(DISTINCT CASE WHEN ever_delivered <> 0 THEN country_at END)";
        assert_eq!(total(&mut conn, "SYNTHETIC-MASKS", countries), 22);
        // Every kind of trouble is there to be seen.
        for account in ["missing", "lost", "disposed", "returned", "withdrawn", "in_transit", "distributed", "damaged"] {
            assert!(total(&mut conn, "SYNTHETIC-MASKS", &format!("SUM({account})")) > 0, "no {account}");
        }
        assert_eq!(count(&mut conn, "SELECT COUNT(*) FROM waiting WHERE NOT posted"), 3);
        assert_eq!(count(&mut conn, "SELECT COUNT(*) FROM events WHERE kind = 'corrected'"), 9);

        // Two managers decided about each loss and disposal, and one loss is left to decide.
        let lost = "SELECT COUNT(*) FROM events WHERE kind IN ('lost', 'disposed')";
        let decided = "SELECT COUNT(*) FROM approvals WHERE state = 'approved' AND decided_by <> proposed_by";
        assert!(count(&mut conn, lost) > 10);
        assert_eq!(count(&mut conn, lost), count(&mut conn, decided));
        assert_eq!(count(&mut conn, "SELECT COUNT(*) FROM approvals WHERE state = 'proposed'"), 1);
        let told = "SELECT COUNT(*) FROM decisions WHERE kind IN ('lost', 'disposed') AND decided_by <> proposed_by";
        assert_eq!(count(&mut conn, lost), count(&mut conn, told));

        assert_eq!(count(&mut conn, "SELECT COUNT(*) FROM reported_figures"), 22);
        // Named masks as published: promised, whatever became of them, without the cumulative totals.
        assert_eq!(total(&mut conn, "CITIES-2020", "-SUM(promised)"), 934_700);
        assert_eq!(total(&mut conn, "CITIES-2020", "SUM(in_transit)"), 505_700);
        assert_eq!(total(&mut conn, "CITIES-2020", "SUM(in_storage)"), 10_000);
        assert_eq!(total(&mut conn, "CITIES-2020", "SUM(unallocated)"), 90_000);
        assert_eq!(total(&mut conn, "CITIES-2020", "SUM(ever_delivered)"), 329_000);

        // What is lacking, and whom others say they reached, is of the invented programme alone.
        let invented = "IN (SELECT id FROM programmes WHERE synthetic)";
        let circulated = format!("SELECT COUNT(*) FROM needs WHERE circulated AND programme_id {invented}");
        assert_eq!((count(&mut conn, &circulated), count(&mut conn, "SELECT COUNT(*) FROM needs")), (3, 3));
        let counted = format!("SELECT SUM(people) FROM headcounts WHERE status = 'verified' AND programme_id {invented}");
        assert_eq!((count(&mut conn, &counted), count(&mut conn, "SELECT COUNT(*) FROM headcounts")), (42_000, 4));

        let size = count(&mut conn, "SELECT MAX(sequence) FROM ledger_state");
        play(database.url());
        assert_eq!(count(&mut conn, "SELECT MAX(sequence) FROM ledger_state"), size);
    }
}

#[test]
fn the_gap_between_headline_and_named_gifts_is_said_and_not_spread() {
    let gap = gap().unwrap();
    assert_eq!((gap.reported, gap.named), (1_094_000, 934_700));
    assert!(gap.words().contains("159,300"));
}
