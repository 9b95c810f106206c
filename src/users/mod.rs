//! The people who log in: the first administrator, sessions, adding, inviting and changing users.
//!
//! | file | what it is |
//! |---|---|
//! | `http` | users, for administrators |
//! | `store` | the updates of users |
//! | `session` | logging in, continuing, logging out, the first administrator |
//! | `own` | sessions as their user and administrators see and end them, the own password |
//! | `session_store` | the updates of sessions |
//! | `invitation`, `invitation_store` | one-time links by which people set their passwords |
//! | `reset` | links for another password, of which two administrators hand over a half each |
//! | `grant` | rights that one administrator proposes and another decides |
//! | `deciders` | who that other could be, and who may not act alone |
//! | `api_key`, `api_key_store` | keys of machines, which are users without a password |
//! | `outside`, `outside_store` | users an outside issuer introduces |
//! | `access`, `access_store` | what a user could do from when on, and the review of it |
//! | `key_store` | what happened to the keys of access tokens, for the log |
//! | `erase` | erasing a user who left |
//! | `recall` | taking back what a restored backup lets in |
//! | `sealing` | sealing users from before they were, once |
//! | `rules` | what a user may be |
//!
//! Invariants: a login is unique in its normal form; logins, names and hashes of passwords are sealed under keys outside
//! the database, and who is erased keeps none of them; a user of a role that needs an organization has one;
//! who is bound to an organization and to countries reaches what is within both; nobody takes the own access away,
//! so that one administrator always remains. Every change, every login and every end of a session is an entry of the log. A
//! password or a token is never stored or logged, and sent only to whom it is for: only hashes are kept. Never here:
//! what a role may do, which is `auth`'s.

pub mod access;
pub mod access_store;
pub mod grant;
pub mod api_key;
pub mod api_key_store;
mod deciders;
pub mod erase;
pub mod http;
pub mod invitation;
pub mod invitation_store;
pub mod key_store;
pub mod outside;
pub mod outside_store;
pub mod own;
pub mod recall;
pub mod reset;
pub mod rules;
pub mod sealing;
pub mod session;
pub mod session_store;
pub mod store;

use crate::web::Routes;

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    session::routes(routes);
    outside::routes(routes);
    own::routes(routes);
    invitation::routes(routes);
    http::routes(routes);
    erase::routes(routes);
    api_key::routes(routes);
    access::routes(routes);
}
