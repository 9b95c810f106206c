//! Events over HTTP: post one, post many, read them, and see what waits.

use super::dismiss::WaitingDismiss;
use super::http_stream::{__path_event_stream, event_stream};
use super::kind::{Command, Kind};
use super::moved_on::{MovedOnView, moved_on_list};
use super::post::PostEvent;
use super::reach;
use super::read::{EventFilter, EventView, TracedView, event_list, event_read, sequence_of};
use super::read_waiting::{WaitingFilter, WaitingState, WaitingView, waiting_list, waiting_read};
use super::told::told_within;
use crate::auth::{Action, Permit, Scope, action};
use crate::core::id::{ConsignmentId, EventId, PledgeId, SiteId};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::distributions::{blind, is_to_blind};
use crate::ledger::event::{EventResult, EventStatus};
use crate::web::{
    Distinct, Json, Open, Paging, Path, Query, Routes, Shown, State, Written, WrittenBody, encode_key,
};
use crate::writer::{Priority, Recorded};
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::oneshot;

/// Events of one batch: a phone's week offline, or a page of a spreadsheet.
pub const BATCH_MAXIMUM: usize = 1_000;

/// Events of a batch that go before files like somebody's single ones.
const HANDFUL: usize = 8;

/// An event as it is posted. Beside these members stand those of its kind; see the guide to the API.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "read by the derive only; commands are read kind by kind")]
pub struct EventNew {
    /// Made by you (UUIDv7); the same id and body again returns the first result.
    id: EventId,
    /// What happened, such as `departed` or `received`.
    kind: String,
    /// When it happened.
    occurred_at: crate::core::time::Timestamp,
    /// How exactly that is known: minute, day or month; minute if left out.
    precision: Option<crate::core::time::Precision>,
    /// Where it was entered for somebody else from paper: which organization did it, and the paper's number.
    from_paper: Option<crate::ledger::origin::FromPaper>,
}

/// What is said of the reach of commands, one after another.
struct Verdicts(Option<std::vec::IntoIter<Outcome<()>>>);

impl Verdicts {
    /// Whether the caller's scope reaches what each command is about; a caller whom nothing binds is not asked.
    async fn of<'a>(
        permit: &Permit<action::EventSubmit>,
        state: &State,
        commands: impl Iterator<Item = &'a Command>,
    ) -> Outcome<Self> {
        let scope = permit.scope().clone();
        if scope.is_everything() {
            return Ok(Self(None));
        }
        let kinds: Vec<Kind> = commands.map(|command| command.kind.clone()).collect();
        let found =
            state.read(move |conn| reach::check_reached(conn, &scope, &kinds.iter().collect::<Vec<_>>()));
        Ok(Self(Some(found.await?.into_iter())))
    }

    /// The next. Where there is none, nobody has said that it is reached.
    fn next(&mut self) -> Outcome<()> {
        match &mut self.0 {
            None => Ok(()),
            Some(left) => left.next().unwrap_or_else(|| Err(Problem::internal("an event without a verdict"))),
        }
    }
}

/// Reads a command once the numbers of registers in it are hashed, so that none of them is ever kept.
fn read_blind(state: &State, mut value: Value) -> Outcome<Command> {
    if is_to_blind(&value) {
        blind(&state.vault, &mut value);
    }
    Command::read(value)
}

/// The events of a batch, each ready to be posted or the problem it has: it cannot be read, is not the
/// caller's to post, or is out of reach.
async fn read_all(
    permit: &Permit<action::EventSubmit>,
    state: &State,
    values: Vec<Distinct>,
) -> Outcome<Vec<Outcome<PostEvent>>> {
    let command = |value: Distinct| value.into_value().and_then(|value| read_blind(state, value));
    let read: Vec<Outcome<Command>> = values.into_iter().map(command).collect();
    let mut verdicts = Verdicts::of(permit, state, read.iter().flatten()).await?;
    let within = |command: Outcome<Command>| -> Outcome<PostEvent> {
        let command = command?;
        let reached = verdicts.next();
        let actor = permit.further(command.kind.action())?;
        reached.map(|()| PostEvent::new(command, actor))
    };
    Ok(read.into_iter().map(within).collect())
}

