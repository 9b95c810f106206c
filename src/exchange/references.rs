//! The words a plan is said in: kinds and roles, places of records in a plan, and event ids that
//! come out the same each time the same file is read.
//!
//! Never done here: random ids or the clock.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What an organization does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationRole {
    /// Gives.
    Donor,
    /// Sends.
    Consignor,
    /// Receives.
    Consignee,
    /// Carries.
    Carrier,
    /// Helps otherwise.
    Partner,
}

/// What happened. The order is the order in which a plan posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The pledge was accepted as it stands.
    Accepted,
    /// The consignment left on a leg.
    Departed,
    /// The consignment arrived from a leg.
    Arrived,
    /// The consignment was received at the end of a leg.
    Received,
}

impl EventKind {
    /// The word for it, as in mappings and event ids.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::Accepted => "accepted",
            EventKind::Departed => "departed",
            EventKind::Arrived => "arrived",
            EventKind::Received => "received",
        }
    }
}

/// The id of an imported event: UUID version 8 (RFC 9562) over SHA-256 of mapping, kind, key and
/// revision, so that the same file gives the same ids wherever and whenever it is read. The date
/// is left out, or a corrected date would make a second event. `revision` is 0 for the event
/// itself; what later corrects it counts up.
pub fn event_id(mapping: &str, kind: EventKind, key: &str, revision: u32) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"relief-ledger/import/event/1");
    for part in [mapping.as_bytes(), kind.word().as_bytes(), key.as_bytes(), &revision.to_be_bytes()] {
        // The length goes first, so that no two lists of parts run together to the same bytes.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; 16];
    for (place, byte) in bytes.iter_mut().zip(hash.finalize()) {
        *place = byte;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Place of a programme in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgrammeAt(pub usize);

/// Place of an organization in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationAt(pub usize);

/// Place of a site in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteAt(pub usize);

/// Place of an item in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemAt(pub usize);

/// Place of a pledge in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PledgeAt(pub usize);

/// Place of a consignment in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConsignmentAt(pub usize);

/// Place of an event in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventAt(pub usize);

/// Place of a pledge line: its pledge, and which of the pledge's lines it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PledgeLineAt {
    /// The pledge.
    pub pledge: PledgeAt,
    /// Place among the pledge's lines, from 0.
    pub line: usize,
}

/// Place of a consignment line: its consignment, and which of its lines it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConsignmentLineAt {
    /// The consignment.
    pub consignment: ConsignmentAt,
    /// Place among the consignment's lines, from 0.
    pub line: usize,
}

/// Any record of a plan. The order is the order in which they depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordAt {
    /// A programme.
    Programme(ProgrammeAt),
    /// An organization.
    Organization(OrganizationAt),
    /// A site.
    Site(SiteAt),
    /// An item.
    Item(ItemAt),
    /// A pledge.
    Pledge(PledgeAt),
    /// A line of a pledge.
    PledgeLine(PledgeLineAt),
    /// A consignment.
    Consignment(ConsignmentAt),
    /// A line of a consignment.
    ConsignmentLine(ConsignmentLineAt),
    /// An event.
    Event(EventAt),
}
