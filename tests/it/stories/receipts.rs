//! Receipts that do not say what was sent: short, damaged, or earlier than the departure they imply.

use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::books::held_at;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use diesel::{RunQueryDsl, sql_query};
use relief_ledger::db::{CountRow, connect};
use relief_ledger::ledger::Account;

/// A city that gets masks from a warehouse in Beijing; returns city organization, warehouse, city, pledge.
fn setting(scene: &Scene, quantity: i64) -> (String, String, String, String) {
    let donor = scene.organization("Shenzhen federation", "CN");
    let city = scene.organization("Banjul City Council", "GM");
    let beijing = scene.site("Beijing warehouse", "warehouse", "CN");
    let banjul = scene.site("Banjul", "city", "GM");
    let pledge = scene.in_store(&donor, &beijing, quantity);
    (city, beijing, banjul, pledge)
}

fn decisions(scene: &Scene) -> i64 {
    let mut conn = connect(&scene.url).expect("the database opens");
    let count: CountRow = sql_query("SELECT CAST(COUNT(*) AS BIGINT) AS value FROM decisions")
        .get_result(&mut conn)
        .expect("counted");
    count.value
}

/// Nothing departed as far as anybody knows, but 900 of 1,000 were received on 6 August.
fn received_first(scene: &Scene) -> (String, String, String, String, String) {
    let (city, beijing, banjul, pledge) = setting(scene, 1_000);
    let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
    let received = scene.receives(&consignment, &leg, "2020-08-06", json!({"good": 900})).expect(201);
    assert_eq!(scene.accounts(&pledge), json!({"delivered": 900, "in_storage": 100}));
    let inferred = received["inferred"].as_str().expect("a departure is implied").to_owned();
    let shown = scene.event(&inferred).expect(200);
    assert_eq!(
        (&shown["kind"], &shown["inferred"], &shown["precision"]),
        (&json!("departed"), &json!(true), &json!("inferred"))
    );
    (consignment, leg, pledge, inferred, beijing)
}

fn departs(scene: &Scene, consignment: &str, leg: &str, day: &str, quantity: i64) -> Value {
    let body = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(quantity)]});
    scene.does("departed", day, body).expect(201)
}

