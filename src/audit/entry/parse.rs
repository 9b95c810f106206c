//! Reads the body of an entry back, and takes only the one form `entry` writes.
//!
//! Never here: tolerance. A body that could be read in two ways could be shown in two ways.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::super::digest::{HINT_BYTES, Hint};
use super::super::hash::Hash256;
use super::scan::scan;
use super::{ENTRY_VERSION, Entry, MAX_COLUMNS, RecordedRow};

/// Why bytes are not an entry.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The bytes are not JSON with the fields of an entry.
    #[error("log entry must be a JSON object with the fields of version {ENTRY_VERSION}: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The entry is of a version this program does not know.
    #[error("log entry's version v={0} must be {ENTRY_VERSION}; a newer program may have written it")]
    UnknownVersion(u32),
    /// The same could be said in other bytes.
    #[error(
        "log entry must be written without spaces, its fields in order, each column once; it differs from that at \
         byte {0}"
    )]
    NotCanonical(usize),
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "v")]
    _v: u32,
    sequence: Option<i64>,
    at: i64,
    actor: String,
    role: String,
    scope: String,
    action: String,
    entity: (String, String),
    version: Option<i64>,
    reason: Option<String>,
    rows: Vec<WireRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRow {
    table: String,
    key: String,
    hash: Hash256,
    columns: Columns,
}

/// The columns in the order they stand in, which a map of serde_json would lose.
struct Columns(Vec<(String, Hint)>);

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Columns;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of column names and hints")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut columns: Vec<(String, Hint)> = Vec::new();
                while let Some((name, text)) = map.next_entry::<String, String>()? {
                    if columns.len() == MAX_COLUMNS {
                        return Err(serde::de::Error::custom(format!(
                            "columns must be at most {MAX_COLUMNS}"
                        )));
                    }
                    if columns.iter().any(|(known, _)| *known == name) {
                        return Err(serde::de::Error::custom(format!("column {name} must stand only once")));
                    }
                    columns.push((name, parse_hint(&text)?));
                }
                Ok(Columns(columns))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn parse_hint<E: serde::de::Error>(text: &str) -> Result<Hint, E> {
    let mut bytes = [0; HINT_BYTES];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(HINT_BYTES) => Ok(Hint(bytes)),
        Ok(_) | Err(_) => Err(E::custom(format!(
            "hint \"{text}\" must be {HINT_BYTES} bytes written as base64url without padding"
        ))),
    }
}

impl<'a> Entry<'a> {
    /// Reads the body of an entry.
    ///
    /// # Errors
    /// When the bytes are not exactly what [`Entry::to_bytes`] writes for some entry.
    pub fn parse(body: &'a [u8]) -> Result<Self, EntryError> {
        match scan(body) {
            Some(entry) => Ok(entry),
            None => Entry::parse_slowly(body),
        }
    }
}

impl Entry<'static> {
    /// Reads the body of any entry, with its escapes, and says what is wrong with what is none.
    ///
    /// # Errors
    /// As [`Entry::parse`].
    pub fn parse_slowly(body: &[u8]) -> Result<Self, EntryError> {
        let Version { v } = serde_json::from_slice(body)?;
        if v != ENTRY_VERSION {
            return Err(EntryError::UnknownVersion(v));
        }
        let entry = Self::from(serde_json::from_slice::<Wire>(body)?);
        let canonical = entry.to_bytes();
        if canonical != body {
            let same = canonical.iter().zip(body).take_while(|(left, right)| left == right).count();
            return Err(EntryError::NotCanonical(same));
        }
        Ok(entry)
    }
}

impl From<Wire> for Entry<'static> {
    fn from(wire: Wire) -> Self {
        let (entity_kind, entity_id) = wire.entity;
        Self {
            sequence: wire.sequence,
            recorded_at_us: wire.at,
            actor: wire.actor.into(),
            role: wire.role.into(),
            scope: wire.scope.into(),
            action: wire.action.into(),
            entity_kind: entity_kind.into(),
            entity_id: entity_id.into(),
            version: wire.version,
            reason: wire.reason.map(Into::into),
            rows: wire.rows.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<WireRow> for RecordedRow<'static> {
    fn from(row: WireRow) -> Self {
        let WireRow { table, key, hash, columns: Columns(columns) } = row;
        let columns = columns.into_iter().map(|(name, hint)| (name.into(), hint)).collect();
        Self { table: table.into(), key: key.into(), hash, columns }
    }
}
