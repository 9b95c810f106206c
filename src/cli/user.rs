//! `relief user`: whoever can open the database may keep its users, as when no administrator can log in.

use super::Common;
use super::print::say;
use crate::app::Layer;
use crate::atlas::CountryCode;
use crate::auth::{self, Passwords, Role, check_password, find_by_login, normal_login};
use crate::core::id::{OrganizationId, UserId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, connect, migrate};
use crate::users::rules::{check_bounds, check_login, check_name};
use crate::users::store::{self, Changes, NewUser, UserAdd, UserChange};
use crate::web::Paging;
use crate::writer::{Actor, Update, Writer, WriterSettings};
use clap::{Args, Subcommand};
use std::io::{BufRead, IsTerminal};
use uuid::Uuid;

/// Adds, lists and disables users and sets passwords
#[derive(Args)]
#[command(after_help = "Examples:\n  relief user add --login amina --name 'Amina Jallow' --role officer\n  \
                        echo \"$SECRET\" | relief user password --login amina\n  relief user list --json\n  \
                        relief user disable --login amina\n\n\
                        Passwords are read from standard input; a running server sees changes within a second.")]
pub(super) struct User {
    #[command(subcommand)]
    command: UserCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Adds a user; the password is the first line of standard input
    #[command(after_help = "Examples:\n  \
                            echo \"$SECRET\" | relief user add --login amina --name 'Amina Jallow' --role officer\n  \
                            echo \"$SECRET\" | relief user add --login li --name 'Li Na' --role donor --organization \
                            01900000-0000-7000-8000-000000000005")]
    Add {
        /// What is typed to log in
        #[arg(long)]
        login: String,
        /// The person's name
        #[arg(long)]
        name: String,
        /// officer, donor, auditor, manager or admin
        #[arg(long, value_parser = role)]
        role: Role,
        /// The organization the user acts for; donors need one
        #[arg(long, value_name = "ID")]
        organization: Option<OrganizationId>,
        /// The country the user is bound to, such as GM
        #[arg(long, value_name = "CODE")]
        country: Option<CountryCode>,
    },
    /// Lists users
    #[command(after_help = "Examples:\n  relief user list\n  relief user list --json")]
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Lets a user log in no more, or again
    #[command(
        after_help = "Examples:\n  relief user disable --login amina\n  relief user disable --login amina --undo"
    )]
    Disable {
        /// Whom
        #[arg(long)]
        login: String,
        /// Lets the user log in again
        #[arg(long)]
        undo: bool,
    },
    /// Sets a password, the first line of standard input
    #[command(after_help = "Example:\n  echo \"$SECRET\" | relief user password --login amina")]
    Password {
        /// Whose
        #[arg(long)]
        login: String,
    },
}

fn role(word: &str) -> Result<Role, String> {
    Role::from_word(word).ok_or_else(|| {
        let words: Vec<&str> = Role::ALL.into_iter().map(Role::word).collect();
        format!("{word:?} is not a role; write one of {}", words.join(", "))
    })
}

/// Whoever runs commands on the server's machine, in the words of the log.
fn operator() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: auth::OPERATOR.to_owned(), scope: "command-line".to_owned() }
}

impl User {
    pub(super) fn run(self) -> Outcome<()> {
        let url = self.common.settings(Layer::default())?.database_url;
        let mut conn = connect(&url)?;
        migrate(&mut conn)?;
        match self.command {
            UserCommand::Add { login, name, role, organization, country } => {
                let login = normal_login(&login);
                check_login(&login)?;
                check_name(&name)?;
                let country = country.map(|country| country.as_str().to_owned());
                check_bounds(role, organization, country.as_deref())?;
                store::check_references(&mut conn, Some(&login), organization)?;
                let password_hash = Passwords::hash_blocking(&read_password()?)?;
                let id = UserId(Uuid::now_v7());
                let name = name.trim().to_owned();
                let user = NewUser { id, login, name, password_hash, role, organization, country };
                let user = record(&url, UserAdd { actor: operator(), user })?;
                say(format!("{} was added as {} with the id {}.", user.login, user.role, user.id))
            }
            UserCommand::List { json } => list(&mut conn, json),
            UserCommand::Disable { login, undo } => {
                let changes = Changes { disabled: Some(!undo), ..Changes::default() };
                let user = change(&url, &mut conn, &login, changes)?;
                say(format!("{} may {}log in.", user.login, if user.disabled { "not " } else { "" }))
            }
            UserCommand::Password { login } => {
                let password_hash = Some(Passwords::hash_blocking(&read_password()?)?);
                let user = change(&url, &mut conn, &login, Changes { password_hash, ..Changes::default() })?;
                say(format!("The password of {} was set.", user.login))
            }
        }
    }
}

fn change(url: &str, conn: &mut Conn, login: &str, changes: Changes) -> Outcome<auth::User> {
    let user = find_by_login(conn, &normal_login(login))?.ok_or_else(|| {
        Problem::field("/login", format!("There is no user {login:?}; see relief user list."))
    })?;
    record(url, UserChange { actor: operator(), id: user.id, read: None, changes })
}

fn record<U: Update>(url: &str, update: U) -> Outcome<U::Answer> {
    let writer = Writer::start(WriterSettings {
        url: url.to_owned(),
        wake: None,
        one_by_one: false,
        source: crate::writer::Source::Machine,
    })?;
    let recorded = writer.record_blocking(update);
    writer.stop();
    recorded.map(|recorded| recorded.answer)
}

fn list(conn: &mut Conn, as_json: bool) -> Outcome<()> {
    let mut after = None;
    loop {
        let users = store::list(conn, &Paging { after, limit: PAGE_LIMIT_MAXIMUM })?;
        let is_last = users.len() <= usize::try_from(PAGE_LIMIT_MAXIMUM).unwrap_or(usize::MAX);
        for user in users.iter().take(usize::try_from(PAGE_LIMIT_MAXIMUM).unwrap_or(usize::MAX)) {
            after = Some(user.id);
            if as_json {
                let line = serde_json::json!({
                    "id": user.id, "login": user.login, "name": user.name, "role": user.role,
                    "disabled": user.disabled,
                });
                say(line)?;
            } else {
                let state = if user.disabled { "disabled" } else { "" };
                say(format!("{:<24} {:<8} {:<32} {state}", user.login, user.role, user.name))?;
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// The first line of standard input. It is not asked for twice: a script has one, and a person sees it.
fn read_password() -> Outcome<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprintln!("Type the password (it is shown) and press Enter:");
    }
    let mut line = String::new();
    input
        .lock()
        .read_line(&mut line)
        .map_err(|error| Problem::internal(format!("standard input: {error}")))?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    check_password("/password", &password)?;
    Ok(password)
}
