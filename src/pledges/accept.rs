//! Accepting a pledge, in whole or part, and declining it.

use super::rules::{PledgeKind, PledgeState, check_acceptance};
use super::store::{Pledge, PledgeLine, find_pledge};
use crate::core::check::{WORDS_CHARS_MAX, check_text};
use crate::core::id::{LotId, PledgeId, PledgeLineId};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::quantity::Quantity;
use crate::items::goods::{find_item, lot_facts};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed};
use crate::ledger::{Account, Book, Cell, Condition, Movement, Statement};
use crate::unwanted::{Where, in_force};
use crate::writer::{Desk, Drawer, Refusal};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// A pledge is accepted; without lines, all that is left of it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PledgeAccepted {
    /// The pledge.
    pub pledge: PledgeId,
    /// How much of which lines.
    #[serde(default)]
    pub lines: Option<Vec<AcceptedLine>>,
    /// Why it is accepted although it stands on a "do not send" list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub despite: Option<String>,
}

/// How much of a line is accepted.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedLine {
    /// The line.
    pub line: PledgeLineId,
    /// Base units.
    pub quantity: Quantity,
}

/// A pledge is declined; nothing of it was accepted.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PledgeDeclined {
    /// The pledge.
    pub pledge: PledgeId,
    /// Why, in words for the donor; where it stands on a "do not send" list, those of the list if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Accepts: what is accepted counts as promised and stands with the donor; unsolicited goods lose their hold.
///
/// # Errors
/// `wrong_state`, `invalid`; waits for a pledge that is not known yet.
pub fn accept(desk: &mut Desk, happening: &Happening, body: &PledgeAccepted) -> Result<EventResult, Halt> {
    let pledge = find_pledge(desk, body.pledge)?;
    let lines = desk.shelf::<Drawer<PledgeLine>>().group(pledge.id)?;
    if matches!(pledge.state(), PledgeState::Declined | PledgeState::Withdrawn | PledgeState::Accepted) {
        return Err(already(&pledge).into());
    }
    if pledge.kind() == PledgeKind::Opening {
        let detail = "Opening stock is accepted by being there; post it as collected into its warehouse.";
        return Err(Problem::new(Code::WrongState, detail).at("/pledge").into());
    }
    let parts = parts(&lines, body)?;
    let accepted: Vec<Arc<PledgeLine>> = parts.iter().map(|(line, _)| Arc::clone(line)).collect();
    check_wanted(desk, happening, &accepted, body.despite.as_deref())?;
    let mut movements = Vec::new();
    let mut statements = Vec::new();
    all_or_missed(&parts, |(line, quantity)| {
        let unknown = LotId::unknown(line.item_id);
        match pledge.kind() {
            PledgeKind::Offered | PledgeKind::Opening => {
                let promised = Cell::source(Account::Promised, line.id, unknown, line.item_id);
                let mut with_donor = promised.on(Account::Unallocated);
                with_donor.holder = pledge.donor_id;
                movements.push(Movement::given(promised, with_donor, *quantity));
                statements.push(stated(line, unknown, *quantity, 0));
            }
            PledgeKind::Unsolicited | PledgeKind::Surplus => {
                release(desk, line, *quantity, &mut movements, &mut statements)?;
            }
        }
        Ok(())
    })?;
    let subjects =
        Subjects { programme: Some(pledge.programme_id), pledge: Some(pledge.id), ..Subjects::default() };
    let result =
        happening.post(desk, subjects, &movements, &statements).map_err(|refusal| match refusal {
            // Where a pledge is accepted whole, there are no lines to point to.
            Refusal::Problem(mut problem) if body.lines.is_none() => {
                for error in problem.errors.iter_mut().filter(|error| error.pointer == "/lines") {
                    error.pointer = "/pledge".to_owned();
                }
                Refusal::Problem(problem)
            }
            other => other,
        })?;
    keep_accepted(desk, &pledge, &lines, &parts);
    Ok(result)
}

