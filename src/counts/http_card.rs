//! The stock card over HTTP.

use super::card::{CardKey, CardQuestion, CardView, card_read};
use crate::auth::{Permit, action};
use crate::core::id::{ItemId, SiteId};
use crate::core::problem::Outcome;
use crate::web::{Paging, Path, Query, Routes, State};
use actix_web::web::Json;
use serde::Deserialize;

/// Which card is wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CardQuery {
    /// Of this item.
    pub item: ItemId,
    /// Of the lot of this number; empty for goods whose lot is not known; all lots together if left out.
    pub lot: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// The card of an item at a site: every event that touched what lies there, free or reserved, in the order in which
/// they count, with what came, what went and the balance after it. The last balance is what the stock of the site says.
#[utoipa::path(get, path = "/api/v1/sites/{id}/stock/card", tag = "stock",
    params(("id" = SiteId, Path), CardQuery), responses((status = 200, body = CardView)))]
pub async fn stock_card(
    permit: Permit<action::StockRead>,
    state: State,
    path: Path<SiteId>,
    query: Query<CardQuery>,
) -> Outcome<Json<CardView>> {
    let query = query.0;
    let paging: Paging<CardKey> = Paging::new(query.after.as_deref(), query.limit)?;
    let question = CardQuestion { site: path.0, item: query.item, lot: query.lot };
    let view = state.read(move |conn| card_read(conn, &permit, &question, &paging)).await?;
    Ok(Json(view))
}

/// The route of the card.
pub(super) fn routes(routes: &mut Routes) {
    routes.add(__path_stock_card, stock_card);
}
