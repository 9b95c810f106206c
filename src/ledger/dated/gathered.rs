//! Reading blocks: rollup rows at a moment, of the dimensions that are asked for.

use super::super::cuboids::{RollupRow, rollup_row};
use super::super::fold::Cut;
use super::super::reading::{IsDeploying, Reading};
use super::super::rollup::{Cuboid, Dimension, Sums};
use super::changes::{DatedChanges, Numbers, PARTS, Spot, kept, narrowed};
use super::packed::unpack;
use super::store::{BlocksBuilt, days_of, whole_months};
use super::{Block, Day, SIZES, is_dated};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{Month, Timestamp};
use crate::db::{Conn, read_failure};
use std::collections::{BTreeSet, HashMap};

/// Sums of one cuboid out of blocks, narrowed to the dimensions that are asked for.
pub(in crate::ledger) struct Gathered {
    cuboid: &'static Cuboid,
    kept: [bool; PARTS],
    by_month: bool,
    numbers: Numbers,
    sums: HashMap<(Spot, Option<Month>), Sums>,
}

/// Until when a block's rows count.
#[derive(Clone, Copy)]
enum Until {
    Always,
    /// All months before, and of this one all days up to and with a day.
    Day(Month, Day),
}

impl Gathered {
    /// The blocks there are up to a cut, added up; answers the last sequence that is in them.
    ///
    /// # Errors
    /// Whatever the database says, and rows that cannot be read: `relief verify` says which were tampered with.
    pub(in crate::ledger) fn until(
        conn: &mut Conn,
        cut: Cut,
        (cuboid, wanted): (&'static Cuboid, &[Dimension]),
        (built, is_deploying): (BlocksBuilt, IsDeploying),
    ) -> Outcome<(Self, i64)> {
        let mut gathered = Self {
            cuboid,
            kept: kept(wanted),
            by_month: wanted.contains(&Dimension::Month),
            numbers: Numbers::default(),
            sums: HashMap::new(),
        };
        if !is_dated(cuboid) {
            return Ok((gathered, 0));
        }
        let (until, within) = match cut.as_of {
            None => (Until::Always, None),
            Some(at) => {
                let (day, next) = (Day::of(at), Day::of(Timestamp(at.0.saturating_add(1))));
                // The last instant of a day is all of it.
                let last = if next > day { day } else { Day(day.0 - 1) };
                (Until::Day(last.month(), last), (next == day).then_some(day))
            }
        };
        let (runs, last) = runs(cut.known_at, built);
        for run in runs {
            gathered.add(conn, run, until)?;
        }
        if let (Some(day), Some(at)) = (within, cut.as_of) {
            gathered.add_part_of_day(conn, (last, day, at), is_deploying)?;
        }
        Ok((gathered, last))
    }

    /// The rows, as the rollups' table has them.
    pub(in crate::ledger) fn rows(&self) -> Outcome<Vec<RollupRow>> {
        let row = |((spot, month), sums): (&(Spot, Option<Month>), &Sums)| {
            let place = self.numbers.place(spot, *month);
            let place = place.ok_or_else(|| Problem::internal("a dated rollup is of no programme"))?;
            Ok(rollup_row(self.cuboid.number, place.key(), &place, sums))
        };
        self.sums.iter().map(row).collect()
    }

    fn add(&mut self, conn: &mut Conn, run: (usize, i64, i64), until: Until) -> Outcome<()> {
        let before = match until {
            Until::Always => None,
            Until::Day(month, _) => Some(month),
        };
        let months = whole_months(conn, self.cuboid.number, run, before).map_err(read_failure)?;
        for (month, bytes) in months {
            self.unpack(&bytes, Month(month), |_| true)?;
        }
        if let Until::Day(month, last) = until {
            let days = days_of(conn, self.cuboid.number, run, month).map_err(read_failure)?;
            for (_, bytes) in days {
                self.unpack(&bytes, month, |day| day <= last.of_month())?;
            }
        }
        Ok(())
    }

    fn unpack(&mut self, bytes: &[u8], month: Month, counts: impl Fn(u8) -> bool) -> Outcome<()> {
        let (kept, month) = (self.kept, self.by_month.then_some(month));
        let sums = &mut self.sums;
        unpack(bytes, &mut self.numbers, |spot, day, figures| {
            if counts(day) {
                sums.entry((narrowed(&spot, &kept), month)).or_default().add(figures);
            }
        })
        .map_err(unreadable)
    }

    /// What counts of the day itself, folded from the postings of the smallest blocks that have any of that day.
    fn add_part_of_day(
        &mut self,
        conn: &mut Conn,
        (last, day, at): (i64, Day, Timestamp),
        is_deploying: IsDeploying,
    ) -> Outcome<()> {
        let smallest = (0, 0, last / SIZES[0] - 1);
        let packed = days_of(conn, self.cuboid.number, smallest, day.month()).map_err(read_failure)?;
        let mut numbers = Numbers::default();
        let mut wanted = BTreeSet::new();
        for (number, bytes) in packed {
            unpack(&bytes, &mut numbers, |_, there, _| {
                if there == day.of_month() {
                    wanted.insert(number);
                }
            })
            .map_err(unreadable)?;
        }
        for number in wanted {
            let block = Block { level: 0, number };
            let changes = block_changes(conn, block, Some(at), &[self.cuboid], is_deploying)?;
            for (_, _, spot, sums) in changes.rows().filter(|(_, there, ..)| *there == day) {
                let place = changes.numbers.place(spot, None);
                let spot = place.map(|place| self.numbers.spot(&place)).unwrap_or_default();
                let month = self.by_month.then(|| day.month());
                self.sums.entry((narrowed(&spot, &self.kept), month)).or_default().add(sums);
            }
        }
        Ok(())
    }
}

/// What a block's entries changed, folded from their postings, as far as they count until a moment.
///
/// # Errors
/// Whatever the database says, and a pledge line that is not there.
pub(super) fn block_changes(
    conn: &mut Conn,
    block: Block,
    until: Option<Timestamp>,
    cuboids: &[&'static Cuboid],
    is_deploying: IsDeploying,
) -> Outcome<DatedChanges> {
    let mut changes = DatedChanges::over(cuboids);
    let mut reading = Reading::default();
    let (first, last) = block.sequences();
    for range in super::super::reading::ranges(first - 1, last) {
        reading.read(conn, range, until, is_deploying).map_err(read_failure)?;
        changes.fold(&reading.book).map_err(super::super::fold::unknown)?;
    }
    Ok(changes)
}

/// The blocks that make up the entries until a sequence, the large before the small, as level, first and last; and
/// the last sequence that is in them.
pub fn runs(known_at: i64, built: BlocksBuilt) -> (Vec<(usize, i64, i64)>, i64) {
    let mut runs = Vec::new();
    let mut last = 0;
    for level in (0..SIZES.len()).rev() {
        let (first, end) = (last / SIZES[level], (known_at / SIZES[level]).min(built[level]));
        if end > first {
            runs.push((level, first, end - 1));
            last = end * SIZES[level];
        }
    }
    (runs, last)
}

fn unreadable(words: String) -> Problem {
    Problem::internal(format!("a row of dated_rollups cannot be read: {words}"))
}
