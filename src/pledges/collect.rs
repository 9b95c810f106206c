//! Goods taken over into a warehouse, before any consignment.

use super::rules::{PledgeKind, PledgeState};
use super::store::{Pledge, PledgeLine, find_pledge};
use crate::core::id::{LotId, PledgeId, SiteId};
use crate::core::problem::{Code, Problem};
use crate::items::goods::{Goods, GoodsLine, held_if_recalled, understand};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed, relabel, short_as};
use crate::ledger::{Account, Book, Cell, Condition, Movement, Statement};
use crate::sites::find_site;
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Goods of a pledge come into a warehouse. Opening stock is accepted by this; unsolicited goods are put on
/// hold.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Collected {
    /// The pledge.
    pub pledge: PledgeId,
    /// The warehouse.
    pub site: SiteId,
    /// What came.
    pub lines: Vec<GoodsLine>,
}

/// Collects.
///
/// # Errors
/// `insufficient`, `wrong_state`, `invalid`; waits for what is not known yet.
pub fn collect(desk: &mut Desk, happening: &Happening, body: &Collected) -> Result<EventResult, Halt> {
    let pledge = find_pledge(desk, body.pledge)?;
    let site = find_site(desk, body.site)?;
    let lines = desk.shelf::<Drawer<PledgeLine>>().group(pledge.id)?;
    let goods = understand(desk, &body.lines)?;
    if matches!(pledge.state(), PledgeState::Declined | PledgeState::Withdrawn) {
        return Err(Problem::new(Code::WrongState, format!("This pledge is {}.", pledge.state)).into());
    }
    let mut movements = Vec::new();
    let mut statements = Vec::new();
    let mut collected = vec![0_i64; lines.len()];
    all_or_missed(&goods, |one| {
        let mut left = one.quantity;
        all_or_missed(lines.iter().enumerate(), |(index, line)| {
            if line.item_id != one.item.id || one.label.is_some_and(|label| label != line.id) || left == 0 {
                return Ok(());
            }
            let target = Cell {
                account: Account::InStorage,
                condition: Condition::Good,
                line: line.id,
                lot: one.lot.unwrap_or(LotId::unknown(line.item_id)),
                item: line.item_id,
                consignment: None,
                leg: None,
                site: Some(site.id),
                holder: site.operator_id,
            };
            let before = collected[index];
            let taken = take(desk, &pledge, line, before, target, left, &mut movements, &mut statements)?;
            collected[index] += taken;
            left -= taken;
            Ok(())
        })?;
        if left > 0 {
            return Err(too_much(one, left, &pledge).into());
        }
        Ok(())
    })?;
    let subjects = Subjects {
        programme: Some(pledge.programme_id),
        pledge: Some(pledge.id),
        site: Some(site.id),
        ..Subjects::default()
    };
    let result = happening.post(desk, subjects, &movements, &statements)?;
    if pledge.kind() == PledgeKind::Opening {
        accept_opening(desk, &pledge, &lines, &collected);
    }
    Ok(result)
}

/// Takes up to `wanted` of one line; returns how much it gave.
#[expect(clippy::too_many_arguments, reason = "one step of a loop whose state it extends")]
fn take(
    desk: &mut Desk,
    pledge: &Pledge,
    line: &PledgeLine,
    before: i64,
    target: Cell,
    wanted: i64,
    movements: &mut Vec<Movement>,
    statements: &mut Vec<Statement>,
) -> Result<i64, Halt> {
    match pledge.kind() {
        PledgeKind::Offered => take_unallocated(desk, line, target, wanted, movements, statements),
        PledgeKind::Opening => {
            let part = wanted.min(line.offered - line.accepted - before).max(0);
            if part > 0 {
                let source = Cell::source(Account::Promised, line.id, target.lot, line.item_id);
                let target = held_if_recalled(desk, target)?;
                movements.push(Movement::given(source, target, part));
                statements.push(Statement {
                    line: line.id,
                    lot: target.lot,
                    item: line.item_id,
                    promised: part,
                    surplus: 0,
                });
            }
            Ok(part)
        }
        PledgeKind::Unsolicited | PledgeKind::Surplus => {
            let came: i64 = desk
                .shelf::<Book>()
                .of_line(line.id)?
                .iter()
                .filter(|one| one.cell.account.is_source())
                .map(|one| -one.quantity)
                .sum();
            let part = wanted.min(line.offered - came - before).max(0);
            if part > 0 {
                let source = Cell::source(Account::Surplus, line.id, target.lot, line.item_id);
                movements.push(Movement::given(source, target.being(Condition::OnHold), part));
                statements.push(Statement {
                    line: line.id,
                    lot: target.lot,
                    item: line.item_id,
                    promised: 0,
                    surplus: part,
                });
            }
            Ok(part)
        }
    }
}

/// Takes what is still with the donor; goods keep a lot that is known, or get the one named.
fn take_unallocated(
    desk: &mut Desk,
    line: &PledgeLine,
    target: Cell,
    wanted: i64,
    movements: &mut Vec<Movement>,
    statements: &mut Vec<Statement>,
) -> Result<i64, Halt> {
    let mut left = wanted;
    for holding in
        desk.shelf::<Book>().of_line(line.id)?.iter().filter(|one| one.cell.account == Account::Unallocated)
    {
        let planned: i64 =
            movements.iter().filter(|one| one.from == holding.cell).map(|one| one.quantity).sum();
        let part = left.min(holding.quantity - planned);
        if part > 0 {
            let unnamed = target.lot.is_unknown_of(target.item);
            let lot = if unnamed { holding.cell.lot } else { target.lot };
            let to = held_if_recalled(desk, Cell { lot, ..target })?;
            relabel(desk.shelf(), holding.cell, to, part, movements, statements)?;
            left -= part;
        }
    }
    Ok(wanted - left)
}

fn too_much(goods: &Goods, left: i64, pledge: &Pledge) -> Problem {
    let (account, words) = match pledge.kind() {
        PledgeKind::Offered => (Account::Unallocated, "unallocated with the donor"),
        PledgeKind::Opening => (Account::Promised, "listed in this pledge and not collected"),
        PledgeKind::Unsolicited | PledgeKind::Surplus => {
            (Account::Surplus, "listed in this pledge and not collected")
        }
    };
    let pointer = format!("{}/quantity", goods.pointer);
    short_as(&pointer, account, words, goods.quantity - left, goods.quantity, &goods.item.name)
}

/// Opening stock counts as accepted by being there.
fn accept_opening(desk: &mut Desk, pledge: &Pledge, lines: &[Arc<PledgeLine>], collected: &[i64]) {
    let (mut offered, mut accepted) = (0, 0);
    for (line, more) in lines.iter().zip(collected) {
        offered += line.offered;
        accepted += line.accepted + more;
        if *more > 0 {
            let row = PledgeLine { accepted: line.accepted + more, ..line.as_ref().clone() };
            desk.shelf::<Drawer<PledgeLine>>().put(row);
        }
    }
    let now = desk.now();
    let row = pledge.changed(PledgeState::after_accepting(offered, accepted), now);
    desk.shelf::<Drawer<Pledge>>().put(row);
}
