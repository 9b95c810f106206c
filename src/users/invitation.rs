//! Links by which people set their passwords, over HTTP: made by administrators, used by whoever has one.
//!
//! Nobody sends mail here: the token is shown once to the administrator, who hands it over.

use super::http::{UserView, check_wanted};
use super::invitation_store::{
    Invitation, InvitationAccept, InvitationKind, InvitationMake, InvitationToken, NewInvitation, is_good,
    no_invitation,
};
use super::store;
use crate::auth::{Permit, User, action, now};
use crate::core::id::{InvitationId, UserId};
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
}

impl InvitationView {
    pub(super) fn new(token: &InvitationToken, invitation: &Invitation) -> Self {
        Self { token: token.text(), good_until: invitation.good_until }
    }
}

/// A link's token and the password its user wants.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationAnswer {
    /// The token that was handed over.
    pub token: String,
    /// 12 to 256 characters, none of the well-known.
    pub password: String,
}

/// Makes a link by which a user sets another password. An older link stops working; the present password does not.
#[utoipa::path(post, path = "/api/v1/users/{id}/reset", tag = "users", params(("id" = UserId, Path)),
    responses((status = 201, description = "The link, shown this once", body = WrittenBody<InvitationView>),
        (status = 409, description = "The account is disabled")))]
pub async fn user_reset(
    permit: Permit<action::UserWrite>,
    state: State,
    id: Path<UserId>,
) -> Outcome<Written<InvitationView>> {
    let token = InvitationToken::draw()?;
    let invitation = NewInvitation::of(&token, InvitationKind::Reset);
    let make = InvitationMake { actor: permit.actor(), user: id.0, invitation };
    let recorded = state.writer.record(make).await?;
    Ok(Written::created(recorded.map(|made| InvitationView::new(&token, &made)), id.0))
}

/// Sets a password by a link. The link and all sessions of its user end; log in then.
#[utoipa::path(post, path = "/api/v1/auth/invitations/accept", tag = "session", request_body = InvitationAnswer,
    responses(
        (status = 200, description = "The password is set; log in now", body = WrittenBody<UserView>),
        (status = 401, description = "The link cannot be used, or no more")))]
pub async fn invitation_accept(state: State, body: Json<InvitationAnswer>) -> Outcome<Written<UserView>> {
    let token = InvitationToken::parse(body.0.token.trim()).ok_or_else(no_invitation)?;
    let (id, hash) = (token.id(), token.hash());
    // Before anything is said about the password: a stranger hears only that there is no such link.
    let user = state.read(move |conn| find(conn, id, &hash)).await?.ok_or_else(no_invitation)?;
    check_wanted("/password", &body.0.password, &user.login, &user.name).await?;
    let actor = Actor { user: user.id, role: user.role.clone(), scope: "all".to_owned() };
    let password_hash = state.auth.passwords().hash(body.0.password).await?;
    let recorded = state.writer.record(InvitationAccept { actor, id, hash, password_hash }).await?;
    state.auth.forget_callers();
    Ok(super::http::written(recorded))
}

fn find(conn: &mut Conn, id: InvitationId, hash: &[u8; 32]) -> Outcome<Option<User>> {
    let found = Invitation::load(conn, &[id]).map_err(read_failure)?.pop();
    let Some(invitation) = found.filter(|one| is_good(one, hash, now())) else { return Ok(None) };
    store::user(conn, invitation.user_id).map(|user| Some(user).filter(|user| !user.disabled))
}

/// The routes of links.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_user_reset, user_reset);
    routes.public_throttled(Door::Logins, __path_invitation_accept, invitation_accept);
}
