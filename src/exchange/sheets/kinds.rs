//! The kinds of sheet there are, and what each asks of whoever imports it.

use super::column::Column;
use super::headings::{
    CONSIGNMENTS, COUNTS, DISTRIBUTIONS, EVENTS, ITEMS, KITS, NEEDS, ORGANIZATIONS, PLEDGES, POPULATIONS,
    PROGRAMMES, SITES,
};
use crate::auth::Action;
use crate::core::check::quoted;
use crate::core::problem::{Outcome, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

/// A kind of sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SheetKind {
    /// Organizations, a row each.
    Organizations,
    /// Programmes, a row each.
    Programmes,
    /// Items; packs of one item in rows that follow each other.
    Items,
    /// Kits that are packed here; components in rows that follow each other.
    Kits,
    /// Sites, a row each.
    Sites,
    /// Pledges; lines in rows that follow each other.
    Pledges,
    /// Consignments; legs in rows that follow each other.
    Consignments,
    /// Events of any kind; lines in rows that follow each other.
    Events,
    /// Counts of stock; lines in rows that follow each other.
    Counts,
    /// Hand-overs to people; lines in rows that follow each other.
    Distributions,
    /// Needs, a row each.
    Needs,
    /// Populations, a row each.
    Populations,
    /// Borders of areas, which are no table.
    Boundaries,
}

impl SheetKind {
    /// Every kind.
    pub const ALL: [SheetKind; 13] = [
        Self::Organizations,
        Self::Programmes,
        Self::Items,
        Self::Kits,
        Self::Sites,
        Self::Pledges,
        Self::Consignments,
        Self::Events,
        Self::Counts,
        Self::Distributions,
        Self::Needs,
        Self::Populations,
        Self::Boundaries,
    ];

    /// The word in addresses, commands and mappings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Programmes => "programmes",
            Self::Items => "items",
            Self::Kits => "kits",
            Self::Sites => "sites",
            Self::Pledges => "pledges",
            Self::Consignments => "consignments",
            Self::Events => "events",
            Self::Counts => "counts",
            Self::Distributions => "distributions",
            Self::Needs => "needs",
            Self::Populations => "populations",
            Self::Boundaries => "boundaries",
        }
    }

    /// Every word, for people.
    pub fn words() -> String {
        Self::ALL.map(Self::word).join(", ")
    }

    /// Reads the word; `pointer` is where it stands.
    ///
    /// # Errors
    /// `invalid`, naming those there are.
    pub fn read(pointer: &str, word: &str) -> Outcome<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            let words = format!("{} is no kind of sheet; write one of {}", quoted(word), Self::words());
            Problem::field(pointer, words)
        })
    }

    /// Its columns, in the order of the template.
    pub(in crate::exchange) fn columns(self) -> &'static [Column] {
        match self {
            Self::Organizations => ORGANIZATIONS,
            Self::Programmes => PROGRAMMES,
            Self::Items => ITEMS,
            Self::Kits => KITS,
            Self::Sites => SITES,
            Self::Pledges => PLEDGES,
            Self::Consignments => CONSIGNMENTS,
            Self::Events => EVENTS,
            Self::Counts => COUNTS,
            Self::Distributions => DISTRIBUTIONS,
            Self::Needs => NEEDS,
            Self::Populations => POPULATIONS,
            Self::Boundaries => &[],
        }
    }

    /// The column that names what a row states, where several rows may state one thing together.
    pub(super) fn grouped_by(self) -> Option<&'static Column> {
        let columns = self.columns();
        if columns.iter().any(Column::is_of_a_line) { columns.first() } else { None }
    }

    /// What whoever imports it must be allowed, as for posting it; of events each kind asks for its own besides.
    pub fn action(self) -> Action {
        match self {
            Self::Organizations => Action::OrganizationWrite,
            Self::Programmes => Action::ProgrammeWrite,
            Self::Items | Self::Kits => Action::ItemWrite,
            Self::Sites => Action::SiteWrite,
            Self::Pledges => Action::PledgeOffer,
            Self::Consignments => Action::ConsignmentWrite,
            Self::Events | Self::Counts | Self::Distributions => Action::EventSubmit,
            Self::Needs => Action::NeedWrite,
            Self::Populations | Self::Boundaries => Action::BaselineWrite,
        }
    }
}
