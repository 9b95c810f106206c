//! The map and its table are one set of figures, told twice: whoever sees no drawing misses none of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use relief_ledger::db::connect;
use relief_ledger::highlights::{HighlightsQuery, Remembered};
use serde_json::json;

use super::{Gift, page};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// What can be shown, with what it is called in the table.
const MEASURES: [(&str, &str); 6] = [
    ("deployed", "Units deployed"),
    ("custody", "Units on the way, in store or missing"),
    ("people", "People reached"),
    ("deployed-rate", "Units deployed per 1,000 people"),
    ("people-rate", "People reached per 1,000 people"),
    ("need-met", "Share of needs met"),
];

/// What stands behind some words, up to others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let behind = text.split(before).nth(1).unwrap_or_else(|| panic!("no {before}: {text}"));
    behind.split(after).next().unwrap_or_default()
}

/// Countries of the drawing: where each leads, and what it tells.
fn drawn(text: &str) -> BTreeSet<(String, String)> {
    let land = text.split("<a href=\"").skip(1).filter(|rest| {
        rest.split('>').next().is_some_and(|tag| tag.contains(" data-told=\"") && tag.contains("aria-label"))
    });
    let one = |rest: &str| {
        let href = rest.split('"').next().unwrap_or_default().to_owned();
        (href, between(rest, "data-told=\"", "\"").to_owned())
    };
    land.map(one).collect()
}

/// The same of the rows of the table that lead somewhere, in the words of the drawing.
fn tabled(text: &str, label: &str) -> BTreeSet<(String, String)> {
    let rows = text.split("<tr><th scope=\"row\"><a href=\"").skip(1);
    let one = |rest: &str| {
        let row = rest.split("</tr>").next().unwrap_or_default();
        let href = row.split('"').next().unwrap_or_default().to_owned();
        let name = between(row, "\">", "</a>").to_owned();
        let value = between(row, &format!("data-label=\"{label}\">"), "</td>");
        (href, format!("{name}: {label}: {value}"))
    };
    rows.map(one).collect()
}

/// Asks for a map by a measure: what its drawing and its table tell.
fn both(caller: &Caller, (measure, label): (&str, &str)) -> [BTreeSet<(String, String)>; 2] {
    let text = page(caller, &format!("/map?measure={measure}"), 200);
    [drawn(&text), tabled(&text, label)]
}

/// A quarter as many masks go to an island that nobody could see on a map of the world.
fn to_an_island(gift: &Gift) {
    let scene = &gift.scene;
    let donor = scene.organization("Guangdong Province", "CN");
    let district = scene.organization("Yaren District", "NR");
    let yaren = scene.site_at("Yaren", "city", "NR", (-0.55, 166.92));
    scene.in_store(&donor, &gift.beijing, 250);
    let (consignment, leg) = scene.sent(&district, &[&gift.beijing, &yaren], 250, "2020-08-01");
    scene.receives(&consignment, &leg, "2020-08-10", json!({"good": 250})).expect(201);
}

