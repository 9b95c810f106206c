//! The columns of a file over HTTP: what its table calls them, what they are taken to hold, and reading it in another way
//! as long as it was only tried.

use super::super::sheets::{SheetKind, notes_above};
use super::super::table::{Limits, Table, TableError, TableOptions, TableRow};
use super::by_hand::{ReadingDraft, by_hand};
use super::http::{ImportView, MEANWHILE, accepted, check_open, stored};
use super::read::{Counts, counts_of, job_of, jobs_before};
use super::source::{Source, source_of};
use super::store::{ImportJob, ImportState, file_of, try_again};
use crate::auth::{Permit, action, now};
use crate::core::id::ImportJobId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::web::{Json, Path, ProblemBody, Routes, State, WrittenBody};
use actix_web::HttpResponse;
use actix_web::web::{Json as JsonBody, block};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::ToSchema;

/// Rows that are shown of a table, to tell what its columns hold.
const ROWS_SHOWN: usize = 5;
/// Characters of a cell that are shown.
const CELL_CHARS: usize = 80;
/// Rows that are looked through for the words of a column, and words of it that are told.
const ROWS_LOOKED: usize = 1_000;
const WORDS_TOLD: usize = 20;
/// Files that are looked into at once, each held whole as while it is imported.
static LOOKS: Semaphore = Semaphore::const_new(1);

/// A column of a table.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TableColumn {
    /// What the table calls it.
    pub heading: String,
    /// Our heading of what it is taken to hold; null where it is left out.
    pub field: Option<String>,
    /// Where only some words may stand: others that stand in its first thousand rows, twenty at most.
    pub said: Vec<String>,
}

/// What a row of a kind of sheet may say.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SheetField {
    /// Our heading.
    pub heading: String,
    /// Whether each row needs it.
    pub needed: bool,
    /// What it means.
    pub help: String,
    /// A cell as it may look; empty where none helps.
    pub example: String,
    /// The words there are for it; none where it may say anything else.
    pub words: Vec<String>,
}

/// The columns of a file, and what they are taken to hold.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportColumns {
    /// The kind of sheet it is read as.
    pub kind: String,
    /// The columns of its table, in their order.
    pub columns: Vec<TableColumn>,
    /// What its rows may say.
    pub fields: Vec<SheetField>,
    /// Its first rows, each cell cut to what can be shown.
    pub rows: Vec<Vec<String>>,
    /// What was found out about the file.
    pub notes: Vec<String>,
    /// How it is read now.
    pub reading: ReadingDraft,
}

/// A file to be looked into.
struct Look {
    kind: SheetKind,
    reading: ReadingDraft,
    options: TableOptions,
    file: Vec<u8>,
}

/// The turn of a file to be looked into: it is held until that is done, where it is done, since that goes on when whoever asked
/// is gone.
pub(super) async fn turn() -> Outcome<SemaphorePermit<'static>> {
    LOOKS.acquire().await.map_err(|error| ended(&error))
}

fn ended(cause: &dyn std::fmt::Display) -> Problem {
    Problem::internal(format!("a file is not looked into: {cause}"))
}

/// How a job reads its file, where that can be told by hand.
pub(super) fn reading_of(
    conn: &mut Conn,
    job: &ImportJob,
) -> Outcome<(SheetKind, ReadingDraft, TableOptions)> {
    if let Some((kind, reading)) = by_hand(job)? {
        return Ok((kind, reading, TableOptions::default()));
    }
    match source_of(conn, job.kind.as_deref(), job.mapping.as_deref())?.source {
        Source::Sheet(mapping) => {
            Ok((mapping.sheet.kind, ReadingDraft::of(&mapping), mapping.table_options(None)))
        }
        Source::Needs(chosen) => {
            Ok((SheetKind::Needs, ReadingDraft::default(), chosen.mapping.table_options()))
        }
        Source::Headcounts(..) | Source::Records(_) | Source::Deliveries(_) => {
            let words = "Its mapping says what its columns hold; send the file again by another.";
            Err(Problem::new(Code::WrongState, words))
        }
    }
}

fn look_of(conn: &mut Conn, permit: &Permit<action::ImportRead>, id: ImportJobId) -> Outcome<Look> {
    let job = job_of(conn, permit, id)?;
    let (kind, reading, options) = reading_of(conn, &job)?;
    let file = file_of(conn, job.id)?;
    Ok(Look { kind, reading, options, file })
}

/// A heading as it is compared.
fn plain(heading: &str) -> String {
    heading.trim().to_lowercase().replace('_', " ")
}

