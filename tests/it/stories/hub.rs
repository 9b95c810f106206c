//! A regional hub gets ten thousand masks and passes them on to the fifteen countries it serves.

use relief_ledger::auth::Role;
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

    fn a_consignment_is_delivered_only_when_nothing_of_it_lies_in_the_warehouse_any_more(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (hainan, benin) = (scene.organization("Province of Hainan", "CN"), scene.organization("Ministry of Health", "BJ"));
        let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
        let cotonou = scene.site("Cotonou warehouse", "warehouse", "BJ");
        scene.in_store(&hainan, &beijing, 100);
        // Something of the same item is there already, and not of this consignment.
        scene.in_store(&hainan, &cotonou, 500);
        let opened = scene.consignment(&benin, &[&beijing, &cotonou]);
        let (id, leg) = (opened["id"].as_str().expect("an id"), opened["leg_ids"][0].as_str().expect("a leg"));
        let code = opened["tracking_code"].as_str().expect("a code");
        let departs = json!({"consignment": id, "leg": leg, "lines": [scene.line(70)]});
        scene.does("departed", "2020-08-01", departs).expect(201);
        scene.receives(id, leg, "2020-08-05", json!({"good": 70})).expect(201);
        let bound = scene.house.login_bound(Role::Officer, Some(benin.parse().expect("an id")), None);
        let donor = scene.house.login_bound(Role::Donor, Some(hainan.parse().expect("an id")), None);
        let stands = |state: &str, delivered: i64, stored: i64, sentence: &str| {
            let seen = scene.house.stranger().get(&format!("/api/v1/tracking/{code}")).expect(200);
            assert_eq!((&seen["state"], &seen["sentence"]), (&json!(state), &json!(sentence)), "{seen:#}");
            for caller in [&scene.officer, &scene.auditor, &bound, &donor] {
                let read = caller.get(&format!("/api/v1/consignments/{id}")).expect(200);
                let standing = &read["standing"];
                assert_eq!((&read["state"], &standing["delivered"], &standing["stored"]),
                    (&json!(state), &json!(delivered), &json!(stored)), "{read:#}");
            }
        };
        let part = "A part has been handed over; the rest is on the way or in a warehouse.";
        stands("in_storage", 0, 70, "Arrived in a warehouse.");
        let hands = |quantity: i64| json!({"site": cotonou, "consignment": id, "lines": [scene.line(quantity)]});
        scene.does("delivered", "2020-08-06", hands(1)).expect(201);
        stands("partly_delivered", 1, 69, part);
        let rest = scene.does("delivered", "2020-08-07", hands(69)).expect(201);
        stands("delivered", 70, 0, "Arrived and handed over.");
        scene.does("reversed", "2020-08-08", json!({"event": rest["id"], "reason": "typed in twice"})).expect(201);
        stands("partly_delivered", 1, 69, part);
        let right = json!({"site": cotonou, "consignment": id, "lines": [scene.line(30)]});
        let more = scene.does("delivered", "2020-08-09", right).expect(201);
        let right = json!({"site": cotonou, "consignment": id, "lines": [scene.line(69)]});
        let corrected = json!({"event": more["id"], "right": right, "reason": "all of it went"});
        scene.does("corrected", "2020-08-10", corrected).expect(201);
        stands("delivered", 70, 0, "Arrived and handed over.");
        scene.closes();
    }
}
