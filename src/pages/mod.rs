//! The pages people open in a browser.
//!
//! Until there are more this is the start page. Pages work on a phone, without scripts, and need nothing
//! from outside. Never here: figures worked out in a page; a page shows what a room answers.

use crate::web::Routes;
use actix_web::HttpResponse;

const START: &str = include_str!("start.html");

async fn start() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(START)
}

/// The routes of pages.
pub fn routes(routes: &mut Routes) {
    routes.page("/", start);
}
