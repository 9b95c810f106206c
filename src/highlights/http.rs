//! `GET /api/v1/highlights`.

use super::remembered::Remembered;
use super::view::HighlightsView;
use crate::core::id::ProgrammeId;
use crate::core::problem::Outcome;
use crate::web::{Door, Query, Routes, State};
use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::IntoParams;

/// What is asked of highlights.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HighlightsQuery {
    /// Of this published programme; without it, the one published last, those with invented data behind all others.
    pub programme: Option<ProgrammeId>,
    /// Only what took effect by this time: RFC 3339, or a date for its whole day.
    pub as_of: Option<String>,
    /// Only what was recorded by then: a ledger sequence, or a time.
    pub known_at: Option<String>,
}

/// A published programme in figures
///
/// For everybody: what was deployed, in which countries, whom it reached, and what others reported beside it. A programme that
/// nobody published, or that is sensitive, is missing.
#[utoipa::path(get, path = "/api/v1/highlights", tag = "figures", params(HighlightsQuery),
    responses((status = 200, description = "The figures", body = HighlightsView)))]
pub async fn highlights_show(
    state: State,
    remembered: Data<Remembered>,
    query: Query<HighlightsQuery>,
) -> Outcome<HttpResponse> {
    let query = query.0;
    let view = state.read(move |conn| remembered.highlights(conn, &query)).await?;
    Ok(HttpResponse::Ok().json(&*view))
}

/// The route of highlights.
pub fn routes(routes: &mut Routes) {
    routes.public_throttled(Door::Lists, __path_highlights_show, highlights_show);
}
