//! Exports over HTTP, and the list of what was taken away.

use super::record::{Exported, exports_list};
use super::rules::{ExportQuery, Kind};
use super::sink::{Channel, Piece, unwritten};
use super::turn::Turn;
use super::write::{Caller, Export, begin, run};
use crate::auth::{Action, Permit, action};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{ExportId, UserId};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::web::{Paging, Path, Query, Routes, State, encode_key};
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Json, block};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::unfold;
use serde::Serialize;
use tokio::sync::mpsc::{Receiver, channel};
use utoipa::ToSchema;

/// The header in which somebody asks how many entries a file goes through, who shows how far it is. They are counted for who
/// asks alone, since counting takes a while.
const EXPECT: &str = "relief-expect";
/// The header that says so.
const ENTRIES: &str = "relief-entries";
/// Pieces of 64 KiB that wait for a slow reader.
const PIECES_WAITING: usize = 4;

/// A file that was taken away.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExportView {
    /// Which one; it stands in the file.
    pub id: ExportId,
    /// The kind of file.
    pub kind: String,
    /// What it was narrowed to, in words; empty where to nothing.
    pub asked: String,
    /// The entry of the ledger as of which it is told.
    pub sequence: i64,
    /// The last effective time that counts, where one was asked for.
    pub as_of: Option<Timestamp>,
    /// Who took it.
    pub asked_by: UserId,
    /// How far that caller reached.
    pub scope: String,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// Rows it has; null where it was broken off.
    pub rows: Option<i64>,
    /// Bytes it has.
    pub bytes: Option<i64>,
    /// SHA-256 of the whole file, 64 hexadecimal digits.
    pub sha256: Option<String>,
    /// When its digest was noted, which is before the last of its bytes left; null where it was broken off.
    pub finished_at: Option<Timestamp>,
}

impl From<Exported> for ExportView {
    fn from(row: Exported) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            asked: row.asked,
            sequence: row.sequence,
            as_of: row.as_of,
            asked_by: row.asked_by,
            scope: row.asked_as,
            begun_at: row.begun_at,
            rows: row.row_count,
            bytes: row.bytes,
            sha256: row.sha256.as_deref().map(hexadecimal),
            finished_at: row.finished_at,
        }
    }
}

/// What was taken away as a file
///
/// One's own, in the order they were begun; everybody's, for whoever reads the log.
#[utoipa::path(get, path = "/api/v1/exports", tag = "exchange", params(PageQuery),
    responses((status = 200, description = "One page of exports", body = Page<ExportView>)))]
pub async fn export_index(
    permit: Permit<action::ExportRead>,
    state: State,
    query: Query<PageQuery>,
) -> Outcome<Json<Page<ExportView>>> {
    let paging = Paging::<ExportId>::of(&query.0)?;
    let (limit, after) = (paging.limit, paging.after);
    let rows = state.read(move |conn| exports_list(conn, &permit, after, limit + 1)).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.id));
    Ok(Json(page.map(ExportView::from)))
}

/// Take figures away as a file
///
/// Streamed. The file says what it is: the export's id, the entry of the ledger it is told as of, `as_of`, filters, scope
/// and the newest checkpoint. Its SHA-256 is an entry of the log before its last bytes leave. An answer that ends without
/// its last chunk was broken off. Asked with `Relief-Expect: entries`, the answer's header `Relief-Entries` says how many entries
/// of the ledger a file of entries goes through.
#[utoipa::path(get, path = "/api/v1/exports/{kind}", tag = "exchange",
    params(("kind" = String, Path, description = "csv, ndjson, xlsx, hxl, iati, epcis or geojson"), ExportQuery,
        ("Relief-Expect" = Option<String>, Header, description = "`entries`: they are counted before")),
    responses((status = 200, description = "The file", body = String, content_type = "application/octet-stream"),
        (status = 503, description = "Others are taking as many exports as there may be at once",
            body = crate::web::ProblemBody, content_type = "application/problem+json")))]
pub async fn export_show(
    permit: Permit<action::ExportRead>,
    state: State,
    kind: Path<String>,
    query: Query<ExportQuery>,
    request: HttpRequest,
) -> Outcome<HttpResponse> {
    let (kind, is_counted) = (Kind::read(&kind.0)?, is_counted(&request));
    let turn = Turn::of(permit.principal().user).await?;
    let (from, caller) = (state.clone(), caller_of(&permit));
    let begun = block(move || begun(&from, kind, &query.0, caller, is_counted));
    let (export, entries) =
        begun.await.map_err(|error| Problem::internal(format!("an export's task ended: {error}")))??;
    let name = format!("attachment; filename=\"relief-{}.{}\"", export.stamp.sequence, kind.extension());
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, kind.media_type()));
    response.insert_header((CONTENT_DISPOSITION, name));
    response.insert_header(("relief-export", export.stamp.id.to_string()));
    if let Some(entries) = entries {
        response.insert_header((ENTRIES, entries.to_string()));
    }
    Ok(response.streaming(unfold(Some(pieces(state, export, turn)), next)))
}

fn caller_of(permit: &Permit<action::ExportRead>) -> Caller {
    let reconciles = permit.reach(Action::ReconciliationRead).is_some();
    Caller { actor: permit.actor(), scope: permit.scope().clone(), reconciles }
}

/// Whether somebody asks how many entries there will be.
fn is_counted(request: &HttpRequest) -> bool {
    request.headers().get(EXPECT).is_some_and(|value| value.as_bytes() == b"entries")
}

/// Begins an export; with how many entries it goes through, where that is asked and it does.
fn begun(
    state: &State,
    kind: Kind,
    query: &ExportQuery,
    caller: Caller,
    is_counted: bool,
) -> Outcome<(Export, Option<i64>)> {
    let export = begin(&state.database, &state.writer, kind, query, caller)?;
    let entries = if is_counted { export.expected(&state.database)? } else { None };
    Ok((export, entries))
}

/// Has an export written on a thread that may block, and answers where its pieces come out.
fn pieces(state: State, export: Export, turn: Turn) -> Receiver<Piece> {
    let (sender, receiver) = channel(PIECES_WAITING);
    tokio::task::spawn_blocking(move || {
        let out = Channel::new(sender.clone());
        // A workbook is made before any of it leaves, so it is asked while it is made whether anybody waits for it still.
        let mut is_wanted = |_| if sender.is_closed() { Err(left()) } else { turn.check() };
        let done = run(&export, &state.database, &state.writer, out, &mut is_wanted);
        let done = done.and_then(|(out, _)| out.finish().map_err(unwritten));
        if let Err(problem) = done {
            tracing::warn!(export = %export.stamp.id, cause = problem.internal.as_deref(), "an export was broken off");
            // Whoever reads no more need not hear it, nor is waited for.
            drop(sender.try_send(Piece::Broken(problem)));
        }
        drop(turn);
    });
    receiver
}

/// That nobody waits for an export any more.
fn left() -> Problem {
    Problem::new(Code::Unavailable, "Whoever asked for the export left.")
}

/// The next bytes of an export; an error where it ends before it was said to, which has the connection closed before its end.
async fn next(from: Option<Receiver<Piece>>) -> Option<(Outcome<Bytes>, Option<Receiver<Piece>>)> {
    let mut receiver = from?;
    match receiver.recv().await {
        Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(receiver))),
        Some(Piece::End) => None,
        Some(Piece::Broken(problem)) => Some((Err(problem), None)),
        None => Some((Err(Problem::internal("an export ended before its end")), None)),
    }
}

/// The routes of exports.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_export_index, export_index);
    routes.add(__path_export_show, export_show);
}
