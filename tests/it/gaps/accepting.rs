//! Accepting while others post, over two programmes, and what an answer says of what it does not see.

use std::sync::Arc;

use relief_ledger::auth::{Action, Principal, Role, action, authorize, now};
use relief_ledger::core::id::UserId;
use relief_ledger::db::connect;
use relief_ledger::forecast::Forecasting;
use relief_ledger::gaps::{Judged, ProposalsAccept, ProposalsAccepted, judge};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ground, gaps};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

const PROPOSALS: &str = "/api/v1/gaps/proposals";

fn allocation(need: &Value, consignment: &str, site: &str, quantity: i64) -> Value {
    json!({"id": id(), "need": need["id"], "consignment": consignment, "occurred_at": "2020-07-20", "site": site,
        "quantity": quantity})
}

fn gap_of(ground: &Ground) -> i64 {
    gaps(&ground.scene.auditor, "area=GM-B").iter().map(|row| row["gap"].as_i64().expect("a gap")).sum()
}

fn what(view: &Value) -> Vec<(String, String)> {
    let word = |row: &Value, name: &str| row[name].as_str().expect("a word").to_owned();
    let rows = view["outside"].as_array().unwrap_or_else(|| panic!("{view:#}"));
    rows.iter().map(|row| (word(row, "what"), word(row, "effect"))).collect()
}

