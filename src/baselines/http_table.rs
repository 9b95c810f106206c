//! Populations as a table, over HTTP.

use super::rules::{Draft as _, PopulationDraft, ROWS_MAXIMUM, Statements};
use super::statement::State as Stating;
use super::store::Population;
use super::table::{TableWords, read_table};
use crate::auth::{Permit, action};
use crate::core::check::Check;
use crate::core::id::{BaselineBatchId, derived};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::web::{BODY_LIMIT, Query, Routes, State, Written, WrittenBody, read_body};
use crate::writer::Recorded;
use actix_web::HttpRequest;
use actix_web::web::{Payload, block};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What is said of all rows of a table.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TableQuery {
    /// Made by the caller, UUID version 7; the same id and table again change nothing.
    pub id: Option<BaselineBatchId>,
    /// The year they are counted or projected for.
    pub year: i64,
    /// Who counted.
    pub source: String,
    /// Which edition of it.
    pub source_version: String,
    /// Only areas of this level: 0 for the country, 1 for the first level below; all of them if not said.
    pub level: Option<u8>,
}

/// What became of a table.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TableStated {
    /// Which statement: that of the first 500 rows; the others' are made from it.
    pub id: BaselineBatchId,
    /// Populations that were stated.
    pub stated: usize,
    /// Areas they are of.
    pub areas: usize,
    /// The ledger sequence from which all of them count.
    pub sequence: i64,
}

/// State populations by a table
///
/// The body is CSV with the headings of COD-PS: codes in `ADM_PCODE` or `ADM0_PCODE` to `ADM4_PCODE`, people in `Population`, `T_TL`,
/// `F_TL`, `M_TL` and by age such as `F_00_04` or `M_80PLUS`. All lines are judged before anything is recorded; then they are
/// stated 500 at a time, and what was recorded stays where a later part finds the server busy: send it again with the same id.
#[utoipa::path(post, path = "/api/v1/populations/table", tag = "baselines", params(TableQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 201, description = "Recorded", body = WrittenBody<TableStated>),
        (status = 200, description = "Was recorded before", body = WrittenBody<TableStated>)))]
pub async fn population_table(
    permit: Permit<action::BaselineWrite>,
    state: State,
    request: HttpRequest,
    query: Query<TableQuery>,
    payload: Payload,
) -> Outcome<Written<TableStated>> {
    let body = read_body(&request, payload.into_inner(), BODY_LIMIT).await?.to_vec();
    let id = query.0.id.unwrap_or(BaselineBatchId(Uuid::now_v7()));
    let read = move || read(&query.0, id, body);
    let stopped = |error| Problem::internal(format!("reading a table: {error}"));
    let (parts, areas) = block(read).await.map_err(stopped)??;
    let mut answer = TableStated { id, stated: 0, areas, sequence: 0 };
    let mut last = None;
    for (own, part) in parts {
        let update = Stating::<Population>::new(permit.actor(), &part, own)?;
        let recorded = state.writer.record(update).await?;
        answer.stated += recorded.answer.stated;
        answer.sequence = answer.sequence.max(recorded.answer.sequence);
        last = recorded.leaf.or(last);
    }
    let is_new = last.is_some();
    let recorded = Recorded { answer, leaf: last };
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

/// Rows that are stated together, and the identifier of that statement.
type Part = (BaselineBatchId, Statements<PopulationDraft>);

/// The statements of a table, 500 rows each, and how many areas they are of.
fn read(query: &TableQuery, id: BaselineBatchId, body: Vec<u8>) -> Outcome<(Vec<Part>, usize)> {
    let text = String::from_utf8(body).map_err(|_| {
        Problem::new(Code::Malformed, "The table is not UTF-8; save it as CSV in UTF-8 and send it again.")
    })?;
    let words = TableWords {
        year: query.year,
        source: query.source.clone(),
        source_version: query.source_version.clone(),
        level: query.level,
    };
    let rows = read_table(&text, &words)?;
    let mut check = Check::new();
    check.client_id("/id", query.id.map(|id| id.0));
    let mut first = BTreeMap::new();
    let mut normal = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let row = row.normal(&mut check, &format!("/rows/{place}"));
        if first.insert(row.key().0, place).is_some() {
            check.fault(
                Fault::Twice,
                format!("/rows/{place}"),
                format!("{} stands twice; state it once", row.words()),
            );
        }
        normal.push(row);
        if check.count() >= 50 {
            break;
        }
    }
    check.finish()?;
    let areas = normal.iter().map(|row| row.area.as_str()).collect::<std::collections::BTreeSet<_>>().len();
    let statements = (0..).zip(normal.chunks(ROWS_MAXIMUM)).map(|(place, rows)| {
        let own = if place == 0 { id } else { derived(id.0, "table", place) };
        (own, Statements { id: None, rows: rows.to_vec() })
    });
    Ok((statements.collect(), areas))
}

/// Declares the route of tables.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_population_table, population_table);
}
