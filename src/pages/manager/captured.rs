//! Events of other systems that wait for a person: all of them, and settling or dismissing one.

use super::captured_words::CaptureWord;
use super::common::{asked, is_said_in_form};
use super::happening::consignment_of;
use super::missing_words::MissingWord;
use super::standing::{Fact, StandingPage, is_recorded};
use crate::auth::{Permit, action};
use crate::captures::http::{
    CapturedDismissal, CapturedQuery, CapturedResolution, epcis_captured_dismiss, epcis_captured_list,
    epcis_captured_resolve, epcis_captured_show,
};
use crate::captures::{CapturedState, CapturedView};
use crate::consignments::expected_read;
use crate::core::id::{CapturedEventId, ConsignmentId, LegId};
use crate::core::problem::{Outcome, Problem};
use crate::pages::fields::{Field, Fields};
use crate::pages::form::{Form, amount};
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::made_up::shows_made_up;
use crate::pages::visitor::{Visitor, see, shown};
use crate::totals::Things;
use crate::web::{Json, Path, Query, State, value_of};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::{Value, json};

/// Events of one page of the list.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "manager/captured.html")]
struct CapturedPage {
    frame: Frame,
    grid: Grid,
}

/// The consignments that events are about, as far as anybody knows.
fn things_of<'a>(views: impl IntoIterator<Item = &'a CapturedView>) -> Things {
    let consignments = views.into_iter().filter_map(|view| view.consignment).collect();
    Things { consignments, ..Things::default() }
}

/// What an event says happened, by the last word of the name that its system gives the step.
fn step_of(view: &CapturedView) -> String {
    let step = view.step.rsplit([':', '/', '-']).next().unwrap_or_default();
    step.replace('_', " ")
}

fn grid_of(frame: &Frame, views: &[CapturedView]) -> Grid {
    let mut grid = Grid::new(frame.say(CaptureWord::Title), frame.say(CaptureWord::Nothing))
        .column(frame.say(CaptureWord::Came))
        .column(frame.say(CaptureWord::Step))
        .column(frame.say(CaptureWord::Why));
    grid.rows.extend(views.iter().map(|view| {
        vec![
            Cell::text(frame.day(view.received_at.day())).to(format!("/captures/{}", view.id)),
            Cell::english(step_of(view)),
            Cell::english(view.reason.clone().unwrap_or_default()),
        ]
    }));
    grid
}

pub(super) async fn list(
    permit: Permit<action::CaptureDismiss>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    drop(permit);
    let after = asked(&request).given("after").map(str::to_owned);
    let query: CapturedQuery = value_of(&json!({"state": "waiting", "limit": ROWS, "after": after}))?;
    let page = epcis_captured_list(visitor.permit()?, state.clone(), Query(query)).await?.into_inner();
    let made_up = shows_made_up(&state, things_of(&page.items)).await?;
    let frame = visitor.frame(CaptureWord::Title).synthetic(made_up);
    let mut grid = grid_of(&frame, &page.items);
    grid.next = page.next.map_or_else(String::new, |next| format!("/captures?after={next}"));
    shown(&CapturedPage { frame, grid })
}

/// The form: settling is for who may post what the event becomes.
fn form_of(visitor: &Visitor, frame: &Frame, id: CapturedEventId) -> Fields {
    let may_settle = visitor.may::<action::CaptureWrite>().is_some();
    let say = |word: CaptureWord| frame.say(word).to_owned();
    let mut list = Vec::new();
    let mut decisions = vec![("dismiss".to_owned(), say(CaptureWord::Dismiss))];
    if may_settle {
        decisions.insert(0, ("settle".to_owned(), say(CaptureWord::Settle)));
    }
    list.push(Field::choice("decision", say(CaptureWord::Decision), "", decisions));
    if may_settle {
        let code = Field::text("consignment", say(CaptureWord::Consignment), "");
        list.push(code.hint(say(CaptureWord::ConsignmentHint)));
        list.push(Field::text("leg", say(CaptureWord::Leg), "").kind("number"));
    }
    let reason = Field::area("reason", say(CaptureWord::Reason), "");
    list.push(reason.hint(frame.say(MissingWord::WhyHint)));
    Fields::new(format!("/captures/{id}"), frame.say(MissingWord::Record), list)
}

