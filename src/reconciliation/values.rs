//! Declared values: quantity × the value of one unit, as the donor declared it for the whole line.
//!
//! Amounts are integers of the currency's minor unit, rounded once for each pledge line and state; amounts of
//! different currencies, or on different bases, stand beside each other and are never added. Goods of a line
//! without a value are counted, not guessed. A line that a change of earmark opened is worth what the line was
//! whose goods came over.

use super::accounts::order;
use super::counted::Counted;
use super::keys::{Columns, KeyRow, Wanted};
use super::rules::{ROWS_MAXIMUM, value_of};
use crate::core::id::PledgeLineId;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::schema::{earmark_changes, pledge_lines};
use crate::db::{Conn, read_failure};
use crate::totals::Key;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Pledge lines in all rows together that are read.
const LINES_MAXIMUM: usize = 200_000;
/// Changes of earmark that are followed from one line to another; one made by hand in a ring is not followed for
/// ever.
const EARMARKS_FOLLOWED: usize = 100;

/// What goods are worth by where they stand, in a currency's minor unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ValueFigures {
    /// Promised.
    pub promised: i64,
    /// With the donor.
    pub unallocated: i64,
    /// In storage, allocated, in transit and missing.
    pub in_custody: i64,
    /// With the consignee.
    pub delivered: i64,
    /// Distributed, lost, disposed, returned and withdrawn.
    pub ended: i64,
}

impl ValueFigures {
    fn of(row: &Row, worth: impl Fn(i64) -> Option<i64>) -> Option<Self> {
        Some(Self {
            promised: worth(row.promised)?,
            unallocated: worth(row.unallocated)?,
            in_custody: worth(row.in_custody)?,
            delivered: worth(row.delivered)?,
            ended: worth(row.ended)?,
        })
    }

    fn add(&mut self, other: &Self) {
        self.promised += other.promised;
        self.unallocated += other.unallocated;
        self.in_custody += other.in_custody;
        self.delivered += other.delivered;
        self.ended += other.ended;
    }
}

/// The declared value of a row's goods in one currency and on one basis.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ValueRow {
    /// What the row is about: a member for each dimension of `group_by`.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Key>)]
    pub keys: BTreeMap<&'static str, Option<Key>>,
    /// ISO 4217.
    pub currency: String,
    /// What the value is based on; null where the donor did not say.
    pub basis: Option<String>,
    /// Pledge lines that are valued so.
    pub lines: usize,
    /// In the currency's minor unit, such as cents.
    pub value: ValueFigures,
}

/// Goods of a row that nobody said the value of, in base units.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Unvalued {
    /// What the row is about.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Key>)]
    pub keys: BTreeMap<&'static str, Option<Key>>,
    /// Pledge lines without a value.
    pub lines: usize,
    /// Their goods.
    pub quantity: ValueFigures,
}

/// Declared values.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ValuesSection {
    /// By row, currency and basis.
    pub rows: Vec<ValueRow>,
    /// What has no value, flagged and counted; surplus, which nobody declared, is among it.
    pub without_value: Vec<Unvalued>,
}

impl Row {
    /// Base units, as the row has them.
    fn figures(&self) -> ValueFigures {
        ValueFigures {
            promised: self.promised,
            unallocated: self.unallocated,
            in_custody: self.in_custody,
            delivered: self.delivered,
            ended: self.ended,
        }
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(embed)]
    key: KeyRow,
    #[diesel(sql_type = Binary)]
    pledge_line_id: PledgeLineId,
    #[diesel(sql_type = BigInt)]
    offered: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    value_minor: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    currency: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    value_basis: Option<String>,
    #[diesel(sql_type = BigInt)]
    promised: i64,
    #[diesel(sql_type = BigInt)]
    unallocated: i64,
    #[diesel(sql_type = BigInt)]
    in_custody: i64,
    #[diesel(sql_type = BigInt)]
    delivered: i64,
    #[diesel(sql_type = BigInt)]
    ended: i64,
}

/// The declared value of so many units.
#[derive(Clone)]
struct Declared {
    minor: i64,
    offered: i64,
    currency: String,
    basis: Option<String>,
}

impl Declared {
    fn of(minor: Option<i64>, offered: i64, currency: Option<String>, basis: Option<String>) -> Option<Self> {
        if offered <= 0 {
            return None;
        }
        Some(Self { minor: minor?, offered, currency: currency?, basis })
    }
}

type Lines = BTreeSet<PledgeLineId>;

