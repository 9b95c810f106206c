//! A unit of rows into the ledger: its pledges and consignments, and what happened to them, all or nothing of
//! each row.
//!
//! The steps are tried one after another. Where one is refused, everything is taken back and tried again
//! without the rows that are to blame, until the rest goes through: so a refused row leaves nothing behind, and
//! takes nothing with it. Never done here: choosing which rows make a unit.

use super::events::allocation_id;
use super::flow::Flow;
use super::posted::want_standing;
use super::settle::Change;
use super::settle_flow::{Named, SettlePledge, settle_consignment, want_consignment};
use super::told::{Fault, Ids, Refused, Told, ToldEvent};
use super::unit::Unit;
use crate::consignments::{Consignment, Leg, inferred_id};
use crate::core::id::PledgeLineId;
use crate::core::problem::{Outcome, Problem};
use crate::exchange::jobs::ImportRow;
use crate::exchange::references::{ConsignmentAt, PledgeAt, PledgeLineAt, RecordAt};
use crate::items::Item;
use crate::ledger::Book;
use crate::ledger::event::EventRecord;
use crate::pledges::{Pledge, PledgeLine};
use crate::sites::Site;
use crate::writer::{Actor, Desk, Drawer, Loose, Refusal, Update};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A pledge of a unit.
pub(super) struct ChainPledge {
    pub(super) at: PledgeAt,
    pub(super) wanted: Pledge,
    /// Its lines, each with its row and its place in the plan.
    pub(super) lines: Vec<(u32, usize, PledgeLine)>,
}

/// A consignment of a unit.
pub(super) struct ChainConsignment {
    pub(super) at: ConsignmentAt,
    pub(super) wanted: Consignment,
    pub(super) legs: Vec<Leg>,
    pub(super) rows: Vec<u32>,
    /// What it holds: the pledge lines its goods come from and what they are worth.
    pub(super) lines: Vec<(PledgeLineId, Option<i64>)>,
    /// Whether its goods are allocated by one of the events.
    pub(super) is_allocated: bool,
}

/// What the rows of a unit state.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) pledges: Vec<ChainPledge>,
    pub(super) consignments: Vec<ChainConsignment>,
    /// What happened, in the order of posting.
    pub(super) events: Vec<ToldEvent>,
}

/// Brings a unit into the ledger.
pub(super) struct Chain {
    flow: Arc<Flow>,
    unit: Unit,
    parts: Parts,
    /// What is noted of its rows where they are created.
    notes: Vec<ImportRow>,
}

impl Chain {
    pub(super) fn new(flow: Arc<Flow>, unit: Unit) -> Outcome<Self> {
        let (parts, notes) = (flow.parts(&unit)?, flow.notes(&unit));
        Ok(Self { flow, unit, parts, notes })
    }
}

/// What became of a unit.
#[derive(Debug, Default)]
pub(super) struct Chained {
    /// What became of each pledge, line and consignment.
    pub(super) records: Vec<(RecordAt, Change)>,
    /// Rows that made an event differ.
    pub(super) changed: BTreeSet<u32>,
    /// Rows that were refused.
    pub(super) refused: Refused,
}

impl Update for Chain {
    type Answer = Chained;

    fn actor(&self) -> &Actor {
        &self.flow.actor
    }

