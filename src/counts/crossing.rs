//! What crosses a sheet: goods that moved after its minute, so that whoever counts later must count them back, and
//! entries told since it was opened that say otherwise what lay there at its minute.

use super::store::{CountLine, CountSheet};
use crate::auth::Scope;
use crate::core::id::{EventId, ItemId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::events;
use crate::db::{Binds, Conn, ask, read_failure};
use crate::events::events_within;
use crate::ledger::{Account, Condition};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// Heaps of movements that are told of a sheet; a count that more crosses is to be made anew.
const CROSSING_MAXIMUM: i64 = 1_000;

/// An entry that crosses a sheet.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Crossing {
    /// Its ledger sequence.
    pub sequence: i64,
    /// In which way.
    pub how: CrossingKind,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// The event; absent where it is beyond the caller's reach, though it moved goods of this site.
    #[serde(flatten)]
    pub event: Option<CrossingEvent>,
    /// What it moved of the free stock there.
    pub goods: Vec<CrossingGoods>,
}

/// In which way an entry crosses a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrossingKind {
    /// Goods moved after the minute of the sheet: what is on the shelves is not what lay there then.
    MovedSince,
    /// It was told after the sheet was opened, and is about the minute of the sheet or earlier.
    ToldLate,
}

/// The event that crosses a sheet.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = events)]
pub struct CrossingEvent {
    /// The event.
    #[diesel(column_name = id)]
    pub event: EventId,
    /// Its kind.
    pub kind: String,
    /// In the world.
    pub occurred_at: Timestamp,
    /// Here.
    pub recorded_at: Timestamp,
    #[serde(skip)]
    #[diesel(column_name = sequence)]
    at: i64,
}

/// Goods that came or went.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CrossingGoods {
    /// The item.
    pub item: ItemId,
    /// The lot number, where it is known.
    pub lot: Option<String>,
    /// In what condition.
    pub condition: Condition,
    /// Base units; below zero where they went.
    pub quantity: i64,
}

#[derive(QueryableByName)]
struct CrossingRow {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = BigInt)]
    effective_at: Timestamp,
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = Nullable<Text>)]
    number: Option<String>,
    #[diesel(sql_type = Integer)]
    condition: i32,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// The columns of a crossing, out of postings `p`, and how they are put together.
const COLUMNS: &str = "SELECT p.sequence AS sequence, p.effective_at AS effective_at, p.item_id AS item, \
                       lots.number AS number, p.condition AS condition, \
                       CAST(SUM(p.quantity) AS BIGINT) AS quantity FROM";
const TOGETHER: &str = "GROUP BY p.sequence, p.effective_at, p.item_id, p.lot_id, lots.number, p.condition \
                        HAVING SUM(p.quantity) <> 0 ORDER BY p.sequence, p.effective_at";

/// What crosses a sheet, in the order it was recorded, up to its own event; and whether there is more than is told.
///
/// # Errors
/// What the database says.
pub(super) fn crossings(
    conn: &mut Conn,
    scope: &Scope,
    sheet: &CountSheet,
    lines: &[CountLine],
) -> Outcome<(Vec<Crossing>, bool)> {
    let own: Option<i64> = match sheet.event_id {
        Some(event) => events::table
            .filter(events::id.eq(event))
            .select(events::sequence)
            .first(conn)
            .optional()
            .map_err(read_failure)?,
        None => None,
    };
    let until = own.unwrap_or(i64::MAX);
    let about: HashSet<ItemId> = lines.iter().map(|line| line.item_id).collect();
    let mut rows = moved_since(conn, sheet.site_id, sheet.as_of, until)?;
    let late = told_late(conn, sheet, until)?;
    let is_full = |rows: &[CrossingRow]| rows.len() >= usize::try_from(CROSSING_MAXIMUM).unwrap_or(0);
    let is_more = is_full(&rows) || is_full(&late);
    rows.extend(late);
    rows.retain(|row| sheet.whole || about.contains(&row.item));
    let mut found: BTreeMap<(i64, Timestamp), Crossing> = BTreeMap::new();
    for row in rows {
        let is_since = row.effective_at > sheet.as_of;
        let crossing = found.entry((row.sequence, row.effective_at)).or_insert_with(|| Crossing {
            sequence: row.sequence,
            how: if is_since { CrossingKind::MovedSince } else { CrossingKind::ToldLate },
            effective_at: row.effective_at,
            event: None,
            goods: Vec::new(),
        });
        crossing.goods.push(CrossingGoods {
            item: row.item,
            lot: row.number,
            condition: Condition::from_code(row.condition).unwrap_or_default(),
            quantity: row.quantity,
        });
    }
    let mut found: Vec<Crossing> = found.into_values().collect();
    let sequences: Vec<i64> = found.iter().map(|one| one.sequence).collect();
    let told: Vec<CrossingEvent> = events_within(events::table.into_boxed(), scope)
        .filter(events::sequence.eq_any(sequences))
        .select(CrossingEvent::as_select())
        .load(conn)
        .map_err(read_failure)?;
    for one in &mut found {
        one.event = told.iter().find(|event| event.at == one.sequence).cloned();
    }
    Ok((found, is_more))
}

/// Movements that count from after the minute: the heaps of the site, and what each was posted since.
fn moved_since(conn: &mut Conn, site: SiteId, as_of: Timestamp, until: i64) -> Outcome<Vec<CrossingRow>> {
    let mut binds = Binds::default();
    let (site, at, until) = (binds.id(site), binds.number(as_of.0), binds.number(until));
    let limit = binds.number(CROSSING_MAXIMUM);
    let text = format!(
        "{COLUMNS} balances AS b JOIN postings AS p ON p.cell = b.cell LEFT JOIN lots ON lots.id = p.lot_id \
         WHERE b.site_id = {site} AND b.account = {account} AND b.last_at > {at} AND p.effective_at > {at} \
         AND p.sequence < {until} {TOGETHER} LIMIT {limit}",
        account = Account::InStorage.code(),
    );
    ask(conn, text, binds)
}

/// Entries recorded since the sheet was opened that count from its minute or earlier.
fn told_late(conn: &mut Conn, sheet: &CountSheet, until: i64) -> Outcome<Vec<CrossingRow>> {
    let mut binds = Binds::default();
    let (site, at, until) = (binds.id(sheet.site_id), binds.number(sheet.as_of.0), binds.number(until));
    let (after, limit) = (binds.number(sheet.known_at), binds.number(CROSSING_MAXIMUM));
    let text = format!(
        "{COLUMNS} postings AS p LEFT JOIN lots ON lots.id = p.lot_id \
         WHERE p.sequence > {after} AND p.sequence < {until} AND p.site_id = {site} AND p.account = {account} \
         AND p.effective_at <= {at} {TOGETHER} LIMIT {limit}",
        account = Account::InStorage.code(),
    );
    ask(conn, text, binds)
}
