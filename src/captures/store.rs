//! The rows of what other systems sent, and looking among them.

use super::event::read_event;
use super::rules::Event;
use crate::core::id::{CaptureId, CapturedEventId, ConsignmentId, EventId, OrganizationId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{captured_events, captures};
use crate::db::{Conn, in_parts, read_failure};
use crate::writer::{Actor, record};
use diesel::prelude::*;
use std::collections::HashMap;

/// Events that are looked at again once one of them is said to be about something: more than any order has.
const BESIDE_MAXIMUM: i64 = 500;

record! {
    /// A document that another system sent.
    pub struct Capture in captures key id: CaptureId, group id: CaptureId {
        /// Key; it is the standard's capture identifier.
        id: CaptureId,
        /// Who sent it, and in whose name its events are posted.
        actor_id: UserId,
        /// In what role.
        role: String,
        /// In what scope, as the log writes it.
        scope: String,
        /// The organization of that scope, where it is bound to one.
        organization_id: Option<OrganizationId>,
        /// The countries of that scope, where it is bound to any.
        countries: Option<String>,
        /// What becomes of the other events where one cannot be read: `rollback` or `proceed`.
        behaviour: String,
        /// What the names of our own members begin with in it.
        prefix: Option<String>,
        /// Events it has.
        events: i64,
        /// How many of them its sender had sent before.
        repeated: i64,
        /// The problems of events that cannot be read, a JSON list.
        errors: String,
        /// SHA-256 of the document as it was sent.
        sha256: Vec<u8>,
        /// The entry of the log that tells of it.
        sequence: i64,
        /// When that was.
        recorded_at: Timestamp,
    }
}

record! {
    /// A document as it was sent.
    pub struct CaptureContent in capture_contents key id: CaptureId, group id: CaptureId {
        /// Which document.
        id: CaptureId,
        /// Its bytes.
        content: Vec<u8>,
    }
}

record! {
    /// An event of a document, and what became of it.
    pub struct CapturedEvent in captured_events key id: CapturedEventId, group capture_id: CaptureId {
        /// Key: made from the sender's scope and the event's identifier.
        id: CapturedEventId,
        /// The document that brought it first.
        capture_id: CaptureId,
        /// Its place there, from 0.
        ordinal: i64,
        /// Its identifier.
        uri: String,
        /// Whether it declares an earlier one with that identifier an error.
        is_error: bool,
        /// Its step, as it was sent.
        step: String,
        /// What it says, as JSON with its members in order.
        body: String,
        /// SHA-256 of that.
        body_hash: Vec<u8>,
        /// What its sender knows the consignment by.
        reference: Option<String>,
        /// The event that states it right, where it declares an error.
        corrective: Option<String>,
        /// Word of [`CapturedState`].
        state: String,
        /// The consignment it is about.
        consignment_id: Option<ConsignmentId>,
        /// The event it is in the ledger.
        event_id: Option<EventId>,
        /// Why it waits, why nothing was to be done, or why it was dismissed.
        reason: Option<String>,
        /// When it was looked at first.
        settled_at: Option<Timestamp>,
        /// Who said what it is about, or dismissed it.
        decided_by: Option<UserId>,
        /// When.
        decided_at: Option<Timestamp>,
        /// Counts the changes, from 1.
        revision: i64,
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CapturedState {
    /// Accepted, and not looked at yet.
    Pending,
    /// It is an event of the ledger, which counts, waits for goods or for a second person as any other does.
    Taken,
    /// The ledger knows what it says; nothing was to be done.
    Known,
    /// It fits nothing, or the ledger refuses it: somebody says what it is about, or dismisses it.
    Waiting,
    /// Somebody has dealt with it.
    Dismissed,
}

impl CapturedState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Taken, Self::Known, Self::Waiting, Self::Dismissed];

    /// The word in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Taken => "taken",
            Self::Known => "known",
            Self::Waiting => "waiting",
            Self::Dismissed => "dismissed",
        }
    }

    /// Reads the word back; what is none was never looked at.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.word() == word).unwrap_or(Self::Pending)
    }
}

impl Capture {
    /// Who sent it, as the log writes it.
    pub(super) fn actor(&self) -> Actor {
        Actor { user: self.actor_id, role: self.role.clone(), scope: self.scope.clone() }
    }
}

impl CapturedEvent {
    pub(super) fn stands(&self) -> CapturedState {
        CapturedState::from_word(&self.state)
    }

    /// The event, as it is read in its document, under the identifier it has on record.
    ///
    /// # Errors
    /// `internal` where what is kept cannot be read.
    pub(super) fn read(&self, sent: &Capture) -> Outcome<Event> {
        let value = serde_json::from_str(&self.body).map_err(|error| Problem::internal(error.to_string()))?;
        let event = read_event(&value, "", sent.prefix.as_deref())?;
        Ok(Event { uri: self.uri.clone(), ..event })
    }
}

