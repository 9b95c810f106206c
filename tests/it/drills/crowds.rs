//! Crowds at the doors: whoever has business there is answered all the same. How long that takes is printed and not
//! judged, as machines that run this are busy; `relief bench --only doors` judges it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use relief_ledger::auth::Role;
use serde_json::json;

use crate::support::TestDatabase;
use crate::support::server::{Caller, Server, migrate};

/// A crowd's manner, and how many it is in an ordinary run and with `RELIEF_LONG=1`; logins are as many a second.
const CROWDS: [(&str, usize, usize); 4] =
    [("Logins", 20, 200), ("Heads", 100, 2_000), ("Bodies", 100, 2_000), ("Idle", 100, 2_000)];
/// Requests of whoever has business there, alone and among each crowd.
const REQUESTS: usize = 40;
const REQUESTS_LONG: usize = 2_000;

/// A crowd that is there; it goes when dropped.
struct Gathered(Child);

impl Drop for Gathered {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The crowd of `relief bench`, which comes from many of this machine's own addresses.
fn gather(at: &Caller, manner: &str, members: usize) -> Gathered {
    let mut child = Command::new(env!("CARGO_BIN_EXE_relief"))
        .args(["bench", "--crowd"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the crowd starts");
    let crowd = json!({"address": at.address, "token": at.token, "manner": manner, "members": members});
    let mut input = child.stdin.take().expect("an input");
    input.write_all(crowd.to_string().as_bytes()).expect("it is told what to do");
    drop(input);
    let output = child.stdout.take().expect("an output");
    let gathered = Gathered(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("it says who came");
    assert_eq!(line.trim(), "all", "{manner}: so many of {members} came");
    gathered
}

/// What the ninety-ninth of a hundred requests waits; each is answered.
fn ninety_ninth(caller: &Caller, requests: usize) -> Duration {
    let asked = |_| {
        let begun = Instant::now();
        caller.get("/api/v1/organizations").expect(200);
        begun.elapsed()
    };
    let mut took: Vec<Duration> = (0..requests).map(asked).collect();
    took.sort_unstable();
    took[requests * 99 / 100]
}

#[test]
fn whoever_has_business_is_answered_while_a_crowd_is_at_the_door() {
    let is_long = std::env::var_os("RELIEF_LONG").is_some();
    let database = TestDatabase::sqlite(migrate);
    let server = Server::start(&database);
    let officer = server.login_as(Role::Officer);
    let requests = if is_long { REQUESTS_LONG } else { REQUESTS };
    for (manner, few, many) in CROWDS {
        let members = if is_long { many } else { few };
        let alone = ninety_ninth(&officer, requests);
        let crowd = gather(&officer, manner, members);
        let among = ninety_ninth(&officer, requests);
        drop(crowd);
        println!("{members} {manner}: p99 of others {among:?}, without {alone:?}");
    }
}
