//! A mapping file: which columns of a table make which records. `docs/import.md` teaches it.
//!
//! The types here are the file's grammar, one struct a section; unknown keys are refused. Whether
//! the sections fit together is checked in [`super::mapping_check`] when a mapping is loaded.
//! Never done here: anything that only one publisher's tables need; that belongs in the file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::dates::DateFormat;
use super::encoding::TextEncoding;
pub use super::mapping_error::MappingError;
pub use super::mapping_need::NeedSection;

use super::mapping_check;
use super::mapping_file::MAX_MAPPING_BYTES;
use super::references::{EventKind, OrganizationRole};
use super::table::{Limits, TableOptions};
use super::template::{Piece, ReferencePattern, Template};
use super::value::{NumberStyle, WeightUnit};
use crate::ledger::TitlePasses;
use crate::sites::SiteKind;

/// The mappings that ship with the program, by name.
const BUILT_IN: [(&str, &str); 2] = [
    ("scms", include_str!("../../mappings/scms.toml")),
    ("needs", include_str!("../../mappings/needs.toml")),
];

/// Digits after the point of most currencies (ISO 4217); a column may say otherwise.
const USUAL_CURRENCY_DIGITS: u8 = 2;

/// A whole mapping file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Its name: lower-case letters, digits, `-` and `_`. Part of every event id, so it never changes.
    pub name: String,
    /// What it reads, for people.
    pub title: String,
    /// How to open the file, where detection is not enough.
    #[serde(default)]
    pub file: FileSection,
    /// How the table writes dates and numbers.
    #[serde(default)]
    pub formats: FormatSection,
    /// What names a row, and which rows are left out.
    pub row: RowSection,
    /// What columns hold. A column not listed is text.
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnSection>,
    /// Words to other words, used in templates as `{@name}`.
    #[serde(default)]
    pub lookups: BTreeMap<String, LookupSection>,
    /// The programme all pledges belong to.
    pub programme: Option<ProgrammeSection>,
    /// Organizations a row names.
    #[serde(default, rename = "organization")]
    pub organizations: Vec<OrganizationSection>,
    /// Sites a row names.
    #[serde(default, rename = "site")]
    pub sites: Vec<SiteSection>,
    /// The item a row is about.
    pub item: Option<ItemSection>,
    /// How much of it, and what it is worth.
    pub line: Option<LineSection>,
    /// The pledge the line belongs to.
    pub pledge: Option<PledgeSection>,
    /// The consignment the line travels in.
    pub consignment: Option<ConsignmentSection>,
    /// What happened, by the dates in the row.
    #[serde(default, rename = "event")]
    pub events: Vec<EventSection>,
    /// The need a row states; a mapping that has it has nothing else.
    pub need: Option<NeedSection>,
}

/// `[file]`: how to open the table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileSection {
    /// The character between cells.
    pub delimiter: Option<char>,
    /// The encoding of a text table.
    pub encoding: Option<TextEncoding>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The row of the header, counted from 1.
    pub header_row: Option<u32>,
    /// Whether cells that were decoded wrongly are read as repaired. Each is reported either way.
    pub repair_text: bool,
}

/// `[formats]`: how the table writes values.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FormatSection {
    /// Date formats, tried in order; ISO dates are always understood after them.
    pub dates: Vec<DateFormat>,
    /// Decimal and thousands signs.
    pub numbers: NumberStyle,
}

/// `[row]`: what names a row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowSection {
    /// The row's own key, unique in the file.
    pub key: Template,
    /// Rows with one of these words in a column are left out and counted as skipped.
    #[serde(default)]
    pub skip: Vec<SkipRule>,
}

/// One rule of `row.skip`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkipRule {
    /// The column looked at.
    pub column: String,
    /// The cells that make a row be left out.
    pub is: Vec<String>,
}

/// What kind of value a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Any text.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// An exact decimal.
    Decimal,
    /// An amount of money, kept in minor units.
    Money,
    /// A weight, kept in grams.
    Weight,
    /// A date.
    Date,
}

/// `[columns."Name"]`: what a column holds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnSection {
    /// The kind of value.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether a row without a known value is rejected.
    pub required: bool,
    /// Words that mean "not known"; the word is kept, no value is made of it.
    pub unknown: Vec<String>,
    /// How a cell refers to another row of the same consignment.
    pub see: Option<ReferencePattern>,
    /// The least number taken; 0 unless said otherwise.
    pub minimum: Option<i64>,
    /// Money: digits after the point of the currency; 2 unless said otherwise.
    pub digits: Option<u8>,
    /// Weight: the unit; kg unless said otherwise.
    pub unit: Option<WeightUnit>,
    /// Date: formats of this column, instead of `formats.dates`.
    pub formats: Vec<DateFormat>,
}

