//! The second half of an application: pledges, consignments, and what happened to them, unit by unit.

use super::chain::{Chain, ChainConsignment, ChainPledge, Chained, Parts};
use super::events::{self, CountedGoods, LabelledGoods, moment};
use super::rows::{self, Ends, Namespace};
use super::told::{Ids, Time, ToldEvent};
use super::unit::{Unit, units};
use super::{Application, cell_problem, outcome_of};
use crate::core::id::{
    ConsignmentId, ImportJobId, ItemId, LegId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, SiteId,
    derived,
};
use crate::core::problem::Outcome;
use crate::core::time::{Precision, Timestamp};
use crate::events::{Command, Kind};
use crate::exchange::jobs::ImportRow;
use crate::exchange::plan::{
    ConsignmentLinePlan, ConsignmentPlan, EventPlan, EventSubject, Plan, PledgePlan,
};
use crate::exchange::references::{
    ConsignmentAt, ConsignmentLineAt, EventAt, EventKind, PledgeAt, PledgeLineAt, RecordAt, SiteAt,
};
use crate::pledges::Pledge;
use crate::pledges::rules::{PledgeKind, PledgeState};
use crate::writer::{Actor, Recorded};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// Rows whose units are made and handed over at once: what they state, some 100 kB of each, is in memory until they are answered.
/// As many as most units have at most, so that a part is often one of them; a unit of more rows is handed over alone.
const ROWS_AT_ONCE: usize = 64;

/// What a whole plan says of the times and shortages of its records.
pub(super) struct Overview {
    /// When each pledge was first spoken of: its acceptance.
    pledges: BTreeMap<usize, Timestamp>,
    /// The earliest event of each consignment; where there is none, the latest acceptance of its pledges.
    consignments: BTreeMap<usize, Timestamp>,
    /// What is missing of a line at the end of each leg.
    missing: BTreeMap<ConsignmentLineAt, Vec<(usize, i64)>>,
}

impl Overview {
    /// Of these events and consignments, as the rows that are `kept` state them.
    fn of<'a>(
        plan: &Plan,
        records: impl Iterator<Item = &'a RecordAt> + Clone,
        kept: impl Fn(u32) -> bool,
    ) -> Self {
        let mut pledges: BTreeMap<usize, Timestamp> = BTreeMap::new();
        let mut consignments: BTreeMap<usize, Timestamp> = BTreeMap::new();
        let mut missing: BTreeMap<ConsignmentLineAt, Vec<(usize, i64)>> = BTreeMap::new();
        for record in records.clone() {
            let RecordAt::Event(EventAt(place)) = record else { continue };
            let event = &plan.events[*place];
            let Some(stated) = event.time_of(&kept) else { continue };
            let (at, _) = moment(stated.occurred);
            let time = match event.subject {
                EventSubject::Pledge(pledge) => pledges.entry(pledge.0),
                EventSubject::Consignment { consignment, leg } => {
                    for received in event.received.iter().filter(|received| received.missing > 0) {
                        missing.entry(received.line).or_default().push((leg, received.missing));
                    }
                    consignments.entry(consignment.0)
                }
            };
            time.and_modify(|time| *time = at.min(*time)).or_insert(at);
        }
        for record in records {
            let RecordAt::Consignment(ConsignmentAt(place)) = record else { continue };
            let lines = plan.consignments[*place].lines.iter().filter(|line| kept(line.row));
            let drawn_on = lines.filter_map(|line| line.pledge_line);
            if let Some(latest) = drawn_on.filter_map(|line| pledges.get(&line.pledge.0)).max() {
                consignments.entry(*place).or_insert(*latest);
            }
        }
        Self { pledges, consignments, missing }
    }

    /// What of a line can leave on a leg: all but what went missing before.
    fn leaving(&self, at: ConsignmentLineAt, line: &ConsignmentLinePlan, leg: usize) -> i64 {
        let missing = self.missing.get(&at).into_iter().flatten();
        let before: i64 = missing.filter(|(earlier, _)| *earlier < leg).map(|(_, missing)| missing).sum();
        line.quantity - before
    }
}

impl Application<'_> {
    pub(super) fn settle_flow(&mut self) -> Outcome<()> {
        let plan = self.plan;
        let units = units(plan, |records| !records.iter().any(|record| self.verdicts.is_refused(*record)));
        self.total = self.done + units.len();
        let flow = Arc::new(Flow::new(self, &units));
        for units in in_parts(&units) {
            let chains = units.iter().map(|unit| Chain::new(Arc::clone(&flow), unit.clone()));
            let answers = self.record(chains.collect::<Outcome<Vec<_>>>()?)?;
            self.note_units(units, answers);
        }
        Ok(())
    }

    /// Notes what became of units.
    fn note_units(&mut self, units: &[Unit], answers: Vec<Outcome<Recorded<Chained>>>) {
        for (unit, answer) in units.iter().zip(answers) {
            match answer {
                Ok(recorded) => {
                    let chained = recorded.answer;
                    for (record, change) in chained.records {
                        self.verdicts.record_most(record, outcome_of(change));
                    }
                    for row in chained.changed {
                        self.verdicts.change_row(row);
                    }
                    for (row, problem) in chained.refused {
                        self.verdicts.refuse_row(cell_problem(row, &problem));
                    }
                }
                Err(problem) => {
                    for row in &unit.rows {
                        self.verdicts.refuse_row(cell_problem(*row, &problem));
                    }
                }
            }
        }
    }
}

