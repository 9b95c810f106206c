//! What a caller may write about: what a document names, where it is issued, and whose it is to add to and to void.
//!
//! Reading reaches further. Whoever sends, carries or keeps goods on their way reads the papers of a consignment; that
//! goods came is said, proven and taken back only by whom they came to.

use super::attachment::Attachment;
use super::read::{attachment_read, attachments_reached, document_read};
use super::rules::{DocumentDraft, DocumentKind};
use super::store::{Document, DocumentEvent};
use crate::auth::{Bound, Named, Permit};
use crate::consignments::{consignments_within, load_reached};
use crate::core::id::{AttachmentId, ConsignmentId, DocumentId, EventId, NumberBlockId, PledgeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::{
    consignments, document_events, events, legs, number_blocks, number_series, organizations, pledges, sites,
    users,
};
use crate::db::{Conn, read_failure};
use crate::events::events_within;
use crate::pledges::pledges_within;
use diesel::dsl::exists;
use diesel::prelude::*;

/// Whether everything a document names is within the caller's reach, and the paper the caller's to write. What is not
/// known is not reached either, so that a bound caller cannot tell the two apart.
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
    check_named(conn, permit, &draft.events, &draft.attachments)?;
    check_proven(conn, permit, draft.kind, &draft.events)
}

/// The same of what is added to a document, which must be the caller's to add to: with a signature and a photo it proves
/// all it is about.
///
/// # Errors
/// As [`check_reach`].
pub(super) fn check_added<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: DocumentId,
    about: &[EventId],
    added: &[AttachmentId],
) -> Outcome<()> {
    let document = check_whose(conn, permit, id)?;
    if permit.scope().is_everything() {
        return Ok(());
    }
    check_named(conn, permit, about, added)?;
    check_proven(conn, permit, document.document_kind()?, about)
}

/// Whether a document is the caller's to add to and to void: what says that goods came is of whom they came to, as when it
/// is recorded; another paper of whose user recorded it, or of who runs the site that issued it.
///
/// # Errors
/// As [`check_reach`].
pub(super) fn check_whose<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: DocumentId,
) -> Outcome<Document> {
    let document = document_read(conn, permit, id)?;
    if permit.scope().is_everything() {
        return Ok(document);
    }
    let kind = document.document_kind()?;
    if kind.tells_arrival() {
        check_end(conn, permit, document.site_id, document.consignment_id)?;
        let about: Vec<DocumentEvent> = document_events::table
            .filter(document_events::document_id.eq(id))
            .select(DocumentEvent::as_select())
            .load(conn)
            .map_err(read_failure)?;
        let about: Vec<EventId> = about.into_iter().map(|row| row.event_id).collect();
        check_proven(conn, permit, kind, &about)?;
    } else if !is_recorded_by_own(conn, permit, &document)? {
        check_site(conn, permit, document.site_id)?;
    }
    Ok(document)
}

/// Whether the caller recorded it, or somebody else of its organization.
fn is_recorded_by_own<A: Named>(conn: &mut Conn, permit: &Permit<A>, document: &Document) -> Outcome<bool> {
    let principal = permit.principal();
    if document.recorded_by == principal.user {
        return Ok(true);
    }
    let Some(own) = principal.organization else { return Ok(false) };
    let colleague = users::table
        .filter(users::id.eq(document.recorded_by))
        .filter(users::organization_id.eq(own).assume_not_null());
    diesel::select(exists(colleague)).get_result(conn).map_err(read_failure)
}

/// One attachment that is the caller's to share, to keep for another time and to erase: the own organization's, or, of
/// nobody's, what the caller uploaded. Whoever is bound to countries alone sees to those of organizations at home there, as to
/// their people; whoever nothing binds sees to all.
///
/// # Errors
/// `not_found` also for one that may be read only, or what the database says.
pub(super) fn own_attachment<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: AttachmentId,
) -> Outcome<Attachment> {
    let row = attachment_read(conn, permit, id)?;
    let principal = permit.principal();
    let is_own = match (row.owner_id, principal.organization) {
        _ if permit.scope().is_everything() => true,
        (None, _) => row.uploaded_by == principal.user,
        (Some(owner), Some(own)) => owner == own,
        (Some(owner), None) => {
            let at_home = organizations::table
                .filter(organizations::id.eq(owner))
                .filter(organizations::country.eq_any(principal.countries.clone()).assume_not_null());
            diesel::select(exists(at_home)).get_result(conn).map_err(read_failure)?
        }
    };
    if is_own { Ok(row) } else { Err(Problem::not_found()) }
}

/// Whether these events and attachments are within reach.
fn check_named<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    about: &[EventId],
    added: &[AttachmentId],
) -> Outcome<()> {
    if !about.is_empty() {
        let found = events_within(events::table.into_boxed(), permit.scope())
            .filter(events::id.eq_any(about.to_vec()));
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

/// Whether the hand-overs that a paper of this kind can prove were to the caller: the consignee, or who runs the site
/// where it was. Else a paper of the own site would prove what became of goods elsewhere.
fn check_proven<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    kind: DocumentKind,
    about: &[EventId],
) -> Outcome<()> {
    if about.is_empty() {
        return Ok(());
    }
    let named: Vec<(EventId, String)> = events::table
        .filter(events::id.eq_any(about.to_vec()))
        .select((events::id, events::kind))
        .load(conn)
        .map_err(read_failure)?;
    let proven: Vec<EventId> =
        named.into_iter().filter(|(_, event)| kind.proves(event)).map(|(id, _)| id).collect();
    let mut query = events::table.filter(events::id.eq_any(proven.clone())).select(events::id).into_boxed();
    for bound in permit.scope().bounds() {
        let here = sites::table.filter(sites::id.nullable().eq(events::site_id));
        query = match bound {
            Bound::Organization(own) => {
                let gets = consignments::table
                    .filter(consignments::id.nullable().eq(events::consignment_id))
                    .filter(consignments::consignee_id.eq(*own));
                query.filter(
                    exists(here.filter(sites::operator_id.eq(*own).assume_not_null())).or(exists(gets)),
                )
            }
            Bound::Countries(own) => query.filter(exists(here.filter(sites::country.eq_any(own.clone())))),
            Bound::OwnPledges(_) => return Err(Problem::not_found()),
        };
    }
    let own: Vec<EventId> = query.load(conn).map_err(read_failure)?;
    if own.len() < proven.len() { Err(Problem::not_found()) } else { Ok(()) }
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
