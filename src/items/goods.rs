//! Lines of goods as people write them, and what they mean in base units and lots.

use super::store::{Item, Lot, Pack, lot_id, lot_row};
use crate::core::id::{ItemId, LotId, PledgeLineId};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::quantity::{MAXIMUM, Quantity};
use crate::core::time::Timestamp;
use crate::ledger::event::{Halt, all_or_missed, short};
use crate::ledger::{Account, Book, Cell, Condition, Holding};
use crate::writer::{Desk, Drawer, Wanted};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Lines of one update: more than any waybill has, few enough to decide at once.
pub const LINES_MAXIMUM: usize = 500;
/// Characters of a lot number; GS1 allows 20, others print more.
const LOT_NUMBER_MAXIMUM: usize = 60;

/// Some goods of one item.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoodsLine {
    /// The item.
    pub item: ItemId,
    /// The lot number on the packs, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// The lot's expiry, such as 2022-11-30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<String>,
    /// Base units; or say `pack` and `packs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// The name of a pack of this item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// How many of that pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packs: Option<Quantity>,
    /// The pledge line, where a label was scanned; else the system picks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pledge_line: Option<PledgeLineId>,
}

/// A line that was understood.
#[derive(Clone, Debug)]
pub struct Goods {
    /// Where the line stands in the body.
    pub pointer: String,
    /// The item.
    pub item: Arc<Item>,
    /// The lot named.
    pub lot: Option<LotId>,
    /// Base units, above zero.
    pub quantity: i64,
    /// The pledge line of a scanned label.
    pub label: Option<PledgeLineId>,
}

/// The same, where other goods stand beside them, so that there may be none.
///
/// # Errors
/// As [`understand`].
pub fn understand_beside(desk: &mut Desk, lines: &[GoodsLine], others: usize) -> Result<Vec<Goods>, Halt> {
    if lines.is_empty() && others > 0 { Ok(Vec::new()) } else { understand(desk, lines) }
}

/// Understands all lines of an update.
///
/// # Errors
/// `invalid` naming the field; waits for an item that is not known yet; rows missing on the desk.
pub fn understand(desk: &mut Desk, lines: &[GoodsLine]) -> Result<Vec<Goods>, Halt> {
    check_lines(lines.len())?;
    let mut goods = Vec::with_capacity(lines.len());
    all_or_missed(lines.iter().enumerate(), |(index, line)| {
        let pointer = format!("/lines/{index}");
        let item = find_item(desk, line.item)?;
        let quantity = amount(desk, &item, line, &pointer)?;
        if quantity == 0 {
            return Err(Problem::field(
                format!("{pointer}/quantity"),
                "0 moves nothing; write at least 1 base unit or leave the line out",
            )
            .coded(Fault::TooSmall)
            .at_least(1)
            .into());
        }
        let lot = match &line.lot {
            Some(number) => Some(name_lot(desk, &item, number, line.expires_on.as_deref(), &pointer)?),
            None => None,
        };
        goods.push(Goods { pointer, item, lot, quantity, label: line.pledge_line });
        Ok(())
    })?;
    Ok(goods)
}

/// Checks the number of lines.
///
/// # Errors
/// `invalid` where there are none or too many.
pub fn check_lines(count: usize) -> Result<(), Problem> {
    if count == 0 {
        return Err(Problem::field("/lines", "there are no lines; say at least one item and quantity")
            .coded(Fault::Required));
    }
    if count > LINES_MAXIMUM {
        return Err(Problem::field(
            "/lines",
            format!("{count} lines are too many; send at most {LINES_MAXIMUM} in one update"),
        )
        .coded(Fault::TooMany)
        .at_most(LINES_MAXIMUM));
    }
    Ok(())
}

/// The item of that identifier.
///
/// # Errors
/// Waits where it is not known yet; rows missing on the desk.
pub fn find_item(desk: &mut Desk, item: ItemId) -> Result<Arc<Item>, Halt> {
    desk.shelf::<Drawer<Item>>().find(item)?.ok_or_else(|| Halt::unknown("item", item.0))
}

fn amount(desk: &mut Desk, item: &Item, line: &GoodsLine, pointer: &str) -> Result<i64, Halt> {
    match (line.quantity, &line.pack, line.packs) {
        (Some(quantity), None, None) => Ok(quantity.get()),
        (None, Some(pack), Some(count)) => {
            in_base_units(desk, item, pack, count, &format!("{pointer}/packs"))
        }
        (None, None, None) => {
            Err(Problem::field(format!("{pointer}/quantity"), "is missing; say quantity, or pack and packs")
                .coded(Fault::Required)
                .into())
        }
        (_, None, Some(_)) => {
            Err(Problem::field(format!("{pointer}/pack"), "is missing; name the pack that packs counts")
                .coded(Fault::Required)
                .into())
        }
        (Some(_), Some(_), _) => {
            Err(Problem::field(format!("{pointer}/quantity"), "stands beside pack; say only one of the two")
                .coded(Fault::OneOfTwo)
                .into())
        }
        (None, Some(_), None) => {
            Err(Problem::field(format!("{pointer}/packs"), "is missing; say how many of that pack")
                .coded(Fault::Required)
                .into())
        }
    }
}

