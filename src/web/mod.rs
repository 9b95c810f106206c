//! What every `http.rs` needs: extractors, answers, problems, paging, routes.
//!
//! | file | what it is |
//! |---|---|
//! | `state` | what every handler shares; reading off the request's thread |
//! | `routes` | declaring routes, each with its action and its documentation; checking them at start |
//! | `page_routes` | declaring pages and what forms send |
//! | `guard` | authentication and authorization before anything of a request is parsed |
//! | `origin` | the browser's session cookie, and whether a page of ours sent it |
//! | `body` | JSON bodies: limits, unknown fields, pointers to what is wrong |
//! | `taken` | what JSON of any shape takes once it is read |
//! | `plain`, `distinct` | what is wrong with a body, in plain words; members that stand twice |
//! | `query` | query strings, identifiers in paths, pages of lists |
//! | `packed` | pages and files, packed smaller than the framework packs |
//! | `reads` | which requests may be answered from a replica |
//! | `revision` | ETag and If-Match over integer revisions |
//! | `written` | the answer to a write, with its signed receipt |
//! | `shown` | answers that differ by whom they are for |
//! | `problem` | problems as RFC 9457 answers |
//!
//! A handler reads: permit, state, path, query or body; one call; an answer. Never here: deciding
//! anything about goods, or naming a resource.
//!
//! ```ignore
//! #[utoipa::path(post, path = "/api/v1/sites", tag = "sites",
//!     responses((status = 201, body = WrittenBody<SiteView>)))]
//! pub async fn site_create(
//!     permit: Permit<action::SiteWrite>, state: State, body: Json<SiteNew>,
//! ) -> Outcome<Written<SiteView>> {
//!     let recorded = state.writer.record(SiteCreate::new(permit.actor(), body.0)).await?;
//!     Ok(Written::created(recorded))
//! }
//!
//! pub fn routes(routes: &mut Routes) {
//!     routes.add(__path_site_create, site_create);
//! }
//! ```

mod body;
mod distinct;
mod guard;
mod origin;
mod packed;
mod page_routes;
mod plain;
mod problem;
mod query;
mod reads;
mod revision;
mod routes;
mod shown;
mod state;
mod taken;
mod written;

pub use body::{
    BODY_LIMIT, DEPTH_MAXIMUM, Json, Kept, Open, PUBLIC_BODY_LIMIT, present, read_body, value_of,
};
pub(crate) use body::{field_refusal, pointer};
pub use distinct::Distinct;
pub use guard::{Allowed, Door, Expense, Standing, Throttle, address_of, known_caller, pass, spend};
pub use origin::{SESSION_COOKIE, check_own_origin, cookie, cookie_header};
pub use packed::{pack, packed, unpacks};
pub use problem::{ProblemBody, method_not_allowed, not_found, wants_page};
pub use query::{MomentQuery, Paging, Path, Query, decode_key, encode_key};
pub use reads::{AT_LEAST, held_through};
pub use revision::{IfMatch, Tagged};
pub use routes::{Access, Documentation, PUBLIC, Refuse, Routes};
pub use shown::{Shown, discreet};
pub use state::{State, StateParts};
pub use taken::{TREE_BYTES_MAX, takes_too_much};
pub use written::{ReceiptBody, Written, WrittenBody};
