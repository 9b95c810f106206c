//! Which requests may be answered from a replica, and from which entry of the ledger on.
//!
//! It is decided once for a request, before its handler runs, so that all it reads is of one copy. What a write decides
//! on, who somebody is, and what is signed are always read from the database itself. So is what a request that changes
//! something looks at, whatever it is.

use super::routes::Access;
use super::{Door, state};
use crate::auth::Action;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Replica;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage, HttpRequest};
use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::{RefOr, Required};

/// The header in which a caller says which entry of the ledger must be in what is answered.
pub const AT_LEAST: &str = "relief-at-least";

/// What is read from the database itself: who may call and how, papers, whose sharing may just have been withdrawn, what
/// is taken away, which is an entry of the log itself, how far an import is that was sent a moment ago, and the log, whose signatures come after its entries.
const NEVER_LATE: [Action; 8] = [
    Action::UserRead,
    Action::SessionRead,
    Action::ApiKeyRead,
    Action::AccessRead,
    Action::DocumentRead,
    Action::ExportRead,
    Action::ImportRead,
    Action::AuditRead,
];

impl Access {
    /// Whether what such a route reads may be a little late.
    pub fn may_be_late(self) -> bool {
        match self {
            Self::Action(action) | Self::Page(action) => !NEVER_LATE.contains(&action),
            Self::Throttled(Door::Codes) => true,
            // A private link is its own permission, which may just have been revoked; what stands in a public list may
            // just have been taken out of it.
            Self::Throttled(
                Door::Links | Door::Lists | Door::Logins | Door::Sessions | Door::Proofs | Door::Questions,
            )
            | Self::Public => false,
        }
    }
}

/// The replica that a request is answered from, and the entry of the ledger that it was seen to hold.
#[derive(Clone)]
pub(super) struct ReadFrom {
    pub(super) replica: Replica,
    pub(super) holding: i64,
}

/// Decides where a request is answered from.
///
/// # Errors
/// `malformed` where the header is no sequence.
pub(super) fn choose(request: &ServiceRequest, access: Access) -> Outcome<()> {
    if !access.may_be_late() || !request.method().is_safe() {
        return Ok(());
    }
    let at_least = at_least(request.headers())?;
    if let Some(replica) = &state::of(request.request())?.replica
        && let Some(holding) = replica.admits(at_least)
    {
        request.extensions_mut().insert(ReadFrom { replica: replica.clone(), holding });
    }
    Ok(())
}

/// The entry of the ledger up to which a replica holds everything that a request is answered from; nothing where the database
/// itself answers it.
pub fn held_through(request: &HttpRequest) -> Option<i64> {
    request.extensions().get::<ReadFrom>().map(|from| from.holding)
}

/// Documents the header on what may be late.
pub(super) fn described(mut operation: Operation, method: &Method, access: Access) -> Operation {
    if access.may_be_late() && *method == Method::GET {
        let header = ParameterBuilder::new()
            .name("Relief-At-Least")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("An entry of the ledger, by its sequence, that must be in what is answered"))
            .schema(Some(i64::schema()));
        operation.parameters.get_or_insert_with(Vec::new).push(RefOr::T(header.build()));
    }
    operation
}

fn at_least(headers: &HeaderMap) -> Outcome<i64> {
    let Some(value) = headers.get(AT_LEAST) else { return Ok(0) };
    let number = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.filter(|number| *number >= 0).ok_or_else(|| {
        let words = format!(
            "The header {AT_LEAST} is {value:?} and no sequence of the ledger; write a number that an update was \
             answered with, such as 4711."
        );
        Problem::new(Code::Malformed, words)
    })
}
