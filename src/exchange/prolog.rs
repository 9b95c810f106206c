//! What a workbook is before anything of it is read: how many parts it has, and what stands before the first element of each. A
//! definition of the document's type is refused there: it can make one word stand for gigabytes, or for a file of this machine, and
//! no program that writes tables has one.
//!
//! Never here: reading what comes after, which knows no entity but those of XML itself.

use super::table::TableError;
use std::io::{Cursor, Read};

/// Bytes before the first element: programs write some hundred.
const PROLOG_BYTES_MAX: u64 = 64 * 1_024;
/// Parts: programs write a dozen, and some for each sheet and picture. An archive of nothing but names of parts has a hundred
/// thousand in a few megabytes, and whoever opens it keeps them all.
const PARTS_MAX: usize = 4_096;
/// How the entry of a part begins in an archive's list of them.
const PART: &[u8] = b"PK\x01\x02";

/// Counts the parts, and looks at the beginning of every one, whatever it is called: names are the workbook's own to choose.
///
/// # Errors
/// [`TableError::BadWorkbook`], saying what is there.
pub fn refuse_definitions(workbook: &[u8]) -> Result<(), TableError> {
    let broken = |error: &dyn std::fmt::Display| TableError::BadWorkbook { reason: error.to_string() };
    if workbook.windows(PART.len()).filter(|window| *window == PART).count() > PARTS_MAX {
        return Err(broken(&format!("it has more than {PARTS_MAX} parts; save its sheet alone, or as CSV")));
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).map_err(|error| broken(&error))?;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|error| broken(&error))?;
        let mut beginning = Vec::new();
        part.take(PROLOG_BYTES_MAX).read_to_end(&mut beginning).map_err(|error| broken(&error))?;
        if let Some(fault) = fault_of(&beginning) {
            return Err(broken(&fault));
        }
    }
    Ok(())
}

/// What is wrong with the beginning of a part; nothing where it is no XML, or comes to its first element.
fn fault_of(beginning: &[u8]) -> Option<&'static str> {
    let mut text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    loop {
        let (start, end): (usize, &[u8]) = if text.starts_with(b"<?") {
            (2, b"?>")
        } else if text.starts_with(b"<!--") {
            (4, b"-->")
        } else if text.starts_with(b"<!") {
            return Some(
                "a part of it defines a type of document, which no table needs; save it anew as .xlsx",
            );
        } else {
            return None;
        };
        // What ends within its own beginning is read one way here and another there.
        let found = text.windows(end.len()).position(|window| window == end).filter(|at| *at >= start);
        match found {
            Some(at) => text = text[at + end.len()..].trim_ascii_start(),
            None => return Some("a part of it does not come to its first element; save it anew as .xlsx"),
        }
    }
}
