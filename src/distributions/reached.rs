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
use crate::core::id::{ConsignmentId, EventId, ItemId, ProgrammeId, ReachedLineId, SiteId, derived};
use crate::core::time::Timestamp;
use crate::items::goods::{Goods, understand};
use crate::ledger::event::{EventResult, Halt};
use crate::ledger::{Account, Book, Movement};
use crate::sites::{Site, find_site};
use crate::writer::{Desk, Drawer, Wanted, record};

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
    let judged = judge(&body.reached, goods.len())?;
    let site = find_site(desk, body.site)?;
    let programme = match body.consignment {
        Some(id) => desk.shelf::<Drawer<Consignment>>().find(id)?.map(|known| known.programme_id),
        None => None,
    };
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

/// The programme of the goods that a line handed over first.
fn programme_of(
    desk: &mut Desk,
    movements: &[Movement],
    goods: &Goods,
) -> Result<Option<ProgrammeId>, Wanted> {
    let handed = movements
        .iter()
        .find(|movement| movement.to.account == Account::Distributed && movement.to.item == goods.item.id);
    match handed {
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
            sector: said.sector.or_else(|| goods.item.sector.clone()),
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
