//! What whoever has a pledge's private link is told beside where its units are: whom its goods helped reach, what carries
//! them and when that arrives, and what happened to them. The link is the permission, and reaches that one pledge.

use crate::consignments::{LinkedConsignment, LinkedEvent, consignments_of_link, events_of_link};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::forecast::{ArrivalView, Forecasting, UnderWayView, under_way_of_link};
use crate::ledger::last_known;
use crate::pledges::Linked;
use crate::reach::{ReachView, reach_of_link};
use serde::Serialize;
use std::collections::HashMap;

/// Consignments that are told, and legs under way that are looked at: a phone scrolls no further.
const CONSIGNMENTS_MAXIMUM: i64 = 100;
/// Events that are told, likewise.
const EVENTS_MAXIMUM: usize = 30;

/// What became of the goods of one pledge.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkTrace {
    /// Whom they helped reach, this pledge alone.
    pub reach: ReachView,
    /// The latest 100 consignments that carry them or did, the latest first; none of a sensitive programme.
    pub consignments: Vec<TrackedByLink>,
    /// The latest 30 things that happened to them, the latest first; of a sensitive programme nothing of the way.
    pub events: Vec<LinkedEvent>,
    /// Whether more happened than that.
    pub has_more: bool,
    /// The ledger sequence all of it is as of.
    pub sequence: i64,
}

/// A consignment with goods of a pledge.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrackedByLink {
    /// Its code.
    pub tracking_code: String,
    /// The country it begins in, ISO 3166-1 alpha-2.
    pub from_country: String,
    /// The country it is meant to end in.
    pub to_country: String,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// When the leg that goods of the pledge are on is forecast to arrive; of several the last. Absent where they are on none,
    /// or nothing tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<ArrivalView>,
}

/// When consignments arrive, by their codes.
fn arrivals(legs: Vec<UnderWayView>) -> HashMap<String, ArrivalView> {
    let mut last: HashMap<String, ArrivalView> = HashMap::new();
    for leg in legs {
        let Some(arrival) = leg.arrival else { continue };
        let is_later = last.get(&leg.tracking_code).is_none_or(|known| known.latest < arrival.latest);
        if is_later {
            last.insert(leg.tracking_code, arrival);
        }
    }
    last
}

/// Reads what became of the goods of the pledge that a link leads to.
///
/// # Errors
/// `not_found`; `invalid` where too much would be read; what the database says.
pub fn trace_by_link(
    conn: &mut Conn,
    hash: &[u8],
    now: Timestamp,
    forecasting: &Forecasting,
) -> Outcome<LinkTrace> {
    let link = Linked::read(conn, hash)?;
    let sequence = last_known(conn, None, "/known_at")?;
    let most = i64::try_from(EVENTS_MAXIMUM).unwrap_or(i64::MAX - 1);
    let mut events = events_of_link(conn, link, most + 1)?;
    let has_more = events.len() > EVENTS_MAXIMUM;
    events.truncate(EVENTS_MAXIMUM);
    let mut arrivals = arrivals(under_way_of_link(conn, link, (now, CONSIGNMENTS_MAXIMUM), forecasting)?);
    let tracked = |row: LinkedConsignment| TrackedByLink {
        arrival: arrivals.remove(&row.tracking_code),
        tracking_code: row.tracking_code,
        from_country: row.from_country,
        to_country: row.to_country,
        cancelled: row.cancelled != 0,
    };
    let consignments = consignments_of_link(conn, link, CONSIGNMENTS_MAXIMUM)?;
    Ok(LinkTrace {
        consignments: consignments.into_iter().map(tracked).collect(),
        reach: reach_of_link(conn, link, sequence)?,
        events,
        has_more,
        sequence,
    })
}
