//! Judging what callers wrote, field by field, so that one answer names everything that is wrong.
//!
//! A [`Check`] collects; it never stops at the first fault. What it returns for a faulty field is only a
//! placeholder: nothing of a draft may be used before [`Check::finish`] has let it pass.

use super::problem::{Code, Fault, FieldError, Outcome, Problem};
use super::quantity;
use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};
use std::fmt::Display;
use std::ops::RangeInclusive;
use uuid::Uuid;

/// Characters of a name: the longest official name of an organization on record has 163.
pub const NAME_CHARS_MAX: usize = 200;
/// Characters of a code or reference: what fits a label and a column of a list.
pub const CODE_CHARS_MAX: usize = 60;
/// Characters of a prefix to search for; a longer one cannot begin any name.
pub const PREFIX_CHARS_MAX: usize = NAME_CHARS_MAX;
/// Characters of a note or reason in words: a letter's length.
pub const WORDS_CHARS_MAX: usize = 4_000;
/// Characters of a number that somebody else gave: a reference, a document, a report.
pub const REFERENCE_CHARS_MAX: usize = 200;
/// Characters of a refused text that are repeated in an error, so that nobody's megabyte comes back.
const QUOTED_CHARS_MAX: usize = 60;

/// The text for an error message, in quotes and cut to a length that can be shown.
pub fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(QUOTED_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// The faults found so far.
#[derive(Debug, Default)]
pub struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a fault. The words name the value and say what would be right.
    pub fn wrong(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(FieldError::new(pointer, detail));
    }

    /// Notes a fault that has a code. The words say the same to whoever reads English.
    pub fn fault(&mut self, code: Fault, pointer: impl Into<String>, detail: impl Into<String>) {
        self.errors.push(FieldError::new(pointer, detail).coded(code));
    }

    /// Notes a fault with what would be right as data.
    pub fn note(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    /// How many faults were found so far.
    pub fn count(&self) -> usize {
        self.errors.len()
    }

    /// A text of 1 to `most` characters, without spaces around and without control characters.
    pub fn text(&mut self, pointer: &str, text: &str, most: usize) -> String {
        let text = text.trim();
        let count = text.chars().count();
        if count == 0 {
            self.fault(Fault::Required, pointer, format!("is blank; write 1 to {most} characters"));
        } else if count > most {
            let detail = format!("{} has {count} characters; write at most {most}", quoted(text));
            self.note(FieldError::new(pointer, detail).coded(Fault::TooLong).at_most(most));
        } else if text.chars().any(char::is_control) {
            self.fault(
                Fault::NotPlainText,
                pointer,
                format!("{} contains a control character; write one line of plain text", quoted(text)),
            );
        }
        text.to_owned()
    }

    /// As [`Check::text`], where leaving it out is right too.
    pub fn optional_text(&mut self, pointer: &str, text: Option<&str>, most: usize) -> Option<String> {
        text.map(|text| self.text(pointer, text, most))
    }

    /// A whole number within a range; `what` names what it counts.
    pub fn whole(&mut self, pointer: &str, value: i64, range: RangeInclusive<i64>, what: &str) -> i64 {
        if !range.contains(&value) {
            let detail = format!(
                "{value} is out of range; write a whole number of {what} from {} to {}",
                range.start(),
                range.end()
            );
            self.note(FieldError::new(pointer, detail).outside(value, &range));
        }
        value
    }

    /// A whole number above zero that every reader of JSON keeps exactly.
    pub fn positive(&mut self, pointer: &str, value: i64, what: &str) -> i64 {
        self.whole(pointer, value, 1..=quantity::MAXIMUM, what)
    }

    /// A day, `2020-12-31`.
    pub fn date(&mut self, pointer: &str, text: &str) -> String {
        let text = text.trim();
        let is_day = NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok_and(|day| day.to_string() == text);
        if !is_day {
            let detail = format!("{} is not a date; write it like 2020-12-31", quoted(text));
            self.fault(Fault::NotADate, pointer, detail);
        }
        text.to_owned()
    }

    /// An identifier a client made: UUID version 7, so that identifiers sort by time.
    pub fn client_id(&mut self, pointer: &str, id: Option<Uuid>) {
        if let Some(id) = id.filter(|id| id.get_version_num() != 7) {
            let detail = format!("{id} is not a UUID of version 7; make one, or leave it out");
            self.fault(Fault::NotAnIdentifier, pointer, detail);
        }
    }

    /// Takes what parsing a code gave, such as a country's, or notes its error.
    pub fn parsed<T, E: Display>(&mut self, pointer: &str, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(Fault::NotACode, pointer, error.to_string());
                None
            }
        }
    }

    /// Lets pass what has no fault.
    ///
    /// # Errors
    /// `invalid` with every fault found.
    pub fn finish(self) -> Outcome<()> {
        let detail = match self.errors.as_slice() {
            [] => return Ok(()),
            [only] => format!("{}: {}", only.pointer, only.detail),
            [first, rest @ ..] => {
                format!("{}: {} (and {} more; see errors)", first.pointer, first.detail, rest.len())
            }
        };
        let mut problem = Problem::new(Code::Invalid, detail);
        problem.errors = self.errors;
        Err(problem)
    }
}

