//! The polygons of one area, ready to be asked about places.
//!
//! Edges lie in horizontal *bands*, each edge in every band it touches, so that a question looks at a few edges. A
//! place is inside where the rings around it turn more often to the left than to the right: lands that overlap within
//! one area are land, holes are not.

use super::fixed::{HALF_TURN, Spot, TURN, Vertex, wrapped};
use super::frame::{FrameRing, Framed};

/// Edges of a band at which more bands no longer pay.
const EDGES_PER_BAND: usize = 4;
/// More bands than this would be memory for nothing: a band of the largest area is then 5 km high.
const BANDS_MAX: usize = 2_048;

/// How a place lies to an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    Inside,
    Border,
    Outside,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    from: Vertex,
    to: Vertex,
}

/// One area's polygons.
#[derive(Debug)]
pub(super) struct Shape {
    origin: i64,
    rings: Vec<FrameRing>,
    least: Vertex,
    most: Vertex,
    band_height: i64,
    /// Where each band's edges begin; one more than there are bands.
    starts: Box<[u32]>,
    edges: Box<[Edge]>,
}

/// Metres that a unit is worth around one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) x_m: f64,
    pub(super) y_m: f64,
}

impl Shape {
    pub(super) fn new(framed: Framed) -> Self {
        let corners = || framed.rings.iter().flat_map(|ring| ring.corners.iter());
        let bound = |pick: fn(&Vertex) -> i32| {
            (corners().map(pick).min().unwrap_or(0), corners().map(pick).max().unwrap_or(0))
        };
        let ((west, east), (south, north)) = (bound(|corner| corner.x), bound(|corner| corner.y));
        let edges: Vec<Edge> = framed.rings.iter().flat_map(|ring| edges_of(&ring.corners)).collect();
        let bands = (edges.len() / EDGES_PER_BAND).clamp(1, BANDS_MAX);
        let height = (i64::from(north) - i64::from(south)) / bands as i64 + 1;
        let band = |y: i32| ((i64::from(y) - i64::from(south)) / height) as usize;
        let span = |edge: &Edge| {
            let (one, other) = (band(edge.from.y), band(edge.to.y));
            one.min(other)..one.max(other) + 1
        };
        let mut starts = vec![0u32; bands + 1];
        edges.iter().flat_map(span).for_each(|at| starts[at + 1] += 1);
        (0..bands).for_each(|at| starts[at + 1] += starts[at]);
        let nothing = Edge { from: Vertex { x: 0, y: 0 }, to: Vertex { x: 0, y: 0 } };
        let mut sorted = vec![nothing; starts[bands] as usize];
        let mut next = starts.clone();
        for edge in &edges {
            for at in span(edge) {
                sorted[next[at] as usize] = *edge;
                next[at] += 1;
            }
        }
        Self {
            origin: framed.origin,
            rings: framed.rings,
            least: Vertex { x: west, y: south },
            most: Vertex { x: east, y: north },
            band_height: height,
            starts: starts.into(),
            edges: sorted.into(),
        }
    }

    /// Its rings in their frame.
    pub(super) fn rings(&self) -> &[FrameRing] {
        &self.rings
    }

    /// Longitude of its frame's origin.
    pub(super) fn origin(&self) -> i64 {
        self.origin
    }

    /// The south-western and north-eastern corner of its bounds.
    pub(super) fn bounds(&self) -> (Vertex, Vertex) {
        (self.least, self.most)
    }

    /// How a place on the globe lies to it.
    pub(super) fn position(&self, spot: Spot) -> Position {
        let x = wrapped(spot.x - self.origin);
        let here = self.position_in_frame(x, spot.y);
        // Half a turn from the origin lies at both ends of a frame that goes all the way round.
        if here == Position::Outside && x == -HALF_TURN {
            return self.position_in_frame(HALF_TURN, spot.y);
        }
        here
    }

    /// The same for a place in the frame.
    pub(super) fn position_in_frame(&self, x: i64, y: i64) -> Position {
        let outside = x < i64::from(self.least.x)
            || x > i64::from(self.most.x)
            || y < i64::from(self.least.y)
            || y > i64::from(self.most.y);
        if outside || self.edges.is_empty() {
            return Position::Outside;
        }
        let mut turns = 0i32;
        for edge in self.band(y) {
            match passed(edge, x, y) {
                Some(turn) => turns += turn,
                None => return Position::Border,
            }
        }
        if turns > 0 { Position::Inside } else { Position::Outside }
    }