fn status_of(recorded: &Recorded<EventResult>) -> u16 {
    match (recorded.answer.status, &recorded.leaf) {
        (EventStatus::Waiting | EventStatus::Proposed, _) => 202,
        (EventStatus::Posted, Some(_)) => 201,
        (EventStatus::Posted, None) => 200,
    }
}

fn signed(state: &State, recorded: Recorded<EventResult>) -> WrittenBody<EventResult> {
    let receipt = recorded.leaf.and_then(|leaf| leaf.receipt(&state.signer));
    WrittenBody { answer: recorded.answer, receipt }
}

/// Posts one event, as its body says, where it is within the caller's reach.
///
/// # Errors
/// What is refused, told as far as the caller reaches.
pub async fn post_one(
    permit: &Permit<action::EventSubmit>,
    state: &State,
    value: Value,
) -> Outcome<Recorded<EventResult>> {
    let command = read_blind(state, value)?;
    let actor = permit.further(command.kind.action())?;
    Verdicts::of(permit, state, std::iter::once(&command)).await?.next()?;
    match state.writer.record(PostEvent::new(command, actor)).await {
        Ok(recorded) => Ok(recorded),
        Err(problem) => Err(told_within(state, permit.scope(), problem).await?),
    }
}

/// Posts an event. 201: it counts. 202: acknowledged; it waits and posts by itself, or is proposed and counts once
/// somebody else approves it, as `status` says. 200: it was posted before, this is the first result.
#[utoipa::path(post, path = "/api/v1/events", tag = "events", request_body = EventNew,
    responses((status = 201, body = WrittenBody<EventResult>), (status = 202, body = WrittenBody<EventResult>),
        (status = 200, body = WrittenBody<EventResult>)))]
pub async fn event_post(
    permit: Permit<action::EventSubmit>,
    state: State,
    body: Open<Distinct>,
) -> Outcome<HttpResponse> {
    let recorded = post_one(&permit, &state, body.0.into_value()?).await?;
    let status = actix_web::http::StatusCode::from_u16(status_of(&recorded)).unwrap_or_default();
    Ok(HttpResponse::build(status).json(signed(&state, recorded)))
}

/// What became of each event of a batch, in the order they were sent.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BatchView {
    /// One result for each event.
    pub results: Vec<BatchResult>,
    /// How many count now, wait, or are proposed.
    pub accepted: usize,
    /// How many were refused; each refusal fails alone.
    pub refused: usize,
}

/// What became of one event: its HTTP status and either the result or the problem.
#[derive(Serialize, utoipa::ToSchema)]
pub struct BatchResult {
    /// As if it had been posted alone.
    pub status: u16,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<WrittenBody<EventResult>>,
    /// The problem (RFC 9457).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::web::ProblemBody>)]
    pub problem: Option<Value>,
}

/// Several events, decided in their order.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchNew {
    /// Up to 1,000 events.
    #[schema(value_type = Vec<EventNew>)]
    pub events: Vec<Distinct>,
}

/// Posts up to 1,000 events in their order; each gets a result of its own, and a refused one takes no other
/// with it. Where the server has no room for all, those from the first without room on answer 503: send them
/// again.
#[utoipa::path(post, path = "/api/v1/events/batch", tag = "events", request_body = BatchNew,
    responses((status = 200, body = BatchView)))]
