//! A long ledger is taken away in the memory that a short one takes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use calamine::{Reader, Xlsx};
use diesel::connection::SimpleConnection;
use relief_ledger::db::connect;
use serde_json::{Value, json};

use crate::drills::field::Field;
use crate::imports::ended;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};
use crate::support::{most_memory, until};

/// Entries of an ordinary run, and of `RELIEF_LONG=1`: some more than a sheet has rows.
const ENTRIES: usize = 20_000;
const ENTRIES_LONG: usize = 1_050_000;
/// Entries of a short ledger, which are more than are read at once, and of one that is ten times as long.
const SHORT: usize = 4_000;
const LONG: usize = 40_000;
/// What a file may take of memory while it is made.
const KIBIBYTES_MAX: u64 = 64 * 1_024;
/// By how much more a long ledger may take than a short one: a good part less than its entries would take, were they held.
const GROWTH_KIBIBYTES_MAX: u64 = 12 * 1_024;

/// Events of a short history, and of a long one.
const FEW_EVENTS: usize = 1_000;
const MANY_EVENTS: usize = 20_000;
/// By how much more the long one may take: less than the file it makes.
const EVENTS_GROWTH_KIBIBYTES_MAX: u64 = 6 * 1_024;

/// Puts entries behind the first of a ledger, past the writer, from one number on and up to another: how they came there is not
/// what this is about.
fn lengthen(url: &str, from: usize, count: usize) {
    let mut conn = connect(url).expect("the database opens");
    let columns = "cell, account, condition, pledge_line_id, lot_id, item_id, consignment_id, leg_id, site_id, holder_id, \
                   quantity, chosen, effective_at";
    conn.batch_execute(&format!(
        "INSERT INTO postings (sequence, ordinal, {columns}) \
         WITH RECURSIVE numbers (number) AS (SELECT {from} + 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {count}) \
         SELECT one.sequence, 1000 + number, {columns} FROM numbers, \
         (SELECT * FROM postings ORDER BY sequence DESC, ordinal DESC LIMIT 1) AS one"
    ))
    .expect("entries are added");
}

