//! Posting an event of any kind: once, now or when it can.

use super::correct::correct;
use super::kind::{Command, Kind};
use super::propose::{approval_of, told_again};
use super::receiver::note_receiver;
use super::reverse::reverse;
use super::steps::note_count;
use super::store::{RefusalRecord, WaitingRecord};
use super::wait::subjects;
use crate::auth::{Action, Scope, actor_may};
use crate::consignments as consigned;
use crate::core::id::{ConsignmentId, ItemId, LegId, PledgeId, SiteId, UserId};
use crate::core::problem::{Code, Fault, Problem};
use crate::distributions as handed;
use crate::items::goods::GoodsLine;
use crate::kits::{open_left, pack_kits, unpack_kits};
use crate::ledger::event::{EventRecord, EventResult, Halt, Happening, clamp, file_told};
use crate::ledger::{Account, Book};
use crate::parties::find_organization;
use crate::people::{check_named, check_reached};
use crate::pledges as promised;
use crate::proposals::Approval;
use crate::stock as stocked;
use crate::unwanted::want_unwanted;
use crate::writer::{Actor, Checkmark, Desk, Drawer, Job, Refusal, Update};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Posts one event.
pub struct PostEvent {
    pub(super) command: Command,
    pub(super) actor: Actor,
    pub(super) woken: bool,
    pub(super) made_by: Option<UserId>,
}

impl PostEvent {
    /// An event as somebody posts it.
    pub fn new(command: Command, actor: Actor) -> Self {
        Self { command, actor, woken: false, made_by: None }
    }

    /// The same, posted by a link that this user made for somebody without an account.
    pub fn by_link_of(self, user: UserId) -> Self {
        Self { made_by: Some(user), ..self }
    }

    /// An event that waited and tries again.
    pub fn woken(command: Command, actor: Actor) -> Self {
        Self { command, actor, woken: true, made_by: None }
    }

    /// The first result, where this event was recorded or acknowledged before.
    fn before(&self, desk: &mut Desk) -> Result<Option<EventResult>, Refusal> {
        if desk.is_forgetful() {
            return Ok(None);
        }
        let hash = self.hash();
        let posted = desk.shelf::<Drawer<EventRecord>>().find(self.command.id)?;
        let waiting = desk.shelf::<Drawer<WaitingRecord>>().find(self.command.id)?;
        let proposed = desk.shelf::<Drawer<Approval>>().find(approval_of(self.command.id))?;
        let is_waiting = posted.is_none() && proposed.is_none();
        let (known, result) = match (&posted, &proposed, waiting) {
            (Some(record), ..) => (record.body_hash.clone(), record.result.clone()),
            (None, Some(approval), _) => (approval.body_hash.clone(), String::new()),
            (None, None, Some(record)) if !self.woken => (record.body_hash.clone(), record.result.clone()),
            (None, None, _) => return Ok(None),
        };
        if known != hash {
            let detail = format!(
                "The event {} was posted before with another body. Make a new id for a new event; correct the first \
                 one if it was wrong.",
                self.command.id
            );
            return Err(Problem::new(Code::IdempotencyConflict, detail).at("/id").into());
        }
        if let (None, Some(approval)) = (&posted, &proposed) {
            return Ok(Some(told_again(approval)?));
        }
        if is_waiting && let Some(refused) = desk.shelf::<Drawer<RefusalRecord>>().find(self.command.id)? {
            return Err(refused.problem()?.into());
        }
        let result = serde_json::from_str(&result)
            .map_err(|error| Problem::internal(format!("a stored result cannot be read: {error}")))?;
        Ok(Some(result))
    }

    /// Whoever corrects or reverses an event must be allowed to post its kind: a decision is taken back by who
    /// may decide. What is not known yet is checked when it is, before anything is posted.
    pub(super) fn check_about(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let mut about = self.command.kind.about();
        // A reversed correction concerns what was corrected.
        while let Some(id) = about {
            let Some(record) = desk.shelf::<Drawer<EventRecord>>().find(id)? else { return Ok(()) };
            match Kind::restated_by(&record.kind) {
                Some(Action::EventSubmit) => about = record.about_id,
                Some(action) => return actor_may(&self.actor, action).map_err(Refusal::from),
                None => return Err(Problem::internal("an event of an unknown kind").into()),
            }
        }
        Ok(())
    }

    pub(super) fn hash(&self) -> Vec<u8> {
        use sha2::Digest as _;
        sha2::Sha256::digest(self.command.text.as_bytes()).to_vec()
    }

