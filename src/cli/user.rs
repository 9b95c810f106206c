//! `relief user`: whoever can open the database may keep its users, as when no administrator can log in.

use super::Common;
use super::print::say;
use crate::app::Layer;
use crate::atlas::CountryCode;
use crate::auth::{self, NO_PASSWORD, Passwords, Role, find_by_login, normal_login};
use crate::core::id::{OrganizationId, UserId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::{Conn, connect, migrate};
use crate::users::access;
use crate::users::invitation_store::{
    Invitation, InvitationKind, InvitationMake, InvitationToken, NewInvitation, UserInvite,
};
use crate::users::rules::{check_bounds, check_login, check_name, check_password_for};
use crate::users::store::{self, Changes, NewUser, UserAdd, UserChange};
use crate::web::Paging;
use crate::writer::{Actor, Update, Writer, WriterSettings};
use clap::{Args, Subcommand};
use std::io::{BufRead, IsTerminal};
use uuid::Uuid;

/// Adds, invites, lists and disables users, sets passwords, and prints who may do what
#[derive(Args)]
#[command(after_help = "Examples:\n  relief user add --login amina --name 'Amina Jallow' --role officer\n  \
                        echo \"$SECRET\" | relief user password --login amina\n  relief user list --json\n  \
                        relief user disable --login amina\n  relief user reset --login amina\n  relief user review --csv\n\n\
                        Passwords are read from standard input; a running server sees changes within a second.")]
pub(super) struct User {
    #[command(subcommand)]
    command: UserCommand,
    #[command(flatten)]
    common: Common,
}

/// Who is added.
#[derive(Args)]
struct Person {
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
    /// The countries the user is bound to, such as GM,SN; with an organization too, to what is within both
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    country: Vec<CountryCode>,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Adds a user; the password is the first line of standard input
    #[command(after_help = "Examples:\n  \
                            echo \"$SECRET\" | relief user add --login amina --name 'Amina Jallow' --role officer\n  \
                            echo \"$SECRET\" | relief user add --login li --name 'Li Na' --role donor --organization \
                            01900000-0000-7000-8000-000000000005")]
    Add {
        #[command(flatten)]
        person: Person,
    },
    /// Adds a user and prints a one-time token with which the person sets a password
    #[command(
        after_help = "Examples:\n  relief user invite --login amina --name 'Amina Jallow' --role officer\n  \
                            relief user invite --login li --name 'Li Na' --role donor --organization \
                            01900000-0000-7000-8000-000000000005\n\n\
                            The token is good for seven days and once, at POST /api/v1/auth/invitations/accept."
    )]
    Invite {
        #[command(flatten)]
        person: Person,
    },
    /// Prints a one-time token with which a user sets another password
    #[command(after_help = "Example:\n  relief user reset --login amina\n\n\
                            The token is good for a day and once; the present password is good until then.")]
    Reset {
        /// Whose
        #[arg(long)]
        login: String,
    },
    /// Prints who may do what, or could at some moment, and who decided it
    #[command(after_help = "Examples:\n  relief user review\n  relief user review --csv > review.csv\n  \
                            relief user review --json --at 2026-06-30T23:59:59Z")]
    Review {
        /// The moment to look at [default: now]
        #[arg(long, value_name = "TIME", value_parser = moment)]
        at: Option<Timestamp>,
        /// A table for spreadsheets
        #[arg(long, conflicts_with = "json")]
        csv: bool,
        /// One JSON object
        #[arg(long)]
        json: bool,
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

pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| {
        format!("{text:?} is not a time; write RFC 3339 such as 2026-06-30T23:59:59Z, or a date such as 2026-06-30")
    })
}

pub(super) fn role(word: &str) -> Result<Role, String> {
    Role::from_word(word).ok_or_else(|| {
        let words: Vec<&str> = Role::ALL.into_iter().map(Role::word).collect();
        format!("{word:?} is not a role; write one of {}", words.join(", "))
    })
}

/// Whoever runs commands on the server's machine, in the words of the log.
pub(super) fn operator() -> Actor {
    Actor { user: UserId(Uuid::nil()), role: auth::OPERATOR.to_owned(), scope: "command-line".to_owned() }
}

