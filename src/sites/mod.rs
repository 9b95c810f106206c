//! Where goods can be: ports, airports, border crossings, warehouses, cities, health facilities and final
//! delivery points.
//!
//! A site's country never changes once it is recorded, because totals by country were computed from it; a
//! site that turns out to lie elsewhere is a new site. Coordinates are WGS84 degrees or not known at all.
//! Sites are never removed, for the ledger names them.

pub mod countries;
mod find;
pub mod http;
pub mod rules;
mod store;

pub use find::find_site;
pub use rules::{Position, SiteDraft, SiteEdit, SiteKind};
pub use store::{Site, SiteChange, SiteCodes, SiteCreate, SiteFilter, list_sites, read_site};
