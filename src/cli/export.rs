//! `relief export`

use super::print::{progress_bar, say};
use super::user::operator;
use super::{Common, open_to_read, with_writer};
use crate::app::Layer;
use crate::auth::Scope;
use crate::core::problem::{Outcome, Problem};
use crate::exports::{Caller, ExportQuery, Kind, begin, run};
use clap::Args;
use indicatif::ProgressBar;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Connections for reading: one page is read at a time.
const READERS: u32 = 1;

/// Takes figures away as a file: for spreadsheets, for other systems, and for whoever checks them
#[derive(Args)]
#[command(after_help = "Examples:\n  relief export csv --out entries.csv\n  \
                        relief export ndjson --out gambia.ndjson --country GM\n  \
                        relief export csv --out june.csv --from 2020-06-01 --to 2020-06-30 --known-at 4711\n  \
                        relief export xlsx --out auditors.xlsx --as-of 2020-12-31\n  \
                        relief export iati --out activities.xml --publisher XM-DAC-41304 --publisher-name 'Our agency' \
                        --publisher-type 40\n  \
                        relief export epcis --out events.jsonld\n\n\
                        The file says what it is: the entry of the ledger it is told as of, filters and checkpoint. Its \
                        SHA-256 is printed, and is an entry of the log.")]
pub(super) struct WriteExport {
    /// The kind of file
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
    /// The file, which must not be there yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    query: ExportQuery,
    #[command(flatten)]
    common: Common,
}

impl WriteExport {
    pub(super) fn run(self) -> Outcome<()> {
        let url = self.common.settings(Layer::default())?.database_url;
        let database = open_to_read(&url)?.in_order(READERS)?;
        if self.out.exists() {
            let words = format!("{} is there already; name another file", self.out.display());
            return Err(Problem::field("/out", words));
        }
        // Under another name until it is whole, so that nobody takes the beginning of a file for a file.
        let part = part_of(&self.out);
        let file = OpenOptions::new().write(true).create_new(true).open(&part);
        let file = file.map_err(|error| unwritable(&part, &error))?;
        let done = with_writer(&url, |writer| {
            let caller = Caller { actor: operator(), scope: Scope::everything(), reconciles: true };
            let export = begin(&database, writer, self.kind, &self.query, caller)?;
            let bar = bar_of(export.expected(&database)?);
            let written = run(&export, &database, writer, BufWriter::new(file), &mut |rows| show(&bar, rows));
            bar.finish_and_clear();
            let (out, done) = written?;
            stored(out)
                .and_then(|()| fs::rename(&part, &self.out))
                .map_err(|error| unwritable(&self.out, &error))?;
            Ok(done)
        });
        if done.is_err() {
            // What is there of it helps nobody; where it cannot be removed either, its name says that it is a part.
            drop(fs::remove_file(&part));
        }
        let done = done?;
        say(format!(
            "{}: {} rows, {} bytes, as of sequence {}.\nSHA-256 {}",
            self.out.display(),
            done.rows,
            done.bytes,
            done.sequence,
            done.sha256
        ))
    }
}

/// Progress with an end where one is known.
fn bar_of(expected: Option<i64>) -> ProgressBar {
    let Some(length) = expected.and_then(|expected| u64::try_from(expected).ok()) else {
        return progress_bar("{spinner} {human_pos} rows");
    };
    let bar = progress_bar("{bar:40} {human_pos} of {human_len} rows, {eta} left");
    bar.set_length(length);
    bar
}

fn show(bar: &ProgressBar, rows: i64) -> Outcome<()> {
    bar.set_position(u64::try_from(rows).unwrap_or_default());
    Ok(())
}

/// What a file is called until it is whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Has everything on the disk.
fn stored(mut out: BufWriter<File>) -> std::io::Result<()> {
    out.flush()?;
    out.get_ref().sync_all()
}

fn unwritable(path: &Path, error: &dyn Display) -> Problem {
    Problem::field("/out", format!("{} cannot be written: {error}", path.display()))
}
