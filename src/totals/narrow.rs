//! What a question by region, list or area comes down to: countries, donors and sites, each found with one query.

use super::regions::{CountryList, countries_left};
use super::rules::{Group, PlaceMeaning, Question};
use crate::areas::{EditionView, Editions};
use crate::core::id::{OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::organizations;
use crate::db::{Bind, Binds, Conn, read_failure};
use crate::ledger::Cut;
use crate::sites::{SiteArea, site_areas_by};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// Sites or donors that one question names: SQLite takes 32,766 values, and both may stand in one.
const NAMED_MAXIMUM: usize = 10_000;

/// What is counted, in terms of the rollups; what is not said is not narrowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// Goods at, or for, these countries.
    pub countries: Option<Vec<String>>,
    /// Goods of these donors …
    pub donors: Option<Vec<OrganizationId>>,
    /// … that are meant for these countries.
    pub recipients: Option<Vec<String>>,
    /// No goods of these programmes.
    pub without_programmes: Vec<ProgrammeId>,
    /// Goods at, or for, these sites.
    pub sites: Option<Vec<SiteId>>,
    /// Those of the sites of which it is not known whether they are meant: their goods have no row.
    pub unplaced: BTreeSet<SiteId>,
    /// The areas of sites, where rows or a filter are by area …
    pub areas: HashMap<SiteId, SiteArea>,
    /// … and the editions they are of.
    pub editions: Vec<EditionView>,
}

impl Narrowed {
    /// Whether it says anything that goods can leave.
    pub fn is_by_place(&self) -> bool {
        self.countries.is_some() || self.recipients.is_some() || self.sites.is_some()
    }
}

/// Finds what a question comes down to at its moment; what was narrowed before stays so.
///
/// # Errors
/// `invalid` where an area has no site or too many, whatever the database says.
pub fn narrowed(conn: &mut Conn, question: &Question, cut: Cut) -> Outcome<Narrowed> {
    let mut found = question.narrowed.clone();
    let filters = &question.filters;
    found.countries = countries_left(filters, question.as_of);
    if let Some(list) = filters.list.filter(|list| *list == CountryList::SouthSouth) {
        let south = list.countries(question.as_of);
        found.donors = Some(donors_of(conn, &south)?);
        found.recipients = Some(south);
    }
    if filters.area.is_some() || question.group_by.contains(&Group::Area) {
        let editions = Editions::at(conn, cut)?;
        found.areas = site_areas_by(conn, &editions, None, cut)?;
        found.editions = editions.views(found.areas.values().map(|place| place.edition.as_str()));
    }
    if let Some(code) = &filters.area {
        let of_area = found
            .areas
            .iter()
            .filter(|(_, place)| place.area.as_ref().is_some_and(|area| area.code == *code));
        let is_asked = |site: &SiteId| found.sites.as_ref().is_none_or(|asked| asked.contains(site));
        let mut sites: Vec<SiteId> = of_area.map(|(site, _)| *site).filter(is_asked).collect();
        sites.sort_unstable();
        found.sites = Some(few_enough("/area", sites)?);
    }
    Ok(found)
}

/// Sites, unless they are more than one question can name.
///
/// # Errors
/// `invalid` at what was asked.
pub fn few_enough(pointer: &str, sites: Vec<SiteId>) -> Outcome<Vec<SiteId>> {
    if sites.len() > NAMED_MAXIMUM {
        let words =
            format!("has {} sites, and one question counts up to {NAMED_MAXIMUM}; ask for less", sites.len());
        return Err(Problem::field(pointer, words));
    }
    Ok(sites)
}

/// The donors at home in one of these countries, as their organizations say today.
fn donors_of(conn: &mut Conn, countries: &[String]) -> Outcome<Vec<OrganizationId>> {
    let donors: Vec<OrganizationId> = organizations::table
        .filter(organizations::is_donor.eq(true))
        .filter(organizations::country.eq_any(countries.iter().map(|code| Some(code.as_str()))))
        .select(organizations::id)
        .order(organizations::id)
        .limit(i64::try_from(NAMED_MAXIMUM).unwrap_or(i64::MAX) + 1)
        .load(conn)
        .map_err(read_failure)?;
    if donors.len() > NAMED_MAXIMUM {
        return Err(Problem::field(
            "/list",
            format!("has more than {NAMED_MAXIMUM} donors; ask for one at a time"),
        ));
    }
    Ok(donors)
}

/// What regions, lists, areas and shapes leave.
pub(super) fn narrowing(question: &Question, values: &mut Binds) -> Vec<String> {
    let narrowed = &question.narrowed;
    let is_one_of = |column: &str, values: String| {
        if values.is_empty() { "1 = 0".to_owned() } else { format!("{column} IN ({values})") }
    };
    let mut conditions = Vec::new();
    let country_at_or_for = format!("country_{}", question.place.word());
    let by_country =
        [(country_at_or_for.as_str(), &narrowed.countries), ("country_for", &narrowed.recipients)];
    for (column, codes) in by_country {
        let Some(codes) = codes else { continue };
        let codes: Vec<String> = codes.iter().map(|code| values.place(Bind::Words(code.clone()))).collect();
        conditions.push(is_one_of(column, codes.join(", ")));
    }
    if !narrowed.without_programmes.is_empty() {
        conditions.push(format!("programme_id NOT IN ({})", values.ids(&narrowed.without_programmes)));
    }
    if let Some(donors) = &narrowed.donors {
        conditions.push(is_one_of("donor_id", values.ids(donors)));
    }
    if let Some(sites) = &narrowed.sites {
        let column = match question.place {
            PlaceMeaning::At => "site_id",
            PlaceMeaning::For => "destination_id",
        };
        conditions.push(is_one_of(column, values.ids(sites)));
    }
    conditions
}
