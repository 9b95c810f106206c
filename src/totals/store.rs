//! One grouped query over the rollups.
//!
//! The statement is put together from words of this file only; every value is bound.

use super::names::{Names, site_of};
use super::narrow::{narrowed, narrowing, parts, with_areas};
use super::regions::RegionsView;
use super::row::Row;
use super::rules::{Figures, Filters, Group, PlaceMeaning, Question, ROWS_MAXIMUM, flows_residual};
use super::view::{Key, TotalsRow, TotalsView};
use crate::auth::Bound;
use crate::core::problem::{Fault, Outcome, Problem};
use crate::db::schema::programmes;
use crate::db::{Bind, Binds, Conn, ask, read_failure, scratch};
use crate::events::Kind;
use crate::ledger::rollup::{Dimension, cuboid_for};
use crate::ledger::{Cut, fold_at, last_known};
use crate::sites::rules::COUNTRY_NOT_STATED;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// All accounts of a row added up, sources negative.
const ALL_ACCOUNTS: &str = "promised + surplus + unallocated + in_storage + allocated + in_transit + missing \
                            + delivered + distributed + lost + disposed + returned + withdrawn";

/// The columns that are added up as they are.
const SUMMED: [&str; 20] = [
    "stated_promised",
    "stated_surplus",
    "promised",
    "surplus",
    "unallocated",
    "in_storage",
    "allocated",
    "in_transit",
    "missing",
    "delivered",
    "distributed",
    "lost",
    "disposed",
    "returned",
    "withdrawn",
    "on_hold",
    "damaged",
    "moved_in",
    "moved_out",
    "ever_delivered",
];

/// Answers a question in the snapshot of this connection.
///
/// # Errors
/// `invalid` where the answer would have too many rows, or the moment asked for is not reached yet; whatever the
/// database says.
pub fn answer(conn: &mut Conn, question: &Question) -> Outcome<TotalsView> {
    let sequence = last_known(conn, question.known_at, "/known_at")?;
    let cut = Cut { known_at: sequence, as_of: question.as_of };
    let question = &Question { narrowed: narrowed(conn, question, cut)?, ..question.clone() };
    let mut past = past(conn, question, sequence)?;
    let cuboid = Counted::Cuboid(cuboid_for(&question.dimensions()).number);
    let rows = load(past.as_mut().unwrap_or(conn), question, cuboid)?;
    let question = &with_areas(conn, question, &rows, cut)?;
    let names = Names::load(conn, question, &rows)?;
    let invented = invented_programmes(conn)?;
    let by_place = question.is_by_place();
    let is_by_programme = question.group_by.contains(&Group::Programme);
    let mut placed: BTreeMap<Vec<Option<Key>>, (Figures, bool)> = BTreeMap::new();
    let (mut total, mut elsewhere) = (Figures::default(), Figures::default());
    for row in &rows {
        let figures = row.figures.figures();
        let is_meant = site_of(question, row).is_none_or(|site| !question.narrowed.unplaced.contains(&site));
        if !is_meant {
            elsewhere.add(&figures);
            continue;
        }
        total.add(&figures);
        let mut keys = names.keys(question, row);
        let key: Vec<Option<Key>> =
            question.group_by.iter().map(|group| keys.remove(group.word()).flatten()).collect();
        if is_placed(question, row, &key) {
            let (sum, synthetic) = placed.entry(key).or_default();
            sum.add(&figures);
            *synthetic |= is_invented(&invented, row);
        } else {
            elsewhere.add(&figures);
        }
    }
    let row = |(key, (figures, synthetic)): (Vec<Option<Key>>, (Figures, bool))| {
        let keys = question.group_by.iter().map(|group| group.word()).zip(key).collect();
        let synthetic = is_by_programme.then_some(synthetic);
        TotalsRow { synthetic, ..TotalsRow::new(keys, &figures, by_place) }
    };
    let has_place = question.group_by.iter().any(|group| group.is_place());
    let has_unplaced = has_place || !question.narrowed.unplaced.is_empty();
    Ok(TotalsView {
        rows: placed.into_iter().map(row).collect(),
        not_placed: has_unplaced.then(|| TotalsRow::new(BTreeMap::new(), &elsewhere, true)),
        total: TotalsRow::new(BTreeMap::new(), &total, question.is_partial()),
        deployed: total.sums.ever_delivered,
        countries: countries(past.as_mut().unwrap_or(conn), question, &rows)?,
        flows_residual: (!question.is_partial()).then(|| flows_residual(&total)),
        synthetic: has_invented(past.as_mut().unwrap_or(conn), question, &rows, &invented)?,
        sequence,
        as_of: question.as_of,
        place: question.place,
        regions: question.is_by_region().then(|| RegionsView::of(&question.filters, question.as_of)),
        editions: question.narrowed.editions.clone(),
    })
}

