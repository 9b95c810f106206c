//! What a donor reads of a consignment: its own goods in it, and the way they take.
//!
//! Several may have given what one consignment carries. Nothing of the others is read here, no words, no weight, no
//! value, no reference and nobody who sends or carries: whoever sends is often who gave.

use super::read::{
    ConsignmentFilter, HISTORY_SHOWN, HistoryRow, StorageMove, consignment_list, consignment_read, legs_read,
    standing_of, state_of, storage_moves, told_evidence,
};
use super::rules::{ConsignmentState, Standing};
use super::store::{Consignment, Leg};
use super::withheld::{ROUTE_KINDS, Told, tells_sensitive_way};
use crate::auth::{Named, Permit};
use crate::core::id::{ConsignmentId, EventId, LegId, OrganizationId, PledgeId, ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::{balances, events, pledge_lines, pledges, postings};
use crate::db::{Conn, either, read_failure};
use crate::evidence::rules::is_hand_over;
use crate::evidence::{Evidence, TracedEvidence};
use diesel::dsl::not;
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;

/// A consignment as a donor with goods in it reads it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TracedConsignment {
    /// The consignment.
    pub id: ConsignmentId,
    /// The programme.
    pub programme: ProgrammeId,
    /// What the public follows it by.
    pub tracking_code: String,
    /// Who gets it.
    pub consignee: OrganizationId,
    /// Where it starts; null where the programme is sensitive.
    pub origin: Option<SiteId>,
    /// The country it starts in, ISO 3166-1 alpha-2.
    pub origin_country: Option<String>,
    /// Where it is meant to end; null where the programme is sensitive.
    pub destination: Option<SiteId>,
    /// The country it is meant to end in.
    pub destination_country: Option<String>,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// A consignment with its way, and with what became of the donor's own goods in it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TracedDetail {
    /// The consignment.
    #[serde(flatten)]
    pub consignment: TracedConsignment,
    /// The state of the own goods in one word.
    pub state: ConsignmentState,
    /// What the own goods are doing, in base units.
    pub standing: Standing,
    /// Its way.
    pub legs: Vec<TracedLeg>,
    /// The latest events that moved own goods, at most 500, in the order they were recorded; where the programme is sensitive,
    /// none that tell the way.
    pub history: Vec<TracedEvent>,
}

/// A leg as a donor reads it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TracedLeg {
    /// The leg.
    pub id: LegId,
    /// Its number in the journey.
    pub ordinal: i64,
    /// How it goes.
    pub mode: String,
    /// From; null where the programme is sensitive.
    pub from: Option<SiteId>,
    /// The country that is in, ISO 3166-1 alpha-2.
    pub from_country: Option<String>,
    /// To; null where the programme is sensitive.
    pub to: Option<SiteId>,
    /// The country that is in.
    pub to_country: Option<String>,
    /// Planned departure; null where the programme is sensitive, as is the arrival.
    pub planned_departure: Option<Timestamp>,
    /// Planned arrival.
    pub planned_arrival: Option<Timestamp>,
    /// Whether a diversion replaced it.
    pub superseded: bool,
}

/// An event that moved a donor's goods, or brought them there.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TracedEvent {
    /// Ledger sequence.
    pub sequence: i64,
    /// The event.
    pub id: EventId,
    /// Its kind.
    pub kind: String,
    /// The own pledge it names.
    pub pledge: Option<PledgeId>,
    /// The consignment.
    pub consignment: Option<ConsignmentId>,
    /// The leg; null where the programme is sensitive.
    pub leg: Option<LegId>,
    /// The site; null where the programme is sensitive.
    pub site: Option<SiteId>,
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
    /// The event it corrects, reverses or confirms, where that moved own goods too.
    pub about: Option<EventId>,
    /// Of a hand-over: whether it is verified or only reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<TracedEvidence>,
}

