//! An event that cannot post yet: it is kept with what it waits for, and once that is there it posts or is
//! refused. Either is recorded; nothing acknowledged is ever dropped silently.

use super::kind::Kind;
use super::post::PostEvent;
use super::store::{RefusalRecord, WaitingRecord};
use crate::consignments::Leg;
use crate::core::id::{ConsignmentId, LegId, SiteId};
use crate::core::problem::Problem;
use crate::ledger::event::{EventResult, EventStatus, Happening, Wait};
use crate::writer::{Actor, Desk, Drawer, Entry, Job, Refusal, Update, Wanted, Writer};

impl PostEvent {
    /// Acknowledges an event that cannot post yet.
    pub(super) fn wait(
        &self,
        desk: &mut Desk,
        happening: &Happening,
        wait: Wait,
    ) -> Result<EventResult, Refusal> {
        if self.woken {
            return self.wait_on(desk, happening, wait);
        }
        let (consignment, site) = placed(desk, &self.command.kind)?;
        let action = format!("event.{}.waiting", happening.kind);
        let reason = Some(wait.reason.clone());
        let moment = desk.begin(Entry { action, kind: "event", id: happening.id.0, reason });
        let result = EventResult {
            id: happening.id,
            kind: happening.kind.to_owned(),
            status: EventStatus::Waiting,
            sequence: None,
            occurred_at: happening.occurred_at,
            effective_at: None,
            recorded_at: moment.recorded_at,
            moved: false,
            inferred: None,
            moved_on: None,
            waits_for: Some(wait.reason.clone()),
            approval: None,
            warnings: Vec::new(),
            units_opened: Vec::new(),
        };
        let told = serde_json::to_string(&result).map_err(|error| Problem::internal(error.to_string()))?;
        desk.shelf::<Drawer<WaitingRecord>>().put(WaitingRecord {
            id: happening.id,
            kind: happening.kind.to_owned(),
            actor_id: self.actor.user,
            acted_as: format!("{}\n{}", self.actor.role, self.actor.scope),
            consignment_id: consignment,
            site_id: site,
            body: self.command.text.clone(),
            body_hash: self.hash(),
            reason: wait.reason,
            waits_for: wait.waits_for.as_bytes().to_vec(),
            result: told,
            received_at: moment.recorded_at,
            posted: false,
        });
        Ok(result)
    }

    /// An event that was woken and cannot post yet either: where it waits for something else now, that is
    /// recorded, or nothing would wake it again; else nothing is.
    fn wait_on(&self, desk: &mut Desk, happening: &Happening, wait: Wait) -> Result<EventResult, Refusal> {
        let Some(known) = desk.shelf::<Drawer<WaitingRecord>>().find(happening.id)? else {
            return Err(Problem::internal("an update woke that did not wait").into());
        };
        let result = told(&known)?;
        if known.waits_for == wait.waits_for.as_bytes() {
            return Ok(result);
        }
        let (_, site) = placed(desk, &self.command.kind)?;
        let action = format!("event.{}.waiting", happening.kind);
        desk.begin(Entry { action, kind: "event", id: happening.id.0, reason: Some(wait.reason.clone()) });
        desk.shelf::<Drawer<WaitingRecord>>().put(WaitingRecord {
            waits_for: wait.waits_for.as_bytes().to_vec(),
            reason: wait.reason,
            site_id: known.site_id.or(site),
            ..known.as_ref().clone()
        });
        Ok(result)
    }

    /// What it waited for is there, and it is refused: that is recorded beside it, and it is not tried again.
    pub(super) fn refuse(&self, desk: &mut Desk, problem: &Problem) -> Result<EventResult, Refusal> {
        let id = self.command.id;
        let Some(known) = desk.shelf::<Drawer<WaitingRecord>>().find(id)? else {
            return Err(Problem::internal("an update woke that did not wait").into());
        };
        let result = told(&known)?;
        let (_, site) = placed(desk, &self.command.kind)?;
        let action = format!("event.{}.refused", self.command.kind.word());
        // The words may quote what the update says; the log, which is kept for ever, gets the code alone.
        let reason = Some(problem.code.word().to_owned());
        let moment = desk.begin(Entry { action, kind: "event", id: id.0, reason });
        desk.shelf::<Drawer<RefusalRecord>>().put(RefusalRecord {
            event_id: id,
            code: problem.code.word().to_owned(),
            problem: problem.to_json().to_string(),
            refused_at: moment.recorded_at,
        });
        if known.site_id.is_none() && site.is_some() {
            desk.shelf::<Drawer<WaitingRecord>>()
                .put(WaitingRecord { site_id: site, ..known.as_ref().clone() });
        }
        Ok(result)
    }
}

/// That an update which waited is refused by the database itself, where nothing but the database knew it.
struct RefuseWoken {
    post: PostEvent,
    problem: Problem,
}

impl RefuseWoken {
    /// Nothing to record where it was posted, or refused, by somebody else meanwhile.
    fn is_over(&self, desk: &mut Desk) -> Result<bool, Wanted> {
        let id = self.post.command.id;
        let posted = desk.shelf::<Drawer<WaitingRecord>>().find(id)?.is_none_or(|waited| waited.posted);
        Ok(posted || desk.shelf::<Drawer<RefusalRecord>>().find(id)?.is_some())
    }
}

impl Update for RefuseWoken {
    type Answer = ();

    fn actor(&self) -> &Actor {
        &self.post.actor
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        if !self.is_over(desk)? {
            self.post.refuse(desk, &self.problem)?;
        }
        Ok(())
    }
}

