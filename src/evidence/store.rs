//! The table of verifications.

use super::rules::Ending;
pub use super::rules::How;
use crate::core::id::{DocumentId, EventId, VerificationId, derived};
use crate::core::problem::Outcome;
use crate::core::time::Timestamp;
use crate::db::schema::verifications;
use crate::db::{Conn, among, either, read_failure};
use crate::writer::{Desk, Drawer, Wanted, record};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::HashMap;

record! {
    /// That a hand-over is verified by something, from when until when.
    pub struct Verification in verifications key id: VerificationId, group event_id: EventId {
        /// Key.
        id: VerificationId,
        /// The hand-over.
        event_id: EventId,
        /// Word of [`How`].
        how: String,
        /// The paper, where it is one.
        document_id: Option<DocumentId>,
        /// When that was recorded.
        since: Timestamp,
        /// When it ended.
        ended_at: Option<Timestamp>,
        /// Word of [`Ending`].
        ended_as: Option<String>,
    }
}

/// Stages that a hand-over is verified by this from now on, unless it is so already.
///
/// # Errors
/// Rows missing on the desk.
pub fn verify(
    desk: &mut Desk,
    event: EventId,
    how: How,
    document: Option<DocumentId>,
    now: Timestamp,
) -> Result<(), Wanted> {
    let known = desk.shelf::<Drawer<Verification>>().group(event)?;
    let stands =
        |one: &Verification| one.ended_at.is_none() && one.document_id == document && one.how == how.word();
    if known.iter().any(|one| stands(one)) {
        return Ok(());
    }
    desk.shelf::<Drawer<Verification>>().put(Verification {
        id: derived(event.0, "verification", known.len() as u64),
        event_id: event,
        how: how.word().to_owned(),
        document_id: document,
        since: now,
        ended_at: None,
        ended_as: None,
    });
    Ok(())
}

/// Stages that what verified a hand-over does so no more, where it fits.
///
/// # Errors
/// Rows missing on the desk.
pub fn end_where(
    desk: &mut Desk,
    event: EventId,
    ending: Ending,
    now: Timestamp,
    fits: impl Fn(&Verification) -> bool,
) -> Result<(), Wanted> {
    for one in desk.shelf::<Drawer<Verification>>().group(event)? {
        if one.ended_at.is_none() && fits(&one) {
            desk.shelf::<Drawer<Verification>>().put(Verification {
                ended_at: Some(now),
                ended_as: Some(ending.word().to_owned()),
                ..one.as_ref().clone()
            });
        }
    }
    Ok(())
}

/// Whether a hand-over is verified, and by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EvidenceView {
    /// Whether it is verified; else it is only reported.
    pub verified: bool,
    /// By what; null where it is only reported.
    pub how: Option<How>,
    /// Since when that is on record.
    pub since: Option<Timestamp>,
    /// The signed paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
}

/// The same as a donor reads it, who is not told by which paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TracedEvidence {
    /// Whether it is verified; else it is only reported.
    pub verified: bool,
    /// By what; null where it is only reported.
    pub how: Option<How>,
    /// Since when that is on record.
    pub since: Option<Timestamp>,
}

impl From<EvidenceView> for TracedEvidence {
    fn from(EvidenceView { verified, how, since, document: _ }: EvidenceView) -> Self {
        Self { verified, how, since }
    }
}

/// What verifies hand-overs; those that are not in it are only reported.
pub type Evidence = HashMap<EventId, EvidenceView>;

/// What verifies these hand-overs now.
///
/// # Errors
/// What the database says.
pub fn evidence_of(conn: &mut Conn, events: &[EventId]) -> Outcome<Evidence> {
    if events.is_empty() {
        return Ok(Evidence::new());
    }
    let rows = either!(conn, one => {
        verifications::table
            .filter(among(verifications::event_id, events).and(verifications::ended_at.is_null()))
            .select(Verification::as_select())
            .load(one)
    });
    Ok(evidence_in(rows.map_err(read_failure)?))
}

/// What these rows, of verifications that stand, say of each hand-over. Signed paper counts before the receiver's word,
/// the oldest first.
pub fn evidence_in(mut rows: Vec<Verification>) -> Evidence {
    rows.sort_by_key(|row| (How::from_word(&row.how), row.since, row.id));
    let mut evidence = Evidence::new();
    for row in rows {
        evidence.entry(row.event_id).or_insert(EvidenceView {
            verified: true,
            how: How::from_word(&row.how),
            since: Some(row.since),
            document: row.document_id,
        });
    }
    evidence
}
