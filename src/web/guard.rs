//! Authentication and authorization, before anything else of a request is looked at.
//!
//! Extractors run side by side, so a permit among them could not keep a broken body of a stranger from
//! being answered first. Each route is therefore wrapped: the wrapper grants, and the handler's
//! [`Permit`] only takes what was granted.

use super::origin::{check_own_origin, session_cookie};
use super::state::{self, State};
use crate::auth::{Action, Caller, CookieUse, Credential, Grant, KeyUse, Named, Permit, Unnoted, authorize};
use crate::core::id::UserId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::writer::{Actor, Update};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::time::Duration;

/// The header in which proxies say whom they had a request from, the nearest last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The header in which a program names the user that it sends for: with a browser's cookie somebody else may have signed
/// in since.
const MEANT_USER: &str = "relief-user";

/// Arguments of a handler that begin with a permit, and the action it is for.
pub trait Allowed {
    /// The action.
    const ACTION: Action;
}

macro_rules! allowed {
    ($($rest:ident)*) => {
        impl<A: Named, $($rest),*> Allowed for (Permit<A>, $($rest,)*) {
            const ACTION: Action = A::ACTION;
        }
    };
}
allowed!();
allowed!(B);
allowed!(B C);
allowed!(B C D);
allowed!(B C D E);
allowed!(B C D E F);
allowed!(B C D E F G);

/// Where strangers come in; crowds before one are none before the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// Tracking codes.
    Codes,
    /// Having somebody asked whether to be written to about a tracking code.
    Questions,
    /// Private links of pledges, which have no crowd of their own: codes are tried at both.
    Links,
    /// Logging in.
    Logins,
    /// Continuing a session: a desk of field devices behind one router does so every ten minutes.
    Sessions,
    /// Lists that everybody may read.
    Lists,
    /// Checkpoints, tiles and proofs of the log.
    Proofs,
}

/// What one caller can have the server do at length, so that each has a measure of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expense {
    /// Checking a password.
    Password,
    /// Adding up, exporting, printing, verifying.
    Figures,
    /// Folding everything that is derived again.
    Recomputing,
}

impl Expense {
    /// What an action costs, where that is much.
    pub(super) fn of(action: Action) -> Option<Self> {
        let is_expensive = matches!(
            action,
            Action::TotalsRead
                | Action::ChangesRead
                | Action::GapRead
                | Action::ReachRead
                | Action::ReconciliationRead
                | Action::AuditRead
                | Action::AccessRead
                | Action::FlagRead
                | Action::TraceRead
                | Action::ExportRead
                | Action::ConsignmentPaperRead
                | Action::LotWatch
        );
        is_expensive.then_some(Self::Figures)
    }
}

/// Slows down callers: those nobody knows by their address, those who are known by who they are.
pub trait Throttle: Send + Sync {
    /// Lets one request of this address pass a door, or says how long it must wait.
    ///
    /// # Errors
    /// The time until the next request may pass.
    fn admit(&self, door: Door, peer: IpAddr) -> Result<(), Duration>;

    /// Lets one expensive request of this user pass, or says how long it must wait.
    ///
    /// # Errors
    /// The time until the next such request may pass.
    fn spend(&self, expense: Expense, user: UserId) -> Result<(), Duration>;
}

/// Grants a request its route's action, or says why not.
pub(super) async fn admit(request: &ServiceRequest, action: Action) -> Outcome<()> {
    let state = state::of(request.request())?;
    let credential = credential_of(request.request());
    if credential.as_ref().is_some_and(Credential::is_ambient) && !request.method().is_safe() {
        check_own_origin(request.request())?;
    }
    let is_reading = request.method().is_safe();
    let known_for = || state.known_for(is_reading);
    let caller = state.auth.authenticate(credential, &known_for).await?;
    check_meant(request.request(), caller.principal.user)?;
    let actor = || Actor::from(caller.principal.as_ref());
    match caller.unnoted {
        Some(Unnoted::Cookie(cookie)) => note_use(state.clone(), CookieUse::new(actor(), cookie)),
        Some(Unnoted::Key(key)) => note_use(state.clone(), KeyUse::new(actor(), key)),
        None => {}
    }
    let grant = authorize(&caller.principal, action)?.under(caller.session);
    if let Some(expense) = Expense::of(action) {
        spend(&state, expense, caller.principal.user)?;
    }
    request.extensions_mut().insert(grant);
    Ok(())
}

/// Refuses a request that was meant to be another user's than the caller's.
fn check_meant(request: &HttpRequest, user: UserId) -> Outcome<()> {
    let named = |meant: &HeaderValue| meant.to_str().ok().and_then(|text| text.parse::<UserId>().ok());
    if request.headers().get_all(MEANT_USER).all(|meant| named(meant) == Some(user)) {
        return Ok(());
    }
    Err(Problem::new(Code::Unauthenticated, "Another user is signed in."))
}

