//! Posting an event of a file: once, and corrected where the file says something else now.

use super::settle::Change;
use crate::core::id::{EventId, derived};
use crate::core::problem::{Code, Problem};
use crate::core::time::Precision;
use crate::events::{Command, Corrected, Kind, PostEvent};
use crate::ledger::event::EventRecord;
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use serde_json::{Map, Value};

/// Corrections of one event that are followed; a file that changed more often is somebody's to look at.
const CORRECTIONS_MAXIMUM: u64 = 64;
/// Why an imported event is corrected, in the words of the log.
const REASON: &str = "the imported file says so now";
/// Members of a command that are not its details.
const COMMON: [&str; 4] = ["id", "kind", "occurred_at", "precision"];

/// Posts an event, or corrects what was posted under its id to what it says now.
pub struct Restate {
    command: Command,
    actor: Actor,
}

impl Restate {
    /// As the file says now.
    pub fn new(command: Command, actor: Actor) -> Self {
        Self { command, actor }
    }

    fn post(&self, command: Command, desk: &mut Desk) -> Result<(), Refusal> {
        PostEvent::new(command, self.actor.clone()).decide(desk).map(|_| ())
    }

    /// The details the ledger holds for the event now, and the id a further correction would have.
    fn standing(&self, desk: &mut Desk, first: &EventRecord) -> Result<(Map<String, Value>, EventId), Refusal> {
        let mut details = details(&first.body)?;
        for revision in 1..=CORRECTIONS_MAXIMUM {
            let id: EventId = derived(self.command.id.0, "imported correction", revision);
            match desk.shelf::<Drawer<EventRecord>>().find(id)? {
                None => return Ok((details, id)),
                Some(correction) => match members(&correction.body)?.remove("right") {
                    Some(Value::Object(right)) => details = right,
                    Some(_) | None => return Err(unreadable("a correction without figures").into()),
                },
            }
        }
        let words = format!("This event was corrected {CORRECTIONS_MAXIMUM} times; correct it by hand.");
        Err(Problem::new(Code::WrongState, words).into())
    }
}

impl Update for Restate {
    type Answer = Change;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        crate::events::want_event(&self.command, desk);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Change, Refusal> {
        let Some(first) = desk.shelf::<Drawer<EventRecord>>().find(self.command.id)? else {
            self.post(self.command.clone(), desk)?;
            return Ok(Change::Created);
        };
        if first.body == self.command.text {
            return Ok(Change::Unchanged);
        }
        let wanted = details(&self.command.text)?;
        let (standing, id) = self.standing(desk, &first)?;
        if first.occurred_at != self.command.occurred_at {
            let words = format!(
                "was recorded at {}, and the file says {} now. The time of a recorded event is not corrected: \
                 reverse it, then import again.",
                first.occurred_at, self.command.occurred_at
            );
            return Err(Problem::new(Code::WrongState, words).at("/occurred_at").into());
        }
        if standing == wanted {
            return Ok(Change::Unchanged);
        }
        let body = Corrected { event: self.command.id, right: wanted, reason: REASON.to_owned() };
        let at = (self.command.occurred_at, Precision::Inferred);
        let command = Command::made_here(id, at.0, at.1, Kind::Corrected(Box::new(body)))?;
        self.post(command, desk)?;
        Ok(Change::Updated)
    }
}

fn members(text: &str) -> Result<Map<String, Value>, Problem> {
    serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))
}

fn details(text: &str) -> Result<Map<String, Value>, Problem> {
    let mut members = members(text)?;
    for common in COMMON {
        members.remove(common);
    }
    Ok(members)
}

fn unreadable(words: &str) -> Problem {
    Problem::internal(format!("the body of a recorded event cannot be read: {words}"))
}
