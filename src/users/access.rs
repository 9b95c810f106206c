//! The access review: who may do what, at any moment since the first user, and who decided it.

use super::access_store::{AccessChange, FOUND};
use crate::auth::{OpenedUser, Permit, User, UserWords, action, countries_of, now, open_user};
use crate::core::cell::cell_of;
use crate::core::id::{OrganizationId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{access_changes, approvals, users};
use crate::db::{Conn, read_failure};
use crate::proposals::{Approval, ROLE_GRANT};
use crate::vault::Vault;
use crate::web::{Query, Routes, State};
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How a review is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewFormat {
    /// One JSON object.
    #[default]
    Json,
    /// A table for spreadsheets, in which no cell is a formula.
    Csv,
}

/// Which review is wanted.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ReviewQuery {
    /// The moment to look at; now if not said.
    pub at: Option<Timestamp>,
    /// `json` if not said, or `csv`.
    #[param(inline)]
    pub format: ReviewFormat,
}

/// What one user could do at that moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AccessRow {
    /// The user.
    pub user: UserId,
    /// What is typed to log in, as it is now, or that and when it was erased.
    pub login: String,
    /// The person's name, as it is now, or that and when it was erased.
    pub name: String,
    /// The role then.
    pub role: String,
    /// The organization the user was bound to then.
    pub organization_id: Option<OrganizationId>,
    /// The countries the user was bound to then.
    pub countries: Vec<String>,
    /// Whether the user could not log in then, or the machine's key was not good any more.
    pub disabled: bool,
    /// Since when that was so.
    pub since: Timestamp,
    /// Who decided it; nobody where it was printed, commanded at the server, or not noted.
    pub changed_by: Option<UserId>,
    /// That user's login, or that and when it was erased.
    pub changed_by_login: Option<String>,
    /// In what role it was decided.
    pub changed_as: String,
    /// Who had proposed it, where another decided it.
    pub proposed_by: Option<UserId>,
    /// Whether it was granted by one administrator, as there was no other who could decide.
    pub alone: bool,
    /// When the user was added.
    pub created_at: Timestamp,
    /// Who added the user.
    pub created_by: Option<UserId>,
    /// That user's login, or that and when it was erased.
    pub created_by_login: Option<String>,
    /// Whether this was recorded when it was decided. False for users from before such records: then it is what was
    /// found, and may have been otherwise at an earlier moment.
    pub recorded: bool,
}

/// Who could do what at a moment.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AccessReview {
    /// The moment.
    pub at: Timestamp,
    /// Every user there was, in the order they were added.
    pub items: Vec<AccessRow>,
}

fn open_all(vault: &Vault, people: &[User]) -> Outcome<HashMap<UserId, OpenedUser>> {
    people.iter().map(|user| Ok((user.id, open_user(vault, user)?))).collect()
}

