//! Files of the sector that add up: HXL and GeoJSON.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{held, sums, take};
use crate::reconciliation::rich::Rich;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Rows of a table with hashtags, each by its tags.
fn tagged(text: &str) -> Vec<BTreeMap<String, String>> {
    let tags = text.lines().position(|line| line.starts_with("#activity")).expect("a row of tags");
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a row")).collect();
    let tagged = &records[tags];
    let row = |record: &csv::StringRecord| {
        tagged.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
    };
    records[tags + 1..].iter().map(row).collect()
}

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

    fn goods_of_a_sensitive_programme_are_handed_on_by_country_alone(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        let places = |text: &str| -> Vec<String> {
            let of = |row: BTreeMap<String, String>| ["#loc+name", "#adm1+code", "#geo+lat"].map(|tag| row[tag].clone());
            tagged(text).into_iter().flat_map(of).filter(|cell| !cell.is_empty()).collect()
        };
        let open = take(&scene.auditor, "hxl").text;
        assert!(!places(&open).is_empty(), "while it is no secret");
        let path = format!("/api/v1/programmes/{}", scene.programme);
        let revision = scene.manager.get(&path).expect(200)["revision"].as_i64().expect("a revision");
        scene.manager.patch(&path, revision, &serde_json::json!({"sensitive": true})).expect(200);
        let hidden = take(&scene.auditor, "hxl").text;
        assert_eq!(places(&hidden), Vec::<String>::new());
        let total = |text: &str, tag: &str| -> i64 {
            tagged(text).iter().map(|row| row[tag].parse::<i64>().expect("a number")).sum()
        };
        for account in ["in_storage", "in_transit", "delivered", "missing"] {
            let tag = format!("#output+num+{account}");
            assert_eq!(total(&hidden, &tag), total(&open, &tag), "{account}: figures stay");
        }
        let map: Value = serde_json::from_str(&take(&scene.auditor, "geojson").text).expect("JSON");
        for feature in map["features"].as_array().expect("features") {
            assert_eq!((&feature["geometry"], &feature["properties"]["site"]), (&Value::Null, &Value::Null), "{feature:#}");
            assert_eq!(feature["properties"]["places_withheld"], true, "{feature:#}");
        }
        // Asked site by site it is not told either.
        let site = scene.site("Tianjin", "warehouse", "CN");
        scene.in_store(&rich.hainan, &site, 7);
        assert_eq!(tagged(&take(&scene.auditor, &format!("hxl?site={site}")).text).len(), 0);
        scene.verifies();
    }
}
