//! How SQLite looks for the rows of what a server asks.

use std::collections::BTreeSet;
use std::sync::Mutex;

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::Text;
use relief_ledger::db::{Conn, connect};

use crate::tidy::scopes::SCOPED_TABLES;

/// Tables whose rows grow with what is recorded, beside those that are one caller's to read.
const GROWING_TOO: [&str; 3] = ["decisions", "document_numbers", "log_entries"];

/// Statements that read a whole table, each with its reason.
const EXCUSED: [(&str, &str); 3] = [
    (
        "WHERE (`approvals`.`kind` = ?) ORDER BY `approvals`.`id`",
        "a review of all users has every grant of theirs",
    ),
    (EVERYTHING, "a reconciliation of everything, or of what no index finds, reads everything: decision 36"),
    (
        "FROM (`earmark_changes` INNER JOIN `pledge_lines`",
        "a line may have come from any other, through many changes of earmark; they are few",
    ),
];

/// What reconciliations write where they read everything.
pub const EVERYTHING: &str = "/* of everything */";

/// Every text that was prepared in this process.
static ASKED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

struct Listening;

impl Instrumentation for Listening {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let words = text.split(" -- binds:").next().unwrap_or_default().to_owned();
            ASKED.lock().expect("nobody panicked").insert(words);
        }
    }
}

/// Listens to every connection that is opened from now on.
pub fn listen() {
    set_default_instrumentation(|| Some(Box::new(Listening))).expect("it is set");
}

/// Every text that was prepared since, as it was prepared, with these words in it.
pub fn asked_with(words: &str) -> Vec<String> {
    let asked = ASKED.lock().expect("nobody panicked");
    asked.iter().filter(|text| text.contains(words)).cloned().collect()
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The statements so far for which a growing table is read from end to end, other than page by page.
pub fn whole_reads(url: &str) -> Vec<String> {
    let asked = ASKED.lock().expect("nobody panicked").clone();
    let mut conn = connect(url).expect("the database opens");
    let asked = asked.into_iter().filter(|text| text.starts_with("SELECT") || text.starts_with("WITH"));
    // A list of nothing is not looked for at all, whatever the plan says.
    let asked = asked
        .filter(|text| !text.contains("(1=0)") && !EXCUSED.iter().any(|(words, _)| text.contains(words)));
    asked.flat_map(|text| reads(&mut conn, &text)).collect()
}

fn planned(conn: &mut Conn, text: &str) -> Vec<Line> {
    let Conn::Sqlite(conn) = conn else { panic!("plans are SQLite's") };
    diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}"))
        .load(conn)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// How the rows of a statement are looked for, a line for each table.
pub fn plan(conn: &mut Conn, text: &str) -> String {
    planned(conn, text).into_iter().map(|line| line.detail + "\n").collect()
}

/// The table that a plan names, which is by another name where a statement gives it one.
fn table_of(plain: &str, name: &str) -> String {
    let tables = SCOPED_TABLES.iter().chain(&GROWING_TOO);
    let named = tables.map(|table| table.to_string()).find(|table| {
        let words = format!("{table} AS {name}");
        let rest = plain.split(&words).nth(1);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
    });
    named.unwrap_or_else(|| name.to_owned())
}

fn reads(conn: &mut Conn, text: &str) -> Vec<String> {
    let plain = text.replace('`', "");
    let scanned = |line: Line| {
        let table = table_of(&plain, line.detail.strip_prefix("SCAN ")?.split(' ').next()?);
        let after = plain.split(" FROM ").nth(1).unwrap_or_default().trim_start_matches('(');
        let is_page = after.starts_with(&format!("{table} ")) && plain.contains(" LIMIT ?");
        (SCOPED_TABLES.iter().chain(&GROWING_TOO).any(|one| *one == table) && !is_page)
            .then(|| format!("{}: {plain}", line.detail))
    };
    planned(conn, text).into_iter().filter_map(scanned).collect()
}
