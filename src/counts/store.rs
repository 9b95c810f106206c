//! The rows of count sheets.

use crate::core::id::{CountLineId, CountSheetId, EventId, ItemId, LotId, ProgrammeId, SiteId, UserId};
use crate::core::problem::Problem;
use crate::core::time::Timestamp;
use crate::ledger::Condition;
use crate::writer::{Desk, Drawer, Refusal, record};
use std::sync::Arc;

record! {
    /// A sheet on which a site is counted.
    pub struct CountSheet in count_sheets key id: CountSheetId, group site_id: SiteId {
        /// Key.
        id: CountSheetId,
        /// Where.
        site_id: SiteId,
        /// The minute what lies there is compared with.
        as_of: Timestamp,
        /// Whether what is recorded is not shown before it is handed in.
        blind: bool,
        /// Whether it is about all that lies there, and not about items that were named.
        whole: bool,
        /// The programme for goods found that nothing was known of.
        programme_id: Option<ProgrammeId>,
        /// In words.
        note: Option<String>,
        /// SHA-256 of what was sent, so that the same again is known.
        body_hash: Vec<u8>,
        /// The ledger sequence up to which what was recorded at that minute was looked up.
        known_at: i64,
        /// Who opened it.
        opened_by: UserId,
        /// When.
        opened_at: Timestamp,
        /// Who handed it in.
        submitted_by: Option<UserId>,
        /// When.
        submitted_at: Option<Timestamp>,
        /// The ledger sequence up to which it was looked up again then.
        submitted_known_at: Option<i64>,
        /// The event it was posted as, or is proposed as.
        event_id: Option<EventId>,
        /// Who posted it.
        posted_by: Option<UserId>,
        /// When.
        posted_at: Option<Timestamp>,
        /// Who voided it.
        voided_by: Option<UserId>,
        /// When.
        voided_at: Option<Timestamp>,
        /// Why.
        void_reason: Option<String>,
        /// Counts the changes, from 1.
        revision: i64,
    }
}

record! {
    /// A heap that a sheet lists, and what was counted of it.
    pub struct CountLine in count_lines key id: CountLineId, group sheet_id: CountSheetId {
        /// Key.
        id: CountLineId,
        /// The sheet.
        sheet_id: CountSheetId,
        /// Its place on the sheet, from 1.
        ordinal: i64,
        /// The item.
        item_id: ItemId,
        /// The lot; the item's own identifier where it is not known.
        lot_id: LotId,
        /// The number of the lot, where it is known.
        lot: Option<String>,
        /// The code of a [`Condition`].
        condition: i32,
        /// Base units recorded at the minute of the sheet: as it was opened, and once it is handed in as it was then.
        expected: i64,
        /// Whether the counters added it, as nothing of it was on the sheet.
        found: bool,
        /// Base units counted.
        counted: Option<i64>,
        /// Who counted, or typed it in.
        counted_by: Option<UserId>,
        /// When it was entered.
        counted_at: Option<Timestamp>,
    }
}

impl CountLine {
    /// What it counts.
    pub(super) fn heap(&self) -> (ItemId, LotId, i32) {
        (self.item_id, self.lot_id, self.condition)
    }

    /// In what condition.
    pub(super) fn condition(&self) -> Condition {
        Condition::from_code(self.condition).unwrap_or_default()
    }

    /// By how much more was counted than was recorded; nothing where it was not counted.
    pub(super) fn difference(&self) -> i64 {
        self.counted.map_or(0, |counted| counted - self.expected)
    }
}

/// A sheet with its lines in their order.
///
/// # Errors
/// `not_found`, or rows missing on the desk.
pub(super) fn find_sheet(
    desk: &mut Desk,
    id: CountSheetId,
) -> Result<(Arc<CountSheet>, Vec<Arc<CountLine>>), Refusal> {
    let sheet = desk.shelf::<Drawer<CountSheet>>().find(id);
    let mut lines = desk.shelf::<Drawer<CountLine>>().group(id)?;
    let sheet = sheet?.ok_or_else(Problem::not_found)?;
    lines.sort_unstable_by_key(|line| line.ordinal);
    Ok((sheet, lines))
}

/// Asks for them ahead of time.
pub(super) fn want_sheet(desk: &mut Desk, id: CountSheetId) {
    desk.shelf::<Drawer<CountSheet>>().want(id);
    desk.shelf::<Drawer<CountLine>>().want_group(id);
}
