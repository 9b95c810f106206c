//! Tables of people that others counted, such as HXL who-does-what-where: read by a mapping of their own kind, and stated
//! as headcounts.
//!
//! A column is named by its heading, or by its HXL tag; tags are compared as tags, so that `#org +name` and `#org+name` are
//! one, and columns without a tag are as good as others. Never here: a record that counts because nobody said what it is; the
//! mapping declares it.

use super::apply::{Namespace, Progress, Recorder, Settle, import_actor, rows};
use super::dates::{DateFormat, iso_formats, parse_date};
use super::mapping::{FileSection, FormatSection};
use super::plan::ProgrammePlan;
use super::table::{Table, TableError, TableOptions, TableRow};
use super::value::{NumberStyle, parse_integer};
use crate::baselines::rules::{ROWS_MAXIMUM, Statements};
use crate::baselines::{Area, Draft, State};
use crate::core::check::Check;
use crate::core::hexadecimal::hexadecimal;
use crate::core::id::{BaselineBatchId, ProgrammeId, derived};
use crate::core::problem::{Outcome, Problem};
use crate::reach::{Headcount, HeadcountDraft, HeadcountStatus};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Mapping files are written by hand; a larger one is some other file.
const MAX_MAPPING_BYTES: u64 = 1_024 * 1_024;
/// The section by which such a mapping is told from the other kind.
const SECTION: &str = "[headcount]";
/// What HXL tags begin with.
const TAG: char = '#';

/// The mappings of this kind that ship with the program, by name.
const BUILT_IN: [(&str, &str); 1] =
    [("hxl-345w-honduras", include_str!("../../mappings/hxl-345w-honduras.toml"))];

/// A mapping file of headcounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadcountMapping {
    /// Its name, part of every identifier it makes, so it never changes.
    pub name: String,
    /// What it reads, for people.
    pub title: String,
    /// How to open the file, where detection is not enough.
    #[serde(default)]
    pub file: FileSection,
    /// How the table writes dates and numbers.
    #[serde(default)]
    pub formats: FormatSection,
    /// The programme all records belong to.
    pub programme: ProgrammeWords,
    /// What the columns are.
    pub headcount: HeadcountSection,
}

/// `[programme]`: made where there is none of this reference yet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeWords {
    /// Its stable reference.
    pub reference: String,
    /// Its name.
    pub name: String,
}

/// `[headcount]`: columns by heading or HXL tag.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadcountSection {
    /// Who counted, in words.
    pub source: String,
    /// What names a record.
    pub reference: String,
    /// Where, best first.
    pub area: Vec<String>,
    /// Cells of these columns that say that nobody knows where in the country.
    #[serde(default)]
    pub unplaced: Vec<String>,
    /// The country.
    pub country: String,
    /// The sector.
    pub sector: String,
    /// Who did it.
    pub organization: Option<String>,
    /// How many people.
    pub people: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: Option<String>,
    /// The day that stands in where the last is before the first.
    pub instead: Option<String>,
    /// What says how sure it is.
    pub state: Option<String>,
    /// The words of that column, and what they mean; a word that is none of them rejects its row.
    #[serde(default)]
    pub states: BTreeMap<String, HeadcountStatus>,
    /// What a record is that says nothing there; reported, if it is not declared.
    #[serde(default = "reported")]
    pub otherwise: HeadcountStatus,
}

fn reported() -> HeadcountStatus {
    HeadcountStatus::Reported
}

impl HeadcountMapping {
    /// The mapping of this kind with a built-in name or in a file; none where it is of the other kind or not there, which
    /// that kind's reader tells.
    ///
    /// # Errors
    /// `invalid` where it is of this kind and cannot be used.
    pub fn find(name_or_file: &str) -> Outcome<Option<Self>> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_file) {
            return Self::parse(text).map(Some);
        }
        let is_file = Path::new(name_or_file).extension().is_some_and(|extension| extension == "toml");
        let is_small = || std::fs::metadata(name_or_file).is_ok_and(|file| file.len() <= MAX_MAPPING_BYTES);
        if !is_file || !is_small() {
            return Ok(None);
        }
        let Ok(text) = std::fs::read_to_string(name_or_file) else { return Ok(None) };
        if text.lines().any(|line| line.trim() == SECTION) { Self::parse(&text).map(Some) } else { Ok(None) }
    }

    fn parse(text: &str) -> Outcome<Self> {
        toml::from_str(text)
            .map_err(|error| Problem::field("/mapping", format!("the mapping is not understood: {error}")))
    }

    fn table_options(&self) -> TableOptions {
        TableOptions {
            delimiter: self.file.delimiter.map(|given| u8::try_from(given).unwrap_or(u8::MAX)),
            encoding: self.file.encoding,
            sheet: self.file.sheet.clone(),
            header_row: self.file.header_row,
        }
    }
}

