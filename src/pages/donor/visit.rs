//! What a browser remembers of a donor's visits: up to which entry of the ledger it had seen, and when.
//!
//! The cookie says nothing else, and is believed for nothing else: with a forged one somebody reads what they may read
//! anyway. Pages of one visit tell of the same changes, so that looking at one of them does not use them up.

use crate::core::problem::{Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::web::cookie;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse};

/// The cookie.
const COOKIE: &str = "relief-seen";
/// After so many seconds without a page the next one is another visit: half an hour, as others count visits too.
const VISIT_SECONDS: i64 = 30 * 60;
/// For how many seconds a browser remembers it: two years, since reports are yearly.
const KEPT_SECONDS: i64 = 2 * 365 * 24 * 60 * 60;

/// An entry of the ledger, and when a browser was told of it, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The entry.
    pub sequence: i64,
    /// When.
    pub at: i64,
}

impl Seen {
    /// The day it was.
    pub fn day(self) -> String {
        Timestamp(self.at.saturating_mul(MICROSECONDS)).day()
    }
}

/// What a browser remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// Whom it showed it to: of others it remembers nothing.
    who: String,
    /// The end of the visit before, where there was one.
    before: Option<Seen>,
    /// The newest.
    last: Option<Seen>,
}

impl Visit {
    /// What a browser remembers of somebody at `now`, in seconds; nothing of somebody else.
    pub fn read(text: Option<&str>, who: &str, now: i64) -> Self {
        let nothing = Self { who: who.to_owned(), before: None, last: None };
        let mut parts = text.unwrap_or_default().split('.');
        if parts.next() != Some(who) {
            return nothing;
        }
        let numbers: Vec<i64> =
            parts.filter_map(|part| part.parse().ok()).filter(|number| *number >= 0).collect();
        let seen = |sequence: i64, at: i64| (sequence > 0 && at <= now).then_some(Seen { sequence, at });
        let (before, last) = match numbers.as_slice() {
            [before, before_at, last, last_at] => (seen(*before, *before_at), seen(*last, *last_at)),
            _ => return nothing,
        };
        let is_over = last.is_some_and(|last| now - last.at > VISIT_SECONDS);
        Self { before: if is_over { last } else { before }, last, ..nothing }
    }

    /// The end of the visit before this one.
    pub fn before(&self) -> Option<Seen> {
        self.before
    }

    /// What it remembers from now on, as it stands in the cookie.
    pub fn told(&self, sequence: i64, now: i64) -> String {
        let newest = self.last.map_or(sequence, |last| last.sequence.max(sequence));
        let (before, at) = self.before.map_or((0, 0), |seen| (seen.sequence, seen.at));
        format!("{}.{before}.{at}.{newest}.{now}", self.who)
    }
}

/// What the browser of a request remembers of somebody.
pub fn visit_of(request: &HttpRequest, who: &str, now: Timestamp) -> Visit {
    Visit::read(cookie(request, COOKIE), who, now.0 / MICROSECONDS)
}

/// Has the browser remember up to which entry it was told, on the pages below a path.
///
/// # Errors
/// An internal problem where the cookie cannot be written.
pub fn remembered(
    mut response: HttpResponse,
    visit: &Visit,
    (path, sequence, now): (&str, i64, Timestamp),
) -> Outcome<HttpResponse> {
    let told = visit.told(sequence, now.0 / MICROSECONDS);
    let text = format!("{COOKIE}={told}; Path={path}; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Lax");
    let cookie =
        HeaderValue::from_str(&text).map_err(|error| Problem::internal(format!("a cookie: {error}")))?;
    response.headers_mut().append(SET_COOKIE, cookie);
    Ok(response)
}
