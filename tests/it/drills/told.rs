//! Power cuts while others are told of what is recorded: what was committed is told at least once, always under the same identifier and in
//! the same words, and nothing is told that was not committed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::db::connect;
use serde_json::{Value, json};
use uuid::Uuid;

use super::field::Field;
use super::{Sent, load};
use crate::browser::program::Program;
use crate::support::books::assert_sound;
use crate::support::on_both_databases;
use crate::support::server::migrate;
use crate::webhooks::made;
use crate::webhooks::receiver::{Heard, Receiver};

/// Kills of an ordinary run, and of `RELIEF_LONG=1`.
const KILLS: u32 = 3;
const KILLS_LONG: u32 = 20;
/// Milliseconds of the longest round.
const ROUND_MAX: u32 = 800;
/// How long it may take until all of it is told.
const PATIENCE: Duration = Duration::from_secs(300);

/// A server that may tell receivers of this machine, as the drill's is.
fn start(field: &Field, url: &str) -> Program {
    field.start_at(url, &["--webhook-plain-http=true", "--webhook-private-addresses=true"])
}

/// As if the seconds had gone by in which the process that was killed might say that it tells still.
fn release(url: &str) {
    let sql = "UPDATE tellers SET held_until = 0";
    sql_query(sql).execute(&mut connect(url).expect("it opens")).expect("it is released");
}

/// Every event on record.
fn recorded(url: &str) -> BTreeSet<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Binary)]
        id: Vec<u8>,
    }
    let rows: Vec<Row> =
        sql_query("SELECT id FROM events").load(&mut connect(url).expect("it opens")).expect("events");
    rows.iter().map(|row| Uuid::from_slice(&row.id).expect("an id").to_string()).collect()
}

/// What is wrong with what was heard: events that were not told, that are not on record, or that were told in two ways.
fn wrong(recorded: &BTreeSet<String>, heard: &[Heard]) -> Vec<String> {
    let mut told: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for one in heard {
        told.entry(one.id().to_owned()).or_default().insert(one.body.clone());
    }
    let known: BTreeSet<String> = told.keys().cloned().collect();
    let mut wrong: Vec<String> = recorded.symmetric_difference(&known).cloned().collect();
    wrong.extend(told.iter().filter(|(_, words)| words.len() > 1).map(|(id, _)| format!("{id} in two ways")));
    wrong.extend(
        heard.iter().filter(|one| one.json()["data"]["id"] != one.id()).map(|one| one.id().to_owned()),
    );
    wrong
}

on_both_databases! {
    migrate: migrate;

    fn what_was_recorded_is_told_at_least_once_through_every_kill(database: &TestDatabase) {
        let url = database.url();
        let field = Field::lay(url, 1_000_000);
        let (receiver, sent) = (Receiver::kind(), Sent::default());
        let mut program = start(&field, url);
        let (webhook, _) = made(&field.officer(&program), &json!({"url": receiver.url(), "after": 0}));
        let kills = if std::env::var_os("RELIEF_LONG").is_some() { KILLS_LONG } else { KILLS };
        for _ in 0..kills {
            load(&sent, program, &field, ROUND_MAX);
            release(url);
            program = start(&field, url);
        }
        // Nobody posts any more: what is on record now is all there will be.
        let (all, begun) = (recorded(url), Instant::now());
        let heard = loop {
            let heard = receiver.heard();
            let told: BTreeSet<&str> = heard.iter().map(Heard::id).collect();
            if all.iter().all(|id| told.contains(id.as_str())) {
                break heard;
            }
            assert!(begun.elapsed() < PATIENCE, "{} of {} are told", told.len(), all.len());
            std::thread::sleep(Duration::from_millis(200));
        };
        assert!(all.len() > 2, "nothing was recorded in {kills} rounds");
        assert_eq!(wrong(&all, &heard), [""; 0]);
        let acknowledged = sent.acknowledged.into_inner().expect("no client failed");
        assert!(acknowledged.is_subset(&all), "what was acknowledged is on record, and so was told");
        let shown = field.officer(&program).get(&format!("/api/v1/webhooks/{webhook}")).expect(200);
        assert_eq!(shown["letters_given_up"], 0, "{shown:#}");
        eprintln!("{kills} kills, {} events told {} times", all.len(), heard.len());
        drop(program);
        assert_sound(url);

        // The same check sees what is not told, what is not on record, and what is told in two ways.
        let some = all.iter().next().expect("an event").clone();
        let but: Vec<Heard> = heard.iter().filter(|one| one.id() != some).cloned().collect();
        assert_eq!(wrong(&all, &but), std::slice::from_ref(&some));
        let without: BTreeSet<String> = all.iter().filter(|id| **id != some).cloned().collect();
        assert_eq!(wrong(&without, &heard), std::slice::from_ref(&some));
        let mut other = heard.iter().find(|one| one.id() == some).expect("it was told").clone();
        let mut words: Value = other.json();
        words["data"]["reason"] = json!("another");
        other.body = words.to_string().into_bytes();
        assert_eq!(wrong(&all, &[heard, vec![other]].concat()), [format!("{some} in two ways")]);
    }
}
