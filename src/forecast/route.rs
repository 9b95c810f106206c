//! The way of one consignment: its legs with their lengths and times, when each arrives, and the lines of a map.

use super::arrival::{ArrivalView, Forecasting, Measures};
use super::rules::{Window, planned};
use super::times::{LegTimes, Told, times_of};
use super::trips::{Corridor, places_of};
use crate::atlas::{Coordinates, LineGeometry, LineLabel, leg_length_m, leg_line};
use crate::audit::store::entry_time;
use crate::auth::{Fields, Permit, action};
use crate::consignments::rules::Mode;
use crate::consignments::{Consignment, Leg, consignment_read, legs_as_known};
use crate::core::id::{ConsignmentId, LegId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{legs, programmes, sites};
use crate::db::{Conn, in_parts, read_failure};
use crate::ledger::{Cut, KnownAt, Moment, last_known};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An end of a leg.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RoutePlace {
    /// The site; withheld from a donor where the programme is sensitive, as are its name and place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The country, ISO 3166-1 alpha-2.
    pub country: String,
    /// Where it lies; absent where nobody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
}

/// How far a leg has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// Nothing has left.
    Planned,
    /// Goods have left.
    Departed,
    /// They have arrived and are not counted yet.
    Arrived,
    /// They have been received, or a part of them.
    Received,
}

/// A leg of a way.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RouteLeg {
    /// The leg.
    pub id: LegId,
    /// Its number in the journey.
    pub ordinal: i64,
    /// How it goes.
    #[schema(value_type = Mode)]
    pub mode: String,
    /// From.
    pub from: RoutePlace,
    /// To.
    pub to: RoutePlace,
    /// The shortest way over the globe, in metres; null where an end has no coordinates, or they are withheld.
    pub length_m: Option<u64>,
    /// The lengths of this leg and all before it; null where one of them is.
    pub cumulated_length_m: Option<u64>,
    /// Why there is no length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_missing: Option<String>,
    /// What the length and the line are: the way of an aircraft, or a straight line beside a longer road or sea lane.
    pub label: &'static str,
    /// How far it has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<LegState>,
    /// Planned departure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_departure: Option<Timestamp>,
    /// Planned arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_arrival: Option<Timestamp>,
    /// When the first goods left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub departed: Option<Told>,
    /// When it arrived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Told>,
    /// When the first goods were received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<Told>,
    /// When what has not arrived is forecast to; absent where nothing tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<ArrivalView>,
}

/// How far a way goes by one mode.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct ModeLength {
    /// Legs.
    pub legs: usize,
    /// Their lengths, in metres; null where one has none.
    pub length_m: Option<u64>,
}

/// What the line of a leg says of it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LineProperties {
    /// The leg.
    pub leg: LegId,
    /// Its number in the journey.
    pub ordinal: i64,
    /// How it goes.
    pub mode: String,
    /// What the line is.
    pub label: &'static str,
    /// Its length, in metres.
    pub length_m: u64,
}

/// A leg as a feature of GeoJSON.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LineFeature {
    /// `Feature`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its line, cut at the antimeridian.
    pub geometry: LineGeometry,
    /// What it says.
    pub properties: LineProperties,
}

/// The lines of a way as GeoJSON.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct LineCollection {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// One for each leg that has a length.
    pub features: Vec<LineFeature>,
}

/// The way of a consignment.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RouteView {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// Its legs in the order of the journey, without those that a diversion replaced.
    pub legs: Vec<RouteLeg>,
    /// The lengths of all legs, in metres; null where one has none.
    pub length_m: Option<u64>,
    /// By mode.
    pub by_mode: BTreeMap<String, ModeLength>,
    /// The legs as lines on a map.
    pub lines: LineCollection,
    /// The time at which goods are late or not.
    pub at: Timestamp,
    /// The ledger sequence all of this was known at, to be asked again as `known_at` with `at` as `as_of`. Only what sites are
    /// called, and whether the programme is sensitive, is as of today.
    pub sequence: i64,
}

