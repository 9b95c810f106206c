//! What may be stated of a need, and what becomes of it. Pure.

mod answers;

pub use answers::{Answered, Goods, MatchDraft, MatchKind, Meant, answered_by, check_meant};

use crate::atlas::CountryCode;
use crate::baselines::Area;
use crate::core::check::{Check, Edit, NAME_CHARS_MAX, REFERENCE_CHARS_MAX, WORDS_CHARS_MAX, quoted};
use crate::core::id::{ItemId, NeedId, OrganizationId, ProgrammeId, SiteId};
use crate::core::problem::{Code, Fault, FieldError, Outcome, Problem};
use crate::core::quantity::Quantity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// More people than will ever be meant.
const PEOPLE_MAXIMUM: i64 = 100_000_000_000;
/// Days that goods may be asked to keep on arrival: ten years, more than any item does.
pub const SHELF_LIFE_DAYS_MAXIMUM: i64 = 3_660;

/// How urgent a need is, the most urgent first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Lives depend on it.
    Critical,
    /// Before others.
    High,
    /// As most.
    #[default]
    Normal,
    /// After others.
    Low,
}

impl Priority {
    /// Every priority, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Normal, Self::Low];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// How a need stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedState {
    /// It counts.
    #[default]
    Open,
    /// It is met, or there is no need of it any more.
    Closed,
    /// It was stated by mistake.
    Withdrawn,
}

impl NeedState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::Withdrawn];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// A need as a caller states it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedDraft {
    /// Made by the caller, UUID version 7; the same id and body again change nothing.
    #[serde(default)]
    pub id: Option<NeedId>,
    /// What it is for.
    pub programme: ProgrammeId,
    /// What is needed.
    pub item: ItemId,
    /// How much, in base units.
    pub quantity: Quantity,
    /// Where, as a site; or an area instead.
    #[serde(default)]
    pub site: Option<SiteId>,
    /// Where, as a country (GM), ISO 3166-2 (GM-B) or P-code (HN10); or a site instead.
    #[serde(default)]
    #[schema(example = "GM-B")]
    pub area: Option<String>,
    /// The day by which it is needed there.
    #[schema(format = Date, example = "2020-09-01")]
    pub needed_by: String,
    /// How many people it is for.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub people: Option<i64>,
    /// How urgent it is; normal if left out.
    #[serde(default)]
    pub priority: Priority,
    /// Days the goods must still keep when they arrive.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 3660)]
    pub shelf_life_days: Option<i64>,
    /// Who states it, in words, such as a survey or a letter.
    #[schema(max_length = 200, example = "Letter of the Mayor, 2020-07-02")]
    pub source: String,
    /// The organization that asks for it.
    #[serde(default)]
    pub organization: Option<OrganizationId>,
    /// Its number in your own books or survey.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub reference: Option<String>,
    /// Words for whoever works here; never shown in public.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether it stands in the public list.
    #[serde(default)]
    pub circulated: bool,
}

/// Changes to a need. What is left out stays; null empties what may be empty. Programme, item, place and organization
/// never change: state another need.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedEdit {
    /// How much, in base units.
    #[serde(default)]
    #[schema(value_type = i64)]
    pub quantity: Edit<Quantity>,
    /// The day by which it is needed.
    #[serde(default)]
    #[schema(value_type = String, format = Date)]
    pub needed_by: Edit<String>,
    /// How many people it is for.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub people: Edit<i64>,
    /// How urgent it is.
    #[serde(default)]
    #[schema(value_type = Priority)]
    pub priority: Edit<Priority>,
    /// Days the goods must still keep when they arrive.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub shelf_life_days: Edit<i64>,
    /// Who states it.
    #[serde(default)]
    #[schema(value_type = String)]
    pub source: Edit<String>,
    /// Its number in your own books or survey.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub reference: Edit<String>,
    /// Words for whoever works here.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub note: Edit<String>,
    /// Whether it stands in the public list.
    #[serde(default)]
    #[schema(value_type = bool)]
    pub circulated: Edit<bool>,
    /// How it stands from now on; another state needs a reason.
    #[serde(default)]
    pub state: Option<NeedState>,
    /// Why it is closed, withdrawn or open again.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Where a need is stated for, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A site, whose country is read with it.
    Site(SiteId),
    /// A country or an area inside one.
    Area(String, CountryCode),
}

