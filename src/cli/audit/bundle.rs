//! `relief audit bundle`

use super::super::print::progress_bar;
use super::super::verify::{UNCOVERED, sources};
use super::super::{Common, open_to_read};
use super::Answer;
use crate::app::Layer;
use crate::audit::bundle::{Contents, write_bundle};
use crate::audit::keys::KeyRing;
use crate::audit::note::VerifierKey;
use crate::core::problem::{Outcome, Problem};
use crate::db::Conn;
use crate::db::carry::Draft;
use crate::writer::{last_sequence, log_state};
use clap::Args;
use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes everything that verifying needs into one file, from one snapshot of the database
#[derive(Args)]
#[command(after_help = "Examples:\n  relief audit bundle log.bundle\n  \
                        relief audit bundle log.bundle --force --json\n  \
                        relief verify --bundle log.bundle --key '…'\n\n\
                        The file holds what is recorded, with commitments in place of personal values, and no\n\
                        key that signs. A server may run meanwhile. Exit codes: 0 written, 2 could not be.")]
pub(super) struct WriteBundle {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Writes over a file that is there
    #[arg(long)]
    force: bool,
}

impl WriteBundle {
    pub(super) fn run(self, common: &Common) -> Outcome<Answer> {
        let settings = common.settings(Layer::default())?;
        let database = open_to_read(&settings.database_url)?;
        let found = KeyRing::find_log_key(&settings.keys)
            .map_err(|error| Problem::field("/keys", error.to_string()))?;
        if !self.force && self.file.exists() {
            let words = format!(
                "{} is there already; name another file, or write over it with --force",
                self.file.display()
            );
            return Err(Problem::field("/file", words));
        }
        let draft = Draft::beside(&self.file, ".partial")?;
        let contents = database.read(|conn| write(conn, draft.path(), found))?;
        if self.force { draft.replace() } else { draft.place() }?;
        let words = format!(
            "{} has {} entries, {} of them signed, and {} rows.\nVerify it with: relief verify --bundle {} --key KEY",
            self.file.display(),
            contents.entries,
            contents.signed_entries,
            contents.rows,
            self.file.display()
        );
        let value = serde_json::to_value(&contents).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(Answer::holds(words, value))
    }
}

fn write(conn: &mut Conn, path: &Path, found: Option<ed25519_dalek::VerifyingKey>) -> Outcome<Contents> {
    let origin = log_state(conn)?.origin;
    let key = found.and_then(|public| VerifierKey::new(&origin, public).ok());
    let bar = progress_bar("{spinner} {elapsed} {wide_bar} {human_pos}/{human_len} {msg}");
    bar.set_length(u64::try_from(last_sequence(conn)?).unwrap_or(0));
    bar.enable_steady_tick(Duration::from_millis(200));
    let file: File = OpenOptions::new().write(true).open(path).map_err(|error| unusable(path, &error))?;
    let mut progress = |what: &str, count: u64| {
        bar.set_message(what.to_owned());
        bar.inc(count);
    };
    let contents =
        write_bundle(conn, &sources(), key.as_ref(), &UNCOVERED, BufWriter::new(&file), &mut progress)?;
    file.sync_all().map_err(|error| unusable(path, &error))?;
    bar.finish_and_clear();
    Ok(contents)
}

fn unusable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::field("/file", format!("{}: {error}", path.display()))
}
