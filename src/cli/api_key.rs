//! `relief api-key`: keys of machines, by whoever can open the database.

use super::print::say;
use super::user::{moment, operator, record, role};
use super::{Common, open_to_change};
use crate::app::Layer;
use crate::atlas::CountryCode;
use crate::auth::{Role, open_user};
use crate::core::id::{ApiKeyId, OrganizationId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::users::api_key::{ApiKeyNew, ApiKeyView, checked};
use crate::users::api_key_store::{self, ApiKeyRevoke};
use crate::vault::Vault;
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
        let settings = self.common.settings(Layer::default())?;
        let (mut conn, vault) = open_to_change(&settings)?;
        let url = settings.database_url;
        match self.command {
            ApiKeyCommand::Make { name, role, organization, country, until } => {
                let new = ApiKeyNew {
                    name,
                    role,
                    organization_id: organization,
                    countries: country,
                    good_until: until,
                };
                let name = new.name.trim().to_owned();
                let (make, secret) = checked(&mut conn, &vault, operator(), new)?;
                record(&url, make)?;
                eprintln!("Give this to {name}: it is shown this once, and good until {until}.");
                say(secret.text())
            }
            ApiKeyCommand::List { json } => list(&mut conn, &vault, json),
            ApiKeyCommand::Show { prefix, json } => {
                let id = found(&mut conn, &prefix)?;
                print(&ApiKeyView::open(&vault, api_key_store::api_key(&mut conn, id)?)?, json)
            }
            ApiKeyCommand::Revoke { prefix } => {
                let id = found(&mut conn, &prefix)?;
                let (key, machine) = record(&url, ApiKeyRevoke { actor: operator(), id })?;
                let name = open_user(&vault, &machine)?.shown(|words| &words.name);
                say(format!("{} of {name} is revoked.", key.prefix))
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

fn list(conn: &mut Conn, vault: &Vault, as_json: bool) -> Outcome<()> {
    let page = usize::try_from(PAGE_LIMIT_MAXIMUM).unwrap_or(usize::MAX);
    let mut after = None;
    loop {
        let keys = api_key_store::list(conn, &Paging { after, limit: PAGE_LIMIT_MAXIMUM })?;
        let is_last = keys.len() <= page;
        for known in keys.into_iter().take(page) {
            after = Some(known.key.id);
            print(&ApiKeyView::open(vault, known)?, as_json)?;
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
