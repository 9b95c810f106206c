//! Receipts: what came, in what condition, what is missing and what is too much; and the departure they
//! imply.

use super::depart::{dispatched, draw, infer};
use super::departures::Departures;
use super::duties::check_receiver;
use super::holds::{HeldBy, note_held};
use super::lines::{Counted, count};
use super::store::{Consignment, Journey, Leg, find_leg, find_open};
use super::upstream::{is_upstream, upstream};
use crate::core::id::{ConsignmentId, ItemId, LegId, LotId, OrganizationId, PledgeLineId};
use crate::core::problem::{Code, Problem};
use crate::core::quantity::{Quantity, share_pro_rata};
use crate::items::goods::{
    Goods, PickContext, find_item, held_if_recalled, less_planned, lot_facts, pick_goods,
};
use crate::ledger::event::{EventResult, Halt, Happening, Subjects, all_or_missed, relabel, short};
use crate::ledger::{Account, Book, Cell, Condition, Holding, Movement, Picked, Statement};
use crate::pledges::{Excess, surplus_lines};
use crate::sites::{SiteKind, find_site};
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};

/// Goods are received at the end of a leg.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// The leg; may be left out where there is only one.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// Whether this closes the receipt of the leg; only then is anything missing.
    #[serde(default, rename = "final")]
    pub is_final: bool,
    /// What came.
    pub lines: Vec<ReceivedLine>,
    /// The number of the goods received note, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// What came of one item: shipped = good + damaged + on hold + missing; surplus is apart.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceivedLine {
    /// The item.
    pub item: ItemId,
    /// The lot number on the packs, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The lot's expiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<String>,
    /// The pack all figures of this line count; base units if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// The pledge line, where a label was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pledge_line: Option<PledgeLineId>,
    /// Usable.
    #[serde(default)]
    pub good: Quantity,
    /// Not usable.
    #[serde(default)]
    pub damaged: Quantity,
    /// Held for inspection.
    #[serde(default)]
    pub on_hold: Quantity,
    /// Short; only on a final receipt.
    #[serde(default)]
    pub missing: Quantity,
    /// More than was shipped.
    #[serde(default)]
    pub surplus: Quantity,
    /// Why anything is not simply good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Receives.
///
/// # Errors
/// `insufficient`, `invalid`, `wrong_state`; waits for what is not known yet or still upstream.
pub fn receive(desk: &mut Desk, happening: &Happening, body: &Received) -> Result<EventResult, Halt> {
    let consignment = find_open(desk, body.consignment)?;
    let journey = find_leg(desk, consignment.id, body.leg)?;
    if journey.leg().received_final && !happening.is_rehearsal() {
        return Err(Problem::new(
            Code::WrongState,
            "The receipt of this leg is closed. Correct the final receipt, or report what was found.",
        )
        .at("/leg")
        .into());
    }
    check_receiver(desk, happening, journey.leg().id)?;
    let lines = count(desk, consignment.id, body)?;
    let inferred = imply_departure(desk, happening, &consignment, &journey, &lines)?;
    let mut movements = Vec::new();
    let mut statements = Vec::new();
    all_or_missed(&lines, |line| {
        book_line(desk, happening, &consignment, &journey, line, &mut movements, &mut statements)
    })?;
    book_surplus(desk, happening, &consignment, &journey, &lines, &mut movements, &mut statements)?;
    if body.is_final {
        check_nothing_left(desk, &consignment, &journey, &movements)?;
    }
    let subjects =
        Subjects { leg: Some(journey.leg().id), site: Some(journey.leg().to_id), ..consignment.subjects() };
    note_held(desk, happening, HeldBy::Receipt, &movements);
    let mut result = happening.post(desk, subjects, &movements, &statements)?;
    result.inferred = inferred.map(|departure| departure.id);
    if body.is_final && !happening.is_rehearsal() {
        desk.shelf::<Drawer<Leg>>().put(Leg { received_final: true, ..journey.leg().clone() });
    }
    Ok(result)
}

/// Goods of an item on a leg: those of the lot named first, then those without a known lot, then others.
fn on_the_leg(
    desk: &mut Desk,
    consignment: ConsignmentId,
    leg: LegId,
    goods: &Goods,
) -> Result<Vec<Vec<Holding>>, Halt> {
    let mut holdings = desk.shelf::<Book>().of_consignment(consignment)?;
    holdings.retain(|one| {
        one.cell.account == Account::InTransit
            && one.cell.leg == Some(leg)
            && one.cell.item == goods.item.id
            && one.quantity > 0
    });
    let Some(lot) = goods.lot else { return Ok(vec![holdings]) };
    let (exact, rest): (Vec<_>, Vec<_>) = holdings.into_iter().partition(|one| one.cell.lot == lot);
    let (unnamed, others): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|one| one.cell.lot.is_unknown_of(goods.item.id));
    Ok(vec![exact, unnamed, others])
}

