//! People who sign, receive, drive or are asked: the one place where their names, contacts and signatures are.
//!
//! | file | what it is |
//! |---|---|
//! | `http` | people, for those who work with them |
//! | `store` | rows, and the updates the writer records |
//! | `rules` | what may be said of a person |
//! | `sealed` | sealing and opening what is said |
//! | `named` | those whom other records name |
//! | `expire` | erasing those whose time is over, and finishing what broke off |
//!
//! Invariants: what says who a person is stands in the database sealed and nowhere else, under a key of that person's
//! own; everything that refers to a person does so by identifier. Each is kept until a date and then erased. Erasing
//! empties the row by a recorded update and then destroys the key; it cannot be undone, and done twice it is the same.
//! The row stays, so that whatever refers to it can say when it was erased. Never here: what a person did, or people
//! who are counted; and nothing of a person goes into the log, a refusal, a query string or a figure.

pub mod expire;
pub mod http;
mod named;
pub mod rules;
pub mod sealed;
pub mod store;

pub use named::{check_named, check_reached, people_named, shown_as};
pub use store::{ErasureReason, Person, check_kept_otherwise};
