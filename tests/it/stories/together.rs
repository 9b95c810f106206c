//! Who asks for consignments at the same time is answered out of one statement, and each gets what it asked for.

use std::collections::HashMap;
use std::sync::Barrier;
use std::time::Duration;

use diesel::RunQueryDsl;
use relief_ledger::core::problem::{Code, Outcome, Problem};
use relief_ledger::db::{Conn, Database, Gather, Settings, connect};
use serde_json::{Value, json};

use super::scene::{Scene, event, id};
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// Answers of one status each to everyone who asks at once, for all the paths this many times over.
fn at_once(caller: &Caller, paths: &[String], times: usize) -> Vec<(usize, u16, Value)> {
    let start = Barrier::new(paths.len() * times);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..paths.len() * times)
            .map(|number| {
                let (start, which) = (&start, number % paths.len());
                scope.spawn(move || {
                    start.wait();
                    let reply = caller.get(&paths[which]);
                    (which, reply.status, reply.json())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a reply")).collect()
    })
}

#[derive(diesel::QueryableByName)]
struct Touched {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    rows: i64,
}

/// Rows of events and postings that PostgreSQL has looked at so far, in tables and by their indexes. SQLite keeps no
/// such account; how it looks is told from its plans.
fn rows_touched(url: &str) -> Option<i64> {
    let Conn::Postgres(mut conn) = connect(url).expect("the database opens") else { return None };
    let touched: Touched = diesel::sql_query(
        "SELECT CAST((SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ('events', 'postings')) \
         + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname IN ('events', 'postings')) AS BIGINT) AS rows",
    )
    .get_result(&mut conn)
    .expect("an account");
    Some(touched.rows)
}

/// Squares; of thirteen it despairs, and of fourteen the database does.
fn squares(_: &mut Conn, keys: &[u32]) -> Outcome<HashMap<u32, u32>> {
    assert!(!keys.contains(&13), "thirteen was asked for");
    match keys.contains(&14) {
        true => Err(Problem::new(Code::Unavailable, "fourteen was asked for")),
        false => Ok(keys.iter().filter(|key| **key < 100).map(|key| (*key, key * key)).collect()),
    }
}

on_both_databases! {
    migrate: migrate;

    fn everyone_who_asks_at_once_gets_its_own_consignment(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let market = scene.organization("Serekunda market", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "warehouse", "GM"));
        scene.in_store(&donor, &beijing, 10_000);
        let mut told = Vec::new();
        for number in 1..=12_i64 {
            let (consignment, leg) = scene.sent(&market, &[&beijing, &banjul], number, "2020-08-01");
            // Some are at their end: goods, events, papers and states of all kinds lie side by side.
            if number % 3 == 0 {
                scene.receives(&consignment, &leg, "2020-08-05", json!({"good": number - 1, "missing": 1, "reason": "one fell off"})).expect(201);
            }
            told.push((consignment, number));
        }
        let mut paths: Vec<String> = told.iter().map(|(id, _)| format!("/api/v1/consignments/{id}")).collect();
        let alone: Vec<Value> = paths.iter().map(|path| scene.officer.get(path).expect(200)).collect();
        paths.push(format!("/api/v1/consignments/{}", id()));
        let answers = at_once(&scene.officer, &paths, 5);
        assert_eq!(answers.len(), 65);
        for (which, status, body) in answers {
            let Some((consignment, number)) = told.get(which) else {
                assert_eq!((status, &body["code"]), (404, &json!("not_found")));
                continue;
            };
            assert_eq!((status, &body), (200, &alone[which]), "what is read together is what is read alone");
            assert_eq!((&body["id"], body["legs"].as_array().map(Vec::len)), (&json!(consignment), Some(1)));
            let (on_its_way, stored, missing) = if number % 3 == 0 { (0, number - 1, 1) } else { (*number, 0, 0) };
            assert_eq!(body["standing"]["in_transit"], on_its_way);
            assert_eq!(body["standing"]["stored"], stored, "in the market's warehouse");
            assert_eq!(body["standing"]["missing"], missing);
            let kinds: Vec<&str> = body["history"].as_array().expect("a history").iter()
                .map(|event| event["kind"].as_str().expect("a kind")).collect();
            assert_eq!(kinds, if number % 3 == 0 { vec!["departed", "received"] } else { vec!["departed"] });
        }
    }

    fn long_histories_that_are_asked_for_at_once_lose_nothing(database: &TestDatabase) {
        const EVENTS: i64 = 520;
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let market = scene.organization("Serekunda market", "GM");
        let (beijing, banjul) = (scene.site("Beijing", "warehouse", "CN"), scene.site("Banjul", "warehouse", "GM"));
        scene.in_store(&donor, &beijing, 10_000);
        let mut paths = Vec::new();
        for _ in 0..5 {
            let (consignment, leg) = scene.sent(&market, &[&beijing, &banjul], 10, "2020-08-01");
            let arrived = json!({"consignment": consignment, "leg": leg});
            let events: Vec<Value> =
                (0..EVENTS).map(|_| event(&id(), "arrived", "2020-08-05", arrived.clone())).collect();
            for batch in events.chunks(100) {
                scene.officer.post("/api/v1/events/batch", &json!({"events": batch})).expect(200);
            }
            paths.push(format!("/api/v1/consignments/{consignment}"));
        }
        let alone: Vec<Value> = paths.iter().map(|path| scene.officer.get(path).expect(200)).collect();
        for (which, status, body) in at_once(&scene.officer, &paths, 6) {
            assert_eq!(status, 200);
            let history = body["history"].as_array().expect("a history");
            assert_eq!(history.len(), 500, "the latest");
            assert!(history.is_sorted_by_key(|event| event["sequence"].as_i64()));
            assert_eq!(body, alone[which]);
        }
        // A short one among the long is found without walking them, although nobody has counted these tables yet.
        let (short, _) = scene.sent(&market, &[&beijing, &banjul], 10, "2020-08-01");
        let read = || scene.officer.get(&format!("/api/v1/consignments/{short}")).expect(200);
        let settle = || {
            // A connection adds to the account when a second has passed since it last did.
            std::thread::sleep(Duration::from_millis(1_100));
            read();
        };
        settle();
        let Some(before) = rows_touched(database.url()) else { return };
        (0..50).for_each(|_| drop(read()));
        settle();
        let touched = rows_touched(database.url()).unwrap_or(i64::MAX) - before;
        assert!((50..5_000).contains(&touched), "{touched} rows for 51 reads of two events among 2,600");
    }

    fn a_reading_that_breaks_is_told_to_those_in_it_and_stops_nobody_else(database: &TestDatabase) {
        let settings = Settings { url: database.url().to_owned() };
        let gather = Gather::new(&Database::open(settings).expect("it opens"), squares).expect("it can be read");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let ask = |key: u32| {
            let patient = async { tokio::time::timeout(Duration::from_secs(30), gather.get(key)).await };
            runtime.block_on(patient).expect("everyone is answered")
        };
        let code = |answer: Outcome<u32>| {
            answer.map_err(|problem| {
                println!("{:?}: {:?}", problem.code, problem.internal);
                problem.code
            })
        };
        for _ in 0..5 {
            assert_eq!(code(ask(12)), Ok(144));
            assert_eq!(code(ask(13)), Err(Code::Internal));
            assert_eq!(code(ask(14)), Err(Code::Unavailable));
            assert_eq!(code(ask(100)), Err(Code::NotFound));
        }
        // All at once, the same keys among them: nobody is forgotten, whoever they are asked for with.
        let all = async {
            let tasks = (0..200_u32).map(|number| gather.get(number % 13));
            tokio::time::timeout(Duration::from_secs(30), futures_util::future::join_all(tasks)).await
        };
        let answers = runtime.block_on(all).expect("everyone is answered");
        for (number, answer) in (0..200_u32).zip(answers) {
            assert_eq!(code(answer), Ok((number % 13).pow(2)));
        }
    }
}
