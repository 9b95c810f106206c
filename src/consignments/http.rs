//! Consignments, legs and loads over HTTP.

use super::divert::PlannedLeg;
use super::loads::{load_list, load_reached};
use super::open::{ConsignmentNew, ConsignmentOpen, LegAdd, LoadNew, LoadRecord};
use super::read::{
    ConsignmentFilter, HistoryRow, check_within, consignment_list, consignment_read, history_read, state_of,
    told_evidence, way_read,
};
use super::rules::{ConsignmentState, Standing};
use super::store::{Consignment, Leg, Load};
use super::traced::{
    TracedConsignment, TracedDetail, TracedEvent, TracedLeg, traced_history, traced_list, traced_read,
    traced_way,
};
use super::whole::{Whole, Wholes};
use crate::auth::{Fields, Permit, action};
use crate::core::id::{ConsignmentId, EventId, LegId, LoadId, OrganizationId, ProgrammeId, SiteId};
use crate::core::page::Page;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::evidence::rules::is_hand_over;
use crate::evidence::{Evidence, EvidenceView};
use crate::ledger::origin::is_imported;
use crate::pledges::Money;
use crate::web::{
    Json, Paging, Path, Query, Routes, Shown, State, Written, WrittenBody, discreet, encode_key,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A consignment as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsignmentView {
    /// The consignment.
    pub id: ConsignmentId,
    /// The programme.
    pub programme: ProgrammeId,
    /// The sender's number.
    pub reference: Option<String>,
    /// What the public follows it by.
    pub tracking_code: String,
    /// Who sends it.
    pub consignor: Option<OrganizationId>,
    /// Who gets it.
    pub consignee: OrganizationId,
    /// Where it starts.
    pub origin: SiteId,
    /// Where it is meant to end.
    pub destination: SiteId,
    /// The consignment it was split from.
    pub parent: Option<ConsignmentId>,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// Gross weight in grams.
    pub gross_weight_g: Option<i64>,
    /// Freight.
    pub freight: Option<Money>,
    /// Why freight or weight is not known, in the words of the source.
    pub freight_note: Option<String>,
    /// Declared value.
    pub value: Option<Money>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// A leg as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LegView {
    /// The leg.
    pub id: LegId,
    /// Its number in the journey.
    pub ordinal: i64,
    /// How it goes.
    pub mode: String,
    /// From.
    pub from: SiteId,
    /// To.
    pub to: SiteId,
    /// Who carries.
    pub carrier: Option<OrganizationId>,
    /// Planned departure.
    pub planned_departure: Option<Timestamp>,
    /// Planned arrival.
    pub planned_arrival: Option<Timestamp>,
    /// Whether its receipt is closed.
    pub received_final: bool,
    /// Whether a diversion replaced it.
    pub superseded: bool,
}

/// A consignment with its way, its goods' standing and its history.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsignmentDetail {
    /// The consignment.
    #[serde(flatten)]
    pub consignment: ConsignmentView,
    /// Its state in one word.
    pub state: ConsignmentState,
    /// What its goods are doing, in base units.
    pub standing: Standing,
    /// Its way.
    pub legs: Vec<LegView>,
    /// Its latest events, at most 500, in the order they were recorded; all are under `events`.
    pub history: Vec<HistoryView>,
}

/// A consignment as it was opened, with its way.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConsignmentOpened {
    /// The consignment.
    #[serde(flatten)]
    pub consignment: ConsignmentView,
    /// Its way.
    pub legs: Vec<LegView>,
}

/// An event of a consignment's history.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct HistoryView {
    /// Ledger sequence.
    pub sequence: i64,
    /// The event.
    pub id: EventId,
    /// Its kind.
    pub kind: String,
    /// The leg.
    pub leg: Option<LegId>,
    /// The site.
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
    /// The event it corrects, reverses or confirms.
    pub about: Option<EventId>,
    /// Whether it was imported at the command line or out of a table of deliveries.
    pub imported: bool,
    /// Whether it was entered for somebody else from paper.
    pub from_paper: bool,
    /// Of a hand-over: whether it is verified or only reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceView>,
}

fn money(minor: Option<i64>, currency: Option<String>, basis: Option<String>) -> Option<Money> {
    match (minor, currency) {
        (Some(minor), Some(currency)) => Some(Money { minor, currency, basis }),
        (_, _) => None,
    }
}

