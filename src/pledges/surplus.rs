//! The pledge that an excess opens: of the consignment's only donor, else of a donor not known.

use super::rules::{PledgeKind, PledgeState};
use super::store::{Pledge, PledgeLine};
use crate::core::id::{ItemId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, derived};
use crate::ledger::event::Happening;
use crate::ledger::{Book, LineFacts, TitlePasses};
use crate::writer::{Desk, Drawer};

/// Opens a pledge for the excess of one line of an update and returns its only line. The identifiers are
/// derived from the update's, so that deciding it twice opens it once.
pub fn open_surplus(
    desk: &mut Desk,
    happening: &Happening,
    ordinal: usize,
    programme: ProgrammeId,
    donor: Option<OrganizationId>,
    item: ItemId,
    quantity: i64,
) -> PledgeLineId {
    let pledge: PledgeId = derived(happening.id.0, "surplus pledge", ordinal as u64);
    let line: PledgeLineId = derived(happening.id.0, "surplus line", ordinal as u64);
    let now = desk.now();
    desk.shelf::<Drawer<Pledge>>().put(Pledge {
        id: pledge,
        programme_id: programme,
        donor_id: donor,
        kind: PledgeKind::Surplus.word().to_owned(),
        state: PledgeState::Accepted.word().to_owned(),
        reference: None,
        offered_at: happening.occurred_at,
        note: Some(format!("Excess found by {} {}", happening.kind, happening.id)),
        reason: None,
        link_hash: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    });
    desk.shelf::<Drawer<PledgeLine>>().put(PledgeLine {
        id: line,
        pledge_id: pledge,
        ordinal: 0,
        item_id: item,
        offered: quantity,
        accepted: 0,
        earmark_country: None,
        title_passes: TitlePasses::default().word().to_owned(),
        value_minor: None,
        currency: None,
        value_basis: None,
    });
    desk.shelf::<Book>().know_line(LineFacts {
        line,
        pledge,
        programme,
        donor,
        item,
        earmark: None,
        title_passes: TitlePasses::default(),
    });
    line
}
