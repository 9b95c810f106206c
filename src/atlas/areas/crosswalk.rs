//! From old area codes to new ones: what was renamed, divided or united, and when.
//!
//! A crosswalk only leads from code to code. It never divides a figure of an old area among new ones: that takes a
//! population of one source, and whoever has none shows the figure as not placed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use thiserror::Error;

/// One code that followed another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AreaChange {
    /// The code that ended.
    pub from: Box<str>,
    /// A code that followed it.
    pub to: Box<str>,
    /// The day the new code was first in force.
    pub on: NaiveDate,
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AreaSuccession {
    /// Nothing is known to have followed it.
    Unchanged,
    /// One code followed, and it followed this one alone.
    Renamed(Box<str>),
    /// One code followed several, of which this is one.
    United(Box<str>),
    /// Several codes followed: which one a place is in, only its coordinates tell.
    Divided(Vec<Box<str>>),
}

/// Why changes make no crosswalk.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CrosswalkError {
    /// A code is said to follow itself.
    #[error("row {row}: area code '{code}' is said to follow itself")]
    Itself {
        /// Which change, from 1.
        row: usize,
        /// The code.
        code: Box<str>,
    },
}

/// Old codes and what followed them.
#[derive(Debug, Clone, Default)]
pub struct Crosswalk {
    forward: BTreeMap<Box<str>, BTreeSet<(NaiveDate, Box<str>)>>,
    backward: BTreeMap<Box<str>, BTreeSet<(NaiveDate, Box<str>)>>,
}

impl Crosswalk {
    /// Makes a crosswalk of changes; the same change twice counts once.
    ///
    /// # Errors
    /// A change from a code to itself.
    pub fn new(changes: impl IntoIterator<Item = AreaChange>) -> Result<Self, CrosswalkError> {
        let mut made = Self::default();
        for (row, change) in changes.into_iter().enumerate() {
            if change.from == change.to {
                return Err(CrosswalkError::Itself { row: row + 1, code: change.from });
            }
            let back = (change.on, change.from.clone());
            made.backward.entry(change.to.clone()).or_default().insert(back);
            made.forward.entry(change.from).or_default().insert((change.on, change.to));
        }
        Ok(made)
    }

    /// The codes that are in force where this one was last: itself where nothing followed it, in the order of codes.
    #[must_use]
    pub fn current(&self, code: &str) -> Vec<Box<str>> {
        self.current_since(code, NaiveDate::MIN)
    }

    /// The same for a code as it was used on a day: only later changes concern it, because a code can be given to
    /// another area. So a list that was numbered anew on one day does not lead from new code to new code.
    #[must_use]
    pub fn current_since(&self, code: &str, used_on: NaiveDate) -> Vec<Box<str>> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<(Box<str>, NaiveDate)> = vec![(code.into(), used_on)];
        while let Some((code, since)) = open.pop() {
            let next: Vec<_> = self.steps(&code, since).collect();
            if next.is_empty() {
                found.insert(code);
                continue;
            }
            for (day, code) in next {
                if seen.insert((day, code.clone())) {
                    open.push((code, day));
                }
            }
        }
        found.into_iter().collect()
    }

    /// What became of a code first.
    #[must_use]
    pub fn succession(&self, code: &str) -> AreaSuccession {
        let next: Vec<_> = self.steps(code, NaiveDate::MIN).collect();
        match next.as_slice() {
            [] => AreaSuccession::Unchanged,
            [(day, only)] => {
                let before = self.backward.get(only).into_iter().flatten();
                match before.filter(|(on, _)| on == day).count() {
                    0 | 1 => AreaSuccession::Renamed(only.clone()),
                    _ => AreaSuccession::United(only.clone()),
                }
            }
            several => AreaSuccession::Divided(several.iter().map(|(_, code)| code.clone()).collect()),
        }
    }

    /// Whether nothing followed anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.forward.is_empty()
    }

    /// Whether something followed a code.
    #[must_use]
    pub fn is_retired(&self, code: &str) -> bool {
        self.forward.contains_key(code)
    }

    /// The codes that others followed, in their order.
    pub fn retired(&self) -> impl Iterator<Item = &str> {
        self.forward.keys().map(AsRef::as_ref)
    }

    /// The codes that came directly before this one, in the order of codes.
    #[must_use]
    pub fn before(&self, code: &str) -> Vec<Box<str>> {
        let codes: BTreeSet<_> =
            self.backward.get(code).into_iter().flatten().map(|(_, code)| code).collect();
        codes.into_iter().cloned().collect()
    }

    /// What followed a code on the first day after `since` that anything did.
    fn steps(&self, code: &str, since: NaiveDate) -> impl Iterator<Item = (NaiveDate, Box<str>)> {
        let later = || self.forward.get(code).into_iter().flatten().filter(move |(on, _)| *on > since);
        let first = later().map(|(on, _)| *on).min();
        later().filter(move |(on, _)| Some(*on) == first).cloned()
    }
}
