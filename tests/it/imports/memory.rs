//! What an import takes of memory, whatever is in its file: of a server's as a job, and of the command's own.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use relief_ledger::exchange::jobs::TRIED_ROWS_MAXIMUM;
use serde_json::{Value, json};
use uuid::Uuid;

use super::files::{XLSX, names_alone, workbook};
use super::{PATH, ended};
use crate::carrying::empty_like;
use crate::drills::field::Field;
use crate::drills::imported::table_of_deliveries;
use crate::support::server::{Caller, migrate};
use crate::support::{memory_now, most_memory, on_both_databases, until};

/// What an import may take, and what the command may take in all.
const KIBIBYTES_MAX: u64 = 64 * 1_024;
/// By how much more a long file of records may take than a short one: a good part less than it has.
const GROWTH_KIBIBYTES_MAX: u64 = 12 * 1_024;
/// Records of a short file and of a long one, each in an ordinary run and in one of `RELIEF_LONG=1`. There the short one fills
/// what is kept of a database in memory, as the long one does.
const SHORT: usize = 2_000;
const SHORT_LONG: usize = 20_000;
const LONG: usize = 6_000;
const LONG_LONG: usize = 300_000;
/// Rows of a file that is tried and imported as a job; in a long run as many as may be tried.
const ROWS: usize = 3_000;
const ROWS_LONG: usize = TRIED_ROWS_MAXIMUM;
/// Rows that are refused, each for many reasons.
const REFUSED: usize = 12_000;
/// Deliveries of a table.
const DELIVERIES: usize = 400;
const DELIVERIES_LONG: usize = 1_500;

fn or_long(ordinary: usize, long: usize) -> usize {
    if std::env::var_os("RELIEF_LONG").is_some() { long } else { ordinary }
}

/// Says when something is over, also where it fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// By how much the memory of a process grows while something is done, in KiB.
fn growth(process: u32, work: impl FnOnce()) -> u64 {
    let rest = memory_now(process).expect("it runs");
    let over = AtomicBool::new(false);
    let most = std::thread::scope(|scope| {
        let watching = scope.spawn(|| most_memory(process, || over.load(Ordering::Relaxed)));
        let done = Over(&over);
        work();
        drop(done);
        watching.join().expect("it is watched")
    });
    most.saturating_sub(rest)
}

/// Sends a file and waits until it is imported, or is not.
fn imported(officer: &Caller, (query, content_type): (&str, &str), bytes: &[u8]) -> Value {
    let sent = officer.upload(&format!("{PATH}?{query}"), content_type, bytes).expect(202);
    ended(officer, &sent["id"])
}

/// Files as large as may be, each with what hurts in another way: that, how it is sent, and its bytes.
fn hurting() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let most = 8 * 1_024 * 1_024;
    let header = "reference,kind,occurred at,site,item,quantity\r\n";
    let full = |unit: &[u8]| {
        let mut bytes = header.as_bytes().to_vec();
        while bytes.len() + unit.len() < most {
            bytes.extend_from_slice(unit);
        }
        bytes
    };
    let wide = vec!["c"; 1_000].join(",");
    vec![
        ("zeros", XLSX, workbook(&vec![b' '; 64 * 1_024 * 1_024])),
        ("names", XLSX, names_alone(60_000)),
        ("cells", XLSX, workbook(smallest_cells().as_bytes())),
        ("columns", "text/csv", full(format!("{wide}\r\n").as_bytes())),
        ("rows", "text/csv", full(b"a\r\n")),
        ("a cell", "text/csv", [header.as_bytes(), b"\"", &vec![b'x'; most - 1_000]].concat()),
        ("quotes", "text/csv", full(b"\",\"\r\n")),
        (
            "another encoding",
            "text/csv",
            full(b"E,\x80\x80\x80\x80\x80\x80\x80\x80,2020-08-01,\x80,\x80,1\r\n"),
        ),
        ("a line", "application/x-ndjson", [&b"{\"record\": \""[..], &vec![b'x'; most - 1_000]].concat()),
        ("lines", "application/x-ndjson", b"{}\n".repeat(most / 3)),
        ("members", "application/x-ndjson", members(most / 10 - 1)),
        ("values", "application/x-ndjson", values(most / 8 - 100)),
    ]
}

/// A line of so many members that nobody asks for.
fn members(count: usize) -> Vec<u8> {
    let members: Vec<String> = (0..count).map(|number| format!("\"{number:05x}\":1")).collect();
    format!("{{{}}}\n", members.join(",")).into_bytes()
}

