//! Handing over: to a consignee out of storage, and by the consignee to people.
//!
//! Only usable goods reach people: nothing held, damaged or expired is ever distributed.

mod deliver;
mod distribute;

pub use deliver::{Delivered, deliver};
pub use distribute::{Distributed, distribute};
