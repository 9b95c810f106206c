//! Turning the globe: the same areas and places at other longitudes give the same answers, exactly.

use proptest::prelude::*;
use relief_ledger::atlas::{
    Area, AreaSet, AreaVersion, BoundaryColumns, Coordinates, parse_boundaries, shipped_areas,
};
use serde_json::{Value, json};
use std::sync::LazyLock;

use super::{Chance, at, inner_places};

/// Lands on both sides of the date line, one round a pole, islands, enclaves, and a very wide one.
const LANDS: [&str; 9] = ["FJ", "NZ", "AQ", "LS", "ZA", "GM", "SN", "TV", "KI"];
const TURN: i64 = 3_600_000_000;

pub fn version() -> AreaVersion {
    AreaVersion {
        name: "turned".into(),
        level: 1,
        valid_from: None,
        valid_to: None,
        source: "the shipped areas".into(),
        attribution: "".into(),
    }
}

fn units(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

/// Units of a longitude, turned and brought back to the globe.
fn turned(units: i64, by: i64) -> f64 {
    ((units + by + TURN / 2).rem_euclid(TURN) - TURN / 2) as f64 / 1e7
}

fn lands() -> Vec<&'static Area> {
    let chosen = |area: &&Area| area.country.is_some_and(|country| LANDS.contains(&country.as_str()));
    let wide = |area: &&Area| ["RU-CHU", "US-AK"].contains(&area.key());
    shipped_areas().areas().iter().filter(|area| chosen(area) || wide(area)).collect()
}

/// The lands as a file, at longitudes turned by so many ten-millionths of a degree. Codes keep the order of the lands.
fn file(by: i64) -> String {
    let features: Vec<Value> = lands()
        .iter()
        .enumerate()
        .map(|(number, area)| {
            let mut polygons: Vec<Vec<Vec<[f64; 2]>>> = Vec::new();
            for ring in shipped_areas().rings(area) {
                let corner = |corner: &[f64; 2]| [turned(units(corner[0]), by), corner[1]];
                let corners = ring.corners.iter().chain(ring.corners.first()).map(corner).collect();
                match polygons.last_mut() {
                    Some(polygon) if ring.hole => polygon.push(corners),
                    Some(_) | None => polygons.push(vec![corners]),
                }
            }
            json!({"type": "Feature", "properties": {"code": format!("AQ{number:03}")},
                   "geometry": {"type": "MultiPolygon", "coordinates": polygons}})
        })
        .collect();
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

fn set(by: i64) -> AreaSet {
    parse_boundaries(&file(by), version(), &BoundaryColumns::default()).unwrap().set
}

/// The lands where they are, and hard places: inside, near borders, on corners.
static HERE: LazyLock<(AreaSet, Vec<Coordinates>)> = LazyLock::new(|| {
    let borders: Vec<_> = lands().iter().map(|area| shipped_areas().rings(area)).collect();
    let mut places: Vec<Coordinates> = borders.iter().flat_map(|rings| inner_places(rings)).collect();
    let mut chance = Chance(7);
    places.extend((0..1_500).map(|_| chance.place_near(&borders)));
    let corners = borders.iter().flatten().flat_map(|ring| ring.corners.iter().step_by(40));
    places.extend(corners.map(|[x, y]| at(*y, turned(units(*x), 0))));
    (set(0), places)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn turning_the_globe_by_any_longitude_changes_no_containment(by in prop_oneof![
        -TURN..TURN, Just(TURN / 2), Just(1), Just(2_500_000), Just(1_799_999_999)
    ]) {
        let (here, places) = &*HERE;
        let there = set(by);
        for place in places {
            let moved = at(place.latitude(), turned(units(place.longitude()), by));
            // The turned place is a whole number of units away from the rounded one.
            let place = at(units(place.latitude()) as f64 / 1e7, turned(units(place.longitude()), 0));
            let told = |found: Option<(&Area, relief_ledger::atlas::AreaPlacing)>| {
                found.map(|(area, placing)| (area.id.clone(), placing))
            };
            prop_assert_eq!(told(here.at(place)), told(there.at(moved)), "{:?} turned by {}", place, by);
        }
    }
}

#[test]
fn a_turn_that_places_do_not_follow_is_caught() {
    let (here, places) = &*HERE;
    let there = set(1_000_000);
    let differ = places.iter().filter(|place| {
        here.at(**place).map(|(area, _)| &area.id) != there.at(**place).map(|(area, _)| &area.id)
    });
    assert!(differ.count() > 20, "a tenth of a degree must be seen");
}
