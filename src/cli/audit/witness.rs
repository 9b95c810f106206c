//! `relief audit witness`: an auditor's own copy of the log's head, which only ever grows.

use super::super::Common;
use super::Answer;
use super::source::{Source, Which};
use crate::audit::beside::Beside;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::cosignature::Witness;
use crate::audit::keys::KeyRing;
use crate::audit::note::{Note, VerifierKey};
use crate::core::problem::{Outcome, Problem};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where a witness keeps key and checkpoints unless told otherwise.
const WITNESS_FOLDER: &str = "relief-witness";

/// Keeps the newest checkpoint once it is shown to continue the last one kept, and cosigns it
#[derive(Args)]
#[command(
    after_help = "Examples:\n  relief audit witness --url https://relief.example.org --key 'name+1a2b3c4d+AQ…'\n  \
                        relief audit witness --url https://relief.example.org\n  \
                        relief audit witness --bundle log.bundle --folder /media/stick/witness\n\n\
                        The first time the log's key is needed; it is kept beside the checkpoint. The folder\n\
                        holds the witness's own key, which is nobody else's: keep it where the operator of the\n\
                        server cannot reach it. Printed is the checkpoint with the cosignature\n\
                        (C2SP tlog-cosignature).\n\
                        Exit codes: 0 kept and cosigned, 1 it does not continue the last one, 2 cannot tell."
)]
pub(super) struct Keep {
    /// The folder of the witness, made where it is missing
    #[arg(long, value_name = "DIR", default_value = WITNESS_FOLDER)]
    folder: PathBuf,
    /// The witness's name in its cosignatures
    #[arg(long, value_name = "NAME", default_value = "relief-witness")]
    name: String,
    #[command(flatten)]
    which: Which,
}

impl Keep {
    pub(super) fn run(self, common: &Common) -> Outcome<Answer> {
        let invalid = |error: &dyn std::fmt::Display| Problem::field("/folder", error.to_string());
        let (mut source, settings) = self.which.open(common)?;
        let now = source.checkpoint()?;
        let secret = KeyRing::open_witness(&self.folder).map_err(|error| invalid(&error))?;
        let witness =
            Witness::new(&self.name, secret).map_err(|error| Problem::field("/name", error.to_string()))?;
        let beside = Beside::of(&self.folder, &Source::stated(&now)?.origin);
        let key = match (&self.which.key, beside.log_key()?) {
            (Some(given), Some(kept)) if *given != kept => {
                return Ok(Answer::fails(format!(
                    "The key given is not the one kept from the first day, {kept}."
                )));
            }
            (_, Some(kept)) => kept,
            (given, None) => Source::key(&now, given.as_ref(), &settings)?,
        };
        let last = beside.checkpoint(&key)?;
        let proof = source.consistency(last.as_ref().map_or(0, |last| last.head.size))?;
        let new = match proof.verify(last.as_ref(), &key) {
            Ok(new) => new,
            Err(error) => {
                return Ok(Answer::fails(format!(
                    "The log does not continue the checkpoint kept in {}: {error}. Nothing was cosigned. Keep what the \
                     log shows now beside it: together they are proof.\n{}",
                    beside.checkpoint_path().display(),
                    proof.checkpoint
                )));
            }
        };
        keep(&witness, &beside, &key, &new, &proof.checkpoint)
    }
}

fn keep(
    witness: &Witness,
    beside: &Beside,
    key: &VerifierKey,
    new: &Checkpoint,
    text: &str,
) -> Outcome<Answer> {
    let mut note = Note::parse(text).map_err(|error| Problem::internal(error.to_string()))?;
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    witness.cosign(&mut note, time);
    let note = note.to_string();
    beside.keep_log_key(key)?;
    beside.keep(&note)?;
    let value = json!({"origin": new.origin, "size": new.head.size, "root": new.head.root,
        "cosigned_at": time, "witness": witness.verifier().to_string(), "checkpoint": note,
        "kept_in": beside.checkpoint_path()});
    Ok(Answer::holds(note.trim_end().to_owned(), value))
}
