//! Goods of many pledge lines, lots and papers in one place: what is decided about them all at once.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// More heaps than an update may ask for one after another.
const HEAPS: usize = 30;

struct Shelf {
    scene: Scene,
    city: String,
    beijing: String,
    banjul: String,
    pledge: String,
    lines: Vec<String>,
}

impl Shelf {
    /// A pledge of thirty lines of twenty masks each, accepted and still with its donor.
    fn new(database: &TestDatabase) -> Self {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) =
            (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let body = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01",
            "lines": vec![scene.line(20); HEAPS]});
        let offered = scene.officer.post("/api/v1/pledges", &body).expect(201);
        let pledge = offered["id"].as_str().expect("an id").to_owned();
        let lines = offered["lines"].as_array().expect("lines").iter();
        let lines = lines.map(|line| line["id"].as_str().expect("a line").to_owned()).collect();
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        Self { scene, city, beijing, banjul, pledge, lines }
    }

    /// So much of every line, as a body that collects it.
    fn each(&self, quantity: i64) -> Value {
        let one = |line| json!({"item": self.scene.masks, "quantity": quantity, "pledge_line": line});
        let lines: Vec<Value> = self.lines.iter().map(one).collect();
        json!({"pledge": self.pledge, "site": self.beijing, "lines": lines})
    }

    /// Twenty masks of each of thirty lots; returns the lots.
    fn in_lots(&self) -> Vec<String> {
        let lots: Vec<String> = (0..HEAPS).map(|number| format!("L-{number:02}")).collect();
        let one = |lot| json!({"item": self.scene.masks, "quantity": 20, "lot": lot});
        let lines: Vec<Value> = lots.iter().map(one).collect();
        let body = json!({"pledge": self.pledge, "site": self.beijing, "lines": lines});
        self.scene.does("collected", "2020-07-10", body).expect(201);
        lots
    }

    fn send_all(&self) {
        self.scene.sent(&self.city, &[&self.beijing, &self.banjul], 600, "2020-08-01T15:00:00Z");
    }

    /// Counts all masks together on the morning of the day they leave.
    fn count(&self, counted: i64) -> crate::support::server::Reply {
        let lines = json!([{"item": self.scene.masks, "counted": counted}]);
        let body = json!({"site": self.beijing, "programme": self.scene.programme, "lines": lines});
        self.scene.does("counted", "2020-08-01T08:00:00Z", body)
    }
}

