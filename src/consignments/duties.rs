//! Nobody receives what they dispatched. What was entered for somebody else from paper was dispatched or received by
//! those others, who are looked up, and what was imported by nobody here; both are flagged.
//!
//! Goods that changed their leg under way, by a diversion or a split, were dispatched by whoever sent the earlier
//! leg off as well as by whoever sent them on.

use super::departures::Departures;
use super::store::{Consignment, Leg};
use crate::auth::is_operator;
use crate::core::id::{EventId, LegId};
use crate::core::problem::{Code, Problem};
use crate::ledger::event::{EventRecord, Halt, Happening, all_or_missed};
use crate::ledger::origin::{FromPaper, from_paper};
use crate::ledger::{Account, Book};
use crate::parties::find_organization;
use crate::sites::find_site;
use crate::writer::{Desk, Drawer};

/// Refuses a receipt by whoever sent the leg off.
///
/// # Errors
/// `own_dispatch`, naming the departure.
pub(super) fn check_receiver(desk: &mut Desk, happening: &Happening, leg: LegId) -> Result<(), Halt> {
    if is_operator(desk.actor()) {
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
            if record.actor_id == me && !is_sent_by_others(desk, leg, &record)? {
                return match &happening.from_paper {
                    Some(paper) => check_received(desk, leg, paper),
                    None => Err(own_dispatch(record.id).into()),
                };
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
    if is_operator(desk.actor()) {
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
        if let (Some(paper), Some(leg)) = (&happening.from_paper, record.leg_id) {
            return check_sent(desk, leg, paper);
        }
        let detail = "You received this leg, so somebody else says what was sent on it.";
        let problem = Problem::new(Code::OwnDispatch, detail).with("departure", record.id.to_string());
        Err(problem.into())
    })
}

/// Whether the paper a dispatcher enters a receipt from is of somebody who can have received the goods: the consignee, or
/// whoever runs the site where the leg ends. Otherwise any organization's name would do.
fn check_received(desk: &mut Desk, leg: LegId, paper: &FromPaper) -> Result<(), Halt> {
    let Some(leg) = desk.shelf::<Drawer<Leg>>().find(leg)? else { return Ok(()) };
    let consignment = desk.shelf::<Drawer<Consignment>>().find(leg.consignment_id)?;
    let runs = find_site(desk, leg.to_id)?.operator_id == Some(paper.organization);
    if runs || consignment.is_some_and(|one| one.consignee_id == paper.organization) {
        return Ok(());
    }
    let detail = "did not receive these goods: it is neither the consignee nor runs the site where the leg ends. You sent \
                  them off, so enter the receipt from the paper of one of these, or have somebody else receive them";
    Err(Problem::field("/from_paper/organization", detail).into())
}

/// Whether the paper a receiver enters a departure from is of somebody who can have sent the goods off: the consignor, the
/// carrier, whoever runs the site where the leg starts, or a donor.
fn check_sent(desk: &mut Desk, leg: LegId, paper: &FromPaper) -> Result<(), Halt> {
    if can_have_sent(desk, leg, paper)? {
        return Ok(());
    }
    let detail = "did not send these goods: it is neither the consignor, the carrier or a donor, nor runs the site where \
                  the leg starts. You received them, so enter the departure from the paper of one of these";
    Err(Problem::field("/from_paper/organization", detail).into())
}

/// Whether a departure was entered from the paper of somebody who can have sent the goods off: anybody else's says
/// nothing of who did.
fn is_sent_by_others(desk: &mut Desk, leg: LegId, departure: &EventRecord) -> Result<bool, Halt> {
    match from_paper(&departure.body) {
        Some(paper) => can_have_sent(desk, leg, &paper),
        None => Ok(false),
    }
}

fn can_have_sent(desk: &mut Desk, leg: LegId, paper: &FromPaper) -> Result<bool, Halt> {
    let Some(leg) = desk.shelf::<Drawer<Leg>>().find(leg)? else { return Ok(true) };
    let consignment = desk.shelf::<Drawer<Consignment>>().find(leg.consignment_id)?;
    let sender = Some(paper.organization);
    let is_party = leg.carrier_id == sender || consignment.is_some_and(|one| one.consignor_id == sender);
    Ok(is_party
        || find_site(desk, leg.from_id)?.operator_id == sender
        || find_organization(desk, paper.organization)?.is_donor)
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
