//! Adding up groups of people that may overlap.
//!
//! Groups of one place are a partition, and then this is their sum. Where somebody counted girls apart from women and
//! somebody else all females, the largest sum of groups that share nobody is taken, so that nobody is counted twice and
//! a further group never makes it smaller.

use crate::baselines::{PeopleGroup, Sex};

/// Years of age that are told apart: nobody is known to have been 131.
const YEARS: usize = 132;

/// The ages of a group, the last one not included.
fn ages(group: PeopleGroup) -> (usize, usize) {
    match group.ages {
        None => (0, YEARS),
        Some(ages) => (usize::from(ages.from), ages.to.map_or(YEARS, |to| usize::from(to) + 1).min(YEARS)),
    }
}

fn share_nobody(left: PeopleGroup, right: PeopleGroup) -> bool {
    let ((left_from, left_to), (right_from, right_to)) = (ages(left), ages(right));
    let other_sex = left.sex != right.sex && left.sex != Sex::Any && right.sex != Sex::Any;
    other_sex || left_to <= right_from || right_to <= left_from
}

/// The people of some groups, and whether the groups overlap.
pub fn add_up(parts: &[(PeopleGroup, u64)]) -> (u64, bool) {
    let overlaps = parts
        .iter()
        .enumerate()
        .any(|(index, (group, _))| !parts[index + 1..].iter().all(|(other, _)| share_nobody(*group, *other)));
    if !overlaps {
        return (parts.iter().fold(0, |sum, (_, people)| sum.saturating_add(*people)), false);
    }
    (best_apart(parts), true)
}

/// The largest sum of groups that share nobody: of females below one age and males below another, for all pairs of ages at
/// which a group begins or ends. So it costs the pairs of those, and of each the groups that end there.
fn best_apart(parts: &[(PeopleGroup, u64)]) -> u64 {
    let mut bounds: Vec<usize> = vec![0, YEARS];
    bounds.extend(parts.iter().map(|(group, _)| ages(*group)).flat_map(|(from, to)| [from, to]));
    bounds.sort_unstable();
    bounds.dedup();
    let place = |age: usize| bounds.partition_point(|bound| *bound < age);
    // Groups by the age at which they end: sex, the place of the age at which they begin, people.
    let mut ending: Vec<Vec<(Sex, usize, u64)>> = vec![Vec::new(); bounds.len()];
    for (group, people) in parts {
        let (from, to) = ages(*group);
        ending[place(to)].push((group.sex, place(from), *people));
    }
    let mut best = vec![vec![0_u64; bounds.len()]; bounds.len()];
    for (female, females) in ending.iter().enumerate() {
        for (male, males) in ending.iter().enumerate() {
            let mut most = 0;
            if female > 0 {
                most = most.max(best[female - 1][male]);
            }
            if male > 0 {
                most = most.max(best[female][male - 1]);
            }
            for (sex, from, people) in females {
                let before = match sex {
                    Sex::Female => best[*from][male],
                    Sex::Any if female == male => best[*from][*from],
                    Sex::Any | Sex::Male => continue,
                };
                most = most.max(before.saturating_add(*people));
            }
            for (sex, from, people) in males {
                let before = match sex {
                    Sex::Male => best[female][*from],
                    Sex::Female | Sex::Any => continue,
                };
                most = most.max(before.saturating_add(*people));
            }
            best[female][male] = most;
        }
    }
    best.last().and_then(|row| row.last()).copied().unwrap_or_default()
}
