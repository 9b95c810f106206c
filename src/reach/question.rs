//! What may be asked of reach.

use crate::atlas::{Country, CountryCode, countries};
use crate::auth::{Bound, Scope};
use crate::baselines::Area;
use crate::core::check::quoted;
use crate::core::id::{ItemId, OrganizationId, PledgeId, ProgrammeId};
use crate::core::problem::{Fault, Outcome, Problem};
use crate::core::time::Timestamp;
use crate::ledger::KnownAt;
use chrono::NaiveDate;

/// The world, by its M49 number.
pub(super) const WORLD: u16 = 1;

/// By what rows are told apart. Each row is a figure of its own: rows do not add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// By the areas that lines were placed in.
    Area,
    /// By country.
    Country,
    /// By sector.
    Sector,
    /// By item; headcounts of others have none.
    Item,
    /// By programme.
    Programme,
}

impl Group {
    const ALL: [Self; 5] = [Self::Area, Self::Country, Self::Sector, Self::Item, Self::Programme];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Country => "country",
            Self::Sector => "sector",
            Self::Item => "item",
            Self::Programme => "programme",
        }
    }

    /// Reads the word.
    ///
    /// # Errors
    /// `invalid` at `/group_by`, naming what may be asked.
    pub fn read(text: &str) -> Outcome<Self> {
        Self::ALL.into_iter().find(|group| group.word() == text.trim()).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.into_iter().map(Self::word).collect();
            let detail = format!(
                "{} is nothing reach can be grouped by; write one of {}",
                quoted(text),
                words.join(", ")
            );
            Problem::field("/group_by", detail).coded(Fault::NotAChoice)
        })
    }
}

/// What is counted.
#[derive(Clone, Debug)]
pub struct Question {
    /// Where.
    pub area: Area,
    /// Only this item.
    pub item: Option<ItemId>,
    /// Only this sector.
    pub sector: Option<String>,
    /// Only what this donor gave, and of mixed lines its part.
    pub donor: Option<OrganizationId>,
    /// Only what was given by this pledge, likewise; then no donor is asked for.
    pub pledge: Option<PledgeId>,
    /// Only this programme.
    pub programme: Option<ProgrammeId>,
    /// From this day on.
    pub from: Option<NaiveDate>,
    /// Up to and with this day.
    pub to: Option<NaiveDate>,
    /// Only what took effect by then.
    pub as_of: Option<Timestamp>,
    /// Only what was recorded by then.
    pub known_at: Option<KnownAt>,
    /// By what rows are told apart.
    pub group_by: Option<Group>,
    /// The only source of populations that is used.
    pub population_source: Option<String>,
    /// What the caller may see.
    pub scope: Scope,
}

impl Question {
    /// Whether it is about goods of somebody alone: what nobody handed over with goods is no part of that.
    pub(super) fn is_of_goods(&self) -> bool {
        self.donor.is_some() || self.pledge.is_some()
    }

    /// Whether a donor asks, or whoever has a private link, who is told no more.
    pub(super) fn is_donors(&self) -> bool {
        let is_own = |bound: &Bound| match bound {
            Bound::OwnPledges(_) => true,
            Bound::Organization(_) | Bound::Countries(_) => false,
        };
        self.pledge.is_some() || self.scope.bounds().iter().any(is_own)
    }
}

/// Reads a day of the window.
///
/// # Errors
/// `invalid` at the parameter.
pub fn read_day(parameter: &str, text: Option<&str>) -> Outcome<Option<NaiveDate>> {
    let read = |text: &str| {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| {
            let detail = format!("{} is not a day; write it like 2020-12-31", quoted(text));
            Problem::field(format!("/{parameter}"), detail).coded(Fault::NotADate)
        })
    };
    text.map(read).transpose()
}

/// Whether a country lies in a region by its M49 number.
pub(super) fn lies_in(country: &Country, m49: u16) -> bool {
    let is = |region: Option<&crate::atlas::Region>| region.is_some_and(|region| region.m49 == m49);
    m49 == WORLD || is(country.region()) || is(country.subregion())
}

/// The countries of a region.
pub(super) fn countries_in(m49: u16) -> Vec<CountryCode> {
    countries().iter().filter(|country| lies_in(country, m49)).map(Country::code).collect()
}

/// Whether an area's code says that it lies inside another, or is it: P-codes of smaller areas begin with those of
/// larger ones.
pub(super) fn is_inside(code: &str, larger: &str) -> bool {
    code == larger || (!larger.contains('-') && !code.contains('-') && code.starts_with(larger))
}
