//! What goods are packed in: the packages that were stated of a consignment, its handling units, and what is in neither.
//!
//! A list that was stated is believed as it is. Without one its handling units are packages, and what is in none of them is
//! counted by the packs that it fills; where that is not known nobody knows how many packages there are.

use super::goods::{Line, items_named, lines_of, lots_named, sum};
use super::shipment::Sent;
use crate::core::id::{ConsignmentId, EventId, HandlingUnitId, ItemId, KitRecipeId, LotId};
use crate::core::problem::Outcome;
use crate::db::schema::{consignment_terms, events, handling_units, kit_recipes};
use crate::db::{Clause, Conn, in_parts, read_failure};
use crate::kits::{HandlingUnit, UnitContent};
use crate::ledger::event::STANDS;
use crate::pledges::PledgeLine;
use crate::writer::Record as _;
use diesel::dsl::min;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// The kind of what is stated of packages.
const PACKAGE: &str = "package";

/// How goods are packed.
#[derive(Default)]
pub(super) struct Packing {
    /// The packages that were stated, in the order of their numbers.
    pub(super) stated: Vec<Stated>,
    /// Handling units that no stated package is.
    pub(super) units: Vec<Unit>,
    /// What is in no handling unit.
    pub(super) loose: Vec<Line>,
}

/// A package that was stated.
pub(super) struct Stated {
    pub(super) number: i64,
    pub(super) of: i64,
    /// What is written on it.
    pub(super) mark: Option<String>,
    pub(super) grams: Option<i64>,
    pub(super) volume_cm3: Option<i64>,
    /// The handling unit it is.
    pub(super) unit: Option<Unit>,
}

/// A handling unit.
pub(super) struct Unit {
    pub(super) number: String,
    pub(super) sscc: Option<String>,
    /// The kit's code and name.
    pub(super) kit: String,
    /// What it holds.
    pub(super) contents: Vec<Held>,
}

/// Goods in a handling unit.
pub(super) struct Held {
    pub(super) quantity: i64,
    pub(super) base_unit: String,
    pub(super) item: String,
    pub(super) lot: Option<String>,
}

impl Packing {
    /// How many packages there are, where that is known; `lines` are all goods.
    pub(super) fn count(&self, lines: &[Line]) -> Option<i64> {
        if let Some(first) = self.stated.first() {
            return Some(first.of);
        }
        if self.units.is_empty() {
            return sum(lines, Line::packages);
        }
        let loose = if self.loose.is_empty() { Some(0) } else { sum(&self.loose, Line::packages) };
        loose?.checked_add(i64::try_from(self.units.len()).ok()?)
    }

    /// What all packages weigh in grams, where that is known of each.
    pub(super) fn grams(&self, lines: &[Line]) -> Option<i64> {
        if self.stated.is_empty() {
            return sum(lines, Line::grams);
        }
        self.stated.iter().try_fold(0_i64, |all, one| all.checked_add(one.grams?))
    }
}

/// A package as it was stated: what it is called, of how many, its mark, grams, cubic centimetres, unit and entry.
type StatedRow = (String, Option<i64>, Option<String>, Option<i64>, Option<i64>, Option<HandlingUnitId>, i64);

/// How the goods of a consignment, which a permit reaches, are packed: `sent` is what entered it, `pledged` the lines of
/// pledges that is of.
///
/// # Errors
/// What the database says.
pub(super) fn packing_of(
    conn: &mut Conn,
    id: ConsignmentId,
    sent: &[Sent],
    pledged: &[PledgeLine],
) -> Outcome<Packing> {
    let mut units = units_of(conn, id)?;
    let mut stated = stated_of(conn, id)?;
    let mut named: HashMap<HandlingUnitId, (Unit, Vec<UnitContent>)> = HashMap::new();
    let loose = less_packed(sent, units.iter().flat_map(|(_, _, contents)| contents));
    let mut order = Vec::with_capacity(units.len());
    for (unit, shown, contents) in units.drain(..) {
        order.push(unit);
        named.insert(unit, (shown, contents));
    }
    let last = stated.iter().map(|row| row.6).max();
    stated.retain(|row| Some(row.6) == last);
    let mut packages = Vec::with_capacity(stated.len());
    for (about, of, mark, grams, volume_cm3, unit, _) in stated {
        let (Ok(number), Some(of)) = (about.parse(), of) else { continue };
        let unit = unit.and_then(|unit| named.remove(&unit)).map(|(unit, _)| unit);
        packages.push(Stated { number, of, mark, grams, volume_cm3, unit });
    }
    packages.sort_by_key(|one| one.number);
    let units = order.iter().filter_map(|unit| named.remove(unit)).map(|(unit, _)| unit).collect();
    Ok(Packing { stated: packages, units, loose: lines_of(conn, &loose, pledged)? })
}

