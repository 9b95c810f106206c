//! Reading the lots of an item. To whoever follows own pledges they are those of own goods: others' are others' affair.

use super::store::Lot;
use crate::auth::{Bound, Permit, action};
use crate::core::id::{ItemId, LotId};
use crate::core::problem::Outcome;
use crate::db::schema::{balances, items, lots, pledge_lines, pledges, sites};
use crate::db::{Clause, Conn, read_failure};
use crate::ledger::KNOWN_LOT;
use diesel::dsl::exists;
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
        // The words make the index of the known lots fit, so that each lot asks for its own balances.
        let own_balances = || balances::lot_id.eq(lots::id).and(Clause(KNOWN_LOT));
        let at = balances::table.inner_join(sites::table.on(sites::id.nullable().eq(balances::site_id)));
        query = match bound {
            Bound::Organization(own) => {
                query.filter(exists(at.filter(own_balances()).filter(sites::operator_id.eq(*own))))
            }
            Bound::Countries(own) => {
                query.filter(exists(at.filter(own_balances()).filter(sites::country.eq_any(own.clone()))))
            }
            Bound::OwnPledges(donor) => query.filter(exists(
                balances::table
                    .inner_join(pledge_lines::table.on(pledge_lines::id.eq(balances::pledge_line_id)))
                    .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
                    .filter(own_balances())
                    .filter(pledges::donor_id.eq(*donor)),
            )),
        };
    }
    if let Some(after) = after {
        query = query.filter(lots::id.gt(after));
    }
    query.order(lots::id).limit(limit).select(Lot::as_select()).load(conn).map_err(read_failure)
}
