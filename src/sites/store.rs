//! The table of sites: rows, and what is read and written of them.

use super::places::{SitePlace, state_place};
use super::rules::{CountrySought, Position, SiteDraft, SiteEdit, SiteKind};
use crate::core::check::id_reused;
use crate::core::id::{OrganizationId, SiteId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::sites;
use crate::db::{Conn, begins_with, in_parts, read_failure};
use crate::parties::Organization;
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Register, Unique, Update, record};
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;

record! {
    /// A place where goods can be.
    pub struct Site in sites key id: SiteId, group id: SiteId {
        /// Which one.
        id: SiteId,
        /// What the caller's own books call it, unique.
        code: Option<String>,
        /// What it is called.
        name: String,
        /// Word of [`SiteKind`].
        kind: String,
        /// ISO 3166-1 alpha-2; never changes.
        country: String,
        /// Degrees north, WGS84; with the longitude or not at all.
        latitude: Option<f64>,
        /// Degrees east, WGS84.
        longitude: Option<f64>,
        /// UN/LOCODE, five characters.
        locode: Option<String>,
        /// ISO 3166-2 code or P-code.
        area_code: Option<String>,
        /// Who runs it.
        operator_id: Option<OrganizationId>,
        /// Counts the edits, from 1.
        revision: i64,
        /// Recorded first.
        created_at: Timestamp,
        /// Recorded last.
        updated_at: Timestamp,
    }
}

impl Site {
    /// The kind as a type.
    ///
    /// # Errors
    /// `internal` where the database holds a word nobody writes.
    pub fn site_kind(&self) -> Outcome<SiteKind> {
        SiteKind::from_word(&self.kind)
            .ok_or_else(|| Problem::internal(format!("sites.kind {:?} of {} is no kind", self.kind, self.id)))
    }
}

/// Which site has which code.
pub struct SiteCodes;

impl Unique for SiteCodes {
    type Holder = SiteId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, SiteId)>> {
        sites::table
            .filter(sites::code.eq_any(texts))
            .select((sites::code.assume_not_null(), sites::id))
            .load(conn)
    }
}

impl Site {
    /// A row as a draft describes it.
    pub fn new(
        id: SiteId,
        draft: &SiteDraft,
        revision: i64,
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> Self {
        Self {
            id,
            code: draft.code.clone(),
            name: draft.name.clone(),
            kind: draft.kind.word().to_owned(),
            country: draft.country.clone(),
            latitude: draft.coordinates.map(|position| position.latitude),
            longitude: draft.coordinates.map(|position| position.longitude),
            locode: draft.locode.clone(),
            area_code: draft.area_code.clone(),
            operator_id: draft.operator,
            revision,
            created_at,
            updated_at,
        }
    }

    /// Where it is, if known.
    pub fn position(&self) -> Option<Position> {
        self.latitude.zip(self.longitude).map(|(latitude, longitude)| Position { latitude, longitude })
    }

    /// The row as a caller would have written it.
    ///
    /// # Errors
    /// Where what is kept cannot be read.
    pub fn draft(&self) -> Outcome<SiteDraft> {
        Ok(SiteDraft {
            id: None,
            code: self.code.clone(),
            name: self.name.clone(),
            kind: self.site_kind()?,
            country: self.country.clone(),
            coordinates: self.position(),
            locode: self.locode.clone(),
            area_code: self.area_code.clone(),
            operator: self.operator_id,
        })
    }
}

/// Records a new site.
pub struct SiteCreate {
    actor: Actor,
    id: SiteId,
    draft: SiteDraft,
}

impl SiteCreate {
    /// Judges the draft; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn new(actor: Actor, draft: &SiteDraft, id: SiteId) -> Outcome<Self> {
        let draft = draft.checked()?;
        Ok(Self { actor, id: draft.id.unwrap_or(id), draft: SiteDraft { id: None, ..draft } })
    }
}

impl Update for SiteCreate {
    type Answer = Arc<Site>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Site>>().want(self.id);
        want(desk, &self.draft);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Site>, Refusal> {
        if let Some(known) = desk.shelf::<Drawer<Site>>().find(self.id)? {
            return if known.draft()? == self.draft {
                Ok(known)
            } else {
                Err(id_reused("site", self.id).into())
            };
        }
        let codes = desk.shelf::<Register<SiteCodes>>();
        codes.take(("/code", "site"), None, self.draft.code.as_deref(), self.id)?;
        require_operator(desk, &self.draft)?;
        desk.shelf::<Drawer<SitePlace>>().begin_group(self.id);
        let moment = desk.begin(entry("site.created", self.id));
        let site = Site::new(self.id, &self.draft, 1, moment.recorded_at, moment.recorded_at);
        state_place(desk, None, &site, moment)?;
        Ok(keep(desk, site))
    }
}

