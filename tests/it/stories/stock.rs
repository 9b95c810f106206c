//! What happens to goods on the way and on the shelf: split, diverted, counted, moved, recalled, held.

use serde_json::{Value, json};

use super::scene::{Scene, id};
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::migrate;

struct Way {
    scene: Scene,
    city: String,
    beijing: String,
    hub: String,
    banjul: String,
    pledge: String,
}

/// A thousand masks in Beijing, a hub in Dakar, and a city to send them to.
fn way(database: &TestDatabase) -> Way {
    let scene = Scene::new(database);
    let donor = scene.organization("Hainan", "CN");
    let city = scene.organization("Banjul", "GM");
    let beijing = scene.site("Beijing", "warehouse", "CN");
    let (hub, banjul) = (scene.site("Dakar", "warehouse", "SN"), scene.site("Banjul", "city", "GM"));
    let pledge = scene.in_store(&donor, &beijing, 1_000);
    Way { scene, city, beijing, hub, banjul, pledge }
}

/// Masks of a lot that come into a warehouse; returns their pledge.
fn lot_in_store(scene: &Scene, site: &str, lot: &str, expires_on: &str, quantity: i64) -> String {
    let donor = scene.organization(&format!("Donor of {lot}"), "CN");
    let (pledge, _) = scene.accepted(&donor, quantity);
    let line = json!({"item": scene.masks, "lot": lot, "expires_on": expires_on, "quantity": quantity});
    scene
        .does("collected", "2020-07-10", json!({"pledge": pledge, "site": site, "lines": [line]}))
        .expect(201);
    pledge
}

fn figures(stock: &Value, lot: &str) -> [i64; 5] {
    let line =
        stock.as_array().expect("stock").iter().find(|line| line["lot"] == lot).cloned().unwrap_or_default();
    ["free", "allocated", "held", "damaged", "expired"].map(|name| line[name].as_i64().unwrap_or(0))
}

