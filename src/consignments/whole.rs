//! A consignment with all that is shown with it, read at once.

use super::read::{
    HISTORY_SHOWN, HistoryRow, consignment_by_code, consignment_read, latest_history, legs_read, standing_of,
    standing_read,
};
use super::rules::Standing;
use super::store::{Consignment, Leg};
use crate::auth::{Named, Permit};
use crate::core::id::ConsignmentId;
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{balances, consignments, events, legs};
use crate::db::{Conn, read_failure, together};
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
    Ok(Whole {
        legs: legs_read(conn, id)?,
        standing: standing_read(conn, id)?,
        history: latest_history(conn, id)?,
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
        consignment,
    })
}

/// For callers whose scope is no part of the question: a single statement where that is cheaper.
fn everything(conn: &mut Conn, id: ConsignmentId) -> Outcome<Whole> {
    let (mut found, legs, mut history, goods) = together!(conn, Backend => {
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
    })
    .map_err(read_failure)?;
    let consignment = found.pop().ok_or_else(Problem::not_found)?;
    history.reverse();
    Ok(Whole { consignment, legs, standing: standing_of(goods), history })
}
