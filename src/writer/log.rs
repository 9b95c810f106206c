//! Where the log stands: one row holding the last sequence, the last time and the tree's right edge.

use super::desk::{Moment, Sealed};
use crate::audit::tree::RightEdge;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{ledger_state, log_entries};
use crate::db::{Conn, insert_all, read_failure};
use diesel::prelude::*;

/// The log's name in checkpoints until the operator names the installation.
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
    let is_first = state.last.sequence == 0;
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
    let written = if is_first {
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
    state.last = last;
    Ok(())
}
