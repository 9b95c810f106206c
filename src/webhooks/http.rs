//! Webhooks over HTTP: their user makes, reads, changes and removes them, and has what was given up told again.

use super::channel::WEBHOOK_KIND;
use super::read::{LetterView, WebhookView, letter_page, webhook_of, webhook_own};
use super::secret::{WebhookSecret, destroy};
use super::send::Receivers;
use super::store::{
    Webhook, WebhookChange, WebhookMake, WebhookRemove, WebhookRenew, check_kinds, check_url, outlet_of,
};
use crate::auth::{Named, Permit, action};
use crate::core::id::{LetterId, WebhookId};
use crate::core::page::Page;
use crate::core::problem::{Outcome, Problem};
use crate::outbox::{LetterFilter, LettersReplay, REPLAY_MAXIMUM, letters_given_up};
use crate::web::{
    IfMatch, Json, Paging, Path, Query, Routes, State, Tagged, Written, WrittenBody, encode_key, present,
};
use crate::writer::{Recorded, Update};
use actix_web::web::{Data, Json as JsonBody};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// A webhook that is to be made.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookNew {
    /// Where events are told: an https address that everybody reaches.
    #[schema(max_length = 2000, example = "https://hooks.example.org/relief")]
    pub url: String,
    /// Of which kinds of event; all, if left out.
    #[serde(default)]
    pub kinds: Option<Vec<String>>,
    /// After which entry of the log events are told; after this moment, if left out. 0 tells everything.
    #[serde(default)]
    pub after: Option<i64>,
    /// Whether nothing is told before it is changed to go on.
    #[serde(default)]
    pub paused: bool,
}

/// A webhook and its secret.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WebhookMade {
    /// What is known of it.
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// What messages are signed with, shown this once: the receiver keeps it.
    pub secret: String,
}

/// What is to be changed of a webhook.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEdit {
    /// Another address.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub url: Option<String>,
    /// Other kinds of event; null is all.
    #[serde(default, deserialize_with = "present")]
    pub kinds: Option<Option<Vec<String>>>,
    /// Whether nothing is told for now. What is recorded meanwhile is told when it goes on.
    #[serde(default)]
    pub paused: Option<bool>,
}

/// Which letters are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// Those that are tried again by themselves.
    Waiting,
    /// Those that were given up.
    GivenUp,
}

/// Which page of letters.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LetterQuery {
    /// Only those that wait, or only those that were given up.
    #[param(inline)]
    pub state: Option<LetterState>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

impl LetterQuery {
    /// Which letters that means.
    pub fn filter(&self) -> LetterFilter {
        match self.state {
            None => LetterFilter::All,
            Some(LetterState::Waiting) => LetterFilter::Waiting,
            Some(LetterState::GivenUp) => LetterFilter::GivenUp,
        }
    }
}

/// Which letters are told again.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Up to 500 that were given up; the first 500 of them, if left out.
    #[serde(default)]
    pub letters: Option<Vec<LetterId>>,
}

impl Replay {
    /// The letters that are named, or none for the first.
    ///
    /// # Errors
    /// `invalid` where none or too many are named.
    pub fn named(self) -> Outcome<Option<Vec<LetterId>>> {
        let count = self.letters.as_ref().map(Vec::len);
        if let Some(count) = count.filter(|count| !(1..=REPLAY_MAXIMUM).contains(count)) {
            let words =
                format!("names {count} letters; name 1 to {REPLAY_MAXIMUM}, or leave it out for the first");
            return Err(Problem::field("/letters", words));
        }
        Ok(self.letters)
    }
}

/// How many are told again.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Replayed {
    /// Letters that are tried from now on as if for the first time.
    pub letters: usize,
}

/// Records a change of a webhook, and answers it as its user reads it.
async fn recorded<A: Named>(
    permit: &Permit<A>,
    state: &State,
    update: impl Update<Answer = Arc<Webhook>>,
) -> Outcome<Recorded<WebhookView>> {
    let done = state.writer.record(update).await?;
    shown(permit, state, done).await
}

/// A webhook that was recorded, as its user reads it.
async fn shown<A: Named>(
    permit: &Permit<A>,
    state: &State,
    Recorded { answer, leaf }: Recorded<Arc<Webhook>>,
) -> Outcome<Recorded<WebhookView>> {
    let (user, id) = (permit.principal().user, answer.id);
    let answer = state.read(move |conn| webhook_of(conn, user, id)).await?;
    Ok(Recorded { answer, leaf })
}

