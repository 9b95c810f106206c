//! Sites: a list with a small map and a form for a new one, and a page to change one.

use super::{
    AdminPage, AdminWord, after, called, choices, drawn, items, next_of, page_of, revision, text, told,
    with_chosen,
};
use crate::auth::{Permit, action};
use crate::core::id::SiteId;
use crate::core::problem::Outcome;
use crate::pages::fields::{Field, Fields, edited, members};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::sites::SiteKind;
use crate::sites::http::{SiteQuery, site_change, site_create, site_list, site_read};
use crate::web::{Json, Path, Query, Routes, State, value_of};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

const PATH: &str = "/admin/sites";

/// Where the sites of a page are: dots on a plain grid of degrees, 360 across and 180 down.
pub struct SitesMap {
    /// What it shows.
    pub caption: String,
    /// Its dots.
    pub dots: Vec<Dot>,
    /// What is not on it.
    pub left_out: String,
}

/// A site on the map.
pub struct Dot {
    /// Degrees from the left edge.
    pub across: String,
    /// Degrees from the upper edge.
    pub down: String,
    /// What it is called.
    pub name: String,
}

fn map(frame: &Frame, sites: &[Value]) -> SitesMap {
    let dot = |site: &Value| {
        let degrees = |name: &str| site["coordinates"][name].as_f64();
        Some(Dot {
            across: format!("{:.2}", degrees("longitude")? + 180.0),
            down: format!("{:.2}", 90.0 - degrees("latitude")?),
            name: text(site, "name").to_owned(),
        })
    };
    let dots: Vec<Dot> = sites.iter().filter_map(dot).collect();
    let left_out = i64::try_from(sites.len() - dots.len()).unwrap_or(i64::MAX);
    let words = if left_out == 0 { String::new() } else { frame.count(AdminWord::NotOnMap, left_out) };
    SitesMap { caption: frame.say(AdminWord::SitesMap).to_owned(), dots, left_out: words }
}

fn kind_words(frame: &Frame, word: &str) -> String {
    SiteKind::from_word(word)
        .map_or_else(|| word.to_owned(), |kind| frame.say(AdminWord::from(kind)).to_owned())
}

async fn list(visitor: &Visitor, state: &State, after: Option<String>) -> Outcome<AdminPage> {
    let permit: Permit<action::ReferenceRead> = visitor.permit()?;
    let query: SiteQuery = value_of(&page_of(after))?;
    let page = told(&site_list(permit, state.clone(), Query(query)).await?.into_inner())?;
    let shown = AdminPage::new(visitor, AdminWord::Sites)
        .lead(AdminWord::SitesLead)
        .under("/admin", AdminWord::Title);
    let frame = &shown.frame;
    let operators = choices(visitor, state, frame).await?;
    let mut grid = Grid::new(frame.say(AdminWord::Sites), frame.say(AdminWord::Empty))
        .column(frame.say(AdminWord::ItemName))
        .column(frame.say(AdminWord::Code))
        .column(frame.say(AdminWord::Kind))
        .column(frame.say(AdminWord::Country))
        .column(frame.say(AdminWord::Operator));
    grid.rows.extend(items(&page).iter().map(|one| {
        let area = one["area"]["area"]["name"].as_str().unwrap_or_default();
        vec![
            Cell::text(text(one, "name")).to(format!("{PATH}/{}", text(one, "id"))),
            Cell::code(text(one, "code")),
            Cell::text(kind_words(frame, text(one, "kind"))),
            Cell::code(text(one, "country")).with(area),
            Cell::text(called(&operators, text(one, "operator"))),
        ]
    }));
    grid.next = next_of(&page, PATH);
    let map = (!items(&page).is_empty()).then(|| map(frame, items(&page)));
    let list = fields(frame, &Value::Null, operators, true);
    let form = Fields::new(PATH, frame.say(Word::Save), list).hidden("id", drawn());
    Ok(AdminPage { map, ..shown.with(grid).form(AdminWord::New, form) })
}

