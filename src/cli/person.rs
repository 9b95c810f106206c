//! `relief person`: whoever runs the server can list people, erase them, and erase those whose time is over.

use super::print::say;
use super::{Common, open_to_read, with_writer};
use crate::app::{Layer, Settings};
use crate::auth::{self, OPERATOR, Scope};
use crate::core::id::{OrganizationId, PersonId, UserId};
use crate::core::page::PAGE_LIMIT_MAXIMUM;
use crate::core::problem::{Outcome, Problem};
use crate::documents::expire::expire as expire_attachments;
use crate::people::expire::expire;
use crate::people::http::PersonView;
use crate::people::sealed::destroy;
use crate::people::store::{ErasureReason, PersonErase, PersonFilter, find_person, list_people};
use crate::users::erase::destroy_left_keys;
use crate::vault::Vault;
use crate::writer::Actor;
use clap::{Args, Subcommand};
use uuid::Uuid;

/// Lists, shows and erases people, and erases those whose time is over
#[derive(Args)]
#[command(
    after_help = "Examples:\n  relief person list\n  relief person show 01900000-0000-7000-8000-000000000031\n  \
                        relief person erase 01900000-0000-7000-8000-000000000031 --reason requested\n  \
                        relief person expire\n\n\
                        Names are printed to whoever runs the command; nothing of them is logged."
)]
pub(super) struct Person {
    #[command(subcommand)]
    command: PersonCommand,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum PersonCommand {
    /// Lists people
    #[command(after_help = "Examples:\n  relief person list\n  relief person list --json\n  \
                            relief person list --organization 01900000-0000-7000-8000-000000000005")]
    List {
        /// Only of this organization
        #[arg(long, value_name = "ID")]
        organization: Option<OrganizationId>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Shows one person
    #[command(after_help = "Example:\n  relief person show 01900000-0000-7000-8000-000000000031 --json")]
    Show {
        /// Whom
        #[arg(value_name = "ID")]
        id: PersonId,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Erases one person for good; done twice it is the same
    #[command(
        after_help = "Examples:\n  relief person erase 01900000-0000-7000-8000-000000000031 --reason requested\n  \
                            relief person erase 01900000-0000-7000-8000-000000000031 --reason mistaken\n\n\
                            Erase the person once more after restoring a backup of the key folder from before."
    )]
    Erase {
        /// Whom
        #[arg(value_name = "ID")]
        id: PersonId,
        /// requested, mistaken or not_needed
        #[arg(long, value_parser = reason)]
        reason: ErasureReason,
    },
    /// Erases everybody, and all photos and scans, whose time is over, as a server does once a day
    #[command(after_help = "Example:\n  relief person expire\n\n\
                            It also destroys keys of what was erased before, as after restoring a backup.")]
    Expire,
}

fn reason(word: &str) -> Result<ErasureReason, String> {
    ErasureReason::from_word(word)
        .filter(|reason| *reason != ErasureReason::Expired)
        .ok_or_else(|| format!("{word:?} is no reason; write requested, mistaken or not_needed"))
}

impl Person {
    pub(super) fn run(self) -> Outcome<()> {
        let settings = self.common.settings(Layer::default())?;
        match self.command {
            PersonCommand::List { organization, json } => list(&settings, organization, json),
            PersonCommand::Show { id, json } => show(&settings, id, json),
            PersonCommand::Erase { id, reason } => erase(&settings, id, reason),
            PersonCommand::Expire => {
                let database = open_to_read(&settings.database_url)?;
                let vault = Vault::open_or_create(&settings.keys)?;
                let (people, photos) = with_writer(&settings.database_url, |writer| {
                    let people = expire(&database, writer, &vault, auth::now())?;
                    let parts = (&database, writer, &vault);
                    Ok((people, expire_attachments(parts, settings.person_retention_days, auth::now())?))
                })?;
                let keys = people.keys + photos.keys + destroy_left_keys(&database, &vault)?;
                say(format!(
                    "{} people and {} photos and scans were erased, {keys} left keys destroyed.",
                    people.erased, photos.erased
                ))
            }
        }
    }
}

fn line(view: &PersonView, as_json: bool) -> Outcome<()> {
    if as_json {
        return say(serde_json::to_value(view).map_err(|error| Problem::internal(error.to_string()))?);
    }
    let title = view.title.as_deref().unwrap_or_default();
    say(format!(
        "{}  {:<10} {:<32} {title:<24} until {}",
        view.id, view.kind, view.shown_as, view.retain_until
    ))
}

fn list(settings: &Settings, organization: Option<OrganizationId>, as_json: bool) -> Outcome<()> {
    let database = open_to_read(&settings.database_url)?;
    let vault = Vault::open_or_create(&settings.keys)?;
    let filter = PersonFilter { organization, ..PersonFilter::default() };
    let mut after = None;
    loop {
        let page = database
            .read(|conn| list_people(conn, &Scope::everything(), &filter, (after, PAGE_LIMIT_MAXIMUM)))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        for person in &page {
            line(&PersonView::open(&vault, person)?, as_json)?;
        }
    }
}

fn show(settings: &Settings, id: PersonId, as_json: bool) -> Outcome<()> {
    let database = open_to_read(&settings.database_url)?;
    let person =
        database.read(|conn| find_person(conn, &Scope::everything(), id))?.ok_or_else(|| nobody(id))?;
    let view = PersonView::open(&Vault::open_or_create(&settings.keys)?, &person)?;
    if as_json {
        return line(&view, true);
    }
    let none = String::new();
    say(format!(
        "{}\nkind          {}\norganization  {}\nname          {}\ntitle         {}\ncontact       {}\n\
         signature     {}\nkept until    {}",
        view.id,
        view.kind,
        view.organization_id,
        view.shown_as,
        view.title.as_ref().unwrap_or(&none),
        view.contact.as_ref().unwrap_or(&none),
        if view.has_signature { "yes" } else { "no" },
        view.retain_until
    ))
}

fn erase(settings: &Settings, id: PersonId, reason: ErasureReason) -> Outcome<()> {
    let database = open_to_read(&settings.database_url)?;
    let vault = Vault::open_or_create(&settings.keys)?;
    database.read(|conn| find_person(conn, &Scope::everything(), id))?.ok_or_else(|| nobody(id))?;
    let actor =
        Actor { user: UserId(Uuid::nil()), role: OPERATOR.to_owned(), scope: "command-line".to_owned() };
    let erase = PersonErase { actor, id, reason };
    let recorded = with_writer(&settings.database_url, |writer| writer.record_blocking(erase))?;
    let had_key = destroy(&vault, &database, &[id])? > 0;
    let at = recorded.answer.erased_at.map(|at| at.to_string()).unwrap_or_default();
    say(match (recorded.leaf.is_some(), had_key) {
        (true, _) => format!("{id} was erased."),
        (false, true) => {
            format!("{id} was erased at {at} already; a key that was still there is destroyed now.")
        }
        (false, false) => format!("{id} was erased at {at} already."),
    })
}

fn nobody(id: PersonId) -> Problem {
    Problem::field("/id", format!("There is no person {id}; see relief person list."))
}
