//! Programmes and reported figures over HTTP.

use super::rules::{ProgrammeDraft, ProgrammeEdit, Qualifier, ReportedFigureDraft};
use super::store::{
    Programme, ProgrammeChange, ProgrammeCreate, ProgrammeFilter, ReportedFigure, ReportedFigureAdd,
    list_programmes, list_reported_figures, read_programme,
};
use crate::auth::{Permit, action};
use crate::core::check::search_prefix;
use crate::core::id::{ProgrammeId, ReportedFigureId};
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

/// A programme as it is known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProgrammeView {
    /// Which one.
    pub id: ProgrammeId,
    /// Short name.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// Whether no place below country, no stock and no route is public.
    pub sensitive: bool,
    /// Whether its data are invented.
    pub synthetic: bool,
    /// Its focus areas in their order.
    pub focus_areas: Vec<String>,
    /// Counts the edits, from 1; the ETag.
    pub revision: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Since when anybody may read its figures; absent where it is not published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
}

impl ProgrammeView {
    fn of(programme: &Programme) -> Outcome<Self> {
        Ok(Self {
            id: programme.id,
            code: programme.code.clone(),
            name: programme.name.clone(),
            sensitive: programme.sensitive,
            synthetic: programme.synthetic,
            focus_areas: programme.focus_areas()?,
            revision: programme.revision,
            created_at: programme.created_at,
            updated_at: programme.updated_at,
            published_at: programme.published_at,
        })
    }
}

/// A figure others reported; nothing here was computed by this ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportedFigureView {
    /// Which one.
    pub id: ReportedFigureId,
    /// Heading it stood under.
    pub section: String,
    /// What was counted.
    pub figure: String,
    /// The number, in `unit`.
    pub value: i64,
    /// How exactly it was said; null where it was said plainly.
    pub qualifier: Option<Qualifier>,
    /// What the number counts.
    pub unit: String,
    /// The day the figure holds for.
    #[schema(format = Date)]
    pub as_of: String,
    /// Where it was published.
    pub source: String,
}

impl ReportedFigureView {
    /// As it goes over the wire.
    ///
    /// # Errors
    /// `internal` where the database holds something nobody writes.
    pub fn of(figure: &ReportedFigure) -> Outcome<Self> {
        let unreadable =
            || Problem::internal(format!("reported_figures.qualifier of {} cannot be read", figure.id));
        let qualifier = figure.qualifier.as_deref();
        Ok(Self {
            id: figure.id,
            section: figure.section.clone(),
            figure: figure.figure.clone(),
            value: figure.value,
            qualifier: qualifier.map(|word| Qualifier::from_word(word).ok_or_else(unreadable)).transpose()?,
            unit: figure.unit.clone(),
            as_of: figure.as_of.clone(),
            source: figure.source.clone(),
        })
    }
}

/// Which programmes are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
    /// Only sensitive ones, or only the others.
    pub sensitive: Option<bool>,
    /// Only synthetic ones, or only the others.
    pub synthetic: Option<bool>,
    /// Only whose name or code begins so; whether A to Z are capitals does not matter.
    pub q: Option<String>,
}

fn written(recorded: Recorded<Arc<Programme>>) -> Outcome<Written<ProgrammeView>> {
    let answer = ProgrammeView::of(&recorded.answer)?;
    let revision = answer.revision;
    Ok(Written::revised(Recorded { answer, leaf: recorded.leaf }, revision))
}

/// Record a programme
///
/// With an `id` of your own the request may be repeated: the same body again answers 200 and changes nothing.
#[utoipa::path(post, path = "/api/v1/programmes", tag = "programmes", request_body = ProgrammeDraft, responses(
    (status = 201, description = "Recorded", body = WrittenBody<ProgrammeView>),
    (status = 200, description = "Was recorded before", body = WrittenBody<ProgrammeView>),
    (status = 409, description = "The id or the code stands for another programme",
        body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn programme_create(
    permit: Permit<action::ProgrammeWrite>,
    state: State,
    body: Json<ProgrammeDraft>,
) -> Outcome<Written<ProgrammeView>> {
    let update = ProgrammeCreate::new(permit.actor(), &body.0, ProgrammeId(Uuid::now_v7()))?;
    written(state.writer.record(update).await?)
}

/// Read a programme
#[utoipa::path(get, path = "/api/v1/programmes/{id}", tag = "programmes",
    params(("id" = ProgrammeId, Path, description = "Which programme")),
    responses((status = 200, description = "The programme", body = ProgrammeView)))]
pub async fn programme_read(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    id: Path<ProgrammeId>,
) -> Outcome<Tagged<ProgrammeView>> {
    let body = state.read(move |conn| ProgrammeView::of(&read_programme(conn, id.0)?)).await?;
    let revision = body.revision;
    Ok(Tagged { body, revision })
}

