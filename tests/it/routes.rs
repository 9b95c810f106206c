//! Stories of ways: how long they are, when goods on them arrive, and what is late.

mod corridors;
mod forecasts;
mod known;
mod rules;
mod withheld;

use relief_ledger::atlas::{Coordinates, leg_length_m};
use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// Latitude and longitude of places of these stories.
const SUVA: (f64, f64) = (-18.1405, 178.4233);
const APIA: (f64, f64) = (-13.8333, -171.7667);
const PAGO_PAGO: (f64, f64) = (-14.2781, -170.7025);

/// A place that says where it lies.
pub fn place(scene: &Scene, name: &str, country: &str, (latitude, longitude): (f64, f64)) -> String {
    let body = json!({"name": name, "kind": "warehouse", "country": country,
        "coordinates": {"latitude": latitude, "longitude": longitude}});
    scene.admin.post("/api/v1/sites", &body).expect(201)["id"].as_str().expect("an id").to_owned()
}

/// A consignment of these legs (mode, from, to, planned departure and arrival); returns it and its legs.
pub fn way(
    scene: &Scene,
    consignee: &str,
    legs: &[(&str, &str, &str, Value, Value)],
) -> (String, Vec<String>) {
    let ids: Vec<String> = legs.iter().map(|_| id()).collect();
    let legs: Vec<Value> = legs
        .iter()
        .zip(&ids)
        .map(|((mode, from, to, departure, arrival), id)| {
            json!({"id": id, "mode": mode, "from": from, "to": to, "planned_departure": departure,
            "planned_arrival": arrival})
        })
        .collect();
    let body = json!({"programme": scene.programme, "consignee": consignee, "origin": legs[0]["from"],
        "destination": legs[legs.len() - 1]["to"], "legs": legs});
    let opened = scene.officer.post("/api/v1/consignments", &body).expect(201);
    (opened["id"].as_str().expect("an id").to_owned(), ids)
}

pub fn route(caller: &Caller, consignment: &str, asked: &str) -> Value {
    caller.get(&format!("/api/v1/consignments/{consignment}/route{asked}")).expect(200)
}

fn length(one: (f64, f64), other: (f64, f64)) -> u64 {
    let place = |(latitude, longitude)| Coordinates::new(latitude, longitude).expect("a place");
    leg_length_m(place(one), place(other))
}

