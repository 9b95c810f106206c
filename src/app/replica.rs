//! A thread that watches how far behind the replica is, four times a second.
//!
//! It asks the database for the last entry of its log, and then the replica whether it has that entry. What the replica
//! holds then is as fresh as the moment at which the first question was begun. While it catches up it is held against the
//! entries that were last a little earlier.

use super::background::Background;
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, Replica, Standing, connect};
use crate::writer::{LogHead, leaf_hash, log_head, log_state};
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
        let mut watch = Watch { database: Link::to(&url), copy, heads: Heads::default(), replica };
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

/// The last entries the database had, each with the latest moment at which it was the last.
#[derive(Default)]
struct Heads(VecDeque<(LogHead, Instant)>);

impl Heads {
    /// Notes the last entry at a moment; what was seen before it by longer than `lag` is of no use any more.
    fn note(&mut self, head: LogHead, at: Instant, lag: Duration) {
        match self.0.back_mut() {
            Some((last, seen)) if *last == head => *seen = at,
            // Entries that are gone were another past's, as where an older copy was put back.
            Some((last, _)) if last.sequence >= head.sequence || last.origin != head.origin => {
                self.0.clear();
                self.0.push_back((head, at));
            }
            Some(_) | None => self.0.push_back((head, at)),
        }
        while self.0.len() > 1 && self.0.front().is_some_and(|(_, seen)| seen.elapsed() > lag) {
            self.0.pop_front();
        }
    }

    /// The newest that whoever goes up to this sequence should have.
    fn newest_within(&self, sequence: i64) -> Option<&(LogHead, Instant)> {
        self.0.iter().rev().find(|(head, _)| head.sequence <= sequence)
    }

    fn origin(&self) -> Option<&str> {
        self.0.back().map(|(head, _)| head.origin.as_str())
    }
}

/// Up to which entry a replica goes, and the latest moment of which it holds everything.
type Held = (i64, Option<Instant>);

struct Watch {
    database: Link,
    copy: Link,
    heads: Heads,
    replica: Replica,
}

impl Watch {
    fn look(&mut self) {
        let asked_at = Instant::now();
        match self.database.ask(log_head) {
            Ok(head) => {
                self.heads.note(head, asked_at, self.replica.lag());
                self.replica.database_answered(asked_at);
            }
            Err(problem) => unanswered("the database", &problem),
        }
        let heads = &self.heads;
        match self.copy.ask(|conn| held(conn, heads)) {
            Ok(Some((sequence, current_at))) => self.replica.holds(sequence, current_at),
            Ok(None) => self.replica.is_in_trouble(Standing::Strange),
            Err(problem) => {
                unanswered("the replica", &problem);
                self.replica.is_in_trouble(Standing::Unreachable);
            }
        }
    }
}

/// What a replica holds; `None` where that is not what the database had.
fn held(conn: &mut Conn, heads: &Heads) -> Outcome<Option<Held>> {
    let copy = log_state(conn)?;
    if heads.origin().is_some_and(|origin| origin != copy.origin) {
        return Ok(None);
    }
    let sequence = copy.last.sequence;
    let Some((head, at)) = heads.newest_within(sequence) else { return Ok(Some((sequence, None))) };
    let is_same = leaf_hash(conn, head.sequence)? == head.leaf_hash;
    Ok(is_same.then_some((sequence, Some(*at))))
}

fn unanswered(which: &str, problem: &Problem) {
    tracing::debug!(cause = problem.internal.as_deref(), "{which} did not answer who watches the replica");
}
