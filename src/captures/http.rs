//! EPCIS capture over HTTP: a document is accepted, what became of it is asked, and what waits is resolved or dismissed.

use super::dismiss::{CaptureDismiss, EventDismiss};
use super::event::read_event;
use super::matching::{Asked, judge};
use super::read::{CaptureJobView, CapturedFilter, CapturedView, captured_list, captured_read, job_list};
use super::record::{CaptureRecord, EventSettle, NewEvent, Verdict};
use super::rules::{EVENTS_MAXIMUM, read_document};
use super::store::{CapturedEvent, CapturedState, waiting_beside};
use crate::auth::{Action, Permit, Scope, action};
use crate::core::check::quoted;
use crate::core::id::{CaptureId, CapturedEventId, ConsignmentId, LegId};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::events::told_within;
use crate::web::{Distinct, Json, Kept, Paging, Path, Query, Routes, State, Written, WrittenBody};
use crate::writer::Actor;
use actix_web::http::header::LOCATION;
use actix_web::web::Json as JsonBody;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The header that says what becomes of the other events where one cannot be read.
const BEHAVIOUR: &str = "gs1-capture-error-behaviour";
/// The header that says which EPCIS is spoken.
const VERSION: &str = "gs1-epcis-version";

/// A document of EPCIS 2.0 in JSON-LD, as the standard's schema has it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derive only; a document is read member by member")]
pub struct EpcisDocument {
    /// The standard's context, and what names of others stand for.
    #[schema(rename = "@context", value_type = Object)]
    context: Value,
    /// `EPCISDocument`.
    #[schema(rename = "type")]
    kind: String,
    /// `2.0`.
    #[schema(rename = "schemaVersion")]
    schema_version: String,
    /// When it was made.
    #[schema(rename = "creationDate")]
    creation_date: crate::core::time::Timestamp,
    /// With up to 1,000 events in its `eventList`.
    #[schema(rename = "epcisBody", value_type = Object)]
    epcis_body: Value,
}

/// What becomes of the other events where one cannot be read: nothing is captured, if the sender says nothing else.
fn behaviour(request: &HttpRequest) -> Outcome<&'static str> {
    match request.headers().get(BEHAVIOUR).map(|value| value.to_str()) {
        None | Some(Ok("rollback")) => Ok("rollback"),
        Some(Ok("proceed")) => Ok("proceed"),
        Some(other) => {
            let told = quoted(other.unwrap_or("what is no text"));
            let detail = format!("The header {BEHAVIOUR} is {told}; send rollback or proceed.");
            Err(Problem::new(Code::Malformed, detail))
        }
    }
}

/// The document as it is recorded: its events, and the problems of those that cannot be read.
fn accepted(actor: Actor, behaviour: &'static str, body: Kept<Distinct>) -> Outcome<CaptureRecord> {
    let document = read_document(body.value.into_value()?)?;
    let mut events = Vec::with_capacity(document.events.len());
    let mut errors: Vec<Value> = Vec::new();
    for (ordinal, value) in (0..).zip(&document.events) {
        let pointer = format!("/epcisBody/eventList/{ordinal}");
        match read_event(value, &pointer, document.prefix.as_deref()) {
            Ok(event) => {
                let body = value.to_string();
                let hash = Sha256::digest(body.as_bytes()).into();
                events.push(NewEvent { event, ordinal, body, hash });
            }
            Err(problem) => errors.push(problem.to_json()),
        }
    }
    if behaviour == "rollback" && !errors.is_empty() {
        events.clear();
    }
    Ok(CaptureRecord {
        actor,
        id: CaptureId(Uuid::now_v7()),
        behaviour,
        prefix: document.prefix,
        sha256: Sha256::digest(&body.bytes).into(),
        content: body.bytes.into(),
        events: events.into(),
        count: i64::try_from(document.events.len()).unwrap_or(i64::MAX),
        errors: Value::Array(errors).to_string(),
    })
}