impl From<Consignment> for ConsignmentView {
    fn from(row: Consignment) -> Self {
        Self {
            id: row.id,
            programme: row.programme_id,
            reference: row.reference,
            tracking_code: row.tracking_code,
            consignor: row.consignor_id,
            consignee: row.consignee_id,
            origin: row.origin_id,
            destination: row.destination_id,
            parent: row.parent_id,
            cancelled: row.cancelled,
            gross_weight_g: row.gross_weight_g,
            freight: money(row.freight_minor, row.freight_currency, None),
            freight_note: row.freight_note,
            value: money(row.value_minor, row.value_currency, row.value_basis),
            created_at: row.created_at,
        }
    }
}

impl From<Leg> for LegView {
    fn from(row: Leg) -> Self {
        Self {
            id: row.id,
            ordinal: row.ordinal,
            mode: row.mode,
            from: row.from_id,
            to: row.to_id,
            carrier: row.carrier_id,
            planned_departure: row.planned_departure,
            planned_arrival: row.planned_arrival,
            received_final: row.received_final,
            superseded: row.superseded,
        }
    }
}

impl HistoryView {
    fn of(row: HistoryRow, evidence: &Evidence) -> Self {
        Self {
            evidence: is_hand_over(&row.kind).then(|| evidence.get(&row.id).copied().unwrap_or_default()),
            sequence: row.sequence,
            id: row.id,
            kind: row.kind,
            leg: row.leg,
            site: row.site,
            occurred_at: row.occurred_at,
            precision: row.precision,
            effective_at: row.effective_at,
            recorded_at: row.recorded_at,
            moved: row.moved,
            inferred: row.inferred,
            about: row.about,
            imported: is_imported(row.actor),
            from_paper: row.from_paper,
        }
    }
}

/// Opens a consignment; its tracking code is made here.
#[utoipa::path(post, path = "/api/v1/consignments", tag = "consignments", request_body = ConsignmentNew,
    responses((status = 201, body = WrittenBody<ConsignmentOpened>)))]
pub async fn consignment_open(
    permit: Permit<action::ConsignmentWrite>,
    state: State,
    body: Json<ConsignmentNew>,
) -> Outcome<Written<ConsignmentOpened>> {
    let id = body.0.id.unwrap_or_else(|| ConsignmentId(Uuid::now_v7()));
    let scope = permit.scope().clone();
    let (parties, ends) = ([body.0.consignor, Some(body.0.consignee)], [body.0.origin, body.0.destination]);
    let named = ("/consignee", "consignor or consignee");
    state.read(move |conn| check_within(conn, &scope, named, parties, ends)).await?;
    let opened = state.writer.record(ConsignmentOpen::new(id, body.0, permit.actor())).await;
    let reads =
        move |conn: &mut Conn, holder: ConsignmentId| consignment_read(conn, &permit, holder).map(drop);
    let recorded = discreet(&state, opened, reads).await?;
    let replayed = recorded.leaf.is_none();
    let recorded = recorded.map(|(row, legs)| ConsignmentOpened {
        consignment: row.into(),
        legs: legs.into_iter().map(LegView::from).collect(),
    });
    Ok(if replayed { Written::changed(recorded) } else { Written::created(recorded) })
}

/// What a list of consignments is narrowed to.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ConsignmentQuery {
    /// Of this programme.
    pub programme: Option<ProgrammeId>,
    /// For this consignee.
    pub consignee: Option<OrganizationId>,
    /// From this origin.
    pub origin: Option<SiteId>,
    /// To this destination.
    pub destination: Option<SiteId>,
    /// With this number.
    pub reference: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

impl From<ConsignmentQuery> for ConsignmentFilter {
    fn from(query: ConsignmentQuery) -> Self {
        let ConsignmentQuery { programme, consignee, origin, destination, reference, .. } = query;
        Self { programme, consignee, origin, destination, reference }
    }
}

/// Lists consignments.
#[utoipa::path(get, path = "/api/v1/consignments", tag = "consignments", params(ConsignmentQuery),
    responses((status = 200, body = Page<Shown<ConsignmentView, TracedConsignment>>)))]
