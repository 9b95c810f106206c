//! A question about one thing is answered as that thing's row of the whole, and reads that thing's entries alone.

use serde_json::{Value, json};

use super::rich::{Rich, figure, rows};
use crate::matrix::plans::{EVERYTHING, asked_with, listen, whole_reads};
use crate::support::server::migrate;
use crate::support::{TestDatabase, on_both_databases};

/// What an index finds entries by.
const FOUND_BY: [&str; 7] = ["consignment", "pledge", "lot", "site", "donor", "item", "programme"];

/// The rows of a section that are about one thing.
fn about(section: &Value, group: &str, id: &str) -> Vec<Value> {
    rows(section).iter().filter(|row| row[group]["id"] == id).cloned().collect()
}

/// What all differences come to.
fn differences(answer: &Value) -> i64 {
    let sums = answer["differences"]["sums"].as_array().expect("sums");
    let figures = ["missing", "over", "damaged", "lost", "disposed"];
    sums.iter().flat_map(|sum| figures.map(|one| figure(&sum[one]))).sum()
}

on_both_databases! {
    migrate: migrate;

    fn a_question_about_one_thing_is_answered_as_its_row_of_the_whole(database: &TestDatabase) {
        let rich = Rich::told(database);
        let known = figure(&rich.ask("item&sections=accounts")["sequence"]) - 5;
        for moment in [String::new(), "&as_of=2020-08-17".to_owned(), format!("&known_at={known}&from=2020-08-01")] {
            for group in FOUND_BY {
                let whole = rich.ask(&format!("{group}{moment}"));
                let ids: Vec<String> = rows(&whole["accounts"]).iter().filter_map(|row| row[group]["id"].as_str()).map(str::to_owned).collect();
                assert!(!ids.is_empty(), "by {group}{moment}");
                let mut differing = 0;
                for id in &ids {
                    let one = rich.ask(&format!("{group}&{group}={id}{moment}"));
                    assert_eq!(one["closes"], true, "{group}={id}{moment}: {one:#}");
                    let mut row = about(&whole["accounts"], group, id);
                    // Of one place there is no first identity.
                    let mut found = rows(&one["accounts"]).clone();
                    row.iter_mut().chain(&mut found).for_each(|row| drop(row.as_object_mut().expect("a row").remove("residual")));
                    assert_eq!(found, row, "{group}={id}{moment}");
                    assert_eq!(*rows(&one["values"]), about(&whole["values"], group, id), "{group}={id}{moment}");
                    if group == "consignment" {
                        assert_eq!(*rows(&one["transit"]), about_consignment(&whole["transit"], id), "{id}{moment}");
                    }
                    differing += differences(&one);
                }
                if ["pledge", "lot", "donor", "item", "programme"].contains(&group) {
                    // What was in excess has no donor.
                    if group == "donor" {
                        differing += differences(&rich.ask(&format!("donor&without=donor{moment}")));
                    }
                    assert!(differing > 0, "by {group}{moment}");
                    assert_eq!(differing, differences(&whole), "by {group}{moment}");
                    assert_eq!(whole["accounts"]["identity"]["residual"], json!(0), "by {group}{moment}");
                }
            }
        }
    }
}

fn about_consignment(transit: &Value, id: &str) -> Vec<Value> {
    rows(transit).iter().filter(|row| row["consignment"]["id"] == id).cloned().collect()
}

#[test]
fn a_question_about_one_thing_reads_no_table_from_end_to_end() {
    listen();
    let database = TestDatabase::sqlite(migrate);
    let rich = Rich::told(&database);
    assert_eq!(asked_with(EVERYTHING), Vec::<String>::new());
    for group in FOUND_BY {
        for moment in ["", "&as_of=2020-08-17&from=2020-08-01"] {
            let whole = format!(
                "/api/v1/totals?group_by={}",
                if FOUND_BY[3..].contains(&group) { group } else { "item" }
            );
            let id = match group {
                "consignment" => rich.to_hub.clone(),
                "pledge" => rich.dollars.clone(),
                "lot" => rich.scene.masks.clone(),
                _ => {
                    let answer = rich.scene.auditor.get(&whole).expect(200);
                    let id = rows(&answer).iter().find_map(|row| row[group]["id"].as_str());
                    id.expect("a row").to_owned()
                }
            };
            rich.ask(&format!("item&{group}={id}{moment}"));
            let entries = format!("/api/v1/reconciliation/entries?account=in_storage&{group}={id}{moment}");
            rich.scene.auditor.get(&entries).expect(200);
            if group != "site" {
                // Numbers know of sites alone.
                let numbers: Vec<String> = asked_with(EVERYTHING)
                    .into_iter()
                    .filter(|text| !text.contains("number_series"))
                    .collect();
                assert_eq!(numbers, Vec::<String>::new(), "{group}");
            }
        }
    }
    let found = whole_reads(database.url());
    assert!(found.is_empty(), "{} statements:\n{}", found.len(), found.join("\n"));
    // Its twin, a question that no index answers, says so.
    rich.ask(&format!("item&sections=accounts&holder={}", rich.health));
    assert!(asked_with(EVERYTHING).iter().any(|text| text.contains("FROM balances")));
}
