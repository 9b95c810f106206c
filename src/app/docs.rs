//! The OpenAPI document and Swagger UI, which is built in and needs nothing from outside.

use crate::core::problem::{Outcome, Problem};
use crate::web::{Path, Routes};
use actix_web::http::header::{CONTENT_ENCODING, LOCATION};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use std::sync::Arc;
use utoipa_swagger_ui::{Config, serve};

/// Where the document is.
const DOCUMENT: &str = "/api/openapi.json";

/// The document, written once at the start.
#[derive(Clone)]
pub struct Document(pub Bytes);

/// The OpenAPI 3.1 description of this very server.
#[utoipa::path(get, path = "/api/openapi.json", tag = "server",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
pub async fn openapi_document(document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

/// Relative links of the pages behind need the slash.
async fn to_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}

async fn swagger_file(file: Path<String>) -> Outcome<HttpResponse> {
    let config = Arc::new(Config::new([DOCUMENT]));
    let file = serve(&file.0, config)
        .map_err(|error| Problem::internal(format!("Swagger UI: {error}")))?
        .ok_or_else(Problem::not_found)?;
    let mut response = HttpResponse::Ok();
    response.content_type(file.content_type);
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(response.body(file.bytes.into_owned()))
}

/// The routes of the documentation.
pub fn routes(routes: &mut Routes) {
    routes.public(__path_openapi_document, openapi_document);
    routes.files("/docs", to_docs);
    routes.files("/docs/{file:.*}", swagger_file);
}
