//! What a consignment was packed with: by item and lot, with packages, weight and worth as far as they are known.
//!
//! It is what was reserved for it and what departed without having been, less what was let go again or had never left:
//! what happened to the goods afterwards changes no paper they travel with. Figures are the ledger's; nothing is added
//! up here but what stands on one paper.

use super::shipment::Sent;
use crate::core::id::{ItemId, LotId, PledgeLineId, SubjectId};
use crate::core::problem::Outcome;
use crate::core::quantity::Quantity;
use crate::db::schema::{items, lots};
use crate::db::{Conn, in_parts, read_failure};
use crate::facts::facts_of;
use crate::items::{Item, Lot, Pack};
use crate::pledges::PledgeLine;
use crate::writer::Record;
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// How files call the fact where goods were made, in the order they are believed.
const MADE_IN: [&str; 7] = [
    "country of origin",
    "country_of_origin",
    "origin",
    "place of manufacture",
    "manufacturing site",
    "made in",
    "manufacturer country",
];

/// Goods of one item and lot.
pub(super) struct Line {
    pub(super) item: Item,
    /// Nothing where the lot is not known.
    pub(super) lot: Option<Lot>,
    /// Base units.
    pub(super) quantity: i64,
    /// The largest pack of the item that some of them fill, with how many it fills and what is left over.
    pub(super) packed: Option<(Pack, i64, i64)>,
    /// Where they were made, in the words of a file.
    pub(super) made_in: Option<String>,
    /// What they are worth, in the currency's minor unit, as the pledges say.
    pub(super) value: Option<(i64, String)>,
}

impl Line {
    /// In how many packages they are; nothing where they do not fill them, or no pack is known.
    pub(super) fn packages(&self) -> Option<i64> {
        self.packed.as_ref().filter(|(_, _, rest)| *rest == 0).map(|(_, packs, _)| *packs)
    }

    /// Gross weight in grams, where the pack says it and they fill it.
    pub(super) fn grams(&self) -> Option<i64> {
        let (pack, packs, rest) = self.packed.as_ref()?;
        if *rest == 0 { pack.gross_weight_g?.checked_mul(*packs) } else { None }
    }
}

/// The sum of what every line knows; nothing where one does not.
pub(super) fn sum(lines: &[Line], of: impl Fn(&Line) -> Option<i64>) -> Option<i64> {
    if lines.is_empty() {
        return None;
    }
    lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(of(line)?))
}

/// The worth of all lines in their one currency; nothing where one is not known, or there are several.
pub(super) fn worth(lines: &[Line]) -> Option<(i64, String)> {
    let currency = lines.first()?.value.as_ref().map(|(_, currency)| currency.clone())?;
    let minor = sum(lines, |line| {
        line.value.as_ref().filter(|(_, other)| *other == currency).map(|(minor, _)| *minor)
    })?;
    Some((minor, currency))
}

/// The lines of what was sent, in the order of codes, lots by their numbers. `pledged` are the lines of pledges that
/// the goods are of.
///
/// # Errors
/// What the database says.
pub(super) fn lines_of(conn: &mut Conn, sent: &[Sent], pledged: &[PledgeLine]) -> Outcome<Vec<Line>> {
    let mut heaps: BTreeMap<(ItemId, LotId), Vec<&Sent>> = BTreeMap::new();
    for one in sent {
        heaps.entry((one.item, one.lot)).or_default().push(one);
    }
    let known = Known::of(conn, &heaps, pledged)?;
    let mut lines: Vec<Line> =
        heaps.iter().filter_map(|((item, lot), heap)| known.line(*item, *lot, heap)).collect();
    lines.sort_by(|left, right| {
        let number = |line: &Line| line.lot.as_ref().map(|lot| lot.number.clone());
        (&left.item.code, number(left)).cmp(&(&right.item.code, number(right)))
    });
    Ok(lines)
}

/// What is known of goods.
struct Known<'a> {
    items: HashMap<ItemId, Item>,
    lots: HashMap<LotId, Lot>,
    packs: HashMap<ItemId, Vec<Pack>>,
    facts: HashMap<SubjectId, BTreeMap<String, String>>,
    pledged: HashMap<PledgeLineId, &'a PledgeLine>,
}

