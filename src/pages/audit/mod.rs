//! The auditor's pages: whether it adds up, down to entries and events; what was restated, what looks red, what is
//! drawn; the log and who checked it; what was taken away.
//!
//! | file | what it is |
//! |---|---|
//! | `asked` | what the pickers ask for, and addresses near it |
//! | `view`, `sections` | the tables of a reconciliation |
//! | `entries` | from a figure down to its entries, and what restated figures |
//! | `event` | one event with its papers and its place in the log |
//! | `document` | one paper with its photos and scans |
//! | `checks` | red flags, samples, exports |
//! | `trust` | the checkpoint, and who checked it |
//! | `words`, `words_checks` | phrases |
//!
//! Moments are ISO in UTC here, in every language: they are put back into the pickers. Never here: a figure that a room
//! did not answer.

mod asked;
mod checks;
mod document;
mod entries;
mod event;
mod sections;
mod trust;
mod view;
mod words;
mod words_checks;

pub use words::AuditWord;
pub use words_checks::CheckWord;

use crate::auth::{Permit, action};
use crate::core::problem::{Code, Outcome, Problem};
use crate::pages::fields::{Field, field_of};
use crate::pages::frame::Frame;
use crate::pages::grid::Grid;
use crate::pages::refused::{Wrongs, refuse};
use crate::pages::visitor::{Visitor, shown, shown_with};
use crate::pages::words::{Said, Word};
use crate::programmes::http::{ProgrammeQuery, ProgrammeView, programme_list};
use crate::reconciliation::ReconciliationView;
use crate::reconciliation::http::reconciliation;
use crate::reconciliation::rules::Section;
use crate::web::{Query, Routes, State, value_of};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use asked::{Asked, part_picker, pickers, query};
use chrono::Datelike;
use serde_json::{Value, json};

/// The parts that say whether it closes: they are always asked for.
const ALWAYS: [Section; 4] = [Section::Accounts, Section::Transit, Section::RollForward, Section::Numbers];

/// Pages beside this one, for whoever may see them.
pub struct Beside {
    path: &'static str,
    words: &'static str,
}

/// The ways on from the auditor's pages.
pub fn beside(visitor: &Visitor, frame: &Frame) -> Vec<Beside> {
    let all = [
        (visitor.may::<action::ReconciliationRead>().is_some(), "/reconciliation", AuditWord::Title),
        (visitor.may::<action::ChangesRead>().is_some(), "/reconciliation/changes", AuditWord::Changes),
    ];
    let checks = [
        (visitor.may::<action::FlagRead>().is_some(), "/reconciliation/flags", CheckWord::Flags),
        (visitor.may::<action::AuditRead>().is_some(), "/reconciliation/sample", CheckWord::Sample),
        (visitor.may::<action::ReconciliationRead>().is_some(), "/reconciliation/verify", CheckWord::Verify),
        (visitor.may::<action::ExportRead>().is_some(), "/reconciliation/exports", CheckWord::Exports),
        (visitor.may::<action::WebhookRead>().is_some(), "/webhooks", CheckWord::Webhooks),
    ];
    let figures = all.into_iter().map(|(may, path, word)| (may, path, frame.say(word)));
    let checks = checks.into_iter().map(|(may, path, word)| (may, path, frame.say(word)));
    figures.chain(checks).filter(|(may, _, _)| *may).map(|(_, path, words)| Beside { path, words }).collect()
}

