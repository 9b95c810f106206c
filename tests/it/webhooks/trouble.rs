//! Receivers that fail, hang, redirect and lie: what they did not take comes again, is given up in the end, and is told once
//! more when somebody asks for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use super::receiver::{Manner, Receiver, fine};
use super::standard::verifies;
use super::{WEBHOOKS, a_gift, a_while, events, hasty, hears, made, scene, sequences};
use crate::stories::scene::Scene;
use crate::support::server::{Caller, Server, migrate};
use crate::support::{on_both_databases, until};

fn letters(caller: &Caller, id: &str, query: &str) -> Vec<Value> {
    let page = caller.get(&format!("{WEBHOOKS}/{id}/letters{query}")).expect(200);
    page["items"].as_array().expect("letters").clone()
}

/// Waits until so many letters were given up.
fn given_up(caller: &Caller, id: &str, count: usize) -> Vec<Value> {
    until("letters that are given up", || {
        Some(letters(caller, id, "?state=given_up")).filter(|found| found.len() >= count)
    })
}

/// As many whom nothing is told before next year, ahead of all others.
fn many_rest(scene: &Scene, count: usize) {
    let key = if scene.url.starts_with("sqlite:") {
        "unhex(printf('%032x', n))"
    } else {
        "decode(lpad(to_hex(n), 32, '0'), 'hex')"
    };
    let until = relief_ledger::auth::now().0 + 366 * 24 * 60 * 60 * 1_000_000;
    let sql = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
         INSERT INTO outlets (id, kind, told_through, failures, resting_until) \
         SELECT {key}, 'webhook', 0, 0, {until} FROM numbers"
    );
    let mut conn = relief_ledger::db::connect(&scene.url).expect("the database opens");
    conn.batch_execute(&sql).expect("they are there");
}

