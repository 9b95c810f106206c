//! Entries one after the other with the words of what they are about, for whoever takes all of them away.
//!
//! It reads the same rows as the way down from a cell does, so that what is taken away adds up to what is shown. Where a
//! consignment is beyond reach its leg, its holder and its event stay behind with it.

use super::counted::{Counted, Moment};
use super::entries::{EntryKey, Row};
use super::happened::happened;
use super::keys::Wanted;
use super::rules::Question;
use crate::atlas::CountryCode;
use crate::core::id::{EventId, ItemId, LegId, LotId, OrganizationId, PledgeLineId, ProgrammeId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{items, lots};
use crate::db::{Conn, in_parts, read_failure};
use crate::ledger::{Account, Condition};
use crate::totals::Named;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use std::collections::{BTreeSet, HashMap};

/// An entry of the ledger as it is taken away.
#[derive(Clone, Debug)]
pub struct EntryTold {
    /// The ledger sequence of its event.
    pub sequence: i64,
    /// Its number within the event.
    pub ordinal: i64,
    /// The event; absent where it is beyond reach.
    pub event: Option<EventTold>,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// The account.
    pub account: Account,
    /// The condition.
    pub condition: Condition,
    /// What it added, in base units; what was drawn from a source is positive.
    pub quantity: i64,
    /// The programme.
    pub programme: Named,
    /// The donor.
    pub donor: Option<Named>,
    /// The pledge.
    pub pledge: Named,
    /// Its line.
    pub line: PledgeLineId,
    /// The item.
    pub item: Named,
    /// Its base unit.
    pub unit: String,
    /// The lot, where it is known.
    pub lot: Option<Named>,
    /// The day after which the lot is expired.
    pub expires_on: Option<String>,
    /// The consignment.
    pub consignment: Option<Named>,
    /// Its leg.
    pub leg: Option<LegId>,
    /// The site.
    pub site: Option<Named>,
    /// The country of the site.
    pub country: Option<String>,
    /// Who holds the goods.
    pub holder: Option<Named>,
    /// Who owns them.
    pub owner: Option<Named>,
}

/// The event behind an entry.
#[derive(Clone, Debug)]
pub struct EventTold {
    /// The event.
    pub id: EventId,
    /// Its kind.
    pub kind: String,
    /// In the world.
    pub occurred_at: Timestamp,
    /// Here.
    pub recorded_at: Timestamp,
}

#[derive(QueryableByName)]
struct Listed {
    #[diesel(embed)]
    entry: Row,
    #[diesel(sql_type = Binary)]
    programme_id: ProgrammeId,
    #[diesel(sql_type = Nullable<Binary>)]
    donor_id: Option<OrganizationId>,
    #[diesel(sql_type = Nullable<Text>)]
    country_at: Option<String>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    entries: i64,
}

/// How many entries a question comes to.
///
/// # Errors
/// Whatever the database says.
pub fn entries_count(conn: &mut Conn, question: &Question, now: Timestamp) -> Outcome<i64> {
    let moment = Moment::of(conn, question, now)?;
    let counted = Counted::new(question, moment);
    let all = counted.posted(&counted.within_period("effective_at"));
    let text = format!("SELECT CAST(COUNT(*) AS BIGINT) AS entries FROM {all} AS counted");
    let found: Option<Count> = counted.statement.load(conn, &text)?.pop();
    Ok(found.map_or(0, |count| count.entries))
}

/// Up to `limit` entries behind a key, in the order they were recorded.
///
/// # Errors
/// Whatever the database says.
pub fn entries_after(
    conn: &mut Conn,
    question: &Question,
    after: Option<EntryKey>,
    limit: i64,
    now: Timestamp,
) -> Outcome<Vec<EntryTold>> {
    let moment = Moment::of(conn, question, now)?;
    let mut counted = Counted::new(question, moment);
    let mut conditions = vec![counted.within_period("effective_at")];
    if let Some((sequence, ordinal)) = after {
        let sequence = counted.statement.number(sequence);
        let ordinal = counted.statement.number(ordinal);
        conditions.push(format!("sequence >= {sequence} AND (sequence > {sequence} OR ordinal > {ordinal})"));
    }
    let page = counted.posted(&conditions.join(" AND "));
    let limit = counted.statement.number(limit);
    let text = format!("SELECT * FROM {page} AS counted ORDER BY sequence, ordinal LIMIT {limit}");
    let rows: Vec<Listed> = counted.statement.load(conn, &text)?;
    told(conn, question, rows)
}

/// The entries of some events, in the order they were recorded.
///
/// # Errors
/// Whatever the database says.
pub fn entries_of(
    conn: &mut Conn,
    question: &Question,
    sequences: &[i64],
    now: Timestamp,
) -> Outcome<Vec<EntryTold>> {
    if sequences.is_empty() {
        return Ok(Vec::new());
    }
    let moment = Moment::of(conn, question, now)?;
    let mut counted = Counted::new(question, moment);
    let marks: Vec<String> = sequences.iter().map(|sequence| counted.statement.number(*sequence)).collect();
    let condition =
        format!("{} AND sequence IN ({})", counted.within_period("effective_at"), marks.join(", "));
    let text = format!("SELECT * FROM {} AS counted ORDER BY sequence, ordinal", counted.posted(&condition));
    let rows: Vec<Listed> = counted.statement.load(conn, &text)?;
    told(conn, question, rows)
}

/// Rows with their words: a query for each kind of thing they name.
fn told(conn: &mut Conn, question: &Question, rows: Vec<Listed>) -> Outcome<Vec<EntryTold>> {
    let events = happened(conn, &question.scope, rows.iter().map(|one| one.entry.sequence).collect())?;
    let mut wanted = Wanted::default();
    for Listed { entry: row, programme_id, donor_id, .. } in &rows {
        wanted.programme(*programme_id);
        [*donor_id, row.holder_id, row.owner_id].into_iter().flatten().for_each(|id| wanted.party(id));
        wanted.pledge(row.pledge_id);
        wanted.item(row.item_id);
        wanted.lot(row.lot_id);
        row.site_id.into_iter().for_each(|id| wanted.site(id));
        row.consignment_id.into_iter().for_each(|id| wanted.consignment(id));
    }
    let words = wanted.load(conn, &question.scope)?;
    let units = units(conn, rows.iter().map(|one| one.entry.item_id).collect())?;
    let expiries = expiries(conn, rows.iter().map(|one| one.entry.lot_id).collect())?;
    let told = |Listed { entry: row, programme_id, donor_id, country_at }: Listed| {
        let row = row.within(&words);
        let unreadable =
            || Problem::internal(format!("the entry {}/{} cannot be read", row.sequence, row.ordinal));
        let account = Account::from_code(row.account).ok_or_else(unreadable)?;
        let event = events.get(&row.sequence);
        Ok(EntryTold {
            sequence: row.sequence,
            ordinal: row.ordinal,
            event: event.map(|event| EventTold {
                id: event.id,
                kind: event.kind.clone(),
                occurred_at: event.occurred_at,
                recorded_at: event.recorded_at,
            }),
            effective_at: row.effective_at,
            account,
            condition: Condition::from_code(row.condition).ok_or_else(unreadable)?,
            quantity: if account.is_source() { -row.quantity } else { row.quantity },
            programme: words.programme(programme_id),
            donor: donor_id.map(|id| words.party(id)),
            pledge: words.pledge(row.pledge_id),
            line: row.pledge_line_id,
            item: words.item(row.item_id),
            unit: units.get(&row.item_id).cloned().unwrap_or_default(),
            lot: (row.lot_id.0 != row.item_id.0).then(|| words.lot(row.lot_id)),
            expires_on: expiries.get(&row.lot_id).cloned().flatten(),
            consignment: row.consignment_id.map(|id| words.consignment(id)),
            leg: row.leg_id,
            site: row.site_id.map(|id| words.site(id)),
            country: country_at.filter(|code| code.parse::<CountryCode>().is_ok()),
            holder: row.holder_id.map(|id| words.party(id)),
            owner: row.owner_id.map(|id| words.party(id)),
        })
    };
    rows.into_iter().map(told).collect()
}

fn units(conn: &mut Conn, ids: BTreeSet<ItemId>) -> Outcome<HashMap<ItemId, String>> {
    let found: Vec<(ItemId, String)> = in_parts(&Vec::from_iter(ids), |part| {
        items::table.filter(items::id.eq_any(part)).select((items::id, items::base_unit)).load(conn)
    })
    .map_err(read_failure)?;
    Ok(found.into_iter().collect())
}

fn expiries(conn: &mut Conn, ids: BTreeSet<LotId>) -> Outcome<HashMap<LotId, Option<String>>> {
    let found: Vec<(LotId, Option<String>)> = in_parts(&Vec::from_iter(ids), |part| {
        lots::table.filter(lots::id.eq_any(part)).select((lots::id, lots::expires_on)).load(conn)
    })
    .map_err(read_failure)?;
    Ok(found.into_iter().collect())
}
