//! Organizations, programmes, items and sites out of a row: made where there is none of their reference, changed where the
//! row says something else. What a row leaves empty stays as it is known.
//!
//! Both are the updates that `POST` and `PATCH` are.

use super::read::SheetRecord;
use crate::core::id::{ItemId, KitId, OrganizationId, ProgrammeId, SiteId, derived};
use crate::core::problem::{Outcome, Problem};
use crate::db::schema::kit_recipes;
use crate::db::{Conn, in_parts, read_failure};
use crate::exchange::apply::Change;
use crate::items::Item;
use crate::items::{ItemChange, ItemCodes, ItemCreate, ItemDraft, ItemEdit};
use crate::parties::{
    Organization, OrganizationChange, OrganizationCreate, OrganizationDraft, OrganizationEdit,
    OrganizationReferences,
};
use crate::programmes::{
    Programme, ProgrammeChange, ProgrammeCodes, ProgrammeCreate, ProgrammeDraft, ProgrammeEdit,
};
use crate::sites::{Site, SiteChange, SiteCodes, SiteCreate, SiteDraft, SiteEdit};
use crate::web::{IfMatch, value_of};
use crate::writer::{Actor, Desk, Drawer, Refusal, Register, Update};
use diesel::prelude::*;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// A row that states a record of the catalogue.
pub(super) struct Kept<R> {
    actor: Actor,
    reference: String,
    body: Value,
    of: std::marker::PhantomData<fn() -> R>,
}

impl<R> Kept<R> {
    pub(super) fn new(actor: Actor, record: &SheetRecord) -> Self {
        let (reference, body) = (record.key.clone(), record.body.clone());
        Self { actor, reference, body, of: std::marker::PhantomData }
    }
}

macro_rules! kept {
    ($($record:ident, $id:ident, $kind:literal, $references:ident, $draft:ident, $create:ident, $edit:ident, $change:ident;)*) => {$(
        impl Update for Kept<$record> {
            type Answer = (Uuid, Change);

            fn actor(&self) -> &Actor {
                &self.actor
            }

            fn keys(&self, desk: &mut Desk) {
                desk.shelf::<Register<$references>>().want(&self.reference);
            }

            fn decide(&self, desk: &mut Desk) -> Result<Self::Answer, Refusal> {
                let holder = desk.shelf::<Register<$references>>().holder(&self.reference)?;
                let Some(id) = holder else {
                    let id: $id = derived(Uuid::nil(), &format!("sheet {}\u{1f}{}", $kind, self.reference), 0);
                    let draft: $draft = value_of(&self.body)?;
                    $create::new(self.actor.clone(), &draft, id)?.decide(desk)?;
                    return Ok((id.0, Change::Created));
                };
                let known = desk.shelf::<Drawer<$record>>().find(id)?;
                let revision = known.ok_or_else(|| gone($kind))?.revision;
                let edit: $edit = value_of(&self.body)?;
                let change = $change { actor: self.actor.clone(), id, revision: IfMatch(revision), edit };
                change.decide(desk)?;
                let now = desk.shelf::<Drawer<$record>>().find(id)?;
                let is_changed = now.is_some_and(|now| now.revision != revision);
                Ok((id.0, if is_changed { Change::Updated } else { Change::Unchanged }))
            }
        }
    )*};
}

kept! {
    Organization, OrganizationId, "organization", OrganizationReferences, OrganizationDraft, OrganizationCreate,
        OrganizationEdit, OrganizationChange;
    Programme, ProgrammeId, "programme", ProgrammeCodes, ProgrammeDraft, ProgrammeCreate, ProgrammeEdit, ProgrammeChange;
    Item, ItemId, "item", ItemCodes, ItemDraft, ItemCreate, ItemEdit, ItemChange;
    Site, SiteId, "site", SiteCodes, SiteDraft, SiteCreate, SiteEdit, SiteChange;
}

fn gone(kind: &str) -> Problem {
    Problem::internal(format!("a reference is of a {kind} that is not there"))
}

/// Reads a body as `POST` of it does.
///
/// # Errors
/// `invalid`, naming the member.
pub(super) fn body_as<T: serde::de::DeserializeOwned>(record: &SheetRecord) -> Outcome<T> {
    value_of(&record.body)
}

/// The kits of some codes, each with the number of its last version.
///
/// # Errors
/// What the database says.
pub(super) fn kits_of(conn: &mut Conn, codes: &[String]) -> Outcome<HashMap<String, (KitId, i64)>> {
    let found: Vec<(String, KitId, i64)> = in_parts(codes, |part| {
        let query = kit_recipes::table.filter(kit_recipes::code.eq_any(part));
        query.select((kit_recipes::code, kit_recipes::kit_id, kit_recipes::version)).load(conn)
    })
    .map_err(read_failure)?;
    let mut last: HashMap<String, (KitId, i64)> = HashMap::new();
    for (code, kit, version) in found {
        let known = last.entry(code).or_insert((kit, version));
        known.1 = known.1.max(version);
    }
    Ok(last)
}
