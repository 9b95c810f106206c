//! Stories of when goods arrive: by the trips of their own corridor, of a like distance, and by the plan.

use chrono::{TimeDelta, Utc};
use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::{place, route, way};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::{Server, migrate};

/// A road between two places along which goods travel.
struct Road<'a> {
    scene: &'a Scene,
    consignee: String,
    from: String,
    to: String,
}

impl<'a> Road<'a> {
    fn new(scene: &'a Scene) -> Self {
        let donor = scene.organization("Hainan", "CN");
        let consignee = scene.organization("City of Banjul", "GM");
        let from = place(scene, "Dakar", "SN", (14.7, -17.4));
        let to = place(scene, "Banjul", "GM", (13.45, -16.58));
        scene.in_store(&donor, &from, 10_000);
        Self { scene, consignee, from, to }
    }

    /// Goods leave by this mode; returns consignment and leg.
    fn leaves(&self, mode: &str, to: &str, at: &str, planned_arrival: Value) -> (String, String) {
        let (consignment, legs) =
            way(self.scene, &self.consignee, &[(mode, &self.from, to, Value::Null, planned_arrival)]);
        let body = json!({"consignment": consignment, "leg": legs[0], "lines": [self.scene.line(10)]});
        self.scene.does("departed", at, body).expect(201);
        (consignment, legs[0].clone())
    }

    /// A whole trip that takes so many hours; returns its receipt.
    fn trip(&self, day: u32, hours: u32) -> Value {
        let (consignment, leg) =
            self.leaves("road", &self.to, &format!("2020-07-{day:02}T08:00:00Z"), Value::Null);
        let (days, hour) = ((8 + hours) / 24, (8 + hours) % 24);
        let at = format!("2020-07-{:02}T{hour:02}:00:00Z", day + days);
        self.scene.receives(&consignment, &leg, &at, json!({"good": 10})).expect(201)
    }

    fn arrival(&self, consignment: &str, asked: &str) -> Value {
        route(&self.scene.officer, consignment, asked)["legs"][0]["arrival"].clone()
    }

    /// Which legs the list shows under a question.
    fn listed(&self, asked: &str) -> Vec<String> {
        let page = self.scene.officer.get(&format!("/api/v1/arrivals{asked}")).expect(200);
        let items = page["items"].as_array().expect("items").clone();
        items.iter().map(|item| item["consignment"].as_str().expect("an id").to_owned()).collect()
    }
}

