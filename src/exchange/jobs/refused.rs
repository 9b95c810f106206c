//! Refused rows as a table that is mended and sent again: each as it stands in the file, below what is wrong with it.

use super::super::encoding::TextEncoding;
use super::super::sheets::{Fate, SheetKind};
use super::super::table::{Table, TableFormat, TableOptions, TableRow};
use super::by_hand::ReadingDraft;
use super::http::ImportRowView;
use super::http_columns::{opened, reading_of, turn};
use super::read::{job_of, rows_after};
use super::store::file_of;
use crate::auth::{Permit, action};
use crate::core::cell::{shielded, unshielded};
use crate::core::id::ImportJobId;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::web::State;
use actix_web::web::{Bytes, block};
use futures_util::stream::{Stream, unfold};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, Read, Seek, Write};

/// Rows read at once: each may have many reasons.
const ROWS_PER_READ: i64 = 500;
/// Bytes that go over the wire at once.
const PIECE_BYTES: usize = 64 * 1024;

/// What a text in UTF-8 begins with where another encoding is expected.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// What stands in a row that says nothing.
const PASSED_OVER: &str = "#";

type Sink = csv::Writer<File>;

/// How a table is written so that it is read again as the one was that its rows come from.
#[derive(Clone, Copy)]
struct Way {
    delimiter: u8,
    /// Rows above its header.
    above: u32,
    /// Whether it has to say that it is in UTF-8.
    is_marked: bool,
}

impl Way {
    fn of(options: &TableOptions) -> Self {
        Self {
            delimiter: options.delimiter.unwrap_or(b','),
            above: options.header_row.map_or(0, |row| row.saturating_sub(1)),
            is_marked: options.encoding.is_some_and(|encoding| encoding != TextEncoding::Utf8),
        }
    }
}

fn failed(cause: &dyn std::fmt::Display) -> Problem {
    Problem::internal(format!("refused rows: {cause}"))
}

/// A table of refused rows that was put together in a file without a name, so that it is never in memory as a whole, and whoever
/// takes it slowly holds up nobody.
pub struct RefusedTable(File);

impl RefusedTable {
    /// It, piece by piece; an error where it ends before its end.
    pub fn pieces(self) -> impl Stream<Item = Outcome<Bytes>> {
        unfold(Some(self.0), next_piece)
    }
}

async fn next_piece(from: Option<File>) -> Option<(Outcome<Bytes>, Option<File>)> {
    let file = from?;
    match block(move || piece_of(file)).await {
        Ok(Ok(piece)) => piece.map(|(bytes, file)| (Ok(bytes), Some(file))),
        Ok(Err(error)) => Some((Err(failed(&error)), None)),
        Err(error) => Some((Err(failed(&error)), None)),
    }
}

fn piece_of(file: File) -> io::Result<Option<(Bytes, File)>> {
    let mut bytes = Vec::with_capacity(PIECE_BYTES);
    (&file).take(PIECE_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(if bytes.is_empty() { None } else { Some((Bytes::from(bytes), file)) })
}

/// The refused rows of an import as CSV. Those of a sheet stand as they do in the file, below rows that begin with `#`, say
/// why, and are passed over where it is sent again; its header stands where it did. Of other files there is a line for each
/// reason.
///
/// # Errors
/// `not_found`; what the database says.
pub async fn import_refused(
    permit: Permit<action::ImportRead>,
    state: &State,
    id: ImportJobId,
) -> Outcome<RefusedTable> {
    let turn = turn().await?;
    let read = move |conn: &mut Conn| {
        let made = table_of(conn, &permit, id);
        drop(turn);
        made
    };
    state.read(read).await
}

/// Puts the table together within one snapshot.
fn table_of(conn: &mut Conn, permit: &Permit<action::ImportRead>, id: ImportJobId) -> Outcome<RefusedTable> {
    let job = job_of(conn, permit, id)?;
    let read_as = match reading_of(conn, &job) {
        // A table of needs passes nothing over.
        Ok((SheetKind::Needs, ..)) => None,
        Ok((_, reading, options)) => {
            let way = Way::of(&options);
            Some((opened(file_of(conn, job.id)?, options)?, reading, way))
        }
        Err(problem) if problem.is_refusal() => None,
        Err(problem) => return Err(problem),
    };
    let way = read_as.as_ref().map_or_else(|| Way::of(&TableOptions::default()), |(_, _, way)| *way);
    let mut sink = sink(tempfile::tempfile().map_err(|error| failed(&error))?, way)?;
    let mut rows = Refused { conn, permit, id: job.id, after: -1, read: VecDeque::new(), is_all: false };
    match read_as {
        Some((table, reading, way)) => mendable(&mut rows, (&table, &reading, way), &mut sink)?,
        None => reasons_alone(&mut rows, &mut sink)?,
    }
    let mut file = sink.into_inner().map_err(|error| failed(&error))?;
    file.rewind().map_err(|error| failed(&error))?;
    Ok(RefusedTable(file))
}

/// Refused rows in their order, some of them at a time.
struct Refused<'a> {
    conn: &'a mut Conn,
    permit: &'a Permit<action::ImportRead>,
    id: ImportJobId,
    /// The last that was read.
    after: i64,
    read: VecDeque<ImportRowView>,
    is_all: bool,
}

