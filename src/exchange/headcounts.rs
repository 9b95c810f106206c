//! Tables of people that others counted, such as HXL who-does-what-where: read by a mapping of their own kind, and stated
//! as headcounts.
//!
//! A column is named by its heading, or by its HXL tag; tags are compared as tags, so that `#org +name` and `#org+name` are
//! one, and columns without a tag are as good as others. Never here: a record that counts because nobody said what it is; the
//! mapping declares it.

use super::apply::{Namespace, Progress, Recorder, Settle, import_actor, rows};
use super::dates::{DateFormat, iso_formats, parse_date};
pub use super::headcount_mapping::{HeadcountMapping, HeadcountSection};
use super::plan::CellProblem;
use super::restate::StatementsRestate;
use super::table::{Table, TableError, TableRow};
use super::value::{NumberStyle, parse_integer};
use super::verdict::{RowOutcome, RowVerdict};
use crate::baselines::rules::ROWS_MAXIMUM;
use crate::baselines::{Area, Draft};
use crate::core::check::Check;
use crate::core::id::ProgrammeId;
use crate::core::problem::{Outcome, Problem};
use crate::reach::{Headcount, HeadcountDraft, HeadcountStatus};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// What HXL tags begin with.
const TAG: char = '#';

/// Why a row is not in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowRefused {
    /// As a spreadsheet program numbers it.
    pub row: u32,
    /// In words.
    pub reason: String,
}

/// A row of a table, read.
#[derive(Debug, Clone)]
pub struct HeadcountRow {
    /// As a spreadsheet program numbers it.
    pub number: u32,
    /// What its source calls the record.
    pub key: String,
    /// What it states, of no programme yet, or why it states nothing.
    pub draft: Result<HeadcountDraft, CellProblem>,
}

/// What a table says.
pub struct Headcounts {
    /// By which mapping it was read.
    pub mapping: HeadcountMapping,
    /// The entry of the log that states the mapping, where it is one that is kept.
    pub mapping_version: Option<i64>,
    /// What was found out about the file, in sentences.
    pub notes: Vec<String>,
    /// Its rows, in their order.
    pub rows: Vec<HeadcountRow>,
}

/// What became of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HeadcountsImported {
    /// Rows that were stated: their record was not there, or said something else.
    pub stated: usize,
    /// Rows whose record stands just so.
    pub unchanged: usize,
    /// Rows that are not in, and why.
    pub rejected: Vec<RowRefused>,
    /// Records and people by what they are, added up plainly.
    pub plain: BTreeMap<&'static str, (u64, i64)>,
    /// What became of each row, in their order.
    #[serde(skip)]
    pub verdicts: Vec<RowVerdict>,
}

/// A column's place in the table.
type Place = usize;

/// The columns of a mapping, found in a table.
struct Places {
    reference: Place,
    area: Vec<Place>,
    country: Place,
    sector: Place,
    organization: Option<Place>,
    people: Place,
    from: Place,
    to: Option<Place>,
    instead: Option<Place>,
    state: Option<Place>,
}

/// Reads a file by a mapping.
///
/// # Errors
/// `invalid` where the table cannot be read at all, or lacks a column.
pub fn read_headcounts(file: &Path, mapping: HeadcountMapping) -> Outcome<Headcounts> {
    let table = Table::open(file, &mapping.table_options()).map_err(unreadable)?;
    read_headcount_table(&table, (mapping, None))
}

fn unreadable(error: TableError) -> Problem {
    Problem::field("/file", error.to_string())
}

/// Reads a table by a mapping and, of one that is kept, its version.
///
/// # Errors
/// `invalid` where the table cannot be read at all, or lacks a column.
pub fn read_headcount_table(
    table: &Table,
    (mapping, mapping_version): (HeadcountMapping, Option<i64>),
) -> Outcome<Headcounts> {
    let tags = tags_of(table);
    let places = Places::of(&mapping.headcount, table, tags.as_ref())?;
    let mut formats = mapping.formats.dates.clone();
    formats.extend(iso_formats());
    let reader = Reader { mapping: &mapping, places, formats, numbers: mapping.formats.numbers };
    let mut rows = Vec::new();
    let mut known: HashMap<String, u32> = HashMap::new();
    for row in table.rows() {
        let row = row.map_err(unreadable)?;
        if tags.as_ref().is_some_and(|tags| tags.row == row.number) {
            continue;
        }
        let key = row.cell(reader.places.reference).to_owned();
        let draft = reader.row(&row).and_then(|draft| match known.insert(key.clone(), row.number) {
            Some(before) => {
                let reason =
                    format!("{key} stands in row {before} already; each record has a row of its own");
                Err(Fault { column: mapping.headcount.reference.clone(), value: key.clone(), reason })
            }
            None => Ok(draft),
        });
        let draft = draft.map_err(|fault| fault.in_row(row.number));
        rows.push(HeadcountRow { number: row.number, key, draft });
    }
    let notes = table.notes().to_vec();
    Ok(Headcounts { mapping, mapping_version, notes, rows })
}

