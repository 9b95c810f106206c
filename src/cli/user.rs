//! `relief user`: whoever can open the database may keep its users, as when no administrator can log in.

use super::print::say;
use super::{Common, open_to_change, with_writer};
use crate::app::Layer;
use crate::atlas::CountryCode;
use crate::auth::{
    self, NO_PASSWORD, Passwords, Role, destroy_user_key, find_by_login, normal_login, open_kept_user,
    open_user, seal_password,
};
use crate::core::id::{OrganizationId, UserId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::Conn;
use crate::users::access;
use crate::users::erase::{UserErase, UserErasureReason};
use crate::users::invitation_store::{
    Invitation, InvitationKind, InvitationToken, NewInvitation, UserInvite,
};
use crate::users::reset::InvitationMake;
use crate::users::rules::{check_bounds, check_login, check_name, check_password_for};
use crate::users::store::{self, Changes, NewUser, UserAdd, UserChange};
use crate::vault::Vault;
use crate::web::Paging;
use crate::writer::{Actor, Update};
use clap::{Args, Subcommand};
use std::io::{BufRead, IsTerminal};
use uuid::Uuid;

/// Adds, invites, lists, disables and erases users, sets passwords, and prints who may do what
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
    /// Erases a user who left for good: login, name and password; done twice it is the same
    #[command(after_help = "Examples:\n  relief user erase --login amina --reason requested\n  \
                            relief user erase --id 01900000-0000-7000-8000-000000000001 --reason not_needed\n\n\
                            Disable the user first. Erase once more, by id, after restoring a backup of the key \
                            folder from before.")]
    Erase {
        /// Whom
        #[arg(long, required_unless_present = "id", conflicts_with = "id")]
        login: Option<String>,
        /// Whom, also where the login is erased already
        #[arg(long, value_name = "ID")]
        id: Option<UserId>,
        /// requested, mistaken or not_needed
        #[arg(long, value_parser = erasure_reason)]
        reason: UserErasureReason,
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

fn erasure_reason(word: &str) -> Result<UserErasureReason, String> {
    UserErasureReason::from_word(word)
        .ok_or_else(|| format!("{word:?} is no reason; write requested, mistaken or not_needed"))
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
        let settings = self.common.settings(Layer::default())?;
        let (mut conn, vault) = open_to_change(&settings)?;
        let url = settings.database_url;
        match self.command {
            UserCommand::Add { person } => {
                let user = person.checked(&mut conn, &vault)?;
                let password_hash = Passwords::hash_blocking(&read_password(&user.login, &user.name)?)?;
                let words = added(&user);
                let user = NewUser { password_hash, ..user }.sealed(&vault)?;
                record(&url, UserAdd { actor: operator(), user })?;
                say(words)
            }
            UserCommand::Invite { person } => {
                let user = person.checked(&mut conn, &vault)?;
                let token = InvitationToken::draw()?;
                let invitation = NewInvitation::of(&token, InvitationKind::Invitation);
                let words = added(&user);
                let add = UserAdd { actor: operator(), user: user.sealed(&vault)? };
                let (_, made) = record(&url, UserInvite { add, invitation })?;
                say(words)?;
                hand_over(&token, &made)
            }
            UserCommand::Reset { login } => {
                let user = found(&mut conn, &vault, &login)?.id;
                let token = InvitationToken::draw()?;
                let invitation = NewInvitation::of(&token, InvitationKind::Reset);
                let made = record(&url, InvitationMake { actor: operator(), user, invitation })?;
                hand_over(&token, &made.invitation)
            }
            UserCommand::Review { at, csv, json } => review(&mut conn, &vault, (at, csv, json)),
            UserCommand::List { json } => list(&mut conn, &vault, json),
            UserCommand::Disable { login, undo } => {
                let changes = Changes { disabled: Some(!undo), ..Changes::default() };
                let user = found(&mut conn, &vault, &login)?;
                let user = change(&url, &user, changes)?;
                say(format!("{} may {}log in.", login.trim(), if user.disabled { "not " } else { "" }))
            }
            UserCommand::Password { login } => {
                let user = found(&mut conn, &vault, &login)?;
                let words = open_kept_user(&vault, &user)?;
                let hash = Passwords::hash_blocking(&read_password(&words.login, &words.name)?)?;
                let password = seal_password(&vault, user.id, &hash)?;
                change(&url, &user, Changes { password, ..Changes::default() })?;
                say(format!("The password of {} was set.", words.login))
            }
            UserCommand::Erase { login, id, reason } => {
                let id = match (id, login) {
                    (Some(id), _) => id,
                    (None, login) => found(&mut conn, &vault, &login.unwrap_or_default())?.id,
                };
                erase(&url, &vault, id, reason)
            }
        }
    }
}

fn erase(url: &str, vault: &Vault, id: UserId, reason: UserErasureReason) -> Outcome<()> {
    let erase = UserErase { actor: operator(), id, reason };
    let recorded = with_writer(url, |writer| writer.record_blocking(erase))?;
    let had_key = destroy_user_key(vault, id)?;
    let at = recorded.answer.erased_at.map(|at| at.to_string()).unwrap_or_default();
    say(match (recorded.leaf.is_some(), had_key) {
        (true, _) => format!("{id} was erased."),
        (false, true) => {
            format!("{id} was erased at {at} already; a key that was still there is destroyed now.")
        }
        (false, false) => format!("{id} was erased at {at} already."),
    })
}

fn added(user: &NewUser) -> String {
    format!("{} was added as {} with the id {}.", user.login, user.role, user.id)
}

fn change(url: &str, user: &auth::User, changes: Changes) -> Outcome<auth::User> {
    record(url, UserChange { actor: operator(), id: user.id, read: None, changes })
        .map(|changed| changed.user)
}

impl Person {
    /// Checks who is to be added; there is no password yet.
    fn checked(self, conn: &mut Conn, vault: &Vault) -> Outcome<NewUser> {
        let login = normal_login(&self.login);
        check_login(&login)?;
        check_name(&self.name)?;
        check_bounds(self.role, self.organization, !self.country.is_empty())?;
        store::check_references(conn, Some((vault, &login)), self.organization)?;
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

fn review(conn: &mut Conn, vault: &Vault, (at, csv, json): (Option<Timestamp>, bool, bool)) -> Outcome<()> {
    let review = access::review(conn, vault, at.unwrap_or_else(auth::now))?;
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

fn found(conn: &mut Conn, vault: &Vault, login: &str) -> Outcome<auth::User> {
    find_by_login(conn, vault, &normal_login(login))?
        .ok_or_else(|| Problem::field("/login", format!("There is no user {login:?}; see relief user list.")))
}

pub(super) fn record<U: Update>(url: &str, update: U) -> Outcome<U::Answer> {
    with_writer(url, |writer| writer.record_blocking(update)).map(|recorded| recorded.answer)
}

fn list(conn: &mut Conn, vault: &Vault, as_json: bool) -> Outcome<()> {
    let mut after = None;
    loop {
        let users = store::list(conn, &Paging { after, limit: PAGE_LIMIT_MAXIMUM })?;
        let is_last = users.len() <= usize::try_from(PAGE_LIMIT_MAXIMUM).unwrap_or(usize::MAX);
        for user in users.iter().take(usize::try_from(PAGE_LIMIT_MAXIMUM).unwrap_or(usize::MAX)) {
            after = Some(user.id);
            let opened = open_user(vault, user)?;
            if as_json {
                let words = opened.words();
                let line = serde_json::json!({
                    "id": user.id, "login": words.map(|words| &words.login), "name": words.map(|words| &words.name),
                    "role": user.role, "disabled": user.disabled, "erased_at": user.erased_at,
                });
                say(line)?;
            } else {
                let (login, name) = (opened.shown(|words| &words.login), opened.shown(|words| &words.name));
                let state = if user.disabled { "disabled" } else { "" };
                say(format!("{}  {login:<24} {:<8} {name:<32} {state}", user.id, user.role))?;
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
