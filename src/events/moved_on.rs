//! Units that corrections had to take from surplus because they had moved on, and that nobody has decided yet.
//!
//! Each correction of an event says anew how many have moved on, so the last that stands counts, less what was
//! decided against any of them.

use super::reach::events_within;
use crate::auth::{Permit, Scope, action};
use crate::core::id::{ConsignmentId, EventId, LegId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::schema::{events, postings};
use crate::db::{Clause, Conn, read_failure};
use crate::ledger::Account;
use crate::ledger::event::{EventResult, STANDS};
use crate::web::Paging;
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;

/// The words the partial index of corrections is made with; a bound word would not match it.
const IS_CORRECTION: &str = "events.kind = 'corrected'";
/// That no later correction of the same event stands.
const IS_LAST: &str = "NOT EXISTS (SELECT 1 FROM events AS later WHERE later.about_id = events.about_id \
                       AND later.kind = 'corrected' AND later.sequence > events.sequence \
                       AND NOT EXISTS (SELECT 1 FROM events AS reversals \
                       WHERE reversals.about_id = later.id AND reversals.kind = 'reversed'))";
/// Corrections looked at in one query; most have moved nothing on, or are decided.
const CORRECTIONS_PER_READ: i64 = 500;

/// A correction with units that moved on and are not decided whole.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MovedOnView {
    /// The correction; `miscounted` names it to decide its units.
    pub correction: EventId,
    /// Its ledger sequence.
    pub sequence: i64,
    /// The event it corrected.
    pub corrected: Option<EventId>,
    /// The consignment concerned.
    pub consignment: Option<ConsignmentId>,
    /// The leg concerned.
    pub leg: Option<LegId>,
    /// The site concerned.
    pub site: Option<SiteId>,
    /// Base units that had moved on.
    pub quantity: i64,
    /// Base units decided since.
    pub decided: i64,
    /// Base units that nobody has decided.
    pub open: i64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Whole seconds since then.
    pub age_seconds: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
struct CorrectionRow {
    sequence: i64,
    id: EventId,
    about_id: Option<EventId>,
    consignment_id: Option<ConsignmentId>,
    leg_id: Option<LegId>,
    site_id: Option<SiteId>,
    recorded_at: Timestamp,
    result: String,
}

/// Corrections with open units, in the order they were recorded; `now` is what ages are reckoned to.
///
/// # Errors
/// What the database says.
pub fn moved_on_list(
    conn: &mut Conn,
    permit: &Permit<action::OpenRead>,
    now: Timestamp,
    paging: &Paging<i64>,
) -> Outcome<Vec<MovedOnView>> {
    let wanted = usize::try_from(paging.limit + 1).unwrap_or(0);
    let mut after = paging.after.unwrap_or(0);
    let mut found = Vec::new();
    loop {
        let rows = corrections(conn, permit.scope(), after).map_err(read_failure)?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = last.sequence;
        let corrected: Vec<EventId> = rows.iter().filter_map(|row| row.about_id).collect();
        let decided = decided(conn, &corrected).map_err(read_failure)?;
        for row in rows {
            let told: EventResult = serde_json::from_str(&row.result)
                .map_err(|error| Problem::internal(format!("events.result of {}: {error}", row.id)))?;
            let quantity = told.moved_on.unwrap_or(0);
            let decided = row.about_id.and_then(|id| decided.get(&id)).copied().unwrap_or(0);
            if quantity > decided {
                found.push(view(row, quantity, decided, now));
            }
            if found.len() == wanted {
                return Ok(found);
            }
        }
    }
}

fn view(row: CorrectionRow, quantity: i64, decided: i64, now: Timestamp) -> MovedOnView {
    MovedOnView {
        correction: row.id,
        sequence: row.sequence,
        corrected: row.about_id,
        consignment: row.consignment_id,
        leg: row.leg_id,
        site: row.site_id,
        quantity,
        decided,
        open: quantity - decided,
        recorded_at: row.recorded_at,
        age_seconds: (now.0 - row.recorded_at.0).max(0) / MICROSECONDS,
    }
}

/// Corrections that stand and moved units on, after a sequence.
fn corrections(conn: &mut Conn, scope: &Scope, after: i64) -> QueryResult<Vec<CorrectionRow>> {
    events_within(events::table.into_boxed(), scope)
        .filter(Clause(IS_CORRECTION))
        .filter(events::sequence.gt(after))
        .filter(events::result.like("%\"moved_on\":%"))
        .filter(Clause(STANDS))
        .filter(Clause(IS_LAST))
        .order(events::sequence)
        .limit(CORRECTIONS_PER_READ)
        .select(CorrectionRow::as_select())
        .load(conn)
}

/// How much decisions that stand have set against what is missing, by the event corrected.
fn decided(conn: &mut Conn, corrected: &[EventId]) -> QueryResult<HashMap<EventId, i64>> {
    let corrections: Vec<(EventId, Option<EventId>)> = events::table
        .filter(events::about_id.eq_any(corrected))
        .filter(events::kind.eq("corrected"))
        .select((events::id, events::about_id))
        .load(conn)?;
    let of: HashMap<EventId, EventId> =
        corrections.into_iter().filter_map(|(id, about)| Some((id, about?))).collect();
    let rows: Vec<(Option<EventId>, i64)> = events::table
        .inner_join(postings::table.on(postings::sequence.eq(events::sequence)))
        .filter(events::about_id.eq_any(of.keys().copied().collect::<Vec<_>>()))
        .filter(events::kind.eq("miscounted"))
        .filter(postings::account.eq(Account::Surplus.code()))
        .filter(Clause(STANDS))
        .select((events::about_id, postings::quantity))
        .load(conn)?;
    let mut sums = HashMap::new();
    for (correction, quantity) in rows {
        if let Some(corrected) = correction.and_then(|id| of.get(&id)) {
            *sums.entry(*corrected).or_insert(0) += quantity;
        }
    }
    Ok(sums)
}
