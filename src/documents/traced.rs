//! What a donor reads of the papers about its own goods: that they are there, and what they are about.
//!
//! Nothing of who signed, who recorded it or where it is filed, nothing in free words, and no load, which carries others'
//! goods too. Types of their own: what is told to others does not reach a donor before somebody writes it here.

use super::attachment::Attachment;
use super::read::{
    DocumentFilter, attachments_of, document_list, document_read, events_of, of_sensitive_programme,
};
use super::store::Document;
use crate::auth::{Named, Permit};
use crate::content::Media;
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{AttachmentId, ConsignmentId, DocumentId, EventId, PledgeId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::documents;
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashSet;
use utoipa::ToSchema;

/// A document as a donor reads it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TracedDocument {
    /// Which one.
    pub id: DocumentId,
    /// What kind of paper it is.
    pub kind: String,
    /// Of a waybill: what it goes with.
    pub mode: Option<String>,
    /// Where it was issued; null where the programme is sensitive.
    pub site: Option<SiteId>,
    /// The day it bears.
    pub issued_on: String,
    /// Its number; null where the programme is sensitive, since it has the place in it.
    pub number: Option<String>,
    /// The consignment it is about.
    pub consignment: Option<ConsignmentId>,
    /// The own pledge it is about.
    pub pledge: Option<PledgeId>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// A document as a donor reads it, with what belongs to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TracedDocumentDetail {
    /// The document.
    #[serde(flatten)]
    pub document: TracedDocument,
    /// The events it is about that moved own goods.
    pub events: Vec<EventId>,
    /// Photos and scans of it that are shared with donors.
    pub attachments: Vec<TracedAttachment>,
}

/// A photo or scan as a donor reads it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TracedAttachment {
    /// Which one.
    pub id: AttachmentId,
    /// What it is by its content.
    pub media_type: Media,
    /// Bytes that are kept.
    pub size_bytes: i64,
    /// Pixels across, of a picture.
    pub width: Option<i64>,
    /// Pixels down.
    pub height: Option<i64>,
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub sha256_kept: String,
    /// When it was recorded.
    pub created_at: Timestamp,
}

impl TracedDocument {
    fn of(row: Document, is_withheld: bool) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            mode: row.mode,
            site: (!is_withheld).then_some(row.site_id),
            issued_on: row.issued_on,
            number: row.number.filter(|_| !is_withheld),
            consignment: row.consignment_id,
            pledge: row.pledge_id,
            created_at: row.created_at,
        }
    }
}

impl TracedAttachment {
    pub(super) fn of(row: &Attachment) -> Outcome<Self> {
        Ok(Self {
            id: row.id,
            media_type: row.media()?,
            size_bytes: row.size_bytes,
            width: row.width,
            height: row.height,
            sha256_kept: hexadecimal(&row.sha256_kept),
            created_at: row.created_at,
        })
    }
}

/// A document with what a donor may see of it, and its revision.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn traced_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: DocumentId,
) -> Outcome<(TracedDocumentDetail, i64)> {
    let document = document_read(conn, permit, id)?;
    let events = events_of(conn, permit, id)?;
    let attachments = attachments_of(conn, permit, id)?;
    let attachments = attachments.iter().map(TracedAttachment::of).collect::<Outcome<Vec<_>>>()?;
    let revision = document.revision;
    let is_withheld = withheld(conn, &[id])?.contains(&id);
    let document = TracedDocument::of(document, is_withheld);
    Ok((TracedDocumentDetail { document, events, attachments }, revision))
}

/// Documents about own goods, in order of their identifier.
///
/// # Errors
/// What the database says.
pub(super) fn traced_list<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    filter: &DocumentFilter,
    after: Option<DocumentId>,
    limit: i64,
) -> Outcome<Vec<TracedDocument>> {
    let rows = document_list(conn, permit, filter, after, limit)?;
    let withheld = withheld(conn, &rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
    let shown = |row: Document| {
        let is_withheld = withheld.contains(&row.id);
        TracedDocument::of(row, is_withheld)
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// Of these documents those of which a donor is not told where they were issued.
fn withheld(conn: &mut Conn, ids: &[DocumentId]) -> Outcome<HashSet<DocumentId>> {
    let found: Vec<DocumentId> = documents::table
        .filter(documents::id.eq_any(ids))
        .filter(of_sensitive_programme!())
        .select(documents::id)
        .load(conn)
        .map_err(read_failure)?;
    Ok(found.into_iter().collect())
}
