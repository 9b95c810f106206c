//! What a map can show: counts as circles, rates as shades.

use super::words::MapWord;
use crate::highlights::PlaceFigures;
use crate::highlights::rules::{CLASSES_FROM, SHARES_FROM};

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// Units ever delivered.
    #[default]
    Deployed,
    /// Units on the way, in store or missing.
    Custody,
    /// People reached.
    People,
    /// Units delivered for each thousand who live there.
    DeployedRate,
    /// People reached of each thousand who live there.
    PeopleRate,
    /// What is there of what is needed there.
    NeedMet,
}

impl Measure {
    /// All, in the order they are offered.
    pub const ALL: [Self; 6] =
        [Self::Deployed, Self::Custody, Self::People, Self::DeployedRate, Self::PeopleRate, Self::NeedMet];

    /// The word in addresses.
    pub fn key(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Custody => "custody",
            Self::People => "people",
            Self::DeployedRate => "deployed-rate",
            Self::PeopleRate => "people-rate",
            Self::NeedMet => "need-met",
        }
    }

    /// Reads the word; what is none of them shows what is shown without one.
    pub fn read(key: &str) -> Self {
        Self::ALL.into_iter().find(|measure| measure.key() == key).unwrap_or_default()
    }

    /// What it is called.
    pub fn word(self) -> MapWord {
        match self {
            Self::Deployed => MapWord::Deployed,
            Self::Custody => MapWord::Custody,
            Self::People => MapWord::People,
            Self::DeployedRate => MapWord::DeployedRate,
            Self::PeopleRate => MapWord::PeopleRate,
            Self::NeedMet => MapWord::NeedMet,
        }
    }

    /// Whether places are shaded by it.
    pub fn is_rate(self) -> bool {
        match self {
            Self::DeployedRate | Self::PeopleRate | Self::NeedMet => true,
            Self::Deployed | Self::Custody | Self::People => false,
        }
    }

    /// What is counted of a place; nothing where it is a rate.
    pub fn count(self, place: &PlaceFigures) -> Option<u64> {
        match self {
            Self::Deployed => u64::try_from(place.deployed).ok(),
            Self::Custody => u64::try_from(place.in_custody).ok(),
            Self::People => place.people.map(|people| people.best),
            Self::DeployedRate | Self::PeopleRate | Self::NeedMet => None,
        }
    }

    /// The rate of a place for each million; nothing where it is not known, or a count is shown.
    pub fn rate(self, place: &PlaceFigures) -> Option<u64> {
        match self {
            Self::DeployedRate => place.deployed_per_million,
            Self::PeopleRate => place.reached_per_million,
            Self::NeedMet => place.met_per_million,
            Self::Deployed | Self::Custody | Self::People => None,
        }
    }
    /// Where the five classes begin that places are shaded by, in millionths.
    pub fn classes_from(self) -> [u64; 4] {
        match self {
            Self::NeedMet => SHARES_FROM,
            Self::Deployed | Self::Custody | Self::People | Self::DeployedRate | Self::PeopleRate => {
                CLASSES_FROM
            }
        }
    }

    /// What the figure rests on, where its name does not say it.
    pub fn method(self) -> Option<MapWord> {
        match self {
            Self::NeedMet => Some(MapWord::NeedMetSays),
            Self::Deployed | Self::Custody | Self::People | Self::DeployedRate | Self::PeopleRate => None,
        }
    }
}
