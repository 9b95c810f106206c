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
