//! What the public may see of a consignment.

use super::words::sentence;
use crate::atlas::{Coordinates, Language};
use crate::consignments::rules::ConsignmentState;
use crate::consignments::{HistoryRow, ROUTE_KINDS, Whole, standing_events, state_of, whole_by_code};
use crate::core::id::{LegId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{programmes, sites};
use crate::db::{Conn, read_failure};
use crate::forecast::rules::{Basis, Lateness};
use crate::forecast::{Forecasting, LegState, RouteLeg, way_of};
use diesel::prelude::*;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::HashMap;

/// What the public may see of a consignment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrackingView {
    /// The code, as it is written.
    pub code: String,
    /// Its state in one word.
    pub state: ConsignmentState,
    /// Its state in a sentence.
    pub sentence: String,
    /// The country it comes from, ISO 3166-1 alpha-2.
    pub from_country: String,
    /// The country it is for.
    pub to_country: String,
    /// Whether its programme is synthetic: made up for demonstration.
    pub synthetic: bool,
    /// When anything was last heard of it.
    pub last_news_at: Option<Timestamp>,
    /// What happened, newest first. A departure that a receipt implied is left out once the real one is known.
    pub timeline: Vec<TrackingEvent>,
    /// When it is forecast to arrive where it is meant to end; absent where it did, nothing tells, or its programme is sensitive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<TrackedArrival>,
    /// Its way, leg by leg; absent in a sensitive programme.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub route: Vec<TrackedLeg>,
}

/// When something is forecast to arrive.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrackedArrival {
    /// A tenth of such trips would arrive before.
    pub earliest: Timestamp,
    /// Nine tenths of them.
    pub latest: Timestamp,
    /// On what it rests: `corridor`, `band` or `plan`.
    pub basis: Basis,
    /// On how many earlier trips; 0 where it is the plan.
    pub trips: usize,
    /// Whether nine of ten such trips would have arrived by now.
    pub is_late: bool,
}

/// A leg of its way.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrackedLeg {
    /// How it goes.
    pub mode: String,
    /// The country it begins in.
    pub from_country: String,
    /// The country it ends in.
    pub to_country: String,
    /// How far it has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<LegState>,
    /// Where it begins, to a tenth of a degree; absent where nobody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Coordinates>,
    /// Where it ends, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Coordinates>,
}

/// One thing that happened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrackingEvent {
    /// In the world.
    pub occurred_at: Timestamp,
    /// How exactly that is known.
    pub precision: String,
    /// The day it was recorded here.
    #[schema(format = Date)]
    pub recorded_on: String,
    /// What happened.
    pub kind: String,
    /// The country it happened in, where it has one; absent in a sensitive programme.
    pub country: Option<String>,
    /// Whether it was worked out from another event.
    pub inferred: bool,
    /// Whether it was entered for somebody else from paper.
    pub from_paper: bool,
}

/// The kinds the public sees; the others are bookkeeping, or say more than strangers should know.
const PUBLIC_KINDS: [&str; 11] = [
    "allocated",
    "departed",
    "arrived",
    "customs_held",
    "customs_released",
    "received",
    "diverted",
    "delivered",
    "distributed",
    "cancelled",
    "returned",
];

/// The events that are told, of a sensitive programme none of [`ROUTE_KINDS`], newest first; of those that happened at the
/// same time, what was recorded last.
fn told(history: &[HistoryRow], sensitive: bool) -> Vec<&HistoryRow> {
    let confirmed = confirmed(history);
    let mut told: Vec<&HistoryRow> = standing_events(history)
        .filter(|event| PUBLIC_KINDS.contains(&event.kind.as_str()))
        .filter(|event| !sensitive || !ROUTE_KINDS.contains(&event.kind.as_str()))
        .filter(|event| {
            let by = event.leg.and_then(|leg| confirmed.get(&leg));
            !event.inferred || by.is_none_or(|sequence| event.sequence > *sequence)
        })
        .collect();
    told.sort_by_key(|event| Reverse((event.occurred_at, event.sequence)));
    told
}

/// Up to which sequence the departures that receipts implied on a leg are confirmed: a real departure that stands
/// speaks for all of them before it, so that one departure is told once.
fn confirmed(history: &[HistoryRow]) -> HashMap<LegId, i64> {
    let mut confirmed: HashMap<LegId, i64> = HashMap::new();
    for event in standing_events(history).filter(|event| event.kind == "departed" && !event.inferred) {
        if let (Some(leg), Some(_)) = (event.leg, event.about) {
            let last = confirmed.entry(leg).or_default();
            *last = event.sequence.max(*last);
        }
    }
    confirmed
}