/// The rollups of another moment than now, where one is asked for, in a database of their own, which is asked in the
/// same words.
fn past(conn: &mut Conn, question: &Question, known_at: i64) -> Outcome<Option<Conn>> {
    if question.known_at.is_none() && question.as_of.is_none() {
        return Ok(None);
    }
    let mut past = scratch()?;
    let cut = Cut { known_at, as_of: question.as_of };
    let questions = [question.dimensions(), dimensions_of_countries(question)];
    fold_at(conn, &mut past, cut, &questions, Kind::is_deploying)?;
    Ok(Some(past))
}

fn dimensions_of_countries(question: &Question) -> Vec<Dimension> {
    let mut wanted = question.dimensions();
    wanted.push(Dimension::CountryAt);
    wanted
}

/// The programmes whose data are invented.
fn invented_programmes(conn: &mut Conn) -> Outcome<BTreeSet<Vec<u8>>> {
    let ids: Vec<Vec<u8>> = programmes::table
        .filter(programmes::synthetic.eq(true))
        .select(programmes::id)
        .load(conn)
        .map_err(read_failure)?;
    Ok(ids.into_iter().collect())
}

fn is_invented(invented: &BTreeSet<Vec<u8>>, row: &Row) -> bool {
    row.programme_id.as_ref().is_some_and(|id| invented.contains(id))
}

/// Whether a row has a value in each place asked for, and the caller is told it.
fn is_placed(question: &Question, row: &Row, key: &[Option<Key>]) -> bool {
    let is_withheld = question.narrowed.is_withheld(row.programme_id.as_deref());
    let is_told = |group: &Group| !(is_withheld && group.is_below_country());
    let mut each = question.group_by.iter().zip(key);
    each.all(|(group, key)| is_told(group) && (!group.is_place() || key.is_some()))
}

