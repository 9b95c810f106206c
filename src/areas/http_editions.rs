//! Editions of areas and codes that followed others, over HTTP.

use super::rules::{AreaChangeDraft, BoundaryDraft, EditionWords, edition_key};
use super::store::{Boundaries, ChangedArea};
use crate::atlas::CountryCode;
use crate::auth::{Permit, action};
use crate::baselines::http::{asked, listed, stated};
use crate::baselines::{Asked, State as Stating, Stated, Statements, is_id, is_word, list};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{BaselineBatchId, BaselineId};
use crate::core::page::KnownPage;
use crate::core::problem::{Code, FieldError, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::read_known_at;
use crate::web::{Json, Path, ProblemBody, Query, Routes, State, Written, WrittenBody, read_body};
use actix_web::web::{Json as JsonBody, Payload, block};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Bytes of the borders of one country's first-level areas: the longest coasts of COD-AB have some 12 MB.
const BOUNDARY_BYTES_MAX: usize = 16 << 20;
/// Files looked into at once, each in its turn: that takes a core for a second, and updates of goods need one too.
static READING: Semaphore = Semaphore::const_new(1);

/// What an edition of areas is.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BoundaryUpload {
    /// Made by the caller, UUID version 7; the same id, words and file again change nothing.
    pub id: Option<BaselineBatchId>,
    /// The country whose areas they are, ISO 3166-1 alpha-2.
    #[param(value_type = String)]
    pub country: CountryCode,
    /// The name of the edition, such as cod-ab-ken-2023.
    pub name: String,
    /// Where it is from.
    pub source: String,
    /// Under which licence.
    pub licence: String,
    /// The first day these areas were in force.
    pub valid_from: Option<String>,
    /// The last day.
    pub valid_to: Option<String>,
    /// The property of a feature that has its code; those of COD-AB are tried if not said.
    pub code_property: Option<String>,
    /// The property that has its name.
    pub name_property: Option<String>,
}

impl BoundaryUpload {
    fn words(&self) -> EditionWords {
        EditionWords {
            name: self.name.clone(),
            source: self.source.clone(),
            licence: self.licence.clone(),
            valid_from: self.valid_from.clone(),
            valid_to: self.valid_to.clone(),
            code_property: self.code_property.clone(),
            name_property: self.name_property.clone(),
        }
    }
}

/// What was recorded of an edition.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BoundariesStated {
    /// The statement.
    #[serde(flatten)]
    pub stated: Stated,
    /// How many areas it has.
    pub areas: i64,
    /// SHA-256 of the file as it was sent, 64 hexadecimal digits.
    pub sha256: String,
    /// What was put right in it, or looks odd about it: read this before using it.
    pub notes: Vec<FieldError>,
}

