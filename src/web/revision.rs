//! ETag and If-Match over integer revisions: who edits says which version.

use crate::core::problem::{Code, Outcome, Problem};
use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use std::future::{Ready, ready};

/// A revision as an entity tag.
pub(super) fn tag(revision: i64) -> String {
    format!("\"{revision}\"")
}

/// The revision a caller has read and wants to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub i64);

impl IfMatch {
    /// Refuses an edit of anything but the present revision.
    ///
    /// # Errors
    /// `precondition_failed`, with the present revision.
    pub fn check(self, present: i64) -> Outcome<()> {
        if self.0 == present {
            return Ok(());
        }
        Err(Problem::new(
            Code::PreconditionFailed,
            format!(
                "You edit revision {}, but it is at {present} now. Read it again and repeat your edit.",
                self.0
            ),
        )
        .with("revision", present))
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Outcome<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(IF_MATCH).and_then(|value| value.to_str().ok());
        // Proxies that compress weaken a tag on its way; the number inside stays the same.
        let number = header.map(str::trim).map(|tag| tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"'));
        ready(number.and_then(|number| number.parse().ok()).map(Self).ok_or_else(|| {
            Problem::new(
                Code::PreconditionRequired,
                "Send If-Match with the one ETag of the version you read, such as If-Match: \"3\".",
            )
        }))
    }
}

/// An answer that carries the revision of what it shows.
#[derive(Clone, Debug)]
pub struct Tagged<T> {
    /// What is shown.
    pub body: T,
    /// Its revision.
    pub revision: i64,
}

impl<T: Serialize> Responder for Tagged<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let tag = tag(self.revision);
        let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        if known.is_some_and(|known| known.strip_prefix("W/").unwrap_or(known) == tag) {
            return HttpResponse::NotModified().insert_header((ETAG, tag)).finish();
        }
        HttpResponse::Ok().insert_header((ETAG, tag)).json(self.body)
    }
}
