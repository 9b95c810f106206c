//! Sessions as their user and administrators see and end them, and the own password.

use super::http::check_wanted;
use super::session::Ended;
use super::session_store::{Ending, SessionsEnd, open_sessions};
use super::store::{OwnPassword, user};
use crate::auth::{Permit, Session, SessionEnd, action, now, open_kept_user, seal_password};
use crate::core::id::{SessionId, UserId};
use crate::core::page::Page;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::web::{Expense, Json, Path, Routes, State, Written, WrittenBody, address_of, spend};
use crate::writer::Actor;
use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

/// A session that lasts.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// Key.
    pub id: SessionId,
    /// `token` for programs and devices, `cookie` for browsers.
    pub kind: String,
    /// When its user logged in.
    pub began_at: Timestamp,
    /// Until when it may last.
    pub ends_at: Timestamp,
    /// When it was continued last.
    pub last_used_at: Option<Timestamp>,
    /// Whether it is the one this was asked under.
    pub is_this: bool,
}

/// A new password, and the one it is instead of.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present one.
    pub password: String,
    /// 12 to 256 characters, none of the well-known.
    pub new_password: String,
}

fn views(found: Vec<(Session, Option<Timestamp>)>, present: Option<SessionId>) -> Page<SessionView> {
    let view = |(session, last_used_at): (Session, Option<Timestamp>)| SessionView {
        id: session.id,
        kind: session.kind,
        began_at: session.began_at,
        ends_at: session.ends_at,
        last_used_at,
        is_this: Some(session.id) == present,
    };
    // There are at most a hundred, so one page holds them all.
    Page { items: found.into_iter().map(view).collect(), next: None }
}

/// Lists the own sessions that last, the newest first.
#[utoipa::path(get, path = "/api/v1/auth/sessions", tag = "session",
    responses((status = 200, description = "All at once", body = Page<SessionView>)))]
pub async fn session_list(
    permit: Permit<action::SessionRead>,
    state: State,
) -> Outcome<web::Json<Page<SessionView>>> {
    let id = permit.principal().user;
    let found = state.read(move |conn| open_sessions(conn, id, now())).await?;
    Ok(web::Json(views(found, permit.session())))
}

/// Ends all own sessions, this one too.
#[utoipa::path(delete, path = "/api/v1/auth/sessions", tag = "session",
    responses((status = 200, description = "They have ended", body = WrittenBody<Ended>)))]
pub async fn session_end_all(permit: Permit<action::SessionWrite>, state: State) -> Outcome<Written<Ended>> {
    end(&state, permit.actor(), permit.principal().user, Ending::All).await
}

/// Ends one of the own sessions.
#[utoipa::path(delete, path = "/api/v1/auth/sessions/{id}", tag = "session", params(("id" = SessionId, Path)),
    responses((status = 200, description = "It has ended", body = WrittenBody<Ended>)))]
pub async fn session_end(
    permit: Permit<action::SessionWrite>,
    state: State,
    id: Path<SessionId>,
) -> Outcome<Written<Ended>> {
    end(&state, permit.actor(), permit.principal().user, Ending::One(id.0)).await
}

/// Lists a user's sessions that last, the newest first.
#[utoipa::path(get, path = "/api/v1/users/{id}/sessions", tag = "users", params(("id" = UserId, Path)),
    responses((status = 200, description = "All at once", body = Page<SessionView>)))]
pub async fn user_session_list(
    permit: Permit<action::UserRead>,
    state: State,
    id: Path<UserId>,
) -> Outcome<web::Json<Page<SessionView>>> {
    let user = id.0;
    let found = state.read(move |conn| {
        // A user who is not there has no sessions, which is another answer than having none that last.
        super::store::user(conn, user)?;
        open_sessions(conn, user, now())
    });
    Ok(web::Json(views(found.await?, permit.session())))
}

/// Ends all sessions of a user.
#[utoipa::path(delete, path = "/api/v1/users/{id}/sessions", tag = "users", params(("id" = UserId, Path)),
    responses((status = 200, description = "They have ended", body = WrittenBody<Ended>)))]
pub async fn user_session_end_all(
    permit: Permit<action::UserWrite>,
    state: State,
    id: Path<UserId>,
) -> Outcome<Written<Ended>> {
    let user = id.0;
    // A user who is not there has no sessions, which is another answer than having none that last.
    state.read(move |conn| super::store::user(conn, user)).await?;
    end(&state, permit.actor(), user, Ending::All).await
}

/// Ends one session of a user.
#[utoipa::path(delete, path = "/api/v1/users/{id}/sessions/{session}", tag = "users",
    params(("id" = UserId, Path), ("session" = SessionId, Path)),
    responses((status = 200, description = "It has ended", body = WrittenBody<Ended>)))]
pub async fn user_session_end(
    permit: Permit<action::UserWrite>,
    state: State,
    path: Path<(UserId, SessionId)>,
) -> Outcome<Written<Ended>> {
    let (user, session) = path.0;
    end(&state, permit.actor(), user, Ending::One(session)).await
}

async fn end(state: &State, actor: Actor, user: UserId, which: Ending) -> Outcome<Written<Ended>> {
    let update = SessionsEnd { actor, user, which, how: SessionEnd::Ended };
    let recorded = state.writer.record(update).await?.map(|ended| Ended { ended });
    state.auth.forget_callers();
    Ok(Written::changed(recorded))
}

/// Changes the own password. It needs the present one, and ends all other sessions.
#[utoipa::path(post, path = "/api/v1/auth/password", tag = "session", request_body = PasswordChange,
    responses((status = 200, description = "Changed; other sessions have ended", body = WrittenBody<super::http::UserView>),
        (status = 429, description = "Too many tries")))]
pub async fn password_change(
    permit: Permit<action::SessionWrite>,
    state: State,
    request: HttpRequest,
    body: Json<PasswordChange>,
) -> Outcome<Written<super::http::UserView>> {
    let id = permit.principal().user;
    let found = state.read(move |conn| user(conn, id)).await?;
    spend(&state, Expense::Password, id)?;
    let PasswordChange { password, new_password } = body.0;
    let known = found.clone();
    let words = state.with_vault(move |vault| open_kept_user(vault, &known)).await?;
    check_wanted("/new_password", &new_password, &words.login, &words.name).await?;
    state.auth.check_own_password(&found, password, address_of(&request)).await?;
    let hash = state.auth.passwords().hash(new_password).await?;
    let new = state.with_vault(move |vault| seal_password(vault, id, &hash)).await?;
    let (keep, old) = (permit.session(), found.sealed_password);
    let update = OwnPassword { actor: permit.actor(), id, keep, old, new };
    let recorded = state.writer.record(update).await?;
    state.auth.forget_callers();
    super::http::written(&state, recorded).await
}

/// The routes of sessions that last, and of the own password.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_session_list, session_list);
    routes.add(__path_session_end_all, session_end_all);
    routes.add(__path_session_end, session_end);
    routes.add(__path_user_session_list, user_session_list);
    routes.add(__path_user_session_end_all, user_session_end_all);
    routes.add(__path_user_session_end, user_session_end);
    routes.add(__path_password_change, password_change);
}
