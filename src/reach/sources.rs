//! Which source of populations caps the areas of a country, chosen by what was stated and by nothing that was handed over.
//!
//! A source is one edition of it and one year. The one that covers most of what any source tells apart goes before all others,
//! so that a single figure that was corrected under a new edition never takes the caps off the rest of the country.

use super::counted::PopulationRow;
use super::followed::{by_codes_in_use, is_among};
use super::question::is_inside;
use crate::atlas::{CountryCode, Crosswalk};
use crate::baselines::{Area, PeopleGroup};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

/// Whose populations cap the areas of a country and down to which level, or cap one area where that source says nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PopulationUsed {
    /// The country, or the region of the UN by its number.
    pub area: String,
    /// Who counted.
    pub source: String,
    /// Which edition.
    pub source_version: String,
    /// The year they are counted or projected for.
    pub year: i64,
    /// Whether that year is after the window: nothing was stated for a year in it or before.
    pub after_window: bool,
    /// The lowest level at which every area has a population of this source: country, area_1, area_2 …; absent where the source
    /// caps only the country or region itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf_level: Option<String>,
}

/// A source in one edition and year, as its statements name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SourceKey {
    pub(super) source: String,
    pub(super) source_version: String,
    pub(super) year: i64,
}

impl SourceKey {
    fn of(row: &PopulationRow) -> Self {
        let (source, source_version) = (row.source.clone(), row.source_version.clone());
        Self { source, source_version, year: row.year }
    }
}

/// The source chosen for a country.
pub(super) struct Chosen {
    pub(super) used: PopulationUsed,
    /// Areas inside the country down to the leaf level, with their level from 1.
    pub(super) levels: BTreeMap<String, usize>,
    pub(super) leaf: usize,
    pub(super) people: HashMap<String, BTreeMap<PeopleGroup, u64>>,
}

impl Chosen {
    /// Whether the source says how many live in an area.
    pub(super) fn says_of(&self, area: &Area) -> bool {
        self.people.get(&area.to_string()).is_some_and(|groups| groups.contains_key(&PeopleGroup::ALL))
    }

    /// The source, as its statements name it.
    pub(super) fn key(&self) -> SourceKey {
        let PopulationUsed { source, source_version, year, .. } = self.used.clone();
        SourceKey { source, source_version, year }
    }

    /// Takes what the source says of groups; what others say of them is not its own.
    pub(super) fn take_groups(&mut self, rows: Vec<PopulationRow>, crosswalk: &Crosswalk) {
        let key = self.key();
        let own: Vec<PopulationRow> = rows.into_iter().filter(|row| SourceKey::of(row) == key).collect();
        self.take(by_codes_in_use(crosswalk, own));
    }

    fn take(&mut self, rows: Vec<PopulationRow>) {
        for row in rows {
            if let (Ok(group), Ok(count)) = (row.people_group.parse(), u64::try_from(row.people)) {
                self.people.entry(row.area).or_default().insert(group, count);
            }
        }
    }
}

/// The word of a level: of the country, or of areas inside it.
pub(super) fn level_word(level: usize) -> String {
    if level == 0 { "country".to_owned() } else { format!("area_{level}") }
}

/// The source, edition and year that cover most; of those the ones that reach deepest; then the year that fits a window which ends
/// in a year, then what was stated last. The rows are of everybody, as they were stated.
pub(super) fn choose(
    country: CountryCode,
    rows: Vec<PopulationRow>,
    until: i32,
    crosswalk: &Crosswalk,
) -> Option<Chosen> {
    let mut candidates: BTreeMap<SourceKey, Vec<PopulationRow>> = BTreeMap::new();
    for row in rows {
        candidates.entry(SourceKey::of(&row)).or_default().push(row);
    }
    let candidates: Vec<_> = candidates
        .into_values()
        .map(|rows| by_codes_in_use(crosswalk, rows))
        .map(|rows| (levels(&rows), rows))
        .collect();
    let all: BTreeSet<String> =
        candidates.iter().flat_map(|((levels, _), _)| levels.keys().cloned()).collect();
    let best = candidates.into_iter().max_by_key(|((levels, leaf), rows)| {
        let newest = rows.iter().map(|row| row.sequence).max();
        (covered(&all, levels), *leaf, rows.first().map(|row| fit(row.year, until)), newest)
    });
    let ((levels, leaf), rows) = best?;
    let first = rows.first()?;
    let used = PopulationUsed {
        area: country.as_str().to_owned(),
        source: first.source.clone(),
        source_version: first.source_version.clone(),
        year: first.year,
        after_window: first.year > i64::from(until),
        leaf_level: Some(level_word(leaf)),
    };
    let levels = levels.into_iter().filter(|(_, level)| *level <= leaf).collect();
    let mut chosen = Chosen { used, levels, leaf, people: HashMap::new() };
    chosen.take(rows);
    Some(chosen)
}

/// How many of the largest areas that any source tells apart one of them covers: it says how many live in the whole of each, or in
/// everything that any of them tells apart inside it.
fn covered(all: &BTreeSet<String>, own: &BTreeMap<String, usize>) -> usize {
    let mut whole = 0;
    let mut codes = all.iter().peekable();
    // Codes that begin alike stand next to each other, the shorter first.
    while let Some(largest) = codes.next() {
        let mut is_whole = true;
        let mut code = largest;
        loop {
            let inside = codes.next_if(|next| is_inside(next, largest));
            let is_smallest = inside.is_none_or(|next| !is_inside(next, code));
            is_whole &= !is_smallest || is_among(code, |code| own.contains_key(code));
            let Some(next) = inside else { break };
            code = next;
        }
        whole += usize::from(is_whole);
    }
    whole
}

/// How well a year fits a window: the latest of those in it or before, else the earliest after it.
fn fit(year: i64, until: i32) -> (bool, i64) {
    if year <= i64::from(until) { (true, year) } else { (false, -year) }
}

/// The levels of the areas of a source, and the lowest that is whole: below it every area of the next larger level is
/// divided.
fn levels(rows: &[PopulationRow]) -> (BTreeMap<String, usize>, usize) {
    let everybody = PeopleGroup::ALL.to_string();
    let codes: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.people_group == everybody && matches!(row.area.parse(), Ok(Area::Within(_))))
        .map(|row| row.area.as_str())
        .collect();
    // Codes that begin alike stand next to each other, the shorter first.
    let mut around: Vec<&str> = Vec::new();
    let mut levels = BTreeMap::new();
    let mut divided: BTreeSet<&str> = BTreeSet::new();
    for code in &codes {
        while around.last().is_some_and(|larger| !is_inside(code, larger)) {
            around.pop();
        }
        divided.extend(around.last());
        around.push(*code);
        levels.insert((*code).to_owned(), around.len());
    }
    let mut leaf = usize::from(!levels.is_empty());
    while leaf > 0 {
        let mut of_level = levels.iter().filter(|(_, level)| **level == leaf);
        if !of_level.all(|(code, _)| divided.contains(code.as_str())) {
            break;
        }
        leaf += 1;
    }
    (levels, leaf)
}
