//! Naming goods anew: under another lot or pledge line, in one step through their source.

use super::account::Account;
use super::book::Book;
use super::cell::{Cell, Movement, Statement};
use crate::writer::Wanted;

/// Takes goods out of a source under their old lot or line and in again under a new one, on the same account: what
/// first names or changes a lot, or what changes an earmark. `to` is the cell under the new lot or line.
///
/// # Errors
/// Rows missing on the desk.
pub fn relabel(
    book: &mut Book,
    from: Cell,
    to: Cell,
    quantity: i64,
    movements: &mut Vec<Movement>,
    statements: &mut Vec<Statement>,
) -> Result<(), Wanted> {
    if (from.lot, from.line) == (to.lot, to.line) {
        movements.push(Movement::given(from, to, quantity));
        return Ok(());
    }
    let promised = Cell::source(Account::Promised, from.line, from.lot, from.item);
    // What earlier parts of the same event take from the source counts already.
    let planned: i64 = movements
        .iter()
        .map(|one| {
            if one.to == promised {
                one.quantity
            } else if one.from == promised {
                -one.quantity
            } else {
                0
            }
        })
        .sum();
    let from_promised = (-book.balance(&promised)? - planned).clamp(0, quantity);
    for (account, part) in [(Account::Promised, from_promised), (Account::Surplus, quantity - from_promised)]
    {
        if part == 0 {
            continue;
        }
        movements.push(Movement::given(from, Cell::source(account, from.line, from.lot, from.item), part));
        movements.push(Movement::given(Cell::source(account, to.line, to.lot, to.item), to, part));
        let promised = if account == Account::Promised { part } else { 0 };
        let surplus = part - promised;
        let statement = |cell: Cell, sign: i64| Statement {
            line: cell.line,
            lot: cell.lot,
            item: cell.item,
            promised: sign * promised,
            surplus: sign * surplus,
        };
        statements.push(statement(from, -1));
        statements.push(statement(to, 1));
    }
    Ok(())
}
