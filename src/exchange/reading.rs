//! One row by a mapping: cells to values, templates to text, every problem noted with its column.
//!
//! Never done here: remembering anything from row to row but which names are which countries.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use super::dates::{DateFormat, TableDate, iso_formats, parse_date};
use super::encoding::{Damage, find_damage};
use super::mapping::{ColumnType, Mapping, MappingError};
use super::mapping_check::locate_columns;
use super::plan::{Attributes, CellProblem, Warning, WarningKind};
use super::table::{Table, TableRow};
use super::template::{CrossReference, Piece, Template};
use super::value::{self, Decimal, NumberStyle, ValueProblem};
use crate::atlas::find_currency;
use crate::core::check::{NAME_CHARS_MAX, quoted};

/// Finds the ISO 3166-1 code of two letters of a country by any of its names, or says why there is none and what may
/// be meant; given by the caller.
pub type CountryMatcher<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<T> {
    /// Nothing.
    Empty,
    /// A word that means "not known".
    Unknown(String),
    /// Another row says it.
    See(CrossReference),
    /// A value.
    Known(T),
}

impl<T> Cell<T> {
    /// The value, if there is one.
    pub fn known(self) -> Option<T> {
        match self {
            Cell::Known(value) => Some(value),
            Cell::Empty | Cell::Unknown(_) | Cell::See(_) => None,
        }
    }
}

/// What all rows of a table share.
pub struct TableReader<'a> {
    pub(super) mapping: &'a Mapping,
    header: &'a [String],
    places: BTreeMap<&'a str, usize>,
    country_of: &'a CountryMatcher<'a>,
    countries: RefCell<HashMap<String, Result<String, String>>>,
    iso: Vec<DateFormat>,
}

impl<'a> TableReader<'a> {
    /// Finds the mapping's columns in the table.
    ///
    /// # Errors
    /// [`MappingError::Columns`] when some are missing or doubled.
    pub fn new(
        table: &'a Table,
        mapping: &'a Mapping,
        country_of: &'a CountryMatcher<'a>,
    ) -> Result<TableReader<'a>, MappingError> {
        let places = locate_columns(mapping, table.header())?;
        Ok(TableReader {
            mapping,
            header: table.header(),
            places,
            country_of,
            countries: RefCell::default(),
            iso: iso_formats(),
        })
    }

    /// The country of a name, asked for once.
    fn country(&self, name: &str) -> Result<String, String> {
        if let Some(known) = self.countries.borrow().get(name) {
            return known.clone();
        }
        let found = (self.country_of)(name);
        self.countries.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }
}

/// One row being read; collects what is wrong with it and what is odd.
pub struct RowReader<'a> {
    table: &'a TableReader<'a>,
    row: &'a TableRow,
    repaired: HashMap<usize, String>,
    /// What makes the row be rejected.
    pub problems: Vec<CellProblem>,
    /// What a person should look at.
    pub warnings: Vec<Warning>,
}

impl<'a> RowReader<'a> {
    /// Starts on a row: looks for wrongly decoded cells, and for required ones without a value.
    pub fn new(table: &'a TableReader<'a>, row: &'a TableRow) -> RowReader<'a> {
        let mut reader =
            RowReader { table, row, repaired: HashMap::new(), problems: Vec::new(), warnings: Vec::new() };
        if let Some(problem) = &row.problem {
            reader.problems.push(CellProblem {
                row: row.number,
                column: String::new(),
                value: row.cell(0).to_owned(),
                reason: problem.to_string(),
            });
            return reader;
        }
        reader.find_damage();
        for (column, section) in &table.mapping.columns {
            let cell = reader.cell(column);
            if section.required && (cell.is_empty() || section.unknown.iter().any(|word| word == cell)) {
                reader.problem(column, "is required and not known");
            }
        }
        reader
    }

    fn find_damage(&mut self) {
        for (place, column) in self.table.header.iter().enumerate() {
            let cell = self.row.cell(place);
            let Some(damage) = find_damage(cell) else { continue };
            let applied = self.table.mapping.file.repair_text && matches!(damage, Damage::Mojibake { .. });
            if applied && let Damage::Mojibake { repaired } = &damage {
                self.repaired.insert(place, repaired.clone());
            }
            let kind = WarningKind::Damaged { damage, applied };
            self.warnings.push(Warning {
                row: self.row.number,
                column: column.clone(),
                value: cell.to_owned(),
                kind,
            });
        }
    }

    /// The mapping the row is read by.
    pub fn mapping(&self) -> &'a Mapping {
        self.table.mapping
    }

