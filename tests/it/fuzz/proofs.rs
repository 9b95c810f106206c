//! What an auditor gets from a stranger: notes, checkpoints, entries, receipts, tiles, proofs and bundles.

use std::io::Write as _;

use ed25519_dalek::SigningKey;
use relief_ledger::audit::bundle_read::Bundle;
use relief_ledger::audit::checkpoint::Checkpoint;
use relief_ledger::audit::digest::Value;
use relief_ledger::audit::entry::{Entry, EntryWriter, Heading};
use relief_ledger::audit::hash::Hash256;
use relief_ledger::audit::note::{Note, NoteSigner, VerifierKey};
use relief_ledger::audit::offline::{ConsistencyProof, LogProof};
use relief_ledger::audit::receipt::{BatchPlace, Receipt};
use relief_ledger::audit::tiles::{TileId, parse_numbered, parse_tile};
use relief_ledger::audit::tree::{RightEdge, TreeHead, leaf_hash};

use super::{Reader, none_stops, seen};

fn signer() -> NoteSigner {
    NoteSigner::new("relief.example/log", SigningKey::from_bytes(&[7; 32])).expect("a signer")
}

fn head() -> TreeHead {
    let mut edge = RightEdge::new();
    (0..5_u8).for_each(|leaf| edge.append(leaf_hash(&[leaf])));
    edge.head()
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new("relief.example/log", head())
}

fn note() -> String {
    let text = checkpoint().to_text().expect("a text");
    signer().sign(&text).expect("a note").to_string()
}

fn entry(reason: Option<&str>) -> Vec<u8> {
    let mut writer = EntryWriter::new();
    writer.begin(&Heading {
        sequence: Some(7),
        recorded_at_us: 1_767_225_600_000_000,
        actor: "user:0190f000",
        role: "officer",
        scope: "everything",
        action: "pledge_withdraw",
        entity_kind: "pledge",
        entity_id: "0190f001",
        version: Some(3),
        reason,
    });
    let mut row = writer.row("pledges", "0190f001");
    row.column("id", Value::Text("0190f001"));
    row.column("quantity", Value::Integer(-12_000));
    drop(row);
    writer.finish()
}

#[test]
fn no_note_checkpoint_or_key_stops_whoever_reads_it() {
    let key = signer().verifier().to_string();
    none_stops(&[
        Reader::of_text("note", &[&note()], |text| {
            let known = signer();
            Note::parse(text).is_ok_and(|note| note.verify(&[known.verifier()]).is_ok())
        }),
        Reader::of_text("checkpoint", &[&checkpoint().to_text().expect("a text")], |text| {
            Checkpoint::parse_text(text).is_ok()
        }),
        Reader::of_text("signed checkpoint", &[&note()], |text| {
            Checkpoint::open(text, signer().verifier()).is_ok()
        }),
        Reader::of_text("key that verifies", &[&key], |text| text.parse::<VerifierKey>().is_ok()),
        Reader::of_text("hash", &[&Hash256::of(b"leaf").to_string()], |text| Hash256::parse(text).is_ok()),
    ]);
}

#[test]
fn no_entry_stops_whoever_reads_it_and_both_ways_of_reading_agree() {
    let samples = vec![entry(None), entry(Some("donor's \"letter\"\nof 1 May"))];
    none_stops(&[Reader::new("entry", samples, |bytes| {
        let (quick, slow) = (Entry::parse(bytes).is_ok(), Entry::parse_slowly(bytes).is_ok());
        assert_eq!(quick, slow, "{}", String::from_utf8_lossy(bytes));
        quick
    })]);
}

#[test]
fn no_proof_tile_or_edge_stops_whoever_reads_it() {
    let hash = Hash256::of(b"one");
    let proof = LogProof { index: 3, path: vec![hash, hash], checkpoint: note() }.to_string();
    let growth = ConsistencyProof { old: 2, path: vec![hash], checkpoint: note() }.to_string();
    let mut edge = RightEdge::new();
    (0..11_u8).for_each(|leaf| edge.append(leaf_hash(&[leaf])));
    none_stops(&[
        Reader::of_text("proof of an entry", &[&proof], |text| {
            LogProof::parse(text).is_ok_and(|proof| {
                // Whether it is true is another question, whose answer stops nobody either.
                seen(proof.verify(leaf_hash(b"one"), signer().verifier()));
                true
            })
        }),
        Reader::of_text("proof of growth", &[&growth], |text| {
            ConsistencyProof::parse(text).is_ok_and(|proof| {
                seen(proof.verify(Some(&checkpoint()), signer().verifier()));
                seen(proof.verify(None, signer().verifier()));
                true
            })
        }),
        Reader::new("edge", vec![edge.to_bytes()], |bytes| {
            RightEdge::from_bytes(bytes).is_ok_and(|edge| {
                seen(edge.root());
                true
            })
        }),
        Reader::new("tile", vec![vec![3; 64]], |bytes| {
            [0, 1, 3, 256].into_iter().for_each(|width| seen(parse_tile(bytes, width)));
            parse_tile(bytes, 2).is_some()
        }),
        Reader::of_text("place of a tile", &["x001/x234/067.p/8", "000"], |text| {
            let (level, rest) = text.split_once(' ').unwrap_or(("0", text));
            seen(TileId::parse(level, rest));
            parse_numbered(text).is_some()
        }),
    ]);
}

/// A zip of these members.
fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a member");
        zip.write_all(content).expect("its content");
    }
    zip.finish().expect("a zip").into_inner()
}

#[test]
fn no_bundle_stops_whoever_opens_it() {
    let format = relief_ledger::audit::bundle::BUNDLE_FORMAT.as_bytes();
    let sample = zipped(&[("format", format), ("checkpoint", note().as_bytes())]);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.bundle");
    none_stops(&[Reader::new("bundle", vec![sample], move |bytes| {
        std::fs::write(&path, bytes).expect("it is written");
        let Ok(mut bundle) = Bundle::open(&path) else { return false };
        seen(bundle.tile(TileId { level: 0, index: 0, width: 1 }));
        bundle.checkpoint().is_ok()
    })]);
    drop(folder);
}

#[test]
fn no_receipt_stops_whoever_checks_it() {
    let receipt = Receipt {
        version: 1,
        origin: "relief.example/log".to_owned(),
        leaf_index: 4,
        leaf_hash: Hash256::of(b"leaf"),
        entity_id: "0190f001".to_owned(),
        recorded_at_us: 1_767_225_600_000_000,
        key_id: signer().verifier().id().to_string(),
        batch: Some(BatchPlace { index: 1, size: 3, path: vec![Hash256::of(b"other")] }),
        signature: "A".repeat(86),
    };
    let sample = serde_json::to_string(&receipt).expect("JSON");
    none_stops(&[Reader::of_text("receipt", &[&sample], |text| {
        serde_json::from_str::<Receipt>(text).is_ok_and(|receipt| {
            // Whether it is true is another question, whose answer stops nobody either.
            seen(receipt.verify(signer().verifier()));
            true
        })
    })]);
}
