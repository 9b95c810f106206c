//! The table of people: rows, the updates the writer records, and reading within a scope.

use super::rules::{PersonKind, check_retention, retained_until};
use super::sealed::Sealed;
use crate::auth::{Action, Bound, Scope, User, actor_may};
use crate::core::check::id_reused;
use crate::core::id::{OrganizationId, PersonId, UserId};
use crate::core::problem::{Code, Fault, FieldError, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::{organizations, persons, users};
use crate::db::{Conn, read_failure};
use crate::parties::Organization;
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update, record};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

record! {
    /// A person, sealed.
    pub struct Person in persons key id: PersonId, group organization_id: OrganizationId {
        /// Key.
        id: PersonId,
        /// The word of a [`PersonKind`].
        kind: String,
        /// For which organization the person signs, receives or drives.
        organization_id: OrganizationId,
        /// Name, title and contact, sealed; none once erased.
        sealed: Option<Vec<u8>>,
        /// The picture of the signature, sealed.
        signature: Option<Vec<u8>>,
        /// Until when this is kept.
        retain_until: Timestamp,
        /// When it was erased, if it was.
        erased_at: Option<Timestamp>,
        /// Who erased it.
        erased_by: Option<UserId>,
        /// The word of an [`ErasureReason`].
        erased_as: Option<String>,
        /// Counts changes from 1; also the ETag.
        revision: i64,
        /// When it was recorded.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
    }
}

/// Why a person was erased: one of few words, since the log is kept for ever and a sentence could name somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErasureReason {
    /// The person asked for it.
    Requested,
    /// It should not have been recorded.
    Mistaken,
    /// It is needed no more.
    NotNeeded,
    /// The time for which it is kept is over.
    Expired,
}

impl ErasureReason {
    /// The word in the database, the log and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Mistaken => "mistaken",
            Self::NotNeeded => "not_needed",
            Self::Expired => "expired",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Requested, Self::Mistaken, Self::NotNeeded, Self::Expired]
            .into_iter()
            .find(|reason| reason.word() == word)
    }
}

/// Refuses what cannot be done with a person who was erased.
pub fn was_erased(id: PersonId, at: Option<Timestamp>) -> Problem {
    let when = at.map(|at| format!(" at {at}")).unwrap_or_default();
    Problem::new(
        Code::WrongState,
        format!("Person {id} was erased{when}, which cannot be undone. Record a new one under another id."),
    )
}

/// Refuses another time until which something is kept: one that is over, and an earlier one by whoever may not erase. The
/// server erases whatever its time is over for, so that whoever moves it forward erases, only a little later.
///
/// # Errors
/// `invalid` or `forbidden`, at `/retain_until`.
pub fn check_kept_otherwise(
    actor: &Actor,
    erase: Action,
    (before, until): (Timestamp, Timestamp),
    now: Timestamp,
) -> Outcome<()> {
    check_retention(Some(until), now)?;
    if until >= before {
        return Ok(());
    }
    actor_may(actor, erase).map_err(|mut problem| {
        let detail = format!(
            "{until} is earlier than {before}, and what is kept for less long is erased earlier, which is for whoever \
             may erase; write a later time, or leave it out"
        );
        problem.errors.push(FieldError::new("/retain_until", detail).coded(Fault::TooEarly));
        problem
    })
}

/// Records a person.
pub struct PersonCreate {
    /// Who records.
    pub actor: Actor,
    /// Key.
    pub id: PersonId,
    /// Why the person is known.
    pub kind: PersonKind,
    /// For which organization.
    pub organization: OrganizationId,
    /// What says who it is.
    pub sealed: Sealed,
    /// Until when it is kept, where that was said.
    pub retain_until: Option<Timestamp>,
    /// For how many days else.
    pub retention_days: u32,
}

