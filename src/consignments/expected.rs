//! What whoever is about to send or receive has to know of a consignment: what is on each leg, what is reserved where, and
//! how it is packed.

use super::read::{consignment_read, consignments_within, legs_read};
use super::store::{Consignment, Leg};
use crate::auth::{Named, Permit, action};
use crate::core::code::{TypedCode, read_tracking_code};
use crate::core::id::{ConsignmentId, ItemId, LegId, LotId, SiteId};
use crate::core::problem::Outcome;
use crate::db::schema::{balances, consignments, items, lots, organizations};
use crate::db::{Conn, in_parts, read_failure};
use crate::items::{Item, Lot, Pack};
use crate::ledger::{Account, Condition};
use crate::sites::{Site, sites_named};
use crate::writer::Record;
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Goods of one item and lot that lie in one place.
#[derive(Clone, Debug)]
pub struct ExpectedLine {
    /// The item.
    pub item: Item,
    /// Nothing where the lot is not known.
    pub lot: Option<Lot>,
    /// The item's packs, in the order of their names.
    pub packs: Vec<Pack>,
    /// Base units.
    pub quantity: i64,
}

/// A consignment with its way and what is on it.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Itself.
    pub consignment: Consignment,
    /// What the consignee is called.
    pub consignee: String,
    /// The legs that count, in the order of the journey.
    pub legs: Vec<Leg>,
    /// The sites of its way.
    pub sites: HashMap<SiteId, Site>,
    /// What is in transit on each leg.
    pub on_legs: HashMap<LegId, Vec<ExpectedLine>>,
    /// What is reserved for it at each site.
    pub reserved: HashMap<SiteId, Vec<ExpectedLine>>,
    /// What was delivered at each site in good order and not handed to people yet.
    pub delivered: HashMap<SiteId, Vec<ExpectedLine>>,
    /// The legs on which some of it is on hold.
    pub on_hold: HashSet<LegId>,
}

/// Where goods lie: on a leg, or reserved or delivered at a site.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Leg(LegId),
    Site(SiteId),
    Delivered(SiteId),
}

type HeapRow = (i32, i32, Option<LegId>, Option<SiteId>, ItemId, LotId, i64);
type Heaps = BTreeMap<(Place, ItemId, LotId), i64>;

/// Reads it, if the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn expected_read<A: Named>(conn: &mut Conn, permit: &Permit<A>, id: ConsignmentId) -> Outcome<Expected> {
    let consignment = consignment_read(conn, permit, id)?;
    let mut legs = legs_read(conn, id)?;
    legs.retain(|leg| !leg.superseded);
    let (heaps, on_hold) = heaps_of(conn, id)?;
    let lines = lines_of(conn, &heaps)?;
    let consignee: String = organizations::table
        .find(consignment.consignee_id)
        .select(organizations::name)
        .first(conn)
        .map_err(read_failure)?;
    let mut places = vec![consignment.origin_id, consignment.destination_id];
    places.extend(legs.iter().flat_map(|leg| [leg.from_id, leg.to_id]));
    let sites = sites_named(conn, &places)?;
    let mut on_legs: HashMap<LegId, Vec<ExpectedLine>> = HashMap::new();
    let mut reserved: HashMap<SiteId, Vec<ExpectedLine>> = HashMap::new();
    let mut delivered: HashMap<SiteId, Vec<ExpectedLine>> = HashMap::new();
    for (place, line) in lines {
        match place {
            Place::Leg(leg) => on_legs.entry(leg).or_default().push(line),
            Place::Site(site) => reserved.entry(site).or_default().push(line),
            Place::Delivered(site) => delivered.entry(site).or_default().push(line),
        }
    }
    Ok(Expected { consignment, consignee, legs, sites, on_legs, reserved, delivered, on_hold })
}

