//! Finding an organization while an update decides.

use super::Organization;
use crate::core::id::OrganizationId;
use crate::ledger::event::Halt;
use crate::writer::{Desk, Drawer};
use std::sync::Arc;

/// The organization of that identifier.
///
/// # Errors
/// Waits where it is not known yet; rows missing on the desk.
pub fn find_organization(desk: &mut Desk, organization: OrganizationId) -> Result<Arc<Organization>, Halt> {
    let found = desk.shelf::<Drawer<Organization>>().find(organization)?;
    found.ok_or_else(|| Halt::unknown("organization", organization.0))
}
