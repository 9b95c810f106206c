//! Reversing an event that never happened: its postings once more with the opposite sign, at its own time.

use super::correct::close_as_before;
use super::kind::{Beside, Command, Kind};
use crate::consignments::{Consignment, Departures, Leg, state_legs};
use crate::core::id::EventId;
use crate::core::problem::{Code, Fault, Problem};
use crate::core::time::Timestamp;
use crate::kits::{UnitPlace, close_again, pack_reversed, place_reversed, unpack_reversed};
use crate::ledger::event::{EventRecord, EventResult, Halt, Happening, Part, Subjects, all_or_missed};
use crate::ledger::{Book, Cell, Draw, Movement, Posted, Statement};
use crate::pledges::rules::{PledgeKind, PledgeState};
use crate::pledges::{Pledge, PledgeLine, earmark_reversed, restate_surplus};
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An earlier event never happened.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reversed {
    /// The event.
    pub event: EventId,
    /// Why.
    pub reason: String,
}

/// What an event and its corrections posted, in sum.
pub(super) struct Net {
    pub(super) record: Arc<EventRecord>,
    pub(super) changes: Vec<(Cell, i64)>,
    /// The same, each change from when it counts, in the order of posting.
    pub(super) dated: Vec<(Timestamp, Cell, i64)>,
    /// What was stated, and from when.
    pub(super) statements: Vec<(Timestamp, Statement)>,
    /// The sequences that posted it.
    pub(super) sequences: Vec<i64>,
}

/// Finds an event that can still be corrected or reversed, with everything posted for it.
pub(super) fn standing(desk: &mut Desk, event: EventId) -> Result<Net, Halt> {
    let Some(record) = desk.shelf::<Drawer<EventRecord>>().find(event)? else {
        return Err(Halt::unknown("event", event.0));
    };
    if record.kind == "reversed" {
        let detail = "A reversal is not reversed; post the event anew instead.";
        return Err(Problem::new(Code::WrongState, detail).at("/event").into());
    }
    let about = desk.shelf::<Drawer<EventRecord>>().group(Some(event))?;
    if let Some(reversal) = about.iter().find(|one| one.kind == "reversed") {
        let detail = format!("This event was reversed already, by {}.", reversal.id);
        return Err(Problem::new(Code::WrongState, detail)
            .at("/event")
            .with("reversal", reversal.id.to_string())
            .into());
    }
    let mut changes: Vec<(Cell, i64)> = Vec::new();
    let mut dated = Vec::new();
    let mut statements = Vec::new();
    let mut sequences = vec![record.sequence];
    all_or_missed(about.iter().filter(|one| one.kind == "corrected"), |correction| {
        let since = desk.shelf::<Drawer<EventRecord>>().group(Some(correction.id))?;
        if !since.iter().any(|one| one.kind == "reversed") {
            sequences.push(correction.sequence);
        }
        Ok(())
    })?;
    all_or_missed(sequences.iter().copied(), |sequence| {
        let postings = desk.shelf::<Book>().postings_of(sequence)?;
        add(&mut changes, &postings);
        dated.extend(postings.iter().map(|one| (one.effective_at, one.cell, one.quantity)));
        statements.extend(desk.shelf::<Book>().statements_of(sequence)?);
        Ok(())
    })?;
    changes.retain(|(_, change)| *change != 0);
    Ok(Net { record, changes, dated, statements, sequences })
}

/// Whether what was ever delivered follows an event; a correction does as the event it restates.
pub(super) fn is_deploying(desk: &mut Desk, record: &EventRecord) -> Result<bool, Halt> {
    let mut kind = record.kind.clone();
    let mut about = record.about_id;
    loop {
        if let Some(deploys) = Kind::is_deploying(&kind) {
            return Ok(deploys);
        }
        let restated = match about {
            Some(id) => desk.shelf::<Drawer<EventRecord>>().find(id)?,
            None => None,
        };
        let Some(restated) = restated else {
            return Err(Problem::internal(format!("{} restates no event", record.id)).into());
        };
        kind.clone_from(&restated.kind);
        about = restated.about_id;
    }
}