/// A line of one record with so many of those values that take most for the letters they are written with.
fn values(count: usize) -> Vec<u8> {
    let id = Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000);
    let body = vec!["{\"a\":1}"; count].join(",");
    format!("{{\"record\":\"event\",\"id\":\"{id}\",\"body\":[{body}]}}\n").into_bytes()
}

/// A sheet of as many of the smallest cells as may be unpacked.
fn smallest_cells() -> String {
    let row = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(190));
    let rows = row.repeat(16 * 1_024 * 1_024 / row.len() - 2);
    format!(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
    )
}

/// A table of so many updates, in each of which ten cells cannot be read.
fn unreadable(count: usize) -> String {
    let wrong = vec!["x".repeat(30); 10].join(",");
    let rows = (0..count).map(|number| format!("R-{number:05},moved,{wrong}\r\n"));
    let numbers = "leg,quantity,packs,good,damaged,on hold,missing,surplus";
    format!("reference,kind,occurred at,expires on,{numbers}\r\n{}", rows.collect::<String>())
}

/// Begins to send a file of so many bytes and sends the first of them alone.
fn begun(officer: &Caller, bytes: usize) -> TcpStream {
    let mut stream = TcpStream::connect(officer.address).expect("it listens");
    let token = officer.token.as_deref().expect("a token");
    let head = format!(
        "POST {PATH}?kind=events&dry_run=true HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: text/csv\r\nContent-Length: {bytes}\r\n\r\nr",
        officer.address
    );
    stream.write_all(head.as_bytes()).expect("it is sent");
    stream
}

/// Runs `relief import` and answers the most memory of its own it had, in KiB.
fn memory_of(url: &str, folder: &Path, arguments: &[&str]) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_relief"))
        .arg("import")
        .args(arguments)
        .args(["--json", "--database-url", url])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("relief runs");
    let most = most_memory(child.id(), || child.try_wait().expect("it is waited for").is_some());
    let ended = child.wait().expect("it ended");
    assert!(ended.success(), "{arguments:?}: {ended}");
    most
}

/// Lines of so many organizations, and behind each what an export says of entries, which is passed over.
fn lines(count: usize) -> String {
    let entry = json!({"record": "entry", "note": "x".repeat(or_long(8_000, 200))}).to_string();
    let line = |number: usize| {
        let id = Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | number as u64);
        let body = json!({"name": format!("Organization {number} {}", "of relief ".repeat(12).trim_end())});
        format!("{}\n{entry}\n", json!({"record": "organization", "id": id, "body": body}))
    };
    (0..count).map(line).collect()
}

/// A row of the same delivery, of a gift that all share.
fn of_one_gift(row: &str) -> String {
    let cells: Vec<&str> = row
        .split(';')
        .enumerate()
        .map(|(place, cell)| if place == 2 && cell != "Gift" { "G" } else { cell })
        .collect();
    cells.join(";")
}