/// Capture events of another system
///
/// An EPCIS 2.0 document in JSON-LD, sent as `application/ld+json` or `application/json`. It is recorded and answered; its
/// events are looked at afterwards, and `Location` says where to ask what became of them. What is shipped, departs, arrives,
/// is received, stored or accepted, and fits a consignment by tracking code, SSCC or our own URI, becomes an event of the
/// ledger in the sender's name. All else waits for a person. The same `eventID` again does nothing.
#[utoipa::path(post, path = "/api/v1/epcis/capture", tag = "exchange",
    params(("GS1-Capture-Error-Behaviour" = Option<String>, Header,
        description = "rollback: nothing is captured where an event cannot be read; proceed: all others are. rollback if not said")),
    request_body = EpcisDocument,
    responses((status = 202, description = "Accepted", body = WrittenBody<CaptureJobView>)))]
pub async fn epcis_capture(
    permit: Permit<action::CaptureWrite>,
    state: State,
    request: HttpRequest,
    body: Kept<Distinct>,
) -> Outcome<HttpResponse> {
    let update = accepted(permit.further(Action::EventPost)?, behaviour(&request)?, body)?;
    let recorded = state.writer.record(update).await?;
    let (id, scope) = (recorded.answer.id, permit.scope().clone());
    let answer = state.read(move |conn| job_read(conn, &scope, id)).await?;
    let receipt = recorded.leaf.and_then(|leaf| leaf.receipt(&state.signer));
    let behaviour = answer.capture_error_behaviour.clone();
    Ok(HttpResponse::Accepted()
        .insert_header((LOCATION, format!("/api/v1/epcis/capture/{id}")))
        .insert_header((BEHAVIOUR, behaviour))
        .insert_header((VERSION, "2.0.0"))
        .json(WrittenBody { answer, receipt }))
}

fn job_read(conn: &mut Conn, scope: &Scope, id: CaptureId) -> Outcome<CaptureJobView> {
    job_list(conn, scope, Some(id), (None, 1))?.pop().ok_or_else(Problem::not_found)
}

/// List captured documents
#[utoipa::path(get, path = "/api/v1/epcis/capture", tag = "exchange", params(PageQuery),
    responses((status = 200, description = "A page", body = Page<CaptureJobView>)))]
pub async fn epcis_jobs(
    permit: Permit<action::CaptureRead>,
    state: State,
    query: Query<PageQuery>,
) -> Outcome<JsonBody<Page<CaptureJobView>>> {
    let paging: Paging<CaptureId> = Paging::of(&query.0)?;
    let read = move |conn: &mut Conn, after, limit| job_list(conn, permit.scope(), None, (after, limit));
    state.page(paging, read, |row| row.capture_id).await.map(JsonBody)
}

/// Show what became of a captured document
#[utoipa::path(get, path = "/api/v1/epcis/capture/{id}", tag = "exchange", params(("id" = CaptureId, Path)),
    responses((status = 200, body = CaptureJobView)))]
pub async fn epcis_job(
    permit: Permit<action::CaptureRead>,
    state: State,
    path: Path<CaptureId>,
) -> Outcome<JsonBody<CaptureJobView>> {
    state.read(move |conn| job_read(conn, permit.scope(), path.0)).await.map(JsonBody)
}

/// What a list of captured events is narrowed to.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CapturedQuery {
    /// Only of this document.
    pub capture: Option<CaptureId>,
    /// Only about this consignment.
    pub consignment: Option<ConsignmentId>,
    /// Only those that stand so: pending, taken, known, waiting or dismissed.
    #[param(inline)]
    pub state: Option<CapturedState>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// List captured events
#[utoipa::path(get, path = "/api/v1/epcis/captured", tag = "exchange", params(CapturedQuery),
    responses((status = 200, description = "A page", body = Page<CapturedView>)))]