impl NeedDraft {
    /// Judges the draft and brings its texts into the form they are kept in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<(Self, Place)> {
        let mut check = Check::new();
        check.client_id("/id", self.id.map(|id| id.0));
        let place = self.place(&mut check);
        let draft = self.normal(&mut check);
        check.finish()?;
        let Some(place) = place else {
            return Err(Problem::field("/site", "is missing").coded(Fault::Required));
        };
        let area = match &place {
            Place::Site(_) => None,
            Place::Area(area, _) => Some(area.clone()),
        };
        Ok((Self { area, ..draft }, place))
    }

    fn place(&self, check: &mut Check) -> Option<Place> {
        match (self.site, self.area.as_deref()) {
            (Some(site), None) => Some(Place::Site(site)),
            (None, Some(text)) => {
                let area: Area = check.parsed("/area", text.trim().parse())?;
                let Some(country) = area.country() else {
                    let words = format!(
                        "{} is a region; goods are needed in a country such as GM, or in an area inside one such as \
                         GM-B",
                        quoted(text)
                    );
                    check.wrong("/area", words);
                    return None;
                };
                Some(Place::Area(area.to_string(), country))
            }
            (Some(_), Some(_)) => {
                check.fault(Fault::OneOfTwo, "/area", "stands beside a site; write one of the two");
                None
            }
            (None, None) => {
                check.fault(Fault::Required, "/site", "is missing, and so is an area; write one of the two");
                None
            }
        }
    }

    /// Judges what may change, and brings its texts into the form they are kept in.
    fn normal(&self, check: &mut Check) -> Self {
        if self.quantity.is_zero() {
            let error = FieldError::new("/quantity", "0 is no need; write at least 1 base unit");
            check.note(error.coded(Fault::TooSmall).at_least(1));
        }
        if let Some(people) = self.people {
            check.whole("/people", people, 0..=PEOPLE_MAXIMUM, "people");
        }
        if let Some(days) = self.shelf_life_days {
            check.whole("/shelf_life_days", days, 0..=SHELF_LIFE_DAYS_MAXIMUM, "days");
        }
        Self {
            needed_by: check.date("/needed_by", &self.needed_by),
            source: check.text("/source", &self.source, NAME_CHARS_MAX),
            reference: check.optional_text("/reference", self.reference.as_deref(), REFERENCE_CHARS_MAX),
            note: check.optional_text("/note", self.note.as_deref(), WORDS_CHARS_MAX),
            ..self.clone()
        }
    }

    /// The draft after an edit, judged as a whole.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn edited(&self, edit: &NeedEdit) -> Outcome<Self> {
        let mut check = Check::new();
        let mut draft = self.clone();
        let edit = edit.clone();
        edit.quantity.apply_required(&mut check, "/quantity", &mut draft.quantity);
        edit.needed_by.apply_required(&mut check, "/needed_by", &mut draft.needed_by);
        edit.people.apply(&mut draft.people);
        edit.priority.apply_required(&mut check, "/priority", &mut draft.priority);
        edit.shelf_life_days.apply(&mut draft.shelf_life_days);
        edit.source.apply_required(&mut check, "/source", &mut draft.source);
        edit.reference.apply(&mut draft.reference);
        edit.note.apply(&mut draft.note);
        edit.circulated.apply_required(&mut check, "/circulated", &mut draft.circulated);
        let draft = draft.normal(&mut check);
        check.finish()?;
        Ok(draft)
    }
}

/// The state and the reason after an edit: another state is said why, and what is not open is not edited otherwise.
///
/// # Errors
/// `invalid` without a reason; `wrong_state` where it is not open and stays so.
pub fn state_after(
    before: NeedState,
    reason: Option<&str>,
    edit: &NeedEdit,
    is_edited: bool,
) -> Outcome<(NeedState, Option<String>)> {
    let after = edit.state.unwrap_or(before);
    if after == before {
        if before != NeedState::Open && is_edited {
            let words = format!("This need is {}; open it again to change it.", before.word());
            return Err(Problem::new(Code::WrongState, words).at("/state"));
        }
        return Ok((before, reason.map(str::to_owned)));
    }
    let mut check = Check::new();
    let reason = edit.reason.as_deref().unwrap_or_default();
    let reason = check.text("/reason", reason, WORDS_CHARS_MAX);
    check.finish()?;
    Ok((after, Some(reason)))
}