/// Stages the lines with what is accepted of them now, and the pledge in the state that makes.
fn keep_accepted(
    desk: &mut Desk,
    pledge: &Pledge,
    lines: &[Arc<PledgeLine>],
    parts: &[(Arc<PledgeLine>, i64)],
) {
    let changed_at = desk.now();
    let mut offered = 0;
    let mut accepted = 0;
    let mut more_of: HashMap<PledgeLineId, i64> = HashMap::new();
    for (line, quantity) in parts {
        *more_of.entry(line.id).or_default() += quantity;
    }
    for line in lines {
        let more = more_of.get(&line.id).copied().unwrap_or(0);
        offered += line.offered;
        accepted += line.accepted + more;
        if more > 0 {
            let row = PledgeLine { accepted: line.accepted + more, ..line.as_ref().clone() };
            desk.shelf::<Drawer<PledgeLine>>().put(row);
            desk.touch(line.id.0);
        }
    }
    let state = PledgeState::after_accepting(offered, accepted);
    desk.shelf::<Drawer<Pledge>>().put(pledge.changed(state, changed_at));
}

/// Unsolicited goods that are accepted: what was surplus becomes promised, and the hold is lifted.
fn release(
    desk: &mut Desk,
    line: &PledgeLine,
    quantity: i64,
    movements: &mut Vec<Movement>,
    statements: &mut Vec<Statement>,
) -> Result<(), Halt> {
    let holdings = desk.shelf::<Book>().of_line(line.id)?;
    let facts = lot_facts(desk, &holdings)?;
    let mut left = quantity;
    for holding in holdings {
        let cell = holding.cell;
        if cell.account != Account::InStorage || cell.condition != Condition::OnHold || left == 0 {
            continue;
        }
        let part = left.min(holding.quantity);
        left -= part;
        // A recalled lot is accepted like any other, but nothing lifts its hold save the end of the recall.
        if !facts.recalled.contains(&cell.lot) {
            movements.push(Movement::given(cell, cell.being(Condition::Good), part));
        }
        movements.push(Movement::given(
            Cell::source(Account::Promised, line.id, cell.lot, cell.item),
            Cell::source(Account::Surplus, line.id, cell.lot, cell.item),
            part,
        ));
        statements.push(stated(line, cell.lot, part, -part));
    }
    if left > 0 {
        let there = quantity - left;
        return Err(Problem::new(
            Code::Insufficient,
            format!(
                "Only {there} base units of this unsolicited line are on hold in storage; {quantity} are to be \
                 accepted."
            ),
        )
        .with("account", Account::InStorage.word())
        .with("condition", Condition::OnHold.word())
        .with("available", there)
        .with("asked", quantity)
        .into());
    }
    Ok(())
}

fn stated(line: &PledgeLine, lot: LotId, promised: i64, surplus: i64) -> Statement {
    Statement { line: line.id, lot, item: line.item_id, promised, surplus }
}

/// Which lines are accepted, and how much of each.
fn parts(lines: &[Arc<PledgeLine>], body: &PledgeAccepted) -> Result<Vec<(Arc<PledgeLine>, i64)>, Problem> {
    let Some(asked) = &body.lines else {
        let rest = lines.iter().filter(|line| line.offered > line.accepted);
        return Ok(rest.map(|line| (Arc::clone(line), line.offered - line.accepted)).collect());
    };
    // A pledge out of a file may have tens of thousands of lines, of which a few are accepted at a time.
    let known: HashMap<PledgeLineId, &Arc<PledgeLine>> = lines.iter().map(|line| (line.id, line)).collect();
    let mut before: HashMap<PledgeLineId, i64> = HashMap::new();
    let mut parts: Vec<(Arc<PledgeLine>, i64)> = Vec::with_capacity(asked.len());
    for (index, part) in asked.iter().enumerate() {
        let Some(line) = known.get(&part.line) else {
            return Err(Problem::field(
                format!("/lines/{index}/line"),
                format!("{} is no line of this pledge", part.line),
            )
            .coded(Fault::Unknown));
        };
        let before = before.entry(line.id).or_default();
        let pointer = format!("/lines/{index}/quantity");
        check_acceptance(&pointer, line.offered, line.accepted + *before, part.quantity.get())?;
        *before += part.quantity.get();
        parts.push((Arc::clone(line), part.quantity.get()));
    }
    if parts.is_empty() {
        return Err(Problem::field("/lines", "there are no lines; leave lines out to accept everything")
            .coded(Fault::Required));
    }
    Ok(parts)
}

