//! From when the parts of a correction count. What an earlier posting of the event counted later is taken back
//! from then on, or goods would lack at times for which nobody ever said so; the rest counts from when the event
//! occurred. Which figures are right is not decided here, and nothing is posted.

use super::reverse::{Net, as_movements};
use crate::core::time::Timestamp;
use crate::ledger::event::{Halt, Part};
use crate::ledger::{Account, Book, Cell, Movement, Statement, net};
use crate::writer::Desk;

/// What a correction posts from one time on.
pub(super) struct Timed {
    effective_at: Timestamp,
    movements: Vec<Movement>,
    statements: Vec<Statement>,
}

impl Timed {
    pub(super) fn part(&self) -> Part<'_> {
        Part { effective_at: self.effective_at, movements: &self.movements, statements: &self.statements }
    }
}

/// Shares the changes of a correction, and what it states, among the times they count from, the earliest first.
///
/// # Errors
/// `insufficient`, or rows missing on the desk.
pub(super) fn by_time(
    desk: &mut Desk,
    old: &Net,
    mut changes: Vec<(Cell, i64)>,
    statements: &[Statement],
) -> Result<Vec<Timed>, Halt> {
    let occurred_at = old.record.occurred_at;
    let mut rest =
        Timed { effective_at: occurred_at, movements: Vec::new(), statements: Statement::in_sum(statements) };
    let mut later: Vec<Timestamp> = old.dated.iter().map(|(at, ..)| *at).collect();
    later.retain(|at| *at > occurred_at);
    later.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
    later.dedup();
    let mut parts: Vec<Timed> = Vec::new();
    for at in later {
        let movements = as_movements(&taken_back(old, at, &changes));
        if movements.is_empty() {
            continue;
        }
        for (cell, taken) in net(&movements) {
            add(&mut changes, cell, -taken);
        }
        let statements = split_off(&movements, &mut rest.statements);
        add_part(desk, &mut parts, Timed { effective_at: at, movements, statements })?;
    }
    rest.movements = as_movements(&changes);
    rest.statements.retain(|one| one.promised != 0 || one.surplus != 0);
    if parts.is_empty() || !rest.movements.is_empty() || !rest.statements.is_empty() {
        add_part(desk, &mut parts, rest)?;
    }
    parts.sort_by_key(|part| part.effective_at);
    Ok(parts)
}

/// Adds a part at the earliest time from its own on at which it can count beside the others.
fn add_part(desk: &mut Desk, parts: &mut Vec<Timed>, mut part: Timed) -> Result<(), Halt> {
    let beside: Vec<Part<'_>> = parts.iter().map(Timed::part).collect();
    part.effective_at = desk.shelf::<Book>().earliest_beside(&part.movements, part.effective_at, &beside)?;
    match parts.iter_mut().find(|known| known.effective_at == part.effective_at) {
        Some(known) => {
            known.movements.append(&mut part.movements);
            known.statements.append(&mut part.statements);
        }
        None => parts.push(part),
    }
    Ok(())
}

/// As much of the changes as takes back what the event changed at a time.
fn taken_back(old: &Net, at: Timestamp, changes: &[(Cell, i64)]) -> Vec<(Cell, i64)> {
    let mut taken = Vec::new();
    for (cell, change) in changes {
        let dated = old.dated.iter().filter(|(when, known, _)| *when == at && known == cell);
        let posted: i64 = dated.map(|(.., quantity)| quantity).sum();
        if posted.signum() == -change.signum() && posted != 0 {
            taken.push((*cell, change.signum() * change.abs().min(posted.abs())));
        }
    }
    taken
}

/// What is stated of the sources that some movements change, taken out of what is stated in all.
fn split_off(movements: &[Movement], rest: &mut Vec<Statement>) -> Vec<Statement> {
    let mut stated = Vec::new();
    for (cell, change) in net(movements) {
        let (promised, surplus) = match cell.account {
            Account::Promised => (-change, 0),
            Account::Surplus => (0, -change),
            Account::Unallocated
            | Account::InStorage
            | Account::Allocated
            | Account::InTransit
            | Account::Missing
            | Account::Delivered
            | Account::Distributed
            | Account::Lost
            | Account::Disposed
            | Account::Returned
            | Account::Withdrawn => continue,
        };
        let one = Statement { line: cell.line, lot: cell.lot, item: cell.item, promised, surplus };
        stated.push(one);
        rest.push(Statement { promised: -promised, surplus: -surplus, ..one });
    }
    *rest = Statement::in_sum(rest);
    stated
}

fn add(changes: &mut Vec<(Cell, i64)>, cell: Cell, change: i64) {
    if let Some((_, sum)) = changes.iter_mut().find(|(known, _)| *known == cell) {
        *sum += change;
    }
    changes.retain(|(_, sum)| *sum != 0);
}
