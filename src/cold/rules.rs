//! The temperatures of storage classes, what a reading can be, and how long goods were outside. Pure, in whole hundredths of
//! a degree and whole minutes.

use crate::core::check::quoted;
use crate::core::time::Timestamp;
use crate::items::StorageClass;
use chrono::{FixedOffset, NaiveDateTime};

/// Colder than any freezer of vaccines; only dry ice and liquid nitrogen are, and a logger beside goods does not show that.
pub const LOWEST: i64 = -9_500;
/// Hotter than a closed container in the sun.
pub const HIGHEST: i64 = 7_500;
/// Readings of one file: a year at every quarter of an hour.
pub const READINGS_MAXIMUM: usize = 36_000;
/// Minutes that one may allow: a week.
pub const ALLOWED_MINUTES_MAXIMUM: i64 = 10_080;
/// Loggers whose clock was never set count from 1970 or 2000; no programme here is as old.
const EARLIEST_YEAR: i64 = 2010;
/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

/// What a storage class allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The lowest temperature that is right, in hundredths of a degree Celsius.
    pub low: i64,
    /// The highest.
    pub high: i64,
    /// How long it may be outside at a stretch before goods are held.
    pub allowed_minutes: i64,
}

/// The temperatures of a class, in the words of WHO's guidance on storage and of pharmacopoeias; none where a class is about
/// something else. An hour outside is allowed, as for opening a door; of goods that only are not to get hot, a day.
pub fn range_of(class: StorageClass) -> Option<Range> {
    let hour = |low, high| Some(Range { low, high, allowed_minutes: 60 });
    match class {
        // Controlled room temperature, with the 30 °C that it may reach for a while; cold does nothing to such goods.
        StorageClass::Ambient => Some(Range { low: 0, high: 3_000, allowed_minutes: 1_440 }),
        StorageClass::Cool => hour(800, 1_500),
        StorageClass::Refrigerated => hour(200, 800),
        StorageClass::Frozen => hour(-2_500, -1_500),
        StorageClass::UltraCold => hour(-8_000, -6_000),
        StorageClass::Hazardous | StorageClass::Secure => None,
    }
}

impl Range {
    fn has(&self, hundredths: i64) -> bool {
        (self.low..=self.high).contains(&hundredths)
    }
}

/// What a logger showed at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// When.
    pub at: Timestamp,
    /// How warm, in hundredths of a degree Celsius.
    pub hundredths: i64,
}

/// A reading that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The row of the table, or the reading of the list, counted from 1.
    pub row: u32,
    /// Why.
    pub detail: String,
}

/// Reads a temperature as loggers write it: degrees Celsius with at most two decimals, in hundredths.
///
/// # Errors
/// In words.
pub fn read_celsius(text: &str) -> Result<i64, String> {
    let wrong = || {
        format!(
            "{} is no temperature; write degrees Celsius with at most two decimals, such as 4.25",
            quoted(text)
        )
    };
    let trimmed = text.trim();
    let (is_negative, digits) = match trimmed.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let (whole, part) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 4 || part.len() > 2 || !is_number(whole) || !is_number(part) {
        return Err(wrong());
    }
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    let part: i64 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
    let hundredths = whole * 100 + part;
    Ok(if is_negative { -hundredths } else { hundredths })
}

/// Reads a time as loggers write it: with its distance from UTC, or else at the one that was stated for all.
///
/// # Errors
/// In words.
pub fn read_time(text: &str, offset: Option<FixedOffset>) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(Timestamp(time.timestamp_micros()));
    }
    let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let local = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let local = local.ok_or_else(|| {
        format!("{} is no time; write it as 2020-08-06T09:30:00Z or 2020-08-06 09:30", quoted(text))
    })?;
    let offset = offset.ok_or_else(|| {
        format!(
            "{} does not say how far it is from UTC; write it with its offset, or say `offset`",
            quoted(text)
        )
    })?;
    let time = local.and_local_timezone(offset).single();
    time.map(|time| Timestamp(time.timestamp_micros())).ok_or_else(|| format!("{} is no time", quoted(text)))
}

/// Judges a reading by itself.
///
/// # Errors
/// In words, where it cannot be.
pub fn judge_reading(reading: Reading, latest: Timestamp) -> Result<Reading, String> {
    let Reading { at, hundredths } = reading;
    if !(LOWEST..=HIGHEST).contains(&hundredths) {
        let (low, high) = (celsius(LOWEST), celsius(HIGHEST));
        return Err(format!(
            "{} °C cannot be beside goods; a logger shows {low} to {high} °C",
            celsius(hundredths)
        ));
    }
    if at > latest {
        return Err(format!("{at} is not yet; is the logger's clock right?"));
    }
    if i64::from(chrono::Datelike::year(&at.to_datetime())) < EARLIEST_YEAR {
        return Err(format!("{at} is before {EARLIEST_YEAR}; was the logger's clock ever set?"));
    }
    Ok(reading)
}

