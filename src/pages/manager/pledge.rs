//! Accepting a pledge, in whole or in part, and declining it.

use super::common::{Known, Wanted, is_said_in_form, wrongs_of};
use super::words::ManagerWord;
use crate::auth::{Permit, action, now};
use crate::core::id::PledgeId;
use crate::core::problem::{Outcome, Problem};
use crate::events::http::post_one;
use crate::pages::donor::view::state_words;
use crate::pages::donor::words::DonorWord;
use crate::pages::form::{Form, typed_number};
use crate::pages::frame::Frame;
use crate::pages::made_up::is_made_up;
use crate::pages::refused::{Wrong, Wrongs};
use crate::pages::visitor::{Visitor, see, shown, shown_with};
use crate::pages::words::Word;
use crate::pledges::http::{PledgeView, pledge_show};
use crate::pledges::rules::PledgeState;
use crate::totals::Thing;
use crate::web::{Path, Shown, State};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use serde_json::{Value, json};
use uuid::Uuid;

/// A line that may be accepted.
struct LineRow {
    /// Its place in the form, from 0.
    number: usize,
    id: String,
    item: String,
    label: String,
    offered: String,
    accepted: String,
    meant_for: String,
    /// What stands in the field.
    value: String,
    /// What is wrong with that.
    wrong: Option<Wrong>,
    /// Why it is not wanted, as the list says.
    unwanted: Vec<String>,
}

#[derive(Template)]
#[template(path = "manager/pledge.html")]
struct PledgePage {
    frame: Frame,
    heading: String,
    path: String,
    whole: String,
    donor: String,
    programme: String,
    state: &'static str,
    offered: String,
    note: Option<String>,
    is_open: bool,
    may_decline: bool,
    has_unwanted: bool,
    lines: Vec<LineRow>,
    event: String,
    occurred_at: String,
    despite: String,
    reason: String,
    wrongs: Wrongs,
}

/// The pledge as whoever works with it reads it.
async fn read(visitor: &Visitor, state: &State, id: PledgeId) -> Outcome<(PledgeView, Known)> {
    let permit = visitor.permit::<action::PledgeRead>()?;
    let Shown::All(view) = pledge_show(permit, state.clone(), Path(id)).await?.into_inner() else {
        return Err(Problem::not_found());
    };
    let items = view.lines.iter().flatten().map(|line| line.item.0);
    let known = Wanted::default()
        .with(Thing::Item, items)
        .with(Thing::Organization, view.donor.map(|id| id.0))
        .with(Thing::Programme, [view.programme.0])
        .read(state)
        .await?;
    Ok((view, known))
}

fn page(frame: Frame, (view, known): (PledgeView, Known), form: &Form, wrongs: Wrongs) -> PledgePage {
    let heading =
        frame.with(DonorWord::Pledge, view.reference.clone().unwrap_or_else(|| view.id.to_string()));
    let title = if wrongs.is_any() { frame.with(Word::ErrorTitle, &heading) } else { heading.clone() };
    let given = |name: &str, otherwise: String| form.given(name).map_or(otherwise, str::to_owned);
    let state = PledgeState::from_word(&view.state);
    PledgePage {
        path: format!("/manager/pledges/{}", view.id),
        whole: format!("/donor/pledges/{}", view.id),
        donor: known.name_of(&frame, Thing::Organization, view.donor.map(|id| id.0)),
        programme: known.name(&frame, Thing::Programme, view.programme.0),
        state: state_words(&frame, &view.state),
        offered: frame.day(view.offered_at.day()),
        is_open: matches!(state, Some(PledgeState::Offered | PledgeState::PartlyAccepted)),
        may_decline: state == Some(PledgeState::Offered),
        has_unwanted: !view.unwanted.is_empty(),
        lines: lines(&frame, &view, &known, (form, &wrongs)),
        event: given("id", Uuid::now_v7().to_string()),
        occurred_at: given("occurred_at", now().to_string()),
        despite: form.get("despite").to_owned(),
        reason: form.get("reason").to_owned(),
        note: view.note,
        frame: frame.titled(title),
        heading,
        wrongs,
    }
}

