//! What may be read of imports: each by whoever sent it, and tables of deliveries by whoever may have them recorded.

use super::super::sheets::Fate;
use super::deliveries::may_decide;
use super::store::{ImportJob, ImportRow};
use crate::auth::{Named, Permit};
use crate::core::id::ImportJobId;
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{import_jobs, import_rows};
use crate::db::{Backend, Conn, in_parts, read_failure};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use std::collections::{BTreeMap, HashMap};

/// How many rows of a job became what.
pub(super) type Counts = BTreeMap<Fate, i64>;

/// Characters of a mapping that a list reads: a name is shorter, and of what was told by hand it tells no more than the kind, which
/// stands in front of up to 32 KiB.
const MAPPING_CHARS: i32 = 512;

diesel::define_sql_function! {
    /// So many characters of a text, from one counted from 1.
    fn substr(text: Nullable<Text>, first: Integer, count: Integer) -> Nullable<Text>;
}

type Jobs<'a> = import_jobs::BoxedQuery<'a, Backend>;

/// The jobs that somebody may read: their own, and tables of deliveries that they may have recorded for somebody else.
fn jobs_within<'a, A: Named>(permit: &Permit<A>) -> Jobs<'a> {
    let jobs: Jobs<'a> = import_jobs::table.into_boxed();
    let own = import_jobs::asked_by.eq(permit.principal().user);
    match may_decide(permit) {
        true => jobs.filter(own.or(import_jobs::deliveries.eq(true))),
        false => jobs.filter(own),
    }
}

/// A job of the caller's own, or a table of deliveries that the caller may have recorded for somebody else.
///
/// # Errors
/// `not_found`, as for one that is somebody else's; what the database says.
pub(super) fn job_of<A: Named>(conn: &mut Conn, permit: &Permit<A>, id: ImportJobId) -> Outcome<ImportJob> {
    let query = jobs_within(permit).filter(import_jobs::id.eq(id)).select(ImportJob::as_select());
    let found: Option<ImportJob> = query.first(conn).optional().map_err(read_failure)?;
    found.ok_or_else(Problem::not_found)
}

/// Reads jobs that are to be told in a list, and whose mapping is cut.
fn listed(conn: &mut Conn, jobs: Jobs<'_>) -> Outcome<Vec<ImportJob>> {
    let columns = (
        import_jobs::id,
        import_jobs::asked_by,
        import_jobs::kind,
        substr(import_jobs::mapping, 1, MAPPING_CHARS),
        import_jobs::file_name,
        import_jobs::bytes,
        import_jobs::sha256,
        import_jobs::dry_run,
        import_jobs::state,
        import_jobs::row_total,
        import_jobs::rows_done,
        import_jobs::through_row,
        import_jobs::problem,
        import_jobs::notes,
        import_jobs::attempts,
        import_jobs::made_at,
        import_jobs::started_at,
        import_jobs::finished_at,
        import_jobs::held_by,
        import_jobs::held_until,
        import_jobs::deliveries,
        import_jobs::decided_by,
    );
    jobs.select(columns).load(conn).map_err(read_failure)
}

/// The caller's own jobs behind one, and tables of deliveries that the caller may have recorded, in the order they were sent.
///
/// # Errors
/// What the database says.
pub(super) fn jobs_after<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    after: Option<ImportJobId>,
    limit: i64,
) -> Outcome<Vec<ImportJob>> {
    let mut query = jobs_within(permit);
    if let Some(after) = after {
        query = query.filter(import_jobs::id.gt(after));
    }
    listed(conn, query.order(import_jobs::id).limit(limit))
}

/// The caller's own jobs before one, the newest first.
///
/// # Errors
/// What the database says.
pub(super) fn jobs_before<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    before: Option<ImportJobId>,
    limit: i64,
) -> Outcome<Vec<ImportJob>> {
    let mut query = jobs_within(permit);
    if let Some(before) = before {
        query = query.filter(import_jobs::id.lt(before));
    }
    listed(conn, query.order(import_jobs::id.desc()).limit(limit))
}

/// How many of the caller's own have not ended.
///
/// # Errors
/// What the database says.
pub(super) fn open_jobs<A: Named>(conn: &mut Conn, permit: &Permit<A>) -> Outcome<i64> {
    import_jobs::table
        .filter(import_jobs::asked_by.eq(permit.principal().user))
        .filter(import_jobs::finished_at.is_null())
        .count()
        .get_result(conn)
        .map_err(read_failure)
}

/// What the rows of jobs became that the caller has read.
///
/// # Errors
/// What the database says.
pub(super) fn counts_of<A: Named>(
    conn: &mut Conn,
    _read_under: &Permit<A>,
    jobs: &[ImportJobId],
) -> Outcome<HashMap<ImportJobId, Counts>> {
    let counted: Vec<(ImportJobId, String, i64)> = in_parts(jobs, |part| {
        import_rows::table
            .filter(import_rows::job_id.eq_any(part))
            .group_by((import_rows::job_id, import_rows::fate))
            .select((import_rows::job_id, import_rows::fate, count_star()))
            .load(conn)
    })
    .map_err(read_failure)?;
    let mut counts: HashMap<ImportJobId, Counts> = HashMap::new();
    for (job, fate, count) in counted {
        if let Some(fate) = Fate::from_word(&fate) {
            counts.entry(job).or_default().insert(fate, count);
        }
    }
    Ok(counts)
}

/// Rows of a job that the caller may read behind a number, in their order; those of one fate, where one is asked for.
///
/// # Errors
/// `not_found`; what the database says.
pub(super) fn rows_after<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    (id, fate): (ImportJobId, Option<Fate>),
    (after, limit): (i64, i64),
) -> Outcome<Vec<ImportRow>> {
    let job = job_of(conn, permit, id)?;
    let mut query = import_rows::table
        .filter(import_rows::job_id.eq(job.id))
        .filter(import_rows::number.gt(after))
        .order(import_rows::number)
        .limit(limit)
        .select(ImportRow::as_select())
        .into_boxed();
    if let Some(fate) = fate {
        query = query.filter(import_rows::fate.eq(fate.word()));
    }
    query.load(conn).map_err(read_failure)
}
