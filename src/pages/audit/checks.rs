//! Red flags, samples of the log, and what was taken away as files.

use super::asked::{Asked, query};
use super::sections::event_path;
use super::words::AuditWord;
use super::words_checks::CheckWord;
use super::{Beside, Pickers, beside};
use crate::auth::{Permit, action};
use crate::checks::http::{FlagQuery, SampleQuery, audit_flags, audit_sample};
use crate::checks::{FlagKind, FlagView, SampleView};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::{Code, Outcome};
use crate::core::time::Timestamp;
use crate::exports::Kind;
use crate::exports::http::{ExportView, export_index};
use crate::pages::fields::{Field, number_or_text};
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::made_up::shows_made_up;
use crate::pages::refused::{Wrongs, refuse};
use crate::pages::visitor::{Visitor, shown, shown_with};
use crate::pages::words::{Said, Word};
use crate::totals::Things;
use crate::web::{Query, Routes, State};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use form_urlencoded::Serializer;
use serde_json::{Map, Value};

/// A page with pickers, what they come to, and the ways on.
#[derive(Template)]
#[template(path = "audit/picked.html")]
struct PickedPage {
    frame: Frame,
    title: &'static str,
    lead: &'static str,
    beside: Vec<Beside>,
    pickers: Pickers,
    files: Vec<(&'static str, String)>,
    grid: Option<Grid>,
    note: Option<String>,
}

impl PickedPage {
    fn of(visitor: &Visitor, path: &'static str, (title, lead): (CheckWord, CheckWord)) -> Self {
        let frame = visitor.frame(title);
        let pickers = Pickers { path, list: Vec::new(), kept: Vec::new(), wrongs: Wrongs::default() };
        let (beside, files) = (beside(visitor, &frame), Vec::new());
        let (title, lead) = (frame.say(title), frame.say(lead));
        Self { title, lead, beside, pickers, files, grid: None, note: None, frame }
    }

    fn picking(mut self, list: Vec<Field>) -> Self {
        self.pickers.list = list;
        self
    }

