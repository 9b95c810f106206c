//! Webhooks as they are shown, with how far each was told and what it did not take.

use super::store::{Webhook, outlet_of};
use crate::auth::{Permit, action};
use crate::core::id::{LetterId, OutletId, UserId, WebhookId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::webhooks;
use crate::db::{Conn, read_failure};
use crate::outbox::{Letter, LetterFilter, Letters, Outlet, letter_list, standings};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;

/// A webhook, without its secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookView {
    /// Which one.
    pub id: WebhookId,
    /// Whose it is.
    pub user: UserId,
    /// Where it is told.
    pub url: String,
    /// Of which kinds of event; null is all.
    pub kinds: Option<Vec<String>>,
    /// Whether nothing is told for now.
    pub paused: bool,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Counts its changes; the ETag.
    pub revision: i64,
    /// The entry of the log up to which all was told, or stands among the letters.
    pub told_through: i64,
    /// When something was tried last.
    pub tried_at: Option<Timestamp>,
    /// When something was taken last.
    pub taken_at: Option<Timestamp>,
    /// Failures one after another; from three on it is taken to be out of order, and only tested until something is taken.
    pub failures: i64,
    /// Until when nothing is tried, where it failed.
    pub resting_until: Option<Timestamp>,
    /// Why the last was not taken.
    pub error: Option<String>,
    /// Letters that are tried again by themselves.
    pub letters_waiting: i64,
    /// Letters that were given up, until somebody has them told again.
    pub letters_given_up: i64,
}

impl WebhookView {
    /// The view of a row and how far it was told.
    pub(super) fn of(row: Webhook, standing: Option<&(Outlet, Letters)>) -> Self {
        let kinds = row.kinds.is_some().then(|| row.kinds());
        let outlet = standing.map(|(outlet, _)| outlet);
        let letters = standing.map(|(_, letters)| *letters).unwrap_or_default();
        Self {
            id: row.id,
            user: row.user_id,
            url: row.url,
            kinds,
            paused: row.paused,
            made_at: row.made_at,
            updated_at: row.updated_at,
            revision: row.revision,
            told_through: outlet.map_or(0, |outlet| outlet.told_through),
            tried_at: outlet.and_then(|outlet| outlet.tried_at),
            taken_at: outlet.and_then(|outlet| outlet.taken_at),
            failures: outlet.map_or(0, |outlet| outlet.failures),
            resting_until: outlet.map(|outlet| outlet.resting_until).filter(|until| until.0 > 0),
            error: outlet.and_then(|outlet| outlet.error.clone()),
            letters_waiting: letters.waiting,
            letters_given_up: letters.given_up,
        }
    }
}

fn shown(conn: &mut Conn, rows: Vec<Webhook>) -> Outcome<Vec<WebhookView>> {
    let ids: Vec<OutletId> = rows.iter().map(|row| outlet_of(row.id)).collect();
    let standings: HashMap<OutletId, (Outlet, Letters)> = standings(conn, &ids)?;
    let view = |row: Webhook| {
        let standing = standings.get(&outlet_of(row.id));
        WebhookView::of(row, standing)
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The caller's webhooks: ten at most, so all at once.
///
/// # Errors
/// What the database says.
pub(super) fn webhook_own(
    conn: &mut Conn,
    permit: &Permit<action::WebhookRead>,
) -> Outcome<Vec<WebhookView>> {
    let rows: Vec<Webhook> = webhooks::table
        .filter(webhooks::user_id.eq(permit.principal().user))
        .filter(webhooks::removed_at.is_null())
        .order(webhooks::id)
        .select(Webhook::as_select())
        .load(conn)
        .map_err(read_failure)?;
    shown(conn, rows)
}

/// One of a user's webhooks.
///
/// # Errors
/// `not_found`, or what the database says.
pub(super) fn webhook_of(conn: &mut Conn, user: UserId, id: WebhookId) -> Outcome<WebhookView> {
    let row: Webhook = webhooks::table
        .filter(webhooks::id.eq(id))
        .filter(webhooks::user_id.eq(user))
        .filter(webhooks::removed_at.is_null())
        .select(Webhook::as_select())
        .first(conn)
        .map_err(read_failure)?;
    shown(conn, vec![row])?.pop().ok_or_else(Problem::not_found)
}

/// A webhook, whosever it is: for whoever holds the database.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn webhook_any(conn: &mut Conn, id: WebhookId) -> Outcome<WebhookView> {
    let row: Webhook = webhooks::table
        .filter(webhooks::id.eq(id))
        .filter(webhooks::removed_at.is_null())
        .select(Webhook::as_select())
        .first(conn)
        .map_err(read_failure)?;
    shown(conn, vec![row])?.pop().ok_or_else(Problem::not_found)
}

/// A page of everybody's webhooks, in the order they were made: for whoever holds the database.
///
/// # Errors
/// What the database says.
pub fn webhook_every(conn: &mut Conn, after: Option<WebhookId>, limit: i64) -> Outcome<Vec<WebhookView>> {
    let mut query = webhooks::table
        .filter(webhooks::removed_at.is_null())
        .order(webhooks::id)
        .limit(limit)
        .select(Webhook::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(webhooks::id.gt(after));
    }
    let rows = query.load(conn).map_err(read_failure)?;
    shown(conn, rows)
}

/// Something that was not taken.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WebhookLetter)]
pub struct LetterView {
    /// Which one.
    pub id: LetterId,
    /// The entry of the log it tells of.
    pub sequence: i64,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next; null where it was given up.
    pub next_at: Option<Timestamp>,
    /// Why it was not taken.
    pub error: String,
    /// When it was tried first.
    pub first_at: Timestamp,
    /// When it was tried last.
    pub last_at: Timestamp,
}

impl From<Letter> for LetterView {
    fn from(row: Letter) -> Self {
        Self {
            id: row.id,
            sequence: row.sequence,
            attempts: row.attempts,
            next_at: row.next_at,
            error: row.error,
            first_at: row.first_at,
            last_at: row.last_at,
        }
    }
}

/// Letters of a webhook after an entry, in the order of the log.
///
/// # Errors
/// What the database says.
pub fn letter_page(
    conn: &mut Conn,
    id: WebhookId,
    filter: LetterFilter,
    after: i64,
    limit: i64,
) -> Outcome<Vec<LetterView>> {
    let rows = letter_list(conn, outlet_of(id), filter, after, limit)?;
    Ok(rows.into_iter().map(LetterView::from).collect())
}
