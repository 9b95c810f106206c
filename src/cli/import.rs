//! `relief import`

use super::{Common, DATA_SAY_NO, NOT_TRIED, complain};
use crate::app::Layer;
use crate::core::problem::{Outcome, Problem};
use crate::db::{connect, migrate};
use crate::events::wake;
use crate::exchange::apply::Recorder;
use crate::exchange::import::{Imported, Reading, import, read};
use crate::exchange::report;
use crate::exchange::verdict::RowOutcome;
use crate::writer::{Rehearsal, Source, Writer, WriterSettings};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Reasons shown for people; the report has them all.
const REASONS_SHOWN: usize = 20;

/// Reads a CSV or XLSX table by a mapping into the ledger; the same file twice changes nothing
#[derive(Args)]
#[command(after_help = "Examples:\n  relief import deliveries.csv --mapping scms --dry-run\n  \
                        relief import deliveries.xlsx --mapping ours.toml --report rows.csv\n  \
                        relief import deliveries.csv --mapping scms --json --database-url postgres://relief@localhost/relief\n\n\
                        docs/import.md says how a mapping is written. Exit codes: 0 every row is in, 1 rows were \
                        rejected, 2 the file, the mapping or the database could not be used.")]
pub(super) struct Import {
    /// The table
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A built-in mapping (scms) or a mapping file
    #[arg(long, value_name = "NAME|FILE.toml")]
    mapping: String,
    /// Decides everything and records nothing
    #[arg(long)]
    dry_run: bool,
    /// Writes what became of each row to this CSV file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Prints the summary as JSON
    #[arg(long)]
    json: bool,
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

    /// Imports; the number of rejected rows.
    fn import(&self) -> Outcome<u64> {
        let url = self.common.settings(Layer::default())?.database_url;
        let reading = read(&self.file, &self.mapping)?;
        for note in &reading.notes {
            eprintln!("relief: {note}");
        }
        let imported = self.apply(&url, &reading)?;
        if let Some(path) = &self.report {
            write_report(path, &reading, &imported)?;
        }
        if self.json {
            let summary =
                report::summary(&reading.plan, &imported.verdicts, imported.counts, self.dry_run);
            println!("{summary}");
        } else {
            self.tell(&reading, &imported);
        }
        Ok(imported.counts.rejected)
    }

    fn apply(&self, url: &str, reading: &Reading) -> Outcome<Imported> {
        let bar = progress_bar();
        let mut progress = |done: usize, total: usize| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        };
        if self.dry_run {
            let mut recorder = Recorder::Rehearsal(Box::new(Rehearsal::open(url)?));
            let imported = import(&reading.plan, &mut recorder, &mut progress);
            bar.finish_and_clear();
            return imported;
        }
        migrate(&mut connect(url)?)?;
        let settings = WriterSettings {
            url: url.to_owned(),
            wake: Some(wake),
            one_by_one: false,
            source: Source::Machine,
        };
        let writer = Writer::start(settings)?;
        let imported = import(&reading.plan, &mut Recorder::Writer(writer.clone()), &mut progress);
        writer.stop();
        bar.finish_and_clear();
        imported
    }

    fn tell(&self, reading: &Reading, imported: &Imported) {
        let counts = imported.counts;
        let verb = if self.dry_run { "would be " } else { "" };
        println!(
            "{} rows: {} {verb}created, {} {verb}updated, {} unchanged, {} {verb}rejected{}.",
            reading.plan.rows.len(),
            counts.created,
            counts.updated,
            counts.unchanged,
            counts.rejected,
            if counts.skipped > 0 { format!(", {} left out by the mapping", counts.skipped) } else { String::new() }
        );
        if !reading.plan.warnings.is_empty() {
            println!("{} warnings; --report lists them.", reading.plan.warnings.len());
        }
        let rejected = imported.verdicts.iter().filter_map(|verdict| match &verdict.outcome {
            RowOutcome::Rejected { problems } => Some(problems),
            RowOutcome::Created | RowOutcome::Updated | RowOutcome::Unchanged | RowOutcome::Skipped => None,
        });
        for problem in rejected.flatten().take(REASONS_SHOWN) {
            println!("  {problem}");
        }
    }
}

/// A bar on a terminal, nothing elsewhere.
fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} records, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn write_report(path: &Path, reading: &Reading, imported: &Imported) -> Outcome<()> {
    let failed = |error: &dyn std::fmt::Display| {
        Problem::field("/report", format!("{} cannot be written: {error}", path.display()))
    };
    let file = std::fs::File::create(path).map_err(|error| failed(&error))?;
    report::write_csv(std::io::BufWriter::new(file), &imported.verdicts, &reading.plan.warnings)
        .map_err(|error| failed(&error))
}
