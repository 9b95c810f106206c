//! What went along corridors: shipments, goods, weight over distance, and how long trips took.
//!
//! A corridor is from one site to another by one mode: what a leg goes. A shipment is a leg onto which goods were put and
//! from which none of them was sent elsewhere under way. A page of corridors is chosen first, by an index; only of these
//! is anything added up.

use super::arrival::DurationView;
use super::corridor_queries::{CorridorRow, GoodsRow, LegsRow, TripsRow, chosen, goods, shipments, trips};
use super::route::{Asked, label_of};
use super::trips::places_of;
use crate::atlas::{Coordinates, leg_length_m};
use crate::auth::{Permit, action};
use crate::consignments::rules::Mode;
use crate::core::id::{ItemId, OrganizationId, ProgrammeId, SiteId};
use crate::core::page::{KnownPage, Page};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{packs, sites};
use crate::db::{Conn, in_parts, read_failure};
use crate::ledger::Moment;
use crate::web::{Paging, encode_key};
use diesel::prelude::*;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Rows of goods, one an item of a corridor, that a page is added up from.
pub(super) const GOODS_MAXIMUM: usize = 20_000;
/// Gram-metres of a kilogram-kilometre.
const KILOGRAM_KM: i128 = 1_000_000;

/// Where a page of corridors ends: from, to, mode.
pub(super) type CorridorKey = (Uuid, Uuid, String);

/// What corridors are narrowed to.
#[derive(Clone, Debug, Default)]
pub(super) struct CorridorFilter {
    pub(super) programme: Option<ProgrammeId>,
    pub(super) donor: Option<OrganizationId>,
    pub(super) item: Option<ItemId>,
    pub(super) mode: Option<Mode>,
    pub(super) from: Option<SiteId>,
    pub(super) to: Option<SiteId>,
}

/// An end of a corridor.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CorridorEnd {
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// The country, ISO 3166-1 alpha-2.
    pub country: String,
}

/// What went from one site to another by one mode.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CorridorView {
    /// From.
    pub from: CorridorEnd,
    /// To.
    pub to: CorridorEnd,
    /// How.
    #[schema(value_type = Mode)]
    pub mode: String,
    /// The shortest way over the globe, in metres; null where an end has no coordinates.
    pub length_m: Option<u64>,
    /// What that length is.
    pub label: &'static str,
    /// Legs that goods went on.
    pub shipments: i64,
    /// How many items they carried.
    pub items: usize,
    /// The item, where it is one.
    pub item: Option<ItemId>,
    /// Base units of it; null where there are several items, whose units do not add up.
    pub quantity: Option<i64>,
    /// Trips whose duration is known.
    pub trips: i64,
    /// How long they took; null where there is none.
    pub duration: Option<DurationView>,
    /// Arrivals that were planned.
    pub arrivals_planned: i64,
    /// Those of them that came on a later day.
    pub arrivals_late: i64,
    /// Their share, in thousandths, rounded down; null where no arrival was planned.
    pub late_permille: Option<i64>,
    /// Grams that went, each shipment by the first of the three that follow that is known of it.
    pub weight_g: i64,
    /// Of these, declared gross weights of consignments.
    pub weight_declared_g: i64,
    /// Gross weights of packs.
    pub weight_packs_g: i64,
    /// Where an item has no pack with a weight: those stated of loads that carried nothing else.
    pub weight_loads_g: i64,
    /// Shipments of which something has none of them, which is in no sum.
    pub shipments_unweighed: i64,
    /// Base units of it; null where there are several items.
    pub quantity_unweighed: Option<i64>,
    /// Weight times length: a thousandth of a tonne-kilometre each, rounded down; null where the length is not known.
    pub kilogram_km: Option<i64>,
}

/// A page of corridors, in order of their ends. A page may be short and yet have a `next`: corridors that are planned and
/// nothing went along are left out.
///
/// # Errors
/// `invalid` where the moment asked for is not reached yet, or the page has too many items; what the database says.
pub(super) fn corridor_list(
    conn: &mut Conn,
    permit: &Permit<action::TotalsRead>,
    filter: &CorridorFilter,
    (moment, now): (Moment, Timestamp),
    paging: &Paging<CorridorKey>,
) -> Outcome<KnownPage<CorridorView>> {
    let asked = Asked::read(conn, moment, now)?;
    let scope = permit.scope();
    let rows = chosen(conn, scope, filter, paging.after.as_ref(), paging.limit + 1)?;
    let page = Page::from_rows(rows, paging.limit, |row| encode_key(&row.key()));
    if page.items.is_empty() {
        return Ok(KnownPage { items: Vec::new(), next: None, sequence: asked.cut.known_at });
    }
    let legs = shipments(conn, scope, filter, &page.items, asked.cut)?;
    let goods = goods(conn, scope, filter, &page.items, asked.cut)?;
    if goods.len() > GOODS_MAXIMUM {
        let words = format!(
            "has more than {GOODS_MAXIMUM} items of corridors; ask for fewer rows, or narrow by item"
        );
        return Err(Problem::field("/limit", words).coded(Fault::TooMany));
    }
    let trips = trips(conn, scope, filter, &page.items, (asked.cut, asked.past))?;
    let ends = ends_of(conn, &page.items, asked.cut.known_at)?;
    let weights = weights_of(conn, &goods)?;
    let mut found = Gathered::default();
    legs.into_iter().for_each(|row| drop(found.legs.insert(row.corridor.key(), row)));
    trips.into_iter().for_each(|row| drop(found.trips.insert(row.corridor.key(), row)));
    goods.into_iter().for_each(|row| found.goods.entry(row.corridor.key()).or_default().push(row));
    let items = page.items.iter().filter_map(|row| view(row, &ends, &weights, &found)).collect();
    Ok(KnownPage { items, next: page.next, sequence: asked.cut.known_at })
}

