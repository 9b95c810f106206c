//! What all kinds of event have in common: when it happened, how it is posted once, and what becomes of it
//! when it cannot be posted yet.

use super::account::Account;
use super::book::Book;
use super::cell::{Cell, Movement, Statement};
use super::origin::FromPaper;
use crate::auth::Scope;
use crate::core::id::{
    ApprovalId, ConsignmentId, EventId, HandlingUnitId, LegId, LoadId, PledgeId, ProgrammeId, SiteId, UserId,
};
use crate::core::problem::{Code, Fault, Problem};
use crate::core::time::{CLOCK_TOLERANCE, Precision, Timestamp};
use crate::writer::{Desk, Drawer, Entry, Moment, Refusal, Wanted, record};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

pub use super::relabel::relabel;

record! {
    /// A recorded event.
    pub struct EventRecord in events key id: EventId, group about_id: Option<EventId> {
        /// Ledger sequence.
        sequence: i64,
        /// Made by the client.
        id: EventId,
        /// What kind.
        kind: String,
        /// The programme, where one is concerned.
        programme_id: Option<ProgrammeId>,
        /// The pledge.
        pledge_id: Option<PledgeId>,
        /// The consignment.
        consignment_id: Option<ConsignmentId>,
        /// The leg.
        leg_id: Option<LegId>,
        /// The place.
        site_id: Option<SiteId>,
        /// The load.
        load_id: Option<LoadId>,
        /// The event this one corrects, reverses or confirms.
        about_id: Option<EventId>,
        /// In the world.
        occurred_at: Timestamp,
        /// How exactly that is known.
        occurred_precision: String,
        /// From when it counts.
        effective_at: Timestamp,
        /// Here.
        recorded_at: Timestamp,
        /// Whether it counts later than it occurred, because goods were not there yet.
        moved: bool,
        /// Whether it was worked out from another event.
        inferred: bool,
        /// Who posted it.
        actor_id: UserId,
        /// The command as it came.
        body: String,
        /// SHA-256 of the command.
        body_hash: Vec<u8>,
        /// What the poster was told.
        result: String,
    }
}

/// That an event was not reversed, for queries over `events`.
pub const STANDS: &str = "NOT EXISTS (SELECT 1 FROM events AS reversals \
                          WHERE reversals.about_id = events.id AND reversals.kind = 'reversed')";

/// Movements and statements that count from one time.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// From when they count.
    pub effective_at: Timestamp,
    /// The movements.
    pub movements: &'a [Movement],
    /// What documents state.
    pub statements: &'a [Statement],
}

/// Why an event is not posted now.
#[derive(Debug)]
pub enum Halt {
    /// Refused, or rows are missing on the desk.
    Refused(Refusal),
    /// Acknowledged; posts by itself once what it waits for appears.
    Waits(Wait),
}

/// What an event waits for.
#[derive(Clone, Debug)]
pub struct Wait {
    /// The thing whose appearance or change may end the waiting.
    pub waits_for: Uuid,
    /// In words.
    pub reason: String,
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem.into())
    }
}
impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
impl From<Wanted> for Halt {
    fn from(wanted: Wanted) -> Self {
        Self::Refused(wanted.into())
    }
}

impl Halt {
    /// An event that names something not known yet.
    pub fn unknown(what: &str, id: Uuid) -> Self {
        Self::Waits(Wait { waits_for: id, reason: format!("The {what} {id} is not known yet.") })
    }
}

/// Decides on one thing after another, and asks for all that any of them misses at once: rows are loaded in few
/// rounds, however many things there are.
///
/// # Errors
/// What the first refuses or waits for, or rows missing on the desk. What comes after a miss was decided without
/// it, so that the miss is what counts.
pub fn all_or_missed<T>(
    things: impl IntoIterator<Item = T>,
    mut decide: impl FnMut(T) -> Result<(), Halt>,
) -> Result<(), Halt> {
    let mut missed = false;
    for thing in things {
        match decide(thing) {
            Ok(()) => {}
            Err(Halt::Refused(Refusal::Missed)) => missed = true,
            Err(_) if missed => break,
            Err(halt) => return Err(halt),
        }
    }
    if missed { Err(Refusal::Missed.into()) } else { Ok(()) }
}

