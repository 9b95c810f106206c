//! Reading documents and attachments, each as far as the caller's scope reaches.
//!
//! A document is within reach as its site, its consignment or its pledge is. A donor sees only what is shared, is not
//! void, and is about goods of its own alone.

use super::attachment::Attachment;
use super::rules::{DocumentDraft, DocumentKind};
use super::store::{Document, DocumentAttachment, DocumentEvent, Signatory};
use crate::auth::{Bound, Fields, Named, Permit, Scope};
use crate::consignments::{consignments_within, in_countries, load_reached, of_organization};
use crate::core::id::{
    AttachmentId, ConsignmentId, DocumentId, EventId, NumberBlockId, OrganizationId, PledgeId, SiteId,
};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{
    attachments, balances, consignments, document_attachments, document_events, document_signatories,
    documents, events, legs, number_blocks, number_series, pledge_lines, pledges, sites,
};
use crate::db::{Backend, Conn, read_failure};
use crate::events::events_within;
use crate::people::{Person, people_named};
use crate::pledges::pledges_within;
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
    /// Whether the caller may see who signed and where the paper is.
    pub(super) in_full: bool,
}

/// A document with what the caller may see of it.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn whole_read<A: Named>(conn: &mut Conn, permit: &Permit<A>, id: DocumentId) -> Outcome<Whole> {
    let document = document_read(conn, permit, id)?;
    let in_full = permit.fields() == Fields::All;
    let about: Vec<DocumentEvent> = document_events::table
        .filter(document_events::document_id.eq(id))
        .order(document_events::id)
        .select(DocumentEvent::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let about: Vec<EventId> = about.into_iter().map(|row| row.event_id).collect();
    // The document is within reach; of what it is about, only what is, too.
    let events: Vec<EventId> = events_within(events::table.into_boxed(), permit.scope())
        .filter(events::id.eq_any(about))
        .order(events::sequence)
        .select(events::id)
        .load(conn)
        .map_err(read_failure)?;
    let signatories: Vec<Signatory> = if in_full {
        document_signatories::table
            .filter(document_signatories::document_id.eq(id))
            .order(document_signatories::ordinal)
            .select(Signatory::as_select())
            .load(conn)
            .map_err(read_failure)?
    } else {
        Vec::new()
    };
    let people = people_named(conn, permit, signatories.iter().map(|row| row.person_id).collect())?;
    let rows: Vec<DocumentAttachment> = document_attachments::table
        .filter(document_attachments::document_id.eq(id))
        .order(document_attachments::ordinal)
        .select(DocumentAttachment::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let ids: Vec<AttachmentId> = rows.iter().map(|row| row.attachment_id).collect();
    let mut attachments = attachments_reached(conn, permit, &ids)?;
    attachments.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(Whole { document, events, signatories, attachments, people, in_full })
}

/// Whether everything a document names is within the caller's reach. What is not known is not reached either, so that
/// a bound caller cannot tell the two apart.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn check_reach<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    draft: &DocumentDraft,
) -> Outcome<()> {
    if permit.scope().is_everything() {
        return Ok(());
    }
    check_place(conn, permit, draft)?;
    if let Some(pledge) = draft.pledge {
        let found =
            pledges_within(pledges::table.into_boxed(), permit.scope()).filter(pledges::id.eq(pledge));
        let found: Vec<PledgeId> = found.select(pledges::id).load(conn).map_err(read_failure)?;
        found.first().ok_or_else(Problem::not_found)?;
    }
    if let Some(load) = draft.load {
        load_reached(conn, permit, load)?;
    }
    check_evidence(conn, permit, &draft.events, &draft.attachments)
}

