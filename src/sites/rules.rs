//! What a site may be.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of place a site is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// A sea or river port.
    Port,
    /// An airport.
    Airport,
    /// A border crossing.
    BorderCrossing,
    /// A warehouse or hub; "hub" is read as this too.
    #[serde(alias = "hub")]
    Warehouse,
    /// A city: its authority is the consignee.
    City,
    /// A hospital, clinic or pharmacy.
    HealthFacility,
    /// Any other place where goods come to those who hand them out.
    FinalDeliveryPoint,
}

impl SiteKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Port,
        Self::Airport,
        Self::BorderCrossing,
        Self::Warehouse,
        Self::City,
        Self::HealthFacility,
        Self::FinalDeliveryPoint,
    ];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Port => "port",
            Self::Airport => "airport",
            Self::BorderCrossing => "border_crossing",
            Self::Warehouse => "warehouse",
            Self::City => "city",
            Self::HealthFacility => "health_facility",
            Self::FinalDeliveryPoint => "final_delivery_point",
        }
    }

    /// Reads the word back; "hub" is a warehouse.
    pub fn from_word(word: &str) -> Option<Self> {
        if word == "hub" {
            return Some(Self::Warehouse);
        }
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Whether goods received here as their destination are delivered, and not in storage.
    pub fn ends_delivery(self) -> bool {
        match self {
            Self::City | Self::HealthFacility | Self::FinalDeliveryPoint => true,
            Self::Port | Self::Airport | Self::BorderCrossing | Self::Warehouse => false,
        }
    }
}
