//! What somebody kept: a witness's checkpoint, a saved proof, a receipt; against a log that was rewritten or put back.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use relief_ledger::audit::beside::Beside;
use relief_ledger::audit::checkpoint::Checkpoint;
use relief_ledger::audit::cosignature::Witness;
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::audit::note::Note;
use relief_ledger::audit::offline::LogProof;
use relief_ledger::audit::signer::CheckpointSigner;
use relief_ledger::audit::tree::{RightEdge, Tree, leaf_hash};
use relief_ledger::auth::Role;
use relief_ledger::core::time::Timestamp;
use relief_ledger::db::connect;
use relief_ledger::db::schema::log_entries;
use serde_json::json;

use super::{checkpoint_over, filled, found, key_of, log_size, python, python_says, relief, text, write};
use crate::audit::{receipts::OLD, receipts::ORIGIN, signer};
use crate::support::ledger::{migrate, tamper};
use crate::support::on_both_databases;
use crate::support::server::Server;
use crate::verify::sign;

/// Rewrites an entry and everything that follows from it, and signs anew with the log's own key, as whoever holds both
/// database and key can.
fn rewrite_and_sign(url: &str, keys: &Path) {
    tamper(
        url,
        "UPDATE log_entries SET body = replace(body, '\"role\":\"officer\"', '\"role\":\"manager\"') WHERE position = 3",
    );
    let mut conn = connect(url).expect("the database opens");
    let bodies: Vec<(i64, String)> = log_entries::table
        .order(log_entries::position)
        .select((log_entries::position, log_entries::body))
        .load(&mut conn)
        .expect("the log is read");
    let mut edge = RightEdge::new();
    for (position, body) in &bodies {
        let hash = leaf_hash(body.as_bytes());
        edge.append(hash);
        diesel::update(log_entries::table.filter(log_entries::position.eq(position)))
            .set(log_entries::leaf_hash.eq(hash.0.to_vec()))
            .execute(&mut conn)
            .expect("the leaf is hashed anew");
    }
    let hexadecimal: String = edge.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let literal =
        if url.starts_with("sqlite:") { format!("x'{hexadecimal}'") } else { format!("'\\x{hexadecimal}'") };
    let sql =
        format!("UPDATE ledger_state SET edge = {literal}; DELETE FROM checkpoints; DELETE FROM log_nodes");
    conn.batch_execute(&sql).expect("the head is another");
    let key = key_of(url, keys);
    let signer =
        KeyRing::open_or_create(keys).expect("the stolen key").log_signer(key.name()).expect("a name");
    // Whoever holds the key folder removes what is kept there too.
    drop(std::fs::remove_file(Beside::of(keys, key.name()).checkpoint_path()));
    let mut checkpoints = CheckpointSigner::resume(&mut conn, signer, None).expect("nothing was signed");
    checkpoints.sign(&mut conn, Timestamp(8)).expect("it is signed");
}

/// A ledger that was signed, and its key folder.
fn signed(url: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = folder.path().join("keys");
    filled(url, 10);
    assert!(sign(url, &keys));
    (folder, keys)
}

