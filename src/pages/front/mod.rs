//! The front page: a published programme in figures, on the map, by country, and what others reported beside it.
//!
//! Heading and figures come first, the map behind them, so that a slow line shows what matters. Never here: a figure of its
//! own; what others reported stands apart from what is computed.

pub(super) mod words;

use super::frame::Frame;
use super::map::drawing::Drawing;
use super::map::view::{Place, count, range};
use super::map::words::MapWord;
use super::map::{Asked, Choice, empty, pictured, programmes};
use super::refused::refuse;
use super::visitor::{Visitor, shown};
use super::words::{Word, filled};
use crate::auth::{action, now};
use crate::core::problem::Outcome;
use crate::highlights::{HighlightsView, ProgrammeShown, Remembered, ReportedBeside};
use crate::programmes::Qualifier;
use crate::web::{Door, Routes, State};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use form_urlencoded::Serializer;
use words::FrontWord;

/// A figure in large type.
struct Figure {
    label: &'static str,
    value: String,
    range: String,
}

/// A reported figure, with what is computed beside it.
struct Reported {
    figure: String,
    value: String,
    unit: String,
    day: String,
    source: String,
    computed: String,
    difference: String,
    items: String,
}

struct Section {
    heading: String,
    figures: Vec<Reported>,
}

#[derive(Template)]
#[template(path = "front/page.html")]
struct FrontPage<'a> {
    frame: Frame,
    programme: &'a ProgrammeShown,
    lead: String,
    figures: Vec<Figure>,
    programmes: Vec<Choice>,
    as_of: &'a str,
    drawing: Drawing,
    places: Vec<Place>,
    is_country: bool,
    sections: Vec<Section>,
    /// As of when, and up to which entry.
    moment: String,
    /// Where programs read the same.
    data: String,
    may_publish: bool,
}

/// The six figures.
fn figures(frame: &Frame, view: &HighlightsView) -> Vec<Figure> {
    let plain =
        |word: FrontWord, value: String| Figure { label: frame.say(word), value, range: String::new() };
    let whole = |count: usize| frame.number(i64::try_from(count).unwrap_or(i64::MAX));
    let people = Figure {
        label: frame.say(FrontWord::People),
        value: count(frame, view.people.best),
        range: if view.people.low == view.people.high {
            String::new()
        } else {
            frame.with_two(FrontWord::Between, count(frame, view.people.low), count(frame, view.people.high))
        },
    };
    vec![
        plain(FrontWord::Deployed, frame.number(view.deployed)),
        plain(FrontWord::Countries, frame.number(view.countries)),
        people,
        plain(FrontWord::Custody, frame.number(view.in_custody)),
        plain(FrontWord::Donors, whole(view.donors)),
        plain(FrontWord::Corridors, whole(view.corridors)),
    ]
}

fn lead(frame: &Frame, view: &HighlightsView) -> String {
    if view.deployed == 0 {
        return frame.say(FrontWord::LeadNothing).to_owned();
    }
    let parts = [&frame.number(view.deployed), &frame.number(view.countries), &range(frame, view.people)];
    filled(frame.say(FrontWord::Lead), &parts.map(String::as_str))
}

/// A number with how exactly others said it.
fn qualified(frame: &Frame, reported: &ReportedBeside) -> String {
    let value = frame.number(reported.reported.value);
    let word = match reported.reported.qualifier {
        None => return value,
        Some(Qualifier::Over) => FrontWord::Over,
        Some(Qualifier::About) => FrontWord::About,
        Some(Qualifier::CloseTo) => FrontWord::CloseTo,
    };
    frame.with(word, value)
}

fn reported(frame: &Frame, one: &ReportedBeside) -> Reported {
    let computed = one.computed.as_ref();
    let known = |value: Option<i64>| value.map(|value| frame.number(value));
    Reported {
        figure: one.reported.figure.clone(),
        value: qualified(frame, one),
        unit: one.reported.unit.clone(),
        day: frame.day(&one.reported.as_of),
        source: one.reported.source.clone(),
        computed: known(computed.map(|one| one.value))
            .unwrap_or_else(|| frame.say(FrontWord::NotCounted).to_owned()),
        difference: known(computed.map(|one| one.difference)).unwrap_or_default(),
        items: computed.map(|one| one.items.join(", ")).unwrap_or_default(),
    }
}

fn sections(frame: &Frame, view: &HighlightsView) -> Vec<Section> {
    let section = |section: &crate::highlights::ReportedSection| Section {
        heading: section.section.clone(),
        figures: section.figures.iter().map(|one| reported(frame, one)).collect(),
    };
    view.reported.iter().map(section).collect()
}

/// As of when the figures are, and up to which entry of the log.
fn moment(frame: &Frame, view: &HighlightsView) -> String {
    let day = frame.day(view.as_of.unwrap_or_else(now).day());
    let through = frame.with(MapWord::Sequence, frame.number(view.sequence));
    format!("{} · {through}", frame.with(Word::AsOf, day))
}

/// Where programs read the same figures: asked for with the entry they include, they stay the same for ever.
fn data(asked: &Asked, view: &HighlightsView) -> String {
    let mut pairs = Serializer::new(String::new());
    pairs.append_pair("programme", &view.programme.id.to_string());
    if !asked.as_of.is_empty() {
        pairs.append_pair("as_of", &asked.as_of);
    }
    pairs.append_pair("known_at", &view.sequence.to_string());
    format!("/api/v1/highlights?{}", pairs.finish())
}

async fn front(
    visitor: Visitor,
    state: State,
    remembered: Data<Remembered>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Asked::read(&request)?;
    let pictured = match pictured(&state, remembered, asked.query.clone()).await {
        Ok(pictured) => pictured,
        Err(problem) => return empty(&visitor, problem),
    };
    let view = &pictured.highlights;
    let frame = visitor.frame(FrontWord::Title).with_script("map.js").synthetic(view.programme.synthetic);
    let address = asked.address();
    shown(&FrontPage {
        programme: &view.programme,
        lead: lead(&frame, view),
        figures: figures(&frame, view),
        programmes: programmes(view),
        as_of: &asked.as_of,
        drawing: Drawing::world(&frame, &pictured, asked.measure, &address),
        places: view.by_country.iter().map(|place| Place::of(&frame, place, &address)).collect(),
        is_country: false,
        sections: sections(&frame, view),
        moment: moment(&frame, view),
        data: data(&asked, view),
        may_publish: visitor.may::<action::ProgrammeWrite>().is_some(),
        frame,
    })
}

/// The route of the front page.
pub fn routes(routes: &mut Routes) {
    routes.page_throttled((refuse, Door::Lists), Method::GET, "/", front);
}
