//! A workbook as a spreadsheet reads it: sheets, numbers that are numbers, times that are times.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use relief_ledger::auth::Role;

use super::{held, sums, take};
use crate::reconciliation::rich::Rich;
use crate::support::on_both_databases;
use crate::support::server::migrate;

/// The rows of a sheet, each by heading.
pub fn sheet(bytes: &[u8], name: &str) -> Vec<BTreeMap<String, Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook");
    let range = book.worksheet_range(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut rows = range.rows();
    let headings: Vec<String> = rows.next().expect("headings").iter().map(ToString::to_string).collect();
    rows.map(|row| headings.iter().cloned().zip(row.iter().cloned()).collect()).collect()
}

fn number(cell: &Data) -> i64 {
    match cell {
        Data::Float(number) => *number as i64,
        Data::Int(number) => *number,
        other => panic!("{other:?} is no number"),
    }
}

/// Whether the first row of each sheet stays where it is while one scrolls.
fn has_frozen_headings(bytes: &[u8]) -> bool {
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes.to_vec())).expect("a zip");
    let names: Vec<String> = parts.file_names().map(|name| name.expect("a name").into_owned()).collect();
    let sheets = names.iter().filter(|name| name.starts_with("xl/worksheets/sheet"));
    let frozen = sheets.map(|name| {
        let mut text = String::new();
        parts.by_name(name).expect("a sheet").read_to_string(&mut text).expect("XML");
        text.contains("ySplit=\"1\"") && text.contains("state=\"frozen\"")
    });
    let frozen: Vec<bool> = frozen.collect();
    !frozen.is_empty() && !frozen.contains(&false)
}

/// A workbook whose headings scroll away.
fn scrolling() -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().write(0, 0, "account").expect("a heading");
    workbook.save_to_buffer().expect("a workbook")
}

on_both_databases! {
    migrate: migrate;

    fn a_workbook_has_sheets_with_numbers_and_times_that_add_up(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        let taken = take(&scene.auditor, "xlsx");
        let book: Xlsx<_> = Xlsx::new(Cursor::new(taken.bytes.clone())).expect("a workbook");
        assert_eq!(book.sheet_names(), ["Summary", "Reconciliation", "Entries", "Discrepancies"]);
        assert!(has_frozen_headings(&taken.bytes) && !has_frozen_headings(&scrolling()));
        let entries = sheet(&taken.bytes, "Entries");
        let words: Vec<(String, i64)> =
            entries.iter().map(|row| (row["account"].to_string(), number(&row["quantity"]))).collect();
        assert_eq!(sums(words.iter().map(|(account, quantity)| (account.as_str(), *quantity))), held(scene, ""));
        assert!(matches!(entries[0]["effective_at"], Data::DateTime(_)), "{:?}", entries[0]["effective_at"]);
        let summary = sheet(&taken.bytes, "Summary");
        let residuals: Vec<i64> = summary.iter().take(1).map(|row| number(&row["residual"])).collect();
        assert_eq!(residuals, [0]);
        assert!(summary.iter().any(|row| row["item"].to_string() == taken.id), "it says which export it is");
        let identities = sheet(&taken.bytes, "Reconciliation");
        for row in identities.iter().take(3) {
            assert_eq!(number(&row["residual"]), 0, "{row:?}");
        }
        let lost: i64 = sheet(&taken.bytes, "Discrepancies")
            .iter()
            .filter(|row| row["what"] == "changed")
            .map(|row| number(&row["lost"]))
            .sum();
        assert_eq!(lost, held(scene, "")["lost"]);

        // An officer reads entries, and no reconciliation.
        let officer = scene.house.login_bound(Role::Officer, None, Some("GH"));
        let taken = take(&officer, "xlsx");
        let told = sheet(&taken.bytes, "Reconciliation");
        assert!(told[0]["what"].to_string().contains("does not read"), "{told:?}");
    }
}
