//! Everything that can go wrong, said once: a stable code, its HTTP status, and words for the caller.
//!
//! `detail` and `errors` are public. `internal` is for the log of the server and never leaves it.

pub use super::fault::{Fault, FieldError};
use std::fmt;
use std::ops::RangeInclusive;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// The stable code of a problem; the one table of code, status and title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// The code as clients see it.
            pub fn word(self) -> &'static str { match self { $(Self::$name => $code,)* } }
            /// The HTTP status it answers with.
            pub fn status(self) -> u16 { match self { $(Self::$name => $status,)* } }
            /// A short title that never changes.
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title,)* } }
            /// Every code, for the documentation and the tests.
            pub const ALL: &'static [Code] = &[$(Self::$name,)*];
        }
    };
}

codes! {
    /// The head, the body or the query could not be read at all.
    Malformed = "malformed", 400, "The request could not be read";
    /// A field has a value that cannot be.
    Invalid = "invalid", 422, "A field is not valid";
    /// No or no valid token.
    Unauthenticated = "unauthenticated", 401, "Log in first";
    /// The caller is known and may not.
    Forbidden = "forbidden", 403, "Your role does not allow this";
    /// Who proposed something may not decide it.
    OwnProposal = "own_proposal", 403, "Somebody else must decide this";
    /// Who dispatched goods may not receive them.
    OwnDispatch = "own_dispatch", 403, "Somebody else must receive this";
    /// A browser sent its cookie on behalf of another site.
    OtherOrigin = "other_origin", 403, "Not from a page of this server";
    /// Missing, or not for this caller's eyes: the same answer.
    NotFound = "not_found", 404, "Not found";
    /// The head or the body came too slowly.
    TooSlow = "too_slow", 408, "The request took too long to arrive";
    /// The method does not exist here.
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    /// The same id came with another body.
    IdempotencyConflict = "id_reused", 409, "This id was used with another body";
    /// A reference that must be unique is taken.
    Duplicate = "duplicate", 409, "Already there";
    /// The thing is in a state that does not allow this.
    WrongState = "wrong_state", 409, "Not possible in the present state";
    /// An account would go below zero.
    Insufficient = "insufficient", 409, "Not enough goods";
    /// Later events depend on what would be reversed.
    DependedOn = "depended_on", 409, "Later entries depend on this";
    /// The copy edited is not the newest.
    PreconditionFailed = "precondition_failed", 412, "Changed since you read it";
    /// The body is too large.
    TooLarge = "too_large", 413, "Too large";
    /// The body has another content type.
    UnsupportedMediaType = "unsupported_media_type", 415, "Content type not supported";
    /// An edit came without If-Match.
    PreconditionRequired = "precondition_required", 428, "Say which version you edit";
    /// The head of the request is too large.
    HeadTooLarge = "head_too_large", 431, "The head of the request is too large";
    /// Too many requests.
    TooManyRequests = "too_many_requests", 429, "Too many requests";
    /// The queue is full, the database busy or stopping.
    Unavailable = "unavailable", 503, "Try again shortly";
    /// What is sealed was not erased, and its key is not in the key folder.
    KeyMissing = "key_missing", 503, "The key of sealed data is missing";
    /// The disk is full or the database read-only: reads go on.
    StorageFull = "storage_full", 503, "Nothing can be recorded now";
    /// A fault of ours.
    Internal = "internal", 500, "Something went wrong here";
}

/// A refusal, with everything the caller needs to do better.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The stable code.
    pub code: Code,
    /// What happened, what it means, what to do next.
    pub detail: String,
    /// The fields concerned.
    pub errors: Vec<FieldError>,
    /// Figures of the problem, as further members of the answer.
    pub members: serde_json::Map<String, serde_json::Value>,
    /// For the server's log only.
    pub internal: Option<String>,
}

/// The result of whatever can be refused.
pub type Outcome<T> = Result<T, Problem>;

