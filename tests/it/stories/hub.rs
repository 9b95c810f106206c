//! A regional hub gets ten thousand masks and passes them on to the fifteen countries it serves.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

const OTHERS: [&str; 14] =
    ["BJ", "CV", "CI", "GM", "GH", "GN", "GW", "LR", "ML", "NE", "NG", "SN", "SL", "TG"];

on_both_databases! {
    migrate: migrate;

    fn the_waho_hub_passes_ten_thousand_masks_on_to_fifteen_countries(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Province of Hainan", "CN");
        let waho = scene.organization("West African Health Organization", "BF");
        let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
        let hub = scene.site("Bobo-Dioulasso hub", "warehouse", "BF");
        let pledge = scene.in_store(&donor, &beijing, 10_000);
        let (to_hub, leg) = scene.sent(&waho, &[&beijing, &hub], 10_000, "2020-08-01");
        scene.receives(&to_hub, &leg, "2020-08-05", json!({"good": 10_000})).expect(201);
        // A hub is no final consignee: the goods are in storage there, and nobody has them yet.
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 10_000}));
        assert_eq!(scene.stock(&hub)[0]["free"], 10_000);

        for (index, country) in OTHERS.iter().enumerate() {
            let ministry = scene.organization(&format!("Ministry of Health of {country}"), country);
            let capital = scene.site(&format!("Capital of {country}"), "city", country);
            let (consignment, leg) = scene.sent(&ministry, &[&hub, &capital], 660, "2020-08-10");
            let day = format!("2020-08-{}", 12 + index);
            scene.receives(&consignment, &leg, &day, json!({"good": 660})).expect(201);
        }
        let ministry = scene.organization("Ministry of Health of Burkina Faso", "BF");
        let fetched = |quantity: i64| json!({"site": hub, "consignee": ministry, "lines": [scene.line(quantity)]});
        scene.does("delivered", "2020-08-28", fetched(761)).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("delivered", "2020-08-28", fetched(760)).expect(201);

        assert_eq!(scene.accounts(&pledge), json!({"delivered": 10_000}));
        assert_eq!(scene.stock(&hub), json!([]));
        let totals = scene.auditor.get("/api/v1/totals?group_by=country").expect(200);
        let rows: Vec<&Value> = totals["rows"].as_array().expect("rows").iter().filter(|row| row["deployed"] != 0).collect();
        assert_eq!(rows.len(), 15, "{totals:#}");
        let deployed: i64 = rows.iter().filter_map(|row| row["deployed"].as_i64()).sum();
        assert_eq!(deployed, 10_000);
        scene.closes();
    }
}
