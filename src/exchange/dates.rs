//! Dates as tables write them: read by a list of formats, kept with their precision.
//!
//! Never done here: guessing between day and month, or calling a word a date. The first format
//! of the list that fits the whole text and names a day of the calendar wins.

use std::fmt;

use serde::Deserialize;

/// Two-digit years up to this one are 20xx, later ones 19xx, as POSIX `strptime` has it.
const LAST_YEAR_OF_THIS_CENTURY: i32 = 68;

/// Short English month names, as dates in tables have them; full names begin with them.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// How exactly a moment is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DatePrecision {
    /// To the minute.
    Minute,
    /// To the day.
    Day,
    /// To the month.
    Month,
    /// Not stated: taken from a column that is only a stand-in.
    Inferred,
}

/// A moment read from a table, in UTC. Orders by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableDate {
    /// Year of the Gregorian calendar, 1 to 9999.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month; 1 when only the month is known.
    pub day: u8,
    /// Minute of the day, 0 to 1,439; 0 when only the day is known.
    pub minute_of_day: u16,
    /// How exactly it is known.
    pub precision: DatePrecision,
}

impl TableDate {
    /// Microseconds since 1970-01-01 UTC of the moment's beginning.
    pub fn unix_microseconds(self) -> i64 {
        let minutes =
            days_from_epoch(self.year, self.month, self.day) * 1_440 + i64::from(self.minute_of_day);
        minutes * 60_000_000
    }

    /// The same moment, marked as a stand-in for one that was not stated.
    pub fn inferred(self) -> TableDate {
        TableDate { precision: DatePrecision::Inferred, ..self }
    }
}

impl fmt::Display for TableDate {
    /// ISO 8601, as far as the moment is known.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.precision {
            DatePrecision::Month => write!(out, "{:04}-{:02}", self.year, self.month),
            DatePrecision::Day | DatePrecision::Inferred => {
                write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
            }
            DatePrecision::Minute => write!(
                out,
                "{:04}-{:02}-{:02}T{:02}:{:02}Z",
                self.year,
                self.month,
                self.day,
                self.minute_of_day / 60,
                self.minute_of_day % 60
            ),
        }
    }
}

/// Days since 1970-01-01 of a day of the proleptic Gregorian calendar. The year is counted from
/// March so that the leap day is its last: H. Hinnant, "chrono-compatible low-level date algorithms".
fn days_from_epoch(year: i32, month: u8, day: u8) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Days of a month; 0 for what is no month.
fn days_in_month(year: i32, month: u8) -> u8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    }
}

/// One part of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Day,
    Month,
    MonthName,
    ShortYear,
    Year,
    Hour,
    Minute,
    Second,
    Literal(char),
}

/// A date format, such as `%d-%b-%y`: `%d` day, `%m` month, `%b` month name, `%y` two-digit year,
/// `%Y` year, `%H` `%M` `%S` time of day; anything else stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DateFormat {
    text: String,
    parts: Vec<Part>,
}

/// Why a format is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateFormatError {
    /// A code that is not known.
    #[error("date format \"{format}\": \"%{code}\" is not known; use %d %m %b %y %Y %H %M %S")]
    UnknownCode {
        /// The format.
        format: String,
        /// The code.
        code: char,
    },
    /// Year or month is missing, or minutes come without a day.
    #[error(
        "date format \"{format}\" must name a year (%Y or %y) and a month (%m or %b), and a day (%d) before a time"
    )]
    Incomplete {
        /// The format.
        format: String,
    },
}