/// What a receiver may answer that took nothing, another each time: the beginning of an answer that is none, and whatever bytes behind
/// it. They are the same in each run.
fn never_taken(number: u64) -> Vec<u8> {
    const BEGINNINGS: [&[u8]; 8] = [
        b"",
        b"\0\xff",
        b"HTTP/",
        b"HTTP/1.1 -1 x\r\n",
        b"HTTP/1.1 99999 x\r\n\r\n",
        b"HTTP/1.1 500 \xff\r\n",
        b"HTTP/1.1 500 x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ];
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let length = next() % 3_000;
    let tail: Vec<u8> = (0..length).map(|_| next().to_le_bytes()[0]).collect();
    let beginning = BEGINNINGS[usize::try_from(number).unwrap_or(0) % BEGINNINGS.len()];
    [beginning, &tail].concat()
}

on_both_databases! {
    migrate: migrate;

    fn whoever_comes_behind_thousands_who_rest_is_told_as_well(database: &TestDatabase) {
        let scene = scene(database, 10);
        many_rest(&scene, 2_000);
        let receiver = Receiver::kind();
        made(&scene.officer, &json!({"url": receiver.url()}));
        a_gift(&scene, 500);
        assert_eq!(hears(&receiver, 2).len(), 2);
        // The rounds begin anew: what comes later is told, too.
        a_gift(&scene, 600);
        assert_eq!(hears(&receiver, 4).len(), 4);
    }

    fn what_failed_comes_again_under_the_same_identifier_and_keeps_nothing_else_waiting(database: &TestDatabase) {
        let scene = scene(database, 1_000);
        let mut failures = 3;
        // The first message fails three times; all others are taken.
        let mut first: Option<String> = None;
        let receiver = Receiver::start(move |heard| {
            let first = first.get_or_insert_with(|| heard.id().to_owned());
            if heard.id() == first && failures > 0 {
                failures -= 1;
                return Manner::Status(500, String::new());
            }
            fine()
        });
        let (id, secret) = made(&scene.officer, &json!({"url": receiver.url()}));
        a_gift(&scene, 500);
        a_gift(&scene, 600);
        let all = sequences(&events(&scene.officer));
        let heard = hears(&receiver, all.len() + 3);
        let mut times: HashMap<i64, usize> = HashMap::new();
        for one in &heard {
            *times.entry(*one).or_default() += 1;
        }
        assert_eq!(times[&all[0]], 4, "{heard:?}");
        assert!(all[1..].iter().all(|one| times[one] == 1), "{heard:?}");
        let tried: Vec<_> = receiver.heard().into_iter().filter(|one| one.sequence() == all[0]).collect();
        assert!(tried.iter().all(|one| one.id() == tried[0].id() && one.body == tried[0].body));
        assert!(tried.iter().all(|one| verifies(&secret, one)), "each is signed with its own time");
        until("nothing waits", || letters(&scene.officer, &id, "").is_empty().then_some(()));
        let shown = scene.officer.get(&format!("{WEBHOOKS}/{id}")).expect(200);
        assert_eq!((&shown["letters_given_up"], &shown["letters_waiting"]), (&json!(0), &json!(0)));
    }

    fn one_who_is_out_of_order_is_left_alone_and_told_everything_when_it_is_back(database: &TestDatabase) {
        let scene = scene(database, 20_000);
        let receiver = Receiver::start(|_| Manner::Status(503, "Retry-After: 1\r\n".to_owned()));
        let (id, _) = made(&scene.officer, &json!({"url": receiver.url()}));
        for quantity in 1..=5 {
            a_gift(&scene, quantity * 100);
        }
        let shown = until("it is out of order", || {
            let shown = scene.officer.get(&format!("{WEBHOOKS}/{id}")).expect(200);
            (shown["failures"].as_i64()? >= 5).then_some(shown)
        });
        assert!(shown["resting_until"].is_string() && shown["error"] == "answered 503", "{shown}");
        // However much is recorded, three letters at most are under way; the rest stays in the log.
        assert!(letters(&scene.officer, &id, "").len() <= 3);
        receiver.now_answers(|_| fine());
        let all = sequences(&events(&scene.officer));
        let taken = until("all of it", || {
            let mut heard = receiver.sequences();
            heard.sort_unstable();
            heard.dedup();
            (heard.len() == all.len()).then_some(heard)
        });
        assert_eq!(taken, all);
        until("nothing waits", || letters(&scene.officer, &id, "").is_empty().then_some(()));
    }

    fn a_receiver_that_hangs_redirects_or_lies_took_nothing(database: &TestDatabase) {
        let scene = scene(database, 1_000_000);
        let elsewhere = Receiver::kind();
        let to = format!("Location: {}\r\n", elsewhere.url());
        let manners = [
            (Manner::Hang, "did not answer within 0.4 s"),
            (Manner::Drip, "did not answer within 0.4 s"),
            (Manner::Garble, "did not answer as a server does"),
            (Manner::Close, "cannot be reached"),
            (Manner::Status(302, to.clone()), "answered 302: nobody is followed elsewhere"),
            (Manner::Status(307, to), "answered 307: nobody is followed elsewhere"),
            (Manner::Status(200, format!("X-Long: {}\r\n", "a".repeat(100_000))), "the head of its answer is too large"),
            (Manner::Status(404, String::new()), "answered 404"),
            (Manner::Status(410, String::new()), "answered 410: it is gone"),
        ];
        let mut told = Vec::new();
        for (manner, says) in manners {
            let receiver = Receiver::start(move |_| manner.clone());
            let caller = scene.house.login_as(relief_ledger::auth::Role::Officer);
            let (id, _) = made(&caller, &json!({"url": receiver.url(), "kinds": ["collected"]}));
            told.push((receiver, caller, id, says));
        }
        a_gift(&scene, 500);
        for (receiver, caller, id, says) in &told {
            let found = until(says, || Some(letters(caller, id, "?state=waiting")).filter(|found| !found.is_empty()));
            let words = found[0]["error"].as_str().expect("words");
            assert!(words.contains(says) || *says == "cannot be reached", "{words} for {says}");
            assert!(!words.contains("127.0.0.1"), "an address of this house: {words}");
            assert!(found[0]["attempts"].as_i64().expect("a number") >= 1 && found[0]["next_at"].is_string());
            assert!(!receiver.heard().is_empty());
        }
        a_while();
        assert_eq!(elsewhere.connections(), 0, "nobody is led elsewhere");
    }

    fn a_receiver_that_answers_whatever_bytes_there_are_takes_nothing_and_stops_nothing(database: &TestDatabase) {
        let scene = scene(database, 10);
        let mut tries = 0;
        let receiver = Receiver::start(move |_| {
            tries += 1;
            Manner::Bytes(never_taken(tries))
        });
        let (id, secret) = made(&scene.officer, &json!({"url": receiver.url()}));
        a_gift(&scene, 500);
        // Each message was tried ten times, and was answered otherwise each time.
        let found = given_up(&scene.officer, &id, 2);
        assert!(found.iter().all(|letter| letter["attempts"] == 10 && letter["error"].is_string()), "{found:#?}");
        assert!(receiver.heard().len() >= 20);
        assert_eq!(scene.officer.get("/health/live").status, 200);
        // The twin: what is answered as it should be is taken, by the same server.
        receiver.now_answers(|_| fine());
        scene.officer.post(&format!("{WEBHOOKS}/{id}/replay"), &json!({})).expect(200);
        until("none is left", || letters(&scene.officer, &id, "").is_empty().then_some(()));
        assert!(receiver.heard().iter().all(|heard| verifies(&secret, heard)));
    }

    fn what_is_given_up_is_listed_and_told_again_when_somebody_asks(database: &TestDatabase) {
        let scene = scene(database, 10);
        let receiver = Receiver::start(|_| Manner::Status(500, String::new()));
        let (id, secret) = made(&scene.officer, &json!({"url": receiver.url()}));
        a_gift(&scene, 500);
        let all = sequences(&events(&scene.officer));
        let found = given_up(&scene.officer, &id, 2);
        let told: Vec<i64> = found.iter().filter_map(|letter| letter["sequence"].as_i64()).collect();
        assert_eq!(told, all, "in the order of the log");
        assert!(found.iter().all(|letter| letter["next_at"] == Value::Null && letter["error"] == "answered 500"));
        assert!(found.iter().all(|letter| letter["attempts"].as_i64() == Some(10)), "{found:?}");
        let first = letters(&scene.officer, &id, "?state=given_up&limit=1");
        assert_eq!((first.len(), &first[0]), (1, &found[0]));
        a_while();
        let before = receiver.heard();
        let mut ids: Vec<&str> = before.iter().map(|heard| heard.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 2, "however often it was tried");

        // One by name, then all that are left.
        receiver.now_answers(|_| fine());
        let path = format!("{WEBHOOKS}/{id}/replay");
        let one = scene.officer.post(&path, &json!({"letters": [found[1]["id"]]})).expect(200);
        assert_eq!(one["letters"], 1);
        let again = until("it is told again", || receiver.heard().get(before.len()).cloned());
        assert_eq!((again.sequence(), verifies(&secret, &again)), (all[1], true));
        assert!(before.iter().any(|heard| heard.id() == again.id() && heard.body == again.body));
        until("one is left", || (letters(&scene.officer, &id, "").len() == 1).then_some(()));
        assert_eq!(scene.officer.post(&path, &json!({})).expect(200)["letters"], 1);
        until("none is left", || letters(&scene.officer, &id, "").is_empty().then_some(()));
        assert_eq!(receiver.heard().len(), before.len() + 2);
        let none = scene.officer.post(&path, &json!({})).expect(200);
        assert_eq!((&none["letters"], &none["receipt"]), (&json!(0), &Value::Null));
        scene.officer.post(&path, &json!({"letters": []})).refused("invalid", &["/letters"]);
        crate::sessions::verifies(database);
    }

    fn what_is_given_up_is_told_again_by_command(database: &TestDatabase) {
        let scene = scene(database, 10);
        let receiver = Receiver::start(|_| Manner::Status(500, String::new()));
        let (id, _) = made(&scene.officer, &json!({"url": receiver.url()}));
        a_gift(&scene, 500);
        let found = given_up(&scene.officer, &id, 2);
        let keys = scene.house.key_folder();
        let run = |arguments: &[&str]| {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_relief"))
                .arg("webhook")
                .args(arguments)
                .args(["--database-url", database.url(), "--keys"])
                .arg(&keys)
                .output()
                .expect("the command runs");
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        };
        let (code, listed, _) = run(&["list", "--json"]);
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        assert_eq!((code, &listed["id"], &listed["letters_given_up"]), (Some(0), &json!(id), &json!(2)));
        let (_, listed, _) = run(&["list"]);
        assert!(listed.contains("2 given up") && listed.contains("answered 500"), "{listed}");
        let (code, listed, _) = run(&["letters", "--id", &id, "--json"]);
        let listed: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((code, &listed), (Some(0), &found));
        receiver.now_answers(|_| fine());
        let one = found[1]["id"].as_str().expect("an id");
        assert_eq!(run(&["replay", "--id", &id, "--letter", one]).1, "1 letters are told again.\n");
        until("one is left", || (letters(&scene.officer, &id, "").len() == 1).then_some(()));
        assert_eq!(run(&["replay", "--id", &id]).1, "1 letters are told again.\n");
        until("none is left", || letters(&scene.officer, &id, "").is_empty().then_some(()));
        assert_eq!(run(&["replay", "--id", &id]).1, "0 letters are told again.\n");
        let (code, _, error) = run(&["letters", "--id", one]);
        assert!(code == Some(2) && error.contains("There is no webhook"), "{code:?} {error}");
    }

    fn letters_outlast_the_server_that_wrote_them(database: &TestDatabase) {
        let scene = scene(database, 10);
        let taken = Arc::new(AtomicUsize::new(0));
        let receiver = Receiver::start(|_| Manner::Status(500, String::new()));
        let (id, _) = made(&scene.officer, &json!({"url": receiver.url()}));
        a_gift(&scene, 500);
        given_up(&scene.officer, &id, 2);
        let crate::stories::scene::Scene { house, officer, .. } = scene;
        let house: Server = house.restart_with(hasty(10));
        let officer = Caller { address: house.address(), ..officer };
        let found = letters(&officer, &id, "?state=given_up");
        assert_eq!(found.len(), 2);
        let counted = Arc::clone(&taken);
        receiver.now_answers(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            fine()
        });
        officer.post(&format!("{WEBHOOKS}/{id}/replay"), &json!({})).expect(200);
        until("they are told", || (taken.load(Ordering::SeqCst) == 2).then_some(()));
    }
}