impl<'a> Known<'a> {
    fn of(
        conn: &mut Conn,
        heaps: &BTreeMap<(ItemId, LotId), Vec<&Sent>>,
        pledged: &'a [PledgeLine],
    ) -> Outcome<Self> {
        let mut ids: Vec<ItemId> = heaps.keys().map(|(item, _)| *item).collect();
        ids.dedup();
        let batches: Vec<LotId> = heaps.keys().map(|(_, lot)| *lot).collect();
        let mut subjects: Vec<SubjectId> = ids.iter().map(|id| SubjectId(id.0)).collect();
        subjects.extend(pledged.iter().map(|line| SubjectId(line.id.0)));
        let mut packs: HashMap<ItemId, Vec<Pack>> = HashMap::new();
        for pack in Pack::load_groups(conn, &ids).map_err(read_failure)? {
            packs.entry(pack.item_id).or_default().push(pack);
        }
        Ok(Self {
            items: items_named(conn, &ids)?,
            lots: lots_named(conn, &batches)?,
            packs,
            facts: facts_of(conn, &subjects)?,
            pledged: pledged.iter().map(|line| (line.id, line)).collect(),
        })
    }

    fn line(&self, item: ItemId, lot: LotId, heap: &[&Sent]) -> Option<Line> {
        let item = self.items.get(&item)?.clone();
        let quantity = heap.iter().map(|one| one.quantity).sum();
        let facts = heap.iter().filter_map(|one| self.facts.get(&SubjectId(one.line.0)));
        let facts = facts.chain(self.facts.get(&SubjectId(item.id.0)));
        Some(Line {
            packed: self.packs.get(&item.id).and_then(|packs| packed(packs, quantity)),
            made_in: made_in(facts),
            value: self.value(heap),
            lot: self.lots.get(&lot).cloned(),
            quantity,
            item,
        })
    }

    /// What a heap is worth: of each pledge line's value its part, rounded to the minor unit.
    fn value(&self, heap: &[&Sent]) -> Option<(i64, String)> {
        let mut sum = 0_i64;
        let mut currency: Option<String> = None;
        for one in heap {
            let line = self.pledged.get(&one.line)?;
            let value = line.value().filter(|_| line.offered > 0)?;
            if currency.get_or_insert_with(|| value.currency.clone()) != &value.currency {
                return None;
            }
            sum = sum.checked_add(part_of(value.minor, one.quantity, line.offered)?)?;
        }
        Some((sum, currency?))
    }
}

/// The part of a whole that some of its units are, to the nearest unit, halves upwards.
fn part_of(whole: i64, some: i64, all: i64) -> Option<i64> {
    let (whole, some, all) = (i128::from(whole), i128::from(some), i128::from(all));
    i64::try_from((2 * whole * some + all) / (2 * all)).ok()
}

/// The fact that tells where something was made, by the name that it has, where there is one.
pub fn origin_stated(facts: &BTreeMap<String, String>) -> Option<(&String, &String)> {
    MADE_IN.iter().find_map(|name| facts.iter().find(|(known, _)| known.to_lowercase() == *name))
}

/// Where goods were made: nothing where two files say two things.
fn made_in<'a>(facts: impl Iterator<Item = &'a BTreeMap<String, String>>) -> Option<String> {
    let said = |facts: &'a BTreeMap<String, String>| origin_stated(facts).map(|(_, words)| words.clone());
    let mut all: Vec<String> = facts.filter_map(said).collect();
    all.dedup();
    if all.len() == 1 { all.pop() } else { None }
}

/// The largest pack that is filled, with how many are and what is left over.
fn packed(packs: &[Pack], quantity: i64) -> Option<(Pack, i64, i64)> {
    let quantity = Quantity::new(quantity)?;
    let holds = |pack: &Pack| (i128::from(pack.numerator), i128::from(pack.denominator));
    let mut largest: Option<(Pack, i64, i64)> = None;
    for pack in packs {
        let (count, rest) = pack.size().from_base(quantity);
        let (numerator, denominator) = holds(pack);
        let is_larger = largest.as_ref().is_none_or(|(other, _, _)| {
            let (than, of) = holds(other);
            (numerator * of, &pack.name) > (than * denominator, &other.name)
        });
        if count > 0 && is_larger {
            largest = Some((pack.clone(), count, rest));
        }
    }
    largest
}

/// Items by their identifiers.
///
/// # Errors
/// What the database says.
pub(super) fn items_named(conn: &mut Conn, ids: &[ItemId]) -> Outcome<HashMap<ItemId, Item>> {
    let rows: Vec<Item> = in_parts(ids, |part| {
        items::table.filter(items::id.eq_any(part)).select(Item::as_select()).load(conn)
    })
    .map_err(read_failure)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Lots by their identifiers; the one that is not known has no row.
///
/// # Errors
/// What the database says.
pub(super) fn lots_named(conn: &mut Conn, ids: &[LotId]) -> Outcome<HashMap<LotId, Lot>> {
    let rows: Vec<Lot> =
        in_parts(ids, |part| lots::table.filter(lots::id.eq_any(part)).select(Lot::as_select()).load(conn))
            .map_err(read_failure)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}
