//! Reserving goods for a consignment, naming their lots while packing, and letting them go again.

use super::store::{Consignment, find_open};
use super::upstream::{Needed, wait_or_refuse};
use crate::core::id::{ConsignmentId, HandlingUnitId, LotId, PledgeId, SiteId};
use crate::core::problem::{Fault, Problem};
use crate::items::goods::{
    Goods, GoodsLine, PickContext, held_if_recalled, less_planned, lot_facts, pick_goods, short_of,
    understand, understand_beside,
};
use crate::kits::{HandlingUnit, UnitGoods, UnitPlace, find_units, move_units, place_units};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed, relabel, short};
use crate::ledger::{Account, Book, Cell, Condition, Holding, Movement};
use crate::pledges::PledgeLine;
use crate::sites::find_site;
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Goods are reserved for a consignment: from a site's free stock, or, without a site, from what donors
/// still hold.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocated {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// The warehouse; absent where it ships from the donor.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// Only goods of this pledge.
    #[serde(default)]
    pub pledge: Option<PledgeId>,
    /// What is reserved.
    #[serde(default)]
    pub lines: Vec<GoodsLine>,
    /// Packed handling units at the warehouse that are reserved, each whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<HandlingUnitId>,
}

/// Reserved goods become free again where they are.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// Only what is reserved at this site.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// What is released.
    #[serde(default)]
    pub lines: Vec<GoodsLine>,
    /// Handling units that stand at the site, each whole: they stay packed there, reserved for nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<HandlingUnitId>,
}

/// Reserved goods are packed, which names the lots of those whose lot was not known.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// Only what is reserved at this site.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// What was packed; each line names its lot.
    pub lines: Vec<GoodsLine>,
}

/// The country a consignment is for.
pub(super) fn destination_country(desk: &mut Desk, consignment: &Consignment) -> Result<String, Halt> {
    Ok(find_site(desk, consignment.destination_id)?.country.clone())
}

/// Reserves.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet.
pub fn allocate(desk: &mut Desk, happening: &Happening, body: &Allocated) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, body.consignment)?;
    let country = destination_country(desk, &consignment)?;
    if let Some(site) = body.site {
        find_site(desk, site)?;
    }
    let only = match body.pledge {
        Some(pledge) => Some(desk.shelf::<Drawer<PledgeLine>>().group(pledge)?),
        None => None,
    };
    let goods = understand_beside(desk, &body.lines, body.units.len())?;
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let mut candidates = match body.site {
            Some(site) => free_stock(desk, site, one, happening)?,
            None => with_donors(desk, one)?,
        };
        if let Some(lines) = &only {
            candidates.retain(|holding| lines.iter().any(|line| line.id == holding.cell.line));
        }
        let candidates = less_planned(candidates, &movements);
        let context = PickContext {
            at: happening.occurred_at,
            programme: Some(consignment.programme_id),
            destination: Some(&country),
        };
        let picked = pick_goods(desk, candidates.clone(), one, one.quantity, context)?;
        let there: i64 = picked.iter().map(|part| part.quantity).sum();
        if there < one.quantity {
            let account = if body.site.is_some() { Account::InStorage } else { Account::Unallocated };
            return Err(short_of(desk, candidates, one, there, account, context)?.into());
        }
        for part in picked {
            let to = Cell { consignment: Some(consignment.id), ..part.cell.on(Account::Allocated) };
            let to = held_if_recalled(desk, to)?;
            movements.push(Movement { from: part.cell, to, quantity: part.quantity, chosen: part.chosen });
        }
        Ok(())
    })?;
    let units = reserve_units(desk, happening, body, (&consignment, &country), &mut movements)?;
    let subjects = Subjects { site: body.site, pledge: body.pledge, ..consignment.subjects() };
    let result = happening.post(desk, subjects, &movements, &[])?;
    place_units(desk, &units, None, Some(consignment.id));
    Ok(result)
}

