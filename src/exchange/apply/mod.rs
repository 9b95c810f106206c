//! A plan into the ledger: every record settled in the order they depend on each other, every event posted,
//! and a verdict for each row.
//!
//! What the ledger refuses takes with it only the rows that need it. Everything here goes through a
//! [`Recorder`], so that a rehearsal decides exactly what recording would. Never done here: reading files,
//! or writing to the database past the writer.

mod chain;
mod events;
mod further;
mod flow;
mod names;
mod posted;
mod readings;
mod recorder;
pub mod rows;
mod settle;
mod settle_flow;
mod told;
mod unit;

pub use posted::Restate;
pub use recorder::Recorder;
pub use rows::Namespace;
pub(super) use settle::entry as catalogue_entry;
pub use settle::{Catalogued, Change, Settle, SettlePack, Settled};
pub use settle_flow::{SettleConsignment, SettlePledge, SettledPledge};

use super::plan::{CellProblem, Plan};
use super::references::{ItemAt, OrganizationAt, ProgrammeAt, RecordAt, SiteAt};
use super::verdict::{RecordOutcome, RowVerdict, Verdicts};
use crate::auth::OPERATOR;
use crate::core::id::{ImportJobId, ItemId, OrganizationId, PackId, ProgrammeId, SiteId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::writer::{Actor, Recorded};
use std::sync::Arc;
use uuid::Uuid;

/// Who imports on the machine of the server, in the words of the log.
pub fn import_actor(mapping: &str) -> Actor {
    Actor { user: UserId(Uuid::nil()), role: OPERATOR.to_owned(), scope: format!("import:{mapping}") }
}

/// Tells how far an import has come: records done, of how many.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// Applies a plan; `progress` hears of every step. Where it is a job's, each row that is created is noted with it in the same
/// commit, so that whoever takes the job up again after a crash knows what became of it.
///
/// # Errors
/// Where the database cannot be read or written, or the plan lacks what the ledger needs. What is done by
/// then stays done; applying the same plan again goes on.
pub fn apply(
    plan: &Arc<Plan>,
    (actor, job): (Actor, Option<ImportJobId>),
    recorder: &mut Recorder,
    progress: Progress<'_>,
) -> Outcome<Vec<RowVerdict>> {
    let mut application = Application::new(plan, (actor, job), recorder, progress);
    application.settle_catalogue()?;
    application.settle_flow()?;
    application.note_line_facts()?;
    Ok(application.verdicts.finish())
}

/// A plan on its way into the ledger. Identifiers stand at the places of their records; none where a record
/// was refused.
struct Application<'a> {
    plan: &'a Arc<Plan>,
    names: Namespace,
    actor: Arc<Actor>,
    /// The job whose rows are noted, where there is one.
    job: Option<ImportJobId>,
    recorder: &'a mut Recorder,
    progress: Progress<'a>,
    done: usize,
    total: usize,
    verdicts: Verdicts<'a>,
    programmes: Vec<Option<ProgrammeId>>,
    organizations: Vec<Option<OrganizationId>>,
    sites: Vec<Option<SiteId>>,
    items: Vec<Option<ItemId>>,
}

impl<'a> Application<'a> {
    fn new(
        plan: &'a Arc<Plan>,
        (actor, job): (Actor, Option<ImportJobId>),
        recorder: &'a mut Recorder,
        progress: Progress<'a>,
    ) -> Self {
        let packs: usize = plan.items.iter().map(|item| item.packs.len()).sum();
        let catalogue =
            plan.programmes.len() + plan.organizations.len() + plan.sites.len() + plan.items.len();
        // About as many units as consignments, or as pledges where nothing was sent; known once they are made.
        let flow = plan.pledges.len().max(plan.consignments.len());
        Self {
            plan,
            names: Namespace::of(&plan.mapping),
            actor: Arc::new(actor),
            job,
            recorder,
            progress,
            done: 0,
            total: catalogue + packs + flow,
            verdicts: Verdicts::new(plan),
            programmes: Vec::new(),
            organizations: Vec::new(),
            sites: Vec::new(),
            items: Vec::new(),
        }
    }

    /// Records updates in order and tells of progress.
    fn record<U: crate::writer::Update>(
        &mut self,
        updates: Vec<U>,
    ) -> Outcome<Vec<Outcome<Recorded<U::Answer>>>> {
        let Self { recorder, progress, done, total, .. } = self;
        recorder.record_all(updates, &mut |count| {
            *done += count;
            progress(*done, *total);
        })
    }

