//! What the server of mail did not take of a user's digests, listed, and sent again when its user says so.
//!
//! Alerts have none: what stands is told anew, as it stands then.

use super::read::mailing_of;
use super::store::{MAILING, outlet_of};
use crate::auth::{Permit, action};
use crate::core::id::MailingId;
use crate::core::page::Page;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::outbox::{LettersReplay, letter_list, letters_given_up};
use crate::web::{Json, Paging, Path, Query, Routes, State, Written, WrittenBody, encode_key};
use crate::webhooks::LetterView;
use crate::webhooks::http::{LetterQuery, Replay, Replayed};
use actix_web::web::Json as JsonBody;

/// List what was not taken of one of your mailings
///
/// Letters in the order of the log: what is sent again by itself, and what was given up after ten attempts in two days.
#[utoipa::path(get, path = "/api/v1/mailings/{id}/letters", tag = "webhooks",
    params(("id" = MailingId, Path), LetterQuery),
    responses((status = 200, description = "A page of letters", body = Page<LetterView>)))]
pub async fn mailing_letters(
    permit: Permit<action::WebhookRead>,
    state: State,
    id: Path<MailingId>,
    query: Query<LetterQuery>,
) -> Outcome<JsonBody<Page<LetterView>>> {
    let paging: Paging<i64> = Paging::new(query.0.after.as_deref(), query.0.limit)?;
    let (id, limit, after, filter) = (id.0, paging.limit, paging.after.unwrap_or(0), query.0.filter());
    let read = move |conn: &mut Conn| {
        mailing_of(conn, permit.principal().user, id)?;
        letter_list(conn, outlet_of(id), filter, after, limit + 1)
    };
    let rows = state.read(read).await?.into_iter().map(LetterView::from).collect();
    Ok(JsonBody(Page::from_rows(rows, limit, |row| encode_key(&row.sequence))))
}

/// Have what was given up of one of your mailings sent again
///
/// Each as if for the first time, under the same Message-ID.
#[utoipa::path(post, path = "/api/v1/mailings/{id}/replay", tag = "webhooks", params(("id" = MailingId, Path)),
    request_body = Replay, responses((status = 200, description = "So many", body = WrittenBody<Replayed>)))]
pub async fn mailing_replay(
    permit: Permit<action::WebhookWrite>,
    state: State,
    id: Path<MailingId>,
    body: Json<Replay>,
) -> Outcome<Written<Replayed>> {
    let (id, named, user) = (id.0, body.0.named()?, permit.principal().user);
    let read = move |conn: &mut Conn| {
        mailing_of(conn, user, id)?;
        named.map_or_else(|| letters_given_up(conn, outlet_of(id)), Ok)
    };
    let letters = state.read(read).await?;
    let update = LettersReplay::new(permit.actor(), outlet_of(id), MAILING, letters);
    let recorded = state.writer.record(update).await?;
    Ok(Written::changed(recorded.map(|letters| Replayed { letters })))
}

/// The routes of letters.
pub(super) fn routes(routes: &mut Routes) {
    routes.add(__path_mailing_letters, mailing_letters);
    routes.add(__path_mailing_replay, mailing_replay);
}
