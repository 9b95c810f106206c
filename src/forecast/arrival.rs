//! When goods under way arrive: a range, on what it rests, and whether it is over.

use super::rules::{
    Band, Basis, Lateness, MINUTE, Spread, Window, arrival, lateness, measured, presumed_lost_from,
};
use super::trips::{Bands, Corridor, Remembered, places_of, trips_of};
use crate::atlas::leg_length_m;
use crate::core::id::SiteId;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::Cut;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// What forecasts of a server are made with.
#[derive(Debug)]
pub struct Forecasting {
    /// How many times as long as the ninetieth percentile goods may be away before they are presumed lost.
    pub(super) presumed_lost_multiple: u32,
    pub(super) bands: Remembered,
}

impl Forecasting {
    /// With that multiple.
    pub fn new(presumed_lost_multiple: u32) -> Self {
        Self { presumed_lost_multiple, bands: Remembered::default() }
    }
}

/// How long the trips took that a forecast rests on, in minutes.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct DurationView {
    /// A tenth of the trips took no longer.
    pub p10_minutes: i64,
    /// Half of them took no longer.
    pub p50_minutes: i64,
    /// Nine tenths of them took no longer.
    pub p90_minutes: i64,
}

/// Which distances are taken for alike.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct BandView {
    /// The least length, in metres.
    pub from_m: u64,
    /// The length it stays below; absent for the longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below_m: Option<u64>,
}

/// When a leg is forecast to arrive.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ArrivalView {
    /// A tenth of such trips would arrive before.
    pub earliest: Timestamp,
    /// Half of them.
    pub median: Timestamp,
    /// Nine tenths of them.
    pub latest: Timestamp,
    /// On what it rests.
    pub basis: Basis,
    /// On how many trips; 0 where it is the plan.
    pub trips: usize,
    /// How long those took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<DurationView>,
    /// The distances they went, where they are of a band.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<BandView>,
    /// Of goods under way: whether they may still come in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Lateness>,
    /// How long they have been late, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_minutes: Option<i64>,
    /// From when on goods under way are presumed lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presumed_lost_from: Option<Timestamp>,
    /// How long they have been presumed lost, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presumed_lost_minutes: Option<i64>,
}

/// What is known of how long a corridor takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    spread: Option<(Basis, Spread)>,
    band: Option<Band>,
}

/// What is known of several corridors.
pub(super) struct Measures(HashMap<Corridor, Measure>);

impl Measures {
    /// Reads what was known at a cut; bands are read only where a corridor has too few trips of its own.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn load(
        conn: &mut Conn,
        forecasting: &Forecasting,
        corridors: &BTreeSet<Corridor>,
        cut: Cut,
    ) -> Outcome<Self> {
        let own = trips_of(conn, corridors, cut)?;
        let of = |corridor: &Corridor| own.get(corridor).map_or(&[] as &[i64], Vec::as_slice);
        let is_new = corridors.iter().any(|corridor| measured(of(corridor), &[]).is_none());
        let bands = if is_new { Some(forecasting.bands.at(conn, cut)?) } else { None };
        let lengths = if is_new { lengths(conn, corridors, cut.known_at)? } else { HashMap::new() };
        let measure = |corridor: &Corridor| {
            let band = lengths.get(corridor).map(|length_m| Band::of(*length_m));
            let alike = bands
                .as_deref()
                .zip(band)
                .map_or(&[] as &[i64], |(bands, band): (&Bands, Band)| bands.of(&corridor.mode, band));
            (corridor.clone(), Measure { spread: measured(of(corridor), alike), band })
        };
        Ok(Self(corridors.iter().map(measure).collect()))
    }

    /// When a leg that begins so arrives; none where nothing tells. With a time, its goods are under way then.
    pub(super) fn arrival(
        &self,
        corridor: &Corridor,
        begins: Window,
        planned_arrival: Option<Timestamp>,
        under_way: Option<(Timestamp, u32)>,
    ) -> Option<(Window, ArrivalView)> {
        let measure = self.0.get(corridor)?;
        let (window, basis, trips) = arrival(begins, measure.spread, planned_arrival)?;
        let lost_from = under_way.map(|(_, multiple)| presumed_lost_from(begins, window, multiple));
        let state = under_way.zip(lost_from).map(|((now, _), lost_from)| lateness(now, window, lost_from));
        let is_late = state.is_some_and(|state| state != Lateness::Due);
        let spread = measure.spread.map(|(_, spread)| spread);
        let view = ArrivalView {
            earliest: window.earliest,
            median: window.middle,
            latest: window.latest,
            basis,
            trips,
            duration: spread.map(|spread| DurationView {
                p10_minutes: spread.p10,
                p50_minutes: spread.p50,
                p90_minutes: spread.p90,
            }),
            band: measure
                .band
                .filter(|_| basis == Basis::Band)
                .map(|band| BandView { from_m: band.from_m(), below_m: band.below_m() }),
            state,
            late_minutes: under_way.filter(|_| is_late).map(|(now, _)| minutes_since(window.latest, now)),
            presumed_lost_from: lost_from,
            presumed_lost_minutes: under_way
                .zip(lost_from)
                .filter(|_| state == Some(Lateness::PresumedLost))
                .map(|((now, _), from)| minutes_since(from, now)),
        };
        Some((window, view))
    }
}

/// Whole minutes from one time to another.
fn minutes_since(from: Timestamp, now: Timestamp) -> i64 {
    (now.0 - from.0).div_euclid(MINUTE)
}

/// How long corridors are, of those whose ends had said where they are.
fn lengths(
    conn: &mut Conn,
    corridors: &BTreeSet<Corridor>,
    sequence: i64,
) -> Outcome<HashMap<Corridor, u64>> {
    let ends: BTreeSet<SiteId> = corridors.iter().flat_map(|corridor| [corridor.from, corridor.to]).collect();
    let places = places_of(conn, &ends.into_iter().collect::<Vec<_>>(), sequence)?;
    let length = |corridor: &Corridor| {
        let (from, to) = places.get(&corridor.from).zip(places.get(&corridor.to))?;
        Some((corridor.clone(), leg_length_m(*from, *to)))
    };
    Ok(corridors.iter().filter_map(length).collect())
}
