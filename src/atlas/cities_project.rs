//! What was published about the Cities Project 2020 of the UN Office for South-South Cooperation: the figures
//! of its highlights, the gifts that were named, and its focus areas.
//!
//! These are facts others reported. They are never mixed with what the ledger computes, and the gap between
//! the published total of masks and the named gifts is never closed by spreading anything.

use std::sync::LazyLock;

use super::country::CountryCode;
use super::sheet::{DataError, Sheet};

const HIGHLIGHTS_CSV: &str = include_str!("../../data/cities_project_2020_highlights.csv");
const HIGHLIGHTS_FILE: &str = "cities_project_2020_highlights.csv";
const GIFTS_CSV: &str = include_str!("../../data/cities_project_2020_gifts.csv");
const GIFTS_FILE: &str = "cities_project_2020_gifts.csv";
const FOCUS_AREAS_CSV: &str = include_str!("../../data/cities_project_2020_focus_areas.csv");
const FOCUS_AREAS_FILE: &str = "cities_project_2020_focus_areas.csv";

/// A figure somebody published about the programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedFigure {
    /// Heading it stood under.
    pub section: Box<str>,
    /// What was counted.
    pub figure: Box<str>,
    /// The number, in `unit`.
    pub value: u64,
    /// "over" or "about", where the publication says so.
    pub qualifier: Option<Box<str>>,
    /// What the number counts.
    pub unit: Box<str>,
    /// Date the figure holds for, ISO 8601.
    pub as_of: Box<str>,
    /// Where it was published.
    pub source: Box<str>,
}

/// How exactly the date of a gift is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatePrecision {
    /// The date is a day, `2020-03-22`.
    Day,
    /// The date is a month, `2020-08`.
    Month,
}

/// Whether a row is a gift of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiftKind {
    /// A gift; gifts of one category may be summed.
    Gift,
    /// A total that repeats gifts of other rows; it is in no sum.
    Cumulative,
}

/// The last state of a gift that was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiftState {
    /// Promised.
    Pledged,
    /// Collected into the donor side's warehouse.
    AtWarehouse,
    /// On its way.
    Dispatched,
    /// Handed over.
    Delivered,
    /// Not said.
    Unknown,
}

/// A gift named in public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedGift {
    /// ISO 8601, a day or a month.
    pub date: Box<str>,
    /// Which of the two.
    pub date_precision: DatePrecision,
    /// A gift or a total.
    pub kind: GiftKind,
    /// The last state that was published.
    pub state: GiftState,
    /// Who gave.
    pub donor: Box<str>,
    /// Who was to receive, where named.
    pub recipient: Option<Box<str>>,
    /// Town or region, where named.
    pub place: Option<Box<str>>,
    /// Country of hand-over; none for a gift to a region.
    pub country: Option<CountryCode>,
    /// What was given, in the publication's words.
    pub item: Box<str>,
    /// Whether the item is a mask of any kind.
    pub is_mask: bool,
    /// Pieces, where published.
    pub quantity: Option<u64>,
    /// "about" or "close to", where the publication says so.
    pub qualifier: Option<Box<str>>,
    /// Declared value in whole US dollars, where published.
    pub value_usd: Option<u64>,
    /// Where it was published.
    pub source: Box<str>,
    /// What a reader should know before using the row.
    pub note: Option<Box<str>>,
}

/// A focus area of the programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FocusArea {
    /// Place in the published list, from 1.
    pub position: u32,
    /// Published name.
    pub name: Box<str>,
}

/// Everything published, in the order of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitiesProject {
    /// The 22 figures of the highlights.
    pub highlights: Vec<ReportedFigure>,
    /// The named gifts and the two cumulative totals.
    pub gifts: Vec<NamedGift>,
    /// The seven focus areas.
    pub focus_areas: Vec<FocusArea>,
}

impl CitiesProject {
    /// Masks of the named gifts, in pieces, without the cumulative totals.
    #[must_use]
    pub fn named_masks(&self) -> u64 {
        let gifts = self.gifts.iter().filter(|gift| gift.kind == GiftKind::Gift && gift.is_mask);
        gifts.filter_map(|gift| gift.quantity).sum()
    }
}

