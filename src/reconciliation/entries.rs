//! From a cell down to its entries: the very rows that were added up, with their events and papers.

use super::counted::{Counted, Moment};
use super::happened::{Happened, Paper, happened, papers};
use super::keys::{Wanted, Words};
use super::rules::Question;
use crate::core::id::{
    ConsignmentId, EventId, ItemId, LegId, LotId, OrganizationId, PledgeId, PledgeLineId, SiteId,
};
use crate::core::page::Page;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::{Account, Condition};
use crate::web::{Paging, encode_key};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable};
use serde::Serialize;
use std::collections::HashMap;

/// One entry of the ledger.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CellEntry {
    /// The ledger sequence of its event.
    pub sequence: i64,
    /// Its number within the event.
    pub ordinal: i64,
    /// The event; null where it is beyond the caller's reach, though it moved goods that are within.
    pub event: Option<Happened>,
    /// Papers about it within reach, as they are now.
    pub documents: Vec<Paper>,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// The account.
    pub account: Account,
    /// The condition.
    pub condition: Condition,
    /// What it added, in base units; negative where it took. Of sources, what was drawn is positive, as they are
    /// printed.
    pub quantity: i64,
    /// The pledge.
    pub pledge: PledgeId,
    /// Its line.
    pub line: PledgeLineId,
    /// The item.
    pub item: ItemId,
    /// The lot; the item's own identifier where it is not known.
    pub lot: LotId,
    /// The consignment; null where it is beyond the caller's reach, as are its leg and who holds its goods.
    pub consignment: Option<ConsignmentId>,
    /// The leg.
    pub leg: Option<LegId>,
    /// The site.
    pub site: Option<SiteId>,
    /// Who holds the goods.
    pub holder: Option<OrganizationId>,
    /// Who owns them.
    pub owner: Option<OrganizationId>,
}

/// Entries of a cell, a page of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntriesView {
    /// In the order they were recorded.
    pub items: Vec<CellEntry>,
    /// Pass as `after` to read on; null at the end.
    pub next: Option<String>,
    /// How many there are, on the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entries: Option<i64>,
    /// What they come to, on the first page: the figure of the cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// The last ledger sequence that counts.
    pub sequence: i64,
    /// The last effective time that counts, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

/// What of the cell is asked for besides what a question narrows to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CellAsked {
    pub(super) account: Option<Account>,
    pub(super) condition: Option<Condition>,
}

/// The key of a page: sequence and ordinal.
pub type EntryKey = (i64, i64);

