//! Correcting an event: it states the right figures, and the difference is posted at the time of what it
//! corrects. What has moved on meanwhile comes from surplus and stays listed until somebody decides.

use super::kind::{Command, Kind};
use super::post::decide_kind;
use super::reverse::{Net, is_deploying, recorded_kind, standing, take_back_figures};
use super::times::{Timed, by_time};
use crate::consignments::Leg;
use crate::core::id::EventId;
use crate::core::problem::{Code, Fault, Problem};
use crate::core::time::Timestamp;
use crate::distributions::state_reached;
use crate::evidence::end_where;
use crate::evidence::rules::Ending;
use crate::ledger::event::{
    EventRecord, EventResult, Halt, Happening, Part, Rehearsal, Restated, Subjects, all_or_missed,
};
use crate::ledger::{Account, Book, Cell, Movement, Statement, net};
use crate::pledges::restate_surplus;
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// An earlier event had the wrong figures.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrected {
    /// The event.
    pub event: EventId,
    /// The event as it should have been: the members of its kind, without id, kind and occurred_at.
    #[schema(value_type = Object)]
    pub right: Map<String, Value>,
    /// Why.
    pub reason: String,
}

/// The kinds whose figures can be corrected; the others are reversed and posted anew.
const CORRECTABLE: [&str; 14] = [
    "allocated",
    "collected",
    "counted",
    "damaged",
    "delivered",
    "departed",
    "disposed",
    "distributed",
    "moved",
    "received",
    "released",
    "reported_missing",
    "returned",
    "pledge_accepted",
];

/// Corrects.
///
/// # Errors
/// `invalid`, `wrong_state`, whatever the right figures would be refused for; waits for an event that is not
/// known yet.
pub fn correct(desk: &mut Desk, happening: &Happening, body: &Corrected) -> Result<EventResult, Halt> {
    if body.reason.trim().is_empty() {
        return Err(Problem::field("/reason", "is empty; say what was wrong").coded(Fault::Required).into());
    }
    let old = standing(desk, body.event)?;
    let record = old.record.clone();
    // A departure that confirmed an implied one posted only what differed: it is reversed and posted anew.
    let confirming = record.kind == "departed" && record.about_id.is_some();
    if !CORRECTABLE.contains(&record.kind.as_str()) || record.inferred || confirming {
        let detail =
            format!("An event of kind {} is not corrected; reverse it and post it anew.", record.kind);
        return Err(Problem::new(Code::WrongState, detail).at("/event").into());
    }
    let kind = Command::read_details(&record.kind, body.right.clone()).map_err(|mut problem| {
        for error in &mut problem.errors {
            error.pointer = format!("/right{}", error.pointer);
        }
        problem
    })?;
    check_without_units(&record, &kind)?;
    // The rule decides on a pledge as it was before, and leaves it as it is to be.
    take_back_figures(desk, &old, &record.kind)?;
    let right = rehearse(desk, happening, &old, &kind)?;
    let mut changes = net(&right.movements);
    for (cell, change) in &old.changes {
        match changes.iter_mut().find(|(known, _)| known == cell) {
            Some((_, sum)) => *sum -= change,
            None => changes.push((*cell, -change)),
        }
    }
    changes.retain(|(_, change)| *change != 0);
    let mut statements: Vec<Statement> = right.statements;
    statements.extend(old.statements.iter().map(|(_, one)| Statement {
        promised: -one.promised,
        surplus: -one.surplus,
        ..*one
    }));
    let moved_on = cover_from_surplus(desk, &mut changes, &mut statements)?;
    let subjects = Subjects::of_what_follows(&record);
    let deploys = is_deploying(desk, &record)?;
    let happening = Happening { occurred_at: record.occurred_at, deploys, ..happening.clone() };
    let has_changed = !changes.is_empty();
    let timed = by_time(desk, &old, changes, &statements)?;
    let parts: Vec<Part<'_>> = timed.iter().map(Timed::part).collect();
    let result = happening.post_parts(desk, subjects, &parts, (moved_on > 0).then_some(moved_on))?;
    restate_surplus(desk, record.id, &statements)?;
    // What was signed, or said by the receiver, were other figures; where they are the same it says so still.
    end_where(desk, record.id, Ending::Corrected, result.recorded_at, |_| has_changed)?;
    restate_beside(desk, &record, &kind, &result, &right.movements)?;
    Ok(result)
}

/// Refuses to correct what moves handling units: a correction posts differences, and a box has none.
fn check_without_units(record: &EventRecord, right: &Kind) -> Result<(), Problem> {
    if right.units().is_empty() && recorded_kind(record)?.units().is_empty() {
        return Ok(());
    }
    let detail = "An event that moves handling units is not corrected; reverse it and post it anew.";
    Err(Problem::new(Code::WrongState, detail).at("/event"))
}