impl Refused<'_> {
    /// The next one, which stays.
    fn first(&mut self) -> Outcome<Option<&ImportRowView>> {
        if self.read.is_empty() && !self.is_all {
            let which = (self.id, Some(Fate::Refused));
            let rows = rows_after(self.conn, self.permit, which, (self.after, ROWS_PER_READ))?;
            self.is_all = i64::try_from(rows.len()).unwrap_or(ROWS_PER_READ) < ROWS_PER_READ;
            self.after = rows.last().map_or(self.after, |row| row.number);
            self.read.extend(rows.into_iter().map(ImportRowView::from));
        }
        Ok(self.read.front())
    }

    /// Takes the next one, where it has this key; whichever it is, where none is said.
    fn next_of(&mut self, key: Option<&str>) -> Outcome<Option<ImportRowView>> {
        let is_next = self.first()?.is_some_and(|row| key.is_none_or(|key| row.key == key));
        Ok(if is_next { self.read.pop_front() } else { None })
    }
}

fn sink(mut file: File, way: Way) -> Outcome<Sink> {
    if way.is_marked {
        file.write_all(MARK).map_err(|error| failed(&error))?;
    }
    let mut writer = csv::WriterBuilder::new();
    writer.delimiter(way.delimiter).terminator(csv::Terminator::CRLF).quote_style(csv::QuoteStyle::Always);
    Ok(writer.from_writer(file))
}

/// Writes a row that is passed over where the table is read.
fn write_aside(sink: &mut Sink, (words, width): (&str, usize)) -> Outcome<()> {
    let mut line = vec![String::new(); width];
    line[0] = shielded(words);
    sink.write_record(&line).map_err(|error| failed(&error))
}

fn reasons_alone(rows: &mut Refused<'_>, sink: &mut Sink) -> Outcome<()> {
    sink.write_record(["row", "key", "column", "value", "why"]).map_err(|error| failed(&error))?;
    while let Some(row) = rows.next_of(None)? {
        for reason in &row.reasons {
            let number = row.row.to_string();
            let cells = [&number, &row.key, &reason.column, &reason.value, &reason.words];
            sink.write_record(cells.map(|text| shielded(text))).map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}

/// What is wrong with a row, a line for each reason; columns are called as the table calls them.
fn notes(row: &ImportRowView, theirs: &BTreeMap<String, String>) -> Vec<String> {
    let note = |column: &str, value: &str, words: &str| {
        let named = theirs.get(column).filter(|name| !name.is_empty()).map_or(column, String::as_str);
        let parts = [named, value].into_iter().filter(|part| !part.is_empty());
        let place: String = parts.map(|part| format!(", {part}")).collect();
        format!("# row {}{place}: {words}", row.row)
    };
    row.reasons.iter().map(|reason| note(&reason.column, &reason.value, &reason.words)).collect()
}

/// A row as it stands in the file, with numbers of a workbook as its texts write them.
fn cells(table: &Table, row: &TableRow, decimal: &str) -> Vec<String> {
    let is_text = matches!(table.format(), TableFormat::Csv { .. });
    let cell = |place: usize| match row.cell(place) {
        text if is_text => shielded(&unshielded(text)),
        text if row.is_number(place) => text.replace('.', decimal),
        text => shielded(text),
    };
    (0..table.header().len()).map(cell).collect()
}

/// Tells why rows were refused that follow each other with one key: they state one thing, and nothing stands between them.
/// Answers their numbers, in their order.
fn group_told(
    rows: &mut Refused<'_>,
    (theirs, width): (&BTreeMap<String, String>, usize),
    sink: &mut Sink,
) -> Outcome<VecDeque<i64>> {
    let mut told = VecDeque::new();
    let mut key: Option<String> = None;
    while let Some(row) = rows.next_of(key.as_deref())? {
        for note in notes(&row, theirs) {
            write_aside(sink, (note.as_str(), width))?;
        }
        told.push_back(row.row);
        key = Some(row.key);
    }
    Ok(told)
}

fn mendable(
    rows: &mut Refused<'_>,
    (table, reading, way): (&Table, &ReadingDraft, Way),
    sink: &mut Sink,
) -> Outcome<()> {
    let decimal = reading.decimal.as_deref().unwrap_or(".");
    let header: Vec<String> = table.header().iter().map(|heading| shielded(&unshielded(heading))).collect();
    for _ in 0..way.above {
        write_aside(sink, (PASSED_OVER, header.len()))?;
    }
    sink.write_record(&header).map_err(|error| failed(&error))?;
    // Rows that are still to stand below what was told of them.
    let mut told: VecDeque<i64> = VecDeque::new();
    for row in table.rows() {
        let row = row.map_err(|error| Problem::field("/file", error.to_string()))?;
        let number = i64::from(row.number);
        loop {
            while told.front().is_some_and(|first| *first < number) {
                told.pop_front();
            }
            if !told.is_empty() || rows.first()?.is_none_or(|first| first.row > number) {
                break;
            }
            told = group_told(rows, (&reading.columns, header.len()), sink)?;
        }
        if told.front() == Some(&number) {
            sink.write_record(cells(table, &row, decimal)).map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}
