//! Jobs, their files and their rows. None of it is a record: it changes with each step.

use super::super::sheets::{Fate, JudgedRow, RowReason};
use super::run::seconds_from;
use crate::core::id::{ImportJobId, ImportPartId, ImportRowId, SubjectId, UserId, derived};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{import_jobs, import_parts, import_rows};
use crate::db::{Conn, read_failure, write_derived};
use crate::writer::{Record, record};
use diesel::prelude::*;
use std::collections::HashMap;
use uuid::Uuid;

/// Bytes of a file that one row keeps.
const PART_BYTES: usize = 256 * 1024;
/// Parts that are read at once.
const PARTS_AT_ONCE: usize = 4;
/// How long a job is held for whoever has it run again: longer than the writer takes to note that behind everybody else.
const RESERVED_SECONDS: i64 = 60;

record! {
    /// A file that is imported, or was.
    pub struct ImportJob in import_jobs key id: ImportJobId, group asked_by: UserId {
        /// Key.
        id: ImportJobId,
        /// Who sent it.
        asked_by: UserId,
        /// The kind of sheet, where it is read as one.
        kind: Option<String>,
        /// The mapping it is read by, with its version where it is kept.
        mapping: Option<String>,
        /// What the file is called.
        file_name: Option<String>,
        /// How many bytes it has.
        bytes: i64,
        /// Their SHA-256.
        sha256: Vec<u8>,
        /// Whether everything is decided and nothing recorded.
        dry_run: bool,
        /// How far it is.
        state: String,
        /// How many rows it has, once it was read.
        row_total: Option<i64>,
        /// How many of them have their verdict.
        rows_done: i64,
        /// Rows up to this one have it.
        through_row: i64,
        /// Why it ended without its rows.
        problem: Option<String>,
        /// What was found out about the file, as a list of sentences in JSON.
        notes: String,
        /// How often it was taken up.
        attempts: i64,
        /// When it was sent.
        made_at: Timestamp,
        /// When it was taken up first.
        started_at: Option<Timestamp>,
        /// When it ended.
        finished_at: Option<Timestamp>,
        /// Which process runs it …
        held_by: i64,
        /// … and until when, unless it says so again.
        held_until: Timestamp,
        /// Whether its rows are whole deliveries, which somebody else than who sent it has recorded.
        deliveries: bool,
        /// Who had them recorded.
        decided_by: Option<UserId>,
    }
}

record! {
    /// What became of a row.
    pub struct ImportRow in import_rows key id: ImportRowId, group job_id: ImportJobId {
        /// Key: made from the job and the number.
        id: ImportRowId,
        /// Of which job.
        job_id: ImportJobId,
        /// Its number as a spreadsheet shows it.
        number: i64,
        /// What names it.
        key: String,
        /// What became of it.
        fate: String,
        /// The record it states.
        subject: Option<SubjectId>,
        /// Why, as JSON.
        reasons: String,
    }
}

record! {
    /// A part of a file.
    pub struct ImportPart in import_parts key id: ImportPartId, group job_id: ImportJobId {
        /// Key: made from the job and the place.
        id: ImportPartId,
        /// Of which job's file.
        job_id: ImportJobId,
        /// Its place, from 0.
        ordinal: i64,
        /// Its bytes.
        content: Vec<u8>,
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// It will be taken up.
    Waiting,
    /// It is under way.
    Running,
    /// Every row has its verdict.
    Done,
    /// It ended without that, as `problem` says.
    Failed,
}

impl ImportState {
    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Done, Self::Failed].into_iter().find(|one| one.word() == word)
    }
}

impl ImportJob {
    /// How far it is.
    pub fn state(&self) -> ImportState {
        ImportState::from_word(&self.state).unwrap_or(ImportState::Failed)
    }
}

fn row_id(job: ImportJobId, number: i64) -> ImportRowId {
    derived(job.0, "import row", number.unsigned_abs())
}

