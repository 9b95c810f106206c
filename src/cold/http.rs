//! Readings of loggers over HTTP: sent as a list or a file, and read again.

use super::read::{FileFilter, LoggerFileView, RefusedView, content_read, file_list, file_read, leg_end};
use super::record::FileRecord;
use super::rules::{
    ALLOWED_MINUTES_MAXIMUM, READINGS_MAXIMUM, Reading, Refused, in_order, judge_reading, read_time,
};
use super::table::{FileRead, FileWords, read_file, too_many};
use super::watch::{Beside, Sent, Watch};
use crate::auth::{Action, Permit, action, now};
use crate::core::check::{CODE_CHARS_MAX, Check};
use crate::core::id::{ConsignmentId, ItemId, LegId, LoggerFileId, SiteId};
use crate::core::page::{KnownPage, Page};
use crate::core::problem::{Outcome, Problem};
use crate::core::time::{CLOCK_TOLERANCE, Timestamp};
use crate::db::Conn;
use crate::events::{Kind, check_reached};
use crate::ledger::{last_known, read_known_at};
use crate::web::{
    BODY_LIMIT, Json, Paging, Path, Query, Routes, State, Written, WrittenBody, encode_key, read_body,
};
use actix_web::web::{Json as JsonBody, Payload, block};
use actix_web::{HttpRequest, HttpResponse};
use chrono::FixedOffset;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Rows that were refused and are told; how many there are is told too.
const REFUSED_TOLD: usize = 100;

/// Readings of one logger, in any order.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingsNew {
    /// The logger's own number.
    pub device: String,
    /// The site it lay at; or say the consignment and its leg.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// The consignment it went with.
    #[serde(default)]
    pub consignment: Option<ConsignmentId>,
    /// The leg.
    #[serde(default)]
    pub leg: Option<LegId>,
    /// The item it lay beside: its storage class says what is too warm or too cold.
    pub item: ItemId,
    /// The number of the lot; all lots of the item there, if left out.
    #[serde(default)]
    pub lot: Option<String>,
    /// How many minutes at a stretch goods may be outside; what the class allows, if left out.
    #[serde(default)]
    pub allowed_minutes: Option<i64>,
    /// What it showed.
    pub readings: Vec<ReadingNew>,
}

/// What a logger showed at a time.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadingNew {
    /// When, RFC 3339.
    pub at: String,
    /// How warm, in hundredths of a degree Celsius: 425 is 4.25 °C.
    pub centi_celsius: i64,
}

/// What is said of a logger's file.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadingsFile {
    /// The logger's own number.
    pub device: String,
    /// The site it lay at; or say the consignment and its leg.
    pub site: Option<SiteId>,
    /// The consignment it went with.
    pub consignment: Option<ConsignmentId>,
    /// The leg.
    pub leg: Option<LegId>,
    /// The item it lay beside.
    pub item: ItemId,
    /// The number of the lot; all lots of the item there, if left out.
    pub lot: Option<String>,
    /// How many minutes at a stretch goods may be outside; what the class allows, if left out.
    pub allowed_minutes: Option<i64>,
    /// How far its clock is from UTC, such as `+03:00`, where its times do not say so.
    pub offset: Option<String>,
}

/// What became of readings.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReadingsRecorded {
    /// The file, with what it tells of.
    pub file: LoggerFileView,
    /// Rows that were refused, at most 100 of them; `file.refused` says how many there are.
    pub refused: Vec<RefusedView>,
    /// Columns that were not looked at.
    pub ignored: Vec<String>,
}

/// Judges what is said of all readings: where the logger lay, beside what, how long goods may be outside, and how far its clock
/// is from UTC.
fn watch(
    (device, item, lot): (&str, ItemId, Option<&str>),
    place: (Option<SiteId>, Option<ConsignmentId>, Option<LegId>),
    (allowed_minutes, offset): (Option<i64>, Option<&str>),
) -> Outcome<(Watch, Option<FixedOffset>)> {
    let mut check = Check::new();
    let device = check.text("/device", device, CODE_CHARS_MAX);
    let lot = check.optional_text("/lot", lot, CODE_CHARS_MAX);
    if let Some(minutes) = allowed_minutes {
        check.whole("/allowed_minutes", minutes, 0..=ALLOWED_MINUTES_MAXIMUM, "minutes");
    }
    let offset = offset.and_then(|offset| check.parsed("/offset", offset.parse::<FixedOffset>()));
    let beside = match place {
        (Some(site), None, None) => Some(Beside::Site(site)),
        (None, Some(consignment), Some(leg)) => Some(Beside::Leg(consignment, leg)),
        (_, _, _) => None,
    };
    if beside.is_none() {
        check.wrong("/site", "say the site the logger lay at, or the consignment and the leg it went with");
    }
    check.finish()?;
    let beside = beside.ok_or_else(|| Problem::internal("a logger without a place"))?;
    Ok((Watch { device, beside, item, lot }, offset))
}

