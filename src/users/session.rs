//! Logging in, who one is, the first administrator, and the keys tokens are checked with.

use super::http::{UserAdded, UserNew, UserView, add, opened};
use super::session_store::{
    Continued, Ending, SessionContinue, SessionStart, SessionsEnd, find_secret, session_over,
};
use super::store::{NewUser, user};
use crate::auth::{
    ACCESS_TOKEN_SECONDS, Permit, Principal, Role, Secret, Session, SessionEnd, SessionKind, action,
    actions_of, count_users, now, random,
};
use crate::core::id::{SessionId, UserId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::MICROSECONDS;
use crate::web::{
    Door, Json, Routes, State, Written, WrittenBody, address_of, check_own_origin, cookie_header,
};
use crate::writer::Actor;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, Responder, web};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use uuid::Uuid;

/// Login and password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Case does not matter.
    pub login: String,
    /// The password.
    pub password: String,
    /// Whether the session is a browser's: then its secret is a cookie that no script can read, and there are no
    /// tokens in the answer.
    #[serde(default)]
    pub cookie: bool,
}

/// A session, begun or continued.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LoginAnswer {
    /// Send it as `Authorization: Bearer …`. A session with a cookie has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// `Bearer`, or `Cookie` where a cookie was asked for.
    pub token_type: &'static str,
    /// How long the access token, or the cookie, is good, in seconds.
    pub expires_in: u64,
    /// Exchange it for a new access token and a new one of its kind at `POST /api/v1/auth/refresh`; it is good once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// How long the session may be continued, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_expires_in: Option<u64>,
}

/// What continues a session.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// The refresh token that the last answer gave.
    pub refresh_token: String,
}

/// What was ended.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Ended {
    /// How many sessions.
    pub ended: usize,
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

/// Logs in: with tokens for programs and devices, or with a cookie for browsers.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "session", request_body = LoginRequest,
    responses(
        (status = 200, description = "A session has begun", body = LoginAnswer),
        (status = 401, description = "Login or password is wrong, or the account is disabled"),
        (status = 403, description = "A cookie was asked for by a page of another origin")))]
pub async fn login(state: State, request: HttpRequest, body: Json<LoginRequest>) -> Outcome<HttpResponse> {
    let LoginRequest { login, password, cookie } = body.0;
    if cookie {
        check_own_origin(&request)?;
    }
    let kind = if cookie { SessionKind::Cookie } else { SessionKind::Token };
    let login = state.auth.log_in(&login, password, address_of(&request)).await?;
    let secret = Secret::draw(kind)?;
    let start = SessionStart {
        actor: Actor::from(&login.principal),
        session: SessionId(Uuid::now_v7()),
        kind,
        secret: (secret.id(), secret.hash()),
        failures_before: login.failures_before,
    };
    let (id, user) = (start.session, login.principal.user);
    match state.writer.record(start).await {
        Ok(recorded) => answer(&state, &recorded.answer, &secret),
        Err(problem) if problem.code == Code::StorageFull && kind == SessionKind::Token => {
            answer_unrecorded(&state, user, id)
        }
        Err(problem) => Err(problem),
    }
}

/// Logs a browser in by what somebody typed into a page: the cookie that the browser keeps.
///
/// # Errors
/// `unauthenticated` where login or password is wrong, and what the writer says.
pub async fn sign_in(
    state: &State,
    login: &str,
    password: String,
    from: Option<IpAddr>,
) -> Outcome<(Principal, HeaderValue)> {
    let login = state.auth.log_in(login, password, from).await?;
    let (session, secret) =
        begin(state, &login.principal, SessionKind::Cookie, login.failures_before).await?;
    let seconds = i64::try_from(seconds_left(&session)).unwrap_or(i64::MAX);
    Ok((login.principal, cookie_header(&secret.text(), seconds)?))
}

/// Ends a browser's session by what somebody clicked on a page: what makes the browser forget its cookie.
///
/// # Errors
/// What the writer says.
pub async fn sign_out(state: &State, permit: &Permit<action::SessionWrite>) -> Outcome<HeaderValue> {
    if let Some(session) = permit.session() {
        let (actor, user) = (permit.actor(), permit.principal().user);
        let end = SessionsEnd { actor, user, which: Ending::One(session), how: SessionEnd::LoggedOut };
        state.writer.record(end).await?;
        state.auth.forget_callers();
    }
    cookie_header("", 0)
}

/// With a full disk reading goes on, and whoever wants to read must be able to log in: for as long as one access token
/// is good, at this process.
fn answer_unrecorded(state: &State, user: UserId, id: SessionId) -> Outcome<HttpResponse> {
    tracing::error!(session = %id, "the disk is full: a login is not in the log");
    state.auth.admit_unrecorded(user, id);
    Ok(HttpResponse::Ok().json(LoginAnswer {
        access_token: Some(state.auth.issue(user, id)?),
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_SECONDS,
        refresh_token: None,
        refresh_expires_in: None,
    }))
}

pub(super) fn answer(state: &State, session: &Session, secret: &Secret) -> Outcome<HttpResponse> {
    let left = seconds_left(session);
    let mut response = HttpResponse::Ok();
    if session.kind == SessionKind::Cookie.word() {
        let seconds = i64::try_from(left).unwrap_or(i64::MAX);
        response.insert_header((SET_COOKIE, cookie_header(&secret.text(), seconds)?));
        return Ok(response.json(LoginAnswer {
            access_token: None,
            token_type: "Cookie",
            expires_in: left,
            refresh_token: None,
            refresh_expires_in: None,
        }));
    }
    Ok(response.json(LoginAnswer {
        access_token: Some(state.auth.issue(session.user_id, session.id)?),
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_SECONDS,
        refresh_token: Some(secret.text()),
        refresh_expires_in: Some(left),
    }))
}

