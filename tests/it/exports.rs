//! What is taken away as a file: what it says of itself, that it adds up, that its digest is in the log, and that nothing in it
//! runs.

mod again;
mod command;
mod hostile;
mod large;
mod sector;
mod stamped;
pub mod standards;
mod steps;
pub mod workbook;

use std::collections::BTreeMap;

use relief_ledger::auth::Role;
use relief_ledger::core::cell::unshielded;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::reconciliation::rich::Rich;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, Reply, migrate};

/// A file as it came.
pub struct Taken {
    pub bytes: Vec<u8>,
    pub text: String,
    pub id: String,
}

/// Takes an export.
#[track_caller]
pub fn take(caller: &Caller, path: &str) -> Taken {
    let reply: Reply = caller.get(&format!("/api/v1/exports/{path}"));
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    let id = reply.header("relief-export").expect("an export's id").to_owned();
    Taken { bytes: reply.bytes, text: reply.text, id }
}

/// A table with its headings.
pub struct Table {
    /// What the file says of itself.
    pub stamp: BTreeMap<String, String>,
    /// Each row by heading, texts as they were before they were made cells.
    pub rows: Vec<BTreeMap<String, String>>,
}

/// Reads a CSV of ours.
pub fn table(text: &str) -> Table {
    let stamped: Vec<&str> = text.split("\r\n").take_while(|line| line.starts_with("# ")).collect();
    let stamp = stamped
        .iter()
        .filter_map(|line| line.trim_start_matches("# ").split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let body: usize = stamped.iter().map(|line| line.len() + 2).sum();
    let mut reader = csv::Reader::from_reader(&text.as_bytes()[body..]);
    let headings = reader.headers().expect("headings").clone();
    let rows = reader.records().map(|record| {
        let record = record.expect("a row");
        headings.iter().map(str::to_owned).zip(record.iter().map(unshielded)).collect()
    });
    Table { stamp, rows: rows.collect() }
}

/// What rows of entries come to, account by account.
pub fn sums<'a>(rows: impl IntoIterator<Item = (&'a str, i64)>) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (account, quantity) in rows {
        *sums.entry(account.to_owned()).or_insert(0) += quantity;
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

fn sums_of(table: &Table) -> BTreeMap<String, i64> {
    sums(table.rows.iter().map(|row| (row["account"].as_str(), row["quantity"].parse().expect("a number"))))
}

/// What the accounts hold, as totals say.
pub fn held(scene: &Scene, question: &str) -> BTreeMap<String, i64> {
    let totals = scene.auditor.get(&format!("/api/v1/totals?group_by=programme{question}")).expect(200);
    let accounts = [
        "promised",
        "surplus",
        "unallocated",
        "in_storage",
        "allocated",
        "in_transit",
        "missing",
        "delivered",
        "distributed",
        "lost",
        "disposed",
        "returned",
        "withdrawn",
    ];
    sums(accounts.iter().map(|account| (*account, totals["total"][*account].as_i64().expect("a figure"))))
}

fn listed(caller: &Caller) -> Vec<Value> {
    caller.get("/api/v1/exports?limit=500").expect(200)["items"].as_array().expect("exports").clone()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

on_both_databases! {
    migrate: migrate;

    fn a_table_says_what_it_is_adds_up_and_has_its_digest_in_the_log(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        let taken = take(&scene.auditor, "csv");
        let first = table(&taken.text);
        assert_eq!(sums_of(&first), held(scene, ""));
        assert_eq!(first.stamp["export"], taken.id);
        assert_eq!((first.stamp["filters"].as_str(), first.stamp["scope"].as_str()), ("none", "all"));
        let found = listed(&scene.auditor);
        let one = found.iter().find(|one| one["id"] == taken.id.as_str()).expect("it is listed");
        assert_eq!(one["sha256"], digest(&taken.bytes).as_str());
        assert_eq!(one["bytes"], taken.bytes.len());
        assert_eq!(one["rows"], first.rows.len());
        assert_eq!(one["sequence"].to_string(), first.stamp["sequence"]);
        let log = scene.auditor.get("/api/v1/audit/entries?limit=500").text;
        assert!(log.contains("export.begun") && log.contains("export.finished"), "both are entries");

        // Whoever shows how far a file is asks how long it will be; for others nothing is counted.
        let counted = scene.auditor.send("GET", "/api/v1/exports/csv", &[("Relief-Expect", "entries")], None);
        assert_eq!(counted.header("relief-entries"), Some(first.rows.len().to_string().as_str()));
        assert_eq!(scene.auditor.get("/api/v1/exports/csv").header("relief-entries"), None);

        // The same sequence gives the same rows, whatever happened since.
        let (hainan, beijing) = (&rich.hainan, &rich.beijing);
        scene.in_store(hainan, beijing, 77);
        let again = table(&take(&scene.auditor, &format!("csv?known_at={}", first.stamp["sequence"])).text);
        assert_eq!(again.rows, first.rows);
        assert_ne!(table(&take(&scene.auditor, "csv").text).rows, first.rows, "of now there are more");
        let august = take(&scene.auditor, "csv?as_of=2020-08-10");
        assert_eq!(sums_of(&table(&august.text)), held(scene, "&as_of=2020-08-10"));
        let pledge = take(&scene.auditor, &format!("csv?pledge={}", rich.dollars));
        assert!(table(&pledge.text).rows.iter().all(|row| row["pledge_id"] == rich.dollars));

        // An object a line says the same.
        let lines = take(&scene.auditor, &format!("ndjson?known_at={}", first.stamp["sequence"]));
        let lines: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines[0]["record"], "stamp");
        assert_eq!(lines[0]["sequence"].to_string(), first.stamp["sequence"]);
        assert_eq!(lines[lines.len() - 1]["entries"], first.rows.len());
        let entries = lines.iter().filter(|line| line["record"] == "entry");
        let figures = entries.map(|entry| (entry["account"].as_str().expect("a word"), entry["quantity"].as_i64().expect("a number")));
        assert_eq!(sums(figures), sums_of(&first));
        scene.verifies();
    }

    fn who_takes_what_is_in_reach_and_learns_what_cannot_be(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        scene.admin.get("/api/v1/exports/csv").refused("forbidden", &[]);
        let donor = scene.house.login_bound(Role::Donor, rich.hainan.parse().ok(), None);
        donor.get("/api/v1/exports/csv").refused("forbidden", &[]);
        scene.house.stranger().get("/api/v1/exports/csv").refused("unauthenticated", &[]);
        let nowhere = scene.house.login_bound(Role::Officer, None, Some("KE"));
        assert_eq!(table(&take(&nowhere, "csv").text).rows.len(), 0);
        let own = listed(&nowhere);
        assert_eq!((own.len(), own[0]["scope"].as_str()), (1, Some("country:KE")));
        let ghana = scene.house.login_bound(Role::Officer, None, Some("GH"));
        let rows = table(&take(&ghana, "csv").text).rows;
        assert!(!rows.is_empty() && rows.iter().all(|row| row["country"] != "KE"));
        for (path, pointer) in [
            ("pdf", "/kind"),
            ("csv?color=red", "/color"),
            ("csv?as_of=June", "/as_of"),
            ("csv?known_at=99999999", "/known_at"),
            ("csv?country=QQ", "/country"),
            ("csv?publisher=XM-DAC-41304", "/publisher"),
            ("epcis?country=GM", "/country"),
            ("iati?publisher=XM-DAC-41304&publisher_name=We&publisher_type=99", "/publisher_type"),
            ("iati?publisher=X/Y&publisher_name=We&publisher_type=40", "/publisher"),
        ] {
            scene.auditor.get(&format!("/api/v1/exports/{path}")).refused("invalid", &[pointer]);
        }
        let missing = ["/publisher", "/publisher_name", "/publisher_type"];
        scene.auditor.get("/api/v1/exports/iati").refused("invalid", &missing);
        scene.verifies();
    }
}
