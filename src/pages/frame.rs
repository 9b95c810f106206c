//! What is around every page: its title, the ways to other pages by role, the choice of language.

use super::fault_words::fault_phrases;
use super::files::file;
use super::visitor::Visitor;
use super::words::{Said, Word, filled, form_of};
use crate::atlas::{CountryCode, Language};
use crate::auth::{Fields, action};
use crate::papers::formats::{day, number};
use form_urlencoded::byte_serialize;

/// What keeps an officer's updates on the phone and sends them: on every page, so that they are sent from whichever is open.
const KEEPING: [&str; 2] = ["keep.js", "badge.js"];

/// A way to another page.
pub struct Way {
    /// Where it leads.
    pub path: &'static str,
    /// What it is called.
    pub words: &'static str,
    /// Whether it leads here.
    pub is_here: bool,
}

/// What a page that is kept up to date says of itself to the script that does so.
pub struct Watched {
    /// The entry of the log up to which it shows everything.
    pub after: i64,
    /// Who is signed in; empty where nobody is.
    pub who: String,
    /// What it shows by a code, `codes` of consignments or `links` of pledges; empty where it shows what its visitor may see.
    pub kind: &'static str,
    /// The code.
    pub code: String,
    /// The mark of what it shows of that.
    pub mark: String,
}

/// What is around a page.
pub struct Frame {
    /// The language everything on it is in.
    pub language: Language,
    /// What the browser calls it.
    pub title: String,
    /// The ways to other pages.
    pub ways: Vec<Way>,
    /// Whether somebody is signed in.
    pub is_known: bool,
    /// Whether made-up data is shown, which the page says loudly.
    pub is_synthetic: bool,
    /// Where its script lies, where it has one.
    pub scripts: Vec<String>,
    /// Of officers, who may record without a connection: whose what waits on the phone is.
    pub officer: Option<String>,
    /// What keeps it up to date, where anything does.
    pub watched: Option<Watched>,
    /// This page, as a value in an address.
    here: String,
    newest: i64,
    who: String,
}

impl Frame {
    /// The frame of a page for somebody.
    pub(super) fn new(visitor: &Visitor, title: String) -> Self {
        let language = visitor.language();
        let path = visitor.here().split('?').next().unwrap_or("/");
        let officer = visitor.may::<action::EventPost>().map(|permit| permit.principal().user.to_string());
        let ways = ways(visitor).into_iter().map(|(to, word)| Way {
            path: to,
            words: word.in_language(language),
            is_here: to == path,
        });
        Self {
            language,
            title,
            ways: ways.collect(),
            is_known: visitor.principal().is_some(),
            is_synthetic: false,
            scripts: officer.iter().flat_map(|_| KEEPING.map(file)).collect(),
            officer,
            watched: None,
            newest: visitor.newest(),
            who: visitor.principal().map(|principal| principal.user.to_string()).unwrap_or_default(),
            here: byte_serialize(visitor.here().as_bytes()).collect(),
        }
    }

    /// The same with a script, which the page also works without.
    pub fn with_script(mut self, name: &'static str) -> Self {
        self.scripts.push(file(name));
        self
    }

    /// The same of a page whose parts marked `data-live` are kept up to date while somebody looks at it.
    pub fn live(self) -> Self {
        self.following(("", ""), String::new())
    }

    /// The same where it shows a consignment or a pledge by a code, with the mark of what it shows of that.
    pub fn following(mut self, (kind, code): (&'static str, &str), mark: String) -> Self {
        let (after, who) = (self.newest, self.who.clone());
        self.watched = Some(Watched { after, who, kind, code: code.to_owned(), mark });
        self.with_script("live.js")
    }

    /// The same under another title, where it names what is shown.
    pub fn titled(mut self, title: String) -> Self {
        self.title = title;
        self
    }

    /// The same for a page that shows made-up data.
    pub fn synthetic(mut self, is_synthetic: bool) -> Self {
        self.is_synthetic = is_synthetic;
        self
    }

    /// The language's code.
    pub fn code(&self) -> &'static str {
        self.language.code()
    }

