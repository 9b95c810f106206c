//! Areas as they go over the wire.

use crate::atlas::{Area, AreaCode, AreaPlacing, AreaSet, AreaVersion, CountryCode, Language};
use crate::baselines::http::PopulationView;
use crate::core::page::KnownPage;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An edition of areas. The boundaries and names shown and the designations used do not imply official endorsement or
/// acceptance by the United Nations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EditionView {
    /// Its name.
    pub name: String,
    /// The country it was loaded for; null of the areas that ship, which count where nothing newer was loaded.
    pub country: Option<CountryCode>,
    /// Where it is from.
    pub source: String,
    /// What has to be printed beside it.
    pub attribution: String,
    /// The first day these areas were in force, where the source says.
    #[schema(format = Date)]
    pub valid_from: Option<String>,
    /// The last day, where the source says.
    #[schema(format = Date)]
    pub valid_to: Option<String>,
}

impl EditionView {
    /// An edition as it is printed.
    pub fn of(version: &AreaVersion, country: Option<CountryCode>) -> Self {
        Self {
            name: version.name.to_string(),
            country,
            source: version.source.to_string(),
            attribution: version.attribution.to_string(),
            valid_from: version.valid_from.map(|day| day.to_string()),
            valid_to: version.valid_to.map(|day| day.to_string()),
        }
    }
}

/// An area inside a country.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AreaView {
    /// ISO 3166-2 code or P-code, where it has one. Several areas may be parts of what one code stands for.
    pub code: Option<String>,
    /// What identifies it within its edition.
    pub id: String,
    /// ISO 3166-1 alpha-2; null where it is disputed between several.
    pub country: Option<CountryCode>,
    /// Its names by language (`en`, `fr`, `es`, `ru`, `zh`, `ar`), as far as the source has any.
    #[schema(value_type = BTreeMap<String, String>)]
    pub names: BTreeMap<&'static str, String>,
    /// Whether the source marks it as disputed.
    pub disputed: bool,
    /// West, south, east and north in degrees; west is the larger number where it lies over the antimeridian.
    pub bounds: Option<[f64; 4]>,
    /// The edition it is of.
    pub edition: String,
}

impl AreaView {
    /// An area of an edition.
    pub fn of(set: &AreaSet, area: &Area) -> Self {
        let name = |language: &Language| Some((language.code(), area.name(*language)?.to_owned()));
        Self {
            code: area.code.as_ref().map(AreaCode::to_string),
            id: area.id.to_string(),
            country: area.country,
            names: Language::ALL.iter().filter_map(name).collect(),
            disputed: area.disputed,
            bounds: set.bounds(area),
            edition: set.version().name.to_string(),
        }
    }
}

/// What a code stands for.
#[derive(Debug, Serialize, ToSchema)]
pub struct AreaDetail {
    /// The code that was asked for.
    pub code: String,
    /// The areas it stands for: one, or the parts of what the code stands for.
    pub areas: Vec<AreaView>,
    /// The edition they are of.
    pub edition: EditionView,
    /// Codes that it followed, as far as that was stated.
    pub follows: Vec<String>,
    /// What was stated of how many people live there, each with its source, as `populations?area=` lists it; `next` goes on
    /// there. Absent for donors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub populations: Option<KnownPage<PopulationView>>,
}

/// The area of a place.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AreaAt {
    /// The area; null where the place lies in none and none is within a tenth of a degree.
    pub area: Option<AreaView>,
    /// `inside`, `border` (of the areas it touches, this has the lowest code) or `near`.
    #[schema(value_type = Option<String>)]
    pub placed_by: Option<&'static str>,
    /// Metres to the border of an area that is only near.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<u32>,
    /// The edition that was asked.
    pub edition: EditionView,
}

impl AreaAt {
    /// What an edition found.
    pub fn of(set: &AreaSet, edition: EditionView, found: Option<(&Area, AreaPlacing)>) -> Self {
        let (placed_by, distance_m) = match found.map(|(_, placing)| placing) {
            None => (None, None),
            Some(AreaPlacing::ByCode) => (Some("code"), None),
            Some(AreaPlacing::Inside) => (Some("inside"), None),
            Some(AreaPlacing::OnBorder) => (Some("border"), None),
            Some(AreaPlacing::Near { distance_m }) => (Some("near"), Some(distance_m)),
        };
        Self { area: found.map(|(area, _)| AreaView::of(set, area)), placed_by, distance_m, edition }
    }
}
