//! A thread that watches how far behind the replica is, four times a second.
//!
//! It asks the database how long its log is, then the replica for its last entry, then the database whether it has that
//! entry too. If so the replica holds what the database held, up to there: it is as fresh as the latest moment at which
//! the database was asked and had no more. While the replica catches up that is a little while ago.

use super::background::Background;
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, Replica, Standing, connect};
use crate::writer::{LogHead, LogState, leaf_hash, log_head, log_state};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How often both are looked at: what it adds to the age that is told, and two rows read on each side.
const PERIOD: Duration = Duration::from_millis(250);

/// Starts watching.
///
/// # Errors
/// Where the thread cannot be started.
pub(super) fn keep_watching(url: String, replica: Replica) -> Outcome<Background> {
    Background::start("relief-replica", move |stopped| {
        let copy = Link::to(replica.database().url());
        let mut watch = Watch { database: Link::to(&url), copy, lengths: Lengths::default(), replica };
        let mut told = None;
        loop {
            watch.look();
            let standing = watch.replica.standing();
            if told != Some(standing) {
                tracing::info!(standing = standing.word(), "the replica stands anew");
                told = Some(standing);
            }
            if stopped.within(PERIOD) {
                return;
            }
        }
    })
}

/// A connection that is made anew where it failed.
struct Link {
    url: String,
    conn: Option<Conn>,
}

impl Link {
    fn to(url: &str) -> Self {
        Self { url: url.to_owned(), conn: None }
    }

    fn ask<T>(&mut self, question: impl FnOnce(&mut Conn) -> Outcome<T>) -> Outcome<T> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => connect(&self.url)?,
        };
        let answer = question(&mut conn)?;
        self.conn = Some(conn);
        Ok(answer)
    }
}

/// How many entries the database had, with the latest moment at which it had no more.
#[derive(Default)]
struct Lengths {
    origin: String,
    seen: VecDeque<(i64, Instant)>,
}

impl Lengths {
    /// Notes where the log stood at a moment; what was seen longer than `lag` before is of no use any more.
    fn note(&mut self, log: LogState, at: Instant, lag: Duration) {
        let sequence = log.last.sequence;
        // Entries that are gone were another past's, as where an older copy was put back.
        if self.origin != log.origin || self.seen.back().is_some_and(|(last, _)| *last > sequence) {
            self.seen.clear();
            self.origin = log.origin;
        }
        match self.seen.back_mut() {
            Some((last, seen)) if *last == sequence => *seen = at,
            Some(_) | None => self.seen.push_back((sequence, at)),
        }
        while self.seen.len() > 1 && self.seen.front().is_some_and(|(_, seen)| seen.elapsed() > lag) {
            self.seen.pop_front();
        }
    }

    /// The latest moment at which the database had no more than so many.
    fn last_within(&self, sequence: i64) -> Option<Instant> {
        self.seen.iter().rev().find(|(length, _)| *length <= sequence).map(|(_, at)| *at)
    }
}

struct Watch {
    database: Link,
    copy: Link,
    lengths: Lengths,
    replica: Replica,
}

impl Watch {
    fn look(&mut self) {
        let asked_at = Instant::now();
        let answered = match self.database.ask(log_state) {
            Ok(log) => {
                self.lengths.note(log, asked_at, self.replica.lag());
                self.replica.database_answered(asked_at);
                true
            }
            Err(problem) => {
                unanswered("the database", &problem);
                false
            }
        };
        match self.copy.ask(log_head) {
            Ok(_) if !answered => self.replica.answers(),
            Ok(copy) => self.compare(&copy),
            Err(problem) => {
                unanswered("the replica", &problem);
                self.replica.is_in_trouble(Standing::Unreachable);
            }
        }
    }

    /// What a replica says that ends with this entry. A log that has it has all before it, and no other has.
    fn compare(&mut self, copy: &LogHead) {
        let sequence = copy.sequence;
        match self.database.ask(|conn| leaf_hash(conn, sequence)) {
            Ok(own) if own == copy.leaf_hash && self.lengths.origin == copy.origin => {
                self.replica.holds(sequence, self.lengths.last_within(sequence));
            }
            // A standby may show a commit that its primary does not yet show; one that stays ahead ages.
            Ok(None) if self.lengths.origin == copy.origin => self.replica.answers(),
            Ok(_) => self.replica.is_in_trouble(Standing::Strange),
            Err(problem) => {
                unanswered("the database", &problem);
                self.replica.answers();
            }
        }
    }
}

fn unanswered(which: &str, problem: &Problem) {
    tracing::debug!(cause = problem.internal.as_deref(), "{which} did not answer who watches the replica");
}