/// Reads the section.
///
/// # Errors
/// `invalid` where there are too many lines; whatever the database says.
pub(super) fn read(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<ValuesSection> {
    let rows = rows(conn, counted)?;
    // Without a declared value of its own, a line may have come over from any other, through many changes.
    let has_all = rows.iter().all(|row| row.value_minor.is_some());
    let opened = if has_all { Opened::new() } else { opened(conn)? };
    let mut valued: BTreeMap<(KeyRow, String, Option<String>), (Lines, ValueFigures)> = BTreeMap::new();
    let mut unvalued: BTreeMap<KeyRow, (Lines, ValueFigures)> = BTreeMap::new();
    // Of another moment, lines stand here that held something before it and nothing then.
    for row in rows.into_iter().filter(|row| row.figures() != ValueFigures::default()) {
        let own = Declared::of(row.value_minor, row.offered, row.currency.clone(), row.value_basis.clone());
        let declared = own.or_else(|| came_with(row.pledge_line_id, &opened));
        let worth = declared.and_then(|declared| {
            let figures = ValueFigures::of(&row, |units| value_of(units, declared.minor, declared.offered))?;
            Some((declared, figures))
        });
        let (entry, figures) = match worth {
            Some((declared, figures)) => {
                (valued.entry((row.key, declared.currency, declared.basis)).or_default(), figures)
            }
            None => {
                let units = row.figures();
                (unvalued.entry(row.key).or_default(), units)
            }
        };
        entry.0.insert(row.pledge_line_id);
        entry.1.add(&figures);
    }
    let groups = &counted.question.group_by;
    let mut wanted = Wanted::default();
    valued.keys().map(|(key, _, _)| key).chain(unvalued.keys()).for_each(|key| wanted.add(key));
    let words = wanted.load(conn, &counted.question.scope)?;
    let told = |((key, currency, basis), (lines, value)): ((KeyRow, String, Option<String>), (Lines, _))| {
        ValueRow { keys: words.keys(groups, &key), currency, basis, lines: lines.len(), value }
    };
    let mut rows: Vec<ValueRow> = valued.into_iter().map(told).collect();
    rows.sort_by_cached_key(|row| (order(groups, &row.keys), row.currency.clone(), row.basis.clone()));
    let told = |(key, (lines, quantity)): (KeyRow, (Lines, _))| Unvalued {
        keys: words.keys(groups, &key),
        lines: lines.len(),
        quantity,
    };
    let mut without_value: Vec<Unvalued> = unvalued.into_iter().map(told).collect();
    without_value.sort_by_cached_key(|row| order(groups, &row.keys));
    Ok(ValuesSection { rows, without_value })
}

/// What lines hold by row, with what they were declared to be worth. Promised goods stand with their source,
/// surplus with none: nobody promised it.
fn rows(conn: &mut Conn, counted: &Counted<'_>) -> Outcome<Vec<Row>> {
    let columns = Columns::of(&counted.question.group_by, counted.question.place);
    let states = [
        ("promised", "account = 0 THEN -quantity"),
        ("unallocated", "account = 2 THEN quantity"),
        ("in_custody", "account BETWEEN 3 AND 6 THEN quantity"),
        ("delivered", "account = 7 THEN quantity"),
        ("ended", "account > 7 THEN quantity"),
    ]
    .map(|(word, when)| format!("CAST(SUM(CASE WHEN {when} ELSE 0 END) AS BIGINT) AS {word}"))
    .join(", ");
    let lines =
        "counted.pledge_line_id, valued.offered, valued.value_minor, valued.currency, valued.value_basis";
    let text = format!(
        "SELECT {}, {lines}, {states} FROM {} AS counted \
         JOIN (SELECT id AS line_id, offered, value_minor, currency, value_basis FROM pledge_lines) AS valued \
         ON valued.line_id = counted.pledge_line_id GROUP BY {}, {lines} LIMIT {}",
        columns.selected,
        counted.held(),
        columns.grouped,
        LINES_MAXIMUM + 1
    );
    let rows: Vec<Row> = counted.statement.load(conn, &text)?;
    let keys: BTreeSet<&KeyRow> = rows.iter().map(|row| &row.key).collect();
    if rows.len() > LINES_MAXIMUM || keys.len() > ROWS_MAXIMUM {
        let detail = format!("values of more than {LINES_MAXIMUM} pledge lines; add a filter");
        return Err(Problem::field("/sections", detail).coded(Fault::TooMany));
    }
    Ok(rows)
}

/// The lines that changes of earmark opened: whose goods came over, and what those were declared to be worth.
type Opened = HashMap<PledgeLineId, (PledgeLineId, Option<Declared>)>;

fn opened(conn: &mut Conn) -> Outcome<Opened> {
    type Line = (PledgeLineId, PledgeLineId, i64, Option<i64>, Option<String>, Option<String>);
    let rows: Vec<Line> = earmark_changes::table
        .inner_join(pledge_lines::table.on(pledge_lines::id.eq(earmark_changes::from_line_id)))
        .select((
            earmark_changes::to_line_id,
            earmark_changes::from_line_id,
            pledge_lines::offered,
            pledge_lines::value_minor,
            pledge_lines::currency,
            pledge_lines::value_basis,
        ))
        .load(conn)
        .map_err(read_failure)?;
    let told = |(to, from, offered, minor, currency, basis): Line| {
        (to, (from, Declared::of(minor, offered, currency, basis)))
    };
    Ok(rows.into_iter().map(told).collect())
}

/// What the goods of a line were declared to be worth where they came from.
fn came_with(line: PledgeLineId, opened: &Opened) -> Option<Declared> {
    let mut line = line;
    for _ in 0..EARMARKS_FOLLOWED {
        let (from, declared) = opened.get(&line)?;
        if declared.is_some() {
            return declared.clone();
        }
        line = *from;
    }
    None
}
