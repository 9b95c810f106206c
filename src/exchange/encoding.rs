//! Bytes to text: byte order marks, UTF-8, UTF-16 and windows-1252, and text that was decoded
//! wrongly by somebody before us ("mojibake").
//!
//! Never done here: changing a text without saying so. Decoding names the encoding it used and
//! why; a repair is only offered, the caller decides.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::Deserialize;

/// How often a text may have been mis-decoded before the repair gives up. Twice is seen in
/// practice (a file that went through two careless exports); more would only invite accidents.
const MAX_REPAIR_ROUNDS: usize = 3;

/// The encodings a table may be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextEncoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// What western Windows programs write when they do not write UTF-8 ("ANSI", cp1252).
    #[serde(rename = "windows-1252", alias = "cp1252")]
    Windows1252,
    /// UTF-16, little endian: "Unicode text" of spreadsheet programs.
    #[serde(rename = "utf-16le")]
    Utf16LittleEndian,
    /// UTF-16, big endian.
    #[serde(rename = "utf-16be")]
    Utf16BigEndian,
}

impl TextEncoding {
    /// The name as the encoding standard spells it.
    pub fn name(self) -> &'static str {
        match self {
            TextEncoding::Utf8 => "UTF-8",
            TextEncoding::Windows1252 => "windows-1252",
            TextEncoding::Utf16LittleEndian => "UTF-16LE",
            TextEncoding::Utf16BigEndian => "UTF-16BE",
        }
    }
}

/// A decoded file and how it was decoded.
#[derive(Debug)]
pub struct Decoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// The encoding that was used.
    pub encoding: TextEncoding,
    /// Sentences the user should read: what was detected, when it was not simply UTF-8.
    pub notes: Vec<String>,
}

/// Why bytes are no text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// A zero byte: no text table has one.
    #[error(
        "byte {offset} is zero, so this is no text table; expected CSV (UTF-8, UTF-16 with a byte order mark, \
         or windows-1252) or an .xlsx workbook"
    )]
    Binary {
        /// Where the zero byte stands, counted from 0.
        offset: usize,
    },
    /// The encoding was given, and the bytes are not in it.
    #[error(
        "line {line} is not valid {encoding}, the encoding that was asked for; leave it out to detect it"
    )]
    NotInEncoding {
        /// The encoding asked for.
        encoding: &'static str,
        /// The first physical line that does not fit, counted from 1.
        line: usize,
    },
    /// Letters that take more room than they may once they are read.
    #[error("the text takes more than {limit_bytes} bytes as UTF-8; save it in parts")]
    TooLong {
        /// The limit.
        limit_bytes: u64,
    },
}

/// Decodes a file. The byte order mark of UTF-8 decides. Without `wanted` any other mark does, then valid UTF-8 is UTF-8, and
/// anything else is windows-1252, which is said in the notes.
///
/// # Errors
/// [`EncodingError`] when the bytes hold a zero byte, are not in the encoding asked for, or become more than `most` bytes.
pub fn decode(bytes: Vec<u8>, wanted: Option<TextEncoding>, most: u64) -> Result<Decoded, EncodingError> {
    let marked = match bytes.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => Some((TextEncoding::Utf8, 3)),
        [0xFF, 0xFE, ..] => Some((TextEncoding::Utf16LittleEndian, 2)),
        [0xFE, 0xFF, ..] => Some((TextEncoding::Utf16BigEndian, 2)),
        _ => None,
    };
    let mark_length = marked.map_or(0, |(_, length)| length);
    // No text in another encoding begins with what those three bytes are there: what has the mark is UTF-8, whatever was expected.
    let wanted = match (wanted, marked) {
        (Some(_), Some((TextEncoding::Utf8, _))) => Some(TextEncoding::Utf8),
        (wanted, _) => wanted,
    };
    match wanted.or(marked.map(|(encoding, _)| encoding)) {
        Some(TextEncoding::Utf8) if wanted.is_none() => detect(bytes, mark_length, most),
        Some(encoding) => {
            if encoding == TextEncoding::Windows1252 {
                check_length(&bytes, most)?;
            }
            decode_as(&bytes[mark_length..], encoding, wanted.is_none())
        }
        None => detect(bytes, 0, most),
    }
}

/// Refuses bytes of windows-1252 that may become more than `most` bytes of UTF-8: one letter of one byte takes up to three.
fn check_length(bytes: &[u8], most: u64) -> Result<(), EncodingError> {
    let length: u64 = bytes
        .iter()
        .map(|byte| match byte {
            0..=0x7F => 1,
            0x80..=0x9F => 3,
            0xA0..=0xFF => 2,
        })
        .sum();
    if length > most { Err(EncodingError::TooLong { limit_bytes: most }) } else { Ok(()) }
}