/// Declines; the reason is what the donor reads.
///
/// # Errors
/// `wrong_state`, `invalid`; waits for a pledge that is not known yet.
pub fn decline(desk: &mut Desk, happening: &Happening, body: &PledgeDeclined) -> Result<EventResult, Halt> {
    let pledge = find_pledge(desk, body.pledge)?;
    if pledge.state() != PledgeState::Offered {
        return Err(already(&pledge).into());
    }
    let reason = reason_of(desk, happening, &pledge, body.reason.as_deref())?;
    let subjects =
        Subjects { programme: Some(pledge.programme_id), pledge: Some(pledge.id), ..Subjects::default() };
    let result = happening.post(desk, subjects, &[], &[])?;
    let now = desk.now();
    let mut row = pledge.changed(PledgeState::Declined, now);
    row.reason = Some(reason);
    desk.shelf::<Drawer<Pledge>>().put(row);
    Ok(result)
}

/// What stands on a "do not send" list against all of some lines on the day of an event, in words for the donor. What is
/// against some places only stops nothing: what is accepted is for elsewhere, as the offer is told.
fn unwanted_words(
    desk: &mut Desk,
    happening: &Happening,
    lines: &[Arc<PledgeLine>],
) -> Result<Vec<String>, Halt> {
    let day = happening.occurred_at.day();
    let mut words = Vec::new();
    all_or_missed(lines, |line| {
        let item = find_item(desk, line.item_id)?;
        let place = Where { country: line.earmark_country.as_deref(), area: line.earmark_area.as_deref() };
        words.extend(in_force(desk, &item, place, &day)?);
        Ok(())
    })?;
    Ok(words)
}

/// Refuses to accept without a reason what is not to be sent.
fn check_wanted(
    desk: &mut Desk,
    happening: &Happening,
    lines: &[Arc<PledgeLine>],
    despite: Option<&str>,
) -> Result<(), Halt> {
    check_text("/despite", despite, WORDS_CHARS_MAX)?;
    let words = unwanted_words(desk, happening, lines)?;
    match (words.first(), despite) {
        (Some(words), None) => {
            let detail = format!(
                "This is on a \"do not send\" list: {words:?} Decline it with these words, or say in `despite` why you \
                 accept it all the same."
            );
            Err(Problem::new(Code::WrongState, detail).at("/despite").into())
        }
        (Some(_), Some(_)) | (None, _) => Ok(()),
    }
}

/// The reason a donor reads: what was written, or the words of the "do not send" list.
fn reason_of(
    desk: &mut Desk,
    happening: &Happening,
    pledge: &Pledge,
    reason: Option<&str>,
) -> Result<String, Halt> {
    if let Some(reason) = reason.map(str::trim).filter(|reason| !reason.is_empty()) {
        return Ok(reason.to_owned());
    }
    let lines = desk.shelf::<Drawer<PledgeLine>>().group(pledge.id)?;
    let words = match reason {
        None => unwanted_words(desk, happening, &lines)?.into_iter().next(),
        Some(_) => None,
    };
    words.ok_or_else(|| {
        Problem::field("/reason", "is empty; the donor needs a reason").coded(Fault::Required).into()
    })
}

fn already(pledge: &Pledge) -> Problem {
    Problem::new(Code::WrongState, format!("This pledge is {} already.", pledge.state.replace('_', " ")))
        .with("state", pledge.state.clone())
}
