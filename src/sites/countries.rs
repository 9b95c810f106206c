//! The countries of the atlas over HTTP. They are compiled in: nothing is recorded and no database asked.

use crate::atlas::{
    Coordinates, Country, CountryCode, Language, Population, PopulationBasis, Region, countries, population,
};
use crate::auth::{Permit, action, now};
use crate::core::page::Page;
use crate::core::problem::{Outcome, Problem};
use crate::web::{Path, Query, Routes};
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One text in the six official languages of the United Nations.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InSixLanguages {
    /// English.
    pub en: &'static str,
    /// French.
    pub fr: &'static str,
    /// Spanish.
    pub es: &'static str,
    /// Russian.
    pub ru: &'static str,
    /// Chinese.
    pub zh: &'static str,
    /// Arabic.
    pub ar: &'static str,
}

impl InSixLanguages {
    fn of(text: impl Fn(Language) -> &'static str) -> Self {
        Self {
            en: text(Language::English),
            fr: text(Language::French),
            es: text(Language::Spanish),
            ru: text(Language::Russian),
            zh: text(Language::Chinese),
            ar: text(Language::Arabic),
        }
    }
}

/// A country or territory. Names and lists follow the reference table and imply no endorsement by the United
/// Nations.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountryView {
    /// ISO 3166-1 alpha-2; XK stands for Kosovo.
    pub code: CountryCode,
    /// ISO 3166-1 alpha-3.
    pub iso3: &'static str,
    /// The United Nations' M49 number.
    pub m49: Option<u16>,
    /// Formal names.
    pub names: InSixLanguages,
    /// Short names for tables and maps.
    pub short_names: InSixLanguages,
    /// UN region.
    #[schema(value_type = Option<Region>)]
    pub region: Option<&'static Region>,
    /// UN subregion.
    #[schema(value_type = Option<Region>)]
    pub subregion: Option<&'static Region>,
    /// Whether it is a member of the United Nations.
    pub un_member: bool,
    /// Whether it is a least developed country.
    pub least_developed: bool,
    /// Whether it is a landlocked developing country.
    pub landlocked_developing: bool,
    /// Whether it is a small island developing State.
    pub small_island_developing: bool,
    /// Whether UNCTAD's rule counts it as developing; null where the rule is silent.
    pub developing: Option<bool>,
    /// ISO 4217 code of its money, as a hint.
    pub currency: Option<&'static str>,
    /// A rough middle to put a label at.
    pub label_point: Option<Coordinates>,
}

impl CountryView {
    fn of(country: &'static Country) -> Self {
        Self {
            code: country.code(),
            iso3: country.iso3(),
            m49: country.m49(),
            names: InSixLanguages::of(|language| country.name(language)),
            short_names: InSixLanguages::of(|language| country.short_name(language)),
            region: country.region(),
            subregion: country.subregion(),
            un_member: country.is_un_member(),
            least_developed: country.is_least_developed(),
            landlocked_developing: country.is_landlocked_developing(),
            small_island_developing: country.is_small_island_developing(),
            developing: country.is_developing(),
            currency: country.currency(),
            label_point: country.label_point(),
        }
    }
}

/// How many people live in a country, by a source of its own that is never mixed with another.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountryPopulation {
    /// The year.
    pub year: i32,
    /// Everybody.
    pub people: u64,
    /// Women and girls.
    pub female: u64,
    /// Men and boys.
    pub male: u64,
    /// `published` for this year, or `interpolated` between the published years before and behind it.
    #[schema(value_type = String)]
    pub basis: &'static str,
    /// Who counted or projected.
    #[schema(value_type = String)]
    pub source: &'static str,
    /// Which edition of it.
    #[schema(value_type = String)]
    pub source_version: &'static str,
    /// What has to be printed beside it.
    #[schema(value_type = String)]
    pub attribution: &'static str,
}

impl From<Population> for CountryPopulation {
    fn from(known: Population) -> Self {
        let basis = match known.basis {
            PopulationBasis::Published => "published",
            PopulationBasis::Interpolated => "interpolated",
        };
        Self {
            year: known.year,
            people: known.total(),
            female: known.female.total(),
            male: known.male.total(),
            basis,
            source: known.source.name,
            source_version: known.source.version,
            attribution: known.source.attribution,
        }
    }
}

/// A country with the people who live there.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountryDetail {
    /// The country.
    #[serde(flatten)]
    pub country: CountryView,
    /// How many people live there; null for years but 2000 to 2050, and where the source has none.
    pub population: Option<CountryPopulation>,
}

/// Of which year a country's people are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CountryQuery {
    /// The year, 2000 to 2050; this year, if not said.
    pub year: Option<i32>,
}

/// List all countries
///
/// All 250 at once, in the order of their codes.
#[utoipa::path(get, path = "/api/v1/countries", tag = "countries",
    responses((status = 200, description = "All countries and territories", body = Page<CountryView>)))]
pub async fn country_list(_permit: Permit<action::ReferenceRead>) -> JsonBody<Page<CountryView>> {
    JsonBody(Page { items: countries().iter().map(CountryView::of).collect(), next: None })
}

/// Read a country
#[utoipa::path(get, path = "/api/v1/countries/{code}", tag = "countries",
    params(("code" = String, Path, description = "ISO 3166-1 alpha-2", example = "GM"), CountryQuery),
    responses((status = 200, description = "The country", body = CountryDetail)))]
pub async fn country_read(
    _permit: Permit<action::ReferenceRead>,
    code: Path<String>,
    query: Query<CountryQuery>,
) -> Outcome<JsonBody<CountryDetail>> {
    let code: CountryCode = code.0.parse().map_err(|_| Problem::not_found())?;
    let year = query.0.year.unwrap_or_else(|| now().year());
    let population = population(code, year).map(CountryPopulation::from);
    Ok(JsonBody(CountryDetail { country: CountryView::of(code.country()), population }))
}

/// Declares the routes of countries.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_country_list, country_list);
    routes.add(__path_country_read, country_read);
}