/// The published facts.
///
/// # Errors
/// The first cell of the embedded files that could not be read.
pub fn cities_project() -> Result<&'static CitiesProject, DataError> {
    static FACTS: LazyLock<Result<CitiesProject, DataError>> = LazyLock::new(|| {
        Ok(CitiesProject {
            highlights: highlights_from_csv(HIGHLIGHTS_CSV)?,
            gifts: gifts_from_csv(GIFTS_CSV)?,
            focus_areas: focus_areas_from_csv(FOCUS_AREAS_CSV)?,
        })
    });
    FACTS.as_ref().map_err(Clone::clone)
}

fn highlights_from_csv(text: &str) -> Result<Vec<ReportedFigure>, DataError> {
    let sheet = Sheet::parse(HIGHLIGHTS_FILE, text)?;
    let (section, figure, value) =
        (sheet.column("section")?, sheet.column("figure")?, sheet.column("value")?);
    let (qualifier, unit) = (sheet.column("qualifier")?, sheet.column("unit")?);
    let (as_of, source) = (sheet.column("as_of")?, sheet.column("source")?);
    sheet
        .rows()
        .map(|row| {
            Ok(ReportedFigure {
                section: row.required_text(section)?,
                figure: row.required_text(figure)?,
                value: row.required(value, "a whole number")?,
                qualifier: row.optional_text(qualifier),
                unit: row.required_text(unit)?,
                as_of: row.required_text(as_of)?,
                source: row.required_text(source)?,
            })
        })
        .collect()
}

fn focus_areas_from_csv(text: &str) -> Result<Vec<FocusArea>, DataError> {
    let sheet = Sheet::parse(FOCUS_AREAS_FILE, text)?;
    let (position, name) = (sheet.column("position")?, sheet.column("name")?);
    sheet
        .rows()
        .map(|row| {
            Ok(FocusArea {
                position: row.required(position, "a whole number")?,
                name: row.required_text(name)?,
            })
        })
        .collect()
}

/// Reads a table with the columns of `data/cities_project_2020_gifts.csv`.
///
/// # Errors
/// The first cell that is not one of the words or numbers its column may hold.
pub fn gifts_from_csv(text: &str) -> Result<Vec<NamedGift>, DataError> {
    let sheet = Sheet::parse(GIFTS_FILE, text)?;
    let (date, precision, kind) =
        (sheet.column("date")?, sheet.column("date_precision")?, sheet.column("kind")?);
    let (state, donor, recipient) =
        (sheet.column("state")?, sheet.column("donor")?, sheet.column("recipient")?);
    let (place, country, item) =
        (sheet.column("place")?, sheet.column("country_iso2")?, sheet.column("item")?);
    let (category, quantity) = (sheet.column("category")?, sheet.column("quantity")?);
    let (qualifier, value_usd) = (sheet.column("qualifier")?, sheet.column("value_usd")?);
    let (source, note) = (sheet.column("source")?, sheet.column("note")?);
    sheet
        .rows()
        .map(|row| {
            Ok(NamedGift {
                date: row.required_text(date)?,
                date_precision: row
                    .word(precision, &[("day", DatePrecision::Day), ("month", DatePrecision::Month)])?,
                kind: row.word(kind, &[("gift", GiftKind::Gift), ("cumulative", GiftKind::Cumulative)])?,
                state: row.word(state, &GIFT_STATES)?,
                donor: row.required_text(donor)?,
                recipient: row.optional_text(recipient),
                place: row.optional_text(place),
                country: row.optional(country, "a country code")?,
                item: row.required_text(item)?,
                is_mask: row.word(category, &[("mask", true), ("other", false)])?,
                quantity: row.optional(quantity, "a whole number")?,
                qualifier: row.optional_text(qualifier),
                value_usd: row.optional(value_usd, "a whole number of dollars")?,
                source: row.required_text(source)?,
                note: row.optional_text(note),
            })
        })
        .collect()
}

const GIFT_STATES: [(&str, GiftState); 5] = [
    ("pledged", GiftState::Pledged),
    ("at_warehouse", GiftState::AtWarehouse),
    ("dispatched", GiftState::Dispatched),
    ("delivered", GiftState::Delivered),
    ("unknown", GiftState::Unknown),
];
