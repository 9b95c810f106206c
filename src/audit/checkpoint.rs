//! Checkpoints as specified at c2sp.org/tlog-checkpoint: the signed head of the log at one moment.
//!
//! ```text
//! origin
//! size
//! base64 of the root
//! further lines, if any
//! ```
//!
//! Two checkpoints of one origin that do not continue each other are proof of a rewritten log, signed
//! by whoever rewrote it. So one is signed only after [`Checkpoint::continues`] the last. Never here:
//! the clock, and where the last one is kept. A restored database begins a new origin.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::hash::{HASH_BYTES, Hash256};
use super::note::{Note, NoteError, NoteSigner, VerifierKey};
use super::proof::{VerifyError, verify_consistency};
use super::tree::{MAX_TREE_SIZE, RightEdge, TreeHead};

/// What a checkpoint states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log this is; also the name of the key that signs it.
    pub origin: String,
    /// Size and root.
    pub head: TreeHead,
    /// Further lines, none of them empty. Auditors cannot check them, so there should be none.
    pub extensions: Vec<String>,
}

/// What shows that a log only grew.
#[derive(Debug, Clone, Copy)]
pub enum Evidence<'a> {
    /// An RFC 6962 consistency proof, for whoever does not have the leaves.
    Proof(&'a [Hash256]),
    /// The right edge as it was at the last checkpoint, and the hashes of all leaves since.
    Leaves {
        /// The edge whose head the last checkpoint states.
        edge: &'a RightEdge,
        /// The leaves appended to it.
        since: &'a [Hash256],
    },
}

/// Why a checkpoint is not signed, or not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A line is not as the format has it.
    #[error("checkpoint's {field} \"{value}\" must be {expected}")]
    Field {
        /// Which line.
        field: &'static str,
        /// What it says.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// The note around it is not signed as it should be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It is of another log.
    #[error("checkpoint's origin \"{found}\" must be \"{expected}\"")]
    OtherOrigin {
        /// The origin it states.
        found: String,
        /// The origin of this log.
        expected: String,
    },
    /// It goes back behind one that was signed.
    #[error("checkpoint's size {size} must not be below {last}, which was signed already")]
    BelowLast {
        /// The size it states.
        size: u64,
        /// The size signed before.
        last: u64,
    },
    /// It does not continue the one that was signed.
    #[error("checkpoint of size {size} must continue the last one, of size {last}: {problem}")]
    Inconsistent {
        /// The size it states.
        size: u64,
        /// The size signed before.
        last: u64,
        /// What does not fit.
        problem: VerifyError,
    },
}

fn wrong_field(field: &'static str, value: &str, expected: &'static str) -> CheckpointError {
    CheckpointError::Field { field, value: value.chars().take(200).collect(), expected }
}

impl Checkpoint {
    /// A checkpoint without further lines.
    #[must_use]
    pub fn new(origin: &str, head: TreeHead) -> Self {
        Self { origin: origin.to_owned(), head, extensions: Vec::new() }
    }

    /// The text that is signed.
    ///
    /// # Errors
    /// When a line is empty or contains a line break, or the size is above [`MAX_TREE_SIZE`].
    pub fn to_text(&self) -> Result<String, CheckpointError> {
        let one_line = |line: &str| !line.is_empty() && !line.chars().any(|character| character < ' ');
        if !one_line(&self.origin) {
            return Err(wrong_field("origin", &self.origin, "one line that is not empty"));
        }
        if self.head.size > MAX_TREE_SIZE {
            return Err(wrong_field("size", &self.head.size.to_string(), "at most 2^63 - 1"));
        }
        let mut text =
            format!("{}\n{}\n{}\n", self.origin, self.head.size, STANDARD.encode(self.head.root.0));
        for extension in &self.extensions {
            if !one_line(extension) {
                return Err(wrong_field("extension", extension, "one line that is not empty"));
            }
            text.push_str(extension);
            text.push('\n');
        }
        Ok(text)
    }

