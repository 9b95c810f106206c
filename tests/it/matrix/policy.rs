//! What every cell must answer, as the policy's table says; and what was answered.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use relief_ledger::app;
use relief_ledger::auth::{Action, Bound, Rule, Scope, scope_of};
use relief_ledger::core::id::OrganizationId;
use relief_ledger::web::Access;
use serde_json::Value;

use super::calls::{About, Call, Mode};
use super::seats::Seat;
use super::stage::Subject;
use crate::support::server::Reply;

/// How many ask side by side.
const ASKING: usize = 8;

/// An operation as it is declared.
#[derive(Clone)]
pub struct Declared {
    pub operation: String,
    pub method: String,
    pub path: String,
    pub access: Access,
}

/// Every documented operation, out of the routes that the server mounts.
pub fn declared() -> Vec<Declared> {
    let document = app::openapi();
    let routes = app::routes();
    let operations = routes.declared().filter_map(|(method, path, access)| {
        let id = document["paths"][path][method.as_str().to_lowercase()]["operationId"].as_str()?;
        let (operation, method, path) = (id.to_owned(), method.to_string(), path.to_owned());
        Some(Declared { operation, method, path, access })
    });
    operations.collect()
}

/// What is said of an operation and is not so: it has no line, or a line calls another.
pub fn faults(declared: &[Declared], calls: &[Call], seat: &Seat, subject: &Subject) -> Vec<String> {
    let mut found = Vec::new();
    for one in declared {
        let lines: Vec<&Call> = calls.iter().filter(|call| call.operation == one.operation).collect();
        if lines.is_empty() {
            found.push(format!("{} has no line in tests/it/matrix/calls/", one.operation));
        }
        for line in lines {
            let sent = (line.sends)(seat, subject);
            if sent.method != one.method || !is_of(&sent.path, &one.path) {
                found.push(format!("{} is called as {} {}", one.operation, sent.method, sent.path));
            }
        }
    }
    for call in calls.iter().filter(|call| declared.iter().all(|one| one.operation != call.operation)) {
        found.push(format!("{} is no operation", call.operation));
    }
    found
}

/// A last parameter that takes all that is left of a path, slashes too.
const REST: &str = "{tile}";

/// Whether a path is one of a pattern with parameters in braces.
fn is_of(path: &str, pattern: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (here, there): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), pattern.split('/').collect());
    let is_long_enough = here.len() == there.len() || here.len() > there.len() && there.last() == Some(&REST);
    is_long_enough && here.iter().zip(there).all(|(here, there)| there.starts_with('{') || *here == there)
}

/// One cell, asked.
pub struct Cell<'a> {
    pub declared: &'a Declared,
    pub call: &'a Call,
    pub seat: &'a Seat,
    pub subject: &'a Subject,
}

impl Cell<'_> {
    pub fn name(&self) -> String {
        let (asked, shape) = (self.call.mode.word(), self.call.shape);
        format!("{} ({asked} {shape}), {}, {}", self.declared.operation, self.seat.name, self.subject.name)
    }
}

/// What was answered.
pub struct Answered {
    pub status: u16,
    pub text: String,
    pub is_listed: bool,
}

/// What must be answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Expected {
    /// One of these, with what is told of the subject.
    Answer { statuses: Vec<u16>, is_listed: Option<bool> },
    /// A token is asked for.
    Unknown,
    /// The policy has no line for this action, or the line reaches nothing.
    Forbidden(Action),
    /// As if it were missing.
    Hidden(u16),
}

/// The cells of the matrix.
pub fn cells<'a>(
    declared: &'a [Declared],
    calls: &'a [Call],
    seats: &'a [Seat],
    subjects: &'a [Subject],
) -> Vec<Cell<'a>> {
    let mut cells = Vec::new();
    for call in calls {
        let Some(declared) = declared.iter().find(|one| one.operation == call.operation) else { continue };
        let about = match call.about {
            About::Nothing => &subjects[..1],
            About::Listed(_) => &subjects[..3],
            About::Shared | About::Scoped { .. } | About::Everywhere { .. } | About::Own => subjects,
        };
        for seat in seats {
            cells.extend(about.iter().map(|subject| Cell { declared, call, seat, subject }));
        }
    }
    cells
}

/// Asks every cell, several at a time, each from an address of its own.
pub fn ask(cells: &[Cell]) -> Vec<Answered> {
    let next = AtomicUsize::new(0);
    let answers: Mutex<BTreeMap<usize, Answered>> = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..ASKING {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let Some(cell) = cells.get(index) else { return };
                    let answered = ask_one(cell, index);
                    answers.lock().expect("nobody panicked").insert(index, answered);
                }
            });
        }
    });
    answers.into_inner().expect("nobody panicked").into_values().collect()
}

fn ask_one(cell: &Cell, index: usize) -> Answered {
    let sent = (cell.call.sends)(cell.seat, cell.subject);
    // Strangers are slowed down address by address, which is another story.
    let address = format!("10.{}.{}.{}", (index >> 16) & 255, (index >> 8) & 255, index & 255);
    let revision = sent.revision.map(|revision| format!("\"{revision}\""));
    let mut headers = vec![("X-Forwarded-For", address.as_str())];
    if let Some(revision) = &revision {
        headers.push(("If-Match", revision));
    }
    let body = sent.body.as_ref().map(Value::to_string);
    if body.is_some() {
        headers.push(("Content-Type", "application/json"));
    }
    let reply =
        cell.seat.caller(&cell.declared.operation).send(sent.method, &sent.path, &headers, body.as_deref());
    let is_listed = match cell.call.about {
        About::Listed(id) => reply.text.contains(&id(cell.subject)),
        About::Nothing | About::Shared | About::Scoped { .. } | About::Everywhere { .. } | About::Own => {
            false
        }
    };
    match cell.call.mode {
        Mode::Batch if reply.status == 200 => inner(&reply),
        Mode::Single | Mode::Batch | Mode::Export => {
            Answered { status: reply.status, text: reply.text, is_listed }
        }
    }
}

