//! The table of organizations: rows, and what is read and written of them.

use super::rules::{OrganizationDraft, OrganizationEdit, Part, is_named};
use crate::atlas::CountryCode;
use crate::auth::{Fields, Named, Permit};
use crate::core::check::id_reused;
use crate::core::id::OrganizationId;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::organizations;
use crate::db::{Backend, Conn, begins_with, read_failure};
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Register, Unique, Update, record};
use diesel::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

record! {
    /// An organization.
    pub struct Organization in organizations key id: OrganizationId, group id: OrganizationId {
        /// Which one.
        id: OrganizationId,
        /// What it is called.
        name: String,
        /// What the caller's own books call it, unique.
        reference: Option<String>,
        /// Where it is at home, ISO 3166-1 alpha-2.
        country: Option<String>,
        /// Whether it gives.
        is_donor: bool,
        /// Whether it sends.
        is_consignor: bool,
        /// Whether it receives.
        is_consignee: bool,
        /// Whether it carries.
        is_carrier: bool,
        /// Whether it helps in another way.
        is_partner: bool,
        /// Counts the edits, from 1.
        revision: i64,
        /// Recorded first.
        created_at: Timestamp,
        /// Recorded last.
        updated_at: Timestamp,
        /// Whether others may read that it gave; see [`super::rules::is_named`].
        named: Option<String>,
    }
}

/// Which organization has which reference.
pub struct OrganizationReferences;

impl Unique for OrganizationReferences {
    type Holder = OrganizationId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, OrganizationId)>> {
        organizations::table
            .filter(organizations::reference.eq_any(texts))
            .select((organizations::reference.assume_not_null(), organizations::id))
            .load(conn)
    }
}

impl Organization {
    /// A row as a draft describes it.
    pub fn new(
        id: OrganizationId,
        draft: &OrganizationDraft,
        revision: i64,
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> Self {
        Self {
            id,
            name: draft.name.clone(),
            reference: draft.reference.clone(),
            country: draft.country.clone(),
            is_donor: draft.donor,
            is_consignor: draft.consignor,
            is_consignee: draft.consignee,
            is_carrier: draft.carrier,
            is_partner: draft.partner,
            revision,
            created_at,
            updated_at,
            named: draft.named.clone(),
        }
    }

    /// The row as a caller would have written it.
    pub fn draft(&self) -> OrganizationDraft {
        OrganizationDraft {
            id: None,
            name: self.name.clone(),
            reference: self.reference.clone(),
            country: self.country.clone(),
            donor: self.is_donor,
            consignor: self.is_consignor,
            consignee: self.is_consignee,
            carrier: self.is_carrier,
            partner: self.is_partner,
            named: self.named.clone(),
        }
    }
}

/// Records a new organization.
pub struct OrganizationCreate {
    actor: Actor,
    id: OrganizationId,
    draft: OrganizationDraft,
}

impl OrganizationCreate {
    /// Judges the draft; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn new(actor: Actor, draft: &OrganizationDraft, id: OrganizationId) -> Outcome<Self> {
        let draft = draft.checked()?;
        Ok(Self { actor, id: draft.id.unwrap_or(id), draft: OrganizationDraft { id: None, ..draft } })
    }
}

impl Update for OrganizationCreate {
    type Answer = Arc<Organization>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Organization>>().want(self.id);
        if let Some(reference) = &self.draft.reference {
            desk.shelf::<Register<OrganizationReferences>>().want(reference);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Organization>, Refusal> {
        if let Some(known) = desk.shelf::<Drawer<Organization>>().find(self.id)? {
            let is_same = known.draft() == self.draft;
            return if is_same { Ok(known) } else { Err(id_reused("organization", self.id).into()) };
        }
        let references = desk.shelf::<Register<OrganizationReferences>>();
        references.take(("/reference", "organization"), None, self.draft.reference.as_deref(), self.id)?;
        let now = desk.begin(entry("organization.created", self.id)).recorded_at;
        Ok(keep(desk, Organization::new(self.id, &self.draft, 1, now, now)))
    }
}

/// Changes an organization.
pub struct OrganizationChange {
    /// Who edits.
    pub actor: Actor,
    /// Which organization.
    pub id: OrganizationId,
    /// The revision the editor read.
    pub revision: IfMatch,
    /// What changes.
    pub edit: OrganizationEdit,
}

impl Update for OrganizationChange {
    type Answer = Arc<Organization>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Organization>>().want(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Organization>, Refusal> {
        let known = desk.shelf::<Drawer<Organization>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        self.revision.check(known.revision)?;
        let before = known.draft();
        let draft = before.edited(self.edit.clone())?;
        if draft == before {
            return Ok(known);
        }
        let references = desk.shelf::<Register<OrganizationReferences>>();
        references.take(
            ("/reference", "organization"),
            before.reference.as_deref(),
            draft.reference.as_deref(),
            self.id,
        )?;
        let now = desk.begin(entry("organization.changed", self.id)).recorded_at;
        Ok(keep(desk, Organization::new(self.id, &draft, known.revision + 1, known.created_at, now)))
    }
}

fn entry(action: &str, id: OrganizationId) -> Entry {
    Entry { action: action.to_owned(), kind: "organization", id: id.0, reason: None }
}

fn keep(desk: &mut Desk, organization: Organization) -> Arc<Organization> {
    desk.shelf::<Drawer<Organization>>().put(organization.clone());
    desk.touch(organization.id.0);
    Arc::new(organization)
}

/// Which organizations a list shows.
#[derive(Clone, Debug, Default)]
pub struct OrganizationFilter {
    /// At home in this country.
    pub country: Option<CountryCode>,
    /// Playing all of these parts.
    pub parts: Vec<Part>,
    /// Whose name or reference begins so.
    pub prefix: Option<String>,
}

/// Whose eyes a list is for that may not name every donor: those of one organization, on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eyes {
    /// It always reads itself.
    pub organization: Option<OrganizationId>,
    /// ISO 8601.
    pub today: String,
}

impl Eyes {
    /// The eyes of a caller; none where everybody may be named to it.
    pub fn of<A: Named>(permit: &Permit<A>, today: String) -> Option<Self> {
        match permit.fields() {
            Fields::All => None,
            Fields::Traced => Some(Self { organization: permit.organization(), today }),
        }
    }

