//! Another password for a user, by a link that an administrator makes.
//!
//! Whoever holds a link can act as its user. So where another administrator could decide about it, the link is good only
//! once that one approves, and only with a half that is drawn then and shown to that one alone: each of the two hands over
//! theirs, and neither can set the password alone. Where nobody but the maker and the user could decide, and the user
//! decides about users, the link is made at the server. Whoever holds the database makes links alone.

use super::api_key_store::check_person;
use super::deciders::another_decides;
use super::grant::{Way, keep_reset, way};
use super::invitation_store::{Invitation, InvitationEnd, NewInvitation, end_invitations, ended};
use super::outside_store::check_ours;
use super::rules::{check_deciders_left, check_others_password};
use super::store::{check_kept, entry};
use crate::auth::{Action, User, roles_of};
use crate::core::id::{ApprovalId, UserId};
use crate::core::problem::{Code, Problem};
use crate::core::time::Timestamp;
use crate::proposals::{Approval, PASSWORD_RESET};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};

/// Makes a link by which a user who is there sets another password. The present one stays good until then.
pub struct InvitationMake {
    /// Who makes it.
    pub actor: Actor,
    /// For whom.
    pub user: UserId,
    /// The link.
    pub invitation: NewInvitation,
}

/// A link as made, with what another decides.
#[derive(Clone, Debug)]
pub struct Made {
    /// The link.
    pub invitation: Invitation,
    /// Where another decides whether it may be used, and hands over the other half.
    pub approval: Option<ApprovalId>,
}

impl Update for InvitationMake {
    type Answer = Made;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<User>>().want(self.user);
        desk.shelf::<Drawer<Invitation>>().want_group(self.user);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Made, Refusal> {
        let user = desk.shelf::<Drawer<User>>().find(self.user)?.ok_or_else(Problem::not_found)?;
        check_kept(&user)?;
        check_person(&user)?;
        check_ours(&user)?;
        check_others_password(self.actor.user, user.id)?;
        if user.disabled {
            let detail = "The account is disabled, so no password lets anybody in. Enable it first.";
            return Err(Problem::new(Code::WrongState, detail).into());
        }
        let way = way(desk, user.id)?;
        let decides = roles_of(Action::UserWrite).contains(&user.role.as_str());
        check_deciders_left(decides && way != Way::Operator && !another_decides(desk, user.id)?)?;
        let action = if way == Way::Proposed { "invitation.proposed" } else { "invitation.made" };
        let moment = desk.begin(entry(action, user.id, Some(self.invitation.kind.word().to_owned())));
        let at = moment.recorded_at;
        end_invitations(desk, user.id, (at, InvitationEnd::Replaced))?;
        let approval = keep_reset(desk, (user.id, at), self.invitation.id, way)?;
        Ok(Made { invitation: self.invitation.put(desk, (user.id, at), approval), approval })
    }
}

/// Makes the half that the decider hands over part of the link that waits for the approval, within the entry of the
/// decision. Answers whether there is such a link.
///
/// # Errors
/// `wrong_state` where another password was to be let set and the link is gone; where links are not loaded yet.
pub fn halve(desk: &mut Desk, approval: &Approval, second: Option<[u8; 32]>) -> Result<bool, Refusal> {
    let Some(link) = waiting(desk, approval)? else {
        if approval.kind == PASSWORD_RESET {
            let detail = "The link was replaced, or the user's access changed. Refuse this and make another.";
            return Err(Problem::new(Code::WrongState, detail).into());
        }
        return Ok(false);
    };
    let Some(second) = second else { return Ok(false) };
    // Waiting for the decision takes nothing from the time in which the link may be used.
    let now = approval.decided_at.unwrap_or(link.made_at);
    let good_until = Timestamp(link.good_until.0 + (now.0 - link.made_at.0).max(0));
    let link = Invitation { second_hash: Some(second.to_vec()), good_until, ..link };
    desk.shelf::<Drawer<Invitation>>().put(link);
    Ok(true)
}

/// Ends the link that waited for an approval which is not given, within the entry that says so.
///
/// # Errors
/// Where links are not loaded yet.
pub fn reset_ended(desk: &mut Desk, approval: &Approval) -> Result<(), Refusal> {
    if let Some(link) = waiting(desk, approval)? {
        let at = approval.decided_at.unwrap_or(link.made_at);
        desk.shelf::<Drawer<Invitation>>().put(ended(&link, (at, InvitationEnd::Replaced)));
    }
    Ok(())
}

fn waiting(desk: &mut Desk, approval: &Approval) -> Result<Option<Invitation>, Refusal> {
    let links = desk.shelf::<Drawer<Invitation>>().group(UserId(approval.subject_id.0))?;
    let mut own =
        links.iter().filter(|link| link.approval_id == Some(approval.id) && link.ended_at.is_none());
    Ok(own.next().map(|link| Invitation::clone(link)))
}
