//! Tables of needs over HTTP: what each row states, or would state.

use super::kept::{Chosen, find_kept};
use super::mapping::Mapping;
use super::needs::{NeedColumns, ReadRow, RowFate, read_needs};
use super::plan::CellProblem;
use crate::auth::{Permit, Scope, action};
use crate::core::id::NeedId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::ledger::last_known;
use crate::needs::{
    NeedFilter, NeedRow, NeedsRestate, Restated, check_within, need_list, restated, site_countries,
};
use crate::web::{BODY_LIMIT, Query, Routes, State, Written, WrittenBody, read_body};
use crate::writer::Recorded;
use actix_web::web::Payload;
use actix_web::{HttpMessage, HttpRequest};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// What a table may be sent as.
const TABLE_TYPES: [&str; 2] =
    ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"];

/// How a table of needs is read.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NeedImportQuery {
    /// A mapping with `[need]`: a built-in one (`needs`), or one that is kept (NAME, or NAME@SEQUENCE).
    pub mapping: String,
    /// Decides everything and records nothing.
    pub dry_run: Option<bool>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedRowOutcome {
    /// Its need was not there and is now.
    Created,
    /// Its need says something else now.
    Updated,
    /// Its need stands just so.
    Unchanged,
    /// It states nothing, as `problems` say.
    Rejected,
    /// The mapping leaves it out.
    Skipped,
}

/// One row's verdict.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NeedRowView {
    /// Its number as a spreadsheet shows it.
    pub row: u32,
    /// Its key by the mapping.
    pub key: String,
    /// What became of it.
    pub outcome: NeedRowOutcome,
    /// The need it states; null where it states none.
    pub need: Option<NeedId>,
    /// Why it is rejected.
    pub problems: Vec<NeedRowProblem>,
}

/// A reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NeedRowProblem {
    /// The column at fault; empty where it is the row.
    pub column: String,
    /// What it says.
    pub value: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// What became of a table.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NeedImportView {
    /// The mapping it was read by.
    pub mapping: String,
    /// Whether nothing was recorded.
    pub dry_run: bool,
    /// Rows whose needs were not there.
    pub created: usize,
    /// Rows whose needs say something else.
    pub updated: usize,
    /// Rows whose needs stand just so.
    pub unchanged: usize,
    /// Rows that state nothing.
    pub rejected: usize,
    /// Each row, in the order of the table.
    pub rows: Vec<NeedRowView>,
}

impl From<CellProblem> for NeedRowProblem {
    fn from(problem: CellProblem) -> Self {
        Self { column: problem.column, value: problem.value, reason: problem.reason }
    }
}

/// A table that was read and judged, as far as it goes without recording.
struct Judged {
    mapping: String,
    columns: NeedColumns,
    rows: Vec<ReadRow>,
    /// What each row that states something would become, in their order.
    verdicts: Vec<Outcome<Restated>>,
}

impl Judged {
    fn stated(&self) -> Vec<NeedRow> {
        let stated = self.rows.iter().filter_map(|row| match &row.fate {
            RowFate::States(stated) => Some(stated.as_ref().clone()),
            RowFate::Skipped | RowFate::Rejected(_) => None,
        });
        stated.collect()
    }

    /// The answer, where this became of the rows that state something.
    fn view(self, verdicts: Vec<Outcome<Restated>>, dry_run: bool) -> NeedImportView {
        let mut verdicts = verdicts.into_iter();
        let mut rows = Vec::with_capacity(self.rows.len());
        for ReadRow { number, key, fate } in self.rows {
            let mut view = NeedRowView {
                row: number,
                key,
                outcome: NeedRowOutcome::Skipped,
                need: None,
                problems: Vec::new(),
            };
            match fate {
                RowFate::Skipped => {}
                RowFate::Rejected(problems) => {
                    view.outcome = NeedRowOutcome::Rejected;
                    view.problems = problems.into_iter().map(NeedRowProblem::from).collect();
                }
                RowFate::States(stated) => match verdicts.next() {
                    Some(Ok(restated)) => {
                        view.need = Some(stated.id);
                        view.outcome = match restated {
                            Restated::Created => NeedRowOutcome::Created,
                            Restated::Updated => NeedRowOutcome::Updated,
                            Restated::Unchanged => NeedRowOutcome::Unchanged,
                        };
                    }
                    Some(Err(problem)) => {
                        view.outcome = NeedRowOutcome::Rejected;
                        let reasons = self.columns.reasons(number, &problem);
                        view.problems = reasons.into_iter().map(NeedRowProblem::from).collect();
                    }
                    None => {}
                },
            }
            rows.push(view);
        }
        let count = |outcome: NeedRowOutcome| rows.iter().filter(|row| row.outcome == outcome).count();
        NeedImportView {
            mapping: self.mapping,
            dry_run,
            created: count(NeedRowOutcome::Created),
            updated: count(NeedRowOutcome::Updated),
            unchanged: count(NeedRowOutcome::Unchanged),
            rejected: count(NeedRowOutcome::Rejected),
            rows,
        }
    }
}

