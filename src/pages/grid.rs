//! A table as pages show it: on a phone each row is a card with the names of its columns.

use super::frame::Frame;
use crate::core::time::Timestamp;

/// A column.
pub struct Head {
    /// What it is called.
    pub words: String,
    /// Whether numbers stand in it.
    pub is_number: bool,
}

/// What stands in a row under a column.
#[derive(Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// What it says further, smaller.
    pub more: String,
    /// Where it leads; empty where nowhere.
    pub href: String,
    /// Whether it is a number.
    pub is_number: bool,
    /// Whether it is a code, which is read from left to right in every language.
    pub is_code: bool,
    /// Whether it is in English, as the interface says it.
    pub is_english: bool,
    /// Whether something is wrong with it.
    pub is_bad: bool,
}

impl Cell {
    /// Words in the page's language, or a name.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Words of the interface.
    pub fn english(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_english: true, ..Self::default() }
    }

    /// A word of the interface such as `reported_missing`, as words.
    pub fn word(text: &str) -> Self {
        Self::english(text.replace('_', " "))
    }

    /// A code, a number of a document, or an identifier.
    pub fn code(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_code: true, ..Self::default() }
    }

    /// A moment as auditors write it: ISO, in UTC.
    pub fn moment(at: Timestamp) -> Self {
        Self::code(at.to_string())
    }

    /// A whole number.
    pub fn number(frame: &Frame, value: i64) -> Self {
        Self { text: frame.number(value), is_number: true, ..Self::default() }
    }

    /// What is left between two sides, which is never left out: bad where it is not 0.
    pub fn residual(frame: &Frame, value: i64) -> Self {
        Self { is_bad: value != 0, ..Self::number(frame, value) }
    }

    /// The same, leading somewhere.
    pub fn to(self, href: impl Into<String>) -> Self {
        Self { href: href.into(), ..self }
    }

    /// The same with something further.
    pub fn with(self, more: impl Into<String>) -> Self {
        Self { more: more.into(), ..self }
    }
}

/// A table.
#[derive(Default)]
pub struct Grid {
    /// What it shows.
    pub caption: String,
    /// Its columns.
    pub heads: Vec<Head>,
    /// Its rows; the first cell of each names it.
    pub rows: Vec<Vec<Cell>>,
    /// The row of totals; empty where there is none.
    pub total: Vec<Cell>,
    /// What to do where it has no rows.
    pub empty: String,
    /// What is to be known of it, under it.
    pub note: String,
    /// Where its next rows are.
    pub next: String,
}

impl Grid {
    /// A table without rows.
    pub fn new(caption: impl Into<String>, empty: impl Into<String>) -> Self {
        Self { caption: caption.into(), empty: empty.into(), ..Self::default() }
    }

    /// The same with a column of words.
    pub fn column(mut self, words: impl Into<String>) -> Self {
        self.heads.push(Head { words: words.into(), is_number: false });
        self
    }

    /// The same with a column of numbers.
    pub fn numbers(mut self, words: impl Into<String>) -> Self {
        self.heads.push(Head { words: words.into(), is_number: true });
        self
    }

    /// A row with the columns it stands under.
    pub fn under<'a>(&'a self, row: &'a [Cell]) -> impl Iterator<Item = (&'a Head, &'a Cell)> {
        self.heads.iter().zip(row)
    }
}
