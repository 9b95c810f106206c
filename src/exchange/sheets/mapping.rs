//! `[sheet]`: a table whose headings are not ours, by example.

use super::column::Style;
use super::kinds::SheetKind;
use crate::core::check::quoted;
use crate::core::problem::{Outcome, Problem};
use crate::exchange::mapping::{FileSection, FormatSection};
use crate::exchange::mapping_check::is_sound_name;
use crate::exchange::mapping_error::MappingError;
use crate::exchange::mapping_file::{has_section, text_with};
use crate::exchange::table::{Limits, TableOptions};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The section by which such a mapping is told from the others.
const SECTION: &str = "[sheet]";

/// A mapping of a sheet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetMapping {
    /// What it is called.
    pub name: String,
    /// What it reads, for people.
    pub title: String,
    /// How to open the file, where detection is not enough.
    #[serde(default)]
    pub file: FileSection,
    /// How the table writes dates and numbers.
    #[serde(default)]
    pub formats: FormatSection,
    /// What the rows are.
    pub sheet: SheetSection,
    /// Our headings, and what the table calls them; "" where it has no such column.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Our headings, and what every row says there.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// Words of the table by our headings, and what they are called here.
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<String, String>>,
}

/// `[sheet]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetSection {
    /// The kind of sheet.
    pub kind: SheetKind,
}

impl SheetMapping {
    /// The mapping of our own template of a kind.
    pub fn of(kind: SheetKind) -> Self {
        Self {
            name: kind.word().to_owned(),
            title: kind.word().to_owned(),
            file: FileSection::default(),
            formats: FormatSection::default(),
            sheet: SheetSection { kind },
            columns: BTreeMap::new(),
            constants: BTreeMap::new(),
            words: BTreeMap::new(),
        }
    }

    /// Whether a text is a mapping of this kind.
    pub fn is_one(text: &str) -> bool {
        has_section(text, SECTION)
    }

    /// The mapping of this kind in a file; none where it is of another kind or not there, which that kind's reader tells.
    ///
    /// # Errors
    /// `invalid` where it is of this kind and cannot be used.
    pub fn find(file: &str) -> Outcome<Option<Self>> {
        let Some(text) = text_with(file, SECTION) else { return Ok(None) };
        Self::parse(&text).map(Some).map_err(|error| Problem::field("/mapping", error.to_string()))
    }

    /// Reads a mapping's text.
    ///
    /// # Errors
    /// [`MappingError`], naming the line or key that is wrong.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|error| MappingError::Grammar(Box::new(error)))?;
        let wrong = |at: &str, reason: String| {
            let mapping = mapping.name.clone();
            Err(MappingError::Inconsistent { mapping, at: at.to_owned(), reason })
        };
        if !is_sound_name(&mapping.name) {
            return wrong("name", "use lower-case letters, digits, - and _ only".to_owned());
        }
        let kind = mapping.sheet.kind;
        if kind == SheetKind::Boundaries {
            return wrong(
                "sheet.kind",
                "borders are GeoJSON and no table; send them to POST /api/v1/boundaries".to_owned(),
            );
        }
        if kind == SheetKind::Needs {
            return wrong(
                "sheet.kind",
                "a table of needs has a mapping with [need]; see docs/import.md".to_owned(),
            );
        }
        let known: Vec<&str> = kind.columns().iter().map(|column| column.heading).collect();
        let named = [
            ("columns", mapping.columns.keys().collect::<Vec<_>>()),
            ("constants", mapping.constants.keys().collect()),
            ("words", mapping.words.keys().collect()),
        ];
        for (at, headings) in named {
            if let Some(strange) = headings.into_iter().find(|one| !known.contains(&one.as_str())) {
                let reason = format!(
                    "{} is no heading of {}; those are {}",
                    quoted(strange),
                    kind.word(),
                    known.join(", ")
                );
                return wrong(at, reason);
            }
        }
        Ok(mapping)
    }

    /// Whether it is our own template, whose every column is known.
    pub(super) fn is_template(&self) -> bool {
        self.columns.is_empty() && self.constants.is_empty()
    }

    /// How the cells are written.
    pub(super) fn style(&self) -> Style {
        Style { dates: self.formats.dates.clone(), numbers: self.formats.numbers }
    }

    /// How to open the table.
    pub(in crate::exchange) fn table_options(&self, header_row: Option<u32>) -> TableOptions {
        TableOptions {
            // What is no single byte becomes a byte that no table takes, and is refused by name there.
            delimiter: self.file.delimiter.map(|given| u8::try_from(given).unwrap_or(u8::MAX)),
            encoding: self.file.encoding,
            sheet: self.file.sheet.clone(),
            header_row: self.file.header_row.or(header_row),
            limits: Limits::SENT,
        }
    }
}