/// Load areas of a country
///
/// The body is the file itself: a GeoJSON FeatureCollection of polygons in WGS84 with codes, as OCHA publishes them (COD-AB), of at
/// most 16 MiB. It is kept byte by byte. Everything that is wrong is told, each by its place in the file; rings that run the wrong
/// way are turned, and it is said. The edition counts from this entry on, under its name instead of what was stated under it before.
#[utoipa::path(post, path = "/api/v1/boundaries", tag = "countries", params(BoundaryUpload),
    request_body(content = String, content_type = "application/geo+json"),
    responses((status = 201, description = "Recorded", body = WrittenBody<BoundariesStated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<BoundariesStated>),
        (status = 409, description = "The id stands for another edition",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn boundary_state(
    permit: Permit<action::BaselineWrite>,
    state: State,
    request: HttpRequest,
    query: Query<BoundaryUpload>,
    payload: Payload,
) -> Outcome<Written<BoundariesStated>> {
    let body = read_body(&request, payload.into_inner(), BOUNDARY_BYTES_MAX).await?.to_vec();
    let _turn = READING.acquire().await.map_err(|error| Problem::internal(error.to_string()))?;
    let (draft, notes) = block(move || read(&query.0, body)).await.map_err(stopped)??;
    let (areas, sha256) = draft.rows[0]
        .stated
        .as_ref()
        .map_or((0, String::new()), |said| (said.areas, hexadecimal(&said.sha256)));
    let update = Stating::<Boundaries>::new(permit.actor(), &draft, BaselineBatchId(Uuid::now_v7()))?;
    let recorded = state.writer.record(update).await?;
    let is_new = recorded.leaf.is_some();
    let recorded = recorded.map(|stated| BoundariesStated { stated, areas, sha256, notes });
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

fn stopped(error: actix_web::error::BlockingError) -> Problem {
    Problem::internal(format!("reading areas: {error}"))
}

fn read(query: &BoundaryUpload, body: Vec<u8>) -> Outcome<(Statements<BoundaryDraft>, Vec<FieldError>)> {
    let content = String::from_utf8(body).map_err(|_| {
        Problem::new(Code::Malformed, "The file is not UTF-8, as GeoJSON is; save it so and send it again.")
    })?;
    if content.contains('\0') {
        return Err(Problem::new(
            Code::Malformed,
            "The file has the character U+0000 in it, which no text can hold.",
        ));
    }
    let (draft, notes) = BoundaryDraft::read(query.country, &query.words(), content)?;
    Ok((Statements { id: query.id, rows: vec![draft] }, notes))
}

/// Which edition ends.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BoundaryWithdrawal {
    /// Made by the caller, UUID version 7; the same again changes nothing.
    #[serde(default)]
    pub id: Option<BaselineBatchId>,
}

/// Withdraw an edition of areas
///
/// From this entry on the country's edition before it counts, else the areas that ship. What was stated stays.
#[utoipa::path(post, path = "/api/v1/boundaries/{country}/{name}/withdrawal", tag = "countries",
    params(("country" = String, Path, description = "ISO 3166-1 alpha-2", example = "KE"),
        ("name" = String, Path, description = "The name of the edition")),
    request_body = BoundaryWithdrawal,
    responses((status = 201, description = "Recorded", body = WrittenBody<Stated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<Stated>)))]
pub async fn boundary_withdraw(
    permit: Permit<action::BaselineWrite>,
    state: State,
    path: Path<(String, String)>,
    body: Json<BoundaryWithdrawal>,
) -> Outcome<Written<Stated>> {
    let (country, name) = path.0;
    let rows = vec![BoundaryDraft { country, name, stated: None }];
    stated::<Boundaries>(&permit, &state, &Statements { id: body.0.id, rows }).await
}

asked! {
    /// Which editions are wanted.
    BoundaryQuery {
        /// Only of this country.
        pub country: Option<String>,
    }
}

/// An edition of areas, as it was stated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BoundariesView {
    /// Which statement.
    pub id: BaselineId,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its name within the country.
    pub name: String,
    /// Where it is from; with all that follows, null where it was withdrawn.
    pub source: Option<String>,
    /// Under which licence.
    pub licence: Option<String>,
    /// The first day these areas were in force.
    #[schema(format = Date)]
    pub valid_from: Option<String>,
    /// The last day.
    #[schema(format = Date)]
    pub valid_to: Option<String>,
    /// How many areas it has.
    pub areas: Option<i64>,
    /// SHA-256 of the file as it was sent.
    pub sha256: Option<String>,
    /// Whether it only ends what was stated.
    pub withdrawn: bool,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl From<Boundaries> for BoundariesView {
    fn from(row: Boundaries) -> Self {
        let Boundaries { id, country, name, source, licence, valid_from, valid_to, areas, .. } = row;
        let Boundaries { sha256, withdrawn, sequence, recorded_at, .. } = row;
        let sha256 = sha256.as_deref().map(hexadecimal);
        Self {
            id,
            country,
            name,
            source,
            licence,
            valid_from,
            valid_to,
            areas,
            sha256,
            withdrawn,
            sequence,
            recorded_at,
        }
    }
}

/// List editions of areas as they were known
///
/// In the order of stating. The areas that ship are none of them: they count where nothing newer was loaded.
#[utoipa::path(get, path = "/api/v1/boundaries", tag = "countries", params(BoundaryQuery),
    responses((status = 200, description = "One page of editions", body = KnownPage<BoundariesView>)))]
pub async fn boundary_list(
    _permit: Permit<action::BaselineRead>,
    state: State,
    query: Query<BoundaryQuery>,
) -> Outcome<JsonBody<KnownPage<BoundariesView>>> {
    let asked = query.0.asked([is_word("country", query.0.country.clone())])?;
    listed::<Boundaries, _>(&state, asked).await
}

