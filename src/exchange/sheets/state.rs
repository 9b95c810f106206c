//! What sheets state, through the very updates that `POST` of it uses, and under the rights of whoever imports.

use super::catalogue::{Kept, body_as, kits_of};
use super::kinds::SheetKind;
use super::names::Names;
use super::read::{SheetRecord, shown};
use super::{Fate, JudgedRow, RowReason};
use crate::areas::KnownAreas;
use crate::auth::{Action, Permit, Scope, action};
use crate::baselines::rules::PopulationDraft;
use crate::baselines::{Draft as _, Population};
use crate::consignments::{ConsignmentNew, ConsignmentOpen, check_ends, ends_within};
use crate::core::check::Check;
use crate::core::id::{ConsignmentId, EventId, ImportJobId, KitId, PledgeId, SiteId, derived};
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::events::{Command, Kind, PostEvent, check_reached};
use crate::exchange::apply::{Change, Recorder, import_actor};
use crate::exchange::jobs::ImportRow;
use crate::exchange::noted::Noted;
use crate::exchange::restate::StatementsRestate;
use crate::exchange::verdict::RowOutcome;
use crate::items::Item;
use crate::kits::{KitCreate, KitDraft, KitRevise, KitVersion};
use crate::ledger::event::{EventResult, EventStatus};
use crate::parties::Organization;
use crate::pledges::http::check_within as check_offer;
use crate::pledges::{PledgeNew, PledgeOffer};
use crate::programmes::Programme;
use crate::sites::Site;
use crate::web::IfMatch;
use crate::writer::{Actor, Update};
use serde_json::json;
use std::collections::HashSet;
use uuid::Uuid;

/// Said of what depends on events that whoever imports may not read.
const HIDDEN: &str = "Later events used what this one brought; ask whoever reaches everything which.";

/// Who imports.
pub enum Importer {
    /// Whoever holds the database, by a mapping of this name.
    Operator(String),
    /// A user, by a job. Of a dry run nothing is noted.
    User {
        /// What the user may.
        permit: Box<Permit<action::ImportWrite>>,
        /// The job.
        job: ImportJobId,
        /// Whether nothing is recorded.
        is_dry: bool,
    },
}

impl Importer {
    /// Who acts under something, in the words of the log.
    ///
    /// # Errors
    /// `forbidden` where the user may not.
    pub fn actor(&self, action: Action) -> Outcome<Actor> {
        match self {
            Self::Operator(name) => Ok(import_actor(name)),
            Self::User { permit, job, .. } => {
                let actor = permit.further(action)?;
                Ok(Actor { scope: format!("{} import:{job}", actor.scope), ..actor })
            }
        }
    }

    /// How far that reaches.
    ///
    /// # Errors
    /// `forbidden` where the user may not.
    pub fn scope(&self, action: Action) -> Outcome<Scope> {
        match self {
            Self::Operator(_) => Ok(Scope::everything()),
            Self::User { permit, .. } => {
                permit.further(action)?;
                permit.reach(action).ok_or_else(Problem::not_found)
            }
        }
    }

    /// The row that is noted with what it states.
    pub fn note(&self, row: u32, key: &str, subject: Uuid) -> Option<ImportRow> {
        match self {
            Self::Operator(_) | Self::User { is_dry: true, .. } => None,
            Self::User { job, .. } => Some(ImportRow::noted(*job, row, key, subject)),
        }
    }
}

/// What became of a record: none yet where it is still to be decided.
struct Work<'a> {
    importer: &'a Importer,
    scope: Scope,
    records: Vec<SheetRecord>,
    said: Vec<Option<(Fate, Option<Uuid>)>>,
    remarks: Vec<Option<String>>,
}

/// Has records of one kind recorded, or rehearsed; what became of each of their rows.
///
/// # Errors
/// `forbidden` where whoever imports may not state this kind; where the database cannot be read or written.
pub fn state_all(
    conn: &mut Conn,
    recorder: &mut Recorder,
    importer: &Importer,
    (kind, records): (SheetKind, Vec<SheetRecord>),
) -> Outcome<Vec<JudgedRow>> {
    let scope = importer.scope(kind.action())?;
    let names = Names::load(conn, &scope, &records)?;
    let count = records.len();
    let mut work = Work { importer, scope, records, said: vec![None; count], remarks: vec![None; count] };
    for record in &mut work.records {
        if !record.is_skipped {
            names.settle(record);
        }
    }
    match kind {
        SheetKind::Organizations => work.catalogue::<Organization>(recorder, kind)?,
        SheetKind::Programmes => work.catalogue::<Programme>(recorder, kind)?,
        SheetKind::Items => work.catalogue::<Item>(recorder, kind)?,
        SheetKind::Sites => work.catalogue::<Site>(recorder, kind)?,
        SheetKind::Kits => work.kits(conn, recorder)?,
        SheetKind::Pledges => work.pledges(conn, recorder)?,
        SheetKind::Consignments => work.consignments(conn, recorder)?,
        SheetKind::Events | SheetKind::Counts | SheetKind::Distributions => work.events(conn, recorder)?,
        SheetKind::Populations => work.populations(recorder)?,
        SheetKind::Needs | SheetKind::Boundaries => {
            return Err(Problem::internal("a sheet of this kind is read in another way"));
        }
    }
    Ok(work.judged())
}

