//! Units ever delivered: what was deployed stays deployed, whatever becomes of it later, unless the delivery
//! itself was recorded wrongly.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Deployed masks of a country, and those of all countries together.
fn deployed(scene: &Scene, country: &str) -> (i64, i64) {
    let totals = scene.auditor.get("/api/v1/totals?group_by=country").expect(200);
    let figure = |row: &Value| row["deployed"].as_i64().unwrap_or(0);
    let rows = totals["rows"].as_array().expect("rows");
    let there = rows.iter().find(|row| row["country"]["code"] == country).map_or(0, figure);
    (there, rows.iter().map(figure).sum())
}

on_both_databases! {
    migrate: migrate;

    fn what_was_delivered_stays_deployed_when_it_is_returned_or_ends(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 1_000, "2020-08-01");
        assert_eq!(deployed(&scene, "GM"), (0, 0));
        let receipt = scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 900, "damaged": 100, "reason": "wet"})).expect(201);
        assert_eq!(deployed(&scene, "GM"), (1_000, 1_000));

        scene.does("distributed", "2020-08-06", json!({"site": banjul, "lines": [scene.line(300)]})).expect(201);
        let back = |quantity: i64| json!({"site": banjul, "consignment": consignment, "lines": [scene.line(quantity)], "reason": "too many"});
        let returned = scene.does("returned", "2020-08-07", back(200)).expect(201);
        let disposed = json!({"site": banjul, "consignment": consignment, "lines": [scene.line(60)], "reason": "wet",
            "evidence": {"cause": "transport", "report_number": "LR-1", "filed": "cabinet 3"}});
        let disposed = scene.decides("disposed", "2020-08-08", disposed).expect(201);
        assert_eq!(deployed(&scene, "GM"), (1_000, 1_000));
        // What restates such an event changes as little.
        scene.does("corrected", "2020-08-09", json!({"event": returned["id"], "right": back(150), "reason": "recounted"})).expect(201);
        scene.decides("reversed", "2020-08-09", json!({"event": disposed["id"], "reason": "they dried"})).expect(201);
        assert_eq!(deployed(&scene, "GM"), (1_000, 1_000));
        scene.does("reversed", "2020-08-10", json!({"event": returned["id"], "reason": "it was another city"})).expect(201);
        assert_eq!(deployed(&scene, "GM"), (1_000, 1_000));
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 700, "distributed": 300}));
        scene.verifies();

        // A delivery that was recorded wrongly was never deployed.
        let right = json!({"consignment": consignment, "leg": leg, "final": true,
            "lines": [{"item": scene.masks, "good": 850, "damaged": 100, "missing": 50, "reason": "wet, short"}]});
        let correction = json!({"event": receipt["id"], "right": right, "reason": "one carton was counted twice"});
        let correction = scene.does("corrected", "2020-08-11", correction).expect(201);
        assert_eq!(deployed(&scene, "GM"), (950, 950));
        scene.does("reversed", "2020-08-12", json!({"event": correction["id"], "reason": "it was not"})).expect(201);
        assert_eq!(deployed(&scene, "GM"), (1_000, 1_000));
        scene.closes();
        scene.verifies();
    }

    fn a_delivery_that_never_was_is_not_deployed(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Kumasi", "GH");
        let accra = scene.site("Accra", "warehouse", "GH");
        scene.in_store(&donor, &accra, 100);
        let body = json!({"site": accra, "consignee": city, "lines": [scene.line(40)]});
        let delivered = scene.does("delivered", "2020-08-14", body).expect(201);
        assert_eq!(deployed(&scene, "GH"), (40, 40));
        scene.does("reversed", "2020-08-15", json!({"event": delivered["id"], "reason": "the lorry never left"})).expect(201);
        assert_eq!(deployed(&scene, "GH"), (0, 0));
        scene.closes();
        scene.verifies();
    }

    fn goods_earmarked_for_another_country_are_said_to_be(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Kumasi", "GH");
        let accra = scene.site("Accra", "warehouse", "GH");
        let body = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01",
            "lines": [{"item": scene.masks, "quantity": 100, "earmark_country": "GM"}]});
        let pledge = scene.officer.post("/api/v1/pledges", &body).expect(201);
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge["id"]})).expect(201);
        let body = json!({"pledge": pledge["id"], "site": accra, "lines": [scene.line(100)]});
        scene.does("collected", "2020-07-10", body).expect(201);
        scene.in_store(&donor, &accra, 10);
        let deliver = |line: Value| scene.does("delivered", "2020-08-14", json!({"site": accra, "consignee": city, "lines": [line]}));
        let refusal = deliver(scene.line(40));
        let told = refusal.refused("insufficient", &["/lines/0/quantity"]);
        assert!(told.contains("10 that are in_storage may go to GH; 100 more are earmarked for GM"), "{told}");
        assert_eq!(refusal.json()["earmarked_elsewhere"], 100);
        // Where nothing is earmarked otherwise, there are simply too few.
        let told = deliver(scene.line(400)).refused("insufficient", &["/lines/0/quantity"]);
        assert!(told.contains("100 more are earmarked for GM"), "{told}");
        let (consignment, _) = scene.planned(&city, &[&accra, &scene.site("Kumasi", "city", "GH")]);
        let told = scene.does("allocated", "2020-08-14", json!({"consignment": consignment, "site": accra, "lines": [scene.line(11)]}))
            .refused("insufficient", &["/lines/0/quantity"]);
        assert!(told.contains("earmarked for GM"), "{told}");
        let mut labelled = scene.line(40);
        labelled["pledge_line"] = pledge["lines"][0]["id"].clone();
        deliver(labelled).expect(201);
        deliver(scene.line(10)).expect(201);
        let told = deliver(scene.line(1)).refused("insufficient", &["/lines/0/quantity"]);
        assert!(told.contains("60 more are earmarked for GM"), "{told}");
        scene.closes();
    }
}