/// The same of what is added to a document.
///
/// # Errors
/// As [`check_reach`].
pub(super) fn check_evidence<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    about: &[EventId],
    added: &[AttachmentId],
) -> Outcome<()> {
    let scope = permit.scope();
    if scope.is_everything() {
        return Ok(());
    }
    if !about.is_empty() {
        let found =
            events_within(events::table.into_boxed(), scope).filter(events::id.eq_any(about.to_vec()));
        let found: Vec<EventId> = found.select(events::id).load(conn).map_err(read_failure)?;
        if found.len() < about.len() {
            return Err(Problem::not_found());
        }
    }
    if !added.is_empty() && attachments_reached(conn, permit, added)?.len() < added.len() {
        return Err(Problem::not_found());
    }
    Ok(())
}

/// A document is issued at a site of the caller's, or at a stop of a consignment within reach. What says that goods came
/// is said only where the caller is the one they came to: anybody can open a consignment that stops at any site, and
/// would draw the numbers of its receipts.
fn check_place<A: Named>(conn: &mut Conn, permit: &Permit<A>, draft: &DocumentDraft) -> Outcome<()> {
    let mut stops: Vec<SiteId> = Vec::new();
    if let Some(id) = draft.consignment {
        let found = consignments_within(consignments::table.into_boxed(), permit.scope())
            .filter(consignments::id.eq(id))
            .select((consignments::origin_id, consignments::destination_id));
        let (origin, destination): (SiteId, SiteId) = found.first(conn).map_err(read_failure)?;
        stops.extend([origin, destination]);
        let ends: Vec<(SiteId, SiteId)> = legs::table
            .filter(legs::consignment_id.eq(id))
            .select((legs::from_id, legs::to_id))
            .load(conn)
            .map_err(read_failure)?;
        stops.extend(ends.into_iter().flat_map(|(from, to)| [from, to]));
    }
    if draft.kind.tells_arrival() {
        return check_end(conn, permit, draft.site, draft.consignment);
    }
    if stops.contains(&draft.site) { Ok(()) } else { check_site(conn, permit, draft.site) }
}

/// Whether a site is the caller's, so that its numbers are.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn check_site<A: Named>(conn: &mut Conn, permit: &Permit<A>, site: SiteId) -> Outcome<()> {
    check_end(conn, permit, site, None)
}

/// Whether a block of numbers is of a site of the caller's, and so the caller's.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn check_block<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    block: NumberBlockId,
) -> Outcome<()> {
    let mut query = number_blocks::table
        .inner_join(number_series::table.on(number_series::id.eq(number_blocks::series_id)))
        .inner_join(sites::table.on(sites::id.eq(number_series::site_id)))
        .filter(number_blocks::id.eq(block))
        .select(number_blocks::id)
        .into_boxed();
    for bound in permit.scope().bounds() {
        query = match bound {
            Bound::Organization(own) => query.filter(sites::operator_id.eq(*own)),
            Bound::Countries(own) => query.filter(sites::country.eq_any(own.clone())),
            Bound::OwnPledges(_) => return Err(Problem::not_found()),
        };
    }
    query.first::<NumberBlockId>(conn).map(|_| ()).map_err(read_failure)
}

/// Whether a site is the caller's, or the caller is whom this consignment comes to there.
fn check_end<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    site: SiteId,
    consignment: Option<ConsignmentId>,
) -> Outcome<()> {
    let mut query = sites::table.filter(sites::id.eq(site)).select(sites::id).into_boxed();
    for bound in permit.scope().bounds() {
        query = match bound {
            Bound::Organization(own) => {
                let comes_here = consignments::table
                    .filter(consignments::id.nullable().eq(consignment))
                    .filter(consignments::destination_id.eq(site))
                    .filter(consignments::consignee_id.eq(*own));
                query.filter(exists(comes_here).or(sites::operator_id.eq(*own).assume_not_null()))
            }
            Bound::Countries(own) => query.filter(sites::country.eq_any(own.clone())),
            // Where a donor runs a site, its papers are about what others gave too.
            Bound::OwnPledges(_) => return Err(Problem::not_found()),
        };
    }
    query.first::<SiteId>(conn).map(|_| ()).map_err(read_failure)
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
