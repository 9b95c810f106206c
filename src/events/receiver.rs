//! A hand-over that its receiver posts is verified by that: whoever got the goods says so, and had not dispatched them.
//!
//! Only a caller who acts for an organization can be a receiver, and only where the event names the consignment: of
//! goods from nowhere in particular nobody knows who dispatched them. A departure that was inferred is nobody's.

use super::kind::Kind;
use super::wait::subjects;
use crate::consignments::{Consignment, Departures, Leg};
use crate::core::id::{ConsignmentId, OrganizationId, UserId};
use crate::evidence::{How, verify};
use crate::ledger::event::{EventRecord, EventResult, Happening};
use crate::sites::Site;
use crate::writer::{Desk, Drawer, Refusal, Wanted};

/// Stages that a hand-over just posted is verified, where its receiver posted it.
pub(super) fn note_receiver(
    desk: &mut Desk,
    happening: &Happening,
    kind: &Kind,
    result: &EventResult,
) -> Result<(), Refusal> {
    // What was entered from somebody else's paper is not the poster's own word.
    let Some(own) = happening.scope.organization().filter(|_| happening.from_paper.is_none()) else {
        return Ok(());
    };
    let named = if let Kind::Delivered(body) = kind {
        body.consignee
    } else if let Kind::Distributed(body) = kind {
        body.consignee
    } else if let Kind::Received(_) = kind {
        None
    } else {
        return Ok(());
    };
    let (Some(id), _) = subjects(kind) else { return Ok(()) };
    let Some(consignment) = desk.shelf::<Drawer<Consignment>>().find(id)? else { return Ok(()) };
    let consignee = named.unwrap_or(consignment.consignee_id);
    let receives =
        consignee == own || (matches!(kind, Kind::Received(_)) && runs_site(desk, happening, own)?);
    if !receives || consignment.consignor_id == Some(own) || has_dispatched(desk, id, happening.made_by)? {
        return Ok(());
    }
    verify(desk, happening.id, How::Receiver, None, result.recorded_at)?;
    Ok(())
}

/// Whether the organization runs the site where the goods were received.
fn runs_site(desk: &mut Desk, happening: &Happening, own: OrganizationId) -> Result<bool, Wanted> {
    let record = desk.shelf::<Drawer<EventRecord>>().find(happening.id)?;
    let Some(site) = record.and_then(|record| record.site_id) else { return Ok(false) };
    let site = desk.shelf::<Drawer<Site>>().find(site)?;
    Ok(site.is_some_and(|site| site.operator_id == Some(own)))
}

/// Whether the poster sent any of the consignment's legs off, or whoever made the link it is posted by did: they could have
/// used it themselves. All that is missed is asked for at once, however many legs there are.
fn has_dispatched(
    desk: &mut Desk,
    consignment: ConsignmentId,
    made_by: Option<UserId>,
) -> Result<bool, Wanted> {
    let poster = desk.actor().user;
    let legs = desk.shelf::<Drawer<Leg>>().group(consignment)?;
    let mut events = Vec::new();
    let mut missed = None;
    for leg in legs {
        match desk.shelf::<Departures>().posted_of(leg.id) {
            Ok(posted) => events.extend(posted),
            Err(wanted) => missed = Some(wanted),
        }
    }
    let mut has_dispatched = false;
    for event in events {
        match desk.shelf::<Drawer<EventRecord>>().find(event) {
            Ok(record) => {
                let is_of =
                    |record: &EventRecord| record.actor_id == poster || Some(record.actor_id) == made_by;
                has_dispatched |= record.as_deref().is_some_and(is_of);
            }
            Err(wanted) => missed = Some(wanted),
        }
    }
    missed.map_or(Ok(has_dispatched), Err)
}
