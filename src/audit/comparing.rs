//! A row as it is now beside the record of it, in words.
//!
//! Never here: where rows come from.

use super::digest::Value;
use super::entry::{Alteration, Entry, RecordedRow};
use super::finding::{Finding, LastChange};
use super::remembered::RememberedRows;

/// A value that outlives the row it was read from.
pub(super) enum Kept {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
    Bool(bool),
    Real(f64),
}

impl Kept {
    /// A copy of the value.
    pub(super) fn of(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(integer) => Self::Integer(integer),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Value::Committed(bytes) => Self::Bytes(bytes.to_vec()),
            Value::Bool(boolean) => Self::Bool(boolean),
            Value::Real(real) => Self::Real(real),
        }
    }

    /// The value again.
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(integer) => Value::Integer(*integer),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Bool(boolean) => Value::Bool(*boolean),
            Self::Real(real) => Value::Real(*real),
        }
    }
}

/// What of a row differs from the record of it.
pub(super) fn compare(
    recorded: &RecordedRow<'_>,
    table: &str,
    key: &str,
    columns: &[(&str, Value<'_>)],
    position: i64,
    entry: &Entry<'_>,
) -> Vec<Finding> {
    let finding =
        |problem: &str| Finding::new(table, key, problem).entry(position).changed(last_change(entry));
    let alterations = recorded.compare(table, key, columns);
    alterations
        .into_iter()
        .filter_map(|alteration| match alteration {
            Alteration::Changed(column) => Some(finding("the value is not the one recorded").column(&column)),
            Alteration::Missing(column) => Some(finding("the column is gone").column(&column)),
            // A migration adds columns that older entries cannot know.
            Alteration::Unrecorded(_) => None,
            Alteration::Unnamed => Some(finding("the row is not the one recorded")),
        })
        .collect()
}

/// A row nobody recorded.
pub(super) fn unrecorded(table: &str, key: &str) -> Finding {
    Finding::new(table, key, "no entry of the log says that this row was written")
}

/// A row that was recorded and is not there.
pub(super) fn gone(table: &str, key: String, position: i64) -> Finding {
    Finding::new(table, key, "the row was recorded and is gone").entry(position)
}

/// What is found of a row that was remembered and not seen: by its name where the entry still tells that.
pub(super) fn unseen((name, position): (u64, i64), body: &[u8], remembered: &RememberedRows) -> Finding {
    let named = Entry::parse(body).ok().and_then(|entry| {
        let (table, key) = remembered.named(name, &entry)?;
        Some(gone(table, key.to_owned(), position).changed(last_change(&entry)))
    });
    named.unwrap_or_else(|| gone("log_entries", position.to_string(), position))
}

/// What the log says about the change an entry is.
pub(super) fn last_change(entry: &Entry<'_>) -> LastChange {
    LastChange {
        sequence: entry.sequence,
        recorded_at_us: entry.recorded_at_us,
        actor: entry.actor.to_string(),
        role: entry.role.to_string(),
        action: entry.action.to_string(),
    }
}
