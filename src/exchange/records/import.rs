//! Every record stated and every event posted, in the order of the file.
//!
//! Each row has its own answer, and one that is refused takes nothing with it but what names it.

use super::again::Again;
use super::read::{Records, Row, Stated};
use crate::auth::Action;
use crate::consignments::{ConsignmentOpen, LoadRecord};
use crate::core::problem::{Outcome, Problem};
use crate::events::PostEvent;
use crate::exchange::apply::{Progress, Recorder, SettlePack, import_actor};
use crate::exchange::headcounts::RowRefused;
use crate::exchange::jobs::ImportRow;
use crate::exchange::noted::Noted;
use crate::exchange::sheets::{Fate, JudgedRow, RowReason};
use crate::ledger::event::EventStatus;
use crate::pledges::PledgeOffer;
use crate::writer::{Actor, Recorded, Update};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// What became of a file of records.
#[derive(Debug, Default, Serialize)]
pub struct RecordsImported {
    /// Rows that were not there and are now.
    pub created: u64,
    /// Rows that were there just so.
    pub unchanged: u64,
    /// Rows that are not in.
    pub rejected: Vec<RowRefused>,
}

/// Who states records, what is noted of each, and who hears what became of them.
pub struct Stating<'a> {
    /// Who states what needs an action; refused where that one may not.
    pub actor: &'a dyn Fn(Action) -> Outcome<Actor>,
    /// The row that is noted with a record, where rows are kept.
    pub note: &'a dyn Fn(u32, Uuid) -> Option<ImportRow>,
    /// Rows up to this one were stated before.
    pub behind: u32,
    /// Hears what became of some rows, in their order.
    pub done: &'a mut dyn FnMut(Vec<JudgedRow>) -> Outcome<()>,
}

impl Records {
    /// Brings what the file states into the ledger in the name of whoever holds that, or rehearses it.
    ///
    /// # Errors
    /// Where the database cannot be read or written.
    pub fn import(&self, recorder: &mut Recorder, progress: Progress<'_>) -> Outcome<RecordsImported> {
        let mut imported = RecordsImported::default();
        let (total, mut reached) = (self.count(), 0);
        let mut done = |rows: Vec<JudgedRow>| {
            reached += rows.len();
            for row in rows {
                let reasons: Vec<&str> = row.reasons.iter().map(|reason| reason.words.as_str()).collect();
                let reason = reasons.join("; ");
                match row.fate {
                    Fate::Created | Fate::Updated => imported.created += 1,
                    Fate::Unchanged | Fate::Skipped => imported.unchanged += 1,
                    Fate::Refused | Fate::Waiting => {
                        imported.rejected.push(RowRefused { row: row.row, reason });
                    }
                }
            }
            progress(reached, total);
            Ok(())
        };
        let actor = |_: Action| Ok(import_actor(&self.mapping));
        let stating = Stating { actor: &actor, note: &|_, _| None, behind: 0, done: &mut done };
        self.import_by(recorder, stating)?;
        imported.rejected.sort_by_key(|refused| refused.row);
        Ok(imported)
    }

    /// The same in the name of whoever `stating` says, who hears what becomes of the rows.
    ///
    /// # Errors
    /// Where the database cannot be read or written; what `stating.done` refuses.
    pub fn import_by(&self, recorder: &mut Recorder, stating: Stating<'_>) -> Outcome<()> {
        let mut becoming = Becoming::default();
        let mut stage = Stage::default();
        for row in self.rows(stating.behind)? {
            let Row { number, bytes, stated } = row?;
            match stated {
                Ok(stated) => {
                    becoming.ids.insert(number, stated.id());
                    stage.bytes += bytes;
                    match (stating.actor)(stated.action()) {
                        Ok(actor) => {
                            let note = (stating.note)(number, stated.id());
                            stage.add((number, note), stated, &Arc::new(actor));
                        }
                        Err(problem) => becoming.refuse(number, &problem),
                    }
                }
                Err(reason) => {
                    becoming.note(number, Err((Fate::Refused, vec![RowReason::whole(reason)])));
                }
            }
            if stage.is_full() || becoming.is_full() {
                stage.record(recorder, &mut becoming)?;
                (stating.done)(becoming.told())?;
            }
        }
        stage.record(recorder, &mut becoming)?;
        (stating.done)(becoming.told())
    }
}

/// Updates handed to the writer at once: as many as a few of its batches take.
const STAGE_ROWS: usize = 1_024;
/// Bytes of them, so that rows of long bodies take no more memory than many of short ones.
const STAGE_BYTES: usize = 2 * 1_024 * 1_024;

/// What became of each row; a row may be several updates.
#[derive(Default)]
struct Becoming {
    rows: BTreeMap<u32, Result<bool, (Fate, Vec<RowReason>)>>,
    ids: BTreeMap<u32, Uuid>,
}

impl Becoming {
    fn is_full(&self) -> bool {
        self.rows.len() >= STAGE_ROWS
    }

    fn refuse(&mut self, row: u32, problem: &Problem) {
        let reasons = match problem.errors.as_slice() {
            [] => vec![RowReason::whole(problem.detail.as_str())],
            errors => errors.iter().map(RowReason::of).collect(),
        };
        self.note(row, Err((Fate::Refused, reasons)));
    }

