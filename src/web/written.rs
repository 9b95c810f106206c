//! The answer to a write: what was written, and the signed receipt of its place in the log.

use super::{revision, state};
use crate::audit::receipt::Receipt;
use crate::writer::Recorded;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use serde::Serialize;

/// What was recorded, on its way to the caller. The receipt is made when it is sent, on the handler's
/// thread, which signs for all of its commit where it is the first: the writer has no time for signatures.
#[derive(Clone, Debug)]
pub struct Written<T> {
    recorded: Recorded<T>,
    status: StatusCode,
    revision: Option<i64>,
}

impl<T> Written<T> {
    /// Something new: 201. The receipt names what the entry of the log was begun for.
    pub fn created(recorded: Recorded<T>) -> Self {
        Self { recorded, status: StatusCode::CREATED, revision: None }
    }

    /// Something changed, or posted again: 200.
    pub fn changed(recorded: Recorded<T>) -> Self {
        Self { recorded, status: StatusCode::OK, revision: None }
    }

    /// The same, acknowledged and left to somebody else to decide: 202.
    pub fn proposed(mut self) -> Self {
        self.status = StatusCode::ACCEPTED;
        self
    }

    /// Adds the revision it has now, as an ETag.
    pub fn revision(mut self, revision: i64) -> Self {
        self.revision = Some(revision);
        self
    }

    /// What was recorded, for a page, which says so in a way of its own.
    pub fn into_recorded(self) -> Recorded<T> {
        self.recorded
    }

    /// Something that is edited by revisions: 201 where its first was recorded now, else 200.
    pub fn revised(recorded: Recorded<T>, revision: i64) -> Self {
        let is_new = recorded.leaf.is_some() && revision == 1;
        let written = if is_new { Self::created(recorded) } else { Self::changed(recorded) };
        written.revision(revision)
    }
}

/// The body of a [`Written`], for the documentation too.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WrittenBody<T> {
    /// What was written.
    #[serde(flatten)]
    pub answer: T,
    /// The signed receipt; null where nothing new was recorded, as for an update posted twice.
    #[schema(value_type = Option<ReceiptBody>)]
    pub receipt: Option<Receipt>,
}

/// A signed receipt, for the documentation.
#[derive(utoipa::ToSchema)]
#[schema(as = Receipt)]
#[expect(dead_code, reason = "read by the derive only; the receipt itself is the audit room's")]
pub struct ReceiptBody {
    /// The version of its form, 2; left out in older ones.
    version: u32,
    /// Which log this is.
    origin: String,
    /// The number of the entry in the log, from 0.
    leaf_index: u64,
    /// The RFC 6962 leaf hash of the entry, base64url.
    leaf_hash: String,
    /// The id of what was written.
    entity_id: String,
    /// When it was recorded, microseconds since 1970 UTC.
    recorded_at_us: i64,
    /// The key that signed, 8 hexadecimal digits.
    key_id: String,
    /// Its place among the receipts signed together; left out in older ones, which were signed alone.
    batch: ReceiptBatchBody,
    /// Ed25519 over the root of its batch, base64url.
    signature: String,
}

/// How a receipt leads to what was signed, for the documentation.
#[derive(utoipa::ToSchema)]
#[schema(as = ReceiptBatch)]
#[expect(dead_code, reason = "read by the derive only; the receipt itself is the audit room's")]
struct ReceiptBatchBody {
    /// Which one of its batch, from 0.
    index: u64,
    /// How many were signed together.
    size: u64,
    /// Hashes from the receipt's neighbour to the child of the root, each base64url; empty where it is alone.
    path: Vec<String>,
}

impl<T: Serialize> Responder for Written<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let state = match state::of(request) {
            Ok(state) => state,
            Err(problem) => return problem.error_response(),
        };
        let receipt = self.recorded.leaf.and_then(|leaf| leaf.receipt(&state.signer));
        let mut response = HttpResponse::build(self.status);
        if let Some(revision) = self.revision {
            response.insert_header((ETAG, revision::tag(revision)));
        }
        response.json(WrittenBody { answer: self.recorded.answer, receipt })
    }
}
