//! Rows of a sheet to bodies, as `POST` takes them. Rows that follow each other with one key state one thing together.
//!
//! Never here: looking anything up, or deciding.

use super::RowReason;
use super::column::{Column, Holds, Name, Style, value_of};
use super::kinds::SheetKind;
use super::mapping::SheetMapping;
use crate::core::cell::unshielded;
use crate::core::check::quoted;
use crate::core::problem::{Fault, FieldError, Outcome, Problem};
use crate::exchange::table::{Table, TableError, TableFormat, TableRow};
use crate::items::goods::LINES_MAXIMUM;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Characters of a cell that a verdict repeats.
const SHOWN_CHARS: usize = 120;
/// What a row begins with that says nothing: notes and examples of our templates.
const NOTE: char = '#';

/// A sheet that was opened.
pub struct Sheet {
    kind: SheetKind,
    /// The mapping it is read by.
    pub mapping: String,
    table: Table,
    style: Style,
    /// Where each column stands in the table, beside what all rows say there.
    places: Vec<(Option<usize>, Option<String>)>,
    words: Vec<BTreeMap<String, String>>,
}

/// A cell that names something recorded.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) pointer: String,
    pub(super) name: Name,
    pub(super) text: String,
    /// The place of its row among those of the record.
    pub(super) place: usize,
}

/// A row of a record.
#[derive(Clone, Debug)]
pub(super) struct RowRead {
    pub(super) number: u32,
    /// Its cells, by the columns of the kind.
    cells: Vec<String>,
    /// Its place in each list of the body.
    in_lists: BTreeMap<String, usize>,
}

/// What one row, or several that follow each other, state.
#[derive(Clone, Debug)]
pub struct SheetRecord {
    kind: SheetKind,
    pub(super) rows: Vec<RowRead>,
    pub(super) key: String,
    pub(super) body: Value,
    pub(super) references: Vec<Reference>,
    /// The number of a leg, where one is named.
    pub(super) leg: Option<i64>,
    /// What is wrong, each with the place of its row.
    pub(super) problems: Vec<(usize, RowReason)>,
    pub(super) is_skipped: bool,
    /// How many of its rows have something in each list of the body.
    counts: BTreeMap<String, usize>,
}

fn unreadable(error: &TableError) -> Problem {
    Problem::field("/file", error.to_string())
}

/// Lines above the header that say what the table is: they begin with `#`, quoted or not.
pub fn notes_above(bytes: &[u8]) -> u32 {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let is_note = |line: &&[u8]| line.starts_with(b"#") || line.starts_with(b"\"#");
    u32::try_from(bytes.split(|byte| *byte == b'\n').take_while(is_note).count()).unwrap_or(0)
}

impl Sheet {
    /// Opens a sheet and finds its columns.
    ///
    /// # Errors
    /// `invalid` where the file is no table, or has not the columns of its kind.
    pub fn open(bytes: Vec<u8>, mapping: &SheetMapping) -> Outcome<Self> {
        if mapping.sheet.kind == SheetKind::Boundaries {
            let words = "are GeoJSON and no table; send them to POST /api/v1/boundaries";
            return Err(Problem::field("/kind", words));
        }
        let notes = notes_above(&bytes);
        let options = mapping.table_options((notes > 0).then_some(notes + 1));
        let table = Table::from_bytes(bytes, &options).map_err(|error| unreadable(&error))?;
        let kind = mapping.sheet.kind;
        let places = places_in(&table, mapping)?;
        let words = kind.columns().iter().map(|column| mapping.words.get(column.heading).cloned());
        let words = words.map(Option::unwrap_or_default).collect();
        Ok(Self { kind, mapping: mapping.name.clone(), style: mapping.style(), table, places, words })
    }

    /// What was found out about the file, in sentences.
    pub fn notes(&self) -> &[String] {
        self.table.notes()
    }

    /// How many rows it has.
    ///
    /// # Errors
    /// `invalid` where there are more than may be.
    pub fn count(&self) -> Outcome<u32> {
        let mut count = 0;
        for row in self.table.rows() {
            row.map_err(|error| unreadable(&error))?;
            count += 1;
        }
        Ok(count)
    }

