//! The stock card of an item at a site: every event that touched what lies there, with what came, what went and what
//! lay there after it.
//!
//! It is the paper card of a store: free and reserved goods together, in whatever condition, since that is what stands
//! on the shelf. Reserving, holding and damaging move nothing in or out, and say how much they touched.

use super::read::site_reached;
use crate::auth::{Action, Permit, action};
use crate::core::id::{ConsignmentId, EventId, ItemId, LotId, SiteId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{events, items};
use crate::db::{Binds, Conn, ask, read_failure};
use crate::documents::numbers_of;
use crate::events::events_within;
use crate::items::lot_id;
use crate::ledger::Account;
use crate::web::Paging;
use crate::writer::last_sequence;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

/// Which card is wanted.
#[derive(Clone, Debug)]
pub(super) struct CardQuestion {
    pub(super) site: SiteId,
    pub(super) item: ItemId,
    /// The number of a lot; empty for goods whose lot is not known; without it all lots together.
    pub(super) lot: Option<String>,
}

/// Where a page of a card ends: from when the last event of it counts, and its ledger sequence.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct CardKey(pub(super) i64, pub(super) i64);

/// A page of a stock card.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CardView {
    /// The site.
    pub site: SiteId,
    /// The item.
    pub item: ItemId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub item_name: String,
    /// What one is.
    pub base_unit: String,
    /// The lot it is about: all lots where it is left out, none known where it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// Base units that lay there before the first row of this page.
    pub opening: i64,
    /// The rows, in the order in which they count.
    pub items: Vec<CardRow>,
    /// Base units that lay there after the last row of this page.
    pub closing: i64,
    /// Pass as `after` to read on; null at the end.
    pub next: Option<String>,
    /// The ledger sequence these figures are as of.
    pub sequence: i64,
}

/// A row of a stock card.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CardRow {
    /// Ledger sequence.
    pub sequence: i64,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// The event; absent where it is beyond the caller's reach, though it moved goods of this site.
    #[serde(flatten)]
    pub event: Option<CardEvent>,
    /// Numbers of papers about it.
    pub documents: Vec<String>,
    /// Base units that came.
    #[serde(rename = "in")]
    pub in_units: i64,
    /// Base units that went.
    pub out: i64,
    /// Base units that stayed and were reserved, released, held or damaged.
    pub within: i64,
    /// Base units that lay there after it.
    pub balance: i64,
}

/// The event of a row.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = events)]
pub struct CardEvent {
    /// The event.
    #[diesel(column_name = id)]
    pub event: EventId,
    /// Its kind.
    pub kind: String,
    /// The event it corrects, reverses or confirms.
    #[diesel(column_name = about_id)]
    pub about: Option<EventId>,
    /// The consignment it is about.
    #[diesel(column_name = consignment_id)]
    pub consignment: Option<ConsignmentId>,
    /// In the world.
    pub occurred_at: Timestamp,
    /// Here.
    pub recorded_at: Timestamp,
    #[serde(skip)]
    #[diesel(column_name = sequence)]
    at: i64,
}

#[derive(QueryableByName)]
struct MovedRow {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = BigInt)]
    effective_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    came: i64,
    #[diesel(sql_type = BigInt)]
    went: i64,
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

impl CardQuestion {
    fn lot_id(&self) -> Option<LotId> {
        let number = self.lot.as_deref().map(str::trim)?;
        Some(if number.is_empty() { LotId::unknown(self.item) } else { lot_id(self.item, number) })
    }

    /// The postings of the heaps it is about, as the words of a query.
    fn postings(&self, binds: &mut Binds) -> String {
        let (site, item) = (binds.id(self.site), binds.id(self.item));
        let lot = self.lot_id().map(|lot| format!("AND b.lot_id = {}", binds.id(lot))).unwrap_or_default();
        format!(
            "balances AS b JOIN postings AS p ON p.cell = b.cell \
             WHERE b.site_id = {site} AND b.item_id = {item} AND b.account IN ({}, {}) {lot}",
            Account::InStorage.code(),
            Account::Allocated.code()
        )
    }
}

