//! What somebody says of the columns of one file: a mapping of that file alone, or one that is to be kept under a name.
//!
//! It becomes the mapping that somebody would have written, and is read as that is. Never here: opening a table.

use super::super::dates::DateFormat;
use super::super::kept::Chosen;
use super::super::mapping::{Mapping, MappingError};
use super::super::sheets::{SheetKind, SheetMapping};
use super::super::value::NumberStyle;
use super::source::Source;
use super::store::ImportJob;
use crate::core::check::{Check, quoted};
use crate::core::problem::{Outcome, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a job names as its mapping where its columns were told for it alone, before the kind of sheet.
const MARK: &str = "by-hand:";
/// Bytes of what is told of the columns of one file: forty headings of ours and two hundred of a table's fit many times.
const BYTES_MAX: usize = 32 * 1_024;
/// The mapping of our own template of needs, in which headings are exchanged.
const NEEDS: &str = include_str!("../../../mappings/needs.toml");

/// How a file that was tried is to be read: by what its columns hold, or by a mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadingDraft {
    /// A mapping, built-in or kept (NAME, or NAME@SEQUENCE), instead of all the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "our-articles")]
    pub mapping: Option<String>,
    /// Our headings, and what the table calls them; "" where no column of the table holds it. What is not named has the
    /// heading it has with us.
    pub columns: BTreeMap<String, String>,
    /// Our headings, and what every row says there.
    pub constants: BTreeMap<String, String>,
    /// Words of the table by our headings, and what they are called here.
    pub words: BTreeMap<String, BTreeMap<String, String>>,
    /// How days are written, such as `%d/%m/%Y`; those of ISO 8601 are always read.
    pub dates: Vec<String>,
    /// The decimal sign of numbers in texts; a point, if not said.
    #[schema(example = ",")]
    pub decimal: Option<String>,
    /// The sign between groups of three digits; none, if not said.
    #[schema(example = ".")]
    pub thousands: Option<String>,
}

