//! Logging in, who one is, the first administrator, and the keys tokens are checked with.

use super::http::{UserNew, UserView, add};
use super::store::{NewUser, SessionStart, user};
use crate::auth::{Permit, Role, action, actions_of, count_users};
use crate::core::id::UserId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::web::{Door, Json, Routes, State, Written, WrittenBody, address_of};
use crate::writer::Actor;
use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Login and password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Case does not matter.
    pub login: String,
    /// The password.
    pub password: String,
}

/// A new session.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LoginAnswer {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// How long the token is good, in seconds.
    pub expires_in: u64,
}

/// Who one is.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Me {
    /// The user.
    pub user: UserView,
    /// Everything the role may do, such as `pledge.offer`.
    pub may: Vec<&'static str>,
}

/// The first administrator and the secret that the server printed.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstAdminRequest {
    /// Printed by `relief serve` when there was no user.
    pub secret: String,
    /// What is typed to log in.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// 12 to 256 characters.
    pub password: String,
}

/// Logs in.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "session", request_body = LoginRequest,
    responses(
        (status = 200, description = "An access token", body = LoginAnswer),
        (status = 401, description = "Login or password is wrong, or the account is disabled")))]
pub async fn login(
    state: State,
    request: HttpRequest,
    body: Json<LoginRequest>,
) -> Outcome<web::Json<LoginAnswer>> {
    let LoginRequest { login, password } = body.0;
    let session = state.auth.log_in(&login, password, address_of(&request)).await?;
    let start = SessionStart {
        actor: Actor::from(session.principal.as_ref()),
        failures_before: session.failures_before,
    };
    match state.writer.record(start).await {
        Ok(_) => {}
        // With a full disk reading goes on, and whoever wants to read must be able to log in.
        Err(problem) if problem.code == Code::StorageFull => {
            tracing::error!(session = %session.id, "the disk is full: a login is not in the log");
        }
        Err(problem) => return Err(problem),
    }
    Ok(web::Json(LoginAnswer {
        access_token: session.token,
        token_type: "Bearer",
        expires_in: session.expires_in,
    }))
}

/// Shows who one is and what one may do.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "session",
    responses((status = 200, description = "The caller", body = Me)))]
pub async fn me(permit: Permit<action::SessionRead>, state: State) -> Outcome<web::Json<Me>> {
    let id = permit.principal().user;
    let user = state.read(move |conn| user(conn, id)).await?;
    Ok(web::Json(Me { user: user.into(), may: actions_of(permit.principal().role) }))
}

/// Adds the first administrator, with the secret the server printed. It works once.
#[utoipa::path(post, path = "/api/v1/auth/first-admin", tag = "session", request_body = FirstAdminRequest,
    responses(
        (status = 201, description = "Added; log in now", body = WrittenBody<UserView>),
        (status = 401, description = "Another secret, or it was used"),
        (status = 409, description = "There are users already")))]
pub async fn first_admin(state: State, body: Json<FirstAdminRequest>) -> Outcome<Written<UserView>> {
    let request = body.0;
    state.auth.check_first_secret(&request.secret)?;
    if state.read(count_users).await? > 0 {
        state.auth.forget_first_secret();
        return Err(Problem::new(Code::WrongState, "There are users already. Ask an administrator."));
    }
    let new = UserNew {
        login: request.login,
        name: request.name,
        password: request.password,
        role: Role::first(),
        organization_id: None,
        country: None,
    };
    let actor = Actor { user: UserId(Uuid::nil()), role: "first-secret".to_owned(), scope: "all".to_owned() };
    let written = add(&state, actor, NewUser::first_id(), new).await?;
    state.auth.forget_first_secret();
    Ok(written)
}

/// The public keys of the access tokens, as a JWK set (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "session",
    responses((status = 200, description = "The keys", body = serde_json::Value)))]
pub async fn key_set(state: State) -> web::Json<serde_json::Value> {
    web::Json(state.auth.key_set())
}

/// The routes of sessions.
pub fn routes(routes: &mut Routes) {
    routes.public_throttled(Door::Logins, __path_login, login);
    routes.add(__path_me, me);
    routes.public_throttled(Door::Logins, __path_first_admin, first_admin);
    routes.public(__path_key_set, key_set);
}
