//! Where a place is: which area it lies in, how that was found, how far it is to the next place, and how many live there.
//!
//! The areas are asked three ways that know nothing of each other: by the index, by a slow ray over the corners in
//! degrees, and, where Python has shapely, by that.

mod asked;
mod boundaries;
mod shapely;
mod turned;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use proptest::prelude::*;
use relief_ledger::atlas::{
    Area, AreaChange, AreaDoubt, AreaPlacing, AreaRing, AreaSuccession, AreaUnplaced, Coordinates, Crosswalk,
    Language, LineGeometry, PopulationBasis, check_gazetteer, check_populations, check_shipped_areas,
    countries, country_by_iso3, distance_m, least_developed_on, leg_length_m, leg_line, population,
    route_length_m, shipped_areas,
};

pub fn at(latitude: f64, longitude: f64) -> Coordinates {
    Coordinates::new(latitude, longitude).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The code and the way it was found.
fn found(latitude: f64, longitude: f64) -> Option<(&'static str, AreaPlacing)> {
    shipped_areas().at(at(latitude, longitude)).map(|(area, placing)| (area.key(), placing))
}

/// How often a ring passes east of a place, by the schoolbook.
fn encloses(corners: &[[f64; 2]], longitude: f64, latitude: f64) -> bool {
    let next = corners.iter().cycle().skip(1);
    corners.iter().zip(next).fold(false, |inside, ([x, y], [to_x, to_y])| {
        let passes = (*y > latitude) != (*to_y > latitude);
        inside ^ (passes && longitude < x + (latitude - y) / (to_y - y) * (to_x - x))
    })
}

/// Whether a place lies in an area, asked of its rings in whichever turn of the globe they lie.
pub fn lies_in(rings: &[AreaRing], place: Coordinates) -> bool {
    [-360.0, 0.0, 360.0].iter().any(|turn| {
        let longitude = place.longitude() + turn;
        let passed = |ring: &&AreaRing| encloses(&ring.corners, longitude, place.latitude());
        rings.iter().filter(passed).count() % 2 == 1
    })
}

/// Two places inside each polygon of an area: the middle of its widest stretch at a latitude of its own.
pub fn inner_places(rings: &[AreaRing]) -> Vec<Coordinates> {
    let mut places = Vec::new();
    for (first, land) in rings.iter().enumerate().filter(|(_, ring)| !ring.hole) {
        let holes = rings[first + 1..].iter().take_while(|ring| ring.hole);
        let polygon: Vec<&AreaRing> = std::iter::once(land).chain(holes).collect();
        let mut latitudes: Vec<f64> = land.corners.iter().map(|corner| corner[1]).collect();
        latitudes.sort_by(f64::total_cmp);
        latitudes.dedup();
        // Between two corners' latitudes no corner is met.
        let gap =
            latitudes.windows(2).max_by(|one, other| (one[1] - one[0]).total_cmp(&(other[1] - other[0])));
        let Some(latitude) = gap.map(|gap| f64::midpoint(gap[0], gap[1])) else { continue };
        let mut passed: Vec<f64> = Vec::new();
        for ring in polygon {
            let next = ring.corners.iter().cycle().skip(1);
            for ([x, y], [to_x, to_y]) in ring.corners.iter().zip(next) {
                if (*y > latitude) != (*to_y > latitude) {
                    passed.push(x + (latitude - y) / (to_y - y) * (to_x - x));
                }
            }
        }
        passed.sort_by(f64::total_cmp);
        let widest =
            passed.chunks_exact(2).max_by(|one, other| (one[1] - one[0]).total_cmp(&(other[1] - other[0])));
        let Some(middle) = widest.map(|pair| f64::midpoint(pair[0], pair[1])) else { continue };
        places.push(at(latitude, (middle + 180.0).rem_euclid(360.0) - 180.0));
    }
    places
}

#[test]
fn every_polygon_finds_its_own_area_by_a_place_inside_it() {
    check_shipped_areas().unwrap();
    let set = shipped_areas();
    assert_eq!(set.areas().len(), 4_596);
    let mut polygons = 0;
    let mut wrong = Vec::new();
    for area in set.areas() {
        for place in inner_places(&set.rings(area)) {
            polygons += 1;
            match set.at(place) {
                Some((found, AreaPlacing::Inside)) if found.id == area.id => {}
                other => wrong.push(format!("{} at {place:?}: {other:?}", area.id)),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {polygons}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(polygons > 6_000, "{polygons}");
}

/// Numbers that look like chance and are the same in every run.
pub struct Chance(pub u64);

impl Chance {
    /// From 0 to below 1.
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A place up to half a degree from a corner of one of these borders, which is where it is hard.
    pub fn place_near(&mut self, borders: &[Vec<AreaRing>]) -> Coordinates {
        let border = &borders[(self.next() * borders.len() as f64) as usize];
        let ring = &border[(self.next() * border.len() as f64) as usize];
        let [x, y] = ring.corners[(self.next() * ring.corners.len() as f64) as usize];
        let longitude = (x + self.next() - 0.5 + 180.0).rem_euclid(360.0) - 180.0;
        at((y + self.next() - 0.5).clamp(-90.0, 90.0), longitude)
    }
}

#[test]
fn the_index_agrees_with_a_slow_ray_over_the_corners() {
    let set = shipped_areas();
    let borders: Vec<Vec<AreaRing>> = set.areas().iter().map(|area| set.rings(area)).collect();
    let mut chance = Chance(20_261_129);
    let mut inside = 0;
    let latitudes: Vec<(f64, f64)> = borders
        .iter()
        .map(|rings| {
            let latitudes = rings.iter().flat_map(|ring| &ring.corners).map(|corner| corner[1]);
            latitudes.fold((90.0, -90.0), |(least, most), one| (one.min(least), one.max(most)))
        })
        .collect();
    for _ in 0..300 {
        let place = chance.place_near(&borders);
        let reaches = |(least, most): &(f64, f64)| (*least..=*most).contains(&place.latitude());
        let slow: Vec<&str> = (set.areas().iter().zip(borders.iter().zip(&latitudes)))
            .filter(|(_, (rings, latitudes))| reaches(latitudes) && lies_in(rings, place))
            .map(|(area, _)| &*area.id)
            .collect();
        let quick =
            set.at(place).filter(|(_, placing)| *placing == AreaPlacing::Inside).map(|(area, _)| &*area.id);
        assert_eq!(quick, slow.first().copied(), "{place:?}");
        inside += usize::from(quick.is_some());
    }
    assert!((100..280).contains(&inside), "{inside} of 300 lay inside: the places are badly chosen");
}

#[test]
fn towns_islands_enclaves_poles_and_both_sides_of_the_date_line_are_where_they_are() {
    let inside = |code| Some((code, AreaPlacing::Inside));
    assert_eq!(found(13.2714, -16.6494), inside("GM-W"), "Brikama");
    assert_eq!(found(8.6439, -10.9714), inside("SL-E"), "Koidu");
    assert_eq!(found(-29.31, 27.48), inside("LS-A"), "Maseru, in a land that another one encloses");
    assert_eq!(
        found(41.9033, 12.4534).map(|(_, placing)| placing),
        Some(AreaPlacing::Inside),
        "Vatican City"
    );
    assert_eq!(found(35.6892, 51.389), inside("IR-23"), "Tehran by the numbers since 2020");
    assert_eq!(found(55.7558, 37.6173), inside("RU-MOW"), "Moscow, the city");
    let named =
        |code| shipped_areas().with_code(code).map(|area| area.name(Language::English)).collect::<Vec<_>>();
    assert_eq!(named("UG-329"), [Some("Otuke")], "a district of Uganda by its own number");
    assert_eq!(named("FR-75C"), [Some("Paris")]);
    assert_eq!(found(66.5, -173.0), inside("RU-CHU"), "Chukotka beyond the date line");
    assert_eq!(found(67.0, 175.0), inside("RU-CHU"), "and before it");
    assert_eq!(found(68.0, 180.0).map(|(code, _)| code), Some("RU-CHU"));
    assert_eq!(found(68.0, -180.0), found(68.0, 180.0), "the date line is one line");
    for longitude in [-180.0, -90.0, 0.0, 12.3, 180.0] {
        assert_eq!(found(-90.0, longitude).map(|(code, _)| code), Some("ATA+00?"), "the South Pole");
        assert_eq!(found(90.0, longitude), None, "the North Pole");
    }
    assert_eq!(found(0.0, -30.0), None, "the open Atlantic");
    let harbour = found(13.4531, -16.5775).unwrap();
    assert!(
        matches!(harbour, ("GM-B", AreaPlacing::Near { distance_m: 1..=5_000 })),
        "Banjul's: {harbour:?}"
    );
}

#[test]
fn a_place_on_a_border_belongs_to_the_lowest_code_that_touches_it() {
    let set = shipped_areas();
    let mut owners: BTreeMap<(i64, i64), Vec<&Area>> = BTreeMap::new();
    for area in set.areas() {
        let corners = set.rings(area).into_iter().flat_map(|ring| ring.corners);
        for [x, y] in corners {
            let x = (x + 180.0).rem_euclid(360.0) - 180.0;
            let owners = owners.entry(((x * 1e7).round() as i64, (y * 1e7).round() as i64)).or_default();
            if owners.last().is_none_or(|last| last.id != area.id) {
                owners.push(area);
            }
        }
    }
    let shared: Vec<_> = owners.into_iter().filter(|(_, areas)| areas.len() > 1).collect();
    assert!(shared.len() > 50_000, "{}", shared.len());
    let mut most = 0;
    for ((x, y), areas) in shared.iter().step_by(7) {
        let place = at(*y as f64 / 1e7, *x as f64 / 1e7);
        let (area, placing) = set.at(place).unwrap();
        // A third area may be drawn over this corner; then the place is inside that one.
        let wanted = areas.iter().map(|area| area.key()).min().unwrap();
        if placing == AreaPlacing::OnBorder {
            assert!(area.key() <= wanted, "{place:?}: {} and not {wanted}", area.key());
            most += usize::from(area.key() == wanted);
        } else {
            assert_eq!(placing, AreaPlacing::Inside, "{place:?}");
        }
    }
    assert!(most > 7_000, "{most} of {} were decided by the code", shared.len() / 7);
}

#[test]
fn a_site_is_placed_by_its_code_then_by_its_coordinates_and_doubts_are_said() {
    let set = shipped_areas();
    let brikama = Some(at(13.2714, -16.6494));
    let told = |code: Option<&str>, place, crosswalk| {
        set.locate(code, place, crosswalk).map(|found| {
            let doubts: Vec<String> = found
                .doubts
                .iter()
                .map(|doubt| match doubt {
                    AreaDoubt::PlaceElsewhere(area) => format!("in {}", area.key()),
                    AreaDoubt::CodeUnknown | AreaDoubt::CodeReplaced | AreaDoubt::PlaceNowhere => {
                        format!("{doubt:?}")
                    }
                })
                .collect();
            (found.area.key().to_owned(), found.placing, doubts.join(", "))
        })
    };
    let by_code = |code: &str, doubt: &str| Ok((code.to_owned(), AreaPlacing::ByCode, doubt.to_owned()));
    assert_eq!(told(Some("GM-B"), None, None), by_code("GM-B", ""));
    assert_eq!(told(Some("GM-W"), brikama, None), by_code("GM-W", ""));
    assert_eq!(told(Some("GM-B"), Some(at(13.4531, -16.5775)), None), by_code("GM-B", ""), "the harbour");
    assert_eq!(told(Some("GM-L"), brikama, None), by_code("GM-L", "in GM-W"));
    assert_eq!(told(Some("GM-L"), Some(at(0.0, -30.0)), None), by_code("GM-L", "PlaceNowhere"));
    let inside = |doubt: &str| Ok(("GM-W".to_owned(), AreaPlacing::Inside, doubt.to_owned()));
    assert_eq!(told(None, brikama, None), inside(""));
    assert_eq!(told(Some("GM99"), brikama, None), inside("CodeUnknown"));
    assert_eq!(told(None, None, None), Err(AreaUnplaced::NothingGiven));
    assert_eq!(told(None, Some(at(0.0, -30.0)), None), Err(AreaUnplaced::Nowhere));
    insta::assert_snapshot!(told(Some("GM99"), None, None).unwrap_err(), @"area code 'GM99' is none of version natural-earth-1, and no coordinates tell the area");
    insta::assert_snapshot!(told(Some("BA-BIH"), None, None).unwrap_err(), @"area code 'BA-BIH' stands for 10 areas of version natural-earth-1, and no coordinates tell which");
    let tuzla = set.locate(Some("BA-BIH"), Some(at(44.54, 18.67)), None).unwrap();
    assert_eq!(
        (tuzla.area.name(Language::English), tuzla.placing),
        (Some("Tuzla Canton"), AreaPlacing::Inside)
    );

    let change =
        |from: &str, to: &str| AreaChange { from: from.into(), to: to.into(), on: day("2015-09-10") };
    let crosswalk =
        Crosswalk::new([change("GM90", "GM-B"), change("GM91", "GM-W"), change("GM91", "GM-L")]).unwrap();
    assert_eq!(told(Some("GM90"), None, Some(&crosswalk)), by_code("GM-B", "CodeReplaced"));
    assert!(matches!(
        told(Some("GM91"), None, Some(&crosswalk)),
        Err(AreaUnplaced::SeveralParts { parts: 2, .. })
    ));
    assert_eq!(told(Some("GM91"), brikama, Some(&crosswalk)), inside("CodeReplaced"));
}

#[test]
fn a_crosswalk_leads_from_old_codes_to_new_ones_and_never_further_than_it_knows() {
    let change =
        |from: &str, to: &str, on: &str| AreaChange { from: from.into(), to: to.into(), on: day(on) };
    // Iran numbered its provinces anew on one day: 07 became 23 while 23 became 22 and 22 became 00.
    let anew = |from: &str, to: &str| change(from, to, "2020-11-24");
    let iran =
        Crosswalk::new([anew("IR-07", "IR-23"), anew("IR-23", "IR-22"), anew("IR-22", "IR-00")]).unwrap();
    assert_eq!(iran.current("IR-07"), ["IR-23".into()]);
    assert_eq!(iran.current_since("IR-23", day("2019-01-01")), ["IR-22".into()]);
    assert_eq!(iran.current_since("IR-23", day("2021-01-01")), ["IR-23".into()], "what it stands for since");
    assert_eq!(iran.before("IR-23"), ["IR-07".into()]);

    let kenya = Crosswalk::new([
        change("KE-1", "KE-2", "2010-01-01"),
        change("KE-2", "KE-3", "2013-01-01"),
        change("KE-2", "KE-4", "2013-01-01"),
        change("KE-5", "KE-4", "2013-01-01"),
    ])
    .unwrap();
    assert_eq!(kenya.current("KE-1"), ["KE-3".into(), "KE-4".into()]);
    assert_eq!(kenya.succession("KE-1"), AreaSuccession::Renamed("KE-2".into()));
    assert_eq!(kenya.succession("KE-2"), AreaSuccession::Divided(vec!["KE-3".into(), "KE-4".into()]));
    assert_eq!(kenya.succession("KE-5"), AreaSuccession::United("KE-4".into()));
    assert_eq!(kenya.succession("KE-9"), AreaSuccession::Unchanged);
    assert_eq!(kenya.current("KE-9"), ["KE-9".into()]);
    let itself = Crosswalk::new([change("KE-1", "KE-1", "2013-01-01")]).unwrap_err();
    insta::assert_snapshot!(itself, @"row 1: area code 'KE-1' is said to follow itself");
}

#[test]
fn populations_are_those_of_the_united_nations_and_say_so() {
    check_populations().unwrap();
    check_gazetteer().unwrap();
    let gambia = population("GM".parse().unwrap(), 2020).unwrap();
    assert_eq!((gambia.basis, gambia.source.version), (PopulationBasis::Published, "2024, medium variant"));
    let mut reader = csv::Reader::from_reader(include_str!("../../data/countries.csv").as_bytes());
    let header = reader.headers().unwrap().clone();
    let mut compared = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let cell = |name: &str| row.get(header.iter().position(|column| column == name).unwrap()).unwrap();
        for (column, year) in [("pop_2020", 2020), ("pop_2025", 2025)] {
            let country = country_by_iso3(cell("iso3")).unwrap().code();
            let told = population(country, year).map(|figure| figure.total().to_string()).unwrap_or_default();
            assert_eq!(told, cell(column), "{country} {year}");
            compared += usize::from(!told.is_empty());
        }
    }
    assert_eq!(compared, 2 * 237);
    for country in countries() {
        let totals: Vec<Option<u64>> =
            (2000..=2050).map(|year| population(country.code(), year).map(|figure| figure.total())).collect();
        assert!(totals.iter().all(|total| total.is_some() == totals[0].is_some()));
        let between = |year: usize| {
            totals[year].zip(totals[year / 5 * 5]).zip(totals.get(year / 5 * 5 + 5).copied().flatten())
        };
        for year in 0..50 {
            let Some(((total, before), behind)) = between(year) else { continue };
            let share = year as u64 % 5;
            // Ten groups are rounded, each by less than half a person.
            assert!(
                total.abs_diff((before * (5 - share) + behind * share) / 5) <= 5,
                "{} {year}",
                country.iso3()
            );
        }
    }
    assert_eq!(population("GM".parse().unwrap(), 2022).unwrap().basis, PopulationBasis::Interpolated);
    for year in [1999, 2051] {
        assert_eq!(population("GM".parse().unwrap(), year), None);
    }
}

#[test]
fn who_was_least_developed_on_a_day_is_told_as_far_as_the_list_goes() {
    let on = |text: &str| {
        let told = |country| least_developed_on(country, day(text));
        (
            countries().iter().filter(|country| told(country) == Some(true)).count(),
            countries().iter().filter(|country| told(country).is_none()).count(),
        )
    };
    assert_eq!(on("2012-12-17"), (0, 250), "before the list is whole");
    assert_eq!(on("2013-06-01"), (49, 0));
    assert_eq!(on("2020-06-01"), (47, 0), "in the year of the Cities Project");
    assert_eq!(on("2020-12-04"), (46, 0), "Vanuatu has left");
    assert_eq!(on("2025-01-01"), (44, 0));
    assert_eq!(on("2026-11-24"), (41, 3), "three were due to leave, and the edition does not know");
}

fn pieces(line: LineGeometry) -> Vec<Vec<[f64; 2]>> {
    match line {
        LineGeometry::LineString(piece) => vec![piece],
        LineGeometry::MultiLineString(pieces) => pieces,
    }
}

#[test]
fn lines_are_cut_at_the_date_line_and_go_over_poles() {
    let cut = pieces(leg_line(at(-36.85, 174.76), at(37.77, -122.42)));
    assert_eq!(cut.len(), 2, "Auckland to San Francisco");
    let (out, back) = (cut[0].last().unwrap(), cut[1].first().unwrap());
    assert_eq!((out[0], back[0], out[1]), (180.0, -180.0, back[1]));
    let over = pieces(leg_line(at(80.0, 30.0), at(80.0, -150.0)));
    assert_eq!(
        (over[0].last(), over[1].first()),
        (Some(&[30.0, 90.0]), Some(&[-150.0, 90.0])),
        "over the pole"
    );
    assert_eq!(pieces(leg_line(at(10.0, 180.0), at(20.0, -180.0))).len(), 1, "along the date line");
    assert_eq!(pieces(leg_line(at(0.0, 170.0), at(0.0, 180.0))).len(), 1, "up to it");
    assert_eq!(
        pieces(leg_line(at(0.0, -180.0), at(0.0, 170.0))),
        pieces(leg_line(at(0.0, 180.0), at(0.0, 170.0)))
    );
    let still = serde_json::to_value(leg_line(at(1.0, 2.0), at(1.0, 2.0))).unwrap();
    assert_eq!(still, serde_json::json!({"type": "LineString", "coordinates": [[2.0, 1.0], [2.0, 1.0]]}));
    let banjul = (at(13.4531, -16.5775), at(39.9, 116.4));
    assert_eq!(
        route_length_m([Some(banjul), Some((banjul.1, banjul.0))]),
        Some(2 * leg_length_m(banjul.0, banjul.1))
    );
    assert_eq!(route_length_m([Some(banjul), None]), None, "a leg without an end has no length");
    assert_eq!(route_length_m([]), Some(0));
}

fn any_place() -> impl Strategy<Value = Coordinates> {
    let edges = |most: f64| prop_oneof![8 => -most..=most, 1 => Just(most), 1 => Just(-most), 1 => Just(0.0)];
    (edges(90.0), edges(180.0)).prop_map(|(latitude, longitude)| at(latitude, longitude))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_line_is_as_long_as_its_leg_and_never_jumps(from in any_place(), to in any_place()) {
        let cut = pieces(leg_line(from, to));
        let mut length = 0.0;
        for piece in &cut {
            prop_assert!(piece.len() > 1);
            for pair in piece.windows(2) {
                prop_assert!((pair[1][0] - pair[0][0]).abs() <= 180.0, "{pair:?} jumps round the globe");
                let step = distance_m(at(pair[0][1], pair[0][0]), at(pair[1][1], pair[1][0]));
                prop_assert!(step < 100_001.0, "{pair:?} are {step} m apart");
                length += step;
            }
        }
        for pair in cut.windows(2) {
            let (out, back) = (pair[0].last().unwrap(), pair[1].first().unwrap());
            prop_assert!(out[1] == back[1] && ((out[0] + back[0]).abs() < 1e-9 || out[1].abs() == 90.0));
        }
        // Corners are written to a decimetre.
        prop_assert!((length - distance_m(from, to)).abs() < 150.0, "{length}");
    }

    #[test]
    fn turning_the_globe_changes_no_distance(from in any_place(), to in any_place(), by in -180.0..=180.0_f64) {
        let turned = |place: Coordinates| {
            at(place.latitude(), (place.longitude() + by + 180.0).rem_euclid(360.0) - 180.0)
        };
        let difference = distance_m(from, to) - distance_m(turned(from), turned(to));
        prop_assert!(difference.abs() < 1e-6, "{difference} m");
    }

    #[test]
    fn a_turn_of_one_end_alone_is_caught(from in any_place(), by in 0.1..=180.0_f64) {
        // Near a pole a turn goes nowhere.
        prop_assume!(from.latitude().abs() < 89.0);
        let moved = at(from.latitude(), (from.longitude() + by + 180.0).rem_euclid(360.0) - 180.0);
        prop_assert!((distance_m(from, from) - distance_m(from, moved)).abs() > 1.0);
    }

    #[test]
    fn no_place_brings_the_index_down(place in any_place()) {
        let found = shipped_areas().at(place);
        prop_assert_eq!(found, shipped_areas().at(place));
        if let Some((_, AreaPlacing::Near { distance_m })) = found {
            prop_assert!(distance_m <= 11_132);
        }
    }
}
