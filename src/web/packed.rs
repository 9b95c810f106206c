//! Pages packed smaller than the framework packs them: it knows its fastest level alone, and a page has to come through a
//! line of 400 kbit a second.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_ENCODING, AcceptEncoding, CONTENT_ENCODING, CONTENT_TYPE, ContentEncoding, Encoding, Header,
    HeaderMap, HeaderValue, VARY,
};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// How thoroughly a page is packed: beyond this each level takes half as long again for a hundredth of its size.
const PAGE_LEVEL: Compression = Compression::new(5);
/// Bytes of a page that are packed at once; what is more is left to the framework, which packs beside the requests.
const PAGE_MAXIMUM: usize = 512 * 1024;
/// Bytes that are not worth a packing: they fit in one segment.
const PAGE_MINIMUM: usize = 1_024;

/// A text packed by gzip; nothing where there is no room for it.
pub fn packed(text: &[u8], level: Compression) -> Option<Bytes> {
    let mut packer = GzEncoder::new(Vec::with_capacity(text.len() / 3), level);
    packer.write_all(text).ok()?;
    packer.finish().ok().map(Bytes::from)
}

/// Whether whoever asks unpacks gzip, and likes nothing better that is packed here.
pub fn unpacks(request: &impl HttpMessage) -> bool {
    let gzip = Encoding::gzip();
    let accepted = request.headers().contains_key(ACCEPT_ENCODING).then(|| AcceptEncoding::parse(request));
    accepted.and_then(Result::ok).and_then(|accepted| accepted.negotiate(std::iter::once(&gzip)))
        == Some(gzip)
}

/// Says in an answer that it is packed, and that it would not be for everybody.
pub fn say_packed(headers: &mut HeaderMap) {
    headers.insert(CONTENT_ENCODING, ContentEncoding::Gzip.to_header_value());
    headers.append(VARY, HeaderValue::from_static("accept-encoding"));
}

/// Packs a page that is there as a whole, for whoever unpacks it.
///
/// # Errors
/// What the service inside says.
pub async fn pack<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, Bytes>>, Error> {
    let is_packed = unpacks(&request);
    let response = next.call(request).await?;
    if !is_packed || !is_page(response.headers()) {
        return Ok(response.map_into_left_body());
    }
    Ok(response.map_body(|head, body| match body.try_into_bytes() {
        Ok(text) => {
            let small = (PAGE_MINIMUM..PAGE_MAXIMUM).contains(&text.len()).then(|| packed(&text, PAGE_LEVEL));
            if small.as_ref().is_some_and(Option::is_some) {
                say_packed(head.headers_mut());
            }
            EitherBody::right(small.flatten().unwrap_or(text))
        }
        Err(body) => EitherBody::left(body),
    }))
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    kind && !headers.contains_key(CONTENT_ENCODING)
}
