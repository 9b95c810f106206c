//! EPCIS out of one ledger and into another: what is shipped here is under way there, and files may go both ways.

use std::path::Path;

use relief_ledger::auth::Role;
use serde_json::{Value, json};

use super::{Gift, counts, finished, resolve, standing};
use crate::carrying::{count, empty_like};
use crate::exports::take;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};

/// Dimensions whose figures are the same in both ledgers.
const GROUPS: [&str; 4] = ["programme,item", "donor,lot", "site", "owner,consignee"];

fn totals(auditor: &Caller) -> Vec<Value> {
    let rows =
        |group: &&str| auditor.get(&format!("/api/v1/totals?group_by={group}")).expect(200)["rows"].clone();
    GROUPS.iter().map(rows).collect()
}

/// What another ledger exported, captured here.
fn taken(caller: &Caller, text: &str) -> Value {
    let headers = [("Content-Type", "application/ld+json")];
    finished(caller, &caller.send("POST", "/api/v1/epcis/capture", &headers, Some(text)))
}

/// Everything waiting of a document that is about a receipt or a departure: nothing of these may be left.
fn steps_waiting(caller: &Caller, job: &Value) -> Vec<(String, String)> {
    let word = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let found = standing(caller, job, "waiting");
    let of = |event: &Value| (word(event, "step"), word(event, "reason"));
    found
        .iter()
        .map(of)
        .filter(|(step, _)| ["shipping", "arriving", "receiving"].contains(&step.as_str()))
        .collect()
}

/// Another ledger that knows what the first knew.
fn other_ledger(records: &str, folder: &Path, url: &str) {
    std::fs::write(folder.join("ledger.ndjson"), records).expect("it is written");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_relief"))
        .args(["import", "ledger.ndjson", "--mapping", "relief", "--json", "--database-url", url])
        .current_dir(folder)
        .output()
        .expect("relief runs");
    let told: Value = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&done.stderr)));
    assert_eq!(told["rejected"], json!([]));
}

on_both_databases! {
    migrate: migrate;

    fn what_one_ledger_ships_and_receives_another_follows_and_neither_counts_it_twice(database: &TestDatabase) {
        let gift = Gift::new(Scene::new(database));
        let scene = &gift.scene;
        let lot = json!({"item": scene.masks, "quantity": 400, "lot": "B-7", "expires_on": "2031-05-31"});
        let relotted = json!({"site": gift.beijing, "lines": [scene.line(400)], "to_lot": "B-7", "expires_on": "2031-05-31"});
        scene.does("relotted", "2020-07-12", relotted).expect(201);
        let folder = tempfile::tempdir().expect("a folder");
        let other = empty_like(database);
        let records = take(&scene.auditor, "ndjson?table=records").text;
        other_ledger(&records, folder.path(), other.url());
        let there = Server::start(&other);
        let (sender, receiver) = (there.login_as(Role::Officer), there.login_as(Role::Officer));
        let auditor = there.login_as(Role::Auditor);
        assert_eq!(totals(&auditor), totals(&scene.auditor), "they begin alike");

        // Six hundred leave, of which 400 of a lot that the other ledger may not know by its number.
        let left = json!({"consignment": gift.consignment, "leg": gift.leg, "lines": [lot, scene.line(200)]});
        scene.does("departed", "2020-08-01", left).expect(201);
        let path = format!("epcis?consignment={}", gift.consignment);
        let job = taken(&sender, &take(&scene.auditor, &path).text);
        assert_eq!(steps_waiting(&sender, &job), []);
        assert_eq!(counts(&job)[0], 1, "{:#?}", standing(&sender, &job, "waiting"));
        assert_eq!(totals(&auditor), totals(&scene.auditor), "it is under way in both");

        // They are received, some of it damaged and some missing. Whoever told the departure does not receive.
        let arrived = json!({"consignment": gift.consignment, "leg": gift.leg});
        scene.does("arrived", "2020-08-04", arrived).expect(201);
        let figures = json!({"good": 540, "damaged": 20, "on_hold": 10, "missing": 30, "reason": "rain on the pier"});
        let receipt = scene.receives(&gift.consignment, &gift.leg, "2020-08-05", figures).expect(201);
        let text = take(&scene.auditor, &path).text;
        let job = taken(&sender, &text);
        let waits = steps_waiting(&sender, &job);
        assert_eq!(waits.len(), 1, "{waits:?}");
        assert!(waits[0].1.contains("somebody else receives"), "{waits:?}");
        let waiting = standing(&sender, &job, "waiting");
        let waiting = waiting.iter().find(|event| event["step"] == "receiving").expect("the receipt");
        resolve(&receiver, waiting["id"].as_str().expect("an id"), json!({})).expect(200);
        assert_eq!(totals(&auditor), totals(&scene.auditor), "it is received in both");

        // What was counted wrong is stated right.
        let line = json!({"item": scene.masks, "good": 550, "damaged": 10, "on_hold": 10, "missing": 30, "reason": "rain on the pier"});
        let right = json!({"consignment": gift.consignment, "leg": gift.leg, "final": true, "lines": [line]});
        scene.does("corrected", "2020-08-06", json!({"event": receipt["id"], "right": right, "reason": "ten were dry"})).expect(201);
        let job = taken(&receiver, &take(&scene.auditor, &path).text);
        assert_eq!(steps_waiting(&receiver, &job), []);
        approve_all(&there);
        assert_eq!(totals(&auditor), totals(&scene.auditor), "it is corrected in both");

        // All of it once more, and all of it back again: it is known, and nothing is counted twice.
        let (here, far) = (count(&scene.url, "events"), count(other.url(), "events"));
        let back = take(&auditor, &path).text;
        let job = taken(&receiver, &take(&scene.auditor, &path).text);
        assert_eq!(counts(&job), [0, 0, 0, 0]);
        let job = taken(&scene.officer, &back);
        assert_eq!(steps_waiting(&scene.officer, &job), []);
        assert_eq!(counts(&job)[0], 0, "{:#?}", standing(&scene.officer, &job, "taken"));
        assert_eq!((count(&scene.url, "events"), count(other.url(), "events")), (here, far));
        scene.verifies();
        scene.closes();
        crate::support::books::assert_sound(other.url());
    }
}

/// A manager there approves what was proposed above the limits.
fn approve_all(there: &Server) {
    let manager = there.login_as(Role::Manager);
    let open = manager.get("/api/v1/approvals?state=proposed").json();
    for approval in open["items"].as_array().into_iter().flatten() {
        let path = format!("/api/v1/approvals/{}/decide", approval["id"].as_str().expect("an id"));
        manager.post(&path, &json!({"decision": "approve", "reason": "as it was counted"})).expect(200);
    }
}
