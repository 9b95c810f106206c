//! The records of a ledger, one a row: out as they were stated, and back in under the same identifiers.
//!
//! | file | what it is |
//! |---|---|
//! | `tell` | the records there are, as whoever posts them would state them |
//! | `read`, `lines` | a table or lines of them, by a mapping with `[record]` |
//! | `again` | a record of the catalogue that another ledger had under the same identifier |
//! | `import` | every record stated, every event posted, in the order of the file |
//!
//! Balances and totals are not among them: they follow from the events, which are posted by the very rules that posted them
//! first. What an event implied, such as a departure or a surplus, it implies again. Never here: a person, a user or a document.

pub mod again;
pub mod import;
mod lines;
pub mod read;
pub mod tell;

/// A kind of record, in the order in which they depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// An organization.
    Organization,
    /// A programme.
    Programme,
    /// An item with its packs.
    Item,
    /// A site.
    Site,
    /// A pledge as it was offered, with its lines.
    Pledge,
    /// A consignment as it was opened, with its legs.
    Consignment,
    /// A load.
    Load,
    /// What happened.
    Event,
}

impl RecordKind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [RecordKind; 8] = [
        Self::Organization,
        Self::Programme,
        Self::Item,
        Self::Site,
        Self::Pledge,
        Self::Consignment,
        Self::Load,
        Self::Event,
    ];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Programme => "programme",
            Self::Item => "item",
            Self::Site => "site",
            Self::Pledge => "pledge",
            Self::Consignment => "consignment",
            Self::Load => "load",
            Self::Event => "event",
        }
    }

    /// Reads the word back.
    ///
    /// # Errors
    /// In words, naming those there are.
    pub fn read(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.into_iter().map(Self::word).collect();
            format!("{word:?} is no kind of record; write one of {}", known.join(", "))
        })
    }
}

/// Characters of a body in one cell; a spreadsheet's cell holds 32,767, and apostrophes may come on top.
pub const BODY_CHARS: usize = 30_000;
/// Cells that the body of one record may take: half a megabyte, several times an event of five hundred lines.
pub const BODY_CELLS: usize = 16;

/// How the last line of a CSV file of records begins; how many there are stands behind it.
pub const RECORDS_END: &str = "# records: ";

/// The headings of the cells of a body.
pub fn body_headings(first: &str) -> Vec<String> {
    let further = (2..=BODY_CELLS).map(|number| format!("{first}_{number}"));
    std::iter::once(first.to_owned()).chain(further).collect()
}

/// A body in parts that fit a cell each. No part begins or ends with a blank, which readers of tables take away.
pub fn body_parts(body: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = body;
    while rest.chars().nth(BODY_CHARS).is_some() {
        let places: Vec<(usize, char)> = rest.char_indices().take(BODY_CHARS + 1).collect();
        let fits = |at: &usize| !places[*at].1.is_whitespace() && !places[*at - 1].1.is_whitespace();
        let cut = (1..places.len()).rev().find(fits).unwrap_or(BODY_CHARS);
        let (part, after) = rest.split_at(places[cut].0);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}