/// The moment something is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) cut: Cut,
    /// The same where another moment than now is asked for.
    pub(super) past: Option<Cut>,
    /// What is late is late at this time.
    pub(super) at: Timestamp,
}

impl Asked {
    /// Reads the moment: of a sequence it is the time at which that was recorded, which is the same whenever it is asked.
    ///
    /// # Errors
    /// `invalid` where the moment is not reached yet.
    pub(super) fn read(conn: &mut Conn, moment: Moment, now: Timestamp) -> Outcome<Self> {
        let past = moment.past(conn)?;
        let cut = match past {
            Some(cut) => cut,
            None => Cut { known_at: last_known(conn, None, "/known_at")?, as_of: None },
        };
        let at = match (moment.as_of, moment.known_at) {
            (Some(time), _) | (None, Some(KnownAt::Time(time))) => time,
            (None, Some(KnownAt::Sequence(sequence))) => entry_time(conn, sequence - 1)?.unwrap_or(now),
            (None, None) => now,
        };
        Ok(Self { cut, past, at })
    }
}

/// An end of legs: what it is called, and where it lay as it was known.
#[derive(Clone, Debug)]
struct Place {
    id: SiteId,
    name: String,
    country: String,
    coordinates: Option<Coordinates>,
}

impl Place {
    fn shown(&self, is_withheld: bool) -> RoutePlace {
        RoutePlace {
            site: (!is_withheld).then_some(self.id),
            name: (!is_withheld).then(|| self.name.clone()),
            country: self.country.clone(),
            coordinates: self.coordinates.filter(|_| !is_withheld),
        }
    }
}

/// The way of a consignment, if the scope reaches it.
///
/// # Errors
/// `not_found`, `invalid` where the moment asked for is not reached yet, or what the database says.
pub(super) fn route_read(
    conn: &mut Conn,
    permit: &Permit<action::ConsignmentRead>,
    id: ConsignmentId,
    moment: Moment,
    now: Timestamp,
    forecasting: &Forecasting,
) -> Outcome<RouteView> {
    let consignment = consignment_read(conn, permit, id)?;
    let asked = Asked::read(conn, moment, now)?;
    // Of a sensitive programme a donor learns no more than the public: no place below the country, and no way.
    let is_withheld = permit.fields() == Fields::Traced && is_sensitive(conn, &consignment)?;
    way(conn, &consignment, is_withheld, asked, forecasting)
}

/// The way of a consignment as anybody who has its tracking code may read it, as it stands now: of a sensitive programme no
/// place below the country, and no time.
///
/// # Errors
/// What the database says.
pub fn way_of(
    conn: &mut Conn,
    consignment: &Consignment,
    now: Timestamp,
    forecasting: &Forecasting,
) -> Outcome<RouteView> {
    let is_withheld = is_sensitive(conn, consignment)?;
    let asked = Asked::read(conn, Moment::default(), now)?;
    way(conn, consignment, is_withheld, asked, forecasting)
}

fn is_sensitive(conn: &mut Conn, consignment: &Consignment) -> Outcome<bool> {
    programmes::table
        .find(consignment.programme_id)
        .select(programmes::sensitive)
        .first(conn)
        .map_err(read_failure)
}

