//! What is in a warehouse: one page.

use super::store::{StockView, stock_read};
use crate::auth::{Permit, action};
use crate::core::id::SiteId;
use crate::core::problem::Outcome;
use crate::web::{Path, Routes, State};

/// Says what is at a site, by item and lot: free, allocated, on hold, damaged, expired.
#[utoipa::path(get, path = "/api/v1/sites/{id}/stock", tag = "stock", params(("id" = String, Path)),
    responses((status = 200, body = StockView)))]
pub async fn stock_show(
    permit: Permit<action::StockRead>,
    state: State,
    path: Path<SiteId>,
) -> Outcome<actix_web::web::Json<StockView>> {
    let today = chrono::Utc::now().date_naive().to_string();
    let view = state.read(move |conn| stock_read(conn, &permit, path.0, &today)).await?;
    Ok(actix_web::web::Json(view))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_stock_show, stock_show);
}
