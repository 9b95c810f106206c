//! Areas over HTTP.

use super::editions::Editions;
use super::known::missing;
use super::view::{AreaAt, AreaDetail, AreaView};
use crate::atlas::{Area, AreaCode, AreaSet, Coordinates, CoordinatesError, CountryCode, shipped_areas};
use crate::auth::{Fields, Permit, action};
use crate::baselines::http::PopulationView;
use crate::baselines::{Asked, Population, Statement as _, is_word, list};
use crate::core::page::{KnownPage, PAGE_LIMIT_DEFAULT, Page};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::ledger::{Cut, KnownAt, Moment};
use crate::web::{MomentQuery, Paging, Path, Query, Routes, State, encode_key};
use actix_web::web::Json;
use serde::Deserialize;
use std::collections::BTreeSet;
use utoipa::IntoParams;

/// Which areas are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AreaQuery {
    /// Only in this country, ISO 3166-1 alpha-2.
    #[param(value_type = Option<String>)]
    pub country: Option<CountryCode>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
    /// By the edition that was in force at this time: RFC 3339, or a date.
    pub as_of: Option<String>,
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
}

/// Which place is asked about.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AreaAtQuery {
    /// Degrees north, −90 to 90.
    pub latitude: f64,
    /// Degrees east, −180 to 180.
    pub longitude: f64,
    /// By the edition that was in force at this time: RFC 3339, or a date.
    pub as_of: Option<String>,
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
}

/// List areas
///
/// First-level areas in the order of their codes, each of the edition that counts in its country at that moment.
#[utoipa::path(get, path = "/api/v1/areas", tag = "countries", params(AreaQuery),
    responses((status = 200, description = "One page of areas", body = KnownPage<AreaView>)))]
pub async fn area_list(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    query: Query<AreaQuery>,
) -> Outcome<Json<KnownPage<AreaView>>> {
    let query = query.0;
    let paging = Paging::<(String, String)>::new(query.after.as_deref(), query.limit)?;
    let moment = Moment::read(query.as_of.as_deref(), query.known_at.as_deref())?;
    let read = move |conn: &mut Conn| {
        let cut = moment.cut(conn)?;
        let page =
            page(&editions_of(conn, query.country, cut)?, query.country, paging.after.as_ref(), paging.limit);
        Ok(page.map(|(_, area)| area).known_at(cut.known_at))
    };
    Ok(Json(state.read(read).await?))
}

/// The edition that counts in a country, or where none is asked for those of all.
fn editions_of(conn: &mut Conn, country: Option<CountryCode>, cut: Cut) -> Outcome<Editions> {
    match country {
        Some(country) => Editions::of_countries(conn, &BTreeSet::from([country]), cut),
        None => Editions::at(conn, cut),
    }
}

/// Areas behind a key, in the order of keys.
fn page(
    editions: &Editions,
    country: Option<CountryCode>,
    after: Option<&(String, String)>,
    limit: i64,
) -> Page<((String, String), AreaView)> {
    let areas = editions.areas(country);
    let first = after.map_or(0, |(key, id)| {
        areas.partition_point(|(_, area)| (area.key(), area.id.as_ref()) <= (key.as_str(), id.as_str()))
    });
    let rows = areas.into_iter().skip(first).take(usize::try_from(limit).unwrap_or(0) + 1);
    let row = |(set, area): (&AreaSet, &Area)| {
        let view = AreaView::of(set, area);
        ((area.key().to_owned(), view.id.clone()), view)
    };
    Page::from_rows(rows.map(row).collect(), limit, |(key, _)| encode_key(key))
}

/// Find the area of a place
///
/// The area the place lies in, or on whose border, or else the nearest within a tenth of a degree; of the edition that counts in
/// that country.
#[utoipa::path(get, path = "/api/v1/areas/at", tag = "countries", params(AreaAtQuery),
    responses((status = 200, description = "The area, and how it was found", body = AreaAt)))]
pub async fn area_at(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    query: Query<AreaAtQuery>,
) -> Outcome<Json<AreaAt>> {
    let place = Coordinates::new(query.0.latitude, query.0.longitude).map_err(off_the_globe)?;
    let moment = Moment::read(query.0.as_of.as_deref(), query.0.known_at.as_deref())?;
    let read = move |conn: &mut Conn| {
        let cut = moment.cut(conn)?;
        // Which country it is in is asked of the areas that ship, which are all countries'.
        let country = shipped_areas().at(place).and_then(|(area, _)| area.country);
        let editions = editions_of(conn, country, cut)?;
        let set = editions.of(country);
        Ok(AreaAt::of(set, editions.view_of(country), set.at(place)))
    };
    Ok(Json(state.read(read).await?))
}

fn off_the_globe(error: CoordinatesError) -> Problem {
    let pointer = match error {
        CoordinatesError::Latitude { .. } => "/latitude",
        CoordinatesError::Longitude { .. } => "/longitude",
    };
    Problem::field(pointer, error.to_string())
}

/// Read what a code stands for
///
/// Its areas, of the edition that counts in its country, and what was stated of how many people live there. A code that is none of
/// that edition is missing, in words that name what followed it.
#[utoipa::path(get, path = "/api/v1/areas/{code}", tag = "countries",
    params(("code" = String, Path, description = "ISO 3166-2 code or P-code", example = "GM-B"), MomentQuery),
    responses((status = 200, description = "What it stands for", body = AreaDetail)))]
pub async fn area_read(
    permit: Permit<action::ReferenceRead>,
    state: State,
    code: Path<String>,
    query: Query<MomentQuery>,
) -> Outcome<Json<AreaDetail>> {
    let moment = Moment::read(query.0.as_of.as_deref(), query.0.known_at.as_deref())?;
    let fields = permit.fields();
    let read = move |conn: &mut Conn| {
        let cut = moment.cut(conn)?;
        let mut detail = detail(conn, cut, &code.0)?;
        detail.populations = match fields {
            Fields::All => Some(populations(conn, &detail.code, moment.known_at)?),
            Fields::Traced => None,
        };
        Ok(detail)
    };
    Ok(Json(state.read(read).await?))
}

fn detail(conn: &mut Conn, cut: Cut, code: &str) -> Outcome<AreaDetail> {
    let country = code.parse::<AreaCode>().ok().map(|code| code.country());
    let editions = &editions_of(conn, country, cut)?;
    let set = editions.of(country);
    let areas: Vec<AreaView> = set.with_code(code).map(|area| AreaView::of(set, area)).collect();
    if areas.is_empty() {
        return Err(Problem::new(Code::NotFound, missing(editions, set, code)));
    }
    let follows = editions.crosswalk().before(code).iter().map(ToString::to_string).collect();
    Ok(AreaDetail {
        code: code.to_owned(),
        areas,
        edition: editions.view_of(country),
        follows,
        populations: None,
    })
}

/// The first page of what was stated of an area.
fn populations(conn: &mut Conn, code: &str, known_at: Option<KnownAt>) -> Outcome<KnownPage<PopulationView>> {
    let limit = PAGE_LIMIT_DEFAULT;
    let conditions = is_word("area", Some(code.to_owned())).into_iter().collect();
    let asked = Asked { known_at, conditions, limit: limit + 1, ..Asked::default() };
    let (rows, sequence) = list::<Population>(conn, asked)?;
    let page = Page::from_rows(rows, limit, |row: &Population| encode_key(&row.place()));
    Ok(page.map(PopulationView::from).known_at(sequence))
}

/// Declares the routes of areas.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_area_list, area_list);
    routes.add(__path_area_at, area_at);
    routes.add(__path_area_read, area_read);
}
