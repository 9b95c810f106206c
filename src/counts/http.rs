//! Count sheets over HTTP: open, count, hand in, post, void; as a table too.

use super::fill::{SheetCount, SheetOpen, SheetSubmit, SheetVoid};
use super::post::{PostedSheet, SheetPost};
use super::read::{
    SheetView, line_views, sheet_list, sheet_reached, sheet_read, sheet_view, site_reached, snapshot,
    snapshot_of,
};
use super::rules::{CountEntry, LineReason, SheetDraft, check_void_reason};
use super::store::CountSheet;
use super::table::{csv_of, entries_of};
use crate::auth::{Action, Permit, action, now};
use crate::core::check::check_client_id;
use crate::core::id::{CountSheetId, EventId, SiteId};
use crate::core::page::Page;
use crate::core::problem::{Code, Outcome, Problem};
use crate::ledger::event::{EventResult, EventStatus};
use crate::web::{
    BODY_LIMIT, Json, Paging, Path, Query, Routes, State, Written, WrittenBody, encode_key, read_body,
};
use crate::writer::Recorded;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Json as JsonBody, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What a filled sheet may be sent as.
const TABLE_TYPES: [&str; 2] =
    ["text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"];

/// The sheet as it stands once something was recorded of it.
async fn written(
    permit: Permit<action::CountWrite>,
    state: &State,
    recorded: Recorded<Arc<CountSheet>>,
) -> Outcome<Written<SheetView>> {
    let (id, is_new) = (recorded.answer.id, recorded.answer.revision == 1 && recorded.leaf.is_some());
    let view = state.read(move |conn| sheet_view(conn, &permit, id)).await?;
    let recorded = recorded.map(|_| view);
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

/// Opens a sheet over what is recorded as free stock of a site at a minute. What is reserved for consignments stands
/// apart, and is not on it.
#[utoipa::path(post, path = "/api/v1/count-sheets", tag = "stock", request_body = SheetDraft,
    responses((status = 201, description = "Opened", body = WrittenBody<SheetView>),
        (status = 200, description = "Opened before", body = WrittenBody<SheetView>)))]
pub async fn count_sheet_open(
    permit: Permit<action::CountWrite>,
    state: State,
    body: Json<SheetDraft>,
) -> Outcome<Written<SheetView>> {
    let draft = body.0;
    let as_of = draft.checked(now())?;
    let (reader, site, wanted) = (permit.clone(), draft.site, draft.items.clone());
    let found = state
        .read(move |conn| {
            site_reached(conn, reader.scope(), site)?;
            snapshot(conn, site, as_of, wanted.as_deref())
        })
        .await?;
    let open = SheetOpen::new(permit.actor(), draft, as_of, found, CountSheetId(Uuid::now_v7()))?;
    let recorded = state.writer.record(open).await?;
    written(permit, &state, recorded).await
}

/// What a list of sheets is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SheetQuery {
    /// Of this site.
    pub site: Option<SiteId>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Lists sheets.
#[utoipa::path(get, path = "/api/v1/count-sheets", tag = "stock", params(SheetQuery),
    responses((status = 200, description = "A page", body = Page<SheetView>)))]
pub async fn count_sheet_list(
    permit: Permit<action::StockRead>,
    state: State,
    query: Query<SheetQuery>,
) -> Outcome<JsonBody<Page<SheetView>>> {
    let query = query.0;
    let paging: Paging<CountSheetId> = Paging::new(query.after.as_deref(), query.limit)?;
    let limit = paging.limit;
    let rows = state.read(move |conn| sheet_list(conn, &permit, query.site, &paging)).await?;
    Ok(JsonBody(Page::from_rows(rows, limit, |row| encode_key(&row.id))))
}

/// Shows a sheet with its lines, and the movements and late entries that cross it.
#[utoipa::path(get, path = "/api/v1/count-sheets/{id}", tag = "stock", params(("id" = CountSheetId, Path)),
    responses((status = 200, body = SheetView)))]
pub async fn count_sheet_show(
    permit: Permit<action::StockRead>,
    state: State,
    path: Path<CountSheetId>,
) -> Outcome<JsonBody<SheetView>> {
    let view = state.read(move |conn| sheet_view(conn, &permit, path.0)).await?;
    Ok(JsonBody(view))
}