/// Units in parts of so many rows, or of one unit that has more.
fn in_parts(units: &[Unit]) -> impl Iterator<Item = &[Unit]> {
    let mut rest = units;
    std::iter::from_fn(move || {
        let mut rows = 0;
        let fits = |unit: &&Unit| {
            rows += unit.rows.len();
            rows <= ROWS_AT_ONCE
        };
        let count = rest.iter().take_while(fits).count().max(1).min(rest.len());
        let (part, behind) = rest.split_at(count);
        rest = behind;
        (!part.is_empty()).then_some(part)
    })
}

/// What the pledges and consignments of a plan are made of: it outlives the application, because a unit whose rows
/// are refused in part is made again without them.
pub(super) struct Flow {
    plan: Arc<Plan>,
    names: Namespace,
    pub(super) actor: Arc<Actor>,
    job: Option<ImportJobId>,
    programmes: Vec<Option<ProgrammeId>>,
    organizations: Vec<Option<OrganizationId>>,
    sites: Vec<Option<SiteId>>,
    items: Vec<Option<ItemId>>,
    /// Rows that are tried at all.
    sound: BTreeSet<u32>,
    overview: Overview,
}

impl Flow {
    fn new(application: &Application<'_>, units: &[Unit]) -> Self {
        let plan = Arc::clone(application.plan);
        let sound: BTreeSet<u32> = units.iter().flat_map(|unit| unit.rows.iter().copied()).collect();
        let records: BTreeSet<&RecordAt> = units.iter().flat_map(|unit| &unit.records).collect();
        let overview = Overview::of(&plan, records.iter().copied(), |row| sound.contains(&row));
        Self {
            plan,
            names: application.names,
            actor: Arc::clone(&application.actor),
            job: application.job,
            programmes: application.programmes.clone(),
            organizations: application.organizations.clone(),
            sites: application.sites.clone(),
            items: application.items.clone(),
            sound,
            overview,
        }
    }

    /// What is noted of a unit's rows where they are created: of rows of a job.
    pub(super) fn notes(&self, unit: &Unit) -> Vec<ImportRow> {
        let Some(job) = self.job else { return Vec::new() };
        unit.rows.iter().map(|row| ImportRow::noted(job, *row, "", Uuid::nil())).collect()
    }

    /// The row that states a line.
    pub(super) fn row_of(&self, at: PledgeLineAt) -> u32 {
        self.plan.pledges[at.pledge.0].lines[at.line].row
    }

    /// Whether a row counts, seen from a unit.
    fn is_kept(&self, unit: &Unit, row: u32) -> bool {
        self.sound.contains(&row) && !unit.refused.contains(&row)
    }

    /// What a unit's rows state, without those that were refused.
    pub(super) fn parts(&self, unit: &Unit) -> Outcome<Parts> {
        if unit.refused.is_empty() {
            return self.parts_beside(unit, &self.overview);
        }
        let overview = Overview::of(&self.plan, unit.records.iter(), |row| self.is_kept(unit, row));
        self.parts_beside(unit, &overview)
    }

    fn parts_beside(&self, unit: &Unit, overview: &Overview) -> Outcome<Parts> {
        let mut chain = Parts::default();
        let mut accepted = Vec::new();
        let mut happened = Vec::new();
        for record in &unit.records {
            match record {
                RecordAt::Pledge(at) => chain.pledges.extend(self.pledge(unit, *at, overview)),
                RecordAt::Consignment(at) => chain.consignments.extend(self.consignment(unit, *at)),
                RecordAt::Event(EventAt(place)) => {
                    let plan = &self.plan.events[*place];
                    let events = if plan.kind == EventKind::Accepted { &mut accepted } else { &mut happened };
                    events.extend(self.event(unit, plan, overview)?);
                }
                RecordAt::Programme(_)
                | RecordAt::Organization(_)
                | RecordAt::Site(_)
                | RecordAt::Item(_)
                | RecordAt::PledgeLine(_)
                | RecordAt::ConsignmentLine(_) => {}
            }
        }
        chain.events = accepted;
        for consignment in &mut chain.consignments {
            if let Some(allocation) = self.allocation(unit, consignment.at, overview)? {
                consignment.is_allocated = true;
                chain.events.push(allocation);
            }
        }
        chain.events.extend(happened);
        Ok(chain)
    }

