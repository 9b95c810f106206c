//! From cells to the figures of an area, and from areas to larger ones.

use super::cells::{Hashed, Method, Served, Tally, person_days};
use super::groups::add_up;
use super::{Basis, Caseload};
use crate::baselines::PeopleGroup;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many people were reached in an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// Where whoever got something of one sector got something of every other.
    pub low: u64,
    /// The figure: nobody was served in two areas.
    pub best: u64,
    /// Where whoever got something of one sector got nothing of another.
    pub high: u64,
    /// What the area's population cut off the three.
    pub cut_off: [u64; 3],
    /// Lines counted by each method, in the order of [`Method::ALL`].
    pub methods: [u64; 7],
    /// Lines that were counted.
    pub lines: u64,
    /// Days for which consumables serve one person; these do add up.
    pub person_days: u64,
}

/// What whoever reads a figure of an area has to know of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// More people were counted than live there.
    CappedByPopulation {
        /// How many live there.
        population: u64,
        /// How many were counted.
        counted: u64,
    },
    /// More of a group were counted in a sector than there are.
    GroupCappedByPopulation {
        /// Which.
        group: PeopleGroup,
        /// The sector.
        sector: u32,
        /// How many there are.
        population: u64,
        /// How many were counted.
        counted: u64,
    },
    /// More people were counted than a programme meant to reach.
    CappedByTarget {
        /// Of which group.
        group: PeopleGroup,
        /// In which sector.
        sector: u32,
        /// Whose target.
        programme: u32,
        /// The target.
        target: u64,
        /// How many were counted.
        counted: u64,
    },
    /// A programme means to reach more than live there.
    TargetAbovePopulation {
        /// Of which group.
        group: PeopleGroup,
        /// In which sector.
        sector: u32,
        /// Whose target.
        programme: u32,
        /// The target.
        target: u64,
        /// How many live there.
        population: u64,
    },
    /// Nobody said how many live there, so nothing is cut off.
    NoPopulation,
    /// Fewer are said to live there than were reached in a smaller area inside it, which counts instead.
    PopulationBelowPart {
        /// How many are said to live there.
        population: u64,
        /// How many were reached in that smaller one at most.
        part: u64,
    },
    /// Lines known of this area only, which are not spread over the smaller ones inside.
    Unspread {
        /// How many.
        lines: u64,
    },
    /// Several caseloads that nobody declared disjoint: the largest of them counts.
    CaseloadsNotDisjoint {
        /// Whose.
        programme: u32,
        /// In which sector.
        sector: u32,
        /// How many.
        caseloads: u64,
    },
    /// Groups that overlap: the largest sum of those that do not counts.
    GroupsOverlap,
    /// Lines of goods of which nobody said how many people they serve.
    NoStandard {
        /// How many.
        lines: u64,
    },
}

/// Sector, caseload, round and item of lines in one area and of one group.
type Cell = (u32, u32, u32, u32);
/// The cells of an area, group by group.
type Cells<'a> = BTreeMap<PeopleGroup, BTreeMap<Cell, Tally<'a>>>;

/// What is counted in one area, before what is counted in those inside it.
#[derive(Default)]
struct Own {
    sectors: BTreeMap<u32, u64>,
    most: u64,
    lines: u64,
    methods: [u64; 7],
    /// Units of each item, whatever its people are counted by.
    quantities: HashMap<u32, u64>,
}

/// The figures of every area, and what is to be known of each by its place among the areas.
pub fn figures<'a>(
    basis: &Basis,
    served: impl IntoIterator<Item = &'a Served>,
) -> (Vec<Figure>, Vec<(usize, Flag)>) {
    let mut flags = Vec::new();
    let mut cells: Vec<Cells<'_>> = basis.areas.iter().map(|_| Cells::new()).collect();
    let mut own: Vec<Own> = basis.areas.iter().map(|_| Own::default()).collect();
    gather(basis, served, &mut cells, &mut own, &mut flags);
    for (area, cells) in cells.iter().enumerate() {
        count(basis, area, cells, &mut own[area], &mut flags);
    }
    (climb(basis, own, &mut flags), flags)
}

/// The targets that are larger than the group they are of, whether or not anything was handed over for them.
pub fn targets_above(basis: &Basis) -> Vec<(usize, Flag)> {
    let stated = basis.targets.iter().map(|(key, target)| (*key, *target));
    let stated = stated.chain(basis.targets_of_caseloads.iter().copied());
    let above = stated.filter_map(|((area, group, sector, programme), target)| {
        let population = basis.areas.get(area)?.population.get(&group).copied()?;
        let flag = Flag::TargetAbovePopulation { group, sector, programme, target, population };
        (population < target).then_some((area, flag))
    });
    above.collect()
}

