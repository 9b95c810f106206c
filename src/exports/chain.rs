//! What an event came to be: the event itself, and everything that restated it since.
//!
//! A correction posts the difference to what it corrects, so that what happened by it is everything of its chain added up. Never
//! here: a figure of an event that its reader does not reach.

use super::write::Export;
use crate::auth::now;
use crate::core::id::EventId;
use crate::core::problem::Outcome;
use crate::db::Conn;
use crate::events::{EventView, events_about, events_named};
use crate::ledger::{Account, Condition};
use crate::reconciliation::{EntryTold, entries_of};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Goods by item and lot, which is none where it is not known.
pub(super) type Goods = BTreeMap<(Uuid, Option<Uuid>), (i64, EntryTold)>;

/// The heaps that an event added to and took from: by account, condition and site.
type Heap = (Account, Condition, Option<Uuid>);

/// Events with all that restates them, and the entries of each.
pub(super) struct Chains {
    events: HashMap<EventId, EventView>,
    /// The events of each chain in the order they were recorded, by the first.
    members: HashMap<EventId, Vec<EventId>>,
    entries: HashMap<i64, Vec<EntryTold>>,
}

/// Whether an event takes the place of the one it is about.
fn restates(event: &EventView, about: Option<&EventView>) -> bool {
    matches!(event.kind.as_str(), "corrected" | "reversed")
        || about.is_some_and(|about| about.kind == event.kind)
}

impl Chains {
    /// Reads the chains of a page of events: two steps back to the first of each, since a reversal may take a correction back,
    /// and two steps from there.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) fn of(conn: &mut Conn, export: &Export, page: &[EventView]) -> Outcome<Self> {
        let scope = &export.question.scope;
        let mut found: BTreeMap<i64, EventView> = BTreeMap::new();
        let about = |events: &[EventView]| -> Vec<EventId> {
            events.iter().filter_map(|event| event.about).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let corrected = events_named(conn, scope, &about(page))?;
        let first = events_named(conn, scope, &about(&corrected))?;
        let ids: Vec<EventId> = corrected.iter().chain(&first).map(|event| event.id).collect();
        let until = export.stamp.sequence;
        let restating = events_about(conn, scope, &ids, until)?;
        let ids: Vec<EventId> = restating.iter().map(|event| event.id).collect();
        let again = events_about(conn, scope, &ids, until)?;
        let all =
            page.iter().map(EventView::clone).chain(corrected).chain(first).chain(restating).chain(again);
        found.extend(all.map(|event| (event.sequence, event)));
        let sequences: Vec<i64> = found.keys().copied().collect();
        let mut entries: HashMap<i64, Vec<EntryTold>> = HashMap::new();
        for entry in entries_of(conn, &export.question, &sequences, now())? {
            entries.entry(entry.sequence).or_default().push(entry);
        }
        let in_order: Vec<EventId> = found.values().map(|event| event.id).collect();
        let events: HashMap<EventId, EventView> =
            found.into_values().map(|event| (event.id, event)).collect();
        let mut chains = Self { events, members: HashMap::new(), entries };
        for id in in_order {
            let first = chains.first_of(id);
            chains.members.entry(first).or_default().push(id);
        }
        Ok(chains)
    }

    /// Every event of them.
    pub(super) fn ids(&self) -> Vec<EventId> {
        self.events.keys().copied().collect()
    }

    /// The first event of the chain of one.
    fn first_of(&self, id: EventId) -> EventId {
        let mut first = id;
        while let Some(event) = self.events.get(&first)
            && let Some(about) = event.about.and_then(|about| self.events.get(&about))
            && restates(event, Some(about))
            && about.sequence < event.sequence
        {
            first = about.id;
        }
        first
    }

    /// The event that an event is told as: the first of its chain, or itself.
    pub(super) fn told_as<'a>(&'a self, event: &'a EventView) -> &'a EventView {
        self.events.get(&self.first_of(event.id)).unwrap_or(event)
    }

    /// The event that stood before this one restated it, where one did.
    pub(super) fn stood_before(&self, event: &EventView) -> Option<&EventView> {
        let first = self.first_of(event.id);
        if first == event.id {
            return None;
        }
        let members = self.members.get(&first)?;
        let mut earlier =
            members.iter().filter_map(|id| self.events.get(id)).filter(|one| one.sequence < event.sequence);
        let last = earlier.next_back()?;
        (!self.goods_after(last).is_empty() || last.id == first).then_some(last)
    }

    /// What the chain of an event moved, with all up to the event.
    pub(super) fn goods_after(&self, event: &EventView) -> Goods {
        let first = self.first_of(event.id);
        let own = vec![event.id];
        let members = self.members.get(&first).unwrap_or(&own);
        let counted =
            members.iter().filter_map(|id| self.events.get(id)).filter(|one| one.sequence <= event.sequence);
        let entries = counted.filter_map(|one| self.entries.get(&one.sequence)).flatten();
        let is_receipt = self.told_as(event).kind == "received";
        goods(entries.filter(|entry| !(is_receipt && entry.account == Account::Missing)))
    }
}

/// What entries moved: what they added to the heaps they added to, sources apart.
fn goods<'a>(entries: impl Iterator<Item = &'a EntryTold>) -> Goods {
    let mut heaps: BTreeMap<(Uuid, Option<Uuid>, Heap), (i64, &EntryTold)> = BTreeMap::new();
    for entry in entries.filter(|entry| !entry.account.is_source()) {
        let heap = (entry.account, entry.condition, entry.site.as_ref().map(|site| site.id));
        let key = (entry.item.id, entry.lot.as_ref().map(|lot| lot.id), heap);
        heaps.entry(key).or_insert((0, entry)).0 += entry.quantity;
    }
    let mut goods = Goods::new();
    for ((item, lot, _), (quantity, entry)) in heaps {
        if quantity > 0 {
            goods.entry((item, lot)).or_insert_with(|| (0, entry.clone())).0 += quantity;
        }
    }
    goods
}
