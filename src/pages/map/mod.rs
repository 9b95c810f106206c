//! The map: a published programme as a drawing and as a table, the world or one country.
//!
//! | file | what it is |
//! |---|---|
//! | `canvas` | where places come to lie on a drawing |
//! | `land` | the land of the world, projected once |
//! | `measure` | what can be shown |
//! | `drawing` | the shapes of a drawing |
//! | `view` | rows of tables |
//! | `words` | phrases |
//!
//! Never here: a figure of its own; the table is the equal of the drawing.

pub(super) mod canvas;
pub(super) mod drawing;
pub(super) mod land;
pub(super) mod measure;
pub(super) mod view;
pub(super) mod words;

use super::form::Form;
use super::frame::Frame;
use super::refused::refuse;
use super::visitor::{Visitor, shown, shown_with};
use super::words::Word;
use crate::atlas::{CountryCode, Generalisation, shipped_areas};
use crate::auth::action;
use crate::core::problem::{Code, Outcome, Problem};
use crate::highlights::{
    CountryPictured, HighlightsQuery, HighlightsView, Pictured, ProgrammeShown, Remembered,
};
use crate::web::{Door, Path, Routes, State, value_of};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use drawing::{Drawing, country_of};
use form_urlencoded::Serializer;
use measure::Measure;
use serde_json::{Map, Value};
use std::sync::Arc;
use view::Place;
use words::MapWord;

/// Degrees that a country is wide from which on its borders are drawn less finely: nobody would see more.
const WIDE: f64 = 8.0;

/// What is asked in the address of the front page or of a map.
pub(super) struct Asked {
    /// Of which programme and moment.
    pub(super) query: HighlightsQuery,
    /// What is shown.
    pub(super) measure: Measure,
    /// The day that was asked for, as it is written.
    pub(super) as_of: String,
}

impl Asked {
    /// Reads it.
    ///
    /// # Errors
    /// `invalid` at the field that cannot be.
    pub(super) fn read(request: &HttpRequest) -> Outcome<Self> {
        let form = Form::read(request.query_string().as_bytes());
        let mut body = Map::new();
        for name in ["programme", "as_of", "known_at"] {
            if let Some(value) = form.given(name) {
                body.insert(name.to_owned(), Value::from(value));
            }
        }
        Ok(Self {
            query: value_of(&Value::Object(body))?,
            measure: Measure::read(form.get("measure")),
            as_of: form.get("as_of").to_owned(),
        })
    }

    /// The same for the address of another map.
    pub(super) fn address(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        if let Some(programme) = self.query.programme {
            pairs.append_pair("programme", &programme.to_string());
        }
        if !self.as_of.is_empty() {
            pairs.append_pair("as_of", &self.as_of);
        }
        if let Some(known_at) = &self.query.known_at {
            pairs.append_pair("known_at", known_at);
        }
        if self.measure != Measure::default() {
            pairs.append_pair("measure", self.measure.key());
        }
        let text = pairs.finish();
        if text.is_empty() { text } else { format!("?{text}") }
    }
}

/// One of several things to choose from.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) words: String,
    pub(super) is_chosen: bool,
}

/// The published programmes to choose from; none where there is only one.
pub(super) fn programmes(view: &HighlightsView) -> Vec<Choice> {
    if view.others.is_empty() {
        return Vec::new();
    }
    let choice = |programme: &ProgrammeShown, is_chosen| Choice {
        value: programme.id.to_string(),
        words: programme.name.clone(),
        is_chosen,
    };
    let others = view.others.iter().map(|programme| choice(programme, false));
    std::iter::once(choice(&view.programme, true)).chain(others).collect()
}

#[derive(Template)]
#[template(path = "map/page.html")]
struct MapPage<'a> {
    frame: Frame,
    heading: String,
    programme: &'a ProgrammeShown,
    drawing: Drawing,
    places: Vec<Place>,
    is_country: bool,
    measures: Vec<Choice>,
    programmes: Vec<Choice>,
    as_of: &'a str,
    address: String,
    sequence: i64,
}

#[derive(Template)]
#[template(path = "map/empty.html")]
struct EmptyPage {
    frame: Frame,
    drawing: Drawing,
    may_publish: bool,
}

/// What is shown while nobody published a programme; any other refusal stays one.
pub(super) fn empty(visitor: &Visitor, problem: Problem) -> Outcome<HttpResponse> {
    if problem.code == Code::NotFound && problem.members.contains_key("published") {
        let may_publish = visitor.may::<action::ProgrammeWrite>().is_some();
        let (frame, drawing) = (visitor.frame(MapWord::NoProgramme), Drawing::bare());
        return shown(&EmptyPage { frame, drawing, may_publish });
    }
    Err(problem)
}

