//! Which people: everybody, or those of a sex and of an age. Groups of one place are a partition or nothing: what
//! overlaps, such as the displaced or the disabled, is no group.

use crate::core::check::quoted;
use std::fmt;
use std::str::FromStr;

/// The word for everybody.
const EVERYBODY: &str = "all";
/// The word at the end of ages that have no end.
const AND_MORE: &str = "plus";
/// Nobody is known to have been older.
pub(super) const AGE_MAXIMUM: u8 = 130;

/// Which sex a group is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// Women and girls.
    Female,
    /// Men and boys.
    Male,
    /// Everybody of the group's age.
    Any,
}

impl Sex {
    const ALL: [Self; 3] = [Self::Female, Self::Male, Self::Any];

    fn word(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Any => "any",
        }
    }
}

/// Completed years of age, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ages {
    /// From this year of age.
    pub from: u8,
    /// Up to this one; none where there is no end.
    pub to: Option<u8>,
}

/// A group of people, such as `all`, `female`, `female_0_4` or `any_60_plus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeopleGroup {
    /// Of which sex.
    pub sex: Sex,
    /// Of which ages; none for all of them.
    pub ages: Option<Ages>,
}

impl PeopleGroup {
    /// Everybody.
    pub const ALL: Self = Self { sex: Sex::Any, ages: None };
}

impl FromStr for PeopleGroup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let right = "write all, or a sex (female, male, any) with or without ages, such as female, female_0_4 or \
                     any_60_plus";
        read(text).ok_or_else(|| format!("{} is no group of people; {right}", quoted(text)))
    }
}

fn read(text: &str) -> Option<PeopleGroup> {
    if text == EVERYBODY {
        return Some(PeopleGroup::ALL);
    }
    let mut parts = text.split('_');
    let word = parts.next()?;
    let sex = Sex::ALL.into_iter().find(|sex| sex.word() == word)?;
    let ages = match (parts.next(), parts.next(), parts.next()) {
        (None, None, None) if sex != Sex::Any => None,
        (Some(from), Some(AND_MORE), None) => Some(Ages { from: age(from)?, to: None }),
        (Some(from), Some(to), None) => Some(Ages { from: age(from)?, to: Some(age(to)?) }),
        (_, _, _) => return None,
    };
    let is_empty = ages.is_some_and(|ages| ages.to.is_some_and(|to| to < ages.from));
    if is_empty { None } else { Some(PeopleGroup { sex, ages }) }
}

/// An age as it is written: without a zero in front, so that a group has one word.
fn age(text: &str) -> Option<u8> {
    let age: u8 = text.parse().ok()?;
    if age <= AGE_MAXIMUM && age.to_string() == text { Some(age) } else { None }
}

impl fmt::Display for PeopleGroup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.sex, self.ages) {
            (Sex::Any, None) => formatter.write_str(EVERYBODY),
            (sex, None) => formatter.write_str(sex.word()),
            (sex, Some(Ages { from, to: Some(to) })) => write!(formatter, "{}_{from}_{to}", sex.word()),
            (sex, Some(Ages { from, to: None })) => write!(formatter, "{}_{from}_{AND_MORE}", sex.word()),
        }
    }
}