/// Who asked for something that is answered for a long time, to be looked up again and again.
pub struct Standing {
    state: State,
    credential: Option<Credential>,
}

impl Standing {
    /// Whoever sent a request.
    ///
    /// # Errors
    /// An internal problem where the server has no state.
    pub fn of(request: &HttpRequest) -> Outcome<Self> {
        Ok(Self { state: state::of(request)?, credential: credential_of(request) })
    }

    /// What the caller may do now.
    ///
    /// # Errors
    /// `unauthenticated` or `forbidden` where the caller may not any more.
    pub async fn permit<A: Named>(&self) -> Outcome<Permit<A>> {
        let known_for = || self.state.known_for(true);
        let caller = self.state.auth.authenticate(self.credential.clone(), &known_for).await?;
        let grant = authorize(&caller.principal, A::ACTION)?.under(caller.session);
        grant.permit().ok_or_else(|| Problem::internal("a grant is for another action"))
    }
}

/// Who sent a request, where that is somebody known: a page for everyone may greet by role.
///
/// # Errors
/// `unavailable` where nobody can be looked up; a credential that is not good is nobody's.
pub async fn known_caller(request: &HttpRequest) -> Outcome<Option<Caller>> {
    let state = state::of(request)?;
    let Some(credential) = credential_of(request) else { return Ok(None) };
    let known_for = || state.known_for(true);
    match state.auth.authenticate(Some(credential), &known_for).await {
        Ok(caller) => Ok(Some(caller)),
        Err(problem) if problem.code == Code::Unauthenticated => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Notes that a cookie or a key is in use, without letting its request wait for that.
fn note_use(state: State, noted: impl Update<Answer = ()>) {
    actix_web::rt::spawn(async move {
        if let Err(problem) = state.writer.record(noted).await {
            tracing::debug!(cause = problem.internal.as_deref(), "the use of a credential was not noted");
        }
    });
}

/// What a request brings to say who is calling. Two `Authorization` headers are none that can be good.
fn credential_of(request: &HttpRequest) -> Option<Credential> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let authorization = match (headers.next(), headers.next()) {
        (None, _) => None,
        (Some(header), None) => Some(header.to_str().unwrap_or_default()),
        (Some(_), Some(_)) => Some(""),
    };
    Credential::of(authorization, session_cookie(request))
}

/// Where a request comes from: the other end of the connection, or, where that is a proxy of ours, whom the
/// proxies say they had it from. Whatever a stranger writes into that header stands before what a proxy adds.
pub fn address_of(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let trusted = state::of(request).map(|state| state.trusted_proxies.clone()).unwrap_or_default();
    if !trusted.contains(&peer.to_canonical()) {
        return Some(peer);
    }
    let lines = request.headers().get_all(FORWARDED_FOR).filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    // From the nearest on, as far as they can be read: what is further away is a stranger's to write.
    let mut nearest = hops.into_iter().rev().map_while(|hop| hop.trim().parse::<IpAddr>().ok());
    Some(nearest.find(|hop| !trusted.contains(&hop.to_canonical())).unwrap_or(peer))
}

/// Lets a stranger's request pass, or says when it may come again.
pub(super) fn throttle(request: &ServiceRequest, door: Door) -> Outcome<()> {
    pass(request.request(), door)
}

/// Lets a request pass a door that its route does not stand at, as where it tries several codes at once.
///
/// # Errors
/// `too_many_requests`.
pub fn pass(request: &HttpRequest, door: Door) -> Outcome<()> {
    let state = state::of(request)?;
    let (Some(throttle), Some(peer)) = (&state.throttle, address_of(request)) else {
        return Ok(());
    };
    throttle.admit(door, peer).map_err(|wait| too_many("from your address", wait))
}

/// Lets an expensive request of a user pass, or says when it may come again.
///
/// # Errors
/// `too_many_requests`.
pub fn spend(state: &State, expense: Expense, user: UserId) -> Outcome<()> {
    let Some(throttle) = &state.throttle else { return Ok(()) };
    throttle.spend(expense, user).map_err(|wait| too_many("of this kind from you", wait))
}

fn too_many(whose: &str, wait: Duration) -> Problem {
    let seconds = wait.as_secs() + 1;
    let detail = format!("Too many requests {whose}. Try again in {seconds} s.");
    Problem::new(Code::TooManyRequests, detail).with("retry_after_s", seconds)
}

impl<A: Named> FromRequest for Permit<A> {
    type Error = Problem;
    type Future = Ready<Outcome<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let grant = request.extensions().get::<Grant>().cloned();
        ready(grant.and_then(Grant::permit).ok_or_else(|| {
            Problem::internal(format!(
                "a handler wants {} on a route that was not declared with it",
                A::ACTION.word()
            ))
        }))
    }
}
