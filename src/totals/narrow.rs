//! What a question by region, list or area comes down to: countries, donors and sites, each found with one query.

use super::names::site_of;
use super::regions::{CountryList, countries_left};
use super::row::Row;
use super::rules::{Group, PlaceMeaning, Question};
use crate::areas::{EditionView, KnownAreas};
use crate::atlas::AreaCode;
use crate::core::id::{OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::schema::organizations;
use crate::db::{Bind, Binds, Conn, read_failure};
use crate::ledger::Cut;
use crate::programmes::sensitive_programmes;
use crate::sites::{SiteArea, WhichSites, site_areas_and_editions};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Sites or donors that one query names: SQLite takes 32,766 values, and both may stand in one. Of more sites several are asked,
/// more donors are refused.
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
    /// Sensitive programmes, to a donor: their goods are in no row of a place below the country.
    pub withheld: Vec<ProgrammeId>,
    /// Goods at, or for, these sites.
    pub sites: Option<Vec<SiteId>>,
    /// Those of the sites of which it is not known whether they are meant: their goods have no row.
    pub unplaced: BTreeSet<SiteId>,
    /// The areas of the sites that rows are of, where those are by area …
    pub areas: HashMap<SiteId, SiteArea>,
    /// … and the editions of areas that were used.
    pub editions: Vec<EditionView>,
}

impl Narrowed {
    /// Whether the caller is told no place below the country of a programme.
    pub(super) fn is_withheld(&self, programme: Option<&[u8]>) -> bool {
        programme.is_some_and(|id| self.withheld.iter().any(|one| one.0.as_bytes() == id))
    }

    /// Whether it says anything that goods can leave.
    pub fn is_by_place(&self) -> bool {
        self.countries.is_some() || self.recipients.is_some() || self.sites.is_some()
    }
}

/// Finds what a question comes down to at its moment; what was narrowed before stays so.
///
/// # Errors
/// `invalid` where a list has too many donors, or an area is none of those in use; whatever the database says.
pub fn narrowed(conn: &mut Conn, question: &Question, cut: Cut) -> Outcome<Narrowed> {
    let mut found = question.narrowed.clone();
    let filters = &question.filters;
    if question.eyes.is_some() {
        found.withheld = sensitive_programmes(conn)?;
        if question.is_asked_below_country() {
            found.without_programmes.extend_from_slice(&found.withheld);
        }
    }
    found.countries = countries_left(filters, question.as_of);
    if let Some(list) = filters.list.filter(|list| *list == CountryList::SouthSouth) {
        let south = list.countries(question.as_of);
        found.donors = Some(donors_of(conn, &south)?);
        found.recipients = Some(south);
    }
    // An area is one of its sites' own country, which its code names.
    let code: Option<AreaCode> = filters.area.as_ref().and_then(|code| code.parse().ok());
    if let Some(code) = code {
        let now = KnownAreas::at(conn, &code, cut)?.find("/area", &code)?;
        let (areas, editions) = site_areas_and_editions(conn, WhichSites::In(code.country()), cut)?;
        found.editions = editions;
        let is_it = |place: &SiteArea| place.area.as_ref().is_some_and(|area| area.code == now);
        let of_area = areas.iter().filter(|(_, place)| is_it(place));
        let asked: Option<HashSet<SiteId>> = found.sites.take().map(|sites| sites.into_iter().collect());
        let is_asked = |site: &SiteId| asked.as_ref().is_none_or(|asked| asked.contains(site));
        let mut sites: Vec<SiteId> = of_area.map(|(site, _)| *site).filter(is_asked).collect();
        sites.sort_unstable();
        found.sites = Some(sites);
    }
    Ok(found)
}

/// Finds the areas of the sites that rows are of, where those are by area: no more sites than an answer has rows.
///
/// # Errors
/// What the database says.
pub(super) fn with_areas(conn: &mut Conn, question: &Question, rows: &[Row], cut: Cut) -> Outcome<Question> {
    let mut question = question.clone();
    if question.group_by.contains(&Group::Area) {
        let sites: BTreeSet<SiteId> = rows.iter().filter_map(|row| site_of(&question, row)).collect();
        let sites: Vec<SiteId> = sites.into_iter().collect();
        let (areas, editions) = site_areas_and_editions(conn, WhichSites::Named(&sites), cut)?;
        question.narrowed.areas = areas;
        if question.filters.area.is_none() {
            question.narrowed.editions = editions;
        }
    }
    Ok(question)
}

/// A question in parts that each name few enough sites for one query.
pub(super) fn parts(question: &Question) -> Vec<Question> {
    match &question.narrowed.sites {
        Some(sites) if sites.len() > NAMED_MAXIMUM => {
            let part = |sites: &[SiteId]| {
                let mut part = question.clone();
                part.narrowed.sites = Some(sites.to_vec());
                part
            };
            sites.chunks(NAMED_MAXIMUM).map(part).collect()
        }
        Some(_) | None => vec![question.clone()],
    }
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
        )
        .coded(Fault::TooMany));
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
