//! What became of each row: created, updated, unchanged or rejected, or left out by the mapping.
//!
//! Whoever posts a plan says what became of each record ([`Verdicts::record`]); the rows follow.
//! A record that was refused rejects the rows that need it and no others, and so does what only a row is at
//! fault for ([`Verdicts::refuse_row`]). Never done here:
//! posting, or writing the report anywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{CellProblem, Plan, RowFate};
use super::references::RecordAt;

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOutcome {
    /// It was not there and is now.
    Created,
    /// It was there and differs now.
    Updated,
    /// It was there just so.
    Unchanged,
    /// The ledger refused it.
    Refused {
        /// The column at fault, if it can be said.
        column: String,
        /// The value at fault, if it can be said.
        value: String,
        /// Why.
        reason: String,
    },
    /// It was not tried, because another record it needs was refused; that one's reason is the row's.
    Blocked {
        /// What it needs.
        reason: String,
    },
}

/// What became of one row, in the words of the report and its JSON summary: one of four, or that it is left out. A row
/// that is left out is told apart from those unchanged, because nobody looked whether what it states is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOutcome {
    /// Its own record was not there and is now.
    Created,
    /// Something it states differs now.
    Updated,
    /// Everything it states was there just so.
    Unchanged,
    /// It adds nothing.
    Rejected {
        /// Every reason.
        problems: Vec<CellProblem>,
    },
    /// The mapping leaves it out.
    Skipped,
}

/// One row's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowVerdict {
    /// Its number as a spreadsheet shows it.
    pub number: u32,
    /// Its key by the mapping.
    pub key: String,
    /// What became of it.
    pub outcome: RowOutcome,
}

/// How many rows had each outcome; together they are all rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Rows created.
    pub created: u64,
    /// Rows updated.
    pub updated: u64,
    /// Rows unchanged.
    pub unchanged: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Rows the mapping leaves out.
    pub skipped: u64,
}

/// Collects what became of the records of one plan.
#[derive(Debug)]
pub struct Verdicts<'plan> {
    plan: &'plan Plan,
    outcomes: BTreeMap<RecordAt, RecordOutcome>,
    refused: BTreeMap<u32, CellProblem>,
    changed: BTreeSet<u32>,
}

impl<'plan> Verdicts<'plan> {
    /// Nothing posted yet.
    pub fn new(plan: &'plan Plan) -> Self {
        Verdicts { plan, outcomes: BTreeMap::new(), refused: BTreeMap::new(), changed: BTreeSet::new() }
    }

    /// Notes what became of a record. Lines may be noted apart from their pledge or consignment.
    pub fn record(&mut self, record: RecordAt, outcome: RecordOutcome) {
        self.outcomes.insert(record, outcome);
    }

    /// Notes what became of a part of a record, where the record itself was there just so.
    pub fn record_if_unchanged(&mut self, record: RecordAt, outcome: RecordOutcome) {
        match self.outcomes.get(&record) {
            None | Some(RecordOutcome::Unchanged) => self.record(record, outcome),
            Some(
                RecordOutcome::Created
                | RecordOutcome::Updated
                | RecordOutcome::Refused { .. }
                | RecordOutcome::Blocked { .. },
            ) => {}
        }
    }

    /// Notes what became of a record that is settled in parts: that it was made or changed outweighs a part in
    /// which it was there just so, and that it was made outweighs all.
    pub fn record_most(&mut self, record: RecordAt, outcome: RecordOutcome) {
        match (self.outcomes.get(&record), &outcome) {
            (Some(RecordOutcome::Created), _) | (Some(_), RecordOutcome::Unchanged) => {}
            _ => self.record(record, outcome),
        }
    }

    /// Notes that the ledger refused what one row says, whatever became of the records it shares with others.
    pub fn refuse_row(&mut self, problem: CellProblem) {
        self.refused.insert(problem.row, problem);
    }

    /// Notes that something of an event differs now because of a row.
    pub fn change_row(&mut self, row: u32) {
        self.changed.insert(row);
    }

    /// Whether a record was refused, so that what depends on it need not be tried.
    pub fn is_refused(&self, record: RecordAt) -> bool {
        let outcome = self.outcomes.get(&record);
        matches!(outcome, Some(RecordOutcome::Refused { .. } | RecordOutcome::Blocked { .. }))
    }

