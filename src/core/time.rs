//! Instants, their precision, and months; all UTC. Never reads a clock.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Microseconds in a second.
pub const MICROSECONDS: i64 = 1_000_000;
/// How far a caller's clock may be ahead before its times are refused; up to here they are clamped.
pub const CLOCK_TOLERANCE: i64 = 10 * 60 * MICROSECONDS;

/// An instant in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The earliest instant accepted for an event: relief records do not reach further back.
    pub const EARLIEST: Timestamp = Timestamp(0);

    /// Reads RFC 3339 with any offset, or a bare date (`2020-08-06`), which means its first instant.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(instant.timestamp_micros()));
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(Self::from_date)
    }

    /// Reads the same as the last instant that is meant: a bare date is its whole day.
    pub fn parse_last(text: &str) -> Option<Self> {
        match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(date) => Some(Self(Self::from_date(date.succ_opt()?)?.0 - 1)),
            Err(_) => Self::parse(text),
        }
    }

    /// The first instant of a day.
    pub fn from_date(date: NaiveDate) -> Option<Self> {
        Some(Self(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros()))
    }

    /// This instant as a calendar time; an instant outside chrono's range is the epoch.
    pub fn to_datetime(self) -> DateTime<Utc> {
        Utc.timestamp_micros(self.0).single().unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// The month this instant falls into.
    pub fn month(self) -> Month {
        let instant = self.to_datetime();
        Month(instant.year() * 12 + instant.month0() as i32)
    }

    /// The day this instant falls into, in UTC, as `2026-06-30`.
    pub fn day(self) -> String {
        self.to_datetime().format("%Y-%m-%d").to_string()
    }

    /// The calendar year this instant falls into.
    pub fn year(self) -> i32 {
        self.to_datetime().year()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_datetime().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Timestamp::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "{text:?} is not a time; write RFC 3339 such as 2020-08-06T09:30:00Z, or a date such as 2020-08-06"
            ))
        })
    }
}

/// How exactly a time is known.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// To the minute, as a clock says.
    Minute,
    /// The day is known.
    Day,
    /// Only the month is known.
    Month,
    /// Worked out from another event.
    Inferred,
}

impl Precision {
    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Day => "day",
            Self::Month => "month",
            Self::Inferred => "inferred",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Minute, Self::Day, Self::Month, Self::Inferred].into_iter().find(|one| one.word() == word)
    }
}

/// A calendar month: year × 12 + month counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl std::str::FromStr for Month {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is not a month; write it like 2020-08");
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        let year: i32 = year.parse().map_err(|_| wrong())?;
        let month: i32 = month.parse().map_err(|_| wrong())?;
        if (1..=12).contains(&month) { Ok(Self(year * 12 + month - 1)) } else { Err(wrong()) }
    }
}
