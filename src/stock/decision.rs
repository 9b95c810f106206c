//! What was decided about goods, by whom and on what evidence.

use crate::core::id::{ConsignmentId, EventId, OrganizationId, SiteId, UserId};
use crate::core::time::Timestamp;
use crate::writer::record;

record! {
    /// The record of one decision; the event of the same identifier posts it.
    pub struct Decision in decisions key event_id: EventId, group event_id: EventId {
        /// The event that posts it.
        event_id: EventId,
        /// found, miscounted, lost or disposed.
        kind: String,
        /// The consignment concerned.
        consignment_id: Option<ConsignmentId>,
        /// The site concerned.
        site_id: Option<SiteId>,
        /// Base units decided on.
        quantity: i64,
        /// Why.
        reason: String,
        /// What caused it.
        cause: Option<String>,
        /// Number of the report.
        report_number: Option<String>,
        /// Where the evidence is filed.
        evidence: Option<String>,
        /// Who is liable.
        liable_id: Option<OrganizationId>,
        /// Who proposed it.
        proposed_by: UserId,
        /// Who decided it.
        decided_by: UserId,
        /// When.
        decided_at: Timestamp,
    }
}
