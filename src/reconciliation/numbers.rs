//! Numbers of documents: how many of each series are used, void or open, and which nobody can account for.
//!
//! A series is of a kind, a site and a year. It is told as it was when the last entry that counts was recorded: a
//! number is used from when its document was recorded, void from when the document was voided or its block
//! returned.

use super::anchor::EVERYTHING;
use super::counted::Counted;
use super::keys::Wanted;
use super::rules::{Group, LISTED_MAXIMUM, Question, ROWS_MAXIMUM};
use crate::auth::Bound;
use crate::core::id::{NumberSeriesId, SiteId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::{Conn, Statement};
use crate::totals::Named;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use serde::Serialize;
use std::collections::HashMap;

/// A series of numbers.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SeriesRow {
    /// The kind of document.
    pub kind: String,
    /// The site.
    pub site: Named,
    /// The year.
    pub year: i64,
    /// What stands before the serial.
    pub prefix: String,
    /// How many were given out.
    pub given: i64,
    /// A document bears them.
    pub used: i64,
    /// Void, with their document or unused.
    pub void: i64,
    /// In blocks that are out, and not used yet.
    pub open: i64,
    /// Nobody can account for them: given less used, void and open.
    pub gaps: i64,
    /// Serials among those, the first 500.
    pub missing: Vec<i64>,
}

/// Numbers of documents.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct NumbersSection {
    /// Every series within reach, by prefix.
    pub series: Vec<SeriesRow>,
    /// All gaps together, whichever way they are: 0.
    pub gaps: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Binary)]
    id: NumberSeriesId,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Binary)]
    site_id: SiteId,
    #[diesel(sql_type = BigInt)]
    year: i64,
    #[diesel(sql_type = Text)]
    prefix: String,
    #[diesel(sql_type = BigInt)]
    given: i64,
    #[diesel(sql_type = BigInt)]
    used: i64,
    #[diesel(sql_type = BigInt)]
    void: i64,
    #[diesel(sql_type = BigInt)]
    open: i64,
}

#[derive(QueryableByName)]
struct Serial {
    #[diesel(sql_type = Binary)]
    series_id: NumberSeriesId,
    #[diesel(sql_type = BigInt)]
    first: i64,
    #[diesel(sql_type = BigInt)]
    last: i64,
}

