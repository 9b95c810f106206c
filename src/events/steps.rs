//! What one person's events move step by step: corrections of the same event, and counts of the same item at the same
//! site within some days. A limit is measured over all of them together, or it would fall to small steps.
//!
//! What somebody else approved, and what was imported, has been answered for and is no step any more.

use super::kind::{Kind, Second};
use super::propose::approval_of;
use super::reverse::standing;
use crate::audit::entry::EntryWriter;
use crate::auth::is_operator;
use crate::core::id::{EventId, ItemId, SiteId, UserId};
use crate::core::time::{MICROSECONDS, Timestamp};
use crate::db::schema::{events, postings};
use crate::db::{Clause, Conn, among, either};
use crate::ledger::event::{EventRecord, Halt, all_or_missed};
use crate::ledger::origin::is_imported;
use crate::ledger::{Book, Cell};
use crate::proposals::{Approval, ApprovalState};
use crate::writer::{Desk, Drawer, Refusal, Shelf, Wanted};
use diesel::QueryResult;
use diesel::prelude::*;
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const DAY: i64 = 24 * 60 * 60 * MICROSECONDS;

/// What was moved before an event, cell by cell.
pub(super) type Moved = Vec<(Cell, i64)>;

/// The steps that led to where a correction of an event begins.
///
/// # Errors
/// Rows missing on the desk.
pub(super) fn corrections_before(desk: &mut Desk, event: EventId) -> Result<Moved, Refusal> {
    let Some(record) = desk.shelf::<Drawer<EventRecord>>().find(event)? else { return Ok(Moved::new()) };
    if Kind::second_of(&record.kind) == Some(Second::Count) {
        return match standing(desk, event) {
            Ok(net) => Ok(net.changes),
            Err(Halt::Refused(Refusal::Missed)) => Err(Refusal::Missed),
            // The decision itself says what is wrong with it.
            Err(Halt::Refused(Refusal::Problem(_)) | Halt::Waits(_)) => Ok(Moved::new()),
        };
    }
    let mut moved = Moved::new();
    add_corrections(desk, event, &mut moved)?;
    Ok(moved)
}

/// What other counts of the same items at the same site moved lately: `counted` is what this one moves.
///
/// # Errors
/// Rows missing on the desk.
pub(super) fn counts_before(
    desk: &mut Desk,
    this: EventId,
    counted: impl Iterator<Item = Cell>,
) -> Result<Moved, Refusal> {
    let since = Timestamp(desk.now().0 - i64::from(desk.limits().count_days) * DAY);
    let mut heaps: Vec<(SiteId, ItemId)> =
        counted.filter_map(|cell| cell.site.map(|site| (site, cell.item))).collect();
    heaps.sort_unstable();
    heaps.dedup();
    let mut earlier = BTreeMap::new();
    each(heaps.iter().copied(), |(site, item)| {
        for (event, sequence) in desk.shelf::<Counts>().of(site, item, since)? {
            earlier.insert(sequence, event);
        }
        Ok(())
    })?;
    earlier.retain(|_, event| *event != this);
    let mut moved = Moved::new();
    each(earlier, |(sequence, event)| {
        let about = desk.shelf::<Drawer<EventRecord>>().group(Some(event))?;
        if about.iter().any(|one| one.kind == "reversed") {
            return Ok(());
        }
        if !is_answered_for(desk, event)? {
            add(desk, sequence, &mut moved)?;
        }
        add_corrections(desk, event, &mut moved)
    })?;
    moved.retain(|(cell, _)| heaps.iter().any(|(_, item)| *item == cell.item));
    Ok(moved)
}

/// Notes a count for later ones of the same batch.
pub(super) fn note_count(desk: &mut Desk, event: EventId, sequence: i64) {
    if is_operator(desk.actor()) {
        return;
    }
    let heaps: Vec<(SiteId, ItemId)> = desk
        .shelf::<Book>()
        .staged(sequence)
        .iter()
        .filter_map(|(posted, _)| posted.cell.site.map(|site| (site, posted.cell.item)))
        .collect();
    for heap in heaps {
        desk.shelf::<Counts>().note(heap, event, sequence);
    }
}

/// Adds what the corrections of an event that stand have moved.
fn add_corrections(desk: &mut Desk, event: EventId, moved: &mut Moved) -> Result<(), Refusal> {
    let about = desk.shelf::<Drawer<EventRecord>>().group(Some(event))?;
    each(about.iter().filter(|one| one.kind == "corrected"), |one| {
        let since = desk.shelf::<Drawer<EventRecord>>().group(Some(one.id))?;
        if since.iter().any(|one| one.kind == "reversed") || is_imported(one.actor_id) {
            return Ok(());
        }
        if is_answered_for(desk, one.id)? { Ok(()) } else { add(desk, one.sequence, moved) }
    })
}

