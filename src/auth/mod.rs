//! Who is calling and what that caller may do.
//!
//! | file | what it is |
//! |---|---|
//! | `user` | the row of a user, and finding one by login |
//! | `sealed` | what says who a user is, sealed: login, name and the hash of the password |
//! | `address` | whom an address on the network stands for |
//! | `api_key` | keys of machines |
//! | `credential` | the kinds of thing a request brings to say who is calling |
//! | `session` | a login and the secret that continues it |
//! | `principal` | a known caller; a cache of callers that forgets within half a second |
//! | `outside`, `outside_keys` | an issuer outside this house, by configuration; the keys it publishes |
//! | `actions` | what may be done |
//! | `policy` | the one table of role, action and scope; `authorize`; permits |
//! | `permit_now` | what a user may do at the moment where nobody asks |
//! | `scope` | how far a permit reaches, bound by bound |
//! | `password` | argon2id, one at a time |
//! | `delay` | the growing pause after wrong passwords |
//! | `token` | access tokens: signed, verified, remembered until they expire |
//! | `outgoing` | how servers of others are asked or told |
//! | `service` | all of these together, as the server holds them |
//!
//! Only `policy` knows role names. A [`Permit`] cannot be made anywhere else, so that a handler which
//! takes one has been allowed. Never here: HTTP, routes, or recording anything: users are written by the
//! room `users`.

mod actions;
mod address;
mod api_key;
mod credential;
mod delay;
mod outgoing;
mod outside;
mod outside_keys;
mod password;
mod permit_now;
mod policy;
mod principal;
mod scope;
mod sealed;
mod service;
mod session;
mod token;
mod user;

pub use actions::{Action, Named, action};
pub use address::subscriber;
pub use api_key::{
    API_KEY_BEGINNING, ApiKey, ApiKeySecret, ApiKeyUse, KeyUse, is_machine_login, machine_login,
};
pub use credential::{Caller, Credential, Unnoted};
pub use outgoing::agent_config;
pub use outside::{Introduced, Outside, OutsideKeys, OutsideRefusal, RoleMapping};
pub use outside_keys::OutsideIssuer;
pub use password::{
    NO_PASSWORD, PASSWORD_LENGTH_MAXIMUM, PASSWORD_LENGTH_MINIMUM, Passwords, check_password,
};
pub use permit_now::permit_now;
pub use policy::{
    Fields, Grant, OPERATOR, POLICY, Permit, Reach, Role, Rule, actions_of, actor_may, authorize,
    is_operator, roles_of, scope_of,
};
pub use principal::{PRINCIPAL_LIFETIME, Principal, now};
pub use scope::{Bound, Scope, countries_of, countries_text};
pub use sealed::{
    OpenedUser, UserWords, destroy_user_key, erased_login, has_user_key, is_of_another_vault, login_key,
    open_kept_user, open_user, seal_new_user, seal_password, seal_user_words, user_was_erased,
};
pub use service::{Auth, Login};
pub use session::{
    CookieUse, LOST_REPLY_GRACE, Secret, Session, SessionEnd, SessionKind, SessionSecret, random,
};
pub use token::{ACCESS_TOKEN_SECONDS, AUDIENCE, Claims, ISSUER, TOKEN_TYPE, TokenRefusal, Tokens};
pub use user::{User, count_users, find_by_login, is_outside_login, normal_login, outside_login};