/// Why a row is not in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowRefused {
    /// As a spreadsheet program numbers it.
    pub row: u32,
    /// In words.
    pub reason: String,
}

/// What a table says.
pub struct Headcounts {
    mapping: HeadcountMapping,
    /// What was found out about the file, in sentences.
    pub notes: Vec<String>,
    programme: ProgrammeId,
    rows: Vec<(u32, HeadcountDraft)>,
    /// Rows that cannot be read.
    pub refused: Vec<RowRefused>,
}

/// What became of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HeadcountsImported {
    /// Rows that were stated.
    pub stated: usize,
    /// Rows that had been stated before, all just so.
    pub unchanged: usize,
    /// Rows that are not in, and why.
    pub rejected: Vec<RowRefused>,
    /// Records and people by what they are, added up plainly.
    pub plain: BTreeMap<&'static str, (u64, i64)>,
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

/// Reads a table by a mapping.
///
/// # Errors
/// `invalid` where the table cannot be read at all, or lacks a column.
pub fn read_headcounts(file: &Path, mapping: HeadcountMapping) -> Outcome<Headcounts> {
    let unreadable = |error: TableError| Problem::field("/file", error.to_string());
    let table = Table::open(file, &mapping.table_options()).map_err(unreadable)?;
    let tags = tags_of(&table);
    let places = Places::of(&mapping.headcount, &table, tags.as_ref())?;
    let names = Namespace::of(&mapping.name);
    let plan = programme_plan(&mapping);
    let programme = rows::programme(names, &plan).id;
    let mut formats = mapping.formats.dates.clone();
    formats.extend(iso_formats());
    let reader = Reader { mapping: &mapping, places, formats, numbers: mapping.formats.numbers, programme };
    let (mut read, mut refused) = (Vec::new(), Vec::new());
    let mut known: BTreeMap<String, u32> = BTreeMap::new();
    for row in table.rows() {
        let row = row.map_err(unreadable)?;
        if tags.as_ref().is_some_and(|tags| tags.row == row.number) {
            continue;
        }
        let read_row =
            reader.row(&row).and_then(|draft| match known.insert(draft.reference.clone(), row.number) {
                Some(before) => Err(format!("{} stands in row {before} already", draft.reference)),
                None => Ok(draft),
            });
        match read_row {
            Ok(draft) => read.push((row.number, draft)),
            Err(reason) => refused.push(RowRefused { row: row.number, reason }),
        }
    }
    let notes = table.notes().to_vec();
    Ok(Headcounts { mapping, notes, programme, rows: read, refused })
}

fn programme_plan(mapping: &HeadcountMapping) -> ProgrammePlan {
    let ProgrammeWords { reference, name } = mapping.programme.clone();
    ProgrammePlan { reference, name }
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
    programme: ProgrammeId,
}

