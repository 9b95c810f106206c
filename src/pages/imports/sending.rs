//! What was sent, and sending a table.

use super::words::{ImportWord, kind_word, state_word};
use crate::auth::{Permit, action};
use crate::core::id::ImportJobId;
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::exchange::http::{MappingQuery, mapping_list};
use crate::exchange::jobs::http::{ImportQuery, ImportView, import_kept, import_show, in_time, upload_turn};
use crate::exchange::jobs::http_columns::imports_before;
use crate::exchange::jobs::ways_in;
use crate::exchange::sheets::SheetKind;
use crate::exchange::table::Limits;
use crate::pages::fields::Choice;
use crate::pages::form::Form;
use crate::pages::frame::Frame;
use crate::pages::multipart::{FIELD_BYTES_MAX, FilePart, Filled, filled};
use crate::pages::refused::{Wrongs, refuse};
use crate::pages::visitor::{Visitor, see, shown, shown_with};
use crate::pages::words::Word;
use crate::web::{Path, Query, Routes, State, value_of};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use serde_json::json;
use std::future::Future;
use std::pin::Pin;
use tokio::sync::SemaphorePermit;
use uuid::Uuid;

/// Imports of one page.
const JOBS: i64 = 50;
/// Mappings that are offered.
const MAPPINGS: i64 = 200;

#[derive(Template)]
#[template(path = "imports/list.html")]
struct ListPage {
    frame: Frame,
    imports: Vec<ImportView>,
    next: Option<ImportJobId>,
}

#[derive(Template)]
#[template(path = "imports/new.html")]
struct NewPage {
    frame: Frame,
    /// To be read as an earlier one was, where that is asked for.
    like: Option<Choice>,
    kinds: Vec<Choice>,
    mappings: Vec<Choice>,
    templates: Vec<(&'static str, &'static str)>,
    /// Drawn when the form is shown, so that what is sent twice from it is one import.
    id: String,
    wrongs: Wrongs,
}

impl ListPage {
    fn state(&self, import: &ImportView) -> &'static str {
        self.frame.say(state_word(import))
    }

    fn named(&self, import: &ImportView) -> String {
        import.name.clone().or_else(|| import.kind.clone()).unwrap_or_else(|| import.id.to_string())
    }

    fn number(&self, figure: &i64) -> String {
        self.frame.number(*figure)
    }

    fn progress(&self, import: &ImportView) -> String {
        match import.rows_of {
            Some(of) => {
                let (done, of) = (self.frame.number(import.rows_done), self.frame.number(of));
                self.frame.with_two(ImportWord::Progress, done, of)
            }
            None => "–".to_owned(),
        }
    }
}

/// A file that is sent, with its turn: it is held until the file is kept.
struct Upload {
    filled: Outcome<Filled>,
    _turn: SemaphorePermit<'static>,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Outcome<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let turn = upload_turn(&request)?;
            let filled = in_time(filled(&request, payload, Limits::SENT.bytes + FIELD_BYTES_MAX)).await;
            Ok(Self { filled, _turn: turn })
        })
    }
}

async fn list(
    permit: Permit<action::ImportRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Form::read(request.query_string().as_bytes());
    let before = asked.given("before").map(|id| value_of(&json!(id))).transpose()?;
    let mut imports = imports_before(permit, &state, (before, JOBS + 1)).await?;
    let is_more = imports.len() > usize::try_from(JOBS).unwrap_or(usize::MAX);
    if is_more {
        imports.pop();
    }
    let next = imports.last().filter(|_| is_more).map(|import| import.id);
    shown(&ListPage { frame: visitor.frame(ImportWord::Title), imports, next })
}

/// The names of the mappings that are kept, of whoever may read them.
async fn kept(visitor: &Visitor, state: &State) -> Outcome<Vec<(String, String)>> {
    let Some(permit) = visitor.may::<action::BaselineRead>() else { return Ok(Vec::new()) };
    let query =
        MappingQuery { name: None, known_at: None, history: None, after: None, limit: Some(MAPPINGS) };
    let found = mapping_list(permit, state.clone(), Query(query)).await?.0.items;
    let named = |name: String, title: Option<String>| {
        let words = title
            .filter(|title| *title != name)
            .map_or_else(|| name.clone(), |title| format!("{name} · {title}"));
        (name, words)
    };
    let there = found.into_iter().filter(|mapping| !mapping.withdrawn);
    Ok(there.map(|mapping| named(mapping.name, mapping.title)).collect())
}

