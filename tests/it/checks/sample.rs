//! A sample is drawn by a checkpoint, and by whoever has that.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use relief_ledger::audit::hash::Hash256;
use relief_ledger::checks::rules::draw;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::stories::scene::{Scene, id};
use crate::support::on_both_databases;
use crate::support::server::migrate;
use crate::support::until;

/// HMAC-SHA256 as RFC 2104 has it, for a key of at most 64 bytes.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// The sample of a checkpoint's text, worked out from the guide and not from the code.
fn recomputed(note: &str, size: usize, is_fair: bool) -> Vec<u64> {
    let mut text = note.lines().skip(1);
    let entries: u64 = text.next().expect("a size").parse().expect("a number");
    let root = STANDARD.decode(text.next().expect("a root")).expect("base64");
    let (mut drawn, mut counter) = (Vec::new(), 0_u64);
    while drawn.len() < size.min(entries as usize) {
        let block = hmac(&root, &[b"relief-ledger sample v1".as_slice(), &counter.to_be_bytes()].concat());
        let number = u64::from_be_bytes(block[..8].try_into().expect("eight bytes"));
        counter += 1;
        let fair = (1_u128 << 64) / u128::from(entries) * u128::from(entries);
        let position = number % entries;
        if (!is_fair || u128::from(number) < fair) && !drawn.contains(&position) {
            drawn.push(position);
        }
    }
    drawn
}

fn positions(sample: &Value) -> Vec<u64> {
    sample["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|one| one["position"].as_u64().expect("a position"))
        .collect()
}

on_both_databases! {
    migrate: migrate;

    fn whoever_has_the_checkpoint_draws_the_same_sample(database: &TestDatabase) {
        let scene = Scene::new(database);
        (0..20).for_each(|number| { scene.organization(&format!("Organization {number}"), "GM"); });
        let checkpoint = |size: i64| until("a checkpoint", || {
            let reply = scene.house.stranger().get("/api/v1/audit/checkpoint");
            let said = reply.text.lines().nth(1).and_then(|line| line.parse().ok()).unwrap_or(0_i64);
            (reply.status == 200 && said >= size).then_some(reply.text)
        });
        let note = checkpoint(scene.log_size());
        let entries: i64 = note.lines().nth(1).unwrap().parse().unwrap();
        let asks = |query: &str| scene.auditor.get(&format!("/api/v1/audit/sample?{query}"));
        let sample = asks(&format!("size=10&checkpoint={entries}")).expect(200);
        assert_eq!(sample["checkpoint"].as_str(), Some(note.as_str()));
        assert_eq!(positions(&sample), recomputed(&note, 10, true));
        assert_eq!(positions(&sample).iter().collect::<BTreeSet<_>>().len(), 10, "each entry once");
        for one in sample["items"].as_array().unwrap() {
            let entry = scene.auditor.get(&format!("/api/v1/audit/proof/{}", one["position"])).text;
            assert!(entry.starts_with("c2sp.org/tlog-proof"), "what was drawn is in the log: {entry}");
        }

        // It stays the same whatever is recorded since, and a larger one begins with a smaller.
        scene.organization("One more", "GM");
        let later = checkpoint(scene.log_size());
        assert_eq!(positions(&asks(&format!("size=10&checkpoint={entries}")).expect(200)), positions(&sample));
        assert_eq!(positions(&asks(&format!("size=12&checkpoint={entries}")).expect(200))[..10], positions(&sample));
        let all = asks(&format!("size=500&checkpoint={entries}")).expect(200);
        assert_eq!(positions(&all).into_iter().collect::<BTreeSet<u64>>(), (0..entries.unsigned_abs()).collect());
        // Another checkpoint draws another.
        assert_ne!(recomputed(&later, 10, true), positions(&sample));

        // The second verifier, written from the guide alone, draws the same out of the note.
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kept.checkpoint");
        std::fs::write(&file, &note).expect("it is written");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verifier/verify.py");
        let python = |size: &str| {
            let output = Command::new("python3").arg("-B").arg(&script).arg("sample").arg(&file).args(["--size", size]).output();
            String::from_utf8(output.expect("python3 runs").stdout).expect("text")
        };
        let words: Vec<String> = positions(&sample).iter().map(u64::to_string).collect();
        assert_eq!(python("10").lines().collect::<Vec<_>>(), words);

        asks("size=0").refused("invalid", &["/size"]);
        asks("size=501").refused("invalid", &["/size"]);
        asks("checkpoint=123456789").refused("invalid", &["/checkpoint"]);
        scene.manager.get("/api/v1/audit/sample").refused("forbidden", &[]);
        assert!(scene.auditor.get(&format!("/api/v1/audit/sample?id={}", id())).status == 422);
    }
}

#[test]
fn no_entry_is_drawn_more_often_than_another() {
    // Of three entries each comes first for about a third of all roots.
    let mut first = [0_u32; 3];
    for seed in 0..3_000_u32 {
        let root = Hash256::of(&seed.to_be_bytes());
        first[draw(&root, 3, 1)[0] as usize] += 1;
    }
    assert!(first.iter().all(|count| (850..1_150).contains(count)), "{first:?}");
    // Where a number is taken that favours the lower entries, the draw is another: so that it is passed over is seen.
    let entries = (1_u64 << 63) + 1;
    let differs = (0..50_u32).any(|seed| {
        let root = Hash256::of(&seed.to_be_bytes());
        let note = format!("origin\n{entries}\n{}\n", STANDARD.encode(root.0));
        assert_eq!(draw(&root, entries, 3), recomputed(&note, 3, true));
        draw(&root, entries, 3) != recomputed(&note, 3, false)
    });
    assert!(differs);
}