/// What is said of one of our headings.
#[derive(Clone, Copy)]
enum Told<'a> {
    Column(&'a str),
    Constant(&'a str),
    Nothing,
}

/// Kind and remaining text of a mapping that is one file's alone.
fn marked(mapping: &str) -> Option<(&str, &str)> {
    mapping.strip_prefix(MARK)?.split_once('\n')
}

/// Kind and mapping of a job, as they are told.
pub(super) fn told_of(job: &ImportJob) -> (Option<String>, Option<String>) {
    match job.mapping.as_deref().and_then(marked) {
        Some((kind, _)) => (Some(kind.to_owned()), Some("by-hand".to_owned())),
        None => (job.kind.clone(), job.mapping.clone()),
    }
}

/// What was told of the columns of a job's file alone, where it was.
///
/// # Errors
/// `internal` where what was kept cannot be read.
pub(super) fn by_hand(job: &ImportJob) -> Outcome<Option<(SheetKind, ReadingDraft)>> {
    let Some((kind, text)) = job.mapping.as_deref().and_then(marked) else { return Ok(None) };
    let draft = serde_json::from_str(text)
        .map_err(|error| Problem::internal(format!("what was told of columns: {error}")))?;
    Ok(Some((SheetKind::read("/kind", kind)?, draft)))
}

/// The pointer to what is told of one of our headings.
pub fn heading_pointer(member: &str, heading: &str) -> String {
    format!("/{member}/{}", heading.replace('~', "~0").replace('/', "~1"))
}

/// A text as a template that is filled with nothing else.
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

impl ReadingDraft {
    /// What a mapping of a sheet says, as far as it can be told by hand.
    pub(super) fn of(mapping: &SheetMapping) -> Self {
        let (numbers, usual) = (mapping.formats.numbers, NumberStyle::default());
        Self {
            mapping: None,
            columns: mapping.columns.clone(),
            constants: mapping.constants.clone(),
            words: mapping.words.clone(),
            dates: mapping.formats.dates.iter().map(ToString::to_string).collect(),
            decimal: Some(numbers.decimal).filter(|sign| *sign != usual.decimal).map(String::from),
            thousands: numbers.thousands.map(String::from),
        }
    }

    /// What a job keeps of it.
    ///
    /// # Errors
    /// `invalid`, as [`ReadingDraft::source`]; or where it is too long.
    pub(super) fn to_keep(&self, kind: SheetKind) -> Outcome<String> {
        self.source(kind)?;
        let text = serde_json::to_string(self)
            .map_err(|error| Problem::internal(format!("what is told of columns: {error}")))?;
        if text.len() > BYTES_MAX {
            let words = format!("has {} bytes; headings have at most {BYTES_MAX} together", text.len());
            return Err(Problem::field("/columns", words));
        }
        Ok(format!("{MARK}{}\n{text}", kind.word()))
    }

    /// How the file is read by it.
    ///
    /// # Errors
    /// `invalid`, naming the heading that is wrong.
    pub(super) fn source(&self, kind: SheetKind) -> Outcome<Source> {
        let text = self.text(kind, kind.word(), kind.word())?;
        let unusable = |error: MappingError| Problem::field("/columns", error.to_string());
        if kind == SheetKind::Needs {
            let mapping = Mapping::parse(&text).map_err(unusable)?;
            return Ok(Source::Needs(Box::new(Chosen { mapping, version: None })));
        }
        SheetMapping::parse(&text).map(|mapping| Source::Sheet(Box::new(mapping))).map_err(unusable)
    }

    /// The mapping as somebody would write it, under a name.
    ///
    /// # Errors
    /// `invalid`, naming the heading that is wrong.
    pub fn text(&self, kind: SheetKind, name: &str, title: &str) -> Outcome<String> {
        self.check(kind)?;
        let mut mapping = if kind == SheetKind::Needs { self.needs()? } else { self.sheet(kind) };
        mapping.insert("name".to_owned(), name.into());
        mapping.insert("title".to_owned(), title.into());
        let formats = self.formats();
        if !formats.is_empty() {
            mapping.insert("formats".to_owned(), formats.into());
        }
        toml::to_string(&mapping).map_err(|error| Problem::internal(format!("a mapping: {error}")))
    }

    fn check(&self, kind: SheetKind) -> Outcome<()> {
        let mut check = Check::new();
        let known: Vec<&str> = kind.columns().iter().map(|column| column.heading).collect();
        let columns = self.columns.keys().map(|heading| ("columns", heading));
        let constants = self.constants.keys().map(|heading| ("constants", heading));
        let words = self.words.keys().map(|heading| ("words", heading));
        for (member, heading) in columns.chain(constants).chain(words) {
            if !known.contains(&heading.as_str()) {
                let words = format!("is no heading of {}; those are {}", kind.word(), known.join(", "));
                check.wrong(heading_pointer(member, heading), words);
            }
        }
        if kind == SheetKind::Needs && !self.words.is_empty() {
            check.wrong("/words", "a table of needs has no words to be told; leave them out");
        }
        for column in kind.columns().iter().filter(|column| column.is_required) {
            if let Told::Nothing = self.told(column.heading, true) {
                let words = format!(
                    "{} is needed: choose the column of the table that holds it, or write what every row says",
                    quoted(column.heading)
                );
                check.wrong(heading_pointer("columns", column.heading), words);
            }
        }
        for (place, format) in self.dates.iter().enumerate() {
            check.parsed(&format!("/dates/{place}"), DateFormat::try_from(format.clone()));
        }
        for (at, sign) in [("/decimal", &self.decimal), ("/thousands", &self.thousands)] {
            if let Some(sign) = sign.as_ref().filter(|sign| sign.chars().count() != 1) {
                check.wrong(at, format!("{} is not one sign; write one, such as a comma", quoted(sign)));
            }
        }
        check.finish()
    }

    /// What is said of one of our headings; what is not named at all may have our own.
    fn told<'a>(&'a self, heading: &'a str, is_own: bool) -> Told<'a> {
        let constant = self.constants.get(heading).filter(|text| !text.is_empty());
        match (self.columns.get(heading).filter(|theirs| !theirs.is_empty()), constant) {
            (Some(theirs), _) => Told::Column(theirs),
            (None, Some(text)) => Told::Constant(text),
            (None, None) if is_own && !self.columns.contains_key(heading) => Told::Column(heading),
            (None, None) => Told::Nothing,
        }
    }

    fn formats(&self) -> toml::Table {
        let mut formats = toml::Table::new();
        if !self.dates.is_empty() {
            formats.insert("dates".to_owned(), self.dates.clone().into());
        }
        let signs = [("decimal", &self.decimal), ("thousands", &self.thousands)];
        let given = |(name, sign): (&str, &Option<String>)| {
            sign.as_ref().map(|sign| (name.to_owned(), toml::Value::from(sign.clone())))
        };
        let numbers: toml::Table = signs.into_iter().filter_map(given).collect();
        if !numbers.is_empty() {
            formats.insert("numbers".to_owned(), numbers.into());
        }
        formats
    }

    fn sheet(&self, kind: SheetKind) -> toml::Table {
        let mut section = toml::Table::new();
        section.insert("kind".to_owned(), kind.word().into());
        let mut mapping = toml::Table::new();
        mapping.insert("sheet".to_owned(), section.into());
        let constants: BTreeMap<String, String> = self
            .constants
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(heading, text)| (heading.clone(), text.clone()))
            .collect();
        if !self.columns.is_empty() {
            mapping.insert("columns".to_owned(), self.columns.clone().into());
        }
        if !constants.is_empty() {
            mapping.insert("constants".to_owned(), constants.into());
        }
        if !self.words.is_empty() {
            mapping.insert("words".to_owned(), self.words.clone().into());
        }
        mapping
    }

    /// The mapping of our template of needs with the headings of another table in it; what the table has not is left out.
    fn needs(&self) -> Outcome<toml::Table> {
        let broken = |words: &str| Problem::internal(format!("the mapping of needs: {words}"));
        let mut mapping: toml::Table = toml::from_str(NEEDS).map_err(|error| broken(&error.to_string()))?;
        let mut check = Check::new();
        let needed: Vec<&str> =
            SheetKind::Needs.columns().iter().filter(|one| one.is_required).map(|one| one.heading).collect();
        let told = |heading: &'static str| self.told(heading, needed.contains(&heading));
        let our = SheetKind::Needs.columns().iter().map(|column| column.heading);
        let mut by_heading: BTreeMap<&'static str, Told<'_>> = BTreeMap::new();
        for heading in our {
            let said = told(heading);
            if let Told::Column(theirs) = said
                && theirs.contains(['{', '}'])
            {
                let words = format!("{} has braces, which no mapping of needs can name", quoted(theirs));
                check.wrong(heading_pointer("columns", heading), words);
            }
            by_heading.insert(heading, said);
        }
        check.finish()?;
        let section = |mapping: &mut toml::Table, name: &str| match mapping.remove(name) {
            Some(toml::Value::Table(section)) => Ok(section),
            Some(_) | None => Err(broken(name)),
        };
        let columns = section(&mut mapping, "columns")?;
        let mut theirs = toml::Table::new();
        for (heading, holds) in columns {
            if let Some(Told::Column(name)) = by_heading.get(heading.as_str()) {
                theirs.insert((*name).to_owned(), holds);
            }
        }
        mapping.insert("columns".to_owned(), theirs.into());
        let row = exchanged(section(&mut mapping, "row")?, &by_heading)?;
        mapping.insert("row".to_owned(), row.into());
        let need = exchanged(section(&mut mapping, "need")?, &by_heading)?;
        mapping.insert("need".to_owned(), need.into());
        let mut lookups = section(&mut mapping, "lookups")?;
        let mut priority = section(&mut lookups, "priority")?;
        if let Some(Told::Column(name)) = by_heading.get("Priority") {
            priority.insert("of".to_owned(), format!("{{{name}}}").into());
            lookups.insert("priority".to_owned(), priority.into());
            mapping.insert("lookups".to_owned(), lookups.into());
        }
        Ok(mapping)
    }
}

