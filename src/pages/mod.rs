//! The pages people open in a browser.
//!
//! Until there are more this is the start page. Pages work on a phone, without scripts, and need nothing
//! from outside. Never here: figures worked out in a page; a page shows what a room answers.

use crate::exchange::demo::{gap, published_programme};
use crate::programmes::read_programme;
use crate::web::{Routes, State};
use actix_web::HttpResponse;

const START: &str = include_str!("start.html");
/// Where the page says what the demonstration's published facts leave open.
const GAP: &str = "<!-- gap -->\n";

async fn start(state: State) -> HttpResponse {
    // A page that cannot ask is shown all the same.
    let has_published = state.read(|conn| read_programme(conn, published_programme())).await.is_ok();
    let words = match gap() {
        Ok(gap) if has_published => {
            format!("<p>Masks of the Cities Project 2020, as published. {}</p>\n", gap.words())
        }
        Ok(_) | Err(_) => String::new(),
    };
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(START.replacen(GAP, &words, 1))
}

/// The routes of pages.
pub fn routes(routes: &mut Routes) {
    routes.page("/", start);
}
