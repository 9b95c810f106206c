//! Where a consignment is, for whoever has its code: state, arrival, what happened, its way. The label's picture leads here.
//!
//! Never here: a name, a quantity, or what the interface would not tell a stranger. Whoever may post updates is shown the way
//! there.

mod view;
pub(super) mod words;

use super::form::Form;
use super::frame::Frame;
use super::live::tracking_mark;
use super::refused::{Wrongs, refuse};
use super::visitor::{Visitor, see, shown, shown_with};
use super::words::Word;
use crate::auth::{action, now};
use crate::core::code::{TypedCode, read_tracking_code};
use crate::core::problem::{Code, Outcome, Problem};
use crate::forecast::Forecasting;
use crate::mail::http::{Mailer, ask_tracking};
use crate::tracking::{TrackingView, tracked_by};
use crate::web::{Door, Path, Routes, State, check_own_origin};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use view::Tracked;
use words::TrackWord;

#[derive(Template)]
#[template(path = "track/form.html")]
struct FormPage<'a> {
    frame: Frame,
    code: &'a str,
    /// What is wrong with the code; empty where nothing is.
    wrong: &'static str,
}

#[derive(Template)]
#[template(path = "track/page.html")]
struct TrackPage {
    frame: Frame,
    tracked: Tracked,
    may_post: bool,
    can_follow: bool,
    has_asked: bool,
    address: String,
    wrongs: Wrongs,
}

/// The form, which leads on to the page of the code.
async fn track_form(visitor: Visitor, request: HttpRequest) -> Outcome<HttpResponse> {
    let form = Form::read(request.query_string().as_bytes());
    let Some(typed) = form.given("code") else {
        return shown(&FormPage { frame: visitor.frame(TrackWord::Title), code: "", wrong: "" });
    };
    match read_tracking_code(typed) {
        TypedCode::Sound(code) => see(&format!("/track/{code}")),
        TypedCode::Mistyped => again(&visitor, typed, true, StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// The form with what is wrong with a code: a slip in it, or that no consignment has it.
fn again(visitor: &Visitor, typed: &str, is_mistyped: bool, status: StatusCode) -> Outcome<HttpResponse> {
    let frame = visitor.frame(TrackWord::Title);
    let wrong = frame.say(if is_mistyped { TrackWord::Mistyped } else { TrackWord::Unknown });
    let title = frame.with(Word::ErrorTitle, frame.say(TrackWord::Title));
    shown_with(status, &FormPage { frame: frame.titled(title), code: typed, wrong })
}

async fn track_show(
    visitor: Visitor,
    state: State,
    data: (Data<Forecasting>, Data<Mailer>),
    path: Path<String>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let (forecasting, mailer) = data;
    match tracked_by(&state, forecasting, &path.0).await {
        Ok(view) => {
            let has_asked = Form::read(request.query_string().as_bytes()).given("asked").is_some();
            shown(&page(&visitor, &view, mailer.is_there(), has_asked)?)
        }
        Err(problem) if problem.code == Code::NotFound => {
            let is_mistyped = problem.members.get("mistyped").is_some_and(|one| one == true);
            again(&visitor, &path.0, is_mistyped, StatusCode::NOT_FOUND)
        }
        Err(problem) => Err(problem),
    }
}

fn page(visitor: &Visitor, view: &TrackingView, can_follow: bool, has_asked: bool) -> Outcome<TrackPage> {
    let frame = visitor.frame(TrackWord::Title).synthetic(view.synthetic);
    // What a form was sent to cannot be read again.
    let frame = if visitor.only_looks() {
        frame.following(("codes", &view.code), tracking_mark(view)?)
    } else {
        frame
    };
    let title = frame.with(TrackWord::Consignment, &view.code);
    Ok(TrackPage {
        tracked: Tracked::of(&frame, view, now()),
        may_post: visitor.may::<action::EventSubmit>().is_some(),
        can_follow,
        has_asked,
        address: String::new(),
        wrongs: Wrongs::default(),
        frame: frame.titled(title),
    })
}

/// Follows a code by mail: the address is asked first.
async fn track_follow(
    visitor: Visitor,
    state: State,
    data: (Data<Forecasting>, Data<Mailer>),
    path: Path<String>,
    request: HttpRequest,
    form: Form,
) -> Outcome<HttpResponse> {
    check_own_origin(&request)?;
    let (forecasting, mailer) = data;
    match ask_tracking(&state, &mailer, &path.0, (form.get("address"), visitor.language())).await {
        Ok(_) => see(&format!("/track/{}?asked=1#follow", sound(&path.0)?)),
        Err(problem) if problem.code == Code::Invalid => {
            let view = tracked_by(&state, forecasting, &path.0).await?;
            let page = page(&visitor, &view, true, false)?;
            let wrongs = Wrongs::of(&page.frame, &problem, |_| Some("address"));
            let title = page.frame.with(Word::ErrorTitle, &page.frame.title);
            let address = form.get("address").to_owned();
            let again = TrackPage { frame: page.frame.titled(title), wrongs, address, ..page };
            shown_with(problem.status_code(), &again)
        }
        Err(problem) => Err(problem),
    }
}

fn sound(typed: &str) -> Outcome<String> {
    match read_tracking_code(typed) {
        TypedCode::Sound(code) => Ok(code),
        TypedCode::Mistyped => Err(Problem::not_found()),
    }
}

/// The routes of tracking.
pub fn routes(routes: &mut Routes) {
    routes.page(refuse, Method::GET, "/track", track_form);
    routes.page_throttled((refuse, Door::Codes), Method::GET, "/track/{code}", track_show);
    routes.page_throttled((refuse, Door::Questions), Method::POST, "/track/{code}/mail", track_follow);
}