    fn keys(&self, desk: &mut Desk) {
        for note in &self.notes {
            desk.shelf::<Loose<ImportRow>>().want(note.id);
        }
        for pledge in &self.parts.pledges {
            self.settle(pledge, pledge.lines.iter().map(|(_, _, line)| line.clone()).collect()).keys(desk);
        }
        for consignment in &self.parts.consignments {
            want_consignment(desk, &consignment.wanted);
            if !consignment.is_allocated {
                want_standing(desk, allocation_id(consignment.wanted.id));
            }
        }
        let is_known = self.is_known(desk);
        if !is_known {
            self.want_places(desk);
        }
        for event in &self.parts.events {
            event.keys(desk, is_known);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Chained, Refusal> {
        for note in &self.notes {
            // Whether it is there: a row that an earlier run noted is changed, and not put beside itself.
            drop(desk.shelf::<Loose<ImportRow>>().find(note.id)?);
        }
        let checkmark = desk.checkmark();
        let mut refused = Refused::new();
        let mut without: Option<(Unit, Parts)> = None;
        loop {
            let parts = without.as_ref().map_or(&self.parts, |(_, parts)| parts);
            match self.attempt(desk, parts) {
                Ok(chained) => {
                    self.note(desk, &chained);
                    return Ok(Chained { refused, ..chained });
                }
                Err(Fault::Missed) => return Err(Refusal::Missed),
                Err(Fault::Rows(rows, problem)) => {
                    desk.go_back(&checkmark);
                    let mut unit = without.take().map_or_else(|| self.unit.clone(), |(unit, _)| unit);
                    unit.refuse(&rows);
                    let before = refused.len();
                    refused.extend(rows.into_iter().map(|row| (row, problem.as_ref().clone())));
                    if refused.len() == before {
                        return Err(Refusal::Problem(problem));
                    }
                    // Figures and dates that rows share are those of the rows that are left.
                    let parts = self.flow.parts(&unit)?;
                    without = Some((unit, parts));
                }
            }
        }
    }
}

/// Goes on after a step that misses rows, so that all steps say what they miss; what it would give is lost.
fn or_missed<T: Default>(step: Result<T, Fault>, is_missed: &mut bool) -> Result<T, Fault> {
    match step {
        Ok(done) => Ok(done),
        Err(Fault::Missed) => {
            *is_missed = true;
            Ok(T::default())
        }
        // A step after one that misses rows may fail only for want of what that one would have made.
        Err(Fault::Rows(..)) if *is_missed => Ok(T::default()),
        Err(fault) => Err(fault),
    }
}

impl Chain {
    /// Whether every consignment and line is in the ledger, as far as the desk knows. Of others the book would
    /// be asked in vain, again and again.
    fn is_known(&self, desk: &mut Desk) -> bool {
        let mut lines = self.parts.pledges.iter().flat_map(|pledge| &pledge.lines);
        let mut consignments = self.parts.consignments.iter();
        lines.all(|(_, _, line)| matches!(desk.shelf::<Drawer<PledgeLine>>().find(line.id), Ok(Some(_))))
            && consignments
                .all(|one| matches!(desk.shelf::<Drawer<Consignment>>().find(one.wanted.id), Ok(Some(_))))
    }

    /// Asks for what goods that are not in the ledger yet will move by.
    fn want_places(&self, desk: &mut Desk) {
        for (_, _, line) in self.parts.pledges.iter().flat_map(|pledge| &pledge.lines) {
            desk.shelf::<Drawer<Item>>().want(line.item_id);
            drop(desk.shelf::<Book>().of_line(line.id));
        }
        for consignment in &self.parts.consignments {
            drop(desk.shelf::<Book>().of_consignment(consignment.wanted.id));
            for leg in &consignment.legs {
                desk.shelf::<Drawer<Site>>().want(leg.from_id);
                desk.shelf::<Drawer<Site>>().want(leg.to_id);
                desk.shelf::<Drawer<EventRecord>>().want(inferred_id(leg.id, 0));
            }
        }
    }

    /// Notes the rows whose own line was not there: that is what makes a row created.
    fn note(&self, desk: &mut Desk, chained: &Chained) {
        for (record, change) in &chained.records {
            let RecordAt::PledgeLine(at) = record else { continue };
            let row = i64::from(self.flow.row_of(*at));
            let note = self.notes.iter().find(|note| note.number == row);
            if let Some(note) = note.filter(|_| *change == Change::Created) {
                desk.shelf::<Loose<ImportRow>>().put(note.clone());
            }
        }
    }

    fn settle(&self, pledge: &ChainPledge, lines: Vec<PledgeLine>) -> SettlePledge {
        SettlePledge { actor: Arc::clone(&self.flow.actor), wanted: pledge.wanted.clone(), lines }
    }

    /// Takes every step.
    fn attempt(&self, desk: &mut Desk, parts: &Parts) -> Result<Chained, Fault> {
        let mut chained = Chained::default();
        let mut is_missed = false;
        let mut stated: Vec<(Consignment, Named)> = Vec::with_capacity(parts.consignments.len());
        for consignment in &parts.consignments {
            let wanted = stated_now(desk, consignment);
            let wanted = wanted.map_err(|refusal| Fault::of(refusal, consignment.rows.iter().copied()));
            match wanted {
                Ok(wanted) => stated.push(wanted),
                Err(Fault::Missed) => {
                    is_missed = true;
                    stated.push((consignment.wanted.clone(), Named::Whole));
                }
                Err(fault) => return Err(fault),
            }
        }
        for pledge in &parts.pledges {
            let settled = self.settle_pledge(desk, pledge);
            chained.records.extend(or_missed(settled, &mut is_missed)?);
        }
        for (consignment, (wanted, named)) in parts.consignments.iter().zip(stated) {
            if consignment.rows.is_empty() {
                continue;
            }
            desk.seal();
            let settled = settle_consignment(desk, &wanted, &consignment.legs, named);
            let settled = settled.map_err(|refusal| Fault::of(refusal, consignment.rows.iter().copied()));
            let change = or_missed(settled.map(Some), &mut is_missed)?;
            let record = RecordAt::Consignment(consignment.at);
            chained.records.extend(change.map(|change| (record, change)));
        }
        for event in &parts.events {
            desk.seal();
            let told = event.tell(desk, &self.flow.actor);
            let Told { rows } = or_missed(told, &mut is_missed)?;
            chained.changed.extend(rows);
        }
        if is_missed { Err(Fault::Missed) } else { Ok(chained) }
    }

    /// A pledge with the lines of rows that are not refused.
    fn settle_pledge(&self, desk: &mut Desk, pledge: &ChainPledge) -> Result<Vec<(RecordAt, Change)>, Fault> {
        if pledge.lines.is_empty() {
            return Ok(Vec::new());
        }
        desk.seal();
        let lines = pledge.lines.iter().map(|(_, _, line)| line.clone()).collect();
        let settled = self
            .settle(pledge, lines)
            .decide(desk)
            .map_err(|refusal| Fault::of(refusal, pledge.lines.iter().map(|(row, _, _)| *row)))?;
        let mut records = vec![(RecordAt::Pledge(pledge.at), settled.change)];
        let mut fault: Option<(Vec<u32>, Problem)> = None;
        for ((row, line, _), change) in pledge.lines.iter().zip(settled.lines) {
            match change {
                Ok(change) => {
                    let record = RecordAt::PledgeLine(PledgeLineAt { pledge: pledge.at, line: *line });
                    records.push((record, change));
                }
                // Others may be refused for other reasons: they come up in the next attempt.
                Err(problem) => drop(fault.get_or_insert((vec![*row], problem))),
            }
        }
        match fault {
            Some((rows, problem)) => Err(Fault::Rows(rows, Box::new(problem))),
            None => Ok(records),
        }
    }
}

/// A consignment as it is to be, and how much of what it holds the file names. Its value is that of all its
/// lines, of which the file may name a few.
fn stated_now(desk: &mut Desk, consignment: &ChainConsignment) -> Result<(Consignment, Named), Refusal> {
    let told = Ids::Allocation(consignment.wanted.id).pledge_lines(desk)?;
    let known = desk.shelf::<Drawer<Consignment>>().find(consignment.wanted.id)?;
    // Where nothing is allocated by the file or was before, a known line was counted when it came in.
    let is_told = consignment.is_allocated && !told.is_empty();
    let mut values: BTreeMap<String, i64> = BTreeMap::new();
    let (mut change, mut counted) = (0_i64, 0_usize);
    for (line, value) in &consignment.lines {
        let name = line.to_string();
        let before = desk.shelf::<Drawer<PledgeLine>>().find(*line)?;
        let before = before.filter(|_| known.is_some() && (!is_told || told.contains(&name)));
        counted += usize::from(before.is_some());
        let before = before.and_then(|line| line.value_minor);
        let now = value.or(before).unwrap_or(0);
        change += now - before.unwrap_or(0);
        values.insert(name, now);
    }
    let is_valued = consignment.wanted.value_minor.is_some() && !consignment.lines.is_empty();
    let value_minor = match known.and_then(|known| known.value_minor) {
        _ if !is_valued => consignment.wanted.value_minor,
        Some(before) => Some(before + change),
        None => Some(values.values().sum()),
    };
    let named = if counted == 0 && !values.is_empty() {
        Named::More
    } else if told.iter().all(|line| values.contains_key(line)) {
        Named::Whole
    } else {
        Named::Part
    };
    Ok((Consignment { value_minor, ..consignment.wanted.clone() }, named))
}
