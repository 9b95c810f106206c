//! What events change, by cuboid, place and day, with places told by small numbers.
//!
//! What goes in and out of a place is netted within an event. Where an event counts from several times, as corrections
//! may, each later part changes what is net already; adding up all parts until a moment is the net until then.

use super::super::account::Account;
use super::super::book::Book;
use super::super::cell::Cell;
use super::super::rollup::{Cuboid, Dimension, Place, Sums};
use super::Day;
use crate::core::id::PledgeLineId;
use crate::core::time::{Month, Timestamp};
use std::collections::HashMap;
use uuid::Uuid;

/// Parts of a place.
pub(super) const PARTS: usize = 13;
/// The dimension each part belongs to, in the order of [`Place::names`].
pub(super) const DIMENSIONS: [Dimension; PARTS] = [
    Dimension::Programme,
    Dimension::Donor,
    Dimension::Item,
    Dimension::Lot,
    Dimension::Pledge,
    Dimension::Site,
    Dimension::Holder,
    Dimension::Owner,
    Dimension::Consignee,
    Dimension::Corridor,
    Dimension::Corridor,
    Dimension::CountryAt,
    Dimension::CountryFor,
];

/// A place by the numbers of its parts; 0 where it has none.
pub(super) type Spot = [u32; PARTS];

/// Which parts of a place some dimensions keep.
pub(super) fn kept(dimensions: &[Dimension]) -> [bool; PARTS] {
    DIMENSIONS.map(|dimension| dimension == Dimension::Programme || dimensions.contains(&dimension))
}

/// A spot with only what is kept.
pub(super) fn narrowed(spot: &Spot, kept: &[bool; PARTS]) -> Spot {
    std::array::from_fn(|part| if kept[part] { spot[part] } else { 0 })
}

/// Identifiers and countries by small numbers from 1.
#[derive(Default)]
pub(super) struct Numbers {
    ids: HashMap<Uuid, u32>,
    pub(super) uuids: Vec<Uuid>,
    codes: HashMap<String, u32>,
    pub(super) countries: Vec<String>,
}

impl Numbers {
    pub(super) fn id(&mut self, id: Option<Uuid>) -> u32 {
        let Some(id) = id else { return 0 };
        let next = number_after(self.uuids.len());
        *self.ids.entry(id).or_insert_with(|| {
            self.uuids.push(id);
            next
        })
    }

    pub(super) fn country(&mut self, code: Option<&str>) -> u32 {
        let Some(code) = code else { return 0 };
        if let Some(number) = self.codes.get(code) {
            return *number;
        }
        self.countries.push(code.to_owned());
        let number = number_after(self.countries.len() - 1);
        self.codes.insert(code.to_owned(), number);
        number
    }

    pub(super) fn spot(&mut self, place: &Place) -> Spot {
        let (ids, countries) = place.parts();
        let mut spot = [0; PARTS];
        for (number, id) in spot.iter_mut().zip(ids) {
            *number = self.id(id);
        }
        spot[11] = self.country(countries[0]);
        spot[12] = self.country(countries[1]);
        spot
    }

    /// The place of a spot, in a month where that is kept.
    pub(super) fn place(&self, spot: &Spot, month: Option<Month>) -> Option<Place> {
        let id = |part: usize| named(&self.uuids, spot[part]).copied();
        let ids: [Option<Uuid>; 11] = std::array::from_fn(id);
        let country = |part: usize| named(&self.countries, spot[part]).cloned();
        Place::from_parts(ids, [country(11), country(12)], month)
    }
}

fn number_after(count: usize) -> u32 {
    u32::try_from(count + 1).unwrap_or(u32::MAX)
}

/// What a number stands for.
pub(super) fn named<T>(names: &[T], number: u32) -> Option<&T> {
    usize::try_from(number).ok()?.checked_sub(1).and_then(|index| names.get(index))
}

/// Where a change counts: cuboid, day, spot.
pub(super) type DatedKey = (i32, Day, Spot);

/// A cuboid as changes are added to it.
struct Kept {
    number: i32,
    parts: [bool; PARTS],
    /// Whether months are told apart, in which goods are in and out of a place too.
    by_month: bool,
}

/// What an event brought to a place in all, and how much of that is counted.
#[derive(Clone, Copy, Default)]
struct Net {
    counted: i64,
    now: i64,
}

