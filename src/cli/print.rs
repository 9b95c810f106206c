//! Telling people: progress on standard error, answers on standard output. Whoever reads only the beginning of an
//! answer closes it, which is no failure.

use crate::core::problem::{Outcome, Problem};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};

/// Prints one line, or several that end with the last.
///
/// # Errors
/// Where standard output cannot be written, but for a pipe that was closed.
pub(crate) fn say(words: impl Display) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{words}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Problem::internal(format!("standard output: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A bar of progress in the form of `template`: on a terminal, and nothing elsewhere.
pub(crate) fn progress_bar(template: &str) -> ProgressBar {
    let bar = ProgressBar::no_length();
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
