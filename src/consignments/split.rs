//! Separating a part of a consignment: it becomes a child with its own tracking code, on the same account,
//! at the same place.

use super::depart::note_departure;
use super::departures::split_leg;
use super::divert::{PlannedLeg, check_stops};
use super::open::check_count;
use super::rules::check_chain;
use super::store::{Consignment, Journey, Leg, find_leg, find_open, take_reference};
use super::upstream::{Needed, wait_or_refuse};
use crate::core::check::{REFERENCE_CHARS_MAX, check_text};
use crate::core::code::tracking_code;
use crate::core::id::{ConsignmentId, HandlingUnitId, LegId, OrganizationId, SiteId, derived};
use crate::core::problem::{Code, Fault, Problem};
use crate::items::goods::{GoodsLine, PickContext, less_planned, pick_goods, understand_beside};
use crate::kits::{UnitGoods, UnitPlace, find_units, move_units, place_units};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed, short};
use crate::ledger::{Account, Book, Cell, ConsignmentFacts, Movement};
use crate::parties::find_organization;
use crate::sites::find_site;
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};

/// A part of a consignment gets its own way.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The consignment it comes from.
    pub consignment: ConsignmentId,
    /// The leg it is on, where it is under way.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// The stop it is at, where it is not.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// The new consignment.
    pub child: Child,
    /// What goes with it.
    #[serde(default)]
    pub lines: Vec<GoodsLine>,
    /// Handling units that go with it, each whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<HandlingUnitId>,
}

/// A consignment made by a split.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Child {
    /// Made by the client (UUIDv7).
    pub id: ConsignmentId,
    /// The sender's number.
    #[serde(default)]
    pub reference: Option<String>,
    /// Who gets it.
    pub consignee: OrganizationId,
    /// Where it is meant to end.
    pub destination: SiteId,
    /// The way from the stop; under way, the way after the leg it is on.
    #[serde(default)]
    pub legs: Vec<PlannedLeg>,
}

/// Splits.
///
/// # Errors
/// `insufficient`, `invalid`, `duplicate`; waits for what is not known yet or still upstream.
pub fn split(desk: &mut Desk, happening: &Happening, body: &Split) -> Result<EventResult, Halt> {
    check_child(&body.child)?;
    let parent = find_open(desk, body.consignment)?;
    let journey = body.leg.map(|leg| find_leg(desk, parent.id, Some(leg))).transpose()?;
    let origin = match (&journey, body.site) {
        (Some(journey), None) => journey.leg().from_id,
        (None, Some(site)) => find_site(desk, site)?.id,
        (_, _) => {
            let detail = "say either leg, for goods under way, or site, for goods at a stop";
            return Err(Problem::field("/leg", detail).coded(Fault::OneOfTwo).into());
        }
    };
    let goods = understand_beside(desk, &body.lines, body.units.len())?;
    let (child, legs) = new_child(desk, happening, body, &parent, journey.as_ref(), origin)?;
    let first = legs.first().map(|leg| leg.id);
    let mut movements = Vec::new();
    let units = find_units(desk, &body.units, UnitPlace::Consignment(parent.id))?;
    let place = match &journey {
        Some(journey) => UnitGoods::Leg(parent.id, journey.leg().id),
        None => UnitGoods::Stop(parent.id, origin),
    };
    let leg_of = |cell: Cell| if journey.is_some() { first } else { cell.leg };
    let with_child = |cell: Cell| Cell { consignment: Some(child.id), leg: leg_of(cell), ..cell };
    move_units(desk, &units, place, &mut movements, |_, _, cell| Ok(with_child(cell)))?;
    all_or_missed(&goods, |one| {
        let mut there = desk.shelf::<Book>().of_consignment(parent.id)?;
        there.retain(|held| held.cell.item == one.item.id && place.has(&held.cell));
        let context = PickContext { at: happening.occurred_at, programme: None, destination: None };
        let picked = pick_goods(desk, less_planned(there, &movements), one, one.quantity, context)?;
        let found: i64 = picked.iter().map(|part| part.quantity).sum();
        if found < one.quantity {
            let account = if journey.is_some() { Account::InTransit } else { Account::Allocated };
            let pointer = format!("{}/quantity", one.pointer);
            let refusal = short(&pointer, account, found, one.quantity, &one.item.name);
            let needed =
                Needed { consignment: Some(parent.id), leg: body.leg, site: body.site, accounts: &[account] };
            return Err(wait_or_refuse(desk, &needed, Some(one), one.quantity - found, refusal));
        }
        for part in picked {
            let to = with_child(part.cell);
            movements.push(Movement { from: part.cell, to, quantity: part.quantity, chosen: part.chosen });
        }
        Ok(())
    })?;
    desk.shelf::<Book>().know_consignment(facts(&child));
    let subjects = Subjects { leg: body.leg, site: body.site, ..parent.subjects() };
    let result = happening.post(desk, subjects, &movements, &[])?;
    place_units(desk, &units, None, Some(child.id));
    if let Some(first) = first.filter(|_| journey.is_some()) {
        note_departure(desk, happening, first, &result);
    }
    desk.touch(child.id.0);
    desk.shelf::<Drawer<Consignment>>().put(child);
    for leg in legs {
        desk.touch(leg.id.0);
        desk.shelf::<Drawer<Leg>>().put(leg);
    }
    Ok(result)
}

