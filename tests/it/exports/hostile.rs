//! Names that a spreadsheet would run, in every text field there is: none of them runs, whatever opens the file, and each is
//! what it was once it is read back.

use std::io::Cursor;
use std::process::Command;

use calamine::{Data, Reader, Xlsx};
use proptest::prelude::*;
use relief_ledger::core::cell::{shielded, unshielded};
use serde_json::{Value, json};

use super::standards::xml_faults;
use super::workbook::sheet;
use super::{table, take};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::{Caller, migrate};

/// What spreadsheets have been made to run, and what only looks like it.
const PAYLOADS: [&str; 15] = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "＝1+1",
    "＋1",
    "－1+1",
    "＠SUM(1)",
    "|cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://127.0.0.1/\",\"x\")",
    "x;=cmd|'/c calc'!A1",
    "a,=1+1",
    "'=1+1",
    "  =1+1",
    "<b>&\"quoted\"</b> ]]> -- x",
];

/// Separators by which one spreadsheet or another takes a file apart.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Beginnings of cells that one spreadsheet or another has run: those of OWASP's list on CSV injection, the same as East Asian
/// keyboards type them, and the bar of DDE. It is this story's own list, since the code's would find itself innocent.
const RUN: [char; 9] = ['=', '+', '-', '@', '|', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Whether a spreadsheet might run a cell: what is unseen before it is passed over.
fn is_run(cell: &str) -> bool {
    let unseen = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\u{feff}';
    cell.trim_start_matches(unseen).starts_with(RUN)
}

#[test]
fn what_has_been_run_is_known() {
    let hit: Vec<&str> = PAYLOADS.into_iter().filter(|payload| runnable(payload).is_some()).collect();
    assert_eq!(hit.len(), PAYLOADS.len() - 2, "all but what has an apostrophe, or is markup: {hit:?}");
}

/// A cell of the file, as it is taken apart by any separator, that could be run; numbers are none.
fn runnable(text: &str) -> Option<String> {
    SEPARATORS.iter().find_map(|separator| {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(*separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        reader.records().filter_map(Result::ok).find_map(|record| {
            let is_bad = |cell: &&str| is_run(cell) && cell.parse::<f64>().is_err();
            record.iter().find(is_bad).map(str::to_owned)
        })
    })
}

/// Headings of entries under which stand words that somebody wrote.
const WRITTEN: [&str; 14] = [
    "unit",
    "programme",
    "programme_name",
    "donor",
    "donor_name",
    "pledge",
    "item",
    "item_name",
    "lot",
    "consignment",
    "site",
    "site_name",
    "holder_name",
    "owner_name",
];

/// Everything that has a name or a number of somebody's is named so; what must be the only one of its name has a number behind it.
fn hostile(scene: &Scene, payload: &str, number: usize) {
    let only = format!("{payload} {number}");
    let made = |caller: &Caller, path: &str, body: &Value| caller.post(path, body).expect(201)["id"].clone();
    let programme = json!({"code": only, "name": payload, "focus_areas": [payload], "sensitive": false, "synthetic": false});
    let programme = made(&scene.manager, "/api/v1/programmes", &programme);
    let organization = json!({"name": payload, "reference": only, "country": "GM", "donor": true, "consignor": true,
        "consignee": true, "carrier": true});
    let organization = made(&scene.admin, "/api/v1/organizations", &organization);
    let item = json!({"code": only, "name": payload, "base_unit": payload, "category": payload,
        "packs": [{"name": only, "numerator": 5, "denominator": 1}]});
    let item = made(&scene.admin, "/api/v1/items", &item);
    let site = json!({"code": only, "name": payload, "kind": "warehouse", "country": "GM", "operator": organization});
    let site = made(&scene.admin, "/api/v1/sites", &site);
    let pledge = json!({"programme": programme, "donor": organization, "offered_at": "2020-07-01", "reference": only,
        "note": payload, "lines": [{"item": item, "quantity": 10}]});
    let pledge = made(&scene.officer, "/api/v1/pledges", &pledge);
    scene.decides("pledge_accepted", "2020-07-02", json!({"pledge": pledge})).expect(201);
    let lot = json!({"item": item, "quantity": 10, "lot": payload, "expires_on": "2032-07-31"});
    let collected = json!({"pledge": pledge, "site": site, "lines": [lot]});
    scene.does("collected", "2020-07-03", collected).expect(201);
    let some = |quantity: i64| json!([{"item": item, "quantity": quantity, "lot": payload}]);
    let wet = json!({"site": site, "lines": some(1), "reason": payload});
    scene.does("damaged", "2020-07-04", wet).expect(201);
    let (consignee, end) = (scene.organization(payload, "GM"), scene.site(payload, "city", "GM"));
    let load = json!({"mode": "road", "from": site, "to": end, "reference": only, "plate": payload, "seals": payload});
    made(&scene.officer, "/api/v1/loads", &load);
    let way = json!({"programme": programme, "consignor": organization, "consignee": consignee, "origin": site,
        "destination": end, "reference": only, "freight_note": payload, "legs": [{"mode": "road", "from": site, "to": end}]});
    let consignment = made(&scene.officer, "/api/v1/consignments", &way);
    let reserved = json!({"consignment": consignment, "site": site, "lines": some(2)});
    scene.does("allocated", "2020-07-05", reserved).expect(201);
}

/// Whether a sheet of a workbook has a formula.
fn has_formula(bytes: &[u8]) -> bool {
    let mut opened: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook");
    let names = opened.sheet_names();
    names.iter().any(|name| opened.worksheet_formula(name).expect("a sheet").used_cells().next().is_some())
}

/// A workbook that runs something.
fn running() -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().write_formula(0, 0, "=1+1").expect("a formula");
    workbook.save_to_buffer().expect("a workbook")
}

on_both_databases! {
    migrate: migrate;

    fn nothing_that_is_taken_away_runs(database: &TestDatabase) {
        let scene = Scene::new(database);
        for (number, payload) in PAYLOADS.iter().enumerate() {
            hostile(&scene, payload, number);
        }
        let csv = take(&scene.auditor, "csv");
        assert_eq!(runnable(&csv.text), None);
        let rows = table(&csv.text).rows;
        for (heading, payload) in WRITTEN.into_iter().flat_map(|heading| PAYLOADS.map(|payload| (heading, payload.trim()))) {
            // What must be the only one of its name has a number behind it.
            let is_there = |cell: &str| cell.strip_prefix(payload).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
            assert!(rows.iter().any(|row| is_there(&row[heading])), "{payload:?} is not read back as it was under {heading}");
        }
        assert_eq!(runnable(&take(&scene.auditor, "hxl").text), None);
        // The broken twin: the same cells without their shields.
        assert!(runnable(&csv.text.replace("\"'", "\"")).is_some());

        let book = take(&scene.auditor, "xlsx");
        assert!(!has_formula(&book.bytes) && has_formula(&running()));
        let entries = sheet(&book.bytes, "Entries");
        let names: Vec<String> = entries.iter().map(|row| row["item_name"].to_string()).collect();
        // What is a number or a day stays one, whatever stands beside it.
        let numbers = entries.iter().filter(|row| matches!(row["quantity"], Data::Float(_) | Data::Int(_)));
        let days = entries.iter().filter(|row| matches!(row["expires_on"], Data::DateTime(_)));
        assert_eq!((numbers.count(), days.count() > 0), (entries.len(), true));
        assert!(PAYLOADS.iter().all(|payload| names.iter().any(|name| name == payload.trim())), "{names:?}");

        // So are records, which have every word there is: names, references, reasons.
        let records = take(&scene.auditor, "csv?table=records");
        assert_eq!(runnable(&records.text), None);
        assert!(!has_formula(&take(&scene.auditor, "xlsx?table=records").bytes));

        let lines = take(&scene.auditor, "ndjson").text;
        assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        for kind in ["geojson", "epcis"] {
            let text = take(&scene.auditor, kind).text;
            assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{kind}");
        }
        let iati = take(&scene.auditor, "iati?publisher=XM-DAC-41304&publisher_name=%3Db%3E&publisher_type=40");
        if let Some(said) = xml_faults(iati.text.as_bytes()) {
            assert_eq!(said, "");
        }
        let hxl = take(&scene.auditor, "hxl");
        let files = [("entries.csv", &csv.bytes), ("records.csv", &records.bytes), ("held.csv", &hxl.bytes), ("book.xlsx", &book.bytes)];
        calc(&files, &["44", "59"], false);
        // The broken twin: without its shields it is run by the very program that was asked.
        calc(&[("bare.csv", &csv.text.replace("\"'", "\"").into_bytes())], &["44"], true);
    }
}

/// Has LibreOffice open files and save them as its own kind, in which a formula is told from a text: whether one is there is as
/// is said. Only among the long ones, as it is large.
fn calc(files: &[(&str, &Vec<u8>)], separators: &[&str], runs: bool) {
    if std::env::var_os("RELIEF_LONG").is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let profile = format!("-env:UserInstallation=file://{}", folder.path().join("profile").display());
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("it is written");
        // As it is parted where the decimal mark is a comma, and as it is parted where it is a point.
        for separator in separators {
            let mut office = Command::new("soffice");
            office
                .args([profile.as_str(), "--headless", "--convert-to", "fods", "--outdir"])
                .arg(folder.path());
            if name.ends_with(".csv") {
                office
                    .arg(format!("--infilter=Text - txt - csv (StarCalc):{separator},34,76,1,,0,false,true"));
            }
            let done = office
                .arg(&path)
                .output()
                .unwrap_or_else(|error| panic!("soffice: {error}; ./test --long installs it"));
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let opened = std::fs::read_to_string(path.with_extension("fods")).expect("it was opened");
            assert_eq!(opened.contains("table:formula"), runs, "{name}, parted by {separator}");
            if name.ends_with(".xlsx") {
                let is_typed = |kind: &str| opened.contains(&format!("office:value-type=\"{kind}\""));
                assert!(is_typed("float") && is_typed("date") && is_typed("string"), "{name}");
            }
        }
    }
}

proptest! {
    /// Whatever the text, it comes back, and no spreadsheet runs any part of it.
    #[test]
    fn any_text_comes_back_and_no_part_of_it_runs(text in "([=+\\-@|,;\t\r\n'\" a1＝＋]|\\PC){0,24}") {
        let cell = shielded(&text);
        prop_assert_eq!(unshielded(&cell), text);
        for part in cell.split([',', ';', '\t', '|', '\r', '\n']) {
            let unquoted = part.trim_start_matches('"');
            prop_assert!(!is_run(unquoted), "{cell:?} has {part:?}");
        }
    }
}