/// Decides between UTF-8 and windows-1252 by whether the bytes are valid UTF-8.
fn detect(bytes: Vec<u8>, mark_length: usize, most: u64) -> Result<Decoded, EncodingError> {
    if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
        return Err(EncodingError::Binary { offset });
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            // A byte order mark is one character of three bytes; draining it keeps the allocation.
            text.drain(..mark_length);
            Ok(Decoded { text, encoding: TextEncoding::Utf8, notes: Vec::new() })
        }
        Err(refused) => {
            let first_bad = refused.utf8_error().valid_up_to();
            let bytes = refused.into_bytes();
            check_length(&bytes, most)?;
            let note = format!(
                "line {} holds byte 0x{:02X}, which is not UTF-8: the file was read as windows-1252",
                line_of(&bytes, first_bad),
                bytes.get(first_bad).copied().unwrap_or_default(),
            );
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes[mark_length..]);
            Ok(Decoded { text: text.into_owned(), encoding: TextEncoding::Windows1252, notes: vec![note] })
        }
    }
}

/// Decodes by a known encoding and refuses what does not fit it.
fn decode_as(bytes: &[u8], encoding: TextEncoding, by_mark: bool) -> Result<Decoded, EncodingError> {
    let codec = match encoding {
        TextEncoding::Utf8 => UTF_8,
        TextEncoding::Windows1252 => WINDOWS_1252,
        TextEncoding::Utf16LittleEndian => UTF_16LE,
        TextEncoding::Utf16BigEndian => UTF_16BE,
    };
    let Some(text) = codec.decode_without_bom_handling_and_without_replacement(bytes) else {
        let first_bad = std::str::from_utf8(bytes).map_or_else(|refused| refused.valid_up_to(), |_| 0);
        return Err(EncodingError::NotInEncoding {
            encoding: encoding.name(),
            line: line_of(bytes, first_bad),
        });
    };
    if let Some(offset) = text.bytes().position(|byte| byte == 0) {
        return Err(EncodingError::Binary { offset });
    }
    let notes = match by_mark {
        true => vec![format!("read as {} by its byte order mark", encoding.name())],
        false => Vec::new(),
    };
    Ok(Decoded { text: text.into_owned(), encoding, notes })
}

/// The physical line an offset stands in, counted from 1.
fn line_of(bytes: &[u8], offset: usize) -> usize {
    1 + bytes.iter().take(offset).filter(|byte| **byte == b'\n').count()
}

/// What is wrong with a text that was decoded wrongly before it came to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// UTF-8 that was read as windows-1252, as in "CÃ´te"; the repaired text is offered.
    Mojibake {
        /// The same text with the wrong decoding undone.
        repaired: String,
    },
    /// U+FFFD stands where characters were lost; nothing can bring them back.
    CharactersLost,
}

/// Looks for signs of a wrong decoding. `None` for a sound text, which costs one pass over it.
pub fn find_damage(text: &str) -> Option<Damage> {
    if text.is_ascii() {
        return None;
    }
    let mut repaired = Cow::Borrowed(text);
    for _ in 0..MAX_REPAIR_ROUNDS {
        match undo_once(&repaired) {
            Some(better) => repaired = Cow::Owned(better),
            None => break,
        }
    }
    match repaired {
        Cow::Owned(repaired) => Some(Damage::Mojibake { repaired }),
        Cow::Borrowed(_) => text.contains('\u{FFFD}').then_some(Damage::CharactersLost),
    }
}

/// Undoes one wrong decoding, run by run: a run of non-ASCII characters whose windows-1252 bytes
/// are valid UTF-8 is what those bytes say. Correct text practically never has such a run, since
/// "Ã" or "â" followed by a sign like "´" is no spelling of any language.
fn undo_once(text: &str) -> Option<String> {
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    let mut changed = false;
    while let Some(start) = rest.find(|character: char| !character.is_ascii()) {
        let (plain, from_run) = rest.split_at(start);
        let end = from_run.find(|character: char| character.is_ascii()).unwrap_or(from_run.len());
        let (run, after) = from_run.split_at(end);
        repaired.push_str(plain);
        match run_as_utf8(run) {
            Some(original) => {
                repaired.push_str(&original);
                changed = true;
            }
            None => repaired.push_str(run),
        }
        rest = after;
    }
    repaired.push_str(rest);
    changed.then_some(repaired)
}

/// The text a run's windows-1252 bytes spell in UTF-8, if they spell one.
fn run_as_utf8(run: &str) -> Option<String> {
    let (bytes, _, unmappable) = WINDOWS_1252.encode(run);
    if unmappable {
        return None;
    }
    String::from_utf8(bytes.into_owned()).ok()
}