fn add(changes: &mut Vec<(Cell, i64)>, postings: &[Posted]) {
    for posting in postings {
        match changes.iter_mut().find(|(cell, _)| *cell == posting.cell) {
            Some((_, sum)) => *sum += posting.quantity,
            None => changes.push((posting.cell, posting.quantity)),
        }
    }
}

/// The movements that make given changes: every change is drawn from or added to until all is used up. The
/// changes of one pledge line and lot sum to zero, so it comes out even.
pub(super) fn as_movements(changes: &[(Cell, i64)]) -> Vec<Movement> {
    let mut from: Vec<(Cell, i64)> = changes.iter().filter(|(_, change)| *change < 0).copied().collect();
    let mut movements = Vec::new();
    for (to, change) in changes.iter().filter(|(_, change)| *change > 0) {
        let mut left = *change;
        for (cell, rest) in &mut from {
            if left == 0 || *rest == 0 || cell.line != to.line || cell.lot != to.lot {
                continue;
            }
            let part = left.min(-*rest);
            *rest += part;
            left -= part;
            movements.push(Movement::given(*cell, *to, part));
        }
    }
    movements
}

/// Reverses; refused while later events depend on it, naming them.
///
/// # Errors
/// `depended_on`, `wrong_state`; waits for an event that is not known yet.
pub fn reverse(desk: &mut Desk, happening: &Happening, body: &Reversed) -> Result<EventResult, Halt> {
    if body.reason.trim().is_empty() {
        return Err(Problem::field("/reason", "is empty; say why the event never happened")
            .coded(Fault::Required)
            .into());
    }
    let net = standing(desk, body.event)?;
    let at = net.record.effective_at;
    let undone = undone(&net);
    refuse_while_needed(desk, &net, &undone)?;
    let record = &net.record;
    let subjects = Subjects::of_what_follows(record);
    let deploys = is_deploying(desk, record)?;
    let happening = Happening { occurred_at: at, deploys, ..happening.clone() };
    let parts: Vec<Part<'_>> = undone
        .iter()
        .map(|one| Part {
            effective_at: one.effective_at,
            movements: &one.movements,
            statements: &one.statements,
        })
        .collect();
    let result = happening.post_parts(desk, subjects, &parts, None)?;
    take_back(desk, &net, &happening, &result)?;
    for one in &undone {
        restate_surplus(desk, restated_event(&net.record), &one.statements)?;
    }
    Ok(result)
}

/// The event whose figures an event states: a correction's are those of what it corrects.
fn restated_event(record: &EventRecord) -> EventId {
    match (Kind::beside(&record.kind), record.about_id) {
        (Some(Beside::Correction), Some(about)) => about,
        _ => record.id,
    }
}

/// What takes back the changes of one time.
struct Undone {
    effective_at: Timestamp,
    changes: Vec<(Cell, i64)>,
    movements: Vec<Movement>,
    statements: Vec<Statement>,
}

/// What takes an event back, each part at the time it was posted for: one that moved goods in time moved them
/// from one time to another, and a correction may count later than what it corrects. The event's own comes first.
fn undone(net: &Net) -> Vec<Undone> {
    let at = |effective_at| Undone {
        effective_at,
        changes: Vec::new(),
        movements: Vec::new(),
        statements: Vec::new(),
    };
    let mut parts = vec![at(net.record.effective_at)];
    for (effective_at, cell, change) in &net.dated {
        let changes = &mut part_at(&mut parts, *effective_at, at).changes;
        match changes.iter_mut().find(|(known, _)| known == cell) {
            Some((_, sum)) => *sum -= change,
            None => changes.push((*cell, -change)),
        }
    }
    for (effective_at, one) in &net.statements {
        let inverse = Statement { promised: -one.promised, surplus: -one.surplus, ..*one };
        part_at(&mut parts, *effective_at, at).statements.push(inverse);
    }
    for part in &mut parts {
        part.changes.retain(|(_, change)| *change != 0);
        part.movements = as_movements(&part.changes);
    }
    parts
}

