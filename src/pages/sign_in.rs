//! Signing in and out by a form, and choosing a language.

use super::board::QueueWord;
use super::form::Form;
use super::frame::{Frame, ways};
use super::refused::{Wrongs, refuse};
use super::visitor::{LANGUAGE_COOKIE, Visitor, language, own_path, see, shown, shown_with};
use super::words::Word;
use crate::auth::{Permit, action};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::users::session::{sign_in, sign_out};
use crate::web::{Door, Routes, State, address_of, check_own_origin};
use actix_web::http::Method;
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;

/// For how many seconds a browser remembers the language somebody chose: a year.
const LANGUAGE_SECONDS: u32 = 365 * 24 * 60 * 60;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame,
    to: &'a str,
    login: &'a str,
    wrongs: Wrongs,
}

/// What stands in the address of a page that leads on.
fn asked(request: &HttpRequest) -> Form {
    Form::read(request.query_string().as_bytes())
}

/// What is around the form, with the scripts that say what waits on this phone; officers' pages have the first by themselves.
fn frame_of(visitor: &Visitor) -> Frame {
    let frame = visitor.frame(Word::SignIn);
    let is_there = frame.officer.is_some();
    let frame = if is_there { frame } else { frame.with_script("keep.js") };
    frame.with_script("left.js")
}

async fn sign_in_page(visitor: Visitor, request: HttpRequest) -> Outcome<HttpResponse> {
    let asked = asked(&request);
    let to = own_path(asked.get("to"));
    shown(&SignInPage { frame: frame_of(&visitor), to, login: "", wrongs: Wrongs::default() })
}

async fn sign_in_send(
    visitor: Visitor,
    state: State,
    request: HttpRequest,
    form: Form,
) -> Outcome<HttpResponse> {
    check_own_origin(&request)?;
    let password = form.raw("password").to_owned();
    match sign_in(&state, form.get("login"), password, address_of(&request)).await {
        Ok((principal, cookie)) => {
            let mut ways = ways(&visitor.signed_in(principal)).into_iter();
            let to = match own_path(form.get("to")) {
                "/" => ways.next().map_or("/", |(path, _)| path),
                path => path,
            };
            let mut response = see(to)?;
            response.headers_mut().insert(SET_COOKIE, cookie);
            Ok(response)
        }
        Err(problem) if problem.code == Code::Unauthenticated || problem.code == Code::Invalid => {
            again(&visitor, &form, &problem)
        }
        Err(problem) => Err(problem),
    }
}

/// The form again, with what was typed but the password, and what is wrong with it.
fn again(visitor: &Visitor, form: &Form, problem: &Problem) -> Outcome<HttpResponse> {
    let frame = frame_of(visitor);
    let title = frame.with(Word::ErrorTitle, frame.say(Word::SignIn));
    let mut wrongs = Wrongs::of(&frame, problem, |_| Some("login"));
    wrongs.what = frame.say(Word::WrongLogin);
    let page = SignInPage {
        frame: frame.titled(title),
        to: own_path(form.get("to")),
        login: form.get("login"),
        wrongs,
    };
    shown_with(problem.status_code(), &page)
}

async fn sign_out_send(permit: Permit<action::SessionWrite>, state: State) -> Outcome<HttpResponse> {
    let cookie = sign_out(&state, &permit).await?;
    let mut response = see("/")?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Keeps a language in the browser and goes back to where it was chosen.
async fn choose_language(request: HttpRequest) -> Outcome<HttpResponse> {
    let asked = asked(&request);
    let Some(chosen) = language(asked.get("code")) else {
        let words = "The language is none of en, fr, es, ru, zh and ar; choose one of them.";
        return Err(Problem::field("/code", words).coded(Fault::NotAChoice));
    };
    let mut response = see(own_path(asked.get("to")))?;
    let code = chosen.code();
    let cookie =
        format!("{LANGUAGE_COOKIE}={code}; Path=/; Max-Age={LANGUAGE_SECONDS}; HttpOnly; SameSite=Lax");
    let cookie =
        HeaderValue::from_str(&cookie).map_err(|error| Problem::internal(format!("a cookie: {error}")))?;
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// The routes of signing in and of languages.
pub fn routes(routes: &mut Routes) {
    routes.page(refuse, Method::GET, "/sign-in", sign_in_page);
    routes.page_throttled((refuse, Door::Logins), Method::POST, "/sign-in", sign_in_send);
    routes.page_for(refuse, Method::POST, "/sign-out", sign_out_send);
    routes.page(refuse, Method::GET, "/language", choose_language);
}
