//! What a reported figure is compared with, and rates. Pure.

use serde::Serialize;
use utoipa::ToSchema;

/// A figure that is computed here and may stand beside a reported one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Units ever delivered, net of reversals, of the items that the unit of the reported figure names.
    Deployed,
    /// Countries with any of them.
    Countries,
}

/// Units that stand for goods of every kind.
const ANY_UNIT: [&str; 3] = ["units", "items", "goods"];

/// What a figure of others is compared with, by its own words: "masks deployed" in masks with what was deployed of masks,
/// "countries benefiting" with the countries. Any other is compared with nothing, since nothing here counts it.
pub fn compared(figure: &str, unit: &str) -> Option<Measure> {
    let figure = figure.to_lowercase();
    let says = |word: &str| figure.split_whitespace().any(|one| one == word);
    match unit.trim().to_lowercase().as_str() {
        "countries" if says("benefiting") || says("reached") || says("deployed") => Some(Measure::Countries),
        "countries" | "people" | "percent" => None,
        _ if says("deployed") => Some(Measure::Deployed),
        _ => None,
    }
}

/// Whether an item is of those that a unit of a reported figure counts: "Surgical masks" is, of "masks".
pub fn is_counted(item: &str, unit: &str) -> bool {
    let unit = unit.trim().to_lowercase();
    if ANY_UNIT.contains(&unit.as_str()) {
        return true;
    }
    let singular = unit.strip_suffix('s').unwrap_or(&unit);
    !singular.is_empty() && item.to_lowercase().contains(singular)
}

/// How many for each million of a population, rounded down; none where nobody lives there.
pub fn per_million(count: u64, population: u64) -> Option<u64> {
    if population == 0 {
        return None;
    }
    let share = u128::from(count) * 1_000_000 / u128::from(population);
    u64::try_from(share).ok()
}

/// Where the five classes of a rate begin, in units for each million: 1, 5, 20 and 100 for each thousand; the first begins
/// above nothing.
pub const CLASSES_FROM: [u64; 4] = [1_000, 5_000, 20_000, 100_000];

/// Where the five classes of a share begin, in millionths: a fifth, two fifths, three and four; the first begins above nothing.
pub const SHARES_FROM: [u64; 4] = [200_000, 400_000, 600_000, 800_000];

/// The class of a rate, 1 to 5; none where it is nothing, which is no class.
pub fn class_of(per_million: u64) -> Option<u8> {
    class_in(CLASSES_FROM, per_million)
}

/// The same among classes that begin elsewhere.
pub fn class_in(from: [u64; 4], per_million: u64) -> Option<u8> {
    if per_million == 0 {
        return None;
    }
    let above = from.iter().filter(|from| per_million >= **from).count();
    u8::try_from(above + 1).ok()
}
