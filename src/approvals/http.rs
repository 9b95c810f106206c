//! Proposals over HTTP: list, show, decide, withdraw.

use super::decide::{ApprovalDecide, ApprovalWithdraw, action_of};
use super::store::{ApprovalFilter, ApprovalView, Sight, approval_list, approval_read};
use crate::auth::{Permit, action, destroy_user_key, now};
use crate::core::id::{ApprovalId, UserId};
use crate::core::page::Page;
use crate::core::problem::Outcome;
use crate::events::told_within;
use crate::ledger::event::EventResult;
use crate::proposals::{ApprovalState, Verdict};
use crate::users::invitation_store::SecondHalf;
use crate::web::{Json, Paging, Path, Query, Routes, State, Written, WrittenBody, encode_key};
use serde::{Deserialize, Serialize};

/// What a list of proposals is narrowed to.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ApprovalQuery {
    /// Where they stand.
    #[param(inline)]
    pub state: Option<ApprovalState>,
    /// A kind of event, `role_grant` or `password_reset`.
    pub kind: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// What is decided about a proposal.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalDecision {
    /// `approve` or `refuse`.
    pub decision: Verdict,
    /// Why.
    pub reason: String,
}

/// Why a proposal is taken back.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalWithdrawal {
    /// Why.
    pub reason: String,
}

/// A proposal that was decided.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ApprovalDecided {
    /// The proposal as it stands now.
    #[serde(flatten)]
    pub approval: ApprovalView,
    /// What posting the event answered, where one was approved now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventResult>,
    /// Where what was approved lets a user set a password: the half of the link that you hand over, shown this once.
    /// Who proposed it has the other, and neither is good alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_half: Option<String>,
}

/// Lists proposals: what waits for somebody to decide, and what was decided.
#[utoipa::path(get, path = "/api/v1/approvals", tag = "approvals", params(ApprovalQuery),
    responses((status = 200, description = "A page of proposals", body = Page<ApprovalView>)))]
pub async fn approval_index(
    permit: Permit<action::ApprovalRead>,
    state: State,
    query: Query<ApprovalQuery>,
) -> Outcome<actix_web::web::Json<Page<ApprovalView>>> {
    let query = query.0;
    let paging: Paging<ApprovalId> = Paging::new(query.after.as_deref(), query.limit)?;
    let limit = paging.limit;
    let filter = ApprovalFilter { state: query.state, kind: query.kind };
    let sight = Sight::of(&permit);
    let rows = state.read(move |conn| approval_list(conn, &sight, &filter, &paging)).await?;
    let views = rows.into_iter().map(|row| ApprovalView::brief(row, now())).collect::<Outcome<Vec<_>>>()?;
    Ok(actix_web::web::Json(Page::from_rows(views, limit, |view| encode_key(&view.id))))
}

/// Shows a proposal: what it would change, before and after, its evidence, who proposed it and who decided.
#[utoipa::path(get, path = "/api/v1/approvals/{id}", tag = "approvals", params(("id" = ApprovalId, Path)),
    responses((status = 200, description = "The proposal", body = ApprovalView)))]
pub async fn approval_show(
    permit: Permit<action::ApprovalRead>,
    state: State,
    id: Path<ApprovalId>,
) -> Outcome<actix_web::web::Json<ApprovalView>> {
    let sight = Sight::of(&permit);
    let row = state.read(move |conn| approval_read(conn, &sight, id.0)).await?;
    Ok(actix_web::web::Json(ApprovalView::in_full(row, now())?))
}

/// Decides a proposal of somebody else. Approved, it takes effect in the same commit; where it cannot any more, the
/// decision is refused with the reason why, and the proposal stays open.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/decide", tag = "approvals", params(("id" = ApprovalId, Path)),
    request_body = ApprovalDecision,
    responses((status = 200, description = "Decided", body = WrittenBody<ApprovalDecided>)))]
pub async fn approval_decide(
    permit: Permit<action::ApprovalDecide>,
    state: State,
    id: Path<ApprovalId>,
    body: Json<ApprovalDecision>,
) -> Outcome<Written<ApprovalDecided>> {
    let sight = Sight::of(&permit);
    let found = state.read(move |conn| approval_read(conn, &sight, id.0)).await?;
    let actor = permit.further(action_of(&found.kind))?;
    let half = SecondHalf::draw()?;
    let ApprovalDecision { decision: verdict, reason } = body.0;
    let decide = ApprovalDecide { actor, id: found.id, verdict, reason, second: Some(half.hash()) };
    let recorded = match state.writer.record(decide).await {
        Ok(recorded) => recorded,
        Err(problem) => return Err(told_within(&state, permit.scope(), problem).await?),
    };
    state.auth.forget_callers();
    destroy_key(&state, recorded.answer.erased).await?;
    let approval = ApprovalView::in_full(recorded.answer.approval.clone(), now())?;
    let recorded = recorded.map(|decided| {
        let second_half = decided.is_halved.then(|| half.text());
        ApprovalDecided { approval, event: decided.event, second_half }
    });
    Ok(Written::changed(recorded))
}

/// Takes an own proposal back; it can be proposed anew.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/withdraw", tag = "approvals", params(("id" = ApprovalId, Path)),
    request_body = ApprovalWithdrawal,
    responses((status = 200, description = "Withdrawn", body = WrittenBody<ApprovalView>)))]
pub async fn approval_withdraw(
    permit: Permit<action::ApprovalWithdraw>,
    state: State,
    id: Path<ApprovalId>,
    body: Json<ApprovalWithdrawal>,
) -> Outcome<Written<ApprovalView>> {
    let sight = Sight::of(&permit);
    let found = state.read(move |conn| approval_read(conn, &sight, id.0)).await?;
    let withdraw = ApprovalWithdraw { actor: permit.actor(), id: found.id, reason: body.0.reason };
    let recorded = state.writer.record(withdraw).await?;
    destroy_key(&state, recorded.answer.erased).await?;
    let view = ApprovalView::in_full(recorded.answer.approval.clone(), now())?;
    Ok(Written::changed(recorded.map(|_| view)))
}

/// Destroys the key of a user whom nobody let in. Where that fails the row says *erased*, and the next start does it.
async fn destroy_key(state: &State, erased: Option<UserId>) -> Outcome<()> {
    let Some(user) = erased else { return Ok(()) };
    state.with_vault(move |vault| destroy_user_key(vault, user)).await.map(|_| ())
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_approval_index, approval_index);
    routes.add(__path_approval_show, approval_show);
    routes.add(__path_approval_decide, approval_decide);
    routes.add(__path_approval_withdraw, approval_withdraw);
}