/// What is wrong with a row.
struct Fault {
    column: String,
    value: String,
    reason: String,
}

impl Fault {
    fn of(column: &str, value: &str, reason: impl Into<String>) -> Self {
        Self { column: column.to_owned(), value: value.to_owned(), reason: reason.into() }
    }

    fn in_row(self, row: u32) -> CellProblem {
        let Self { column, value, reason } = self;
        CellProblem { row, column, value, reason }
    }
}

/// The row of HXL tags.
struct Tags {
    row: u32,
    tags: Vec<Option<String>>,
}

/// The row of tags: the first below the header, if all its cells are tags or empty.
fn tags_of(table: &Table) -> Option<Tags> {
    let row = table.rows().next()?.ok()?;
    let cells: Vec<&str> = (0..row.cell_count()).map(|place| row.cell(place)).collect();
    let is_tags = cells.iter().any(|cell| !cell.is_empty())
        && cells.iter().all(|cell| cell.is_empty() || cell.starts_with(TAG));
    is_tags.then(|| Tags { row: row.number, tags: cells.into_iter().map(tag_of).collect() })
}

/// A tag with its attributes in order, without spaces: what HXL says is the same.
fn tag_of(text: &str) -> Option<String> {
    let lower: String =
        text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_lowercase();
    let mut parts = lower.split('+');
    let tag = parts.next().filter(|tag| tag.starts_with(TAG))?.to_owned();
    let mut attributes: Vec<&str> = parts.collect();
    attributes.sort_unstable();
    Some(attributes.into_iter().fold(tag, |tag, attribute| format!("{tag}+{attribute}")))
}

impl Places {
    fn of(section: &HeadcountSection, table: &Table, tags: Option<&Tags>) -> Outcome<Self> {
        let place = |name: &str| -> Outcome<Place> {
            let found = match tag_of(name) {
                Some(tag) => {
                    tags.and_then(|tags| tags.tags.iter().position(|known| known.as_deref() == Some(&tag)))
                }
                None => table.header().iter().position(|heading| heading.trim() == name),
            };
            found.ok_or_else(|| {
                let detail = format!(
                    "the table has no column {name:?}; its headings are {}",
                    table.header().join(", ")
                );
                Problem::field("/file", detail)
            })
        };
        let maybe = |name: &Option<String>| name.as_deref().map(place).transpose();
        Ok(Self {
            reference: place(&section.reference)?,
            area: section.area.iter().map(|name| place(name)).collect::<Outcome<_>>()?,
            country: place(&section.country)?,
            sector: place(&section.sector)?,
            organization: maybe(&section.organization)?,
            people: place(&section.people)?,
            from: place(&section.from)?,
            to: maybe(&section.to)?,
            instead: maybe(&section.instead)?,
            state: maybe(&section.state)?,
        })
    }
}

struct Reader<'a> {
    mapping: &'a HeadcountMapping,
    places: Places,
    formats: Vec<DateFormat>,
    numbers: NumberStyle,
}

