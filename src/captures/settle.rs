//! Settling what was accepted, beside the writer: after a document was answered, and after a restart what an earlier process
//! had not come to.

use super::matching::{Asked, judge};
use super::record::{EventSettle, Verdict, is_final, words_of};
use super::store::{Capture, CapturedEvent, pending};
use crate::auth::{Action, Permit, Scope, action, permit_now};
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, Database};
use crate::writer::Writer;

/// Events that are looked at one after the other before it is asked whether to go on.
const EVENTS_PER_STEP: i64 = 50;

/// What settles events.
pub struct Settling {
    database: Database,
    writer: Writer,
    /// The entry of the log up to which nothing is left to settle.
    settled: Option<i64>,
    /// Hears of each event before it is looked at.
    heard: fn(&CapturedEvent),
}

impl Settling {
    /// With this database and writer.
    pub fn new(database: Database, writer: Writer) -> Self {
        Self::heard_by(database, writer, |_| {})
    }

    /// The same, where something hears of each event before it is looked at: what ends badly there is as a fault of ours is.
    pub fn heard_by(database: Database, writer: Writer, heard: fn(&CapturedEvent)) -> Self {
        Self { database, writer, settled: None, heard }
    }

    /// Settles some of what is there, where anything was recorded since nothing was left or it is asked to look all the same;
    /// whether there may be more.
    ///
    /// # Errors
    /// What the database says, or `unavailable`: then it is tried again.
    pub fn step(&mut self, last: i64, is_due: bool) -> Outcome<bool> {
        if self.settled == Some(last) && !is_due {
            return Ok(false);
        }
        let rows = self.database.read(|conn| pending(conn, EVENTS_PER_STEP))?;
        for (row, sent) in &rows {
            self.settle(row, sent)?;
        }
        let is_done = rows.is_empty();
        self.settled = is_done.then_some(last);
        Ok(!is_done)
    }

    /// Settles one event. What cannot be settled for good waits, or it would keep all behind it.
    fn settle(&self, row: &CapturedEvent, sent: &Capture) -> Outcome<()> {
        // One that ends badly must not end the thread, and so keep all behind it.
        let look = || {
            (self.heard)(row);
            self.database.read(|conn| verdict_of(conn, row, sent))
        };
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(look));
        let bad = |_| Err(Problem::internal("looking at an event of another system ended badly"));
        let verdict = match looked.unwrap_or_else(bad) {
            Ok(verdict) => verdict,
            Err(problem) if problem.code.status() == 503 => return Err(problem),
            Err(problem) => Verdict::Park(None, told(&problem)),
        };
        let settle = |verdict| EventSettle {
            actor: sent.actor(),
            id: row.id,
            verdict,
            is_decided: false,
            beside: Vec::new(),
        };
        match self.writer.record_blocking(settle(verdict)) {
            Ok(_) => Ok(()),
            Err(problem) if problem.code.status() == 503 => Err(problem),
            Err(problem) => {
                self.writer.record_blocking(settle(Verdict::Park(None, told(&problem)))).map(|_| ())
            }
        }
    }
}

/// What is said of an event that could not be settled; of a fault of ours, no more than that it was one.
fn told(problem: &Problem) -> String {
    if !is_final(problem) {
        let cause = problem.internal.as_deref().unwrap_or(&problem.detail);
        tracing::error!(cause, "an event of another system cannot be settled");
    }
    words_of(problem)
}

/// Whether who sent a document may post its events now as it was sent: what is settled later is settled in their name.
fn may_still(conn: &mut Conn, sent: &Capture) -> Outcome<bool> {
    let permit: Option<Permit<action::CaptureWrite>> = permit_now(conn, sent.actor_id)?;
    let actor = permit.and_then(|permit| permit.further(Action::EventPost).ok());
    Ok(actor.is_some_and(|actor| actor.role == sent.role && actor.scope == sent.scope))
}

fn verdict_of(conn: &mut Conn, row: &CapturedEvent, sent: &Capture) -> Outcome<Verdict> {
    if !may_still(conn, sent)? {
        let words = "Who sent it may not post this any more.".to_owned();
        return Ok(Verdict::Park(None, words));
    }
    let event = row.read(sent)?;
    let scope = Scope::from_words(&sent.scope);
    judge(conn, &scope, &Asked { sent, event: &event, said: None })
}
