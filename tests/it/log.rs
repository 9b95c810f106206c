//! The log for whoever does not trust us: tiles and proofs over HTTP, bundles, witnesses, and a database that was
//! edited.

mod bundles;
mod doubt;
mod kept;
mod proofs;

use std::path::{Path, PathBuf};

use relief_ledger::audit::checkpoint::Checkpoint;
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::audit::note::VerifierKey;
use relief_ledger::db::connect;
use relief_ledger::writer::log_state;
use serde_json::Value;

use crate::support::ledger::Ledger;
use crate::support::server::Server;
use crate::support::until;

/// A gift's ledger with so many further entries behind it.
fn filled(url: &str, entries: usize) -> Ledger {
    let ledger = Ledger::with_gift(url);
    let recorded: Vec<_> = (0..entries).map(|_| ledger.submit(|_| {})).collect();
    for receiver in recorded {
        receiver.blocking_recv().expect("the writer answers").expect("it is recorded");
    }
    ledger.writer.stop();
    ledger
}

/// How many entries the log has.
fn log_size(url: &str) -> u64 {
    log_state(&mut connect(url).expect("the database opens")).expect("the log stands somewhere").edge.size()
}

/// The log's key as its operator would tell it.
fn key_of(url: &str, keys: &Path) -> VerifierKey {
    let origin = log_state(&mut connect(url).expect("the database opens")).expect("a log").origin;
    let ring = KeyRing::open_or_create(keys).expect("there are keys");
    VerifierKey::new(&origin, ring.log_public_key()).expect("the origin is a name")
}

/// The newest checkpoint of a server once it speaks of so many entries, as a stranger reads it.
fn checkpoint_over(server: &Server, key: &VerifierKey, size: u64) -> (Checkpoint, String) {
    until("a checkpoint", || {
        let reply = server.stranger().get("/api/v1/audit/checkpoint");
        if reply.status != 200 {
            return None;
        }
        let checkpoint = Checkpoint::open(&reply.text, key).expect("the log's key signed it");
        (checkpoint.head.size >= size).then_some((checkpoint, reply.text))
    })
}

/// Exit code, answer and words of `relief`.
fn relief(arguments: &[&str], database: &str, keys: &Path) -> (Option<i32>, Value, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_relief"))
        .args(arguments)
        .args(["--json", "--database-url", database, "--keys"])
        .arg(keys)
        .output()
        .expect("the command runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_str(&text).unwrap_or(Value::Null);
    (output.status.code(), value, words)
}

/// Exit code and report of the second verifier.
fn python(bundle: &Path, key: &VerifierKey, more: &[&str]) -> (Option<i32>, Value) {
    let (code, text, words) =
        python_says(&[&[text(bundle), "--json", "--key", &key.to_string()], more].concat());
    (code, serde_json::from_str(&text).unwrap_or_else(|_| words.into()))
}

/// Exit code, answer and words of the second verifier.
fn python_says(arguments: &[&str]) -> (Option<i32>, String, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verifier/verify.py");
    let output = std::process::Command::new("python3")
        .arg("-B")
        .arg(script)
        .args(arguments)
        .output()
        .expect("python3 runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Table, key and column of every finding of a report, sorted, each once.
fn found(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("no report: {report:#}"));
    let mut names: Vec<String> = findings
        .iter()
        .map(|finding| {
            format!("{} {} {}", text(&finding["table"]), text(&finding["key"]), text(&finding["column"]))
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of the tests is text")
}

/// Writes a file of a story.
fn write(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("it is written");
    path
}