/// Whether invented data are among what is counted. A ledger without any never pays for the question.
fn has_invented(
    conn: &mut Conn,
    question: &Question,
    rows: &[Row],
    invented: &BTreeSet<Vec<u8>>,
) -> Outcome<bool> {
    if question.group_by.contains(&Group::Programme) || rows.is_empty() || invented.is_empty() {
        return Ok(rows.iter().any(|row| is_invented(invented, row)));
    }
    for part in parts(question) {
        let mut chosen = chosen(&part, Counted::Cuboid(cuboid_for(&part.dimensions()).number));
        let places: Vec<String> =
            invented.iter().map(|id| chosen.values.place(Bind::Bytes(id.clone()))).collect();
        let text = format!(
            "SELECT CAST(1 AS BIGINT) AS value FROM {} WHERE programme_id IN ({}) LIMIT 1",
            chosen.text,
            places.join(", ")
        );
        let found: Vec<crate::db::CountRow> = ask(conn, text, chosen.values)?;
        if !found.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rows a question groups what is counted into.
///
/// # Errors
/// `invalid` where there are too many; whatever the database says.
pub(super) fn load(conn: &mut Conn, question: &Question, counted: Counted) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for part in parts(question) {
        rows.append(&mut load_part(conn, &part, counted)?);
        if rows.len() > ROWS_MAXIMUM {
            let detail = format!("more than {ROWS_MAXIMUM} rows; add a filter or group by less");
            return Err(Problem::field("/group_by", detail).coded(Fault::TooMany));
        }
    }
    Ok(rows)
}

fn load_part(conn: &mut Conn, question: &Question, counted: Counted) -> Outcome<Vec<Row>> {
    let chosen = chosen(question, counted);
    let mut keys: Vec<&str> = Vec::new();
    let mut columns: Vec<String> = Vec::new();
    let read_by = question.columns();
    for (group, column, kind) in KEY_COLUMNS {
        let grouped = read_by.contains(&group);
        let source = match (group, question.place.word()) {
            (Group::Country, "for") => "country_for",
            (Group::Country, _) => "country_at",
            (_, _) => column,
        };
        if grouped {
            keys.push(source);
            columns.push(format!("{source} AS {column}"));
        } else {
            columns.push(format!("CAST(NULL AS {kind}) AS {column}"));
        }
    }
    for column in SUMMED {
        columns.push(format!("CAST(COALESCE(SUM({column} * within), 0) AS BIGINT) AS {column}"));
    }
    columns.push(format!(
        "CAST(COALESCE(SUM(({ALL_ACCOUNTS}) * (1 - within)), 0) AS BIGINT) AS opening, \
         CAST(COALESCE(SUM({ALL_ACCOUNTS}), 0) AS BIGINT) AS closing"
    ));
    columns.push(match counted {
        Counted::Cuboid(_) => "CAST(NULL AS INTEGER) AS entry".to_owned(),
        Counted::Apart => "cuboid AS entry".to_owned(),
    });
    if counted == Counted::Apart {
        keys.push("cuboid");
    }
    let text = format!(
        "SELECT {} FROM {} GROUP BY {} LIMIT {}",
        columns.join(", "),
        chosen.text,
        keys.join(", "),
        ROWS_MAXIMUM + 1
    );
    ask(conn, text, chosen.values)
}

/// What of the rollups' table is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// One cuboid.
    Cuboid(i32),
    /// All of it, each entry apart, as [`crate::ledger::fold_apart`] writes it.
    Apart,
}

/// Dimension, name in [`Row`] and in the table, and type; SQLite reads the types as it pleases.
const KEY_COLUMNS: [(Group, &str, &str); 12] = [
    (Group::Programme, "programme_id", "BYTEA"),
    (Group::Donor, "donor_id", "BYTEA"),
    (Group::Item, "item_id", "BYTEA"),
    (Group::Lot, "lot_id", "BYTEA"),
    (Group::Country, "country", "TEXT"),
    (Group::Site, "site_id", "BYTEA"),
    (Group::Holder, "holder_id", "BYTEA"),
    (Group::Owner, "owner_id", "BYTEA"),
    (Group::Consignee, "consignee_id", "BYTEA"),
    (Group::Corridor, "origin_id", "BYTEA"),
    (Group::Corridor, "destination_id", "BYTEA"),
    (Group::Month, "month", "INTEGER"),
];

/// The rollup rows that are counted, as a table of its own, with the values it needs.
struct Chosen {
    text: String,
    values: Binds,
}

/// `within` is 1 for rows of the months asked for and 0 for those before, which only make the opening.
/// Where months are rows themselves there is no before: a month row is its net change.
fn chosen(question: &Question, counted: Counted) -> Chosen {
    let by_month = question.group_by.contains(&Group::Month);
    let mut values = Binds::default();
    let filters = &question.filters;
    let within = match filters.from_month.filter(|_| !by_month) {
        Some(from) => format!("CASE WHEN month >= {} THEN 1 ELSE 0 END", values.number(from.0.into())),
        None => "1".to_owned(),
    };
    let mut conditions = vec![match counted {
        Counted::Cuboid(number) => format!("cuboid = {}", values.number(number.into())),
        Counted::Apart => "cuboid >= 0".to_owned(),
    }];
    if let Some(from) = filters.from_month.filter(|_| by_month) {
        conditions.push(format!("month >= {}", values.number(from.0.into())));
    }
    if let Some(to) = filters.to_month {
        conditions.push(format!("month <= {}", values.number(to.0.into())));
    }
    for (column, id) in identifiers(filters) {
        conditions.push(format!("{column} = {}", values.place(Bind::Bytes(id.as_bytes().to_vec()))));
    }
    if let Some(country) = &filters.country {
        let column = format!("country_{}", question.place.word());
        conditions.push(format!("{column} = {}", values.place(Bind::Words(country.clone()))));
    }
    conditions.extend(narrowing(question, &mut values));
    for bound in question.scope.bounds() {
        conditions.push(match bound {
            // What the organization gave, holds, owns or is to get: the same goods may be seen by several.
            Bound::Organization(own) => {
                let own = values.id(*own);
                format!("{own} IN (donor_id, holder_id, owner_id, consignee_id)")
            }
            Bound::Countries(own) => {
                let own: Vec<String> =
                    own.iter().map(|code| values.place(Bind::Words(code.clone()))).collect();
                let own = own.join(", ");
                format!("(country_at IN ({own}) OR country_for IN ({own}))")
            }
            Bound::OwnPledges(donor) => format!("donor_id = {}", values.id(*donor)),
        });
    }
    let text = format!(
        "(SELECT rollups.*, {within} AS within FROM rollups WHERE {}) AS chosen",
        conditions.join(" AND ")
    );
    Chosen { text, values }
}