fn part_at(
    parts: &mut Vec<Undone>,
    effective_at: Timestamp,
    new: impl Fn(Timestamp) -> Undone,
) -> &mut Undone {
    let index = parts.iter().position(|part| part.effective_at == effective_at).unwrap_or_else(|| {
        parts.push(new(effective_at));
        parts.len() - 1
    });
    &mut parts[index]
}

/// Every cell the event filled must be able to give it back, at each time it filled it and ever since.
fn refuse_while_needed(desk: &mut Desk, net: &Net, undone: &[Undone]) -> Result<(), Halt> {
    let mut needed: Vec<Cell> = Vec::new();
    let all = || {
        undone
            .iter()
            .flat_map(|part| part.changes.iter().map(|(cell, change)| (part.effective_at, cell, *change)))
    };
    let given_back = all().filter(|(_, cell, change)| *change < 0 && !cell.account.is_source());
    all_or_missed(given_back, |(_, cell, _)| {
        let changes: Vec<(Timestamp, i64)> =
            all().filter(|(_, other, _)| *other == cell).map(|(at, _, change)| (at, change)).collect();
        if !needed.contains(cell) && !desk.shelf::<Book>().bears(cell, &changes)? {
            needed.push(*cell);
        }
        Ok(())
    })?;
    if needed.is_empty() {
        return Ok(());
    }
    let mut later = desk.shelf::<Book>().later_draws(&needed, net.record.sequence)?;
    later.retain(|draw| !net.sequences.contains(&draw.sequence));
    let mut events = Vec::new();
    let drawer = desk.shelf::<Drawer<EventRecord>>();
    all_or_missed(later, |Draw { sequence, event }| {
        // What this batch recorded is on the desk; the rest is loaded by its identifier.
        let found = match event {
            Some(event) => drawer.find(event)?,
            None => drawer.with(|record: &EventRecord| record.sequence == sequence),
        };
        if let Some(record) = found {
            events.push(serde_json::json!({"event": record.id, "kind": record.kind, "sequence": sequence}));
        }
        Ok(())
    })?;
    let detail = if events.is_empty() {
        let accounts: Vec<&str> = needed.iter().map(|cell| cell.account.word()).collect();
        format!("Without this event too little would have been {} at some time since.", accounts.join(", "))
    } else {
        "Later events used what this one brought; reverse or correct them first: `events` names them."
            .to_owned()
    };
    Err(Problem::new(Code::DependedOn, detail).at("/event").with("events", events).into())
}

/// Takes back what the event changed besides the ledger.
fn take_back(desk: &mut Desk, net: &Net, happening: &Happening, result: &EventResult) -> Result<(), Halt> {
    let reversal = happening.id;
    let record = &net.record;
    if let Some(consignment) = record.consignment_id {
        close_again(desk, consignment, record.id)?;
    }
    let Some(beside) = Kind::beside(&record.kind) else {
        return Err(Problem::internal(format!("{} is of an unknown kind", record.id)).into());
    };
    match beside {
        Beside::Nothing => Ok(()),
        Beside::PledgeDecided => take_back_pledge(desk, net, false),
        Beside::Collection => take_back_pledge(desk, net, true),
        Beside::Earmark => earmark_reversed(desk, record.id, reversal),
        Beside::SentOff => {
            desk.shelf::<Departures>().reverse(record.id);
            Ok(())
        }
        Beside::SplitOff => {
            desk.shelf::<Departures>().reverse(record.id);
            take_back_units(desk, record, reversal)
        }
        Beside::ReceiptClosed => open_receipt(desk, record),
        Beside::Diversion => {
            desk.shelf::<Departures>().reverse(record.id);
            take_back_way(desk, record, &net.changes, result)
        }
        Beside::Cancellation => take_back_cancellation(desk, record),
        Beside::RecallBegun => recall_undone(desk, record, false),
        Beside::RecallEnded => recall_undone(desk, record, true),
        Beside::UnitsPacked
        | Beside::UnitsUnpacked
        | Beside::UnitsMoved
        | Beside::UnitsReserved
        | Beside::UnitsReleased => take_back_units(desk, record, reversal),
        Beside::Correction => take_back_correction(desk, net),
    }
}

