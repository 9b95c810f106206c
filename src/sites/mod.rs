//! Where goods can be: ports, airports, border crossings, warehouses, cities, health facilities and final
//! delivery points.
//!
//! A site's country never changes once it is recorded, because totals by country were computed from it; a
//! site that turns out to lie elsewhere is a new site. Coordinates are WGS84 degrees or not known at all.
//! Sites are never removed, for the ledger names them. Where each was said to be stays as a statement of its own, so that
//! figures by area of the past are made with what was known then.

mod area;
pub mod countries;
mod find;
pub mod http;
mod places;
pub mod rules;
mod store;

pub use area::{
    AreaName, PlacedBy, SiteArea, SiteAreaDoubt, site_areas, site_areas_and_editions, site_areas_by,
    site_areas_of,
};
pub use find::find_site;
pub use places::{KnownPlace, SitePlace, WhichSites, places_known};
pub use rules::{Position, SiteDraft, SiteEdit, SiteKind};
pub use store::{Site, SiteChange, SiteCodes, SiteCreate, SiteFilter, list_sites, read_site, sites_named};