/// Our heading of what a column is taken to hold: as it was told, or else the one it has itself.
fn field_of(kind: SheetKind, reading: &ReadingDraft, heading: &str) -> Option<&'static str> {
    let ours = || kind.columns().iter().map(|column| column.heading);
    let wanted = plain(heading);
    let is_told = |our: &&str| reading.columns.get(*our).is_some_and(|theirs| plain(theirs) == wanted);
    let is_same = |our: &&str| !reading.columns.contains_key(*our) && plain(our) == wanted;
    if wanted.is_empty() {
        return None;
    }
    ours().find(is_told).or_else(|| ours().find(is_same))
}

fn cells(row: &TableRow, columns: usize) -> Vec<String> {
    (0..columns).map(|place| row.cell(place).chars().take(CELL_CHARS).collect()).collect()
}

/// Notes what columns say that hold some words alone, and is none of them.
fn say_words(kind: SheetKind, table: &Table, columns: &mut [TableColumn]) -> Result<(), TableError> {
    let words_of = |column: &TableColumn| {
        let field = column.field.as_deref()?;
        kind.columns().iter().find(|one| one.heading == field).map(|one| one.words())
    };
    let mut places: Vec<(usize, &'static [&'static str], BTreeSet<String>)> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        if let Some(words) = words_of(column).filter(|words| !words.is_empty()) {
            places.push((place, words, BTreeSet::new()));
        }
    }
    for row in table.rows().take(if places.is_empty() { 0 } else { ROWS_LOOKED }) {
        let row = row?;
        for (place, words, said) in &mut places {
            let cell = row.cell(*place);
            let is_known = cell.is_empty() || words.contains(&plain(cell).replace(' ', "_").as_str());
            if !is_known && said.len() < WORDS_TOLD {
                said.insert(cell.chars().take(CELL_CHARS).collect());
            }
        }
    }
    for (place, _, said) in places {
        columns[place].said = said.into_iter().collect();
    }
    Ok(())
}

fn unreadable(error: TableError) -> Problem {
    Problem::field("/file", error.to_string())
}

/// Opens a table whose instructions may stand above its header.
pub(super) fn opened(file: Vec<u8>, options: TableOptions) -> Outcome<Table> {
    let above = notes_above(&file);
    let header_row = options.header_row.or((above > 0).then_some(above + 1));
    let options = TableOptions { header_row, limits: Limits::SENT, ..options };
    Table::from_bytes(file, &options).map_err(unreadable)
}

/// Looks into a file.
fn looked(look: Look) -> Outcome<ImportColumns> {
    let Look { kind, reading, options, file } = look;
    let table = opened(file, options)?;
    let mut taken = BTreeSet::new();
    let mut columns = Vec::new();
    for heading in table.header() {
        let field = field_of(kind, &reading, heading).filter(|field| taken.insert(*field));
        let field = field.map(str::to_owned);
        columns.push(TableColumn { heading: heading.clone(), field, said: Vec::new() });
    }
    say_words(kind, &table, &mut columns).map_err(unreadable)?;
    let mut rows = Vec::new();
    for row in table.rows().take(ROWS_SHOWN) {
        rows.push(cells(&row.map_err(unreadable)?, columns.len()));
    }
    let fields = kind.columns().iter().map(|column| SheetField {
        heading: column.heading.to_owned(),
        needed: column.is_required,
        help: column.help.to_owned(),
        example: column.example.to_owned(),
        words: column.words().iter().map(|word| (*word).to_owned()).collect(),
    });
    Ok(ImportColumns {
        kind: kind.word().to_owned(),
        columns,
        fields: fields.collect(),
        rows,
        notes: table.notes().to_vec(),
        reading,
    })
}