/// What a correction changed of what the corrected event had changed besides the ledger.
fn take_back_correction(desk: &mut Desk, net: &Net) -> Result<(), Halt> {
    let Some(about) = net.record.about_id else { return Ok(()) };
    let Some(corrected) = desk.shelf::<Drawer<EventRecord>>().find(about)? else { return Ok(()) };
    if Kind::beside(&corrected.kind) == Some(Beside::ReceiptClosed) {
        return close_as_before(desk, &net.record, &corrected);
    }
    take_back_figures(desk, net, &corrected.kind)
}

/// Takes back what the figures of an event of this kind decided besides the ledger: whatever a correction
/// states anew.
pub(super) fn take_back_figures(desk: &mut Desk, net: &Net, kind: &str) -> Result<(), Halt> {
    match Kind::beside(kind) {
        Some(Beside::PledgeDecided) => take_back_pledge(desk, net, false),
        Some(Beside::Collection) => take_back_pledge(desk, net, true),
        // No figures: that a leg has left, a receipt is closed, a way is another or a lot is recalled.
        Some(
            Beside::Nothing
            | Beside::Earmark
            | Beside::SentOff
            | Beside::ReceiptClosed
            | Beside::Diversion
            | Beside::Cancellation
            | Beside::RecallBegun
            | Beside::RecallEnded
            | Beside::UnitsPacked
            | Beside::UnitsUnpacked
            | Beside::UnitsMoved
            | Beside::UnitsReserved
            | Beside::UnitsReleased
            | Beside::SplitOff
            | Beside::Correction,
        )
        | None => Ok(()),
    }
}

fn open_receipt(desk: &mut Desk, record: &EventRecord) -> Result<(), Halt> {
    let Some(id) = record.leg_id else { return Ok(()) };
    if let Some(leg) = desk.shelf::<Drawer<Leg>>().find(id)? {
        desk.shelf::<Drawer<Leg>>().put(Leg { received_final: false, ..leg.as_ref().clone() });
    }
    Ok(())
}

fn take_back_cancellation(desk: &mut Desk, record: &EventRecord) -> Result<(), Halt> {
    let Some(id) = record.consignment_id else { return Ok(()) };
    if let Some(row) = desk.shelf::<Drawer<Consignment>>().find(id)? {
        let (revision, updated_at) = (row.revision + 1, desk.now());
        let row = Consignment { cancelled: false, revision, updated_at, ..row.as_ref().clone() };
        desk.shelf::<Drawer<Consignment>>().put(row);
    }
    Ok(())
}

/// Puts the way back that a diversion replaced: the leg the goods were on and what followed it then.
fn take_back_way(
    desk: &mut Desk,
    record: &EventRecord,
    changes: &[(Cell, i64)],
    result: &EventResult,
) -> Result<(), Halt> {
    let (Some(consignment), Some(new)) = (record.consignment_id, record.leg_id) else { return Ok(()) };
    let legs = desk.shelf::<Drawer<Leg>>().group(consignment)?;
    let Some(new) = legs.iter().find(|leg| leg.id == new) else { return Ok(()) };
    let mut stated: Vec<(Option<&Leg>, Leg)> = Vec::new();
    for leg in legs.iter().filter(|leg| leg.ordinal >= new.ordinal && !leg.superseded) {
        stated.push((Some(leg.as_ref()), Leg { superseded: true, ..leg.as_ref().clone() }));
    }
    let old = changes.iter().find(|(_, change)| *change < 0).and_then(|(cell, _)| cell.leg);
    let mut current = legs.iter().find(|leg| Some(leg.id) == old);
    while let Some(leg) = current {
        stated.push((Some(leg.as_ref()), Leg { superseded: false, ..leg.as_ref().clone() }));
        // Of several that once went on from there, the newest was the one replaced.
        current = legs
            .iter()
            .filter(|next| next.from_id == leg.to_id && next.superseded)
            .filter(|next| next.ordinal > leg.ordinal && next.ordinal < new.ordinal)
            .max_by_key(|next| next.ordinal);
    }
    if let Some(moment) = result.moment() {
        state_legs(desk, &stated, moment)?;
    }
    stated.into_iter().for_each(|(_, leg)| desk.shelf::<Drawer<Leg>>().put(leg));
    Ok(())
}

