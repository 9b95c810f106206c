//! Sheets: one kind of thing a table, with the columns of our own templates or of a mapping that names others.
//!
//! | file | what it is |
//! |---|---|
//! | `kinds`, `headings` | the kinds of sheet there are, and the columns of each |
//! | `column` | what a column holds, and how a cell becomes a member of a body |
//! | `mapping` | `[sheet]`: other headings for the same columns |
//! | `read` | rows to bodies, as `POST` takes them; rows that follow each other may state one thing together |
//! | `names` | codes and references of what is recorded already, looked up for many rows at once |
//! | `catalogue` | organizations, programmes, items, kits and sites: made, or changed where a row says something else |
//! | `state` | every body through the very update that `POST` of it uses, under the rights of whoever imports |
//! | `template` | the tables to fill in |
//!
//! A body has the identifier that its reference gives it, so that the same row again changes nothing. Never here: a rule
//! about goods, or a right that whoever imports has not.

mod catalogue;
mod column;
mod headings;
mod kinds;
mod mapping;
mod names;
mod read;
mod state;
mod template;

pub use kinds::SheetKind;
pub use mapping::SheetMapping;
pub use read::notes_above;
pub use read::{Sheet, SheetRecord};
pub(super) use state::fate_of_row;
pub use state::{Importer, state_all};
pub use template::{Form, template};

use crate::core::problem::{Fault, FieldError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// What it states was not there and is now.
    Created,
    /// What it states says something else now.
    Updated,
    /// What it states stands just so.
    Unchanged,
    /// It is acknowledged and counts for nothing yet: it waits for something, or for somebody else to approve it.
    Waiting,
    /// It states nothing, as its reasons say.
    Refused,
    /// It is left out: by the mapping, or because it begins with `#`.
    Skipped,
}

impl Fate {
    /// Every one.
    pub const ALL: [Fate; 6] =
        [Self::Created, Self::Updated, Self::Unchanged, Self::Waiting, Self::Refused, Self::Skipped];

    /// The word on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fate| fate.word() == word)
    }
}

/// Why a row is not in, or what is to be known of one that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowReason {
    /// JSON pointer to the member of the body that `POST` takes; "" for the whole row.
    pub pointer: String,
    /// The heading of the column it comes from; empty where it is the row.
    pub column: String,
    /// What the cell says, cut to what can be shown.
    pub value: String,
    /// What is wrong, as a field's is; `other` where only the words say it.
    #[serde(default = "other")]
    pub code: Fault,
    /// What is wrong and what would be right.
    pub words: String,
}

/// What a reason was that was kept before reasons had codes.
fn other() -> Fault {
    Fault::Other
}

impl RowReason {
    /// A reason that is about the whole row.
    pub fn whole(words: impl Into<String>) -> Self {
        Self {
            pointer: String::new(),
            column: String::new(),
            value: String::new(),
            code: Fault::Other,
            words: words.into(),
        }
    }

    /// What is wrong with a field of what the row states.
    pub fn of(error: &FieldError) -> Self {
        let pointer = error.pointer.clone();
        Self { pointer, code: error.code, ..Self::whole(error.detail.as_str()) }
    }
}

/// The verdict on one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedRow {
    /// Its number as a spreadsheet shows it, or as a line of the file.
    pub row: u32,
    /// What names it.
    pub key: String,
    /// What became of it.
    pub fate: Fate,
    /// The record it states.
    pub subject: Option<Uuid>,
    /// Why.
    pub reasons: Vec<RowReason>,
}
