//! Opening a sheet, entering figures on it, handing it in, voiding it.

use super::rules::{
    CountEntry, Recorded, SheetDraft, SheetHeap, check_complete, check_counting, check_listed,
    check_standing, understand,
};
use super::store::{CountLine, CountSheet, find_sheet, want_sheet};
use crate::core::check::id_reused;
use crate::core::id::{CountLineId, CountSheetId, EventId, ItemId, LotId, derived};
use crate::core::problem::{Code, Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::events::approval_of;
use crate::items::Item;
use crate::items::goods::LINES_MAXIMUM;
use crate::ledger::event::EventRecord;
use crate::programmes::Programme;
use crate::proposals::{Approval, ApprovalState};
use crate::sites::Site;
use crate::writer::{Actor, Desk, Drawer, Entry, Moment, Refusal, Update};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// What was recorded at a site at a minute, as it was known at a moment of the ledger.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub(super) heaps: Vec<Recorded>,
    pub(super) known_at: i64,
}

fn begin(desk: &mut Desk, action: &str, id: CountSheetId, reason: Option<String>) -> Moment {
    let moment =
        desk.begin(Entry { action: format!("count_sheet.{action}"), kind: "count_sheet", id: id.0, reason });
    desk.touch(id.0);
    moment
}

fn line_id(sheet: CountSheetId, ordinal: i64) -> CountLineId {
    derived(sheet.0, "count line", ordinal.unsigned_abs())
}

/// Opens a sheet.
pub(super) struct SheetOpen {
    actor: Actor,
    id: CountSheetId,
    draft: SheetDraft,
    as_of: Timestamp,
    body_hash: Vec<u8>,
    snapshot: Snapshot,
}

impl SheetOpen {
    /// A sheet over what was recorded at its minute; `id` stands where the caller gave none.
    ///
    /// # Errors
    /// `invalid` where there is more than one event can count.
    pub(super) fn new(
        actor: Actor,
        draft: SheetDraft,
        as_of: Timestamp,
        snapshot: Snapshot,
        id: CountSheetId,
    ) -> Outcome<Self> {
        let id = draft.id.unwrap_or(id);
        let draft = SheetDraft { id: None, ..draft };
        let text = serde_json::to_vec(&draft).map_err(|error| Problem::internal(error.to_string()))?;
        let body_hash = Sha256::digest(text).to_vec();
        let count = snapshot.heaps.len();
        if count > LINES_MAXIMUM {
            let words = format!(
                "would be {count} lines, and a sheet has at most {LINES_MAXIMUM}; open several, each of some items"
            );
            return Err(Problem::field("/items", words));
        }
        Ok(Self { actor, id, draft, as_of, body_hash, snapshot })
    }

    /// What the sheet lists: what lay there, and of items that were named those of which nothing did.
    fn heaps(&self) -> Vec<Recorded> {
        let mut heaps = self.snapshot.heaps.clone();
        for item in self.draft.items.iter().flatten() {
            if heaps.iter().all(|one| one.heap.0 != *item) {
                heaps.push(Recorded { heap: (*item, LotId::unknown(*item), 0), lot: None, quantity: 0 });
            }
        }
        heaps
    }
}