pub async fn event_batch(
    permit: Permit<action::EventSubmit>,
    state: State,
    body: Open<BatchNew>,
) -> Outcome<actix_web::web::Json<BatchView>> {
    let count = body.0.events.len();
    if count == 0 || count > BATCH_MAXIMUM {
        let detail = format!("holds {count} events; send 1 to {BATCH_MAXIMUM}");
        return Err(Problem::field("/events", detail));
    }
    // Somebody's evening at a port waits like a person does; a file lets people go first.
    let priority = if count > HANDFUL { Priority::Chunk } else { Priority::Single };
    let queued = queue_all(&state, read_all(&permit, &state, body.0.events).await?, priority);
    let mut results = Vec::with_capacity(count);
    for pending in queued {
        results.push(result_of(&state, permit.scope(), pending).await?);
    }
    let accepted = results.iter().filter(|one| one.result.is_some()).count();
    Ok(actix_web::web::Json(BatchView { refused: results.len() - accepted, accepted, results }))
}

/// An event of a batch that waits for its commit, or why it was not queued.
type Queued = Outcome<oneshot::Receiver<Outcome<Recorded<EventResult>>>>;

/// Queues all before any is waited for, so that they share commits and keep their order. Where one finds no room, none
/// after it is queued, though room may come: it would be decided before the other.
fn queue_all(state: &State, events: Vec<Outcome<PostEvent>>, priority: Priority) -> Vec<Queued> {
    let mut full: Option<Problem> = None;
    let queue = |event: Outcome<PostEvent>| match &full {
        Some(problem) => Err(problem.clone()),
        None => event.and_then(|event| {
            state.writer.submit(event, priority).inspect_err(|problem| full = Some(problem.clone()))
        }),
    };
    events.into_iter().map(queue).collect()
}

/// Waits for what becomes of one event of a batch.
async fn result_of(state: &State, scope: &Scope, pending: Queued) -> Outcome<BatchResult> {
    let unknown = "It is not known whether this was recorded; send it again.";
    let outcome = match pending {
        Ok(receiver) => receiver.await.unwrap_or_else(|_| Err(Problem::new(Code::Unavailable, unknown))),
        Err(problem) => Err(problem),
    };
    Ok(match outcome {
        Ok(recorded) => {
            let status = status_of(&recorded);
            BatchResult { status, result: Some(signed(state, recorded)), problem: None }
        }
        Err(problem) => {
            let problem = told_within(state, scope, problem).await?;
            BatchResult { status: problem.code.status(), result: None, problem: Some(problem.to_json()) }
        }
    })
}

/// What a list of events is narrowed to.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// Of this consignment.
    pub consignment: Option<ConsignmentId>,
    /// Of this pledge.
    pub pledge: Option<PledgeId>,
    /// At this site.
    pub site: Option<SiteId>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Lists events in the order they were recorded.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(EventQuery),
    responses((status = 200, body = Page<Shown<EventView, TracedView>>)))]
pub async fn event_index(
    permit: Permit<action::EventRead>,
    state: State,
    query: Query<EventQuery>,
) -> Outcome<actix_web::web::Json<Page<Shown<EventView, TracedView>>>> {
    let query = query.0;
    let paging: Paging<i64> = Paging::new(query.after.as_deref(), query.limit)?;
    let filter = EventFilter { consignment: query.consignment, pledge: query.pledge, site: query.site };
    let limit = paging.limit;
    let rows = state
        .read(move |conn| event_list(conn, &permit, &filter, paging.after.unwrap_or(0), paging.limit + 1));
    Ok(actix_web::web::Json(Page::from_rows(rows.await?, limit, |row| encode_key(&sequence_of(row)))))
}

/// Shows an event as it was posted, with everything that was posted about it since.
#[utoipa::path(get, path = "/api/v1/events/{id}", tag = "events", params(("id" = String, Path)),
    responses((status = 200, body = Shown<EventView, TracedView>)))]
pub async fn event_show(
    permit: Permit<action::EventRead>,
    state: State,
    path: Path<EventId>,
) -> Outcome<actix_web::web::Json<Shown<EventView, TracedView>>> {
    let view = state.read(move |conn| event_read(conn, &permit, path.0)).await?;
    Ok(actix_web::web::Json(view))
}

