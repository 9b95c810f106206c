//! Recording a document with its events, and settling an event: with what it becomes in the ledger, in one commit.

use super::rules::Event;
use super::store::{Capture, CaptureContent, CapturedEvent, CapturedState};
use crate::auth::{Bound, Scope, countries_text};
use crate::core::check::WORDS_CHARS_MAX;
use crate::core::id::{CaptureId, CapturedEventId, ConsignmentId, EventId, OrganizationId};
use crate::core::problem::{Code, Problem};
use crate::events::{Command, Kind, PostEvent, want_event};
use crate::ledger::event::EventRecord;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, Wanted};
use std::sync::Arc;

/// An event as it is recorded with its document.
#[derive(Clone, Debug)]
pub(super) struct NewEvent {
    pub(super) event: Event,
    pub(super) ordinal: i64,
    pub(super) body: String,
    pub(super) hash: [u8; 32],
}

/// Records a document.
pub(super) struct CaptureRecord {
    /// Who sent it, in the scope in which its events are posted.
    pub(super) actor: Actor,
    pub(super) id: CaptureId,
    pub(super) behaviour: &'static str,
    pub(super) prefix: Option<String>,
    pub(super) content: Arc<[u8]>,
    pub(super) sha256: [u8; 32],
    pub(super) events: Arc<[NewEvent]>,
    /// Events it has, with those that cannot be read.
    pub(super) count: i64,
    pub(super) errors: String,
}

impl Update for CaptureRecord {
    type Answer = Arc<Capture>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Capture>>().want(self.id);
        for new in self.events.iter() {
            desk.shelf::<Drawer<CapturedEvent>>().want(new.event.row_id(&self.actor.scope));
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Capture>, Refusal> {
        if let Some(known) = desk.shelf::<Drawer<Capture>>().find(self.id)? {
            return Ok(known);
        }
        // All that is missed is asked for at once, before anything is staged.
        let mut looked: Result<(), Wanted> = Ok(());
        for new in self.events.iter() {
            looked = looked.and(self.row(desk, new).map(|_| ()));
        }
        looked?;
        let action = "capture.recorded".to_owned();
        let moment = desk.begin(Entry { action, kind: "capture", id: self.id.0, reason: None });
        let mut repeated = 0;
        for new in self.events.iter() {
            // The same event twice in one document is one, too.
            match self.row(desk, new)? {
                Some(row) => desk.shelf::<Drawer<CapturedEvent>>().put(row),
                None => repeated += 1,
            }
        }
        let (organization_id, countries) = bounds(&self.actor);
        let row = Capture {
            id: self.id,
            actor_id: self.actor.user,
            role: self.actor.role.clone(),
            scope: self.actor.scope.clone(),
            organization_id,
            countries,
            behaviour: self.behaviour.to_owned(),
            prefix: self.prefix.clone(),
            events: self.count,
            repeated,
            errors: self.errors.clone(),
            sha256: self.sha256.to_vec(),
            sequence: moment.sequence,
            recorded_at: moment.recorded_at,
        };
        desk.shelf::<Drawer<Capture>>().put(row.clone());
        desk.shelf::<Drawer<CaptureContent>>()
            .put(CaptureContent { id: self.id, content: self.content.to_vec() });
        Ok(Arc::new(row))
    }
}

impl CaptureRecord {
    /// The row of an event; none where its sender sent the same before. One that says something else under an identifier that
    /// was used is kept beside the other.
    fn row(&self, desk: &mut Desk, new: &NewEvent) -> Result<Option<CapturedEvent>, Wanted> {
        let scope = &self.actor.scope;
        let id = new.event.row_id(scope);
        let Some(known) = desk.shelf::<Drawer<CapturedEvent>>().find(id)? else {
            return Ok(Some(self.new_row(new, id)));
        };
        if known.body_hash == new.hash {
            return Ok(None);
        }
        let id = new.event.other_row_id(scope, &new.hash);
        if desk.shelf::<Drawer<CapturedEvent>>().find(id)?.is_some() {
            return Ok(None);
        }
        let mut row = self.new_row(new, id);
        CapturedState::Waiting.word().clone_into(&mut row.state);
        row.reason =
            Some("An event with this identifier was sent before, and said something else.".to_owned());
        Ok(Some(row))
    }

