//! Offers as they are written: sent again, with texts, money and identifiers that can be, and read by whom
//! they concern.

use std::ops::RangeInclusive;

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;
use relief_ledger::auth::Role;

const PLEDGES: &str = "/api/v1/pledges";

/// An offer of 100 masks with some members of its own.
fn offer(scene: &Scene, donor: &str, more: Value) -> Value {
    let mut body = json!({"programme": scene.programme, "donor": donor, "offered_at": "2020-07-01",
        "lines": [{"item": scene.masks, "quantity": 100}]});
    for (name, value) in more.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

fn valued(scene: &Scene, value: Value) -> Value {
    json!({"lines": [{"item": scene.masks, "quantity": 100, "value": value}]})
}

/// Lays one unit into each of so many lots, past the ledger: only reading them is of interest.
fn scatter(scene: &Scene, line: &str, site: &str, lots: RangeInclusive<usize>) {
    let is_sqlite = scene.url.starts_with("sqlite:");
    let bytes = |uuid: &str| {
        let hex = uuid.replace('-', "");
        if is_sqlite { format!("X'{hex}'") } else { format!("'\\x{hex}'::bytea") }
    };
    // 16 bytes of their own for each number.
    let key = if is_sqlite {
        "CAST(printf('%016d', n) AS BLOB)"
    } else {
        "convert_to(lpad(n::text, 16, '0'), 'UTF8')"
    };
    let (item, line, site) = (bytes(&scene.masks), bytes(line), bytes(site));
    let numbers = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT {} UNION ALL SELECT n + 1 FROM numbers WHERE n < {})",
        lots.start(),
        lots.end()
    );
    let sql = format!(
        "{numbers} INSERT INTO lots (id, item_id, number, recalled, created_at)
         SELECT {key}, {item}, 'L' || n, FALSE, 0 FROM numbers;
         {numbers} INSERT INTO balances (cell, account, condition, pledge_line_id, lot_id, item_id, site_id, quantity,
             first_at, last_at, revision)
         SELECT {key}, 3, 0, {line}, {key}, {item}, {site}, 1, 0, 0, 1 FROM numbers;"
    );
    let mut conn = relief_ledger::db::connect(&scene.url).expect("the database opens");
    conn.batch_execute(&sql).expect("the lots are there");
}

