//! An export from its beginning to its end.

use super::activity::{self, Activity};
use super::figures::{Placed, placed};
use super::record::{ExportBegin, ExportFinish};
use super::rules::{ExportQuery, Kind, Publisher};
use super::sink::{Sink, unwritten};
use super::source::Source;
use super::stamp::Stamp;
use super::{csv, epcis, geojson, hxl, iati, ndjson, workbook, xlsx};
use crate::auth::{Scope, now};
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::ExportId;
use crate::core::problem::{Outcome, Problem};
use crate::db::{Conn, Database};
use crate::events::EventFilter;
use crate::exchange::records::tell::bound;
use crate::ledger::{Cut, KnownAt, last_known};
use crate::reconciliation::entries_count;
use crate::reconciliation::rules::Question;
use crate::writer::{Actor, Writer};
use std::io::Write;
use uuid::Uuid;

/// What is read before the first byte leaves, so that what cannot be told is refused and not broken off.
enum Prepared {
    Csv,
    Ndjson,
    Xlsx(Box<workbook::Counted>),
    Hxl(Vec<Placed>),
    Iati(Vec<Activity>, Publisher),
    Epcis(EventFilter),
    Geojson(Vec<Placed>),
}

/// An export that was begun: the log says so.
pub struct Export {
    /// What the file says of itself.
    pub stamp: Stamp,
    /// What it is about, as it was known at one entry of the ledger.
    pub(super) question: Question,
    actor: Actor,
    has_records: bool,
    prepared: Prepared,
}

/// What an export came to.
#[derive(Clone, Debug)]
pub struct Done {
    /// Rows it has.
    pub rows: i64,
    /// Bytes it has.
    pub bytes: i64,
    /// The entry of the ledger as of which it is told.
    pub sequence: i64,
    /// SHA-256 of all of it, 64 hexadecimal digits.
    pub sha256: String,
}

impl Export {
    /// Whether it has records, or a table has them instead of entries.
    pub(super) fn has_records(&self) -> bool {
        self.has_records
    }

    /// How many entries it goes through; of kinds of file that have none, nothing.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn expected(&self, database: &Database) -> Outcome<Option<i64>> {
        if self.has_records {
            return Ok(None);
        }
        match &self.prepared {
            Prepared::Csv | Prepared::Ndjson | Prepared::Xlsx(_) => {
                database.read(|conn| entries_count(conn, &self.question, now())).map(Some)
            }
            Prepared::Hxl(_) | Prepared::Iati(_, _) | Prepared::Epcis(_) | Prepared::Geojson(_) => Ok(None),
        }
    }
}

/// Who takes an export.
#[derive(Clone, Debug)]
pub struct Caller {
    /// In the words of the log.
    pub actor: Actor,
    /// How far.
    pub scope: Scope,
    /// Whether a workbook of theirs has a reconciliation.
    pub reconciles: bool,
}

/// Hears how many rows there are so far, and says whether to go on: a refusal ends the export there.
pub type Progress<'a> = &'a mut dyn FnMut(i64) -> Outcome<()>;

/// Begins an export: what it will tell is fixed, and the log has it, before any byte of it leaves.
///
/// # Errors
/// `invalid` at what cannot be asked; whatever the database says.
pub fn begin(
    database: &Database,
    writer: &Writer,
    kind: Kind,
    query: &ExportQuery,
    caller: Caller,
) -> Outcome<Export> {
    let publisher = query.publisher(kind)?;
    let has_records = query.has_records(kind)?;
    if has_records && !caller.scope.is_everything() {
        return Err(bound());
    }
    let mut question = query.question(caller.scope.clone())?;
    let id = ExportId(Uuid::now_v7());
    let (stamp, prepared) = database.read(|conn| {
        let sequence = last_known(conn, question.known_at, "/known_at")?;
        question.known_at = Some(KnownAt::Sequence(sequence));
        let stamp = Stamp::of(conn, id, kind, (query, &question, sequence), now())?;
        let prepared = prepare(conn, (query, publisher), &question, (&stamp, &caller))?;
        Ok((stamp, prepared))
    })?;
    let actor = caller.actor;
    let update = ExportBegin { actor: actor.clone(), stamp: stamp.clone(), asked: query.words() };
    writer.record_blocking(update)?;
    Ok(Export { stamp, question, actor, has_records, prepared })
}

fn prepare(
    conn: &mut Conn,
    (query, publisher): (&ExportQuery, Option<Publisher>),
    question: &Question,
    (stamp, caller): (&Stamp, &Caller),
) -> Outcome<Prepared> {
    let cut = Cut { known_at: stamp.sequence, as_of: stamp.as_of };
    Ok(match stamp.kind {
        Kind::Csv => Prepared::Csv,
        Kind::Ndjson => Prepared::Ndjson,
        Kind::Xlsx => Prepared::Xlsx(Box::new(workbook::Counted::read(conn, question, caller.reconciles)?)),
        Kind::Hxl => Prepared::Hxl(placed(conn, question, cut)?),
        Kind::Iati => {
            let publisher =
                publisher.ok_or_else(|| Problem::internal("an IATI file without its publisher"))?;
            Prepared::Iati(activity::read(conn, query, stamp, &caller.scope)?, publisher)
        }
        Kind::Epcis => Prepared::Epcis(EventFilter {
            consignment: query.consignment,
            pledge: query.pledge,
            site: query.site,
        }),
        Kind::Geojson => Prepared::Geojson(placed(conn, question, cut)?),
    })
}

/// Writes an export and notes its digest; answers where it went, and what it came to. Whoever passes the bytes on keeps the
/// last of them back until this returns.
///
/// # Errors
/// `unavailable` where it cannot be written to its end; whatever the database says.
pub fn run<W: Write + Send>(
    export: &Export,
    database: &Database,
    writer: &Writer,
    out: W,
    progress: Progress<'_>,
) -> Outcome<(W, Done)> {
    let mut sink = Sink::new(out);
    let mut source = Source { database, export, progress };
    let rows = match &export.prepared {
        Prepared::Csv if export.has_records => csv::write_records(&mut source, &mut sink),
        Prepared::Csv => csv::write(&mut source, &mut sink),
        Prepared::Ndjson if export.has_records => ndjson::write_records(&mut source, &mut sink),
        Prepared::Ndjson => ndjson::write(&mut source, &mut sink),
        Prepared::Xlsx(counted) => xlsx::write(counted, &mut source, &mut sink),
        Prepared::Hxl(rows) => hxl::write(rows, &export.stamp, &mut sink),
        Prepared::Iati(activities, publisher) => {
            iati::write((activities, publisher), &export.stamp, &mut sink)
        }
        Prepared::Epcis(filter) => epcis::write(filter, &mut source, &mut sink),
        Prepared::Geojson(rows) => geojson::write(rows, &export.stamp, &mut sink),
    }?;
    sink.flush().map_err(unwritten)?;
    let (out, bytes, sha256) = sink.done();
    let actor = export.actor.clone();
    writer.record_blocking(ExportFinish { actor, id: export.stamp.id, rows, bytes, sha256 })?;
    Ok((out, Done { rows, bytes, sequence: export.stamp.sequence, sha256: hexadecimal(&sha256) }))
}
