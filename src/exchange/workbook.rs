//! An .xlsx workbook to rows of text cells.
//!
//! Never done here: evaluating formulas (their stored results are read) or formatting numbers the
//! way a screen shows them. Dates become ISO text and numbers plain decimal text, so that a
//! workbook and a CSV file of the same table read the same.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use csv::StringRecord;

use super::table::{Limits, MAX_CELL_CHARACTERS, RowProblem, TableError};

/// What a workbook may unpack to. A sheet of numbers packs about ten to one, so 64 MiB of honest
/// workbook stays below; a file made to unpack without end does not.
pub const MAX_UNPACKED_BYTES: u64 = 640 * 1024 * 1024;

/// Digits behind the first that a spreadsheet shows of a number, fifteen together.
const FRACTION_DIGITS: usize = 14;

/// The sheet that was read.
#[derive(Debug)]
pub struct Sheet {
    /// The sheet's name.
    pub name: String,
    /// Rows with at least one filled cell.
    pub rows: Vec<SheetRow>,
    /// Sentences the user should read.
    pub notes: Vec<String>,
}

/// One row of a sheet.
#[derive(Debug, Clone)]
pub struct SheetRow {
    /// Its number as the spreadsheet shows it.
    pub number: u32,
    /// Its cells as text.
    pub record: StringRecord,
    /// Places of the cells that hold a number and no text. Their text has a decimal point and no thousands
    /// signs, however the table writes numbers elsewhere.
    pub numeric: Vec<usize>,
    /// Text only: a stray quote by which the row would run on over lines that are not its own.
    pub runs_on: Option<RowProblem>,
}

/// Reads one sheet: the one named, else the first.
///
/// # Errors
/// [`TableError`] when the file is no workbook, unpacks beyond [`MAX_UNPACKED_BYTES`], has no
/// such sheet, or passes the limits of a table.
pub fn read_sheet(bytes: Vec<u8>, wanted: Option<&str>, limits: Limits) -> Result<Sheet, TableError> {
    refuse_bomb(&bytes, limits.unpacked_bytes)?;
    // What reads workbooks counts letters and digits of where a cell stands, and stops where no number is as large: better than a
    // cell in another column than the file says.
    catch_unwind(AssertUnwindSafe(|| sheet_of(bytes, wanted, limits))).unwrap_or_else(|_| {
        let reason =
            "it has a figure that no workbook can have, such as a cell in column AAAAAAAA".to_owned();
        Err(TableError::BadWorkbook { reason })
    })
}

fn sheet_of(bytes: Vec<u8>, wanted: Option<&str>, limits: Limits) -> Result<Sheet, TableError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(workbook_error)?;
    let names = workbook.sheet_names();
    let name = match wanted {
        Some(wanted) => names.iter().find(|name| *name == wanted),
        None => names.first(),
    };
    let Some(name) = name.cloned() else {
        return Err(TableError::NoSuchSheet {
            wanted: wanted.unwrap_or("(the first)").to_owned(),
            there: names.join(", "),
        });
    };
    let mut notes = Vec::new();
    if wanted.is_none() && names.len() > 1 {
        notes.push(format!("read sheet \"{name}\", the first of {}; name another to read it", names.len()));
    }
    let rows = read_rows(&mut workbook, &name, limits)?;
    Ok(Sheet { name, rows, notes })
}

/// Unpacks every part once, counting, before anything keeps what it unpacks. What the archive
/// says about its own sizes is not believed.
fn refuse_bomb(bytes: &[u8], limit_bytes: u64) -> Result<(), TableError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(workbook_error)?;
    let mut unpacked = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(workbook_error)?;
        let left = limit_bytes - unpacked;
        unpacked += std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(workbook_error)?;
        if unpacked > limit_bytes {
            return Err(TableError::UnpacksTooLarge { limit_bytes });
        }
    }
    Ok(())
}

/// Rows of a sheet that are read besides as many as may be below its header: instructions above it, and blank ones.
const ABOVE_MAXIMUM: u32 = 1_000;

/// Streams the cells of a sheet into rows; cells come in order of row, then column.
fn read_rows(
    workbook: &mut Xlsx<Cursor<Vec<u8>>>,
    name: &str,
    limits: Limits,
) -> Result<Vec<SheetRow>, TableError> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(workbook_error)?;
    let mut rows: Vec<SheetRow> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(workbook_error)? {
        let (row, column) = cell.get_position();
        let text = cell_text(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let (number, column) = (row.saturating_add(1), column as usize);
        if column >= limits.columns {
            return Err(TableError::TooManyColumns { columns: column + 1, limit: limits.columns });
        }
        if number > limits.rows.saturating_add(ABOVE_MAXIMUM) {
            return Err(TableError::TooManyRows { limit: limits.rows });
        }
        if text.chars().count() > MAX_CELL_CHARACTERS {
            return Err(TableError::CellTooLong {
                row: number,
                column: column + 1,
                limit: MAX_CELL_CHARACTERS,
            });
        }
        if rows.last().is_none_or(|last| last.number != number) {
            rows.push(SheetRow { number, record: StringRecord::new(), numeric: Vec::new(), runs_on: None });
        }
        if let Some(last) = rows.last_mut() {
            push_at(&mut last.record, column, &text, number)?;
            if matches!(cell.get_value(), DataRef::Int(_) | DataRef::Float(_)) {
                last.numeric.push(column);
            }
        }
    }
    Ok(rows)
}

/// Puts a cell at its column, filling the gap before it with empty cells.
fn push_at(record: &mut StringRecord, column: usize, text: &str, row: u32) -> Result<(), TableError> {
    if record.len() > column {
        let reason = format!("row {row} has its cells out of order or twice");
        return Err(TableError::BadWorkbook { reason });
    }
    while record.len() < column {
        record.push_field("");
    }
    record.push_field(text);
    Ok(())
}

/// A cell as text: dates as ISO, numbers as plain decimals without exponent.
fn cell_text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.trim().to_owned()
        }
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(moment) => date_text(moment),
        DataRef::Error(error) => error.to_string(),
    }
}

/// A number as the spreadsheet shows it: a fraction with the fifteen digits that spreadsheets keep, so that
/// =0.1*3 is 0.3 and no binary residue. A whole number is exact already.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 {
        return number.to_string();
    }
    let shown = format!("{number:.FRACTION_DIGITS$e}");
    shown.parse().map_or(shown, |rounded: f64| rounded.to_string())
}

/// A date cell as ISO text: the day alone when the time is midnight, as a cell without time is.
fn date_text(moment: &ExcelDateTime) -> String {
    if moment.is_duration() {
        return moment.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// Any failure inside the workbook, in the words of the reader.
fn workbook_error<E: Into<WorkbookTrouble>>(error: E) -> TableError {
    let WorkbookTrouble(reason) = error.into();
    TableError::BadWorkbook { reason }
}

/// The reason a workbook could not be read, whichever layer gave it.
struct WorkbookTrouble(String);

impl From<calamine::XlsxError> for WorkbookTrouble {
    fn from(error: calamine::XlsxError) -> Self {
        WorkbookTrouble(error.to_string())
    }
}

impl From<zip::result::ZipError> for WorkbookTrouble {
    fn from(error: zip::result::ZipError) -> Self {
        WorkbookTrouble(error.to_string())
    }
}

impl From<std::io::Error> for WorkbookTrouble {
    fn from(error: std::io::Error) -> Self {
        WorkbookTrouble(error.to_string())
    }
}
