//! A count of a site: what is short goes to missing, what is over comes from surplus.

use super::place::Place;
use crate::core::id::{CountSheetId, ItemId, LotId, PledgeLineId, ProgrammeId, SiteId};
use crate::core::problem::{Fault, Problem};
use crate::core::quantity::{Quantity, share_pro_rata};
use crate::core::time::Timestamp;
use crate::items::goods::{check_lines, find_item, held_if_recalled, in_base_units, name_lot};
use crate::ledger::event::{EventResult, Halt, Happening, all_or_missed, short};
use crate::ledger::{Account, Book, Cell, Condition, Holding, Movement, Statement};
use crate::pledges::{Excess, surplus_lines};
use crate::programmes::Programme;
use crate::sites::find_site;
use crate::writer::{Desk, Drawer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Free stock of a site was counted.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Where.
    pub site: SiteId,
    /// The programme for goods found that nothing was known of.
    #[serde(default)]
    pub programme: Option<ProgrammeId>,
    /// What was counted.
    pub lines: Vec<CountedLine>,
    /// Why it differs.
    #[serde(default)]
    pub reason: Option<String>,
    /// The count sheet it was posted from; ours to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<CountSheetId>,
}

/// What was counted of one item, lot and condition.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountedLine {
    /// The item.
    pub item: ItemId,
    /// The lot; without it, all lots together.
    #[serde(default)]
    pub lot: Option<String>,
    /// Whether only goods whose lot is not known were counted, instead of all lots together.
    // What is not said is not written, so that a count told before this was known is the same text still.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lot_unknown: bool,
    /// In what condition; good if left out.
    #[serde(default)]
    pub condition: Condition,
    /// Counted base units, or packs where `pack` is named.
    pub counted: Quantity,
    /// The pack counted.
    #[serde(default)]
    pub pack: Option<String>,
    /// Why this line differs, where it is not why all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Goods that are counted together: of an item in a condition one lot, those whose lot is not known, or all lots.
#[derive(Clone, Copy, Debug)]
struct Heap {
    site: SiteId,
    item: ItemId,
    /// The lot, which may be the unknown one; without it, all lots together.
    lot: Option<LotId>,
    condition: Condition,
}

/// What free stock of a heap was recorded at a time, and what of its cells is still there. What has gone since lay
/// there too: its cells may be empty by now.
fn recorded_at(desk: &mut Desk, heap: &Heap, at: Timestamp) -> Result<(i64, Vec<Holding>), Halt> {
    let book = desk.shelf::<Book>();
    let mut there = Vec::new();
    let mut recorded = 0;
    let since = book.in_storage_since(heap.site, heap.item, at)?;
    all_or_missed(since, |held| {
        let counts = held.cell.condition == heap.condition && heap.lot.is_none_or(|lot| held.cell.lot == lot);
        if counts {
            recorded += book.balance_at(&held.cell, at)?;
            there.push(held);
        }
        Ok(())
    })?;
    there.sort_unstable_by_key(|held| held.cell.key());
    Ok((recorded, there))
}

/// The free stock of an item that was recorded at a site at a time, by lot and condition, empty heaps left out.
///
/// # Errors
/// Rows missing on the desk.
pub fn heaps_at(
    desk: &mut Desk,
    site: SiteId,
    item: ItemId,
    at: Timestamp,
) -> Result<BTreeMap<(LotId, Condition), i64>, Halt> {
    let book = desk.shelf::<Book>();
    let mut heaps: BTreeMap<(LotId, Condition), i64> = BTreeMap::new();
    all_or_missed(book.in_storage_since(site, item, at)?, |held| {
        *heaps.entry((held.cell.lot, held.cell.condition)).or_default() += book.balance_at(&held.cell, at)?;
        Ok(())
    })?;
    heaps.retain(|_, quantity| *quantity != 0);
    Ok(heaps)
}

/// Counts: compared with what was recorded at the minute of the count.
///
/// # Errors
/// `invalid`, `insufficient` where what is short has gone since; waits for what is not known yet.
pub fn count(desk: &mut Desk, happening: &Happening, body: &Counted) -> Result<EventResult, Halt> {
    let place = Place { site: Some(body.site), ..Place::default() };
    let subjects = place.subjects(desk)?;
    check_lines(body.lines.len())?;
    check_once(&body.lines)?;
    let mut movements = Vec::new();
    let mut statements = Vec::new();
    all_or_missed(body.lines.iter().enumerate(), |(index, line)| {
        count_line(desk, happening, body, index, line, &mut movements, &mut statements)
    })?;
    Ok(happening.post(desk, subjects, &movements, &statements)?)
}

/// Each heap is counted once: a line without a lot counts all lots of its item together.
fn check_once(lines: &[CountedLine]) -> Result<(), Problem> {
    for (index, line) in lines.iter().enumerate() {
        let twice = lines[..index].iter().any(|other| {
            let lots = (other.lot.as_deref().map(str::trim), line.lot.as_deref().map(str::trim));
            let overlap = match lots {
                (Some(one), Some(two)) => one == two,
                (None, Some(_)) => !other.lot_unknown,
                (Some(_), None) => !line.lot_unknown,
                (None, None) => true,
            };
            other.item == line.item && other.condition == line.condition && overlap
        });
        if twice {
            let detail =
                "counts again what an earlier line counts; write one line for each item, lot and condition";
            return Err(Problem::field(format!("/lines/{index}"), detail).coded(Fault::Twice));
        }
    }
    Ok(())
}

