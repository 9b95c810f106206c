//! The empty table of a mapping of deliveries: the columns that it reads, and what each holds. Filled in it is read by that mapping.
//!
//! Never here: what a row states.

use super::encoding::TextEncoding;
use super::mapping::{ColumnSection, ColumnType, Mapping};
use super::mapping_check::columns_used;
use super::sheets::{Form, notes_above};
use super::template::{Piece, Template};
use super::value::{NumberStyle, WeightUnit};
use crate::core::cell::shielded;
use crate::core::check::quoted;
use crate::core::problem::{Outcome, Problem};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// What the first line of such a table begins with, so that no table of others, whose first heading may be `#`, is taken for one.
const MARK: &[u8] = b"# ReliefLedger";
/// What an instruction begins with, as a heading may too.
const NOTE: char = '#';
/// How wide columns are, in letters.
const COLUMN_WIDTH: u16 = 20;
/// Words of a column that are listed; of more it says that there are.
const WORDS_LISTED: usize = 30;
/// The row in which a header may stand: what people fill in has some lines above it, and each is written.
const HEADER_ROW_MAX: u32 = 1_000;

/// A column, whether it is needed, and what it holds in words.
struct Blank<'a> {
    heading: &'a str,
    is_needed: bool,
    holds: String,
}

/// Where the header of a table stands that was filled in, below its instructions; none where it has none.
pub fn header_below(bytes: &[u8]) -> Option<u32> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    text.starts_with(MARK).then(|| notes_above(bytes) + 1)
}

/// The table of a mapping.
///
/// # Errors
/// `invalid` where the mapping reads text in another encoding than ours, a column that a spreadsheet might run or nothing but
/// columns that begin as instructions do, has its header too far down, or a sheet that no workbook can have; `internal` where
/// text cannot be written.
pub fn blank(mapping: &Mapping, form: Form) -> Outcome<Vec<u8>> {
    if let Some(row) = mapping.file.header_row.filter(|row| *row > HEADER_ROW_MAX) {
        let words = format!(
            "{} reads a header in row {row}; a table to fill in has it in row {HEADER_ROW_MAX} at most",
            mapping.name
        );
        return Err(Problem::field("/file", words));
    }
    let mut columns: Vec<Blank<'_>> =
        columns_used(mapping).into_iter().map(|heading| column_of(mapping, heading)).collect();
    // Below instructions a line that begins as they do would be one of them.
    columns.sort_by_key(|column| column.heading.starts_with(NOTE));
    match form {
        Form::Csv => text_table(mapping, &columns),
        // What a mapping calls its sheet may be no name that a sheet of a workbook can have.
        Form::Xlsx => workbook(mapping, &columns).map_err(|error| {
            let words = format!("{} has no workbook to fill in: {error}; take the CSV", mapping.name);
            Problem::field("/file", words)
        }),
    }
}

fn column_of<'a>(mapping: &'a Mapping, heading: &'a str) -> Blank<'a> {
    let section = mapping.columns.get(heading);
    let is_needed = section.is_some_and(|section| section.required);
    let words = words_of(mapping, heading);
    let holds = if words.is_empty() { holds(section, mapping.formats.numbers) } else { words };
    Blank { heading, is_needed, holds }
}

/// The words that a column must have one of, where a lookup knows no others.
fn words_of(mapping: &Mapping, heading: &str) -> String {
    let is_of =
        |template: &Template| matches!(template.pieces(), [Piece::Column(column)] if column == heading);
    let lookup = mapping.lookups.values().find(|lookup| is_of(&lookup.of) && lookup.otherwise.is_none());
    let Some(lookup) = lookup else { return String::new() };
    let listed: Vec<&str> = lookup.values.keys().take(WORDS_LISTED).map(String::as_str).collect();
    let more = if lookup.values.len() > WORDS_LISTED { " …" } else { "" };
    format!("one of: {}{more}", listed.join(", "))
}

fn holds(section: Option<&ColumnSection>, numbers: NumberStyle) -> String {
    let Some(section) = section else { return "text".to_owned() };
    let decimal = numbers.decimal;
    match section.kind {
        ColumnType::Text => "text".to_owned(),
        ColumnType::Integer => "a whole number".to_owned(),
        ColumnType::Decimal => format!("a number, with {decimal} before its fraction"),
        ColumnType::Money => {
            format!("an amount of up to {} digits behind {decimal}", section.currency_digits())
        }
        ColumnType::Weight => {
            let unit = match section.unit.unwrap_or_default() {
                WeightUnit::Gram => "grams",
                WeightUnit::Kilogram => "kilograms",
                WeightUnit::Ton => "tons of 1,000 kilograms",
            };
            format!("a number of {unit}, with {decimal} before its fraction")
        }
        ColumnType::Date => "a day such as 2020-08-06".to_owned(),
    }
}

