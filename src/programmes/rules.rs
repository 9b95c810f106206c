//! What a programme and a reported figure may be: the judgement of what a caller wrote.

use crate::core::check::{CODE_CHARS_MAX, Check, Edit, NAME_CHARS_MAX, quoted};
use crate::core::id::ProgrammeId;
use crate::core::problem::{Fault, Outcome};
use crate::core::quantity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Focus areas of one programme: more than anybody focuses on.
const FOCUS_AREAS_MAX: usize = 50;
/// Characters of a heading or the name of a figure: a short sentence.
const FIGURE_CHARS_MAX: usize = 300;
/// Characters of a unit.
const UNIT_CHARS_MAX: usize = 60;
/// Characters of a source: a full citation or an address.
const SOURCE_CHARS_MAX: usize = 500;
/// What a programme of invented data says of itself wherever its name stands.
const SYNTHETIC_WORD: &str = "synthetic";

/// How exactly others reported a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Qualifier {
    /// More than the figure.
    #[serde(rename = "over")]
    Over,
    /// More or less the figure.
    #[serde(rename = "about")]
    About,
    /// A little less than the figure, or a little more.
    #[serde(rename = "close to")]
    CloseTo,
}

impl Qualifier {
    /// Every qualifier.
    pub const ALL: [Self; 3] = [Self::Over, Self::About, Self::CloseTo];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::About => "about",
            Self::CloseTo => "close to",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// A programme as a caller describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeDraft {
    /// Made by the caller, UUID version 7; the same id and body again change nothing.
    #[serde(default)]
    pub id: Option<ProgrammeId>,
    /// Short name, unique.
    #[schema(max_length = 60, example = "CITIES-2020")]
    pub code: String,
    /// What it is called.
    #[schema(max_length = 200, example = "Cities Project 2020")]
    pub name: String,
    /// Whether no place below country, no stock and no route may be public.
    #[serde(default)]
    pub sensitive: bool,
    /// Whether its data are invented; its name must then say "synthetic". It never changes afterwards.
    #[serde(default)]
    pub synthetic: bool,
    /// Its focus areas, in the order they are to be shown.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub focus_areas: Vec<String>,
}

/// Changes to a programme. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeEdit {
    /// Short name, unique.
    #[serde(default)]
    #[schema(value_type = String)]
    pub code: Edit<String>,
    /// What it is called.
    #[serde(default)]
    #[schema(value_type = String)]
    pub name: Edit<String>,
    /// Whether no place below country, no stock and no route may be public.
    #[serde(default)]
    #[schema(value_type = bool)]
    pub sensitive: Edit<bool>,
    /// May only be repeated.
    #[serde(default)]
    #[schema(value_type = bool)]
    pub synthetic: Edit<bool>,
    /// All focus areas, in the order they are to be shown.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub focus_areas: Edit<Vec<String>>,
    /// Whether anybody may read its figures without signing in. A programme that becomes sensitive is published no more.
    #[serde(default)]
    #[schema(value_type = bool)]
    pub published: Edit<bool>,
}

/// Whether a programme is published after an edit that made it what it is; what is sensitive never is.
///
/// # Errors
/// `invalid` at `/published`, where it is asked for and cannot be.
pub fn published(programme: &ProgrammeDraft, was: bool, edit: &ProgrammeEdit) -> Outcome<bool> {
    let mut check = Check::new();
    let mut is_published = was;
    edit.published.clone().apply_required(&mut check, "/published", &mut is_published);
    if programme.sensitive && matches!(edit.published, Edit::Set(true)) {
        check.wrong(
            "/published",
            "may not be true: the programme is sensitive, and with its figures anybody would learn where its goods are; \
             leave it out, or send sensitive: false",
        );
    }
    check.finish()?;
    Ok(is_published && !programme.sensitive)
}

