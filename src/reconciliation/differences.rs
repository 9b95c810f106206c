//! What was short, over, damaged, lost or disposed of, event by event: with the reasons that were given, the
//! causes, and who decided. And what is missing still, with its age.
//!
//! Figures are netted within each event and item. What a receipt found in excess comes from a source, which lies
//! nowhere; it counts where the goods that came of it do.

use super::counted::{Counted, Moment};
use super::happened::{Happened, happened};
use super::keys::{Wanted, Words};
use super::rules::{Filters, Group, LISTED_MAXIMUM, Question, ROWS_MAXIMUM, age_days};
use crate::auth::{Permit, action};
use crate::core::id::{ConsignmentId, ItemId, LegId, OrganizationId, SiteId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::totals::Named;
use crate::totals::rules::PlaceMeaning;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// What one or several events changed, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName, Serialize, utoipa::ToSchema)]
pub struct DifferenceFigures {
    /// Short: what became missing, less what was decided of it. All of them add up to what is missing.
    #[diesel(sql_type = BigInt)]
    pub missing: i64,
    /// Over: what came from no pledge.
    #[diesel(sql_type = BigInt, column_name = over_pledges)]
    pub over: i64,
    /// What turned out damaged.
    #[diesel(sql_type = BigInt)]
    pub damaged: i64,
    /// Lost.
    #[diesel(sql_type = BigInt)]
    pub lost: i64,
    /// Disposed of.
    #[diesel(sql_type = BigInt)]
    pub disposed: i64,
}

/// What events of one kind and cause changed of an item.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DifferenceSum {
    /// The item.
    pub item: Named,
    /// The kind of event.
    pub kind: String,
    /// The cause, where it was decided.
    pub cause: Option<String>,
    /// How many events.
    pub entries: i64,
    /// What they changed together.
    #[serde(flatten)]
    pub figures: DifferenceFigures,
}

/// What was decided, by whom. Persons stand by their identifiers.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DecisionTold {
    /// Why.
    pub reason: String,
    /// What caused it.
    pub cause: Option<String>,
    /// Number of the report.
    pub report_number: Option<String>,
    /// Where the evidence is filed.
    pub filed: Option<String>,
    /// Who is liable.
    pub liable: Option<OrganizationId>,
    /// Who proposed it.
    pub proposed_by: UserId,
    /// Who decided it.
    pub decided_by: UserId,
    /// When.
    pub decided_at: Timestamp,
}

/// What one event changed of an item.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DifferenceEntry {
    /// Its ledger sequence.
    pub sequence: i64,
    /// The event; null where it is beyond the caller's reach, though it moved goods that are within.
    pub event: Option<Happened>,
    /// The item.
    pub item: Named,
    /// What it changed.
    #[serde(flatten)]
    pub figures: DifferenceFigures,
    /// The reasons given with it.
    pub reasons: Vec<String>,
    /// What was decided.
    pub decision: Option<DecisionTold>,
}

/// Goods that are missing.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MissingRow {
    /// The consignment they were missed from; null where it is beyond the caller's reach.
    pub consignment: Option<Named>,
    /// The leg they were missed on; null where its consignment is beyond reach.
    pub leg: Option<LegId>,
    /// The site they were missed at.
    pub site: Option<Named>,
    /// The item.
    pub item: Named,
    /// Base units.
    pub quantity: i64,
    /// When the first of them was missed.
    pub since: Timestamp,
    /// Whole days since then, at the moment of the answer.
    pub age_days: i64,
}

/// What was short, over, damaged, lost or disposed of.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DifferencesSection {
    /// By item, kind of event and cause, within the period.
    pub sums: Vec<DifferenceSum>,
    /// The events, in the order they were recorded, the first 500.
    pub entries: Vec<DifferenceEntry>,
    /// How many more there are.
    pub entries_left_off: i64,
    /// What is missing at the end of the period, the oldest first, up to 500.
    pub missing: Vec<MissingRow>,
    /// How many more there are.
    pub missing_left_off: i64,
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    cause: Option<String>,
    #[diesel(sql_type = BigInt)]
    entries: i64,
    #[diesel(embed)]
    figures: DifferenceFigures,
}

#[derive(QueryableByName)]
struct EntryRow {
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Binary)]
    item: ItemId,
    #[diesel(embed)]
    figures: DifferenceFigures,
    #[diesel(embed)]
    decision: DecisionRow,
}

#[derive(QueryableByName)]
struct DecisionRow {
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    cause: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    report_number: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    evidence: Option<String>,
    #[diesel(sql_type = Nullable<Binary>)]
    liable_id: Option<OrganizationId>,
    #[diesel(sql_type = Nullable<Binary>)]
    proposed_by: Option<UserId>,
    #[diesel(sql_type = Nullable<Binary>)]
    decided_by: Option<UserId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    decided_at: Option<Timestamp>,
}

