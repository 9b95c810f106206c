//! `cargo bench`: the quick run of `relief bench`.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    // Cargo adds flags of its own harness; the bench takes none of them.
    match Command::new(env!("CARGO_BIN_EXE_relief")).args(["bench", "--quick"]).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) | Err(_) => ExitCode::FAILURE,
    }
}
