//! Where time and chance come from.

use super::log;
use crate::core::time::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where a writer gets its time and chance from.
#[derive(Clone, Copy, Debug, Default)]
pub enum Source {
    /// The clock and the random source of this machine.
    #[default]
    Machine,
    /// Always the same, so that two ledgers can be compared entry by entry.
    Fixed {
        /// The clock.
        now: Timestamp,
        /// The chance.
        entropy: [u8; 32],
    },
}

impl Source {
    /// What a log begun here is called: no two alike, where there is chance.
    pub(super) fn name(self) -> String {
        match self {
            Self::Machine => format!("{}/{:016x}", log::LEDGER_ORIGIN, rand::random::<u64>()),
            Self::Fixed { .. } => log::LEDGER_ORIGIN.to_owned(),
        }
    }

    pub(super) fn draw(self) -> (Timestamp, [u8; 32]) {
        match self {
            Self::Machine => (now(), rand::random()),
            Self::Fixed { now, entropy } => (now, entropy),
        }
    }
}

/// The clock of this machine.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
