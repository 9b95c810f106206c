//! A table of needs by a mapping: rows in, and for each what it states or why it states nothing.
//!
//! A row's need has an identifier made from the mapping's name and the row's key, so the same file again finds what it
//! stated. What rows name by codes is looked up for all of them at once. Never here: making programmes, items, sites or
//! organizations.

use super::apply::{Recorder, import_actor};
use super::import::Imported;
use super::mapping::{Mapping, NeedSection};
use super::plan::CellProblem;
use super::reading::{RowReader, TableReader};
use super::table::Table;
use super::template::Template;
use super::verdict::{RowOutcome, RowVerdict, count};
use crate::areas::KnownAreas;
use crate::atlas::find_country;
use crate::auth::Scope;
use crate::baselines::Area;
use crate::core::check::quoted;
use crate::core::id::{ItemId, NeedId, OrganizationId, ProgrammeId, SiteId, derived};
use crate::core::problem::{Outcome, Problem};
use crate::core::quantity::Quantity;
use crate::db::schema::{items, organizations, programmes, sites};
use crate::db::{Conn, in_parts, read_failure};
use crate::needs::rules::Place;
use crate::needs::{NeedDraft, NeedRow, NeedsRestate, Priority, Restated, check_within, site_countries};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

/// Rows of one file of needs: they are one update, and whoever records waits for it.
pub const NEED_ROWS_MAXIMUM: usize = 2_000;

/// What a row says, its names not looked up yet.
#[derive(Clone, Debug, Default)]
struct Said {
    programme: String,
    item: String,
    site: Option<String>,
    area: Option<String>,
    organization: Option<String>,
    quantity: i64,
    needed_by: String,
    people: Option<i64>,
    priority: Priority,
    shelf_life_days: Option<i64>,
    source: String,
    note: Option<String>,
}