on_both_databases! {
    migrate: migrate;

    fn what_is_under_way_is_not_at_the_site_it_goes_to_yet(database: &TestDatabase) {
        let Way { scene, city, beijing, hub, banjul, pledge } = way(database);
        scene.does("moved", "2020-07-20", json!({"site": beijing, "to_site": hub, "lines": [scene.line(100)]})).expect(201);
        let (consignment, _) = scene.sent(&city, &[&beijing, &hub, &banjul], 900, "2020-08-01");
        let in_dakar = |quantity: i64| json!({"site": hub, "lines": [scene.line(quantity)], "reason": "the roof leaks"});
        for kind in ["reported_missing", "damaged", "held"] {
            scene.does(kind, "2020-08-02", in_dakar(101)).refused("insufficient", &["/lines/0/quantity"]);
        }
        let with_it = json!({"consignment": consignment, "site": hub, "lines": [scene.line(1)], "reason": "wet"});
        let early = scene.does("damaged", "2020-08-02", with_it).expect(202);
        assert_eq!(early["status"], "waiting", "it may be told before the receipt, and counts in nothing yet");
        scene.does("reported_missing", "2020-08-02", in_dakar(100)).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_transit": 900, "missing": 100}));
        scene.closes();
    }

    fn a_part_is_split_off_in_transit_and_goes_its_own_way(database: &TestDatabase) {
        let Way { scene, city, beijing, hub, banjul, pledge } = way(database);
        let consignment = scene.consignment(&city, &[&beijing, &hub, &banjul]);
        let (parent, legs) = (&consignment["id"], &consignment["leg_ids"]);
        scene.does("departed", "2020-08-01", json!({"consignment": parent, "leg": legs[0], "lines": [scene.line(1_000)]})).expect(201);
        let clinic = scene.organization("Clinic", "SN");
        let thies = scene.site("Thies", "health_facility", "SN");
        let child = id();
        let split = |quantity: i64| json!({"consignment": parent, "leg": legs[0], "lines": [scene.line(quantity)], "child": {
            "id": child, "consignee": clinic, "destination": thies, "legs": [{"mode": "road", "from": hub, "to": thies}]}});
        scene.does("split", "2020-08-02", split(1_001)).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("split", "2020-08-02", split(300)).expect(201);
        let seen = |id: &Value| scene.officer.get(&format!("/api/v1/consignments/{}", id.as_str().expect("an id"))).expect(200);
        let child = json!(child);
        assert_eq!((&seen(parent)["standing"]["in_transit"], &seen(&child)["standing"]["in_transit"]), (&json!(700), &json!(300)));
        assert_eq!(seen(&child)["parent"], *parent);
        assert_ne!(seen(&child)["tracking_code"], seen(parent)["tracking_code"]);
        let receive = |id: &Value, leg: &Value, good: i64| json!({"consignment": id, "leg": leg, "final": true,
            "lines": [{"item": scene.masks, "good": good}]});
        scene.does("received", "2020-08-03", receive(parent, &legs[0], 700)).expect(201);
        let child_legs = seen(&child)["legs"].clone();
        scene.does("received", "2020-08-03", receive(&child, &child_legs[0]["id"], 300)).expect(201);
        scene.does("departed", "2020-08-04", json!({"consignment": child, "leg": child_legs[1]["id"]})).expect(201);
        scene.does("received", "2020-08-05", receive(&child, &child_legs[1]["id"], 300)).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"allocated": 700, "delivered": 300}));
        assert_eq!((&seen(&child)["state"], &seen(parent)["state"]), (&json!("delivered"), &json!("at_hub")));
        scene.closes();
    }

    fn a_leg_under_way_is_diverted_and_the_diversion_reversed(database: &TestDatabase) {
        let Way { scene, city, beijing, hub, banjul, pledge } = way(database);
        let (consignment, old) = scene.sent(&city, &[&beijing, &banjul], 1_000, "2020-08-01");
        let lost = json!({"consignment": consignment, "leg": old, "lines": [scene.line(10)], "reason": "fell into the sea"});
        scene.does("reported_missing", "2020-08-02", lost).expect(201);
        let (first, second) = (id(), id());
        let diverted = json!({"consignment": consignment, "leg": old, "reason": "the airport closed", "legs": [
            {"id": first, "mode": "air", "from": beijing, "to": hub}, {"id": second, "mode": "road", "from": hub, "to": banjul}]});
        let mut again = diverted.clone();
        again["legs"][1]["id"] = json!(first);
        scene.does("diverted", "2020-08-03", again).refused("duplicate", &["/legs/1/id"]);
        let event = scene.does("diverted", "2020-08-03", diverted).expect(201);
        scene.receives(&consignment, &old, "2020-08-05", json!({"good": 990})).refused("wrong_state", &["/leg"]);
        let found = json!({"consignment": consignment, "leg": old, "lines": [scene.line(4)], "reason": "washed ashore"});
        scene.decides("found", "2020-08-04", found).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 4, "in_transit": 990, "missing": 6}));

        scene.does("reversed", "2020-08-05", json!({"event": event["id"], "reason": "it flew on"})).expect(201);
        scene.receives(&consignment, &first, "2020-08-06", json!({"good": 990})).refused("wrong_state", &["/leg"]);
        scene.receives(&consignment, &old, "2020-08-06", json!({"good": 990})).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 994, "missing": 6}));
        scene.closes();
    }

    fn reserved_goods_are_released_and_a_consignment_is_cancelled(database: &TestDatabase) {
        let Way { scene, city, beijing, banjul, pledge, .. } = way(database);
        let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
        let lines = |quantity: i64| json!({"consignment": consignment, "site": beijing, "lines": [scene.line(quantity)]});
        scene.does("allocated", "2020-07-20", lines(1_001)).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("allocated", "2020-07-20", lines(600)).expect(201);
        scene.does("released", "2020-07-21", lines(601)).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("released", "2020-07-21", lines(100)).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"allocated": 500, "in_storage": 500}));
        let cancel = |id: &str| scene.does("cancelled", "2020-07-22", json!({"consignment": id, "reason": "no flight"}));
        cancel(&consignment).expect(201);
        cancel(&consignment).refused("wrong_state", &["/consignment"]);
        scene.does("departed", "2020-07-23", json!({"consignment": consignment, "leg": leg})).refused("wrong_state", &["/consignment"]);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 1_000}));
        let (under_way, _) = scene.sent(&city, &[&beijing, &banjul], 1, "2020-08-01");
        cancel(&under_way).refused("wrong_state", &[]);
        scene.closes();
    }

    fn a_count_finds_short_and_over(database: &TestDatabase) {
        let Way { scene, city, beijing, hub, banjul, pledge } = way(database);
        let count = |site: &str, counted: i64, day: &str| scene.does("counted", day,
            json!({"site": site, "programme": scene.programme, "lines": [{"item": scene.masks, "counted": counted}]}));
        count(&beijing, 990, "2020-07-20").expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 990, "missing": 10}));
        count(&beijing, 995, "2020-07-21").expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 995, "missing": 10}));
        let status = scene.officer.get(&format!("/api/v1/pledges/{pledge}/status")).expect(200);
        assert_eq!(status["lines"][0]["surplus"], 5);
        count(&hub, 7, "2020-07-22").expect(201);
        assert_eq!(scene.stock(&hub)[0]["free"], 7);
        let twice = json!({"site": beijing, "lines": [{"item": scene.masks, "counted": 1}, {"item": scene.masks, "counted": 1}]});
        scene.does("counted", "2020-07-23", twice).refused("invalid", &["/lines/1"]);
        // What a late count finds short has left meanwhile.
        scene.sent(&city, &[&beijing, &banjul], 990, "2020-08-01");
        let size = scene.log_size();
        count(&beijing, 900, "2020-07-25").refused("insufficient", &["/lines/0/counted"]);
        assert_eq!(scene.log_size(), size);
        scene.closes();
    }

    fn a_count_of_before_a_departure_is_compared_with_what_was_there_then(database: &TestDatabase) {
        let Way { scene, city, beijing, banjul, pledge, .. } = way(database);
        scene.sent(&city, &[&beijing, &banjul], 400, "2020-08-01");
        let lines = json!([{"item": scene.masks, "counted": 998}]);
        let counted = scene.does("counted", "2020-07-20", json!({"site": beijing, "lines": lines})).expect(201);
        assert_eq!(counted["moved"], false);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 598, "in_transit": 400, "missing": 2}));
        scene.closes();
    }

    fn two_lines_of_one_update_share_what_several_donors_left(database: &TestDatabase) {
        let Way { scene, beijing, hub, .. } = way(database);
        let other = scene.organization("Jiangsu", "CN");
        scene.in_store(&other, &beijing, 1_000);
        let moved = json!({"site": beijing, "to_site": hub, "lines": [scene.line(700), scene.line(700)]});
        scene.does("moved", "2020-08-01", moved).expect(201);
        assert_eq!((&scene.stock(&beijing)[0]["free"], &scene.stock(&hub)[0]["free"]), (&json!(600), &json!(1_400)));
        let more = json!({"site": beijing, "to_site": hub, "lines": [scene.line(300), scene.line(301)]});
        scene.does("moved", "2020-08-01", more).refused("insufficient", &["/lines/1/quantity"]);
        scene.closes();
    }

    fn a_recalled_lot_is_held_everywhere_and_stays_held_whatever_comes_later(database: &TestDatabase) {
        let Way { scene, city, beijing, hub, banjul, .. } = way(database);
        let pledge = lot_in_store(&scene, &beijing, "BAD-1", "2032-01-31", 1_000);
        let lot = |quantity: i64| json!({"item": scene.masks, "lot": "BAD-1", "quantity": quantity});
        let send = |stop: &str| {
            let (consignment, leg) = scene.planned(&city, &[&beijing, stop]);
            scene.does("departed", "2020-08-01", json!({"consignment": consignment, "leg": leg, "lines": [lot(200)]})).expect(201);
            (consignment, leg)
        };
        let (arrived, arrived_leg) = send(&banjul);
        scene.receives(&arrived, &arrived_leg, "2020-08-03", json!({"good": 200})).expect(201);
        let (under_way, leg) = send(&hub);
        let (reserved, _) = scene.planned(&city, &[&beijing, &banjul]);
        scene.does("allocated", "2020-08-02", json!({"consignment": reserved, "site": beijing, "lines": [lot(100)]})).expect(201);
        let recall = json!({"item": scene.masks, "lot": "BAD-1", "reason": "straps break"});
        scene.does("held", "2020-08-04", recall.clone()).expect(201);
        scene.does("held", "2020-08-04", recall.clone()).refused("wrong_state", &["/lot"]);
        assert_eq!(figures(&scene.stock(&beijing), "BAD-1"), [0, 0, 600, 0, 0]);
        let hand_out = json!({"site": banjul, "lines": [lot(1)]});
        scene.does("distributed", "2020-08-05", hand_out.clone()).refused("insufficient", &["/lines/0/quantity"]);

        // A receipt that calls them good, its surplus, and what is found again: all stay on hold.
        let line = json!({"item": scene.masks, "lot": "BAD-1", "good": 190, "missing": 10, "surplus": 5, "reason": "one carton"});
        scene.does("received", "2020-08-06", json!({"consignment": under_way, "leg": leg, "final": true, "lines": [line]})).expect(201);
        assert_eq!(figures(&scene.stock(&hub), "BAD-1"), [0, 0, 195, 0, 0]);
        let found = json!({"consignment": under_way, "leg": leg, "lines": [lot(10)], "reason": "behind the seat"});
        scene.decides("found", "2020-08-07", found).expect(201);
        assert_eq!(figures(&scene.stock(&hub), "BAD-1"), [0, 0, 205, 0, 0]);
        let relot = json!({"site": beijing, "lines": [scene.line(20)], "to_lot": "BAD-1"});
        scene.does("relotted", "2020-08-07", relot).expect(201);
        assert_eq!(figures(&scene.stock(&beijing), "BAD-1"), [0, 0, 620, 0, 0]);
        let release = json!({"site": hub, "lines": [lot(1)]});
        scene.does("released_from_hold", "2020-08-08", release).refused("insufficient", &["/lines/0/quantity"]);
        let count = json!({"site": hub, "lines": [{"item": scene.masks, "lot": "BAD-1", "condition": "on_hold", "counted": 206}]});
        scene.does("counted", "2020-08-08", count).expect(201);
        assert_eq!(scene.accounts(&pledge)["delivered"], 200);

        scene.does("released_from_hold", "2020-08-09", recall).expect(201);
        assert_eq!(figures(&scene.stock(&hub), "BAD-1"), [206, 0, 0, 0, 0]);
        scene.does("distributed", "2020-08-10", hand_out).expect(201);
        scene.closes();
    }

    fn goods_turn_out_to_be_of_another_lot(database: &TestDatabase) {
        let Way { scene, beijing, pledge, .. } = way(database);
        let relot = |lines: Value, to: &str| json!({"site": beijing, "lines": lines, "to_lot": to, "expires_on": "2031-01-31"});
        scene.does("relotted", "2020-08-01", relot(json!([scene.line(400)]), "A-1")).expect(201);
        let from_a = json!([{"item": scene.masks, "lot": "A-1", "quantity": 150}]);
        scene.does("relotted", "2020-08-02", relot(from_a, "A-2")).expect(201);
        assert_eq!(figures(&scene.stock(&beijing), "A-1")[0], 250);
        assert_eq!(figures(&scene.stock(&beijing), "A-2")[0], 150);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 1_000}));
        let wrong = json!({"site": beijing, "lines": [scene.line(1)], "to_lot": "A-1", "expires_on": "2030-01-31"});
        scene.does("relotted", "2020-08-03", wrong).refused("invalid", &["/expires_on"]);
        scene.closes();
    }

    fn customs_holds_and_releases_what_is_under_way(database: &TestDatabase) {
        let Way { scene, city, beijing, banjul, pledge, .. } = way(database);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 500, "2020-08-01");
        let some = |quantity: i64| json!({"consignment": consignment, "leg": leg, "lines": [scene.line(quantity)]});
        let all = json!({"consignment": consignment, "reason": "papers"});
        scene.does("customs_released", "2020-08-02", all.clone()).refused("insufficient", &[]);
        scene.does("customs_held", "2020-08-02", some(100)).expect(201);
        scene.does("customs_held", "2020-08-02", all.clone()).expect(201);
        scene.does("customs_released", "2020-08-03", some(501)).refused("insufficient", &["/lines/0/quantity"]);
        scene.does("customs_released", "2020-08-03", all).expect(201);
        scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 500})).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"delivered": 500, "in_storage": 500}));
        scene.closes();
    }

    fn expired_held_and_damaged_goods_never_reach_people(database: &TestDatabase) {
        let Way { scene, city, beijing, banjul, .. } = way(database);
        lot_in_store(&scene, &beijing, "OLD-1", "2020-08-31", 100);
        let (consignment, leg) = scene.planned(&city, &[&beijing, &banjul]);
        let lot = |quantity: i64| json!({"item": scene.masks, "lot": "OLD-1", "quantity": quantity});
        scene.does("departed", "2020-08-01", json!({"consignment": consignment, "leg": leg, "lines": [lot(100)]})).expect(201);
        scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 80, "damaged": 10, "on_hold": 10, "reason": "wet"})).expect(201);
        let hand_out = |quantity: i64, day: &str| scene.does("distributed", day, json!({"site": banjul, "lines": [scene.line(quantity)]}));
        hand_out(81, "2020-08-31").refused("insufficient", &["/lines/0/quantity"]);
        hand_out(30, "2020-08-31").expect(201);
        let refusal = hand_out(1, "2020-09-01");
        assert_eq!(refusal.json()["held_damaged_or_expired"], 70, "{}", refusal.text);
        refusal.refused("insufficient", &["/lines/0/quantity"]);
        let released = json!({"site": banjul, "lines": [lot(10)]});
        scene.does("released_from_hold", "2020-08-06", released).expect(201);
        hand_out(60, "2020-08-31").expect(201);
        scene.closes();
    }
    fn one_decision_settles_what_a_count_and_a_way_to_the_site_lack(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let partner = scene.organization("Hub operator", "GH");
        let (beijing, hub) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Accra", "warehouse", "GH"));
        let sent = scene.in_store(&donor, &beijing, 100);
        let lying = scene.in_store(&donor, &hub, 50);
        let (consignment, leg) = scene.sent(&partner, &[&beijing, &hub], 100, "2020-08-01");
        let counted = json!({"site": hub, "lines": [{"item": scene.masks, "counted": 47}]});
        scene.does("counted", "2020-08-02", counted).expect(201);
        scene.receives(&consignment, &leg, "2020-08-05", json!({"good": 94, "missing": 6, "reason": "short"})).expect(201);
        let decided = |quantity: i64| json!({"site": hub, "lines": [scene.line(quantity)], "reason": "nobody knows",
            "evidence": {"cause": "storage", "report_number": "LR-1", "filed": "cabinet 3"}});
        scene.decides("found", "2020-08-06", decided(3)).expect(201);
        scene.verifies();
        scene.decides("lost", "2020-08-07", decided(6)).expect(201);
        assert_eq!(scene.accounts(&sent), json!({"in_storage": 96, "lost": 4}));
        assert_eq!(scene.accounts(&lying), json!({"in_storage": 48, "lost": 2}));
        scene.closes();
        scene.verifies();
    }

    fn a_count_entered_late_is_compared_with_what_has_all_gone_since(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (hub, kumasi) = (scene.site("Accra", "warehouse", "GH"), scene.site("Kumasi", "warehouse", "GH"));
        let pledge = scene.in_store(&donor, &hub, 10);
        scene.does("moved", "2020-07-13", json!({"site": hub, "to_site": kumasi, "lines": [scene.line(10)]})).expect(201);
        let counts = |day: &str, quantity: i64| {
            let body = json!({"site": hub, "lines": [{"item": scene.masks, "counted": quantity}]});
            scene.does("counted", day, body)
        };
        // Nothing differs, so no surplus is made of what was there.
        counts("2020-07-12", 10).expect(201);
        counts("2020-07-12", 8).refused("insufficient", &["/lines/0/counted"]);
        counts("2020-07-14", 0).expect(201);
        assert_eq!(scene.accounts(&pledge), json!({"in_storage": 10}));
        let pledges = scene.manager.get("/api/v1/pledges").expect(200);
        assert_eq!(pledges["items"].as_array().map(Vec::len), Some(1), "{pledges:#}");
        scene.closes();
        scene.verifies();
    }

    fn whatever_is_short_is_short_of_an_account(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (donor, city) = (scene.organization("Hainan", "CN"), scene.organization("Banjul", "GM"));
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let (pledge, _) = scene.accepted(&donor, 100);
        scene.does("collected", "2020-07-10", json!({"pledge": pledge, "site": beijing, "lines": [scene.line(60)]})).expect(201);
        let (consignment, leg) = scene.sent(&city, &[&beijing, &banjul], 30, "2020-08-01");
        let came = json!({"consignment": consignment, "leg": leg, "lines": [{"item": scene.masks, "good": 20}]});
        scene.does("received", "2020-08-02", came).expect(201);
        let lines = json!([scene.line(1_000)]);
        let there = |site: &str| json!({"site": site, "lines": lines, "reason": "as seen"});
        let under_way = json!({"consignment": consignment, "leg": leg, "lines": lines, "reason": "as seen"});
        let evidence = json!({"report_number": "R-1", "cause": "storage", "filed": "cabinet 2"});
        let mut disposed = there(&beijing);
        disposed["evidence"] = evidence.clone();
        let mut lost = under_way.clone();
        lost["evidence"] = evidence;
        let relotted = json!({"site": beijing, "lines": lines, "to_lot": "SZ-0708"});
        let asked = [
            ("collected", json!({"pledge": pledge, "site": beijing, "lines": lines}), "unallocated", None),
            ("held", there(&beijing), "in_storage", Some("good")),
            ("released_from_hold", there(&beijing), "in_storage", Some("on_hold")),
            ("damaged", there(&beijing), "in_storage", None),
            ("damaged", there(&banjul), "delivered", None),
            ("damaged", under_way.clone(), "in_transit", None),
            ("reported_missing", there(&beijing), "in_storage", None),
            ("reported_missing", under_way.clone(), "in_transit", None),
            ("customs_held", under_way.clone(), "in_transit", Some("good")),
            ("disposed", disposed, "in_storage", Some("damaged")),
            ("lost", lost, "missing", None),
            ("relotted", relotted, "in_storage", None),
            ("distributed", json!({"site": banjul, "lines": lines}), "delivered", None),
            ("delivered", json!({"site": beijing, "consignee": city, "lines": lines}), "in_storage", None),
        ];
        for (kind, body, account, condition) in asked {
            let reply = match kind {
                "lost" | "disposed" => scene.decides(kind, "2020-08-03", body),
                _ => scene.does(kind, "2020-08-03", body),
            };
            reply.refused("insufficient", &["/lines/0/quantity"]);
            let told = reply.json();
            assert_eq!((told["account"].as_str(), told["condition"].as_str()), (Some(account), condition), "{kind}: {told:#}");
            assert_eq!(told["asked"], 1_000, "{kind}: {told:#}");
            assert!(told["available"].is_i64(), "{kind}: {told:#}");
        }
        scene.closes();
    }
}
