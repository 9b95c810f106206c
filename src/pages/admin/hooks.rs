//! A user's own webhooks: where they are told, what they did not take, and telling it again.

use super::{AdminPage, AdminWord, SecretPage, items, listed, next_of, revision, text, told};
use crate::auth::{Permit, action};
use crate::core::id::WebhookId;
use crate::core::problem::Outcome;
use crate::pages::fields::{Field, Fields, members, ticked};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see, shown};
use crate::pages::words::Word;
use crate::web::{Json, Path, Query, Routes, State, value_of};
use crate::webhooks::Receivers;
use crate::webhooks::http::{
    LetterQuery, WebhookMade, webhook_change, webhook_index, webhook_letters, webhook_make, webhook_remove,
    webhook_renew, webhook_replay, webhook_show,
};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

const PATH: &str = "/webhooks";

async fn list(visitor: &Visitor, state: &State) -> Outcome<AdminPage> {
    let page = told(&webhook_index(visitor.permit()?, state.clone()).await?.into_inner())?;
    let shown = AdminPage::new(visitor, AdminWord::Hooks).lead(AdminWord::HooksLead);
    let frame = &shown.frame;
    let mut grid = Grid::new(frame.say(AdminWord::Hooks), frame.say(AdminWord::Empty))
        .column(frame.say(AdminWord::Address))
        .column(frame.say(AdminWord::HookKinds))
        .numbers(frame.say(AdminWord::ToldThrough))
        .numbers(frame.say(AdminWord::Waiting))
        .numbers(frame.say(AdminWord::GivenUp))
        .column(frame.say(AdminWord::LastError));
    grid.rows.extend(items(&page).iter().map(|one| {
        let number = |name: &str| Cell::number(frame, one[name].as_i64().unwrap_or_default());
        let given_up = one["letters_given_up"].as_i64().unwrap_or_default();
        let paused =
            if one["paused"].as_bool().unwrap_or_default() { frame.say(AdminWord::Paused) } else { "" };
        vec![
            Cell::code(text(one, "url")).to(format!("{PATH}/{}", text(one, "id"))).with(paused),
            Cell::code(super::joined(one, "kinds")),
            number("told_through"),
            number("letters_waiting"),
            Cell::residual(frame, given_up),
            Cell::english(text(one, "error")),
        ]
    }));
    let form = Fields::new(PATH, frame.say(AdminWord::MakeHook), fields(frame, &Value::Null));
    Ok(shown.with(grid).form(AdminWord::MakeHook, form))
}

fn fields(frame: &Frame, of: &Value) -> Vec<Field> {
    vec![
        Field::text("url", frame.say(AdminWord::Address), text(of, "url")).required(),
        Field::text("kinds", frame.say(AdminWord::HookKinds), super::joined(of, "kinds"))
            .hint(frame.say(AdminWord::HookKindsHint)),
        Field::check("paused", frame.say(AdminWord::Paused), of["paused"].as_bool().unwrap_or_default()),
    ]
}

/// What a form says; no kinds are all of them.
fn body(form: &Form) -> Map<String, Value> {
    let mut body = members(form, &["url"]);
    body.insert("kinds".to_owned(), form.given("kinds").map_or(Value::Null, listed));
    body.insert("paused".to_owned(), ticked(form, "paused"));
    body
}

async fn hooks_page(
    _permit: Permit<action::WebhookRead>,
    visitor: Visitor,
    state: State,
) -> Outcome<HttpResponse> {
    list(&visitor, &state).await?.shown()
}

/// The secret, shown this once.
fn secret_page(visitor: &Visitor, made: WebhookMade) -> Outcome<HttpResponse> {
    let back = (format!("{PATH}/{}", made.webhook.id), AdminWord::Hooks);
    shown(&SecretPage::of(visitor, AdminWord::Hooks, back, (AdminWord::Secret, made.secret)))
}

async fn make(
    permit: Permit<action::WebhookWrite>,
    state: &State,
    receivers: Data<Receivers>,
    form: &Form,
) -> Outcome<WebhookMade> {
    let new = value_of(&Value::Object(body(form)))?;
    Ok(webhook_make(permit, state.clone(), receivers, Json(new)).await?.into_recorded().answer)
}

async fn hook_send(
    permit: Permit<action::WebhookWrite>,
    visitor: Visitor,
    state: State,
    receivers: Data<Receivers>,
    form: Form,
) -> Outcome<HttpResponse> {
    match make(permit, &state, receivers, &form).await {
        Ok(made) => secret_page(&visitor, made),
        Err(problem) => list(&visitor, &state).await?.again(&form, problem),
    }
}

