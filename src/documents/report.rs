//! Every number of a series: used, void, open in a block, and nothing else. A number that is none of these is a gap;
//! the report counts them from both sides, so that one shows.

use super::block::NumberBlock;
use super::number::{NumberEntry, NumberSeries, series_id};
use super::rules::{DocumentKind, number_text};
use crate::core::id::{DocumentId, NumberBlockId, NumberSeriesId, SiteId};
use crate::core::problem::Outcome;
use crate::db::schema::{document_numbers, number_blocks, number_series};
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use serde::Serialize;

/// What became of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberState {
    /// A document bears it.
    Used,
    /// It is void, with its document or unused.
    Void,
    /// It was given out and is not used yet.
    Open,
    /// Nobody knows of it. There are none.
    Gap,
}

/// Numbers that follow each other and share their fate; of those a document bears each stands alone.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct NumberRun {
    /// What became of them.
    pub state: NumberState,
    /// The first, as it is written.
    pub from: String,
    /// The last.
    pub to: String,
    /// The document that bears it.
    pub document: Option<DocumentId>,
    /// The block they were given out in.
    pub block: Option<NumberBlockId>,
}

/// How many numbers have which state.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct NumberCounts {
    /// A document bears them.
    pub used: i64,
    /// Void, with their document or unused.
    pub void: i64,
    /// In blocks that are out, and not used yet.
    pub open: i64,
    /// Known of by nobody: the counter less all the others. Always 0.
    pub gaps: i64,
}

/// A part of a series with the counts of all of it.
pub(super) struct SeriesPart {
    pub(super) prefix: Option<String>,
    pub(super) last: i64,
    pub(super) counts: NumberCounts,
    pub(super) runs: Vec<NumberRun>,
    /// The serial to read on after; none at the end.
    pub(super) next: Option<i64>,
}

/// Reads a part of a series.
///
/// # Errors
/// What the database says.
pub(super) fn series_read(
    conn: &mut Conn,
    (kind, site, year): (DocumentKind, SiteId, i64),
    after: i64,
    limit: i64,
) -> Outcome<SeriesPart> {
    let id = series_id(kind, site, year);
    let series: Option<NumberSeries> = number_series::table
        .find(id)
        .select(NumberSeries::as_select())
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    let Some(series) = series else {
        let counts = NumberCounts { used: 0, void: 0, open: 0, gaps: 0 };
        return Ok(SeriesPart { prefix: None, last: 0, counts, runs: Vec::new(), next: None });
    };
    let blocks: Vec<NumberBlock> = number_blocks::table
        .filter(number_blocks::series_id.eq(id))
        .order(number_blocks::first)
        .select(NumberBlock::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let mut entries: Vec<NumberEntry> = document_numbers::table
        .filter(document_numbers::series_id.eq(id).and(document_numbers::serial.gt(after)))
        .order(document_numbers::serial)
        .limit(limit + 1)
        .select(NumberEntry::as_select())
        .load(conn)
        .map_err(read_failure)?;
    let has_more = entries.len() as i64 > limit;
    entries.truncate(usize::try_from(limit).unwrap_or(0));
    let upto = if has_more { entries.last().map_or(series.last, |entry| entry.serial) } else { series.last };
    let counts = counts(conn, id, series.last, &blocks)?;
    let runs = runs(&series.prefix, after, upto, &entries, &blocks);
    Ok(SeriesPart {
        prefix: Some(series.prefix),
        last: series.last,
        counts,
        runs,
        next: has_more.then_some(upto),
    })
}

/// Counts by what is recorded of numbers and blocks; the counter is only compared with.
fn counts(conn: &mut Conn, id: NumberSeriesId, last: i64, blocks: &[NumberBlock]) -> Outcome<NumberCounts> {
    let of_series = || document_numbers::table.filter(document_numbers::series_id.eq(id));
    let count_of = |voided: bool, conn: &mut Conn| -> Outcome<i64> {
        of_series().filter(document_numbers::voided.eq(voided)).count().get_result(conn).map_err(read_failure)
    };
    let (used, void) = (count_of(false, conn)?, count_of(true, conn)?);
    let out = of_series()
        .inner_join(number_blocks::table.on(document_numbers::block_id.eq(number_blocks::id.nullable())))
        .filter(number_blocks::returned_at.is_null());
    let told: i64 = out.count().get_result(conn).map_err(read_failure)?;
    let given = blocks.iter().filter(|block| block.returned_at.is_none());
    let given: i64 = given.map(|block| block.last - block.first + 1).sum();
    let open = given - told;
    Ok(NumberCounts { used, void, open, gaps: last - used - void - open })
}

/// The runs of the numbers after `after` up to `upto`.
fn runs(
    prefix: &str,
    after: i64,
    upto: i64,
    entries: &[NumberEntry],
    blocks: &[NumberBlock],
) -> Vec<NumberRun> {
    let mut runs: Vec<NumberRun> = Vec::new();
    let mut entries = entries.iter().peekable();
    for serial in after + 1..=upto {
        let entry = entries.next_if(|entry| entry.serial == serial);
        let block = blocks.iter().find(|block| (block.first..=block.last).contains(&serial));
        let state = match (entry, block) {
            (Some(entry), _) if entry.voided => NumberState::Void,
            (Some(_), _) => NumberState::Used,
            (None, Some(block)) if block.returned_at.is_none() => NumberState::Open,
            (None, _) => NumberState::Gap,
        };
        let document = entry.and_then(|entry| entry.document_id);
        let block = block.map(|block| block.id);
        match runs.last_mut() {
            Some(run)
                if document.is_none()
                    && run.document.is_none()
                    && run.state == state
                    && run.block == block =>
            {
                run.to = number_text(prefix, serial);
            }
            Some(_) | None => runs.push(NumberRun {
                state,
                from: number_text(prefix, serial),
                to: number_text(prefix, serial),
                document,
                block,
            }),
        }
    }
    runs
}