/// Checks a text of several lines for length and for characters nobody can read. Never repeats it.
///
/// # Errors
/// `invalid`, naming the field.
pub fn check_text(pointer: &str, text: Option<&str>, most: usize) -> Outcome<()> {
    let Some(text) = text else { return Ok(()) };
    if text.trim().is_empty() {
        let problem = Problem::field(pointer, "is empty; write something or leave it out");
        return Err(problem.coded(Fault::Required));
    }
    let length = text.chars().count();
    if length > most {
        let problem = Problem::field(pointer, format!("has {length} characters; write at most {most}"));
        return Err(problem.coded(Fault::TooLong).at_most(most));
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n') {
        let problem = Problem::field(pointer, "contains control characters; write plain text");
        return Err(problem.coded(Fault::NotPlainText));
    }
    Ok(())
}

/// Checks an identifier a client made, as [`Check::client_id`] does.
///
/// # Errors
/// `invalid`, naming the field.
pub fn check_client_id(pointer: &str, id: Option<Uuid>) -> Outcome<()> {
    let mut check = Check::new();
    check.client_id(pointer, id);
    check.finish()
}

/// What an edit says about one field: nothing, null, or a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Edit<T> {
    /// The field was left out.
    #[default]
    Keep,
    /// The field was null.
    Clear,
    /// The field had a value.
    Set(T),
}

impl<T> Edit<T> {
    /// Carries the edit out on a field that may be empty.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// Carries the edit out on a field that may not be empty.
    pub fn apply_required(self, check: &mut Check, pointer: &str, field: &mut T) {
        match self {
            Self::Keep => {}
            Self::Clear => {
                let detail = "may not be null; write a value, or leave it out to keep it";
                check.fault(Fault::Required, pointer, detail);
            }
            Self::Set(value) => *field = value,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

/// The refusal of an id that stands for something else already.
pub fn id_reused(kind: &str, id: impl Display) -> Problem {
    Problem::new(
        Code::IdempotencyConflict,
        format!(
            "The {kind} {id} is there already and says something else, or was edited since. \
             Read it, and send new things under a new id."
        ),
    )
    .at("/id")
}

/// The refusal of a text that another one holds.
pub fn taken(pointer: &str, kind: &str, text: &str, holder: impl Display) -> Problem {
    Problem::new(
        Code::Duplicate,
        format!("{} is taken by the {kind} {holder}; choose another or use that one", quoted(text)),
    )
    .at(pointer)
    .with("holder", holder.to_string())
}

/// The beginning of a name to search for, from a query string.
///
/// # Errors
/// `invalid` at `/q` where it is blank, too long or no plain text.
pub fn search_prefix(text: Option<&str>) -> Outcome<Option<String>> {
    let mut check = Check::new();
    let prefix = check.optional_text("/q", text, PREFIX_CHARS_MAX);
    check.finish()?;
    Ok(prefix)
}