/// The mapping of a name: no file of the server's.
fn chosen(conn: &mut Conn, name: &str) -> Outcome<Chosen> {
    let built_in = Mapping::built_in(name).map_err(|error| Problem::internal(error.to_string()))?;
    match built_in {
        Some(mapping) => Ok(Chosen { mapping, version: None }),
        None => find_kept(conn, name),
    }
}

/// Reads a table and judges each row: whether it is the caller's to state, and what it would change.
fn judged(conn: &mut Conn, scope: &Scope, mapping: &str, bytes: Vec<u8>) -> Outcome<Judged> {
    let Chosen { mapping, version } = chosen(conn, mapping)?;
    let (mut rows, columns) = read_needs(conn, &mapping, bytes)?;
    let places = rows.iter().filter_map(|row| match &row.fate {
        RowFate::States(stated) => Some(&stated.place),
        RowFate::Skipped | RowFate::Rejected(_) => None,
    });
    let sites = site_countries(conn, places)?;
    for row in &mut rows {
        let RowFate::States(stated) = &row.fate else { continue };
        if let Err(problem) = check_within(scope, &stated.draft, &stated.place, &sites) {
            row.fate = RowFate::Rejected(columns.reasons(row.number, &problem));
        }
    }
    let name = match version {
        Some(version) => format!("{}@{version}", mapping.name),
        None => mapping.name,
    };
    let mut judged = Judged { mapping: name, columns, rows, verdicts: Vec::new() };
    let stated = judged.stated();
    let filter = NeedFilter { among: stated.iter().map(|row| row.id).collect(), ..NeedFilter::default() };
    let mut known = HashMap::new();
    if !stated.is_empty() {
        let sequence = last_known(conn, None, "/known_at")?;
        let limit = i64::try_from(stated.len()).unwrap_or(i64::MAX);
        let found = need_list(conn, scope, &filter, sequence, (None, limit))?;
        known.extend(found.into_iter().map(|need| (need.need_id, need)));
    }
    judged.verdicts = stated.iter().map(|row| restated(known.get(&row.id), &row.draft)).collect();
    Ok(judged)
}

fn check_table_type(request: &HttpRequest) -> Outcome<()> {
    let claimed = request.content_type().trim().to_ascii_lowercase();
    if TABLE_TYPES.contains(&claimed.as_str()) {
        return Ok(());
    }
    let words = format!("The table is sent as {claimed:?}; send it as {}.", TABLE_TYPES.join(" or "));
    Err(Problem::new(Code::UnsupportedMediaType, words))
}

/// State needs by a table
///
/// Each row is whole or it is rejected, and takes no other with it. The same table again changes nothing.
#[utoipa::path(post, path = "/api/v1/needs/import", tag = "needs", params(NeedImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "What became of each row", body = WrittenBody<NeedImportView>)))]
pub async fn need_import(
    permit: Permit<action::NeedWrite>,
    state: State,
    request: HttpRequest,
    query: Query<NeedImportQuery>,
    payload: Payload,
) -> Outcome<Written<NeedImportView>> {
    check_table_type(&request)?;
    let bytes = read_body(&request, payload.into_inner(), BODY_LIMIT).await?.to_vec();
    let (scope, mapping) = (permit.scope().clone(), query.0.mapping);
    let mut judged = state.read(move |conn| judged(conn, &scope, &mapping, bytes)).await?;
    let rows = judged.stated();
    if query.0.dry_run.unwrap_or(false) || rows.is_empty() {
        let verdicts = std::mem::take(&mut judged.verdicts);
        let view = judged.view(verdicts, query.0.dry_run.unwrap_or(false));
        return Ok(Written::changed(Recorded { answer: view, leaf: None }));
    }
    let Recorded { answer, leaf } = state.writer.record(NeedsRestate { actor: permit.actor(), rows }).await?;
    Ok(Written::changed(Recorded { answer: judged.view(answer, false), leaf }))
}

/// The routes of tables of needs.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_need_import, need_import);
}
