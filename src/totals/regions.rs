//! Which countries a region or a list of the United Nations has, and the rule and the source that are printed with its
//! figures. Pure.

use super::rules::Filters;
use crate::atlas::{
    Country, CountryGroup, DEVELOPING_RULE, GROUPS_SOURCE, LEAST_DEVELOPED_EDITION, Region, countries,
    least_developed_on, regions, subregions,
};
use crate::core::problem::Problem;
use crate::core::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A list of countries that figures are asked for. Lists overlap, so they are filters and no dimension: their figures are
/// never added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum CountryList {
    /// Least developed countries.
    LeastDeveloped,
    /// Landlocked developing countries.
    LandlockedDeveloping,
    /// Small island developing States.
    SmallIslandDeveloping,
    /// The global South, by the rule that is printed.
    Developing,
    /// From a donor of the global South to a country of it.
    SouthSouth,
}

impl CountryList {
    /// What has to be printed beside its figures.
    fn rule(self, day: Option<&str>) -> String {
        match self {
            Self::LeastDeveloped => match day {
                Some(day) => format!("{LEAST_DEVELOPED_EDITION} Counted are those on the list on {day}."),
                None => LEAST_DEVELOPED_EDITION.to_owned(),
            },
            Self::LandlockedDeveloping => {
                "Landlocked developing countries: those of the United Nations' list.".to_owned()
            }
            Self::SmallIslandDeveloping => {
                "Small island developing States: those of the United Nations' list.".to_owned()
            }
            Self::Developing => DEVELOPING_RULE.to_owned(),
            Self::SouthSouth => format!(
                "South–South: the country of the donor's organization, as it says today, and the country goods are \
                 meant for are both of the global South. {DEVELOPING_RULE}"
            ),
        }
    }

    fn has(self, country: &Country, as_of: Option<Timestamp>) -> bool {
        let group = match self {
            Self::LeastDeveloped => {
                let day = as_of.map(|time| time.to_datetime().date_naive());
                // Where the history does not know, the edition's list counts, which the rule names.
                let known = day.and_then(|day| least_developed_on(country, day));
                return known.unwrap_or_else(|| country.is_least_developed());
            }
            Self::LandlockedDeveloping => CountryGroup::LandlockedDeveloping,
            Self::SmallIslandDeveloping => CountryGroup::SmallIslandDeveloping,
            Self::Developing | Self::SouthSouth => CountryGroup::Developing,
        };
        group.contains(country)
    }

    /// The codes of its countries, as of a time where one is asked for.
    pub fn countries(self, as_of: Option<Timestamp>) -> Vec<String> {
        codes(|country| self.has(country, as_of))
    }
}

fn codes(is_one: impl Fn(&Country) -> bool) -> Vec<String> {
    let found = countries().iter().filter(|country| is_one(country));
    found.map(|country| country.code().as_str().to_owned()).collect()
}

/// The codes of the countries that all of the filters leave, where any is by region or list. South–South narrows both ends
/// and not the place.
pub fn countries_left(filters: &Filters, as_of: Option<Timestamp>) -> Option<Vec<String>> {
    let list = filters.list.filter(|list| *list != CountryList::SouthSouth);
    if filters.region.is_none() && filters.subregion.is_none() && list.is_none() {
        return None;
    }
    let is_in = |wanted: Option<u16>, region: Option<&Region>| {
        wanted.is_none_or(|m49| region.is_some_and(|region| region.m49 == m49))
    };
    Some(codes(|country| {
        is_in(filters.region, country.region())
            && is_in(filters.subregion, country.subregion())
            && list.is_none_or(|list| list.has(country, as_of))
    }))
}

/// What is printed beside figures by region or list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RegionsView {
    /// How it is decided what is counted.
    pub rule: String,
    /// Where regions and lists are from.
    pub source: &'static str,
}

impl RegionsView {
    /// What is printed where rows are regions, or a list or region was asked for.
    pub fn of(filters: &Filters, as_of: Option<Timestamp>) -> Self {
        let day = as_of.map(Timestamp::day);
        let mut rule = filters.list.map(|list| list.rule(day.as_deref())).unwrap_or_default();
        if rule.is_empty() {
            rule.push_str("A country is in one region and one subregion, or in none.");
        }
        if filters.list == Some(CountryList::SouthSouth) {
            let _ = write!(rule, " A donor whose country is not known is in no list.");
        }
        Self { rule, source: GROUPS_SOURCE }
    }
}

/// An M49 number as it is written.
pub fn m49(region: &Region) -> String {
    format!("{:03}", region.m49)
}

/// Reads a region or subregion by its three digits.
///
/// # Errors
/// `invalid` at the parameter, naming those there are.
pub fn read_region(parameter: &str, text: Option<&str>) -> Result<Option<u16>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let known = if parameter == "region" { regions() } else { subregions() };
    let found = known.iter().find(|region| m49(region) == text);
    found.map(|region| Some(region.m49)).ok_or_else(|| {
        let list: Vec<String> =
            known.iter().map(|region| format!("{} {}", m49(region), region.name)).collect();
        Problem::field(
            format!("/{parameter}"),
            format!("{text:?} is no {parameter} by its M49 number; those are {}", list.join(", ")),
        )
    })
}