/// Changes a site.
pub struct SiteChange {
    /// Who edits.
    pub actor: Actor,
    /// Which site.
    pub id: SiteId,
    /// The revision the editor read.
    pub revision: IfMatch,
    /// What changes.
    pub edit: SiteEdit,
}

impl Update for SiteChange {
    type Answer = Arc<Site>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Site>>().want(self.id);
        desk.shelf::<Drawer<SitePlace>>().want_group(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Site>, Refusal> {
        let known = desk.shelf::<Drawer<Site>>().find(self.id)?.ok_or_else(Problem::not_found)?;
        self.revision.check(known.revision)?;
        let before = known.draft()?;
        let draft = before.edited(self.edit.clone())?;
        if draft == before {
            return Ok(known);
        }
        let codes = desk.shelf::<Register<SiteCodes>>();
        codes.take(("/code", "site"), before.code.as_deref(), draft.code.as_deref(), self.id)?;
        require_operator(desk, &draft)?;
        let moment = desk.begin(entry("site.changed", self.id));
        let site = Site::new(self.id, &draft, known.revision + 1, known.created_at, moment.recorded_at);
        state_place(desk, Some(&known), &site, moment)?;
        Ok(keep(desk, site))
    }
}

fn entry(action: &str, id: SiteId) -> Entry {
    Entry { action: action.to_owned(), kind: "site", id: id.0, reason: None }
}

fn want(desk: &mut Desk, draft: &SiteDraft) {
    if let Some(code) = &draft.code {
        desk.shelf::<Register<SiteCodes>>().want(code);
    }
    if let Some(operator) = draft.operator {
        desk.shelf::<Drawer<Organization>>().want(operator);
    }
}

fn require_operator(desk: &mut Desk, draft: &SiteDraft) -> Result<(), Refusal> {
    let Some(operator) = draft.operator else { return Ok(()) };
    if desk.shelf::<Drawer<Organization>>().find(operator)?.is_none() {
        let words = format!("{operator} is no organization here; record it first, or leave the operator out");
        return Err(Problem::field("/operator", words).coded(Fault::Unknown).into());
    }
    Ok(())
}

fn keep(desk: &mut Desk, site: Site) -> Arc<Site> {
    desk.shelf::<Drawer<Site>>().put(site.clone());
    desk.touch(site.id.0);
    Arc::new(site)
}

/// Which sites a list shows.
#[derive(Clone, Debug, Default)]
pub struct SiteFilter {
    /// In this country.
    pub country: Option<CountrySought>,
    /// Of this kind.
    pub kind: Option<SiteKind>,
    /// Run by this organization.
    pub operator: Option<OrganizationId>,
    /// Whose name begins so.
    pub prefix: Option<String>,
    /// Or whose code does, for whoever reads codes.
    pub by_code: bool,
}

/// Reads one site.
///
/// # Errors
/// `not_found`, or what the database says.
pub fn read_site(conn: &mut Conn, id: SiteId) -> Outcome<Site> {
    sites::table.find(id).select(Site::as_select()).first(conn).map_err(read_failure)
}

/// Sites by their identifiers.
///
/// # Errors
/// What the database says.
pub fn sites_named(conn: &mut Conn, ids: &[SiteId]) -> Outcome<HashMap<SiteId, Site>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let rows: Vec<Site> = in_parts(&ids, |part| {
        sites::table.filter(sites::id.eq_any(part)).select(Site::as_select()).load(conn)
    })
    .map_err(read_failure)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Reads up to `limit` sites after a key, in the order of keys.
///
/// # Errors
/// What the database says.
pub fn list_sites(
    conn: &mut Conn,
    filter: &SiteFilter,
    after: Option<SiteId>,
    limit: i64,
) -> Outcome<Vec<Site>> {
    let mut query = sites::table.into_boxed();
    if let Some(after) = after {
        query = query.filter(sites::id.gt(after));
    }
    if let Some(country) = filter.country {
        query = query.filter(sites::country.eq(country.word()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(sites::kind.eq(kind.word()));
    }
    if let Some(operator) = filter.operator {
        query = query.filter(sites::operator_id.eq(operator));
    }
    if let Some(prefix) = &filter.prefix {
        let by_name = begins_with(sites::name, prefix);
        query = if filter.by_code {
            query.filter(by_name.or(begins_with(sites::code.assume_not_null(), prefix)))
        } else {
            query.filter(by_name)
        };
    }
    query.order(sites::id).limit(limit).select(Site::as_select()).load(conn).map_err(read_failure)
}
