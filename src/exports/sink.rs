//! Where the bytes of an export go: each is counted and hashed on its way.

use crate::core::problem::{Code, Problem};
use actix_web::web::Bytes;
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};
use tokio::sync::mpsc::Sender;

/// Bytes that go over the wire at once: a system call costs little beside it, and a slow reader keeps no more than a few.
const CHUNK_BYTES: usize = 64 * 1024;

/// Counts and hashes what passes through it.
pub(super) struct Sink<W> {
    out: W,
    digest: Sha256,
    bytes: i64,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, digest: Sha256::new(), bytes: 0 }
    }

    /// Where it went, how many bytes, and their SHA-256.
    pub(super) fn done(self) -> (W, i64, [u8; 32]) {
        (self.out, self.bytes, self.digest.finalize().into())
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += i64::try_from(written).unwrap_or(i64::MAX);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What a reader far away gets next.
pub(super) enum Piece {
    /// Some of the file.
    Bytes(Bytes),
    /// That the rest does not come.
    Broken(Problem),
    /// That this was all. A file without it is no whole file, whatever ended whoever made it.
    End,
}

/// The way to a reader far away, in pieces. It waits while the reader does, and keeps the last piece back until it is told
/// that everything is well.
pub(super) struct Channel {
    sender: Sender<Piece>,
    kept: Vec<u8>,
}

impl Channel {
    pub(super) fn new(sender: Sender<Piece>) -> Self {
        Self { sender, kept: Vec::with_capacity(CHUNK_BYTES) }
    }

    /// Sends what was kept back.
    ///
    /// # Errors
    /// Where nobody reads any more.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let last = std::mem::take(&mut self.kept);
        send(&self.sender, Piece::Bytes(Bytes::from(last)))?;
        send(&self.sender, Piece::End)
    }
}

fn send(sender: &Sender<Piece>, piece: Piece) -> io::Result<()> {
    let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "whoever asked for the export reads it no more");
    sender.blocking_send(piece).map_err(gone)
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Only when more comes does what was kept leave, so that the last of it never leaves by itself.
        if self.kept.len() >= CHUNK_BYTES {
            let full = std::mem::replace(&mut self.kept, Vec::with_capacity(CHUNK_BYTES));
            send(&self.sender, Piece::Bytes(Bytes::from(full)))?;
        }
        let room = bytes.len().min(CHUNK_BYTES - self.kept.len());
        self.kept.extend_from_slice(&bytes[..room]);
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// That bytes could not be written, in words for whoever waits for them.
pub(super) fn unwritten(error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Unavailable, "The export could not be written to its end.").log(error)
}
