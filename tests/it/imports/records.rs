//! Records that come back by an older file, by one that was cut off, or with names that nobody knows.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::carrying::empty_like;
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

fn relief(url: &str, folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_relief"))
        .args(arguments)
        .args(["--database-url", url])
        .current_dir(folder)
        .output()
        .expect("relief runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

fn import(url: &str, folder: &Path, file: &str) -> Value {
    let (_, out, err) = relief(url, folder, &["import", file, "--mapping", "relief", "--json"]);
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
}

on_both_databases! {
    migrate: migrate;

    fn an_older_file_undoes_nothing_and_one_that_is_cut_off_is_no_file(database: &TestDatabase) {
        let scene = Scene::new(database);
        let donor = scene.organization("Hainan", "CN");
        let (pledge, _) = scene.pledge(&donor, 800);
        let folder = tempfile::tempdir().expect("a folder");
        for (kind, file) in [("ndjson", "old.ndjson"), ("csv", "old.csv")] {
            let (code, _, error) = relief(&scene.url, folder.path(), &["export", kind, "--table", "records", "--out", file]);
            assert_eq!(code, Some(0), "{error}");
            let text = std::fs::read_to_string(folder.path().join(file)).expect("a file");
            let last = text.trim_end().rfind('\n').expect("lines");
            std::fs::write(folder.path().join(format!("cut.{kind}")), &text[..last]).expect("it is written");
            let (code, _, error) = relief(&scene.url, folder.path(), &["import", &format!("cut.{kind}"), "--mapping", "relief"]);
            assert!(code == Some(2) && error.contains("is cut off"), "{kind}: {error}");
            let before = text[..last].trim_end().rfind('\n').expect("lines");
            let less = format!("{}{}", &text[..before], &text[last..]);
            std::fs::write(folder.path().join(format!("less.{kind}")), less).expect("it is written");
            let (code, _, error) = relief(&scene.url, folder.path(), &["import", &format!("less.{kind}"), "--mapping", "relief"]);
            assert!(code == Some(2) && error.contains("says at its end"), "{kind}: {error}");
        }
        // Another note in the file is another pledge's word: the one that is here stays.
        let text = std::fs::read_to_string(folder.path().join("old.ndjson")).expect("a file");
        std::fs::write(folder.path().join("other.ndjson"), text.replace("\"quantity\":800", "\"quantity\":900")).expect("it is written");
        let size = scene.log_size();
        let done = import(&scene.url, folder.path(), "other.ndjson");
        let refused = done["rejected"].as_array().expect("rows");
        assert_eq!((done["created"].as_u64(), refused.len()), (Some(0), 1), "{done:#}");
        assert!(refused[0]["reason"].to_string().contains("says something else"), "{refused:#?}");
        assert_eq!(scene.log_size(), size);
        assert_eq!(scene.officer.get(&format!("/api/v1/pledges/{pledge}")).expect(200)["lines"][0]["offered"], 800);
    }

    fn a_name_that_nobody_knows_refuses_its_row_and_ends_nothing(database: &TestDatabase) {
        let folder = tempfile::tempdir().expect("a folder");
        let other = empty_like(database);
        let row = |kind: &str, id: u32, body: Value| {
            json!({"record": kind, "id": format!("01900000-0000-7000-8000-{id:012}"), "body": body}).to_string()
        };
        let nobody = "01900000-0000-7000-8000-000000000999";
        let programme = "01900000-0000-7000-8000-000000000002";
        let lines = [
            row("organization", 1, json!({"name": "Hainan"})),
            row("programme", 2, json!({"code": "P", "name": "P"})),
            row("site", 3, json!({"name": "Store", "kind": "warehouse", "country": "CN", "operator": nobody})),
            row("pledge", 4, json!({"programme": programme, "donor": nobody, "offered_at": "2020-07-01",
                "lines": [{"id": "01900000-0000-7000-8000-000000000044", "item": nobody, "quantity": 5}]})),
            row("pledge", 5, json!({"programme": programme, "offered_at": "2020-07-01", "lines": []})),
            row("consignment", 6, json!({"programme": programme, "consignee": nobody, "origin": nobody, "destination": nobody})),
            row("load", 7, json!({"mode": "air", "from": nobody, "to": programme})),
        ];
        std::fs::write(folder.path().join("strange.ndjson"), lines.join("\n")).expect("it is written");
        let done = import(other.url(), folder.path(), "strange.ndjson");
        let rejected: Vec<u64> = done["rejected"].as_array().expect("rows").iter().filter_map(|row| row["row"].as_u64()).collect();
        assert_eq!((done["created"].as_u64(), rejected), (Some(2), vec![3, 4, 5, 6, 7]), "{done:#}");
    }

    fn the_command_writes_templates_and_imports_what_is_filled_in(database: &TestDatabase) {
        let folder = tempfile::tempdir().expect("a folder");
        let url = database.url();
        for file in ["orgs.csv", "orgs.xlsx"] {
            let (code, _, error) = relief(url, folder.path(), &["import", "--template", "organizations", "--out", file]);
            assert_eq!(code, Some(0), "{error}");
        }
        let path = folder.path().join("orgs.csv");
        let text = std::fs::read_to_string(&path).expect("a template");
        std::fs::write(&path, format!("{text}WAHO,Health Organisation,BF\r\n=cmd,Formula,XX\r\n")).expect("it is filled in");
        let arguments = ["import", "orgs.csv", "--kind", "organizations", "--json", "--report", "rows.csv"];
        let (code, out, error) = relief(url, folder.path(), &[&arguments[..], &["--dry-run"]].concat());
        let dry: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
        assert_eq!((code, &dry["refused"], &dry["dry_run"]), (Some(1), &json!(2), &json!(true)), "{dry:#}");
        std::fs::write(&path, format!("{text}WAHO,Health Organisation,BF,,,,,,\r\n")).expect("it is mended");
        let (code, out, error) = relief(url, folder.path(), &arguments);
        let done: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{error}"));
        assert_eq!((code, &done["created"]), (Some(0), &json!(1)), "{done:#}");
        let (code, _, error) = relief(url, folder.path(), &["import", "--template", "scms", "--out", "scms.csv"]);
        assert_eq!(code, Some(0), "{error}");
        assert!(std::fs::read_to_string(folder.path().join("scms.csv")).expect("a template").starts_with("# ReliefLedger"));
        let (code, _, error) = relief(url, folder.path(), &["import", "orgs.csv", "--kind", "cars"]);
        assert!(code == Some(2) && error.contains("no kind of sheet"), "{error}");
    }
}
