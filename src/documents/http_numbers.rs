//! Numbers over HTTP: blocks given out and returned, and the report of a series.

use super::block::{BlockDraft, BlockGive, BlockReturn, NumberBlock};
use super::number::NumberSeries;
use super::reach::{check_block, check_site};
use super::report::{NumberCounts, NumberRun, series_read};
use super::rules::{DocumentKind, number_text};
use crate::auth::{Permit, action};
use crate::core::id::{NumberBlockId, SiteId, UserId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::web::{Json, Paging, Path, Query, Routes, State, Written, WrittenBody, encode_key};
use crate::writer::Recorded;
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Numbers that were given out together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BlockView {
    /// Which block.
    pub id: NumberBlockId,
    /// Of which kind of document.
    pub kind: String,
    /// At which site.
    pub site: SiteId,
    /// In which year.
    pub year: i64,
    /// The first number, as it is written.
    pub from: String,
    /// The last.
    pub to: String,
    /// How many.
    pub count: i64,
    /// The phone or book they are for.
    pub holder: String,
    /// Who gave them out.
    pub given_by: UserId,
    /// When.
    pub given_at: Timestamp,
    /// When what was not used was returned and is void.
    pub returned_at: Option<Timestamp>,
}

fn written(recorded: Recorded<(NumberBlock, NumberSeries)>, may_be_new: bool) -> Written<BlockView> {
    let is_new = may_be_new && recorded.leaf.is_some();
    let recorded = recorded.map(|(block, series)| BlockView {
        id: block.id,
        kind: series.kind,
        site: series.site_id,
        year: series.year,
        from: number_text(&series.prefix, block.first),
        to: number_text(&series.prefix, block.last),
        count: block.last - block.first + 1,
        holder: block.holder,
        given_by: block.given_by,
        given_at: block.given_at,
        returned_at: block.returned_at,
    });
    if is_new { Written::created(recorded) } else { Written::changed(recorded) }
}

/// Give out a block of numbers
///
/// For a phone that will be offline, or a paper book with numbers printed on its forms. They may be used in any order,
/// each once.
#[utoipa::path(post, path = "/api/v1/documents/blocks", tag = "documents", request_body = BlockDraft,
    responses((status = 201, body = WrittenBody<BlockView>), (status = 200, body = WrittenBody<BlockView>)))]
pub async fn block_give(
    permit: Permit<action::DocumentWrite>,
    state: State,
    body: Json<BlockDraft>,
) -> Outcome<Written<BlockView>> {
    let draft = body.0.checked()?;
    let (reader, site) = (permit.clone(), draft.site);
    state.read(move |conn| check_site(conn, &reader, site)).await?;
    let id = draft.id.unwrap_or_else(|| NumberBlockId(Uuid::now_v7()));
    let update = BlockGive { actor: permit.actor(), id, draft };
    Ok(written(state.writer.record(update).await?, true))
}

/// Return a block of numbers
///
/// What was not used of it is void.
#[utoipa::path(post, path = "/api/v1/documents/blocks/{id}/return", tag = "documents",
    params(("id" = NumberBlockId, Path)), responses((status = 200, body = WrittenBody<BlockView>)))]
pub async fn block_return(
    permit: Permit<action::DocumentWrite>,
    state: State,
    path: Path<NumberBlockId>,
) -> Outcome<Written<BlockView>> {
    let (id, reader) = (path.0, permit.clone());
    state.read(move |conn| check_block(conn, &reader, id)).await?;
    Ok(written(state.writer.record(BlockReturn { actor: permit.actor(), id }).await?, false))
}

/// Which numbers are asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NumbersQuery {
    /// Of which kind of document.
    pub kind: DocumentKind,
    /// At which site.
    pub site: SiteId,
    /// In which year.
    pub year: i64,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Used and void numbers wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Every number of a kind, site and year.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NumbersView {
    /// What stands before the serial; null where none was given out.
    pub prefix: Option<String>,
    /// How many were given out.
    pub given: i64,
    /// How many of them have which state.
    pub counts: NumberCounts,
    /// Numbers of this page, those that follow each other and share their fate together.
    pub items: Vec<NumberRun>,
    /// Pass as `after` to read on; null at the end.
    pub next: Option<String>,
}

/// Account for every number
///
/// Of a kind, site and year: used, void, or open in a block; there is no gap.
#[utoipa::path(get, path = "/api/v1/documents/numbers", tag = "documents", params(NumbersQuery),
    responses((status = 200, body = NumbersView)))]
pub async fn number_report(
    permit: Permit<action::NumberRead>,
    state: State,
    query: Query<NumbersQuery>,
) -> Outcome<JsonBody<NumbersView>> {
    let query = query.0;
    let paging: Paging<i64> = Paging::new(query.after.as_deref(), query.limit)?;
    let series = (query.kind, query.site, query.year);
    let part = state
        .read(move |conn| {
            check_site(conn, &permit, series.1)?;
            series_read(conn, series, paging.after.unwrap_or(0), paging.limit)
        })
        .await?;
    Ok(JsonBody(NumbersView {
        prefix: part.prefix,
        given: part.last,
        counts: part.counts,
        items: part.runs,
        next: part.next.map(|serial| encode_key(&serial)),
    }))
}

/// Declares the routes of numbers.
pub(super) fn routes(routes: &mut Routes) {
    routes.add(__path_block_give, block_give);
    routes.add(__path_block_return, block_return);
    routes.add(__path_number_report, number_report);
}
