//! Pledges and their lines in the database.

use super::rules::{PledgeKind, PledgeState};
use crate::core::id::{ItemId, OrganizationId, PledgeId, PledgeLineId, ProgrammeId};
use crate::core::time::Timestamp;
use crate::ledger::event::Halt;
use crate::writer::{Desk, Drawer, record};
use std::sync::Arc;

record! {
    /// A pledge.
    pub struct Pledge in pledges key id: PledgeId, group id: PledgeId {
        /// Key.
        id: PledgeId,
        /// The programme it is for.
        programme_id: ProgrammeId,
        /// Who gives; not always known.
        donor_id: Option<OrganizationId>,
        /// How it came about; see [`PledgeKind`].
        kind: String,
        /// What was decided; see [`PledgeState`].
        state: String,
        /// The donor's or our own number.
        reference: Option<String>,
        /// When it was offered.
        offered_at: Timestamp,
        /// In words.
        note: Option<String>,
        /// Why it was declined or withdrawn.
        reason: Option<String>,
        /// SHA-256 of the private link's code, while there is one.
        link_hash: Option<Vec<u8>>,
        /// Counts the changes.
        revision: i64,
        /// When it was recorded.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

record! {
    /// A line of a pledge.
    pub struct PledgeLine in pledge_lines key id: PledgeLineId, group pledge_id: PledgeId {
        /// Key.
        id: PledgeLineId,
        /// Its pledge.
        pledge_id: PledgeId,
        /// Its number within the pledge.
        ordinal: i64,
        /// What is given.
        item_id: ItemId,
        /// Base units offered.
        offered: i64,
        /// Base units accepted so far.
        accepted: i64,
        /// The country it is meant for.
        earmark_country: Option<String>,
        /// When title passes; see [`crate::ledger::TitlePasses`].
        title_passes: String,
        /// Declared value of the whole line in the currency's minor unit.
        value_minor: Option<i64>,
        /// ISO 4217.
        currency: Option<String>,
        /// What the value is based on.
        value_basis: Option<String>,
    }
}

impl Pledge {
    /// How it came about.
    pub fn kind(&self) -> PledgeKind {
        PledgeKind::from_word(&self.kind).unwrap_or_default()
    }

    /// What was decided.
    pub fn state(&self) -> PledgeState {
        PledgeState::from_word(&self.state).unwrap_or(PledgeState::Offered)
    }

    /// The same pledge in another state.
    pub fn changed(&self, state: PledgeState, at: Timestamp) -> Self {
        Self { state: state.word().to_owned(), revision: self.revision + 1, updated_at: at, ..self.clone() }
    }
}

/// The pledge of that identifier.
///
/// # Errors
/// Waits where it is not known yet; rows missing on the desk.
pub fn find_pledge(desk: &mut Desk, pledge: PledgeId) -> Result<Arc<Pledge>, Halt> {
    desk.shelf::<Drawer<Pledge>>().find(pledge)?.ok_or_else(|| Halt::unknown("pledge", pledge.0))
}
