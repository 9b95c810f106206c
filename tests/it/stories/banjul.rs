//! The Banjul gift: a federation in Shenzhen pledges masks, they wait in Beijing, fly to Banjul, are handed
//! over, and reach the markets.

use serde_json::json;

use super::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

on_both_databases! {
    migrate: migrate;

    fn the_banjul_gift_is_followed_from_pledge_to_market(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen Federation of Youth Entrepreneurship Promotion", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
        let airport = scene.site("Banjul airport", "airport", "GM");
        let banjul = scene.site("Banjul", "city", "GM");
        let (pledge, _) = scene.pledge(&donor, 10_000);
        scene.post(&scene.officer, "pledge_accepted", "2020-08-01", json!({"pledge": pledge})).refused("forbidden", &[]);
        let accepted = scene.post(&scene.manager, "pledge_accepted", "2020-08-01", json!({"pledge": pledge})).expect(201);
        assert_eq!(accepted["status"], "posted");
        assert!(accepted["receipt"]["signature"].is_string());
        assert_eq!(scene.accounts(&pledge), json!({"unallocated": 10_000}));

        let collected = json!({"pledge": pledge, "site": beijing,
            "lines": [{"item": scene.masks, "pack": "carton", "packs": 5, "lot": "SZ-0708", "expires_on": "2032-07-31"}]});
        scene.post(&scene.officer, "collected", "2020-08-06", collected).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 10_000}));
        assert_eq!(scene.stock(&beijing)[0]["lot"], "SZ-0708");
        assert_eq!(scene.stock(&beijing)[0]["free"], 10_000);

        let consignment = scene.consignment(&city, &[&beijing, &airport, &banjul]);
        let (id, legs) = (&consignment["id"], &consignment["leg_ids"]);
        let code = consignment["tracking_code"].as_str().expect("a code");
        let track = |state: &str| {
            let seen = scene.house.stranger().get(&format!("/api/v1/tracking/{code}")).expect(200);
            assert_eq!(seen["state"], state, "{seen:#}");
            seen
        };
        track("planned");
        let allocated = json!({"consignment": id, "site": beijing, "lines": [scene.line(10_000)]});
        scene.post(&scene.officer, "allocated", "2020-08-10", allocated).expect(201);
        assert_eq!(scene.stock(&beijing)[0]["allocated"], 10_000);
        scene.post(&scene.officer, "departed", "2020-08-20", json!({"consignment": id, "leg": legs[0]})).expect(201);
        track("in_transit");
        let received = json!({"consignment": id, "leg": legs[0], "final": true, "lines": [{"item": scene.masks, "good": 10_000}]});
        scene.post(&scene.receiver, "received", "2020-08-22", received).expect(201);
        track("at_hub");
        scene.post(&scene.officer, "departed", "2020-08-23", json!({"consignment": id, "leg": legs[1]})).expect(201);
        let received = json!({"consignment": id, "leg": legs[1], "final": true,
            "lines": [{"item": scene.masks, "good": 10_000}]});
        scene.post(&scene.receiver, "received", "2020-08-24", received).expect(201);
        let seen = track("delivered");
        assert_eq!((&seen["from_country"], &seen["to_country"]), (&json!("CN"), &json!("GM")));
        let kinds: Vec<&str> = seen["timeline"].as_array().expect("a timeline").iter()
            .filter_map(|event| event["kind"].as_str()).collect();
        assert_eq!(kinds, ["received", "departed", "received", "departed", "allocated"]);

        for (day, quantity) in [("2020-09-01", 4_000), ("2020-09-02", 3_500)] {
            let body = json!({"site": banjul, "consignment": id, "lines": [scene.line(quantity)], "note": "market stalls"});
            scene.post(&scene.officer, "distributed", day, body).expect(201);
        }
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 2_500, "distributed": 7_500}));
        let too_many = json!({"site": banjul, "consignment": id, "lines": [scene.line(2_501)]});
        let refusal = scene.post(&scene.officer, "distributed", "2020-09-03", too_many);
        assert_eq!((refusal.json()["available"].as_i64(), refusal.json()["asked"].as_i64()), (Some(2_500), Some(2_501)));
        refusal.refused("insufficient", &["/lines/0/quantity"]);
    }
}
