//! The most a database can take: the very rows that a run of updates wrote, written again in bulk, as many
//! updates a transaction, with nothing decided and nobody waiting.

use super::failed;
use crate::core::problem::Outcome;
use crate::db::schema::{events, ledger_state, log_entries};
use crate::db::{Conn, connect, exclusive, insert_all, migrate, read_failure};
use crate::ledger::bulk::{Replay, Slice};
use crate::ledger::event::EventRecord;
use crate::writer::Record;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::time::Instant;

/// The updates that are written again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// The sequence of the first; what came before it is written too, and not timed.
    pub(super) first: i64,
    /// The sequence of the last.
    pub(super) last: i64,
    /// Updates of one transaction.
    pub(super) per_transaction: i64,
}

impl Stretch {
    /// Its parts of one transaction each, from `start` on.
    fn parts(self, start: i64, end: i64) -> impl Iterator<Item = (i64, i64)> {
        let step = usize::try_from(self.per_transaction).unwrap_or(1);
        (start..=end).step_by(step).map(move |from| (from, (from + self.per_transaction - 1).min(end)))
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = log_entries)]
struct LogRow {
    position: i64,
    body: String,
    leaf_hash: Vec<u8>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_state)]
struct StateRow {
    id: i32,
    sequence: i64,
    recorded_at: i64,
    edge: Vec<u8>,
    origin: String,
}

/// All rows of some updates.
struct Rows {
    events: Vec<EventRecord>,
    log: Vec<LogRow>,
    ledger: Slice,
    last: i64,
}

impl Rows {
    fn read(conn: &mut Conn, replay: &mut Replay, first: i64, last: i64) -> Outcome<Self> {
        let events = events::table
            .filter(events::sequence.between(first, last))
            .select(EventRecord::as_select())
            .load(conn)
            .map_err(read_failure)?;
        let log = log_entries::table
            .filter(log_entries::position.between(first - 1, last - 1))
            .select(LogRow::as_select())
            .load(conn)
            .map_err(read_failure)?;
        let ledger = replay.slice(conn, first, last).map_err(read_failure)?;
        Ok(Self { events, log, ledger, last })
    }

    fn write(&self, conn: &mut Conn) -> QueryResult<()> {
        exclusive(conn)?;
        EventRecord::insert(conn, &self.events)?;
        self.ledger.write(conn)?;
        insert_all!(conn, log_entries::table, &self.log)?;
        diesel::update(ledger_state::table.filter(ledger_state::id.eq(1)))
            .set(ledger_state::sequence.eq(self.last))
            .execute(conn)?;
        conn.batch_execute("COMMIT")
    }
}

/// Seconds that bulk SQL takes to write the rows of a stretch of updates in `from` into the empty database
/// at `to`.
///
/// # Errors
/// What either database says.
pub(super) fn bulk_seconds(from: &str, to: &str, stretch: Stretch) -> Outcome<f64> {
    let mut source = connect(from)?;
    let mut target = connect(to)?;
    migrate(&mut target)?;
    copy_state(&mut source, &mut target).map_err(read_failure)?;
    let mut replay = Replay::default();
    for (start, end) in stretch.parts(1, stretch.first - 1) {
        Rows::read(&mut source, &mut replay, start, end)?.write(&mut target).map_err(read_failure)?;
    }
    let mut seconds = 0.0;
    for (start, end) in stretch.parts(stretch.first, stretch.last) {
        let rows = Rows::read(&mut source, &mut replay, start, end)?;
        let began = Instant::now();
        rows.write(&mut target).map_err(read_failure)?;
        seconds += began.elapsed().as_secs_f64();
    }
    if seconds == 0.0 {
        return Err(failed("no updates were recorded, so there are no rows to write again"));
    }
    Ok(seconds)
}

fn copy_state(source: &mut Conn, target: &mut Conn) -> QueryResult<()> {
    let state: Vec<StateRow> = ledger_state::table.select(StateRow::as_select()).load(source)?;
    insert_all!(target, ledger_state::table, &state).map(|_| ())
}
