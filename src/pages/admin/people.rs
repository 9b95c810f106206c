//! People who log in: a list with an invitation, and a page to change one.

use super::keys::role_words;
use super::{
    AdminPage, AdminWord, SecretPage, after, called, choices, drawn, drawn_id, items, joined, listed,
    next_of, page_of, revision, text, told, with_chosen,
};
use crate::auth::{Permit, Role, action};
use crate::core::id::UserId;
use crate::core::page::PageQuery;
use crate::core::problem::Outcome;
use crate::pages::fields::{Field, Fields, members, ticked};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see, shown};
use crate::pages::words::Word;
use crate::users::http::{UserAdded, UserNew, add, user_change, user_list, user_show};
use crate::users::invitation::{InvitationView, user_reset};
use crate::users::own::user_session_end_all;
use crate::web::{Json, Path, Query, Routes, State, value_of};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

const PATH: &str = "/admin/people";

async fn list(visitor: &Visitor, state: &State, after: Option<String>) -> Outcome<AdminPage> {
    let query: PageQuery = value_of(&page_of(after))?;
    let page = told(&user_list(visitor.permit()?, state.clone(), Query(query)).await?.into_inner())?;
    let shown = AdminPage::new(visitor, AdminWord::People)
        .lead(AdminWord::PeopleLead)
        .under("/admin", AdminWord::Title);
    let frame = &shown.frame;
    let organizations = choices(visitor, state, frame).await?;
    let mut grid = Grid::new(frame.say(AdminWord::People), frame.say(AdminWord::Empty))
        .column(frame.say(AdminWord::Name))
        .column(frame.say(AdminWord::Login))
        .column(frame.say(AdminWord::Role))
        .column(frame.say(AdminWord::Organization))
        .column(frame.say(AdminWord::Countries))
        .column(frame.say(Word::State));
    grid.rows.extend(items(&page).iter().map(|one| {
        let state = match (text(one, "status"), one["disabled"].as_bool().unwrap_or_default()) {
            ("erased", _) => AdminWord::Erased,
            (_, true) => AdminWord::Disabled,
            (_, false) => AdminWord::Active,
        };
        vec![
            Cell::text(text(one, "shown_as")).to(format!("{PATH}/{}", text(one, "id"))),
            Cell::code(text(one, "login")),
            Cell::text(role_words(frame, text(one, "role"))),
            Cell::text(called(&organizations, text(one, "organization_id"))),
            Cell::code(joined(one, "countries")),
            Cell::text(frame.say(state)),
        ]
    }));
    grid.next = next_of(&page, PATH);
    let mut list = vec![
        Field::text("login", frame.say(AdminWord::Login), "")
            .hint(frame.say(AdminWord::LoginHint))
            .required(),
    ];
    list.extend(fields(frame, &Value::Null, organizations));
    let form = Fields::new(PATH, frame.say(AdminWord::Invite), list).hidden("id", drawn());
    Ok(shown.with(grid).form(AdminWord::InviteTitle, form))
}

fn fields(frame: &Frame, of: &Value, organizations: Vec<(String, String)>) -> Vec<Field> {
    let role = |role: Role| (role.word().to_owned(), frame.say(AdminWord::from(role)).to_owned());
    let chosen = text(of, "organization_id");
    vec![
        Field::text("name", frame.say(AdminWord::Name), text(of, "name")).required(),
        Field::choice("role", frame.say(AdminWord::Role), text(of, "role"), Role::ALL.map(role)),
        Field::choice(
            "organization_id",
            frame.say(AdminWord::Organization),
            chosen,
            with_chosen(organizations, chosen),
        ),
        Field::text("countries", frame.say(AdminWord::Countries), joined(of, "countries"))
            .hint(frame.say(AdminWord::CountriesHint)),
    ]
}

async fn people_page(
    _permit: Permit<action::UserRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    list(&visitor, &state, after(&request)).await?.shown()
}

async fn invite(permit: Permit<action::UserWrite>, state: &State, form: &Form) -> Outcome<UserAdded> {
    let id = drawn_id(form)?;
    let mut body = members(form, &["login", "name", "role", "organization_id"]);
    body.insert("countries".to_owned(), listed(form.get("countries")));
    let new: UserNew = value_of(&Value::Object(body))?;
    Ok(add(state, permit.actor(), UserId(id), new).await?.into_recorded().answer)
}

/// What was made, shown this once: an invitation, and where it is used.
fn invitation_page(visitor: &Visitor, made: &InvitationView, back: String, is_proposed: bool) -> SecretPage {
    let secret = (AdminWord::Invitation, made.token.clone());
    let mut page = SecretPage::of(visitor, AdminWord::Invitation, (back, AdminWord::People), secret);
    let good_until = (page.frame.say(AdminWord::GoodUntil), made.good_until.to_string());
    page.secrets.push(good_until);
    let mut notes = vec![page.frame.with(AdminWord::InvitationUse, super::invited::PATH)];
    if made.needs_second_half {
        notes.push(page.frame.say(AdminWord::NeedsSecondHalf).to_owned());
    } else if is_proposed {
        notes.push(page.frame.say(AdminWord::WaitsForAnother).to_owned());
    }
    page.notes = notes;
    page
}

