//! What is known of a watch already: readings of files before, in whatever order they came, and what was acted on.
//!
//! Files of one logger overlap, come late, and come at once. Each keeps the readings that it told first; what is asked here are
//! those around a file, within the commit that records it, so that two files together say what one would.

use super::rules::{Range, Reading, Span, merged};
use super::store::{LoggerFile, LoggerReadings};
use crate::audit::entry::EntryWriter;
use crate::core::id::{LoggerFileId, LoggerWatchId};
use crate::core::problem::Problem;
use crate::core::time::Timestamp;
use crate::db::schema::{logger_files, logger_readings};
use crate::db::{Conn, in_parts};
use crate::writer::{Desk, Drawer, Refusal, Shelf, Wanted};
use diesel::QueryResult;
use diesel::dsl::{max, min};
use diesel::prelude::*;
use diesel::sql_types::Binary;
use std::any::Any;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Bytes of a kept reading: its time, and its temperature in hundredths.
const READING_BYTES: usize = 10;
/// Bytes of kept readings that a file is judged with: four hundred thousand of them, which is nine months of every minute. More
/// would keep everybody else waiting for the writer.
const AROUND_BYTES_MAXIMUM: i64 = 4_000_000;

diesel::define_sql_function! {
    /// Bytes of a value.
    fn length(bytes: Binary) -> Integer;
}

/// A watch, and the time around which its readings are asked for.
type Asked = (LoggerWatchId, Span);

/// A row of readings without these: its file, its watch, from when until when, and how many bytes they are.
type Outline = (LoggerFileId, LoggerWatchId, Timestamp, Timestamp, i32);

/// What is stored around a time.
#[derive(Clone, Default)]
struct Stored {
    rows: Vec<Arc<LoggerReadings>>,
    /// Files that goods were held for before readings were kept.
    acted: Vec<Arc<LoggerFile>>,
    /// Whether it is more than one file is judged with, and not loaded.
    is_too_much: bool,
}

/// The readings of watches as far as a batch asks for them.
#[derive(Default)]
pub(super) struct Watched {
    stored: HashMap<Asked, Stored>,
    noted: HashMap<LoggerWatchId, Vec<Arc<LoggerReadings>>>,
    wanted: HashSet<Asked>,
    journal: Vec<LoggerWatchId>,
}

impl Watched {
    /// What files told within a span, and the last before it and the first after it.
    fn around(&mut self, asked: Asked) -> Result<Stored, Wanted> {
        let Some(stored) = self.stored.get(&asked) else {
            self.wanted.insert(asked);
            return Err(Wanted);
        };
        let mut stored = stored.clone();
        stored.rows.extend(self.noted.get(&asked.0).into_iter().flatten().cloned());
        Ok(stored)
    }

    /// Notes what a file of this batch told.
    pub(super) fn note(&mut self, row: LoggerReadings) {
        self.journal.push(row.watch_id);
        self.noted.entry(row.watch_id).or_default().push(Arc::new(row));
    }
}

impl Shelf for Watched {
    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let wanted: Vec<Asked> = self.wanted.drain().collect();
        let (span, outlines) = outlines_of(conn, &wanted)?;
        let acted = acted_before(conn, (&wanted, span), &outlines)?;
        let own: Vec<(Asked, Option<Vec<LoggerFileId>>)> =
            wanted.into_iter().map(|asked| (asked, files_around(&outlines, asked))).collect();
        let ids: BTreeSet<LoggerFileId> = own.iter().flat_map(|(_, ids)| ids).flatten().copied().collect();
        let rows: Vec<LoggerReadings> = in_parts(&Vec::from_iter(ids), |part| {
            logger_readings::table
                .filter(logger_readings::id.eq_any(part.to_vec()))
                .select(LoggerReadings::as_select())
                .load(conn)
        })?;
        let rows: HashMap<LoggerFileId, Arc<LoggerReadings>> =
            rows.into_iter().map(|row| (row.id, Arc::new(row))).collect();
        for (asked, ids) in own {
            let is_too_much = ids.is_none();
            let rows = ids.into_iter().flatten().filter_map(|id| rows.get(&id)).cloned().collect();
            let acted = acted.iter().filter(|file| file.watch_id == asked.0).cloned().collect();
            self.stored.insert(asked, Stored { rows, acted, is_too_much });
        }
        Ok(())
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            let Some(watch) = self.journal.pop() else { return };
            drop(self.noted.get_mut(&watch).and_then(Vec::pop));
        }
    }

    // The rows are a drawer's.
    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        self.journal.clear();
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