    /// What it states, one after the other.
    pub fn records(&self) -> Records<'_> {
        Records { sheet: self, rows: Box::new(self.table.rows()), next: None }
    }

    fn cells(&self, row: &TableRow) -> Vec<String> {
        let is_shielded = matches!(self.table.format(), TableFormat::Csv { .. });
        let cells = self.places.iter().zip(&self.words).map(|((place, constant), words)| {
            let cell = match place {
                Some(place) if is_shielded => unshielded(row.cell(*place)),
                Some(place) => row.cell(*place).to_owned(),
                None => constant.clone().unwrap_or_default(),
            };
            words.get(&cell).cloned().unwrap_or(cell)
        });
        cells.collect()
    }

    fn is_number(&self, row: &TableRow, column: usize) -> bool {
        self.places[column].0.is_some_and(|place| row.is_number(place))
    }
}

/// Where the columns of a kind stand in a table.
fn places_in(table: &Table, mapping: &SheetMapping) -> Outcome<Vec<(Option<usize>, Option<String>)>> {
    let columns = mapping.sheet.kind.columns();
    let called = |column: &Column| {
        let theirs = mapping.columns.get(column.heading);
        theirs.map_or_else(|| column.heading.to_lowercase(), |theirs| theirs.to_lowercase())
    };
    let header: Vec<String> = table.header().iter().map(|heading| heading.to_lowercase()).collect();
    let mut places = Vec::with_capacity(columns.len());
    for column in columns {
        let wanted = called(column);
        // A heading that is called nothing stands in no column, though one may have none.
        let is_it = |place: &usize| !wanted.is_empty() && header[*place] == wanted;
        let found: Vec<usize> = (0..header.len()).filter(is_it).collect();
        let constant = mapping.constants.get(column.heading).cloned();
        if found.len() > 1 {
            let words = format!("has the column {} twice; name each once", quoted(&wanted));
            return Err(Problem::field("/file", words));
        }
        if found.is_empty() && constant.is_none() && column.is_required {
            let known: Vec<&str> = columns.iter().map(|column| column.heading).collect();
            let words = format!(
                "has no column {}, which {} need; their columns are {}, and the table has {}",
                quoted(if wanted.is_empty() { column.heading } else { wanted.as_str() }),
                mapping.sheet.kind.word(),
                known.join(", "),
                quoted(&table.header().join(", "))
            );
            return Err(Problem::field("/file", words));
        }
        places.push((found.first().copied(), constant));
    }
    let known: Vec<String> = columns.iter().map(called).collect();
    let strange = header.iter().find(|heading| !heading.is_empty() && !known.contains(heading));
    if let Some(strange) = strange.filter(|_| mapping.is_template()) {
        let words = format!(
            "has a column {} that {} have not; take it out, or write a mapping. Their columns are {}",
            quoted(strange),
            mapping.sheet.kind.word(),
            known.join(", ")
        );
        return Err(Problem::field("/file", words));
    }
    Ok(places)
}

type Rows<'a> = Box<dyn Iterator<Item = Result<TableRow, TableError>> + 'a>;

/// Walks what a sheet states.
pub struct Records<'a> {
    sheet: &'a Sheet,
    rows: Rows<'a>,
    next: Option<TableRow>,
}

impl Iterator for Records<'_> {
    type Item = Outcome<SheetRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = match self.next.take() {
            Some(row) => row,
            None => match self.rows.next()? {
                Ok(row) => row,
                Err(error) => return Some(Err(unreadable(&error))),
            },
        };
        let mut record = SheetRecord::begin(self.sheet, &first);
        let is_grouped = self.sheet.kind.grouped_by().is_some();
        while is_grouped && !record.is_skipped && !record.key.is_empty() {
            match self.rows.next() {
                None => break,
                Some(Err(error)) => return Some(Err(unreadable(&error))),
                Some(Ok(row)) => {
                    let cells = self.sheet.cells(&row);
                    let is_same = row.problem.is_none() && cells.first() == Some(&record.key);
                    if !is_same {
                        self.next = Some(row);
                        break;
                    }
                    if record.rows.len() < LINES_MAXIMUM {
                        record.add(self.sheet, &row, cells);
                    } else {
                        record.pass_over(&row, cells);
                    }
                }
            }
        }
        record.finish();
        Some(Ok(record))
    }
}