impl User {
    pub(super) fn run(self) -> Outcome<()> {
        let url = self.common.settings(Layer::default())?.database_url;
        let mut conn = connect(&url)?;
        migrate(&mut conn)?;
        match self.command {
            UserCommand::Add { person } => {
                let user = person.checked(&mut conn)?;
                let password_hash = Passwords::hash_blocking(&read_password(&user.login, &user.name)?)?;
                let user = NewUser { password_hash, ..user };
                let user = record(&url, UserAdd { actor: operator(), user })?;
                say(format!("{} was added as {} with the id {}.", user.login, user.role, user.id))
            }
            UserCommand::Invite { person } => {
                let user = person.checked(&mut conn)?;
                let token = InvitationToken::draw()?;
                let invitation = NewInvitation::of(&token, InvitationKind::Invitation);
                let add = UserAdd { actor: operator(), user };
                let (user, made) = record(&url, UserInvite { add, invitation })?;
                say(format!("{} was added as {} with the id {}.", user.login, user.role, user.id))?;
                hand_over(&token, &made)
            }
            UserCommand::Reset { login } => {
                let user = found(&mut conn, &login)?.id;
                let token = InvitationToken::draw()?;
                let invitation = NewInvitation::of(&token, InvitationKind::Reset);
                let made = record(&url, InvitationMake { actor: operator(), user, invitation })?;
                hand_over(&token, &made)
            }
            UserCommand::Review { at, csv, json } => review(&mut conn, at, csv, json),
            UserCommand::List { json } => list(&mut conn, json),
            UserCommand::Disable { login, undo } => {
                let changes = Changes { disabled: Some(!undo), ..Changes::default() };
                let user = change(&url, &mut conn, &login, changes)?;
                say(format!("{} may {}log in.", user.login, if user.disabled { "not " } else { "" }))
            }
            UserCommand::Password { login } => {
                let name = found(&mut conn, &login)?.name;
                let password_hash = Some(Passwords::hash_blocking(&read_password(&login, &name)?)?);
                let user = change(&url, &mut conn, &login, Changes { password_hash, ..Changes::default() })?;
                say(format!("The password of {} was set.", user.login))
            }
        }
    }
}

fn change(url: &str, conn: &mut Conn, login: &str, changes: Changes) -> Outcome<auth::User> {
    let user = found(conn, login)?;
    record(url, UserChange { actor: operator(), id: user.id, read: None, changes })
        .map(|changed| changed.user)
}

impl Person {
    /// Checks who is to be added; there is no password yet.
    fn checked(self, conn: &mut Conn) -> Outcome<NewUser> {
        let login = normal_login(&self.login);
        check_login(&login)?;
        check_name(&self.name)?;
        check_bounds(self.role, self.organization)?;
        store::check_references(conn, Some(&login), self.organization)?;
        Ok(NewUser {
            id: UserId(Uuid::now_v7()),
            login,
            name: self.name.trim().to_owned(),
            password_hash: NO_PASSWORD.to_owned(),
            role: self.role,
            organization: self.organization,
            countries: self.country.iter().map(|country| country.as_str().to_owned()).collect(),
        })
    }
}

/// Prints a token, which is kept nowhere.
fn hand_over(token: &InvitationToken, made: &Invitation) -> Outcome<()> {
    say(format!(
        "{}\nHand this over: whoever has it sets the password, once, until {}.",
        token.text(),
        made.good_until
    ))
}

fn review(conn: &mut Conn, at: Option<Timestamp>, csv: bool, json: bool) -> Outcome<()> {
    let review = access::review(conn, at.unwrap_or_else(auth::now))?;
    if csv {
        return say(access::csv_of(&review)?.trim_end());
    }
    if json {
        return say(serde_json::to_value(&review).map_err(|error| Problem::internal(error.to_string()))?);
    }
    for row in &review.items {
        let state = if row.disabled { "disabled" } else { "" };
        let organization = row.organization_id.map(|id| id.to_string());
        let bound = organization.into_iter().chain(row.countries.clone()).collect::<Vec<_>>().join(" ");
        let by = row.changed_by_login.as_deref().unwrap_or(&row.changed_as);
        let (login, role) = (&row.login, &row.role);
        say(format!("{login:<24} {role:<8} {bound:<36} since {} by {by} {state}", row.since))?;
    }
    Ok(())
}

fn found(conn: &mut Conn, login: &str) -> Outcome<auth::User> {
    find_by_login(conn, &normal_login(login))?
        .ok_or_else(|| Problem::field("/login", format!("There is no user {login:?}; see relief user list.")))
}

pub(super) fn record<U: Update>(url: &str, update: U) -> Outcome<U::Answer> {
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
fn read_password(login: &str, name: &str) -> Outcome<String> {
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
    check_password_for("/password", &password, login, name)?;
    Ok(password)
}