    /// Whether they may read that an organization gave.
    pub fn sees_donor(&self, organization: &Organization) -> bool {
        self.organization == Some(organization.id)
            || is_named(None, organization.named.as_deref(), &self.today)
    }
}

type Boxed<'a> = organizations::BoxedQuery<'a, Backend>;

/// That an organization may be named on a day; [`is_named`] says the same of one that was read. A macro, since the type
/// of such a condition cannot be written down.
macro_rules! named_on {
    ($today:expr) => {
        organizations::named.is_null().or(organizations::named.assume_not_null().eq("always")).or(
            organizations::named
                .assume_not_null()
                .ne("never")
                .and(organizations::named.assume_not_null().le($today)),
        )
    };
}

/// Narrows to the organizations that may be read: a donor who is not to be named only as what else it is than who
/// gives and sends.
fn visible<'a>(query: Boxed<'a>, eyes: Option<&Eyes>) -> Boxed<'a> {
    let Some(eyes) = eyes else { return query };
    let own = eyes.organization.unwrap_or(OrganizationId(Uuid::nil()));
    let is_else = organizations::is_consignee.or(organizations::is_carrier).or(organizations::is_partner);
    query.filter(
        organizations::id
            .eq(own)
            .or(diesel::dsl::not(organizations::is_donor))
            .or(is_else)
            .or(named_on!(eyes.today.clone())),
    )
}

/// Reads one organization, if it may be read.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn read_organization(conn: &mut Conn, eyes: Option<&Eyes>, id: OrganizationId) -> Outcome<Organization> {
    visible(organizations::table.into_boxed(), eyes)
        .filter(organizations::id.eq(id))
        .select(Organization::as_select())
        .first(conn)
        .map_err(read_failure)
}

/// Of these organizations those that may not be read.
///
/// # Errors
/// What the database says.
pub fn hidden_organizations(
    conn: &mut Conn,
    eyes: &Eyes,
    of: Vec<OrganizationId>,
) -> Outcome<HashSet<OrganizationId>> {
    let mut hidden: HashSet<OrganizationId> = of.iter().copied().collect();
    let seen: Vec<OrganizationId> = visible(organizations::table.into_boxed(), Some(eyes))
        .filter(organizations::id.eq_any(of))
        .select(organizations::id)
        .load(conn)
        .map_err(read_failure)?;
    for id in seen {
        hidden.remove(&id);
    }
    Ok(hidden)
}

/// Reads up to `limit` organizations that may be read after a key, in the order of keys.
///
/// # Errors
/// What the database says.
pub fn list_organizations(
    conn: &mut Conn,
    eyes: Option<&Eyes>,
    filter: &OrganizationFilter,
    after: Option<OrganizationId>,
    limit: i64,
) -> Outcome<Vec<Organization>> {
    let mut query = visible(organizations::table.into_boxed(), eyes);
    if let Some(after) = after {
        query = query.filter(organizations::id.gt(after));
    }
    if let Some(country) = filter.country {
        query = query.filter(organizations::country.eq(country.to_string()));
    }
    for part in &filter.parts {
        query = match part {
            Part::Donor => query.filter(organizations::is_donor),
            Part::Consignor => query.filter(organizations::is_consignor),
            Part::Consignee => query.filter(organizations::is_consignee),
            Part::Carrier => query.filter(organizations::is_carrier),
            Part::Partner => query.filter(organizations::is_partner),
        };
    }
    if let Some(eyes) = eyes.filter(|_| filter.parts.contains(&Part::Donor)) {
        let own = eyes.organization.unwrap_or(OrganizationId(Uuid::nil()));
        query = query.filter(organizations::id.eq(own).or(named_on!(eyes.today.clone())));
    }
    if let Some(prefix) = &filter.prefix {
        query = match eyes {
            None => query.filter(
                begins_with(organizations::name, prefix)
                    .or(begins_with(organizations::reference.assume_not_null(), prefix)),
            ),
            // References are of our own books.
            Some(_) => query.filter(begins_with(organizations::name, prefix)),
        };
    }
    query
        .order(organizations::id)
        .limit(limit)
        .select(Organization::as_select())
        .load(conn)
        .map_err(read_failure)
}