    fn settle_catalogue(&mut self) -> Outcome<()> {
        let (plan, names) = (self.plan, self.names);
        let rows = plan.programmes.iter().map(|one| rows::programme(names, one)).collect();
        self.programmes = self.settle(rows, |place| RecordAt::Programme(ProgrammeAt(place)))?;
        let rows = plan.organizations.iter().map(|one| rows::organization(names, one)).collect();
        self.organizations = self.settle(rows, |place| RecordAt::Organization(OrganizationAt(place)))?;
        let rows = plan.sites.iter().map(|one| rows::site(names, one)).collect();
        self.sites = self.settle(rows, |place| RecordAt::Site(SiteAt(place)))?;
        let rows = plan.items.iter().map(|one| rows::item(names, one)).collect();
        self.items = self.settle(rows, |place| RecordAt::Item(ItemAt(place)))?;
        self.settle_packs()?;
        self.note_catalogue_facts()
    }

    /// Settles rows of one kind; gives the identifier of each, none where it was refused.
    fn settle<R: Catalogued>(
        &mut self,
        rows: Vec<R>,
        at: fn(usize) -> RecordAt,
    ) -> Outcome<Vec<Option<R::Id>>> {
        let actor = &self.actor;
        let updates = rows.into_iter().map(|wanted| Settle { actor: Arc::clone(actor), wanted }).collect();
        let answers = self.record(updates)?;
        let mut ids = Vec::with_capacity(answers.len());
        for (place, answer) in answers.into_iter().enumerate() {
            let (outcome, id) = match answer {
                Ok(recorded) => (outcome_of(recorded.answer.change), Some(recorded.answer.id)),
                Err(problem) => (refused(&problem), None),
            };
            self.verdicts.record(at(place), outcome);
            ids.push(id);
        }
        Ok(ids)
    }

    /// Packs stand with their items; one that is refused refuses the item's rows.
    fn settle_packs(&mut self) -> Outcome<()> {
        let mut places = Vec::new();
        let mut updates = Vec::new();
        for (place, (plan, id)) in self.plan.items.iter().zip(&self.items).enumerate() {
            let Some(id) = id else { continue };
            for pack in &plan.packs {
                places.push(place);
                updates.push(SettlePack { actor: Arc::clone(&self.actor), wanted: rows::pack(*id, pack) });
            }
        }
        let answers: Vec<Outcome<Recorded<Settled<PackId>>>> = self.record(updates)?;
        for (place, answer) in places.into_iter().zip(answers) {
            let record = RecordAt::Item(ItemAt(place));
            match answer {
                Ok(recorded) => match recorded.answer.change {
                    // A new pack of an item that was there makes the item another one.
                    Change::Created | Change::Updated => {
                        self.verdicts.record_if_unchanged(record, RecordOutcome::Updated);
                    }
                    Change::Unchanged => {}
                },
                Err(problem) => {
                    self.items[place] = None;
                    self.verdicts.record(record, refused(&problem));
                }
            }
        }
        Ok(())
    }
}

fn outcome_of(change: Change) -> RecordOutcome {
    match change {
        Change::Created => RecordOutcome::Created,
        Change::Updated => RecordOutcome::Updated,
        Change::Unchanged => RecordOutcome::Unchanged,
    }
}

/// A refusal of one row.
fn cell_problem(row: u32, problem: &Problem) -> CellProblem {
    let (column, value) = at_fault(problem);
    CellProblem { row, column, value, reason: reason(problem) }
}

/// A refusal in the words of a row's verdict: the field stands where the column would.
fn refused(problem: &Problem) -> RecordOutcome {
    let (column, value) = at_fault(problem);
    RecordOutcome::Refused { column, value, reason: reason(problem) }
}

/// What is wrong, without the members of records, which a file does not have.
fn reason(problem: &Problem) -> String {
    let mut reasons: Vec<&str> = problem.errors.iter().map(|error| error.detail.as_str()).collect();
    reasons.dedup();
    if reasons.is_empty() { problem.detail.clone() } else { reasons.join("; ") }
}

/// The field and the value a problem is about.
fn at_fault(problem: &Problem) -> (String, String) {
    let column = problem.errors.first().map(|error| error.pointer.trim_start_matches('/').to_owned());
    let value = match problem.members.get("value") {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    (column.unwrap_or_default(), value)
}