    /// Whether a record is there now as the file says.
    pub fn is_settled(&self, record: RecordAt) -> bool {
        self.outcomes.contains_key(&record) && !self.is_refused(record)
    }

    /// The verdict of every row, in order. A record that was never noted counts as unchanged.
    pub fn finish(self) -> Vec<RowVerdict> {
        let verdict = |row: &super::plan::RowPlan| {
            let outcome = match &row.fate {
                RowFate::Rejected { problems } => RowOutcome::Rejected { problems: problems.clone() },
                RowFate::Skipped => RowOutcome::Skipped,
                RowFate::Planned { records } => self.outcome_of(row.number, records),
            };
            RowVerdict { number: row.number, key: row.key.clone(), outcome }
        };
        self.plan.rows.iter().map(verdict).collect()
    }

    /// A refusal of a row with the column it is about: that of the finest of its records that knows one.
    fn in_words_of_the_file(&self, problem: &CellProblem, records: &[RecordAt]) -> CellProblem {
        let mut columns = records.iter().rev().map(|record| self.plan.column_of(*record, &problem.column));
        let column = columns.find(|column| *column != problem.column);
        CellProblem { column: column.unwrap_or_else(|| problem.column.clone()), ..problem.clone() }
    }

    /// A row is created when the finest record it states is: its own line where it has one.
    fn outcome_of(&self, number: u32, records: &[RecordAt]) -> RowOutcome {
        let mut problems: Vec<CellProblem> = self
            .refused
            .get(&number)
            .map(|problem| self.in_words_of_the_file(problem, records))
            .into_iter()
            .collect();
        let mut blocked = None;
        let mut changed = self.changed.contains(&number);
        for record in records {
            match self.outcomes.get(record) {
                Some(RecordOutcome::Refused { column, value, reason }) => {
                    let column = self.plan.column_of(*record, column);
                    let problem =
                        CellProblem { row: number, column, value: value.clone(), reason: reason.clone() };
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }
                Some(RecordOutcome::Blocked { reason }) => {
                    blocked.get_or_insert(reason);
                }
                Some(RecordOutcome::Created | RecordOutcome::Updated) => changed = true,
                Some(RecordOutcome::Unchanged) | None => {}
            }
        }
        // What follows from a reason that is said is no reason of its own.
        if let Some(reason) = blocked.filter(|_| problems.is_empty()) {
            let (column, value) = (String::new(), String::new());
            problems.push(CellProblem { row: number, column, value, reason: reason.clone() });
        }
        if !problems.is_empty() {
            return RowOutcome::Rejected { problems };
        }
        let own = own_record(records).and_then(|record| self.outcomes.get(&record));
        match own {
            Some(RecordOutcome::Created) => RowOutcome::Created,
            Some(
                RecordOutcome::Updated
                | RecordOutcome::Unchanged
                | RecordOutcome::Refused { .. }
                | RecordOutcome::Blocked { .. },
            )
            | None => {
                if changed {
                    RowOutcome::Updated
                } else {
                    RowOutcome::Unchanged
                }
            }
        }
    }
}

/// The record that is the row's own: the line if there is one, else the last before events.
fn own_record(records: &[RecordAt]) -> Option<RecordAt> {
    let is_line =
        |record: &&RecordAt| matches!(record, RecordAt::PledgeLine(_) | RecordAt::ConsignmentLine(_));
    let is_event = |record: &&RecordAt| matches!(record, RecordAt::Event(_));
    records.iter().find(is_line).or_else(|| records.iter().rev().find(|record| !is_event(record))).copied()
}

/// Counts verdicts by outcome.
pub fn count(verdicts: &[RowVerdict]) -> OutcomeCounts {
    let mut counts = OutcomeCounts::default();
    for verdict in verdicts {
        match verdict.outcome {
            RowOutcome::Created => counts.created += 1,
            RowOutcome::Updated => counts.updated += 1,
            RowOutcome::Unchanged => counts.unchanged += 1,
            RowOutcome::Rejected { .. } => counts.rejected += 1,
            RowOutcome::Skipped => counts.skipped += 1,
        }
    }
    counts
}