/// What was read of a page's corridors.
#[derive(Default)]
struct Gathered {
    legs: HashMap<CorridorKey, LegsRow>,
    trips: HashMap<CorridorKey, TripsRow>,
    goods: HashMap<CorridorKey, Vec<GoodsRow>>,
}

#[derive(Clone, Queryable)]
struct End {
    id: SiteId,
    name: String,
    country: String,
}

/// The ends of corridors, each with where it lay as it was known; its name is that of today.
fn ends_of(
    conn: &mut Conn,
    rows: &[CorridorRow],
    sequence: i64,
) -> Outcome<HashMap<SiteId, (End, Option<Coordinates>)>> {
    let ids: BTreeSet<SiteId> = rows.iter().flat_map(|row| [row.from_id, row.to_id]).collect();
    let ids: Vec<SiteId> = ids.into_iter().collect();
    let places = places_of(conn, &ids, sequence)?;
    let ends: Vec<End> = sites::table
        .filter(sites::id.eq_any(&ids))
        .select((sites::id, sites::name, sites::country))
        .load(conn)
        .map_err(read_failure)?;
    Ok(ends.into_iter().map(|end| (end.id, (end.clone(), places.get(&end.id).copied()))).collect())
}

/// What one pack of an item weighs, and what is in it.
#[derive(Clone, Copy, Debug)]
struct PackWeight {
    gross_weight_g: i64,
    numerator: i64,
    denominator: i64,
}

/// Of each item the largest pack that says what it weighs, as its packing is in that.
fn weights_of(conn: &mut Conn, goods: &[GoodsRow]) -> Outcome<HashMap<ItemId, PackWeight>> {
    let items: BTreeSet<ItemId> = goods.iter().map(|row| row.item).collect();
    let items: Vec<ItemId> = items.into_iter().collect();
    let rows: Vec<(ItemId, i64, i64, i64)> = in_parts(&items, |part| {
        packs::table
            .filter(packs::item_id.eq_any(part).and(packs::gross_weight_g.is_not_null()))
            .order(packs::id)
            .select((
                packs::item_id,
                packs::gross_weight_g.assume_not_null(),
                packs::numerator,
                packs::denominator,
            ))
            .load(conn)
            .map_err(read_failure)
    })?;
    let mut weights: HashMap<ItemId, PackWeight> = HashMap::new();
    for (item, gross_weight_g, numerator, denominator) in rows {
        let pack = PackWeight { gross_weight_g, numerator, denominator };
        let larger = |known: &PackWeight| {
            i128::from(pack.numerator) * i128::from(known.denominator)
                > i128::from(known.numerator) * i128::from(pack.denominator)
        };
        if weights.get(&item).is_none_or(larger) {
            weights.insert(item, pack);
        }
    }
    Ok(weights)
}

/// Grams of so many base units, rounded down.
fn grams(quantity: i64, pack: PackWeight) -> i128 {
    i128::from(quantity) * i128::from(pack.gross_weight_g) * i128::from(pack.denominator)
        / i128::from(pack.numerator.max(1))
}

/// How long its trips took, where there are any.
fn durations(row: &TripsRow) -> Option<DurationView> {
    Some(DurationView { p10_minutes: row.p10?, p50_minutes: row.p50?, p90_minutes: row.p90? })
}

fn view(
    row: &CorridorRow,
    ends: &HashMap<SiteId, (End, Option<Coordinates>)>,
    weights: &HashMap<ItemId, PackWeight>,
    found: &Gathered,
) -> Option<CorridorView> {
    let key = row.key();
    let legs = found.legs.get(&key)?;
    let [(from, start), (to, end)] = [ends.get(&row.from_id)?, ends.get(&row.to_id)?];
    let length_m = start.zip(*end).map(|(from, to)| leg_length_m(from, to));
    let mut goods: Vec<&GoodsRow> = found.goods.get(&key).into_iter().flatten().collect();
    goods.sort_unstable_by_key(|row| Reverse(row.quantity));
    let only = match goods.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let by_packs = goods.iter().filter_map(|row| Some(grams(row.by_packs, *weights.get(&row.item)?)));
    let by_packs = by_packs.sum::<i128>();
    let weight_g = i128::from(legs.declared_g) + by_packs + i128::from(legs.loaded_g);
    let narrow = |wide: i128| i64::try_from(wide).unwrap_or(i64::MAX);
    let told = found.trips.get(&key);
    let planned = told.map_or(0, |row| row.planned);
    let late = told.map_or(0, |row| row.late);
    let shown =
        |end: &End| CorridorEnd { site: end.id, name: end.name.clone(), country: end.country.clone() };
    Some(CorridorView {
        from: shown(from),
        to: shown(to),
        label: label_of(&row.mode).words(),
        mode: row.mode.clone(),
        length_m,
        shipments: legs.shipments,
        items: goods.len(),
        item: only.map(|row| row.item),
        quantity: only.map(|row| row.quantity),
        trips: told.map_or(0, |row| row.trips),
        duration: told.and_then(durations),
        arrivals_planned: planned,
        arrivals_late: late,
        late_permille: (late * 1_000).checked_div(planned),
        weight_g: narrow(weight_g),
        weight_declared_g: legs.declared_g,
        weight_packs_g: narrow(by_packs),
        weight_loads_g: legs.loaded_g,
        shipments_unweighed: legs.unweighed,
        quantity_unweighed: only.map(|row| row.unweighed),
        kilogram_km: length_m.map(|length_m| narrow(weight_g * i128::from(length_m) / KILOGRAM_KM)),
    })
}
