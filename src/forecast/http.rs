//! Ways, and what is under way, over HTTP.

use super::arrival::Forecasting;
use super::corridors::{CorridorFilter, CorridorKey, CorridorView, corridor_list};
use super::route::{RouteView, route_read};
use super::rules::Lateness;
use super::under_way::{UnderWayFilter, UnderWayView, under_way_list};
use crate::auth::{Permit, action, now};
use crate::consignments::rules::Mode;
use crate::core::id::{ConsignmentId, ItemId, LegId, OrganizationId, ProgrammeId, SiteId};
use crate::core::page::KnownPage;
use crate::core::problem::Outcome;
use crate::ledger::Moment;
use crate::web::{MomentQuery, Paging, Path, Query, Routes, State};
use actix_web::web::{Data, Json};
use serde::Deserialize;

/// The way of a consignment: its legs with their lengths and times, when each is forecast to arrive, and their lines as
/// GeoJSON. Lengths are those of the shortest way over the globe; of road, rail and sea they are labelled `straight line`.
#[utoipa::path(get, path = "/api/v1/consignments/{id}/route", tag = "figures",
    params(("id" = String, Path), MomentQuery), responses((status = 200, body = RouteView)))]
pub async fn consignment_route(
    permit: Permit<action::ConsignmentRead>,
    state: State,
    forecasting: Data<Forecasting>,
    path: Path<ConsignmentId>,
    query: Query<MomentQuery>,
) -> Outcome<Json<RouteView>> {
    let moment = Moment::read(query.0.as_of.as_deref(), query.0.known_at.as_deref())?;
    let read = move |conn: &mut _| route_read(conn, &permit, path.0, moment, now(), &forecasting);
    Ok(Json(state.read(read).await?))
}

/// What is asked of the legs that goods are on.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ArrivalQuery {
    /// Of this programme.
    pub programme: Option<ProgrammeId>,
    /// From this site.
    pub from: Option<SiteId>,
    /// To this site.
    pub to: Option<SiteId>,
    /// By this mode.
    #[param(inline)]
    pub mode: Option<Mode>,
    /// Only what stands so: `due`, `late` or `presumed_lost`.
    #[param(inline)]
    pub state: Option<Lateness>,
    /// Only what took effect by this time: RFC 3339, or a date for its whole day; what is late is late then
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time; the same sequence gives the same figures for ever
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// The legs that goods are on, each with when it is forecast to arrive, and whether it is late or presumed lost. Narrowed by
/// `state`, a page may be short and yet have a `next`.
#[utoipa::path(get, path = "/api/v1/arrivals", tag = "figures", params(ArrivalQuery),
    responses((status = 200, description = "A page", body = KnownPage<UnderWayView>)))]
pub async fn arrival_index(
    permit: Permit<action::ConsignmentRead>,
    state: State,
    forecasting: Data<Forecasting>,
    query: Query<ArrivalQuery>,
) -> Outcome<Json<KnownPage<UnderWayView>>> {
    let query = query.0;
    let moment = Moment::read(query.as_of.as_deref(), query.known_at.as_deref())?;
    let paging: Paging<LegId> = Paging::new(query.after.as_deref(), query.limit)?;
    let ArrivalQuery { programme, from, to, mode, state: only, .. } = query;
    let filter = UnderWayFilter { programme, from, to, mode, state: only };
    let read =
        move |conn: &mut _| under_way_list(conn, &permit, &filter, (moment, now()), &paging, &forecasting);
    Ok(Json(state.read(read).await?))
}

/// What is asked of corridors.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CorridorQuery {
    /// Shipments of this programme.
    pub programme: Option<ProgrammeId>,
    /// Shipments with goods of this donor, and only these goods.
    pub donor: Option<OrganizationId>,
    /// Shipments with this item, and only that.
    pub item: Option<ItemId>,
    /// By this mode.
    #[param(inline)]
    pub mode: Option<Mode>,
    /// From this site.
    pub from: Option<SiteId>,
    /// To this site.
    pub to: Option<SiteId>,
    /// Only what took effect by this time: RFC 3339, or a date for its whole day
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time; the same sequence gives the same figures for ever
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// What went from one site to another by one mode: shipments, goods, how long trips took, how many came late, and weight over
/// distance. A journey of several legs goes several corridors; totals by corridor are from end to end. A page may be short
/// and yet have a `next`.
#[utoipa::path(get, path = "/api/v1/corridors", tag = "figures", params(CorridorQuery),
    responses((status = 200, description = "A page", body = KnownPage<CorridorView>)))]
pub async fn corridor_index(
    permit: Permit<action::TotalsRead>,
    state: State,
    query: Query<CorridorQuery>,
) -> Outcome<Json<KnownPage<CorridorView>>> {
    let query = query.0;
    let moment = Moment::read(query.as_of.as_deref(), query.known_at.as_deref())?;
    let paging: Paging<CorridorKey> = Paging::new(query.after.as_deref(), query.limit)?;
    let CorridorQuery { programme, donor, item, mode, from, to, .. } = query;
    let filter = CorridorFilter { programme, donor, item, mode, from, to };
    let read = move |conn: &mut _| corridor_list(conn, &permit, &filter, (moment, now()), &paging);
    Ok(Json(state.read(read).await?))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_consignment_route, consignment_route);
    routes.add(__path_arrival_index, arrival_index);
    routes.add(__path_corridor_index, corridor_index);
}
