//! `GET /api/v1/map/{layer}`.

use super::store::{Drawing, map};
use super::view::{Layer, MapView};
use crate::atlas::{CountryCode, Generalisation};
use crate::auth::{Permit, action};
use crate::core::id::{ItemId, OrganizationId, ProgrammeId};
use crate::core::problem::{Outcome, Problem};
use crate::parties::Eyes;
use crate::totals::TotalsQuery;
use crate::totals::rules::PlaceMeaning;
use crate::web::{Path, Query, Routes, State};
use actix_web::HttpResponse;
use serde::Deserialize;
use utoipa::IntoParams;

/// What is asked of a map.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MapQuery {
    /// How fine borders are drawn: world (the default), region or country.
    #[param(inline)]
    pub generalisation: Option<Generalisation>,
    /// Only what anybody may see: nothing of sensitive programmes.
    pub public: Option<bool>,
    /// Whether goods stand where they are (at) or where they are meant to go (for).
    #[param(inline)]
    pub place: Option<PlaceMeaning>,
    /// Only this programme.
    pub programme: Option<ProgrammeId>,
    /// Only this donor.
    pub donor: Option<OrganizationId>,
    /// Only this item.
    pub item: Option<ItemId>,
    /// Only this country, such as GM.
    #[param(value_type = Option<String>)]
    pub country: Option<CountryCode>,
    /// Only this UN region, by its M49 number such as 002.
    pub region: Option<String>,
    /// Only what took effect by this time: RFC 3339, or a date for its whole day.
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time.
    pub known_at: Option<String>,
}

impl MapQuery {
    /// The question to totals that has the figures of a layer.
    fn totals(&self, layer: Layer) -> TotalsQuery {
        let group_by = match layer {
            Layer::Areas => "area",
            Layer::Sites => "site",
            Layer::Corridors => "corridor",
        };
        TotalsQuery {
            group_by: group_by.to_owned(),
            place: self.place,
            programme: self.programme,
            donor: self.donor,
            item: self.item,
            country: self.country,
            region: self.region.clone(),
            as_of: self.as_of.clone(),
            known_at: self.known_at.clone(),
            ..TotalsQuery::default()
        }
    }
}

/// Read a layer of the map
///
/// GeoJSON: `areas` with totals, `sites` with what is there, `corridors` with what their consignments carry, drawn as the shortest
/// line over the globe, which is labelled as a flight's great circle or as straight. Figures are those of totals, within the same
/// reach. With `public` it is what anybody may
/// see; without, it may tell where goods of a sensitive programme are.
#[utoipa::path(get, path = "/api/v1/map/{layer}", tag = "figures",
    params(("layer" = Layer, Path, description = "What is shown"), MapQuery),
    responses((status = 200, description = "The layer", body = MapView, content_type = "application/geo+json")))]
pub async fn map_read(
    permit: Permit<action::TotalsRead>,
    state: State,
    layer: Path<Layer>,
    query: Query<MapQuery>,
) -> Outcome<HttpResponse> {
    let today = chrono::Utc::now().date_naive().to_string();
    let question = query.0.totals(layer.0).question(permit.scope().clone(), Eyes::of(&permit, today))?;
    let drawing = Drawing {
        layer: layer.0,
        generalisation: query.0.generalisation.unwrap_or_default(),
        public: query.0.public.unwrap_or(false),
    };
    let view = state.read(move |conn| map(conn, question, drawing)).await?;
    let text = serde_json::to_string(&view).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(HttpResponse::Ok().content_type("application/geo+json").body(text))
}

/// Declares the route of maps.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_map_read, map_read);
}
