//! Pages of entries and records, as they were known at one entry of the ledger.
//!
//! Each page is a read of its own: what was recorded never changes, so that pages read one after the other tell of one
//! moment, and no snapshot is held open for as long as somebody takes to read.

use super::write::{Export, Progress};
use crate::auth::now;
use crate::core::problem::Outcome;
use crate::db::Database;
use crate::exchange::records::RecordKind;
use crate::exchange::records::tell::{After, RecordTold, records_after};
use crate::reconciliation::{EntryTold, entries_after};

/// Entries read at once: names are looked up once for each page, and a page is a few megabytes.
const ENTRIES_PER_PAGE: i64 = 2_000;

/// Records read at once: an event's body may have a hundred kilobytes.
const RECORDS_PER_PAGE: i64 = 200;

/// Where an export is read from, and who hears how far it is.
pub(super) struct Source<'a> {
    pub(super) database: &'a Database,
    pub(super) export: &'a Export,
    pub(super) progress: Progress<'a>,
}

impl Source<'_> {
    /// Goes through all entries, in the order they were recorded; answers how many there were.
    pub(super) fn each_entry(&mut self, mut visit: impl FnMut(&EntryTold) -> Outcome<()>) -> Outcome<i64> {
        let (mut after, mut count) = (None, 0);
        loop {
            let question = &self.export.question;
            let page =
                self.database.read(|conn| entries_after(conn, question, after, ENTRIES_PER_PAGE, now()))?;
            for entry in &page {
                visit(entry)?;
            }
            let read = i64::try_from(page.len()).unwrap_or(i64::MAX);
            count += read;
            (self.progress)(count)?;
            match page.last() {
                Some(last) if read == ENTRIES_PER_PAGE => after = Some((last.sequence, last.ordinal)),
                Some(_) | None => return Ok(count),
            }
        }
    }

    /// Goes through all records, in the order in which they depend on each other; answers how many there were.
    pub(super) fn each_record(&mut self, mut visit: impl FnMut(&RecordTold) -> Outcome<()>) -> Outcome<i64> {
        let export = self.export;
        let (scope, until) = (&export.question.scope, export.stamp.sequence);
        let mut count = 0;
        for kind in RecordKind::ALL {
            let mut after = Some(After::Nothing);
            while let Some(place) = after {
                let page = self
                    .database
                    .read(|conn| records_after(conn, scope, kind, (place, until), RECORDS_PER_PAGE))?;
                for record in &page.0 {
                    visit(record)?;
                }
                count += i64::try_from(page.0.len()).unwrap_or(i64::MAX);
                (self.progress)(count)?;
                after = page.1;
            }
        }
        Ok(count)
    }
}
