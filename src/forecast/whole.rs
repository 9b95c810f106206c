//! When consignments arrive where they are meant to end: leg after leg, in a few queries for any number of them.

use super::arrival::{Forecasting, Measures};
use super::route::{Asked, begins_when, corridor_of, ways_known};
use super::rules::{Window, planned};
use super::times::{LegTimes, Told, times_of};
use super::trips::Corridor;
use crate::consignments::Leg;
use crate::core::id::{ConsignmentId, LegId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::consignments;
use crate::db::{Conn, in_parts, read_failure};
use crate::ledger::Moment;
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// When goods of consignments are forecast to be where those are meant to end.
#[derive(Debug, Default)]
pub struct Arrivals {
    under_way: HashMap<LegId, Window>,
    waiting: HashMap<(ConsignmentId, Option<SiteId>), Window>,
}

impl Arrivals {
    /// When what is under way on a leg is there; none where nothing tells, or its way does not lead there. Other goods of its
    /// consignment may be further on, or there already.
    pub fn under_way(&self, leg: LegId) -> Option<Window> {
        self.under_way.get(&leg).copied()
    }

    /// When what waits at a site, or with its donor, is there: it has not left, though other goods of its consignment may
    /// have.
    pub fn waiting(&self, consignment: ConsignmentId, at: Option<SiteId>) -> Option<Window> {
        self.waiting.get(&(consignment, at)).copied()
    }
}

/// When goods of consignments are forecast to be where those are meant to end, seen from a moment. It is asked of
/// consignments whose goods a scope has reached.
///
/// # Errors
/// `invalid` where the moment is not reached yet, or what the database says.
pub fn consignments_arrive(
    conn: &mut Conn,
    forecasting: &Forecasting,
    ids: &[ConsignmentId],
    moment: Moment,
    now: Timestamp,
) -> Outcome<Arrivals> {
    let Asked { cut, past, at } = Asked::read(conn, moment, now)?;
    let destinations: Vec<(ConsignmentId, SiteId)> = in_parts(ids, |part| {
        consignments::table
            .filter(consignments::id.eq_any(part))
            .select((consignments::id, consignments::destination_id))
            .load(conn)
    })
    .map_err(read_failure)?;
    let destinations: HashMap<ConsignmentId, SiteId> = destinations.into_iter().collect();
    let ways = ways_known(conn, ids, past)?;
    let rows: Vec<(Leg, SiteId)> = ways
        .into_iter()
        .filter_map(|leg| destinations.get(&leg.consignment_id).map(|end| (leg, *end)))
        .collect();
    let times = times_of(conn, ids, cut, past)?;
    let corridors: BTreeSet<Corridor> = rows.iter().map(|(leg, _)| corridor_of(leg)).collect();
    let measures = Measures::load(conn, forecasting, &corridors, cut)?;
    let mut found = Arrivals::default();
    for way in rows.chunk_by(|(one, _), (other, _)| one.consignment_id == other.consignment_id) {
        let Some((last, _)) = way.last().filter(|(last, end)| last.to_id == *end) else { continue };
        let id = last.consignment_id;
        for (index, (first, _)) in way.iter().enumerate() {
            let mut window = arrives(first, &times, &measures, at);
            for (leg, _) in &way[index + 1..] {
                // What has not left this leg has no next one yet.
                window = window.and_then(|before| leaves(leg, Some(before), &measures, at));
            }
            found.under_way.extend(window.map(|window| (first.id, window)));
            let mut window = None;
            for (leg, _) in &way[index..] {
                window = leaves(leg, window, &measures, at);
            }
            found.waiting.extend(window.map(|window| ((id, Some(first.from_id)), window)));
            // What is still with its donor goes the whole way.
            found.waiting.extend(window.filter(|_| index == 0).map(|window| ((id, None), window)));
        }
    }
    Ok(found)
}

/// When goods on a leg arrive at its end: what has arrived and is not received yet is there; what is still on it comes when the
/// leg is forecast to, and not before now, whatever other goods did. None where nothing left.
fn arrives(
    leg: &Leg,
    times: &HashMap<LegId, LegTimes>,
    measures: &Measures,
    at: Timestamp,
) -> Option<Window> {
    let known = times.get(&leg.id).copied().unwrap_or_default();
    if known.arrived.is_some() {
        return known.arrived.map(Told::window);
    }
    let departed = known.departed?;
    let forecast = measures.arrival(&corridor_of(leg), departed.window(), leg.planned_arrival, None)?;
    Some(forecast.0.not_before(at))
}

/// When a leg arrives that has not left. Where nobody says when it leaves, it does not leave before now; and it is not there
/// before it is planned to be.
fn leaves(leg: &Leg, before: Option<Window>, measures: &Measures, at: Timestamp) -> Option<Window> {
    let begins = begins_when(before, leg.planned_departure).unwrap_or(Window::at(at)).not_before(at);
    let (window, _) = measures.arrival(&corridor_of(leg), begins, leg.planned_arrival, None)?;
    Some(leg.planned_arrival.map_or(window, |plan| window.not_before_any(planned(plan))))
}
