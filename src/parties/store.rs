//! The table of organizations: rows, and what is read and written of them.

use super::rules::{OrganizationDraft, OrganizationEdit, Part};
use crate::atlas::CountryCode;
use crate::core::check::id_reused;
use crate::core::id::OrganizationId;
use crate::core::problem::{Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::organizations;
use crate::db::{Conn, begins_with, read_failure};
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Register, Unique, Update, record};
use diesel::prelude::*;
use std::sync::Arc;

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
    fn new(
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

/// Reads one organization.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn read_organization(conn: &mut Conn, id: OrganizationId) -> Outcome<Organization> {
    organizations::table.find(id).select(Organization::as_select()).first(conn).map_err(read_failure)
}

/// Reads up to `limit` organizations after a key, in the order of keys.
///
/// # Errors
/// What the database says.
pub fn list_organizations(
    conn: &mut Conn,
    filter: &OrganizationFilter,
    after: Option<OrganizationId>,
    limit: i64,
) -> Outcome<Vec<Organization>> {
    let mut query = organizations::table.into_boxed();
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
    if let Some(prefix) = &filter.prefix {
        query = query.filter(
            begins_with(organizations::name, prefix)
                .or(begins_with(organizations::reference.assume_not_null(), prefix)),
        );
    }
    query
        .order(organizations::id)
        .limit(limit)
        .select(Organization::as_select())
        .load(conn)
        .map_err(read_failure)
}
