//! One turn of one outlet: first what it did not take before, then what came since, until it fails, is told all, or others
//! want their turn.

use super::channel::{Channel, Message, Opening, Telling, Verdict};
use super::rules::{BROKEN_FAILURES, Pace, next_try, rest_until};
use super::store::{Letter, Outlet, letter_id, letters_to_try, remove_letter, remove_outlet, write_letter};
use crate::auth::now;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Conn, Database, connect, read_failure, write_derived};
use diesel::QueryResult;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a turn goes on before others have theirs; what is under way is finished.
const TURN_TIME: Duration = Duration::from_secs(5);
/// Entries of the log that are looked through at once: one short query, whatever is found.
const WINDOW: i64 = 5_000;
/// Letters an error is kept in: enough to find the fault, and no more of what a stranger's server says.
const ERROR_CHARS_MAX: usize = 300;

/// What turns share.
pub(super) struct Shared {
    /// For reading, with few connections of its own, so that requests never wait for turns.
    pub(super) database: Database,
    pub(super) url: String,
    pub(super) channels: Vec<Box<dyn Channel>>,
    pub(super) pace: Pace,
    pub(super) stopping: AtomicBool,
    /// For writing how far each was told, one after another.
    pub(super) own: Mutex<Option<Conn>>,
}

impl Shared {
    /// Writes beside the writer, on a connection that is made anew after it failed.
    pub(super) fn write<T>(&self, work: impl FnOnce(&mut Conn) -> QueryResult<T>) -> Outcome<T> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let mut conn = match own.take() {
            Some(conn) => conn,
            None => connect(&self.url)?,
        };
        let mut done = None;
        write_derived(&mut conn, |conn| {
            done = Some(work(conn)?);
            Ok(())
        })
        .map_err(read_failure)?;
        *own = Some(conn);
        done.ok_or_else(|| Problem::internal("a write of how far others were told ended without a result"))
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// How a turn ended.
pub(super) enum Ended {
    /// The outlet stands so now; whether anything was told or tried, and what of ours kept it from going on.
    Stands { outlet: Box<Outlet>, has_told: bool, fault: Option<Problem> },
    /// It cannot be told anything at present.
    NotNow,
    /// It is gone.
    Gone,
}

/// A turn under way.
struct Turn<'a> {
    shared: &'a Shared,
    telling: Box<dyn Telling>,
    outlet: Outlet,
    /// Whether it is told of each entry as it comes.
    follows: bool,
    has_told: bool,
    /// Whether something failed that is told anew the next time.
    is_due_still: bool,
    begun: Instant,
}

/// Tells an outlet what is to be told up to an entry of the log.
pub(super) fn take(shared: &Shared, outlet: Outlet, newest: i64) -> Outcome<Ended> {
    let Some(channel) = shared.channels.iter().find(|channel| channel.kind() == outlet.kind) else {
        return Ok(Ended::NotNow);
    };
    let telling = match channel.open(&outlet)? {
        Opening::Ready(telling) => telling,
        Opening::NotNow => return Ok(Ended::NotNow),
        Opening::Ended => {
            shared.write(|conn| remove_outlet(conn, outlet.id))?;
            return Ok(Ended::Gone);
        }
    };
    let (follows, begun) = (channel.follows_log(), Instant::now());
    let mut turn = Turn { shared, telling, outlet, follows, has_told: false, is_due_still: false, begun };
    // What was told before a fault was told, so where the outlet stands is answered with the fault.
    let fault = turn.run(newest).err();
    Ok(Ended::Stands { outlet: Box::new(turn.outlet), has_told: turn.has_told, fault })
}