/// That an event moved goods of a donor, or is the arrival of a consignment with some. A macro, since the type of such a
/// condition cannot be written down.
macro_rules! moves_own {
    ($donor:expr) => {
        diesel::dsl::exists(
            postings::table
                .inner_join(pledge_lines::table.on(pledge_lines::id.eq(postings::pledge_line_id)))
                .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
                .filter(postings::sequence.eq(events::sequence))
                .filter(pledges::donor_id.eq($donor)),
        )
        .or(events::kind.eq("arrived").and(
            events::consignment_id
                .eq_any(
                    balances::table
                        .inner_join(pledge_lines::table.on(pledge_lines::id.eq(balances::pledge_line_id)))
                        .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
                        .filter(pledges::donor_id.eq($donor))
                        .select(balances::consignment_id),
                )
                .assume_not_null(),
        ))
    };
}
pub(crate) use moves_own;

impl TracedConsignment {
    fn of(row: Consignment, told: &Told) -> Self {
        let site = |site| told.site(row.programme_id, site);
        Self {
            origin: site(row.origin_id),
            origin_country: told.country(row.origin_id),
            destination: site(row.destination_id),
            destination_country: told.country(row.destination_id),
            id: row.id,
            programme: row.programme_id,
            tracking_code: row.tracking_code,
            consignee: row.consignee_id,
            cancelled: row.cancelled,
            created_at: row.created_at,
        }
    }
}

impl TracedLeg {
    fn of(row: Leg, programme: ProgrammeId, told: &Told) -> Self {
        let is_told = !told.is_withheld(programme);
        Self {
            id: row.id,
            ordinal: row.ordinal,
            mode: row.mode,
            from: told.site(programme, row.from_id),
            from_country: told.country(row.from_id),
            to: told.site(programme, row.to_id),
            to_country: told.country(row.to_id),
            planned_departure: row.planned_departure.filter(|_| is_told),
            planned_arrival: row.planned_arrival.filter(|_| is_told),
            superseded: row.superseded,
        }
    }
}

/// What a donor is told of what verifies an event; nothing of one that hands nothing over.
pub fn traced_evidence(kind: &str, id: EventId, evidence: &Evidence) -> Option<TracedEvidence> {
    is_hand_over(kind).then(|| evidence.get(&id).copied().unwrap_or_default().into())
}

/// Events that moved own goods, as they are shown.
fn told(
    consignment: ConsignmentId,
    rows: &[HistoryRow],
    evidence: &Evidence,
    is_withheld: bool,
) -> Vec<TracedEvent> {
    let is_told = |id: &EventId| rows.iter().any(|row| row.id == *id);
    let event = |row: &HistoryRow| TracedEvent {
        sequence: row.sequence,
        id: row.id,
        kind: row.kind.clone(),
        pledge: None,
        consignment: Some(consignment),
        leg: row.leg.filter(|_| !is_withheld),
        site: row.site.filter(|_| !is_withheld),
        occurred_at: row.occurred_at,
        precision: row.precision.clone(),
        effective_at: row.effective_at,
        recorded_at: row.recorded_at,
        moved: row.moved,
        inferred: row.inferred,
        about: row.about.filter(is_told),
        evidence: traced_evidence(&row.kind, row.id, evidence),
    };
    rows.iter().map(event).collect()
}

