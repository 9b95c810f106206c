//! The administrator's pages: what waits for a decision, people, organizations, items, sites, machine keys; and each
//! user's own webhooks.
//!
//! | file | what it is |
//! |---|---|
//! | `approvals` | what is to decide, and deciding it |
//! | `people` | who logs in; inviting, changing, another password |
//! | `invited` | setting a password by an invitation, for whoever was handed one |
//! | `register` | a list with a form for a new one, and a page to change one |
//! | `organizations`, `items`, `sites` | what is kept so |
//! | `made_in` | what is said further of an item, above all where it was made |
//! | `keys` | keys of machines |
//! | `hooks` | a user's own webhooks, and what they did not take |
//! | `words` | phrases |
//!
//! Each form says what a request to the interface would, and is refused by the same words. Secrets are shown in the
//! answer that made them and nowhere again. Never here: who may do what, which the policy says.

mod approvals;
mod hooks;
mod invited;
mod items;
mod keys;
mod made_in;
mod organizations;
mod people;
mod register;
mod sites;
mod words;

pub use words::AdminWord;

use crate::auth::{Permit, action};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::pages::fields::{Fields, field_of};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::grid::Grid;
use crate::pages::refused::Wrongs;
use crate::pages::visitor::{Visitor, shown, shown_with};
use crate::pages::words::Word;
use crate::parties::http::{OrganizationQuery, organization_list};
use crate::web::{IfMatch, Query, Routes, State, value_of};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use items::Items;
use organizations::Organizations;
use serde::Serialize;
use serde_json::{Value, json};
use sites::{Sites, SitesMap};
use uuid::Uuid;

/// Organizations that a form offers to choose from: as many as one page of the interface has.
const CHOICES_MAXIMUM: i64 = 500;

/// What can be chosen: what is sent, and what it is called.
type Choice = (String, String);

/// A button by itself: what it does, and what it says.
pub struct Button {
    action: String,
    words: String,
}

/// A page of administration: what there is, a form, and buttons.
#[derive(Template)]
#[template(path = "admin/page.html")]
pub struct AdminPage {
    frame: Frame,
    title: String,
    lead: String,
    /// The page above it.
    back: Option<(&'static str, &'static str)>,
    ways: Vec<(&'static str, &'static str)>,
    is_recorded: bool,
    notice: String,
    grids: Vec<Grid>,
    map: Option<SitesMap>,
    posted: String,
    form_title: &'static str,
    form: Option<Fields>,
    /// What is said besides of what the page is about …
    said: Option<Grid>,
    /// … and a form by which more is said.
    further: Option<Fields>,
    buttons: Vec<Button>,
    next: String,
}

impl AdminPage {
    /// A page under a title, with nothing on it yet.
    fn new(visitor: &Visitor, title: AdminWord) -> Self {
        let frame = visitor.frame(title);
        Self {
            title: frame.title.clone(),
            lead: String::new(),
            back: None,
            ways: Vec::new(),
            is_recorded: visitor.only_looks() && visitor.here().contains("recorded=1"),
            notice: String::new(),
            grids: Vec::new(),
            map: None,
            posted: String::new(),
            form_title: "",
            form: None,
            said: None,
            further: None,
            buttons: Vec::new(),
            next: String::new(),
            frame,
        }
    }

    /// The same where what it shows is made up.
    fn synthetic(self, is_made_up: bool) -> Self {
        Self { frame: self.frame.synthetic(is_made_up), ..self }
    }

    /// The same with its lead.
    fn lead(self, word: AdminWord) -> Self {
        Self { lead: self.frame.say(word).to_owned(), ..self }
    }

    /// The same under the name of what it is about.
    fn called(self, title: &str) -> Self {
        let frame = self.frame.titled(title.to_owned());
        Self { title: title.to_owned(), frame, ..self }
    }

    /// The same with the page above it.
    fn under(self, path: &'static str, word: AdminWord) -> Self {
        Self { back: Some((path, self.frame.say(word))), ..self }
    }

    /// The same with a table.
    fn with(mut self, grid: Grid) -> Self {
        self.grids.push(grid);
        self
    }

    /// The same with a form.
    fn form(self, word: AdminWord, form: Fields) -> Self {
        Self { form_title: self.frame.say(word), form: Some(form), ..self }
    }

    /// The same with a button by itself.
    fn button(mut self, action: String, word: AdminWord) -> Self {
        let words = self.frame.say(word).to_owned();
        self.buttons.push(Button { action, words });
        self
    }

    /// The page as it is.
    fn shown(&self) -> Outcome<HttpResponse> {
        shown(self)
    }

