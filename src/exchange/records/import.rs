//! Every record stated and every event posted, in the order of the file.
//!
//! Each row has its own answer, and one that is refused takes nothing with it but what names it.

use super::again::Again;
use super::read::{Records, Stated};
use crate::consignments::LoadRecord;
use crate::core::problem::Outcome;
use crate::events::PostEvent;
use crate::exchange::apply::{Progress, Recorder, SettleConsignment, SettlePack, SettlePledge, import_actor};
use crate::exchange::headcounts::RowRefused;
use crate::ledger::event::EventStatus;
use crate::writer::{Recorded, Update};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

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

impl Records {
    /// Brings what the file states into the ledger, or rehearses that.
    ///
    /// # Errors
    /// Where the database cannot be read or written.
    pub fn import(self, recorder: &mut Recorder, progress: Progress<'_>) -> Outcome<RecordsImported> {
        let actor = Arc::new(import_actor(&self.mapping));
        let total = self.rows.len();
        let mut becoming = Becoming::default();
        let mut stage = Stage::default();
        for (row, stated) in self.rows {
            stage.add(row, stated, &actor);
            if stage.is_full() {
                stage.record(recorder, &mut becoming)?;
                progress(becoming.rows.len(), total);
            }
        }
        stage.record(recorder, &mut becoming)?;
        progress(total, total);
        Ok(becoming.imported(self.refused))
    }
}

/// Updates handed to the writer at once: as many as a few of its batches take.
const STAGE_ROWS: usize = 1_024;

/// What became of each row; a row may be several updates.
#[derive(Default)]
struct Becoming {
    rows: BTreeMap<u32, Result<bool, String>>,
}

impl Becoming {
    fn note(&mut self, row: u32, became: Result<bool, String>) {
        let known = self.rows.entry(row).or_insert(Ok(false));
        match (&known, became) {
            (Err(_), _) => {}
            (Ok(before), Ok(is_new)) => *known = Ok(*before || is_new),
            (Ok(_), Err(reason)) => *known = Err(reason),
        }
    }

    fn imported(self, refused: Vec<RowRefused>) -> RecordsImported {
        let mut imported = RecordsImported { rejected: refused, ..RecordsImported::default() };
        for (row, became) in self.rows {
            match became {
                Ok(true) => imported.created += 1,
                Ok(false) => imported.unchanged += 1,
                Err(reason) => imported.rejected.push(RowRefused { row, reason }),
            }
        }
        imported.rejected.sort_by_key(|refused| refused.row);
        imported
    }
}

/// Rows of one kind after the other, which are recorded together.
#[derive(Default)]
struct Stage {
    organizations: Vec<(u32, Again<crate::parties::Organization>)>,
    programmes: Vec<(u32, Again<crate::programmes::Programme>)>,
    items: Vec<(u32, Again<crate::items::Item>)>,
    packs: Vec<(u32, SettlePack)>,
    sites: Vec<(u32, Again<crate::sites::Site>)>,
    pledges: Vec<(u32, SettlePledge)>,
    consignments: Vec<(u32, SettleConsignment)>,
    loads: Vec<(u32, LoadRecord)>,
    events: Vec<(u32, PostEvent)>,
    count: usize,
}

impl Stage {
    fn is_full(&self) -> bool {
        self.count >= STAGE_ROWS
    }

    fn add(&mut self, row: u32, stated: Stated, actor: &Arc<crate::writer::Actor>) {
        self.count += 1;
        let by = Arc::clone(actor);
        match stated {
            Stated::Organization(wanted) => self.organizations.push((row, Again { actor: by, wanted })),
            Stated::Programme(wanted) => self.programmes.push((row, Again { actor: by, wanted })),
            Stated::Item(wanted, packs) => {
                let pack = |wanted| (row, SettlePack { actor: Arc::clone(actor), wanted });
                self.packs.extend(packs.into_iter().map(pack));
                self.items.push((row, Again { actor: by, wanted }));
            }
            Stated::Site(wanted) => self.sites.push((row, Again { actor: by, wanted })),
            Stated::Pledge(wanted, lines) => {
                self.pledges.push((row, SettlePledge { actor: by, wanted, lines }))
            }
            Stated::Consignment(wanted, legs) => {
                self.consignments.push((row, SettleConsignment { actor: by, wanted, legs }));
            }
            Stated::Load(id, new) => self.loads.push((row, LoadRecord::new(id, new, actor.as_ref().clone()))),
            Stated::Event(command) => {
                self.events.push((row, PostEvent::new(command, actor.as_ref().clone())));
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
        record(recorder, staged.pledges, becoming, |settled| {
            settled.lines.iter().find_map(|line| line.as_ref().err().map(|problem| problem.detail.clone()))
        })?;
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

/// Records updates of one kind; `wrong` says what speaks against an answer that is none of refusal.
fn record<U: Update>(
    recorder: &mut Recorder,
    updates: Vec<(u32, U)>,
    becoming: &mut Becoming,
    wrong: impl Fn(&U::Answer) -> Option<String>,
) -> Outcome<()> {
    let (rows, updates): (Vec<u32>, Vec<U>) = updates.into_iter().unzip();
    let answers: Vec<Outcome<Recorded<U::Answer>>> = recorder.record_all(updates, &mut |_| {})?;
    for (row, answer) in rows.into_iter().zip(answers) {
        becoming.note(
            row,
            match answer {
                Ok(recorded) => match wrong(&recorded.answer) {
                    Some(reason) => Err(reason),
                    None => Ok(recorded.leaf.is_some()),
                },
                Err(problem) => Err(problem.detail),
            },
        );
    }
    Ok(())
}
