//! What is in a warehouse: one page.

use super::store::{StockView, stock_read};
use crate::auth::{Permit, action};
use crate::core::id::SiteId;
use crate::core::problem::Outcome;
use crate::ledger::Moment;
use crate::web::{MomentQuery, Path, Query, Routes, State};

/// Says what is at a site, by item and lot: free, allocated, on hold, damaged, expired; or what was there at another moment.
#[utoipa::path(get, path = "/api/v1/sites/{id}/stock", tag = "stock",
    params(("id" = String, Path), MomentQuery), responses((status = 200, body = StockView)))]
pub async fn stock_show(
    permit: Permit<action::StockRead>,
    state: State,
    path: Path<SiteId>,
    query: Query<MomentQuery>,
) -> Outcome<actix_web::web::Json<StockView>> {
    let today = chrono::Utc::now().date_naive().to_string();
    let moment = Moment::read(query.0.as_of.as_deref(), query.0.known_at.as_deref())?;
    let view = state.read(move |conn| stock_read(conn, &permit, path.0, moment, today)).await?;
    Ok(actix_web::web::Json(view))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_stock_show, stock_show);
}
