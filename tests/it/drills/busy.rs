//! More comes than can be recorded for now: a full queue, a database that somebody else holds.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::db::{BUSY_WAIT_MS, Conn, connect, exclusive};
use serde_json::{Value, json};

use super::field::{Field, broken_promises, id, recorded, recorded_in_secret};
use crate::support::books::assert_sound;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};
use crate::verify::verify;

/// What a client waits for the writer's lock, and a margin for a slow machine.
const ANSWERED_WITHIN: Duration = Duration::from_millis(BUSY_WAIT_MS as u64 + 7_000);

/// Holds the lock of the one who writes, as another process does that hangs, until dropped.
fn hold(url: &str) -> Conn {
    let mut conn = connect(url).expect("the database opens");
    exclusive(&mut conn).expect("the lock is free");
    conn
}

/// Says that the answer tells to come back.
#[track_caller]
fn told_to_come_back(reply: &Reply) {
    let (status, code, _) = reply.problem();
    assert_eq!((status, code.as_str()), (503, "unavailable"), "{}", reply.text);
    let seconds: u64 = reply.header("retry-after").and_then(|text| text.parse().ok()).expect("Retry-After");
    assert!((1..=10).contains(&seconds), "Retry-After: {seconds}");
}

/// Updates waiting for the writer.
fn depth(officer: &Caller) -> u64 {
    officer.get("/health/ready").expect(200)["queue"].as_u64().expect("a number")
}

/// Posts these and returns which were acknowledged and which are to come back; nothing else is told.
fn post_batch(field: &Field, officer: &Caller, ids: &[String]) -> (Vec<String>, Vec<String>) {
    let events: Vec<Value> = ids.iter().map(|id| field.moved(id)).collect();
    let reply = officer.post("/api/v1/events/batch", &json!({"events": events})).expect(200);
    let results = reply["results"].as_array().expect("results");
    assert_eq!(results.len(), ids.len());
    let mut told = (Vec::new(), Vec::new());
    for (id, result) in ids.iter().zip(results) {
        match result["status"].as_u64() {
            Some(201) if !told.1.is_empty() => panic!("{id} was recorded before one that was sent first"),
            Some(201) => told.0.push(id.clone()),
            Some(503) if result["problem"]["code"] == "unavailable" => told.1.push(id.clone()),
            _ => panic!("neither recorded nor told to come back: {result:#}"),
        }
    }
    told
}

/// The sequence of the first move.
fn sequence_of_first(url: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::BigInt)]
        sequence: i64,
    }
    let sql = "SELECT MIN(sequence) AS sequence FROM events WHERE kind = 'moved'";
    let row: Row = sql_query(sql).get_result(&mut connect(url).expect("it opens")).expect("a move");
    row.sequence
}

on_both_databases! {
    migrate: migrate;

    fn a_full_queue_sends_back_what_does_not_fit_and_keeps_what_it_took(database: &TestDatabase) {
        let url = database.url();
        let field = Field::lay(url, 1_000_000);
        let program = field.start();
        let officer = field.officer(&program);
        let held = hold(url);
        let batches: Vec<Vec<String>> = (0..5).map(|_| (0..1_000).map(|_| id()).collect()).collect();
        let one_more = id();
        let (acknowledged, sent_back) = std::thread::scope(|scope| {
            let posts: Vec<_> =
                batches.iter().map(|ids| scope.spawn(|| post_batch(&field, &officer, ids))).collect();
            let begun = Instant::now();
            while depth(&officer) < 4_096 {
                assert!(begun.elapsed() < ANSWERED_WITHIN, "the queue does not fill: {}", depth(&officer));
                std::thread::sleep(Duration::from_millis(10));
            }
            println!("the queue was full after {:?}", begun.elapsed());
            let begun = Instant::now();
            let more: Vec<String> = (0..20).map(|_| id()).collect();
            assert_eq!(post_batch(&field, &officer, &more).1, more);
            assert!(begun.elapsed() < Duration::from_secs(2), "a full queue is told at once");
            // A person finds room beside the files, and is not kept waiting for them.
            let single = scope.spawn(|| officer.post("/api/v1/events", &field.moved(&one_more)).expect(201));
            while depth(&officer) <= 4_096 {
                assert!(begun.elapsed() < ANSWERED_WITHIN, "a single update found no room");
                std::thread::sleep(Duration::from_millis(10));
            }
            // Reading needs no place in the queue.
            officer.get(&format!("/api/v1/sites/{}/stock", field.ledger.beijing)).expect(200);
            drop(held);
            let single = single.join().expect("a single update is answered");
            let mut told = (BTreeSet::from([one_more.clone()]), Vec::new());
            for post in posts {
                let (acknowledged, sent_back) = post.join().expect("a batch is answered");
                told.0.extend(acknowledged);
                told.1.extend(sent_back);
            }
            let before = sequence_of_first(url);
            let sequence = single["sequence"].as_i64().expect("a sequence");
            assert!(sequence - before <= 2 * 256, "{} went before it", sequence - before);
            told
        });
        assert!(acknowledged.len() > 4_096, "{} found a place", acknowledged.len());
        assert!(!sent_back.is_empty(), "5,000 fit where 4,096 and a batch do");
        assert_eq!(broken_promises(url, &acknowledged), [""; 0]);
        assert_eq!(recorded_in_secret(url, &acknowledged), [""; 0]);
        assert_eq!(depth(&officer), 0);
        officer.post("/api/v1/events", &field.moved(&one_more)).expect(200);
        assert_eq!(post_batch(&field, &officer, &sent_back), (sent_back.clone(), Vec::new()));
        assert_eq!(recorded(url).len(), 5_001);
        drop(program);
        assert_sound(url);
    }

    fn a_database_that_another_process_holds_is_told_in_time_and_nothing_is_half_done(database: &TestDatabase) {
        let url = database.url();
        let field = Field::lay(url, 1_000);
        let program = field.start();
        let officer = field.officer(&program);
        officer.post("/api/v1/events", &field.moved(&id())).expect(201);
        let before = recorded(url);
        let held = hold(url);
        let ids: Vec<String> = (0..8).map(|_| id()).collect();
        std::thread::scope(|scope| {
            for (index, id) in ids.iter().enumerate() {
                let (field, officer) = (&field, &officer);
                scope.spawn(move || {
                    // Some come while the first attempt waits: they wait no longer for that.
                    std::thread::sleep(Duration::from_millis(400 * index as u64));
                    let begun = Instant::now();
                    told_to_come_back(&officer.post("/api/v1/events", &field.moved(id)));
                    let waited = begun.elapsed();
                    assert!(waited < ANSWERED_WITHIN, "answered after {waited:?}");
                });
            }
            let begun = Instant::now();
            for path in ["/health/live", "/health/ready", "/api/v1/totals?group_by=site"] {
                officer.get(path).expect(200);
            }
            assert!(begun.elapsed() < Duration::from_secs(3), "reading waits for nobody");
        });
        assert_eq!(recorded(url), before);
        drop(held);
        for id in &ids {
            officer.post("/api/v1/events", &field.moved(id)).expect(201);
            officer.post("/api/v1/events", &field.moved(id)).expect(200);
        }
        assert_eq!(recorded(url).len(), before.len() + ids.len());
        drop(program);
        assert_sound(url);
        let (code, report) = verify(url, &field.keys());
        assert_eq!(code, Some(0), "{report:#}");
    }
}
