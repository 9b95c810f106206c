//! Further facts: what files say of organizations, sites, items and lines of pledges for which there is no column,
//! such as a dosage, a brand or the place of manufacture.
//!
//! They are words under names a mapping gave them, kept as they stand in the file. Never here: deciding or
//! adding up anything by them; what the ledger must know has a column of its own.

mod http;
mod store;

pub use http::routes;
pub use store::{Facts, FactsNote, SubjectKind, facts_of, reference_facts};