/// A sheet as a table to be filled in (RFC 4180), in which no cell is a formula. What is recorded stands on it where it
/// is not blind, or was handed in.
#[utoipa::path(get, path = "/api/v1/count-sheets/{id}/table", tag = "stock", params(("id" = CountSheetId, Path)),
    responses((status = 200, description = "The table", body = String, content_type = "text/csv")))]
pub async fn count_sheet_table(
    permit: Permit<action::StockRead>,
    state: State,
    path: Path<CountSheetId>,
) -> Outcome<HttpResponse> {
    let id = path.0;
    let text = state
        .read(move |conn| {
            let (sheet, lines) = sheet_read(conn, &permit, id)?;
            csv_of(&line_views(conn, &sheet, lines)?)
        })
        .await?;
    let name = format!("attachment; filename=\"count-sheet-{id}.csv\"");
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, name))
        .body(text))
}

fn check_table_type(request: &HttpRequest) -> Outcome<()> {
    let claimed = request.content_type().trim().to_ascii_lowercase();
    if TABLE_TYPES.contains(&claimed.as_str()) {
        return Ok(());
    }
    let words = format!("The table is sent as {claimed:?}; send it as {}.", TABLE_TYPES.join(" or "));
    Err(Problem::new(Code::UnsupportedMediaType, words))
}

/// Enters the figures of a table that was filled in: a sheet's, as CSV or XLSX. Rows without a line are goods that were
/// not on it.
#[utoipa::path(post, path = "/api/v1/count-sheets/{id}/table", tag = "stock", params(("id" = CountSheetId, Path)),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "Entered", body = WrittenBody<SheetView>)))]
pub async fn count_sheet_upload(
    permit: Permit<action::CountWrite>,
    state: State,
    request: HttpRequest,
    path: Path<CountSheetId>,
    payload: Payload,
) -> Outcome<Written<SheetView>> {
    let (reader, id) = (permit.clone(), path.0);
    state.read(move |conn| sheet_reached(conn, &reader, id)).await?;
    check_table_type(&request)?;
    let bytes = read_body(&request, payload.into_inner(), BODY_LIMIT).await?.to_vec();
    let entries = state.read(move |conn| entries_of(conn, bytes)).await?;
    let recorded = state.writer.record(SheetCount { actor: permit.actor(), id, entries }).await?;
    written(permit, &state, recorded).await
}

/// Figures that are entered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountEntries {
    /// Up to 500, each of one line or of goods that are not on the sheet.
    pub counts: Vec<CountEntry>,
}

/// Enters figures. A line may be entered again until the sheet is handed in.
#[utoipa::path(post, path = "/api/v1/count-sheets/{id}/counts", tag = "stock", params(("id" = CountSheetId, Path)),
    request_body = CountEntries, responses((status = 200, description = "Entered", body = WrittenBody<SheetView>)))]
pub async fn count_sheet_count(
    permit: Permit<action::CountWrite>,
    state: State,
    path: Path<CountSheetId>,
    body: Json<CountEntries>,
) -> Outcome<Written<SheetView>> {
    let (reader, id) = (permit.clone(), path.0);
    state.read(move |conn| sheet_reached(conn, &reader, id)).await?;
    let entries = body.0.counts.into_iter().enumerate();
    let entries = entries.map(|(index, entry)| (format!("/counts/{index}"), entry)).collect();
    let recorded = state.writer.record(SheetCount { actor: permit.actor(), id, entries }).await?;
    written(permit, &state, recorded).await
}

/// Hands a sheet in, once every line has a figure. From then on nothing of it changes, and its differences are shown.
#[utoipa::path(post, path = "/api/v1/count-sheets/{id}/submit", tag = "stock", params(("id" = CountSheetId, Path)),
    responses((status = 200, description = "Handed in", body = WrittenBody<SheetView>)))]
pub async fn count_sheet_submit(
    permit: Permit<action::CountWrite>,
    state: State,
    path: Path<CountSheetId>,
) -> Outcome<Written<SheetView>> {
    let (reader, id) = (permit.clone(), path.0);
    let snapshot = state.read(move |conn| snapshot_of(conn, &reader, id)).await?;
    let submit = SheetSubmit { actor: permit.actor(), id, snapshot };
    let recorded = state.writer.record(submit).await?;
    written(permit, &state, recorded).await
}