impl ImportRow {
    /// A row that is noted with what it states; what became of it is said by whoever records that.
    pub fn noted(job: ImportJobId, number: u32, key: &str, subject: Uuid) -> Self {
        Self {
            id: row_id(job, i64::from(number)),
            job_id: job,
            number: i64::from(number),
            key: key.to_owned(),
            fate: Fate::Created.word().to_owned(),
            subject: Some(SubjectId(subject)).filter(|id| !id.0.is_nil()),
            reasons: "[]".to_owned(),
        }
    }

    fn judged(job: ImportJobId, row: &JudgedRow) -> Self {
        Self {
            id: row_id(job, i64::from(row.row)),
            job_id: job,
            number: i64::from(row.row),
            key: row.key.clone(),
            fate: row.fate.word().to_owned(),
            subject: row.subject.map(SubjectId),
            reasons: serde_json::to_string(&row.reasons).unwrap_or_else(|_| "[]".to_owned()),
        }
    }

    /// Why.
    pub fn told(&self) -> Vec<RowReason> {
        serde_json::from_str(&self.reasons).unwrap_or_default()
    }
}

/// Writes beside the writer: all of it, or nothing.
pub(super) fn write<T>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> QueryResult<T>) -> Outcome<T> {
    let mut done = None;
    write_derived(conn, |conn| {
        done = Some(work(conn)?);
        Ok(())
    })
    .map_err(read_failure)?;
    done.ok_or_else(|| Problem::internal("a write of an import ended without a result"))
}

/// Keeps a job with its file.
pub(super) fn keep(conn: &mut Conn, job: &ImportJob, file: &[u8]) -> QueryResult<()> {
    ImportJob::insert(conn, std::slice::from_ref(job))?;
    // Part by part, so that the file is not held once more as a whole.
    for (ordinal, content) in (0_i64..).zip(file.chunks(PART_BYTES)) {
        let part = ImportPart {
            id: part_id(job.id, ordinal.unsigned_abs()),
            job_id: job.id,
            ordinal,
            content: content.to_vec(),
        };
        ImportPart::insert(conn, &[part])?;
    }
    Ok(())
}

fn part_id(job: ImportJobId, ordinal: u64) -> ImportPartId {
    derived(job.0, "import part", ordinal)
}

/// The file of a job.
pub(super) fn file_of(conn: &mut Conn, job: ImportJobId) -> Outcome<Vec<u8>> {
    let bytes: Option<i64> = import_jobs::table
        .filter(import_jobs::id.eq(job))
        .select(import_jobs::bytes)
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    // Some parts at a time, into what is as large as it has to be: the file is not held once more as a whole.
    let bytes = usize::try_from(bytes.unwrap_or(0)).unwrap_or(0);
    let mut file = Vec::with_capacity(bytes);
    let count = u64::try_from(bytes.div_ceil(PART_BYTES)).unwrap_or(0);
    let ids: Vec<ImportPartId> = (0..count).map(|ordinal| part_id(job, ordinal)).collect();
    for some in ids.chunks(PARTS_AT_ONCE) {
        let mut parts = ImportPart::load(conn, some).map_err(read_failure)?;
        parts.sort_by_key(|part| part.ordinal);
        parts.iter().for_each(|part| file.extend_from_slice(&part.content));
    }
    Ok(file)
}

/// Whether a job has this name.
pub(super) fn is_taken(conn: &mut Conn, id: ImportJobId) -> Outcome<bool> {
    let found: Option<ImportJobId> = import_jobs::table
        .filter(import_jobs::id.eq(id))
        .select(import_jobs::id)
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    Ok(found.is_some())
}

/// Whether there is a job that nobody runs.
pub(super) fn is_waiting(conn: &mut Conn, now: Timestamp) -> Outcome<bool> {
    let open = import_jobs::table
        .filter(import_jobs::finished_at.is_null())
        .filter(import_jobs::held_until.le(now))
        .select(import_jobs::id);
    let found: Option<ImportJobId> = open.first(conn).optional().map_err(read_failure)?;
    Ok(found.is_some())
}

