//! Keys of machines: a list with a form for a new one, whose secret is shown once, and revoking.

use super::{
    AdminPage, AdminWord, Button, SecretPage, after, called, choices, drawn, drawn_id, items, joined, listed,
    next_of, page_of, text, told,
};
use crate::auth::{Permit, Role, action};
use crate::core::id::{ApiKeyId, UserId};
use crate::core::page::PageQuery;
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::pages::fields::{Field, Fields, members};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see, shown};
use crate::users::api_key::{self, ApiKeyMade, api_key_list, api_key_revoke};
use crate::web::{Path, Query, Routes, State, value_of};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

const PATH: &str = "/admin/keys";

fn now() -> Timestamp {
    Timestamp(chrono::Utc::now().timestamp_micros())
}

async fn list(visitor: &Visitor, state: &State, after: Option<String>) -> Outcome<AdminPage> {
    let query: PageQuery = value_of(&page_of(after))?;
    let found = api_key_list(visitor.permit()?, state.clone(), Query(query)).await?.into_inner();
    let page = told(&found)?;
    let mut shown =
        AdminPage::new(visitor, AdminWord::Keys).lead(AdminWord::KeysLead).under("/admin", AdminWord::Title);
    let frame = &shown.frame;
    let organizations = choices(visitor, state, frame).await?;
    let mut grid = Grid::new(frame.say(AdminWord::Keys), frame.say(AdminWord::Empty))
        .column(frame.say(AdminWord::Name))
        .column(frame.say(AdminWord::Beginning))
        .column(frame.say(AdminWord::Role))
        .column(frame.say(AdminWord::Organization))
        .column(frame.say(AdminWord::GoodUntil))
        .column(frame.say(AdminWord::LastUsed))
        .column(frame.say(crate::pages::words::Word::State));
    let mut buttons = Vec::new();
    for (key, one) in found.items.iter().zip(items(&page)) {
        let is_good = key.revoked_at.is_none() && !key.disabled && key.good_until.0 > now().0;
        let state = match (key.revoked_at.is_some(), is_good) {
            (true, _) => AdminWord::Revoked,
            (false, true) => AdminWord::Good,
            (false, false) => AdminWord::Ended,
        };
        let never = || Cell::text(frame.say(AdminWord::NeverUsed));
        grid.rows.push(vec![
            Cell::text(&key.name),
            Cell::code(&key.prefix),
            Cell::text(role_words(frame, &key.role)).with(joined(one, "countries")),
            Cell::text(called(&organizations, text(one, "organization_id"))),
            Cell::moment(key.good_until),
            key.last_used_at.map_or_else(never, Cell::moment),
            Cell::text(frame.say(state)),
        ]);
        if key.revoked_at.is_none() {
            let words = frame.with(AdminWord::Revoke, &key.name);
            buttons.push(Button { action: format!("{PATH}/{}/revoke", key.id), words });
        }
    }
    grid.next = next_of(&page, PATH);
    let list = fields(frame, organizations);
    let form = Fields::new(PATH, frame.say(AdminWord::MakeKey), list).hidden("id", drawn());
    shown.buttons = buttons;
    Ok(shown.with(grid).form(AdminWord::MakeKey, form))
}

/// What a role is called.
pub(super) fn role_words(frame: &Frame, word: &str) -> String {
    Role::from_word(word).map_or_else(|| word.to_owned(), |role| frame.say(AdminWord::from(role)).to_owned())
}

fn fields(frame: &Frame, organizations: Vec<(String, String)>) -> Vec<Field> {
    let roles = Role::ALL.into_iter().filter(|role| role.is_for_machines());
    let roles = roles.map(|role| (role.word().to_owned(), frame.say(AdminWord::from(role)).to_owned()));
    vec![
        Field::text("name", frame.say(AdminWord::Name), "").required(),
        Field::choice("role", frame.say(AdminWord::Role), "", roles),
        Field::choice("organization_id", frame.say(AdminWord::Organization), "", organizations),
        Field::text("countries", frame.say(AdminWord::Countries), "")
            .hint(frame.say(AdminWord::CountriesHint)),
        Field::text("good_until", frame.say(AdminWord::GoodUntil), "")
            .kind("date")
            .hint(frame.say(AdminWord::DayHint))
            .required(),
    ]
}

async fn keys_page(
    _permit: Permit<action::ApiKeyRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    list(&visitor, &state, after(&request)).await?.shown()
}

async fn make(permit: Permit<action::ApiKeyWrite>, state: &State, form: &Form) -> Outcome<ApiKeyMade> {
    let id = UserId(drawn_id(form)?);
    let mut body = members(form, &["name", "role", "organization_id", "good_until"]);
    body.insert("countries".to_owned(), listed(form.get("countries")));
    let new = value_of(&Value::Object(body))?;
    Ok(api_key::make(state, permit.actor(), id, new).await?.into_recorded().answer)
}

async fn key_send(
    permit: Permit<action::ApiKeyWrite>,
    visitor: Visitor,
    state: State,
    form: Form,
) -> Outcome<HttpResponse> {
    match make(permit, &state, &form).await {
        Ok(made) => {
            let back = (PATH.to_owned(), AdminWord::Keys);
            let mut page = SecretPage::of(&visitor, AdminWord::Keys, back, (AdminWord::Key, made.key));
            if made.approval.is_some() {
                let words = page.frame.say(AdminWord::WaitsForAnother).to_owned();
                page = page.note(words);
            }
            shown(&page)
        }
        Err(problem) => list(&visitor, &state, None).await?.again(&form, problem),
    }
}

async fn key_revoke(
    permit: Permit<action::ApiKeyWrite>,
    state: State,
    id: Path<ApiKeyId>,
) -> Outcome<HttpResponse> {
    api_key_revoke(permit, state, id).await?;
    see(&format!("{PATH}?recorded=1"))
}

/// The routes of keys.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, PATH, keys_page);
    routes.page_for(refuse, Method::POST, PATH, key_send);
    routes.page_for(refuse, Method::POST, "/admin/keys/{id}/revoke", key_revoke);
}
