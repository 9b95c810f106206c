//! Query strings, identifiers in paths, and pages of lists.

use super::body::{field_refusal, nul, pointer};
use crate::core::page::{PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAXIMUM, PageQuery};
use crate::core::problem::{Outcome, Problem};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};

/// A query string. Derive `Deserialize` with `deny_unknown_fields`, and write `after` and `limit` out
/// where a list takes more than a page: serde cannot flatten numbers out of text.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Outcome<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes());
        if let Some((name, _)) =
            pairs.clone().find(|(name, value)| name.contains('\0') || value.contains('\0'))
        {
            return ready(Err(nul(&format!("/{}", name.replace('\0', "")))));
        }
        let value = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs));
        ready(value.map(Self).map_err(|error| {
            let mut problem = field_refusal(&pointer(error.path()), &error.inner().to_string());
            problem.detail = format!("In the query string, {}", problem.detail);
            problem
        }))
    }
}

/// Another moment than now that figures are asked for.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MomentQuery {
    /// Only what took effect by this time: RFC 3339, or a date for its whole day
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time; the same sequence gives the same figures for ever
    pub known_at: Option<String>,
}

/// What stands in a path. What cannot be read there is missing: the same answer as for an identifier
/// that names nothing.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Outcome<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let value = web::Path::<T>::from_request(request, payload).into_inner();
        ready(value.map(|path| Self(path.into_inner())).map_err(|_| Problem::not_found()))
    }
}

/// Which page of a list is wanted, checked.
#[derive(Clone, Debug)]
pub struct Paging<K> {
    /// The key of the last row of the page before.
    pub after: Option<K>,
    /// Rows wanted; ask the database for one more.
    pub limit: i64,
}

impl<K: DeserializeOwned> Paging<K> {
    /// Checks what a caller asks of a list.
    ///
    /// # Errors
    /// `invalid` at the field that cannot be.
    pub fn new(after: Option<&str>, limit: Option<i64>) -> Outcome<Self> {
        let limit = limit.unwrap_or(PAGE_LIMIT_DEFAULT);
        if !(1..=PAGE_LIMIT_MAXIMUM).contains(&limit) {
            return Err(Problem::field(
                "/limit",
                format!("A page has 1 to {PAGE_LIMIT_MAXIMUM} rows; {limit} were asked for."),
            )
            .outside(limit, &(1..=PAGE_LIMIT_MAXIMUM)));
        }
        Ok(Self { after: after.map(decode_key).transpose()?, limit })
    }

    /// The same of a list that takes nothing but a page.
    ///
    /// # Errors
    /// As [`Paging::new`].
    pub fn of(query: &PageQuery) -> Outcome<Self> {
        Self::new(query.after.as_deref(), query.limit)
    }
}

/// Writes a row's key for `next`, so that nobody is tempted to make one.
pub fn encode_key<K: Serialize>(key: &K) -> String {
    // A key is an identifier, a text or a tuple of them, which JSON can always write.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// Reads a key back.
///
/// # Errors
/// `invalid` at `/after` where it was not made by [`encode_key`].
pub fn decode_key<K: DeserializeOwned>(text: &str) -> Outcome<K> {
    URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| Problem::field("/after", "after must be the `next` of a page of this very list."))
}