fn identifiers(filters: &Filters) -> Vec<(&'static str, Uuid)> {
    let named = [
        ("programme_id", filters.programme.map(|id| id.0)),
        ("donor_id", filters.donor.map(|id| id.0)),
        ("item_id", filters.item.map(|id| id.0)),
        ("lot_id", filters.lot.map(|id| id.0)),
        ("site_id", filters.site.map(|id| id.0)),
        ("holder_id", filters.holder.map(|id| id.0)),
        ("owner_id", filters.owner.map(|id| id.0)),
        ("consignee_id", filters.consignee.map(|id| id.0)),
        ("origin_id", filters.corridor.map(|(origin, _)| origin.0)),
        ("destination_id", filters.corridor.map(|(_, destination)| destination.0)),
    ];
    named.into_iter().filter_map(|(column, id)| Some((column, id?))).collect()
}

/// Countries to which anything was ever delivered, of what is counted. Where the file of a delivery does not
/// state its country there is none to count.
fn countries(conn: &mut Conn, question: &Question, rows: &[Row]) -> Outcome<i64> {
    // Rows by the country where goods are hold the answer already, and the rollups are not read again.
    let unplaced = &question.narrowed.unplaced;
    let is_told = question.place == PlaceMeaning::At && question.group_by.contains(&Group::Country);
    if is_told && unplaced.is_empty() {
        let mut delivered: BTreeMap<&str, i64> = BTreeMap::new();
        for row in rows {
            let Some(country) = row.country.as_deref().filter(|code| *code != COUNTRY_NOT_STATED) else {
                continue;
            };
            *delivered.entry(country).or_default() += row.figures.ever_delivered;
        }
        let reached = delivered.values().filter(|quantity| **quantity > 0).count();
        return Ok(i64::try_from(reached).unwrap_or(i64::MAX));
    }
    let mut meant = question.clone();
    meant.narrowed.sites.iter_mut().for_each(|sites| sites.retain(|site| !unplaced.contains(site)));
    let wanted = dimensions_of_countries(question);
    let mut delivered: BTreeMap<String, i64> = BTreeMap::new();
    for part in parts(&meant) {
        let mut chosen = chosen(&part, Counted::Cuboid(cuboid_for(&wanted).number));
        let not_stated = chosen.values.place(Bind::Words(COUNTRY_NOT_STATED.to_owned()));
        let text = format!(
            "SELECT country_at AS country, CAST(SUM(ever_delivered * within) AS BIGINT) AS delivered FROM {} \
             WHERE country_at <> {not_stated} GROUP BY country_at",
            chosen.text
        );
        for row in ask::<DeliveredRow>(conn, text, chosen.values)? {
            *delivered.entry(row.country).or_default() += row.delivered;
        }
    }
    let reached = delivered.values().filter(|quantity| **quantity > 0).count();
    Ok(i64::try_from(reached).unwrap_or(i64::MAX))
}

/// What was ever delivered in a country.
#[derive(QueryableByName)]
struct DeliveredRow {
    #[diesel(sql_type = Text)]
    country: String,
    #[diesel(sql_type = BigInt)]
    delivered: i64,
}
