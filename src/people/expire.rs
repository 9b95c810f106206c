//! Erasing those whose time is over, and destroying the keys that an erasure which broke off left behind.
//!
//! A server does this when it starts and once a day, and `relief person expire` by hand. Several may do it at once.

use super::sealed::destroy;
use super::store::{ErasureReason, Person, PersonErase, erased, overdue};
use crate::core::id::{PersonId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Database;
use crate::vault::Vault;
use crate::writer::{Actor, Priority, Update, Writer};
use uuid::Uuid;

/// People read at once.
const PEOPLE_PER_READ: i64 = 500;

/// What was done, to people or to what shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// Those whose time was over, and who are erased now.
    pub erased: usize,
    /// Keys of those who were erased before, and which were there still.
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
        let erase = |id| PersonErase { actor: server(), id, reason: ErasureReason::Expired };
        let (emptied, failed) = erase_all(writer, people, erase, |row: &Person| row.erased_at.is_some());
        destroy(vault, database, &emptied)?;
        if let Some(problem) = failed {
            return Err(problem);
        }
        // Where nobody was erased, clocks disagree about who is due: the next time will tell.
        if emptied.is_empty() {
            break;
        }
        done.erased += emptied.len();
    }
    let mut after: Option<PersonId> = None;
    loop {
        let people = database.read(|conn| erased(conn, after, PEOPLE_PER_READ))?;
        let Some(last) = people.last() else { return Ok(done) };
        after = Some(*last);
        done.keys += destroy(vault, database, &people)?;
    }
}

/// Empties the rows of these, many in one commit. Answers which are erased by now, whose keys must go whatever else
/// failed, and what failed first.
pub fn erase_all<I: Copy, E: Update>(
    writer: &Writer,
    ids: Vec<I>,
    erase: impl Fn(I) -> E,
    is_erased: impl Fn(&E::Answer) -> bool,
) -> (Vec<I>, Option<Problem>) {
    // All are handed in before the first is waited for.
    let submitted: Vec<_> =
        ids.into_iter().map(|id| (id, writer.submit(erase(id), Priority::Chunk))).collect();
    let (mut erased, mut failed) = (Vec::with_capacity(submitted.len()), None);
    for (id, receiver) in submitted {
        let gone = |_| Err(Problem::internal("the writer stopped before it answered"));
        match receiver.and_then(|receiver| receiver.blocking_recv().unwrap_or_else(gone)) {
            Ok(recorded) if is_erased(&recorded.answer) => erased.push(id),
            Ok(_) => {}
            Err(problem) => failed = failed.or(Some(problem)),
        }
    }
    (erased, failed)
}

/// Who acts where a time is over.
pub fn server() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: "server".to_owned(), scope: "retention".to_owned() }
}
