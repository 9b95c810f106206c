//! A consignee without an account confirms receipt by a link that is good once; and the page on which whoever posts updates makes
//! such a link, to hand over or to print.
//!
//! Opening the page of a link records nothing, since what looks through mail on its way opens every link.

pub(super) mod words;

use super::form::{Form, typed_number};
use super::frame::Frame;
use super::refused::{Wrong, Wrongs, refuse};
use super::visitor::{Visitor, shown, shown_with};
use super::words::Word;
use crate::auth::{Permit, action, now};
use crate::confirmations::rules::{Count, DAYS};
use crate::confirmations::{Awaited, ReceiptLinkNew, ToConfirm, confirm, make_link, to_confirm_by};
use crate::core::id::{ConsignmentId, EventId};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::papers::code::svg;
use crate::papers::http::drawn;
use crate::papers::model::Paper;
use crate::papers::rules::Form as PaperForm;
use crate::papers::{linked, waybill_read};
use crate::web::{Door, Path, Routes, State, check_own_origin, value_of};
use crate::writer::Recorded;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;
use words::ConfirmWord;

/// Goods of an item, and what stands in their fields.
struct Line {
    /// Which item: its fields are named after it.
    item: String,
    name: String,
    base_unit: String,
    expected: String,
    good: String,
    damaged: String,
}

#[derive(Template)]
#[template(path = "confirm/page.html")]
struct ConfirmPage {
    frame: Frame,
    action: String,
    consignee: String,
    code: String,
    id: String,
    /// The leg that is received.
    leg: String,
    lines: Vec<Line>,
    reason: String,
    wrongs: Wrongs,
}

impl ConfirmPage {
    /// What is wrong with a count of an item.
    fn wrong(&self, field: &str, item: &str) -> Option<&Wrong> {
        self.wrongs.at(&format!("{field}_{item}"))
    }
}

#[derive(Template)]
#[template(path = "confirm/done.html")]
struct DonePage {
    frame: Frame,
    /// What is said: that it is recorded, or why the link is of no use.
    what: &'static str,
    /// The entry of the log in words; empty where nothing was recorded now.
    entry: String,
    is_good: bool,
}

#[derive(Template)]
#[template(path = "confirm/link.html")]
struct LinkPage {
    frame: Frame,
    consignment: String,
    days: String,
    /// The link in full, once it is made; empty before.
    address: String,
    /// The same for a camera, as the path of an SVG.
    squares: String,
    good_until: String,
    /// Whether a waybill can be printed with it.
    may_print: bool,
    wrongs: Wrongs,
}

fn read_whole(request: &HttpRequest, token: &str) -> (String, String) {
    (request.path().to_owned(), token.to_owned())
}

async fn to_confirm(state: &State, token: String) -> Outcome<ToConfirm> {
    state.read(move |conn| to_confirm_by(conn, &token, now())).await
}

async fn confirm_show(
    visitor: Visitor,
    state: State,
    path: Path<String>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let (action, token) = read_whole(&request, &path.0);
    match to_confirm(&state, token).await {
        Ok(what) if what.awaited.is_empty() => nothing(&visitor, &what),
        Ok(what) => {
            let lines = what.awaited.iter().map(|one| line(&visitor, one, None)).collect();
            let id = Uuid::now_v7().to_string();
            shown(&page(&visitor, &what, action, (id, lines, String::new())))
        }
        Err(problem) => of_no_use(&visitor, problem),
    }
}

/// The page of a link that was used or is over says so; any other refusal stays one.
fn of_no_use(visitor: &Visitor, problem: Problem) -> Outcome<HttpResponse> {
    let Some(is_used) = problem.members.get("used").and_then(serde_json::Value::as_bool) else {
        return Err(problem);
    };
    let frame = visitor.frame(ConfirmWord::Title);
    let what = frame.say(if is_used { ConfirmWord::Used } else { ConfirmWord::Over });
    let status = if is_used { StatusCode::OK } else { problem.status_code() };
    shown_with(status, &DonePage { frame, what, entry: String::new(), is_good: is_used })
}

fn nothing(visitor: &Visitor, what: &ToConfirm) -> Outcome<HttpResponse> {
    let frame = visitor.frame(ConfirmWord::Title).synthetic(what.synthetic);
    let words = frame.say(ConfirmWord::Nothing);
    shown(&DonePage { frame, what: words, entry: String::new(), is_good: false })
}

/// The fields of an item: all of it good where nobody has typed anything else.
fn line(visitor: &Visitor, awaited: &Awaited, typed: Option<(&str, &str)>) -> Line {
    let frame = visitor.frame(ConfirmWord::Title);
    let (good, damaged) = typed.map_or_else(
        || (awaited.quantity.to_string(), "0".to_owned()),
        |(good, damaged)| (good.to_owned(), damaged.to_owned()),
    );
    Line {
        item: awaited.item.to_string(),
        name: awaited.name.clone(),
        base_unit: awaited.base_unit.clone(),
        expected: frame.number(awaited.quantity),
        good,
        damaged,
    }
}