impl ProgrammeDraft {
    /// Judges the draft and brings its texts into the form they are kept in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<Self> {
        let mut check = Check::new();
        let draft = self.normal(&mut check);
        check.finish()?;
        Ok(draft)
    }

    /// The draft after an edit, judged as a whole.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong, and `/synthetic` where it would change.
    pub fn edited(&self, edit: ProgrammeEdit) -> Outcome<Self> {
        let mut check = Check::new();
        let mut draft = self.clone();
        edit.code.apply_required(&mut check, "/code", &mut draft.code);
        edit.name.apply_required(&mut check, "/name", &mut draft.name);
        edit.sensitive.apply_required(&mut check, "/sensitive", &mut draft.sensitive);
        edit.synthetic.apply_required(&mut check, "/synthetic", &mut draft.synthetic);
        edit.focus_areas.apply_required(&mut check, "/focus_areas", &mut draft.focus_areas);
        if draft.synthetic != self.synthetic {
            check.wrong(
                "/synthetic",
                "never changes: invented data may not become real, nor real data invented; record a new programme",
            );
            draft.synthetic = self.synthetic;
        }
        let draft = draft.normal(&mut check);
        check.finish()?;
        Ok(draft)
    }

    fn normal(&self, check: &mut Check) -> Self {
        check.client_id("/id", self.id.map(|id| id.0));
        let name = check.text("/name", &self.name, NAME_CHARS_MAX);
        if self.synthetic && !name.to_lowercase().contains(SYNTHETIC_WORD) {
            check.wrong(
                "/name",
                format!(
                    "{} must contain the word \"{SYNTHETIC_WORD}\", because its data are invented",
                    quoted(&name)
                ),
            );
        }
        Self {
            id: self.id,
            code: check.text("/code", &self.code, CODE_CHARS_MAX),
            name,
            sensitive: self.sensitive,
            synthetic: self.synthetic,
            focus_areas: normal_focus_areas(check, &self.focus_areas),
        }
    }
}

fn normal_focus_areas(check: &mut Check, areas: &[String]) -> Vec<String> {
    if areas.len() > FOCUS_AREAS_MAX {
        check.fault(
            Fault::TooMany,
            "/focus_areas",
            format!("{} are too many; name at most {FOCUS_AREAS_MAX}", areas.len()),
        );
        return Vec::new();
    }
    let mut normal: Vec<String> = Vec::with_capacity(areas.len());
    for (index, area) in areas.iter().enumerate() {
        let pointer = format!("/focus_areas/{index}");
        let area = check.text(&pointer, area, NAME_CHARS_MAX);
        if normal.contains(&area) {
            check.fault(Fault::Twice, &pointer, format!("{} stands twice; name it once", quoted(&area)));
        }
        normal.push(area);
    }
    normal
}

/// A figure others published, as a caller repeats it.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportedFigureDraft {
    /// Heading it stood under.
    #[schema(max_length = 300, example = "Deployment of masks")]
    pub section: String,
    /// What was counted.
    #[schema(max_length = 300, example = "masks deployed")]
    pub figure: String,
    /// The number, in `unit`.
    #[schema(minimum = 0, maximum = 9007199254740992i64, example = 1_094_000)]
    pub value: i64,
    /// How exactly it was said; null where it was said plainly.
    #[serde(default)]
    pub qualifier: Option<Qualifier>,
    /// What the number counts.
    #[schema(max_length = 60, example = "masks")]
    pub unit: String,
    /// The day the figure holds for.
    #[schema(format = Date, example = "2020-12-31")]
    pub as_of: String,
    /// Where it was published.
    #[schema(max_length = 500, example = "Cities Project 2020 Highlights (21 April 2021)")]
    pub source: String,
}

impl ReportedFigureDraft {
    /// Judges the draft and brings its texts into the form they are kept in.
    ///
    /// # Errors
    /// `invalid` naming every field that is wrong.
    pub fn checked(&self) -> Outcome<Self> {
        let mut check = Check::new();
        let draft = Self {
            section: check.text("/section", &self.section, FIGURE_CHARS_MAX),
            figure: check.text("/figure", &self.figure, FIGURE_CHARS_MAX),
            value: check.whole("/value", self.value, 0..=quantity::MAXIMUM, "units"),
            qualifier: self.qualifier,
            unit: check.text("/unit", &self.unit, UNIT_CHARS_MAX),
            as_of: check.date("/as_of", &self.as_of),
            source: check.text("/source", &self.source, SOURCE_CHARS_MAX),
        };
        check.finish()?;
        Ok(draft)
    }
}
