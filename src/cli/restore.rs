//! `relief restore`

use super::backup::{checkpoint_words, described, log_key, read_backup, signed_beside};
use super::print::say;
use super::{Common, with_writer};
use crate::app::Layer;
use crate::audit::whole::{WholeLog, whole_database};
use crate::auth::OPERATOR;
use crate::core::id::UserId;
use crate::core::problem::{Outcome, Problem};
use crate::db::carry::{forget_sessions, place_backup};
use crate::db::{connect, migrate};
use crate::writer::{Actor, Restored};
use clap::Args;
use std::path::PathBuf;
use uuid::Uuid;

/// Puts a backup into an empty or missing database, as a log of its own that names the one it continues
#[derive(Args)]
#[command(
    after_help = "Examples:\n  relief restore relief-2026-11-28.backup --database-url sqlite://restored.db\n  \
                        relief restore copy.backup --database-url postgres://relief@localhost/restored --json\n\n\
                        The log goes on under a new name, and its first entry names the last checkpoint under the old\n\
                        one; tell those who keep checkpoints. Everybody logs in again. Put the key folder back from\n\
                        its own copy: people who were erased since have no key there and stay unreadable.\n\n\
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
            return say(format!("{value:#}"));
        }
        say(format!(
            "{} is restored. {}\nIts log goes on as {}: entry {} says {:?}. Tell those who keep checkpoints, and \
             verify it: relief verify",
            self.file.display(),
            checkpoint_words(&whole),
            restored.name,
            restored.sequence - 1,
            restored.reason
        ))
    }
}

struct Continued {
    name: String,
    reason: String,
    sequence: i64,
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
    let actor =
        Actor { user: UserId(Uuid::nil()), role: OPERATOR.to_owned(), scope: "command-line".to_owned() };
    let last = whole.checkpoint.as_ref().map(|(checkpoint, _)| &checkpoint.head);
    let restored = Restored::new(actor, &whole.origin, last, signed);
    let (name, reason) = (restored.name().to_owned(), restored.reason().to_owned());
    let recorded = with_writer(url, |writer| writer.record_blocking(restored))?;
    let leaf =
        recorded.leaf.ok_or_else(|| Problem::internal("the restored log has no entry that says so"))?;
    Ok(Continued { name, reason, sequence: leaf.sequence })
}
