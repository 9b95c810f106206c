//! Whether the server lives, is ready, and how it does.

use super::checkpoints::{Reason, Signing};
use super::observe::Metrics;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, pending};
use crate::web::{Routes, State};
use crate::writer::last_sequence;
use actix_web::{HttpResponse, web};
use serde::Serialize;

/// The state of one part.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: &'static str,
}

/// What a ready server stands at.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Readiness {
    /// `ok`; `in_doubt` where it serves what somebody must look at before it is believed.
    pub status: &'static str,
    /// What is in doubt, the `log` or the `record`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<&'static str>,
    /// What that means and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The last committed entry of the ledger, whoever wrote it.
    pub sequence: i64,
    /// Updates waiting now.
    pub queue: usize,
}

/// Answers as long as the process runs.
#[utoipa::path(get, path = "/health/live", tag = "server",
    responses((status = 200, description = "It runs", body = Health)))]
pub async fn health_live() -> web::Json<Health> {
    web::Json(Health { status: "ok" })
}

/// Answers once the database has the present schema and answers, and the writer works; says whether the log is signed
/// and the record believed.
#[utoipa::path(get, path = "/health/ready", tag = "server",
    responses((status = 200, description = "It serves", body = Readiness)))]
pub async fn health_ready(state: State, signing: web::Data<Signing>) -> Outcome<web::Json<Readiness>> {
    let reads = |conn: &mut Conn| {
        let waiting = pending(conn)?;
        let last = if waiting.is_empty() { last_sequence(conn)? } else { 0 };
        Ok((waiting, last))
    };
    let (waiting, last) = state.read(reads).await?;
    if !waiting.is_empty() {
        let lacks = format!("The database lacks migrations: {}. Run relief migrate.", waiting.join(", "));
        return Err(Problem::new(Code::Unavailable, lacks));
    }
    // The sender lives in the writing thread: where it is gone, so is the thread.
    if state.writer.sequence().has_changed().is_err() {
        return Err(Problem::new(Code::Unavailable, "The writer has stopped; nothing can be recorded."));
    }
    // What is in doubt is served on: a proxy that took this server away would take away the reads as well.
    let doubt = signing.doubt();
    Ok(web::Json(Readiness {
        status: if doubt.is_some() { "in_doubt" } else { "ok" },
        doubt: doubt.as_ref().map(Reason::word),
        detail: doubt.as_ref().map(Reason::words),
        sequence: last,
        queue: state.writer.depth(),
    }))
}

/// Figures of this process, as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "Text in the format of Prometheus", body = String)))]
pub async fn metrics(
    state: State,
    metrics: web::Data<Metrics>,
    signing: web::Data<Signing>,
) -> Outcome<HttpResponse> {
    // Figures are told while the database is away too; then this process knows of its own entries only.
    let own = *state.writer.sequence().borrow();
    let last = state.read(last_sequence).await.unwrap_or(own);
    let text = metrics.text(&state, last, signing.doubt().is_some())?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

/// The routes of health.
pub fn routes(routes: &mut Routes) {
    routes.public(__path_health_live, health_live);
    routes.public(__path_health_ready, health_ready);
    routes.public(__path_metrics, metrics);
}
