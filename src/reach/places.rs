//! Which areas there are to count in, and how many people live in each: by one source for each country.
//!
//! A source that says how many live in the areas of a country caps them; which one is chosen follows from what was stated
//! and from nothing that was handed over, so that a further hand-over never moves another to a larger area. A country
//! whose source says nothing of the country itself, and every region, is capped by the World Population Prospects.

use super::counted::{PopulationRow, TargetRow};
use super::followed::{Led, by_codes_in_use, is_all_there, is_among, lead};
use super::question::{WORLD, countries_in, is_inside};
use super::rules::Area as Node;
use crate::areas::{EditionView, Editions};
use crate::atlas::{AreaCode, CountryCode, Crosswalk, PeopleByAge, WORLD_POPULATION, population};
use crate::baselines::{Ages, Area, PeopleGroup, Sex};
use crate::core::problem::{Outcome, Problem};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use utoipa::ToSchema;

/// Years of which the World Population Prospects that ship have figures.
const YEARS: (i32, i32) = (2_000, 2_050);

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

/// Where a line of an area counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    /// In which area, by its number.
    pub(super) number: usize,
    /// Whether it is known that there is the area that it says.
    pub(super) is_known: bool,
}

/// The areas of one question, made as lines are placed in them.
pub(super) struct Places<'a> {
    root: Area,
    editions: &'a Editions,
    /// The last year of the window.
    until: i32,
    /// The year of the World Population Prospects that is nearest to it.
    year: i32,
    only_source: Option<String>,
    chosen: BTreeMap<CountryCode, Chosen>,
    numbers: HashMap<String, usize>,
    /// What was placed before: a million lines are of a few hundred areas.
    placed: HashMap<Area, Placed>,
    pub(super) nodes: Vec<Node>,
    pub(super) areas: Vec<Area>,
}

impl<'a> Places<'a> {
    /// The sources of the countries in the area that is asked for, which may have another code by now.
    ///
    /// # Errors
    /// `invalid` where several areas followed the one that is asked for.
    pub(super) fn new(
        root: Area,
        until: i32,
        only_source: Option<String>,
        stated: Vec<PopulationRow>,
        editions: &'a Editions,
    ) -> Outcome<Self> {
        let mut by_country: BTreeMap<CountryCode, Vec<PopulationRow>> = BTreeMap::new();
        for row in stated {
            if let Some(country) = row.country.as_deref().and_then(|code| code.parse().ok()) {
                by_country.entry(country).or_default().push(row);
            }
        }
        let chosen = by_country
            .into_iter()
            .filter_map(|(country, rows)| {
                Some((country, choose(country, rows, until, editions.crosswalk())?))
            })
            .collect();
        let mut places = Self {
            root,
            editions,
            until,
            year: until.clamp(YEARS.0, YEARS.1),
            only_source,
            chosen,
            numbers: HashMap::new(),
            placed: HashMap::new(),
            nodes: Vec::new(),
            areas: Vec::new(),
        };
        let (root, led) = places.led(&places.root, None);
        if let Led::Divided(next) = led {
            let next = next.join(", ");
            return Err(Problem::field(
                "/area",
                format!("{root} was divided into {next}; ask for one of them, or for its country"),
            ));
        }
        places.root = root.clone();
        places.make(&root, None);
        Ok(places)
    }

    /// The area that is asked for, by the code it has now.
    pub(super) fn root(&self) -> &Area {
        &self.root
    }

    /// The area that a code of a day stands for, and where the code led.
    pub(super) fn led(&self, area: &Area, day: Option<NaiveDate>) -> (Area, Led) {
        let crosswalk = self.editions.crosswalk();
        let Area::Within(code) = area else { return (area.clone(), Led::Stands) };
        if crosswalk.is_empty() {
            return (area.clone(), Led::Stands);
        }
        let led = lead(crosswalk, code, day, |code| self.is_in_use(code));
        let area = match &led {
            Led::Followed(next) => Area::Within(next.clone()),
            Led::Stands | Led::Divided(_) => area.clone(),
        };
        (area, led)
    }

    /// Whether the source of a country's populations knows a code or what is around it; where there is none, the edition of its areas.
    fn is_in_use(&self, code: &str) -> bool {
        let country = code.parse::<AreaCode>().ok().map(|code| code.country());
        match country.and_then(|country| self.chosen.get(&country)).filter(|chosen| chosen.leaf > 0) {
            Some(chosen) => is_among(code, |code| chosen.levels.contains_key(code)),
            None => is_among(code, |code| self.editions.of(country).with_code(code).next().is_some()),
        }
    }

    /// Whether an area is the one that is asked for, or lies inside it. Of a country or a region the database said so.
    pub(super) fn is_asked(&self, area: &Area) -> bool {
        match (&self.root, area) {
            (Area::Within(root), Area::Within(code)) => is_inside(code.as_str(), root.as_str()),
            (Area::Within(_), Area::Country(_) | Area::Region(_)) => false,
            (Area::Country(_) | Area::Region(_), _) => true,
        }
    }

