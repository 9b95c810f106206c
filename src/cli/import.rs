//! `relief import`

use super::import_sheet::{notes_above_in, write_template};
use super::print::{progress_bar, say};
use super::{Common, DATA_SAY_NO, NOT_TRIED, complain};
use crate::app::Layer;
use crate::core::problem::{Code, Outcome, Problem};
use crate::db::{Conn, connect, migrate, pending};
use crate::events::wake;
use crate::exchange::apply::{Progress, Recorder};
use crate::exchange::headcounts::{HeadcountMapping, HeadcountsImported, RowRefused, read_headcount_table};
use crate::exchange::import::{Imported, Reading, read_chosen};
use crate::exchange::kept::{Chosen, Found, find_kept};
use crate::exchange::mapping::{Mapping, MappingError};
use crate::exchange::needs::{import_needs, read_needs};
use crate::exchange::plan::Warning;
use crate::exchange::records::import::RecordsImported;
use crate::exchange::records::read::{RecordMapping, read_records};
use crate::exchange::report;
use crate::exchange::sheets::{SheetKind, SheetMapping};
use crate::exchange::table::{Table, TableError, TableOptions};
use crate::exchange::verdict::{RowOutcome, RowVerdict};
use crate::writer::{Rehearsal, Writer, WriterSettings};
use clap::Args;
use std::fmt::Display;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Reasons shown for people; the report has them all.
pub(super) const REASONS_SHOWN: usize = 20;

/// Reads a CSV or XLSX table by a mapping into the ledger; the same file twice changes nothing
#[derive(Args)]
#[command(after_help = "Examples:\n  relief import --template items --out items.xlsx\n  \
                        relief import items.xlsx --kind items --dry-run\n  \
                        relief import articles.csv --mapping our-articles.toml --report rows.csv\n  \
                        relief import deliveries.csv --mapping scms --dry-run\n  \
                        relief import deliveries.xlsx --mapping ours.toml --report rows.csv\n  \
                        relief import deliveries.csv --mapping scms --json --database-url \
                        postgres://relief@localhost/relief\n\n\
                        docs/import.md says how a mapping is written. Exit codes: 0 every row is in, 1 rows were \
                        rejected, 2 the file, the mapping or the database could not be used.")]
pub(super) struct Import {
    /// The table
    #[arg(value_name = "FILE", required_unless_present = "template")]
    file: Option<PathBuf>,
    /// A built-in mapping (scms, needs, hxl-345w-honduras, and relief for records that relief export wrote), one that is kept in the ledger (NAME, or NAME@SEQUENCE as it was
    /// known then), or a mapping file
    #[arg(long, value_name = "NAME|FILE.toml", required_unless_present_any = ["kind", "template"])]
    mapping: Option<String>,
    /// The kind of one of our templates that was filled in: organizations, programmes, items, kits, sites, pledges,
    /// consignments, events, counts, distributions, needs or populations
    #[arg(long, value_name = "KIND", conflicts_with = "mapping")]
    kind: Option<String>,
    /// Writes the table of a kind, or of a mapping of deliveries, to fill in, with instructions, and imports nothing
    #[arg(long, value_name = "KIND|MAPPING", requires = "out", conflicts_with_all = ["mapping", "kind", "file"])]
    template: Option<String>,
    /// Where the template is written; its name ends in .csv or .xlsx
    #[arg(long, value_name = "FILE", requires = "template")]
    out: Option<PathBuf>,
    /// Decides everything and records nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Writes what became of each row to this CSV file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Prints the summary as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    common: Common,
}

impl Import {
    pub(super) fn run(self) -> ExitCode {
        match self.import() {
            Ok(0) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::from(DATA_SAY_NO),
            Err(problem) => {
                complain(&problem);
                ExitCode::from(NOT_TRIED)
            }
        }
    }

