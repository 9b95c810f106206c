//! Whose a need is to state.

use super::rules::{NeedDraft, Place};
use crate::auth::{Bound, Scope};
use crate::core::id::SiteId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::schema::sites;
use crate::db::{Conn, in_parts, read_failure};
use diesel::prelude::*;
use std::collections::HashMap;

/// Whether a need is the caller's to state: one it could read afterwards. `sites` knows the countries of sites.
///
/// # Errors
/// `invalid`, naming what is not within reach.
pub fn check_within(
    scope: &Scope,
    draft: &NeedDraft,
    place: &Place,
    sites: &HashMap<SiteId, String>,
) -> Outcome<()> {
    let not_yours = |pointer: &str, right: String| {
        Err(Problem::field(pointer, format!("is not within your account's reach; {right}"))
            .coded(Fault::NotAllowed))
    };
    for bound in scope.bounds() {
        match bound {
            Bound::Organization(own) | Bound::OwnPledges(own) => {
                if draft.organization != Some(*own) {
                    let right = format!("it is bound to the organization {own}, so that is who asks");
                    return not_yours("/organization", right);
                }
            }
            Bound::Countries(own) => {
                let (pointer, country) = match place {
                    Place::Area(_, country) => ("/area", Some(country.as_str())),
                    Place::Site(site) => ("/site", sites.get(site).map(String::as_str)),
                };
                if country.is_none_or(|country| !own.iter().any(|code| code == country)) {
                    let right = format!("it is bound to {}, so it must be needed there", own.join(" or "));
                    return not_yours(pointer, right);
                }
            }
        }
    }
    Ok(())
}

/// The countries of the sites that some needs name.
///
/// # Errors
/// What the database says.
pub fn site_countries<'a>(
    conn: &mut Conn,
    places: impl Iterator<Item = &'a Place>,
) -> Outcome<HashMap<SiteId, String>> {
    let named = places.filter_map(|place| match place {
        Place::Site(site) => Some(*site),
        Place::Area(..) => None,
    });
    let ids: Vec<SiteId> = named.collect();
    let found: Vec<(SiteId, String)> = in_parts(&ids, |part| {
        sites::table.filter(sites::id.eq_any(part)).select((sites::id, sites::country)).load(conn)
    })
    .map_err(read_failure)?;
    Ok(found.into_iter().collect())
}
