//! Moves between sites that need no consignment, and putting goods away.

use super::place::{Place, Sought, pick_or_refuse};
use crate::core::id::{ConsignmentId, HandlingUnitId, SiteId};
use crate::core::problem::{Fault, Problem};
use crate::items::goods::{GoodsLine, understand_beside};
use crate::kits::{UnitGoods, UnitPlace, find_units, move_units, place_units};
use crate::ledger::event::{EventResult, Halt, Happening, all_or_missed};
use crate::ledger::{Account, Cell, Condition, Movement};
use crate::sites::{Site, find_site};
use crate::writer::Desk;
use serde::{Deserialize, Serialize};

/// Goods move from one site to another within one organization's custody.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// From.
    pub site: SiteId,
    /// To; run by the same organization, where both are run by one.
    pub to_site: SiteId,
    /// In what condition the goods are; good if left out.
    #[serde(default)]
    pub condition: Condition,
    /// What moves.
    #[serde(default)]
    pub lines: Vec<GoodsLine>,
    /// Packed handling units that move, each whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<HandlingUnitId>,
}

/// Goods were put away; nothing is posted, the timeline knows.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// Where.
    pub site: SiteId,
    /// Of which consignment.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// Shelf or bay.
    #[serde(default)]
    pub note: Option<String>,
}

/// Refuses a site that somebody else runs: goods that change hands are sent by one and received by another, who says
/// what came.
fn check_custody(desk: &mut Desk, happening: &Happening, from: SiteId, to: &Site) -> Result<(), Halt> {
    let from = find_site(desk, from)?;
    let (Some(sender), Some(keeper)) = (from.operator_id, to.operator_id) else { return Ok(()) };
    // A correction may leave places as they were, although one of them has changed hands since.
    let was_there = |site: SiteId| {
        let old = happening.restates.as_ref();
        old.is_some_and(|old| old.changes.iter().any(|(cell, _)| cell.site == Some(site)))
    };
    if sender == keeper || (was_there(from.id) && was_there(to.id)) {
        return Ok(());
    }
    let words = format!(
        "{} is {:?}, which another organization runs than {:?}; goods that change hands go by a consignment: post \
         `departed`, and whoever takes them in `received`",
        to.id, to.name, from.name
    );
    Err(Problem::field("/to_site", words).into())
}

/// Moves.
///
/// # Errors
/// `insufficient`, `invalid`, also where another organization runs the other site; waits for what is not known yet.
pub fn move_stock(desk: &mut Desk, happening: &Happening, body: &Moved) -> Result<EventResult, Halt> {
    if body.site == body.to_site {
        return Err(Problem::field("/to_site", "is where the goods are already")
            .coded(Fault::NotAllowed)
            .into());
    }
    let place = Place { site: Some(body.site), ..Place::default() };
    let subjects = place.subjects(desk)?;
    let target = find_site(desk, body.to_site)?;
    check_custody(desk, happening, body.site, &target)?;
    let goods = understand_beside(desk, &body.lines, body.units.len())?;
    let units = find_units(desk, &body.units, UnitPlace::Site(body.site))?;
    let mut sought = Sought::on(place, &[Account::InStorage]);
    sought.condition = Some(body.condition);
    let mut movements = Vec::new();
    all_or_missed(&goods, |one| {
        let mut there = place.goods(desk, one, &[Account::InStorage])?;
        there.retain(|held| held.cell.condition == body.condition);
        for part in pick_or_refuse(desk, happening, there, one, &movements, &sought)? {
            let holder = target.operator_id.or(part.cell.holder);
            let to = Cell { site: Some(target.id), holder, ..part.cell };
            movements.push(Movement { from: part.cell, to, quantity: part.quantity, chosen: part.chosen });
        }
        Ok(())
    })?;
    move_units(desk, &units, UnitGoods::At(body.site), &mut movements, |_, _, cell| {
        Ok(Cell { site: Some(target.id), holder: target.operator_id.or(cell.holder), ..cell })
    })?;
    desk.touch(target.id.0);
    let result = happening.post(desk, subjects, &movements, &[])?;
    place_units(desk, &units, Some(target.id), None);
    Ok(result)
}

/// Puts away.
///
/// # Errors
/// Waits for what is not known yet.
pub fn store_away(desk: &mut Desk, happening: &Happening, body: &Stored) -> Result<EventResult, Halt> {
    let place = Place { site: Some(body.site), consignment: body.consignment, leg: None };
    let subjects = place.subjects(desk)?;
    Ok(happening.post(desk, subjects, &[], &[])?)
}
