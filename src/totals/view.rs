//! The answer of totals as it goes over the wire.

use super::regions::RegionsView;
use super::rules::{Figures, PlaceMeaning};
use crate::areas::EditionView;
use crate::core::time::Timestamp;
use crate::ledger::Account;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a row is about, in one dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Key {
    /// Something with an identifier.
    Named(Named),
    /// A country.
    Country {
        /// Its name in English, or "not stated".
        name: String,
        /// ISO 3166-1 alpha-2; `ZZ` where it is not stated.
        code: String,
    },
    /// A corridor.
    Corridor {
        /// Where it starts.
        origin: Named,
        /// Where it ends.
        destination: Named,
    },
    /// A UN region or subregion.
    Region {
        /// Its name in English.
        name: String,
        /// M49 number with three digits.
        code: String,
    },
    /// A first-level area inside a country.
    Area {
        /// Its name in English, or as its own country writes it.
        name: Option<String>,
        /// ISO 3166-2 code or P-code, or what identifies it within its edition.
        code: String,
        /// What tells it from others with the same code.
        id: String,
        /// ISO 3166-1 alpha-2 of the country of its sites.
        country: String,
    },
    /// A month, such as 2020-08.
    Month(String),
}

/// Something with an identifier and words people know it by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
pub struct Named {
    /// What it is called; a lot's number; absent where it is not known.
    pub name: Option<String>,
    /// Short code or reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Key.
    pub id: Uuid,
}

/// The sides of identity 1: promised = unallocated + in_custody + delivered + ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Subtotals {
    /// Promised, with surplus.
    pub promised: i64,
    /// With the donor.
    pub unallocated: i64,
    /// In storage, allocated, in transit and missing.
    pub in_custody: i64,
    /// With the consignee.
    pub delivered: i64,
    /// Distributed, lost, disposed, returned and withdrawn.
    pub ended: i64,
}

/// The flows of a place: opening + in − out = closing, all accounts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Flows {
    /// Before the months asked for; 0 without any.
    pub opening: i64,
    /// What events brought.
    #[serde(rename = "in")]
    pub moved_in: i64,
    /// What events took.
    #[serde(rename = "out")]
    pub moved_out: i64,
    /// At the end of the months asked for.
    pub closing: i64,
}

/// Figures of one row, in base units; sources are printed positive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TotalsRow {
    /// What the row is about: a member for each dimension of `group_by`; null where that is not known.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, Key>)]
    pub keys: BTreeMap<&'static str, Option<Key>>,
    /// Only by programme: whether the row's data are invented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synthetic: Option<bool>,
    /// Accepted pledges.
    pub promised: i64,
    /// Excess over any pledge.
    pub surplus: i64,
    /// With the donor.
    pub unallocated: i64,
    /// In a warehouse, free.
    pub in_storage: i64,
    /// Reserved for a consignment.
    pub allocated: i64,
    /// Under way.
    pub in_transit: i64,
    /// Short, undecided.
    pub missing: i64,
    /// With the consignee.
    pub delivered: i64,
    /// Handed over to people.
    pub distributed: i64,
    /// Decided as lost.
    pub lost: i64,
    /// Destroyed or otherwise disposed of.
    pub disposed: i64,
    /// Received back by the donor.
    pub returned: i64,
    /// Taken back before it left the donor.
    pub withdrawn: i64,
    /// Of goods in custody or delivered: on hold.
    pub on_hold: i64,
    /// Of goods in custody or delivered: damaged.
    pub damaged: i64,
    /// Ever delivered, net of reversals.
    pub deployed: i64,
    /// The sides of identity 1.
    pub subtotals: Subtotals,
    /// Only by place: the sides of identity 3.
    #[serde(flatten)]
    pub flows: Option<Flows>,
    /// 0, or by how much the two sides differ.
    pub residual: i64,
}

impl TotalsRow {
    /// Prints figures, with the residual of identity 3 where they are `by_place`, else of identity 1.
    pub fn new(keys: BTreeMap<&'static str, Option<Key>>, figures: &Figures, by_place: bool) -> Self {
        let account = |account| figures.printed(account);
        let sums = &figures.sums;
        let flows = Flows {
            opening: figures.opening,
            moved_in: sums.moved_in,
            moved_out: sums.moved_out,
            closing: figures.closing,
        };
        Self {
            keys,
            synthetic: None,
            promised: account(Account::Promised),
            surplus: account(Account::Surplus),
            unallocated: account(Account::Unallocated),
            in_storage: account(Account::InStorage),
            allocated: account(Account::Allocated),
            in_transit: account(Account::InTransit),
            missing: account(Account::Missing),
            delivered: account(Account::Delivered),
            distributed: account(Account::Distributed),
            lost: account(Account::Lost),
            disposed: account(Account::Disposed),
            returned: account(Account::Returned),
            withdrawn: account(Account::Withdrawn),
            on_hold: sums.on_hold,
            damaged: sums.damaged,
            deployed: sums.ever_delivered,
            subtotals: Subtotals {
                promised: account(Account::Promised) + account(Account::Surplus),
                unallocated: account(Account::Unallocated),
                in_custody: figures.held(Account::is_custody),
                delivered: account(Account::Delivered),
                ended: figures.held(Account::is_ended),
            },
            flows: by_place.then_some(flows),
            residual: if by_place { figures.residual_of_flows() } else { figures.residual_of_statements() },
        }
    }
}

/// The answer of totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TotalsView {
    /// One row for each combination that occurs, in the order of its names.
    pub rows: Vec<TotalsRow>,
    /// Only by place: sources, and goods that are nowhere in one of the dimensions asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_placed: Option<TotalsRow>,
    /// Everything that was counted.
    pub total: TotalsRow,
    /// Units ever delivered, net of reversals.
    pub deployed: i64,
    /// Countries with any of them; places whose country is not stated (`ZZ`) count for none.
    pub countries: i64,
    /// In less out over all rows and what is not placed; absent where goods can leave what is counted, as
    /// under a filter by place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flows_residual: Option<i64>,
    /// Whether invented data are among what is counted.
    pub synthetic: bool,
    /// The last ledger sequence these figures include: asked for again with `known_at`, they are the same for ever.
    pub sequence: i64,
    /// The last effective time they include, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Whether a country is where goods are (`at`) or where they are meant to go (`for`).
    pub place: PlaceMeaning,
    /// Only by region or list: the rule and the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<RegionsView>,
    /// Only by area: the editions of areas that sites were placed by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub editions: Vec<EditionView>,
}