impl Work<'_> {
    /// The places of records that nothing speaks against so far.
    fn open(&self) -> Vec<usize> {
        let is_open = |place: &usize| {
            let record = &self.records[*place];
            !record.is_skipped && record.problems.is_empty() && self.said[*place].is_none()
        };
        (0..self.records.len()).filter(is_open).collect()
    }

    fn refuse(&mut self, place: usize, problem: &Problem) {
        let is_bound = !self.scope.is_everything();
        let problem = if is_bound { problem.clone().without_holder() } else { problem.clone() };
        let is_hidden = is_bound && problem.members.contains_key("events");
        let record = &self.records[place];
        let reasons: Vec<(usize, RowReason)> = match problem.errors.as_slice() {
            _ if is_hidden => vec![(0, RowReason::whole(HIDDEN))],
            [] => vec![(0, RowReason::whole(problem.detail.as_str()))],
            errors => errors.iter().map(|error| record.reason(error)).collect(),
        };
        self.records[place].problems.extend(reasons);
    }

    /// What is made of each open record; one that cannot be is refused.
    fn each<T>(&mut self, make: impl Fn(&SheetRecord) -> Outcome<T>) -> Vec<(usize, T)> {
        let mut made = Vec::new();
        for place in self.open() {
            match make(&self.records[place]) {
                Ok(one) => made.push((place, one)),
                Err(problem) => self.refuse(place, &problem),
            }
        }
        made
    }

    /// Records updates and notes what became of their records. `told` says what an answer means, and of which record it is;
    /// `subject` is what the row is noted with.
    fn record<U: Update>(
        &mut self,
        recorder: &mut Recorder,
        updates: Vec<(usize, Uuid, U)>,
        fate: fn(&U::Answer) -> Fate,
        told: impl Fn(U::Answer, bool) -> (Fate, Option<Uuid>, Option<String>),
    ) -> Outcome<()> {
        let mut places = Vec::with_capacity(updates.len());
        let mut noted = Vec::with_capacity(updates.len());
        for (place, subject, update) in updates {
            let record = &self.records[place];
            let row = record.numbers().next().unwrap_or(0);
            noted.push(Noted::new(update, self.importer.note(row, &record.key, subject), fate));
            places.push((place, subject));
        }
        let answers = recorder.record_all(noted, &mut |_| {})?;
        for ((place, subject), answer) in places.into_iter().zip(answers) {
            match answer {
                Ok(recorded) => {
                    let (fate, id, remark) = told(recorded.answer, recorded.leaf.is_some());
                    self.said[place] = Some((fate, id.or(Some(subject))));
                    self.remarks[place] = remark;
                }
                Err(problem) => self.refuse(place, &problem),
            }
        }
        Ok(())
    }

    fn catalogue<R>(&mut self, recorder: &mut Recorder, kind: SheetKind) -> Outcome<()>
    where
        Kept<R>: Update<Answer = (Uuid, Change)>,
    {
        let actor = self.importer.actor(kind.action())?;
        let updates = self.open().into_iter().map(|place| {
            let update = Kept::<R>::new(actor.clone(), &self.records[place]);
            (place, Uuid::nil(), update)
        });
        let updates = updates.collect();
        let fate = |answer: &(Uuid, Change)| fate_of(answer.1);
        self.record(recorder, updates, fate, |(id, change), _| (fate_of(change), Some(id), None))
    }

    fn kits(&mut self, conn: &mut Conn, recorder: &mut Recorder) -> Outcome<()> {
        let actor = self.importer.actor(SheetKind::Kits.action())?;
        let codes: Vec<String> = self.records.iter().map(|record| record.key.clone()).collect();
        let known = kits_of(conn, &codes)?;
        let made = self.each(|record| match known.get(&record.key) {
            None => {
                let id: KitId = derived(Uuid::nil(), &format!("sheet kit\u{1f}{}", record.key), 0);
                let draft: KitDraft = body_as(record)?;
                Ok((id, Err(KitCreate::new(actor.clone(), &draft, id)?)))
            }
            Some((id, version)) => {
                let KitDraft { name, components, .. } = body_as(record)?;
                let next = KitVersion { name: Some(name), components }.checked()?;
                let revise =
                    KitRevise { actor: actor.clone(), id: *id, read: IfMatch(*version), version: next };
                Ok((*id, Ok(revise)))
            }
        });
        let (mut created, mut revised) = (Vec::new(), Vec::new());
        for (place, (id, update)) in made {
            match update {
                Err(create) => created.push((place, id.0, create)),
                Ok(revise) => revised.push((place, id.0, revise)),
            }
        }
        let told = |is_new: bool, fate: Fate| (if is_new { fate } else { Fate::Unchanged }, None, None);
        self.record(recorder, created, |_| Fate::Created, |_, is_new| told(is_new, Fate::Created))?;
        self.record(recorder, revised, |_| Fate::Updated, |_, is_new| told(is_new, Fate::Updated))
    }

    fn pledges(&mut self, conn: &mut Conn, recorder: &mut Recorder) -> Outcome<()> {
        let actor = self.importer.actor(Action::PledgeOffer)?;
        let scope = self.scope.clone();
        let read = self.each(|record| {
            let new: PledgeNew = body_as(record)?;
            check_offer(&scope, &new).map(|()| new)
        });
        let meant = read.iter().flat_map(|(_, new)| &new.lines).filter_map(|line| line.earmark_area.as_ref());
        let areas = KnownAreas::load(conn, meant.map(|area| area.as_str()))?;
        let mut updates = Vec::new();
        for (place, new) in read {
            let wrong = new.lines.iter().enumerate().find_map(|(index, line)| {
                let area = line.earmark_area.as_ref()?;
                areas.check(&format!("/lines/{index}/earmark_area"), area.as_str()).err()
            });
            if let Some(problem) = wrong {
                self.refuse(place, &problem);
                continue;
            }
            let key = &self.records[place].key;
            let id: PledgeId = derived(new.programme.0, &format!("sheet pledge\u{1f}{key}"), 0);
            updates.push((place, id.0, PledgeOffer::new(id, new, actor.clone())));
        }
        self.record(recorder, updates, |_| Fate::Created, |_, is_new| (created(is_new), None, None))
    }

    fn consignments(&mut self, conn: &mut Conn, recorder: &mut Recorder) -> Outcome<()> {
        let actor = self.importer.actor(Action::ConsignmentWrite)?;
        let read = self.each(body_as::<ConsignmentNew>);
        let sites: HashSet<SiteId> = read.iter().flat_map(|(_, new)| [new.origin, new.destination]).collect();
        let known = ends_within(conn, &self.scope, &sites.into_iter().collect::<Vec<_>>())?;
        let mut updates = Vec::new();
        for (place, new) in read {
            let named = ("/consignee", "consignor or consignee");
            let (parties, ends) = ([new.consignor, Some(new.consignee)], [new.origin, new.destination]);
            if let Err(problem) = check_ends(&self.scope, named, parties, (ends, &known)) {
                self.refuse(place, &problem);
                continue;
            }
            let key = &self.records[place].key;
            let id: ConsignmentId = derived(new.programme.0, &format!("sheet consignment\u{1f}{key}"), 0);
            updates.push((place, id.0, ConsignmentOpen::new(id, new, actor.clone())));
        }
        self.record(recorder, updates, |_| Fate::Created, |_, is_new| (created(is_new), None, None))
    }

    fn events(&mut self, conn: &mut Conn, recorder: &mut Recorder) -> Outcome<()> {
        // Two organizations both begin with 1.
        let whose = self.scope.organization().map(|own| own.0).unwrap_or_default();
        let mut read = self.each(|record| command(whose, record));
        let kinds: Vec<Kind> = read.iter().map(|(_, command)| command.kind.clone()).collect();
        let reached = check_reached(conn, &self.scope, &kinds.iter().collect::<Vec<_>>())?;
        let mut updates = Vec::new();
        for ((place, command), reached) in read.drain(..).zip(reached) {
            match reached.and_then(|()| self.importer.actor(command.kind.action())) {
                Ok(actor) => updates.push((place, command.id.0, PostEvent::new(command, actor))),
                Err(problem) => self.refuse(place, &problem),
            }
        }
        let fate = |result: &EventResult| if is_posted(result) { Fate::Created } else { Fate::Waiting };
        self.record(recorder, updates, fate, |result, is_new| {
            if is_posted(&result) {
                return (created(is_new), None, None);
            }
            let words = match (&result.waits_for, result.status) {
                (Some(waits_for), _) => format!("it is acknowledged, and waits for {waits_for}"),
                (None, EventStatus::Proposed) => {
                    "it is proposed, and counts once somebody else approves it".to_owned()
                }
                (None, EventStatus::Posted | EventStatus::Waiting) => {
                    "it is acknowledged, and waits".to_owned()
                }
            };
            (Fate::Waiting, None, Some(words))
        })
    }

    fn populations(&mut self, recorder: &mut Recorder) -> Outcome<()> {
        let actor = self.importer.actor(Action::BaselineWrite)?;
        let read = self.each(|record| {
            let draft: PopulationDraft = body_as(record)?;
            let mut check = Check::new();
            let draft = draft.normal(&mut check, "");
            check.finish().map(|()| draft)
        });
        let mut known = HashSet::new();
        let (mut places, mut rows) = (Vec::new(), Vec::new());
        for (place, draft) in read {
            if known.insert(draft.key()) {
                places.push(place);
                rows.push(draft);
            } else {
                let words = format!("{} stands in a row above already; state it once", draft.words());
                self.refuse(place, &Problem::field("", words));
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let restate = StatementsRestate::<Population> { actor, parent: Uuid::nil(), rows };
        match recorder.record_all(vec![restate], &mut |_| {})?.pop() {
            Some(Ok(recorded)) => {
                for (place, outcome) in places.into_iter().zip(recorded.answer) {
                    self.said[place] = Some((fate_of_row(&outcome), None));
                }
            }
            Some(Err(problem)) => places.into_iter().for_each(|place| self.refuse(place, &problem)),
            None => return Err(Problem::internal("a statement gave no answer")),
        }
        Ok(())
    }

    /// The verdict on each row, in their order.
    fn judged(self) -> Vec<JudgedRow> {
        let mut judged = Vec::new();
        for ((record, said), remark) in self.records.into_iter().zip(self.said).zip(self.remarks) {
            let key = shown(&record.key);
            let refused = record.problems.first().map(|(place, _)| record.rows[*place].number);
            for (place, row) in record.rows.iter().enumerate() {
                let own = record.problems.iter().filter(|(at, _)| *at == place);
                let mut reasons: Vec<RowReason> = own.map(|(_, reason)| reason.clone()).collect();
                let (fate, subject) = match (refused, said) {
                    _ if record.is_skipped => (Fate::Skipped, None),
                    (Some(_), _) | (None, None) => (Fate::Refused, None),
                    (None, Some(said)) => said,
                };
                if let (Some(other), true) = (refused, reasons.is_empty()) {
                    reasons.push(RowReason::whole(format!(
                        "what it states together with row {other} is refused"
                    )));
                }
                reasons.extend(remark.clone().map(RowReason::whole));
                judged.push(JudgedRow { row: row.number, key: key.clone(), fate, subject, reasons });
            }
        }
        judged
    }
}

/// The event of a record, under the identifier that its number gives it.
fn command(whose: Uuid, record: &SheetRecord) -> Outcome<Command> {
    let kind = record.body["kind"].as_str().unwrap_or_default();
    let id: EventId = derived(whose, &format!("sheet event\u{1f}{kind}\u{1f}{}", record.key), 0);
    let mut body = record.body.clone();
    body["id"] = json!(id);
    let reached = body["reached"].as_array().map(Vec::as_slice).unwrap_or_default();
    if reached.iter().any(|one| !one["registered"].is_null()) {
        let words =
            "names people by their numbers in a register, which no file here may keep; post it by itself";
        return Err(Problem::field("/reached", words));
    }
    Command::read_out_of_a_file(body)
}

fn is_posted(result: &EventResult) -> bool {
    result.status == EventStatus::Posted
}

fn created(is_new: bool) -> Fate {
    if is_new { Fate::Created } else { Fate::Unchanged }
}

fn fate_of(change: Change) -> Fate {
    match change {
        Change::Created => Fate::Created,
        Change::Updated => Fate::Updated,
        Change::Unchanged => Fate::Unchanged,
    }
}

/// The fate of a row that another reader judged.
pub(in crate::exchange) fn fate_of_row(outcome: &RowOutcome) -> Fate {
    match outcome {
        RowOutcome::Created => Fate::Created,
        RowOutcome::Updated => Fate::Updated,
        RowOutcome::Unchanged => Fate::Unchanged,
        RowOutcome::Rejected { .. } => Fate::Refused,
        RowOutcome::Skipped => Fate::Skipped,
    }
}
