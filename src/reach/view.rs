//! The answer of reach as it goes over the wire.

use super::rules::{Figure, Flag};
use super::sources::PopulationUsed;
use crate::areas::EditionView;
use crate::core::id::{ItemId, OrganizationId, ProgrammeId};
use crate::core::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Lines and people as they were counted by a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MethodView {
    /// registered, headcount, households, consumable, durable, shared or kit.
    pub method: &'static str,
    /// Lines counted by it.
    pub lines: u64,
}

/// What a cap cut off the three figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CutOff {
    /// Off the low.
    pub low: u64,
    /// Off the figure.
    pub best: u64,
    /// Off the high.
    pub high: u64,
}

/// What whoever reads a figure has to know of it; members that say nothing of a flag are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FlagView {
    /// Which flag; the guide to reach says what each means.
    pub flag: &'static str,
    /// In which area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// Of which group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// In which sector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
    /// Whose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<ProgrammeId>,
    /// How many are said to live there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<u64>,
    /// How many are meant to be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<u64>,
    /// How many were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<u64>,
    /// How many lines, records, caseloads or targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// In words, where it is about something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// How many people were reached. Rows do not add up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReachRow {
    /// By area and by country: which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// By sector: which one; null where none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sector: Option<Option<String>>,
    /// By item: which one; null for headcounts of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ItemId>)]
    pub item: Option<Option<ItemId>>,
    /// By programme: which one; null where none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProgrammeId>)]
    pub programme: Option<Option<ProgrammeId>>,
    /// If whoever was helped in one sector was helped in every other.
    pub low: u64,
    /// The figure: nobody was helped in two areas.
    pub best: u64,
    /// If whoever was helped in one sector was helped in no other.
    pub high: u64,
    /// How many live there, by the source named in `populations`; null where nobody knows.
    pub population: Option<u64>,
    /// What caps cut off.
    pub cut_off: CutOff,
    /// By what people were counted.
    pub methods: Vec<MethodView>,
    /// The lowest level at which every area has a population, of each country: country, area_1, area_2 …
    pub leaf_levels: Vec<String>,
    /// Verified lines and headcounts behind it.
    pub lines: u64,
    /// Days for which consumables serve one person; these do add up.
    pub person_days: u64,
    /// What has to be known of it; the first hundred.
    pub flags: Vec<FlagView>,
    /// Flags that are not shown.
    pub flags_left_out: usize,
}

/// Records of others, and how many people they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Plain {
    /// Records.
    pub records: u64,
    /// What they say, added up plainly: people may be in it many times over.
    pub people: u64,
}

/// Headcounts of others behind a figure, and those that do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HeadcountsView {
    /// They count.
    pub verified: Plain,
    /// Somebody says so: they reach nobody.
    pub reported: Plain,
    /// They are only meant to be: they never count.
    pub planned: Plain,
    /// Of the verified: it is not known where in the country. They count in the country alone.
    pub unplaced: Plain,
    /// Their days lie in the window only in part: they do not count in it.
    pub partly_in_window: Plain,
}

/// How many people were reached, with sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReachView {
    /// All that was asked for.
    pub reached: ReachRow,
    /// Each computed for itself, where `group_by` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<ReachRow>>,
    /// Lines of distributions that are only reported: they reach nobody until they are verified. `reach/lines` lists
    /// both.
    pub reported_lines: u64,
    /// Headcounts of others.
    pub headcounts: HeadcountsView,
    /// Whose populations cap the areas of each country.
    pub populations: Vec<PopulationUsed>,
    /// The edition of areas of each country in it, by which sites were placed.
    pub editions: Vec<EditionView>,
    /// The area that was asked for, by the code it has now; 001 is the world.
    pub area: String,
    /// The donor whose goods helped reach them; such figures are never added up over donors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helped_by: Option<OrganizationId>,
    /// The first day of the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day of the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The last effective time they include, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// The last ledger sequence these figures include: asked for again with `known_at`, they are the same for ever.
    pub sequence: i64,
}

/// Words for the numbers of flags.
pub(super) struct Words<'a> {
    pub(super) sectors: &'a [Option<String>],
    pub(super) programmes: &'a [Option<ProgrammeId>],
}

impl Words<'_> {
    /// A flag as it is shown.
    pub(super) fn flag(&self, area: String, flag: &Flag) -> FlagView {
        let of = |flag: &'static str| FlagView { flag, area: Some(area.clone()), ..FlagView::default() };
        let sector = |number: u32| self.sectors.get(number as usize).cloned().flatten();
        let programme = |number: u32| self.programmes.get(number as usize).copied().flatten();
        match *flag {
            Flag::CappedByPopulation { population, counted } => FlagView {
                population: Some(population),
                counted: Some(counted),
                ..of("capped_by_population")
            },
            Flag::GroupCappedByPopulation { group, sector: number, population, counted } => FlagView {
                group: Some(group.to_string()),
                sector: sector(number),
                population: Some(population),
                counted: Some(counted),
                ..of("group_capped_by_population")
            },
            Flag::CappedByTarget { group, sector: number, programme: whose, target, counted } => FlagView {
                group: Some(group.to_string()),
                sector: sector(number),
                programme: programme(whose),
                target: Some(target),
                counted: Some(counted),
                ..of("capped_by_target")
            },
            Flag::TargetAbovePopulation { group, sector: number, programme: whose, target, population } => {
                FlagView {
                    group: Some(group.to_string()),
                    sector: sector(number),
                    programme: programme(whose),
                    target: Some(target),
                    population: Some(population),
                    ..of("target_above_population")
                }
            }
            Flag::NoPopulation => of("no_population"),
            Flag::PopulationBelowPart { population, part } => {
                FlagView { population: Some(population), counted: Some(part), ..of("population_below_part") }
            }
            Flag::Unspread { lines } => FlagView { count: Some(lines), ..of("unspread") },
            Flag::CaseloadsNotDisjoint { programme: whose, sector: number, caseloads } => FlagView {
                sector: sector(number),
                programme: programme(whose),
                count: Some(caseloads),
                ..of("caseloads_not_disjoint")
            },
            Flag::GroupsOverlap => of("groups_overlap"),
            Flag::NoStandard { lines } => FlagView { count: Some(lines), ..of("no_standard") },
        }
    }
}

impl ReachRow {
    /// The figures of a row.
    pub(super) fn of(figure: &Figure, population: Option<u64>) -> Self {
        let [low, best, high] = figure.cut_off;
        Self {
            low: figure.low,
            best: figure.best,
            high: figure.high,
            population,
            cut_off: CutOff { low, best, high },
            methods: figure
                .counted_by()
                .map(|(method, lines)| MethodView { method: method.word(), lines })
                .collect(),
            lines: figure.lines,
            person_days: figure.person_days,
            ..Self::default()
        }
    }
}

impl HeadcountsView {
    /// Out of records and people by the words of their status.
    pub(super) fn of(
        by_status: &BTreeMap<&'static str, (u64, u64)>,
        unplaced: (u64, u64),
        partly: (u64, u64),
    ) -> Self {
        let plain = |(records, people): (u64, u64)| Plain { records, people };
        let by = |word: &str| plain(by_status.get(word).copied().unwrap_or_default());
        Self {
            verified: by("verified"),
            reported: by("reported"),
            planned: by("planned"),
            unplaced: plain(unplaced),
            partly_in_window: plain(partly),
        }
    }
}
