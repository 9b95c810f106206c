//! Erasing photos and scans whose time is over, and destroying the keys that an erasure which broke off left behind.
//!
//! A server does this when it starts and once a day, and `relief person expire` by hand, together with people.

use super::attachment::{Attachment, AttachmentErase, seal_owner};
use crate::core::id::AttachmentId;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::attachments;
use crate::db::{Conn, Database, read_failure};
use crate::people::ErasureReason;
use crate::people::expire::{Expiry, erase_all, server};
use crate::people::rules::retained_until;
use crate::vault::Vault;
use crate::writer::Writer;
use diesel::prelude::*;
use std::sync::Arc;

/// Attachments read at once.
const ATTACHMENTS_PER_READ: i64 = 500;

/// Erases every photo and scan whose time is over at `now`, and destroys left keys.
///
/// # Errors
/// What the database, the writer or the key folder says; what was done until then stays done.
pub fn expire(
    (database, writer, vault): (&Database, &Writer, &Vault),
    retention_days: u32,
    now: Timestamp,
) -> Outcome<Expiry> {
    let mut done = Expiry::default();
    loop {
        let ids = database.read(|conn| overdue(conn, retention_days, now))?;
        let erase = |id| {
            let reason = ErasureReason::Expired;
            AttachmentErase { actor: server(), id, reason, retention_days }
        };
        let is_erased = |row: &Arc<Attachment>| row.erased_at.is_some();
        let (erased, failed) = erase_all(writer, ids, erase, is_erased);
        for id in &erased {
            vault.destroy(seal_owner(*id))?;
        }
        if let Some(problem) = failed {
            return Err(problem);
        }
        // Where none was erased, clocks disagree about which is due: the next time will tell.
        if erased.is_empty() {
            break;
        }
        done.erased += erased.len();
    }
    let mut after: Option<AttachmentId> = None;
    loop {
        let ids = database.read(|conn| erased(conn, after))?;
        let Some(last) = ids.last() else { return Ok(done) };
        after = Some(*last);
        for id in ids {
            // A key that is overwritten but not removed counts as none here, and is removed all the same.
            done.keys += usize::from(vault.has_key(seal_owner(id))?);
            vault.destroy(seal_owner(id))?;
        }
    }
}

/// Those whose time is over and that are not erased. Where nobody said a time, it is counted from when it was recorded.
fn overdue(conn: &mut Conn, retention_days: u32, now: Timestamp) -> Outcome<Vec<AttachmentId>> {
    let span = retained_until(Timestamp(0), None, retention_days).0;
    let said =
        attachments::retain_until.is_not_null().and(attachments::retain_until.assume_not_null().le(now));
    let unsaid = attachments::retain_until
        .is_null()
        .and(attachments::created_at.le(Timestamp(now.0.saturating_sub(span))));
    attachments::table
        .filter(attachments::erased_at.is_null())
        .filter(said.or(unsaid))
        .order(attachments::id)
        .limit(ATTACHMENTS_PER_READ)
        .select(attachments::id)
        .load(conn)
        .map_err(read_failure)
}

fn erased(conn: &mut Conn, after: Option<AttachmentId>) -> Outcome<Vec<AttachmentId>> {
    let mut query = attachments::table.filter(attachments::erased_at.is_not_null()).into_boxed();
    if let Some(after) = after {
        query = query.filter(attachments::id.gt(after));
    }
    query
        .order(attachments::id)
        .limit(ATTACHMENTS_PER_READ)
        .select(attachments::id)
        .load(conn)
        .map_err(read_failure)
}