/// The latest time that a reading may be of.
fn latest() -> Timestamp {
    Timestamp(now().0 + CLOCK_TOLERANCE)
}

impl ReadingsNew {
    fn watch(&self) -> Outcome<Watch> {
        let place = (self.site, self.consignment, self.leg);
        watch((&self.device, self.item, self.lot.as_deref()), place, (self.allowed_minutes, None))
            .map(|(watch, _)| watch)
    }

    /// The readings as they are recorded: the list itself is the file.
    fn read(self) -> Outcome<(FileRead, Vec<u8>)> {
        if self.readings.len() > READINGS_MAXIMUM {
            return Err(too_many());
        }
        let content =
            serde_json::to_vec(&self.readings).map_err(|error| Problem::internal(error.to_string()))?;
        let mut read = FileRead { media_type: "application/json", ..FileRead::default() };
        let latest = latest();
        for (row, one) in (1..).zip(&self.readings) {
            let at = read_time(&one.at, None);
            let judged =
                at.and_then(|at| judge_reading(Reading { at, hundredths: one.centi_celsius }, latest));
            match judged {
                Ok(reading) => read.rows.push((row, reading)),
                Err(detail) => read.refused.push(Refused { row, detail }),
            }
        }
        Ok((read, content))
    }
}

impl ReadingsFile {
    fn watch(&self) -> Outcome<(Watch, Option<FixedOffset>)> {
        let place = (self.site, self.consignment, self.leg);
        let words = (self.allowed_minutes, self.offset.as_deref());
        watch((&self.device, self.item, self.lot.as_deref()), place, words)
    }
}

/// Refuses a place that the caller does not reach. Says whether it also reaches what is in storage where a leg ends: being party
/// to a consignment entitles to its own goods, and to no warehouse's.
async fn check_place(permit: &Permit<action::ReadingWrite>, state: &State, watch: &Watch) -> Outcome<bool> {
    let (scope, watch) = (permit.scope().clone(), watch.clone());
    let read = move |conn: &mut Conn| {
        let end = match watch.beside {
            Beside::Leg(consignment, leg) => leg_end(conn, &scope, consignment, leg)?,
            Beside::Site(_) => None,
        };
        let at_end = end.map(|site| Watch { beside: Beside::Site(site), ..watch.clone() }.hold());
        let kinds: Vec<Kind> = [watch.hold()].into_iter().chain(at_end).collect();
        let mut verdicts = check_reached(conn, &scope, &kinds.iter().collect::<Vec<_>>())?.into_iter();
        verdicts.next().transpose()?;
        Ok(verdicts.next().is_some_and(|verdict| verdict.is_ok()))
    };
    state.read(read).await
}

/// Records readings that were understood, in the name of who sent them.
async fn record(
    permit: &Permit<action::ReadingWrite>,
    state: &State,
    watch: Watch,
    (read, content): (FileRead, Vec<u8>),
    (allowed_minutes, reaches_end): (Option<i64>, bool),
) -> Outcome<Written<ReadingsRecorded>> {
    let FileRead { rows, mut refused, ignored, media_type } = read;
    let readings = in_order(rows, &mut refused);
    if readings.is_empty() {
        let why = refused.first().map_or("there is none", |one| one.detail.as_str());
        return Err(Problem::field("/readings", format!("have none that can be taken: {why}")));
    }
    let sent = Sent {
        sha256: Sha256::digest(&content).into(),
        content,
        media_type,
        readings,
        refused: refused.len(),
        allowed_minutes,
    };
    let actor = permit.further(Action::EventPost)?;
    let update = FileRecord { actor, watch, sent: Arc::new(sent), reaches_end };
    let recorded = state.writer.record(update).await?;
    let is_new = recorded.leaf.is_some();
    let recorded = recorded.map(|file| ReadingsRecorded {
        file: LoggerFileView::from(file.as_ref()),
        refused: refused.iter().take(REFUSED_TOLD).map(RefusedView::from).collect(),
        ignored,
    });
    Ok(if is_new { Written::created(recorded) } else { Written::changed(recorded) })
}

/// Record readings of a logger
///
/// Readings that cannot be are refused one by one. Where goods were outside of what their class allows for longer than is allowed,
/// they are held in the same commit. The same readings again change nothing.
#[utoipa::path(post, path = "/api/v1/readings", tag = "stock", request_body = ReadingsNew,
    responses((status = 201, description = "Recorded", body = WrittenBody<ReadingsRecorded>),
        (status = 200, description = "Was recorded before", body = WrittenBody<ReadingsRecorded>)))]
pub async fn reading_record(
    permit: Permit<action::ReadingWrite>,
    state: State,
    body: Json<ReadingsNew>,
) -> Outcome<Written<ReadingsRecorded>> {
    let (watch, allowed) = (body.0.watch()?, body.0.allowed_minutes);
    let reaches_end = check_place(&permit, &state, &watch).await?;
    record(&permit, &state, watch, body.0.read()?, (allowed, reaches_end)).await
}

