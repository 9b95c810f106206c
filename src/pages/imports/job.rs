//! How far an import is, what became of its rows, and having it recorded.

use super::words::{ImportWord, fate_word, state_word};
use crate::auth::{Permit, action};
use crate::core::id::ImportJobId;
use crate::core::page::Page;
use crate::core::problem::{FieldError, Outcome};
use crate::exchange::jobs::http::{
    ImportRowQuery, ImportRowView, ImportView, import_rows, import_run, import_show,
};
use crate::exchange::jobs::http_columns::import_headings;
use crate::exchange::jobs::{ImportState, import_refused};
use crate::exchange::sheets::Fate;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::refused::{Wrong, refuse};
use crate::pages::visitor::{Visitor, see, shown};
use crate::pages::words::Word;
use crate::web::{Path, Query, Routes, State};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use std::collections::BTreeMap;

/// Rows of one page.
const ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "imports/import.html")]
struct ImportPage {
    frame: Frame,
    import: ImportView,
    rows: Vec<RowShown>,
    next: Option<String>,
    /// What rows became, each with how many and its own list.
    fates: Vec<FateShown>,
    /// Of which rows there is a list; empty where of all.
    only: &'static str,
    /// Whether its columns can be told by hand.
    is_mapped: bool,
    /// Whether whoever looks at it sent it.
    is_own: bool,
}

/// How many rows became one thing.
struct FateShown {
    words: &'static str,
    count: String,
    word: &'static str,
    is_here: bool,
}

/// What became of a row.
struct RowShown {
    number: String,
    key: String,
    outcome: &'static str,
    is_refused: bool,
    reasons: Vec<ReasonShown>,
}

/// Why, with the cell it is about.
struct ReasonShown {
    /// The column as the table calls it, and the row; empty where it is about the whole row.
    cell: String,
    value: String,
    words: String,
    /// The language of that: the page's, where the interface gives a code for it.
    lang: &'static str,
}

impl ImportPage {
    fn state(&self) -> &'static str {
        self.frame.say(state_word(&self.import))
    }

    fn is_open(&self) -> bool {
        matches!(self.import.state, ImportState::Waiting | ImportState::Running)
    }

    fn is_tried(&self) -> bool {
        self.import.state == ImportState::Done && self.import.dry_run
    }

    /// Whether somebody else has it recorded.
    fn is_of_others(&self) -> bool {
        self.import.to_decide && self.is_own
    }

    fn is_failed(&self) -> bool {
        self.import.state == ImportState::Failed
    }

    /// Whether some of its rows are to be mended and sent again.
    fn is_to_mend(&self) -> bool {
        self.import.state == ImportState::Done && self.import.refused > 0
    }

    /// Whether its columns can be told now.
    fn is_to_tell(&self) -> bool {
        self.is_mapped && self.is_own && self.import.dry_run && !self.is_open()
    }

    fn progress(&self) -> String {
        match self.import.rows_of {
            Some(of) => {
                let (done, of) = (self.frame.number(self.import.rows_done), self.frame.number(of));
                self.frame.with_two(ImportWord::Progress, done, of)
            }
            None if self.is_open() => self.frame.say(ImportWord::NotRead).to_owned(),
            None => String::new(),
        }
    }
}

/// How many rows became what, of what any became.
fn fates_of(frame: &Frame, import: &ImportView, only: Option<Fate>) -> Vec<FateShown> {
    let all = [
        (Fate::Created, import.created),
        (Fate::Updated, import.updated),
        (Fate::Unchanged, import.unchanged),
        (Fate::Waiting, import.waiting),
        (Fate::Refused, import.refused),
        (Fate::Skipped, import.skipped),
    ];
    let some = all.into_iter().filter(|(_, count)| *count > 0);
    let shown = some.map(|(fate, count)| FateShown {
        words: frame.say(fate_word(fate)),
        count: frame.number(count),
        word: fate.word(),
        is_here: only == Some(fate),
    });
    shown.collect()
}

/// A row as it is shown: cells are named as the table names their columns.
fn row_shown(frame: &Frame, row: ImportRowView, theirs: &BTreeMap<String, String>) -> RowShown {
    let number = frame.number(row.row);
    let cell = |column: &str| {
        let name = theirs.get(column).filter(|name| !name.is_empty()).map_or(column, String::as_str);
        if name.is_empty() { String::new() } else { frame.with_two(ImportWord::CellOf, name, &number) }
    };
    let reasons = row.reasons.into_iter().map(|reason| {
        let error = FieldError::new(reason.pointer, reason.words).coded(reason.code);
        let wrong = Wrong::of(frame, String::new(), &error);
        ReasonShown { cell: cell(&reason.column), value: reason.value, words: wrong.detail, lang: wrong.lang }
    });
    let reasons = reasons.collect();
    RowShown {
        key: row.key,
        outcome: frame.say(fate_word(row.outcome)),
        is_refused: row.outcome == Fate::Refused,
        reasons,
        number,
    }
}

async fn show(
    permit: Permit<action::ImportRead>,
    visitor: Visitor,
    state: State,
    path: Path<ImportJobId>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Form::read(request.query_string().as_bytes());
    let (id, only) = (path.0, Fate::from_word(asked.get("only")));
    let import = import_show(permit.clone(), state.clone(), Path(id)).await?.0;
    let theirs = import_headings(permit.clone(), &state, id).await?;
    let query =
        ImportRowQuery { outcome: only, after: asked.given("after").map(str::to_owned), limit: Some(ROWS) };
    let page = import_rows(permit, state, Path(id), Query(query)).await?.0;
    shown(&page_of(&visitor, import, (page, only), theirs))
}

fn page_of(
    visitor: &Visitor,
    import: ImportView,
    (page, only): (Page<ImportRowView>, Option<Fate>),
    theirs: Option<BTreeMap<String, String>>,
) -> ImportPage {
    let frame = visitor.frame(ImportWord::Title);
    let title = import.name.clone().unwrap_or_else(|| frame.title.clone());
    let is_open = matches!(import.state, ImportState::Waiting | ImportState::Running);
    let frame = if is_open { frame.with_script("imports.js") } else { frame };
    let is_mapped = theirs.is_some();
    let theirs = theirs.unwrap_or_default();
    let rows = page.items.into_iter().map(|row| row_shown(&frame, row, &theirs)).collect();
    let fates = fates_of(&frame, &import, only);
    let only = only.map_or("", Fate::word);
    let is_own = visitor.principal().is_some_and(|principal| principal.user == import.sent_by);
    ImportPage { frame: frame.titled(title), import, rows, next: page.next, fates, only, is_mapped, is_own }
}

async fn run(
    permit: Permit<action::ImportWrite>,
    state: State,
    path: Path<ImportJobId>,
) -> Outcome<HttpResponse> {
    let id = path.0;
    import_run(permit, state, Path(id)).await?;
    see(&format!("/imports/{id}"))
}

async fn refused(
    permit: Permit<action::ImportRead>,
    state: State,
    path: Path<ImportJobId>,
) -> Outcome<HttpResponse> {
    let table = import_refused(permit, &state, path.0).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"refused.csv\""))
        .streaming(table.pieces()))
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/imports/{id}", show);
    routes.page_for(refuse, Method::POST, "/imports/{id}/run", run);
    routes.page_for(refuse, Method::GET, "/imports/{id}/refused.csv", refused);
}
