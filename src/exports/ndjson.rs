//! NDJSON: an object a line. The first says what the file is, one follows for each entry, and the last how many there were.
//!
//! Texts are as they were written: nothing here is opened by a spreadsheet, and an object names what it holds.

use super::entries::{Cell, HEADINGS, cells};
use super::sink::unwritten;
use super::source::Source;
use crate::core::problem::Outcome;
use serde_json::{Map, Value, json};
use std::io::Write;

/// Writes the export; answers how many rows it has.
pub(super) fn write(source: &mut Source<'_>, out: &mut dyn Write) -> Outcome<i64> {
    let stamp = source.export.stamp.members();
    line(out, "stamp", stamp)?;
    let rows = source.each_entry(|entry| {
        let members = HEADINGS.iter().zip(cells(entry)).filter_map(member).collect();
        line(out, "entry", members)
    })?;
    let end = Map::from_iter([("entries".to_owned(), json!(rows))]);
    line(out, "end", end)?;
    Ok(rows)
}

/// Writes the records instead of the entries; answers how many there are.
pub(super) fn write_records(source: &mut Source<'_>, out: &mut dyn Write) -> Outcome<i64> {
    let stamp = source.export.stamp.members();
    line(out, "stamp", stamp)?;
    let rows = source.each_record(|record| {
        // The body is JSON already, in one line; read and written again its numbers might not be the same to the last digit.
        let (kind, id) = (json!(record.kind.word()), json!(record.id));
        writeln!(out, "{{\"record\":{kind},\"id\":{id},\"body\":{}}}", record.body).map_err(unwritten)
    })?;
    line(out, "end", Map::from_iter([("records".to_owned(), json!(rows))]))?;
    Ok(rows)
}

/// What a cell is as a member; what is empty is left out.
fn member((heading, cell): (&&str, Cell)) -> Option<(String, Value)> {
    let value = match cell {
        Cell::Empty => return None,
        Cell::Number(number) => json!(number),
        Cell::Time(time) => json!(time),
        Cell::Day(word) | Cell::Word(word) | Cell::Text(word) => json!(word),
    };
    Some(((*heading).to_owned(), value))
}

fn line(out: &mut dyn Write, record: &str, members: Map<String, Value>) -> Outcome<()> {
    let mut object = Map::with_capacity(members.len() + 1);
    object.insert("record".to_owned(), json!(record));
    object.extend(members);
    serde_json::to_writer(&mut *out, &object).map_err(unwritten)?;
    out.write_all(b"\n").map_err(unwritten)
}
