//! Style and scripts: embedded, and served under names that change with what they hold, so that a browser keeps them
//! for a year and never keeps an old one too long.

use super::refused::refuse;
use crate::core::hexadecimal::hexadecimal;
use crate::core::problem::{Outcome, Problem};
use crate::web::{Path, Routes};
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// Digits of a digest in a name: enough that no two versions ever share one.
const DIGITS: usize = 12;
/// What never changes under its name is kept for as long as browsers keep anything.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

struct File {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    path: String,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Every file: its name, its kind, and what it holds.
const FILES: &[(&str, &str, &str)] = &[
    ("style.css", "text/css; charset=utf-8", include_str!("static/style.css")),
    ("verify.js", "text/javascript; charset=utf-8", include_str!("static/verify.js")),
    ("store.js", SCRIPT, include_str!("static/store.js")),
    ("sender.js", SCRIPT, include_str!("static/sender.js")),
    ("badge.js", SCRIPT, include_str!("static/badge.js")),
    ("scan.js", SCRIPT, include_str!("static/scan.js")),
    ("post.js", SCRIPT, include_str!("static/post.js")),
    ("queue.js", SCRIPT, include_str!("static/queue.js")),
    ("map.css", "text/css; charset=utf-8", include_str!("static/map.css")),
    ("map.js", "text/javascript; charset=utf-8", include_str!("static/map.js")),
];

static SERVED: LazyLock<Vec<File>> = LazyLock::new(|| {
    let one = |(name, kind, text): &(&'static str, &'static str, &'static str)| {
        let digest = hexadecimal(&Sha256::digest(text.as_bytes()));
        let path = format!("/static/{}/{name}", digest.get(..DIGITS).unwrap_or_default());
        File { name, kind, text, path }
    };
    FILES.iter().map(one).collect()
});

/// Where a file lies; the front page where there is none of the name.
pub fn file(name: &str) -> String {
    SERVED.iter().find(|file| file.name == name).map_or_else(|| "/".to_owned(), |file| file.path.clone())
}

/// Where all files lie, for the worker that keeps them.
pub fn paths() -> Vec<&'static str> {
    SERVED.iter().map(|file| file.path.as_str()).collect()
}

#[derive(Deserialize)]
struct Asked {
    digest: String,
    name: String,
}

async fn serve(asked: Path<Asked>) -> Outcome<HttpResponse> {
    let path = format!("/static/{}/{}", asked.0.digest, asked.0.name);
    let file = SERVED.iter().find(|file| file.path == path).ok_or_else(Problem::not_found)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static(file.kind)));
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)));
    Ok(response.body(file.text))
}

/// The route of files.
pub fn routes(routes: &mut Routes) {
    routes.page(refuse, Method::GET, "/static/{digest}/{name}", serve);
}