    pub(super) fn happening(&self, desk: &Desk) -> Result<Happening, Problem> {
        Ok(Happening {
            id: self.command.id,
            kind: self.command.kind.word(),
            occurred_at: clamp(self.command.occurred_at, desk.now())?,
            precision: self.command.precision,
            inferred: false,
            body: Arc::from(self.command.text.as_str()),
            reason: self.command.reason.clone(),
            restates: None,
            scope: Scope::from_words(&self.actor.scope),
            // What restates another event is told by that one, in `correct` and `reverse`.
            deploys: self.command.kind.deployed().decided().unwrap_or(true),
            from_paper: self.command.from_paper.clone(),
            decided_by: None,
            made_by: self.made_by,
            warnings: Vec::new(),
        })
    }
}

impl Update for PostEvent {
    type Answer = EventResult;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_event(&self.command, desk);
    }

    fn instead(&self, problem: &Problem) -> Option<Box<dyn Job>> {
        self.refused_by_database(problem)
    }

    fn decide(&self, desk: &mut Desk) -> Result<EventResult, Refusal> {
        if let Some(result) = self.before(desk)? {
            return Ok(result);
        }
        if let Some(fault) = &self.command.fault {
            return Err(fault.as_ref().clone().into());
        }
        let checkmark = desk.checkmark();
        match self.post(desk, &checkmark).map_err(|refusal| self.discreet(refusal)) {
            Err(Refusal::Problem(problem)) if self.woken && problem.code.status() < 500 => {
                desk.go_back(&checkmark);
                self.refuse(desk, &problem)
            }
            other => other,
        }
    }
}

impl PostEvent {
    /// Whoever is bound is not told who holds a reference that a split would take: that may be out of reach.
    fn discreet(&self, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Problem(problem) if !Scope::from_words(&self.actor.scope).is_everything() => {
                problem.without_holder().into()
            }
            other => other,
        }
    }

    /// Posts the event now or has it wait.
    fn post(&self, desk: &mut Desk, checkmark: &Checkmark) -> Result<EventResult, Refusal> {
        self.check_about(desk)?;
        let happening = self.happening(desk)?;
        let before = self.corrected_before(desk)?;
        match self.find_paper(desk).and_then(|()| decide_kind(desk, &happening, &self.command.kind)) {
            Ok(result) => {
                if let Some(due) = self.due(desk, &result, &before)? {
                    return self.propose(desk, checkmark, &happening, &result, &due);
                }
                if let (Kind::Counted(_), Some(sequence)) = (&self.command.kind, result.sequence) {
                    note_count(desk, result.id, sequence);
                }
                note_receiver(desk, &happening, &self.command.kind, &result)?;
                let waited = desk.shelf::<Drawer<WaitingRecord>>().find(self.command.id)?;
                if let Some(record) = waited {
                    desk.shelf::<Drawer<WaitingRecord>>()
                        .put(WaitingRecord { posted: true, ..record.as_ref().clone() });
                }
                Ok(result)
            }
            Err(Halt::Refused(refusal)) => Err(refusal),
            Err(Halt::Waits(wait)) => {
                desk.go_back(checkmark);
                self.wait(desk, &happening, wait)
            }
        }
    }
}

/// Decides an event of any kind. What it takes out of a consignment is in none of the consignment's units any more.
pub(super) fn decide_kind(desk: &mut Desk, happening: &Happening, kind: &Kind) -> Result<EventResult, Halt> {
    let mut result = decide_by_kind(desk, happening, kind)?;
    result.units_opened = open_left(desk, happening, result.sequence)?;
    let is_told_more = result.inferred.is_some() || !result.units_opened.is_empty();
    if is_told_more && !happening.is_rehearsal() {
        file_told(desk, &result)?;
    }
    Ok(result)
}