/// How many base units so many packs are; what does not come out whole is refused.
///
/// # Errors
/// `invalid` naming the pack; rows missing on the desk.
pub fn in_base_units(
    desk: &mut Desk,
    item: &Item,
    pack: &str,
    count: Quantity,
    pointer: &str,
) -> Result<i64, Halt> {
    let packs = desk.shelf::<Drawer<Pack>>().group(item.id)?;
    let Some(found) = packs.iter().find(|one| one.name == pack) else {
        let known: Vec<&str> = packs.iter().map(|one| one.name.as_str()).collect();
        return Err(Problem::field(
            pointer,
            format!("{:?} is no pack of {}; known are: {}", pack, item.name, known.join(", ")),
        )
        .into());
    };
    let size = found.size();
    size.to_base(count).map(Quantity::get).ok_or_else(|| {
        Problem::field(
            pointer,
            format!(
                "{count} × {pack} at {}/{} {} a pack is no whole number of {}; count in {} instead",
                size.numerator, size.denominator, item.base_unit, item.base_unit, item.base_unit
            ),
        )
        .into()
    })
}

/// The lot of that number, made where it is named for the first time.
///
/// # Errors
/// `invalid` where the number or the expiry cannot be, or the lot is known with another expiry.
pub fn name_lot(
    desk: &mut Desk,
    item: &Item,
    number: &str,
    expires_on: Option<&str>,
    pointer: &str,
) -> Result<LotId, Halt> {
    let number = number.trim();
    if number.is_empty()
        || number.chars().count() > LOT_NUMBER_MAXIMUM
        || number.chars().any(char::is_control)
    {
        return Err(Problem::field(
            format!("{pointer}/lot"),
            format!(
                "{number:?} is no lot number; write 1 to {LOT_NUMBER_MAXIMUM} characters, or leave it out"
            ),
        )
        .coded(Fault::TooLong)
        .at_most(LOT_NUMBER_MAXIMUM)
        .into());
    }
    if let Some(date) = expires_on
        && chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").is_err()
    {
        return Err(Problem::field(
            format!("{pointer}/expires_on"),
            format!("{date:?} is not a date; write it like 2022-11-30"),
        )
        .coded(Fault::NotADate)
        .into());
    }
    let id = lot_id(item.id, number);
    let now = desk.now();
    match desk.shelf::<Drawer<Lot>>().find(id)? {
        None => {
            let row = lot_row(item.id, number, expires_on.map(str::to_owned), now);
            desk.shelf::<Drawer<Lot>>().put(row);
        }
        Some(known) => match (&known.expires_on, expires_on) {
            (Some(old), Some(new)) if old != new => {
                return Err(Problem::field(
                    format!("{pointer}/expires_on"),
                    format!("{new} is not what lot {number} is known with ({old}); check the label"),
                )
                .into());
            }
            (None, Some(new)) => {
                desk.shelf::<Drawer<Lot>>()
                    .put(Lot { expires_on: Some(new.to_owned()), ..known.as_ref().clone() });
            }
            (_, None) | (Some(_), Some(_)) => {}
        },
    }
    Ok(id)
}

/// What is known of the lots of some goods.
#[derive(Clone, Debug, Default)]
pub struct LotFacts {
    /// The expiry of each lot that has one.
    pub expiry: HashMap<LotId, String>,
    /// Lots under recall.
    pub recalled: Vec<LotId>,
}

impl LotFacts {
    /// Whether a lot had expired on the day of `at`.
    pub fn is_expired(&self, lot: LotId, at: Timestamp) -> bool {
        let day = at.to_datetime().date_naive().to_string();
        self.expiry.get(&lot).is_some_and(|expires_on| *expires_on < day)
    }
}

