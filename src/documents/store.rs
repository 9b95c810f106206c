//! The rows of documents.

use super::rules::DocumentKind;
use crate::core::id::{
    AttachmentId, ConsignmentId, DocumentId, DocumentPartId, EventId, LoadId, PersonId, PledgeId, SiteId,
    UserId,
};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::writer::record;

record! {
    /// A document.
    pub struct Document in documents key id: DocumentId, group id: DocumentId {
        /// Key.
        id: DocumentId,
        /// Word of [`DocumentKind`].
        kind: String,
        /// Of a waybill: what it goes with.
        mode: Option<String>,
        /// Where it was issued.
        site_id: SiteId,
        /// The day it bears.
        issued_on: String,
        /// Its number.
        number: Option<String>,
        /// The number somebody else gave it.
        reference: Option<String>,
        /// The consignment it is about.
        consignment_id: Option<ConsignmentId>,
        /// The pledge it is about.
        pledge_id: Option<PledgeId>,
        /// The load it is about.
        load_id: Option<LoadId>,
        /// Where the paper is filed.
        filed: Option<String>,
        /// Whether donors of the goods may see it.
        shareable: bool,
        /// SHA-256 of what was sent, so that the same again is known.
        body_hash: Vec<u8>,
        /// Who recorded it.
        recorded_by: UserId,
        /// When it was voided.
        voided_at: Option<Timestamp>,
        /// Who voided it.
        voided_by: Option<UserId>,
        /// Why.
        void_reason: Option<String>,
        /// Counts the changes, from 1.
        revision: i64,
        /// When it was recorded.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Document {
    /// Its kind as a type.
    ///
    /// # Errors
    /// `internal` where the database holds a word nobody writes.
    pub fn document_kind(&self) -> Outcome<DocumentKind> {
        DocumentKind::from_word(&self.kind).ok_or_else(|| {
            Problem::internal(format!("documents.kind {:?} of {} is no kind", self.kind, self.id))
        })
    }
}

record! {
    /// An event a document is about.
    pub struct DocumentEvent in document_events key id: DocumentPartId, group document_id: DocumentId {
        /// Key.
        id: DocumentPartId,
        /// The document.
        document_id: DocumentId,
        /// The event.
        event_id: EventId,
    }
}

record! {
    /// An attachment of a document.
    pub struct DocumentAttachment in document_attachments key id: DocumentPartId, group document_id: DocumentId {
        /// Key.
        id: DocumentPartId,
        /// The document.
        document_id: DocumentId,
        /// The attachment.
        attachment_id: AttachmentId,
        /// Its place among them.
        ordinal: i64,
        /// Who attached it.
        attached_by: UserId,
        /// When.
        attached_at: Timestamp,
    }
}

record! {
    /// Who signed a document; the name is the vault's.
    pub struct Signatory in document_signatories key id: DocumentPartId, group document_id: DocumentId {
        /// Key.
        id: DocumentPartId,
        /// The document.
        document_id: DocumentId,
        /// Its place among them.
        ordinal: i64,
        /// Who.
        person_id: PersonId,
        /// What the person did.
        act: String,
        /// When it was signed.
        signed_at: Option<Timestamp>,
    }
}
