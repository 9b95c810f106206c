//! The newest checkpoint of the log, and who checked what: this server, this browser, or the reader offline.

use super::asked::{Asked, query};
use super::words_checks::CheckWord;
use super::{Beside, beside};
use crate::audit::store::{entries_page, newest_checkpoint};
use crate::auth::{Permit, action};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::{Conn, read_failure};
use crate::pages::frame::Frame;
use crate::pages::refused::refuse;
use crate::pages::visitor::{Visitor, shown};
use crate::reconciliation::http::reconciliation;
use crate::web::{Query, Routes, State};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::{Map, Value};

#[derive(Template)]
#[template(path = "audit/verify.html")]
struct VerifyPage {
    frame: Frame,
    beside: Vec<Beside>,
    key: String,
    checkpoint: Option<String>,
    entry: Option<OneEntry>,
    folded: Option<Folded>,
}

/// An entry of the log, as it was hashed.
struct OneEntry {
    position: i64,
    body: String,
}

/// What this server says of its own figures.
struct Folded {
    is_sound: bool,
    words: String,
}

async fn verify_page(
    permit: Permit<action::ReconciliationRead>,
    visitor: Visitor,
    state: State,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let asked = Asked::of(&request);
    let frame = visitor.frame(CheckWord::Verify).with_script("verify.js");
    let newest = |conn: &mut Conn| newest_checkpoint(conn).map_err(read_failure);
    let checkpoint = state.read(newest).await?.map(|stored| stored.note);
    let entry = match (visitor.may::<action::AuditRead>(), asked.value("entry")) {
        (None, _) | (Some(_), "") => None,
        (Some(_), text) => Some(one_entry(&state, text).await?),
    };
    let folded = match asked.value("server") {
        "" => None,
        _ => Some(folded(permit, state.clone(), &frame).await?),
    };
    let key = state.signer.verifier().to_string();
    shown(&VerifyPage { beside: beside(&visitor, &frame), frame, key, checkpoint, entry, folded })
}

/// The entry at a position.
async fn one_entry(state: &State, text: &str) -> Outcome<OneEntry> {
    let position: i64 = text.parse().map_err(|_| {
        Problem::field("/entry", format!("{text:?} is no position in the log; write a number from 0"))
            .coded(Fault::NotANumber)
    })?;
    if position < 0 {
        return Err(Problem::field("/entry", format!("{position} is below 0, where the log begins"))
            .coded(Fault::TooSmall)
            .at_least(0));
    }
    let read = move |conn: &mut Conn| entries_page(conn, position - 1, 1).map_err(read_failure);
    let (rows, _) = state.read(read).await?;
    let found = rows.into_iter().find(|row| row.position == position).ok_or_else(Problem::not_found)?;
    Ok(OneEntry { position, body: found.body })
}

/// Has this server fold everything again and compare, which proves nothing to anybody else.
async fn folded(permit: Permit<action::ReconciliationRead>, state: State, frame: &Frame) -> Outcome<Folded> {
    let mut members = Map::new();
    members.insert("group_by".to_owned(), Value::from("programme"));
    members.insert("sections".to_owned(), Value::from("accounts"));
    members.insert("recompute".to_owned(), Value::from(true));
    let view = reconciliation(permit, state, Query(query(members)?)).await?.into_inner();
    let (differing, compared) = view
        .recomputed
        .map_or((0, 0), |recomputed| (recomputed.differing, recomputed.compared.values().sum::<u64>()));
    let number = |count: u64| frame.number(i64::try_from(count).unwrap_or(i64::MAX));
    let words = match differing {
        0 => frame.with(CheckWord::FoldedSame, number(compared)),
        _ => frame.with(CheckWord::FoldedOther, number(u64::try_from(differing).unwrap_or(u64::MAX))),
    };
    Ok(Folded { is_sound: view.closes, words })
}

/// The route of the log.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/reconciliation/verify", verify_page);
}
