//! What an item may be.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How an item has to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageClass {
    /// Dry, 15 to 25 °C, up to 30 °C for a while.
    #[default]
    Ambient,
    /// 8 to 15 °C.
    Cool,
    /// 2 to 8 °C, the cold chain of vaccines.
    Refrigerated,
    /// −25 to −15 °C.
    Frozen,
    /// −80 to −60 °C.
    UltraCold,
    /// Dangerous goods: flammable, corrosive, under pressure.
    Hazardous,
    /// Locked away: narcotics, cash vouchers.
    Secure,
}

impl StorageClass {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::Ambient,
        Self::Cool,
        Self::Refrigerated,
        Self::Frozen,
        Self::UltraCold,
        Self::Hazardous,
        Self::Secure,
    ];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ambient => "ambient",
            Self::Cool => "cool",
            Self::Refrigerated => "refrigerated",
            Self::Frozen => "frozen",
            Self::UltraCold => "ultra_cold",
            Self::Hazardous => "hazardous",
            Self::Secure => "secure",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// How goods reach people: which formula turns a quantity into persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StandardKind {
    /// Used up: so much for so many persons for so many days.
    Consumable,
    /// Lasts: so many for so many persons.
    Durable,
    /// Shared by those who live together: so many for so many persons.
    Shared,
    /// A kit for so many persons; its components are not counted again.
    Kit,
}

impl StandardKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Consumable, Self::Durable, Self::Shared, Self::Kit];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Consumable => "consumable",
            Self::Durable => "durable",
            Self::Shared => "shared",
            Self::Kit => "kit",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}