impl SheetRecord {
    fn begin(sheet: &Sheet, row: &TableRow) -> Self {
        let cells = sheet.cells(row);
        let is_skipped = row.cell(0).starts_with(NOTE);
        let mut record = Self {
            kind: sheet.kind,
            rows: Vec::new(),
            key: cells.first().cloned().unwrap_or_default(),
            body: Value::Object(Map::new()),
            references: Vec::new(),
            leg: None,
            problems: Vec::new(),
            is_skipped,
            counts: BTreeMap::new(),
        };
        match &row.problem {
            Some(problem) if !is_skipped => {
                record.rows.push(RowRead { number: row.number, cells, in_lists: BTreeMap::new() });
                record.problems.push((0, RowReason::whole(problem.to_string())));
            }
            _ if is_skipped => {
                record.rows.push(RowRead { number: row.number, cells, in_lists: BTreeMap::new() });
            }
            _ => record.add(sheet, row, cells),
        }
        record
    }

    /// Takes a row in; of the first each column counts, of further ones those of lines.
    fn add(&mut self, sheet: &Sheet, row: &TableRow, cells: Vec<String>) {
        let place = self.rows.len();
        let columns = sheet.kind.columns();
        let mut in_lists = BTreeMap::new();
        for (column, cell) in columns.iter().zip(&cells) {
            if let Some((list, _)) =
                column.at.trim_start_matches('/').split_once("/*").filter(|_| !cell.is_empty())
            {
                in_lists.insert(list.to_owned(), self.counts.get(list).copied().unwrap_or(0));
            }
        }
        for list in in_lists.keys() {
            *self.counts.entry(list.clone()).or_default() += 1;
        }
        self.rows.push(RowRead { number: row.number, cells, in_lists });
        for (at, column) in columns.iter().enumerate() {
            if place == 0 || column.is_of_a_line() {
                self.take(sheet, row, (at, column), place);
            } else {
                self.check_same(at, column, place);
            }
        }
        let lines = self.rows[place].in_lists.get("lines").copied();
        if let (Some(reached), Some(line)) = (self.rows[place].in_lists.get("reached").copied(), lines) {
            set(&mut self.body, &format!("/reached/{reached}/line"), json!(line));
        }
    }

    /// Takes a row in that is one too many: the record is refused, with all of its rows.
    fn pass_over(&mut self, row: &TableRow, cells: Vec<String>) {
        if self.rows.len() == LINES_MAXIMUM {
            let words = format!(
                "more than {LINES_MAXIMUM} rows follow each other with one {}; give some of them another",
                column_of_key(self.kind)
            );
            self.problems.push((0, RowReason::whole(words)));
        }
        self.rows.push(RowRead { number: row.number, cells, in_lists: BTreeMap::new() });
    }

    /// Reads one cell into the body.
    fn take(&mut self, sheet: &Sheet, row: &TableRow, (at, column): (usize, &Column), place: usize) {
        let text = self.rows[place].cells[at].clone();
        if text.is_empty() {
            if column.is_required {
                let words = format!("is empty; {}", column.help);
                self.wrong(place, (at, column), Fault::Required, words);
            }
            return;
        }
        let mut currency = String::new();
        if let Holds::Money(beside) = column.holds {
            let found = sheet.kind.columns().iter().position(|one| one.heading == beside);
            currency = found.map(|at| self.rows[place].cells[at].clone()).unwrap_or_default();
        }
        let style = (&sheet.style, sheet.is_number(row, at), currency.as_str());
        let value = match value_of(column.holds, &text, style) {
            Ok(value) => value,
            Err(words) => return self.wrong(place, (at, column), column.holds.fault(), words),
        };
        let pointer = self.pointer(column, place);
        match column.holds {
            Holds::Key | Holds::Currency => {}
            Holds::Named(name) => self.references.push(Reference { pointer, name, text, place }),
            Holds::Leg => self.leg = value.as_i64(),
            Holds::Json => self.merge(place, at, column, value),
            Holds::Time | Holds::Text | Holds::OneOf(_) | Holds::Whole | Holds::Degrees | Holds::Exact => {
                self.put(column, &pointer, value);
            }
            Holds::YesNo | Holds::Day | Holds::Country | Holds::Money(_) | Holds::List => {
                self.put(column, &pointer, value);
            }
        }
    }

    /// Puts a value into the body; of a moment that is said to the day also that it is.
    fn put(&mut self, column: &Column, pointer: &str, value: Value) {
        let is_day = value.as_str().is_some_and(|text| !text.contains('T'));
        if column.at == "/occurred_at" && is_day {
            set(&mut self.body, "/precision", json!("day"));
        }
        set(&mut self.body, pointer, value);
    }

