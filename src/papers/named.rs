//! Organizations and sites by the words people know them by.

use super::model::Value;
use super::rules::Language;
use crate::atlas::CountryCode;
use crate::core::id::{OrganizationId, SiteId};
use crate::core::problem::Outcome;
use crate::db::schema::{organizations, sites};
use crate::db::{Conn, in_parts, read_failure};
use crate::parties::{Eyes, Organization, hidden_organizations};
use crate::sites::Site;
use diesel::prelude::*;
use std::collections::HashMap;

/// What organizations and sites are called.
pub(super) struct Names {
    organizations: HashMap<OrganizationId, Organization>,
    sites: HashMap<SiteId, Site>,
}

impl Names {
    /// Of these, as far as `eyes` may read them: an organization that is not to be named is as if there were none.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn of(
        conn: &mut Conn,
        eyes: Option<&Eyes>,
        parties: Vec<OrganizationId>,
        places: Vec<SiteId>,
    ) -> Outcome<Self> {
        let rows: Vec<Organization> = in_parts(&parties, |part| {
            let these = organizations::table.filter(organizations::id.eq_any(part));
            these.select(Organization::as_select()).load(conn)
        })
        .map_err(read_failure)?;
        let mut organizations: HashMap<OrganizationId, Organization> =
            rows.into_iter().map(|row| (row.id, row)).collect();
        if let Some(eyes) = eyes {
            for hidden in hidden_organizations(conn, eyes, parties)? {
                organizations.remove(&hidden);
            }
        }
        let rows: Vec<Site> = in_parts(&places, |part| {
            sites::table.filter(sites::id.eq_any(part)).select(Site::as_select()).load(conn)
        })
        .map_err(read_failure)?;
        Ok(Self { organizations, sites: rows.into_iter().map(|row| (row.id, row)).collect() })
    }

    /// An organization with the country it is at home in.
    pub(super) fn organization(&self, language: Language, id: Option<OrganizationId>) -> Value {
        let Some(row) = id.and_then(|id| self.organizations.get(&id)) else { return Value::Blank };
        match row.country.as_deref().and_then(|code| country(language, code)) {
            Some(country) => Value::words(&format!("{}, {country}", row.name)),
            None => Value::words(&row.name),
        }
    }

    /// An organization as it is recorded, where it may be read.
    pub(super) fn said_of(&self, id: OrganizationId) -> Option<&Organization> {
        self.organizations.get(&id)
    }

    /// A site with its country.
    pub(super) fn site(&self, language: Language, id: Option<SiteId>) -> Value {
        let Some(row) = id.and_then(|id| self.sites.get(&id)) else { return Value::Blank };
        match country(language, &row.country) {
            Some(country) => Value::words(&format!("{}, {country}", row.name)),
            None => Value::words(&row.name),
        }
    }
}

/// What a country is called in a language, where the code is one.
pub(super) fn country(language: Language, code: &str) -> Option<&'static str> {
    let code: CountryCode = code.parse().ok()?;
    Some(code.country().short_name(language))
}
