//! `relief openapi`

use super::print::say;
use crate::app;
use crate::core::problem::{Outcome, Problem};
use clap::Args;

/// Prints the OpenAPI 3.1 document of the interface
#[derive(Args)]
#[command(after_help = "Example:\n  relief openapi > openapi.json")]
pub(super) struct Openapi {}

impl Openapi {
    pub(super) fn run(self) -> Outcome<()> {
        let text = serde_json::to_string_pretty(&app::openapi())
            .map_err(|error| Problem::internal(error.to_string()))?;
        say(text)
    }
}