impl Reader<'_> {
    /// How sure a record is. A word nobody explained is not taken for any other: it may say that nothing came of it.
    fn status(&self, state: Option<String>) -> Result<HeadcountStatus, Fault> {
        let section = &self.mapping.headcount;
        let Some(word) = state.filter(|_| !section.states.is_empty()) else { return Ok(section.otherwise) };
        let lower = word.to_lowercase();
        let found = section.states.iter().find(|(known, _)| known.to_lowercase() == lower);
        found.map(|(_, status)| *status).ok_or_else(|| {
            let known: Vec<&str> = section.states.keys().map(String::as_str).collect();
            let reason = format!("is none of {}; say in states what it means", known.join(", "));
            Fault::of(section.state.as_deref().unwrap_or("state"), &word, reason)
        })
    }

    fn row(&self, row: &TableRow) -> Result<HeadcountDraft, Fault> {
        if let Some(problem) = &row.problem {
            return Err(Fault::of("", "", problem.to_string()));
        }
        let section = &self.mapping.headcount;
        let cell = |place: Place| Some(row.cell(place)).filter(|cell| !cell.is_empty()).map(str::to_owned);
        let (area, unplaced) = self.area(row)?;
        let people = row.cell(self.places.people);
        let people = parse_integer(people, self.numbers, 0)
            .map_err(|problem| Fault::of(&section.people, people, problem.to_string()))?;
        let (from, to) = self.days(row)?;
        let status = self.status(self.places.state.and_then(cell))?;
        let draft = HeadcountDraft {
            // Whose they are is found once all rows are read.
            programme: ProgrammeId(Uuid::nil()),
            source: section.source.clone(),
            reference: row.cell(self.places.reference).to_owned(),
            area: Some(area),
            unplaced,
            sector: cell(self.places.sector),
            organization: self.places.organization.and_then(cell),
            group: None,
            people: Some(people),
            status: Some(status),
            from: Some(from),
            to: Some(to),
            caseload: None,
            round: None,
            withdrawn: false,
        };
        let mut check = Check::new();
        let draft = draft.normal(&mut check, "");
        check.finish().map_err(|problem| self.fault_of(&problem))?;
        Ok(draft)
    }

    /// What the ledger would say of a record, with the column it is about.
    fn fault_of(&self, problem: &Problem) -> Fault {
        let section = &self.mapping.headcount;
        let Some(error) = problem.errors.first() else { return Fault::of("", "", problem.detail.clone()) };
        let column = match error.pointer.as_str() {
            "/reference" => section.reference.as_str(),
            "/sector" => section.sector.as_str(),
            "/people" => section.people.as_str(),
            "/from" => section.from.as_str(),
            "/to" => section.to.as_deref().unwrap_or_default(),
            "/organization" => section.organization.as_deref().unwrap_or_default(),
            "/area" | "/unplaced" => section.area.first().map(String::as_str).unwrap_or_default(),
            _ => "",
        };
        Fault::of(column, "", error.detail.clone())
    }

    /// The first area the row names; the country where it says that it does not know more.
    fn area(&self, row: &TableRow) -> Result<(String, bool), Fault> {
        let section = &self.mapping.headcount;
        let mut wrong = None;
        for (place, name) in self.places.area.iter().zip(&section.area) {
            let cell = row.cell(*place);
            if section.unplaced.iter().any(|word| word == cell) {
                return Ok((row.cell(self.places.country).to_owned(), true));
            }
            if cell.is_empty() {
                continue;
            }
            match cell.parse::<Area>() {
                Ok(_) => return Ok((cell.to_owned(), false)),
                Err(error) => wrong = Some(Fault::of(name, cell, error.to_string())),
            }
        }
        match wrong {
            Some(fault) => Err(fault),
            None => Ok((row.cell(self.places.country).to_owned(), true)),
        }
    }

    /// The first day and the last.
    fn days(&self, row: &TableRow) -> Result<(String, String), Fault> {
        let section = &self.mapping.headcount;
        let day = |place: Place, name: &str| {
            let cell = row.cell(place);
            let date = parse_date(cell, &self.formats)
                .ok_or_else(|| Fault::of(name, cell, "is not a date the mapping knows"))?;
            Ok::<String, Fault>(crate::core::time::Timestamp(date.unix_microseconds()).day())
        };
        let from = day(self.places.from, &section.from)?;
        let to = match (self.places.to, &section.to) {
            (Some(place), Some(name)) if !row.cell(place).is_empty() => day(place, name)?,
            (_, _) => from.clone(),
        };
        match (self.places.instead, &section.instead) {
            (Some(place), Some(name)) if to < from => {
                let day = day(place, name)?;
                Ok((day.clone(), day))
            }
            (_, _) => Ok((from, to)),
        }
    }
}