/// Reserves handling units whole: what they hold must be fit for use, of the consignment's programme, and may go to its
/// country.
fn reserve_units(
    desk: &mut Desk,
    happening: &Happening,
    body: &Allocated,
    (consignment, country): (&Consignment, &str),
    movements: &mut Vec<Movement>,
) -> Result<Vec<Arc<HandlingUnit>>, Halt> {
    if body.units.is_empty() {
        return Ok(Vec::new());
    }
    let Some(site) = body.site else {
        return Err(Problem::field("/site", "is missing; say where the handling units stand")
            .coded(Fault::Required)
            .into());
    };
    let units = find_units(desk, &body.units, UnitPlace::Site(site))?;
    move_units(desk, &units, UnitGoods::At(site), movements, |desk, index, cell| {
        if let Some(state) = unfit(desk, cell, happening)? {
            let detail = format!("holds goods that are {state}, which are never reserved; unpack it");
            return Err(Problem::field(format!("/units/{index}"), detail).into());
        }
        let line = desk.shelf::<Book>().line(cell.line)?;
        let is_meant_for = line.earmark.as_deref().is_none_or(|earmark| earmark == country);
        if line.programme != consignment.programme_id || !is_meant_for {
            let detail =
                format!("holds goods of another programme, or that are not meant for {country}; unpack it");
            return Err(Problem::field(format!("/units/{index}"), detail).into());
        }
        Ok(Cell { consignment: Some(consignment.id), ..cell })
    })?;
    Ok(units)
}

/// Why goods are no supply, where they are none.
fn unfit(desk: &mut Desk, cell: Cell, happening: &Happening) -> Result<Option<&'static str>, Halt> {
    let there = Holding { cell, quantity: 1, first_at: happening.occurred_at };
    let facts = lot_facts(desk, &[there])?;
    Ok(match cell.condition {
        Condition::Damaged => Some("damaged"),
        Condition::OnHold => Some("on hold"),
        Condition::Good if facts.recalled.contains(&cell.lot) => Some("under recall"),
        Condition::Good if facts.is_expired(cell.lot, happening.occurred_at) => Some("expired"),
        Condition::Good => None,
    })
}

/// Goods that are with their donors: of the line a label names, which is a handful of heaps, or of all lines
/// of the item.
fn with_donors(desk: &mut Desk, goods: &Goods) -> Result<Vec<Holding>, Halt> {
    let Some(label) = goods.label else { return Ok(desk.shelf::<Book>().of_unplaced(goods.item.id)?) };
    let mut holdings = desk.shelf::<Book>().of_line(label)?;
    holdings.retain(|one| one.cell.account == Account::Unallocated && one.cell.item == goods.item.id);
    Ok(holdings)
}

/// Free, usable goods of an item at a site; expired ones only where their lot is named.
pub(super) fn free_stock(
    desk: &mut Desk,
    site: SiteId,
    goods: &Goods,
    happening: &Happening,
) -> Result<Vec<Holding>, Halt> {
    let mut candidates = desk.shelf::<Book>().of_stock(site, goods.item.id, Account::InStorage)?;
    candidates.retain(|one| one.cell.account == Account::InStorage && one.cell.condition == Condition::Good);
    if goods.lot.is_none() {
        let facts = lot_facts(desk, &candidates)?;
        candidates.retain(|one| !facts.is_expired(one.cell.lot, happening.occurred_at));
    }
    Ok(candidates)
}

/// Goods reserved for a consignment, of one item, at one site if named.
pub(super) fn reserved(
    desk: &mut Desk,
    consignment: ConsignmentId,
    goods: &Goods,
    site: Option<SiteId>,
) -> Result<Vec<Holding>, Halt> {
    let mut candidates = desk.shelf::<Book>().of_consignment(consignment)?;
    candidates.retain(|one| {
        one.cell.account == Account::Allocated
            && one.cell.item == goods.item.id
            && site.is_none_or(|site| one.cell.site == Some(site))
    });
    Ok(candidates)
}