    fn new_row(&self, new: &NewEvent, id: CapturedEventId) -> CapturedEvent {
        let declared = new.event.declared.as_ref();
        CapturedEvent {
            id,
            capture_id: self.id,
            ordinal: new.ordinal,
            uri: new.event.uri.clone(),
            is_error: declared.is_some(),
            step: new.event.step.clone(),
            body: new.body.clone(),
            body_hash: new.hash.to_vec(),
            reference: new.event.reference().map(str::to_owned),
            corrective: declared.and_then(|one| one.corrective.first().cloned()),
            state: CapturedState::Pending.word().to_owned(),
            consignment_id: None,
            event_id: None,
            reason: None,
            settled_at: None,
            decided_by: None,
            decided_at: None,
            revision: 1,
        }
    }
}

/// What binds a sender, for whoever acts for the same.
fn bounds(actor: &Actor) -> (Option<OrganizationId>, Option<String>) {
    let scope = Scope::from_words(&actor.scope);
    let countries = scope.bounds().iter().find_map(|bound| match bound {
        Bound::Countries(codes) => countries_text(codes.clone()),
        Bound::Organization(_) | Bound::OwnPledges(_) => None,
    });
    (scope.organization(), countries)
}

/// What becomes of an event.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    /// It is this event of the ledger.
    Post(Box<Posting>),
    /// The ledger has it, or has nothing to do with it.
    Known(Option<ConsignmentId>, Option<EventId>, String),
    /// It waits for a person.
    Park(Option<ConsignmentId>, String),
}

/// An event of the ledger that one of another system becomes.
#[derive(Clone, Debug)]
pub(super) struct Posting {
    pub(super) consignment: ConsignmentId,
    pub(super) command: Command,
    /// The declaration that waits for it: settled with it where it corrects the same, and looked at again where it does not.
    pub(super) declaration: Option<CapturedEventId>,
}

/// Settles an event.
pub(super) struct EventSettle {
    /// Who posts what it becomes: its sender, or who says what it is about.
    pub(super) actor: Actor,
    pub(super) id: CapturedEventId,
    pub(super) verdict: Verdict,
    /// Whether somebody decided it: then what the ledger refuses is answered, and not kept.
    pub(super) is_decided: bool,
    /// Others that wait with the same paper: they are looked at again once it is known what that means.
    pub(super) beside: Vec<CapturedEventId>,
}