    /// Whether one of these codes is of the area that is asked for, or lies inside it.
    pub(super) fn is_any_asked(&self, codes: &[String]) -> bool {
        codes.iter().filter_map(|code| code.parse().ok()).any(|code| self.is_asked(&Area::Within(code)))
    }

    /// Where a line of an area counts: in the area itself, in the smallest one around it that has a population of its
    /// country's source, or in the country.
    pub(super) fn place(&mut self, area: &Area) -> Placed {
        if let Some(placed) = self.placed.get(area) {
            return *placed;
        }
        let is_known = match area {
            Area::Within(code) => self.is_in_use(code.as_str()),
            Area::Country(_) | Area::Region(_) => true,
        };
        let path = self.path(area);
        let placed = Placed { number: self.along(&path).unwrap_or_default(), is_known };
        self.placed.insert(area.clone(), placed);
        placed
    }

    /// The area of a target, and where its code led.
    pub(super) fn target_area(&self, target: &TargetRow) -> (Area, Led) {
        match target.area.parse() {
            Ok(area) => self.led(&area, Some(target.recorded_at.to_datetime().date_naive())),
            // It was judged before it was recorded.
            Err(_) => (self.root.clone(), Led::Divided(Vec::new())),
        }
    }

    /// Whether all that a code followed is among some codes.
    pub(super) fn is_all_there(&self, code: &AreaCode, there: &BTreeSet<&str>) -> bool {
        is_all_there(self.editions.crosswalk(), code.as_str(), there)
    }

    /// The number of an area that is meant to get something: of one in which nothing was handed over only where fewer of the group
    /// live than are meant, since that has to be told.
    pub(super) fn number_of(&mut self, area: &Area, group: PeopleGroup, meant: u64) -> Option<usize> {
        if let Some(number) = self.numbers.get(&area.to_string()) {
            return Some(*number);
        }
        let lives = self.population(area).get(&group).copied();
        if lives.is_none_or(|lives| meant <= lives) || !self.is_asked(area) {
            return None;
        }
        let around = match area {
            Area::Region(m49) => Area::Country(*countries_in(*m49).first()?),
            Area::Country(_) | Area::Within(_) => area.clone(),
        };
        let mut path = self.path(&around);
        path.truncate(path.iter().position(|step| step == area)? + 1);
        self.along(&path)
    }

    /// The number of the smallest of areas that lie in each other, each made where it is not there.
    fn along(&mut self, path: &[Area]) -> Option<usize> {
        let mut parent = None;
        for step in path {
            parent = Some(match self.numbers.get(&step.to_string()) {
                Some(number) => *number,
                None => self.make(step, parent),
            });
        }
        parent
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

    /// The edition of areas of each country that lines were placed in.
    pub(super) fn editions(&self) -> Vec<EditionView> {
        let countries: BTreeSet<CountryCode> = self.areas.iter().filter_map(Area::country).collect();
        let mut views: Vec<EditionView> = Vec::new();
        for country in countries {
            let view = self.editions.view_of(Some(country));
            if !views.contains(&view) {
                views.push(view);
            }
        }
        views
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
            after_window: self.year > self.until,
            leaf_level,
        }
    }
}

/// The word of a level: of the country, or of areas inside it.
fn level_word(level: usize) -> String {
    if level == 0 { "country".to_owned() } else { format!("area_{level}") }
}

/// The source, edition and year that reach deepest; then the year that fits a window which ends in a year, then what was stated
/// last.
fn choose(
    country: CountryCode,
    rows: Vec<PopulationRow>,
    until: i32,
    crosswalk: &Crosswalk,
) -> Option<Chosen> {
    let mut candidates: BTreeMap<(String, String, i64), Vec<PopulationRow>> = BTreeMap::new();
    for row in rows {
        let key = (row.source.clone(), row.source_version.clone(), row.year);
        candidates.entry(key).or_default().push(row);
    }
    let in_use = candidates.into_values().map(|rows| by_codes_in_use(crosswalk, rows));
    let best = in_use.map(|rows| (levels(&rows), rows)).max_by_key(|((_, leaf), rows)| {
        let newest = rows.iter().map(|row| row.sequence).max();
        (*leaf, rows.first().map(|row| fit(row.year, until)), newest)
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
    let mut people: HashMap<String, BTreeMap<PeopleGroup, u64>> = HashMap::new();
    for row in rows {
        if let (Ok(group), Ok(count)) = (row.people_group.parse(), u64::try_from(row.people)) {
            people.entry(row.area).or_default().insert(group, count);
        }
    }
    let levels = levels.into_iter().filter(|(_, level)| *level <= leaf).collect();
    Some(Chosen { used, levels, leaf, people })
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
