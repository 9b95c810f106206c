//! Importing a file from its path to its verdicts.

use super::apply::{Progress, Recorder, apply, import_actor};
use super::blank::header_below;
use super::kept::Chosen;
use super::mapping::Mapping;
use super::plan::{CellProblem, Plan};
use super::planner::plan;
use super::table::{Limits, Table, TableError, TableOptions};
use super::verdict::{OutcomeCounts, RowOutcome, RowVerdict, count};
use crate::atlas::find_country;
use crate::core::id::ImportJobId;
use crate::core::problem::{Outcome, Problem};
use crate::writer::Actor;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a template's instructions: a line for each of as many columns as a table has.
const INSTRUCTIONS_BYTES_MAX: u64 = 1_024 * 1_024;

/// What a file says, read by a mapping.
pub struct Reading {
    /// The plan.
    pub plan: Arc<Plan>,
    /// What was found out about the file, in sentences.
    pub notes: Vec<String>,
    /// The entry of the log that states the mapping, where it is one that is kept.
    pub mapping_version: Option<i64>,
    table: Table,
}

impl Reading {
    /// The mapping and, of one that is kept, its version: what every entry of the import names.
    pub fn read_by(&self) -> String {
        match self.mapping_version {
            Some(version) => format!("{}@{version}", self.plan.mapping),
            None => self.plan.mapping.clone(),
        }
    }

    /// Brings what the file says into the ledger, or rehearses that.
    ///
    /// # Errors
    /// Where the database cannot be read or written.
    pub fn import(&self, recorder: &mut Recorder, progress: Progress<'_>) -> Outcome<Imported> {
        import_by(&self.plan, (import_actor(&self.read_by()), None), recorder, progress)
    }

    /// The same in the words of the log that an actor has, and for a job whose rows are noted, where there is one.
    ///
    /// # Errors
    /// As [`Reading::import`].
    pub fn import_as(
        &self,
        by: (Actor, Option<ImportJobId>),
        recorder: &mut Recorder,
        progress: Progress<'_>,
    ) -> Outcome<Imported> {
        import_by(&self.plan, by, recorder, progress)
    }

    /// Puts the row's own cell beside each reason that names its column: the ledger knows only what became of it.
    pub fn show_cells(&self, imported: &mut Imported) {
        let mut rejected: BTreeMap<u32, &mut Vec<CellProblem>> = BTreeMap::new();
        for verdict in &mut imported.verdicts {
            if let RowOutcome::Rejected { problems } = &mut verdict.outcome {
                rejected.insert(verdict.number, problems);
            }
        }
        if rejected.is_empty() {
            return;
        }
        let header = self.table.header();
        for row in self.table.rows().flatten() {
            for problem in rejected.remove(&row.number).into_iter().flatten() {
                if let Some(place) = header.iter().position(|name| *name == problem.column) {
                    row.cell(place).clone_into(&mut problem.value);
                }
            }
        }
    }
}

/// What became of a file.
pub struct Imported {
    /// Each row's verdict.
    pub verdicts: Vec<RowVerdict>,
    /// How many rows had each outcome.
    pub counts: OutcomeCounts,
}

/// Reads a file by a built-in mapping or a mapping file.
///
/// # Errors
/// `invalid` where the mapping or the table cannot be read at all.
pub fn read(file: &Path, mapping: &str) -> Outcome<Reading> {
    let mapping = Mapping::load(mapping).map_err(|error| Problem::field("/mapping", error.to_string()))?;
    read_chosen(file, Chosen { mapping, version: None })
}

/// Reads a file by a mapping that was found.
///
/// # Errors
/// `invalid` where the table cannot be read at all.
pub fn read_chosen(file: &Path, chosen: Chosen) -> Outcome<Reading> {
    let options = chosen.mapping.table_options();
    let header_row = options.header_row.or_else(|| header_below(&beginning(file)));
    let options = TableOptions { header_row, limits: Limits::PLANNED, ..options };
    read_table(chosen, || Table::open(file, &options))
}

/// The beginning of a file, where there may be instructions; of what can be read once only, such as a pipe, nothing.
fn beginning(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    if std::fs::metadata(file).is_ok_and(|found| found.is_file())
        && let Ok(opened) = File::open(file)
    {
        // Whoever reads it whole says what is wrong with it.
        drop(opened.take(INSTRUCTIONS_BYTES_MAX).read_to_end(&mut bytes));
    }
    bytes
}

/// The same of a file's bytes, which hold no more than `limits`.
///
/// # Errors
/// As [`read_chosen`].
pub fn read_sent(file: Vec<u8>, chosen: Chosen, limits: Limits) -> Outcome<Reading> {
    let options = chosen.mapping.table_options();
    let header_row = options.header_row.or_else(|| header_below(&file));
    let options = TableOptions { header_row, limits, ..options };
    read_table(chosen, || Table::from_bytes(file, &options))
}

fn read_table(chosen: Chosen, open: impl FnOnce() -> Result<Table, TableError>) -> Outcome<Reading> {
    let Chosen { mapping, version } = chosen;
    if mapping.need.is_some() {
        let words = "states needs, and has to be read as such";
        return Err(Problem::field("/mapping", format!("{} {words}", mapping.name)));
    }
    let table = open().map_err(|error| Problem::field("/file", error.to_string()))?;
    let country_of = |name: &str| match find_country(name) {
        Ok(country) => Ok(country.as_str().to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let plan =
        plan(&table, &mapping, &country_of).map_err(|error| Problem::field("/file", error.to_string()))?;
    Ok(Reading { plan: Arc::new(plan), notes: table.notes().to_vec(), mapping_version: version, table })
}

/// Brings a plan into the ledger, or rehearses that, in the name of its mapping.
///
/// # Errors
/// Where the database cannot be read or written.
pub fn import(plan: &Arc<Plan>, recorder: &mut Recorder, progress: Progress<'_>) -> Outcome<Imported> {
    import_by(plan, (import_actor(&plan.mapping), None), recorder, progress)
}

fn import_by(
    plan: &Arc<Plan>,
    by: (Actor, Option<ImportJobId>),
    recorder: &mut Recorder,
    progress: Progress<'_>,
) -> Outcome<Imported> {
    let verdicts = apply(plan, by, recorder, progress)?;
    let counts = count(&verdicts);
    Ok(Imported { verdicts, counts })
}
