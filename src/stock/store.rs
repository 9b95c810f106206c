//! Reading what is at a site.

use crate::auth::{Bound, Permit, action};
use crate::core::id::{ItemId, LotId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{balances, items, ledger_state, lots, sites};
use crate::db::{Clause, Conn, read_failure};
use crate::ledger::{Account, Condition, NOT_EMPTY};
use crate::sites::Site;
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is at a site.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StockView {
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// By item and lot.
    pub items: Vec<StockLine>,
    /// The ledger sequence these figures are as of.
    pub sequence: i64,
}

/// What is there of one item and lot, in base units. Each unit stands in exactly one figure.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StockLine {
    /// The item.
    pub item: ItemId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub item_name: String,
    /// What one is.
    pub base_unit: String,
    /// The lot number, where it is known.
    pub lot: Option<String>,
    /// Its expiry.
    pub expires_on: Option<String>,
    /// Usable and not reserved.
    pub free: i64,
    /// Usable and reserved for a consignment.
    pub allocated: i64,
    /// On hold, reserved or not.
    pub held: i64,
    /// Damaged, reserved or not.
    pub damaged: i64,
    /// Past its expiry and neither held nor damaged.
    pub expired: i64,
}

/// Reads what is in storage or reserved at a site; `today` decides what has expired.
///
/// # Errors
/// `not_found` where the scope does not reach it, or what the database says.
pub fn stock_read(
    conn: &mut Conn,
    permit: &Permit<action::StockRead>,
    id: SiteId,
    today: &str,
) -> Outcome<StockView> {
    let mut query = sites::table.filter(sites::id.eq(id)).select(Site::as_select()).into_boxed();
    for bound in permit.scope().bounds() {
        query = match bound {
            Bound::Organization(own) => query.filter(sites::operator_id.eq(*own)),
            Bound::Countries(own) => query.filter(sites::country.eq_any(own.clone())),
            // A warehouse holds what others gave too.
            Bound::OwnPledges(_) => return Err(Problem::not_found()),
        };
    }
    let site: Site = query.first(conn).map_err(read_failure)?;
    let rows: Vec<(ItemId, LotId, i32, i32, i64)> = balances::table
        .filter(balances::site_id.eq(id).and(Clause(NOT_EMPTY)))
        .filter(balances::account.eq_any([Account::InStorage.code(), Account::Allocated.code()]))
        .select((
            balances::item_id,
            balances::lot_id,
            balances::account,
            balances::condition,
            balances::quantity,
        ))
        .load(conn)
        .map_err(read_failure)?;
    let lot_rows: Vec<(LotId, String, Option<String>)> = lots::table
        .filter(lots::id.eq_any(rows.iter().map(|row| row.1).collect::<Vec<_>>()))
        .select((lots::id, lots::number, lots::expires_on))
        .load(conn)
        .map_err(read_failure)?;
    let item_rows: Vec<(ItemId, String, String, String)> = items::table
        .filter(items::id.eq_any(rows.iter().map(|row| row.0).collect::<Vec<_>>()))
        .select((items::id, items::code, items::name, items::base_unit))
        .load(conn)
        .map_err(read_failure)?;
    let sequence: Option<i64> =
        ledger_state::table.select(ledger_state::sequence).first(conn).optional().map_err(read_failure)?;
    let lines = add_up(rows, &lot_rows, &item_rows, today);
    Ok(StockView {
        site: site.id,
        name: site.name,
        items: lines.into_values().collect(),
        sequence: sequence.unwrap_or(0),
    })
}

/// Adds heaps up by item and lot, each unit into exactly one figure.
fn add_up(
    rows: Vec<(ItemId, LotId, i32, i32, i64)>,
    lot_rows: &[(LotId, String, Option<String>)],
    item_rows: &[(ItemId, String, String, String)],
    today: &str,
) -> BTreeMap<(String, Option<String>), StockLine> {
    let mut lines: BTreeMap<(String, Option<String>), StockLine> = BTreeMap::new();
    for (item, lot, account, condition, quantity) in rows {
        let known = item_rows.iter().find(|row| row.0 == item);
        let (code, item_name, base_unit) =
            known.map(|row| (row.1.clone(), row.2.clone(), row.3.clone())).unwrap_or_default();
        let lot = lot_rows.iter().find(|row| row.0 == lot);
        let number = lot.map(|row| row.1.clone());
        let expires_on = lot.and_then(|row| row.2.clone());
        let line = lines.entry((code.clone(), number.clone())).or_insert(StockLine {
            item,
            code,
            item_name,
            base_unit,
            lot: number,
            expires_on,
            free: 0,
            allocated: 0,
            held: 0,
            damaged: 0,
            expired: 0,
        });
        let is_expired = line.expires_on.as_deref().is_some_and(|date| date < today);
        match Condition::from_code(condition).unwrap_or_default() {
            Condition::OnHold => line.held += quantity,
            Condition::Damaged => line.damaged += quantity,
            Condition::Good if is_expired => line.expired += quantity,
            Condition::Good if account == Account::Allocated.code() => line.allocated += quantity,
            Condition::Good => line.free += quantity,
        }
    }
    lines
}