on_both_databases! {
    migrate: migrate;

    fn a_way_is_as_long_as_its_legs_and_its_lines_are_cut_at_the_antimeridian(database: &TestDatabase) {
        let scene = Scene::new(database);
        let consignee = scene.organization("Samoa Red Cross", "WS");
        let suva = place(&scene, "Suva", "FJ", SUVA);
        let apia = place(&scene, "Apia", "WS", APIA);
        let pago = place(&scene, "Pago Pago", "AS", PAGO_PAGO);
        let village = scene.site("Village", "warehouse", "AS");
        let (consignment, legs) = way(&scene, &consignee, &[
            ("sea", &suva, &apia, json!("2020-08-01"), json!("2020-08-05")),
            ("air", &apia, &pago, Value::Null, Value::Null),
        ]);
        let shown = route(&scene.officer, &consignment, "");
        let (sea, air) = (length(SUVA, APIA), length(APIA, PAGO_PAGO));
        assert_eq!((shown["length_m"].as_u64(), shown["legs"][0]["length_m"].as_u64()), (Some(sea + air), Some(sea)));
        assert_eq!(shown["legs"][1]["cumulated_length_m"], sea + air);
        assert_eq!(shown["by_mode"], json!({"sea": {"legs": 1, "length_m": sea}, "air": {"legs": 1, "length_m": air}}));
        assert_eq!((&shown["legs"][0]["label"], &shown["legs"][1]["label"]), (&json!("straight line"), &json!("great circle")));
        assert_eq!(shown["legs"][0]["state"], "planned");
        let lines = &shown["lines"];
        assert_eq!(lines["type"], "FeatureCollection");
        assert_eq!(lines["features"][0]["geometry"]["type"], "MultiLineString", "{lines:#}");
        assert_eq!(lines["features"][0]["properties"]["leg"], legs[0]);
        assert_eq!(lines["features"][1]["geometry"]["type"], "LineString");
        for piece in lines["features"][0]["geometry"]["coordinates"].as_array().unwrap() {
            let longitudes: Vec<f64> = piece.as_array().unwrap().iter().map(|point| point[0].as_f64().unwrap()).collect();
            assert!(longitudes.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 10.0), "{longitudes:?}");
        }

        // Where nobody said where a place lies, nothing is made up, and the whole way has no length.
        let (further, _) = way(&scene, &consignee, &[
            ("air", &apia, &pago, Value::Null, Value::Null),
            ("road", &pago, &village, Value::Null, Value::Null),
        ]);
        let shown = route(&scene.officer, &further, "");
        assert_eq!((&shown["length_m"], &shown["legs"][1]["length_m"]), (&Value::Null, &Value::Null));
        assert_eq!(shown["legs"][1]["length_missing"], "No coordinates are known of Village.");
        assert_eq!(shown["by_mode"]["road"], json!({"legs": 1, "length_m": null}));
        assert_eq!(shown["lines"]["features"].as_array().map(Vec::len), Some(1));

        // Read as far as the consignment is.
        let elsewhere = scene.house.login_bound(Role::Manager, None, Some("SN"));
        let missing = elsewhere.get(&format!("/api/v1/consignments/{}/route", id()));
        assert_eq!(elsewhere.get(&format!("/api/v1/consignments/{consignment}/route")).text, missing.text);
        scene.officer.get(&format!("/api/v1/consignments/{consignment}/route?known_at=999999")).refused("invalid", &["/known_at"]);
    }

    fn a_way_tells_when_its_legs_left_and_arrived_as_it_was_known(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let consignee = scene.organization("City of Banjul", "GM");
        let (port, hub) = (place(&scene, "Dakar", "SN", (14.7, -17.4)), place(&scene, "Banjul", "GM", (13.45, -16.58)));
        scene.in_store(&donor, &port, 1_000);
        let (consignment, legs) = way(&scene, &consignee, &[("road", &port, &hub, Value::Null, Value::Null)]);
        let leaves = json!({"consignment": consignment, "leg": legs[0], "lines": [scene.line(100)]});
        let left = scene.does("departed", "2020-08-01T08:00:00Z", leaves).expect(201);
        let at_sea = route(&scene.officer, &consignment, "");
        assert_eq!(at_sea["legs"][0]["state"], "departed");
        assert_eq!(at_sea["legs"][0]["departed"], json!({"at": "2020-08-01T08:00:00Z", "precision": "minute"}));
        assert_eq!(at_sea["legs"][0]["arrival"], Value::Null, "nothing tells when it arrives");
        let there = json!({"consignment": consignment, "leg": legs[0], "precision": "day"});
        scene.does("arrived", "2020-08-03", there).expect(201);
        let shown = route(&scene.officer, &consignment, "");
        assert_eq!(shown["legs"][0]["state"], "arrived");
        assert_eq!(shown["legs"][0]["arrived"]["precision"], "day");
        scene.receives(&consignment, &legs[0], "2020-08-04", json!({"good": 100})).expect(201);
        assert_eq!(route(&scene.officer, &consignment, "")["legs"][0]["state"], "received");

        let known = format!("?known_at={}", at_sea["sequence"]);
        assert_eq!(route(&scene.officer, &consignment, &known)["legs"], at_sea["legs"]);
        let before = format!("?known_at={}", left["sequence"].as_i64().unwrap() - 1);
        assert_eq!(route(&scene.officer, &consignment, &before)["legs"][0]["state"], "planned");
        assert_eq!(route(&scene.officer, &consignment, "?as_of=2020-08-02")["legs"][0]["state"], "departed");
        scene.closes();
        scene.verifies();
    }

    fn a_donor_reads_the_way_of_its_goods_and_of_a_sensitive_programme_countries_alone(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let consignee = scene.organization("City of Banjul", "GM");
        let (port, hub) = (place(&scene, "Dakar", "SN", (14.7, -17.4)), place(&scene, "Banjul", "GM", (13.45, -16.58)));
        scene.in_store(&donor, &port, 1_000);
        let (consignment, legs) = way(&scene, &consignee, &[("road", &port, &hub, Value::Null, json!("2020-08-02"))]);
        let leaves = json!({"consignment": consignment, "leg": legs[0], "lines": [scene.line(100)]});
        scene.does("departed", "2020-08-01T08:00:00Z", leaves).expect(201);
        let own = scene.house.login_bound(Role::Donor, Some(OrganizationId(donor.parse().unwrap())), None);
        let other = scene.organization("Somebody else", "FR");
        let other = scene.house.login_bound(Role::Donor, Some(OrganizationId(other.parse().unwrap())), None);
        other.get(&format!("/api/v1/consignments/{consignment}/route")).refused("not_found", &[]);
        assert_eq!(other.get("/api/v1/arrivals").expect(200)["items"], json!([]));
        let open = route(&own, &consignment, "?as_of=2020-08-05");
        assert_eq!((&open["legs"][0]["from"]["name"], &open["legs"][0]["arrival"]["basis"]), (&json!("Dakar"), &json!("plan")));
        assert_eq!(own.get("/api/v1/arrivals").expect(200)["items"][0]["in_transit"], 100);

        let programme = scene.manager.get(&format!("/api/v1/programmes/{}", scene.programme)).expect(200);
        let edit = json!({"sensitive": true});
        let path = format!("/api/v1/programmes/{}", scene.programme);
        scene.manager.patch(&path, programme["revision"].as_i64().unwrap(), &edit).expect(200);
        let withheld = route(&own, &consignment, "");
        let leg = &withheld["legs"][0];
        assert_eq!((&leg["from"], &leg["to"]), (&json!({"country": "SN"}), &json!({"country": "GM"})));
        assert_eq!((&leg["length_m"], &withheld["length_m"], &withheld["lines"]["features"]), (&Value::Null, &Value::Null, &json!([])));
        for told in ["state", "departed", "arrival", "planned_arrival"] {
            assert_eq!(leg.get(told), None, "{leg:#}");
        }
        assert!(!withheld.to_string().contains("Dakar"), "{withheld:#}");
        assert_eq!(own.get("/api/v1/arrivals").expect(200)["items"], json!([]));
        // Who works on it still sees it.
        assert_eq!(route(&scene.officer, &consignment, "?as_of=2020-08-05")["legs"], open["legs"]);
    }
}