/// Events that were accepted and not looked at yet, in the order they came, each with its document.
///
/// # Errors
/// What the database says.
pub(super) fn pending(conn: &mut Conn, limit: i64) -> Outcome<Vec<(CapturedEvent, Capture)>> {
    captured_events::table
        .inner_join(captures::table.on(captures::id.eq(captured_events::capture_id)))
        .filter(captured_events::state.eq(CapturedState::Pending.word()))
        .order((captures::sequence, captured_events::ordinal))
        .limit(limit)
        .select((CapturedEvent::as_select(), Capture::as_select()))
        .load(conn)
        .map_err(read_failure)
}

/// An event of the same senders with the same identifier as one that declares it an error.
///
/// # Errors
/// What the database says.
pub(super) fn declared_before(conn: &mut Conn, sent: &Capture, uri: &str) -> Outcome<Option<CapturedEvent>> {
    captured_events::table
        .inner_join(captures::table.on(captures::id.eq(captured_events::capture_id)))
        .filter(captures::scope.eq(&sent.scope))
        .filter(captured_events::uri.eq(uri))
        .filter(captured_events::is_error.eq(false))
        .order((captures::sequence, captured_events::ordinal))
        .select(CapturedEvent::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)
}

/// The declaration that an event takes the place of another one, where the same senders sent one that waits for it.
///
/// # Errors
/// What the database says.
pub(super) fn declaration_for(
    conn: &mut Conn,
    sent: &Capture,
    event: &Event,
) -> Outcome<Option<CapturedEvent>> {
    captured_events::table
        .inner_join(captures::table.on(captures::id.eq(captured_events::capture_id)))
        .filter(captures::scope.eq(&sent.scope))
        .filter(captured_events::corrective.eq(&event.uri))
        .filter(captured_events::state.eq(CapturedState::Waiting.word()))
        .order(captured_events::id)
        .select(CapturedEvent::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)
}

/// The consignment that somebody said the same senders mean by a paper of theirs, newest first.
///
/// # Errors
/// What the database says.
pub(super) fn meant_by(conn: &mut Conn, sent: &Capture, reference: &str) -> Outcome<Option<ConsignmentId>> {
    captured_events::table
        .inner_join(captures::table.on(captures::id.eq(captured_events::capture_id)))
        .filter(captures::scope.eq(&sent.scope))
        .filter(captured_events::reference.eq(reference))
        .filter(captured_events::state.eq(CapturedState::Taken.word()))
        .filter(captured_events::decided_by.is_not_null())
        .order((captured_events::decided_at.desc(), captured_events::id))
        .select(captured_events::consignment_id)
        .first(conn)
        .optional()
        .map(Option::flatten)
        .map_err(read_failure)
}

/// Other events of the same senders that wait with the same paper, and fitted no consignment.
///
/// # Errors
/// What the database says.
pub(super) fn waiting_beside(
    conn: &mut Conn,
    sent: &Capture,
    event: &CapturedEvent,
) -> Outcome<Vec<CapturedEventId>> {
    let Some(reference) = &event.reference else { return Ok(Vec::new()) };
    captured_events::table
        .inner_join(captures::table.on(captures::id.eq(captured_events::capture_id)))
        .filter(captures::scope.eq(&sent.scope))
        .filter(captured_events::reference.eq(reference))
        .filter(captured_events::state.eq(CapturedState::Waiting.word()))
        .filter(captured_events::consignment_id.is_null())
        .filter(captured_events::id.ne(event.id))
        .order((captures::sequence, captured_events::ordinal))
        .limit(BESIDE_MAXIMUM)
        .select(captured_events::id)
        .load(conn)
        .map_err(read_failure)
}

/// The identifiers that other systems gave events of the ledger, so that these know them when they come back.
///
/// # Errors
/// What the database says.
pub fn uris_of(conn: &mut Conn, events: &[EventId]) -> Outcome<HashMap<EventId, String>> {
    let found: Vec<(Option<EventId>, String)> = in_parts(events, |part| {
        captured_events::table
            .filter(captured_events::event_id.eq_any(part.to_vec()))
            .filter(captured_events::is_error.eq(false))
            .filter(captured_events::state.eq(CapturedState::Taken.word()))
            .select((captured_events::event_id, captured_events::uri))
            .load(conn)
    })
    .map_err(read_failure)?;
    Ok(found.into_iter().filter_map(|(id, uri)| Some((id?, uri))).collect())
}