/// What an event is about, for finding it again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subjects {
    /// The programme.
    pub programme: Option<ProgrammeId>,
    /// The pledge.
    pub pledge: Option<PledgeId>,
    /// The consignment.
    pub consignment: Option<ConsignmentId>,
    /// The leg.
    pub leg: Option<LegId>,
    /// The site.
    pub site: Option<SiteId>,
    /// The load.
    pub load: Option<LoadId>,
    /// The event corrected, reversed or confirmed.
    pub about: Option<EventId>,
}

impl Subjects {
    /// What another event is about that corrects or reverses this one.
    pub fn of_what_follows(record: &EventRecord) -> Self {
        Self {
            programme: record.programme_id,
            pledge: record.pledge_id,
            consignment: record.consignment_id,
            leg: record.leg_id,
            site: record.site_id,
            load: record.load_id,
            about: Some(record.id),
        }
    }
}

/// What the poster of an event is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventResult {
    /// The event.
    pub id: EventId,
    /// Its kind.
    pub kind: String,
    /// `posted`, `waiting` or `proposed`.
    pub status: EventStatus,
    /// Ledger sequence; absent while waiting.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sequence: Option<i64>,
    /// When it happened, clamped to now where the caller's clock is a little ahead.
    pub occurred_at: Timestamp,
    /// From when it counts; absent while waiting.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effective_at: Option<Timestamp>,
    /// When it was recorded here.
    pub recorded_at: Timestamp,
    /// Whether it counts later than it occurred, because goods were not there yet.
    pub moved: bool,
    /// The departure this receipt implied, if nobody had posted one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inferred: Option<EventId>,
    /// Units a correction had to take from surplus because they had moved on; undecided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub moved_on: Option<i64>,
    /// What a waiting event waits for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waits_for: Option<String>,
    /// Where somebody else decides about a proposed event.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approval: Option<ApprovalId>,
    /// What was lacking when goods departed: `no_green_light`, `customs_open`, `over_weight`, `over_volume`. They left all the
    /// same. And `none_in_hand`, where a recall found nothing of its lot in hand: what comes later is held.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
    /// Handling units that are open from now on, as goods of theirs were taken out of their consignment without them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub units_opened: Vec<HandlingUnitId>,
}

impl EventResult {
    /// The entry it is recorded in, where it is.
    pub fn moment(&self) -> Option<Moment> {
        let moment = |sequence| Moment { sequence, recorded_at: self.recorded_at };
        self.sequence.map(moment)
    }
}

/// Whether an event counts already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// In the ledger.
    Posted,
    /// Acknowledged; in no total until it can post.
    Waiting,
    /// Proposed; in no total until somebody else approves it.
    Proposed,
}

/// An event on its way into the ledger.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Made by the client, or derived.
    pub id: EventId,
    /// What kind.
    pub kind: &'static str,
    /// In the world, not after the batch's clock.
    pub occurred_at: Timestamp,
    /// How exactly that is known.
    pub precision: Precision,
    /// Whether it was worked out from another event.
    pub inferred: bool,
    /// The command as it came.
    pub body: Arc<str>,
    /// A reason given.
    pub reason: Option<String>,
    /// What the event that is restated has posted so far. With it, what would be posted is captured instead of
    /// posted: how a correction learns the right postings.
    pub restates: Option<Arc<Restated>>,
    /// How far whoever posts it reaches: what is not reserved yet can be taken only from there.
    pub scope: Scope,
    /// Whether what was ever delivered follows it: not where delivered goods come back or end.
    pub deploys: bool,
    /// The paper of somebody else it was entered from.
    pub from_paper: Option<FromPaper>,
    /// Who approved it, where somebody else than its poster had to.
    pub decided_by: Option<UserId>,
    /// Who made the link it was posted by, where that is how it came.
    pub made_by: Option<UserId>,
    /// What its poster is warned of.
    pub warnings: Vec<String>,
}

