//! Lots that somebody should look at: what expires before it is used, and what was called back.
//!
//! | file | what it is |
//! |---|---|
//! | `rules` | which days are asked for, and what a day means for a lot; pure |
//! | `store` | the lots and where their goods are, as far as a scope reaches |
//! | `expiring` | what expires before it arrives, or within some months |
//! | `recalled` | what is under recall, and where all of it is |
//! | `http` | both over HTTP |
//!
//! Invariants: a lot stands in a list once, with all its goods within reach; each unit stands in exactly one place of it.
//! What expires is a flag and posts nothing. Never here: holding or releasing goods, which the events of `stock` do.

mod expiring;
pub mod http;
mod recalled;
pub mod rules;
mod store;

pub use expiring::ExpiringView;
