//! The links in messages: a page with two buttons, and what the buttons do. Opening the page changes nothing, since what looks
//! through mail on its way opens every link.

use super::phrases::Said;
use super::store::{Mailing, MailingConfirm, MailingEnd, anybody, destroy, token_of};
use crate::atlas::Language;
use crate::core::id::MailingId;
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, read_failure};
use crate::web::{Door, Path, Routes, State};
use crate::writer::Record as _;
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_SECURITY_POLICY;
use sha2::{Digest, Sha256};

/// What a page of this room may do: show itself, and send its own forms here.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The mailing of a link, where the link is ours.
async fn mailing_of(state: &State, (id, token): (MailingId, String)) -> Outcome<MailingId> {
    let right = state.with_vault(move |vault| Ok(token_of(vault, id))).await?;
    // Digests are compared, so that the time it takes tells nothing.
    if Sha256::digest(right.as_bytes()) == Sha256::digest(token.as_bytes()) {
        return Ok(id);
    }
    Err(Problem::not_found())
}

/// The language of a mailing; English where there is none.
async fn language_of(state: &State, id: MailingId) -> Outcome<Language> {
    let read = move |conn: &mut Conn| Mailing::load(conn, &[id]).map_err(read_failure);
    let found = state.database.read_apart(read).await?.pop();
    Ok(found.map_or(Language::English, |mailing| mailing.language()))
}

fn page(language: Language, words: &str) -> HttpResponse {
    let direction = if language.is_right_to_left() { "rtl" } else { "ltr" };
    let (code, title) = (language.code(), Said::PageTitle.said(language));
    let body = format!(
        "<!DOCTYPE html>\n<html lang=\"{code}\" dir=\"{direction}\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{title}</title>\n<style>body{{font:18px \
         sans-serif;margin:2em auto;max-width:36em;padding:0 1em}}button{{font:inherit;padding:.5em 1em}}</style>\n\
         <h1>{title}</h1>\n{words}\n</html>\n"
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(body)
}

/// The page a link leads to.
async fn mail_page(state: State, path: Path<(MailingId, String)>) -> Outcome<HttpResponse> {
    let token = path.0.1.clone();
    let id = mailing_of(&state, path.0).await?;
    let language = language_of(&state, id).await?;
    let action = format!("/api/v1/mail/{}/{token}", id.0);
    let (asked, yes, no) =
        (Said::AskedForMail.said(language), Said::Yes.said(language), Said::No.said(language));
    let words = format!(
        "<p>{asked}</p>\n<form method=\"post\" action=\"{action}/confirm\"><button>{yes}</button></form>\n<p></p>\n\
         <form method=\"post\" action=\"{action}/end\"><button>{no}</button></form>"
    );
    Ok(page(language, &words))
}

/// Say yes to mail
///
/// By the button of the page that the link in the first message leads to.
#[utoipa::path(post, path = "/api/v1/mail/{id}/{token}/confirm", tag = "tracking",
    params(("id" = MailingId, Path), ("token" = String, Path)),
    responses((status = 200, description = "A page that says so", body = String, content_type = "text/html")))]
pub async fn mail_confirm(state: State, path: Path<(MailingId, String)>) -> Outcome<HttpResponse> {
    let id = mailing_of(&state, path.0).await?;
    let said = state.writer.record(MailingConfirm { actor: anybody("link"), id }).await?;
    let language = said.answer.language();
    Ok(page(language, &format!("<p>{}</p>", Said::FromNowOn.said(language))))
}

/// End mail
///
/// By one click in a mail program (RFC 8058), or by the button of the page. The address is forgotten.
#[utoipa::path(post, path = "/api/v1/mail/{id}/{token}/end", tag = "tracking",
    params(("id" = MailingId, Path), ("token" = String, Path)),
    responses((status = 200, description = "A page that says so", body = String, content_type = "text/html")))]
pub async fn mail_end(state: State, path: Path<(MailingId, String)>) -> Outcome<HttpResponse> {
    let id = mailing_of(&state, path.0).await?;
    let ended = state.writer.record(MailingEnd { actor: anybody("link"), id, of: None }).await?;
    state.with_vault(move |vault| destroy(vault, id)).await?;
    let language = ended.answer.language();
    Ok(page(language, &format!("<p>{}</p>", Said::Forgotten.said(language))))
}

/// The routes of links.
pub(super) fn routes(routes: &mut Routes) {
    routes.files("/mail/{id}/{token}", mail_page);
    routes.public_throttled(Door::Links, __path_mail_confirm, mail_confirm);
    routes.public_throttled(Door::Links, __path_mail_end, mail_end);
}