on_both_databases! {
    migrate: migrate;

    fn what_was_reserved_between_judging_and_recording_has_it_judged_again(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let need = ground.needs("GM-B", 100, json!({}));
        ground.given(&ground.beijing, 1_000, json!({}), json!({}));
        let (to, _) = ground.coming(Some("2099-08-01"), 10);
        let body = json!({"allocations": [allocation(&need, &to, &ground.beijing, 90)]});
        let accepted: ProposalsAccepted = serde_json::from_value(body.clone()).expect("an acceptance");
        let principal = Principal { user: UserId(Uuid::now_v7()), role: Role::Manager, organization: None, countries: Vec::new() };
        let grant = authorize(&Arc::new(principal), Action::GapFill).expect("a manager may");
        let permit = grant.permit::<action::GapFill>().expect("it was asked for");
        let mut conn = connect(database.url()).expect("a connection");
        let judged = judge(&mut conn, &permit, &accepted, (&Forecasting::new(3), now())).expect("90 are lacking");
        drop(conn);

        // Somebody reserves for the same city, by an ordinary event that names no need, before it is recorded.
        ground.coming(Some("2099-08-01"), 60);
        assert_eq!(gap_of(&ground), 30);
        let before = scene.log_size();
        let (update, _) = ProposalsAccept::new(&permit, &accepted, judged.clone()).expect("an update");
        assert!(scene.house.record(update).is_none(), "it is to be judged again");
        assert_eq!((scene.log_size(), gap_of(&ground)), (before, 30), "nothing of it was kept");
        let words = scene.manager.post(PROPOSALS, &body).refused("wrong_state", &["/allocations"]);
        assert!(words.contains("only 30 are lacking"), "{words}");

        // The twin that takes what it saw for what is so reserves three times what is lacking.
        let careless = Judged { up_to: None, ..judged };
        let (update, _) = ProposalsAccept::new(&permit, &accepted, careless).expect("an update");
        assert!(scene.house.record(update).is_some());
        let row = gaps(&scene.auditor, "area=GM-B")[0].clone();
        assert_eq!((&row["gap"], &row["apart"]["spare"]), (&json!(0), &json!(60)), "more is under way than is needed");
        assert_eq!(scene.manager.post(PROPOSALS, &body).expect(200)["receipt"], Value::Null, "what is there is not judged again");
        scene.closes();
        scene.verifies();
    }

    fn a_need_that_changes_or_other_goods_that_move_do_not_fool_an_acceptance(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let need = ground.needs("GM-B", 100, json!({}));
        ground.given(&ground.beijing, 1_000, json!({}), json!({}));
        let (to, _) = ground.coming(Some("2099-08-01"), 10);
        let path = format!("/api/v1/needs/{}", need["id"].as_str().expect("an id"));
        scene.officer.patch(&path, 1, &json!({"quantity": 50})).expect(200);
        let ask = |quantity: i64| {
            let body = json!({"allocations": [allocation(&need, &to, &ground.beijing, quantity)]});
            scene.manager.post(PROPOSALS, &body)
        };
        ask(90).refused("wrong_state", &["/allocations"]);
        // While officers go on posting, what is lacking is judged as often as it must be, and is never over-filled.
        let collected: Vec<Value> = (0..10)
            .map(|_| {
                let (pledge, _) = scene.accepted(&ground.hainan, 5);
                json!({"id": id(), "kind": "collected", "occurred_at": "2020-07-12", "pledge": pledge,
                    "site": ground.beijing, "lines": [scene.line(5)]})
            })
            .collect();
        let officer = scene.officer.clone();
        std::thread::scope(|threads| {
            threads.spawn(move || {
                for body in &collected {
                    officer.post("/api/v1/events", body).expect(201);
                }
            });
            for _ in 0..8 {
                let reply = ask(5);
                assert!([201, 409].contains(&reply.status), "{}", reply.text);
            }
        });
        let row = gaps(&scene.auditor, "area=GM-B")[0].clone();
        assert_eq!((row["apart"]["spare"].clone(), row["pipeline"].as_i64().is_some_and(|coming| coming <= 50)), (json!(0), true));
        scene.closes();
        scene.verifies();
    }

    fn one_acceptance_fills_needs_of_two_programmes(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        let other = json!({"code": "OTHER", "name": "Other", "focus_areas": [], "sensitive": false, "synthetic": false});
        let other = scene.manager.post("/api/v1/programmes", &other).expect(201)["id"].clone();
        let (ours, theirs) = (ground.needs("GM-B", 100, json!({})), ground.needs("GM-B", 40, json!({"programme": other})));
        // Needs of pairs that nobody asks about are no part of it.
        let gloves = json!({"code": "GLOVE", "name": "Gloves", "base_unit": "pair", "category": "protective equipment"});
        let gloves = scene.admin.post("/api/v1/items", &gloves).expect(201)["id"].clone();
        ground.needs("GM-B", 7, json!({"item": gloves}));
        ground.given(&ground.beijing, 500, json!({}), json!({}));
        let body = json!({"programme": other, "donor": ground.hainan, "offered_at": "2020-07-01", "lines": [scene.line(60)]});
        let pledge = scene.officer.post("/api/v1/pledges", &body).expect(201)["id"].clone();
        scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let collected = json!({"pledge": pledge, "site": ground.beijing, "lines": [scene.line(60)]});
        scene.does("collected", "2020-07-10", collected).expect(201);
        let open = |programme: &Value| {
            let leg = json!({"id": id(), "mode": "air", "from": ground.beijing, "to": ground.banjul,
                "planned_arrival": "2099-08-01"});
            let body = json!({"programme": programme, "consignee": ground.city, "origin": ground.beijing,
                "destination": ground.banjul, "legs": [leg]});
            scene.officer.post("/api/v1/consignments", &body).expect(201)["id"].as_str().expect("an id").to_owned()
        };
        let (to_ours, to_theirs) = (open(&json!(scene.programme)), open(&other));
        let both = |first: i64, second: i64| {
            let rows = [allocation(&ours, &to_ours, &ground.beijing, first), allocation(&theirs, &to_theirs, &ground.beijing, second)];
            scene.manager.post(PROPOSALS, &json!({"allocations": rows}))
        };
        both(100, 41).refused("wrong_state", &["/allocations"]);
        both(100, 40).expect(201);
        let told: Vec<Value> = gaps(&scene.auditor, "area=GM-B").iter().map(|row| row["gap"].clone()).collect();
        assert_eq!(told.iter().filter(|gap| **gap == json!(0)).count(), 2, "{told:?}");
        scene.closes();
        scene.verifies();
    }

    fn an_answer_names_what_it_does_not_see_and_whose_areas_it_uses(database: &TestDatabase) {
        let ground = Ground::new(Scene::new(database));
        let scene = &ground.scene;
        ground.needs("GM-B", 100, json!({"organization": ground.city}));
        ground.needs("GM-B", 60, json!({"needed_by": "2099-08-01"}));
        ground.given(&ground.store, 80, json!({}), json!({}));
        let pair = |what: &str, effect: &str| (what.to_owned(), effect.to_owned());
        let whole = scene.auditor.get("/api/v1/gaps").expect(200);
        assert!(what(&whole).is_empty(), "{whole:#}");
        assert_eq!(whole["rows"][0]["gap"], 80);
        assert_eq!(whole["editions"][0]["name"], scene.auditor.get("/api/v1/areas/GM-B").expect(200)["edition"]["name"]);
        assert_eq!(whole["editions"].as_array().map(Vec::len), Some(1));

        // The city's own officer sees its need alone and none of the goods, which are another's: too much is lacking.
        let city = scene.house.login_bound(Role::Officer, ground.city.parse().ok(), None);
        let own = city.get("/api/v1/gaps").expect(200);
        assert_eq!(own["rows"][0]["gap"], 100);
        let (goods, needs) = (pair("goods_of_others", "gap_too_large"), pair("needs_of_others", "gap_too_small"));
        assert_eq!(what(&own), [goods.clone(), needs.clone()]);
        // By a day before the other need: all goods seem to be for the earlier one.
        let sooner = scene.auditor.get("/api/v1/gaps?by=2099-08-15").expect(200);
        assert_eq!((&sooner["rows"][0]["gap"], what(&sooner)), (&json!(0), vec![pair("later_needs", "gap_too_small")]));
        // Whoever is bound to a country sees all that fills its gaps, and not all that could be proposed for them.
        let gambia = scene.house.login_bound(Role::Manager, None, Some("GM"));
        let bound = gambia.get("/api/v1/gaps").expect(200);
        assert_eq!((&bound["rows"], what(&bound)), (&whole["rows"], vec![]));
        let proposed = gambia.get(PROPOSALS).expect(200);
        assert_eq!(what(&proposed), [pair("goods_elsewhere", "too_little_proposed")]);
        assert_eq!(proposed["editions"], whole["editions"]);
        let proposed = city.get(PROPOSALS).expect(200);
        assert_eq!(what(&proposed), [goods, needs]);
    }
}