    /// The table.
    pub(super) fn file(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new(""))
    }

    fn mapping(&self) -> &str {
        self.mapping.as_deref().unwrap_or_default()
    }

    /// Imports; the number of rejected rows.
    fn import(&self) -> Outcome<u64> {
        if let (Some(kind), Some(out)) = (&self.template, &self.out) {
            return write_template(kind, out).map(|()| 0);
        }
        let url = self.common.settings(Layer::default())?.database_url;
        if let Some(word) = &self.kind {
            let kind = SheetKind::read("/kind", word)?;
            if kind != SheetKind::Needs {
                return self.import_sheet(&url, &SheetMapping::of(kind));
            }
            let mapping = Mapping::built_in("needs").map_err(|error| Problem::internal(error.to_string()))?;
            let mapping = mapping.ok_or_else(|| Problem::internal("the mapping of needs does not ship"))?;
            return self.import_needs(&url, &Chosen { mapping, version: None });
        }
        if let Some(mapping) = SheetMapping::find(self.mapping())? {
            return self.import_sheet(&url, &mapping);
        }
        if let Some(mapping) = HeadcountMapping::find(self.mapping())? {
            return self.import_headcounts(&url, (mapping, None));
        }
        if let Some(mapping) = RecordMapping::find(self.mapping())? {
            return self.import_records(&url, &mapping);
        }
        let chosen = match self.chosen(&url)? {
            Found::Headcounts(mapping, version) => {
                return self.import_headcounts(&url, (*mapping, Some(version)));
            }
            Found::Sheet(mapping, _) => return self.import_sheet(&url, &mapping),
            Found::Records(chosen) if chosen.mapping.need.is_some() => {
                return self.import_needs(&url, &chosen);
            }
            Found::Records(chosen) => *chosen,
        };
        let reading = read_chosen(self.file(), chosen)?;
        for note in &reading.notes {
            eprintln!("relief: {note}");
        }
        let report = self.made_report()?;
        let mut imported = self.apply(&url, &reading)?;
        reading.show_cells(&mut imported);
        if self.json {
            say(report::summary(&reading, &imported, self.dry_run))?;
        } else {
            say(self.words(&imported, reading.plan.warnings.len()))?;
        }
        write_report(report, &imported.verdicts, &reading.plan.warnings)?;
        Ok(imported.counts.rejected)
    }

    /// The same of people that others counted.
    fn import_headcounts(&self, url: &str, chosen: (HeadcountMapping, Option<i64>)) -> Outcome<u64> {
        let table = Table::open(self.file(), &chosen.0.table_options()).map_err(unreadable)?;
        let headcounts = read_headcount_table(&table, chosen)?;
        for note in &headcounts.notes {
            eprintln!("relief: {note}");
        }
        let report = self.made_report()?;
        let imported = self.recording(url, |recorder, progress| headcounts.import(recorder, progress))?;
        if self.json {
            say(serde_json::to_string_pretty(&imported)
                .map_err(|error| Problem::internal(error.to_string()))?)?;
        } else {
            say(headcount_words(&imported, self.dry_run))?;
        }
        write_report(report, &imported.verdicts, &[])?;
        Ok(imported.rejected.len() as u64)
    }

    /// The same of the records of a ledger.
    fn import_records(&self, url: &str, mapping: &RecordMapping) -> Outcome<u64> {
        let records = read_records(self.file(), mapping)?;
        for note in &records.notes {
            eprintln!("relief: {note}");
        }
        let report = self.made_report()?;
        let imported = self.recording(url, |recorder, progress| records.import(recorder, progress))?;
        if self.json {
            say(serde_json::to_string_pretty(&imported)
                .map_err(|error| Problem::internal(error.to_string()))?)?;
        } else {
            say(record_words(&imported, self.dry_run))?;
        }
        if let Some((path, file)) = report {
            write_refused(path, file, &imported.rejected)?;
        }
        Ok(imported.rejected.len() as u64)
    }

    /// The same of what is needed.
    fn import_needs(&self, url: &str, chosen: &Chosen) -> Outcome<u64> {
        let Chosen { mapping, version } = chosen;
        let options = mapping.table_options();
        // The instructions of our template stand above its header.
        let above = notes_above_in(self.file())?;
        let header_row = options.header_row.or((above > 0).then_some(above + 1));
        let options = TableOptions { header_row, ..options };
        let table = Table::open(self.file(), &options).map_err(unreadable)?;
        let read = read_needs(&mut self.looked_into(url)?, mapping, &table)?;
        for note in table.notes() {
            eprintln!("relief: {note}");
        }
        let report = self.made_report()?;
        let read_by = match version {
            Some(version) => format!("{}@{version}", mapping.name),
            None => mapping.name.clone(),
        };
        let imported = self.recording(url, |recorder, _| import_needs(&read, &read_by, recorder))?;
        if self.json {
            say(report::summary_of_rows((mapping.name.as_str(), *version), &imported, self.dry_run))?;
        } else {
            say(self.words(&imported, 0))?;
        }
        write_report(report, &imported.verdicts, &[])?;
        Ok(imported.counts.rejected)
    }

    /// Where the names of a table are looked up: the database, up to date, or an empty one where there is none yet.
    pub(super) fn looked_into(&self, url: &str) -> Outcome<Conn> {
        if is_missing(url) {
            let mut conn = connect("sqlite://:memory:")?;
            migrate(&mut conn)?;
            return Ok(conn);
        }
        let mut conn = connect(url)?;
        if !pending(&mut conn)?.is_empty() {
            if self.dry_run {
                return Err(outdated());
            }
            migrate(&mut conn)?;
        }
        Ok(conn)
    }

    /// The file of the report, made before anything is recorded: one that cannot be written must not be found out afterwards.
    pub(super) fn made_report(&self) -> Outcome<Option<(&Path, File)>> {
        match &self.report {
            Some(path) => Ok(Some((path.as_path(), create_report(path, self.file())?))),
            None => Ok(None),
        }
    }

    /// The mapping: what is neither built in nor a file is looked for in the ledger.
    fn chosen(&self, url: &str) -> Outcome<Found> {
        let problem = match Mapping::load(self.mapping()) {
            Ok(mapping) => return Ok(Found::Records(Box::new(Chosen { mapping, version: None }))),
            Err(MappingError::NotKnown { .. }) if !is_missing(url) => {
                let mut conn = connect(url)?;
                let is_up_to_date = pending(&mut conn)?.is_empty();
                return if is_up_to_date { find_kept(&mut conn, self.mapping()) } else { Err(outdated()) };
            }
            Err(error) => error,
        };
        Err(Problem::field("/mapping", problem.to_string()))
    }

    fn apply(&self, url: &str, reading: &Reading) -> Outcome<Imported> {
        self.recording(url, |recorder, progress| reading.import(recorder, progress))
    }

    /// Has a table recorded, or rehearsed on what there is.
    pub(super) fn recording<T>(
        &self,
        url: &str,
        import: impl FnOnce(&mut Recorder, Progress<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        let bar = progress_bar("{bar:40} {pos}/{len} records, {eta} left");
        let mut progress = |done: usize, total: usize| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        };
        if self.dry_run {
            let mut recorder = Recorder::Rehearsal(Box::new(rehearsal(url)?));
            let imported = import(&mut recorder, &mut progress);
            bar.finish_and_clear();
            return imported;
        }
        migrate(&mut connect(url)?)?;
        let settings = WriterSettings { wake: Some(wake), is_frugal: true, ..WriterSettings::of(url) };
        let writer = Writer::start(settings)?;
        let imported = import(&mut Recorder::Writer(writer.clone()), &mut progress);
        writer.stop();
        bar.finish_and_clear();
        imported
    }

    fn words(&self, imported: &Imported, warnings: usize) -> String {
        let counts = imported.counts;
        let verb = if self.dry_run { "would be " } else { "" };
        let skipped = match counts.skipped {
            0 => String::new(),
            count => format!(", {count} left out by the mapping"),
        };
        let mut lines = vec![format!(
            "{} rows: {} {verb}created, {} {verb}updated, {} unchanged, {} {verb}rejected{skipped}.",
            imported.verdicts.len(),
            counts.created,
            counts.updated,
            counts.unchanged,
            counts.rejected,
        )];
        if warnings > 0 {
            lines.push(format!("{warnings} warnings; --report lists them."));
        }
        let rejected = imported.verdicts.iter().filter_map(|verdict| match &verdict.outcome {
            RowOutcome::Rejected { problems } => Some(problems),
            RowOutcome::Created | RowOutcome::Updated | RowOutcome::Unchanged | RowOutcome::Skipped => None,
        });
        let mut reasons = rejected.flatten();
        lines.extend(reasons.by_ref().take(REASONS_SHOWN).map(|problem| format!("  {problem}")));
        match reasons.count() {
            0 => {}
            more => lines.push(format!("  … and {more} more; --report lists them")),
        }
        lines.join("\n")
    }
}

