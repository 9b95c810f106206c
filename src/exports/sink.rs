//! Where the bytes of an export go: each is counted and hashed on its way.

use crate::core::problem::{Code, Problem};
use actix_web::web::Bytes;
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

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

/// How long a reader may take over one piece, which is 2 kilobytes a second: whoever is slower holds a turn that others wait for.
const PIECE_TIME: Duration = Duration::from_secs(30);
/// Before it is looked again whether a reader takes more: the first time, and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(50)];

/// The way to a reader far away, in pieces. It waits while the reader does, but not for ever, and keeps the last piece back until
/// it is told that everything is well.
pub(super) struct Channel {
    sender: Sender<Piece>,
    kept: Vec<u8>,
}

impl Channel {
    /// One that is written to on a thread that may block.
    pub(super) fn new(sender: Sender<Piece>) -> Self {
        Self { sender, kept: Vec::with_capacity(CHUNK_BYTES) }
    }

    /// Sends what was kept back.
    ///
    /// # Errors
    /// Where nobody reads any more.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let last = std::mem::take(&mut self.kept);
        self.send(Piece::Bytes(Bytes::from(last)))?;
        self.send(Piece::End)
    }

    /// Waits while the reader has enough to read; the thread may block, and needs no runtime that may be ending.
    fn send(&self, piece: Piece) -> io::Result<()> {
        let (begun, mut pause, mut piece) = (Instant::now(), PAUSES[0], piece);
        loop {
            piece = match self.sender.try_send(piece) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(piece)) => piece,
                Err(TrySendError::Closed(_)) => {
                    let words = "whoever asked for the export reads it no more";
                    return Err(io::Error::new(io::ErrorKind::BrokenPipe, words));
                }
            };
            if begun.elapsed() > PIECE_TIME {
                let words = "whoever asked for the export reads too slowly";
                return Err(io::Error::new(io::ErrorKind::TimedOut, words));
            }
            std::thread::sleep(pause);
            pause = (2 * pause).min(PAUSES[1]);
        }
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Only when more comes does what was kept leave, so that the last of it never leaves by itself.
        if self.kept.len() >= CHUNK_BYTES {
            let full = std::mem::replace(&mut self.kept, Vec::with_capacity(CHUNK_BYTES));
            self.send(Piece::Bytes(Bytes::from(full)))?;
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
