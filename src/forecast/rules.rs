//! Pure rules of how long legs take: what a trip is, quantiles of trips, and what follows for a leg under way.
//!
//! Durations are whole minutes. A quantile is the smallest value that at least so many tenths of the values do not exceed:
//! definition 1 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50
//! (1996), 361–365. It is always one of the values, so nothing is rounded and no trip is made up.

use crate::core::time::{MICROSECONDS, Timestamp};
use serde::{Deserialize, Serialize};

/// Trips below which a corridor tells nothing of its slow ones: with eight, the ninetieth percentile is the slowest.
pub const TRIPS_MINIMUM: usize = 8;
/// The latest trips of a corridor that count: roads, seasons and carriers change, and a history of years would answer for
/// what was.
pub const TRIPS_LATEST: usize = 50;
/// The latest trips of a mode and distance that count, over all corridors.
pub const BAND_LATEST: usize = 1_000;

/// Microseconds of a minute.
pub const MINUTE: i64 = 60 * MICROSECONDS;
/// Microseconds of a day.
pub const DAY: i64 = 24 * 60 * MINUTE;
const DAY_MINUTES: i64 = 24 * 60;

/// Where distance bands end, in metres: each is about three times as long as the one before.
const BAND_ENDS_M: [u64; 5] = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000];

/// Which distances are taken for alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Band(usize);

impl Band {
    /// The band of a length.
    pub fn of(length_m: u64) -> Self {
        Self(BAND_ENDS_M.iter().filter(|end| length_m >= **end).count())
    }

    /// Its least length.
    pub fn from_m(self) -> u64 {
        self.0.checked_sub(1).and_then(|before| BAND_ENDS_M.get(before)).copied().unwrap_or(0)
    }

    /// The length it stays below; none for the longest.
    pub fn below_m(self) -> Option<u64> {
        BAND_ENDS_M.get(self.0).copied()
    }
}

/// How long a trip took; none where it arrived before it left. Where one of its times is known to the day only, whole days
/// are counted, so that no hour is made up.
pub fn duration_minutes(departed_at: Timestamp, arrived_at: Timestamp, by_day: bool) -> Option<i64> {
    let minutes = if by_day {
        (arrived_at.0.div_euclid(DAY) - departed_at.0.div_euclid(DAY)) * DAY_MINUTES
    } else {
        (arrived_at.0 - departed_at.0).div_euclid(MINUTE)
    };
    (minutes >= 0).then_some(minutes)
}

/// The quantile of so many tenths of values in rising order; none of none.
pub fn quantile(rising: &[i64], tenths: usize) -> Option<i64> {
    let rank = (rising.len() * tenths).div_ceil(10);
    rising.get(rank.checked_sub(1)?).copied()
}

/// How values spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The tenth percentile.
    pub p10: i64,
    /// The median.
    pub p50: i64,
    /// The ninetieth percentile.
    pub p90: i64,
    /// How many there are.
    pub count: usize,
}

impl Spread {
    /// The spread of some values, in any order; none of none.
    pub fn of(values: &[i64]) -> Option<Self> {
        let mut rising = values.to_vec();
        rising.sort_unstable();
        Some(Self {
            p10: quantile(&rising, 1)?,
            p50: quantile(&rising, 5)?,
            p90: quantile(&rising, 9)?,
            count: rising.len(),
        })
    }
}

/// What a forecast rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Trips from the same place to the same place by the same mode.
    Corridor,
    /// Trips by the same mode over a like distance.
    Band,
    /// What was planned.
    Plan,
}

/// The spread that a forecast takes: of the latest values of the same corridor where there are enough, else of those of its
/// band. Both come in the order in which they became known.
pub fn measured(corridor: &[i64], band: &[i64]) -> Option<(Basis, Spread)> {
    [(Basis::Corridor, corridor, TRIPS_LATEST), (Basis::Band, band, BAND_LATEST)]
        .into_iter()
        .map(|(basis, values, latest)| (basis, &values[values.len().saturating_sub(latest)..]))
        .find(|(_, values)| values.len() >= TRIPS_MINIMUM)
        .and_then(|(basis, values)| Some((basis, Spread::of(values)?)))
}

/// An instant that is known to lie between two, and most likely near a third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Not before.
    pub earliest: Timestamp,
    /// In the middle.
    pub middle: Timestamp,
    /// Not after.
    pub latest: Timestamp,
}

impl Window {
    /// An instant that is known.
    pub fn at(time: Timestamp) -> Self {
        Self { earliest: time, middle: time, latest: time }
    }