/// Looks up the lots of some goods.
///
/// # Errors
/// [`Wanted`] where one is not loaded.
pub fn lot_facts(desk: &mut Desk, holdings: &[Holding]) -> Result<LotFacts, Wanted> {
    let mut facts = LotFacts::default();
    let mut missing = false;
    let drawer = desk.shelf::<Drawer<Lot>>();
    for holding in holdings {
        let lot = holding.cell.lot;
        if lot.is_unknown_of(holding.cell.item) || facts.expiry.contains_key(&lot) {
            continue;
        }
        match drawer.find(lot) {
            Ok(Some(row)) => {
                if let Some(expires_on) = &row.expires_on {
                    facts.expiry.insert(lot, expires_on.clone());
                }
                if row.recalled && !facts.recalled.contains(&lot) {
                    facts.recalled.push(lot);
                }
            }
            Ok(None) => {}
            Err(Wanted) => missing = true,
        }
    }
    if missing { Err(Wanted) } else { Ok(facts) }
}

/// The same cell, on hold where its lot is under recall: whatever a later document says of a recalled lot, it
/// stays on hold until the recall ends.
///
/// # Errors
/// [`Wanted`] where the lot is not loaded.
pub fn held_if_recalled(desk: &mut Desk, cell: Cell) -> Result<Cell, Wanted> {
    let has_condition = cell.account.is_custody() || cell.account == Account::Delivered;
    if !has_condition || cell.condition != Condition::Good || cell.lot.is_unknown_of(cell.item) {
        return Ok(cell);
    }
    let recalled = desk.shelf::<Drawer<Lot>>().find(cell.lot)?.is_some_and(|lot| lot.recalled);
    Ok(if recalled { cell.being(Condition::OnHold) } else { cell })
}

/// What picking needs to know besides the goods themselves.
#[derive(Clone, Copy, Debug)]
pub struct PickContext<'a> {
    /// When the goods were taken.
    pub at: Timestamp,
    /// Only goods of this programme.
    pub programme: Option<crate::core::id::ProgrammeId>,
    /// The country they are for.
    pub destination: Option<&'a str>,
}

/// Picks goods out of `candidates` by the rule or by the scanned label. What it returns may add up to less
/// than the line asks for.
///
/// # Errors
/// [`Wanted`] where rows are missing on the desk.
pub fn pick_goods(
    desk: &mut Desk,
    candidates: Vec<Holding>,
    goods: &Goods,
    wanted: i64,
    context: PickContext<'_>,
) -> Result<Vec<crate::ledger::Picked>, Wanted> {
    let facts = lot_facts(desk, &candidates)?;
    let want = crate::ledger::Shelfful {
        quantity: wanted,
        at: context.at,
        lot: goods.lot,
        label: goods.label,
        programme: context.programme,
        destination: context.destination,
        expiry: &facts.expiry,
    };
    crate::ledger::pick(desk.shelf(), candidates, &want)
}

/// Why a line could not be picked whole: for want of goods, or because what is there is earmarked for another
/// country than the one it would go to.
///
/// # Errors
/// [`Wanted`] where rows are missing on the desk.
pub fn short_of(
    desk: &mut Desk,
    candidates: Vec<Holding>,
    goods: &Goods,
    found: i64,
    account: Account,
    context: PickContext<'_>,
) -> Result<Problem, Wanted> {
    let pointer = format!("{}/quantity", goods.pointer);
    let lines: Vec<_> = candidates.iter().map(|one| one.cell.line).collect();
    let anywhere = PickContext { destination: None, ..context };
    let there = pick_goods(desk, candidates, goods, MAXIMUM, anywhere)?;
    let elsewhere = there.iter().map(|part| part.quantity).sum::<i64>() - found;
    let (Some(country), true) = (context.destination, elsewhere > 0) else {
        return Ok(short(&pointer, account, found, goods.quantity, &goods.item.name));
    };
    let mut earmarks = BTreeSet::new();
    for line in lines {
        // Picking has asked for the facts of every line.
        earmarks.extend(desk.shelf::<Book>().line(line)?.earmark.clone().filter(|one| one != country));
    }
    let earmarks: Vec<String> = earmarks.into_iter().collect();
    let detail = format!(
        "{} base units of {} are asked for, and {found} that are {} may go to {country}; {elsewhere} more are \
         earmarked for {}. Nothing was changed: take other goods, or name the pledge line of those.",
        goods.quantity,
        goods.item.name,
        account.word(),
        earmarks.join(", ")
    );
    let problem = Problem::new(Code::Insufficient, detail).at(pointer);
    let figures =
        problem.with("account", account.word()).with("available", found).with("asked", goods.quantity);
    Ok(figures.with("earmarked_elsewhere", elsewhere))
}

/// Candidates less what earlier lines of the same update take from them.
pub fn less_planned(mut candidates: Vec<Holding>, movements: &[crate::ledger::Movement]) -> Vec<Holding> {
    for holding in &mut candidates {
        for movement in movements {
            if movement.from == holding.cell {
                holding.quantity -= movement.quantity;
            }
        }
    }
    candidates.retain(|holding| holding.quantity > 0);
    candidates
}
