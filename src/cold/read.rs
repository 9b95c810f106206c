//! Loggers' files as they are read, as far as a scope reaches: those at its sites, and of consignments it reaches.

use super::rules::Refused;
use super::store::{LoggerContent, LoggerFile};
use crate::auth::Scope;
use crate::checks::About;
use crate::consignments::consignments_within;
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{ConsignmentId, EventId, ItemId, LegId, LoggerFileId, LotId, SiteId, UserId};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{consignments, legs};
use crate::db::{Bind, Binds, Conn, ask, read_failure};
use crate::writer::Record as _;
use diesel::prelude::*;
use diesel::sql_types::Binary;
use serde::Serialize;
use utoipa::ToSchema;

/// Where a file is.
const FILE: About<'static> = About {
    consignment: "logger_files.consignment_id",
    site: "logger_files.site_id",
    pledge: "NULLIF(logger_files.id, logger_files.id)",
};

/// A file of readings as it is shown. Temperatures are in hundredths of a degree Celsius.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LoggerFileView {
    /// The file.
    pub id: LoggerFileId,
    /// The logger.
    pub device: String,
    /// The site it lay at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// Or the consignment it went with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consignment: Option<ConsignmentId>,
    /// On this leg.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
    /// The item it lay beside.
    pub item: ItemId,
    /// The lot; absent where it lay beside all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    /// The lowest temperature that is right.
    pub low: i64,
    /// The highest.
    pub high: i64,
    /// How many minutes at a stretch it might be outside.
    pub allowed_minutes: i64,
    /// Readings that were taken.
    pub readings: i64,
    /// Rows that were refused.
    pub refused: i64,
    /// The first reading.
    pub from: Timestamp,
    /// The last.
    pub to: Timestamp,
    /// The lowest temperature.
    pub lowest: i64,
    /// The highest.
    pub highest: i64,
    /// The longest stretch outside, in whole minutes.
    pub longest_minutes: i64,
    /// The first stretch that took longer than is allowed; absent where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excursion: Option<ExcursionView>,
    /// Since when the last reading is outside; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside_since: Option<Timestamp>,
    /// SHA-256 of the file as it was sent, 64 hexadecimal digits.
    pub sha256: String,
    /// Who sent it.
    pub uploaded_by: UserId,
    /// The ledger sequence from which it counts.
    pub sequence: i64,
    /// When that was.
    pub recorded_at: Timestamp,
}

/// That goods were outside for too long.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExcursionView {
    /// Since when.
    pub from: Timestamp,
    /// Until when it was seen to be so.
    pub until: Timestamp,
    /// Base units that were held for it.
    pub held: i64,
    /// The `held` events that did.
    pub events: Vec<EventId>,
}

impl From<&LoggerFile> for LoggerFileView {
    fn from(row: &LoggerFile) -> Self {
        let excursion = row.excursion_from.zip(row.excursion_until);
        Self {
            id: row.id,
            device: row.device.clone(),
            site: row.site_id,
            consignment: row.consignment_id,
            leg: row.leg_id,
            item: row.item_id,
            lot: row.lot_id,
            low: row.low,
            high: row.high,
            allowed_minutes: row.allowed_minutes,
            readings: row.readings,
            refused: row.refused,
            from: row.from_at,
            to: row.to_at,
            lowest: row.lowest,
            highest: row.highest,
            longest_minutes: row.longest_minutes,
            excursion: excursion.map(|(from, until)| ExcursionView {
                from,
                until,
                held: row.held,
                events: row.held_by(),
            }),
            outside_since: row.outside_since,
            sha256: hexadecimal(&row.sha256),
            uploaded_by: row.uploaded_by,
            sequence: row.sequence,
            recorded_at: row.recorded_at,
        }
    }
}

/// A row that was not taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RefusedView {
    /// The row of the table, as a spreadsheet counts; of a list, the reading, counted from 1.
    pub row: u32,
    /// What is wrong, and what would be right.
    pub detail: String,
}

impl From<&Refused> for RefusedView {
    fn from(one: &Refused) -> Self {
        Self { row: one.row, detail: one.detail.clone() }
    }
}

