//! Claims over HTTP: make one, list, show, say how it stands.

use super::rules::ClaimState;
use super::store::{
    Claim, ClaimAdd, ClaimChange, ClaimFilter, ClaimMove, check_event, claim_list, claim_read,
};
use crate::auth::{Permit, action};
use crate::core::check::{Check, WORDS_CHARS_MAX, check_text};
use crate::core::id::{ClaimId, EventId, OrganizationId, UserId};
use crate::core::page::Page;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::pledges::Money;
use crate::web::{
    IfMatch, Json, Paging, Path, Query, Routes, State, Tagged, Written, WrittenBody, encode_key,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How much is claimed.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimAmount {
    /// In the currency's minor unit, such as cents.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// A claim.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Claim)]
pub struct ClaimView {
    /// Key.
    pub id: ClaimId,
    /// The loss or disposal.
    pub event: EventId,
    /// From whom.
    pub against: OrganizationId,
    /// How much.
    pub amount: ClaimAmount,
    /// How it stands.
    pub state: ClaimState,
    /// In words.
    pub note: Option<String>,
    /// Counts changes from 1; also the ETag.
    pub revision: i64,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Each state with its day; only where one claim is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<ClaimStep>>,
}

/// From which day on a claim stood how.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClaimStep {
    /// How.
    pub state: String,
    /// Since which day.
    pub on: String,
    /// In words.
    pub note: Option<String>,
    /// Who said so.
    pub changed_by: UserId,
    /// When.
    pub changed_at: Timestamp,
}

impl ClaimView {
    fn of(claim: Claim) -> Outcome<Self> {
        let state = claim.state()?;
        Ok(Self {
            id: claim.id,
            event: claim.event_id,
            against: claim.against_id,
            amount: ClaimAmount { minor: claim.amount_minor, currency: claim.currency },
            state,
            note: claim.note,
            revision: claim.revision,
            created_at: claim.created_at,
            updated_at: claim.updated_at,
            history: None,
        })
    }
}

impl From<ClaimChange> for ClaimStep {
    fn from(row: ClaimChange) -> Self {
        let ClaimChange { state, on_day, note, changed_by, changed_at, .. } = row;
        Self { state, on: on_day, note, changed_by, changed_at }
    }
}

/// A claim that is made.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimNew {
    /// Made by you.
    #[serde(default)]
    pub id: Option<ClaimId>,
    /// The loss or disposal.
    pub event: EventId,
    /// From whom.
    pub against: OrganizationId,
    /// How much.
    pub amount: ClaimAmount,
    /// Since which day, such as `2020-09-01`.
    pub on: String,
    /// In words.
    #[serde(default)]
    pub note: Option<String>,
}

/// How a claim stands from a day on.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimEdit {
    /// How it stands.
    pub state: ClaimState,
    /// Since which day.
    pub on: String,
    /// In words.
    #[serde(default)]
    pub note: Option<String>,
}

/// What a list of claims is narrowed to.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ClaimQuery {
    /// How they stand.
    #[param(inline)]
    pub state: Option<ClaimState>,
    /// About this loss or disposal.
    pub event: Option<EventId>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

fn checked_words(on: &str, note: Option<&str>) -> Outcome<String> {
    let mut check = Check::new();
    let day = check.date("/on", on);
    check.finish()?;
    check_text("/note", note, WORDS_CHARS_MAX)?;
    Ok(day)
}

/// The day a claim is of, where nothing is wrong with its words and its identifier.
fn checked(new: &ClaimNew) -> Outcome<String> {
    let mut check = Check::new();
    check.client_id("/id", new.id.map(|id| id.0));
    check.finish()?;
    checked_words(&new.on, new.note.as_deref())
}

/// Claims something from somebody for a loss or a disposal. It changes no quantity.
#[utoipa::path(post, path = "/api/v1/claims", tag = "claims", request_body = ClaimNew,
    responses((status = 201, description = "Claimed", body = WrittenBody<ClaimView>)))]