    /// The page with what it shows, or with what is wrong with what was asked.
    fn shown(self, title: impl Said, outcome: Outcome<(Grid, Option<String>)>) -> Outcome<HttpResponse> {
        match outcome {
            Ok((grid, note)) => shown(&Self { grid: Some(grid), note, ..self }),
            Err(problem) if problem.code == Code::Invalid => {
                let (frame, pickers) = self.pickers.refused(self.frame, title, &problem);
                shown_with(problem.status_code(), &Self { frame, pickers, ..self })
            }
            Err(problem) => Err(problem),
        }
    }
}

/// Named values as members of a query, some of them numbers.
fn members(asked: &Asked, texts: &[&str], numbers: &[&str]) -> Map<String, Value> {
    let mut members = asked.members(texts);
    for (name, value) in asked.members(numbers) {
        let number = value.as_str().map(number_or_text);
        members.insert(name, number.unwrap_or(value));
    }
    members
}

/// The word of a flag's kind in queries.
fn kind_word(kind: FlagKind) -> String {
    serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

async fn flags_page(
    permit: Permit<action::FlagRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Asked::of(&request);
    let page = PickedPage::of(&visitor, "/reconciliation/flags", (CheckWord::Flags, CheckWord::FlagsLead));
    let list = flag_pickers(&page.frame, &asked);
    let page = page.picking(list);
    let members = members(&asked, &["kind", "reporting_date", "after"], &["days", "round"]);
    let found = match query::<FlagQuery>(members) {
        Ok(asked_for) => audit_flags(permit, state.clone(), Query(asked_for)).await,
        Err(problem) => Err(problem),
    };
    let flags = found.as_ref().map_or(&[][..], |found| found.items.as_slice());
    let events = flags.iter().flat_map(|flag| [flag.event, flag.other_event]).flatten().collect();
    let made_up = shows_made_up(&state, Things { events, ..Things::default() }).await?;
    let page = PickedPage { frame: page.frame.synthetic(made_up), ..page };
    let outcome = found.map(|found| (flags_grid(&page.frame, &asked, &found), None));
    page.shown(CheckWord::Flags, outcome)
}

fn flag_pickers(frame: &Frame, asked: &Asked) -> Vec<Field> {
    let all = (String::new(), frame.say(CheckWord::AllKinds).to_owned());
    let kinds = FlagKind::ALL.map(|kind| (kind_word(kind), frame.say(CheckWord::from(kind)).to_owned()));
    let kinds = [all].into_iter().chain(kinds);
    vec![
        Field::choice("kind", frame.say(CheckWord::Kind), asked.value("kind"), kinds),
        Field::text("days", frame.say(CheckWord::DaysLate), asked.value("days")),
        Field::text("round", frame.say(CheckWord::RoundTo), asked.value("round")),
        Field::text("reporting_date", frame.say(CheckWord::ReportingDate), asked.value("reporting_date"))
            .hint(frame.say(AuditWord::AsOfHint)),
    ]
}

fn flags_grid(frame: &Frame, asked: &Asked, found: &Page<FlagView>) -> Grid {
    let mut grid = Grid::new(frame.say(CheckWord::Flags), frame.say(CheckWord::FlagsEmpty))
        .column(frame.say(CheckWord::Kind))
        .column(frame.say(CheckWord::Why))
        .column(frame.say(AuditWord::Event))
        .column(frame.say(CheckWord::Another))
        .column(frame.say(CheckWord::Happened))
        .column(frame.say(CheckWord::RecordedAt));
    let moment = |at: Option<Timestamp>| at.map_or_else(Cell::default, Cell::moment);
    let event = |id: Option<crate::core::id::EventId>| {
        id.map_or_else(Cell::default, |id| Cell::code(id.to_string()).to(event_path(id)))
    };
    grid.rows.extend(found.items.iter().map(|flag| {
        vec![
            Cell::text(frame.say(CheckWord::from(flag.kind))),
            Cell::english(&flag.reason),
            event(flag.event),
            event(flag.other_event),
            moment(flag.occurred_at),
            moment(flag.recorded_at),
        ]
    }));
    if let Some(next) = found.next.as_deref() {
        grid.next = asked.with("/reconciliation/flags", &[("after", Some(next))]);
    }
    grid
}

async fn sample_page(
    permit: Permit<action::AuditRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Asked::of(&request);
    let page = PickedPage::of(&visitor, "/reconciliation/sample", (CheckWord::Sample, CheckWord::SampleLead));
    let frame = &page.frame;
    let list = vec![
        Field::text("size", frame.say(CheckWord::Size), asked.value("size")),
        Field::text("checkpoint", frame.say(CheckWord::OfCheckpoint), asked.value("checkpoint"))
            .hint(frame.say(CheckWord::OfCheckpointHint)),
    ];
    let page = page.picking(list);
    let drawn = match query::<SampleQuery>(members(&asked, &[], &["size", "checkpoint"])) {
        Ok(asked_for) => audit_sample(permit, state, Query(asked_for)).await,
        Err(problem) => Err(problem),
    };
    let outcome = match drawn {
        Ok(drawn) => Ok((sample_grid(&page.frame, Some(&*drawn)), Some(drawn.checkpoint.clone()))),
        // Nothing was signed yet, so nothing is drawn.
        Err(problem) if problem.code == Code::NotFound => Ok((sample_grid(&page.frame, None), None)),
        Err(problem) => Err(problem),
    };
    page.shown(CheckWord::Sample, outcome)
}

fn sample_grid(frame: &Frame, drawn: Option<&SampleView>) -> Grid {
    let mut grid = Grid::new(frame.say(CheckWord::Sample), frame.say(CheckWord::SampleEmpty))
        .column(frame.say(CheckWord::Position))
        .column(frame.say(CheckWord::RecordedAt))
        .column(frame.say(CheckWord::Who))
        .column(frame.say(CheckWord::Did))
        .column(frame.say(CheckWord::About))
        .numbers(frame.say(CheckWord::Rows));
    let entries = drawn.map_or(&[][..], |drawn| drawn.items.as_slice());
    grid.rows.extend(entries.iter().map(|entry| {
        let about = Cell::code(&entry.entity_id).with(entry.entity_kind.replace('_', " "));
        let about = match entry.entity_kind.as_str() {
            "event" => about.to(format!("/events/{}", entry.entity_id)),
            "document" => about.to(format!("/documents/{}", entry.entity_id)),
            _ => about,
        };
        vec![
            Cell::code(entry.position.to_string())
                .to(format!("/reconciliation/verify?entry={}", entry.position)),
            Cell::moment(entry.recorded_at),
            Cell::code(&entry.actor).with(&entry.role),
            Cell::word(&entry.action),
            about,
            Cell::number(frame, i64::try_from(entry.rows).unwrap_or(i64::MAX)),
        ]
    }));
    grid
}

/// Filters that files can be narrowed by as the figures of a page are.
const FILE_FILTERS: [&str; 7] = ["programme", "donor", "pledge", "item", "country", "site", "consignment"];
/// Kinds of file that are whole in some of these.
const NARROWED_NOT: [Kind; 2] = [Kind::Iati, Kind::Epcis];

/// Files with the figures of a page, as of an entry of the log; none where no file can be narrowed as the page is.
pub(super) fn exports_of(asked: &Asked, sequence: i64) -> Vec<(&'static str, String)> {
    let kept = asked.kept();
    if kept.iter().any(|(name, _)| !FILE_FILTERS.contains(name)) {
        return Vec::new();
    }
    let is_narrowed = !kept.is_empty();
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Iati);
    let kinds = kinds.filter(|kind| !is_narrowed || !NARROWED_NOT.contains(kind));
    let path = |kind: Kind| {
        let mut pairs = Serializer::new(String::new());
        pairs.extend_pairs(&kept);
        if !asked.value("as_of").is_empty() {
            pairs.append_pair("as_of", asked.value("as_of"));
        }
        pairs.append_pair("known_at", &sequence.to_string());
        (kind.word(), format!("/api/v1/exports/{}?{}", kind.word(), pairs.finish()))
    };
    kinds.map(path).collect()
}

async fn exports_page(
    permit: Permit<action::ExportRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Asked::of(&request);
    let page =
        PickedPage::of(&visitor, "/reconciliation/exports", (CheckWord::Exports, CheckWord::ExportsLead));
    let frame = &page.frame;
    let list = vec![
        Field::text("as_of", frame.say(AuditWord::AsOf), asked.value("as_of"))
            .hint(frame.say(AuditWord::AsOfHint)),
        Field::text("known_at", frame.say(AuditWord::KnownAt), asked.value("known_at"))
            .hint(frame.say(AuditWord::KnownAtHint)),
    ];
    let page = page.picking(list);
    let page = PickedPage { files: files(&asked), frame: page.frame.with_script("take.js"), ..page };
    let asked_for: PageQuery = query(members(&asked, &["after"], &[]))?;
    let taken = export_index(permit, state, Query(asked_for)).await?;
    let grid = exports_grid(&page.frame, &asked, &taken);
    page.shown(CheckWord::Exports, Ok((grid, None)))
}

/// Files of everything, at the moment that was picked.
fn files(asked: &Asked) -> Vec<(&'static str, String)> {
    let path = |kind: Kind| {
        let mut pairs = Serializer::new(String::new());
        let moments = ["as_of", "known_at"].into_iter().filter(|name| !asked.value(name).is_empty());
        pairs.extend_pairs(moments.map(|name| (name, asked.value(name))));
        (kind.word(), format!("/api/v1/exports/{}?{}", kind.word(), pairs.finish()))
    };
    // An IATI file says who publishes it, which is no question of figures.
    Kind::ALL.into_iter().filter(|kind| *kind != Kind::Iati).map(path).collect()
}

fn exports_grid(frame: &Frame, asked: &Asked, taken: &Page<ExportView>) -> Grid {
    let mut grid = Grid::new(frame.say(CheckWord::Exports), frame.say(CheckWord::ExportsEmpty))
        .column(frame.say(CheckWord::Begun))
        .column(frame.say(CheckWord::Kind))
        .column(frame.say(Word::State))
        .column(frame.say(CheckWord::Narrowing))
        .numbers(frame.say(CheckWord::EntryOfLog))
        .numbers(frame.say(CheckWord::Rows))
        .numbers(frame.say(CheckWord::Bytes))
        .column("SHA-256");
    let count = |count: Option<i64>| count.map_or_else(Cell::default, |count| Cell::number(frame, count));
    grid.rows.extend(taken.items.iter().map(|file| {
        let state = if file.finished_at.is_some() { CheckWord::Whole } else { CheckWord::Unfinished };
        vec![
            Cell::moment(file.begun_at),
            Cell::code(&file.kind),
            Cell::text(frame.say(state)),
            Cell::code(&file.asked),
            Cell { text: file.sequence.to_string(), is_number: true, ..Cell::default() },
            count(file.rows),
            count(file.bytes),
            Cell::code(file.sha256.clone().unwrap_or_default()),
        ]
    }));
    if let Some(next) = taken.next.as_deref() {
        grid.next = asked.with("/reconciliation/exports", &[("after", Some(next))]);
    }
    grid
}

/// The routes of flags, samples and exports.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/reconciliation/flags", flags_page);
    routes.page_for(refuse, Method::GET, "/reconciliation/sample", sample_page);
    routes.page_for(refuse, Method::GET, "/reconciliation/exports", exports_page);
}
