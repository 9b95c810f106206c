//! Slows down strangers address by address, so that nobody can try out codes or passwords, and callers who are known
//! one by one where what they ask for is expensive, so that none of them takes the server from the others.
//!
//! A code carries 50 random bits. At two tries a second one address needs some nine million years for half
//! of them, so the limit is there to keep guessing hopeless and cheap to refuse, not to be felt by people.
//! Never here: who somebody is, or what is expensive.

use crate::auth::subscriber;
use crate::core::id::UserId;
use crate::web::{Door, Expense, Throttle};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Requests an address may send at once: a desk of people behind one router, each with a handful of codes.
const BURST: NonZeroU32 = at_least_one(20);
/// Requests a second an address may go on with: faster than anybody types codes.
const PER_SECOND: NonZeroU32 = at_least_one(2);
/// Times a user's own password is checked at once, and then a minute: people mistype, and no program does it.
const PASSWORDS: (NonZeroU32, NonZeroU32) = (at_least_one(10), at_least_one(10));
/// Expensive questions of one user at once, and then a second: a page of figures asks a dozen, a program that reads
/// everything for a report some hundreds one after the other.
const FIGURES: (NonZeroU32, NonZeroU32) = (at_least_one(300), at_least_one(50));
/// Times a user has everything folded again at once, and then a minute: it reads every posting, and what it finds does not
/// change by being asked for again.
const RECOMPUTINGS: (NonZeroU32, NonZeroU32) = (at_least_one(10), at_least_one(2));
/// Tiles and proofs for one address at once, and then a second: whoever follows the log of a million entries reads four
/// thousand tiles once, and a few from then on. Each is a few hundred rows by their keys.
const PROOFS: (NonZeroU32, NonZeroU32) = (at_least_one(1_000), at_least_one(50));
/// Questions by mail that one address has sent at once, and then an hour: a family or an office behind one router, each once. They
/// go to whomever is named, so nobody has many people bothered.
const QUESTIONS: (NonZeroU32, NonZeroU32) = (at_least_one(20), at_least_one(20));
/// Requests between two clearings of whoever has the whole burst again, which is soon after the last request.
const CLEAR_EVERY: u32 = 1_024;
/// Buckets of one kind. Whoever comes is put into one of them by a secret hash: two seldom share one, nobody can aim at
/// another's, and however many come, no more memory is taken.
const BUCKETS: u64 = 1 << 18;

const fn at_least_one(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// Buckets of one size.
struct Row {
    buckets: DefaultKeyedRateLimiter<u64>,
    hash: RandomState,
    clock: DefaultClock,
    admitted: AtomicU32,
}

impl Row {
    fn new(quota: Quota) -> Self {
        Self {
            buckets: RateLimiter::keyed(quota),
            hash: RandomState::new(),
            clock: DefaultClock::default(),
            admitted: AtomicU32::new(0),
        }
    }

    fn admit(&self, who: impl Hash) -> Result<(), Duration> {
        let bucket = self.hash.hash_one(who) % BUCKETS;
        let verdict =
            self.buckets.check_key(&bucket).map_err(|refusal| refusal.wait_time_from(self.clock.now()));
        // Refused requests take no further bucket, so only the others are counted.
        if verdict.is_ok() && self.admitted.fetch_add(1, Ordering::Relaxed) % CLEAR_EVERY == CLEAR_EVERY - 1 {
            self.buckets.retain_recent();
            self.buckets.shrink_to_fit();
        }
        verdict
    }
}

/// A bucket for each address at each door, and for each user and kind of expense.
pub struct Buckets {
    doors: Row,
    passwords: Row,
    figures: Row,
    recomputings: Row,
    proofs: Row,
    questions: Row,
}

impl Default for Buckets {
    fn default() -> Self {
        let per_minute = |(burst, rate)| Quota::per_minute(rate).allow_burst(burst);
        let per_second = |(burst, rate)| Quota::per_second(rate).allow_burst(burst);
        Self {
            doors: Row::new(per_second((BURST, PER_SECOND))),
            passwords: Row::new(per_minute(PASSWORDS)),
            figures: Row::new(per_second(FIGURES)),
            recomputings: Row::new(per_minute(RECOMPUTINGS)),
            proofs: Row::new(per_second(PROOFS)),
            questions: Row::new(Quota::per_hour(QUESTIONS.1).allow_burst(QUESTIONS.0)),
        }
    }
}

impl Buckets {
    /// Buckets in use at the doors.
    pub fn remembered(&self) -> usize {
        self.doors.buckets.len()
    }
}

impl Throttle for Buckets {
    fn admit(&self, door: Door, peer: IpAddr) -> Result<(), Duration> {
        match door {
            // Whoever tries codes tries both kinds.
            Door::Links => self.doors.admit((Door::Codes, subscriber(peer))),
            Door::Codes | Door::Logins | Door::Sessions | Door::Lists => {
                self.doors.admit((door, subscriber(peer)))
            }
            // Codes can be tried here as well, so this passes their door too: last, so that who must wait for an hour is
            // not told to wait for a second.
            Door::Questions => {
                self.questions.admit(subscriber(peer))?;
                self.doors.admit((Door::Codes, subscriber(peer)))
            }
            Door::Proofs => self.proofs.admit(subscriber(peer)),
        }
    }

    fn spend(&self, expense: Expense, user: UserId) -> Result<(), Duration> {
        match expense {
            Expense::Password => self.passwords.admit(user),
            Expense::Figures => self.figures.admit(user),
            Expense::Recomputing => self.recomputings.admit(user),
        }
    }
}
