//! What other systems sent as it is read: by who acts within the sender's bounds, and, event by event, by who reaches the
//! consignment it is about.

use super::store::{Capture, CapturedEvent, CapturedState};
use crate::auth::{Bound, Scope, countries_text};
use crate::checks::About;
use crate::core::id::{CaptureId, CapturedEventId, ConsignmentId, EventId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::captured_events;
use crate::db::{Bind, Binds, Conn, ask, read_failure};
use crate::writer::Record as _;
use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What an event is about.
const EVENT: About<'static> = About {
    consignment: "captured_events.consignment_id",
    site: "NULLIF(captured_events.id, captured_events.id)",
    pledge: "NULLIF(captured_events.id, captured_events.id)",
};

/// What became of a document, in the words of the standard's `CaptureJob`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaptureJobView {
    /// Which document.
    #[serde(rename = "captureID")]
    pub capture_id: CaptureId,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When all of its events had been looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Whether some are still to be looked at.
    pub running: bool,
    /// Whether all of it could be read. An event that waits for a person was captured.
    pub success: bool,
    /// `rollback`: nothing is captured where an event cannot be read. `proceed`: all others are.
    pub capture_error_behaviour: String,
    /// The problems of events that cannot be read, for whoever acts within the sender's bounds.
    #[schema(value_type = Vec<crate::web::ProblemBody>)]
    pub errors: Vec<Value>,
    /// How its events stand. Ours, beside what the standard names.
    pub events: CapturedCounts,
}

/// How many events of a document stand how.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct CapturedCounts {
    /// All that were sent.
    pub sent: i64,
    /// Of these, those that were sent before.
    pub repeated: i64,
    /// Accepted, and not looked at yet.
    pub pending: i64,
    /// Events of the ledger now.
    pub taken: i64,
    /// Known to the ledger, or nothing to it.
    pub known: i64,
    /// For a person to look at.
    pub waiting: i64,
    /// Dealt with by a person.
    pub dismissed: i64,
}

/// An event of a document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CapturedView {
    /// Which one.
    pub id: CapturedEventId,
    /// The document that brought it first.
    pub capture: CaptureId,
    /// Its place there, from 0.
    pub ordinal: i64,
    /// Its `eventID`.
    pub uri: String,
    /// Whether it declares an earlier event with that identifier an error.
    pub declares_error: bool,
    /// Its `bizStep`; empty where it has none.
    pub step: String,
    /// What became of it.
    pub state: CapturedState,
    /// The consignment it is about.
    pub consignment: Option<ConsignmentId>,
    /// The event it is in the ledger; see there whether it counts, waits or is proposed.
    pub event: Option<EventId>,
    /// Why it waits, why nothing was to be done, or why it was dismissed.
    pub reason: Option<String>,
    /// Who sent it.
    pub sent_by: UserId,
    /// When it came.
    pub received_at: Timestamp,
    /// When it was looked at.
    pub settled_at: Option<Timestamp>,
    /// Who said what it is about, or dismissed it.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The event as it was sent; only where one is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub content: Option<Value>,
}

impl CapturedView {
    /// The view of a row with the document it came in.
    pub(super) fn of(row: &CapturedEvent, sent: &Capture) -> Self {
        Self {
            id: row.id,
            capture: row.capture_id,
            ordinal: row.ordinal,
            uri: row.uri.clone(),
            declares_error: row.is_error,
            step: row.step.clone(),
            state: row.stands(),
            consignment: row.consignment_id,
            event: row.event_id,
            reason: row.reason.clone(),
            sent_by: sent.actor_id,
            received_at: sent.recorded_at,
            settled_at: row.settled_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            content: None,
        }
    }

    /// The same with the event as it was sent.
    pub(super) fn with_content(self, row: &CapturedEvent) -> Self {
        Self { content: serde_json::from_str(&row.body).ok(), ..self }
    }
}

