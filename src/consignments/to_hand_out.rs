//! What was delivered and waits to be handed to people.

use super::read::consignments_within;
use super::store::Consignment;
use crate::auth::{Permit, Principal, action};
use crate::core::id::{ConsignmentId, ItemId, SiteId};
use crate::core::problem::Outcome;
use crate::db::schema::{balances, consignments, items, sites};
use crate::db::{Backend, Conn, in_parts, read_failure};
use crate::ledger::{Account, Condition};
use diesel::dsl::exists;
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Goods of one item that lie with a consignee, in good order.
#[derive(Clone, Debug)]
pub struct ToHandOut {
    /// The consignment they came by.
    pub consignment: Consignment,
    /// Where they lie.
    pub site: SiteId,
    /// What they are called.
    pub item: String,
    /// What one is.
    pub base_unit: String,
    /// How many.
    pub quantity: i64,
}

type Boxed<'a> = consignments::BoxedQuery<'a, Backend>;

/// Such goods of a consignment. A macro, since the type of such a query cannot be written down.
macro_rules! lying {
    () => {
        balances::table
            .inner_join(sites::table.on(sites::id.nullable().eq(balances::site_id)))
            .filter(balances::consignment_id.eq(consignments::id.nullable()))
            .filter(balances::account.eq(Account::Delivered.code()))
            .filter(balances::condition.eq(Condition::Good.code()))
            .filter(balances::quantity.gt(0))
    };
}

/// Narrows to what somebody hands out: of an organization what lies at its own sites, or came for it; of countries what lies
/// there; all of it, of whoever is bound to neither. The scope reaches further, as to what they only sent.
fn handed_by<'a>(query: Boxed<'a>, principal: &Principal) -> Boxed<'a> {
    match principal.organization {
        Some(own) => query.filter(
            exists(lying!().filter(sites::operator_id.eq(own)))
                .or(exists(lying!()).and(consignments::consignee_id.eq(own))),
        ),
        None if principal.countries.is_empty() => query.filter(exists(lying!())),
        None => query.filter(exists(lying!().filter(sites::country.eq_any(principal.countries.clone())))),
    }
}

/// Up to `limit` consignments with such goods that the caller hands out, as far as the scope reaches: what was opened first
/// stands first.
///
/// # Errors
/// What the database says.
pub fn to_hand_out(
    conn: &mut Conn,
    permit: &Permit<action::EventSubmit>,
    limit: i64,
) -> Outcome<Vec<ToHandOut>> {
    // It is asked for those alone: the oldest that a scope reaches may all be others' to hand out.
    let within = consignments_within(consignments::table.into_boxed(), permit.scope());
    let rows: Vec<Consignment> = handed_by(within, permit.principal())
        .order(consignments::id)
        .limit(limit)
        .select(Consignment::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let heaps = heaps_of(conn, &rows)?;
    let mut ids: Vec<ItemId> = heaps.keys().map(|(_, _, item)| *item).collect();
    ids.sort_unstable();
    ids.dedup();
    let named: Vec<(ItemId, String, String)> = in_parts(&ids, |part| {
        let query = items::table.filter(items::id.eq_any(part));
        query.select((items::id, items::name, items::base_unit)).load(conn)
    })
    .map_err(read_failure)?;
    let named: HashMap<ItemId, (String, String)> =
        named.into_iter().map(|(id, name, unit)| (id, (name, unit))).collect();
    let rows: HashMap<ConsignmentId, Consignment> = rows.into_iter().map(|row| (row.id, row)).collect();
    let one = |((consignment, site, item), quantity): (Heap, i64)| {
        let (item, base_unit) = named.get(&item)?.clone();
        let consignment = rows.get(&consignment)?.clone();
        Some(ToHandOut { consignment, site, item, base_unit, quantity })
    };
    Ok(heaps.into_iter().filter_map(one).collect())
}

/// Goods of a consignment of one item that lie at one place.
type Heap = (ConsignmentId, SiteId, ItemId);

/// How many lie where, whichever their lots and donors.
fn heaps_of(conn: &mut Conn, rows: &[Consignment]) -> Outcome<BTreeMap<Heap, i64>> {
    let ids: Vec<ConsignmentId> = rows.iter().map(|row| row.id).collect();
    let found: Vec<(Option<ConsignmentId>, Option<SiteId>, ItemId, i64)> = balances::table
        .filter(balances::consignment_id.eq_any(ids))
        .filter(balances::account.eq(Account::Delivered.code()))
        .filter(balances::condition.eq(Condition::Good.code()))
        .filter(balances::quantity.gt(0))
        .select((balances::consignment_id, balances::site_id, balances::item_id, balances::quantity))
        .load(conn)
        .map_err(read_failure)?;
    let mut heaps = BTreeMap::new();
    for (consignment, site, item, quantity) in found {
        if let (Some(consignment), Some(site)) = (consignment, site) {
            *heaps.entry((consignment, site, item)).or_default() += quantity;
        }
    }
    Ok(heaps)
}