/// Begins a session for somebody who was let in, after as many wrong passwords.
///
/// # Errors
/// What the writer says.
pub(super) async fn begin(
    state: &State,
    principal: &Principal,
    kind: SessionKind,
    failures_before: u32,
) -> Outcome<(Session, Secret)> {
    let secret = Secret::draw(kind)?;
    let start = SessionStart {
        actor: Actor::from(principal),
        session: SessionId(Uuid::now_v7()),
        kind,
        secret: (secret.id(), secret.hash()),
        failures_before,
    };
    Ok((state.writer.record(start).await?.answer, secret))
}

fn seconds_left(session: &Session) -> u64 {
    u64::try_from((session.ends_at.0 - now().0) / MICROSECONDS).unwrap_or(0)
}

/// Continues a session: takes a refresh token, which is spent, and answers with the next and a new access token.
/// Whoever got no answer sends the same again within 30 seconds and gets the same successor.
#[utoipa::path(post, path = "/api/v1/auth/refresh", tag = "session", request_body = RefreshRequest,
    responses(
        (status = 200, description = "The session goes on", body = LoginAnswer),
        (status = 401, description = "The session has ended, or the token was spent before, which ends the session")))]
pub async fn refresh(state: State, body: Json<RefreshRequest>) -> Outcome<HttpResponse> {
    let presented =
        Secret::parse(SessionKind::Token, body.0.refresh_token.trim()).ok_or_else(session_over)?;
    let id = presented.id();
    // What was never ours is refused here and costs the writer nothing.
    let found = state.read(move |conn| find_secret(conn, id)).await?;
    let (row, session, user) = found.ok_or_else(session_over)?;
    let principal = user.principal()?.ok_or_else(session_over)?;
    let nonce = random()?;
    let next = presented.successor(&nonce);
    let actor = Actor::from(&principal);
    let update = SessionContinue { actor, secret: id, presented: presented.hash(), nonce, next: next.hash() };
    match state.writer.record(update).await.map(|recorded| recorded.answer) {
        Ok(Continued::Next(session)) => answer(&state, &session, &next),
        Ok(Continued::Again(session, nonce)) => answer(&state, &session, &presented.successor(&nonce)),
        Ok(Continued::Reused) => Err(used_twice(&state, &session)),
        // With a full disk reading goes on: the same token stays good until there is room.
        Err(problem) if problem.code == Code::StorageFull => {
            let is_good = row.present_hash == presented.hash() && session.is_live(principal.role, now());
            if is_good { answer(&state, &session, &presented) } else { Err(session_over()) }
        }
        Err(problem) => Err(problem),
    }
}

/// Somebody else has the token too, and nobody knows who was meant to have it.
fn used_twice(state: &State, session: &Session) -> Problem {
    state.auth.forget_callers();
    tracing::warn!(session = %session.id, "a refresh token was used twice; its session has ended");
    session_over()
}

/// Logs out: ends the session this is sent under, and takes a browser's cookie back.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "session",
    responses((status = 200, description = "The session has ended", body = WrittenBody<Ended>)))]
pub async fn logout(
    permit: Permit<action::SessionWrite>,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let user = permit.principal().user;
    let Some(session) = permit.session() else {
        return Err(Problem::new(Code::WrongState, "You are under no session, so none can be ended."));
    };
    let end =
        SessionsEnd { actor: permit.actor(), user, which: Ending::One(session), how: SessionEnd::LoggedOut };
    let recorded = state.writer.record(end).await?.map(|ended| Ended { ended });
    state.auth.forget_callers();
    let mut response = Written::changed(recorded).respond_to(&request);
    response.headers_mut().insert(SET_COOKIE, cookie_header("", 0)?);
    Ok(response)
}

/// Shows who one is and what one may do.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "session",
    responses((status = 200, description = "The caller", body = Me)))]
pub async fn me(permit: Permit<action::SessionRead>, state: State) -> Outcome<web::Json<Me>> {
    let id = permit.principal().user;
    let user = state.read(move |conn| user(conn, id)).await?;
    Ok(web::Json(Me { user: opened(&state, user).await?, may: actions_of(permit.principal().role) }))
}

/// Adds the first administrator, with the secret the server printed. It works once.
#[utoipa::path(post, path = "/api/v1/auth/first-admin", tag = "session", request_body = FirstAdminRequest,
    responses(
        (status = 201, description = "Added; log in now", body = WrittenBody<UserAdded>),
        (status = 401, description = "Another secret, or it was used"),
        (status = 409, description = "There are users already")))]
pub async fn first_admin(state: State, body: Json<FirstAdminRequest>) -> Outcome<Written<UserAdded>> {
    let request = body.0;
    state.auth.check_first_secret(&request.secret)?;
    if state.read(count_users).await? > 0 {
        state.auth.forget_first_secret();
        return Err(Problem::new(Code::WrongState, "There are users already. Ask an administrator."));
    }
    let new = UserNew {
        login: request.login,
        name: request.name,
        password: Some(request.password),
        role: Role::first(),
        organization_id: None,
        countries: Vec::new(),
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
    web::Json(state.auth.tokens().key_set())
}

/// The routes of sessions.
pub fn routes(routes: &mut Routes) {
    routes.public_throttled(Door::Logins, __path_login, login);
    routes.public_throttled(Door::Sessions, __path_refresh, refresh);
    routes.add(__path_logout, logout);
    routes.add(__path_me, me);
    routes.public_throttled(Door::Logins, __path_first_admin, first_admin);
    routes.public(__path_key_set, key_set);
}
