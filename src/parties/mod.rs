//! Who gives, sends, carries and receives: organizations.
//!
//! One organization may be donor, consignor, consignee, carrier and partner at once. Organizations are
//! never people: no personal data belongs here. They are never removed, for the ledger names them.

mod find;
pub mod http;
pub mod rules;
mod store;

pub use find::find_organization;
pub use rules::{OrganizationDraft, OrganizationEdit, Part, check_named, is_named};
pub use store::{
    Eyes, Organization, OrganizationChange, OrganizationCreate, OrganizationFilter, OrganizationReferences,
    hidden_organizations, list_organizations, read_organization,
};
