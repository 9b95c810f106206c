//! Customs holds and releases goods of a consignment; they stay where they are.

use super::store::{find_leg, find_open};
use super::upstream::{Needed, wait_or_refuse};
use crate::core::id::{ConsignmentId, LegId, SiteId};
use crate::core::problem::{Code, Problem};
use crate::items::goods::{GoodsLine, PickContext, less_planned, lot_facts, pick_goods, understand};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed, short_as};
use crate::ledger::{Account, Book, Condition, Holding, Movement};
use crate::writer::Desk;
use serde::{Deserialize, Serialize};

/// Customs holds goods, or lets them go: on a leg, or at a stop; without lines, all of them.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomsHeld {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// On this leg.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// Or at this stop.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// Which goods.
    #[serde(default)]
    pub lines: Option<Vec<GoodsLine>>,
    /// The office's words or number.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Holds.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet or still upstream.
pub fn customs_hold(desk: &mut Desk, happening: &Happening, body: &CustomsHeld) -> Result<EventResult, Halt> {
    change(desk, happening, body, Condition::Good, Condition::OnHold)
}

/// Releases; goods of a recalled lot stay on hold.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet or still upstream.
pub fn customs_release(
    desk: &mut Desk,
    happening: &Happening,
    body: &CustomsHeld,
) -> Result<EventResult, Halt> {
    change(desk, happening, body, Condition::OnHold, Condition::Good)
}

/// What customs can hold of a consignment: what is on its way or waits at a stop, and nothing else.
fn in_custody_of(
    desk: &mut Desk,
    consignment: ConsignmentId,
    leg: Option<LegId>,
    site: Option<SiteId>,
) -> Result<Vec<Holding>, Halt> {
    let mut there: Vec<Holding> = desk.shelf::<Book>().of_consignment(consignment)?;
    there.retain(|one| {
        if one.cell.account == Account::InTransit {
            leg.map_or(site.is_none(), |leg| one.cell.leg == Some(leg))
        } else if one.cell.account == Account::Allocated && leg.is_none() {
            site.map_or(one.cell.site.is_some(), |site| one.cell.site == Some(site))
        } else {
            false
        }
    });
    Ok(there)
}

fn change(
    desk: &mut Desk,
    happening: &Happening,
    body: &CustomsHeld,
    from: Condition,
    to: Condition,
) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, body.consignment)?;
    let leg = match body.leg {
        Some(leg) => Some(find_leg(desk, consignment.id, Some(leg))?.leg().id),
        None => None,
    };
    let mut there = in_custody_of(desk, consignment.id, leg, body.site)?;
    there.retain(|one| one.cell.condition == from);
    if to == Condition::Good {
        let facts = lot_facts(desk, &there)?;
        there.retain(|one| !facts.recalled.contains(&one.cell.lot));
    }
    let subjects = Subjects { leg, site: body.site, ..consignment.subjects() };
    let account = if body.site.is_some() && leg.is_none() { Account::Allocated } else { Account::InTransit };
    let needed = Needed { consignment: Some(consignment.id), leg, site: body.site, accounts: &[account] };
    let Some(lines) = &body.lines else {
        if there.is_empty() {
            let detail = format!("Nothing of this consignment is {} there.", from.word().replace('_', " "));
            let refusal = Problem::new(Code::Insufficient, detail)
                .with("account", account.word())
                .with("condition", from.word());
            return Err(wait_or_refuse(desk, &needed, None, 1, refusal));
        }
        let all = there.iter().map(|one| Movement::given(one.cell, one.cell.being(to), one.quantity));
        let all: Vec<Movement> = all.collect();
        return Ok(happening.post(desk, subjects, &all, &[])?);
    };
    let goods = understand(desk, lines)?;
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let of_item = there.iter().filter(|held| held.cell.item == one.item.id).copied().collect();
        let context = PickContext { at: happening.occurred_at, programme: None, destination: None };
        let picked = pick_goods(desk, less_planned(of_item, &movements), one, one.quantity, context)?;
        let found: i64 = picked.iter().map(|part| part.quantity).sum();
        if found < one.quantity {
            let pointer = format!("{}/quantity", one.pointer);
            let refusal = short_as(&pointer, account, from.word(), found, one.quantity, &one.item.name)
                .with("condition", from.word());
            return Err(wait_or_refuse(desk, &needed, Some(one), one.quantity - found, refusal));
        }
        for part in picked {
            let to = part.cell.being(to);
            movements.push(Movement { from: part.cell, to, quantity: part.quantity, chosen: part.chosen });
        }
        Ok(())
    })?;
    Ok(happening.post(desk, subjects, &movements, &[])?)
}
