//! Reading documents and attachments, each as far as the caller's scope reaches.
//!
//! A document is within reach as its site, its consignment or its pledge is. A donor sees only what is shared, is not
//! void, and is about goods of its own alone.

use super::attachment::Attachment;
use super::rules::DocumentKind;
use super::store::{Document, DocumentAttachment, DocumentEvent, Signatory};
use crate::auth::{Bound, Fields, Named, Permit, Scope};
use crate::consignments::{in_countries, of_organization};
use crate::core::id::{AttachmentId, ConsignmentId, DocumentId, EventId, OrganizationId, PledgeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{
    attachments, balances, consignments, document_attachments, document_events, document_signatories,
    documents, events, legs, pledge_lines, pledges, sites,
};
use crate::db::{Backend, Conn, read_failure};
use crate::events::events_within;
use crate::people::{Person, people_named};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use uuid::Uuid;

type Documents<'a> = documents::BoxedQuery<'a, Backend>;

/// That goods of pledges of these donors are or were in the document's consignment.
macro_rules! carries {
    ($donors:expr) => {
        exists(
            balances::table
                .inner_join(pledge_lines::table.on(pledge_lines::id.eq(balances::pledge_line_id)))
                .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
                .filter(balances::consignment_id.eq(documents::consignment_id))
                .filter($donors),
        )
    };
}

/// Documents whose site, consignment or pledge fits.
macro_rules! about {
    ($sites:expr, $consignments:expr, $pledges:expr) => {
        exists(sites::table.filter(sites::id.eq(documents::site_id)).filter($sites))
            .or(exists(
                consignments::table
                    .filter(consignments::id.nullable().eq(documents::consignment_id))
                    .filter($consignments),
            ))
            .or(exists(
                pledges::table.filter(pledges::id.nullable().eq(documents::pledge_id)).filter($pledges),
            ))
    };
}

/// That a document is about a consignment or pledge of a sensitive programme.
macro_rules! of_sensitive_programme {
    () => {
        $crate::consignments::of_sensitive_consignment!(documents::consignment_id)
            .or($crate::consignments::of_sensitive_pledge!(documents::pledge_id))
    };
}
pub(crate) use of_sensitive_programme;

/// Narrows to the documents a scope reaches.
pub fn documents_within<'a>(mut query: Documents<'a>, scope: &Scope) -> Documents<'a> {
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(own) => query.filter(about!(
                sites::operator_id.eq(*own),
                of_organization!(*own),
                pledges::donor_id.eq(*own)
            )),
            Bound::Countries(own) => query.filter(about!(
                sites::country.eq_any(own.clone()),
                in_countries!(own.clone()),
                exists(
                    pledge_lines::table
                        .filter(pledge_lines::pledge_id.eq(pledges::id))
                        .filter(pledge_lines::earmark_country.eq_any(own.clone())),
                )
            )),
            Bound::OwnPledges(donor) => {
                let is_own = exists(
                    pledges::table
                        .filter(pledges::id.nullable().eq(documents::pledge_id))
                        .filter(pledges::donor_id.eq(*donor)),
                );
                let is_others =
                    pledges::donor_id.is_null().or(pledges::donor_id.ne(*donor).assume_not_null());
                let is_shown = documents::shareable.eq(true).and(documents::voided_at.is_null());
                query.filter(is_shown).filter(
                    is_own.or(documents::pledge_id
                        .is_null()
                        .and(carries!(pledges::donor_id.eq(*donor)))
                        .and(not(carries!(is_others)))),
                )
            }
        };
    }
    query
}

/// Which of these attachments a caller reaches: the own, and those of documents within reach; of these a donor only
/// those that are shared.
pub(super) fn attachments_reached<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    ids: &[AttachmentId],
) -> Outcome<Vec<Attachment>> {
    let named = attachments::table.filter(attachments::id.eq_any(ids)).select(Attachment::as_select());
    let scope = permit.scope();
    if scope.is_everything() {
        return named.load(conn).map_err(read_failure);
    }
    let attached = document_attachments::table
        .filter(document_attachments::attachment_id.eq_any(ids))
        .select(document_attachments::document_id);
    let within: Vec<DocumentId> = documents_within(documents::table.into_boxed(), scope)
        .filter(documents::id.eq_any(attached))
        .select(documents::id)
        .load(conn)
        .map_err(read_failure)?;
    let shown = attachments::id.eq_any(
        document_attachments::table
            .filter(document_attachments::document_id.eq_any(within))
            .select(document_attachments::attachment_id),
    );
    let found = if permit.fields() == Fields::All {
        let principal = permit.principal();
        // Nobody acts for the organization of no identifier.
        let organization = principal.organization.unwrap_or(OrganizationId(Uuid::nil()));
        let own = attachments::uploaded_by
            .eq(principal.user)
            .or(attachments::owner_id.eq(organization).assume_not_null());
        named.filter(own.or(shown)).load(conn)
    } else {
        named.filter(shown.and(attachments::shareable.eq(true))).load(conn)
    };
    found.map_err(read_failure)
}

/// One document, if the scope reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn document_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: DocumentId,
) -> Outcome<Document> {
    documents_within(documents::table.into_boxed(), permit.scope())
        .filter(documents::id.eq(id))
        .select(Document::as_select())
        .first(conn)
        .map_err(read_failure)
}

/// One attachment, if the caller reaches it.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn attachment_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: AttachmentId,
) -> Outcome<Attachment> {
    attachments_reached(conn, permit, &[id])?.pop().ok_or_else(Problem::not_found)
}

