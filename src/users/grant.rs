//! Granting rights: one administrator proposes, another decides.
//!
//! A grant is a new user, another role, other bounds, or access given back; access is taken away at once. While a
//! grant is proposed it gives nothing: a new user is there and cannot log in, and others keep what they have. As
//! long as nobody else could decide it acts at once, and the record says `alone`; but it waits where whoever grants
//! took the right to decide from another, or one of two could be both. Whoever holds the database acts at once too,
//! and is named as operator. Nobody decides a grant to themselves.

use super::access_store::{AccessChange, note_changed};
use super::api_key_store::{check_not_revoked, end_key};
use super::deciders::{another_decides, took_from_others};
use super::erase::{NOT_LET_IN, empty};
use super::invitation_store::{InvitationEnd, end_invitations};
use super::rules::check_bounds;
use super::session_store::role_of;
use super::store::{check_kept, entry, finish, want_user};
use crate::auth::{ApiKey, User, is_operator};
use crate::core::id::{ApiKeyId, ApprovalId, InvitationId, OrganizationId, SubjectId, UserId, derived};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::proposals::store::acted_as;
use crate::proposals::{Approval, ApprovalState, PASSWORD_RESET, ROLE_GRANT};
use crate::writer::{Desk, Drawer, Refusal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a user may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// The word of the role.
    pub role: String,
    /// The organization bound to.
    pub organization_id: Option<OrganizationId>,
    /// The countries bound to, with commas between them.
    pub countries: Option<String>,
    /// Whether the user may not log in.
    pub disabled: bool,
}

impl Rights {
    /// Those of a user.
    pub fn of(user: &User) -> Self {
        Self {
            role: user.role.clone(),
            organization_id: user.organization_id,
            countries: user.country.clone(),
            disabled: user.disabled,
        }
    }

    /// Whether having these instead of others is granted by somebody: all but the loss of access is.
    pub fn are_granted_over(&self, before: &Self) -> bool {
        let taken = Self { disabled: true, ..before.clone() };
        self != before && *self != taken
    }

    pub(super) fn give(&self, user: &mut User) {
        user.role.clone_from(&self.role);
        user.organization_id = self.organization_id;
        user.country.clone_from(&self.countries);
        user.disabled = self.disabled;
    }
}

/// What is proposed about a user, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Proposed {
    user: UserId,
    before: Rights,
    after: Rights,
}

/// How a grant is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// At once, by whoever holds the database.
    Operator,
    /// At once, as nobody else could decide.
    Alone,
    /// Proposed, for another to decide, who may have to be added at the server first.
    Proposed,
}

/// How whoever acts grants rights to a user.
///
/// # Errors
/// Where it is not known yet who else there is.
pub(super) fn way(desk: &mut Desk, subject: UserId) -> Result<Way, Refusal> {
    let actor = desk.actor();
    // The first administrator comes by the one-time secret, when there is nobody at all.
    if is_operator(actor) || actor.user.0.is_nil() {
        return Ok(Way::Operator);
    }
    let waits = another_decides(desk, subject)? || took_from_others(desk)?;
    Ok(if waits { Way::Proposed } else { Way::Alone })
}

/// Keeps, within the entry that is open, that rights are proposed, or were granted by one alone.
///
/// # Errors
/// Where the words cannot be written.
pub(super) fn keep(
    desk: &mut Desk,
    (user, at): (UserId, Timestamp),
    before: Rights,
    after: Rights,
    way: Way,
) -> Result<Option<ApprovalId>, Refusal> {
    let body = serde_json::to_string(&Proposed { user, before, after })
        .map_err(|error| Problem::internal(error.to_string()))?;
    Ok(keep_as(desk, (user, at), (ROLE_GRANT, "grant"), body, way))
}

/// The same of a link by which a user sets another password.
///
/// # Errors
/// Where the words cannot be written.
pub(super) fn keep_reset(
    desk: &mut Desk,
    (user, at): (UserId, Timestamp),
    link: InvitationId,
    way: Way,
) -> Result<Option<ApprovalId>, Refusal> {
    let body = serde_json::json!({"user": user, "link": link}).to_string();
    Ok(keep_as(desk, (user, at), (PASSWORD_RESET, "reset"), body, way))
}