/// A form of pickers, which asks by its address.
pub struct Pickers {
    /// The page it asks.
    pub path: &'static str,
    /// Its fields.
    pub list: Vec<Field>,
    /// What is asked besides.
    pub kept: Vec<(&'static str, String)>,
    /// What is wrong with what was asked.
    pub wrongs: Wrongs,
}

impl Pickers {
    /// The same with what is wrong with it, beside the fields that are, in a frame whose title says so.
    pub fn refused(mut self, frame: Frame, title: impl Said, problem: &Problem) -> (Frame, Self) {
        let names: Vec<&'static str> = self.list.iter().map(|field| field.name).collect();
        let wrongs = Wrongs::of(&frame, problem, |pointer| field_of(&names, pointer));
        for field in &mut self.list {
            field.error = wrongs.at(field.name).cloned();
        }
        let title = frame.with(Word::ErrorTitle, frame.say(title));
        (frame.titled(title), Self { wrongs, ..self })
    }
}

#[derive(Template)]
#[template(path = "audit/reconciliation.html")]
struct ReconciliationPage {
    frame: Frame,
    beside: Vec<Beside>,
    pickers: Pickers,
    everything: Option<String>,
    last_month: Option<(String, String)>,
    made_up: Option<String>,
    answer: Option<Answer>,
}

/// What was answered.
struct Answer {
    closes: bool,
    through: String,
    period: Option<String>,
    restated: String,
    exports: Vec<(&'static str, String)>,
    grids: Vec<Grid>,
}

impl Answer {
    fn of(frame: &Frame, asked: &Asked, view: &ReconciliationView) -> Self {
        let mut grids = vec![view::identities(frame, view)];
        let accounts = view.accounts.as_ref();
        grids.extend(accounts.map(|section| view::accounts(frame, asked, section, view.sequence)));
        grids.extend(sections::part(frame, asked, view));
        let sequence = view.sequence.to_string();
        let later = [("from", Some(sequence.as_str())), ("known_at", None), ("part", None)];
        Self {
            closes: view.closes,
            through: frame.with(AuditWord::Through, &sequence),
            period: view.as_of.map(|moment| frame.with(AuditWord::Period, moment.to_string())),
            restated: asked.with("/reconciliation/changes", &later),
            exports: checks::exports_of(asked, view.sequence),
            grids,
        }
    }
}

async fn answered(
    permit: Permit<action::ReconciliationRead>,
    state: State,
    asked: &Asked,
) -> Outcome<ReconciliationView> {
    let mut members = asked.narrowed();
    let parts = ALWAYS.into_iter().chain(asked.part().filter(|part| !ALWAYS.contains(part)));
    let parts: Vec<&str> = parts.map(Section::word).collect();
    members.insert("group_by".to_owned(), Value::from(asked.group_by()));
    members.insert("sections".to_owned(), Value::from(parts.join(",")));
    Ok(reconciliation(permit, state, Query(query(members)?)).await?.into_inner())
}

impl ReconciliationPage {
    fn asking(visitor: &Visitor, asked: &Asked) -> Self {
        let frame = visitor.frame(AuditWord::Title).with_script("take.js");
        let mut list = pickers(&frame, asked);
        list.push(Field::text("from", frame.say(AuditWord::From), asked.value("from")));
        list.push(part_picker(&frame, asked));
        let pickers =
            Pickers { path: "/reconciliation", list, kept: asked.kept(), wrongs: Wrongs::default() };
        let everything = asked.is_narrowed().then(|| "/reconciliation".to_owned());
        let beside = beside(visitor, &frame);
        let last_month = last_month().map(|day| {
            let path = asked.with("/reconciliation", &[("as_of", Some(day.as_str()))]);
            (path, frame.with(AuditWord::LastMonth, day))
        });
        Self { beside, frame, pickers, everything, last_month, made_up: None, answer: None }
    }

    /// The same where programmes are made up: loudly where it may be about one of them, and by their names where others are counted
    /// with them.
    fn saying(self, asked: &Asked, made_up: &[ProgrammeView]) -> Self {
        let is_synthetic = asked.is_about(made_up);
        let names: Vec<&str> = made_up.iter().map(|one| one.name.as_str()).collect();
        let counts = asked.value("programme").is_empty() && !names.is_empty();
        let made_up = counts.then(|| self.frame.with(AuditWord::MadeUp, names.join(", ")));
        Self { frame: self.frame.synthetic(is_synthetic), made_up, ..self }
    }
}

/// The last day of last month, in UTC.
fn last_month() -> Option<String> {
    let first = chrono::Utc::now().date_naive().with_day(1)?;
    first.pred_opt().map(|day| day.to_string())
}

/// The programmes whose data are invented.
async fn made_up(visitor: &Visitor, state: &State) -> Outcome<Vec<ProgrammeView>> {
    let Some(permit) = visitor.may::<action::ReferenceRead>() else { return Ok(Vec::new()) };
    let asked: ProgrammeQuery = value_of(&json!({ "synthetic": true }))?;
    Ok(programme_list(permit, state.clone(), Query(asked)).await?.into_inner().items)
}

async fn reconciliation_page(
    permit: Permit<action::ReconciliationRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Asked::of(&request);
    let made_up = made_up(&visitor, &state).await?;
    let page = ReconciliationPage::asking(&visitor, &asked).saying(&asked, &made_up);
    match answered(permit, state, &asked).await {
        Ok(view) => {
            let answer = Some(Answer::of(&page.frame, &asked, &view));
            shown(&ReconciliationPage { answer, ..page })
        }
        Err(problem) if problem.code == Code::Invalid => {
            let (frame, pickers) = page.pickers.refused(page.frame, AuditWord::Title, &problem);
            shown_with(problem.status_code(), &ReconciliationPage { frame, pickers, ..page })
        }
        Err(problem) => Err(problem),
    }
}

/// The routes of the auditor's pages.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/reconciliation", reconciliation_page);
    entries::routes(routes);
    checks::routes(routes);
    trust::routes(routes);
    event::routes(routes);
    document::routes(routes);
}
