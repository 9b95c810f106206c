//! What may be stated of areas: the judgement of what a caller wrote. Pure.

use crate::atlas::{
    AreaCode, AreaVersion, BoundaryColumns, BoundaryError, BoundaryFault, CountryCode, LoadedBoundaries,
    NO_ENDORSEMENT, parse_boundaries, shipped_areas,
};
use crate::baselines::Draft;
use crate::core::check::{CODE_CHARS_MAX, Check, NAME_CHARS_MAX, quoted};
use crate::core::id::{BaselineKey, derived};
use crate::core::problem::{Code, Fault, FieldError, Outcome, Problem};
use chrono::NaiveDate;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// What names an edition and says where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionWords {
    /// Its name.
    pub name: String,
    /// Where it is from.
    pub source: String,
    /// Under which licence.
    pub licence: String,
    /// The first day these areas were in force, where the source says.
    pub valid_from: Option<String>,
    /// The last day, where the source says.
    pub valid_to: Option<String>,
    /// The property of a feature that has its code; those of COD-AB are tried where none is named.
    pub code_property: Option<String>,
    /// The property that has its name.
    pub name_property: Option<String>,
}

fn date(text: Option<&str>) -> Option<NaiveDate> {
    text.and_then(|text| text.parse().ok())
}

impl EditionWords {
    /// The version that answers print.
    pub fn version(&self) -> AreaVersion {
        AreaVersion {
            name: self.name.as_str().into(),
            level: 1,
            valid_from: date(self.valid_from.as_deref()),
            valid_to: date(self.valid_to.as_deref()),
            source: self.source.as_str().into(),
            attribution: format!("{}; {}. {NO_ENDORSEMENT}", self.source, self.licence).into(),
        }
    }

    /// Whether these areas were in force on a day, as far as their source says.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.version().holds_on(day)
    }

    /// Reads the areas.
    ///
    /// # Errors
    /// `invalid` with all that is wrong, each by its place in the file.
    pub fn read(&self, content: &str) -> Outcome<LoadedBoundaries> {
        let columns = BoundaryColumns {
            code: self.code_property.as_deref(),
            name: self.name_property.as_deref(),
            parent: None,
        };
        parse_boundaries(content, self.version(), &columns).map_err(|error| refused("", error))
    }
}

/// All that is wrong with polygons, as fields behind a pointer.
pub fn refused(pointer: &str, error: BoundaryError) -> Problem {
    let told = |fault: BoundaryFault| FieldError::new(format!("{pointer}{}", fault.pointer), fault.message);
    let errors: Vec<FieldError> = error.faults.into_iter().map(told).collect();
    let first = errors.first().map_or(String::new(), |first| format!("{}: {}", first.pointer, first.detail));
    let more = errors.len().saturating_sub(1);
    let detail = if more > 0 { format!("{first} (and {more} more; see errors)") } else { first };
    Problem { errors, ..Problem::new(Code::Invalid, detail) }
}

/// An edition of one country's areas, as a caller states it.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundaryDraft {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its name within the country.
    pub name: String,
    /// What it says; none where it is withdrawn.
    pub stated: Option<StatedBoundaries>,
}

/// What an edition says.
#[derive(Clone, Debug, PartialEq)]
pub struct StatedBoundaries {
    /// Where it is from.
    pub words: EditionWords,
    /// How many areas it has.
    pub areas: i64,
    /// Of the file as it was sent.
    pub sha256: [u8; 32],
    /// The GeoJSON, byte by byte.
    pub content: String,
}

/// The key of an edition.
pub fn edition_key(country: &str, name: &str) -> BaselineKey {
    derived(Uuid::nil(), &format!("boundaries:{country}\u{1f}{name}"), 0)
}

impl Draft for BoundaryDraft {
    fn key(&self) -> BaselineKey {
        edition_key(&self.country, &self.name)
    }

    fn is_withdrawal(&self) -> bool {
        self.stated.is_none()
    }

    // It was judged when it was read, together with the file.
    fn normal(&self, _check: &mut Check, _at: &str) -> Self {
        self.clone()
    }

    fn words(&self) -> String {
        format!("the edition {} of areas of {}", quoted(&self.name), self.country)
    }
}

