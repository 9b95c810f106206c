//! Rollups compared with what postings make, without holding all of either.
//!
//! A rollup's row is the sum of what events did to it, so both sides are told in numbers that add up: each figure times
//! one secret of its column and one of its row, which only this run knows, in a few thousand heaps modulo a prime. Two
//! heaps that differ in anything are equal with a chance of one in 2^60. Where a heap differs, its rows alone are
//! folded once more and compared one by one.

use super::super::book::Book;
use super::super::cell::CellKey;
use super::super::cuboids::{RollupRow, rollup_row};
use super::super::dated::{BlockComparison, DatedChanges};
use super::super::reading::{IsDeploying, Reading, ranges};
use super::super::rollup::{CUBOIDS, Place, Sums};
use crate::audit::finding::{Finding, Report};
use crate::core::drawn::DrawnSet;
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::PledgeLineId;
use crate::core::problem::Outcome;
use crate::db::schema::rollups;
use crate::db::{Conn, either, read_failure};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// Rollup rows read at once.
const ROLLUPS_PER_READ: i64 = 5_000;
/// Heaps: where one row was edited, so many fewer rows are folded again.
pub const HEAPS: usize = 4_096;
/// A Mersenne prime; figures are far below it.
const PRIME: u64 = (1 << 61) - 1;

/// One row by cuboid and key.
pub type RowKey = (i32, CellKey);

/// Rollup rows in heaps, as numbers that add up.
pub struct Heaps {
    secret: RandomState,
    columns: [u64; Sums::FIGURES],
    sums: Vec<u64>,
    /// Heaps with figures that the prime could hide a part of: no ledger has such, so somebody wrote them.
    beyond: HashSet<usize>,
}

impl Heaps {
    /// With nothing in them, under a secret of their own.
    #[expect(clippy::new_without_default, reason = "each has another secret: no two are alike")]
    pub fn new() -> Self {
        let secret = RandomState::new();
        let columns = std::array::from_fn(|column| secret.hash_one(column) % PRIME);
        Self { secret, columns, sums: vec![0; HEAPS], beyond: HashSet::new() }
    }

    fn heap((cuboid, key): RowKey) -> usize {
        let [first, second, ..] = key.0;
        (usize::from(first) << 8 | usize::from(second)).wrapping_add(cuboid.unsigned_abs() as usize) % HEAPS
    }

    /// Whether what was taken away is not what was added.
    pub fn is_wrong(&self, heap: usize) -> bool {
        self.sums[heap] != 0 || self.beyond.contains(&heap)
    }

    /// The name of a row in one number, which is its secret too.
    fn name(&self, (cuboid, key): RowKey) -> u64 {
        self.secret.hash_one((cuboid, key.0))
    }

    /// Adds a row's figures, or takes them away; answers its name.
    pub fn add(&mut self, row: RowKey, sums: &Sums, is_taken: bool) -> u64 {
        let name = self.name(row);
        let mut told = 0;
        for (figure, column) in
            sums.figures().into_iter().zip(self.columns).filter(|(figure, _)| *figure != 0)
        {
            let residue = figure.unsigned_abs() % PRIME;
            if residue != figure.unsigned_abs() {
                self.beyond.insert(Self::heap(row));
            }
            let is_taken = figure.is_negative() != is_taken;
            told = plus(told, times(if is_taken { PRIME - residue } else { residue } % PRIME, column));
        }
        let sum = &mut self.sums[Self::heap(row)];
        *sum = plus(*sum, times(told, name % PRIME));
        name
    }
}

/// The sum of two numbers below the prime.
fn plus(one: u64, other: u64) -> u64 {
    let sum = one + other;
    if sum >= PRIME { sum - PRIME } else { sum }
}

/// The product of two numbers below the prime: 2^61 is 1, so its upper bits are added to the lower.
fn times(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    plus((product as u64) & PRIME, (product >> 61) as u64)
}

/// Rollups and dated blocks compared while the ledger's events are read in order.
pub(super) struct Comparison {
    blocks: BlockComparison,
    changes: DatedChanges,
    heaps: Heaps,
    /// The rows that postings make, by name.
    made: DrawnSet,
    unknown: Option<PledgeLineId>,
}

impl Comparison {
    /// Nothing read yet.
    pub(super) fn of(conn: &mut Conn) -> QueryResult<Self> {
        let count: i64 = rollups::table.count().get_result(conn)?;
        // With room for those there are at once: a table that grows is there twice meanwhile.
        let count = usize::try_from(count).unwrap_or(0);
        Ok(Self {
            blocks: BlockComparison::of(conn)?,
            changes: all_changes(),
            heaps: Heaps::new(),
            made: DrawnSet::with_capacity_and_hasher(count, Default::default()),
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
        let Self { changes, heaps, made, .. } = self;
        changes.each_place(|cuboid, key, sums, _| {
            made.insert(heaps.add((cuboid, key), sums, false));
        });
        changes.clear();
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
        let is_wrong = |heap: usize| self.heaps.is_wrong(heap);
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
        let name_of = self.heaps.add((row.cuboid, key), &sums, true);
        if !self.made.remove(&name_of) {
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
        changes.each_place(|cuboid, key, sums, place| {
            let row = (cuboid, key);
            // A spot without a programme is never made.
            if wanted(row)
                && let Some(place) = place()
            {
                folded.entry(row).or_insert_with(|| (place, Sums::default())).1.add(sums);
            }
        });
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

/// Reads all rows that are kept, some at a time: one cuboid after the other, so that each page is found by the key.
fn each_row(conn: &mut Conn, mut each: impl FnMut(&RollupRow)) -> QueryResult<()> {
    let mut cuboid = next_cuboid(conn, i32::MIN)?;
    let mut after: Vec<u8> = Vec::new();
    while let Some(number) = cuboid {
        let rows: Vec<RollupRow> = either!(conn, one => {
            rollups::table
                .filter(rollups::cuboid.eq(number).and(rollups::cell.gt(&after)))
                .order((rollups::cuboid, rollups::cell))
                .limit(ROLLUPS_PER_READ)
                .select(RollupRow::as_select())
                .load(one)
        })?;
        rows.iter().for_each(&mut each);
        match rows.last() {
            Some(last) => after.clone_from(&last.cell),
            None => {
                after.clear();
                cuboid = next_cuboid(conn, number)?;
            }
        }
    }
    Ok(())
}

/// The first cuboid above a number that has rows.
fn next_cuboid(conn: &mut Conn, above: i32) -> QueryResult<Option<i32>> {
    rollups::table
        .filter(rollups::cuboid.gt(above))
        .order(rollups::cuboid)
        .select(rollups::cuboid)
        .first(conn)
        .optional()
}
