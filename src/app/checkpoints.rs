//! A thread that signs the log's head about once a second while it grows, and the log over HTTP.
//!
//! The thread has a connection of its own and shares nothing with the writer; what it keeps is one guarded
//! row outside any batch.

use crate::audit::note::NoteSigner;
use crate::audit::store::{CheckpointSigner, entries_page, newest_checkpoint};
use crate::auth::{Permit, action};
use crate::core::page::{Page, PageQuery};
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Conn, connect, read_failure};
use crate::web::{Paging, Query, Routes, State, encode_key};
use actix_web::HttpResponse;
use actix_web::web::Json;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often the log's head is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// The signing thread; it signs once more when stopped.
pub struct CheckpointTask {
    /// Dropped to stop.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl CheckpointTask {
    /// Starts signing.
    ///
    /// # Errors
    /// Where the thread cannot be started.
    pub fn start(url: String, signer: NoteSigner) -> Outcome<Self> {
        let (stop, stopped) = sync_channel(1);
        let work = move || {
            let result = sign_while(&url, signer, || {
                !matches!(stopped.recv_timeout(PERIOD), Err(RecvTimeoutError::Timeout))
            });
            if let Err(problem) = result {
                tracing::error!(cause = problem.internal.as_deref(), "checkpoints are signed no more");
            }
        };
        let thread = std::thread::Builder::new()
            .name("relief-checkpoints".to_owned())
            .spawn(work)
            .map_err(|error| Problem::internal(format!("checkpoints cannot be signed: {error}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }

    /// Signs once more and returns; call it when the writer has stopped.
    pub fn stop(mut self) {
        self.join();
    }

    fn join(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Drop for CheckpointTask {
    fn drop(&mut self) {
        self.join();
    }
}

/// Signs whenever the log has grown, until `stopped`, which waits for a while; once more after that.
fn sign_while(url: &str, signer: NoteSigner, mut stopped: impl FnMut() -> bool) -> Outcome<()> {
    let mut conn = connect(url)?;
    let mut checkpoints = CheckpointSigner::resume(&mut conn, signer)?;
    loop {
        let is_last = stopped();
        // Another process may write too, so the database is asked whether the log has grown: one row.
        match checkpoints.sign(&mut conn, now()) {
            Ok(_) => {}
            Err(problem) if problem.code == Code::Internal => return Err(problem),
            Err(problem) => {
                tracing::warn!(cause = problem.internal.as_deref(), "no checkpoint for now");
                conn = connect(url).unwrap_or(conn);
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// One entry of the log.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LogEntryView {
    /// Its position in the tree, from 0.
    pub position: i64,
    /// The exact text that was hashed: a JSON object without any space.
    pub body: String,
    /// SHA-256(0x00 ‖ body), base64url without padding.
    pub leaf_hash: String,
}

/// The newest signed checkpoint, a C2SP signed note; auditors keep it.
#[utoipa::path(get, path = "/api/v1/audit/checkpoint", tag = "trust",
    responses((status = 200, description = "The note", body = String, content_type = "text/plain")))]
pub async fn audit_checkpoint(_permit: Permit<action::AuditRead>, state: State) -> Outcome<HttpResponse> {
    let newest = state.read(|conn| newest_checkpoint(conn).map_err(read_failure)).await?;
    let stored = newest.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(stored.note))
}

/// Entries of the log in their order.
#[utoipa::path(get, path = "/api/v1/audit/entries", tag = "trust", params(PageQuery),
    responses((status = 200, description = "A page", body = Page<LogEntryView>)))]
pub async fn audit_entries(
    _permit: Permit<action::AuditRead>,
    state: State,
    query: Query<PageQuery>,
) -> Outcome<Json<Page<LogEntryView>>> {
    let paging = Paging::<i64>::of(&query.0)?;
    let after = paging.after.unwrap_or(-1);
    let page = move |conn: &mut Conn| entries_page(conn, after, paging.limit).map_err(read_failure);
    let (rows, limit) = state.read(page).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.position));
    Ok(Json(page.map(|row| LogEntryView {
        position: row.position,
        body: row.body,
        leaf_hash: URL_SAFE_NO_PAD.encode(row.leaf_hash),
    })))
}

/// The routes of the log.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_audit_checkpoint, audit_checkpoint);
    routes.add(__path_audit_entries, audit_entries);
}