/// List programmes
#[utoipa::path(get, path = "/api/v1/programmes", tag = "programmes", params(ProgrammeQuery),
    responses((status = 200, description = "One page of programmes", body = Page<ProgrammeView>)))]
pub async fn programme_list(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    query: Query<ProgrammeQuery>,
) -> Outcome<JsonBody<Page<ProgrammeView>>> {
    let query = query.0;
    let paging = Paging::<ProgrammeId>::new(query.after.as_deref(), query.limit)?;
    let prefix = search_prefix(query.q.as_deref())?;
    let filter = ProgrammeFilter { sensitive: query.sensitive, synthetic: query.synthetic, prefix };
    let limit = paging.limit;
    let rows = state.read(move |conn| list_programmes(conn, &filter, paging.after, limit + 1)).await?;
    let views = rows.iter().map(ProgrammeView::of).collect::<Outcome<Vec<_>>>()?;
    Ok(JsonBody(Page::from_rows(views, limit, |programme| encode_key(&programme.id))))
}

/// Change a programme
///
/// Send `If-Match` with the ETag of the version you read. A field left out stays as it is.
#[utoipa::path(patch, path = "/api/v1/programmes/{id}", tag = "programmes", request_body = ProgrammeEdit,
    params(
        ("id" = ProgrammeId, Path, description = "Which programme"),
        ("If-Match" = String, Header, description = "The ETag you read"),
    ),
    responses(
        (status = 200, description = "Changed", body = WrittenBody<ProgrammeView>),
        (status = 409, description = "The code stands for another programme",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 412, description = "Changed since you read it",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn programme_change(
    permit: Permit<action::ProgrammeWrite>,
    state: State,
    id: Path<ProgrammeId>,
    revision: IfMatch,
    body: Json<ProgrammeEdit>,
) -> Outcome<Written<ProgrammeView>> {
    let update = ProgrammeChange { actor: permit.actor(), id: id.0, revision, edit: body.0 };
    written(state.writer.record(update).await?)
}

/// Add a figure others reported
///
/// Figures are appended and never edited: a newer one has a newer date. They are never mixed with what the
/// ledger computes.
#[utoipa::path(post, path = "/api/v1/programmes/{id}/reported-figures", tag = "programmes",
    request_body = ReportedFigureDraft,
    params(("id" = ProgrammeId, Path, description = "Which programme")),
    responses(
        (status = 201, description = "Added", body = WrittenBody<ReportedFigureView>),
        (status = 200, description = "Was added before", body = WrittenBody<ReportedFigureView>),
        (status = 409, description = "Another figure stands under this heading, name and day",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn reported_figure_add(
    permit: Permit<action::ProgrammeWrite>,
    state: State,
    id: Path<ProgrammeId>,
    body: Json<ReportedFigureDraft>,
) -> Outcome<Written<ReportedFigureView>> {
    let update = ReportedFigureAdd::new(permit.actor(), id.0, &body.0)?;
    let Recorded { answer, leaf } = state.writer.record(update).await?;
    let is_new = leaf.is_some();
    let recorded = Recorded { answer: ReportedFigureView::of(&answer)?, leaf };
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

/// Which reported figures are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportedFigureQuery {
    /// As they were known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// List the figures others reported as they were known
#[utoipa::path(get, path = "/api/v1/programmes/{id}/reported-figures", tag = "programmes",
    params(("id" = ProgrammeId, Path, description = "Which programme"), ReportedFigureQuery),
    responses((status = 200, description = "One page of figures", body = KnownPage<ReportedFigureView>)))]
pub async fn reported_figure_list(
    _permit: Permit<action::ReferenceRead>,
    state: State,
    id: Path<ProgrammeId>,
    query: Query<ReportedFigureQuery>,
) -> Outcome<JsonBody<KnownPage<ReportedFigureView>>> {
    let query = query.0;
    let paging = Paging::<ReportedFigureId>::new(query.after.as_deref(), query.limit)?;
    let known_at = read_known_at("known_at", query.known_at.as_deref())?;
    let limit = paging.limit;
    let read = move |conn: &mut Conn| {
        let sequence = last_known(conn, known_at, "/known_at")?;
        Ok((list_reported_figures(conn, id.0, sequence, (paging.after, limit + 1))?, sequence))
    };
    let (rows, sequence) = state.read(read).await?;
    let views = rows.iter().map(ReportedFigureView::of).collect::<Outcome<Vec<_>>>()?;
    Ok(JsonBody(Page::from_rows(views, limit, |figure| encode_key(&figure.id)).known_at(sequence)))
}

/// Declares the routes of programmes.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_programme_create, programme_create);
    routes.add(__path_programme_read, programme_read);
    routes.add(__path_programme_list, programme_list);
    routes.add(__path_programme_change, programme_change);
    routes.add(__path_reported_figure_add, reported_figure_add);
    routes.add(__path_reported_figure_list, reported_figure_list);
}
