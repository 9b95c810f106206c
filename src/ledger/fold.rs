//! Rollups folded again, for figures of another moment than now: out of dated blocks, and of postings and statements.
//!
//! Events are read in ranges, so that memory is bounded by the rows that come of them. Never here: a rollup that is
//! kept.

use super::book::{Posted, Stated};
use super::cuboids::{RollupRow, fold, rollup_rows, write_rollups};
use super::dated::{Gathered, blocks_built};
use super::reading::{IsDeploying, Reading, ranges};
use super::rollup::{Changes, Cuboid, Dimension, cuboid_for};
use crate::core::id::PledgeLineId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Conn, read_failure};
use std::collections::BTreeMap;

/// Rollups as they come out of some events.
pub(super) struct RollupFold {
    pub(super) reading: Reading,
    pub(super) changes: Changes,
}

impl RollupFold {
    /// Nothing yet, for these cuboids.
    pub(super) fn over(cuboids: Vec<&'static Cuboid>) -> Self {
        Self { reading: Reading::default(), changes: Changes::over(cuboids) }
    }

    /// Adds the events of a range, as far as they count until a moment.
    pub(super) fn add(
        &mut self,
        conn: &mut Conn,
        range: (i64, i64),
        until: Option<Timestamp>,
        is_deploying: IsDeploying,
    ) -> Outcome<()> {
        self.reading.read(conn, range, until, is_deploying).map_err(read_failure)?;
        fold(&self.reading.book, &mut self.changes).map_err(unknown)
    }

    /// What each event of the book changes, in the order of their sequences.
    fn apart(&mut self, cuboid: &'static Cuboid) -> Result<Vec<(i64, Changes)>, PledgeLineId> {
        let book = &mut self.reading.book;
        let mut by_event: BTreeMap<i64, (Vec<Posted>, Vec<Stated>)> = BTreeMap::new();
        for posting in std::mem::take(&mut book.postings) {
            by_event.entry(posting.sequence).or_default().0.push(posting);
        }
        for stated in std::mem::take(&mut book.statements) {
            by_event.entry(stated.sequence).or_default().1.push(stated);
        }
        let mut apart = Vec::with_capacity(by_event.len());
        for (sequence, (postings, statements)) in by_event {
            (book.postings, book.statements) = (postings, statements);
            let mut changes = Changes::over(vec![cuboid]);
            fold(book, &mut changes)?;
            apart.push((sequence, changes));
        }
        Ok(apart)
    }
}

/// What is counted: everything recorded up to a sequence, as far as it counts until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The last ledger sequence.
    pub known_at: i64,
    /// The last effective time; everything where it is not said.
    pub as_of: Option<Timestamp>,
}

/// Brings the rollups as they were at a cut into the empty table of another database, such as one in memory: out of
/// dated blocks, and what those do not have yet out of postings. For each question, the dimensions it needs, rows of
/// the cuboid that answers it.
///
/// # Errors
/// Whatever the databases say, and a pledge line that is not there.
pub fn fold_at(
    conn: &mut Conn,
    into: &mut Conn,
    cut: Cut,
    questions: &[Vec<Dimension>],
    is_deploying: IsDeploying,
) -> Outcome<()> {
    let mut wanted: BTreeMap<i32, (&'static Cuboid, Vec<Dimension>)> = BTreeMap::new();
    for dimensions in questions {
        let cuboid = cuboid_for(dimensions);
        wanted.entry(cuboid.number).or_insert((cuboid, Vec::new())).1.extend_from_slice(dimensions);
    }
    let built = blocks_built(conn).map_err(read_failure)?;
    // The entries after the last block are read once for all cuboids that have as many.
    let mut rest: BTreeMap<i64, Vec<&'static Cuboid>> = BTreeMap::new();
    for (cuboid, dimensions) in wanted.into_values() {
        let (gathered, last) = Gathered::until(conn, cut, (cuboid, &dimensions), (built, is_deploying))?;
        write_rollups(into, &gathered.rows()?).map_err(read_failure)?;
        rest.entry(last).or_default().push(cuboid);
    }
    for (last, cuboids) in rest {
        let mut fold = RollupFold::over(cuboids);
        for range in ranges(last, cut.known_at) {
            fold.add(conn, range, cut.as_of, is_deploying)?;
        }
        write_rollups(into, &rollup_rows(&fold.changes)).map_err(read_failure)?;
    }
    Ok(())
}

/// Folds what each event recorded after `after` and up to a cut changed into the empty table of another database: rows
/// have the event's place in the answer, which is its sequences, where the cuboid's number would be.
///
/// # Errors
/// `invalid` where there are more than `most`; whatever the databases say, and a pledge line that is not there.
pub fn fold_apart(
    conn: &mut Conn,
    into: &mut Conn,
    (after, cut): (i64, Cut),
    (cuboid, most): (&'static Cuboid, usize),
    is_deploying: IsDeploying,
) -> Outcome<Vec<i64>> {
    let mut fold = RollupFold::over(vec![cuboid]);
    let mut sequences = Vec::new();
    for range in ranges(after, cut.known_at) {
        fold.reading.read(conn, range, cut.as_of, is_deploying).map_err(read_failure)?;
        let mut rows: Vec<RollupRow> = Vec::new();
        for (sequence, changes) in fold.apart(cuboid).map_err(unknown)? {
            let place = i32::try_from(sequences.len()).unwrap_or(i32::MAX);
            sequences.push(sequence);
            rows.extend(rollup_rows(&changes).into_iter().map(|row| RollupRow { cuboid: place, ..row }));
        }
        if sequences.len() > most {
            let detail = format!("more than {most} entries since then; ask for less at a time");
            return Err(Problem::field("/from", detail).coded(Fault::TooMany));
        }
        write_rollups(into, &rows).map_err(read_failure)?;
    }
    Ok(sequences)
}

pub(super) fn unknown(line: PledgeLineId) -> Problem {
    Problem::internal(format!("postings name the pledge line {line}, which is not there"))
}
