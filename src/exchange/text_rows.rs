//! Delimited text to rows, numbered the way a spreadsheet would number them.
//!
//! A quote that somebody forgot to close would make one row of all that follows it. Such a row gives up its
//! first line only, with the reason, and reading goes on with the next. Never done here: guessing where a
//! quote should have been closed.

use csv::StringRecord;

use super::table::{AfterQuote, RowProblem, problem_of};
use super::workbook::SheetRow;

/// How many bytes are read again after stray quotes, in sizes of the whole text: enough for any honest file,
/// and no file can make its reading endless.
const REREADS_MAXIMUM: usize = 64;

/// What rows below the header look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// Cells of a row.
    pub columns: usize,
    /// The number of the header's row; those above it may look otherwise.
    pub header_row: u32,
}

/// Walks delimited text.
pub(super) struct TextRows<'a> {
    text: &'a str,
    delimiter: u8,
    expected: Option<Expected>,
    reader: csv::Reader<&'a [u8]>,
    /// Where the reader began: bytes of the text, and physical lines, before it.
    base: (usize, u64),
    next_number: u32,
    rereads_left: usize,
}

impl<'a> TextRows<'a> {
    /// Walks a text from its beginning. Without `expected` every row counts as it is.
    pub(super) fn new(text: &'a str, delimiter: u8, expected: Option<Expected>) -> Self {
        TextRows {
            text,
            delimiter,
            expected,
            reader: reader(text, delimiter),
            base: (0, 0),
            next_number: 1,
            rereads_left: text.len().saturating_mul(REREADS_MAXIMUM),
        }
    }

    /// Whether a row of several lines is one by mistake; then its first line and what is to be said of it.
    fn stray_quote(&mut self, number: u32, record: &StringRecord) -> Option<(StringRecord, RowProblem)> {
        let expected = self.expected.filter(|expected| number > expected.header_row)?;
        let position = record.position()?;
        let start = self.base.0 + place(position.byte());
        let with_blanks = self.text.get(start..self.base.0 + place(self.reader.position().byte()))?;
        let raw = with_blanks.trim_start_matches(['\r', '\n']).trim_end_matches(['\r', '\n']);
        let (first_line, rest) = raw.split_once(['\r', '\n'])?;
        let is_pair = raw[first_line.len()..].starts_with("\r\n");
        let rest = if is_pair { &rest[1..] } else { rest };
        if is_well_quoted(raw, self.delimiter) && problem_of(record, expected.columns, true).is_none() {
            return None;
        }
        let lines_before = self.base.1 + position.line().saturating_sub(1);
        let blanks = with_blanks.len() - with_blanks.trim_start_matches(['\r', '\n']).len();
        let again = start + blanks + raw.len() - rest.len();
        let last_line = lines_before + line_ends(&with_blanks[..blanks]) + line_ends(raw) + 1;
        let after = match self.rereads_left.checked_sub(rest.len()) {
            Some(left) => {
                self.rereads_left = left;
                AfterQuote::Read
            }
            None => AfterQuote::LeftOut,
        };
        let mut line = StringRecord::new();
        // The line was read before as part of a longer row; whatever it is, it is rejected.
        drop(reader(first_line, self.delimiter).read_record(&mut line));
        if after == AfterQuote::Read {
            self.base = (again, lines_before + line_ends(&self.text[start..again]));
            self.reader = reader(&self.text[again..], self.delimiter);
        }
        Some((line, RowProblem::RunsOn { last_line, after }))
    }
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

fn line_ends(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u64
}

fn place(byte: u64) -> usize {
    usize::try_from(byte).unwrap_or(usize::MAX)
}

/// Whether every quote that opens a cell is closed, and the cell ends where it is closed.
fn is_well_quoted(row: &str, delimiter: u8) -> bool {
    let mut bytes = row.bytes().peekable();
    while let Some(first) = bytes.next() {
        if first == delimiter {
            continue;
        }
        if first != b'"' {
            // A cell without quotes around it ends at the delimiter, whatever is in it.
            if bytes.by_ref().find(|byte| *byte == delimiter).is_none() {
                return true;
            }
            continue;
        }
        loop {
            match bytes.next() {
                None => return false,
                Some(b'"') if bytes.next_if_eq(&b'"').is_some() => {}
                Some(b'"') => break,
                Some(_) => {}
            }
        }
        match bytes.next() {
            None => return true,
            Some(next) if next == delimiter => {}
            Some(_) => return false,
        }
    }
    true
}

impl Iterator for TextRows<'_> {
    type Item = SheetRow;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut record = StringRecord::new();
            // The text is valid UTF-8 and row lengths may differ, so reading from memory cannot fail;
            // should it ever, the walk ends as at the end of the text.
            if !self.reader.read_record(&mut record).unwrap_or(false) {
                return None;
            }
            let number = self.next_number.saturating_add(blank_lines_before(&self.reader, &record));
            self.next_number = number.saturating_add(1);
            let mut runs_on = None;
            if let Some((line, problem)) = self.stray_quote(number, &record) {
                record = line;
                runs_on = Some(problem);
            }
            if runs_on.is_some() || record.iter().any(|cell| !cell.trim().is_empty()) {
                return Some(SheetRow { number, record, numeric: Vec::new(), runs_on });
            }
        }
    }
}

/// Blank lines the reader skipped before a record: the lines it moved on, less the record's own.
fn blank_lines_before(reader: &csv::Reader<&[u8]>, record: &StringRecord) -> u32 {
    let start = record.position().map_or(1, csv::Position::line);
    let moved = reader.position().line().saturating_sub(start);
    let inside =
        record.iter().map(|cell| cell.bytes().filter(|byte| *byte == b'\n').count() as u64).sum::<u64>();
    u32::try_from(moved.saturating_sub(1 + inside)).unwrap_or(u32::MAX)
}