impl Problem {
    /// A problem with words for the caller.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            members: serde_json::Map::new(),
            internal: None,
        }
    }

    /// One field is wrong.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::of(FieldError::new(pointer, detail))
    }

    /// One field is wrong, under a code and with what would be right as data.
    pub fn of(error: FieldError) -> Self {
        let mut problem = Self::new(Code::Invalid, error.detail.clone());
        problem.errors.push(error);
        problem
    }

    /// The same under a code for what is wrong with the fields.
    pub fn coded(self, code: Fault) -> Self {
        self.each(|error| error.coded(code))
    }

    /// The same with the most that would be right.
    pub fn at_most(self, most: impl TryInto<i64>) -> Self {
        let most = most.try_into().ok();
        self.each(|error| FieldError { most, ..error })
    }

    /// The same with the least that would be right.
    pub fn at_least(self, least: impl TryInto<i64>) -> Self {
        let least = least.try_into().ok();
        self.each(|error| FieldError { least, ..error })
    }

    /// The same of a number outside a range.
    pub fn outside(self, value: i64, range: &RangeInclusive<i64>) -> Self {
        self.each(|error| error.outside(value, range))
    }

    fn each(mut self, change: impl Fn(FieldError) -> FieldError) -> Self {
        self.errors = self.errors.into_iter().map(change).collect();
        self
    }

    /// Nothing by that name, or nothing for this caller.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "Nothing is here for you. Check the identifier.")
    }

    /// A fault of ours; the words go to the log only.
    pub fn internal(words: impl Into<String>) -> Self {
        let mut problem =
            Self::new(Code::Internal, "This is our fault and was noted. Nothing was recorded. Try again.");
        problem.internal = Some(words.into());
        problem
    }

    /// Whether it says no to what was asked. Others say that something failed, after which nobody knows what was done.
    pub fn is_refusal(&self) -> bool {
        self.code.status() < 500
    }

    /// Adds the field a problem concerns.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.errors.push(FieldError::new(pointer, self.detail.clone()).coded(Fault::from(self.code)));
        self
    }

    /// Notes the cause for the server's log.
    pub fn log(mut self, cause: impl fmt::Display) -> Self {
        self.internal = Some(cause.to_string());
        self
    }

    /// Adds a figure to the answer. How many goods are there is the most that the fields it concerns may ask for.
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let value = value.into();
        if name == "available" {
            let short = self.errors.iter_mut().filter(|error| error.code == Fault::NotEnough);
            short.for_each(|error| error.most = value.as_i64());
        }
        self.members.insert(name.to_owned(), value);
        self
    }

    /// The same for whoever cannot reach the holder of what is taken: that it is taken, and nothing of by whom.
    pub fn without_holder(mut self) -> Self {
        if self.members.remove("holder").is_some() {
            "This is taken; choose another.".clone_into(&mut self.detail);
            for error in &mut self.errors {
                error.detail.clone_from(&self.detail);
            }
        }
        self
    }

    /// Who holds what is taken, where the problem says so.
    pub fn holder<T: std::str::FromStr>(&self) -> Option<T> {
        self.members.get("holder")?.as_str()?.parse().ok()
    }

    /// The body of the answer, as RFC 9457 says.
    pub fn to_json(&self) -> serde_json::Value {
        let mut body = self.members.clone();
        body.insert("type".into(), format!("urn:relief-ledger:problem:{}", self.code.word()).into());
        body.insert("title".into(), self.code.title().into());
        body.insert("status".into(), self.code.status().into());
        body.insert("code".into(), self.code.word().into());
        body.insert("detail".into(), self.detail.clone().into());
        if !self.errors.is_empty() {
            // Texts, numbers and lists of texts, which JSON can always write.
            body.insert("errors".into(), serde_json::to_value(&self.errors).unwrap_or_default());
        }
        serde_json::Value::Object(body)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.word(), self.detail)
    }
}

impl std::error::Error for Problem {}