/// What reading a file as an earlier one is called, where that is chosen and it is there.
async fn like_of(frame: &Frame, visitor: &Visitor, state: &State, chosen: &str) -> Outcome<Option<String>> {
    let Some(id) = chosen.strip_prefix("like:").and_then(|id| id.parse().ok()) else { return Ok(None) };
    match import_show(visitor.permit()?, state.clone(), Path(id)).await {
        Ok(import) => {
            let name = import.0.name.unwrap_or_else(|| id.to_string());
            Ok(Some(frame.with(ImportWord::Like, name)))
        }
        Err(problem) if problem.code == Code::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

async fn new_page(
    permit: &Permit<action::ImportWrite>,
    (visitor, state): (&Visitor, &State),
    form: &Form,
) -> Outcome<NewPage> {
    let (kinds, shipped) = ways_in(permit);
    let frame = visitor.frame(ImportWord::SendOne);
    let chosen = form.get("read");
    let choice = |value: String, words: String| Choice { is_chosen: value == chosen, value, words };
    let of_kind =
        |kind: &SheetKind| choice(format!("kind:{}", kind.word()), frame.say(kind_word(*kind)).to_owned());
    let like = like_of(&frame, visitor, state, chosen).await?;
    let like = like.map(|words| choice(chosen.to_owned(), words));
    let shipped = shipped.into_iter().map(|name| (name.to_owned(), name.to_owned()));
    let named = shipped.chain(kept(visitor, state).await?);
    let mappings = named.map(|(name, words)| choice(format!("mapping:{name}"), words)).collect();
    let templates = kinds.iter().map(|kind| (kind.word(), frame.say(kind_word(*kind)))).collect();
    let kinds = kinds.iter().map(of_kind).collect();
    let id = form.given("id").map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    Ok(NewPage { like, kinds, mappings, templates, id, wrongs: Wrongs::default(), frame })
}

async fn new(
    permit: Permit<action::ImportWrite>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Form::read(request.query_string().as_bytes());
    shown(&new_page(&permit, (&visitor, &state), &asked).await?)
}

/// What a file is by its name: browsers call spreadsheets by many words.
fn media_type(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    if name.ends_with(".xlsx") {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    } else if [".ndjson", ".jsonl", ".json"].iter().any(|ending| name.ends_with(ending)) {
        "application/x-ndjson"
    } else {
        "text/csv"
    }
}

/// What a file of this name is to be read as: it is always tried first.
fn query_of(form: &Form, file: &FilePart) -> ImportQuery {
    let read = |prefix: &str| form.get("read").strip_prefix(prefix).map(str::to_owned);
    let name = Some(file.name.clone()).filter(|name| !name.is_empty());
    let like = read("like:").and_then(|id| id.parse().ok());
    ImportQuery { kind: read("kind:"), mapping: read("mapping:"), like, dry_run: Some(true), name }
}

async fn send(
    permit: Permit<action::ImportWrite>,
    visitor: Visitor,
    state: State,
    upload: Upload,
) -> Outcome<HttpResponse> {
    let (form, sent) = match upload.filled {
        Ok(Filled { form, file: Some(file) }) => {
            let query = query_of(&form, &file);
            let sent = (form.get("id").parse().ok(), media_type(&file.name), file.bytes);
            let sent = import_kept(&permit, &state, &query, sent).await;
            (form, sent.map(|(import, _)| import.id))
        }
        Ok(Filled { form, file: None }) => {
            let words = visitor.frame(ImportWord::Title).say(ImportWord::NoFile);
            (form, Err(Problem::field("/file", words).coded(Fault::Required)))
        }
        Err(problem) => (Form::default(), Err(problem)),
    };
    match sent {
        Ok(id) => see(&format!("/imports/{id}")),
        Err(problem) if is_about_form(&problem) => {
            again(&permit, (&visitor, &state), (&form, &problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Whether somebody can mend the form: otherwise the refusal is a page of its own.
fn is_about_form(problem: &Problem) -> bool {
    matches!(problem.code, Code::Invalid | Code::TooLarge | Code::TooManyRequests | Code::Forbidden)
}

/// The form again with what was chosen, and what is wrong with it; the file is chosen again.
async fn again(
    permit: &Permit<action::ImportWrite>,
    whose: (&Visitor, &State),
    (form, problem): (&Form, &Problem),
) -> Outcome<HttpResponse> {
    let mut page = new_page(permit, whose, form).await?;
    let is_large = problem.code == Code::TooLarge;
    page.wrongs = Wrongs::of(&page.frame, problem, |pointer| match pointer {
        "/kind" | "/mapping" | "/like" => Some("read"),
        "/file" | "/name" => Some("file"),
        _ => is_large.then_some("file"),
    });
    let title = page.frame.with(Word::ErrorTitle, &page.frame.title);
    page.frame = page.frame.titled(title);
    shown_with(problem.status_code(), &page)
}

pub(super) fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/imports", list);
    routes.page_for(refuse, Method::GET, "/imports/new", new);
    routes.page_for(refuse, Method::POST, "/imports/new", send);
}
