//! Reading events.

use super::reach::{Events, events_within};
use crate::auth::{Fields, Permit, Scope, action};
use crate::consignments::{TracedEvent, of_sensitive_event, traced_evidence, withheld_events};
use crate::core::id::{ConsignmentId, EventId, LegId, PledgeId, SiteId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{events, pledges};
use crate::db::{Conn, read_failure};
use crate::evidence::rules::is_hand_over;
use crate::evidence::{Evidence, EvidenceView, evidence_of};
use crate::ledger::event::EventResult;
use crate::ledger::origin::{from_paper, is_imported};
use crate::web::Shown;
use diesel::dsl::not;
use diesel::prelude::*;
use serde::Serialize;

/// What a list of events is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Of this consignment.
    pub consignment: Option<ConsignmentId>,
    /// Of this pledge.
    pub pledge: Option<PledgeId>,
    /// At this site.
    pub site: Option<SiteId>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
struct EventRow {
    sequence: i64,
    id: EventId,
    kind: String,
    pledge_id: Option<PledgeId>,
    consignment_id: Option<ConsignmentId>,
    leg_id: Option<LegId>,
    site_id: Option<SiteId>,
    about_id: Option<EventId>,
    occurred_at: Timestamp,
    occurred_precision: String,
    effective_at: Timestamp,
    recorded_at: Timestamp,
    moved: bool,
    inferred: bool,
    actor_id: UserId,
    body: String,
    result: String,
}

/// An event as it is shown.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct EventView {
    /// Ledger sequence.
    pub sequence: i64,
    /// The event.
    pub id: EventId,
    /// Its kind.
    pub kind: String,
    /// The pledge it is about.
    pub pledge: Option<PledgeId>,
    /// The consignment it is about.
    pub consignment: Option<ConsignmentId>,
    /// The leg it is about.
    pub leg: Option<LegId>,
    /// The site it is about.
    pub site: Option<SiteId>,
    /// The event it corrects, reverses or confirms.
    pub about: Option<EventId>,
    /// In the world.
    pub occurred_at: Timestamp,
    /// How exactly that is known.
    pub precision: String,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// Here.
    pub recorded_at: Timestamp,
    /// Whether it counts later than it occurred.
    pub moved: bool,
    /// Whether it was worked out from another event.
    pub inferred: bool,
    /// Whether it was imported at the command line or out of a table of deliveries: then nobody here dispatched, received or approved anything.
    pub imported: bool,
    /// Whether it was entered for somebody else from paper, which its body names.
    pub from_paper: bool,
    /// Who posted it.
    pub actor: UserId,
    /// As it was posted.
    #[schema(value_type = Object)]
    pub body: Option<serde_json::Value>,
    /// Of a hand-over: whether it is verified or only reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceView>,
    /// What was lacking when goods departed, or that a recall found nothing in hand, as its poster was told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Events about this one, such as corrections; only where one event is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<Vec<EventId>>,
}

impl EventView {
    fn of(row: EventRow, evidence: &Evidence) -> Self {
        let evidence = is_hand_over(&row.kind).then(|| evidence.get(&row.id).copied().unwrap_or_default());
        Self {
            body: serde_json::from_str(&row.body).ok(),
            sequence: row.sequence,
            id: row.id,
            kind: row.kind,
            pledge: row.pledge_id,
            consignment: row.consignment_id,
            leg: row.leg_id,
            site: row.site_id,
            about: row.about_id,
            occurred_at: row.occurred_at,
            precision: row.occurred_precision,
            effective_at: row.effective_at,
            recorded_at: row.recorded_at,
            moved: row.moved,
            inferred: row.inferred,
            imported: is_imported(row.actor_id),
            from_paper: from_paper(&row.body).is_some(),
            actor: row.actor_id,
            evidence,
            warnings: serde_json::from_str::<EventResult>(&row.result)
                .map_or_else(|_| Vec::new(), |told| told.warnings),
            followed_by: None,
        }
    }
}

/// What an event is shown as to whoever reads it.
pub type EventShown = Shown<EventView, TracedView>;

