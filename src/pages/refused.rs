//! A refusal as a page, and beside the fields of a form.

use super::fault_words::fault_said;
use super::frame::Frame;
use super::visitor::{Visitor, see, shown_with};
use super::words::{Advice, Trouble, Word};
use crate::atlas::Language;
use crate::core::problem::{Code, FieldError, Problem};
use crate::web::{not_found, wants_page};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use form_urlencoded::byte_serialize;

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage<'a> {
    frame: Frame,
    what: &'static str,
    /// What to do next.
    advice: &'static str,
    /// What is wrong with what was asked, as far as it is said in the page's language.
    said: Vec<Wrong>,
    /// The words of the interface, which name the value.
    detail: &'a str,
}

/// Says on a page that something is not possible; who is not signed in is asked to.
fn refusal_page(visitor: &Visitor, problem: &Problem) -> HttpResponse {
    if problem.code == Code::Unauthenticated {
        let to: String = byte_serialize(visitor.here().as_bytes()).collect();
        return see(&format!("/sign-in?to={to}")).unwrap_or_else(|problem| problem.error_response());
    }
    if problem.code.status() >= 500 {
        tracing::error!(code = problem.code.word(), cause = problem.internal.as_deref(), "refused");
    }
    let trouble = Trouble::from(problem.code);
    let frame = visitor.frame(trouble);
    let (what, advice) = (frame.say(trouble), frame.say(Advice::from(trouble)));
    let title = frame.with(Word::ErrorTitle, what);
    let said = problem.errors.iter().map(|error| Wrong::of(&frame, String::new(), error));
    let said = said.filter(|wrong| !wrong.is_detail).collect();
    let page = RefusedPage { frame: frame.titled(title), what, advice, said, detail: &problem.detail };
    shown_with(problem.status_code(), &page).unwrap_or_else(|problem| problem.error_response())
}

/// The refusal of a request, said as a page.
pub fn refuse(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    refusal_page(&Visitor::let_in(request), problem)
}

/// Answers what no route takes: a browser by a page, a program as every refusal is said.
pub async fn nowhere(request: HttpRequest) -> HttpResponse {
    if wants_page(&request) && !request.path().starts_with("/api/") {
        return refuse(&request, &Problem::not_found());
    }
    not_found().await
}

/// One thing that is wrong in a form: the field it is at, and the words for it.
#[derive(Clone)]
pub struct Wrong {
    /// The field's identifier on the page; empty where it is none's.
    pub field: String,
    /// What is wrong and what would be right: in the page's language where the interface gives a code for it.
    pub detail: String,
    /// The language of that.
    pub lang: &'static str,
    /// Whether the words are the interface's own, so that the page says besides in its language what is wanted.
    pub is_detail: bool,
}

impl Wrong {
    /// The words of the interface.
    fn detail(field: String, words: &str) -> Self {
        Self { field, detail: words.to_owned(), lang: Language::English.code(), is_detail: true }
    }

    /// What a code says in the page's language. In English the interface's own words say more: they name the value.
    pub fn of(frame: &Frame, field: String, error: &FieldError) -> Self {
        let said = if frame.language == Language::English { None } else { fault_said(frame.language, error) };
        match said {
            Some(detail) => Self { field, detail, lang: frame.code(), is_detail: false },
            None => Self::detail(field, &error.detail),
        }
    }
}

/// What is wrong in a form that is shown again.
#[derive(Default)]
pub struct Wrongs {
    /// What it comes to, in the page's language; empty where nothing is wrong.
    pub what: &'static str,
    /// Field by field.
    pub fields: Vec<Wrong>,
}

impl Wrongs {
    /// What a problem says of a form; `field_of` tells which field of the page a pointer means.
    pub fn of(frame: &Frame, problem: &Problem, field_of: impl Fn(&str) -> Option<&'static str>) -> Self {
        Self::of_many(frame, problem, |pointer| field_of(pointer).unwrap_or_default().to_owned())
    }

    /// The same where a pointer may mean one of many fields; an empty name is none's.
    pub fn of_many(frame: &Frame, problem: &Problem, field_of: impl Fn(&str) -> String) -> Self {
        let one = |error: &FieldError| Wrong::of(frame, field_of(&error.pointer), error);
        let mut fields: Vec<Wrong> = problem.errors.iter().map(one).collect();
        if fields.is_empty() {
            fields.push(Wrong::detail(field_of(""), &problem.detail));
        }
        Self { what: frame.say(Trouble::from(problem.code)), fields }
    }

    /// Whether anything is.
    pub fn is_any(&self) -> bool {
        !self.what.is_empty()
    }

    /// What is wrong at a field.
    pub fn at(&self, field: &str) -> Option<&Wrong> {
        self.fields.iter().find(|wrong| wrong.field == field)
    }
}
