//! Records an object a line, read one after the other: a file of any length takes the memory of its longest line.
//!
//! Never here: what a record states.

use crate::core::problem::{Outcome, Problem};
use crate::web::{TREE_BYTES_MAX, takes_too_much};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;
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

/// Refuses a body that takes far more once it is read than it is long: a pledge of ten thousand lines takes two thirds of what it
/// may.
pub(super) fn check_memory(body: &str) -> Result<(), String> {
    if takes_too_much(body.as_bytes()) {
        let mebibytes = TREE_BYTES_MAX / (1_024 * 1_024);
        return Err(format!(
            "its body has so many values that it would take more than {mebibytes} MiB; state it as several records"
        ));
    }
    Ok(())
}

/// The members of a line that were asked for; of others nothing is kept, however many there are.
pub(super) struct Members<'a>(BTreeMap<String, &'a RawValue>);

/// Reads an object, and of its members those of these names.
struct Named<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = BTreeMap<String, &'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, line: D) -> Result<Self::Value, D::Error> {
        line.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Named<'_> {
    type Value = BTreeMap<String, &'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = BTreeMap::new();
        while let Some(name) = members.next_key::<String>()? {
            if self.0.contains(&name.as_str()) {
                found.insert(name, members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

impl<'a> Members<'a> {
    /// Those of these names; none where the line is no object.
    pub(super) fn of(line: &'a str, names: &[&str]) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_str(line);
        let found = Named(names).deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        Some(Self(found))
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