/// What a stranger with the code is told, newest first: kind, day, and whether it was worked out.
fn timeline(scene: &Scene, consignment: &str) -> Vec<(String, String, bool)> {
    let opened = scene.officer.get(&format!("/api/v1/consignments/{consignment}")).expect(200);
    let code = opened["tracking_code"].as_str().expect("a code");
    let seen = scene.house.stranger().get(&format!("/api/v1/tracking/{code}")).expect(200);
    let told = seen["timeline"].as_array().expect("a timeline").iter().map(|one| {
        let text = |member: &str| one[member].as_str().expect("a text").to_owned();
        (text("kind"), text("occurred_at").replace("T00:00:00Z", ""), one["inferred"] == true)
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        seen["last_news_at"].as_str().map(|at| at.replace("T00:00:00Z", "")),
        told.first().map(|one| one.1.clone())
    );
    told
}

fn expected(told: &[(&str, &str, bool)]) -> Vec<(String, String, bool)> {
    told.iter().map(|(kind, day, inferred)| ((*kind).to_owned(), (*day).to_owned(), *inferred)).collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_receipt_that_is_posted_again_names_the_departure_it_implied(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (city, beijing, banjul, _) = setting(&scene, 1_000);
        let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
        let lines = json!([{"item": scene.masks, "good": 900}]);
        let receipt = event(&id(), "received", "2020-08-06", json!({"consignment": consignment, "leg": leg, "lines": lines}));
        let first = scene.receiver.post("/api/v1/events", &receipt).expect(201);
        assert!(first["inferred"].is_string(), "{first:#}");
        let size = scene.log_size();
        let again = scene.receiver.post("/api/v1/events", &receipt).json();
        assert_eq!((&again["inferred"], scene.log_size()), (&first["inferred"], size), "{again:#}");
        scene.verifies();
    }

    fn a_short_and_damaged_receipt_is_resolved_unit_by_unit(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (city, beijing, banjul, pledge) = setting(&scene, 10_000);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 10_000, "2020-08-01");
        let size = scene.log_size();
        let count = |figures: Value| scene.receives(&consignment, &leg, "2020-08-05", figures);
        count(json!({"good": 9_600, "damaged": 100, "missing": 300})).refused("invalid", &["/lines/0/reason"]);
        count(json!({"good": 9_600, "damaged": 100, "reason": "wet"})).refused("invalid", &["/lines"]);
        count(json!({"good": 10_001})).refused("insufficient", &["/lines/0"]);
        let open = json!({"consignment": consignment, "leg": leg,
            "lines": [{"item": scene.masks, "good": 9_000, "missing": 10, "reason": "short"}]});
        scene.does("received", "2020-08-05", open).refused("invalid", &["/lines/0/missing"]);
        assert_eq!(scene.log_size(), size, "a refusal leaves nothing behind");
        count(json!({"good": 9_600, "damaged": 100, "missing": 300, "reason": "cartons torn"})).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 9_700, "missing": 300}));
        count(json!({"good": 1})).refused("wrong_state", &["/leg"]);

        let decided = |quantity: i64| json!({"consignment": consignment, "leg": leg, "lines": [scene.line(quantity)],
            "reason": "recount of 7 August"});
        scene.does("found", "2020-08-07", decided(100)).refused("forbidden", &[]);
        scene.decides("found", "2020-08-07", decided(100)).expect(201);
        scene.decides("miscounted", "2020-08-08", decided(50)).expect(201);
        let evidence = json!({"report_number": "LR-1", "cause": "theft", "filed": "cabinet 3"});
        let mut lost = decided(150);
        for (member, wrong) in [("report_number", json!(" ")), ("cause", Value::Null), ("filed", Value::Null)] {
            lost["evidence"] = evidence.clone();
            lost["evidence"][member] = wrong;
            scene.decides("lost", "2020-08-09", lost.clone()).refused("invalid", &[&format!("/evidence/{member}")]);
        }
        lost["evidence"] = evidence.clone();
        scene.decides("lost", "2020-08-09", lost.clone()).expect(201);
        scene.decides("lost", "2020-08-09", lost).refused("insufficient", &["/lines/0/quantity"]);
        assert_eq!(decisions(&scene), 3);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 9_800, "in_storage": 50, "lost": 150}));
        assert_eq!(scene.stock(&beijing)[0]["free"], 50, "what never left is where it was dispatched from");

        // Damaged goods are delivered, and never distributed; they end by disposal.
        let hand_over = |quantity: i64| json!({"site": banjul, "lines": [scene.line(quantity)]});
        scene.does("distributed", "2020-08-10", hand_over(9_701)).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("distributed", "2020-08-10", hand_over(9_700)).expect(201);
        let mut burn = json!({"site": banjul, "consignment": consignment, "lines": [scene.line(100)], "reason": "mould"});
        scene.decides("disposed", "2020-08-11", burn.clone()).refused("invalid", &["/evidence/report_number"]);
        burn["evidence"] = evidence;
        scene.decides("disposed", "2020-08-11", burn).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"disposed": 100, "distributed": 9_700, "in_storage": 50, "lost": 150}));
        scene.closes();
    }

    fn what_a_donor_packed_short_was_never_given(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let city = scene.organization("Banjul City Council", "GM");
        let (shenzhen, banjul) = (scene.site("Shenzhen", "city", "CN"), scene.site("Banjul", "city", "GM"));
        let (pledge, _) = scene.accepted(&donor, 500);
        let (consignment, leg) = (id(), id());
        let opened = json!({"id": consignment, "programme": scene.programme, "consignor": donor, "consignee": city,
            "origin": shenzhen, "destination": banjul, "legs": [{"id": leg, "mode": "air", "from": shenzhen, "to": banjul}]});
        scene.officer.post("/api/v1/consignments", &opened).expect(201);
        let allocated = json!({"consignment": consignment, "lines": [scene.line(500)]});
        scene.does("allocated", "2020-07-20", allocated).expect(201);
        scene.does("departed", "2020-08-01", json!({"consignment": consignment})).expect(201);
        scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 480, "missing": 20, "reason": "short"})).expect(201);
        let decided = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(20)], "reason": "the donor packed 480"});
        scene.decides("miscounted", "2020-08-07", decided).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 480, "withdrawn": 20}));
        scene.closes();
    }

    fn a_confirmed_departure_that_never_was_leaves_the_goods_where_they_were_all_along(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (city, beijing, banjul, pledge) = setting(&scene, 290);
        let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
        scene.receives(&consignment, &leg, "2020-09-04", json!({"good": 30})).expect(201);
        let held = |account: Account| ["2020-08-25", "2020-09-05"].map(|day| held_at(&scene.url, account, day));
        let before = [held(Account::InStorage), held(Account::InTransit)];
        assert_eq!(before, [[290, 260], [0, 0]]);
        let departed = departs(&scene, &consignment, &leg, "2020-08-20", 30);
        assert_eq!([held(Account::InStorage), held(Account::InTransit)], [[260, 260], [30, 0]]);
        let reversal = json!({"event": departed["id"], "reason": "that was another lorry"});
        let reversal = scene.does("reversed", "2020-09-06", reversal).expect(201);
        assert_eq!(reversal["effective_at"], departed["effective_at"]);
        assert_eq!([held(Account::InStorage), held(Account::InTransit)], before);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 30, "in_storage": 260}));
        scene.closes();
        scene.verifies();
    }

    fn a_departure_that_comes_after_its_receipt_confirms_it_at_the_earlier_time(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (consignment, leg, pledge, inferred, _) = received_first(&scene);
        assert_eq!(held_at(&scene.url, Account::InTransit, "2020-08-03"), 0);
        let implied = [("received", "2020-08-06", false), ("departed", "2020-08-06", true)];
        assert_eq!(timeline(&scene, &consignment), expected(&implied), "it left before it came, on the same day");
        let departed = departs(&scene, &consignment, &leg, "2020-08-01", 900);
        let real = [("received", "2020-08-06", false), ("departed", "2020-08-01", false)];
        assert_eq!(timeline(&scene, &consignment), expected(&real), "one departure is told once");
        assert_eq!(departed["effective_at"], "2020-08-01T00:00:00Z", "{departed:#}");
        let shown = scene.event(departed["id"].as_str().expect("an id")).expect(200);
        assert_eq!(shown["about"], json!(inferred));
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 900, "in_storage": 100}));
        assert_eq!(held_at(&scene.url, Account::InTransit, "2020-08-03"), 900);
        assert_eq!(held_at(&scene.url, Account::InStorage, "2020-08-03"), 100);
        assert_eq!(held_at(&scene.url, Account::InTransit, "2020-08-07"), 0);
        // Taken back, it speaks for the implied one no more.
        scene.does("reversed", "2020-08-12", json!({"event": departed["id"], "reason": "another lorry"})).expect(201);
        assert_eq!(timeline(&scene, &consignment), expected(&implied));
        scene.closes();
    }

    fn a_departure_of_more_than_a_closed_receipt_counted_leaves_the_rest_missing(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (consignment, leg, pledge, _, _) = received_first(&scene);
        departs(&scene, &consignment, &leg, "2020-08-01", 950);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 900, "in_storage": 50, "missing": 50}));
        assert_eq!(held_at(&scene.url, Account::InTransit, "2020-08-03"), 900);
        scene.closes();
    }

    fn a_departure_of_less_than_was_received_makes_the_rest_surplus_of_its_line(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (consignment, leg, pledge, _, beijing) = received_first(&scene);
        // Named twice, as a waybill with two pallets does.
        let body = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(500), scene.line(350)]});
        scene.does("departed", "2020-08-01", body).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 900, "in_storage": 150}));
        let status = scene.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
        assert_eq!((&status["lines"][0]["promised"], &status["lines"][0]["surplus"]), (&json!(1_000), &json!(50)));
        assert_eq!(scene.stock(&beijing)[0]["free"], 150);
        scene.closes();
    }

    fn a_departure_said_to_be_later_than_the_receipt_leaves_the_implied_time(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (consignment, leg, pledge, _, _) = received_first(&scene);
        departs(&scene, &consignment, &leg, "2020-08-10", 900);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 900, "in_storage": 100}));
        assert_eq!(held_at(&scene.url, Account::Delivered, "2020-08-06"), 900);
        scene.closes();
    }

    fn a_confirmation_reversed_can_be_posted_again(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (consignment, leg, pledge, _, _) = received_first(&scene);
        let wrong = departs(&scene, &consignment, &leg, "2020-08-01", 950);
        let taken_back = json!({"event": wrong["id"], "reason": "typing error"});
        scene.does("reversed", "2020-08-12", taken_back).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 900, "in_storage": 100}));
        departs(&scene, &consignment, &leg, "2020-08-01", 900);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 900, "in_storage": 100}));
        scene.closes();
    }

    fn a_confirmation_never_draws_what_was_not_there_yet(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (city, beijing, banjul, pledge) = setting(&scene, 200);
        // A hundred were taken out of the way between 20 July and 3 August.
        let elsewhere = scene.site("Tianjin", "warehouse", "CN");
        let moved = |from: &str, to: &str| json!({"site": from, "to_site": to, "lines": [scene.line(100)]});
        scene.does("moved", "2020-07-20", moved(&beijing, &elsewhere)).expect(201);
        scene.does("moved", "2020-08-03", moved(&elsewhere, &beijing)).expect(201);
        let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
        scene.receives(&consignment, &leg, "2020-08-06", json!({"good": 100})).expect(201);
        departs(&scene, &consignment, &leg, "2020-08-01", 150);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 100, "in_storage": 50, "missing": 50}));
        scene.closes();
    }

    fn a_receipt_in_parts_is_open_until_it_is_final(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (city, beijing, banjul, pledge) = setting(&scene, 1_000);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 1_000, "2020-08-01");
        let part = |quantity: i64| {
            let body = json!({"consignment": consignment, "leg": leg, "lines": [{"item": scene.masks, "good": quantity}]});
            event(&id(), "received", "2020-08-05", body)
        };
        scene.receiver.post("/api/v1/events", &part(400)).expect(201);
        scene.receiver.post("/api/v1/events", &part(300)).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 700, "in_transit": 300}));
        let rest = json!({"good": 290, "missing": 10, "surplus": 5, "reason": "one carton of another batch"});
        scene.receives(&consignment, &leg, "2020-08-06", rest).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 990, "missing": 10}));
        // The excess is of a pledge of its own, of the only donor.
        let pledges = scene.officer.get("/api/v1/pledges").expect(200);
        let surplus = pledges["items"].as_array().expect("pledges").iter().find(|one| one["kind"] == "surplus").expect("one for the excess").clone();
        assert_eq!(scene.accounts(surplus["id"].as_str().expect("an id")), json!({"delivered": 5}));
        assert!(surplus["donor"].is_string());
        scene.closes();
    }

    fn a_receipt_above_what_was_dispatched_is_refused_unless_it_says_surplus(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
        let depart = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(300)]});
        let departed = scene.does("departed", "2020-08-01", depart).expect(201);
        let size = scene.log_size();
        let refusal = scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 350}));
        let told = refusal.refused("insufficient", &["/lines/0"]);
        assert!(told.contains("350 base units") && told.contains("300 of 300 dispatched") && told.contains("50 too many as surplus"), "{told}");
        assert_eq!((&refusal.json()["dispatched"], scene.log_size()), (&json!(300), size));
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 700, "in_transit": 300}));

        // Without the departure it is an early receipt like any other.
        scene.does("reversed", "2020-08-02", json!({"event": departed["id"], "reason": "another consignment"})).expect(201);
        let part = |good: i64| json!({"consignment": consignment, "leg": leg, "lines": [{"item": scene.masks, "good": good}]});
        let early = scene.does("received", "2020-08-05", part(100)).expect(201);
        assert!(early["inferred"].is_string(), "{early:#}");
        let depart = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(300)]});
        scene.does("departed", "2020-08-01", depart).expect(201);
        let told = scene.does("received", "2020-08-06", part(201)).refused("insufficient", &["/lines/0"]);
        assert!(told.contains("200 of 300 dispatched"), "{told}");
        scene.receives(&consignment, &leg, "2020-08-06", json!({"good": 200, "surplus": 1})).refused("invalid", &["/lines/0/reason"]);
        let rest = json!({"good": 200, "surplus": 50, "reason": "a carton too many"});
        scene.receives(&consignment, &leg, "2020-08-06", rest).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 700, "delivered": 300}));
        scene.closes();
        scene.verifies();
    }

    fn a_diverted_or_split_off_leg_has_left_already(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 1_000);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 300, "2020-08-01");
        let child = id();
        let split = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(100)],
            "child": {"id": child, "consignee": city, "destination": banjul, "legs": []}});
        scene.does("split", "2020-08-02", split).expect(201);
        let receive = |consignment: &str, good: i64| json!({"consignment": consignment, "final": true, "lines": [{"item": scene.masks, "good": good}]});
        let told = scene.does("received", "2020-08-05", receive(&child, 101)).refused("insufficient", &["/lines/0"]);
        assert!(told.contains("100 of 100 dispatched"), "{told}");
        scene.does("received", "2020-08-05", receive(&child, 100)).expect(201);
        let (there, way) = (scene.site("Brikama", "warehouse", "GM"), id());
        let divert = json!({"consignment": consignment, "leg": leg, "reason": "strike",
            "legs": [{"id": way, "mode": "air", "from": beijing, "to": there}, {"mode": "road", "from": there, "to": banjul}]});
        scene.does("diverted", "2020-08-03", divert).expect(201);
        let at_stop = |good: i64| json!({"consignment": consignment, "leg": way, "final": true, "lines": [{"item": scene.masks, "good": good}]});
        let told = scene.does("received", "2020-08-05", at_stop(201)).refused("insufficient", &["/lines/0"]);
        assert!(told.contains("200 of 200 dispatched"), "{told}");
        scene.does("received", "2020-08-05", at_stop(200)).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 700, "allocated": 200, "delivered": 100}));
        scene.verifies();
    }

    fn a_reason_is_asked_for_what_differs_and_for_nothing_else(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul", "GM"));
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 100, "2020-08-01");
        let on_board = |quantity: i64| json!({"consignment": consignment, "leg": leg, "lines": [scene.line(quantity)]});
        scene.does("damaged", "2020-08-02", on_board(30)).expect(201);
        scene.does("customs_held", "2020-08-02", on_board(20)).expect(201);
        for differs in [
            json!({"good": 49, "damaged": 31, "on_hold": 20}),
            json!({"good": 49, "damaged": 30, "on_hold": 21}),
            json!({"good": 49, "damaged": 30, "on_hold": 20, "missing": 1}),
            json!({"good": 50, "damaged": 30, "on_hold": 20, "surplus": 1}),
        ] {
            scene.receives(&consignment, &leg, "2020-08-05", differs).refused("invalid", &["/lines/0/reason"]);
        }
        let lines = json!([{"item": scene.masks, "damaged": 15, "on_hold": 20}, {"item": scene.masks, "good": 49, "damaged": 16}]);
        let twice = json!({"consignment": consignment, "leg": leg, "final": true, "lines": lines});
        scene.does("received", "2020-08-05", twice).refused("invalid", &["/lines/1/reason"]);
        scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 50, "damaged": 30, "on_hold": 20})).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 100}));
        scene.closes();
    }
}
