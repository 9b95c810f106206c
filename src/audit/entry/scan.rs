//! Reads the body of an entry in one pass and copies nothing of it: what a verifier does a million times.
//!
//! It knows the one form that `entry` writes, and of that only texts without an escape, as nearly all are. Never here:
//! saying what is wrong. Whatever is not of that form is nobody's, and `parse` says why or reads it after all.

use std::borrow::Cow;

use super::super::digest::Hint;
use super::super::hash::Hash256;
use super::{Entry, MAX_COLUMNS, RecordedRow};

/// The entry, where its body is of that form.
pub(super) fn scan(body: &[u8]) -> Option<Entry<'_>> {
    let mut scanner = Scanner { rest: std::str::from_utf8(body).ok()? };
    let entry = scanner.entry()?;
    scanner.rest.is_empty().then_some(entry)
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn entry(&mut self) -> Option<Entry<'a>> {
        self.word("{\"v\":1")?;
        let sequence = self.optional(",\"sequence\":", Self::integer)?;
        self.word(",\"at\":")?;
        let recorded_at_us = self.integer()?;
        let mut entry = Entry {
            sequence,
            recorded_at_us,
            actor: self.after(",\"actor\":")?,
            role: self.after(",\"role\":")?,
            scope: self.after(",\"scope\":")?,
            action: self.after(",\"action\":")?,
            entity_kind: self.after(",\"entity\":[")?,
            entity_id: self.after(",")?,
            version: None,
            reason: None,
            rows: Vec::new(),
        };
        self.word("]")?;
        entry.version = self.optional(",\"version\":", Self::integer)?;
        entry.reason = self.optional(",\"reason\":", Self::text)?;
        self.word(",\"rows\":[")?;
        while !self.has("]}") {
            if !entry.rows.is_empty() {
                self.word(",")?;
            }
            entry.rows.push(self.row()?);
        }
        Some(entry)
    }

    fn row(&mut self) -> Option<RecordedRow<'a>> {
        let table = self.after("{\"table\":")?;
        let key = self.after(",\"key\":")?;
        let hash = Hash256::parse(&self.after(",\"hash\":")?).ok()?;
        self.word(",\"columns\":{")?;
        let mut columns: Vec<(Cow<'a, str>, Hint)> = Vec::with_capacity(24);
        // Which names were seen, told by their ends and lengths: only where that is the same they are compared.
        let mut seen = 0_u64;
        while !self.has("}}") {
            if !columns.is_empty() {
                self.word(",")?;
            }
            let name = self.text()?;
            let mark = mark(&name);
            if columns.len() == MAX_COLUMNS
                || seen & mark != 0 && columns.iter().any(|(known, _)| *known == name)
            {
                return None;
            }
            seen |= mark;
            columns.push((name, self.hint()?));
        }
        Some(RecordedRow { table, key, hash, columns })
    }

    /// Passes this word, which must come next.
    fn word(&mut self, word: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }

    /// Passes this word where it comes next.
    fn has(&mut self, word: &str) -> bool {
        self.word(word).is_some()
    }

    /// What stands behind this word, if the word is there.
    fn optional<T>(&mut self, word: &str, read: fn(&mut Self) -> Option<T>) -> Option<Option<T>> {
        if self.has(word) { read(self).map(Some) } else { Some(None) }
    }

    /// The text behind this word.
    fn after(&mut self, word: &str) -> Option<Cow<'a, str>> {
        self.word(word)?;
        self.text()
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        self.word("\"")?;
        let end = self.rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix('"')?;
        Some(Cow::Borrowed(text))
    }

    /// The hint of a column, behind its name.
    fn hint(&mut self) -> Option<Hint> {
        self.word(":\"")?;
        let hint = hint(self.rest.as_bytes().get(..HINT_CHARACTERS)?)?;
        // What was read is ASCII.
        self.rest = self.rest.get(HINT_CHARACTERS..)?;
        self.word("\"")?;
        Some(hint)
    }

    fn integer(&mut self) -> Option<i64> {
        let end = self.rest.bytes().position(|byte| byte != b'-' && !byte.is_ascii_digit())?;
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        let is_padded = match digits.strip_prefix('-') {
            Some(positive) => positive.starts_with('0'),
            None => digits.len() > 1 && digits.starts_with('0'),
        };
        if is_padded { None } else { digits.parse().ok() }
    }
}

/// One bit of 64, the same for the same name.
fn mark(name: &str) -> u64 {
    let end = |byte: Option<&u8>| usize::from(byte.copied().unwrap_or(0));
    let bytes = name.as_bytes();
    1 << ((end(bytes.first()) + 5 * end(bytes.last()) + 11 * bytes.len()) % 64)
}

/// What each character stands for in base64url; 64 and more for those that stand for nothing.
const SEXTETS: [u8; 256] = sextets();

const fn sextets() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut all = [64; 256];
    let mut value = 0;
    while value < alphabet.len() {
        all[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    all
}

/// Characters of a hint: 64 bits and two more, which are 0.
const HINT_CHARACTERS: usize = 11;

/// A hint as an entry writes it, in base64url; `None` where the text is none.
pub fn hint(text: &[u8]) -> Option<Hint> {
    let (mut bits, mut all) = (0_u128, 0);
    for character in text {
        let sextet = SEXTETS[usize::from(*character)];
        all |= sextet;
        bits = bits << 6 | u128::from(sextet);
    }
    let hint = u64::try_from(bits >> 2).ok().filter(|_| all < 64 && bits & 3 == 0)?;
    Some(Hint(hint.to_be_bytes()))
}
