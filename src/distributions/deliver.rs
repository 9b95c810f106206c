//! A warehouse hands goods over to a consignee: how a hub passes a gift on.

use crate::consignments::{Needed, find_open, wait_or_refuse};
use crate::core::id::{ConsignmentId, OrganizationId, SiteId};
use crate::core::problem::{Fault, Problem};
use crate::items::goods::{
    GoodsLine, PickContext, less_planned, lot_facts, pick_goods, short_of, understand,
};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed};
use crate::ledger::{Account, Book, Cell, Condition, Movement};
use crate::parties::find_organization;
use crate::sites::find_site;
use crate::writer::Desk;
use serde::{Deserialize, Serialize};

/// Goods in storage are handed to a consignee, of a consignment that ended there or of free stock.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// Where.
    pub site: SiteId,
    /// The consignment the goods are delivered under, where there is one.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// Who gets them; the consignment's consignee if left out.
    #[serde(default)]
    pub consignee: Option<OrganizationId>,
    /// What is handed over.
    pub lines: Vec<GoodsLine>,
}

/// Delivers.
///
/// # Errors
/// `insufficient`, `invalid`, `wrong_state`; waits for what is not known yet or still upstream.
pub fn deliver(desk: &mut Desk, happening: &Happening, body: &Delivered) -> Result<EventResult, Halt> {
    let site = find_site(desk, body.site)?;
    let mut subjects = Subjects { site: Some(site.id), ..Subjects::default() };
    let mut consignee = body.consignee;
    let mut programme = None;
    if let Some(id) = body.consignment {
        let consignment = find_open(desk, id)?;
        subjects = Subjects { site: Some(site.id), ..consignment.subjects() };
        consignee = consignee.or(Some(consignment.consignee_id));
        programme = Some(consignment.programme_id);
    }
    let Some(consignee) = consignee else {
        return Err(Problem::field("/consignee", "is missing; say who gets the goods, or the consignment")
            .coded(Fault::Required)
            .into());
    };
    find_organization(desk, consignee)?;
    let goods = understand(desk, &body.lines)?;
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let mut there = desk.shelf::<Book>().of_stock(site.id, one.item.id, Account::InStorage)?;
        there
            .retain(|held| held.cell.account == Account::InStorage && held.cell.condition == Condition::Good);
        let facts = lot_facts(desk, &there)?;
        there.retain(|held| one.lot.is_some() || !facts.is_expired(held.cell.lot, happening.occurred_at));
        let context =
            PickContext { at: happening.occurred_at, programme, destination: Some(site.country.as_str()) };
        let there = less_planned(there, &movements);
        let picked = pick_goods(desk, there.clone(), one, one.quantity, context)?;
        let found: i64 = picked.iter().map(|part| part.quantity).sum();
        if found < one.quantity {
            let refusal = short_of(desk, there, one, found, Account::InStorage, context)?;
            let needed = Needed {
                consignment: body.consignment,
                leg: None,
                site: Some(site.id),
                accounts: &[Account::InStorage],
            };
            return Err(wait_or_refuse(desk, &needed, Some(one), one.quantity - found, refusal));
        }
        for part in picked {
            let to = Cell {
                account: Account::Delivered,
                consignment: body.consignment,
                holder: Some(consignee),
                ..part.cell
            };
            movements.push(Movement { from: part.cell, to, quantity: part.quantity, chosen: part.chosen });
        }
        Ok(())
    })?;
    Ok(happening.post(desk, subjects, &movements, &[])?)
}