/// How a sheet is posted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetPosting {
    /// The identifier of the event it becomes, made by you (UUIDv7).
    #[serde(default)]
    pub event: Option<EventId>,
    /// Why lines differ of which nothing else is said.
    #[serde(default)]
    pub reason: Option<String>,
    /// Why single lines differ.
    #[serde(default)]
    pub reasons: Vec<LineReason>,
}

/// A sheet that was posted, with the event it became.
#[derive(Serialize, ToSchema)]
pub struct SheetPosted {
    /// The sheet.
    pub sheet: SheetView,
    /// What became of its event.
    pub event: EventResult,
}

/// Posts what a sheet found as one `counted` event at its minute. Where anything differs it counts once somebody else
/// approves it.
#[utoipa::path(post, path = "/api/v1/count-sheets/{id}/post", tag = "stock", params(("id" = CountSheetId, Path)),
    request_body = SheetPosting, responses(
        (status = 200, description = "Nothing differs, and it counts", body = WrittenBody<SheetPosted>),
        (status = 202, description = "Proposed", body = WrittenBody<SheetPosted>)))]
pub async fn count_sheet_post(
    permit: Permit<action::CountWrite>,
    state: State,
    path: Path<CountSheetId>,
    body: Json<SheetPosting>,
) -> Outcome<Written<SheetPosted>> {
    let (reader, id, posting) = (permit.clone(), path.0, body.0);
    check_client_id("/event", posting.event.map(|event| event.0))?;
    let snapshot = state.read(move |conn| snapshot_of(conn, &reader, id)).await?;
    let post = SheetPost {
        actor: permit.further(Action::EventPost)?,
        id,
        event: posting.event,
        fallback: EventId(Uuid::now_v7()),
        reason: posting.reason,
        reasons: posting.reasons,
        snapshot,
    };
    let recorded = state.writer.record(post).await?;
    let sheet = state.read(move |conn| sheet_view(conn, &permit, id)).await?;
    Ok(posted(recorded, sheet))
}

fn posted(recorded: Recorded<PostedSheet>, sheet: SheetView) -> Written<SheetPosted> {
    let event = recorded.answer.1.clone();
    let is_open = event.status != EventStatus::Posted;
    let written = Written::changed(recorded.map(|_| SheetPosted { sheet, event }));
    if is_open { written.proposed() } else { written }
}

/// Why a sheet is voided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetVoiding {
    /// Why.
    pub reason: String,
}

/// Voids a sheet. It stays; what it was posted as is reversed first.
#[utoipa::path(post, path = "/api/v1/count-sheets/{id}/void", tag = "stock", params(("id" = CountSheetId, Path)),
    request_body = SheetVoiding, responses((status = 200, description = "Void", body = WrittenBody<SheetView>)))]
pub async fn count_sheet_void(
    permit: Permit<action::CountWrite>,
    state: State,
    path: Path<CountSheetId>,
    body: Json<SheetVoiding>,
) -> Outcome<Written<SheetView>> {
    check_void_reason(&body.0.reason)?;
    let (reader, id) = (permit.clone(), path.0);
    state.read(move |conn| sheet_reached(conn, &reader, id)).await?;
    let void = SheetVoid { actor: permit.actor(), id, reason: body.0.reason };
    let recorded = state.writer.record(void).await?;
    written(permit, &state, recorded).await
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_count_sheet_open, count_sheet_open);
    routes.add(__path_count_sheet_list, count_sheet_list);
    routes.add(__path_count_sheet_show, count_sheet_show);
    routes.add(__path_count_sheet_table, count_sheet_table);
    routes.add(__path_count_sheet_upload, count_sheet_upload);
    routes.add(__path_count_sheet_count, count_sheet_count);
    routes.add(__path_count_sheet_submit, count_sheet_submit);
    routes.add(__path_count_sheet_post, count_sheet_post);
    routes.add(__path_count_sheet_void, count_sheet_void);
    super::http_card::routes(routes);
}
