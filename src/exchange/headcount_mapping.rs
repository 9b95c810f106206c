//! Mapping files of headcounts: a kind of their own, told from the other by its section.
//!
//! Columns are named by their heading or by their HXL tag. Never here: reading a table.

use super::mapping::{FileSection, FormatSection, MappingError};
use super::mapping_check::is_sound_name;
use super::mapping_file::{has_section, text_with};
use super::plan::ProgrammePlan;
use super::table::{Limits, TableOptions};
use crate::core::problem::{Outcome, Problem};
use crate::reach::HeadcountStatus;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The section by which such a mapping is told from the other kind.
const SECTION: &str = "[headcount]";
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
        if let Some(mapping) = Self::built_in(name_or_file)? {
            return Ok(Some(mapping));
        }
        let Some(text) = text_with(name_or_file, SECTION) else { return Ok(None) };
        Self::parse(&text).map(Some).map_err(unusable)
    }

    /// The built-in mapping of a name; none where there is none of that name.
    ///
    /// # Errors
    /// `invalid` where it is broken, which a test would have found.
    pub fn built_in(name: &str) -> Outcome<Option<Self>> {
        let found = BUILT_IN.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| Self::parse(text)).transpose().map_err(unusable)
    }

    /// The names of the mappings of this kind that ship with the program.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Whether a text is a mapping of this kind.
    pub fn is_one(text: &str) -> bool {
        has_section(text, SECTION)
    }

    /// Reads a mapping's text.
    ///
    /// # Errors
    /// [`MappingError`], naming the line or key that is wrong.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|error| MappingError::Grammar(Box::new(error)))?;
        if is_sound_name(&mapping.name) {
            return Ok(mapping);
        }
        let reason = "use lower-case letters, digits, - and _ only".to_owned();
        Err(MappingError::Inconsistent { mapping: mapping.name, at: "name".to_owned(), reason })
    }

    /// How to open the table this mapping is for.
    pub fn table_options(&self) -> TableOptions {
        TableOptions {
            // What is no single byte becomes a byte that no table takes, and is refused by name there.
            delimiter: self.file.delimiter.map(|given| u8::try_from(given).unwrap_or(u8::MAX)),
            encoding: self.file.encoding,
            sheet: self.file.sheet.clone(),
            header_row: self.file.header_row,
            limits: Limits::default(),
        }
    }

    /// The programme of its records.
    pub fn programme_plan(&self) -> ProgrammePlan {
        let ProgrammeWords { reference, name } = self.programme.clone();
        ProgrammePlan { reference, name }
    }
}

fn unusable(error: MappingError) -> Problem {
    Problem::field("/mapping", error.to_string())
}
