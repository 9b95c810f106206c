//! Power cuts while the program does by itself what somebody left to it: a file that is imported, and what another system sent.
//! Started again it goes on to the end; each row and each event is there once, and what became of each is told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types};
use relief_ledger::db::connect;
use serde_json::{Value, json};
use uuid::Uuid;

use super::field::Field;
use crate::browser::program::Program;
use crate::captures::{document, masks, seen, under};
use crate::carrying::{count, empty_like, relief};
use crate::support::books::{assert_sound, log_root, log_root_of_entries};
use crate::support::ledger::tamper;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};
use crate::verify::verify;

/// Kills of an ordinary run, and of `RELIEF_LONG=1`: fewer than the times an import is taken up.
const KILLS: usize = 3;
const KILLS_LONG: usize = 15;
/// Rows of the file, and events of the document.
const ROWS: usize = 2_000;
const ROWS_LONG: usize = 40_000;
const EVENTS: usize = 120;
const EVENTS_LONG: usize = 1_000;
/// Rows of a table of deliveries.
const DELIVERIES: usize = 800;
const DELIVERIES_LONG: usize = 1_500;
/// How long it may take to the end, the two minutes among it that pass before another process takes an import up.
const PATIENCE: Duration = Duration::from_secs(600);

fn is_long() -> bool {
    std::env::var_os("RELIEF_LONG").is_some()
}

/// A table of so many deliveries by the mapping of the guide, each of a gift of its own.
pub fn table_of_deliveries(count: usize) -> String {
    let header = include_str!("../../../docs/examples/masks.csv").lines().next().expect("a header");
    let row = |number: usize| {
        let goods = "A;surgical mask;5;2.000;62,5;1.250,00;Plane;1-Jul-20;6-Aug-20";
        format!("{number};sent;G-{number};W-{number};Shenzhen;Banjul;Gambia;{goods}\n")
    };
    format!("{header}\n{}", (0..count).map(row).collect::<String>())
}

/// Events of this kind on record, by identifier, each as often as it stands there.
fn recorded(url: &str, kind: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Binary)]
        id: Vec<u8>,
    }
    let sql = format!("SELECT id FROM events WHERE kind = '{kind}'");
    let rows: Vec<Row> = sql_query(sql).load(&mut connect(url).expect("it opens")).expect("events");
    rows.iter().map(|row| Uuid::from_slice(&row.id).expect("an id").to_string()).collect()
}

/// What is not on both sides exactly once, sorted.
fn differing(said: &[String], recorded: &[String]) -> Vec<String> {
    let mut times: BTreeMap<&String, (usize, usize)> = BTreeMap::new();
    said.iter().for_each(|id| times.entry(id).or_default().0 += 1);
    recorded.iter().for_each(|id| times.entry(id).or_default().1 += 1);
    times.into_iter().filter(|(_, times)| *times != (1, 1)).map(|(id, _)| id.clone()).collect()
}

