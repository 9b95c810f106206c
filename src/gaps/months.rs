//! What is needed of an item month by month, and what fills it: the same filling as gaps, told by the month by which
//! needs are to be met.

use super::rules::{Fill, fill};
use super::store::{Asked, ground};
use crate::auth::{Permit, action, now};
use crate::core::id::ItemId;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::forecast::Forecasting;
use std::collections::BTreeMap;

/// What is needed by some month: needed = served + delivered + in_storage + pipeline + gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GapMonth {
    /// The month, such as `2026-09`.
    pub month: String,
    /// How much is needed by it, in base units.
    pub needed: i64,
    /// What fills it, and what is lacking.
    pub fill: Fill,
}

/// The open needs of an item by month, the first first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapMonths {
    /// One row for each month that something is needed by.
    pub rows: Vec<GapMonth>,
    /// The ledger sequence it was known at.
    pub sequence: i64,
}

/// What is needed of an item month by month, as far as the permit reaches.
///
/// # Errors
/// `invalid` where there is too much of it; what the database says.
pub fn gap_months(
    conn: &mut Conn,
    permit: &Permit<action::GapRead>,
    item: ItemId,
    forecasting: &Forecasting,
) -> Outcome<GapMonths> {
    let asked = Asked { item: Some(item), ..Asked::default() };
    let ground = ground(conn, permit.scope(), &asked, (forecasting, now()))?;
    let filled = fill(&ground.wanted, &ground.supplies, ground.today);
    let mut months: BTreeMap<String, GapMonth> = BTreeMap::new();
    for (one, fill) in ground.wanted.iter().zip(&filled.needs) {
        let month = one.needed_by.format("%Y-%m").to_string();
        let row = months.entry(month.clone()).or_insert_with(|| GapMonth { month, ..GapMonth::default() });
        row.needed += one.quantity;
        row.fill.add(fill);
    }
    Ok(GapMonths { rows: months.into_values().collect(), sequence: ground.sequence })
}
