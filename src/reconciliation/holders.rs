//! Goods at the cut-off that are with somebody else than their owner, and goods by owner.

use super::accounts::order;
use super::counted::Counted;
use super::keys::{Columns, KeyRow, Wanted, Words};
use super::rules::{Group, ROWS_MAXIMUM};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::Conn;
use crate::totals::Key;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;
use std::collections::BTreeMap;

/// Goods of an owner, in base units. Missing goods are in the custody of whoever missed them.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct HeldRow {
    /// `holder`, `owner` and `item`; those by owner have no holder. Null where it is not known.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Key>)]
    pub keys: BTreeMap<&'static str, Option<Key>>,
    /// With the donor.
    pub unallocated: i64,
    /// In a warehouse, free.
    pub in_storage: i64,
    /// Reserved for a consignment.
    pub allocated: i64,
    /// Under way.
    pub in_transit: i64,
    /// Short, undecided.
    pub missing: i64,
    /// With the consignee.
    pub delivered: i64,
    /// All of these.
    pub quantity: i64,
}

/// Who has what that is whose.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct HoldersSection {
    /// Goods whose holder is known and is not their owner, by holder, owner and item.
    pub third_parties: Vec<HeldRow>,
    /// Goods that have not come to an end, by owner and item.
    pub by_owner: Vec<HeldRow>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(embed)]
    key: KeyRow,
    #[diesel(sql_type = BigInt)]
    unallocated: i64,
    #[diesel(sql_type = BigInt)]
    in_storage: i64,
    #[diesel(sql_type = BigInt)]
    allocated: i64,
    #[diesel(sql_type = BigInt)]
    in_transit: i64,
    #[diesel(sql_type = BigInt)]
    missing: i64,
    #[diesel(sql_type = BigInt)]
    delivered: i64,
}

impl Row {
    fn told(&self, words: &Words, groups: &[Group]) -> HeldRow {
        HeldRow {
            keys: words.keys(groups, &self.key),
            unallocated: self.unallocated,
            in_storage: self.in_storage,
            allocated: self.allocated,
            in_transit: self.in_transit,
            missing: self.missing,
            delivered: self.delivered,
            quantity: self.unallocated
                + self.in_storage
                + self.allocated
                + self.in_transit
                + self.missing
                + self.delivered,
        }
    }
}

/// Reads the section.
///
/// # Errors
/// `invalid` where there are too many rows; whatever the database says.
pub(super) fn read(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<HoldersSection> {
    const THIRD: [Group; 3] = [Group::Holder, Group::Owner, Group::Item];
    const OWNED: [Group; 2] = [Group::Owner, Group::Item];
    let third =
        rows(conn, counted, &THIRD, "holder_id IS NOT NULL AND (owner_id IS NULL OR holder_id <> owner_id)")?;
    let owned = rows(conn, counted, &OWNED, "1 = 1")?;
    let mut wanted = Wanted::default();
    third.iter().chain(&owned).for_each(|row| wanted.add(&row.key));
    let words = wanted.load(conn, &counted.question.scope)?;
    let told = |rows: Vec<Row>, groups: &[Group]| {
        let mut told: Vec<HeldRow> = rows.iter().map(|row| row.told(&words, groups)).collect();
        told.sort_by_cached_key(|row| order(groups, &row.keys));
        told
    };
    Ok(HoldersSection { third_parties: told(third, &THIRD), by_owner: told(owned, &OWNED) })
}

/// Goods in accounts 2 to 7: not in a source, and not at an end.
fn rows(conn: &mut Conn, counted: &Counted<'_>, groups: &[Group], condition: &str) -> Outcome<Vec<Row>> {
    let columns = Columns::of(groups, counted.question.place);
    let accounts = ["unallocated", "in_storage", "allocated", "in_transit", "missing", "delivered"];
    let sums: Vec<String> = accounts
        .iter()
        .zip(2..)
        .map(|(word, code)| {
            format!("CAST(SUM(CASE WHEN account = {code} THEN quantity ELSE 0 END) AS BIGINT) AS {word}")
        })
        .collect();
    let text = format!(
        "SELECT {}, {} FROM {} AS counted WHERE account BETWEEN 2 AND 7 AND ({condition}) \
         GROUP BY {} HAVING SUM(quantity) <> 0 LIMIT {}",
        columns.selected,
        sums.join(", "),
        counted.held(),
        columns.grouped,
        ROWS_MAXIMUM + 1
    );
    let rows: Vec<Row> = counted.statement.load(conn, &text)?;
    if rows.len() > ROWS_MAXIMUM {
        let detail = format!("more than {ROWS_MAXIMUM} holders, owners and items; add a filter");
        return Err(Problem::field("/sections", detail).coded(Fault::TooMany));
    }
    Ok(rows)
}
