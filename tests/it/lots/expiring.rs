//! What expires within some months, and before it arrives.

use chrono::{Days, Utc};
use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use super::{lot_in_store, numbers, of_lot, rows};
use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// The day so many days from today.
fn in_days(days: u64) -> String {
    (Utc::now().date_naive() + Days::new(days)).to_string()
}

/// A consignment to a city by a leg that is planned to arrive on a day.
fn planned(scene: &Scene, consignee: &str, (from, to): (&str, &str), arrival: &str) -> (String, String) {
    let leg = json!({"id": id(), "mode": "sea", "from": from, "to": to, "planned_arrival": format!("{arrival}T10:00:00Z")});
    let body = json!({"programme": scene.programme, "consignee": consignee, "origin": from, "destination": to,
        "legs": [leg]});
    let opened = scene.officer.post("/api/v1/consignments", &body).expect(201);
    (opened["id"].as_str().expect("an id").to_owned(), leg["id"].as_str().expect("an id").to_owned())
}

fn organization(id: &str) -> Option<OrganizationId> {
    Some(OrganizationId(id.parse().expect("an id")))
}

/// The only place of a row on an account.
fn place<'a>(row: &'a Value, account: &str) -> &'a Value {
    let places = row["places"].as_array().expect("places");
    let found: Vec<&Value> = places.iter().filter(|place| place["account"] == account).collect();
    assert_eq!(found.len(), 1, "{row:#}");
    found[0]
}

