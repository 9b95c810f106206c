//! Reading what was acknowledged and does not count yet, and what was refused of it.

use super::dismiss::Dismissal;
use super::reach::{in_countries_too, of_organization_too, waiting_within};
use super::store::{RefusalRecord, WaitingRecord};
use super::told::kept_within;
use crate::auth::{Bound, Named, Permit};
use crate::consignments::{in_countries, of_organization};
use crate::core::id::{ConsignmentId, EventId, SiteId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::schema::{consignments, dismissals, legs, refusals, sites, waiting};
use crate::db::{Conn, read_failure};
use crate::ledger::origin::from_paper;
use crate::web::Paging;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// What waits or waited and was not posted, with why it was refused and that it was dismissed.
macro_rules! waited {
    () => {
        waiting::table
            .left_join(refusals::table.on(refusals::event_id.eq(waiting::id)))
            .left_join(dismissals::table.on(dismissals::event_id.eq(waiting::id)))
            .filter(waiting::posted.eq(false))
            .into_boxed()
    };
}

macro_rules! columns {
    () => {
        (WaitingRecord::as_select(), Option::<RefusalRecord>::as_select(), Option::<Dismissal>::as_select())
    };
}

/// Whether an acknowledged event can still post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingState {
    /// It posts by itself once what it waits for is there.
    Waiting,
    /// It was refused when that was there: send it corrected, under a new id.
    Refused,
    /// It was refused, and somebody has dealt with it.
    Dismissed,
}

/// An acknowledged event that does not count yet.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WaitingView {
    /// The event.
    pub id: EventId,
    /// Its kind.
    pub kind: String,
    /// Whether it can still post.
    pub state: WaitingState,
    /// The consignment it names.
    pub consignment: Option<ConsignmentId>,
    /// The site it is about; of a departure or receipt the end of its leg, once that is known.
    pub site: Option<SiteId>,
    /// Whether it was entered for somebody else from paper.
    pub from_paper: bool,
    /// What it waits for, or last waited for.
    pub reason: String,
    /// When it was acknowledged.
    pub received_at: Timestamp,
    /// Whole seconds since then.
    pub age_seconds: i64,
    /// When it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_at: Option<Timestamp>,
    /// Why: the problem it would have been answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::web::ProblemBody>)]
    pub problem: Option<serde_json::Value>,
    /// When it was dismissed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissed_at: Option<Timestamp>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissed_by: Option<UserId>,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissed_reason: Option<String>,
}

type Row = (WaitingRecord, Option<RefusalRecord>, Option<Dismissal>);

impl WaitingView {
    /// The same once it is dismissed.
    pub(super) fn dismissed(self, dismissal: &Dismissal) -> Self {
        Self {
            state: WaitingState::Dismissed,
            dismissed_at: Some(dismissal.dismissed_at),
            dismissed_by: Some(dismissal.dismissed_by),
            dismissed_reason: Some(dismissal.reason.clone()),
            ..self
        }
    }

    /// The view of a row; `now` is what its age is reckoned to.
    pub(super) fn of((row, refusal, dismissal): Row, now: Timestamp) -> Self {
        let state = match (&refusal, &dismissal) {
            (_, Some(_)) => WaitingState::Dismissed,
            (Some(_), None) => WaitingState::Refused,
            (None, None) => WaitingState::Waiting,
        };
        Self {
            id: row.id,
            kind: row.kind,
            state,
            consignment: row.consignment_id,
            site: row.site_id,
            from_paper: from_paper(&row.body).is_some(),
            reason: row.reason,
            received_at: row.received_at,
            age_seconds: (now.0 - row.received_at.0).max(0) / MICROSECONDS,
            refused_at: refusal.as_ref().map(|refusal| refusal.refused_at),
            problem: refusal.and_then(|refusal| serde_json::from_str(&refusal.problem).ok()),
            dismissed_at: dismissal.as_ref().map(|one| one.dismissed_at),
            dismissed_by: dismissal.as_ref().map(|one| one.dismissed_by),
            dismissed_reason: dismissal.map(|one| one.reason),
        }
    }
}

/// What a list of what waits is narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub struct WaitingFilter {
    /// For this consignment.
    pub consignment: Option<ConsignmentId>,
    /// At this site.
    pub site: Option<SiteId>,
    /// Only what can still post, what was refused, or what was dismissed; what is open if not said.
    pub state: Option<WaitingState>,
}

/// What was acknowledged and does not count yet, by identifier; `now` is what ages are reckoned to.
///
/// # Errors
/// What the database says.
pub fn waiting_list<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    filter: WaitingFilter,
    now: Timestamp,
    paging: &Paging<EventId>,
) -> Outcome<Vec<WaitingView>> {
    let mut query = waited!();
    waiting_within!(query, permit.scope());
    if let Some(consignment) = filter.consignment {
        query = query.filter(waiting::consignment_id.eq(consignment));
    }
    if let Some(site) = filter.site {
        query = query.filter(waiting::site_id.eq(site));
    }
    query = match filter.state {
        Some(WaitingState::Waiting) => query.filter(refusals::event_id.nullable().is_null()),
        Some(WaitingState::Refused) => query.filter(refusals::event_id.nullable().is_not_null()),
        Some(WaitingState::Dismissed) | None => query,
    };
    query = match filter.state {
        Some(WaitingState::Dismissed) => query.filter(dismissals::event_id.nullable().is_not_null()),
        Some(WaitingState::Waiting | WaitingState::Refused) | None => {
            query.filter(dismissals::event_id.nullable().is_null())
        }
    };
    if let Some(after) = paging.after {
        query = query.filter(waiting::id.gt(after));
    }
    let rows: Vec<Row> = query
        .order(waiting::id)
        .limit(paging.limit + 1)
        .select(columns!())
        .load(conn)
        .map_err(read_failure)?;
    let mut views: Vec<WaitingView> = rows.into_iter().map(|row| WaitingView::of(row, now)).collect();
    for problem in views.iter_mut().filter_map(|view| view.problem.as_mut()) {
        kept_within(conn, permit.scope(), problem)?;
    }
    Ok(views)
}

/// One of these, where the caller posted it or the scope reaches it; and who posted it.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn waiting_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: EventId,
    now: Timestamp,
) -> Outcome<(WaitingView, UserId)> {
    let one = || waited!().filter(waiting::id.eq(id));
    let own: Option<Row> = one()
        .filter(waiting::actor_id.eq(permit.principal().user))
        .select(columns!())
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    let row = match own {
        Some(row) => row,
        None => {
            let mut query = one();
            waiting_within!(query, permit.scope());
            query
                .select(columns!())
                .first(conn)
                .optional()
                .map_err(read_failure)?
                .ok_or_else(Problem::not_found)?
        }
    };
    let poster = row.0.actor_id;
    let mut view = WaitingView::of(row, now);
    if let Some(problem) = &mut view.problem {
        kept_within(conn, permit.scope(), problem)?;
    }
    Ok((view, poster))
}
