//! Imports over HTTP: a file in, how far it is, and what became of each row.

use super::super::sheets::{Fate, Form, SheetKind, template};
use super::deliveries::decider;
use super::drawn::{is_drawn, is_free, is_same, kept_before};
use super::read::{Counts, counts_of, job_of, jobs_after, open_jobs, rows_after};
use super::source::{Read, blank_of, source_of, source_of_job};
use super::store::{ImportJob, ImportState, begin_again, give_up, keep, reserve, write};
use crate::auth::{Permit, action, now};
use crate::core::check::{Check, NAME_CHARS_MAX, quoted};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{ImportJobId, UserId};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Conn, connect};
use crate::exchange::table::Limits;
use crate::web::{Paging, Path, ProblemBody, Query, Routes, State, WrittenBody, encode_key, read_body};
use crate::writer::{Actor, Desk, Entry, Leaf, Refusal, Update};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use actix_web::web::{BytesMut, Json, Payload, block};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use utoipa::IntoParams;
use uuid::Uuid;

pub use super::view::{ImportRowView, ImportView};

/// What a file may be sent as.
const TYPES: [&str; 3] =
    ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/x-ndjson"];
/// KiB of the files that come in at once, each held whole with one copy until it is kept: two as large as may be, or hundreds as
/// most are. Whoever comes where there is no room is told to come back.
static UPLOADS: Semaphore = Semaphore::const_new(2 * Limits::SENT.bytes / 1_024);
/// How long a file may take to come in: the largest over a link of 128 kbit/s. Whoever is slower would hold room that others wait
/// for.
const UPLOAD_TIME: Duration = Duration::from_secs(10 * 60);
/// Imports of one user that have not ended: they run one after the other, and others wait behind them.
const OPEN_MAXIMUM: i64 = 10;

/// Said where a job is not as it was looked at any more.
pub(super) const MEANWHILE: &str = "Somebody had it run meanwhile, or read in another way; look at it again.";

/// How a file is imported.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// The kind of one of our templates that was filled in: organizations, programmes, items, kits, sites, pledges, consignments,
    /// events, counts, distributions, needs or populations; or else `mapping`.
    pub kind: Option<String>,
    /// A mapping: a built-in one (`needs`, `hxl-345w-honduras`, `relief` for records that an export wrote, `scms` for deliveries),
    /// or one that is kept (NAME, or NAME@SEQUENCE).
    pub mapping: Option<String>,
    /// An earlier import of the caller's own, instead of both: the file is read as that one was.
    pub like: Option<ImportJobId>,
    /// Decides everything and records nothing.
    pub dry_run: Option<bool>,
    /// What the file is called, for people.
    pub name: Option<String>,
}

/// Notes in the log that a file begins to be imported, with its digest.
struct ImportBegin {
    actor: Actor,
    id: ImportJobId,
    digest: String,
    /// Who sent it, where that is somebody else.
    sent_by: Option<UserId>,
}

impl Update for ImportBegin {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let sent_by = self.sent_by.map_or_else(String::new, |user| format!(" sent_by:{user}"));
        let reason = Some(format!("sha256:{}{sent_by}", self.digest));
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
    let begin = ImportBegin { actor: permit.actor(), id, digest: hexadecimal(sha256), sent_by: None };
    Ok(state.writer.record(begin).await?.leaf)
}

/// The same of a job that is run again, which somebody else may have sent; and has it begin. Whoever comes at the same moment and is
/// too late is refused before anything is noted, so that the log has one beginning for each that there was.
async fn begun_again(
    permit: &Permit<action::ImportWrite>,
    state: &State,
    (job, decided_by): (ImportJob, Option<UserId>),
) -> Outcome<Option<Leaf>> {
    let meanwhile = || Problem::new(Code::WrongState, MEANWHILE);
    let job = ImportJob { held_by: rand::random(), ..job };
    let held = job.clone();
    if !stored(state, move |conn| reserve(conn, &held, now())).await? {
        return Err(meanwhile());
    }
    let (actor, digest) = (permit.actor(), hexadecimal(&job.sha256));
    let sent_by = Some(job.asked_by).filter(|sender| *sender != actor.user);
    let noted = state.writer.record(ImportBegin { actor, id: job.id, digest, sent_by }).await;
    let begin = noted.is_ok();
    let is_held = stored(state, move |conn| match begin {
        true => begin_again(conn, &job, decided_by),
        false => give_up(conn, &job),
    })
    .await;
    let leaf = noted?.leaf;
    if is_held? { Ok(leaf) } else { Err(meanwhile()) }
}