fn lines(frame: &Frame, view: &PledgeView, known: &Known, (form, wrongs): (&Form, &Wrongs)) -> Vec<LineRow> {
    let row = |(number, line): (usize, &crate::pledges::http::PledgeLineView)| {
        let item = known.name(frame, Thing::Item, line.item.0);
        let open = (line.offered - line.accepted).to_string();
        let told = view.unwanted.iter().filter(|told| told.line == line.id).map(|told| told.words.clone());
        LineRow {
            number,
            id: line.id.to_string(),
            label: frame.with(ManagerWord::AcceptNow, &item),
            offered: frame.number(line.offered),
            accepted: frame.number(line.accepted),
            meant_for: match (&line.earmark_area, &line.earmark_country) {
                (Some(area), _) => area.clone(),
                (None, Some(code)) => frame.country(code),
                (None, None) => frame.say(DonorWord::AnyCountry).to_owned(),
            },
            value: form.given(&format!("quantity-{number}")).map_or(open, str::to_owned),
            wrong: wrongs.at(&format!("quantity-{number}")).cloned(),
            unwanted: told.collect(),
            item,
        }
    };
    view.lines.iter().flatten().enumerate().map(row).collect()
}

pub(super) async fn pledge(
    permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    path: Path<PledgeId>,
) -> Outcome<HttpResponse> {
    permit.further(crate::auth::Action::PledgeDecide)?;
    let read = read(&visitor, &state, path.0).await?;
    let made_up = is_made_up(&visitor, &state, read.0.programme).await?;
    let frame = visitor.frame(ManagerWord::Pledges).synthetic(made_up);
    shown(&page(frame, read, &Form::default(), Wrongs::default()))
}

/// The event that a form asks for: a line of which nothing is accepted is none of it.
fn acceptance(pledge: PledgeId, form: &Form) -> (Value, Vec<usize>) {
    let asked = form.all("line").enumerate().filter_map(|(number, line)| {
        let quantity = typed_number(form.given(&format!("quantity-{number}"))?);
        (quantity != json!(0)).then(|| (number, json!({"line": line, "quantity": quantity})))
    });
    let (numbers, lines): (Vec<usize>, Vec<Value>) = asked.unzip();
    let mut event = json!({"id": form.get("id"), "kind": "pledge_accepted", "occurred_at": form.get("occurred_at"),
        "pledge": pledge, "lines": lines});
    if let Some(despite) = form.given("despite") {
        event["despite"] = despite.into();
    }
    (event, numbers)
}

/// Posts what a form asks for; where it is refused, the form is shown again with what is wrong.
async fn post(
    permit: Permit<action::EventSubmit>,
    (visitor, state): (&Visitor, &State),
    (pledge, form): (PledgeId, &Form),
    (event, numbers): (Value, Vec<usize>),
) -> Outcome<HttpResponse> {
    let problem = match post_one(&permit, state, event).await {
        Ok(_) => return see(&format!("/manager/pledges/{pledge}")),
        Err(problem) if is_said_in_form(&problem) => problem,
        Err(problem) => return Err(problem),
    };
    let field_of = |pointer: &str| match pointer {
        "/despite" => "despite".to_owned(),
        "/reason" => "reason".to_owned(),
        _ => {
            let index = pointer.strip_prefix("/lines/").and_then(|rest| rest.split('/').next()?.parse().ok());
            let number = index.and_then(|index: usize| numbers.get(index));
            number.map_or_else(String::new, |number| format!("quantity-{number}"))
        }
    };
    let read = read(visitor, state, pledge).await?;
    let made_up = is_made_up(visitor, state, read.0.programme).await?;
    let frame = visitor.frame(ManagerWord::Pledges).synthetic(made_up);
    let wrongs = wrongs_of(&frame, &problem, field_of);
    shown_with(problem.status_code(), &page(frame, read, form, wrongs))
}

pub(super) async fn accept(
    permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    path: Path<PledgeId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let asked = acceptance(path.0, &form);
    post(permit, (&visitor, &state), (path.0, &form), asked).await
}

pub(super) async fn decline(
    permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    path: Path<PledgeId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let mut event = json!({"id": form.get("id"), "kind": "pledge_declined", "occurred_at": form.get("occurred_at"),
        "pledge": path.0});
    if let Some(reason) = form.given("reason") {
        event["reason"] = reason.into();
    }
    post(permit, (&visitor, &state), (path.0, &form), (event, Vec::new())).await
}
