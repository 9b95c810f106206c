//! What was recorded wrongly is put right by new entries, never by changing old ones.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::books::held_at;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use relief_ledger::ledger::Account;

/// A thousand masks said to be received at a hub in Accra; returns consignment, leg, hub, pledge and receipt.
fn received(scene: &Scene) -> (String, String, String, String, String) {
    let donor = scene.organization("Hainan", "CN");
    let partner = scene.organization("Hub operator", "GH");
    let beijing = scene.site("Beijing", "warehouse", "CN");
    let hub = scene.site("Accra", "warehouse", "GH");
    let pledge = scene.in_store(&donor, &beijing, 1_000);
    let (consignment, leg) = scene.sent(&partner, &[&beijing, &hub], 1_000, "2020-08-01");
    let receipt = scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 1_000})).expect(201);
    let receipt = receipt["id"].as_str().expect("an id").to_owned();
    (consignment, leg, hub, pledge, receipt)
}

/// The pledges that an excess opened, as they are shown, the largest first.
fn surplus_pledges(scene: &Scene) -> Vec<Value> {
    let listed = scene.manager.get("/api/v1/pledges?limit=100").expect(200)["items"].clone();
    let mut found: Vec<Value> = Vec::new();
    for pledge in listed.as_array().expect("a list").iter().filter(|one| one["kind"] == "surplus") {
        let id = pledge["id"].as_str().expect("an id");
        found.push(scene.manager.get(&format!("/api/v1/pledges/{id}")).expect(200));
    }
    found.sort_by_key(|one| std::cmp::Reverse(one["lines"][0]["offered"].as_i64()));
    found
}

fn right(scene: &Scene, (consignment, leg): (&str, &str), figures: Value) -> Value {
    let mut line = figures;
    line["item"] = json!(scene.masks);
    json!({"consignment": consignment, "leg": leg, "final": true, "lines": [line]})
}

/// Corrects an event to what is right; returns the correction.
fn corrected(scene: &Scene, day: &str, event: &Value, right: Value) -> Value {
    let body = json!({"event": event, "right": right, "reason": "counted again"});
    scene.does("corrected", day, body).expect(201)
}

/// As [`corrected`], where nothing of it had moved on.
fn put_right(scene: &Scene, day: &str, event: &Value, right: Value) -> Value {
    let correction = corrected(scene, day, event, right);
    assert_eq!(correction["moved_on"], Value::Null, "{correction:#}");
    correction["id"].clone()
}

/// Where the goods of the only surplus pledge are, which offers so many.
fn only_surplus(scene: &Scene, offered: i64) -> Value {
    let pledges = surplus_pledges(scene);
    let [only] = pledges.as_slice() else { panic!("one surplus pledge: {pledges:#?}") };
    assert_eq!(only["lines"][0]["offered"], offered, "{only:#}");
    scene.accounts(only["id"].as_str().expect("an id"))
}