/// Writes beside the writer, on a thread that may block.
pub(super) async fn stored<T: Send + 'static>(
    state: &State,
    work: impl FnOnce(&mut Conn) -> diesel::QueryResult<T> + Send + 'static,
) -> Outcome<T> {
    let url = state.database.url().to_owned();
    let done = block(move || write(&mut connect(&url)?, work)).await;
    done.map_err(|error| Problem::internal(format!("an import is not kept: {error}")))?
}

pub(super) fn accepted(state: &State, view: ImportView, leaf: Option<Leaf>) -> HttpResponse {
    let receipt = leaf.and_then(|leaf| leaf.receipt(&state.signer));
    let location = (LOCATION, format!("/api/v1/imports/{}", view.id));
    HttpResponse::Accepted().insert_header(location).json(WrittenBody { answer: view, receipt })
}

/// Refuses what is sent as anything but a table.
fn check_type(claimed: &str) -> Outcome<()> {
    let claimed = claimed.trim().to_ascii_lowercase();
    if TYPES.contains(&claimed.as_str()) {
        return Ok(());
    }
    let words = format!("The file is sent as {claimed:?}; send it as {}.", TYPES.join(", or "));
    Err(Problem::new(Code::UnsupportedMediaType, words))
}

/// The room for a file to come in, as large as it is said to be: it is held until the file is kept.
///
/// # Errors
/// `unavailable` where others are sending theirs.
pub fn upload_turn(request: &HttpRequest) -> Outcome<SemaphorePermit<'static>> {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let most = Limits::SENT.bytes;
    let kibibytes = length.map_or(most, |length: usize| length.min(most)).div_ceil(1_024);
    let busy = |_| Problem::new(Code::Unavailable, "Others are sending files. Send yours again in a moment.");
    UPLOADS.try_acquire_many(u32::try_from(kibibytes).unwrap_or(u32::MAX)).map_err(busy)
}

/// Waits for a file to come in, for no longer than it may hold room.
///
/// # Errors
/// `too_slow` where it takes longer; what is wrong with how it came.
pub async fn in_time<T>(coming: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let late = |_| {
        let minutes = UPLOAD_TIME.as_secs() / 60;
        let words = format!("The file did not arrive within {minutes} minutes. Send it in parts.");
        Err(Problem::new(Code::TooSlow, words))
    };
    timeout(UPLOAD_TIME, coming).await.unwrap_or_else(late)
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
    let read = match query.like {
        Some(like) if query.kind.is_none() && query.mapping.is_none() => {
            let job = job_of(conn, permit, like)?;
            Read { source: source_of_job(conn, &job)?, kind: job.kind, mapping: job.mapping }
        }
        Some(_) => {
            return Err(Problem::field(
                "/like",
                "stands alone: leave out kind and mapping, or leave this out",
            ));
        }
        None => source_of(conn, query.kind.as_deref(), query.mapping.as_deref())?,
    };
    permit.further(read.source.action())?;
    if read.source.is_whole() && permit.principal().is_bound() {
        return Err(super::super::records::tell::bound());
    }
    if read.source.is_decided() && query.dry_run != Some(true) {
        let words = "is to be true for a table of deliveries: somebody else, who accepts pledges, reads what would become of it \
                     and has it recorded";
        return Err(Problem::field("/dry_run", words));
    }
    check_open(conn, permit)?;
    Ok((read.kind, read.mapping))
}

/// Refuses a further import of somebody of whom too many have not ended.
pub(super) fn check_open(conn: &mut Conn, permit: &Permit<action::ImportWrite>) -> Outcome<()> {
    if open_jobs(conn, permit)? >= OPEN_MAXIMUM {
        let words = format!("{OPEN_MAXIMUM} imports of yours have not ended; wait for one of them.");
        return Err(Problem::new(Code::TooManyRequests, words));
    }
    Ok(())
}

/// The same, asked before a file has come in.
async fn to_read(
    permit: &Permit<action::ImportWrite>,
    state: &State,
    query: &ImportQuery,
) -> Outcome<(Option<String>, Option<String>)> {
    let (asking, asked) = (permit.clone(), query.clone());
    state.read(move |conn| job_asked(conn, &asking, &asked)).await
}