impl Update for PersonCreate {
    type Answer = Person;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Person>>().want(self.id);
        desk.shelf::<Drawer<User>>().want(UserId(self.id.0));
        desk.shelf::<Drawer<Organization>>().want(self.organization);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Person, Refusal> {
        // Ciphertexts of the same words differ; whoever sent this compares what is inside.
        if let Some(known) = desk.shelf::<Drawer<Person>>().find(self.id)? {
            return Ok(Person::clone(&known));
        }
        if desk.shelf::<Drawer<User>>().find(UserId(self.id.0))?.is_some() {
            return Err(id_reused("person", self.id).into());
        }
        check_retention(self.retain_until, desk.now())?;
        if desk.shelf::<Drawer<Organization>>().find(self.organization)?.is_none() {
            return Err(no_organization(self.organization).into());
        }
        let now = desk.begin(entry("person.created", self.id, None)).recorded_at;
        let person = Person {
            id: self.id,
            kind: self.kind.word().to_owned(),
            organization_id: self.organization,
            sealed: Some(self.sealed.words.clone()),
            signature: self.sealed.signature.clone(),
            retain_until: retained_until(now, self.retain_until, self.retention_days),
            erased_at: None,
            erased_by: None,
            erased_as: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        desk.shelf::<Drawer<Person>>().put(person.clone());
        Ok(person)
    }
}

/// Changes a person.
pub struct PersonChange {
    /// Who changes.
    pub actor: Actor,
    /// Whom.
    pub id: PersonId,
    /// The revision the caller read.
    pub read: IfMatch,
    /// Another kind.
    pub kind: Option<PersonKind>,
    /// Other words, sealed.
    pub words: Option<Vec<u8>>,
    /// Another picture, sealed, or none.
    pub signature: Option<Option<Vec<u8>>>,
    /// Another time until which it is kept.
    pub retain_until: Option<Timestamp>,
}

impl Update for PersonChange {
    type Answer = Person;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Person>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Person, Refusal> {
        let known = desk.shelf::<Drawer<Person>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        if known.erased_at.is_some() {
            return Err(was_erased(known.id, known.erased_at).into());
        }
        self.read.check(known.revision)?;
        let mut person = Person::clone(&known);
        if let Some(kind) = self.kind {
            kind.word().clone_into(&mut person.kind);
        }
        if let Some(words) = &self.words {
            person.sealed = Some(words.clone());
        }
        if let Some(signature) = &self.signature {
            person.signature.clone_from(signature);
        }
        if let Some(until) = self.retain_until.filter(|until| *until != known.retain_until) {
            let times = (known.retain_until, until);
            check_kept_otherwise(&self.actor, Action::PersonErase, times, desk.now())?;
            person.retain_until = until;
        }
        if person == *known {
            return Ok(person);
        }
        let now = desk.begin(entry("person.changed", self.id, None)).recorded_at;
        person.revision += 1;
        person.updated_at = now;
        desk.shelf::<Drawer<Person>>().put(person.clone());
        Ok(person)
    }
}

/// Empties the row of a person; destroying the key comes after it. Done twice it is the same.
pub struct PersonErase {
    /// Who erases.
    pub actor: Actor,
    /// Whom.
    pub id: PersonId,
    /// Why.
    pub reason: ErasureReason,
}

impl Update for PersonErase {
    type Answer = Person;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Person>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Person, Refusal> {
        let known = desk.shelf::<Drawer<Person>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        let mut person = Person::clone(&known);
        if person.erased_at.is_some() {
            return Ok(person);
        }
        // A date that was moved while this waited counts.
        if self.reason == ErasureReason::Expired && desk.now() < person.retain_until {
            return Ok(person);
        }
        let reason = Some(self.reason.word().to_owned());
        let now = desk.begin(entry("person.erased", self.id, reason.clone())).recorded_at;
        person.sealed = None;
        person.signature = None;
        person.erased_at = Some(now);
        person.erased_by = Some(self.actor.user);
        person.erased_as = reason;
        person.revision += 1;
        person.updated_at = now;
        desk.shelf::<Drawer<Person>>().put(person.clone());
        Ok(person)
    }
}

fn entry(action: &str, id: PersonId, reason: Option<String>) -> Entry {
    Entry { action: action.to_owned(), kind: "person", id: id.0, reason }
}

/// Refuses an organization that is not there, or not in scope.
pub fn no_organization(id: OrganizationId) -> Problem {
    Problem::field("/organization_id", format!("There is no organization {id} for you."))
        .coded(Fault::Unknown)
}

/// Which people are wanted.
#[derive(Clone, Debug, Default)]
pub struct PersonFilter {
    /// These.
    pub ids: Option<Vec<PersonId>>,
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// Known for this.
    pub kind: Option<PersonKind>,
}

/// Reads up to `limit` people within a scope after a key, in the order of keys.
///
/// # Errors
/// What the database says.
pub fn list_people(
    conn: &mut Conn,
    scope: &Scope,
    filter: &PersonFilter,
    (after, limit): (Option<PersonId>, i64),
) -> Outcome<Vec<Person>> {
    let mut query = persons::table.inner_join(organizations::table).into_boxed();
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(organization) => query.filter(persons::organization_id.eq(*organization)),
            Bound::Countries(codes) => query.filter(organizations::country.eq_any(codes.clone())),
            // Who signs or receives is never a donor's to know.
            Bound::OwnPledges(_) => return Ok(Vec::new()),
        };
    }
    if let Some(after) = after {
        query = query.filter(persons::id.gt(after));
    }
    if let Some(ids) = &filter.ids {
        query = query.filter(persons::id.eq_any(ids.clone()));
    }
    if let Some(organization) = filter.organization {
        query = query.filter(persons::organization_id.eq(organization));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(persons::kind.eq(kind.word()));
    }
    query.order(persons::id).limit(limit).select(Person::as_select()).load(conn).map_err(read_failure)
}