impl ColumnSection {
    /// Digits after the point of the column's currency.
    pub fn currency_digits(&self) -> u8 {
        self.digits.unwrap_or(USUAL_CURRENCY_DIGITS)
    }
}

/// `[lookups.name]`: words to other words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupSection {
    /// What is looked up.
    pub of: Template,
    /// Word to template.
    pub values: BTreeMap<String, Template>,
    /// For words that are not listed; without it they reject the row.
    pub otherwise: Option<Template>,
}

/// `[programme]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeSection {
    /// Its stable reference.
    pub reference: Template,
    /// Its name.
    pub name: Template,
}

/// `[[organization]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationSection {
    /// What other sections call it.
    #[serde(rename = "as")]
    pub alias: String,
    /// Its stable reference.
    pub reference: Template,
    /// Its name.
    pub name: Template,
    /// What it does.
    pub roles: Vec<OrganizationRole>,
    /// Its country, by name or code.
    pub country: Option<Template>,
    /// Whether a row may go without it.
    #[serde(default)]
    pub optional: bool,
    /// Further facts kept as text.
    #[serde(default)]
    pub attributes: BTreeMap<String, Template>,
}

/// `[[site]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSection {
    /// What other sections call it.
    #[serde(rename = "as")]
    pub alias: String,
    /// What it is.
    pub kind: SiteKind,
    /// Its stable reference.
    pub reference: Template,
    /// Its name.
    pub name: Template,
    /// Its country, by name or code; may be unknown.
    pub country: Option<Template>,
    /// Column with degrees north.
    pub latitude: Option<String>,
    /// Column with degrees east.
    pub longitude: Option<String>,
    /// Its UN/LOCODE.
    pub locode: Option<Template>,
    /// Whether a row may go without it.
    #[serde(default)]
    pub optional: bool,
    /// Further facts kept as text.
    #[serde(default)]
    pub attributes: BTreeMap<String, Template>,
}

/// `[item]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemSection {
    /// Its stable reference.
    pub reference: Template,
    /// Its name.
    pub name: Template,
    /// The unit it is counted in: piece, tablet, gram.
    pub base_unit: Template,
    /// A group of items, for people.
    pub category: Option<Template>,
    /// The humanitarian sector.
    pub sector: Option<Template>,
    /// The pack the table counts in.
    pub pack: Option<PackSection>,
    /// Further facts kept as text.
    #[serde(default)]
    pub attributes: BTreeMap<String, Template>,
}

/// `[item.pack]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackSection {
    /// What the pack is called.
    pub name: Template,
    /// Column with the base units in one pack.
    pub base_units: String,
}

/// `[line]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineSection {
    /// The line's stable reference, unique in the file; the row's key unless said otherwise.
    pub reference: Option<Template>,
    /// Column with the quantity: in packs where the item has one, else in base units.
    pub quantity: String,
    /// Column with the value of the whole line.
    pub value: Option<String>,
    /// Column with the price of one pack (or base unit), kept as published.
    pub price: Option<String>,
    /// The currency of value and price: three letters.
    pub currency: Option<Template>,
    /// Further facts kept as text.
    #[serde(default)]
    pub attributes: BTreeMap<String, Template>,
}

/// `[pledge]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PledgeSection {
    /// Its stable reference.
    pub reference: Template,
    /// The donor, by `as`.
    pub donor: String,
    /// When ownership passes.
    pub title_passes: Option<TitlePasses>,
    /// Further facts kept as text.
    #[serde(default)]
    pub attributes: BTreeMap<String, Template>,
}

/// `[consignment]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsignmentSection {
    /// Its stable reference.
    pub reference: Template,
    /// Who sends, by `as`.
    pub consignor: String,
    /// Who receives, by `as`.
    pub consignee: String,
    /// Who carries, by `as`.
    pub carrier: Option<String>,
    /// The country of destination, by name or code.
    pub country: Template,
    /// Column with the gross weight.
    pub weight: Option<String>,
    /// Column with the freight.
    pub freight: Option<String>,
    /// Column with the insurance.
    pub insurance: Option<String>,
    /// The currency of freight and insurance: three letters.
    pub currency: Option<Template>,
    /// Column with the day it should arrive; the latest of its rows counts.
    pub expected: Option<String>,
    /// The way it takes, in order.
    #[serde(rename = "leg")]
    pub legs: Vec<LegSection>,
    /// Further facts kept as text.
    #[serde(default)]
    pub attributes: BTreeMap<String, Template>,
}

