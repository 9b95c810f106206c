//! What drawings rest on: the projection, outlines, classes of rates, and what a count comes to.

use proptest::prelude::*;
use relief_ledger::atlas::{EqualEarth, country_outlines};
use relief_ledger::confirmations::rules::{Count, Token};
use relief_ledger::core::id::ItemId;
use relief_ledger::highlights::rules::{
    Measure, SHARES_FROM, class_in, class_of, compared, is_counted, per_million,
};
use uuid::Uuid;

proptest! {
    #[test]
    fn a_place_is_found_again_where_it_was_drawn(longitude in -179.9..179.9_f64, latitude in -89.0..89.0_f64, middle in -180.0..180.0_f64) {
        let projection = EqualEarth::around(middle);
        let [east, north] = projection.inverse(projection.forward(longitude, latitude));
        let turned = (east - longitude + 540.0).rem_euclid(360.0) - 180.0;
        prop_assert!(turned.abs() < 1e-6 && (north - latitude).abs() < 1e-6, "{east} {north}");
    }

    #[test]
    fn further_north_lies_higher_and_further_east_lies_to_the_right(
        longitude in -179.0..179.0_f64, latitude in -89.0..89.0_f64, step in 0.01..1.0_f64,
    ) {
        let projection = EqualEarth::around(0.0);
        let [x, y] = projection.forward(longitude, latitude);
        let [_, above] = projection.forward(longitude, latitude + step);
        let [beside, _] = projection.forward(longitude + step, latitude);
        prop_assert!(above > y && beside > x);
    }

    #[test]
    fn a_higher_rate_is_never_in_a_lower_class(one in 0..1_000_000_u64, more in 0..1_000_000_u64) {
        prop_assert!(class_of(one) <= class_of(one + more));
        prop_assert_eq!(class_of(one).is_none(), one == 0);
        prop_assert!(class_in(SHARES_FROM, one) <= class_in(SHARES_FROM, one + more));
        prop_assert!(class_in(SHARES_FROM, one).is_none_or(|class| (1..=5).contains(&class)));
    }

    #[test]
    fn a_count_says_what_was_shipped_and_what_came(expected in 1..10_000_i64, good in 0..20_000_i64, damaged in 0..20_000_i64) {
        let count = Count { item: ItemId(Uuid::now_v7()), expected, good, damaged };
        let line = count.line("wet");
        let of = |name: &str| line[name].as_i64().expect("a number");
        prop_assert_eq!(of("good") + of("damaged") + of("missing"), expected, "shipped is accounted for");
        prop_assert_eq!(of("good") + of("damaged") + of("surplus"), good + damaged, "and so is what came");
        prop_assert!(["good", "damaged", "missing", "surplus"].iter().all(|name| of(name) >= 0));
        prop_assert!(of("missing") == 0 || of("surplus") == 0);
    }

    #[test]
    fn a_token_is_read_back(bytes in any::<[u8; 32]>()) {
        let token = Token::new(bytes);
        let read = Token::parse(&token.text()).expect("it is one");
        prop_assert_eq!((read.id(), read.hash()), (token.id(), token.hash()));
    }
}

#[test]
fn the_world_is_as_wide_as_the_projection_says() {
    let [right, up] = EqualEarth::around(0.0).forward(180.0, 0.0);
    assert!((2.0 * right - EqualEarth::WIDTH).abs() < 1e-12 && up.abs() < 1e-12, "{right}");
    // The pole is a line of 0.59 of the equator's length and lies 1.3173627591574 up.
    let [pole, height] = EqualEarth::around(0.0).forward(180.0, 90.0);
    assert!((height - 1.317_362_759_157_4).abs() < 1e-9, "{height}");
    assert!((pole / right - 0.59).abs() < 0.01, "{pole}");
}

/// Twice the area inside a closed line, in square degrees; lakes go round the other way.
fn doubled(ring: &[[f64; 2]]) -> f64 {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(from, to)| from[0] * to[1] - to[0] * from[1]).sum()
}

#[test]
fn the_areas_of_a_country_are_put_together_to_its_outline() {
    let outlines = country_outlines();
    let find = |code: &str| {
        outlines
            .iter()
            .find(|one| one.country.is_some_and(|country| country.as_str() == code))
            .expect("it is there")
    };
    let square_degrees =
        |code: &str| find(code).rings.iter().map(|ring| doubled(ring)).sum::<f64>().abs() / 2.0;
    // The areas that ship have 64.3, 45.9 and 695.9 square degrees: of France those in Europe alone. Their corners move by a
    // quarter of a degree each way at most, to both sides of a border alike, so that little is lost or won at the edge of a
    // country, and nothing inside it.
    for (code, least, most) in [("FR", 62.0, 66.0), ("DE", 44.0, 48.0), ("AU", 692.0, 700.0)] {
        let found = square_degrees(code);
        assert!((least..most).contains(&found), "{code}: {found}");
    }
    assert!(outlines.iter().all(|one| one.country.is_none_or(|country| country.as_str() != "AQ")));
    let corners: usize = outlines.iter().flat_map(|one| &one.rings).map(Vec::len).sum();
    assert!(corners < 20_000, "inner borders are gone: {corners} corners");
    assert!(outlines.iter().flat_map(|one| &one.rings).all(|ring| ring.len() >= 3));
}

#[test]
fn a_reported_figure_is_compared_with_what_counts_the_same_or_with_nothing() {
    assert_eq!(compared("masks deployed", "masks"), Some(Measure::Deployed));
    assert_eq!(compared("countries benefiting", "countries"), Some(Measure::Countries));
    for (figure, unit) in [
        ("countries of the viewers", "countries"),
        ("webinar views", "views"),
        ("share of the audience", "percent"),
    ] {
        assert_eq!(compared(figure, unit), None, "{figure}");
    }
    assert!(is_counted("Surgical masks", "masks") && is_counted("N95 mask", "masks"));
    assert!(!is_counted("Gloves", "masks") && is_counted("Gloves", "units"));
    assert_eq!((per_million(3, 2_000), per_million(1, 0)), (Some(1_500), None));
}
