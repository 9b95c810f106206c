//! What the ledger holds of an imported event, and correcting it to what a file says now.
//!
//! Three things are told apart: what the event says now, whoever corrected it; what an import said last; and
//! what the file says. Only where the file says something else than the import before it is anything changed,
//! so that a person's correction outlives a file that comes again. Never done here: deciding which lines of a
//! file belong to the event.

use super::readings::Readings;
use super::settle::Change;
use crate::core::id::{EventId, derived};
use crate::core::problem::{Code, Problem};
use crate::core::time::{Precision, Timestamp};
use crate::events::{COMMON, Command, Corrected, Kind, PostEvent, RefusalRecord, WaitingRecord};
use crate::ledger::event::EventRecord;
use crate::writer::{Actor, Desk, Drawer, Refusal, Update, Wanted};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Corrections of one event that are followed; a file that changed more often is somebody's to look at.
const CORRECTIONS_MAXIMUM: u64 = 64;
/// Why an imported event is corrected, in the words of the log.
const REASON: &str = "the imported file says so now";

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
    /// What the lines are about, by [`goods_of`]: as it says now, and as an import said last.
    pub(super) goods: HashSet<String>,
    /// The identifier of the next imported correction; none where it waits and cannot be corrected yet.
    next: Option<EventId>,
}

/// What the ledger holds under this identifier; none where nothing was ever told.
pub(super) fn standing(desk: &mut Desk, id: EventId) -> Result<Option<Arc<Standing>>, Refusal> {
    let events = desk.shelf::<Drawer<EventRecord>>();
    let Some(first) = events.find(id)? else { return Ok(waiting(desk, id)?.map(Arc::new)) };
    let about = events.group(Some(id))?;
    // All that is missing is asked for at once.
    let since: Vec<_> = about.iter().map(|one| followed_by(events, one)).collect();
    let since = since.into_iter().collect::<Result<Vec<_>, _>>()?;
    let rows: Vec<Arc<EventRecord>> =
        [&first].into_iter().chain(&about).chain(since.iter().flatten()).map(Arc::clone).collect();
    if let Some(known) = desk.shelf::<Readings>().of(id, &rows) {
        return Ok(Some(known));
    }
    let standing = Arc::new(read(&first, &about, &since)?);
    desk.shelf::<Readings>().keep(rows, &standing);
    Ok(Some(standing))
}

/// What happened to a correction; what happened to other events is not asked for.
fn followed_by(events: &mut Drawer<EventRecord>, one: &EventRecord) -> Result<Vec<Arc<EventRecord>>, Wanted> {
    if one.kind == "corrected" { events.group(Some(one.id)) } else { Ok(Vec::new()) }
}

/// Reads an event with all that is about it, and what happened to each of these.
fn read(
    first: &EventRecord,
    about: &[Arc<EventRecord>],
    since: &[Vec<Arc<EventRecord>>],
) -> Result<Standing, Refusal> {
    let is_over = about.iter().any(|one| one.kind == "reversed");
    let stands = about
        .iter()
        .zip(since)
        .filter(|(one, since)| one.kind == "corrected" && since.iter().all(|other| other.kind != "reversed"));
    let mut said = details(&first.body)?;
    let now = match stands.map(|(one, _)| one).max_by_key(|one| one.sequence) {
        Some(last) => right(&last.body)?,
        None => said.clone(),
    };
    let mut said_before = Vec::new();
    let mut next = None;
    for revision in 1..=CORRECTIONS_MAXIMUM {
        let correction: EventId = derived(first.id.0, "imported correction", revision);
        match about.iter().find(|one| one.id == correction) {
            Some(known) => said_before.push(std::mem::replace(&mut said, right(&known.body)?)),
            None => {
                next = Some(correction);
                break;
            }
        }
    }
    let precision = Precision::from_word(&first.occurred_precision).unwrap_or(Precision::Inferred);
    let goods = goods_in(&now).chain(goods_in(&said)).collect();
    let (id, occurred_at) = (first.id, first.occurred_at);
    Ok(Standing { id, occurred_at, precision, is_over, now, said, said_before, goods, next })
}

/// An event that was acknowledged and waits stands as it was told.
fn waiting(desk: &mut Desk, id: EventId) -> Result<Option<Standing>, Refusal> {
    let Some(told) = desk.shelf::<Drawer<WaitingRecord>>().find(id)? else { return Ok(None) };
    let is_over = desk.shelf::<Drawer<RefusalRecord>>().find(id)?.is_some();
    let command = Command::read_recorded(Value::Object(members(&told.body)?))?;
    let said = details(&told.body)?;
    let (occurred_at, precision) = (command.occurred_at, command.precision);
    let (now, said_before, goods) = (said.clone(), Vec::new(), goods_in(&said).collect());
    Ok(Some(Standing { id, occurred_at, precision, is_over, now, said, said_before, goods, next: None }))
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

/// What a line is about: the pledge line on its label, else its item.
pub(super) fn goods_of(line: &Value) -> String {
    let names = ["line", "pledge_line", "item"];
    names.iter().find_map(|name| line.get(name)?.as_str()).unwrap_or_default().to_owned()
}

/// The lines of an event's details.
pub(super) fn lines_of(details: &Map<String, Value>) -> &[Value] {
    details.get("lines").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn goods_in(details: &Map<String, Value>) -> impl Iterator<Item = String> + '_ {
    lines_of(details).iter().map(goods_of)
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