/// Writes the rows that are not in, each with its reason.
fn write_refused(path: &Path, file: File, refused: &[RowRefused]) -> Outcome<()> {
    let mut table = csv::Writer::from_writer(file);
    for one in refused {
        table.serialize(one).map_err(|error| unwritable(path, &error))?;
    }
    table.flush().map_err(|error| unwritable(path, &error))
}

fn record_words(imported: &RecordsImported, dry_run: bool) -> String {
    let verb = if dry_run { "would be " } else { "" };
    let (created, unchanged, rejected) = (imported.created, imported.unchanged, imported.rejected.len());
    let mut lines =
        vec![format!("{created} records {verb}created, {unchanged} unchanged, {rejected} {verb}rejected.")];
    let reasons = imported.rejected.iter().take(REASONS_SHOWN);
    lines.extend(reasons.map(|refused| format!("  row {}: {}", refused.row, refused.reason)));
    if rejected > REASONS_SHOWN {
        lines.push(format!("  … and {} more; --report lists them", rejected - REASONS_SHOWN));
    }
    lines.join("\n")
}

fn headcount_words(imported: &HeadcountsImported, dry_run: bool) -> String {
    let verb = if dry_run { "would be " } else { "" };
    let (stated, unchanged, rejected) = (imported.stated, imported.unchanged, imported.rejected.len());
    let mut lines =
        vec![format!("{stated} rows {verb}stated, {unchanged} unchanged, {rejected} {verb}rejected.")];
    for (status, (records, people)) in &imported.plain {
        lines.push(format!("  {status}: {records} records of {people} people, added up plainly"));
    }
    let reasons = imported.rejected.iter().take(REASONS_SHOWN);
    lines.extend(reasons.map(|refused| format!("  row {}: {}", refused.row, refused.reason)));
    if rejected > REASONS_SHOWN {
        lines.push(format!("  … and {} more; --report lists them", rejected - REASONS_SHOWN));
    }
    lines.join("\n")
}

