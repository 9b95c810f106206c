//! What waits on the phone, and the worker that keeps pages for when there is no connection.

use super::words::QueueWord;
use crate::auth::{Permit, action};
use crate::core::problem::{Outcome, Problem};
use crate::pages::files::paths;
use crate::pages::frame::Frame;
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, shown};
use crate::pages::words::Word;
use crate::web::Routes;
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use askama::Template;

/// The worker, behind the list of files that it keeps.
const WORKER: &str = include_str!("../static/worker.js");
/// What the worker may do: load the scripts it shares with pages, and ask this server.
const WORKER_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'";

#[derive(Template)]
#[template(path = "board/queue.html")]
struct QueuePage {
    frame: Frame,
}

async fn queue(_permit: Permit<action::EventSubmit>, visitor: Visitor) -> Outcome<HttpResponse> {
    shown(&QueuePage { frame: visitor.frame(QueueWord::Title).with_script("queue.js") })
}

/// The worker. It changes whenever a file changes that it keeps, so that browsers take the new ones.
async fn worker() -> Outcome<HttpResponse> {
    let files = serde_json::to_string(&paths()).map_err(|error| Problem::internal(error.to_string()))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")));
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-cache")));
    response.insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(WORKER_POLICY)));
    Ok(response.body(format!("const FILES = {files};\n{WORKER}")))
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/board/queue", queue);
    routes.page(refuse, Method::GET, "/worker.js", worker);
}
