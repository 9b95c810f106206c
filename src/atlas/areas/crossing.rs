//! Whether the rings of an area cross themselves or each other.
//!
//! It is asked of degrees as they were written, not of rounded ones, so that two corners a millimetre apart are no
//! crossing. Rings that touch at a corner, as two islands on one reef do, are sound.

use geo::Coord;
use geo::kernels::{Kernel, Orientation, RobustKernel};

/// Edges of a band at which more bands no longer pay.
const EDGES_PER_BAND: usize = 4;
/// Bands enough for the longest coast.
const BANDS_MAX: usize = 65_536;

/// Two edges that cross, by the numbers of their rings and of their first corners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crossing {
    pub(super) first: (usize, usize),
    pub(super) second: (usize, usize),
}

struct Edge {
    at: (usize, usize),
    from: Coord,
    to: Coord,
}

/// The first crossing among rings, whose last corner is not repeated and whose longitudes run on.
pub(super) fn first_crossing(rings: &[Vec<Coord>]) -> Option<Crossing> {
    let edges: Vec<Edge> = rings
        .iter()
        .enumerate()
        .flat_map(|(ring, corners)| {
            let next = corners.iter().cycle().skip(1);
            corners.iter().zip(next).enumerate().map(move |(corner, (from, to))| Edge {
                at: (ring, corner),
                from: *from,
                to: *to,
            })
        })
        .collect();
    let south = edges.iter().map(|edge| edge.from.y).fold(f64::INFINITY, f64::min);
    let north = edges.iter().map(|edge| edge.from.y).fold(f64::NEG_INFINITY, f64::max);
    let bands = (edges.len() / EDGES_PER_BAND).clamp(1, BANDS_MAX);
    let height = (north - south) / bands as f64;
    let band = |y: f64| if height > 0.0 { (((y - south) / height) as usize).min(bands - 1) } else { 0 };
    let mut filled: Vec<Vec<u32>> = vec![Vec::new(); bands];
    for (number, edge) in edges.iter().enumerate() {
        let (one, other) = (band(edge.from.y), band(edge.to.y));
        (one.min(other)..=one.max(other)).for_each(|at| filled[at].push(number as u32));
    }
    let edge = |number: &u32| &edges[*number as usize];
    filled.iter().find_map(|band| {
        let mut band: Vec<&Edge> = band.iter().map(edge).collect();
        band.sort_by(|one, other| one.from.x.min(one.to.x).total_cmp(&other.from.x.min(other.to.x)));
        band.iter().enumerate().find_map(|(place, one)| {
            let east = one.from.x.max(one.to.x);
            let near = band[place + 1..].iter().take_while(|other| other.from.x.min(other.to.x) <= east);
            near.copied()
                .find(|other| cross(one, other))
                .map(|other| Crossing { first: one.at.min(other.at), second: one.at.max(other.at) })
        })
    })
}

/// Whether each edge has the other's ends on both of its sides.
fn cross(one: &Edge, other: &Edge) -> bool {
    let apart = |edge: &Edge, ends: &Edge| {
        let side = |end: Coord| RobustKernel::orient2d(edge.from, edge.to, end);
        matches!(
            (side(ends.from), side(ends.to)),
            (Orientation::Clockwise, Orientation::CounterClockwise)
                | (Orientation::CounterClockwise, Orientation::Clockwise)
        )
    };
    apart(one, other) && apart(other, one)
}
