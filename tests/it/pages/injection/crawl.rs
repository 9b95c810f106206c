//! Looking at every page that somebody is led to, and filling in every form on them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use actix_web::http::Method;
use relief_ledger::app;
use relief_ledger::web::Access;
use url::form_urlencoded;

use super::corpus::{CORPUS, FORM_TEXTS};
use super::markup::{Markup, faults};
use crate::pages::browse::send;
use crate::support::server::{Caller, Reply};

/// Pages of one kind that one caller looks at: enough for each way out of the markup.
const PER_PATTERN: usize = 8;
/// Forms that are not filled in: what they do would end the looking.
const SPARED: [&str; 3] = ["/sign-out", "/admin/people/{id}/sessions", "/admin/people/{id}/reset"];

/// The addresses of pages for those who are known, as they are declared, the plainest first.
pub fn declared(method: &Method) -> Vec<String> {
    let routes = app::routes();
    let pages =
        routes.declared().filter(|(by, _, access)| *by == method && matches!(access, Access::Page(_)));
    let mut found: Vec<String> = pages.map(|(_, path, _)| path.to_owned()).collect();
    found.sort_by_key(|path| path.matches('{').count());
    found
}

/// The declared address that a path is one of.
fn pattern_of<'a>(patterns: &'a [String], path: &str) -> Option<&'a str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let fits = |pattern: &&String| {
        path.split('/').count() == pattern.split('/').count()
            && path.split('/').zip(pattern.split('/')).all(|(one, part)| part.starts_with('{') || one == part)
    };
    patterns.iter().find(fits).map(String::as_str)
}

/// A form as a page has it.
struct Form {
    action: String,
    is_post: bool,
    /// Names and values, and whether somebody types the value.
    fields: Vec<(String, String, bool)>,
}

impl Form {
    fn push(&mut self, name: &str, value: &str, is_typed: bool) {
        let is_there = self.fields.iter().any(|(known, ..)| known == name);
        if !name.is_empty() && !is_there {
            self.fields.push((name.to_owned(), value.to_owned(), is_typed));
        }
    }

    /// The form with a text in each field that is typed.
    fn filled<'a>(&'a self, text: &'a str) -> Vec<(&'a str, &'a str)> {
        let of = |(name, value, is_typed): &'a (String, String, bool)| {
            (name.as_str(), if *is_typed { text } else { value.as_str() })
        };
        self.fields.iter().map(of).collect()
    }
}

/// The forms of a page.
fn forms(markup: &Markup) -> Vec<Form> {
    let mut found: Vec<Form> = Vec::new();
    let mut choice = String::new();
    for tag in &markup.tags {
        if tag.name == "form" {
            let is_post = tag.get("method").eq_ignore_ascii_case("post");
            found.push(Form { action: tag.get("action").to_owned(), is_post, fields: Vec::new() });
        }
        let Some(form) = found.last_mut() else { continue };
        match (tag.name.as_str(), tag.get("type")) {
            ("input", "file" | "submit") => {}
            ("input", "hidden" | "checkbox" | "radio") => form.push(tag.get("name"), tag.get("value"), false),
            ("input", "password") => form.push(tag.get("name"), "", false),
            ("input" | "textarea", _) => form.push(tag.get("name"), "", true),
            ("button", _) => form.push(tag.get("name"), tag.get("value"), false),
            ("select", _) => tag.get("name").clone_into(&mut choice),
            ("option", _) => form.push(&choice, tag.get("value"), false),
            _ => {}
        }
    }
    found
}

/// What was looked at, and what was found.
#[derive(Default)]
pub struct Looked {
    /// What took effect, and where.
    pub faults: Vec<String>,
    /// Which kinds of pages were there.
    pub patterns: BTreeSet<String>,
    /// Pages that were looked at.
    pub pages: usize,
    /// Forms that were filled in, each with every text.
    pub forms: usize,
    /// Fields whose text was seen.
    pub fields: BTreeSet<String>,
    /// Texts of the corpus that were seen as they were typed.
    pub texts: BTreeSet<&'static str>,
}

impl Looked {
    /// Looks at an answer; its markup where it is a page.
    pub fn look(&mut self, who: &str, path: &str, reply: &Reply) -> Option<Markup> {
        if reply.status >= 500 {
            self.faults.push(format!("{who} {path}: {} {}", reply.status, reply.text));
        }
        if !reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            return None;
        }
        self.pages += 1;
        self.faults.extend(faults(&reply.text).into_iter().map(|fault| format!("{who} {path}: {fault}")));
        let markup = Markup::read(&reply.text);
        self.fields.extend(markup.words.split('~').map(str::to_owned).filter(|word| word.len() < 20));
        let seen = CORPUS.iter().copied().filter(|text| markup.words.contains(*text));
        self.texts.extend(seen);
        Some(markup)
    }

    /// Looks at the pages that a caller is led to, and fills in the forms on them.
    pub fn crawl(&mut self, who: &str, caller: &Caller, seeds: &[String]) {
        let (pages, posts) = (declared(&Method::GET), declared(&Method::POST));
        let plain = pages.iter().filter(|path| !path.contains('{'));
        let mut queue: VecDeque<String> = plain.chain(seeds).cloned().collect();
        let mut asked: BTreeSet<String> = BTreeSet::new();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut found: BTreeMap<String, Form> = BTreeMap::new();
        while let Some(path) = queue.pop_front() {
            let Some(pattern) = pattern_of(&pages, &path).map(str::to_owned) else { continue };
            let count = counts.entry(pattern.clone()).or_default();
            if *count >= PER_PATTERN || !asked.insert(path.clone()) {
                continue;
            }
            let reply = caller.send("GET", &path, &[("Accept", "text/html")], None);
            if reply.status == 200 {
                *count += 1;
                self.patterns.insert(pattern);
            }
            let Some(markup) = self.look(who, &path, &reply) else { continue };
            for link in markup.tags.iter().filter(|tag| tag.name == "a").map(|tag| tag.get("href")) {
                if link.chars().any(|letter| !letter.is_ascii_graphic()) {
                    self.faults.push(format!("{who} {path}: the address {link} is none"));
                } else {
                    queue.push_back(link.to_owned());
                }
            }
            for form in forms(&markup) {
                let known = if form.is_post { &posts } else { &pages };
                if let Some(pattern) = pattern_of(known, &form.action) {
                    found.entry(format!("{} {pattern}", form.is_post)).or_insert(form);
                }
            }
        }
        self.fill(who, caller, &found);
    }

    /// Fills in forms, once nothing is looked for any more: some of them change what is there.
    fn fill(&mut self, who: &str, caller: &Caller, found: &BTreeMap<String, Form>) {
        for (pattern, form) in found {
            if SPARED.iter().any(|spared| pattern.ends_with(spared)) {
                continue;
            }
            self.forms += 1;
            for text in FORM_TEXTS {
                let fields = form.filled(text);
                let reply = if form.is_post {
                    send(caller, &form.action, &fields)
                } else {
                    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                    caller.get(&format!("{}?{query}", form.action))
                };
                self.look(who, &format!("{pattern} with {text}"), &reply);
            }
        }
    }
}
