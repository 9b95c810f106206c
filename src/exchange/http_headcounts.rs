//! Tables of headcounts over HTTP: what each row states, or would state.

use super::headcounts::{HeadcountMapping, Headcounts, HeadcountsImported, read_headcount_table};
use super::http_rows::{TableRowOutcome, TableRowProblem, check_table_type, told};
use super::kept::{Found, find_kept};
use super::restate::{StatementsRestate, outcome_of};
use super::table::{Limits, Table, TableOptions};
use super::verdict::{RowOutcome, count};
use crate::auth::{Permit, action};
use crate::baselines::rules::ROWS_MAXIMUM;
use crate::baselines::{Draft as _, known};
use crate::core::check::quoted;
use crate::core::id::{BaselineKey, ProgrammeId};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::programmes;
use crate::db::{Conn, VALUES_PER_QUERY, read_failure};
use crate::ledger::last_known;
use crate::reach::{Headcount, HeadcountDraft};
use crate::web::{BODY_LIMIT, Query, Routes, State, Written, WrittenBody, read_body};
use crate::writer::{Leaf, Recorded};
use actix_web::HttpRequest;
use actix_web::web::Payload;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// How a table of headcounts is read.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HeadcountImportQuery {
    /// A mapping with `[headcount]`: a built-in one (`hxl-345w-honduras`), or one that is kept (NAME, or NAME@SEQUENCE).
    pub mapping: String,
    /// Decides everything and records nothing.
    pub dry_run: Option<bool>,
}

/// One row's verdict.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeadcountImportRow {
    /// Its number as a spreadsheet shows it.
    pub row: u32,
    /// What its source calls the record.
    pub key: String,
    /// What became of it.
    pub outcome: TableRowOutcome,
    /// Why it is rejected.
    pub problems: Vec<TableRowProblem>,
}

/// Records of one status.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct HeadcountSum {
    /// How many records.
    pub records: u64,
    /// Their people, added up plainly: no figure of people reached.
    pub people: i64,
}

/// What became of a table.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeadcountImportView {
    /// The mapping it was read by.
    pub mapping: String,
    /// Whether nothing was recorded.
    pub dry_run: bool,
    /// Rows whose records were not there.
    pub created: u64,
    /// Rows whose records say something else.
    pub updated: u64,
    /// Rows whose records stand just so.
    pub unchanged: u64,
    /// Rows that state nothing.
    pub rejected: u64,
    /// Records that are in, by planned, reported or verified.
    pub plain: BTreeMap<String, HeadcountSum>,
    /// Each row, in the order of the table.
    pub rows: Vec<HeadcountImportRow>,
}

impl HeadcountImportView {
    fn of(mapping: String, imported: HeadcountsImported, dry_run: bool) -> Self {
        let counts = count(&imported.verdicts);
        let plain = imported
            .plain
            .into_iter()
            .map(|(status, (records, people))| (status.to_owned(), HeadcountSum { records, people }));
        let rows = imported.verdicts.into_iter().map(|verdict| {
            let (outcome, problems) = told(verdict.outcome);
            HeadcountImportRow { row: verdict.number, key: verdict.key, outcome, problems }
        });
        Self {
            mapping,
            dry_run,
            created: counts.created,
            updated: counts.updated,
            unchanged: counts.unchanged,
            rejected: counts.rejected,
            plain: plain.collect(),
            rows: rows.collect(),
        }
    }
}

/// A table that was read and judged, as far as it goes without recording.
struct Judged {
    read: Headcounts,
    /// What rows state, each with its place among them.
    drafts: Vec<(usize, HeadcountDraft)>,
    /// What each of these would become.
    outcomes: BTreeMap<usize, RowOutcome>,
}

/// The mapping of a name and its version where it is kept: no file of the server's.
fn chosen(conn: &mut Conn, name: &str) -> Outcome<(HeadcountMapping, Option<i64>)> {
    if let Some(mapping) = HeadcountMapping::built_in(name)? {
        return Ok((mapping, None));
    }
    match find_kept(conn, name)? {
        Found::Headcounts(mapping, version) => Ok((*mapping, Some(version))),
        Found::Records(_) | Found::Sheet(..) => {
            let words = format!("{} states no headcounts; name a mapping with [headcount]", quoted(name));
            Err(Problem::field("/mapping", words))
        }
    }
}

