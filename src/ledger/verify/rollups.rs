//! Rollups compared with what postings make, without holding all of either.
//!
//! A rollup's row is the sum of what events did to it, so both sides are told in numbers that add up: each figure
//! times a coefficient that only this run knows, drawn from its row's key, in a few thousand heaps modulo a prime. Two
//! heaps that differ in anything are equal with a chance of one in 2^61. Where a heap differs, its rows alone are
//! folded once more and compared one by one.

use super::super::book::Book;
use super::super::cell::CellKey;
use super::super::cuboids::{RollupRow, rollup_row};
use super::super::dated::{BlockComparison, DatedChanges};
use super::super::reading::{IsDeploying, Reading, ranges};
use super::super::rollup::{CUBOIDS, Place, Sums};
use crate::audit::finding::{Finding, Report};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::PledgeLineId;
use crate::core::problem::Outcome;
use crate::db::schema::rollups;
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// Rollup rows read at once.
const ROLLUPS_PER_READ: i64 = 5_000;
/// Heaps: where one row was edited, so many fewer rows are folded again.
const HEAPS: usize = 4_096;
/// A Mersenne prime; figures are far below it.
const PRIME: i128 = (1 << 61) - 1;

/// One row by cuboid and key.
type RowKey = (i32, CellKey);

/// Rollup rows in heaps, as numbers that add up.
struct Heaps {
    coefficients: RandomState,
    sums: Vec<i128>,
}

impl Heaps {
    fn new() -> Self {
        Self { coefficients: RandomState::new(), sums: vec![0; HEAPS] }
    }

    fn heap((cuboid, key): RowKey) -> usize {
        let [first, second, ..] = key.0;
        (usize::from(first) << 8 | usize::from(second)).wrapping_add(cuboid.unsigned_abs() as usize) % HEAPS
    }

    /// Adds a row's figures, or takes them away.
    fn add(&mut self, row: RowKey, sums: &Sums, sign: i128) {
        let heap = Self::heap(row);
        for (index, figure) in sums.figures().into_iter().enumerate().filter(|(_, figure)| *figure != 0) {
            let coefficient = i128::from(self.coefficients.hash_one((row.0, row.1, index))) % PRIME;
            let sum = self.sums[heap] + sign * coefficient * i128::from(figure) % PRIME;
            self.sums[heap] = sum % PRIME;
        }
    }

    /// The name of a row in one number.
    fn name(&self, row: RowKey) -> u64 {
        self.coefficients.hash_one(row)
    }
}

/// Rollups and dated blocks compared while the ledger's events are read in order.
pub(super) struct Comparison {
    blocks: BlockComparison,
    changes: DatedChanges,
    heaps: Heaps,
    /// The rows that postings make, by name.
    made: HashSet<u64>,
    unknown: Option<PledgeLineId>,
}

impl Comparison {
    /// Nothing read yet.
    pub(super) fn of(conn: &mut Conn) -> QueryResult<Self> {
        Ok(Self {
            blocks: BlockComparison::of(conn)?,
            changes: all_changes(),
            heaps: Heaps::new(),
            made: HashSet::new(),
            unknown: None,
        })
    }

    /// Adds the events up to a sequence; a range ends where a block does.
    pub(super) fn add(
        &mut self,
        conn: &mut Conn,
        book: &Book,
        last: i64,
        report: &mut Report,
    ) -> Outcome<()> {
        if let Err(line) = self.changes.fold(book) {
            let problem = "postings name this pledge line, which is not there";
            report.find(Finding::new("pledge_lines", line.to_string(), problem));
            self.unknown = Some(line);
        }
        if BlockComparison::ends_at(last) {
            if self.unknown.is_none() {
                self.blocks.compare(conn, &self.changes, last, report)?;
            }
            self.settle();
        }
        Ok(())
    }

    /// Puts what was folded on its heaps and lets go of it.
    fn settle(&mut self) {
        let changes = std::mem::replace(&mut self.changes, all_changes());
        for (cuboid, place, sums) in changes.by_place() {
            let row = (cuboid, place.key());
            self.heaps.add(row, &sums, 1);
            self.made.insert(self.heaps.name(row));
        }
    }

    /// Compares all that was added with the rows that are kept.
    pub(super) fn finish(
        mut self,
        conn: &mut Conn,
        (last, is_deploying): (i64, IsDeploying),
        report: &mut Report,
    ) -> Outcome<()> {
        if self.unknown.is_some() {
            for table in ["rollups", "dated_blocks", "dated_rollups"] {
                report.unchecked.push(format!("{table}: a pledge line they count is not there"));
            }
            return Ok(());
        }
        self.settle();
        each_row(conn, |row| {
            report.check("rollups", 1);
            self.take(row, report);
        })
        .map_err(read_failure)?;
        let is_wrong = |heap: usize| self.heaps.sums[heap] % PRIME != 0;
        if !self.made.is_empty() || (0..HEAPS).any(is_wrong) {
            let wrong = |row: RowKey| is_wrong(Heaps::heap(row)) || self.made.contains(&self.heaps.name(row));
            let folded = fold_some(conn, (last, is_deploying), wrong)?;
            compare_some(conn, folded, wrong, report).map_err(read_failure)?;
        }
        self.blocks.finish(conn, report)
    }

