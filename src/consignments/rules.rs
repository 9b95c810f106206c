//! Pure decisions about consignments: modes, chains of legs, states, tracking codes.

use crate::core::id::SiteId;
use crate::core::problem::Problem;
use serde::{Deserialize, Serialize};

/// How goods travel on a leg.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By road.
    Road,
    /// By rail.
    Rail,
    /// By sea.
    Sea,
    /// By river or lake.
    InlandWater,
    /// By scheduled flight.
    Air,
    /// By chartered flight.
    AirCharter,
    /// By post or courier.
    Courier,
    /// Not known.
    Unknown,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 8] = [
        Self::Road,
        Self::Rail,
        Self::Sea,
        Self::InlandWater,
        Self::Air,
        Self::AirCharter,
        Self::Courier,
        Self::Unknown,
    ];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Road => "road",
            Self::Rail => "rail",
            Self::Sea => "sea",
            Self::InlandWater => "inland_water",
            Self::Air => "air",
            Self::AirCharter => "air_charter",
            Self::Courier => "courier",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// Checks that legs join end to end, start at the origin and, if `complete`, end at the destination.
///
/// # Errors
/// `invalid`, naming the first leg that does not join.
pub fn check_chain(
    origin: SiteId,
    destination: SiteId,
    legs: &[(SiteId, SiteId)],
    complete: bool,
) -> Result<(), Problem> {
    let mut at = origin;
    for (index, (from, to)) in legs.iter().enumerate() {
        if *from != at {
            return Err(Problem::field(
                format!("/legs/{index}/from"),
                format!("{from} is not where the leg before ends; write {at}"),
            ));
        }
        if from == to {
            return Err(Problem::field(format!("/legs/{index}/to"), format!("{to} is where the leg starts")));
        }
        at = *to;
    }
    if complete && !legs.is_empty() && at != destination {
        return Err(Problem::field(
            format!("/legs/{}/to", legs.len() - 1),
            format!("{at} is not the destination {destination}; add the missing leg"),
        ));
    }
    Ok(())
}

/// What a consignment's balances say about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Standing {
    /// Reserved, not departed.
    pub allocated: i64,
    /// Under way.
    pub in_transit: i64,
    /// Short and undecided.
    pub missing: i64,
    /// With the consignee, or handed on to people.
    pub delivered: i64,
    /// Lost, disposed of or returned.
    pub ended: i64,
    /// Put into storage under the consignment, and not handed on under it since.
    pub stored: i64,
}

/// The state of a consignment in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsignmentState {
    /// Known; nothing is reserved for it yet.
    Planned,
    /// Goods are reserved; nothing has left.
    Allocated,
    /// Under way.
    InTransit,
    /// At a stop, waiting for the next leg.
    AtHub,
    /// A part has been handed over; the rest is on the way or in a warehouse.
    PartlyDelivered,
    /// All that was sent has been handed over or is accounted for.
    Delivered,
    /// At the end of its way in a warehouse.
    InStorage,
    /// All of it came to nothing: lost, disposed of or returned.
    Ended,
    /// Some is missing, the rest has arrived.
    Short,
    /// Cancelled.
    Cancelled,
}

/// Says the state of a consignment from what its goods are doing.
pub fn state(standing: Standing, cancelled: bool, has_departed: bool, has_arrived: bool) -> ConsignmentState {
    if cancelled {
        ConsignmentState::Cancelled
    } else if standing.in_transit > 0 {
        if standing.delivered > 0 { ConsignmentState::PartlyDelivered } else { ConsignmentState::InTransit }
    } else if standing.allocated > 0 {
        if standing.delivered > 0 {
            ConsignmentState::PartlyDelivered
        } else if has_departed {
            ConsignmentState::AtHub
        } else {
            ConsignmentState::Allocated
        }
    } else if standing.missing > 0 {
        ConsignmentState::Short
    } else if standing.delivered > 0 {
        // What lies in a warehouse on the way to its consignee has reached nobody.
        if standing.stored > 0 { ConsignmentState::PartlyDelivered } else { ConsignmentState::Delivered }
    } else if has_arrived {
        if standing.ended > 0 { ConsignmentState::Ended } else { ConsignmentState::InStorage }
    } else if standing.ended > 0 {
        ConsignmentState::Ended
    } else {
        ConsignmentState::Planned
    }
}
