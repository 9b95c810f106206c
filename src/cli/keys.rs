//! `relief keys`: the keys of access tokens, also beside a running server, which sees a change within a second.

use super::print::say;
use super::{Common, open_to_read};
use crate::app::Layer;
use crate::audit::keys::{KeyError, TokenKeys};
use crate::auth::OPERATOR;
use crate::core::id::UserId;
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::users::key_store::{KEY_OVERLAP, KeyChange};
use crate::writer::{Actor, Writer, WriterSettings};
use clap::{Args, Subcommand};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Lists, rotates and retires the keys that sign access tokens
#[derive(Args)]
#[command(
    after_help = "Examples:\n  relief keys list\n  relief keys rotate\n  relief keys rotate --at-once\n  \
                        relief keys retire\n  relief keys retire --kid 0tz…\n\n\
                        A running server takes up a change within a second or so, and rotates by itself when the key is\n\
                        as old as its setting says. The log's own key is never rotated."
)]
pub(super) struct Keys {
    #[command(subcommand)]
    command: KeysCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Lists the key that signs and those that still verify
    #[command(after_help = "Examples:\n  relief keys list\n  relief keys list --json")]
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Lets a new key sign; the old one verifies until its last token has expired
    #[command(after_help = "Examples:\n  relief keys rotate\n  relief keys rotate --at-once")]
    Rotate {
        /// For a key that was stolen: the old one verifies no more, and everybody refreshes
        #[arg(long)]
        at_once: bool,
    },
    /// Removes keys whose time is over, or one that signs no more at once
    #[command(after_help = "Examples:\n  relief keys retire\n  relief keys retire --kid 0tz…")]
    Retire {
        /// Which one, as `relief keys list` shows it
        #[arg(long, value_name = "KID")]
        kid: Option<String>,
    },
}

impl Keys {
    pub(super) fn run(self) -> Outcome<()> {
        let settings = self.common.settings(Layer::default())?;
        let folder = settings.keys.as_path();
        match self.command {
            KeysCommand::List { json } => list(folder, json),
            KeysCommand::Rotate { at_once } => {
                let log = Log::of(&settings.database_url)?;
                let overlap = if at_once { Duration::ZERO } else { KEY_OVERLAP };
                let rotated = TokenKeys::rotate(folder, SystemTime::now(), overlap, None).map_err(failed)?;
                // Without a limit of age there is nothing that could keep it from rotating.
                let Some(rotation) = rotated else { return Ok(()) };
                say(format!("{} signs from now on; {} signed before.", rotation.new, rotation.old))?;
                log.note(KeyChange::rotated(operator(), &rotation))?;
                if at_once { retire(folder, Some(&rotation.old), &log) } else { Ok(()) }
            }
            KeysCommand::Retire { kid } => retire(folder, kid.as_deref(), &Log::of(&settings.database_url)?),
        }
    }
}

fn list(folder: &Path, as_json: bool) -> Outcome<()> {
    let keys = TokenKeys::read(folder).map_err(failed)?;
    for key in std::iter::once(&keys.signing).chain(&keys.earlier) {
        let made_at = key.made_at.map(timestamp);
        let until = key.until.map(|until| timestamp(UNIX_EPOCH + Duration::from_secs(until)));
        if as_json {
            say(
                serde_json::json!({"kid": key.id, "signs": until.is_none(), "made_at": made_at, "until": until}),
            )?;
        } else {
            let state = match until {
                None => "signs".to_owned(),
                Some(until) => format!("verifies until {until}"),
            };
            let made_at = made_at.map(|at| at.to_string()).unwrap_or_default();
            say(format!("{}  made {made_at:<28} {state}", key.id))?;
        }
    }
    Ok(())
}

fn retire(folder: &Path, kid: Option<&str>, log: &Log) -> Outcome<()> {
    let keys = TokenKeys::read(folder).map_err(failed)?;
    if kid == Some(keys.signing.id.as_str()) {
        let detail = "This key signs. Rotate first: relief keys rotate --at-once removes it as well.";
        return Err(Problem::new(Code::WrongState, detail).at("/kid"));
    }
    let retired = TokenKeys::retire(folder, SystemTime::now(), kid).map_err(failed)?;
    if retired.is_empty() {
        let words = match kid {
            Some(kid) => format!("There is no key {kid:?}; see relief keys list."),
            None => "No key's time is over.".to_owned(),
        };
        return if kid.is_some() { Err(Problem::field("/kid", words)) } else { say(words) };
    }
    for kid in &retired {
        say(format!("{kid} verifies no more."))?;
        log.note(KeyChange::retired(operator(), kid))?;
    }
    Ok(())
}

/// The log of the database, where there is one.
struct Log {
    url: Option<String>,
}

impl Log {
    /// Looks before anything is changed, so that no key changes without an entry where there could be one.
    fn of(url: &str) -> Outcome<Self> {
        let is_absent = url.strip_prefix("sqlite://").is_some_and(|path| !Path::new(path).exists());
        if is_absent {
            eprintln!("relief: there is no database at {url} here, so no log tells of this");
            return Ok(Self { url: None });
        }
        drop(open_to_read(url)?);
        Ok(Self { url: Some(url.to_owned()) })
    }

    fn note(&self, change: KeyChange) -> Outcome<()> {
        let Some(url) = &self.url else { return Ok(()) };
        let writer = Writer::start(WriterSettings::of(url))?;
        let recorded = writer.record_blocking(change);
        writer.stop();
        recorded.map(|_| ())
    }
}

fn operator() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: OPERATOR.to_owned(), scope: "command-line".to_owned() }
}

fn failed(error: KeyError) -> Problem {
    Problem::new(Code::Invalid, error.to_string()).at("/keys")
}

fn timestamp(time: SystemTime) -> Timestamp {
    let micros = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs() * 1_000_000;
    Timestamp(i64::try_from(micros).unwrap_or(i64::MAX))
}
