//! Whom a distribution reached, as it was said: one row for each line, or for each thing that was said of a line.
//!
//! Rows are written with the event and never changed. What corrects a distribution states them anew, under its own
//! identifier; whose rows count, and whether the hand-over is verified, is asked by whoever makes figures. The sector is
//! written down with them, so that a figure of the past does not move when an item is edited; where a site lies is kept as it
//! was known by sites themselves.

use super::distribute::Distributed;
use super::rules::{Judged, judge};
use crate::baselines::{Area, PeopleGroup};
use crate::consignments::Consignment;
use crate::core::check::{Check, quoted};
use crate::core::id::{ConsignmentId, EventId, ItemId, ProgrammeId, ReachedLineId, SiteId, derived};
use crate::core::time::Timestamp;
use crate::items::StandardKind;
use crate::items::goods::{Goods, find_item, understand};
use crate::ledger::event::{EventResult, Halt};
use crate::ledger::{Account, Book, Movement};
use crate::sites::{Site, find_site};
use crate::writer::{Desk, Drawer, Wanted, record};
use std::collections::BTreeSet;

record! {
    /// Whom a line of a distribution reached.
    pub struct ReachedLine in reached_lines key id: ReachedLineId, group event_id: EventId {
        /// Key: made from what states it and its place.
        id: ReachedLineId,
        /// The distribution.
        event_id: EventId,
        /// What states it: the distribution, or what corrects it.
        stated_by: EventId,
        /// Its place among the rows that were stated with it, from 1.
        ordinal: i64,
        /// The entry of the log.
        sequence: i64,
        /// What was handed over.
        item_id: ItemId,
        /// Good base units of it; 0 in further rows of the same line.
        quantity: i64,
        /// Where.
        site_id: SiteId,
        /// The consignment it came with.
        consignment_id: Option<ConsignmentId>,
        /// Whose caseload and register.
        programme_id: Option<ProgrammeId>,
        /// The country people live in; none where it is not stated.
        country: Option<String>,
        /// The country or the area inside it, where somebody said; else people live where the site lies.
        area: Option<String>,
        /// The sector of relief.
        sector: Option<String>,
        /// Short name of the caseload.
        caseload: Option<String>,
        /// Short name of the round.
        round: Option<String>,
        /// Which people.
        people_group: String,
        /// How many people, where somebody said.
        people: Option<i64>,
        /// How many households.
        households: Option<i64>,
        /// Thousandths of a person in a household on the average.
        household_thousandths: Option<i64>,
        /// Keyed hashes of registered people, 32 bytes each.
        registered: Option<Vec<u8>>,
        /// How many have which tag, as JSON; never added up.
        tags: Option<String>,
        /// When it was handed over.
        occurred_at: Timestamp,
        /// From when it counts.
        effective_at: Timestamp,
    }
}

/// States whom a distribution reached, in the entry that is open: its own, or that of what corrects it.
///
/// # Errors
/// `invalid` naming what is wrong with what was said, or rows missing on the desk.
pub fn state_reached(
    desk: &mut Desk,
    distribution: EventId,
    result: &EventResult,
    body: &Distributed,
    movements: &[Movement],
) -> Result<(), Halt> {
    let goods = understand(desk, &body.lines)?;
    let mut judged = judge(&body.reached, goods.len())?;
    for said in &mut judged {
        if let Some(kit) = said.kit {
            said.sector.clone_from(&find_item(desk, kit)?.sector);
        }
    }
    let site = find_site(desk, body.site)?;
    let programme = programme_of_consignment(desk, body)?;
    let mut ordinal = 0;
    for (index, one) in goods.iter().enumerate() {
        let mut said: Vec<Judged> = judged.iter().filter(|said| said.line == index).cloned().collect();
        if said.is_empty() {
            said.push(Judged { line: index, ..Judged::default() });
        }
        let programme = match programme {
            Some(programme) => Some(programme),
            None => programme_of(desk, movements, one)?,
        };
        for (place, said) in said.into_iter().enumerate() {
            ordinal += 1;
            let quantity = if place == 0 { one.quantity } else { 0 };
            let row = Stated { distribution, result, body, site: &site, programme, ordinal }
                .row(one, quantity, said);
            desk.shelf::<Drawer<ReachedLine>>().put(row);
        }
    }
    Ok(())
}

