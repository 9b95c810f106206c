//! What the public may see of a consignment.

use crate::consignments::rules::ConsignmentState;
use crate::consignments::{HistoryRow, ROUTE_KINDS, Whole, standing_events, state_of, whole_by_code};
use crate::core::id::{LegId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{programmes, sites};
use crate::db::{Conn, read_failure};
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
}

/// One thing that happened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrackingEvent {
    /// In the world.
    pub occurred_at: Timestamp,
    /// How exactly that is known.
    pub precision: String,
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

fn sentence(state: ConsignmentState) -> &'static str {
    match state {
        ConsignmentState::Planned => "Known; not yet moved.",
        ConsignmentState::Allocated => "Packed for departure; not yet moved.",
        ConsignmentState::InTransit => "On the way.",
        ConsignmentState::AtHub => "At a stop, waiting for the next part of its way.",
        ConsignmentState::PartlyDelivered => {
            "A part has been handed over; the rest is on the way or in a warehouse."
        }
        ConsignmentState::Delivered => "Arrived and handed over.",
        ConsignmentState::InStorage => "Arrived in a warehouse.",
        ConsignmentState::Ended => "Did not reach its destination.",
        ConsignmentState::Short => "Arrived; some of it is being looked for.",
        ConsignmentState::Cancelled => "Cancelled before it left.",
    }
}

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

/// What the public may see, where something that it may see was recorded after one entry and up to another.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn tracking_news(conn: &mut Conn, code: &str, after: i64, through: i64) -> Outcome<Option<TrackingView>> {
    let Whole { consignment, history, .. } = whole_by_code(conn, code)?;
    let sensitive: bool = programmes::table
        .filter(programmes::id.eq(consignment.programme_id))
        .select(programmes::sensitive)
        .first(conn)
        .map_err(read_failure)?;
    let is_new = |event: &&HistoryRow| event.sequence > after && event.sequence <= through;
    if !told(&history, sensitive).into_iter().any(|event| is_new(&event)) {
        return Ok(None);
    }
    tracking_read(conn, code).map(Some)
}

/// Reads what the public may see.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn tracking_read(conn: &mut Conn, code: &str) -> Outcome<TrackingView> {
    let Whole { consignment: row, legs, standing, history, evidence: _ } = whole_by_code(conn, code)?;
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
        sentence: sentence(state).to_owned(),
        from_country: country(Some(row.origin_id)).unwrap_or_default(),
        to_country: country(Some(row.destination_id)).unwrap_or_default(),
        synthetic,
        last_news_at: timeline.first().map(|event| event.occurred_at),
        timeline,
    })
}
