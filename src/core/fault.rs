//! What is wrong with one field, as a stable code with what would be right as data: so that whoever reads it, a program
//! or a page in any language, needs no English words.

use super::problem::Code;
use super::worded::worded;
use serde::Serialize;
use std::ops::RangeInclusive;

worded! {
    /// What is wrong with a field, to program against and to say in any language.
    pub enum Fault {
        /// Something else, which the detail says.
        Other = "other",
        /// Nothing stands where something must.
        Required = "required",
        /// It has more characters than fit.
        TooLong = "too_long",
        /// It has fewer characters than are needed.
        TooShort = "too_short",
        /// It is among the passwords that are tried first.
        EasilyGuessed = "easily_guessed",
        /// The number is below the least one.
        TooSmall = "too_small",
        /// The number is above the greatest one.
        TooLarge = "too_large",
        /// There are more of them than are taken at once.
        TooMany = "too_many",
        /// A whole number is wanted.
        NotANumber = "not_a_number",
        /// A day is wanted.
        NotADate = "not_a_date",
        /// A time is wanted.
        NotATime = "not_a_time",
        /// An identifier is wanted.
        NotAnIdentifier = "not_an_identifier",
        /// A code of a list is wanted, such as a country's.
        NotACode = "not_a_code",
        /// An address of e-mail is wanted.
        NotAnAddress = "not_an_address",
        /// It has characters that nobody can read.
        NotPlainText = "not_plain_text",
        /// It is none of the words known here.
        NotAChoice = "not_a_choice",
        /// Another kind of value is wanted, such as a list.
        WrongType = "wrong_type",
        /// Nothing has a field of this name here.
        UnknownField = "unknown_field",
        /// It names nothing that is here for the caller.
        Unknown = "unknown",
        /// It stands there more than once.
        Twice = "twice",
        /// It stands beside another field that says the same or the contrary.
        OneOfTwo = "one_of_two",
        /// Somebody else has it already.
        Taken = "taken",
        /// It lies before what it must follow.
        TooEarly = "too_early",
        /// It lies behind what it must precede.
        TooLate = "too_late",
        /// It has no place here, or not by this caller.
        NotAllowed = "not_allowed",
        /// What it is about is in a state that does not allow this.
        WrongState = "wrong_state",
        /// There are not as many goods.
        NotEnough = "not_enough",
    }
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        match code {
            Code::IdempotencyConflict | Code::Duplicate => Self::Taken,
            Code::NotFound => Self::Unknown,
            Code::Forbidden | Code::OwnProposal | Code::OwnDispatch => Self::NotAllowed,
            Code::WrongState | Code::DependedOn => Self::WrongState,
            Code::Insufficient => Self::NotEnough,
            Code::Malformed
            | Code::Invalid
            | Code::Unauthenticated
            | Code::OtherOrigin
            | Code::TooSlow
            | Code::MethodNotAllowed
            | Code::PreconditionFailed
            | Code::TooLarge
            | Code::UnsupportedMediaType
            | Code::PreconditionRequired
            | Code::HeadTooLarge
            | Code::TooManyRequests
            | Code::Unavailable
            | Code::KeyMissing
            | Code::StorageFull
            | Code::Internal => Self::Other,
        }
    }
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field, "" for the whole body.
    pub pointer: String,
    /// What is wrong, to program against; `other` where only the detail says it.
    pub code: Fault,
    /// The least that would be right, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<i64>,
    /// The most that would be right, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<i64>,
    /// The words of which one would be right, where they are few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// What is wrong with which value and what would be right.
    pub detail: String,
}

impl FieldError {
    /// Something that its detail alone says.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code: Fault::Other,
            least: None,
            most: None,
            choices: Vec::new(),
            detail: detail.into(),
        }
    }

    /// The same under a code.
    pub fn coded(self, code: Fault) -> Self {
        Self { code, ..self }
    }

    /// The same with the least that would be right.
    pub fn at_least(self, least: impl TryInto<i64>) -> Self {
        Self { least: least.try_into().ok(), ..self }
    }

    /// The same with the most that would be right.
    pub fn at_most(self, most: impl TryInto<i64>) -> Self {
        Self { most: most.try_into().ok(), ..self }
    }

    /// The same of a number outside a range.
    pub fn outside(self, value: i64, range: &RangeInclusive<i64>) -> Self {
        let code = if value < *range.start() { Fault::TooSmall } else { Fault::TooLarge };
        self.coded(code).at_least(*range.start()).at_most(*range.end())
    }

    /// The same of a word that is none of these.
    pub fn none_of(self, choices: Vec<String>) -> Self {
        Self { choices, ..self.coded(Fault::NotAChoice) }
    }
}
