//! Whether what a page shows is made up, which the page then says loudly.

use super::visitor::Visitor;
use crate::auth::action;
use crate::core::id::ProgrammeId;
use crate::core::problem::Outcome;
use crate::programmes::http::programme_read;
use crate::web::{Path, State};

/// Whether the data of a programme are invented.
///
/// # Errors
/// As the room of programmes refuses.
pub async fn is_made_up(visitor: &Visitor, state: &State, programme: ProgrammeId) -> Outcome<bool> {
    let Some(permit) = visitor.may::<action::ReferenceRead>() else { return Ok(false) };
    Ok(programme_read(permit, state.clone(), Path(programme)).await?.body.synthetic)
}