fn decide_by_kind(desk: &mut Desk, happening: &Happening, kind: &Kind) -> Result<EventResult, Halt> {
    match kind {
        Kind::PledgeAccepted(body) => promised::accept(desk, happening, body),
        Kind::PledgeDeclined(body) => promised::decline(desk, happening, body),
        Kind::PledgeWithdrawn(body) => promised::withdraw(desk, happening, body),
        Kind::EarmarkChanged(body) => promised::change_earmark(desk, happening, body),
        Kind::Collected(body) => promised::collect(desk, happening, body),
        Kind::Allocated(body) => consigned::allocate(desk, happening, body),
        Kind::Released(body) => consigned::release(desk, happening, body),
        Kind::Packed(body) => consigned::pack(desk, happening, body),
        Kind::Split(body) => consigned::split(desk, happening, body),
        Kind::Departed(body) => consigned::depart(desk, happening, body),
        Kind::Arrived(body) => consigned::arrive(desk, happening, body),
        Kind::CustomsHeld(body) => consigned::customs_hold(desk, happening, body),
        Kind::CustomsReleased(body) => consigned::customs_release(desk, happening, body),
        Kind::Received(body) => consigned::receive(desk, happening, body),
        Kind::Diverted(body) => consigned::divert(desk, happening, body),
        Kind::Cancelled(body) => consigned::cancel(desk, happening, body),
        Kind::Stored(body) => stocked::store_away(desk, happening, body),
        Kind::KitPacked(body) => pack_kits(desk, happening, body),
        Kind::KitUnpacked(body) => unpack_kits(desk, happening, body),
        Kind::Moved(body) => stocked::move_stock(desk, happening, body),
        Kind::Counted(body) => stocked::count(desk, happening, body),
        Kind::Delivered(body) => handed::deliver(desk, happening, body),
        Kind::Distributed(body) => handed::distribute(desk, happening, body),
        Kind::Damaged(body) => stocked::condition_damaged(desk, happening, body),
        Kind::Held(body) => stocked::condition_held(desk, happening, body),
        Kind::ReleasedFromHold(body) => stocked::condition_released(desk, happening, body),
        Kind::Relotted(body) => stocked::relot(desk, happening, body),
        Kind::ReportedMissing(body) => stocked::report_missing(desk, happening, body),
        Kind::Found(body) => stocked::find_again(desk, happening, body),
        Kind::Miscounted(body) => stocked::miscount(desk, happening, body),
        Kind::Lost(body) => stocked::lose(desk, happening, body),
        Kind::Disposed(body) => stocked::dispose(desk, happening, body),
        Kind::Returned(body) => stocked::give_back(desk, happening, body),
        Kind::Corrected(body) => correct(desk, happening, body),
        Kind::Reversed(body) => reverse(desk, happening, body),
    }
}

impl PostEvent {
    /// Waits for the organization whose paper the event was entered from. It is somebody else's, and who did it for
    /// that organization is one of its people.
    fn find_paper(&self, desk: &mut Desk) -> Result<(), Halt> {
        let Some(paper) = &self.command.from_paper else { return Ok(()) };
        find_organization(desk, paper.organization)?;
        let scope = Scope::from_words(&self.actor.scope);
        if scope.organization() == Some(paper.organization) {
            let detail = "is your own; what your organization did is entered without from_paper";
            return Err(Problem::field("/from_paper/organization", detail).into());
        }
        let Some(id) = paper.person else { return Ok(()) };
        let pointer = "/from_paper/person";
        // Who was there when it was acknowledged may be erased by the time it posts: what happened has happened.
        let person = if self.woken {
            check_reached(desk, &scope, pointer, id)?
        } else {
            check_named(desk, &scope, pointer, id)?
        };
        if person.organization_id != paper.organization {
            let detail = format!("{id} is nobody of the organization that the paper is of");
            return Err(Problem::field(pointer, detail).coded(Fault::Unknown).into());
        }
        Ok(())
    }
}

/// Asks for what posting a command will want.
pub fn want_event(command: &Command, desk: &mut Desk) {
    desk.shelf::<Drawer<EventRecord>>().want(command.id);
    desk.shelf::<Drawer<WaitingRecord>>().want(command.id);
    desk.shelf::<Drawer<Approval>>().want(approval_of(command.id));
    want(&command.kind, desk);
    if let Kind::Departed(body) = &command.kind {
        want_departure(desk, body.consignment, body.leg);
    }
    if let Kind::EarmarkChanged(body) = &command.kind {
        want_pledge(desk, body.pledge);
    }
}

/// Asks for what the common kinds will want, so that a batch is loaded in a few queries.
fn want(kind: &Kind, desk: &mut Desk) {
    let (consignment, site) = subjects(kind);
    if let Some(consignment) = consignment {
        want_consignment(desk, consignment);
    }
    if let Some(site) = site {
        desk.shelf::<Drawer<crate::sites::Site>>().want(site);
    }
    let lines = match kind {
        Kind::Allocated(body) => Some((&body.lines, body.site)),
        Kind::Moved(body) => Some((&body.lines, Some(body.site))),
        Kind::Delivered(body) => Some((&body.lines, Some(body.site))),
        Kind::Distributed(body) => Some((&body.lines, Some(body.site))),
        Kind::Departed(body) => body.lines.as_ref().map(|lines| (lines, None)),
        Kind::Received(body) => {
            want_receipt(desk, body);
            None
        }
        Kind::PledgeAccepted(body) => {
            want_acceptance(desk, body);
            want_lists(desk, body.pledge);
            None
        }
        Kind::Collected(body) => {
            want_pledge(desk, body.pledge);
            Some((&body.lines, None))
        }
        Kind::PledgeDeclined(_)
        | Kind::EarmarkChanged(_)
        | Kind::PledgeWithdrawn(_)
        | Kind::Released(_)
        | Kind::Packed(_)
        | Kind::Split(_)
        | Kind::Arrived(_)
        | Kind::CustomsHeld(_)
        | Kind::CustomsReleased(_)
        | Kind::Diverted(_)
        | Kind::Cancelled(_)
        | Kind::Stored(_)
        | Kind::KitPacked(_)
        | Kind::KitUnpacked(_)
        | Kind::Counted(_)
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
    };
    if let Some((lines, site)) = lines {
        want_lines(desk, lines, site, drawn_from(kind));
    }
}

