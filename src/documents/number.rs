//! Numbers without gaps: the counter of each kind, site and year, and which of its numbers are used.
//!
//! The counter is a row that the writer reads and writes in the commit that uses the number, so that callers at once,
//! in one process or several, get one number each and a refused document takes none.

use super::block::NumberBlock;
use super::rules::{DocumentKind, number_prefix, number_text, place_word, read_number};
use super::store::Document;
use crate::core::check::quoted;
use crate::core::id::{DocumentId, NumberBlockId, NumberId, NumberSeriesId, SiteId, derived};
use crate::core::problem::{Code, Fault, Problem};
use crate::db::Conn;
use crate::db::schema::number_series;
use crate::sites::Site;
use crate::writer::{Desk, Drawer, Refusal, Register, Unique, record};
use diesel::prelude::*;
use std::sync::Arc;

record! {
    /// The counter of a kind of document at a site in a year.
    pub struct NumberSeries in number_series key id: NumberSeriesId, group id: NumberSeriesId {
        /// Key, derived from kind, site and year.
        id: NumberSeriesId,
        /// Word of [`DocumentKind`].
        kind: String,
        /// The site.
        site_id: SiteId,
        /// The year.
        year: i64,
        /// What stands before the serial; it stays when the site is renamed.
        prefix: String,
        /// The last number given out.
        last: i64,
    }
}

record! {
    /// A number that was used or voided.
    pub struct NumberEntry in document_numbers key id: NumberId, group block_id: Option<NumberBlockId> {
        /// Key, derived from series and serial.
        id: NumberId,
        /// Its series.
        series_id: NumberSeriesId,
        /// Its place in the series, from 1.
        serial: i64,
        /// The block it was given out in.
        block_id: Option<NumberBlockId>,
        /// The document that bears it; none where it was voided unused.
        document_id: Option<DocumentId>,
        /// Whether it is void.
        voided: bool,
    }
}

/// Which series has which prefix.
pub struct Prefixes;

impl Unique for Prefixes {
    type Holder = NumberSeriesId;

    fn load(conn: &mut Conn, texts: &[String]) -> QueryResult<Vec<(String, NumberSeriesId)>> {
        number_series::table
            .filter(number_series::prefix.eq_any(texts))
            .select((number_series::prefix, number_series::id))
            .load(conn)
    }
}

/// Sites of one country, kind and word that can be told apart in numbers.
const SAME_WORDS_MAX: u32 = 1_000;

/// A number that is to be used.
pub(super) struct Taken {
    pub(super) text: String,
    entry: NumberEntry,
}

impl Taken {
    /// Stages that a document bears it.
    pub(super) fn put(self, desk: &mut Desk) {
        desk.shelf::<Drawer<NumberEntry>>().put(self.entry);
    }
}

/// The identifier of a series.
pub(super) fn series_id(kind: DocumentKind, site: SiteId, year: i64) -> NumberSeriesId {
    derived(site.0, &format!("numbers of {}", kind.word()), year.unsigned_abs())
}

pub(super) fn number_id(series: NumberSeriesId, serial: i64) -> NumberId {
    derived(series.0, "number", serial.unsigned_abs())
}

/// Takes the next `count` numbers of a series, which begins with its first; returns the series as it is then.
pub(super) fn advance(
    desk: &mut Desk,
    kind: DocumentKind,
    site: &Site,
    year: i64,
    count: i64,
) -> Result<NumberSeries, Refusal> {
    let id = series_id(kind, site.id, year);
    let before = match desk.shelf::<Drawer<NumberSeries>>().find(id)? {
        Some(series) => series.as_ref().clone(),
        None => first(desk, id, kind, site, year)?,
    };
    let after = NumberSeries { last: before.last + count, ..before };
    desk.shelf::<Drawer<NumberSeries>>().put(after.clone());
    Ok(after)
}

/// A series that nothing was taken of yet, under a prefix of its own.
fn first(
    desk: &mut Desk,
    id: NumberSeriesId,
    kind: DocumentKind,
    site: &Site,
    year: i64,
) -> Result<NumberSeries, Refusal> {
    let letters = kind.letters().ok_or_else(|| unnumbered(kind))?;
    let place = place_word(site.code.as_deref(), &site.name);
    for nth in 1..=SAME_WORDS_MAX {
        let prefix = number_prefix(letters, &site.country, &place, nth, year);
        let prefixes = desk.shelf::<Register<Prefixes>>();
        if prefixes.holder(&prefix)?.is_none() {
            prefixes.assign(&prefix, Some(id));
            let kind = kind.word().to_owned();
            return Ok(NumberSeries { id, kind, site_id: site.id, year, prefix, last: 0 });
        }
    }
    Err(Problem::internal(format!("no prefix is left for numbers of {}", site.id)).into())
}

