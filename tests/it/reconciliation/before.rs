//! As of a date, and as it was known: what was printed then is what is answered now.

use serde_json::{Value, json};

use super::rich::{Rich, figure, rows};
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// What of an answer is figures: all but which moment was asked for, and ages.
fn figures(mut answer: Value) -> Value {
    for row in answer["differences"]["missing"].as_array_mut().into_iter().flatten() {
        row.as_object_mut().expect("a row").remove("age_days");
    }
    answer
}

/// Section by section, so that what differs is told.
fn assert_same(left: Value, right: Value, by: &str) {
    let (left, right) = (figures(left), figures(right));
    for (section, told) in right.as_object().expect("an answer") {
        assert_eq!(&left[section], told, "by {by}: {section}");
    }
    assert_eq!(left, right, "by {by}");
}

on_both_databases! {
    migrate: migrate;

    fn a_reconciliation_is_reproduced_for_ever(database: &TestDatabase) {
        let rich = Rich::told(database);
        let groups = ["programme", "donor", "site", "owner", "consignment", "country,item&place=for"];
        let printed: Vec<Value> = groups.iter().map(|group| rich.ask(group)).collect();
        let sequence = printed[0]["sequence"].clone();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let then = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        // Late, corrected and reversed entries.
        let lines = json!([rich.scene.line(33)]);
        rich.scene.does("moved", "2020-08-26", json!({"site": rich.hub, "to_site": rich.banjul, "lines": lines})).expect(201);
        rich.scene.decides("reversed", "2020-09-20", json!({"event": rich.lost, "reason": "it was found"})).expect(201);
        for (group, printed) in groups.iter().zip(printed) {
            assert_ne!(figures(rich.ask(group)), figures(printed.clone()), "by {group} something was restated");
            assert_same(rich.ask(&format!("{group}&known_at={sequence}")), printed.clone(), group);
            assert_same(rich.ask(&format!("{group}&known_at={then}")), printed, &format!("{group}, by the clock"));
            // What is known now is what is known at the last sequence, added up again.
            let now = rich.ask(group);
            assert_same(rich.ask(&format!("{group}&known_at={}", now["sequence"])), now, group);
        }
        rich.scene.closes();
    }

    fn goods_whose_departure_is_told_after_their_receipt_left_when_they_did(database: &TestDatabase) {
        let rich = Rich::told(database);
        let (scene, beijing) = (&rich.scene, &rich.beijing);
        let (consignment, leg) = scene.planned(&rich.health, &[beijing, &rich.banjul]);
        scene.receives(&consignment, &leg, "2020-09-25", json!({"good": 20})).expect(201);
        let departed = json!({"consignment": consignment, "leg": leg, "lines": [scene.line(20)]});
        scene.does("departed", "2020-09-21", departed).expect(201);
        let lies = |day: &str| {
            let answer = rich.ask(&format!("item&sections=accounts,roll_forward&as_of={day}"));
            assert_eq!(answer["closes"], true, "{day}: {answer:#}");
            let here = rows(&answer["roll_forward"]).iter().find(|row| row["site"]["id"] == beijing.as_str());
            let held = rich.ask(&format!("site&sections=accounts&site={beijing}&as_of={day}"));
            let accounts = &rows(&held["accounts"])[0]["accounts"];
            let closing = figure(&here.expect("Beijing")["closing"]);
            // What lies there is what its accounts hold, on every day between the two as well.
            assert_eq!(closing, figure(&accounts["in_storage"]["all"]) + figure(&accounts["allocated"]["all"]), "{day}");
            closing
        };
        let days = ["2020-09-20", "2020-09-21", "2020-09-23", "2020-09-25", "2020-09-30"].map(lies);
        assert_eq!(days, [days[0], days[0] - 20, days[0] - 20, days[0] - 20, days[0] - 20]);
        let forward = rich.ask(&format!("site&sections=roll_forward&site={beijing}&from=2020-09-21&to=2020-09-23"));
        let here = &rows(&forward["roll_forward"])[0];
        assert_eq!((&here["in"], &here["out"]), (&json!(0), &json!(20)), "{here:#}");
    }

    fn goods_that_were_missing_before_and_are_again_are_missing_since_the_last_time(database: &TestDatabase) {
        let rich = Rich::told(database);
        let at = |quantity: i64| json!({"site": rich.hub, "lines": [rich.scene.line(quantity)], "reason": "not on the shelf"});
        let since = || {
            let answer = rich.ask(&format!("site&sections=differences&site={}", rich.hub));
            let missing = answer["differences"]["missing"].as_array().expect("a list").clone();
            missing.iter().filter(|row| row["leg"].is_null()).map(|row| row["since"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(since(), Vec::<Value>::new());
        let missed = rich.scene.does("reported_missing", "2020-09-16", at(4)).expect(201);
        assert_eq!(since().len(), 1);
        let mistaken = json!({"event": missed["id"], "reason": "they were on the next shelf"});
        rich.scene.does("reversed", "2020-09-17", mistaken).expect(201);
        assert_eq!(since(), Vec::<Value>::new());
        rich.scene.does("reported_missing", "2020-09-28", at(2)).expect(201);
        let again = since();
        assert!(again.len() == 1 && again[0].as_str().is_some_and(|time| time.starts_with("2020-09-28")), "{again:?}");
    }

    fn every_identity_closes_at_any_pair_of_moments(database: &TestDatabase) {
        let rich = Rich::told(database);
        let last = figure(&rich.ask("item&sections=accounts")["sequence"]);
        for known_at in (0..=last).step_by(9).chain([last]) {
            for day in ["2020-06-30", "2020-08-04", "2020-08-11", "2020-08-31", "2020-12-31"] {
                let answer = rich.ask(&format!("item&sections=accounts,transit,roll_forward&known_at={known_at}&as_of={day}&from=2020-06-15"));
                assert_eq!(answer["closes"], true, "{known_at} {day}: {answer:#}");
                let totals = rich.totals(&format!("item&known_at={known_at}&as_of={day}"));
                for row in rows(&answer["accounts"]) {
                    let held = &row["accounts"];
                    let same = &totals["total"];
                    for account in ["promised", "in_storage", "in_transit", "missing", "delivered", "distributed", "lost", "disposed"] {
                        assert_eq!(held[account]["all"], same[account], "{known_at} {day} {account}");
                    }
                }
            }
        }
    }
}
