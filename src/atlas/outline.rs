//! Outlines of countries for drawing small maps: the first-level areas of each put together, with corners on a grid of half
//! a degree. Nothing is ever decided by them.
//!
//! Two areas of a country that share a border go along it in opposite directions. Every border is cut where it meets the grid,
//! and what is gone along both ways is left out; what remains is the outline.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::areas::{Generalisation, shipped_areas};
use super::country::CountryCode;

/// Corners of the grid in a degree.
const PER_DEGREE: f64 = 2.0;
/// Twice the squares of the grid that a gap between areas has at most: two square degrees, less than a country that lies
/// within another and is drawn, and more than what rounding leaves.
const GAP_DOUBLED_MAX: i64 = 16;
/// Nobody lives there, and it would take a quarter of the height.
const ANTARCTICA: &str = "AQ";

/// A corner: half degrees east and north.
type Corner = (i32, i32);

/// The land of a country.
#[derive(Clone, Debug, PartialEq)]
pub struct CountryOutline {
    /// Whose; none where several claim it.
    pub country: Option<CountryCode>,
    /// Closed lines, longitude and latitude in degrees, the first corner not repeated. Land and lakes go round in opposite
    /// directions. None where the country is smaller than the grid.
    pub rings: Vec<Vec<[f64; 2]>>,
}

static OUTLINES: LazyLock<Vec<CountryOutline>> = LazyLock::new(|| {
    let set = shipped_areas();
    let mut borders: BTreeMap<Option<CountryCode>, Borders> = BTreeMap::new();
    for area in set.areas() {
        if area.country.is_some_and(|code| code.as_str() == ANTARCTICA) {
            continue;
        }
        let land = borders.entry(area.country).or_default();
        for ring in set.drawn(area, Generalisation::World).iter().flatten() {
            land.add(ring);
        }
    }
    let outline = |(country, borders): (Option<CountryCode>, Borders)| CountryOutline {
        country,
        rings: borders.rings().iter().map(|ring| ring.iter().map(degrees).collect()).collect(),
    };
    borders.into_iter().map(outline).collect()
});

/// The outlines of all countries but Antarctica, put together when they are first asked for, which takes a moment.
#[must_use]
pub fn country_outlines() -> &'static [CountryOutline] {
    &OUTLINES
}

fn degrees((x, y): &Corner) -> [f64; 2] {
    [f64::from(*x) / PER_DEGREE, f64::from(*y) / PER_DEGREE]
}

/// Pieces of borders that are gone along one way and not the other.
#[derive(Default)]
struct Borders {
    ahead: BTreeMap<Corner, Vec<Corner>>,
}

impl Borders {
    /// Adds a closed line of longitudes and latitudes.
    fn add(&mut self, ring: &[[f64; 2]]) {
        let corner = |[x, y]: &[f64; 2]| ((x * PER_DEGREE).round() as i32, (y * PER_DEGREE).round() as i32);
        for pair in ring.windows(2) {
            let (from, to) = (corner(&pair[0]), corner(&pair[1]));
            let (across, up) = (to.0 - from.0, to.1 - from.1);
            let steps = common_divisor(across.unsigned_abs(), up.unsigned_abs());
            let Ok(steps) = i32::try_from(steps) else { continue };
            for step in 0..steps {
                let at = |step: i32| (from.0 + across / steps * step, from.1 + up / steps * step);
                self.go(at(step), at(step + 1));
            }
        }
    }

    /// Goes along one piece; back along what was gone along before takes that away.
    fn go(&mut self, from: Corner, to: Corner) {
        if let Some(ends) = self.ahead.get_mut(&to)
            && let Some(at) = ends.iter().position(|end| *end == from)
        {
            ends.swap_remove(at);
            return;
        }
        self.ahead.entry(from).or_default().push(to);
    }

    /// The lines that are left, closed.
    fn rings(mut self) -> Vec<Vec<Corner>> {
        let mut rings = Vec::new();
        let starts: Vec<Corner> = self.ahead.keys().copied().collect();
        for start in starts {
            while let Some(mut next) = self.ahead.get_mut(&start).and_then(Vec::pop) {
                let mut ring = vec![start];
                while next != start {
                    ring.push(next);
                    let Some(further) = self.ahead.get_mut(&next).and_then(Vec::pop) else { break };
                    next = further;
                }
                let ring = straightened(&ring);
                if ring.len() >= 3 {
                    rings.push(ring);
                }
            }
        }
        without_gaps(rings)
    }
}

/// Twice what a closed line goes around, in squares of the grid; below zero where it goes around the other way.
fn doubled(ring: &[Corner]) -> i64 {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    pairs
        .map(|(here, next)| i64::from(here.0) * i64::from(next.1) - i64::from(next.0) * i64::from(here.1))
        .sum()
}

/// The lines without the small gaps that are left where two areas do not meet on the grid.
fn without_gaps(mut rings: Vec<Vec<Corner>>) -> Vec<Vec<Corner>> {
    let land = rings.iter().map(|ring| doubled(ring)).max_by_key(|size| size.abs()).unwrap_or_default();
    rings.retain(|ring| {
        let size = doubled(ring);
        size.signum() == land.signum() || size.abs() >= GAP_DOUBLED_MAX
    });
    rings
}

/// A closed line without corners that lie on a straight line between their neighbours.
fn straightened(ring: &[Corner]) -> Vec<Corner> {
    let count = ring.len();
    let is_corner = |at: usize| {
        let (before, here, after) = (ring[(at + count - 1) % count], ring[at], ring[(at + 1) % count]);
        (here.0 - before.0) * (after.1 - here.1) != (here.1 - before.1) * (after.0 - here.0)
    };
    (0..count).filter(|at| is_corner(*at)).map(|at| ring[at]).collect()
}

fn common_divisor(mut one: u32, mut other: u32) -> u32 {
    while other > 0 {
        (one, other) = (other, one % other);
    }
    one
}
