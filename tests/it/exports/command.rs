//! `relief export` as a person at a terminal uses it.

use std::path::Path;
use std::process::{Command, Output};

use super::{digest, listed, sums_of, table, take};
use crate::reconciliation::rich::Rich;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// Runs `relief export` in a folder.
pub fn export(url: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_relief"))
        .arg("export")
        .args(arguments)
        .args(["--database-url", url])
        .current_dir(folder)
        .output()
        .expect("relief runs")
}

on_both_databases! {
    migrate: migrate;

    fn the_command_writes_the_same_and_says_its_digest(database: &TestDatabase) {
        let rich = Rich::told(database);
        let (scene, url) = (&rich.scene, database.url());
        let folder = tempfile::tempdir().expect("a folder");
        let done = export(url, folder.path(), &["csv", "--out", "entries.csv"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let bytes = std::fs::read(folder.path().join("entries.csv")).expect("a file");
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(said.contains(&digest(&bytes)), "{said}");
        let written = table(&String::from_utf8(bytes.clone()).expect("UTF-8"));
        assert_eq!(written.stamp["scope"], "all");
        let served = table(&take(&scene.auditor, "csv").text);
        assert_eq!(sums_of(&written), sums_of(&served));
        let found = listed(&scene.auditor);
        assert!(found.iter().any(|one| one["sha256"] == digest(&bytes).as_str()), "its digest is in the log");

        let twice = export(url, folder.path(), &["csv", "--out", "entries.csv"]);
        assert_eq!(twice.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&twice.stderr).contains("entries.csv is there already"));
        let nowhere = export(url, folder.path(), &["xlsx", "--out", "no/such/folder.xlsx"]);
        assert_eq!(nowhere.status.code(), Some(2));
        let unnamed = export(url, folder.path(), &["iati", "--out", "activities.xml"]);
        assert_eq!(unnamed.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&unnamed.stderr).contains("/publisher_type"));
        let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").map(|one| one.unwrap().file_name()).collect();
        assert_eq!(left, ["entries.csv"], "nothing half written stays");
        for kind in ["ndjson", "xlsx", "hxl", "epcis", "geojson"] {
            let done = export(url, folder.path(), &[kind, "--out", kind]);
            assert!(done.status.success(), "{kind}: {}", String::from_utf8_lossy(&done.stderr));
        }
        scene.verifies();
    }
}
