//! Events over one connection as they are recorded: in the order of the log, as far as the reader may read, and after a cut
//! from where it was, with nothing missed and nothing doubled.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use relief_ledger::auth::Role;
use relief_ledger::core::id::OrganizationId;
use serde_json::{Value, json};

use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Server, migrate};
use crate::webhooks::{a_gift, another_gift, events, sequences};

const STREAM: &str = "/api/v1/events/stream";

/// An event as it came.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    id: i64,
    kind: String,
    data: Value,
}

/// Somebody who listens, as the standard of server-sent events says.
pub struct Listener {
    stream: BufReader<TcpStream>,
    /// What of the answer's body came and is not a whole line yet.
    rest: Vec<u8>,
}

impl Listener {
    fn begin(caller: &Caller, query: &str, last_event_id: Option<i64>) -> Self {
        Self::open(caller, &format!("{STREAM}{query}"), last_event_id)
    }

    /// Listens to whatever stream a path is of.
    pub fn open(caller: &Caller, path: &str, last_event_id: Option<i64>) -> Self {
        let mut head =
            format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: gzip\r\n", caller.address);
        if let Some(token) = &caller.token {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if let Some(id) = last_event_id {
            head.push_str(&format!("Last-Event-ID: {id}\r\n"));
        }
        head.push_str("\r\n");
        let mut stream = TcpStream::connect(caller.address).expect("the server accepts");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout is set");
        stream.write_all(head.as_bytes()).expect("the head is sent");
        let mut listener = Self { stream: BufReader::new(stream), rest: Vec::new() };
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(listener.stream.read_line(&mut head).expect("a head") > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(
            head.contains("content-type: text/event-stream") && head.contains("cache-control: no-store"),
            "{head}"
        );
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        listener
    }

    /// The next chunk; false at the end.
    fn read_chunk(&mut self) -> bool {
        let mut size = String::new();
        if self.stream.read_line(&mut size).unwrap_or(0) == 0 {
            return false;
        }
        let size = usize::from_str_radix(size.trim(), 16).expect("a size");
        let mut chunk = vec![0; size + 2];
        if self.stream.read_exact(&mut chunk).is_err() {
            return false;
        }
        chunk.truncate(size);
        self.rest.extend(chunk);
        size > 0
    }

    /// The next block of lines; none at the end.
    pub fn block(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.rest.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.rest.drain(..at + 2).collect();
                return Some(String::from_utf8(block).expect("UTF-8"));
            }
            if !self.read_chunk() {
                return None;
            }
        }
    }

    /// The next event, past what only keeps the connection alive; none at the end.
    fn next(&mut self) -> Option<Told> {
        loop {
            let block = self.block()?;
            let field = |name: &str| {
                let line = block.lines().find_map(|line| line.strip_prefix(name));
                line.map(|value| value.strip_prefix(": ").expect("a value").to_owned())
            };
            if let (Some(id), Some(kind), Some(data)) = (field("id"), field("event"), field("data")) {
                let data = serde_json::from_str(&data).expect("JSON");
                return Some(Told { id: id.parse().expect("a number"), kind, data });
            }
            assert!(block.starts_with("retry: ") || block.starts_with(": "), "{block}");
        }
    }

    fn take(&mut self, count: usize) -> Vec<Told> {
        (0..count).map(|_| self.next().expect("another event")).collect()
    }
}

fn ids(told: &[Told]) -> Vec<i64> {
    told.iter().map(|one| one.id).collect()
}

