//! Which areas there are to count in, and how many people live in each: by one source for each country.
//!
//! A source that says how many live in the areas of a country caps them; which one is chosen follows from what was stated
//! and from nothing that was handed over, so that a further hand-over never moves another to a larger area. A country
//! whose source says nothing of the country itself, and every region, is capped by the World Population Prospects.

use super::counted::PopulationRow;
use super::question::{WORLD, countries_in, is_inside};
use super::rules::Area as Node;
use crate::atlas::{CountryCode, PeopleByAge, WORLD_POPULATION, population};
use crate::baselines::{Ages, Area, PeopleGroup, Sex};
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
    /// The lowest level at which every area has a population of this source: country, area_1, area_2 …; absent where the source
    /// caps only the country or region itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf_level: Option<String>,
}

/// The source chosen for a country.
struct Chosen {
    used: PopulationUsed,
    /// Areas inside the country down to the leaf level, with their level from 1.
    levels: BTreeMap<String, usize>,
    leaf: usize,
    people: HashMap<String, BTreeMap<PeopleGroup, u64>>,
}

impl Chosen {
    /// Whether the source says how many live in an area.
    fn says_of(&self, area: &Area) -> bool {
        self.people.get(&area.to_string()).is_some_and(|groups| groups.contains_key(&PeopleGroup::ALL))
    }
}

/// The areas of one question, made as lines are placed in them.
pub(super) struct Places {
    root: Area,
    year: i32,
    only_source: Option<String>,
    chosen: BTreeMap<CountryCode, Chosen>,
    numbers: HashMap<String, usize>,
    pub(super) nodes: Vec<Node>,
    pub(super) areas: Vec<Area>,
}

impl Places {
    /// The largest area, and the sources of the countries in it.
    pub(super) fn new(
        root: Area,
        year: i32,
        only_source: Option<String>,
        stated: Vec<PopulationRow>,
    ) -> Self {
        let mut by_country: BTreeMap<CountryCode, Vec<PopulationRow>> = BTreeMap::new();
        for row in stated {
            if let Some(country) = row.country.as_deref().and_then(|code| code.parse().ok()) {
                by_country.entry(country).or_default().push(row);
            }
        }
        let chosen = by_country
            .into_iter()
            .filter_map(|(country, rows)| Some((country, choose(country, rows)?)))
            .collect();
        let mut places = Self {
            root: root.clone(),
            year,
            only_source,
            chosen,
            numbers: HashMap::new(),
            nodes: Vec::new(),
            areas: Vec::new(),
        };
        places.make(&root, None);
        places
    }

    /// Where a line of an area counts: in the area itself, in the smallest one around it that has a population of its
    /// country's source, or in the country; and whether that is because nobody knows how many live there.
    pub(super) fn place(&mut self, area: &Area) -> (usize, bool) {
        let path = self.path(area);
        let is_known = match area {
            Area::Within(code) => self.chosen.get(&code.country()).is_none_or(|chosen| {
                chosen.leaf == 0 || chosen.levels.keys().any(|known| is_inside(code.as_str(), known))
            }),
            Area::Country(_) | Area::Region(_) => true,
        };
        let mut parent = None;
        for step in &path {
            parent = Some(match self.numbers.get(&step.to_string()) {
                Some(number) => *number,
                None => self.make(step, parent),
            });
        }
        (parent.unwrap_or_default(), !is_known)
    }

    /// The areas around one, from the largest that was asked for.
    fn path(&self, area: &Area) -> Vec<Area> {
        let Some(country) = area.country() else { return vec![self.root.clone()] };
        let record = country.country();
        let regions = [record.region(), record.subregion()].into_iter().flatten();
        let mut path = vec![Area::Region(WORLD)];
        path.extend(regions.map(|region| Area::Region(region.m49)));
        path.push(Area::Country(country));
        if let (Area::Within(code), Some(chosen)) = (area, self.chosen.get(&country)) {
            // Those around an area begin alike, the shortest first.
            let around = chosen.levels.keys().filter(|known| is_inside(code.as_str(), known));
            path.extend(around.filter_map(|known| known.parse().ok()).map(Area::Within));
        }
        match path.iter().position(|step| *step == self.root) {
            Some(from) => path.split_off(from),
            None => {
                let is_below = |step: &Area| match (step, &self.root) {
                    (Area::Within(code), Area::Within(root)) => is_inside(code.as_str(), root.as_str()),
                    (Area::Within(_) | Area::Country(_) | Area::Region(_), _) => false,
                };
                let below: Vec<Area> = path.into_iter().filter(is_below).collect();
                std::iter::once(self.root.clone()).chain(below).collect()
            }
        }
    }

    fn make(&mut self, area: &Area, parent: Option<usize>) -> usize {
        let number = self.nodes.len();
        let node = Node { parent, population: self.population(area), is_leaf: self.is_leaf(area) };
        self.nodes.push(node);
        self.areas.push(area.clone());
        self.numbers.insert(area.to_string(), number);
        number
    }

    /// Whether nothing smaller is counted in its country.
    fn is_leaf(&self, area: &Area) -> bool {
        match area {
            Area::Region(_) => false,
            Area::Country(code) => self.chosen.get(code).is_none_or(|chosen| chosen.leaf == 0),
            Area::Within(code) => {
                let chosen = self.chosen.get(&code.country());
                let level = |chosen: &Chosen| chosen.levels.get(code.as_str()).copied();
                chosen.is_none_or(|chosen| level(chosen).is_none_or(|level| level == chosen.leaf))
            }
        }
    }

