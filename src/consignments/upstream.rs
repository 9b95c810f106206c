//! Goods of a consignment that have not come as far yet as an update needs them: such an update waits for them.

use super::receive::arrival_cell;
use super::store::{Consignment, Journey, Leg, find_consignment, legs_of};
use crate::core::id::{ConsignmentId, LegId, SiteId};
use crate::core::problem::Problem;
use crate::items::goods::Goods;
use crate::ledger::event::{Halt, Wait, all_or_missed};
use crate::ledger::{Account, Book, Condition, Holding};
use crate::writer::Desk;
use std::sync::Arc;

/// Where an update needs goods of a consignment that it names: on a leg or at a site, on one of these accounts.
#[derive(Clone, Copy, Debug)]
pub struct Needed<'a> {
    /// The consignment.
    pub consignment: Option<ConsignmentId>,
    /// Under way on this leg.
    pub leg: Option<LegId>,
    /// Or at this site.
    pub site: Option<SiteId>,
    /// The accounts it draws from.
    pub accounts: &'a [Account],
}

/// How an update halts that finds `lacking` units too few: it waits where goods of its consignment that are still
/// upstream cover them and come to where it draws from; else it is refused.
pub fn wait_or_refuse(
    desk: &mut Desk,
    needed: &Needed<'_>,
    goods: Option<&Goods>,
    lacking: i64,
    refusal: Problem,
) -> Halt {
    let Some(consignment) = needed.consignment else { return refusal.into() };
    match coming(desk, consignment, needed, goods) {
        Ok(coming) if coming >= lacking => upstream(consignment),
        Ok(_) => refusal.into(),
        Err(halt) => halt,
    }
}

/// How much of a consignment's goods will come to where an update needs them.
fn coming(
    desk: &mut Desk,
    consignment: ConsignmentId,
    needed: &Needed<'_>,
    goods: Option<&Goods>,
) -> Result<i64, Halt> {
    let consignment = find_consignment(desk, consignment)?;
    let legs = legs_of(desk, consignment.id)?;
    if let Some(leg) = needed.leg {
        let Some(position) = legs.iter().position(|one| one.id == leg) else { return Ok(0) };
        if !needed.accounts.contains(&Account::InTransit) {
            return Ok(0);
        }
        return Ok(sum(&not_yet(desk, &consignment, &legs[..position], &legs[..=position], goods)?));
    }
    let arrives = |site| legs.iter().rposition(|one| one.to_id == site);
    let Some(position) = needed.site.and_then(arrives) else { return Ok(0) };
    let before = &legs[..=position];
    let mut there = Vec::new();
    let on_the_way = not_yet(desk, &consignment, before, before, goods)?;
    let journey = Journey { legs: legs.clone(), position };
    all_or_missed(on_the_way, |one| {
        // What comes there in another state than the update needs is of no use to it.
        let arrived = arrival_cell(desk, &consignment, &journey, one.cell, Condition::Good)?;
        if needed.accounts.contains(&arrived.account) {
            there.push(one);
        }
        Ok(())
    })?;
    Ok(sum(&there))
}

fn sum(holdings: &[Holding]) -> i64 {
    holdings.iter().map(|one| one.quantity).sum()
}

/// How much of a consignment's goods has not come as far as the start of this leg.
pub(super) fn is_upstream(
    desk: &mut Desk,
    consignment: &Consignment,
    journey: &Journey,
    goods: Option<&Goods>,
) -> Result<i64, Halt> {
    let earlier = journey.earlier();
    Ok(sum(&not_yet(desk, consignment, earlier, earlier, goods)?))
}

/// Goods of a consignment that are on one of the legs `under_way`, or still where one of those of `starts` starts.
fn not_yet(
    desk: &mut Desk,
    consignment: &Consignment,
    under_way: &[Arc<Leg>],
    starts: &[Arc<Leg>],
    goods: Option<&Goods>,
) -> Result<Vec<Holding>, Halt> {
    let mut holdings = desk.shelf::<Book>().of_consignment(consignment.id)?;
    holdings.retain(|one| {
        let is_of_line = goods.is_none_or(|goods| {
            goods.item.id == one.cell.item && goods.label.is_none_or(|label| label == one.cell.line)
        });
        let is_before = match one.cell.account {
            Account::InTransit => under_way.iter().any(|leg| one.cell.leg == Some(leg.id)),
            // What ships from its donor has no site, and leaves with the first leg.
            Account::Allocated => match one.cell.site {
                Some(site) => starts.iter().any(|leg| leg.from_id == site),
                None => !starts.is_empty(),
            },
            Account::Promised
            | Account::Surplus
            | Account::Unallocated
            | Account::InStorage
            | Account::Missing
            | Account::Delivered
            | Account::Distributed
            | Account::Lost
            | Account::Disposed
            | Account::Returned
            | Account::Withdrawn => false,
        };
        is_of_line && is_before
    });
    Ok(holdings)
}

/// Waits for goods of a consignment that are still upstream.
pub(super) fn upstream(consignment: ConsignmentId) -> Halt {
    Halt::Waits(Wait {
        waits_for: consignment.0,
        reason: "The goods have not come this far yet: an earlier leg of the consignment still has them."
            .to_owned(),
    })
}