fn watches_of(wanted: &[Asked]) -> Vec<LoggerWatchId> {
    wanted.iter().map(|(watch, _)| *watch).collect()
}

/// The rows of all watches that are asked about together, from the last before these times to the first after them.
fn outlines_of(conn: &mut Conn, wanted: &[Asked]) -> QueryResult<(Span, Vec<Outline>)> {
    let from = wanted.iter().map(|(_, span)| span.from).min().unwrap_or_default();
    let until = wanted.iter().map(|(_, span)| span.until).max().unwrap_or_default();
    let of = || logger_readings::table.filter(logger_readings::watch_id.eq_any(watches_of(wanted)));
    let before: Vec<(LoggerWatchId, Option<Timestamp>)> = of()
        .filter(logger_readings::to_at.lt(from))
        .group_by(logger_readings::watch_id)
        .select((logger_readings::watch_id, max(logger_readings::to_at)))
        .load(conn)?;
    let after: Vec<(LoggerWatchId, Option<Timestamp>)> = of()
        .filter(logger_readings::from_at.gt(until))
        .group_by(logger_readings::watch_id)
        .select((logger_readings::watch_id, min(logger_readings::from_at)))
        .load(conn)?;
    let first = before.into_iter().filter_map(|(_, at)| at).min().unwrap_or(from);
    let last = after.into_iter().filter_map(|(_, at)| at).max().unwrap_or(until);
    let outlines: Vec<Outline> = of()
        .filter(logger_readings::to_at.ge(first).and(logger_readings::from_at.le(last)))
        .order(logger_readings::id)
        .select((
            logger_readings::id,
            logger_readings::watch_id,
            logger_readings::from_at,
            logger_readings::to_at,
            length(logger_readings::readings),
        ))
        .load(conn)?;
    Ok((Span { from: first, until: last }, outlines))
}

/// Files of these watches that goods were held for, and of which no readings are kept.
fn acted_before(
    conn: &mut Conn,
    (wanted, span): (&[Asked], Span),
    outlines: &[Outline],
) -> QueryResult<Vec<Arc<LoggerFile>>> {
    let files: Vec<LoggerFile> = logger_files::table
        .filter(logger_files::watch_id.eq_any(watches_of(wanted)))
        .filter(logger_files::to_at.ge(span.from).and(logger_files::from_at.le(span.until)))
        .filter(logger_files::held.gt(0_i64))
        .select(LoggerFile::as_select())
        .load(conn)?;
    let kept: HashSet<LoggerFileId> = outlines.iter().map(|(id, ..)| *id).collect();
    Ok(files.into_iter().filter(|file| !kept.contains(&file.id)).map(Arc::new).collect())
}

/// The files whose readings are within a span, or next to it; none where these are too many.
fn files_around(outlines: &[Outline], (watch, span): Asked) -> Option<Vec<LoggerFileId>> {
    let own = || outlines.iter().filter(|(_, of, ..)| *of == watch);
    let before = own().map(|(_, _, _, to, _)| *to).filter(|to| *to < span.from).max();
    let after = own().map(|(_, _, from, ..)| *from).filter(|from| *from > span.until).min();
    let (first, last) = (before.unwrap_or(span.from), after.unwrap_or(span.until));
    let (mut ids, mut bytes) = (Vec::new(), 0_i64);
    for (id, _, from, to, size) in own() {
        if *to >= first && *from <= last {
            ids.push(*id);
            bytes += i64::from(*size);
        }
    }
    (bytes <= AROUND_BYTES_MAXIMUM).then_some(ids)
}

