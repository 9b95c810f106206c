//! The pause after wrong passwords, per account: it grows and is capped, and is never a lock-out.
//!
//! A stranger who guesses makes the account's owner wait a few seconds, no more: the right password is
//! always heard. Accounts that do not exist are treated alike, so that the pause tells nothing.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong passwords that cost nothing: people mistype.
const FREE_FAILURES: u32 = 3;
/// The first pause; each further failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// After this time without a failure an account starts afresh.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);
/// Accounts remembered; beyond it those that are longest quiet are forgotten first.
const ACCOUNTS_LIMIT: usize = 10_000;

struct Failures {
    count: u32,
    last: Instant,
}

/// Failures by account.
#[derive(Default)]
pub(super) struct Delays {
    accounts: Mutex<HashMap<[u8; 32], Failures>>,
}

impl Delays {
    /// How long the next attempt at an account has to wait.
    pub(super) fn pause(&self, login: &str) -> Duration {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        match accounts.get(&key(login)) {
            Some(failures) if failures.last.elapsed() < FORGOTTEN_AFTER => pause_after(failures.count),
            Some(_) | None => Duration::ZERO,
        }
    }

    /// Notes a wrong password; answers how many there were in a row.
    pub(super) fn failed(&self, login: &str) -> u32 {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= ACCOUNTS_LIMIT {
            let mut quiet: Vec<Instant> = accounts.values().map(|failures| failures.last).collect();
            quiet.sort_unstable();
            let cut = quiet[quiet.len() / 2];
            accounts.retain(|_, failures| failures.last > cut);
        }
        let now = Instant::now();
        let failures = accounts.entry(key(login)).or_insert(Failures { count: 0, last: now });
        if failures.last.elapsed() >= FORGOTTEN_AFTER {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        failures.count
    }

    /// Notes the right password; answers how many wrong ones came before it.
    pub(super) fn succeeded(&self, login: &str) -> u32 {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.remove(&key(login)).map_or(0, |failures| failures.count)
    }
}

/// Accounts are kept as digests: what strangers type as a login may be anything, of any length.
fn key(login: &str) -> [u8; 32] {
    Sha256::digest(login.as_bytes()).into()
}

fn pause_after(failures: u32) -> Duration {
    match failures.checked_sub(FREE_FAILURES) {
        None => Duration::ZERO,
        Some(beyond) => FIRST_PAUSE.saturating_mul(1 << beyond.min(10)).min(LONGEST_PAUSE),
    }
}