on_both_databases! {
    migrate: migrate;

    fn a_log_rewritten_with_the_stolen_key_does_not_continue_what_an_auditor_kept(database: &TestDatabase) {
        let url = database.url();
        let (folder, keys) = signed(url);
        let key = key_of(url, &keys).to_string();
        let home = folder.path().join("witness");
        let witness = ["audit", "witness", "--folder", text(&home), "--key", &key];
        let (code, kept, words) = relief(&witness, url, &keys);
        assert_eq!(code, Some(0), "{words}");
        assert_eq!(kept["size"].as_u64(), Some(log_size(url)));
        let checkpoint = write(folder.path(), "kept.checkpoint", kept["checkpoint"].as_str().expect("a note"));
        let consistency = ["audit", "consistency", "--checkpoint", text(&checkpoint), "--key", &key];
        assert_eq!(relief(&consistency, url, &keys).0, Some(0));
        rewrite_and_sign(url, &keys);
        // By itself the database is as sound as before: that is what a checkpoint outside is for.
        let nowhere = folder.path().join("no-keys");
        let (code, report, _) = relief(&["verify", "--key", &key], url, &nowhere);
        assert_eq!((code, found(&report)), (Some(0), Vec::new()));
        let (code, report, _) = relief(&["verify", "--key", &key, "--checkpoint", text(&checkpoint)], url, &nowhere);
        let expected = vec![format!("log_entries {} -", log_size(url))];
        assert_eq!((code, found(&report)), (Some(1), expected.clone()));
        let (code, answer, words) = relief(&consistency, url, &keys);
        assert!(code == Some(1) && answer["holds"] == json!(false), "{words}");
        let before = std::fs::read_to_string(&checkpoint).expect("it is kept");
        let (code, answer, _) = relief(&witness, url, &keys);
        assert_eq!((code, &answer["holds"]), (Some(1), &json!(false)), "nothing is cosigned over it");
        let path = kept["kept_in"].as_str().expect("a path");
        assert_eq!(std::fs::read_to_string(path).expect("it is kept"), before, "what was kept stays");
        // The same in a bundle, for both verifiers.
        let bundle = folder.path().join("log.bundle");
        assert_eq!(relief(&["audit", "bundle", text(&bundle)], url, &keys).0, Some(0));
        let arguments = ["verify", "--bundle", text(&bundle), "--key", &key];
        assert_eq!(relief(&arguments, url, &nowhere).0, Some(0));
        let with_kept = [&arguments[..], &["--checkpoint", text(&checkpoint)]].concat();
        let (code, report, _) = relief(&with_kept, url, &nowhere);
        assert_eq!((code, found(&report)), (Some(1), expected.clone()));
        let (code, report) = python(&bundle, &key_of(url, &keys), &["--checkpoint", text(&checkpoint)]);
        assert_eq!((code, found(&report)), (Some(1), expected));
    }

    fn a_witness_follows_a_server_a_database_and_a_bundle_and_cosigns_each_time(database: &TestDatabase) {
        let url = database.url();
        filled(url, 300);
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let key = key_of(url, &server.key_folder());
        checkpoint_over(&server, &key, log_size(url));
        let folder = tempfile::tempdir().expect("a folder");
        let (home, nowhere) = (folder.path().join("witness"), folder.path().join("no-keys"));
        let address = format!("http://{}", server.address());
        // The first time the key is needed; from then on it is kept.
        let by_url = ["audit", "witness", "--folder", text(&home), "--name", "court.example/w1", "--url", &address];
        let (code, _, words) = relief(&by_url, url, &nowhere);
        assert!(code == Some(2) && words.contains("--key"), "{words}");
        let words = key.to_string();
        let first = [&by_url[..], &["--key", &words]].concat();
        let (code, kept, words) = relief(&first, url, &nowhere);
        assert_eq!(code, Some(0), "{words}");
        let grown = |name: &str| {
            let body = json!({"name": name, "country": "CN", "donor": true});
            admin.post("/api/v1/organizations", &body).expect(201);
            checkpoint_over(&server, &key, log_size(url));
        };
        grown("Hainan");
        let (code, again, words) = relief(&by_url, url, &nowhere);
        assert_eq!(code, Some(0), "{words}");
        assert_eq!(again["size"].as_u64(), kept["size"].as_u64().map(|size| size + 1));
        let note = Note::parse(again["checkpoint"].as_str().expect("a note")).expect("a note");
        assert_eq!(note.signatures().len(), 2);
        let secret = KeyRing::open_witness(&home).expect("the witness's key");
        let verifier = Witness::new("court.example/w1", secret).expect("a name").verifier();
        assert_eq!(verifier.to_string(), again["witness"].as_str().expect("a key"));
        assert_eq!(Some(verifier.cosigned_at(&note).expect("it cosigned")), again["cosigned_at"].as_u64());
        let later = Witness::new("court.example/w2", KeyRing::open_witness(&folder.path().join("w2")).expect("a key")).expect("a name");
        assert!(later.verifier().cosigned_at(&note).is_err(), "nobody else did");
        grown("Jiangsu");
        let by_database = ["audit", "witness", "--folder", text(&home), "--name", "court.example/w1"];
        assert_eq!(relief(&by_database, url, &nowhere).0, Some(0));
        grown("Banjul");
        let bundle = folder.path().join("log.bundle");
        assert_eq!(relief(&["audit", "bundle", text(&bundle)], url, &server.key_folder()).0, Some(0));
        let by_bundle = [&by_database[..], &["--bundle", text(&bundle)]].concat();
        let (code, last, words) = relief(&by_bundle, url, &nowhere);
        assert_eq!((code, last["size"].as_u64()), (Some(0), Some(log_size(url))), "{words}");
        // Another key than the one kept is refused.
        let other = key_of(url, &folder.path().join("other")).to_string();
        let (code, _, words) = relief(&[&by_url[..], &["--key", &other]].concat(), url, &nowhere);
        assert_eq!(code, Some(1), "{words}");
        assert_eq!(relief(&["audit", "witness", "--folder", text(&home), "--url", "relief.org"], url, &nowhere).0, Some(2));
    }

    fn a_receipt_is_checked_over_the_network_then_offline_by_the_proof_that_was_saved(database: &TestDatabase) {
        let server = Server::start(database);
        let admin = server.login_as(Role::Admin);
        let key = key_of(database.url(), &server.key_folder());
        let body = json!({"name": "Hainan", "country": "CN", "donor": true});
        let answer = admin.post("/api/v1/organizations", &body).expect(201);
        checkpoint_over(&server, &key, log_size(database.url()));
        let folder = tempfile::tempdir().expect("a folder");
        let receipt = write(folder.path(), "receipt.json", &answer.to_string());
        let (proof, nowhere) = (folder.path().join("entry.tlog-proof"), folder.path().join("no-keys"));
        let (address, key) = (format!("http://{}", server.address()), key.to_string());
        let base = ["audit", "check", "--receipt", text(&receipt), "--key", &key];
        let online = [&base[..], &["--url", &address, "--save", text(&proof)]].concat();
        let (code, checked, words) = relief(&online, "sqlite://nowhere.db", &nowhere);
        assert_eq!((code, &checked["index"]), (Some(0), &answer["receipt"]["leaf_index"]), "{words}");
        assert_eq!(relief(&base, database.url(), &nowhere).0, Some(0), "by the database as well");
        server.stop();
        let offline = [&base[..], &["--proof", text(&proof)]].concat();
        assert_eq!(relief(&offline, "sqlite://nowhere.db", &nowhere).0, Some(0));
        let second = |receipt: &Path| {
            python_says(&["receipt", text(receipt), "--key", &key, "--proof", text(&proof)])
        };
        assert_eq!(second(&receipt).0, Some(0), "{:?}", second(&receipt));
        // The entry itself instead of its receipt.
        let index = answer["receipt"]["leaf_index"].as_i64().expect("an index");
        let stored: String = log_entries::table
            .filter(log_entries::position.eq(index))
            .select(log_entries::body)
            .first(&mut connect(database.url()).expect("the database opens"))
            .expect("the entry is there");
        let by_entry = |name: &str, content: &str| {
            let entry = write(folder.path(), name, content);
            let arguments = ["audit", "check", "--entry", text(&entry), "--key", &key, "--proof", text(&proof)];
            relief(&arguments, "sqlite://nowhere.db", &nowhere).0
        };
        assert_eq!(by_entry("entry.json", &stored), Some(0));
        assert_eq!(by_entry("other.json", &stored.replace("admin", "donor")), Some(1));
        // A receipt that was changed, one of an entry that is not there, and what is none.
        let mut forged = answer["receipt"].clone();
        forged["entity_id"] = json!("another");
        assert_eq!(second(&write(folder.path(), "forged.json", &forged.to_string())).0, Some(1));
        let changed = |name: &str, content: String| {
            let receipt = write(folder.path(), name, &content);
            let arguments = ["audit", "check", "--receipt", text(&receipt), "--key", &key];
            relief(&arguments, database.url(), &nowhere).0
        };
        assert_eq!(changed("forged.json", forged.to_string()), Some(1));
        let mut later = answer["receipt"].clone();
        later["leaf_index"] = json!(100_000);
        assert_eq!(changed("later.json", later.to_string()), Some(1));
        assert_eq!(changed("none.json", "{}".to_owned()), Some(2));
    }
}