/// What the public may see, where something that it may see was recorded after one entry and up to another; with the first such.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn tracking_news(
    conn: &mut Conn,
    code: &str,
    after: i64,
    through: i64,
) -> Outcome<Option<(TrackingView, i64)>> {
    let Whole { consignment, history, .. } = whole_by_code(conn, code)?;
    let sensitive: bool = programmes::table
        .filter(programmes::id.eq(consignment.programme_id))
        .select(programmes::sensitive)
        .first(conn)
        .map_err(read_failure)?;
    let is_new = |event: &&HistoryRow| event.sequence > after && event.sequence <= through;
    let first = told(&history, sensitive).into_iter().filter(is_new).map(|event| event.sequence).min();
    let Some(first) = first else { return Ok(None) };
    tracking_read(conn, code).map(|view| Some((view, first)))
}

/// Reads what the public may see, with its way and when it arrives.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn tracking_whole(
    conn: &mut Conn,
    code: &str,
    now: Timestamp,
    forecasting: &Forecasting,
) -> Outcome<TrackingView> {
    let whole = whole_by_code(conn, code)?;
    let consignment = whole.consignment.clone();
    let view = view_of(conn, whole)?;
    let way = way_of(conn, &consignment, now, forecasting)?;
    let arrival = way.legs.last().and_then(|leg| leg.arrival.as_ref()).map(|arrival| TrackedArrival {
        earliest: arrival.earliest,
        latest: arrival.latest,
        basis: arrival.basis,
        trips: arrival.trips,
        is_late: arrival.state.is_some_and(|state| state != Lateness::Due),
    });
    // Of a sensitive programme nothing of a leg is told.
    let told = way.legs.iter().filter(|leg| leg.state.is_some());
    Ok(TrackingView { arrival, route: told.map(tracked).collect(), ..view })
}

fn tracked(leg: &RouteLeg) -> TrackedLeg {
    TrackedLeg {
        mode: leg.mode.clone(),
        from_country: leg.from.country.clone(),
        to_country: leg.to.country.clone(),
        state: leg.state,
        from: leg.from.coordinates.and_then(roughly),
        to: leg.to.coordinates.and_then(roughly),
    }
}

/// A place as strangers are told it: which town, and not which door.
fn roughly(place: Coordinates) -> Option<Coordinates> {
    let rounded = |degrees: f64| (degrees * 10.0).round() / 10.0;
    Coordinates::new(rounded(place.latitude()), rounded(place.longitude())).ok()
}

/// Reads what the public may see of what happened.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn tracking_read(conn: &mut Conn, code: &str) -> Outcome<TrackingView> {
    let whole = whole_by_code(conn, code)?;
    view_of(conn, whole)
}

fn view_of(conn: &mut Conn, whole: Whole) -> Outcome<TrackingView> {
    let Whole { consignment: row, legs, standing, history, evidence: _ } = whole;
    let (synthetic, sensitive): (bool, bool) = programmes::table
        .filter(programmes::id.eq(row.programme_id))
        .select((programmes::synthetic, programmes::sensitive))
        .first(conn)
        .map_err(read_failure)?;
    let mut places: Vec<SiteId> = vec![row.origin_id, row.destination_id];
    places.extend(legs.iter().flat_map(|leg| [leg.from_id, leg.to_id]));
    places.extend(history.iter().filter_map(|event| event.site));
    let countries: Vec<(SiteId, String)> = sites::table
        .filter(sites::id.eq_any(&places))
        .select((sites::id, sites::country))
        .load(conn)
        .map_err(read_failure)?;
    let countries: HashMap<SiteId, String> = countries.into_iter().collect();
    let state = state_of(&row, standing, &history);
    let country = |site: Option<SiteId>| site.and_then(|id| countries.get(&id)).cloned();
    let timeline: Vec<TrackingEvent> = told(&history, sensitive)
        .into_iter()
        .map(|event| {
            let leg = legs.iter().find(|leg| Some(leg.id) == event.leg);
            // A departure happens where its leg starts, everything else where it ends.
            let place = match (event.kind.as_str(), leg) {
                ("departed", Some(leg)) => Some(leg.from_id),
                (_, Some(leg)) => event.site.or(Some(leg.to_id)),
                (_, None) => event.site,
            };
            TrackingEvent {
                occurred_at: event.occurred_at,
                precision: event.precision.clone(),
                recorded_on: event.recorded_at.day(),
                kind: event.kind.clone(),
                country: country(place).filter(|_| !sensitive),
                inferred: event.inferred,
                from_paper: event.from_paper,
            }
        })
        .collect();
    Ok(TrackingView {
        code: row.tracking_code,
        state,
        sentence: sentence(state, Language::English).to_owned(),
        from_country: country(Some(row.origin_id)).unwrap_or_default(),
        to_country: country(Some(row.destination_id)).unwrap_or_default(),
        synthetic,
        last_news_at: timeline.first().map(|event| event.occurred_at),
        timeline,
        arrival: None,
        route: Vec::new(),
    })
}
