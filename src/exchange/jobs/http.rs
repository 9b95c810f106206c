//! Imports over HTTP: a file in, how far it is, and what became of each row.

use super::super::sheets::{Fate, Form, RowReason, SheetKind, template};
use super::read::{Counts, counts_of, job_of, jobs_after, open_jobs, rows_after};
use super::source::source_of;
use super::store::{ImportJob, ImportRow, ImportState, begin_again, keep, write};
use crate::auth::{Permit, action, now};
use crate::core::check::{Check, NAME_CHARS_MAX, quoted};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{ImportJobId, SubjectId};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Conn, connect};
use crate::exchange::table::Limits;
use crate::web::{Paging, Path, ProblemBody, Query, Routes, State, WrittenBody, encode_key, read_body};
use crate::writer::{Actor, Desk, Entry, Leaf, Refusal, Update};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use actix_web::web::{Json, Payload, block};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What a file may be sent as.
const TYPES: [&str; 3] =
    ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/x-ndjson"];
/// Files that come in at once, each held whole with one copy until it is kept; whoever comes meanwhile is told to come back.
static UPLOADS: Semaphore = Semaphore::const_new(2);
/// Imports of one user that have not ended: they run one after the other, and others wait behind them.
const OPEN_MAXIMUM: i64 = 10;

/// How a file is imported.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// The kind of one of our templates that was filled in: organizations, programmes, items, kits, sites, pledges, consignments,
    /// events, counts, distributions, needs or populations; or else `mapping`.
    pub kind: Option<String>,
    /// A mapping: a built-in one (`needs`, `hxl-345w-honduras`, `relief` for records that an export wrote), or one that is kept
    /// (NAME, or NAME@SEQUENCE).
    pub mapping: Option<String>,
    /// Decides everything and records nothing.
    pub dry_run: Option<bool>,
    /// What the file is called, for people.
    pub name: Option<String>,
}

