//! Reading what is at a site.

use crate::auth::{Bound, Permit, action};
use crate::core::id::{ItemId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::sites;
use crate::db::{Binds, Conn, ask, read_failure};
use crate::ledger::{Account, Condition, Cut, Held, Moment};
use crate::sites::Site;
use crate::writer::last_sequence;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
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
    /// The day that decides what has expired: what expires before it has.
    pub day: String,
    /// The ledger sequence these figures are as of: asked for again with it as `known_at` and `day` as `as_of`, they are the
    /// same for ever.
    pub sequence: i64,
    /// The last effective time that is counted, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
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

/// Sites whose stock the caller reads, in the order of their identifiers.
///
/// # Errors
/// What the database says.
pub fn stock_sites(
    conn: &mut Conn,
    permit: &Permit<action::StockRead>,
    after: Option<SiteId>,
    limit: i64,
) -> Outcome<Vec<Site>> {
    let mut query = sites::table.select(Site::as_select()).into_boxed();
    for bound in permit.scope().bounds() {
        query = match bound {
            Bound::Organization(own) => query.filter(sites::operator_id.eq(*own)),
            Bound::Countries(own) => query.filter(sites::country.eq_any(own.clone())),
            Bound::OwnPledges(_) => return Err(Problem::not_found()),
        };
    }
    if let Some(after) = after {
        query = query.filter(sites::id.gt(after));
    }
    query.order(sites::id).limit(limit).load(conn).map_err(read_failure)
}

/// Reads what is in storage or reserved at a site, or was at another moment; of now, `today` decides what has expired.
///
/// # Errors
/// `not_found` where the scope does not reach it, `invalid` where the moment asked for is not reached yet, or what the
/// database says.
pub fn stock_read(
    conn: &mut Conn,
    permit: &Permit<action::StockRead>,
    id: SiteId,
    moment: Moment,
    today: String,
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
    let past = moment.past(conn)?;
    let (day, sequence) = match past {
        Some(cut) => (moment.day(conn, cut)?, cut.known_at),
        None => (today, last_sequence(conn)?),
    };
    let heaps = heaps(conn, site.id, past)?;
    Ok(StockView {
        site: site.id,
        name: site.name,
        items: add_up(heaps, &day).into_values().collect(),
        day,
        sequence,
        as_of: moment.as_of,
    })
}

/// What lies at a site of one item and lot, in one account and condition.
#[derive(QueryableByName)]
struct Heap {
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    item_name: String,
    #[diesel(sql_type = Text)]
    base_unit: String,
    #[diesel(sql_type = Nullable<Text>)]
    lot: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    expires_on: Option<String>,
    #[diesel(sql_type = Integer)]
    account: i32,
    #[diesel(sql_type = Integer)]
    condition: i32,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// What lies at a site, or lay there at another moment, with its names: the database looks them up and adds up, as a warehouse may hold tens of
/// thousands of lots, each in the heaps of many pledges.
fn heaps(conn: &mut Conn, site: SiteId, past: Option<Cut>) -> Outcome<Vec<Heap>> {
    let mut binds = Binds::default();
    let site = binds.id(site);
    let Held { joined, quantity, condition } = Held::at(past, &mut binds);
    let text = format!(
        "SELECT items.id AS item, items.code AS code, items.name AS item_name, items.base_unit AS base_unit, \
         lots.number AS lot, lots.expires_on AS expires_on, balances.account AS account, \
         balances.condition AS condition, CAST(SUM({quantity}) AS BIGINT) AS quantity \
         FROM balances {joined} JOIN items ON items.id = balances.item_id LEFT JOIN lots ON lots.id = balances.lot_id \
         WHERE balances.site_id = {site} AND {condition} AND balances.account IN ({}, {}) \
         GROUP BY items.id, items.code, items.name, items.base_unit, lots.number, lots.expires_on, \
         balances.account, balances.condition HAVING SUM({quantity}) <> 0",
        Account::InStorage.code(),
        Account::Allocated.code(),
    );
    ask(conn, text, binds)
}

/// Adds heaps up by item and lot, each unit into exactly one figure.
fn add_up(heaps: Vec<Heap>, today: &str) -> BTreeMap<(String, Option<String>), StockLine> {
    let mut lines: BTreeMap<(String, Option<String>), StockLine> = BTreeMap::new();
    for heap in heaps {
        let line = lines.entry((heap.code.clone(), heap.lot.clone())).or_insert(StockLine {
            item: heap.item,
            code: heap.code,
            item_name: heap.item_name,
            base_unit: heap.base_unit,
            lot: heap.lot,
            expires_on: heap.expires_on,
            free: 0,
            allocated: 0,
            held: 0,
            damaged: 0,
            expired: 0,
        });
        let is_expired = line.expires_on.as_deref().is_some_and(|date| date < today);
        match Condition::from_code(heap.condition).unwrap_or_default() {
            Condition::OnHold => line.held += heap.quantity,
            Condition::Damaged => line.damaged += heap.quantity,
            Condition::Good if is_expired => line.expired += heap.quantity,
            Condition::Good if heap.account == Account::Allocated.code() => line.allocated += heap.quantity,
            Condition::Good => line.free += heap.quantity,
        }
    }
    lines
}