/// A rehearsal that leaves no trace: a database that is not there yet stands empty in memory, and one of an
/// older schema is not touched.
fn rehearsal(url: &str) -> Outcome<Rehearsal> {
    if is_missing(url) {
        let mut conn = connect("sqlite://:memory:")?;
        migrate(&mut conn)?;
        return Rehearsal::on(conn);
    }
    let mut conn = connect(url)?;
    if pending(&mut conn)?.is_empty() {
        return Rehearsal::on(conn);
    }
    Err(outdated())
}

/// Whether there is no database yet.
fn is_missing(url: &str) -> bool {
    url.strip_prefix("sqlite://").is_some_and(|path| !Path::new(path).exists())
}

/// The refusal where a database of an older schema is only to be read.
fn outdated() -> Problem {
    let words =
        "The database has an older schema, and it is not changed only to read it. Run relief migrate first.";
    Problem::new(Code::WrongState, words).at("/database_url")
}

fn unreadable(error: TableError) -> Problem {
    Problem::field("/file", error.to_string())
}

/// Writes what became of each row.
fn write_report(report: Option<(&Path, File)>, verdicts: &[RowVerdict], warnings: &[Warning]) -> Outcome<()> {
    let Some((path, file)) = report else { return Ok(()) };
    report::write_csv(std::io::BufWriter::new(file), verdicts, warnings)
        .map_err(|error| unwritable(path, &error))
}

/// Makes the file of the report, unless it is the table itself.
fn create_report(path: &Path, table: &Path) -> Outcome<File> {
    let is_table = match (path.canonicalize(), table.canonicalize()) {
        (Ok(report), Ok(table)) => report == table,
        (_, _) => false,
    };
    if is_table {
        let words = format!("{} is the table that is imported; name another file", path.display());
        return Err(Problem::field("/report", words));
    }
    File::create(path).map_err(|error| unwritable(path, &error))
}

pub(super) fn unwritable(path: &Path, error: &dyn Display) -> Problem {
    Problem::field("/report", format!("{} cannot be written: {error}", path.display()))
}
