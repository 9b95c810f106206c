//! What a real server's log says of requests, and what it never says: who asked, and for what.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use relief_ledger::audit::keys::KeyRing;
use relief_ledger::auth::{Role, Tokens};
use relief_ledger::core::id::{SessionId, UserId};
use relief_ledger::users::store::{NewUser, UserAdd};
use relief_ledger::vault::Vault;
use relief_ledger::writer::{Writer, WriterSettings};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::browser::program::Program;
use crate::support::TestDatabase;
use crate::support::server::{Arrival, Caller, Reply, migrate, operator};

/// Who logs in, with what, and what stands in paths, queries and bodies.
const LOGIN: &str = "fatou.of.the.port";
const NAME: &str = "Fatou Ceesay-Jallow";
const PASSWORD: &str = "wrong horse battery";
const CONSIGNMENT: &str = "01900000-0000-7000-8000-00000000abcd";
const CODE: &str = "7KQ2-M9XD-4TRF";
const LINK: &str = "9XDM-4TRF-7KQ2";
const WORD: &str = "behind-the-green-door";
const NOTE: &str = "left with the guard at gate four";

/// How long the log may be behind the answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is wrong with a log, line by line.
fn faults(log: &str, secrets: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for line in log.lines() {
        let Ok(Value::Object(entry)) = serde_json::from_str(line) else {
            found.push(format!("no JSON: {line}"));
            continue;
        };
        if ["timestamp", "level", "target"].iter().any(|name| !entry.contains_key(*name)) {
            found.push(format!("says not when, how bad or where: {line}"));
        }
        if entry.get("span").is_some_and(|span| span["name"] == "request") {
            let said = ["request_id", "method", "route"]
                .map(|name| entry["span"][name].as_str().unwrap_or_default());
            if said.contains(&"") {
                found.push(format!("a request without its id, method or route: {line}"));
            }
        }
        let told = line.to_lowercase();
        for secret in secrets.iter().filter(|secret| told.contains(&secret.to_lowercase())) {
            found.push(format!("tells {secret}: {line}"));
        }
    }
    found
}

/// What the log says of the request that was answered so.
fn told_of(log: &str, reply: &Reply) -> Vec<Value> {
    let id = reply.header("x-request-id").expect("an answer has an id");
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["span"]["request_id"] == id).collect()
}

/// A user who is logged in, with the keys of the server; the access token.
pub fn arrive(url: &str, keys: &Path) -> String {
    let (user, session) = (UserId(Uuid::now_v7()), SessionId(Uuid::now_v7()));
    let new = NewUser {
        id: user,
        login: LOGIN.into(),
        name: NAME.into(),
        password_hash: "none".into(),
        role: Role::Officer,
        organization: None,
        countries: Vec::new(),
    };
    let user_add =
        UserAdd { actor: operator(), user: new.sealed(&Vault::open_or_create(keys).unwrap()).unwrap() };
    let writer = Writer::start(WriterSettings::of(url)).unwrap();
    writer.record_blocking(Arrival { add: user_add, session }).unwrap();
    writer.stop();
    drop(KeyRing::open_or_create(keys).unwrap());
    Tokens::open(keys).unwrap().issue(user, session).unwrap()
}

/// Starts a real server whose log goes into a file.
pub fn start(url: &str, keys: &Path, log: &Path, level: Option<&str>) -> Program {
    let mut command = Command::new("bash");
    command.args(["-c", "log=$1; shift; exec \"$@\" 2> \"$log\"", "bash"]).arg(log);
    command.args([env!("CARGO_BIN_EXE_relief"), "serve", "--listen", "127.0.0.1:0", "--workers", "2"]);
    command.args(["--database-url", url, "--keys"]).arg(keys).env_remove("RELIEF_LOG");
    if let Some(level) = level {
        command.env("RELIEF_LOG", level);
    }
    Program::start(&mut command)
}

fn requests(caller: &Caller, stranger: &Caller) -> Vec<(Reply, u16, &'static str)> {
    let login = json!({"login": LOGIN, "password": PASSWORD});
    let event = json!({"id": Uuid::now_v7(), "kind": "moved", "occurred_at": "2020-08-01", "note": NOTE, "lines": NOTE});
    let get = |caller: &Caller, path: String| caller.get(&path);
    vec![
        (get(caller, format!("/api/v1/consignments/{CONSIGNMENT}")), 404, "/api/v1/consignments/{id}"),
        (get(caller, format!("/api/v1/events?consignment={CONSIGNMENT}")), 200, "/api/v1/events"),
        (get(caller, "/api/v1/auth/me".to_owned()), 200, "/api/v1/auth/me"),
        (get(stranger, format!("/api/v1/tracking/{CODE}")), 404, "/api/v1/tracking/{code}"),
        (get(stranger, format!("/api/v1/pledge-links/{LINK}")), 404, "/api/v1/pledge-links/{code}"),
        (get(stranger, format!("/{WORD}/{CONSIGNMENT}?{WORD}")), 404, "unmatched"),
        (stranger.post("/api/v1/auth/login", &login), 401, "/api/v1/auth/login"),
        (caller.post("/api/v1/events", &event), 422, "/api/v1/events"),
    ]
}

#[test]
fn the_log_says_which_request_and_never_who_asked_for_what() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::sqlite(migrate);
    let (url, keys) = (database.url(), folder.path().join("keys"));
    let token = arrive(url, &keys);
    for level in [None, Some("debug")] {
        let path = folder.path().join("server.log");
        let program = start(url, &keys, &path, level);
        let address = program.address().trim_start_matches("http://").parse().unwrap();
        let stranger = Caller { address, token: None, user: None };
        let caller = Caller { token: Some(token.clone()), ..stranger.clone() };
        let answered = requests(&caller, &stranger);
        let begun = Instant::now();
        let read = || std::fs::read_to_string(&path).unwrap();
        while answered.iter().any(|(reply, ..)| told_of(&read(), reply).is_empty())
            && begun.elapsed() < PATIENCE
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(program);
        let log = read();
        for (reply, status, route) in &answered {
            assert_eq!(reply.status, *status, "{route}: {}", reply.text);
            let told = told_of(&log, reply);
            let last = told.last().unwrap_or_else(|| panic!("nothing is said of {route}:\n{log}"));
            assert_eq!(
                (&last["span"]["route"], &last["span"]["status"]),
                (&json!(route), &json!(status)),
                "{last:#}"
            );
        }
        let secrets = [LOGIN, NAME, PASSWORD, CONSIGNMENT, CODE, LINK, WORD, NOTE, token.as_str()];
        assert_eq!(faults(&log, &secrets), [""; 0], "at {level:?}");

        // The twins: a log that says more, and one that says less.
        let line = |span: Value, fields: Value| {
            json!({"timestamp": "2026-11-29T02:00:00Z", "level": "INFO", "target": "relief", "span": span, "fields": fields}).to_string()
        };
        let request = json!({"name": "request", "request_id": "7", "method": "GET", "route": "/"});
        let leaky =
            line(request.clone(), json!({"message": "answered", "path": format!("/api/v1/tracking/{CODE}")}));
        assert_eq!(faults(&format!("{log}{leaky}\n"), &secrets).len(), 1);
        let named = line(request, json!({"message": format!("{LOGIN} is wrong")}));
        assert_eq!(faults(&format!("{log}{named}\n"), &secrets).len(), 1);
        let nameless =
            line(json!({"name": "request", "method": "GET", "route": "/"}), json!({"message": "answered"}));
        assert_eq!(faults(&format!("{log}{nameless}\nthread panicked\n"), &secrets).len(), 2);
    }
}
