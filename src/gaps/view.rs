//! Gaps as they go over the wire.

use super::rules::{Apart, Fill, GapRow, RowKey};
use crate::areas::EditionView;
use crate::auth::{Bound, Scope};
use crate::core::id::{ItemId, NeedId, PledgeId, PledgeLineId, ProgrammeId, SiteId};
use crate::core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What is not in the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutsideWhat {
    /// Goods of other organizations than the one the caller is bound to: they may fill these needs.
    GoodsOfOthers,
    /// Needs that other organizations ask for: goods that fill these here may be for them.
    NeedsOfOthers,
    /// Needs by a later day than was asked for: those of an area come before those of its whole country.
    LaterNeeds,
    /// Goods that lie outside the countries the caller is bound to, and are not meant for them by name.
    GoodsElsewhere,
}

/// What it does to a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutsideEffect {
    /// Less may be lacking than is told.
    GapTooLarge,
    /// More may be lacking than is told.
    GapTooSmall,
    /// More could be proposed than is.
    TooLittleProposed,
}

/// Something that is not in the figures, and what that does to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outside {
    /// What.
    pub what: OutsideWhat,
    /// What it does.
    pub effect: OutsideEffect,
}

/// What lies outside of a question, whether or not there is any of it: whoever is bound is not told that there is. Programme,
/// item and area narrow nothing that fills the needs they leave, as goods are of one programme, item and country.
pub(super) fn outside_of(scope: &Scope, is_by_day: bool, is_proposing: bool) -> Vec<Outside> {
    let mut found = Vec::new();
    let mut add = |what, effect| found.push(Outside { what, effect });
    for bound in scope.bounds() {
        match bound {
            Bound::Organization(_) | Bound::OwnPledges(_) => {
                add(OutsideWhat::GoodsOfOthers, OutsideEffect::GapTooLarge);
                add(OutsideWhat::NeedsOfOthers, OutsideEffect::GapTooSmall);
            }
            Bound::Countries(_) if is_proposing => {
                add(OutsideWhat::GoodsElsewhere, OutsideEffect::TooLittleProposed);
            }
            Bound::Countries(_) => {}
        }
    }
    if is_by_day {
        add(OutsideWhat::LaterNeeds, OutsideEffect::GapTooSmall);
    }
    found
}

/// What is lacking, row by row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GapsView {
    /// One row for each area, item and programme that has an open need, by country, area and item.
    pub rows: Vec<GapView>,
    /// The day on which goods are asked whether they have expired, and before which nothing arrives.
    #[schema(format = Date)]
    pub day: String,
    /// What lies outside of what the caller reaches or asked for, and would make these figures others.
    pub outside: Vec<Outside>,
    /// The editions of areas by which needs and goods stand in an area.
    pub editions: Vec<EditionView>,
    /// The ledger sequence it was known at: asked with it as `known_at`, the answer is the same for ever.
    pub sequence: i64,
    /// The last effective time that is counted, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

/// What is lacking of an item in an area: needed = served + delivered + in_storage + pipeline + gap.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct GapView {
    /// What it is for.
    pub programme: ProgrammeId,
    /// What is needed.
    pub item: ItemId,
    /// The country.
    pub country: String,
    /// The area inside it; null where it is needed in all of the country, or the area of a site is not known.
    pub area: Option<String>,
    /// How much is needed by all needs of the row, in base units.
    pub needed: i64,
    /// What fills it, and what is lacking.
    #[serde(flatten)]
    pub fill: Fill,
    /// What is there or comes, and fills none of it.
    pub apart: Apart,
    /// The needs that are added up.
    pub needs: Vec<NeedId>,
}

impl GapView {
    pub(super) fn of(key: RowKey, row: GapRow) -> Self {
        Self {
            programme: key.programme,
            item: key.item,
            country: key.place.country,
            area: key.place.area,
            needed: row.quantity,
            fill: row.fill,
            apart: row.apart,
            needs: row.needs.into_iter().collect(),
        }
    }
}

/// How free goods could fill what is lacking.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProposalsView {
    /// By need, and for each what it would get from where.
    pub rows: Vec<ProposalView>,
    /// The day on which goods are asked whether they have expired.
    #[schema(format = Date)]
    pub day: String,
    /// What lies outside of what the caller reaches or asked for, and would make these figures others.
    pub outside: Vec<Outside>,
    /// The editions of areas by which needs and goods stand in an area.
    pub editions: Vec<EditionView>,
    /// The ledger sequence it was known at.
    pub sequence: i64,
    /// The last effective time that is counted, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
}

/// Goods that a need would get.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProposalView {
    /// Which need.
    pub need: NeedId,
    /// What it is for.
    pub programme: ProgrammeId,
    /// What is needed.
    pub item: ItemId,
    /// The country it is needed in.
    pub country: String,
    /// The area inside it.
    pub area: Option<String>,
    /// Out of what.
    pub from: ProposedFrom,
    /// How much, in base units.
    pub quantity: i64,
    /// How much is needed in all.
    pub needed: i64,
    /// How much of it is lacking now, and not sent for it already.
    pub gap: i64,
    /// How much would be lacking after all that is proposed for it.
    pub gap_after: i64,
}

/// Free goods, as an allocation names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct ProposedFrom {
    /// Goods of which the lot is known come first: what is named is drawn before what may be any.
    #[serde(skip)]
    pub lot_is_open: bool,
    /// The warehouse; null where they are still with their donor.
    pub site: Option<SiteId>,
    /// The pledge; null where they lie in a warehouse.
    pub pledge: Option<PledgeId>,
    /// The number of their lot, where it is known.
    pub lot: Option<String>,
    /// The line of their pledge; null where their lot alone tells what is meant.
    pub pledge_line: Option<PledgeLineId>,
}