pub async fn consignment_index(
    permit: Permit<action::ConsignmentRead>,
    state: State,
    query: Query<ConsignmentQuery>,
) -> Outcome<actix_web::web::Json<Page<Shown<ConsignmentView, TracedConsignment>>>> {
    let is_traced = permit.fields() == Fields::Traced;
    if is_traced && query.0.reference.is_some() {
        return Err(Problem::field("/reference", "is not shown to you, so it cannot be looked for")
            .coded(Fault::NotAllowed));
    }
    let paging: Paging<ConsignmentId> = Paging::new(query.0.after.as_deref(), query.0.limit)?;
    let filter = ConsignmentFilter::from(query.0);
    if is_traced {
        let read = move |conn: &mut Conn, after, limit| traced_list(conn, &permit, &filter, after, limit);
        let page = state.page(paging, read, |row| row.id).await?;
        return Ok(actix_web::web::Json(page.map(Shown::Traced)));
    }
    let read = move |conn: &mut Conn, after, limit| consignment_list(conn, &permit, &filter, after, limit);
    let page = state.page(paging, read, |row| row.id).await?;
    Ok(actix_web::web::Json(page.map(|row| Shown::All(row.into()))))
}

/// Shows a consignment with its way, its goods' standing and its history.
#[utoipa::path(get, path = "/api/v1/consignments/{id}", tag = "consignments", params(("id" = String, Path)),
    responses((status = 200, body = Shown<ConsignmentDetail, TracedDetail>)))]
pub async fn consignment_show(
    permit: Permit<action::ConsignmentRead>,
    state: State,
    wholes: actix_web::web::Data<Wholes>,
    path: Path<ConsignmentId>,
) -> Outcome<actix_web::web::Json<Shown<ConsignmentDetail, TracedDetail>>> {
    if permit.fields() == Fields::Traced {
        let traced = state.read(move |conn| traced_read(conn, &permit, path.0)).await?;
        return Ok(actix_web::web::Json(Shown::Traced(traced)));
    }
    let whole = wholes.read(&state, permit, path.0).await?;
    let Whole { consignment, legs, standing, history, evidence } = whole;
    Ok(actix_web::web::Json(Shown::All(ConsignmentDetail {
        state: state_of(&consignment, standing, &history),
        standing,
        legs: legs.into_iter().map(LegView::from).collect(),
        history: history.into_iter().map(|row| HistoryView::of(row, &evidence)).collect(),
        consignment: consignment.into(),
    })))
}

/// Lists a consignment's legs.
#[utoipa::path(get, path = "/api/v1/consignments/{id}/legs", tag = "consignments",
    params(("id" = String, Path)), responses((status = 200, body = Page<Shown<LegView, TracedLeg>>)))]
pub async fn leg_index(
    permit: Permit<action::ConsignmentRead>,
    state: State,
    path: Path<ConsignmentId>,
) -> Outcome<actix_web::web::Json<Page<Shown<LegView, TracedLeg>>>> {
    let items = match permit.fields() {
        Fields::All => {
            let legs = state.read(move |conn| way_read(conn, &permit, path.0)).await?;
            legs.into_iter().map(|leg| Shown::All(leg.into())).collect()
        }
        Fields::Traced => {
            let legs = state.read(move |conn| traced_way(conn, &permit, path.0)).await?;
            legs.into_iter().map(Shown::Traced).collect()
        }
    };
    Ok(actix_web::web::Json(Page { items, next: None }))
}

/// Adds a leg at the end of a consignment's way.
#[utoipa::path(post, path = "/api/v1/consignments/{id}/legs", tag = "consignments",
    params(("id" = String, Path)), request_body = PlannedLeg,
    responses((status = 201, body = WrittenBody<LegView>)))]
pub async fn leg_add(
    permit: Permit<action::ConsignmentWrite>,
    state: State,
    path: Path<ConsignmentId>,
    body: Json<PlannedLeg>,
) -> Outcome<Written<LegView>> {
    let consignment = path.0;
    let reader = permit.clone();
    state.read(move |conn| consignment_read(conn, &reader, consignment)).await?;
    let id = body.0.id.unwrap_or_else(|| LegId(Uuid::now_v7()));
    let recorded = state.writer.record(LegAdd::new(consignment, id, body.0, permit.actor())).await?;
    Ok(Written::created(recorded.map(LegView::from)))
}

/// Where to read on in a consignment's history.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Lists a consignment's events in the order they were recorded.
#[utoipa::path(get, path = "/api/v1/consignments/{id}/events", tag = "consignments",
    params(("id" = String, Path), HistoryQuery),
    responses((status = 200, body = Page<Shown<HistoryView, TracedEvent>>)))]
