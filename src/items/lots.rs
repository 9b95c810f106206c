//! Reading the lots of an item. To whoever follows own pledges they are those of own goods: others' are others' affair.

use super::store::Lot;
use crate::auth::{Bound, Permit, action};
use crate::core::id::{ItemId, LotId};
use crate::core::problem::Outcome;
use crate::db::schema::{balances, items, lots, pledge_lines, pledges, sites};
use crate::db::{Conn, read_failure};
use diesel::prelude::*;

/// Reads up to `limit` lots of an item after a key, in the order of keys, as far as the scope reaches.
///
/// # Errors
/// `not_found` for the item, or what the database says.
pub fn list_lots(
    conn: &mut Conn,
    permit: &Permit<action::LotRead>,
    item: ItemId,
    after: Option<LotId>,
    limit: i64,
) -> Outcome<Vec<Lot>> {
    items::table.find(item).select(items::id).first::<ItemId>(conn).map_err(read_failure)?;
    let mut query = lots::table.filter(lots::item_id.eq(item)).into_boxed();
    for bound in permit.scope().bounds() {
        let held = balances::table
            .inner_join(pledge_lines::table.on(pledge_lines::id.eq(balances::pledge_line_id)))
            .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
            .left_join(sites::table.on(sites::id.nullable().eq(balances::site_id)));
        query = match bound {
            Bound::Organization(own) => query.filter(
                lots::id.eq_any(held.filter(sites::operator_id.nullable().eq(*own)).select(balances::lot_id)),
            ),
            Bound::Countries(own) => {
                query.filter(lots::id.eq_any(
                    held.filter(sites::country.nullable().eq_any(own.clone())).select(balances::lot_id),
                ))
            }
            Bound::OwnPledges(donor) => query
                .filter(lots::id.eq_any(held.filter(pledges::donor_id.eq(*donor)).select(balances::lot_id))),
        };
    }
    if let Some(after) = after {
        query = query.filter(lots::id.gt(after));
    }
    query.order(lots::id).limit(limit).select(Lot::as_select()).load(conn).map_err(read_failure)
}