#[derive(QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = BigInt)]
    pub(super) sequence: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) ordinal: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) effective_at: Timestamp,
    #[diesel(sql_type = Integer)]
    pub(super) account: i32,
    #[diesel(sql_type = Integer)]
    pub(super) condition: i32,
    #[diesel(sql_type = BigInt)]
    pub(super) quantity: i64,
    #[diesel(sql_type = Binary)]
    pub(super) pledge_id: PledgeId,
    #[diesel(sql_type = Binary)]
    pub(super) pledge_line_id: PledgeLineId,
    #[diesel(sql_type = Binary)]
    pub(super) item_id: ItemId,
    #[diesel(sql_type = Binary)]
    pub(super) lot_id: LotId,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) consignment_id: Option<ConsignmentId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) leg_id: Option<LegId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) site_id: Option<SiteId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) holder_id: Option<OrganizationId>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) owner_id: Option<OrganizationId>,
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    entries: i64,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// Reads a page of the entries of a cell.
///
/// # Errors
/// Whatever the database says.
pub(super) fn read(
    conn: &mut Conn,
    question: &Question,
    cell: CellAsked,
    paging: &Paging<EntryKey>,
    now: Timestamp,
) -> Outcome<EntriesView> {
    let moment = Moment::of(conn, question, now)?;
    let mut counted = Counted::new(question, moment);
    let mut conditions = vec![counted.within_period("effective_at")];
    let of_cell =
        [("account", cell.account.map(Account::code)), ("condition", cell.condition.map(Condition::code))];
    for (column, code) in of_cell {
        conditions.extend(code.map(|code| format!("{column} = {code}")));
    }
    let all = counted.posted(&conditions.join(" AND "));
    let sum = if paging.after.is_none() { sum(conn, &counted, &all)? } else { None };
    if let Some((sequence, ordinal)) = paging.after {
        let sequence = counted.statement.number(sequence);
        let ordinal = counted.statement.number(ordinal);
        conditions
            .push(format!("(sequence > {sequence} OR (sequence = {sequence} AND ordinal > {ordinal}))"));
    }
    let page = counted.posted(&conditions.join(" AND "));
    let text =
        format!("SELECT * FROM {page} AS counted ORDER BY sequence, ordinal LIMIT {}", paging.limit + 1);
    let rows: Vec<Row> = counted.statement.load(conn, &text)?;
    let page = Page::from_rows(rows, paging.limit, |row| encode_key(&(row.sequence, row.ordinal)));
    let sequences = page.items.iter().map(|row| row.sequence).collect();
    let events = happened(conn, &question.scope, sequences)?;
    let papers = papers(conn, &question.scope, events.values().map(|event| event.id).collect())?;
    let mut wanted = Wanted::default();
    page.items.iter().filter_map(|row| row.consignment_id).for_each(|id| wanted.consignment(id));
    let words = wanted.load(conn, &question.scope)?;
    let told = |row: Row| row.within(&words).told(&events, &papers);
    let items = page.items.into_iter().map(told).collect::<Outcome<Vec<_>>>()?;
    Ok(EntriesView {
        items,
        next: page.next,
        entries: sum.as_ref().map(|sum| sum.entries),
        quantity: sum.map(|sum| sum.quantity),
        sequence: moment.sequence,
        as_of: question.as_of,
    })
}

fn sum(conn: &mut Conn, counted: &Counted<'_>, all: &str) -> Outcome<Option<SumRow>> {
    let text = format!(
        "SELECT CAST(COUNT(*) AS BIGINT) AS entries, CAST(COALESCE(SUM(CASE WHEN account < 2 THEN -quantity \
         ELSE quantity END), 0) AS BIGINT) AS quantity FROM {all} AS counted"
    );
    Ok(counted.statement.load(conn, &text)?.pop())
}

impl Row {
    /// Without the consignment where that is beyond reach, and what would say more of it.
    pub(super) fn within(self, words: &Words) -> Self {
        match self.consignment_id {
            Some(id) if !words.reaches(id) => {
                Self { consignment_id: None, leg_id: None, holder_id: None, ..self }
            }
            _ => self,
        }
    }

    fn told(
        self,
        events: &HashMap<i64, Happened>,
        papers: &HashMap<EventId, Vec<Paper>>,
    ) -> Outcome<CellEntry> {
        let unreadable =
            || Problem::internal(format!("the entry {}/{} cannot be read", self.sequence, self.ordinal));
        let account = Account::from_code(self.account).ok_or_else(unreadable)?;
        let condition = Condition::from_code(self.condition).ok_or_else(unreadable)?;
        let event = events.get(&self.sequence).cloned();
        let documents = event.as_ref().and_then(|event| papers.get(&event.id)).cloned().unwrap_or_default();
        Ok(CellEntry {
            sequence: self.sequence,
            ordinal: self.ordinal,
            event,
            documents,
            effective_at: self.effective_at,
            account,
            condition,
            quantity: if account.is_source() { -self.quantity } else { self.quantity },
            pledge: self.pledge_id,
            line: self.pledge_line_id,
            item: self.item_id,
            lot: self.lot_id,
            consignment: self.consignment_id,
            leg: self.leg_id,
            site: self.site_id,
            holder: self.holder_id,
            owner: self.owner_id,
        })
    }
}
