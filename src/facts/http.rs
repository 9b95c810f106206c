//! Further facts over HTTP.

use super::store::reference_facts;
use crate::auth::{Permit, action};
use crate::core::id::SubjectId;
use crate::core::problem::Outcome;
use crate::web::{Path, Routes, State};
use actix_web::web::Json as JsonBody;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What files say further of a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FactsView {
    /// The organization, site or item.
    pub id: SubjectId,
    /// Name to words, as the file has them.
    pub facts: BTreeMap<String, String>,
}

/// Read further facts of an organization, site or item
///
/// What imported files say of it beyond its own members. Facts of a pledge's lines stand in the pledge.
#[utoipa::path(get, path = "/api/v1/facts/{id}", tag = "facts",
    params(("id" = SubjectId, Path, description = "Which organization, site or item")),
    responses((status = 200, description = "Its facts", body = FactsView)))]
pub async fn facts_read(
    permit: Permit<action::FactsRead>,
    state: State,
    id: Path<SubjectId>,
) -> Outcome<JsonBody<FactsView>> {
    let id = id.0;
    let facts = state.read(move |conn| reference_facts(conn, &permit, id)).await?;
    Ok(JsonBody(FactsView { id, facts }))
}

/// Declares the routes of facts.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_facts_read, facts_read);
}