/// A new secret, and as it is kept: under a key that is made with a webhook, and never for one that is there.
async fn drawn(state: &State, id: WebhookId, is_new: bool) -> Outcome<(WebhookSecret, Vec<u8>)> {
    let seal = move |vault: &crate::vault::Vault| {
        let secret = WebhookSecret::draw()?;
        let sealed = if is_new { secret.seal_new(vault, id)? } else { secret.seal(vault, id)? };
        Ok((secret, sealed))
    };
    state.with_vault(seal).await
}

/// Make a webhook
///
/// From now on each event you may read is told to this address, in a message signed as Standard Webhooks says. The secret is
/// in the answer, this once.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", request_body = WebhookNew,
    responses((status = 201, description = "The webhook and its secret, shown this once",
        body = WrittenBody<WebhookMade>)))]
pub async fn webhook_make(
    permit: Permit<action::WebhookWrite>,
    state: State,
    receivers: Data<Receivers>,
    body: Json<WebhookNew>,
) -> Outcome<Written<WebhookMade>> {
    let WebhookNew { url, kinds, after, paused } = body.0;
    let url = check_url(&url, receivers.plain_http, receivers.private_addresses)?;
    let kinds = check_kinds(kinds.as_deref())?;
    let id = WebhookId(Uuid::now_v7());
    let (secret, sealed) = drawn(&state, id, true).await?;
    let update = WebhookMake { actor: permit.actor(), id, url, kinds, after, paused, secret: sealed };
    let made = state.writer.record(update).await;
    // Nothing is sealed under its key; where nobody knows whether it was recorded, the key stays.
    if made.as_ref().is_err_and(Problem::is_refusal) {
        state.with_vault(move |vault| destroy(vault, id)).await?;
    }
    let made = shown(&permit, &state, made?).await?;
    let revision = made.answer.revision;
    let answer = made.map(|webhook| WebhookMade { webhook, secret: secret.text() });
    Ok(Written::created(answer).revision(revision))
}

/// List your webhooks
///
/// All at once, as there are ten at most, each with how far it was told.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks",
    responses((status = 200, description = "Your webhooks", body = Page<WebhookView>)))]
pub async fn webhook_index(
    permit: Permit<action::WebhookRead>,
    state: State,
) -> Outcome<JsonBody<Page<WebhookView>>> {
    let items = state.read(move |conn| webhook_own(conn, &permit)).await?;
    Ok(JsonBody(Page { items, next: None }))
}

/// Show a webhook
///
/// With how far it was told, and what it did not take. Never its secret.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", tag = "webhooks", params(("id" = WebhookId, Path)),
    responses((status = 200, description = "The webhook", body = WebhookView)))]
pub async fn webhook_show(
    permit: Permit<action::WebhookRead>,
    state: State,
    id: Path<WebhookId>,
) -> Outcome<Tagged<WebhookView>> {
    let view = state.read(move |conn| webhook_of(conn, permit.principal().user, id.0)).await?;
    Ok(Tagged { revision: view.revision, body: view })
}

/// Change a webhook
///
/// Send `If-Match` with the ETag of the version you read. A field left out stays as it is.
#[utoipa::path(patch, path = "/api/v1/webhooks/{id}", tag = "webhooks", request_body = WebhookEdit,
    params(("id" = WebhookId, Path), ("If-Match" = String, Header, description = "The ETag you read")),
    responses((status = 200, description = "Changed", body = WrittenBody<WebhookView>)))]
pub async fn webhook_change(
    permit: Permit<action::WebhookWrite>,
    state: State,
    receivers: Data<Receivers>,
    id: Path<WebhookId>,
    revision: IfMatch,
    body: Json<WebhookEdit>,
) -> Outcome<Written<WebhookView>> {
    let WebhookEdit { url, kinds, paused } = body.0;
    let url =
        url.map(|url| check_url(&url, receivers.plain_http, receivers.private_addresses)).transpose()?;
    let kinds = kinds.map(|kinds| check_kinds(kinds.as_deref())).transpose()?;
    let update = WebhookChange { actor: permit.actor(), id: id.0, revision, url, kinds, paused };
    let changed = recorded(&permit, &state, update).await?;
    let revision = changed.answer.revision;
    Ok(Written::changed(changed).revision(revision))
}

