//! Pages packed smaller than the framework packs them: it knows its fastest level alone, and a page has to come through a
//! line of 400 kbit a second.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    AcceptEncoding, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, Encoding, Header, HeaderMap,
    HeaderValue, VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// How thoroughly a page is packed: a front page of 71 kB has 20.6 kB at level 1 and 17.1 kB at this, as zlib packs; each
/// level beyond takes half as long again for one to three hundredths.
const PAGE_LEVEL: Compression = Compression::new(5);
/// Bytes of a page that are packed at once, in some two milliseconds; what is more is left to the framework, which packs beside
/// the requests of its worker.
const PAGE_MAXIMUM: usize = 96 * 1024;

/// A text packed by gzip; nothing where that fails.
pub fn packed(text: &[u8], level: Compression) -> Option<Bytes> {
    let mut packer = GzEncoder::new(Vec::with_capacity(text.len() / 3), level);
    packer.write_all(text).ok()?;
    packer.finish().ok().map(Bytes::from)
}

/// Whether whoever asks unpacks gzip, and does not like it less than what is not packed.
pub fn unpacks(request: &impl HttpMessage) -> bool {
    let known = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok();
    accepted.and_then(|accepted| accepted.negotiate(known.iter())) == Some(Encoding::gzip())
}

/// Packs a page that is there as a whole, for whoever unpacks it.
///
/// # Errors
/// What the service inside says.
pub async fn pack<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, Bytes>>, Error> {
    let is_unpacked = unpacks(&request);
    let response = next.call(request).await?;
    if !is_unpacked || !is_page(response.headers()) {
        return Ok(response.map_into_left_body());
    }
    Ok(response.map_body(|head, body| match body.try_into_bytes() {
        Ok(text) => EitherBody::right(packed_page(head.headers_mut(), &text).unwrap_or(text)),
        Err(body) => EitherBody::left(body),
    }))
}

/// A page packed, and its head saying so; nothing where it is left to the framework.
fn packed_page(headers: &mut HeaderMap, text: &[u8]) -> Option<Bytes> {
    if text.is_empty() || text.len() > PAGE_MAXIMUM {
        return None;
    }
    let packed = packed(text, PAGE_LEVEL)?;
    headers.insert(CONTENT_ENCODING, ContentEncoding::Gzip.to_header_value());
    headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    Some(packed)
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    kind && !headers.contains_key(CONTENT_ENCODING)
}