impl TryFrom<String> for DateFormat {
    type Error = DateFormatError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut parts = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                parts.push(Part::Literal(character));
                continue;
            }
            let code = characters.next().unwrap_or('%');
            parts.push(match code {
                'd' => Part::Day,
                'm' => Part::Month,
                'b' | 'B' => Part::MonthName,
                'y' => Part::ShortYear,
                'Y' => Part::Year,
                'H' => Part::Hour,
                'M' => Part::Minute,
                'S' => Part::Second,
                _ => return Err(DateFormatError::UnknownCode { format: text, code }),
            });
        }
        let has = |wanted: &[Part]| wanted.iter().any(|part| parts.contains(part));
        let dated = has(&[Part::Year, Part::ShortYear]) && has(&[Part::Month, Part::MonthName]);
        let timed = has(&[Part::Hour, Part::Minute, Part::Second]);
        if !dated || (timed && !(has(&[Part::Day]) && has(&[Part::Hour]) && has(&[Part::Minute]))) {
            return Err(DateFormatError::Incomplete { format: text });
        }
        Ok(DateFormat { text, parts })
    }
}

impl fmt::Display for DateFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// The formats tried when a mapping names none, and always for the cells of a workbook, whose
/// dates arrive as ISO text.
pub fn iso_formats() -> Vec<DateFormat> {
    [
        "%Y-%m-%d",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
    ]
    .into_iter()
    .filter_map(|format| DateFormat::try_from(format.to_owned()).ok())
    .collect()
}

/// Reads a date by the first format that fits it whole. `None` when none does.
pub fn parse_date(text: &str, formats: &[DateFormat]) -> Option<TableDate> {
    formats.iter().find_map(|format| parse_by(text, format))
}

fn parse_by(text: &str, format: &DateFormat) -> Option<TableDate> {
    let (mut year, mut month, mut day) = (0, 0_u8, None);
    let (mut hour, mut minute, mut second) = (None, 0_u16, 0_u16);
    let mut rest = text;
    for part in &format.parts {
        match part {
            Part::Literal(character) => rest = rest.strip_prefix(*character)?,
            Part::Day => day = Some(u8::try_from(digits(&mut rest, 1, 2)?).ok()?),
            Part::Month => month = u8::try_from(digits(&mut rest, 1, 2)?).ok()?,
            Part::MonthName => month = month_name(&mut rest)?,
            Part::ShortYear => {
                let short = i32::try_from(digits(&mut rest, 2, 2)?).ok()?;
                year = if short <= LAST_YEAR_OF_THIS_CENTURY { 2000 + short } else { 1900 + short };
            }
            Part::Year => year = i32::try_from(digits(&mut rest, 4, 4)?).ok()?,
            Part::Hour => hour = Some(u16::try_from(digits(&mut rest, 1, 2)?).ok()?),
            Part::Minute => minute = u16::try_from(digits(&mut rest, 2, 2)?).ok()?,
            Part::Second => second = u16::try_from(digits(&mut rest, 2, 2)?).ok()?,
        }
    }
    let calendar_day = day.unwrap_or(1);
    let on_calendar = year >= 1 && calendar_day >= 1 && calendar_day <= days_in_month(year, month);
    let on_clock = hour.unwrap_or(0) < 24 && minute < 60 && second < 60;
    if !rest.is_empty() || !on_calendar || !on_clock {
        return None;
    }
    let precision = match (day, hour) {
        (None, _) => DatePrecision::Month,
        (Some(_), None) => DatePrecision::Day,
        (Some(_), Some(_)) => DatePrecision::Minute,
    };
    Some(TableDate {
        year,
        month,
        day: calendar_day,
        minute_of_day: hour.unwrap_or(0) * 60 + minute,
        precision,
    })
}

/// Takes a run of `fewest` to `most` digits from the front.
fn digits(rest: &mut &str, fewest: usize, most: usize) -> Option<u32> {
    let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if length < fewest {
        return None;
    }
    let (number, after) = rest.split_at(length);
    *rest = after;
    number.parse().ok()
}

/// Takes a month's full or three-letter English name from the front, in any case.
fn month_name(rest: &mut &str) -> Option<u8> {
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, after) = rest.split_at(length);
    let name = name.to_ascii_lowercase();
    let month = MONTHS.iter().position(|full| name == *full || name == full[..3])?;
    *rest = after;
    u8::try_from(month + 1).ok()
}
