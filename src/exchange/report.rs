//! What became of a file, for people, for spreadsheets and for scripts.
//!
//! Cells of the report repeat what strangers wrote into the file, so those that a spreadsheet would run as a
//! formula get an apostrophe in front. Never done here: deciding anything.

use super::import::{Imported, Reading};
use super::plan::Warning;
use super::verdict::{RowOutcome, RowVerdict};
use crate::core::cell::cell_of;
use serde_json::{Value, json};
use std::io::Write;

/// Rejected rows listed in a JSON summary; the report has them all.
const LISTED_MAXIMUM: usize = 100;
/// Warnings repeated in a JSON summary; the report has them all.
const WARNINGS_MAXIMUM: usize = 100;

/// A cell as it may stand in a spreadsheet: never a formula. A number below zero is none.
pub fn guarded(text: &str) -> String {
    if text.parse::<f64>().is_ok() { text.to_owned() } else { cell_of(text) }
}

fn word(outcome: &RowOutcome) -> &'static str {
    match outcome {
        RowOutcome::Created => "created",
        RowOutcome::Updated => "updated",
        RowOutcome::Unchanged => "unchanged",
        RowOutcome::Rejected { .. } => "rejected",
        RowOutcome::Skipped => "skipped",
    }
}

/// Writes one line a row, one line a reason for a rejected row, and one line a warning.
///
/// # Errors
/// What writing says.
pub fn write_csv(out: impl Write, verdicts: &[RowVerdict], warnings: &[Warning]) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["row", "key", "outcome", "column", "value", "reason"])?;
    let mut line = |row: u32, key: &str, outcome: &str, column: &str, value: &str, reason: &str| {
        let cells = [&row.to_string(), key, outcome, column, value, reason].map(guarded);
        writer.write_record(cells)
    };
    for verdict in verdicts {
        let outcome = word(&verdict.outcome);
        match &verdict.outcome {
            RowOutcome::Rejected { problems } => {
                for problem in problems {
                    line(
                        verdict.number,
                        &verdict.key,
                        outcome,
                        &problem.column,
                        &problem.value,
                        &problem.reason,
                    )?;
                }
            }
            RowOutcome::Created | RowOutcome::Updated | RowOutcome::Unchanged | RowOutcome::Skipped => {
                line(verdict.number, &verdict.key, outcome, "", "", "")?;
            }
        }
    }
    for warning in warnings {
        line(warning.row, "", "warning", &warning.column, &warning.value, &warning.kind.message())?;
    }
    writer.flush()?;
    Ok(())
}

/// What is rejected and why, as far as a summary lists it.
fn problems_of(verdicts: &[RowVerdict]) -> Vec<Value> {
    let rejected = verdicts.iter().filter_map(|verdict| match &verdict.outcome {
        RowOutcome::Rejected { problems } => Some(problems),
        RowOutcome::Created | RowOutcome::Updated | RowOutcome::Unchanged | RowOutcome::Skipped => None,
    });
    rejected
        .flatten()
        .take(LISTED_MAXIMUM)
        .map(|problem| {
            json!({"row": problem.row, "column": problem.column, "value": problem.value, "reason": problem.reason})
        })
        .collect()
}

/// The summary a script reads of rows that state one thing each.
pub fn summary_of_rows(mapping: (&str, Option<i64>), imported: &Imported, dry_run: bool) -> Value {
    let counts = imported.counts;
    json!({
        "mapping": mapping.0,
        "mapping_version": mapping.1,
        "dry_run": dry_run,
        "rows": imported.verdicts.len(),
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "rejected": counts.rejected,
        "skipped": counts.skipped,
        "problems": problems_of(&imported.verdicts),
    })
}

/// The summary a script reads: the four counts, what is rejected and why.
pub fn summary(reading: &Reading, imported: &Imported, dry_run: bool) -> Value {
    let (plan, counts) = (&reading.plan, imported.counts);
    let problems = problems_of(&imported.verdicts);
    let warnings: Vec<Value> = plan
        .warnings
        .iter()
        .take(WARNINGS_MAXIMUM)
        .map(|warning| {
            json!({"row": warning.row, "column": warning.column, "value": warning.value,
                   "reason": warning.kind.message()})
        })
        .collect();
    json!({
        "mapping": plan.mapping,
        "mapping_version": reading.mapping_version,
        "notes": reading.notes,
        "dry_run": dry_run,
        "rows": plan.rows.len(),
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "rejected": counts.rejected,
        "skipped": counts.skipped,
        "records": {
            "programmes": plan.programmes.len(),
            "organizations": plan.organizations.len(),
            "sites": plan.sites.len(),
            "items": plan.items.len(),
            "pledges": plan.pledges.len(),
            "pledge_lines": plan.pledges.iter().map(|pledge| pledge.lines.len()).sum::<usize>(),
            "consignments": plan.consignments.len(),
            "events": plan.events.len(),
        },
        "problems": problems,
        "warnings": plan.warnings.len(),
        "first_warnings": warnings,
    })
}
