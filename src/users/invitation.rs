//! Links by which people set their passwords, over HTTP: made by administrators, used by whoever has one.
//!
//! Nobody sends mail here: the token is shown once to the administrator, who hands it over.

use super::http::{UserView, check_wanted};
use super::invitation_store::{
    Invitation, InvitationAccept, InvitationKind, InvitationToken, NewInvitation, Presented, SecondHalf,
    is_good, no_invitation,
};
use super::reset::InvitationMake;
use super::store;
use crate::auth::{Permit, User, action, now, open_kept_user, seal_password};
use crate::core::id::{ApprovalId, InvitationId, UserId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::{Conn, read_failure};
use crate::web::{Door, Json, Path, Routes, State, Written, WrittenBody};
use crate::writer::{Actor, Record};
use serde::{Deserialize, Serialize};

/// A link, shown once.
#[derive(Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationView {
    /// Hand it over; its user sends it to `POST /api/v1/auth/invitations/accept` with a password. It is kept nowhere
    /// and good once.
    pub token: String,
    /// Until when it may be used.
    pub good_until: Timestamp,
    /// Whether it is good only together with the half that another administrator is shown who approves it.
    pub needs_second_half: bool,
}

impl InvitationView {
    pub(super) fn new(token: &InvitationToken, invitation: &Invitation) -> Self {
        Self {
            token: token.text(),
            good_until: invitation.good_until,
            needs_second_half: invitation.approval_id.is_some(),
        }
    }
}

/// A link's token and the password its user wants.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationAnswer {
    /// The token that was handed over.
    pub token: String,
    /// The other half, where another administrator handed over one.
    #[serde(default)]
    pub second_half: Option<String>,
    /// 12 to 256 characters, none of the well-known.
    pub password: String,
}

/// A link for another password.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ResetMade {
    /// The link, or your half of it, shown this once.
    #[serde(flatten)]
    pub invitation: InvitationView,
    /// Where another administrator decides whether it may be used, and is shown the other half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
}

/// Makes a link by which a user sets another password. Where another administrator could decide about it, that one does,
/// and each of the two hands over a half. An older link stops working; the present password does not.
#[utoipa::path(post, path = "/api/v1/users/{id}/reset", tag = "users", params(("id" = UserId, Path)),
    responses((status = 201, description = "The link, shown this once", body = WrittenBody<ResetMade>),
        (status = 202, description = "A half of it; another administrator decides", body = WrittenBody<ResetMade>),
        (status = 409, description = "The account is disabled, is your own, or nobody else could decide")))]
pub async fn user_reset(
    permit: Permit<action::UserWrite>,
    state: State,
    id: Path<UserId>,
) -> Outcome<Written<ResetMade>> {
    let token = InvitationToken::draw()?;
    let invitation = NewInvitation::of(&token, InvitationKind::Reset);
    let make = InvitationMake { actor: permit.actor(), user: id.0, invitation };
    let recorded = state.writer.record(make).await?;
    let is_proposed = recorded.answer.approval.is_some();
    let made = recorded.map(|made| ResetMade {
        invitation: InvitationView::new(&token, &made.invitation),
        approval: made.approval,
    });
    let written = Written::created(made);
    Ok(if is_proposed { written.proposed() } else { written })
}

/// Sets a password by a link. The link and all sessions of its user end; log in then.
#[utoipa::path(post, path = "/api/v1/auth/invitations/accept", tag = "session", request_body = InvitationAnswer,
    responses(
        (status = 200, description = "The password is set; log in now", body = WrittenBody<UserView>),
        (status = 401, description = "The link cannot be used, or no more")))]
pub async fn invitation_accept(state: State, body: Json<InvitationAnswer>) -> Outcome<Written<UserView>> {
    let token = InvitationToken::parse(body.0.token.trim()).ok_or_else(no_invitation)?;
    let second = match &body.0.second_half {
        Some(text) => Some(SecondHalf::parse(text.trim()).ok_or_else(no_invitation)?.hash()),
        None => None,
    };
    let (id, presented) = (token.id(), Presented { token: token.hash(), second });
    // Before anything is said about the password: a stranger hears only that there is no such link.
    let user = state.read(move |conn| find(conn, id, &presented)).await?.ok_or_else(no_invitation)?;
    let actor = Actor { user: user.id, role: user.role.clone(), scope: "all".to_owned() };
    let whose = user.id;
    let words = state.with_vault(move |vault| open_kept_user(vault, &user)).await?;
    check_wanted("/password", &body.0.password, &words.login, &words.name).await?;
    let password_hash = state.auth.passwords().hash(body.0.password).await?;
    let password = state.with_vault(move |vault| seal_password(vault, whose, &password_hash)).await?;
    let recorded = state.writer.record(InvitationAccept { actor, id, presented, password }).await?;
    state.auth.forget_callers();
    super::http::written(&state, recorded).await
}

fn find(conn: &mut Conn, id: InvitationId, presented: &Presented) -> Outcome<Option<User>> {
    let found = Invitation::load(conn, &[id]).map_err(read_failure)?.pop();
    let Some(invitation) = found.filter(|one| is_good(one, presented, now())) else { return Ok(None) };
    store::user(conn, invitation.user_id).map(|user| Some(user).filter(|user| !user.disabled))
}

/// The routes of links.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_user_reset, user_reset);
    routes.public_throttled(Door::Logins, __path_invitation_accept, invitation_accept);
}
