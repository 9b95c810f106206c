//! Recipes of kits over HTTP.

use super::recipe::{KitCreate, KitRevise};
use super::rules::{Component, KitDraft, KitVersion};
use super::store::{Whole, kit_list, kit_read};
use crate::auth::{Permit, action};
use crate::core::id::KitId;
use crate::core::page::{KnownPage, Page};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::{last_known, read_known_at};
use crate::web::{
    IfMatch, Json, Paging, Path, ProblemBody, Query, Routes, State, Tagged, Written, WrittenBody, encode_key,
};
use crate::writer::Recorded;
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A version of a kit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KitView {
    /// The kit.
    pub id: KitId,
    /// Which version, from 1; the ETag of the last.
    pub version: i64,
    /// Short name.
    pub code: String,
    /// What it is.
    pub name: String,
    /// What one kit holds.
    pub components: Vec<Component>,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
    /// When that was recorded.
    pub recorded_at: Timestamp,
}

impl From<&Whole> for KitView {
    fn from(whole: &Whole) -> Self {
        let Whole { recipe, components } = whole;
        Self {
            id: recipe.kit_id,
            version: recipe.version,
            code: recipe.code.clone(),
            name: recipe.name.clone(),
            components: components.clone(),
            sequence: recipe.sequence,
            recorded_at: recipe.recorded_at,
        }
    }
}

/// A kit with every version it had.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KitDetail {
    /// As it is packed now.
    #[serde(flatten)]
    pub kit: KitView,
    /// All versions, the first first.
    pub versions: Vec<KitView>,
}

fn written(recorded: Recorded<Arc<Whole>>) -> Written<KitView> {
    let recorded = recorded.map(|whole| KitView::from(whole.as_ref()));
    let version = recorded.answer.version;
    Written::revised(recorded, version)
}

/// Record a kit that is packed here
///
/// With an `id` of your own the request may be repeated: the same body again answers 200 and changes nothing.
#[utoipa::path(post, path = "/api/v1/kits", tag = "items", request_body = KitDraft, responses(
    (status = 201, description = "Recorded", body = WrittenBody<KitView>),
    (status = 200, description = "Was recorded before", body = WrittenBody<KitView>),
    (status = 409, description = "The id or the code stands for another kit",
        body = ProblemBody, content_type = "application/problem+json")))]
pub async fn kit_create(
    permit: Permit<action::ItemWrite>,
    state: State,
    body: Json<KitDraft>,
) -> Outcome<Written<KitView>> {
    let update = KitCreate::new(permit.actor(), &body.0, KitId(Uuid::now_v7()))?;
    Ok(written(state.writer.record(update).await?))
}

/// Record a further version of a kit
///
/// Send `If-Match` with the ETag of the version you read. What was packed by earlier versions stays what it is.
#[utoipa::path(post, path = "/api/v1/kits/{id}/versions", tag = "items", request_body = KitVersion,
    params(("id" = KitId, Path), ("If-Match" = String, Header, description = "The ETag you read")), responses(
        (status = 200, description = "Recorded, or it was so before", body = WrittenBody<KitView>),
        (status = 412, description = "Changed since you read it",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn kit_revise(
    permit: Permit<action::ItemWrite>,
    state: State,
    id: Path<KitId>,
    read: IfMatch,
    body: Json<KitVersion>,
) -> Outcome<Written<KitView>> {
    let update = KitRevise { actor: permit.actor(), id: id.0, read, version: body.0.checked()? };
    Ok(written(state.writer.record(update).await?))
}

/// Which kits are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KitQuery {
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// List kits, each in its last version
#[utoipa::path(get, path = "/api/v1/kits", tag = "items", params(KitQuery),
    responses((status = 200, description = "A page", body = KnownPage<KitView>)))]
pub async fn kit_index(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    query: Query<KitQuery>,
) -> Outcome<JsonBody<KnownPage<KitView>>> {
    let query = query.0;
    let known_at = read_known_at("known_at", query.known_at.as_deref())?;
    let paging: Paging<KitId> = Paging::new(query.after.as_deref(), query.limit)?;
    let limit = paging.limit;
    let read = move |conn: &mut Conn| {
        let sequence = last_known(conn, known_at, "/known_at")?;
        Ok((kit_list(conn, sequence, (paging.after, limit + 1))?, sequence))
    };
    let (rows, sequence) = state.read(read).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.recipe.kit_id));
    Ok(JsonBody(page.map(|row| KitView::from(&row)).known_at(sequence)))
}

/// As it was known when.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KitKnownQuery {
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
}

/// Show a kit with every version it had
#[utoipa::path(get, path = "/api/v1/kits/{id}", tag = "items", params(("id" = KitId, Path), KitKnownQuery),
    responses((status = 200, description = "The kit, with its last version as ETag", body = KitDetail)))]
pub async fn kit_show(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    id: Path<KitId>,
    query: Query<KitKnownQuery>,
) -> Outcome<Tagged<KitDetail>> {
    let known_at = read_known_at("known_at", query.0.known_at.as_deref())?;
    let read = move |conn: &mut Conn| {
        let sequence = last_known(conn, known_at, "/known_at")?;
        kit_read(conn, id.0, sequence)
    };
    let versions: Vec<KitView> = state.read(read).await?.iter().map(KitView::from).collect();
    let kit = versions.last().cloned().ok_or_else(Problem::not_found)?;
    let revision = kit.version;
    Ok(Tagged { body: KitDetail { kit, versions }, revision })
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_kit_create, kit_create);
    routes.add(__path_kit_revise, kit_revise);
    routes.add(__path_kit_index, kit_index);
    routes.add(__path_kit_show, kit_show);
}
