//! Jobs that ended long ago are removed, with their files and verdicts: files of others are not kept for longer than somebody
//! needs them to mend and send again. What was recorded of them stays, and so does the log, which has the digest of each.
//!
//! Never here: a job that has not ended, or an entry of the log.

use super::store::{ended_before, remove};
use crate::core::problem::Outcome;
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::connect;
use crate::people::expire::Expiry;

/// Days an import is kept after it ended, with its file and what became of each row: as long as a month's report takes to be
/// gone through, and a file may have names and places in it that nobody has a reason to keep.
pub const KEPT_DAYS: i64 = 30;
/// Jobs looked for at once.
const PER_READ: i64 = 100;

/// Removes those that ended more than [`KEPT_DAYS`] before `now`; each with all of its own at once.
///
/// # Errors
/// What the database says; what was removed until then stays so.
pub fn expire(url: &str, now: Timestamp) -> Outcome<Expiry> {
    let before = Timestamp(now.0 - KEPT_DAYS * 24 * 60 * 60 * MICROSECONDS);
    let mut conn = connect(url)?;
    let mut done = Expiry::default();
    loop {
        let ids = ended_before(&mut conn, before, PER_READ)?;
        if ids.is_empty() {
            return Ok(done);
        }
        for id in ids {
            if remove(&mut conn, (id, before))? {
                done.erased += 1;
            }
        }
    }
}
