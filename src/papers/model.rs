//! A paper before anybody draws it. Both forms are drawn from this, so that they say the same.
//!
//! Words of others are cleaned when they come in: what steers a printer, a browser or the direction of a line is no
//! part of a name, and would break out of its place.

use super::rules::Language;
use super::words::Phrase;

/// What stands where something is to be filled in by hand.
pub const BLANK: &str = "____________";

/// A paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// What its phrases are written in.
    pub language: Language,
    /// What it is.
    pub title: &'static str,
    /// What a file of it is called, without an ending.
    pub name: String,
    /// What stands on it, in order.
    pub blocks: Vec<Block>,
    /// What stands at the foot of every page.
    pub foot: Vec<String>,
}

/// A part of a paper.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// What follows is about this.
    Heading(&'static str),
    /// A sentence or several.
    Text(&'static str),
    /// What nobody may miss: that the paper is void.
    Notice(String),
    /// Names with their values.
    Facts(Vec<Fact>),
    /// Rows of cells.
    Table(Table),
    /// What a camera reads, with the same in letters.
    Code(Scan),
    /// Who signs.
    Signatures(Vec<Signature>),
    /// Labels to be cut out.
    Labels(Vec<Label>),
}

/// A name with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// What stands there.
    pub value: Value,
}

/// What stands in a cell or beside a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Somebody's words, in whatever script.
    Words(String),
    /// Letters and digits that are read from left to right whatever stands around them.
    Code(String),
    /// A number as the language writes it.
    Number(String),
    /// Not known: a line to fill in by hand.
    Blank,
    /// Nothing belongs there.
    Nothing,
}

/// Rows of cells under their columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What it is a table of.
    pub caption: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; each has a cell for each column.
    pub rows: Vec<Vec<Value>>,
    /// The sums below, where there are any.
    pub total: Option<Vec<Value>>,
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// What stands in it.
    pub title: &'static str,
    /// How wide it is beside the others.
    pub weight: u16,
    /// Whether it holds numbers, which end at its edge.
    pub is_number: bool,
}

/// Where somebody signs.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// What for.
    pub act: &'static str,
    /// Who, where that is known and may be read.
    pub name: Value,
    /// When, where that is known.
    pub date: Value,
}

/// What a camera reads, and what stands beside it in letters.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The code in letters.
    pub code: String,
    /// What a camera reads: the address of the code's page, or the code.
    pub address: String,
    /// What it is, where it is no tracking code.
    pub says: Option<&'static str>,
}

impl From<&str> for Scan {
    fn from(code: &str) -> Self {
        Self { code: code.to_owned(), address: code.to_owned(), says: None }
    }
}

impl Scan {
    /// What it is, in words.
    pub(super) fn named(&self, language: Language) -> &'static str {
        self.says.unwrap_or_else(|| Phrase::TrackingCode.said(language))
    }

    /// Has a camera read the address of a tracking code's page at an origin.
    fn point_to(&mut self, origin: &str) {
        if self.says.is_some() {
            return;
        }
        self.address = format!("{}/track/{}", origin.trim_end_matches('/'), self.code);
    }
}

impl Paper {
    /// The same with codes that lead to their pages, where it is known how browsers call this server.
    pub fn tracked_at(mut self, origin: Option<&str>) -> Self {
        let Some(origin) = origin else { return self };
        for block in &mut self.blocks {
            match block {
                Block::Code(scan) => scan.point_to(origin),
                Block::Labels(labels) => labels.iter_mut().for_each(|label| label.code.point_to(origin)),
                Block::Heading(_)
                | Block::Text(_)
                | Block::Notice(_)
                | Block::Facts(_)
                | Block::Table(_)
                | Block::Signatures(_) => {}
            }
        }
        self
    }
}

/// A label for a package.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// What a camera reads.
    pub code: Scan,
    /// Which package of how many.
    pub package: Value,
    /// What else stands on it.
    pub facts: Vec<Fact>,
}

impl Value {
    /// Somebody's words; a blank where nothing is left of them.
    pub fn words(text: &str) -> Self {
        let text = clean(text);
        if text.is_empty() { Self::Blank } else { Self::Words(text) }
    }

    /// The same of words that there may not be.
    pub fn words_of(text: Option<&str>) -> Self {
        text.map_or(Self::Blank, Self::words)
    }

    /// A code; a blank where nothing is left of it.
    pub fn code(text: &str) -> Self {
        let text = clean(text);
        if text.is_empty() { Self::Blank } else { Self::Code(text) }
    }

    /// The same of a code that there may not be.
    pub fn code_of(text: Option<&str>) -> Self {
        text.map_or(Self::Blank, Self::code)
    }

    /// A number that there may not be.
    pub fn number_of(text: Option<String>) -> Self {
        text.map_or(Self::Blank, Self::Number)
    }

    /// What is printed.
    pub fn text(&self) -> &str {
        match self {
            Self::Words(text) | Self::Code(text) | Self::Number(text) => text,
            Self::Blank => BLANK,
            Self::Nothing => "",
        }
    }
}

impl Fact {
    /// A name with its value.
    pub fn new(name: &'static str, value: Value) -> Self {
        Self { name, value }
    }
}

impl Column {
    /// A column of words.
    pub fn words(title: &'static str, weight: u16) -> Self {
        Self { title, weight, is_number: false }
    }

    /// A column of numbers.
    pub fn numbers(title: &'static str, weight: u16) -> Self {
        Self { title, weight, is_number: true }
    }
}

impl Signature {
    /// Where somebody signs whom nobody knows yet.
    pub fn open(act: &'static str) -> Self {
        Self { act, name: Value::Blank, date: Value::Blank }
    }
}

/// A text without what steers a printer, a browser or the direction of a line, on one line.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control()
            || character.is_whitespace() && !is_joining_space(character)
            || is_break(character)
        {
            if !cleaned.is_empty() && !cleaned.ends_with(' ') {
                cleaned.push(' ');
            }
        } else if !is_steering(character) {
            cleaned.push(character);
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// Spaces at which no line ends: numbers are written with them.
fn is_joining_space(character: char) -> bool {
    matches!(character, '\u{a0}' | '\u{202f}')
}

fn is_break(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}

/// Marks that turn the direction of what follows, that are seen nowhere, or that stand for no character. Joiners stay:
/// words of Persian and of India's languages are spelt with them.
fn is_steering(character: char) -> bool {
    matches!(character,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{fffe}' | '\u{ffff}')
}
