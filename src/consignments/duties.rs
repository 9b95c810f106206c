//! Nobody receives what they dispatched. What was entered for somebody else from paper was dispatched or received by
//! those others, and what was imported by nobody here; both are flagged instead.
//!
//! Goods that changed their leg under way, by a diversion or a split, were dispatched by whoever sent the earlier
//! leg off as well as by whoever sent them on.

use super::departures::Departures;
use crate::auth::is_operator;
use crate::core::id::{EventId, LegId};
use crate::core::problem::{Code, Problem};
use crate::ledger::event::{EventRecord, Halt, Happening, all_or_missed};
use crate::ledger::origin::from_paper;
use crate::ledger::{Account, Book};
use crate::writer::{Desk, Drawer};

/// Refuses a receipt by whoever sent the leg off.
///
/// # Errors
/// `own_dispatch`, naming the departure.
pub(super) fn check_receiver(desk: &mut Desk, happening: &Happening, leg: LegId) -> Result<(), Halt> {
    if happening.from_paper || is_operator(desk.actor()) {
        return Ok(());
    }
    let me = desk.actor().user;
    let mut legs = vec![leg];
    let mut next = 0;
    while let Some(leg) = legs.get(next).copied() {
        next += 1;
        let departures = desk.shelf::<Departures>().of(leg)?;
        all_or_missed(departures, |departure| {
            let Some(record) = desk.shelf::<Drawer<EventRecord>>().find(departure.event)? else {
                return Ok(());
            };
            if record.actor_id == me && from_paper(&record.body).is_none() {
                return Err(own_dispatch(record.id).into());
            }
            if record.kind == "departed" {
                return Ok(());
            }
            for posted in desk.shelf::<Book>().postings_of(departure.sequence)? {
                let left = posted.cell.leg.filter(|_| posted.cell.account == Account::InTransit);
                if let Some(left) = left.filter(|left| posted.quantity < 0 && !legs.contains(left)) {
                    legs.push(left);
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Refuses that whoever received a leg says afterwards what was sent on it: the receipts came first and implied
/// these departures.
///
/// # Errors
/// `own_dispatch`, naming the implied departure.
pub(super) fn check_dispatcher(
    desk: &mut Desk,
    happening: &Happening,
    implied: &[EventRecord],
) -> Result<(), Halt> {
    if happening.from_paper || is_operator(desk.actor()) {
        return Ok(());
    }
    let me = desk.actor().user;
    all_or_missed(implied.iter().filter(|record| record.actor_id == me), |record| {
        let receipt = receipt_of(record);
        let receipt = match receipt {
            Some(id) => desk.shelf::<Drawer<EventRecord>>().find(id)?,
            None => None,
        };
        if receipt.is_some_and(|receipt| from_paper(&receipt.body).is_some()) {
            return Ok(());
        }
        let detail = "You received this leg, so somebody else says what was sent on it.";
        let problem = Problem::new(Code::OwnDispatch, detail).with("departure", record.id.to_string());
        Err(problem.into())
    })
}

/// The receipt that implied a departure.
fn receipt_of(implied: &EventRecord) -> Option<EventId> {
    let body: serde_json::Value = serde_json::from_str(&implied.body).ok()?;
    body.get("receipt")?.as_str()?.parse().ok()
}

fn own_dispatch(departure: EventId) -> Problem {
    let detail = "You sent these goods off, so somebody else receives them. If you enter a receipt for others from \
                  their paper, say so in from_paper.";
    Problem::new(Code::OwnDispatch, detail).with("departure", departure.to_string())
}