pub async fn consignment_events(
    permit: Permit<action::ConsignmentRead>,
    state: State,
    path: Path<ConsignmentId>,
    query: Query<HistoryQuery>,
) -> Outcome<actix_web::web::Json<Page<Shown<HistoryView, TracedEvent>>>> {
    let paging: Paging<i64> = Paging::new(query.0.after.as_deref(), query.0.limit)?;
    let (limit, after) = (paging.limit, paging.after.unwrap_or(0));
    if permit.fields() == Fields::Traced {
        let rows = state.read(move |conn| traced_history(conn, &permit, path.0, after, limit + 1)).await?;
        let page = Page::from_rows(rows, limit, |row| encode_key(&row.sequence));
        return Ok(actix_web::web::Json(page.map(Shown::Traced)));
    }
    let rows = state.read(move |conn| {
        let rows = history_read(conn, &permit, path.0, after, limit + 1)?;
        let evidence = told_evidence(conn, &rows)?;
        Ok((rows, evidence))
    });
    let (rows, evidence) = rows.await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.sequence));
    Ok(actix_web::web::Json(page.map(|row| Shown::All(HistoryView::of(row, &evidence)))))
}

/// A load as it is shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LoadView {
    /// The load.
    pub id: LoadId,
    /// Our number.
    pub reference: Option<String>,
    /// How it goes.
    pub mode: String,
    /// From.
    pub from: SiteId,
    /// To.
    pub to: SiteId,
    /// Who carries.
    pub carrier: Option<OrganizationId>,
    /// CMR, AWB, B/L or another.
    pub document_kind: Option<String>,
    /// Its number.
    pub document_number: Option<String>,
    /// Plate, container or flight number.
    pub plate: Option<String>,
    /// Seal numbers.
    pub seals: Option<String>,
    /// Packages.
    pub packages: Option<i64>,
    /// Gross weight in grams.
    pub gross_weight_g: Option<i64>,
    /// Volume in cubic centimetres.
    pub volume_cm3: Option<i64>,
}

impl From<Load> for LoadView {
    fn from(row: Load) -> Self {
        Self {
            id: row.id,
            reference: row.reference,
            mode: row.mode,
            from: row.from_id,
            to: row.to_id,
            carrier: row.carrier_id,
            document_kind: row.document_kind,
            document_number: row.document_number,
            plate: row.plate,
            seals: row.seals,
            packages: row.packages,
            gross_weight_g: row.gross_weight_g,
            volume_cm3: row.volume_cm3,
        }
    }
}

/// Records a load: one vehicle, container or flight.
#[utoipa::path(post, path = "/api/v1/loads", tag = "consignments", request_body = LoadNew,
    responses((status = 201, body = WrittenBody<LoadView>)))]
pub async fn load_record(
    permit: Permit<action::LoadWrite>,
    state: State,
    body: Json<LoadNew>,
) -> Outcome<Written<LoadView>> {
    let id = body.0.id.unwrap_or_else(|| LoadId(Uuid::now_v7()));
    let scope = permit.scope().clone();
    let (parties, ends) = ([body.0.carrier, None], [body.0.from, body.0.to]);
    state.read(move |conn| check_within(conn, &scope, ("/carrier", "carrier"), parties, ends)).await?;
    let told = state.writer.record(LoadRecord::new(id, body.0, permit.actor())).await;
    let recorded = discreet(&state, told, move |conn, holder| load_reached(conn, &permit, holder)).await?;
    let replayed = recorded.leaf.is_none();
    let recorded = recorded.map(LoadView::from);
    Ok(if replayed { Written::changed(recorded) } else { Written::created(recorded) })
}

/// Lists loads.
#[utoipa::path(get, path = "/api/v1/loads", tag = "consignments", params(HistoryQuery),
    responses((status = 200, body = Page<LoadView>)))]
pub async fn load_index(
    permit: Permit<action::LoadRead>,
    state: State,
    query: Query<HistoryQuery>,
) -> Outcome<actix_web::web::Json<Page<LoadView>>> {
    let paging: Paging<LoadId> = Paging::new(query.0.after.as_deref(), query.0.limit)?;
    let read = move |conn: &mut Conn, after, limit| load_list(conn, &permit, after, limit);
    Ok(actix_web::web::Json(state.page(paging, read, |row| row.id).await?.map(LoadView::from)))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_consignment_open, consignment_open);
    routes.add(__path_consignment_index, consignment_index);
    routes.add(__path_consignment_show, consignment_show);
    routes.add(__path_leg_index, leg_index);
    routes.add(__path_leg_add, leg_add);
    routes.add(__path_consignment_events, consignment_events);
    routes.add(__path_load_record, load_record);
    routes.add(__path_load_index, load_index);
}
