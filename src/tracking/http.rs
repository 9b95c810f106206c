//! The public answer over HTTP, slowed down for each address so that codes cannot be tried out.

use super::linked::{LinkTrace, trace_by_link};
use super::store::{TrackingView, tracking_whole};
use crate::auth::now;
use crate::core::code::{TypedCode, read_tracking_code};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::forecast::Forecasting;
use crate::pledges::link_hash;
use crate::web::{Door, Path, Routes, State};
use actix_web::web::Data;

/// Says where a consignment is, to whoever has its code. A mistyped code is told apart from an unknown one.
#[utoipa::path(get, path = "/api/v1/tracking/{code}", tag = "tracking", params(("code" = String, Path)),
    responses((status = 200, body = TrackingView)))]
pub async fn tracking_show(
    state: State,
    forecasting: Data<Forecasting>,
    path: Path<String>,
) -> Outcome<actix_web::web::Json<TrackingView>> {
    Ok(actix_web::web::Json(tracked_by(&state, forecasting, &path.0).await?))
}

/// What the public may see of the consignment of a code, however it is typed.
///
/// # Errors
/// `not_found` with a member `mistyped`, which tells a code with a slip in it from one that nothing has.
pub async fn tracked_by(state: &State, forecasting: Data<Forecasting>, typed: &str) -> Outcome<TrackingView> {
    let TypedCode::Sound(code) = read_tracking_code(typed) else {
        return Err(Problem::new(
            Code::NotFound,
            "This code is mistyped: a code has twelve letters and digits in three groups, such as 7KQ2-M9XD-4TRF. \
             Look at it once more.",
        )
        .with("mistyped", true));
    };
    let read = move |conn: &mut Conn| tracking_whole(conn, &code, now(), &forecasting);
    state.read(read).await.map_err(|problem| {
        if problem.code != Code::NotFound {
            return problem;
        }
        let words = "This code is well formed, but no consignment has it. Ask whoever gave it to you.";
        Problem::new(Code::NotFound, words).with("mistyped", false)
    })
}

/// Says, to whoever has a pledge's private link, what became of its goods: whom they helped reach, what carries them and when that
/// arrives, and what happened to them. A sensitive programme shows nothing of the way.
#[utoipa::path(get, path = "/api/v1/pledge-links/{code}/trace", tag = "tracking", params(("code" = String, Path)),
    responses((status = 200, body = LinkTrace)))]
pub async fn pledge_link_trace(
    state: State,
    forecasting: Data<Forecasting>,
    path: Path<String>,
) -> Outcome<actix_web::web::Json<LinkTrace>> {
    let TypedCode::Sound(code) = read_tracking_code(&path.0) else { return Err(Problem::not_found()) };
    let hash = link_hash(&code);
    let read = move |conn: &mut Conn| trace_by_link(conn, &hash, now(), &forecasting);
    Ok(actix_web::web::Json(state.read(read).await?))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.public_throttled(Door::Codes, __path_tracking_show, tracking_show);
    routes.public_throttled(Door::Links, __path_pledge_link_trace, pledge_link_trace);
}
