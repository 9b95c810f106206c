//! What an event means that declares another one an error, or that takes the place of such a one.
//!
//! What did not occur is reversed. What was told with wrong figures is corrected by the event that states it right, and the
//! declaration waits for that one. Both are ordinary events: a reversal above the limits is proposed to a second person, and
//! what later events depend on is refused and waits.

use super::matching::Asked;
use super::record::{Posting, Verdict};
use super::rules::{Event, Step, uuid_of};
use super::store::{CapturedState, declaration_for, declared_before};
use crate::auth::Scope;
use crate::core::id::{CapturedEventId, ConsignmentId, EventId};
use crate::core::problem::Outcome;
use crate::core::time::Precision;
use crate::db::schema::events;
use crate::db::{Conn, read_failure};
use crate::events::{Command, Corrected, Kind, Reversed, check_reached, events_within};
use diesel::prelude::*;
use serde_json::{Map, Value};

/// How often what an event is about is looked up: a correction is about an event, and may be restated itself.
const STEPS_BACK: usize = 3;

/// An event of the ledger that is declared an error.
struct Base {
    id: EventId,
    kind: String,
    consignment: Option<ConsignmentId>,
}

/// What becomes of a declaration.
///
/// # Errors
/// What the database says.
pub(super) fn judge(conn: &mut Conn, scope: &Scope, asked: &Asked<'_>) -> Outcome<Verdict> {
    let event = asked.event;
    let corrective = event.declared.as_ref().and_then(|one| one.corrective.first());
    let Some(base) = base_of(conn, scope, (asked, &event.uri))? else {
        let words = "The event that it declares an error is none of the ledger's within reach.".to_owned();
        return Ok(Verdict::Park(asked.said.map(|(id, _)| id), words));
    };
    if is_restated(conn, &base, corrective.map(String::as_str))? {
        let words = "The ledger knows already that this was an error.".to_owned();
        return Ok(Verdict::Known(base.consignment, Some(base.id), words));
    }
    if let Some(uri) = corrective {
        let is_taken =
            declared_before(conn, asked.sent, uri)?.is_some_and(|row| row.stands() == CapturedState::Taken);
        if !is_taken && is_corrected(&base) {
            let words = format!("The event that states it right, {uri}, has not come yet.");
            return Ok(Verdict::Park(base.consignment, words));
        }
    }
    let Some(consignment) = base.consignment else {
        return Ok(Verdict::Park(None, "The event that it declares an error has no consignment.".to_owned()));
    };
    let kind = Kind::Reversed(Box::new(Reversed { event: base.id, reason: reason_of(event) }));
    if check_reached(conn, scope, &[&kind])?.into_iter().any(|one| one.is_err()) {
        let words = "Its sender may not take back what it declares an error.".to_owned();
        return Ok(Verdict::Park(Some(consignment), words));
    }
    let command = Command::made_here(event.event_id(), event.at, Precision::Minute, kind)?;
    Ok(Verdict::Post(Box::new(Posting { consignment, command, declaration: None })))
}

/// The event that one takes the place of, with the declaration that says so; or why it has to wait for that.
///
/// # Errors
/// What the database says.
pub(super) fn replaced(
    conn: &mut Conn,
    scope: &Scope,
    asked: &Asked<'_>,
) -> Outcome<Option<Result<(EventId, CapturedEventId), String>>> {
    let Some(declaration) = declaration_for(conn, asked.sent, asked.event)? else { return Ok(None) };
    Ok(Some(match base_of(conn, scope, (asked, &declaration.uri))? {
        Some(base) => Ok((base.id, declaration.id)),
        None => {
            Err(format!("It takes the place of {}, which is no event of the ledger yet.", declaration.uri))
        }
    }))
}

/// A correction of an event by the details that are right.
pub(super) fn corrected(base: EventId, right: Map<String, Value>) -> Kind {
    let reason = "Stated right by the system that sent it.".to_owned();
    Kind::Corrected(Box::new(Corrected { event: base, right, reason }))
}

fn reason_of(event: &Event) -> String {
    let reason = event.declared.as_ref().and_then(|one| one.reason.as_deref()).unwrap_or("no reason said");
    format!("Declared an error by the system that sent it: {reason}.")
}

fn is_corrected(base: &Base) -> bool {
    [Step::Departed, Step::Received, Step::Delivered].iter().any(|step| step.word() == base.kind)
}

/// The event of the ledger that an identifier stands for: the first of its chain, which corrections are about.
fn base_of(conn: &mut Conn, scope: &Scope, (asked, uri): (&Asked<'_>, &str)) -> Outcome<Option<Base>> {
    let sent = declared_before(conn, asked.sent, uri)?.and_then(|row| row.event_id);
    let Some(mut id) = sent.or_else(|| uuid_of(uri).map(EventId)) else { return Ok(None) };
    for _ in 0..STEPS_BACK {
        let found: Option<(String, Option<ConsignmentId>, Option<EventId>)> =
            events_within(events::table.into_boxed(), scope)
                .filter(events::id.eq(id))
                .select((events::kind, events::consignment_id, events::about_id))
                .first(conn)
                .optional()
                .map_err(read_failure)?;
        match found {
            Some((kind, _, Some(about))) if kind == "corrected" => id = about,
            Some((kind, consignment, _)) => return Ok(Some(Base { id, kind, consignment })),
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// Whether the ledger has what restates an event: a reversal, or the very event that states it right.
fn is_restated(conn: &mut Conn, base: &Base, corrective: Option<&str>) -> Outcome<bool> {
    let about: Vec<(EventId, String)> = events::table
        .filter(events::about_id.eq(base.id))
        .select((events::id, events::kind))
        .load(conn)
        .map_err(read_failure)?;
    let right = corrective.and_then(uuid_of).map(EventId);
    Ok(about.iter().any(|(id, kind)| kind == "reversed" || Some(*id) == right))
}
