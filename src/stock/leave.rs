//! Goods that come to an end in a warehouse: disposed of, or given back to their donor.

use super::missing::{Evidence, decide};
use super::place::{Place, Sought, pick_or_refuse};
use crate::core::id::{ConsignmentId, SiteId};
use crate::items::goods::{GoodsLine, understand};
use crate::ledger::event::{EventResult, Halt, Happening, all_or_missed};
use crate::ledger::{Account, Condition, Movement};
use crate::writer::Desk;
use serde::{Deserialize, Serialize};

/// Goods are destroyed or otherwise disposed of.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Disposed {
    /// Where.
    pub site: SiteId,
    /// Of a consignment that is reserved or delivered there; else of free stock.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// In what condition the goods are; damaged if left out.
    #[serde(default)]
    pub condition: Option<Condition>,
    /// What is disposed of.
    pub lines: Vec<GoodsLine>,
    /// Report, cause, evidence, liable party; all but the liable party must be said.
    #[serde(default)]
    pub evidence: Evidence,
    /// Why.
    pub reason: String,
}

/// Goods were received back by their donor.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// Where they were.
    pub site: SiteId,
    /// Of a consignment that is reserved or delivered there; else of free stock.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// In what condition; good if left out.
    #[serde(default)]
    pub condition: Condition,
    /// What went back.
    pub lines: Vec<GoodsLine>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// The accounts goods can end from.
const ENDS_FROM: [Account; 3] = [Account::InStorage, Account::Allocated, Account::Delivered];

/// Disposes.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn dispose(desk: &mut Desk, happening: &Happening, body: &Disposed) -> Result<EventResult, Halt> {
    let place = Place { site: Some(body.site), consignment: body.consignment, leg: None };
    let condition = body.condition.unwrap_or(Condition::Damaged);
    let (result, total) = end(desk, happening, &place, &body.lines, condition, Account::Disposed)?;
    decide(desk, happening, "disposed", &place, total, &body.reason, &body.evidence)?;
    Ok(result)
}

/// Gives back.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn give_back(desk: &mut Desk, happening: &Happening, body: &Returned) -> Result<EventResult, Halt> {
    let place = Place { site: Some(body.site), consignment: body.consignment, leg: None };
    let (result, _) = end(desk, happening, &place, &body.lines, body.condition, Account::Returned)?;
    Ok(result)
}

fn end(
    desk: &mut Desk,
    happening: &Happening,
    place: &Place,
    lines: &[GoodsLine],
    condition: Condition,
    account: Account,
) -> Result<(EventResult, i64), Halt> {
    let subjects = place.subjects(desk)?;
    let goods = understand(desk, lines)?;
    let accounts: &[Account] = if place.consignment.is_some() { &ENDS_FROM } else { &[Account::InStorage] };
    let sought = Sought::being(*place, accounts, condition);
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let mut there = place.goods(desk, one, accounts)?;
        there.retain(|held| held.cell.condition == condition);
        for part in pick_or_refuse(desk, happening, there, one, &movements, &sought)? {
            let to = part.cell.on(account);
            movements.push(Movement { from: part.cell, to, quantity: part.quantity, chosen: part.chosen });
        }
        Ok(())
    })?;
    let total = movements.iter().map(|one| one.quantity).sum();
    Ok((happening.post(desk, subjects, &movements, &[])?, total))
}