    /// Takes a row that is kept off its heap.
    fn take(&mut self, row: &RollupRow, report: &mut Report) {
        let Some((key, sums)) = read_row(row, report) else { return };
        self.heaps.add((row.cuboid, key), &sums, -1);
        if !self.made.remove(&self.heaps.name((row.cuboid, key))) {
            report.find(Finding::new("rollups", name(row.cuboid, key), "no posting made this row"));
        }
    }
}

fn all_changes() -> DatedChanges {
    DatedChanges::over(&CUBOIDS.iter().collect::<Vec<_>>())
}

fn name(cuboid: i32, key: CellKey) -> String {
    format!("{cuboid}/{}", hexadecimal(&key.0))
}

/// A row's key and figures; finds a row whose columns are not those its key stands for.
fn read_row(row: &RollupRow, report: &mut Report) -> Option<(CellKey, Sums)> {
    let key = <[u8; 16]>::try_from(row.cell.as_slice()).map(CellKey).ok();
    if key.is_none_or(|key| row.place().key() != key) {
        let name = format!("{}/{}", row.cuboid, hexadecimal(&row.cell));
        report.find(Finding::new("rollups", name, "its columns are not those its key stands for"));
    }
    Some((key?, row.sums()))
}

/// Folds the rows that are wanted from all postings.
fn fold_some(
    conn: &mut Conn,
    (last, is_deploying): (i64, IsDeploying),
    wanted: impl Fn(RowKey) -> bool,
) -> Outcome<HashMap<RowKey, (Place, Sums)>> {
    let mut folded: HashMap<RowKey, (Place, Sums)> = HashMap::new();
    let mut reading = Reading::default();
    for range in ranges(0, last) {
        reading.read(conn, range, None, is_deploying).map_err(read_failure)?;
        let mut changes = all_changes();
        changes.fold(&reading.book).map_err(super::super::fold::unknown)?;
        for (cuboid, place, sums) in changes.by_place() {
            let row = (cuboid, place.key());
            if wanted(row) {
                folded.entry(row).or_insert_with(|| (place, Sums::default())).1.add(&sums);
            }
        }
    }
    Ok(folded)
}

/// Compares rows that are kept with those that were folded.
fn compare_some(
    conn: &mut Conn,
    mut folded: HashMap<RowKey, (Place, Sums)>,
    wanted: impl Fn(RowKey) -> bool,
    report: &mut Report,
) -> QueryResult<()> {
    each_row(conn, |row| {
        let key = <[u8; 16]>::try_from(row.cell.as_slice()).map(CellKey).ok();
        let Some(key) = key.filter(|key| wanted((row.cuboid, *key))) else { return };
        // A row that no posting made was found before.
        let Some((place, sums)) = folded.remove(&(row.cuboid, key)) else { return };
        let right = rollup_row(row.cuboid, key, &place, &sums);
        for ((column, is), (_, should)) in row.figures().into_iter().zip(right.figures()) {
            if is != should {
                let problem = format!("says {is} where postings make {should}");
                report.find(Finding::new("rollups", name(row.cuboid, key), problem).column(column));
            }
        }
    })?;
    for (cuboid, key) in folded.into_keys() {
        report.find(Finding::new("rollups", name(cuboid, key), "the row is not there, and postings make it"));
    }
    Ok(())
}

/// Reads all rows that are kept, some at a time.
fn each_row(conn: &mut Conn, mut each: impl FnMut(&RollupRow)) -> QueryResult<()> {
    let mut after: Option<(i32, Vec<u8>)> = None;
    loop {
        let page = rollups::table
            .order((rollups::cuboid, rollups::cell))
            .limit(ROLLUPS_PER_READ)
            .select(RollupRow::as_select());
        let rows: Vec<RollupRow> = match &after {
            None => page.load(conn)?,
            Some((cuboid, cell)) => page
                .filter(
                    rollups::cuboid
                        .gt(*cuboid)
                        .or(rollups::cuboid.eq(*cuboid).and(rollups::cell.gt(cell.clone()))),
                )
                .load(conn)?,
        };
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some((last.cuboid, last.cell.clone()));
        rows.iter().for_each(&mut each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_is_empty_only_when_the_same_was_taken_away() {
        let mut heaps = Heaps::new();
        let key = |first: u8| (0, CellKey([first; 16]));
        let sums = |moved_in: i64, on_hold: i64| Sums { moved_in, on_hold, ..Sums::default() };
        heaps.add(key(1), &sums(5, 0), 1);
        heaps.add(key(1), &sums(i64::MAX / 4, -3), 1);
        heaps.add(key(1), &sums(5 + i64::MAX / 4, -3), -1);
        assert!(heaps.sums.iter().all(|sum| sum % PRIME == 0));
        // The same figure under another name, and a unit moved from one figure to the other, are seen.
        heaps.add(key(1), &sums(7, 0), 1);
        heaps.add(key(1), &sums(6, 1), -1);
        assert!(heaps.sums.iter().any(|sum| sum % PRIME != 0));
    }
}
