//! Needs as they go over the wire.

use super::matches::NeedMatch;
use super::rules::{Answered, MatchKind, NeedState, Priority};
use super::store::Need;
use crate::core::id::{ConsignmentId, ItemId, NeedId, OrganizationId, PledgeLineId, ProgrammeId, SiteId};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A need as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Need)]
pub struct NeedView {
    /// Which need.
    pub id: NeedId,
    /// What it is for.
    pub programme: ProgrammeId,
    /// What is needed.
    pub item: ItemId,
    /// How much, in base units.
    pub quantity: i64,
    /// Where, as a site; or an area instead.
    pub site: Option<SiteId>,
    /// Where, as a country or an area inside one; or a site instead.
    pub area: Option<String>,
    /// The country of either.
    pub country: String,
    /// The day by which it is needed.
    #[schema(format = Date)]
    pub needed_by: String,
    /// How many people it is for.
    pub people: Option<i64>,
    /// How urgent it is.
    pub priority: Priority,
    /// Days the goods must still keep when they arrive.
    pub shelf_life_days: Option<i64>,
    /// Who states it, in words.
    pub source: String,
    /// The organization that asks for it.
    pub organization: Option<OrganizationId>,
    /// Its number in somebody's books.
    pub reference: Option<String>,
    /// Words for whoever works here.
    pub note: Option<String>,
    /// Whether it stands in the public list.
    pub circulated: bool,
    /// How it stands.
    pub state: NeedState,
    /// Why it was closed, withdrawn or opened again.
    pub reason: Option<String>,
    /// Counts what was stated of it, from 1; also the ETag.
    pub revision: i64,
    /// The ledger sequence from which this counts.
    pub sequence: i64,
    /// When that was recorded.
    pub recorded_at: Timestamp,
}

impl NeedView {
    pub(super) fn of(row: &Need) -> Outcome<Self> {
        Ok(Self {
            id: row.need_id,
            programme: row.programme_id,
            item: row.item_id,
            quantity: row.quantity,
            site: row.site_id,
            area: row.area.clone(),
            country: row.country.clone(),
            needed_by: row.needed_by.clone(),
            people: row.people,
            priority: row.priority()?,
            shelf_life_days: row.shelf_life_days,
            source: row.source.clone(),
            organization: row.organization_id,
            reference: row.reference.clone(),
            note: row.note.clone(),
            circulated: row.circulated,
            state: row.state()?,
            reason: row.reason.clone(),
            revision: row.revision,
            sequence: row.sequence,
            recorded_at: row.recorded_at,
        })
    }
}

/// A need with what of it is answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NeedRow {
    /// As it stands.
    #[serde(flatten)]
    pub need: NeedView,
    /// What of it is answered, and how.
    pub answered: Answered,
}

/// A need with what is meant for it and all that was stated of it before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NeedDetail {
    /// As it stands, with what of it is answered.
    #[serde(flatten)]
    pub row: NeedRow,
    /// What is meant for it, in the order of saying.
    pub matches: Vec<MatchView>,
    /// All that was stated of it up to then, the first first.
    pub history: Vec<NeedView>,
    /// The ledger sequence it was known at.
    pub known_at: i64,
}

/// How much of some goods is meant for a need.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatchView {
    /// Which need.
    pub need: NeedId,
    /// The line of a pledge; null where it is a consignment.
    pub pledge_line: Option<PledgeLineId>,
    /// The consignment; null where it is a line of a pledge.
    pub consignment: Option<ConsignmentId>,
    /// How much of it, in base units; 0 where it ended.
    pub quantity: i64,
    /// The ledger sequence from which this counts.
    pub sequence: i64,
    /// When that was recorded.
    pub recorded_at: Timestamp,
}

impl MatchView {
    pub(super) fn of(row: &NeedMatch) -> Outcome<Self> {
        let (mut pledge_line, mut consignment) = (None, None);
        match row.match_kind()? {
            MatchKind::PledgeLine => pledge_line = Some(PledgeLineId(row.subject_id.0)),
            MatchKind::Consignment => consignment = Some(ConsignmentId(row.subject_id.0)),
        }
        let (need, quantity) = (row.need_id, row.quantity);
        let (sequence, recorded_at) = (row.sequence, row.recorded_at);
        Ok(Self { need, pledge_line, consignment, quantity, sequence, recorded_at })
    }
}

/// Needs with what of each is answered.
pub(super) fn rows_of(needs: &[Need], answers: &BTreeMap<NeedId, Answered>) -> Outcome<Vec<NeedRow>> {
    let row = |need: &Need| {
        let answered = answers.get(&need.need_id).cloned().unwrap_or_default();
        Ok(NeedRow { need: NeedView::of(need)?, answered })
    };
    needs.iter().map(row).collect()
}