    /// The page with its form shown again, as it was filled in, with what is wrong with it.
    fn again(self, form: &Form, problem: Problem) -> Outcome<HttpResponse> {
        let is_of_form = problem.code.status() < 500
            && !matches!(problem.code, Code::Unauthenticated | Code::Forbidden | Code::NotFound);
        let Some(fields) = self.form.filter(|_| is_of_form) else { return Err(problem) };
        let names: Vec<&'static str> = fields.list.iter().map(|field| field.name).collect();
        let wrongs = Wrongs::of(&self.frame, &problem, |pointer| field_of(&names, pointer));
        let title = self.frame.with(Word::ErrorTitle, &self.title);
        let form = Some(fields.again(form, wrongs));
        shown_with(problem.status_code(), &Self { frame: self.frame.titled(title), form, ..self })
    }
}

/// What was made that is shown this once.
#[derive(Template)]
#[template(path = "admin/secret.html")]
struct SecretPage {
    frame: Frame,
    back: (String, &'static str),
    notes: Vec<String>,
    secrets: Vec<(&'static str, String)>,
}

impl SecretPage {
    /// A page that shows one thing.
    fn of(
        visitor: &Visitor,
        title: AdminWord,
        back: (String, AdminWord),
        secret: (AdminWord, String),
    ) -> Self {
        let frame = visitor.frame(title);
        let secrets = vec![(frame.say(secret.0), secret.1)];
        Self { back: (back.0, frame.say(back.1)), notes: Vec::new(), secrets, frame }
    }

    /// The same with something to be known of it.
    fn note(mut self, words: String) -> Self {
        self.notes.push(words);
        self
    }
}

/// What the interface answers, as pages read it.
fn told(answer: &impl Serialize) -> Outcome<Value> {
    serde_json::to_value(answer).map_err(|error| Problem::internal(format!("an answer: {error}")))
}

/// A text of an answer; empty where there is none.
fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

/// The rows of a page of an answer.
fn items(page: &Value) -> &[Value] {
    page["items"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Texts of a list, with commas between them.
fn joined(of: &Value, name: &str) -> String {
    let list = of[name].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

/// Texts with commas between them as a list.
fn listed(text: &str) -> Value {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Value::from(parts.map(str::to_owned).collect::<Vec<_>>())
}

/// Where the page of an address begins: the `next` of the one before.
fn after(request: &HttpRequest) -> Option<String> {
    Form::read(request.query_string().as_bytes()).given("after").map(str::to_owned)
}

/// The query of one page of a list.
fn page_of(after: Option<String>) -> Value {
    after.map_or_else(|| json!({}), |after| json!({ "after": after }))
}

/// Where the next page of a list is.
fn next_of(page: &Value, path: &str) -> String {
    match page["next"].as_str() {
        Some(next) => {
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            format!("{path}?after={next}")
        }
        None => String::new(),
    }
}

/// The revision that a form was filled in over.
fn revision(form: &Form) -> Outcome<IfMatch> {
    form.get("revision").parse().map(IfMatch).map_err(|_| {
        let words = "The form does not say which revision it was filled in over; open the page again.";
        Problem::new(Code::PreconditionRequired, words)
    })
}

/// The identifier of what a form makes, so that sending it twice makes one.
fn drawn() -> String {
    Uuid::now_v7().to_string()
}

/// The identifier that a form was shown with.
fn drawn_id(form: &Form) -> Outcome<Uuid> {
    form.get("id").parse().map_err(|_| {
        let words = format!("{:?} is no identifier; open the page again", form.get("id"));
        Problem::field("/id", words).coded(Fault::NotAnIdentifier)
    })
}

/// Organizations to choose from, and none of them.
async fn choices(visitor: &Visitor, state: &State, frame: &Frame) -> Outcome<Vec<Choice>> {
    let permit: Permit<action::ReferenceRead> = visitor.permit()?;
    let query: OrganizationQuery = value_of(&json!({ "limit": CHOICES_MAXIMUM }))?;
    let page = told(&organization_list(permit, state.clone(), Query(query)).await?.into_inner())?;
    let none = (String::new(), frame.say(AdminWord::NoOrganization).to_owned());
    let one = |of: &Value| (text(of, "id").to_owned(), text(of, "name").to_owned());
    let mut choices: Vec<Choice> = items(&page).iter().map(one).collect();
    choices.sort_by(|left, right| left.1.cmp(&right.1));
    choices.insert(0, none);
    Ok(choices)
}

/// The same with one that is chosen already, which may be beyond those offered.
fn with_chosen(mut choices: Vec<Choice>, chosen: &str) -> Vec<Choice> {
    if !choices.iter().any(|(id, _)| id == chosen) {
        choices.push((chosen.to_owned(), chosen.to_owned()));
    }
    choices
}

/// What an organization that is chosen from is called.
fn called<'a>(choices: &'a [Choice], id: &'a str) -> &'a str {
    choices.iter().find(|(one, _)| one == id).map_or(id, |(_, name)| name.as_str())
}

/// The routes of administration.
pub fn routes(routes: &mut Routes) {
    approvals::routes(routes);
    people::routes(routes);
    invited::routes(routes);
    register::routes::<Organizations>(routes);
    register::routes::<Items>(routes);
    register::routes::<Sites>(routes);
    made_in::routes(routes);
    keys::routes(routes);
    hooks::routes(routes);
}
