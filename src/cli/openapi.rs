//! `relief openapi`

use crate::app;
use crate::core::problem::{Outcome, Problem};
use clap::Args;
use std::io::Write;

/// Prints the OpenAPI 3.1 document of the interface
#[derive(Args)]
#[command(after_help = "Example:\n  relief openapi > openapi.json")]
pub(super) struct Openapi {}

impl Openapi {
    pub(super) fn run(self) -> Outcome<()> {
        let text = serde_json::to_string_pretty(&app::openapi())
            .map_err(|error| Problem::internal(error.to_string()))?;
        match writeln!(std::io::stdout(), "{text}") {
            // Whoever reads only the beginning closes the pipe.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Problem::internal(format!("standard output: {error}")))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
