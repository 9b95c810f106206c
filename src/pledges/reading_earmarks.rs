//! The changes of earmark of a pledge, as they are shown: in full to those who work with it, and to its donor what
//! became of the gift.

use super::earmark::EarmarkChange;
use crate::core::id::{DocumentId, EventId, OrganizationId, PersonId, PledgeId, PledgeLineId};
use crate::core::problem::Outcome;
use crate::db::schema::earmark_changes;
use crate::db::{Conn, read_failure};
use diesel::prelude::*;
use serde::Serialize;

/// Goods that are meant for another country since.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TracedEarmarkChange {
    /// The event.
    pub event: EventId,
    /// The line they were of.
    pub from_line: PledgeLineId,
    /// The line they are of since.
    pub to_line: PledgeLineId,
    /// Base units.
    pub quantity: i64,
    /// The country they were meant for; null is any.
    pub from_country: Option<String>,
    /// The country they are meant for.
    pub to_country: Option<String>,
    /// The day the donor consented.
    pub consented_on: String,
    /// The event that reversed it, where one did.
    pub reversed_by: Option<EventId>,
}

/// The same with whose consent it rests on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EarmarkChangeView {
    /// What changed.
    #[serde(flatten)]
    pub change: TracedEarmarkChange,
    /// The donor that consented.
    pub consented_by: OrganizationId,
    /// Who consented for it, where that is on record.
    pub person: Option<PersonId>,
    /// The document that says so.
    pub document: Option<DocumentId>,
    /// Where the paper is filed.
    pub filed: Option<String>,
}

impl TracedEarmarkChange {
    /// What a donor is shown of a row.
    pub(super) fn of(row: EarmarkChange) -> Self {
        Self {
            event: row.event_id,
            from_line: row.from_line_id,
            to_line: row.to_line_id,
            quantity: row.quantity,
            from_country: row.from_country,
            to_country: row.to_country,
            consented_on: row.consented_on,
            reversed_by: row.reversed_by,
        }
    }
}

impl EarmarkChangeView {
    /// All of a row.
    pub(super) fn of(row: EarmarkChange) -> Self {
        Self {
            consented_by: row.consented_by,
            person: row.consented_person_id,
            document: row.document_id,
            filed: row.filed.clone(),
            change: TracedEarmarkChange::of(row),
        }
    }
}

/// The changes of a pledge that the caller was found to reach, in the order of their identifiers.
///
/// # Errors
/// What the database says.
pub(super) fn earmark_changes_of(conn: &mut Conn, pledge: PledgeId) -> Outcome<Vec<EarmarkChange>> {
    earmark_changes::table
        .filter(earmark_changes::pledge_id.eq(pledge))
        .order(earmark_changes::event_id)
        .select(EarmarkChange::as_select())
        .load(conn)
        .map_err(read_failure)
}
