//! A consignee hands goods over to people.

use super::reached::{check_kits, check_programmes, state_reached};
use super::rules::{Reached, judge};
use crate::consignments::{Needed, find_consignment, wait_or_refuse};
use crate::core::id::{ConsignmentId, OrganizationId, SiteId};
use crate::items::goods::{GoodsLine, PickContext, less_planned, lot_facts, pick_goods, understand};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed, short_as};
use crate::ledger::{Account, Book, Condition, Movement};
use crate::sites::find_site;
use crate::writer::Desk;
use serde::{Deserialize, Serialize};

/// Delivered goods are handed over to people.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Distributed {
    /// Where they had been delivered.
    pub site: SiteId,
    /// Only goods of this consignment.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// Only goods this consignee holds.
    #[serde(default)]
    pub consignee: Option<OrganizationId>,
    /// What was handed over.
    pub lines: Vec<GoodsLine>,
    /// Whom the lines reached, for whoever counts people; a line may be left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<Reached>,
    /// To whom and where, in words without names: "market stalls of Serekunda".
    #[serde(default)]
    pub note: Option<String>,
}

/// Distributes.
///
/// # Errors
/// `insufficient`, naming what is held, damaged or expired; waits for what is not known yet or still
/// upstream.
pub fn distribute(desk: &mut Desk, happening: &Happening, body: &Distributed) -> Result<EventResult, Halt> {
    let site = find_site(desk, body.site)?;
    let mut subjects = Subjects { site: Some(site.id), ..Subjects::default() };
    if let Some(id) = body.consignment {
        let consignment = find_consignment(desk, id)?;
        subjects = Subjects { site: Some(site.id), ..consignment.subjects() };
    }
    let goods = understand(desk, &body.lines)?;
    judge(&body.reached, goods.len())?;
    check_kits(desk, body)?;
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let mut there = desk.shelf::<Book>().of_stock(site.id, one.item.id, Account::Delivered)?;
        there.retain(|held| {
            held.cell.account == Account::Delivered
                && body.consignment.is_none_or(|id| held.cell.consignment == Some(id))
                && body.consignee.is_none_or(|id| held.cell.holder == Some(id))
        });
        let facts = lot_facts(desk, &there)?;
        let all: i64 = there.iter().map(|held| held.quantity).sum();
        there.retain(|held| {
            held.cell.condition == Condition::Good && !facts.is_expired(held.cell.lot, happening.occurred_at)
        });
        let usable: i64 = there.iter().map(|held| held.quantity).sum();
        let context = PickContext { at: happening.occurred_at, programme: None, destination: None };
        let picked = pick_goods(desk, less_planned(there, &movements), one, one.quantity, context)?;
        let found: i64 = picked.iter().map(|part| part.quantity).sum();
        if found < one.quantity {
            let pointer = format!("{}/quantity", one.pointer);
            let words = "delivered and usable";
            let account = Account::Delivered;
            let refusal = short_as(&pointer, account, words, found, one.quantity, &one.item.name)
                .with("held_damaged_or_expired", all - usable);
            let needed = Needed {
                consignment: body.consignment,
                leg: None,
                site: Some(site.id),
                accounts: &[account],
            };
            return Err(wait_or_refuse(desk, &needed, Some(one), one.quantity - found, refusal));
        }
        for part in picked {
            let to = part.cell.on(Account::Distributed);
            movements.push(Movement { from: part.cell, to, quantity: part.quantity, chosen: part.chosen });
        }
        Ok(())
    })?;
    check_programmes(desk, body, &goods, &movements)?;
    let result = happening.post(desk, subjects, &movements, &[])?;
    if !happening.is_rehearsal() {
        state_reached(desk, happening.id, &result, body, &movements)?;
    }
    Ok(result)
}
