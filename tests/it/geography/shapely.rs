//! The same question asked of an independent library: shapely, over the same polygons and places.
//!
//! It is asked where the Python named by `RELIEF_SHAPELY`, or else `python3`, can import it: `./test` makes one that can, so
//! that it is always asked on CI.

use std::io::Write;
use std::process::{Command, Stdio};

use relief_ledger::atlas::{AreaPlacing, AreaRing, shipped_areas};
use serde_json::json;

use super::Chance;

/// Reads polygons and places, and prints for each place the least number of an area that contains it, or -1.
const SCRIPT: &str = "
import json, sys
from shapely import MultiPolygon, Point, Polygon, STRtree
asked = json.load(sys.stdin)
areas = [MultiPolygon([Polygon(p[0], p[1:]) for p in area]) for area in asked['areas']]
tree = STRtree(areas)
points = [Point(*place) for place in asked['places']]
least = [-1] * len(points)
for place, area in zip(*tree.query(points, predicate='within')):
    least[place] = area if least[place] < 0 else min(area, least[place])
print(json.dumps([int(area) for area in least]))
";

#[test]
fn shapely_finds_the_same_areas() {
    let python = std::env::var("RELIEF_SHAPELY").unwrap_or_else(|_| "python3".to_owned());
    let imported = Command::new(&python).args(["-c", "import shapely"]).stderr(Stdio::null()).status();
    if !imported.is_ok_and(|status| status.success()) {
        let what = format!(
            "{python} cannot import shapely; ./test makes one that can, or name one in RELIEF_SHAPELY"
        );
        assert!(std::env::var("CI").is_err(), "{what}");
        println!("SKIPPED: {what}");
        return;
    }
    let set = shipped_areas();
    let borders: Vec<Vec<AreaRing>> = set.areas().iter().map(|area| set.rings(area)).collect();
    let mut polygons: Vec<Vec<Vec<Vec<[f64; 2]>>>> = Vec::new();
    for rings in &borders {
        let mut area: Vec<Vec<Vec<[f64; 2]>>> = Vec::new();
        for ring in rings {
            let corners = ring.corners.iter().chain(ring.corners.first()).copied().collect();
            match area.last_mut() {
                Some(polygon) if ring.hole => polygon.push(corners),
                Some(_) | None => area.push(vec![corners]),
            }
        }
        polygons.push(area);
    }
    let mut chance = Chance(4_596);
    let places: Vec<_> = (0..20_000).map(|_| chance.place_near(&borders)).collect();
    // Rings run on beyond 180, so each place is asked in three turns of the globe.
    let turns = [-360.0, 0.0, 360.0];
    let asked: Vec<[f64; 2]> = places
        .iter()
        .flat_map(|place| turns.map(|turn| [place.longitude() + turn, place.latitude()]))
        .collect();
    let mut child = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let question = json!({"areas": polygons, "places": asked}).to_string();
    child.stdin.take().unwrap().write_all(question.as_bytes()).unwrap();
    let answer = child.wait_with_output().unwrap();
    let least: Vec<i64> = serde_json::from_slice(&answer.stdout).unwrap();
    let mut inside = 0;
    for (place, told) in places.iter().zip(least.chunks(3)) {
        let theirs = told.iter().copied().filter(|area| *area >= 0).min();
        let ours =
            set.at(*place).filter(|(_, placing)| *placing == AreaPlacing::Inside).map(|(area, _)| area);
        assert_eq!(
            ours.map(|area| &area.id),
            theirs.map(|number| &set.areas()[number as usize].id),
            "{place:?}"
        );
        inside += usize::from(theirs.is_some());
    }
    assert!(inside > 5_000, "{inside}");
    println!("shapely agrees about {} places, {inside} of them inside an area", places.len());
}