/// At which moment an edition is wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct BoundaryMoment {
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
}

/// Read the file of an edition, byte by byte
#[utoipa::path(get, path = "/api/v1/boundaries/{country}/{name}", tag = "countries",
    params(("country" = String, Path, description = "ISO 3166-1 alpha-2", example = "KE"),
        ("name" = String, Path, description = "The name of the edition"), BoundaryMoment),
    responses((status = 200, description = "The GeoJSON as it was sent",
        body = String, content_type = "application/geo+json")))]
pub async fn boundary_read(
    _permit: Permit<action::BaselineRead>,
    state: State,
    path: Path<(String, String)>,
    query: Query<BoundaryMoment>,
) -> Outcome<HttpResponse> {
    let known_at = read_known_at("known_at", query.0.known_at.as_deref())?;
    let (country, name) = path.0;
    let read = move |conn: &mut Conn| {
        let conditions = is_id("about", Some(edition_key(&country, &name))).into_iter().collect();
        let asked = Asked { known_at, conditions, limit: 1, ..Asked::default() };
        let (found, _) = list::<Boundaries>(conn, asked)?;
        found.into_iter().next().and_then(|row| row.content).ok_or_else(Problem::not_found)
    };
    let content = state.read(read).await?;
    Ok(HttpResponse::Ok().content_type("application/geo+json").body(content))
}

asked! {
    /// Which changes of areas are wanted.
    AreaChangeQuery {
        /// Only from this code.
        pub from: Option<String>,
        /// Only to this code.
        pub to: Option<String>,
    }
}

/// That one code followed another, as it was stated.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AreaChangeView {
    /// Which statement.
    pub id: BaselineId,
    /// The code that ended.
    pub from: String,
    /// A code that followed it.
    pub to: String,
    /// The day the new code was first in force; null where it was withdrawn.
    #[schema(format = Date)]
    pub on: Option<String>,
    /// Who says so; null where it was withdrawn.
    pub source: Option<String>,
    /// Whether it only ends what was stated.
    pub withdrawn: bool,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

impl From<ChangedArea> for AreaChangeView {
    fn from(row: ChangedArea) -> Self {
        let ChangedArea { id, from_code: from, to_code: to, on_day: on, source, .. } = row;
        let ChangedArea { withdrawn, sequence, recorded_at, .. } = row;
        Self { id, from, to, on, source, withdrawn, sequence, recorded_at }
    }
}

/// State which codes of areas followed which
///
/// A row replaces what was stated of the same two codes; with `withdrawn` it ends it. All rows are recorded, or none.
#[utoipa::path(post, path = "/api/v1/area-changes", tag = "countries", request_body = Statements<AreaChangeDraft>,
    responses((status = 201, description = "Recorded", body = WrittenBody<Stated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<Stated>),
        (status = 409, description = "The id stands for other rows",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn area_change_state(
    permit: Permit<action::BaselineWrite>,
    state: State,
    body: Json<Statements<AreaChangeDraft>>,
) -> Outcome<Written<Stated>> {
    stated::<ChangedArea>(&permit, &state, &body.0).await
}

/// List which codes of areas followed which, as it was known
#[utoipa::path(get, path = "/api/v1/area-changes", tag = "countries", params(AreaChangeQuery),
    responses((status = 200, description = "One page of changes", body = KnownPage<AreaChangeView>)))]
pub async fn area_change_list(
    _permit: Permit<action::BaselineRead>,
    state: State,
    query: Query<AreaChangeQuery>,
) -> Outcome<JsonBody<KnownPage<AreaChangeView>>> {
    let asked = query
        .0
        .asked([is_word("from_code", query.0.from.clone()), is_word("to_code", query.0.to.clone())])?;
    listed::<ChangedArea, _>(&state, asked).await
}

/// Declares the routes of editions.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_boundary_state, boundary_state);
    routes.add(__path_boundary_withdraw, boundary_withdraw);
    routes.add(__path_boundary_list, boundary_list);
    routes.add(__path_boundary_read, boundary_read);
    routes.add(__path_area_change_state, area_change_state);
    routes.add(__path_area_change_list, area_change_list);
}