/// Whether somebody else approved an event.
fn is_answered_for(desk: &mut Desk, event: EventId) -> Result<bool, Refusal> {
    let approval = desk.shelf::<Drawer<Approval>>().find(approval_of(event))?;
    match approval {
        Some(approval) => Ok(approval.state()? == ApprovalState::Approved),
        None => Ok(false),
    }
}

fn add(desk: &mut Desk, sequence: i64, moved: &mut Moved) -> Result<(), Refusal> {
    for posted in desk.shelf::<Book>().postings_of(sequence)? {
        match moved.iter_mut().find(|(cell, _)| *cell == posted.cell) {
            Some((_, sum)) => *sum += posted.quantity,
            None => moved.push((posted.cell, posted.quantity)),
        }
    }
    Ok(())
}

/// [`all_or_missed`] for what never waits.
fn each<T>(
    things: impl IntoIterator<Item = T>,
    mut decide: impl FnMut(T) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    match all_or_missed(things, |one| decide(one).map_err(Halt::from)) {
        Ok(()) => Ok(()),
        Err(Halt::Refused(refusal)) => Err(refusal),
        Err(Halt::Waits(wait)) => {
            Err(crate::core::problem::Problem::internal(format!("a count waits: {}", wait.reason)).into())
        }
    }
}

type Count = (EventId, i64);

/// The counts that found a difference, by site and item, since when a batch asks.
#[derive(Default)]
pub struct Counts {
    stored: HashMap<(SiteId, ItemId), Vec<Count>>,
    noted: HashMap<(SiteId, ItemId), Vec<Count>>,
    wanted: HashMap<(SiteId, ItemId), Timestamp>,
    journal: Vec<(SiteId, ItemId)>,
}

impl Counts {
    fn of(&mut self, site: SiteId, item: ItemId, since: Timestamp) -> Result<Vec<Count>, Wanted> {
        let heap = (site, item);
        let Some(stored) = self.stored.get(&heap) else {
            self.wanted.insert(heap, since);
            return Err(Wanted);
        };
        Ok(stored.iter().chain(self.noted.get(&heap).into_iter().flatten()).copied().collect())
    }

    fn note(&mut self, heap: (SiteId, ItemId), event: EventId, sequence: i64) {
        self.noted.entry(heap).or_default().push((event, sequence));
        self.journal.push(heap);
    }
}

impl Shelf for Counts {
    fn is_wanting(&self) -> bool {
        !self.wanted.is_empty()
    }

    fn load(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let wanted: Vec<((SiteId, ItemId), Timestamp)> = self.wanted.drain().collect();
        let Some(since) = wanted.iter().map(|(_, since)| *since).min() else { return Ok(()) };
        let places: Vec<SiteId> = wanted.iter().map(|((site, _), _)| *site).collect();
        let goods: Vec<ItemId> = wanted.iter().map(|((_, item), _)| *item).collect();
        let found: Vec<(SiteId, ItemId, EventId, i64)> = either!(conn, one => {
            events::table
                .inner_join(postings::table.on(postings::sequence.eq(events::sequence)))
                .filter(Clause("events.kind = 'counted' AND events.site_id IS NOT NULL"))
                .filter(among(events::site_id.assume_not_null(), &places))
                .filter(events::recorded_at.gt(since))
                .filter(events::actor_id.ne(UserId(Uuid::nil())))
                .filter(among(postings::item_id, &goods))
                .select((events::site_id.assume_not_null(), postings::item_id, events::id, events::sequence))
                .distinct()
                .load(one)
        })?;
        for (heap, _) in wanted {
            let of = found.iter().filter(|(site, item, ..)| (*site, *item) == heap);
            self.stored.insert(heap, of.map(|(_, _, event, sequence)| (*event, *sequence)).collect());
        }
        Ok(())
    }

    fn mark(&self) -> usize {
        self.journal.len()
    }

    fn undo(&mut self, mark: usize) {
        while self.journal.len() > mark {
            let Some(heap) = self.journal.pop() else { return };
            self.noted.get_mut(&heap).and_then(Vec::pop);
        }
    }

    // The rows are another shelf's.
    fn describe(&self, _mark: usize, _entry: &mut EntryWriter) {}

    fn flush(&mut self, _conn: &mut Conn) -> QueryResult<()> {
        self.journal.clear();
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
