//! Coming in by the word of an outside issuer: its ID token for a session of ours.

use super::outside_store::{Entered, Ids, OutsideEntry, introduced_user};
use super::session::{answer, begin};
use super::store::check_references;
use crate::atlas::CountryCode;
use crate::auth::{Introduced, OutsideIssuer, SessionKind, User, destroy_user_key, now};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::MICROSECONDS;
use crate::vault::Vault;
use crate::web::{Door, Json, Routes, State, check_own_origin};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use std::sync::Arc;

/// What an outside issuer gave somebody.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutsideRequest {
    /// The ID token, given a moment ago.
    pub id_token: String,
    /// The nonce it was asked for with, where it was with one.
    #[serde(default)]
    pub nonce: Option<String>,
    /// Whether the session is a browser's, as for a login.
    #[serde(default)]
    pub cookie: bool,
}

/// Logs in by the word of the outside issuer that is configured: its ID token for a session. Role and bounds follow what
/// the issuer says at each entry.
#[utoipa::path(post, path = "/api/v1/auth/outside", tag = "session", request_body = OutsideRequest,
    responses(
        (status = 200, description = "A session has begun", body = super::session::LoginAnswer),
        (status = 401, description = "The token is not believed, or its user may not come in"),
        (status = 404, description = "No outside issuer is configured")))]
pub async fn outside(
    state: State,
    request: HttpRequest,
    body: Json<OutsideRequest>,
) -> Outcome<HttpResponse> {
    let issuer = state.outside.clone().ok_or_else(Problem::not_found)?;
    let OutsideRequest { id_token, nonce, cookie } = body.0;
    if cookie {
        check_own_origin(&request)?;
    }
    let kind = if cookie { SessionKind::Cookie } else { SessionKind::Token };
    let introduced = introduced(&issuer, &id_token, nonce.as_deref()).await?;
    check_bounds_said(&state, &introduced).await?;
    let user = enter(&state, &issuer.settings().issuer, introduced).await?;
    let principal = user.principal()?.ok_or_else(refused)?;
    let (session, secret) = begin(&state, &principal, kind, 0).await?;
    answer(&state, &session, &secret)
}

/// Records what the issuer says; answers who comes in.
async fn enter(state: &State, issuer: &str, introduced: Introduced) -> Outcome<User> {
    let ids = Ids::of(&state.vault, issuer, &introduced.subject);
    let is_known = state.read(move |conn| ids.are_known(conn)).await?;
    let said = introduced.clone();
    let seal = move |vault: &Vault| if is_known { Ok(None) } else { introduced_user(vault, &said, ids) };
    let new = state.with_vault(seal).await?;
    let made = new.as_ref().map(|user| user.id);
    let entered = state.writer.record(OutsideEntry::new(issuer, introduced, ids, new)).await?.answer;
    state.auth.forget_callers();
    match entered {
        Entered::Welcome(user) => {
            // Of two who come at once for the first time one is made, and the other's key is nobody's.
            if let Some(made) = made.filter(|made| *made != user.id) {
                state.with_vault(move |vault| destroy_user_key(vault, made)).await?;
            }
            Ok(*user)
        }
        Entered::Refused => Err(refused()),
    }
}

async fn introduced(issuer: &Arc<OutsideIssuer>, token: &str, nonce: Option<&str>) -> Outcome<Introduced> {
    let seconds = u64::try_from(now().0 / MICROSECONDS).unwrap_or(0);
    let keys = issuer.keys_for(token).await?;
    let verified = keys.and_then(|keys| issuer.settings().verify(token, nonce, &keys, seconds));
    verified.map_err(|refusal| refused().log(refusal))
}

/// Bounds that are none here would be no bounds, so nobody comes in with them.
async fn check_bounds_said(state: &State, introduced: &Introduced) -> Outcome<()> {
    if let Some(code) = introduced.countries.iter().find(|code| code.parse::<CountryCode>().is_err()) {
        return Err(refused().log(format!("the issuer says the country {code:?}")));
    }
    let organization = introduced.organization;
    let known = state.read(move |conn| check_references(conn, None, organization)).await;
    known.map_err(|problem| if problem.code == Code::Invalid { refused().log(problem) } else { problem })
}

/// One refusal for all: a stranger learns nothing of who may come in.
fn refused() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "The outside issuer's token is not valid here, or its user may not come in. Ask whoever keeps the issuer.",
    )
}

/// The route.
pub fn routes(routes: &mut Routes) {
    routes.public_throttled(Door::Logins, __path_outside, outside);
}
