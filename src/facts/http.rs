//! Further facts over HTTP.

use super::store::{Facts, SubjectKind};
use crate::auth::{Permit, action};
use crate::core::id::SubjectId;
use crate::core::problem::Outcome;
use crate::db::read_failure;
use crate::db::schema::facts;
use crate::web::{Path, Routes, State};
use actix_web::web::Json as JsonBody;
use diesel::prelude::*;
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
    _permit: Permit<action::ReferenceRead>,
    state: State,
    id: Path<SubjectId>,
) -> Outcome<JsonBody<FactsView>> {
    let id = id.0;
    let row: Facts = state
        .read(move |conn| {
            facts::table
                .filter(facts::id.eq(id))
                // Who may see a pledge is decided where pledges are shown.
                .filter(facts::kind.ne(SubjectKind::PledgeLine.word()))
                .select(Facts::as_select())
                .first(conn)
                .map_err(read_failure)
        })
        .await?;
    Ok(JsonBody(FactsView { id, facts: row.by_name()? }))
}

/// Declares the routes of facts.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_facts_read, facts_read);
}