/// Give a webhook another secret
///
/// It is in the answer, this once. For a day messages carry a signature with the secret before as well.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/secret", tag = "webhooks", params(("id" = WebhookId, Path)),
    responses((status = 200, description = "The webhook and its new secret", body = WrittenBody<WebhookMade>)))]
pub async fn webhook_renew(
    permit: Permit<action::WebhookWrite>,
    state: State,
    id: Path<WebhookId>,
) -> Outcome<Written<WebhookMade>> {
    let (id, user) = (id.0, permit.principal().user);
    state.read(move |conn| webhook_of(conn, user, id)).await?;
    let (secret, sealed) = drawn(&state, id, false).await?;
    let update = WebhookRenew { actor: permit.actor(), id, secret: sealed };
    let renewed = recorded(&permit, &state, update).await?;
    let revision = renewed.answer.revision;
    let answer = renewed.map(|webhook| WebhookMade { webhook, secret: secret.text() });
    Ok(Written::changed(answer).revision(revision))
}

/// A webhook that was removed.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WebhookRemoved {
    /// Which one.
    pub id: WebhookId,
}

/// Remove a webhook
///
/// Nothing is told any more, and its letters are gone.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks", params(("id" = WebhookId, Path)),
    responses((status = 200, description = "Removed", body = WrittenBody<WebhookRemoved>)))]
pub async fn webhook_remove(
    permit: Permit<action::WebhookWrite>,
    state: State,
    id: Path<WebhookId>,
) -> Outcome<Written<WebhookRemoved>> {
    let id = id.0;
    let recorded = state.writer.record(WebhookRemove { actor: permit.actor(), id }).await?;
    state.with_vault(move |vault| destroy(vault, id)).await?;
    Ok(Written::changed(recorded.map(|row| WebhookRemoved { id: row.id })))
}

/// List what a webhook did not take
///
/// Letters in the order of the log: what is tried again by itself, and what was given up after ten attempts in two days.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/letters", tag = "webhooks",
    params(("id" = WebhookId, Path), LetterQuery),
    responses((status = 200, description = "A page of letters", body = Page<LetterView>)))]
pub async fn webhook_letters(
    permit: Permit<action::WebhookRead>,
    state: State,
    id: Path<WebhookId>,
    query: Query<LetterQuery>,
) -> Outcome<JsonBody<Page<LetterView>>> {
    let query = query.0;
    let paging: Paging<i64> = Paging::new(query.after.as_deref(), query.limit)?;
    let (id, limit, after) = (id.0, paging.limit, paging.after.unwrap_or(0));
    let filter = query.filter();
    let read = move |conn: &mut crate::db::Conn| {
        webhook_of(conn, permit.principal().user, id)?;
        letter_page(conn, id, filter, after, limit + 1)
    };
    let rows = state.read(read).await?;
    Ok(JsonBody(Page::from_rows(rows, limit, |row| encode_key(&row.sequence))))
}

/// Have a webhook told again what was given up
///
/// Each as if for the first time, under the same identifier.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/replay", tag = "webhooks", params(("id" = WebhookId, Path)),
    request_body = Replay, responses((status = 200, description = "So many", body = WrittenBody<Replayed>)))]
pub async fn webhook_replay(
    permit: Permit<action::WebhookWrite>,
    state: State,
    id: Path<WebhookId>,
    body: Json<Replay>,
) -> Outcome<Written<Replayed>> {
    let (id, named, user) = (id.0, body.0.named()?, permit.principal().user);
    let read = move |conn: &mut crate::db::Conn| {
        webhook_of(conn, user, id)?;
        named.map_or_else(|| letters_given_up(conn, outlet_of(id)), Ok)
    };
    let letters = state.read(read).await?;
    let update = LettersReplay::new(permit.actor(), outlet_of(id), WEBHOOK_KIND, letters);
    let recorded = state.writer.record(update).await?;
    Ok(Written::changed(recorded.map(|letters| Replayed { letters })))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_webhook_make, webhook_make);
    routes.add(__path_webhook_index, webhook_index);
    routes.add(__path_webhook_show, webhook_show);
    routes.add(__path_webhook_change, webhook_change);
    routes.add(__path_webhook_renew, webhook_renew);
    routes.add(__path_webhook_remove, webhook_remove);
    routes.add(__path_webhook_letters, webhook_letters);
    routes.add(__path_webhook_replay, webhook_replay);
}
