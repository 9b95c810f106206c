//! One job from its file to its verdicts, some rows at a time. What has its verdict is not looked at again.

use super::super::apply::Recorder;
use super::super::headcounts::{HeadcountMapping, read_headcount_table};
use super::super::kept::Chosen;
use super::super::needs::{judge_needs, verdicts_of};
use super::super::records::import::Stating;
use super::super::records::read::{RecordMapping, records_of};
use super::super::restate::StatementsRestate;
use super::super::sheets::{
    Importer, JudgedRow, RowReason, Sheet, SheetMapping, SheetRecord, fate_of_row, notes_above, state_all,
};
use super::super::table::{Limits, Table, TableOptions};
use super::super::verdict::{RowOutcome, RowVerdict};
use super::run::{HELD_SECONDS, Stopping, seconds_from};
use super::source::{Source, source_of_job};
use super::store::{ImportJob, file_of, forget_rows, write, write_job, write_rows};
use crate::auth::{Action, action, now, permit_now};
use crate::baselines::rules::ROWS_MAXIMUM;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::Conn;
use crate::needs::NeedsRestate;
use crate::reach::Headcount;
use crate::writer::{Rehearsal, Writer};
use std::collections::BTreeMap;

/// Records that are recorded and noted at once: some commits of the writer, and what is looked up for them a few queries.
const CHUNK: usize = 200;
/// What their cells may take, but for the last of them.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Rows that are tried at once: what was decided of each stays in memory until the last is, so that a later one sees it. Of a row of
/// an update that is some two kilobytes, as was measured.
pub const TRIED_ROWS_MAXIMUM: usize = 20_000;
/// What to do with a table of more.
const IN_PARTS: &str = "send it in parts, which add to each other";
/// The same with records, of which a part is no file: what is there they leave as it is.
const UNTRIED: &str = "send it without dry_run, as records change nothing that is there";

/// How a job ended for this process.
pub(super) enum End {
    /// Every row has its verdict.
    Whole,
    /// The server stops.
    Stopped,
    /// Another process runs it.
    TakenOver,
}

/// A job under way.
pub(super) struct Steps<'a> {
    pub(super) conn: &'a mut Conn,
    pub(super) url: &'a str,
    pub(super) writer: &'a Writer,
    pub(super) stopping: Stopping<'a>,
    pub(super) job: ImportJob,
}

