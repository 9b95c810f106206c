//! The accounts of the ledger and the condition of goods.

use serde::{Deserialize, Serialize};

/// Where goods stand between promise and end.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Source: accepted pledge lines.
    Promised,
    /// Source: excess over any pledge.
    Surplus,
    /// With the donor.
    Unallocated,
    /// In a warehouse, free.
    InStorage,
    /// Reserved for a consignment, still at its site.
    Allocated,
    /// Under way on a leg.
    InTransit,
    /// Short, undecided.
    Missing,
    /// With the consignee.
    Delivered,
    /// Handed over to people.
    Distributed,
    /// Decided as lost.
    Lost,
    /// Destroyed or otherwise disposed of.
    Disposed,
    /// Received back by the donor.
    Returned,
    /// Taken back before it left the donor.
    Withdrawn,
}

impl Account {
    /// Every account, in the order of its code.
    pub const ALL: [Account; 13] = [
        Self::Promised,
        Self::Surplus,
        Self::Unallocated,
        Self::InStorage,
        Self::Allocated,
        Self::InTransit,
        Self::Missing,
        Self::Delivered,
        Self::Distributed,
        Self::Lost,
        Self::Disposed,
        Self::Returned,
        Self::Withdrawn,
    ];

    /// The number kept in the database.
    pub fn code(self) -> i32 {
        self as i32
    }

    /// Reads the number back.
    pub fn from_code(code: i32) -> Option<Self> {
        usize::try_from(code).ok().and_then(|code| Self::ALL.get(code)).copied()
    }

    /// The name used on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Promised => "promised",
            Self::Surplus => "surplus",
            Self::Unallocated => "unallocated",
            Self::InStorage => "in_storage",
            Self::Allocated => "allocated",
            Self::InTransit => "in_transit",
            Self::Missing => "missing",
            Self::Delivered => "delivered",
            Self::Distributed => "distributed",
            Self::Lost => "lost",
            Self::Disposed => "disposed",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether this account may go below zero: goods come from it.
    pub fn is_source(self) -> bool {
        matches!(self, Self::Promised | Self::Surplus)
    }

    /// Whether goods here are in somebody's custody under way to a consignee.
    pub fn is_custody(self) -> bool {
        matches!(self, Self::InStorage | Self::Allocated | Self::InTransit | Self::Missing)
    }

    /// Whether goods here have come to an end.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Distributed | Self::Lost | Self::Disposed | Self::Returned | Self::Withdrawn)
    }
}

/// The condition of goods in custody or delivered.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Usable.
    #[default]
    Good,
    /// Held for inspection, customs or a recall.
    OnHold,
    /// Not usable.
    Damaged,
}

impl Condition {
    /// Every condition, in the order of its code.
    pub const ALL: [Condition; 3] = [Self::Good, Self::OnHold, Self::Damaged];

    /// The number kept in the database.
    pub fn code(self) -> i32 {
        self as i32
    }

    /// Reads the number back.
    pub fn from_code(code: i32) -> Option<Self> {
        usize::try_from(code).ok().and_then(|code| Self::ALL.get(code)).copied()
    }

    /// The name used on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::OnHold => "on_hold",
            Self::Damaged => "damaged",
        }
    }
}
