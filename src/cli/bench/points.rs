//! Which area a place lies in: the grid over exact shapes against an R-tree of the areas' bounds whose polygons are
//! asked one by one, over the same polygons and places, by CPU seconds.

use super::cpu;
use super::failed;
use super::figure::Figure;
use crate::atlas::{Area, AreaPlacing, AreaRing, Coordinates, check_shipped_areas, shipped_areas};
use crate::core::problem::Outcome;
use geo::{BoundingRect, Contains, Coord, LineString, MultiPolygon, Point, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::time::Instant;

/// Places of the whole run; an R-tree needs seconds for them, which the kernel's steps of 10 ms measure well.
const PLACES: usize = 1_000_000;
const PLACES_QUICK: usize = 200_000;
/// Turns of both ways; the middle one counts.
const TURNS: usize = 3;
/// What the grid promises over the R-tree.
const TIMES: f64 = 2.0;

/// Measures.
///
/// # Errors
/// Where the areas cannot be read, or the two ways disagree about a place.
pub(super) fn measure(quick: bool, figures: &mut Vec<Figure>) -> Outcome<()> {
    let began = Instant::now();
    check_shipped_areas().map_err(failed)?;
    let unpacked_ms = began.elapsed().as_secs_f64() * 1_000.0;
    let set = shipped_areas();
    let polygons: Vec<MultiPolygon> = set.areas().iter().map(|area| polygon(&set.rings(area))).collect();
    let places = places(&polygons, if quick { PLACES_QUICK } else { PLACES })?;
    let tree = tree(&polygons);
    let by_grid = |place: &Coordinates| set.inside(*place);
    let by_tree = |place: &Coordinates| {
        let point = Point::new(place.longitude(), place.latitude());
        let near = tree.locate_in_envelope_intersecting(&AABB::from_point([point.x(), point.y()]));
        near.filter(|bounds| polygons[bounds.data].contains(&point)).map(|bounds| bounds.data).min()
    };
    let (mut grid, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let (seconds, found) = timed(&places, by_grid)?;
        grid.push(seconds);
        let (seconds, expected) = timed(&places, by_tree)?;
        plain.push(seconds);
        let together = places.iter().zip(found).zip(expected);
        for ((place, found), expected) in together {
            if !agree(found, expected.and_then(|number| set.areas().get(number))) {
                return Err(failed(format!("the two ways disagree about {place:?}")));
            }
        }
    }
    let (grid, plain) = (middle(grid), middle(plain));
    let count = places.len() as f64;
    figures.push(Figure::shown("areas: unpacked and laid out", "ms", unpacked_ms));
    figures.push(Figure::shown(
        "areas: places by an R-tree and plain contains",
        "a second of CPU",
        count / plain,
    ));
    figures.push(Figure::shown("areas: places by the grid", "a second of CPU", count / grid));
    figures.push(Figure::at_least("areas: grid over R-tree", "times", plain / grid, TIMES));
    Ok(())
}

/// Whether both ways say the same. A place on a border has a lowest area by the grid, and any of them or none by plain
/// contains, as its decimals become binary.
fn agree(found: Option<(&Area, AreaPlacing)>, expected: Option<&Area>) -> bool {
    match found {
        Some((_, AreaPlacing::OnBorder)) => true,
        Some((area, _)) => expected.is_some_and(|expected| expected.id == area.id),
        None => expected.is_none(),
    }
}

/// CPU seconds that a way of finding takes for all places, and what it finds. Only this thread works meanwhile.
fn timed<A>(places: &[Coordinates], find: impl Fn(&Coordinates) -> A) -> Outcome<(f64, Vec<A>)> {
    let before = cpu::of_this_process()?;
    let found = places.iter().map(find).collect();
    Ok(((cpu::of_this_process()? - before).as_secs_f64(), found))
}

fn middle(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_unstable_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// The polygons of an area as `geo` has them.
fn polygon(rings: &[AreaRing]) -> MultiPolygon {
    let mut polygons: Vec<Polygon> = Vec::new();
    for ring in rings {
        let corners = ring.corners.iter().map(|[x, y]| Coord { x: *x, y: *y });
        let line: LineString = corners.collect();
        match polygons.last_mut() {
            Some(polygon) if ring.hole => polygon.interiors_push(line),
            Some(_) | None => polygons.push(Polygon::new(line, Vec::new())),
        }
    }
    MultiPolygon(polygons)
}

fn tree(polygons: &[MultiPolygon]) -> RTree<GeomWithData<Rectangle<[f64; 2]>, usize>> {
    let bounds = polygons.iter().enumerate().filter_map(|(number, polygon)| {
        let bounds = polygon.bounding_rect()?;
        let (least, most) = (bounds.min(), bounds.max());
        Some(GeomWithData::new(Rectangle::from_corners([least.x, least.y], [most.x, most.y]), number))
    });
    RTree::bulk_load(bounds.collect())
}

/// Places in the bounds of the areas, each area as often as any other: where sites are, and not the empty sea.
/// Bounds that run over the antimeridian are left out, because the R-tree knows one turn of the globe only.
fn places(polygons: &[MultiPolygon], count: usize) -> Outcome<Vec<Coordinates>> {
    let bounds: Vec<_> = polygons
        .iter()
        .filter_map(BoundingRect::bounding_rect)
        .filter(|bounds| bounds.min().x >= -179.0 && bounds.max().x <= 179.0)
        .collect();
    let mut seed = 4_596_u64;
    let mut chance = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut places = Vec::with_capacity(count);
    for _ in 0..count {
        let bounds = bounds[(chance() * bounds.len() as f64) as usize];
        let (x, y) =
            (bounds.min().x + chance() * bounds.width(), bounds.min().y + chance() * bounds.height());
        places.push(Coordinates::new(y, x).map_err(failed)?);
    }
    Ok(places)
}