    /// A pledge with the lines the unit's rows state.
    fn pledge(&self, unit: &Unit, at: PledgeAt, overview: &Overview) -> Option<ChainPledge> {
        let plan = &self.plan.pledges[at.0];
        let id = self.pledge_id(at);
        let mut lines = Vec::new();
        for (place, line) in plan.lines.iter().enumerate().filter(|(_, line)| unit.rows.contains(&line.row)) {
            let item = self.items[line.item.0]?;
            lines.push((line.row, place, rows::pledge_line(self.names, id, item, plan.title_passes, line)));
        }
        let wanted = Pledge {
            id,
            programme_id: self.programme_of(plan)?,
            donor_id: Some(self.organizations[plan.donor.0]?),
            kind: PledgeKind::Offered.word().to_owned(),
            state: PledgeState::Offered.word().to_owned(),
            reference: Some(plan.reference.clone()),
            offered_at: overview.pledges.get(&at.0).copied().unwrap_or_default(),
            note: rows::note(&plan.attributes),
            reason: None,
            link_hash: None,
            revision: 1,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            named: None,
        };
        Some(ChainPledge { at, wanted, lines })
    }

    fn pledge_id(&self, at: PledgeAt) -> PledgeId {
        self.names.id("pledge", &self.plan.pledges[at.0].reference)
    }

    fn line_id(&self, at: PledgeLineAt) -> PledgeLineId {
        self.names.id("pledge line", &self.plan.pledges[at.pledge.0].lines[at.line].reference)
    }

    fn consignment_id(&self, at: ConsignmentAt) -> ConsignmentId {
        self.names.id("consignment", &self.plan.consignments[at.0].reference)
    }

    fn programme_of(&self, plan: &PledgePlan) -> Option<ProgrammeId> {
        match plan.programme {
            Some(at) => self.programmes[at.0],
            None => self.only_programme(),
        }
    }

    fn only_programme(&self) -> Option<ProgrammeId> {
        self.programmes.first().copied().flatten()
    }

    fn consignment(&self, unit: &Unit, at: ConsignmentAt) -> Option<ChainConsignment> {
        let plan = &self.plan.consignments[at.0];
        let stated = plan.of_rows(|row| unit.rows.contains(&row));
        let (wanted, legs) = rows::consignment(self.names, &self.ends(plan)?, &stated)?;
        let named: Vec<&ConsignmentLinePlan> =
            plan.lines.iter().filter(|line| unit.rows.contains(&line.row)).collect();
        let value = |at: PledgeLineAt| {
            let line = &self.plan.pledges[at.pledge.0].lines[at.line];
            line.value.as_ref().map(|value| value.minor)
        };
        let lines = named.iter().filter_map(|line| {
            let at = line.pledge_line?;
            Some((self.line_id(at), value(at)))
        });
        let lines = lines.collect();
        let rows = named.iter().map(|line| line.row).collect();
        Some(ChainConsignment { at, wanted, legs, rows, lines, is_allocated: false })
    }

    /// Who and where a consignment is about.
    fn ends(&self, plan: &ConsignmentPlan) -> Option<Ends> {
        let pledge = plan.lines.iter().find_map(|line| line.pledge_line).map(|line| line.pledge);
        let programme = match pledge {
            Some(at) => self.programme_of(&self.plan.pledges[at.0])?,
            None => self.only_programme()?,
        };
        let site = |at: SiteAt| self.sites[at.0];
        let sites = plan.legs.iter().map(|leg| Some((site(leg.from)?, site(leg.to)?)));
        Some(Ends {
            programme,
            consignor: self.organizations[plan.consignor.0]?,
            consignee: self.organizations[plan.consignee.0]?,
            carrier: plan.carrier.and_then(|at| self.organizations[at.0]),
            sites: sites.collect::<Option<Vec<_>>>()?,
        })
    }

    /// Reserves the goods of a consignment out of the very pledge lines the file names, at the time of the first
    /// thing that is known to have happened to it.
    fn allocation(&self, unit: &Unit, at: ConsignmentAt, overview: &Overview) -> Outcome<Option<ToldEvent>> {
        let Some(time) = overview.consignments.get(&at.0) else { return Ok(None) };
        let mut goods = Vec::new();
        let mut rows = Vec::new();
        for line in self.plan.consignments[at.0].lines.iter().filter(|line| unit.rows.contains(&line.row)) {
            if let (Some(label), Some(item)) = (line.pledge_line, self.items[line.item.0]) {
                goods.push(LabelledGoods { item, quantity: line.quantity, line: Some(self.line_id(label)) });
                rows.push(line.row);
            }
        }
        if goods.is_empty() {
            return Ok(None);
        }
        let id = self.consignment_id(at);
        let ids = Ids::Allocation(id);
        let kind = events::allocate(id, &goods)?;
        let command = Command::made_here(ids.revision(0), *time, Precision::Inferred, kind)?;
        ToldEvent::new(ids, Time::WorkedOut, command, rows).map(Some)
    }