/// Look at the columns of an import
///
/// What its table calls them, what each is taken to hold, what rows of its kind may say, and its first rows.
#[utoipa::path(get, path = "/api/v1/imports/{id}/columns", tag = "exchange", params(("id" = ImportJobId, Path)),
    responses((status = 200, description = "The columns", body = ImportColumns),
        (status = 409, description = "It is read by a mapping that says all of it",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The file is no table", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn import_columns(
    permit: Permit<action::ImportRead>,
    state: State,
    id: Path<ImportJobId>,
) -> Outcome<JsonBody<ImportColumns>> {
    let turn = turn().await?;
    let look = state.read(move |conn| look_of(conn, &permit, id.0)).await?;
    let columns = block(move || {
        let columns = looked(look);
        drop(turn);
        columns
    });
    columns.await.map_err(|error| ended(&error))?.map(JsonBody)
}

/// Refuses to read anew what was not only tried, or has not ended.
fn check_tried(job: &ImportJob) -> Outcome<()> {
    let words = match job.state() {
        ImportState::Done | ImportState::Failed if job.dry_run => return Ok(()),
        ImportState::Waiting | ImportState::Running => "This has not ended yet; wait until it has.",
        ImportState::Done | ImportState::Failed => {
            "This is recorded as it was read; send the file again to read it in another way."
        }
    };
    Err(Problem::new(Code::WrongState, words))
}

/// A job of the caller's own as it is to be read by what is told now.
fn job_read_by(
    conn: &mut Conn,
    permit: &Permit<action::ImportWrite>,
    (id, draft): (ImportJobId, &ReadingDraft),
) -> Outcome<ImportJob> {
    let job = job_of(conn, permit, id)?;
    // Whoever may only have it recorded would otherwise choose what its sender says.
    if job.asked_by != permit.principal().user {
        let words = "Somebody else sent this file, and says how it is read.";
        return Err(Problem::new(Code::Forbidden, words));
    }
    // Whoever has it recorded decides by what is shown of it, which stays what it is.
    if job.deliveries {
        let words = "This was read as whole deliveries, and somebody else decides by what is shown of them; send the file again \
                     to have it read in another way.";
        return Err(Problem::new(Code::WrongState, words));
    }
    check_tried(&job)?;
    check_open(conn, permit)?;
    let (kind, mapping) = match &draft.mapping {
        Some(name) if *draft == (ReadingDraft { mapping: Some(name.clone()), ..ReadingDraft::default() }) => {
            let read = source_of(conn, None, Some(name))?;
            permit.further(read.source.action())?;
            if read.source.is_whole() && permit.principal().is_bound() {
                return Err(super::super::records::tell::bound());
            }
            (read.kind, read.mapping)
        }
        Some(_) => {
            let words = "stands alone: a mapping says all of it; leave it out to tell columns by hand";
            return Err(Problem::field("/mapping", words));
        }
        None => {
            let (kind, ..) = reading_of(conn, &job)?;
            permit.further(kind.action())?;
            (None, Some(draft.to_keep(kind)?))
        }
    };
    Ok(ImportJob { kind, mapping, ..job })
}

/// Read in another way what was tried
///
/// The file is tried again, by what is told of its columns or by a mapping; nothing is recorded. What is recorded already
/// stays as it was read.
#[utoipa::path(post, path = "/api/v1/imports/{id}/reading", tag = "exchange", params(("id" = ImportJobId, Path)),
    request_body = ReadingDraft,
    responses((status = 202, description = "To be tried again", body = WrittenBody<ImportView>),
        (status = 409, description = "It has not ended, or is recorded",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn import_read_by(
    permit: Permit<action::ImportWrite>,
    state: State,
    id: Path<ImportJobId>,
    body: Json<ReadingDraft>,
) -> Outcome<HttpResponse> {
    let (reader, draft) = (permit.clone(), body.0);
    let job = state.read(move |conn| job_read_by(conn, &reader, (id.0, &draft))).await?;
    let again = job.clone();
    if !stored(&state, move |conn| try_again(conn, &again, now())).await? {
        return Err(Problem::new(Code::WrongState, MEANWHILE));
    }
    let job = state.read(move |conn| job_of(conn, &permit, job.id)).await?;
    Ok(accepted(&state, ImportView::of(job, &Counts::new()), None))
}

/// The caller's own imports before one, the newest first; the first page has those that were sent last.
///
/// # Errors
/// What the database says.
pub async fn imports_before(
    permit: Permit<action::ImportRead>,
    state: &State,
    (before, limit): (Option<ImportJobId>, i64),
) -> Outcome<Vec<ImportView>> {
    let read = move |conn: &mut Conn| {
        let jobs = jobs_before(conn, &permit, before, limit)?;
        let ids: Vec<ImportJobId> = jobs.iter().map(|job| job.id).collect();
        Ok((jobs, counts_of(conn, &permit, &ids)?))
    };
    let (jobs, counts) = state.read(read).await?;
    let none = Counts::new();
    let view = |job: ImportJob| {
        let counts = counts.get(&job.id).unwrap_or(&none);
        ImportView::of(job, counts)
    };
    Ok(jobs.into_iter().map(view).collect())
}

/// What the table of an import calls our headings; nothing where its mapping says all of it, and nothing is told by hand.
///
/// # Errors
/// `not_found`; what the database says.
pub async fn import_headings(
    permit: Permit<action::ImportRead>,
    state: &State,
    id: ImportJobId,
) -> Outcome<Option<BTreeMap<String, String>>> {
    let read = move |conn: &mut Conn| {
        let job = job_of(conn, &permit, id)?;
        match reading_of(conn, &job) {
            Ok((_, reading, _)) => Ok(Some(reading.columns)),
            Err(problem) if problem.is_refusal() => Ok(None),
            Err(problem) => Err(problem),
        }
    };
    state.read(read).await
}

/// The routes of columns.
pub(super) fn routes(routes: &mut Routes) {
    routes.add(__path_import_columns, import_columns);
    routes.add(__path_import_read_by, import_read_by);
}
