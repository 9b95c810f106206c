//! Organizations: a list with a form for a new one, and a page to change one.

use super::{AdminPage, AdminWord, after, drawn, items, next_of, page_of, revision, text, told};
use crate::auth::{Permit, action};
use crate::core::id::OrganizationId;
use crate::core::problem::Outcome;
use crate::pages::fields::{Field, Fields, edited, members, ticked};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::parties::http::{
    OrganizationQuery, organization_change, organization_create, organization_list, organization_read,
};
use crate::web::{Json, Path, Query, Routes, State, value_of};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

const PATH: &str = "/admin/organizations";
/// What an organization may be, besides its words.
const PARTS: [(&str, AdminWord); 5] = [
    ("donor", AdminWord::Donor),
    ("consignor", AdminWord::Consignor),
    ("consignee", AdminWord::Consignee),
    ("carrier", AdminWord::Carrier),
    ("partner", AdminWord::Partner),
];

async fn list(visitor: &Visitor, state: &State, after: Option<String>) -> Outcome<AdminPage> {
    let permit: Permit<action::ReferenceRead> = visitor.permit()?;
    let query: OrganizationQuery = value_of(&page_of(after))?;
    let page = told(&organization_list(permit, state.clone(), Query(query)).await?.into_inner())?;
    let shown = AdminPage::new(visitor, AdminWord::Organizations)
        .lead(AdminWord::OrganizationsLead)
        .under("/admin", AdminWord::Title);
    let frame = &shown.frame;
    let mut grid = Grid::new(frame.say(AdminWord::Organizations), frame.say(AdminWord::Empty))
        .column(frame.say(AdminWord::Name))
        .column(frame.say(AdminWord::Reference))
        .column(frame.say(AdminWord::Country))
        .column(frame.say(AdminWord::Parts));
    grid.rows.extend(items(&page).iter().map(|one| {
        let parts = PARTS.iter().filter(|(name, _)| one[*name].as_bool().unwrap_or_default());
        let parts: Vec<&str> = parts.map(|(_, word)| frame.say(*word)).collect();
        let name = Cell::text(text(one, "name")).to(format!("{PATH}/{}", text(one, "id")));
        let (reference, country) = (Cell::code(text(one, "reference")), Cell::code(text(one, "country")));
        vec![name, reference, country, Cell::text(parts.join(", "))]
    }));
    grid.next = next_of(&page, PATH);
    let form = Fields::new(PATH, frame.say(Word::Save), fields(frame, &Value::Null)).hidden("id", drawn());
    Ok(shown.with(grid).form(AdminWord::New, form))
}

fn fields(frame: &Frame, of: &Value) -> Vec<Field> {
    let mut list = vec![
        Field::text("name", frame.say(AdminWord::Name), text(of, "name")).required(),
        Field::text("reference", frame.say(AdminWord::Reference), text(of, "reference")),
        Field::text("country", frame.say(AdminWord::Country), text(of, "country"))
            .hint(frame.say(AdminWord::CountryHint)),
    ];
    let part = |(name, word): (&'static str, AdminWord)| {
        Field::check(name, frame.say(word), of[name].as_bool().unwrap_or_default())
    };
    list.extend(PARTS.map(part));
    list.push(
        Field::text("named", frame.say(AdminWord::Named), text(of, "named"))
            .hint(frame.say(AdminWord::NamedHint)),
    );
    list
}

/// What a form says, with what is ticked in it.
fn body(form: &Form, mut members: serde_json::Map<String, Value>) -> Value {
    members.extend(PARTS.map(|(name, _)| (name.to_owned(), ticked(form, name))));
    Value::Object(members)
}

async fn organizations_page(
    _permit: Permit<action::OrganizationWrite>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    list(&visitor, &state, after(&request)).await?.shown()
}

async fn create(
    permit: Permit<action::OrganizationWrite>,
    state: &State,
    form: &Form,
) -> Outcome<OrganizationId> {
    let draft = value_of(&body(form, members(form, &["id", "name", "reference", "country", "named"])))?;
    let written = organization_create(permit, state.clone(), Json(draft)).await?;
    Ok(written.into_recorded().answer.id)
}

async fn organization_send(
    permit: Permit<action::OrganizationWrite>,
    visitor: Visitor,
    state: State,
    form: Form,
) -> Outcome<HttpResponse> {
    match create(permit, &state, &form).await {
        Ok(id) => see(&format!("{PATH}/{id}?recorded=1")),
        Err(problem) => list(&visitor, &state, None).await?.again(&form, problem),
    }
}

async fn one(visitor: &Visitor, state: &State, id: OrganizationId) -> Outcome<AdminPage> {
    let permit: Permit<action::ReferenceRead> = visitor.permit()?;
    let read = organization_read(permit, state.clone(), Path(id)).await?;
    let (of, revision) = (told(&read.body)?, read.revision);
    let shown = AdminPage::new(visitor, AdminWord::Organizations)
        .under(PATH, AdminWord::Organizations)
        .called(text(&of, "name"));
    let frame = &shown.frame;
    let form = Fields::new(format!("{PATH}/{id}"), frame.say(Word::Save), fields(frame, &of))
        .hidden("revision", revision.to_string());
    Ok(shown.form(AdminWord::Edit, form))
}

async fn organization_page(
    _permit: Permit<action::OrganizationWrite>,
    visitor: Visitor,
    state: State,
    id: Path<OrganizationId>,
) -> Outcome<HttpResponse> {
    one(&visitor, &state, id.0).await?.shown()
}

async fn change(
    permit: Permit<action::OrganizationWrite>,
    state: &State,
    id: OrganizationId,
    form: &Form,
) -> Outcome<()> {
    let edit = value_of(&body(form, edited(form, &["name", "reference", "country", "named"])))?;
    organization_change(permit, state.clone(), Path(id), revision(form)?, Json(edit)).await.map(drop)
}

async fn organization_edit(
    permit: Permit<action::OrganizationWrite>,
    visitor: Visitor,
    state: State,
    id: Path<OrganizationId>,
    form: Form,
) -> Outcome<HttpResponse> {
    match change(permit, &state, id.0, &form).await {
        Ok(()) => see(&format!("{PATH}/{}?recorded=1", id.0)),
        Err(problem) => one(&visitor, &state, id.0).await?.again(&form, problem),
    }
}

/// The routes of organizations.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, PATH, organizations_page);
    routes.page_for(refuse, Method::POST, PATH, organization_send);
    routes.page_for(refuse, Method::GET, "/admin/organizations/{id}", organization_page);
    routes.page_for(refuse, Method::POST, "/admin/organizations/{id}", organization_edit);
}
