//! `relief backup`

use super::print::{progress_bar, say};
use super::{Common, open_to_read};
use crate::app::Layer;
use crate::audit::beside::Beside;
use crate::audit::keys::KeyRing;
use crate::audit::note::VerifierKey;
use crate::audit::tree::TreeHead;
use crate::audit::whole::{WholeLog, newest_signed, whole_backup};
use crate::core::problem::{Outcome, Problem};
use crate::db::carry::{Backup, write_backup};
use crate::writer::log_state;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use ed25519_dalek::VerifyingKey;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes the whole database into one new file, also while a server writes, and checks it
#[derive(Args)]
#[command(
    after_help = "Examples:\n  relief backup relief-2026-11-28.backup\n  relief backup copy.backup --json\n  \
                        relief backup copy.backup --database-url postgres://relief@localhost/relief\n\n\
                        The key folder is not in the file: keep a copy of that apart, never in the same place. Of\n\
                        PostgreSQL, pg_dump writes the file; a password comes from the URL or as PGPASSWORD.\n\n\
                        Exit codes: 0 written and whole, 1 not whole, 2 could not be written."
)]
pub(super) struct WriteBackup {
    /// The file to write; it must not be there
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

impl WriteBackup {
    pub(super) fn run(self) -> Outcome<()> {
        let settings = self.common.settings(Layer::default())?;
        let database = open_to_read(&settings.database_url)?;
        let key = log_key(&settings.keys)?;
        let (origin, newest) = database.read(|conn| Ok((log_state(conn)?.origin, newest_signed(conn)?)))?;
        // What was signed last, by the database or by the folder of the key, must be in the backup.
        let beside = signed_beside(&settings.keys, &origin, key)?;
        let before: Vec<_> = newest.into_iter().chain(beside).collect();
        let draft = write_backup(&settings.database_url, &self.file)?;
        let (backup, whole) = read_backup(draft.path(), &before, key)?;
        let bytes = draft.path().metadata().map(|file| file.len());
        let bytes = bytes.map_err(|error| Problem::field("/file", error.to_string()))?;
        let kind = backup.kind();
        drop(backup);
        draft.place()?;
        if self.json {
            let mut value = described(&whole);
            value["file"] = self.file.display().to_string().into();
            value["bytes"] = bytes.into();
            value["kind"] = kind.into();
            value["left_out"] = json!([settings.keys.display().to_string()]);
            return say(format!("{value:#}"));
        }
        say(format!(
            "{} has the whole database up to sequence {}, in {bytes} bytes.\n{}\nIt has no keys. Copy {} apart from \
             it: without log.pem nothing new is signed under this log's key, and without vault nobody can log in \
             and no name can be read.",
            self.file.display(),
            whole.head.size,
            checkpoint_words(&whole),
            settings.keys.display(),
        ))
    }
}

/// The key that checkpoints are signed with, where its folder is here.
pub(super) fn log_key(keys: &Path) -> Outcome<Option<VerifyingKey>> {
    KeyRing::find_log_key(keys).map_err(|error| Problem::field("/keys", error.to_string()))
}

/// The head that was signed last for the log of this name, as far as the key folder knows.
pub(super) fn signed_beside(
    keys: &Path,
    origin: &str,
    key: Option<VerifyingKey>,
) -> Outcome<Option<TreeHead>> {
    let Some(key) = key.and_then(|public| VerifierKey::new(origin, public).ok()) else { return Ok(None) };
    Ok(Beside::of(keys, origin).checkpoint(&key)?.map(|checkpoint| checkpoint.head))
}

/// Opens a backup and reads all of it.
pub(super) fn read_backup(
    path: &Path,
    before: &[TreeHead],
    key: Option<VerifyingKey>,
) -> Outcome<(Backup, WholeLog)> {
    let bar = progress_bar("{spinner} {elapsed} {human_pos} log entries read");
    bar.enable_steady_tick(Duration::from_millis(200));
    let backup = Backup::open(path)?;
    let whole = whole_backup(&backup, before, key, &mut |count| bar.inc(count));
    bar.finish_and_clear();
    Ok((backup, whole?))
}

/// What is said of a log that was found whole.
pub(super) fn described(whole: &WholeLog) -> Value {
    let checkpoint = whole.checkpoint.as_ref().map(|(checkpoint, note)| {
        json!({
            "size": checkpoint.head.size,
            "root": STANDARD.encode(checkpoint.head.root.0),
            "note": note,
            "signature_checked": whole.is_signature_checked,
        })
    });
    json!({
        "log": whole.origin,
        "sequence": whole.head.size,
        "root": STANDARD.encode(whole.head.root.0),
        "checkpoint": checkpoint,
    })
}

/// The same in words.
pub(super) fn checkpoint_words(whole: &WholeLog) -> String {
    let Some((checkpoint, _)) = &whole.checkpoint else {
        return format!("No checkpoint of its log {} was signed yet.", whole.origin);
    };
    let after = whole.head.size - checkpoint.head.size;
    let signature = if whole.is_signature_checked {
        "its signature is right"
    } else {
        "its signature was not checked, since there is no log.pem in the key folder"
    };
    format!(
        "Its log {} is whole, with the newest checkpoint at {} and {after} entries after it; {signature}.",
        whole.origin, checkpoint.head.size
    )
}
