//! What is under recall, and where all of it is.

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::{lot_in_store, numbers, of_lot, rows};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

const PATH: &str = "/api/v1/lots/recalled?limit=500";

fn figures(row: &Value) -> [i64; 6] {
    ["held", "damaged", "loose", "missing", "distributed", "ended"]
        .map(|name| row[name].as_i64().expect("a figure"))
}

on_both_databases! {
    migrate: migrate;

    fn a_recall_says_where_all_of_a_lot_is(database: &TestDatabase) {
        let scene = Scene::new(database);
        let city = scene.organization("City of Banjul", "GM");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let banjul = scene.site("Banjul", "city", "GM");
        lot_in_store(&scene, &beijing, "BAD", "2032-01-31", 1_000);
        lot_in_store(&scene, &beijing, "FINE", "2032-01-31", 1_000);
        let of = |quantity: i64| json!([of_lot(&scene, "BAD", quantity)]);
        let (arrived, came_by) = scene.planned(&city, &[&beijing, &banjul]);
        scene.does("departed", "2020-08-01", json!({"consignment": arrived, "leg": came_by, "lines": of(300)})).expect(201);
        let line = json!({"item": scene.masks, "lot": "BAD", "good": 280, "missing": 20, "reason": "torn bag"});
        scene.does("received", "2020-08-03", json!({"consignment": arrived, "leg": came_by, "final": true, "lines": [line]})).expect(201);
        scene.does("distributed", "2020-08-04", json!({"site": banjul, "lines": of(80)})).expect(201);
        scene.does("damaged", "2020-08-04", json!({"site": beijing, "lines": of(50), "reason": "rain"})).expect(201);
        let (under_way, leg) = scene.planned(&city, &[&beijing, &banjul]);
        scene.does("departed", "2020-08-05", json!({"consignment": under_way, "leg": leg, "lines": of(100)})).expect(201);
        assert_eq!(rows(&scene.officer, PATH), Vec::<Value>::new());

        let recall = json!({"item": scene.masks, "lot": "BAD", "reason": "straps break"});
        let held = scene.does("held", "2020-08-06", recall.clone()).expect(201);
        let found = rows(&scene.officer, PATH);
        assert_eq!(numbers(&found), ["BAD"]);
        let row = &found[0];
        assert_eq!((&row["event"], &row["since"], &row["reason"]), (&held["id"], &json!("2020-08-06T00:00:00Z"), &json!("straps break")));
        assert_eq!(figures(row), [850, 50, 0, 20, 80, 0]);
        let all: i64 = row["places"].as_array().expect("places").iter().map(|place| place["quantity"].as_i64().expect("a quantity")).sum();
        assert_eq!(all, 1_000, "each unit stands in one place");

        // What is found again is held too; each organization and country sees its part of it.
        let again = json!({"consignment": arrived, "leg": came_by, "lines": of(20), "reason": "behind the seat"});
        scene.decides("found", "2020-08-07", again).expect(201);
        assert_eq!(figures(&rows(&scene.officer, PATH)[0]), [870, 50, 0, 0, 80, 0]);
        let at_home = scene.house.login_bound(Role::Officer, None, Some("GM"));
        assert_eq!(figures(&rows(&at_home, PATH)[0]), [320, 0, 0, 0, 80, 0]);
        let elsewhere = scene.house.login_bound(Role::Manager, None, Some("NP"));
        assert_eq!(rows(&elsewhere, PATH), Vec::<Value>::new());
        assert_eq!(rows(&scene.officer, &format!("{PATH}&site={beijing}")).len(), 1);

        // At any moment it was what the recalls that counted then say.
        let known = scene.log_size();
        assert_eq!(rows(&scene.officer, &format!("{PATH}&as_of=2020-08-05")), Vec::<Value>::new());
        assert_eq!(figures(&rows(&scene.officer, &format!("{PATH}&as_of=2020-08-06"))[0]), [850, 50, 0, 20, 80, 0]);
        let ended = scene.does("released_from_hold", "2020-08-08", recall).expect(201);
        assert_eq!(rows(&scene.officer, PATH), Vec::<Value>::new());
        assert_eq!(rows(&scene.officer, &format!("{PATH}&known_at={known}")).len(), 1);
        scene.does("reversed", "2020-08-09", json!({"event": ended["id"], "reason": "too early"})).expect(201);
        assert_eq!(figures(&rows(&scene.officer, PATH)[0]), [870, 50, 0, 0, 80, 0]);
        scene.officer.get("/api/v1/lots/recalled?within=3m").refused("invalid", &["/within"]);
        scene.closes();
        scene.verifies();
    }
}
