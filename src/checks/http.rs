//! Samples, red flags and traces over HTTP.

use super::flags::{FlagKey, FlagKind, FlagQuestion, FlagView, flag_list};
use super::sample::{SAMPLE_DEFAULT, SAMPLE_MAXIMUM, SampleView, sample_read};
use super::trace::{TraceView, trace_read};
use crate::auth::{Permit, action};
use crate::core::id::LotId;
use crate::core::page::Page;
use crate::core::problem::{Outcome, Problem};
use crate::web::{Paging, Path, Query, Routes, State};
use actix_web::web::Json;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which sample is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SampleQuery {
    /// Entries wanted, 1 to 500; 25 if not said.
    pub size: Option<i64>,
    /// The entries of the checkpoint it is drawn from: the number in its second line; the newest if left out.
    pub checkpoint: Option<i64>,
}

/// A sample of the log's entries that nobody can steer: the root hash of a checkpoint draws it, so that whoever has the
/// checkpoint draws the same.
#[utoipa::path(get, path = "/api/v1/audit/sample", tag = "trust", params(SampleQuery),
    responses((status = 200, body = SampleView)))]
pub async fn audit_sample(
    _permit: Permit<action::AuditRead>,
    state: State,
    query: Query<SampleQuery>,
) -> Outcome<Json<SampleView>> {
    let size = query.0.size.unwrap_or(SAMPLE_DEFAULT);
    if !(1..=SAMPLE_MAXIMUM).contains(&size) {
        let words = format!("A sample has 1 to {SAMPLE_MAXIMUM} entries; {size} were asked for.");
        return Err(Problem::field("/size", words).outside(size, &(1..=SAMPLE_MAXIMUM)));
    }
    let checkpoint = query.0.checkpoint;
    Ok(Json(state.read(move |conn| sample_read(conn, checkpoint, size)).await?))
}

/// Which flags are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FlagQuery {
    /// Of this kind; of all if left out.
    #[param(inline)]
    pub kind: Option<FlagKind>,
    /// Days between what happened and its record, above which it is backdated; 30 if not said.
    pub days: Option<i64>,
    /// What numbers of people are a multiple of to be round; 100 if not said.
    pub round: Option<i64>,
    /// The day figures were reported as of, such as `2026-06-30`; without it nothing is late.
    pub reporting_date: Option<String>,
    /// Whether what was imported at the command line is told as backdated too.
    pub imported: Option<bool>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// Red flags: what looks as if somebody should look, each with its reason. Kind after kind, in the order recorded.
#[utoipa::path(get, path = "/api/v1/audit/flags", tag = "trust", params(FlagQuery),
    responses((status = 200, description = "A page", body = Page<FlagView>)))]
pub async fn audit_flags(
    permit: Permit<action::FlagRead>,
    state: State,
    query: Query<FlagQuery>,
) -> Outcome<Json<Page<FlagView>>> {
    let query = query.0;
    let paging: Paging<FlagKey> = Paging::new(query.after.as_deref(), query.limit)?;
    let date = query.reporting_date.as_deref();
    let question =
        FlagQuestion::new(query.kind, query.days, query.round, date, query.imported.unwrap_or(false))?;
    Ok(Json(state.read(move |conn| flag_list(conn, permit.scope(), &question, &paging)).await?))
}

/// The trace of a lot: where all of it is now and whom it reached, who gave it and how it came, over all names it had.
#[utoipa::path(get, path = "/api/v1/lots/{id}/trace", tag = "trust", params(("id" = LotId, Path)),
    responses((status = 200, body = TraceView)))]
pub async fn lot_trace(
    permit: Permit<action::TraceRead>,
    state: State,
    path: Path<LotId>,
) -> Outcome<Json<TraceView>> {
    Ok(Json(state.read(move |conn| trace_read(conn, permit.scope(), path.0)).await?))
}

/// The routes of this room.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_audit_sample, audit_sample);
    routes.add(__path_audit_flags, audit_flags);
    routes.add(__path_lot_trace, lot_trace);
}