    /// An instant of which the day is known, or with more days a longer time.
    pub fn of_days(first: Timestamp, days: i64) -> Self {
        let (earliest, long) = (first.0.div_euclid(DAY) * DAY, days * DAY);
        Self {
            earliest: Timestamp(earliest),
            middle: Timestamp(earliest + long / 2),
            latest: Timestamp(earliest + long - 1),
        }
    }

    /// The same, but nothing of it before a time.
    pub fn not_before(self, time: Timestamp) -> Self {
        Self {
            earliest: self.earliest.max(time),
            middle: self.middle.max(time),
            latest: self.latest.max(time),
        }
    }

    /// The same, but no part of it before that part of another one.
    pub fn not_before_any(self, other: Self) -> Self {
        Self {
            earliest: self.earliest.max(other.earliest),
            middle: self.middle.max(other.middle),
            latest: self.latest.max(other.latest),
        }
    }

    /// The same, so many minutes later.
    fn after(self, spread: &Spread) -> Self {
        let later =
            |time: Timestamp, minutes: i64| Timestamp(time.0.saturating_add(minutes.saturating_mul(MINUTE)));
        Self {
            earliest: later(self.earliest, spread.p10),
            middle: later(self.middle, spread.p50),
            latest: later(self.latest, spread.p90),
        }
    }
}

/// A planned time: one at midnight means its whole day, as plans are written by the day.
pub fn planned(time: Timestamp) -> Window {
    if time.0.rem_euclid(DAY) == 0 {
        Window { earliest: time, ..Window::of_days(time, 1) }
    } else {
        Window::at(time)
    }
}

/// When a leg that begins so is forecast to arrive, and on what that rests; none where nothing tells.
pub fn arrival(
    begins: Window,
    spread: Option<(Basis, Spread)>,
    planned_arrival: Option<Timestamp>,
) -> Option<(Window, Basis, usize)> {
    if let Some((basis, spread)) = spread {
        return Some((begins.after(&spread), basis, spread.count));
    }
    let plan = planned(planned_arrival?);
    let window = Window {
        earliest: plan.earliest.max(begins.earliest),
        middle: plan.middle.max(begins.middle),
        latest: plan.latest.max(begins.latest),
    };
    Some((window, Basis::Plan, 0))
}

/// How goods under way stand to their forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lateness {
    /// They may still come in time.
    Due,
    /// Nine of ten such trips would have arrived.
    Late,
    /// So long overdue that somebody must look for them; they are lost only where somebody decides so.
    PresumedLost,
}

/// From when on goods that left so, and are forecast so, are presumed lost: `multiple` times as long after they left as the
/// ninetieth percentile, which counts as a day at least, since an hour's drive is not lost in three.
pub fn presumed_lost_from(begins: Window, arrives: Window, multiple: u32) -> Timestamp {
    let long = (arrives.latest.0 - begins.latest.0).max(DAY);
    Timestamp(begins.latest.0.saturating_add(long.saturating_mul(i64::from(multiple))))
}

/// How goods stand at a time.
pub fn lateness(now: Timestamp, arrives: Window, presumed_lost_from: Timestamp) -> Lateness {
    if now <= arrives.latest {
        Lateness::Due
    } else if now <= presumed_lost_from {
        Lateness::Late
    } else {
        Lateness::PresumedLost
    }
}

/// Whether a trip came later than planned: on a later day, as plans are written by the day.
pub fn is_after_plan(arrived_at: Timestamp, planned_arrival: Timestamp) -> bool {
    arrived_at.0.div_euclid(DAY) > planned_arrival.0.div_euclid(DAY)
}

/// The sequence up to which the trips of bands are read, of a ledger that is known to `sequence`: the ledger's own while it
/// is small, and of a larger one the last that is a multiple of a step, at most a sixty-fourth of it. So whoever asks at
/// the same sequence gets the same figures, and they are read anew once a step.
pub fn band_sequence(sequence: i64) -> i64 {
    const SMALL: i64 = 4_096;
    if sequence < SMALL {
        return sequence;
    }
    let step = 1_i64 << (sequence / 64).ilog2();
    sequence / step * step
}

/// How well a range from the tenth to the ninetieth percentile told a value, where less is better: how wide it is, and ten
/// times by how much it missed. It is the interval score for eight in ten of T. Gneiting and A. E. Raftery, "Strictly proper
/// scoring rules, prediction, and estimation", Journal of the American Statistical Association 102 (2007), 359–378, section 6.2:
/// its mean is least for the true percentiles, so that no range is better for being too wide or too narrow.
pub fn interval_score(spread: &Spread, value: i64) -> i64 {
    let missed = (spread.p10 - value).max(0) + (value - spread.p90).max(0);
    spread.p90 - spread.p10 + 10 * missed
}
