//! Documents over HTTP.

use super::file::{Added, DocumentRecord, DocumentVoid, EvidenceAdd};
use super::http_attachments::{AttachmentView, ReasonGiven};
use super::reach::{check_added, check_reach, check_whose};
use super::read::{DocumentFilter, Whole, document_list, document_read, whole_read};
use super::rules::{DocumentDraft, DocumentKind, SignatoryDraft, check_lists};
use super::store::{Document, Signatory};
use super::traced::{TracedDocument, TracedDocumentDetail, traced_list, traced_read};
use super::{http_attachments, http_numbers};
use crate::auth::{Fields, Permit, action};
use crate::core::check::Check;
use crate::core::id::{
    AttachmentId, ConsignmentId, DocumentId, EventId, LoadId, PersonId, PledgeId, SiteId, UserId,
};
use crate::core::page::Page;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::people::shown_as;
use crate::web::{Json, Paging, Path, Query, Routes, Shown, State, Tagged, Written, WrittenBody, discreet};
use crate::writer::Recorded;
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A document as it is listed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DocumentView {
    /// Which one.
    pub id: DocumentId,
    /// What kind of paper it is.
    pub kind: String,
    /// Of a waybill: what it goes with.
    pub mode: Option<String>,
    /// Where it was issued.
    pub site: SiteId,
    /// The day it bears.
    pub issued_on: String,
    /// Its number.
    pub number: Option<String>,
    /// The number somebody else gave it.
    pub reference: Option<String>,
    /// The consignment it is about.
    pub consignment: Option<ConsignmentId>,
    /// The pledge it is about.
    pub pledge: Option<PledgeId>,
    /// The load it is about.
    pub load: Option<LoadId>,
    /// Where the paper is filed.
    pub filed: Option<String>,
    /// Whether donors of the goods may see it.
    pub shareable: bool,
    /// Who recorded it.
    pub recorded_by: UserId,
    /// When it was voided.
    pub voided_at: Option<Timestamp>,
    /// Why.
    pub void_reason: Option<String>,
    /// Counts the changes, from 1.
    pub revision: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A signatory as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignatoryView {
    /// Who.
    pub person: PersonId,
    /// What to print for the person, to whoever may read it: the name, or that and when it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_as: Option<String>,
    /// What the person did.
    pub act: String,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
}

/// A document with all that belongs to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DocumentDetail {
    /// The document.
    #[serde(flatten)]
    pub document: DocumentView,
    /// The events it is about.
    pub events: Vec<EventId>,
    /// Who signed.
    pub signatories: Vec<SignatoryView>,
    /// Photos and scans of it.
    pub attachments: Vec<AttachmentView>,
}

impl From<Document> for DocumentView {
    fn from(row: Document) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            mode: row.mode,
            site: row.site_id,
            issued_on: row.issued_on,
            number: row.number,
            reference: row.reference,
            consignment: row.consignment_id,
            pledge: row.pledge_id,
            load: row.load_id,
            filed: row.filed,
            shareable: row.shareable,
            recorded_by: row.recorded_by,
            voided_at: row.voided_at,
            void_reason: row.void_reason,
            revision: row.revision,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl SignatoryView {
    fn of(row: Signatory, names: &HashMap<PersonId, String>) -> Self {
        let shown_as = names.get(&row.person_id).cloned();
        Self { person: row.person_id, shown_as, act: row.act, signed_at: row.signed_at }
    }
}

impl DocumentDetail {
    fn of(whole: Whole, names: &HashMap<PersonId, String>) -> Outcome<Self> {
        let Whole { document, events, signatories, attachments, people: _ } = whole;
        Ok(Self {
            document: document.into(),
            events,
            signatories: signatories.into_iter().map(|row| SignatoryView::of(row, names)).collect(),
            attachments: attachments.iter().map(AttachmentView::of).collect::<Outcome<Vec<_>>>()?,
        })
    }
}

/// Record a document
///
/// Waybills, goods received notes, proofs of delivery and loss reports get the next number of their kind, site and
/// year, unless they bear one of a block.
#[utoipa::path(post, path = "/api/v1/documents", tag = "documents", request_body = DocumentDraft,
    responses((status = 201, body = WrittenBody<DocumentView>), (status = 200, body = WrittenBody<DocumentView>)))]
pub async fn document_record(
    permit: Permit<action::DocumentWrite>,
    state: State,
    body: Json<DocumentDraft>,
) -> Outcome<Written<DocumentView>> {
    let update = DocumentRecord::new(permit.actor(), body.0, DocumentId(Uuid::now_v7()))?;
    let (reader, draft) = (permit.clone(), update.draft().clone());
    state.read(move |conn| check_reach(conn, &reader, &draft)).await?;
    let told = state.writer.record(update).await;
    let reads = move |conn: &mut Conn, holder: DocumentId| document_read(conn, &permit, holder).map(drop);
    let recorded = discreet(&state, told, reads).await?;
    let is_new = recorded.leaf.is_some();
    let recorded = shown(recorded);
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

fn shown(recorded: Recorded<Arc<Document>>) -> Recorded<DocumentView> {
    recorded.map(|row| row.as_ref().clone().into())
}

/// Which documents are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DocumentQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
    /// Only of this kind.
    pub kind: Option<DocumentKind>,
    /// Only issued at this site.
    pub site: Option<SiteId>,
    /// Only about this consignment.
    pub consignment: Option<ConsignmentId>,
    /// Only about this pledge.
    pub pledge: Option<PledgeId>,
    /// Only about this event.
    pub event: Option<EventId>,
    /// Only with this number.
    pub number: Option<String>,
}

