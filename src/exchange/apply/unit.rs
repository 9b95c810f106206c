//! Which rows of a plan stand or fall together: those of one consignment, and of the pledges it draws on.
//!
//! Rows that share a pledge, a consignment or an event are one unit, and what the ledger holds of a unit is
//! decided at once. A pledge of very many rows would make a unit too large to decide, so large units are cut
//! between consignments. Never done here: asking whether a row can be recorded.

use crate::exchange::plan::{Plan, RowFate};
use crate::exchange::references::{ConsignmentAt, RecordAt};
use std::collections::{BTreeMap, BTreeSet};

/// A row's number and the records it states.
type StatedRow<'a> = (u32, &'a [RecordAt]);

/// Rows of a unit from which on it is cut.
const ROWS_MAXIMUM: usize = 64;

/// Rows that are decided together, with all that they state.
#[derive(Clone, Debug, Default)]
pub(super) struct Unit {
    /// Their numbers.
    pub(super) rows: BTreeSet<u32>,
    /// The records they state.
    pub(super) records: BTreeSet<RecordAt>,
    /// Rows that were taken out of it because they were refused.
    pub(super) refused: BTreeSet<u32>,
}

impl Unit {
    /// Takes out rows that were refused.
    pub(super) fn refuse(&mut self, rows: &[u32]) {
        for row in rows {
            self.rows.remove(row);
            self.refused.insert(*row);
        }
    }
}

/// The units of a plan's rows, without those that are not `sound`, in the order of their first rows.
pub(super) fn units(plan: &Plan, is_sound: impl Fn(&[RecordAt]) -> bool) -> Vec<Unit> {
    let mut rows: Vec<StatedRow<'_>> = Vec::with_capacity(plan.rows.len());
    for row in &plan.rows {
        match &row.fate {
            RowFate::Planned { records } if is_sound(records) => rows.push((row.number, records)),
            RowFate::Planned { .. } | RowFate::Rejected { .. } | RowFate::Skipped => {}
        }
    }
    let mut together = Together::default();
    for (_, records) in &rows {
        let mut flows = records.iter().filter(|record| is_flow(record));
        if let Some(first) = flows.next() {
            let first = together.place(*first);
            for other in flows {
                let other = together.place(*other);
                together.join(first, other);
            }
        }
    }
    let mut whole: BTreeMap<usize, Vec<StatedRow<'_>>> = BTreeMap::new();
    for (number, records) in rows {
        let Some(first) = records.iter().find(|record| is_flow(record)) else { continue };
        let place = together.place(*first);
        let root = together.root(place);
        whole.entry(root).or_default().push((number, records));
    }
    let mut units: Vec<Unit> = whole.into_values().flat_map(cut).collect();
    units.sort_by_key(|unit| unit.rows.first().copied());
    units
}

/// Whether a record is a pledge, a consignment, or what happened to them.
fn is_flow(record: &RecordAt) -> bool {
    match record {
        RecordAt::Programme(_) | RecordAt::Organization(_) | RecordAt::Site(_) | RecordAt::Item(_) => false,
        RecordAt::Pledge(_)
        | RecordAt::PledgeLine(_)
        | RecordAt::Consignment(_)
        | RecordAt::ConsignmentLine(_)
        | RecordAt::Event(_) => true,
    }
}

/// Cuts a unit that is too large, never through a consignment.
fn cut(rows: Vec<StatedRow<'_>>) -> Vec<Unit> {
    let mut pieces: BTreeMap<(Option<ConsignmentAt>, u32), Vec<StatedRow<'_>>> = BTreeMap::new();
    for (number, records) in rows {
        let consignment = records.iter().find_map(|record| {
            if let RecordAt::Consignment(consignment) = record { Some(*consignment) } else { None }
        });
        let alone = if consignment.is_some() { 0 } else { number };
        pieces.entry((consignment, alone)).or_default().push((number, records));
    }
    let mut units: Vec<Unit> = Vec::new();
    for piece in pieces.into_values() {
        let fits = units.last().is_some_and(|unit| unit.rows.len() + piece.len() <= ROWS_MAXIMUM);
        if !fits {
            units.push(Unit::default());
        }
        if let Some(unit) = units.last_mut() {
            for (number, records) in piece {
                unit.rows.insert(number);
                unit.records.extend(records.iter().copied().filter(is_flow));
            }
        }
    }
    units
}

/// Records that belong together, as a forest whose roots stand for the units.
#[derive(Default)]
struct Together {
    places: BTreeMap<RecordAt, usize>,
    parents: Vec<usize>,
}

impl Together {
    fn place(&mut self, record: RecordAt) -> usize {
        let next = self.parents.len();
        let place = *self.places.entry(record).or_insert(next);
        if place == next {
            self.parents.push(next);
        }
        place
    }

    fn root(&mut self, place: usize) -> usize {
        let mut root = place;
        while self.parents[root] != root {
            self.parents[root] = self.parents[self.parents[root]];
            root = self.parents[root];
        }
        root
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parents[one.max(other)] = one.min(other);
    }
}
