//! Packing components into handling units, and unpacking what is left of them.

use super::recipe::components_of;
use super::rules::{UNITS_MAXIMUM, deal, needed, read_sscc};
use super::store::{HandlingUnit, KitRecipe, UnitContent};
use super::whole::{UnitGoods, UnitPlace, change, contents_of, drawn, find_units};
use crate::core::check::check_client_id;
use crate::core::id::{
    ConsignmentId, EventId, HandlingUnitId, ItemId, KitId, LotId, PledgeLineId, ProgrammeId, SiteId, derived,
};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::quantity::MAXIMUM;
use crate::db::Conn;
use crate::db::schema::handling_units;
use crate::items::goods::{Goods, PickContext, find_item, less_planned, lot_facts, pick_goods, short_of};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed};
use crate::ledger::{Account, Book, Cell, Condition, Movement};
use crate::sites::find_site;
use crate::writer::{Desk, Drawer, Register, Unique};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Components are packed into handling units at a site, out of its free stock.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KitPacked {
    /// Where.
    pub site: SiteId,
    /// The kit.
    pub kit: KitId,
    /// The version of its recipe; the last one, if left out.
    #[serde(default)]
    pub version: Option<i64>,
    /// The units that were packed, one kit each.
    pub units: Vec<UnitNew>,
    /// Only goods of this programme.
    #[serde(default)]
    pub programme: Option<ProgrammeId>,
    /// Only goods that may go to this country, ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: Option<String>,
}

/// A handling unit that is packed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitNew {
    /// Made by the client (UUIDv7), where it is to be known before; else made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<HandlingUnitId>,
    /// The serial shipping container code on its label, eighteen digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sscc: Option<String>,
}

/// Handling units are unpacked: what is left of them is free stock again, or goes on loose with its consignment.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KitUnpacked {
    /// Where they stand;
    #[serde(default)]
    pub site: Option<SiteId>,
    /// or the consignment they go with.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// The units.
    pub units: Vec<HandlingUnitId>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Which unit has which SSCC.
pub(super) struct Ssccs;

impl Unique for Ssccs {
    type Holder = HandlingUnitId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, HandlingUnitId)>> {
        handling_units::table
            .filter(handling_units::sscc.eq_any(texts))
            .select((handling_units::sscc.assume_not_null(), handling_units::id))
            .load(conn)
    }
}

/// The version of a kit that is packed, the last one unless another is named.
fn find_recipe(desk: &mut Desk, kit: KitId, version: Option<i64>) -> Result<Arc<KitRecipe>, Halt> {
    let versions = desk.shelf::<Drawer<KitRecipe>>().group(kit)?;
    if versions.is_empty() {
        return Err(Halt::unknown("kit", kit.0));
    }
    let last = versions.iter().map(|row| row.version).max().unwrap_or(1);
    let wanted = version.unwrap_or(last);
    let found = versions.into_iter().find(|row| row.version == wanted);
    found.ok_or_else(|| {
        let detail = format!("{wanted} is no version of this kit; it has 1 to {last}");
        Problem::field("/version", detail).into()
    })
}

/// The units of an event, with identifiers and codes that nobody else has.
fn new_units(
    desk: &mut Desk,
    event: EventId,
    units: &[UnitNew],
) -> Result<Vec<(HandlingUnitId, Option<String>)>, Halt> {
    if !(1..=UNITS_MAXIMUM).contains(&units.len()) {
        let detail = format!("are {}; pack 1 to {UNITS_MAXIMUM} in one event", units.len());
        return Err(Problem::field("/units", detail).into());
    }
    let mut found: Vec<(HandlingUnitId, Option<String>)> = Vec::with_capacity(units.len());
    all_or_missed((0_u64..).zip(units), |(index, unit)| {
        check_client_id(&format!("/units/{index}/id"), unit.id.map(|id| id.0))?;
        let id = unit.id.unwrap_or_else(|| derived(event.0, "unit", index));
        let is_known = desk.shelf::<Drawer<HandlingUnit>>().find(id)?.is_some();
        if is_known || found.iter().any(|(other, _)| *other == id) {
            let detail = format!("The handling unit {id} is there already; make a new id.");
            return Err(Problem::new(Code::Duplicate, detail).at(format!("/units/{index}/id")).into());
        }
        let pointer = format!("/units/{index}/sscc");
        let sscc = unit.sscc.as_deref().map(read_sscc).transpose();
        let sscc = sscc.map_err(|words| Problem::field(pointer.as_str(), words))?;
        if let Some(sscc) = &sscc {
            let holder = desk.shelf::<Register<Ssccs>>().holder(sscc)?;
            if holder.is_some() || found.iter().any(|(_, other)| other.as_ref() == Some(sscc)) {
                let detail = format!("{sscc} is another handling unit's; an SSCC is given once");
                return Err(Problem::new(Code::Duplicate, detail).at(pointer).into());
            }
        }
        found.push((id, sscc));
        Ok(())
    })?;
    Ok(found)
}

/// What of a component goes into the units, one after the other: pledge line, lot and quantity.
type Dealt = Vec<Vec<((PledgeLineId, LotId, ItemId), i64)>>;

