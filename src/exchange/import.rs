//! Importing a file from its path to its verdicts.

use super::apply::{Progress, Recorder, apply, import_actor};
use super::mapping::Mapping;
use super::plan::Plan;
use super::planner::plan;
use super::table::Table;
use super::verdict::{OutcomeCounts, RowVerdict, count};
use crate::atlas::find_country;
use crate::core::problem::{Outcome, Problem};
use std::path::Path;

/// What a file says, read by a mapping.
pub struct Reading {
    /// The plan.
    pub plan: Plan,
    /// What was found out about the file, in sentences.
    pub notes: Vec<String>,
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
    let table = Table::open(file, &mapping.table_options())
        .map_err(|error| Problem::field("/file", error.to_string()))?;
    let country_of =
        |name: &str| find_country(name).ok().map(|country| country.as_str().to_owned());
    let plan =
        plan(&table, &mapping, &country_of).map_err(|error| Problem::field("/file", error.to_string()))?;
    Ok(Reading { plan, notes: table.notes().to_vec() })
}

/// Brings what a file says into the ledger, or rehearses that.
///
/// # Errors
/// Where the database cannot be read or written.
pub fn import(plan: &Plan, recorder: &mut Recorder, progress: Progress<'_>) -> Outcome<Imported> {
    let verdicts = apply(plan, import_actor(&plan.mapping), recorder, progress)?;
    let counts = count(&verdicts);
    Ok(Imported { verdicts, counts })
}