/// What is known around a file, with the file itself.
pub(super) struct Known {
    /// All readings there, in the order of their times.
    pub(super) readings: Vec<Reading>,
    /// Those that this file tells first.
    pub(super) new: Vec<Reading>,
    /// Since when a file before says that goods are outside, where the first reading here is not the first of that.
    pub(super) since: Option<Timestamp>,
    /// What was acted on by limits that were no wider.
    pub(super) acted: Vec<Span>,
}

/// Reads what is known of a watch around a file's readings, which are in the order of their times.
///
/// # Errors
/// Rows missing on the desk; `invalid` where that is too much.
pub(super) fn known_around(
    desk: &mut Desk,
    watch: LoggerWatchId,
    range: Range,
    sent: &[Reading],
) -> Result<Known, Refusal> {
    let (first, last) = (sent.first().map(|one| one.at), sent.last().map(|one| one.at));
    let span = Span { from: first.unwrap_or_default(), until: last.unwrap_or_default() }.wider(range);
    let Stored { rows, acted: before_kept, is_too_much } = desk.shelf::<Watched>().around((watch, span))?;
    if is_too_much {
        let most = AROUND_BYTES_MAXIMUM / READING_BYTES as i64;
        let detail = format!(
            "are about a time of which this logger told more than {most} readings before; send shorter parts"
        );
        return Err(Problem::field("/readings", detail).into());
    }
    let before: Vec<Reading> = rows.iter().flat_map(|row| decoded(&row.readings)).collect();
    let told: HashSet<(Timestamp, i64)> = before.iter().map(|one| (one.at, one.hundredths)).collect();
    let new = sent.iter().filter(|one| !told.contains(&(one.at, one.hundredths))).copied().collect();
    let readings = merged(range, before.into_iter().chain(sent.iter().copied()));
    let begins = readings.first().map(|one| one.at).unwrap_or_default();
    let (mut since, mut acted) = (None::<Timestamp>, Vec::new());
    let mut missed = false;
    for row in rows {
        let file = match desk.shelf::<Drawer<LoggerFile>>().find(row.id) {
            Ok(Some(file)) => file,
            Ok(None) => continue,
            Err(Wanted) => {
                missed = true;
                continue;
            }
        };
        let goes_on = file.outside_since.filter(|at| *at < begins && begins <= file.to_at);
        since = [since, goes_on].into_iter().flatten().min();
        let told = row.acted_from.zip(row.acted_until).filter(|_| is_as_strict(&file, range));
        acted.extend(told.map(|(from, until)| Span { from, until }));
    }
    if missed {
        return Err(Wanted.into());
    }
    // Before readings were kept, the whole stretch that a file told of was acted on.
    for file in before_kept.iter().filter(|file| is_as_strict(file, range)) {
        let told = file.excursion_from.zip(file.excursion_until);
        acted.extend(told.map(|(from, until)| Span { from, until }));
    }
    Ok(Known { readings, new, since, acted })
}

/// Whether a file was judged by limits that were no wider.
fn is_as_strict(file: &LoggerFile, range: Range) -> bool {
    file.low >= range.low && file.high <= range.high && file.allowed_minutes <= range.allowed_minutes
}

/// Readings as they are kept.
pub(super) fn encoded(readings: &[Reading]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(readings.len() * READING_BYTES);
    for one in readings {
        bytes.extend(one.at.0.to_be_bytes());
        // What cannot be beside goods was refused, so that it fits.
        bytes.extend(i16::try_from(one.hundredths).unwrap_or(i16::MAX).to_be_bytes());
    }
    bytes
}

fn decoded(bytes: &[u8]) -> Vec<Reading> {
    let read = |one: &[u8]| {
        let (at, hundredths) = one.split_at_checked(8)?;
        let at = Timestamp(i64::from_be_bytes(at.try_into().ok()?));
        Some(Reading { at, hundredths: i64::from(i16::from_be_bytes(hundredths.try_into().ok()?)) })
    };
    bytes.chunks(READING_BYTES).filter_map(read).collect()
}