    fn note(&mut self, row: u32, became: Result<bool, (Fate, Vec<RowReason>)>) {
        let known = self.rows.entry(row).or_insert(Ok(false));
        match (&known, became) {
            (Err(_), _) => {}
            (Ok(before), Ok(is_new)) => *known = Ok(*before || is_new),
            (Ok(_), Err(reason)) => *known = Err(reason),
        }
    }

    /// The verdicts so far, which are told once.
    fn told(&mut self) -> Vec<JudgedRow> {
        let ids = std::mem::take(&mut self.ids);
        let judged = std::mem::take(&mut self.rows).into_iter().map(|(row, became)| {
            let subject = ids.get(&row).copied();
            let key = subject.map(|id| id.to_string()).unwrap_or_default();
            let (fate, reasons) = match became {
                Ok(true) => (Fate::Created, Vec::new()),
                Ok(false) => (Fate::Unchanged, Vec::new()),
                Err(told) => told,
            };
            JudgedRow { row, key, fate, subject, reasons }
        });
        judged.collect()
    }
}

/// A row of the file, with what is noted of it where rows are kept.
type At = (u32, Option<ImportRow>);

/// Rows of one kind after the other, which are recorded together.
#[derive(Default)]
struct Stage {
    organizations: Vec<(At, Again<crate::parties::Organization>)>,
    programmes: Vec<(At, Again<crate::programmes::Programme>)>,
    items: Vec<(At, Again<crate::items::Item>)>,
    packs: Vec<(At, SettlePack)>,
    sites: Vec<(At, Again<crate::sites::Site>)>,
    pledges: Vec<(At, PledgeOffer)>,
    consignments: Vec<(At, ConsignmentOpen)>,
    loads: Vec<(At, LoadRecord)>,
    events: Vec<(At, PostEvent)>,
    count: usize,
    bytes: usize,
}

impl Stage {
    fn is_full(&self) -> bool {
        self.count >= STAGE_ROWS || self.bytes >= STAGE_BYTES
    }

    fn add(&mut self, at: At, stated: Stated, actor: &Arc<Actor>) {
        self.count += 1;
        let by = Arc::clone(actor);
        match stated {
            Stated::Organization(wanted) => self.organizations.push((at, Again { actor: by, wanted })),
            Stated::Programme(wanted) => self.programmes.push((at, Again { actor: by, wanted })),
            Stated::Item(wanted, packs) => {
                let pack = |wanted| ((at.0, None), SettlePack { actor: Arc::clone(actor), wanted });
                self.packs.extend(packs.into_iter().map(pack));
                self.items.push((at, Again { actor: by, wanted }));
            }
            Stated::Site(wanted) => self.sites.push((at, Again { actor: by, wanted })),
            Stated::Pledge(id, new) => {
                self.pledges.push((at, PledgeOffer::out_of_a_file(id, new, actor.as_ref().clone())));
            }
            Stated::Consignment(id, new) => {
                let open = ConsignmentOpen::out_of_a_file(id, new, actor.as_ref().clone());
                self.consignments.push((at, open));
            }
            Stated::Load(id, new) => self.loads.push((at, LoadRecord::new(id, new, actor.as_ref().clone()))),
            Stated::Event(command) => {
                self.events.push((at, PostEvent::new(command, actor.as_ref().clone())));
            }
        }
    }

    /// Records what is staged, what others name first.
    fn record(&mut self, recorder: &mut Recorder, becoming: &mut Becoming) -> Outcome<()> {
        let staged = std::mem::take(self);
        record(recorder, staged.organizations, becoming, |_| None)?;
        record(recorder, staged.programmes, becoming, |_| None)?;
        record(recorder, staged.items, becoming, |_| None)?;
        record(recorder, staged.packs, becoming, |_| None)?;
        record(recorder, staged.sites, becoming, |_| None)?;
        record(recorder, staged.pledges, becoming, |_| None)?;
        record(recorder, staged.consignments, becoming, |_| None)?;
        record(recorder, staged.loads, becoming, |_| None)?;
        record(recorder, staged.events, becoming, |result| match result.status {
            EventStatus::Posted => None,
            EventStatus::Waiting | EventStatus::Proposed => {
                let waits_for = result.waits_for.clone().unwrap_or_default();
                Some(format!("it is acknowledged and counts for nothing yet: {waits_for}"))
            }
        })
    }
}

/// Records updates of one kind; `waits` says why what was acknowledged counts for nothing yet.
fn record<U: Update>(
    recorder: &mut Recorder,
    updates: Vec<(At, U)>,
    becoming: &mut Becoming,
    waits: impl Fn(&U::Answer) -> Option<String>,
) -> Outcome<()> {
    let (rows, updates): (Vec<u32>, Vec<Noted<U>>) = updates
        .into_iter()
        .map(|((row, note), update)| (row, Noted::new(update, note, |_| Fate::Created)))
        .unzip();
    let answers: Vec<Outcome<Recorded<U::Answer>>> = recorder.record_all(updates, &mut |_| {})?;
    for (row, answer) in rows.into_iter().zip(answers) {
        match answer {
            Ok(recorded) => {
                let is_new = recorded.leaf.is_some();
                let waits =
                    waits(&recorded.answer).map(|words| (Fate::Waiting, vec![RowReason::whole(words)]));
                becoming.note(row, waits.map_or(Ok(is_new), Err));
            }
            Err(problem) => becoming.refuse(row, &problem),
        }
    }
    Ok(())
}