/// What is said above the columns.
fn preface(mapping: &Mapping) -> [String; 2] {
    [
        format!(
            "ReliefLedger, {}: one delivery or more below the header. Keep the header as it is.",
            mapping.title
        ),
        format!("It is read by the mapping {}. The same file again changes nothing.", mapping.name),
    ]
}

/// Refuses headings that a spreadsheet may run, or that are not told from the instructions above them.
fn check_headings(mapping: &Mapping, columns: &[Blank<'_>]) -> Outcome<()> {
    // A column is found by what it is called, so nothing can stand before that to make it a text.
    if let Some(column) = columns.iter().find(|column| shielded(column.heading) != column.heading) {
        let words = format!(
            "{} reads a column {}, which spreadsheets may run as a formula; take the workbook",
            mapping.name,
            quoted(column.heading)
        );
        return Err(Problem::field("/file", words));
    }
    // Whoever reads the table takes lines that begin so for instructions: only another column can stand before such a one.
    let first = columns.first().filter(|_| mapping.file.header_row.is_none());
    if let Some(column) = first.filter(|column| column.heading.starts_with(NOTE)) {
        let words = format!(
            "{} reads only columns such as {}, which begin as instructions do; take the workbook",
            mapping.name,
            quoted(column.heading)
        );
        return Err(Problem::field("/file", words));
    }
    Ok(())
}

fn text_table(mapping: &Mapping, columns: &[Blank<'_>]) -> Outcome<Vec<u8>> {
    match mapping.file.encoding {
        None | Some(TextEncoding::Utf8) => {}
        Some(
            other @ (TextEncoding::Windows1252
            | TextEncoding::Utf16LittleEndian
            | TextEncoding::Utf16BigEndian),
        ) => {
            let words = format!("{} reads text in {}; take the workbook", mapping.name, other.name());
            return Err(Problem::field("/file", words));
        }
    }
    check_headings(mapping, columns)?;
    let mut bytes = Vec::new();
    match mapping.file.header_row {
        // Where the header must stand there is no room for instructions.
        Some(row) => bytes.extend(b"\r\n".repeat(row.saturating_sub(1) as usize)),
        None => {
            let notes = preface(mapping).into_iter().chain(columns.iter().map(|column| {
                let needed = if column.is_needed { " (needed)" } else { "" };
                format!("{}{needed}: {}.", column.heading, column.holds)
            }));
            for note in notes {
                let note = shielded(&note.replace(['\r', '\n'], " "));
                bytes.extend(format!("# {note}\r\n").into_bytes());
            }
        }
    }
    let broken = |error: csv::Error| Problem::internal(format!("a template: {error}"));
    let mut table = csv::WriterBuilder::new()
        .delimiter(mapping.file.delimiter.and_then(|given| u8::try_from(given).ok()).unwrap_or(b','))
        .terminator(csv::Terminator::CRLF)
        .from_writer(&mut bytes);
    table.write_record(columns.iter().map(|column| column.heading)).map_err(broken)?;
    table.flush().map_err(|error| broken(error.into()))?;
    drop(table);
    Ok(bytes)
}

fn workbook(mapping: &Mapping, columns: &[Blank<'_>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (bold, text) = (Format::new().set_bold(), Format::new().set_num_format("@"));
    let sheet = book.add_worksheet();
    sheet.set_name(mapping.file.sheet.as_deref().unwrap_or("Deliveries"))?;
    let header = mapping.file.header_row.unwrap_or(1).saturating_sub(1);
    for (at, column) in (0..).zip(columns) {
        // A code of digits keeps its zeros, and a day stays as it is typed.
        sheet.set_column_format(at, &text)?.set_column_width(at, COLUMN_WIDTH)?;
        sheet.write_string_with_format(header, at, column.heading, &bold)?;
    }
    let sheet = book.add_worksheet();
    sheet.set_name("Instructions")?;
    let mut row = 0;
    for line in preface(mapping) {
        sheet.write_string(row, 0, &line)?;
        row += 1;
    }
    for (at, heading) in (0..).zip(["column", "needed", "holds"]) {
        sheet.set_column_width(at, 2 * COLUMN_WIDTH)?.write_string_with_format(row, at, heading, &bold)?;
    }
    for column in columns {
        row += 1;
        let cells = [column.heading, if column.is_needed { "yes" } else { "" }, &column.holds];
        for (at, cell) in (0..).zip(cells) {
            sheet.write_string(row, at, cell)?;
        }
    }
    book.save_to_buffer()
}
