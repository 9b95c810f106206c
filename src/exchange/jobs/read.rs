//! What may be read of imports: each by whoever sent it.

use super::super::sheets::Fate;
use super::store::{ImportJob, ImportRow};
use crate::auth::{Named, Permit};
use crate::core::id::ImportJobId;
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{import_jobs, import_rows};
use crate::db::{Conn, in_parts, read_failure};
use diesel::dsl::count_star;
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// How many rows of a job became what.
pub(super) type Counts = BTreeMap<Fate, i64>;

/// A job of the caller's own.
///
/// # Errors
/// `not_found`, as for one that is somebody else's; what the database says.
pub(super) fn job_of<A: Named>(conn: &mut Conn, permit: &Permit<A>, id: ImportJobId) -> Outcome<ImportJob> {
    let found = import_jobs::table
        .filter(import_jobs::id.eq(id))
        .filter(import_jobs::asked_by.eq(permit.principal().user))
        .select(ImportJob::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    found.ok_or_else(Problem::not_found)
}

/// The caller's own jobs behind one, in the order they were sent.
///
/// # Errors
/// What the database says.
pub(super) fn jobs_after<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    after: Option<ImportJobId>,
    limit: i64,
) -> Outcome<Vec<ImportJob>> {
    let mut query = import_jobs::table
        .filter(import_jobs::asked_by.eq(permit.principal().user))
        .order(import_jobs::id)
        .limit(limit)
        .select(ImportJob::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(import_jobs::id.gt(after));
    }
    query.load(conn).map_err(read_failure)
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

/// Rows of a job of the caller's own behind a number, in their order; those of one fate, where one is asked for.
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