/// Takes up the oldest job that nobody runs; `held_until` is until when this process runs it, unless it says so again.
pub(super) fn claim(
    conn: &mut Conn,
    process: i64,
    (now, held_until): (Timestamp, Timestamp),
) -> QueryResult<Option<ImportJob>> {
    let found: Option<ImportJob> = import_jobs::table
        .filter(import_jobs::finished_at.is_null())
        .filter(import_jobs::held_until.le(now))
        .order(import_jobs::id)
        .select(ImportJob::as_select())
        .first(conn)
        .optional()?;
    let Some(job) = found else { return Ok(None) };
    let claimed = ImportJob {
        state: ImportState::Running.word().to_owned(),
        attempts: job.attempts + 1,
        started_at: job.started_at.or(Some(now)),
        held_by: process,
        held_until,
        ..job
    };
    let taken = diesel::update(import_jobs::table.filter(import_jobs::id.eq(claimed.id)))
        .filter(import_jobs::held_until.le(now))
        .set((
            import_jobs::state.eq(&claimed.state),
            import_jobs::attempts.eq(claimed.attempts),
            import_jobs::started_at.eq(claimed.started_at),
            import_jobs::held_by.eq(claimed.held_by),
            import_jobs::held_until.eq(claimed.held_until),
        ))
        .execute(conn)?;
    Ok((taken == 1).then_some(claimed))
}