on_both_databases! {
    migrate: migrate;

    fn a_private_link_leaves_the_reason_of_a_pledge_as_it_is(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let (pledge, _) = scene.pledge(&donor, 100);
        scene.decides("pledge_declined", "2020-07-06", json!({"pledge": pledge, "reason": "too heavy"})).expect(201);
        let shown = || {
            let seen = scene.officer.get(&format!("{PLEDGES}/{pledge}")).expect(200);
            (seen["state"].clone(), seen["reason"].clone(), seen["has_link"].clone())
        };
        let link = format!("{PLEDGES}/{pledge}/link");
        scene.officer.post(&link, &Value::Null).expect(201);
        assert_eq!(shown(), (json!("declined"), json!("too heavy"), json!(true)));
        scene.officer.send("DELETE", &link, &[], None).expect(200);
        assert_eq!(shown(), (json!("declined"), json!("too heavy"), json!(false)));
        scene.verifies();
    }

    fn an_offer_from_a_clock_that_is_ahead_is_sent_again(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let soon = (chrono::Utc::now() + chrono::Duration::minutes(5)).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let body = offer(&scene, &donor, json!({"id": id(), "offered_at": soon}));
        let first = scene.officer.post(PLEDGES, &body).expect(201);
        assert!(first["offered_at"].as_str().expect("a time") < soon.as_str(), "{first:#}");
        let size = scene.log_size();
        let again = scene.officer.post(PLEDGES, &body).expect(200);
        assert_eq!((&again["offered_at"], &again["receipt"]), (&first["offered_at"], &Value::Null));
        let mut other = body.clone();
        other["offered_at"] = json!("2020-07-01");
        scene.officer.post(PLEDGES, &other).refused("id_reused", &["/id"]);
        assert_eq!(scene.log_size(), size);
        let late = (chrono::Utc::now() + chrono::Duration::minutes(15)).to_rfc3339();
        scene.officer.post(PLEDGES, &offer(&scene, &donor, json!({"offered_at": late}))).refused("invalid", &["/offered_at"]);
    }

    fn whoever_is_bound_to_a_country_sees_what_is_there_and_not_what_was(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (beijing, wuhan) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Nairobi", "warehouse", "KE"));
        let in_china = scene.house.login_bound(Role::Manager, None, Some("CN"));
        let in_kenya = scene.house.login_bound(Role::Manager, None, Some("KE"));
        let pledge = scene.in_store(&donor, &beijing, 100);
        let meant = offer(&scene, &donor, json!({"lines": [{"item": scene.masks, "quantity": 1, "earmark_country": "KE"}]}));
        let meant = scene.officer.post(PLEDGES, &meant).expect(201)["id"].as_str().expect("an id").to_owned();
        let path = format!("{PLEDGES}/{pledge}");
        assert_eq!((in_china.get(&path).status, in_kenya.get(&path).status), (200, 404));
        let all = json!({"site": beijing, "to_site": wuhan, "lines": [scene.line(100)]});
        scene.does("moved", "2020-08-01", all).expect(201);
        assert_eq!((in_china.get(&path).status, in_kenya.get(&path).status), (404, 200));
        let listed = |caller: &crate::support::server::Caller| {
            let page = caller.get(PLEDGES).expect(200);
            page["items"].as_array().expect("a page").iter().map(|one| one["id"].clone()).collect::<Vec<Value>>()
        };
        assert_eq!(listed(&in_china), Vec::<Value>::new());
        assert_eq!(listed(&in_kenya), [json!(pledge), json!(meant)], "each once");
    }

    fn every_text_of_an_offer_or_event_has_a_length(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let (pledge, line) = scene.pledge(&donor, 100);
        let accepted = scene.decides("pledge_accepted", "2020-07-05", json!({"pledge": pledge})).expect(201);
        let (offered, _) = scene.pledge(&donor, 100);
        let size = scene.log_size();
        let long = "long ".repeat(300_000);
        let value = |basis: &str| valued(&scene, json!({"minor": 1, "currency": "USD", "basis": basis}));
        scene.officer.post(PLEDGES, &offer(&scene, &donor, value(&long))).refused("invalid", &["/lines/0/value/basis"]);
        scene.officer.post(PLEDGES, &offer(&scene, &donor, value(" "))).refused("invalid", &["/lines/0/value/basis"]);
        let part = json!([{"line": line, "quantity": 1}]);
        let goods = json!({"item": scene.masks, "quantity": 1});
        for (kind, mut body, pointer) in [
            ("pledge_declined", json!({"pledge": offered}), "/reason"),
            ("pledge_withdrawn", json!({"pledge": pledge, "lines": part}), "/reason"),
            ("corrected", json!({"event": accepted["id"], "right": {"pledge": pledge}}), "/reason"),
            ("reversed", json!({"event": accepted["id"]}), "/reason"),
            ("damaged", json!({"site": beijing, "lines": [goods]}), "/reason"),
            ("reported_missing", json!({"site": beijing, "lines": [goods]}), "/reason"),
            ("moved", json!({"site": beijing, "to_site": beijing, "lines": [goods]}), "/note"),
            ("distributed", json!({"site": beijing, "lines": [goods]}), "/note"),
            ("received", json!({"consignment": id(), "lines": []}), "/document"),
        ] {
            for text in [long.as_str(), "", " ", "a\u{7}b"] {
                body[&pointer[1..]] = json!(text);
                let is_decision = matches!(kind, "pledge_declined" | "corrected" | "reversed");
                let caller = if is_decision { &scene.manager } else { &scene.officer };
                let reply = scene.post(caller, kind, "2020-07-06", body.clone());
                let words = reply.refused("invalid", &[pointer]);
                assert!(words.len() < 200, "{kind} repeats the text: {words}");
            }
        }
        // What a correction says is looked at just so, as deep as it goes.
        let right = json!({"lines": [{"item": scene.masks, "good": 1, "reason": long}]});
        let body = json!({"event": accepted["id"], "right": right, "reason": "so it was"});
        scene.decides("corrected", "2020-07-06", body).refused("invalid", &["/right/lines/0/reason"]);
        assert_eq!(scene.log_size(), size);
        let letter = "Dear donor,\n\nthank you.".repeat(100);
        scene.decides("pledge_declined", "2020-07-06", json!({"pledge": offered, "reason": letter})).expect(201);
    }

    fn a_page_of_the_log_ends_where_it_has_grown_heavy(database: &TestDatabase) {
        let scene = Scene::new(database);
        let mut conn = relief_ledger::db::connect(&scene.url).expect("the database opens");
        let (last, heavy) = (scene.log_size(), 1_900_000);
        let (body, hash) = if scene.url.starts_with("sqlite:") {
            (format!("hex(zeroblob({}))", heavy / 2), "zeroblob(32)")
        } else {
            (format!("repeat('0', {heavy})"), "decode(repeat('00', 32), 'hex')")
        };
        // Entries as an earlier version took them.
        for position in last..last + 8 {
            let sql = format!("INSERT INTO log_entries (position, body, leaf_hash) VALUES ({position}, {body}, {hash})");
            conn.batch_execute(&sql).expect("the entry is there");
        }
        let mut after = String::new();
        let mut positions: Vec<i64> = Vec::new();
        loop {
            let reply = scene.auditor.get(&format!("/api/v1/audit/entries?limit=500{after}"));
            assert!(reply.text.len() < 6_000_000, "a page of {} bytes", reply.text.len());
            let page = reply.expect(200);
            positions.extend(page["items"].as_array().into_iter().flatten().filter_map(|one| one["position"].as_i64()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(positions, (0..last + 8).collect::<Vec<i64>>());
    }

    fn an_amount_is_in_a_currency_that_there_is(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let money = |currency: &str| json!({"minor": 100, "currency": currency});
        let way = |more: Value| {
            let mut body = json!({"programme": scene.programme, "consignee": donor, "origin": beijing, "destination": banjul});
            for (name, value) in more.as_object().expect("members") {
                body[name] = value.clone();
            }
            scene.officer.post("/api/v1/consignments", &body)
        };
        for wrong in ["ZZZ", "usd", "", "US", "XXX", "XTS", "€"] {
            let offered = scene.officer.post(PLEDGES, &offer(&scene, &donor, valued(&scene, money(wrong))));
            let words = offered.refused("invalid", &["/lines/0/value/currency"]);
            assert!(words.contains("ISO 4217"), "{words}");
            way(json!({"freight": money(wrong)})).refused("invalid", &["/freight/currency"]);
            way(json!({"value": money(wrong)})).refused("invalid", &["/value/currency"]);
        }
        // HRK was Croatia's when much of this was given.
        for right in ["USD", "XOF", "GMD", "KWD", "CLF", "HRK"] {
            scene.officer.post(PLEDGES, &offer(&scene, &donor, valued(&scene, money(right)))).expect(201);
            way(json!({"freight": money(right), "value": money(right)})).expect(201);
        }
    }

    fn identifiers_that_clients_make_sort_by_time(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "city", "GM"));
        let scattered = || Uuid::new_v4().to_string();
        let size = scene.log_size();
        scene.officer.post(PLEDGES, &offer(&scene, &donor, json!({"id": scattered()}))).refused("invalid", &["/id"]);
        let lines = json!({"lines": [{"item": scene.masks, "quantity": 1}, {"id": scattered(), "item": scene.masks, "quantity": 1}]});
        scene.officer.post(PLEDGES, &offer(&scene, &donor, lines)).refused("invalid", &["/lines/1/id"]);
        let leg = |id: String| json!({"id": id, "mode": "air", "from": beijing, "to": banjul});
        let way = |id: String, legs: Value| json!({"id": id, "programme": scene.programme, "consignee": donor,
            "origin": beijing, "destination": banjul, "legs": legs});
        let open = |body: Value| scene.officer.post("/api/v1/consignments", &body);
        open(way(scattered(), json!([]))).refused("invalid", &["/id"]);
        open(way(id(), json!([leg(scattered())]))).refused("invalid", &["/legs/0/id"]);
        let load = json!({"id": scattered(), "mode": "air", "from": beijing, "to": banjul});
        scene.officer.post("/api/v1/loads", &load).refused("invalid", &["/id"]);
        let child = |child: String, legs: Value| json!({"consignment": id(), "site": beijing, "lines": [scene.line(1)],
            "child": {"id": child, "consignee": donor, "destination": banjul, "legs": legs}});
        scene.does("split", "2020-07-06", child(scattered(), json!([]))).refused("invalid", &["/child/id"]);
        scene.does("split", "2020-07-06", child(id(), json!([leg(scattered())]))).refused("invalid", &["/child/legs/0/id"]);
        let diverted = json!({"consignment": id(), "legs": [leg(scattered())], "reason": "closed"});
        scene.does("diverted", "2020-07-06", diverted).refused("invalid", &["/legs/0/id"]);
        assert_eq!(scene.log_size(), size);

        let known = open(way(id(), json!([]))).expect(201)["id"].as_str().expect("an id").to_owned();
        let legs = format!("/api/v1/consignments/{known}/legs");
        scene.officer.post(&legs, &leg(scattered())).refused("invalid", &["/id"]);
        // Nor does a leg change its consignment.
        let own = id();
        open(way(id(), json!([leg(own.clone())]))).expect(201);
        scene.officer.post(&legs, &leg(own)).refused("duplicate", &["/id"]);
        scene.officer.post(&legs, &leg(id())).expect(201);
    }

    fn a_pledge_in_very_many_places_still_says_where_it_is(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Shenzhen federation", "CN");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let (pledge, line) = scene.accepted(&donor, 40_000);
        let link = scene.officer.post(&format!("{PLEDGES}/{pledge}/link"), &Value::Null).expect(201);
        let link = link["path"].as_str().expect("a path");
        let status = |caller: &crate::support::server::Caller, path: &str| {
            let seen = caller.get(path).expect(200);
            let places = seen["lines"][0]["places"].as_array().expect("places").clone();
            let sum: i64 = places.iter().filter_map(|one| one["quantity"].as_i64()).sum();
            (seen["places_by"].as_str().expect("a word").to_owned(), places, sum)
        };
        let path = format!("{PLEDGES}/{pledge}/status");
        assert_eq!(status(&scene.officer, &path).0, "place");
        scatter(&scene, &line, &beijing, 1..=900);
        let (by, places, sum) = status(&scene.officer, &path);
        assert_eq!((by.as_str(), places.len(), sum), ("place", 901, 40_900));
        assert!(places.iter().any(|one| one["lot"] == "L900"));
        scatter(&scene, &line, &beijing, 901..=34_000);
        for (caller, path) in [(&scene.officer, path.as_str()), (&scene.house.stranger(), link)] {
            let (by, places, sum) = status(caller, path);
            assert_eq!((by.as_str(), places.len(), sum), ("country", 2, 74_000), "{places:#?}");
            assert_eq!((&places[1]["country"], &places[1]["quantity"]), (&json!("CN"), &json!(34_000)));
        }
        let stock = scene.stock(&beijing);
        let lots = stock.as_array().expect("lots");
        let free: i64 = lots.iter().filter_map(|lot| lot["free"].as_i64()).sum();
        assert_eq!((lots.len(), free), (34_000, 34_000), "the warehouse tells each of its lots");
        assert_eq!((&lots[0]["lot"], &lots[0]["item_name"]), (&json!("L1"), &json!("Surgical masks")));
    }
}
