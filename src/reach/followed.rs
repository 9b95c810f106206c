//! Where a code leads that is no more in use: to the one code that followed it, and never to one of several.
//!
//! Who recorded a hand-over or counted people may know an area by a code that others followed since, as was stated in
//! `area-changes`. A code that a source of populations knows stands. Never here: a figure divided among areas.

use super::counted::PopulationRow;
use super::question::is_inside;
use crate::atlas::{AreaCode, Crosswalk};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where a code leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Led {
    /// It stands for itself.
    Stands,
    /// One code followed it.
    Followed(AreaCode),
    /// Several codes followed it: in which of them people live, nobody can tell by the code.
    Divided(Vec<String>),
}

/// Where a code leads as it was used on a day; `is_known` says whether a code is in use where it is asked for.
///
/// A code that was given to another area stands for that one from the day on, and before for the one that lost it. What is
/// inside an area whose code ended leads where that leads, by the same day: it is known of it, and of nothing smaller.
pub(super) fn lead(
    crosswalk: &Crosswalk,
    code: &AreaCode,
    day: Option<NaiveDate>,
    is_known: impl Fn(&str) -> bool,
) -> Led {
    let itself = code.as_str();
    let ended = std::iter::once(itself).chain(around(itself)).find(|code| crosswalk.is_retired(code));
    let Some(retired) = ended else { return Led::Stands };
    let is_given_anew = !crosswalk.before(retired).is_empty();
    let next = match (is_given_anew, day) {
        (true, Some(day)) => crosswalk.current_since(retired, day),
        (true, None) => return Led::Stands,
        (false, _) if is_known(itself) => return Led::Stands,
        (false, _) => crosswalk.current(retired),
    };
    if next.is_empty() {
        return Led::Stands;
    }
    let mut inside: Vec<AreaCode> = next.iter().filter_map(|code| code.parse().ok()).collect();
    inside.retain(|next| next.country() == code.country());
    match (inside.len() == next.len(), inside.pop()) {
        (true, Some(only)) if next.len() == 1 && only.as_str() == retired => Led::Stands,
        (true, Some(only)) if next.len() == 1 => Led::Followed(only),
        _ => Led::Divided(next.iter().map(ToString::to_string).collect()),
    }
}

/// The codes that a P-code lies inside by its letters, the longest first. A code of ISO 3166-2 lies in none.
pub(super) fn around(code: &str) -> impl Iterator<Item = &str> {
    /// A country's two letters are no area inside it.
    const SHORTEST: usize = 3;
    let longest = if code.contains('-') { 0 } else { code.len() };
    (SHORTEST..longest).rev().filter_map(|length| code.get(..length))
}

/// Whether a code, or one that it lies inside, is among some.
pub(super) fn is_among(code: &str, has: impl Fn(&str) -> bool) -> bool {
    has(code) || around(code).any(has)
}

/// The codes that ended of which something may lie in an area.
pub(super) fn retired_into(crosswalk: &Crosswalk, larger: &AreaCode) -> Vec<String> {
    let leads = |code: &&str| crosswalk.current(code).iter().any(|next| is_inside(next, larger.as_str()));
    crosswalk
        .retired()
        .filter(leads)
        .filter(|code| !is_inside(code, larger.as_str()))
        .map(str::to_owned)
        .collect()
}

/// Whether all that one code followed is among some codes, or is followed by those.
pub(super) fn is_all_there(crosswalk: &Crosswalk, code: &str, there: &BTreeSet<&str>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<Box<str>> = crosswalk.before(code);
    if open.is_empty() {
        return false;
    }
    while let Some(code) = open.pop() {
        let before = crosswalk.before(&code);
        if there.contains(code.as_ref()) || !seen.insert(code) {
            continue;
        }
        if before.is_empty() {
            return false;
        }
        open.extend(before);
    }
    true
}

/// The populations of one source in one edition and year, by the codes that followed. Those of several areas that became one
/// are added up where all of them are there; else they stay what they are, and nothing is guessed.
pub(super) fn by_codes_in_use(crosswalk: &Crosswalk, rows: Vec<PopulationRow>) -> Vec<PopulationRow> {
    let stated: BTreeSet<String> = rows.iter().map(|row| row.area.clone()).collect();
    let mut parts: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let last_day =
        rows.first().and_then(|row| NaiveDate::from_ymd_opt(i32::try_from(row.year).ok()?, 12, 31));
    for code in &stated {
        let led = code
            .parse()
            .ok()
            .map(|code| lead(crosswalk, &code, last_day, |code| !crosswalk.is_retired(code)));
        if let Some(Led::Followed(next)) = led
            && !stated.contains(next.as_str())
        {
            parts.entry(next.to_string()).or_default().insert(code);
        }
    }
    parts.retain(|next, parts| is_all_there(crosswalk, next, parts));
    let next_of: HashMap<&str, &String> =
        parts.iter().flat_map(|(next, parts)| parts.iter().map(move |part| (*part, next))).collect();
    let (led, mut kept): (Vec<PopulationRow>, Vec<PopulationRow>) =
        rows.into_iter().partition(|row| next_of.contains_key(row.area.as_str()));
    let mut sums: BTreeMap<(&String, String), Vec<PopulationRow>> = BTreeMap::new();
    for row in led {
        if let Some(next) = next_of.get(row.area.as_str()) {
            sums.entry((next, row.people_group.clone())).or_default().push(row);
        }
    }
    for ((next, _), rows) in sums {
        let is_whole = parts.get(next).is_some_and(|parts| parts.len() == rows.len());
        let people = rows.iter().fold(0_i64, |sum, row| sum.saturating_add(row.people));
        if let Some(row) = rows.into_iter().max_by_key(|row| row.sequence).filter(|_| is_whole) {
            kept.push(PopulationRow { area: next.clone(), people, ..row });
        }
    }
    kept
}
