//! The rings of one area laid out without a seam.
//!
//! A ring is *unrolled*: each step goes the shorter way round the globe, so a ring that crosses the antimeridian
//! goes on beyond 180°. A ring that goes round a pole is closed over that pole. Then all rings of the area are
//! shifted by whole turns into one *frame*, whose origin lies in the middle of the narrowest span that holds them.
//! Inside a frame an area is an ordinary plane figure: edges are straight in longitude and latitude, as GeoJSON
//! says.

use super::fixed::{HALF_TURN, POLE, Spot, TURN, Vertex, wrapped};

/// A ring as it was read, on the globe.
#[derive(Debug, Clone)]
pub(super) struct GlobeRing {
    /// Its corners; the last may repeat the first.
    pub(super) spots: Vec<Spot>,
    /// Whether it bounds a hole.
    pub(super) hole: bool,
}

/// A ring in a frame: not closed by a repeated corner; counter-clockwise around land, clockwise around a hole.
#[derive(Debug, Clone)]
pub(super) struct FrameRing {
    pub(super) corners: Box<[Vertex]>,
    pub(super) hole: bool,
}

/// Rings of one area in their frame.
#[derive(Debug, Clone)]
pub(super) struct Framed {
    /// Longitude of the frame's `x` 0.
    pub(super) origin: i64,
    pub(super) rings: Vec<FrameRing>,
}

/// What cannot be laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameError {
    /// The ring with this number goes around the globe more than once.
    Winds(usize),
}

/// Walks a ring the shorter way from corner to corner, and over the nearer pole where it goes round one.
pub(super) fn unrolled(spots: &[Spot]) -> Vec<Spot> {
    let open = match (spots.first(), spots.last()) {
        (Some(first), Some(last)) if spots.len() > 1 && same_place(*first, *last) => {
            &spots[..spots.len() - 1]
        }
        _ => spots,
    };
    let mut walked: Vec<Spot> = Vec::with_capacity(open.len() + 2);
    for spot in open {
        let x = walked.last().map_or(spot.x, |before| before.x + step(*before, *spot));
        walked.push(Spot { x, y: spot.y });
    }
    if let (Some(first), Some(last)) = (walked.first().copied(), walked.last().copied()) {
        let back = last.x + step(last, first);
        if back != first.x {
            let southern = walked.iter().map(|spot| spot.y).sum::<i64>() < 0;
            let pole = if southern { -POLE } else { POLE };
            walked.extend([
                Spot { x: back, y: first.y },
                Spot { x: back, y: pole },
                Spot { x: first.x, y: pole },
            ]);
        }
    }
    walked.dedup();
    walked
}

/// How far east the next corner lies; half a turn exactly is taken as written.
fn step(from: Spot, to: Spot) -> i64 {
    let written = to.x - from.x;
    let shorter = wrapped(written);
    if shorter == -HALF_TURN && written > 0 { HALF_TURN } else { shorter }
}

fn same_place(one: Spot, other: Spot) -> bool {
    one.y == other.y && wrapped(one.x - other.x) == 0
}

/// Twice the area of a ring, positive where it runs counter-clockwise.
fn doubled_area(spots: &[Spot]) -> i128 {
    let next = spots.iter().cycle().skip(1);
    spots
        .iter()
        .zip(next)
        .map(|(from, to)| i128::from(from.x) * i128::from(to.y) - i128::from(to.x) * i128::from(from.y))
        .sum()
}

/// Whether a ring runs counter-clockwise; `None` where it encloses nothing.
pub(super) fn counter_clockwise(walked: &[Spot]) -> Option<bool> {
    match doubled_area(walked) {
        0 => None,
        area => Some(area > 0),
    }
}

/// Lays the rings of an area out in one frame. Rings that enclose nothing are left out.
///
/// # Errors
/// A ring that is longer than the globe is round.
pub(super) fn framed(rings: &[GlobeRing]) -> Result<Framed, FrameError> {
    let mut walked = Vec::with_capacity(rings.len());
    for (number, ring) in rings.iter().enumerate() {
        let mut spots = unrolled(&ring.spots);
        let Some(turns_left) = counter_clockwise(&spots) else { continue };
        if turns_left == ring.hole {
            spots.reverse();
        }
        let west = spots.iter().map(|spot| spot.x).min().unwrap_or(0);
        let east = spots.iter().map(|spot| spot.x).max().unwrap_or(0);
        if east - west > TURN {
            return Err(FrameError::Winds(number));
        }
        walked.push((west, east - west, spots, ring.hole));
    }
    let (start, width) = narrowest_span(walked.iter().map(|(west, width, ..)| (*west, *width)));
    let origin = start + width / 2;
    let rings = walked
        .into_iter()
        .map(|(west, _, spots, hole)| {
            let shift = (west - start).rem_euclid(TURN) - (west - start) - origin;
            let corner = |spot: &Spot| Vertex { x: (spot.x + shift) as i32, y: spot.y as i32 };
            FrameRing { corners: spots.iter().map(corner).collect(), hole }
        })
        .collect();
    Ok(Framed { origin: wrapped(origin), rings })
}

/// The start and width of the narrowest stretch of longitudes that holds all of these.
fn narrowest_span(spans: impl Iterator<Item = (i64, i64)>) -> (i64, i64) {
    let mut sorted: Vec<(i64, i64)> = spans.map(|(west, width)| (wrapped(west), width)).collect();
    sorted.sort_unstable();
    // What runs over the end of the turn covers its beginning.
    let mut reached = sorted.iter().map(|(west, width)| west + width).max().unwrap_or(0) - TURN;
    let (mut best_start, mut widest) = (0, i64::MIN);
    for (west, width) in sorted {
        if west - reached > widest {
            (best_start, widest) = (west, west - reached);
        }
        reached = reached.max(west + width);
    }
    (best_start, TURN - widest.clamp(0, TURN))
}