on_both_databases! {
    migrate: migrate;

    fn whoever_has_the_code_reads_between_which_days_it_comes_and_from_how_many_trips(database: &TestDatabase) {
        let scene = Scene::new(database);
        let road = Road::new(&scene);
        for trip in 0..8 {
            road.trip(11 + trip, 10 * (trip + 1));
        }
        let left = (Utc::now() - TimeDelta::hours(1)).format("%Y-%m-%dT%H:%M:00Z").to_string();
        let page = |to: &str| {
            let (consignment, _) = road.leaves("road", to, &left, Value::Null);
            let shown = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
            let path = format!("/track/{}", shown["tracking_code"].as_str().expect("a code"));
            let page = scene.house.stranger().get(&path);
            assert_eq!(page.status, 200, "{}", page.text);
            page.text
        };
        let told = page(&road.to);
        let arrival = told.split("<p>Expected between ").nth(1).and_then(|rest| rest.split("</p>").next());
        assert!(arrival.is_some_and(|words| words.contains(" and ") && words.ends_with(", from 8 earlier trips.")), "{told}");
        // The twin: along another way nobody went before.
        let tema = place(&scene, "Tema", "GH", (5.6, 0.0));
        assert!(!page(&tema).contains("from 8 earlier trips."));
    }

    fn goods_are_late_by_the_trips_of_their_own_corridor(database: &TestDatabase) {
        let scene = Scene::new(database);
        let road = Road::new(&scene);
        let receipts: Vec<Value> = (0..8).map(|trip| road.trip(11 + trip, 10 * (trip + 1))).collect();
        let (late, leg) = road.leaves("road", &road.to, "2020-08-01T08:00:00Z", Value::Null);
        let told = road.arrival(&late, "?as_of=2020-08-02T00:00:00Z");
        assert_eq!(told, json!({"earliest": "2020-08-01T18:00:00Z", "median": "2020-08-03T00:00:00Z",
            "latest": "2020-08-04T16:00:00Z", "basis": "corridor", "trips": 8,
            "duration": {"p10_minutes": 600, "p50_minutes": 2_400, "p90_minutes": 4_800},
            "state": "due", "presumed_lost_from": "2020-08-11T08:00:00Z"}));
        let at = |time: &str| {
            let told = road.arrival(&late, &format!("?as_of={time}"));
            (told["state"].clone(), told["late_minutes"].clone())
        };
        assert_eq!(at("2020-08-04T16:00:00Z"), (json!("due"), Value::Null));
        assert_eq!(at("2020-08-04T17:00:00Z"), (json!("late"), json!(60)));
        assert_eq!(at("2020-08-11T08:00:01Z").0, "presumed_lost");
        // Each flag has an age of its own.
        let lost = road.arrival(&late, "?as_of=2020-08-11T10:30:00Z");
        assert_eq!((&lost["late_minutes"], &lost["presumed_lost_minutes"]), (&json!(9_750), &json!(150)), "{lost:#}");
        assert_eq!(road.arrival(&late, "?as_of=2020-08-11T08:00:00Z")["presumed_lost_minutes"], Value::Null);
        assert_eq!(road.listed("?state=late&as_of=2020-08-05"), [late.as_str()]);
        assert_eq!(road.listed("?state=presumed_lost&as_of=2020-08-05"), [] as [String; 0]);
        assert_eq!(road.listed("?state=presumed_lost"), [late.as_str()], "today it is long overdue");

        // A trip that is reversed tells nothing any more, and seven are too few; who asks for what was known is told as before.
        let known = scene.log_size();
        let before = road.arrival(&late, &format!("?known_at={known}&as_of=2020-08-05"));
        let reversal = json!({"event": receipts[7]["id"], "reason": "another lorry's"});
        scene.post(&scene.receiver, "reversed", "2020-08-06", reversal).expect(201);
        assert_eq!(road.arrival(&late, "?as_of=2020-08-05"), Value::Null);
        assert_eq!(road.listed("?state=late&as_of=2020-08-05"), [] as [String; 0]);
        road.trip(20, 20);
        assert_eq!(road.arrival(&late, "?as_of=2020-08-05")["duration"]["p90_minutes"], 4_200);
        assert_eq!(road.arrival(&late, &format!("?known_at={known}&as_of=2020-08-05")), before);

        // Once it is here it is late no more, whatever it was.
        scene.receives(&late, &leg, "2020-08-20", json!({"good": 10})).expect(201);
        assert_eq!(road.arrival(&late, ""), Value::Null);
        assert_eq!(road.arrival(&late, "?as_of=2020-08-05")["state"], "late");
        assert!(!road.listed("").contains(&late));
        scene.closes();
        scene.verifies();
    }

    fn whoever_runs_the_server_says_when_goods_are_presumed_lost(database: &TestDatabase) {
        let house = Server::start_with(database, |settings| settings.presumed_lost_multiple = 1);
        let scene = Scene::on(house, database);
        let road = Road::new(&scene);
        let (sent, _) = road.leaves("road", &road.to, "2020-08-01T08:00:00Z", json!("2020-08-04T08:00:00Z"));
        let at = |time: &str| road.arrival(&sent, &format!("?as_of={time}"))["state"].clone();
        assert_eq!((at("2020-08-04T08:00:00Z"), at("2020-08-04T08:00:01Z")), (json!("due"), json!("presumed_lost")));
        // An hour's drive is not lost after an hour.
        let (near, _) = road.leaves("road", &road.to, "2020-08-01T08:00:00Z", json!("2020-08-01T09:00:00Z"));
        let at = |time: &str| road.arrival(&near, &format!("?as_of={time}"))["state"].clone();
        assert_eq!((at("2020-08-01T11:00:00Z"), at("2020-08-02T08:00:01Z")), (json!("late"), json!("presumed_lost")));
    }

    fn a_new_corridor_takes_a_like_distance_and_else_the_plan(database: &TestDatabase) {
        let scene = Scene::new(database);
        let road = Road::new(&scene);
        let new = place(&scene, "Kaolack", "SN", (14.15, -16.08));
        let far = place(&scene, "Bamako", "ML", (12.64, -8.0));
        for trip in 0..8 {
            road.trip(11 + trip, 24);
        }
        // Both are between 100 and 300 km away, and Bamako is beyond.
        let (alike, _) = road.leaves("road", &new, "2020-08-01T08:00:00Z", json!("2020-08-01T12:00:00Z"));
        let told = road.arrival(&alike, "");
        assert_eq!((&told["basis"], &told["trips"], &told["latest"]), (&json!("band"), &json!(8), &json!("2020-08-02T08:00:00Z")));
        assert_eq!(told["band"], json!({"from_m": 100_000, "below_m": 300_000}));
        let (planned, _) = road.leaves("road", &far, "2020-08-01T08:00:00Z", json!("2020-08-04"));
        let told = road.arrival(&planned, "?as_of=2020-08-04T23:00:00Z");
        assert_eq!((&told["basis"], &told["trips"], &told["state"]), (&json!("plan"), &json!(0), &json!("due")));
        assert_eq!(told["duration"], Value::Null);
        assert_eq!(road.arrival(&planned, "?as_of=2020-08-05")["state"], "late");
        // Another mode is another measure.
        let (afloat, _) = road.leaves("sea", &road.to, "2020-08-01T08:00:00Z", json!("2020-08-04T10:00:00Z"));
        assert_eq!(road.arrival(&afloat, "")["basis"], "plan");
        let (unknown, _) = road.leaves("sea", &road.to, "2020-08-01T08:00:00Z", Value::Null);
        assert_eq!(road.arrival(&unknown, ""), Value::Null);
        assert_eq!(road.listed("").len(), 4, "it is under way all the same");
        assert_eq!(road.listed("?mode=sea").len(), 2);
    }

    fn what_was_inferred_or_is_of_a_sensitive_programme_is_nobodys_measure(database: &TestDatabase) {
        let scene = Scene::new(database);
        let road = Road::new(&scene);
        for trip in 0..7 {
            road.trip(11 + trip, 24);
        }
        let (travelling, _) = road.leaves("road", &road.to, "2020-08-01T08:00:00Z", Value::Null);
        // Seven trips, one whose departure its receipt implied, and one that left some time in July.
        let (implied, legs) = way(&scene, &road.consignee, &[("road", &road.from, &road.to, Value::Null, Value::Null)]);
        scene.receives(&implied, &legs[0], "2020-07-30", json!({"good": 10})).expect(201);
        let (vague, legs) = way(&scene, &road.consignee, &[("road", &road.from, &road.to, Value::Null, Value::Null)]);
        let left = json!({"consignment": vague, "leg": legs[0], "lines": [scene.line(10)], "precision": "month"});
        scene.does("departed", "2020-07-12", left).expect(201);
        scene.receives(&vague, &legs[0], "2020-07-30", json!({"good": 10})).expect(201);
        assert_eq!(road.arrival(&travelling, ""), Value::Null);
        // A day is a day: who left on the 12th and came on the 14th took two days, at whatever hour.
        let (by_day, legs) = way(&scene, &road.consignee, &[("road", &road.from, &road.to, Value::Null, Value::Null)]);
        let left = json!({"consignment": by_day, "leg": legs[0], "lines": [scene.line(10)], "precision": "day"});
        scene.does("departed", "2020-07-12", left).expect(201);
        scene.receives(&by_day, &legs[0], "2020-07-14T23:00:00Z", json!({"good": 10})).expect(201);
        let told = road.arrival(&travelling, "");
        assert_eq!((&told["trips"], &told["duration"]["p90_minutes"]), (&json!(8), &json!(2 * 24 * 60)));

        let programme = scene.manager.get(&format!("/api/v1/programmes/{}", scene.programme)).expect(200);
        let path = format!("/api/v1/programmes/{}", scene.programme);
        scene.manager.patch(&path, programme["revision"].as_i64().unwrap(), &json!({"sensitive": true})).expect(200);
        assert_eq!(road.arrival(&travelling, ""), Value::Null);
    }

    fn a_leg_that_has_not_left_waits_for_the_one_before_it(database: &TestDatabase) {
        let scene = Scene::new(database);
        let road = Road::new(&scene);
        let end = scene.site("Serrekunda", "city", "GM");
        let (consignment, legs) = way(&scene, &road.consignee, &[
            ("road", &road.from, &road.to, json!("2027-01-01T08:00:00Z"), json!("2027-01-03T08:00:00Z")),
            ("road", &road.to, &end, json!("2027-01-02T08:00:00Z"), json!("2027-01-02T10:00:00Z")),
        ]);
        let shown = route(&scene.officer, &consignment, "");
        assert_eq!(shown["legs"][0]["arrival"]["latest"], "2027-01-03T08:00:00Z");
        assert_eq!(shown["legs"][1]["arrival"]["latest"], "2027-01-03T08:00:00Z", "not before it is there");
        assert_eq!(shown["legs"][1]["arrival"].get("state"), None, "what has not left is not late");
        assert_eq!(legs.len(), 2);
    }

    fn arrivals_are_listed_page_by_page_as_far_as_the_caller_reaches(database: &TestDatabase) {
        let scene = Scene::new(database);
        let road = Road::new(&scene);
        let sent: Vec<String> = (1..6).map(|day| {
            road.leaves("road", &road.to, &format!("2020-08-0{day}T08:00:00Z"), json!(format!("2020-08-1{day}"))).0
        }).collect();
        let mut pages = Vec::new();
        let mut after = String::new();
        loop {
            let page = scene.officer.get(&format!("/api/v1/arrivals?limit=2{after}")).expect(200);
            pages.extend(page["items"].as_array().unwrap().iter().map(|item| item["consignment"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let sorted = |mut ids: Vec<String>| { ids.sort(); ids };
        assert_eq!(sorted(pages), sorted(sent.clone()));
        assert_eq!(road.listed("?state=late&as_of=2020-08-12T12:00:00Z"), [sent[0].as_str()]);
        assert_eq!(sorted(road.listed("?state=presumed_lost&limit=500")), sorted(sent.clone()));
        assert_eq!(road.listed(&format!("?to={}", road.from)), [] as [String; 0]);
        assert_eq!(road.listed(&format!("?programme={}", id())), [] as [String; 0]);
        scene.officer.get("/api/v1/arrivals?state=lost").refused("invalid", &["/state"]);
        scene.officer.get("/api/v1/arrivals?colour=red").refused("invalid", &["/colour"]);
        let at_home = scene.house.login_bound(Role::Manager, None, Some("GM"));
        assert_eq!(at_home.get("/api/v1/arrivals").expect(200)["items"].as_array().map(Vec::len), Some(5));
        let elsewhere = scene.house.login_bound(Role::Manager, None, Some("NP"));
        assert_eq!(elsewhere.get("/api/v1/arrivals").expect(200)["items"], json!([]));
    }
}
