//! Taking a pledge back: only what still stands with the donor.

use super::rules::PledgeState;
use super::store::{Pledge, PledgeLine, find_pledge};
use crate::core::id::{PledgeId, PledgeLineId};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::quantity::Quantity;
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed};
use crate::ledger::{Account, Book, Holding, Movement};
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A pledge, or a part of it, is withdrawn; without lines, all that still stands with the donor.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PledgeWithdrawn {
    /// The pledge.
    pub pledge: PledgeId,
    /// How much of which lines.
    #[serde(default)]
    pub lines: Option<Vec<WithdrawnLine>>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// How much of a line is withdrawn.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawnLine {
    /// The line.
    pub line: PledgeLineId,
    /// Base units.
    pub quantity: Quantity,
}

/// Withdraws; the refusal names who holds what is not with the donor any more.
///
/// # Errors
/// `insufficient`, `wrong_state`, `invalid`; waits for a pledge that is not known yet.
pub fn withdraw(desk: &mut Desk, happening: &Happening, body: &PledgeWithdrawn) -> Result<EventResult, Halt> {
    let pledge = find_pledge(desk, body.pledge)?;
    let lines = desk.shelf::<Drawer<PledgeLine>>().group(pledge.id)?;
    if matches!(pledge.state(), PledgeState::Declined | PledgeState::Withdrawn) {
        return Err(
            Problem::new(Code::WrongState, format!("This pledge is {} already.", pledge.state)).into()
        );
    }
    let mut movements = Vec::new();
    all_or_missed(&lines, |line| {
        let asked = match &body.lines {
            None => None,
            Some(parts) => match parts.iter().position(|part| part.line == line.id) {
                Some(index) => Some((index, asked_of(parts, line.id))),
                None => return Ok(()),
            },
        };
        let holdings = desk.shelf::<Book>().of_line(line.id)?;
        let with_donor: i64 = holdings
            .iter()
            .filter(|one| one.cell.account == Account::Unallocated)
            .map(|one| one.quantity)
            .sum();
        // Without lines everything goes back; what was withdrawn before is back already.
        let given: i64 = holdings
            .iter()
            .filter(|one| !one.cell.account.is_source() && one.cell.account != Account::Withdrawn)
            .map(|one| one.quantity)
            .sum();
        let quantity = asked.map_or(given, |(_, quantity)| quantity);
        if quantity > with_donor {
            let index = asked.map_or(0, |(index, _)| index);
            let pointer = format!("/lines/{index}/quantity");
            return Err(not_with_donor(&pointer, with_donor, quantity, &holdings).into());
        }
        take_back(&holdings, quantity, &mut movements);
        Ok(())
    })?;
    check_lines_known(body, &lines)?;
    let subjects =
        Subjects { programme: Some(pledge.programme_id), pledge: Some(pledge.id), ..Subjects::default() };
    let result = happening.post(desk, subjects, &movements, &[])?;
    if body.lines.is_none() {
        let now = desk.now();
        let mut row = pledge.changed(PledgeState::Withdrawn, now);
        row.reason.clone_from(&body.reason);
        desk.shelf::<Drawer<Pledge>>().put(row);
    }
    Ok(result)
}

fn take_back(holdings: &[Holding], quantity: i64, movements: &mut Vec<Movement>) {
    let mut left = quantity;
    for holding in holdings.iter().filter(|one| one.cell.account == Account::Unallocated) {
        let part = left.min(holding.quantity);
        if part > 0 {
            movements.push(Movement::given(holding.cell, holding.cell.on(Account::Withdrawn), part));
            left -= part;
        }
    }
}

/// How much is asked of a line, which may be named more than once.
fn asked_of(parts: &[WithdrawnLine], line: PledgeLineId) -> i64 {
    parts.iter().filter(|part| part.line == line).map(|part| part.quantity.get()).fold(0, i64::saturating_add)
}

/// Every line named must be one of the pledge's.
fn check_lines_known(body: &PledgeWithdrawn, lines: &[Arc<PledgeLine>]) -> Result<(), Problem> {
    let parts = body.lines.as_deref().unwrap_or_default();
    match parts.iter().position(|part| !lines.iter().any(|line| line.id == part.line)) {
        Some(index) => {
            let detail = format!("{} is no line of this pledge", parts[index].line);
            Err(Problem::field(format!("/lines/{index}/line"), detail).coded(Fault::Unknown))
        }
        None => Ok(()),
    }
}

fn not_with_donor(pointer: &str, with_donor: i64, asked: i64, holdings: &[Holding]) -> Problem {
    let detail = format!(
        "Only {with_donor} of {asked} base units are still with the donor and can be withdrawn; `held` names who holds \
         the rest."
    );
    let figures = (Account::Unallocated, with_donor, asked);
    held_elsewhere(pointer, detail, figures, holdings, |account| {
        !matches!(account, Account::Unallocated | Account::Withdrawn)
    })
}

/// The refusal for want of what others hold, naming each of them: account, how much is there and how much is asked.
pub(super) fn held_elsewhere(
    pointer: &str,
    detail: String,
    (account, there, asked): (Account, i64, i64),
    holdings: &[Holding],
    is_elsewhere: impl Fn(Account) -> bool,
) -> Problem {
    let others: Vec<serde_json::Value> = holdings
        .iter()
        .filter(|one| is_elsewhere(one.cell.account) && !one.cell.account.is_source())
        .map(|one| {
            serde_json::json!({
                "account": one.cell.account.word(),
                "quantity": one.quantity,
                "holder": one.cell.holder,
                "site": one.cell.site,
                "consignment": one.cell.consignment,
            })
        })
        .collect();
    Problem::new(Code::Insufficient, detail)
        .at(pointer)
        .with("account", account.word())
        .with("available", there)
        .with("asked", asked)
        .with("held", others)
}
