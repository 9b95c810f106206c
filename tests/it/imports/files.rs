//! Files that are made to hurt: refused with words, and nothing of them is recorded.

use std::io::Write;

use proptest::prelude::*;
use relief_ledger::exchange::sheets::{Sheet, SheetKind, SheetMapping};
use serde_json::json;

use super::{PATH, counts, ended, imported};
use crate::stories::scene::Scene;
use crate::support::on_both_databases;
use crate::support::server::migrate;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A workbook with one sheet of this XML.
fn workbook(sheet: &[u8]) -> Vec<u8> {
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
        fails("text/csv", "reference,name\r\n".repeat(50_100).as_bytes(), "more than 50001 rows");
        // A zip of nothing but zeros unpacks to a thousand times its size.
        fails(XLSX, &workbook(&vec![b' '; 64 * 1_024 * 1_024]), "unpacks to more than 16777216 bytes");
        fails(XLSX, b"PK\x03\x04 and nothing more", "no readable .xlsx workbook");
        fails(XLSX, b"\xD0\xCF\x11\xE0", "old .xls file");
        let long = format!("reference,name\r\nA,\"{}\"\r\nB,Beta\r\n", "x".repeat(3_000_000));
        let job = imported(admin, "kind=organizations&dry_run=true", &long);
        assert_eq!(counts(&job), (1, 0, 1), "a cell of megabytes takes no other with it: {job:#}");
        let lines = "{}\n".repeat(50_100);
        let sent = admin.upload(&format!("{PATH}?mapping=relief&dry_run=true"), "application/x-ndjson", lines.as_bytes()).expect(202);
        let job = ended(admin, &sent["id"]);
        assert!(job["problem"].as_str().unwrap_or_default().contains("more than 50001 records"), "{job:#}");
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
