//! What an officer is alerted of besides what is missing: goods that are late or presumed lost, and what expires soon.

use relief_ledger::auth::now;
use relief_ledger::core::time::Timestamp;
use serde_json::{Value, json};

use super::sink::Sink;
use super::{comes, press, scene};
use crate::lots::lot_in_store;
use crate::routes::{place, way};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Microseconds of an hour.
const HOUR: i64 = 60 * 60 * 1_000_000;

on_both_databases! {
    migrate: migrate;

    fn an_officer_is_alerted_of_what_is_late_presumed_lost_or_about_to_expire(database: &TestDatabase) {
        let sink = Sink::start();
        let scene = scene(database, &sink);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("City of Banjul", "GM"));
        let dakar = place(&scene, "Dakar", "SN", (14.7, -17.4));
        let banjul = place(&scene, "Banjul", "GM", (13.45, -16.58));
        scene.in_store(&donor, &dakar, 1_000);
        let hours = |count: i64| Timestamp(now().0 + count * HOUR);
        let leaves = |left: &str, planned: &str| {
            let (consignment, legs) = way(&scene, &city, &[("road", &dakar, &banjul, Value::Null, json!(planned))]);
            let body = json!({"consignment": consignment, "leg": legs[0], "lines": [scene.line(10)]});
            scene.does("departed", left, body).expect(201);
            let shown = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
            shown["tracking_code"].as_str().expect("a code").to_owned()
        };
        let lost = leaves("2020-08-01T08:00:00Z", "2020-08-04T08:00:00Z");
        let late = leaves(&hours(-72).to_string(), &hours(-1).to_string());
        let due = leaves(&hours(-72).to_string(), &hours(24).to_string());
        let (soon, later) = (hours(30 * 24).day(), hours(400 * 24).day());
        lot_in_store(&scene, &dakar, "SOON", &soon, 40);
        lot_in_store(&scene, &dakar, "LATER", &later, 50);

        scene.officer.post("/api/v1/mailings", &json!({"about": "alerts", "address": "officer@example.org"})).expect(202);
        assert_eq!(press(&scene.house.stranger(), &comes(&sink, 1).page(), "confirm"), 200);
        let text = comes(&sink, 2).text();
        assert!(text.contains("Late, or presumed lost") && text.contains("Expiring within 90 days"), "{text}");
        for line in [
            format!("{lost}: presumed lost, should have arrived by 2020-08-"),
            format!("{late}: late, should have arrived by "),
            format!("40 x Surgical masks, lot SOON, expires {soon}"),
        ] {
            assert!(text.contains(&line), "{line}: {text}");
        }
        // The twins: what is still to come in time, and what keeps.
        assert!(!text.contains(&due) && !text.contains("LATER"), "{text}");
        crate::sessions::verifies(database);
    }
}