/// Posts the departure a receipt implies, where more came than was known to be on the leg.
fn imply_departure(
    desk: &mut Desk,
    happening: &Happening,
    consignment: &Consignment,
    journey: &Journey,
    lines: &[Counted],
) -> Result<Option<EventResult>, Halt> {
    let mut movements: Vec<Movement> = Vec::new();
    let mut wanted: Vec<(Goods, i64)> = Vec::new();
    for line in lines {
        let same = |goods: &Goods| {
            goods.item.id == line.goods.item.id
                && goods.lot == line.goods.lot
                && goods.label == line.goods.label
        };
        match wanted.iter_mut().find(|(goods, _)| same(goods)) {
            Some((_, sum)) => *sum += line.goods.quantity,
            None => wanted.push((line.goods.clone(), line.goods.quantity)),
        }
    }
    let mut there = desk.shelf::<Book>().of_consignment(consignment.id)?;
    there.retain(|one| {
        one.cell.account == Account::InTransit && one.cell.leg == Some(journey.leg().id) && one.quantity > 0
    });
    all_or_missed(&wanted, |(goods, quantity)| {
        let mut short = *quantity;
        for one in there.iter_mut().filter(|one| {
            one.cell.item == goods.item.id && goods.label.is_none_or(|label| label == one.cell.line)
        }) {
            let part = short.min(one.quantity);
            one.quantity -= part;
            short -= part;
        }
        if short > 0 {
            refuse_if_left(desk, journey, goods, *quantity, short)?;
            let drawn = draw(desk, happening, consignment, journey, goods, short, &movements);
            match drawn {
                Ok(drawn) => movements.extend(drawn),
                Err(Halt::Refused(crate::writer::Refusal::Problem(problem)))
                    if problem.code == Code::Insufficient =>
                {
                    if is_upstream(desk, consignment, journey, Some(goods))? > 0 {
                        return Err(upstream(consignment.id));
                    }
                    return Err(too_many(goods, *quantity, short, &problem).into());
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    })?;
    if movements.is_empty() {
        return Ok(None);
    }
    infer(desk, happening, consignment, journey, &movements).map(Some)
}

/// Nothing is inferred once somebody has said what left: what exceeds that is surplus, and is said to be.
fn refuse_if_left(
    desk: &mut Desk,
    journey: &Journey,
    goods: &Goods,
    counted: i64,
    excess: i64,
) -> Result<(), Halt> {
    let leg = journey.leg();
    if desk.shelf::<Departures>().of(leg.id)?.is_empty() {
        return Ok(());
    }
    let sent = dispatched(desk, leg.id, goods.item.id)?;
    let there = counted - excess;
    let name = &goods.item.name;
    let detail = format!(
        "{counted} base units of {name} are counted, but only {there} of {sent} dispatched are on this leg. Count the \
         {excess} too many as surplus, with a reason; or correct the departure, or post the one that is missing, first."
    );
    let problem = Problem::new(Code::Insufficient, detail)
        .at(goods.pointer.clone())
        .with("account", "in_transit")
        .with("available", there)
        .with("asked", counted)
        .with("dispatched", sent);
    Err(problem.into())
}

fn too_many(goods: &Goods, counted: i64, short: i64, cause: &Problem) -> Problem {
    let available = cause.members.get("available").and_then(serde_json::Value::as_i64).unwrap_or(0);
    let known = counted - short + available;
    Problem::new(
        Code::Insufficient,
        format!(
            "{counted} base units of {} are counted, but only {known} were sent on this leg or are free where it \
             starts. Count what exceeds it as surplus, with a reason.",
            goods.item.name
        ),
    )
    .at(goods.pointer.clone())
    .with("account", "in_transit")
    .with("available", known)
    .with("asked", counted)
}

/// Where goods of a leg go when they arrive, in a condition.
///
/// # Errors
/// Rows missing on the desk.
pub fn arrival_cell(
    desk: &mut Desk,
    consignment: &Consignment,
    journey: &Journey,
    cell: Cell,
    condition: Condition,
) -> Result<Cell, Halt> {
    let leg = journey.leg();
    let site = find_site(desk, leg.to_id)?;
    let donor = desk.shelf::<Book>().line(cell.line)?.donor;
    let base = Cell { condition, leg: None, site: Some(site.id), ..cell };
    if journey.next().is_some() {
        let holder = site.operator_id.or(consignment.consignor_id);
        return Ok(Cell { account: Account::Allocated, consignment: Some(consignment.id), holder, ..base });
    }
    let holder = Some(consignment.consignee_id);
    if donor == holder {
        return Ok(Cell { account: Account::Returned, consignment: Some(consignment.id), holder, ..base });
    }
    if SiteKind::from_word(&site.kind).is_some_and(SiteKind::ends_delivery) {
        return Ok(Cell { account: Account::Delivered, consignment: Some(consignment.id), holder, ..base });
    }
    let holder = site.operator_id.or(holder);
    Ok(Cell { account: Account::InStorage, consignment: None, holder, ..base })
}

/// Books one line: damage, holds and shortage are shared pro rata over what was picked, one after another.
fn book_line(
    desk: &mut Desk,
    happening: &Happening,
    consignment: &Consignment,
    journey: &Journey,
    line: &Counted,
    movements: &mut Vec<Movement>,
    statements: &mut Vec<Statement>,
) -> Result<(), Halt> {
    let picked = pick_received(desk, happening, consignment, journey, line, movements)?;
    let named = |cell: Cell| Cell { lot: line.goods.lot.unwrap_or(cell.lot), ..cell };
    let came: Vec<Holding> = picked
        .iter()
        .map(|part| Holding {
            cell: named(part.cell),
            quantity: part.quantity,
            first_at: happening.occurred_at,
        })
        .collect();
    let facts = lot_facts(desk, &came)?;
    let mut rest: Vec<i64> = picked.iter().map(|part| part.quantity).collect();
    let shares = [
        (Some(Condition::Damaged), line.damaged),
        (Some(Condition::OnHold), line.on_hold),
        (None, line.missing),
        (Some(Condition::Good), line.good),
    ];
    for (condition, total) in shares {
        let split = share_of(condition, total, &rest, &picked);
        let shared = split.iter().copied().enumerate().filter(|(_, quantity)| *quantity > 0);
        all_or_missed(shared, |(index, quantity)| {
            rest[index] -= quantity;
            let part = picked[index];
            let to = match condition {
                None => part.cell.on(Account::Missing),
                Some(condition) => {
                    let lot = named(part.cell).lot;
                    // What was held on the way, and a lot under recall, stays on hold whatever a receipt says: who
                    // counts at a door does not know why, and whoever does releases it.
                    let is_held = part.cell.condition == Condition::OnHold || facts.recalled.contains(&lot);
                    let stays = condition == Condition::Good && is_held;
                    let condition = if stays { Condition::OnHold } else { condition };
                    Cell { lot, ..arrival_cell(desk, consignment, journey, part.cell, condition)? }
                }
            };
            let first = movements.len();
            relabel(desk.shelf(), part.cell, to, quantity, movements, statements)?;
            for movement in &mut movements[first..] {
                movement.chosen = part.chosen;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// How a figure of a receipt is shared over what came: what is counted as on hold is what was held on the way first, all
/// else is shared pro rata.
fn share_of(condition: Option<Condition>, total: i64, rest: &[i64], picked: &[Picked]) -> Vec<i64> {
    if condition != Some(Condition::OnHold) {
        return share_pro_rata(total, rest);
    }
    let is_held = |part: &Picked| part.cell.condition == Condition::OnHold;
    let held: Vec<i64> =
        rest.iter().zip(picked).map(|(rest, part)| if is_held(part) { *rest } else { 0 }).collect();
    let first = total.min(held.iter().sum());
    let mut split = share_pro_rata(first, &held);
    let others: Vec<i64> = rest.iter().zip(&split).map(|(rest, taken)| rest - taken).collect();
    for (part, more) in split.iter_mut().zip(share_pro_rata(total - first, &others)) {
        *part += more;
    }
    split
}

/// Picks what a line counts out of what is on the leg: what was held on the way for what is counted as on hold, and for
/// all else only where nothing else is left.
fn pick_received(
    desk: &mut Desk,
    happening: &Happening,
    consignment: &Consignment,
    journey: &Journey,
    line: &Counted,
    planned: &[Movement],
) -> Result<Vec<Picked>, Halt> {
    let mut left = line.goods.quantity;
    let mut picked = Vec::new();
    let context = PickContext { at: happening.occurred_at, programme: None, destination: None };
    let any = Goods { lot: None, ..line.goods.clone() };
    let mut on_hold = line.on_hold;
    for candidates in on_the_leg(desk, consignment.id, journey.leg().id, &line.goods)? {
        let candidates = less_planned(candidates, planned);
        let (held, others): (Vec<Holding>, Vec<Holding>) =
            candidates.into_iter().partition(|one| one.cell.condition == Condition::OnHold);
        let first = pick_goods(desk, held.clone(), &any, on_hold.min(left), context)?;
        let counted: i64 = first.iter().map(|part| part.quantity).sum();
        (left, on_hold) = (left - counted, on_hold - counted);
        let usual = pick_goods(desk, others, &any, left, context)?;
        left -= usual.iter().map(|part| part.quantity).sum::<i64>();
        let last = pick_goods(desk, less_picked(held, &first), &any, left, context)?;
        left -= last.iter().map(|part| part.quantity).sum::<i64>();
        picked.extend(first.into_iter().chain(usual).chain(last));
    }
    if left > 0 {
        let goods = &line.goods;
        let there = goods.quantity - left;
        return Err(short(&goods.pointer, Account::InTransit, there, goods.quantity, &goods.item.name).into());
    }
    Ok(picked)
}

/// What is left of goods once some of them are picked.
fn less_picked(mut there: Vec<Holding>, picked: &[Picked]) -> Vec<Holding> {
    for one in &mut there {
        let taken = picked.iter().filter(|part| part.cell == one.cell);
        one.quantity -= taken.map(|part| part.quantity).sum::<i64>();
    }
    there.retain(|one| one.quantity > 0);
    there
}

/// Books what is too much: each excess opens a line of a pledge made for it, and is usable.
fn book_surplus(
    desk: &mut Desk,
    happening: &Happening,
    consignment: &Consignment,
    journey: &Journey,
    lines: &[Counted],
    movements: &mut Vec<Movement>,
    statements: &mut Vec<Statement>,
) -> Result<(), Halt> {
    if lines.iter().all(|line| line.surplus == 0) {
        return Ok(());
    }
    let donor = only_donor(desk, consignment.id)?;
    let excess = |(ordinal, line): (usize, &Counted)| {
        let item = line.goods.item.id;
        let lot = line.goods.lot.unwrap_or(LotId::unknown(item));
        (line.surplus > 0).then_some(Excess { ordinal, item, lot, quantity: line.surplus })
    };
    let excesses: Vec<Excess> = lines.iter().enumerate().filter_map(excess).collect();
    let opened = surplus_lines(desk, happening, consignment.programme_id, donor, &excesses, &[])?;
    all_or_missed(excesses.into_iter().zip(opened), |(Excess { item, lot, quantity, .. }, pledge_line)| {
        let source = Cell::source(Account::Surplus, pledge_line, lot, item);
        let to = arrival_cell(desk, consignment, journey, source, Condition::Good)?;
        let to = held_if_recalled(desk, to)?;
        movements.push(Movement::given(source, to, quantity));
        statements.push(Statement { line: pledge_line, lot, item, promised: 0, surplus: quantity });
        Ok(())
    })
}

/// The donor of a consignment's goods, if there is only one.
fn only_donor(desk: &mut Desk, consignment: ConsignmentId) -> Result<Option<OrganizationId>, Halt> {
    let book = desk.shelf::<Book>();
    let mut donors = Vec::new();
    all_or_missed(book.of_consignment(consignment)?, |holding| {
        let donor = book.line(holding.cell.line)?.donor;
        if !donors.contains(&donor) {
            donors.push(donor);
        }
        Ok(())
    })?;
    Ok(if donors.len() == 1 { donors[0] } else { None })
}

/// A final receipt accounts for everything that was on the leg.
fn check_nothing_left(
    desk: &mut Desk,
    consignment: &Consignment,
    journey: &Journey,
    movements: &[Movement],
) -> Result<(), Halt> {
    let mut holdings = desk.shelf::<Book>().of_consignment(consignment.id)?;
    holdings.retain(|one| one.cell.account == Account::InTransit && one.cell.leg == Some(journey.leg().id));
    let left = less_planned(holdings, movements);
    let Some(first) = left.first() else { return Ok(()) };
    let item = find_item(desk, first.cell.item)?;
    let quantity: i64 = left.iter().filter(|one| one.cell.item == item.id).map(|one| one.quantity).sum();
    Err(Problem::field(
        "/lines",
        format!(
            "a final receipt accounts for everything sent: {quantity} base units of {} are neither counted nor said \
             to be missing; add them as missing with a reason, or leave final out",
            item.name
        ),
    )
    .with("item", item.id.to_string())
    .with("quantity", quantity)
    .into())
}
