//! The rows of what loggers recorded.

use crate::core::id::{
    ConsignmentId, EventId, ItemId, LegId, LoggerFileId, LoggerWatchId, LotId, SiteId, UserId, derived,
};
use crate::core::time::Timestamp;
use crate::writer::record;

record! {
    /// A file of readings of one logger, and what became of it.
    pub struct LoggerFile in logger_files key id: LoggerFileId, group id: LoggerFileId {
        /// Key: made from what is watched and what the file holds.
        id: LoggerFileId,
        /// What is watched by which logger: the same for all its files.
        watch_id: LoggerWatchId,
        /// The logger's own number.
        device: String,
        /// The site it lay at …
        site_id: Option<SiteId>,
        /// … or the consignment it went with …
        consignment_id: Option<ConsignmentId>,
        /// … on this leg.
        leg_id: Option<LegId>,
        /// The item it lay beside.
        item_id: ItemId,
        /// The lot; all lots of the item there if none.
        lot_id: Option<LotId>,
        /// The lowest temperature that was right for the item then, in hundredths of a degree Celsius.
        low: i64,
        /// The highest.
        high: i64,
        /// How long it might be outside.
        allowed_minutes: i64,
        /// Readings that were taken.
        readings: i64,
        /// Rows that were refused.
        refused: i64,
        /// The first reading.
        from_at: Timestamp,
        /// The last.
        to_at: Timestamp,
        /// The lowest temperature.
        lowest: i64,
        /// The highest.
        highest: i64,
        /// The longest stretch outside, in whole minutes.
        longest_minutes: i64,
        /// Since when it was outside for too long, where it was.
        excursion_from: Option<Timestamp>,
        /// Until when.
        excursion_until: Option<Timestamp>,
        /// Since when the last reading is outside.
        outside_since: Option<Timestamp>,
        /// Base units that were held for it.
        held: i64,
        /// Events that held them; see [`hold_id`].
        holds: i64,
        /// What the file is.
        media_type: String,
        /// SHA-256 of the file as it was sent.
        sha256: Vec<u8>,
        /// Who sent it.
        uploaded_by: UserId,
        /// The entry of the log that tells of it.
        sequence: i64,
        /// When that was.
        recorded_at: Timestamp,
    }
}

record! {
    /// A logger's file as it was sent.
    pub struct LoggerContent in logger_contents key id: LoggerFileId, group id: LoggerFileId {
        /// Which file.
        id: LoggerFileId,
        /// Its bytes.
        content: Vec<u8>,
    }
}

record! {
    /// What a file of a logger told first, and what of it was acted on.
    pub struct LoggerReadings in logger_readings key id: LoggerFileId, group watch_id: LoggerWatchId {
        /// Which file.
        id: LoggerFileId,
        /// What is watched by which logger.
        watch_id: LoggerWatchId,
        /// The file's first reading.
        from_at: Timestamp,
        /// Its last.
        to_at: Timestamp,
        /// Those that no file before told: for each its time in microseconds and its hundredths, in eight and two bytes.
        readings: Vec<u8>,
        /// Since when goods were outside that were held for it, or were on hold already.
        acted_from: Option<Timestamp>,
        /// Until when.
        acted_until: Option<Timestamp>,
    }
}

/// The events that hold goods for a file, from 0.
pub(super) fn hold_id(file: LoggerFileId, index: i64) -> EventId {
    derived(file.0, "held", u64::try_from(index).unwrap_or(0))
}

impl LoggerFile {
    /// The events that held goods for it.
    pub fn held_by(&self) -> Vec<EventId> {
        (0..self.holds).map(|index| hold_id(self.id, index)).collect()
    }
}
