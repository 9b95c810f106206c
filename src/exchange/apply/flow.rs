//! The second half of an application: pledges, consignments, and what happened to them.

use super::events::{CountedGoods, LabelledGoods, Poster, moment};
use super::posted::Restate;
use super::rows::{self, Ends};
use super::settle_flow::{SettleConsignment, SettlePledge};
use super::{Application, outcome_of, refused};
use crate::core::id::{ConsignmentId, EventId, LegId, PledgeId, PledgeLineId, ProgrammeId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{Precision, Timestamp};
use crate::exchange::plan::{ConsignmentPlan, EventPlan, EventSubject, PledgePlan};
use crate::exchange::references::{
    ConsignmentAt, ConsignmentLineAt, EventAt, EventKind, PledgeAt, PledgeLineAt, RecordAt,
};
use crate::exchange::verdict::RecordOutcome;
use crate::pledges::Pledge;
use crate::pledges::rules::{PledgeKind, PledgeState};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pledges by place, with their lines by place; none where refused.
#[derive(Default)]
pub(super) struct Pledges {
    ids: Vec<Option<PledgeId>>,
    lines: Vec<Vec<Option<PledgeLineId>>>,
}

/// Consignments by place, with their legs; none where refused.
#[derive(Default)]
pub(super) struct Consignments {
    ids: Vec<Option<(ConsignmentId, Vec<LegId>)>>,
}

impl Pledges {
    fn line(&self, at: PledgeLineAt) -> Option<PledgeLineId> {
        self.lines.get(at.pledge.0)?.get(at.line).copied().flatten()
    }
}

/// Says that a record needs another one that was refused. The other one's reason stands in the verdict too.
fn needs(what: &str) -> RecordOutcome {
    RecordOutcome::Blocked { reason: format!("it needs {what}, which was refused") }
}

impl Application<'_> {
    pub(super) fn settle_flow(&mut self) -> Outcome<()> {
        self.settle_pledges()?;
        self.settle_consignments()
    }

    fn settle_pledges(&mut self) -> Outcome<()> {
        let plan = self.plan;
        let times = self.pledge_times();
        let mut updates = Vec::with_capacity(plan.pledges.len());
        let mut places = Vec::with_capacity(plan.pledges.len());
        self.pledges.ids = vec![None; plan.pledges.len()];
        self.pledges.lines = plan.pledges.iter().map(|pledge| vec![None; pledge.lines.len()]).collect();
        for (place, pledge) in plan.pledges.iter().enumerate() {
            match self.pledge_update(pledge, times.get(&place).copied()) {
                Some((update, lines)) => {
                    updates.push(update);
                    places.push((place, lines));
                }
                None => {
                    let refusal = needs("its donor, programme or items");
                    self.verdicts.record(RecordAt::Pledge(PledgeAt(place)), refusal);
                }
            }
        }
        let answers = self.record(updates)?;
        for ((place, lines), answer) in places.into_iter().zip(answers) {
            let at = PledgeAt(place);
            let settled = match answer {
                Ok(recorded) => recorded.answer,
                Err(problem) => {
                    self.verdicts.record(RecordAt::Pledge(at), refused(&problem));
                    continue;
                }
            };
            self.verdicts.record(RecordAt::Pledge(at), outcome_of(settled.change));
            self.pledges.ids[place] = Some(self.names.id("pledge", &plan.pledges[place].reference));
            for ((line, id), change) in lines.into_iter().zip(settled.lines) {
                let record = RecordAt::PledgeLine(PledgeLineAt { pledge: at, line });
                match change {
                    Ok(change) => {
                        self.verdicts.record(record, outcome_of(change));
                        self.pledges.lines[place][line] = Some(id);
                    }
                    Err(problem) => self.verdicts.record(record, refused(&problem)),
                }
            }
        }
        Ok(())
    }

    /// When each pledge was first spoken of: its acceptance, in this plan.
    fn pledge_times(&self) -> BTreeMap<usize, Timestamp> {
        let mut times = BTreeMap::new();
        for event in &self.plan.events {
            if let EventSubject::Pledge(pledge) = event.subject {
                let (at, _) = moment(event.occurred);
                let time = times.entry(pledge.0).or_insert(at);
                *time = at.min(*time);
            }
        }
        times
    }

    /// The update of a pledge with the places and ids of its lines; none where what it needs was refused.
    fn pledge_update(
        &mut self,
        plan: &PledgePlan,
        offered_at: Option<Timestamp>,
    ) -> Option<(SettlePledge, Vec<(usize, PledgeLineId)>)> {
        let programme = match plan.programme {
            Some(at) => self.programmes[at.0]?,
            None => self.only_programme()?,
        };
        let donor = self.organizations[plan.donor.0]?;
        let id: PledgeId = self.names.id("pledge", &plan.reference);
        let mut places = Vec::with_capacity(plan.lines.len());
        let mut lines = Vec::with_capacity(plan.lines.len());
        for (place, line) in plan.lines.iter().enumerate() {
            // A line whose item was refused is left out, and its row with it.
            let Some(item) = self.items[line.item.0] else { continue };
            let row = rows::pledge_line(self.names, id, item, plan.title_passes, line);
            places.push((place, row.id));
            lines.push(row);
        }
        if lines.is_empty() {
            return None;
        }
        let wanted = Pledge {
            id,
            programme_id: programme,
            donor_id: Some(donor),
            kind: PledgeKind::Offered.word().to_owned(),
            state: PledgeState::Offered.word().to_owned(),
            reference: Some(plan.reference.clone()),
            offered_at: offered_at.unwrap_or_default(),
            note: rows::note(&plan.attributes),
            reason: None,
            link_hash: None,
            revision: 1,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        };
        Some((SettlePledge { actor: Arc::clone(&self.actor), wanted, lines }, places))
    }

    fn only_programme(&self) -> Option<ProgrammeId> {
        self.programmes.first().copied().flatten()
    }

    fn settle_consignments(&mut self) -> Outcome<()> {
        let plan = self.plan;
        self.consignments.ids = vec![None; plan.consignments.len()];
        let mut updates = Vec::with_capacity(plan.consignments.len());
        let mut places = Vec::with_capacity(plan.consignments.len());
        for (place, consignment) in plan.consignments.iter().enumerate() {
            let rows =
                self.ends(consignment).and_then(|ends| rows::consignment(self.names, &ends, consignment));
            let Some((wanted, legs)) = rows else {
                let refusal = needs("its goods, its consignee or its sites");
                self.verdicts.record(RecordAt::Consignment(ConsignmentAt(place)), refusal);
                continue;
            };
            places.push((place, wanted.id, legs.iter().map(|leg| leg.id).collect::<Vec<_>>()));
            updates.push(SettleConsignment { actor: Arc::clone(&self.actor), wanted, legs });
        }
        let answers = self.record(updates)?;
        for ((place, id, legs), answer) in places.into_iter().zip(answers) {
            let record = RecordAt::Consignment(ConsignmentAt(place));
            match answer {
                Ok(recorded) => {
                    self.verdicts.record(record, outcome_of(recorded.answer));
                    self.consignments.ids[place] = Some((id, legs));
                }
                Err(problem) => self.verdicts.record(record, refused(&problem)),
            }
        }
        Ok(())
    }

    /// Who and where a consignment is about; none where any of it was refused, or all of its goods.
    fn ends(&self, plan: &ConsignmentPlan) -> Option<Ends> {
        let kept = |line: &crate::exchange::plan::ConsignmentLinePlan| match line.pledge_line {
            Some(at) => self.pledges.line(at).is_some(),
            None => self.items[line.item.0].is_some(),
        };
        let first = plan.lines.iter().find(|line| kept(line))?;
        let programme = match first.pledge_line {
            Some(at) => match self.plan.pledges[at.pledge.0].programme {
                Some(programme) => self.programmes[programme.0]?,
                None => self.only_programme()?,
            },
            None => self.only_programme()?,
        };
        let site = |at: crate::exchange::references::SiteAt| self.sites[at.0];
        let sites = plan.legs.iter().map(|leg| Some((site(leg.from)?, site(leg.to)?)));
        Some(Ends {
            programme,
            consignor: self.organizations[plan.consignor.0]?,
            consignee: self.organizations[plan.consignee.0]?,
            carrier: plan.carrier.and_then(|at| self.organizations[at.0]),
            sites: sites.collect::<Option<Vec<_>>>()?,
        })
    }

    /// Acceptances, then allocations, then what happened on the way, by day.
    pub(super) fn post_events(&mut self) -> Outcome<()> {
        let plan = self.plan;
        let accepted: Vec<usize> = self.events_where(|event| event.kind == EventKind::Accepted);
        self.post(&accepted)?;
        self.allocate()?;
        let rest = self.events_where(|event| event.kind != EventKind::Accepted);
        debug_assert_eq!(accepted.len() + rest.len(), plan.events.len());
        self.post(&rest)
    }

    fn events_where(&self, fits: impl Fn(&EventPlan) -> bool) -> Vec<usize> {
        let events = self.plan.events.iter().enumerate();
        events.filter(|(_, event)| fits(event)).map(|(place, _)| place).collect()
    }

    /// Reserves the goods of each consignment out of the very pledge lines the file names, at the time of
    /// the first thing that is known to have happened to it.
    fn allocate(&mut self) -> Outcome<()> {
        let times = self.consignment_times();
        let poster = Poster { actor: Arc::clone(&self.actor) };
        let mut updates = Vec::new();
        let mut places = Vec::new();
        for (place, plan) in self.plan.consignments.iter().enumerate() {
            let (Some((id, _)), Some(at)) = (&self.consignments.ids[place], times.get(&place)) else {
                continue;
            };
            let goods: Vec<LabelledGoods> = plan
                .lines
                .iter()
                .filter_map(|line| {
                    let label = self.pledges.line(line.pledge_line?)?;
                    let item = self.items[line.item.0]?;
                    Some(LabelledGoods { item, quantity: line.quantity, line: Some(label) })
                })
                .collect();
            if goods.is_empty() {
                continue;
            }
            updates.push(poster.allocate((*at, Precision::Inferred), *id, &goods)?);
            places.push(place);
        }
        let answers = self.record(updates)?;
        for (place, answer) in places.into_iter().zip(answers) {
            let record = RecordAt::Consignment(ConsignmentAt(place));
            match answer {
                Ok(recorded) => {
                    self.verdicts.record_if_unchanged(record, outcome_of(recorded.answer));
                }
                Err(problem) => {
                    self.verdicts.record(record, refused(&problem));
                    self.consignments.ids[place] = None;
                }
            }
        }
        Ok(())
    }

    /// The earliest event of each consignment; where there is none, the latest acceptance of its pledges.
    fn consignment_times(&self) -> BTreeMap<usize, Timestamp> {
        let mut times: BTreeMap<usize, Timestamp> = BTreeMap::new();
        for event in &self.plan.events {
            if let EventSubject::Consignment { consignment, .. } = event.subject {
                let (at, _) = moment(event.occurred);
                let time = times.entry(consignment.0).or_insert(at);
                *time = at.min(*time);
            }
        }
        let accepted = self.pledge_times();
        for (place, plan) in self.plan.consignments.iter().enumerate() {
            let pledges = plan.lines.iter().filter_map(|line| line.pledge_line);
            let latest = pledges.filter_map(|line| accepted.get(&line.pledge.0)).max();
            if let Some(latest) = latest {
                times.entry(place).or_insert(*latest);
            }
        }
        times
    }

    fn post(&mut self, events: &[usize]) -> Outcome<()> {
        let poster = Poster { actor: Arc::clone(&self.actor) };
        let mut updates = Vec::with_capacity(events.len());
        let mut places = Vec::with_capacity(events.len());
        for place in events {
            let plan = &self.plan.events[*place];
            let record = RecordAt::Event(EventAt(*place));
            match self.event_update(&poster, plan) {
                Ok(Some(update)) => {
                    updates.push(update);
                    places.push(record);
                }
                Ok(None) => self.verdicts.record(record, needs("what it happened to")),
                Err(problem) => self.verdicts.record(record, refused(&problem)),
            }
        }
        let answers = self.record(updates)?;
        for (record, answer) in places.into_iter().zip(answers) {
            let outcome = match answer {
                Ok(recorded) => outcome_of(recorded.answer),
                Err(problem) => refused(&problem),
            };
            self.verdicts.record(record, outcome);
        }
        Ok(())
    }

    /// The update of an event; none where what it happened to was refused.
    fn event_update(&self, poster: &Poster, plan: &EventPlan) -> Result<Option<Restate>, Problem> {
        let (id, at) = (EventId(plan.id), moment(plan.occurred));
        match plan.subject {
            EventSubject::Pledge(pledge) => {
                let Some(pledge_id) = self.pledges.ids[pledge.0] else { return Ok(None) };
                let lines = self.plan.pledges[pledge.0].lines.iter().enumerate();
                let lines = lines.filter_map(|(line, planned)| {
                    Some((self.pledges.line(PledgeLineAt { pledge, line })?, planned.quantity))
                });
                let lines: Vec<(PledgeLineId, i64)> = lines.collect();
                poster.accept(id, at, pledge_id, &lines).map(Some)
            }
            EventSubject::Consignment { consignment, leg } => {
                let Some((consignment_id, legs)) = &self.consignments.ids[consignment.0] else {
                    return Ok(None);
                };
                let Some(leg) = legs.get(leg).copied() else { return Ok(None) };
                let restate = match plan.kind {
                    EventKind::Accepted => return Ok(None),
                    EventKind::Departed => poster.depart(id, at, *consignment_id, leg),
                    EventKind::Arrived => poster.arrive(id, at, *consignment_id, leg),
                    EventKind::Received => {
                        let goods = self.counted(plan);
                        if goods.is_empty() {
                            return Ok(None);
                        }
                        poster.receive(id, at, (*consignment_id, leg), plan.is_final, &goods)
                    }
                };
                restate.map(Some)
            }
        }
    }

    /// What a receipt counts, without lines whose goods were refused.
    fn counted(&self, plan: &EventPlan) -> Vec<CountedGoods> {
        let counted = plan.received.iter().filter_map(|received| {
            let ConsignmentLineAt { consignment, line } = received.line;
            let line = &self.plan.consignments[consignment.0].lines[line];
            let label = match line.pledge_line {
                Some(at) => Some(self.pledges.line(at)?),
                None => None,
            };
            let parts =
                [received.good, received.damaged, received.on_hold, received.missing, received.surplus];
            Some(CountedGoods { item: self.items[line.item.0]?, line: label, parts })
        });
        counted.collect()
    }
}