on_both_databases! {
    migrate: migrate;

    fn what_is_recorded_comes_in_its_order_as_it_is_read(database: &TestDatabase) {
        let scene = Scene::new(database);
        a_gift(&scene, 500);
        let mut all = Listener::begin(&scene.officer, "?after=0", None);
        let mut new = Listener::begin(&scene.officer, "", None);
        let mut some = Listener::begin(&scene.officer, "?after=0&kinds=collected", None);
        assert_eq!(all.take(2).len(), 2);
        let begun = Instant::now();
        a_gift(&scene, 600);
        let (told, late) = (all.take(2), new.take(2));
        assert!(begun.elapsed() < Duration::from_secs(15), "it waited for a heartbeat");
        assert_eq!(told, late);
        let known = events(&scene.officer);
        assert_eq!(ids(&told), sequences(&known)[2..]);
        for (one, event) in told.iter().zip(&known[2..]) {
            assert_eq!((&one.data, &json!(one.kind)), (event, &event["kind"]));
        }
        assert!(some.take(2).iter().all(|one| one.kind == "collected"));
        // Without following it ends when all is told; so it is a list as well.
        let mut whole = Listener::begin(&scene.officer, "?after=0&follow=false", None);
        assert_eq!(ids(&whole.take(4)), sequences(&known));
        assert_eq!(whole.next(), None);
    }

    fn a_reader_that_is_cut_off_misses_nothing_and_has_nothing_twice(database: &TestDatabase) {
        let scene = Arc::new(Scene::new(database));
        let donor = scene.organization("Guangdong Province", "CN");
        let beijing = scene.site("Beijing", "warehouse", "CN");
        let done = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let (scene, donor, beijing) = (Arc::clone(&scene), donor.clone(), beijing.clone());
                std::thread::spawn(move || (0..15).for_each(|at| drop(scene.in_store(&donor, &beijing, 10 + at))))
            })
            .collect();
        let finished = Arc::clone(&done);
        let waits = std::thread::spawn(move || {
            writers.into_iter().for_each(|writer| writer.join().expect("it wrote"));
            finished.store(true, Ordering::SeqCst);
        });
        // Cut after one, two, three and so on events, wherever in a block that is.
        let (mut told, mut last, mut cuts) = (Vec::new(), 0, 0);
        while told.len() < 60 {
            let mut listener = Listener::begin(&scene.officer, "", Some(last));
            let part = listener.take((cuts % 7 + 1).min(60 - told.len()));
            last = part.last().expect("an event").id;
            told.extend(part);
            cuts += 1;
        }
        waits.join().expect("all is written");
        assert!(cuts > 10 && done.load(Ordering::SeqCst), "{cuts} cuts");
        assert_eq!(ids(&told), sequences(&events(&scene.officer)));
        // The twin that goes on from the moment it comes back misses what was recorded meanwhile.
        let mut first = Listener::begin(&scene.officer, "?after=0", None);
        first.take(1);
        drop(first);
        a_gift(&scene, 900);
        let mut careless = Listener::begin(&scene.officer, "?follow=false", None);
        assert_eq!(careless.next(), None);
    }

    fn what_another_server_records_comes_too(database: &TestDatabase) {
        let scene = Scene::new(database);
        let mut listener = Listener::begin(&scene.officer, "", None);
        let other = Server::start(database);
        another_gift(&other, &scene.programme, &scene.masks);
        let told = listener.take(1);
        assert_eq!(told[0].kind, "pledge_accepted");
        other.stop();
    }

    fn a_reader_hears_what_it_may_read_and_no_longer_than_it_may(database: &TestDatabase) {
        let scene = Scene::new(database);
        let ours = a_gift(&scene, 500);
        let organization = OrganizationId(ours.parse().expect("an id"));
        let donor = scene.house.login_bound(Role::Donor, Some(organization), None);
        let mut listener = Listener::begin(&donor, "?after=0", None);
        a_gift(&scene, 600);
        let site = scene.site("Tianjin", "warehouse", "CN");
        scene.in_store(&ours, &site, 40);
        let own = events(&donor);
        let told = listener.take(own.len());
        assert_eq!(ids(&told), sequences(&own));
        assert!(told.iter().zip(&own).all(|(one, event)| one.data == *event && one.data.get("body").is_none()));
        scene.admin.get(STREAM).refused("forbidden", &[]);
        scene.house.stranger().get(STREAM).refused("unauthenticated", &[]);
        // Logged out, it hears no more.
        donor.post("/api/v1/auth/logout", &json!({})).expect(200);
        scene.in_store(&ours, &site, 50);
        assert_eq!(listener.next(), None);
    }

    fn a_further_stream_ends_the_oldest_and_all_end_with_the_server(database: &TestDatabase) {
        let scene = Scene::new(database);
        let mut open: Vec<Listener> = (0..5).map(|_| Listener::begin(&scene.officer, "", None)).collect();
        let mut others = Listener::begin(&scene.manager, "", None);
        open.push(Listener::begin(&scene.officer, "", None));
        assert_eq!(open.remove(0).next(), None, "the oldest of six ends");
        a_gift(&scene, 500);
        assert!(open.iter_mut().all(|listener| listener.take(2).len() == 2) && others.take(2).len() == 2);
        let begun = Instant::now();
        scene.house.stop();
        assert!(begun.elapsed() < Duration::from_secs(10), "the server waited for those who listen");
        assert!(open.iter_mut().all(|listener| listener.next().is_none()));
    }

    fn what_cannot_be_meant_of_a_stream_is_refused(database: &TestDatabase) {
        let scene = Scene::new(database);
        let get = |query: &str, headers: &[(&str, &str)]| {
            scene.officer.send("GET", &format!("{STREAM}{query}"), headers, None)
        };
        get("", &[("Last-Event-ID", "soon")]).refused("malformed", &[]);
        get("", &[("Last-Event-ID", "1000000")]).refused("invalid", &["/after"]);
        get("?after=-1", &[]).refused("invalid", &["/after"]);
        get("?after=1000000", &[]).refused("invalid", &["/after"]);
        get("?kinds=collected,sent", &[]).refused("invalid", &["/kinds"]);
        get("?until=5", &[]).refused("invalid", &["/until"]);
    }
}

#[test]
fn a_stream_on_which_nothing_happens_says_how_far_it_is() {
    if std::env::var_os("RELIEF_LONG").is_none() {
        return;
    }
    let database = crate::support::TestDatabase::sqlite(migrate);
    let scene = Scene::new(&database);
    a_gift(&scene, 500);
    let mut listener = Listener::begin(&scene.officer, "?after=0&kinds=departed", None);
    assert_eq!(listener.block().as_deref(), Some("retry: 2000\n\n"));
    let begun = Instant::now();
    let quiet = listener.block().expect("a word");
    assert!(begun.elapsed() < Duration::from_secs(20) && quiet.starts_with(": quiet\nid: "), "{quiet}");
    // Whoever goes on from there looks through nothing twice.
    let id: i64 = quiet.trim_end().rsplit(' ').next().and_then(|id| id.parse().ok()).expect("a number");
    assert!(id >= sequences(&events(&scene.officer))[1]);
}
