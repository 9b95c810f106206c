//! Pages of other origins: none may read answers of this server in a browser, but those that are listed.
//!
//! Listed pages call with a token, as programs do. The session cookie is not for them: no answer lets a browser send it
//! along.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};

/// What listed pages may do.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE");
/// What they may send besides what every page may.
const SENT: HeaderValue = HeaderValue::from_static("authorization, content-type, if-match, relief-at-least");
/// What they may read besides what every page may.
const SHOWN: HeaderValue =
    HeaderValue::from_static("etag, location, relief-doubt, retry-after, x-request-id");
/// How long a browser need not ask again, in seconds.
const REMEMBERED: HeaderValue = HeaderValue::from_static("600");

/// The origins whose pages may read answers.
#[derive(Clone, Default)]
pub(super) struct Origins(pub(super) Vec<String>);

/// Lets pages of listed origins read what they ask for.
///
/// # Errors
/// What the service inside says.
pub(super) async fn share<B: MessageBody>(
    origins: web::Data<Origins>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if origins.0.is_empty() {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    }
    let origin = request.headers().get(ORIGIN).cloned();
    let listed = origin.filter(|origin| origins.0.iter().any(|one| one.as_bytes() == origin.as_bytes()));
    let is_question =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match &listed {
        Some(_) if is_question => {
            let mut answer = HttpResponse::NoContent();
            answer.insert_header((ACCESS_CONTROL_ALLOW_METHODS, METHODS));
            answer.insert_header((ACCESS_CONTROL_ALLOW_HEADERS, SENT));
            answer.insert_header((ACCESS_CONTROL_MAX_AGE, REMEMBERED));
            request.into_response(answer.finish()).map_into_right_body()
        }
        Some(_) | None => next.call(request).await?.map_into_left_body(),
    };
    let headers: &mut HeaderMap = response.headers_mut();
    // The answer to one origin is not the answer to another.
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = listed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, SHOWN);
    }
    Ok(response)
}
