//! What a phone is told when somebody adds the pages of an officer to its home screen.

use super::board::{BoardWord, QueueWord};
use super::files::file;
use super::refused::refuse;
use super::visitor::Visitor;
use super::words::Said;
use crate::core::problem::Outcome;
use crate::web::Routes;
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, VARY};
use serde_json::{Value, json};

/// Colours of the top of a page and of the ground it appears on, as in the style's tokens for light.
const THEME: &str = "#f3f6f8";
const GROUND: &str = "#ffffff";

/// One picture, as a phone shows it whole and as it cuts it to a shape.
fn icon(name: &str, kind: &str, sizes: &str, purpose: &str) -> Value {
    json!({"src": file(name), "type": kind, "sizes": sizes, "purpose": purpose})
}

async fn manifest(visitor: Visitor) -> Outcome<HttpResponse> {
    let language = visitor.language();
    let shortcut = |name: BoardWord, path: &str| json!({"name": name.in_language(language), "url": path});
    let told = json!({
        "id": "/board",
        "name": "ReliefLedger",
        "short_name": "ReliefLedger",
        "description": QueueWord::Lead.in_language(language),
        "lang": language.code(),
        "dir": if language.is_right_to_left() { "rtl" } else { "ltr" },
        "start_url": "/board",
        "scope": "/",
        "display": "standalone",
        "theme_color": THEME,
        "background_color": GROUND,
        "icons": [
            icon("icon.svg", "image/svg+xml", "any", "any"),
            icon("icon-192.png", "image/png", "192x192", "any"),
            icon("icon-512.png", "image/png", "512x512", "any"),
            icon("icon-512.png", "image/png", "512x512", "maskable"),
        ],
        "shortcuts": [
            shortcut(BoardWord::ScanOrType, "/board/post"),
            shortcut(BoardWord::Queue, "/board/queue"),
        ],
    });
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/manifest+json")));
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-cache")));
    response.insert_header((VARY, HeaderValue::from_static("Accept-Language, Cookie")));
    Ok(response.body(told.to_string()))
}

/// The route of the manifest. Phones ask for it without saying who they are.
pub fn routes(routes: &mut Routes) {
    routes.page(refuse, Method::GET, "/manifest.webmanifest", manifest);
}