impl PostEvent {
    /// What is recorded where the database refuses a woken update, or it would wait in silence for ever.
    pub(super) fn refused_by_database(&self, problem: &Problem) -> Option<Box<dyn Job>> {
        if !self.woken {
            return None;
        }
        let post = Self {
            command: self.command.clone(),
            actor: self.actor.clone(),
            woken: true,
            made_by: self.made_by,
        };
        Some(Writer::detached(RefuseWoken { post, problem: problem.clone() }))
    }
}

/// What the poster was told when the event was acknowledged.
fn told(known: &WaitingRecord) -> Result<EventResult, Problem> {
    serde_json::from_str(&known.result)
        .map_err(|error| Problem::internal(format!("a stored result cannot be read: {error}")))
}

/// The consignment and the site of an event, for showing it to both ends while it waits. What names only a
/// consignment is at an end of its leg, where that is known already.
fn placed(desk: &mut Desk, kind: &Kind) -> Result<(Option<ConsignmentId>, Option<SiteId>), Wanted> {
    let (consignment, site) = subjects(kind);
    let (Some(id), None) = (consignment, site) else { return Ok((consignment, site)) };
    let Some((leg, departs)) = leg_end(kind) else { return Ok((consignment, None)) };
    let mut legs = desk.shelf::<Drawer<Leg>>().group(id)?;
    legs.retain(|row| !row.superseded && leg.is_none_or(|leg| leg == row.id));
    let site = match legs.as_slice() {
        [only] => Some(if departs { only.from_id } else { only.to_id }),
        [] | [_, _, ..] => None,
    };
    Ok((consignment, site))
}

/// The leg an event names, and whether it speaks of its start.
fn leg_end(kind: &Kind) -> Option<(Option<LegId>, bool)> {
    match kind {
        Kind::Departed(body) => Some((body.leg, true)),
        Kind::Arrived(body) => Some((body.leg, false)),
        Kind::Received(body) => Some((body.leg, false)),
        Kind::PledgeAccepted(_)
        | Kind::PledgeDeclined(_)
        | Kind::PledgeWithdrawn(_)
        | Kind::EarmarkChanged(_)
        | Kind::Collected(_)
        | Kind::Allocated(_)
        | Kind::Released(_)
        | Kind::Packed(_)
        | Kind::Split(_)
        | Kind::CustomsHeld(_)
        | Kind::CustomsReleased(_)
        | Kind::Diverted(_)
        | Kind::Cancelled(_)
        | Kind::Stored(_)
        | Kind::KitPacked(_)
        | Kind::KitUnpacked(_)
        | Kind::Moved(_)
        | Kind::Counted(_)
        | Kind::Delivered(_)
        | Kind::Distributed(_)
        | Kind::Damaged(_)
        | Kind::Held(_)
        | Kind::ReleasedFromHold(_)
        | Kind::Relotted(_)
        | Kind::ReportedMissing(_)
        | Kind::Found(_)
        | Kind::Miscounted(_)
        | Kind::Lost(_)
        | Kind::Disposed(_)
        | Kind::Returned(_)
        | Kind::Corrected(_)
        | Kind::Reversed(_) => None,
    }
}

/// The consignment and the site an event names.
pub(super) fn subjects(kind: &Kind) -> (Option<ConsignmentId>, Option<SiteId>) {
    match kind {
        Kind::Allocated(body) => (Some(body.consignment), body.site),
        Kind::Released(body) => (Some(body.consignment), body.site),
        Kind::Packed(body) => (Some(body.consignment), body.site),
        Kind::Split(body) => (Some(body.consignment), body.site),
        Kind::Departed(body) => (Some(body.consignment), None),
        Kind::Arrived(body) => (Some(body.consignment), None),
        Kind::CustomsHeld(body) | Kind::CustomsReleased(body) => (Some(body.consignment), body.site),
        Kind::Received(body) => (Some(body.consignment), None),
        Kind::Diverted(body) => (Some(body.consignment), None),
        Kind::Cancelled(body) => (Some(body.consignment), None),
        Kind::Stored(body) => (body.consignment, Some(body.site)),
        Kind::KitPacked(body) => (None, Some(body.site)),
        Kind::KitUnpacked(body) => (body.consignment, body.site),
        Kind::Moved(body) => (None, Some(body.site)),
        Kind::Counted(body) => (None, Some(body.site)),
        Kind::Collected(body) => (None, Some(body.site)),
        Kind::Delivered(body) => (body.consignment, Some(body.site)),
        Kind::Distributed(body) => (body.consignment, Some(body.site)),
        Kind::Damaged(body) | Kind::Held(body) | Kind::ReleasedFromHold(body) => {
            (body.consignment, body.site)
        }
        Kind::Relotted(body) => (None, Some(body.site)),
        Kind::ReportedMissing(body) => (body.consignment, body.site),
        Kind::Found(body) | Kind::Miscounted(body) | Kind::Lost(body) => (body.consignment, body.site),
        Kind::Disposed(body) => (body.consignment, Some(body.site)),
        Kind::Returned(body) => (body.consignment, Some(body.site)),
        Kind::PledgeAccepted(_)
        | Kind::PledgeDeclined(_)
        | Kind::PledgeWithdrawn(_)
        | Kind::EarmarkChanged(_)
        | Kind::Corrected(_)
        | Kind::Reversed(_) => (None, None),
    }
}
