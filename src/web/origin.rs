//! The browser's cookie, and whether a request that a browser sent with it came from a page of this server.
//!
//! A browser sends a cookie along whoever made it ask. `SameSite=Strict` keeps other sites from that; the origin is
//! asked for as well, since a sibling host counts as the same site, and browsers have had faults. What is sent with an
//! `Authorization` header needs none of this: no page can add that to a request of another's.

use super::state;
use crate::core::problem::{Code, Outcome, Problem};
use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HOST, HeaderName, HeaderValue, ORIGIN};

/// The cookie of a browser's session. With this beginning a browser takes it only over TLS (or from its own
/// machine), for every path, and never for a whole domain.
pub const SESSION_COOKIE: &str = "__Host-relief-session";
/// What a browser says of where a request comes from.
const FETCH_SITE: &str = "sec-fetch-site";

/// The session cookie of a request. Two of one name are none: one of them was put there by somebody else.
pub(super) fn session_cookie(request: &HttpRequest) -> Option<&str> {
    cookie(request, SESSION_COOKIE)
}

/// The value of a cookie that a request brings once.
pub fn cookie<'a>(request: &'a HttpRequest, wanted: &str) -> Option<&'a str> {
    let lines = request.headers().get_all(COOKIE).filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(name, _)| name.trim() == wanted).map(|(_, value)| value.trim());
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        (None | Some(_), _) => None,
    }
}

/// The header that gives a browser its cookie for as many seconds; with nought it forgets it.
pub fn cookie_header(value: &str, seconds: i64) -> Outcome<HeaderValue> {
    let text =
        format!("{SESSION_COOKIE}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict");
    HeaderValue::from_str(&text).map_err(|error| Problem::internal(format!("a cookie: {error}")))
}

/// Refuses what a page of another origin made a browser send.
///
/// # Errors
/// `other_origin`.
pub fn check_own_origin(request: &HttpRequest) -> Outcome<()> {
    let only = |name: HeaderName| {
        let mut values = request.headers().get_all(name);
        match (values.next(), values.next()) {
            (None, _) => Some(None),
            (Some(value), None) => value.to_str().ok().map(Some),
            (Some(_), Some(_)) => None,
        }
    };
    let (Some(site), Some(origin), Some(host)) =
        (only(HeaderName::from_static(FETCH_SITE)), only(ORIGIN), only(HOST))
    else {
        return Err(other_origin());
    };
    if site.is_some_and(|site| site != "same-origin") {
        return Err(other_origin());
    }
    let state = state::of(request)?;
    let is_own = match (origin, &state.public_origin) {
        // A browser that names no origin of a write says at least that it is the same.
        (None, _) => site.is_some(),
        (Some(origin), Some(public)) => origin.eq_ignore_ascii_case(public),
        // Whether TLS ends here or before, nobody here can tell; the host is the browser's word for whom it means.
        (Some(origin), None) => match (origin.split_once("://"), host) {
            (Some(("http" | "https", authority)), Some(host)) => authority.eq_ignore_ascii_case(host),
            (Some(_) | None, _) => false,
        },
    };
    if is_own { Ok(()) } else { Err(other_origin()) }
}

fn other_origin() -> Problem {
    Problem::new(
        Code::OtherOrigin,
        "With the session cookie, changes are taken only from pages of this server. Programs send an access token \
         in the Authorization header instead.",
    )
}