/// Puts each line into its cell.
fn gather<'a>(
    basis: &Basis,
    served: impl IntoIterator<Item = &'a Served>,
    cells: &mut [Cells<'a>],
    own: &mut [Own],
    flags: &mut Vec<(usize, Flag)>,
) {
    let mut bare = vec![0_u64; own.len()];
    for line in served {
        let (Some(cells), Some(own)) = (cells.get_mut(line.area), own.get_mut(line.area)) else { continue };
        let cell = (line.sector, line.caseload, line.round, line.item);
        cells.entry(line.group).or_default().entry(cell).or_default().add(line);
        own.lines += line.lines;
        match line.method(standard_of(basis, line.item)) {
            Some(method) => own.methods[method as usize] += line.lines,
            None => bare[line.area] += line.lines,
        }
        if line.quantity > 0 {
            let sum = own.quantities.entry(line.item).or_default();
            *sum = sum.saturating_add(line.quantity);
        }
    }
    for (area, lines) in bare.into_iter().enumerate().filter(|(_, lines)| *lines > 0) {
        flags.push((area, Flag::NoStandard { lines }));
    }
}

fn standard_of(basis: &Basis, item: u32) -> Option<crate::items::rules::Standard> {
    basis.standards.get(item as usize).copied().flatten()
}

/// Counts the cells of an area: each sector by itself, and all of them.
fn count<'a>(
    basis: &Basis,
    area: usize,
    cells: &'a Cells<'a>,
    own: &mut Own,
    flags: &mut Vec<(usize, Flag)>,
) {
    let mut by_sector: BTreeMap<u32, Vec<(PeopleGroup, u64)>> = BTreeMap::new();
    let mut whole: Vec<(PeopleGroup, u64)> = Vec::new();
    for (group, cells) in cells {
        let reached = Reached { basis, area, group: *group };
        let mut sectors: BTreeMap<u32, u64> = BTreeMap::new();
        for (sector, cells) in split(cells, |cell| cell.0) {
            let people = reached.in_sector(sector, &cells, flags);
            sectors.insert(sector, people);
            by_sector.entry(sector).or_default().push((*group, people));
        }
        let sum = sectors.values().fold(0_u64, |sum, people| sum.saturating_add(*people));
        let most = sectors.values().copied().max().unwrap_or_default();
        let all: Vec<(&Cell, &Tally<'_>)> = cells.iter().collect();
        whole.push((*group, sum.min(most.max(reached.registered(&all)))));
    }
    let mut has_overlap = false;
    let mut together = |parts: &[(PeopleGroup, u64)]| {
        let everybody = parts.iter().find(|(group, _)| *group == PeopleGroup::ALL);
        let others: Vec<_> = parts.iter().filter(|(group, _)| *group != PeopleGroup::ALL).copied().collect();
        let (people, overlaps) = add_up(&others);
        has_overlap |= overlaps;
        everybody.map_or(people, |(_, everybody)| people.max(*everybody))
    };
    own.sectors = by_sector.into_iter().map(|(sector, parts)| (sector, together(&parts))).collect();
    own.most = together(&whole);
    if has_overlap {
        flags.push((area, Flag::GroupsOverlap));
    }
}

/// Cells apart by a part of their key.
fn split<'a, K: Ord>(
    cells: &'a BTreeMap<Cell, Tally<'a>>,
    key: impl Fn(&Cell) -> K,
) -> BTreeMap<K, Vec<(&'a Cell, &'a Tally<'a>)>> {
    let mut parts: BTreeMap<K, Vec<(&Cell, &Tally<'_>)>> = BTreeMap::new();
    for (cell, tally) in cells {
        parts.entry(key(cell)).or_default().push((cell, tally));
    }
    parts
}

/// People of one group in one area.
struct Reached<'a> {
    basis: &'a Basis,
    area: usize,
    group: PeopleGroup,
}