/// Reads a page of a card.
///
/// # Errors
/// `not_found` where the scope does not reach the site, `invalid` where there is no such item, or what the database
/// says.
pub(super) fn card_read(
    conn: &mut Conn,
    permit: &Permit<action::StockRead>,
    question: &CardQuestion,
    paging: &Paging<CardKey>,
) -> Outcome<CardView> {
    site_reached(conn, permit.scope(), question.site)?;
    let item: Option<(String, String, String)> = items::table
        .filter(items::id.eq(question.item))
        .select((items::code, items::name, items::base_unit))
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    let no_item =
        || Problem::field("/item", format!("There is no item {}.", question.item)).coded(Fault::Unknown);
    let (code, item_name, base_unit) = item.ok_or_else(no_item)?;
    let sequence = last_sequence(conn)?;
    let opening = paging.after.map_or(Ok(0), |key| balance_until(conn, question, key))?;
    let mut rows = moved_after(conn, question, paging)?;
    let limit = usize::try_from(paging.limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let key = |row: &MovedRow| crate::web::encode_key(&CardKey(row.effective_at.0, row.sequence));
    let next = if more { rows.last().map(key) } else { None };
    let shown = with_events(conn, permit, rows, opening)?;
    let closing = shown.last().map_or(opening, |row| row.balance);
    Ok(CardView {
        site: question.site,
        item: question.item,
        code,
        item_name,
        base_unit,
        lot: question.lot.clone(),
        opening,
        items: shown,
        closing,
        next,
        sequence,
    })
}

/// What lay there once an event counted.
fn balance_until(conn: &mut Conn, question: &CardQuestion, key: CardKey) -> Outcome<i64> {
    let mut binds = Binds::default();
    let postings = question.postings(&mut binds);
    let (at, sequence) = (binds.number(key.0), binds.number(key.1));
    let text = format!(
        "SELECT CAST(COALESCE(SUM(p.quantity), 0) AS BIGINT) AS quantity FROM {postings} \
         AND p.effective_at <= {at} AND (p.effective_at < {at} OR p.sequence <= {sequence})"
    );
    let rows: Vec<SumRow> = ask(conn, text, binds)?;
    Ok(rows.first().map_or(0, |row| row.quantity))
}

/// What came and went with each event of a page, and of one more.
fn moved_after(conn: &mut Conn, question: &CardQuestion, paging: &Paging<CardKey>) -> Outcome<Vec<MovedRow>> {
    let mut binds = Binds::default();
    let postings = question.postings(&mut binds);
    let since = match paging.after {
        Some(key) => {
            let (at, sequence) = (binds.number(key.0), binds.number(key.1));
            format!("AND p.effective_at >= {at} AND (p.effective_at > {at} OR p.sequence > {sequence})")
        }
        None => String::new(),
    };
    let limit = binds.number(paging.limit + 1);
    let text = format!(
        "SELECT p.sequence AS sequence, p.effective_at AS effective_at, \
         CAST(SUM(CASE WHEN p.quantity > 0 THEN p.quantity ELSE 0 END) AS BIGINT) AS came, \
         CAST(SUM(CASE WHEN p.quantity < 0 THEN -p.quantity ELSE 0 END) AS BIGINT) AS went \
         FROM {postings} {since} GROUP BY p.effective_at, p.sequence ORDER BY p.effective_at, p.sequence LIMIT {limit}"
    );
    ask(conn, text, binds)
}

/// Rows with the events the caller may read, the numbers of papers about them, and the balance after each.
fn with_events(
    conn: &mut Conn,
    permit: &Permit<action::StockRead>,
    rows: Vec<MovedRow>,
    opening: i64,
) -> Outcome<Vec<CardRow>> {
    let sequences: Vec<i64> = rows.iter().map(|row| row.sequence).collect();
    let told: Vec<CardEvent> = match permit.reach(Action::EventRead) {
        Some(scope) => events_within(events::table.into_boxed(), &scope)
            .filter(events::sequence.eq_any(sequences))
            .select(CardEvent::as_select())
            .load(conn)
            .map_err(read_failure)?,
        None => Vec::new(),
    };
    let about: Vec<EventId> = told.iter().map(|event| event.event).collect();
    let numbers = match permit.reach(Action::DocumentRead) {
        Some(scope) => numbers_of(conn, &scope, &about)?,
        None => Vec::new(),
    };
    let mut balance = opening;
    let row = |row: MovedRow| {
        let event = told.iter().find(|event| event.at == row.sequence).cloned();
        let own = |id: EventId| event.as_ref().is_some_and(|event| event.event == id);
        let documents = numbers.iter().filter(|(id, _)| own(*id)).map(|(_, number)| number.clone()).collect();
        let net = row.came - row.went;
        balance += net;
        CardRow {
            sequence: row.sequence,
            effective_at: row.effective_at,
            in_units: net.max(0),
            out: (-net).max(0),
            within: row.came.min(row.went),
            balance,
            documents,
            event,
        }
    };
    Ok(rows.into_iter().map(row).collect())
}