/// The consignment of a tracking code, or of the sender's number, if the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn consignment_coded(
    conn: &mut Conn,
    permit: &Permit<action::EventSubmit>,
    text: &str,
) -> Outcome<Consignment> {
    let query = consignments_within(consignments::table.into_boxed(), permit.scope());
    let query = match read_tracking_code(text) {
        TypedCode::Sound(code) => query.filter(consignments::tracking_code.eq(code)),
        TypedCode::Mistyped => query.filter(consignments::reference.eq(text.to_owned())),
    };
    query.order(consignments::id).select(Consignment::as_select()).first(conn).map_err(read_failure)
}

/// What is in transit and what is reserved, whatever its condition: a receipt says what condition it comes in. Of what was
/// delivered only what is good, as people are handed nothing else. Beside it the legs on which some is on hold.
fn heaps_of(conn: &mut Conn, id: ConsignmentId) -> Outcome<(Heaps, HashSet<LegId>)> {
    let accounts = [Account::InTransit.code(), Account::Allocated.code(), Account::Delivered.code()];
    let rows: Vec<HeapRow> = balances::table
        .filter(balances::consignment_id.eq(id).and(balances::account.eq_any(accounts)))
        .filter(balances::quantity.gt(0))
        .select((
            balances::account,
            balances::condition,
            balances::leg_id,
            balances::site_id,
            balances::item_id,
            balances::lot_id,
            balances::quantity,
        ))
        .load(conn)
        .map_err(read_failure)?;
    let (mut heaps, mut on_hold) = (Heaps::new(), HashSet::new());
    for (account, condition, leg, site, item, lot, quantity) in rows {
        if account == Account::InTransit.code() && condition == Condition::OnHold.code() {
            on_hold.extend(leg);
        }
        let place = match account {
            code if code == Account::InTransit.code() => leg.map(Place::Leg),
            code if code == Account::Allocated.code() => site.map(Place::Site),
            _ => site.filter(|_| condition == Condition::Good.code()).map(Place::Delivered),
        };
        if let Some(place) = place {
            *heaps.entry((place, item, lot)).or_default() += quantity;
        }
    }
    Ok((heaps, on_hold))
}

/// Heaps with what is known of their goods, by the codes of items and the numbers of lots.
fn lines_of(conn: &mut Conn, heaps: &Heaps) -> Outcome<Vec<(Place, ExpectedLine)>> {
    let mut ids: Vec<ItemId> = heaps.keys().map(|(_, item, _)| *item).collect();
    ids.sort_unstable();
    ids.dedup();
    let batches: Vec<LotId> = heaps.keys().map(|(_, _, lot)| *lot).collect();
    let named: Vec<Item> = in_parts(&ids, |part| {
        items::table.filter(items::id.eq_any(part)).select(Item::as_select()).load(conn)
    })
    .map_err(read_failure)?;
    let known: Vec<Lot> = in_parts(&batches, |part| {
        lots::table.filter(lots::id.eq_any(part)).select(Lot::as_select()).load(conn)
    })
    .map_err(read_failure)?;
    let mut packs: HashMap<ItemId, Vec<Pack>> = HashMap::new();
    for pack in Pack::load_groups(conn, &ids).map_err(read_failure)? {
        packs.entry(pack.item_id).or_default().push(pack);
    }
    packs.values_mut().for_each(|packs| packs.sort_by(|left, right| left.name.cmp(&right.name)));
    let line = |(&(place, item, lot), &quantity): (&(Place, ItemId, LotId), &i64)| {
        let item = named.iter().find(|one| one.id == item)?.clone();
        let lot = known.iter().find(|one| one.id == lot).cloned();
        let packs = packs.get(&item.id).cloned().unwrap_or_default();
        Some((place, ExpectedLine { item, lot, packs, quantity }))
    };
    let mut lines: Vec<(Place, ExpectedLine)> = heaps.iter().filter_map(line).collect();
    lines.sort_by(|(_, left), (_, right)| {
        let key =
            |line: &ExpectedLine| (line.item.code.clone(), line.lot.as_ref().map(|lot| lot.number.clone()));
        key(left).cmp(&key(right))
    });
    Ok(lines)
}
