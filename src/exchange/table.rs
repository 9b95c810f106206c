//! A file to a header and rows of text cells, each with its row number and column names.
//!
//! CSV or XLSX is told by content, never by the file's name. The bytes are held once (at most
//! [`MAX_FILE_BYTES`]) and rows are parsed as they are asked for, so a table may be walked twice.
//! Never done here: giving a cell a meaning, or refusing a file for one bad row; such a row comes
//! out with its problem, and the rows after it as if nothing had happened.

use std::fmt;
use std::io::Read;
use std::path::Path;

use csv::StringRecord;

use super::delimiter;
use super::encoding::{self, Decoded, EncodingError, TextEncoding};
use super::text_rows::{Expected, TextRows};
use super::workbook::{self, SheetRow};

/// The largest file: ten times the largest delivery history at hand, and what the HTTP surface
/// takes as an import.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

/// The most rows: what a spreadsheet can hold, so that every report fits one again.
pub const MAX_ROWS: u32 = 1_048_576;

/// The most columns. Real tables have tens; thousands are a wrong delimiter or a matrix.
pub const MAX_COLUMNS: usize = 1_024;

/// The longest cell: what a spreadsheet can hold. Longer ones are a quote that never closed.
pub const MAX_CELL_CHARACTERS: usize = 32_767;

/// How an .xlsx file, which is a zip archive, begins.
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";

/// How .xls files and workbooks locked by a password begin.
const COMPOUND_MAGIC: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// What the user knows better than the detection; all empty by default.
#[derive(Debug, Clone, Default)]
pub struct TableOptions {
    /// The character between cells; any ASCII character but quote and line ends.
    pub delimiter: Option<u8>,
    /// The encoding of a text table.
    pub encoding: Option<TextEncoding>,
    /// The sheet of a workbook; the first by default.
    pub sheet: Option<String>,
    /// The row the header stands in, counted from 1; by default the first row with a filled cell.
    pub header_row: Option<u32>,
    /// How much it may hold.
    pub limits: Limits,
}

/// How much a table may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Bytes a workbook may unpack to.
    pub unpacked_bytes: u64,
    /// Rows below the header, but for blank ones.
    pub rows: u32,
    /// Columns.
    pub columns: usize,
}

impl Default for Limits {
    /// Of a file on the machine itself, whose operator knows what it can hold.
    fn default() -> Self {
        Self {
            bytes: MAX_FILE_BYTES,
            unpacked_bytes: workbook::MAX_UNPACKED_BYTES,
            rows: MAX_ROWS,
            columns: MAX_COLUMNS,
        }
    }
}

impl Limits {
    /// Of a file that somebody sent, which is to be imported within 64 MiB of memory, whatever is in it: text of 8 MiB in
    /// another encoding has up to three times as many bytes in ours; a workbook of 16 MiB of nothing but the smallest
    /// texts or cells takes forty. No table that people fill in has two hundred columns.
    pub const SENT: Self =
        Self { bytes: 8 * 1024 * 1024, unpacked_bytes: 16 * 1024 * 1024, rows: 50_000, columns: 200 };

    /// Of a file whose rows are whole deliveries: each is planned as a dozen records, and the plan of all of them is held until
    /// the last is recorded; a dry run also holds what it decided. Some 18 kilobytes a row were measured, so that these are
    /// tried in less than 64 MiB of memory; more are sent in parts, which add to each other.
    pub const DELIVERIES: Self =
        Self { bytes: 2 * 1024 * 1024, unpacked_bytes: 8 * 1024 * 1024, rows: 1_500, columns: 200 };

    /// Of the same on the machine itself: a dry run of them was measured to take 361 MiB.
    pub const PLANNED: Self = Self {
        bytes: MAX_FILE_BYTES,
        unpacked_bytes: workbook::MAX_UNPACKED_BYTES,
        rows: 20_000,
        columns: MAX_COLUMNS,
    };
}

/// What a table was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableFormat {
    /// Delimited text.
    Csv {
        /// The encoding it was read by.
        encoding: TextEncoding,
        /// The character between cells.
        delimiter: u8,
    },
    /// A workbook.
    Xlsx {
        /// The sheet that was read.
        sheet: String,
    },
}