/// The account that lines of a kind are drawn from at a site.
fn drawn_from(kind: &Kind) -> Account {
    if matches!(kind, Kind::Distributed(_)) { Account::Delivered } else { Account::InStorage }
}

fn want_receipt(desk: &mut Desk, body: &consigned::Received) {
    for line in &body.lines {
        desk.shelf::<Drawer<crate::items::Item>>().want(line.item);
    }
    want_departure(desk, body.consignment, body.leg);
    want_dispatch(desk, body.consignment, body.leg);
}

/// Asks who sent the legs off: nobody receives what they dispatched.
fn want_dispatch(desk: &mut Desk, consignment: ConsignmentId, leg: Option<LegId>) {
    let Ok(legs) = desk.shelf::<Drawer<consigned::Leg>>().group(consignment) else { return };
    for row in legs.iter().filter(|row| leg.is_none_or(|leg| leg == row.id)) {
        for departure in desk.shelf::<consigned::Departures>().posted_of(row.id).unwrap_or_default() {
            desk.shelf::<Drawer<EventRecord>>().want(departure);
        }
    }
}

fn want_lines(desk: &mut Desk, lines: &[GoodsLine], site: Option<SiteId>, account: Account) {
    for line in lines {
        desk.shelf::<Drawer<crate::items::Item>>().want(line.item);
        match (site, line.pledge_line) {
            (Some(site), _) => desk.shelf::<Book>().want_stock(site, line.item, account),
            (None, Some(label)) => desk.shelf::<Book>().want_line(label),
            (None, None) => {}
        }
    }
}

fn want_consignment(desk: &mut Desk, consignment: ConsignmentId) {
    desk.shelf::<Drawer<consigned::Consignment>>().want(consignment);
    desk.shelf::<Drawer<consigned::Leg>>().want_group(consignment);
    desk.shelf::<Book>().want_consignment(consignment);
    if let Ok(Some(found)) = desk.shelf::<Drawer<consigned::Consignment>>().find(consignment) {
        desk.shelf::<Drawer<crate::sites::Site>>().want(found.destination_id);
    }
}

/// Of a pledge with very many lines a few are accepted at a time.
fn want_acceptance(desk: &mut Desk, body: &promised::PledgeAccepted) {
    let Some(lines) = &body.lines else { return want_pledge(desk, body.pledge) };
    desk.shelf::<Drawer<promised::Pledge>>().want(body.pledge);
    desk.shelf::<Drawer<promised::PledgeLine>>().want_group(body.pledge);
    for accepted in lines {
        desk.shelf::<Book>().want_line(accepted.line);
    }
}

/// Asks for the "do not send" lists that may have what a pledge offers, once its lines and their items are there.
fn want_lists(desk: &mut Desk, pledge: PledgeId) {
    let Ok(lines) = desk.shelf::<Drawer<promised::PledgeLine>>().group(pledge) else { return };
    let items: BTreeSet<ItemId> = lines.iter().map(|line| line.item_id).collect();
    for id in items {
        desk.shelf::<Drawer<crate::items::Item>>().want(id);
        if let Ok(Some(item)) = desk.shelf::<Drawer<crate::items::Item>>().find(id) {
            want_unwanted(desk, &item);
        }
    }
}

fn want_pledge(desk: &mut Desk, pledge: PledgeId) {
    desk.shelf::<Drawer<promised::Pledge>>().want(pledge);
    desk.shelf::<Drawer<promised::PledgeLine>>().want_group(pledge);
    let Ok(lines) = desk.shelf::<Drawer<promised::PledgeLine>>().group(pledge) else { return };
    for line in lines {
        desk.shelf::<Book>().want_line(line.id);
    }
}

fn want_departure(desk: &mut Desk, consignment: ConsignmentId, leg: Option<LegId>) {
    let Ok(legs) = desk.shelf::<Drawer<consigned::Leg>>().group(consignment) else { return };
    for row in legs.iter().filter(|row| leg.is_none_or(|leg| leg == row.id)) {
        desk.shelf::<Drawer<crate::sites::Site>>().want(row.to_id);
        desk.shelf::<Drawer<crate::sites::Site>>().want(row.from_id);
        desk.shelf::<Drawer<EventRecord>>().want(consigned::inferred_id(row.id, 0));
    }
}
