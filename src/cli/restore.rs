//! `relief restore`

use super::backup::{checkpoint_words, described, log_key, read_backup, signed_beside};
use super::print::say;
use super::user::operator;
use super::{Common, with_writer};
use crate::app::Layer;
use crate::audit::whole::{WholeLog, whole_database};
use crate::core::problem::{Outcome, Problem};
use crate::db::carry::{forget_sessions, place_backup};
use crate::db::{connect, migrate};
use crate::outbox::hold_back;
use crate::users::recall::{Recalled, recall_access};
use crate::writer::Restored;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Puts a backup into an empty or missing database, as a log of its own that names the one it continues
#[derive(Args)]
#[command(
    after_help = "Examples:\n  relief restore relief-2026-11-28.backup --database-url sqlite://restored.db\n  \
                        relief restore copy.backup --database-url postgres://relief@localhost/restored --json\n\n\
                        The log goes on under a new name, and its first entry names the last checkpoint under the old\n\
                        one; tell those who keep checkpoints. Everybody logs in again. Keys of machines are revoked\n\
                        and one-time links ended, since some were after the backup: make new ones. Put the key\n\
                        folder back from its own copy: people who were erased since have no key there and stay\n\
                        unreadable. Nobody is told anything by webhooks or mail before relief webhook resume.\n\n\
                        Exit codes: 0 restored, 1 the backup is not whole, 2 could not be restored."
)]
pub(super) struct Restore {
    /// What relief backup wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

impl Restore {
    pub(super) fn run(self) -> Outcome<()> {
        let settings = self.common.settings(Layer::default())?;
        let key = log_key(&settings.keys)?;
        let (backup, whole) = read_backup(&self.file, &[], key)?;
        let signed = signed_beside(&settings.keys, &whole.origin, key)?.map(|head| head.size);
        let signed = signed.filter(|size| *size > whole.head.size);
        if let Some(signed) = signed {
            eprintln!(
                "relief: the key folder knows a checkpoint of {signed} entries, and the backup has {}: those after it are \
                 lost unless a later backup has them.",
                whole.head.size
            );
        }
        let restored = place_backup(&backup, &settings.database_url, |url| go_on(url, &whole, signed))?;
        if self.json {
            let mut value = described(&whole);
            value["former_log"] = value["log"].take();
            value["log"] = restored.name.as_str().into();
            value["sequence"] = restored.sequence.into();
            value["signed"] = signed.into();
            value["revoked"] =
                json!({"api_keys": restored.recalled.api_keys, "links": restored.recalled.links});
            return say(format!("{value:#}"));
        }
        say(format!(
            "{} is restored. {}\nIts log goes on as {}: entry {} says {:?}. Tell those who keep checkpoints, and \
             verify it: relief verify\n{} keys of machines are revoked and {} one-time links ended, since some may \
             have been after the backup: make new ones. Users and their passwords are as they were then.\nWebhooks and mail \
             are held back: relief webhook resume has them go on, where no other copy tells the same receivers.",
            self.file.display(),
            checkpoint_words(&whole),
            restored.name,
            restored.sequence - 1,
            restored.reason,
            restored.recalled.api_keys,
            restored.recalled.links
        ))
    }
}

struct Continued {
    name: String,
    reason: String,
    sequence: i64,
    recalled: Recalled,
}

/// Has what was put in place go on as a log of its own.
fn go_on(url: &str, whole: &WholeLog, signed: Option<u64>) -> Outcome<Continued> {
    let mut conn = connect(url)?;
    migrate(&mut conn)?;
    let there = whole_database(&mut conn, &[whole.head], None, &mut |_| {})?;
    if there.head != whole.head {
        return Err(Problem::internal("the log that was put in place is longer than the backup's"));
    }
    forget_sessions(&mut conn)?;
    // Before anything is recorded that could be told.
    hold_back(&mut conn)?;
    let last = whole.checkpoint.as_ref().map(|(checkpoint, _)| &checkpoint.head);
    let restored = Restored::new(operator(), &whole.origin, last, signed);
    let (name, reason) = (restored.name().to_owned(), restored.reason().to_owned());
    // The new name first: whatever else is recorded is the new log's.
    let (leaf, recalled) = with_writer(url, |writer| {
        let leaf = writer.record_blocking(restored)?.leaf;
        Ok((leaf, recall_access(&mut conn, writer, &operator())?))
    })?;
    let leaf = leaf.ok_or_else(|| Problem::internal("the restored log has no entry that says so"))?;
    Ok(Continued { name, reason, sequence: leaf.sequence, recalled })
}