/// `[[consignment.leg]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegSection {
    /// The site it starts from, by `as`.
    pub from: String,
    /// The site it goes to, by `as`.
    pub to: String,
    /// How: air, road, sea, rail, river or unknown.
    pub mode: Template,
}

/// Which date counts when the rows of one event disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenRowsDiffer {
    /// The later row is rejected.
    #[default]
    Reject,
    /// The earliest counts.
    Earliest,
    /// The latest counts.
    Latest,
}

/// `[[event]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSection {
    /// What happened; `accepted` happens to the pledge, everything else to the consignment.
    pub kind: EventKind,
    /// What names the event beside its kind; the pledge's or consignment's reference unless said
    /// otherwise. A table with partial receipts puts the date or receipt number in.
    pub key: Option<Template>,
    /// Columns with the date, best first. When none has one there is no event.
    pub occurred: Vec<String>,
    /// Columns whose date stands in when the others have none; marked inferred.
    #[serde(default)]
    pub inferred: Vec<String>,
    /// Which date counts when rows disagree.
    #[serde(default)]
    pub when_rows_differ: WhenRowsDiffer,
    /// Received: whether nothing more will come. Where a consignment is received in parts, the last of the
    /// file closes it. True unless said otherwise or the event has a key, which makes parts possible.
    #[serde(rename = "final")]
    pub is_final: Option<bool>,
    /// Departed, arrived: the leg, counted from 1; the first for departed, else the last.
    pub leg: Option<usize>,
    /// Received: column with what came damaged, counted like the line.
    pub damaged: Option<String>,
    /// Received: column with what is held back for inspection.
    pub on_hold: Option<String>,
    /// Received: column with what did not come.
    pub missing: Option<String>,
    /// Received: column with what came beyond the line.
    pub surplus: Option<String>,
}

impl Mapping {
    /// Takes a built-in mapping by name, or reads a `.toml` file.
    ///
    /// # Errors
    /// [`MappingError`], naming the file, line or key that is wrong.
    pub fn load(name_or_file: &str) -> Result<Mapping, MappingError> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_file) {
            return Mapping::parse(text);
        }
        let path = Path::new(name_or_file);
        if path.extension().is_none_or(|extension| extension != "toml") {
            let built_in = BUILT_IN.map(|(name, _)| name).join(", ");
            return Err(MappingError::NotKnown { given: name_or_file.to_owned(), built_in });
        }
        let unreadable = |source| MappingError::Unreadable { path: name_or_file.to_owned(), source };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_MAPPING_BYTES {
            return Err(MappingError::TooLarge {
                path: name_or_file.to_owned(),
                limit_bytes: MAX_MAPPING_BYTES,
            });
        }
        Mapping::parse(&std::fs::read_to_string(path).map_err(unreadable)?)
    }

    /// A built-in mapping; none where there is none of that name.
    ///
    /// # Errors
    /// [`MappingError`] where it is broken, which a test would have found.
    pub fn built_in(name: &str) -> Result<Option<Mapping>, MappingError> {
        let found = BUILT_IN.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| Mapping::parse(text)).transpose()
    }

    /// Reads a mapping's text and checks that its sections fit together.
    ///
    /// # Errors
    /// [`MappingError`], naming the line or key that is wrong.
    pub fn parse(text: &str) -> Result<Mapping, MappingError> {
        let mapping: Mapping =
            toml::from_str(text).map_err(|error| MappingError::Grammar(Box::new(error)))?;
        mapping_check::check(&mapping)?;
        Ok(mapping)
    }

    /// The names of the mappings that ship with the program.
    pub fn built_in_names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
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

    /// The first column a template is filled from, to point at when it cannot be filled; for a lookup, that of the
    /// word looked up.
    pub fn first_column<'a>(&'a self, template: &'a Template) -> Option<&'a str> {
        self.columns_of(template).into_iter().next()
    }

    /// Every column a template is filled from, in order.
    pub fn columns_of<'a>(&'a self, template: &'a Template) -> Vec<&'a str> {
        let columns = |piece: &'a Piece| match piece {
            Piece::Column(column) | Piece::CountryCode(column) => vec![column.as_str()],
            Piece::Lookup(name) => {
                self.lookups.get(name).map(|lookup| self.columns_of(&lookup.of)).unwrap_or_default()
            }
            Piece::Literal(_) => Vec::new(),
        };
        template.pieces().iter().flat_map(columns).collect()
    }

    /// What a column holds; text for one that is not listed.
    pub fn column(&self, name: &str) -> ColumnSection {
        self.columns.get(name).cloned().unwrap_or_default()
    }
}