/// A file that is imported, or was.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Which one.
    pub id: ImportJobId,
    /// The kind of template it is read as.
    pub kind: Option<String>,
    /// The mapping it is read by, with its version where it is kept.
    pub mapping: Option<String>,
    /// What the file is called.
    pub name: Option<String>,
    /// Its bytes.
    pub bytes: i64,
    /// Their SHA-256, 64 hexadecimal digits.
    pub sha256: String,
    /// Whether nothing is recorded.
    pub dry_run: bool,
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
    fn of(job: ImportJob, counts: &Counts) -> Self {
        let count = |fate: Fate| counts.get(&fate).copied().unwrap_or(0);
        Self {
            id: job.id,
            state: job.state(),
            kind: job.kind,
            mapping: job.mapping,
            name: job.file_name,
            bytes: job.bytes,
            sha256: hexadecimal(&job.sha256),
            dry_run: job.dry_run,
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

/// Notes in the log that a file begins to be imported, with its digest.
struct ImportBegin {
    actor: Actor,
    id: ImportJobId,
    digest: String,
}

impl Update for ImportBegin {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let reason = Some(format!("sha256:{}", self.digest));
        desk.begin(Entry { action: "import.begun".to_owned(), kind: "import", id: self.id.0, reason });
        Ok(())
    }
}

/// Has it noted in the log that a job is to record something.
async fn begun(
    permit: &Permit<action::ImportWrite>,
    state: &State,
    (id, sha256): (ImportJobId, &[u8]),
) -> Outcome<Option<Leaf>> {
    let begin = ImportBegin { actor: permit.actor(), id, digest: hexadecimal(sha256) };
    Ok(state.writer.record(begin).await?.leaf)
}

/// Writes beside the writer, on a thread that may block.
async fn stored(
    state: &State,
    work: impl FnOnce(&mut Conn) -> diesel::QueryResult<()> + Send + 'static,
) -> Outcome<()> {
    let url = state.database.url().to_owned();
    let done = block(move || write(&mut connect(&url)?, work)).await;
    done.map_err(|error| Problem::internal(format!("an import is not kept: {error}")))?
}

fn accepted(state: &State, view: ImportView, leaf: Option<Leaf>) -> HttpResponse {
    let receipt = leaf.and_then(|leaf| leaf.receipt(&state.signer));
    let location = (LOCATION, format!("/api/v1/imports/{}", view.id));
    HttpResponse::Accepted().insert_header(location).json(WrittenBody { answer: view, receipt })
}

/// Refuses what is sent as anything but a table.
fn check_type(request: &HttpRequest) -> Outcome<()> {
    let claimed = request.content_type().trim().to_ascii_lowercase();
    if TYPES.contains(&claimed.as_str()) {
        return Ok(());
    }
    let words = format!("The file is sent as {claimed:?}; send it as {}.", TYPES.join(", or "));
    Err(Problem::new(Code::UnsupportedMediaType, words))
}

/// What a file is to be read as, once it is known that its sender may.
fn job_asked(
    conn: &mut Conn,
    permit: &Permit<action::ImportWrite>,
    query: &ImportQuery,
) -> Outcome<(Option<String>, Option<String>)> {
    let mut check = Check::new();
    check.optional_text("/name", query.name.as_deref(), NAME_CHARS_MAX);
    check.finish()?;
    let read = source_of(conn, query.kind.as_deref(), query.mapping.as_deref())?;
    permit.further(read.source.action())?;
    if read.source.is_whole() && permit.principal().is_bound() {
        return Err(super::super::records::tell::bound());
    }
    if open_jobs(conn, permit)? >= OPEN_MAXIMUM {
        let words = format!("{OPEN_MAXIMUM} imports of yours have not ended; wait for one of them.");
        return Err(Problem::new(Code::TooManyRequests, words));
    }
    Ok((read.kind, read.mapping))
}

/// Import a file
///
/// It is kept and imported beside everything else; `Location` says where to ask how far it is. Each row is whole or it is
/// refused, and takes no other with it. The same file again changes nothing.
#[utoipa::path(post, path = "/api/v1/imports", tag = "exchange", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 202, description = "Kept, and to be imported", body = WrittenBody<ImportView>),
        (status = 413, description = "The file is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many of the caller's own have not ended",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn import_create(
    permit: Permit<action::ImportWrite>,
    state: State,
    request: HttpRequest,
    query: Query<ImportQuery>,
    payload: Payload,
) -> Outcome<HttpResponse> {
    check_type(&request)?;
    let (asking, asked) = (permit.clone(), query.0.clone());
    let (kind, mapping) = state.read(move |conn| job_asked(conn, &asking, &asked)).await?;
    let busy = |_| Problem::new(Code::Unavailable, "Others are sending files. Send yours again in a moment.");
    let upload = UPLOADS.try_acquire().map_err(busy)?;
    let file = read_body(&request, payload.into_inner(), Limits::SENT.bytes).await?;
    let job = job_of_file(&permit, (kind, mapping), &query.0, &file);
    let leaf = if job.dry_run { None } else { begun(&permit, &state, (job.id, &job.sha256)).await? };
    let kept = job.clone();
    stored(&state, move |conn| keep(conn, &kept, &file)).await?;
    drop(upload);
    Ok(accepted(&state, ImportView::of(job, &Counts::new()), leaf))
}

fn job_of_file(
    permit: &Permit<action::ImportWrite>,
    (kind, mapping): (Option<String>, Option<String>),
    query: &ImportQuery,
    file: &[u8],
) -> ImportJob {
    ImportJob {
        id: ImportJobId(Uuid::now_v7()),
        asked_by: permit.principal().user,
        kind,
        mapping,
        file_name: query.name.clone(),
        bytes: i64::try_from(file.len()).unwrap_or(i64::MAX),
        sha256: Sha256::digest(file).to_vec(),
        dry_run: query.dry_run.unwrap_or(false),
        state: ImportState::Waiting.word().to_owned(),
        row_total: None,
        rows_done: 0,
        through_row: 0,
        problem: None,
        notes: "[]".to_owned(),
        attempts: 0,
        made_at: now(),
        started_at: None,
        finished_at: None,
        held_by: 0,
        held_until: Timestamp(0),
    }
}

/// List imports
///
/// One's own, in the order they were sent.
#[utoipa::path(get, path = "/api/v1/imports", tag = "exchange", params(PageQuery),
    responses((status = 200, description = "One page of imports", body = Page<ImportView>)))]
pub async fn import_index(
    permit: Permit<action::ImportRead>,
    state: State,
    query: Query<PageQuery>,
) -> Outcome<Json<Page<ImportView>>> {
    let paging = Paging::<ImportJobId>::of(&query.0)?;
    let (limit, after) = (paging.limit, paging.after);
    let read = move |conn: &mut Conn| {
        let jobs = jobs_after(conn, &permit, after, limit + 1)?;
        let ids: Vec<ImportJobId> = jobs.iter().map(|job| job.id).collect();
        Ok((jobs, counts_of(conn, &permit, &ids)?))
    };
    let (jobs, counts) = state.read(read).await?;
    let none = Counts::new();
    let page = Page::from_rows(jobs, limit, |job| encode_key(&job.id));
    Ok(Json(page.map(|job| {
        let counts = counts.get(&job.id).unwrap_or(&none);
        ImportView::of(job, counts)
    })))
}

/// Say how far an import is
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "exchange", params(("id" = ImportJobId, Path)),
    responses((status = 200, description = "The import", body = ImportView)))]
