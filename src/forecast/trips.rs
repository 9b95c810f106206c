//! Trips that are over: the latest of a corridor by an index, and the latest of all, remembered by mode and distance.
//!
//! A trip is a leg with a departure that somebody posted, its first, and its first arrival or receipt; what was reversed
//! counts as never posted. A departure that a receipt implied, or of which only the month is known, tells no duration. Trips
//! of sensitive programmes are nobody's measure.

use super::rules::{BAND_LATEST, Band, TRIPS_LATEST, band_sequence, duration_minutes};
use crate::atlas::{Coordinates, leg_length_m};
use crate::core::id::{LegId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Bind, Binds, Conn, ask};
use crate::ledger::Cut;
use crate::sites::{WhichSites, places_known};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Legs of a corridor that are read, the highest identifiers first, of which the latest trips are taken. Clients make
/// identifiers in the order of time.
const CANDIDATES: usize = 64;
/// Corridors of one query: each is a part of its text.
const CORRIDORS_PER_QUERY: usize = 50;
/// Arrivals that bands are made of, the latest recorded.
const ARRIVALS: usize = 5_000;

/// From where to where, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Corridor {
    pub(super) from: SiteId,
    pub(super) to: SiteId,
    pub(super) mode: String,
}

#[derive(QueryableByName)]
struct TripRow {
    #[diesel(sql_type = Binary)]
    leg: LegId,
    #[diesel(sql_type = Binary)]
    from_id: SiteId,
    #[diesel(sql_type = Binary)]
    to_id: SiteId,
    #[diesel(sql_type = Text)]
    mode: String,
    #[diesel(sql_type = BigInt)]
    departed_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    arrived_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    by_day: i64,
}

/// The events that count at a cut and were not reversed by then, as a condition on `e`.
pub(super) fn standing(cut: Cut, binds: &mut Binds) -> String {
    let counts = cut.condition("e", binds);
    let known_at = binds.number(cut.known_at);
    format!(
        "{counts} AND NOT EXISTS (SELECT 1 FROM events AS reversals WHERE reversals.about_id = e.id \
         AND reversals.kind = 'reversed' AND reversals.sequence <= {known_at})"
    )
}

/// What a departure must be to begin a trip.
const BEGINS: &str = "e.kind = 'departed' AND NOT e.inferred AND e.occurred_precision IN ('minute', 'day')";
/// What ends one.
const ENDS: &str = "e.kind IN ('arrived', 'received') AND e.occurred_precision IN ('minute', 'day')";

/// When the legs that `legs` selects left and arrived, as a query of leg, ends, mode, times and whether whole days count. One
/// of the times is null where nobody told it.
pub(super) fn times_text(legs: &str, standing: &str) -> String {
    format!(
        "SELECT c.id AS leg, c.from_id AS from_id, c.to_id AS to_id, c.mode AS mode, \
         MIN(CASE WHEN e.kind = 'departed' THEN e.occurred_at END) AS departed_at, \
         MIN(CASE WHEN e.kind <> 'departed' THEN e.occurred_at END) AS arrived_at, \
         CAST(MAX(CASE WHEN e.occurred_precision = 'day' THEN 1 ELSE 0 END) AS BIGINT) AS by_day \
         FROM ({legs}) AS c JOIN events AS e ON e.consignment_id = c.consignment_id AND e.leg_id = c.id \
         WHERE (({BEGINS}) OR ({ENDS})) AND {standing} GROUP BY c.id, c.from_id, c.to_id, c.mode"
    )
}

/// Those of them that are trips: both times are told.
fn trips_text(legs: &str, standing: &str) -> String {
    format!(
        "{} HAVING MIN(CASE WHEN e.kind = 'departed' THEN e.occurred_at END) IS NOT NULL \
         AND MIN(CASE WHEN e.kind <> 'departed' THEN e.occurred_at END) IS NOT NULL",
        times_text(legs, standing)
    )
}

/// That the consignment of a leg `l` is of a programme whose trips may be told, as of today: a programme that became sensitive tells
/// nothing more of before either, and forecasts of before rest on fewer trips.
const IS_OPEN: &str = "NOT EXISTS (SELECT 1 FROM consignments AS of_leg JOIN programmes ON programmes.id = \
                       of_leg.programme_id WHERE of_leg.id = l.consignment_id AND programmes.sensitive)";