impl Reader<'_> {
    /// How sure a record is. A word nobody explained is not taken for any other: it may say that nothing came of it.
    fn status(&self, state: Option<String>) -> Result<HeadcountStatus, String> {
        let section = &self.mapping.headcount;
        let Some(word) = state.filter(|_| !section.states.is_empty()) else { return Ok(section.otherwise) };
        let lower = word.to_lowercase();
        let found = section.states.iter().find(|(known, _)| known.to_lowercase() == lower);
        found.map(|(_, status)| *status).ok_or_else(|| {
            let known: Vec<&str> = section.states.keys().map(String::as_str).collect();
            let column = section.state.as_deref().unwrap_or("state");
            format!("{column}: {word:?} is none of {}; say in states what it means", known.join(", "))
        })
    }

    fn row(&self, row: &TableRow) -> Result<HeadcountDraft, String> {
        if let Some(problem) = &row.problem {
            return Err(problem.to_string());
        }
        let section = &self.mapping.headcount;
        let cell = |place: Place| Some(row.cell(place)).filter(|cell| !cell.is_empty()).map(str::to_owned);
        let (area, unplaced) = self.area(row)?;
        let people = row.cell(self.places.people);
        let people = parse_integer(people, self.numbers, 0)
            .map_err(|problem| format!("{}: {people:?}: {problem}", section.people))?;
        let (from, to) = self.days(row)?;
        let status = self.status(self.places.state.and_then(cell))?;
        let draft = HeadcountDraft {
            programme: self.programme,
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
        check.finish().map_err(|problem| problem.detail)?;
        Ok(draft)
    }

    /// The first area the row names; the country where it says that it does not know more.
    fn area(&self, row: &TableRow) -> Result<(String, bool), String> {
        let section = &self.mapping.headcount;
        let mut wrong = None;
        for place in &self.places.area {
            let cell = row.cell(*place);
            if section.unplaced.iter().any(|word| word == cell) {
                return Ok((row.cell(self.places.country).to_owned(), true));
            }
            if cell.is_empty() {
                continue;
            }
            match cell.parse::<Area>() {
                Ok(_) => return Ok((cell.to_owned(), false)),
                Err(error) => wrong = Some(error.to_string()),
            }
        }
        match wrong {
            Some(reason) => Err(reason),
            None => Ok((row.cell(self.places.country).to_owned(), true)),
        }
    }

    /// The first day and the last.
    fn days(&self, row: &TableRow) -> Result<(String, String), String> {
        let section = &self.mapping.headcount;
        let day = |place: Place, name: &str| {
            let cell = row.cell(place);
            let date = parse_date(cell, &self.formats)
                .ok_or_else(|| format!("{name}: {cell:?} is not a date the mapping knows"))?;
            Ok::<String, String>(crate::core::time::Timestamp(date.unix_microseconds()).day())
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
    /// States what the table says, or rehearses that. The same table again changes nothing.
    ///
    /// # Errors
    /// Where the database cannot be read or written.
    pub fn import(&self, recorder: &mut Recorder, progress: Progress<'_>) -> Outcome<HeadcountsImported> {
        let actor = import_actor(&self.mapping.name);
        let wanted = rows::programme(Namespace::of(&self.mapping.name), &programme_plan(&self.mapping));
        recorder.record(Settle { actor: Arc::new(actor.clone()), wanted })?;
        let mut imported =
            HeadcountsImported { rejected: self.refused.clone(), ..HeadcountsImported::default() };
        let total = self.rows.len();
        for (number, part) in self.rows.chunks(ROWS_MAXIMUM).enumerate() {
            let rows: Vec<HeadcountDraft> = part.iter().map(|(_, draft)| draft.clone()).collect();
            let id = self.batch_id(&rows);
            let body = Statements { id: None, rows };
            let state = State::<Headcount>::new(actor.clone(), &body, id)?;
            match recorder.record_all(vec![state], &mut |_| {})?.pop() {
                Some(Ok(recorded)) => {
                    let count =
                        if recorded.leaf.is_some() { &mut imported.stated } else { &mut imported.unchanged };
                    *count += part.len();
                    imported.add(part);
                }
                Some(Err(problem)) => imported.refuse(part, &problem),
                None => return Err(Problem::internal("a statement gave no answer")),
            }
            progress(total.min((number + 1) * ROWS_MAXIMUM), total);
        }
        Ok(imported)
    }

    /// The same of the same rows, so that they are stated once.
    fn batch_id(&self, rows: &[HeadcountDraft]) -> BaselineBatchId {
        let mut hasher = Sha256::new();
        for row in rows {
            hasher.update(format!("{row:?}\n"));
        }
        let digest = hexadecimal(&hasher.finalize());
        derived(self.programme.0, &format!("headcounts:{digest}"), 0)
    }
}

impl HeadcountsImported {
    fn add(&mut self, part: &[(u32, HeadcountDraft)]) {
        for (_, draft) in part {
            let word = draft.status.map_or("", HeadcountStatus::word);
            let (records, people) = self.plain.entry(word).or_default();
            *records += 1;
            *people += draft.people.unwrap_or_default();
        }
    }

    /// All rows of a statement are in, or none.
    fn refuse(&mut self, part: &[(u32, HeadcountDraft)], problem: &Problem) {
        let refused = part.iter().map(|(row, _)| RowRefused { row: *row, reason: problem.detail.clone() });
        self.rejected.extend(refused);
    }
}
