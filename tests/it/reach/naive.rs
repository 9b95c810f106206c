//! Reach once more, as the guide's sentences have it, slowly: nothing here is shared with what it is compared to.

use std::collections::{BTreeMap, BTreeSet};

/// How the people of a line are known.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    Ids(Vec<u8>),
    People(i128),
    Households(i128, i128),
    Goods(i128),
}

#[derive(Clone, Debug)]
pub struct Line {
    pub area: usize,
    pub group: &'static str,
    pub sector: usize,
    pub caseload: usize,
    pub round: usize,
    pub item: usize,
    pub known: Known,
}

/// What an item serves: kind, units, thousandths of persons, days.
pub type Serves = Option<(&'static str, i128, i128, i128)>;

#[derive(Clone, Debug, Default)]
pub struct Programme {
    /// The larger area of each, which comes before it.
    pub parents: Vec<Option<usize>>,
    pub populations: BTreeMap<(usize, &'static str), i128>,
    /// Whose a caseload is, whether it has a name, whether it is declared disjoint.
    pub caseloads: Vec<(usize, bool, bool)>,
    pub items: Vec<Serves>,
    pub targets: BTreeMap<(usize, &'static str, usize, usize), i128>,
    pub lines: Vec<Line>,
}

/// Low, best and high of an area.
pub type Range = (i128, i128, i128);

/// The people of a group, each as sex and year of age.
fn members(group: &str) -> BTreeSet<(char, u8)> {
    let (sexes, from, to): (&str, u8, u8) = match group {
        "all" => ("fm", 0, 131),
        "female" => ("f", 0, 131),
        "male" => ("m", 0, 131),
        "any_0_17" => ("fm", 0, 17),
        "female_0_17" => ("f", 0, 17),
        "female_18_plus" => ("f", 18, 131),
        "male_18_plus" => ("m", 18, 131),
        other => panic!("{other} is no group of these tests"),
    };
    sexes.chars().flat_map(|sex| (from..=to).map(move |age| (sex, age))).collect()
}

/// The most people of groups that share nobody, by trying every choice of them.
fn most_apart(groups: &[(&'static str, i128)]) -> i128 {
    let mut most = 0;
    for choice in 0..(1_usize << groups.len()) {
        let chosen: Vec<_> =
            (0..groups.len()).filter(|at| choice >> at & 1 == 1).map(|at| groups[at]).collect();
        let sizes: usize = chosen.iter().map(|(group, _)| members(group).len()).sum();
        let union: BTreeSet<_> = chosen.iter().flat_map(|(group, _)| members(group)).collect();
        if union.len() == sizes {
            most = most.max(chosen.iter().map(|(_, people)| people).sum());
        }
    }
    most
}

/// Of several people who got one item in one cell.
fn people_of(lines: &[&Line], serves: Serves, target: Option<i128>) -> i128 {
    let mut ids: BTreeSet<u8> = BTreeSet::new();
    let (mut heads, mut thousandths, mut units) = (0, 0, 0);
    for line in lines {
        match &line.known {
            Known::Ids(more) => ids.extend(more),
            Known::People(more) => heads += more,
            Known::Households(count, size) => thousandths += count * size,
            Known::Goods(more) => units += more,
        }
    }
    let by_goods = match serves {
        None => 0,
        Some(("shared", needed, persons, _)) => {
            let people = nearest(units / needed * persons);
            people.min(target.unwrap_or(people))
        }
        Some((_, needed, persons, _)) => units * persons / needed / 1_000,
    };
    ids.len() as i128 + heads + nearest(thousandths) + by_goods
}

/// Thousandths of people as people: the nearest, of two as near the even one.
fn nearest(thousandths: i128) -> i128 {
    let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
    if rest > 500 || (rest == 500 && whole % 2 == 1) { whole + 1 } else { whole }
}

impl Programme {
    fn ids<'a>(&self, lines: impl IntoIterator<Item = &'a Line>, programme: usize) -> i128 {
        let mut all = BTreeSet::new();
        for line in lines {
            if let Known::Ids(ids) = &line.known
                && self.caseloads[line.caseload].0 == programme
            {
                all.extend(ids.iter().copied());
            }
        }
        all.len() as i128
    }

    fn whose(&self) -> BTreeSet<usize> {
        self.caseloads.iter().map(|(programme, ..)| *programme).collect()
    }

    fn y(&self, area: usize, group: &'static str, sector: usize) -> i128 {
        let here = |line: &&Line| line.area == area && line.group == group && line.sector == sector;
        let lines: Vec<&Line> = self.lines.iter().filter(here).collect();
        let mut most = 0;
        for programme in self.whose() {
            let target = self.targets.get(&(area, group, sector, programme)).copied();
            let (mut disjoint, mut named, mut unnamed) = (0, 0, 0);
            for (caseload, (_, is_named, is_disjoint)) in
                self.caseloads.iter().enumerate().filter(|(_, (whose, ..))| *whose == programme)
            {
                let mut of_caseload = 0;
                for round in 0..10 {
                    for item in 0..self.items.len() {
                        let cell: Vec<&Line> = lines
                            .iter()
                            .copied()
                            .filter(|line| {
                                line.caseload == caseload && line.round == round && line.item == item
                            })
                            .collect();
                        of_caseload = of_caseload.max(people_of(&cell, self.items[item], target));
                    }
                }
                match (is_named, is_disjoint) {
                    (true, true) => disjoint += of_caseload,
                    (true, false) => named = named.max(of_caseload),
                    (false, _) => unnamed = unnamed.max(of_caseload),
                }
            }
            let united = self.ids(lines.iter().copied(), programme);
            let whole = (disjoint + named).max(unnamed).max(united);
            most = most.max(whole.min(target.unwrap_or(whole)));
        }
        most.min(self.populations.get(&(area, group)).copied().unwrap_or(most))
    }

    fn m(&self, area: usize, group: &'static str) -> i128 {
        let each: Vec<i128> = (0..10).map(|sector| self.y(area, group, sector)).collect();
        let here = || self.lines.iter().filter(|line| line.area == area && line.group == group);
        let united = self.whose().into_iter().map(|programme| self.ids(here(), programme)).max().unwrap_or(0);
        each.iter().sum::<i128>().min(each.into_iter().max().unwrap_or(0).max(united))
    }

    fn groups_together(&self, area: usize, people: impl Fn(&'static str) -> i128) -> i128 {
        let groups: BTreeSet<&'static str> =
            self.lines.iter().filter(|line| line.area == area).map(|line| line.group).collect();
        let parts: Vec<_> =
            groups.iter().filter(|group| **group != "all").map(|group| (*group, people(group))).collect();
        let everybody = if groups.contains("all") { people("all") } else { 0 };
        everybody.max(most_apart(&parts))
    }

    /// The range of an area, and the low of each of its sectors.
    fn climb(&self, area: usize) -> (Range, Vec<i128>) {
        let inside: Vec<_> = (0..self.parents.len())
            .filter(|other| self.parents[*other] == Some(area))
            .map(|other| self.climb(other))
            .collect();
        let highest = inside.iter().map(|((_, _, high), _)| *high).max().unwrap_or(0);
        let cap = self.populations.get(&(area, "all")).map(|population| (*population).max(highest));
        let capped = |people: i128| people.min(cap.unwrap_or(people));
        let mut low_by_sector = Vec::new();
        let mut sum = 0;
        for sector in 0..10 {
            let own = capped(self.groups_together(area, |group| self.y(area, group, sector)));
            sum += own;
            let of_parts: i128 = inside.iter().map(|(_, lows)| lows[sector]).sum();
            low_by_sector.push(capped(of_parts.max(own)));
        }
        let best: i128 = inside.iter().map(|((_, best, _), _)| *best).sum();
        let best = capped(best.max(self.groups_together(area, |group| self.m(area, group))));
        let high = capped(inside.iter().map(|((_, _, high), _)| *high).sum::<i128>() + sum);
        let low = low_by_sector.iter().copied().max().unwrap_or(0);
        ((low, best, high), low_by_sector)
    }

    pub fn range(&self, area: usize) -> Range {
        self.climb(area).0
    }
}