    /// How many people live in an area, by group; nothing where nobody knows.
    fn population(&self, area: &Area) -> BTreeMap<PeopleGroup, u64> {
        let stated = area.country().and_then(|country| self.chosen.get(&country));
        let stated = stated.and_then(|chosen| chosen.people.get(&area.to_string()));
        if let Some(stated) = stated.filter(|stated| stated.contains_key(&PeopleGroup::ALL)) {
            return stated.clone();
        }
        if !self.may_use_prospects() {
            return BTreeMap::new();
        }
        match area {
            Area::Country(code) => prospects(*code, self.year),
            Area::Region(m49) => {
                let everybody = countries_in(*m49).into_iter().filter_map(|code| population(code, self.year));
                let sum: u64 = everybody.map(|known| known.total()).sum();
                if sum == 0 { BTreeMap::new() } else { BTreeMap::from([(PeopleGroup::ALL, sum)]) }
            }
            Area::Within(_) => BTreeMap::new(),
        }
    }

    /// Whose populations were used, of the countries and regions that lines were placed in.
    pub(super) fn used(&self) -> Vec<PopulationUsed> {
        let countries: BTreeSet<CountryCode> = self.areas.iter().filter_map(Area::country).collect();
        let mut used = Vec::new();
        for country in countries {
            let chosen = self.chosen.get(&country);
            used.extend(chosen.map(|chosen| chosen.used.clone()));
            let itself = Area::Country(country);
            if chosen.is_none_or(|chosen| !chosen.says_of(&itself)) && !self.population(&itself).is_empty() {
                let leaf_level = chosen.is_none().then(|| level_word(0));
                used.push(self.prospects_used(&itself, leaf_level));
            }
        }
        let regions = self.areas.iter().filter(|area| matches!(area, Area::Region(_)));
        let capped = regions.filter(|area| !self.population(area).is_empty());
        used.extend(capped.map(|area| self.prospects_used(area, None)));
        used
    }

    /// Whether what nobody stated is capped by the World Population Prospects.
    fn may_use_prospects(&self) -> bool {
        self.only_source.as_deref().is_none_or(|source| source == WORLD_POPULATION.name)
    }

    fn prospects_used(&self, area: &Area, leaf_level: Option<String>) -> PopulationUsed {
        PopulationUsed {
            area: area.to_string(),
            source: WORLD_POPULATION.name.to_owned(),
            source_version: WORLD_POPULATION.version.to_owned(),
            year: i64::from(self.year),
            leaf_level,
        }
    }
}

/// The word of a level: of the country, or of areas inside it.
fn level_word(level: usize) -> String {
    if level == 0 { "country".to_owned() } else { format!("area_{level}") }
}

/// The source, edition and year that reach deepest; then the newest year, then what was stated last.
fn choose(country: CountryCode, rows: Vec<PopulationRow>) -> Option<Chosen> {
    let mut candidates: BTreeMap<(String, String, i64), Vec<PopulationRow>> = BTreeMap::new();
    for row in rows {
        let key = (row.source.clone(), row.source_version.clone(), row.year);
        candidates.entry(key).or_default().push(row);
    }
    let best = candidates.into_values().map(|rows| (levels(&rows), rows)).max_by_key(|((_, leaf), rows)| {
        let newest = rows.iter().map(|row| row.sequence).max();
        (*leaf, rows.first().map(|row| row.year), newest)
    });
    let ((levels, leaf), rows) = best?;
    let first = rows.first()?;
    let used = PopulationUsed {
        area: country.as_str().to_owned(),
        source: first.source.clone(),
        source_version: first.source_version.clone(),
        year: first.year,
        leaf_level: Some(level_word(leaf)),
    };
    let mut people: HashMap<String, BTreeMap<PeopleGroup, u64>> = HashMap::new();
    for row in rows {
        if let (Ok(group), Ok(count)) = (row.people_group.parse(), u64::try_from(row.people)) {
            people.entry(row.area).or_default().insert(group, count);
        }
    }
    let levels = levels.into_iter().filter(|(_, level)| *level <= leaf).collect();
    Some(Chosen { used, levels, leaf, people })
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

/// The population of a country by the World Population Prospects.
fn prospects(country: CountryCode, year: i32) -> BTreeMap<PeopleGroup, u64> {
    let Some(known) = population(country, year) else { return BTreeMap::new() };
    let mut groups = BTreeMap::from([(PeopleGroup::ALL, known.total())]);
    let whole = |sex, people: u64, groups: &mut BTreeMap<PeopleGroup, u64>| {
        groups.insert(PeopleGroup { sex, ages: None }, people);
    };
    whole(Sex::Female, known.female.total(), &mut groups);
    whole(Sex::Male, known.male.total(), &mut groups);
    for (ages, of) in BANDS {
        let (female, male) = (of(&known.female), of(&known.male));
        for (sex, people) in [(Sex::Female, female), (Sex::Male, male), (Sex::Any, female + male)] {
            groups.insert(PeopleGroup { sex, ages: Some(ages) }, people);
        }
    }
    groups
}

/// A band of ages, and who is in it.
type Band = (Ages, fn(&PeopleByAge) -> u64);

/// The bands of ages of the World Population Prospects as they ship.
const BANDS: [Band; 5] = [
    (Ages { from: 0, to: Some(4) }, |people| people.age_0_4),
    (Ages { from: 5, to: Some(14) }, |people| people.age_5_14),
    (Ages { from: 15, to: Some(24) }, |people| people.age_15_24),
    (Ages { from: 25, to: Some(59) }, |people| people.age_25_59),
    (Ages { from: 60, to: None }, |people| people.age_60_plus),
];
