//! "Do not send" lists over HTTP: begin, end, and read by everybody.

use super::rules::UnwantedDraft;
use super::store::{Unwanted, UnwantedBegin, UnwantedEnd, UnwantedFilter, unwanted_list};
use crate::auth::{Permit, action};
use crate::core::check::Check;
use crate::core::id::{ItemId, UnwantedId};
use crate::core::page::{KnownPage, Page};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::ledger::{last_known, read_known_at};
use crate::web::{
    Door, Json, Paging, Path, ProblemBody, Query, Routes, State, Written, WrittenBody, encode_key,
};
use crate::writer::Recorded;
use actix_web::web::Json as JsonBody;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What is not to be sent somewhere.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnwantedView {
    /// Which entry.
    pub id: UnwantedId,
    /// The item; null where it is a category.
    pub item: Option<ItemId>,
    /// The kind of goods; null where it is an item.
    pub category: Option<String>,
    /// Where not: a country or an area inside one; null is everywhere.
    pub area: Option<String>,
    /// Why, in words for donors; of an end, why it ends.
    pub reason: String,
    /// The first day on which it holds.
    #[schema(format = Date)]
    pub from: String,
    /// The last; null until it is ended.
    #[schema(format = Date)]
    pub until: Option<String>,
    /// Whether this ends it.
    pub ended: bool,
    /// The ledger sequence from which this counts.
    pub sequence: i64,
    /// When that was recorded.
    pub recorded_at: Timestamp,
}

impl From<Unwanted> for UnwantedView {
    fn from(row: Unwanted) -> Self {
        Self {
            id: row.unwanted_id,
            item: row.item_id,
            category: row.category,
            area: row.area,
            reason: row.reason,
            from: row.from_day,
            until: row.until_day,
            ended: row.ended,
            sequence: row.sequence,
            recorded_at: row.recorded_at,
        }
    }
}

fn written(recorded: Recorded<Arc<Unwanted>>) -> Written<UnwantedView> {
    let is_new = recorded.leaf.is_some();
    let recorded = recorded.map(|row| UnwantedView::from(row.as_ref().clone()));
    if is_new { Written::created(recorded) } else { Written::changed(recorded) }
}

/// Say that something is not to be sent
#[utoipa::path(post, path = "/api/v1/do-not-send", tag = "needs", request_body = UnwantedDraft,
    responses((status = 201, description = "Recorded", body = WrittenBody<UnwantedView>),
        (status = 200, description = "Was recorded before", body = WrittenBody<UnwantedView>),
        (status = 409, description = "The id stands for another entry",
            body = ProblemBody, content_type = "application/problem+json")))]
pub async fn unwanted_begin(
    permit: Permit<action::UnwantedWrite>,
    state: State,
    body: Json<UnwantedDraft>,
) -> Outcome<Written<UnwantedView>> {
    let update = UnwantedBegin::new(permit.actor(), &body.0, UnwantedId(Uuid::now_v7()))?;
    Ok(written(state.writer.record(update).await?))
}

/// Why something may be sent again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnwantedEnding {
    /// In words.
    #[schema(max_length = 4000)]
    pub reason: String,
}

/// Say that something may be sent again
///
/// Ended stays ended: what is unwanted again is another entry.
#[utoipa::path(post, path = "/api/v1/do-not-send/{id}/end", tag = "needs", request_body = UnwantedEnding,
    params(("id" = UnwantedId, Path)),
    responses((status = 201, description = "Ended", body = WrittenBody<UnwantedView>),
        (status = 200, description = "Was ended before", body = WrittenBody<UnwantedView>)))]
pub async fn unwanted_end(
    permit: Permit<action::UnwantedWrite>,
    state: State,
    id: Path<UnwantedId>,
    body: Json<UnwantedEnding>,
) -> Outcome<Written<UnwantedView>> {
    let update = UnwantedEnd { actor: permit.actor(), id: id.0, reason: body.0.reason };
    Ok(written(state.writer.record(update).await?))
}

/// Which entries are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnwantedQuery {
    /// Only those that hold on this day.
    pub on: Option<String>,
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// What is not to be sent where, for everybody
///
/// Entries that are not ended, as they were known at a moment.
#[utoipa::path(get, path = "/api/v1/public/do-not-send", tag = "needs", params(UnwantedQuery),
    responses((status = 200, description = "One page of entries", body = KnownPage<UnwantedView>)))]
pub async fn unwanted_index(
    state: State,
    query: Query<UnwantedQuery>,
) -> Outcome<JsonBody<KnownPage<UnwantedView>>> {
    let query = query.0;
    let mut check = Check::new();
    let on = query.on.as_deref().map(|day| check.date("/on", day));
    check.finish()?;
    let known_at = read_known_at("known_at", query.known_at.as_deref())?;
    let paging = Paging::<UnwantedId>::new(query.after.as_deref(), query.limit)?;
    let (limit, filter) = (paging.limit, UnwantedFilter { on, after: paging.after });
    let read = move |conn: &mut Conn| {
        let sequence = last_known(conn, known_at, "/known_at")?;
        Ok((unwanted_list(conn, &filter, sequence, limit + 1)?, sequence))
    };
    let (rows, sequence) = state.read(read).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.unwanted_id));
    Ok(JsonBody(page.map(UnwantedView::from).known_at(sequence)))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_unwanted_begin, unwanted_begin);
    routes.add(__path_unwanted_end, unwanted_end);
    routes.public_throttled(Door::Lists, __path_unwanted_index, unwanted_index);
}