impl BoundaryDraft {
    /// Judges the words of an edition and reads its file, and says what was put right or looks odd in it.
    ///
    /// # Errors
    /// `invalid` with everything that is wrong.
    pub fn read(
        country: CountryCode,
        words: &EditionWords,
        content: String,
    ) -> Outcome<(Self, Vec<FieldError>)> {
        let words = checked(words)?;
        let loaded = words.read(&content)?;
        let mut check = Check::new();
        for (number, area) in loaded.set.areas().iter().enumerate() {
            if area.country != Some(country) && check.count() < 50 {
                let of = area.country.map_or("several", |code| code.country().iso3());
                let words = format!("area {} is of {of}, and the edition of {country}", area.key());
                check.wrong(format!("/areas/{number}"), words);
            }
        }
        check.finish()?;
        let notes = loaded.notes.into_iter().map(|note| FieldError::new(note.pointer, note.message));
        let stated = StatedBoundaries {
            areas: i64::try_from(loaded.set.areas().len()).unwrap_or(i64::MAX),
            sha256: Sha256::digest(content.as_bytes()).into(),
            content,
            words: words.clone(),
        };
        let draft = Self { country: country.as_str().to_owned(), name: words.name, stated: Some(stated) };
        Ok((draft, notes.collect()))
    }
}

/// The words in the form they are kept in.
fn checked(words: &EditionWords) -> Outcome<EditionWords> {
    let mut check = Check::new();
    let name = check.text("/name", &words.name, CODE_CHARS_MAX);
    if name == *shipped_areas().version().name {
        check.wrong("/name", format!("{} ships with the program; call yours something else", quoted(&name)));
    }
    let day = |check: &mut Check, pointer: &str, day: &Option<String>| {
        day.as_deref().map(|day| check.date(pointer, day))
    };
    let checked = EditionWords {
        name,
        source: check.text("/source", &words.source, NAME_CHARS_MAX),
        licence: check.text("/licence", &words.licence, NAME_CHARS_MAX),
        valid_from: day(&mut check, "/valid_from", &words.valid_from),
        valid_to: day(&mut check, "/valid_to", &words.valid_to),
        code_property: check.optional_text("/code_property", words.code_property.as_deref(), CODE_CHARS_MAX),
        name_property: check.optional_text("/name_property", words.name_property.as_deref(), CODE_CHARS_MAX),
    };
    if let (Some(from), Some(to)) = (&checked.valid_from, &checked.valid_to)
        && from > to
    {
        check.fault(Fault::TooEarly, "/valid_to", format!("{to} lies before valid_from, {from}"));
    }
    check.finish()?;
    Ok(checked)
}

/// That one code followed another, as a caller states it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaChangeDraft {
    /// The code that ended.
    #[schema(example = "KE-30")]
    pub from: String,
    /// A code that followed it.
    #[schema(example = "KE047")]
    pub to: String,
    /// The day the new code was first in force; left out where it is withdrawn.
    #[serde(default)]
    #[schema(format = Date)]
    pub on: Option<String>,
    /// Who says so; left out where it is withdrawn.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub source: Option<String>,
    /// Ends what was stated.
    #[serde(default)]
    pub withdrawn: bool,
}

impl Draft for AreaChangeDraft {
    fn key(&self) -> BaselineKey {
        derived(Uuid::nil(), &format!("area-change:{}\u{1f}{}", self.from, self.to), 0)
    }

    fn is_withdrawal(&self) -> bool {
        self.withdrawn
    }

    fn normal(&self, check: &mut Check, at: &str) -> Self {
        let code = |check: &mut Check, field: &str, text: &str| {
            let code: Option<AreaCode> = check.parsed(&format!("{at}/{field}"), text.trim().parse());
            code.map(|code| code.to_string()).unwrap_or_default()
        };
        let (from, to) = (code(check, "from", &self.from), code(check, "to", &self.to));
        if from == to && !from.is_empty() {
            check.wrong(format!("{at}/to"), format!("{} is said to follow itself", quoted(&to)));
        }
        for (field, value) in [("on", &self.on), ("source", &self.source)] {
            if value.is_some() == self.withdrawn {
                let right =
                    "write it, or \"withdrawn\": true and neither day nor source to end what was stated";
                check.wrong(format!("{at}/{field}"), right);
            }
        }
        Self {
            from,
            to,
            on: self.on.as_deref().map(|day| check.date(&format!("{at}/on"), day)),
            source: check.optional_text(&format!("{at}/source"), self.source.as_deref(), NAME_CHARS_MAX),
            withdrawn: self.withdrawn,
        }
    }

    fn words(&self) -> String {
        format!("that {} followed {}", quoted(&self.to), quoted(&self.from))
    }
}