/// Kills the program at once, and again and again while it works off what `done` counts, and starts it each time; `released` is what is done
/// while nobody serves. Answers the program that came to the end, and how often another was killed.
fn killed_until_done(
    field: &Field,
    mut program: Program,
    done: impl Fn(&Caller) -> Option<i64>,
    released: impl Fn(usize),
) -> (Program, usize) {
    let most = if is_long() { KILLS_LONG } else { KILLS };
    // The first is killed as soon as it said that it will, wherever it is then: whether any is killed hangs on no clock.
    program.kill();
    released(1);
    program = field.start();
    let (mut reached, mut kills) = (0, 1);
    let begun = Instant::now();
    loop {
        let officer = field.officer(&program);
        let Some(now) = done(&officer) else { return (program, kills) };
        assert!(begun.elapsed() < PATIENCE, "it has come no further than {now}");
        if now > reached && kills < most {
            reached = now;
            // Somewhere within what comes next.
            std::thread::sleep(Duration::from_millis(rand::random_range(0..150)));
            program.kill();
            kills += 1;
            released(kills);
            program = field.start();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// As if the two minutes had gone by in which the process that was killed might say again that it runs an import; in a long run
/// they do go by, once.
fn release(url: &str, kills: usize) {
    if kills != KILLS_LONG {
        let sql = "UPDATE import_jobs SET held_until = 0 WHERE finished_at IS NULL";
        sql_query(sql).execute(&mut connect(url).expect("it opens")).expect("it is released");
    }
}

/// How an import stands once it has ended.
fn ended(field: &Field, program: &Program, path: &str) -> Value {
    let begun = Instant::now();
    loop {
        let job = field.officer(program).get(path).expect(200);
        if job["finished_at"] != Value::Null {
            return job;
        }
        assert!(begun.elapsed() < PATIENCE, "it has not ended: {job:#}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Every verdict on the rows of an import.
fn verdicts(officer: &Caller, path: &str) -> Vec<Value> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = officer.get(&format!("{path}/rows?limit=500{next}")).expect(200);
        all.extend(page["items"].as_array().expect("rows").iter().cloned());
        match page["next"].as_str() {
            Some(after) => next = format!("&after={after}"),
            None => return all,
        }
    }
}

/// What is wrong with the verdicts on a file of so many rows, each of which was to be recorded.
fn wrong_verdicts(officer: &Caller, (path, count): (&str, usize), url: &str) -> Vec<String> {
    let verdicts = verdicts(officer, path);
    let told: Vec<String> = verdicts.iter().map(|row| row["row"].to_string()).collect();
    let rows: Vec<String> = (2..count + 2).map(|row| row.to_string()).collect();
    let mut wrong = differing(&told, &rows);
    wrong.extend(verdicts.iter().filter(|row| row["outcome"] != "created").map(Value::to_string));
    let subject = |row: &Value| row["subject"].as_str().unwrap_or_default().to_owned();
    let subjects: Vec<String> = verdicts.iter().map(subject).collect();
    wrong.extend(differing(&subjects, &recorded(url, "moved")));
    wrong
}

/// The books fold, the log is whole, and the verifier finds nothing.
fn is_whole(url: &str, field: &Field) {
    assert_sound(url);
    assert_eq!(log_root_of_entries(url).1, log_root(url));
    let (code, report) = verify(url, &field.keys());
    assert_eq!(code, Some(0), "{report:#}");
}

on_both_databases! {
    migrate: migrate;

    fn an_import_that_is_killed_again_and_again_comes_to_its_end_once(database: &TestDatabase) {
        let (url, count) = (database.url(), if is_long() { ROWS_LONG } else { ROWS });
        let field = Field::lay(url, 1_000_000);
        let program = field.start();
        let file = field.table(count);
        let sent = field.officer(&program).upload("/api/v1/imports?kind=events", "text/csv", file.as_bytes()).expect(202);
        let path = format!("/api/v1/imports/{}", sent["id"].as_str().expect("an id"));
        let done = |officer: &Caller| {
            let job = officer.get(&path).expect(200);
            (job["finished_at"] == Value::Null).then(|| job["rows_done"].as_i64().expect("rows"))
        };
        let (program, kills) = killed_until_done(&field, program, done, |kills| release(url, kills));
        assert!(kills > 0, "it was never killed");
        let officer = field.officer(&program);
        let job = officer.get(&path).expect(200);
        let told = ["rows_done", "rows_of", "created"].map(|name| job[name].as_u64());
        assert_eq!((&job["state"], told), (&json!("done"), [Some(count as u64); 3]), "{job:#}");
        assert_eq!(wrong_verdicts(&officer, (path.as_str(), count), url), [""; 0]);
        eprintln!("{kills} kills, {count} rows");

        // The same file again: nothing was lost, or it would be created now.
        let again = officer.upload("/api/v1/imports?kind=events", "text/csv", file.as_bytes()).expect(202);
        let again = ended(&field, &program, &format!("/api/v1/imports/{}", again["id"].as_str().expect("an id")));
        assert_eq!((again["created"].as_u64(), again["unchanged"].as_u64()), (Some(0), Some(count as u64)), "{again:#}");
        drop(program);
        is_whole(url, &field);

        // The same check sees a verdict that is lost, one that is another, and an event that is there without any.
        let program = field.start();
        let officer = field.officer(&program);
        let wrong = || wrong_verdicts(&officer, (path.as_str(), count), url);
        let job = sent["id"].as_str().expect("an id").replace('-', "");
        let rows = if url.starts_with("sqlite:") { format!("job_id = X'{job}'") } else { format!("job_id = '\\x{job}'") };
        tamper(url, &format!("UPDATE import_rows SET fate = 'unchanged' WHERE number = 8 AND {rows}"));
        assert_eq!(wrong().len(), 1);
        tamper(url, &format!("DELETE FROM import_rows WHERE number = 8 AND {rows}"));
        assert_eq!(wrong().len(), 2, "its number, and the event that nobody speaks of");
    }

    fn deliveries_that_somebody_had_recorded_are_there_once_through_every_kill(database: &TestDatabase) {
        let (url, deliveries) = (database.url(), if is_long() { DELIVERIES_LONG } else { DELIVERIES });
        let field = Field::lay(url, 10);
        let program = field.start();
        let (officer, manager) = (field.officer(&program), field.manager(&program));
        let mapping = include_str!("../../../docs/examples/masks.toml");
        manager.post("/api/v1/mappings", &json!({"rows": [{"text": mapping}]})).expect(201);
        let query = "/api/v1/imports?mapping=masks&dry_run=true";
        let sent = officer.upload(query, "text/csv", table_of_deliveries(deliveries).as_bytes()).expect(202);
        let path = format!("/api/v1/imports/{}", sent["id"].as_str().expect("an id"));
        let tried = ended(&field, &program, &path);
        assert_eq!((tried["created"].as_u64(), &tried["refused"]), (Some(deliveries as u64), &json!(0)), "{tried:#}");
        let tables = || ["pledges", "consignments", "events"].map(|table| count(url, table));
        let before = tables();
        manager.post(&format!("{path}/run"), &json!({})).expect(202);
        let done = |officer: &Caller| {
            let job = officer.get(&path).expect(200);
            (job["finished_at"] == Value::Null).then(|| count(url, "events") - before[2])
        };
        let (program, kills) = killed_until_done(&field, program, done, |kills| release(url, kills));
        assert!(kills > 0, "it was never killed");
        let officer = field.officer(&program);
        let job = officer.get(&path).expect(200);
        let told = ["created", "unchanged", "refused"].map(|name| job[name].as_u64().expect("a count"));
        assert_eq!((&job["state"], told), (&json!("done"), [deliveries as u64, 0, 0]), "{job:#}");
        let told: Vec<String> = verdicts(&officer, &path).iter().map(|row| row["row"].to_string()).collect();
        assert_eq!(differing(&told, &(2..deliveries + 2).map(|row| row.to_string()).collect::<Vec<_>>()), [""; 0]);
        let after = tables();
        assert_eq!([after[0] - before[0], after[1] - before[1]], [deliveries as i64; 2]);
        assert_eq!(recorded(url, "received").len(), deliveries);
        eprintln!("{kills} kills, {deliveries} deliveries");
        drop(program);
        is_whole(url, &field);

        // The twin: the table in one go, without any power cut, comes to as many events.
        let other = empty_like(database);
        migrate(other.url());
        let folder = tempfile::tempdir().expect("a folder");
        let files = ["masks.toml", "masks.csv"].map(|name| folder.path().join(name));
        std::fs::write(&files[0], mapping).expect("it is written");
        std::fs::write(&files[1], table_of_deliveries(deliveries)).expect("it is written");
        let [mapping, table] = files.map(|file| file.to_string_lossy().into_owned());
        let (code, told, error) = relief(&["import", &table, "--mapping", &mapping, "--json", "--database-url", other.url()]);
        assert_eq!(code, Some(0), "{told:#}{error}");
        assert_eq!(count(other.url(), "events"), after[2] - before[2]);
    }

    fn what_another_system_sent_is_settled_once_through_every_kill(database: &TestDatabase) {
        let (url, count) = (database.url(), if is_long() { EVENTS_LONG } else { EVENTS });
        let field = Field::lay(url, 1_000_000);
        let program = field.start();
        let own = format!("urn:relief-ledger:consignment:{}", field.ledger.consignment);
        let left = || seen("shipping", "2020-08-01T00:00:00Z", json!({"bizTransactionList": under(&own), "quantityList": masks(1)}));
        let events: Vec<Value> = (0..count).map(|_| left()).collect();
        let uris = events.iter().map(|event| event["eventID"].as_str().expect("a URI").trim_start_matches("urn:uuid:").to_owned());
        let sent: Vec<String> = uris.collect();
        let reply = field.officer(&program).post("/api/v1/epcis/capture", &document(&events));
        reply.expect(202);
        let path = reply.header("location").expect("it says where to ask").to_owned();
        let done = |officer: &Caller| {
            let job = officer.get(&path).expect(200);
            (job["running"] == true).then(|| job["events"]["taken"].as_i64().expect("a count"))
        };
        let (program, kills) = killed_until_done(&field, program, done, |_| {});
        assert!(kills > 0, "it was never killed");
        let officer = field.officer(&program);
        let job = officer.get(&path).expect(200);
        assert_eq!(crate::captures::counts(&job), [count as i64, 0, 0, 0], "{job:#}");
        assert_eq!(job["success"], true);
        assert_eq!(differing(&sent, &recorded(url, "departed")), [""; 0]);
        eprintln!("{kills} kills, {count} events");

        // Whoever was not answered sends the document again: each event is known, and nothing leaves twice.
        let again = crate::captures::finished(&officer, &officer.post("/api/v1/epcis/capture", &document(&events)));
        assert_eq!(again["events"]["repeated"], count);
        assert_eq!(differing(&sent, &recorded(url, "departed")), [""; 0]);
        drop(program);
        is_whole(url, &field);

        // The same check sees one that is there twice, and one that is lost.
        let mut doubled = recorded(url, "departed");
        doubled.push(doubled[0].clone());
        assert_eq!(differing(&sent, &doubled), [doubled[0].clone()]);
        tamper(url, "DELETE FROM events WHERE sequence = (SELECT MAX(sequence) FROM events WHERE kind = 'departed')");
        assert_eq!(differing(&sent, &recorded(url, "departed")).len(), 1);
    }
}