/// Record a logger's file
///
/// The body is the file, CSV or XLSX, with the columns `time`, `celsius` (or whole `centi_celsius`) and, where it has one, `device`;
/// others are not looked at. It is kept byte by byte with its SHA-256. Rows that cannot be are refused one by one.
#[utoipa::path(post, path = "/api/v1/readings/table", tag = "stock", params(ReadingsFile),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 201, description = "Recorded", body = WrittenBody<ReadingsRecorded>),
        (status = 200, description = "Was recorded before", body = WrittenBody<ReadingsRecorded>)))]
pub async fn reading_table(
    permit: Permit<action::ReadingWrite>,
    state: State,
    request: HttpRequest,
    query: Query<ReadingsFile>,
    payload: Payload,
) -> Outcome<Written<ReadingsRecorded>> {
    let (watch, offset) = query.0.watch()?;
    let reaches_end = check_place(&permit, &state, &watch).await?;
    let content = read_body(&request, payload.into_inner(), BODY_LIMIT).await?.to_vec();
    let words = FileWords { device: watch.device.clone(), offset, latest: latest() };
    let stopped = |error| Problem::internal(format!("reading a logger's file: {error}"));
    let read = move || read_file(content.clone(), &words).map(|read| (read, content));
    let read = block(read).await.map_err(stopped)??;
    record(&permit, &state, watch, read, (query.0.allowed_minutes, reaches_end)).await
}

/// Which files are wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadingsQuery {
    /// Only of loggers at this site.
    pub site: Option<SiteId>,
    /// Only of loggers with this consignment.
    pub consignment: Option<ConsignmentId>,
    /// Only beside this item.
    pub item: Option<ItemId>,
    /// Only of this logger.
    pub device: Option<String>,
    /// Only those that tell that goods were outside for too long.
    pub excursions: Option<bool>,
    /// As it was known then: a ledger sequence, or a time; now, if not said.
    pub known_at: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Rows wanted, 1 to 500; 50 if not said.
    pub limit: Option<i64>,
}

/// List files of loggers
#[utoipa::path(get, path = "/api/v1/readings", tag = "stock", params(ReadingsQuery),
    responses((status = 200, description = "A page", body = KnownPage<LoggerFileView>)))]
pub async fn reading_list(
    permit: Permit<action::ReadingRead>,
    state: State,
    query: Query<ReadingsQuery>,
) -> Outcome<JsonBody<KnownPage<LoggerFileView>>> {
    let query = query.0;
    let known_at = read_known_at("known_at", query.known_at.as_deref())?;
    let paging: Paging<LoggerFileId> = Paging::new(query.after.as_deref(), query.limit)?;
    let ReadingsQuery { site, consignment, item, device, excursions, .. } = query;
    let filter = FileFilter { site, consignment, item, device, excursions: excursions.unwrap_or(false) };
    let limit = paging.limit;
    let read = move |conn: &mut Conn| {
        let sequence = last_known(conn, known_at, "/known_at")?;
        Ok((file_list(conn, permit.scope(), &filter, sequence, (paging.after, limit + 1))?, sequence))
    };
    let (rows, sequence) = state.read(read).await?;
    let page = Page::from_rows(rows, limit, |row| encode_key(&row.id));
    Ok(JsonBody(page.map(|row| LoggerFileView::from(&row)).known_at(sequence)))
}

/// Show a file of a logger, with what it tells of
#[utoipa::path(get, path = "/api/v1/readings/{id}", tag = "stock", params(("id" = LoggerFileId, Path)),
    responses((status = 200, body = LoggerFileView)))]
pub async fn reading_show(
    permit: Permit<action::ReadingRead>,
    state: State,
    path: Path<LoggerFileId>,
) -> Outcome<JsonBody<LoggerFileView>> {
    let file = state.read(move |conn| file_read(conn, permit.scope(), path.0)).await?;
    Ok(JsonBody(LoggerFileView::from(&file)))
}

/// Read a logger's file as it was sent, byte by byte
#[utoipa::path(get, path = "/api/v1/readings/{id}/file", tag = "stock", params(("id" = LoggerFileId, Path)),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub async fn reading_file(
    permit: Permit<action::ReadingRead>,
    state: State,
    path: Path<LoggerFileId>,
) -> Outcome<HttpResponse> {
    let (media_type, content) = state.read(move |conn| content_read(conn, permit.scope(), path.0)).await?;
    let name = format!("attachment; filename=\"readings-{}\"", path.0);
    Ok(HttpResponse::Ok().content_type(media_type).insert_header(("Content-Disposition", name)).body(content))
}

/// The routes of readings.
pub fn routes(routes: &mut Routes) {
    routes.add(__path_reading_record, reading_record);
    routes.add(__path_reading_table, reading_table);
    routes.add(__path_reading_list, reading_list);
    routes.add(__path_reading_show, reading_show);
    routes.add(__path_reading_file, reading_file);
}
