//! A departure that comes after its receipt: it confirms, moves or corrects the one the receipt implied.

use super::depart::{draw, everything_reserved, on_leg};
use super::store::{Consignment, Journey, find_open};
use crate::core::id::ItemId;
use crate::items::goods::Goods;
use crate::ledger::event::{EventRecord, EventResult, Halt, Happening, Part, Subjects};
use crate::ledger::{Account, Book, Cell, Movement, Statement};
use crate::writer::Desk;

/// A departure that comes after its receipt: it confirms the implied one, moves it to the earlier of both
/// times, and settles the difference in quantity.
pub(super) fn confirm_departure(
    desk: &mut Desk,
    happening: &Happening,
    subjects: Subjects,
    journey: &Journey,
    inferred: &[EventRecord],
    goods: Option<&[Goods]>,
) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, journey.leg().consignment_id)?;
    let subjects = Subjects { about: inferred.first().map(|record| record.id), ..subjects };
    let mut implied: Vec<Movement> = Vec::new();
    let mut implied_at = happening.occurred_at;
    for (index, record) in inferred.iter().enumerate() {
        implied.extend(drawn_by(desk, record.sequence, &consignment, journey)?);
        implied_at = if index == 0 { record.effective_at } else { implied_at.min(record.effective_at) };
    }
    let (mut more, back, statements) = difference(desk, happening, &consignment, journey, &implied, goods)?;
    if journey.leg().received_final {
        let missing =
            more.iter().map(|part| Movement::given(part.to, part.to.on(Account::Missing), part.quantity));
        let missing: Vec<Movement> = missing.collect();
        more.extend(missing);
    }
    let mut settled = more;
    settled.extend(back);
    let settled_at = desk.shelf::<Book>().earliest(&settled, happening.occurred_at)?;
    let earlier = desk.shelf::<Book>().earliest(&implied, happening.occurred_at.min(implied_at));
    // The goods an implied departure drew may not have been there any earlier; then it stays where it is.
    let earlier = earlier.unwrap_or(implied_at);
    let undo: Vec<Movement> =
        implied.iter().map(|part| Movement { from: part.to, to: part.from, ..*part }).collect();
    let mut parts = vec![Part { effective_at: settled_at, movements: &settled, statements: &statements }];
    if earlier < implied_at {
        parts.insert(0, Part { effective_at: earlier, movements: &implied, statements: &[] });
        parts.push(Part { effective_at: implied_at, movements: &undo, statements: &[] });
    }
    Ok(happening.post_parts(desk, subjects, &parts, None)?)
}

/// What an implied departure moved onto the leg.
fn drawn_by(
    desk: &mut Desk,
    sequence: i64,
    consignment: &Consignment,
    journey: &Journey,
) -> Result<Vec<Movement>, Halt> {
    let postings = desk.shelf::<Book>().postings_of(sequence)?;
    let drawn = postings.iter().filter(|posting| posting.quantity < 0);
    Ok(drawn
        .map(|posting| {
            let to = on_leg(posting.cell, consignment, journey);
            Movement::given(posting.cell, to, -posting.quantity)
        })
        .collect())
}

/// Less departed than was received: the rest goes back to where it was drawn from, and what was received
/// beyond the departure is surplus of the same line.
fn give_back(
    implied: &[Movement],
    item: ItemId,
    quantity: i64,
    back: &mut Vec<Movement>,
    statements: &mut Vec<Statement>,
) {
    let mut left = quantity;
    for part in implied.iter().rev().filter(|part| part.from.item == item) {
        let share = left.min(part.quantity);
        if share == 0 {
            continue;
        }
        left -= share;
        let source = Cell::source(Account::Surplus, part.from.line, part.from.lot, item);
        back.push(Movement::given(part.to, part.from, share));
        back.push(Movement::given(source, part.to, share));
        statements.push(Statement {
            line: part.from.line,
            lot: part.from.lot,
            item,
            promised: 0,
            surplus: share,
        });
    }
}

/// What departed beyond the implied departure, what goes back because less departed, and what that states.
#[expect(clippy::type_complexity, reason = "three lists that only ever travel together here")]
fn difference(
    desk: &mut Desk,
    happening: &Happening,
    consignment: &Consignment,
    journey: &Journey,
    implied: &[Movement],
    goods: Option<&[Goods]>,
) -> Result<(Vec<Movement>, Vec<Movement>, Vec<Statement>), Halt> {
    let mut more: Vec<Movement> = Vec::new();
    let mut back: Vec<Movement> = Vec::new();
    let mut statements = Vec::new();
    match goods {
        None => more = everything_reserved(desk, consignment, journey)?,
        Some(goods) => {
            for one in goods {
                let known: i64 = implied
                    .iter()
                    .filter(|part| part.from.item == one.item.id)
                    .map(|part| part.quantity)
                    .sum();
                if one.quantity > known {
                    let drawn =
                        draw(desk, happening, consignment, journey, one, one.quantity - known, &more)?;
                    more.extend(drawn.movements);
                } else {
                    give_back(implied, one.item.id, known - one.quantity, &mut back, &mut statements);
                }
            }
            let named = |item: ItemId| goods.iter().any(|one| one.item.id == item);
            let others: Vec<Movement> =
                implied.iter().filter(|part| !named(part.from.item)).copied().collect();
            for part in &others {
                give_back(&[*part], part.from.item, part.quantity, &mut back, &mut statements);
            }
        }
    }
    Ok((more, back, statements))
}
