//! When somebody who did not take something is told again. Pure.

use crate::core::time::{MICROSECONDS, Timestamp};

/// Seconds between the attempts at one message: soon at first, as most faults pass in a moment, then for two days, as people
/// mend a receiver after a weekend's night at the latest. After the last it is given up and kept.
pub const STEPS_SECONDS: [i64; 9] =
    [5, 30, 2 * 60, 10 * 60, 30 * 60, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR];
const HOUR: i64 = 60 * 60;

/// Failures one after another from which on somebody is taken to be out of order: then one letter is tried at a time, and
/// what comes meanwhile stays in the log, where it costs nothing.
pub const BROKEN_FAILURES: i64 = 3;

/// Seconds for which whoever is out of order rests at most: as long as it is away after it was mended.
pub const REST_MAXIMUM_SECONDS: i64 = 10 * 60;

/// Seconds for which a receiver's own word of when to come again is believed at most.
pub const ASKED_REST_MAXIMUM_SECONDS: i64 = HOUR;

/// How long a second of a schedule takes, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace(pub i64);

impl Pace {
    /// As long as a second is; only tests have shorter ones.
    pub const ORDINARY: Self = Self(MICROSECONDS);

    /// So many seconds of a schedule from a time on.
    pub fn after(self, from: Timestamp, seconds: i64) -> Timestamp {
        Timestamp(from.0.saturating_add(seconds.saturating_mul(self.0)))
    }
}

/// When a message is tried again that was not taken in so many attempts; none where it is given up. With `chance`, up to a
/// fifth later, so that what failed together does not come together again.
pub fn next_try(attempts: i64, chance: u64, now: Timestamp, pace: Pace) -> Option<Timestamp> {
    let step = usize::try_from(attempts - 1).ok().and_then(|step| STEPS_SECONDS.get(step))?;
    let base = step.saturating_mul(pace.0);
    let further = base / 5 * i64::try_from(chance % 1_000).unwrap_or(0) / 1_000;
    Some(Timestamp(now.0.saturating_add(base).saturating_add(further)))
}

/// Until when somebody rests after so many failures one after another; longer where it asked for that.
pub fn rest_until(failures: i64, asked_seconds: Option<i64>, now: Timestamp, pace: Pace) -> Timestamp {
    let doublings = u32::try_from((failures - 1).clamp(0, 20)).unwrap_or(20);
    let usual = (1_i64 << doublings).min(REST_MAXIMUM_SECONDS);
    let asked = asked_seconds.unwrap_or(0).clamp(0, ASKED_REST_MAXIMUM_SECONDS);
    pace.after(now, usual.max(asked))
}
