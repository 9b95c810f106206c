//! Borders for drawing: fewer corners, cut at the antimeridian. Nothing is ever decided by them.
//!
//! Corners move to the nearest point of a grid over the whole globe, so that neighbours go on sharing their border; what
//! falls together or lies on a straight line is left out. An area that would vanish is drawn by a finer grid.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fixed::{HALF_TURN, Spot, TURN, UNITS_PER_DEGREE, degrees};
use super::set::{Area, AreaSet};
use super::shape::Shape;

/// How fine borders are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Generalisation {
    /// Half a degree: a pixel of a map of the world that is as wide as a screen is a third of it.
    #[default]
    World,
    /// A tenth of a degree: a region of the world.
    Region,
    /// A hundredth: a country and its neighbours. The borders that ship have hardly more.
    Country,
}

/// Grids from the coarsest to the finest; where one leaves nothing of an area, the next is tried.
const GRIDS: [i64; 5] = [
    UNITS_PER_DEGREE / 2,
    UNITS_PER_DEGREE / 10,
    UNITS_PER_DEGREE / 100,
    UNITS_PER_DEGREE / 1_000,
    UNITS_PER_DEGREE / 100_000,
];

impl Generalisation {
    /// The grids to try, this one's first.
    fn grids(self) -> &'static [i64] {
        match self {
            Self::World => &GRIDS,
            Self::Region => &GRIDS[1..],
            Self::Country => &GRIDS[2..],
        }
    }
}

/// The coordinates of a MultiPolygon of GeoJSON.
pub type DrawnPolygons = Vec<Vec<Vec<[f64; 2]>>>;

impl AreaSet {
    /// The polygons of an area for drawing: land first in each, then its holes, closed, between 180° west and east.
    #[must_use]
    pub fn drawn(&self, area: &Area, generalisation: Generalisation) -> DrawnPolygons {
        let Some(shape) = self.shape(area) else { return Vec::new() };
        let drawn = generalisation.grids().iter().map(|grid| drawn_by(shape, *grid));
        drawn.into_iter().find(|polygons| !polygons.is_empty()).unwrap_or_default()
    }
}

fn drawn_by(shape: &Shape, grid: i64) -> DrawnPolygons {
    let mut polygons: Vec<Vec<Vec<Spot>>> = Vec::new();
    let mut has_land = false;
    for ring in shape.rings() {
        let spots = ring.corners.iter().map(|corner| Spot {
            x: snapped(i64::from(corner.x) + shape.origin(), grid),
            y: snapped(corner.y.into(), grid),
        });
        let spots = thinned(spots.collect());
        let encloses = spots.len() >= 3;
        match (ring.hole, encloses) {
            (false, true) => polygons.push(vec![spots]),
            (true, true) if has_land => {
                polygons.last_mut().into_iter().for_each(|land| land.push(spots.clone()))
            }
            (_, _) => {}
        }
        if !ring.hole {
            has_land = encloses;
        }
    }
    polygons.iter().flat_map(|polygon| cut(polygon)).collect()
}

fn snapped(units: i64, grid: i64) -> i64 {
    (units + grid / 2).div_euclid(grid) * grid
}

/// Leaves out what falls together and what lies on a straight line, there and back too. Each corner is compared with those
/// that are left beside it, round the end of the ring too, so that as much is enclosed as before.
fn thinned(spots: Vec<Spot>) -> Vec<Spot> {
    let mut kept: Vec<Spot> = Vec::with_capacity(spots.len());
    for spot in spots {
        while let [.., before, last] = kept.as_slice()
            && is_straight(*before, *last, spot)
        {
            kept.pop();
        }
        if kept.last() != Some(&spot) {
            kept.push(spot);
        }
    }
    let mut first = 0;
    while kept.len() >= first + 3 {
        let (one, two) = (kept[first], kept[first + 1]);
        let (before, last) = (kept[kept.len() - 2], kept[kept.len() - 1]);
        if is_straight(before, last, one) {
            kept.pop();
        } else if is_straight(last, one, two) {
            first += 1;
        } else {
            break;
        }
    }
    kept.split_off(first)
}

/// Whether a corner turns nowhere, or right back.
fn is_straight(before: Spot, spot: Spot, after: Spot) -> bool {
    (spot.x - before.x) * (after.y - spot.y) == (spot.y - before.y) * (after.x - spot.x)
}

/// A polygon as parts that each lie between 180° west and 180° east, closed.
fn cut(polygon: &[Vec<Spot>]) -> DrawnPolygons {
    let longitudes = || polygon.iter().flatten().map(|spot| spot.x);
    let (west, east) = (longitudes().min().unwrap_or(0), longitudes().max().unwrap_or(0));
    let turn = |x: i64| (x + HALF_TURN).div_euclid(TURN);
    let part = |turn: i64| {
        let (from, to) = (turn * TURN - HALF_TURN, turn * TURN + HALF_TURN);
        let rings = polygon.iter().map(|ring| clipped(&clipped(ring, from, true), to, false));
        let rings: Vec<Vec<[f64; 2]>> =
            rings.filter(|ring| ring.len() >= 3).map(|ring| closed(&ring, turn * TURN)).collect();
        (!rings.is_empty()).then_some(rings)
    };
    // What only touches the antimeridian from the west lies in one part.
    (turn(west)..=turn(east.max(west + 1) - 1)).filter_map(part).collect()
}

/// A ring without what lies west or east of a meridian.
fn clipped(ring: &[Spot], meridian: i64, keeps_east: bool) -> Vec<Spot> {
    let is_kept = |spot: &Spot| if keeps_east { spot.x >= meridian } else { spot.x <= meridian };
    let mut kept = Vec::with_capacity(ring.len() + 2);
    for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        if is_kept(from) {
            kept.push(*from);
        }
        if is_kept(from) != is_kept(to) && from.x != meridian && to.x != meridian {
            let risen = i128::from(to.y - from.y) * i128::from(meridian - from.x) / i128::from(to.x - from.x);
            kept.push(Spot { x: meridian, y: from.y + risen as i64 });
        }
    }
    kept
}

fn closed(ring: &[Spot], turned: i64) -> Vec<[f64; 2]> {
    let corner = |spot: &Spot| [degrees(spot.x - turned), degrees(spot.y)];
    ring.iter().chain(ring.first()).map(corner).collect()
}