fn way(
    conn: &mut Conn,
    consignment: &Consignment,
    is_withheld: bool,
    asked: Asked,
    forecasting: &Forecasting,
) -> Outcome<RouteView> {
    let id = consignment.id;
    let legs = ways_known(conn, &[id], asked.past)?;
    let places = ends_of(conn, &legs, asked.cut.known_at)?;
    let mut shown = lay_out(&legs, &places, is_withheld);
    if !is_withheld {
        let times = times_of(conn, &[id], asked.cut, asked.past)?;
        let corridors: BTreeSet<Corridor> = legs.iter().map(corridor_of).collect();
        let measures = Measures::load(conn, forecasting, &corridors, asked.cut)?;
        let multiple = forecasting.presumed_lost_multiple;
        tell_times(&mut shown, &legs, &times, (&measures, asked.at, multiple), consignment.cancelled);
    }
    Ok(RouteView {
        consignment: id,
        length_m: shown.last().and_then(|leg| leg.cumulated_length_m),
        by_mode: by_mode(&shown),
        lines: LineCollection {
            kind: "FeatureCollection",
            features: shown.iter().filter_map(line).collect(),
        },
        legs: shown,
        at: asked.at,
        sequence: asked.cut.known_at,
    })
}

/// The legs of the ways of consignments, way after way, as they stand, or as they were known at a cut.
///
/// # Errors
/// What the database says.
pub(super) fn ways_known(conn: &mut Conn, ids: &[ConsignmentId], past: Option<Cut>) -> Outcome<Vec<Leg>> {
    let mut ways: Vec<Leg> = in_parts(ids, |part| {
        legs::table.filter(legs::consignment_id.eq_any(part)).select(Leg::as_select()).load(conn)
    })
    .map_err(read_failure)?;
    if let Some(cut) = past {
        ways = legs_as_known(conn, ways, cut.known_at)?;
    }
    ways.retain(|leg| !leg.superseded);
    ways.sort_by_key(|leg| (leg.consignment_id, leg.ordinal));
    Ok(ways)
}

/// The ends of legs, each where it lay as it was known.
fn ends_of(conn: &mut Conn, legs: &[Leg], sequence: i64) -> Outcome<HashMap<SiteId, Place>> {
    let ends: BTreeSet<SiteId> = legs.iter().flat_map(|leg| [leg.from_id, leg.to_id]).collect();
    let ends: Vec<SiteId> = ends.into_iter().collect();
    let places = places_of(conn, &ends, sequence)?;
    let named: Vec<(SiteId, String, String)> = sites::table
        .filter(sites::id.eq_any(&ends))
        .select((sites::id, sites::name, sites::country))
        .load(conn)
        .map_err(read_failure)?;
    let place =
        |(id, name, country)| (id, Place { id, name, country, coordinates: places.get(&id).copied() });
    Ok(named.into_iter().map(place).collect())
}

/// From where to where a leg goes, and how.
pub(super) fn corridor_of(leg: &Leg) -> Corridor {
    Corridor { from: leg.from_id, to: leg.to_id, mode: leg.mode.clone() }
}

/// What a line of a mode is called. An aircraft roughly flies the shortest way over the globe; nothing else takes it.
pub(super) fn label_of(mode: &str) -> LineLabel {
    match Mode::from_word(mode).unwrap_or(Mode::Unknown) {
        Mode::Air | Mode::AirCharter => LineLabel::GreatCircle,
        Mode::Road | Mode::Rail | Mode::Sea | Mode::InlandWater | Mode::Courier | Mode::Unknown => {
            LineLabel::StraightLine
        }
    }
}

/// The legs with their ends and lengths, and without times.
fn lay_out(legs: &[Leg], places: &HashMap<SiteId, Place>, is_withheld: bool) -> Vec<RouteLeg> {
    let mut before = Some(0);
    let shown = legs.iter().filter_map(|leg| {
        let ends = [places.get(&leg.from_id)?, places.get(&leg.to_id)?];
        let [from, to] = ends.map(|place| place.shown(is_withheld));
        let length_m = from.coordinates.zip(to.coordinates).map(|(from, to)| leg_length_m(from, to));
        before = before.zip(length_m).map(|(before, length_m)| before + length_m);
        let length_missing = length_m.is_none().then(|| {
            if is_withheld {
                return "The programme is sensitive: no place below the country is shown.".to_owned();
            }
            let named = ends.into_iter().filter(|place| place.coordinates.is_none());
            let named: Vec<&str> = named.map(|place| place.name.as_str()).collect();
            format!("No coordinates are known of {}.", named.join(" and "))
        });
        Some(RouteLeg {
            id: leg.id,
            ordinal: leg.ordinal,
            label: label_of(&leg.mode).words(),
            mode: leg.mode.clone(),
            from,
            to,
            length_m,
            cumulated_length_m: before,
            length_missing,
            state: None,
            planned_departure: None,
            planned_arrival: None,
            departed: None,
            arrived: None,
            received: None,
            arrival: None,
        })
    });
    shown.collect()
}

