//! Sending goods that are under way to another stop: the leg is replaced by a new one, and the way goes on
//! from there. Another consignee or destination needs a consignment of its own: split first.

use super::depart::note_departure;
use super::leg_plans::state_legs;
use super::open::check_count;
use super::rules::{Mode, check_chain};
use super::store::{Journey, Leg, find_leg, find_open};
use crate::core::id::{ConsignmentId, EventId, LegId, OrganizationId, SiteId, derived};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::time::Timestamp;
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed};
use crate::ledger::{Account, Book, Cell, Holding, Movement};
use crate::parties::find_organization;
use crate::sites::find_site;
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A leg as it is planned.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedLeg {
    /// Made by the client (UUIDv7), so that a receipt can name it before we know it.
    #[serde(default)]
    pub id: Option<LegId>,
    /// How it goes.
    pub mode: Mode,
    /// From.
    pub from: SiteId,
    /// To.
    pub to: SiteId,
    /// Who carries.
    #[serde(default)]
    pub carrier: Option<OrganizationId>,
    /// Planned departure.
    #[serde(default)]
    pub planned_departure: Option<Timestamp>,
    /// Planned arrival.
    #[serde(default)]
    pub planned_arrival: Option<Timestamp>,
}

impl PlannedLeg {
    /// The row of this leg.
    pub fn row(&self, consignment: ConsignmentId, id: LegId, ordinal: i64) -> Leg {
        Leg {
            id,
            consignment_id: consignment,
            ordinal,
            mode: self.mode.word().to_owned(),
            from_id: self.from,
            to_id: self.to,
            carrier_id: self.carrier,
            planned_departure: self.planned_departure,
            planned_arrival: self.planned_arrival,
            received_final: false,
            superseded: false,
        }
    }
}

/// A leg under way goes to another stop.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Diverted {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// The leg under way.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// The new way: the first starts where the leg started, the last ends at the destination.
    pub legs: Vec<PlannedLeg>,
    /// Why.
    pub reason: String,
}

/// Checks that the stops and carriers of planned legs are known, or waits for the first that is not.
pub(super) fn check_stops(desk: &mut Desk, legs: &[PlannedLeg]) -> Result<(), Halt> {
    all_or_missed(legs, |leg| {
        find_site(desk, leg.to)?;
        if let Some(carrier) = leg.carrier {
            find_organization(desk, carrier)?;
        }
        Ok(())
    })
}

/// Refuses to replace later legs on which a part of the goods is under way already: nobody could receive it.
fn check_later(journey: &Journey, moving: &[Holding]) -> Result<(), Problem> {
    for leg in &journey.legs[journey.position + 1..] {
        if moving.iter().any(|one| one.cell.leg == Some(leg.id)) {
            let detail = format!(
                "A part of this consignment is under way on the later leg {}, which this would replace. Receive \
                 or divert that part first, or split off what goes another way.",
                leg.id
            );
            return Err(Problem::new(Code::WrongState, detail).at("/leg").with("leg", leg.id.to_string()));
        }
    }
    Ok(())
}

/// The identifier of a leg of a diversion that names none.
pub fn diverted_leg_id(event: EventId, place: usize) -> LegId {
    derived(event.0, "diverted leg", place as u64)
}

/// Diverts.
///
/// # Errors
/// `invalid`, `wrong_state`; waits for what is not known yet.
pub fn divert(desk: &mut Desk, happening: &Happening, body: &Diverted) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, body.consignment)?;
    let journey = find_leg(desk, consignment.id, body.leg)?;
    let old = journey.leg().clone();
    if body.legs.is_empty() {
        return Err(Problem::field("/legs", "there are none; say the new way").coded(Fault::Required).into());
    }
    check_count("/legs", &body.legs)?;
    let chain: Vec<(SiteId, SiteId)> = body.legs.iter().map(|leg| (leg.from, leg.to)).collect();
    check_chain(old.from_id, consignment.destination_id, &chain, true)?;
    check_stops(desk, &body.legs)?;
    let mut moving = desk.shelf::<Book>().of_consignment(consignment.id)?;
    moving.retain(|one| one.cell.account == Account::InTransit);
    check_later(&journey, &moving)?;
    moving.retain(|one| one.cell.leg == Some(old.id));
    if moving.is_empty() {
        let detail = "Nothing of this consignment is under way on that leg.";
        return Err(Problem::new(Code::WrongState, detail).at("/leg").into());
    }
    let highest =
        desk.shelf::<Drawer<Leg>>().group(consignment.id)?.iter().map(|leg| leg.ordinal).max().unwrap_or(0);
    let mut rows = Vec::with_capacity(body.legs.len());
    all_or_missed(body.legs.iter().enumerate(), |(index, leg)| {
        let id = leg.id.unwrap_or_else(|| diverted_leg_id(happening.id, index));
        let twice = rows.iter().any(|row: &Leg| row.id == id);
        if twice || desk.shelf::<Drawer<Leg>>().find(id)?.is_some() {
            let detail = format!("The leg {id} is there already; make a new id.");
            return Err(Problem::new(Code::Duplicate, detail).at(format!("/legs/{index}/id")).into());
        }
        rows.push(leg.row(consignment.id, id, highest + 1 + index as i64));
        Ok(())
    })?;
    let first = rows[0].clone();
    let holder = first.carrier_id.or(consignment.consignor_id);
    let to = |cell: Cell| Cell { leg: Some(first.id), site: Some(first.to_id), holder, ..cell };
    let movements: Vec<Movement> =
        moving.iter().map(|one| Movement::given(one.cell, to(one.cell), one.quantity)).collect();
    let subjects = Subjects { leg: Some(first.id), site: Some(first.to_id), ..consignment.subjects() };
    let result = happening.post(desk, subjects, &movements, &[])?;
    note_departure(desk, happening, first.id, &result);
    replace(desk, &journey.legs[journey.position..], rows, &result)?;
    Ok(result)
}

/// Puts new legs onto the way instead of others.
fn replace(desk: &mut Desk, old: &[Arc<Leg>], new: Vec<Leg>, result: &EventResult) -> Result<(), Halt> {
    let replaced = |leg: &Leg| Leg { superseded: true, ..leg.clone() };
    let mut stated: Vec<(Option<&Leg>, Leg)> =
        old.iter().map(|leg| (Some(leg.as_ref()), replaced(leg))).collect();
    stated.extend(new.into_iter().map(|leg| (None, leg)));
    if let Some(moment) = result.moment() {
        state_legs(desk, &stated, moment)?;
    }
    for (before, leg) in stated {
        if before.is_none() {
            desk.touch(leg.id.0);
        }
        desk.shelf::<Drawer<Leg>>().put(leg);
    }
    Ok(())
}
