//! Lots that expire and lots under recall, over HTTP.

use super::expiring::{ExpiringAsked, ExpiringView, ExpiryKey, expiring_list};
use super::recalled::{RecalledView, recalled_list};
use super::rules::Within;
use super::store::LotFilter;
use crate::auth::{Permit, action, now};
use crate::core::id::{ItemId, LotId, ProgrammeId, SiteId};
use crate::core::page::KnownPage;
use crate::core::problem::{Outcome, Problem};
use crate::forecast::Forecasting;
use crate::ledger::Moment;
use crate::web::{Paging, Query, Routes, State};
use actix_web::web::{Data, Json};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which lots that expire are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExpiringQuery {
    /// Within so many months, such as `3m` or `9m`; `0m` for what has expired; `arrival` for what expires before it is
    /// forecast to arrive; `9m` if not said.
    pub within: Option<String>,
    /// Only of this item.
    pub item: Option<ItemId>,
    /// Only goods at this site, or under way to it.
    pub site: Option<SiteId>,
    /// Only goods of this programme.
    pub programme: Option<ProgrammeId>,
    /// Only what took effect by this time: RFC 3339, or a date for its whole day; days are counted from there
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Lots that expire, the first to do so first, each with where its goods are and whether they arrive in time. Of `arrival` a
/// page may be short and yet have a `next`.
#[utoipa::path(get, path = "/api/v1/lots/expiring", tag = "stock", params(ExpiringQuery),
    responses((status = 200, description = "A page", body = KnownPage<ExpiringView>)))]
pub async fn lots_expiring(
    permit: Permit<action::LotWatch>,
    state: State,
    forecasting: Data<Forecasting>,
    query: Query<ExpiringQuery>,
) -> Outcome<Json<KnownPage<ExpiringView>>> {
    let query = query.0;
    let within = query.within.as_deref().map(str::parse::<Within>).transpose();
    let within = within.map_err(|words| Problem::field("/within", words))?.unwrap_or_default();
    let moment = Moment::read(query.as_of.as_deref(), query.known_at.as_deref())?;
    let paging: Paging<ExpiryKey> = Paging::new(query.after.as_deref(), query.limit)?;
    let filter = LotFilter { item: query.item, site: query.site, programme: query.programme };
    let asked = ExpiringAsked { within, filter, moment };
    let read =
        move |conn: &mut _| expiring_list(conn, permit.scope(), &asked, &paging, (&forecasting, now()));
    Ok(Json(state.read(read).await?))
}

/// Which lots under recall are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecalledQuery {
    /// Only of this item.
    pub item: Option<ItemId>,
    /// Only goods at this site, or under way to it.
    pub site: Option<SiteId>,
    /// Only goods of this programme.
    pub programme: Option<ProgrammeId>,
    /// Only what took effect by this time: RFC 3339, or a date for its whole day
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time; the same sequence gives the same figures for ever
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Lots under recall with all goods of them within reach: what is held where, what is missing, and what people have. Whoever is
/// bound to nothing reads of those of which nothing has come, too.
#[utoipa::path(get, path = "/api/v1/lots/recalled", tag = "stock", params(RecalledQuery),
    responses((status = 200, description = "A page", body = KnownPage<RecalledView>)))]
pub async fn lots_recalled(
    permit: Permit<action::LotWatch>,
    state: State,
    query: Query<RecalledQuery>,
) -> Outcome<Json<KnownPage<RecalledView>>> {
    let query = query.0;
    let moment = Moment::read(query.as_of.as_deref(), query.known_at.as_deref())?;
    let paging: Paging<LotId> = Paging::new(query.after.as_deref(), query.limit)?;
    let filter = LotFilter { item: query.item, site: query.site, programme: query.programme };
    let read = move |conn: &mut _| recalled_list(conn, permit.scope(), (filter, moment), &paging, now());
    Ok(Json(state.read(read).await?))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_lots_expiring, lots_expiring);
    routes.add(__path_lots_recalled, lots_recalled);
}
