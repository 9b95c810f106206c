//! One paper: what it bears, who signed it, the events it is about, and its photos and scans.

use super::event::{EventPage, told};
use super::view::{named, names};
use super::words_checks::CheckWord;
use crate::auth::{Permit, action};
use crate::core::id::{ConsignmentId, DocumentId, EventId, PledgeId};
use crate::core::problem::Outcome;
use crate::documents::http::document_show;
use crate::documents::rules::DocumentKind;
use crate::pages::frame::Frame;
use crate::pages::grid::{Cell, Grid};
use crate::pages::made_up::shows_made_up;
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, shown};
use crate::pages::words::Word;
use crate::totals::{Names, Thing, Things};
use crate::web::{Path, Routes, State};
use actix_web::HttpResponse;
use actix_web::http::Method;
use serde_json::Value;
use uuid::Uuid;

/// Where a paper is told.
pub(super) fn document_path(id: &str) -> String {
    format!("/documents/{id}")
}

/// What a kind of paper is called, in the page's language.
pub(super) fn paper_kind(frame: &Frame, word: &str) -> &'static str {
    frame.say(match DocumentKind::from_word(word) {
        Some(DocumentKind::Waybill) => CheckWord::PaperWaybill,
        Some(DocumentKind::Grn) => CheckWord::PaperGrn,
        Some(DocumentKind::Pod) => CheckWord::PaperPod,
        Some(DocumentKind::LossReport) => CheckWord::PaperLoss,
        Some(DocumentKind::GiftCertificate) => CheckWord::PaperGift,
        Some(DocumentKind::CountSheet) => CheckWord::PaperCount,
        Some(DocumentKind::DistributionList) => CheckWord::PaperList,
        Some(DocumentKind::Other) | None => CheckWord::PaperOther,
    })
}

async fn document_page(
    permit: Permit<action::DocumentRead>,
    visitor: Visitor,
    state: State,
    path: Path<DocumentId>,
) -> Outcome<HttpResponse> {
    let document = told(&document_show(permit, state.clone(), Path(path.0)).await?.body)?;
    let site = id_at(&document, "site");
    let names = names(&state, site.map(|id| (Thing::Site, id))).await?;
    let made_up = shows_made_up(&state, things(&document)).await?;
    let frame = visitor.frame(CheckWord::PaperTitle).synthetic(made_up);
    let title = frame.with(CheckWord::PaperTitle, paper_kind(&frame, text(&document, "kind")));
    let frame = frame.titled(title);
    let facts = facts(&frame, &document, &names);
    let grids =
        vec![attachments(&frame, &document), signatories(&frame, &document), events(&frame, &document)];
    shown(&EventPage::about(frame, facts, grids))
}

/// What it is about.
fn things(document: &Value) -> Things {
    let events = list(document, "events").iter().filter_map(Value::as_str);
    Things {
        pledges: id_at(document, "pledge").map(PledgeId).into_iter().collect(),
        consignments: id_at(document, "consignment").map(ConsignmentId).into_iter().collect(),
        events: events.filter_map(|id| id.parse().ok().map(EventId)).collect(),
        ..Things::default()
    }
}

/// A text of an answer; empty where there is none, or it is withheld.
fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn id_at(of: &Value, name: &str) -> Option<Uuid> {
    text(of, name).parse().ok()
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether papers of a kind are printed here: those are that have numbers of their own.
fn is_printed(kind: &str) -> bool {
    DocumentKind::from_word(kind).and_then(DocumentKind::letters).is_some()
}

/// What it bears, and what became of it.
fn facts(frame: &Frame, document: &Value, names: &Names) -> Vec<(&'static str, Cell)> {
    let mut facts = Vec::new();
    let mut fact = |words: &'static str, cell: Cell| facts.push((words, cell));
    let given = |name: &str| Some(text(document, name)).filter(|text| !text.is_empty());
    if let Some(number) = given("number") {
        let printed = format!("/api/v1/documents/{}/paper?language={}", text(document, "id"), frame.code());
        let number = Cell::code(number);
        let number = if is_printed(text(document, "kind")) { number.to(printed) } else { number };
        fact(frame.say(CheckWord::NumberOfPaper), number);
    }
    if let Some(reference) = given("reference") {
        fact(frame.say(CheckWord::ReferenceOfPaper), Cell::code(reference));
    }
    fact(frame.say(Word::Date), Cell::code(text(document, "issued_on")));
    if let Some(site) = id_at(document, "site") {
        fact(frame.say(CheckWord::Site), named(&names.named(Thing::Site, site)));
    }
    let known = [
        (CheckWord::Consignment, "consignment"),
        (CheckWord::Pledge, "pledge"),
        (CheckWord::Filed, "filed"),
        (CheckWord::PostedBy, "recorded_by"),
        (CheckWord::RecordedAt, "created_at"),
        (CheckWord::VoidedAt, "voided_at"),
        (CheckWord::Why, "void_reason"),
    ];
    for (word, name) in known {
        if let Some(value) = given(name) {
            fact(frame.say(word), Cell::code(value));
        }
    }
    facts
}

/// Its photos and scans, each to be saved: the file itself is the evidence, and it is shown in no page.
fn attachments(frame: &Frame, document: &Value) -> Grid {
    let mut grid = Grid::new(frame.say(CheckWord::Files), frame.say(CheckWord::FilesEmpty))
        .column(frame.say(CheckWord::Kind))
        .numbers(frame.say(CheckWord::Bytes))
        .column(frame.say(CheckWord::RecordedAt))
        .column("SHA-256");
    grid.rows.extend(list(document, "attachments").iter().map(|file| {
        let kind = Cell::code(text(file, "media_type"));
        let kind = match text(file, "erased_at") {
            "" => kind.to(format!("/api/v1/attachments/{}/content", text(file, "id"))),
            at => kind.with(frame.with(CheckWord::ErasedAt, at)),
        };
        let size = Cell::number(frame, file["size_bytes"].as_i64().unwrap_or_default());
        vec![kind, size, Cell::code(text(file, "created_at")), Cell::code(text(file, "sha256_kept"))]
    }));
    grid
}

/// Who signed it, as far as the reader may know.
fn signatories(frame: &Frame, document: &Value) -> Grid {
    let mut grid = Grid::new(frame.say(CheckWord::Signed), frame.say(CheckWord::SignedEmpty))
        .column(frame.say(CheckWord::Who))
        .column(frame.say(CheckWord::Did))
        .column(frame.say(Word::Date));
    grid.rows.extend(list(document, "signatories").iter().map(|one| {
        let who = match text(one, "shown_as") {
            "" => Cell::code(text(one, "person")),
            name => Cell::text(name),
        };
        vec![who, Cell::word(text(one, "act")), Cell::code(text(one, "signed_at"))]
    }));
    grid
}

/// The events it is about.
fn events(frame: &Frame, document: &Value) -> Grid {
    let mut grid = Grid::new(frame.say(CheckWord::EventsOf), frame.say(CheckWord::EventsOfEmpty))
        .column(frame.say(CheckWord::AboutEvent));
    let ids = list(document, "events").iter().filter_map(Value::as_str);
    grid.rows.extend(ids.map(|id| vec![Cell::code(id).to(format!("/events/{id}"))]));
    grid
}

/// The route of a paper.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/documents/{id}", document_page);
}
