//! What may be said of a person: pure judgements of what a caller wrote. No fault repeats what was written.

use crate::content::inspect;
use crate::core::check::{Edit, check_client_id};
use crate::core::id::{OrganizationId, PersonId};
use crate::core::problem::{Code, Fault, FieldError, Outcome, Problem};
use crate::core::time::{MICROSECONDS, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Characters of a name, a title or a contact.
pub const WORDS_MAX: usize = 200;
/// Bytes of the picture of a signature: a phone's screen in black and white has a tenth of it.
pub const SIGNATURE_BYTES_MAX: usize = 256 * 1_024;
/// How many days people's data are kept where nobody says: as long as accounts are commonly kept.
pub const DEFAULT_RETENTION_DAYS: u32 = 1_825;
/// Microseconds of a day.
const DAY: i64 = 24 * 60 * 60 * MICROSECONDS;

/// Why a person is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// Signs papers.
    Signatory,
    /// Receives goods.
    Recipient,
    /// Drives or sails them.
    Driver,
    /// Is asked when something is unclear.
    Contact,
}

impl PersonKind {
    /// The word in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Signatory => "signatory",
            Self::Recipient => "recipient",
            Self::Driver => "driver",
            Self::Contact => "contact",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Signatory, Self::Recipient, Self::Driver, Self::Contact]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// What says who a person is. It has no `Debug`, so that it cannot get into a log by mistake.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The person's name.
    pub name: String,
    /// Title or role at the organization.
    pub title: Option<String>,
    /// How the person is reached.
    pub contact: Option<String>,
}

/// A person as a caller describes it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonDraft {
    /// Made by the caller, UUID version 7; the same id and body again change nothing.
    #[serde(default)]
    pub id: Option<PersonId>,
    /// Why the person is known.
    pub kind: PersonKind,
    /// For which organization the person signs, receives or drives.
    pub organization_id: OrganizationId,
    /// The person's name.
    #[schema(max_length = 200)]
    pub name: String,
    /// Title or role at the organization.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub title: Option<String>,
    /// How the person is reached.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub contact: Option<String>,
    /// A picture of the signature, PNG or JPEG, base64, at most 256 KiB.
    #[serde(default)]
    pub signature: Option<String>,
    /// Until when this is kept; the server's setting if not said.
    #[serde(default)]
    pub retain_until: Option<Timestamp>,
}

/// Changes to a person. What is left out stays; null empties what may be empty.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonEdit {
    /// Why the person is known.
    #[serde(default)]
    pub kind: Option<PersonKind>,
    /// The person's name.
    #[serde(default)]
    pub name: Option<String>,
    /// Title or role at the organization.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: Edit<String>,
    /// How the person is reached.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub contact: Edit<String>,
    /// A picture of the signature, PNG or JPEG, base64, at most 256 KiB.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub signature: Edit<String>,
    /// Until when this is kept; earlier than before only by whoever may erase people.
    #[serde(default)]
    pub retain_until: Option<Timestamp>,
}

impl PersonDraft {
    /// Judges the draft; answers the words and the picture in the form they are sealed in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self, mut picture: Option<Vec<u8>>) -> Outcome<(Words, Option<Vec<u8>>)> {
        check_client_id("/id", self.id.map(|id| id.0))?;
        let words =
            Words { name: self.name.clone(), title: self.title.clone(), contact: self.contact.clone() };
        let mut faults = Vec::new();
        let words = normal(words, &mut faults);
        strip_picture(picture.as_mut(), &mut faults);
        finish(faults).map(|()| (words, picture))
    }
}

impl PersonEdit {
    /// The words after the edit; of a picture is left what shows it.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn applied(&self, mut words: Words, picture: Option<&mut Vec<u8>>) -> Outcome<Words> {
        if let Some(name) = &self.name {
            words.name.clone_from(name);
        }
        self.title.clone().apply(&mut words.title);
        self.contact.clone().apply(&mut words.contact);
        let mut faults = Vec::new();
        let words = normal(words, &mut faults);
        strip_picture(picture, &mut faults);
        finish(faults).map(|()| words)
    }
}

fn normal(words: Words, faults: &mut Vec<FieldError>) -> Words {
    let blank_is_none =
        |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let words = Words {
        name: words.name.trim().to_owned(),
        title: blank_is_none(words.title),
        contact: blank_is_none(words.contact),
    };
    let texts = [
        ("/name", Some(&words.name)),
        ("/title", words.title.as_ref()),
        ("/contact", words.contact.as_ref()),
    ];
    for (pointer, text) in texts {
        let Some(text) = text else { continue };
        let count = text.chars().count();
        if !(1..=WORDS_MAX).contains(&count) || text.chars().any(char::is_control) {
            let detail = format!("has {count} characters; write 1 to {WORDS_MAX} on one line");
            let code = if count == 0 {
                Fault::Required
            } else if count > WORDS_MAX {
                Fault::TooLong
            } else {
                Fault::NotPlainText
            };
            faults.push(FieldError::new(pointer, detail).coded(code).at_most(WORDS_MAX));
        }
    }
    words
}

/// Leaves of a picture what shows it, and notes what is wrong with it.
fn strip_picture(picture: Option<&mut Vec<u8>>, faults: &mut Vec<FieldError>) {
    let Some(picture) = picture else { return };
    let detail = if picture.len() > SIGNATURE_BYTES_MAX {
        format!("has {} bytes; send at most {SIGNATURE_BYTES_MAX}", picture.len())
    } else {
        let media = media_type(picture).ok_or_else(|| "is no picture; send a PNG or a JPEG".to_owned());
        match media.and_then(|media| inspect(picture, media, false).map_err(|problem| problem.detail)) {
            Ok(kept) => {
                *picture = kept.bytes;
                return;
            }
            Err(detail) => detail,
        }
    };
    faults.push(FieldError::new("/signature", detail));
}

/// What kind of picture this is, by how it begins.
pub fn media_type(picture: &[u8]) -> Option<&'static str> {
    if picture.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if picture.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Some("image/jpeg")
    } else {
        None
    }
}

fn finish(faults: Vec<FieldError>) -> Outcome<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let mut problem = Problem::new(Code::Invalid, "Some fields are not valid; errors says which and why.");
    problem.errors = faults;
    Err(problem)
}

/// Refuses a time that is over: it would erase at once, by whoever may record and not erase.
///
/// # Errors
/// `invalid` at `/retain_until`.
pub fn check_retention(until: Option<Timestamp>, now: Timestamp) -> Outcome<()> {
    match until.filter(|until| *until <= now) {
        None => Ok(()),
        Some(until) => {
            let detail = format!("{until} is over already; write a time to come, or leave it out");
            Err(Problem::field("/retain_until", detail).coded(Fault::TooEarly))
        }
    }
}

/// Until when something is kept that is recorded now.
pub fn retained_until(now: Timestamp, said: Option<Timestamp>, days: u32) -> Timestamp {
    said.unwrap_or(Timestamp(now.0.saturating_add(i64::from(days) * DAY)))
}
