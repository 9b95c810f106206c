//! The columns of an entry, and of a record, the same in every table that has them.

use crate::core::problem::{Code, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::exchange::records::tell::RecordTold;
use crate::exchange::records::{BODY_CELLS, body_headings, body_parts};
use crate::reconciliation::EntryTold;
use crate::totals::Named;
use uuid::Uuid;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// Nothing.
    Empty,
    /// A whole number.
    Number(i64),
    /// An instant.
    Time(Timestamp),
    /// A day, such as 2026-06-30.
    Day(String),
    /// A text of ours: an identifier, a code from a list, a word.
    Word(String),
    /// A text somebody wrote.
    Text(String),
}

impl Cell {
    fn word(word: Option<impl ToString>) -> Self {
        word.map_or(Self::Empty, |word| Self::Word(word.to_string()))
    }

    fn text(text: Option<&str>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.to_owned()))
    }
}

/// What an entry says under each heading, in their order. Words that nobody of ours chose are texts.
pub(super) const HEADINGS: [&str; 38] = [
    "sequence",
    "ordinal",
    "event",
    "kind",
    "occurred_at",
    "effective_at",
    "recorded_at",
    "account",
    "condition",
    "quantity",
    "unit",
    "programme",
    "programme_name",
    "programme_id",
    "donor",
    "donor_name",
    "donor_id",
    "pledge",
    "pledge_id",
    "line_id",
    "item",
    "item_name",
    "item_id",
    "lot",
    "lot_id",
    "expires_on",
    "consignment",
    "tracking_code",
    "consignment_id",
    "leg_id",
    "country",
    "site",
    "site_name",
    "site_id",
    "holder_name",
    "holder_id",
    "owner_name",
    "owner_id",
];

fn code(named: Option<&Named>) -> Cell {
    Cell::text(named.and_then(|named| named.code.as_deref()))
}

fn name(named: Option<&Named>) -> Cell {
    Cell::text(named.and_then(|named| named.name.as_deref()))
}

fn id(named: Option<&Named>) -> Cell {
    let id: Option<Uuid> = named.map(|named| named.id);
    Cell::word(id)
}

/// The cells of an entry, in the order of [`HEADINGS`].
pub(super) fn cells(entry: &EntryTold) -> [Cell; 38] {
    let event = entry.event.as_ref();
    let (donor, lot) = (entry.donor.as_ref(), entry.lot.as_ref());
    let (consignment, site) = (entry.consignment.as_ref(), entry.site.as_ref());
    let (holder, owner) = (entry.holder.as_ref(), entry.owner.as_ref());
    [
        Cell::Number(entry.sequence),
        Cell::Number(entry.ordinal),
        Cell::word(event.map(|event| event.id)),
        Cell::word(event.map(|event| event.kind.as_str())),
        event.map_or(Cell::Empty, |event| Cell::Time(event.occurred_at)),
        Cell::Time(entry.effective_at),
        event.map_or(Cell::Empty, |event| Cell::Time(event.recorded_at)),
        Cell::Word(entry.account.word().to_owned()),
        Cell::Word(entry.condition.word().to_owned()),
        Cell::Number(entry.quantity),
        Cell::Text(entry.unit.clone()),
        code(Some(&entry.programme)),
        name(Some(&entry.programme)),
        id(Some(&entry.programme)),
        code(donor),
        name(donor),
        id(donor),
        code(Some(&entry.pledge)),
        id(Some(&entry.pledge)),
        Cell::Word(entry.line.to_string()),
        code(Some(&entry.item)),
        name(Some(&entry.item)),
        id(Some(&entry.item)),
        name(lot),
        id(lot),
        entry.expires_on.clone().map_or(Cell::Empty, Cell::Day),
        code(consignment),
        name(consignment),
        id(consignment),
        Cell::word(entry.leg),
        Cell::word(entry.country.as_deref()),
        code(site),
        name(site),
        id(site),
        name(holder),
        id(holder),
        name(owner),
        id(owner),
    ]
}

/// The headings of records.
pub(super) fn record_headings() -> Vec<String> {
    ["record", "id"].into_iter().map(str::to_owned).chain(body_headings("body")).collect()
}

/// The cells of a record, its body in as many as it needs.
///
/// # Errors
/// `too_large` where the body is larger than a table has cells for.
pub(super) fn record_cells(record: &RecordTold) -> Outcome<Vec<Cell>> {
    let parts = body_parts(&record.body);
    if parts.len() > BODY_CELLS {
        let words =
            format!("The {} {} is too large for a table; export ndjson.", record.kind.word(), record.id);
        return Err(Problem::new(Code::TooLarge, words));
    }
    let mut cells = vec![Cell::Word(record.kind.word().to_owned()), Cell::Word(record.id.to_string())];
    let wanted = BODY_CELLS - parts.len();
    cells.extend(parts.into_iter().map(|part| Cell::Text(part.to_owned())));
    cells.extend(std::iter::repeat_n(Cell::Empty, wanted));
    Ok(cells)
}