pub async fn claim_create(
    permit: Permit<action::ClaimWrite>,
    state: State,
    body: Json<ClaimNew>,
) -> Outcome<Written<ClaimView>> {
    let new = body.0;
    let on_day = checked(&new)?;
    let amount = Money { minor: new.amount.minor, currency: new.amount.currency, basis: None };
    amount.check("/amount")?;
    let (scope, event) = (permit.scope().clone(), new.event);
    state.read(move |conn| check_event(conn, &scope, event)).await?;
    let claim = ClaimAdd {
        actor: permit.actor(),
        id: new.id.unwrap_or(ClaimId(Uuid::now_v7())),
        event,
        against: new.against,
        amount_minor: amount.minor,
        currency: amount.currency,
        on_day,
        note: new.note,
    };
    written(state.writer.record(claim).await?)
}

fn written(recorded: crate::writer::Recorded<std::sync::Arc<Claim>>) -> Outcome<Written<ClaimView>> {
    let view = ClaimView::of(recorded.answer.as_ref().clone())?;
    let revision = view.revision;
    Ok(Written::revised(recorded.map(|_| view), revision))
}

/// Lists claims.
#[utoipa::path(get, path = "/api/v1/claims", tag = "claims", params(ClaimQuery),
    responses((status = 200, description = "A page of claims", body = Page<ClaimView>)))]
pub async fn claim_index(
    permit: Permit<action::ClaimRead>,
    state: State,
    query: Query<ClaimQuery>,
) -> Outcome<actix_web::web::Json<Page<ClaimView>>> {
    let query = query.0;
    let paging: Paging<ClaimId> = Paging::new(query.after.as_deref(), query.limit)?;
    let limit = paging.limit;
    let filter = ClaimFilter { state: query.state, event: query.event };
    let rows = state.read(move |conn| claim_list(conn, permit.scope(), filter, &paging)).await?;
    let views = rows.into_iter().map(ClaimView::of).collect::<Outcome<Vec<_>>>()?;
    Ok(actix_web::web::Json(Page::from_rows(views, limit, |view| encode_key(&view.id))))
}

/// Shows a claim with its history.
#[utoipa::path(get, path = "/api/v1/claims/{id}", tag = "claims", params(("id" = ClaimId, Path)),
    responses((status = 200, description = "The claim, with its revision as ETag", body = ClaimView)))]
pub async fn claim_show(
    permit: Permit<action::ClaimRead>,
    state: State,
    id: Path<ClaimId>,
) -> Outcome<Tagged<ClaimView>> {
    let (claim, changes) = state.read(move |conn| claim_read(conn, permit.scope(), id.0)).await?;
    let revision = claim.revision;
    let history = Some(changes.into_iter().map(ClaimStep::from).collect());
    Ok(Tagged { body: ClaimView { history, ..ClaimView::of(claim)? }, revision })
}

/// Says how a claim stands from a day on.
#[utoipa::path(patch, path = "/api/v1/claims/{id}", tag = "claims", request_body = ClaimEdit,
    params(("id" = ClaimId, Path), ("If-Match" = String, Header, description = "The ETag of what you read")),
    responses((status = 200, description = "Changed", body = WrittenBody<ClaimView>)))]
pub async fn claim_change(
    permit: Permit<action::ClaimWrite>,
    state: State,
    id: Path<ClaimId>,
    read: IfMatch,
    body: Json<ClaimEdit>,
) -> Outcome<Written<ClaimView>> {
    let edit = body.0;
    let on_day = checked_words(&edit.on, edit.note.as_deref())?;
    let (scope, id) = (permit.scope().clone(), id.0);
    state.read(move |conn| claim_read(conn, &scope, id)).await?;
    let change = ClaimMove { actor: permit.actor(), id, read, state: edit.state, on_day, note: edit.note };
    written(state.writer.record(change).await?)
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_claim_create, claim_create);
    routes.add(__path_claim_index, claim_index);
    routes.add(__path_claim_show, claim_show);
    routes.add(__path_claim_change, claim_change);
}
