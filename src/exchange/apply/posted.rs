//! What the ledger holds of an imported event, and correcting it to what a file says now.
//!
//! Three things are told apart: what the event says now, whoever corrected it; what an import said last; and
//! what the file says. Only where the file says something else than the import before it is anything changed,
//! so that a person's correction outlives a file that comes again. Never done here: deciding which lines of a
//! file belong to the event.

use super::settle::Change;
use crate::core::id::{EventId, derived};
use crate::core::problem::{Code, Problem};
use crate::core::time::{Precision, Timestamp};
use crate::events::{Command, Corrected, Kind, PostEvent, RefusalRecord, WaitingRecord};
use crate::ledger::event::EventRecord;
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use serde_json::{Map, Value};

/// Corrections of one event that are followed; a file that changed more often is somebody's to look at.
const CORRECTIONS_MAXIMUM: u64 = 64;
/// Why an imported event is corrected, in the words of the log.
const REASON: &str = "the imported file says so now";
/// Members of a command that are not its details.
const COMMON: [&str; 4] = ["id", "kind", "occurred_at", "precision"];

/// An event as the ledger holds it.
pub(super) struct Standing {
    pub(super) id: EventId,
    pub(super) occurred_at: Timestamp,
    pub(super) precision: Precision,
    /// Whether it counts no more: it was reversed, or waited and was refused.
    pub(super) is_over: bool,
    /// What it says now.
    pub(super) now: Map<String, Value>,
    /// What an import said of it last.
    pub(super) said: Map<String, Value>,
    /// What imports said of it before that.
    pub(super) said_before: Vec<Map<String, Value>>,
    /// The identifier of the next imported correction; none where it waits and cannot be corrected yet.
    next: Option<EventId>,
}

/// What the ledger holds under this identifier; none where nothing was ever told.
pub(super) fn standing(desk: &mut Desk, id: EventId) -> Result<Option<Standing>, Refusal> {
    let Some(first) = desk.shelf::<Drawer<EventRecord>>().find(id)? else { return waiting(desk, id) };
    let about = desk.shelf::<Drawer<EventRecord>>().group(Some(id))?;
    let is_over = about.iter().any(|one| one.kind == "reversed");
    let mut said = details(&first.body)?;
    let mut now = said.clone();
    let mut last = 0;
    let mut is_missed = false;
    for correction in about.iter().filter(|one| one.kind == "corrected") {
        match desk.shelf::<Drawer<EventRecord>>().group(Some(correction.id)) {
            Ok(since) if since.iter().any(|one| one.kind == "reversed") => {}
            Ok(_) if correction.sequence < last => {}
            Ok(_) => {
                last = correction.sequence;
                now = right(&correction.body)?;
            }
            Err(_) => is_missed = true,
        }
    }
    if is_missed {
        return Err(Refusal::Missed);
    }
    let mut said_before = Vec::new();
    let mut next = None;
    for revision in 1..=CORRECTIONS_MAXIMUM {
        let correction: EventId = derived(id.0, "imported correction", revision);
        match about.iter().find(|one| one.id == correction) {
            Some(known) => said_before.push(std::mem::replace(&mut said, right(&known.body)?)),
            None => {
                next = Some(correction);
                break;
            }
        }
    }
    let precision = Precision::from_word(&first.occurred_precision).unwrap_or(Precision::Inferred);
    let occurred_at = first.occurred_at;
    Ok(Some(Standing { id, occurred_at, precision, is_over, now, said, said_before, next }))
}

/// An event that was acknowledged and waits stands as it was told.
fn waiting(desk: &mut Desk, id: EventId) -> Result<Option<Standing>, Refusal> {
    let Some(told) = desk.shelf::<Drawer<WaitingRecord>>().find(id)? else { return Ok(None) };
    let is_over = desk.shelf::<Drawer<RefusalRecord>>().find(id)?.is_some();
    let command = Command::read_recorded(Value::Object(members(&told.body)?))?;
    let said = details(&told.body)?;
    let (occurred_at, precision) = (command.occurred_at, command.precision);
    let (now, said_before) = (said.clone(), Vec::new());
    Ok(Some(Standing { id, occurred_at, precision, is_over, now, said, said_before, next: None }))
}

