//! What events change, by cuboid, place and day, with places told by small numbers.
//!
//! What goes in and out of a place is netted within an event. Where an event counts from several times, as corrections
//! may, each later part changes what is net already; adding up all parts until a moment is the net until then.

use super::super::account::Account;
use super::super::book::{Book, Posted};
use super::super::cell::{Cell, CellKey};
use super::super::rollup::{CUBOIDS, Cuboid, Dimension, Place, Sums, key_of};
use super::Day;
use crate::core::id::PledgeLineId;
use crate::core::time::{Month, Timestamp};
use uuid::Uuid;

/// Maps that are asked many times for each posting: hashed under a key of their own, and quicker than those of the standard
/// library, which are made to withstand whoever sends a server its keys.
type Quick<K, V> = foldhash::HashMap<K, V>;

/// Parts of a place.
pub const PARTS: usize = 13;
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
    ids: Quick<Uuid, u32>,
    pub(super) uuids: Vec<Uuid>,
    codes: Quick<String, u32>,
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

    /// The key of that place in a rollup.
    fn key(&self, spot: &Spot, month: Option<Month>) -> CellKey {
        let id = |part: usize| named(&self.uuids, spot[part]).copied();
        let country = |part: usize| named(&self.countries, spot[part]).map(String::as_str);
        key_of(std::array::from_fn(id), [country(11), country(12)], month)
    }

    fn clear(&mut self) {
        self.ids.clear();
        self.uuids.clear();
        self.codes.clear();
        self.countries.clear();
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
pub(super) type Dated<'a> = (i32, Day, &'a Spot, &'a Sums);

/// A cuboid as changes are added to it.
struct Kept {
    number: i32,
    parts: [bool; PARTS],
    /// Whether months are told apart, in which goods are in and out of a place too.
    by_month: bool,
}

/// A cuboid, by its place among those that are folded, and a spot in it.
type Corner = (usize, Spot);

/// What an event brought to a place in all, and how much of that is counted.
#[derive(Clone, Copy, Default)]
struct Net {
    counted: i64,
    now: i64,
}

/// Changes of some cuboids by day.
///
/// A posting counts in each cuboid, and nearly all postings lie where others did before. So each cell's place is looked up
/// once, and what is added up hangs on the small numbers of its corners and on the day.
pub(in crate::ledger) struct DatedChanges {
    cuboids: Vec<Kept>,
    pub(super) numbers: Numbers,
    corners: Vec<Corner>,
    numbered: Quick<Corner, u32>,
    /// The corners of a cell, one for each cuboid.
    cells: Quick<Cell, [u32; CUBOIDS.len()]>,
    rows: Quick<(u32, Day), Sums>,
    /// By corner and, where months are told apart, month.
    event: Quick<(u32, Option<Month>), Net>,
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
            corners: Vec::new(),
            numbered: Quick::default(),
            cells: Quick::default(),
            rows: Quick::default(),
            event: Quick::default(),
        }
    }

    /// Lets go of what was folded; what memory it took is used again.
    pub(in crate::ledger) fn clear(&mut self) {
        self.numbers.clear();
        self.corners.clear();
        self.numbered.clear();
        self.cells.clear();
        self.rows.clear();
        self.event.clear();
    }

    /// Adds all postings and statements in the book, whose postings are in the order they were recorded in.
    ///
    /// # Errors
    /// The pledge line that is not known.
    pub(in crate::ledger) fn fold(&mut self, book: &Book) -> Result<(), PledgeLineId> {
        let mut dated: Vec<&Posted> = Vec::new();
        for event in book.postings.chunk_by(|one, next| one.sequence == next.sequence) {
            let deploys = !book.undeployed.contains(&event[0].sequence);
            dated.clear();
            dated.extend(event);
            dated.sort_by_key(|posting| posting.effective_at);
            for part in dated.chunk_by(|one, next| one.effective_at == next.effective_at) {
                let day = Day::of(part[0].effective_at);
                let month = day.month();
                for posting in part {
                    let corners = self.corners_of(&posting.cell, book)?;
                    self.post(&corners, (day, month), posting, deploys);
                }
                self.end_part(day);
            }
            self.event.clear();
        }
        for stated in &book.statements {
            let statement = stated.statement;
            let cell = Cell::source(Account::Promised, statement.line, statement.lot, statement.item);
            let (corners, day) = (self.corners_of(&cell, book)?, Day::of(stated.effective_at));
            for (_, corner) in self.cuboids.iter().zip(corners) {
                let sums = self.rows.entry((corner, day)).or_default();
                sums.stated_promised += statement.promised;
                sums.stated_surplus += statement.surplus;
            }
        }
        Ok(())
    }

    /// Where a cell's goods count in each cuboid.
    fn corners_of(&mut self, cell: &Cell, book: &Book) -> Result<[u32; CUBOIDS.len()], PledgeLineId> {
        if let Some(corners) = self.cells.get(cell) {
            return Ok(*corners);
        }
        let line = book.lines.get(&cell.line).ok_or(cell.line)?;
        let consignment = cell.consignment.and_then(|id| book.consignments.get(&id));
        // Of months the day tells.
        let spot = self.numbers.spot(&Place::of(cell, Timestamp(0), line, consignment, &book.sites));
        let mut corners = [0; CUBOIDS.len()];
        for (index, number) in (0..self.cuboids.len()).zip(&mut corners) {
            *number = self.corner(index, &spot);
        }
        self.cells.insert(*cell, corners);
        Ok(corners)
    }

    /// The number of a spot in a cuboid.
    fn corner(&mut self, index: usize, spot: &Spot) -> u32 {
        let corner = (index, narrowed(spot, &self.cuboids[index].parts));
        let corners = &mut self.corners;
        *self.numbered.entry(corner).or_insert_with(|| {
            corners.push(corner);
            number_after(corners.len() - 1)
        })
    }

    /// Adds figures of a day to a spot of the cuboid with this number, where that is folded.
    pub(super) fn add(&mut self, cuboid: i32, day: Day, spot: &Spot, figures: &Sums) {
        let Some(index) = self.cuboids.iter().position(|kept| kept.number == cuboid) else { return };
        let corner = self.corner(index, spot);
        self.rows.entry((corner, day)).or_default().add(figures);
    }

    /// All changes, in no order.
    pub(super) fn rows(&self) -> impl Iterator<Item = Dated<'_>> {
        self.rows.iter().filter_map(|((corner, day), sums)| {
            let (index, spot) = named(&self.corners, *corner)?;
            Some((self.cuboids[*index].number, *day, spot, sums))
        })
    }

    fn post(
        &mut self,
        corners: &[u32; CUBOIDS.len()],
        (day, month): (Day, Month),
        posting: &Posted,
        deploys: bool,
    ) {
        for (cuboid, corner) in self.cuboids.iter().zip(corners) {
            self.rows.entry((*corner, day)).or_default().post(&posting.cell, posting.quantity, deploys);
            let month = cuboid.by_month.then_some(month);
            self.event.entry((*corner, month)).or_default().now += posting.quantity;
        }
    }

    /// Counts what this part of an event made of the net of each place.
    fn end_part(&mut self, day: Day) {
        for ((corner, _), net) in &mut self.event {
            if net.now == net.counted {
                continue;
            }
            let sums = self.rows.entry((*corner, day)).or_default();
            sums.moved_in += net.now.max(0) - net.counted.max(0);
            sums.moved_out += (-net.now).max(0) - (-net.counted).max(0);
            net.counted = net.now;
        }
    }

    /// Shows the changes of each place, all days together: its cuboid, its key and what it is.
    pub(in crate::ledger) fn each_place(
        &self,
        mut each: impl FnMut(i32, CellKey, &Sums, &dyn Fn() -> Option<Place>),
    ) {
        let mut all: Quick<(u32, Option<Month>), Sums> = Quick::default();
        for ((corner, day), sums) in &self.rows {
            let Some((index, _)) = named(&self.corners, *corner) else { continue };
            let month = self.cuboids[*index].by_month.then(|| day.month());
            all.entry((*corner, month)).or_default().add(sums);
        }
        for ((corner, month), sums) in &all {
            let Some((index, spot)) = named(&self.corners, *corner) else { continue };
            let key = self.numbers.key(spot, *month);
            each(self.cuboids[*index].number, key, sums, &|| self.numbers.place(spot, *month));
        }
    }
}
