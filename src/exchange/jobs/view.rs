//! Imports as they are told: how far one is, and what became of each of its rows.

use super::super::sheets::{Fate, RowReason};
use super::by_hand::told_of;
use super::read::Counts;
use super::store::{ImportJob, ImportRow, ImportState};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{ImportJobId, SubjectId, UserId};
use crate::core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A file that is imported, or was.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Which one.
    pub id: ImportJobId,
    /// The kind of template it is read as.
    pub kind: Option<String>,
    /// The mapping it is read by, with its version where it is kept; `by-hand` where its columns were told for this file alone.
    pub mapping: Option<String>,
    /// What the file is called.
    pub name: Option<String>,
    /// Its bytes.
    pub bytes: i64,
    /// Their SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// Whether nothing is recorded.
    pub dry_run: bool,
    /// Who sent it.
    pub sent_by: UserId,
    /// Who had it recorded, where somebody else than who sent it has to say so.
    pub decided_by: Option<UserId>,
    /// Whether somebody else than who sent it is to have it recorded, and nobody has yet.
    pub to_decide: bool,
    /// How far it is.
    pub state: ImportState,
    /// Rows that have their verdict.
    pub rows_done: i64,
    /// Rows of the file; null until it was read.
    pub rows_of: Option<i64>,
    /// Rows whose records were not there.
    pub created: i64,
    /// Rows whose records say something else.
    pub updated: i64,
    /// Rows whose records stand just so.
    pub unchanged: i64,
    /// Rows that are acknowledged and count for nothing yet.
    pub waiting: i64,
    /// Rows that state nothing.
    pub refused: i64,
    /// Rows that are left out.
    pub skipped: i64,
    /// Why it ended without its rows; null where it did not.
    pub problem: Option<String>,
    /// What was found out about the file.
    pub notes: Vec<String>,
    /// When it was sent.
    pub made_at: Timestamp,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl ImportView {
    pub(super) fn of(job: ImportJob, counts: &Counts) -> Self {
        let count = |fate: Fate| counts.get(&fate).copied().unwrap_or(0);
        let (kind, mapping) = told_of(&job);
        Self {
            id: job.id,
            state: job.state(),
            kind,
            mapping,
            name: job.file_name,
            bytes: job.bytes,
            sha256: hexadecimal(&job.sha256),
            dry_run: job.dry_run,
            sent_by: job.asked_by,
            decided_by: job.decided_by,
            to_decide: job.deliveries && job.dry_run,
            rows_done: job.rows_done,
            rows_of: job.row_total,
            created: count(Fate::Created),
            updated: count(Fate::Updated),
            unchanged: count(Fate::Unchanged),
            waiting: count(Fate::Waiting),
            refused: count(Fate::Refused),
            skipped: count(Fate::Skipped),
            problem: job.problem,
            notes: serde_json::from_str(&job.notes).unwrap_or_default(),
            made_at: job.made_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
        }
    }
}

/// What became of a row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportRowView {
    /// Its number as a spreadsheet shows it, or the line of the file.
    pub row: i64,
    /// What names it.
    pub key: String,
    /// What became of it; of a dry run, what would.
    pub outcome: Fate,
    /// The record it states, where there is one.
    pub subject: Option<SubjectId>,
    /// Why, each with the member it is about, the column it comes from and what the cell says.
    pub reasons: Vec<RowReason>,
}

impl From<ImportRow> for ImportRowView {
    fn from(row: ImportRow) -> Self {
        let outcome = Fate::from_word(&row.fate).unwrap_or(Fate::Refused);
        let reasons = row.told();
        Self { row: row.number, key: row.key, outcome, subject: row.subject, reasons }
    }
}