/// The fields; the country only of a new site, as it never changes.
fn fields(frame: &Frame, of: &Value, operators: Vec<(String, String)>, is_new: bool) -> Vec<Field> {
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
    if is_new {
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

/// What a form says: coordinates are both or none.
fn body(form: &Form, mut members: Map<String, Value>) -> Value {
    let (latitude, longitude) = (form.get("latitude"), form.get("longitude"));
    let coordinates = if latitude.is_empty() && longitude.is_empty() {
        Value::Null
    } else {
        json!({ "latitude": degrees(latitude), "longitude": degrees(longitude) })
    };
    members.insert("coordinates".to_owned(), coordinates);
    Value::Object(members)
}

async fn sites_page(
    _permit: Permit<action::SiteWrite>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    list(&visitor, &state, after(&request)).await?.shown()
}

async fn create(permit: Permit<action::SiteWrite>, state: &State, form: &Form) -> Outcome<SiteId> {
    let names = ["id", "name", "code", "kind", "country", "locode", "area_code", "operator"];
    let draft = value_of(&body(form, members(form, &names)))?;
    Ok(site_create(permit, state.clone(), Json(draft)).await?.into_recorded().answer.id)
}

async fn site_send(
    permit: Permit<action::SiteWrite>,
    visitor: Visitor,
    state: State,
    form: Form,
) -> Outcome<HttpResponse> {
    match create(permit, &state, &form).await {
        Ok(id) => see(&format!("{PATH}/{id}?recorded=1")),
        Err(problem) => list(&visitor, &state, None).await?.again(&form, problem),
    }
}

async fn one(visitor: &Visitor, state: &State, id: SiteId) -> Outcome<AdminPage> {
    let permit: Permit<action::ReferenceRead> = visitor.permit()?;
    let read = site_read(permit, state.clone(), Path(id)).await?;
    let (of, revision) = (told(&read.body)?, read.revision);
    let shown =
        AdminPage::new(visitor, AdminWord::Sites).under(PATH, AdminWord::Sites).called(text(&of, "name"));
    let frame = &shown.frame;
    let operators = choices(visitor, state, frame).await?;
    let list = fields(frame, &of, operators, false);
    let form = Fields::new(format!("{PATH}/{id}"), frame.say(Word::Save), list)
        .hidden("revision", revision.to_string());
    let map = Some(map(frame, std::slice::from_ref(&of)));
    Ok(AdminPage { map, ..shown.form(AdminWord::Edit, form) })
}

async fn site_page(
    _permit: Permit<action::SiteWrite>,
    visitor: Visitor,
    state: State,
    id: Path<SiteId>,
) -> Outcome<HttpResponse> {
    one(&visitor, &state, id.0).await?.shown()
}

async fn change(permit: Permit<action::SiteWrite>, state: &State, id: SiteId, form: &Form) -> Outcome<()> {
    let names = ["name", "code", "kind", "locode", "area_code", "operator"];
    let edit = value_of(&body(form, edited(form, &names)))?;
    site_change(permit, state.clone(), Path(id), revision(form)?, Json(edit)).await.map(drop)
}

async fn site_edit(
    permit: Permit<action::SiteWrite>,
    visitor: Visitor,
    state: State,
    id: Path<SiteId>,
    form: Form,
) -> Outcome<HttpResponse> {
    match change(permit, &state, id.0, &form).await {
        Ok(()) => see(&format!("{PATH}/{}?recorded=1", id.0)),
        Err(problem) => one(&visitor, &state, id.0).await?.again(&form, problem),
    }
}

/// The routes of sites.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, PATH, sites_page);
    routes.page_for(refuse, Method::POST, PATH, site_send);
    routes.page_for(refuse, Method::GET, "/admin/sites/{id}", site_page);
    routes.page_for(refuse, Method::POST, "/admin/sites/{id}", site_edit);
}
