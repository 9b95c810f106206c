//! The log in the database, read: its entries, its head and its signed checkpoints.
//!
//! Never here: writing an entry, which is the writer's alone, or signing, which is the signer's.

use super::entry::Entry;
use super::renaming::{RESTORED, Renaming};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{checkpoints, ledger_state, log_entries};
use crate::db::{Conn, either, read_failure};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};

/// Characters of the entries of one answer; a single longer entry goes alone.
const PAGE_CHARS_MAX: i64 = 4_000_000;

/// Characters at the head of an entry that hold its version, its sequence and its time, which is as much as an entry's
/// time needs to be read of one that may be megabytes long.
const HEADING_CHARS: i32 = 80;

diesel::define_sql_function! {
    /// Characters of a text.
    fn length(text: Text) -> Integer;
}

diesel::define_sql_function! {
    /// So many characters of a text, from one counted from 1.
    fn substr(text: Text, first: Integer, count: Integer) -> Text;
}

/// One entry as it lies in the database.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = log_entries)]
pub struct StoredEntry {
    /// Its position in the tree, from 0.
    pub position: i64,
    /// The exact bytes that were hashed.
    pub body: String,
    /// The hash of the leaf.
    pub leaf_hash: Vec<u8>,
}

/// A signed checkpoint as it lies in the database.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = checkpoints)]
pub struct StoredCheckpoint {
    /// Leaves it speaks of.
    pub size: i64,
    /// The signed note.
    pub note: String,
    /// When it was signed.
    pub signed_at: Timestamp,
}

/// Where the log says it stands.
#[derive(Clone, Debug, Queryable)]
pub struct StoredHead {
    /// The last sequence.
    pub sequence: i64,
    /// When the last entry was recorded.
    pub recorded_at: Timestamp,
    /// The tree's right edge.
    pub edge: Vec<u8>,
    /// The log's name.
    pub origin: String,
}

/// Where the log says it stands; nothing before it has a name.
///
/// # Errors
/// Whatever the database says.
pub fn head(conn: &mut Conn) -> QueryResult<Option<StoredHead>> {
    ledger_state::table
        .select((ledger_state::sequence, ledger_state::recorded_at, ledger_state::edge, ledger_state::origin))
        .first(conn)
        .optional()
}

/// How many rows there are beside the one that says where the log stands: none, unless somebody edited them.
///
/// # Errors
/// Whatever the database says.
pub fn count_other_heads(conn: &mut Conn) -> QueryResult<i64> {
    ledger_state::table.filter(ledger_state::id.ne(1)).count().get_result(conn)
}

/// When the entry at a position was recorded; none where there is no such entry.
///
/// # Errors
/// What the database says, or `internal` where the entry says no time.
pub fn entry_time(conn: &mut Conn, position: i64) -> Outcome<Option<Timestamp>> {
    let heading = log_entries::table.find(position).select(substr(log_entries::body, 1, HEADING_CHARS));
    let heading: Option<String> = heading.first(conn).optional().map_err(read_failure)?;
    let Some(heading) = heading else { return Ok(None) };
    // No text of a caller stands before it.
    let digits = heading.split_once("\"at\":").and_then(|(_, rest)| rest.split(',').next());
    let time = digits.and_then(|digits| digits.parse().ok());
    let unreadable = || Problem::internal(format!("log_entries.body of {position} says no time"));
    time.map(|time| Some(Timestamp(time))).ok_or_else(unreadable)
}

/// The hash of the entry at a position; none where there is no such entry.
///
/// # Errors
/// Whatever the database says.
pub fn leaf_at(conn: &mut Conn, position: i64) -> QueryResult<Option<Vec<u8>>> {
    log_entries::table.find(position).select(log_entries::leaf_hash).first(conn).optional()
}

/// Entries after a position, in order.
///
/// # Errors
/// Whatever the database says.
pub fn entries_after(conn: &mut Conn, after: i64, limit: i64) -> QueryResult<Vec<StoredEntry>> {
    either!(conn, one => {
        log_entries::table
            .filter(log_entries::position.gt(after))
            .order(log_entries::position)
            .limit(limit)
            .select(StoredEntry::as_select())
            .load(one)
    })
}

/// Entries after a position, in order, as many as go into one answer and one more, and how many go into it.
/// Entries that earlier versions took may be megabytes long, and five hundred of these are nobody's page.
///
/// # Errors
/// Whatever the database says.
pub fn entries_page(conn: &mut Conn, after: i64, limit: i64) -> QueryResult<(Vec<StoredEntry>, i64)> {
    let lengths: Vec<i32> = log_entries::table
        .filter(log_entries::position.gt(after))
        .order(log_entries::position)
        .limit(limit)
        .select(length(log_entries::body))
        .load(conn)?;
    let mut sum = 0_i64;
    let fitting = lengths.iter().take_while(|length| {
        sum += i64::from(**length);
        sum <= PAGE_CHARS_MAX
    });
    let limit = i64::try_from(fitting.count()).unwrap_or(limit).max(1);
    Ok((entries_after(conn, after, limit + 1)?, limit))
}

/// The newest signed checkpoint.
///
/// # Errors
/// Whatever the database says.
pub fn newest_checkpoint(conn: &mut Conn) -> QueryResult<Option<StoredCheckpoint>> {
    checkpoints::table
        .order(checkpoints::size.desc())
        .select(StoredCheckpoint::as_select())
        .first(conn)
        .optional()
}

/// The signed checkpoint over so many entries, where there is one.
///
/// # Errors
/// Whatever the database says.
pub fn checkpoint_of(conn: &mut Conn, size: i64) -> QueryResult<Option<StoredCheckpoint>> {
    checkpoints::table.find(size).select(StoredCheckpoint::as_select()).first(conn).optional()
}

/// Checkpoints above a size, in order.
///
/// # Errors
/// Whatever the database says.
pub fn checkpoints_above(conn: &mut Conn, size: i64, limit: i64) -> QueryResult<Vec<StoredCheckpoint>> {
    checkpoints::table
        .filter(checkpoints::size.gt(size))
        .order(checkpoints::size)
        .limit(limit)
        .select(StoredCheckpoint::as_select())
        .load(conn)
}

/// What entries from this position on say about the log's name, in order.
///
/// # Errors
/// Whatever the database says.
pub fn renamings_from(conn: &mut Conn, position: i64) -> QueryResult<Vec<Renaming>> {
    let bodies: Vec<String> = log_entries::table
        .filter(log_entries::position.ge(position))
        .filter(log_entries::body.like(format!("%\"action\":\"{RESTORED}\"%")))
        .order(log_entries::position)
        .select(log_entries::body)
        .load(conn)?;
    let entries = bodies.iter().filter_map(|body| Entry::parse(body.as_bytes()).ok());
    Ok(entries.filter_map(|entry| Renaming::of(&entry)).collect())
}
