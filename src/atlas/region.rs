//! The groups countries are counted in: UN regions and subregions, and the UN's lists of special need.
//!
//! A group is only ever a way to look at figures; no right and no rule of the ledger hangs on one.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::country::{Country, countries};

/// The rule behind "developing" and "global South" figures. It is printed wherever such a figure is, for no
/// United Nations list defines either.
pub const DEVELOPING_RULE: &str = "Counted as the global South: Africa, Asia, Oceania, Latin America and the \
Caribbean, except Israel, Japan, the Republic of Korea, Cyprus, Australia, New Zealand and the external \
territories of the last two.";

/// Where the groups are from; printed beside figures by group.
pub const GROUPS_SOURCE: &str = "Regions and subregions: United Nations Statistics Division, M49. Least developed, \
landlocked developing and small island developing countries: lists of the United Nations, as in \
hdx-python-country 4.2.5.";

/// Which list of least developed countries the table of countries has; printed beside figures by it.
pub const LEAST_DEVELOPED_EDITION: &str = "Least developed countries: the 44 of the list since 13 December 2024. \
Bangladesh, the Lao People's Democratic Republic and Nepal were due to leave it on 24 November 2026.";

/// Countries that have left the list of least developed countries since 2007, with the first day they were not on it.
const LEFT_LEAST_DEVELOPED: [(&str, (i32, u32, u32)); 7] = [
    ("CV", (2007, 12, 20)),
    ("MV", (2011, 1, 1)),
    ("WS", (2014, 1, 1)),
    ("GQ", (2017, 6, 4)),
    ("VU", (2020, 12, 4)),
    ("BT", (2023, 12, 13)),
    ("ST", (2024, 12, 13)),
];
/// Countries of the edition that were due to leave, and when; whether they did, the edition does not know.
const DUE_TO_LEAVE: [(&str, (i32, u32, u32)); 3] =
    [("BD", (2026, 11, 24)), ("LA", (2026, 11, 24)), ("NP", (2026, 11, 24))];
/// The first day this history is whole for: South Sudan was the last to join, on 18 December 2012.
const LEAST_DEVELOPED_SINCE: (i32, u32, u32) = (2012, 12, 18);

/// Whether a country was on the United Nations' list of least developed countries on a day. `None` before 18
/// December 2012, and from the day on that a country was due to leave after [`LEAST_DEVELOPED_EDITION`]: the
/// edition does not know.
#[must_use]
pub fn least_developed_on(country: &Country, day: NaiveDate) -> Option<bool> {
    let date = |(year, month, day)| NaiveDate::from_ymd_opt(year, month, day);
    let on = |list: &[(&str, (i32, u32, u32))]| {
        let found = list.iter().find(|(code, _)| *code == country.code().as_str());
        found.and_then(|(_, left)| date(*left))
    };
    if date(LEAST_DEVELOPED_SINCE).is_none_or(|first| day < first)
        || on(&DUE_TO_LEAVE).is_some_and(|due| day >= due)
    {
        return None;
    }
    Some(country.is_least_developed() || on(&LEFT_LEAST_DEVELOPED).is_some_and(|left| day < left))
}

/// A UN region or subregion with its M49 number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
pub struct Region {
    /// M49 number, such as 2 for Africa.
    pub m49: u16,
    /// English name.
    #[schema(value_type = String)]
    pub name: Box<str>,
}

/// A set of countries that totals can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CountryGroup {
    /// Every country of the table.
    World,
    /// The UN region with this M49 number.
    Region(u16),
    /// The UN subregion with this M49 number.
    Subregion(u16),
    /// Least developed countries.
    LeastDeveloped,
    /// Landlocked developing countries.
    LandlockedDeveloping,
    /// Small island developing States.
    SmallIslandDeveloping,
    /// What [`DEVELOPING_RULE`] counts in.
    Developing,
}

impl CountryGroup {
    /// Whether the country is in the group.
    #[must_use]
    pub fn contains(self, country: &Country) -> bool {
        match self {
            Self::World => true,
            Self::Region(m49) => country.region().is_some_and(|region| region.m49 == m49),
            Self::Subregion(m49) => country.subregion().is_some_and(|region| region.m49 == m49),
            Self::LeastDeveloped => country.is_least_developed(),
            Self::LandlockedDeveloping => country.is_landlocked_developing(),
            Self::SmallIslandDeveloping => country.is_small_island_developing(),
            Self::Developing => country.is_developing() == Some(true),
        }
    }

    /// The countries of the group, in the order of their codes.
    pub fn members(self) -> impl Iterator<Item = &'static Country> {
        countries().iter().filter(move |country| self.contains(country))
    }
}

/// The UN regions, in the order of their M49 numbers.
#[must_use]
pub fn regions() -> Vec<&'static Region> {
    distinct(Country::region)
}

/// The UN subregions, in the order of their M49 numbers.
#[must_use]
pub fn subregions() -> Vec<&'static Region> {
    distinct(Country::subregion)
}

fn distinct(region_of: fn(&Country) -> Option<&Region>) -> Vec<&'static Region> {
    let found: BTreeMap<u16, &Region> =
        countries().iter().filter_map(region_of).map(|region| (region.m49, region)).collect();
    found.into_values().collect()
}
