//! Files that are made to hurt: refused with words, and nothing of them is recorded.

use std::io::Write;

use proptest::prelude::*;
use relief_ledger::exchange::jobs::TRIED_ROWS_MAXIMUM;
use relief_ledger::exchange::sheets::{Sheet, SheetKind, SheetMapping};
use serde_json::json;

use super::{PATH, counts, ended, imported};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A workbook with one sheet of this XML.
pub fn workbook(sheet: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let parts: [(&str, &[u8]); 4] = [
        ("[Content_Types].xml", br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#),
        ("_rels/.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
    ];
    for (name, bytes) in parts {
        archive.start_file(name, options).expect("a part");
        archive.write_all(bytes).expect("it is written");
    }
    archive.start_file("xl/worksheets/sheet1.xml", options).expect("a part");
    archive.write_all(sheet).expect("it is written");
    archive.finish().expect("an archive").into_inner()
}

/// A sheet with a row of these cells, each with the letters of its column.
fn sheet(row: usize, cells: &[(String, String)]) -> Vec<u8> {
    let cell = |(column, text): &(String, String)| {
        format!("<c r=\"{column}{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let cells: String = cells.iter().map(cell).collect();
    format!(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
         <sheetData><row r=\"{row}\">{cells}</row></sheetData></worksheet>"
    )
    .into_bytes()
}

/// The letters of a column, from 0.
fn letters(column: usize) -> String {
    let letter = |number: usize| char::from(b'A' + u8::try_from(number % 26).expect("a letter"));
    match column / 26 {
        0 => letter(column).to_string(),
        before => format!("{}{}", letters(before - 1), letter(column)),
    }
}

/// An archive of nothing but names.
pub fn names_alone(count: usize) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for number in 0..count {
        archive.start_file(format!("{number}"), zip::write::SimpleFileOptions::default()).expect("a part");
    }
    archive.finish().expect("an archive").into_inner()
}

/// A text as some programs write "Unicode", with or without the mark that says so.
fn utf16(text: &str, mark: &[u8]) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    mark.iter().copied().chain(units).collect()
}

on_both_databases! {
    migrate: migrate;

    fn files_that_are_made_to_hurt_are_refused_with_words(database: &TestDatabase) {
        let scene = Scene::new(database);
        let admin = &scene.admin;
        let fails = |content_type: &str, bytes: &[u8], words: &str| {
            let sent = admin.upload(&format!("{PATH}?kind=organizations&dry_run=true"), content_type, bytes).expect(202);
            let job = ended(admin, &sent["id"]);
            let told = job["problem"].as_str().unwrap_or_default();
            assert!(job["state"] == "failed" && told.contains(words), "{words}: {job:#}");
        };
        let wide: Vec<String> = (0..1_000).map(|column| format!("c{column}")).collect();
        fails("text/csv", format!("{}\r\n", wide.join(",")).as_bytes(), "1000 columns, more than 200");
        fails("text/csv", "reference,name\r\n".repeat(50_100).as_bytes(), "more than 50000 rows below its header");
        // A zip of nothing but zeros unpacks to a thousand times its size.
        fails(XLSX, &workbook(&vec![b' '; 64 * 1_024 * 1_024]), "unpacks to more than 16777216 bytes");
        fails(XLSX, b"PK\x03\x04 and nothing more", "no readable .xlsx workbook");
        fails(XLSX, b"\xD0\xCF\x11\xE0", "old .xls file");
        fails(XLSX, &workbook(b"<!DOCTYPE a [<!ENTITY b \"c\">]><worksheet/>"), "defines a type of document");
        fails(XLSX, &names_alone(5_000), "more than 4096 parts");
        // As many rows as a spreadsheet has, and as wide, in both forms.
        fails("text/csv", format!("reference,name\r\n{}", "a,b\n".repeat(1_000_000)).as_bytes(), "more than 50000 rows below its header");
        let cell = |column: &str, text: &str| (column.to_owned(), text.to_owned());
        fails(XLSX, &workbook(&sheet(1_000_000, &[cell("A", "a")])), "more than 50000 rows below its header");
        let wide: Vec<(String, String)> = (0..1_000).map(|column| cell(&letters(column), "c")).collect();
        fails(XLSX, &workbook(&sheet(1, &wide)), "columns, more than 200");
        fails(XLSX, &workbook(&sheet(2, &[cell("A", &"x".repeat(3_000_000))])), "more than 32767 characters");
        let table = "reference,name\r\nB,Se\u{f1}or\r\n";
        fails("text/csv", &utf16(table, b""), "is zero, so this is no text table");
        fails("text/csv", &[utf16(table, b"\xFF\xFE"), vec![b'a']].concat(), "is not valid UTF-16LE");
        let long = format!("reference,name\r\nA,\"{}\"\r\nB,Beta\r\n", "x".repeat(3_000_000));
        let job = imported(admin, "kind=organizations&dry_run=true", &long);
        assert_eq!(counts(&job), (1, 0, 1), "a cell of megabytes takes no other with it: {job:#}");
        let lines = "{}\n".repeat(50_100);
        let sent = admin.upload(&format!("{PATH}?mapping=relief&dry_run=true"), "application/x-ndjson", lines.as_bytes()).expect(202);
        let job = ended(admin, &sent["id"]);
        assert!(job["problem"].as_str().unwrap_or_default().contains("more than 50000 records"), "{job:#}");
        // More than may be is not even taken in.
        let large = vec![b'a'; 8 * 1_024 * 1_024 + 1];
        admin.upload(&format!("{PATH}?kind=organizations"), "text/csv", &large).refused("too_large", &[]);
        admin.upload(&format!("{PATH}?kind=organizations"), "application/json", b"{}").refused("unsupported_media_type", &[]);

        // Another encoding is read as what it is, and said.
        let sent = admin.upload(&format!("{PATH}?kind=organizations"), "text/csv", b"reference,name\r\nA,C\xf4te\r\n").expect(202);
        let job = ended(admin, &sent["id"]);
        assert_eq!((counts(&job), job["notes"].as_array().map(Vec::len)), ((1, 0, 0), Some(1)), "{job:#}");
        let found = scene.officer.get("/api/v1/organizations?q=C%C3%B4te").expect(200);
        assert_eq!(found["items"][0]["name"], json!("Côte"));
        let sent = admin.upload(&format!("{PATH}?kind=organizations"), "text/csv", &utf16(table, b"\xFF\xFE")).expect(202);
        let job = ended(admin, &sent["id"]);
        assert_eq!((counts(&job), job["notes"].as_array().map(Vec::len)), ((1, 0, 0), Some(1)), "{job:#}");
        let found = scene.officer.get("/api/v1/organizations?q=Se%C3%B1or").expect(200);
        assert_eq!(found["items"][0]["name"], json!("Se\u{f1}or"));
    }

    fn more_rows_than_a_trial_keeps_are_sent_in_parts(database: &TestDatabase) {
        let scene = Scene::new(database);
        // Rows without a name are refused by themselves: how many there are is what this is about.
        let tries = |rows: usize| {
            let table = format!("reference,name\r\n{}", "A,\r\n".repeat(rows));
            imported(&scene.admin, "kind=organizations&dry_run=true", &table)
        };
        let job = tries(TRIED_ROWS_MAXIMUM + 1);
        let told = job["problem"].as_str().unwrap_or_default();
        assert!(job["state"] == "failed" && told.contains("has 20001 rows") && told.contains("in parts"), "{job:#}");
        assert_eq!(counts(&job), (0, 0, 0), "{job:#}");
        // The twin: one row less is tried.
        let job = tries(TRIED_ROWS_MAXIMUM);
        assert_eq!((&job["state"], counts(&job)), (&json!("done"), (0, 0, TRIED_ROWS_MAXIMUM as i64)), "{job:#}");
    }
}

/// Reads what a sheet states, all of it; how many records that are.
fn read(kind: SheetKind, bytes: Vec<u8>) -> usize {
    match Sheet::open(bytes, &SheetMapping::of(kind)) {
        Ok(sheet) => sheet.records().count(),
        Err(_) => 0,
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_sheet_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        for kind in SheetKind::ALL {
            read(kind, bytes.clone());
        }
    }

    #[test]
    fn any_cells_below_a_header_are_read_to_the_last_row(
        cells in proptest::collection::vec(proptest::collection::vec("[a-z0-9.#=é-]{0,6}", 11), 1..20),
    ) {
        let header = "reference,site,counted at,programme,reason,item,lot,condition,counted,pack,line reason";
        let mut table = csv::WriterBuilder::new().from_writer(Vec::new());
        table.write_record(header.split(',')).expect("a header");
        for row in &cells {
            table.write_record(row).expect("a row");
        }
        let bytes = table.into_inner().expect("a table");
        let sheet = Sheet::open(bytes, &SheetMapping::of(SheetKind::Counts));
        let sheet = match sheet {
            Ok(sheet) => sheet,
            Err(problem) => return Err(TestCaseError::fail(problem.detail)),
        };
        let rows: usize = sheet.records().map(|record| record.expect("a record").numbers().count()).sum();
        // A row of nothing but blanks is none.
        let filled = cells.iter().filter(|row| row.iter().any(|cell| !cell.is_empty())).count();
        prop_assert_eq!(rows, filled);
    }
}
