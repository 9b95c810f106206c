//! Checks of a whole ledger that any test may end with. They read the database, never the server.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::audit::finding::Report;
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::connect;
use relief_ledger::events::{FlowsFold, Kind, verify_flows};
use relief_ledger::ledger::verify::verify_seeing;
use relief_ledger::ledger::{Account, Posted};

/// A posting as the checks need it.
#[derive(QueryableByName, Clone, Debug)]
pub struct PostingSeen {
    #[diesel(sql_type = sql_types::BigInt)]
    pub sequence: i64,
    #[diesel(sql_type = sql_types::Binary)]
    pub cell: Vec<u8>,
    #[diesel(sql_type = sql_types::Integer)]
    pub account: i32,
    #[diesel(sql_type = sql_types::Binary)]
    pub line: Vec<u8>,
    #[diesel(sql_type = sql_types::Binary)]
    pub lot: Vec<u8>,
    #[diesel(sql_type = sql_types::BigInt)]
    pub quantity: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    pub effective_at: i64,
}

/// Every posting, in the order of recording.
pub fn postings(url: &str) -> Vec<PostingSeen> {
    let sql = "SELECT sequence, cell, account, pledge_line_id AS line, lot_id AS lot, quantity, \
               effective_at FROM postings ORDER BY sequence, ordinal";
    sql_query(sql).load(&mut connect(url).expect("the database opens")).expect("postings are readable")
}

/// What an account held, all cells together, at a time such as `2020-08-03`.
pub fn held_at(url: &str, account: Account, time: &str) -> i64 {
    let at = Timestamp::parse(time).expect("a time").0;
    let there = |one: &&PostingSeen| one.account == account.code() && one.effective_at <= at;
    postings(url).iter().filter(there).map(|one| one.quantity).sum()
}

/// Panics unless every derived figure folds again to what is kept, each event's postings sum to zero for
/// each pledge line and lot, and no cell but a source's was below zero at any time.
#[track_caller]
pub fn assert_sound(url: &str) {
    let problems = faults(url);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What is wrong with the books, in words.
pub fn faults(url: &str) -> Vec<String> {
    let mut report = Report::default();
    let mut conn = connect(url).expect("the database opens");
    let mut flows = FlowsFold::default();
    let mut see = |kind: &str, postings: &[Posted]| flows.add(kind, postings);
    verify_seeing(&mut conn, Kind::is_deploying, &mut see, &mut report, &mut |_, _| {})
        .expect("the figures are readable");
    let mut found: Vec<String> = report.findings.iter().map(|finding| format!("{finding:?}")).collect();
    // The flows are told twice: folded event by event, and by one statement.
    let folded = flows.differing(&mut conn).expect("what is in transit is readable");
    let mut told = Report::default();
    verify_flows(&mut conn, &mut told, &mut |_, _| {}).expect("the flows are readable");
    let told: BTreeSet<String> = told.findings.into_iter().map(|finding| finding.key).collect();
    if folded.iter().map(ToString::to_string).collect::<BTreeSet<_>>() != told {
        found.push(format!("flows folded differ of {folded:?}, and those told of {told:?}"));
    }
    found.extend(told.into_iter().map(|consignment| format!("the flows of {consignment} differ")));
    let postings = postings(url);
    let mut sums: BTreeMap<(i64, &[u8], &[u8]), i64> = BTreeMap::new();
    let mut cells: BTreeMap<&[u8], Vec<&PostingSeen>> = BTreeMap::new();
    for posting in &postings {
        *sums.entry((posting.sequence, &posting.line, &posting.lot)).or_insert(0) += posting.quantity;
        cells.entry(&posting.cell).or_default().push(posting);
    }
    for ((sequence, _, _), sum) in sums.iter().filter(|(_, sum)| **sum != 0) {
        found.push(format!("event {sequence} does not sum to zero for a line and lot: {sum}"));
    }
    for mut changes in cells.into_values() {
        let account = Account::from_code(changes[0].account).expect("an account");
        if account.is_source() {
            continue;
        }
        changes.sort_by_key(|change| change.effective_at);
        let mut held = 0;
        for (index, change) in changes.iter().enumerate() {
            held += change.quantity;
            let last_of_its_time =
                changes.get(index + 1).is_none_or(|next| next.effective_at != change.effective_at);
            if held < 0 && last_of_its_time {
                let at = Timestamp(change.effective_at);
                found.push(format!("{} held {held} at {at} (event {})", account.word(), change.sequence));
            }
        }
    }
    found
}

/// The root over all entries of the log, as the ledger keeps it.
pub fn log_root(url: &str) -> String {
    let mut conn = connect(url).expect("the database opens");
    format!("{:?}", relief_ledger::writer::log_state(&mut conn).expect("the log's state").edge.root())
}

fn log_bodies(url: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Leaf {
        #[diesel(sql_type = sql_types::Text)]
        body: String,
    }
    let mut conn = connect(url).expect("the database opens");
    let leaves: Vec<Leaf> = sql_query("SELECT body FROM log_entries ORDER BY position")
        .load(&mut conn)
        .expect("the log is readable");
    leaves.into_iter().map(|leaf| leaf.body).collect()
}

/// How many entries the log has, and the root over them computed anew.
pub fn log_root_of_entries(url: &str) -> (i64, String) {
    let leaves = log_bodies(url);
    let mut edge = relief_ledger::audit::tree::RightEdge::new();
    for leaf in &leaves {
        edge.append(relief_ledger::audit::tree::leaf_hash(leaf.as_bytes()));
    }
    (leaves.len() as i64, format!("{:?}", edge.root()))
}

/// The first entry in which two logs differ, as both have it: what a difference of roots is told by.
pub fn first_difference(left: &str, right: &str) -> Option<(String, String)> {
    log_bodies(left).into_iter().zip(log_bodies(right)).find(|(left, right)| left != right)
}