/// List documents
#[utoipa::path(get, path = "/api/v1/documents", tag = "documents", params(DocumentQuery),
    responses((status = 200, body = Page<Shown<DocumentView, TracedDocument>>)))]
pub async fn document_index(
    permit: Permit<action::DocumentRead>,
    state: State,
    query: Query<DocumentQuery>,
) -> Outcome<JsonBody<Page<Shown<DocumentView, TracedDocument>>>> {
    let query = query.0;
    let paging: Paging<DocumentId> = Paging::new(query.after.as_deref(), query.limit)?;
    let filter = DocumentFilter {
        kind: query.kind,
        site: query.site,
        consignment: query.consignment,
        pledge: query.pledge,
        event: query.event,
        number: query.number,
    };
    if permit.fields() == Fields::Traced {
        let read = move |conn: &mut Conn, after, limit| traced_list(conn, &permit, &filter, after, limit);
        let page = state.page(paging, read, |row| row.id).await?;
        return Ok(JsonBody(page.map(Shown::Traced)));
    }
    let read = move |conn: &mut Conn, after, limit| document_list(conn, &permit, &filter, after, limit);
    let page = state.page(paging, read, |row| row.id).await?;
    Ok(JsonBody(page.map(|row| Shown::All(row.into()))))
}

/// Show a document with its events, signatories and attachments
#[utoipa::path(get, path = "/api/v1/documents/{id}", tag = "documents", params(("id" = DocumentId, Path)),
    responses((status = 200, body = Shown<DocumentDetail, TracedDocumentDetail>)))]
pub async fn document_show(
    permit: Permit<action::DocumentRead>,
    state: State,
    path: Path<DocumentId>,
) -> Outcome<Tagged<Shown<DocumentDetail, TracedDocumentDetail>>> {
    if permit.fields() == Fields::Traced {
        let (body, revision) = state.read(move |conn| traced_read(conn, &permit, path.0)).await?;
        return Ok(Tagged { body: Shown::Traced(body), revision });
    }
    let whole = state.read(move |conn| whole_read(conn, &permit, path.0)).await?;
    let people = whole.people.clone();
    let names = state.with_vault(move |vault| shown_as(vault, &people)).await?;
    let body = DocumentDetail::of(whole, &names)?;
    let revision = body.document.revision;
    Ok(Tagged { body: Shown::All(body), revision })
}

/// Evidence that is added to a document.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceNew {
    /// Events it is about too; name one again that was corrected, to confirm its new figures.
    #[serde(default)]
    pub events: Vec<EventId>,
    /// Who signed, further.
    #[serde(default)]
    pub signatories: Vec<SignatoryDraft>,
    /// Photos and scans, further.
    #[serde(default)]
    pub attachments: Vec<AttachmentId>,
}

/// Add evidence to a document
///
/// With a signature of who received or witnessed, and a photo or scan, it verifies the hand-overs it is about. A goods
/// received note, proof of delivery or distribution list is added to by whom the goods came to, another paper by the
/// organization that recorded it or runs the site.
#[utoipa::path(post, path = "/api/v1/documents/{id}/evidence", tag = "documents", request_body = EvidenceNew,
    params(("id" = DocumentId, Path)), responses((status = 200, body = WrittenBody<DocumentView>)))]
pub async fn document_evidence(
    permit: Permit<action::DocumentWrite>,
    state: State,
    path: Path<DocumentId>,
    body: Json<EvidenceNew>,
) -> Outcome<Written<DocumentView>> {
    let EvidenceNew { events, signatories, attachments } = body.0;
    if events.is_empty() && signatories.is_empty() && attachments.is_empty() {
        let detail = "adds nothing; name events, signatories or attachments";
        return Err(Problem::field("", detail).coded(Fault::Required));
    }
    let mut check = Check::new();
    check_lists(&mut check, &events, &signatories, &attachments);
    check.finish()?;
    let (id, reader) = (path.0, permit.clone());
    let (about, added) = (events.clone(), attachments.clone());
    state.read(move |conn| check_added(conn, &reader, id, &about, &added)).await?;
    let added = Added { events, signatories, attachments };
    let recorded = state.writer.record(EvidenceAdd { actor: permit.actor(), id, added }).await?;
    Ok(Written::changed(shown(recorded)))
}

/// Void a document
///
/// It stays on record and keeps its number; what it verified is only reported again. Whoever may add evidence to it may
/// void it.
#[utoipa::path(post, path = "/api/v1/documents/{id}/void", tag = "documents", request_body = ReasonGiven,
    params(("id" = DocumentId, Path)), responses((status = 200, body = WrittenBody<DocumentView>)))]
pub async fn document_void(
    permit: Permit<action::DocumentWrite>,
    state: State,
    path: Path<DocumentId>,
    body: Json<ReasonGiven>,
) -> Outcome<Written<DocumentView>> {
    let reason = body.0.checked()?;
    let (id, reader) = (path.0, permit.clone());
    state.read(move |conn| check_whose(conn, &reader, id)).await?;
    let recorded = state.writer.record(DocumentVoid { actor: permit.actor(), id, reason }).await?;
    Ok(Written::changed(shown(recorded)))
}

/// Declares the routes of documents, their attachments and numbers.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_document_record, document_record);
    routes.add(__path_document_index, document_index);
    http_numbers::routes(routes);
    routes.add(__path_document_show, document_show);
    routes.add(__path_document_evidence, document_evidence);
    routes.add(__path_document_void, document_void);
    http_attachments::routes(routes);
}