    fn band(&self, y: i64) -> &[Edge] {
        let at = ((y - i64::from(self.least.y)) / self.band_height) as usize;
        self.edges.get(self.starts[at] as usize..self.starts[at + 1] as usize).unwrap_or_default()
    }

    /// Metres from a place to the nearest of its borders, where that is within `reach` metres.
    pub(super) fn distance_m(&self, spot: Spot, scale: Scale, reach_m: f64) -> Option<f64> {
        let around = (reach_m / scale.y_m).ceil() as i64;
        let (south, north) = (i64::from(self.least.y), i64::from(self.most.y));
        let (low, high) = ((spot.y - around).max(south), (spot.y + around).min(north));
        if low > high || self.edges.is_empty() {
            return None;
        }
        let first = ((low - south) / self.band_height) as usize;
        let last = ((high - south) / self.band_height) as usize;
        let edges = &self.edges[self.starts[first] as usize..self.starts[last + 1] as usize];
        let x = wrapped(spot.x - self.origin);
        let wide = reach_m / scale.x_m;
        let (west, east) = (f64::from(self.least.x) - wide, f64::from(self.most.x) + wide);
        // The border may lie beyond the seam of the frame, on either side.
        let turns = [x, x + TURN, x - TURN].into_iter().filter(|x| (west..=east).contains(&(*x as f64)));
        let turns: Vec<i64> = turns.collect();
        let away = |edge: &Edge| {
            let distances = turns.iter().map(|x| segment_distance_m(edge, *x, spot.y, scale));
            distances.fold(f64::INFINITY, f64::min)
        };
        edges.iter().map(away).min_by(f64::total_cmp).filter(|distance| *distance <= reach_m)
    }
}

/// How an edge turns around a place, looking east: 1 to the left, -1 to the right, 0 where it does not pass;
/// `None` where the place lies on it.
fn passed(edge: &Edge, x: i64, y: i64) -> Option<i32> {
    let (from_x, from_y) = (i64::from(edge.from.x), i64::from(edge.from.y));
    let (to_x, to_y) = (i64::from(edge.to.x), i64::from(edge.to.y));
    if y < from_y.min(to_y) || y > from_y.max(to_y) || x > from_x.max(to_x) {
        return Some(0);
    }
    // An edge belongs to its lower end and not to its upper one, so that a corner is passed once.
    let (up, down) = (from_y <= y && y < to_y, to_y <= y && y < from_y);
    if x < from_x.min(to_x) {
        return Some(i32::from(up) - i32::from(down));
    }
    // Each product is below 2^63: at most a whole turn times half a turn of units.
    let (left, right) = ((to_x - from_x) * (y - from_y), (x - from_x) * (to_y - from_y));
    if left == right {
        return None;
    }
    Some(i32::from(up && left > right) - i32::from(down && left < right))
}

/// Metres from a place to an edge, on a plane that touches the globe at the place.
fn segment_distance_m(edge: &Edge, x: i64, y: i64, scale: Scale) -> f64 {
    // Two neighbours run along one border in opposite directions; both must find it equally far.
    let (from, to) = if edge.from <= edge.to { (edge.from, edge.to) } else { (edge.to, edge.from) };
    let at = |corner: Vertex| {
        ((i64::from(corner.x) - x) as f64 * scale.x_m, (i64::from(corner.y) - y) as f64 * scale.y_m)
    };
    let ((from_x, from_y), (to_x, to_y)) = (at(from), at(to));
    let (along_x, along_y) = (to_x - from_x, to_y - from_y);
    let squared = along_x * along_x + along_y * along_y;
    let share = if squared > 0.0 { -(from_x * along_x + from_y * along_y) / squared } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    (from_x + share * along_x).hypot(from_y + share * along_y)
}

fn edges_of(corners: &[Vertex]) -> impl Iterator<Item = Edge> + '_ {
    let next = corners.iter().cycle().skip(1);
    corners.iter().zip(next).map(|(from, to)| Edge { from: *from, to: *to })
}

/// The edges of a ring, from corner to corner.
pub(super) fn corner_pairs(corners: &[Vertex]) -> impl Iterator<Item = (Vertex, Vertex)> + '_ {
    edges_of(corners).map(|edge| (edge.from, edge.to))
}