impl Update for SheetOpen {
    type Answer = Arc<CountSheet>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        desk.shelf::<Drawer<CountSheet>>().want(self.id);
        desk.shelf::<Drawer<Site>>().want(self.draft.site);
        for item in self.draft.items.iter().flatten() {
            desk.shelf::<Drawer<Item>>().want(*item);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<CountSheet>, Refusal> {
        if let Some(known) = desk.shelf::<Drawer<CountSheet>>().find(self.id)? {
            if known.body_hash != self.body_hash {
                return Err(id_reused("count sheet", self.id).into());
            }
            return Ok(known);
        }
        desk.shelf::<Drawer<Site>>().find(self.draft.site)?.ok_or_else(Problem::not_found)?;
        if let Some(programme) = self.draft.programme
            && desk.shelf::<Drawer<Programme>>().find(programme)?.is_none()
        {
            return Err(Problem::field("/programme", format!("There is no programme {programme}."))
                .coded(Fault::Unknown)
                .into());
        }
        for (index, item) in self.draft.items.iter().flatten().enumerate() {
            check_item(desk, &format!("/items/{index}"), *item)?;
        }
        desk.shelf::<Drawer<CountLine>>().begin_group(self.id);
        let moment = begin(desk, "opened", self.id, None);
        let sheet = CountSheet {
            id: self.id,
            site_id: self.draft.site,
            as_of: self.as_of,
            blind: self.draft.blind.unwrap_or(true),
            whole: self.draft.items.is_none(),
            programme_id: self.draft.programme,
            note: self.draft.note.clone(),
            body_hash: self.body_hash.clone(),
            known_at: self.snapshot.known_at,
            opened_by: self.actor.user,
            opened_at: moment.recorded_at,
            submitted_by: None,
            submitted_at: None,
            submitted_known_at: None,
            event_id: None,
            posted_by: None,
            posted_at: None,
            voided_by: None,
            voided_at: None,
            void_reason: None,
            revision: 1,
        };
        desk.shelf::<Drawer<CountSheet>>().put(sheet.clone());
        for (ordinal, one) in (1..).zip(self.heaps()) {
            let line = line_of(self.id, ordinal, one.heap, one.lot);
            desk.shelf::<Drawer<CountLine>>().put(CountLine { expected: one.quantity, ..line });
        }
        Ok(Arc::new(sheet))
    }
}

fn check_item(desk: &mut Desk, pointer: &str, item: ItemId) -> Result<(), Refusal> {
    match desk.shelf::<Drawer<Item>>().find(item)? {
        Some(_) => Ok(()),
        None => {
            Err(Problem::field(pointer, format!("There is no item {item}.")).coded(Fault::Unknown).into())
        }
    }
}

/// A line that nothing was counted of yet.
fn line_of(sheet: CountSheetId, ordinal: i64, heap: SheetHeap, lot: Option<String>) -> CountLine {
    let (item_id, lot_id, condition) = heap;
    CountLine {
        id: line_id(sheet, ordinal),
        sheet_id: sheet,
        ordinal,
        item_id,
        lot_id,
        lot,
        condition,
        expected: 0,
        found: false,
        counted: None,
        counted_by: None,
        counted_at: None,
    }
}

/// Enters figures.
pub(super) struct SheetCount {
    pub(super) actor: Actor,
    pub(super) id: CountSheetId,
    /// Each with where it stands in what was sent.
    pub(super) entries: Vec<(String, CountEntry)>,
}

impl Update for SheetCount {
    type Answer = Arc<CountSheet>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_sheet(desk, self.id);
        for item in self.entries.iter().filter_map(|(_, entry)| entry.item) {
            desk.shelf::<Drawer<Item>>().want(item);
        }
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<CountSheet>, Refusal> {
        let (sheet, lines) = find_sheet(desk, self.id)?;
        check_counting(&sheet)?;
        let entered = understand(&lines, &self.entries)?;
        for one in &entered.found {
            check_item(desk, &format!("{}/item", one.pointer), one.heap.0)?;
        }
        let figure = |line: &CountLine| entered.counted.get(&line.ordinal).copied();
        let changed: Vec<&Arc<CountLine>> =
            lines.iter().filter(|line| figure(line).is_some_and(|to| line.counted != Some(to))).collect();
        if changed.is_empty() && entered.found.is_empty() {
            return Ok(sheet);
        }
        let moment = begin(desk, "counted", self.id, None);
        let counted = |line: CountLine, figure: Option<i64>| CountLine {
            counted: figure,
            counted_by: Some(self.actor.user),
            counted_at: Some(moment.recorded_at),
            ..line
        };
        for line in changed {
            let line = counted(line.as_ref().clone(), figure(line));
            desk.shelf::<Drawer<CountLine>>().put(line);
        }
        let last = lines.last().map_or(0, |line| line.ordinal);
        for (ordinal, one) in (last + 1..).zip(entered.found) {
            let line = line_of(self.id, ordinal, one.heap, one.lot);
            let line = counted(CountLine { found: true, ..line }, Some(one.counted));
            desk.shelf::<Drawer<CountLine>>().put(line);
        }
        Ok(keep(desk, sheet.as_ref().clone()))
    }
}

/// Keeps a sheet as it was changed.
pub(super) fn keep(desk: &mut Desk, sheet: CountSheet) -> Arc<CountSheet> {
    let sheet = CountSheet { revision: sheet.revision + 1, ..sheet };
    desk.shelf::<Drawer<CountSheet>>().put(sheet.clone());
    Arc::new(sheet)
}

/// Hands a sheet in. What is recorded at its minute is looked up once more, so that what was told since it was opened
/// is in what it is compared with.
pub(super) struct SheetSubmit {
    pub(super) actor: Actor,
    pub(super) id: CountSheetId,
    pub(super) snapshot: Snapshot,
}

impl Update for SheetSubmit {
    type Answer = Arc<CountSheet>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_sheet(desk, self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<CountSheet>, Refusal> {
        let (sheet, lines) = find_sheet(desk, self.id)?;
        if sheet.submitted_by == Some(self.actor.user) && sheet.voided_at.is_none() {
            return Ok(sheet);
        }
        check_counting(&sheet)?;
        check_complete(&lines)?;
        check_listed(&sheet, &lines, &self.snapshot.heaps)?;
        let moment = begin(desk, "submitted", self.id, None);
        let recorded: HashMap<SheetHeap, i64> =
            self.snapshot.heaps.iter().map(|one| (one.heap, one.quantity)).collect();
        for line in &lines {
            let expected = recorded.get(&line.heap()).copied().unwrap_or(0);
            if expected != line.expected {
                let line = CountLine { expected, ..line.as_ref().clone() };
                desk.shelf::<Drawer<CountLine>>().put(line);
            }
        }
        let handed_in = CountSheet {
            submitted_by: Some(self.actor.user),
            submitted_at: Some(moment.recorded_at),
            submitted_known_at: Some(self.snapshot.known_at),
            ..sheet.as_ref().clone()
        };
        Ok(keep(desk, handed_in))
    }
}

/// What became of the event a sheet was posted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It counts.
    Posted,
    /// It was reversed.
    Reversed,
    /// Somebody else is to decide about it.
    Proposed,
    /// It was refused, or taken back.
    Over,
}

/// Looks that up.
///
/// # Errors
/// Rows missing on the desk.
pub(super) fn fate(desk: &mut Desk, event: EventId) -> Result<Fate, Refusal> {
    let posted = desk.shelf::<Drawer<EventRecord>>().find(event);
    let about = desk.shelf::<Drawer<EventRecord>>().group(Some(event));
    let approval = desk.shelf::<Drawer<Approval>>().find(approval_of(event))?;
    let (posted, about) = (posted?, about?);
    if posted.is_some() {
        let is_reversed = about.iter().any(|one| one.kind == "reversed");
        return Ok(if is_reversed { Fate::Reversed } else { Fate::Posted });
    }
    match approval {
        Some(approval) if approval.state()? == ApprovalState::Proposed => Ok(Fate::Proposed),
        Some(_) | None => Ok(Fate::Over),
    }
}

/// Voids a sheet. What it was posted as is taken back first.
pub(super) struct SheetVoid {
    pub(super) actor: Actor,
    pub(super) id: CountSheetId,
    pub(super) reason: String,
}

impl Update for SheetVoid {
    type Answer = Arc<CountSheet>;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_sheet(desk, self.id);
    }

    fn decide(&self, desk: &mut Desk) -> Result<Arc<CountSheet>, Refusal> {
        let (sheet, _) = find_sheet(desk, self.id)?;
        let reason = self.reason.trim().to_owned();
        if sheet.void_reason.as_ref() == Some(&reason) {
            return Ok(sheet);
        }
        check_standing(&sheet)?;
        if let Some(event) = sheet.event_id {
            let words = match fate(desk, event)? {
                Fate::Posted => "This sheet was posted; reverse its event first.",
                Fate::Proposed => {
                    "What this sheet found is proposed; withdraw that first, or have it refused."
                }
                Fate::Reversed | Fate::Over => "",
            };
            if !words.is_empty() {
                let problem = Problem::new(Code::WrongState, words).with("event", event.to_string());
                return Err(problem.into());
            }
        }
        let moment = begin(desk, "voided", self.id, Some(reason.clone()));
        let void = CountSheet {
            voided_by: Some(self.actor.user),
            voided_at: Some(moment.recorded_at),
            void_reason: Some(reason),
            ..sheet.as_ref().clone()
        };
        Ok(keep(desk, void))
    }
}
