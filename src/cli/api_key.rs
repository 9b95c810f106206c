//! `relief api-key`: keys of machines, by whoever can open the database.

use super::Common;
use super::print::say;
use super::user::{moment, operator, record, role};
use crate::app::Layer;
use crate::atlas::CountryCode;
use crate::auth::Role;
use crate::core::id::{ApiKeyId, OrganizationId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Conn, connect, migrate};
use crate::users::api_key::{ApiKeyNew, ApiKeyView, checked};
use crate::users::api_key_store::{self, ApiKeyRevoke};
use crate::web::Paging;
use clap::{Args, Subcommand};

/// Makes, lists, shows and revokes the keys with which machines call
#[derive(Args)]
#[command(after_help = "Examples:\n  \
                        relief api-key make --name 'Scale' --role officer --country GM --until 2026-12-31\n  \
                        relief api-key list\n  relief api-key show --prefix k3m9x2pw\n  \
                        relief api-key revoke --prefix k3m9x2pw\n\n\
                        A running server sees a change within a second.")]
pub(super) struct ApiKey {
    #[command(subcommand)]
    command: ApiKeyCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum ApiKeyCommand {
    /// Makes a key and prints it, this once
    #[command(after_help = "Examples:\n  \
                            relief api-key make --name 'Scale' --role officer --country GM --until 2026-12-31\n  \
                            relief api-key make --name Totals --role auditor --until 2026-12-31 > totals.key")]
    Make {
        /// The name of a machine or program, never of a person
        #[arg(long)]
        name: String,
        /// officer, donor or auditor
        #[arg(long, value_parser = role)]
        role: Role,
        /// The organization the machine acts for; donors need one
        #[arg(long, value_name = "ID")]
        organization: Option<OrganizationId>,
        /// A country the machine is bound to, such as GM; may be said again
        #[arg(long, value_name = "CODE")]
        country: Vec<CountryCode>,
        /// Until when it may be used: within a year
        #[arg(long, value_name = "TIME", value_parser = moment)]
        until: Timestamp,
    },
    /// Lists keys, revoked and expired ones too
    #[command(after_help = "Examples:\n  relief api-key list\n  relief api-key list --json")]
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Shows a key, without its secret
    #[command(after_help = "Examples:\n  relief api-key show --prefix k3m9x2pw\n  \
                            relief api-key show --prefix k3m9x2pw --json")]
    Show {
        /// Which: what stands between relief_key_ and the secret
        #[arg(long)]
        prefix: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Revokes a key, for good
    #[command(after_help = "Example:\n  relief api-key revoke --prefix k3m9x2pw")]
    Revoke {
        /// Which: what stands between relief_key_ and the secret
        #[arg(long)]
        prefix: String,
    },
}

impl ApiKey {
    pub(super) fn run(self) -> Outcome<()> {
        let url = self.common.settings(Layer::default())?.database_url;
        let mut conn = connect(&url)?;
        migrate(&mut conn)?;
        match self.command {
            ApiKeyCommand::Make { name, role, organization, country, until } => {
                let new = ApiKeyNew {
                    name,
                    role,
                    organization_id: organization,
                    countries: country,
                    good_until: until,
                };
                let (make, secret) = checked(&mut conn, operator(), new)?;
                let made = record(&url, make)?;
                eprintln!(
                    "Give this to {}: it is shown this once, and good until {until}.",
                    made.machine.name
                );
                say(secret.text())
            }
            ApiKeyCommand::List { json } => list(&mut conn, json),
            ApiKeyCommand::Show { prefix, json } => {
                let id = found(&mut conn, &prefix)?;
                print(&api_key_store::api_key(&mut conn, id)?.into(), json)
            }
            ApiKeyCommand::Revoke { prefix } => {
                let id = found(&mut conn, &prefix)?;
                let (key, machine) = record(&url, ApiKeyRevoke { actor: operator(), id })?;
                say(format!("{} of {} is revoked.", key.prefix, machine.name))
            }
        }
    }
}

fn found(conn: &mut Conn, prefix: &str) -> Outcome<ApiKeyId> {
    match api_key_store::by_prefix(conn, prefix) {
        Ok(key) => Ok(key.id),
        Err(problem) if problem.code == Code::NotFound => {
            let words = format!("There is no key {prefix:?}; see relief api-key list.");
            Err(Problem::field("/prefix", words))
        }
        Err(problem) => Err(problem),
    }
}

fn list(conn: &mut Conn, as_json: bool) -> Outcome<()> {
    let page = usize::try_from(PAGE_LIMIT_MAXIMUM).unwrap_or(usize::MAX);
    let mut after = None;
    loop {
        let keys = api_key_store::list(conn, &Paging { after, limit: PAGE_LIMIT_MAXIMUM })?;
        let is_last = keys.len() <= page;
        for known in keys.into_iter().take(page) {
            after = Some(known.key.id);
            print(&known.into(), as_json)?;
        }
        if is_last {
            return Ok(());
        }
    }
}

fn print(key: &ApiKeyView, as_json: bool) -> Outcome<()> {
    if as_json {
        return say(serde_json::to_value(key).map_err(|error| Problem::internal(error.to_string()))?);
    }
    let time = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let state = match key.revoked_at {
        Some(at) => format!("revoked {at}"),
        None => format!("good until {}", key.good_until),
    };
    let used = time(key.last_used_at);
    say(format!("{}  {:<8} {:<32} {state}, last used {used}", key.prefix, key.role, key.name))
}
