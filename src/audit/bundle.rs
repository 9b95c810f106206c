//! One file that holds everything a verifier needs: a ZIP archive that is checked without database, server or network.
//!
//! | member | what it is |
//! |---|---|
//! | `format` | `relief-bundle-v1` and a newline |
//! | `checkpoint` | the newest signed checkpoint, a C2SP signed note |
//! | `log.vkey` | the key it names; whoever verifies brings a key of his own and trusts not this one |
//! | `tile/<L>/<N>[.p/<W>]` | the tree of the checkpoint in C2SP tiles |
//! | `entries/<N>` | entries 256·N and on, up to 256, each behind its length in 4 bytes, big-endian |
//! | `once/<N>` | the rows written once by the entries of `entries/<N>` |
//! | `rows/<table>/<N>` | the rows of a table that changes, as they are at the end, in parts counted from 0 |
//! | `uncovered` | tables that nothing vouches for, a line each: name, tab, why |
//!
//! `<N>` in groups of three digits as in the address of a tile. A row is a line of JSON, `[table, key, column, …]`; a
//! column is `[name, type]` or `[name, type, value]`: `n` null, `i` an integer, `t` a text, `x` bytes in base64url
//! without padding, `b` true or false, `r` a real, its 8 bytes in hexadecimal. They are those the log hashed: in place
//! of personal values, commitments. Entries that came after the checkpoint are in it too, for their rows are.
//!
//! Never here: figures, which follow from the rows, and keys that sign.

use super::digest::Value;
use super::note::VerifierKey;
use super::rows::{Reading, RowSource, VisitRow};
use super::store::{StoredEntry, entries_after, newest_checkpoint};
use super::tile_store::read_tile;
use super::tiles::{TILE_WIDTH, TileId, numbered, tile_bytes};
use super::verify::Progress;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, read_failure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::QueryResult;
use serde_json::{Value as Json, json};
use std::io::{Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The first line of every bundle.
pub const BUNDLE_FORMAT: &str = "relief-bundle-v1\n";
/// Bytes of rows in one member: what is held in memory at once.
const PART_BYTES: usize = 4 * 1024 * 1024;

/// What went into a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Contents {
    /// Entries of the log.
    pub entries: u64,
    /// How many of them the checkpoint speaks of.
    pub signed_entries: u64,
    /// Rows.
    pub rows: u64,
    /// Tiles of the tree.
    pub tiles: u64,
}

struct Archive<W: Write + Seek> {
    zip: ZipWriter<W>,
    rows: u64,
}

impl<W: Write + Seek> Archive<W> {
    fn member(&mut self, name: &str, bytes: &[u8]) -> Outcome<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options).map_err(unwritten)?;
        self.zip.write_all(bytes).map_err(unwritten)
    }

    /// Entries, and the rows written once by them.
    fn entries(
        &mut self,
        conn: &mut Conn,
        sources: &[RowSource],
        index: u64,
        rows: &[StoredEntry],
    ) -> Outcome<()> {
        let mut bytes = Vec::new();
        for entry in rows {
            let length = u32::try_from(entry.body.len()).map_err(unwritten)?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(entry.body.as_bytes());
        }
        let name = numbered(index, TILE_WIDTH);
        self.member(&format!("entries/{name}"), &bytes)?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(()) };
        let mut lines = Vec::new();
        for source in sources {
            if let Reading::BySequence(read) = source.reading {
                let mut visit = |key: &str, columns: &[(&'static str, Value<'_>)]| {
                    self.rows += 1;
                    push_row(&mut lines, source.table, key, columns);
                };
                read(conn, first.position + 1, last.position + 1, &mut visit).map_err(read_failure)?;
            }
        }
        self.member(&format!("once/{name}"), &lines)
    }

    /// The rows of a table that changes.
    fn table(
        &mut self,
        conn: &mut Conn,
        table: &str,
        read: fn(&mut Conn, &mut VisitRow<'_>) -> QueryResult<()>,
    ) -> Outcome<()> {
        let (mut part, mut lines, mut failed) = (0, Vec::new(), None);
        read(conn, &mut |key, columns| {
            if failed.is_some() {
                return;
            }
            self.rows += 1;
            push_row(&mut lines, table, key, columns);
            if lines.len() >= PART_BYTES {
                let name = format!("rows/{table}/{}", numbered(part, TILE_WIDTH));
                failed = self.member(&name, &std::mem::take(&mut lines)).err();
                part += 1;
            }
        })
        .map_err(read_failure)?;
        if let Some(problem) = failed {
            return Err(problem);
        }
        self.member(&format!("rows/{table}/{}", numbered(part, TILE_WIDTH)), &lines)
    }
}

