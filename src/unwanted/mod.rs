//! What is not to be sent where: "do not send" lists, so that a gift nobody can use is declined kindly before it travels.
//!
//! An entry is about an item or a category, everywhere, in a country or in an area; it has a reason, which donors read, and
//! days between which it holds. It is begun once and ended once, and never edited. It never stops a gift by itself: an offer
//! against it is recorded and told so, a manager declines it with the list's own words, or accepts it with a reason. Goods that
//! may go to other places, too, are told where they are not wanted, and accepted for elsewhere.
//! Never here: deciding about a pledge.

pub mod http;
pub mod rules;
mod store;

pub use rules::{Against, UnwantedDraft, Where};
pub use store::{Sent, Told, Unwanted, UnwantedBegin, UnwantedEnd, in_force, told_of, want_unwanted};