/// What an event and its corrections posted, in sum.
#[derive(Clone, Debug, Default)]
pub struct Restated {
    /// The change of each cell.
    pub changes: Vec<(Cell, i64)>,
    /// What was stated.
    pub statements: Vec<Statement>,
}

/// What a rehearsed event would have posted.
#[derive(Clone, Debug, Default)]
pub struct Rehearsal {
    /// Its movements.
    pub movements: Vec<Movement>,
    /// Its statements.
    pub statements: Vec<Statement>,
}

/// Checks a caller's time against the clock: up to ten minutes ahead is clamped, later is refused.
///
/// # Errors
/// `invalid`, naming the field.
pub fn clamp(occurred_at: Timestamp, now: Timestamp) -> Result<Timestamp, Problem> {
    if occurred_at < Timestamp::EARLIEST {
        return Err(Problem::field(
            "/occurred_at",
            format!("{occurred_at} lies before {}; check the year.", Timestamp::EARLIEST),
        )
        .coded(Fault::TooEarly));
    }
    if occurred_at.0 > now.0 + CLOCK_TOLERANCE {
        return Err(Problem::field(
            "/occurred_at",
            format!(
                "{occurred_at} is in the future; the clock here says {now}. Check the clock of the device: up to ten \
                 minutes ahead are taken as now."
            ),
        )
        .coded(Fault::TooLate));
    }
    Ok(occurred_at.min(now))
}

impl Happening {
    /// Whether the event is only rehearsed: it restates one that is recorded, whose identifier it then bears.
    pub fn is_rehearsal(&self) -> bool {
        self.restates.is_some()
    }

    /// SHA-256 of the command.
    pub fn body_hash(&self) -> Vec<u8> {
        Sha256::digest(self.body.as_bytes()).to_vec()
    }

    /// Posts the event once: its movements at the earliest time from when it occurred at which every
    /// account drawn from holds enough and goes on doing so.
    ///
    /// # Errors
    /// `insufficient`, or rows missing on the desk.
    pub fn post(
        &self,
        desk: &mut Desk,
        subjects: Subjects,
        movements: &[Movement],
        statements: &[Statement],
    ) -> Result<EventResult, Refusal> {
        let effective_at = desk.shelf::<Book>().earliest(movements, self.occurred_at)?;
        self.post_parts(desk, subjects, &[Part { effective_at, movements, statements }], None)
    }

