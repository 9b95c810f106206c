//! JSON bodies: read within a limit, refused with a pointer to what is wrong.

use super::plain::{coded, plain};
use super::taken::{TREE_BYTES_MAX, takes_too_much};
use crate::auth::Grant;
use crate::core::problem::{Code, Fault, FieldError, Outcome, Problem};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_path_to_error::{Path as FieldPath, Segment};
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// The largest body of a request that is not an import: a batch of 500 updates of 4 KB.
pub const BODY_LIMIT: usize = 2 * 1_024 * 1_024;
/// The largest body of a request on a public route: a login, or an outside issuer's token with many claims.
pub const PUBLIC_BODY_LIMIT: usize = 16 * 1_024;
/// How deep a body may be nested: where serde_json stops, so that no sender can use up the stack of a thread.
pub const DEPTH_MAXIMUM: usize = 127;
/// How long a body may pause before its sender is given up.
const BODY_PAUSE: Duration = Duration::from_secs(10);
/// What a body must bring on the whole, in bytes a second, after the first pause: little, so that a bad link is
/// served, and enough that the largest body ends within some half an hour.
const BODY_RATE: usize = 1_024;
/// Kept free for a body before any of it has come.
const BODY_START: usize = 16 * 1_024;

/// A JSON body. Derive `Deserialize` with `deny_unknown_fields`.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Outcome<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            check_content_type(&request)?;
            // Whoever was granted nothing is on a public route.
            let is_known = request.extensions().contains::<Grant>();
            let limit = if is_known { BODY_LIMIT } else { PUBLIC_BODY_LIMIT };
            let bytes = read_body(&request, payload, limit).await?;
            parse(&bytes).map(Self)
        })
    }
}

/// A JSON body of which all or some may have any shape: it is refused before it would take far more memory than it is long. Only for
/// routes that ask who calls.
#[derive(Clone, Debug)]
pub struct Open<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Open<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Outcome<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move { parse(&read_open(&request, payload).await?).map(Self) })
    }
}

/// The bytes of a body of any shape.
async fn read_open(request: &HttpRequest, payload: Payload) -> Outcome<BytesMut> {
    check_content_type(request)?;
    let bytes = read_body(request, payload, BODY_LIMIT).await?;
    if takes_too_much(&bytes) {
        let mebibytes = TREE_BYTES_MAX / (1_024 * 1_024);
        let words = format!(
            "The body has so many values that reading it would take more than {mebibytes} MiB. Send it in parts."
        );
        return Err(Problem::new(Code::TooLarge, words));
    }
    Ok(bytes)
}

/// The same together with its bytes as they came, for what is kept as it was sent. Only for routes that ask who calls.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    /// What it says.
    pub value: T,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl<T: DeserializeOwned + 'static> FromRequest for Kept<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Outcome<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let bytes = read_open(&request, payload).await?.to_vec();
            Ok(Self { value: parse(&bytes)?, bytes })
        })
    }
}

fn check_content_type(request: &HttpRequest) -> Outcome<()> {
    let is_json = match request.mime_type() {
        Ok(Some(mime)) => {
            let is_json = mime.subtype() == "json" || mime.suffix().is_some_and(|suffix| suffix == "json");
            is_json && mime.get_param("charset").is_none_or(|charset| charset == "utf-8")
        }
        Ok(None) | Err(_) => false,
    };
    if is_json {
        return Ok(());
    }
    Err(Problem::new(
        Code::UnsupportedMediaType,
        format!(
            "The body is sent as {:?}; send JSON in UTF-8 with Content-Type: application/json.",
            request.content_type()
        ),
    ))
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// `too_large`, `unsupported_media_type` for a compressed body, `malformed` where it breaks off, `too_slow`
/// where it pauses too long or trickles.
pub async fn read_body(request: &HttpRequest, mut payload: Payload, limit: usize) -> Outcome<BytesMut> {
    let encoding = request.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(Problem::new(Code::UnsupportedMediaType, "Send the body without Content-Encoding."));
    }
    let too_large =
        || Problem::new(Code::TooLarge, format!("A body has at most {limit} bytes here. Send it in parts."));
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(too_large());
    }
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0).min(BODY_START));
    let begun = Instant::now();
    loop {
        let next = timeout(BODY_PAUSE, payload.next()).await.map_err(|_| too_slow())?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|error| {
            Problem::new(Code::Malformed, "The body broke off before its end. Send it again.").log(error)
        })?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
        if begun.elapsed().saturating_sub(BODY_PAUSE).as_secs() as usize * BODY_RATE > bytes.len() {
            return Err(too_slow());
        }
    }
    Ok(bytes)
}

