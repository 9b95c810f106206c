//! Areas that somebody loads: what is wrong is pointed at, what can be put right is put right and told.

use relief_ledger::atlas::{
    AreaPlacing, BoundaryColumns, Generalisation, LoadedBoundaries, parse_boundaries,
};
use serde_json::{Value, json};

use super::at;
use super::turned::version;

fn feature(code: &str, polygon: Value) -> Value {
    json!({"type": "Feature", "properties": {"ADM1_PCODE": code, "ADM1_EN": format!("Area {code}")},
           "geometry": {"type": "Polygon", "coordinates": polygon}})
}

fn square(west: f64, south: f64, size: f64) -> Value {
    let (east, north) = (west + size, south + size);
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

fn read(features: &[Value]) -> Result<LoadedBoundaries, String> {
    let file = json!({"type": "FeatureCollection", "features": features}).to_string();
    parse_boundaries(&file, version(), &BoundaryColumns::default()).map_err(|error| error.to_string())
}

fn refused(features: &[Value]) -> String {
    read(features).unwrap_err()
}

#[test]
fn a_corner_that_a_ring_begins_and_ends_at_is_drawn() {
    // By the grid of the world its first corner and its last are one, as are two in the middle.
    let [first, last, beside] = [[-15.9, 13.0], [-16.0, 13.1], [-14.0, 14.1]];
    let ring = json!([first, [-14.0, 13.0], [-14.0, 14.0], beside, [-16.0, 14.0], last, first]);
    let loaded = read(&[feature("GM01", json!([ring]))]).unwrap();
    let drawn = loaded.set.drawn(&loaded.set.areas()[0], Generalisation::World);
    let [polygon] = drawn.as_slice() else { panic!("{drawn:?}") };
    let mut corners: Vec<String> = polygon[0][1..].iter().map(|corner| format!("{corner:?}")).collect();
    corners.sort();
    assert_eq!(corners, ["[-14.0, 13.0]", "[-14.0, 14.0]", "[-16.0, 13.0]", "[-16.0, 14.0]"], "{polygon:?}");
    assert_eq!(polygon[0].first(), polygon[0].last());
}

#[test]
fn loaded_areas_answer_as_the_shipped_ones_do() {
    let gambia = |code, polygon| feature(code, json!([polygon]));
    let holed = feature("GM03", json!([square(-14.0, 13.0, 1.0), square(-13.6, 13.4, 0.2)]));
    let loaded = read(&[
        gambia("GM02", square(-15.0, 13.0, 1.0)),
        gambia("GM01", square(-16.0, 13.0, 1.0)),
        holed,
        gambia("GM04", square(-13.6, 13.4, 0.2)),
    ])
    .unwrap();
    let found =
        |latitude, longitude| loaded.set.at(at(latitude, longitude)).map(|(area, how)| (area.key(), how));
    assert_eq!(found(13.5, -15.5), Some(("GM01", AreaPlacing::Inside)));
    assert_eq!(found(13.5, -15.0), Some(("GM01", AreaPlacing::OnBorder)), "the lower code of two");
    assert_eq!(found(13.0, -14.0), Some(("GM02", AreaPlacing::OnBorder)));
    assert_eq!(found(13.5, -13.5), Some(("GM04", AreaPlacing::Inside)), "an enclave");
    assert_eq!(found(13.4, -13.5), Some(("GM03", AreaPlacing::OnBorder)), "on the border of both");
    assert_eq!(found(13.5, -16.05), Some(("GM01", AreaPlacing::Near { distance_m: 5_413 })));
    assert_eq!(found(13.5, -16.2), None);
    assert_eq!(loaded.set.areas()[0].name(relief_ledger::atlas::Language::French), Some("Area GM01"));
    // The one hole of the file runs counter-clockwise, as its land does.
    let notes: Vec<String> =
        loaded.notes.iter().map(|note| format!("{}: {}", note.pointer, note.message)).collect();
    assert_eq!(
        notes,
        [
            "/features/2/geometry/coordinates/1: 1 rings ran the wrong way round, this one first, and were turned"
        ]
    );
}

#[test]
fn areas_over_the_date_line_and_over_a_pole_are_read_however_they_are_written() {
    let jumping = json!([[[179.0, -17.0], [-179.0, -17.0], [-179.0, -16.0], [179.0, -16.0], [179.0, -17.0]]]);
    let running_on =
        json!([[[179.0, -17.0], [181.0, -17.0], [181.0, -16.0], [179.0, -16.0], [179.0, -17.0]]]);
    let cut = json!({"type": "Feature", "properties": {"ADM1_PCODE": "FJ01"}, "geometry": {"type": "MultiPolygon",
        "coordinates": [[square(179.0, -17.0, 1.0)], [square(-180.0, -17.0, 1.0)]]}});
    for written in [feature("FJ01", jumping), feature("FJ01", running_on), cut] {
        let set = read(&[written]).unwrap().set;
        for longitude in [179.5, -179.5, 180.0, -180.0] {
            assert!(
                set.at(at(-16.5, longitude)).is_some_and(|(area, _)| area.key() == "FJ01"),
                "{longitude}"
            );
        }
        assert_eq!(set.at(at(-16.5, 0.0)), None);
        assert_eq!(set.at(at(-16.5, 178.5)), None);
        assert!(matches!(set.at(at(-16.5, 178.95)), Some((_, AreaPlacing::Near { .. }))));
    }
    let cap = json!([[[0.0, 85.0], [120.0, 85.0], [-120.0, 85.0], [0.0, 85.0]]]);
    let set = read(&[feature("SJ01", cap)]).unwrap().set;
    for place in [at(90.0, 12.0), at(86.0, 180.0), at(89.0, -45.0)] {
        assert!(
            set.at(place).is_some_and(|(_, how)| how != AreaPlacing::Near { distance_m: 0 }),
            "{place:?}"
        );
    }
    assert_eq!(set.at(at(84.0, 0.0)), None);
}

#[test]
fn everything_wrong_with_a_file_is_pointed_at() {
    let sound = || feature("GM01", json!([square(-16.0, 13.0, 1.0)]));
    insta::assert_snapshot!(refused(&[]), @"/features: has no areas");
    let bow = json!([[[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 3.0], [0.0, 0.0]]]);
    insta::assert_snapshot!(refused(&[sound(), feature("GM02", bow)]), @"/features/1/geometry/coordinates/0: crosses itself: the edge from corner 0 (0.00000, 0.00000) crosses that from corner 2 of ring 0");
    let halfway = json!([[[-16.0, 13.0], [-15.0, 13.0], [-15.0, 14.0], [-16.0, 14.0]]]);
    insta::assert_snapshot!(refused(&[feature("GM02", halfway)]), @"/features/0/geometry/coordinates/0: is not closed: the last corner must repeat the first");
    let huge = json!([square(-80.0, -40.0, 80.0)]);
    insta::assert_snapshot!(refused(&[feature("GM02", huge)]), @"/features/0/geometry/coordinates/0: encloses 14 % of the globe; no area has more than 10 %. Is a corner far off?");
    let exchanged = json!([square(39.0, 115.0, 1.0)]);
    insta::assert_snapshot!(refused(&[feature("CN01", exchanged)]), @"/features/0/geometry/coordinates/0/0: latitude 115 is off the globe: it must be from -90 to 90 degrees; are latitude and longitude swapped?");
    let metres = json!([square(436_000.0, 13.0, 1.0)]);
    insta::assert_snapshot!(refused(&[feature("GM02", metres)]), @"/features/0/geometry/coordinates/0/0: longitude 436000 is no degree of the globe: are these metres?");
    insta::assert_snapshot!(refused(&[sound(), sound()]), @"/features/1/properties/ADM1_PCODE: 'GM01' is the code of /features/0 already");
    let flat = json!([[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]]);
    insta::assert_snapshot!(refused(&[feature("GM02", flat)]), @"/features/0/geometry/coordinates/0: encloses nothing");
    let outside = json!([square(-16.0, 13.0, 1.0), square(-14.0, 13.0, 0.5)]);
    insta::assert_snapshot!(refused(&[feature("GM02", outside)]), @"/features/0/geometry/coordinates/1: is a hole that lies outside its polygon");
    let through = json!([square(-16.0, 13.0, 1.0), square(-15.5, 13.5, 1.0)]);
    insta::assert_snapshot!(refused(&[feature("GM02", through)]), @"/features/0/geometry/coordinates/0: crosses itself: the edge from corner 1 (-15.00000, 13.00000) crosses that from corner 0 of ring 1");
    let mut nameless = sound();
    nameless["properties"] = json!({"NAME": "Banjul"});
    let mut odd = feature("Banjul", json!([square(-16.0, 13.0, 1.0)]));
    odd["geometry"]["type"] = json!("Point");
    let mut bare = feature("GM03", Value::Null);
    bare["geometry"] = Value::Null;
    let mut line = feature("GM04", json!([[0.0, 1.0], [1.0, 1.0]]));
    line["geometry"]["type"] = json!("LineString");
    let deep = feature("GM05", json!([0.0, 1.0]));
    insta::assert_snapshot!(refused(&[nameless, odd, bare, line, deep]), @r"
    /features/0/properties: has no code: looked for text in ADM1_PCODE, adm1_pcode, iso_3166_2, code
    /features/1/properties/ADM1_PCODE: area code 'Banjul' must be an ISO 3166-2 code such as GM-B or a P-code such as HN10: the country's capital letters first, then capital letters and digits
    /features/2/geometry: is missing: an area needs a polygon
    /features/3/geometry: is a 'LineString'; an area is a Polygon or a MultiPolygon
    /features/4/geometry: has coordinates that are no Polygon: invalid type: floating point `0.0`, expected a sequence at line 1 column 4
    ");
    let whole =
        |text: &str| parse_boundaries(text, version(), &BoundaryColumns::default()).unwrap_err().to_string();
    insta::assert_snapshot!(whole("[1"), @": is no GeoJSON FeatureCollection of polygons: invalid type: integer `1`, expected a string at line 1 column 2");
    insta::assert_snapshot!(whole(r#"{"type":"Feature"}"#), @": is a 'Feature'; areas come as a FeatureCollection");
    insta::assert_snapshot!(whole(r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features":[]}"#), @": is in the coordinate system 'EPSG:3857'; GeoJSON is in WGS84 (OGC:CRS84)");
    // A file of faults is answered with the first fifty.
    let many: Vec<Value> =
        (0..80).map(|_| json!({"type": "Feature", "properties": {}, "geometry": null})).collect();
    assert_eq!(refused(&many).lines().count(), 50);
}

#[test]
fn coordinates_that_fit_both_ways_are_suspected_and_said() {
    let there = feature("GM01", json!([square(13.4, -16.5, 0.05)]));
    let loaded = read(&[there]).unwrap();
    let notes: Vec<&str> = loaded.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        notes,
        [
            "1 of 1 areas lie in their country only where latitude and longitude are exchanged; GeoJSON has longitude first"
        ]
    );
    assert!(read(&[feature("GM01", json!([square(-16.5, 13.4, 0.05)]))]).unwrap().notes.is_empty());
}