impl Turn<'_> {
    fn run(&mut self, newest: i64) -> Outcome<()> {
        if !self.letters()? {
            return Ok(());
        }
        if self.follows {
            return self.news(newest);
        }
        if self.outlet.due_at.is_none_or(|due| due > now()) {
            return Ok(());
        }
        // Whoever is told at times is told as things stand then, whether or not anything was recorded since.
        self.told(self.outlet.told_through, newest)?;
        if !self.is_due_still {
            self.outlet.due_at = self.telling.due_after(now());
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.begun.elapsed() > TURN_TIME || self.shared.is_stopping()
    }

    /// Tries what was not taken before; says whether to go on.
    fn letters(&mut self) -> Outcome<bool> {
        let (id, is_broken) = (self.outlet.id, self.outlet.failures >= BROKEN_FAILURES);
        let letters = self.shared.database.read(|conn| letters_to_try(conn, id, now(), is_broken))?;
        for letter in letters {
            if self.is_over() {
                return Ok(false);
            }
            let Some(message) = self.telling.again(letter.after_sequence, letter.sequence)? else {
                self.shared.write(|conn| remove_letter(conn, letter.id))?;
                continue;
            };
            match self.tell(&message)? {
                None => self.shared.write(|conn| remove_letter(conn, letter.id))?,
                Some(words) => {
                    let letter = self.failed_again(letter, words);
                    self.shared.write(|conn| write_letter(conn, &letter))?;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// A letter that was tried once more in vain. One that was only a test of whether somebody is in order again does not
    /// come nearer to being given up.
    fn failed_again(&self, letter: Letter, words: String) -> Letter {
        let at = now();
        if letter.next_at.is_some_and(|next| next > at) {
            return Letter { error: words, last_at: at, ..letter };
        }
        let attempts = letter.attempts + 1;
        Letter { attempts, next_at: self.next(&letter, attempts, at), error: words, last_at: at, ..letter }
    }

    fn next(&self, letter: &Letter, attempts: i64, at: Timestamp) -> Option<Timestamp> {
        let chance = u64::from(letter.id.0.as_bytes()[14]) * 256 + u64::from(letter.id.0.as_bytes()[15]);
        next_try(attempts, chance, at, self.shared.pace)
    }

    /// Tells what came since.
    fn news(&mut self, newest: i64) -> Outcome<()> {
        while self.outlet.told_through < newest && !self.is_over() {
            let from = self.outlet.told_through;
            if !self.told(from, newest.min(from.saturating_add(WINDOW)))? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Tells what there is between two entries; says whether all of it was taken, and there is time for more.
    fn told(&mut self, from: i64, through: i64) -> Outcome<bool> {
        let found = self.telling.find(from, through)?;
        for message in found.messages {
            if let Some(words) = self.tell(&message)? {
                self.put_by(&message, words)?;
                return Ok(false);
            }
            self.outlet.told_through = message.through;
            if self.is_over() {
                return Ok(false);
            }
        }
        self.outlet.told_through = self.outlet.told_through.max(found.through);
        Ok(true)
    }

    /// Keeps what was not taken, so that what comes after it need not wait for it. What tells how things stand, and not what
    /// was recorded, is told anew the next time instead, as they stand then.
    fn put_by(&mut self, message: &Message, words: String) -> Outcome<()> {
        if message.through <= message.after {
            self.is_due_still = true;
            return Ok(());
        }
        let at = now();
        let letter = Letter {
            id: letter_id(self.outlet.id, message.through),
            outlet_id: self.outlet.id,
            after_sequence: message.after,
            sequence: message.through,
            attempts: 1,
            next_at: None,
            error: words,
            first_at: at,
            last_at: at,
        };
        let letter = Letter { next_at: self.next(&letter, 1, at), ..letter };
        self.shared.write(|conn| write_letter(conn, &letter))?;
        self.outlet.told_through = message.through;
        Ok(())
    }

    /// Tells a message; answers why it was not taken.
    fn tell(&mut self, message: &Message) -> Outcome<Option<String>> {
        let verdict = self.telling.tell(message, now())?;
        let at = now();
        self.has_told = true;
        self.outlet.tried_at = Some(at);
        match verdict {
            Verdict::Taken => {
                self.outlet.taken_at = Some(at);
                self.outlet.noted = message.note.clone();
                self.outlet.failures = 0;
                self.outlet.resting_until = Timestamp(0);
                self.outlet.error = None;
                Ok(None)
            }
            Verdict::Refused { words, rest_seconds } => {
                let words: String = words.chars().take(ERROR_CHARS_MAX).collect();
                self.outlet.failures += 1;
                self.outlet.resting_until =
                    rest_until(self.outlet.failures, rest_seconds, at, self.shared.pace);
                self.outlet.error = Some(words.clone());
                Ok(Some(words))
            }
        }
    }
}