/// What a list of waiting events is narrowed to.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WaitingQuery {
    /// For this consignment.
    pub consignment: Option<ConsignmentId>,
    /// At this site.
    pub site: Option<SiteId>,
    /// `waiting`, `refused` or `dismissed`; what waits and what was refused if left out.
    pub state: Option<WaitingState>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Lists acknowledged events that do not count yet, with their age: what waits, and what was refused when it
/// could have been posted.
#[utoipa::path(get, path = "/api/v1/events/waiting", tag = "events", params(WaitingQuery),
    responses((status = 200, body = Page<WaitingView>)))]
pub async fn event_waiting(
    permit: Permit<action::OpenRead>,
    state: State,
    query: Query<WaitingQuery>,
) -> Outcome<actix_web::web::Json<Page<WaitingView>>> {
    let query = query.0;
    let paging: Paging<EventId> = Paging::new(query.after.as_deref(), query.limit)?;
    let limit = paging.limit;
    let filter = WaitingFilter { consignment: query.consignment, site: query.site, state: query.state };
    let now = Timestamp(chrono::Utc::now().timestamp_micros());
    let rows = state.read(move |conn| waiting_list(conn, &permit, filter, now, &paging));
    Ok(actix_web::web::Json(Page::from_rows(rows.await?, limit, |row| encode_key(&row.id))))
}

/// Why a refused update is open no more.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingDismissal {
    /// What became of it.
    pub reason: String,
}

/// Dismisses what was refused after it had waited, by who posted it or who decides about goods: it is dealt with and
/// stands in the list no more. What was recorded of it stays.
#[utoipa::path(post, path = "/api/v1/events/waiting/{id}/dismiss", tag = "events", params(("id" = String, Path)),
    request_body = WaitingDismissal, responses((status = 200, body = WrittenBody<WaitingView>)))]
pub async fn event_dismiss(
    permit: Permit<action::OpenDismiss>,
    state: State,
    path: Path<EventId>,
    body: Json<WaitingDismissal>,
) -> Outcome<Written<WaitingView>> {
    let (id, reader, now) = (path.0, permit.clone(), Timestamp(chrono::Utc::now().timestamp_micros()));
    let (view, poster) = state.read(move |conn| waiting_read(conn, &reader, id, now)).await?;
    if poster != permit.principal().user && permit.reach(Action::MissingDecide).is_none() {
        let detail = "Only who posted this, or who decides about goods, dismisses it.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let dismiss = WaitingDismiss { actor: permit.actor(), id, reason: body.0.reason };
    let recorded = state.writer.record(dismiss).await?;
    Ok(Written::changed(recorded.map(|row| view.dismissed(&row))))
}

/// Lists corrections whose units had moved on and are not decided yet, with their age, in the order they were
/// recorded.
#[utoipa::path(get, path = "/api/v1/events/moved-on", tag = "events", params(PageQuery),
    responses((status = 200, body = Page<MovedOnView>)))]
pub async fn event_moved_on(
    permit: Permit<action::OpenRead>,
    state: State,
    query: Query<PageQuery>,
) -> Outcome<actix_web::web::Json<Page<MovedOnView>>> {
    let paging: Paging<i64> = Paging::of(&query.0)?;
    let limit = paging.limit;
    let now = Timestamp(chrono::Utc::now().timestamp_micros());
    let rows = state.read(move |conn| moved_on_list(conn, &permit, now, &paging));
    Ok(actix_web::web::Json(Page::from_rows(rows.await?, limit, |row| encode_key(&row.sequence))))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_event_post, event_post);
    routes.add(__path_event_batch, event_batch);
    routes.add(__path_event_index, event_index);
    routes.add(__path_event_waiting, event_waiting);
    routes.add(__path_event_dismiss, event_dismiss);
    routes.add(__path_event_moved_on, event_moved_on);
    routes.add(__path_event_stream, event_stream);
    routes.add(__path_event_show, event_show);
    for action in Kind::ACTIONS {
        routes.asks(*action);
    }
}
