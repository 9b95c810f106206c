//! `relief import --kind`, and `--template`: sheets by the path that a server imports them by.

use super::import::{Import, REASONS_SHOWN, unwritable};
use super::print::say;
use crate::core::cell::cell_of;
use crate::core::problem::{Outcome, Problem};
use crate::db::connect;
use crate::exchange::apply::{Progress, Recorder};
use crate::exchange::blank::blank;
use crate::exchange::mapping::Mapping;
use crate::exchange::sheets::{
    Fate, Form, Importer, JudgedRow, Sheet, SheetKind, SheetMapping, notes_above, state_all, template,
};
use crate::exchange::table::Limits;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Records that are recorded at once, as a server does.
const CHUNK: usize = 200;
/// Reasons in a summary for scripts; the report has them all.
const REASONS_MAXIMUM: usize = 100;

/// The bytes of a file, if it is no larger than a sheet may be.
fn bytes_of(file: &Path) -> Outcome<Vec<u8>> {
    let unreadable =
        |error: std::io::Error| Problem::field("/file", format!("cannot read {}: {error}", file.display()));
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(unreadable)?;
    opened.take(Limits::SENT.bytes as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// How many lines above the header of a file say what it is.
pub(super) fn notes_above_in(file: &Path) -> Outcome<u32> {
    Ok(notes_above(&bytes_of(file)?))
}

/// Writes the template of a kind, or of a mapping of deliveries that is built in or a file.
pub(super) fn write_template(kind: &str, out: &Path) -> Outcome<()> {
    let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let form = Form::read("/out", ending)?;
    let (table, how) = match SheetKind::read("/template", kind) {
        Ok(kind) => (template(kind, form)?, format!("--kind {}", kind.word())),
        Err(unknown) => match Mapping::load(kind) {
            Ok(mapping) if mapping.need.is_none() => (blank(&mapping, form)?, format!("--mapping {kind}")),
            Ok(_) | Err(_) => return Err(unknown),
        },
    };
    std::fs::write(out, table)
        .map_err(|error| Problem::field("/out", format!("{} cannot be written: {error}", out.display())))?;
    say(format!("{} is there to be filled in; import it with {how}.", out.display()))
}

impl Import {
    /// Imports a sheet; the number of refused rows.
    pub(super) fn import_sheet(&self, url: &str, mapping: &SheetMapping) -> Outcome<u64> {
        let sheet = Sheet::open(bytes_of(self.file())?, mapping)?;
        for note in sheet.notes() {
            eprintln!("relief: {note}");
        }
        let report = self.made_report()?;
        let judged =
            self.recording(url, |recorder, progress| self.state(url, (&sheet, mapping), recorder, progress))?;
        let counts = Fate::ALL.map(|fate| (fate, judged.iter().filter(|row| row.fate == fate).count()));
        if self.json {
            say(summary(mapping, &judged, (&counts, self.dry_run)))?;
        } else {
            say(words(&judged, (&counts, self.dry_run)))?;
        }
        if let Some((path, file)) = report {
            write_rows(path, file, &judged)?;
        }
        Ok(judged.iter().filter(|row| row.fate == Fate::Refused).count() as u64)
    }

    fn state(
        &self,
        url: &str,
        (sheet, mapping): (&Sheet, &SheetMapping),
        recorder: &mut Recorder,
        progress: Progress<'_>,
    ) -> Outcome<Vec<JudgedRow>> {
        let mut conn = if self.dry_run { self.looked_into(url)? } else { connect(url)? };
        let importer = Importer::Operator(mapping.name.clone());
        let total = sheet.count()? as usize;
        let mut judged = Vec::new();
        let mut chunk = Vec::new();
        for record in sheet.records() {
            chunk.push(record?);
            if chunk.len() == CHUNK {
                let records = std::mem::take(&mut chunk);
                judged.extend(state_all(&mut conn, recorder, &importer, (mapping.sheet.kind, records))?);
                progress(judged.len(), total);
            }
        }
        judged.extend(state_all(&mut conn, recorder, &importer, (mapping.sheet.kind, chunk))?);
        progress(total, total);
        Ok(judged)
    }
}

type Counts<'a> = (&'a [(Fate, usize); 6], bool);

/// What became of the rows, for a script.
fn summary(mapping: &SheetMapping, judged: &[JudgedRow], (counts, dry_run): Counts<'_>) -> String {
    let mut told = Map::new();
    told.insert("mapping".to_owned(), json!(mapping.name));
    told.insert("kind".to_owned(), json!(mapping.sheet.kind.word()));
    told.insert("dry_run".to_owned(), json!(dry_run));
    told.insert("rows".to_owned(), json!(judged.len()));
    for (fate, count) in counts {
        told.insert(fate.word().to_owned(), json!(count));
    }
    let reasons = judged.iter().flat_map(|row| {
        row.reasons.iter().map(move |reason| json!({"row": row.row, "outcome": row.fate, "reason": reason}))
    });
    told.insert("reasons".to_owned(), reasons.take(REASONS_MAXIMUM).collect());
    format!("{:#}", Value::Object(told))
}

fn words(judged: &[JudgedRow], (counts, dry_run): Counts<'_>) -> String {
    let verb = if dry_run { "would be " } else { "" };
    let parts: Vec<String> =
        counts.iter().map(|(fate, count)| format!("{count} {verb}{}", fate.word())).collect();
    let mut lines = vec![format!("{} rows: {}.", judged.len(), parts.join(", "))];
    let mut reasons = judged.iter().flat_map(|row| row.reasons.iter().map(move |reason| (row.row, reason)));
    lines.extend(reasons.by_ref().take(REASONS_SHOWN).map(|(row, reason)| match reason.column.as_str() {
        "" => format!("  row {row}: {}", reason.words),
        column => format!("  row {row}, {column}: {}", reason.words),
    }));
    match reasons.count() {
        0 => {}
        more => lines.push(format!("  … and {more} more; --report lists them")),
    }
    lines.join("\n")
}

/// Writes what became of each row.
fn write_rows(path: &Path, file: File, judged: &[JudgedRow]) -> Outcome<()> {
    let wrong = |error: csv::Error| unwritable(path, &error);
    let mut table = csv::Writer::from_writer(file);
    table.write_record(["row", "key", "outcome", "pointer", "column", "value", "words"]).map_err(wrong)?;
    for row in judged {
        let number = row.row.to_string();
        let key = cell_of(&row.key);
        if row.reasons.is_empty() {
            table.write_record([number.as_str(), &key, row.fate.word(), "", "", "", ""]).map_err(wrong)?;
        }
        for reason in &row.reasons {
            let (column, value) = (cell_of(&reason.column), cell_of(&reason.value));
            let words = cell_of(&reason.words);
            let cells = [number.as_str(), &key, row.fate.word(), &reason.pointer, &column, &value, &words];
            table.write_record(cells).map_err(wrong)?;
        }
    }
    table.flush().map_err(|error| unwritable(path, &error))
}