    /// The row's number.
    pub fn number(&self) -> u32 {
        self.row.number
    }

    /// A cell's text.
    pub fn cell(&self, column: &str) -> &str {
        match self.table.places.get(column) {
            Some(place) => self.repaired.get(place).map_or_else(|| self.row.cell(*place), String::as_str),
            None => "",
        }
    }

    /// Notes that a cell rejects the row.
    pub fn problem(&mut self, column: &str, reason: impl Into<String>) {
        let value = self.cell(column).to_owned();
        let (column, reason) = (column.to_owned(), reason.into());
        self.problems.push(CellProblem { row: self.row.number, column, value, reason });
    }

    /// Whether the mapping leaves the row out.
    pub fn is_skipped(&self) -> bool {
        self.table
            .mapping
            .row
            .skip
            .iter()
            .any(|rule| rule.is.iter().any(|word| word == self.cell(&rule.column)))
    }

    /// Fills a template; `None` when a column it names is empty or unknown.
    pub fn render(&mut self, template: &Template) -> Option<String> {
        let mut text = String::new();
        for piece in template.pieces() {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Column(column) => text.push_str(self.known_text(column)?),
                Piece::CountryCode(column) => {
                    let name = self.known_text(column)?.to_owned();
                    text.push_str(&self.country_named(&name, column)?);
                }
                Piece::Lookup(name) => text.push_str(&self.look_up(name)?),
            }
        }
        Some(text)
    }

    fn known_text(&self, column: &str) -> Option<&str> {
        let cell = self.cell(column);
        let unknown = self
            .table
            .mapping
            .columns
            .get(column)
            .is_some_and(|section| section.unknown.iter().any(|w| w == cell));
        (!cell.is_empty() && !unknown).then_some(cell)
    }

    fn look_up(&mut self, name: &str) -> Option<String> {
        let lookup = self.table.mapping.lookups.get(name)?;
        let word = self.render(&lookup.of)?;
        match lookup.values.get(&word).or(lookup.otherwise.as_ref()) {
            Some(template) => self.render(template),
            None => {
                let listed =
                    lookup.values.keys().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
                let column = self.first_column(&lookup.of);
                self.problem(&column, format!("\"{word}\" is not in lookup {name}, which has {listed}"));
                None
            }
        }
    }

    /// The first column a template is filled from; empty where there is none.
    pub fn first_column(&self, template: &Template) -> String {
        self.mapping().first_column(template).unwrap_or_default().to_owned()
    }

    /// Notes that a cell rejects the row because of what it does not say, unless it is said already what is wrong
    /// with it.
    pub fn problem_if_none(&mut self, column: &str, reason: impl Into<String>) {
        if !self.problems.iter().any(|problem| problem.column == column) {
            self.problem(column, reason);
        }
    }

    /// Fills a template that must give a reference. One that is too long is blamed on the longest of its cells.
    pub fn reference(&mut self, at: &str, template: &Template) -> String {
        let text = self.need(at, template);
        let count = text.chars().count();
        if count > NAME_CHARS_MAX {
            let columns = self.mapping().columns_of(template).into_iter();
            let longest = columns.max_by_key(|column| self.cell(column).chars().count());
            let column = longest.unwrap_or_default().to_owned();
            let shown = quoted(&text);
            self.problem(
                &column,
                format!("{at} {shown} has {count} characters; write at most {NAME_CHARS_MAX}"),
            );
        }
        text
    }

    /// Fills a template that must give something.
    pub fn need(&mut self, at: &str, template: &Template) -> String {
        let before = self.problems.len();
        match self.render(template).filter(|text| !text.is_empty()) {
            Some(text) => text,
            None => {
                if self.problems.len() == before {
                    let column = self.first_column(template);
                    self.problem_if_none(
                        &column,
                        format!("{at} needs it (\"{template}\"), and it is not known"),
                    );
                }
                String::new()
            }
        }
    }

    /// The code of the country a template names; `None` when it names none.
    pub fn country(&mut self, template: &Template) -> Option<String> {
        let name = self.render(template)?;
        let column = self.first_column(template);
        self.country_named(&name, &column)
    }

    fn country_named(&mut self, name: &str, column: &str) -> Option<String> {
        match self.table.country(name) {
            Ok(code) => Some(code),
            Err(reason) => {
                let hint = match find_damage(name) {
                    Some(Damage::Mojibake { repaired }) => format!("; \"{repaired}\" may be meant"),
                    Some(Damage::CharactersLost) | None => String::new(),
                };
                self.problem(column, format!("{reason}{hint}"));
                None
            }
        }
    }

    /// The further facts of a record that are known.
    pub fn attributes(&mut self, templates: &BTreeMap<String, Template>) -> Attributes {
        templates.iter().filter_map(|(name, template)| Some((name.clone(), self.render(template)?))).collect()
    }

    /// An ISO 4217 code.
    pub fn currency(&mut self, template: &Template) -> String {
        let code = self.need("currency", template);
        if !code.is_empty()
            && let Err(error) = find_currency(&code)
        {
            let column = self.first_column(template);
            self.problem(&column, error.to_string());
        }
        code
    }

    /// How the numbers of a column are written in this row: a workbook's own numbers have a decimal point,
    /// and only its texts follow the mapping.
    fn style(&self, column: &str) -> NumberStyle {
        match self.table.places.get(column) {
            Some(place) if self.row.is_number(*place) => NumberStyle::default(),
            Some(_) | None => self.table.mapping.formats.numbers,
        }
    }

    /// A column's value, by the way of reading its text that is given.
    fn value<T>(&mut self, column: &str, read: impl Fn(&str) -> Result<T, String>) -> Cell<T> {
        let text = self.cell(column);
        if text.is_empty() {
            return Cell::Empty;
        }
        if let Some(section) = self.table.mapping.columns.get(column) {
            if section.unknown.iter().any(|word| word == text) {
                return Cell::Unknown(text.to_owned());
            }
            if let Some(reference) = section.see.as_ref().and_then(|pattern| pattern.read(text)) {
                return Cell::See(reference);
            }
        }
        match read(text) {
            Ok(value) => Cell::Known(value),
            Err(reason) => {
                self.problem(column, reason);
                Cell::Empty
            }
        }
    }

    /// An integer or decimal column.
    pub fn number_in(&mut self, column: &str) -> Cell<Decimal> {
        let section = self.table.mapping.column(column);
        let style = self.style(column);
        self.value(column, |text| {
            let read = if section.kind == ColumnType::Integer {
                value::parse_integer(text, style, section.minimum.unwrap_or(0)).map(Decimal::whole)
            } else {
                value::parse_decimal(text, style)
            };
            read.map_err(|problem: ValueProblem| problem.to_string())
        })
    }

    /// A money column in minor units, or a weight column in grams.
    pub fn amount_in(&mut self, column: &str) -> Cell<i64> {
        let section = self.table.mapping.column(column);
        let style = self.style(column);
        self.value(column, |text| {
            let read = if section.kind == ColumnType::Weight {
                value::parse_weight(text, style, section.unit.unwrap_or_default())
            } else {
                value::parse_money(text, style, section.currency_digits(), section.minimum.unwrap_or(0))
            };
            read.map_err(|problem| problem.to_string())
        })
    }

    /// A date column.
    pub fn date_in(&mut self, column: &str) -> Cell<TableDate> {
        let section = self.table.mapping.column(column);
        let formats =
            if section.formats.is_empty() { &self.table.mapping.formats.dates } else { &section.formats };
        let iso = &self.table.iso;
        self.value(column, |text| {
            parse_date(text, formats).or_else(|| parse_date(text, iso)).ok_or_else(|| {
                let known = formats
                    .iter()
                    .chain(iso)
                    .map(|format| format!("\"{format}\""))
                    .collect::<Vec<_>>()
                    .join(", ");
                format!(
                    "no date in any of the formats {known}; list the word under unknown if it means no date"
                )
            })
        })
    }
}
