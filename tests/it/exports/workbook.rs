//! A workbook as a spreadsheet reads it: sheets, numbers that are numbers, times that are times.

use std::collections::BTreeMap;
use std::io::Cursor;

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

on_both_databases! {
    migrate: migrate;

    fn a_workbook_has_sheets_with_numbers_and_times_that_add_up(database: &TestDatabase) {
        let rich = Rich::told(database);
        let scene = &rich.scene;
        let taken = take(&scene.auditor, "xlsx");
        let book: Xlsx<_> = Xlsx::new(Cursor::new(taken.bytes.clone())).expect("a workbook");
        assert_eq!(book.sheet_names(), ["Summary", "Reconciliation", "Entries", "Discrepancies"]);
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
