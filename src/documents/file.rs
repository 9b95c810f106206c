//! Recording a document, adding evidence to it, voiding it; and what each verifies.

use super::attachment::Attachment;
use super::number::{NumberSeries, Prefixes, series_id, take_given, take_next, void_of};
use super::rules::{
    ATTACHMENTS_MAX, Act, DocumentDraft, EVENTS_MAX, SIGNATORIES_MAX, SignatoryDraft, read_number,
};
use super::store::{Document, DocumentAttachment, DocumentEvent, Signatory};
use crate::auth::Scope;
use crate::consignments::{Consignment, Load};
use crate::core::check::id_reused;
use crate::core::id::{AttachmentId, DocumentId, EventId, derived};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::evidence::rules::{Ending, is_hand_over};
use crate::evidence::{How, Verification, end_where, verify};
use crate::ledger::event::EventRecord;
use crate::people::{Person, check_named};
use crate::pledges::Pledge;
use crate::sites::Site;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Register, Update};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Records a document.
pub(super) struct DocumentRecord {
    actor: Actor,
    id: DocumentId,
    draft: DocumentDraft,
    body_hash: Vec<u8>,
}

impl DocumentRecord {
    /// Judges the draft; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` naming every member that is wrong.
    pub(super) fn new(actor: Actor, draft: DocumentDraft, id: DocumentId) -> Outcome<Self> {
        let draft = draft.checked()?;
        let id = draft.id.unwrap_or(id);
        let draft = DocumentDraft { id: None, ..draft };
        let text = serde_json::to_vec(&draft).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Self { actor, id, draft, body_hash: Sha256::digest(text).to_vec() })
    }

    /// What must be within the caller's reach.
    pub(super) fn draft(&self) -> &DocumentDraft {
        &self.draft
    }
}

impl Update for DocumentRecord {
    type Answer = Arc<Document>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        let draft = &self.draft;
        desk.shelf::<Drawer<Document>>().want(self.id);
        desk.shelf::<Drawer<Site>>().want(draft.site);
        if let Some(consignment) = draft.consignment {
            desk.shelf::<Drawer<Consignment>>().want(consignment);
        }
        match draft.number.as_deref().and_then(read_number) {
            Some((prefix, _)) => desk.shelf::<Register<Prefixes>>().want(prefix),
            None => {
                desk.shelf::<Drawer<NumberSeries>>().want(series_id(draft.kind, draft.site, draft.year()));
            }
        }
        want(desk, &draft.events, &draft.attachments);
        want_people(desk, &draft.signatories);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Document>, Refusal> {
        if let Some(known) = desk.shelf::<Drawer<Document>>().find(self.id)? {
            if known.body_hash != self.body_hash {
                return Err(id_reused("document", self.id).into());
            }
            return Ok(known);
        }
        let draft = &self.draft;
        let site = desk.shelf::<Drawer<Site>>().find(draft.site)?.ok_or_else(|| unknown("/site", "site"))?;
        self.check_subjects(desk)?;
        let events = find_events(desk, &draft.events)?;
        let attachments = find_attachments(desk, &draft.attachments)?;
        check_signatories(desk, &self.actor, &draft.signatories)?;
        let moment = desk.begin(entry("document.recorded", self.id, None));
        let number = match (draft.kind.letters(), &draft.number) {
            (Some(_), None) => Some(take_next(desk, self.id, draft.kind, &site, draft.year())?),
            (Some(_), Some(text)) => Some(take_given(desk, self.id, draft.kind, &site, text)?),
            (None, _) => None,
        };
        let row = Document {
            id: self.id,
            kind: draft.kind.word().to_owned(),
            mode: draft.mode.map(|mode| mode.word().to_owned()),
            site_id: draft.site,
            issued_on: draft.issued_on.clone(),
            number: number.as_ref().map(|number| number.text.clone()).or_else(|| draft.number.clone()),
            reference: draft.reference.clone(),
            consignment_id: draft.consignment.or_else(|| shared(&events, |event| event.consignment_id)),
            pledge_id: draft.pledge.or_else(|| shared(&events, |event| event.pledge_id)),
            load_id: draft.load,
            filed: draft.filed.clone(),
            shareable: draft.shareable,
            body_hash: self.body_hash.clone(),
            recorded_by: self.actor.user,
            voided_at: None,
            voided_by: None,
            void_reason: None,
            revision: 1,
            created_at: moment.recorded_at,
            updated_at: moment.recorded_at,
        };
        desk.shelf::<Drawer<Document>>().put(row.clone());
        if let Some(number) = number {
            number.put(desk);
        }
        let mut papers = Papers::new(desk, self.id);
        papers.add_events(desk, &draft.events);
        papers.add_signatories(desk, &draft.signatories);
        papers.add_attachments(desk, &attachments, &self.actor, moment.recorded_at);
        papers.verify(desk, &row, moment.recorded_at)?;
        Ok(Arc::new(row))
    }
}

