//! The most a database can take: the very rows that a run of updates wrote, written again in bulk, 64
//! updates a transaction, with nothing decided and nobody waiting.

use super::failed;
use super::house::CONNECTIONS;
use crate::core::problem::Outcome;
use crate::db::schema::{events, ledger_state, log_entries};
use crate::db::{Conn, connect, exclusive, insert_all, migrate, read_failure};
use crate::ledger::bulk::{Replay, Slice};
use crate::ledger::event::EventRecord;
use crate::writer::Record;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::time::Instant;

/// Updates of one transaction: as many as there are connections.
const SLICE: i64 = CONNECTIONS as i64;
/// Updates of the run that are written again: enough for a steady rate.
const UPDATES_MAXIMUM: i64 = 12_288;

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

/// Updates in a second that bulk SQL writes into the empty database at `to`, of those in `from` with these
/// sequences; what came before them is written first and not timed.
///
/// # Errors
/// What either database says.
pub(super) fn bulk_limit(from: &str, to: &str, (first, last): (i64, i64)) -> Outcome<f64> {
    let last = last.min(first + UPDATES_MAXIMUM - 1);
    let mut source = connect(from)?;
    let mut target = connect(to)?;
    migrate(&mut target)?;
    copy_state(&mut source, &mut target).map_err(read_failure)?;
    let mut replay = Replay::default();
    for start in (1..first).step_by(CONNECTIONS) {
        let end = (start + SLICE - 1).min(first - 1);
        Rows::read(&mut source, &mut replay, start, end)?.write(&mut target).map_err(read_failure)?;
    }
    let mut slices = Vec::new();
    for start in (first..=last).step_by(CONNECTIONS) {
        slices.push(Rows::read(&mut source, &mut replay, start, (start + SLICE - 1).min(last))?);
    }
    let began = Instant::now();
    for rows in &slices {
        rows.write(&mut target).map_err(read_failure)?;
    }
    let seconds = began.elapsed().as_secs_f64();
    if slices.is_empty() {
        return Err(failed("no updates were recorded, so there are no rows to write again"));
    }
    Ok((last - first + 1) as f64 / seconds)
}

fn copy_state(source: &mut Conn, target: &mut Conn) -> QueryResult<()> {
    let state: Vec<StateRow> = ledger_state::table.select(StateRow::as_select()).load(source)?;
    insert_all!(target, ledger_state::table, &state).map(|_| ())
}