    /// Reads the text of a checkpoint whose signature was verified.
    ///
    /// # Errors
    /// When a line is not as the format has it.
    pub fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n');
        let body = body.ok_or_else(|| wrong_field("text", text, "lines that each end with a newline"))?;
        let mut lines = body.split('\n');
        let origin = lines.next().unwrap_or_default();
        let size_text = lines.next().unwrap_or_default();
        let root_text = lines.next().unwrap_or_default();
        let size = size_text.parse().ok().filter(|size: &u64| *size <= MAX_TREE_SIZE);
        // Writing it again refuses signs and leading zeroes, which the format does not have.
        let size = size.filter(|size| size.to_string() == size_text).ok_or_else(|| {
            wrong_field("size", size_text, "a decimal number of leaves without leading zeroes")
        })?;
        let root: Option<[u8; HASH_BYTES]> =
            STANDARD.decode(root_text).ok().and_then(|bytes| bytes.try_into().ok());
        let root = root.ok_or_else(|| wrong_field("root", root_text, "32 bytes in base64"))?;
        let head = TreeHead { size, root: Hash256(root) };
        let checkpoint =
            Self { origin: origin.to_owned(), head, extensions: lines.map(str::to_owned).collect() };
        // Only what could be signed can be read: this checks the lines one by one.
        checkpoint.to_text()?;
        Ok(checkpoint)
    }

    /// Reads a signed checkpoint of the log whose key this is. Further signatures are passed over.
    ///
    /// # Errors
    /// When the note is not signed by that key, or states another origin than the key's name.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = Note::parse(note)?;
        let checkpoint = Self::parse_text(note.verify(&[key])?)?;
        checkpoint.check_origin(key.name())?;
        Ok(checkpoint)
    }

    /// Signs this checkpoint, if it continues the last one that was signed.
    ///
    /// # Errors
    /// When it does not, when it is of another origin than the signer's name, or when it has no valid text.
    pub fn sign(
        &self,
        signer: &NoteSigner,
        last: Option<(&Self, Evidence<'_>)>,
    ) -> Result<Note, CheckpointError> {
        self.check_origin(signer.verifier().name())?;
        if let Some((last, evidence)) = last {
            self.continues(last, evidence)?;
        }
        Ok(signer.sign(&self.to_text()?)?)
    }

    /// Shows that this checkpoint continues the log of an earlier one.
    ///
    /// # Errors
    /// When it is of another origin, smaller, or not shown to begin with the earlier tree.
    pub fn continues(&self, last: &Self, evidence: Evidence<'_>) -> Result<(), CheckpointError> {
        self.check_origin(&last.origin)?;
        if self.head.size < last.head.size {
            return Err(CheckpointError::BelowLast { size: self.head.size, last: last.head.size });
        }
        let shown = match evidence {
            Evidence::Proof(proof) => verify_consistency(&last.head, &self.head, proof),
            Evidence::Leaves { edge, since } => {
                let mut edge = edge.clone();
                same_head(&last.head, &edge.head()).and_then(|()| {
                    for leaf_hash in since {
                        edge.append(*leaf_hash);
                    }
                    same_head(&self.head, &edge.head())
                })
            }
        };
        shown.map_err(|problem| CheckpointError::Inconsistent {
            size: self.head.size,
            last: last.head.size,
            problem,
        })
    }

    fn check_origin(&self, expected: &str) -> Result<(), CheckpointError> {
        if self.origin == expected {
            return Ok(());
        }
        Err(CheckpointError::OtherOrigin { found: self.origin.clone(), expected: expected.to_owned() })
    }
}

fn same_head(stated: &TreeHead, computed: &TreeHead) -> Result<(), VerifyError> {
    if stated.size != computed.size {
        return Err(VerifyError::OtherSize { stated: stated.size, computed: computed.size });
    }
    if stated.root != computed.root {
        return Err(VerifyError::WrongRoot {
            size: stated.size,
            expected: stated.root,
            computed: computed.root,
        });
    }
    Ok(())
}
