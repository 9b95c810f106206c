//! Verifying a ledger of a million entries beside importing them: the time of both, and the memory of the verifier.
//!
//! The entries are those of a real file, brought in again and again under other names, for one file is shorter.

use super::cpu::peak_of;
use super::failed;
use super::figure::Figure;
use super::scratch::Scratch;
use crate::core::problem::{Outcome, Problem};
use crate::db::{connect, migrate};
use crate::events::wake;
use crate::exchange::apply::Recorder;
use crate::exchange::import::{import, read};
use crate::writer::{Writer, WriterSettings, log_state};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Entries that are imported at least; fewer where somebody waits.
const ENTRIES: (i64, i64) = (60_000, 1_000_000);
/// How often the verifier's memory is looked at: the kernel keeps its peak, so only the very end can be missed.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What the columns are called that tell rows, orders and shipments apart.
const NAMED: [&str; 3] = ["ID", "PO / SO #", "ASN/DN #"];
/// How a cell says that its value stands in another row: the shipment's name before it, the row's name after it.
const SEE: &str = " (ID#:";

/// Imports copies of a file into a database of SQLite until it has enough entries, and verifies it.
///
/// # Errors
/// Where the file cannot be read, or the verifier finds anything.
pub(super) fn measure(scratch: &Scratch, file: &Path, quick: bool, figures: &mut Vec<Figure>) -> Outcome<()> {
    let url = scratch.sqlite("verified.db");
    migrate(&mut connect(&url)?)?;
    let goal = if quick { ENTRIES.0 } else { ENTRIES.1 };
    let (mut imported, mut entries) = (Duration::ZERO, 0);
    for copy in 0.. {
        let copied = copied(scratch, file, copy)?;
        let began = Instant::now();
        import_into(&url, &copied)?;
        imported += began.elapsed();
        entries = log_state(&mut connect(&url)?)?.last.sequence;
        if entries >= goal {
            break;
        }
    }
    let (verified, peak) = verify(&url, &scratch.path("keys"))?;
    let (imported, verified) = (imported.as_secs_f64(), verified.as_secs_f64());
    figures.extend([
        Figure::shown(format!("import of {entries} entries"), "s", imported),
        Figure::shown(format!("verifying {entries} entries"), "s", verified),
        Figure::at_least("import over verifying", "times", imported / verified, 10.0),
        Figure::at_most("memory of the verifier at its most", "MiB", peak as f64 / 1_048_576.0, 256.0),
    ]);
    Ok(())
}

/// The file with the names of its rows, orders and shipments changed, so that nothing in it was there before.
fn copied(scratch: &Scratch, file: &Path, copy: u32) -> Outcome<PathBuf> {
    let path = scratch.path("copied.csv");
    let mut reader = csv::Reader::from_path(file).map_err(failed)?;
    let mut writer = csv::Writer::from_path(&path).map_err(failed)?;
    let header = reader.headers().map_err(failed)?.clone();
    writer.write_record(&header).map_err(failed)?;
    // A file may begin with a byte order mark, which is no part of the first name.
    let is_named: Vec<bool> =
        header.iter().map(|name| NAMED.contains(&name.trim_start_matches('\u{feff}'))).collect();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let cells = record.iter().zip(&is_named).map(|(cell, is_named)| match cell.split_once(SEE) {
            _ if *is_named => format!("{cell}.{copy}"),
            Some((shipment, row)) => {
                format!("{shipment}.{copy}{SEE}{}.{copy})", row.trim_end_matches(')'))
            }
            None => cell.to_owned(),
        });
        writer.write_record(cells).map_err(failed)?;
    }
    writer.flush().map_err(failed)?;
    Ok(path)
}

fn import_into(url: &str, file: &Path) -> Outcome<()> {
    let reading = read(file, "scms")?;
    let writer = Writer::start(WriterSettings { wake: Some(wake), ..WriterSettings::of(url) })?;
    let result = import(&reading.plan, &mut Recorder::Writer(writer.clone()), &mut |_, _| {});
    writer.stop();
    result.map(|_| ())
}

/// How long `relief verify` takes, and the most memory it had.
fn verify(url: &str, keys: &Path) -> Outcome<(Duration, u64)> {
    let began = Instant::now();
    let mut child = Command::new(std::env::current_exe().map_err(failed)?)
        .args(["verify", "--config", "/nonexistent", "--database-url", url, "--keys"])
        .arg(keys)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let mut peak = 0;
    loop {
        peak = peak_of(child.id()).unwrap_or(0).max(peak);
        match child.try_wait().map_err(failed)? {
            Some(status) if status.success() => return Ok((began.elapsed(), peak)),
            Some(status) => return Err(unsound(&status)),
            None => std::thread::sleep(LOOK_EVERY),
        }
    }
}

fn unsound(status: &std::process::ExitStatus) -> Problem {
    failed(format!("relief verify ended with {status} on a ledger that nobody touched"))
}