/// Writes a bundle of the database as it is in the snapshot of this connection.
///
/// # Errors
/// Where nothing was signed yet, or the database or the file cannot be used.
pub fn write_bundle(
    conn: &mut Conn,
    sources: &[RowSource],
    key: Option<&VerifierKey>,
    uncovered: &[(&str, &str)],
    out: impl Write + Seek,
    progress: &mut Progress<'_>,
) -> Outcome<Contents> {
    let newest = newest_checkpoint(conn).map_err(read_failure)?.ok_or_else(|| {
        let words = "No checkpoint was signed yet: a server signs one about a second after the first entry.";
        Problem::new(Code::WrongState, words)
    })?;
    let mut archive = Archive { zip: ZipWriter::new(out), rows: 0 };
    archive.member("format", BUNDLE_FORMAT.as_bytes())?;
    archive.member("checkpoint", newest.note.as_bytes())?;
    if let Some(key) = key {
        archive.member("log.vkey", format!("{key}\n").as_bytes())?;
    }
    let lines: String = uncovered.iter().map(|(table, why)| format!("{table}\t{why}\n")).collect();
    archive.member("uncovered", lines.as_bytes())?;
    let signed = u64::try_from(newest.size).unwrap_or(0);
    let mut contents = Contents { signed_entries: signed, ..Contents::default() };
    for id in TileId::all(signed) {
        let hashes = read_tile(conn, id)?;
        archive.member(&format!("tile/{}", id.path()), &tile_bytes(&hashes))?;
        contents.tiles += 1;
    }
    let width = i64::try_from(TILE_WIDTH).unwrap_or(i64::MAX);
    for index in 0.. {
        let after = i64::try_from(contents.entries).unwrap_or(i64::MAX) - 1;
        let rows = entries_after(conn, after, width).map_err(read_failure)?;
        if rows.is_empty() {
            break;
        }
        archive.entries(conn, sources, index, &rows)?;
        contents.entries += rows.len() as u64;
        progress("log entries", rows.len() as u64);
    }
    for source in sources {
        if let Reading::Whole(read) = source.reading {
            archive.table(conn, source.table, read)?;
            progress(source.table, 0);
        }
    }
    contents.rows = archive.rows;
    let mut out = archive.zip.finish().map_err(unwritten)?;
    out.flush().map_err(unwritten)?;
    Ok(contents)
}

fn unwritten(error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Unavailable, "The bundle cannot be written.").log(error)
}

fn push_row(out: &mut Vec<u8>, table: &str, key: &str, columns: &[(&'static str, Value<'_>)]) {
    let mut row = vec![json!(table), json!(key)];
    row.extend(columns.iter().map(|(name, value)| column(name, *value)));
    // A value of this kind always has a text.
    out.extend_from_slice(Json::Array(row).to_string().as_bytes());
    out.push(b'\n');
}

fn column(name: &str, value: Value<'_>) -> Json {
    match value {
        Value::Null => json!([name, "n"]),
        Value::Integer(integer) => json!([name, "i", integer]),
        Value::Text(text) => json!([name, "t", text]),
        Value::Bytes(bytes) => json!([name, "x", URL_SAFE_NO_PAD.encode(bytes)]),
        Value::Committed(bytes) => json!([name, "x", URL_SAFE_NO_PAD.encode(bytes)]),
        Value::Bool(boolean) => json!([name, "b", boolean]),
        Value::Real(real) => json!([name, "r", format!("{:016x}", (real + 0.0).to_bits())]),
    }
}
