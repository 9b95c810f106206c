//! The way of a consignment on a map: how long each leg is, and the shortest line over the globe that it is drawn as.
//!
//! The line is a geodesic of WGS84, not a road and not a sea lane; for every mode but air it is labelled so.

use geo::{Distance, Geodesic, InterpolatePoint, Point};
use serde::Serialize;
use utoipa::ToSchema;

use super::place::{Coordinates, distance_m};

/// Points of a line lie at most this far apart. A chord of this length leaves the geodesic by 200 m, less than a
/// pixel of a world map.
const STEP_M: f64 = 100_000.0;
/// Near a pole, points are closer, so that no step turns by more degrees of longitude than this.
const TURN_MAX: f64 = 10.0;
/// How often a step is halved for that; then it is a hundred metres long, which is over the pole.
const HALVINGS_MAX: u32 = 10;
/// Halvings that find where a line crosses the antimeridian, to the width of an atom.
const BISECTIONS: u32 = 60;
/// Degrees within which a point is taken to lie on the antimeridian; what solving the geodesic leaves is far less.
const ON_ANTIMERIDIAN: f64 = 1e-9;
/// Decimals of a degree that are written: a decimetre.
const DECIMALS: f64 = 1_000_000.0;

/// What the line of a leg is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineLabel {
    /// The shortest way over the globe, which aircraft roughly fly.
    GreatCircle,
    /// The shortest way over the globe, which this leg does not take: its road, rail or sea lane is longer.
    StraightLine,
}

impl LineLabel {
    /// The words beside a length or a line.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::GreatCircle => "great circle",
            Self::StraightLine => "straight line",
        }
    }
}

/// A line as a geometry of GeoJSON: longitude first, cut where it crosses the antimeridian.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", content = "coordinates")]
pub enum LineGeometry {
    /// A line in one piece.
    LineString(Vec<[f64; 2]>),
    /// Pieces of a line, each on one side of the antimeridian.
    MultiLineString(Vec<Vec<[f64; 2]>>),
}

/// Length of a leg in whole metres, along the ellipsoid.
#[must_use]
pub fn leg_length_m(from: Coordinates, to: Coordinates) -> u64 {
    // Half the globe is 20 million metres, so the number always fits.
    distance_m(from, to).round() as u64
}

/// Length of a route in whole metres: the sum of its legs as they are shown, so that the figures add up. A leg with
/// an end that has no coordinates makes it unknown.
#[must_use]
pub fn route_length_m(legs: impl IntoIterator<Item = Option<(Coordinates, Coordinates)>>) -> Option<u64> {
    legs.into_iter().map(|leg| leg.map(|(from, to)| leg_length_m(from, to))).sum()
}

/// The line of a leg.
#[must_use]
pub fn leg_line(from: Coordinates, to: Coordinates) -> LineGeometry {
    let points = densified(point(from), point(to));
    let mut pieces = vec![vec![written(points[0])]];
    for pair in points.windows(2) {
        let [here, there] = [pair[0], pair[1]];
        let turned = there.x() - here.x();
        if turned.abs() > 180.0 - TURN_MAX {
            let (out, back) = if turned.abs() > 180.0 + TURN_MAX {
                at_antimeridian(here, there)
            } else {
                at_pole(here, there)
            };
            add(&mut pieces, out);
            pieces.push(vec![written(back)]);
        }
        add(&mut pieces, there);
    }
    // A piece of one point is a line that only touches the antimeridian.
    pieces.retain(|piece| piece.len() > 1);
    match <[_; 1]>::try_from(pieces) {
        Ok([piece]) => LineGeometry::LineString(piece),
        Err(pieces) if pieces.is_empty() => LineGeometry::LineString(vec![written(points[0]); 2]),
        Err(pieces) => LineGeometry::MultiLineString(pieces),
    }
}

fn point(place: Coordinates) -> Point {
    Point::new(place.longitude(), place.latitude())
}

fn written(point: Point) -> [f64; 2] {
    let rounded = |degrees: f64| (degrees * DECIMALS).round() / DECIMALS;
    [rounded(point.x()), rounded(point.y())]
}

/// Adds a point to the last piece, unless it is there already.
fn add(pieces: &mut [Vec<[f64; 2]>], point: Point) {
    let point = written(point);
    if let Some(piece) = pieces.last_mut()
        && piece.last() != Some(&point)
    {
        piece.push(point);
    }
}

/// Points along the geodesic, close enough to be joined by straight strokes of a map.
fn densified(from: Point, to: Point) -> Vec<Point> {
    let length = Geodesic.distance(from, to);
    let steps = (length / STEP_M).ceil().max(1.0);
    let at = |share: f64| if share >= 1.0 { to } else { Geodesic.point_at_ratio_between(from, to, share) };
    let mut points = vec![from];
    let mut before = (0.0, from);
    for step in 1..=steps as u32 {
        let share = f64::from(step) / steps;
        let next = (share, at(share));
        halve(&at, before, next, HALVINGS_MAX, &mut points);
        points.push(next.1);
        before = next;
    }
    // The antimeridian has two names; a line that comes up to it keeps to the side it is on.
    for place in 1..points.len() {
        let (before, here) = (points[place - 1], points[place]);
        if here.x().abs() > 180.0 - ON_ANTIMERIDIAN {
            points[place] = Point::new(180.0_f64.copysign(before.x()), here.y());
        }
    }
    points
}

/// Adds the points between two, where the line turns fast because a pole is near.
fn halve(
    at: &impl Fn(f64) -> Point,
    one: (f64, Point),
    other: (f64, Point),
    left: u32,
    points: &mut Vec<Point>,
) {
    let turned = (other.1.x() - one.1.x()).abs();
    if left == 0 || turned.min(360.0 - turned) <= TURN_MAX {
        return;
    }
    let middle = f64::midpoint(one.0, other.0);
    let middle = (middle, at(middle));
    halve(at, one, middle, left - 1, points);
    points.push(middle.1);
    halve(at, middle, other, left - 1, points);
}

/// Where a stroke meets the antimeridian, once on the side it comes from and once on the other.
fn at_antimeridian(here: Point, there: Point) -> (Point, Point) {
    let side = 180.0_f64.copysign(here.x());
    let (mut low, mut high) = (0.0, 1.0);
    let mut crossing = here;
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        crossing = Geodesic.point_at_ratio_between(here, there, middle);
        if crossing.x().signum() == side.signum() { low = middle } else { high = middle }
    }
    (Point::new(side, crossing.y()), Point::new(-side, crossing.y()))
}

/// A stroke over a pole: up one meridian, down the other.
fn at_pole(here: Point, there: Point) -> (Point, Point) {
    let pole = 90.0_f64.copysign(here.y());
    (Point::new(here.x(), pole), Point::new(there.x(), pole))
}