/// An event as a donor reads it, whose goods it moved.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TracedView {
    /// The event.
    #[serde(flatten)]
    pub event: TracedEvent,
    /// Events about this one that moved own goods too; only where one event is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub followed_by: Option<Vec<EventId>>,
}

impl EventRow {
    fn traced(self, evidence: &Evidence) -> TracedView {
        let event = TracedEvent {
            evidence: traced_evidence(&self.kind, self.id, evidence),
            sequence: self.sequence,
            id: self.id,
            kind: self.kind,
            pledge: self.pledge_id,
            consignment: self.consignment_id,
            leg: self.leg_id,
            site: self.site_id,
            occurred_at: self.occurred_at,
            precision: self.occurred_precision,
            effective_at: self.effective_at,
            recorded_at: self.recorded_at,
            moved: self.moved,
            inferred: self.inferred,
            about: self.about_id,
        };
        TracedView { event, followed_by: None }
    }
}

/// Ledger sequence of an event, however it is shown.
pub fn sequence_of(shown: &EventShown) -> i64 {
    match shown {
        Shown::All(view) => view.sequence,
        Shown::Traced(view) => view.event.sequence,
    }
}

/// What names an event, however it is shown: its identifier, its kind, and when it was recorded.
pub fn heading_of(shown: &EventShown) -> (EventId, &str, Timestamp) {
    match shown {
        Shown::All(view) => (view.id, &view.kind, view.recorded_at),
        Shown::Traced(view) => (view.event.id, &view.event.kind, view.event.recorded_at),
    }
}

/// Events that were recorded after one entry and up to another, in their order; of some kinds only, where any are named.
///
/// # Errors
/// What the database says.
pub fn events_between(
    conn: &mut Conn,
    permit: &Permit<action::EventRead>,
    kinds: &[String],
    (after, through): (i64, i64),
    limit: i64,
) -> Outcome<Vec<EventShown>> {
    let mut query = events_within(events::table.into_boxed(), permit.scope())
        .filter(events::sequence.gt(after))
        .filter(events::sequence.le(through));
    if !kinds.is_empty() {
        query = query.filter(events::kind.eq_any(kinds.to_vec()));
    }
    let rows: Vec<EventRow> = query
        .order(events::sequence)
        .limit(limit)
        .select(EventRow::as_select())
        .load(conn)
        .map_err(read_failure)?;
    shown(conn, permit, rows)
}

/// Events in the order they were recorded, after `after`.
///
/// # Errors
/// What the database says.
pub fn event_list(
    conn: &mut Conn,
    permit: &Permit<action::EventRead>,
    filter: &EventFilter,
    after: i64,
    limit: i64,
) -> Outcome<Vec<EventShown>> {
    let mut query = narrowed(events_within(events::table.into_boxed(), permit.scope()), filter)
        .filter(events::sequence.gt(after));
    if filter.site.is_some() && permit.fields() == Fields::Traced {
        // Whoever is not told a place cannot ask for it either.
        query = query.filter(not(of_sensitive_event!()));
    }
    let rows: Vec<EventRow> = query
        .order(events::sequence)
        .limit(limit)
        .select(EventRow::as_select())
        .load(conn)
        .map_err(read_failure)?;
    shown(conn, permit, rows)
}

/// Events behind one sequence and up to another, in the order they were recorded, as whoever reads all members reads them.
///
/// # Errors
/// What the database says.
pub fn events_whole(
    conn: &mut Conn,
    scope: &Scope,
    filter: &EventFilter,
    (after, until): (i64, i64),
    limit: i64,
) -> Outcome<Vec<EventView>> {
    let query = narrowed(events_within(events::table.into_boxed(), scope), filter);
    let query = query.filter(events::sequence.gt(after)).filter(events::sequence.le(until));
    whole(conn, query.order(events::sequence).limit(limit))
}

/// The events of these identifiers that a scope reaches.
///
/// # Errors
/// What the database says.
pub fn events_named(conn: &mut Conn, scope: &Scope, ids: &[EventId]) -> Outcome<Vec<EventView>> {
    let query = events_within(events::table.into_boxed(), scope).filter(events::id.eq_any(ids));
    whole(conn, query.order(events::sequence))
}