/// Brings readings into the order of their times; of two of one time the later row is refused.
pub fn in_order(rows: Vec<(u32, Reading)>, refused: &mut Vec<Refused>) -> Vec<Reading> {
    let mut rows = rows;
    rows.sort_by_key(|(row, reading)| (reading.at, *row));
    let mut readings: Vec<Reading> = Vec::with_capacity(rows.len());
    for (row, reading) in rows {
        if readings.last().is_some_and(|last| last.at == reading.at) {
            refused
                .push(Refused { row, detail: format!("{} stands twice; the first row counts", reading.at) });
        } else {
            readings.push(reading);
        }
    }
    refused.sort_by_key(|one| one.row);
    readings
}

/// That goods were outside for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excursion {
    /// Since when.
    pub from: Timestamp,
    /// Until it was seen to be right again, or last seen wrong.
    pub until: Timestamp,
}

/// From when until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

impl Span {
    /// The same with as much before and after as goods may be outside: what is farther away says nothing else.
    pub fn wider(self, range: Range) -> Self {
        let allowed = range.allowed_minutes * MINUTE;
        Self { from: Timestamp(self.from.0 - allowed), until: Timestamp(self.until.0 + allowed) }
    }

    fn touches(self, other: Self) -> bool {
        self.from <= other.until && other.from <= self.until
    }
}

/// Brings readings of several files into the order of their times. Of two of one time the one that is outside counts: two
/// loggers' clocks, or two files, disagree, and goods are not believed to be right by the kinder of them.
pub fn merged(range: Range, readings: impl Iterator<Item = Reading>) -> Vec<Reading> {
    let mut readings: Vec<Reading> = readings.collect();
    readings.sort_by_key(|one| (one.at, range.has(one.hundredths), one.hundredths));
    readings.dedup_by_key(|one| one.at);
    readings
}

/// What is asked of readings.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Since when goods were outside before the first of them, where they were.
    pub since: Option<Timestamp>,
    /// Only stretches that touch this time, which is the file's own.
    pub about: Span,
    /// What was acted on before.
    pub acted: &'a [Span],
}

/// What readings say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// The first stretch outside that took longer than is allowed.
    pub excursion: Option<Excursion>,
    /// The first part of such a stretch that was not acted on before and took longer by itself.
    pub fresh: Option<Excursion>,
    /// The longest stretch, in whole minutes.
    pub longest_minutes: i64,
    /// Since when the last reading is outside; none where it is not.
    pub outside_since: Option<Timestamp>,
}

/// Judges readings in the order of their times. A stretch begins with the first reading outside and lasts until one is seen to
/// be right again: what lay between is not known to have been.
pub fn judge(range: Range, readings: &[Reading], question: &Question<'_>) -> Judged {
    let mut judged = Judged::default();
    for (span, is_open) in stretches(range, readings, question.since) {
        let last = question.about.until;
        if !span.touches(question.about) {
            continue;
        }
        if span.from <= last && (last < span.until || (last == span.until && is_open)) {
            judged.outside_since = Some(span.from);
        }
        let minutes = minutes_of(span);
        judged.longest_minutes = judged.longest_minutes.max(minutes);
        if minutes > range.allowed_minutes {
            judged.excursion = judged.excursion.or(Some(Excursion { from: span.from, until: span.until }));
            judged.fresh = judged.fresh.or_else(|| not_acted_on(range, span, question.acted));
        }
    }
    judged
}

fn minutes_of(span: Span) -> i64 {
    (span.until.0 - span.from.0).div_euclid(MINUTE)
}

/// All stretches outside, each with whether nothing was seen to be right after it.
fn stretches(range: Range, readings: &[Reading], since: Option<Timestamp>) -> Vec<(Span, bool)> {
    let mut found = Vec::new();
    let mut outside = since.map(|from| Span { from, until: from });
    for reading in readings {
        let is_right = range.has(reading.hundredths);
        outside = match (outside, is_right) {
            (Some(span), true) => {
                found.push((Span { until: reading.at, ..span }, false));
                None
            }
            (Some(span), false) => Some(Span { until: reading.at, ..span }),
            (None, true) => None,
            (None, false) => Some(Span { from: reading.at, until: reading.at }),
        };
    }
    found.extend(outside.map(|span| (span, true)));
    found
}

/// The first part of a stretch that nobody acted on and that took longer than is allowed by itself: who released goods after a
/// file before knew of all that it told.
fn not_acted_on(range: Range, span: Span, acted: &[Span]) -> Option<Excursion> {
    let mut acted: Vec<Span> = acted.iter().filter(|one| one.touches(span)).copied().collect();
    acted.sort_unstable_by_key(|one| (one.from, one.until));
    acted.push(Span { from: span.until, until: span.until });
    let mut from = span.from;
    for one in acted {
        let until = one.from.min(span.until);
        if minutes_of(Span { from, until }) > range.allowed_minutes {
            return Some(Excursion { from, until });
        }
        from = from.max(one.until);
    }
    None
}

/// When a stretch that began at a time had taken as long as is allowed.
pub fn exceeded_at(range: Range, from: Timestamp) -> Timestamp {
    Timestamp(from.0 + range.allowed_minutes * MINUTE)
}

/// Hundredths in degrees, as people write them.
pub fn celsius(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let size = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}
