//! Customs holds and releases goods of a consignment; they stay where they are.

use super::holds::{HeldBy, HeldOf, less_held, note_held};
use super::store::{Consignment, find_consignment, find_leg, find_open};
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

/// Releases what customs hold; goods of a recalled lot, and what somebody else holds, stay on hold.
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

/// What customs can hold of a consignment: what is on its way or waits at a stop, and nothing else. What it held stays held
/// when it is received, so that it can be let go where it was handed over too.
fn in_custody_of(
    desk: &mut Desk,
    consignment: ConsignmentId,
    (leg, site): (Option<LegId>, Option<SiteId>),
    to: Condition,
) -> Result<Vec<Holding>, Halt> {
    let is_let_go = to == Condition::Good;
    let mut there: Vec<Holding> = desk.shelf::<Book>().of_consignment(consignment)?;
    there.retain(|one| {
        if one.cell.account == Account::InTransit {
            leg.map_or(site.is_none(), |leg| one.cell.leg == Some(leg))
        } else if leg.is_none()
            && (one.cell.account == Account::Allocated
                || (is_let_go && one.cell.account == Account::Delivered))
        {
            site.map_or(one.cell.site.is_some(), |site| one.cell.site == Some(site))
        } else {
            false
        }
    });
    Ok(there)
}

/// A consignment and all that it was split from: what was held of these before they were split is held in it still.
fn family_of(desk: &mut Desk, consignment: &Consignment) -> Result<Vec<HeldOf>, Halt> {
    let mut family = vec![HeldOf::Consignment(consignment.id)];
    let mut above = consignment.parent_id;
    while let Some(parent) = above {
        family.push(HeldOf::Consignment(parent));
        above = find_consignment(desk, parent)?.parent_id;
    }
    Ok(family)
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
    let mut there = in_custody_of(desk, consignment.id, (leg, body.site), to)?;
    there.retain(|one| one.cell.condition == from);
    if to == Condition::Good {
        let facts = lot_facts(desk, &there)?;
        there.retain(|one| !facts.recalled.contains(&one.cell.lot));
        let family = family_of(desk, &consignment)?;
        there = less_held(desk, &family, there)?;
    }
    let subjects = Subjects { leg, site: body.site, ..consignment.subjects() };
    let account = if body.site.is_some() && leg.is_none() { Account::Allocated } else { Account::InTransit };
    let needed = Needed { consignment: Some(consignment.id), leg, site: body.site, accounts: &[account] };
    let Some(lines) = &body.lines else {
        if there.is_empty() {
            let refusal = nothing_there(account, from, to);
            return Err(wait_or_refuse(desk, &needed, None, 1, refusal));
        }
        let all = there.iter().map(|one| Movement::given(one.cell, one.cell.being(to), one.quantity));
        let all: Vec<Movement> = all.collect();
        note_held(desk, happening, HeldBy::Customs, &all);
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
    note_held(desk, happening, HeldBy::Customs, &movements);
    Ok(happening.post(desk, subjects, &movements, &[])?)
}

/// That customs hold nothing, or find nothing to hold.
fn nothing_there(account: Account, from: Condition, to: Condition) -> Problem {
    let detail = match to {
        Condition::Good => "Customs hold nothing of this consignment there; what a logger told of, or somebody else holds, is \
                            released by `released_from_hold`."
            .to_owned(),
        Condition::OnHold | Condition::Damaged => {
            format!("Nothing of this consignment is {} there.", from.word().replace('_', " "))
        }
    };
    Problem::new(Code::Insufficient, detail).with("account", account.word()).with("condition", from.word())
}
