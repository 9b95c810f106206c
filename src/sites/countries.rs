//! The countries of the atlas over HTTP. They are compiled in: nothing is recorded and no database asked.

use crate::atlas::{Coordinates, Country, CountryCode, Language, Region, countries};
use crate::auth::{Permit, action};
use crate::core::page::Page;
use crate::core::problem::{Outcome, Problem};
use crate::web::{Path, Routes};
use actix_web::web::Json as JsonBody;
use serde::Serialize;
use utoipa::ToSchema;

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
    params(("code" = String, Path, description = "ISO 3166-1 alpha-2", example = "GM")),
    responses((status = 200, description = "The country", body = CountryView)))]
pub async fn country_read(
    _permit: Permit<action::ReferenceRead>,
    code: Path<String>,
) -> Outcome<JsonBody<CountryView>> {
    let code: CountryCode = code.0.parse().map_err(|_| Problem::not_found())?;
    Ok(JsonBody(CountryView::of(code.country())))
}

/// Declares the routes of countries.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_country_list, country_list);
    routes.add(__path_country_read, country_read);
}
