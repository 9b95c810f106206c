//! Items, organizations and sites as administrators keep them: each is a list with a form for a new one, and a page to
//! change one. What is asked, shown and refused alike is here; what is different each says of itself.

use super::sites::SitesMap;
use super::{AdminPage, AdminWord, Choice, after, choices, drawn, items, next_of, page_of, revision, text};
use crate::auth::{Named, Permit, action};
use crate::core::problem::Outcome;
use crate::pages::fields::{Field, Fields, edited, members};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see};
use crate::pages::words::Word;
use crate::web::{IfMatch, Path, Routes, State};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::fmt::Display;

/// What is kept in one list and changed one by one.
pub(super) trait Register: Sized + 'static {
    /// What one is known by.
    type Id: Copy + Display + DeserializeOwned + 'static;
    /// What a visitor must be allowed to do for any of these pages.
    type Write: Named;

    /// Where the list is.
    const PATH: &'static str;
    /// Where one is.
    const ONE: &'static str;
    /// What they are called.
    const TITLE: AdminWord;
    /// What they are.
    const LEAD: AdminWord;
    /// The columns of the list, its name first.
    const COLUMNS: &'static [AdminWord];
    /// The fields that are members of a new one as they are.
    const NEW: &'static [&'static str];
    /// The fields that are members of an edit as they are.
    const EDITED: &'static [&'static str];
    /// Whether its rows and its form name organizations.
    const NAMES_ORGANIZATIONS: bool = false;

    /// A page of the list, as the interface answers it.
    async fn list(permit: Permit<action::ReferenceRead>, state: State, query: &Value) -> Outcome<Value>;

    /// One, as the interface answers it, and its revision.
    async fn read(permit: Permit<action::ReferenceRead>, state: State, id: Self::Id)
    -> Outcome<(Value, i64)>;

    /// Enters one.
    async fn create(permit: Permit<Self::Write>, state: State, said: &Value) -> Outcome<Self::Id>;

    /// Changes one.
    async fn change(
        permit: Permit<Self::Write>,
        state: State,
        id: Self::Id,
        revision: IfMatch,
        said: &Value,
    ) -> Outcome<()>;

    /// The cells of a row behind its name.
    fn cells(frame: &Frame, of: &Value, organizations: &[Choice]) -> Vec<Cell>;

    /// The fields of its form; of a new one, where there is nothing to read them from.
    fn fields(frame: &Frame, of: &Value, organizations: Vec<Choice>) -> Vec<Field>;

    /// What a form says beyond the members that are fields as they are.
    fn said(form: &Form, members: &mut Map<String, Value>);

    /// The page of one with what is said besides of it, where anything is.
    async fn further(
        _visitor: &Visitor,
        _state: &State,
        _id: Self::Id,
        page: AdminPage,
    ) -> Outcome<AdminPage> {
        Ok(page)
    }

    /// Where these are, for what is anywhere.
    fn map(_frame: &Frame, _of: &[Value]) -> Option<SitesMap> {
        None
    }
}

/// Organizations to choose from, where these name any.
async fn organizations<R: Register>(visitor: &Visitor, state: &State, frame: &Frame) -> Outcome<Vec<Choice>> {
    if R::NAMES_ORGANIZATIONS { choices(visitor, state, frame).await } else { Ok(Vec::new()) }
}

/// The list, with a form for a new one.
async fn list<R: Register>(visitor: &Visitor, state: &State, after: Option<String>) -> Outcome<AdminPage> {
    let page = R::list(visitor.permit()?, state.clone(), &page_of(after)).await?;
    let shown = AdminPage::new(visitor, R::TITLE).lead(R::LEAD).under("/admin", AdminWord::Title);
    let frame = &shown.frame;
    let known = organizations::<R>(visitor, state, frame).await?;
    let mut grid = Grid::new(frame.say(R::TITLE), frame.say(AdminWord::Empty));
    for column in R::COLUMNS {
        grid = grid.column(frame.say(*column));
    }
    grid.rows.extend(items(&page).iter().map(|one| {
        let mut row = vec![Cell::text(text(one, "name")).to(format!("{}/{}", R::PATH, text(one, "id")))];
        row.extend(R::cells(frame, one, &known));
        row
    }));
    grid.next = next_of(&page, R::PATH);
    let map = R::map(frame, items(&page));
    let fields = R::fields(frame, &Value::Null, known);
    let form = Fields::new(R::PATH, frame.say(Word::Save), fields).hidden("id", drawn());
    Ok(AdminPage { map, ..shown.with(grid).form(AdminWord::New, form) })
}

/// The page of one, with a form to change it.
async fn one<R: Register>(visitor: &Visitor, state: &State, id: R::Id) -> Outcome<AdminPage> {
    let (of, revision) = R::read(visitor.permit()?, state.clone(), id).await?;
    let shown = AdminPage::new(visitor, R::TITLE).under(R::PATH, R::TITLE).called(text(&of, "name"));
    let frame = &shown.frame;
    let fields = R::fields(frame, &of, organizations::<R>(visitor, state, frame).await?);
    let form = Fields::new(format!("{}/{id}", R::PATH), frame.say(Word::Save), fields)
        .hidden("revision", revision.to_string());
    let map = R::map(frame, std::slice::from_ref(&of));
    let page = AdminPage { map, ..shown.form(AdminWord::Edit, form) };
    R::further(visitor, state, id, page).await
}

/// What a form says of one.
fn said<R: Register>(form: &Form, mut members: Map<String, Value>) -> Value {
    R::said(form, &mut members);
    Value::Object(members)
}

async fn list_page<R: Register>(
    _permit: Permit<R::Write>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    list::<R>(&visitor, &state, after(&request)).await?.shown()
}

async fn list_send<R: Register>(
    permit: Permit<R::Write>,
    visitor: Visitor,
    state: State,
    form: Form,
) -> Outcome<HttpResponse> {
    match R::create(permit, state.clone(), &said::<R>(&form, members(&form, R::NEW))).await {
        Ok(id) => see(&format!("{}/{id}?recorded=1", R::PATH)),
        Err(problem) => list::<R>(&visitor, &state, None).await?.again(&form, problem),
    }
}

async fn one_page<R: Register>(
    _permit: Permit<R::Write>,
    visitor: Visitor,
    state: State,
    id: Path<R::Id>,
) -> Outcome<HttpResponse> {
    one::<R>(&visitor, &state, id.0).await?.shown()
}

async fn change<R: Register>(permit: Permit<R::Write>, state: &State, id: R::Id, form: &Form) -> Outcome<()> {
    let said = said::<R>(form, edited(form, R::EDITED));
    R::change(permit, state.clone(), id, revision(form)?, &said).await
}

async fn one_send<R: Register>(
    permit: Permit<R::Write>,
    visitor: Visitor,
    state: State,
    id: Path<R::Id>,
    form: Form,
) -> Outcome<HttpResponse> {
    match change::<R>(permit, &state, id.0, &form).await {
        Ok(()) => see(&format!("{}/{}?recorded=1", R::PATH, id.0)),
        Err(problem) => one::<R>(&visitor, &state, id.0).await?.again(&form, problem),
    }
}

/// The routes of what is kept so.
pub(super) fn routes<R: Register>(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, R::PATH, list_page::<R>);
    routes.page_for(refuse, Method::POST, R::PATH, list_send::<R>);
    routes.page_for(refuse, Method::GET, R::ONE, one_page::<R>);
    routes.page_for(refuse, Method::POST, R::ONE, one_send::<R>);
}
