//! What the ledger knows about the things its cells name, to say where a posting counts.

use super::account::Account;
use super::cell::Cell;
use crate::core::id::{ConsignmentId, ItemId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId, SiteId};
use serde::{Deserialize, Serialize};

/// When the title to goods passes from the donor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TitlePasses {
    /// When the pledge is accepted.
    Agreement,
    /// When the donor hands the goods over.
    HandOver,
    /// When they arrive at the destination.
    Arrival,
    /// When delivery is proven.
    #[default]
    ProofOfDelivery,
}

impl TitlePasses {
    /// Every choice.
    pub const ALL: [TitlePasses; 4] = [Self::Agreement, Self::HandOver, Self::Arrival, Self::ProofOfDelivery];

    /// The word used in the database and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::HandOver => "hand_over",
            Self::Arrival => "arrival",
            Self::ProofOfDelivery => "proof_of_delivery",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What a pledge line says for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFacts {
    /// The line.
    pub line: PledgeLineId,
    /// Its pledge.
    pub pledge: PledgeId,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Its donor, if known.
    pub donor: Option<OrganizationId>,
    /// Its item.
    pub item: ItemId,
    /// The country it is meant for, if the donor said.
    pub earmark: Option<String>,
    /// When title passes.
    pub title_passes: TitlePasses,
}

/// What a consignment says for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsignmentFacts {
    /// The consignment.
    pub consignment: ConsignmentId,
    /// Who it is for.
    pub consignee: OrganizationId,
    /// Where it starts.
    pub origin: SiteId,
    /// Where it is meant to end.
    pub destination: SiteId,
}

/// What a site says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFacts {
    /// The site.
    pub site: SiteId,
    /// Its country, ISO 3166-1 alpha-2.
    pub country: String,
    /// Who runs it.
    pub operator: Option<OrganizationId>,
}

/// Who owns the goods of a cell: the donor until title passes, then the consignee, or, while there is no
/// consignment, whoever holds them.
pub fn owner(
    cell: &Cell,
    line: &LineFacts,
    consignment: Option<&ConsignmentFacts>,
) -> Option<OrganizationId> {
    let after = consignment.map(|facts| facts.consignee).or(cell.holder);
    let passed = match cell.account {
        Account::Promised | Account::Surplus | Account::Withdrawn | Account::Returned => false,
        Account::Unallocated => line.title_passes == TitlePasses::Agreement,
        Account::Delivered | Account::Distributed => true,
        Account::InStorage
        | Account::Allocated
        | Account::InTransit
        | Account::Missing
        | Account::Lost
        | Account::Disposed => match line.title_passes {
            TitlePasses::Agreement => true,
            // Reserved at the donor's own place is not handed over yet.
            TitlePasses::HandOver => cell.site.is_some(),
            TitlePasses::Arrival => {
                cell.account != Account::InTransit
                    && consignment.is_some_and(|facts| cell.site == Some(facts.destination))
            }
            TitlePasses::ProofOfDelivery => false,
        },
    };
    if passed { after } else { line.donor }
}
