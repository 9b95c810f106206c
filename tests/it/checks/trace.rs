//! A lot is traced forward and backward, under every name it had.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, event, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

fn lot(scene: &Scene, number: &str) -> String {
    let lots = scene.officer.get(&format!("/api/v1/items/{}/lots?limit=500", scene.masks)).expect(200);
    let found = lots["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|lot| lot["number"] == number)
        .expect("the lot")
        .clone();
    found["id"].as_str().unwrap().to_owned()
}

/// The quantities of rows, by what a member says.
fn sums(rows: &Value, member: &str) -> Vec<(String, i64)> {
    let mut sums = std::collections::BTreeMap::new();
    for row in rows.as_array().expect("rows") {
        *sums.entry(row[member].as_str().unwrap_or("-").to_owned()).or_insert(0) +=
            row["quantity"].as_i64().expect("a quantity");
    }
    sums.into_iter().filter(|(_, sum)| *sum != 0).collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_lot_is_traced_to_whoever_has_it_and_back_to_whoever_gave_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (city, clinic) = (scene.organization("Banjul", "GM"), scene.organization("Clinic", "SN"));
        let (hub, banjul) = (scene.site("Accra", "warehouse", "GH"), scene.site("Banjul", "city", "GM"));
        let (pledge, _) = scene.accepted(&donor, 1_000);
        let line = |lot: &str, quantity: i64| json!({"item": scene.masks, "lot": lot, "quantity": quantity});
        let lines = json!([line("A-1", 600), line("Z-9", 400)]);
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": hub, "lines": lines})).expect(201);
        scene.does("relotted", "2020-07-11", json!({"site": hub, "lines": [line("A-1", 150)], "to_lot": "A-2"})).expect(201);
        scene.does("relotted", "2020-07-12", json!({"site": hub, "lines": [line("A-2", 50)], "to_lot": "A-3"})).expect(201);
        let (consignment, leg) = scene.planned(&city, &[&hub, &banjul]);
        let sent = json!({"consignment": consignment, "leg": leg, "lines": [line("A-1", 200)]});
        scene.does("departed", "2020-07-20", sent).expect(201);
        scene.receives(&consignment, &leg, "2020-07-22", json!({"lot": "A-1", "good": 190, "missing": 10, "reason": "torn"})).expect(201);
        scene.does("distributed", "2020-07-24", json!({"site": banjul, "lines": [line("A-1", 60)], "note": "a school"})).expect(201);
        scene.does("delivered", "2020-07-25", json!({"site": hub, "consignee": clinic, "lines": [line("A-3", 50)]})).expect(201);

        let traces = |lot: &str| scene.auditor.get(&format!("/api/v1/lots/{lot}/trace")).expect(200);
        let (first, last) = (lot(&scene, "A-1"), lot(&scene, "A-3"));
        let trace = traces(&first);
        let roles: Vec<(&str, &str)> = trace["lots"].as_array().unwrap().iter()
            .map(|lot| (lot["number"].as_str().unwrap(), lot["is"].as_str().unwrap()))
            .collect();
        assert_eq!(roles.iter().filter(|(_, is)| *is == "after").count(), 2, "{roles:?}");
        assert!(roles.contains(&("A-1", "traced")) && !roles.iter().any(|(number, _)| *number == "Z-9"), "{roles:?}");
        // All of it: 600 came, and each unit stands somewhere.
        assert_eq!(sums(&trace["now"], "account"),
            [("delivered".into(), 180), ("distributed".into(), 60), ("in_storage".into(), 350), ("missing".into(), 10)]);
        assert_eq!(sums(&trace["now"], "holder_name").iter().filter(|(name, _)| name == "Clinic").map(|(_, sum)| *sum).sum::<i64>(), 50);
        let reached: Vec<(String, i64)> = sums(&trace["reached"], "kind");
        assert_eq!(reached, [("delivered".into(), 50), ("received".into(), 190)], "a distribution moves what was delivered on");
        assert!(trace["reached"].as_array().unwrap().iter().any(|row| row["account"] == "distributed" && row["quantity"] == 60));
        assert_eq!(trace["relots"].as_array().unwrap().iter().map(|row| row["quantity"].as_i64().unwrap()).collect::<Vec<_>>(), [600, 150, 50]);
        assert_eq!((&trace["complete"], trace["given"].as_array().map(Vec::len)), (&json!(true), Some(1)));

        // Backward from the last name: the donor, and the collection under the first.
        let back = traces(&last);
        let names: Vec<&str> = back["lots"].as_array().unwrap().iter().filter(|lot| lot["is"] == "before").map(|lot| lot["number"].as_str().unwrap()).collect();
        assert_eq!(names.len(), 2, "{back:#}");
        assert!(back["given"].as_array().unwrap().iter().all(|gift| gift["donor_name"] == "Hainan" && gift["pledge"] == json!(pledge)));
        assert_eq!(sums(&back["received"], "kind").first(), Some(&("collected".to_owned(), 600)));
        assert_eq!(sums(&back["now"], "account"), [("delivered".to_owned(), 50)]);

        // Within reach only; what is not is not told of, and what has nothing within reach is missing.
        let path = format!("/api/v1/lots/{first}/trace");
        let gambia = scene.house.login_bound(Role::Manager, None, Some("GM")).get(&path).expect(200);
        assert_eq!(gambia["complete"], false);
        assert_eq!(sums(&gambia["now"], "account"), [("delivered".into(), 130), ("distributed".into(), 60), ("missing".into(), 10)]);
        scene.house.login_bound(Role::Manager, None, Some("NP")).get(&path).refused("not_found", &[]);
        scene.auditor.get(&format!("/api/v1/lots/{}/trace", id())).refused("not_found", &[]);
        scene.officer.get(&path).refused("forbidden", &[]);
    }

    fn whose_consignment_goods_are_in_is_told_to_whoever_reaches_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (city, keeper) = (scene.organization("Banjul", "GM"), scene.organization("Hub keepers", "SN"));
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let hub = json!({"name": "Dakar", "kind": "warehouse", "country": "SN", "operator": keeper});
        let hub = scene.admin.post("/api/v1/sites", &hub).expect(201)["id"].as_str().unwrap().to_owned();
        let (pledge, _) = scene.accepted(&donor, 300);
        let lines = json!([{"item": scene.masks, "lot": "A-1", "quantity": 300}]);
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": beijing, "lines": lines})).expect(201);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &hub, &banjul], 300, "2020-07-20");
        scene.receives(&consignment, &leg, "2020-07-22", json!({"lot": "A-1", "good": 300})).expect(201);
        let bound = |organization: &str| {
            let caller = scene.house.login_bound(Role::Manager, Some(organization.parse().unwrap()), None);
            caller.get(&format!("/api/v1/lots/{}/trace", lot(&scene, "A-1"))).expect(200)
        };
        let named = |row: &Value| ["consignment", "holder", "holder_name"].map(|name| !row[name].is_null());
        let ours = bound(&city);
        assert_eq!(sums(&ours["now"], "consignment"), [(consignment.clone(), 300)], "{ours:#}");
        assert!(ours["received"].as_array().unwrap().iter().all(|row| row["kind"] == "collected" || named(row)[0]), "{ours:#}");
        for outside in [bound(&keeper), bound(&donor)] {
            assert_eq!(sums(&outside["now"], "site_name"), [("Dakar".to_owned(), 300)], "{outside:#}");
            for row in ["now", "reached", "received"].iter().flat_map(|list| outside[list].as_array().unwrap()) {
                let is_free = row["kind"] == "collected";
                assert!(is_free || named(row) == [false; 3], "{row:#}");
            }
            assert!(!outside.to_string().contains(&consignment), "{outside:#}");
        }
    }

    fn a_lot_that_became_too_many_to_tell_is_not_told_of_in_part(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, hub) = (scene.organization("Hainan", "CN"), scene.site("Accra", "warehouse", "GH"));
        let (pledge, _) = scene.accepted(&donor, 1_000);
        let line = |quantity: i64| json!({"item": scene.masks, "lot": "A-1", "quantity": quantity});
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": hub, "lines": [line(1_000)]})).expect(201);
        let rename = |numbers: std::ops::Range<u32>| {
            let relotted = |number: u32| {
                let body = json!({"site": hub, "lines": [line(1)], "to_lot": format!("B-{number}")});
                event(&id(), "relotted", "2020-07-11", body)
            };
            let events: Vec<Value> = numbers.map(relotted).collect();
            let told = scene.officer.post("/api/v1/events/batch", &json!({"events": events})).expect(200);
            assert!(told["results"].as_array().unwrap().iter().all(|one| one["status"] == 201), "{told:#}");
        };
        rename(0..499);
        let path = format!("/api/v1/lots/{}/trace", lot(&scene, "A-1"));
        assert_eq!(scene.auditor.get(&path).expect(200)["lots"].as_array().map(Vec::len), Some(500));
        rename(499..500);
        let told = scene.auditor.get(&path).refused("invalid", &[]);
        assert!(told.contains("500") && told.contains("relotted"), "{told}");
    }
}
