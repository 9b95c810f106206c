//! The rows in an archive that `pg_dump` wrote, as `pg_restore` prints them: blocks that begin with
//! `COPY table (columns) FROM stdin;` and end with `\.`, a line for each row with tabs between values.
//!
//! Nothing is put anywhere. Never here: a value this house did not write; its tables have no tabs or newlines that are
//! not escaped, since PostgreSQL escapes them itself.

use super::tools::{Running, Tools};
use crate::core::problem::{Code, Outcome, Problem};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

/// What the first bytes of an archive are.
pub(super) const MAGIC: &[u8] = b"PGDMP";

/// Said where an archive cannot be read.
pub(super) const UNREADABLE: &str =
    "The backup cannot be read to its end: it is damaged or was cut short. Use another one.";

/// A row of a table: the names of its columns, and its values; `None` is null.
pub(super) struct DumpedRow<'r> {
    columns: &'r [String],
    values: Vec<Option<Vec<u8>>>,
}

impl DumpedRow<'_> {
    fn bytes(&self, column: &str) -> Outcome<&[u8]> {
        let index = self.columns.iter().position(|name| name == column);
        let value = index.and_then(|index| self.values.get(index)?.as_deref());
        value.ok_or_else(|| damaged(&format!("a row has no {column}")))
    }

    /// A text.
    pub(super) fn text(&self, column: &str) -> Outcome<&str> {
        std::str::from_utf8(self.bytes(column)?).map_err(|_| damaged(&format!("{column} is no text")))
    }

    /// A whole number.
    pub(super) fn integer(&self, column: &str) -> Outcome<i64> {
        let text = self.text(column)?;
        text.parse().map_err(|_| damaged(&format!("{column} is no number")))
    }

    /// Bytes, which PostgreSQL writes as `\x` and digits.
    pub(super) fn binary(&self, column: &str) -> Outcome<Vec<u8>> {
        let wrong = || damaged(&format!("{column} is not bytes"));
        let digits = self.text(column)?.strip_prefix("\\x").ok_or_else(wrong)?;
        if !digits.is_ascii() || digits.len() % 2 != 0 {
            return Err(wrong());
        }
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong());
        (0..digits.len()).step_by(2).map(byte).collect()
    }
}

fn damaged(cause: &str) -> Problem {
    Problem::new(Code::WrongState, UNREADABLE).log(cause)
}

/// Shows the rows of one table. With `whole`, all the others are read to their ends too, so that an archive that is
/// damaged anywhere is found.
pub(super) fn each_row(
    tools: &Tools,
    path: &Path,
    table: &str,
    whole: bool,
    visit: &mut dyn FnMut(&DumpedRow<'_>) -> Outcome<()>,
) -> Outcome<()> {
    let mut command = tools.command("pg_restore");
    command.args(["--data-only", "--file", "-"]);
    if !whole {
        command.arg("--table").arg(table);
    }
    let mut running = Running::start(command.arg(path).stdout(Stdio::piped()))
        .map_err(|error| Problem::new(Code::Unavailable, "pg_restore cannot be started.").log(error))?;
    let read = match running.output() {
        Some(output) => rows(BufReader::with_capacity(1 << 16, output), table, visit),
        None => Ok(true),
    };
    // Its output is closed by now: what was not read ends it.
    let ended = running.end();
    match (read?, ended) {
        (true, Ok(())) => Ok(()),
        (false, Ok(())) => Err(damaged("the rows of a table do not end")),
        (_, Err(complaint)) => Err(refused(tools, &complaint)),
    }
}

/// What pg_restore says of an archive it does not read.
fn refused(tools: &Tools, complaint: &str) -> Problem {
    // In the words of the programs, which are called in the language of C.
    if complaint.contains("unsupported version") {
        let words = format!(
            "The backup was written by a newer PostgreSQL than pg_restore of version {} reads, which is the newest \
             here. Install a newer client. It says: {complaint}",
            tools.major()
        );
        return Problem::new(Code::Unavailable, words);
    }
    let words = format!("{UNREADABLE} pg_restore of version {} says: {complaint}", tools.major());
    Problem::new(Code::WrongState, words)
}

/// Reads what pg_restore prints; whether it came to an end where it may.
fn rows(
    mut input: impl BufRead,
    table: &str,
    visit: &mut dyn FnMut(&DumpedRow<'_>) -> Outcome<()>,
) -> Outcome<bool> {
    let mut line = Vec::new();
    // Within a block: the columns, where it is one of the table asked for.
    let mut block: Option<Option<Vec<String>>> = None;
    loop {
        line.clear();
        let count = input.read_until(b'\n', &mut line).map_err(|error| damaged(&error.to_string()))?;
        if count == 0 {
            return Ok(block.is_none());
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        match &block {
            None => block = opening(&line, table),
            Some(_) if line == b"\\." => block = None,
            Some(None) => {}
            Some(Some(columns)) => {
                let values: Vec<_> = line.split(|byte| *byte == b'\t').map(value).collect();
                visit(&DumpedRow { columns, values })?;
            }
        }
    }
}

/// Whether a line opens a block: with the columns where it is one of the table asked for.
fn opening(line: &[u8], table: &str) -> Option<Option<Vec<String>>> {
    let line = std::str::from_utf8(line).ok()?;
    let (name, rest) = line.strip_prefix("COPY ")?.split_once(" (")?;
    let columns = rest.strip_suffix(") FROM stdin;")?;
    let unquoted = |name: &str| name.trim_matches('"').to_owned();
    let is_asked = unquoted(name.rsplit_once('.').map_or(name, |(_, name)| name)) == table;
    Some(is_asked.then(|| columns.split(", ").map(unquoted).collect()))
}

/// One value; `None` is null.
fn value(field: &[u8]) -> Option<Vec<u8>> {
    if field == b"\\N" {
        return None;
    }
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.iter();
    while let Some(byte) = rest.next() {
        if *byte != b'\\' {
            bytes.push(*byte);
            continue;
        }
        match rest.next() {
            Some(b'b') => bytes.push(8),
            Some(b't') => bytes.push(b'\t'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b'v') => bytes.push(11),
            Some(b'f') => bytes.push(12),
            Some(b'r') => bytes.push(b'\r'),
            Some(other) => bytes.push(*other),
            None => {}
        }
    }
    Some(bytes)
}