impl DecisionRow {
    fn told(self) -> Option<DecisionTold> {
        Some(DecisionTold {
            reason: self.reason?,
            cause: self.cause,
            report_number: self.report_number,
            filed: self.evidence,
            liable: self.liable_id,
            proposed_by: self.proposed_by?,
            decided_by: self.decided_by?,
            decided_at: self.decided_at?,
        })
    }
}

#[derive(QueryableByName)]
struct MissedRow {
    #[diesel(sql_type = Nullable<Binary>)]
    consignment_id: Option<ConsignmentId>,
    #[diesel(sql_type = Nullable<Binary>)]
    leg_id: Option<LegId>,
    #[diesel(sql_type = Nullable<Binary>)]
    site_id: Option<SiteId>,
    #[diesel(sql_type = Binary)]
    item_id: ItemId,
    #[diesel(sql_type = BigInt)]
    quantity: i64,
    #[diesel(sql_type = BigInt)]
    since: Timestamp,
}

/// Reads the section.
///
/// # Errors
/// `invalid` where there are too many sums; whatever the database says.
pub(super) fn read(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<DifferencesSection> {
    let differing = differing(counted);
    let sums = sums(conn, counted, &differing)?;
    let entries = entries(conn, counted, &differing)?;
    let mut missing = missed(conn, counted)?;
    let missing_left_off = missing.len().saturating_sub(LISTED_MAXIMUM);
    missing.truncate(LISTED_MAXIMUM);
    let sequences = entries.iter().map(|row| row.sequence).collect();
    let events = happened(conn, &counted.question.scope, sequences)?;
    let mut wanted = Wanted::default();
    sums.iter().for_each(|row| wanted.item(row.item));
    for row in &missing {
        wanted.item(row.item_id);
        row.site_id.iter().for_each(|site| wanted.site(*site));
        row.consignment_id.iter().for_each(|consignment| wanted.consignment(*consignment));
    }
    let words = wanted.load(conn, &counted.question.scope)?;
    let all: i64 = sums.iter().map(|row| row.entries).sum();
    let sum = |row: SumRow| DifferenceSum {
        item: words.item(row.item),
        kind: row.kind,
        cause: row.cause,
        entries: row.entries,
        figures: row.figures,
    };
    let missed = |row: MissedRow| missing_row(row, &words, counted);
    let tell = |row: EntryRow| {
        let (item, event) = (words.item(row.item), events.get(&row.sequence).cloned());
        told(row, item, event)
    };
    Ok(DifferencesSection {
        entries_left_off: all - i64::try_from(entries.len()).unwrap_or(all),
        sums: sums.into_iter().map(sum).collect(),
        entries: entries.into_iter().map(tell).collect(),
        missing: missing.into_iter().map(missed).collect(),
        missing_left_off: i64::try_from(missing_left_off).unwrap_or(i64::MAX),
    })
}

fn missing_row(row: MissedRow, words: &Words, counted: &Counted<'_>) -> MissingRow {
    MissingRow {
        leg: row.leg_id.filter(|_| row.consignment_id.is_none_or(|id| words.reaches(id))),
        consignment: row.consignment_id.filter(|id| words.reaches(*id)).map(|id| words.consignment(id)),
        site: row.site_id.map(|id| words.site(id)),
        item: words.item(row.item_id),
        quantity: row.quantity,
        since: row.since,
        age_days: age_days(row.since, counted.moment.ages_at),
    }
}

/// What is missing now and is to be decided.
pub struct MissingNow {
    /// The oldest first.
    pub rows: Vec<MissingRow>,
    /// Whether there is more, which follows as these are decided.
    pub has_more: bool,
}

/// What is missing now and can be decided by whoever may propose a loss of it, the oldest first, up to 500: goods of a
/// consignment beyond reach are decided by others.
///
/// # Errors
/// Whatever the database says.
pub fn missing_now(
    conn: &mut Conn,
    permit: &Permit<action::LossPropose>,
    now: Timestamp,
) -> Outcome<MissingNow> {
    let question = Question {
        group_by: vec![Group::Item],
        place: PlaceMeaning::default(),
        filters: Filters::default(),
        scope: permit.scope().clone(),
        from: None,
        as_of: None,
        known_at: None,
        sections: Vec::new(),
    };
    let counted = Counted::new(&question, Moment::of(conn, &question, now)?);
    let (rows, is_cut) = missed_longest(conn, &counted)?;
    let mut wanted = Wanted::default();
    for row in &rows {
        wanted.item(row.item_id);
        row.site_id.iter().for_each(|site| wanted.site(*site));
        row.consignment_id.iter().for_each(|consignment| wanted.consignment(*consignment));
    }
    let words = wanted.load(conn, &question.scope)?;
    let is_reached = |row: &MissedRow| row.consignment_id.is_none_or(|id| words.reaches(id));
    let mut reached = rows.into_iter().filter(is_reached);
    let listed = reached.by_ref().take(LISTED_MAXIMUM);
    let rows = listed.map(|row| missing_row(row, &words, &counted)).collect();
    Ok(MissingNow { rows, has_more: is_cut || reached.next().is_some() })
}

fn told(row: EntryRow, item: Named, event: Option<Happened>) -> DifferenceEntry {
    let given = |event: &Happened| reasons(&event.body, row.item);
    DifferenceEntry {
        sequence: row.sequence,
        reasons: event.as_ref().map(given).unwrap_or_default(),
        decision: event.as_ref().and_then(|_| row.decision.told()),
        event,
        item,
        figures: row.figures,
    }
}

/// What a part of an event has of all that the event changed: as much as the part changed the same way. So goods that
/// arrive damaged where they were sent to were damaged by no move, and what came in excess counts where goods came.
fn share(part: &str, whole: &str) -> String {
    format!(
        "CASE WHEN {whole} > 0 AND {part} > 0 THEN CASE WHEN {part} < {whole} THEN {part} ELSE {whole} END \
         WHEN {whole} < 0 AND {part} < 0 THEN CASE WHEN {part} > {whole} THEN {part} ELSE {whole} END ELSE 0 END"
    )
}

/// A table of what events of the period changed, by event and item. Missing is account 6, lost 9, disposed 10; a
/// surplus is drawn from account 1, of the same event, pledge line and lot as the goods that came of it. Of what an event
/// makes damaged all accounts count, as goods change their account with it.
fn differing(counted: &Counted<'_>) -> String {
    let period = counted.within_period("effective_at");
    let placed = counted.posted(&period);
    let of_event = |sum: &str, condition: &str| {
        let until = counted.until();
        format!(
            "(SELECT COALESCE(SUM({sum}), 0) FROM postings AS whole WHERE whole.sequence = counted.sequence \
             AND whole.pledge_line_id = counted.pledge_line_id AND whole.lot_id = counted.lot_id AND {condition} \
             AND {until} AND {period})"
        )
    };
    let (all_over, all_damaged) =
        (of_event("-quantity", "account = 1"), of_event("quantity", "condition = 2"));
    let (over, damaged) =
        (share("parts.came", "parts.all_over"), share("parts.damaged", "parts.all_damaged"));
    format!(
        "(SELECT parts.sequence AS at_sequence, parts.item_id AS item, \
         CAST(SUM(parts.missing) AS BIGINT) AS missing, CAST(SUM({over}) AS BIGINT) AS over_pledges, \
         CAST(SUM({damaged}) AS BIGINT) AS damaged, CAST(SUM(parts.lost) AS BIGINT) AS lost, \
         CAST(SUM(parts.disposed) AS BIGINT) AS disposed FROM \
         (SELECT sequence, item_id, pledge_line_id, lot_id, \
         SUM(CASE WHEN account = 6 THEN quantity ELSE 0 END) AS missing, \
         SUM(CASE WHEN condition = 2 THEN quantity ELSE 0 END) AS damaged, \
         SUM(CASE WHEN account = 9 THEN quantity ELSE 0 END) AS lost, \
         SUM(CASE WHEN account = 10 THEN quantity ELSE 0 END) AS disposed, \
         SUM(CASE WHEN account > 1 THEN quantity ELSE 0 END) AS came, \
         {all_over} AS all_over, {all_damaged} AS all_damaged FROM {placed} AS counted \
         GROUP BY sequence, item_id, pledge_line_id, lot_id) AS parts \
         GROUP BY parts.sequence, parts.item_id) AS differing \
         JOIN events ON events.sequence = differing.at_sequence \
         LEFT JOIN decisions ON decisions.event_id = events.id \
         WHERE (differing.missing <> 0 OR over_pledges <> 0 OR damaged <> 0 OR lost <> 0 OR disposed <> 0)"
    )
}

fn sums(conn: &mut Conn, counted: &Counted<'_>, differing: &str) -> Outcome<Vec<SumRow>> {
    let mut rows: Vec<SumRow> = counted.statement.load(
        conn,
        &format!(
            "SELECT item, events.kind AS kind, decisions.cause AS cause, CAST(COUNT(*) AS BIGINT) AS entries, \
             CAST(SUM(missing) AS BIGINT) AS missing, CAST(SUM(over_pledges) AS BIGINT) AS over_pledges, \
             CAST(SUM(damaged) AS BIGINT) AS damaged, CAST(SUM(lost) AS BIGINT) AS lost, \
             CAST(SUM(disposed) AS BIGINT) AS disposed FROM {differing} \
             GROUP BY item, events.kind, decisions.cause LIMIT {}",
            ROWS_MAXIMUM + 1
        ),
    )?;
    if rows.len() > ROWS_MAXIMUM {
        let detail = format!("differences of more than {ROWS_MAXIMUM} items and kinds; add a filter");
        return Err(Problem::field("/sections", detail));
    }
    // The two databases sort nothing and words differently.
    rows.sort_by(|one, other| {
        (one.item, &one.kind, &one.cause).cmp(&(other.item, &other.kind, &other.cause))
    });
    Ok(rows)
}

fn entries(conn: &mut Conn, counted: &Counted<'_>, differing: &str) -> Outcome<Vec<EntryRow>> {
    counted.statement.load(
        conn,
        &format!(
            "SELECT events.sequence AS sequence, item, missing, over_pledges, damaged, lost, disposed, \
             decisions.reason AS reason, decisions.cause AS cause, decisions.report_number AS report_number, \
             decisions.evidence AS evidence, decisions.liable_id AS liable_id, \
             decisions.proposed_by AS proposed_by, decisions.decided_by AS decided_by, \
             decisions.decided_at AS decided_at FROM {differing} \
             ORDER BY events.sequence, item LIMIT {LISTED_MAXIMUM}"
        ),
    )
}

/// What is missing, the oldest first: all of it, or the question is to be narrowed.
fn missed(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<Vec<MissedRow>> {
    let (rows, is_cut) = missed_longest(conn, counted)?;
    if is_cut {
        let detail = format!("goods are missing at more than {ROWS_MAXIMUM} places; add a filter");
        return Err(Problem::field("/sections", detail));
    }
    Ok(rows)
}

/// What has been missing for the longest, the oldest first, and whether there is more. Since when is said by the first posting after
/// the cell was last empty.
fn missed_longest(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<(Vec<MissedRow>, bool)> {
    let until = counted.until();
    let mut rows: Vec<MissedRow> = counted.statement.load(
        conn,
        &format!(
            "SELECT consignment_id, leg_id, site_id, item_id, CAST(SUM(quantity) AS BIGINT) AS quantity, \
             CAST(MIN(since) AS BIGINT) AS since FROM (SELECT consignment_id, leg_id, site_id, item_id, quantity, \
             (SELECT COALESCE(MIN(effective_at), 0) FROM (SELECT effective_at, \
             MAX(CASE WHEN held <= 0 THEN effective_at END) OVER () AS emptied_at FROM (SELECT effective_at, \
             SUM(SUM(quantity)) OVER (ORDER BY effective_at) AS held FROM postings WHERE postings.cell = short.cell \
             AND {until} GROUP BY effective_at) AS steps) AS runs \
             WHERE emptied_at IS NULL OR effective_at > emptied_at) AS since FROM (SELECT cell, consignment_id, leg_id, site_id, item_id, \
             SUM(quantity) AS quantity FROM {} AS counted WHERE account = 6 \
             GROUP BY cell, consignment_id, leg_id, site_id, item_id) AS short WHERE quantity <> 0) AS missed \
             GROUP BY consignment_id, leg_id, site_id, item_id ORDER BY since LIMIT {}",
            counted.held(),
            ROWS_MAXIMUM + 1
        ),
    )?;
    let is_cut = rows.len() > ROWS_MAXIMUM;
    rows.truncate(ROWS_MAXIMUM);
    // What lies nowhere the two databases sort differently.
    let key = |row: &MissedRow| (row.since, row.item_id, row.site_id, row.consignment_id, row.leg_id);
    rows.sort_by_key(key);
    Ok((rows, is_cut))
}

/// The reasons a body gives, of the event as a whole and of its lines of an item; a correction gives them for what
/// is right too.
fn reasons(body: &str, item: ItemId) -> Vec<String> {
    let Ok(body) = serde_json::from_str::<Value>(body) else { return Vec::new() };
    let mut found = BTreeSet::new();
    for part in [Some(&body), body.get("right")].into_iter().flatten() {
        let lines = part.get("lines").and_then(Value::as_array).into_iter().flatten();
        let of_item =
            |line: &&Value| line.get("item").and_then(Value::as_str).is_none_or(|id| id == item.to_string());
        let given = lines.filter(of_item).chain([part]).filter_map(|one| one.get("reason"));
        found.extend(given.filter_map(Value::as_str).map(|text| text.trim().to_owned()));
    }
    found.into_iter().filter(|text| !text.is_empty()).collect()
}