on_both_databases! {
    migrate: migrate;

    fn a_count_of_the_morning_is_right_where_all_of_many_pledge_lines_left_in_the_afternoon(database: &TestDatabase) {
        let shelf = Shelf::new(database);
        shelf.scene.does("collected", "2020-07-10", shelf.each(20)).expect(201);
        shelf.send_all();
        assert_eq!(shelf.count(600).expect(201)["moved"], false);
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"in_transit": 600}));
        shelf.count(599).refused("insufficient", &["/lines/0/counted"]);
        shelf.count(603).expect(201);
        assert_eq!(shelf.scene.stock(&shelf.beijing)[0]["free"], 3);
        shelf.scene.closes();
    }

    fn a_count_of_the_morning_is_right_lot_by_lot_and_all_together(database: &TestDatabase) {
        let shelf = Shelf::new(database);
        let lots = shelf.in_lots();
        shelf.send_all();
        shelf.count(600).expect(201);
        let one = |lot| json!({"item": shelf.scene.masks, "counted": 20, "lot": lot});
        let lines: Vec<Value> = lots.iter().map(one).collect();
        let body = json!({"site": shelf.beijing, "lines": lines});
        assert_eq!(shelf.scene.does("counted", "2020-08-01T08:00:00Z", body).expect(201)["moved"], false);
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"in_transit": 600}));
        shelf.scene.closes();
    }

    fn what_came_of_many_lines_before_more_came_is_corrected_and_reversed(database: &TestDatabase) {
        let shelf = Shelf::new(database);
        let first = shelf.scene.does("collected", "2020-07-10", shelf.each(10)).expect(201);
        shelf.scene.does("collected", "2020-09-01", shelf.each(10)).expect(201);
        let correction = json!({"event": first["id"], "right": shelf.each(9), "reason": "one was torn"});
        shelf.scene.does("corrected", "2020-09-02", correction).expect(201);
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"in_storage": 570, "unallocated": 30}));
        let reversal = json!({"event": first["id"], "reason": "they never came"});
        shelf.scene.does("reversed", "2020-09-03", reversal).expect(201);
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"in_storage": 300, "unallocated": 300}));
        shelf.scene.closes();
    }

    fn a_departure_told_late_takes_everything_reserved_of_many_lines(database: &TestDatabase) {
        let shelf = Shelf::new(database);
        let (consignment, leg) = shelf.scene.planned(&shelf.city, &[&shelf.beijing, &shelf.banjul]);
        for (came, reserved) in [("2020-07-10", "2020-07-20"), ("2020-09-01", "2020-09-02")] {
            shelf.scene.does("collected", came, shelf.each(10)).expect(201);
            let body = json!({"consignment": consignment, "site": shelf.beijing, "lines": [shelf.scene.line(300)]});
            shelf.scene.does("allocated", reserved, body).expect(201);
        }
        let departed = shelf.scene.does("departed", "2020-08-01", json!({"consignment": consignment, "leg": leg})).expect(201);
        assert_eq!(departed["moved"], true);
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"in_transit": 600}));
        shelf.scene.closes();
    }

    fn what_is_missing_of_many_lines_is_found_or_was_miscounted(database: &TestDatabase) {
        let shelf = Shelf::new(database);
        shelf.scene.does("collected", "2020-07-10", shelf.each(20)).expect(201);
        let (consignment, leg) = shelf.scene.sent(&shelf.city, &[&shelf.beijing, &shelf.banjul], 600, "2020-08-01");
        shelf.scene.receives(&consignment, &leg, "2020-08-03", json!({"missing": 600, "reason": "no truck came"})).expect(201);
        let half = json!({"consignment": consignment, "leg": leg, "lines": [shelf.scene.line(300)], "reason": "seen"});
        shelf.scene.decides("found", "2020-08-04", half.clone()).expect(201);
        shelf.scene.decides("miscounted", "2020-08-05", half).expect(201);
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"delivered": 300, "in_storage": 300}));
        shelf.scene.closes();
    }

    fn a_reversal_names_all_of_many_later_events_it_would_undo(database: &TestDatabase) {
        let shelf = Shelf::new(database);
        let collected = shelf.scene.does("collected", "2020-07-10", shelf.each(20)).expect(201);
        let hub = shelf.scene.site("Dakar", "warehouse", "SN");
        for _ in 0..HEAPS {
            let moved = json!({"site": shelf.beijing, "to_site": hub, "lines": [shelf.scene.line(20)]});
            shelf.scene.does("moved", "2020-07-20", moved).expect(201);
        }
        let reversal = json!({"event": collected["id"], "reason": "they never came"});
        let reply = shelf.scene.does("reversed", "2020-09-03", reversal);
        reply.refused("depended_on", &["/event"]);
        assert_eq!(reply.json()["events"].as_array().expect("events").len(), HEAPS);
        shelf.scene.closes();
    }

    fn a_leg_received_in_many_parts_before_its_departure_is_told(database: &TestDatabase) {
        let shelf = Shelf::new(database);
        shelf.scene.does("collected", "2020-07-10", shelf.each(20)).expect(201);
        let (consignment, leg) = shelf.scene.planned(&shelf.city, &[&shelf.beijing, &shelf.banjul]);
        for _ in 0..HEAPS {
            let lines = json!([{"item": shelf.scene.masks, "good": 20}]);
            let part = json!({"consignment": consignment, "leg": leg, "final": false, "lines": lines});
            shelf.scene.does("received", "2020-08-03", part).expect(201);
        }
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"delivered": 600}));
        let departed = json!({"consignment": consignment, "leg": leg, "lines": [shelf.scene.line(600)]});
        shelf.scene.does("departed", "2020-08-01", departed).expect(201);
        assert_eq!(shelf.scene.accounts(&shelf.pledge), json!({"delivered": 600}));
        shelf.scene.closes();
    }

    fn places_come_in_the_same_order_wherever_they_are_kept(database: &TestDatabase) {
        let shelf = Shelf::new(database);
        let (pledge, _) = shelf.scene.accepted(&shelf.scene.organization("Jiangsu", "CN"), 50);
        let lots = [Some("é"), Some("b"), None, Some("A"), Some("a-1")];
        let one = |lot: &Option<&str>| json!({"item": shelf.scene.masks, "quantity": 10, "lot": lot});
        let lines: Vec<Value> = lots.iter().map(one).collect();
        shelf.scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": shelf.beijing, "lines": lines})).expect(201);
        let status = shelf.scene.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
        let places = status["lines"][0]["places"].as_array().expect("places");
        let told: Vec<Option<&str>> = places.iter().map(|place| place["lot"].as_str()).collect();
        assert_eq!(told, [None, Some("A"), Some("a-1"), Some("b"), Some("é")]);
    }
}
