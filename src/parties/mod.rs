//! Who gives, sends, carries and receives: organizations.
//!
//! One organization may be donor, consignor, consignee, carrier and partner at once. Organizations are
//! never people: no personal data belongs here. They are never removed, for the ledger names them.

mod store;

pub use store::{Organization, OrganizationReferences};
