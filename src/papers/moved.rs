//! What events did with goods, as papers about them tell it: with what restates the events since, in sums by item, lot,
//! account and condition.

use crate::auth::{Fields, Named, Permit};
use crate::core::id::{DocumentId, EventId, ItemId, LotId, OrganizationId, PledgeId, PledgeLineId};
use crate::core::problem::Outcome;
use crate::db::schema::{document_events, documents, events, pledge_lines, pledges, postings};
use crate::db::{Binds, Conn, ask, in_parts, read_failure};
use crate::documents::documents_within;
use crate::documents::rules::DocumentKind;
use crate::events::events_within;
use crate::ledger::{Account, Condition};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What lies where, in base units.
pub(super) type Sums = BTreeMap<(ItemId, LotId), BTreeMap<(Account, Condition), i64>>;

/// What these events did, as far as the scope reaches them; of a donor's only what moved its own goods.
///
/// # Errors
/// What the database says.
pub(super) fn moved_by<A: Named>(conn: &mut Conn, permit: &Permit<A>, ids: &[EventId]) -> Outcome<Sums> {
    let told: Vec<(EventId, i64)> = events_within(events::table.into_boxed(), permit.scope())
        .filter(events::id.eq_any(ids))
        .select((events::id, events::sequence))
        .load(conn)
        .map_err(read_failure)?;
    let restated = restating(conn, &told)?;
    // A reversal may be of a correction; no reversal is reversed.
    let again = restating(conn, &restated)?;
    let all: Vec<i64> = told.iter().chain(&restated).chain(&again).map(|(_, sequence)| *sequence).collect();
    let donor = (permit.fields() == Fields::Traced).then(|| permit.scope().donor());
    sums(conn, &all, donor)
}

/// The corrections and reversals of these events.
fn restating(conn: &mut Conn, of: &[(EventId, i64)]) -> Outcome<Vec<(EventId, i64)>> {
    let ids: Vec<EventId> = of.iter().map(|(id, _)| *id).collect();
    events::table
        .filter(events::about_id.eq_any(ids).and(events::kind.eq_any(["corrected", "reversed"])))
        .select((events::id, events::sequence))
        .load(conn)
        .map_err(read_failure)
}

type PostingRow = (ItemId, LotId, PledgeLineId, i32, i32, i64);

fn sums(conn: &mut Conn, sequences: &[i64], donor: Option<OrganizationId>) -> Outcome<Sums> {
    let rows: Vec<PostingRow> = in_parts(sequences, |part| {
        postings::table
            .filter(postings::sequence.eq_any(part))
            .select((
                postings::item_id,
                postings::lot_id,
                postings::pledge_line_id,
                postings::account,
                postings::condition,
                postings::quantity,
            ))
            .load(conn)
    })
    .map_err(read_failure)?;
    let own = match donor {
        Some(donor) => Some(own_lines(conn, donor, &rows)?),
        None => None,
    };
    let mut sums = Sums::new();
    for (item, lot, line, account, condition, quantity) in rows {
        let (Some(account), Some(condition)) = (Account::from_code(account), Condition::from_code(condition))
        else {
            continue;
        };
        if own.as_ref().is_none_or(|own| own.contains(&line)) {
            *sums.entry((item, lot)).or_default().entry((account, condition)).or_default() += quantity;
        }
    }
    Ok(sums)
}

/// Of the pledge lines of postings those of a donor.
fn own_lines(conn: &mut Conn, donor: OrganizationId, rows: &[PostingRow]) -> Outcome<HashSet<PledgeLineId>> {
    let ids: HashSet<PledgeLineId> = rows.iter().map(|row| row.2).collect();
    let ids: Vec<PledgeLineId> = ids.into_iter().collect();
    let own: Vec<PledgeLineId> = in_parts(&ids, |part| {
        pledge_lines::table
            .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
            .filter(pledge_lines::id.eq_any(part).and(pledges::donor_id.eq(donor)))
            .select(pledge_lines::id)
            .load(conn)
    })
    .map_err(read_failure)?;
    Ok(own.into_iter().collect())
}

/// Goods of a pledge that a goods received note tells of.
pub(super) struct ReceivedRow {
    /// The note's number, where it has one and the caller may read it.
    pub(super) note: Option<String>,
    /// The day it bears.
    pub(super) issued_on: String,
    pub(super) item: ItemId,
    pub(super) lot: LotId,
    pub(super) condition: Condition,
    /// Base units.
    pub(super) quantity: i64,
}

