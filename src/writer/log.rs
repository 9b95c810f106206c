//! Where the log stands: one row holding the last sequence, the last time and the tree's right edge.

use super::desk::{Moment, Sealed};
use crate::audit::tree::RightEdge;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{ledger_state, log_entries};
use crate::db::{Conn, insert_all, read_failure};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Text};

/// The first part of every log's name in receipts and checkpoints, and the whole name of logs begun before each
/// had one of its own.
pub const LEDGER_ORIGIN: &str = "relief-ledger";

/// Where the log stands.
#[derive(Clone, Debug)]
pub struct LogState {
    /// The last entry.
    pub last: Moment,
    /// The tree over all entries.
    pub edge: RightEdge,
    /// The log's name.
    pub origin: String,
}

/// Gives a log that has none a name of its own, so that the receipts of two ledgers cannot be taken for each
/// other's. A log that was begun or named keeps what it has.
///
/// # Errors
/// What the database says.
pub(super) fn name_log(conn: &mut Conn, name: &str) -> Outcome<()> {
    let named: i64 = ledger_state::table.count().get_result(conn).map_err(read_failure)?;
    if named > 0 {
        return Ok(());
    }
    // Another process may be as fast: the first one's name stays.
    diesel::sql_query(
        "INSERT INTO ledger_state (id, sequence, recorded_at, edge, origin) VALUES (1, 0, 0, $1, $2) \
         ON CONFLICT DO NOTHING",
    )
    .bind::<Binary, _>(RightEdge::new().to_bytes())
    .bind::<Text, _>(name)
    .execute(conn)
    .map_err(read_failure)?;
    Ok(())
}

/// The sequence of the last committed entry, whichever process wrote it; 0 before the first.
///
/// # Errors
/// What the database says.
pub fn last_sequence(conn: &mut Conn) -> Outcome<i64> {
    let last = ledger_state::table.select(ledger_state::sequence).first(conn).optional();
    Ok(last.map_err(read_failure)?.unwrap_or(0))
}

/// Reads where the log stands; a database without any entry stands at nought.
///
/// # Errors
/// What the database says, or that the stored edge cannot be read.
pub fn log_state(conn: &mut Conn) -> Outcome<LogState> {
    let row: Option<(i64, i64, Vec<u8>, String)> = ledger_state::table
        .select((ledger_state::sequence, ledger_state::recorded_at, ledger_state::edge, ledger_state::origin))
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    match row {
        None => Ok(LogState {
            last: Moment { sequence: 0, recorded_at: Timestamp(0) },
            edge: RightEdge::new(),
            origin: LEDGER_ORIGIN.to_owned(),
        }),
        Some((sequence, recorded_at, edge, origin)) => Ok(LogState {
            last: Moment { sequence, recorded_at: Timestamp(recorded_at) },
            edge: RightEdge::from_bytes(&edge)
                .map_err(|error| Problem::internal(format!("ledger_state.edge: {error}")))?,
            origin,
        }),
    }
}

/// The last entry of a log. A copy that has it has all before it: their rows came in the same commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The log's name.
    pub origin: String,
    /// The sequence of the entry; 0 before the first.
    pub sequence: i64,
    /// The hash of its leaf, which no other past has.
    pub leaf_hash: Option<Vec<u8>>,
}

/// The last entry of a log.
///
/// # Errors
/// What the database says.
pub fn log_head(conn: &mut Conn) -> Outcome<LogHead> {
    let LogState { last, origin, .. } = log_state(conn)?;
    // An entry never changes once it is there, so the two questions need no snapshot.
    Ok(LogHead { origin, sequence: last.sequence, leaf_hash: leaf_hash(conn, last.sequence)? })
}

/// The hash of the leaf with this sequence, where there is one.
///
/// # Errors
/// What the database says.
pub fn leaf_hash(conn: &mut Conn, sequence: i64) -> Outcome<Option<Vec<u8>>> {
    log_entries::table
        .filter(log_entries::position.eq(sequence - 1))
        .select(log_entries::leaf_hash)
        .first(conn)
        .optional()
        .map_err(read_failure)
}

#[derive(Insertable)]
#[diesel(table_name = log_entries)]
struct EntryRow {
    position: i64,
    body: String,
    leaf_hash: Vec<u8>,
}

/// Writes a batch's entries and moves the edge over them.
pub(super) fn append(
    conn: &mut Conn,
    state: &mut LogState,
    sealed: Vec<Sealed>,
    last: Moment,
) -> QueryResult<()> {
    let mut rows = Vec::with_capacity(sealed.len());
    for entry in sealed {
        state.edge.append(entry.hash);
        rows.push(EntryRow {
            position: entry.moment.sequence - 1,
            body: String::from_utf8(entry.body)
                .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?,
            leaf_hash: entry.hash.0.to_vec(),
        });
    }
    insert_all!(conn, log_entries::table, &rows)?;
    move_on(conn, state, last)
}

/// Writes where the log stands after a batch; alone, without any entry, only where the bench compares.
pub(super) fn move_on(conn: &mut Conn, state: &mut LogState, last: Moment) -> QueryResult<()> {
    let edge = state.edge.to_bytes();
    // The row is there since the log was named. Guarded: if another writer had been here since this one looked,
    // nothing matches.
    let written = diesel::update(
        ledger_state::table
            .filter(ledger_state::id.eq(1))
            .filter(ledger_state::sequence.eq(state.last.sequence)),
    )
    .set((
        ledger_state::sequence.eq(last.sequence),
        ledger_state::recorded_at.eq(last.recorded_at.0),
        ledger_state::edge.eq(edge),
    ))
    .execute(conn)?;
    if written != 1 {
        return Err(diesel::result::Error::RollbackTransaction);
    }
    state.last = last;
    Ok(())
}