/// Minutes of the latest trips of each of these corridors, in the order in which they left.
///
/// # Errors
/// What the database says.
pub(super) fn trips_of(
    conn: &mut Conn,
    corridors: &BTreeSet<Corridor>,
    cut: Cut,
) -> Outcome<HashMap<Corridor, Vec<i64>>> {
    let all: Vec<&Corridor> = corridors.iter().collect();
    let mut found: HashMap<Corridor, Vec<TripRow>> = HashMap::new();
    for part in all.chunks(CORRIDORS_PER_QUERY) {
        let mut binds = Binds::default();
        let standing = standing(cut, &mut binds);
        let has = |what: &str| {
            format!(
                "EXISTS (SELECT 1 FROM events AS e WHERE e.consignment_id = l.consignment_id AND e.leg_id = l.id \
                 AND {what} AND {standing})"
            )
        };
        let (begun, ended) = (has(BEGINS), has(ENDS));
        let each = part.iter().enumerate().map(|(number, corridor)| {
            let (from, to) = (binds.id(corridor.from), binds.id(corridor.to));
            let mode = binds.place(Bind::Words(corridor.mode.clone()));
            format!(
                "SELECT * FROM (SELECT l.id, l.consignment_id, l.from_id, l.to_id, l.mode FROM legs AS l \
                 WHERE l.from_id = {from} AND l.to_id = {to} AND l.mode = {mode} AND {ended} AND {begun} AND {IS_OPEN} \
                 ORDER BY l.id DESC LIMIT {CANDIDATES}) AS c{number}"
            )
        });
        let legs = each.collect::<Vec<_>>().join(" UNION ALL ");
        for row in ask::<TripRow>(conn, trips_text(&legs, &standing), binds)? {
            let corridor = Corridor { from: row.from_id, to: row.to_id, mode: row.mode.clone() };
            found.entry(corridor).or_default().push(row);
        }
    }
    let latest = |rows: Vec<TripRow>| latest_minutes(rows, TRIPS_LATEST);
    Ok(found.into_iter().map(|(corridor, rows)| (corridor, latest(rows))).collect())
}

/// Minutes of the latest of some trips, in the order in which they left.
fn latest_minutes(mut rows: Vec<TripRow>, latest: usize) -> Vec<i64> {
    rows.sort_unstable_by_key(|row| (row.departed_at, row.leg));
    let minutes =
        rows.iter().filter_map(|row| duration_minutes(row.departed_at, row.arrived_at, row.by_day > 0));
    let minutes: Vec<i64> = minutes.collect();
    minutes[minutes.len().saturating_sub(latest)..].to_vec()
}

/// Minutes of the latest trips of all corridors, by mode and distance.
#[derive(Debug, Default)]
pub(super) struct Bands(BTreeMap<(String, Band), Vec<i64>>);

impl Bands {
    /// The trips of a mode over a like distance.
    pub(super) fn of(&self, mode: &str, band: Band) -> &[i64] {
        self.0.get(&(mode.to_owned(), band)).map_or(&[], Vec::as_slice)
    }

    /// Reads the latest trips known at a cut.
    fn read(conn: &mut Conn, cut: Cut) -> Outcome<Self> {
        let mut binds = Binds::default();
        let standing = standing(cut, &mut binds);
        let counts = cut.condition("e", &mut binds);
        // The words of the kinds are those of the index.
        let legs = format!(
            "SELECT l.id, l.consignment_id, l.from_id, l.to_id, l.mode FROM (SELECT DISTINCT leg_id FROM \
             (SELECT e.leg_id AS leg_id FROM events AS e WHERE e.kind IN ('arrived', 'received') AND {counts} \
             ORDER BY e.sequence DESC LIMIT {ARRIVALS}) AS arrivals) AS arrived \
             JOIN legs AS l ON l.id = arrived.leg_id WHERE {IS_OPEN}"
        );
        let rows: Vec<TripRow> = ask(conn, trips_text(&legs, &standing), binds)?;
        let places: BTreeSet<SiteId> = rows.iter().flat_map(|row| [row.from_id, row.to_id]).collect();
        let places = places_of(conn, &places.into_iter().collect::<Vec<_>>(), cut.known_at)?;
        let mut bands: BTreeMap<(String, Band), Vec<TripRow>> = BTreeMap::new();
        for row in rows {
            let ends = places.get(&row.from_id).zip(places.get(&row.to_id));
            if let Some((from, to)) = ends {
                let band = Band::of(leg_length_m(*from, *to));
                bands.entry((row.mode.clone(), band)).or_default().push(row);
            }
        }
        Ok(Self(bands.into_iter().map(|(key, rows)| (key, latest_minutes(rows, BAND_LATEST))).collect()))
    }
}

/// Where sites lay as it was known at a sequence, of those that said so.
pub(super) fn places_of(
    conn: &mut Conn,
    ids: &[SiteId],
    sequence: i64,
) -> Outcome<HashMap<SiteId, Coordinates>> {
    let places = places_known(conn, WhichSites::Named(ids), sequence)?;
    Ok(places.into_iter().filter_map(|(id, place)| Some((id, place.coordinates?))).collect())
}

/// The bands of the newest sequence that was asked for; others are read anew.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Option<(i64, Arc<Bands>)>>);

impl Remembered {
    /// The bands known at a cut. Of now they are read once a step of [`band_sequence`]; who asks meanwhile waits for them.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn at(&self, conn: &mut Conn, cut: Cut) -> Outcome<Arc<Bands>> {
        let known_at = band_sequence(cut.known_at);
        let cut = Cut { known_at, ..cut };
        if cut.as_of.is_some() {
            return Bands::read(conn, cut).map(Arc::new);
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((sequence, bands)) if *sequence == known_at => Ok(Arc::clone(bands)),
            Some((sequence, _)) if *sequence > known_at => Bands::read(conn, cut).map(Arc::new),
            Some(_) | None => {
                let bands = Arc::new(Bands::read(conn, cut)?);
                *kept = Some((known_at, Arc::clone(&bands)));
                Ok(bands)
            }
        }
    }
}
