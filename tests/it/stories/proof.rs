//! What an auditor takes home: receipts, entries and checkpoints, checked with the log's public key alone.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::TestDatabase;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};
use relief_ledger::audit::checkpoint::Checkpoint;
use relief_ledger::audit::note::VerifierKey;
use relief_ledger::audit::receipt::Receipt;
use relief_ledger::audit::tree::{RightEdge, leaf_hash};

/// How long a fresh checkpoint may take: one is signed about once a second.
const SIGNED_WITHIN: Duration = Duration::from_secs(20);

/// The log's key as an auditor notes it down.
fn published_key(scene: &Scene) -> VerifierKey {
    let key: VerifierKey = scene
        .house
        .stranger()
        .get("/.well-known/relief-log.vkey")
        .text
        .trim()
        .parse()
        .expect("a key reads as it is written");
    assert_eq!(
        key.to_string(),
        VerifierKey::new(key.name(), scene.house.keys().log_public_key()).expect("a name").to_string()
    );
    key
}

/// Every entry of the log, in pages of seven.
fn entries(auditor: &Caller) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    let mut after = String::new();
    loop {
        let page = auditor.get(&format!("/api/v1/audit/entries?limit=7{after}")).expect(200);
        all.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

/// The newest checkpoint once it speaks of so many entries.
fn checkpoint_over(auditor: &Caller, key: &VerifierKey, size: i64) -> (Checkpoint, String) {
    let begun = Instant::now();
    loop {
        let reply = auditor.get("/api/v1/audit/checkpoint");
        if reply.status == 200 {
            assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
            let checkpoint = Checkpoint::open(&reply.text, key).expect("the log's key signed it");
            if checkpoint.head.size as i64 >= size {
                return (checkpoint, reply.text);
            }
        } else {
            reply.refused("not_found", &[]);
        }
        assert!(begun.elapsed() < SIGNED_WITHIN, "no checkpoint over {size} entries: {}", reply.text);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether these entries, from the first on, are what a checkpoint speaks of.
fn is_over(checkpoint: &Checkpoint, entries: &[Value]) -> bool {
    let mut edge = RightEdge::new();
    for entry in &entries[..checkpoint.head.size as usize] {
        edge.append(leaf_hash(entry["body"].as_str().expect("a body").as_bytes()));
    }
    edge.root() == checkpoint.head.root
}

fn story(database: &TestDatabase) -> (Scene, Value) {
    let scene = Scene::new(database);
    let donor = scene.organization("Hainan", "CN");
    let (beijing, hub) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Dakar", "warehouse", "SN"));
    scene.in_store(&donor, &beijing, 1_000);
    let moved = json!({"site": beijing, "to_site": hub, "lines": [scene.line(10)]});
    let posted = scene.does("moved", "2020-08-01", moved).expect(201);
    (scene, posted)
}

on_both_databases! {
    migrate: migrate;

    fn a_receipt_is_signed_for_the_entry_it_names(database: &TestDatabase) {
        let (scene, posted) = story(database);
        let key = published_key(&scene);
        let receipt: Receipt = serde_json::from_value(posted["receipt"].clone()).expect("a receipt");
        receipt.verify(&key).expect("the log's key signed it");
        assert_eq!(json!(receipt.entity_id), posted["id"]);
        assert_eq!(receipt.leaf_index as i64 + 1, posted["sequence"].as_i64().expect("a sequence"));
        let entries = entries(&scene.auditor);
        let entry = &entries[receipt.leaf_index as usize];
        assert_eq!(entry["position"], receipt.leaf_index);
        assert_eq!(entry["leaf_hash"], posted["receipt"]["leaf_hash"]);
        let body = entry["body"].as_str().expect("a body");
        assert_eq!(leaf_hash(body.as_bytes()), receipt.leaf_hash);
        assert!(body.contains(&receipt.entity_id), "{body}");
        // Whatever is changed in it, and whatever other key it is checked with, is noticed.
        assert!(Receipt { leaf_index: receipt.leaf_index + 1, ..receipt.clone() }.verify(&key).is_err());
        assert!(Receipt { entity_id: scene.programme.clone(), ..receipt.clone() }.verify(&key).is_err());
        let tokens = VerifierKey::new(key.name(), scene.house.keys().tokens_public_key()).expect("a key");
        assert!(receipt.verify(&tokens).is_err());
    }

    fn events_sent_at_once_have_a_receipt_each_and_share_signatures(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (beijing, hub) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Dakar", "warehouse", "SN"));
        scene.in_store(&donor, &beijing, 1_000);
        let key = published_key(&scene);
        let moved = |quantity: i64| {
            let details = json!({"site": beijing, "to_site": hub, "lines": [scene.line(quantity)]});
            event(&id(), "moved", "2020-08-01", details)
        };
        // Some count, one is refused among them, and one waits for a consignment that is not known yet.
        let mut events: Vec<Value> = (1..=20).map(moved).collect();
        events.insert(7, moved(5_000));
        events.push(event(&id(), "departed", "2020-08-02", json!({"consignment": id()})));
        let batch = json!({"events": events});
        let sent = scene.officer.post("/api/v1/events/batch", &batch).expect(200);
        assert_eq!((&sent["accepted"], &sent["refused"]), (&json!(21), &json!(1)), "{sent:#}");
        let entries = entries(&scene.auditor);
        let mut signatures = BTreeSet::new();
        for (event, result) in events.iter().zip(sent["results"].as_array().expect("results")) {
            let receipt = &result["result"]["receipt"];
            if result["result"].is_null() {
                continue;
            }
            let receipt: Receipt = serde_json::from_value(receipt.clone()).expect("a receipt");
            receipt.verify(&key).expect("the log's key signed it");
            assert_eq!(json!(receipt.entity_id), event["id"]);
            let body = entries[receipt.leaf_index as usize]["body"].as_str().expect("a body");
            assert_eq!(leaf_hash(body.as_bytes()), receipt.leaf_hash);
            assert!(body.contains(&receipt.entity_id), "{body}");
            signatures.insert(receipt.signature);
        }
        assert!(signatures.len() < 21, "what was committed together is signed together");
        let again = scene.officer.post("/api/v1/events/batch", &batch).expect(200);
        assert!(again["results"].as_array().expect("results").iter().all(|one| one["result"]["receipt"].is_null()));
    }

    fn entries_come_in_pages_in_their_order_and_nobody_else_reads_them(database: &TestDatabase) {
        let (scene, _) = story(database);
        let entries = entries(&scene.auditor);
        assert_eq!(entries.len() as i64, scene.log_size());
        for (position, entry) in entries.iter().enumerate() {
            assert_eq!(entry["position"], position);
            let body: Value = serde_json::from_str(entry["body"].as_str().expect("a body")).expect("JSON");
            assert!(body.is_object());
        }
        scene.house.stranger().get("/api/v1/audit/entries").refused("unauthenticated", &[]);
        scene.officer.get("/api/v1/audit/entries").refused("forbidden", &[]);
        scene.auditor.get("/api/v1/audit/entries?after=x").refused("invalid", &["/after"]);
        scene.auditor.get("/api/v1/audit/entries?limit=0").refused("invalid", &["/limit"]);
    }

    fn a_fresh_checkpoint_is_signed_soon_and_continues_the_one_kept_at_home(database: &TestDatabase) {
        let (scene, _) = story(database);
        let key = published_key(&scene);
        let (kept, note) = checkpoint_over(&scene.auditor, &key, scene.log_size());
        assert_eq!((kept.origin.as_str(), kept.head.size as i64), (key.name(), scene.log_size()));
        assert!(is_over(&kept, &entries(&scene.auditor)));
        scene.organization("Jiangsu", "CN");
        let (fresh, _) = checkpoint_over(&scene.auditor, &key, scene.log_size());
        assert_eq!(fresh.head.size, kept.head.size + 1);
        let mut now = entries(&scene.auditor);
        assert!(is_over(&fresh, &now) && is_over(&kept, &now), "both speak of the same log");
        // Nothing new is signed while nothing is recorded.
        std::thread::sleep(Duration::from_millis(2_200));
        assert_eq!(checkpoint_over(&scene.auditor, &key, scene.log_size()).0, fresh);
        // A past that was changed, and a note of another key, are noticed.
        now[3]["body"] = json!("{}");
        assert!(!is_over(&kept, &now) && !is_over(&fresh, &now));
        let tokens = VerifierKey::new(key.name(), scene.house.keys().tokens_public_key()).expect("a key");
        assert!(Checkpoint::open(&note, &tokens).is_err());
        let size = format!("\n{}\n", kept.head.size);
        assert!(Checkpoint::open(&note.replace(&size, &format!("\n{}\n", kept.head.size + 1)), &key).is_err());
    }
}
