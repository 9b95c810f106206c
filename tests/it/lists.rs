//! Conditions over lists of values, and the indexes that hold only what is looked for: the same rows on both
//! databases, whatever the length of the list.

use crate::matrix::plans::{asked_with, listen};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use relief_ledger::db::schema::checkpoints;
use relief_ledger::db::{Conn, among, connect, in_parts, read_by_index};
use relief_ledger::ledger::KNOWN_LOT;
use serde_json::json;

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
    explained(conn, format!("SELECT * FROM {table} WHERE {condition}"))
}

/// How the database would answer a question.
fn explained(conn: &mut Conn, query: String) -> String {
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

/// Twenty thousand events at forty sites, four hundred of them counts, with two postings each.
fn fill(conn: &mut Conn) {
    let bytes = |number: &str| match conn {
        Conn::Sqlite(_) => format!("CAST({number} AS BLOB)"),
        Conn::Postgres(_) => format!("int8send({number})"),
    };
    let (id, site, item) = (bytes("n"), bytes("n % 40"), bytes("n % 30"));
    let numbers = "WITH RECURSIVE numbers (n) AS \
                   (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000)";
    let events = format!(
        "INSERT INTO events (sequence, id, kind, site_id, occurred_at, occurred_precision, effective_at, recorded_at, \
         moved, inferred, actor_id, body, body_hash, result) {numbers} SELECT n + 100000, {id}, \
         CASE WHEN n % 50 = 0 THEN 'counted' ELSE 'moved' END, {site}, n, 'day', n, n, false, false, {id}, '{{}}', \
         {id}, '{{}}' FROM numbers"
    );
    let postings = format!(
        "INSERT INTO postings (sequence, ordinal, cell, account, condition, pledge_line_id, lot_id, item_id, quantity, \
         chosen, effective_at) {numbers} SELECT n / 2 + 100000, n % 2, {id}, 3, 1, {id}, {id}, {item}, 1, 0, n FROM numbers"
    );
    conn.batch_execute(&format!("{events}; {postings}; ANALYZE")).expect("rows are there");
}

/// How the database would look for what was counted lately, in the words of the server.
fn plan_of_counts(conn: &mut Conn, asked: &str) -> String {
    let query = match conn {
        Conn::Sqlite(_) => asked.to_owned(),
        Conn::Postgres(one) => {
            one.batch_execute(&format!("DEALLOCATE ALL; PREPARE counts AS {asked}")).expect("it is prepared");
            "EXECUTE counts ('{}', 0, '', '{}')".to_owned()
        }
    };
    explained(conn, query)
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

    fn counts_of_a_site_are_looked_for_by_an_index_of_their_own(database: &TestDatabase) {
        listen();
        let scene = Scene::new(database);
        let (donor, hub) = (scene.organization("Hainan", "CN"), scene.site("Hub", "warehouse", "GH"));
        scene.in_store(&donor, &hub, 100);
        let body = json!({"site": hub, "lines": [{"item": scene.masks, "counted": 99}]});
        scene.does("counted", "2020-08-01", body).expect(201);
        let asked = asked_with("events.kind = 'counted' AND");
        assert_eq!(asked.len(), 1, "{asked:?}");
        let mut conn = connect(database.url()).expect("the database opens");
        read_by_index(&mut conn).expect("the writer's settings");
        fill(&mut conn);
        let plan = plan_of_counts(&mut conn, &asked[0]);
        println!("{plan}");
        assert!(plan.contains("events_counted"), "{plan}");
        // What was posted with them is looked for by its key.
        assert!(!plan.contains("SCAN postings") && !plan.contains("Seq Scan"), "{plan}");
        // The twin: without it, something else is used that has every event of the site.
        conn.batch_execute("DROP INDEX events_counted").expect("it is gone");
        let plan = plan_of_counts(&mut conn, &asked[0]);
        assert!(!plan.contains("events_counted"), "{plan}");
    }
}
