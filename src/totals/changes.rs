//! Which entries restated a figure: what each of them changed, told apart.

use super::names::Names;
use super::narrow::{narrowed, with_areas};
use super::row::Row;
use super::rules::{Figures, KnownAt, PlaceMeaning, Question, ROWS_MAXIMUM};
use super::store::{Counted, load};
use super::view::Key;
use crate::core::id::EventId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::db::schema::events;
use crate::db::{Conn, in_parts, read_failure, scratch};
use crate::events::{Kind, events_within};
use crate::ledger::rollup::cuboid_for;
use crate::ledger::{Account, Cut, fold_apart, last_known};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// By how much each account differs, in base units, sources positive as totals print them; those that do not are left
/// out. `deployed` is what was ever delivered.
type Difference = BTreeMap<&'static str, i64>;

/// What was restated between two moments of the record.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChangesView {
    /// Rows that read differently, in the order of their names, or that entries changed back and forth.
    pub rows: Vec<ChangedRow>,
    /// The ledger sequence after which entries are told.
    pub from: i64,
    /// The last that is told.
    pub to: i64,
    /// The last effective time that counts, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Whether a country is where goods are (`at`) or where they are meant to go (`for`).
    pub place: PlaceMeaning,
}

/// A row that entries changed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChangedRow {
    /// What the row is about: a member for each dimension of `group_by`; null where that is not known.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Key>)]
    pub keys: BTreeMap<&'static str, Option<Key>>,
    /// By how much it differs.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub difference: Difference,
    /// What made it differ, in the order it was recorded.
    pub entries: Vec<ChangeEntry>,
}

/// What one entry did to a row.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ChangeEntry {
    /// Its ledger sequence.
    pub sequence: i64,
    /// The event; absent where it is beyond the caller's reach, though it changed what is within.
    #[serde(flatten)]
    pub event: Option<ChangeEvent>,
    /// By how much the row differs for it.
    #[schema(value_type = BTreeMap<String, i64>)]
    pub difference: Difference,
}

/// The event that an entry is.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = events)]
pub struct ChangeEvent {
    /// The event.
    #[diesel(column_name = id)]
    pub event: EventId,
    /// Its kind.
    pub kind: String,
    /// The event it corrects, reverses or confirms.
    #[diesel(column_name = about_id)]
    pub about: Option<EventId>,
    /// In the world.
    pub occurred_at: Timestamp,
    /// From when it counts.
    pub effective_at: Timestamp,
    /// Here.
    pub recorded_at: Timestamp,
    #[serde(skip)]
    #[diesel(column_name = sequence)]
    at: i64,
}

/// What was recorded after `from` and up to the moment of the question, and changed what it asks for.
///
/// # Errors
/// `invalid` where a moment is none, they are the wrong way round, or there is too much to tell; whatever the database
/// says.
pub fn changes(conn: &mut Conn, question: &Question, from: Option<KnownAt>) -> Outcome<ChangesView> {
    let after = last_known(conn, from, "/from")?;
    let to = last_known(conn, question.known_at, "/to")?;
    if after > to {
        return Err(Problem::field("/to", format!("{to} lies before from, {after}")).coded(Fault::TooEarly));
    }
    let mut apart = scratch()?;
    let cut = Cut { known_at: to, as_of: question.as_of };
    let question = &Question { narrowed: narrowed(conn, question, cut)?, ..question.clone() };
    let cuboid = (cuboid_for(&question.dimensions()), ROWS_MAXIMUM);
    let sequences = fold_apart(conn, &mut apart, (after, cut), cuboid, Kind::is_deploying)?;
    let rows = load(&mut apart, question, Counted::Apart)?;
    let question = &with_areas(conn, question, &rows, cut)?;
    let names = Names::load(conn, question, &rows)?;
    let told = told(conn, question, &rows, &sequences)?;
    let mut changed: BTreeMap<Vec<Option<Key>>, (Figures, Vec<ChangeEntry>)> = BTreeMap::new();
    for row in &rows {
        let figures = row.figures.figures();
        let difference = difference(&figures);
        let sequence = sequence_of(row, &sequences)?;
        if difference.is_empty() {
            continue;
        }
        let mut keys = names.keys(question, row);
        let key = question.group_by.iter().map(|group| keys.remove(group.word()).flatten()).collect();
        let (sum, entries) = changed.entry(key).or_default();
        sum.add(&figures);
        entries.push(ChangeEntry { sequence, event: told.get(&sequence).cloned(), difference });
    }
    let row = |(keys, (sum, mut entries)): (Vec<Option<Key>>, (Figures, Vec<ChangeEntry>))| {
        entries.sort_unstable_by_key(|entry| entry.sequence);
        let keys = question.group_by.iter().map(|group| group.word()).zip(keys).collect();
        ChangedRow { keys, difference: difference(&sum), entries }
    };
    Ok(ChangesView {
        rows: changed.into_iter().map(row).collect(),
        from: after,
        to,
        as_of: question.as_of,
        place: question.place,
    })
}

fn sequence_of(row: &Row, sequences: &[i64]) -> Outcome<i64> {
    let place = row.entry.and_then(|entry| usize::try_from(entry).ok());
    let sequence = place.and_then(|place| sequences.get(place)).copied();
    sequence.ok_or_else(|| Problem::internal("a changed row is of no entry"))
}

/// The events of these rows that the caller may read, by their sequence.
fn told(
    conn: &mut Conn,
    question: &Question,
    rows: &[Row],
    sequences: &[i64],
) -> Outcome<HashMap<i64, ChangeEvent>> {
    let mut wanted = rows.iter().map(|row| sequence_of(row, sequences)).collect::<Outcome<Vec<i64>>>()?;
    wanted.sort_unstable();
    wanted.dedup();
    let told: Vec<ChangeEvent> = in_parts(&wanted, |part| {
        events_within(events::table.into_boxed(), &question.scope)
            .filter(events::sequence.eq_any(part))
            .select(ChangeEvent::as_select())
            .load(conn)
    })
    .map_err(read_failure)?;
    Ok(told.into_iter().map(|event| (event.at, event)).collect())
}

fn difference(figures: &Figures) -> Difference {
    let accounts = Account::ALL.into_iter().map(|account| (account.word(), figures.printed(account)));
    let more = [
        ("on_hold", figures.sums.on_hold),
        ("damaged", figures.sums.damaged),
        ("deployed", figures.sums.ever_delivered),
    ];
    accounts.chain(more).filter(|(_, by)| *by != 0).collect()
}
