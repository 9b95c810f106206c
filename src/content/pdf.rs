//! PDF (ISO 32000-2): what one may not bring. What it says of its author stays.
//!
//! What can act in a PDF is named in it. Names are looked for in the whole file, however they are spelt, and in the
//! streams that hold objects, which are unpacked for that. A stream of objects that is packed in any other way than
//! the usual one is refused, since nobody can see what is in it.

use super::bytes::{find, find_last};
use super::{broken, second_face};
use crate::core::check::quoted;
use crate::core::problem::{Outcome, Problem};
use flate2::read::ZlibDecoder;
use std::io::Read;

/// Bytes that all streams of objects may unpack to: those of a PDF of our size have a few.
pub(super) const UNPACKED_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// Bytes at the start in which a browser would look for a page.
const START_BYTES: usize = 1_024;

/// Names that act, hide or carry, and what to call that.
const REFUSED: [(&[u8], &str); 14] = [
    (b"JavaScript", "a program (JavaScript)"),
    (b"Launch", "an action that starts programs"),
    (b"SubmitForm", "an action that sends what is filled in"),
    (b"ImportData", "an action that takes data in"),
    (b"GoToE", "an action that opens a file inside it"),
    (b"Rendition", "a film or sound that can run a program"),
    (b"RichMedia", "a film or program"),
    (b"Movie", "a film"),
    (b"Sound", "a sound"),
    (b"XFA", "a form that is a program"),
    (b"EmbeddedFile", "a file inside it"),
    (b"EmbeddedFiles", "files inside it"),
    (b"FileAttachment", "a file inside it"),
    (b"Encrypt", "encryption, so that nobody can see what else it has"),
];

/// Refuses a PDF that is broken, something else as well, or carries what may not be carried.
pub(super) fn check(bytes: &[u8]) -> Outcome<()> {
    let is_version = matches!(bytes.get(5..8), Some([b'1'..=b'2', b'.', b'0'..=b'9']));
    if !is_version {
        return Err(broken("the PDF does not say its version"));
    }
    let end = find_last(bytes, b"%%EOF").ok_or_else(|| broken("the PDF breaks off before its end"))?;
    let tail = &bytes[end + b"%%EOF".len()..];
    if !tail.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err(second_face("something else behind its end"));
    }
    let start = bytes[..bytes.len().min(START_BYTES)].to_ascii_lowercase();
    if [&b"<html"[..], b"<script", b"<!doctype", b"<svg", b"<body"]
        .iter()
        .any(|tag| find(&start, tag).is_some())
    {
        return Err(second_face("a web page"));
    }
    refuse_names(bytes)?;
    unpack(bytes)
}

/// A name and where it ends. Names are decoded: `/J#61vaScript` is `/JavaScript`.
pub(super) struct Names<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Names<'_> {
    type Item = (Vec<u8>, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at + self.bytes.get(self.at..)?.iter().position(|byte| *byte == b'/')? + 1;
        let rest = &self.bytes[start..];
        let length = rest.iter().position(|byte| !is_regular(*byte)).unwrap_or(rest.len());
        self.at = start + length;
        Some((decoded(&rest[..length]), self.at))
    }
}

pub(super) fn names(bytes: &[u8]) -> Names<'_> {
    Names { bytes, at: 0 }
}

fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        0 | b'\t'
            | b'\n'
            | 0x0C
            | b'\r'
            | b' '
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'/'
            | b'%'
    )
}

fn decoded(name: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut out = Vec::with_capacity(name.len().min(64));
    let mut rest = name;
    while let [first, after @ ..] = rest {
        let escaped = match after {
            [high, low, ..] if *first == b'#' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// Refuses what is named in these bytes and may not be.
fn refuse_names(bytes: &[u8]) -> Outcome<()> {
    for (name, end) in names(bytes) {
        let refused = REFUSED.iter().find(|(refused, _)| *refused == name.as_slice()).map(|(_, what)| *what);
        // A file inside has a dictionary behind its key, or the number of one; in a picture the key means nothing.
        let is_file = name == b"EF" && is_value(&bytes[end..]);
        if let Some(what) = refused.or(is_file.then_some("a file inside it")) {
            return Err(carries(what, &name));
        }
    }
    Ok(())
}

fn is_value(after: &[u8]) -> bool {
    let value = after.trim_ascii_start();
    let number = value.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
    value.starts_with(b"<<")
        || (after.len() > value.len() && !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

fn carries(what: &str, name: &[u8]) -> Problem {
    let name = format!("/{}", String::from_utf8_lossy(name));
    Problem::field(
        "",
        format!(
            "The PDF carries {what}, named {}; an attachment only shows. Print it to a PDF anew and send that.",
            quoted(&name)
        ),
    )
}

fn hidden() -> Problem {
    broken("objects of the PDF are packed so that nobody can see what they are")
}

/// The streams of a PDF: what stands before each since the one before it began, which describes it, and what follows.
pub(super) fn streams(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let (mut after, mut at) = (0, 0);
    std::iter::from_fn(move || {
        loop {
            let word = at + find(bytes.get(at..)?, b"stream")?;
            at = word + b"stream".len();
            let data = match bytes.get(at..) {
                Some([b'\r', b'\n', data @ ..] | [b'\n' | b'\r', data @ ..]) => data,
                Some(_) | None => continue,
            };
            if !bytes[..word].ends_with(b"end") {
                let description = &bytes[after..word];
                after = at;
                return Some((description, data));
            }
        }
    })
}

/// Unpacks the streams that hold objects and looks for names in them.
fn unpack(bytes: &[u8]) -> Outcome<()> {
    let is_packed = |name: &[u8]| name == b"ObjStm";
    let mut left = UNPACKED_BYTES_MAX;
    let mut seen = 0;
    for (description, data) in streams(bytes) {
        let described: Vec<Vec<u8>> = names(description).map(|(name, _)| name).collect();
        let packed = described.iter().filter(|name| is_packed(name)).count();
        if packed == 0 {
            continue;
        }
        seen += packed;
        let ways: Vec<&Vec<u8>> = described.iter().filter(|name| name.ends_with(b"Decode")).collect();
        let is_usual = ways.len() == 1 && ways[0] == b"FlateDecode";
        if packed > 1 || !is_usual || described.iter().any(|name| name == b"Predictor") {
            return Err(hidden());
        }
        let mut unpacked = Vec::new();
        let read = ZlibDecoder::new(data).take(left + 1).read_to_end(&mut unpacked);
        left = left.checked_sub(unpacked.len() as u64).ok_or_else(hidden)?;
        read.map_err(|_| hidden())?;
        refuse_names(&unpacked)?;
    }
    let all = names(bytes).filter(|(name, _)| is_packed(name)).count();
    if all == seen { Ok(()) } else { Err(hidden()) }
}
