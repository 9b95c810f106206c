//! One event: its three times, its lines, the papers about it, and its place in the log.

use super::document::{document_path, paper_kind};
use super::sections::event_path;
use super::view::{named, names};
use super::words_checks::CheckWord;
use crate::auth::{Permit, action};
use crate::core::id::EventId;
use crate::core::problem::{Outcome, Problem};
use crate::documents::http::{DocumentQuery, document_index};
use crate::events::http::event_show;
use crate::pages::donor::kinds::KindWord;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::made_up::shows_made_up;
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, shown};
use crate::pages::words::Word;
use crate::totals::{Names, Thing, Things};
use crate::web::{Path, Query, Routes, State, value_of};
use actix_web::HttpResponse;
use actix_web::http::Method;
use askama::Template;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Template)]
#[template(path = "audit/event.html")]
pub(super) struct EventPage {
    frame: Frame,
    facts: Vec<(&'static str, Cell)>,
    followed_by: Vec<(String, String)>,
    warnings: Vec<String>,
    lines: Option<Grid>,
    papers: Vec<Grid>,
    posted: Option<String>,
}

/// What the interface answers about something, whoever reads it: what is withheld is not in it.
pub(super) fn told(answer: &impl Serialize) -> Outcome<Value> {
    serde_json::to_value(answer).map_err(|error| Problem::internal(format!("an answer: {error}")))
}

async fn event_page(
    permit: Permit<action::EventRead>,
    visitor: Visitor,
    state: State,
    path: Path<EventId>,
) -> Outcome<HttpResponse> {
    let id = path.0;
    let event = told(&event_show(permit, state.clone(), Path(id)).await?.into_inner())?;
    let asked: DocumentQuery = value_of(&json!({"event": id, "limit": 500}))?;
    let papers = match visitor.may::<action::DocumentRead>() {
        Some(permit) => told(&document_index(permit, state.clone(), Query(asked)).await?.into_inner())?,
        None => Value::Null,
    };
    let names = names(&state, things(&event)).await?;
    let made_up = shows_made_up(&state, Things { events: vec![id], ..Things::default() }).await?;
    let frame = visitor.frame(CheckWord::EventTitle).synthetic(made_up);
    let kind = frame.say(KindWord::of(event["kind"].as_str().unwrap_or_default()));
    let title = frame.with(CheckWord::EventTitle, kind);
    shown(&EventPage::of(frame.titled(title), &event, &papers, &names))
}

/// What a member of an event names, where that has words.
fn thing_of(member: &str) -> Option<Thing> {
    match member {
        "item" => Some(Thing::Item),
        "lot" => Some(Thing::Lot),
        "site" | "to_site" => Some(Thing::Site),
        _ => None,
    }
}

/// Everything that an event and its lines name, where that has words.
fn things(event: &Value) -> Vec<(Thing, Uuid)> {
    let lines = event["body"]["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all = [event, &event["body"]].into_iter().chain(lines);
    let members = all.filter_map(Value::as_object).flatten();
    members.filter_map(|(name, value)| Some((thing_of(name)?, value.as_str()?.parse().ok()?))).collect()
}

/// A text of an event: by its words where it names something that has some.
fn cell_of(names: &Names, member: &str, text: &str) -> Cell {
    let thing = thing_of(member).zip(text.parse::<Uuid>().ok());
    thing.map_or_else(|| Cell::code(text), |(thing, id)| named(&names.named(thing, id)))
}

impl EventPage {
    /// A page of facts and tables about something that is no event.
    pub(super) fn about(frame: Frame, facts: Vec<(&'static str, Cell)>, papers: Vec<Grid>) -> Self {
        let (followed_by, warnings) = (Vec::new(), Vec::new());
        Self { frame, facts, followed_by, warnings, lines: None, papers, posted: None }
    }

    fn of(frame: Frame, event: &Value, papers: &Value, names: &Names) -> Self {
        let texts = |name: &str| {
            let list = event[name].as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let followed = texts("followed_by").into_iter().map(|id| (format!("/events/{id}"), id)).collect();
        let body = &event["body"];
        Self {
            facts: facts(&frame, event, names),
            followed_by: followed,
            warnings: texts("warnings"),
            lines: body.get("lines").map(|lines| lines_grid(&frame, lines, names)),
            papers: vec![papers_grid(&frame, papers)],
            posted: body.is_object().then(|| format!("{body:#}")),
            frame,
        }
    }
}

/// What is known of an event, in the order in which people ask.
fn facts(frame: &Frame, event: &Value, names: &Names) -> Vec<(&'static str, Cell)> {
    let mut facts = Vec::new();
    let mut fact = |word: CheckWord, cell: Cell| facts.push((frame.say(word), cell));
    let text = |name: &str| event[name].as_str().filter(|text| !text.is_empty());
    if let Some(occurred) = text("occurred_at") {
        fact(CheckWord::Happened, Cell::code(occurred).with(text("precision").unwrap_or_default()));
    }
    if let Some(effective) = text("effective_at") {
        fact(CheckWord::Effective, Cell::code(effective));
    }
    if let Some(recorded) = text("recorded_at") {
        fact(CheckWord::RecordedAt, Cell::code(recorded));
    }
    if let Some(sequence) = event["sequence"].as_i64() {
        // The log counts from 0, its entries from 1.
        let to = format!("/reconciliation/verify?entry={}", sequence - 1);
        fact(CheckWord::EntryOfLog, Cell::code(sequence.to_string()).to(to));
    }
    let known = [
        (CheckWord::PostedBy, "actor"),
        (CheckWord::Pledge, "pledge"),
        (CheckWord::Consignment, "consignment"),
        (CheckWord::Leg, "leg"),
        (CheckWord::Site, "site"),
    ];
    for (word, name) in known {
        if let Some(id) = text(name) {
            fact(word, cell_of(names, name, id));
        }
    }
    if let Some(about) = text("about").and_then(|id| id.parse::<Uuid>().ok()) {
        fact(CheckWord::AboutEvent, Cell::code(about.to_string()).to(event_path(EventId(about))));
    }
    let is = |name: &str| event[name].as_bool().unwrap_or_default();
    if event["evidence"].is_object() {
        let is_verified = event["evidence"]["verified"].as_bool().unwrap_or_default();
        let word = if is_verified { CheckWord::Verified } else { CheckWord::ReportedOnly };
        fact(CheckWord::Evidence, Cell::text(frame.say(word)));
    }
    let marks = [
        ("inferred", CheckWord::Inferred),
        ("moved", CheckWord::Moved),
        ("imported", CheckWord::Imported),
        ("from_paper", CheckWord::FromPaper),
    ];
    let marks: Vec<&str> =
        marks.into_iter().filter(|(name, _)| is(name)).map(|(_, word)| frame.say(word)).collect();
    if !marks.is_empty() {
        facts.push((frame.say(Word::State), Cell::text(marks.join(" · "))));
    }
    facts
}

/// A column for each member that any line has, under its own name.
fn lines_grid(frame: &Frame, lines: &Value, known: &Names) -> Grid {
    let lines: Vec<&serde_json::Map<String, Value>> =
        lines.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Value::as_object).collect();
    let mut names: Vec<&String> = Vec::new();
    for name in lines.iter().flat_map(|line| line.keys()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut grid = Grid::new(frame.say(CheckWord::Lines), frame.say(CheckWord::LinesEmpty));
    for name in &names {
        let is_number = lines.iter().any(|line| line.get(*name).is_some_and(Value::is_i64));
        let words = name.replace('_', " ");
        grid = if is_number { grid.numbers(words) } else { grid.column(words) };
    }
    let cell = |name: &str, value: Option<&Value>| match value {
        None | Some(Value::Null) => Cell::default(),
        Some(Value::Number(number)) => {
            number.as_i64().map_or_else(|| Cell::code(number.to_string()), |whole| Cell::number(frame, whole))
        }
        Some(Value::String(text)) => cell_of(known, name, text),
        Some(other @ (Value::Bool(_) | Value::Array(_) | Value::Object(_))) => Cell::code(other.to_string()),
    };
    grid.rows =
        lines.iter().map(|line| names.iter().map(|name| cell(name, line.get(*name))).collect()).collect();
    grid
}

/// The papers about it, each leading to itself, with its photos and scans.
fn papers_grid(frame: &Frame, papers: &Value) -> Grid {
    let mut grid = Grid::new(frame.say(CheckWord::Papers), frame.say(CheckWord::PapersEmpty))
        .column(frame.say(CheckWord::Kind))
        .column(frame.say(CheckWord::NumberOfPaper))
        .column(frame.say(Word::Date));
    let list = papers["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    grid.rows.extend(list.iter().map(|paper| {
        let text = |name: &str| paper[name].as_str().unwrap_or_default();
        let number = if text("number").is_empty() { text("reference") } else { text("number") };
        let kind = Cell::text(paper_kind(frame, text("kind"))).to(document_path(text("id")));
        vec![kind, Cell::code(number), Cell::code(text("issued_on"))]
    }));
    grid
}

/// The route of an event.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/events/{id}", event_page);
}