impl DocumentRecord {
    /// What else it is about must be there.
    fn check_subjects(&self, desk: &mut Desk) -> Result<(), Refusal> {
        let draft = &self.draft;
        if let Some(id) = draft.consignment {
            let found = desk.shelf::<Drawer<Consignment>>().find(id)?;
            found.ok_or_else(|| unknown("/consignment", "consignment"))?;
        }
        if let Some(id) = draft.pledge {
            desk.shelf::<Drawer<Pledge>>().find(id)?.ok_or_else(|| unknown("/pledge", "pledge"))?;
        }
        if let Some(id) = draft.load {
            desk.shelf::<Drawer<Load>>().find(id)?.ok_or_else(|| unknown("/load", "load"))?;
        }
        Ok(())
    }
}

/// What all events are about, where that is one thing.
fn shared<T: Copy + PartialEq>(
    events: &[Arc<EventRecord>],
    of: impl Fn(&EventRecord) -> Option<T>,
) -> Option<T> {
    let first = events.first().and_then(|first| of(first));
    first.filter(|first| events.iter().all(|event| of(event) == Some(*first)))
}

/// Evidence that is added later.
#[derive(Clone, Debug)]
pub(super) struct Added {
    /// Events it is about too, or whose figures it confirms again after they were corrected.
    pub(super) events: Vec<EventId>,
    /// Further signatories.
    pub(super) signatories: Vec<SignatoryDraft>,
    /// Further photos and scans.
    pub(super) attachments: Vec<AttachmentId>,
}

/// Adds evidence to a document.
pub(super) struct EvidenceAdd {
    pub(super) actor: Actor,
    pub(super) id: DocumentId,
    pub(super) added: Added,
}

impl Update for EvidenceAdd {
    type Answer = Arc<Document>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_document(desk, self.id);
        want(desk, &self.added.events, &self.added.attachments);
        want_people(desk, &self.added.signatories);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Document>, Refusal> {
        let known = find_standing(desk, self.id)?;
        let mut papers = Papers::load(desk, self.id)?;
        find_events(desk, &self.added.events)?;
        let attachments = find_attachments(desk, &self.added.attachments)?;
        check_signatories(desk, &self.actor, &self.added.signatories)?;
        let moment = desk.begin(entry("document.evidence_added", self.id, None));
        papers.add_events(desk, &self.added.events);
        papers.add_signatories(desk, &self.added.signatories);
        papers.add_attachments(desk, &attachments, &self.actor, moment.recorded_at);
        papers.check_lengths()?;
        let row = Document {
            revision: known.revision + 1,
            updated_at: moment.recorded_at,
            ..known.as_ref().clone()
        };
        desk.shelf::<Drawer<Document>>().put(row.clone());
        papers.verify(desk, &row, moment.recorded_at)?;
        Ok(Arc::new(row))
    }
}

/// Voids a document. It stays, and so does its number.
pub(super) struct DocumentVoid {
    pub(super) actor: Actor,
    pub(super) id: DocumentId,
    pub(super) reason: String,
}

