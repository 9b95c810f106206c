//! What a request brings to say who is calling.
//!
//! A further kind of credential is a further line of [`Credential`], read from the request in `web/guard.rs`, and a
//! further arm of `Auth::authenticate`. What is sent as `Authorization: Bearer` is told apart by how it begins.

use super::api_key::API_KEY_BEGINNING;
use super::principal::Principal;
use crate::core::id::{ApiKeyId, SessionId, SessionSecretId};
use std::sync::Arc;

/// What a request brings, before anybody has looked whether it is good.
#[derive(Clone)]
pub enum Credential {
    /// What follows `Authorization: Bearer`.
    Bearer(String),
    /// The same where it is written as a machine's key is.
    Key(String),
    /// The session cookie of a browser, which it sends whoever made it ask.
    Cookie(String),
    /// An `Authorization` header that is no bearer's: it cannot be good.
    Other,
}

impl Credential {
    /// What to go by. Where there is an `Authorization` header it alone counts, good or not, so that a browser's
    /// cookie never stands in for somebody else's token.
    pub fn of(authorization: Option<&str>, cookie: Option<&str>) -> Option<Self> {
        match (authorization, cookie) {
            (Some(header), _) => Some(match bearer(header) {
                Some(token) if token.starts_with(API_KEY_BEGINNING) => Self::Key(token.to_owned()),
                Some(token) => Self::Bearer(token.to_owned()),
                None => Self::Other,
            }),
            (None, Some(cookie)) => Some(Self::Cookie(cookie.to_owned())),
            (None, None) => None,
        }
    }

    /// Whether a browser sends it by itself, so that the request's origin must be asked for.
    pub fn is_ambient(&self) -> bool {
        match self {
            Self::Cookie(_) => true,
            Self::Bearer(_) | Self::Key(_) | Self::Other => false,
        }
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// Who is calling, and under which session; callers of other kinds have none.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub principal: Arc<Principal>,
    /// Under which session.
    pub session: Option<SessionId>,
    /// Whose use is to be noted, as it was not for a while.
    pub unnoted: Option<Unnoted>,
}

/// What is in use without a word of it in the database yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnoted {
    /// A browser's cookie.
    Cookie(SessionSecretId),
    /// A machine's key.
    Key(ApiKeyId),
}
