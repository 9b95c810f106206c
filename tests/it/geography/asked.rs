//! Shapes that somebody asks about: a larger one never holds less than one inside it, and turning the globe changes nothing.

use proptest::prelude::*;
use relief_ledger::atlas::{AskedShape, Coordinates, distance_m};
use serde_json::json;

use super::at;

const TURN: i64 = 3_600_000_000;

/// A ring around a place, as wide as `radius` in some directions and narrower in others; closed.
fn ring((latitude, longitude): (f64, f64), radius: f64, waves: &[f64], scale: f64) -> Vec<[f64; 2]> {
    let count = waves.len();
    let corner = |place: usize| {
        let turn = place as f64 / count as f64 * std::f64::consts::TAU;
        let wide = radius * scale * waves[place % count];
        let x = longitude + wide * turn.cos();
        [(x + 540.0).rem_euclid(360.0) - 180.0, latitude + wide * turn.sin()]
    };
    let mut corners: Vec<[f64; 2]> = (0..count).map(corner).collect();
    corners.push(corners[0]);
    corners
}

fn shape(corners: &[[f64; 2]]) -> AskedShape {
    let text = json!({"type": "Polygon", "coordinates": [corners]}).to_string();
    AskedShape::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}")).0
}

fn turned(longitude: f64, by: i64) -> f64 {
    let units = (longitude * 1e7).round() as i64 + by;
    ((units + TURN / 2).rem_euclid(TURN) - TURN / 2) as f64 / 1e7
}

proptest! {
    #[test]
    fn a_larger_polygon_never_has_less_than_one_inside_it(
        center in (-60.0..60.0_f64, -180.0..180.0_f64),
        radius in 0.5..20.0_f64,
        waves in prop::collection::vec(0.4..1.0_f64, 5..40),
        scale in 0.1..0.99_f64,
        by in -TURN..TURN,
        places in prop::collection::vec((-1.2..1.2_f64, -1.2..1.2_f64), 40),
    ) {
        let (inner, outer) = (ring(center, radius, &waves, scale), ring(center, radius, &waves, 1.0));
        let moved: Vec<[f64; 2]> = outer.iter().map(|[x, y]| [turned(*x, by), *y]).collect();
        let (small, large, elsewhere) = (shape(&inner), shape(&outer), shape(&moved));
        let (mut within, mut further) = (0, 0);
        for (north, east) in places {
            let latitude = center.0 + north * radius;
            let longitude = turned(center.1 + east * radius, 0);
            let place = at(latitude, longitude);
            let (is_small, is_large) = (small.contains(place), large.contains(place));
            prop_assert!(is_large || !is_small, "{:?} lies in the smaller one alone", place);
            prop_assert_eq!(is_large, elsewhere.contains(at(latitude, turned(longitude, by))), "turned by {}", by);
            within += i32::from(is_small);
            further += i32::from(is_large);
        }
        prop_assert!(within <= further);
    }

    #[test]
    fn a_larger_radius_never_has_less(
        center in (-90.0..=90.0_f64, -180.0..=180.0_f64),
        place in (-90.0..=90.0_f64, -180.0..=180.0_f64),
        radius in 1..4_000_000_u32,
        more in 0..1_000_000_u32,
    ) {
        let (center, place): (Coordinates, Coordinates) = (at(center.0, center.1), at(place.0, place.1));
        let (near, far) = (AskedShape::around(center, radius), AskedShape::around(center, radius + more));
        prop_assert!(far.contains(place) || !near.contains(place));
        prop_assert!(near.contains(center));
    }

    #[test]
    fn a_radius_turns_with_the_globe(
        center in (-90.0..=90.0_f64, -180.0..=180.0_f64),
        bearing in (-0.3..=0.3_f64, -0.3..=0.3_f64),
        radius in 1..60_000_u32,
        by in prop_oneof![-TURN..TURN, Just(TURN / 2), Just(1)],
    ) {
        let moved = |(latitude, longitude): (f64, f64), by| at(latitude, turned(longitude, by));
        let place = ((center.0 + bearing.0).clamp(-90.0, 90.0), turned(center.1 + bearing.1, 0));
        let distance = distance_m(moved(center, 0), moved(place, 0));
        // Where a place is as far as the radius to a millimetre, arithmetic decides.
        prop_assume!((distance - f64::from(radius)).abs() > 0.001);
        let here = AskedShape::around(moved(center, 0), radius).contains(moved(place, 0));
        prop_assert_eq!(here, distance < f64::from(radius));
        prop_assert_eq!(here, AskedShape::around(moved(center, by), radius).contains(moved(place, by)), "turned by {}", by);
    }
}

#[test]
fn a_radius_that_does_not_turn_with_its_place_is_caught() {
    let (center, place) = (at(13.0, 179.95), at(13.0, turned(179.95, 1_000_000)));
    assert!(AskedShape::around(center, 15_000).contains(place), "over the date line");
    let left = at(13.0, turned(179.95, 5_000_000));
    assert!(!AskedShape::around(left, 15_000).contains(place), "the property would see it");
}

#[test]
fn a_polygon_that_is_not_larger_is_caught() {
    let waves = [1.0; 12];
    let (one, other) =
        (shape(&ring((13.0, -15.0), 2.0, &waves, 1.0)), shape(&ring((13.0, -14.0), 2.0, &waves, 1.0)));
    let west = at(13.0, -16.5);
    assert!(one.contains(west) && !other.contains(west), "the property would see it");
}