impl Update for DocumentVoid {
    type Answer = Arc<Document>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_document(desk, self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Document>, Refusal> {
        let known = desk.shelf::<Drawer<Document>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        if known.voided_at.is_some() && known.void_reason.as_deref() == Some(self.reason.as_str()) {
            return Ok(known);
        }
        let known = find_standing(desk, self.id)?;
        let papers = Papers::load(desk, self.id)?;
        let moment = desk.begin(entry("document.voided", self.id, Some(self.reason.clone())));
        void_of(desk, &known)?;
        let row = Document {
            voided_at: Some(moment.recorded_at),
            voided_by: Some(self.actor.user),
            void_reason: Some(self.reason.clone()),
            revision: known.revision + 1,
            updated_at: moment.recorded_at,
            ..known.as_ref().clone()
        };
        desk.shelf::<Drawer<Document>>().put(row.clone());
        let by_this = |one: &Verification| one.document_id == Some(self.id);
        for event in &papers.events {
            end_where(desk, *event, Ending::Voided, moment.recorded_at, by_this)?;
        }
        Ok(Arc::new(row))
    }
}

/// What belongs to a document, while something of it is decided.
struct Papers {
    document: DocumentId,
    events: Vec<EventId>,
    acts: Vec<String>,
    attachments: Vec<AttachmentId>,
}

impl Papers {
    /// A new document has nothing yet.
    fn new(desk: &mut Desk, document: DocumentId) -> Self {
        desk.shelf::<Drawer<DocumentEvent>>().begin_group(document);
        desk.shelf::<Drawer<Signatory>>().begin_group(document);
        desk.shelf::<Drawer<DocumentAttachment>>().begin_group(document);
        Self { document, events: Vec::new(), acts: Vec::new(), attachments: Vec::new() }
    }

    fn load(desk: &mut Desk, document: DocumentId) -> Result<Self, Refusal> {
        let events = desk.shelf::<Drawer<DocumentEvent>>().group(document);
        let signatories = desk.shelf::<Drawer<Signatory>>().group(document);
        let attachments = desk.shelf::<Drawer<DocumentAttachment>>().group(document)?;
        Ok(Self {
            document,
            events: events?.iter().map(|row| row.event_id).collect(),
            acts: signatories?.iter().map(|row| row.act.clone()).collect(),
            attachments: attachments.iter().map(|row| row.attachment_id).collect(),
        })
    }

    fn add_events(&mut self, desk: &mut Desk, events: &[EventId]) {
        for event in events {
            if self.events.contains(event) {
                continue;
            }
            desk.shelf::<Drawer<DocumentEvent>>().put(DocumentEvent {
                id: derived(self.document.0, "event", self.events.len() as u64),
                document_id: self.document,
                event_id: *event,
            });
            self.events.push(*event);
        }
    }

    fn add_signatories(&mut self, desk: &mut Desk, signatories: &[SignatoryDraft]) {
        for signatory in signatories {
            let ordinal = self.acts.len();
            desk.shelf::<Drawer<Signatory>>().put(Signatory {
                id: derived(self.document.0, "signatory", ordinal as u64),
                document_id: self.document,
                ordinal: ordinal as i64 + 1,
                person_id: signatory.person,
                act: signatory.act.word().to_owned(),
                signed_at: signatory.signed_at,
            });
            self.acts.push(signatory.act.word().to_owned());
        }
    }

    fn add_attachments(&mut self, desk: &mut Desk, added: &[Arc<Attachment>], actor: &Actor, now: Timestamp) {
        for attachment in added {
            if self.attachments.contains(&attachment.id) {
                continue;
            }
            let ordinal = self.attachments.len();
            desk.shelf::<Drawer<DocumentAttachment>>().put(DocumentAttachment {
                id: derived(self.document.0, "attachment", ordinal as u64),
                document_id: self.document,
                attachment_id: attachment.id,
                ordinal: ordinal as i64 + 1,
                attached_by: actor.user,
                attached_at: now,
            });
            self.attachments.push(attachment.id);
        }
    }

    fn check_lengths(&self) -> Outcome<()> {
        for (pointer, count, most) in [
            ("/events", self.events.len(), EVENTS_MAX),
            ("/signatories", self.acts.len(), SIGNATORIES_MAX),
            ("/attachments", self.attachments.len(), ATTACHMENTS_MAX),
        ] {
            if count > most {
                let detail = format!("would be {count} of this document; at most {most} are kept");
                return Err(Problem::field(pointer, detail));
            }
        }
        Ok(())
    }

