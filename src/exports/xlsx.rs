//! XLSX: a workbook with a summary, the reconciliation, all entries and all discrepancies; and the records, where they are
//! asked for.
//!
//! Rows go to a file of their own in the folder for temporary files as they are made, so that a million of them take no more
//! memory than one. Texts are texts, which no spreadsheet runs, numbers are numbers and times are times (UTC).

use super::entries::{HEADINGS, cells, record_cells, record_headings};
use super::sink::unwritten;
use super::source::Source;
use super::workbook::{Book, Counted};
use crate::core::problem::Outcome;
use std::io::Write;

/// Writes the export; answers how many entries it has.
pub(super) fn write(
    counted: &Counted,
    source: &mut Source<'_>,
    out: &mut (dyn Write + Send),
) -> Outcome<i64> {
    let mut book = Book::new();
    book.summary(&source.export.stamp, counted)?;
    book.reconciliation(counted)?;
    book.sheet("Entries", &HEADINGS)?;
    let rows = source.each_entry(|entry| book.row(&cells(entry)))?;
    book.discrepancies(counted)?;
    if source.export.has_records() {
        let headings = record_headings();
        let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
        book.sheet("Records", &headings)?;
        source.each_record(|record| book.row(&record_cells(record)?))?;
    }
    book.save(out).map_err(unwritten)?;
    Ok(rows)
}