    /// In which direction it is written.
    pub fn direction(&self) -> &'static str {
        if self.language.is_right_to_left() { "rtl" } else { "ltr" }
    }

    /// What scripts say of refused fields; empty in English.
    pub fn faults(&self) -> String {
        fault_phrases(self.language)
    }

    /// A phrase.
    pub fn say(&self, phrase: impl Said) -> &'static str {
        phrase.in_language(self.language)
    }

    /// A phrase with one thing in it.
    pub fn with(&self, phrase: impl Said, part: impl AsRef<str>) -> String {
        filled(self.say(phrase), &[part.as_ref()])
    }

    /// A phrase with two things in it.
    pub fn with_two(&self, phrase: impl Said, first: impl AsRef<str>, second: impl AsRef<str>) -> String {
        filled(self.say(phrase), &[first.as_ref(), second.as_ref()])
    }

    /// A number of things: the form of the phrase that goes with it, and the number in it.
    pub fn count(&self, phrase: impl Said, count: impl Into<i64>) -> String {
        let count = count.into();
        filled(form_of(self.say(phrase), self.language, count), &[&number(self.language, count)])
    }

    /// A whole number as the language writes it.
    pub fn number(&self, value: impl Into<i64>) -> String {
        number(self.language, value.into())
    }

    /// What a country is called; a code that is none stays as it is.
    pub fn country(&self, code: &str) -> String {
        let known: Option<CountryCode> = code.parse().ok();
        known.map_or_else(|| code.to_owned(), |code| code.country().short_name(self.language).to_owned())
    }

    /// A day, such as `2026-06-03` or the beginning of a moment, in words.
    pub fn day(&self, text: impl AsRef<str>) -> String {
        day(self.language, text.as_ref())
    }

    /// A style or a script that not every page has.
    pub fn file(&self, name: &str) -> String {
        file(name)
    }

    /// The style.
    pub fn style(&self) -> String {
        file("style.css")
    }

    /// Every language: its code, its own name, and where choosing it leads.
    pub fn languages(&self) -> Vec<(&'static str, &'static str, String, bool)> {
        let one = |language: Language| {
            let name = match language {
                Language::English => "English",
                Language::French => "Français",
                Language::Spanish => "Español",
                Language::Russian => "Русский",
                Language::Chinese => "中文",
                Language::Arabic => "العربية",
            };
            let path = format!("/language?to={}&code={}", self.here, language.code());
            (language.code(), name, path, language == self.language)
        };
        Language::ALL.map(one).to_vec()
    }

    /// Where signing in leads, and back here.
    pub fn sign_in(&self) -> String {
        format!("/sign-in?to={}", self.here)
    }
}

/// The pages that somebody's work is on, in the order in which it goes; the first is where it begins.
pub(super) fn ways(visitor: &Visitor) -> Vec<(&'static str, Word)> {
    let is_traced =
        visitor.may::<action::PledgeRead>().is_some_and(|permit| permit.fields() == Fields::Traced);
    let is_officer = visitor.may::<action::EventPost>().is_some();
    let is_told = visitor.may::<action::WebhookRead>().is_some();
    let own = [
        (is_officer, "/board", Word::NavBoard),
        (visitor.may::<action::CountWrite>().is_some(), "/warehouse", Word::NavWarehouse),
        (is_traced, "/donor", Word::NavDonor),
        (visitor.may::<action::PledgeDecide>().is_some(), "/manager", Word::NavManager),
        (visitor.may::<action::ReconciliationRead>().is_some(), "/reconciliation", Word::NavReconciliation),
        (visitor.may::<action::UserWrite>().is_some(), "/admin", Word::NavAdmin),
        (visitor.may::<action::ImportWrite>().is_some(), "/imports", Word::NavImports),
        (is_officer && is_told, "/webhooks", Word::NavWebhooks),
    ];
    let for_all =
        [(true, "/", Word::NavFront), (true, "/map", Word::NavMap), (true, "/track", Word::NavTrack)];
    let there = own.into_iter().chain(for_all).filter(|(is_there, ..)| *is_there);
    there.map(|(_, path, word)| (path, word)).collect()
}