/// Reads who could do what at a moment.
///
/// # Errors
/// What the database says.
pub fn review(conn: &mut Conn, vault: &Vault, at: Timestamp) -> Outcome<AccessReview> {
    let people: Vec<User> =
        users::table.order(users::id).select(User::as_select()).load(conn).map_err(read_failure)?;
    let changes: Vec<AccessChange> = access_changes::table
        .order((access_changes::user_id, access_changes::since))
        .select(AccessChange::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let grants: Vec<Approval> = approvals::table
        .filter(approvals::kind.eq(ROLE_GRANT))
        .order(approvals::id)
        .select(Approval::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let made = |user: UserId, at: Timestamp| {
        let mut own = grants.iter().filter(|grant| grant.subject_id.0 == user.0);
        own.find(|grant| grant.took_effect_at() == Some(at))
    };
    let key_ends = super::api_key_store::ends(conn)?;
    let opened = open_all(vault, &people)?;
    let shown = |id: UserId, word: fn(&UserWords) -> &String| opened.get(&id).map(|user| user.shown(word));
    let mut by_user: HashMap<UserId, Vec<&AccessChange>> = HashMap::new();
    for change in &changes {
        by_user.entry(change.user_id).or_default().push(change);
    }
    let login_of = |id: Option<UserId>| id.and_then(|id| shown(id, |words| &words.login));
    let rows = people.iter().filter(|user| user.created_at <= at).map(|user| {
        let own = by_user.get(&user.id).map(Vec::as_slice).unwrap_or_default();
        let then = own.iter().rev().find(|change| change.since <= at);
        let created_by = own.first().and_then(|first| first.changed_by).filter(|id| !id.0.is_nil());
        let changed_by = then.and_then(|change| change.changed_by).filter(|id| !id.0.is_nil());
        let since = then.map_or(user.created_at, |change| change.since);
        let grant = made(user.id, since);
        AccessRow {
            user: user.id,
            login: shown(user.id, |words| &words.login).unwrap_or_default(),
            name: shown(user.id, |words| &words.name).unwrap_or_default(),
            role: then.map_or(&user.role, |change| &change.role).clone(),
            organization_id: then.map_or(user.organization_id, |change| change.organization_id),
            countries: then
                .map_or(&user.country, |change| &change.country)
                .as_deref()
                .map(countries_of)
                .unwrap_or_default(),
            disabled: then.map_or(user.disabled, |change| change.disabled)
                || key_ends.get(&user.id).is_some_and(|end| *end <= at),
            since,
            changed_by,
            changed_by_login: login_of(changed_by),
            changed_as: then.map_or(FOUND, |change| &change.changed_as).to_owned(),
            proposed_by: grant.filter(|grant| grant.decided_by.is_some()).map(|grant| grant.proposed_by),
            alone: grant.is_some_and(|grant| grant.decided_by.is_none()),
            created_at: user.created_at,
            created_by,
            created_by_login: login_of(created_by),
            recorded: then.is_some_and(|change| change.changed_as != FOUND),
        }
    });
    Ok(AccessReview { at, items: rows.collect() })
}

/// The headings of [`csv_of`].
const HEADINGS: [&str; 17] = [
    "user",
    "login",
    "name",
    "role",
    "organization_id",
    "countries",
    "disabled",
    "since",
    "changed_by",
    "changed_by_login",
    "changed_as",
    "proposed_by",
    "alone",
    "created_at",
    "created_by",
    "created_by_login",
    "recorded",
];

/// A review as a table (RFC 4180) in which no cell is a formula.
///
/// # Errors
/// An internal problem where it cannot be written.
pub fn csv_of(review: &AccessReview) -> Outcome<String> {
    let failed = |error: &dyn std::fmt::Display| Problem::internal(format!("a table: {error}"));
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(HEADINGS).map_err(|error| failed(&error))?;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let id = |value: &Option<UserId>| value.map(|id| id.to_string()).unwrap_or_default();
    for row in &review.items {
        let cells = [
            row.user.to_string(),
            row.login.clone(),
            row.name.clone(),
            row.role.clone(),
            row.organization_id.map(|id| id.to_string()).unwrap_or_default(),
            row.countries.join(" "),
            row.disabled.to_string(),
            row.since.to_string(),
            id(&row.changed_by),
            text(&row.changed_by_login),
            row.changed_as.clone(),
            id(&row.proposed_by),
            row.alone.to_string(),
            row.created_at.to_string(),
            id(&row.created_by),
            text(&row.created_by_login),
            row.recorded.to_string(),
        ];
        table.write_record(cells.map(|cell| cell_of(&cell))).map_err(|error| failed(&error))?;
    }
    let bytes = table.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// Who could do what at a moment, since when, and who decided it: for reviews of access.
#[utoipa::path(get, path = "/api/v1/access-review", tag = "users", params(ReviewQuery),
    responses((status = 200, description = "Every user there was then", content(
        (AccessReview = "application/json"), (String = "text/csv")))))]
pub async fn access_review(
    _permit: Permit<action::AccessRead>,
    state: State,
    query: Query<ReviewQuery>,
) -> Outcome<HttpResponse> {
    let at = query.0.at.unwrap_or_else(now);
    let vault = state.vault.clone();
    let found = state.read(move |conn| review(conn, &vault, at)).await?;
    match query.0.format {
        ReviewFormat::Json => Ok(HttpResponse::Ok().json(found)),
        ReviewFormat::Csv => Ok(HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"access-review.csv\""))
            .body(csv_of(&found)?)),
    }
}

/// The route of the review.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_access_review, access_review);
}
