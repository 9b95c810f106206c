//! Tables of needs over HTTP: what each row states, or would state.

use super::http_rows::{TableRowOutcome, TableRowProblem, check_table_type, told};
use super::kept::{Chosen, Found, find_kept};
use super::mapping::Mapping;
use super::needs::{NeedsRead, RowFate, judge_needs, verdicts_of};
use super::table::{Limits, Table, TableOptions};
use super::verdict::count;
use crate::auth::{Permit, Scope, action};
use crate::core::check::quoted;
use crate::core::id::NeedId;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::ledger::last_known;
use crate::needs::{NeedFilter, NeedsRestate, Restated, need_list, restated};
use crate::web::{BODY_LIMIT, Query, Routes, State, Written, WrittenBody, read_body};
use crate::writer::Recorded;
use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

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

/// One row's verdict.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NeedRowView {
    /// Its number as a spreadsheet shows it.
    pub row: u32,
    /// Its key by the mapping.
    pub key: String,
    /// What became of it.
    pub outcome: TableRowOutcome,
    /// The need it states; null where it states none.
    pub need: Option<NeedId>,
    /// Why it is rejected.
    pub problems: Vec<TableRowProblem>,
}

/// What became of a table.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NeedImportView {
    /// The mapping it was read by.
    pub mapping: String,
    /// Whether nothing was recorded.
    pub dry_run: bool,
    /// Rows whose needs were not there.
    pub created: u64,
    /// Rows whose needs say something else.
    pub updated: u64,
    /// Rows whose needs stand just so.
    pub unchanged: u64,
    /// Rows that state nothing.
    pub rejected: u64,
    /// Each row, in the order of the table.
    pub rows: Vec<NeedRowView>,
}

/// A table that was read and judged, as far as it goes without recording.
struct Judged {
    mapping: String,
    read: NeedsRead,
    /// What each row that states something would become, in their order.
    verdicts: Vec<Outcome<Restated>>,
}

impl Judged {
    /// The answer, where this became of the rows that state something.
    fn view(self, verdicts: Vec<Outcome<Restated>>, dry_run: bool) -> NeedImportView {
        let verdicts = verdicts_of(&self.read.rows, &self.read.columns, verdicts);
        let counts = count(&verdicts);
        let rows = self.read.rows.into_iter().zip(verdicts).map(|(row, verdict)| {
            let (outcome, problems) = told(verdict.outcome);
            let need = match row.fate {
                RowFate::States(stated) if outcome != TableRowOutcome::Rejected => Some(stated.id),
                RowFate::States(_) | RowFate::Skipped | RowFate::Rejected(_) => None,
            };
            NeedRowView { row: row.number, key: row.key, outcome, need, problems }
        });
        NeedImportView {
            mapping: self.mapping,
            dry_run,
            created: counts.created,
            updated: counts.updated,
            unchanged: counts.unchanged,
            rejected: counts.rejected,
            rows: rows.collect(),
        }
    }
}

/// The mapping of a name: no file of the server's.
fn chosen(conn: &mut Conn, name: &str) -> Outcome<Chosen> {
    let built_in = Mapping::built_in(name).map_err(|error| Problem::internal(error.to_string()))?;
    match built_in {
        Some(mapping) => Ok(Chosen { mapping, version: None }),
        None => match find_kept(conn, name)? {
            Found::Records(chosen) => Ok(*chosen),
            Found::Headcounts(..) | Found::Sheet(..) => {
                let words = format!("{} states no needs; name a mapping with [need]", quoted(name));
                Err(Problem::field("/mapping", words))
            }
        },
    }
}

/// Reads a table and judges each row: whether it is the caller's to state, and what it would change.
fn judged(conn: &mut Conn, scope: &Scope, mapping: &str, bytes: Vec<u8>) -> Outcome<Judged> {
    let Chosen { mapping, version } = chosen(conn, mapping)?;
    let options = TableOptions { limits: Limits::SENT, ..mapping.table_options() };
    let table = Table::from_bytes(bytes, &options)
        .map_err(|error| Problem::field("", format!("The table cannot be read: {error}")))?;
    let read = judge_needs(conn, scope, &mapping, &table)?;
    let name = match version {
        Some(version) => format!("{}@{version}", mapping.name),
        None => mapping.name,
    };
    let stated = read.stated();
    let filter = NeedFilter { among: stated.iter().map(|row| row.id).collect(), ..NeedFilter::default() };
    let mut known = HashMap::new();
    if !stated.is_empty() {
        let sequence = last_known(conn, None, "/known_at")?;
        let limit = i64::try_from(stated.len()).unwrap_or(i64::MAX);
        let found = need_list(conn, scope, &filter, sequence, (None, limit))?;
        known.extend(found.into_iter().map(|need| (need.need_id, need)));
    }
    let verdicts = stated.iter().map(|row| restated(known.get(&row.id), &row.draft)).collect();
    Ok(Judged { mapping: name, read, verdicts })
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
    let rows = judged.read.stated();
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