/// Reads the section.
///
/// # Errors
/// `invalid` where there are too many series; whatever the database says.
pub(super) fn read(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<NumbersSection> {
    let mut statement = Statement::default();
    let within = within(counted.question, &mut statement);
    let until = statement.number(counted.moment.recorded_at.0);
    let text = series_text(&until, counted.question.known_at.is_some(), within.as_deref());
    let mut rows: Vec<Row> = statement.load(conn, &text)?;
    rows.sort_by(|one, other| one.prefix.cmp(&other.prefix));
    if rows.len() > ROWS_MAXIMUM {
        let detail = format!("more than {ROWS_MAXIMUM} series of numbers; add a filter by site or country");
        return Err(Problem::field("/sections", detail).coded(Fault::TooMany));
    }
    let missing = missing(conn, &rows)?;
    let mut wanted = Wanted::default();
    rows.iter().for_each(|row| wanted.site(row.site_id));
    let words = wanted.load(conn, &counted.question.scope)?;
    let told = |row: &Row| SeriesRow {
        kind: row.kind.clone(),
        site: words.site(row.site_id),
        year: row.year,
        prefix: row.prefix.clone(),
        given: row.given,
        used: row.used,
        void: row.void,
        open: row.open,
        gaps: row.gaps(),
        missing: missing.get(&row.id).cloned().unwrap_or_default(),
    };
    // One series that has too many hides none that has too few.
    let gaps = rows.iter().map(|row| row.gaps().abs()).sum();
    Ok(NumbersSection { series: rows.iter().map(told).collect(), gaps })
}

impl Row {
    fn gaps(&self) -> i64 {
        self.given - self.used - self.void - self.open
    }
}

/// Every series with what became of its numbers until a moment. How many were given out is said by the counter,
/// which knows of now only; of before, by the highest number that was used or given out then.
fn series_text(until: &str, is_past: bool, within: Option<&str>) -> String {
    let everything = if within.is_none() { EVERYTHING } else { "" };
    let within = within.unwrap_or("1 = 1");
    let asked = format!(
        "SELECT number_series.id FROM number_series {everything} \
         JOIN sites ON sites.id = number_series.site_id WHERE {within}"
    );
    let given = if is_past {
        "CASE WHEN COALESCE(told.highest, 0) > COALESCE(blocks.highest, 0) THEN told.highest \
         ELSE COALESCE(blocks.highest, 0) END"
    } else {
        "number_series.last"
    };
    let is_told = format!("(documents.created_at IS NOT NULL AND documents.created_at <= {until})");
    let is_void = format!(
        "(numbers.voided AND (({is_told} AND COALESCE(documents.voided_at, 0) <= {until}) \
         OR (numbers.document_id IS NULL AND COALESCE(taken_from.returned_at, 0) <= {until})))"
    );
    let is_out = format!("(taken_from.returned_at IS NULL OR taken_from.returned_at > {until})");
    format!(
        "SELECT * FROM (SELECT number_series.id AS id, number_series.kind AS kind, number_series.site_id AS site_id, \
         number_series.year AS year, number_series.prefix AS prefix, CAST({given} AS BIGINT) AS given, \
         CAST(COALESCE(told.used, 0) AS BIGINT) AS used, CAST(COALESCE(told.void, 0) AS BIGINT) AS void, \
         CAST(COALESCE(blocks.given_out, 0) - COALESCE(told.given_out, 0) AS BIGINT) AS open \
         FROM number_series JOIN sites ON sites.id = number_series.site_id \
         LEFT JOIN (SELECT numbers.series_id, \
         SUM(CASE WHEN {is_told} AND NOT {is_void} THEN 1 ELSE 0 END) AS used, \
         SUM(CASE WHEN {is_void} THEN 1 ELSE 0 END) AS void, \
         SUM(CASE WHEN {is_told} AND numbers.block_id IS NOT NULL AND {is_out} THEN 1 ELSE 0 END) AS given_out, \
         MAX(CASE WHEN {is_told} OR {is_void} THEN numbers.serial END) AS highest \
         FROM document_numbers AS numbers LEFT JOIN documents ON documents.id = numbers.document_id \
         LEFT JOIN number_blocks AS taken_from ON taken_from.id = numbers.block_id \
         WHERE numbers.series_id IN ({asked}) GROUP BY numbers.series_id) AS told ON told.series_id = number_series.id \
         LEFT JOIN (SELECT series_id, SUM(CASE WHEN returned_at IS NULL OR returned_at > {until} \
         THEN number_blocks.last - number_blocks.first + 1 ELSE 0 END) AS given_out, \
         MAX(number_blocks.last) AS highest FROM number_blocks WHERE given_at <= {until} \
         AND series_id IN ({asked}) GROUP BY series_id) AS blocks ON blocks.series_id = number_series.id \
         WHERE number_series.id IN ({asked})) AS series \
         WHERE given > 0 LIMIT {}",
        ROWS_MAXIMUM + 1
    )
}

/// The series that are asked for and within reach: those of sites the caller runs, or in its countries. What goods
/// are asked for says nothing of numbers. None where that is all of them.
fn within(question: &Question, statement: &mut Statement) -> Option<String> {
    let mut conditions = Vec::new();
    for (group, id) in &question.filters.ids {
        match group {
            Group::Site => conditions.push(format!("number_series.site_id = {}", statement.id(*id))),
            Group::Programme
            | Group::Donor
            | Group::Pledge
            | Group::Item
            | Group::Lot
            | Group::Country
            | Group::Holder
            | Group::Owner
            | Group::Consignee
            | Group::Consignment => {}
        }
    }
    if let Some(country) = &question.filters.country {
        conditions.push(format!("sites.country = {}", statement.words(country)));
    }
    for bound in question.scope.bounds() {
        conditions.push(match bound {
            Bound::Organization(own) => format!("sites.operator_id = {}", statement.id(own.0)),
            Bound::Countries(own) => {
                let own: Vec<String> = own.iter().map(|code| statement.words(code)).collect();
                format!("sites.country IN ({})", own.join(", "))
            }
            // Where a donor runs a site, its papers are about what others gave too.
            Bound::OwnPledges(_) => "1 = 0".to_owned(),
        });
    }
    (!conditions.is_empty()).then(|| conditions.join(" AND "))
}

/// The serials nobody can account for, of series that have any.
fn missing(conn: &mut Conn, rows: &[Row]) -> Outcome<HashMap<NumberSeriesId, Vec<i64>>> {
    let with_gaps: Vec<&Row> = rows.iter().filter(|row| row.gaps() != 0).take(LISTED_MAXIMUM).collect();
    if with_gaps.is_empty() {
        return Ok(HashMap::new());
    }
    let mut statement = Statement::default();
    let of: Vec<String> = with_gaps.iter().map(|row| statement.id(row.id.0)).collect();
    let of = of.join(", ");
    let text = format!(
        "SELECT series_id, serial AS first, serial AS last FROM document_numbers WHERE series_id IN ({of}) \
         UNION ALL SELECT series_id, number_blocks.first, number_blocks.last FROM number_blocks \
         WHERE series_id IN ({of}) AND returned_at IS NULL"
    );
    let mut known: HashMap<NumberSeriesId, Vec<(i64, i64)>> = HashMap::new();
    for run in statement.load::<Serial>(conn, &text)? {
        known.entry(run.series_id).or_default().push((run.first, run.last));
    }
    let missing = with_gaps.into_iter().map(|row| {
        let mut runs = known.remove(&row.id).unwrap_or_default();
        runs.sort_unstable();
        (row.id, between(&runs, row.given))
    });
    Ok(missing.collect())
}

/// The serials from 1 to `last` that no run has.
fn between(runs: &[(i64, i64)], last: i64) -> Vec<i64> {
    let mut missing = Vec::new();
    let mut next = 1;
    for (first, end) in runs.iter().copied().chain([(last + 1, last + 1)]) {
        missing.extend((next..first.min(last + 1)).take(LISTED_MAXIMUM.saturating_sub(missing.len())));
        next = next.max(end + 1);
    }
    missing
}
