//! A pledge as its donor reads it: what was promised and decided, without our notes and what files say further.

use super::earmark::EarmarkChange;
use super::offer::Money;
use super::reading_earmarks::TracedEarmarkChange;
use super::store::{Pledge, PledgeLine};
use crate::core::id::{ItemId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId};
use crate::core::time::Timestamp;
use serde::Serialize;

/// A pledge as its donor reads it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TracedPledge {
    /// The pledge.
    pub id: PledgeId,
    /// What it is for.
    pub programme: ProgrammeId,
    /// Who gives: the caller's organization.
    pub donor: Option<OrganizationId>,
    /// How it came about.
    pub kind: String,
    /// What was decided.
    pub state: String,
    /// Its number.
    pub reference: Option<String>,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// Why it was declined or withdrawn, in words meant for the donor.
    pub reason: Option<String>,
    /// Whether others may read who gave: `always`, `never` or a day; null is as the donor says.
    pub named: Option<String>,
    /// Its lines; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<TracedLine>>,
    /// Which of its goods are meant for another country since; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earmark_changes: Option<Vec<TracedEarmarkChange>>,
}

/// A line of a pledge as its donor reads it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TracedLine {
    /// The line.
    pub id: PledgeLineId,
    /// What is given.
    pub item: ItemId,
    /// Base units offered.
    pub offered: i64,
    /// Base units accepted.
    pub accepted: i64,
    /// The country it is meant for.
    pub earmark_country: Option<String>,
    /// The area inside it that it is meant for.
    pub earmark_area: Option<String>,
    /// When title passes.
    pub title_passes: String,
    /// Declared value of the whole line.
    pub value: Option<Money>,
}

impl TracedPledge {
    /// What is shown of a row.
    pub fn of(pledge: Pledge, lines: Option<Vec<PledgeLine>>) -> Self {
        Self {
            id: pledge.id,
            programme: pledge.programme_id,
            donor: pledge.donor_id,
            kind: pledge.kind,
            state: pledge.state,
            reference: pledge.reference,
            offered_at: pledge.offered_at,
            reason: pledge.reason,
            named: pledge.named,
            lines: lines.map(|lines| lines.into_iter().map(TracedLine::of).collect()),
            earmark_changes: None,
        }
    }

    /// The same with what is meant for another country since.
    pub(super) fn with(self, changes: Vec<EarmarkChange>) -> Self {
        let changes = changes.into_iter().map(TracedEarmarkChange::of).collect();
        Self { earmark_changes: Some(changes), ..self }
    }
}

impl TracedLine {
    fn of(line: PledgeLine) -> Self {
        Self {
            value: line.value(),
            id: line.id,
            item: line.item_id,
            offered: line.offered,
            accepted: line.accepted,
            earmark_country: line.earmark_country,
            earmark_area: line.earmark_area,
            title_passes: line.title_passes,
        }
    }
}