/// What a list of files is narrowed to.
#[derive(Clone, Debug, Default)]
pub(super) struct FileFilter {
    pub(super) site: Option<SiteId>,
    pub(super) consignment: Option<ConsignmentId>,
    pub(super) item: Option<ItemId>,
    pub(super) device: Option<String>,
    /// Only those that tell of an excursion.
    pub(super) excursions: bool,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    id: LoggerFileId,
}

/// Up to `limit` files after one that were recorded by an entry of the log, in the order of their identifiers.
///
/// # Errors
/// What the database says.
pub(super) fn file_list(
    conn: &mut Conn,
    scope: &Scope,
    filter: &FileFilter,
    sequence: i64,
    (after, limit): (Option<LoggerFileId>, i64),
) -> Outcome<Vec<LoggerFile>> {
    let mut binds = Binds::default();
    let mut conditions =
        vec![FILE.within(scope, &mut binds), format!("logger_files.sequence <= {}", binds.number(sequence))];
    if let Some(site) = filter.site {
        conditions.push(format!("logger_files.site_id = {}", binds.id(site)));
    }
    if let Some(consignment) = filter.consignment {
        conditions.push(format!("logger_files.consignment_id = {}", binds.id(consignment)));
    }
    if let Some(item) = filter.item {
        conditions.push(format!("logger_files.item_id = {}", binds.id(item)));
    }
    if let Some(device) = &filter.device {
        conditions.push(format!("logger_files.device = {}", binds.place(Bind::Words(device.clone()))));
    }
    if filter.excursions {
        conditions.push("logger_files.excursion_from IS NOT NULL".to_owned());
    }
    if let Some(after) = after {
        conditions.push(format!("logger_files.id > {}", binds.id(after)));
    }
    let text = format!(
        "SELECT logger_files.id AS id FROM logger_files WHERE {} ORDER BY logger_files.id LIMIT {}",
        conditions.join(" AND "),
        binds.number(limit)
    );
    let found: Vec<Found> = ask(conn, text, binds)?;
    let ids: Vec<LoggerFileId> = found.into_iter().map(|one| one.id).collect();
    let mut rows = LoggerFile::load(conn, &ids).map_err(read_failure)?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// One file.
///
/// # Errors
/// `not_found` where the scope does not reach it, or what the database says.
pub(super) fn file_read(conn: &mut Conn, scope: &Scope, id: LoggerFileId) -> Outcome<LoggerFile> {
    let mut binds = Binds::default();
    let text = format!(
        "SELECT logger_files.id AS id FROM logger_files WHERE logger_files.id = {} AND {}",
        binds.id(id),
        FILE.within(scope, &mut binds)
    );
    let found: Vec<Found> = ask(conn, text, binds)?;
    let ids: Vec<LoggerFileId> = found.into_iter().map(|one| one.id).collect();
    LoggerFile::load(conn, &ids).map_err(read_failure)?.pop().ok_or_else(Problem::not_found)
}

/// The bytes of a file, with what they are.
///
/// # Errors
/// As [`file_read`].
pub(super) fn content_read(conn: &mut Conn, scope: &Scope, id: LoggerFileId) -> Outcome<(String, Vec<u8>)> {
    let file = file_read(conn, scope, id)?;
    let content = LoggerContent::load(conn, &[id]).map_err(read_failure)?.pop();
    let content =
        content.ok_or_else(|| Problem::internal(format!("the logger's file {id} has no content")))?;
    Ok((file.media_type, content.content))
}

/// Where a leg ends, of a consignment that a scope reaches.
///
/// # Errors
/// What the database says.
pub(super) fn leg_end(
    conn: &mut Conn,
    scope: &Scope,
    consignment: ConsignmentId,
    leg: LegId,
) -> Outcome<Option<SiteId>> {
    let reached: Option<ConsignmentId> = consignments_within(consignments::table.into_boxed(), scope)
        .filter(consignments::id.eq(consignment))
        .select(consignments::id)
        .first(conn)
        .optional()
        .map_err(read_failure)?;
    if reached.is_none() {
        return Ok(None);
    }
    legs::table
        .filter(legs::id.eq(leg).and(legs::consignment_id.eq(consignment)))
        .select(legs::to_id)
        .first(conn)
        .optional()
        .map_err(read_failure)
}
