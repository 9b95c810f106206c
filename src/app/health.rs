//! Whether the server lives, is ready, and how it does.

use super::checkpoints::{Reason, Signing};
use super::observe::Metrics;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, Replica, Standing, pending};
use crate::events::streams::Streams;
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

/// How a replica stands.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReplicaHealth {
    /// `serving`; `late`, `unreachable` or `strange` where reads go to the database itself.
    pub status: &'static str,
    /// How old what it holds is at most, in milliseconds; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// The last entry of the ledger it was seen to hold.
    pub sequence: i64,
}

impl ReplicaHealth {
    fn of(replica: &Replica) -> Self {
        Self {
            status: replica.standing().word(),
            age_ms: replica.age().and_then(|age| u64::try_from(age.as_millis()).ok()),
            sequence: replica.sequence(),
        }
    }
}

/// What a ready server stands at.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Readiness {
    /// `ok`; `in_doubt` where it serves what somebody must look at before it is believed; `reads_only` where the
    /// database is gone and its replica is read.
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
    /// The replica, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica: Option<ReplicaHealth>,
}

/// Answers as long as the process runs.
#[utoipa::path(get, path = "/health/live", tag = "server",
    responses((status = 200, description = "It runs", body = Health)))]
pub async fn health_live() -> web::Json<Health> {
    web::Json(Health { status: "ok" })
}

/// Answers once the database has the present schema and answers, and the writer works, or where the database is gone and
/// its replica is read; says whether the log is signed and the record believed.
#[utoipa::path(get, path = "/health/ready", tag = "server",
    responses((status = 200, description = "It serves", body = Readiness)))]
pub async fn health_ready(state: State, signing: web::Data<Signing>) -> Outcome<web::Json<Readiness>> {
    let alone = reading_alone(&state);
    let sequence = stands_at(&state, alone).await?;
    // What is in doubt is served on: a proxy that took this server away would take away the reads as well.
    let doubt = signing.doubt();
    Ok(web::Json(Readiness {
        status: match (alone, &doubt) {
            (Some(_), _) => "reads_only",
            (None, Some(_)) => "in_doubt",
            (None, None) => "ok",
        },
        doubt: doubt.as_ref().map(Reason::word),
        detail: doubt.as_ref().map(Reason::words),
        sequence,
        queue: state.writer.depth(),
        replica: state.replica.as_ref().map(ReplicaHealth::of),
    }))
}

/// The last entry of the ledger, where there is nothing in the way of serving.
async fn stands_at(state: &State, alone: Option<&Replica>) -> Outcome<i64> {
    let reads = |conn: &mut Conn| {
        let waiting = pending(conn)?;
        let last = if waiting.is_empty() { last_sequence(conn)? } else { 0 };
        Ok((waiting, last))
    };
    let (waiting, last) = match alone {
        // Nobody asks a database that does not answer: a proxy that waited for it would take the reads away as well.
        Some(replica) => (Vec::new(), replica.sequence()),
        None => state.read(reads).await?,
    };
    if !waiting.is_empty() {
        let lacks = format!("The database lacks migrations: {}. Run relief migrate.", waiting.join(", "));
        return Err(Problem::new(Code::Unavailable, lacks));
    }
    // The sender lives in the writing thread: where it is gone, so is the thread.
    if state.writer.sequence().has_changed().is_err() {
        return Err(Problem::new(Code::Unavailable, "The writer has stopped; nothing can be recorded."));
    }
    Ok(last)
}

/// The replica, where it is read and the database itself is gone.
fn reading_alone(state: &State) -> Option<&Replica> {
    let replica = state.replica.as_ref()?;
    (replica.is_alone() && replica.standing() == Standing::Serving).then_some(replica)
}

/// Figures of this process, as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = 200, description = "Text in the format of Prometheus", body = String)))]
pub async fn metrics(
    state: State,
    metrics: web::Data<Metrics>,
    signing: web::Data<Signing>,
    streams: web::Data<Streams>,
) -> Outcome<HttpResponse> {
    metrics.note_streams(streams.count());
    // Figures are told while the database is away too; then this process knows of its own entries only.
    let own = *state.writer.sequence().borrow();
    let is_gone = state.replica.as_ref().is_some_and(Replica::is_alone);
    let last = if is_gone { own } else { state.read(last_sequence).await.unwrap_or(own) };
    let text = metrics.text(&state, last, signing.doubt().is_some())?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}

/// The routes of health.
pub fn routes(routes: &mut Routes) {
    routes.public(__path_health_live, health_live);
    routes.public(__path_health_ready, health_ready);
    routes.public(__path_metrics, metrics);
}