fn count_line(
    desk: &mut Desk,
    happening: &Happening,
    body: &Counted,
    index: usize,
    line: &CountedLine,
    movements: &mut Vec<Movement>,
    statements: &mut Vec<Statement>,
) -> Result<(), Halt> {
    let pointer = format!("/lines/{index}");
    let item = find_item(desk, line.item)?;
    let counted = match &line.pack {
        Some(pack) => in_base_units(desk, &item, pack, line.counted, &format!("{pointer}/counted"))?,
        None => line.counted.get(),
    };
    let lot = match &line.lot {
        Some(_) if line.lot_unknown => {
            let detail = "stands beside a lot; say one of the two";
            return Err(Problem::field(format!("{pointer}/lot_unknown"), detail)
                .coded(Fault::OneOfTwo)
                .into());
        }
        Some(number) => Some(name_lot(desk, &item, number, None, &pointer)?),
        None => line.lot_unknown.then(|| LotId::unknown(item.id)),
    };
    let heap = Heap { site: body.site, item: item.id, lot, condition: line.condition };
    let (recorded, there) = recorded_at(desk, &heap, happening.occurred_at)?;
    if counted < recorded {
        let weights: Vec<i64> = there.iter().map(|held| held.quantity.max(0)).collect();
        let (lacking, left) = (recorded - counted, weights.iter().sum());
        if lacking > left {
            let name = format!("{} ({recorded} recorded at the time, {counted} counted)", item.name);
            return Err(short(&format!("{pointer}/counted"), Account::InStorage, left, lacking, &name).into());
        }
        let shares = share_pro_rata(lacking, &weights);
        for (held, share) in there.iter().zip(shares).filter(|(_, share)| *share > 0) {
            movements.push(Movement::given(held.cell, held.cell.on(Account::Missing), share));
        }
    } else if counted > recorded {
        let over = counted - recorded;
        let named = lot.unwrap_or(LotId::unknown(item.id));
        let excess = Excess { ordinal: index, item: item.id, lot: named, quantity: over };
        let known = restated_cell(happening, body.site, item.id, lot, line.condition);
        let to = match known.or_else(|| first_in(&there)) {
            Some(cell) => cell,
            None => opened_cell(desk, happening, body, excess, line.condition, statements)?,
        };
        let source = Cell::source(Account::Surplus, to.line, to.lot, to.item);
        let to = held_if_recalled(desk, to)?;
        movements.push(Movement::given(source, to, over));
        statements.push(Statement { line: to.line, lot: to.lot, item: to.item, promised: 0, surplus: over });
    }
    Ok(())
}

/// Where a count that is corrected put what was over: the goods stay on the line they came in on.
fn restated_cell(
    happening: &Happening,
    site: SiteId,
    item: ItemId,
    lot: Option<LotId>,
    condition: Condition,
) -> Option<Cell> {
    let restated = happening.restates.as_ref()?;
    let is_excess = |cell: &Cell| {
        restated.statements.iter().any(|one| one.surplus > 0 && one.line == cell.line && one.lot == cell.lot)
    };
    let found = restated.changes.iter().find(|(cell, change)| {
        *change > 0
            && cell.account == Account::InStorage
            && cell.condition == condition
            && cell.site == Some(site)
            && cell.item == item
            && lot.is_none_or(|lot| cell.lot == lot)
            && is_excess(cell)
    });
    found.map(|(cell, _)| *cell)
}

/// What came first of what is still there: what is over is put beside it.
fn first_in(there: &[Holding]) -> Option<Cell> {
    let still = there.iter().filter(|held| held.quantity > 0);
    still.min_by_key(|held| (held.first_at, held.cell.key())).map(|held| held.cell)
}

/// Where goods are put that nothing was known of: on a pledge opened for them.
fn opened_cell(
    desk: &mut Desk,
    happening: &Happening,
    body: &Counted,
    excess: Excess,
    condition: Condition,
    statements: &[Statement],
) -> Result<Cell, Halt> {
    let Some(programme) = body.programme else {
        let detail =
            "is missing; nothing of an item counted was known here, so say whose programme it is for";
        return Err(Problem::field("/programme", detail).coded(Fault::Required).into());
    };
    desk.shelf::<Drawer<Programme>>()
        .find(programme)?
        .ok_or_else(|| Halt::unknown("programme", programme.0))?;
    let site = find_site(desk, body.site)?;
    let taken: Vec<PledgeLineId> = statements.iter().map(|one| one.line).collect();
    let lines = surplus_lines(desk, happening, programme, None, &[excess], &taken)?;
    let Some(line) = lines.first().copied() else {
        return Err(Problem::internal("an excess without a line".to_owned()).into());
    };
    Ok(Cell {
        account: Account::InStorage,
        condition,
        line,
        lot: excess.lot,
        item: excess.item,
        consignment: None,
        leg: None,
        site: Some(site.id),
        holder: site.operator_id,
    })
}
