//! What is claimed from somebody for goods that were lost or disposed of: against whom, how much, and how it stands.
//!
//! Invariants: a claim is about a loss or a disposal that is posted; it changes no quantity; event, counterparty and
//! amount never change; each of its states is kept with its day, and what is paid or withdrawn stays so. A claim is
//! seen by whoever sees its event. Never here: deciding the loss.

pub mod http;
pub mod rules;
mod store;

pub use store::{Claim, ClaimAdd, ClaimChange, ClaimMove};