/// Keeps a file that came in, and has it imported: under the identifier that a form drew, where it was not sent before. What is
/// sent twice from one form is the first.
///
/// # Errors
/// As [`import_create`].
pub async fn import_kept(
    permit: &Permit<action::ImportWrite>,
    state: &State,
    query: &ImportQuery,
    (id, media_type, file): (Option<ImportJobId>, &str, BytesMut),
) -> Outcome<(ImportView, Option<Leaf>)> {
    check_type(media_type)?;
    let read = to_read(permit, state, query).await?;
    let mut job = job_of_file(permit, read, query, &file);
    if let Some(id) = id.filter(|id| is_drawn(*id)) {
        let free = is_free(state, id).await?;
        match kept_before(permit, state, id).await? {
            None if free => job.id = id,
            Some((before, counts)) if is_same(&before, &job) => {
                return Ok((ImportView::of(before, &counts), None));
            }
            // Another file, from a form that somebody went back to; or somebody else's import, of which nothing is told.
            Some(_) | None => {}
        }
    }
    let leaf = if job.dry_run { None } else { begun(permit, state, (job.id, &job.sha256)).await? };
    let kept = job.clone();
    if let Err(problem) = stored(state, move |conn| keep(conn, &kept, &file)).await {
        // The form came twice at once, and the other was a little sooner.
        let before = kept_before(permit, state, job.id).await?.filter(|(before, _)| is_same(before, &job));
        return before.map(|(before, counts)| (ImportView::of(before, &counts), None)).ok_or(problem);
    }
    Ok((ImportView::of(job, &Counts::new()), leaf))
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
    check_type(request.content_type())?;
    // What cannot be imported is not even taken in.
    to_read(&permit, &state, &query.0).await?;
    let turn = upload_turn(&request)?;
    let file = in_time(read_body(&request, payload.into_inner(), Limits::SENT.bytes)).await?;
    let (view, leaf) = import_kept(&permit, &state, &query.0, (None, request.content_type(), file)).await?;
    drop(turn);
    Ok(accepted(&state, view, leaf))
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
        deliveries: false,
        decided_by: None,
    }
}

/// List imports
///
/// One's own, and to whoever may have them recorded all tables of deliveries, in the order they were sent.
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
/// recorded: its file is sent again. Of a table of deliveries somebody else than who sent it says so, who accepts pledges and
/// is bound to nothing.
#[utoipa::path(post, path = "/api/v1/imports/{id}/run", tag = "exchange", params(("id" = ImportJobId, Path)),
    responses((status = 202, description = "To be imported", body = WrittenBody<ImportView>),
        (status = 409, description = "It has not ended, or was recorded already",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many of the caller's own have not ended",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn import_run(
    permit: Permit<action::ImportWrite>,
    state: State,
    id: Path<ImportJobId>,
) -> Outcome<HttpResponse> {
    let (reader, id) = (permit.clone(), id.0);
    let read = move |conn: &mut Conn| {
        let job = job_of(conn, &reader, id)?;
        check_again(&job)?;
        check_open(conn, &reader)?;
        Ok(job)
    };
    let job = state.read(read).await?;
    let decided_by = decider(&permit, &job)?;
    let leaf = begun_again(&permit, &state, (job, decided_by)).await?;
    let job = state.read(move |conn| job_of(conn, &permit, id)).await?;
    Ok(accepted(&state, ImportView::of(job, &Counts::new()), leaf))
}

/// Take a table to fill in
///
/// With instructions: in CSV in lines above the header, in a workbook on a sheet of their own. Filled in it is imported by its
/// `kind`, without any mapping. That of a mapping of deliveries, by its name, has the columns which that mapping reads.
#[utoipa::path(get, path = "/api/v1/imports/templates/{file}", tag = "exchange",
    params(("file" = String, Path, description = "The kind with .csv or .xlsx behind it", example = "items.xlsx")),
    responses((status = 200, description = "The table", body = String, content_type = "application/octet-stream")))]
pub async fn import_template(
    _permit: Permit<action::ImportRead>,
    state: State,
    file: Path<String>,
) -> Outcome<HttpResponse> {
    let Some((name, ending)) = file.0.rsplit_once('.') else {
        let words = format!("{} is no template; write a kind with .csv or .xlsx behind it", quoted(&file.0));
        return Err(Problem::field("/file", words));
    };
    let form = Form::read("/file", ending)?;
    let table = match SheetKind::read("/file", name) {
        Ok(kind) => template(kind, form)?,
        Err(unknown) => {
            let name = name.to_owned();
            state.read(move |conn| blank_of(conn, &name, form)).await?.ok_or(unknown)?
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, form.media_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.0)))
        .body(table))
}

/// The routes of imports.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_import_create, import_create);
    routes.add(__path_import_index, import_index);
    routes.add(__path_import_template, import_template);
    routes.add(__path_import_show, import_show);
    routes.add(__path_import_rows, import_rows);
    routes.add(__path_import_run, import_run);
    super::http_columns::routes(routes);
}
