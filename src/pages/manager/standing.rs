//! A thing that a queue lists, with what is known of it and the form that decides it.

use super::common::is_said_in_form;
use crate::atlas::Language;
use crate::core::problem::{Outcome, Problem};
use crate::pages::fields::{Fields, field_of};
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::refused::Wrongs;
use crate::pages::visitor::{shown, shown_with};
use crate::pages::words::Word;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;

/// Something that is known of it.
pub(super) struct Fact {
    what: &'static str,
    words: String,
    /// The language of the words; empty where it is the page's.
    lang: &'static str,
}

impl Fact {
    /// In the page's language, or in whatever somebody wrote it.
    pub(super) fn of(what: &'static str, words: String) -> Self {
        Self { what, words, lang: "" }
    }

    /// Whether anything is.
    pub(super) fn is_said(&self) -> bool {
        !self.words.is_empty()
    }

    /// In the words of the interface, which are English.
    pub(super) fn told(what: &'static str, words: String) -> Self {
        Self { what, words, lang: Language::English.code() }
    }
}

/// The page of such a thing.
#[derive(Template)]
#[template(path = "manager/standing.html")]
pub(super) struct StandingPage {
    pub(super) frame: Frame,
    pub(super) title: String,
    /// The queue it stands in: its address and its name.
    pub(super) back: (&'static str, &'static str),
    pub(super) is_recorded: bool,
    pub(super) facts: Vec<Fact>,
    /// Further pages about it.
    pub(super) links: Vec<(String, String)>,
    /// How it is decided; none where nothing is left to decide.
    pub(super) form: Option<Fields>,
    /// What is said where nothing is.
    pub(super) nothing: &'static str,
}

/// Whether the page is shown after something was recorded.
pub(super) fn is_recorded(request: &HttpRequest) -> bool {
    super::common::asked(request).given("recorded").is_some()
}

impl StandingPage {
    /// The page as an answer.
    pub(super) fn shown(&self) -> Outcome<HttpResponse> {
        shown(self)
    }

    /// The page with its form as it was sent, and what is wrong with it.
    pub(super) fn again(self, form: &Form, problem: Problem) -> Outcome<HttpResponse> {
        let Some(fields) = self.form.filter(|_| is_said_in_form(&problem)) else { return Err(problem) };
        let names: Vec<&'static str> = fields.list.iter().map(|field| field.name).collect();
        let wrongs = Wrongs::of(&self.frame, &problem, |pointer| field_of(&names, pointer));
        let title = self.frame.with(Word::ErrorTitle, &self.title);
        let form = Some(fields.again(form, wrongs));
        shown_with(problem.status_code(), &Self { frame: self.frame.titled(title), form, ..self })
    }
}
