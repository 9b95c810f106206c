//! Deliveries, distributions, losses and disposals that no paper shows.
//!
//! A paper shows an event where it is about it, is not void, and has an attachment: a photo or scan. What was
//! reversed needs none. Papers count as far as they were on record by the moment that is asked for.

use super::counted::Counted;
use super::happened::{Happened, happened};
use super::keys::Wanted;
use super::rules::LISTED_MAXIMUM;
use crate::core::id::ItemId;
use crate::core::problem::Outcome;
use crate::db::{Conn, Statement};
use crate::totals::Named;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use serde::Serialize;

/// The kinds of event that want a paper, each with the account they bring goods to.
const SHOWN_BY_PAPER: [(&str, i32); 5] =
    [("received", 7), ("delivered", 7), ("distributed", 8), ("lost", 9), ("disposed", 10)];

/// How many events of a kind want a paper, and how many have none.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct UnprovenSum {
    /// The kind of event: `received` where it delivered, `delivered`, `distributed`, `lost` or `disposed`.
    pub kind: String,
    /// How many there are in the period.
    pub entries: i64,
    /// How many of them no paper shows.
    pub without: i64,
}

/// An event that no paper shows.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct UnprovenEntry {
    /// Its ledger sequence.
    pub sequence: i64,
    /// The event; null where it is beyond the caller's reach, though it moved goods that are within.
    pub event: Option<Happened>,
    /// The item.
    pub item: Named,
    /// Base units it delivered, distributed, lost or disposed of.
    pub quantity: i64,
    /// Papers about it that have no attachment.
    pub papers: i64,
}

/// What no paper shows.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct UnprovenSection {
    /// By kind of event.
    pub sums: Vec<UnprovenSum>,
    /// Those that no paper shows, by item, in the order they were recorded, the first 500.
    pub entries: Vec<UnprovenEntry>,
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    entries: i64,
    #[diesel(sql_type = BigInt)]
    without: i64,
}

#[derive(QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    #[diesel(sql_type = BigInt)]
    papers: i64,
}

/// Reads the section.
///
/// # Errors
/// Whatever the database says.
pub(super) fn read(conn: &mut Conn, counted: &mut Counted<'_>) -> Outcome<UnprovenSection> {
    let wanting = wanting(counted);
    let statement: &Statement = &counted.statement;
    let mut sums: Vec<SumRow> = statement.load(
        conn,
        &format!(
            "SELECT kind, CAST(COUNT(*) AS BIGINT) AS entries, \
             CAST(SUM(CASE WHEN shown = 0 THEN 1 ELSE 0 END) AS BIGINT) AS without \
             FROM (SELECT kind, sequence, MIN(shown) AS shown FROM {wanting} GROUP BY kind, sequence) AS events_told \
             GROUP BY kind"
        ),
    )?;
    sums.sort_by(|one, other| one.kind.cmp(&other.kind));
    let rows: Vec<EntryRow> = statement.load(
        conn,
        &format!("SELECT * FROM {wanting} WHERE shown = 0 ORDER BY sequence, item LIMIT {LISTED_MAXIMUM}"),
    )?;
    let mut wanted = Wanted::default();
    rows.iter().for_each(|row| wanted.item(row.item));
    let words = wanted.load(conn, &counted.question.scope)?;
    let events = happened(conn, &counted.question.scope, rows.iter().map(|row| row.sequence).collect())?;
    let told = |row: EntryRow| UnprovenEntry {
        sequence: row.sequence,
        event: events.get(&row.sequence).cloned(),
        item: words.item(row.item),
        quantity: row.quantity,
        papers: row.papers,
    };
    let sum = |row: SumRow| UnprovenSum { kind: row.kind, entries: row.entries, without: row.without };
    Ok(UnprovenSection {
        sums: sums.into_iter().map(sum).collect(),
        entries: rows.into_iter().map(told).collect(),
    })
}

/// A table of events that want a paper, by item, with how many papers there are and how many of them show something.
fn wanting(counted: &mut Counted<'_>) -> String {
    let until = counted.statement.number(counted.moment.recorded_at.0);
    let last = counted.statement.number(counted.moment.sequence);
    let placed = counted.posted(&counted.within_period("effective_at"));
    let kinds: Vec<String> = SHOWN_BY_PAPER
        .iter()
        .map(|(kind, account)| format!("(events.kind = '{kind}' AND counted.account = {account})"))
        .collect();
    let papers = format!(
        "FROM document_events JOIN documents ON documents.id = document_events.document_id \
         WHERE document_events.event_id = events.id AND documents.created_at <= {until} \
         AND (documents.voided_at IS NULL OR documents.voided_at > {until})"
    );
    format!(
        "(SELECT events.sequence AS sequence, events.kind AS kind, \
         moved.item_id AS item, moved.quantity AS quantity, \
         (SELECT CAST(COUNT(*) AS BIGINT) {papers}) AS papers, \
         (SELECT CAST(COUNT(*) AS BIGINT) {papers} AND EXISTS (SELECT 1 FROM document_attachments \
         WHERE document_attachments.document_id = documents.id \
         AND document_attachments.attached_at <= {until})) AS shown \
         FROM (SELECT counted.sequence, counted.item_id, CAST(SUM(counted.quantity) AS BIGINT) AS quantity \
         FROM {placed} AS counted JOIN events ON events.sequence = counted.sequence WHERE {} \
         GROUP BY counted.sequence, counted.item_id) AS moved \
         JOIN events ON events.sequence = moved.sequence \
         WHERE moved.quantity > 0 AND NOT EXISTS (SELECT 1 FROM events AS reversals \
         WHERE reversals.about_id = events.id AND reversals.kind = 'reversed' AND reversals.sequence <= {last})) \
         AS wanting",
        kinds.join(" OR ")
    )
}
