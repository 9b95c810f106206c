//! The exact bytes of one entry of the log, which are what the tree hashes.
//!
//! An entry is one JSON object in UTF-8 without any space, its fields in this order, those marked `?`
//! left out when there is nothing to say:
//!
//! ```text
//! {"v":1,"sequence"?:integer,"at":integer,"actor":text,"role":text,"scope":text,"action":text,
//!  "entity":[text,text],"version"?:integer,"reason"?:text,
//!  "rows":[{"table":text,"key":text,"hash":hash,"columns":{text:hint,…}},…]}
//! ```
//!
//! `at` is microseconds since 1970 UTC; hash and hint are those of `digest`, base64url without padding;
//! columns stand in the order they were hashed in. In texts only `"`, `\` and the characters below
//! U+0020 are escaped: `\b \t \n \f \r` where they exist, else `\u00xx` in lower case. So there is one
//! text for each entry, and [`Entry::parse`] refuses every other.
//!
//! Never here: values. An entry says that a cell had a value with this hash, never which, since it is
//! kept for ever and shown to auditors.

use std::borrow::Cow;

use super::digest::{Hint, RowDigest, Value};
use super::hash::{HASH_CHARACTERS, Hash256, push_base64url, put_hash};

mod parse;
mod scan;

pub use parse::EntryError;
pub use scan::hint;

/// The version of the format written here.
pub const ENTRY_VERSION: u32 = 1;
/// A row with more columns is refused when read: PostgreSQL has no table with more.
pub const MAX_COLUMNS: usize = 1_600;

/// What an entry says about the act itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading<'a> {
    /// The sequence number of the update in the ledger, if it is one.
    pub sequence: Option<i64>,
    /// When it was recorded, microseconds since 1970 UTC.
    pub recorded_at_us: i64,
    /// Who did it.
    pub actor: &'a str,
    /// The role used, as it was named then.
    pub role: &'a str,
    /// The scope used, as it was written then.
    pub scope: &'a str,
    /// What was done.
    pub action: &'a str,
    /// The kind of thing it was done to.
    pub entity_kind: &'a str,
    /// Which one of that kind.
    pub entity_id: &'a str,
    /// The version of the thing afterwards, where it has versions.
    pub version: Option<i64>,
    /// The reason given.
    pub reason: Option<&'a str>,
}

/// Writes entries one after another, straight into the bytes that are hashed and stored.
///
/// Keep one for a batch: its buffers grow once.
#[derive(Debug, Default)]
pub struct EntryWriter {
    body: Vec<u8>,
    digest: RowDigest,
    rows: usize,
    last_length: usize,
}

impl EntryWriter {
    /// A writer for as many entries as one likes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins an entry, forgetting one that was not finished.
    pub fn begin(&mut self, heading: &Heading<'_>) {
        self.body.clear();
        self.body.reserve(self.last_length);
        self.rows = 0;
        push_heading(&mut self.body, heading);
    }

    /// Begins the next row the act left behind. Name its columns in the order of the schema; the row
    /// is complete when the answer is dropped.
    ///
    /// `key` is the text of the row's primary key.
    pub fn row(&mut self, table: &str, key: &str) -> RowWriter<'_> {
        if self.rows > 0 {
            self.body.push(b',');
        }
        self.rows += 1;
        self.digest.begin(table, key);
        let hash_at = push_row_start(&mut self.body, table, key);
        RowWriter { entry: self, hash_at, columns: 0 }
    }

    /// Ends the entry and answers its body.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        self.body.extend_from_slice(b"]}");
        self.last_length = self.body.len();
        std::mem::take(&mut self.body)
    }
}

/// One row of an entry being written.
#[derive(Debug)]
pub struct RowWriter<'a> {
    entry: &'a mut EntryWriter,
    /// Where in the body the hash goes, known only after the last column.
    hash_at: usize,
    columns: usize,
}