#[test]
fn a_receipt_handed_out_in_the_first_form_is_checked_by_both_programs_and_a_later_form_by_neither() {
    let signer = signer(ORIGIN, 1);
    let mut leaves: Vec<_> = (0..50_u64).map(|number| leaf_hash(&number.to_be_bytes())).collect();
    leaves[41] = leaf_hash(b"body");
    let tree = Tree::new(&leaves);
    let checkpoint =
        Checkpoint::new(ORIGIN, tree.head_at(50).expect("a head")).sign(&signer, None).expect("signed");
    let path = tree.inclusion_proof(41, 50).expect("a path");
    let proof = LogProof { index: 41, path, checkpoint: checkpoint.to_string() };
    let folder = tempfile::tempdir().expect("a folder");
    let proof = write(folder.path(), "41.tlog-proof", &proof.to_string());
    let (key, nowhere) = (signer.verifier().to_string(), folder.path().join("no-keys"));
    let both = |receipt: &str| {
        let receipt = write(folder.path(), "receipt.json", receipt);
        let arguments = ["receipt", text(&receipt), "--key", &key, "--proof", text(&proof)];
        let (code, _, words) = relief(
            &[&["audit", "check", "--receipt"], &arguments[1..]].concat(),
            "sqlite://nowhere.db",
            &nowhere,
        );
        let second = python_says(&arguments);
        (code, second.0, [words, second.1, second.2].concat())
    };
    let (first, second, words) = both(OLD);
    assert_eq!((first, second), (Some(0), Some(0)), "{words}");
    let (first, second, words) = both(&OLD.replace("000000001", "000000002"));
    assert_eq!((first, second), (Some(1), Some(1)), "{words}");
    let (first, second, words) = both(&OLD.replace("{\"origin", "{\"version\":3,\"origin"));
    assert_eq!((first, second), (Some(2), Some(2)), "{words}");
    assert!(words.contains("version 3"), "{words}");
}