/// A section of the mapping of needs with other headings in it: `{Heading}` is a text, `Heading` a column, and `{@priority}` what
/// the words of the column of priorities mean.
fn exchanged(section: toml::Table, told: &BTreeMap<&'static str, Told<'_>>) -> Outcome<toml::Table> {
    let mut exchanged = toml::Table::new();
    for (member, value) in section {
        let text = value.as_str().unwrap_or_default().to_owned();
        let is_text = text.starts_with('{');
        let is_lookup = text.starts_with("{@");
        let heading = if is_lookup { "Priority" } else { text.trim_matches(['{', '}']) };
        let right = match told.get(heading) {
            Some(Told::Column(_)) if is_lookup => text.clone(),
            Some(Told::Column(theirs)) if is_text => format!("{{{theirs}}}"),
            Some(Told::Column(theirs)) => (*theirs).to_owned(),
            Some(Told::Constant(said)) if is_text => literal(said),
            Some(Told::Constant(_)) => {
                let words = format!(
                    "{} is not the same in every row; choose the column that holds it",
                    quoted(heading)
                );
                return Err(Problem::field(heading_pointer("constants", heading), words));
            }
            Some(Told::Nothing) | None => continue,
        };
        exchanged.insert(member, right.into());
    }
    Ok(exchanged)
}