on_both_databases! {
    migrate: migrate;

    fn the_table_tells_of_each_country_what_the_map_does_and_leads_where_it_leads(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        gift.received();
        to_an_island(&gift);
        gift.published(true);
        let stranger = gift.scene.house.stranger();
        for measure in MEASURES {
            let [drawn, tabled] = both(&stranger, measure);
            assert!(drawn.len() >= 2, "{measure:?}: {drawn:?}");
            assert_eq!(drawn, tabled, "{measure:?}");
        }
        // The twins: a figure that differs, and a country that is left out.
        let text = page(&stranger, "/map", 200);
        let other = text.replacen("<td class=\"number\" data-label=\"Units deployed\">1,000</td>", "<td class=\"number\" data-label=\"Units deployed\">1,001</td>", 1);
        assert_ne!(text, other, "the figure is there");
        assert_ne!(drawn(&other), tabled(&other, MEASURES[0].1));
        let mut less = drawn(&text);
        less.pop_first();
        assert_ne!(less, tabled(&text, MEASURES[0].1));

        // Circles: a quarter as many have a quarter of the area, which is half of the radius.
        for (country, radius) in [("Gambia: Units deployed: 1,000", "34.0"), ("Naoero: Units deployed: 250", "17.0")] {
            let circle = format!("r=\"{radius}\" data-told=\"{country}\"");
            assert!(text.contains("class=\"count\"") && text.contains(&circle), "{circle}: {text}");
        }
        // What is too small to be seen is a ringed dot, and the legend says so.
        assert!(text.contains("<circle class=\"dot known\""), "{text}");
        assert!(text.contains("A country too small to be drawn"), "{text}");
        let rates = page(&stranger, "/map?measure=deployed-rate", 200);
        for words in ["Above 0, below 1", "From 1, below", "or more", "No rate is known"] {
            assert!(rates.contains(words), "{words}: {rates}");
        }
        // Nothing and five classes, and what is not known.
        let key = between(&rates, "<ul class=\"key map\">", "</ul>");
        let classes = ["known", "map1", "map2", "map3", "map4", "map5", "unknown"];
        let stated = classes.iter().filter(|class| key.contains(&format!("<rect class=\"{class}\"")));
        assert_eq!(stated.count(), 7, "{key}");
    }

    fn of_many_corridors_the_largest_are_drawn_and_the_rest_is_one_sum(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen Federation", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site_at("Beijing warehouse", "warehouse", "CN", (39.9, 116.4));
        scene.in_store(&donor, &beijing, 32 * 33 / 2);
        for number in 1..=32_u8 {
            let place = (13.45, -16.5 + 0.02 * f64::from(number));
            let store = scene.site_at(&format!("Store {number}"), "warehouse", "GM", place);
            scene.sent(&city, &[&beijing, &store], i64::from(number), "2020-08-01");
        }
        let path = format!("/api/v1/programmes/{}", scene.programme);
        scene.manager.patch(&path, 1, &json!({"published": true})).expect(200);
        let text = page(&scene.house.stranger(), "/map", 200);
        assert_eq!(text.matches("<path class=\"corridor\" d=\"").count(), 30, "{text}");
        for (number, width) in [(32, "7.0"), (16, "3.5")] {
            let line = format!("stroke-width=\"{width}\" data-told=\"Beijing warehouse → Store {number}: {number}\"");
            assert!(text.contains(&line), "{line}: {text}");
        }
        assert!(!text.contains("→ Store 2: 2\""), "the smallest are not drawn");
        let rest = "All others together (2)</th><td class=\"number\" data-label=\"Quantity\">3</td>";
        assert!(text.contains(rest), "{text}");
    }

    fn figures_of_a_map_are_worked_out_once_until_something_is_recorded(database: &TestDatabase) {
        let gift = Gift::under_way(Scene::new(database));
        gift.published(true);
        let mut conn = connect(&gift.scene.url).expect("the database is there");
        let remembered = Remembered::default();
        let query = HighlightsQuery { programme: None, as_of: None, known_at: None };
        let gambia = "GM".parse().expect("a country");
        let world = remembered.pictured(&mut conn, &query).expect("figures");
        let within = remembered.country(&mut conn, &query, gambia).expect("figures");
        let figures = remembered.highlights(&mut conn, &query).expect("figures");
        assert!(Arc::ptr_eq(&world, &remembered.pictured(&mut conn, &query).expect("figures")), "the very same answer");
        assert!(Arc::ptr_eq(&within, &remembered.country(&mut conn, &query, gambia).expect("figures")));
        assert!(Arc::ptr_eq(&figures, &world.highlights), "the world's map works no figure out again");
        // The twins: whoever remembers nothing, another question, and something that was recorded.
        let nobody = Remembered::default();
        assert!(!Arc::ptr_eq(&world, &nobody.pictured(&mut conn, &query).expect("figures")));
        let past = HighlightsQuery { as_of: Some("2020-08-01".to_owned()), ..query.clone() };
        assert!(!Arc::ptr_eq(&world, &remembered.pictured(&mut conn, &past).expect("figures")));
        gift.received();
        let later = remembered.pictured(&mut conn, &query).expect("figures");
        assert!(!Arc::ptr_eq(&world, &later) && later.highlights.deployed == 1_000);
        assert!(!Arc::ptr_eq(&within, &remembered.country(&mut conn, &query, gambia).expect("figures")));
    }
}