/// What a list of events is narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CapturedFilter {
    pub(super) capture: Option<CaptureId>,
    pub(super) consignment: Option<ConsignmentId>,
    pub(super) state: Option<CapturedState>,
}

#[derive(QueryableByName)]
struct FoundJob {
    #[diesel(sql_type = Binary)]
    id: CaptureId,
    #[diesel(sql_type = BigInt)]
    own: i64,
}

#[derive(QueryableByName)]
struct FoundEvent {
    #[diesel(sql_type = Binary)]
    id: CapturedEventId,
    #[diesel(sql_type = Binary)]
    capture: CaptureId,
}

/// That whoever asks acts within the very bounds in which a document was sent.
fn own(scope: &Scope, binds: &mut Binds) -> String {
    let each = scope.bounds().iter().map(|bound| match bound {
        Bound::Organization(organization) => {
            format!("captures.organization_id = {}", binds.id(*organization))
        }
        Bound::Countries(codes) => {
            let codes = countries_text(codes.clone()).unwrap_or_default();
            format!("captures.countries = {}", binds.place(Bind::Words(codes)))
        }
        Bound::OwnPledges(_) => "1 = 0".to_owned(),
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() { "1 = 1".to_owned() } else { each.join(" AND ") }
}

/// Up to `limit` documents after one, in the order of their identifiers, or one of them.
///
/// # Errors
/// What the database says.
pub(super) fn job_list(
    conn: &mut Conn,
    scope: &Scope,
    one: Option<CaptureId>,
    (after, limit): (Option<CaptureId>, i64),
) -> Outcome<Vec<CaptureJobView>> {
    let mut binds = Binds::default();
    let (told, own) = (own(scope, &mut binds), own(scope, &mut binds));
    let mut conditions = vec![format!(
        "(({own}) OR EXISTS (SELECT 1 FROM captured_events WHERE captured_events.capture_id = captures.id AND {}))",
        EVENT.within(scope, &mut binds)
    )];
    if let Some(one) = one {
        conditions.push(format!("captures.id = {}", binds.id(one)));
    }
    if let Some(after) = after {
        conditions.push(format!("captures.id > {}", binds.id(after)));
    }
    let text = format!(
        "SELECT captures.id AS id, CAST(CASE WHEN {told} THEN 1 ELSE 0 END AS BIGINT) AS own FROM captures \
         WHERE {} ORDER BY captures.id LIMIT {}",
        conditions.join(" AND "),
        binds.number(limit)
    );
    let found: Vec<FoundJob> = ask(conn, text, binds)?;
    let ids: Vec<CaptureId> = found.iter().map(|one| one.id).collect();
    let rows = Capture::load(conn, &ids).map_err(read_failure)?;
    let rows: HashMap<CaptureId, Capture> = rows.into_iter().map(|row| (row.id, row)).collect();
    let counts = counts_of(conn, &ids)?;
    let view = |one: FoundJob| Some(job_view(rows.get(&one.id)?, counts.get(&one.id), one.own == 1));
    Ok(found.into_iter().filter_map(view).collect())
}

/// How events of a document stand, and when the last of them was looked at.
type Counted = (CapturedCounts, Option<Timestamp>);

fn counts_of(conn: &mut Conn, ids: &[CaptureId]) -> Outcome<HashMap<CaptureId, Counted>> {
    let rows: Vec<(CaptureId, String, i64, Option<Timestamp>)> = captured_events::table
        .filter(captured_events::capture_id.eq_any(ids.to_vec()))
        .group_by((captured_events::capture_id, captured_events::state))
        .select((
            captured_events::capture_id,
            captured_events::state,
            count_star(),
            max(captured_events::settled_at),
        ))
        .load(conn)
        .map_err(read_failure)?;
    let mut found: HashMap<CaptureId, Counted> = HashMap::new();
    for (id, state, count, settled) in rows {
        let (counts, last) = found.entry(id).or_default();
        match CapturedState::from_word(&state) {
            CapturedState::Pending => counts.pending += count,
            CapturedState::Taken => counts.taken += count,
            CapturedState::Known => counts.known += count,
            CapturedState::Waiting => counts.waiting += count,
            CapturedState::Dismissed => counts.dismissed += count,
        }
        *last = (*last).max(settled);
    }
    Ok(found)
}

fn job_view(row: &Capture, counted: Option<&Counted>, is_own: bool) -> CaptureJobView {
    let (counts, last) = counted.copied().unwrap_or_default();
    let errors: Vec<Value> = serde_json::from_str(&row.errors).unwrap_or_default();
    let running = counts.pending > 0;
    CaptureJobView {
        capture_id: row.id,
        created_at: row.recorded_at,
        finished_at: (!running).then(|| last.unwrap_or(row.recorded_at)),
        running,
        success: errors.is_empty(),
        capture_error_behaviour: row.behaviour.clone(),
        errors: if is_own { errors } else { Vec::new() },
        events: CapturedCounts { sent: row.events, repeated: row.repeated, ..counts },
    }
}

/// Up to `limit` events after one, in the order of their identifiers, each with its document.
///
/// # Errors
/// What the database says.
pub(super) fn captured_list(
    conn: &mut Conn,
    scope: &Scope,
    filter: CapturedFilter,
    (after, limit): (Option<CapturedEventId>, i64),
) -> Outcome<Vec<(CapturedEvent, Capture)>> {
    let mut binds = Binds::default();
    let mut conditions = Vec::new();
    if let Some(capture) = filter.capture {
        conditions.push(format!("captured_events.capture_id = {}", binds.id(capture)));
    }
    if let Some(consignment) = filter.consignment {
        conditions.push(format!("captured_events.consignment_id = {}", binds.id(consignment)));
    }
    if let Some(state) = filter.state {
        let word = binds.place(Bind::Words(state.word().to_owned()));
        conditions.push(format!("captured_events.state = {word}"));
    }
    if let Some(after) = after {
        conditions.push(format!("captured_events.id > {}", binds.id(after)));
    }
    asked_within(conn, scope, conditions, (binds, limit))
}

/// One event with its document.
///
/// # Errors
/// `not_found` where the scope does not reach it, or what the database says.
pub(super) fn captured_read(
    conn: &mut Conn,
    scope: &Scope,
    id: CapturedEventId,
) -> Outcome<(CapturedEvent, Capture)> {
    let mut binds = Binds::default();
    let conditions = vec![format!("captured_events.id = {}", binds.id(id))];
    asked_within(conn, scope, conditions, (binds, 1))?.pop().ok_or_else(Problem::not_found)
}

fn asked_within(
    conn: &mut Conn,
    scope: &Scope,
    mut conditions: Vec<String>,
    (mut binds, limit): (Binds, i64),
) -> Outcome<Vec<(CapturedEvent, Capture)>> {
    let own = own(scope, &mut binds);
    conditions.push(format!("(({own}) OR {})", EVENT.within(scope, &mut binds)));
    let text = format!(
        "SELECT captured_events.id AS id, captured_events.capture_id AS capture FROM captured_events \
         JOIN captures ON captures.id = captured_events.capture_id WHERE {} ORDER BY captured_events.id LIMIT {}",
        conditions.join(" AND "),
        binds.number(limit)
    );
    let found: Vec<FoundEvent> = ask(conn, text, binds)?;
    let ids: Vec<CapturedEventId> = found.iter().map(|one| one.id).collect();
    let documents: Vec<CaptureId> = found.iter().map(|one| one.capture).collect();
    let mut rows = CapturedEvent::load(conn, &ids).map_err(read_failure)?;
    rows.sort_by_key(|row| row.id);
    let sent = Capture::load(conn, &documents).map_err(read_failure)?;
    let sent: HashMap<CaptureId, Capture> = sent.into_iter().map(|row| (row.id, row)).collect();
    let with = |row: CapturedEvent| sent.get(&row.capture_id).cloned().map(|sent| (row, sent));
    Ok(rows.into_iter().filter_map(with).collect())
}
