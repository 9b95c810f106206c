//! The groups countries are counted in: UN regions and subregions, and the UN's lists of special need.
//!
//! A group is only ever a way to look at figures; no right and no rule of the ledger hangs on one.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::country::{Country, countries};

/// The rule behind "developing" and "global South" figures. It is printed wherever such a figure is, for no
/// United Nations list defines either.
pub const DEVELOPING_RULE: &str = "Counted as the global South: Africa, Asia, Oceania, Latin America and the \
Caribbean, except Israel, Japan, the Republic of Korea, Cyprus, Australia, New Zealand and the external \
territories of the last two.";

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
