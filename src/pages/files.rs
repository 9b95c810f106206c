//! Style, scripts and icons: embedded, and served under names that change with what they hold, so that a browser keeps them
//! for a year and never keeps an old one too long. Texts are packed once, as small as they get.

use super::refused::refuse;
use crate::core::hexadecimal::hexadecimal;
use crate::core::problem::{Outcome, Problem};
use crate::web::{Path, Routes, packed, unpacks};
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
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
    bytes: &'static [u8],
    path: String,
    /// The same packed; nothing of a PNG, which is already.
    packed: Option<Bytes>,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Every file: its name, its kind, and what it holds.
const FILES: &[(&str, &str, &str)] = &[
    ("style.css", "text/css; charset=utf-8", include_str!("static/style.css")),
    ("verify.js", "text/javascript; charset=utf-8", include_str!("static/verify.js")),
    // One request for both, which each page of an officer and the worker need.
    ("keep.js", SCRIPT, concat!(include_str!("static/store.js"), include_str!("static/sender.js"))),
    ("badge.js", SCRIPT, include_str!("static/badge.js")),
    ("scan.js", SCRIPT, include_str!("static/scan.js")),
    ("post.js", SCRIPT, include_str!("static/post.js")),
    ("queue.js", SCRIPT, include_str!("static/queue.js")),
    ("live.js", SCRIPT, include_str!("static/live.js")),
    ("take.js", SCRIPT, include_str!("static/take.js")),
    ("left.js", SCRIPT, include_str!("static/left.js")),
    ("imports.js", SCRIPT, include_str!("static/imports.js")),
    ("map.css", "text/css; charset=utf-8", include_str!("static/map.css")),
    ("map.js", "text/javascript; charset=utf-8", include_str!("static/map.js")),
];

const PNG: &str = "image/png";

/// The pictures by which a phone shows these pages among its apps.
const ICONS: &[(&str, &str, &[u8])] = &[
    ("icon.svg", "image/svg+xml", include_bytes!("static/icon.svg")),
    ("icon-180.png", PNG, include_bytes!("static/icon-180.png")),
    ("icon-192.png", PNG, include_bytes!("static/icon-192.png")),
    ("icon-512.png", PNG, include_bytes!("static/icon-512.png")),
];

static SERVED: LazyLock<Vec<File>> = LazyLock::new(|| {
    let one = |name: &'static str, kind: &'static str, bytes: &'static [u8]| {
        let digest = hexadecimal(&Sha256::digest(bytes));
        let path = format!("/static/{}/{name}", digest.get(..DIGITS).unwrap_or_default());
        let packed = if kind == PNG { None } else { packed(bytes, Compression::best()) };
        File { name, kind, bytes, path, packed }
    };
    let texts = FILES.iter().map(|(name, kind, text)| one(name, kind, text.as_bytes()));
    let icons = ICONS.iter().map(|(name, kind, bytes)| one(name, kind, bytes));
    texts.chain(icons).collect()
});

/// Where a file lies; the front page where there is none of the name.
pub fn file(name: &str) -> String {
    SERVED.iter().find(|file| file.name == name).map_or_else(|| "/".to_owned(), |file| file.path.clone())
}

/// Where the files lie that pages are made of, for the worker that keeps them; the phone keeps the icons itself.
pub fn paths() -> Vec<&'static str> {
    let is_icon = |file: &&File| ICONS.iter().any(|(name, ..)| *name == file.name);
    SERVED.iter().filter(|file| !is_icon(file)).map(|file| file.path.as_str()).collect()
}

#[derive(Deserialize)]
struct Asked {
    digest: String,
    name: String,
}

async fn serve(request: HttpRequest, asked: Path<Asked>) -> Outcome<HttpResponse> {
    let path = format!("/static/{}/{}", asked.0.digest, asked.0.name);
    let file = SERVED.iter().find(|file| file.path == path).ok_or_else(Problem::not_found)?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static(file.kind)));
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)));
    // Who keeps it for many readers keeps it apart for those who unpack it and those who do not.
    response.insert_header((VARY, HeaderValue::from_static("accept-encoding")));
    match &file.packed {
        Some(packed) if unpacks(&request) => {
            response.insert_header((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
            Ok(response.body(packed.clone()))
        }
        Some(_) | None => Ok(response.body(file.bytes)),
    }
}

/// The route of files.
pub fn routes(routes: &mut Routes) {
    routes.page(refuse, Method::GET, "/static/{digest}/{name}", serve);
}