/// What is to become of a row.
#[derive(Clone, Debug)]
pub enum RowFate {
    /// The mapping leaves it out.
    Skipped,
    /// It states nothing.
    Rejected(Vec<CellProblem>),
    /// It states this.
    States(Box<NeedRow>),
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct ReadRow {
    /// Its number as a spreadsheet shows it.
    pub number: u32,
    /// Its key by the mapping.
    pub key: String,
    /// What is to become of it.
    pub fate: RowFate,
}

/// Columns that members of a need come from, for reasons that the ledger gives.
pub struct NeedColumns(Vec<(&'static str, String)>);

impl NeedColumns {
    fn of(mapping: &Mapping, section: &NeedSection) -> Self {
        let first = |template: &Template| mapping.first_column(template).unwrap_or_default().to_owned();
        let maybe = |template: &Option<Template>| template.as_ref().map(first).unwrap_or_default();
        Self(vec![
            ("/programme", first(&section.programme)),
            ("/item", first(&section.item)),
            ("/site", maybe(&section.site)),
            ("/area", maybe(&section.area)),
            ("/organization", maybe(&section.organization)),
            ("/quantity", section.quantity.clone()),
            ("/needed_by", section.needed_by.clone()),
            ("/people", section.people.clone().unwrap_or_default()),
            ("/priority", maybe(&section.priority)),
            ("/shelf_life_days", section.shelf_life_days.clone().unwrap_or_default()),
            ("/source", first(&section.source)),
            ("/note", maybe(&section.note)),
        ])
    }

    /// The members of a need that columns make.
    pub fn pointers(&self) -> BTreeMap<String, String> {
        let named = self.0.iter().filter(|(_, column)| !column.is_empty());
        named.map(|(pointer, column)| (column.clone(), (*pointer).to_owned())).collect()
    }

    /// The reasons of a refusal, each with its column.
    pub fn reasons(&self, row: u32, problem: &Problem) -> Vec<CellProblem> {
        let reason = |column: String, reason: &str| CellProblem {
            row,
            column,
            value: String::new(),
            reason: reason.to_owned(),
        };
        if problem.errors.is_empty() {
            return vec![reason(String::new(), &problem.detail)];
        }
        let column = |pointer: &str| {
            let found = self.0.iter().find(|(known, _)| *known == pointer);
            found.map(|(_, column)| column.clone()).unwrap_or_default()
        };
        problem.errors.iter().map(|error| reason(column(&error.pointer), &error.detail)).collect()
    }
}

/// A table of needs that was read and judged, as far as it goes without recording.
pub struct NeedsRead {
    /// Its rows.
    pub rows: Vec<ReadRow>,
    /// The columns that members come from.
    pub columns: NeedColumns,
}

impl NeedsRead {
    /// What rows state.
    pub fn stated(&self) -> Vec<NeedRow> {
        let stated = self.rows.iter().filter_map(|row| match &row.fate {
            RowFate::States(stated) => Some(stated.as_ref().clone()),
            RowFate::Skipped | RowFate::Rejected(_) => None,
        });
        stated.collect()
    }
}

/// Reads a table of needs and judges each row: whether it is a need, and the caller's to state.
///
/// # Errors
/// As [`read_needs`].
pub fn judge_needs(conn: &mut Conn, scope: &Scope, mapping: &Mapping, table: &Table) -> Outcome<NeedsRead> {
    let (mut rows, columns) = read_needs(conn, mapping, table)?;
    let places = rows.iter().filter_map(|row| match &row.fate {
        RowFate::States(stated) => Some(&stated.place),
        RowFate::Skipped | RowFate::Rejected(_) => None,
    });
    let sites = site_countries(conn, places)?;
    for row in &mut rows {
        let RowFate::States(stated) = &row.fate else { continue };
        if let Err(problem) = check_within(scope, &stated.draft, &stated.place, &sites) {
            row.fate = RowFate::Rejected(columns.reasons(row.number, &problem));
        }
    }
    Ok(NeedsRead { rows, columns })
}

/// Reads a table of needs.
///
/// # Errors
/// `invalid` where the table does not fit the mapping, or has too many rows; what the database says.
pub fn read_needs(conn: &mut Conn, mapping: &Mapping, table: &Table) -> Outcome<(Vec<ReadRow>, NeedColumns)> {
    let Some(section) = &mapping.need else {
        let words = format!("{} states no needs; name a mapping with [need]", mapping.name);
        return Err(Problem::field("/mapping", words));
    };
    let unreadable =
        |error: &dyn std::fmt::Display| Problem::field("", format!("The table cannot be read: {error}"));
    let country_of = |name: &str| match find_country(name) {
        Ok(country) => Ok(country.as_str().to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let reader = TableReader::new(table, mapping, &country_of).map_err(|error| unreadable(&error))?;
    let mut rows = Vec::new();
    let mut keys: HashMap<String, u32> = HashMap::new();
    for row in table.rows() {
        let row = row.map_err(|error| unreadable(&error))?;
        if rows.len() >= NEED_ROWS_MAXIMUM {
            let words = format!("The table has more than {NEED_ROWS_MAXIMUM} rows; send it in parts");
            return Err(Problem::field("", words));
        }
        let mut row = RowReader::new(&reader, &row);
        rows.push(said(&mut row, section, &mut keys));
    }
    let columns = NeedColumns::of(mapping, section);
    Ok((settled(conn, mapping, rows, &columns)?, columns))
}

type SaidRow = (u32, String, Result<Option<Said>, Vec<CellProblem>>);

/// What a row says by itself; none where the mapping leaves it out.
fn said(row: &mut RowReader<'_>, section: &NeedSection, keys: &mut HashMap<String, u32>) -> SaidRow {
    let number = row.number();
    if row.problems.is_empty() && row.is_skipped() {
        return (number, String::new(), Ok(None));
    }
    let mut said = Said::default();
    let mut key = String::new();
    if row.problems.is_empty() {
        let template = row.mapping().row.key.clone();
        key = row.reference("row.key", &template);
        if let Some(before) = keys.insert(key.clone(), number).filter(|_| !key.is_empty()) {
            let column = row.first_column(&template);
            row.problem(
                &column,
                format!("row {before} has the same key {}; each row has its own", quoted(&key)),
            );
        }
        said = said_of(row, section);
    }
    let problems = std::mem::take(&mut row.problems);
    (number, key, if problems.is_empty() { Ok(Some(said)) } else { Err(problems) })
}

fn said_of(row: &mut RowReader<'_>, section: &NeedSection) -> Said {
    let text = |row: &mut RowReader<'_>, template: &Option<Template>| {
        template.as_ref().and_then(|template| row.render(template)).filter(|text| !text.is_empty())
    };
    let number = |row: &mut RowReader<'_>, column: &Option<String>| {
        column.as_deref().and_then(|column| row.number_in(column).known()).map(|number| number.mantissa())
    };
    let quantity = number(row, &Some(section.quantity.clone()));
    if quantity.is_none() {
        row.problem_if_none(&section.quantity, "is empty; say how much is needed");
    }
    let day = row.date_in(&section.needed_by).known();
    if day.is_none() {
        row.problem_if_none(&section.needed_by, "is empty; say by which day it is needed");
    }
    Said {
        programme: row.need("programme", &section.programme),
        item: row.need("item", &section.item),
        site: text(row, &section.site),
        area: area_in(row, section),
        organization: text(row, &section.organization),
        quantity: quantity.unwrap_or(0),
        needed_by: day
            .map(|day| format!("{:04}-{:02}-{:02}", day.year, day.month, day.day))
            .unwrap_or_default(),
        people: number(row, &section.people),
        priority: priority_in(row, section),
        shelf_life_days: number(row, &section.shelf_life_days),
        source: row.need("source", &section.source),
        note: text(row, &section.note),
    }
}

/// A code of an area as it is, or the country of a name.
fn area_in(row: &mut RowReader<'_>, section: &NeedSection) -> Option<String> {
    let template = section.area.as_ref()?;
    let text = row.render(template).filter(|text| !text.is_empty())?;
    if text.parse::<Area>().is_ok() {
        return Some(text);
    }
    row.country(template)
}

fn priority_in(row: &mut RowReader<'_>, section: &NeedSection) -> Priority {
    let Some(template) = &section.priority else { return Priority::default() };
    let Some(word) = row.render(template).filter(|word| !word.is_empty()) else { return Priority::default() };
    Priority::from_word(&word).unwrap_or_else(|| {
        let column = row.first_column(template);
        row.problem(
            &column,
            format!("{} is no priority; write critical, high, normal or low", quoted(&word)),
        );
        Priority::default()
    })
}

/// What the names of all rows stand for.
#[derive(Default)]
struct Known {
    programmes: HashMap<String, ProgrammeId>,
    items: HashMap<String, ItemId>,
    sites: HashMap<String, SiteId>,
    organizations: HashMap<String, OrganizationId>,
    areas: KnownAreas,
    /// Some codes of items, where a row names none that is known.
    such: Vec<String>,
}

/// Items that a refusal names.
const NAMED_MAXIMUM: i64 = 5;

impl Known {
    fn load(conn: &mut Conn, rows: &[SaidRow]) -> Outcome<Self> {
        let all = || rows.iter().filter_map(|(_, _, said)| said.as_ref().ok().and_then(Option::as_ref));
        let texts = |of: &dyn Fn(&Said) -> Option<String>| -> Vec<String> {
            all().filter_map(of).collect::<BTreeSet<_>>().into_iter().collect()
        };
        macro_rules! named {
            ($table:ident . $column:ident, $texts:expr) => {{
                let found = in_parts(&$texts, |part| {
                    $table::table
                        .filter($table::$column.eq_any(part))
                        .select(($table::$column.assume_not_null(), $table::id))
                        .load(conn)
                });
                found.map_err(read_failure)?.into_iter().collect()
            }};
        }
        let programmes: Vec<(String, ProgrammeId)> =
            in_parts(&texts(&|said| Some(said.programme.clone())), |part| {
                let query = programmes::table.filter(programmes::code.eq_any(part));
                query.select((programmes::code, programmes::id)).load(conn)
            })
            .map_err(read_failure)?;
        let items: Vec<(String, ItemId)> = in_parts(&texts(&|said| Some(said.item.clone())), |part| {
            items::table.filter(items::code.eq_any(part)).select((items::code, items::id)).load(conn)
        })
        .map_err(read_failure)?;
        let asked = texts(&|said| Some(said.item.clone()));
        let such = match items.len() < asked.len() {
            true => {
                let query = items::table.order(items::code).select(items::code).limit(NAMED_MAXIMUM);
                query.load(conn).map_err(read_failure)?
            }
            false => Vec::new(),
        };
        Ok(Self {
            areas: KnownAreas::load(conn, all().filter_map(|said| said.area.as_deref()))?,
            such,
            programmes: programmes.into_iter().collect(),
            items: items.into_iter().collect(),
            sites: named!(sites.code, texts(&|said| said.site.clone())),
            organizations: named!(organizations.reference, texts(&|said| said.organization.clone())),
        })
    }
}

fn found<T: Copy + Eq + Hash>(
    known: &HashMap<String, T>,
    text: &str,
    what: &str,
    pointer: &str,
) -> Outcome<T> {
    known.get(text).copied().ok_or_else(|| {
        let words = format!("{} is the code of no {what} known here; record it first", quoted(text));
        Problem::field(pointer, words)
    })
}

/// The item of a code; one that is not known is told with some that are.
fn item_of(known: &Known, text: &str) -> Outcome<ItemId> {
    if let Some(item) = known.items.get(text) {
        return Ok(*item);
    }
    let such = match known.such.is_empty() {
        true => String::new(),
        false => format!("write one that is, such as {}, or ", known.such.join(", ")),
    };
    let words = format!("{} is the code of no item known here; {such}record it first", quoted(text));
    Err(Problem::field("/item", words))
}

fn draft_of(said: &Said, known: &Known, circulated: bool) -> Outcome<NeedDraft> {
    let site = said.site.as_deref().map(|text| found(&known.sites, text, "site", "/site")).transpose()?;
    if let Some(area) = said.area.as_deref().filter(|_| site.is_none()) {
        known.areas.check("/area", area)?;
    }
    let organization = said.organization.as_deref();
    let organization = organization
        .map(|text| found(&known.organizations, text, "organization", "/organization"))
        .transpose()?;
    let Some(quantity) = Quantity::new(said.quantity) else {
        return Err(Problem::field("/quantity", format!("{} is no quantity", said.quantity)));
    };
    Ok(NeedDraft {
        id: None,
        programme: found(&known.programmes, &said.programme, "programme", "/programme")?,
        item: item_of(known, &said.item)?,
        quantity,
        site,
        // A site says by itself where it is.
        area: said.area.clone().filter(|_| site.is_none()),
        needed_by: said.needed_by.clone(),
        people: said.people,
        priority: said.priority,
        shelf_life_days: said.shelf_life_days,
        source: said.source.clone(),
        organization,
        reference: None,
        note: said.note.clone(),
        circulated,
    })
}

/// The rows with their names looked up, each judged as if somebody stated it by hand.
fn settled(
    conn: &mut Conn,
    mapping: &Mapping,
    rows: Vec<SaidRow>,
    columns: &NeedColumns,
) -> Outcome<Vec<ReadRow>> {
    let known = Known::load(conn, &rows)?;
    let circulated = mapping.need.as_ref().is_some_and(|section| section.circulated);
    let settle = |(number, key, said): SaidRow| {
        let fate = match said {
            Ok(None) => RowFate::Skipped,
            Err(problems) => RowFate::Rejected(problems),
            Ok(Some(said)) => {
                let draft = draft_of(&said, &known, circulated);
                let draft = draft.map(|draft| NeedDraft { reference: Some(key.clone()), ..draft });
                match draft.and_then(|draft| draft.checked()) {
                    Ok((draft, place)) => RowFate::States(Box::new(row_of(mapping, &key, draft, place))),
                    Err(problem) => RowFate::Rejected(columns.reasons(number, &problem)),
                }
            }
        };
        ReadRow { number, key, fate }
    };
    Ok(rows.into_iter().map(settle).collect())
}

fn row_of(mapping: &Mapping, key: &str, draft: NeedDraft, place: Place) -> NeedRow {
    // Two cities number their needs from 1: a key is one of the programme and of whoever asks. Control characters are in no
    // part, so that what separates them is part of none.
    let asks = draft.organization.map(|organization| organization.to_string()).unwrap_or_default();
    let id: NeedId =
        derived(draft.programme.0, &format!("need\u{1f}{asks}\u{1f}{}\u{1f}{key}", mapping.name), 0);
    NeedRow { id, draft, place }
}

/// The verdict of every row, where this became of those that state something, in their order.
pub fn verdicts_of(
    rows: &[ReadRow],
    columns: &NeedColumns,
    restated: Vec<Outcome<Restated>>,
) -> Vec<RowVerdict> {
    let mut restated = restated.into_iter();
    let verdict = |row: &ReadRow| {
        let outcome = match &row.fate {
            RowFate::Skipped => RowOutcome::Skipped,
            RowFate::Rejected(problems) => RowOutcome::Rejected { problems: problems.clone() },
            RowFate::States(_) => match restated.next() {
                Some(Ok(Restated::Created)) => RowOutcome::Created,
                Some(Ok(Restated::Updated)) => RowOutcome::Updated,
                Some(Ok(Restated::Unchanged)) => RowOutcome::Unchanged,
                Some(Err(problem)) => {
                    RowOutcome::Rejected { problems: columns.reasons(row.number, &problem) }
                }
                None => RowOutcome::Skipped,
            },
        };
        RowVerdict { number: row.number, key: row.key.clone(), outcome }
    };
    rows.iter().map(verdict).collect()
}

/// States the needs of a table on the machine of the server, or rehearses that.
///
/// # Errors
/// Where the database cannot be read or written.
pub fn import_needs(
    (rows, columns): &(Vec<ReadRow>, NeedColumns),
    read_by: &str,
    recorder: &mut Recorder,
) -> Outcome<Imported> {
    let stated: Vec<NeedRow> = rows
        .iter()
        .filter_map(|row| match &row.fate {
            RowFate::States(stated) => Some(stated.as_ref().clone()),
            RowFate::Skipped | RowFate::Rejected(_) => None,
        })
        .collect();
    let restated = match stated.is_empty() {
        true => Vec::new(),
        false => recorder.record(NeedsRestate { actor: import_actor(read_by), rows: stated })?,
    };
    let verdicts = verdicts_of(rows, columns, restated);
    let counts = count(&verdicts);
    Ok(Imported { verdicts, counts })
}
