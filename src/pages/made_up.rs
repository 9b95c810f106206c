//! Whether what a page shows is made up, which the page then says loudly. A page that shows figures of several programmes says
//! so where any of them is.

use super::visitor::Visitor;
use crate::approvals::ApprovalView;
use crate::auth::action;
use crate::core::id::ProgrammeId;
use crate::core::problem::Outcome;
use crate::programmes::http::programme_read;
use crate::totals::{Things, is_any_made_up};
use crate::web::{Path, State};

/// Whether the data of a programme are invented.
///
/// # Errors
/// As the room of programmes refuses.
pub async fn is_made_up(visitor: &Visitor, state: &State, programme: ProgrammeId) -> Outcome<bool> {
    let Some(permit) = visitor.may::<action::ReferenceRead>() else { return Ok(false) };
    Ok(programme_read(permit, state.clone(), Path(programme)).await?.body.synthetic)
}

/// Whether any of the things that a page shows are of such a programme.
///
/// # Errors
/// What the database says.
pub async fn shows_made_up(state: &State, things: Things) -> Outcome<bool> {
    state.read(move |conn| is_any_made_up(conn, &things)).await
}

/// What proposals are about.
pub fn proposed_things(proposals: &[ApprovalView]) -> Things {
    Things {
        pledges: proposals.iter().filter_map(|one| one.pledge).collect(),
        consignments: proposals.iter().filter_map(|one| one.consignment).collect(),
        sites: proposals.iter().filter_map(|one| one.site).collect(),
        ..Things::default()
    }
}
