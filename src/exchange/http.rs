//! Mappings that are kept, over HTTP.

use super::kept::{KeptMapping, MappingDraft, kept_mapping};
use crate::auth::{Permit, action};
use crate::baselines::http::{asked, listed, stated};
use crate::baselines::{Stated, Statements, is_word};
use crate::core::id::BaselineId;
use crate::core::page::KnownPage;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::{last_known, read_known_at};
use crate::web::{Json, Path, ProblemBody, Query, Routes, State, Written, WrittenBody};
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

asked! {
    /// Which mappings are wanted.
    MappingQuery {
        /// Only of this name.
        pub name: Option<String>,
    }
}

/// A mapping, as it was stated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MappingView {
    /// Which statement.
    pub id: BaselineId,
    /// Its name.
    pub name: String,
    /// What it reads, for people; null where it was withdrawn.
    pub title: Option<String>,
    /// Whether it only ends what was stated.
    pub withdrawn: bool,
    /// The ledger sequence from which it counts: its version.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl From<KeptMapping> for MappingView {
    fn from(row: KeptMapping) -> Self {
        let KeptMapping { id, name, title, withdrawn, sequence, recorded_at, .. } = row;
        Self { id, name, title, withdrawn, sequence, recorded_at }
    }
}

/// A mapping with its text.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MappingText {
    /// The mapping.
    #[serde(flatten)]
    pub mapping: MappingView,
    /// The TOML, byte by byte.
    pub text: Option<String>,
}

/// When a mapping is wanted as it was known.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MappingMoment {
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
}

/// State mappings
///
/// Each is checked as `relief import` checks one. A row replaces what was stated under the same name; with `withdrawn`
/// it ends it. All rows are recorded, or none.
#[utoipa::path(post, path = "/api/v1/mappings", tag = "baselines", request_body = Statements<MappingDraft>,
    responses((status = 201, description = "Recorded", body = WrittenBody<Stated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<Stated>),
        (status = 409, description = "The id stands for other rows",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn mapping_state(
    permit: Permit<action::BaselineWrite>,
    state: State,
    body: Json<Statements<MappingDraft>>,
) -> Outcome<Written<Stated>> {
    stated::<KeptMapping>(&permit, &state, &body.0).await
}

/// List mappings as they were known
#[utoipa::path(get, path = "/api/v1/mappings", tag = "baselines", params(MappingQuery),
    responses((status = 200, description = "One page of mappings", body = KnownPage<MappingView>)))]
pub async fn mapping_list(
    _permit: Permit<action::BaselineRead>,
    state: State,
    query: Query<MappingQuery>,
) -> Outcome<JsonBody<KnownPage<MappingView>>> {
    let asked = query.0.asked([is_word("name", query.0.name.clone())])?;
    listed::<KeptMapping, _>(&state, asked).await
}

/// Read a mapping with its text, as it was known
#[utoipa::path(get, path = "/api/v1/mappings/{name}", tag = "baselines",
    params(("name" = String, Path, description = "Which mapping"), MappingMoment),
    responses((status = 200, description = "The mapping", body = MappingText)))]
pub async fn mapping_read(
    _permit: Permit<action::BaselineRead>,
    state: State,
    name: Path<String>,
    query: Query<MappingMoment>,
) -> Outcome<JsonBody<MappingText>> {
    let known_at = read_known_at("known_at", query.0.known_at.as_deref())?;
    let read = move |conn: &mut Conn| {
        let sequence = last_known(conn, known_at, "/known_at")?;
        kept_mapping(conn, &name.0, sequence)
    };
    let mut kept = state.read(read).await?;
    let text = kept.text.take();
    Ok(JsonBody(MappingText { mapping: kept.into(), text }))
}

/// Declares the routes of mappings.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_mapping_state, mapping_state);
    routes.add(__path_mapping_list, mapping_list);
    routes.add(__path_mapping_read, mapping_read);
    super::http_needs::routes(routes);
    super::http_headcounts::routes(routes);
    super::jobs::http::routes(routes);
}
