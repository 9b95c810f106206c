//! What a user may expect of the atlas: countries are found by any usual name and never guessed, codes and
//! coordinates are checked with clear words, distances are right to the millimetre, and the published facts
//! are what was published.

use std::collections::BTreeSet;

use proptest::prelude::*;
use relief_ledger::atlas::{
    AreaCode, AreaCodeKind, Coordinates, CountryCode, CountryGroup, CountryNameError, CountryTable,
    DatePrecision, GiftKind, GiftState, Language, UnLocode, check_aliases, check_embedded_countries,
    cities_project, countries, country_by_iso3, country_by_m49, distance_m, find_country, gifts_from_csv,
    match_name, regions, subregions,
};

use crate::support::real_file;

fn code(text: &str) -> CountryCode {
    text.parse().unwrap()
}

#[test]
fn the_table_has_all_250_countries_and_reads_without_a_fault() {
    check_embedded_countries().unwrap();
    assert_eq!(countries().len(), 250);
    let gambia = code("GM").country();
    assert_eq!((gambia.iso3(), gambia.m49()), ("GMB", Some(270)));
    assert_eq!(gambia.name(Language::Chinese), "冈比亚");
    assert_eq!(gambia.currency(), Some("GMD"));
    assert_eq!(country_by_iso3("GMB"), Some(gambia));
    assert_eq!(country_by_m49(270), Some(gambia));
    assert_eq!(country_by_iso3("gmb"), None);
    for country in countries() {
        assert_eq!(country_by_iso3(country.iso3()), Some(country));
        assert!(country.m49().is_some() || country.code() == code("XK"));
        assert_eq!(country.code().country(), country);
    }
}

#[test]
fn na_is_namibia_and_not_a_missing_value() {
    assert_eq!(code("NA").country().short_name(Language::English), "Namibia");
    assert_eq!(serde_json::from_str::<CountryCode>("\"NA\"").unwrap(), code("NA"));
    assert_eq!(find_country("NA"), Ok(code("NA")));
    for unknown in ["N/A", "na", "n.a.", "n/a", "-"] {
        assert!(find_country(unknown).is_err(), "{unknown} says that nobody knows");
    }
}

#[test]
fn a_country_code_is_refused_with_what_would_be_right() {
    let message = |text: &str| text.parse::<CountryCode>().unwrap_err().to_string();
    insta::assert_snapshot!(message("gm"), @"country code 'gm' must be two capital letters of ISO 3166-1; for Gambia write 'GM'");
    insta::assert_snapshot!(message("KEN"), @"country code 'KEN' must be two capital letters of ISO 3166-1; for Kenya write 'KE'");
    insta::assert_snapshot!(message("UK"), @"country code 'UK' belongs to no country of ISO 3166-1; for United Kingdom of Great Britain and Northern Ireland write 'GB'");
    insta::assert_snapshot!(message("ZZ"), @"country code 'ZZ' belongs to no country of ISO 3166-1");
    insta::assert_snapshot!(message(""), @"country code '' must be two capital letters of ISO 3166-1");
    assert!(message(&"x".repeat(1_000_000)).len() < 400, "a megabyte does not come back");
    let error = serde_json::from_str::<CountryCode>("\"Q\"").unwrap_err();
    assert!(error.to_string().starts_with("country code 'Q' must be"));
}