/// Writes how far a job is, as long as this process runs it.
pub(super) fn write_job(conn: &mut Conn, job: &ImportJob) -> QueryResult<bool> {
    let changed = diesel::update(import_jobs::table.filter(import_jobs::id.eq(job.id)))
        .filter(import_jobs::held_by.eq(job.held_by))
        .set((
            import_jobs::state.eq(&job.state),
            import_jobs::row_total.eq(job.row_total),
            import_jobs::rows_done.eq(job.rows_done),
            import_jobs::through_row.eq(job.through_row),
            import_jobs::problem.eq(job.problem.clone()),
            import_jobs::notes.eq(&job.notes),
            import_jobs::finished_at.eq(job.finished_at),
            import_jobs::held_until.eq(job.held_until),
            import_jobs::deliveries.eq(job.deliveries),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Writes the verdicts on some rows. What a row became where it was recorded stays: who goes on after a crash finds it there
/// just so.
pub(super) fn write_rows(conn: &mut Conn, job: ImportJobId, judged: &[JudgedRow]) -> QueryResult<()> {
    let mut rows: Vec<ImportRow> = judged.iter().map(|row| ImportRow::judged(job, row)).collect();
    let ids: Vec<ImportRowId> = rows.iter().map(|row| row.id).collect();
    // What stated nothing before a job was run again is not what a row became.
    let is_recorded = |row: &ImportRow| {
        let fate = Fate::from_word(&row.fate);
        matches!(fate, Some(Fate::Created | Fate::Updated | Fate::Waiting))
    };
    let known: HashMap<ImportRowId, String> =
        ImportRow::load(conn, &ids)?.into_iter().filter(is_recorded).map(|row| (row.id, row.fate)).collect();
    for row in rows.iter_mut().filter(|row| row.fate == Fate::Unchanged.word()) {
        if let Some(fate) = known.get(&row.id) {
            row.fate.clone_from(fate);
        }
    }
    ImportRow::change(conn, &rows)
}

/// Holds a job that ended for whoever has it run again, who says so in `held_by`, while the log notes that it begins. Answers
/// whether it still was as it was looked at: another may have had it run meanwhile, or its sender read in another way, which nobody
/// has looked at. Nobody takes up what has ended, so that a process that ends here leaves nothing behind but a moment's wait.
pub(super) fn reserve(conn: &mut Conn, job: &ImportJob, now: Timestamp) -> QueryResult<bool> {
    let seen = import_jobs::table.filter(import_jobs::id.eq(job.id));
    let changed = diesel::update(seen.filter(import_jobs::finished_at.eq(job.finished_at)))
        .filter(import_jobs::held_until.le(now))
        .set((
            import_jobs::held_by.eq(job.held_by),
            import_jobs::held_until.eq(seconds_from(now, RESERVED_SECONDS)),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Lets go a job that was held to be run again, where the log did not note it; answers whether it was held still.
pub(super) fn give_up(conn: &mut Conn, job: &ImportJob) -> QueryResult<bool> {
    let seen = import_jobs::table.filter(import_jobs::id.eq(job.id));
    let changed = diesel::update(seen.filter(import_jobs::finished_at.eq(job.finished_at)))
        .filter(import_jobs::held_by.eq(job.held_by))
        .set(import_jobs::held_until.eq(Timestamp(0)))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Has a job run again from its beginning, recording this time; where somebody else than who sent it has to say so, that one
/// did. Answers whether it still was held for that.
pub(super) fn begin_again(conn: &mut Conn, job: &ImportJob, decided_by: Option<UserId>) -> QueryResult<bool> {
    let seen = import_jobs::table.filter(import_jobs::id.eq(job.id));
    let changed = diesel::update(seen.filter(import_jobs::finished_at.eq(job.finished_at)))
        .filter(import_jobs::held_by.eq(job.held_by))
        .set((
            import_jobs::dry_run.eq(false),
            import_jobs::decided_by.eq(decided_by),
            import_jobs::state.eq(ImportState::Waiting.word()),
            import_jobs::rows_done.eq(0),
            import_jobs::through_row.eq(0),
            import_jobs::attempts.eq(0),
            import_jobs::problem.eq(None::<String>),
            import_jobs::finished_at.eq(None::<Timestamp>),
            import_jobs::held_until.eq(Timestamp(0)),
        ))
        .execute(conn)?;
    if changed == 1 && job.dry_run {
        forget_rows(conn, job.id)?;
    }
    Ok(changed == 1)
}

/// Jobs that ended before a time, the oldest first.
pub(super) fn ended_before(conn: &mut Conn, time: Timestamp, limit: i64) -> Outcome<Vec<ImportJobId>> {
    import_jobs::table
        .filter(import_jobs::finished_at.lt(time))
        .order(import_jobs::id)
        .limit(limit)
        .select(import_jobs::id)
        .load(conn)
        .map_err(read_failure)
}

/// Removes a job that ended before a time, with its file and its rows; one that somebody has run again meanwhile stays. Answers
/// whether it was removed.
pub(super) fn remove(conn: &mut Conn, (id, before): (ImportJobId, Timestamp)) -> Outcome<bool> {
    write(conn, |conn| {
        let ended =
            import_jobs::table.filter(import_jobs::id.eq(id)).filter(import_jobs::finished_at.lt(before));
        if diesel::delete(ended).execute(conn)? == 0 {
            return Ok(false);
        }
        // Keys between them are looked at when it commits.
        diesel::delete(import_rows::table.filter(import_rows::job_id.eq(id))).execute(conn)?;
        diesel::delete(import_parts::table.filter(import_parts::job_id.eq(id))).execute(conn)?;
        Ok(true)
    })
}

/// Has a job that was only tried tried again, read in another way; whether it was still there to be tried, and held by nobody who has
/// it recorded.
pub(super) fn try_again(conn: &mut Conn, job: &ImportJob, now: Timestamp) -> QueryResult<bool> {
    let tried = import_jobs::table.filter(import_jobs::id.eq(job.id));
    let changed = diesel::update(tried.filter(import_jobs::dry_run.eq(true)))
        .filter(import_jobs::finished_at.is_not_null())
        .filter(import_jobs::held_until.le(now))
        .set((
            import_jobs::kind.eq(job.kind.clone()),
            import_jobs::mapping.eq(job.mapping.clone()),
            import_jobs::state.eq(ImportState::Waiting.word()),
            import_jobs::row_total.eq(None::<i64>),
            import_jobs::rows_done.eq(0),
            import_jobs::through_row.eq(0),
            import_jobs::attempts.eq(0),
            import_jobs::problem.eq(None::<String>),
            import_jobs::notes.eq("[]"),
            import_jobs::finished_at.eq(None::<Timestamp>),
            import_jobs::held_until.eq(Timestamp(0)),
        ))
        .execute(conn)?;
    if changed == 1 {
        forget_rows(conn, job.id)?;
    }
    Ok(changed == 1)
}

/// Takes away the rows of a dry run that begins anew: what it had decided is forgotten.
pub(super) fn forget_rows(conn: &mut Conn, job: ImportJobId) -> QueryResult<()> {
    diesel::delete(import_rows::table.filter(import_rows::job_id.eq(job))).execute(conn).map(|_| ())
}