/// One person within a scope, if there is one.
///
/// # Errors
/// What the database says.
pub fn find_person(conn: &mut Conn, scope: &Scope, id: PersonId) -> Outcome<Option<Person>> {
    let filter = PersonFilter { ids: Some(vec![id]), ..PersonFilter::default() };
    list_people(conn, scope, &filter, (None, 1)).map(|mut found| found.pop())
}

/// Refuses an id that a user has: the vault keeps one key for an id, so erasing the person would lock the user out.
///
/// # Errors
/// `id_reused`, or what the database says.
pub(super) fn check_no_user(conn: &mut Conn, id: PersonId) -> Outcome<()> {
    if users_among(conn, &[id])?.is_empty() { Ok(()) } else { Err(id_reused("person", id)) }
}

/// Those of these ids which users have.
///
/// # Errors
/// What the database says.
pub(super) fn users_among(conn: &mut Conn, ids: &[PersonId]) -> Outcome<Vec<PersonId>> {
    let ids: Vec<UserId> = ids.iter().map(|id| UserId(id.0)).collect();
    let found: Vec<UserId> = users::table
        .filter(users::id.eq_any(ids))
        .order(users::id)
        .select(users::id)
        .load(conn)
        .map_err(read_failure)?;
    Ok(found.into_iter().map(|id| PersonId(id.0)).collect())
}

/// Whether an organization is one whose people are within a scope.
///
/// # Errors
/// `invalid` at `/organization_id` where it is not, or what the database says.
pub fn check_organization(conn: &mut Conn, scope: &Scope, id: OrganizationId) -> Outcome<()> {
    let mut query = organizations::table.filter(organizations::id.eq(id)).into_boxed();
    for bound in scope.bounds() {
        query = match bound {
            Bound::Organization(own) => query.filter(organizations::id.eq(*own)),
            Bound::Countries(codes) => query.filter(organizations::country.eq_any(codes.clone())),
            Bound::OwnPledges(_) => return Err(no_organization(id)),
        };
    }
    let found: i64 = query.count().get_result(conn).map_err(read_failure)?;
    if found == 0 { Err(no_organization(id)) } else { Ok(()) }
}

/// People who are not erased and whose time is over, the longest first.
///
/// # Errors
/// What the database says.
pub(super) fn overdue(conn: &mut Conn, now: Timestamp, limit: i64) -> Outcome<Vec<PersonId>> {
    persons::table
        .filter(persons::erased_at.is_null())
        .filter(persons::retain_until.le(now))
        .order((persons::retain_until, persons::id))
        .limit(limit)
        .select(persons::id)
        .load(conn)
        .map_err(read_failure)
}

/// People who were erased, after a key, in the order of keys.
///
/// # Errors
/// What the database says.
pub(super) fn erased(conn: &mut Conn, after: Option<PersonId>, limit: i64) -> Outcome<Vec<PersonId>> {
    let mut query = persons::table.filter(persons::erased_at.is_not_null()).into_boxed();
    if let Some(after) = after {
        query = query.filter(persons::id.gt(after));
    }
    query.order(persons::id).limit(limit).select(persons::id).load(conn).map_err(read_failure)
}
