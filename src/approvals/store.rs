//! Reading proposals, as far as a caller may see them.

use crate::auth::{Action, Named, Permit, Scope};
use crate::core::id::{ApprovalId, ConsignmentId, PledgeId, SiteId, SubjectId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::schema::approvals;
use crate::db::{Backend, Conn, read_failure};
use crate::events::{EffectLine, approvals_within};
use crate::ledger::origin::from_paper;
use crate::proposals::{ABOUT_USERS, Approval, ApprovalState};
use crate::web::Paging;
use diesel::prelude::*;
use serde::Serialize;

type Approvals<'a> = approvals::BoxedQuery<'a, Backend>;

/// What of all proposals a caller sees: those about events as far as its scope over events reaches, and those about
/// rights where it may read who has which.
#[derive(Clone, Debug)]
pub struct Sight {
    events: Option<Scope>,
    grants: bool,
}

impl Sight {
    /// The sight of a caller.
    pub fn of<A: Named>(permit: &Permit<A>) -> Self {
        Self { events: permit.reach(Action::EventRead), grants: permit.reach(Action::AccessRead).is_some() }
    }

    fn over<'a>(&self, query: Approvals<'a>) -> Approvals<'a> {
        match (&self.events, self.grants) {
            (Some(scope), true) if scope.is_everything() => query,
            (Some(scope), _) => approvals_within(query.filter(approvals::kind.ne_all(ABOUT_USERS)), scope),
            (None, true) => query.filter(approvals::kind.eq_any(ABOUT_USERS)),
            (None, false) => query.filter(approvals::kind.eq("")),
        }
    }
}

/// A proposal as it is shown. It names people by their identifiers only.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Approval)]
pub struct ApprovalView {
    /// Key; for an event, the event's own identifier.
    pub id: ApprovalId,
    /// The kind of event, `role_grant` or `password_reset`.
    pub kind: String,
    /// Where it stands.
    pub state: ApprovalState,
    /// The event or user it is about.
    pub subject: SubjectId,
    /// The pledge concerned.
    pub pledge: Option<PledgeId>,
    /// The consignment concerned.
    pub consignment: Option<ConsignmentId>,
    /// The site concerned.
    pub site: Option<SiteId>,
    /// Base units it moves.
    pub quantity: i64,
    /// The limit it is above; none where a second person is always asked.
    pub limit: Option<i64>,
    /// Whether the event was entered for somebody else from paper.
    pub from_paper: bool,
    /// Why it is proposed.
    pub reason: Option<String>,
    /// Who proposed it.
    pub proposed_by: UserId,
    /// When.
    pub proposed_at: Timestamp,
    /// Whole seconds since then, while nobody has decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// Who decided it, or took it back.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was decided so.
    pub decided_reason: Option<String>,
    /// What is proposed, with its evidence; only where one is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub body: Option<serde_json::Value>,
    /// What it would have changed when it was proposed, heap by heap; only where one is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Vec<EffectLine>>,
}

impl ApprovalView {
    /// The view of a row; `now` is what its age is reckoned to.
    ///
    /// # Errors
    /// Where the row cannot be read.
    pub fn brief(row: Approval, now: Timestamp) -> Outcome<Self> {
        let state = row.state()?;
        let age = (now.0 - row.proposed_at.0).max(0) / MICROSECONDS;
        Ok(Self {
            id: row.id,
            kind: row.kind,
            state,
            subject: row.subject_id,
            pledge: row.pledge_id,
            consignment: row.consignment_id,
            site: row.site_id,
            quantity: row.quantity,
            limit: row.limit_units,
            from_paper: from_paper(&row.body).is_some(),
            reason: row.reason,
            proposed_by: row.proposed_by,
            proposed_at: row.proposed_at,
            age_seconds: (state == ApprovalState::Proposed).then_some(age),
            decided_by: row.decided_by,
            decided_at: row.decided_at,
            decided_reason: row.decided_reason,
            body: None,
            effect: None,
        })
    }

    /// The same with what is proposed and what it would change.
    ///
    /// # Errors
    /// Where the row cannot be read.
    pub fn in_full(row: Approval, now: Timestamp) -> Outcome<Self> {
        let unreadable = |what: &str| Problem::internal(format!("approvals.{what} of {}", row.id));
        let body = serde_json::from_str(&row.body).map_err(|error| unreadable("body").log(error))?;
        let effect = serde_json::from_str(&row.effect).map_err(|error| unreadable("effect").log(error))?;
        Ok(Self { body: Some(body), effect: Some(effect), ..Self::brief(row, now)? })
    }
}

/// What a list of proposals is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct ApprovalFilter {
    /// Where they stand.
    pub state: Option<ApprovalState>,
    /// Of this kind.
    pub kind: Option<String>,
}

/// Proposals by identifier, which is the order in which they were made as far as clocks agree.
///
/// # Errors
/// What the database says.
pub fn approval_list(
    conn: &mut Conn,
    sight: &Sight,
    filter: &ApprovalFilter,
    paging: &Paging<ApprovalId>,
) -> Outcome<Vec<Approval>> {
    let mut query = sight.over(approvals::table.into_boxed());
    if let Some(state) = filter.state {
        query = query.filter(approvals::state.eq(state.word()));
    }
    if let Some(kind) = &filter.kind {
        query = query.filter(approvals::kind.eq(kind.clone()));
    }
    if let Some(after) = paging.after {
        query = query.filter(approvals::id.gt(after));
    }
    query
        .order(approvals::id)
        .limit(paging.limit + 1)
        .select(Approval::as_select())
        .load(conn)
        .map_err(read_failure)
}

/// One proposal, where the caller sees it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn approval_read(conn: &mut Conn, sight: &Sight, id: ApprovalId) -> Outcome<Approval> {
    sight
        .over(approvals::table.into_boxed())
        .filter(approvals::id.eq(id))
        .select(Approval::as_select())
        .first(conn)
        .map_err(read_failure)
}
