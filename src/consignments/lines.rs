//! Reading the lines of a receipt: in base units, and with a reason for what differs from what left.

use super::receive::{Received, ReceivedLine};
use crate::core::id::ConsignmentId;
use crate::core::problem::{Fault, Problem};
use crate::items::goods::{Goods, check_lines, find_item, in_base_units, name_lot};
use crate::ledger::event::{Halt, all_or_missed};
use crate::ledger::{Account, Book, Condition};
use crate::writer::Desk;

/// A line in base units.
pub(super) struct Counted {
    pub(super) goods: Goods,
    pub(super) good: i64,
    pub(super) damaged: i64,
    pub(super) on_hold: i64,
    pub(super) missing: i64,
    pub(super) surplus: i64,
}

/// Understands the lines of a receipt.
pub(super) fn count(
    desk: &mut Desk,
    consignment: ConsignmentId,
    body: &Received,
) -> Result<Vec<Counted>, Halt> {
    check_lines(body.lines.len())?;
    let mut lines = Vec::with_capacity(body.lines.len());
    all_or_missed(body.lines.iter().enumerate(), |(index, line)| {
        let pointer = format!("/lines/{index}");
        let item = find_item(desk, line.item)?;
        let figures = [
            ("good", line.good),
            ("damaged", line.damaged),
            ("on_hold", line.on_hold),
            ("missing", line.missing),
            ("surplus", line.surplus),
        ];
        let mut base = [0_i64; 5];
        for (slot, (name, quantity)) in base.iter_mut().zip(figures) {
            *slot = match &line.pack {
                Some(pack) => in_base_units(desk, &item, pack, quantity, &format!("{pointer}/{name}"))?,
                None => quantity.get(),
            };
        }
        let [good, damaged, on_hold, missing, surplus] = base;
        let is_told = line.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
        let differs =
            missing + surplus > 0 || came_worse(desk, consignment, line, [damaged, on_hold], &lines)?;
        if differs && !is_told {
            let detail =
                "is missing; say why more is damaged or on hold than left so, is missing or is too many";
            return Err(Problem::field(format!("{pointer}/reason"), detail).coded(Fault::Required).into());
        }
        if missing > 0 && !body.is_final {
            let detail =
                format!("{missing} can only be missing on a final receipt; set final, or leave missing out");
            return Err(Problem::field(format!("{pointer}/missing"), detail).into());
        }
        if good + damaged + on_hold + missing + surplus == 0 {
            return Err(Problem::field(pointer, "counts nothing; say what came")
                .coded(Fault::Required)
                .into());
        }
        let lot = match &line.lot {
            Some(number) => Some(name_lot(desk, &item, number, line.expires_on.as_deref(), &pointer)?),
            None => None,
        };
        let quantity = good + damaged + on_hold + missing;
        let goods = Goods { pointer, item, lot, quantity, label: line.pledge_line };
        lines.push(Counted { goods, good, damaged, on_hold, missing, surplus });
        Ok(())
    })?;
    // What names its pledge line comes first: the rest may be of any line.
    lines.sort_by_key(|line| line.goods.label.is_none());
    Ok(lines)
}

/// Whether more of an item is damaged or on hold than left so, with what earlier lines of the receipt count.
fn came_worse(
    desk: &mut Desk,
    consignment: ConsignmentId,
    line: &ReceivedLine,
    [damaged, on_hold]: [i64; 2],
    before: &[Counted],
) -> Result<bool, Halt> {
    if damaged + on_hold == 0 {
        return Ok(false);
    }
    let mut sent = desk.shelf::<Book>().of_consignment(consignment)?;
    // What this receipt itself would still have depart is not on the leg yet.
    sent.retain(|one| {
        matches!(one.cell.account, Account::InTransit | Account::Allocated)
            && one.cell.item == line.item
            && line.pledge_line.is_none_or(|label| label == one.cell.line)
    });
    let so = |condition: Condition| -> i64 {
        sent.iter().filter(|one| one.cell.condition == condition).map(|one| one.quantity).sum()
    };
    let earlier = || before.iter().filter(|one| one.goods.item.id == line.item);
    let damaged = damaged + earlier().map(|one| one.damaged).sum::<i64>();
    let on_hold = on_hold + earlier().map(|one| one.on_hold).sum::<i64>();
    Ok(damaged > so(Condition::Damaged) || on_hold > so(Condition::OnHold))
}
