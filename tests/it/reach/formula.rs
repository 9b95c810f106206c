//! The formula: what must hold of any programme, and a second implementation that must agree.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proptest::sample::select;
use relief_ledger::baselines::PeopleGroup;
use relief_ledger::items::{Persons, Standard, StandardKind};
use relief_ledger::reach::rules::{
    Area, Basis, Caseload, Counted, Figure, Flag, Served, add_up, figures, half_even, people_of,
};

use super::naive::{Known, Line, Programme, Range};

const GROUPS: [&str; 7] =
    ["all", "female", "male", "any_0_17", "female_0_17", "female_18_plus", "male_18_plus"];
const KINDS: [(&str, StandardKind); 4] = [
    ("consumable", StandardKind::Consumable),
    ("durable", StandardKind::Durable),
    ("shared", StandardKind::Shared),
    ("kit", StandardKind::Kit),
];

fn group(word: &str) -> PeopleGroup {
    word.parse().expect("a group")
}

fn whole(number: i128) -> u64 {
    u64::try_from(number).expect("a count")
}

/// The same programme for the rules.
fn for_the_rules(programme: &Programme) -> (Basis, Vec<Served>) {
    let has_parts = |area: usize| programme.parents.contains(&Some(area));
    let mut areas: Vec<Area> = programme
        .parents
        .iter()
        .enumerate()
        .map(|(area, parent)| Area {
            parent: *parent,
            population: BTreeMap::new(),
            is_leaf: !has_parts(area),
        })
        .collect();
    for ((area, word), people) in &programme.populations {
        areas[*area].population.insert(group(word), whole(*people));
    }
    let caseload = |(programme, is_named, is_disjoint): &(usize, bool, bool)| Caseload {
        programme: *programme as u32,
        is_named: *is_named,
        is_disjoint: *is_disjoint,
    };
    let standard = |item: &super::naive::Serves| {
        item.map(|(word, quantity, persons, days)| {
            let kind = KINDS.into_iter().find(|(known, _)| *known == word).expect("a kind").1;
            let days = (kind == StandardKind::Consumable).then_some(days as i64);
            let persons = Persons::new((persons / 1_000) as i64, (persons % 1_000) as i64).expect("persons");
            Standard { kind, quantity: quantity as i64, persons, days }
        })
    };
    let target = |((area, word, sector, whose), people): (&(usize, &'static str, usize, usize), &i128)| {
        ((*area, group(word), *sector as u32, *whose as u32), whole(*people))
    };
    let basis = Basis {
        areas,
        caseloads: programme.caseloads.iter().map(caseload).collect(),
        standards: programme.items.iter().map(standard).collect(),
        targets: programme.targets.iter().map(target).collect::<HashMap<_, _>>(),
        targets_of_caseloads: Vec::new(),
    };
    (basis, programme.lines.iter().map(served).collect())
}

fn served(line: &Line) -> Served {
    let (counted, quantity) = match &line.known {
        Known::Ids(ids) => (Counted::Registered(ids.iter().map(|id| [*id; 32]).collect()), 7),
        Known::People(people) => (Counted::Headcount(whole(*people)), 7),
        Known::Households(count, size) => {
            (Counted::Households { count: whole(*count), thousandths: whole(*size) }, 7)
        }
        Known::Goods(units) => (Counted::Goods, whole(*units)),
    };
    Served {
        area: line.area,
        group: group(line.group),
        sector: line.sector as u32,
        caseload: line.caseload as u32,
        round: line.round as u32,
        item: line.item as u32,
        counted,
        quantity,
        lines: 1,
    }
}

fn known() -> impl Strategy<Value = Known> {
    prop_oneof![
        prop::collection::vec(0_u8..14, 1..6).prop_map(Known::Ids),
        (0_i128..300).prop_map(Known::People),
        (0_i128..40, 500_i128..7_000).prop_map(|(count, size)| Known::Households(count, size)),
        (0_i128..900).prop_map(Known::Goods),
    ]
}

fn line(areas: usize) -> impl Strategy<Value = Line> {
    (0..areas, select(&GROUPS[..]), 0_usize..3, 0_usize..6, 0_usize..3, 0_usize..5, known()).prop_map(
        |(area, group, sector, caseload, round, item, known)| Line {
            area,
            group,
            sector,
            caseload,
            round,
            item,
            known,
        },
    )
}

/// Thousandths of persons; often whole ones, or a half beyond them.
fn persons() -> impl Strategy<Value = i128> {
    prop_oneof![
        (1_i128..6).prop_map(|whole| whole * 1_000),
        (1_i128..6).prop_map(|whole| whole * 1_000 + 500),
        1_000_i128..7_000
    ]
}

/// Any programme; populations need not fit each other where `are_consistent` is not asked for.
fn programme() -> impl Strategy<Value = Programme> {
    (1_usize..6).prop_flat_map(|areas| {
        let parents = (1..areas).map(|area| 0..area).collect::<Vec<_>>();
        let population = (0..areas, select(&GROUPS[..]), 0_i128..600);
        let serves = (select(&KINDS[..]), 1_i128..9, persons(), 1_i128..31)
            .prop_map(|((word, _), quantity, persons, days)| (word, quantity, persons, days));
        let target = (0..areas, select(&GROUPS[..]), 0_usize..3, 0_usize..2, 0_i128..300);
        (
            parents,
            prop::collection::vec(population, 0..8),
            prop::collection::vec((0_usize..2, any::<bool>(), any::<bool>()), 6),
            prop::collection::vec(prop::option::of(serves), 5),
            prop::collection::vec(target, 0..5),
            prop::collection::vec(line(areas), 0..14),
        )
            .prop_map(|(parents, populations, mut caseloads, items, targets, lines)| {
                // Each of both programmes has one caseload without a name.
                caseloads[0] = (0, false, false);
                caseloads[1] = (1, false, false);
                caseloads[2..].iter_mut().for_each(|caseload| caseload.1 = true);
                Programme {
                    parents: std::iter::once(None).chain(parents.into_iter().map(Some)).collect(),
                    populations: populations
                        .into_iter()
                        .map(|(area, group, people)| ((area, group), people))
                        .collect(),
                    caseloads,
                    items,
                    targets: targets
                        .into_iter()
                        .map(|(area, group, sector, whose, people)| ((area, group, sector, whose), people))
                        .collect(),
                    lines,
                }
            })
    })
}

fn range(figure: &Figure) -> Range {
    (figure.low.into(), figure.best.into(), figure.high.into())
}

fn counted(programme: &Programme) -> Vec<Figure> {
    let (basis, served) = for_the_rules(programme);
    figures(&basis, &served).0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_sentences_of_the_guide_say_the_same(programme in programme()) {
        for (area, figure) in counted(&programme).iter().enumerate() {
            prop_assert_eq!(range(figure), programme.range(area), "area {}", area);
        }
    }

    #[test]
    fn no_figure_leaves_its_bounds(programme in programme()) {
        let (basis, served) = for_the_rules(&programme);
        let (figures, flags) = figures(&basis, &served);
        for (area, figure) in figures.iter().enumerate() {
            prop_assert!(figure.low <= figure.best && figure.best <= figure.high, "{:?}", figure);
            // A population that is said to be smaller than what was reached inside is flagged, and is no cap.
            let is_doubted = flags.iter().any(|(flagged, flag)| *flagged == area && matches!(flag, Flag::PopulationBelowPart { .. }));
            if let Some(population) = basis.areas[area].population.get(&PeopleGroup::ALL).filter(|_| !is_doubted) {
                prop_assert!(figure.high <= *population, "{} above {}", figure.high, population);
            }
            if let Some(parent) = basis.areas[area].parent {
                let around = &figures[parent];
                prop_assert!(figure.low <= around.low && figure.best <= around.best && figure.high <= around.high);
            }
        }
    }

    #[test]
    fn a_further_line_lowers_nothing(programme in programme(), more in line(6)) {
        let before = counted(&programme);
        let mut after = programme;
        after.lines.push(Line { area: more.area % after.parents.len(), ..more });
        for (before, after) in before.iter().zip(counted(&after)) {
            prop_assert!(before.low <= after.low && before.best <= after.best && before.high <= after.high);
        }
    }

    #[test]
    fn how_lines_are_cut_and_ordered_changes_nothing(programme in programme(), turn in 0_usize..14, cut in 0_i128..900) {
        let before: Vec<Range> = counted(&programme).iter().map(range).collect();
        let mut other = programme;
        let mut pieces = Vec::new();
        for line in &mut other.lines {
            let mut piece = line.clone();
            match (&mut line.known, &mut piece.known) {
                (Known::Ids(ids), Known::Ids(more)) => { ids.truncate(1.max(ids.len() / 2)); more.reverse(); }
                (Known::People(all), Known::People(part)) | (Known::Goods(all), Known::Goods(part))
                | (Known::Households(all, _), Known::Households(part, _)) => { *part = cut.min(*all); *all -= *part; }
                _ => unreachable!("a piece is like what it was cut off"),
            }
            pieces.push(piece);
        }
        other.lines.extend(pieces);
        let turn = turn.min(other.lines.len());
        other.lines.rotate_left(turn);
        let after: Vec<Range> = counted(&other).iter().map(range).collect();
        prop_assert_eq!(before, after);
    }

    #[test]
    fn what_is_placed_better_reaches_no_fewer(programme in programme()) {
        let mut placed = programme;
        placed.populations.clear();
        placed.targets.clear();
        placed.lines.retain(|line| matches!(line.known, Known::Ids(_) | Known::People(_)));
        // The last area has none inside it.
        let leaf = placed.parents.len() - 1;
        let has_parts = |area: usize| placed.parents.contains(&Some(area));
        let areas: Vec<usize> = placed.lines.iter().map(|line| if has_parts(line.area) { leaf } else { line.area }).collect();
        placed.lines.iter_mut().zip(areas).for_each(|(line, area)| line.area = area);
        let mut larger = placed.clone();
        larger.lines.iter_mut().for_each(|line| line.area = 0);
        prop_assert!(counted(&placed)[0].best >= counted(&larger)[0].best);
    }

    #[test]
    fn groups_that_overlap_are_added_as_far_as_they_share_nobody(people in prop::collection::vec(0_u64..50, 6)) {
        let parts: Vec<(PeopleGroup, u64)> = GROUPS[1..].iter().map(|word| group(word)).zip(people.clone()).collect();
        let [female, male, children, girls, women, men] = people[..] else { unreachable!() };
        let choices = [female + male, female + men, children + women + men, girls + women + male, girls + women + men, girls + male];
        let (most, overlaps) = add_up(&parts);
        prop_assert!(overlaps);
        prop_assert_eq!(most, choices.into_iter().max().unwrap_or_default());
    }
}

/// The example of the guide: two districts, three sectors.
fn districts() -> Programme {
    let line = |area, sector, people| Line {
        area,
        group: "all",
        sector,
        caseload: 0,
        round: 0,
        item: 0,
        known: Known::People(people),
    };
    Programme {
        parents: vec![None, Some(0), Some(0)],
        populations: BTreeMap::from([((1, "all"), 15_000), ((2, "all"), 8_000)]),
        caseloads: vec![(0, false, false)],
        items: vec![None],
        targets: BTreeMap::new(),
        lines: vec![
            line(1, 0, 15_000),
            line(1, 1, 10_000),
            line(1, 2, 5_000),
            line(2, 0, 2_000),
            line(2, 1, 6_000),
        ],
    }
}

#[test]
fn the_example_of_the_guide_comes_out() {
    let programme = districts();
    assert_eq!(programme.range(0), (17_000, 21_000, 23_000));
    let (basis, served) = for_the_rules(&programme);
    let (figures, flags) = figures(&basis, &served);
    assert_eq!(figures.iter().map(range).collect::<Vec<_>>()[0], (17_000, 21_000, 23_000));
    assert_eq!(range(&figures[1]), (15_000, 15_000, 15_000));
    assert_eq!(figures[1].cut_off, [0, 0, 15_000]);
    assert!(flags.contains(&(0, Flag::NoPopulation)), "{flags:?}");
}

#[test]
fn what_goods_are_enough_for_is_never_rounded_up() {
    let of = |kind, quantity, persons: i64, days| Standard {
        kind,
        quantity,
        persons: Persons::new(persons, 0).expect("persons"),
        days,
    };
    let masks = of(StandardKind::Consumable, 30, 1, Some(30));
    assert_eq!(people_of(masks, 899, None), 29);
    let blankets = of(StandardKind::Durable, 2, 5, None);
    assert_eq!(people_of(blankets, 3, None), 7);
    let filters = of(StandardKind::Shared, 2, 5, None);
    assert_eq!(people_of(filters, 5, None), 10, "whole households");
    assert_eq!(people_of(filters, 5, Some(8)), 8, "no more than are meant to be reached");
    let tents =
        Standard { persons: Persons::read("4.7").expect("a size"), ..of(StandardKind::Shared, 1, 1, None) };
    assert_eq!(
        [5, 15, 25].map(|units| people_of(tents, units, None)),
        [24, 70, 118],
        "23.5, 70.5, 117.5: half to even, once"
    );
    assert_eq!(people_of(Standard { kind: StandardKind::Durable, ..tents }, 5, None), 23, "floor");
    assert_eq!((half_even(2_500, 1_000), half_even(3_500, 1_000), half_even(2_501, 1_000)), (2, 4, 3));
}

#[test]
fn a_round_served_twice_counts_once_and_two_that_are_declared_disjoint_count_both() {
    let mut programme = districts();
    programme.populations.clear();
    programme.caseloads = vec![(0, true, false), (0, true, false)];
    programme.lines.retain(|line| line.area == 1 && line.sector == 0);
    let again = Line { round: 1, known: Known::People(9_000), ..programme.lines[0].clone() };
    programme.lines.push(again.clone());
    assert_eq!(range(&counted(&programme)[0]).1, 15_000, "the same people served again");
    programme.lines.push(Line { caseload: 1, ..again });
    let (basis, served) = for_the_rules(&programme);
    let (figures_of, flags) = figures(&basis, &served);
    assert_eq!(figures_of[0].best, 15_000, "nobody declared that they are others");
    assert!(flags.iter().any(|(_, flag)| matches!(flag, Flag::CaseloadsNotDisjoint { caseloads: 2, .. })));
    programme.caseloads[1].2 = true;
    assert_eq!(range(&counted(&programme)[0]).1, 24_000);
}
