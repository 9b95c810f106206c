//! A logger's file as readings: CSV or a workbook, with a heading.
//!
//! Only three columns are taken: `time`, `celsius` or `centi_celsius`, and `device` where there is one. A row that cannot be
//! read is refused with its number, and takes no other with it.

use super::rules::{READINGS_MAXIMUM, Reading, Refused, judge_reading, read_celsius, read_time};
use crate::core::check::quoted;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::exchange::table::{Limits, Table, TableFormat, TableOptions, TableRow};
use chrono::FixedOffset;

const TIME: &str = "time";
const CELSIUS: &str = "celsius";
const CENTI_CELSIUS: &str = "centi_celsius";
const DEVICE: &str = "device";

/// What is said of all rows of a file.
#[derive(Clone, Debug)]
pub(super) struct FileWords {
    pub(super) device: String,
    pub(super) offset: Option<FixedOffset>,
    /// Readings are not later than this.
    pub(super) latest: Timestamp,
}

/// What a file was read as.
#[derive(Clone, Debug, Default)]
pub(super) struct FileRead {
    /// Each with its row.
    pub(super) rows: Vec<(u32, Reading)>,
    pub(super) refused: Vec<Refused>,
    /// Columns that were not looked at.
    pub(super) ignored: Vec<String>,
    pub(super) media_type: &'static str,
}

/// Where the columns are.
struct Columns {
    time: usize,
    temperature: usize,
    is_hundredths: bool,
    device: Option<usize>,
}

impl Columns {
    fn of(header: &[String]) -> Outcome<Self> {
        let find = |name: &str| header.iter().position(|one| one.eq_ignore_ascii_case(name));
        let missing = |names: &str| {
            let there: Vec<String> = header.iter().map(|one| quoted(one)).collect();
            Problem::field("/file", format!("has no column {names}; its columns are {}", there.join(", ")))
        };
        let time = find(TIME).ok_or_else(|| missing(TIME))?;
        let (temperature, is_hundredths) = match (find(CELSIUS), find(CENTI_CELSIUS)) {
            (Some(column), None) => (column, false),
            (None, Some(column)) => (column, true),
            (None, None) => return Err(missing("celsius or centi_celsius")),
            (Some(_), Some(_)) => {
                return Err(Problem::field(
                    "/file",
                    "has both celsius and centi_celsius; leave one of them out",
                )
                .coded(Fault::OneOfTwo));
            }
        };
        Ok(Self { time, temperature, is_hundredths, device: find(DEVICE) })
    }

    fn are(&self, column: usize) -> bool {
        column == self.time || column == self.temperature || Some(column) == self.device
    }

    fn reading(&self, row: &TableRow, words: &FileWords) -> Result<Reading, String> {
        if let Some(problem) = &row.problem {
            return Err(problem.to_string());
        }
        let device = self.device.map_or("", |column| row.cell(column));
        if !device.is_empty() && device != words.device {
            return Err(format!(
                "is of {}; send what another logger recorded in a file of its own",
                quoted(device)
            ));
        }
        let at = read_time(row.cell(self.time), words.offset)?;
        let text = row.cell(self.temperature);
        let hundredths = if self.is_hundredths {
            text.parse()
                .map_err(|_| format!("{} is no whole number of hundredths of a degree", quoted(text)))?
        } else {
            read_celsius(text)?
        };
        judge_reading(Reading { at, hundredths }, words.latest)
    }
}

/// Reads a file.
///
/// # Errors
/// `invalid` at `/file` where it is no table, lacks a column or has too many rows.
pub(super) fn read_file(bytes: Vec<u8>, words: &FileWords) -> Outcome<FileRead> {
    let wrong = |error: &dyn std::fmt::Display| Problem::field("/file", error.to_string());
    let options = TableOptions { limits: Limits::SENT, ..TableOptions::default() };
    let table = Table::from_bytes(bytes, &options).map_err(|error| wrong(&error))?;
    let columns = Columns::of(table.header())?;
    let media_type = match table.format() {
        TableFormat::Csv { .. } => "text/csv",
        TableFormat::Xlsx { .. } => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };
    let header = table.header().iter().enumerate();
    let ignored = header.filter(|(column, _)| !columns.are(*column)).map(|(_, name)| name.clone()).collect();
    let mut read = FileRead { ignored, media_type, ..FileRead::default() };
    for row in table.rows() {
        let row = row.map_err(|error| wrong(&error))?;
        match columns.reading(&row, words) {
            Ok(reading) => read.rows.push((row.number, reading)),
            Err(detail) => read.refused.push(Refused { row: row.number, detail }),
        }
        if read.rows.len() + read.refused.len() > READINGS_MAXIMUM {
            return Err(too_many());
        }
    }
    Ok(read)
}

/// Refuses more readings than one file may have.
pub(super) fn too_many() -> Problem {
    Problem::field(
        "/readings",
        format!("are more than {READINGS_MAXIMUM}; send them in parts, in the order of time"),
    )
    .coded(Fault::TooMany)
}