impl Steps<'_> {
    /// Goes on from where the job is.
    ///
    /// # Errors
    /// What is wrong with the file as a whole, or what the database says.
    pub(super) fn run(&mut self) -> Outcome<End> {
        let permit = permit_now::<action::ImportWrite>(self.conn, self.job.asked_by)?;
        let Some(permit) = permit else {
            let words = "Who sent this may import nothing any more.";
            return Err(Problem::new(Code::Forbidden, words));
        };
        let (job, is_dry) = (self.job.id, self.job.dry_run);
        let importer = Importer::User { permit: Box::new(permit), job, is_dry };
        let source = source_of_job(self.conn, &self.job)?;
        self.job.deliveries = source.is_decided();
        let file = file_of(self.conn, self.job.id)?;
        let mut recorder = if self.job.dry_run {
            // What a dry run had decided is only in memory: it begins anew.
            let id = self.job.id;
            write(self.conn, |conn| forget_rows(conn, id))?;
            (self.job.through_row, self.job.rows_done) = (0, 0);
            Recorder::Rehearsal(Box::new(Rehearsal::open(self.url)?))
        } else {
            Recorder::Writer(self.writer.clone())
        };
        match source {
            Source::Sheet(mapping) => self.sheet(&importer, &mut recorder, (file, &mapping)),
            Source::Records(mapping) => self.records(&importer, &mut recorder, (file, &mapping)),
            Source::Deliveries(chosen) => self.deliveries(&importer, &mut recorder, (file, *chosen)),
            Source::Needs(chosen) => self.needs(&importer, &mut recorder, (file, &chosen)),
            Source::Headcounts(mapping, version) => {
                self.headcounts(&importer, &mut recorder, (file, *mapping, version))
            }
        }
    }

    /// What was found out about the file.
    pub(super) fn opened(&mut self, rows: usize, notes: &[String]) {
        self.job.row_total = i64::try_from(rows).ok();
        self.job.notes = serde_json::to_string(notes).unwrap_or_else(|_| "[]".to_owned());
    }

    /// Refuses to try more rows than are kept in memory, and says what to do instead.
    fn check_tried(&self, rows: usize, instead: &str) -> Outcome<()> {
        if !self.job.dry_run || rows <= TRIED_ROWS_MAXIMUM {
            return Ok(());
        }
        let words = format!(
            "has {rows} rows, and at most {TRIED_ROWS_MAXIMUM} are tried at once: what is decided of them stays in memory; {instead}"
        );
        Err(Problem::field("/file", words))
    }

    /// Writes verdicts down together with how far the job is; an end where it is one for this process.
    fn note(&mut self, rows: &[JudgedRow]) -> Outcome<Option<End>> {
        // Rows that are told again after a stop were counted before.
        let total = self.job.row_total.unwrap_or(i64::MAX);
        self.job.rows_done = (self.job.rows_done + i64::try_from(rows.len()).unwrap_or(0)).min(total);
        let last = rows.iter().map(|row| i64::from(row.row)).max();
        self.job.through_row = self.job.through_row.max(last.unwrap_or(0));
        self.job.held_until = seconds_from(now(), HELD_SECONDS);
        let job = &self.job;
        let is_ours = write(self.conn, |conn| {
            write_rows(conn, job.id, rows)?;
            write_job(conn, job)
        })?;
        if !is_ours {
            return Ok(Some(End::TakenOver));
        }
        Ok((self.stopping)().then_some(End::Stopped))
    }

    /// Says again that this process runs the job; whether it does.
    pub(super) fn hold(&mut self) -> Outcome<bool> {
        self.job.held_until = seconds_from(now(), HELD_SECONDS);
        let job = &self.job;
        write(self.conn, |conn| write_job(conn, job))
    }

    fn behind(&self) -> u32 {
        u32::try_from(self.job.through_row).unwrap_or(0)
    }

    fn sheet(
        &mut self,
        importer: &Importer,
        recorder: &mut Recorder,
        (file, mapping): (Vec<u8>, &SheetMapping),
    ) -> Outcome<End> {
        let sheet = Sheet::open(file, mapping)?;
        let rows = sheet.count()? as usize;
        self.opened(rows, sheet.notes());
        self.check_tried(rows, IN_PARTS)?;
        let mut chunk: Vec<SheetRecord> = Vec::new();
        let mut bytes = 0;
        let behind = self.behind();
        for record in sheet.records() {
            let record = record?;
            if record.last_row() <= behind {
                continue;
            }
            bytes += record.bytes();
            chunk.push(record);
            if chunk.len() < CHUNK && bytes < CHUNK_BYTES {
                continue;
            }
            let records = std::mem::take(&mut chunk);
            bytes = 0;
            let judged = state_all(self.conn, recorder, importer, (mapping.sheet.kind, records))?;
            if let Some(end) = self.note(&judged)? {
                return Ok(end);
            }
        }
        let judged = state_all(self.conn, recorder, importer, (mapping.sheet.kind, chunk))?;
        Ok(self.note(&judged)?.filter(|end| matches!(end, End::TakenOver)).unwrap_or(End::Whole))
    }

    fn records(
        &mut self,
        importer: &Importer,
        recorder: &mut Recorder,
        (file, mapping): (Vec<u8>, &RecordMapping),
    ) -> Outcome<End> {
        if let Importer::User { permit, .. } = importer
            && permit.principal().is_bound()
        {
            return Err(super::super::records::tell::bound());
        }
        let records = records_of(file, mapping, Limits::SENT)?;
        self.opened(records.count(), &records.notes);
        self.check_tried(records.count(), UNTRIED)?;
        let behind = self.behind();
        let mut end = None;
        let mut done = |judged: Vec<JudgedRow>| match self.note(&judged)? {
            None => Ok(()),
            Some(one) => {
                end = Some(one);
                Err(Problem::new(Code::Unavailable, "The import stops here."))
            }
        };
        let stating = Stating {
            actor: &|action| importer.actor(action),
            note: &|row, id| importer.note(row, &id.to_string(), id),
            behind,
            done: &mut done,
        };
        let stated = records.import_by(recorder, stating);
        match (end, stated) {
            (Some(end), _) => Ok(end),
            (None, Ok(())) => Ok(End::Whole),
            (None, Err(problem)) => Err(problem),
        }
    }

    /// Opens a table whose instructions may stand above its header, as in our templates.
    fn table(&mut self, file: Vec<u8>, options: TableOptions) -> Outcome<Table> {
        let above = notes_above(&file);
        let header_row = options.header_row.or((above > 0).then_some(above + 1));
        let options = TableOptions { header_row, limits: Limits::SENT, ..options };
        Table::from_bytes(file, &options).map_err(|error| Problem::field("/file", error.to_string()))
    }

    fn needs(
        &mut self,
        importer: &Importer,
        recorder: &mut Recorder,
        (file, chosen): (Vec<u8>, &Chosen),
    ) -> Outcome<End> {
        let table = self.table(file, chosen.mapping.table_options())?;
        let scope = importer.scope(Action::NeedWrite)?;
        let read = judge_needs(self.conn, &scope, &chosen.mapping, &table)?;
        self.opened(read.rows.len(), table.notes());
        self.check_tried(read.rows.len(), IN_PARTS)?;
        let rows = read.stated();
        let restated = match rows.is_empty() {
            true => Vec::new(),
            false => recorder.record(NeedsRestate { actor: importer.actor(Action::NeedWrite)?, rows })?,
        };
        let pointers = read.columns.pointers();
        let verdicts = verdicts_of(&read.rows, &read.columns, restated);
        self.whole(verdicts.into_iter().map(|verdict| judged(verdict, &pointers)).collect())
    }

    fn headcounts(
        &mut self,
        importer: &Importer,
        recorder: &mut Recorder,
        (file, mapping, version): (Vec<u8>, HeadcountMapping, Option<i64>),
    ) -> Outcome<End> {
        let actor = importer.actor(Action::BaselineWrite)?;
        let programme = super::super::http_headcounts::programme_of(self.conn, &mapping)?;
        let table = self.table(file, mapping.table_options())?;
        let read = read_headcount_table(&table, (mapping, version))?;
        let drafts = read.drafts(programme);
        self.check_tried(drafts.len(), IN_PARTS)?;
        let mut outcomes = BTreeMap::new();
        for part in drafts.chunks(ROWS_MAXIMUM) {
            let rows = part.iter().map(|(_, draft)| draft.clone()).collect();
            let restate = StatementsRestate::<Headcount> { actor: actor.clone(), parent: programme.0, rows };
            match recorder.record_all(vec![restate], &mut |_| {})?.pop() {
                Some(Ok(recorded)) => {
                    outcomes.extend(part.iter().map(|(place, _)| *place).zip(recorded.answer));
                }
                Some(Err(problem)) => outcomes.extend(read.refused(part, &problem)),
                None => return Err(Problem::internal("a statement gave no answer")),
            }
        }
        let told = read.told(&outcomes);
        self.opened(told.verdicts.len(), &read.notes);
        self.whole(told.verdicts.into_iter().map(|verdict| judged(verdict, &BTreeMap::new())).collect())
    }

    /// Notes what a file became that is recorded at once.
    pub(super) fn whole(&mut self, rows: Vec<JudgedRow>) -> Outcome<End> {
        for part in rows.chunks(CHUNK) {
            if let Some(End::TakenOver) = self.note(part)? {
                return Ok(End::TakenOver);
            }
        }
        Ok(End::Whole)
    }
}

/// A verdict by columns, with the pointers of the members they make where those are known.
pub(super) fn judged(verdict: RowVerdict, pointers: &BTreeMap<String, String>) -> JudgedRow {
    let fate = fate_of_row(&verdict.outcome);
    let mut reasons = Vec::new();
    if let RowOutcome::Rejected { problems } = verdict.outcome {
        reasons.extend(problems.into_iter().map(|problem| RowReason {
            pointer: pointers.get(&problem.column).cloned().unwrap_or_default(),
            column: problem.column,
            value: problem.value,
            ..RowReason::whole(problem.reason)
        }));
    }
    JudgedRow { row: verdict.number, key: verdict.key, fate, subject: None, reasons }
}