/// The refusal of numbers for a kind that has none.
pub(super) fn unnumbered(kind: DocumentKind) -> Problem {
    let kinds: Vec<&str> =
        DocumentKind::ALL.iter().filter(|kind| kind.letters().is_some()).map(|kind| kind.word()).collect();
    let detail = format!("{:?} is not numbered here; numbered are {}", kind.word(), kinds.join(", "));
    Problem::field("/kind", detail).coded(Fault::NotAChoice)
}

/// The next number of a series, for a document.
pub(super) fn take_next(
    desk: &mut Desk,
    document: DocumentId,
    kind: DocumentKind,
    site: &Site,
    year: i64,
) -> Result<Taken, Refusal> {
    let series = advance(desk, kind, site, year, 1)?;
    let entry = NumberEntry {
        id: number_id(series.id, series.last),
        series_id: series.id,
        serial: series.last,
        block_id: None,
        document_id: Some(document),
        voided: false,
    };
    Ok(Taken { text: number_text(&series.prefix, series.last), entry })
}

/// A number of a block, for the document that bears it already.
pub(super) fn take_given(
    desk: &mut Desk,
    document: DocumentId,
    kind: DocumentKind,
    site: &Site,
    text: &str,
) -> Result<Taken, Refusal> {
    let no_number = |why: &str| Problem::field("/number", format!("{} {why}", quoted(text)));
    let (prefix, serial) = read_number(text).ok_or_else(|| {
        no_number("is not a number as they are given out, such as GRN-GM-BANJUL-2026-000123")
    })?;
    let ours =
        "is of no block of this kind and site; write a number of a block, or leave it out to get the next";
    let Some(id) = desk.shelf::<Register<Prefixes>>().holder(prefix)? else {
        return Err(no_number(ours).into());
    };
    let Some(series) = desk.shelf::<Drawer<NumberSeries>>().find(id)? else {
        return Err(no_number(ours).into());
    };
    if series.kind != kind.word() || series.site_id != site.id {
        return Err(no_number(ours).into());
    }
    let block = block_of(desk, id, serial)?.ok_or_else(|| no_number(ours))?;
    let number = number_id(id, serial);
    if let Some(used) = desk.shelf::<Drawer<NumberEntry>>().find(number)? {
        return Err(used_before(text, &used).into());
    }
    if block.returned_at.is_some() {
        let detail = format!("The block of {text} was returned; its unused numbers are void.");
        return Err(Problem::new(Code::WrongState, detail).at("/number").into());
    }
    let entry = NumberEntry {
        id: number,
        series_id: id,
        serial,
        block_id: Some(block.id),
        document_id: Some(document),
        voided: false,
    };
    Ok(Taken { text: text.to_owned(), entry })
}

fn used_before(text: &str, used: &NumberEntry) -> Problem {
    match used.document_id {
        Some(holder) => {
            let detail =
                format!("The number {text} was used before, by the document {holder}. Each is used once.");
            Problem::new(Code::Duplicate, detail).at("/number").with("holder", holder.to_string())
        }
        None => Problem::new(Code::WrongState, format!("The number {text} is void.")).at("/number"),
    }
}

/// The block a serial was given out in.
fn block_of(
    desk: &mut Desk,
    series: NumberSeriesId,
    serial: i64,
) -> Result<Option<Arc<NumberBlock>>, Refusal> {
    let blocks = desk.shelf::<Drawer<NumberBlock>>().group(series)?;
    Ok(blocks.into_iter().find(|block| (block.first..=block.last).contains(&serial)))
}

/// Stages that the number a document bears is void; it stays the document's.
pub(super) fn void_of(desk: &mut Desk, document: &Document) -> Result<(), Refusal> {
    let Some((prefix, serial)) = document.number.as_deref().and_then(read_number) else { return Ok(()) };
    let Some(series) = desk.shelf::<Register<Prefixes>>().holder(prefix)? else { return Ok(()) };
    let Some(entry) = desk.shelf::<Drawer<NumberEntry>>().find(number_id(series, serial))? else {
        return Ok(());
    };
    // A kind that is not numbered here may bear anything, even what looks like another's number.
    if entry.document_id == Some(document.id) {
        desk.shelf::<Drawer<NumberEntry>>().put(NumberEntry { voided: true, ..entry.as_ref().clone() });
    }
    Ok(())
}
