//! Handing over: to a consignee out of storage, and by the consignee to people.
//!
//! | file | what it is |
//! |---|---|
//! | `deliver` | a warehouse hands over to a consignee |
//! | `distribute` | a consignee hands over to people |
//! | `rules` | what may be said of these people; pure |
//! | `reached` | what was said of them, row by row |
//! | `blind` | numbers of registers, hashed before anything else is done with them |
//!
//! Only usable goods reach people: nothing held, damaged or expired is ever distributed.

mod blind;
mod deliver;
mod distribute;
mod reached;
pub mod rules;

pub use blind::{blind, is_to_blind};
pub use deliver::{Delivered, deliver};
pub use distribute::{Distributed, distribute};
pub use reached::{ReachedLine, state_reached};