#[derive(QueryableByName)]
struct CameRow {
    #[diesel(sql_type = Binary)]
    event: EventId,
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = Binary)]
    lot: LotId,
    #[diesel(sql_type = Integer)]
    condition: i32,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
}

/// What came of a pledge by receipts that a note is about, each receipt once, in the order of the notes. The caller has
/// read the pledge.
///
/// # Errors
/// What the database says.
pub(super) fn received_of<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: PledgeId,
) -> Outcome<Vec<ReceivedRow>> {
    let came = came_of(conn, id)?;
    let mut about: Vec<EventId> = came.iter().map(|row| row.event).collect();
    about.sort_unstable();
    about.dedup();
    let notes = notes_about(conn, permit, &about)?;
    let mut rows: Vec<(DocumentId, ReceivedRow)> = came
        .into_iter()
        .filter_map(|row| {
            let Note { id, number, issued_on } = notes.get(&row.event)?.clone();
            let condition = Condition::from_code(row.condition)?;
            let CameRow { item, lot, quantity, .. } = row;
            Some((id, ReceivedRow { note: number, issued_on, item, lot, condition, quantity }))
        })
        .collect();
    rows.sort_by_key(|(note, row)| (row.issued_on.clone(), *note, row.item, row.lot, row.condition));
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// What receipts put into custody or with a consignee, of goods of a pledge.
fn came_of(conn: &mut Conn, id: PledgeId) -> Outcome<Vec<CameRow>> {
    let mut binds = Binds::default();
    let id = binds.id(id);
    let accounts = [Account::InStorage, Account::Allocated, Account::Delivered, Account::Returned];
    let accounts: Vec<String> = accounts.iter().map(|account| account.code().to_string()).collect();
    let text = format!(
        "SELECT COALESCE(meant.id, restated.id, events.id) AS event, cells.item_id AS item, cells.lot_id AS lot, \
         cells.condition AS condition, CAST(SUM(moved.quantity) AS BIGINT) AS quantity \
         FROM pledge_lines JOIN balances AS cells ON cells.pledge_line_id = pledge_lines.id \
         JOIN postings AS moved ON moved.cell = cells.cell \
         JOIN events ON events.sequence = moved.sequence \
         LEFT JOIN events AS restated \
            ON restated.id = events.about_id AND events.kind IN ('corrected', 'reversed') \
         LEFT JOIN events AS meant \
            ON meant.id = restated.about_id AND restated.kind IN ('corrected', 'reversed') \
         WHERE pledge_lines.pledge_id = {id} AND cells.account IN ({}) \
            AND COALESCE(meant.kind, restated.kind, events.kind) = 'received' \
         GROUP BY COALESCE(meant.id, restated.id, events.id), cells.item_id, cells.lot_id, cells.condition \
         HAVING SUM(moved.quantity) > 0",
        accounts.join(", ")
    );
    ask(conn, text, binds)
}

#[derive(Clone)]
struct Note {
    id: DocumentId,
    number: Option<String>,
    issued_on: String,
}

/// The first goods received note about each of these events, void ones left out; its number as far as the scope reaches
/// it.
fn notes_about<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    about: &[EventId],
) -> Outcome<HashMap<EventId, Note>> {
    let mut rows: Vec<(DocumentId, EventId, String)> = in_parts(about, |part| {
        document_events::table
            .inner_join(documents::table.on(documents::id.eq(document_events::document_id)))
            .filter(document_events::event_id.eq_any(part))
            .filter(documents::kind.eq(DocumentKind::Grn.word()).and(documents::voided_at.is_null()))
            .select((documents::id, document_events::event_id, documents::issued_on))
            .load(conn)
    })
    .map_err(read_failure)?;
    rows.sort_unstable();
    let ids: Vec<DocumentId> = rows.iter().map(|(id, _, _)| *id).collect();
    let numbers: Vec<(DocumentId, Option<String>)> = in_parts(&ids, |part| {
        documents_within(documents::table.into_boxed(), permit.scope())
            .filter(documents::id.eq_any(part.to_vec()))
            .select((documents::id, documents::number))
            .load(conn)
    })
    .map_err(read_failure)?;
    let numbers: HashMap<DocumentId, Option<String>> = numbers.into_iter().collect();
    let mut notes = HashMap::new();
    for (id, event, issued_on) in rows {
        let number = numbers.get(&id).cloned().flatten();
        notes.entry(event).or_insert(Note { id, number, issued_on });
    }
    Ok(notes)
}