/// Releases.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet or still upstream.
pub fn release(desk: &mut Desk, happening: &Happening, body: &Released) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, body.consignment)?;
    let goods = understand_beside(desk, &body.lines, body.units.len())?;
    let mut movements = Vec::new();
    let units = release_units(desk, body, &mut movements)?;
    all_or_missed(&goods, |one| {
        let candidates = less_planned(reserved(desk, consignment.id, one, body.site)?, &movements);
        let context = PickContext { at: happening.occurred_at, programme: None, destination: None };
        let picked = pick_goods(desk, candidates, one, one.quantity, context)?;
        let there: i64 = picked.iter().map(|part| part.quantity).sum();
        if there < one.quantity {
            let pointer = format!("{}/quantity", one.pointer);
            let refusal = short(&pointer, Account::Allocated, there, one.quantity, &one.item.name);
            return Err(reserved_later(desk, consignment.id, body.site, one, one.quantity - there, refusal));
        }
        for part in picked {
            movements.push(Movement {
                from: part.cell,
                to: freed(part.cell),
                quantity: part.quantity,
                chosen: part.chosen,
            });
        }
        Ok(())
    })?;
    let subjects = Subjects { site: body.site, ..consignment.subjects() };
    let result = happening.post(desk, subjects, &movements, &[])?;
    place_units(desk, &units, body.site, None);
    Ok(result)
}

/// Lets handling units go whole: they stay packed where they stand.
fn release_units(
    desk: &mut Desk,
    body: &Released,
    movements: &mut Vec<Movement>,
) -> Result<Vec<Arc<HandlingUnit>>, Halt> {
    if body.units.is_empty() {
        return Ok(Vec::new());
    }
    let Some(site) = body.site else {
        return Err(Problem::field("/site", "is missing; say where the handling units stand")
            .coded(Fault::Required)
            .into());
    };
    let units = find_units(desk, &body.units, UnitPlace::Consignment(body.consignment))?;
    let place = UnitGoods::Stop(body.consignment, site);
    move_units(desk, &units, place, movements, |_, _, cell| Ok(Cell { consignment: None, ..cell }))?;
    Ok(units)
}

/// Too little is reserved at a stop: waits where the rest is on its way there.
fn reserved_later(
    desk: &mut Desk,
    consignment: ConsignmentId,
    site: Option<SiteId>,
    goods: &Goods,
    lacking: i64,
    refusal: Problem,
) -> Halt {
    let needed = Needed { consignment: Some(consignment), leg: None, site, accounts: &[Account::Allocated] };
    wait_or_refuse(desk, &needed, Some(goods), lacking, refusal)
}

/// Where reserved goods go when they are released: back to the shelf, or back to their donor.
pub(super) fn freed(cell: Cell) -> Cell {
    let account = if cell.site.is_some() { Account::InStorage } else { Account::Unallocated };
    Cell { consignment: None, ..cell.on(account) }
}

/// Packs.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is not known yet or still upstream.
pub fn pack(desk: &mut Desk, happening: &Happening, body: &Packed) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, body.consignment)?;
    let goods = understand(desk, &body.lines)?;
    let mut movements = Vec::new();
    let mut statements = Vec::new();
    all_or_missed(&goods, |one| {
        let Some(lot) = one.lot else { return Ok(()) };
        let mut candidates = less_planned(reserved(desk, consignment.id, one, body.site)?, &movements);
        // What carries the lot already needs no naming; the rest is named out of what has none.
        let named: i64 =
            candidates.iter().filter(|held| held.cell.lot == lot).map(|held| held.quantity).sum();
        let wanted = (one.quantity - named).max(0);
        candidates.retain(|held| held.cell.lot == LotId::unknown(one.item.id));
        let any = Goods { lot: None, ..one.clone() };
        let context = PickContext { at: happening.occurred_at, programme: None, destination: None };
        let picked = pick_goods(desk, candidates, &any, wanted, context)?;
        let there: i64 = picked.iter().map(|part| part.quantity).sum();
        if there < wanted {
            let pointer = format!("{}/quantity", one.pointer);
            let refusal = short(&pointer, Account::Allocated, named + there, one.quantity, &one.item.name);
            return Err(reserved_later(desk, consignment.id, body.site, one, wanted - there, refusal));
        }
        all_or_missed(picked, |part| {
            let to = held_if_recalled(desk, Cell { lot, ..part.cell })?;
            relabel(desk.shelf(), part.cell, to, part.quantity, &mut movements, &mut statements)?;
            Ok(())
        })?;
        Ok(())
    })?;
    let subjects = Subjects { site: body.site, ..consignment.subjects() };
    Ok(happening.post(desk, subjects, &movements, &statements)?)
}