impl Reached<'_> {
    fn caseload(&self, number: u32) -> Caseload {
        let unknown = Caseload { programme: 0, is_named: false, is_disjoint: false };
        self.basis.caseloads.get(number as usize).copied().unwrap_or(unknown)
    }

    /// Cells by whose they are.
    fn programmes<'c>(
        &self,
        cells: &[(&'c Cell, &'c Tally<'c>)],
    ) -> BTreeMap<u32, Vec<(&'c Cell, &'c Tally<'c>)>> {
        let mut found: BTreeMap<u32, Vec<(&Cell, &Tally<'_>)>> = BTreeMap::new();
        for (cell, tally) in cells {
            found.entry(self.caseload(cell.1).programme).or_default().push((*cell, *tally));
        }
        found
    }

    /// Distinct registered people; of several programmes, whose keys differ, those of the one that has most.
    fn registered(&self, cells: &[(&Cell, &Tally<'_>)]) -> u64 {
        self.programmes(cells).into_values().map(|cells| union(&cells)).max().unwrap_or_default()
    }

    /// How many of the group were reached in a sector; what serves several programmes' people may be the same people.
    fn in_sector(&self, sector: u32, cells: &[(&Cell, &Tally<'_>)], flags: &mut Vec<(usize, Flag)>) -> u64 {
        let mut most = 0;
        for (programme, cells) in self.programmes(cells) {
            most = most.max(self.in_programme(sector, programme, &cells, flags));
        }
        match self.basis.areas.get(self.area).and_then(|area| area.population.get(&self.group)) {
            Some(population) if *population < most => {
                let (group, population) = (self.group, *population);
                let flag = Flag::GroupCappedByPopulation { group, sector, population, counted: most };
                flags.push((self.area, flag));
                population
            }
            Some(_) | None => most,
        }
    }

    fn in_programme(
        &self,
        sector: u32,
        programme: u32,
        cells: &[(&Cell, &Tally<'_>)],
        flags: &mut Vec<(usize, Flag)>,
    ) -> u64 {
        let target = self.basis.targets.get(&(self.area, self.group, sector, programme)).copied();
        // Of a round the items served the same people, and of a caseload its rounds.
        let mut caseloads: BTreeMap<u32, u64> = BTreeMap::new();
        for ((_, caseload, _, item), tally) in cells {
            let people = tally.people(standard_of(self.basis, *item), target);
            let most = caseloads.entry(*caseload).or_default();
            *most = people.max(*most);
        }
        let counted = self.of_caseloads(sector, programme, &caseloads, flags).max(union(cells));
        let Some(target) = target else { return counted };
        let group = self.group;
        let population = self.basis.areas.get(self.area).and_then(|area| area.population.get(&group));
        if let Some(population) = population.copied().filter(|population| *population < target) {
            let flag = Flag::TargetAbovePopulation { group, sector, programme, target, population };
            flags.push((self.area, flag));
        }
        if target < counted {
            flags.push((self.area, Flag::CappedByTarget { group, sector, programme, target, counted }));
        }
        counted.min(target)
    }

    /// Those declared disjoint are added; of the others the largest counts, and whoever is in no named one may be in any.
    fn of_caseloads(
        &self,
        sector: u32,
        programme: u32,
        caseloads: &BTreeMap<u32, u64>,
        flags: &mut Vec<(usize, Flag)>,
    ) -> u64 {
        let (mut declared, mut others, mut unnamed) = (0_u64, 0_u64, 0_u64);
        let mut undeclared = 0_u64;
        for (number, people) in caseloads {
            let caseload = self.caseload(*number);
            if caseload.is_named && caseload.is_disjoint {
                declared = declared.saturating_add(*people);
            } else {
                undeclared += 1;
                let kept = if caseload.is_named { &mut others } else { &mut unnamed };
                *kept = (*kept).max(*people);
            }
        }
        if undeclared > 0 && caseloads.len() > 1 {
            let caseloads = caseloads.len() as u64;
            flags.push((self.area, Flag::CaseloadsNotDisjoint { programme, sector, caseloads }));
        }
        declared.saturating_add(others).max(unnamed)
    }
}

fn union(cells: &[(&Cell, &Tally<'_>)]) -> u64 {
    let ids: HashSet<&Hashed> =
        cells.iter().flat_map(|(_, tally)| tally.registered.iter().copied()).collect();
    ids.len() as u64
}

/// What the areas inside one come to.
#[derive(Default)]
struct Inside {
    sectors: BTreeMap<u32, u64>,
    best: u64,
    high: u64,
    highest: u64,
    lines: u64,
    methods: [u64; 7],
    quantities: HashMap<u32, u64>,
}

/// From the smallest areas to the largest: nothing of a smaller one is lost in a larger one.
fn climb(basis: &Basis, own: Vec<Own>, flags: &mut Vec<(usize, Flag)>) -> Vec<Figure> {
    let mut figures: Vec<Figure> = own.iter().map(|_| Figure::default()).collect();
    let mut inside: Vec<Inside> = own.iter().map(|_| Inside::default()).collect();
    for (area, own) in own.into_iter().enumerate().rev() {
        let within = std::mem::take(&mut inside[area]);
        if own.lines == 0 && within.lines == 0 {
            // Nobody was reached: of many figures over the same areas each is in a few of them.
            continue;
        }
        if own.lines > 0 && !basis.areas[area].is_leaf {
            flags.push((area, Flag::Unspread { lines: own.lines }));
        }
        let (figure, sectors, quantities) = settle(basis, area, own, within, flags);
        if let Some(parent) = basis.areas[area].parent.and_then(|parent| inside.get_mut(parent)) {
            for (sector, people) in sectors {
                let sum = parent.sectors.entry(sector).or_default();
                *sum = sum.saturating_add(people);
            }
            parent.best = parent.best.saturating_add(figure.best);
            parent.high = parent.high.saturating_add(figure.high);
            parent.highest = parent.highest.max(figure.high);
            parent.lines += figure.lines;
            for (sum, lines) in parent.methods.iter_mut().zip(figure.methods) {
                *sum += lines;
            }
            for (item, quantity) in quantities {
                let sum = parent.quantities.entry(item).or_default();
                *sum = sum.saturating_add(quantity);
            }
        }
        figures[area] = figure;
    }
    figures
}

/// The figure of an area out of what is known of it and of those inside, its sectors, and the units of its items.
fn settle(
    basis: &Basis,
    area: usize,
    own: Own,
    inside: Inside,
    flags: &mut Vec<(usize, Flag)>,
) -> (Figure, BTreeMap<u32, u64>, HashMap<u32, u64>) {
    let lines = own.lines + inside.lines;
    let cap = cap_of(basis, area, inside.highest, lines, flags);
    let (mut sectors, mut sum) = (inside.sectors, 0_u64);
    for (sector, people) in own.sectors {
        // What a sector counts here alone is never more than live here, so neither is what the three begin with.
        let people = cap.map_or(people, |cap| people.min(cap));
        sum = sum.saturating_add(people);
        let known = sectors.entry(sector).or_default();
        *known = people.max(*known);
    }
    let mut quantities = inside.quantities;
    for (item, quantity) in own.quantities {
        let known = quantities.entry(item).or_default();
        *known = known.saturating_add(quantity);
    }
    let low = sectors.values().copied().max().unwrap_or_default();
    let best = inside.best.max(own.most);
    let high = inside.high.saturating_add(sum);
    let capped = |people: u64| cap.map_or(people, |cap| people.min(cap));
    if let Some(population) = cap.filter(|cap| *cap < best) {
        flags.push((area, Flag::CappedByPopulation { population, counted: best }));
    }
    sectors.values_mut().for_each(|people| *people = capped(*people));
    let mut methods = own.methods;
    methods.iter_mut().zip(inside.methods).for_each(|(lines, more)| *lines += more);
    let figure = Figure {
        low: capped(low),
        best: capped(best),
        high: capped(high),
        cut_off: [low, best, high].map(|people| people - capped(people)),
        methods,
        lines,
        person_days: quantities
            .iter()
            .map(|(item, quantity)| person_days(standard_of(basis, *item), *quantity))
            .fold(0, u64::saturating_add),
    };
    (figure, sectors, quantities)
}

/// The cap of an area: how many live there, but never fewer than were reached in an area inside it.
fn cap_of(
    basis: &Basis,
    area: usize,
    highest: u64,
    lines: u64,
    flags: &mut Vec<(usize, Flag)>,
) -> Option<u64> {
    match basis.areas[area].population.get(&PeopleGroup::ALL).copied() {
        None => {
            if lines > 0 {
                flags.push((area, Flag::NoPopulation));
            }
            None
        }
        Some(population) if population < highest => {
            flags.push((area, Flag::PopulationBelowPart { population, part: highest }));
            Some(highest)
        }
        Some(population) => Some(population),
    }
}

impl Figure {
    /// The methods by which its lines were counted, each with how many.
    pub fn counted_by(&self) -> impl Iterator<Item = (Method, u64)> {
        Method::ALL.into_iter().zip(self.methods).filter(|(_, lines)| *lines > 0)
    }
}