pub async fn epcis_captured_list(
    permit: Permit<action::CaptureRead>,
    state: State,
    query: Query<CapturedQuery>,
) -> Outcome<JsonBody<Page<CapturedView>>> {
    let query = query.0;
    let paging: Paging<CapturedEventId> = Paging::new(query.after.as_deref(), query.limit)?;
    let CapturedQuery { capture, consignment, state: stands, .. } = query;
    let filter = CapturedFilter { capture, consignment, state: stands };
    let read =
        move |conn: &mut Conn, after, limit| captured_list(conn, permit.scope(), filter, (after, limit));
    let page = state.page(paging, read, |(row, _)| row.id).await?;
    Ok(JsonBody(page.map(|(row, sent)| CapturedView::of(&row, &sent))))
}

/// Show a captured event, as it was sent and as it stands
#[utoipa::path(get, path = "/api/v1/epcis/captured/{id}", tag = "exchange", params(("id" = CapturedEventId, Path)),
    responses((status = 200, body = CapturedView)))]
pub async fn epcis_captured_show(
    permit: Permit<action::CaptureRead>,
    state: State,
    path: Path<CapturedEventId>,
) -> Outcome<JsonBody<CapturedView>> {
    let (row, sent) = state.read(move |conn| captured_read(conn, permit.scope(), path.0)).await?;
    Ok(JsonBody(CapturedView::of(&row, &sent).with_content(&row)))
}

/// What a captured event is about, as somebody says.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapturedResolution {
    /// The consignment; what the event says itself, if left out: it is tried again.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// The leg, where its consignment has several.
    #[serde(default)]
    pub leg: Option<LegId>,
}

/// What becomes of an event that waits by what somebody says, and which others wait with the same paper.
fn resolved(
    conn: &mut Conn,
    permit: &Permit<action::CaptureWrite>,
    id: CapturedEventId,
    said: CapturedResolution,
) -> Outcome<(Verdict, Vec<CapturedEventId>)> {
    let (row, sent) = captured_read(conn, permit.scope(), id)?;
    if row.stands() != CapturedState::Waiting {
        // Where it is settled, the writer says how.
        return Ok((Verdict::Park(None, String::new()), Vec::new()));
    }
    let event = row.read(&sent)?;
    let said = said.consignment.map(|consignment| (consignment, said.leg));
    let verdict = judge(conn, permit.scope(), &Asked { sent: &sent, event: &event, said })?;
    match verdict {
        Verdict::Park(_, reason) => Err(Problem::new(Code::WrongState, reason)),
        Verdict::Post(_) | Verdict::Known(..) => Ok((verdict, waiting_beside(conn, &sent, &row)?)),
    }
}

/// The answer to a decision about an event.
async fn shown(
    state: &State,
    recorded: Outcome<crate::writer::Recorded<std::sync::Arc<CapturedEvent>>>,
    scope: &Scope,
) -> Outcome<Written<CapturedView>> {
    let recorded = match recorded {
        Ok(recorded) => recorded,
        Err(problem) => return Err(told_within(state, scope, problem).await?),
    };
    let (id, reach) = (recorded.answer.id, scope.clone());
    let (row, sent) = state.read(move |conn| captured_read(conn, &reach, id)).await?;
    Ok(Written::changed(recorded.map(|_| CapturedView::of(&row, &sent))))
}

/// Say which consignment a captured event is about
///
/// It becomes an event of the ledger in the name of who says so, by the rules of any other; what the ledger refuses is
/// answered, and it waits on. Events of the same senders that name the same paper follow by themselves, be they there or to come.
#[utoipa::path(post, path = "/api/v1/epcis/captured/{id}/resolve", tag = "exchange", params(("id" = CapturedEventId, Path)),
    request_body = CapturedResolution, responses((status = 200, body = WrittenBody<CapturedView>)))]