    /// Further members, which may not say anew what a column says.
    fn merge(&mut self, place: usize, at: usize, column: &Column, more: Value) {
        let Value::Object(more) = more else { return };
        for (name, value) in more {
            if self.body.get(&name).is_some()
                || matches!(name.as_str(), "id" | "kind" | "lines" | "occurred_at")
            {
                let words = format!("says {} anew, which has columns of its own", quoted(&name));
                self.wrong(place, (at, column), Fault::OneOfTwo, words);
                continue;
            }
            set(&mut self.body, &format!("/{name}"), value);
        }
    }

    fn check_same(&mut self, at: usize, column: &Column, place: usize) {
        let (first, cell) = (&self.rows[0].cells[at], &self.rows[place].cells[at]);
        if cell.is_empty() || first == cell {
            return;
        }
        let words = format!(
            "{} differs from {} in row {}; rows of one {} say the same of it",
            quoted(cell),
            quoted(first),
            self.rows[0].number,
            column_of_key(self.kind)
        );
        self.wrong(place, (at, column), Fault::Other, words);
    }

    fn pointer(&self, column: &Column, place: usize) -> String {
        let list = column.at.trim_start_matches('/').split_once("/*").map(|(list, _)| list);
        let in_list = list.and_then(|list| self.rows[place].in_lists.get(list)).copied();
        column.pointer(in_list.unwrap_or(place))
    }

    fn wrong(&mut self, place: usize, (at, column): (usize, &Column), code: Fault, words: String) {
        let (pointer, value) = (self.pointer(column, place), shown(&self.rows[place].cells[at]));
        let column = column.heading.to_owned();
        let reason = RowReason { pointer, column, value, code, words };
        self.problems.push((place, reason));
    }

    /// What a kind says by itself.
    fn finish(&mut self) {
        if self.kind == SheetKind::Counts {
            set(&mut self.body, "/kind", json!("counted"));
        }
        if self.kind == SheetKind::Distributions {
            set(&mut self.body, "/kind", json!("distributed"));
        }
    }

    /// What its cells take.
    pub fn bytes(&self) -> usize {
        self.rows.iter().flat_map(|row| &row.cells).map(String::len).sum()
    }

    /// The numbers of its rows.
    pub fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.rows.iter().map(|row| row.number)
    }

    /// The number of its last row.
    pub fn last_row(&self) -> u32 {
        self.numbers().last().unwrap_or(0)
    }

    /// The reason at a pointer of the body, with the place of its row and the column it comes from.
    pub(super) fn reason(&self, error: &FieldError) -> (usize, RowReason) {
        let pointer = error.pointer.as_str();
        let mut best: Option<(usize, usize, usize)> = None;
        for place in 0..self.rows.len() {
            for (at, column) in self.kind.columns().iter().enumerate() {
                let mine = self.pointer(column, place);
                let is_said = !column.at.is_empty() && (place == 0 || column.is_of_a_line());
                let is_here = is_said && touches(pointer, &mine);
                // What names the member best counts, and of several that are inside it the first.
                let length = if pointer.starts_with(&mine) { mine.len() } else { 0 };
                if is_here && best.is_none_or(|(_, _, known)| length > known) {
                    best = Some((place, at, length));
                }
            }
        }
        let Some((place, at, _)) = best.filter(|_| !pointer.is_empty()) else {
            return (0, RowReason::of(error));
        };
        let (column, value) = (self.kind.columns()[at].heading, shown(&self.rows[place].cells[at]));
        let reason = RowReason { column: column.to_owned(), value, ..RowReason::of(error) };
        (place, reason)
    }
}

/// Whether one pointer is the other, or inside it.
fn touches(one: &str, other: &str) -> bool {
    let is_inside = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_inside(one, other) || is_inside(other, one)
}

fn column_of_key(kind: SheetKind) -> &'static str {
    kind.grouped_by().map_or("record", |column| column.heading)
}

/// What a cell says, cut to what can be shown.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

/// Puts a value into a body, making the objects and lists on the way.
pub(super) fn set(body: &mut Value, pointer: &str, value: Value) {
    let mut here = body;
    let steps: Vec<&str> = pointer.trim_start_matches('/').split('/').collect();
    for (place, step) in steps.iter().enumerate() {
        let is_next_a_list =
            steps.get(place + 1).is_some_and(|next| next.bytes().all(|byte| byte.is_ascii_digit()));
        let empty = || if is_next_a_list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        here = match here {
            Value::Array(list) => {
                let at: usize = step.parse().unwrap_or(0);
                while list.len() <= at {
                    list.push(empty());
                }
                &mut list[at]
            }
            Value::Object(members) => members.entry((*step).to_owned()).or_insert_with(empty),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
        };
    }
    *here = value;
}
