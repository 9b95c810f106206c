//! What crosses a sheet: goods that moved after its minute, so that whoever counts later must count them back, and
//! entries told since it was opened that say otherwise what lay there at its minute.

use super::store::{CountLine, CountSheet};
use crate::auth::Scope;
use crate::core::id::{EventId, ItemId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::events;
use crate::db::{Binds, Conn, ask, read_failure};
use crate::events::events_within;
use crate::ledger::{Account, Condition, recorded_by};
use crate::writer::last_sequence;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

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
    let until = ended_at(conn, sheet)?;
    let items: BTreeSet<ItemId> = lines.iter().map(|line| line.item_id).collect();
    let items: Vec<ItemId> = items.into_iter().collect();
    let asked = Asked { sheet, items: (!sheet.whole).then_some(items.as_slice()), until };
    let mut is_more = false;
    let mut rows = Vec::new();
    for how in [CrossingKind::MovedSince, CrossingKind::ToldLate] {
        let mut part = asked.rows(conn, how)?;
        let maximum = usize::try_from(CROSSING_MAXIMUM).unwrap_or(0);
        is_more |= part.len() > maximum;
        part.truncate(maximum);
        rows.extend(part);
    }
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

/// The ledger sequence at which nothing crosses a sheet any more: that of its own event, or of what voided it.
fn ended_at(conn: &mut Conn, sheet: &CountSheet) -> Outcome<i64> {
    let own: Option<i64> = events::table
        .filter(events::id.nullable().eq(sheet.event_id))
        .select(events::sequence)
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    let last = last_sequence(conn)?;
    let voided = match sheet.voided_at {
        Some(at) => recorded_by(conn, at, last)?,
        None => last + 1,
    };
    Ok(own.map_or(voided, |own| own.min(voided)))
}

/// Which postings are asked for.
struct Asked<'a> {
    sheet: &'a CountSheet,
    /// The items the sheet is about; none where it is about all.
    items: Option<&'a [ItemId]>,
    /// The sequence before which they were recorded.
    until: i64,
}

impl Asked<'_> {
    /// What was posted to the free stock of the site and crosses the sheet in this way, and one row more than is told. It is
    /// found by the heaps of the site, late entries too: what was recorded since a sheet was opened is, after a year, most of
    /// the ledger.
    fn rows(&self, conn: &mut Conn, how: CrossingKind) -> Outcome<Vec<CrossingRow>> {
        let mut binds = Binds::default();
        let (site, at) = (binds.id(self.sheet.site_id), binds.number(self.sheet.as_of.0));
        let condition = match how {
            CrossingKind::MovedSince => format!("b.last_at > {at} AND p.effective_at > {at}"),
            CrossingKind::ToldLate => {
                let after = binds.number(self.sheet.known_at);
                format!("p.sequence > {after} AND p.effective_at <= {at}")
            }
        };
        let until = binds.number(self.until);
        let among = match self.items {
            Some(items) => format!("AND b.item_id IN ({})", binds.ids(items)),
            None => String::new(),
        };
        let limit = binds.number(CROSSING_MAXIMUM + 1);
        let text = format!(
            "{COLUMNS} balances AS b JOIN postings AS p ON p.cell = b.cell LEFT JOIN lots ON lots.id = p.lot_id \
             WHERE b.site_id = {site} AND b.account = {account} {among} AND {condition} AND p.sequence < {until} \
             {TOGETHER} LIMIT {limit}",
            account = Account::InStorage.code(),
        );
        ask(conn, text, binds)
    }
}
