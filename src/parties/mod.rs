//! Who gives, sends, carries and receives: organizations.
//!
//! One organization may be donor, consignor, consignee, carrier and partner at once. Organizations are
//! never people: no personal data belongs here. They are never removed, for the ledger names them.

mod find;
pub mod http;
pub mod rules;
mod store;

pub use find::find_organization;
pub use rules::{OrganizationDraft, OrganizationEdit, Part};
pub use store::{
    Organization, OrganizationChange, OrganizationCreate, OrganizationFilter, OrganizationReferences,
    list_organizations, read_organization,
};
