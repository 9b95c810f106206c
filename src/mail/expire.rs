//! Ending mailings that nobody confirmed in time, and those of users who are erased: their addresses are forgotten.

use super::read::overdue;
use super::rules::ANSWER_HOURS;
use super::store::{MailingEnd, anybody, destroy};
use crate::core::problem::Outcome;
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::Database;
use crate::people::expire::Expiry;
use crate::vault::Vault;
use crate::writer::Writer;

/// Mailings ended at once.
const PER_READ: i64 = 500;

/// Ends those whose time is over at `now`.
///
/// # Errors
/// What the database, the writer or the key folder says; what was done until then stays done.
pub fn expire(database: &Database, writer: &Writer, vault: &Vault, now: Timestamp) -> Outcome<Expiry> {
    let asked_before = Timestamp(now.0 - ANSWER_HOURS * 60 * 60 * MICROSECONDS);
    let mut done = Expiry::default();
    loop {
        let ids = database.read(|conn| overdue(conn, asked_before, PER_READ))?;
        if ids.is_empty() {
            return Ok(done);
        }
        for id in ids {
            let end = MailingEnd { actor: anybody("retention"), id, of: None };
            writer.record_blocking(end)?;
            destroy(vault, id)?;
            done.erased += 1;
        }
    }
}
