//! A copy of the database that follows it on another machine, and what is known of how far behind it is.
//!
//! Its age is measured by what it holds and on one clock, this machine's: it is as fresh as the latest moment at which
//! the database was asked and held no more than the copy was shown to hold. Clocks of other machines are not believed, and
//! a copy that stands still is fresh only as long as the database is seen to stand still with it. Never here: asking;
//! see `app/replica.rs`.

use super::{Database, Settings};
use crate::core::problem::{Outcome, Problem};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How old what a replica tells may be where nobody says: figures are read by people, who do not notice ten seconds,
/// and a standby takes less to be promoted.
pub const DEFAULT_READ_LAG_SECONDS: u32 = 10;
/// The longest anybody may say: what is an hour old is a backup.
pub const READ_LAG_SECONDS_LIMIT: u32 = 3_600;
/// After so long without an answer the database counts as gone: eight looks of whoever watches.
pub const SILENCE: Duration = Duration::from_secs(2);

/// How a replica stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is young enough to be read.
    Serving,
    /// What it was last shown to hold is too old, or nothing was shown yet.
    Late,
    /// It does not answer.
    Unreachable,
    /// It holds what the database does not: another ledger, or another past.
    Strange,
}

impl Standing {
    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Late => "late",
            Self::Unreachable => "unreachable",
            Self::Strange => "strange",
        }
    }
}

/// What was seen last.
#[derive(Clone, Copy)]
struct Seen {
    /// When the database was last asked with success.
    database_at: Instant,
    /// The last moment of which the replica holds all that was recorded by then.
    current_at: Option<Instant>,
    /// The last entry it holds.
    sequence: i64,
    /// Why it cannot be read at all.
    trouble: Option<Standing>,
}

impl Seen {
    fn standing(&self, lag: Duration) -> Standing {
        let is_young = self.current_at.is_some_and(|moment| moment.elapsed() <= lag);
        match self.trouble {
            Some(trouble) => trouble,
            None if is_young => Standing::Serving,
            None => Standing::Late,
        }
    }
}

/// A copy that may be read instead of the database; clones share it.
#[derive(Clone)]
pub struct Replica(Arc<Shared>);

struct Shared {
    database: Database,
    lag: Duration,
    seen: Mutex<Seen>,
    served: AtomicU64,
    diverted: AtomicU64,
}

impl Replica {
    /// A replica at a URL that need not answer yet, and how old what it tells may be.
    ///
    /// # Errors
    /// `unavailable` where no pool can be made.
    pub fn new(settings: Settings, lag: Duration) -> Outcome<Self> {
        let database = Database::expected(settings)?;
        let seen = Seen { database_at: Instant::now(), current_at: None, sequence: 0, trouble: None };
        Ok(Self(Arc::new(Shared {
            database,
            lag,
            seen: Mutex::new(seen),
            served: AtomicU64::new(0),
            diverted: AtomicU64::new(0),
        })))
    }

    /// For reading; ask [`Replica::admits`] first.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// How old what it tells may be.
    pub fn lag(&self) -> Duration {
        self.0.lag
    }

    /// The last entry it was seen to hold, where a request may be answered from here that wants this entry of the ledger
    /// in it. Each is counted.
    pub fn admits(&self, at_least: i64) -> Option<i64> {
        let seen = self.seen();
        let admitted = seen.standing(self.0.lag) == Standing::Serving && seen.sequence >= at_least;
        let counter = if admitted { &self.0.served } else { &self.0.diverted };
        counter.fetch_add(1, Ordering::Relaxed);
        admitted.then_some(seen.sequence)
    }

    /// Requests that were let in here, and those that were sent to the database although they might have been.
    pub fn counts(&self) -> (u64, u64) {
        (self.0.served.load(Ordering::Relaxed), self.0.diverted.load(Ordering::Relaxed))
    }

    /// How it stands at this moment.
    pub fn standing(&self) -> Standing {
        self.seen().standing(self.0.lag)
    }

    /// How old what it was shown to hold is; `None` before it was shown to hold anything.
    pub fn age(&self) -> Option<Duration> {
        self.seen().current_at.map(|moment| moment.elapsed())
    }

    /// The last entry of the ledger it was seen to hold.
    pub fn sequence(&self) -> i64 {
        self.seen().sequence
    }

    /// Whether the database itself has not answered for a while.
    pub fn is_alone(&self) -> bool {
        self.seen().database_at.elapsed() > SILENCE
    }

    /// Notes that the database answered what it was asked at this moment.
    pub fn database_answered(&self, asked_at: Instant) {
        self.note(|seen| seen.database_at = asked_at);
    }

    /// Notes that the replica answers, while nothing was shown of what it holds.
    pub fn answers(&self) {
        self.note(|seen| seen.trouble = seen.trouble.filter(|trouble| *trouble != Standing::Unreachable));
    }

    /// Notes up to which entry the replica goes, and the latest moment of which it holds everything, where it is known.
    pub fn holds(&self, sequence: i64, current_at: Option<Instant>) {
        self.note(|seen| {
            seen.trouble = None;
            // What was shown once stays so, but of one that holds less than before: that is another copy, such as one
            // that was made anew of an older backup.
            let is_the_same = sequence >= seen.sequence;
            seen.current_at = if is_the_same { seen.current_at.max(current_at) } else { current_at };
            seen.sequence = sequence;
        });
    }

    /// Notes why the replica cannot be read at all.
    pub fn is_in_trouble(&self, trouble: Standing) {
        self.note(|seen| {
            seen.trouble = Some(trouble);
            if trouble == Standing::Strange {
                // What was shown was shown of another one.
                seen.current_at = None;
            }
        });
    }

    /// A copy, so that nobody holds the lock while asking something else.
    fn seen(&self) -> Seen {
        *self.lock()
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // Nothing is half-done while the lock is held.
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuses a replica that cannot be one of this database.
///
/// # Errors
/// `invalid` at `/read_database_url`.
pub fn check_replica(database_url: &str, replica_url: &str) -> Outcome<()> {
    let is_postgres = |url: &str| url.starts_with("postgres://") || url.starts_with("postgresql://");
    let words = match (is_postgres(database_url), is_postgres(replica_url)) {
        (true, true) => return Ok(()),
        (false, _) => {
            "Only a PostgreSQL database has a replica to read from; database_url is none. Leave read_database_url out, or \
             write postgres://user@host/name as database_url."
        }
        (true, false) => {
            "A replica is a standby of the PostgreSQL database at database_url; write postgres://user@host/name."
        }
    };
    Err(Problem::field("/read_database_url", words))
}