async fn one(visitor: &Visitor, state: &State, id: WebhookId, after: &str) -> Outcome<AdminPage> {
    let read = webhook_show(visitor.permit()?, state.clone(), Path(id)).await?;
    let (of, revision) = (told(&read.body)?, read.revision);
    let mut asked = json!({});
    if !after.is_empty() {
        asked["after"] = Value::from(after);
    }
    let query: LetterQuery = value_of(&asked)?;
    let letters = webhook_letters(visitor.permit()?, state.clone(), Path(id), Query(query)).await?;
    let letters = told(&letters.into_inner())?;
    let shown =
        AdminPage::new(visitor, AdminWord::Hooks).under(PATH, AdminWord::Hooks).called(text(&of, "url"));
    let frame = &shown.frame;
    let mut grid = letters_grid(frame, items(&letters));
    grid.next = next_of(&letters, &format!("{PATH}/{id}"));
    let form = Fields::new(format!("{PATH}/{id}"), frame.say(Word::Save), fields(frame, &of))
        .hidden("revision", revision.to_string());
    let mut shown = shown.with(grid).form(AdminWord::Edit, form);
    if of["letters_given_up"].as_i64().unwrap_or_default() > 0 {
        shown = shown.button(format!("{PATH}/{id}/replay"), AdminWord::Replay);
    }
    Ok(shown
        .button(format!("{PATH}/{id}/secret"), AdminWord::Renew)
        .button(format!("{PATH}/{id}/remove"), AdminWord::Remove))
}

fn letters_grid(frame: &Frame, letters: &[Value]) -> Grid {
    let mut grid = Grid::new(frame.say(AdminWord::Letters), frame.say(AdminWord::LettersEmpty))
        .column(frame.say(AdminWord::Entry))
        .numbers(frame.say(AdminWord::Attempts))
        .column(frame.say(AdminWord::NextTry))
        .column(frame.say(AdminWord::LastError));
    grid.rows.extend(letters.iter().map(|one| {
        let next = match text(one, "next_at") {
            "" => Cell { is_bad: true, ..Cell::text(frame.say(AdminWord::GivenUp)) },
            at => Cell::code(at),
        };
        let attempts = one["attempts"].as_i64().unwrap_or_default();
        vec![
            Cell::code(one["sequence"].to_string()),
            Cell::number(frame, attempts),
            next,
            Cell::english(text(one, "error")),
        ]
    }));
    grid
}

async fn hook_page(
    _permit: Permit<action::WebhookRead>,
    visitor: Visitor,
    state: State,
    id: Path<WebhookId>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let after = super::after(&request).unwrap_or_default();
    one(&visitor, &state, id.0, &after).await?.shown()
}

async fn change(
    permit: Permit<action::WebhookWrite>,
    state: &State,
    receivers: Data<Receivers>,
    id: WebhookId,
    form: &Form,
) -> Outcome<()> {
    let edit = value_of(&Value::Object(body(form)))?;
    let revision = revision(form)?;
    webhook_change(permit, state.clone(), receivers, Path(id), revision, Json(edit)).await.map(drop)
}

async fn hook_edit(
    permit: Permit<action::WebhookWrite>,
    visitor: Visitor,
    state: State,
    receivers: Data<Receivers>,
    id: Path<WebhookId>,
    form: Form,
) -> Outcome<HttpResponse> {
    match change(permit, &state, receivers, id.0, &form).await {
        Ok(()) => see(&format!("{PATH}/{}?recorded=1", id.0)),
        Err(problem) => one(&visitor, &state, id.0, "").await?.again(&form, problem),
    }
}

async fn hook_replay(
    permit: Permit<action::WebhookWrite>,
    state: State,
    id: Path<WebhookId>,
) -> Outcome<HttpResponse> {
    let to = format!("{PATH}/{}?recorded=1", id.0);
    webhook_replay(permit, state, id, Json(value_of(&json!({}))?)).await?;
    see(&to)
}

async fn hook_secret(
    permit: Permit<action::WebhookWrite>,
    visitor: Visitor,
    state: State,
    id: Path<WebhookId>,
) -> Outcome<HttpResponse> {
    secret_page(&visitor, webhook_renew(permit, state, id).await?.into_recorded().answer)
}

async fn hook_remove(
    permit: Permit<action::WebhookWrite>,
    state: State,
    id: Path<WebhookId>,
) -> Outcome<HttpResponse> {
    webhook_remove(permit, state, id).await?;
    see(&format!("{PATH}?recorded=1"))
}

/// The routes of webhooks.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, PATH, hooks_page);
    routes.page_for(refuse, Method::POST, PATH, hook_send);
    routes.page_for(refuse, Method::GET, "/webhooks/{id}", hook_page);
    routes.page_for(refuse, Method::POST, "/webhooks/{id}", hook_edit);
    routes.page_for(refuse, Method::POST, "/webhooks/{id}/replay", hook_replay);
    routes.page_for(refuse, Method::POST, "/webhooks/{id}/secret", hook_secret);
    routes.page_for(refuse, Method::POST, "/webhooks/{id}/remove", hook_remove);
}