impl RowWriter<'_> {
    /// Adds the next column. Each name is given once.
    pub fn column(&mut self, name: &str, value: Value<'_>) -> &mut Self {
        let hint = self.entry.digest.column(name, value);
        push_hint(&mut self.entry.body, self.columns, name, hint);
        self.columns += 1;
        self
    }
}

impl Drop for RowWriter<'_> {
    fn drop(&mut self) {
        let hash = self.entry.digest.hash();
        put_hash(&mut self.entry.body[self.hash_at..self.hash_at + HASH_CHARACTERS], &hash);
        self.entry.body.extend_from_slice(b"}}");
    }
}

/// An entry read back; its texts are those of the body wherever that has them as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// See [`Heading::sequence`].
    pub sequence: Option<i64>,
    /// See [`Heading::recorded_at_us`].
    pub recorded_at_us: i64,
    /// See [`Heading::actor`].
    pub actor: Cow<'a, str>,
    /// See [`Heading::role`].
    pub role: Cow<'a, str>,
    /// See [`Heading::scope`].
    pub scope: Cow<'a, str>,
    /// See [`Heading::action`].
    pub action: Cow<'a, str>,
    /// See [`Heading::entity_kind`].
    pub entity_kind: Cow<'a, str>,
    /// See [`Heading::entity_id`].
    pub entity_id: Cow<'a, str>,
    /// See [`Heading::version`].
    pub version: Option<i64>,
    /// See [`Heading::reason`].
    pub reason: Option<Cow<'a, str>>,
    /// The rows the act left behind, in the order they were written.
    pub rows: Vec<RecordedRow<'a>>,
}

/// What an entry says about one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRow<'a> {
    /// The table's name.
    pub table: Cow<'a, str>,
    /// The text of the primary key.
    pub key: Cow<'a, str>,
    /// The hash of the whole row.
    pub hash: Hash256,
    /// Name and hint of each column, in the order they were hashed in.
    pub columns: Vec<(Cow<'a, str>, Hint)>,
}

impl Entry<'_> {
    /// What the entry says about the act itself.
    #[must_use]
    pub fn heading(&self) -> Heading<'_> {
        Heading {
            sequence: self.sequence,
            recorded_at_us: self.recorded_at_us,
            actor: &self.actor,
            role: &self.role,
            scope: &self.scope,
            action: &self.action,
            entity_kind: &self.entity_kind,
            entity_id: &self.entity_id,
            version: self.version,
            reason: self.reason.as_deref(),
        }
    }

    /// The body of this entry: the only bytes that say just this.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        push_heading(&mut body, &self.heading());
        for (position, row) in self.rows.iter().enumerate() {
            if position > 0 {
                body.push(b',');
            }
            let hash_at = push_row_start(&mut body, &row.table, &row.key);
            put_hash(&mut body[hash_at..hash_at + HASH_CHARACTERS], &row.hash);
            for (column, (name, hint)) in row.columns.iter().enumerate() {
                push_hint(&mut body, column, name, *hint);
            }
            body.extend_from_slice(b"}}");
        }
        body.extend_from_slice(b"]}");
        body
    }
}

/// In what way a row differs from what was recorded of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// The column has another value than the one recorded.
    Changed(String),
    /// The column was recorded and is no longer there.
    Missing(String),
    /// The column is there and was not recorded: added later, by a migration or by somebody else.
    Unrecorded(String),
    /// The row's hash differs although every hint agrees: table, key or order differ, or somebody
    /// found a value with the same 8-byte hint.
    Unnamed,
}