async fn page(visitor: &Visitor, state: &State, id: CapturedEventId) -> Outcome<StandingPage> {
    let view = epcis_captured_show(visitor.permit()?, state.clone(), Path(id)).await?.into_inner();
    let made_up = shows_made_up(state, things_of([&view])).await?;
    let frame = visitor.frame(CaptureWord::One).synthetic(made_up);
    let mut links = vec![(format!("/api/v1/epcis/captured/{id}"), frame.say(CaptureWord::AsSent).to_owned())];
    links.extend(view.consignment.map(|consignment| {
        (format!("/board/consignments/{consignment}"), frame.say(MissingWord::Consignment).to_owned())
    }));
    let why = (frame.say(CaptureWord::Why), view.reason.clone().unwrap_or_default());
    // Who dismissed it said why; until then the interface does.
    let why = match view.state {
        CapturedState::Dismissed => Fact::of(why.0, why.1),
        CapturedState::Pending | CapturedState::Taken | CapturedState::Known | CapturedState::Waiting => {
            Fact::told(why.0, why.1)
        }
    };
    let facts = [
        Fact::of(frame.say(CaptureWord::Step), step_of(&view)),
        Fact::of(frame.say(CaptureWord::Came), frame.day(view.received_at.day())),
        why,
        Fact::of(frame.say(CaptureWord::Name), view.uri.clone()),
    ];
    let is_waiting = view.state == CapturedState::Waiting;
    Ok(StandingPage {
        title: frame.say(CaptureWord::One).to_owned(),
        back: ("/captures", frame.say(CaptureWord::Title)),
        is_recorded: false,
        facts: facts.into_iter().filter(Fact::is_said).collect(),
        links,
        form: is_waiting.then(|| form_of(visitor, &frame, id)),
        nothing: frame.say(CaptureWord::Settled),
        frame,
    })
}

pub(super) async fn one(
    permit: Permit<action::CaptureDismiss>,
    visitor: Visitor,
    state: State,
    path: Path<CapturedEventId>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    drop(permit);
    let page = page(&visitor, &state, path.0).await?;
    StandingPage { is_recorded: is_recorded(&request), ..page }.shown()
}

/// The part of a consignment's way by its number, as somebody reads it on the page.
async fn leg_of(visitor: &Visitor, state: &State, id: ConsignmentId, typed: &str) -> Outcome<LegId> {
    let permit = visitor.permit::<action::EventSubmit>()?;
    let expected = state.read(move |conn| expected_read(conn, &permit, id)).await?;
    let place = amount(typed).and_then(|number| usize::try_from(number.checked_sub(1)?).ok());
    let found = place.and_then(|place| expected.legs.get(place));
    found.map(|leg| leg.id).ok_or_else(|| {
        let words = format!("is {typed:?}; the way has parts 1 to {}", expected.legs.len());
        Problem::field("/leg", words)
    })
}

/// What a form says an event is about.
async fn resolution(visitor: &Visitor, state: &State, form: &Form) -> Outcome<CapturedResolution> {
    let mut body = json!({});
    if let Some(code) = form.given("consignment") {
        let id = consignment_of(visitor, state, code).await?;
        body["consignment"] = json!(id);
        if let Some(typed) = form.given("leg") {
            body["leg"] = json!(leg_of(visitor, state, id, typed).await?);
        }
    }
    value_of::<CapturedResolution>(&body)
}

/// Does what a form decides.
async fn decided(visitor: &Visitor, state: &State, id: CapturedEventId, form: &Form) -> Outcome<()> {
    match form.get("decision") {
        "settle" => {
            let permit = visitor.permit::<action::CaptureWrite>()?;
            let said = resolution(visitor, state, form).await?;
            epcis_captured_resolve(permit, state.clone(), Path(id), Json(said)).await.map(drop)
        }
        "dismiss" => {
            let permit = visitor.permit::<action::CaptureDismiss>()?;
            let body: Value = json!({"reason": form.get("reason")});
            let said = value_of::<CapturedDismissal>(&body)?;
            epcis_captured_dismiss(permit, state.clone(), Path(id), Json(said)).await.map(drop)
        }
        other => {
            Err(Problem::field("/decision", format!("is {other:?}; an event is settled or dismissed here")))
        }
    }
}

pub(super) async fn decide(
    permit: Permit<action::CaptureDismiss>,
    visitor: Visitor,
    state: State,
    path: Path<CapturedEventId>,
    form: Form,
) -> Outcome<HttpResponse> {
    drop(permit);
    let id = path.0;
    match decided(&visitor, &state, id, &form).await {
        Ok(()) => see(&format!("/captures/{id}?recorded=1")),
        Err(problem) if is_said_in_form(&problem) => page(&visitor, &state, id).await?.again(&form, problem),
        Err(problem) => Err(problem),
    }
}
