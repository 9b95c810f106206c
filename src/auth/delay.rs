//! The pause after wrong passwords: it grows and is capped, and is never a lock-out.
//!
//! Attempts at one account from one address take turns, each after its pause: guessing from a few connections is no
//! faster than from one. Whoever comes when the turns are taken for a while waits as long as the longest turn, side by
//! side with others, and is then heard: behind one router there may be a whole office, and whoever guesses there must
//! not keep the account's owner out. How fast an address may try at all is measured at the door. Attempts from
//! elsewhere wait for the account's pause only, side by side, so that a stranger who guesses makes the account's owner
//! wait a few seconds, no more: the right password is always heard. Accounts that do not exist are treated alike, so
//! that the pause tells nothing. An attempt counts when it begins, so that nobody escapes by hanging up.

use super::address::subscriber;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong passwords that cost nothing: people mistype.
const FREE_FAILURES: u32 = 3;
/// The first pause; each further failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest an attempt waits for its turn; later ones wait as long, and take none.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// After this time without a failure an account starts afresh.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);
/// Accounts and addresses remembered; beyond it those that are longest quiet are forgotten first.
const REMEMBERED_LIMIT: usize = 20_000;

type Key = [u8; 32];

struct Attempts {
    /// Begun and not known to be right.
    count: u32,
    last: Instant,
    /// When the next one from the same address has its turn.
    next_turn: Instant,
}

/// Attempts by account, and by account and address.
#[derive(Default)]
pub(super) struct Delays {
    attempts: Mutex<HashMap<Key, Attempts>>,
}

impl Delays {
    /// Begins an attempt at an account: how long it has to wait.
    pub(super) fn begin(&self, login: &str, from: Option<IpAddr>) -> Duration {
        let now = Instant::now();
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        forget_quiet(&mut attempts, now);
        let mine = attempts.entry(key(login, from)).or_insert_with(|| Attempts::none(now));
        mine.start_afresh(now);
        let turn = mine.next_turn.max(now);
        let wait = (turn - now).min(LONGEST_WAIT);
        mine.count(now);
        if turn - now <= LONGEST_WAIT {
            mine.next_turn = turn + pause_after(mine.count);
        }
        let account = attempts.entry(key(login, None)).or_insert_with(|| Attempts::none(now));
        account.start_afresh(now);
        let pause = pause_after(account.count);
        account.count(now);
        wait.max(pause)
    }

    /// Notes the right password; answers how many wrong ones came before it.
    pub(super) fn succeeded(&self, login: &str, from: Option<IpAddr>) -> u32 {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.remove(&key(login, from));
        attempts.remove(&key(login, None)).map_or(0, |account| account.count.saturating_sub(1))
    }
}

impl Attempts {
    fn none(now: Instant) -> Self {
        Self { count: 0, last: now, next_turn: now }
    }

    fn start_afresh(&mut self, now: Instant) {
        if now.saturating_duration_since(self.last) >= FORGOTTEN_AFTER {
            *self = Self::none(now);
        }
    }

    fn count(&mut self, now: Instant) {
        self.count = self.count.saturating_add(1);
        self.last = now;
    }
}

fn forget_quiet(attempts: &mut HashMap<Key, Attempts>, now: Instant) {
    if attempts.len() < REMEMBERED_LIMIT {
        return;
    }
    let mut quiet: Vec<Duration> =
        attempts.values().map(|one| now.saturating_duration_since(one.last)).collect();
    quiet.sort_unstable();
    let cut = quiet[quiet.len() / 2];
    attempts.retain(|_, one| now.saturating_duration_since(one.last) < cut);
}

/// What strangers type as a login may be anything, of any length, so digests are kept.
fn key(login: &str, from: Option<IpAddr>) -> Key {
    let mut digest = Sha256::new();
    digest.update(login.as_bytes());
    if let Some(from) = from {
        digest.update([0]);
        digest.update(subscriber(from).to_string().as_bytes());
    }
    digest.finalize().into()
}

fn pause_after(failures: u32) -> Duration {
    match failures.checked_sub(FREE_FAILURES) {
        None => Duration::ZERO,
        Some(beyond) => FIRST_PAUSE.saturating_mul(1 << beyond.min(10)).min(LONGEST_PAUSE),
    }
}