    /// Posts the event in parts, each at its own effective time; the event itself counts from the first.
    ///
    /// # Errors
    /// As [`Happening::post`].
    pub fn post_parts(
        &self,
        desk: &mut Desk,
        subjects: Subjects,
        parts: &[Part<'_>],
        moved_on: Option<i64>,
    ) -> Result<EventResult, Refusal> {
        let moment = match self.is_rehearsal() {
            true => desk.upcoming(),
            false => desk.begin_for(self.id.0, self.entry(subjects)),
        };
        let book = desk.shelf::<Book>();
        if self.is_rehearsal() {
            book.rehearse(parts)?;
        } else {
            book.post(moment, parts, self.deploys)?;
        }
        let effective_at = parts.first().map_or(self.occurred_at, |part| part.effective_at);
        let result = self.result(moment, effective_at, moved_on);
        if !self.is_rehearsal() {
            self.file(desk, subjects, moment, effective_at, &result)?;
        }
        Ok(result)
    }

    fn entry(&self, subjects: Subjects) -> Entry {
        let (kind, id) = match (subjects.consignment, subjects.pledge, subjects.site) {
            (Some(consignment), _, _) => ("consignment", consignment.0),
            (None, Some(pledge), _) => ("pledge", pledge.0),
            (None, None, Some(site)) => ("site", site.0),
            (None, None, None) => ("event", self.id.0),
        };
        let action = if self.inferred {
            format!("event.{}.inferred", self.kind)
        } else {
            format!("event.{}", self.kind)
        };
        Entry { action, kind, id, reason: self.reason.clone() }
    }

    fn result(&self, moment: Moment, effective_at: Timestamp, moved_on: Option<i64>) -> EventResult {
        EventResult {
            id: self.id,
            kind: self.kind.to_owned(),
            status: EventStatus::Posted,
            sequence: Some(moment.sequence),
            occurred_at: self.occurred_at,
            effective_at: Some(effective_at),
            recorded_at: moment.recorded_at,
            moved: effective_at > self.occurred_at,
            inferred: None,
            moved_on,
            waits_for: None,
            approval: None,
            warnings: self.warnings.clone(),
            units_opened: Vec::new(),
        }
    }

    fn file(
        &self,
        desk: &mut Desk,
        subjects: Subjects,
        moment: Moment,
        effective_at: Timestamp,
        result: &EventResult,
    ) -> Result<(), Refusal> {
        let told = serde_json::to_string(result).map_err(|error| Problem::internal(error.to_string()))?;
        let actor = desk.actor().user;
        desk.shelf::<Drawer<EventRecord>>().put(EventRecord {
            sequence: moment.sequence,
            id: self.id,
            kind: self.kind.to_owned(),
            programme_id: subjects.programme,
            pledge_id: subjects.pledge,
            consignment_id: subjects.consignment,
            leg_id: subjects.leg,
            site_id: subjects.site,
            load_id: subjects.load,
            about_id: subjects.about,
            occurred_at: self.occurred_at,
            occurred_precision: self.precision.word().to_owned(),
            effective_at,
            recorded_at: moment.recorded_at,
            moved: effective_at > self.occurred_at,
            inferred: self.inferred,
            actor_id: actor,
            body: self.body.to_string(),
            body_hash: self.body_hash(),
            result: told,
        });
        desk.touch(self.id.0);
        let touched = [
            subjects.consignment.map(|id| id.0),
            subjects.pledge.map(|id| id.0),
            subjects.site.map(|id| id.0),
        ];
        for subject in touched.into_iter().flatten() {
            desk.touch(subject);
        }
        Ok(())
    }
}

/// Files an event with all that its poster is told, where that is more than it was filed with when it was posted: whoever posts
/// it again is told the same. Within the entry of the event.
///
/// # Errors
/// Where it cannot be written, or was never posted.
pub fn file_told(desk: &mut Desk, result: &EventResult) -> Result<(), Refusal> {
    let told = serde_json::to_string(result).map_err(|error| Problem::internal(error.to_string()))?;
    let Some(record) = desk.shelf::<Drawer<EventRecord>>().find(result.id)? else {
        return Err(Problem::internal("an event was decided and left no record").into());
    };
    desk.shelf::<Drawer<EventRecord>>().put(EventRecord { result: told, ..record.as_ref().clone() });
    Ok(())
}

/// A refusal for want of goods, naming account, available and asked.
pub fn short(pointer: &str, account: Account, available: i64, asked: i64, what: &str) -> Problem {
    short_as(pointer, account, account.word(), available, asked, what)
}

/// The same, where other words than the account's say which goods were looked for.
pub fn short_as(
    pointer: &str,
    account: Account,
    words: &str,
    available: i64,
    asked: i64,
    what: &str,
) -> Problem {
    Problem::new(
        Code::Insufficient,
        format!(
            "Only {available} base units of {what} are {words}, {asked} are asked for; nothing was changed."
        ),
    )
    .at(pointer)
    .with("account", account.word())
    .with("available", available)
    .with("asked", asked)
}