fn page(
    visitor: &Visitor,
    what: &ToConfirm,
    action: String,
    (id, lines, reason): (String, Vec<Line>, String),
) -> ConfirmPage {
    ConfirmPage {
        frame: visitor.frame(ConfirmWord::Title).synthetic(what.synthetic),
        action,
        consignee: what.consignee.clone(),
        code: what.consignment.tracking_code.clone(),
        id,
        leg: leg_of(what),
        lines,
        reason,
        wrongs: Wrongs::default(),
    }
}

/// The leg that is received, as the form sends it back; empty where nothing is on the way.
fn leg_of(what: &ToConfirm) -> String {
    what.leg.map(|leg| leg.to_string()).unwrap_or_default()
}

/// Whether a form was filled in about what is awaited now: the same leg with the same items.
fn is_of(what: &ToConfirm, form: &Form) -> bool {
    let sent: BTreeSet<&str> =
        form.fields().iter().filter_map(|(name, _)| name.strip_prefix("good_")).collect();
    let items: Vec<String> = what.awaited.iter().map(|one| one.item.to_string()).collect();
    let awaited: BTreeSet<&str> = items.iter().map(String::as_str).collect();
    form.get("leg") == leg_of(what) && sent == awaited
}

/// What was counted, field by field.
fn counts(what: &ToConfirm, form: &Form) -> Outcome<Vec<Count>> {
    if !what.awaited.is_empty() && !is_of(what, form) {
        let words = "What is on its way to you changed while this page was open. Nothing was recorded. Look through the \
                     figures below and send them again.";
        return Err(Problem::new(Code::WrongState, words));
    }
    let mut counted = Vec::with_capacity(what.awaited.len());
    for awaited in &what.awaited {
        let read = |field: &str| {
            let name = format!("{field}_{}", awaited.item);
            let number = typed_number(form.get(&name)).as_i64();
            number.filter(|number| (0..=crate::core::quantity::MAXIMUM).contains(number)).ok_or_else(|| {
                Problem::field(format!("/{name}"), "is no whole number; write how many came, in digits")
                    .coded(Fault::NotANumber)
            })
        };
        let (good, damaged) = (read("good")?, read("damaged")?);
        counted.push(Count { item: awaited.item, expected: awaited.quantity, good, damaged });
    }
    Ok(counted)
}

