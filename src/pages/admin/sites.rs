//! Sites: a list with a small map and a form for a new one, and a page to change one.

use super::register::Register;
use super::{AdminWord, Choice, called, text, told, with_chosen};
use crate::auth::{Permit, action};
use crate::core::id::SiteId;
use crate::core::problem::Outcome;
use crate::pages::fields::Field;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::Cell;
use crate::pages::map::canvas::{Canvas, Extent, WIDTH};
use crate::pages::map::land::{Land, world};
use crate::sites::SiteKind;
use crate::sites::http::{site_change, site_create, site_list, site_read};
use crate::web::{IfMatch, Json, Path, Query, State, value_of};
use serde_json::{Map, Value, json};

/// What is shown of the world around the sites of a page, in units of a drawing that is 1,000 wide.
const AROUND: i32 = 40;

/// Where the sites of a page are: dots among the coasts of the world, as much of it as they take.
pub struct SitesMap {
    /// What it shows.
    pub caption: String,
    /// The frame of its SVG.
    pub view_box: String,
    /// Land, as the path of an SVG.
    pub land: String,
    /// Its dots.
    pub dots: Vec<Dot>,
    /// How large they are.
    pub radius: i32,
    /// What is not on it.
    pub left_out: String,
}

/// A site on the map.
pub struct Dot {
    /// To the right.
    pub across: i32,
    /// Down.
    pub down: i32,
    /// What it is called.
    pub name: String,
}

fn map(frame: &Frame, sites: &[Value]) -> SitesMap {
    let canvas = Canvas::world();
    let place = |site: &Value| {
        let degrees = |name: &str| site["coordinates"][name].as_f64();
        Some((canvas.at(degrees("longitude")?, degrees("latitude")?), text(site, "name").to_owned()))
    };
    let places: Vec<([f64; 2], String)> = sites.iter().filter_map(place).collect();
    let left_out = i64::try_from(sites.len() - places.len()).unwrap_or(i64::MAX);
    let words = if left_out == 0 { String::new() } else { frame.count(AdminWord::NotOnMap, left_out) };
    let spots: Vec<[f64; 2]> = places.iter().map(|(spot, _)| *spot).collect();
    let extent = Extent::around(&spots, AROUND);
    let is_near = |land: &&Land| match (extent, land.extent) {
        (Some(extent), Some(taken)) => taken.meets(extent),
        (None, Some(_)) => true,
        (Some(_) | None, None) => false,
    };
    let dot = |([across, down], name): ([f64; 2], String)| Dot {
        across: across.round() as i32,
        down: down.round() as i32,
        name,
    };
    SitesMap {
        caption: frame.say(AdminWord::SitesMap).to_owned(),
        view_box: extent.map_or_else(|| format!("0 0 {WIDTH} {}", canvas.height), Extent::view_box),
        land: world().iter().filter(is_near).map(|land| land.path.as_str()).collect(),
        dots: places.into_iter().map(dot).collect(),
        radius: extent.map_or(3, |extent| (extent.width() / 80).max(1)),
        left_out: words,
    }
}

fn kind_words(frame: &Frame, word: &str) -> String {
    SiteKind::from_word(word)
        .map_or_else(|| word.to_owned(), |kind| frame.say(AdminWord::from(kind)).to_owned())
}

/// Sites, as administrators keep them.
pub(super) struct Sites;

impl Register for Sites {
    type Id = SiteId;
    type Write = action::SiteWrite;

