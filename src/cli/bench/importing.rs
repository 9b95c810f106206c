//! Importing a table through the ledger, beside writing the same rows by bulk SQL.

use super::figure::Figure;
use super::limit::{Stretch, bulk_seconds};
use super::scratch::Scratch;
use crate::core::problem::Outcome;
use crate::db::{connect, migrate};
use crate::events::wake;
use crate::exchange::apply::Recorder;
use crate::exchange::import::{import, read};
use crate::writer::{Writer, WriterSettings, log_state};
use std::path::Path;
use std::time::Instant;

/// Entries of one transaction of bulk SQL: more than a batch of the import holds, so that the comparison does not
/// flatter it.
const PER_TRANSACTION: i64 = 4_096;

/// Measures the import of a file by the mapping for the SCMS delivery history, into SQLite. The ledger's part of
/// the rows it wrote is written again in bulk.
///
/// # Errors
/// Where the file cannot be read or the database refuses.
pub(super) fn measure(scratch: &Scratch, file: &Path, figures: &mut Vec<Figure>) -> Outcome<()> {
    let (imported, again) = (scratch.sqlite("import.db"), scratch.sqlite("import-again.db"));
    migrate(&mut connect(&imported)?)?;
    let began = Instant::now();
    let reading = read(file, "scms")?;
    let writer =
        Writer::start(WriterSettings { wake: Some(wake), is_frugal: true, ..WriterSettings::of(&imported) })?;
    let result = import(&reading.plan, &mut Recorder::Writer(writer.clone()), &mut |_, _| {});
    writer.stop();
    result?;
    let through_ledger = began.elapsed().as_secs_f64();
    let last = log_state(&mut connect(&imported)?)?.last.sequence;
    let in_bulk =
        bulk_seconds(&imported, &again, Stretch { first: 1, last, per_transaction: PER_TRANSACTION })?;
    figures.extend([
        Figure::shown("import of the SCMS file", "s", through_ledger),
        Figure::shown("the same rows by bulk SQL", "s", in_bulk),
        Figure::at_most("import over bulk SQL", "times", through_ledger / in_bulk, 5.0),
    ]);
    Ok(())
}
