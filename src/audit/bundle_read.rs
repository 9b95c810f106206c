//! A bundle, read: its members by name, and its rows.
//!
//! Never here: believing it.

use super::bundle::BUNDLE_FORMAT;
use super::comparing::Kept;
use super::hash::Hash256;
use super::tiles::{TILE_WIDTH, TileId, numbered, parse_tile};
use crate::core::problem::{Code, Outcome, Problem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

/// The most that is read of one member. Entries and rows come in parts of a few MiB; only an update of thousands of
/// rows makes more.
const MEMBER_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// An open bundle.
pub struct Bundle {
    zip: ZipArchive<BufReader<File>>,
}

/// A row of a bundle.
pub(super) struct BundleRow {
    pub(super) table: String,
    pub(super) key: String,
    pub(super) columns: Vec<(String, Kept)>,
}

impl Bundle {
    /// Opens a file.
    ///
    /// # Errors
    /// Where it cannot be read, or is no bundle of a known form.
    pub fn open(path: &Path) -> Outcome<Self> {
        let wrong = |words: String| Problem::field("/bundle", format!("{}: {words}", path.display()));
        let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| wrong(error.to_string()))?;
        let mut bundle = Self { zip };
        match bundle.member("format")? {
            Some(format) if format == BUNDLE_FORMAT.as_bytes() => Ok(bundle),
            Some(_) => Err(wrong("it is a bundle of a form this program does not know".to_owned())),
            None => Err(wrong("it is no bundle; relief audit bundle writes one".to_owned())),
        }
    }

    /// A member, if there is one of that name.
    ///
    /// # Errors
    /// Where it cannot be read or is larger than any should be.
    pub fn member(&mut self, name: &str) -> Outcome<Option<Vec<u8>>> {
        let member = match self.zip.by_name(name) {
            Ok(member) => member,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(broken(name, error)),
        };
        let mut bytes = Vec::new();
        member.take(MEMBER_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| broken(name, error))?;
        if bytes.len() as u64 > MEMBER_BYTES_MAX {
            return Err(broken(name, format!("it has more than {MEMBER_BYTES_MAX} bytes")));
        }
        Ok(Some(bytes))
    }

    /// The signed note of the checkpoint.
    ///
    /// # Errors
    /// Where it is not there.
    pub fn checkpoint(&mut self) -> Outcome<String> {
        let bytes = self.member("checkpoint")?.ok_or_else(|| broken("checkpoint", "it is not there"))?;
        String::from_utf8(bytes).map_err(|error| broken("checkpoint", error))
    }

    /// The hashes of a tile.
    ///
    /// # Errors
    /// Where it is not there or of another width.
    pub fn tile(&mut self, id: TileId) -> Outcome<Vec<Hash256>> {
        let name = format!("tile/{}", id.path());
        let bytes = self.member(&name)?.ok_or_else(|| broken(&name, "it is not there"))?;
        parse_tile(&bytes, id.width)
            .ok_or_else(|| broken(&name, "it has not as many hashes as its name says"))
    }

    /// Up to 256 entries; none after the last.
    pub(super) fn entries(&mut self, index: u64) -> Outcome<Option<Vec<Vec<u8>>>> {
        let name = format!("entries/{}", numbered(index, TILE_WIDTH));
        let Some(bytes) = self.member(&name)? else { return Ok(None) };
        let mut entries = Vec::new();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (length, behind) =
                rest.split_first_chunk::<4>().ok_or_else(|| broken(&name, "it ends within a length"))?;
            let length = u32::from_be_bytes(*length) as usize;
            let (body, behind) =
                behind.split_at_checked(length).ok_or_else(|| broken(&name, "it ends within an entry"))?;
            entries.push(body.to_vec());
            rest = behind;
        }
        Ok(Some(entries))
    }

    /// The rows of a member.
    pub(super) fn rows(&mut self, name: &str) -> Outcome<Vec<BundleRow>> {
        let bytes = self.member(name)?.unwrap_or_default();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines
            .map(|line| {
                let row: Vec<Json> = serde_json::from_slice(line).map_err(|error| broken(name, error))?;
                parse_row(&row).ok_or_else(|| broken(name, "a line of it is no row"))
            })
            .collect()
    }

    /// The names of the parts of tables that change, in the order of the archive.
    pub(super) fn tables(&self) -> Vec<String> {
        let names = self.zip.file_names_raw().filter_map(|name| std::str::from_utf8(name).ok());
        names.filter(|name| name.starts_with("rows/")).map(str::to_owned).collect()
    }
}

fn parse_row(row: &[Json]) -> Option<BundleRow> {
    let [table, key, columns @ ..] = row else { return None };
    let columns: Option<Vec<(String, Kept)>> = columns.iter().map(parse_column).collect();
    Some(BundleRow { table: table.as_str()?.to_owned(), key: key.as_str()?.to_owned(), columns: columns? })
}

fn parse_column(column: &Json) -> Option<(String, Kept)> {
    let column = column.as_array()?;
    let value = match (column.get(1)?.as_str()?, column.get(2)) {
        ("n", None) => Kept::Null,
        ("i", Some(value)) => Kept::Integer(value.as_i64()?),
        ("t", Some(value)) => Kept::Text(value.as_str()?.to_owned()),
        ("x", Some(value)) => Kept::Bytes(URL_SAFE_NO_PAD.decode(value.as_str()?).ok()?),
        ("b", Some(value)) => Kept::Bool(value.as_bool()?),
        ("r", Some(value)) => Kept::Real(f64::from_bits(u64::from_str_radix(value.as_str()?, 16).ok()?)),
        _ => return None,
    };
    Some((column.first()?.as_str()?.to_owned(), value))
}

/// What makes a bundle useless for telling anything: it may have been cut or damaged on its way.
fn broken(name: &str, error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Invalid, format!("The bundle's {name} cannot be used: {error}")).at("/bundle")
}
