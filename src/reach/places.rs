//! Which areas there are to count in, and how many people live in each: by one source for each country.
//!
//! A source that says how many live in the areas of a country caps them; which one is chosen follows from what was stated
//! and from nothing that was handed over, so that a further hand-over never moves another to a larger area. A country
//! whose source says nothing of the country itself, and every region, is capped by the World Population Prospects.

use super::counted::{PopulationRow, TargetRow};
use super::followed::{Led, is_all_there, is_among, lead};
use super::question::{WORLD, countries_in, is_inside};
use super::rules::Area as Node;
use super::sources::{Chosen, PopulationUsed, SourceKey, choose, level_word};
use crate::areas::{EditionView, Editions};
use crate::atlas::{AreaCode, CountryCode, PeopleByAge, WORLD_POPULATION, population};
use crate::baselines::{Ages, Area, PeopleGroup, Sex};
use crate::core::problem::{Outcome, Problem};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Years of which the World Population Prospects that ship have figures.
const YEARS: (i32, i32) = (2_000, 2_050);

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
        let chosen = by_country(stated)
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

    /// The sources that cap, of each country.
    pub(super) fn sources(&self) -> impl Iterator<Item = (CountryCode, SourceKey)> {
        self.chosen.iter().map(|(country, chosen)| (*country, chosen.key()))
    }

    /// Takes what they say of groups, before anything is placed.
    pub(super) fn take_groups(&mut self, stated: Vec<PopulationRow>) {
        for (country, rows) in by_country(stated) {
            if let Some(chosen) = self.chosen.get_mut(&country) {
                chosen.take_groups(rows, self.editions.crosswalk());
            }
        }
        let population = self.population(&self.root);
        self.nodes.iter_mut().take(1).for_each(|root| root.population.clone_from(&population));
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

    /// Whether there is the area that is asked for, as far as is known.
    pub(super) fn is_root_known(&self) -> bool {
        match &self.root {
            Area::Within(code) => self.is_in_use(code.as_str()),
            Area::Country(_) | Area::Region(_) => true,
        }
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

    /// The area of a target by the code in use, and where its code led.
    pub(super) fn target_area(&self, target: &TargetRow) -> (Area, Led) {
        match target.area.parse() {
            Ok(area) => self.led(&area, Some(target.recorded_at.to_datetime().date_naive())),
            // It was judged before it was recorded.
            Err(_) => (self.root.clone(), Led::Divided(Vec::new())),
        }
    }

    /// Whether what is handed over in an area is counted there, and not in a larger one around it.
    pub(super) fn is_counted_in(&self, area: &Area) -> bool {
        match area {
            Area::Region(_) | Area::Country(_) => true,
            Area::Within(code) => {
                let chosen = self.chosen.get(&code.country());
                *area == self.root || chosen.is_some_and(|chosen| chosen.levels.contains_key(code.as_str()))
            }
        }
    }

    /// The number of an area in which something was handed over, or which is around such a one.
    pub(super) fn known_number(&self, area: &Area) -> Option<usize> {
        self.numbers.get(&area.to_string()).copied()
    }

    /// Whether all that a code followed is among some codes.
    pub(super) fn is_all_there(&self, code: &AreaCode, there: &BTreeSet<&str>) -> bool {
        is_all_there(self.editions.crosswalk(), code.as_str(), there)
    }

    /// The number of an area that is meant to get something: of one in which nothing was handed over only where fewer of the group
    /// live than are meant, since that has to be told.
    pub(super) fn number_of(&mut self, area: &Area, group: PeopleGroup, meant: u64) -> Option<usize> {
        if let Some(number) = self.known_number(area) {
            return Some(number);
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

/// Populations apart by country.
fn by_country(stated: Vec<PopulationRow>) -> BTreeMap<CountryCode, Vec<PopulationRow>> {
    let mut apart: BTreeMap<CountryCode, Vec<PopulationRow>> = BTreeMap::new();
    for row in stated {
        if let Some(country) = row.country.as_deref().and_then(|code| code.parse().ok()) {
            apart.entry(country).or_default().push(row);
        }
    }
    apart
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
