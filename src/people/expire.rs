//! Erasing those whose time is over, and destroying the keys that an erasure which broke off left behind.
//!
//! A server does this when it starts and once a day, and `relief person expire` by hand. Several may do it at once.

use super::sealed::{destroy, has_key};
use super::store::{ErasureReason, PersonErase, erased, overdue};
use crate::core::id::{PersonId, UserId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Database;
use crate::vault::Vault;
use crate::writer::{Actor, Writer};
use uuid::Uuid;

/// People read at once.
const PEOPLE_PER_READ: i64 = 500;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// People whose time was over, and who are erased now.
    pub erased: usize,
    /// Keys of people who were erased before, and which were there still.
    pub keys: usize,
}

/// Erases everybody whose time is over at `now`, and destroys left keys.
///
/// # Errors
/// What the database, the writer or the key folder says; what was done until then stays done.
pub fn expire(database: &Database, writer: &Writer, vault: &Vault, now: Timestamp) -> Outcome<Expiry> {
    let mut done = Expiry::default();
    loop {
        let people = database.read(|conn| overdue(conn, now, PEOPLE_PER_READ))?;
        let mut progress = 0;
        for id in people {
            let erase = PersonErase { actor: server(), id, reason: ErasureReason::Expired };
            let recorded = writer.record_blocking(erase)?;
            if recorded.answer.erased_at.is_some() {
                destroy(vault, id)?;
                progress += 1;
            }
        }
        // Where nobody was erased, clocks disagree about who is due: the next time will tell.
        if progress == 0 {
            break;
        }
        done.erased += progress;
    }
    let mut after: Option<PersonId> = None;
    loop {
        let people = database.read(|conn| erased(conn, after, PEOPLE_PER_READ))?;
        let Some(last) = people.last() else { return Ok(done) };
        after = Some(*last);
        for id in people {
            // A key that is overwritten but not removed counts as none here, and is removed all the same.
            done.keys += usize::from(has_key(vault, id)?);
            destroy(vault, id)?;
        }
    }
}

/// Who acts where a time is over.
fn server() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: "server".to_owned(), scope: "retention".to_owned() }
}