/// What a drawing shows of a published programme.
///
/// # Errors
/// `not_found` where none is published; what the database says.
pub(super) async fn pictured(
    state: &State,
    remembered: Data<Remembered>,
    query: HighlightsQuery,
) -> Outcome<Arc<Pictured>> {
    state.read(move |conn| remembered.pictured(conn, &query)).await
}

fn measures(frame: &Frame, chosen: Measure) -> Vec<Choice> {
    let one = |measure: Measure| Choice {
        value: measure.key().to_owned(),
        words: frame.say(measure.word()).to_owned(),
        is_chosen: measure == chosen,
    };
    Measure::ALL.map(one).into_iter().collect()
}

async fn map_world(
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
    let frame = visitor.frame(MapWord::Title).with_script("map.js").synthetic(view.programme.synthetic);
    let address = asked.address();
    shown(&MapPage {
        heading: frame.say(MapWord::Title).to_owned(),
        programme: &view.programme,
        drawing: Drawing::world(&frame, &pictured, asked.measure, &address),
        places: view.by_country.iter().map(|place| Place::of(&frame, place, &address)).collect(),
        is_country: false,
        measures: measures(&frame, asked.measure),
        programmes: programmes(view),
        as_of: &asked.as_of,
        address: String::new(),
        sequence: view.sequence,
        frame,
    })
}

/// What is read for the map of a country.
struct Country {
    code: CountryCode,
    pictured: Arc<Pictured>,
    within: Arc<CountryPictured>,
}

async fn country(
    state: &State,
    remembered: Data<Remembered>,
    query: HighlightsQuery,
    code: CountryCode,
) -> Outcome<Country> {
    let read = move |conn: &mut crate::db::Conn| {
        Ok(Country {
            code,
            pictured: remembered.pictured(conn, &query)?,
            within: remembered.country(conn, &query, code)?,
        })
    };
    state.read(read).await
}

async fn map_country(
    visitor: Visitor,
    state: State,
    remembered: Data<Remembered>,
    path: Path<String>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let code = country_of(&path.0).ok_or_else(Problem::not_found)?;
    let asked = Asked::read(&request)?;
    match country(&state, remembered, asked.query.clone(), code).await {
        Ok(country) => country_page(&visitor, &country, &asked),
        Err(problem) => empty(&visitor, problem),
    }
}

fn country_page(visitor: &Visitor, country: &Country, asked: &Asked) -> Outcome<HttpResponse> {
    let view = &country.pictured.highlights;
    let frame = visitor.frame(MapWord::Title).with_script("map.js").synthetic(view.programme.synthetic);
    let heading = frame.with(MapWord::Within, country.code.country().short_name(frame.language));
    let within = &country.within;
    let places = &within.areas.areas;
    let layers = (&within.drawn, &within.sites);
    let page = MapPage {
        drawing: Drawing::country(&frame, &land_of(country.code), layers, places, asked.measure),
        programme: &view.programme,
        places: places.iter().map(|place| Place::of(&frame, place, "")).collect(),
        is_country: true,
        measures: measures(&frame, asked.measure),
        programmes: programmes(view),
        as_of: &asked.as_of,
        address: asked.address(),
        sequence: within.areas.sequence,
        frame: frame.titled(heading.clone()),
        heading,
    };
    shown_with(StatusCode::OK, &page)
}

/// The borders of the areas of a country that ship with the program, as finely as can be seen.
fn land_of(code: CountryCode) -> Vec<Vec<[f64; 2]>> {
    let set = shipped_areas();
    let areas: Vec<_> = set.areas().iter().filter(|area| area.country == Some(code)).collect();
    let bounds = areas.iter().filter_map(|area| set.bounds(area));
    let is_wide = |[west, south, east, north]: [f64; 4]| (east - west).abs() > WIDE || north - south > WIDE;
    let is_large = areas.len() > 40 || bounds.into_iter().any(is_wide);
    let finely = if is_large { Generalisation::Region } else { Generalisation::Country };
    areas.iter().flat_map(|area| set.drawn(area, finely)).flatten().collect()
}

/// The routes of the map.
pub fn routes(routes: &mut Routes) {
    routes.page_throttled((refuse, Door::Lists), Method::GET, "/map", map_world);
    routes.page_throttled((refuse, Door::Lists), Method::GET, "/map/{country}", map_country);
}
