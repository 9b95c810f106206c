//! Posting what a sheet found, as one `counted` event: decided, proposed and approved as any other.

use super::fill::{Fate, Snapshot, fate, keep};
use super::rules::{LineReason, Recorded, check_standing, check_unchanged, reasons};
use super::store::{CountLine, CountSheet, find_sheet, want_sheet};
use crate::core::id::{CountSheetId, EventId, ItemId, LotId};
use crate::core::problem::{Code, Problem};
use crate::core::quantity::Quantity;
use crate::core::time::Precision;
use crate::events::{Command, Kind, PostEvent};
use crate::items::Lot;
use crate::ledger::event::{EventRecord, EventResult, Halt, all_or_missed};
use crate::stock::{Counted, CountedLine, heaps_at};
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Posts a sheet.
pub(super) struct SheetPost {
    /// Who posts it, in the scope in which it may post events.
    pub(super) actor: Actor,
    pub(super) id: CountSheetId,
    /// The event's identifier, where the caller made one.
    pub(super) event: Option<EventId>,
    /// The one it gets otherwise.
    pub(super) fallback: EventId,
    pub(super) reason: Option<String>,
    pub(super) reasons: Vec<LineReason>,
    /// What is recorded at its minute, as it was looked up for this.
    pub(super) snapshot: Snapshot,
}

/// A posted sheet, and what became of its event.
pub(super) type PostedSheet = (Arc<CountSheet>, EventResult);

impl Update for SheetPost {
    type Answer = PostedSheet;

    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn keys(&self, desk: &mut Desk) {
        want_sheet(desk, self.id);
        desk.shelf::<Drawer<EventRecord>>().want(self.event.unwrap_or(self.fallback));
    }

    fn decide(&self, desk: &mut Desk) -> Result<PostedSheet, Refusal> {
        let (sheet, lines) = find_sheet(desk, self.id)?;
        check_standing(&sheet)?;
        if sheet.submitted_at.is_none() {
            let words = "This sheet is still being counted. Hand it in first; then its figures stay.";
            return Err(Problem::new(Code::WrongState, words).with("state", "counting").into());
        }
        let why = reasons(&lines, self.reason.as_deref(), &self.reasons)?;
        if let Some(known) = sheet.event_id {
            match fate(desk, known)? {
                Fate::Posted | Fate::Proposed | Fate::Reversed => {
                    self.check_same(known)?;
                    // The same again is answered as at first, and anything else is refused, by what posts events.
                    let result = self.command(&sheet, &lines, &why, known)?.decide(desk)?;
                    return Ok((sheet, result));
                }
                Fate::Over => {}
            }
        }
        // The whole site was looked at outside; of the items of the sheet, what was told since then is looked at here.
        check_unchanged(&sheet, &lines, &self.snapshot.heaps)?;
        let recorded = recorded_by_now(desk, &sheet, &lines)?;
        check_unchanged(&sheet, &lines, &recorded)?;
        let event = self.event.unwrap_or(self.fallback);
        let result = self.command(&sheet, &lines, &why, event)?.decide(desk)?;
        let reason = self.reason.clone();
        let moment = desk.begin(Entry {
            action: "count_sheet.posted".to_owned(),
            kind: "count_sheet",
            id: self.id.0,
            reason,
        });
        let posted = CountSheet {
            event_id: Some(event),
            posted_by: Some(self.actor.user),
            posted_at: Some(moment.recorded_at),
            ..sheet.as_ref().clone()
        };
        Ok((keep(desk, posted), result))
    }
}

impl SheetPost {
    fn check_same(&self, known: EventId) -> Result<(), Problem> {
        if self.event.is_none_or(|event| event == known) {
            return Ok(());
        }
        let words = format!("This sheet was posted as the event {known}; a sheet is posted once.");
        Err(Problem::new(Code::WrongState, words).at("/event").with("event", known.to_string()))
    }

    /// The event a sheet is posted as: its figures, at its minute.
    fn command(
        &self,
        sheet: &CountSheet,
        lines: &[Arc<CountLine>],
        why: &BTreeMap<i64, String>,
        event: EventId,
    ) -> Result<PostEvent, Problem> {
        let line = |line: &Arc<CountLine>| -> Result<CountedLine, Problem> {
            let counted = line.counted.and_then(Quantity::new);
            let missing =
                || Problem::internal(format!("line {} of {} has no figure", line.ordinal, sheet.id));
            Ok(CountedLine {
                item: line.item_id,
                lot: line.lot.clone(),
                lot_unknown: line.lot_id == LotId::unknown(line.item_id),
                condition: line.condition(),
                counted: counted.ok_or_else(missing)?,
                pack: None,
                reason: why.get(&line.ordinal).cloned(),
            })
        };
        let body = Counted {
            site: sheet.site_id,
            programme: sheet.programme_id,
            lines: lines.iter().map(line).collect::<Result<_, _>>()?,
            reason: self.reason.clone(),
            sheet: Some(sheet.id),
        };
        let kind = Kind::Counted(Box::new(body));
        let command = Command::made_here(event, sheet.as_of, Precision::Minute, kind)?;
        Ok(PostEvent::new(command, self.actor.clone()))
    }
}

/// What is recorded at the minute of a sheet of the items that are on it, what was told just now included.
fn recorded_by_now(
    desk: &mut Desk,
    sheet: &CountSheet,
    lines: &[Arc<CountLine>],
) -> Result<Vec<Recorded>, Refusal> {
    let items: BTreeSet<ItemId> = lines.iter().map(|line| line.item_id).collect();
    let numbers: HashMap<LotId, Option<String>> =
        lines.iter().map(|line| (line.lot_id, line.lot.clone())).collect();
    let mut found = Vec::new();
    let looked = all_or_missed(items, |item| {
        for ((lot, condition), quantity) in heaps_at(desk, sheet.site_id, item, sheet.as_of)? {
            let number = match numbers.get(&lot) {
                Some(number) => number.clone(),
                None => desk.shelf::<Drawer<Lot>>().find(lot)?.map(|lot| lot.number.clone()),
            };
            found.push(Recorded { heap: (item, lot, condition.code()), lot: number, quantity });
        }
        Ok(())
    });
    match looked {
        Ok(()) => Ok(found),
        Err(Halt::Refused(refusal)) => Err(refusal),
        Err(Halt::Waits(wait)) => Err(Problem::internal(wait.reason).into()),
    }
}