/// What a corrected event says besides the ledger: whether a receipt is closed, and whom a distribution reached.
fn restate_beside(
    desk: &mut Desk,
    record: &EventRecord,
    kind: &Kind,
    result: &EventResult,
    movements: &[Movement],
) -> Result<(), Halt> {
    if let Kind::Received(right) = kind {
        close_or_open(desk, record, right.is_final)?;
    }
    if let Kind::Distributed(right) = kind {
        state_reached(desk, record.id, result, right, movements)?;
    }
    Ok(())
}

/// Whether a leg's receipt is closed follows the corrected receipt, unless it was another one that closed it.
fn close_or_open(desk: &mut Desk, record: &EventRecord, is_final: bool) -> Result<(), Halt> {
    let Some(leg) = record.leg_id else { return Ok(()) };
    let Some(row) = desk.shelf::<Drawer<Leg>>().find(leg)? else { return Ok(()) };
    let mut was_final = says_final(&record.body, "/final");
    for later in desk.shelf::<Drawer<EventRecord>>().group(Some(record.id))? {
        if later.kind == "corrected" && says_final(&later.body, "/right/final") {
            was_final = true;
        }
    }
    let received_final = is_final || (row.received_final && !was_final);
    if received_final != row.received_final {
        desk.shelf::<Drawer<Leg>>().put(Leg { received_final, ..row.as_ref().clone() });
    }
    Ok(())
}

/// Whether a leg's receipt is closed once a correction of it never was: as the correction before it says, or
/// the receipt itself.
pub(super) fn close_as_before(
    desk: &mut Desk,
    correction: &EventRecord,
    receipt: &EventRecord,
) -> Result<(), Halt> {
    let mut last = 0;
    let mut is_final = says_final(&receipt.body, "/final");
    all_or_missed(desk.shelf::<Drawer<EventRecord>>().group(Some(receipt.id))?, |other| {
        let since = desk.shelf::<Drawer<EventRecord>>().group(Some(other.id))?;
        let stands = other.id != correction.id && !since.iter().any(|one| one.kind == "reversed");
        if other.kind == "corrected" && stands && other.sequence > last {
            last = other.sequence;
            is_final = says_final(&other.body, "/right/final");
        }
        Ok(())
    })?;
    close_or_open(desk, receipt, is_final)
}

fn says_final(body: &str, pointer: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body.pointer(pointer).and_then(Value::as_bool).unwrap_or(false)
}

/// Decides the right figures as if the event had not been posted, and says what they would post. They are
/// decided under the event's own identifier: what it opened is what it should have opened.
fn rehearse(desk: &mut Desk, happening: &Happening, old: &Net, kind: &Kind) -> Result<Rehearsal, Halt> {
    let checkmark = desk.checkmark();
    drop(desk.shelf::<Book>().take_rehearsal());
    let restated = Restated {
        changes: old.changes.clone(),
        statements: old.statements.iter().map(|(_, one)| *one).collect(),
    };
    let inverse: Vec<(Timestamp, Cell, i64)> =
        old.dated.iter().map(|(at, cell, change)| (*at, *cell, -change)).collect();
    desk.shelf::<Book>().pretend(&inverse)?;
    let rehearsal = Happening {
        id: old.record.id,
        kind: kind.word(),
        occurred_at: old.record.occurred_at,
        restates: Some(Arc::new(restated)),
        ..happening.clone()
    };
    let decided = decide_kind(desk, &rehearsal, kind);
    let posted = desk.shelf::<Book>().take_rehearsal();
    desk.go_back_in_book::<Book>(&checkmark);
    decided.map(|_| posted)
}

/// What a drawn balance no longer holds comes from surplus on the same line and lot; returns how much.
fn cover_from_surplus(
    desk: &mut Desk,
    changes: &mut Vec<(Cell, i64)>,
    statements: &mut Vec<Statement>,
) -> Result<i64, Halt> {
    let mut moved_on = 0;
    let mut taken: Vec<(Cell, i64)> = Vec::new();
    for (cell, change) in changes.iter_mut() {
        if *change >= 0 || cell.account.is_source() {
            continue;
        }
        let there = desk.shelf::<Book>().balance(cell)?;
        let lacking = (-*change - there).max(0);
        if lacking > 0 {
            *change += lacking;
            moved_on += lacking;
            let source = Cell::source(Account::Surplus, cell.line, cell.lot, cell.item);
            taken.push((source, -lacking));
            statements.push(Statement {
                line: cell.line,
                lot: cell.lot,
                item: cell.item,
                promised: 0,
                surplus: lacking,
            });
        }
    }
    for (source, change) in taken {
        match changes.iter_mut().find(|(known, _)| *known == source) {
            Some((_, sum)) => *sum += change,
            None => changes.push((source, change)),
        }
    }
    changes.retain(|(_, change)| *change != 0);
    Ok(moved_on)
}
