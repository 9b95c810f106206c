//! What is given: items with their packs and lots.
//!
//! An item is counted in its base unit and nothing else. Packs convert by exact fractions and never round;
//! they are added and resized, never removed, because papers already written name them. An item's base unit
//! never changes: every quantity ever recorded would change its meaning. A lot is known by its item and its
//! number, so its identifier is derived from them; goods whose lot is not known carry the item's own UUID
//! and have no row. Lots appear with events, never by a request of their own. Each standard that an item ever had
//! stays as a statement of its own, so that figures of the past are made with the standard that was known then.

mod described;
pub mod goods;
pub mod http;
mod lots;
mod persons;
pub mod rules;
mod standards;
mod store;

pub use lots::list_lots;
pub use persons::Persons;
pub use rules::{ItemDraft, ItemEdit, PackDraft, Standard, StandardKind, StorageClass};
pub use standards::{ItemStandard, KnownStandard, list_standards, standards_known};
pub use store::{
    Item, ItemChange, ItemCodes, ItemCreate, ItemFilter, ItemWithPacks, Lot, Pack, list_items, lot_id,
    lot_row, pack_id, read_item,
};
