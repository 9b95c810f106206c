//! Deciding without recording: what would become of many updates, one after another, if they were posted.
//!
//! All of them share one desk over one snapshot, so that a later update sees what an earlier one staged.
//! Nothing is ever written, no lock is taken, and other writers go on meanwhile. What only the database's
//! own constraints refuse is not seen here.

use super::decide::{decide, prefetch};
use super::desk::Desk;
use super::log::log_state;
use super::queue::{BATCH_LIMIT, Job, Pending};
use super::source::Source;
use super::{Leaf, Recorded, Update};
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, connect, keep_little, read_failure, snapshot};

/// A desk that is never cleared onto the database.
pub struct Rehearsal {
    conn: Conn,
    desk: Desk,
}

impl Rehearsal {
    /// Opens a snapshot; it is let go when this is dropped.
    ///
    /// # Errors
    /// Where the database cannot be opened or read.
    pub fn open(url: &str) -> Outcome<Self> {
        Self::on(connect(url)?)
    }

    /// Opens a snapshot on a connection, as on one of a database that is only in memory.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn on(mut conn: Conn) -> Outcome<Self> {
        keep_little(&mut conn)?;
        snapshot(&mut conn).map_err(read_failure)?;
        let state = log_state(&mut conn)?;
        let desk = Desk::new(Source::Machine.draw(), state.last);
        Ok(Self { conn, desk })
    }

    /// Decides updates in order; each answer is what posting it would have answered.
    ///
    /// # Errors
    /// Where the database cannot be read; what an update refuses is in its own place.
    pub fn decide_all<U: Update>(&mut self, updates: Vec<U>) -> Outcome<Vec<Outcome<Recorded<U::Answer>>>> {
        let mut answers = Vec::with_capacity(updates.len());
        let mut updates = updates.into_iter().peekable();
        while updates.peek().is_some() {
            let mut jobs: Vec<Box<dyn Job>> = Vec::with_capacity(BATCH_LIMIT);
            let mut receivers = Vec::with_capacity(BATCH_LIMIT);
            for update in updates.by_ref().take(BATCH_LIMIT) {
                let (pending, receiver) = Pending::new(update);
                jobs.push(Box::new(pending));
                receivers.push(receiver);
            }
            prefetch(&mut self.conn, &mut self.desk, &jobs)?;
            let mut results = Vec::with_capacity(jobs.len());
            for index in 0..jobs.len() {
                results.push(decide(&mut self.conn, &mut self.desk, &mut jobs, index)?);
            }
            let entries = self.desk.receipts();
            for ((job, result), mut receiver) in jobs.into_iter().zip(results).zip(receivers) {
                job.answer(result.map(|sequence| Leaf::among(&entries, sequence)));
                let answer = receiver.try_recv();
                answers.push(answer.unwrap_or_else(|_| Err(Problem::internal("an update gave no answer"))));
            }
            self.desk.settle();
        }
        Ok(answers)
    }
}