on_both_databases! {
    migrate: migrate;

    fn no_file_takes_more_memory_of_a_server_than_was_promised(database: &TestDatabase) {
        let field = Field::lay(database.url(), 1_000_000);
        let program = field.start();
        // What is loaded once is loaded.
        let first = field.table(10);
        let job = imported(&field.officer(&program), ("kind=events&dry_run=true", "text/csv"), first.as_bytes());
        assert_eq!(job["created"], 10, "{job:#}");
        for (what, content_type, bytes) in hurting() {
            let read_as = if content_type == "application/x-ndjson" { "mapping=relief" } else { "kind=events" };
            let query = format!("{read_as}&dry_run=true");
            let mut job = Value::Null;
            let grown = growth(program.process(), || job = imported(&field.officer(&program), (query.as_str(), content_type), &bytes));
            assert!(grown < KIBIBYTES_MAX, "{what}: {grown} KiB for {} bytes: {job:#}", bytes.len());
            assert_eq!(job["created"], 0, "{what}: {job:#}");
        }
        let count = or_long(ROWS, ROWS_LONG);
        let file = field.table(count);
        for query in ["kind=events&dry_run=true", "kind=events"] {
            let mut job = Value::Null;
            let grown = growth(program.process(), || job = imported(&field.officer(&program), (query, "text/csv"), file.as_bytes()));
            assert!(grown < KIBIBYTES_MAX, "{grown} KiB for {count} rows: {job:#}");
            assert_eq!(job["created"], count, "{job:#}");
        }
        // The twin: whoever keeps what the largest of them unpacks to for a moment is seen.
        let kept = growth(std::process::id(), || {
            let held = std::hint::black_box(vec![b' '; 80 * 1_024 * 1_024]);
            std::thread::sleep(Duration::from_millis(100));
            drop(held);
        });
        assert!(kept > KIBIBYTES_MAX, "{kept} KiB");
    }

    fn refused_rows_are_taken_as_a_file_that_is_never_held_as_a_whole(database: &TestDatabase) {
        let field = Field::lay(database.url(), 10);
        let program = field.start();
        let officer = field.officer(&program);
        let job = imported(&officer, ("kind=events&dry_run=true", "text/csv"), unreadable(REFUSED).as_bytes());
        assert_eq!(job["refused"], REFUSED, "{job:#}");
        let path = format!("/imports/{}/refused.csv", job["id"].as_str().expect("an id"));
        let mut table = String::new();
        let grown = growth(program.process(), || {
            let reply = officer.get(&path);
            assert_eq!(reply.status, 200);
            table = reply.text;
        });
        let told = |start: &str| table.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(told("\"R-"), REFUSED);
        assert!(told("\"# row ") >= 8 * REFUSED, "{} reasons", told("\"# row "));
        // Whoever held the table would take as much as it has, and it has more than what a file is read with.
        let kibibytes = table.len() as u64 / 1_024;
        assert!(kibibytes > GROWTH_KIBIBYTES_MAX, "{kibibytes} KiB");
        assert!(grown < kibibytes.min(KIBIBYTES_MAX), "{grown} KiB for a table of {kibibytes} KiB");
    }

    fn who_sends_slowly_keeps_out_others_only_by_the_room_a_file_takes(database: &TestDatabase) {
        let field = Field::lay(database.url(), 10);
        let program = field.start();
        let officer = field.officer(&program);
        let file = field.table(1);
        let sends = || officer.upload(&format!("{PATH}?kind=events&dry_run=true"), "text/csv", file.as_bytes());
        // Two as large as may be take all the room there is, until they are given up for their pause.
        let large: Vec<TcpStream> = (0..2).map(|_| begun(&officer, 8 * 1_024 * 1_024)).collect();
        let mut statuses = Vec::new();
        while statuses.len() < 6 && statuses.last() != Some(&503) {
            std::thread::sleep(Duration::from_millis(250));
            statuses.push(sends().status);
        }
        assert_eq!(statuses.last(), Some(&503), "{statuses:?}");
        drop(large);
        until("room", || (sends().status == 202).then_some(()));
        // Four as most are leave room for others.
        let small: Vec<TcpStream> = (0..4).map(|_| begun(&officer, 100_000)).collect();
        std::thread::sleep(Duration::from_millis(500));
        let sent = sends().expect(202);
        assert_eq!(ended(&officer, &sent["id"])["state"], "done");
        drop(small);
    }

    fn a_long_file_of_records_takes_the_memory_of_a_short_one(database: &TestDatabase) {
        let folder = tempfile::tempdir().expect("a folder");
        let long = lines(or_long(LONG, LONG_LONG));
        std::fs::write(folder.path().join("short.ndjson"), lines(or_long(SHORT, SHORT_LONG))).expect("it is written");
        std::fs::write(folder.path().join("long.ndjson"), &long).expect("it is written");
        let other = empty_like(database);
        let short = memory_of(other.url(), folder.path(), &["short.ndjson", "--mapping", "relief"]);
        let most = memory_of(database.url(), folder.path(), &["long.ndjson", "--mapping", "relief"]);
        assert!((1..KIBIBYTES_MAX).contains(&most), "{most} KiB");
        assert!(most < short + GROWTH_KIBIBYTES_MAX, "{most} KiB, and {short} KiB of a short file");
        // The twin: whoever held the file would have been seen.
        assert!(long.len() as u64 > 2 * GROWTH_KIBIBYTES_MAX * 1_024, "{} bytes", long.len());
    }

    fn as_many_deliveries_as_are_planned_at_once_take_what_was_promised(database: &TestDatabase) {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it is written");
        write("masks.toml", include_str!("../../../docs/examples/masks.toml"));
        let count = or_long(DELIVERIES, DELIVERIES_LONG);
        let each_of_a_gift = table_of_deliveries(count);
        let all_of_one: Vec<String> = each_of_a_gift.lines().map(of_one_gift).collect();
        let other = empty_like(database);
        for (url, table) in [(database.url(), each_of_a_gift), (other.url(), all_of_one.join("\n"))] {
            write("many.csv", &table);
            write("one.csv", &table.lines().take(2).collect::<Vec<_>>().join("\n"));
            let one = memory_of(url, folder.path(), &["one.csv", "--mapping", "masks.toml"]);
            for more in [&["--dry-run"][..], &[]] {
                let arguments = [&["many.csv", "--mapping", "masks.toml"][..], more].concat();
                let most = memory_of(url, folder.path(), &arguments);
                assert!(most > 0 && most < one + KIBIBYTES_MAX, "{most} KiB for {count} deliveries, {one} KiB for one");
            }
        }
    }
}