/// Why a file gives no table at all.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be read from disk.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Larger than [`MAX_FILE_BYTES`].
    #[error("the file has more than {limit_bytes} bytes, the most an import takes; split it by rows")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// A workbook that unpacks beyond [`workbook::MAX_UNPACKED_BYTES`].
    #[error("the workbook unpacks to more than {limit_bytes} bytes; save the sheet alone, or as CSV")]
    UnpacksTooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The old Excel format, or a workbook under a password.
    #[error(
        "this is an old .xls file or a workbook with a password; save it as .xlsx without one, or as CSV"
    )]
    OldWorkbook,
    /// A zip archive that is no readable workbook.
    #[error("this is no readable .xlsx workbook: {reason}")]
    BadWorkbook {
        /// What the reader said.
        reason: String,
    },
    /// The sheet asked for is not there.
    #[error("there is no sheet \"{wanted}\"; the workbook has: {there}")]
    NoSuchSheet {
        /// The sheet asked for.
        wanted: String,
        /// The sheets there are.
        there: String,
    },
    /// The bytes are no text.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// A delimiter no table can have.
    #[error("\"{given}\" cannot part cells; use one ASCII character that is no quote and no line end")]
    BadDelimiter {
        /// The character asked for.
        given: char,
    },
    /// No row with a filled cell where the header should be.
    #[error("row {row} should be the header and has no filled cell; name the header's row")]
    NoHeader {
        /// The row that should be the header.
        row: u32,
    },
    /// More rows than [`Limits::rows`].
    #[error(
        "the table has more than {limit} rows below its header; send it in parts, which add to each other"
    )]
    TooManyRows {
        /// The limit.
        limit: u32,
    },
    /// More columns than [`MAX_COLUMNS`].
    #[error("the table has {columns} columns, more than {limit}; is the delimiter right?")]
    TooManyColumns {
        /// How many there are.
        columns: usize,
        /// The limit.
        limit: usize,
    },
    /// A workbook's cell longer than [`MAX_CELL_CHARACTERS`].
    #[error("row {row}, column {column}: the cell has more than {limit} characters")]
    CellTooLong {
        /// The row as the spreadsheet shows it.
        row: u32,
        /// The column, counted from 1.
        column: usize,
        /// The limit.
        limit: usize,
    },
}

/// A table: its header and a way to walk its rows, as often as needed.
#[derive(Debug)]
pub struct Table {
    header: Vec<String>,
    header_row: u32,
    format: TableFormat,
    notes: Vec<String>,
    body: Body,
    rows_maximum: u32,
}

/// Where the rows come from.
#[derive(Debug)]
enum Body {
    Text { text: String, delimiter: u8 },
    Sheet { rows: Vec<SheetRow> },
}

/// One row below the header.
#[derive(Debug, Clone)]
pub struct TableRow {
    /// The row as a spreadsheet program numbers it: the header's is usually 1. Blank rows count;
    /// a cell with line breaks inside is still one row.
    pub number: u32,
    /// Why the row's cells cannot be trusted, if so.
    pub problem: Option<RowProblem>,
    record: StringRecord,
    numeric: Vec<usize>,
}

/// Why a row's cells cannot be trusted: they may stand under the wrong names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// Fewer or more cells than the header.
    #[error(
        "the row has {cells} cells where the header has {columns}; a quote or delimiter may be missing or too many"
    )]
    CellCount {
        /// Cells in the row.
        cells: usize,
        /// Columns in the header.
        columns: usize,
    },
    /// A quote that is opened and not closed before the line ends, or is followed by text where it is closed.
    #[error(
        "the row would run on to line {last_line} of the file: a quote is opened in it and not closed as it should \
         be; {after}"
    )]
    RunsOn {
        /// The last physical line the row would take, counted from 1.
        last_line: u64,
        /// What became of the lines after the row's first.
        after: AfterQuote,
    },
    /// A cell beyond [`MAX_CELL_CHARACTERS`].
    #[error("a cell has more than {limit} characters; a quote may have been opened and never closed")]
    CellTooLong {
        /// The limit.
        limit: usize,
    },
}

/// What became of the lines a stray quote would have swallowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterQuote {
    /// They were read as rows of their own.
    Read,
    /// They were left out: the file has too many such quotes to read on after each.
    LeftOut,
}

impl fmt::Display for AfterQuote {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            AfterQuote::Read => "this line is left out, and the next was read as a row of its own",
            AfterQuote::LeftOut => "all these lines are left out, because the file has too many such quotes",
        })
    }
}

impl TableRow {
    /// The text of a cell, without blanks around it; empty beyond the row's end.
    pub fn cell(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default().trim()
    }

    /// Whether the cell is a number of a workbook. Its text has a decimal point and no thousands signs,
    /// however the table writes the numbers in its texts.
    pub fn is_number(&self, column: usize) -> bool {
        self.numeric.binary_search(&column).is_ok()
    }

    /// How many cells the row has.
    pub fn cell_count(&self) -> usize {
        self.record.len()
    }
}

impl Table {
    /// Opens a file.
    ///
    /// # Errors
    /// [`TableError`], naming the path, limit, row or sheet that is in the way.
    pub fn open(path: &Path, options: &TableOptions) -> Result<Table, TableError> {
        let unreadable = |source| TableError::Unreadable { path: path.display().to_string(), source };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        // One byte more than the limit is read, so that a pipe without a size is bounded too.
        file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        Table::from_bytes(bytes, options)
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`TableError`], naming the limit, row or sheet that is in the way.
    pub fn from_bytes(bytes: Vec<u8>, options: &TableOptions) -> Result<Table, TableError> {
        if bytes.len() > options.limits.bytes {
            return Err(TableError::TooLarge { limit_bytes: options.limits.bytes });
        }
        if bytes.starts_with(COMPOUND_MAGIC) {
            return Err(TableError::OldWorkbook);
        }
        if bytes.starts_with(ZIP_MAGIC) {
            super::prolog::refuse_definitions(&bytes)?;
            Table::from_workbook(bytes, options)
        } else {
            Table::from_text(bytes, options)
        }
    }

