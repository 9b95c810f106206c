//! A consignment with all that is shown with it, read at once.

use super::read::{
    HISTORY_SHOWN, HistoryRow, StorageMove, consignment_by_code, consignment_read, latest_history, legs_read,
    standing_of, standing_read, storage_moves, told_evidence,
};
use super::rules::Standing;
use super::store::{Consignment, Leg};
use crate::auth::{Named, Permit};
use crate::core::id::ConsignmentId;
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{balances, consignments, events, legs, postings, verifications};
use crate::db::{Conn, read_failure, together};
use crate::evidence::rules::HAND_OVERS;
use crate::evidence::{Evidence, Verification, evidence_in};
use crate::ledger::Account;
use diesel::prelude::*;

/// What is shown of a consignment.
pub struct Whole {
    /// Itself.
    pub consignment: Consignment,
    /// All legs, replaced ones too, in the order of the journey.
    pub legs: Vec<Leg>,
    /// What its goods are doing.
    pub standing: Standing,
    /// Its latest events, in the order they were recorded.
    pub history: Vec<HistoryRow>,
    /// What verifies the hand-overs among them.
    pub evidence: Evidence,
}

/// A consignment with its way, its goods' standing and its history, if the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn whole_read<A: Named>(conn: &mut Conn, permit: &Permit<A>, id: ConsignmentId) -> Outcome<Whole> {
    if permit.scope().is_everything() {
        return everything(conn, id);
    }
    let consignment = consignment_read(conn, permit, id)?;
    let history = latest_history(conn, id)?;
    Ok(Whole {
        legs: legs_read(conn, id)?,
        standing: standing_read(conn, id)?,
        evidence: told_evidence(conn, &history)?,
        history,
        consignment,
    })
}

/// What the public answer to a tracking code is made of; the code is the permission.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn whole_by_code(conn: &mut Conn, code: &str) -> Outcome<Whole> {
    let consignment = consignment_by_code(conn, code)?;
    let id = consignment.id;
    Ok(Whole {
        legs: legs_read(conn, id)?,
        standing: standing_read(conn, id)?,
        history: latest_history(conn, id)?,
        // Papers are nothing the public is told of.
        evidence: Evidence::new(),
        consignment,
    })
}

/// For callers whose scope is no part of the question: a single statement where that is cheaper.
fn everything(conn: &mut Conn, id: ConsignmentId) -> Outcome<Whole> {
    // One by one, since a list would have the words of the whole statement made anew each time.
    let [received, delivered, distributed] = HAND_OVERS;
    let (mut found, legs, mut history, goods, moves, verified) = together!(conn, Backend => {
        Consignment: consignments::table
            .filter(consignments::id.eq(id))
            .select(<Consignment as Selectable<Backend>>::construct_selection()),
        Leg: legs::table
            .filter(legs::consignment_id.eq(id))
            .order(legs::ordinal)
            .select(<Leg as Selectable<Backend>>::construct_selection()),
        HistoryRow: events::table
            .filter(events::consignment_id.eq(id))
            .order(events::sequence.desc())
            .limit(HISTORY_SHOWN as i64)
            .select(<HistoryRow as Selectable<Backend>>::construct_selection()),
        (i32, i64): balances::table
            .filter(balances::consignment_id.eq(id).and(balances::quantity.ne(0)))
            .select((balances::account, balances::quantity)),
        StorageMove: storage_moves!(id)
            .select((postings::site_id.assume_not_null(), postings::item_id, postings::quantity)),
        Verification: verifications::table
            .filter(verifications::event_id.eq_any(
                events::table
                    .filter(events::consignment_id.eq(id))
                    .filter(events::kind.eq(received).or(events::kind.eq(delivered)).or(events::kind.eq(distributed)))
                    .select(events::id),
            ))
            .filter(verifications::ended_at.is_null())
            .select(<Verification as Selectable<Backend>>::construct_selection()),
    })
    .map_err(read_failure)?;
    let consignment = found.pop().ok_or_else(Problem::not_found)?;
    history.reverse();
    let (standing, evidence) = (standing_of(goods, moves), evidence_in(verified));
    Ok(Whole { consignment, legs, standing, history, evidence })
}