/// Changes of some cuboids by day.
pub(in crate::ledger) struct DatedChanges {
    cuboids: Vec<Kept>,
    pub(super) numbers: Numbers,
    pub(super) rows: HashMap<DatedKey, Sums>,
    /// By cuboid, spot and, where months are told apart, month.
    event: HashMap<(i32, Spot, Option<Month>), Net>,
}

impl DatedChanges {
    pub(in crate::ledger) fn over(cuboids: &[&'static Cuboid]) -> Self {
        let kept = |cuboid: &&'static Cuboid| Kept {
            number: cuboid.number,
            parts: kept(cuboid.keeps),
            by_month: cuboid.keeps.contains(&Dimension::Month),
        };
        Self {
            cuboids: cuboids.iter().map(kept).collect(),
            numbers: Numbers::default(),
            rows: HashMap::new(),
            event: HashMap::new(),
        }
    }

    /// Adds all postings and statements in the book, whose postings are in the order they were recorded in.
    ///
    /// # Errors
    /// The pledge line that is not known.
    pub(in crate::ledger) fn fold(&mut self, book: &Book) -> Result<(), PledgeLineId> {
        for event in book.postings.chunk_by(|one, next| one.sequence == next.sequence) {
            let mut dated: Vec<_> = event.iter().collect();
            dated.sort_by_key(|posting| posting.effective_at);
            for part in dated.chunk_by(|one, next| one.effective_at == next.effective_at) {
                for posting in part {
                    let line = book.lines.get(&posting.cell.line).ok_or(posting.cell.line)?;
                    let consignment = posting.cell.consignment.and_then(|id| book.consignments.get(&id));
                    let at = posting.effective_at;
                    let place = Place::of(&posting.cell, at, line, consignment, &book.sites);
                    let deploys = !book.undeployed.contains(&posting.sequence);
                    self.post(&place, &posting.cell, (posting.quantity, at), deploys);
                }
                self.end_part(Day::of(part[0].effective_at));
            }
            self.event.clear();
        }
        for stated in &book.statements {
            let statement = stated.statement;
            let line = book.lines.get(&statement.line).ok_or(statement.line)?;
            let cell = Cell::source(Account::Promised, statement.line, statement.lot, statement.item);
            let place = Place::of(&cell, stated.effective_at, line, None, &book.sites);
            let (spot, day) = (self.numbers.spot(&place), Day::of(stated.effective_at));
            for cuboid in &self.cuboids {
                let key = (cuboid.number, day, narrowed(&spot, &cuboid.parts));
                let sums = self.rows.entry(key).or_default();
                sums.stated_promised += statement.promised;
                sums.stated_surplus += statement.surplus;
            }
        }
        Ok(())
    }

    fn post(&mut self, place: &Place, cell: &Cell, (quantity, at): (i64, Timestamp), deploys: bool) {
        let (spot, day) = (self.numbers.spot(place), Day::of(at));
        for cuboid in &self.cuboids {
            let spot = narrowed(&spot, &cuboid.parts);
            self.rows.entry((cuboid.number, day, spot)).or_default().post(cell, quantity, deploys);
            let month = cuboid.by_month.then(|| day.month());
            self.event.entry((cuboid.number, spot, month)).or_default().now += quantity;
        }
    }

    /// Counts what this part of an event made of the net of each place.
    fn end_part(&mut self, day: Day) {
        for ((cuboid, spot, _), net) in &mut self.event {
            if net.now == net.counted {
                continue;
            }
            let sums = self.rows.entry((*cuboid, day, *spot)).or_default();
            sums.moved_in += net.now.max(0) - net.counted.max(0);
            sums.moved_out += (-net.now).max(0) - (-net.counted).max(0);
            net.counted = net.now;
        }
    }

    /// The changes of each place with its cuboid, all days together.
    pub(in crate::ledger) fn by_place(&self) -> Vec<(i32, Place, Sums)> {
        let mut all: HashMap<(i32, Spot, Option<Month>), Sums> = HashMap::new();
        let by_month: HashMap<i32, bool> =
            self.cuboids.iter().map(|cuboid| (cuboid.number, cuboid.by_month)).collect();
        for ((cuboid, day, spot), sums) in &self.rows {
            let month = by_month.get(cuboid).is_some_and(|is| *is).then(|| day.month());
            all.entry((*cuboid, *spot, month)).or_default().add(sums);
        }
        // A spot without a programme is never made.
        let named = |((cuboid, spot, month), sums)| Some((cuboid, self.numbers.place(&spot, month)?, sums));
        all.into_iter().filter_map(named).collect()
    }
}