/// A consignment with what became of the caller's own goods in it, if there are any.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn traced_read<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: ConsignmentId,
) -> Outcome<TracedDetail> {
    let consignment = consignment_read(conn, permit, id)?;
    let donor = permit.scope().donor();
    let goods: Vec<(i32, i64)> = balances::table
        .inner_join(pledge_lines::table.on(pledge_lines::id.eq(balances::pledge_line_id)))
        .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
        .filter(balances::consignment_id.eq(id).and(balances::quantity.ne(0)))
        .filter(pledges::donor_id.eq(donor))
        .select((balances::account, balances::quantity))
        .load(conn)
        .map_err(read_failure)?;
    let moves: Vec<StorageMove> = either!(conn, one => {
        storage_moves!(events::consignment_id.eq(id))
            .inner_join(pledge_lines::table.on(pledge_lines::id.eq(postings::pledge_line_id)))
            .inner_join(pledges::table.on(pledges::id.eq(pledge_lines::pledge_id)))
            .filter(pledges::donor_id.eq(donor))
            .select((postings::site_id.assume_not_null(), postings::item_id, postings::quantity))
            .load(one)
    })
    .map_err(read_failure)?;
    let mut history: Vec<HistoryRow> = events::table
        .filter(events::consignment_id.eq(id))
        .filter(moves_own!(donor))
        .order(events::sequence.desc())
        .limit(HISTORY_SHOWN as i64)
        .select(HistoryRow::as_select())
        .load(conn)
        .map_err(read_failure)?;
    history.reverse();
    let (standing, evidence) = (standing_of(goods, moves), told_evidence(conn, &history)?);
    let state = state_of(&consignment, standing, &history);
    let legs = legs_read(conn, id)?;
    let known = Told::load(conn, ends_of(std::slice::from_ref(&consignment), &legs))?;
    let programme = consignment.programme_id;
    let is_withheld = known.is_withheld(programme);
    history.retain(|row| !(is_withheld && ROUTE_KINDS.contains(&row.kind.as_str())));
    Ok(TracedDetail {
        state,
        standing,
        legs: legs.into_iter().map(|leg| TracedLeg::of(leg, programme, &known)).collect(),
        history: told(id, &history, &evidence, is_withheld),
        consignment: TracedConsignment::of(consignment, &known),
    })
}

/// All sites that these consignments and legs name as their ends.
fn ends_of(consignments: &[Consignment], legs: &[Leg]) -> BTreeSet<SiteId> {
    let ends = consignments.iter().flat_map(|row| [row.origin_id, row.destination_id]);
    ends.chain(legs.iter().flat_map(|leg| [leg.from_id, leg.to_id])).collect()
}

/// Consignments with the caller's own goods, in order of their identifier.
///
/// # Errors
/// What the database says.
pub fn traced_list<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    filter: &ConsignmentFilter,
    after: Option<ConsignmentId>,
    limit: i64,
) -> Outcome<Vec<TracedConsignment>> {
    let rows = consignment_list(conn, permit, filter, after, limit)?;
    let known = Told::load(conn, ends_of(&rows, &[]))?;
    Ok(rows.into_iter().map(|row| TracedConsignment::of(row, &known)).collect())
}

/// The legs of a consignment with own goods.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn traced_way<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: ConsignmentId,
) -> Outcome<Vec<TracedLeg>> {
    let programme = consignment_read(conn, permit, id)?.programme_id;
    let legs = legs_read(conn, id)?;
    let known = Told::load(conn, ends_of(&[], &legs))?;
    Ok(legs.into_iter().map(|leg| TracedLeg::of(leg, programme, &known)).collect())
}

/// The events of a consignment that moved the caller's own goods, in the order they were recorded.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn traced_history<A: Named>(
    conn: &mut Conn,
    permit: &Permit<A>,
    id: ConsignmentId,
    after: i64,
    limit: i64,
) -> Outcome<Vec<TracedEvent>> {
    let consignment = consignment_read(conn, permit, id)?;
    let rows: Vec<HistoryRow> = events::table
        .filter(events::consignment_id.eq(consignment.id).and(events::sequence.gt(after)))
        .filter(moves_own!(permit.scope().donor()))
        .filter(not(tells_sensitive_way!()))
        .order(events::sequence)
        .limit(limit)
        .select(HistoryRow::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let evidence = told_evidence(conn, &rows)?;
    let is_withheld = Told::load(conn, BTreeSet::new())?.is_withheld(consignment.programme_id);
    Ok(told(consignment.id, &rows, &evidence, is_withheld))
}
