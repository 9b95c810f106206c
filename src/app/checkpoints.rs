//! A thread that signs the log's head about once a second while it grows, and the log over HTTP.
//!
//! The thread has a connection of its own and shares nothing with the writer; what it keeps is one guarded
//! row outside any batch.

use super::background::Background;
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
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often the log's head is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Whether checkpoints are signed.
#[derive(Default)]
pub struct Signing {
    ended: AtomicBool,
}

impl Signing {
    /// Whether signing ended because the log does not continue what was signed before, or the last signature
    /// is of another key. Recording goes on, and somebody must look.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}

/// Starts signing. Stop it when the writer has stopped: then it signs once more.
///
/// # Errors
/// Where the thread cannot be started.
pub(super) fn keep_signing(url: String, signer: NoteSigner, signing: Arc<Signing>) -> Outcome<Background> {
    Background::start("relief-checkpoints", move |stopped| {
        if let Err(problem) = sign_while(&url, signer, || stopped.within(PERIOD)) {
            signing.ended.store(true, Ordering::Relaxed);
            tracing::error!(cause = problem.internal.as_deref(), "checkpoints are signed no more");
        }
    })
}

/// Signs at once and whenever the log has grown, until `stopped`, which waits for a while; once more after that. A
/// database that does not answer is asked again; a log that does not fit ends it.
fn sign_while(url: &str, signer: NoteSigner, mut stopped: impl FnMut() -> bool) -> Outcome<()> {
    let mut resumed: Option<(Conn, CheckpointSigner)> = None;
    let mut is_last = false;
    loop {
        let signed = match &mut resumed {
            None => resume(url, &signer).map(|taken_up| resumed = Some(taken_up)),
            // Another process may write too, so the database is asked whether the log has grown: one row.
            Some((conn, checkpoints)) => {
                let signed = checkpoints.sign(conn, now()).map(|_| ());
                if signed.is_err()
                    && let Ok(renewed) = connect(url)
                {
                    // What was read of the log is kept: taking it up anew would read all of it.
                    *conn = renewed;
                }
                signed
            }
        };
        match signed {
            Ok(()) => {}
            Err(problem) if problem.code == Code::Internal => return Err(problem),
            Err(problem) => {
                tracing::warn!(cause = problem.internal.as_deref(), "no checkpoint for now");
            }
        }
        if is_last {
            return Ok(());
        }
        is_last = stopped();
    }
}

/// Takes up signing and signs what was recorded meanwhile.
fn resume(url: &str, signer: &NoteSigner) -> Outcome<(Conn, CheckpointSigner)> {
    let mut conn = connect(url)?;
    let mut checkpoints = CheckpointSigner::resume(&mut conn, signer.clone())?;
    checkpoints.sign(&mut conn, now())?;
    Ok((conn, checkpoints))
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

/// The log's public key in the form of C2SP signed notes, `name+hash+key`: with it anyone checks receipts and
/// checkpoints, as by `relief verify --key`. Whoever checks keeps a copy from the first day.
#[utoipa::path(get, path = "/.well-known/relief-log.vkey", tag = "trust",
    responses((status = 200, description = "The key, one line", body = String, content_type = "text/plain")))]
pub async fn audit_key(state: State) -> HttpResponse {
    let key = format!("{}\n", state.signer.verifier());
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(key)
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
    routes.public(__path_audit_key, audit_key);
    routes.add(__path_audit_checkpoint, audit_checkpoint);
    routes.add(__path_audit_entries, audit_entries);
}
