//! Identifiers of jobs that a form drew when it was shown: the same file that is sent twice from one form is one import.

use super::read::{Counts, counts_of, job_of};
use super::store::{ImportJob, is_taken};
use crate::auth::{Permit, action, now};
use crate::core::id::ImportJobId;
use crate::core::problem::{Code, Outcome};
use crate::core::time::MICROSECONDS;
use crate::web::State;

/// For how long a form may be open that drew one: lists of jobs are in the order of their identifiers, which no form decides.
const OPEN_SECONDS: u64 = 24 * 60 * 60;

/// Whether a form drew it lately.
pub(super) fn is_drawn(id: ImportJobId) -> bool {
    let at = id.0.get_timestamp().filter(|_| id.0.get_version_num() == 7);
    let today = u64::try_from(now().0 / MICROSECONDS).unwrap_or(0);
    at.is_some_and(|at| at.to_unix().0.abs_diff(today) <= OPEN_SECONDS)
}

/// Whether no job has this name yet, whosever it is: one that somebody else's has names no other.
pub(super) async fn is_free(state: &State, id: ImportJobId) -> Outcome<bool> {
    Ok(!state.read(move |conn| is_taken(conn, id)).await?)
}

/// The job of this name, where the caller may read one.
pub(super) async fn kept_before(
    permit: &Permit<action::ImportWrite>,
    state: &State,
    id: ImportJobId,
) -> Outcome<Option<(ImportJob, Counts)>> {
    let reader = permit.clone();
    let found = state
        .read(move |conn| {
            let job = job_of(conn, &reader, id)?;
            let counts = counts_of(conn, &reader, &[id])?.remove(&id).unwrap_or_default();
            Ok((job, counts))
        })
        .await;
    match found {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.code == Code::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Whether both are of the same sender, of the same file, and read in the same way.
pub(super) fn is_same(one: &ImportJob, other: &ImportJob) -> bool {
    one.asked_by == other.asked_by
        && one.sha256 == other.sha256
        && one.kind == other.kind
        && one.mapping == other.mapping
        && one.dry_run == other.dry_run
}
