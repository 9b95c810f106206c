//! Posting what a sheet found, as one `counted` event: decided, proposed and approved as any other.

use super::fill::{Fate, fate};
use super::rules::{LineReason, check_standing, reasons};
use super::store::{CountLine, CountSheet, find_sheet, want_sheet};
use crate::core::id::{CountSheetId, EventId, LotId};
use crate::core::problem::{Code, Problem};
use crate::core::quantity::Quantity;
use crate::core::time::Precision;
use crate::events::{Command, Kind, PostEvent};
use crate::ledger::event::{EventRecord, EventResult, Halt};
use crate::stock::{Counted, CountedLine, Heap, recorded_at};
use crate::writer::{Actor, Desk, Drawer, Entry, Refusal, Update};
use std::collections::BTreeMap;
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
        check_unchanged(desk, &sheet, &lines)?;
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
            revision: sheet.revision + 1,
            ..sheet.as_ref().clone()
        };
        desk.shelf::<Drawer<CountSheet>>().put(posted.clone());
        Ok((Arc::new(posted), result))
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

/// Refuses a sheet where something that was told since it was handed in says otherwise what lay there at its minute:
/// what its counters found would then be compared with something nobody has looked at.
fn check_unchanged(desk: &mut Desk, sheet: &CountSheet, lines: &[Arc<CountLine>]) -> Result<(), Refusal> {
    let mut missed = false;
    for line in lines {
        let heap = Heap {
            site: sheet.site_id,
            item: line.item_id,
            lot: Some(line.lot_id),
            condition: line.condition(),
        };
        let recorded = match recorded_at(desk, &heap, sheet.as_of) {
            Ok((recorded, _)) => recorded,
            Err(Halt::Refused(Refusal::Missed)) => {
                missed = true;
                continue;
            }
            Err(Halt::Refused(refusal)) => return Err(refusal),
            Err(Halt::Waits(wait)) => return Err(Problem::internal(wait.reason).into()),
        };
        if recorded != line.expected && !missed {
            let words = format!(
                "By now {recorded} base units of line {} are recorded at the minute of this sheet; {} were when it was \
                 handed in. Its crossed_by says which entries were told since. Void it, open another as of the same \
                 minute, and enter its figures there.",
                line.ordinal, line.expected
            );
            let problem = Problem::new(Code::WrongState, words).with("line", line.ordinal);
            return Err(problem.with("recorded", recorded).with("expected", line.expected).into());
        }
    }
    if missed { Err(Refusal::Missed) } else { Ok(()) }
}