on_both_databases! {
    migrate: migrate;

    fn a_wrong_receipt_is_corrected_after_half_has_moved_on(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (consignment, leg, hub, pledge, receipt) = received(&scene);
        let kumasi = scene.site("Kumasi", "warehouse", "GH");
        let moved = json!({"site": hub, "to_site": kumasi, "lines": [scene.line(500)]});
        scene.does("moved", "2020-08-10", moved).expect(201);
        let right = right(&scene, (&consignment, &leg), json!({"good": 300, "missing": 700, "reason": "counted again"}));
        let correction = json!({"event": receipt, "right": right, "reason": "pallets were counted twice"});
        let corrected = scene.does("corrected", "2020-08-12", correction.clone()).expect(201);
        assert_eq!(corrected["occurred_at"], "2020-08-05T00:00:00Z", "a correction takes the time of what it corrects");
        assert_eq!(corrected["moved_on"], 200);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 500, "missing": 700}));
        assert_eq!(scene.stock(&hub), json!([]));
        let open = || scene.manager.get("/api/v1/events/moved-on").expect(200)["items"].clone();
        let listed = open();
        let row = &listed[0];
        assert_eq!((&row["correction"], &row["corrected"]), (&corrected["id"], &json!(receipt)));
        assert_eq!((&row["quantity"], &row["decided"], &row["open"]), (&json!(200), &json!(0), &json!(200)));
        assert_eq!((&row["consignment"], &row["site"]), (&json!(consignment), &json!(hub)));
        assert!(row["age_seconds"].as_i64().is_some_and(|age| (0..60).contains(&age)), "{row:#}");

        let against = |quantity: i64| json!({"consignment": consignment, "leg": leg, "correction": corrected["id"],
            "lines": [scene.line(quantity)], "reason": "the units moved on are those that were missing"});
        scene.decides("miscounted", "2020-08-13", against(201)).refused("insufficient", &["/lines/0/quantity"]);
        let part = scene.decides("miscounted", "2020-08-13", against(50)).expect(201);
        assert_eq!((&open()[0]["decided"], &open()[0]["open"]), (&json!(50), &json!(150)));
        scene.decides("reversed", "2020-08-13", json!({"event": part["id"], "reason": "decided too soon"})).expect(201);
        assert_eq!(open()[0]["open"], 200);
        scene.decides("miscounted", "2020-08-13", against(200)).expect(201);
        assert_eq!(open(), json!([]));
        scene.decides("miscounted", "2020-08-13", against(1)).refused("insufficient", &["/lines/0/quantity"]);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 500, "missing": 500}));
        let lost = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(500)], "reason": "never found",
            "evidence": {"cause": "transport", "report_number": "LR-1", "filed": "cabinet 3"}});
        scene.decides("lost", "2020-08-20", lost).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 500, "lost": 500}));
        let shown = scene.event(&receipt).expect(200);
        assert_eq!(shown["followed_by"], json!([corrected["id"]]));
        scene.closes();
    }

    fn every_correction_with_units_moved_on_is_listed_until_they_are_decided(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (consignment, leg, hub, _, receipt) = received(&scene);
        let kumasi = scene.site("Kumasi", "warehouse", "GH");
        scene.does("moved", "2020-08-10", json!({"site": hub, "to_site": kumasi, "lines": [scene.line(1_000)]})).expect(201);
        let corrects = |receipt: &str, (consignment, leg): (&str, &str), good: i64| {
            let right = right(&scene, (consignment, leg), json!({"good": good, "missing": 1_000 - good, "reason": "counted again"}));
            corrected(&scene, "2020-08-12", &json!(receipt), right)
        };
        let first = corrects(&receipt, (&consignment, &leg), 900);
        let (other, other_leg, other_hub, _, other_receipt) = received(&scene);
        scene.does("moved", "2020-08-10", json!({"site": other_hub, "to_site": kumasi, "lines": [scene.line(1_000)]})).expect(201);
        let elsewhere = corrects(&other_receipt, (&other, &other_leg), 995);
        let page = |query: &str| scene.auditor.get(&format!("/api/v1/events/moved-on?limit=1{query}")).expect(200);
        let one = page("");
        assert_eq!((&one["items"][0]["correction"], &one["items"][0]["open"]), (&first["id"], &json!(100)));
        let next = one["next"].as_str().expect("there is more");
        let two = page(&format!("&after={next}"));
        assert_eq!((&two["items"][0]["correction"], &two["items"][0]["open"]), (&elsewhere["id"], &json!(5)));
        assert_eq!(two["next"], Value::Null);

        // A second correction of the same receipt says it anew: what it moved on counts instead of what the first did.
        let against = |correction: &Value, quantity: i64| {
            let body = json!({"consignment": consignment, "leg": leg, "correction": correction["id"],
                "lines": [scene.line(quantity)], "reason": "the units moved on are those that were missing"});
            scene.decides("miscounted", "2020-08-13", body)
        };
        against(&first, 60).expect(201);
        against(&first, 41).refused("insufficient", &["/lines/0/quantity"]);
        let second = corrects(&receipt, (&consignment, &leg), 700);
        let open = || scene.auditor.get("/api/v1/events/moved-on").expect(200)["items"].clone();
        let figures = |row: &Value| (row["correction"].clone(), row["quantity"].clone(), row["decided"].clone(), row["open"].clone());
        assert_eq!(figures(&open()[1]), (second["id"].clone(), json!(300), json!(60), json!(240)));
        against(&second, 241).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("reversed", "2020-08-14", json!({"event": second["id"], "reason": "the first was right"})).expect(201);
        assert_eq!(figures(&open()[0]), (first["id"].clone(), json!(100), json!(60), json!(40)));
        against(&second, 1).refused("wrong_state", &["/correction"]);
        against(&json!({"id": receipt}), 1).refused("wrong_state", &["/correction"]);
        against(&first, 40).expect(201);
        let left = open();
        assert_eq!((left.as_array().map(Vec::len), &left[0]["correction"]), (Some(1), &elsewhere["id"]));
        let donor = scene.house.login_bound(Role::Donor, Some(OrganizationId(uuid::Uuid::parse_str(&scene.organization("Other", "CN")).expect("an id"))), None);
        donor.get("/api/v1/events/moved-on").expect(403);
        scene.closes();
        scene.verifies();
    }

    fn a_receipt_stands_open_again_once_the_correction_that_closed_it_is_reversed(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        scene.in_store(&donor, &beijing, 100);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 100, "2020-08-01");
        let part = |good: i64| json!({"consignment": consignment, "leg": leg, "lines": [{"item": scene.masks, "good": good}]});
        let receipt = scene.does("received", "2020-08-05", part(60)).expect(201);
        let closing = right(&scene, (&consignment, &leg), json!({"good": 60, "missing": 40, "reason": "no more came"}));
        let closed = corrected(&scene, "2020-08-06", &receipt["id"], closing);
        scene.does("received", "2020-08-07", part(40)).refused("wrong_state", &["/leg"]);
        scene.does("reversed", "2020-08-07", json!({"event": closed["id"], "reason": "the second lorry came"})).expect(201);
        scene.does("received", "2020-08-07", part(40)).expect(201);
        scene.closes();
        scene.verifies();
    }

    fn a_corrected_receipt_keeps_its_surplus_on_the_line_it_came_in_on(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 100, "2020-08-01");
        let figures = |good: i64, surplus: i64| json!({"good": good, "missing": 100 - good, "surplus": surplus, "reason": "recount"});
        let receipt = scene.receives(&consignment, &leg, "2020-08-05", figures(90, 20)).expect(201);
        scene.does("distributed", "2020-08-06", json!({"site": banjul, "lines": [scene.line(110)]})).expect(201);
        let corrects = |right: Value| put_right(&scene, "2020-08-07", &receipt["id"], right);
        let plain = |good: i64, surplus: i64| corrects(right(&scene, (&consignment, &leg), figures(good, surplus)));
        plain(91, 20);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 1, "distributed": 90, "missing": 9}));
        assert_eq!(only_surplus(&scene, 20), json!({"distributed": 20}));
        let more = plain(91, 25);
        assert_eq!(only_surplus(&scene, 25), json!({"delivered": 5, "distributed": 20}));
        plain(92, 22);
        assert_eq!(only_surplus(&scene, 22), json!({"delivered": 2, "distributed": 20}));
        // The same goods further down: another line was forgotten before it.
        let line = |figures: Value| { let mut line = figures; line["item"] = json!(scene.masks); line };
        let lot = json!({"surplus": 3, "good": 0, "reason": "found", "lot": "L-7"});
        let last = corrects(json!({"consignment": consignment, "leg": leg, "final": true, "lines": [line(lot), line(figures(92, 22))]}));
        let lines: Vec<i64> = surplus_pledges(&scene).iter().map(|one| one["lines"][0]["offered"].as_i64().expect("a figure")).collect();
        assert_eq!(lines, [22, 3], "what was not known before opens its own");
        scene.does("reversed", "2020-08-08", json!({"event": last, "reason": "no such lot"})).expect(201);
        scene.does("reversed", "2020-08-08", json!({"event": more, "reason": "no"})).refused("depended_on", &["/event"]);
        scene.closes();
        scene.verifies();
    }

    fn a_corrected_count_keeps_what_it_found_on_the_line_it_opened(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (hub, kumasi) = (scene.site("Accra", "warehouse", "GH"), scene.site("Kumasi", "warehouse", "GH"));
        let counted = |quantity: i64| json!({"site": hub, "programme": scene.programme,
            "lines": [{"item": scene.masks, "counted": quantity}]});
        let count = scene.does("counted", "2020-07-02", counted(30)).expect(201);
        scene.does("moved", "2020-07-03", json!({"site": hub, "to_site": kumasi, "lines": [scene.line(30)]})).expect(201);
        let pledge = scene.in_store(&donor, &hub, 100);
        for quantity in [31, 34, 33] {
            put_right(&scene, "2020-07-12", &count["id"], counted(quantity));
            assert_eq!(only_surplus(&scene, quantity), json!({"in_storage": quantity}));
            assert_eq!(scene.accounts(&pledge), json!({"in_storage": 100}));
        }
        scene.closes();
        scene.verifies();
    }

    fn what_a_correction_counted_later_is_taken_back_from_when_it_counted(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (hub, kumasi) = (scene.site("Accra", "warehouse", "GH"), scene.site("Kumasi", "warehouse", "GH"));
        scene.in_store(&donor, &hub, 10);
        let moves = |quantity: i64| json!({"site": hub, "to_site": kumasi, "lines": [scene.line(quantity)]});
        let moved = scene.does("moved", "2020-07-12", moves(10)).expect(201);
        let (late, _) = scene.accepted(&donor, 5);
        let late = json!({"pledge": late, "site": hub, "lines": [scene.line(5)]});
        scene.does("collected", "2020-07-20", late).expect(201);
        let more = corrected(&scene, "2020-07-21", &moved["id"], moves(15));
        assert_eq!((&more["moved"], &more["effective_at"]), (&json!(true), &json!("2020-07-20T00:00:00Z")));
        scene.does("reversed", "2020-07-22", json!({"event": moved["id"], "reason": "nothing went"})).expect(201);
        assert_eq!(scene.stock(&hub)[0]["free"], 15);
        assert_eq!(scene.stock(&kumasi), json!([]));
        scene.closes();
        scene.verifies();
    }

    fn a_second_correction_takes_back_what_the_first_counted_later_from_then_on(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (hub, city) = (scene.site("Accra", "warehouse", "GH"), scene.organization("Accra", "GH"));
        let (pledge, _) = scene.accepted(&donor, 15);
        let collects = |day: &str, quantity: i64| {
            let body = json!({"pledge": pledge, "site": hub, "lines": [scene.line(quantity)]});
            scene.does("collected", day, body).expect(201);
        };
        let hands_over = |quantity: i64| json!({"site": hub, "consignee": city, "lines": [scene.line(quantity)]});
        collects("2020-07-10", 10);
        let delivered = scene.does("delivered", "2020-07-12", hands_over(10)).expect(201);
        collects("2020-07-20", 5);
        let corrects = |quantity: i64| corrected(&scene, "2020-07-21", &delivered["id"], hands_over(quantity));
        let held = || ["2020-07-11", "2020-07-13", "2020-07-19", "2020-07-22"].map(|day| held_at(&scene.url, Account::Delivered, day));
        assert_eq!(corrects(15)["effective_at"], "2020-07-20T00:00:00Z");
        assert_eq!(held(), [0, 10, 10, 15]);
        assert_eq!(corrects(12)["effective_at"], "2020-07-20T00:00:00Z", "the three too many were never there before");
        assert_eq!(held(), [0, 10, 10, 12]);
        let less = corrects(8);
        assert_eq!((&less["moved"], &less["effective_at"]), (&json!(false), &json!("2020-07-12T00:00:00Z")));
        assert_eq!(held(), [0, 8, 8, 8]);
        scene.does("reversed", "2020-07-22", json!({"event": less["id"], "reason": "it was right"})).expect(201);
        assert_eq!(held(), [0, 10, 10, 12]);
        scene.closes();
        scene.verifies();
    }

    fn a_corrected_count_compares_with_what_lay_there_even_if_it_counted_later(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (hub, kumasi) = (scene.site("Accra", "warehouse", "GH"), scene.site("Kumasi", "warehouse", "GH"));
        let pledge = scene.in_store(&donor, &hub, 10);
        for (day, from, to) in [("2020-07-13", &hub, &kumasi), ("2020-07-14", &kumasi, &hub)] {
            scene.does("moved", day, json!({"site": from, "to_site": to, "lines": [scene.line(10)]})).expect(201);
        }
        let counted = |quantity: i64| json!({"site": hub, "lines": [{"item": scene.masks, "counted": quantity}]});
        let count = scene.does("counted", "2020-07-12", counted(5)).expect(201);
        assert_eq!((&count["moved"], scene.accounts(&pledge)), (&json!(true), json!({"in_storage": 5, "missing": 5})));
        for (quantity, missing) in [(8, 2), (6, 4)] {
            corrected(&scene, "2020-07-15", &count["id"], counted(quantity));
            assert_eq!(scene.accounts(&pledge), json!({"in_storage": 10 - missing, "missing": missing}));
        }
        scene.closes();
        scene.verifies();
    }

    fn a_corrected_acceptance_leaves_the_pledge_accepted_as_it_should_have_been(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (pledge, line) = scene.pledge(&donor, 1_000);
        let accept = |quantity: i64| json!({"pledge": pledge, "lines": [{"line": line, "quantity": quantity}]});
        let stands = |accepted: i64| {
            let shown = scene.manager.get(&format!("/api/v1/pledges/{pledge}")).expect(200);
            assert_eq!((&shown["lines"][0]["accepted"], scene.accounts(&pledge)), (&json!(accepted), json!({"unallocated": accepted})));
            shown["state"].clone()
        };
        let event = scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let whole = stands(1_000);
        let corrects = |quantity: i64| scene.decides("corrected", "2020-07-06",
            json!({"event": event["id"], "right": accept(quantity), "reason": "a slip"}));
        corrects(1_001).refused("invalid", &["/lines/0/quantity"]);
        let corrected = corrects(400).expect(201);
        assert_ne!(stands(400), whole);
        let again = corrects(700).expect(201);
        stands(700);
        scene.decides("reversed", "2020-07-07", json!({"event": again["id"], "reason": "it was right"})).expect(201);
        stands(400);
        scene.decides("reversed", "2020-07-07", json!({"event": corrected["id"], "reason": "it was right at first"})).expect(201);
        assert_eq!(stands(1_000), whole);
        scene.closes();
        scene.verifies();
    }

    fn who_may_not_decide_may_not_take_a_decision_back(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (pledge, _) = scene.pledge(&donor, 1_000);
        let accepting = json!({"pledge": pledge});
        let accepted = scene.decides("pledge_accepted", "2020-07-05", accepting).expect(201);
        let undo = json!({"event": accepted["id"], "reason": "I would rather not"});
        let before = scene.log_size();
        for (kind, details) in [
            ("reversed", undo.clone()),
            ("corrected", json!({"event": accepted["id"], "reason": "half", "right": {"pledge": pledge, "lines": []}})),
        ] {
            let told = scene.does(kind, "2020-07-06", details).refused("forbidden", &[]);
            assert!(told.contains("pledge.decide"), "it names what is missing: {told}");
        }
        assert_eq!(scene.log_size(), before);
        // The other way round, a manager takes back no receipt: recording is the officer's.
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let body = json!({"pledge": pledge, "site": beijing, "lines": [scene.line(400)]});
        let collected = scene.does("collected", "2020-07-10", body).expect(201);
        let undo_collected = json!({"event": collected["id"], "reason": "no"});
        scene.decides("reversed", "2020-07-11", undo_collected.clone()).refused("forbidden", &[]);
        scene.does("reversed", "2020-07-11", undo_collected).expect(201);
        // What is not known yet waits, and is refused all the same when it turns up.
        let later = super::scene::id();
        let early = json!({"event": later, "reason": "sent ahead of what it is about"});
        scene.does("reversed", "2020-07-12", early).expect(202);
        scene.decides("reversed", "2020-07-12", undo).expect(201);
        let again = super::scene::event(&later, "pledge_accepted", "2020-07-13", json!({"pledge": pledge}));
        scene.manager.post("/api/v1/events", &again).expect(201);
        assert_eq!(scene.event(&later).expect(200)["followed_by"], json!([]));
        assert_eq!(scene.accounts(&pledge), json!({"unallocated": 1_000}));
        scene.closes();
    }

    fn a_correction_is_itself_reversed_and_the_receipt_corrected_anew(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (consignment, leg, _, pledge, receipt) = received(&scene);
        let corrects = |figures: Value| {
            corrected(&scene, "2020-08-12", &json!(receipt), right(&scene, (&consignment, &leg), figures))
        };
        let first = corrects(json!({"good": 900, "missing": 100, "reason": "short"}));
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 900, "missing": 100}));
        scene.does("reversed", "2020-08-13", json!({"event": first["id"], "reason": "it was right"})).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 1_000}));
        corrects(json!({"good": 950, "missing": 50, "reason": "short"}));
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 950, "missing": 50}));
        corrects(json!({"good": 960, "damaged": 40, "reason": "torn"}));
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 1_000}));
        scene.does("reversed", "2020-08-14", json!({"event": receipt, "reason": "another consignment"})).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}));
        scene.receives(&consignment, &leg, "2020-08-15", json!({"good": 1_000})).expect(201);
        scene.closes();
    }

    fn a_reversal_is_refused_while_later_events_depend_on_it_and_names_them(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (_, _, hub, pledge, receipt) = received(&scene);
        let kumasi = scene.site("Kumasi", "warehouse", "GH");
        let moved = json!({"site": hub, "to_site": kumasi, "lines": [scene.line(1)]});
        let later = scene.does("moved", "2020-08-10", moved).expect(201);
        let reverse = |event: &Value| scene.does("reversed", "2020-08-12", json!({"event": event, "reason": "wrong ship"}));
        let size = scene.log_size();
        let refusal = reverse(&json!(receipt));
        refusal.refused("depended_on", &["/event"]);
        assert_eq!(refusal.json()["events"][0]["event"], later["id"], "{}", refusal.text);
        assert_eq!(scene.log_size(), size);
        let reversal = reverse(&later["id"]).expect(201);
        assert_eq!(reversal["effective_at"], later["effective_at"]);
        reverse(&later["id"]).refused("wrong_state", &["/event"]);
        reverse(&reversal["id"]).refused("wrong_state", &["/event"]);
        reverse(&json!(receipt)).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 1_000}));
        scene.closes();
    }

    fn what_was_handed_out_reversed_and_handed_out_again_counts_once(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let city = scene.organization("Banjul", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 100, "2020-08-01");
        scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 100})).expect(201);
        let hand_out = || scene.does("distributed", "2020-08-06", json!({"site": banjul, "lines": [scene.line(100)]}));
        for _ in 0..2 {
            let event = hand_out().expect(201);
            scene.does("reversed", "2020-08-07", json!({"event": event["id"], "reason": "rained off"})).expect(201);
        }
        hand_out().expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"distributed": 100}));
        scene.closes();
    }
}
