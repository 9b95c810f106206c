//! Loggers that travel: the goods are held on their leg, or wherever they have come to by then.

use serde_json::{Value, json};

use super::{Fridge, too_warm};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Reply, migrate};

fn goods(fridge: &Fridge, stops: [&str; 2], quantity: i64) -> (String, String) {
    let (consignment, leg) = fridge.scene.planned(&fridge.city, &stops);
    let body = json!({"consignment": consignment, "leg": leg, "lines": fridge.vials("V-1", quantity)});
    fridge.scene.does("departed", "2020-08-01", body).expect(201);
    (consignment, leg)
}

fn arrives(fridge: &Fridge, (consignment, leg): &(String, String), quantity: i64) {
    let line = json!({"item": fridge.vaccine, "lot": "V-1", "good": quantity});
    let body = json!({"consignment": consignment, "leg": leg, "final": true, "lines": [line]});
    fridge.scene.does("received", "2020-08-04", body).expect(201);
}

fn logs(fridge: &Fridge, device: &str, (consignment, leg): &(String, String), lot: Value) -> Reply {
    let mut body = json!({"device": device, "consignment": consignment, "leg": leg, "item": fridge.vaccine,
        "readings": too_warm()});
    if lot.is_string() {
        body["lot"] = lot;
    }
    fridge.scene.receiver.post("/api/v1/readings", &body)
}

on_both_databases! {
    migrate: migrate;

    fn what_a_logger_travelled_with_is_held_where_it_is(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let banjul = fridge.scene.site("Banjul", "city", "GM");
        let hub = fridge.scene.site("Ziguinchor", "warehouse", "SN");
        let pledge = fridge.has(json!("V-1"), 1_000);
        let held = |reply: Reply| {
            let told = reply.expect(201);
            let excursion = &told["file"]["excursion"];
            (excursion["held"].as_i64().expect("a figure"), excursion["events"].as_array().expect("events").len())
        };

        // Under way: on that leg, and no other goods of the lot.
        let under_way = goods(&fridge, [&fridge.store, &banjul], 40);
        goods(&fridge, [&fridge.store, &banjul], 5);
        assert_eq!(held(logs(&fridge, "D-1", &under_way, Value::Null)), (40, 1));
        assert_eq!(fridge.at(&fridge.store, json!("V-1")), (955, 0));
        let status = fridge.scene.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
        let on_hold: i64 = status["lines"][0]["places"].as_array().expect("places").iter()
            .filter(|place| place["condition"] == "on_hold")
            .map(|place| place["quantity"].as_i64().expect("a quantity"))
            .sum();
        assert_eq!(on_hold, 40, "{status:#}");

        // Handed over meanwhile: with the consignee, and no longer to be given to anybody.
        let handed = goods(&fridge, [&fridge.store, &banjul], 30);
        arrives(&fridge, &handed, 30);
        assert_eq!(held(logs(&fridge, "D-2", &handed, Value::Null)), (30, 1));
        let body = json!({"site": banjul, "lines": fridge.vials("V-1", 1)});
        fridge.scene.does("distributed", "2020-08-05", body).refused("insufficient", &["/lines/0/quantity"]);

        // In storage among other goods of the item: only its lot tells which they are.
        let stored = goods(&fridge, [&fridge.store, &hub], 20);
        arrives(&fridge, &stored, 20);
        let known = fridge.scene.log_size();
        logs(&fridge, "D-3", &stored, Value::Null).refused("invalid", &["/lot"]);
        assert_eq!(fridge.scene.log_size(), known, "nothing of a refused file stays");
        assert_eq!(held(logs(&fridge, "D-3", &stored, json!("V-1"))), (20, 1));
        assert_eq!(fridge.at(&hub, json!("V-1")), (0, 20));
        let other = (stored.0.clone(), under_way.1.clone());
        logs(&fridge, "D-4", &other, Value::Null).refused("invalid", &["/leg"]);
        fridge.scene.closes();
        fridge.scene.verifies();
    }

    fn what_travelled_on_before_the_file_came_is_held_where_it_went(database: &TestDatabase) {
        let fridge = Fridge::new(Scene::new(database));
        let scene = &fridge.scene;
        let hub = scene.site("Ziguinchor", "warehouse", "SN");
        let banjul = scene.site("Banjul", "city", "GM");
        fridge.has(json!("V-1"), 100);
        let opened = scene.consignment(&fridge.city, &[&fridge.store, &hub, &banjul]);
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let (consignment, first) = (text(&opened["id"]), text(&opened["leg_ids"][0]));
        let way = [(consignment.clone(), first), (consignment, text(&opened["leg_ids"][1]))];
        let departs = |(consignment, leg): &(String, String), day: &str, quantity: i64| {
            let body = json!({"consignment": consignment, "leg": leg, "lines": fridge.vials("V-1", quantity)});
            scene.does("departed", day, body).expect(201);
        };
        departs(&way[0], "2020-08-01", 40);
        arrives(&fridge, &way[0], 40);
        departs(&way[1], "2020-08-05", 25);

        // Fifteen wait at the hub, and the others are on the second leg.
        let told = logs(&fridge, "D-1", &way[0], Value::Null).expect(201);
        let excursion = &told["file"]["excursion"];
        assert_eq!((&excursion["held"], excursion["events"].as_array().map(Vec::len)), (&json!(40), Some(2)), "{told:#}");
        scene.closes();
        scene.verifies();
    }
}