fn too_slow() -> Problem {
    let detail = format!(
        "The body did not arrive in time: it may pause for {} s and brings {BODY_RATE} bytes a second on the \
         whole. Nothing was recorded; send it again.",
        BODY_PAUSE.as_secs()
    );
    Problem::new(Code::TooSlow, detail)
}

/// Reads a value out of JSON, all of it.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Outcome<T> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| refusal(&pointer(error.path()), error.inner()))?;
    deserializer.end().map_err(|error| refusal("", &error))?;
    refuse_nul(bytes)?;
    Ok(value)
}

/// What a form says, as the body of a request that says the same: refused by the same words at the same pointers.
///
/// # Errors
/// `invalid` with a pointer to what is wrong.
pub fn value_of<T: DeserializeOwned>(value: &serde_json::Value) -> Outcome<T> {
    parse(value.to_string().as_bytes())
}

/// PostgreSQL keeps no U+0000 in a text and nobody means one, so it is refused before anything looks at it.
fn refuse_nul(bytes: &[u8]) -> Outcome<()> {
    // JSON can only escape it. Whether this is an escape or an escaped backslash shows when it is read.
    if !bytes.windows(6).any(|window| window == br"\u0000") {
        return Ok(());
    }
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| refusal("", &error))?;
    match nul_in(&value, String::new()) {
        Some(pointer) => Err(nul(&pointer)),
        None => Ok(()),
    }
}

fn nul_in(value: &serde_json::Value, pointer: String) -> Option<String> {
    use serde_json::Value::{Array, Bool, Null, Number, Object, String as Text};
    match value {
        Null | Bool(_) | Number(_) => None,
        Text(text) => text.contains('\0').then_some(pointer),
        Array(values) => {
            values.iter().enumerate().find_map(|(index, value)| nul_in(value, format!("{pointer}/{index}")))
        }
        Object(members) => members.iter().find_map(|(name, value)| {
            if name.contains('\0') {
                return Some(pointer.clone());
            }
            nul_in(value, format!("{pointer}/{}", escape(name)))
        }),
    }
}

/// The refusal of a text with U+0000 in it.
pub(super) fn nul(pointer: &str) -> Problem {
    let detail = "has the character U+0000 in it, which no text can hold; leave it out";
    Problem::field(pointer, detail).coded(Fault::NotPlainText)
}

fn refusal(pointer: &str, error: &serde_json::Error) -> Problem {
    let words = error.to_string();
    match error.classify() {
        Category::Data => {
            let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(before, _)| before);
            field_refusal(pointer, words)
        }
        Category::Syntax | Category::Eof | Category::Io if words.starts_with("recursion limit") => {
            let words = format!(
                "The body is nested deeper than {DEPTH_MAXIMUM} levels; nothing here needs more than ten."
            );
            Problem::new(Code::Malformed, words)
        }
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::new(Code::Malformed, format!("The body is not JSON: {words}."))
        }
    }
}

/// Tells a field that is null from one that is absent: `deserialize_with` of an `Option<Option<T>>` with
/// `default`, for edits that may also take a value away.
///
/// # Errors
/// As the value's own.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A field's problem out of serde's words, pointing at the field itself and not at what holds it.
pub(crate) fn field_refusal(pointer: &str, words: &str) -> Problem {
    let named = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| words.strip_prefix(start)?.split_once('`'))
        .map(|(name, _)| escape(name));
    let pointer = match named {
        Some(name) if pointer.rsplit('/').next() != Some(name.as_str()) => format!("{pointer}/{name}"),
        Some(_) | None => pointer.to_owned(),
    };
    let place = if pointer.is_empty() { "The body" } else { pointer.as_str() };
    let said = plain(words);
    let mut problem = Problem::new(Code::Invalid, format!("{place}: {said}."));
    problem.errors.push(coded(FieldError::new(pointer, said), words));
    problem
}

/// A path as RFC 6901 writes it.
pub(crate) fn pointer(path: &FieldPath) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&escape(key));
            }
            // A variant's name is not a place in the document, and an unknown segment has no name.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
