//! The real departure that comes after its receipt: it confirms the departure the receipt implied, moves it
//! to the earlier of both times, and settles the difference in quantity.

use super::depart::{draw, everything_reserved, on_leg};
use super::store::{Consignment, Journey, find_open};
use crate::core::time::Timestamp;
use crate::items::goods::Goods;
use crate::ledger::event::{EventRecord, EventResult, Halt, Happening, Part, Subjects, all_or_missed};
use crate::ledger::{Account, Book, Cell, Movement, Statement};
use crate::writer::Desk;

/// What one implied departure moved onto the leg, and since when that counts.
struct Implied {
    movements: Vec<Movement>,
    effective_at: Timestamp,
}

/// Confirms.
///
/// # Errors
/// `insufficient`, `invalid`; waits for what is still upstream.
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
    let mut implied = Vec::with_capacity(inferred.len());
    all_or_missed(inferred, |record| {
        let movements = drawn_by(desk, record.sequence, &consignment, journey)?;
        implied.push(Implied { movements, effective_at: record.effective_at });
        Ok(())
    })?;
    let mut statements = Vec::new();
    let settled = match goods {
        None => close_missing(journey, everything_reserved(desk, &consignment, journey)?),
        Some(goods) => {
            let known: Vec<Movement> = implied.iter().flat_map(|one| one.movements.clone()).collect();
            let (more, unsent) = compare(desk, happening, &consignment, journey, known, goods)?;
            let mut settled = close_missing(journey, more);
            give_back(&unsent, &mut settled, &mut statements);
            settled
        }
    };
    // The implied departures that happened later than the real one move to its time, or to the earliest
    // later one at which what they drew was there; one that happened before that time stays where it is.
    let mut later: Vec<&Implied> =
        implied.iter().filter(|one| one.effective_at > happening.occurred_at).collect();
    let (again, undone) = moved(&later);
    let undo = as_parts(&undone);
    let earlier = desk.shelf::<Book>().earliest_beside(&again, happening.occurred_at, &undo)?;
    later.retain(|one| one.effective_at > earlier);
    let (again, undone) = moved(&later);
    let mut parts = Vec::with_capacity(undone.len() + 2);
    if !again.is_empty() {
        parts.push(Part { effective_at: earlier, movements: &again, statements: &[] });
        parts.extend(as_parts(&undone));
    }
    let settled_at = desk.shelf::<Book>().earliest_beside(&settled, happening.occurred_at, &parts)?;
    let difference = Part { effective_at: settled_at, movements: &settled, statements: &statements };
    parts.insert(parts.len().min(1), difference);
    Ok(happening.post_parts(desk, subjects, &parts, None)?)
}

/// The movements of implied departures, and what takes each back at its own time.
fn moved(implied: &[&Implied]) -> (Vec<Movement>, Vec<(Timestamp, Vec<Movement>)>) {
    let again = implied.iter().flat_map(|one| one.movements.clone()).collect();
    let undone = implied.iter().map(|one| (one.effective_at, inverse(&one.movements))).collect();
    (again, undone)
}

fn as_parts(dated: &[(Timestamp, Vec<Movement>)]) -> Vec<Part<'_>> {
    dated
        .iter()
        .map(|(effective_at, movements)| Part { effective_at: *effective_at, movements, statements: &[] })
        .collect()
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

fn inverse(movements: &[Movement]) -> Vec<Movement> {
    movements.iter().map(|one| Movement { from: one.to, to: one.from, ..*one }).collect()
}

/// Compares what really departed with what receipts implied: draws what is more, and returns that with
/// what was implied and never sent.
fn compare(
    desk: &mut Desk,
    happening: &Happening,
    consignment: &Consignment,
    journey: &Journey,
    implied: Vec<Movement>,
    goods: &[Goods],
) -> Result<(Vec<Movement>, Vec<Movement>), Halt> {
    let mut unsent = implied;
    let mut more = Vec::new();
    all_or_missed(goods, |one| {
        let mut left = one.quantity;
        // The lot named is confirmed before others of the item.
        for exact in [true, false] {
            for part in unsent.iter_mut().filter(|part| part.from.item == one.item.id) {
                if !exact || one.lot.is_none_or(|lot| lot == part.from.lot) {
                    let share = left.min(part.quantity);
                    part.quantity -= share;
                    left -= share;
                }
            }
        }
        if left > 0 {
            let drawn = draw(desk, happening, consignment, journey, one, left, &more)?;
            more.extend(drawn);
        }
        Ok(())
    })?;
    unsent.retain(|part| part.quantity > 0);
    Ok((more, unsent))
}

/// What departed beyond a receipt that is closed already never arrived: it is missing.
fn close_missing(journey: &Journey, more: Vec<Movement>) -> Vec<Movement> {
    let mut settled = more;
    if journey.leg().received_final {
        let missing: Vec<Movement> = settled
            .iter()
            .map(|part| Movement::given(part.to, part.to.on(Account::Missing), part.quantity))
            .collect();
        settled.extend(missing);
    }
    settled
}

/// Less departed than was received: the rest goes back to where it was drawn from, and what was received
/// beyond the departure is surplus of the same line.
fn give_back(unsent: &[Movement], settled: &mut Vec<Movement>, statements: &mut Vec<Statement>) {
    for part in unsent {
        let source = Cell::source(Account::Surplus, part.from.line, part.from.lot, part.from.item);
        settled.push(Movement::given(part.to, part.from, part.quantity));
        settled.push(Movement::given(source, part.to, part.quantity));
        statements.push(Statement {
            line: part.from.line,
            lot: part.from.lot,
            item: part.from.item,
            promised: 0,
            surplus: part.quantity,
        });
    }
}
