//! Conditions over lists of values, and the indexes that hold only what is looked for: the same rows on both
//! databases, whatever the length of the list.

use crate::support::on_both_databases;
use crate::support::server::migrate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use relief_ledger::db::schema::checkpoints;
use relief_ledger::db::{Conn, among, connect, in_parts, read_by_index};
use relief_ledger::ledger::KNOWN_LOT;

/// Rows with the sizes 1 to 6,000.
const FILL: &str = "INSERT INTO checkpoints (size, note, signed_at) WITH RECURSIVE numbers (n) AS \
                    (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 6000) SELECT n, '', 0 FROM numbers";

/// More values than SQLite binds in one query.
const VERY_MANY: i64 = 33_500;

fn sizes_among(conn: &mut Conn, values: &[i64]) -> Vec<i64> {
    let mut found = asked(conn, values).expect("the rows are read");
    found.sort_unstable();
    found
}

fn asked(conn: &mut Conn, values: &[i64]) -> QueryResult<Vec<i64>> {
    match conn {
        Conn::Sqlite(one) => {
            checkpoints::table.filter(among(checkpoints::size, values)).select(checkpoints::size).load(one)
        }
        Conn::Postgres(one) => {
            checkpoints::table.filter(among(checkpoints::size, values)).select(checkpoints::size).load(one)
        }
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// How the database would look for rows of a table.
fn plan(conn: &mut Conn, table: &str, condition: &str) -> String {
    let query = format!("SELECT * FROM {table} WHERE {condition}");
    match conn {
        Conn::Sqlite(one) => {
            let lines: Vec<Line> =
                diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(one).expect("a plan");
            lines.into_iter().map(|line| line.detail).collect::<Vec<_>>().join("\n")
        }
        Conn::Postgres(one) => {
            let explained = "CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS \
                 'BEGIN RETURN QUERY EXECUTE ''EXPLAIN '' || query; END'";
            drop(one.batch_execute(explained));
            let lines: Vec<Line> = diesel::sql_query("SELECT pg_temp.plan_of($1) AS detail")
                .bind::<Text, _>(query)
                .load(one)
                .expect("a plan");
            lines.into_iter().map(|line| line.detail).collect::<Vec<_>>().join("\n")
        }
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_list_of_any_length_finds_its_rows_and_no_others(database: &TestDatabase) {
        let mut conn = connect(database.url()).expect("the database opens");
        conn.batch_execute(FILL).expect("rows are there");
        // None, powers of two with their neighbours, where padding ends, and more than there are.
        for length in [0, 1, 2, 3, 4, 5, 63, 64, 65, 4_095, 4_096, 4_097, 5_999] {
            // The first is never there; what is padded must not bring further rows.
            let values: Vec<i64> = (0..length).map(|number| number * 7 - 3).collect();
            let right: Vec<i64> = values.iter().copied().filter(|value| (1..=6_000).contains(value)).collect();
            assert_eq!(sizes_among(&mut conn, &values), right, "{length} values");
        }
        assert_eq!(sizes_among(&mut conn, &[9, 9, 2, 9]), [2, 9], "a value said twice is one row");
        let values: Vec<i64> = (0..VERY_MANY).map(|number| number * 7 - 3).collect();
        let right: Vec<i64> = values.iter().copied().filter(|value| (1..=6_000).contains(value)).collect();
        let found = in_parts(&values, |part| QueryResult::Ok(sizes_among(&mut conn, part)));
        assert_eq!(found.expect("the rows are read"), right);
        // The twin: asked for all at once, they are too many for one of the two.
        assert_eq!(asked(&mut conn, &values).is_err(), database.url().starts_with("sqlite"));
    }

    fn what_is_looked_for_is_found_by_its_index(database: &TestDatabase) {
        let mut conn = connect(database.url()).expect("the database opens");
        read_by_index(&mut conn).expect("the writer's settings");
        let id = if database.url().starts_with("sqlite") { "X'01'" } else { "'\\x01'::bytea" };
        let known = format!("balances.lot_id IN ({id}) AND {KNOWN_LOT}");
        for (table, condition, index) in [
            ("balances", known, "balances_by_lot"),
            ("events", format!("events.about_id IN ({id})"), "events_by_about"),
            ("events", format!("events.pledge_id = {id} AND events.sequence > 7"), "events_by_pledge"),
            ("statements", format!("statements.pledge_line_id = {id}"), "statements_by_line"),
        ] {
            let plan = plan(&mut conn, table, &condition);
            assert!(plan.contains(index), "{condition}: {plan}");
        }
        // The twin: without the words the index was made with, it is of no use.
        let plan = plan(&mut conn, "balances", &format!("balances.lot_id IN ({id})"));
        assert!(!plan.contains("balances_by_lot"), "{plan}");
    }
}
