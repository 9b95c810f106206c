//! The lines of a cell, and how many people one item of it served.

use crate::baselines::PeopleGroup;
use crate::items::rules::{Standard, StandardKind};
use std::collections::HashSet;

/// A registered person as it is kept: an HMAC under a key of the programme.
pub type Hashed = [u8; 32];

/// Thousandths of a person in a person: mean sizes of households have three digits.
const THOUSANDTHS: u128 = 1_000;

/// How the people of a line are known, the first that applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Who they are.
    Registered(Vec<Hashed>),
    /// How many they are.
    Headcount(u64),
    /// How many households they live in, and how many thousandths of a person live in one on the average.
    Households {
        /// Households.
        count: u64,
        /// Their mean size.
        thousandths: u64,
    },
    /// Only what they got.
    Goods,
}

/// By what people of a figure were counted, in the order in which a line takes the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Distinct registered people.
    Registered,
    /// A headcount.
    Headcount,
    /// Households by their mean size.
    Households,
    /// What is used up, by what a person needs.
    Consumable,
    /// What lasts, by how many share one or have several.
    Durable,
    /// What a household shares.
    Shared,
    /// Whole kits.
    Kit,
}

impl Method {
    /// Every method, in that order.
    pub const ALL: [Self; 7] = [
        Self::Registered,
        Self::Headcount,
        Self::Households,
        Self::Consumable,
        Self::Durable,
        Self::Shared,
        Self::Kit,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Headcount => "headcount",
            Self::Households => "households",
            Self::Consumable => "consumable",
            Self::Durable => "durable",
            Self::Shared => "shared",
            Self::Kit => "kit",
        }
    }

    fn of_kind(kind: StandardKind) -> Self {
        match kind {
            StandardKind::Consumable => Self::Consumable,
            StandardKind::Durable => Self::Durable,
            StandardKind::Shared => Self::Shared,
            StandardKind::Kit => Self::Kit,
        }
    }
}

/// One line of a hand-over, or one record of a headcount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Its area, by its place among the areas.
    pub area: usize,
    /// Which people.
    pub group: PeopleGroup,
    /// In which sector; sectors are told apart by number.
    pub sector: u32,
    /// Its caseload, by its place among the caseloads.
    pub caseload: u32,
    /// Its round; those of a caseload are told apart by number, and what is in no declared round is in one of its own.
    pub round: u32,
    /// Its item, by its place among the standards.
    pub item: u32,
    /// How its people are known.
    pub counted: Counted,
    /// Good base units.
    pub quantity: u64,
    /// How many lines it stands for, where those that differ in nothing that matters were added up before.
    pub lines: u64,
}

impl Served {
    /// By what its people are counted; nothing where only goods are known and nobody said for how many they are.
    pub fn method(&self, standard: Option<Standard>) -> Option<Method> {
        match self.counted {
            Counted::Registered(_) => Some(Method::Registered),
            Counted::Headcount(_) => Some(Method::Headcount),
            Counted::Households { .. } => Some(Method::Households),
            Counted::Goods => standard.map(|standard| Method::of_kind(standard.kind)),
        }
    }
}

/// What lines of one item in one cell come to: ids unite, headcounts and quantities add, and so do households.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally<'a> {
    pub(super) registered: HashSet<&'a Hashed>,
    headcount: u64,
    household_thousandths: u128,
    quantity: u64,
}

impl<'a> Tally<'a> {
    pub(super) fn add(&mut self, line: &'a Served) {
        match &line.counted {
            Counted::Registered(ids) => self.registered.extend(ids),
            Counted::Headcount(people) => self.headcount = self.headcount.saturating_add(*people),
            Counted::Households { count, thousandths } => {
                self.household_thousandths += u128::from(*count) * u128::from(*thousandths);
            }
            Counted::Goods => self.quantity = self.quantity.saturating_add(line.quantity),
        }
    }

    /// How many people it served: the methods added, each rounded once.
    pub(super) fn people(&self, standard: Option<Standard>, target: Option<u64>) -> u64 {
        let goods = standard.map_or(0, |standard| people_of(standard, self.quantity, target));
        let households = half_even(self.household_thousandths, THOUSANDTHS);
        (self.registered.len() as u64)
            .saturating_add(self.headcount)
            .saturating_add(households)
            .saturating_add(goods)
    }
}

/// How many people a quantity serves: floor, never ceil. What a household shares serves the people of as many households
/// as have all of it, by their mean size and rounded once, halves to even, and no more of them than are meant to be reached.
pub fn people_of(standard: Standard, quantity: u64, target: Option<u64>) -> u64 {
    let (needed, thousandths) = (count(standard.quantity), count(standard.persons.thousandths()));
    if needed == 0 {
        return 0;
    }
    let quantity = u128::from(quantity);
    match standard.kind {
        StandardKind::Consumable | StandardKind::Durable | StandardKind::Kit => {
            whole(quantity.saturating_mul(thousandths) / (needed * THOUSANDTHS))
        }
        StandardKind::Shared => {
            let people = half_even((quantity / needed).saturating_mul(thousandths), THOUSANDTHS);
            target.map_or(people, |target| people.min(target))
        }
    }
}

/// Days for which a quantity serves one person, where it is used up.
pub(super) fn person_days(standard: Option<Standard>, quantity: u64) -> u64 {
    let Some(Standard { kind: StandardKind::Consumable, quantity: needed, persons, days: Some(days) }) =
        standard
    else {
        return 0;
    };
    let days = count(persons.thousandths()).saturating_mul(count(days));
    u128::from(quantity).saturating_mul(days).checked_div(count(needed) * THOUSANDTHS).map_or(0, whole)
}

fn count(number: i64) -> u128 {
    u128::try_from(number).unwrap_or_default()
}

/// A quotient rounded to the nearest whole number, halves to the even one.
pub fn half_even(numerator: u128, denominator: u128) -> u64 {
    let Some(floor) = numerator.checked_div(denominator) else { return 0 };
    let twice_rest = (numerator % denominator).saturating_mul(2);
    let is_up = twice_rest > denominator || (twice_rest == denominator && floor % 2 == 1);
    whole(floor + u128::from(is_up))
}

fn whole(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