    const PATH: &'static str = "/admin/sites";
    const ONE: &'static str = "/admin/sites/{id}";
    const TITLE: AdminWord = AdminWord::Sites;
    const LEAD: AdminWord = AdminWord::SitesLead;
    const COLUMNS: &'static [AdminWord] =
        &[AdminWord::ItemName, AdminWord::Code, AdminWord::Kind, AdminWord::Country, AdminWord::Operator];
    const NEW: &'static [&'static str] =
        &["id", "name", "code", "kind", "country", "locode", "area_code", "operator"];
    const EDITED: &'static [&'static str] = &["name", "code", "kind", "locode", "area_code", "operator"];
    const NAMES_ORGANIZATIONS: bool = true;

    async fn list(permit: Permit<action::ReferenceRead>, state: State, query: &Value) -> Outcome<Value> {
        told(&site_list(permit, state, Query(value_of(query)?)).await?.into_inner())
    }

    async fn read(permit: Permit<action::ReferenceRead>, state: State, id: SiteId) -> Outcome<(Value, i64)> {
        let read = site_read(permit, state, Path(id)).await?;
        Ok((told(&read.body)?, read.revision))
    }

    async fn create(permit: Permit<action::SiteWrite>, state: State, said: &Value) -> Outcome<SiteId> {
        Ok(site_create(permit, state, Json(value_of(said)?)).await?.into_recorded().answer.id)
    }

    async fn change(
        permit: Permit<action::SiteWrite>,
        state: State,
        id: SiteId,
        revision: IfMatch,
        said: &Value,
    ) -> Outcome<()> {
        site_change(permit, state, Path(id), revision, Json(value_of(said)?)).await.map(drop)
    }

    fn cells(frame: &Frame, of: &Value, organizations: &[Choice]) -> Vec<Cell> {
        let area = of["area"]["area"]["name"].as_str().unwrap_or_default();
        vec![
            Cell::code(text(of, "code")),
            Cell::text(kind_words(frame, text(of, "kind"))),
            Cell::code(text(of, "country")).with(area),
            Cell::text(called(organizations, text(of, "operator"))),
        ]
    }

    fn fields(frame: &Frame, of: &Value, organizations: Vec<Choice>) -> Vec<Field> {
        fields(frame, of, organizations)
    }

    /// Coordinates are both or none.
    fn said(form: &Form, members: &mut Map<String, Value>) {
        let (latitude, longitude) = (form.get("latitude"), form.get("longitude"));
        let coordinates = if latitude.is_empty() && longitude.is_empty() {
            Value::Null
        } else {
            json!({ "latitude": degrees(latitude), "longitude": degrees(longitude) })
        };
        members.insert("coordinates".to_owned(), coordinates);
    }

    fn map(frame: &Frame, of: &[Value]) -> Option<SitesMap> {
        (!of.is_empty()).then(|| map(frame, of))
    }
}

/// The fields; the country only of a new site, as it never changes.
fn fields(frame: &Frame, of: &Value, operators: Vec<Choice>) -> Vec<Field> {
    let kind = |kind: SiteKind| (kind.word().to_owned(), frame.say(AdminWord::from(kind)).to_owned());
    let degrees = |name: &str| match &of["coordinates"][name] {
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    let chosen = Some(text(of, "kind")).filter(|word| !word.is_empty()).unwrap_or("warehouse");
    let operator = text(of, "operator");
    let mut list = vec![
        Field::text("name", frame.say(AdminWord::ItemName), text(of, "name")).required(),
        Field::text("code", frame.say(AdminWord::Code), text(of, "code")),
        Field::choice("kind", frame.say(AdminWord::Kind), chosen, SiteKind::ALL.map(kind)),
    ];
    if of.is_null() {
        list.push(
            Field::text("country", frame.say(AdminWord::Country), text(of, "country"))
                .hint(frame.say(AdminWord::CountryHint))
                .required(),
        );
    }
    list.extend([
        Field::text("latitude", frame.say(AdminWord::Latitude), degrees("latitude")),
        Field::text("longitude", frame.say(AdminWord::Longitude), degrees("longitude")),
        Field::text("locode", frame.say(AdminWord::Locode), text(of, "locode")),
        Field::text("area_code", frame.say(AdminWord::AreaCode), text(of, "area_code")),
        Field::choice("operator", frame.say(AdminWord::Operator), operator, with_chosen(operators, operator)),
    ]);
    list
}

/// A number as it was typed, with its fraction; what is none is refused by the interface.
fn degrees(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) => Value::Number(number),
        Ok(Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) | Err(_) => {
            Value::from(text)
        }
    }
}