pub async fn import_show(
    permit: Permit<action::ImportRead>,
    state: State,
    id: Path<ImportJobId>,
) -> Outcome<Json<ImportView>> {
    let read = move |conn: &mut Conn| {
        let job = job_of(conn, &permit, id.0)?;
        let counts = counts_of(conn, &permit, &[job.id])?.remove(&job.id).unwrap_or_default();
        Ok(ImportView::of(job, &counts))
    };
    Ok(Json(state.read(read).await?))
}

/// Which rows are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportRowQuery {
    /// Only those that became this.
    #[param(inline)]
    pub outcome: Option<Fate>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// List what became of each row
#[utoipa::path(get, path = "/api/v1/imports/{id}/rows", tag = "exchange",
    params(("id" = ImportJobId, Path), ImportRowQuery),
    responses((status = 200, description = "One page of rows", body = Page<ImportRowView>)))]
pub async fn import_rows(
    permit: Permit<action::ImportRead>,
    state: State,
    id: Path<ImportJobId>,
    query: Query<ImportRowQuery>,
) -> Outcome<Json<Page<ImportRowView>>> {
    let paging = Paging::<i64>::new(query.0.after.as_deref(), query.0.limit)?;
    let (limit, after, fate) = (paging.limit, paging.after.unwrap_or(-1), query.0.outcome);
    let rows = state.read(move |conn| rows_after(conn, &permit, (id.0, fate), (after, limit + 1))).await?;
    Ok(Json(Page::from_rows(rows, limit, |row| encode_key(&row.number)).map(ImportRowView::from)))
}

/// Refuses what cannot be run again as it is.
fn check_again(job: &ImportJob) -> Outcome<()> {
    let words = match job.state() {
        ImportState::Done if job.dry_run => return Ok(()),
        // Nobody saw what would become of its rows.
        ImportState::Failed if job.dry_run => {
            "This was only tried, and failed: nothing says what would become of its rows. Send the file again."
        }
        ImportState::Failed => return Ok(()),
        ImportState::Done => "This was recorded already; send the file again to import it again.",
        ImportState::Waiting | ImportState::Running => "This has not ended yet; wait until it has.",
    };
    Err(Problem::new(Code::WrongState, words))
}

/// Have what was tried recorded
///
/// A dry run that ended becomes the real import; an import that failed is taken up again. A dry run that failed is not
/// recorded: its file is sent again.
#[utoipa::path(post, path = "/api/v1/imports/{id}/run", tag = "exchange", params(("id" = ImportJobId, Path)),
    responses((status = 202, description = "To be imported", body = WrittenBody<ImportView>),
        (status = 409, description = "It has not ended, or was recorded already",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn import_run(
    permit: Permit<action::ImportWrite>,
    state: State,
    id: Path<ImportJobId>,
) -> Outcome<HttpResponse> {
    let reader = permit.clone();
    let job = state.read(move |conn| job_of(conn, &reader, id.0)).await?;
    check_again(&job)?;
    let leaf = begun(&permit, &state, (job.id, &job.sha256)).await?;
    let again = job.clone();
    stored(&state, move |conn| begin_again(conn, &again)).await?;
    let reader = permit.clone();
    let job = state.read(move |conn| job_of(conn, &reader, job.id)).await?;
    Ok(accepted(&state, ImportView::of(job, &Counts::new()), leaf))
}

/// Take a table to fill in
///
/// With instructions: in CSV in lines above the header, in a workbook on a sheet of their own. Filled in it is imported by its
/// `kind`, without any mapping.
#[utoipa::path(get, path = "/api/v1/imports/templates/{file}", tag = "exchange",
    params(("file" = String, Path, description = "The kind with .csv or .xlsx behind it", example = "items.xlsx")),
    responses((status = 200, description = "The table", body = String, content_type = "application/octet-stream")))]
pub async fn import_template(
    _permit: Permit<action::ImportRead>,
    file: Path<String>,
) -> Outcome<HttpResponse> {
    let Some((kind, ending)) = file.0.rsplit_once('.') else {
        let words = format!("{} is no template; write a kind with .csv or .xlsx behind it", quoted(&file.0));
        return Err(Problem::field("/file", words));
    };
    let (kind, form) = (SheetKind::read("/file", kind)?, Form::read("/file", ending)?);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, form.media_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.0)))
        .body(template(kind, form)?))
}

/// The routes of imports.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_import_create, import_create);
    routes.add(__path_import_index, import_index);
    routes.add(__path_import_template, import_template);
    routes.add(__path_import_show, import_show);
    routes.add(__path_import_rows, import_rows);
    routes.add(__path_import_run, import_run);
}
