//! Folding every derived figure again and comparing: balances and rollups from postings, postings against
//! each other, statements against sources.
//!
//! Postings are read in ranges, so that memory stays bounded. Never here: changing anything, or trusting one derived
//! figure to check another.

mod balances;
mod rollups;

pub use rollups::{HEAPS, Heaps};

use self::balances::{BalanceFold, CELLS_AT_ONCE, Parts};
use self::rollups::Comparison;
use super::book::Posted;
use super::reading::{IsDeploying, Reading, postings_of, ranges};
use super::rows::PostingRead;
use crate::audit::finding::{Finding, Report};
use crate::audit::verify::Progress;
use crate::core::id::{LotId, PledgeLineId};
use crate::core::problem::Outcome;
use crate::db::schema::{log_entries, postings, statements};
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};

/// Verifies every derived figure of the ledger.
///
/// # Errors
/// Whatever the database says.
pub fn verify_figures(
    conn: &mut Conn,
    is_deploying: IsDeploying,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Outcome<()> {
    verify_seeing(conn, is_deploying, &mut |_, _| {}, report, progress)
}

/// What else is made of events while they are read: the word of an event's kind, or of the one it restates, and its
/// postings.
pub type SeeEvent<'s> = dyn FnMut(&str, &[Posted]) + 's;

/// As [`verify_figures`], showing each event that has postings.
///
/// # Errors
/// Whatever the database says.
pub fn verify_seeing(
    conn: &mut Conn,
    is_deploying: IsDeploying,
    see: &mut SeeEvent<'_>,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Outcome<()> {
    verify(conn, CELLS_AT_ONCE, (is_deploying, see), report, progress)
}

/// As [`verify_figures`], folding the balances of about so many cells at once.
///
/// # Errors
/// Whatever the database says.
pub fn verify_in_parts(
    conn: &mut Conn,
    cells_at_once: i64,
    is_deploying: IsDeploying,
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Outcome<()> {
    verify(conn, cells_at_once, (is_deploying, &mut |_, _| {}), report, progress)
}

fn verify(
    conn: &mut Conn,
    cells_at_once: i64,
    (is_deploying, see_event): (IsDeploying, &mut SeeEvent<'_>),
    report: &mut Report,
    progress: &mut Progress<'_>,
) -> Outcome<()> {
    let last = last_sequence(conn).map_err(read_failure)?;
    let parts = Parts::of(conn, cells_at_once).map_err(read_failure)?;
    let mut reading = Reading::default();
    let mut comparison = Comparison::of(conn).map_err(read_failure)?;
    let mut balances = BalanceFold::of(0, parts);
    let mut sums = EventSums::default();
    for (first, end) in ranges(0, last) {
        let mut see = |posting: &PostingRead| {
            sums.add(posting, report);
            balances.add(posting, report);
        };
        let read =
            reading.read_seeing(conn, (first, end), None, is_deploying, &mut see).map_err(read_failure)?;
        report.check("postings folded", read);
        reading.events().for_each(|(kind, postings)| see_event(kind, postings));
        comparison.add(conn, &reading.book, end, report)?;
        progress("events folded", u64::try_from(end - first + 1).unwrap_or(0));
    }
    sums.end(report);
    drop(reading);
    balances.finish(conn, report).map_err(read_failure)?;
    for part in 1..parts.count {
        fold_part(conn, last, BalanceFold::of(part, parts), report).map_err(read_failure)?;
        progress("balances", 1);
    }
    check_sources(conn, report).map_err(read_failure)?;
    comparison.finish(conn, (last, is_deploying), report)
}

/// Folds the balances of a further part of the cells.
fn fold_part(conn: &mut Conn, last: i64, mut balances: BalanceFold, report: &mut Report) -> QueryResult<()> {
    for range in ranges(0, last) {
        for posting in postings_of(conn, range, None)? {
            balances.add(&posting, report);
        }
    }
    balances.finish(conn, report)
}

fn last_sequence(conn: &mut Conn) -> QueryResult<i64> {
    let posted: Option<i64> =
        postings::table.order(postings::sequence.desc()).select(postings::sequence).first(conn).optional()?;
    let stated: Option<i64> = statements::table
        .order(statements::sequence.desc())
        .select(statements::sequence)
        .first(conn)
        .optional()?;
    // Whatever stands beyond the log is found with it.
    let logged: Option<i64> = log_entries::table
        .order(log_entries::position.desc())
        .select(log_entries::position)
        .first(conn)
        .optional()?;
    Ok(posted.max(stated).unwrap_or(0).min(logged.unwrap_or(-1) + 1))
}

/// What the postings of one event sum to, which is zero for each pledge line and lot.
#[derive(Default)]
struct EventSums {
    sequence: i64,
    sums: foldhash::HashMap<(PledgeLineId, LotId), i128>,
}

impl EventSums {
    /// Adds a posting; they come in the order of the ledger.
    fn add(&mut self, posting: &PostingRead, report: &mut Report) {
        if posting.sequence != self.sequence {
            self.end(report);
            self.sequence = posting.sequence;
        }
        *self.sums.entry((posting.pledge_line_id, posting.lot_id)).or_default() +=
            i128::from(posting.quantity);
    }

    /// Ends the event.
    fn end(&mut self, report: &mut Report) {
        let mut wrong: Vec<_> = self.sums.drain().filter(|(_, difference)| *difference != 0).collect();
        wrong.sort_unstable();
        for ((line, _), difference) in wrong {
            let problem = format!("its postings of pledge line {line} sum to {difference} and not to 0");
            let finding = Finding::new("postings", self.sequence.to_string(), problem);
            report.find(finding.column("quantity").entry(self.sequence - 1));
        }
    }
}

#[derive(QueryableByName)]
struct Unstated {
    #[diesel(sql_type = Binary)]
    pledge_line_id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    lot_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    promised: i64,
    #[diesel(sql_type = BigInt)]
    surplus: i64,
}

/// What documents state of a pledge line and lot is what was drawn from its sources.
fn check_sources(conn: &mut Conn, report: &mut Report) -> QueryResult<()> {
    let rows: Vec<Unstated> = diesel::sql_query(
        "SELECT pledge_line_id, lot_id, CAST(SUM(promised) AS BIGINT) AS promised, \
         CAST(SUM(surplus) AS BIGINT) AS surplus FROM (SELECT pledge_line_id, lot_id, promised, surplus \
         FROM statements UNION ALL SELECT pledge_line_id, lot_id, CASE WHEN account = 0 THEN quantity ELSE 0 END, \
         CASE WHEN account = 1 THEN quantity ELSE 0 END FROM balances WHERE account < 2) AS both_sides \
         GROUP BY pledge_line_id, lot_id HAVING SUM(promised) <> 0 OR SUM(surplus) <> 0",
    )
    .load(conn)?;
    for row in rows {
        let line = uuid::Uuid::from_slice(&row.pledge_line_id).unwrap_or_default();
        let lot = uuid::Uuid::from_slice(&row.lot_id).unwrap_or_default();
        for (column, difference) in [("promised", row.promised), ("surplus", row.surplus)] {
            if difference != 0 {
                let problem = format!("documents state {difference} more than was drawn from the source");
                report.find(Finding::new("statements", format!("{line}/{lot}"), problem).column(column));
            }
        }
    }
    Ok(())
}