/// Runs `relief export` and answers the most memory of its own it had, in KiB.
fn memory_of(url: &str, folder: &Path, kind: &str) -> u64 {
    let out = folder.join(format!("entries.{kind}"));
    drop(std::fs::remove_file(&out));
    let mut child = Command::new(env!("CARGO_BIN_EXE_relief"))
        .args(["export", kind, "--database-url", url, "--out"])
        .arg(&out)
        .env("TMPDIR", folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("relief runs");
    let most = most_memory(child.id(), || child.try_wait().expect("it is waited for").is_some());
    assert!(child.wait().expect("it ended").success());
    assert!(out.exists());
    most
}

on_both_databases! {
    migrate: migrate;

    fn a_long_ledger_is_taken_away_in_the_memory_of_a_short_one(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (hainan, store) = (scene.organization("Hainan", "CN"), scene.site("Beijing", "warehouse", "CN"));
        scene.in_store(&hainan, &store, 100);
        let url = scene.url.clone();
        scene.house.stop();
        let count = if std::env::var_os("RELIEF_LONG").is_some() { ENTRIES_LONG } else { LONG };
        let folder = tempfile::tempdir().expect("a folder");
        let kinds = ["csv", "ndjson", "xlsx"];
        lengthen(&url, 0, SHORT);
        let short = kinds.map(|kind| memory_of(&url, folder.path(), kind));
        lengthen(&url, SHORT, count);
        for (kind, short) in kinds.into_iter().zip(short) {
            let most = memory_of(&url, folder.path(), kind);
            assert!((1..KIBIBYTES_MAX).contains(&most), "{kind} took {most} KiB");
            assert!(most < short + GROWTH_KIBIBYTES_MAX, "{kind} took {most} KiB, and {short} KiB of a short ledger");
        }
        let lines = std::fs::read(folder.path().join("entries.csv")).expect("a table");
        assert!(lines.iter().filter(|byte| **byte == b'\n').count() > count);
        let book = std::fs::File::open(folder.path().join("entries.xlsx")).expect("a workbook");
        let book: Xlsx<_> = Xlsx::new(std::io::BufReader::new(book)).expect("a workbook");
        let goes_on = book.sheet_names().iter().any(|name| name == "Entries 2");
        assert_eq!(goes_on, count == ENTRIES_LONG, "what is more than a sheet has rows stands on another");
        // The twin: whoever held what was written, in whichever form, would have been seen.
        assert!(2 * lines.len() as u64 > 3 * GROWTH_KIBIBYTES_MAX * 1_024, "{} bytes", lines.len());
    }

    fn many_events_are_taken_away_in_the_memory_of_a_few(database: &TestDatabase) {
        // Thousands of events have to be there, each posted by itself.
        if std::env::var_os("RELIEF_LONG").is_none() {
            return;
        }
        let (url, folder) = (database.url(), tempfile::tempdir().expect("a folder"));
        let field = Field::lay(url, 1_000_000);
        let program = field.start();
        let happens = |count: usize| {
            let officer = field.officer(&program);
            let sent = officer.upload("/api/v1/imports?kind=events", "text/csv", field.table(count).as_bytes()).expect(202);
            let job = ended(&officer, &sent["id"]);
            assert_eq!((&job["state"], &job["refused"]), (&json!("done"), &json!(0)), "{job:#}");
        };
        happens(FEW_EVENTS);
        let few = memory_of(url, folder.path(), "epcis");
        happens(MANY_EVENTS);
        let many = memory_of(url, folder.path(), "epcis");
        assert!((1..KIBIBYTES_MAX).contains(&many), "{many} KiB");
        assert!(many < few + EVENTS_GROWTH_KIBIBYTES_MAX, "{many} KiB, and {few} KiB of a few");
        // The twin: whoever held what was written would have been seen.
        let bytes = std::fs::metadata(folder.path().join("entries.epcis")).expect("a file").len();
        assert!(bytes > EVENTS_GROWTH_KIBIBYTES_MAX * 1_024, "{bytes} bytes");
    }

    fn what_is_broken_off_has_no_digest_and_nobody_takes_all_turns(database: &TestDatabase) {
        let scene = Scene::new(database);
        let (hainan, store) = (scene.organization("Hainan", "CN"), scene.site("Beijing", "warehouse", "CN"));
        scene.in_store(&hainan, &store, 100);
        lengthen(&scene.url, 0, ENTRIES);
        // Two take, and read no more than the beginning.
        let slow: Vec<TcpStream> = (0..2).map(|_| begun(&scene.auditor)).collect();
        scene.auditor.get("/api/v1/exports/csv").refused("too_many_requests", &[]);
        assert_eq!(scene.manager.get("/api/v1/exports/csv?country=KE").status, 200, "others have turns left");
        drop(slow);
        until("a turn", || (scene.auditor.get("/api/v1/exports/csv?country=KE").status == 200).then_some(()));
        let listed = scene.auditor.get("/api/v1/exports").expect(200)["items"].as_array().expect("exports").clone();
        let is_whole = |one: &&Value| one["sha256"] != Value::Null;
        assert_eq!((listed.len(), listed.iter().filter(is_whole).count()), (4, 2), "{listed:#?}");
        assert!(listed.iter().all(|one| (one["sha256"] == Value::Null) == (one["rows"] == Value::Null)));
        scene.house.stop();
    }
}

/// An export of which the beginning came, and whose reader takes no more.
fn begun(caller: &Caller) -> TcpStream {
    let token = caller.token.as_deref().unwrap_or_default();
    let head = format!(
        "GET /api/v1/exports/csv HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n",
        caller.address
    );
    let mut stream = TcpStream::connect(caller.address).expect("the server accepts");
    stream.write_all(head.as_bytes()).expect("the head is sent");
    let mut beginning = [0; 15];
    stream.read_exact(&mut beginning).expect("it begins");
    assert_eq!(&beginning, b"HTTP/1.1 200 OK");
    stream
}