fn keep_as(
    desk: &mut Desk,
    (user, at): (UserId, Timestamp),
    (kind, purpose): (&str, &str),
    body: String,
    way: Way,
) -> Option<ApprovalId> {
    let state = match way {
        Way::Operator => return None,
        Way::Alone => ApprovalState::Alone,
        Way::Proposed => ApprovalState::Proposed,
    };
    let actor = desk.actor().clone();
    let number = u64::try_from(at.0).unwrap_or(0);
    let approval = Approval {
        id: derived(user.0, purpose, number),
        kind: kind.to_owned(),
        state: state.word().to_owned(),
        subject_id: SubjectId(user.0),
        pledge_id: None,
        consignment_id: None,
        site_id: None,
        quantity: 0,
        limit_units: None,
        body_hash: Sha256::digest(body.as_bytes()).to_vec(),
        body,
        effect: "[]".to_owned(),
        result: String::new(),
        reason: None,
        proposed_by: actor.user,
        proposed_as: acted_as(&actor),
        proposed_at: at,
        decided_by: None,
        decided_as: None,
        decided_at: None,
        decided_reason: None,
    };
    let id = approval.id;
    desk.shelf::<Drawer<Approval>>().put(approval);
    (way == Way::Proposed).then_some(id)
}

/// Asks for what [`grant_approved`] and [`grant_ended`] will want.
pub fn want_grant(desk: &mut Desk, approval: &Approval) {
    let user = UserId(approval.subject_id.0);
    want_user(desk, user);
    desk.shelf::<Drawer<AccessChange>>().want_group(user);
    desk.shelf::<Drawer<ApiKey>>().want(ApiKeyId(user.0));
}

/// Refuses a decision by the user whom the rights are for.
///
/// # Errors
/// `own_proposal`.
pub fn check_subject(approval: &Approval, decider: UserId) -> Outcome<()> {
    if approval.subject_id.0 != decider.0 {
        return Ok(());
    }
    Err(Problem::new(Code::OwnProposal, "This is about your own rights, so somebody else decides it."))
}

/// Gives approved rights, within the entry of the decision; its time is that of the decision.
///
/// # Errors
/// `wrong_state` where the user's rights have changed since it was proposed.
pub fn grant_approved(desk: &mut Desk, approval: &Approval) -> Result<(), Refusal> {
    let proposed: Proposed = serde_json::from_str(&approval.body)
        .map_err(|error| Problem::internal(format!("approvals.body of {}: {error}", approval.id)))?;
    let found = desk.shelf::<Drawer<User>>().find(proposed.user)?.ok_or_else(Problem::not_found)?;
    check_kept(&found)?;
    check_not_revoked(desk, found.id)?;
    if Rights::of(&found) != proposed.before {
        let detail = "The user's rights have changed since this was proposed. Refuse it and propose it anew.";
        return Err(Problem::new(Code::WrongState, detail).into());
    }
    let mut user = User::clone(&found);
    proposed.after.give(&mut user);
    check_bounds(role_of(&user)?, user.organization_id, user.country.is_some())?;
    let at = approval.decided_at.unwrap_or(found.updated_at);
    finish(desk, &mut user, at);
    note_changed(desk, &found, &user)
}

/// Ends, within the entry of the decision or of taking it back, the links of a user whom nobody lets in. A user who
/// was never let in is erased, so that the login is free for whoever it is meant for. Answers whose key is then to be
/// destroyed.
///
/// # Errors
/// Where what is open of the user is not loaded yet.
pub fn grant_ended(desk: &mut Desk, approval: &Approval) -> Result<Option<UserId>, Refusal> {
    let user = UserId(approval.subject_id.0);
    let found = desk.shelf::<Drawer<User>>().find(user)?.ok_or_else(Problem::not_found)?;
    if !found.disabled || found.erased_at.is_some() {
        return Ok(None);
    }
    let at = approval.decided_at.unwrap_or(found.updated_at);
    let was_let_in = desk.shelf::<Drawer<AccessChange>>().group(user)?.iter().any(|change| !change.disabled);
    // A user from before changes of access were kept has none, and was let in.
    if was_let_in || approval.proposed_at != found.created_at {
        end_invitations(desk, user, (at, InvitationEnd::Replaced))?;
        return Ok(None);
    }
    end_key(desk, user, at)?;
    empty(desk, &found, at, NOT_LET_IN).map(|user| Some(user.id))
}

/// The heading of the entry under which rights are proposed.
pub(super) fn proposed_entry(user: UserId, words: String) -> crate::writer::Entry {
    entry("user.grant_proposed", user, Some(words))
}
