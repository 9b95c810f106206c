//! CSV: one row for each entry, below lines that begin with `#` and say what the file is.
//!
//! UTF-8, commas, RFC 4180, CRLF. Every text is quoted and no text begins a formula, wherever a spreadsheet of another
//! language takes it to be parted: `crate::core::cell` says how, and that it is taken back without loss. Numbers are bare.
//! A table of records ends with a line that says how many there are, so that the beginning of one is never taken for a whole.

use super::entries::{Cell, HEADINGS, cells, record_cells, record_headings};
use super::sink::unwritten;
use super::source::Source;
use super::stamp::Stamp;
use crate::core::cell::shielded;
use crate::core::problem::Outcome;
use crate::exchange::records::RECORDS_END;
use std::io::{self, Write};

/// Writes the export; answers how many rows it has.
pub(super) fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Outcome<i64> {
    stamp(&source.export.stamp, out).map_err(unwritten)?;
    out.write_all(format!("{}\r\n", HEADINGS.join(",")).as_bytes()).map_err(unwritten)?;
    let mut line = String::new();
    source.each_entry(|entry| {
        row(&cells(entry), &mut line);
        out.write_all(line.as_bytes()).map_err(unwritten)
    })
}

/// Writes the records instead of the entries; answers how many there are.
pub(super) fn write_records(source: &mut Source<'_>, out: &mut dyn Write) -> Outcome<i64> {
    stamp(&source.export.stamp, out).map_err(unwritten)?;
    out.write_all(format!("{}\r\n", record_headings().join(",")).as_bytes()).map_err(unwritten)?;
    let mut line = String::new();
    let rows = source.each_record(|record| {
        row(&record_cells(record)?, &mut line);
        out.write_all(line.as_bytes()).map_err(unwritten)
    })?;
    out.write_all(format!("{RECORDS_END}{rows}\r\n").as_bytes()).map_err(unwritten)?;
    Ok(rows)
}

/// What the file says of itself: the comments of the W3C's model of tabular data, which programs pass over and people read.
pub(super) fn stamp(stamp: &Stamp, out: &mut dyn Write) -> io::Result<()> {
    for (name, value) in stamp.lines() {
        out.write_all(format!("# {name}: {value}\r\n").as_bytes())?;
    }
    Ok(())
}

/// Puts a row in the place of what `line` holds.
pub(super) fn row(cells: &[Cell], line: &mut String) {
    line.clear();
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        match cell {
            Cell::Empty => {}
            Cell::Number(number) => line.push_str(&number.to_string()),
            Cell::Time(time) => line.push_str(&time.to_string()),
            Cell::Day(word) | Cell::Word(word) => line.push_str(word),
            Cell::Text(text) => line.push_str(&quoted(&shielded(text))),
        }
    }
    line.push_str("\r\n");
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