impl Update for EventSettle {
    type Answer = Arc<CapturedEvent>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<CapturedEvent>>().want(self.id);
        for id in &self.beside {
            desk.shelf::<Drawer<CapturedEvent>>().want(*id);
        }
        if let Verdict::Post(posting) = &self.verdict {
            want_event(&posting.command, desk);
            if let Some(declaration) = posting.declaration {
                desk.shelf::<Drawer<CapturedEvent>>().want(declaration);
            }
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<CapturedEvent>, Refusal> {
        let Some(row) = desk.shelf::<Drawer<CapturedEvent>>().find(self.id)? else {
            return Err(Problem::not_found().into());
        };
        let expected = if self.is_decided { CapturedState::Waiting } else { CapturedState::Pending };
        if row.stands() != expected {
            if self.is_decided {
                return Err(settled(&row).into());
            }
            return Ok(row);
        }
        let (state, consignment, event, reason) = match &self.verdict {
            Verdict::Known(consignment, event, reason) => {
                (CapturedState::Known, *consignment, *event, Some(reason.clone()))
            }
            Verdict::Park(consignment, reason) => {
                (CapturedState::Waiting, *consignment, None, Some(reason.clone()))
            }
            Verdict::Post(posting) => self.post(desk, posting)?,
        };
        let changed = CapturedEvent {
            state: state.word().to_owned(),
            consignment_id: consignment,
            event_id: event,
            reason,
            ..row.as_ref().clone()
        };
        let changed = self.record(desk, changed);
        if state == CapturedState::Taken {
            self.look_again(desk)?;
        }
        if let (Verdict::Post(posting), CapturedState::Taken) = (&self.verdict, state)
            && let Some(id) = posting.declaration
        {
            self.settle_declaration(desk, id, posting)?;
        }
        Ok(changed)
    }
}

type Settled = (CapturedState, Option<ConsignmentId>, Option<EventId>, Option<String>);

impl EventSettle {
    /// Posts the event by the rules of any other; what is refused waits, where nobody waits for the answer.
    fn post(&self, desk: &mut Desk, posting: &Posting) -> Result<Settled, Refusal> {
        let (id, consignment) = (posting.command.id, Some(posting.consignment));
        if let Some(known) = desk.shelf::<Drawer<EventRecord>>().find(id)? {
            if known.consignment_id == consignment {
                let words = "The ledger has this event already.".to_owned();
                return Ok((CapturedState::Known, consignment, Some(id), Some(words)));
            }
            let words = "An event with this identifier is on record about something else.".to_owned();
            return Ok((CapturedState::Waiting, consignment, None, Some(words)));
        }
        let checkmark = desk.checkmark();
        match PostEvent::new(posting.command.clone(), self.actor.clone()).decide(desk) {
            Ok(_) => Ok((CapturedState::Taken, consignment, Some(id), None)),
            Err(Refusal::Problem(problem)) if !self.is_decided && is_final(&problem) => {
                desk.go_back(&checkmark);
                Ok((CapturedState::Waiting, consignment, None, Some(words_of(&problem))))
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Puts the row as it is now, with an entry of its own in the log.
    fn record(&self, desk: &mut Desk, row: CapturedEvent) -> Arc<CapturedEvent> {
        let action = format!("captured_event.{}", row.state);
        let moment = desk.begin(Entry { action, kind: "captured_event", id: row.id.0, reason: None });
        let row = CapturedEvent {
            settled_at: row.settled_at.or(Some(moment.recorded_at)),
            decided_by: if self.is_decided { Some(self.actor.user) } else { row.decided_by },
            decided_at: if self.is_decided { Some(moment.recorded_at) } else { row.decided_at },
            revision: row.revision + 1,
            ..row
        };
        desk.shelf::<Drawer<CapturedEvent>>().put(row.clone());
        Arc::new(row)
    }

    /// Has those that wait with the same paper looked at again, in the entry of this one.
    fn look_again(&self, desk: &mut Desk) -> Result<(), Wanted> {
        for id in &self.beside {
            let Some(row) = desk.shelf::<Drawer<CapturedEvent>>().find(*id)? else { continue };
            if row.stands() == CapturedState::Waiting && row.consignment_id.is_none() {
                desk.shelf::<Drawer<CapturedEvent>>().put(pending_again(&row));
            }
        }
        Ok(())
    }

    fn settle_declaration(
        &self,
        desk: &mut Desk,
        id: CapturedEventId,
        posting: &Posting,
    ) -> Result<(), Refusal> {
        let Some(row) = desk.shelf::<Drawer<CapturedEvent>>().find(id)? else { return Ok(()) };
        if row.stands() != CapturedState::Waiting {
            return Ok(());
        }
        if !matches!(posting.command.kind, Kind::Corrected(_)) {
            // Nothing is taken back yet: now that what takes its place is on record, the error is looked at again.
            desk.shelf::<Drawer<CapturedEvent>>().put(pending_again(&row));
            return Ok(());
        }
        let changed = CapturedEvent {
            state: CapturedState::Taken.word().to_owned(),
            consignment_id: Some(posting.consignment),
            event_id: Some(posting.command.id),
            reason: None,
            ..row.as_ref().clone()
        };
        self.record(desk, changed);
        Ok(())
    }
}

/// An event that waits, to be looked at again.
fn pending_again(row: &CapturedEvent) -> CapturedEvent {
    CapturedEvent {
        state: CapturedState::Pending.word().to_owned(),
        reason: None,
        revision: row.revision + 1,
        ..row.clone()
    }
}

/// Whether trying again later would change nothing.
pub(super) fn is_final(problem: &Problem) -> bool {
    problem.code.status() < 500
}

/// Why an event waits, in one text.
pub(super) fn words_of(problem: &Problem) -> String {
    let mut words: String = problem.detail.chars().take(WORDS_CHARS_MAX).collect();
    for error in problem.errors.iter().filter(|error| !problem.detail.contains(&error.detail)) {
        if words.len() < WORDS_CHARS_MAX {
            words.push_str(&format!(" {}: {}", error.pointer, error.detail));
        }
    }
    words
}

pub(super) fn settled(row: &CapturedEvent) -> Problem {
    let detail = match row.stands() {
        CapturedState::Pending => {
            "This was accepted a moment ago and is looked at just now. Try again shortly."
        }
        CapturedState::Taken => "This is an event of the ledger already.",
        CapturedState::Known => "The ledger knew this; there is nothing to be done.",
        CapturedState::Waiting => "This waits.",
        CapturedState::Dismissed => "This was dismissed already.",
    };
    Problem::new(Code::WrongState, detail)
}
