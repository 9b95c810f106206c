//! Where people are counted: the world, a UN region or subregion, a country, or an area inside one.

use crate::atlas::{
    AreaCode, AreaCodeError, CountryCode, CountryCodeError, country_by_m49, regions, subregions,
};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The M49 number of the world.
const WORLD: u16 = 1;
/// Digits of an M49 number as it is written.
const M49_DIGITS: usize = 3;
/// Letters of a country's code.
const COUNTRY_LETTERS: usize = 2;

/// Any area that a figure of people can be about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// The world, a UN region or a subregion, by its M49 number.
    Region(u16),
    /// A country.
    Country(CountryCode),
    /// An area inside a country, by ISO 3166-2 or P-code.
    Within(AreaCode),
}

/// Why a text is no area.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AreaError {
    /// Three digits that are no region.
    #[error(
        "{given:?} is no region of the United Nations; write M49 with three digits, such as 001 for the world or 002 \
         for Africa{meant}"
    )]
    Region {
        /// What was given.
        given: String,
        /// The country it is the number of, in words.
        meant: String,
    },
    /// Two letters that are no country.
    #[error(transparent)]
    Country(#[from] CountryCodeError),
    /// Neither, and no code of an area inside a country.
    #[error(
        "{0}; a country is written as its two letters such as GM, a UN region as three digits such as 002"
    )]
    Within(#[from] AreaCodeError),
}

impl Area {
    /// The country it is or lies in; none of a region.
    pub fn country(&self) -> Option<CountryCode> {
        match self {
            Self::Region(_) => None,
            Self::Country(code) => Some(*code),
            Self::Within(area) => Some(area.country()),
        }
    }
}

impl FromStr for Area {
    type Err = AreaError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == M49_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return region(text);
        }
        if text.len() == COUNTRY_LETTERS {
            return Ok(Self::Country(text.parse()?));
        }
        Ok(Self::Within(text.parse()?))
    }
}

fn region(text: &str) -> Result<Area, AreaError> {
    let number: u16 = text.parse().unwrap_or_default();
    let is_region =
        number == WORLD || regions().into_iter().chain(subregions()).any(|region| region.m49 == number);
    if is_region {
        return Ok(Area::Region(number));
    }
    let meant =
        country_by_m49(number).map(|country| format!(", and {} for this country", country.code().as_str()));
    Err(AreaError::Region { given: text.to_owned(), meant: meant.unwrap_or_default() })
}

impl fmt::Display for Area {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(number) => write!(formatter, "{number:03}"),
            Self::Country(code) => formatter.write_str(code.as_str()),
            Self::Within(area) => area.fmt(formatter),
        }
    }
}
