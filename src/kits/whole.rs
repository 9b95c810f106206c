//! Units as others move them: found where they stand, moved with all they hold, and put back where an event is reversed.

use super::claims::Reserved;
use super::pack::Ssccs;
use super::store::{HandlingUnit, UnitContent};
use crate::core::id::{ConsignmentId, EventId, HandlingUnitId, LegId, SiteId};
use crate::core::problem::{Code, Fault, Problem};
use crate::ledger::event::{Halt, all_or_missed, short};
use crate::ledger::{Account, Book, Cell, Movement};
use crate::writer::{Desk, Drawer, Index, Register};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::rules::UNITS_MAXIMUM;

/// Where units stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitPlace {
    /// At a site, reserved for nobody.
    Site(SiteId),
    /// With a consignment.
    Consignment(ConsignmentId),
}

impl UnitPlace {
    fn has(self, unit: &HandlingUnit) -> bool {
        match self {
            Self::Site(site) => unit.consignment_id.is_none() && unit.site_id == site,
            Self::Consignment(consignment) => unit.consignment_id == Some(consignment),
        }
    }
}

/// Finds packed units at a place. One that is elsewhere is answered as one that is not there at all.
///
/// # Errors
/// `invalid` naming the unit; rows missing on the desk.
pub fn find_units(
    desk: &mut Desk,
    units: &[HandlingUnitId],
    place: UnitPlace,
) -> Result<Vec<Arc<HandlingUnit>>, Halt> {
    if units.len() > UNITS_MAXIMUM {
        let detail = format!("are {}; name at most {UNITS_MAXIMUM} in one event", units.len());
        return Err(Problem::field("/units", detail).coded(Fault::TooMany).at_most(UNITS_MAXIMUM).into());
    }
    let mut found = Vec::with_capacity(units.len());
    let mut named = BTreeSet::new();
    all_or_missed(units.iter().enumerate(), |(index, id)| {
        let unit = desk.shelf::<Drawer<HandlingUnit>>().find(*id)?;
        let unit = unit.filter(|unit| unit.unpacked_by.is_none() && place.has(unit));
        let Some(unit) = unit.filter(|_| named.insert(*id)) else {
            let detail = format!("{id} is no packed handling unit here, or stands twice");
            return Err(Problem::field(format!("/units/{index}"), detail).coded(Fault::Unknown).into());
        };
        found.push(unit);
        Ok(())
    })?;
    Ok(found)
}

/// What a unit holds, in its order.
pub(super) fn contents_of(desk: &mut Desk, unit: HandlingUnitId) -> Result<Vec<Arc<UnitContent>>, Halt> {
    let mut rows = desk.shelf::<Drawer<UnitContent>>().group(unit)?;
    rows.sort_by_key(|row| row.ordinal);
    Ok(rows)
}

/// Where what units hold is in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitGoods {
    /// At a site, reserved for nobody.
    At(SiteId),
    /// Reserved for a consignment at one of its stops.
    Stop(ConsignmentId, SiteId),
    /// With a consignment on a leg.
    Leg(ConsignmentId, LegId),
}

impl UnitGoods {
    /// Whether goods of a cell are there.
    pub fn has(self, cell: &Cell) -> bool {
        let is_reserved = cell.account == Account::Allocated;
        match self {
            Self::At(site) => is_reserved && cell.site == Some(site) && cell.consignment.is_none(),
            Self::Stop(consignment, site) => {
                is_reserved && cell.site == Some(site) && cell.consignment == Some(consignment)
            }
            Self::Leg(consignment, leg) => {
                cell.account == Account::InTransit
                    && cell.leg == Some(leg)
                    && cell.consignment == Some(consignment)
            }
        }
    }
}

/// Goods of a content where it stands, good ones first, as far as earlier movements leave them; and how much lacks.
pub(super) fn drawn(
    desk: &mut Desk,
    content: &UnitContent,
    place: UnitGoods,
    planned: &[Movement],
) -> Result<(Vec<(Cell, i64)>, i64), Halt> {
    let book = desk.shelf::<Book>();
    let mut there = match place {
        UnitGoods::At(site) => book.of_stock(site, content.item_id, Account::Allocated)?,
        UnitGoods::Stop(consignment, _) | UnitGoods::Leg(consignment, _) => {
            book.of_consignment(consignment)?
        }
    };
    there.retain(|one| {
        place.has(&one.cell) && one.cell.line == content.pledge_line_id && one.cell.lot == content.lot_id
    });
    there.sort_unstable_by_key(|one| (one.cell.condition, one.cell.key()));
    let mut left = content.quantity;
    let mut parts = Vec::new();
    for one in there {
        let taken: i64 =
            planned.iter().filter(|other| other.from == one.cell).map(|other| other.quantity).sum();
        let part = left.min(one.quantity - taken);
        if part > 0 {
            parts.push((one.cell, part));
            left -= part;
        }
    }
    Ok((parts, left))
}