pub async fn epcis_captured_resolve(
    permit: Permit<action::CaptureWrite>,
    state: State,
    path: Path<CapturedEventId>,
    body: Json<CapturedResolution>,
) -> Outcome<Written<CapturedView>> {
    let (id, actor, asking) = (path.0, permit.further(Action::EventPost)?, permit.clone());
    let (verdict, beside) = state.read(move |conn| resolved(conn, &asking, id, body.0)).await?;
    let settle = EventSettle { actor, id, verdict, is_decided: true, beside };
    let recorded = state.writer.record(settle).await;
    shown(&state, recorded, permit.scope()).await
}

/// Why a captured event waits no more.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapturedDismissal {
    /// What became of it.
    pub reason: String,
}

/// Dismiss a captured event that waits
///
/// It is dealt with, as by an event that somebody posted, and stays on record.
#[utoipa::path(post, path = "/api/v1/epcis/captured/{id}/dismiss", tag = "exchange", params(("id" = CapturedEventId, Path)),
    request_body = CapturedDismissal, responses((status = 200, body = WrittenBody<CapturedView>)))]
pub async fn epcis_captured_dismiss(
    permit: Permit<action::CaptureDismiss>,
    state: State,
    path: Path<CapturedEventId>,
    body: Json<CapturedDismissal>,
) -> Outcome<Written<CapturedView>> {
    let (id, scope) = (path.0, permit.scope().clone());
    state.read(move |conn| captured_read(conn, &scope, id)).await?;
    let dismiss = EventDismiss { actor: permit.actor(), id, reason: body.0.reason };
    let recorded = state.writer.record(dismiss).await;
    shown(&state, recorded, permit.scope()).await
}

/// Dismiss all events of a document that wait
///
/// As far as the caller reaches them, as when the document is a whole ledger's and most of it is about nothing here. Answers how
/// the document stands then.
#[utoipa::path(post, path = "/api/v1/epcis/capture/{id}/dismiss", tag = "exchange", params(("id" = CaptureId, Path)),
    request_body = CapturedDismissal, responses((status = 200, body = WrittenBody<CaptureJobView>)))]
pub async fn epcis_dismiss(
    permit: Permit<action::CaptureDismiss>,
    state: State,
    path: Path<CaptureId>,
    body: Json<CapturedDismissal>,
) -> Outcome<Written<CaptureJobView>> {
    let (id, scope) = (path.0, permit.scope().clone());
    let events = state.read(move |conn| waiting_of(conn, &scope, id)).await?;
    let dismiss = CaptureDismiss { actor: permit.actor(), id, events, reason: body.0.reason };
    let recorded = state.writer.record(dismiss).await?;
    let job = state.read(move |conn| job_read(conn, permit.scope(), id)).await?;
    Ok(Written::changed(recorded.map(|()| job)))
}

/// The events of a document that wait, as far as a scope reaches.
fn waiting_of(conn: &mut Conn, scope: &Scope, id: CaptureId) -> Outcome<Vec<CapturedEventId>> {
    job_read(conn, scope, id)?;
    let state = Some(CapturedState::Waiting);
    let filter = CapturedFilter { capture: Some(id), state, ..CapturedFilter::default() };
    let found = captured_list(conn, scope, filter, (None, EVENTS_MAXIMUM as i64))?;
    Ok(found.into_iter().map(|(row, _)| row.id).collect())
}

/// The routes of captured events.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_epcis_capture, epcis_capture);
    routes.add(__path_epcis_jobs, epcis_jobs);
    routes.add(__path_epcis_job, epcis_job);
    routes.add(__path_epcis_dismiss, epcis_dismiss);
    routes.add(__path_epcis_captured_list, epcis_captured_list);
    routes.add(__path_epcis_captured_show, epcis_captured_show);
    routes.add(__path_epcis_captured_resolve, epcis_captured_resolve);
    routes.add(__path_epcis_captured_dismiss, epcis_captured_dismiss);
}