#[test]
fn every_country_is_found_by_its_formal_name_in_six_languages() {
    let congo = BTreeSet::from([code("CD"), code("CG")]);
    for country in countries() {
        for language in Language::ALL {
            let name = country.name(language);
            match match_name(name) {
                Ok(found) => assert_eq!(found, country.code(), "{name}"),
                Err(CountryNameError::Ambiguous { candidates, .. }) => {
                    assert!(congo.contains(&country.code()), "{name} is open between {candidates:?}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn every_country_is_found_by_its_short_name_unless_another_shares_it() {
    let shared = ["CG", "MF", "SX"].map(code);
    for country in countries() {
        for language in Language::ALL {
            let name = country.short_name(language);
            match match_name(name) {
                Ok(found) => assert_eq!(found, country.code(), "{name}"),
                Err(error) => assert!(shared.contains(&country.code()), "{}: {error}", language.code()),
            }
        }
    }
}

#[test]
fn usual_old_and_inverted_names_are_understood() {
    let expected = [
        ("Congo, DRC", "CD"),
        ("congo drc", "CD"),
        ("Congo, Dem. Rep.", "CD"),
        ("Congo, Democratic Republic of the", "CD"),
        ("Congo (Kinshasa)", "CD"),
        ("DRC", "CD"),
        ("D.R. Congo", "CD"),
        ("Congo-Brazzaville", "CG"),
        ("Congo, Rep.", "CG"),
        ("Swaziland", "SZ"),
        ("Eswatini (Swaziland)", "SZ"),
        ("Côte d'Ivoire", "CI"),
        ("Côte d’Ivoire", "CI"),
        ("Cote d'Ivoire", "CI"),
        ("COTE D IVOIRE", "CI"),
        ("Cote divoire", "CI"),
        ("Ivory Coast", "CI"),
        ("Burma", "MM"),
        ("Myanmar (Burma)", "MM"),
        ("Cape Verde", "CV"),
        ("Macedonia", "MK"),
        ("Republic of Macedonia", "MK"),
        ("Vietnam", "VN"),
        ("Viet-Nam", "VN"),
        ("Laos", "LA"),
        ("Lao PDR", "LA"),
        ("Lao Peoples Democratic Republic", "LA"),
        ("Tanzania", "TZ"),
        ("Tanzania, United Republic of", "TZ"),
        ("Palestine", "PS"),
        ("West Bank and Gaza", "PS"),
        ("Iran", "IR"),
        ("Iran, Islamic Rep.", "IR"),
        ("Kyrgyzstan", "KG"),
        ("Kyrgyz Republic", "KG"),
        ("Burkina Faso", "BF"),
        ("burkina-faso", "BF"),
        ("Guinea", "GN"),
        ("Guinea Bissau", "GW"),
        ("Guinea-Bissau", "GW"),
        ("Guinea, Equatorial", "GQ"),
        ("Papua New Guinea", "PG"),
        ("Czech Republic", "CZ"),
        ("Turkey", "TR"),
        ("Turkiye", "TR"),
        ("Korea, Republic of", "KR"),
        ("Korea, Rep.", "KR"),
        ("Korea, Democratic People's Republic of", "KP"),
        ("Korea, Dem. People's Rep.", "KP"),
        ("South Korea", "KR"),
        ("Korea (South)", "KR"),
        ("St. Kitts & Nevis", "KN"),
        ("St Lucia", "LC"),
        ("Ste-Lucie", "LC"),
        ("Saint Vincent and Grenadines", "VC"),
        ("Gambia, The", "GM"),
        ("The Gambia", "GM"),
        ("Republic of the Gambia", "GM"),
        ("Federal Democratic Republic of Ethiopia", "ET"),
        ("People's Republic of China", "CN"),
        ("Micronesia, Federated States of", "FM"),
        ("Bolivia", "BO"),
        ("Bolivia, Plurinational State of", "BO"),
        ("Venezuela, RB", "VE"),
        ("Egypt, Arab Rep.", "EG"),
        ("Yemen, Rep.", "YE"),
        ("U.S.A.", "US"),
        ("U. S. Virgin Islands", "VI"),
        ("Virgin Islands, British", "VG"),
        ("Netherlands, The", "NL"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
        ("Sudan", "SD"),
        ("South Sudan", "SS"),
        ("Dominica", "DM"),
        ("Dominican Republic", "DO"),
        ("Samoa", "WS"),
        ("Ireland", "IE"),
        ("Reunion", "RE"),
        ("La Réunion", "RE"),
        ("Curacao", "CW"),
        ("Sao Tome and Principe", "ST"),
        ("Kenya (KEN)", "KE"),
        ("Republic of Guinea", "GN"),
        ("Танзания", "TZ"),
        ("россия", "RU"),
        ("刚果(金)", "CD"),
        ("美国", "US"),
        ("ايران", "IR"),
        ("  Zambia\u{a0}", "ZM"),
        ("Ｇｈａｎａ", "GH"),
        ("Co\u{302}te d'Ivoire", "CI"),
    ];
    let wrong: Vec<_> = expected
        .iter()
        .map(|(name, wanted)| (name, wanted, match_name(name)))
        .filter(|(_, wanted, found)| *found != Ok(code(wanted)))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_name_that_fits_two_countries_is_never_guessed() {
    let message = |name: &str| match_name(name).unwrap_err().to_string();
    insta::assert_snapshot!(message("Congo"), @"country 'Congo' could be Democratic Republic of the Congo (CD) or Congo (CG): write the full name or the code");
    insta::assert_snapshot!(message("Korea"), @"country 'Korea' could be Democratic People's Republic of Korea (KP) or Republic of Korea (KR): write the full name or the code");
    for open in [
        "CONGO",
        "Конго",
        "刚果",
        "Corée",
        "Democratic Republic of Korea",
        "Virgin Islands",
        "Saint-Martin",
        "Republic of China",
        "Georgia (USA)",
    ] {
        assert!(match_name(open).is_err(), "{open}");
    }
    assert_eq!(match_name("Congo (CG)"), Ok(code("CG")));
    assert_eq!(find_country("CG"), Ok(code("CG")));
}

#[test]
fn an_unknown_name_is_answered_with_what_was_probably_meant() {
    let message = |name: &str| match_name(name).unwrap_err().to_string();
    insta::assert_snapshot!(message("Nigerria"), @"unknown country 'Nigerria'; did you mean Nigeria (NG)?");
    insta::assert_snapshot!(message("Nigera"), @"unknown country 'Nigera'; did you mean Niger (NE) or Nigeria (NG)?");
    insta::assert_snapshot!(message("Zambai"), @"unknown country 'Zambai'; did you mean Zambia (ZM)?");
    insta::assert_snapshot!(message("Swazliand"), @"unknown country 'Swazliand'; did you mean Eswatini (SZ)?");
    insta::assert_snapshot!(message("Atlantis"), @"unknown country 'Atlantis'");
    insta::assert_snapshot!(message("  "), @"the country is blank");
    assert!(message(&"Kenya ".repeat(100_000)).len() < 200);
    for nothing in ["of the", "()", "&", "🙂", "\u{301}", "la"] {
        assert!(match_name(nothing).is_err(), "{nothing}");
    }
}

#[test]
fn a_cell_may_hold_a_code_of_any_kind_or_a_name() {
    for cell in ["GM", "GMB", "270", "Gambia", " GM ", "冈比亚"] {
        assert_eq!(find_country(cell), Ok(code("GM")), "{cell}");
    }
    assert_eq!(find_country("004"), Ok(code("AF")));
    assert!(find_country("000").is_err());
}

#[test]
fn the_43_countries_of_the_scms_file_are_all_found() {
    let Some(path) = real_file("scms_delivery_history.csv") else { return };
    let bytes = std::fs::read(path).unwrap();
    let (text, _, _) = encoding_rs::UTF_8.decode(&bytes);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let column = reader.headers().unwrap().iter().position(|name| name == "Country").unwrap();
    let names: BTreeSet<String> =
        reader.records().map(|record| record.unwrap().get(column).unwrap().to_owned()).collect();
    assert_eq!(names.len(), 43);
    let matched: BTreeSet<CountryCode> =
        names.iter().map(|name| match_name(name).unwrap_or_else(|error| panic!("{error}"))).collect();
    let codes: Vec<String> = matched.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(codes.join(" "), @"AF AO BF BI BJ BW BZ CD CI CM DO ET GH GN GT GY HT KE KG KZ LB LR LS LY ML MW MZ NA NG PK RW SD SL SN SS SZ TG TZ UG VN ZA ZM ZW");
}

#[test]
fn a_damaged_table_is_refused_with_line_and_column() {
    let good = include_str!("../../data/countries.csv");
    assert_eq!(CountryTable::parse(good).unwrap().countries().len(), 250);
    let broken = |from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "the twin must differ");
        CountryTable::parse(&text).unwrap_err().to_string()
    };
    insta::assert_snapshot!(broken("\nAF,AFG", "\nAW,AFG"), @"data/countries.csv, line 3, column iso2: 'AW' stands in two rows");
    insta::assert_snapshot!(broken("\nNA,NAM", "\n,NAM"), @"data/countries.csv, line 161, column iso2: '' is not two capital letters");
    insta::assert_snapshot!(broken("12.5156546,", "112.5156546,"), @"data/countries.csv, line 2, column lat: latitude 112.5156546 is off the globe: it must be from -90 to 90 degrees; are latitude and longitude swapped?");
    insta::assert_snapshot!(broken("AW,ABW,533", "AW,ABW"), @"data/countries.csv, line 2, column *: cannot be read: CSV error: record 1 (line: 2, byte: 312): found record with 34 fields, but the previous record has 35 fields");
    insta::assert_snapshot!(broken(",lldc,", ",landlocked,"), @"data/countries.csv, line 1, column lldc: the header does not have this column");
}

#[test]
fn an_alias_cannot_take_a_name_from_another_country() {
    let good = include_str!("../../data/country_aliases.csv");
    assert_eq!(check_aliases(good), Ok(()));
    let with = |row: &str| check_aliases(&format!("{good}{row}\n")).unwrap_err().problem;
    insta::assert_snapshot!(with("Níger,NG"), @"'Níger' is a name of NE already");
    insta::assert_snapshot!(with("ivory coast,GH"), @"'ivory coast' is a name of CI already");
    insta::assert_snapshot!(with("Atlantis,QQ"), @"'QQ' is not in countries.csv");
    insta::assert_snapshot!(with("Atlantis,"), @"'' is not in countries.csv");
    assert_eq!(check_aliases(&format!("{good}Guinea,GN GQ\n")), Ok(()), "a name may be declared open");
}

#[test]
fn groups_have_the_members_the_lists_give_them() {
    let count = |group: CountryGroup| group.members().count();
    assert_eq!(count(CountryGroup::World), 250);
    assert_eq!(count(CountryGroup::LeastDeveloped), 44);
    assert_eq!(regions().len(), 5);
    let in_regions: usize = regions().iter().map(|region| count(CountryGroup::Region(region.m49))).sum();
    let in_subregions: usize =
        subregions().iter().map(|region| count(CountryGroup::Subregion(region.m49))).sum();
    assert_eq!((in_regions, in_subregions), (249, 249), "all but Antarctica are in one of each");
    let gambia = code("GM").country();
    assert_eq!(gambia.region().unwrap().name.as_ref(), "Africa");
    assert_eq!(gambia.subregion().unwrap().name.as_ref(), "Sub-Saharan Africa");
    assert!(gambia.is_least_developed() && !gambia.is_landlocked_developing());
    assert!(code("NP").country().is_landlocked_developing());
    assert!(code("HT").country().is_small_island_developing());
    assert_eq!(code("LU").country().is_developing(), Some(false));
    assert_eq!(code("AQ").country().is_developing(), None);
    assert!(CountryGroup::Developing.contains(code("MX").country()));
}

#[test]
fn coordinates_off_the_globe_are_refused_with_a_reason() {
    let message = |latitude, longitude| Coordinates::new(latitude, longitude).unwrap_err().to_string();
    insta::assert_snapshot!(message(91.5, 100.0), @"latitude 91.5 is off the globe: it must be from -90 to 90 degrees");
    insta::assert_snapshot!(message(116.4, 39.9), @"latitude 116.4 is off the globe: it must be from -90 to 90 degrees; are latitude and longitude swapped?");
    insta::assert_snapshot!(message(0.0, -180.001), @"longitude -180.001 is off the globe: it must be from -180 to 180 degrees");
    insta::assert_snapshot!(message(f64::NAN, 0.0), @"latitude NaN is off the globe: it must be from -90 to 90 degrees");
    assert!(Coordinates::new(0.0, f64::INFINITY).is_err());
    let banjul: Coordinates = serde_json::from_str(r#"{"latitude":13.4531,"longitude":-16.5775}"#).unwrap();
    assert_eq!(serde_json::to_string(&banjul).unwrap(), r#"{"latitude":13.4531,"longitude":-16.5775}"#);
    assert!(serde_json::from_str::<Coordinates>(r#"{"latitude":95,"longitude":0}"#).is_err());
    assert!(serde_json::from_str::<Coordinates>(r#"{"latitude":5,"longitude":0,"altitude":1}"#).is_err());
}

#[test]
fn distances_agree_with_the_reference_geodesics_to_a_millimetre() {
    let Some(path) = real_file("GeodTest-100.dat") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = 0;
    for line in text.lines() {
        let numbers: Vec<f64> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let from = Coordinates::new(numbers[0], numbers[1]).unwrap();
        let to = Coordinates::new(numbers[3], numbers[4]).unwrap();
        let off_m = (distance_m(from, to) - numbers[6]).abs();
        assert!(off_m < 0.001, "off by {off_m} m: {line}");
        lines += 1;
    }
    assert_eq!(lines, 100);
}

#[test]
fn distances_are_safe_at_the_poles_the_date_line_and_between_antipodes() {
    let at = |latitude, longitude| Coordinates::new(latitude, longitude).unwrap();
    let near = |left: f64, right: f64| (left - right).abs() < 0.001;
    assert!(near(distance_m(at(10.0, 180.0), at(10.0, -180.0)), 0.0), "the date line is one line");
    assert!(near(distance_m(at(90.0, 0.0), at(90.0, 123.0)), 0.0), "the pole is one place");
    assert!(near(distance_m(at(0.0, 179.5), at(0.0, -179.5)), 111_319.490_793), "one degree of the equator");
    assert!(near(distance_m(at(90.0, 0.0), at(-90.0, 0.0)), 20_003_931.458_6), "half a meridian");
    assert!(near(distance_m(at(0.0, 0.0), at(0.0, 180.0)), 20_003_931.458_6), "antipodes meet over a pole");
}

fn any_place() -> impl Strategy<Value = Coordinates> {
    (-90.0..=90.0, -180.0..=180.0)
        .prop_map(|(latitude, longitude)| Coordinates::new(latitude, longitude).unwrap())
}

proptest! {
    #[test]
    fn the_way_back_is_as_long_as_the_way_there(from in any_place(), to in any_place(), over in any_place()) {
        let there = distance_m(from, to);
        prop_assert!((there - distance_m(to, from)).abs() < 1e-6);
        prop_assert!((0.0..=20_003_931.46).contains(&there));
        prop_assert!(distance_m(from, from) < 1e-6);
        prop_assert!(there <= distance_m(from, over) + distance_m(over, to) + 1e-6, "a detour is never shorter");
    }

    #[test]
    fn case_accents_and_signs_never_change_which_country_is_found(
        place in 0usize..250, upper: bool, sign in prop::sample::select(vec!["-", "  ", ", ", "_"]),
    ) {
        let country = &countries()[place];
        for language in Language::ALL {
            let name = country.name(language);
            let cased = if upper { name.to_uppercase() } else { name.to_lowercase() };
            prop_assert_eq!(match_name(&cased).ok(), match_name(name).ok());
            if !name.contains(['(', '（']) {
                let signs = name.replace(' ', sign);
                prop_assert_eq!(match_name(&signs).ok(), match_name(name).ok());
            }
        }
    }

    #[test]
    fn no_text_brings_the_matcher_down(text in "\\PC{0,200}") {
        let _ = match_name(&text);
        let _ = find_country(&text);
        let _ = text.parse::<CountryCode>();
        let _ = text.parse::<UnLocode>();
        let _ = text.parse::<AreaCode>();
    }

    #[test]
    fn damaged_tables_never_bring_the_reader_down(cut in 0usize..80_000) {
        let good = include_str!("../../data/countries.csv");
        let cut = (0..=cut).rev().find(|&at| good.is_char_boundary(at)).unwrap();
        let _ = CountryTable::parse(&good[..cut]);
    }
}

#[test]
fn un_locodes_are_checked_for_their_form() {
    let banjul: UnLocode = "GMBJL".parse().unwrap();
    assert_eq!(banjul.country(), code("GM"));
    assert_eq!("GM BJL".parse::<UnLocode>().unwrap().to_string(), "GMBJL");
    assert_eq!(serde_json::to_string(&banjul).unwrap(), "\"GMBJL\"");
    let message = |text: &str| text.parse::<UnLocode>().unwrap_err().to_string();
    insta::assert_snapshot!(message("GMBJ1"), @"UN/LOCODE 'GMBJ1' must be five characters: a country's two capital letters, then three of A to Z and 2 to 9, such as GMBJL");
    insta::assert_snapshot!(message("QQBJL"), @"UN/LOCODE 'QQBJL' begins with 'QQ', which is no country of ISO 3166-1");
    for wrong in ["", "GM", "gmbjl", "GMBJLL", "GM  BJL", "ÄÖBJL", "GMÄJ"] {
        assert!(wrong.parse::<UnLocode>().is_err(), "{wrong}");
    }
}

#[test]
fn area_codes_are_checked_for_their_form_and_country() {
    let expected = [
        ("GM-B", "GM", AreaCodeKind::Iso3166Part2),
        ("FR-75C", "FR", AreaCodeKind::Iso3166Part2),
        ("HN10", "HN", AreaCodeKind::PCode),
        ("KM1", "KM", AreaCodeKind::PCode),
        ("BDI001", "BI", AreaCodeKind::PCode),
        ("BD10", "BD", AreaCodeKind::PCode),
        ("IQG01", "IQ", AreaCodeKind::PCode),
        ("PH010000000", "PH", AreaCodeKind::PCode),
    ];
    for (text, country, kind) in expected {
        let area: AreaCode = text.parse().unwrap();
        assert_eq!((area.country(), area.kind(), area.as_str()), (code(country), kind, text));
    }
    for wrong in ["", "10", "GM", "GM-", "GM-ABCD", "GMB-1", "gm-b", "QQ-1", "QQ10", "GM-B-C", "HN10 ", "ÄÖ1"]
    {
        assert!(wrong.parse::<AreaCode>().is_err(), "{wrong}");
    }
    assert!(format!("HN{}", "0".repeat(1000)).parse::<AreaCode>().is_err());
}

#[test]
fn the_published_facts_are_what_was_published() {
    let facts = cities_project().unwrap();
    assert_eq!(facts.highlights.len(), 22);
    assert_eq!(facts.focus_areas.len(), 7);
    assert_eq!(facts.gifts.len(), 15);
    assert_eq!(facts.named_masks(), 934_700);
    let masks = facts.highlights.iter().find(|figure| figure.unit.as_ref() == "masks").unwrap();
    assert_eq!((masks.value, masks.qualifier.as_deref()), (1_094_000, Some("over")));
    let cumulative: Vec<Option<u64>> = facts
        .gifts
        .iter()
        .filter(|gift| gift.kind == GiftKind::Cumulative)
        .map(|gift| gift.quantity)
        .collect();
    assert_eq!(cumulative, [Some(120_000), Some(240_000)]);
    let waho = facts.gifts.iter().find(|gift| gift.state == GiftState::AtWarehouse).unwrap();
    assert_eq!((waho.country, waho.quantity), (None, Some(10_000)), "a gift to a region has no country");
    for gift in &facts.gifts {
        let characters = match gift.date_precision {
            DatePrecision::Day => 10,
            DatePrecision::Month => 7,
        };
        assert_eq!(gift.date.len(), characters, "{}", gift.date);
        assert!(
            gift.is_mask || gift.quantity.is_none(),
            "shares of respirators and suits were not published"
        );
    }
}

#[test]
fn a_cumulative_total_taken_for_a_gift_would_be_noticed() {
    let good = include_str!("../../data/cities_project_2020_gifts.csv");
    let sum = |text: &str| {
        let gifts = gifts_from_csv(text).unwrap();
        let counted = gifts.iter().filter(|gift| gift.kind == GiftKind::Gift && gift.is_mask);
        counted.filter_map(|gift| gift.quantity).sum::<u64>()
    };
    assert_eq!(sum(good), 934_700);
    assert_ne!(sum(&good.replacen("cumulative", "gift", 1)), 934_700);
    let error = gifts_from_csv(&good.replacen("at_warehouse", "somewhere", 1)).unwrap_err();
    insta::assert_snapshot!(error, @"data/cities_project_2020_gifts.csv, line 13, column state: 'somewhere' is none of pledged, at_warehouse, dispatched, delivered, unknown");
}
