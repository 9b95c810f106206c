//! `relief audit`: what an auditor does with a log, on a database, on a bundle or over the network.
//!
//! Exit codes are those of `relief verify`: 0 it holds, 1 it does not, 2 cannot tell. Never here: a token; everything
//! asked for is everybody's and is believed for its proof.

mod bundle;
mod check;
mod remote;
mod source;
mod witness;

use super::print::say;
use super::{Common, complain};
use crate::core::problem::{Outcome, Problem};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

/// Keeps checkpoints, checks receipts and proofs, and writes bundles to verify elsewhere
#[derive(Args)]
#[command(after_help = "Examples:\n  relief audit bundle log.bundle\n  \
                        relief audit witness --url https://relief.example.org --key '…'\n  \
                        relief audit consistency --checkpoint kept.checkpoint --bundle log.bundle --key '…'\n  \
                        relief audit check --receipt receipt.json --bundle log.bundle --key '…'\n\n\
                        Exit codes: 0 it holds, 1 it does not, 2 cannot tell.")]
pub(super) struct Audit {
    #[command(subcommand)]
    command: AuditCommand,
    /// One JSON object
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum AuditCommand {
    Bundle(bundle::WriteBundle),
    Witness(witness::Keep),
    Consistency(check::Consistency),
    Check(check::Check),
}

/// What a command found: words and figures, and whether it holds.
struct Answer {
    holds: bool,
    words: String,
    value: Value,
}

impl Answer {
    /// It holds.
    fn holds(words: String, value: Value) -> Self {
        Self { holds: true, words, value }
    }

    /// It does not.
    fn fails(words: String) -> Self {
        Self { holds: false, value: serde_json::json!({"problem": words}), words }
    }
}

impl Audit {
    pub(super) fn run(self) -> ExitCode {
        let answer = match self.command {
            AuditCommand::Bundle(command) => command.run(&self.common),
            AuditCommand::Witness(command) => command.run(&self.common),
            AuditCommand::Consistency(command) => command.run(&self.common),
            AuditCommand::Check(command) => command.run(&self.common),
        };
        let shown = answer.and_then(|answer| {
            if self.json {
                let mut value = answer.value;
                value["holds"] = answer.holds.into();
                say(format!("{value:#}"))?;
            } else if answer.holds {
                say(&answer.words)?;
            } else {
                eprintln!("relief: {}", answer.words);
            }
            Ok(answer.holds)
        });
        match shown {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(problem) => {
                complain(&problem);
                ExitCode::from(2)
            }
        }
    }
}

/// Reads a file that was named at a flag.
fn read_text(flag: &str, path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path)
        .map_err(|error| Problem::field(format!("/{flag}"), format!("{}: {error}", path.display())))
}

/// Writes a file that was named at a flag, in the place of what is there.
fn write_text(flag: &str, path: &Path, text: &str) -> Outcome<()> {
    std::fs::write(path, text)
        .map_err(|error| Problem::field(format!("/{flag}"), format!("{}: {error}", path.display())))
}
