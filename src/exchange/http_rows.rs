//! What became of the rows of a table that was sent over HTTP, whichever kind of thing they state.

use super::plan::CellProblem;
use super::verdict::RowOutcome;
use crate::core::problem::{Code, Outcome, Problem};
use actix_web::{HttpMessage, HttpRequest};
use serde::Serialize;
use utoipa::ToSchema;

/// What a table may be sent as.
const TABLE_TYPES: [&str; 2] =
    ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"];

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableRowOutcome {
    /// What it states was not there and is now.
    Created,
    /// What it states says something else now.
    Updated,
    /// What it states stands just so.
    Unchanged,
    /// It states nothing, as `problems` say.
    Rejected,
    /// The mapping leaves it out.
    Skipped,
}

/// A reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TableRowProblem {
    /// The column at fault; empty where it is the row.
    pub column: String,
    /// What it says.
    pub value: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl From<CellProblem> for TableRowProblem {
    fn from(problem: CellProblem) -> Self {
        Self { column: problem.column, value: problem.value, reason: problem.reason }
    }
}

/// The outcome of a row and its reasons, as they go over the wire.
pub(super) fn told(outcome: RowOutcome) -> (TableRowOutcome, Vec<TableRowProblem>) {
    let word = match outcome {
        RowOutcome::Created => TableRowOutcome::Created,
        RowOutcome::Updated => TableRowOutcome::Updated,
        RowOutcome::Unchanged => TableRowOutcome::Unchanged,
        RowOutcome::Skipped => TableRowOutcome::Skipped,
        RowOutcome::Rejected { problems } => {
            let problems = problems.into_iter().map(TableRowProblem::from).collect();
            return (TableRowOutcome::Rejected, problems);
        }
    };
    (word, Vec::new())
}

/// Refuses what is sent as anything but a table.
pub(super) fn check_table_type(request: &HttpRequest) -> Outcome<()> {
    let claimed = request.content_type().trim().to_ascii_lowercase();
    if TABLE_TYPES.contains(&claimed.as_str()) {
        return Ok(());
    }
    let words = format!("The table is sent as {claimed:?}; send it as {}.", TABLE_TYPES.join(" or "));
    Err(Problem::new(Code::UnsupportedMediaType, words))
}