async fn confirm_send(
    visitor: Visitor,
    state: State,
    path: Path<String>,
    request: HttpRequest,
    form: Form,
) -> Outcome<HttpResponse> {
    check_own_origin(&request)?;
    let (action, token) = read_whole(&request, &path.0);
    let what = match to_confirm(&state, token.clone()).await {
        Ok(what) => what,
        Err(problem) => return of_no_use(&visitor, problem),
    };
    match send(&state, &token, &what, &form).await {
        Ok(recorded) => done(&visitor, &what, &recorded),
        Err(problem) if matches!(problem.code, Code::Invalid | Code::Insufficient | Code::WrongState) => {
            again(&visitor, &what, action, &form, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn send(
    state: &State,
    token: &str,
    what: &ToConfirm,
    form: &Form,
) -> Outcome<Recorded<crate::ledger::event::EventResult>> {
    let counts = counts(what, form)?;
    let id: EventId = value_of(&json!(form.get("id")))?;
    confirm(state, token, what, (id, &counts, form.get("reason"))).await
}

fn done(
    visitor: &Visitor,
    what: &ToConfirm,
    recorded: &Recorded<crate::ledger::event::EventResult>,
) -> Outcome<HttpResponse> {
    let frame = visitor.frame(ConfirmWord::Title).synthetic(what.synthetic);
    let words = frame.say(ConfirmWord::Done);
    let entry = recorded.leaf.as_ref().map(|leaf| frame.with(Word::Receipt, frame.number(leaf.sequence)));
    let entry = entry.unwrap_or_default();
    shown(&DonePage { frame, what: words, entry, is_good: true })
}

fn again(
    visitor: &Visitor,
    what: &ToConfirm,
    action: String,
    form: &Form,
    problem: &Problem,
) -> Outcome<HttpResponse> {
    // What was typed about other goods says nothing of these.
    let is_of_these = is_of(what, form);
    let typed = |one: &Awaited, field: &str| form.get(&format!("{field}_{}", one.item)).to_owned();
    let shown_again = |one: &Awaited| {
        let (good, damaged) = (typed(one, "good"), typed(one, "damaged"));
        line(visitor, one, is_of_these.then_some((good.as_str(), damaged.as_str())))
    };
    let lines = what.awaited.iter().map(shown_again).collect();
    let parts = (form.get("id").to_owned(), lines, form.get("reason").to_owned());
    let page = page(visitor, what, action, parts);
    let wrongs = Wrongs::of_many(&page.frame, problem, |pointer| field_of(what, pointer));
    let title = page.frame.with(Word::ErrorTitle, page.frame.say(ConfirmWord::Title));
    shown_with(problem.status_code(), &ConfirmPage { frame: page.frame.titled(title), wrongs, ..page })
}

/// The field of the form that a pointer means: by its own name, or as a line of the receipt.
fn field_of(what: &ToConfirm, pointer: &str) -> String {
    if pointer.ends_with("/reason") {
        return "reason".to_owned();
    }
    if let Some((at, part)) = pointer.strip_prefix("/lines/").and_then(|rest| rest.split_once('/')) {
        let awaited = at.parse::<usize>().ok().and_then(|at| what.awaited.get(at));
        let field = if part == "damaged" { "damaged" } else { "good" };
        return awaited.map(|one| format!("{field}_{}", one.item)).unwrap_or_default();
    }
    let name = pointer.strip_prefix('/').unwrap_or_default();
    let is_count = name.starts_with("good_") || name.starts_with("damaged_");
    if is_count { name.to_owned() } else { String::new() }
}

async fn link_form(
    _permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    path: Path<ConsignmentId>,
) -> Outcome<HttpResponse> {
    shown(&link_page(&visitor, path.0, DAYS.to_string()))
}

/// The form for a link, before one is made.
fn link_page(visitor: &Visitor, consignment: ConsignmentId, days: String) -> LinkPage {
    LinkPage {
        frame: visitor.frame(ConfirmWord::MakeTitle),
        consignment: consignment.to_string(),
        days,
        address: String::new(),
        squares: String::new(),
        good_until: String::new(),
        may_print: visitor.may::<action::ConsignmentPaperRead>().is_some(),
        wrongs: Wrongs::default(),
    }
}

async fn link_make(
    permit: Permit<action::EventSubmit>,
    visitor: Visitor,
    state: State,
    path: Path<ConsignmentId>,
    request: HttpRequest,
    form: Form,
) -> Outcome<HttpResponse> {
    let days = form.given("days").map(|text| typed_number(text).as_i64().unwrap_or(0));
    let page = link_page(&visitor, path.0, form.get("days").to_owned());
    // What cannot be printed is refused before a link is made for it.
    let is_printed = form.get("on") == "waybill";
    let paper = if is_printed { Some(waybill_of(&visitor, &state, path.0).await?) } else { None };
    let link = match make_link(&permit, &state, path.0, ReceiptLinkNew { days }).await {
        Ok(recorded) => recorded.answer,
        Err(problem) if problem.code == Code::Invalid => return days_again(page, &problem),
        Err(problem) => return Err(problem),
    };
    let origin = state.public_origin.clone().unwrap_or_else(|| {
        let info = request.connection_info();
        format!("{}://{}", info.scheme(), info.host())
    });
    let address = format!("{origin}{}", link.path);
    if let Some(paper) = paper {
        let paper = linked(paper, &address, link.good_until);
        return drawn(&state, "waybill", paper, PaperForm::Html).await;
    }
    let good_until = page.frame.day(link.good_until.to_string());
    let squares = svg(&address, page.frame.say(ConfirmWord::Squares))?;
    shown(&LinkPage { address, squares, good_until, ..page })
}

/// The waybill that a link is to be printed on.
async fn waybill_of(visitor: &Visitor, state: &State, id: ConsignmentId) -> Outcome<Paper> {
    let permit = visitor.permit::<action::ConsignmentPaperRead>()?;
    let language = visitor.language();
    state.read(move |conn| waybill_read(conn, &permit, language, id)).await
}

/// The form for a link with what is wrong with its days.
fn days_again(page: LinkPage, problem: &Problem) -> Outcome<HttpResponse> {
    let wrongs = Wrongs::of(&page.frame, problem, |_| Some("days"));
    let title = page.frame.with(Word::ErrorTitle, page.frame.say(ConfirmWord::MakeTitle));
    shown_with(problem.status_code(), &LinkPage { frame: page.frame.titled(title), wrongs, ..page })
}

/// The routes of confirming receipt.
pub fn routes(routes: &mut Routes) {
    routes.page_throttled((refuse, Door::Links), Method::GET, "/confirm/{token}", confirm_show);
    routes.page_throttled((refuse, Door::Links), Method::POST, "/confirm/{token}", confirm_send);
    routes.page_for(refuse, Method::GET, "/consignments/{id}/confirmation-link", link_form);
    routes.page_for(refuse, Method::POST, "/consignments/{id}/confirmation-link", link_make);
}
