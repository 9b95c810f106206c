//! Stating a need and changing it: what the writer records.

use super::rules::{NeedDraft, NeedEdit, NeedState, Place, state_after};
use super::store::Need;
use crate::core::check::id_reused;
use crate::core::id::{NeedId, derived};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::items::Item;
use crate::parties::Organization;
use crate::programmes::Programme;
use crate::sites::Site;
use crate::web::IfMatch;
use crate::writer::{Actor, Desk, Drawer, Entry, Moment, Refusal, Update};
use std::sync::Arc;

/// States a need.
pub struct NeedCreate {
    actor: Actor,
    id: NeedId,
    draft: NeedDraft,
    place: Place,
}

impl NeedCreate {
    /// Judges the draft; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn new(actor: Actor, draft: &NeedDraft, id: NeedId) -> Outcome<Self> {
        let (draft, place) = draft.checked()?;
        Ok(Self { actor, id: draft.id.unwrap_or(id), draft: NeedDraft { id: None, ..draft }, place })
    }

    /// The same of a draft that was judged before.
    pub(super) fn judged(actor: Actor, id: NeedId, draft: NeedDraft, place: Place) -> Self {
        Self { actor, id, draft, place }
    }

    fn country(&self, desk: &mut Desk) -> Result<String, Refusal> {
        match &self.place {
            Place::Area(_, country) => Ok(country.as_str().to_owned()),
            Place::Site(site) => match desk.shelf::<Drawer<Site>>().find(*site)? {
                Some(site) => Ok(site.country.clone()),
                None => Err(unknown("/site", "site", site).into()),
            },
        }
    }
}

fn unknown(pointer: &str, what: &str, id: impl std::fmt::Display) -> Problem {
    Problem::field(pointer, format!("{id} is no {what} known here; record it first")).coded(Fault::Unknown)
}

impl Update for NeedCreate {
    type Answer = Arc<Need>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Need>>().want_group(self.id);
        desk.shelf::<Drawer<Programme>>().want(self.draft.programme);
        desk.shelf::<Drawer<Item>>().want(self.draft.item);
        if let Some(site) = self.draft.site {
            desk.shelf::<Drawer<Site>>().want(site);
        }
        if let Some(organization) = self.draft.organization {
            desk.shelf::<Drawer<Organization>>().want(organization);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Need>, Refusal> {
        let stated = desk.shelf::<Drawer<Need>>().group(self.id)?;
        if let Some(first) = stated.iter().min_by_key(|row| row.revision) {
            let is_same = first.draft()? == self.draft;
            return match newest(&stated).filter(|_| is_same) {
                Some(newest) => Ok(newest),
                // Who has it is told to whoever reads that one.
                None => Err(id_reused("need", self.id).with("holder", self.id.to_string()).into()),
            };
        }
        let draft = &self.draft;
        if desk.shelf::<Drawer<Programme>>().find(draft.programme)?.is_none() {
            return Err(unknown("/programme", "programme", draft.programme).into());
        }
        if desk.shelf::<Drawer<Item>>().find(draft.item)?.is_none() {
            return Err(unknown("/item", "item", draft.item).into());
        }
        if let Some(organization) = draft.organization
            && desk.shelf::<Drawer<Organization>>().find(organization)?.is_none()
        {
            return Err(unknown("/organization", "organization", organization).into());
        }
        let country = self.country(desk)?;
        let moment = begin(desk, self.id, "need.stated", None);
        let told = Told { id: self.id, revision: 1, country, state: NeedState::Open, reason: None };
        Ok(keep(desk, told, draft, moment))
    }
}

/// Changes a need, or says how it stands from now on.
pub struct NeedChange {
    /// Who says so.
    pub actor: Actor,
    /// Which.
    pub id: NeedId,
    /// The revision that was read.
    pub read: IfMatch,
    /// What changes.
    pub edit: NeedEdit,
}

impl Update for NeedChange {
    type Answer = Arc<Need>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<Need>>().want_group(self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<Need>, Refusal> {
        let stated = desk.shelf::<Drawer<Need>>().group(self.id)?;
        let known = newest(&stated).ok_or_else(Problem::not_found)?;
        self.read.check(known.revision)?;
        let (before, state) = (known.draft()?, known.state()?);
        let draft = before.edited(&self.edit)?;
        let is_edited = draft != before;
        let (after, reason) = state_after(state, known.reason.as_deref(), &self.edit, is_edited)?;
        if !is_edited && after == state {
            return Ok(known);
        }
        let action = match after {
            _ if after == state => "need.changed",
            NeedState::Open => "need.reopened",
            NeedState::Closed => "need.closed",
            NeedState::Withdrawn => "need.withdrawn",
        };
        let why = reason.clone().filter(|_| after != state);
        let moment = begin(desk, self.id, action, why);
        let revision = known.revision + 1;
        let told = Told { id: self.id, revision, country: known.country.clone(), state: after, reason };
        Ok(keep(desk, told, &draft, moment))
    }
}

/// Stages what is said of an open need by now, in an entry of its own.
pub(super) fn change(desk: &mut Desk, known: &Need, draft: &NeedDraft) -> Arc<Need> {
    let moment = begin(desk, known.need_id, "need.changed", None);
    let (revision, country) = (known.revision + 1, known.country.clone());
    let (state, reason) = (NeedState::Open, known.reason.clone());
    keep(desk, Told { id: known.need_id, revision, country, state, reason }, draft, moment)
}

/// What counts of a need now.
pub(super) fn newest(stated: &[Arc<Need>]) -> Option<Arc<Need>> {
    stated.iter().max_by_key(|row| row.revision).cloned()
}

fn begin(desk: &mut Desk, id: NeedId, action: &str, reason: Option<String>) -> Moment {
    desk.begin(Entry { action: action.to_owned(), kind: "need", id: id.0, reason })
}

/// What is told of a need beside its draft.
struct Told {
    id: NeedId,
    revision: i64,
    country: String,
    state: NeedState,
    reason: Option<String>,
}

/// Stages the next row of a need, within the entry that is open.
fn keep(desk: &mut Desk, told: Told, draft: &NeedDraft, moment: Moment) -> Arc<Need> {
    let row = Need {
        id: derived(told.id.0, "need", u64::try_from(told.revision).unwrap_or(0)),
        need_id: told.id,
        revision: told.revision,
        programme_id: draft.programme,
        item_id: draft.item,
        quantity: draft.quantity.get(),
        site_id: draft.site,
        area: draft.area.clone(),
        country: told.country,
        needed_by: draft.needed_by.clone(),
        people: draft.people,
        priority: draft.priority.word().to_owned(),
        shelf_life_days: draft.shelf_life_days,
        source: draft.source.clone(),
        organization_id: draft.organization,
        reference: draft.reference.clone(),
        note: draft.note.clone(),
        circulated: draft.circulated,
        state: told.state.word().to_owned(),
        reason: told.reason,
        sequence: moment.sequence,
        recorded_at: moment.recorded_at,
    };
    desk.shelf::<Drawer<Need>>().put(row.clone());
    Arc::new(row)
}