    fn from_workbook(bytes: Vec<u8>, options: &TableOptions) -> Result<Table, TableError> {
        let sheet = workbook::read_sheet(bytes, options.sheet.as_deref(), options.limits)?;
        let format = TableFormat::Xlsx { sheet: sheet.name };
        let body = Body::Sheet { rows: sheet.rows };
        Table::with_header(format, sheet.notes, body, options)
    }

    fn from_text(bytes: Vec<u8>, options: &TableOptions) -> Result<Table, TableError> {
        let Decoded { text, encoding, notes } =
            encoding::decode(bytes, options.encoding, options.limits.unpacked_bytes)?;
        let delimiter = match options.delimiter {
            Some(given) if !given.is_ascii() || matches!(given, b'"' | b'\r' | b'\n') => {
                return Err(TableError::BadDelimiter { given: char::from(given) });
            }
            Some(given) => given,
            None => {
                delimiter::sniff(&text, options.header_row.map_or(0, |row| row.saturating_sub(1) as usize))
            }
        };
        let format = TableFormat::Csv { encoding, delimiter };
        Table::with_header(format, notes, Body::Text { text, delimiter }, options)
    }

    /// Finds the header among the first rows and checks it.
    fn with_header(
        format: TableFormat,
        notes: Vec<String>,
        body: Body,
        options: &TableOptions,
    ) -> Result<Table, TableError> {
        let (wanted, limits) = (options.header_row, options.limits);
        let mut header_row = wanted.unwrap_or(1);
        let mut header = Vec::new();
        for SheetRow { number, record, .. } in body.records(None) {
            if wanted.is_none_or(|wanted| wanted == number) {
                header_row = number;
                header = record.iter().map(|cell| cell.trim().to_owned()).collect();
                break;
            }
        }
        while header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        if header.is_empty() {
            return Err(TableError::NoHeader { row: header_row });
        }
        if header.len() > limits.columns {
            return Err(TableError::TooManyColumns { columns: header.len(), limit: limits.columns });
        }
        Ok(Table { header, header_row, format, notes, body, rows_maximum: limits.rows })
    }

    /// The column names, in order, without blanks around them.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The row the header stands in.
    pub fn header_row(&self) -> u32 {
        self.header_row
    }

    /// What the table was found to be.
    pub fn format(&self) -> &TableFormat {
        &self.format
    }

    /// Sentences the user should read: what was detected that is not plain.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The rows below the header, blank ones left out, parsed as they are asked for.
    ///
    /// # Errors
    /// An item is [`TableError::TooManyRows`] beyond the most rows, and the walk ends there.
    pub fn rows(&self) -> impl Iterator<Item = Result<TableRow, TableError>> + '_ {
        let columns = self.header.len();
        let text = matches!(self.body, Body::Text { .. });
        let expected = Expected { columns, header_row: self.header_row };
        let limit = self.rows_maximum;
        self.body.records(Some(expected)).skip_while(move |row| row.number <= self.header_row).zip(1..).map(
            move |(SheetRow { number, record, numeric, runs_on }, count): (_, u32)| {
                if count > limit {
                    return Err(TableError::TooManyRows { limit });
                }
                let problem = runs_on.or_else(|| problem_of(&record, columns, text));
                Ok(TableRow { number, problem, record, numeric })
            },
        )
    }
}

/// Checks a row against the header. A sheet's row ends with its last filled cell, so only text
/// rows can be too short.
pub(super) fn problem_of(record: &StringRecord, columns: usize, text: bool) -> Option<RowProblem> {
    if record
        .iter()
        .any(|cell| cell.len() > MAX_CELL_CHARACTERS && cell.chars().count() > MAX_CELL_CHARACTERS)
    {
        return Some(RowProblem::CellTooLong { limit: MAX_CELL_CHARACTERS });
    }
    let too_long = record.iter().skip(columns).any(|cell| !cell.trim().is_empty());
    if too_long || (text && record.len() < columns) {
        return Some(RowProblem::CellCount { cells: record.len(), columns });
    }
    None
}

impl Body {
    /// All rows with a filled cell, the header among them, each with its number.
    fn records(&self, expected: Option<Expected>) -> Box<dyn Iterator<Item = SheetRow> + '_> {
        match self {
            Body::Text { text, delimiter } => Box::new(TextRows::new(text, *delimiter, expected)),
            Body::Sheet { rows } => Box::new(rows.iter().cloned()),
        }
    }
}