/// Corrects an event to what is right.
pub(super) fn correct(
    desk: &mut Desk,
    actor: &Actor,
    standing: &Standing,
    right: Map<String, Value>,
) -> Result<(), Refusal> {
    let Some(id) = standing.next else {
        let words = format!(
            "waits for other goods or was corrected {CORRECTIONS_MAXIMUM} times; correct the event {} by hand",
            standing.id
        );
        return Err(Problem::new(Code::WrongState, words).into());
    };
    let body = Corrected { event: standing.id, right, reason: REASON.to_owned() };
    let command =
        Command::made_here(id, standing.occurred_at, Precision::Inferred, Kind::Corrected(Box::new(body)))?;
    PostEvent::new(command, actor.clone()).decide(desk)?;
    desk.shelf::<Drawer<EventRecord>>().begin_group(Some(id));
    Ok(())
}

/// Says that an event is recorded at another time than the file says.
pub(super) fn another_time(standing: &Standing, wanted: Timestamp) -> Problem {
    let words = format!(
        "was recorded at {}, and the file says {wanted} now. The time of a recorded event is not corrected: \
         reverse it, then import again.",
        standing.occurred_at
    );
    Problem::new(Code::WrongState, words).at("/occurred_at")
}

/// Asks for what [`standing`] will want of an event.
pub(super) fn want_standing(desk: &mut Desk, id: EventId) {
    desk.shelf::<Drawer<EventRecord>>().want(id);
    desk.shelf::<Drawer<WaitingRecord>>().want(id);
    if let Ok(Some(_)) = desk.shelf::<Drawer<EventRecord>>().find(id) {
        desk.shelf::<Drawer<EventRecord>>().want_group(Some(id));
    }
}

/// Posts an event, or corrects what was posted under its id to what it says now: for what is told whole each
/// time, as a demonstration is.
pub struct Restate {
    command: Command,
    actor: Actor,
}

impl Restate {
    /// As it is told now.
    pub fn new(command: Command, actor: Actor) -> Self {
        Self { command, actor }
    }
}

impl Update for Restate {
    type Answer = Change;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        crate::events::want_event(&self.command, desk);
        want_standing(desk, self.command.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Change, Refusal> {
        let Some(standing) = standing(desk, self.command.id)? else {
            PostEvent::new(self.command.clone(), self.actor.clone()).decide(desk)?;
            return Ok(Change::Created);
        };
        let wanted = details(&self.command.text)?;
        if standing.said == wanted {
            return Ok(Change::Unchanged);
        }
        if standing.occurred_at != self.command.occurred_at {
            return Err(another_time(&standing, self.command.occurred_at).into());
        }
        correct(desk, &self.actor, &standing, wanted)?;
        Ok(Change::Updated)
    }
}

fn right(body: &str) -> Result<Map<String, Value>, Problem> {
    match members(body)?.remove("right") {
        Some(Value::Object(mut right)) => {
            right.retain(|name, _| !COMMON.contains(&name.as_str()));
            Ok(right)
        }
        Some(_) | None => Err(unreadable("a correction without figures")),
    }
}

fn members(text: &str) -> Result<Map<String, Value>, Problem> {
    serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))
}

/// The members of a command's text that are its details.
pub(super) fn details(text: &str) -> Result<Map<String, Value>, Problem> {
    let mut members = members(text)?;
    members.retain(|name, _| !COMMON.contains(&name.as_str()));
    Ok(members)
}

fn unreadable(words: &str) -> Problem {
    Problem::internal(format!("the body of a recorded event cannot be read: {words}"))
}