/// Moves all that units at a place hold, each unit whole.
///
/// # Errors
/// `insufficient` where a unit is not whole any more; what `to` refuses; rows missing on the desk.
pub fn move_units(
    desk: &mut Desk,
    units: &[Arc<HandlingUnit>],
    place: UnitGoods,
    movements: &mut Vec<Movement>,
    to: impl Fn(&mut Desk, usize, Cell) -> Result<Cell, Halt>,
) -> Result<(), Halt> {
    all_or_missed(units.iter().enumerate(), |(index, unit)| {
        all_or_missed(contents_of(desk, unit.id)?, |content| {
            let (parts, lacks) = drawn(desk, &content, place, movements)?;
            if lacks > 0 {
                let (there, what) =
                    (content.quantity - lacks, format!("what {} was packed with", unit.number));
                let refusal =
                    short(&format!("/units/{index}"), Account::Allocated, there, content.quantity, &what);
                return Err(refusal.into());
            }
            for (cell, quantity) in parts {
                movements.push(Movement::given(cell, to(desk, index, cell)?, quantity));
            }
            Ok(())
        })
    })
}

/// Notes where units are from now on; within the entry of the event that moved them.
pub fn place_units(
    desk: &mut Desk,
    units: &[Arc<HandlingUnit>],
    site: Option<SiteId>,
    consignment: Option<ConsignmentId>,
) {
    for unit in units {
        change(desk, unit, |row| {
            row.site_id = site.unwrap_or(row.site_id);
            row.consignment_id = consignment;
        });
    }
}

pub(super) fn change(desk: &mut Desk, unit: &HandlingUnit, edit: impl FnOnce(&mut HandlingUnit)) {
    let mut row = unit.clone();
    edit(&mut row);
    row.revision += 1;
    desk.touch(row.id.0);
    if let Some(consignment) = row.consignment_id {
        desk.shelf::<Index<Reserved>>().note(consignment, row.id);
    }
    desk.shelf::<Drawer<HandlingUnit>>().put(row);
}

/// That a unit is not as the event left it that is to be reversed.
fn moved_on(unit: &HandlingUnit) -> Halt {
    let detail =
        format!("The handling unit {} has been moved or unpacked since; reverse that first.", unit.number);
    Problem::new(Code::DependedOn, detail).at("/event").into()
}

/// Takes back that units were packed.
///
/// # Errors
/// `depended_on` where one was moved or unpacked since; rows missing on the desk.
pub fn pack_reversed(desk: &mut Desk, packed: EventId, site: SiteId, reversal: EventId) -> Result<(), Halt> {
    let units = desk.shelf::<Drawer<HandlingUnit>>().group(packed)?;
    for unit in &units {
        if unit.unpacked_by.is_some() || !UnitPlace::Site(site).has(unit) {
            return Err(moved_on(unit));
        }
    }
    for unit in &units {
        // It was never packed, so that its code is on no box.
        if let Some(sscc) = &unit.sscc {
            desk.shelf::<Register<Ssccs>>().assign(sscc, None);
        }
        change(desk, unit, |row| {
            row.unpacked_by = Some(reversal);
            row.sscc = None;
        });
    }
    Ok(())
}

/// Takes back that units were unpacked at a site; with a consignment, see [`super::close_again`].
///
/// # Errors
/// `depended_on` where one is not there any more; rows missing on the desk.
pub fn unpack_reversed(
    desk: &mut Desk,
    unpacked: EventId,
    units: &[HandlingUnitId],
    site: SiteId,
) -> Result<(), Halt> {
    let mut found = Vec::new();
    all_or_missed(units, |id| {
        found.extend(desk.shelf::<Drawer<HandlingUnit>>().find(*id)?);
        Ok(())
    })?;
    found.retain(|unit| unit.unpacked_by == Some(unpacked));
    if let Some(unit) = found.iter().find(|unit| !UnitPlace::Site(site).has(unit)) {
        return Err(moved_on(unit));
    }
    for unit in &found {
        change(desk, unit, |row| row.unpacked_by = None);
    }
    Ok(())
}

/// Takes back that units were brought from one place to another: to a site, where it is another, and with whom they went.
///
/// # Errors
/// `depended_on` where one is not there any more; rows missing on the desk.
pub fn place_reversed(
    desk: &mut Desk,
    units: &[HandlingUnitId],
    now: UnitPlace,
    (site, consignment): (Option<SiteId>, Option<ConsignmentId>),
) -> Result<(), Halt> {
    let mut found = Vec::new();
    all_or_missed(units, |id| {
        found.extend(desk.shelf::<Drawer<HandlingUnit>>().find(*id)?);
        Ok(())
    })?;
    if let Some(unit) = found.iter().find(|unit| unit.unpacked_by.is_some() || !now.has(unit)) {
        return Err(moved_on(unit));
    }
    place_units(desk, &found, site, consignment);
    Ok(())
}
