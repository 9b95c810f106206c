//! Whether goods go where they are needed, by the areas that are in use now: whoever compares codes as they were written takes
//! the same place for two, where one code followed another or a site has coordinates alone.

use super::store::Need;
use crate::areas::{Editions, area_now};
use crate::atlas::CountryCode;
use crate::core::id::{ConsignmentId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::consignments;
use crate::db::{Conn, in_parts, read_failure};
use crate::ledger::{Cut, last_known};
use crate::sites::{SiteArea, site_areas_by};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// The area inside its country that a need is stated for, by the code it has now; none where it is needed at a site or in all
/// of the country.
pub fn area_needed(editions: &Editions, need: &Need) -> Option<String> {
    let code = need.area.as_ref().filter(|area| **area != need.country)?;
    Some(area_now(editions, need.country.parse().ok(), code))
}

/// Why consignments do not end where needs are stated for, in the order of the pairs; none where one does. Where the area of
/// a destination is not known, its country must do.
///
/// # Errors
/// What the database says.
pub fn misdirected(conn: &mut Conn, pairs: &[(&Need, ConsignmentId)]) -> Outcome<Vec<Option<String>>> {
    let cut = Cut { known_at: last_known(conn, None, "/known_at")?, as_of: None };
    let countries: BTreeSet<CountryCode> =
        pairs.iter().filter_map(|(need, _)| need.country.parse().ok()).collect();
    let editions = Editions::of_countries(conn, &countries, cut)?;
    let ids: Vec<ConsignmentId> = pairs.iter().map(|(_, id)| *id).collect();
    let ends: Vec<(ConsignmentId, SiteId)> = in_parts(&ids, |part| {
        let query = consignments::table.filter(consignments::id.eq_any(part));
        query.select((consignments::id, consignments::destination_id)).load(conn)
    })
    .map_err(read_failure)?;
    let sites: BTreeSet<SiteId> = ends.iter().map(|(_, site)| *site).collect();
    let areas = site_areas_by(conn, &editions, Some(&Vec::from_iter(sites)), cut)?;
    let ends: HashMap<ConsignmentId, SiteId> = ends.into_iter().collect();
    let why = |(need, id): &(&Need, ConsignmentId)| {
        let end = ends.get(id).and_then(|site| areas.get(site))?;
        elsewhere(end, need, area_needed(&editions, need).as_deref())
    };
    Ok(pairs.iter().map(why).collect())
}

fn elsewhere(end: &SiteArea, need: &Need, needed: Option<&str>) -> Option<String> {
    let there = end.area.as_ref().map(|area| area.code.as_str());
    let is_there = end.country == need.country && (needed.is_none() || there.is_none() || there == needed);
    let words = || {
        let goes_to = there.unwrap_or(&end.country);
        format!("goes to {goes_to}, and it is needed in {}", needed.unwrap_or(&need.country))
    };
    (!is_there).then(words)
}

/// Refuses to mean a consignment for a need elsewhere.
///
/// # Errors
/// `invalid`, saying where it goes; what the database says.
pub(super) fn check_goes_there(conn: &mut Conn, need: &Need, consignment: ConsignmentId) -> Outcome<()> {
    match misdirected(conn, &[(need, consignment)])?.into_iter().flatten().next() {
        Some(words) => Err(Problem::field("/consignment", words)),
        None => Ok(()),
    }
}
