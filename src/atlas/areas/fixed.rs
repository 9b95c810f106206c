//! Coordinates as whole numbers of a ten-millionth of a degree, a centimetre on the ground.
//!
//! Which side of a line a place lies on is then decided exactly, on every machine alike, and a map turned by
//! any number of these units gives the same answers.

/// Units in a degree of latitude or longitude.
pub(super) const UNITS_PER_DEGREE: i64 = 10_000_000;
/// Once around the globe.
pub(super) const TURN: i64 = 360 * UNITS_PER_DEGREE;
/// Half around: the farthest two longitudes can be apart.
pub(super) const HALF_TURN: i64 = TURN / 2;
/// The latitude of the North Pole.
pub(super) const POLE: i64 = 90 * UNITS_PER_DEGREE;

/// A place in an area's own frame: `x` east of the frame's origin, `y` north of the equator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Vertex {
    pub(super) y: i32,
    pub(super) x: i32,
}

/// A place on the globe; `x` may run on beyond half a turn where a ring does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) x: i64,
    pub(super) y: i64,
}

impl Spot {
    pub(super) fn new(latitude: f64, longitude: f64) -> Self {
        Self { x: units(longitude), y: units(latitude) }
    }
}

/// Degrees in units, to the nearest one.
pub(super) fn units(degrees: f64) -> i64 {
    (degrees * UNITS_PER_DEGREE as f64).round() as i64
}

/// Units in degrees; seven decimals come back as they were written.
pub(super) fn degrees(units: i64) -> f64 {
    units as f64 / UNITS_PER_DEGREE as f64
}

/// The same longitude from minus half a turn up to, not including, half a turn.
pub(super) fn wrapped(x: i64) -> i64 {
    (x + HALF_TURN).rem_euclid(TURN) - HALF_TURN
}