    /// An event with the lines the unit's rows state; none where it is about nothing.
    fn event(&self, unit: &Unit, plan: &EventPlan, overview: &Overview) -> Outcome<Option<ToldEvent>> {
        let happened = match plan.subject {
            EventSubject::Pledge(pledge) => self.acceptance(unit, pledge)?,
            EventSubject::Consignment { consignment, leg } => {
                let id = self.consignment_id(consignment);
                let leg_id = derived::<LegId>(id.0, "leg", leg as u64);
                match plan.kind {
                    EventKind::Accepted => None,
                    EventKind::Departed => {
                        self.departure(unit, plan, (consignment, leg), leg_id, overview)?
                    }
                    EventKind::Arrived => {
                        let rows = plan.rows.iter().copied().filter(|row| unit.rows.contains(row));
                        Some((events::arrive(id, leg_id), rows.collect()))
                    }
                    EventKind::Received => self.receipt(unit, plan, (id, leg_id))?,
                }
            }
        };
        let Some((kind, rows)) = happened else { return Ok(None) };
        let Some(stated) = plan.time_of(|row| self.is_kept(unit, row)) else { return Ok(None) };
        let (at, precision) = moment(stated.occurred);
        let (mapping, key) = (self.plan.mapping.clone(), plan.key.clone());
        let ids = Ids::Key { mapping, kind: plan.kind, key };
        let command = Command::made_here(ids.revision(0), at, precision, kind)?;
        let event = ToldEvent::new(ids, Time::Stated(plan.when_rows_differ), command, rows)?;
        Ok(Some(event.dated_by(&stated.date_column)))
    }

    fn acceptance(&self, unit: &Unit, at: PledgeAt) -> Outcome<Option<(Kind, Vec<u32>)>> {
        let mut lines = Vec::new();
        let mut rows = Vec::new();
        for (line, planned) in self.plan.pledges[at.0].lines.iter().enumerate() {
            if unit.rows.contains(&planned.row) {
                lines.push((self.line_id(PledgeLineAt { pledge: at, line }), planned.quantity));
                rows.push(planned.row);
            }
        }
        if lines.is_empty() {
            return Ok(None);
        }
        Ok(Some((events::accept(self.pledge_id(at), &lines)?, rows)))
    }

    fn departure(
        &self,
        unit: &Unit,
        plan: &EventPlan,
        (at, leg): (ConsignmentAt, usize),
        leg_id: LegId,
        overview: &Overview,
    ) -> Outcome<Option<(Kind, Vec<u32>)>> {
        let mut goods = Vec::new();
        let mut rows = Vec::new();
        for (place, line) in self.plan.consignments[at.0].lines.iter().enumerate() {
            let is_told = unit.rows.contains(&line.row) && plan.rows.contains(&line.row);
            let (Some((item, label)), true) = (self.goods_of(line), is_told) else { continue };
            let place = ConsignmentLineAt { consignment: at, line: place };
            let quantity = overview.leaving(place, line, leg);
            if quantity > 0 {
                goods.push(LabelledGoods { item, quantity, line: label });
                rows.push(line.row);
            }
        }
        if goods.is_empty() {
            return Ok(None);
        }
        Ok(Some((events::depart(self.consignment_id(at), leg_id, &goods)?, rows)))
    }

    fn receipt(
        &self,
        unit: &Unit,
        plan: &EventPlan,
        (consignment, leg): (ConsignmentId, LegId),
    ) -> Outcome<Option<(Kind, Vec<u32>)>> {
        let mut goods = Vec::new();
        let mut rows = Vec::new();
        for received in &plan.received {
            let line = &self.plan.consignments[received.line.consignment.0].lines[received.line.line];
            let (Some((item, label)), true) = (self.goods_of(line), unit.rows.contains(&line.row)) else {
                continue;
            };
            let parts =
                [received.good, received.damaged, received.on_hold, received.missing, received.surplus];
            goods.push(CountedGoods { item, line: label, parts });
            rows.push(line.row);
        }
        if goods.is_empty() {
            return Ok(None);
        }
        Ok(Some((events::receive((consignment, leg), plan.is_final, &goods)?, rows)))
    }

    /// The item of a line and the pledge line on its label.
    fn goods_of(&self, line: &ConsignmentLinePlan) -> Option<(ItemId, Option<PledgeLineId>)> {
        Some((self.items[line.item.0]?, line.pledge_line.map(|at| self.line_id(at))))
    }
}
