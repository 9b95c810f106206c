//! Records an object a line, read one after the other: a file of any length takes the memory of its longest line.
//!
//! Never here: what a record states.

use crate::core::problem::{Outcome, Problem};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

/// The longest line: several times the longest body that anybody can post. What is longer is no line of records.
const LINE_BYTES_MAX: u64 = 8 * 1_024 * 1_024;

/// The lines of a file that say something, each with its number.
pub(super) struct Lines<R> {
    reader: R,
    number: u32,
    /// Whether it broke off: nothing behind that is read.
    is_over: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn of(reader: R) -> Self {
        Self { reader, number: 0, is_over: false }
    }

    /// The next line, with what ends it; none at the end of the file.
    fn line(&mut self) -> Outcome<Option<String>> {
        let mut line = Vec::new();
        let read = self.reader.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|error| Problem::field("/file", format!("cannot be read: {error}")))?;
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let number = self.number;
        if line.len() as u64 > LINE_BYTES_MAX {
            let words = format!("line {number} has more than {LINE_BYTES_MAX} bytes; a line is one record");
            return Err(Problem::field("/file", words));
        }
        String::from_utf8(line)
            .map(Some)
            .map_err(|error| Problem::field("/file", format!("line {number} is not UTF-8: {error}")))
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Outcome<(u32, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            match self.line() {
                Ok(Some(line)) if line.trim().is_empty() => {}
                Ok(Some(line)) => return Some(Ok((self.number, line))),
                Ok(None) => self.is_over = true,
                Err(problem) => {
                    self.is_over = true;
                    return Some(Err(problem));
                }
            }
        }
        None
    }
}

/// The members of a line.
pub(super) struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    /// Those of an object; none where the line is none.
    pub(super) fn of(line: &'a str) -> Option<Self> {
        serde_json::from_str(line).ok().map(Self)
    }

    /// A member as it is written; `null` where there is none.
    pub(super) fn text(&self, name: &str) -> &'a str {
        self.0.get(name).copied().map_or("null", RawValue::get)
    }

    /// A member that is a text; empty where it is none.
    pub(super) fn word(&self, name: &str) -> String {
        serde_json::from_str(self.text(name)).unwrap_or_default()
    }
}
