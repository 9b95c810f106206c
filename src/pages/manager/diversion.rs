//! Sending goods that are under way another way: to a new stop, and from there to where they were going.

use super::common::led_on;
use super::happening_words::HappenedWord;
use super::missing_words::MissingWord;
use super::standing::{Fact, StandingPage};
use super::words::ManagerWord;
use crate::auth::{Permit, action, now};
use crate::consignments::rules::Mode;
use crate::consignments::{Expected, expected_read};
use crate::core::id::{ConsignmentId, SiteId};
use crate::core::problem::{Outcome, Problem};
use crate::events::http::post_one;
use crate::pages::board::BoardWord;
use crate::pages::fields::{Field, Fields};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::made_up::shows_made_up;
use crate::pages::visitor::{Visitor, see};
use crate::papers::words::mode;
use crate::sites::Site;
use crate::sites::http::{SiteQuery, site_list};
use crate::totals::Things;
use crate::web::{Path, Query, Shown, State, value_of};
use actix_web::HttpResponse;
use serde_json::{Value, json};
use uuid::Uuid;

/// Sites somebody chooses from: one page of their list. Whoever has more names the stop through the interface.
const SITES_SHOWN: i64 = 500;

/// Sites by their names, each with its country.
async fn stops(visitor: &Visitor, state: &State, frame: &Frame) -> Outcome<Vec<(String, String)>> {
    let query: SiteQuery = value_of(&json!({"limit": SITES_SHOWN}))?;
    let page = site_list(visitor.permit()?, state.clone(), Query(query)).await?.into_inner();
    let views = page.items.into_iter().filter_map(|shown| match shown {
        Shown::All(placed) => Some(placed.site),
        Shown::Traced(_) => None,
    });
    let one = |id: SiteId, name: &str, country: &str| {
        (id.to_string(), format!("{name}, {}", frame.country(country)))
    };
    let mut stops: Vec<(String, String)> =
        views.map(|view| one(view.id, &view.name, &view.country)).collect();
    stops.sort_by(|left, right| left.1.cmp(&right.1));
    Ok(stops)
}

/// The legs that goods are on: each by its ends.
fn legs_under_way(frame: &Frame, expected: &Expected) -> Vec<(String, String)> {
    let name =
        |id: SiteId| expected.sites.get(&id).map_or_else(|| id.to_string(), |site: &Site| site.name.clone());
    let there = expected.legs.iter().filter(|leg| expected.on_legs.contains_key(&leg.id));
    there
        .map(|leg| {
            (leg.id.to_string(), frame.with_two(BoardWord::FromTo, name(leg.from_id), name(leg.to_id)))
        })
        .collect()
}

fn fields(frame: &Frame, legs: Vec<(String, String)>, stops: Vec<(String, String)>) -> Vec<Field> {
    let modes = || Mode::ALL.map(|one| (one.word().to_owned(), mode(frame.language, one.word()).to_owned()));
    let why = Field::area("reason", frame.say(ManagerWord::Why), "");
    let stop = Field::choice("to", frame.say(HappenedWord::Stop), "", stops);
    vec![
        Field::choice("leg", frame.say(HappenedWord::Leg), "", legs),
        stop.hint(frame.say(HappenedWord::DivertLead)),
        Field::choice("mode", frame.say(HappenedWord::Mode), "", modes()),
        Field::choice("onward", frame.say(HappenedWord::Onward), "", modes()),
        why.required().hint(frame.say(MissingWord::WhyHint)),
    ]
}

async fn read(visitor: &Visitor, state: &State, id: ConsignmentId) -> Outcome<Expected> {
    let permit = visitor.permit::<action::EventSubmit>()?;
    state.read(move |conn| expected_read(conn, &permit, id)).await
}

async fn page(visitor: &Visitor, state: &State, id: ConsignmentId) -> Outcome<StandingPage> {
    let expected = read(visitor, state, id).await?;
    let things = Things { consignments: vec![id], ..Things::default() };
    let frame = visitor.frame(HappenedWord::DivertTitle).synthetic(shows_made_up(state, things).await?);
    let legs = legs_under_way(&frame, &expected);
    let is_under_way = !legs.is_empty();
    let list = fields(&frame, legs, stops(visitor, state, &frame).await?);
    let form = Fields::new(format!("/consignments/{id}/divert"), frame.say(HappenedWord::Divert), list);
    let form = form.hidden("id", Uuid::now_v7().to_string()).hidden("occurred_at", now().to_string());
    let code = expected.consignment.tracking_code.clone();
    Ok(StandingPage {
        title: frame.say(HappenedWord::DivertTitle).to_owned(),
        back: ("/board", frame.say(BoardWord::Title)),
        is_recorded: false,
        facts: vec![Fact::of(frame.say(MissingWord::Consignment), code)],
        links: vec![(format!("/board/consignments/{id}"), frame.say(MissingWord::Consignment).to_owned())],
        form: is_under_way.then_some(form),
        nothing: frame.say(HappenedWord::NothingUnderWay),
        frame,
    })
}

pub(super) async fn divert(
    permit: Permit<action::EventPost>,
    visitor: Visitor,
    state: State,
    path: Path<ConsignmentId>,
) -> Outcome<HttpResponse> {
    drop(permit);
    page(&visitor, &state, path.0).await?.shown()
}

/// The event that a form says: one leg where the new stop is the destination, else a second one that goes on to it.
fn body(expected: &Expected, form: &Form) -> Outcome<Value> {
    let leg = expected.legs.iter().find(|leg| leg.id.to_string() == form.get("leg"));
    let Some(leg) = leg else {
        return Err(Problem::field("/leg", "is no part of this way; choose one that goods are on"));
    };
    let (stop, destination) = (form.get("to"), expected.consignment.destination_id);
    let mut legs = vec![json!({"mode": form.get("mode"), "from": leg.from_id, "to": stop})];
    if stop != destination.to_string() {
        legs.push(json!({"mode": form.get("onward"), "from": stop, "to": destination}));
    }
    Ok(json!({"id": form.get("id"), "kind": "diverted", "occurred_at": form.get("occurred_at"),
        "consignment": expected.consignment.id, "leg": leg.id, "reason": form.get("reason"), "legs": legs}))
}

/// A refusal in the words of the form: the second leg goes on from the stop of the first.
fn said(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        let field = match error.pointer.as_str() {
            "/legs/0/mode" => "/mode",
            "/legs/1/mode" => "/onward",
            other if other.starts_with("/legs") => "/to",
            _ => continue,
        };
        field.clone_into(&mut error.pointer);
    }
    problem
}

pub(super) async fn divert_send(
    permit: Permit<action::EventPost>,
    visitor: Visitor,
    state: State,
    path: Path<ConsignmentId>,
    form: Form,
) -> Outcome<HttpResponse> {
    drop(permit);
    let recorded = match body(&read(&visitor, &state, path.0).await?, &form) {
        Ok(body) => post_one(&visitor.permit()?, &state, body).await,
        Err(problem) => Err(problem),
    };
    match recorded {
        Ok(recorded) => {
            let on = format!("/board/consignments/{}?recorded={}", path.0, recorded.answer.id);
            see(&led_on(&recorded.answer, on))
        }
        Err(problem) => page(&visitor, &state, path.0).await?.again(&form, said(problem)),
    }
}
