//! `POST /api/v1/totals/within`: totals of the sites inside a shape on the globe.

use super::http::TotalsQuery;
use super::narrow::Narrowed;
use super::rules::Question;
use super::store::answer;
use super::view::TotalsView;
use crate::areas::refused;
use crate::atlas::{AskedShape, Coordinates};
use crate::auth::{Permit, action};
use crate::core::id::SiteId;
use crate::core::problem::{Fault, FieldError, Outcome, Problem};
use crate::db::Conn;
use crate::ledger::last_known;
use crate::parties::Eyes;
use crate::sites::{KnownPlace, WhichSites, places_known};
use crate::web::{Json, Query, State};
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The farthest a place may be around which is asked: as much of the globe as a polygon may enclose, a tenth.
const RADIUS_M_MAX: i64 = 4_000_000;

/// Sites without coordinates that an answer names: enough to begin with.
const UNPLACED_SHOWN: usize = 100;

/// What is asked about: a polygon, or all within a distance of a place.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithinDraft {
    /// A Polygon or MultiPolygon of GeoJSON in WGS84, longitude first.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub shape: Option<serde_json::Value>,
    /// Or a place …
    #[serde(default)]
    pub center: Option<Coordinates>,
    /// … and metres around it, along the ellipsoid.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 4_000_000)]
    pub radius_m: Option<i64>,
}

/// Totals of the sites inside a shape. Goods at sites whose place is not known stand in `not_placed`, beside sources and goods
/// that are nowhere in one of the dimensions asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithinView {
    /// The figures.
    #[serde(flatten)]
    pub totals: TotalsView,
    /// Sites inside, or on the border.
    pub sites_within: usize,
    /// Sites of which no coordinates are known.
    pub sites_without_place: usize,
    /// The first hundred of them, in order of their identifiers: give them coordinates, and they are counted or not.
    pub first_without_place: Vec<SiteId>,
    /// What was put right in the shape, or looks odd about it.
    pub notes: Vec<FieldError>,
}

/// What a draft asks about, and what was put right in it.
struct Asked {
    shape: AskedShape,
    notes: Vec<FieldError>,
}

impl WithinDraft {
    fn read(&self) -> Outcome<Asked> {
        match (&self.shape, self.center, self.radius_m) {
            (Some(shape), None, None) => {
                let (shape, note) =
                    AskedShape::parse(&shape.to_string()).map_err(|error| refused("/shape", error))?;
                let notes = note.map(|note| told(&note.pointer, note.message)).into_iter().collect();
                Ok(Asked { shape, notes })
            }
            (None, Some(center), Some(radius)) if (1..=RADIUS_M_MAX).contains(&radius) => {
                let radius = u32::try_from(radius).unwrap_or(u32::MAX);
                Ok(Asked { shape: AskedShape::around(center, radius), notes: Vec::new() })
            }
            (None, Some(_), Some(radius)) => {
                let words = format!("is {radius}; it must be from 1 to {RADIUS_M_MAX} metres");
                Err(Problem::field("/radius_m", words))
            }
            (None, Some(_), None) => {
                Err(Problem::field("/radius_m", "is missing beside center; say how many metres")
                    .coded(Fault::Required))
            }
            (None, None, Some(_)) => {
                Err(Problem::field("/center", "is missing beside radius_m; say around which place")
                    .coded(Fault::Required))
            }
            (None, None, None) => {
                Err(Problem::field("/shape", "is missing; give a polygon, or center and radius_m")
                    .coded(Fault::Required))
            }
            (Some(_), _, _) => {
                Err(Problem::field("/shape", "stands beside center or radius_m; give one of the two")
                    .coded(Fault::OneOfTwo))
            }
        }
    }
}

fn told(pointer: &str, detail: String) -> FieldError {
    FieldError::new(format!("/shape{pointer}"), detail)
}

/// Narrows a question to the sites inside, and answers it.
fn within(conn: &mut Conn, question: &Question, mut asked: Asked) -> Outcome<WithinView> {
    let known_at = last_known(conn, question.known_at, "/known_at")?;
    let places = places_known(conn, WhichSites::All, known_at)?;
    let inside = |place: &&KnownPlace| place.coordinates.is_some_and(|at| asked.shape.contains(at));
    let sites: Vec<SiteId> = places.values().filter(inside).map(|place| place.site).collect();
    let is_swapped = |place: &KnownPlace| {
        let exchanged = place.coordinates.and_then(|at| Coordinates::new(at.longitude(), at.latitude()).ok());
        exchanged.is_some_and(|at| asked.shape.contains(at))
    };
    if sites.is_empty() && places.values().any(is_swapped) {
        let words = "has no site in it, and would have some with latitude and longitude exchanged; GeoJSON has longitude \
                     first";
        asked.notes.push(told("", words.to_owned()));
    }
    let sites_within = sites.len();
    let unplaced: BTreeSet<SiteId> =
        places.values().filter(|place| place.coordinates.is_none()).map(|place| place.site).collect();
    let sites_without_place = unplaced.len();
    let first_without_place = unplaced.iter().copied().take(UNPLACED_SHOWN).collect();
    let mut both: Vec<SiteId> = sites.into_iter().chain(unplaced.iter().copied()).collect();
    both.sort_unstable();
    let narrowed = Narrowed { sites: Some(both), unplaced, ..Narrowed::default() };
    let totals = answer(conn, &Question { narrowed, ..question.clone() })?;
    Ok(WithinView { totals, sites_within, sites_without_place, first_without_place, notes: asked.notes })
}

/// Totals of the sites inside a shape
///
/// What is asked stands in the query, as for totals; the shape in the body. A site on the border is inside. With `place=for`
/// it is asked where goods are meant to go, which is the destination of their consignment.
#[utoipa::path(post, path = "/api/v1/totals/within", tag = "figures", params(TotalsQuery), request_body = WithinDraft,
    responses((status = 200, description = "Rows, what is not placed, and the total", body = WithinView)))]
pub async fn totals_within(
    permit: Permit<action::TotalsRead>,
    state: State,
    query: Query<TotalsQuery>,
    body: Json<WithinDraft>,
) -> Outcome<JsonBody<WithinView>> {
    let today = chrono::Utc::now().date_naive().to_string();
    let question = query.0.question(permit.scope().clone(), Eyes::of(&permit, today))?;
    let asked = body.0.read()?;
    Ok(JsonBody(state.read(move |conn| within(conn, &question, asked)).await?))
}
