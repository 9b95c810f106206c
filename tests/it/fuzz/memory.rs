//! Files that were made to be too much, sent to a real server: whatever is in them, it takes no more memory than it may.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use relief_ledger::exchange::sheets::SheetKind;

use super::sent::filled;
use super::tables::{part_of, with_part};
use crate::imports::ended;
use crate::server_log::{arrive, start};
use crate::support::TestDatabase;
use crate::support::server::{Caller, migrate};

/// By how much the memory of a server may rise for one file, in KiB.
const KIBIBYTES_MAX: u64 = 64 * 1_024;
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Memory of its own that a process has now, in KiB.
fn memory_of(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Ends watching whatever becomes of what is watched.
struct Watched<'a>(&'a AtomicBool);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// By how much the memory of a process rose at most while something was done, in KiB.
fn risen(process: u32, work: impl FnOnce()) -> u64 {
    let before = memory_of(process);
    let is_done = AtomicBool::new(false);
    let most = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut most = 0;
            while !is_done.load(Ordering::SeqCst) {
                most = most.max(memory_of(process));
                std::thread::sleep(Duration::from_millis(2));
            }
            most
        });
        let watched = Watched(&is_done);
        work();
        drop(watched);
        watching.join().expect("it was watched")
    });
    most.saturating_sub(before)
}

/// Files as large as they may be or larger, each with what is too much of it.
fn files() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let template = filled(SheetKind::Pledges);
    let header = template.lines().rev().nth(1).expect("a header").as_bytes();
    let rows = |row: &[u8], count: usize| [header, b"\r\n", &row.repeat(count)].concat();
    // A letter of one byte there that has three in UTF-8, in cells as long as may be.
    let letters = [vec![0x80_u8; 32_000], b"\r\n".to_vec()].concat();
    let wide: Vec<String> = (0..1_000).map(|column| format!("c{column}")).collect();
    let cells = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(190)).repeat(5_500);
    let sheet = format!(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{cells}\
         </sheetData></worksheet>"
    );
    let strings = format!(
        "<?xml version=\"1.0\"?><sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">{}</sst>",
        "<si><t>a</t></si>".repeat(900_000)
    );
    let styles = [part_of("xl/styles.xml"), vec![b' '; 24 * 1_024 * 1_024]].concat();
    vec![
        ("letters that grow", "text/csv", rows(&letters, 255)),
        ("a million rows", "text/csv", rows(b"a,b\r\n", 1_000_000)),
        ("a thousand columns", "text/csv", format!("{}\r\n", wide.join(",")).repeat(1_000).into_bytes()),
        ("a cell of megabytes", "text/csv", rows(&vec![b'x'; 7_000_000], 1)),
        ("nothing but cells", XLSX, with_part("xl/worksheets/sheet1.xml", sheet.as_bytes())),
        ("nothing but texts", XLSX, with_part("xl/sharedStrings.xml", strings.as_bytes())),
        ("blanks without end", XLSX, with_part("xl/styles.xml", &styles)),
    ]
}

#[test]
fn whatever_is_in_a_file_a_server_takes_no_more_memory_for_it_than_it_may() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::sqlite(migrate);
    let keys = folder.path().join("keys");
    let token = arrive(database.url(), &keys);
    let server = start(database.url(), &keys, &folder.path().join("server.log"), None);
    let address = server.address().trim_start_matches("http://").parse().expect("an address");
    let caller = Caller { address, token: Some(token), user: None };
    let send = |media: &str, bytes: &[u8]| {
        let sent = caller.upload("/api/v1/imports?kind=pledges&dry_run=true", media, bytes);
        match sent.status {
            202 => drop(ended(&caller, &sent.json()["id"])),
            status => assert!((400..500).contains(&status), "{status}: {}", sent.text),
        }
    };
    // What a server makes once, for whatever comes first, is nobody's file.
    send("text/csv", filled(SheetKind::Pledges).as_bytes());
    for (what, media, bytes) in files() {
        let rose = risen(server.process(), || send(media, &bytes));
        assert!(rose < KIBIBYTES_MAX, "{what}: {} bytes took {rose} KiB", bytes.len());
    }
    // The twin: one who held so much would be seen.
    let held = risen(std::process::id(), || {
        let held = vec![1_u8; 96 * 1_024 * 1_024];
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(held.iter().step_by(4_096).filter(|byte| **byte == 1).count(), held.len() / 4_096);
    });
    assert!(held > KIBIBYTES_MAX, "{held} KiB");
}
