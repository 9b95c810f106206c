//! What there is to confirm. The token is the permission.

use super::rules::Token;
use super::store::{ReceiptLink, check_good};
use crate::consignments::{Consignment, Leg};
use crate::core::id::{ItemId, LegId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{balances, consignments, items, legs, organizations, programmes, receipt_links};
use crate::db::{Conn, read_failure};
use crate::ledger::Account;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Heaps of goods on one leg that are read, by lot and pledge line: a consignment has some tens.
const HEAPS_MAXIMUM: i64 = 50_000;

/// Goods of an item that are on the way to the consignee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Which item.
    pub item: ItemId,
    /// In the words of the catalogue.
    pub name: String,
    /// What one is: piece, tablet, gram.
    pub base_unit: String,
    /// Base units on the way.
    pub quantity: i64,
}

/// What a link confirms.
#[derive(Clone, Debug)]
pub struct ToConfirm {
    /// The link.
    pub link: ReceiptLink,
    /// The consignment.
    pub consignment: Consignment,
    /// Whom it is for, by name.
    pub consignee: String,
    /// Whether its programme is made up.
    pub synthetic: bool,
    /// The leg that ends where it is meant to, with what is on it.
    pub leg: Option<LegId>,
    /// What is on it, in the order of names; nothing where nothing is on the way there.
    pub awaited: Vec<Awaited>,
}

/// What the link of a token confirms.
///
/// # Errors
/// `not_found` where it is no token of ours, `wrong_state` where it was used or its time is over.
pub fn to_confirm_by(conn: &mut Conn, token: &str, now: Timestamp) -> Outcome<ToConfirm> {
    let link = link_of(conn, token)?;
    check_good(&link, now)?;
    to_confirm(conn, link)
}

/// The link of a token.
///
/// # Errors
/// `not_found` where there is none.
pub(super) fn link_of(conn: &mut Conn, token: &str) -> Outcome<ReceiptLink> {
    let token = Token::parse(token).ok_or_else(Problem::not_found)?;
    let link: ReceiptLink = receipt_links::table
        .find(token.id())
        .select(ReceiptLink::as_select())
        .first(conn)
        .map_err(read_failure)?;
    if link.token_hash == token.hash() { Ok(link) } else { Err(Problem::not_found()) }
}

/// What a link confirms.
///
/// # Errors
/// What the database says.
pub(super) fn to_confirm(conn: &mut Conn, link: ReceiptLink) -> Outcome<ToConfirm> {
    let consignment: Consignment = consignments::table
        .find(link.consignment_id)
        .select(Consignment::as_select())
        .first(conn)
        .map_err(read_failure)?;
    let consignee: String = organizations::table
        .find(consignment.consignee_id)
        .select(organizations::name)
        .first(conn)
        .map_err(read_failure)?;
    let synthetic: bool = programmes::table
        .find(consignment.programme_id)
        .select(programmes::synthetic)
        .first(conn)
        .map_err(read_failure)?;
    let last: Option<Leg> = legs::table
        .filter(legs::consignment_id.eq(consignment.id))
        .filter(legs::to_id.eq(consignment.destination_id))
        .filter(legs::superseded.eq(false))
        .filter(legs::received_final.eq(false))
        .order(legs::ordinal.desc())
        .select(Leg::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    let leg = last.map(|leg| leg.id);
    let awaited = match leg {
        Some(leg) => awaited(conn, leg)?,
        None => Vec::new(),
    };
    Ok(ToConfirm { link, consignment, consignee, synthetic, leg, awaited })
}

fn awaited(conn: &mut Conn, leg: LegId) -> Outcome<Vec<Awaited>> {
    let on_the_way: Vec<(ItemId, i64)> = balances::table
        .filter(balances::leg_id.eq(leg))
        .filter(balances::account.eq(Account::InTransit.code()))
        .filter(balances::quantity.gt(0))
        .order(balances::item_id)
        .limit(HEAPS_MAXIMUM)
        .select((balances::item_id, balances::quantity))
        .load(conn)
        .map_err(read_failure)?;
    let mut sums: BTreeMap<ItemId, i64> = BTreeMap::new();
    for (item, quantity) in on_the_way {
        *sums.entry(item).or_default() += quantity;
    }
    let ids: Vec<ItemId> = sums.keys().copied().collect();
    let named: Vec<(ItemId, String, String)> = items::table
        .filter(items::id.eq_any(&ids))
        .order((items::name, items::id))
        .select((items::id, items::name, items::base_unit))
        .load(conn)
        .map_err(read_failure)?;
    let one = |(item, name, base_unit): (ItemId, String, String)| {
        let quantity = sums.get(&item).copied().unwrap_or_default();
        Awaited { item, name, base_unit, quantity }
    };
    Ok(named.into_iter().map(one).collect())
}
