//! Cancelling a consignment: what is reserved for it becomes free again.

use super::allocate::freed;
use super::store::{Consignment, find_open};
use crate::core::id::ConsignmentId;
use crate::core::problem::{Code, Problem};
use crate::kits::has_units;
use crate::ledger::event::{EventResult, Halt, Happening};
use crate::ledger::{Account, Book, Movement};
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};

/// A consignment is cancelled before anything of it is under way.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancelled {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// Why.
    pub reason: String,
}

/// Cancels.
///
/// # Errors
/// `wrong_state` where goods are under way, missing or delivered, or handling units are reserved; waits for what is not known yet.
pub fn cancel(desk: &mut Desk, happening: &Happening, body: &Cancelled) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, body.consignment)?;
    if has_units(desk, consignment.id)? {
        let detail = "Handling units are reserved for this consignment; release them first, so that they stay packed where \
                      they stand, or unpack them.";
        return Err(Problem::new(Code::WrongState, detail).at("/consignment").into());
    }
    let mut movements = Vec::new();
    for holding in desk.shelf::<Book>().of_consignment(consignment.id)? {
        if holding.cell.account == Account::Allocated {
            movements.push(Movement::given(holding.cell, freed(holding.cell), holding.quantity));
        } else {
            let account = holding.cell.account.word();
            let detail = format!(
                "{} base units of this consignment are {account} already; divert or return them instead.",
                holding.quantity
            );
            return Err(Problem::new(Code::WrongState, detail).with("account", account).into());
        }
    }
    let result = happening.post(desk, consignment.subjects(), &movements, &[])?;
    let now = desk.now();
    desk.shelf::<Drawer<Consignment>>().put(Consignment {
        cancelled: true,
        revision: consignment.revision + 1,
        updated_at: now,
        ..consignment.as_ref().clone()
    });
    Ok(result)
}