/// What became of the only one of a batch.
fn inner(reply: &Reply) -> Answered {
    let result = &reply.json()["results"][0];
    let status = result["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
    Answered { status, text: result["problem"].to_string(), is_listed: false }
}

/// What a table of rules says of a cell.
pub fn expected(rules: &[Rule], cell: &Cell) -> Expected {
    let call = cell.call;
    let answer = |is_listed: Option<bool>| Expected::Answer { statuses: call.ok.to_vec(), is_listed };
    let action = match cell.declared.access {
        Access::Action(action) | Access::Page(action) => action,
        Access::Public | Access::Throttled(_) => {
            return if cell.subject.name == "missing" { Expected::Hidden(404) } else { answer(None) };
        }
    };
    let Some(principal) = &cell.seat.principal else { return Expected::Unknown };
    let scope = |action: Action| {
        let rule = rules.iter().find(|rule| rule.role == principal.role && rule.action == action)?;
        scope_of(rule, principal).ok()
    };
    for needed in [Some(action), call.also].into_iter().flatten() {
        if scope(needed).is_none() {
            return Expected::Forbidden(needed);
        }
    }
    let scope = scope(call.reach.unwrap_or(action));
    let is_missing = cell.subject.name == "missing";
    // People are in the country where their organization is at home, wherever its goods are.
    let is_of_people = call.operation.starts_with("person_");
    let country = if is_of_people { &cell.subject.home } else { &cell.subject.country };
    let is_reached = scope.as_ref().is_some_and(|scope| reaches(scope, cell.subject, country)) && !is_missing;
    match call.about {
        About::Nothing => answer(None),
        About::Shared if is_missing => Expected::Hidden(404),
        About::Shared => answer(None),
        About::Own if cell.subject.name == "own" => answer(None),
        About::Own => Expected::Hidden(404),
        About::Listed(_) => answer(Some(is_reached)),
        About::Everywhere { unknown } if scope.as_ref().is_some_and(Scope::is_everything) => {
            if is_missing {
                Expected::Hidden(unknown)
            } else {
                answer(None)
            }
        }
        About::Everywhere { .. } => Expected::Hidden(404),
        About::Scoped { .. } if is_reached => answer(None),
        About::Scoped { unknown, .. } if scope.as_ref().is_some_and(Scope::is_everything) => {
            Expected::Hidden(unknown)
        }
        About::Scoped { outside, .. } => Expected::Hidden(outside),
    }
}

fn reaches(scope: &Scope, subject: &Subject, country: &str) -> bool {
    let organization = OrganizationId(subject.organization.parse().expect("an id"));
    reaches_thing(scope, organization, country)
}

/// Whether a scope reaches what is one organization's and in one country.
pub fn reaches_thing(scope: &Scope, organization: OrganizationId, country: &str) -> bool {
    scope.bounds().iter().all(|bound| match bound {
        Bound::Organization(own) | Bound::OwnPledges(own) => *own == organization,
        Bound::Countries(own) => own.iter().any(|code| code == country),
    })
}

/// Where what was answered is not what must be, in words.
pub fn mismatches(rules: &[Rule], cells: &[Cell], answers: &[Answered]) -> Vec<String> {
    let mut found = Vec::new();
    // What one caller is told of all that is missing to it, by operation.
    let mut hidden: BTreeMap<(String, String), String> = BTreeMap::new();
    for (cell, answered) in cells.iter().zip(answers) {
        let must = expected(rules, cell);
        let words = &answered.text;
        let says_forbidden = words.contains("This needs ") || words.contains("belongs to no organization");
        let fits = match &must {
            Expected::Answer { statuses, is_listed } => {
                statuses.contains(&answered.status)
                    && !says_forbidden
                    && is_listed.is_none_or(|listed| listed == answered.is_listed)
            }
            Expected::Unknown => answered.status == 401,
            Expected::Forbidden(action) => {
                let names = words.contains(action.word()) || words.contains("belongs to no organization");
                answered.status == 403 && says_forbidden && names
            }
            Expected::Hidden(status) => answered.status == *status && !says_forbidden,
        };
        if !fits {
            let listed = if answered.is_listed { ", listed" } else { "" };
            let short: String = words.chars().take(120).collect();
            found.push(format!("{}: {must:?}, but {}{listed}: {short}", cell.name(), answered.status));
        }
        if must == Expected::Hidden(404) && answered.status == 404 {
            let key = (cell.declared.operation.clone(), cell.seat.name.clone());
            let told = without_ids(words);
            let first = hidden.entry(key).or_insert_with(|| told.clone());
            if *first != told {
                found.push(format!(
                    "{}: what is hidden is told apart from what is missing: {told}",
                    cell.name()
                ));
            }
        }
    }
    found
}

/// A text with its identifiers blanked.
pub fn without_ids(text: &str) -> String {
    let is_id = |word: &&str| word.len() == 36 && word.bytes().filter(|byte| *byte == b'-').count() == 4;
    let words = text.split(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
    words.filter(is_id).fold(text.to_owned(), |text, id| text.replace(id, "?"))
}
