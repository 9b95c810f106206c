//! What units of a consignment claim of its goods: they are opened once the goods leave it without them.
//!
//! Goods are shared over all of a place, also over what is packed, so that nobody knows whose box a loss was in; but what
//! leaves a consignment by its lines is in none of its boxes any more. A lot may be named while goods are under way, so
//! claims are compared by pledge line.

use super::store::{HandlingUnit, UnitContent};
use super::whole::{change, contents_of};
use crate::core::id::{ConsignmentId, EventId, HandlingUnitId, PledgeLineId};
use crate::core::problem::{Code, Problem};
use crate::db::schema::handling_units;
use crate::db::{Conn, among, either};
use crate::ledger::Book;
use crate::ledger::event::{Halt, Happening, all_or_missed};
use crate::writer::{Desk, Drawer, Index, Lookup};
use diesel::QueryResult;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Which units were ever reserved for a consignment; each row tells whether it still is.
pub(super) struct Reserved;

impl Lookup for Reserved {
    type Key = ConsignmentId;
    type Value = HandlingUnitId;

    fn load(
        conn: &mut Conn,
        consignments: &[ConsignmentId],
    ) -> QueryResult<Vec<(ConsignmentId, HandlingUnitId)>> {
        let rows: Vec<(Option<ConsignmentId>, HandlingUnitId)> = either!(conn, one => {
            handling_units::table
                .filter(handling_units::consignment_id.is_not_null())
                .filter(among(handling_units::consignment_id.assume_not_null(), consignments))
                .select((handling_units::consignment_id, handling_units::id))
                .load(one)
        })?;
        Ok(rows.into_iter().filter_map(|(consignment, unit)| Some((consignment?, unit))).collect())
    }
}

/// Units that go with a consignment, packed or opened since, those packed last first.
fn units_of(desk: &mut Desk, consignment: ConsignmentId) -> Result<Vec<Arc<HandlingUnit>>, Halt> {
    let ids: BTreeSet<HandlingUnitId> =
        desk.shelf::<Index<Reserved>>().of(consignment)?.into_iter().collect();
    let mut units = Vec::with_capacity(ids.len());
    all_or_missed(ids, |id| {
        units.extend(desk.shelf::<Drawer<HandlingUnit>>().find(id)?);
        Ok(())
    })?;
    units.retain(|unit| unit.consignment_id == Some(consignment));
    units.sort_by(|one, other| {
        let place = |unit: &HandlingUnit| (unit.number.len(), unit.number.clone());
        place(other).cmp(&place(one))
    });
    Ok(units)
}

/// Whether units that are packed go with a consignment.
///
/// # Errors
/// Rows missing on the desk.
pub fn has_units(desk: &mut Desk, consignment: ConsignmentId) -> Result<bool, Halt> {
    Ok(units_of(desk, consignment)?.iter().any(|unit| unit.unpacked_by.is_none()))
}

/// What units claim, and how much more that is, by pledge line, than the consignment has or had to its end.
struct Claims {
    contents: Vec<(Arc<HandlingUnit>, Vec<Arc<UnitContent>>)>,
    lacking: BTreeMap<PledgeLineId, i64>,
}

impl Claims {
    fn of(desk: &mut Desk, consignment: ConsignmentId, units: Vec<Arc<HandlingUnit>>) -> Result<Self, Halt> {
        let mut contents = Vec::with_capacity(units.len());
        let mut lacking: BTreeMap<PledgeLineId, i64> = BTreeMap::new();
        all_or_missed(units, |unit| {
            let own = contents_of(desk, unit.id)?;
            for content in &own {
                *lacking.entry(content.pledge_line_id).or_default() += content.quantity;
            }
            contents.push((unit, own));
            Ok(())
        })?;
        for held in desk.shelf::<Book>().of_consignment(consignment)? {
            if let Some(sum) = lacking.get_mut(&held.cell.line) {
                *sum -= held.quantity;
            }
        }
        Ok(Self { contents, lacking })
    }

    fn lacks(&self, content: &UnitContent) -> bool {
        self.lacking.get(&content.pledge_line_id).is_some_and(|more| *more > 0)
    }
}

/// Opens the units whose goods an event has just taken out of their consignment without them; within its entry. Answers which.
///
/// # Errors
/// Rows missing on the desk.
pub fn open_left(
    desk: &mut Desk,
    happening: &Happening,
    sequence: Option<i64>,
) -> Result<Vec<HandlingUnitId>, Halt> {
    let Some(sequence) = sequence.filter(|_| !happening.is_rehearsal()) else { return Ok(Vec::new()) };
    let mut opened = Vec::new();
    let mut sums: BTreeMap<(ConsignmentId, PledgeLineId), i64> = BTreeMap::new();
    for (posted, _) in desk.shelf::<Book>().staged(sequence) {
        if let Some(consignment) = posted.cell.consignment {
            *sums.entry((consignment, posted.cell.line)).or_default() += posted.quantity;
        }
    }
    let fallen = sums.into_iter().filter(|(_, change)| *change < 0);
    let left: BTreeSet<ConsignmentId> = fallen.map(|((consignment, _), _)| consignment).collect();
    all_or_missed(left, |consignment| {
        let mut units = units_of(desk, consignment)?;
        units.retain(|unit| unit.unpacked_by.is_none());
        let mut claims = Claims::of(desk, consignment, units)?;
        for (unit, contents) in std::mem::take(&mut claims.contents) {
            if contents.iter().any(|content| claims.lacks(content)) {
                for content in &contents {
                    *claims.lacking.entry(content.pledge_line_id).or_default() -= content.quantity;
                }
                change(desk, &unit, |row| row.unpacked_by = Some(happening.id));
                opened.push(unit.id);
            }
        }
        Ok(())
    })?;
    opened.sort_unstable();
    Ok(opened)
}

/// Closes the units of a consignment again that an event had opened, which is taken back.
///
/// # Errors
/// `depended_on` where their goods have left the consignment since; rows missing on the desk.
pub fn close_again(desk: &mut Desk, consignment: ConsignmentId, opened: EventId) -> Result<(), Halt> {
    let mut units = units_of(desk, consignment)?;
    if units.iter().all(|unit| unit.unpacked_by != Some(opened)) {
        return Ok(());
    }
    units.retain(|unit| unit.unpacked_by.is_none_or(|event| event == opened));
    let claims = Claims::of(desk, consignment, units)?;
    let closing = || claims.contents.iter().filter(|(unit, _)| unit.unpacked_by == Some(opened));
    let is_gone = |contents: &[Arc<UnitContent>]| contents.iter().any(|content| claims.lacks(content));
    if let Some((unit, _)) = closing().find(|(_, contents)| is_gone(contents)) {
        let detail = format!(
            "What {} held has left the consignment since, or is in another unit; reverse that first.",
            unit.number
        );
        return Err(Problem::new(Code::DependedOn, detail).at("/event").into());
    }
    for (unit, _) in closing() {
        change(desk, unit, |row| row.unpacked_by = None);
    }
    Ok(())
}
