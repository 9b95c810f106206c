//! Cities and airports over HTTP. They are compiled in: nothing is recorded and no database asked.

use crate::atlas::{
    Coordinates, CountryCode, GAZETTEER_ATTRIBUTION, GazetteerKind, GazetteerPlace, find_places,
};
use crate::auth::{Permit, action};
use crate::core::check::quoted;
use crate::core::problem::{Outcome, Problem};
use crate::web::{Query, Routes};
use actix_web::web::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Places of one answer: whoever is told so many types another letter.
const PLACES_MAXIMUM: usize = 50;
/// Letters of the shortest text that is looked for: one would be a list of thousands.
const LETTERS_MINIMUM: usize = 2;

/// What kind of place is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// A city of 15,000 people or more.
    City,
    /// An airport with a code of IATA.
    Airport,
}

/// Which places are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GazetteerQuery {
    /// How the name begins, accents and case aside, or an airport's three letters.
    pub q: String,
    /// Only in this country, ISO 3166-1 alpha-2.
    #[param(value_type = Option<String>)]
    pub country: Option<CountryCode>,
    /// Only cities, or only airports.
    #[param(inline)]
    pub kind: Option<PlaceKind>,
}

/// A city or an airport.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GazetteerView {
    /// Which of both.
    pub kind: PlaceKind,
    /// What it is called.
    pub name: String,
    /// The IATA code of an airport.
    pub iata: Option<String>,
    /// The city an airport is of.
    pub city: Option<String>,
    /// The country.
    pub country: CountryCode,
    /// Where it is.
    pub coordinates: Coordinates,
    /// People of a city: a round number of some year, for telling it from others, and no population to count against.
    pub people_about: Option<u64>,
}

impl From<&GazetteerPlace> for GazetteerView {
    fn from(place: &GazetteerPlace) -> Self {
        let kind = match place.kind {
            GazetteerKind::City => PlaceKind::City,
            GazetteerKind::Airport => PlaceKind::Airport,
        };
        Self {
            kind,
            name: place.name.to_string(),
            iata: place.iata.as_deref().map(str::to_owned),
            city: place.city.as_deref().map(str::to_owned),
            country: place.country,
            coordinates: place.coordinates,
            people_about: (kind == PlaceKind::City).then_some(place.population),
        }
    }
}

/// Places that were found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GazetteerAnswer {
    /// Up to 50: those with the code first, then the largest.
    pub items: Vec<GazetteerView>,
    /// Whether there are more.
    pub more: bool,
    /// What has to be printed beside them.
    #[schema(value_type = String)]
    pub attribution: &'static str,
}

/// Find a city or an airport
#[utoipa::path(get, path = "/api/v1/gazetteer", tag = "countries", params(GazetteerQuery),
    responses((status = 200, description = "Cities and airports called so", body = GazetteerAnswer)))]
pub async fn gazetteer_find(
    _permit: Permit<action::ReferenceRead>,
    query: Query<GazetteerQuery>,
) -> Outcome<Json<GazetteerAnswer>> {
    let query = query.0;
    if query.q.trim().chars().count() < LETTERS_MINIMUM {
        let words = format!("{} is too short; write {LETTERS_MINIMUM} letters or more", quoted(&query.q));
        return Err(Problem::field("/q", words));
    }
    let kind = query.kind.map(|kind| match kind {
        PlaceKind::City => GazetteerKind::City,
        PlaceKind::Airport => GazetteerKind::Airport,
    });
    let found = find_places(&query.q, query.country, kind, PLACES_MAXIMUM + 1);
    let items = found.iter().take(PLACES_MAXIMUM).map(|place| GazetteerView::from(*place)).collect();
    Ok(Json(GazetteerAnswer {
        items,
        more: found.len() > PLACES_MAXIMUM,
        attribution: GAZETTEER_ATTRIBUTION,
    }))
}

/// Declares the route of cities and airports.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_gazetteer_find, gazetteer_find);
}
