//! Problems as answers: `application/problem+json` (RFC 9457).

use super::routes::Refuse;
use crate::core::problem::{Code, FieldError, Problem};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

/// Seconds after which a caller may try again: a full queue is worked off by then.
const RETRY_AFTER_SECONDS: &str = "1";

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let cause = self.internal.as_deref();
        let status = self.code.status();
        // The cause is told to the operator here and to nobody else.
        if status >= 500 {
            tracing::error!(code = self.code.word(), cause, "refused");
        } else {
            tracing::debug!(code = self.code.word(), cause, "refused");
        }
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        match self.code {
            Code::Unavailable | Code::StorageFull => {
                response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
            }
            Code::TooManyRequests => {
                let seconds = self.members.get("retry_after_s").and_then(serde_json::Value::as_u64);
                response.insert_header((RETRY_AFTER, seconds.unwrap_or(1).to_string()));
            }
            // What is still on its way is not waited for.
            Code::TooSlow => {
                response.insert_header((CONNECTION, "close"));
            }
            Code::Unauthenticated => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"relief-ledger\""));
            }
            Code::Malformed
            | Code::Invalid
            | Code::Forbidden
            | Code::OwnProposal
            | Code::OwnDispatch
            | Code::OtherOrigin
            | Code::NotFound
            | Code::MethodNotAllowed
            | Code::IdempotencyConflict
            | Code::Duplicate
            | Code::WrongState
            | Code::Insufficient
            | Code::DependedOn
            | Code::PreconditionFailed
            | Code::TooLarge
            | Code::UnsupportedMediaType
            | Code::PreconditionRequired
            | Code::HeadTooLarge
            | Code::KeyMissing
            | Code::Internal => {}
        }
        response.body(self.to_json().to_string())
    }
}

/// The shape of every refusal, for the documentation.
#[derive(utoipa::ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "read by the derive only; the answer itself is built by Problem::to_json")]
pub struct ProblemBody {
    /// `urn:relief-ledger:problem:` and the code.
    r#type: String,
    /// A short title that never changes.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The stable code to program against.
    code: String,
    /// What happened, what it means, what to do next.
    detail: String,
    /// The fields concerned.
    errors: Option<Vec<FieldError>>,
}

/// Answers what no route takes.
pub async fn not_found() -> HttpResponse {
    Problem::not_found().error_response()
}

/// Whether somebody asks for a page to look at, as browsers do.
pub fn wants_page(request: &HttpRequest) -> bool {
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html")
}

/// Answers a method that a path does not have, with those it has: by a page, where the path is one of pages.
pub async fn method_not_allowed(
    request: HttpRequest,
    allowed: String,
    refuse: Option<Refuse>,
) -> HttpResponse {
    let detail = format!("{} is not possible here; possible are: {allowed}.", request.method());
    let problem = Problem::new(Code::MethodNotAllowed, detail);
    let mut response = match refuse.filter(|_| wants_page(&request)) {
        Some(refuse) => refuse(&request, &problem),
        None => problem.error_response(),
    };
    if let Ok(value) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(actix_web::http::header::ALLOW, value);
    }
    response
}