/// Picks a component for all units by the ordinary rule.
fn pick_component(
    desk: &mut Desk,
    happening: &Happening,
    body: &KitPacked,
    (item, each): (ItemId, i64),
    movements: &mut Vec<Movement>,
) -> Result<Dealt, Halt> {
    let item = find_item(desk, item)?;
    let pointer = "/units".to_owned();
    let quantity = each.saturating_mul(i64::try_from(body.units.len()).unwrap_or(i64::MAX));
    let goods = Goods { pointer, item, lot: None, quantity, label: None };
    let mut there = desk.shelf::<Book>().of_stock(body.site, goods.item.id, Account::InStorage)?;
    there.retain(|one| one.cell.condition == Condition::Good);
    let facts = lot_facts(desk, &there)?;
    there.retain(|one| !facts.is_expired(one.cell.lot, happening.occurred_at));
    let there = less_planned(there, movements);
    let context = PickContext {
        at: happening.occurred_at,
        programme: body.programme,
        destination: body.country.as_deref(),
    };
    let picked = pick_goods(desk, there.clone(), &goods, quantity, context)?;
    let found: i64 = picked.iter().map(|part| part.quantity).sum();
    if found < quantity {
        return Err(short_of(desk, there, &goods, found, Account::InStorage, context)?.into());
    }
    let mut heaps = Vec::with_capacity(picked.len());
    for part in picked {
        let (from, quantity, chosen) = (part.cell, part.quantity, part.chosen);
        movements.push(Movement { from, to: from.on(Account::Allocated), quantity, chosen });
        heaps.push(((from.line, from.lot, from.item), quantity));
    }
    Ok(deal(heaps, body.units.len(), each))
}

/// Packs.
///
/// # Errors
/// `insufficient`, `invalid`, `duplicate`; waits for a kit that is not known yet.
pub fn pack_kits(desk: &mut Desk, happening: &Happening, body: &KitPacked) -> Result<EventResult, Halt> {
    find_site(desk, body.site)?;
    let recipe = find_recipe(desk, body.kit, body.version)?;
    let units = new_units(desk, happening.id, &body.units)?;
    let components = components_of(desk, &recipe)?;
    let mut movements = Vec::new();
    let mut dealt: Vec<Dealt> = Vec::with_capacity(components.len());
    all_or_missed(components, |component| {
        if needed(component, units.len()).is_none() {
            let detail = format!("are too many: no more than {MAXIMUM} base units of an item can be counted");
            return Err(Problem::field("/units", detail).coded(Fault::TooMany).into());
        }
        let line = (component.item, component.quantity.get());
        dealt.push(pick_component(desk, happening, body, line, &mut movements)?);
        Ok(())
    })?;
    let subjects = Subjects { site: Some(body.site), programme: body.programme, ..Subjects::default() };
    let result = happening.post(desk, subjects, &movements, &[])?;
    let sequence = result.sequence.unwrap_or_default();
    for (index, (id, sscc)) in units.into_iter().enumerate() {
        desk.shelf::<Drawer<UnitContent>>().begin_group(id);
        let ordinal = i64::try_from(index + 1).unwrap_or(i64::MAX);
        if let Some(sscc) = &sscc {
            desk.shelf::<Register<Ssccs>>().assign(sscc, Some(id));
        }
        desk.shelf::<Drawer<HandlingUnit>>().put(HandlingUnit {
            id,
            event_id: happening.id,
            ordinal,
            number: format!("HU-{sequence}-{ordinal}"),
            sscc,
            recipe_id: recipe.id,
            site_id: body.site,
            consignment_id: None,
            unpacked_by: None,
            revision: 1,
        });
        let own = dealt.iter().filter_map(|component| component.get(index)).flatten();
        for (place, ((line, lot, item), quantity)) in (0_u64..).zip(own) {
            desk.shelf::<Drawer<UnitContent>>().put(UnitContent {
                id: derived(id.0, "content", place),
                unit_id: id,
                ordinal: i64::try_from(place).unwrap_or(i64::MAX),
                pledge_line_id: *line,
                lot_id: *lot,
                item_id: *item,
                quantity: *quantity,
            });
        }
        desk.touch(id.0);
    }
    Ok(result)
}

/// Unpacks.
///
/// # Errors
/// `invalid` naming a unit that is not packed there.
pub fn unpack_kits(desk: &mut Desk, happening: &Happening, body: &KitUnpacked) -> Result<EventResult, Halt> {
    let place = match (body.site, body.consignment) {
        (Some(site), None) => UnitPlace::Site(site),
        (None, Some(consignment)) => UnitPlace::Consignment(consignment),
        (_, _) => {
            let detail = "say the site the units stand at, or the consignment they go with";
            return Err(Problem::field("/site", detail).into());
        }
    };
    if body.units.is_empty() {
        return Err(Problem::field("/units", "are missing; say which units are unpacked")
            .coded(Fault::Required)
            .into());
    }
    if let Some(site) = body.site {
        find_site(desk, site)?;
    }
    let units = find_units(desk, &body.units, place)?;
    let mut movements = Vec::new();
    if let UnitPlace::Site(site) = place {
        all_or_missed(&units, |unit| {
            all_or_missed(contents_of(desk, unit.id)?, |content| {
                // What was damaged, lost or handed on in between is no longer in it: the rest returns.
                let (parts, _) = drawn(desk, &content, UnitGoods::At(site), &movements)?;
                let to = |cell: Cell| cell.on(Account::InStorage);
                movements.extend(parts.into_iter().map(|(cell, part)| Movement::given(cell, to(cell), part)));
                Ok(())
            })
        })?;
    }
    let subjects = Subjects { site: body.site, consignment: body.consignment, ..Subjects::default() };
    let result = happening.post(desk, subjects, &movements, &[])?;
    for unit in &units {
        change(desk, unit, |row| row.unpacked_by = Some(happening.id));
    }
    Ok(result)
}
