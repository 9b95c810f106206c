//! Stories of corridors: what went along them, how long it took, and what it weighed over how far.

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use relief_ledger::core::time::Timestamp;
use relief_ledger::forecast::rules::{MINUTE, Spread, quantile};
use serde_json::{Value, json};

use super::{place, way};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

fn corridors(caller: &Caller, asked: &str) -> Vec<Value> {
    caller.get(&format!("/api/v1/corridors{asked}")).expect(200)["items"].as_array().expect("items").clone()
}

/// One leg by air from its start to its end with masks on it; returns consignment and leg.
fn flies(
    scene: &Scene,
    consignee: &str,
    (from, to): (&str, &str),
    at: &str,
    quantity: i64,
) -> (String, String) {
    let (consignment, legs) = way(scene, consignee, &[("air", from, to, Value::Null, json!("2020-08-03"))]);
    let body = json!({"consignment": consignment, "leg": legs[0], "lines": [scene.line(quantity)]});
    scene.does("departed", at, body).expect(201);
    (consignment, legs[0].clone())
}

on_both_databases! {
    migrate: migrate;

    fn a_corridor_adds_up_what_went_along_it_as_it_was_known(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let consignee = scene.organization("City of Banjul", "GM");
        let (from, to) = (place(&scene, "Accra", "GH", (5.6, -0.19)), place(&scene, "Banjul", "GM", (13.45, -16.58)));
        let aside = scene.site("Kumasi", "warehouse", "GH");
        scene.in_store(&donor, &from, 10_000);
        assert_eq!(corridors(&scene.auditor, ""), [] as [Value; 0]);
        let days = [("2020-08-01T08:00:00Z", "2020-08-02T08:00:00Z"), ("2020-08-01T08:00:00Z", "2020-08-03T08:00:00Z"),
            ("2020-08-01T08:00:00Z", "2020-08-05T08:00:00Z")];
        let mut last = Value::Null;
        for (left, came) in days {
            let (consignment, leg) = flies(&scene, &consignee, (&from, &to), left, 100);
            last = scene.receives(&consignment, &leg, came, json!({"good": 100})).expect(201);
        }
        flies(&scene, &consignee, (&from, &to), "2020-08-06T08:00:00Z", 50);
        way(&scene, &consignee, &[("road", &from, &aside, Value::Null, Value::Null)]);
        let shown = corridors(&scene.auditor, "");
        let [row] = shown.as_slice() else { panic!("what is only planned is no corridor: {shown:#?}") };
        assert_eq!((&row["from"]["name"], &row["to"]["country"], &row["mode"]), (&json!("Accra"), &json!("GM"), &json!("air")));
        assert_eq!((&row["shipments"], &row["item"], &row["quantity"]), (&json!(4), &json!(scene.masks), &json!(350)));
        assert_eq!((&row["trips"], &row["duration"]), (&json!(3), &json!({"p10_minutes": 1_440, "p50_minutes": 2_880, "p90_minutes": 5_760})));
        assert_eq!((&row["arrivals_planned"], &row["arrivals_late"], &row["late_permille"]), (&json!(3), &json!(1), &json!(333)));
        // Cartons of masks do not say what they weigh.
        assert_eq!((&row["weight_g"], &row["shipments_unweighed"], &row["kilogram_km"]), (&json!(0), &json!(4), &json!(0)));
        assert_eq!(row["label"], "great circle");

        let known = scene.log_size();
        let early = corridors(&scene.auditor, "?as_of=2020-08-02T12:00:00Z");
        assert_eq!((&early[0]["shipments"], &early[0]["trips"]), (&json!(3), &json!(1)));
        let reversal = json!({"event": last["id"], "reason": "another flight's"});
        scene.post(&scene.receiver, "reversed", "2020-08-06", reversal).expect(201);
        assert_eq!(corridors(&scene.auditor, "")[0]["trips"], 2);
        assert_eq!(corridors(&scene.auditor, &format!("?known_at={known}")), shown);
        scene.closes();
        scene.verifies();
    }

    fn durations_are_those_of_the_rules_worked_out_by_hand(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let consignee = scene.organization("City of Banjul", "GM");
        let from = scene.site("Accra", "warehouse", "GH");
        scene.in_store(&donor, &from, 10_000);
        let mut seed = 48_u64;
        for trips in [1, 2, 9, 11] {
            let to = scene.site(&format!("Store {trips}"), "warehouse", "GM");
            let mut minutes = Vec::new();
            for _ in 0..trips {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let took = i64::try_from(seed >> 40).unwrap() % 20_000;
                let left = Timestamp::parse("2020-08-01T08:00:00Z").unwrap();
                let (consignment, leg) = flies(&scene, &consignee, (&from, &to), &left.to_string(), 10);
                let came = Timestamp(left.0 + took * MINUTE).to_string();
                scene.receives(&consignment, &leg, &came, json!({"good": 10})).expect(201);
                minutes.push(took);
            }
            let row = &corridors(&scene.auditor, &format!("?to={to}"))[0];
            let spread = Spread::of(&minutes).unwrap();
            assert_eq!((&row["trips"], &row["duration"]), (&json!(trips), &json!({"p10_minutes": spread.p10,
                "p50_minutes": spread.p50, "p90_minutes": spread.p90})), "{minutes:?}");
        }
        // Whoever took the next value instead would be caught.
        assert_ne!(quantile(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 9), Some(10));
    }

    fn what_is_sent_elsewhere_under_way_goes_along_its_new_corridor(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let consignee = scene.organization("City of Banjul", "GM");
        let (from, to) = (place(&scene, "Accra", "GH", (5.6, -0.19)), place(&scene, "Banjul", "GM", (13.45, -16.58)));
        let other = place(&scene, "Dakar", "SN", (14.7, -17.4));
        scene.in_store(&donor, &from, 10_000);
        let (consignment, leg) = flies(&scene, &consignee, (&from, &to), "2020-08-01T08:00:00Z", 100);
        let legs = json!([{"id": id(), "mode": "air", "from": from, "to": other}, {"id": id(), "mode": "road", "from": other, "to": to}]);
        let diverted = json!({"consignment": consignment, "leg": leg, "legs": legs, "reason": "fog"});
        let diverted = scene.does("diverted", "2020-08-01T12:00:00Z", diverted).expect(201);
        let shown = corridors(&scene.auditor, "");
        let ends: Vec<&Value> = shown.iter().map(|row| &row["to"]["name"]).collect();
        assert_eq!(ends, ["Dakar"]);
        assert_eq!((&shown[0]["shipments"], &shown[0]["quantity"]), (&json!(1), &json!(100)));
        let before = format!("?known_at={}", diverted["sequence"].as_i64().unwrap() - 1);
        assert_eq!(corridors(&scene.auditor, &before)[0]["to"]["name"], "Banjul");
        // A corrected departure counts as it should have been.
        let (consignment, leg) = flies(&scene, &consignee, (&from, &to), "2020-08-02T08:00:00Z", 100);
        let history = scene.officer.get(&format!("/api/v1/consignments/{consignment}/events")).expect(200);
        let right = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(70)]});
        let corrected = json!({"event": history["items"][0]["id"], "right": right, "reason": "miscounted at the gate"});
        scene.does("corrected", "2020-08-03", corrected).expect(201);
        let banjul = corridors(&scene.auditor, &format!("?to={to}"));
        assert_eq!((&banjul[0]["shipments"], &banjul[0]["quantity"]), (&json!(1), &json!(70)));
    }

    fn weights_are_those_declared_or_of_packs_and_never_guessed(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let consignee = scene.organization("City of Banjul", "GM");
        let (from, to) = (place(&scene, "Accra", "GH", (5.6, -0.19)), place(&scene, "Banjul", "GM", (13.45, -16.58)));
        let gloves = json!({"code": "GLOVE", "name": "Gloves", "base_unit": "pair", "category": "protective equipment",
            "storage_class": "ambient", "packs": [
                {"name": "box", "numerator": 100, "denominator": 1, "gross_weight_g": 900},
                {"name": "carton", "numerator": 1000, "denominator": 1, "gross_weight_g": 10_000}]});
        let gloves = scene.admin.post("/api/v1/items", &gloves).expect(201)["id"].as_str().unwrap().to_owned();
        scene.in_store(&donor, &from, 10_000);
        let offer = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01",
            "lines": [{"item": gloves, "quantity": 5_000}]});
        let pledge = scene.officer.post("/api/v1/pledges", &offer).expect(201)["id"].clone();
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let lines = json!([{"item": gloves, "quantity": 5_000}]);
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": from, "lines": lines})).expect(201);
        let sends = |declared: Value, lines: Value| {
            let body = json!({"programme": scene.programme, "consignee": consignee, "origin": from, "destination": to,
                "gross_weight_g": declared, "legs": [{"mode": "air", "from": from, "to": to}]});
            let opened = scene.officer.post("/api/v1/consignments", &body).expect(201);
            scene.does("departed", "2020-08-01T08:00:00Z", json!({"consignment": opened["id"], "lines": lines})).expect(201);
        };
        sends(Value::Null, json!([{"item": gloves, "quantity": 1_500}]));
        let row = &corridors(&scene.auditor, "")[0];
        assert_eq!((&row["weight_g"], &row["shipments_unweighed"]), (&json!(15_000), &json!(0)));
        let length_m = row["length_m"].as_i64().unwrap();
        assert_eq!(row["kilogram_km"], 15 * length_m / 1_000);
        sends(json!(40_000), json!([scene.line(200)]));
        sends(Value::Null, json!([scene.line(200), {"item": gloves, "quantity": 1_000}]));
        let row = &corridors(&scene.auditor, "")[0];
        assert_eq!((&row["weight_g"], &row["shipments"], &row["shipments_unweighed"]), (&json!(65_000), &json!(3), &json!(1)));
        assert_eq!((&row["items"], &row["item"], &row["quantity"]), (&json!(2), &Value::Null, &Value::Null));
        assert_eq!((&row["weight_packs_g"], &row["weight_declared_g"], &row["weight_loads_g"]), (&json!(25_000), &json!(40_000), &json!(0)));
        // Of one item the declared weight of all tells nothing.
        let row = &corridors(&scene.auditor, &format!("?item={}", scene.masks))[0];
        assert_eq!((&row["quantity"], &row["weight_g"], &row["shipments"], &row["shipments_unweighed"]), (&json!(400), &json!(0), &json!(2), &json!(2)));
        assert_eq!(row["quantity_unweighed"], 400);

        // What a load states weighs goods of no known weight, as long as it carries nothing else.
        let loads = |weight: Value| {
            let body = json!({"id": id(), "mode": "air", "from": from, "to": to, "gross_weight_g": weight});
            scene.officer.post("/api/v1/loads", &body).expect(201)["id"].clone()
        };
        let goes = |load: &Value, quantity: i64| {
            let body = json!({"programme": scene.programme, "consignee": consignee, "origin": from, "destination": to,
                "legs": [{"mode": "air", "from": from, "to": to}]});
            let opened = scene.officer.post("/api/v1/consignments", &body).expect(201);
            let leaves = json!({"consignment": opened["id"], "load": load, "lines": [scene.line(quantity)]});
            scene.does("departed", "2020-08-02T08:00:00Z", leaves).expect(201);
        };
        let weighed = || {
            let row = corridors(&scene.auditor, "")[0].clone();
            ["weight_g", "weight_loads_g", "shipments", "shipments_unweighed"].map(|member| row[member].as_i64().expect("a figure"))
        };
        let full = loads(json!(7_000));
        goes(&full, 100);
        assert_eq!(weighed(), [72_000, 7_000, 4, 1]);
        let row = &corridors(&scene.auditor, &format!("?item={}", scene.masks))[0];
        assert_eq!((&row["weight_loads_g"], &row["quantity_unweighed"]), (&json!(0), &json!(500)), "of one item it tells nothing");
        goes(&loads(Value::Null), 100);
        assert_eq!(weighed(), [72_000, 7_000, 5, 2]);
        goes(&full, 100);
        assert_eq!(weighed(), [65_000, 0, 6, 4], "whose the kilograms are is not known");
    }

    fn corridors_are_read_page_by_page_as_far_as_the_caller_reaches(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (one, two) = (scene.organization("Hainan", "CN"), scene.organization("Guangdong", "CN"));
        let consignee = scene.organization("City of Banjul", "GM");
        let from = place(&scene, "Accra", "GH", (5.6, -0.19));
        scene.in_store(&one, &from, 100);
        let ends: Vec<String> = (0..5).map(|number| scene.site(&format!("Store {number}"), "warehouse", "GM")).collect();
        for to in &ends {
            flies(&scene, &consignee, (&from, to), "2020-08-01T08:00:00Z", 20);
        }
        scene.in_store(&two, &from, 100);
        flies(&scene, &consignee, (&from, &ends[0]), "2020-08-01T08:00:00Z", 30);
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = scene.auditor.get(&format!("/api/v1/corridors?limit=2{after}")).expect(200);
            found.extend(page["items"].as_array().unwrap().iter().map(|row| row["to"]["site"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let mut sorted = ends.clone();
        sorted.sort();
        assert_eq!(found, sorted);
        let donor = |id: &str| scene.house.login_bound(Role::Donor, Some(OrganizationId(id.parse().unwrap())), None);
        assert_eq!(corridors(&donor(&one), "").len(), 5);
        let own = corridors(&donor(&two), "");
        assert_eq!((own.len(), &own[0]["shipments"], &own[0]["quantity"]), (1, &json!(1), &json!(30)));
        let both = corridors(&scene.auditor, &format!("?to={}", ends[0]));
        assert_eq!((&both[0]["shipments"], &both[0]["quantity"]), (&json!(2), &json!(50)));
        assert_eq!(corridors(&scene.auditor, &format!("?donor={two}")), own);
        assert_eq!(corridors(&scene.auditor, "?mode=sea"), [] as [Value; 0]);
        assert_eq!(corridors(&scene.auditor, &format!("?programme={}", id())), [] as [Value; 0]);
        assert_eq!(corridors(&scene.house.login_bound(Role::Auditor, None, Some("NP")), ""), [] as [Value; 0]);
        scene.auditor.get("/api/v1/corridors?mode=balloon").refused("invalid", &["/mode"]);
        let programme = scene.manager.get(&format!("/api/v1/programmes/{}", scene.programme)).expect(200);
        let path = format!("/api/v1/programmes/{}", scene.programme);
        scene.manager.patch(&path, programme["revision"].as_i64().unwrap(), &json!({"sensitive": true})).expect(200);
        assert_eq!(corridors(&donor(&two), ""), [] as [Value; 0], "its ways are not shown to donors");
    }
}