/// The events about these that a scope reaches, up to a sequence.
///
/// # Errors
/// What the database says.
pub fn events_about(conn: &mut Conn, scope: &Scope, ids: &[EventId], until: i64) -> Outcome<Vec<EventView>> {
    let query = events_within(events::table.into_boxed(), scope).filter(events::about_id.eq_any(ids));
    whole(conn, query.filter(events::sequence.le(until)).order(events::sequence))
}

fn narrowed<'a>(mut query: Events<'a>, filter: &EventFilter) -> Events<'a> {
    if let Some(consignment) = filter.consignment {
        query = query.filter(events::consignment_id.eq(consignment));
    }
    if let Some(pledge) = filter.pledge {
        query = query.filter(events::pledge_id.eq(pledge));
    }
    if let Some(site) = filter.site {
        query = query.filter(events::site_id.eq(site));
    }
    query
}

fn whole(conn: &mut Conn, query: Events<'_>) -> Outcome<Vec<EventView>> {
    let rows: Vec<EventRow> = query.select(EventRow::as_select()).load(conn).map_err(read_failure)?;
    let handed: Vec<EventId> = rows.iter().filter(|row| is_hand_over(&row.kind)).map(|row| row.id).collect();
    let evidence = evidence_of(conn, &handed)?;
    Ok(rows.into_iter().map(|row| EventView::of(row, &evidence)).collect())
}

/// One event with what was posted about it since.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn event_read(conn: &mut Conn, permit: &Permit<action::EventRead>, id: EventId) -> Outcome<EventShown> {
    let row: EventRow = events_within(events::table.into_boxed(), permit.scope())
        .filter(events::id.eq(id))
        .select(EventRow::as_select())
        .first(conn)
        .map_err(read_failure)?;
    let followed: Vec<EventId> = events_within(events::table.into_boxed(), permit.scope())
        .filter(events::about_id.eq(id))
        .order(events::sequence)
        .select(events::id)
        .load(conn)
        .map_err(read_failure)?;
    let mut found = shown(conn, permit, vec![row])?.pop().ok_or_else(Problem::not_found)?;
    match &mut found {
        Shown::All(view) => view.followed_by = Some(followed),
        Shown::Traced(view) => view.followed_by = Some(followed),
    }
    Ok(found)
}

/// Events as the caller may read them. A donor is shown no pledge of others and no event that did not move own goods,
/// not even by its identifier, and of a sensitive programme neither site nor leg.
fn shown(
    conn: &mut Conn,
    permit: &Permit<action::EventRead>,
    rows: Vec<EventRow>,
) -> Outcome<Vec<EventShown>> {
    let handed: Vec<EventId> = rows.iter().filter(|row| is_hand_over(&row.kind)).map(|row| row.id).collect();
    let evidence = evidence_of(conn, &handed)?;
    if permit.fields() == Fields::All {
        return Ok(rows.into_iter().map(|row| Shown::All(EventView::of(row, &evidence))).collect());
    }
    let named: Vec<PledgeId> = rows.iter().filter_map(|row| row.pledge_id).collect();
    let own: Vec<PledgeId> = pledges::table
        .filter(pledges::donor_id.eq(permit.scope().donor()))
        .filter(pledges::id.eq_any(named))
        .select(pledges::id)
        .load(conn)
        .map_err(read_failure)?;
    let about: Vec<EventId> = rows.iter().filter_map(|row| row.about_id).collect();
    let reached: Vec<EventId> = events_within(events::table.into_boxed(), permit.scope())
        .filter(events::id.eq_any(about))
        .select(events::id)
        .load(conn)
        .map_err(read_failure)?;
    let withheld = withheld_events(conn, &rows.iter().map(|row| row.sequence).collect::<Vec<_>>())?;
    let traced = |row: EventRow| {
        let is_withheld = withheld.contains(&row.sequence);
        let mut view = row.traced(&evidence);
        view.event.pledge = view.event.pledge.filter(|pledge| own.contains(pledge));
        view.event.about = view.event.about.filter(|event| reached.contains(event));
        view.event.leg = view.event.leg.filter(|_| !is_withheld);
        view.event.site = view.event.site.filter(|_| !is_withheld);
        Shown::Traced(view)
    };
    Ok(rows.into_iter().map(traced).collect())
}