/// Puts back what an event decided about a pledge, where it decides any, or `only_opening` stock.
fn take_back_pledge(desk: &mut Desk, net: &Net, only_opening: bool) -> Result<(), Halt> {
    let Some(id) = net.record.pledge_id else { return Ok(()) };
    let Some(pledge) = desk.shelf::<Drawer<Pledge>>().find(id)? else { return Ok(()) };
    if only_opening && pledge.kind() != PledgeKind::Opening {
        return Ok(());
    }
    let lines = desk.shelf::<Drawer<PledgeLine>>().group(pledge.id)?;
    let (mut offered, mut accepted) = (0, 0);
    for line in lines {
        // Only what first entered the ledger as promised was accepted by the event; a renamed lot sums to 0.
        let promised: i64 =
            net.statements.iter().filter(|(_, one)| one.line == line.id).map(|(_, one)| one.promised).sum();
        offered += line.offered;
        accepted += line.accepted - promised;
        if promised != 0 {
            let row = PledgeLine { accepted: line.accepted - promised, ..line.as_ref().clone() };
            desk.shelf::<Drawer<PledgeLine>>().put(row);
        }
    }
    let now = desk.now();
    let row = pledge.changed(PledgeState::after_accepting(offered, accepted), now);
    desk.shelf::<Drawer<Pledge>>().put(row);
    Ok(())
}

/// Handling units as they were before an event packed, unpacked or moved them.
fn take_back_units(desk: &mut Desk, record: &EventRecord, reversal: EventId) -> Result<(), Halt> {
    let kind = recorded_kind(record)?;
    if let Kind::KitPacked(body) = &kind {
        return pack_reversed(desk, record.id, body.site, reversal);
    }
    if let Kind::KitUnpacked(body) = &kind {
        // Those of a consignment were closed again like all that an event of it opened.
        let Some(site) = body.site else { return Ok(()) };
        return unpack_reversed(desk, record.id, &body.units, site);
    }
    if let Kind::Moved(body) = &kind {
        let before = (Some(body.site), None);
        return place_reversed(desk, &body.units, UnitPlace::Site(body.to_site), before);
    }
    if let Kind::Split(body) = &kind {
        let before = (None, Some(body.consignment));
        return place_reversed(desk, &body.units, UnitPlace::Consignment(body.child.id), before);
    }
    if let Kind::Released(body) = &kind
        && let Some(site) = body.site
    {
        return place_reversed(desk, &body.units, UnitPlace::Site(site), (None, Some(body.consignment)));
    }
    if let Kind::Allocated(body) = &kind
        && let Some(site) = body.site
    {
        let now = UnitPlace::Consignment(body.consignment);
        return place_reversed(desk, &body.units, now, (Some(site), None));
    }
    Ok(())
}

/// What a recorded event says.
pub(super) fn recorded_kind(record: &EventRecord) -> Result<Kind, Problem> {
    let members = serde_json::from_str(&record.body)
        .map_err(|error| Problem::internal(format!("events.body of {}: {error}", record.id)))?;
    Command::read_details(&record.kind, members)
}

/// A recall, or its end, that never was.
fn recall_undone(desk: &mut Desk, record: &EventRecord, recalled: bool) -> Result<(), Halt> {
    let body: serde_json::Value = serde_json::from_str(&record.body).unwrap_or_default();
    let Some(members) = body.as_object() else { return Ok(()) };
    let kind = super::kind::Command::read_details(&record.kind, members.clone())?;
    let (Kind::Held(details) | Kind::ReleasedFromHold(details)) = kind else { return Ok(()) };
    let (Some(item), Some(number), None) = (details.item, &details.lot, &details.lines) else {
        return Ok(());
    };
    let id = crate::items::lot_id(item, number.trim());
    if let Some(lot) = desk.shelf::<Drawer<crate::items::Lot>>().find(id)? {
        let row = crate::items::Lot { recalled, ..lot.as_ref().clone() };
        desk.shelf::<Drawer<crate::items::Lot>>().put(row);
    }
    Ok(())
}
