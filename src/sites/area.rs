//! Which area sites lie in, and how that is known.
//!
//! By the code of the area first, else by the polygon or border the coordinates lie in or on, else by the nearest area of
//! the site's country within a tenth of a degree. What speaks against an answer is said with it, and where there is none
//! it is said why. An area is always one of the site's own country, so that a country's figures hold those of its areas.

use super::places::{KnownPlace, WhichSites, places_known};
use crate::areas::{EditionView, Editions};
use crate::atlas::{Area, AreaDoubt, AreaPlacing, AreaSet, AreaUnplaced, CountryCode, Language, LocatedArea};
use crate::core::id::SiteId;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::ledger::Cut;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

/// The area of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiteArea {
    /// The area; null where none is known, as `unplaced` tells.
    pub area: Option<AreaName>,
    /// How it was found; null where none was.
    pub placed_by: Option<PlacedBy>,
    /// Of a site that is only near its area: metres to the border.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<u32>,
    /// Why no area is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unplaced: Option<String>,
    /// What speaks against the answer.
    pub doubts: Vec<SiteAreaDoubt>,
    /// Which edition of areas it is from.
    pub edition: String,
    /// The site's country, or `ZZ` where it is not stated.
    #[serde(skip)]
    pub country: String,
}

/// An area by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
pub struct AreaName {
    /// ISO 3166-2 code or P-code, or where it has none, what identifies it within its edition.
    pub code: String,
    /// What tells it from others with the same code, within its edition.
    pub id: String,
    /// Its name in English, or as its own country writes it.
    pub name: Option<String>,
}

impl AreaName {
    /// The name of an area.
    pub fn of(area: &Area) -> Self {
        Self {
            code: area.key().to_owned(),
            id: area.id.to_string(),
            name: area.name(Language::English).map(str::to_owned),
        }
    }
}

/// How the area of a site was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlacedBy {
    /// By the code of the area.
    Code,
    /// The coordinates lie inside it.
    Inside,
    /// They lie on the border; of the areas they touch, this has the lowest code.
    Border,
    /// They lie in no area of the site's country, and this one is the nearest, within a tenth of a degree.
    Near,
}

/// What speaks against the area of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiteAreaDoubt {
    /// `code_unknown`, `code_replaced`, `place_elsewhere` or `place_nowhere`.
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// The same in words.
    pub detail: String,
}

/// The areas of sites, all of them or those that are named, as it was known at a moment: four queries for any number, and one
/// more where an edition was not used before.
///
/// # Errors
/// What the database says.
pub fn site_areas(conn: &mut Conn, sites: Option<&[SiteId]>, cut: Cut) -> Outcome<HashMap<SiteId, SiteArea>> {
    let which = sites.map_or(WhichSites::All, WhichSites::Named);
    Ok(site_areas_and_editions(conn, which, cut)?.0)
}

/// The same with the editions they are of, of which only those of the sites' countries are read.
///
/// # Errors
/// What the database says.
pub fn site_areas_and_editions(
    conn: &mut Conn,
    which: WhichSites<'_>,
    cut: Cut,
) -> Outcome<(HashMap<SiteId, SiteArea>, Vec<EditionView>)> {
    let places = places_known(conn, which, cut.known_at)?;
    let mut countries: BTreeSet<CountryCode> =
        places.values().filter_map(|place| place.country.parse().ok()).collect();
    if let WhichSites::In(country) = which {
        countries.insert(country);
    }
    if countries.is_empty() && places.is_empty() {
        return Ok((HashMap::new(), Vec::new()));
    }
    let editions = Editions::of_countries(conn, &countries, cut)?;
    let areas: HashMap<SiteId, SiteArea> =
        places.into_iter().map(|(site, place)| (site, area_of(&editions, &place))).collect();
    let views = match which {
        // Also where nothing lies there.
        WhichSites::In(country) => vec![editions.view_of(Some(country))],
        WhichSites::All | WhichSites::Named(_) => {
            editions.views(areas.values().map(|place| place.edition.as_str()))
        }
    };
    Ok((areas, views))
}