on_both_databases! {
    migrate: migrate;

    fn lots_are_listed_that_expire_within_some_months(database: &TestDatabase) {
        let scene = Scene::new(database);
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let dakar = scene.site("Dakar", "warehouse", "SN");
        lot_in_store(&scene, &beijing, "OVER", "2020-12-31", 10);
        lot_in_store(&scene, &beijing, "TODAY", &in_days(0), 20);
        lot_in_store(&scene, &dakar, "SOON", &in_days(60), 30);
        lot_in_store(&scene, &beijing, "NEXT", &in_days(200), 40);
        let pledge = lot_in_store(&scene, &beijing, "LATER", &in_days(500), 50);
        scene.in_store(&scene.organization("Hainan", "CN"), &beijing, 60);

        let listed = |query: &str| {
            let found = rows(&scene.officer, &format!("/api/v1/lots/expiring?{query}"));
            numbers(&found).join(" ")
        };
        assert_eq!(listed("within=0m"), "OVER", "a lot is good on the day it expires");
        assert_eq!(listed("within=3m"), "OVER TODAY SOON");
        assert_eq!(listed("within=9m"), "OVER TODAY SOON NEXT");
        assert_eq!(listed(""), listed("within=9m"));
        assert_eq!(listed("within=120m&limit=2"), "OVER TODAY SOON NEXT LATER", "page by page");
        assert_eq!(listed(&format!("within=3m&site={dakar}")), "SOON");
        assert_eq!(listed(&format!("item={}", id())), "");
        assert_eq!(listed(&format!("within=9m&programme={}", scene.programme)), "OVER TODAY SOON NEXT");
        assert_eq!(listed(&format!("programme={}", id())), "");
        let found = rows(&scene.officer, "/api/v1/lots/expiring?within=120m");
        let told: Vec<Value> = found.iter().map(|row| json!([row["standing"], row["quantity"]])).collect();
        assert_eq!(json!(told), json!([["expired", 10], ["within_3_months", 20], ["within_3_months", 30],
            ["within_9_months", 40], ["later", 50]]));
        assert_eq!((&found[1]["days"], &found[2]["days"]), (&json!(0), &json!(60)));
        assert_eq!(found[2]["places"], json!([{"account": "in_storage", "condition": "good", "site": dakar, "quantity": 30}]));

        // Of another day, and as it was known.
        assert_eq!(listed("within=3m&as_of=2020-11-01"), "OVER");
        assert_eq!(listed("within=0m&as_of=2020-11-01"), "");
        assert_eq!(listed("within=120m&as_of=2020-07-09"), "", "nothing was there yet");
        let known = scene.log_size();
        let gone = json!({"site": dakar, "lines": [of_lot(&scene, "SOON", 30)], "reason": "burnt", "condition": "good",
            "evidence": {"cause": "storage", "report_number": "R-1", "filed": "cabinet 3"}});
        scene.does("disposed", "2020-08-01", gone).expect(201);
        assert_eq!(listed("within=3m"), "OVER TODAY", "what is gone expires no more");
        assert_eq!(listed(&format!("within=3m&known_at={known}&as_of={}", in_days(0))), "OVER TODAY SOON");
        let shown = scene.officer.get(&format!("/api/v1/lots/expiring?known_at={known}")).expect(200);
        assert_eq!(shown["sequence"], known);

        // Whom something binds sees what is within reach; whoever only follows own gifts sees no list of stock.
        let at_home = scene.house.login_bound(Role::Officer, None, Some("SN"));
        assert_eq!(rows(&at_home, "/api/v1/lots/expiring?within=120m"), Vec::<Value>::new());
        let in_china = scene.house.login_bound(Role::Manager, None, Some("CN"));
        assert_eq!(numbers(&rows(&in_china, "/api/v1/lots/expiring?within=120m")), ["OVER", "TODAY", "NEXT", "LATER"]);
        let hainan = scene.organization("Others", "CN");
        scene.house.login_bound(Role::Donor, organization(&hainan), None).get("/api/v1/lots/expiring").refused("forbidden", &[]);
        let given = scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200)["donor"].clone();
        let giver = scene.house.login_bound(Role::Officer, organization(given.as_str().expect("an id")), None);
        assert_eq!(numbers(&rows(&giver, "/api/v1/lots/expiring?within=120m")), ["LATER"], "what they gave");

        for (query, field) in [("within=soon", "/within"), ("within=121m", "/within"), ("within=-3m", "/within"),
            ("limit=0", "/limit"), ("known_at=999999", "/known_at"), ("as_of=yesterday", "/as_of"), ("colour=red", "/colour")] {
            scene.officer.get(&format!("/api/v1/lots/expiring?{query}")).refused("invalid", &[field]);
        }
    }

    fn lots_are_listed_that_expire_before_they_arrive(database: &TestDatabase) {
        let scene = Scene::new(database);
        let city = scene.organization("City of Banjul", "GM");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let banjul = scene.site("Banjul", "city", "GM");
        lot_in_store(&scene, &beijing, "SHORT", &in_days(20), 100);
        lot_in_store(&scene, &beijing, "LONG", &in_days(300), 100);
        let of = |lot: &str, quantity: i64| json!([of_lot(&scene, lot, quantity)]);
        let listed = |query: &str| rows(&scene.officer, &format!("/api/v1/lots/expiring?within=arrival{query}"));
        assert_eq!(listed(""), Vec::<Value>::new(), "what goes nowhere arrives nowhere");

        let (slow, leg) = planned(&scene, &city, (&beijing, &banjul), &in_days(40));
        let both = json!([of_lot(&scene, "SHORT", 10), of_lot(&scene, "LONG", 10)]);
        scene.does("departed", "2020-08-01", json!({"consignment": slow, "leg": leg, "lines": both})).expect(201);
        let (fast, leg) = planned(&scene, &city, (&beijing, &banjul), &in_days(10));
        scene.does("departed", "2020-08-01", json!({"consignment": fast, "leg": leg, "lines": of("SHORT", 5)})).expect(201);
        let (reserved, _) = planned(&scene, &city, (&beijing, &banjul), &in_days(21));
        let body = json!({"consignment": reserved, "site": beijing, "lines": of("SHORT", 7)});
        scene.does("allocated", "2020-08-01", body).expect(201);

        let found = listed("");
        assert_eq!(numbers(&found), ["SHORT"]);
        assert_eq!((&found[0]["quantity"], &found[0]["expires_before_arrival"]), (&json!(100), &json!(17)));
        let waits = place(&found[0], "allocated");
        assert_eq!((&waits["arrives_on"], &waits["destination"]), (&json!(in_days(21)), &json!(banjul)));
        let free = place(&found[0], "in_storage");
        assert_eq!((free.get("arrives_on"), free.get("expires_before_arrival")), (None, None));
        let mut under_way: Vec<Value> = found[0]["places"].as_array().expect("places").iter()
            .filter(|place| place["account"] == "in_transit")
            .map(|place| json!([place["arrives_on"], place["expires_before_arrival"]]))
            .collect();
        under_way.sort_by_key(Value::to_string);
        assert_eq!(json!(under_way), json!([[in_days(10), false], [in_days(40), true]]));

        // The twin: whoever only looks at the day sees the lot that comes in time too, and none of what comes too late.
        let all = rows(&scene.officer, "/api/v1/lots/expiring?within=120m");
        assert_eq!(numbers(&all), ["SHORT", "LONG"]);
        assert_eq!(all[1]["expires_before_arrival"], 0);
        assert_eq!(listed("&as_of=2020-07-31"), Vec::<Value>::new(), "nothing had left yet");

        // A country that the goods go to sees them; what lies in Beijing is no affair of it.
        let at_home = scene.house.login_bound(Role::Manager, None, Some("GM"));
        let seen = rows(&at_home, "/api/v1/lots/expiring?within=arrival");
        assert_eq!((numbers(&seen), &seen[0]["quantity"]), (vec!["SHORT"], &json!(22)));
        let elsewhere = scene.house.login_bound(Role::Manager, None, Some("NP"));
        assert_eq!(rows(&elsewhere, "/api/v1/lots/expiring?within=arrival"), Vec::<Value>::new());

        // A page of one looks at both lots, shows one, and ends.
        assert_eq!(numbers(&listed("&limit=1")), ["SHORT"]);
        scene.closes();
        scene.verifies();
    }
}
