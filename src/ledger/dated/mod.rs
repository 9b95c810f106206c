//! Dated rollups: what runs of entries changed, by day, so that a figure of the past does not read all postings.
//!
//! What is recorded never changes, so neither does what a run of entries adds to a cuboid. [`Block`]s of entries are
//! folded once, in the background, and eight of them are added up to a larger one, and so on. A figure of any moment is
//! then a few large blocks, up to seven of each smaller size, and the entries after the last block. Within a block sums
//! stand by month, and beside them by day: a moment is whole months, the days of one month, and where it lies within a
//! day, that day's postings.
//!
//! Derived, not recorded: folding the postings again gives the same bytes, and `relief verify` does. Never here: a
//! figure that is not the same folded from the postings alone.

mod build;
mod changes;
mod gathered;
mod packed;
mod store;
mod verify;

pub use build::keep_next;
pub(super) use changes::DatedChanges;
pub use changes::PARTS;
pub(super) use gathered::Gathered;
pub use gathered::runs;
pub use packed::FORMAT;
pub(super) use store::blocks_built;
pub(super) use verify::BlockComparison;

use super::reading::EVENTS_PER_READ;
use super::rollup::{CUBOIDS, Cuboid, Dimension};
use crate::core::time::{MICROSECONDS, Month, Timestamp};
use chrono::{Datelike, NaiveDate};

/// Entries of a block, by level: the smallest are read at once, and each is eight of the level below.
pub const SIZES: [i64; 4] =
    [EVENTS_PER_READ, 8 * EVENTS_PER_READ, 8 * 8 * EVENTS_PER_READ, 8 * 8 * 8 * EVENTS_PER_READ];
const DAY: i64 = 24 * 60 * 60 * MICROSECONDS;

/// A day in UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Day(pub(super) i32);

impl Day {
    pub(super) fn of(at: Timestamp) -> Self {
        Self(i32::try_from(at.0.div_euclid(DAY)).unwrap_or(i32::MAX))
    }

    /// Its first instant.
    pub(super) fn begins(self) -> Timestamp {
        Timestamp(i64::from(self.0) * DAY)
    }

    fn month(self) -> Month {
        self.begins().month()
    }

    /// The first day of a month.
    fn first_of(month: Month) -> Self {
        let date =
            NaiveDate::from_ymd_opt(month.0.div_euclid(12), month.0.rem_euclid(12).unsigned_abs() + 1, 1);
        date.and_then(Timestamp::from_date).map_or(Self(0), Self::of)
    }

    /// Its place in its month, from 0.
    fn of_month(self) -> u8 {
        u8::try_from(self.begins().to_datetime().day0()).unwrap_or(0)
    }
}

/// A run of entries: all whose sequence, less one, divided by the size of its level is its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block {
    /// Its place in [`SIZES`].
    pub level: usize,
    /// Its place among those of its level, from 0.
    pub number: i64,
}

impl Block {
    /// Its first and its last sequence.
    pub fn sequences(self) -> (i64, i64) {
        let size = SIZES[self.level];
        (self.number * size + 1, (self.number + 1) * size)
    }

    /// The blocks a level below that it is the sum of; `None` where it is one of entries.
    pub fn parts(self) -> Option<(usize, i64, i64)> {
        let below = self.level.checked_sub(1)?;
        let many = SIZES[self.level] / SIZES[below];
        Some((below, self.number * many, (self.number + 1) * many - 1))
    }
}

/// The cuboids that are kept by day. What only the one that keeps everything can answer has nearly as many rows by
/// day as there are postings, and is folded from those.
pub fn dated_cuboids() -> Vec<&'static Cuboid> {
    CUBOIDS.iter().filter(|cuboid| is_dated(cuboid)).collect()
}

/// Whether a cuboid is kept by day.
pub(super) fn is_dated(cuboid: &Cuboid) -> bool {
    !cuboid.keeps.contains(&Dimension::Lot)
}
