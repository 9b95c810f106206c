//! Files of the sector that add up: HXL and GeoJSON.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{held, sums, take};
use crate::reconciliation::rich::Rich;
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn a_table_with_hashtags_and_a_map_add_up_to_what_is_held(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        let text = take(&scene.manager, "hxl").text;
        let lines: Vec<&str> = text.lines().collect();
        let tags = lines.iter().position(|line| line.starts_with("#activity")).expect("a row of tags");
        assert!(lines[..tags - 1].iter().all(|line| line.starts_with("relief ")), "what it says of itself is above");
        let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a row")).collect();
        let (above, below) = records.split_at(tags + 1);
        let tagged = above.last().expect("tags");
        assert!(tagged.iter().all(|tag| tag.starts_with('#') && !tag.contains(' ')), "{tagged:?}");
        let mut figures: BTreeMap<String, i64> = BTreeMap::new();
        for row in below {
            for (tag, cell) in tagged.iter().zip(row) {
                if let Some(account) = tag.strip_prefix("#output+num+") {
                    *figures.entry(account.to_owned()).or_default() += cell.parse::<i64>().expect("a number");
                }
            }
        }
        assert_eq!(sums(figures.iter().map(|(account, sum)| (account.as_str(), *sum))), held(scene, ""));

        let map: Value = serde_json::from_str(&take(&scene.manager, "geojson").text).expect("JSON");
        assert_eq!(map["type"], "FeatureCollection");
        let mut figures: BTreeMap<String, i64> = BTreeMap::new();
        for feature in map["features"].as_array().expect("features") {
            assert_eq!(feature["type"], "Feature");
            assert!(feature.as_object().expect("an object").contains_key("geometry"), "{feature:#}");
            for goods in feature["properties"]["goods"].as_array().expect("goods") {
                for (account, held) in goods["accounts"].as_object().expect("accounts") {
                    *figures.entry(account.clone()).or_default() += held["all"].as_i64().expect("a figure");
                }
            }
        }
        assert_eq!(sums(figures.iter().map(|(account, sum)| (account.as_str(), *sum))), held(scene, ""));
        let place = scene.site_at("Bissau", "warehouse", "GW", (11.86, -15.6));
        scene.in_store(&rich.hainan, &place, 7);
        let map: Value = serde_json::from_str(&take(&scene.manager, "geojson?country=GW").text).expect("JSON");
        assert_eq!(map["features"][0]["geometry"]["coordinates"], serde_json::json!([-15.6, 11.86]));
        scene.verifies();
    }
}
