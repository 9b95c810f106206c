//! Which programmes anybody may read figures of: whoever may write programmes publishes them here, and takes that back.
//!
//! Never here: publishing what is sensitive; the room of programmes refuses it.

pub(super) mod words;

use super::form::Form;
use super::frame::Frame;
use super::refused::refuse;
use super::visitor::{Visitor, see, shown};
use super::words::Word;
use crate::auth::{Permit, action};
use crate::core::check::Edit;
use crate::core::id::ProgrammeId;
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Outcome, Problem};
use crate::programmes::{Programme, ProgrammeChange, ProgrammeEdit, ProgrammeFilter, list_programmes};
use crate::web::{IfMatch, Path, Routes, State};
use actix_web::HttpResponse;
use actix_web::http::Method;
use askama::Template;
use words::PublishWord;

/// A programme to choose.
struct Row {
    id: String,
    name: String,
    revision: i64,
    /// In words: since when it is published, or that it cannot be.
    standing: String,
    is_published: bool,
    is_sensitive: bool,
}

#[derive(Template)]
#[template(path = "publish/page.html")]
struct PublishPage {
    frame: Frame,
    rows: Vec<Row>,
}

fn row(frame: &Frame, programme: &Programme) -> Row {
    let standing = match programme.published_at {
        Some(since) => frame.with(PublishWord::Since, frame.day(since.to_string())),
        None if programme.sensitive => frame.say(PublishWord::Sensitive).to_owned(),
        None => frame.say(PublishWord::NotPublished).to_owned(),
    };
    Row {
        id: programme.id.to_string(),
        name: programme.name.clone(),
        revision: programme.revision,
        standing,
        is_published: programme.published_at.is_some(),
        is_sensitive: programme.sensitive,
    }
}

async fn publish_show(
    _permit: Permit<action::ProgrammeWrite>,
    visitor: Visitor,
    state: State,
) -> Outcome<HttpResponse> {
    let read = |conn: &mut crate::db::Conn| {
        list_programmes(conn, &ProgrammeFilter::default(), None, PAGE_LIMIT_MAXIMUM)
    };
    let programmes = state.read(read).await?;
    let frame = visitor.frame(PublishWord::Title);
    let rows = programmes.iter().map(|programme| row(&frame, programme)).collect();
    shown(&PublishPage { frame, rows })
}

async fn publish_send(
    permit: Permit<action::ProgrammeWrite>,
    state: State,
    path: Path<ProgrammeId>,
    form: Form,
) -> Outcome<HttpResponse> {
    let revision = form.get("revision").parse().map_err(|_| {
        Problem::field("/revision", "is no revision; open the page again and choose from there")
    })?;
    let edit =
        ProgrammeEdit { published: Edit::Set(form.get("published") == "true"), ..ProgrammeEdit::default() };
    let change = ProgrammeChange { actor: permit.actor(), id: path.0, revision: IfMatch(revision), edit };
    state.writer.record(change).await?;
    see("/publish")
}

/// The routes of publishing.
pub fn routes(routes: &mut Routes) {
    routes.page_for(refuse, Method::GET, "/publish", publish_show);
    routes.page_for(refuse, Method::POST, "/publish/{id}", publish_send);
}