async fn person_send(
    permit: Permit<action::UserWrite>,
    visitor: Visitor,
    state: State,
    form: Form,
) -> Outcome<HttpResponse> {
    match invite(permit, &state, &form).await {
        Ok(UserAdded { invitation: Some(made), approval, user: _ }) => {
            shown(&invitation_page(&visitor, &made, PATH.to_owned(), approval.is_some()))
        }
        Ok(UserAdded { invitation: None, user, approval: _ }) => {
            see(&format!("{PATH}/{}?recorded=1", user.id))
        }
        Err(problem) => list(&visitor, &state, None).await?.again(&form, problem),
    }
}

async fn one(visitor: &Visitor, state: &State, id: UserId) -> Outcome<AdminPage> {
    let read = user_show(visitor.permit()?, state.clone(), Path(id)).await?;
    let (of, revision) = (told(&read.body)?, read.revision);
    let shown = AdminPage::new(visitor, AdminWord::People)
        .under(PATH, AdminWord::People)
        .called(text(&of, "shown_as"));
    if text(&of, "status") != "kept" {
        // Of somebody erased nothing is left to change.
        return Ok(shown);
    }
    let frame = &shown.frame;
    let organizations = choices(visitor, state, frame).await?;
    let mut list = fields(frame, &of, organizations);
    let is_disabled = of["disabled"].as_bool().unwrap_or_default();
    list.push(Field::check("disabled", frame.say(AdminWord::Disabled), is_disabled));
    let form = Fields::new(format!("{PATH}/{id}"), frame.say(Word::Save), list)
        .hidden("revision", revision.to_string());
    let shown = shown.form(AdminWord::Edit, form);
    Ok(shown
        .button(format!("{PATH}/{id}/reset"), AdminWord::ResetLink)
        .button(format!("{PATH}/{id}/sessions"), AdminWord::EndSessions))
}

async fn person_page(
    _permit: Permit<action::UserRead>,
    visitor: Visitor,
    state: State,
    id: Path<UserId>,
) -> Outcome<HttpResponse> {
    one(&visitor, &state, id.0).await?.shown()
}

async fn change(permit: Permit<action::UserWrite>, state: &State, id: UserId, form: &Form) -> Outcome<bool> {
    let mut body = members(form, &["name", "role"]);
    let organization = form.given("organization_id").map_or(Value::Null, Value::from);
    body.insert("organization_id".to_owned(), organization);
    let countries = form.given("countries").map_or(Value::Null, listed);
    body.insert("countries".to_owned(), countries);
    body.insert("disabled".to_owned(), ticked(form, "disabled"));
    let edit = value_of(&Value::Object(body))?;
    let written = user_change(permit, state.clone(), Path(id), revision(form)?, Json(edit)).await?;
    Ok(written.into_recorded().answer.approval.is_some())
}

async fn person_edit(
    permit: Permit<action::UserWrite>,
    visitor: Visitor,
    state: State,
    id: Path<UserId>,
    form: Form,
) -> Outcome<HttpResponse> {
    match change(permit, &state, id.0, &form).await {
        Ok(false) => see(&format!("{PATH}/{}?recorded=1", id.0)),
        Ok(true) => {
            let mut page = one(&visitor, &state, id.0).await?;
            page.notice = page.frame.say(AdminWord::WaitsForAnother).to_owned();
            page.shown()
        }
        Err(problem) => one(&visitor, &state, id.0).await?.again(&form, problem),
    }
}

async fn person_reset(
    permit: Permit<action::UserWrite>,
    visitor: Visitor,
    state: State,
    id: Path<UserId>,
) -> Outcome<HttpResponse> {
    let back = format!("{PATH}/{}", id.0);
    let made = user_reset(permit, state, id).await?.into_recorded().answer;
    shown(&invitation_page(&visitor, &made.invitation, back, made.approval.is_some()))
}

async fn person_sessions(
    permit: Permit<action::UserWrite>,
    state: State,
    id: Path<UserId>,
) -> Outcome<HttpResponse> {
    let to = format!("{PATH}/{}?recorded=1", id.0);
    user_session_end_all(permit, state, id).await?;
    see(&to)
}

/// The routes of people.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, PATH, people_page);
    routes.page_for(refuse, Method::POST, PATH, person_send);
    routes.page_for(refuse, Method::GET, "/admin/people/{id}", person_page);
    routes.page_for(refuse, Method::POST, "/admin/people/{id}", person_edit);
    routes.page_for(refuse, Method::POST, "/admin/people/{id}/reset", person_reset);
    routes.page_for(refuse, Method::POST, "/admin/people/{id}/sessions", person_sessions);
}
