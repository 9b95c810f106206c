//! Where the log stands: one row holding the last sequence, the last time and the tree's right edge.

use super::desk::{Moment, Sealed};
use crate::audit::tree::RightEdge;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{ledger_state, log_entries};
use crate::db::{Conn, exclusive, insert_all, read_failure};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

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
    /// Whether the row is there already.
    is_kept: bool,
}

/// Gives a log that has none a name of its own, so that the receipts of two ledgers cannot be taken for each
/// other's. A log that was begun or named keeps what it has.
///
/// # Errors
/// What the database says.
pub(super) fn name_log(conn: &mut Conn, name: &str) -> Outcome<()> {
    if log_state(conn)?.is_kept {
        return Ok(());
    }
    exclusive(conn).map_err(read_failure)?;
    let named = name_under_lock(conn, name);
    let end = if named.is_ok() { "COMMIT" } else { "ROLLBACK" };
    conn.batch_execute(end).map_err(read_failure)?;
    named
}

fn name_under_lock(conn: &mut Conn, name: &str) -> Outcome<()> {
    // Another process may have been faster.
    if log_state(conn)?.is_kept {
        return Ok(());
    }
    diesel::insert_into(ledger_state::table)
        .values((
            ledger_state::id.eq(1),
            ledger_state::sequence.eq(0),
            ledger_state::recorded_at.eq(0),
            ledger_state::edge.eq(RightEdge::new().to_bytes()),
            ledger_state::origin.eq(name),
        ))
        .execute(conn)
        .map_err(read_failure)?;
    Ok(())
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
            is_kept: false,
        }),
        Some((sequence, recorded_at, edge, origin)) => Ok(LogState {
            last: Moment { sequence, recorded_at: Timestamp(recorded_at) },
            edge: RightEdge::from_bytes(&edge)
                .map_err(|error| Problem::internal(format!("ledger_state.edge: {error}")))?,
            origin,
            is_kept: true,
        }),
    }
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
        state.edge.append(entry.leaf.hash);
        rows.push(EntryRow {
            position: entry.leaf.sequence - 1,
            body: String::from_utf8(entry.body)
                .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?,
            leaf_hash: entry.leaf.hash.0.to_vec(),
        });
    }
    insert_all!(conn, log_entries::table, &rows)?;
    let edge = state.edge.to_bytes();
    let written = if !state.is_kept {
        diesel::insert_into(ledger_state::table)
            .values((
                ledger_state::id.eq(1),
                ledger_state::sequence.eq(last.sequence),
                ledger_state::recorded_at.eq(last.recorded_at.0),
                ledger_state::edge.eq(edge),
                ledger_state::origin.eq(&state.origin),
            ))
            .execute(conn)?
    } else {
        // Guarded: if another writer had been here since this one looked, nothing matches.
        diesel::update(
            ledger_state::table
                .filter(ledger_state::id.eq(1))
                .filter(ledger_state::sequence.eq(state.last.sequence)),
        )
        .set((
            ledger_state::sequence.eq(last.sequence),
            ledger_state::recorded_at.eq(last.recorded_at.0),
            ledger_state::edge.eq(edge),
        ))
        .execute(conn)?
    };
    if written != 1 {
        return Err(diesel::result::Error::RollbackTransaction);
    }
    state.is_kept = true;
    state.last = last;
    Ok(())
}
