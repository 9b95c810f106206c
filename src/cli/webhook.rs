//! `relief webhook`: which systems are told of events, and what they did not take, by whoever can open the database.

use super::letters::{self, line};
use super::print::say;
use super::user::{operator, record};
use super::{Common, open_to_change};
use crate::app::Layer;
use crate::core::id::{LetterId, WebhookId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::outbox::{TellingResumed, go_on, is_held_back};
use crate::webhooks::{WEBHOOK_KIND, WebhookView, outlet_of, webhook_any, webhook_every};
use clap::{Args, Subcommand};

/// Lists webhooks and what they did not take, and has that told again
#[derive(Args)]
#[command(after_help = "Examples:\n  relief webhook list\n  \
                        relief webhook letters --id 01900000-0000-7000-8000-000000000020\n  \
                        relief webhook replay --id 01900000-0000-7000-8000-000000000020\n\n\
                        Users make and remove their webhooks over HTTP. A running server tells again within a second.")]
pub(super) struct Webhook {
    #[command(subcommand)]
    command: WebhookCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum WebhookCommand {
    /// Lists everybody's webhooks, with how far each was told
    #[command(after_help = "Examples:\n  relief webhook list\n  relief webhook list --json")]
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Lists what a webhook did not take and was given up
    #[command(after_help = "Examples:\n  \
                            relief webhook letters --id 01900000-0000-7000-8000-000000000020\n  \
                            relief webhook letters --id 01900000-0000-7000-8000-000000000020 --all --json")]
    Letters {
        /// Which webhook
        #[arg(long)]
        id: WebhookId,
        /// Also what is tried again by itself
        #[arg(long)]
        all: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Has webhooks and mail go on after a backup was restored, which holds them back
    #[command(after_help = "Examples:\n  relief webhook resume\n\n\
                            What was told since the backup is told again, under the same identifiers. Where another copy\n\
                            tells the same receivers still, stop that one first.")]
    Resume,
    /// Has what was given up told again, as if for the first time
    #[command(after_help = "Examples:\n  \
                            relief webhook replay --id 01900000-0000-7000-8000-000000000020\n  \
                            relief webhook replay --id 01900000-0000-7000-8000-000000000020 \
                            --letter 01900000-0000-8000-8000-000000000021")]
    Replay {
        /// Which webhook
        #[arg(long)]
        id: WebhookId,
        /// Only this letter; may be said again [default: all that were given up]
        #[arg(long, value_name = "ID")]
        letter: Vec<LetterId>,
    },
}

impl Webhook {
    pub(super) fn run(self) -> Outcome<()> {
        let settings = self.common.settings(Layer::default())?;
        let (mut conn, _) = open_to_change(&settings)?;
        match self.command {
            WebhookCommand::List { json } => {
                if is_held_back(&mut conn)? {
                    eprintln!(
                        "relief: webhooks and mail are held back since a backup was restored: relief webhook resume"
                    );
                }
                list(&mut conn, json)
            }
            WebhookCommand::Resume => {
                if !is_held_back(&mut conn)? {
                    return say("Nothing is held back.");
                }
                record(&settings.database_url, TellingResumed::new(operator()))?;
                go_on(&mut conn)?;
                say("Webhooks and mail go on.")
            }
            WebhookCommand::Letters { id, all, json } => {
                known(&mut conn, id)?;
                letters::list(&mut conn, outlet_of(id), all, json)
            }
            WebhookCommand::Replay { id, letter } => {
                known(&mut conn, id)?;
                let told = (outlet_of(id), WEBHOOK_KIND);
                let count = letters::replay(&mut conn, &settings.database_url, told, letter)?;
                say(format!("{count} letters are told again."))
            }
        }
    }
}

fn known(conn: &mut Conn, id: WebhookId) -> Outcome<WebhookView> {
    match webhook_any(conn, id) {
        Err(problem) if problem.code == Code::NotFound => {
            Err(Problem::field("/id", format!("There is no webhook {id}; see relief webhook list.")))
        }
        found => found,
    }
}

fn list(conn: &mut Conn, as_json: bool) -> Outcome<()> {
    let page = usize::try_from(PAGE_LIMIT_MAXIMUM).unwrap_or(usize::MAX);
    let mut after = None;
    loop {
        let found = webhook_every(conn, after, PAGE_LIMIT_MAXIMUM + 1)?;
        let is_last = found.len() <= page;
        for one in found.into_iter().take(page) {
            after = Some(one.id);
            if as_json { line(&one)? } else { say(words(&one))? }
        }
        if is_last {
            return Ok(());
        }
    }
}

fn words(one: &WebhookView) -> String {
    let state = match (one.paused, &one.error) {
        (true, _) => "paused".to_owned(),
        (false, None) => "well".to_owned(),
        (false, Some(error)) => format!("failed {} times: {error}", one.failures),
    };
    let (waiting, given_up) = (one.letters_waiting, one.letters_given_up);
    let through = one.told_through;
    format!(
        "{}  {}  told up to entry {through}, {waiting} waiting, {given_up} given up, {state}",
        one.id, one.url
    )
}