/// What a list of documents is narrowed to.
#[derive(Clone, Debug, Default)]
pub(super) struct DocumentFilter {
    pub(super) kind: Option<DocumentKind>,
    pub(super) site: Option<SiteId>,
    pub(super) consignment: Option<ConsignmentId>,
    pub(super) pledge: Option<PledgeId>,
    pub(super) event: Option<EventId>,
    pub(super) number: Option<String>,
}

/// Documents in order of their identifier, as far as the scope reaches.
///
/// # Errors
/// What the database says.
pub(super) fn document_list<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    filter: &DocumentFilter,
    after: Option<DocumentId>,
    limit: i64,
) -> Outcome<Vec<Document>> {
    let mut query = documents_within(documents::table.into_boxed(), permit.scope());
    if let Some(kind) = filter.kind {
        query = query.filter(documents::kind.eq(kind.word()));
    }
    if let Some(site) = filter.site {
        query = query.filter(documents::site_id.eq(site));
    }
    if let Some(consignment) = filter.consignment {
        query = query.filter(documents::consignment_id.eq(consignment));
    }
    if let Some(pledge) = filter.pledge {
        query = query.filter(documents::pledge_id.eq(pledge));
    }
    if let Some(event) = filter.event {
        let about = document_events::table
            .filter(document_events::event_id.eq(event))
            .select(document_events::document_id);
        query = query.filter(documents::id.eq_any(about));
    }
    if let Some(number) = &filter.number {
        query = query.filter(documents::number.eq(number.clone()));
    }
    if permit.fields() == Fields::Traced && (filter.site.is_some() || filter.number.is_some()) {
        // Whoever is not told a place cannot ask for it either.
        query = query.filter(not(of_sensitive_programme!()));
    }
    if let Some(after) = after {
        query = query.filter(documents::id.gt(after));
    }
    query.order(documents::id).limit(limit).select(Document::as_select()).load(conn).map_err(read_failure)
}

/// A document with all that belongs to it.
pub(super) struct Whole {
    pub(super) document: Document,
    pub(super) events: Vec<EventId>,
    pub(super) signatories: Vec<Signatory>,
    pub(super) attachments: Vec<Attachment>,
    /// Of the signatories those whom the caller may read.
    pub(super) people: Vec<Person>,
}

/// A document with all that belongs to it, as far as the scope reaches. Not for donors, to whom nobody is named.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn whole_read<A: Named>(conn: &mut Conn, permit: &Permit<A>, id: DocumentId) -> Outcome<Whole> {
    let document = document_read(conn, permit, id)?;
    let events = events_of(conn, permit, id)?;
    let signatories: Vec<Signatory> = document_signatories::table
        .filter(document_signatories::document_id.eq(id))
        .order(document_signatories::ordinal)
        .select(Signatory::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let people = people_named(conn, permit, signatories.iter().map(|row| row.person_id).collect())?;
    let attachments = attachments_of(conn, permit, id)?;
    Ok(Whole { document, events, signatories, attachments, people })
}

/// The events that a document within reach is about, of these only what is within reach, too.
///
/// # Errors
/// What the database says.
pub(super) fn events_of<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: DocumentId,
) -> Outcome<Vec<EventId>> {
    let about: Vec<DocumentEvent> = document_events::table
        .filter(document_events::document_id.eq(id))
        .order(document_events::id)
        .select(DocumentEvent::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let about: Vec<EventId> = about.into_iter().map(|row| row.event_id).collect();
    events_within(events::table.into_boxed(), permit.scope())
        .filter(events::id.eq_any(about))
        .order(events::sequence)
        .select(events::id)
        .load(conn)
        .map_err(read_failure)
}

/// The attachments of a document within reach that the caller reaches.
///
/// # Errors
/// What the database says.
pub(super) fn attachments_of<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: DocumentId,
) -> Outcome<Vec<Attachment>> {
    let rows: Vec<DocumentAttachment> = document_attachments::table
        .filter(document_attachments::document_id.eq(id))
        .order(document_attachments::ordinal)
        .select(DocumentAttachment::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let ids: Vec<AttachmentId> = rows.iter().map(|row| row.attachment_id).collect();
    let mut attachments = attachments_reached(conn, permit, &ids)?;
    attachments.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(attachments)
}

/// The numbers that papers about these events bear, void ones left out, as far as a scope reaches.
///
/// # Errors
/// What the database says.
pub fn numbers_of(conn: &mut Conn, scope: &Scope, about: &[EventId]) -> Outcome<Vec<(EventId, String)>> {
    let named: Vec<(DocumentId, EventId)> = document_events::table
        .filter(document_events::event_id.eq_any(about))
        .select((document_events::document_id, document_events::event_id))
        .order((document_events::event_id, document_events::document_id))
        .load(conn)
        .map_err(read_failure)?;
    let ids: Vec<DocumentId> = named.iter().map(|(document, _)| *document).collect();
    let numbers: Vec<(DocumentId, String)> = documents_within(documents::table.into_boxed(), scope)
        .filter(documents::id.eq_any(ids))
        .filter(documents::voided_at.is_null().and(documents::number.is_not_null()))
        .select((documents::id, documents::number.assume_not_null()))
        .load(conn)
        .map_err(read_failure)?;
    let number =
        |id: DocumentId| numbers.iter().find(|(document, _)| *document == id).map(|(_, text)| text.clone());
    Ok(named.into_iter().filter_map(|(document, event)| Some((event, number(document)?))).collect())
}
