//! What a user could do from when on: a recorded row for each change of role, bounds or access.
//!
//! The log tells that a user changed and keeps only hashes of what to, so rights of the past could not be read out of
//! it. These rows can be read, and the log vouches for them.

use crate::auth::User;
use crate::core::id::{AccessChangeId, OrganizationId, UserId, derived};
use crate::core::time::Timestamp;
use crate::writer::{Desk, Drawer, Refusal, record};

/// What stands as `changed_as` in the row of a user from before such rows were kept.
pub const FOUND: &str = "found";

record! {
    /// What a user could do from a time on.
    pub struct AccessChange in access_changes key id: AccessChangeId, group user_id: UserId {
        /// Key: made from the user and its revision.
        id: AccessChangeId,
        /// Whose.
        user_id: UserId,
        /// From when on.
        since: Timestamp,
        /// The word of the role.
        role: String,
        /// The organization the user was bound to.
        organization_id: Option<OrganizationId>,
        /// The countries the user was bound to, with commas between them.
        country: Option<String>,
        /// Whether the user could not log in.
        disabled: bool,
        /// Who decided it.
        changed_by: Option<UserId>,
        /// In what role that was; `found` where nobody noted it.
        changed_as: String,
    }
}

fn change_of(user: &User, since: Timestamp, by: Option<UserId>, role: &str) -> AccessChange {
    AccessChange {
        id: derived(user.id.0, "access", u64::try_from(user.revision).unwrap_or(0)),
        user_id: user.id,
        since,
        role: user.role.clone(),
        organization_id: user.organization_id,
        country: user.country.clone(),
        disabled: user.disabled,
        changed_by: by,
        changed_as: role.to_owned(),
    }
}

/// Notes, within the entry that is open, what a new user may do.
pub(super) fn note_added(desk: &mut Desk, user: &User) {
    let (by, role) = (desk.actor().user, desk.actor().role.clone());
    let change = change_of(user, user.created_at, Some(by), &role);
    let drawer = desk.shelf::<Drawer<AccessChange>>();
    drawer.begin_group(user.id);
    drawer.put(change);
}

/// Notes, within the entry that is open, what a user may do from now on, where that is something else.
///
/// # Errors
/// Where the changes before are not loaded yet.
pub(super) fn note_changed(desk: &mut Desk, before: &User, after: &User) -> Result<(), Refusal> {
    let rights = |user: &User| (user.role.clone(), user.organization_id, user.country.clone(), user.disabled);
    if rights(before) == rights(after) {
        return Ok(());
    }
    let (by, role) = (desk.actor().user, desk.actor().role.clone());
    let drawer = desk.shelf::<Drawer<AccessChange>>();
    // A user from before such rows were kept: what was true until now is noted as it was found.
    if drawer.group(after.id)?.is_empty() {
        drawer.put(change_of(before, before.created_at, None, FOUND));
    }
    drawer.put(change_of(after, after.updated_at, Some(by), &role));
    Ok(())
}
