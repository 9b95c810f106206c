//! How one row of a table is hashed, column by column, so that a verifier can name the altered cell.
//!
//! All numbers are unambiguous: a *length* is unsigned LEB128 (seven bits a byte, lowest first, the
//! top bit set on all but the last byte, no needless bytes), everything else is big-endian.
//!
//! ```text
//! text    = length ‖ UTF-8 bytes
//! column  = text(name) ‖ tag ‖ value
//!           0 null     nothing
//!           1 integer  8 bytes, two's complement
//!           2 text     text
//!           3 bytes    length ‖ bytes
//!           4 boolean  one byte, 0 or 1
//!           5 real     8 bytes, IEEE 754; −0 as 0, every NaN as 7FF8000000000000
//! row     = "relief-row-v1" ‖ 0 ‖ text(table) ‖ text(key) ‖ column ‖ column ‖ …
//! hash    = SHA-256(row)                        all of it: this carries the security
//! hint    = first 8 bytes of SHA-256(column)    tells which column; alone it proves nothing
//! commitment = SHA-256("relief-commitment-v1" ‖ 0 ‖ salt, 32 bytes ‖ column)
//! ```
//!
//! Never here: which columns a table has, or which of them are personal.

use std::fmt;

use sha2::{Digest, Sha256};

use super::hash::{HASH_BYTES, Hash256};

/// Bytes of a column's hint.
pub const HINT_BYTES: usize = 8;
/// Bytes of the salt of a commitment.
pub const SALT_BYTES: usize = 32;

/// Bytes of most rows.
const ROW_BYTES: usize = 512;
const ROW_PREFIX: &[u8] = b"relief-row-v1\0";
const COMMITMENT_PREFIX: &[u8] = b"relief-commitment-v1\0";

const CANONICAL_NAN: u64 = 0x7FF8_0000_0000_0000;

/// The value of one cell. Its variant follows the column's type in the schema, never what a driver
/// happens to answer: SQLite answers booleans as integers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// A whole number: quantity, time in microseconds, sequence.
    Integer(i64),
    /// Text, compared byte by byte; it is not normalized.
    Text(&'a str),
    /// Bytes, such as a commitment or a file's SHA-256.
    Bytes(&'a [u8]),
    /// True or false.
    Bool(bool),
    /// A commitment in place of a personal value: bytes of its own, not borrowed ones.
    Committed([u8; HASH_BYTES]),
    /// A floating-point number. Store no NaN: SQLite gives it back as null.
    Real(f64),
}

/// The first 8 bytes of the hash of one column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hint(pub [u8; HINT_BYTES]);

impl Hint {
    /// The hint of a column.
    #[must_use]
    pub fn of(name: &str, value: Value<'_>) -> Self {
        let mut bytes = Vec::with_capacity(128);
        push_column(&mut bytes, name, value);
        hint_of(&bytes)
    }
}

impl fmt::Debug for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Hint({:016x})", u64::from_be_bytes(self.0))
    }
}

/// Hashes one row after another with one buffer, so that nothing is allocated once it has grown.
#[derive(Debug, Default)]
pub struct RowDigest {
    bytes: Vec<u8>,
}

impl RowDigest {
    /// A digest to be used for as many rows as one likes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a row, forgetting the one before.
    pub fn begin(&mut self, table: &str, key: &str) {
        self.bytes.clear();
        self.bytes.reserve(ROW_BYTES);
        self.bytes.extend_from_slice(ROW_PREFIX);
        push_text(&mut self.bytes, table);
        push_text(&mut self.bytes, key);
    }

    /// Adds the next column and answers its hint. The order is that of the schema, and it counts.
    pub fn column(&mut self, name: &str, value: Value<'_>) -> Hint {
        let start = self.bytes.len();
        self.add(name, value);
        hint_of(&self.bytes[start..])
    }

    /// Adds the next column where nobody asks for its hint.
    pub fn add(&mut self, name: &str, value: Value<'_>) {
        push_column(&mut self.bytes, name, value);
    }

    /// The hash of the row since [`RowDigest::begin`].
    #[must_use]
    pub fn hash(&self) -> Hash256 {
        Hash256::of(&self.bytes)
    }
}

/// A commitment to a personal value: it says nothing about the value without the salt, and fits no other.
///
/// It is plain SHA-256 over the salt, of fixed length, and the column; whoever has salt and value can
/// compute it again. Record it as [`Value::Committed`] in place of the value. Erasing salt and value leaves
/// a commitment nobody can open, and the log stays valid. Salts are random and never shared by two people;
/// the column's name is within, so that one salt may serve all columns of a person.
#[must_use]
pub fn commitment(salt: &[u8; SALT_BYTES], name: &str, value: Value<'_>) -> [u8; HASH_BYTES] {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend_from_slice(COMMITMENT_PREFIX);
    bytes.extend_from_slice(salt);
    push_column(&mut bytes, name, value);
    Hash256::of(&bytes).0
}

fn hint_of(column: &[u8]) -> Hint {
    let hash: [u8; HASH_BYTES] = Sha256::digest(column).into();
    let mut hint = [0; HINT_BYTES];
    hint.copy_from_slice(&hash[..HINT_BYTES]);
    Hint(hint)
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    let mut rest = length;
    while rest >= 0x80 {
        out.push((rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    push_length(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn push_column(out: &mut Vec<u8>, name: &str, value: Value<'_>) {
    push_text(out, name);
    match value {
        Value::Null => out.push(0),
        Value::Integer(integer) => {
            out.push(1);
            out.extend_from_slice(&integer.to_be_bytes());
        }
        Value::Text(text) => {
            out.push(2);
            push_text(out, text);
        }
        Value::Bytes(bytes) => {
            out.push(3);
            push_length(out, bytes.len());
            out.extend_from_slice(bytes);
        }
        Value::Committed(bytes) => {
            out.push(3);
            push_length(out, bytes.len());
            out.extend_from_slice(&bytes);
        }
        Value::Bool(boolean) => out.extend_from_slice(&[4, u8::from(boolean)]),
        Value::Real(real) => {
            out.push(5);
            // SQLite keeps −0 as 0, and a NaN has many forms; neither may look like tampering.
            let bits = if real.is_nan() { CANONICAL_NAN } else { (real + 0.0).to_bits() };
            out.extend_from_slice(&bits.to_be_bytes());
        }
    }
}
