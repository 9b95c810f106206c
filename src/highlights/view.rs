//! The answer of highlights as it goes over the wire.

use super::rules::Measure;
use crate::areas::EditionView;
use crate::core::id::ProgrammeId;
use crate::core::time::Timestamp;
use crate::programmes::http::ReportedFigureView;
use serde::Serialize;
use utoipa::ToSchema;

/// A published programme.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProgrammeShown {
    /// Which one.
    pub id: ProgrammeId,
    /// Short name.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// Whether its data are invented.
    pub synthetic: bool,
    /// Its focus areas in their order.
    pub focus_areas: Vec<String>,
    /// Since when anybody may read this.
    pub published_at: Option<Timestamp>,
}

/// How many people were reached, as reach says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct People {
    /// If whoever was helped in one sector was helped in every other.
    pub low: u64,
    /// The figure.
    pub best: u64,
    /// If whoever was helped in one sector was helped in no other.
    pub high: u64,
}

/// Figures of a country, or of an area in it.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PlaceFigures {
    /// ISO 3166-1 alpha-2, `ZZ` where no country is stated; of an area ISO 3166-2 or a P-code, empty where
    /// none is stated.
    pub code: String,
    /// Its name in English, or as its own country writes it.
    pub name: String,
    /// Ever delivered there, net of reversals, in base units.
    pub deployed: i64,
    /// In storage, reserved, under way to it, and missing there.
    pub in_custody: i64,
    /// People reached there; null where no verified hand-over is known.
    pub people: Option<People>,
    /// How many live there, by the source that reach names.
    pub population: Option<u64>,
    /// Units deployed for each million who live there, rounded down.
    pub deployed_per_million: Option<u64>,
    /// People reached for each million who live there, rounded down.
    pub reached_per_million: Option<u64>,
    /// What is needed there by needs that are circulated and open, in base units; null where no such need is known, or there
    /// are more than one question looks at.
    pub needed: Option<i64>,
    /// What of it was handed over, or lies there and can be used; what only comes meets nothing yet.
    pub met: Option<i64>,
    /// Its share, in millionths, rounded down.
    pub met_per_million: Option<u64>,
}

/// What is computed here, beside a reported figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Computed {
    /// Which figure it is.
    pub measure: Measure,
    /// The figure.
    pub value: i64,
    /// Reported less computed.
    pub difference: i64,
    /// The items that were counted, of `deployed`.
    pub items: Vec<String>,
}

/// A figure others reported, with what is computed here beside it where that counts the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportedBeside {
    /// As others reported it.
    #[serde(flatten)]
    pub reported: ReportedFigureView,
    /// As it is computed here; null where nothing here counts it.
    pub computed: Option<Computed>,
}

/// Reported figures under one heading.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportedSection {
    /// The heading they stood under.
    pub section: String,
    /// Each as it was reported last.
    pub figures: Vec<ReportedBeside>,
}

/// A published programme in figures.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HighlightsView {
    /// Which programme.
    pub programme: ProgrammeShown,
    /// Units promised and accepted, in base units.
    pub promised: i64,
    /// Units ever delivered, net of reversals, in base units.
    pub deployed: i64,
    /// Countries with any of them.
    pub countries: i64,
    /// Units in storage, reserved, under way or missing.
    pub in_custody: i64,
    /// People reached.
    pub people: People,
    /// Donors whose pledges were accepted; a donor who is not known is none of them.
    pub donors: usize,
    /// Pairs of an origin and a destination that goods went between.
    pub corridors: usize,
    /// By country, most deployed first.
    pub by_country: Vec<PlaceFigures>,
    /// What others reported, by heading.
    pub reported: Vec<ReportedSection>,
    /// The last ledger sequence the figures include: asked for again with `known_at`, they are the same for ever.
    pub sequence: i64,
    /// The last effective time they include, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Other programmes that are published.
    pub others: Vec<ProgrammeShown>,
    /// What has to be printed beside names and borders.
    #[schema(value_type = String)]
    pub attribution: &'static str,
}

/// A published programme in the areas of a country.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CountryAreas {
    /// By first-level area, most deployed first, with what no area is stated of: they add up to the country.
    pub areas: Vec<PlaceFigures>,
    /// The edition of areas that sites were placed by.
    pub editions: Vec<EditionView>,
    /// The last ledger sequence the figures include.
    pub sequence: i64,
}