/// The same by editions that are at hand: two queries.
///
/// # Errors
/// What the database says.
pub fn site_areas_by(
    conn: &mut Conn,
    editions: &Editions,
    sites: Option<&[SiteId]>,
    cut: Cut,
) -> Outcome<HashMap<SiteId, SiteArea>> {
    site_areas_of(conn, editions, sites.map_or(WhichSites::All, WhichSites::Named), cut)
}

/// The same of all, of those of a country or of those that are named.
///
/// # Errors
/// What the database says.
pub fn site_areas_of(
    conn: &mut Conn,
    editions: &Editions,
    which: WhichSites<'_>,
    cut: Cut,
) -> Outcome<HashMap<SiteId, SiteArea>> {
    let places = places_known(conn, which, cut.known_at)?;
    Ok(places.into_iter().map(|(site, place)| (site, area_of(editions, &place))).collect())
}

/// The area of one place.
fn area_of(editions: &Editions, place: &KnownPlace) -> SiteArea {
    let code = place.area_code.as_deref();
    let country = place.country.parse::<CountryCode>().ok();
    let set = editions.of(country);
    if country.is_none() {
        return unplaced(
            place,
            set,
            "the site's country is not stated, so no area of a country is its own".into(),
        );
    }
    match set.locate_in(country, code, place.coordinates, Some(editions.crosswalk())) {
        Ok(located) => placed(place, set, &located),
        Err(why) => unplaced(place, set, words_of(&why)),
    }
}

fn words_of(why: &AreaUnplaced) -> String {
    match why {
        AreaUnplaced::NothingGiven => {
            format!("{why}; give the site coordinates, or the code of its area")
        }
        AreaUnplaced::SeveralParts { .. } | AreaUnplaced::UnknownCode { .. } => {
            format!("{why}; give the site coordinates, or another code")
        }
        AreaUnplaced::Nowhere | AreaUnplaced::Abroad { .. } => {
            format!("{why}; check the coordinates, or give the site the code of its area")
        }
    }
}

fn unplaced(place: &KnownPlace, set: &AreaSet, why: String) -> SiteArea {
    SiteArea {
        area: None,
        placed_by: None,
        distance_m: None,
        unplaced: Some(why),
        doubts: Vec::new(),
        edition: set.version().name.to_string(),
        country: place.country.clone(),
    }
}

fn placed(place: &KnownPlace, set: &AreaSet, located: &LocatedArea<'_>) -> SiteArea {
    let (placed_by, distance_m) = match located.placing {
        AreaPlacing::ByCode => (PlacedBy::Code, None),
        AreaPlacing::Inside => (PlacedBy::Inside, None),
        AreaPlacing::OnBorder => (PlacedBy::Border, None),
        AreaPlacing::Near { distance_m } => (PlacedBy::Near, Some(distance_m)),
    };
    SiteArea {
        area: Some(AreaName::of(located.area)),
        placed_by: Some(placed_by),
        distance_m,
        unplaced: None,
        doubts: located.doubts.iter().map(|doubt| told(place, set, doubt)).collect(),
        edition: set.version().name.to_string(),
        country: place.country.clone(),
    }
}

fn told(place: &KnownPlace, set: &AreaSet, doubt: &AreaDoubt<'_>) -> SiteAreaDoubt {
    let code = place.area_code.as_deref().unwrap_or_default();
    let edition = &set.version().name;
    let (kind, detail) = match doubt {
        AreaDoubt::CodeUnknown => (
            "code_unknown",
            format!("area code '{code}' is none of edition {edition}; the coordinates decided alone"),
        ),
        AreaDoubt::CodeReplaced => {
            ("code_replaced", format!("area code '{code}' was replaced; what followed it was used"))
        }
        AreaDoubt::PlaceElsewhere(other) => {
            let name = other.name(Language::English).unwrap_or_default();
            ("place_elsewhere", format!("the coordinates lie in {} ({name})", other.key()))
        }
        AreaDoubt::PlaceNowhere => {
            ("place_nowhere", "the coordinates lie in no area of the site's country, nor near one".to_owned())
        }
    };
    SiteAreaDoubt { kind, detail }
}
