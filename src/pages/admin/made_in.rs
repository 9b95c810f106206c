//! What is said further of an item, and a form that states where it was made, which customs ask.

use super::items::Items;
use super::register::Register;
use super::{AdminPage, AdminWord};
use crate::auth::{Permit, action};
use crate::core::id::{ItemId, SubjectId};
use crate::core::problem::{Code, Outcome, Problem};
use crate::facts::reference_facts;
use crate::items::http::{item_describe, item_read};
use crate::pages::fields::{Field, Fields};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, see};
use crate::papers::origin_stated;
use crate::web::{Json, Path, Routes, State, value_of};
use actix_web::HttpResponse;
use actix_web::http::Method;
use serde_json::json;
use std::collections::BTreeMap;

/// The field.
const MADE_IN: &str = "made_in";
/// How the fact is called where no file called it otherwise.
const COUNTRY_OF_ORIGIN: &str = "country of origin";

type Facts = BTreeMap<String, String>;

/// What is said of an item besides its members.
async fn facts_of(visitor: &Visitor, state: &State, id: ItemId) -> Outcome<Facts> {
    let permit: Permit<action::FactsRead> = visitor.permit()?;
    let read = state.read(move |conn| reference_facts(conn, &permit, SubjectId(id.0))).await;
    match read {
        Err(problem) if problem.code == Code::NotFound => Ok(Facts::new()),
        read => read,
    }
}

fn grid(frame: &Frame, facts: &Facts) -> Grid {
    let mut grid = Grid::new(frame.say(AdminWord::Further), frame.say(AdminWord::FurtherEmpty))
        .column(frame.say(AdminWord::FurtherName))
        .column(frame.say(AdminWord::FurtherWords));
    grid.rows.extend(facts.iter().map(|(name, words)| vec![Cell::text(name), Cell::text(words)]));
    grid
}

fn fields(frame: &Frame, facts: &Facts, id: ItemId) -> Fields {
    let words = origin_stated(facts).map(|(_, words)| words.clone()).unwrap_or_default();
    let field = Field::text(MADE_IN, frame.say(AdminWord::MadeIn), words)
        .hint(frame.say(AdminWord::MadeInHint))
        .required();
    Fields::new(format!("{}/{id}/made-in", Items::PATH), frame.say(AdminWord::StateIt), vec![field])
}

/// The page of an item with what is said further of it.
pub(super) async fn with_made_in(
    visitor: &Visitor,
    state: &State,
    id: ItemId,
    page: AdminPage,
) -> Outcome<AdminPage> {
    let facts = facts_of(visitor, state, id).await?;
    let (said, further) = (grid(&page.frame, &facts), fields(&page.frame, &facts, id).quiet());
    Ok(AdminPage { said: Some(said), further: Some(further), ..page })
}

/// States where it was made, under the name by which that is known already: what two names told could differ.
async fn stated(
    permit: Permit<action::ItemWrite>,
    (visitor, state): (&Visitor, &State),
    id: ItemId,
    words: &str,
) -> Outcome<()> {
    let facts = facts_of(visitor, state, id).await?;
    let name = origin_stated(&facts).map_or(COUNTRY_OF_ORIGIN, |(name, _)| name.as_str());
    let said = value_of(&json!({"facts": {(name): words}}))?;
    item_describe(permit, state.clone(), Path(id), Json(said)).await.map(drop)
}

/// The form again, alone, with what is wrong with its one field.
async fn again(
    (visitor, state): (&Visitor, &State),
    id: ItemId,
    form: &Form,
    mut problem: Problem,
) -> Outcome<HttpResponse> {
    for error in &mut problem.errors {
        error.pointer = format!("/{MADE_IN}");
    }
    let item = item_read(visitor.permit()?, state.clone(), Path(id)).await?.body;
    let facts = facts_of(visitor, state, id).await?;
    let page = AdminPage::new(visitor, Items::TITLE).under(Items::PATH, Items::TITLE).called(&item.name);
    let (said, fields) = (grid(&page.frame, &facts), fields(&page.frame, &facts, id));
    page.with(said).form(AdminWord::MadeIn, fields).again(form, problem)
}

async fn made_in_send(
    permit: Permit<action::ItemWrite>,
    visitor: Visitor,
    state: State,
    id: Path<ItemId>,
    form: Form,
) -> Outcome<HttpResponse> {
    match stated(permit, (&visitor, &state), id.0, form.get(MADE_IN)).await {
        Ok(()) => see(&format!("{}/{}?recorded=1", Items::PATH, id.0)),
        Err(problem) => again((&visitor, &state), id.0, &form, problem).await,
    }
}

/// The route of the form.
pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::POST, "/admin/items/{id}/made-in", made_in_send);
}
