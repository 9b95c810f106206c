//! Power cuts: the real program is killed under load, again and again; what it acknowledged is there once.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::audit::keys::KeyRing;
use relief_ledger::auth::{Role, Tokens};
use relief_ledger::core::id::{PledgeId, UserId};
use relief_ledger::db::connect;
use relief_ledger::pledges::PledgeOffer;
use relief_ledger::users::store::{NewUser, UserAdd};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::browser::program::Program;
use crate::support::books::{assert_sound, log_root, log_root_of_entries};
use crate::support::ledger::{Ledger, tamper};
use crate::support::on_both_databases;
use crate::support::server::{migrate, operator};

/// Kills of an ordinary run, and of `RELIEF_LONG=1`.
const KILLS: usize = 3;
const KILLS_LONG: usize = 60;
/// Clients that post at the same time.
const CLIENTS: usize = 6;

/// What the clients of a drill sent, and what they were told.
#[derive(Default)]
struct Sent {
    all: Mutex<Vec<Value>>,
    acknowledged: Mutex<BTreeSet<String>>,
}

/// Posts an event to a server that may go away meanwhile; the status, if there was an answer.
fn try_post(address: &str, token: &str, body: &Value) -> Option<u16> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let head = format!(
        "POST /api/v1/events HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer);
    // An answer that was cut off says nothing.
    let (head, _) = text.split_once("\r\n\r\n")?;
    head.split(' ').nth(1)?.parse().ok()
}

/// Events recorded of these, by identifier; each as often as it stands there.
fn recorded(url: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Binary)]
        id: Vec<u8>,
    }
    let sql = "SELECT id FROM events WHERE kind = 'moved'";
    let rows: Vec<Row> = sql_query(sql).load(&mut connect(url).expect("it opens")).expect("events");
    rows.iter().map(|row| Uuid::from_slice(&row.id).expect("an id").to_string()).collect()
}

/// What was acknowledged and is not there, or is there more than once.
fn broken_promises(url: &str, acknowledged: &BTreeSet<String>) -> Vec<String> {
    let recorded = recorded(url);
    let times = |id: &String| recorded.iter().filter(|one| *one == id).count();
    acknowledged.iter().filter(|id| times(id) != 1).cloned().collect()
}

fn start(url: &str, keys: &std::path::Path) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relief"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--workers", "2", "--database-url", url, "--keys"])
        .arg(keys);
    command.env("RELIEF_LOG", "error");
    Program::start(command.stderr(Stdio::null()))
}

fn load(sent: &Sent, program: Program, token: &str, ledger: &Ledger) {
    let address = program.address().trim_start_matches("http://").to_owned();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let id = Uuid::now_v7().to_string();
                    let body = json!({"id": id, "kind": "moved", "occurred_at": "2020-08-01", "site": ledger.beijing,
                        "to_site": ledger.banjul, "lines": [{"item": ledger.item, "quantity": 1}]});
                    sent.all.lock().expect("no client failed").push(body.clone());
                    if try_post(&address, token, &body) == Some(201) {
                        sent.acknowledged.lock().expect("no client failed").insert(id);
                    }
                }
            });
        }
        // Long enough for some to be answered, short enough to cut into the middle of a commit.
        std::thread::sleep(Duration::from_millis(rand::random_range(40..400)));
        program.kill();
        over.store(true, Ordering::Relaxed);
    });
}

on_both_databases! {
    migrate: migrate;

    fn what_was_acknowledged_survives_the_kill_and_counts_once(database: &TestDatabase) {
        let url = database.url();
        let folder = tempfile::tempdir().expect("a folder for keys");
        let keys = folder.path().join("keys");
        let ledger = Ledger::open(url);
        let pledge = PledgeId(Uuid::now_v7());
        let offer = json!({"programme": ledger.programme, "donor": ledger.donor, "offered_at": "2020-05-01",
            "lines": [{"item": ledger.item, "quantity": 1_000_000}]});
        let offer = serde_json::from_value(offer).expect("an offer");
        ledger.writer.record_blocking(PledgeOffer::new(pledge, offer, ledger.actor.clone())).expect("it is offered");
        ledger.posted("pledge_accepted", "2020-06-01", json!({"pledge": pledge}));
        let lines = json!([{"item": ledger.item, "quantity": 1_000_000}]);
        ledger.posted("collected", "2020-06-10", json!({"pledge": pledge, "site": ledger.beijing, "lines": lines}));
        let user = UserId(Uuid::now_v7());
        let new = NewUser { id: user, login: "officer".into(), name: "The officer".into(), password_hash: "none".into(),
            role: Role::Officer, organization: None, country: None };
        ledger.writer.record_blocking(UserAdd { actor: operator(), user: new }).expect("the user is added");
        ledger.writer.stop();
        let ring = KeyRing::open_or_create(&keys).expect("there are keys");
        let token = Tokens::new(&ring).expect("they sign").issue(user, Uuid::now_v7()).expect("a token");

        let sent = Sent::default();
        let kills = if std::env::var_os("RELIEF_LONG").is_some() { KILLS_LONG } else { KILLS };
        for _ in 0..kills {
            load(&sent, start(url, &keys), &token, &ledger);
            let acknowledged = sent.acknowledged.lock().expect("no client failed").clone();
            assert_eq!(broken_promises(url, &acknowledged), [""; 0]);
        }
        let program = start(url, &keys);
        let address = program.address().trim_start_matches("http://").to_owned();
        let all = sent.all.into_inner().expect("no client failed");
        let mut acknowledged = sent.acknowledged.into_inner().expect("no client failed");
        assert!(!acknowledged.is_empty(), "nothing was acknowledged in {kills} rounds");
        // Clients send again what they were not answered; and some send again what they were.
        for body in &all {
            let id = body["id"].as_str().expect("an id").to_owned();
            let status = if acknowledged.contains(&id) && !id.ends_with('0') { 200 } else {
                try_post(&address, &token, body).unwrap_or(0)
            };
            assert!(matches!(status, 200 | 201), "{id}: {status}");
            assert!(!(acknowledged.contains(&id) && status == 201), "{id} was recorded twice");
            acknowledged.insert(id);
        }
        drop(program);
        assert_eq!(broken_promises(url, &acknowledged), [""; 0]);
        assert_eq!(recorded(url).len(), all.len());
        assert_sound(url);
        assert_eq!(log_root_of_entries(url).1, log_root(url));
        eprintln!("{kills} kills, {} events sent", all.len());

        // The same check sees an event that is lost.
        tamper(url, "DELETE FROM events WHERE sequence = (SELECT MAX(sequence) FROM events WHERE kind = 'moved')");
        assert_eq!(broken_promises(url, &acknowledged).len(), 1);
    }
}