/// The programme of a mapping, which somebody has recorded before.
pub(super) fn programme_of(conn: &mut Conn, mapping: &HeadcountMapping) -> Outcome<ProgrammeId> {
    let reference = &mapping.programme.reference;
    let query = programmes::table.filter(programmes::code.eq(reference)).select(programmes::id);
    let found: Option<ProgrammeId> = query.first(conn).optional().map_err(read_failure)?;
    found.ok_or_else(|| {
        let words =
            format!("is for the programme {}, which is not recorded; record it first", quoted(reference));
        Problem::field("/mapping", words)
    })
}

/// Reads a table and judges each row by what stands now.
fn judged(conn: &mut Conn, mapping: &str, bytes: Vec<u8>) -> Outcome<Judged> {
    let (mapping, version) = chosen(conn, mapping)?;
    let programme = programme_of(conn, &mapping)?;
    let options = TableOptions { limits: Limits::SENT, ..mapping.table_options() };
    let table = Table::from_bytes(bytes, &options)
        .map_err(|error| Problem::field("", format!("The table cannot be read: {error}")))?;
    let read = read_headcount_table(&table, (mapping, version))?;
    let drafts = read.drafts(programme);
    let sequence = last_known(conn, None, "/known_at")?;
    let mut outcomes = BTreeMap::new();
    for part in drafts.chunks(VALUES_PER_QUERY) {
        let keys: Vec<BaselineKey> = part.iter().map(|(_, draft)| draft.key()).collect();
        let standing = known::<Headcount>(conn, &keys, sequence)?;
        outcomes.extend(part.iter().map(|(place, draft)| (*place, outcome_of(draft, &standing))));
    }
    Ok(Judged { read, drafts, outcomes })
}

/// State headcounts by a table
///
/// Each row is whole or it is rejected, and takes no other with it. Rows are recorded 500 at a time; what was recorded stays where
/// a later part finds the server busy. The same table again changes nothing.
#[utoipa::path(post, path = "/api/v1/headcounts/import", tag = "figures", params(HeadcountImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "What became of each row", body = WrittenBody<HeadcountImportView>)))]
pub async fn headcount_import(
    permit: Permit<action::BaselineWrite>,
    state: State,
    request: HttpRequest,
    query: Query<HeadcountImportQuery>,
    payload: Payload,
) -> Outcome<Written<HeadcountImportView>> {
    check_table_type(&request)?;
    let bytes = read_body(&request, payload.into_inner(), BODY_LIMIT).await?.to_vec();
    let HeadcountImportQuery { mapping, dry_run } = query.0;
    let dry_run = dry_run.unwrap_or(false);
    let mut judged = state.read(move |conn| judged(conn, &mapping, bytes)).await?;
    let leaf = if dry_run { None } else { recorded(&permit, &state, &mut judged).await? };
    let imported = judged.read.told(&judged.outcomes);
    let answer = HeadcountImportView::of(judged.read.read_by(), imported, dry_run);
    Ok(Written::changed(Recorded { answer, leaf }))
}

/// Has what rows state recorded, part by part; notes what became of them.
async fn recorded(
    permit: &Permit<action::BaselineWrite>,
    state: &State,
    judged: &mut Judged,
) -> Outcome<Option<Leaf>> {
    let mut last = None;
    for part in judged.drafts.chunks(ROWS_MAXIMUM) {
        let rows = part.iter().map(|(_, draft)| draft.clone()).collect();
        let parent = part.first().map(|(_, draft)| draft.programme.0).unwrap_or_default();
        let restate = StatementsRestate::<Headcount> { actor: permit.actor(), parent, rows };
        let Recorded { answer, leaf } = state.writer.record(restate).await?;
        judged.outcomes.extend(part.iter().map(|(place, _)| *place).zip(answer));
        last = leaf.or(last);
    }
    Ok(last)
}

/// The routes of tables of headcounts.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_headcount_import, headcount_import);
}