impl RecordedRow<'_> {
    /// Compares a row as it is now with this record of it. Nothing in the answer means that all is as recorded.
    ///
    /// `columns` are those of the row now, in any order, each name once. The hash decides; the hints
    /// only say where to look.
    #[must_use]
    pub fn compare(&self, table: &str, key: &str, columns: &[(&str, Value<'_>)]) -> Vec<Alteration> {
        let mut alterations = Vec::new();
        // Nearly always the record has the columns of the table, in their order.
        let is_same = self.columns.len() == columns.len()
            && self.columns.iter().zip(columns).all(|((recorded, _), (actual, _))| recorded == actual);
        if !self.is_of(table, key, columns, is_same) {
            for (name, hint) in &self.columns {
                match columns.iter().find(|(actual, _)| actual == name) {
                    Some((_, value)) if Hint::of(name, *value) == *hint => {}
                    Some(_) => alterations.push(Alteration::Changed(name.clone().into_owned())),
                    None => alterations.push(Alteration::Missing(name.clone().into_owned())),
                }
            }
            if alterations.is_empty() {
                alterations.push(Alteration::Unnamed);
            }
        }
        for (name, _) in columns.iter().filter(|_| !is_same) {
            if !self.columns.iter().any(|(recorded, _)| recorded == name) {
                alterations.push(Alteration::Unrecorded((*name).to_owned()));
            }
        }
        alterations
    }

    /// Whether the hash is that of this row, which every column counts in that was recorded.
    fn is_of(&self, table: &str, key: &str, columns: &[(&str, Value<'_>)], is_same: bool) -> bool {
        let mut digest = RowDigest::new();
        digest.begin(table, key);
        if is_same {
            columns.iter().for_each(|(name, value)| digest.add(name, *value));
            return digest.hash() == self.hash;
        }
        for (name, _) in &self.columns {
            match columns.iter().find(|(actual, _)| actual == name) {
                Some((_, value)) => digest.add(name, *value),
                None => return false,
            }
        }
        digest.hash() == self.hash
    }
}

fn push_heading(out: &mut Vec<u8>, heading: &Heading<'_>) {
    out.extend_from_slice(b"{\"v\":1");
    if let Some(sequence) = heading.sequence {
        out.extend_from_slice(b",\"sequence\":");
        push_integer(out, sequence);
    }
    out.extend_from_slice(b",\"at\":");
    push_integer(out, heading.recorded_at_us);
    for (field, text) in [
        (&b",\"actor\":"[..], heading.actor),
        (b",\"role\":", heading.role),
        (b",\"scope\":", heading.scope),
        (b",\"action\":", heading.action),
        (b",\"entity\":[", heading.entity_kind),
        (b",", heading.entity_id),
    ] {
        out.extend_from_slice(field);
        push_string(out, text);
    }
    out.push(b']');
    if let Some(version) = heading.version {
        out.extend_from_slice(b",\"version\":");
        push_integer(out, version);
    }
    if let Some(reason) = heading.reason {
        out.extend_from_slice(b",\"reason\":");
        push_string(out, reason);
    }
    out.extend_from_slice(b",\"rows\":[");
}

/// Writes a row up to its columns and answers where its hash is to be put.
fn push_row_start(out: &mut Vec<u8>, table: &str, key: &str) -> usize {
    out.extend_from_slice(b"{\"table\":");
    push_string(out, table);
    out.extend_from_slice(b",\"key\":");
    push_string(out, key);
    out.extend_from_slice(b",\"hash\":\"");
    let hash_at = out.len();
    out.resize(hash_at + HASH_CHARACTERS, b'A');
    out.extend_from_slice(b"\",\"columns\":{");
    hash_at
}

fn push_hint(out: &mut Vec<u8>, position: usize, name: &str, hint: Hint) {
    if position > 0 {
        out.push(b',');
    }
    push_string(out, name);
    out.extend_from_slice(b":\"");
    push_base64url(out, &hint.0);
    out.push(b'"');
}

fn push_integer(out: &mut Vec<u8>, integer: i64) {
    // The longest is i64::MIN: a sign and 19 digits. Digits are made from the right.
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = integer.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if integer < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..]);
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    // Most texts need no escape and are copied whole.
    while let Some(position) = rest.iter().position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\') {
        let byte = rest[position];
        out.extend_from_slice(&rest[..position]);
        rest = &rest[position + 1..];
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0C => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            control => {
                out.extend_from_slice(b"\\u00");
                out.push(HEXADECIMAL[usize::from(control >> 4)]);
                out.push(HEXADECIMAL[usize::from(control & 0x0F)]);
            }
        }
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}
