//! The events of a plan as kinds of the ledger.
//!
//! Each says its lines with the pledge line as on a label, so that whose goods went where is what the file
//! says and no rule's choice. Ids and bodies come out the same each time, so that posting again changes
//! nothing.

use crate::consignments::{Allocated, Arrived, Departed, Received, ReceivedLine};
use crate::core::id::{ConsignmentId, EventId, ItemId, LegId, PledgeId, PledgeLineId, derived};
use crate::core::problem::Problem;
use crate::core::quantity::Quantity;
use crate::core::time::{Precision, Timestamp};
use crate::events::Kind;
use crate::exchange::dates::{DatePrecision, TableDate};
use crate::items::goods::GoodsLine;
use crate::pledges::{AcceptedLine, PledgeAccepted};

/// Why goods of a receipt are damaged, held, missing or too many, where only a column says so.
const REASON: &str = "as the imported file states";

/// A line of goods with its label.
#[derive(Clone, Copy, Debug)]
pub struct LabelledGoods {
    /// The item.
    pub item: ItemId,
    /// Base units.
    pub quantity: i64,
    /// The pledge line, where the file names one.
    pub line: Option<PledgeLineId>,
}

/// What came of a line.
#[derive(Clone, Copy, Debug)]
pub struct CountedGoods {
    /// The item.
    pub item: ItemId,
    /// The pledge line, where the file names one.
    pub line: Option<PledgeLineId>,
    /// Good, damaged, on hold, missing and surplus base units.
    pub parts: [i64; 5],
}

/// When something happened, as the ledger says it.
pub fn moment(date: TableDate) -> (Timestamp, Precision) {
    let precision = match date.precision {
        DatePrecision::Minute => Precision::Minute,
        DatePrecision::Day => Precision::Day,
        DatePrecision::Month => Precision::Month,
        DatePrecision::Inferred => Precision::Inferred,
    };
    (Timestamp(date.unix_microseconds()), precision)
}

fn quantity(units: i64) -> Result<Quantity, Problem> {
    Quantity::new(units).ok_or_else(|| {
        Problem::field("/quantity", format!("{units} is no quantity; write 0 to 2^53 base units"))
    })
}

/// Lines of a pledge are accepted.
///
/// # Errors
/// Where a quantity is out of range.
pub fn accept(pledge: PledgeId, lines: &[(PledgeLineId, i64)]) -> Result<Kind, Problem> {
    let lines =
        lines.iter().map(|(line, units)| Ok(AcceptedLine { line: *line, quantity: quantity(*units)? }));
    let lines = Some(lines.collect::<Result<Vec<_>, Problem>>()?);
    Ok(Kind::PledgeAccepted(Box::new(PledgeAccepted { pledge, lines, despite: None })))
}

fn goods_lines(goods: &[LabelledGoods]) -> Result<Vec<GoodsLine>, Problem> {
    let line = |one: &LabelledGoods| {
        let quantity = Some(quantity(one.quantity)?);
        let (lot, expires_on, pack, packs) = (None, None, None, None);
        Ok(GoodsLine { item: one.item, lot, expires_on, quantity, pack, packs, pledge_line: one.line })
    };
    goods.iter().map(line).collect()
}

/// Goods are reserved for a consignment out of what donors hold.
///
/// # Errors
/// Where a quantity is out of range.
pub fn allocate(consignment: ConsignmentId, goods: &[LabelledGoods]) -> Result<Kind, Problem> {
    let lines = goods_lines(goods)?;
    Ok(Kind::Allocated(Box::new(Allocated {
        consignment,
        site: None,
        pledge: None,
        lines,
        units: Vec::new(),
    })))
}

/// A leg departs with these goods.
///
/// # Errors
/// Where a quantity is out of range.
pub fn depart(consignment: ConsignmentId, leg: LegId, goods: &[LabelledGoods]) -> Result<Kind, Problem> {
    let lines = Some(goods_lines(goods)?);
    Ok(Kind::Departed(Box::new(Departed { consignment, leg: Some(leg), load: None, lines })))
}

/// A leg arrives.
pub fn arrive(consignment: ConsignmentId, leg: LegId) -> Kind {
    Kind::Arrived(Box::new(Arrived { consignment, leg: Some(leg), load: None }))
}

/// A leg is received.
///
/// # Errors
/// Where a quantity is out of range.
pub fn receive(
    (consignment, leg): (ConsignmentId, LegId),
    is_final: bool,
    goods: &[CountedGoods],
) -> Result<Kind, Problem> {
    let lines = goods.iter().map(|one| {
        let [good, damaged, on_hold, missing, surplus] = one.parts;
        let reason = (damaged + on_hold + missing + surplus > 0).then(|| REASON.to_owned());
        Ok(ReceivedLine {
            item: one.item,
            lot: None,
            expires_on: None,
            pack: None,
            pledge_line: one.line,
            good: quantity(good)?,
            damaged: quantity(damaged)?,
            on_hold: quantity(on_hold)?,
            missing: quantity(missing)?,
            surplus: quantity(surplus)?,
            reason,
        })
    });
    let lines = lines.collect::<Result<Vec<_>, Problem>>()?;
    Ok(Kind::Received(Box::new(Received { consignment, leg: Some(leg), is_final, lines, document: None })))
}

/// The allocation an import makes of a consignment.
pub fn allocation_id(consignment: ConsignmentId) -> EventId {
    derived(consignment.0, "imported allocation", 0)
}