/// Refuses people who are counted for a programme that none of the goods they got is of.
///
/// # Errors
/// `invalid` at each programme that is wrong, naming those that would be right; or rows missing on the desk.
pub(super) fn check_programmes(
    desk: &mut Desk,
    body: &Distributed,
    goods: &[Goods],
    movements: &[Movement],
) -> Result<(), Halt> {
    let mut check = Check::new();
    for (index, said) in body.reached.iter().enumerate() {
        let (Some(programme), Some(goods)) = (said.programme, goods.get(said.line)) else { continue };
        let right = programmes_of(desk, body, movements, goods)?;
        if !right.contains(&programme) {
            let right: Vec<String> = right.iter().map(ToString::to_string).collect();
            let words = format!(
                "{programme} is no programme of the goods of line {}; write {}, or leave it out",
                said.line,
                right.join(" or ")
            );
            check.wrong(format!("/reached/{index}/programme"), words);
        }
    }
    Ok(check.finish()?)
}

/// Refuses kits that are none.
///
/// # Errors
/// `invalid` at each; waits for an item that is not known yet; or rows missing on the desk.
pub(super) fn check_kits(desk: &mut Desk, body: &Distributed) -> Result<(), Halt> {
    let mut check = Check::new();
    for (index, said) in body.reached.iter().enumerate() {
        let Some(kit) = said.kit else { continue };
        let item = find_item(desk, kit)?;
        if item.standard()?.is_none_or(|standard| standard.kind != StandardKind::Kit) {
            let words = format!(
                "{} is no kit; name an item whose standard is of kind kit, or leave it out",
                quoted(&item.code)
            );
            check.wrong(format!("/reached/{index}/kit"), words);
        }
    }
    Ok(check.finish()?)
}

/// The programmes that the people of a line may be counted for: those of its goods, and that of the consignment they came with.
fn programmes_of(
    desk: &mut Desk,
    body: &Distributed,
    movements: &[Movement],
    goods: &Goods,
) -> Result<BTreeSet<ProgrammeId>, Wanted> {
    let mut programmes = BTreeSet::new();
    for movement in movements.iter().filter(|movement| hands_over(movement, goods)) {
        programmes.insert(desk.shelf::<Book>().line(movement.to.line)?.programme);
    }
    programmes.extend(programme_of_consignment(desk, body)?);
    Ok(programmes)
}

fn programme_of_consignment(desk: &mut Desk, body: &Distributed) -> Result<Option<ProgrammeId>, Wanted> {
    match body.consignment {
        Some(id) => Ok(desk.shelf::<Drawer<Consignment>>().find(id)?.map(|known| known.programme_id)),
        None => Ok(None),
    }
}

fn hands_over(movement: &Movement, goods: &Goods) -> bool {
    movement.to.account == Account::Distributed && movement.to.item == goods.item.id
}

/// The programme of the goods that a line handed over first.
fn programme_of(
    desk: &mut Desk,
    movements: &[Movement],
    goods: &Goods,
) -> Result<Option<ProgrammeId>, Wanted> {
    match movements.iter().find(|movement| hands_over(movement, goods)) {
        Some(movement) => Ok(Some(desk.shelf::<Book>().line(movement.to.line)?.programme)),
        None => Ok(None),
    }
}

/// What all rows of a distribution have alike.
struct Stated<'a> {
    distribution: EventId,
    result: &'a EventResult,
    body: &'a Distributed,
    site: &'a Site,
    programme: Option<ProgrammeId>,
    ordinal: i64,
}

impl Stated<'_> {
    fn row(&self, goods: &Goods, quantity: i64, said: Judged) -> ReachedLine {
        let country = said.area.as_ref().map_or_else(|| self.site.country.parse().ok(), Area::country);
        ReachedLine {
            id: derived(self.result.id.0, "reached", self.ordinal.unsigned_abs()),
            event_id: self.distribution,
            stated_by: self.result.id,
            ordinal: self.ordinal,
            sequence: self.result.sequence.unwrap_or_default(),
            item_id: goods.item.id,
            quantity,
            site_id: self.site.id,
            consignment_id: self.body.consignment,
            programme_id: said.programme.or(self.programme),
            country: country.map(|country| country.as_str().to_owned()),
            area: said.area.map(|area| area.to_string()),
            // Of a kit it is the kit's, even if that has none: its components are never of several.
            sector: said.sector.or_else(|| goods.item.sector.clone().filter(|_| said.kit.is_none())),
            caseload: said.caseload,
            round: said.round,
            people_group: said.group.unwrap_or(PeopleGroup::ALL).to_string(),
            people: said.people,
            households: said.households,
            household_thousandths: said.household_thousandths,
            registered: said.registered,
            tags: said.tags,
            occurred_at: self.result.occurred_at,
            effective_at: self.result.effective_at.unwrap_or(self.result.occurred_at),
        }
    }
}
