//! Recording recipes and further versions of them.

use super::rules::{Component, KitDraft, KitVersion};
use super::store::{KitCodes, KitComponent, KitRecipe, Whole, recipe_id};
use crate::core::check::id_reused;
use crate::core::id::KitId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::items::Item;
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Register, Update};
use std::sync::Arc;

/// Records a kit.
pub struct KitCreate {
    actor: Actor,
    id: KitId,
    draft: KitDraft,
}

impl KitCreate {
    /// Judges the draft; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn new(actor: Actor, draft: &KitDraft, id: KitId) -> Outcome<Self> {
        let draft = draft.checked()?;
        Ok(Self { actor, id: draft.id.unwrap_or(id), draft })
    }
}

/// The components of a version as they lie on the desk.
pub(super) fn components_of(desk: &mut Desk, recipe: &KitRecipe) -> Result<Vec<Component>, Refusal> {
    let mut rows = desk.shelf::<Drawer<KitComponent>>().group(recipe.id)?;
    rows.sort_by_key(|row| row.ordinal);
    Ok(rows.iter().map(|row| row.component()).collect())
}

fn check_items(desk: &mut Desk, components: &[Component]) -> Result<(), Refusal> {
    let mut missed = false;
    for (index, one) in components.iter().enumerate() {
        match desk.shelf::<Drawer<Item>>().find(one.item) {
            Ok(Some(_)) => {}
            Ok(None) => {
                let detail = format!("{} is no item known here; record it first", one.item);
                return Err(Problem::field(format!("/components/{index}/item"), detail)
                    .coded(Fault::Unknown)
                    .into());
            }
            Err(_) => missed = true,
        }
    }
    if missed { Err(Refusal::Missed) } else { Ok(()) }
}

/// Stages a version in an entry of its own.
fn keep(desk: &mut Desk, action: &str, row: KitRecipe, components: Vec<Component>) -> Arc<Whole> {
    let entry = Entry { action: action.to_owned(), kind: "kit", id: row.kit_id.0, reason: None };
    desk.shelf::<Drawer<KitComponent>>().begin_group(row.id);
    let moment = desk.begin(entry);
    let recipe = KitRecipe { sequence: moment.sequence, recorded_at: moment.recorded_at, ..row };
    desk.shelf::<Drawer<KitRecipe>>().put(recipe.clone());
    for component in KitComponent::rows(recipe.id, &components) {
        desk.shelf::<Drawer<KitComponent>>().put(component);
    }
    desk.touch(recipe.kit_id.0);
    Arc::new(Whole { recipe, components })
}

impl Update for KitCreate {
    type Answer = Arc<Whole>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<KitRecipe>>().want_group(self.id);
        desk.shelf::<Drawer<KitComponent>>().want_group(recipe_id(self.id, 1));
        desk.shelf::<Register<KitCodes>>().want(&self.draft.code);
        for one in &self.draft.components {
            desk.shelf::<Drawer<Item>>().want(one.item);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Whole>, Refusal> {
        let versions = desk.shelf::<Drawer<KitRecipe>>().group(self.id)?;
        if let Some(first) = versions.iter().find(|row| row.version == 1) {
            let components = components_of(desk, first)?;
            let is_same = (&first.code, &first.name) == (&self.draft.code, &self.draft.name)
                && components == self.draft.components;
            let whole = Whole { recipe: first.as_ref().clone(), components };
            return if is_same { Ok(Arc::new(whole)) } else { Err(id_reused("kit", self.id).into()) };
        }
        check_items(desk, &self.draft.components)?;
        let codes = desk.shelf::<Register<KitCodes>>();
        codes.take(("/code", "kit"), None, Some(&self.draft.code), self.id)?;
        let now = desk.now();
        let row = KitRecipe {
            id: recipe_id(self.id, 1),
            kit_id: self.id,
            version: 1,
            code: self.draft.code.clone(),
            name: self.draft.name.clone(),
            sequence: 0,
            recorded_at: now,
        };
        Ok(keep(desk, "kit.recorded", row, self.draft.components.clone()))
    }
}

/// Records a further version of a kit.
pub struct KitRevise {
    /// Who edits.
    pub actor: Actor,
    /// Which kit.
    pub id: KitId,
    /// The version the editor read.
    pub read: IfMatch,
    /// What it is from now on.
    pub version: KitVersion,
}

impl Update for KitRevise {
    type Answer = Arc<Whole>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<KitRecipe>>().want_group(self.id);
        for one in &self.version.components {
            desk.shelf::<Drawer<Item>>().want(one.item);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Whole>, Refusal> {
        let versions = desk.shelf::<Drawer<KitRecipe>>().group(self.id)?;
        let last = versions.into_iter().max_by_key(|row| row.version).ok_or_else(Problem::not_found)?;
        self.read.check(last.version)?;
        let components = components_of(desk, &last)?;
        let name = self.version.name.clone().unwrap_or_else(|| last.name.clone());
        if name == last.name && components == self.version.components {
            return Ok(Arc::new(Whole { recipe: last.as_ref().clone(), components }));
        }
        check_items(desk, &self.version.components)?;
        let version = last.version + 1;
        let row = KitRecipe { id: recipe_id(self.id, version), version, name, ..last.as_ref().clone() };
        Ok(keep(desk, "kit.revised", row, self.version.components.clone()))
    }
}
