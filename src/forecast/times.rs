//! When legs left and arrived, and what is still on them, at a moment.

use super::rules::Window;
use super::trips::standing;
use crate::core::id::{ConsignmentId, LegId};
use crate::core::problem::Outcome;
use crate::core::time::{Precision, Timestamp};
use crate::db::{Binds, Conn, VALUES_PER_QUERY, ask};
use crate::ledger::{Account, Cut, Held};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use serde::Serialize;
use std::collections::HashMap;

/// When something happened, as somebody told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Told {
    /// In the world.
    pub at: Timestamp,
    /// How exactly that is known.
    pub precision: Precision,
}

impl Told {
    /// The time within which it happened.
    pub(super) fn window(self) -> Window {
        match self.precision {
            Precision::Minute | Precision::Inferred => Window::at(self.at),
            Precision::Day => Window::of_days(self.at, 1),
            Precision::Month => Window::of_days(self.at, 31),
        }
    }
}

/// What is known of a leg.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LegTimes {
    /// When the first of it left.
    pub(super) departed: Option<Told>,
    /// When it arrived, be the goods counted or not.
    pub(super) arrived: Option<Told>,
    /// When the first of it was received.
    pub(super) received: Option<Told>,
    /// Base units that are on it.
    pub(super) in_transit: i64,
}

/// What an event tells of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Goods left, at its start or by being diverted onto it.
    Left,
    /// They came to its end.
    Arrived,
    /// They were counted there.
    Received,
}

impl Step {
    const ALL: [(Self, &'static [&'static str]); 3] = [
        (Self::Left, &["departed", "diverted"]),
        (Self::Arrived, &["arrived"]),
        (Self::Received, &["received"]),
    ];

    /// The words of all events that tell one.
    fn words() -> String {
        let words: Vec<String> =
            Self::ALL.iter().flat_map(|(_, words)| *words).map(|word| format!("'{word}'")).collect();
        words.join(", ")
    }

    /// What a kind of event tells; nothing of a leg, if none.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, words)| words.contains(&word)).map(|(step, _)| step)
    }
}

#[derive(QueryableByName)]
struct TimeRow {
    #[diesel(sql_type = Binary)]
    leg: LegId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    precision: String,
    #[diesel(sql_type = BigInt)]
    inferred: i64,
    #[diesel(sql_type = BigInt)]
    at: Timestamp,
}

#[derive(QueryableByName)]
struct GoodsRow {
    #[diesel(sql_type = Binary)]
    leg: LegId,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    #[diesel(sql_type = BigInt)]
    first_at: Timestamp,
}

/// What is known at a cut of the legs of these consignments; `past` is none where the cut is now.
///
/// # Errors
/// What the database says.
pub(super) fn times_of(
    conn: &mut Conn,
    consignments: &[ConsignmentId],
    cut: Cut,
    past: Option<Cut>,
) -> Outcome<HashMap<LegId, LegTimes>> {
    let mut times: HashMap<LegId, LegTimes> = HashMap::new();
    for part in consignments.chunks(VALUES_PER_QUERY) {
        // The real departure speaks before one that a receipt implied, so those come last.
        let mut told = told(conn, part, cut)?;
        told.sort_by_key(|row| (row.inferred, row.at));
        for row in told {
            let leg = times.entry(row.leg).or_default();
            let precision = Precision::from_word(&row.precision).unwrap_or(Precision::Inferred);
            let Some(step) = Step::from_word(&row.kind) else { continue };
            let place = match step {
                Step::Left => &mut leg.departed,
                Step::Arrived => &mut leg.arrived,
                Step::Received => &mut leg.received,
            };
            place.get_or_insert(Told { at: row.at, precision });
        }
        for row in goods(conn, part, past)? {
            let leg = times.entry(row.leg).or_default();
            leg.in_transit = row.quantity;
            // What was split off under way left with no departure of its own.
            leg.departed.get_or_insert(Told { at: row.first_at, precision: Precision::Minute });
        }
    }
    Ok(times)
}

/// The first of each kind of event on each leg.
fn told(conn: &mut Conn, consignments: &[ConsignmentId], cut: Cut) -> Outcome<Vec<TimeRow>> {
    let mut binds = Binds::default();
    let ids = binds.ids(consignments);
    let standing = standing(cut, &mut binds);
    let text = format!(
        "SELECT e.leg_id AS leg, e.kind AS kind, e.occurred_precision AS precision, \
         CAST(MAX(CASE WHEN e.inferred THEN 1 ELSE 0 END) AS BIGINT) AS inferred, MIN(e.occurred_at) AS at \
         FROM events AS e WHERE e.consignment_id IN ({ids}) AND e.leg_id IS NOT NULL \
         AND e.kind IN ({}) AND {standing} \
         GROUP BY e.leg_id, e.kind, e.occurred_precision, e.inferred",
        Step::words()
    );
    ask(conn, text, binds)
}

/// What is in transit on each leg, and since when.
fn goods(conn: &mut Conn, consignments: &[ConsignmentId], past: Option<Cut>) -> Outcome<Vec<GoodsRow>> {
    let mut binds = Binds::default();
    let ids = binds.ids(consignments);
    let Held { joined, quantity, condition } = Held::at(past, &mut binds);
    let first_at = if past.is_some() { "postings.effective_at" } else { "balances.first_at" };
    let text = format!(
        "SELECT balances.leg_id AS leg, CAST(SUM({quantity}) AS BIGINT) AS quantity, MIN({first_at}) AS first_at \
         FROM balances {joined} WHERE balances.consignment_id IN ({ids}) AND balances.account = {} \
         AND balances.leg_id IS NOT NULL AND {condition} \
         GROUP BY balances.leg_id HAVING SUM({quantity}) <> 0",
        Account::InTransit.code()
    );
    ask(conn, text, binds)
}