impl Headcounts {
    /// The mapping and, of one that is kept, its version: what every entry of the import names.
    pub fn read_by(&self) -> String {
        match self.mapping_version {
            Some(version) => format!("{}@{version}", self.mapping.name),
            None => self.mapping.name.clone(),
        }
    }

    /// What rows state, as records of a programme; each with its place among the rows.
    pub fn drafts(&self, programme: ProgrammeId) -> Vec<(usize, HeadcountDraft)> {
        let drafts = self.rows.iter().enumerate().filter_map(|(place, row)| {
            let draft = row.draft.as_ref().ok()?;
            Some((place, HeadcountDraft { programme, ..draft.clone() }))
        });
        drafts.collect()
    }

    /// What became of all rows, where `outcomes` became of those at these places.
    pub fn told(&self, outcomes: &BTreeMap<usize, RowOutcome>) -> HeadcountsImported {
        let mut imported = HeadcountsImported::default();
        for (place, row) in self.rows.iter().enumerate() {
            let outcome = match (&row.draft, outcomes.get(&place)) {
                (Err(problem), _) => RowOutcome::Rejected { problems: vec![problem.clone()] },
                (Ok(_), Some(outcome)) => outcome.clone(),
                (Ok(_), None) => RowOutcome::Skipped,
            };
            imported.add(row, outcome);
        }
        imported
    }

    /// States what the table says, or rehearses that. The same table again changes nothing.
    ///
    /// # Errors
    /// Where the database cannot be read or written.
    pub fn import(&self, recorder: &mut Recorder, progress: Progress<'_>) -> Outcome<HeadcountsImported> {
        let actor = import_actor(&self.read_by());
        let wanted = rows::programme(Namespace::of(&self.mapping.name), &self.mapping.programme_plan());
        let programme = recorder.record(Settle { actor: Arc::new(actor.clone()), wanted })?.id;
        let drafts = self.drafts(programme);
        let mut outcomes = BTreeMap::new();
        for (number, part) in drafts.chunks(ROWS_MAXIMUM).enumerate() {
            let rows = part.iter().map(|(_, draft)| draft.clone()).collect();
            let restate = StatementsRestate::<Headcount> { actor: actor.clone(), parent: programme.0, rows };
            match recorder.record_all(vec![restate], &mut |_| {})?.pop() {
                Some(Ok(recorded)) => {
                    outcomes.extend(part.iter().map(|(place, _)| *place).zip(recorded.answer));
                }
                Some(Err(problem)) => outcomes.extend(self.refused(part, &problem)),
                None => return Err(Problem::internal("a statement gave no answer")),
            }
            progress(drafts.len().min((number + 1) * ROWS_MAXIMUM), drafts.len());
        }
        Ok(self.told(&outcomes))
    }

    /// All rows of a statement are in, or none.
    pub(super) fn refused<'a>(
        &'a self,
        part: &'a [(usize, HeadcountDraft)],
        problem: &'a Problem,
    ) -> impl Iterator<Item = (usize, RowOutcome)> + 'a {
        part.iter().map(move |(place, _)| {
            let row = self.rows[*place].number;
            let fault = Fault::of("", "", problem.detail.clone()).in_row(row);
            (*place, RowOutcome::Rejected { problems: vec![fault] })
        })
    }
}

impl HeadcountsImported {
    fn add(&mut self, row: &HeadcountRow, outcome: RowOutcome) {
        match &outcome {
            RowOutcome::Created | RowOutcome::Updated => self.stated += 1,
            RowOutcome::Unchanged => self.unchanged += 1,
            RowOutcome::Rejected { problems } => {
                let reason = problems.iter().map(|problem| match problem.column.as_str() {
                    "" => problem.reason.clone(),
                    column => format!("{column}: {:?} {}", problem.value, problem.reason),
                });
                let reason = reason.collect::<Vec<_>>().join("; ");
                self.rejected.push(RowRefused { row: row.number, reason });
            }
            RowOutcome::Skipped => {}
        }
        if let (Ok(draft), RowOutcome::Created | RowOutcome::Updated | RowOutcome::Unchanged) =
            (&row.draft, &outcome)
        {
            let word = draft.status.map_or("", HeadcountStatus::word);
            let (records, people) = self.plain.entry(word).or_default();
            *records += 1;
            *people += draft.people.unwrap_or_default();
        }
        self.verdicts.push(RowVerdict { number: row.number, key: row.key.clone(), outcome });
    }
}
