//! The people who log in: the first administrator, sessions, adding and changing users.
//!
//! Invariants: a login is unique in its normal form; a user of a role that needs an organization has one;
//! nobody is bound to an organization and a country at once; nobody takes the own access away, so that one
//! administrator always remains. Every change and every login is an entry of the log. A password is never
//! stored, logged or sent: only its hash is kept. Never here: what a role may do, which is `auth`'s.

pub mod http;
pub mod rules;
pub mod session;
pub mod store;

use crate::web::Routes;

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    session::routes(routes);
    http::routes(routes);
}
