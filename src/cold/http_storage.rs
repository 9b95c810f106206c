//! Which storage classes a site can keep, and what lies where it cannot be kept, over HTTP.

use super::storage::{
    MisplacedKey, MisplacedView, StorageNew, StorageState, StorageView, misplaced, storage_read,
};
use crate::auth::{Permit, action};
use crate::core::id::SiteId;
use crate::core::page::{KnownPage, Page};
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::ledger::{Moment, last_known, read_known_at};
use crate::web::{Json, Paging, Path, Query, Routes, State, Written, WrittenBody, encode_key};
use actix_web::web::Json as JsonBody;
use serde::Deserialize;
use utoipa::IntoParams;

/// State which storage classes a site can keep
///
/// What was stated before stays readable, and the same again changes nothing.
#[utoipa::path(post, path = "/api/v1/sites/{id}/storage", tag = "sites", request_body = StorageNew,
    params(("id" = SiteId, Path)), responses((status = 201, description = "Stated", body = WrittenBody<StorageView>),
        (status = 200, description = "Was stated before", body = WrittenBody<StorageView>)))]
pub async fn site_storage_state(
    permit: Permit<action::SiteWrite>,
    state: State,
    path: Path<SiteId>,
    body: Json<StorageNew>,
) -> Outcome<Written<StorageView>> {
    let update = StorageState { actor: permit.actor(), site: path.0, new: body.0.checked()? };
    let recorded = state.writer.record(update).await?;
    let is_new = recorded.leaf.is_some();
    let recorded = recorded.map(|row| StorageView::of(row.site_id, Some(&row)));
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

/// As it was known when.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StorageQuery {
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
}

/// Read which storage classes a site can keep
#[utoipa::path(get, path = "/api/v1/sites/{id}/storage", tag = "sites", params(("id" = SiteId, Path), StorageQuery),
    responses((status = 200, body = StorageView)))]
pub async fn site_storage_show(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    path: Path<SiteId>,
    query: Query<StorageQuery>,
) -> Outcome<JsonBody<StorageView>> {
    let known_at = read_known_at("known_at", query.0.known_at.as_deref())?;
    let read = move |conn: &mut Conn| {
        let sequence = last_known(conn, known_at, "/known_at")?;
        storage_read(conn, path.0, sequence)
    };
    Ok(JsonBody(state.read(read).await?))
}

/// Which goods in the wrong place are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MisplacedQuery {
    /// Only what took effect by this time: RFC 3339, or a date for its whole day
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Goods that lie at sites which are stated not to keep their storage class
#[utoipa::path(get, path = "/api/v1/lots/misplaced", tag = "stock", params(MisplacedQuery),
    responses((status = 200, description = "A page", body = KnownPage<MisplacedView>)))]
pub async fn lots_misplaced(
    permit: Permit<action::LotWatch>,
    state: State,
    query: Query<MisplacedQuery>,
) -> Outcome<JsonBody<KnownPage<MisplacedView>>> {
    let query = query.0;
    let moment = Moment::read(query.as_of.as_deref(), query.known_at.as_deref())?;
    let paging: Paging<MisplacedKey> = Paging::new(query.after.as_deref(), query.limit)?;
    let limit = paging.limit;
    let read = move |conn: &mut Conn| {
        let (past, sequence) = (moment.past(conn)?, last_known(conn, moment.known_at, "/known_at")?);
        Ok((misplaced(conn, permit.scope(), (past, sequence), (paging.after, limit + 1))?, sequence))
    };
    let (rows, sequence) = state.read(read).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&(row.site, row.item)));
    Ok(JsonBody(page.map(MisplacedView::from).known_at(sequence)))
}

/// The routes of storage.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_site_storage_state, site_storage_state);
    routes.add(__path_site_storage_show, site_storage_show);
    routes.add(__path_lots_misplaced, lots_misplaced);
}
