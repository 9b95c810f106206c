//! `relief mail`: whose mail did not go out, and having it sent again, by whoever can open the database. Whoever is written to
//! about a tracking code has no account to look with, so that nobody else finds what was given up of theirs.

use super::letters::{line, list, replay};
use super::print::say;
use super::{Common, open_to_change};
use crate::app::Layer;
use crate::core::id::{LetterId, MailingId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::mail::{MAILING, MailingStanding, mailing_any, mailing_every, outlet_of};
use crate::outbox::is_held_back;
use clap::{Args, Subcommand};

/// Lists mailings and what was not taken of them, and has that sent again
#[derive(Args)]
#[command(after_help = "Examples:\n  relief mail list\n  \
                        relief mail letters --id 01900000-0000-7000-8000-000000000020\n  \
                        relief mail replay --id 01900000-0000-7000-8000-000000000020\n\n\
                        No address is shown: they are sealed. A running server sends again within a second.")]
pub(super) struct Mail {
    #[command(subcommand)]
    command: MailCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum MailCommand {
    /// Lists everybody's mailings, those about tracking codes too, with what was not taken of each
    #[command(after_help = "Examples:\n  relief mail list\n  relief mail list --failing --json")]
    List {
        /// Only those of which something was not taken
        #[arg(long)]
        failing: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Lists what the server of mail did not take of a mailing and was given up
    #[command(after_help = "Examples:\n  \
                            relief mail letters --id 01900000-0000-7000-8000-000000000020\n  \
                            relief mail letters --id 01900000-0000-7000-8000-000000000020 --all --json")]
    Letters {
        /// Which mailing
        #[arg(long)]
        id: MailingId,
        /// Also what is sent again by itself
        #[arg(long)]
        all: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Has what was given up sent again, as if for the first time
    #[command(after_help = "Examples:\n  \
                            relief mail replay --id 01900000-0000-7000-8000-000000000020\n  \
                            relief mail replay --id 01900000-0000-7000-8000-000000000020 \
                            --letter 01900000-0000-8000-8000-000000000021")]
    Replay {
        /// Which mailing
        #[arg(long)]
        id: MailingId,
        /// Only this letter; may be said again [default: all that were given up]
        #[arg(long, value_name = "ID")]
        letter: Vec<LetterId>,
    },
}

impl Mail {
    pub(super) fn run(self) -> Outcome<()> {
        let settings = self.common.settings(Layer::default())?;
        let (mut conn, _) = open_to_change(&settings)?;
        match self.command {
            MailCommand::List { failing, json } => {
                if is_held_back(&mut conn)? {
                    eprintln!(
                        "relief: webhooks and mail are held back since a backup was restored: relief webhook resume"
                    );
                }
                list_mailings(&mut conn, failing, json)
            }
            MailCommand::Letters { id, all, json } => {
                check_known(&mut conn, id)?;
                list(&mut conn, outlet_of(id), all, json)
            }
            MailCommand::Replay { id, letter } => {
                check_known(&mut conn, id)?;
                let count = replay(&mut conn, &settings.database_url, (outlet_of(id), MAILING), letter)?;
                say(format!("{count} letters are sent again."))
            }
        }
    }
}

fn check_known(conn: &mut Conn, id: MailingId) -> Outcome<()> {
    match mailing_any(conn, id) {
        Err(problem) if problem.code == Code::NotFound => {
            let words = format!("There is no mailing {id}, or it has ended; see relief mail list.");
            Err(Problem::field("/id", words))
        }
        found => found.map(|_| ()),
    }
}

fn list_mailings(conn: &mut Conn, is_failing_only: bool, as_json: bool) -> Outcome<()> {
    let page = usize::try_from(PAGE_LIMIT_MAXIMUM).unwrap_or(usize::MAX);
    let mut after = None;
    loop {
        let found = mailing_every(conn, after, PAGE_LIMIT_MAXIMUM + 1)?;
        let is_last = found.len() <= page;
        for one in found.into_iter().take(page) {
            after = Some(one.mailing.id);
            if is_failing_only && !one.is_failing() {
                continue;
            }
            if as_json { line(&one)? } else { say(words(&one))? }
        }
        if is_last {
            return Ok(());
        }
    }
}

fn words(one: &MailingStanding) -> String {
    let mailing = &one.mailing;
    let whose = match (&one.tracking_code, one.user) {
        (Some(code), _) => format!("of {code}"),
        (None, Some(user)) => format!("of user {user}"),
        (None, None) => "of nobody".to_owned(),
    };
    let state = match (mailing.confirmed_at, &one.error) {
        (_, Some(error)) => format!("failed {} times: {error}", one.failures),
        (None, None) => "not confirmed".to_owned(),
        (Some(_), None) => "well".to_owned(),
    };
    let (id, about) = (mailing.id, mailing.about.word());
    let (waiting, given_up) = (mailing.letters_waiting, mailing.letters_given_up);
    format!("{id}  {about} {whose}, {waiting} waiting, {given_up} given up, {state}")
}
