//! Proofs that stand alone, as text: the entry's place in a signed tree, and one signed tree's beginning in another.
//!
//! ```text
//! c2sp.org/tlog-proof@v1            old 20852014
//! extra base64, if any              base64 of each hash of the consistency proof
//! index 73894
//! base64 of each hash of the path
//!
//! the checkpoint                    the checkpoint
//! ```
//!
//! On the left c2sp.org/tlog-proof; on the right what c2sp.org/tlog-witness has sent to a witness, so that an answer of
//! ours can be handed to any. Never here: trust; whoever reads one opens its checkpoint with a key of his own.

use super::checkpoint::{Checkpoint, CheckpointError};
use super::hash::{HASH_BYTES, Hash256};
use super::note::VerifierKey;
use super::proof::{VerifyError, verify_consistency, verify_inclusion};
use super::tree::MAX_PROOF_HASHES;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

const PROOF_VERSION: &str = "c2sp.org/tlog-proof@v1";

/// Why a text is not such a proof, or proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfflineError {
    /// A line is not as the format has it.
    #[error("line {line} of the proof must be {expected}")]
    Line {
        /// Which one, from 1.
        line: usize,
        /// What would be right.
        expected: &'static str,
    },
    /// The checkpoint within is not believed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The hashes do not lead from one to the other.
    #[error(transparent)]
    Proof(#[from] VerifyError),
    /// It begins at another tree than the one at hand.
    #[error("the proof begins at {found} entries and must begin at {expected}")]
    OtherStart {
        /// Where it begins.
        found: u64,
        /// Where it should.
        expected: u64,
    },
}

/// That a leaf is in the tree of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// The number of the leaf, from 0.
    pub index: u64,
    /// From the leaf's neighbour to the child of the root.
    pub path: Vec<Hash256>,
    /// The signed note.
    pub checkpoint: String,
}

/// That the tree of a checkpoint begins with that of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The size of the earlier tree.
    pub old: u64,
    /// RFC 6962, section 2.1.2.
    pub path: Vec<Hash256>,
    /// The signed note.
    pub checkpoint: String,
}

impl fmt::Display for LogProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{PROOF_VERSION}\nindex {}", self.index)?;
        write_hashes(formatter, &self.path)?;
        write!(formatter, "\n{}", self.checkpoint)
    }
}

impl fmt::Display for ConsistencyProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "old {}", self.old)?;
        write_hashes(formatter, &self.path)?;
        write!(formatter, "\n{}", self.checkpoint)
    }
}

impl LogProof {
    /// Reads one; what stands behind `extra` is passed over, for nothing vouches for it.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn parse(text: &str) -> Result<Self, OfflineError> {
        let mut lines = Lines::of(text);
        if lines.next() != Some(PROOF_VERSION) {
            return Err(lines.wrong("\"c2sp.org/tlog-proof@v1\""));
        }
        let mut line = lines.next();
        if line.is_some_and(|line| line.starts_with("extra ")) {
            line = lines.next();
        }
        let index = number_behind(line, "index ").ok_or_else(|| lines.wrong("\"index\" and a number"))?;
        Ok(Self { index, path: lines.hashes()?, checkpoint: lines.rest.to_owned() })
    }

    /// Shows that this leaf is where the proof says, and answers the checkpoint that says so.
    ///
    /// # Errors
    /// When the checkpoint is not of this key, or the path does not lead to its root.
    pub fn verify(&self, leaf: Hash256, key: &VerifierKey) -> Result<Checkpoint, OfflineError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, key)?;
        verify_inclusion(leaf, self.index, &self.path, &checkpoint.head)?;
        Ok(checkpoint)
    }
}

impl ConsistencyProof {
    /// Reads one.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn parse(text: &str) -> Result<Self, OfflineError> {
        let mut lines = Lines::of(text);
        let old = number_behind(lines.next(), "old ").ok_or_else(|| lines.wrong("\"old\" and a number"))?;
        Ok(Self { old, path: lines.hashes()?, checkpoint: lines.rest.to_owned() })
    }

    /// Shows that the checkpoint within continues this earlier one, and answers it.
    ///
    /// # Errors
    /// When it is not of this key or log, smaller, or the hashes do not lead from one to the other.
    pub fn verify(&self, old: Option<&Checkpoint>, key: &VerifierKey) -> Result<Checkpoint, OfflineError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, key)?;
        let expected = old.map_or(0, |old| old.head.size);
        if self.old != expected {
            return Err(OfflineError::OtherStart { found: self.old, expected });
        }
        if let Some(old) = old {
            verify_consistency(&old.head, &checkpoint.head, &self.path)?;
        }
        Ok(checkpoint)
    }
}

fn write_hashes(formatter: &mut fmt::Formatter<'_>, hashes: &[Hash256]) -> fmt::Result {
    hashes.iter().try_for_each(|hash| writeln!(formatter, "{}", STANDARD.encode(hash.0)))
}

fn number_behind(line: Option<&str>, word: &str) -> Option<u64> {
    let digits = line?.strip_prefix(word)?;
    digits.parse().ok().filter(|number: &u64| number.to_string() == digits)
}

/// Lines up to the empty one.
struct Lines<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self { rest: text, line: 0 }
    }

    fn next(&mut self) -> Option<&'t str> {
        self.line += 1;
        let (line, rest) = self.rest.split_once('\n')?;
        self.rest = rest;
        Some(line)
    }

    fn wrong(&self, expected: &'static str) -> OfflineError {
        OfflineError::Line { line: self.line, expected }
    }

    fn hashes(&mut self) -> Result<Vec<Hash256>, OfflineError> {
        let mut hashes = Vec::new();
        loop {
            match self.next() {
                Some("") => return Ok(hashes),
                Some(line) if hashes.len() < MAX_PROOF_HASHES => {
                    let hash: Option<[u8; HASH_BYTES]> =
                        STANDARD.decode(line).ok().and_then(|bytes| bytes.try_into().ok());
                    hashes.push(Hash256(hash.ok_or_else(|| self.wrong("a hash of 32 bytes in base64"))?));
                }
                Some(_) | None => return Err(self.wrong("empty, and the checkpoint behind it")),
            }
        }
    }
}
