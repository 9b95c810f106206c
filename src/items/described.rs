//! What is said further of an item, for which it has no member: above all where it was made, which customs ask.
//!
//! They are facts as imported files note them, words under names. Never here: deciding or adding up anything by them.

use super::store::Item;
use crate::core::check::{CODE_CHARS_MAX, Check, NAME_CHARS_MAX};
use crate::core::id::{ItemId, SubjectId};
use crate::core::problem::{Outcome, Problem};
use crate::facts::{FactsNote, SubjectKind};
use crate::writer::{Actor, Desk, Drawer, Refusal, Update};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Facts that one request states: more than any label says, and fewer than would be a table.
const FACTS_MAXIMUM: usize = 50;

/// What is said further of an item.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemFactsNew {
    /// Words by their names, such as `country of origin`. What is known under a name is replaced; names that are not spoken of
    /// stay.
    pub facts: BTreeMap<String, String>,
}

/// What was said further of an item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ItemFactsView {
    /// The item.
    pub id: ItemId,
    /// Words by their names, as they were stated.
    pub facts: BTreeMap<String, String>,
}

impl ItemFactsNew {
    /// The facts without spaces around them.
    fn checked(&self) -> Outcome<BTreeMap<String, String>> {
        let mut check = Check::new();
        let count = self.facts.len();
        if !(1..=FACTS_MAXIMUM).contains(&count) {
            check.wrong("/facts", format!("has {count} facts; write 1 to {FACTS_MAXIMUM}"));
        }
        let mut facts = BTreeMap::new();
        for (name, words) in &self.facts {
            let pointer = format!("/facts/{}", name.replace('~', "~0").replace('/', "~1"));
            let known = check.text(&pointer, name, CODE_CHARS_MAX);
            let words = check.text(&pointer, words, NAME_CHARS_MAX);
            if facts.insert(known, words).is_some() {
                check.wrong(pointer, "is named twice; write it once");
            }
        }
        check.finish()?;
        Ok(facts)
    }
}

/// Notes what is said further of an item.
pub struct ItemDescribe {
    item: ItemId,
    note: FactsNote,
}

impl ItemDescribe {
    /// Checks what is said.
    ///
    /// # Errors
    /// `invalid`, naming the fact.
    pub fn new(actor: Actor, item: ItemId, new: &ItemFactsNew) -> Outcome<Self> {
        let facts = vec![(SubjectId(item.0), new.checked()?)];
        Ok(Self { item, note: FactsNote { actor: Arc::new(actor), kind: SubjectKind::Item, facts } })
    }

    /// What is stated.
    pub fn view(&self) -> ItemFactsView {
        let facts = self.note.facts.iter().flat_map(|(_, facts)| facts.clone()).collect();
        ItemFactsView { id: self.item, facts }
    }
}

impl Update for ItemDescribe {
    type Answer = ();

    fn actor(&self) -> &Actor {
        self.note.actor()
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Item>>().want(self.item);
        self.note.keys(desk);
    }

    fn decide(&self, desk: &mut Desk) -> Result<(), Refusal> {
        if desk.shelf::<Drawer<Item>>().find(self.item)?.is_none() {
            return Err(Problem::not_found().into());
        }
        self.note.decide(desk).map(drop)
    }
}