    /// Signed paper verifies the hand-overs it is about and can prove: with a signature of who received or witnessed,
    /// and a photo or scan that can be looked at.
    fn verify(&self, desk: &mut Desk, document: &Document, now: Timestamp) -> Result<(), Refusal> {
        let kind = document.document_kind()?;
        let is_signed = self.acts.iter().any(|act| Act::from_word(act).is_some_and(Act::attests));
        if !is_signed {
            return Ok(());
        }
        let mut has_scan = false;
        for attachment in &self.attachments {
            let row = desk.shelf::<Drawer<Attachment>>().find(*attachment)?;
            has_scan |= row.is_some_and(|row| row.erased_at.is_none());
        }
        if !has_scan {
            return Ok(());
        }
        for event in &self.events {
            let Some(record) = desk.shelf::<Drawer<EventRecord>>().find(*event)? else { continue };
            if is_hand_over(&record.kind) && kind.proves(&record.kind) {
                verify(desk, *event, How::Signed, Some(self.document), now)?;
            }
        }
        Ok(())
    }
}

fn want(desk: &mut Desk, events: &[EventId], attachments: &[AttachmentId]) {
    for event in events {
        desk.shelf::<Drawer<EventRecord>>().want(*event);
        desk.shelf::<Drawer<Verification>>().want_group(*event);
    }
    for attachment in attachments {
        desk.shelf::<Drawer<Attachment>>().want(*attachment);
    }
}

fn want_document(desk: &mut Desk, id: DocumentId) {
    desk.shelf::<Drawer<Document>>().want(id);
    desk.shelf::<Drawer<DocumentEvent>>().want_group(id);
    desk.shelf::<Drawer<Signatory>>().want_group(id);
    desk.shelf::<Drawer<DocumentAttachment>>().want_group(id);
    if let Ok(Papers { events, attachments, .. }) = Papers::load(desk, id) {
        want(desk, &events, &attachments);
    }
}

fn find_standing(desk: &mut Desk, id: DocumentId) -> Result<Arc<Document>, Refusal> {
    let known = desk.shelf::<Drawer<Document>>().find(id)?.ok_or_else(Problem::not_found)?;
    if let Some(at) = known.voided_at {
        let detail = format!("This document was voided at {at}; record another one.");
        return Err(Problem::new(Code::WrongState, detail).into());
    }
    Ok(known)
}

fn find_events(desk: &mut Desk, ids: &[EventId]) -> Result<Vec<Arc<EventRecord>>, Refusal> {
    let mut found = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let record = desk.shelf::<Drawer<EventRecord>>().find(*id)?;
        let pointer = format!("/events/{index}");
        found.push(record.ok_or_else(|| {
            Problem::field(
                pointer,
                format!("{id} is no event that is posted; where it waits, send this once it is"),
            )
            .coded(Fault::Unknown)
        })?);
    }
    Ok(found)
}

fn find_attachments(desk: &mut Desk, ids: &[AttachmentId]) -> Result<Vec<Arc<Attachment>>, Refusal> {
    let mut found = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let pointer = format!("/attachments/{index}");
        let row = desk.shelf::<Drawer<Attachment>>().find(*id)?;
        let row = row.ok_or_else(|| {
            Problem::field(&pointer, format!("{id} is no attachment; upload it first")).coded(Fault::Unknown)
        })?;
        row.check_there().map_err(|problem| problem.at(pointer))?;
        found.push(row);
    }
    Ok(found)
}

fn want_people(desk: &mut Desk, signatories: &[SignatoryDraft]) {
    for signatory in signatories {
        desk.shelf::<Drawer<Person>>().want(signatory.person);
    }
}

/// Who signed is somebody on record, within the reach of whoever says so, and not erased.
fn check_signatories(desk: &mut Desk, actor: &Actor, signatories: &[SignatoryDraft]) -> Result<(), Refusal> {
    let scope = Scope::from_words(&actor.scope);
    let mut missed = false;
    for (index, signatory) in signatories.iter().enumerate() {
        match check_named(desk, &scope, &format!("/signatories/{index}/person"), signatory.person) {
            Ok(_) => {}
            Err(Refusal::Missed) => missed = true,
            Err(_) if missed => break,
            Err(refusal) => return Err(refusal),
        }
    }
    if missed { Err(Refusal::Missed) } else { Ok(()) }
}

fn unknown(pointer: &str, kind: &str) -> Problem {
    Problem::field(pointer, format!("is no {kind} here; record it first")).coded(Fault::Unknown)
}

fn entry(action: &str, id: DocumentId, reason: Option<String>) -> Entry {
    Entry { action: action.to_owned(), kind: "document", id: id.0, reason }
}
