//! `relief audit consistency` and `relief audit check`

use super::super::Common;
use super::source::{Source, Which};
use super::{Answer, read_text, write_text};
use crate::audit::checkpoint::Checkpoint;
use crate::audit::hash::Hash256;
use crate::audit::note::VerifierKey;
use crate::audit::offline::LogProof;
use crate::audit::receipt::{Receipt, ReceiptError};
use crate::audit::tree::leaf_hash;
use crate::core::problem::{Outcome, Problem};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Shows that the log as it is now continues a checkpoint kept at home
#[derive(Args)]
#[command(after_help = "Examples:\n  relief audit consistency --checkpoint kept.checkpoint\n  \
                        relief audit consistency --checkpoint kept.checkpoint --bundle log.bundle --key '…'\n  \
                        relief audit consistency --checkpoint my.checkpoint --url https://relief.org --key '…'\n\n\
                        Exit codes: 0 it continues it, 1 it does not, 2 cannot tell.")]
pub(super) struct Consistency {
    /// The checkpoint kept
    #[arg(long, value_name = "FILE")]
    checkpoint: PathBuf,
    #[command(flatten)]
    which: Which,
}

impl Consistency {
    pub(super) fn run(self, common: &Common) -> Outcome<Answer> {
        let (mut source, settings) = self.which.open(common)?;
        let note = read_text("checkpoint", &self.checkpoint)?;
        let key = Source::key(&note, self.which.key.as_ref(), &settings)?;
        let old = match Checkpoint::open(&note, &key) {
            Ok(old) => old,
            Err(error) => {
                return Ok(Answer::fails(format!("The checkpoint kept is not of this log: {error}")));
            }
        };
        match source.consistency(old.head.size)?.verify(Some(&old), &key) {
            Ok(new) => Ok(Answer::holds(
                format!(
                    "The log of {} entries continues the {} of the checkpoint.",
                    new.head.size, old.head.size
                ),
                json!({"origin": new.origin, "old_size": old.head.size, "size": new.head.size}),
            )),
            Err(error) => Ok(Answer::fails(format!(
                "The log does not continue the checkpoint kept: {error}. Keep both: they are proof of a log that was \
                 rewritten or put back."
            ))),
        }
    }
}

/// Shows that an entry is in the log: by a receipt or the entry itself
#[derive(Args)]
#[command(after_help = "Examples:\n  relief audit check --receipt receipt.json\n  \
                        relief audit check --receipt receipt.json --url https://relief.org --save 7.tlog-proof\n  \
                        relief audit check --receipt receipt.json --proof 7.tlog-proof --key '…'\n  \
                        relief audit check --entry entry.json --proof 7.tlog-proof --key '…'\n\n\
                        With --proof nothing else is needed, not even a network. An entry is the exact text of\n\
                        its body.\n\
                        Exit codes: 0 it is in the log, 1 it is not, 2 cannot tell.")]
pub(super) struct Check {
    /// The receipt of a write, as the server answered it
    #[arg(long, value_name = "FILE", required_unless_present = "entry")]
    receipt: Option<PathBuf>,
    /// The body of an entry
    #[arg(long, value_name = "FILE", conflicts_with = "receipt", requires = "proof")]
    entry: Option<PathBuf>,
    /// A proof that was saved before (C2SP tlog-proof)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bundle", "url", "save"])]
    proof: Option<PathBuf>,
    /// Saves the proof
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
}

impl Check {
    pub(super) fn run(self, common: &Common) -> Outcome<Answer> {
        let receipt = self.receipt.as_ref().map(|path| read_receipt(path)).transpose()?;
        let proof = match &self.proof {
            Some(path) => self.saved(path, common)?,
            None => self.fetched(receipt.as_ref(), common)?,
        };
        let (proof, key) = match proof {
            Found::Proof(both) => *both,
            Found::NotYet(size) => {
                return Ok(Answer::fails(format!(
                    "The newest checkpoint speaks of {size} entries, and the receipt is for one that came later. One \
                     is signed about a second after an entry; if it stays so, the entry was lost."
                )));
            }
        };
        let leaf = match (&receipt, &self.entry) {
            (Some(receipt), _) => {
                if let Err(error) = receipt.verify(&key) {
                    return not_believed(&error);
                }
                if receipt.leaf_index != proof.index {
                    return Ok(Answer::fails(format!(
                        "The receipt is for entry {} and the proof for entry {}.",
                        receipt.leaf_index, proof.index
                    )));
                }
                receipt.leaf_hash
            }
            (None, Some(path)) => entry_hash(&read_text("entry", path)?),
            (None, None) => return Err(Problem::field("/receipt", "Name a receipt or an entry.")),
        };
        let checkpoint = match proof.verify(leaf, &key) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                return Ok(Answer::fails(format!("Entry {} is not in the log: {error}", proof.index)));
            }
        };
        if let Some(path) = &self.save {
            write_text("save", path, &proof.to_string())?;
        }
        Ok(Answer::holds(
            format!("Entry {} is in the log of {} entries.", proof.index, checkpoint.head.size),
            json!({"origin": checkpoint.origin, "index": proof.index, "size": checkpoint.head.size, "leaf_hash": leaf}),
        ))
    }

    fn saved(&self, path: &std::path::Path, common: &Common) -> Outcome<Found> {
        let settings = common.settings(crate::app::Layer::default())?;
        let proof = LogProof::parse(&read_text("proof", path)?)
            .map_err(|error| Problem::field("/proof", format!("{}: {error}", path.display())))?;
        let key = Source::key(&proof.checkpoint, self.which.key.as_ref(), &settings)?;
        Ok(Found::Proof(Box::new((proof, key))))
    }

    fn fetched(&self, receipt: Option<&Receipt>, common: &Common) -> Outcome<Found> {
        let receipt = receipt.ok_or_else(|| Problem::field("/receipt", "Name a receipt."))?;
        let (mut source, settings) = self.which.open(common)?;
        let note = source.checkpoint()?;
        let key = Source::key(&note, self.which.key.as_ref(), &settings)?;
        Ok(match source.proof(receipt.leaf_index)? {
            Some(proof) => Found::Proof(Box::new((proof, key))),
            None => Found::NotYet(Source::stated(&note)?.head.size),
        })
    }
}

/// A proof to be checked, or that there is none yet.
enum Found {
    Proof(Box<(LogProof, VerifierKey)>),
    NotYet(u64),
}

/// What a receipt that does not verify shows; one of a form that is not known here shows nothing.
fn not_believed(error: &ReceiptError) -> Outcome<Answer> {
    match error {
        ReceiptError::OtherVersion(_) => Err(Problem::field("/receipt", error.to_string())),
        _ => Ok(Answer::fails(format!("The receipt is not believed: {error}"))),
    }
}

/// Takes the receipt alone, or an answer that has it as a member.
fn read_receipt(path: &std::path::Path) -> Outcome<Receipt> {
    let wrong = |error: serde_json::Error| {
        let words = format!("{} is no receipt as the server answers one: {error}", path.display());
        Problem::field("/receipt", words)
    };
    let mut value: serde_json::Value = serde_json::from_str(&read_text("receipt", path)?).map_err(wrong)?;
    if let Some(within) = value.get_mut("receipt") {
        value = within.take();
    }
    serde_json::from_value(value).map_err(wrong)
}

/// The hash of an entry whose file may end with a newline, which no body does.
fn entry_hash(text: &str) -> Hash256 {
    leaf_hash(text.strip_suffix('\n').unwrap_or(text).as_bytes())
}
