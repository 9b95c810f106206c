//! Everything that is derived, folded again from the raw postings and compared with what is kept: every balance,
//! every rollup, both sides of every event and source.
//!
//! This is what `relief verify` does of the ledger's figures, asked over HTTP. It is of everything, so it is for
//! whoever reaches everything.

use super::rules::{LISTED_MAXIMUM, Question};
use crate::audit::finding::Report;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::events::{Kind, verify_flows};
use crate::ledger::verify::verify_figures;
use serde::Serialize;
use std::collections::BTreeMap;

/// A figure that is kept otherwise than its postings make it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// The row.
    pub key: String,
    /// The column, where it is one.
    pub column: Option<String>,
    /// The last ledger sequence that had to do with it, where it is known.
    pub sequence: Option<i64>,
    /// What is kept, and what the postings make.
    pub problem: String,
}

/// What came of folding everything again.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Recomputed {
    /// How many of what were compared.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub compared: BTreeMap<&'static str, u64>,
    /// How many differ: 0.
    pub differing: usize,
    /// Which, the first 500.
    pub differences: Vec<Difference>,
    /// What could not be compared, and why.
    pub unchecked: Vec<String>,
}

/// Folds and compares.
///
/// # Errors
/// `forbidden` for whoever reaches only a part; whatever the database says.
pub(super) fn recompute(conn: &mut Conn, question: &Question) -> Outcome<Recomputed> {
    if !question.scope.is_everything() {
        let detail = "recompute folds everything that is recorded, and your account reaches a part of it; leave \
                      recompute out, or ask somebody who is bound to no organization and no country.";
        return Err(Problem::new(Code::Forbidden, detail).at("/recompute"));
    }
    let mut report = Report::default();
    verify_figures(conn, Kind::is_deploying, &mut report, &mut |_, _| {})?;
    verify_flows(conn, &mut report, &mut |_, _| {})?;
    let differences = report.findings.into_iter().take(LISTED_MAXIMUM).map(|finding| Difference {
        table: finding.table,
        key: finding.key,
        column: finding.column,
        sequence: finding.entry.map(|position| position + 1),
        problem: finding.problem,
    });
    Ok(Recomputed {
        differences: differences.collect(),
        compared: report.checked,
        differing: report.count,
        unchecked: report.unchecked,
    })
}
