//! Ways, what is under way and corridors as they were known: whatever was planned, diverted or put right since changes no answer
//! about before.

use serde_json::{Value, json};

use crate::routes::{place, route, way};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;
use crate::verify::verify;

/// What a way says of each leg that nothing after it may change.
fn told(shown: &Value) -> Vec<Value> {
    let told = |leg: &Value| {
        json!([
            leg["id"],
            leg["from"]["coordinates"],
            leg["to"]["coordinates"],
            leg["length_m"],
            leg["planned_arrival"],
            leg["planned_departure"],
            leg["state"]
        ])
    };
    shown["legs"].as_array().expect("legs").iter().map(told).collect()
}

fn ids(shown: &Value) -> Vec<&str> {
    shown["legs"].as_array().expect("legs").iter().filter_map(|leg| leg["id"].as_str()).collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_way_stays_as_it_was_known_whatever_is_diverted_or_put_right_since(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let consignee = scene.organization("City of Banjul", "GM");
        let dakar = place(&scene, "Dakar", "SN", (14.7, -17.4));
        let kaolack = place(&scene, "Kaolack", "SN", (14.15, -16.07));
        let ziguinchor = place(&scene, "Ziguinchor", "SN", (12.58, -16.27));
        let banjul = place(&scene, "Banjul", "GM", (13.45, -16.58));
        scene.in_store(&donor, &dakar, 1_000);
        let (consignment, legs) = way(&scene, &consignee, &[
            ("road", &dakar, &kaolack, Value::Null, json!("2099-08-02")),
            ("road", &kaolack, &banjul, json!("2099-08-03"), json!("2099-08-04")),
        ]);
        let leaves = json!({"consignment": consignment, "leg": legs[0], "lines": [scene.line(100)]});
        scene.does("departed", "2020-08-01T08:00:00Z", leaves).expect(201);
        let first = route(&scene.officer, &consignment, "");
        assert_eq!(ids(&first), legs.iter().map(String::as_str).collect::<Vec<_>>());
        let under_way = scene.officer.get("/api/v1/arrivals").expect(200);
        let corridors = scene.auditor.get("/api/v1/corridors").expect(200);

        // It goes another way, that is taken back, and again another way.
        let (one, two) = (id(), id());
        let instead = json!({"consignment": consignment, "leg": legs[0], "reason": "the bridge is down", "legs": [
            {"id": one, "mode": "road", "from": dakar, "to": ziguinchor, "planned_arrival": "2099-08-05"},
            {"id": two, "mode": "road", "from": ziguinchor, "to": banjul, "planned_arrival": "2099-08-07"}]});
        let diverted = scene.does("diverted", "2020-08-01T12:00:00Z", instead).expect(201);
        let second = route(&scene.officer, &consignment, "");
        assert_eq!(ids(&second), [one.as_str(), two.as_str()]);
        let undo = json!({"event": diverted["id"], "reason": "it is up again"});
        scene.does("reversed", "2020-08-01T13:00:00Z", undo).expect(201);
        let third = route(&scene.officer, &consignment, "");
        assert_eq!(ids(&third), ids(&first));
        let (three, four) = (id(), id());
        let again = json!({"consignment": consignment, "leg": legs[0], "reason": "it is down", "legs": [
            {"id": three, "mode": "sea", "from": dakar, "to": ziguinchor},
            {"id": four, "mode": "road", "from": ziguinchor, "to": banjul}]});
        scene.does("diverted", "2020-08-01T14:00:00Z", again).expect(201);
        assert_eq!(ids(&route(&scene.officer, &consignment, "")), [three.as_str(), four.as_str()]);
        // And where two of the places lie is put right.
        for (site, latitude) in [(&dakar, 14.72), (&ziguinchor, 12.59)] {
            let moved = json!({"coordinates": {"latitude": latitude, "longitude": -16.9}});
            scene.admin.patch(&format!("/api/v1/sites/{site}"), 1, &moved).expect(200);
        }

        for (answer, what) in [(&first, "before"), (&second, "diverted"), (&third, "taken back")] {
            let known = route(&scene.officer, &consignment, &format!("?known_at={}", answer["sequence"]));
            assert_eq!(told(&known), told(answer), "{what}: {known:#}");
            assert_eq!((&known["length_m"], &known["lines"]), (&answer["length_m"], &answer["lines"]), "{what}");
        }
        let known = scene.officer.get(&format!("/api/v1/arrivals?known_at={}", under_way["sequence"])).expect(200);
        let (then, now) = (&known["items"][0], &under_way["items"][0]);
        for member in ["leg", "from", "to", "mode", "planned_arrival", "in_transit", "departed"] {
            assert_eq!(then[member], now[member], "{member}: {known:#}");
        }
        let known = scene.auditor.get(&format!("/api/v1/corridors?known_at={}", corridors["sequence"])).expect(200);
        assert_eq!(known["items"], corridors["items"]);
        assert_ne!(scene.auditor.get("/api/v1/corridors").expect(200)["items"], corridors["items"]);
        scene.closes();
        scene.verifies();

        // What was said of the way is a part of the record.
        crate::support::ledger::tamper(database.url(), "UPDATE leg_plans SET superseded = (1 = 0) WHERE superseded AND sequence > 0");
        let (_, found) = verify(database.url(), std::path::Path::new("/nonexistent/keys"));
        assert_eq!((&found["findings"][0]["table"], &found["findings"][0]["column"]), (&json!("leg_plans"), &json!("superseded")), "{found:#}");
    }

    fn a_leg_added_later_was_not_on_the_way_before(database: &TestDatabase) {
        let scene = Scene::new(database);
        let consignee = scene.organization("City of Banjul", "GM");
        let (dakar, kaolack) = (place(&scene, "Dakar", "SN", (14.7, -17.4)), place(&scene, "Kaolack", "SN", (14.15, -16.07)));
        let banjul = place(&scene, "Banjul", "GM", (13.45, -16.58));
        let open = json!({"programme": scene.programme, "consignee": consignee, "origin": dakar, "destination": banjul,
            "legs": [{"id": id(), "mode": "road", "from": dakar, "to": kaolack}]});
        let consignment = scene.officer.post("/api/v1/consignments", &open).expect(201)["id"].as_str().expect("an id").to_owned();
        let before = route(&scene.officer, &consignment, "");
        let more = json!({"id": id(), "mode": "road", "from": kaolack, "to": banjul});
        scene.officer.post(&format!("/api/v1/consignments/{consignment}/legs"), &more).expect(201);
        assert_eq!(ids(&route(&scene.officer, &consignment, "")).len(), 2);
        let known = route(&scene.officer, &consignment, &format!("?known_at={}", before["sequence"]));
        assert_eq!((told(&known), &known["length_m"]), (told(&before), &before["length_m"]));
        scene.verifies();
    }
}