fn check_child(child: &Child) -> Result<(), Problem> {
    check_text("/child/reference", child.reference.as_deref(), REFERENCE_CHARS_MAX)?;
    check_count("/child/legs", &child.legs)
}

fn facts(child: &Consignment) -> ConsignmentFacts {
    ConsignmentFacts {
        consignment: child.id,
        consignee: child.consignee_id,
        origin: child.origin_id,
        destination: child.destination_id,
    }
}

/// The child's rows; under way, its first leg is its own copy of the parent's.
fn new_child(
    desk: &mut Desk,
    happening: &Happening,
    body: &Split,
    parent: &Consignment,
    journey: Option<&Journey>,
    origin: SiteId,
) -> Result<(Consignment, Vec<Leg>), Halt> {
    let child = &body.child;
    if desk.shelf::<Drawer<Consignment>>().find(child.id)?.is_some() {
        let detail = format!("The consignment {} is there already; make a new id.", child.id);
        return Err(Problem::new(Code::Duplicate, detail).at("/child/id").into());
    }
    find_organization(desk, child.consignee)?;
    find_site(desk, child.destination)?;
    let legs = child_legs(desk, happening, child, journey, origin)?;
    let now = desk.now();
    let row = Consignment {
        id: child.id,
        programme_id: parent.programme_id,
        reference: child.reference.clone(),
        tracking_code: tracking_code(desk.chance(child.id.0)),
        consignor_id: parent.consignor_id,
        consignee_id: child.consignee,
        origin_id: origin,
        destination_id: child.destination,
        parent_id: Some(parent.id),
        cancelled: false,
        gross_weight_g: None,
        freight_minor: None,
        freight_currency: None,
        freight_note: None,
        value_minor: None,
        value_currency: None,
        value_basis: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    take_reference(desk, &row, "/child/reference")?;
    Ok((row, legs))
}

/// The child's legs, checked to join and to reach its destination.
fn child_legs(
    desk: &mut Desk,
    happening: &Happening,
    child: &Child,
    journey: Option<&Journey>,
    origin: SiteId,
) -> Result<Vec<Leg>, Halt> {
    let mut legs = Vec::new();
    let mut start = origin;
    if let Some(journey) = journey {
        let leg = journey.leg();
        start = leg.to_id;
        let id = split_leg(happening.id);
        legs.push(Leg { id, consignment_id: child.id, ordinal: 0, received_final: false, ..leg.clone() });
    }
    let chain: Vec<(SiteId, SiteId)> = child.legs.iter().map(|leg| (leg.from, leg.to)).collect();
    check_chain(start, child.destination, &chain, true).map_err(|mut problem| {
        for error in &mut problem.errors {
            error.pointer = format!("/child{}", error.pointer);
        }
        problem
    })?;
    if chain.is_empty() && start != child.destination {
        let detail = "are missing; say how it goes from there to its destination";
        return Err(Problem::field("/child/legs", detail).coded(Fault::Required).into());
    }
    check_stops(desk, &child.legs)?;
    all_or_missed(child.legs.iter().enumerate(), |(index, leg)| {
        let id = leg.id.unwrap_or_else(|| derived(happening.id.0, "split leg", index as u64 + 1));
        let twice = legs.iter().any(|other: &Leg| other.id == id);
        if twice || desk.shelf::<Drawer<Leg>>().find(id)?.is_some() {
            let detail = format!("The leg {id} is there already; make a new id.");
            return Err(Problem::new(Code::Duplicate, detail).at(format!("/child/legs/{index}/id")).into());
        }
        legs.push(leg.row(child.id, id, legs.len() as i64));
        Ok(())
    })?;
    Ok(legs)
}