/// Tells when each leg left and arrived, and when it is forecast to: one that has not left begins when the one before it
/// arrives, and not before it is planned to.
fn tell_times(
    shown: &mut [RouteLeg],
    legs: &[Leg],
    times: &HashMap<LegId, LegTimes>,
    (measures, at, multiple): (&Measures, Timestamp, u32),
    is_cancelled: bool,
) {
    let mut reached: Option<Window> = None;
    for (leg, row) in shown.iter_mut().zip(legs) {
        let known = times.get(&row.id).copied().unwrap_or_default();
        leg.planned_departure = row.planned_departure;
        leg.planned_arrival = row.planned_arrival;
        (leg.departed, leg.arrived, leg.received) = (known.departed, known.arrived, known.received);
        // What left and is on it no more was received, lost or sent elsewhere.
        let is_over = known.arrived.is_some() || (known.departed.is_some() && known.in_transit == 0);
        leg.state = Some(state_of(&known));
        if is_over {
            reached = known.arrived.or(known.received).map(Told::window);
            continue;
        }
        let begins = match known.departed {
            Some(departed) => Some(departed.window()),
            None => begins_when(reached, row.planned_departure).map(|window| window.not_before(at)),
        };
        let under_way = known.departed.is_some().then_some((at, multiple));
        let forecast = begins
            .filter(|_| !is_cancelled)
            .and_then(|begins| measures.arrival(&corridor_of(row), begins, row.planned_arrival, under_way));
        reached = forecast.as_ref().map(|(window, _)| window.not_before(at));
        leg.arrival = forecast.map(|(_, view)| view);
    }
}

/// When a leg begins that has not left: after the one before it, and not before its plan.
pub(super) fn begins_when(reached: Option<Window>, planned_departure: Option<Timestamp>) -> Option<Window> {
    match (reached, planned_departure.map(planned)) {
        (Some(reached), Some(plan)) => Some(Window {
            earliest: reached.earliest.max(plan.earliest),
            middle: reached.middle.max(plan.middle),
            latest: reached.latest.max(plan.latest),
        }),
        (reached, plan) => reached.or(plan),
    }
}

fn state_of(known: &LegTimes) -> LegState {
    if known.received.is_some() {
        LegState::Received
    } else if known.arrived.is_some() {
        LegState::Arrived
    } else if known.departed.is_some() {
        LegState::Departed
    } else {
        LegState::Planned
    }
}

fn by_mode(legs: &[RouteLeg]) -> BTreeMap<String, ModeLength> {
    let mut modes: BTreeMap<String, ModeLength> = BTreeMap::new();
    for leg in legs {
        let mode = modes.entry(leg.mode.clone()).or_insert(ModeLength { legs: 0, length_m: Some(0) });
        mode.legs += 1;
        mode.length_m = mode.length_m.zip(leg.length_m).map(|(all, one)| all + one);
    }
    modes
}

/// The line of a leg, where both ends are known.
fn line(leg: &RouteLeg) -> Option<LineFeature> {
    let (from, to) = leg.from.coordinates.zip(leg.to.coordinates)?;
    Some(LineFeature {
        kind: "Feature",
        geometry: leg_line(from, to),
        properties: LineProperties {
            leg: leg.id,
            ordinal: leg.ordinal,
            mode: leg.mode.clone(),
            label: leg.label,
            length_m: leg_length_m(from, to),
        },
    })
}