fn stated_of(conn: &mut Conn, id: ConsignmentId) -> Outcome<Vec<StatedRow>> {
    consignment_terms::table
        .filter(consignment_terms::consignment_id.eq(id).and(consignment_terms::kind.eq(PACKAGE)))
        .select((
            consignment_terms::about,
            consignment_terms::total,
            consignment_terms::mark,
            consignment_terms::gross_weight_g,
            consignment_terms::volume_cm3,
            consignment_terms::unit_id,
            consignment_terms::sequence,
        ))
        .load(conn)
        .map_err(read_failure)
}

/// The units that a consignment was packed in: what is opened where it arrives changes no paper it travelled with.
fn packed_with(conn: &mut Conn, id: ConsignmentId) -> Outcome<Vec<HandlingUnit>> {
    let mut rows: Vec<HandlingUnit> = handling_units::table
        .filter(handling_units::consignment_id.eq(id))
        .select(HandlingUnit::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let opened: Vec<EventId> = rows.iter().filter_map(|row| row.unpacked_by).collect();
    let left: Option<i64> = events::table
        .filter(events::consignment_id.eq(id).and(events::kind.eq("departed")))
        .filter(Clause(STANDS))
        .select(min(events::sequence))
        .first(conn)
        .map_err(read_failure)?;
    let on_arrival: HashSet<EventId> = match left {
        Some(left) => in_parts(&opened, |part| {
            events::table
                .filter(events::id.eq_any(part).and(events::kind.eq_any(["received", "kit_unpacked"])))
                .filter(events::sequence.gt(left))
                .select(events::id)
                .load(conn)
        })
        .map_err(read_failure)?
        .into_iter()
        .collect(),
        None => HashSet::new(),
    };
    rows.retain(|row| row.unpacked_by.is_none_or(|event| on_arrival.contains(&event)));
    Ok(rows)
}

/// The units that a consignment was packed in with what each holds, in the order of their numbers.
fn units_of(conn: &mut Conn, id: ConsignmentId) -> Outcome<Vec<(HandlingUnitId, Unit, Vec<UnitContent>)>> {
    let mut rows = packed_with(conn, id)?;
    rows.sort_by_key(|row| (row.number.len(), row.number.clone()));
    let ids: Vec<HandlingUnitId> = rows.iter().map(|row| row.id).collect();
    let mut all = UnitContent::load_groups(conn, &ids).map_err(read_failure)?;
    all.sort_by_key(|content| content.ordinal);
    let mut contents: HashMap<HandlingUnitId, Vec<UnitContent>> = HashMap::new();
    for content in all {
        contents.entry(content.unit_id).or_default().push(content);
    }
    let recipes: Vec<KitRecipeId> = rows.iter().map(|row| row.recipe_id).collect();
    let kits: Vec<(KitRecipeId, String, String)> = in_parts(&recipes, |part| {
        kit_recipes::table
            .filter(kit_recipes::id.eq_any(part))
            .select((kit_recipes::id, kit_recipes::code, kit_recipes::name))
            .load(conn)
    })
    .map_err(read_failure)?;
    let kits: HashMap<KitRecipeId, String> =
        kits.into_iter().map(|(id, code, name)| (id, format!("{code} · {name}"))).collect();
    let goods: Vec<&UnitContent> = contents.values().flatten().collect();
    let items: Vec<ItemId> = goods.iter().map(|content| content.item_id).collect();
    let lots: Vec<LotId> = goods.iter().map(|content| content.lot_id).collect();
    let (items, lots) = (items_named(conn, &items)?, lots_named(conn, &lots)?);
    let held = |content: &UnitContent| {
        let item = items.get(&content.item_id)?;
        Some(Held {
            quantity: content.quantity,
            base_unit: item.base_unit.clone(),
            item: item.name.clone(),
            lot: lots.get(&content.lot_id).map(|lot| lot.number.clone()),
        })
    };
    let shown = |row: HandlingUnit| {
        let own = contents.get(&row.id).cloned().unwrap_or_default();
        let unit = Unit {
            number: row.number,
            sscc: row.sscc,
            kit: kits.get(&row.recipe_id).cloned().unwrap_or_default(),
            contents: own.iter().filter_map(held).collect(),
        };
        (row.id, unit, own)
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// What entered a consignment without what its units hold: of the same lot first, and of the same pledge line where a lot was
/// named since.
fn less_packed<'a>(sent: &[Sent], packed: impl Iterator<Item = &'a UnitContent>) -> Vec<Sent> {
    let mut left: Vec<Sent> = sent.to_vec();
    for content in packed {
        let mut rest = content.quantity;
        for is_exact in [true, false] {
            for one in left.iter_mut().filter(|one| one.line == content.pledge_line_id) {
                if one.lot == content.lot_id || !is_exact {
                    let part = rest.min(one.quantity);
                    one.quantity -= part;
                    rest -= part;
                }
            }
        }
    }
    left.retain(|one| one.quantity > 0);
    left
}
