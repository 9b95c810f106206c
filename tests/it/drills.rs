//! Power cuts: the real program is killed under load, again and again; what it acknowledged is there once.

mod busy;
mod carried;
mod conserved;
mod crowds;
mod cut;
mod disk;
mod failover;
pub mod field;
mod gone;
pub mod imported;
pub mod large;
mod processes;
mod told;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use self::field::{Field, broken_among, broken_promises, id, recorded};
use crate::browser::program::Program;
use crate::support::books::{assert_sound, log_root, log_root_of_entries};
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Kills of an ordinary run, and of `RELIEF_LONG=1`.
const KILLS: u32 = 3;
const KILLS_LONG: u32 = 60;
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

fn load(sent: &Sent, program: Program, field: &Field, longest: u32) {
    let address = program.address().trim_start_matches("http://").to_owned();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let id = id();
                    let body = field.moved(&id);
                    sent.all.lock().expect("no client failed").push(body.clone());
                    if try_post(&address, &field.token, &body) == Some(201) {
                        sent.acknowledged.lock().expect("no client failed").insert(id);
                    }
                }
            });
        }
        // Long enough for some to be answered, short enough to cut into the middle of a commit.
        std::thread::sleep(Duration::from_millis(1) * rand::random_range(40..longest));
        program.kill();
        over.store(true, Ordering::Relaxed);
    });
}

on_both_databases! {
    migrate: migrate;

    fn what_was_acknowledged_survives_the_kill_and_counts_once(database: &TestDatabase) {
        let url = database.url();
        let field = Field::lay(url, 1_000_000);
        let sent = Sent::default();
        let kills = if std::env::var_os("RELIEF_LONG").is_some() { KILLS_LONG } else { KILLS };
        let mut rounds = 0;
        // On a machine that is busy with other things a round may be over before anybody was answered: then they last longer.
        let is_unanswered = || sent.acknowledged.lock().expect("no client failed").is_empty();
        while rounds < kills || (rounds < 10 * kills && is_unanswered()) {
            rounds += 1;
            let longest = if is_unanswered() { 400 * (1 + rounds / kills) } else { 400 };
            load(&sent, field.start(), &field, longest);
            let acknowledged = sent.acknowledged.lock().expect("no client failed").clone();
            assert_eq!(broken_promises(url, &acknowledged), [""; 0]);
        }
        let program = field.start();
        let address = program.address().trim_start_matches("http://").to_owned();
        let all = sent.all.into_inner().expect("no client failed");
        let mut acknowledged = sent.acknowledged.into_inner().expect("no client failed");
        assert!(!acknowledged.is_empty(), "nothing was acknowledged in {rounds} rounds");
        // Clients send again what they were not answered; and some send again what they were.
        for body in &all {
            let id = body["id"].as_str().expect("an id").to_owned();
            let status = if acknowledged.contains(&id) && !id.ends_with('0') { 200 } else {
                try_post(&address, &field.token, body).unwrap_or(0)
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
        eprintln!("{rounds} kills, {} events sent", all.len());

        // The same check sees an event that is there twice, and one that is lost.
        let mut doubled = recorded(url);
        doubled.push(doubled[0].clone());
        assert_eq!(broken_among(&doubled, &acknowledged), [doubled[0].clone()]);
        tamper(url, "DELETE FROM events WHERE sequence = (SELECT MAX(sequence) FROM events WHERE kind = 'moved')");
        assert_eq!(broken_promises(url, &acknowledged).len(), 1);
    }
}
